//! What principals were granted: the identity policies and boundaries that a snapshot of the account lists.
//!
//! A snapshot is what `aws iam get-account-authorization-details` prints:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>. Several files
//! (pages, accounts) are read as one. AWS managed policies are in it only while they are attached. Nothing is
//! guessed: a policy that is attached but not listed, or that cannot be read, is a [`Finding`], and what the
//! principal was granted is then marked as not complete.

mod document;
mod keys;
mod lenient;
mod listing;
pub mod managed;
mod problem;
pub mod reach;
mod resolve;
mod sessions;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

pub use document::percent_decoded;
use leastwise_policy::aws::evaluate::{OrganizationPath, PolicySet};
use leastwise_policy::aws::{DocumentKind, Named, Policy};
use leastwise_policy::time::Timestamp;
pub(crate) use lenient::policy as policy_of;
pub use problem::{Origin, Problem};
use serde::Serialize;
pub(crate) use sessions::Sessions;

/// What the principals of one or several accounts were granted.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    principals: BTreeMap<String, GrantedPrincipal>,
    groups: Vec<GrantedGroup>,
    findings: Vec<Finding>,
    origins: BTreeMap<String, Origin>,
    /// ARNs of managed policies that allow everything, attached or not.
    allowing_all: Vec<String>,
    managed: Vec<String>,
    versions: versions::Versions,
    truncated: bool,
}

/// A role or a user with everything that was granted to it.
#[derive(Debug, Clone)]
pub struct GrantedPrincipal {
    /// The ARN, with the path.
    pub arn: String,
    /// Whether it is a role or a user.
    pub kind: PrincipalKind,
    /// The name, without the path.
    pub name: String,
    /// The path: `/` or `/service-role/`.
    pub path: String,
    /// The id that AWS gave it: `AROA…` or `AIDA…`; nothing when it is not listed.
    pub unique_id: Option<String>,
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// Identity policies (attached, inline, through groups) and the boundary, ready to be evaluated.
    pub policies: PolicySet,
    /// ARNs of the managed policies attached to it directly.
    pub attached: Vec<String>,
    /// Names of the inline policies of its own.
    pub inline: Vec<String>,
    /// Names of the groups it is in.
    pub groups: Vec<String>,
    /// The ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Who may assume the role; its name is [`GrantedPrincipal::trust_name`].
    pub trust: Option<Policy>,
    /// The instance profiles that hold the role; nothing when they are not listed.
    pub instance_profiles: Option<Vec<InstanceProfile>>,
    /// When it was made, where that is listed.
    pub created: Option<Timestamp>,
    /// Made and kept by an AWS service: never right-sized, since nobody can change its policy.
    pub service_linked: bool,
    /// Whether every policy of it could be read.
    pub complete: bool,
    /// Whether every identity policy of it could be read, whatever its boundary, and is not said in two ways.
    pub identity_complete: bool,
    /// Why the snapshot does not say what AWS would decide for it: an attachment that is not listed, a document that
    /// cannot be read or that no quota would let be. A decision needs that there are none.
    pub problems: Vec<Problem>,
}

/// An instance profile, as it is listed with a role that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceProfile {
    /// The ARN, with the path.
    pub arn: String,
    /// When it was made, where that is listed.
    pub created: Option<Timestamp>,
    /// ARNs of the roles that it is listed to hold; AWS lets it hold one.
    pub roles: BTreeSet<String>,
}

/// A group with what membership in it gives.
#[derive(Debug, Clone)]
pub struct GrantedGroup {
    /// The ARN, with the path.
    pub arn: String,
    /// The name, without the path.
    pub name: String,
    /// When it was made, where that is listed.
    pub created: Option<Timestamp>,
    /// Its policies, attached and inline.
    pub policies: Vec<Named<Policy>>,
}

/// What kind of principal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// An IAM role.
    Role,
    /// An IAM user.
    User,
}

