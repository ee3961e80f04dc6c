//! What is wrong, over-wide or dangerous in what lies in a repository or an account, before it is deployed.
//!
//! A check is one file with its rule, its documentation and an example of each kind; a test runs every example. Checks
//! that IAM Access Analyzer has too keep its codes, so that suppressions carry over:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.md>.
//!
//! What a check looks at is a [`Subject`] (one document, with views of its statements). Nothing is taken for granted that the texts do not say: what cannot be read is a finding
//! of its own.

mod agent;
mod azure;
mod dangerous;
mod document;
mod estate;
mod expand;
mod finding;
mod formats;
pub mod gate;
mod gcp;
mod grounds;
mod holder;
mod input;
mod known_part;
mod kubernetes;
mod made_up;
mod marks;
mod own;
mod path;
mod read;
mod report;
mod right;
mod row;
mod statement;
mod suited;
mod thing;
mod trust;

use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use foldhash::fast::RandomState;
use leastwise_catalog::{Catalog, Terms};
use leastwise_policy::aws::DocumentKind;
use leastwise_policy::time::Timestamp;

pub use agent::Agent;
pub(crate) use azure::properties as azure_properties;
pub use azure::{Assignment, Definition, Directory, Part};
pub use document::{Document, Subject};
pub use estate::{Estate, Home};
pub use expand::{ActionUse, Found};
pub use finding::{Finding, Severity};
pub use gcp::{CustomRole, Grant, Project};
pub use grounds::{Grounding, Grounds};
pub use holder::{Allowed, Hits, Holder, Power, Said, Use, Uses};
pub use input::CEDAR_UNSCOPED_PERMIT;
pub use kubernetes::{Binding, Cluster, Role, RuleView, ServiceAccount, SubjectView};
pub use marks::{DEFAULT_NAMES, DEFAULT_TAGS, Mark, Marks};
pub use read::{SourceFile, UNKNOWN_ACCOUNT, is_meant, read};
pub use report::Report;
pub use statement::{ConditionView, StatementView};
pub use thing::{Finds, Thing};
pub use trust::Own;

/// What a check says and how it is found.
#[derive(Debug)]
pub struct Check {
    /// The code, by which it is suppressed and explained: `INVALID_ACTION`.
    pub code: &'static str,
    /// A few words for a heading.
    pub title: &'static str,
    /// The kind of finding.
    pub class: Class,
    /// How bad it is, unless a finding says otherwise.
    pub severity: Severity,
    /// MITRE ATT&CK techniques: `T1098.003`.
    pub mitre: &'static [&'static str],
    /// What it is and why it matters; Markdown, without a heading.
    pub about: &'static str,
    /// Something that it finds.
    pub bad: Example,
    /// The same, put right.
    pub good: Example,
    /// Where the rule comes from.
    pub references: &'static [&'static str],
    /// How it is found.
    pub rule: Rule,
}

/// The kind of finding: the first four are those of IAM Access Analyzer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// AWS refuses the document, or part of it has no effect.
    Error,
    /// It allows what is over-permissive.
    SecurityWarning,
    /// It is not as AWS recommends, or probably does not do what it seems to.
    Warning,
    /// It can be written better.
    Suggestion,
    /// What it really allows is dangerous.
    Dangerous,
    /// Who may use it is too wide.
    Trust,
    /// An agent holds what an agent should not.
    Agent,
    /// It leads to more power than was given.
    Path,
    /// It allows more than before.
    NewAccess,
    /// It could not be read, or not in full.
    Unreadable,
}

/// A text that a check is shown and tested with.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// What the text is called; its ending and content say what it is.
    pub file: &'static str,
    /// What kind of policy document it is, where its content does not tell.
    pub kind: Option<DocumentKind>,
    /// The resource that the policy is attached to, as CloudFormation calls its type: `AWS::S3::Bucket`.
    pub resource_type: Option<&'static str>,
    /// The text.
    pub text: &'static str,
}

