//! `SUPPRESSION_UNUSED`: a suppression that suppresses nothing.

use crate::check::{Check, Class, Example, Rule, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "SUPPRESSION_UNUSED",
    title: "Suppression that suppresses nothing",
    class: Class::Suggestion,
    severity: Severity::Info,
    mitre: &[],
    about: "Nothing that was found is what the suppression describes: it was put right, the file or the principal has \
            another name now, or the code is misspelt. Left where it is, it would hide the next finding of that kind. A \
            comment that was meant as a suppression and lacks its date or its reason is reported as well, and \
            suppresses nothing.",
    bad: Example::file(
        "leastwise.toml",
        "[[check.suppress]]\ncode = \"INVALID_ACTON\"\nfile = \"policies/agent.json\"\nreason = \"the service is in preview\"\nuntil = 2027-06-30\n",
    ),
    good: Example::file(
        "leastwise.toml",
        "[[check.suppress]]\ncode = \"INVALID_ACTION\"\nfile = \"policies/agent.json\"\nreason = \"the service is in preview\"\nuntil = 2027-06-30\n",
    ),
    references: &["https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"],
    rule: Rule::Elsewhere,
};