/// Something in a snapshot that could not be taken as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// The principal, group or policy.
    pub place: String,
    /// What is the matter, and what follows from it.
    pub reason: String,
}

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum GrantedError {
    /// The text is not JSON.
    #[error("`{file}` is not JSON")]
    NotJson {
        /// The file.
        file: String,
        /// The place and the reason.
        #[source]
        source: serde_json::Error,
    },
    /// It is JSON of another kind.
    #[error(
        "`{file}` is neither the output of `aws iam get-account-authorization-details` nor a policy document"
    )]
    NotGranted {
        /// The file.
        file: String,
    },
    /// A principal, group or policy of a listing that cannot be read.
    #[error("`{}` {}: {}", .0.file, .0.pointer, .0.reason)]
    Refused(Problem),
    /// A policy document that cannot be read.
    #[error("policy `{file}`: {reason}")]
    Policy {
        /// The file.
        file: String,
        /// The place and the reason.
        reason: String,
    },
}

/// One file that says what was granted.
#[derive(Debug, Clone)]
pub enum GrantedFile {
    /// It is a snapshot; read all of them with [`Snapshot::parse_all`].
    Snapshot,
    /// It is one policy document, named after the file.
    Policy(Named<Policy>),
}

impl GrantedPrincipal {
    /// The 12 digits of its account.
    pub fn account(&self) -> &str {
        let mut colons = self.arn.bytes().enumerate().filter(|(_, byte)| *byte == b':').map(|(at, _)| at);
        let Some(before) = colons.nth(3) else { return "" };
        &self.arn[before + 1..colons.next().unwrap_or(self.arn.len())]
    }

    /// The name of its trust policy among documents.
    pub fn trust_name(&self) -> String {
        format!("{} (trust policy)", self.arn)
    }
}

impl GrantedFile {
    /// Tells a snapshot from a policy document.
    pub fn detect(file: &str, text: &str) -> Result<GrantedFile, GrantedError> {
        if listing::looks_like_one(file, text)? {
            return Ok(GrantedFile::Snapshot);
        }
        match Policy::parse_kind(text, DocumentKind::Identity) {
            Ok(policy) => Ok(GrantedFile::Policy(Named::new(file, policy))),
            Err(error) => Err(GrantedError::Policy { file: file.to_owned(), reason: error.to_string() }),
        }
    }
}

impl Snapshot {
    /// Reads one file.
    pub fn parse(file: &str, text: &str) -> Result<Snapshot, GrantedError> {
        Snapshot::parse_all([(file, text)])
    }

    /// Reads several files (pages of one account, or several accounts) as one snapshot.
    pub fn parse_all<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Snapshot, GrantedError> {
        let (snapshot, refused) = Snapshot::parse_readable(files)?;
        match refused.into_iter().next() {
            Some(first) => Err(GrantedError::Refused(first)),
            None => Ok(snapshot),
        }
    }

    /// The same, with what of it cannot be read: nothing of that is in the snapshot, so whoever decides by it must say so.
    pub(crate) fn parse_readable<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(Snapshot, Vec<Problem>), GrantedError> {
        let (mut pages, mut refused) = (Vec::new(), Vec::new());
        for (file, text) in files {
            let (more, not) = listing::read(file, text)?;
            pages.extend(more);
            refused.extend(not);
        }
        Ok((resolve::snapshot(pages), refused))
    }

    /// The principal with this ARN.
    pub fn principal(&self, arn: &str) -> Option<&GrantedPrincipal> {
        self.principals.get(arn)
    }

    /// All principals, by ARN.
    pub fn principals(&self) -> impl Iterator<Item = &GrantedPrincipal> {
        self.principals.values()
    }

    /// Puts another policy in the place of the first that a principal is granted.
    pub(crate) fn regrant(&mut self, arn: &str, policy: Policy) {
        let principal = self.principals.get_mut(arn);
        if let Some(first) = principal.and_then(|one| one.policies.identity.first_mut()) {
            first.policy = policy;
        }
    }

