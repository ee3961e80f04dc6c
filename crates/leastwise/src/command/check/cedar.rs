//! Cedar policies: whether Cedar can read them, and whether one permits everything. Cedar itself reads them.

use std::collections::HashMap;
use std::str::FromStr as _;

use cedar_policy::{ActionConstraint, Effect, Policy, PolicySet, PrincipalConstraint, ResourceConstraint};
use leastwise_analysis::check::{CEDAR_UNSCOPED_PERMIT, Class, Finding, Severity, SourceFile};
use leastwise_analysis::source::{Lines, Place};
use miette::Diagnostic as _;

/// Whether the file holds Cedar policies.
pub fn takes(file: &SourceFile) -> bool {
    file.name.to_ascii_lowercase().ends_with(".cedar")
}

/// How deep brackets may lie in each other.
const DEEPEST: usize = 64;
/// The most operators that one policy may have: Cedar goes down once for each of a chain.
const MOST_OPERATORS: usize = 10_000;
/// The stack on which Cedar reads, which is only taken as far as it is used.
const STACK: usize = 256 << 20;

/// What is found in a file.
pub fn check(file: &SourceFile) -> Vec<Finding> {
    let lines = Lines::new(&file.text);
    if let Some((at, reason)) = too_deep(&file.text) {
        return vec![finding(file, lines.place(at), "UNREADABLE", format!("cedar: {reason}"))];
    }
    std::thread::scope(|scope| {
        let reads = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || read(file, &lines));
        let read = reads
            .map_err(|error| error.to_string())
            .and_then(|reads| reads.join().map_err(|_| "Cedar could not read it".to_owned()));
        read.unwrap_or_else(|reason| {
            vec![finding(file, Place::START, "UNREADABLE", format!("cedar: {reason}"))]
        })
    })
}

/// Where a text is nested or chained further than Cedar is asked to follow.
fn too_deep(text: &str) -> Option<(usize, String)> {
    let (mut depth, mut operators) = (0_usize, 0_usize);
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => {
                while let Some((_, byte)) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            b'/' if bytes.peek().is_some_and(|(_, next)| *next == b'/') => {
                while bytes.next_if(|(_, byte)| *byte != b'\n').is_some() {}
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b';' => operators = 0,
            b'&' | b'|' | b'.' | b'+' | b'-' | b'*' | b'!' | b'<' | b'>' | b'=' | b'?' => operators += 1,
            b'i' if text[at..].starts_with("if") => operators += 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Some((at, format!("brackets lie more than {DEEPEST} deep")));
        }
        if operators > MOST_OPERATORS {
            return Some((at, format!("a policy has more than {MOST_OPERATORS} operators")));
        }
    }
    None
}

fn read(file: &SourceFile, lines: &Lines<'_>) -> Vec<Finding> {
    match PolicySet::from_str(&file.text) {
        Err(errors) => {
            let told = errors.iter().map(|error| {
                let at =
                    error.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
                finding(file, lines.place(at), "UNREADABLE", format!("cedar: {error}"))
            });
            told.collect()
        }
        Ok(policies) => {
            let mut policies: Vec<&Policy> = policies.policies().collect();
            // Cedar numbers them as they stand: `policy0`, `policy1`.
            policies.sort_by_key(|policy| {
                let id = policy.id().to_string();
                id.trim_start_matches("policy").parse::<usize>().unwrap_or(usize::MAX)
            });
            let mut seen: HashMap<String, usize> = HashMap::new();
            policies.into_iter().filter_map(|policy| unscoped(file, lines, policy, &mut seen)).collect()
        }
    }
}

