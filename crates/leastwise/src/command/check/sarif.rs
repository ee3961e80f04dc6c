//! SARIF 2.1.0, for code scanning:
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. What GitHub reads of it:
//! <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.
//!
//! `security-severity` is a property of a rule, so a finding whose severity is not its check's own says it in its level
//! and its properties.

use std::collections::BTreeMap;

use leastwise_analysis::check::{Check, Class, Severity};
use serde_json::{Value, json};

use super::outcome::{Judged, Outcome, State};
use crate::command::explain::{markdown, shown};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const ADDRESS: &str = env!("CARGO_PKG_REPOSITORY");
/// What relative addresses are relative to: where the run was started, which in a pipeline is the checkout.
const ROOT: &str = "%SRCROOT%";

/// All of it.
pub fn text(outcome: &Outcome<'_>) -> String {
    let mut codes: BTreeMap<&'static str, (Class, Severity)> = BTreeMap::new();
    for one in &outcome.judged {
        codes.entry(one.finding.code).or_insert((one.finding.class, one.finding.severity));
    }
    let numbers: BTreeMap<&str, usize> =
        codes.keys().enumerate().map(|(number, code)| (*code, number)).collect();
    let results = outcome.judged.iter().map(|one| result(outcome, one, &numbers)).collect::<Vec<_>>();
    let value = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "leastwise",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": ADDRESS,
                "rules": codes.iter().map(|(code, found)| rule(code, *found)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": outcome.exit_code() != 3,
                "exitCode": outcome.exit_code(),
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": { "catalog": outcome.catalog.version().date },
        }],
    });
    format!("{value:#}\n")
}

fn rule(code: &str, (class, severity): (Class, Severity)) -> Value {
    let Some(check) = leastwise_analysis::check::named(code) else {
        return json!({
            "id": code,
            "defaultConfiguration": { "level": level(severity) },
            "properties": { "security-severity": score(severity), "tags": tags(class, &[]) },
        });
    };
    json!({
        "id": check.code,
        "name": pascal(check.code),
        "shortDescription": { "text": check.title },
        "fullDescription": { "text": check.about },
        "help": { "text": help(check), "markdown": markdown::check(check) },
        "helpUri": check.references.first().copied().unwrap_or(ADDRESS),
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": {
            "security-severity": score(check.severity),
            "tags": tags(check.class, check.mitre),
        },
    })
}

fn help(check: &Check) -> String {
    format!("{}\n\nFound:\n{}\n\nPut right:\n{}", check.about, shown(&check.bad), shown(&check.good))
}

fn tags(class: Class, mitre: &[&str]) -> Vec<String> {
    let own = ["security".to_owned(), class.as_str().replace(' ', "-")];
    let techniques =
        mitre.iter().map(|technique| format!("external/mitre-attack/{}", technique.to_lowercase()));
    own.into_iter().chain(techniques).collect()
}

fn result(outcome: &Outcome<'_>, one: &Judged, numbers: &BTreeMap<&str, usize>) -> Value {
    let found = &one.finding;
    let mut result = json!({
        "ruleId": found.code,
        "ruleIndex": numbers.get(found.code),
        "level": level(found.severity),
        "message": { "text": message(one) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": artifact(&found.file),
                "region": { "startLine": found.at.line, "startColumn": found.at.column },
            },
            "logicalLocations": [{
                "fullyQualifiedName": format!("{}{}", found.subject, found.pointer),
            }],
        }],
        "partialFingerprints": { "leastwise/v1": one.fingerprint },
        "properties": { "severity": found.severity.as_str() },
    });
    if outcome.has_baseline {
        let state = if one.state == State::Known { "unchanged" } else { "new" };
        result["baselineState"] = state.into();
    }
    match &one.state {
        State::Suppressed { reason, until, inline } => {
            let kind = if *inline { "inSource" } else { "external" };
            let why = format!("{reason} (until {until})");
            result["suppressions"] = json!([{ "kind": kind, "status": "accepted", "justification": why }]);
        }
        State::Known => {
            let why = "listed in the baseline";
            result["suppressions"] =
                json!([{ "kind": "external", "status": "accepted", "justification": why }]);
        }
        // When some results have suppressions, all must say whether they have.
        State::Open => result["suppressions"] = json!([]),
    }
    result
}

fn message(one: &Judged) -> String {
    let found = &one.finding;
    let mut text = found.message.clone();
    for evidence in &found.evidence {
        text.push_str(&format!("\nshown by: {evidence}"));
    }
    if let Some(fix) = &found.fix {
        text.push_str(&format!("\nfix: {fix}"));
    }
    // Text of others must not become a link: `[text](target)` is one in a SARIF message, unless it is escaped.
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// A file as an address: relative to where the run was started, or absolute.
fn artifact(file: &str) -> Value {
    let file = file.replace(std::path::MAIN_SEPARATOR, "/");
    match file.starts_with('/') {
        true => json!({ "uri": format!("file://{}", encoded(&file)) }),
        false => json!({ "uri": encoded(&file), "uriBaseId": ROOT }),
    }
}

/// Percent-encoded as a [path](https://www.rfc-editor.org/rfc/rfc3986#section-3.3); a colon too, so that no name is
/// taken for a scheme.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// In the middle of the band that GitHub names alike: above 9.0 critical, from 7.0 high, from 4.0 medium.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.0",
    }
}

/// `INVALID_ACTION` as `InvalidAction`.
fn pascal(code: &str) -> String {
    let words = code.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{first}{}", rest.to_lowercase())
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::tests::{finding, outcome};

    #[test]
    fn what_others_wrote_is_neither_an_address_nor_a_link() {
        let mut found = finding();
        found.file = "a b/../ü:[x].json".into();
        found.message = "see [this](https://example.com)".to_owned();
        let value: Value = serde_json::from_str(&text(&outcome(vec![found]))).expect("JSON");
        let result = &value["runs"][0]["results"][0];
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(place["uri"], "a%20b/../%C3%BC%3A%5Bx%5D.json");
        assert_eq!(
            result["message"]["text"].as_str().map(|text| text.starts_with("see \\[this\\]")),
            Some(true)
        );
    }

    #[test]
    fn every_rule_that_is_used_is_described_once() {
        let value: Value = serde_json::from_str(&text(&outcome(vec![finding(), finding()]))).expect("JSON");
        let run = &value["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0]["name"], "InvalidAction");
        assert_eq!(run["results"][1]["ruleIndex"], 0);
    }
}