    /// The same accounts when a principal has these policies in place of its own. Its groups still grant what they do, and its
    /// boundary stays. Nothing when it is not listed.
    pub fn with_policies(&self, arn: &str, own: &[Named<Policy>]) -> Option<Snapshot> {
        let mut after = self.clone();
        let principal = after.principals.get_mut(arn)?;
        let groups = after.groups.iter().filter(|group| principal.groups.contains(&group.name));
        let of_account = groups.filter(|group| group.arn.split(':').nth(4) == arn.split(':').nth(4));
        let granted = of_account.flat_map(|group| &group.policies);
        principal.policies.identity = own.iter().chain(granted).cloned().collect();
        principal.attached.clear();
        principal.inline.clear();
        Some(after)
    }

    /// Puts each principal under the service control policies of its account, where these are known.
    pub(crate) fn govern(&mut self, path_to: &dyn Fn(&str) -> Option<OrganizationPath>) {
        for principal in self.principals.values_mut() {
            let path = path_to(principal.account());
            if path.is_some() {
                principal.policies.service_control = path;
            }
        }
    }

    /// All groups, by ARN.
    pub fn groups(&self) -> &[GrantedGroup] {
        &self.groups
    }

    /// ARNs of the managed policies that allow everything whatever the circumstances, whether somebody has them or not.
    pub(crate) fn allowing_all(&self) -> impl Iterator<Item = &str> {
        self.allowing_all.iter().map(String::as_str)
    }

    /// ARNs of all managed policies that are listed, AWS's own too.
    pub fn managed_policies(&self) -> impl Iterator<Item = &str> {
        self.managed.iter().map(String::as_str)
    }

    /// The groups that nobody is in yet, by ARN.
    pub fn empty_groups(&self) -> impl Iterator<Item = &GrantedGroup> {
        let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
        let joined: BTreeSet<(String, &str)> = self
            .principals
            .values()
            .flat_map(|one| one.groups.iter().map(|group| (account(&one.arn), group.as_str())))
            .collect();
        self.groups.iter().filter(move |group| !joined.contains(&(account(&group.arn), group.name.as_str())))
    }

    /// Says of a principal, or of all that hold a managed policy, that what is granted is not all known.
    pub(crate) fn doubt(&mut self, problem: &Problem) {
        let subject = &problem.subject;
        for principal in self.principals.values_mut() {
            let concerned = principal.arn == *subject
                || principal.boundary.as_ref() == Some(subject)
                || principal.policies.identity.iter().any(|named| named.name == *subject);
            if concerned {
                principal.complete = false;
                principal.problems.push(problem.clone());
            }
        }
    }

    /// Says where a document really stands, when the listing was made of something else.
    pub(crate) fn stands(&mut self, document: String, origin: Origin) {
        self.origins.insert(document, origin);
    }

    /// Where the document with this name stands in the files.
    pub fn origin(&self, document: &str) -> Option<&Origin> {
        self.origins.get(document).or_else(|| self.versions.origin(document))
    }

    /// The versions of a managed policy that are not in force, each named after the policy and its own id; nothing when it
    /// is not known which there are.
    pub(crate) fn versions(&self, arn: &str) -> Option<&[Named<Policy>]> {
        self.versions.of_policy(arn)
    }

    /// What could not be taken as it stands.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Accounts of which users or groups are listed and no role, though no account is without the roles that AWS makes in
    /// it: the listing was filtered.
    pub fn without_roles(&self) -> Vec<&str> {
        let roles = self.principals.values().filter(|one| one.kind == PrincipalKind::Role);
        let with: BTreeSet<&str> = roles.map(GrantedPrincipal::account).collect();
        let of_groups = self.groups.iter().map(|group| group.arn.split(':').nth(4).unwrap_or_default());
        let all: BTreeSet<&str> =
            self.principals.values().map(GrantedPrincipal::account).chain(of_groups).collect();
        all.difference(&with).copied().collect()
    }

    /// Whether AWS said that there is more (`IsTruncated`) and no file holds the rest.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }
}

/// The policies of plain files as the granted set of a principal.
pub fn from_policies(policies: Vec<Named<Policy>>) -> PolicySet {
    PolicySet { identity: policies, ..PolicySet::default() }
}

#[cfg(test)]
mod tests;