/// `seen` says up to where policies of a text were found: several may be alike.
fn unscoped(
    file: &SourceFile,
    lines: &Lines<'_>,
    policy: &Policy,
    seen: &mut HashMap<String, usize>,
) -> Option<Finding> {
    let open = policy.effect() == Effect::Permit
        && policy.principal_constraint() == PrincipalConstraint::Any
        && policy.action_constraint() == ActionConstraint::Any
        && policy.resource_constraint() == ResourceConstraint::Any;
    if !open {
        return None;
    }
    // A policy that was read from a text is printed as it was written.
    let text = policy.to_string();
    let from = seen.get(&text).copied().unwrap_or_default();
    let at = file.text.get(from..).and_then(|rest| rest.find(&text)).map_or(from, |at| from + at);
    seen.insert(text, at + 1);
    let conditions = policy.to_json().ok().and_then(|json| json["conditions"].as_array().map(Vec::len));
    let mut found = finding(file, lines.place(at), CEDAR_UNSCOPED_PERMIT.code, String::new());
    found.class = CEDAR_UNSCOPED_PERMIT.class;
    found.fix = Some("write principal, action and resource into the scope".to_owned());
    match conditions {
        Some(0) => {
            found.message = "permits every request".to_owned();
            found.severity = Severity::Critical;
        }
        _ => {
            found.message = "permits whoever meets its condition, with any action on anything".to_owned();
            found.severity = Severity::Medium;
        }
    }
    Some(found)
}

fn finding(file: &SourceFile, at: Place, code: &'static str, message: String) -> Finding {
    Finding {
        file: file.name.clone(),
        at,
        code,
        pointer: String::new(),
        subject: file.name.to_string(),
        message,
        severity: Severity::High,
        class: Class::Unreadable,
        evidence: Vec::new(),
        fix: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&'static str, Severity, u32)> {
        let findings = check(&SourceFile::named("p.cedar", text));
        findings.iter().map(|finding| (finding.code, finding.severity, finding.at.line)).collect()
    }

    #[test]
    fn a_permit_without_a_scope_is_found_at_its_line() {
        let narrow = "permit (principal == Agent::\"a\", action, resource);\n";
        assert_eq!(found(narrow), []);
        assert_eq!(found("forbid (principal, action, resource);"), []);
        let wide = format!("{narrow}\npermit (principal, action, resource);");
        assert_eq!(found(&wide), [("CEDAR_UNSCOPED_PERMIT", Severity::Critical, 3)]);
        let when = "permit (principal, action, resource) when { context.mfa };";
        assert_eq!(found(when), [("CEDAR_UNSCOPED_PERMIT", Severity::Medium, 1)]);
    }

    #[test]
    fn what_is_nested_or_chained_without_end_is_told_and_not_followed() {
        let when =
            |body: &str| format!("permit (principal == Agent::\"a\", action, resource) when {{ {body} }};");
        let deep = when(&format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000)));
        let chain = when(&vec!["true"; 100_000].join(" && "));
        let choices = when(&format!("{}true", "if true then true else ".repeat(100_000)));
        let not = when(&format!("{}true", "!".repeat(100_000)));
        for text in [deep, chain, choices, not] {
            assert_eq!(found(&text), [("UNREADABLE", Severity::High, 1)]);
        }
        let words = when("context.a == \"((((\" && // ((((\n true");
        assert_eq!(found(&words), []);
        // What is followed is followed to its end.
        assert_eq!(found(&when(&vec!["true"; 4_000].join(" && "))), []);
        assert_eq!(found(&when(&format!("{}true", "if true then true else ".repeat(4_000)))).len(), 0);
    }

    #[test]
    fn of_several_alike_each_is_found() {
        let text = "permit(principal, action, resource);\n".repeat(12);
        let lines: Vec<u32> = found(&text).into_iter().map(|(_, _, line)| line).collect();
        assert_eq!(lines, (1..=12).collect::<Vec<u32>>());
    }

    #[test]
    fn what_cedar_cannot_read_is_told_with_its_place() {
        let found = found("permit (principal, action, resource);\npermit (whoever, action, resource);");
        assert_eq!(found.first().map(|(code, _, line)| (*code, *line)), Some(("UNREADABLE", 2)));
    }
}
