//! Cedar policies: whether Cedar can read them, and whether one permits everything. Cedar itself reads them.

use std::str::FromStr as _;

use cedar_policy::{ActionConstraint, Effect, Policy, PolicySet, PrincipalConstraint, ResourceConstraint};
use leastwise_analysis::check::{CEDAR_UNSCOPED_PERMIT, Class, Finding, Severity, SourceFile};
use leastwise_analysis::source::{Lines, Place};
use miette::Diagnostic as _;

/// Whether the file holds Cedar policies.
pub fn takes(file: &SourceFile) -> bool {
    file.name.to_ascii_lowercase().ends_with(".cedar")
}

/// What is found in a file.
pub fn check(file: &SourceFile) -> Vec<Finding> {
    let lines = Lines::new(&file.text);
    match PolicySet::from_str(&file.text) {
        Err(errors) => {
            let told = errors.iter().map(|error| {
                let at =
                    error.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
                finding(file, lines.place(at), "UNREADABLE", format!("cedar: {error}"))
            });
            told.collect()
        }
        Ok(policies) => policies.policies().filter_map(|policy| unscoped(file, &lines, policy)).collect(),
    }
}

fn unscoped(file: &SourceFile, lines: &Lines<'_>, policy: &Policy) -> Option<Finding> {
    let open = policy.effect() == Effect::Permit
        && policy.principal_constraint() == PrincipalConstraint::Any
        && policy.action_constraint() == ActionConstraint::Any
        && policy.resource_constraint() == ResourceConstraint::Any;
    if !open {
        return None;
    }
    // A policy that was read from a text is printed as it was written.
    let at = file.text.find(&policy.to_string()).unwrap_or_default();
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
    fn what_cedar_cannot_read_is_told_with_its_place() {
        let found = found("permit (principal, action, resource);\npermit (whoever, action, resource);");
        assert_eq!(found.first().map(|(code, _, line)| (*code, *line)), Some(("UNREADABLE", 2)));
    }
}
