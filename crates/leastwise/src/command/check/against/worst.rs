//! How bad what a check finds can be, so that it is known what leaving the check out lets through.

use leastwise_analysis::check::gate::{GATE_LOOSENED, NEW_ACCESS};
use leastwise_analysis::check::{Check, Class, Severity};

/// Checks of which a finding may be worse than the check says of itself.
const WORSE: [(&str, Severity); 13] = [
    ("AZURE_ALL_ACTIONS", Severity::Critical),
    ("AZURE_PRIVILEGED_ASSIGNMENT", Severity::Critical),
    ("AZURE_WIDE_SCOPE", Severity::High),
    ("CEDAR_UNSCOPED_PERMIT", Severity::Critical),
    ("COGNITO_GUESTS", Severity::Critical),
    ("GCP_BASIC_ROLE", Severity::Critical),
    ("GCP_PUBLIC_MEMBER", Severity::Critical),
    ("GCP_WIDE_MEMBER", Severity::High),
    ("JSON_SYNTAX_ERROR", Severity::High),
    ("K8S_BUILT_IN_ROLE", Severity::Critical),
    ("K8S_WILDCARD", Severity::High),
    ("OIDC_SUBJECT_TOO_WIDE", Severity::Critical),
    ("WILDCARD_REACHES_DESTRUCTIVE", Severity::High),
];

/// How bad it can be.
pub fn worst(check: &Check) -> Severity {
    let of = WORSE.iter().find(|(code, _)| *code == check.code);
    of.map_or(check.severity, |(_, severity)| check.severity.max(*severity))
}

/// Whether a finding of the check can fail a run from this severity on, or it is the gate itself.
pub fn fails(check: &Check, least: Option<Severity>) -> bool {
    let is_gate = [GATE_LOOSENED.code, NEW_ACCESS.code].contains(&check.code);
    is_gate || least.is_some_and(|least| worst(check) >= least)
}

/// Whether the check is of something that was not read, which fails whatever it may hold.
pub fn is_unread(check: &Check) -> bool {
    check.code == "JSON_SYNTAX_ERROR" || check.class == Class::Unreadable && check.severity > Severity::Info
}

#[cfg(test)]
mod tests {
    use leastwise_analysis::check::{Facts, SourceFile, all, named, read, run};
    use leastwise_catalog::Catalog;

    use super::{WORSE, worst};

    #[test]
    fn what_may_be_worse_is_a_check_and_worse() {
        for (code, severity) in WORSE {
            let check = named(code).unwrap_or_else(|| panic!("{code}"));
            assert!(check.severity < severity, "{code}");
        }
    }

    #[test]
    fn no_example_is_worse_than_its_check_can_be() {
        for example in all().flat_map(|check| [check.bad, check.good]) {
            let estate = read(&[SourceFile::named(example.file, example.text)]);
            for finding in run(&estate, &Facts::new(Catalog::embedded())) {
                let check = named(finding.code).expect("a check");
                assert!(finding.severity <= worst(check), "{finding:?}");
            }
        }
    }
}
