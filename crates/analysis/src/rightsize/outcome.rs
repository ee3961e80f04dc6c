//! What a right-sizing says: the documents, and everything that was decided on the way to them.

use std::collections::BTreeMap;

use leastwise_policy::aws::{Named, Policy};
use leastwise_policy::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The smallest policy that still allows what was used, and how it came about.
#[derive(Debug, Clone)]
pub struct Rightsized {
    /// The new identity policies; empty when there is nothing to allow (AWS refuses an empty `Statement`).
    pub documents: Vec<Named<Policy>>,
    /// Set when no authorised call of the principal was seen.
    pub dormant: Option<Dormant>,
    /// Every place where the new policy covers more resources than were seen, sorted.
    pub widenings: Vec<Widening>,
    /// Every condition that was inferred from the log, sorted.
    pub conditions_inferred: Vec<InferredCondition>,
    /// Every action that was granted or used, sorted, and what is known of it.
    pub classification: Vec<ActionStatus>,
    /// How much went.
    pub cut: Cut,
    /// Whether the documents fit where they will live.
    pub fit: Fit,
    /// Inverses of what was used that a workload may need although it did not use them.
    pub pairs: Vec<PairSuggestion>,
    /// Destructive actions that were used and left out because the user said so.
    pub dropped: Vec<String>,
    /// What a reader should know besides.
    pub notes: Vec<Note>,
}

/// Why there is nothing to right-size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dormant {
    /// No call at all in the window: a candidate to be disabled and then removed.
    NoUsage,
    /// Calls, and none was authorised.
    OnlyDenied,
    /// Calls, and whether any was authorised, or what they needed, is not known.
    OnlyUnknown,
    /// No authorised call, and the logs of its account lack the management events of one kind, or all of them.
    OneSided,
}

/// A place where the new policy covers more resources than were seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Widening {
    /// The actions whose statement was widened.
    pub actions: Vec<String>,
    /// What stands in the policy.
    pub to: String,
    /// Why.
    pub reason: WideningReason,
    /// The resource type, when it is known.
    pub resource_type: Option<String>,
    /// How many distinct resources (or patterns) it replaces.
    pub from_count: u64,
    /// Some of them.
    pub from: Vec<String>,
    /// How many events they stand for.
    pub events: u64,
}

/// Why a statement covers more resources than were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WideningReason {
    /// `--width prefix`: many resources share a prefix.
    Prefix,
    /// `--width type`.
    Type,
    /// `--width any`.
    Any,
    /// AWS authorises the call against a pattern, or the log does not say which of them it was.
    LogPattern,
    /// The log held more resources than are kept apart.
    LogFolded,
    /// The log does not tell the resource.
    LogUnknown,
    /// The resource in the log is of a type that the action does not support.
    TypeMismatch,
    /// The granted policy's own resource was kept, since the log does not tell which part of it was used.
    GrantedResource,
    /// The log shows the action otherwise than it is granted, and AWS allowed it: what was granted for it is kept.
    GrantedOtherwise,
    /// Calls may have needed it, and the user wants such things kept.
    Perhaps,
    /// The logs cannot tell, and the user wants such things kept: what was granted for the action is.
    Unseen,
    /// The user pinned it.
    Pinned,
}

/// A condition that was inferred.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InferredCondition {
    /// The condition key.
    pub key: String,
    /// The values that it is held to.
    pub values: Vec<String>,
    /// The actions whose statements have it.
    pub actions: Vec<String>,
    /// How many events agree.
    pub observations: u64,
    /// The days between the first and the last of them.
    pub days: i64,
}

/// What is known of one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionStatus {
    /// The action in the catalogue's spelling.
    pub action: String,
    /// What is known.
    pub status: Status,
    /// Whether it is destructive.
    pub destructive: bool,
    /// Events that were authorised.
    pub count: u64,
    /// Events that were denied.
    pub denied: u64,
    /// The first event, whatever its outcome.
    #[serde(with = "crate::stamp::maybe")]
    pub first: Option<Timestamp>,
    /// The last event, whatever its outcome.
    #[serde(with = "crate::stamp::maybe")]
    pub last: Option<Timestamp>,
}

