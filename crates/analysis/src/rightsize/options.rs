//! What the user decides about a right-sizing, and what the caller knows about the logs.

use leastwise_policy::aws::quota::{MANAGED_PER_ROLE, Quota};
use leastwise_policy::aws::{Statement, Version};
use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::keep::Pin;

/// The knobs. The defaults are what a careful engineer would take first.
#[derive(Debug, Clone)]
pub struct Options {
    /// The name of the document, or the stem of their names when there are several.
    pub name: String,
    /// How far resources may be generalised.
    pub width: Width,
    /// What becomes of destructive actions that were used.
    pub destructive: Destructive,
    /// What becomes of what is granted and the logs cannot tell.
    pub unknown: Unknown,
    /// Which conditions may be inferred.
    pub conditions: Inference,
    /// What becomes of the inverse of what was used (`Delete…` of `Create…`).
    pub pairs: Pairs,
    /// What becomes of actions that were used although nothing in the granted set allows them.
    pub not_granted: NotGranted,
    /// What becomes of actions that the catalogue does not know.
    pub unlisted: Unlisted,
    /// What the user wants kept although it was not used.
    pub keep: Vec<Pin>,
    /// What the user wants denied besides, with the version that it is written in.
    pub deny: Vec<(Version, Statement)>,
    /// The kind of place the policy will live in.
    pub quota: Quota,
    /// How many documents may be attached there.
    pub max_documents: usize,
    /// What the logs could show at all.
    pub coverage: Coverage,
    /// How much evidence a generalisation or a condition needs.
    pub thresholds: Thresholds,
}

/// How far resources may be generalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Width {
    /// The ARNs that were used.
    Exact,
    /// Common prefixes of many ARNs of one type, in one region, account and bucket.
    Prefix,
    /// Every resource of the type, in the same region and account.
    Type,
    /// Every resource.
    Any,
}

/// What becomes of destructive actions that were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Destructive {
    /// Statements of their own, so that a reviewer sees them.
    Separate,
    /// Beside the others.
    Keep,
    /// Left out and listed: the proof then says what would newly be denied.
    Drop,
}

/// What becomes of what is granted and the logs cannot tell: they could not show the action, or calls may have needed it
/// elsewhere than where it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unknown {
    /// Left out and listed: whoever knows the workload pins what it needs.
    Drop,
    /// What calls may have needed is kept, where they may have needed it and as far as it is granted, in statements of its
    /// own: calls that were throttled or broke off, and those of which the log does not tell all that they needed. What
    /// no call points to is left out and listed.
    Called,
    /// Kept word for word as it is granted, in statements of its own. A destructive action that is to be dropped is
    /// dropped here too.
    Keep,
}

/// Which conditions may be inferred. `iam:PassedToService` is always put on `iam:PassRole`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inference {
    /// None.
    None,
    /// Those that are part of what the call is: `kms:ViaService`, `ec2:CreateAction`.
    Request,
    /// Also region and VPC endpoint, where they never changed over enough calls and days.
    Stable,
}

/// What becomes of the inverse of what was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pairs {
    /// Listed, not granted: whether a role cleans up after itself is for its owner to say.
    Suggest,
    /// Granted on the same resources, unless destructive actions are dropped.
    Keep,
}

/// What becomes of actions that were used although nothing in the granted set allows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotGranted {
    /// Reported only: something else allows them (a resource policy), or the grant changed.
    Report,
    /// Added: the new policy then allows more than the old one.
    Add,
}

/// What becomes of actions that the catalogue does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unlisted {
    /// Left out and reported: a policy should not name what may not exist.
    LeaveOut,
    /// Granted as the log names them.
    Keep,
}

/// How much evidence a generalisation or a condition needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// ARNs (or prefixes already found) under a common prefix before it replaces them.
    pub prefix_at_least: usize,
    /// Events of a service that must agree before a stable condition is inferred.
    pub observations: u64,
    /// Days that those events must span.
    pub days: i64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            name: "leastwise".to_owned(),
            width: Width::Exact,
            destructive: Destructive::Separate,
            unknown: Unknown::Drop,
            conditions: Inference::Stable,
            pairs: Pairs::Suggest,
            not_granted: NotGranted::Report,
            unlisted: Unlisted::LeaveOut,
            keep: Vec::new(),
            deny: Vec::new(),
            quota: Quota::ManagedPolicy,
            max_documents: MANAGED_PER_ROLE,
            coverage: Coverage::default(),
            thresholds: Thresholds::default(),
        }
    }
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds { prefix_at_least: 5, observations: 20, days: 7 }
    }
}

impl Width {
    /// The word of the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Width::Exact => "exact",
            Width::Prefix => "prefix",
            Width::Type => "type",
            Width::Any => "any",
        }
    }

    /// The next wider one.
    pub const fn wider(self) -> Option<Width> {
        match self {
            Width::Exact => Some(Width::Prefix),
            Width::Prefix => Some(Width::Type),
            Width::Type => Some(Width::Any),
            Width::Any => None,
        }
    }
}
