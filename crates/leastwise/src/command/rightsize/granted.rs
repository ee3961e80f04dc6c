//! `--granted`: a snapshot in one or several files, or policy documents.

use std::collections::BTreeSet;
use std::path::PathBuf;

use leastwise_analysis::granted::{self, GrantedFile, GrantedPrincipal, Snapshot, managed};
use leastwise_analysis::names::Directory;
use leastwise_analysis::rightsize::{Note, NoteKind};
use leastwise_catalog::managed_policies_date;
use leastwise_policy::arn::Arn;
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::glob::Glob;

use super::whose;
use crate::error::{Error, Result};
use crate::input::foreign::read_text;
use crate::input::wrapped;
use crate::output::{self, counted, plain};

/// What is granted today, as far as the user says.
pub enum Granted {
    /// Nobody said.
    Unsaid,
    /// What `aws iam get-account-authorization-details` prints, and the policies of AWS's own that it attaches and does
    /// not list, which come from the catalogue.
    Snapshot(Snapshot, BTreeSet<String>),
    /// The policies of the one principal at hand.
    Policies(PolicySet),
}

impl Granted {
    /// The snapshot, when it is one.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        match self {
            Granted::Snapshot(snapshot, _) => Some(snapshot),
            Granted::Unsaid | Granted::Policies(_) => None,
        }
    }

    /// Reads the files.
    pub fn read(paths: &[PathBuf]) -> Result<Granted> {
        let (mut snapshots, mut policies) = (Vec::new(), Vec::new());
        for path in paths {
            let name = path.display().to_string();
            let text = read_text(path).map_err(|error| {
                Error::input(format!("cannot read `{name}`"))
                    .because(error)
                    .hint("--granted takes what `leastwise snapshot` prints, or policy documents")
            })?;
            let bare = wrapped::unwrap(&text);
            if bare.trust {
                return Err(Error::input(format!("`{name}` says who may assume the role, not what it may do"))
                    .hint("give its policies (aws iam get-role-policy, get-policy-version), or a snapshot: `leastwise snapshot`"));
            }
            let detected = GrantedFile::detect(&name, &bare.text);
            let detected = detected.map_err(|error| match wrapped::way_out(&text) {
                Some(way_out) => unreadable(error).hint(way_out),
                None => unreadable(error),
            })?;
            match detected {
                GrantedFile::Snapshot => snapshots.push((name, text)),
                GrantedFile::Policy(policy) => policies.push(policy),
            }
        }
        match (snapshots.is_empty(), policies.is_empty()) {
            (true, true) => Ok(Granted::Unsaid),
            (true, false) => Ok(Granted::Policies(granted::from_policies(policies))),
            (false, true) => {
                let listed = snapshot(&snapshots)?;
                if listed.principals().all(|principal| principal.complete) {
                    return Ok(Granted::Snapshot(listed, BTreeSet::new()));
                }
                let missing = managed::missing(&snapshots);
                snapshots.extend(missing.page);
                Ok(Granted::Snapshot(snapshot(&snapshots)?, missing.known))
            }
            (false, false) => Err(Error::usage("--granted has a snapshot and policy documents")
                .hint("the snapshot already holds the policies; give the one or the others")),
        }
    }

    /// Whom `--principal` means: a unique id the principal of the snapshot that has it, a pattern the one that it fits, and
    /// itself where there is no snapshot. Service-linked roles are nobody to right-size, unless they are all that it fits.
    pub fn only<'n>(&'n self, principal: &'n str) -> Result<&'n str> {
        let Granted::Snapshot(snapshot, _) = self else {
            return match is_unique_id(principal) {
                true => Err(Error::usage(format!(
                    "`{principal}` is the id of a principal, and its ARN is needed"
                ))
                .hint("give the ARN, or a snapshot of the account, which has the ids: --granted SNAPSHOT")),
                false => Ok(principal),
            };
        };
        if is_unique_id(principal) {
            let mut with =
                snapshot.principals().filter(|found| found.unique_id.as_deref() == Some(principal));
            return with.next().map(|found| found.arn.as_str()).ok_or_else(|| {
                Error::input(format!("nobody in the snapshot has the id `{principal}`")).hint(format!(
                    "it is of another account than {}, made since, or gone: ids are never given again",
                    accounts(snapshot)
                ))
            });
        }
        if !whose::is_pattern(principal) {
            return Ok(principal);
        }
        let (ours, linked): (Vec<_>, Vec<_>) = snapshot.principals().partition(|found| !found.service_linked);
        let glob = Glob::new(principal);
        let among = if ours.iter().any(|found| glob.matches(&found.arn)) { ours } else { linked };
        whose::only(principal, among.iter().map(|found| found.arn.as_str()), "the snapshot")
    }

    /// What the principal is granted, with what is known of it besides. A snapshot must know it.
    pub fn of(&self, principal: &str) -> Result<(Option<&PolicySet>, Option<&GrantedPrincipal>)> {
        match self {
            Granted::Unsaid => Ok((None, None)),
            Granted::Policies(policies) => Ok((Some(policies), None)),
            Granted::Snapshot(snapshot, _) => match snapshot.principal(principal) {
                Some(found) => Ok((Some(&found.policies), Some(found))),
                None => {
                    let error = Error::input(format!("`{principal}` is not in the snapshot"));
                    let account =
                        Arn::parse(principal).map(|arn| arn.account().to_owned()).unwrap_or_default();
                    if !account.is_empty() && !snapshot.principals().any(|known| known.account() == account) {
                        return Err(error.hint(format!(
                            "it is of account {account}, and the snapshot is of {}: take one of its account",
                            accounts(snapshot)
                        )));
                    }
                    let names: Vec<&str> = snapshot.principals().map(|known| known.arn.as_str()).collect();
                    let near = output::nearest(principal, names.iter().copied(), 3);
                    Err(match near.is_empty() {
                        true => {
                            error.hint("it was made since the snapshot was taken, or is gone: take a new one")
                        }
                        false => error.hint(format!("the nearest that are there: {}", near.join(", "))),
                    })
                }
            },
        }
    }

    /// What the snapshot calls what; nothing without one that is whole.
    pub fn directory(&self) -> Option<Directory> {
        match self {
            Granted::Snapshot(snapshot, _) => Directory::of(snapshot),
            Granted::Unsaid | Granted::Policies(_) => None,
        }
    }

    /// What a reader should know of what a principal is granted.
    pub fn notes(&self, found: &GrantedPrincipal) -> Vec<Note> {
        let Granted::Snapshot(_, known) = self else { return Vec::new() };
        let note =
            |place: &str, text: String| Note { kind: NoteKind::Granted, place: place.to_owned(), text };
        let documents = found.policies.identity.iter().chain(found.policies.boundary.iter().flatten());
        let mut notes: Vec<Note> = documents
            .filter(|document| known.contains(&document.name))
            .map(|document| note(&document.name, from_catalog()))
            .collect();
        notes.extend(found.problems.iter().map(|problem| note(&problem.subject, problem.reason.clone())));
        notes
    }

    /// What could not be taken as it stands, for people.
    pub fn warnings(&self) -> Vec<String> {
        let Granted::Snapshot(snapshot, known) = self else { return Vec::new() };
        let from_catalog = known.iter().map(|arn| plain(&format!("warning: `{arn}`: {}", from_catalog())));
        let mut lines: Vec<String> = from_catalog.collect();
        let findings = snapshot.findings().iter().take(10).map(|finding| {
            plain(&format!("warning: {}: {}: {}", finding.file, finding.place, finding.reason))
        });
        lines.extend(findings);
        let more = snapshot.findings().len().saturating_sub(10) as u64;
        if more > 0 {
            lines.push(format!("warning: and {} more in the snapshot", counted(more, "finding", "findings")));
        }
        if snapshot.is_truncated() {
            lines.push(
                "warning: the snapshot is one page of several; give all of them, or use `leastwise snapshot`"
                    .to_owned(),
            );
        }
        lines
    }
}

