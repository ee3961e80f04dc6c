//! Where rules about holders put what they find. A policy that many hold is one finding that names them.

use std::sync::Arc;

use super::{Allowed, Holder};
use crate::check::{Check, Estate, Finding, Home, Severity};
use crate::source::{Node, Place};

/// The most holders that a finding names one by one.
const NAMED: usize = 5;

/// What was found so far, with who holds it.
#[derive(Debug, Default)]
pub(super) struct Collected(Vec<(Finding, Option<String>)>);

/// The findings of one check about one holder.
#[derive(Debug)]
pub struct Hits<'a> {
    check: &'static Check,
    estate: &'a Estate,
    holder: &'a Holder<'a>,
    collected: &'a mut Collected,
}

/// What is said of a place.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// What is the matter: lower case, no full stop.
    pub message: String,
    /// What shows it.
    pub evidence: Vec<String>,
    /// What to do about it.
    pub fix: Option<String>,
    /// How bad it is, when it differs from the check's own.
    pub severity: Option<Severity>,
}

impl Said {
    /// This message.
    pub fn new(message: impl Into<String>) -> Said {
        Said { message: message.into(), ..Said::default() }
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(mut self, text: impl Into<String>) -> Said {
        self.fix = Some(text.into());
        self
    }

    /// What shows it.
    #[must_use]
    pub fn evidence(mut self, text: impl Into<String>) -> Said {
        self.evidence.push(text.into());
        self
    }
}

impl<'a> Hits<'a> {
    /// Where access keys of the holder are declared.
    pub fn access_keys(&self) -> impl Iterator<Item = &Home> {
        let keys = self.estate.access_keys.iter();
        keys.filter(|(user, _)| user == self.holder.name).map(|(_, home)| home)
    }

    pub(super) fn new(
        check: &'static Check,
        estate: &'a Estate,
        holder: &'a Holder<'a>,
        collected: &'a mut Collected,
    ) -> Hits<'a> {
        Hits { check, estate, holder, collected }
    }

    /// Everything that was read.
    pub fn estate(&self) -> &'a Estate {
        self.estate
    }

    /// How bad the check's findings usually are.
    pub fn severity(&self) -> Severity {
        self.check.severity
    }

    /// Something about a statement; it stands at the first of its actions or resources that `word` spells, else at the
    /// statement.
    pub fn at_statement(&mut self, allowed: &Allowed<'_>, word: Option<&str>, said: Said) {
        let found = self.estate.document(allowed.document).and_then(|document| {
            let number = *document.understood.get(allowed.index)?;
            let statements = document.root.get("Statement")?.one_or_many();
            let statement = statements.get(number)?;
            let node = word.and_then(|word| spelled(statement, word)).unwrap_or(statement);
            let pointer = document.root.pointer_of(node).unwrap_or_default();
            Some((document.file.clone(), node.at, format!("{}{pointer}", document.pointer)))
        });
        match found {
            Some((file, at, pointer)) => self.push(file, at, pointer, allowed.document, said),
            // A policy of AWS's own, which is nowhere in the files: it stands where it is attached.
            None => {
                let mut said = said;
                said.evidence.insert(0, format!("granted by `{}`", allowed.document));
                let attached = (self.holder.name.to_owned(), allowed.document.to_owned());
                match self.estate.attached.get(&attached).cloned() {
                    Some(home) => self.push(home.file, home.at, home.pointer, self.holder.name, said),
                    None => self.at_principal(said),
                }
            }
        }
    }

    /// Something about the whole of a policy that nobody holds.
    pub fn at_document(&mut self, said: Said) {
        if let Some(document) = self.estate.document(self.holder.name) {
            self.push(
                document.file.clone(),
                document.root.at,
                document.pointer.clone(),
                self.holder.name,
                said,
            );
        }
    }

    /// Something about the principal.
    pub fn at_principal(&mut self, said: Said) {
        let unknown = || Home { file: Arc::from("-"), at: Place::START, pointer: String::new() };
        let home = self.estate.homes.get(self.holder.name).cloned().unwrap_or_else(unknown);
        self.push(home.file, home.at, home.pointer, self.holder.name, said);
    }

    fn push(&mut self, file: Arc<str>, at: Place, pointer: String, subject: &str, mut said: Said) {
        let mut severity = said.severity.unwrap_or(self.check.severity);
        if self.holder.is_latent {
            // It allows nobody anything until somebody is given it.
            severity = severity.min(Severity::Low);
            said = match self.holder.name.contains(":group/") {
                true => said.evidence("nobody is in the group now: whoever joins it can do that"),
                false => said.evidence("nobody holds it now: whoever is given it can do that"),
            };
        }
        let finding = Finding {
            file,
            at,
            code: self.check.code,
            pointer,
            subject: subject.to_owned(),
            message: said.message,
            severity,
            class: self.check.class,
            evidence: said.evidence,
            fix: said.fix,
        };
        let is_held = self.holder.name != subject;
        self.collected.0.push((finding, is_held.then(|| self.holder.name.to_owned())));
    }
}

/// The action or resource of a statement that is spelled like `word`.
fn spelled<'n>(statement: &'n Node, word: &str) -> Option<&'n Node> {
    let elements = ["Action", "NotAction", "Resource", "NotResource"];
    let values = elements.iter().filter_map(|name| statement.get(name)).flat_map(Node::one_or_many);
    values.into_iter().find(|node| node.text() == Some(word))
}

impl Collected {
    /// By place, check and message.
    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut findings: Vec<(Finding, Vec<String>)> = Vec::with_capacity(self.0.len());
        for (finding, holder) in self.0 {
            match findings.last_mut() {
                Some((last, holders)) if *last == finding => holders.extend(holder),
                _ => findings.push((finding, holder.into_iter().collect())),
            }
        }
        findings.into_iter().map(|(finding, holders)| held_by(finding, &holders)).collect()
    }
}

/// Says who holds it.
fn held_by(mut finding: Finding, holders: &[String]) -> Finding {
    if let [first, ..] = holders {
        let shown = holders.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        finding.evidence.push(match (holders.len(), holders.len().saturating_sub(NAMED)) {
            (1, _) => format!("held by {first}"),
            (_, 0) => format!("held by {shown}"),
            (_, more) => format!("held by {shown} and {more} more"),
        });
    }
    finding
}
