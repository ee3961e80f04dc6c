//! One line of usage: what a principal did to a resource, how it ended, how often and when.
//!
//! Rows are what right-sizing, replay, proofs and reports work from. They are plain values; the mergeable
//! aggregate that makes them lives beside this file.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use leastwise_policy::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What one principal did with one action on one resource in one context, with one outcome. Its texts are its own,
/// or ([`RowRef`]) those of the usage that it is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow<T = String, C = UsageContext> {
    /// The ARN of the role (its own, with the path, not the session's), of the user, or of the root user.
    pub principal: T,
    /// The IAM action, in the catalogue's spelling: `s3:GetObject`.
    pub action: T,
    /// What the action was done to, as far as the log tells.
    pub resource: Resource<T>,
    /// How it ended.
    pub outcome: Outcome,
    /// What the log tells about the request that a condition could use.
    pub context: C,
    /// How many events this row stands for.
    pub count: u64,
    /// The time of the earliest event.
    pub first: Timestamp,
    /// The time of the latest event.
    pub last: Timestamp,
    /// The id of one of the events.
    pub example: T,
}

/// A row that has nothing of its own: threads that read many of them share nothing that they write to.
pub type RowRef<'u> = UsageRow<&'u str, &'u UsageContext>;

/// The resource of a row, as far as the log tells which it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource<T = String> {
    /// This ARN. A `*` or `?` in it is that character, not a wildcard.
    Exact(T),
    /// The log does not say which: a pattern such as `arn:…:instance/*`, as AWS authorises it.
    Pattern(T),
    /// More distinct resources than are kept: they were folded into this pattern.
    Folded {
        /// The pattern that all of them match.
        pattern: T,
        /// How many distinct resources there were.
        distinct: u64,
    },
    /// The log does not tell at all.
    Unknown,
}

/// How an event ended, as far as permissions are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was authorised and done.
    Used,
    /// It was authorised and failed for another reason (not found, not valid, …).
    Failed,
    /// It was not authorised.
    Denied,
    /// Nobody can tell: it ended before it was authorised (throttled, not readable), or the log does not show what
    /// it needed.
    Unknown,
}

/// What the log tells about the request that a condition could use, and under keys of our own what it tells of the
/// resource beside its ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UsageContext {
    /// Condition key (`aws:RequestedRegion`, `aws:SourceVpce`, `kms:ViaService`, `iam:PassedToService`,
    /// `ec2:CreateAction`, …) → its values in the request. Many rows have the same.
    pub keys: Arc<BTreeMap<String, Vec<String>>>,
}

impl RowRef<'_> {
    /// The same with texts of its own.
    pub fn to_owned(&self) -> UsageRow {
        UsageRow {
            principal: self.principal.to_owned(),
            action: self.action.to_owned(),
            resource: match self.resource {
                Resource::Exact(arn) => Resource::Exact(arn.to_owned()),
                Resource::Pattern(pattern) => Resource::Pattern(pattern.to_owned()),
                Resource::Folded { pattern, distinct } => {
                    Resource::Folded { pattern: pattern.to_owned(), distinct }
                }
                Resource::Unknown => Resource::Unknown,
            },
            outcome: self.outcome,
            context: self.context.clone(),
            count: self.count,
            first: self.first,
            last: self.last,
            example: self.example.to_owned(),
        }
    }
}

impl<T, C> UsageRow<T, C> {
    /// Whether AWS authorised it: only such rows are evidence that a permission is needed.
    pub fn authorised(&self) -> bool {
        self.outcome.authorised()
    }
}

impl Outcome {
    /// Whether AWS authorised the call, whatever became of it afterwards.
    pub fn authorised(self) -> bool {
        matches!(self, Outcome::Used | Outcome::Failed)
    }

    /// The word for it in reports and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Used => "used",
            Outcome::Failed => "failed",
            Outcome::Denied => "denied",
            Outcome::Unknown => "unknown",
        }
    }
}

impl<T: AsRef<str>> Resource<T> {
    /// The text of it: the ARN, the pattern, or `*` when the log does not tell.
    pub fn as_str(&self) -> &str {
        match self {
            Resource::Exact(arn) => arn.as_ref(),
            Resource::Pattern(pattern) | Resource::Folded { pattern, .. } => pattern.as_ref(),
            Resource::Unknown => "*",
        }
    }

    /// Whether the log names one resource.
    pub fn is_exact(&self) -> bool {
        matches!(self, Resource::Exact(_))
    }
}

/// The instance profile whose role is passed, by its ARN, where the log does not tell the role. A profile that the call
/// names by its name alone is written as if it had no path.
pub const INSTANCE_PROFILE: &str = "leastwise:InstanceProfile";

/// The call names the resource without its path, and it is written as if it had none.
pub const WITHOUT_PATH: &str = "leastwise:WithoutPath";

/// The record names the caller's session and not its role: of the role, that has the name and not the path, and the
/// principal is written as if it had none.
pub const PRINCIPAL_WITHOUT_PATH: &str = "leastwise:PrincipalWithoutPath";

impl UsageContext {
    /// The keys that AWS knows, which a condition could use.
    pub fn of_request(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        self.keys.iter().filter(|(key, _)| !key.starts_with("leastwise:"))
    }

    /// The values of a key, if the log told them.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.keys.get(key).map(Vec::as_slice)
    }

    /// The same context with one more key.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.keys).entry(key.into()).or_default().push(value.into());
        self
    }
}

impl<T: AsRef<str>> fmt::Display for Resource<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