/// Used against granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "why")]
pub enum Status {
    /// Authorised at least once.
    Used,
    /// Granted, visible in these logs, and not seen.
    Unused,
    /// Granted, and these logs cannot tell.
    Unknown(Unseen),
    /// Tried, and never authorised.
    Denied,
    /// Authorised although nothing that was granted allows it.
    NotGrantedYetUsed,
}

/// Why the logs cannot tell whether an action is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unseen {
    /// No API operation is known that needs it, so no event can show it.
    NoOperation,
    /// Its calls are data events, and of the account the logs hold none of their type.
    DataEventsNotLogged,
    /// The same with data events that only read: some of its calls do, or nobody says that none does, and the logs hold only
    /// such as write.
    DataReadsNotLogged,
    /// The same with data events that write.
    DataWritesNotLogged,
    /// Its calls are data events, and it is granted on resources that none of those which the logs hold of the account was
    /// on.
    DataEventsOfOthers,
    /// Its calls, or some, are recorded in one Region of the partition, and of the account the logs hold no management event
    /// there.
    HomeRegionNotLogged,
    /// Its calls are management events of KMS, and of the account the logs hold none.
    KmsEventsNotLogged,
    /// Some of its calls are read-only management events, or nobody says that none is, and the logs of the account hold
    /// none.
    ReadEventsNotLogged,
    /// Some of its calls are management events that write, or nobody says that none is, and the logs of the account hold
    /// none.
    WriteEventsNotLogged,
    /// Its calls are management events, and the logs of the account hold none.
    ManagementEventsNotLogged,
    /// CloudTrail does not log its calls.
    NotLogged,
    /// No call of it tells: each was throttled or broke off, or the log leaves out what it needed.
    Throttled,
}

/// How much went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Actions that were granted, wildcards expanded; nothing when no granted policy was given.
    pub granted_actions: Option<usize>,
    /// Actions that the new documents allow, wildcards expanded.
    pub kept_actions: usize,
    /// By access level: granted and kept. An action of several levels counts in each.
    pub by_level: BTreeMap<String, GrantedKept>,
    /// Destructive actions.
    pub destructive: GrantedKept,
    /// Allow statements with a wildcard in an action.
    pub wildcard_action_statements: GrantedKept,
    /// Allow statements on `*` or with `NotResource`.
    pub any_resource_statements: GrantedKept,
}

/// A figure before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedKept {
    /// Before.
    pub granted: usize,
    /// After.
    pub kept: usize,
}

/// Whether the documents fit where they will live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fit {
    /// Whether they do.
    pub fits: bool,
    /// Characters without white space, per document.
    pub characters: Vec<usize>,
    /// Characters allowed: per document when several may be attached, together otherwise.
    pub limit: usize,
    /// Documents that may be attached.
    pub max_documents: usize,
    /// Whether action wildcards had to be used. They add nothing under this catalogue, and they grow with AWS.
    pub action_wildcards: bool,
    /// What to do when they do not fit.
    pub way_out: Option<String>,
}

/// The inverse of what was used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PairSuggestion {
    /// What was used: `ec2:CreateSnapshot`.
    pub used: String,
    /// Its inverse, which was not: `ec2:DeleteSnapshot`.
    pub inverse: String,
    /// Whether the inverse is destructive.
    pub destructive: bool,
    /// Whether it was kept.
    pub kept: bool,
}

