//! A proof that a right-sized policy still allows what was used: everything it was made from by digest, what the
//! replay said, and who vouches for it.
//!
//! [`Proof::make`] writes it down, [`sign`] vouches for it, and [`verify`] works everything out again from the logs
//! and the documents, believing the proof nothing that it can find out. The shape is documented in `docs/proof.md`
//! and `docs/proof.schema.json`; it changes with [`SCHEMA`].

mod canonical;
mod checks;
mod error;
mod inputs;
mod make;
mod outcome;
mod signature;
mod verify;
mod within;

pub use canonical::{canonical, document_digest, inputs_digest, sha256, usage_digest};
pub use error::ProofError;
pub use inputs::{INPUTS, inputs_file, read_inputs};
pub use make::{Listing, Making, Trial};
pub use signature::{ALGORITHM, PublicKey, Signature, SigningKey, sign};
pub use verify::{Check, Verification, VerifyReport, verify};
pub use within::{At, Compared, Inclusion, Wider, Within};

use std::collections::BTreeMap;

use leastwise_policy::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::names::Taken;
use crate::replay::Replay;
use crate::rightsize::{Cut, Destructive, Inference, InferredCondition, Options, Widening, Width};
use crate::usage::{Outcome, Source};

/// The name and version of the shape.
pub const SCHEMA: &str = "leastwise/proof/1";

/// What a right-sizing was made from and what the replay of it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of leastwise that made it.
    pub leastwise: String,
    /// The version of the evaluator that replayed the log.
    pub evaluator: String,
    /// The catalogue that said what events need.
    pub catalog: CatalogUsed,
    /// The ARN of the principal.
    pub principal: String,
    /// The time that it speaks of.
    pub window: Window,
    /// What the user decided.
    pub settings: Settings,
    /// What was read, sorted. Nothing when it is listed once for several proofs.
    pub inputs: Option<Vec<Source>>,
    /// Over all inputs: see [`inputs_digest`].
    pub inputs_digest: String,
    /// Over the principal's rows of usage: see [`usage_digest`].
    pub usage_digest: String,
    /// The new identity policies.
    pub policy: Vec<Document>,
    /// What was granted before, when it is known; its boundary stays.
    pub granted: Option<Before>,
    /// What a snapshot, or the logs elsewhere, told of names that the log leaves short. The rows are replayed as it says.
    pub names: Vec<Taken>,
    /// What the log holds.
    pub counts: Counts,
    /// What the new policy says to every authorised event.
    pub replay: Replay,
    /// Whether nothing that was authorised would newly be denied, and nothing was dropped.
    pub holds: bool,
    /// How much went.
    pub cut: Cut,
    /// Whether the new policy allows nothing that was not granted, when that is known.
    pub within: Option<Within>,
    /// Every place where the new policy covers more resources than were seen.
    pub widenings: Vec<Widening>,
    /// Every condition that was inferred from the log.
    pub conditions_inferred: Vec<InferredCondition>,
    /// Destructive actions that were used and left out because the user said so.
    pub dropped: Vec<String>,
    /// The replay of a newer part against a policy made without it. The new policy is made from all of the window.
    pub holdout: Option<HeldOut>,
    /// What could not be read, as far as it is named ([`Counts::problems`] counts all of the logs), and what is not known of
    /// what was granted.
    pub problems: Vec<Problem>,
    /// SHA-256 of the canonical bytes without this field and the signature: a guard against accidents.
    pub digest: String,
    /// Who vouches for it: a guard against intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// The catalogue that said what events need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogUsed {
    /// Its date.
    pub date: String,
    /// Its digest.
    pub digest: String,
    /// What was imported over it.
    pub imported: Vec<String>,
    /// The digests of the catalogues by which the events were read; another one where saved usage is older.
    pub read_with: Vec<String>,
}

/// The time that a proof speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Events before it were not asked for.
    #[serde(with = "crate::stamp::maybe")]
    pub from: Option<Timestamp>,
    /// Events at this time and later were not asked for.
    #[serde(with = "crate::stamp::maybe")]
    pub to: Option<Timestamp>,
    /// The earliest and the latest event of all that were read, whosever they are.
    #[serde(with = "crate::stamp::window")]
    pub seen: Option<(Timestamp, Timestamp)>,
}

/// What the user decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `--width`.
    pub width: Width,
    /// `--destructive`.
    pub destructive: Destructive,
    /// `--conditions`.
    pub conditions: Inference,
    /// How many resources are kept apart before they are folded into a pattern.
    pub fold_at: usize,
}

/// A policy document by its digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What it was called when the proof was made.
    pub name: String,
    /// See [`document_digest`].
    pub sha256: String,
}

