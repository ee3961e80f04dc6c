//! Checks of our own, written down as rows: what IAM Access Analyzer has is in `row.rs`.

use super::{
    Agent, Check, Class, Estate, Example, Facts, Finding, Hits, Holder, Report, Rule, Severity, Subject,
};

/// A check of this kind; its rule and its examples are added to it.
pub(super) const fn own(
    class: Class,
    severity: Severity,
    code: &'static str,
    title: &'static str,
    about: &'static str,
    references: &'static [&'static str],
) -> Check {
    let none = Example::identity("");
    Check {
        code,
        title,
        class,
        severity,
        mitre: &[],
        about,
        bad: none,
        good: none,
        references,
        rule: Rule::Elsewhere,
    }
}

impl Check {
    /// What it finds.
    pub(super) const fn bad(mut self, example: Example) -> Check {
        self.bad = example;
        self
    }

    /// The same, put right.
    pub(super) const fn good(mut self, example: Example) -> Check {
        self.good = example;
        self
    }

    /// MITRE ATT&CK techniques.
    pub(super) const fn mitre(mut self, techniques: &'static [&'static str]) -> Check {
        self.mitre = techniques;
        self
    }

    /// How it is found in a document.
    pub(super) const fn found(mut self, rule: fn(&Subject<'_>, &Facts<'_>, &mut Report<'_>)) -> Check {
        self.rule = Rule::Document(rule);
        self
    }

    /// How it is found in what a holder has.
    pub(super) const fn held(mut self, rule: fn(&Holder<'_>, &mut Hits<'_>)) -> Check {
        self.rule = Rule::Holder(rule);
        self
    }

    /// How it is found in what an agent has.
    pub(super) const fn of_agent(mut self, rule: fn(&Agent<'_>, &mut Hits<'_>)) -> Check {
        self.rule = Rule::Agent(rule);
        self
    }

    /// How it is found in all that was read.
    pub(super) const fn over_all(mut self, rule: fn(&Estate, &Facts<'_>, &mut Vec<Finding>)) -> Check {
        self.rule = Rule::Estate(rule);
        self
    }
}
