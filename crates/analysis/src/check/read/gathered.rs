//! What the formats have read so far, and how it becomes an [`Estate`].

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::SourceFile;
use super::text::{BEGIN, Text};
use crate::check::input::{UNREADABLE, UNRESOLVED};
use crate::check::{Class, Document, Estate, Finding, Home, Severity};
use crate::granted::{Origin, Problem, Snapshot};
use crate::source::{Place, shown};

/// What was read so far.
#[derive(Debug, Default)]
pub(in crate::check) struct Gathered {
    pub(super) estate: Estate,
    /// Listings as `aws iam get-account-authorization-details` prints them, with their files.
    pub(super) listings: Vec<(String, String)>,
    /// Files that a configuration did read, and that are what it reads them for.
    pub(super) used: HashSet<Arc<str>>,
    /// ARNs of the principals and groups of files that are not deployed yet.
    pub(super) principals: HashSet<String>,
    /// Policies that principals of such files have.
    pub(super) wanted: Vec<Wanted>,
    /// What else is not known of whom.
    pub(super) doubts: Vec<Problem>,
    /// Where documents stand that are in a listing of our own making.
    pub(super) origins: Vec<(String, Origin)>,
}

/// A managed policy that a principal has which is not deployed yet.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Its ARN.
    pub(super) policy: String,
    /// Who has it.
    pub(super) holder: String,
    /// Whether it is the boundary.
    pub(super) is_boundary: bool,
    /// Where that is said.
    pub(super) home: Home,
}

impl Gathered {
    /// A policy document.
    pub(super) fn document(&mut self, document: Document) {
        self.estate.add(document);
    }

    /// A name by which somebody has a document that is known by another.
    pub(super) fn stands_for(&mut self, copy: String, name: &str) {
        let origin = self.origins.iter().find(|(known, _)| known == name).map(|(_, origin)| origin.clone());
        self.origins.extend(origin.map(|origin| (copy.clone(), origin)));
        self.estate.also_called(copy, name);
    }

    /// Something that cannot be read, at its place.
    pub(super) fn unreadable(
        &mut self,
        file: &Arc<str>,
        at: Place,
        pointer: impl Into<String>,
        reason: impl Into<String>,
    ) {
        self.unreadable_as(UNREADABLE.code, file, at, pointer.into(), reason.into());
    }

    /// A part whose value is not known before it is deployed, so that silence about it is not taken for clean.
    pub(super) fn unresolved(&mut self, file: &Arc<str>, at: Place, subject: &str, what: &str) {
        let message =
            format!("`{}` is not known before it is deployed, so nothing is checked of it", shown(what));
        self.note(file, at, subject, message);
    }

    /// Something else that is not known, with what can be done about it.
    pub(super) fn not_here(
        &mut self,
        file: &Arc<str>,
        at: Place,
        subject: &str,
        message: String,
        fix: String,
    ) {
        self.note(file, at, subject, message);
        if let Some(note) = self.estate.unreadable.last_mut() {
            note.fix = Some(fix);
        }
    }

    /// What a principal has that is neither in the files nor known from elsewhere.
    pub(super) fn elsewhere(&mut self, home: &Home, holder: &str, what: &str) {
        let message = format!("{} is not known from here", shown(what));
        self.note(&home.file, home.at, &shown(holder), message);
        if let Some(note) = self.estate.unreadable.last_mut() {
            note.pointer.clone_from(&home.pointer);
            note.fix = Some("give the files that declare it, or the account's snapshot, as well".to_owned());
        }
    }

    fn note(&mut self, file: &Arc<str>, at: Place, subject: &str, message: String) {
        self.estate.unreadable.push(Finding {
            file: file.clone(),
            at,
            code: UNRESOLVED.code,
            pointer: String::new(),
            subject: subject.to_owned(),
            message,
            severity: UNRESOLVED.severity,
            class: UNRESOLVED.class,
            evidence: Vec::new(),
            fix: None,
        });
    }

    /// What of a file of YAML could not be read. A file with places for others to fill in (Helm, Ansible) that was met in
    /// a folder is nothing that can be read, and that is said once.
    pub(super) fn refused(&mut self, text: &Text<'_>) {
        let file = text.file;
        let first = text.refused().first().filter(|_| file.text.contains("{{") && file.text.contains("}}"));
        if let Some(first) = first.filter(|_| !file.named) {
            let message =
                "the file is a template that is not filled in, so nothing is checked of it".to_owned();
            let fix = "check what it becomes, such as the output of `helm template`".to_owned();
            self.not_here(&file.name, first.at, &file.name, message, fix);
            return;
        }
        for refusal in text.refused() {
            self.unreadable(&file.name, refusal.at, "", &*refusal.reason);
        }
    }

    pub(super) fn not_json(&mut self, file: &SourceFile, at: Place, pointer: &str, reason: &str) {
        // The code is IAM Access Analyzer's.
        let reason = format!("not JSON: {reason}");
        self.unreadable_as("JSON_SYNTAX_ERROR", &file.name, at, pointer.to_owned(), reason);
    }

    pub(super) fn unknown_format(&mut self, file: &SourceFile) {
        let is_policy = |line: &str| line.starts_with("Statement:");
        let reason = match file.text.lines().any(is_policy) {
            true => "a policy in YAML, which AWS does not take: write it as JSON",
            false => "of no format that is known; `leastwise check --help` lists them",
        };
        self.unreadable(&file.name, BEGIN, "", reason);
    }

