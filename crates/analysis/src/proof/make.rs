//! Writing a proof down: the replay is done here, on the rows and the documents that it will name.

use leastwise_catalog::{Catalog, Terms};
use leastwise_policy::aws::evaluate::{EVALUATOR_VERSION, PolicySet};
use leastwise_policy::aws::{Named, Policy};
use leastwise_policy::time::Timestamp;

use super::canonical::{document_digest, inputs_digest, sha256, usage_digest};
use super::within::Sides;
use super::{
    Before, CatalogUsed, Counts, Document, HeldOut, Problem, Proof, SCHEMA, Settings, Text, UnmappedEvent,
    Window,
};
use crate::names::{self, Taken};
use crate::replay::{Replay, replay};
use crate::rightsize::Rightsized;
use crate::usage::{Outcome, Source, Tally, Unmapped, UsageRow};

/// What a proof is made from. Rows and events of other principals may be among the rest and are left out.
#[derive(Debug, Clone)]
pub struct Making<'a> {
    /// The ARN of the principal.
    pub principal: &'a str,
    /// The first second that was asked for, and the first after it.
    pub asked: (Option<Timestamp>, Option<Timestamp>),
    /// What the user decided.
    pub settings: Settings,
    /// The catalogue.
    pub catalog: &'a Catalog,
    /// The words of the catalogue, which many proofs share.
    pub terms: &'a Terms<'a>,
    /// What was read.
    pub tally: &'a Tally,
    /// Where the list of the inputs stands.
    pub listing: Listing,
    /// Events of which nobody knows what they need.
    pub unmapped: &'a [Unmapped],
    /// The usage that the policy was made from.
    pub rows: &'a [UsageRow],
    /// The replay of a newer part against a policy that was made without it, when that was asked for.
    pub holdout: Option<Trial<'a>>,
    /// What came out.
    pub rightsized: &'a Rightsized,
    /// What was granted before, when it is known. Its boundary stays.
    pub granted: Option<&'a PolicySet>,
    /// What is taken from a snapshot of names that the log leaves short; what came out was made by it.
    pub names: &'a [Taken],
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Where the list of the inputs stands. Either way the proof has the digest over all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// In the proof itself.
    Within,
    /// In a file that several proofs share.
    Shared,
}

/// A policy made from the older part of the usage, and the newer part to try it on. It is not the new policy.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    /// Where the newer part begins.
    pub from: Timestamp,
    /// What was made from the part before.
    pub policy: &'a [Named<Policy>],
    /// The usage of the newer part; it is among the rows of all as well.
    pub newer: &'a [UsageRow],
}

impl Proof {
    /// Replays the rows against the new documents and writes down what came out.
    pub fn make(making: Making<'_>) -> Proof {
        let set = in_force(making.rightsized.documents.clone(), making.granted);
        let rows = own(making.rows, making.principal);
        let replay = replay_named(&rows, making.names, &set, making.granted);
        let inputs: Vec<Source> = making.tally.sources.iter().cloned().collect();
        let mut problems = making.problems;
        problems.sort();
        let mut proof = Proof {
            schema: SCHEMA.to_owned(),
            leastwise: env!("CARGO_PKG_VERSION").to_owned(),
            evaluator: EVALUATOR_VERSION.to_owned(),
            catalog: catalog_used(making.catalog, making.tally),
            principal: making.principal.to_owned(),
            window: Window { from: making.asked.0, to: making.asked.1, seen: making.tally.window() },
            settings: making.settings,
            inputs_digest: inputs_digest(&inputs),
            inputs: (making.listing == Listing::Within).then_some(inputs),
            usage_digest: usage_digest(rows.iter().copied()),
            policy: documents(&set.identity),
            granted: making.granted.map(before),
            names: making.names.to_vec(),
            counts: counts(making.tally, &rows, making.unmapped, making.principal),
            holds: replay.holds() && making.rightsized.dropped.is_empty(),
            within: making.granted.map(|granted| {
                let (principal, widenings) = (making.principal, &making.rightsized.widenings);
                Sides { principal, new: &set.identity, granted, widenings, replay: &replay }
                    .compare(making.terms)
            }),
            replay,
            cut: making.rightsized.cut.clone(),
            widenings: making.rightsized.widenings.clone(),
            conditions_inferred: making.rightsized.conditions_inferred.clone(),
            dropped: making.rightsized.dropped.clone(),
            holdout: making.holdout.map(|trial| {
                let rows = own(trial.newer, making.principal);
                held_out(trial.from, trial.policy, &rows, making.granted, making.names)
            }),
            problems,
            digest: String::new(),
            signature: None,
        };
        proof.digest = proof.digest_now();
        proof
    }
}