/// How a check finds.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// In one policy document.
    Document(fn(&Subject<'_>, &Facts<'_>, &mut Report<'_>)),
    /// In what a principal is granted, or a policy would grant to whoever holds it.
    Holder(fn(&Holder<'_>, &mut Hits<'_>)),
    /// In all that was read together.
    Estate(fn(&Estate, &Facts<'_>, &mut Vec<Finding>)),
    /// In what a principal is granted that counts as an agent.
    Agent(fn(&Agent<'_>, &mut Hits<'_>)),
    /// In the roles and bindings of a cluster.
    Kubernetes(fn(&Cluster, &mut Finds<'_>)),
    /// In the roles and policies of Google Cloud.
    Gcp(fn(&Project, &mut Finds<'_>)),
    /// In the roles and assignments of Azure.
    Azure(fn(&Directory, &mut Finds<'_>)),
    /// While something is read or compared, not by a rule of its own.
    Elsewhere,
}

/// What rules may ask.
#[derive(Debug)]
pub struct Facts<'a> {
    /// What AWS offers.
    pub catalog: &'a Catalog,
    expansions: expand::Expansions<'a>,
    dangers: holder::Dangers,
    terms: Terms<'a>,
    marks: Marks,
    own: Own,
    now: Option<Timestamp>,
    formats: OnceLock<formats::Formats<'a>>,
    /// What was probably meant by a name that does not exist.
    nearest: RwLock<HashMap<String, Option<String>>>,
    /// What became of looking condition keys up.
    keys: RwLock<HashMap<Box<str>, right::Lookup, RandomState>>,
}

impl<'a> Facts<'a> {
    /// What this catalogue knows.
    pub fn new(catalog: &'a Catalog) -> Facts<'a> {
        Facts {
            catalog,
            expansions: expand::Expansions::default(),
            dangers: holder::Dangers::of(catalog),
            terms: catalog.terms(),
            marks: Marks::default(),
            own: Own::default(),
            now: None,
            formats: OnceLock::new(),
            nearest: RwLock::default(),
            keys: RwLock::default(),
        }
    }

    /// The same, telling agents by these marks.
    #[must_use]
    pub fn with_marks(mut self, marks: Marks) -> Facts<'a> {
        self.marks = marks;
        self
    }

    /// The same, with these accounts and organisations as ours.
    #[must_use]
    pub fn with_own(mut self, own: Own) -> Facts<'a> {
        self.own = own;
        self
    }

    /// The same at this time; without it no date has passed.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Facts<'a> {
        self.now = Some(now);
        self
    }

    /// What policies speak about, for comparing them.
    pub fn terms(&self) -> &Terms<'a> {
        &self.terms
    }

    /// The actions that a pattern covers; what was looked up once is kept.
    pub fn expand(&self, pattern: &str) -> Found<'a> {
        self.expansions.expand(self.catalog, pattern)
    }

    /// The action or service that was probably meant; what was looked up once is kept.
    fn nearest(&self, unknown: &str) -> Option<String> {
        /// No more are kept, so that a hostile text cannot fill the memory.
        const MOST: usize = 10_000;
        if let Some(known) = self.nearest.read().unwrap_or_else(PoisonError::into_inner).get(unknown) {
            return known.clone();
        }
        let near = self.catalog.suggest(unknown).into_iter().next();
        let mut kept = self.nearest.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST {
            kept.insert(unknown.to_owned(), near.clone());
        }
        near
    }

    /// The formats of all ARNs, read when they are first asked for.
    fn formats(&self) -> &formats::Formats<'a> {
        self.formats.get_or_init(|| formats::Formats::new(self.catalog))
    }
}

/// Every check, by code.
pub fn all() -> impl Iterator<Item = &'static Check> {
    let rooms = [
        input::CHECKS,
        dangerous::CHECKS,
        trust::CHECKS,
        agent::CHECKS,
        path::CHECKS,
        gate::CHECKS,
        kubernetes::CHECKS,
        gcp::CHECKS,
        azure::CHECKS,
    ];
    rooms.into_iter().flatten().copied().chain(right::checks())
}

/// The check with this code, in any case.
pub fn named(code: &str) -> Option<&'static Check> {
    static BY_CODE: OnceLock<HashMap<&'static str, &'static Check>> = OnceLock::new();
    let by_code = BY_CODE.get_or_init(|| all().map(|check| (check.code, check)).collect());
    by_code.get(code).copied().or_else(|| all().find(|check| check.code.eq_ignore_ascii_case(code)))
}

/// Everything that the checks find, sorted by file and place.
pub fn run(estate: &Estate, facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = estate.unreadable.clone();
    let rule_of = |check: &'static Check| match check.rule {
        Rule::Document(rule) => Some((check, rule)),
        _ => None,
    };
    let rules: Vec<_> = all().filter_map(rule_of).collect();
    let mut holders = holder::Holders::new(estate, facts);
    for document in &estate.documents {
        // What AWS made is told of whoever has it.
        if document.is_of_aws() {
            continue;
        }
        let subject = Subject::new(document, facts);
        for (check, rule) in &rules {
            rule(&subject, facts, &mut Report::new(check, document, &mut findings));
        }
        if holders.is_loose(document) {
            holders.of_document(&subject);
        }
    }
    holders.of_principals();
    findings.retain(|finding| !holders.is_stopped(finding));
    findings.extend(holders.into_findings());
    for check in all() {
        match check.rule {
            Rule::Kubernetes(rule) => rule(&estate.kubernetes, &mut Finds::new(check, &mut findings)),
            Rule::Gcp(rule) => rule(&estate.gcp, &mut Finds::new(check, &mut findings)),
            Rule::Azure(rule) => rule(&estate.azure, &mut Finds::new(check, &mut findings)),
            Rule::Estate(rule) => rule(estate, facts, &mut findings),
            _ => {}
        }
    }
    let mut findings: Vec<Finding> = findings.into_iter().map(Finding::for_people).collect();
    findings.sort();
    findings.dedup();
    findings
}

impl Class {
    /// `error`, `security warning`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Error => "error",
            Class::SecurityWarning => "security warning",
            Class::Warning => "warning",
            Class::Suggestion => "suggestion",
            Class::Dangerous => "dangerous",
            Class::Trust => "trust",
            Class::Agent => "agent",
            Class::Path => "path",
            Class::NewAccess => "new access",
            Class::Unreadable => "unreadable",
        }
    }
}

impl Example {
    /// A text whose content says what it is.
    pub const fn file(file: &'static str, text: &'static str) -> Example {
        Example { file, kind: None, resource_type: None, text }
    }

    /// An identity policy.
    pub const fn identity(text: &'static str) -> Example {
        Example::policy(DocumentKind::Identity, text)
    }

    /// A policy document of this kind.
    pub const fn policy(kind: DocumentKind, text: &'static str) -> Example {
        Example { file: "policy.json", kind: Some(kind), resource_type: None, text }
    }

    /// A policy on a resource of this type: `AWS::S3::Bucket`.
    pub const fn resource(resource_type: &'static str, text: &'static str) -> Example {
        let kind = Some(DocumentKind::Resource);
        Example { file: "policy.json", kind, resource_type: Some(resource_type), text }
    }
}

#[cfg(test)]
mod condition_tests;
#[cfg(test)]
mod conditional_tests;
#[cfg(test)]
mod hanging_tests;
#[cfg(test)]
mod known_part_tests;
#[cfg(test)]
mod tests;