/// Something a reader should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// The thing in question: an action, an ARN, a policy.
    pub place: String,
    /// What there is to know.
    pub text: String,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// An action that the catalogue does not know.
    UnlistedAction,
    /// A resource that fits no ARN format of its service.
    UnlistedResource,
    /// An action that was used although nothing granted allows it.
    NotGrantedYetUsed,
    /// An existing `Deny` that was kept.
    DenyKept,
    /// What is granted, where it is not as the snapshot says it or not all known.
    Granted,
    /// The boundary: untouched.
    Boundary,
    /// Conditions of a granted statement that were kept.
    ConditionKept,
    /// A resource that was not widened as asked, because the granted set is narrower.
    HeldToGranted,
    /// `iam:PassRole` without a service that it is passed to.
    PassRoleWithoutService,
    /// A pin that could not be kept as it is written.
    Pin,
    /// Calls that do not tell: throttled, broken off, or what they needed is not in the log.
    Throttled,
    /// What the window is too short or the logs too thin for.
    Evidence,
    /// The root user, whom no identity policy limits.
    RootUser,
    /// Rows of other principals were given and left out.
    OtherPrincipal,
    /// Roles that are passed in an instance profile: told by the snapshot, or not.
    InstanceProfile,
    /// Names without their path: told by the snapshot, or guessed.
    WithoutPath,
    /// What it takes for the new policy to be in force, and to be all that is.
    Applying,
    /// That the principal can become administrator with the new policy.
    Power,
}

impl Cut {
    /// The share of granted actions that went, from 0 to 1; nothing when no granted policy was given.
    pub fn share_removed(&self) -> Option<f64> {
        let granted = self.granted_actions.filter(|granted| *granted > 0)?;
        let removed = granted.saturating_sub(self.kept_actions);
        #[expect(clippy::cast_precision_loss, reason = "there are fewer actions than 2^53")]
        Some(removed as f64 / granted as f64)
    }
}

impl WideningReason {
    /// The reason in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            WideningReason::Prefix => "many resources share the prefix (--width prefix)",
            WideningReason::Type => "every resource of the type (--width type)",
            WideningReason::Any => "every resource (--width any)",
            WideningReason::LogPattern => "the log does not say which of them it was",
            WideningReason::LogFolded => "the log holds more resources than are kept apart",
            WideningReason::LogUnknown => "the log does not tell the resource",
            WideningReason::TypeMismatch => {
                "the resource in the log is of a type that the action does not support"
            }
            WideningReason::GrantedResource => {
                "the log does not tell which part of the granted resource was used"
            }
            WideningReason::GrantedOtherwise => {
                "AWS allowed the action and the log shows it otherwise than it is granted; what allowed it cannot be told, so it is kept as granted"
            }
            WideningReason::Perhaps => {
                "calls may have needed it and the log does not tell (--unknown called)"
            }
            WideningReason::Unseen => "the logs cannot tell, so it is kept as granted (--unknown keep)",
            WideningReason::Pinned => "pinned by the user",
        }
    }
}

impl Unseen {
    /// The reason in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Unseen::NoOperation => "no API operation is known that needs it",
            Unseen::DataEventsNotLogged => {
                "its calls are data events, and of its account these logs hold none of their type"
            }
            Unseen::DataReadsNotLogged => {
                "its calls are data events that read, or may, and of its account these logs hold only such as write"
            }
            Unseen::DataWritesNotLogged => {
                "its calls are data events that write, or may, and of its account these logs hold only such as read"
            }
            Unseen::DataEventsOfOthers => {
                "its calls are data events, and it is granted on resources that none in these logs was on; a trail can be set to record those of some resources alone"
            }
            Unseen::HomeRegionNotLogged => {
                "its calls, or some, are recorded in the Region of the service's one endpoint, and of its account these logs hold no management event there"
            }
            Unseen::KmsEventsNotLogged => {
                "a trail can be set to leave out the events of KMS, and of its account these logs hold none"
            }
            Unseen::ReadEventsNotLogged => {
                "its calls read, or may, and of its account these logs hold no management event that only reads"
            }
            Unseen::WriteEventsNotLogged => {
                "its calls write, or may, and of its account these logs hold no management event that writes"
            }
            Unseen::ManagementEventsNotLogged => {
                "its calls are management events, and of its account these logs hold only data events"
            }
            Unseen::NotLogged => "its calls are not logged",
            Unseen::Throttled => {
                "no call tells: each was throttled or broke off, or the log leaves out what it needed"
            }
        }
    }
}

impl Status {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Used => "used",
            Status::Unused => "unused",
            Status::Unknown(_) => "unknown",
            Status::Denied => "denied",
            Status::NotGrantedYetUsed => "not granted yet used",
        }
    }
}
