//! What the tests of the outputs have in common.

use leastwise_analysis::check::{Class, Finding, Severity};
use leastwise_analysis::source::Place;
use leastwise_catalog::Catalog;

use super::outcome::{Judged, Outcome};

/// A finding.
pub fn finding() -> Finding {
    Finding {
        file: "policies/agent.json".into(),
        at: Place { line: 3, column: 5 },
        code: "INVALID_ACTION",
        pointer: "/Statement/0/Action/0".to_owned(),
        subject: "arn:aws:iam::111122223333:policy/agent".to_owned(),
        message: "the service `s3` has no action `GetObjekt`".to_owned(),
        severity: Severity::High,
        class: Class::Error,
        evidence: vec!["a request".to_owned()],
        fix: Some("did you mean `s3:GetObject`?".to_owned()),
    }
}

/// A run that found these, and fails at high.
pub fn outcome(mut findings: Vec<Finding>) -> Outcome<'static> {
    findings.sort();
    let mut files: Vec<_> = findings.iter().map(|finding| finding.file.clone()).collect();
    files.dedup();
    Outcome {
        judged: Judged::all(findings),
        documents: files.len(),
        files,
        left_alone: 0,
        principals: 0,
        stale: Vec::new(),
        has_baseline: false,
        against: None,
        fail_on: Some(Severity::High),
        allow_unreadable: false,
        catalog: Catalog::embedded(),
    }
}

#[test]
fn what_cannot_be_read_beats_what_was_found() {
    let mut unread = finding();
    unread.class = Class::Unreadable;
    let mut outcome = outcome(vec![finding(), unread]);
    assert_eq!(outcome.exit_code(), 3);
    outcome.allow_unreadable = true;
    assert_eq!(outcome.exit_code(), 1);
    outcome.fail_on = None;
    assert_eq!(outcome.exit_code(), 0);
}

/// Texts of all that has a meaning somewhere, in an order that is the same each time.
fn nasty(seed: u64) -> String {
    const PARTS: [&str; 24] = [
        "`",
        "``",
        "\n",
        "\r",
        "::error::x",
        "<b>",
        "</failure>",
        "]]>",
        "&amp;",
        "@team",
        "#1",
        "https://example.com",
        "[a](b)",
        "|",
        "%0A",
        "\u{1b}[31m",
        "\u{202e}",
        "\u{0}",
        "\"",
        "'",
        " ",
        "word",
        "deadbeef12",
        "\\",
    ];
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or_default()
    };
    (0..1 + next() % 12).map(|_| PARTS[next() % PARTS.len()]).collect()
}

#[test]
fn whatever_a_finding_says_it_stays_text_in_every_output() {
    for seed in 1..2_000 {
        let mut found = finding();
        (found.file, found.subject) = (format!("a{}", nasty(seed)).into(), nasty(seed + 10_000));
        (found.message, found.fix) = (nasty(seed + 20_000), Some(nasty(seed + 30_000)));
        found.evidence = vec![nasty(seed + 40_000)];
        let outcome = outcome(vec![found.clone()]);
        let say = |text: &str| format!("{found:?}\n{text}");

        let json: serde_json::Value = serde_json::from_str(&super::json::text(&outcome)).expect("JSON");
        assert_eq!(json["findings"][0]["message"], found.message.as_str());
        let sarif: serde_json::Value = serde_json::from_str(&super::sarif::text(&outcome)).expect("JSON");
        let place =
            &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "%-._~/".contains(c);
        assert!(place.as_str().is_some_and(|uri| uri.chars().all(is_plain)), "{place}");

        let github = super::github::text(&outcome);
        assert_eq!(github.lines().filter(|line| line.starts_with("::")).count(), 1, "{}", say(&github));
        assert_eq!(github.lines().count(), 2, "{}", say(&github));

        let junit = super::junit::text(&outcome);
        let tags = [
            "<?xml",
            "<testsuites",
            "<testsuite ",
            "<testcase",
            "<failure",
            "</failure",
            "</testcase",
            "</testsuite>",
            "</testsuites",
        ];
        let known: usize = tags.iter().map(|tag| junit.matches(tag).count()).sum();
        assert_eq!((junit.matches('<').count(), known), (9, 9), "{}", say(&junit));

        let table = super::table::text(&outcome, super::table::Layout::default());
        for text in [&github, &junit, &table, &super::markdown::text(&outcome)] {
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{}", say(text));
        }
    }
}
