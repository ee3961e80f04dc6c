//! What a report says, as values: the JSON report is this structure as it stands; the page is made from it.
//!
//! The shape is a contract. `schema` changes when a field is renamed, removed or gets another meaning; new fields may
//! come at any time.

use leastwise_analysis::proof::Within;
use leastwise_analysis::rightsize::{
    ActionStatus, Cut, Dormant, Fit, InferredCondition, Note, PairSuggestion, Rightsized, Widening,
    WideningReason,
};
use leastwise_analysis::usage::UsageRow;
use leastwise_policy::aws::{Effect, Named, Policy, Statement};
use serde::Serialize;
use serde_json::Value;

use super::evidence::{self, Evidence};
use super::replaces::Replaces;

/// The name and version of the shape.
pub(crate) const SCHEMA: &str = "leastwise/report/1";

/// Everything that a report is made from.
pub(crate) struct Input<'a> {
    /// The ARN of the principal.
    pub principal: &'a str,
    /// The right-sizing.
    pub rightsized: &'a Rightsized,
    /// The principal's usage: the evidence.
    pub rows: &'a [UsageRow],
    /// What was asked for and with which versions.
    pub run: Run,
    /// The replay of the window against the new policy.
    pub proof: Option<ProofSummary>,
    /// The replay of the newer part against a policy made from the older part.
    pub holdout: Option<HoldoutSummary>,
    /// What the new policies take the place of, when a snapshot tells.
    pub replaces: Option<Replaces>,
    /// Inputs that were not read, or not wholly.
    pub skipped: Vec<Skipped>,
}

/// What was asked for, and with which versions.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Run {
    /// The version of leastwise.
    pub leastwise: String,
    /// The earliest event that was read, ISO 8601.
    pub from: Option<String>,
    /// The latest event that was read.
    pub to: Option<String>,
    /// `--width`.
    pub width: String,
    /// `--destructive`.
    pub destructive: String,
    /// `--unknown`.
    pub unknown: String,
    /// `--conditions`.
    pub conditions: String,
    /// The date of the catalogue.
    pub catalog_date: String,
    /// The digest of the catalogue.
    pub catalog_digest: String,
    /// The version of the evaluator.
    pub evaluator: String,
}

/// What the replay said.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct ProofSummary {
    /// Whether every authorised event that could be decided is allowed.
    pub holds: bool,
    /// Whether the new policy allows nothing that was not granted, when that is known.
    pub within: Option<Within>,
    /// Events that were replayed.
    pub replayed: u64,
    /// Of these, allowed by the new policy.
    pub allowed: u64,
    /// Of these, newly denied.
    pub denied: u64,
    /// Of the denied, those of destructive actions that were left out as asked.
    pub left_out: u64,
    /// Of all, not decidable from the log.
    pub undecided: u64,
    /// Of all, allowed neither by the new policy nor by the granted one: something else allowed them.
    pub not_granted: u64,
    /// What would newly be denied.
    pub newly_denied: Vec<Replayed>,
    /// What could not be decided.
    pub not_decided: Vec<Replayed>,
    /// What the granted policy does not allow either.
    pub not_granted_either: Vec<Replayed>,
    /// Authorised calls that the catalogue does not know, by event source and name: nothing is kept for them.
    pub unmapped: Vec<Replayed>,
}

/// Events that came out alike in a replay.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Replayed {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// How many events.
    pub count: u64,
    /// Why they came out so.
    pub reason: String,
    /// The id of one of them.
    pub example: String,
}

/// What a policy made from the older part would have done to the newer part.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct HoldoutSummary {
    /// Where the newer part begins.
    pub from: String,
    /// Authorised events of the older part, which the policy was made from.
    pub learned: u64,
    /// Authorised events of the newer part.
    pub replayed: u64,
    /// Of these, denied.
    pub denied: u64,
    /// Of these, not decidable.
    pub undecided: u64,
    /// Of these, not allowed by the granted policy either.
    pub not_granted: u64,
    /// `denied / replayed`, from 0 to 1; nothing when there was nothing to learn from or to replay.
    pub false_deny_rate: Option<f64>,
    /// What was denied.
    pub newly_denied: Vec<Replayed>,
}

impl ProofSummary {
    /// Whether nothing is denied but what was left out as asked.
    pub(crate) fn as_asked(&self) -> bool {
        self.denied == self.left_out
    }
}

impl HoldoutSummary {
    /// Why nothing could be measured, if so.
    pub(crate) fn vain(&self) -> Option<String> {
        match (self.learned, self.replayed) {
            (_, 0) => Some(format!("no authorised event since {}, so nothing was measured", self.from)),
            (0, _) => {
                Some(format!("no authorised event before {}, so there was nothing to learn from", self.from))
            }
            _ => None,
        }
    }
}

/// An input that was not read, or not wholly.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Skipped {
    /// The file, with the record when one can be named.
    pub place: String,
    /// Why.
    pub reason: String,
    /// How many records it concerns; 0 when nobody can tell.
    pub records: u64,
    /// What was read is sound, and is or may be not all there is.
    pub incomplete: bool,
}

/// A report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub schema: &'static str,
    pub principal: String,
    pub run: Run,
    pub dormant: Option<Dormant>,
    pub cut: Cut,
    pub fit: Fit,
    pub proof: Option<ProofSummary>,
    pub holdout: Option<HoldoutSummary>,
    pub replaces: Option<Replaces>,
    pub documents: Vec<Document>,
    pub widenings: Vec<Widening>,
    pub conditions_inferred: Vec<InferredCondition>,
    pub actions: Vec<ActionStatus>,
    pub pairs: Vec<PairSuggestion>,
    pub dropped: Vec<String>,
    pub notes: Vec<Note>,
    pub skipped: Vec<Skipped>,
}