    fn unreadable_as(
        &mut self,
        code: &'static str,
        file: &Arc<str>,
        at: Place,
        pointer: String,
        reason: String,
    ) {
        self.estate.unreadable.push(Finding {
            file: file.clone(),
            at,
            code,
            pointer,
            subject: file.to_string(),
            message: shown(&reason),
            severity: Severity::High,
            class: Class::Unreadable,
            evidence: Vec::new(),
            fix: None,
        });
    }

    pub(super) fn finish(mut self) -> Estate {
        let missing = crate::granted::managed::missing(&self.listings);
        self.listings.extend(missing.page);
        for Wanted { policy, holder, is_boundary, home } in std::mem::take(&mut self.wanted) {
            if missing.unknown.contains(&policy) {
                let does = if is_boundary { "takes away as the boundary" } else { "allows" };
                self.elsewhere(&home, &holder, &format!("what `{policy}` {does}"));
            }
        }
        let listings = self.listings.iter().map(|(file, text)| (file.as_str(), text.as_str()));
        match Snapshot::parse_readable(listings) {
            // What of them cannot be read was told where it was read.
            Ok((mut snapshot, _)) => {
                self.doubts.iter().for_each(|doubt| snapshot.doubt(doubt));
                self.origins.drain(..).for_each(|(name, origin)| snapshot.stands(name, origin));
                self.estate.set_snapshot(snapshot);
                self.tell_problems();
                self.tell_absent();
            }
            Err(error) => {
                let file = self.listings.first().map_or("-", |(file, _)| file).into();
                let reason = format!("what principals are granted cannot be put together: {error}");
                self.unreadable(&file, BEGIN, "", reason);
            }
        }
        self.estate
    }

    /// Tells what is missing in the account that was listed: that nothing was found in what a principal is granted says
    /// nothing then. Each thing is told once, at the first principal whom it is about. What a document of the files itself
    /// says wrongly is told by the checks of that document.
    fn tell_problems(&mut self) {
        let mut told: BTreeMap<String, (Home, Vec<String>)> = BTreeMap::new();
        let mut long: Vec<(Home, String)> = Vec::new();
        for principal in self.estate.snapshot.principals() {
            // What is only declared was told where it is declared.
            if self.principals.contains(&principal.arn) {
                continue;
            }
            let Some(home) = self.estate.homes.get(&principal.arn) else { continue };
            for problem in principal.problems.iter().filter(|problem| !self.is_told_elsewhere(problem)) {
                if problem.is_too_long() {
                    let reason =
                        format!("what {} is granted is not known: {}", principal.arn, problem.reason);
                    long.push((home.clone(), reason));
                    continue;
                }
                let subject = if problem.subject == principal.arn { "" } else { &problem.subject };
                let of = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
                let at = match *problem.file == *home.file {
                    true => Home { pointer: problem.pointer.clone(), ..home.clone() },
                    false => home.clone(),
                };
                let entry = told.entry(format!("{of}{}", problem.reason)).or_insert((at, Vec::new()));
                entry.1.push(principal.arn.clone());
            }
        }
        if self.estate.snapshot.is_truncated()
            && let Some(home) = self.estate.homes.values().next()
        {
            let home = Home { at: BEGIN, pointer: "/IsTruncated".to_owned(), ..home.clone() };
            told.insert("AWS says that there is more, and no file holds it".to_owned(), (home, Vec::new()));
        }
        for (home, reason) in long {
            self.note(&home.file, home.at, "snapshot", reason);
        }
        for (reason, (home, whom)) in told {
            let message = match &whom[..] {
                [] => reason,
                [one] => format!("what {one} is granted is not known: {reason}"),
                [one, rest @ ..] => {
                    format!("what {one} and {} more are granted is not known: {reason}", rest.len())
                }
            };
            self.unreadable(&home.file, home.at, home.pointer, message);
            if let Some(finding) = self.estate.unreadable.last_mut() {
                "snapshot".clone_into(&mut finding.subject);
                finding.evidence = whom.iter().skip(1).take(MOST_TOLD).cloned().collect();
                finding.fix = Some(
                    "take the snapshot again, with all its pages, and give each account once".to_owned(),
                );
            }
        }
    }

    /// Tells of an account that was listed without its roles.
    fn tell_absent(&mut self) {
        // Roles that are there and cannot be read were told.
        let is_of_roles =
            |one: &Finding| one.code == UNREADABLE.code && one.pointer.contains("/RoleDetailList");
        if self.estate.unreadable.iter().any(is_of_roles) {
            return;
        }
        let accounts = self.estate.snapshot.without_roles().into_iter();
        let first = |account: &str| {
            let mut homes = self.estate.homes.iter();
            let listed = |arn: &str| !self.principals.contains(arn) && arn.split(':').nth(4) == Some(account);
            homes.find(|(arn, _)| listed(arn)).map(|(_, home)| home.file.clone())
        };
        let listed: Vec<(String, Arc<str>)> =
            accounts.filter_map(|account| Some((account.to_owned(), first(account)?))).collect();
        for (account, file) in listed {
            let message = format!(
                "no role of account {account} is listed, so what roles may do, and which paths go over them, is not known"
            );
            let fix = "take the snapshot without `--filter`, or with `leastwise snapshot`".to_owned();
            self.not_here(&file, BEGIN, "snapshot", message, fix);
        }
    }

    /// Whether the checks of a document tell it. AWS changes its own policies: that two listings differ in them is nothing
    /// that is wrong with either.
    fn is_told_elsewhere(&self, problem: &Problem) -> bool {
        let is_told = |document: &Document| !problem.is_contradiction() || document.is_of_aws();
        problem.reason == Problem::STATEMENT || self.estate.document(&problem.subject).is_some_and(is_told)
    }
}

/// Of how many more principals it is told whom something missing is about.
const MOST_TOLD: usize = 10;