pub(super) fn own<'a>(rows: &'a [UsageRow], principal: &str) -> Vec<&'a UsageRow> {
    rows.iter().filter(|row| row.principal == principal).collect()
}

pub(super) fn catalog_used(catalog: &Catalog, tally: &Tally) -> CatalogUsed {
    let version = catalog.version();
    CatalogUsed {
        date: version.date.clone(),
        digest: version.digest.clone(),
        imported: version.imported.clone(),
        read_with: tally.catalogs.iter().cloned().collect(),
    }
}

fn documents(named: &[Named<Policy>]) -> Vec<Document> {
    let document =
        |named: &Named<Policy>| Document { name: named.name.clone(), sha256: document_digest(&named.policy) };
    named.iter().map(document).collect()
}

fn text(named: &Named<Policy>) -> Text {
    let text = named.policy.to_compact_json();
    Text { name: named.name.clone(), sha256: sha256(text.as_bytes()), text }
}

/// What was granted before, word for word.
fn before(granted: &PolicySet) -> Before {
    Before {
        identity: granted.identity.iter().map(text).collect(),
        boundary: granted.boundary.as_ref().map(|boundary| boundary.iter().map(text).collect()),
    }
}

pub(super) fn counts(tally: &Tally, rows: &[&UsageRow], unmapped: &[Unmapped], principal: &str) -> Counts {
    let sum = |outcome: Outcome| rows.iter().filter(|row| row.outcome == outcome).map(|row| row.count).sum();
    let mut unmapped: Vec<UnmappedEvent> = unmapped
        .iter()
        .filter(|event| event.principal == principal)
        .map(|event| UnmappedEvent {
            event: event.event.clone(),
            outcome: event.outcome,
            count: event.count,
            example: event.example.clone(),
        })
        .collect();
    unmapped.sort();
    Counts {
        records: tally.records,
        duplicates: tally.duplicates,
        outside_window: tally.outside_window,
        left_out: tally.left_out.clone(),
        problems: tally.problems,
        saved: tally.saved,
        used: sum(Outcome::Used),
        failed: sum(Outcome::Failed),
        denied: sum(Outcome::Denied),
        unknown: sum(Outcome::Unknown),
        unmapped,
    }
}

/// The new identity policies under the boundary that stays.
pub(super) fn in_force(identity: Vec<Named<Policy>>, granted: Option<&PolicySet>) -> PolicySet {
    let mut set = PolicySet::of_identity(identity);
    set.boundary = granted.and_then(|granted| granted.boundary.clone());
    set
}

pub(super) fn held_out(
    from: Timestamp,
    policy: &[Named<Policy>],
    rows: &[&UsageRow],
    granted: Option<&PolicySet>,
    names: &[Taken],
) -> HeldOut {
    HeldOut {
        from,
        policy: policy.iter().map(text).collect(),
        usage_digest: usage_digest(rows.iter().copied()),
        result: replay_named(rows, names, &in_force(policy.to_vec(), granted), granted),
    }
}

/// Replays rows by the names that are taken from a snapshot.
pub(super) fn replay_named(
    rows: &[&UsageRow],
    names: &[Taken],
    new: &PolicySet,
    granted: Option<&PolicySet>,
) -> Replay {
    replay(names::taken(rows, names, granted).iter().map(|row| &**row), new, granted)
}