/// One of the new policy documents.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Document {
    pub name: String,
    /// Characters that count against the quota.
    pub characters: usize,
    pub statements: Vec<StatementView>,
    /// The document as AWS takes it.
    pub policy: Value,
}

/// One statement, and why it is there.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StatementView {
    pub sid: Option<String>,
    pub effect: &'static str,
    /// `actions` are those that it is *not* about.
    pub not_action: bool,
    pub actions: Vec<String>,
    /// `resources` are those that it is *not* about.
    pub not_resource: bool,
    pub resources: Vec<String>,
    /// `operator key value, value`, one per condition.
    pub conditions: Vec<String>,
    /// Why it is there.
    pub reason: Reason,
    pub evidence: Evidence,
}

/// Why a statement is in the new policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reason {
    /// What it allows was used.
    Used,
    /// What it allows was used, and cannot be undone.
    UsedDestructive,
    /// It was granted and denies: never dropped.
    DenyKept,
    /// AWS allowed its actions, and the log shows them otherwise than it is granted.
    KeptAsGranted,
    /// Calls may have needed it, and such things are to be kept.
    Perhaps,
    /// The logs cannot tell whether it is used, and such things are to be kept.
    Unseen,
    /// It was not used, and the user or a rule keeps it.
    Kept,
}

impl Reason {
    /// The reason in words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Reason::Used => "used",
            Reason::UsedDestructive => "used, destructive",
            Reason::DenyKept => "existing deny, kept",
            Reason::KeptAsGranted => "used, though the log shows it otherwise; kept as granted",
            Reason::Perhaps => "calls may have needed it",
            Reason::Unseen => "the logs cannot tell, kept as granted",
            Reason::Kept => "not used, kept on purpose",
        }
    }
}

impl Report {
    /// Gathers a report.
    pub(crate) fn new(input: Input<'_>) -> Report {
        let Rightsized { documents, classification, .. } = input.rightsized;
        let document = |named: &Named<Policy>| Document {
            name: named.name.clone(),
            characters: named.policy.quota_len(),
            statements: statements(&named.policy, input.rightsized, input.rows),
            policy: serde_json::from_str(&named.policy.to_json()).unwrap_or(Value::Null),
        };
        Report {
            schema: SCHEMA,
            principal: input.principal.to_owned(),
            run: input.run,
            dormant: input.rightsized.dormant,
            cut: input.rightsized.cut.clone(),
            fit: input.rightsized.fit.clone(),
            proof: input.proof,
            holdout: input.holdout,
            replaces: input.replaces,
            documents: documents.iter().map(document).collect(),
            widenings: input.rightsized.widenings.clone(),
            conditions_inferred: input.rightsized.conditions_inferred.clone(),
            actions: classification.clone(),
            pairs: input.rightsized.pairs.clone(),
            dropped: input.rightsized.dropped.clone(),
            notes: input.rightsized.notes.clone(),
            skipped: input.skipped,
        }
    }
}

fn statements(policy: &Policy, rightsized: &Rightsized, rows: &[UsageRow]) -> Vec<StatementView> {
    let evidence = evidence::of_statements(policy, rows);
    let view = |(statement, evidence): (&Statement, Evidence)| {
        let destructive = evidence.events > 0
            && rightsized
                .classification
                .iter()
                .any(|row| row.destructive && row.count > 0 && statement.action.applies_to(&row.action));
        let reason = match statement.effect {
            Effect::Deny => Reason::DenyKept,
            Effect::Allow if evidence.events == 0 => kept(statement, rightsized),
            Effect::Allow if destructive => Reason::UsedDestructive,
            Effect::Allow => Reason::Used,
        };
        let resources = statement.resource.as_ref();
        StatementView {
            sid: statement.sid.clone(),
            effect: statement.effect.as_str(),
            not_action: matches!(statement.action, leastwise_policy::aws::ActionBlock::NotAction(_)),
            actions: statement.action.patterns().iter().map(|a| a.as_str().to_owned()).collect(),
            not_resource: matches!(resources, Some(leastwise_policy::aws::ResourceBlock::NotResource(_))),
            resources: resources.iter().flat_map(|b| b.patterns()).map(|r| r.as_str().to_owned()).collect(),
            conditions: statement
                .condition
                .iter()
                .map(|c| format!("{} {} {}", c.operator, c.key, c.values.join(", ")))
                .collect(),
            reason,
            evidence,
        }
    };
    policy.statements.iter().zip(evidence).map(view).collect()
}

/// Why a statement is kept on which no event rests.
fn kept(statement: &Statement, rightsized: &Rightsized) -> Reason {
    let is_listed = |reason: WideningReason| {
        let widenings = rightsized.widenings.iter().filter(|one| one.reason == reason);
        widenings.flat_map(|one| &one.actions).any(|action| statement.action.applies_to(action))
    };
    if is_listed(WideningReason::GrantedOtherwise) {
        Reason::KeptAsGranted
    } else if is_listed(WideningReason::Perhaps) {
        Reason::Perhaps
    } else if is_listed(WideningReason::Unseen) {
        Reason::Unseen
    } else {
        Reason::Kept
    }
}
