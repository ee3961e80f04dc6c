//! `GATE_LOOSENED`: a change that loosens what it is judged by.

use crate::check::{Check, Class, Example, Rule, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "GATE_LOOSENED",
    title: "Change that loosens what it is judged by",
    class: Class::NewAccess,
    severity: Severity::Medium,
    mitre: &["T1562"],
    about: "With `--new-access-against`, the change brings a suppression, an entry of the baseline, or a setting by which \
            less is found or less fails: `fail-on`, `allow-unreadable`, `skip`, `only`, `own-account`, \
            `own-organization`, who is an agent. That can be meant; whoever reviews the change should see it, since the \
            same change may hold what it hides. So it is told however the change is set up, and a suppression does not \
            reach it. A suppression holds at once. A laxer `fail-on` or `allow-unreadable` of the settings file does not: \
            the change is judged by what was there before, and the next one by what it brings.\n\nWhat flags and \
            variables say is not the change's, and is not told.",
    bad: Example::file("leastwise.toml", "[check]\nfail-on = \"never\"\n"),
    good: Example::file("leastwise.toml", "[check]\nfail-on = \"high\"\n"),
    references: &[
        "https://owasp.org/www-project-top-10-ci-cd-security-risks/CICD-SEC-04-Poisoned-Pipeline-Execution",
    ],
    rule: Rule::Elsewhere,
};