/// That the identity policies of a principal are not all known, with the reasons. What is right-sized by a part of them
/// loses what the rest allowed.
pub fn incomplete(found: &GrantedPrincipal) -> Option<String> {
    let reasons = || found.problems.iter().map(|problem| format!("{}: {}", problem.subject, problem.reason));
    (!found.identity_complete)
        .then(|| format!("what it is granted is not all known: {}", reasons().collect::<Vec<_>>().join("; ")))
}

/// What to do when it is not.
pub const WAY_OUT: &str = "take the snapshot anew and whole, without --filter and with every page: `leastwise snapshot` does; \
                           or give all policy documents of the principal to --granted";

/// Whether it is what AWS calls a role or a user by for ever, as logs have it in `principalId`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>).
fn is_unique_id(text: &str) -> bool {
    let rest = text.strip_prefix("AROA").or_else(|| text.strip_prefix("AIDA"));
    rest.is_some_and(|rest| {
        rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

/// The accounts of a snapshot, for people.
fn accounts(snapshot: &Snapshot) -> String {
    /// So many are named.
    const NAMED: usize = 5;
    let all: BTreeSet<&str> = snapshot.principals().map(GrantedPrincipal::account).collect();
    let named: Vec<&str> = all.iter().copied().take(NAMED).collect();
    match (named.as_slice(), all.len() - named.len()) {
        ([], _) => "no account".to_owned(),
        ([one], 0) => format!("account {one}"),
        (several, 0) => format!("accounts {}", several.join(", ")),
        (several, more) => format!("accounts {} and {more} more", several.join(", ")),
    }
}

fn from_catalog() -> String {
    let date = managed_policies_date();
    format!(
        "attached and not in the snapshot: taken from the catalogue, as of {date}; AWS may have changed it since"
    )
}

fn snapshot(files: &[(String, String)]) -> Result<Snapshot> {
    Snapshot::parse_all(files.iter().map(|(name, text)| (name.as_str(), text.as_str()))).map_err(unreadable)
}

fn unreadable(error: granted::GrantedError) -> Error {
    let message = error.to_string();
    let hint = "--granted takes what `leastwise snapshot` prints, or policy documents";
    match std::error::Error::source(&error) {
        Some(source) => Error::input(message).because(source.to_string()).hint(hint),
        None => Error::input(message).hint(hint),
    }
}
