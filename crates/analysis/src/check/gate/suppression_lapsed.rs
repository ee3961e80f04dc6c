//! `SUPPRESSION_LAPSED`: a suppression whose last day is over.

use crate::check::{Check, Class, Example, Rule, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "SUPPRESSION_LAPSED",
    title: "Suppression that has lapsed",
    class: Class::Warning,
    severity: Severity::Low,
    mitre: &[],
    about: "The last day of the suppression is over, so it suppresses nothing any more and what it was about counts \
            again. Put right what it was about, or look at it once more and give a new reason and a new date; if there \
            is nothing left to suppress, take it out.",
    bad: Example::file(
        "leastwise.toml",
        "[[check.suppress]]\ncode = \"INVALID_ACTION\"\nfile = \"policies/agent.json\"\nreason = \"the service is in preview\"\nuntil = 2026-06-30\n",
    ),
    good: Example::file(
        "leastwise.toml",
        "[[check.suppress]]\ncode = \"INVALID_ACTION\"\nfile = \"policies/agent.json\"\nreason = \"still in preview, looked at in November\"\nuntil = 2027-06-30\n",
    ),
    references: &[
        "https://cheatsheetseries.owasp.org/cheatsheets/Vulnerable_Dependency_Management_Cheat_Sheet.html",
    ],
    rule: Rule::Elsewhere,
};