/// What was granted before. It is part of the proof since the replay asks it too, and since it is gone afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The identity policies that the new ones replace.
    pub identity: Vec<Text>,
    /// The permissions boundary, when there is one.
    pub boundary: Option<Vec<Text>>,
}

/// A policy document, word for word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// What it was called when the proof was made.
    pub name: String,
    /// SHA-256 of the text.
    pub sha256: String,
    /// The document as compact JSON.
    pub text: String,
}

/// What the log holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Records that were read, whosever they are.
    pub records: u64,
    /// Of these, counted before: CloudTrail delivers at least once.
    pub duplicates: u64,
    /// Of these, outside the window that was asked for.
    pub outside_window: u64,
    /// Of these, nobody's usage, by the reason.
    pub left_out: BTreeMap<String, u64>,
    /// Records and files that could not be read.
    pub problems: u64,
    /// How many saved usages this was put together from. Each was read with a window of its own, so the totals above are
    /// not those of the logs.
    pub saved: u64,
    /// The principal's permission checks: authorised and done. A call that needs two permissions counts twice.
    pub used: u64,
    /// Authorised, and failed for another reason.
    pub failed: u64,
    /// Not authorised.
    pub denied: u64,
    /// Throttled, so that nobody can tell.
    pub unknown: u64,
    /// The principal's events of which nobody knows what they need, so that they could not be decided.
    pub unmapped: Vec<UnmappedEvent>,
}

/// Events of which nobody knows what they need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnmappedEvent {
    /// Event source label and name: `newservice:DoIt`.
    pub event: String,
    /// How they ended.
    pub outcome: Outcome,
    /// How many.
    pub count: u64,
    /// The id of one of them.
    pub example: String,
}

/// The replay of a newer part against a policy made without it: how often such a cut would have denied wrongly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldOut {
    /// Where the newer part begins.
    #[serde(with = "crate::stamp")]
    pub from: Timestamp,
    /// The policy that was made from the part before, word for word. Nobody applies it.
    pub policy: Vec<Text>,
    /// Over the principal's rows of usage in the newer part.
    pub usage_digest: String,
    /// What that policy says to them.
    pub result: Replay,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// The file, with the record when one can be named.
    pub place: String,
    /// Why.
    pub reason: String,
}

impl Settings {
    /// Those of a run.
    pub fn new(options: &Options, fold_at: usize) -> Settings {
        Settings {
            width: options.width,
            destructive: options.destructive,
            conditions: options.conditions,
            fold_at,
        }
    }
}

impl Proof {
    /// Reads a proof, and nothing but a proof: whatever the shape does not have is refused.
    ///
    /// That it can be read says nothing about whether it is true; that is for [`verify`].
    ///
    /// # Errors
    /// When the text is not JSON, is of another version, lacks something or holds something more.
    pub fn parse(text: &str) -> Result<Proof, ProofError> {
        let shape = |error: serde_json::Error| ProofError::Shape(error.to_string());
        let value: Value = serde_json::from_str(text).map_err(shape)?;
        let schema = value.get("schema").and_then(Value::as_str);
        let schema = schema.ok_or_else(|| ProofError::Shape("it has no `schema`".to_owned()))?;
        if schema != SCHEMA {
            return Err(ProofError::Schema { found: schema.to_owned(), known: SCHEMA });
        }
        let proof: Proof = serde_json::from_str(text).map_err(shape)?;
        // INVARIANT: the text says what the value says and nothing else, at any depth.
        match checks::differences(&value, &proof.value()).into_iter().next() {
            None => Ok(proof),
            Some(difference) => Err(ProofError::Unexpected(difference.place)),
        }
    }

    /// The proof as it is written: indented, in the order of the fields.
    pub fn to_json(&self) -> String {
        let mut text = format!("{:#}", self.value());
        text.push('\n');
        text
    }

    /// What is signed: the canonical JSON ([`canonical`]) of the proof without `signature`.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        canonical(&self.without(&["signature"]))
    }

    /// The digest of what it says now; [`Proof::digest`] is what it said when it was made.
    pub fn digest_now(&self) -> String {
        sha256(&canonical(&self.without(&["digest", "signature"])))
    }

    fn without(&self, fields: &[&str]) -> Value {
        let mut value = self.value();
        if let Some(members) = value.as_object_mut() {
            members.retain(|key, _| !fields.contains(&key.as_str()));
        }
        value
    }

    pub(super) fn value(&self) -> Value {
        serde_json::to_value(self).expect("its maps have texts as keys, and nothing else can fail")
    }
}

#[cfg(test)]
mod tests;
