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
            less is found or less fails: `fail-on`, `allow-unreadable`, `new-access-against`, `all`, `skip`, `only`, \
            `own-account`, `own-organization`, who is an agent; or it changes what the checks take for given: `scp`, \
            `management-account`, `snapshot`, `catalog`. That can be meant; whoever reviews the change should see it, since the \
            same change may hold what it hides. So it is told however the change is set up, and a suppression does not \
            reach it. A suppression holds at once. A laxer `fail-on` or `allow-unreadable` of the settings file does not: \
            the change is judged by what was there before, and the next one by what it brings.\n\nWhat lets a few \
            things through, each with its reason and last day, or under an eye that is on the change anyhow, is told and does \
            not fail by default: suppressions, the baseline, whose an account is, who is an agent. What takes the gate away \
            is high (critical where only that fails), and fails: a laxer `fail-on` or `allow-unreadable`, another \
            `new-access-against` or none, what the checks take for given, `only` for fewer checks, `skip` for checks whose \
            findings can fail, and a suppression of those, or of what cannot be read, that names neither file nor subject. \
            Codes and values count as they are read: with wildcards, in any case. Whoever may decide on that merges over the failed run, or \
            gives the pipeline a flag for it.\n\nWhat flags and variables say is not the change's, and is not told. So the \
            pipeline should name the state to compare with by `--new-access-against`: a change that takes the setting out \
            of the file is compared with nothing then, and nobody could tell.",
    bad: Example::file("leastwise.toml", "[check]\nfail-on = \"never\"\n"),
    good: Example::file("leastwise.toml", "[check]\nfail-on = \"high\"\n"),
    references: &[
        "https://owasp.org/www-project-top-10-ci-cd-security-risks/CICD-SEC-04-Poisoned-Pipeline-Execution",
    ],
    rule: Rule::Elsewhere,
};
