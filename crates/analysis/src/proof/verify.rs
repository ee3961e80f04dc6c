//! Works a proof out again from the logs and the documents, and says of each part whether it is so.
//!
//! Nothing is taken from the proof that can be found out. What cannot be, since it tells of what is not given here,
//! is named in [`VerifyReport::on_trust`]: it is worth what the signature is worth.

use leastwise_catalog::{Catalog, Terms};
use leastwise_policy::aws::evaluate::{EVALUATOR_VERSION, PolicySet};
use leastwise_policy::time::Timestamp;
use serde::Serialize;

use super::checks::{self, same};
use super::make::{counts, in_force, own};
use super::outcome;
use super::{Counts, Proof, PublicKey, inputs_digest, usage_digest};
use crate::names::{self, By, Taken};
use crate::usage::{Source, Tally, Unmapped, UsageRow};

/// What a proof is checked against: the logs, read as they were read for it (its window, every principal, its
/// `fold_at`), and the documents.
#[derive(Debug, Clone, Copy)]
pub struct Verification<'a> {
    /// Policy documents: the name of the file and its text. They are found by their digests.
    pub documents: &'a [(String, String)],
    /// Rows of usage. Those of others are left out.
    pub rows: &'a [UsageRow],
    /// Those of the newer part once more, when the proof holds one out.
    pub newer: Option<&'a [UsageRow]>,
    /// Events of which nobody knows what they need.
    pub unmapped: &'a [Unmapped],
    /// What was read.
    pub tally: &'a Tally,
    /// The list of the inputs where several proofs share it, when it is at hand.
    pub inputs: Option<&'a [Source]>,
    /// Inputs that were given and left out, since the proof does not name them: no check speaks of them.
    pub not_covered: &'a [String],
    /// The catalogue.
    pub catalog: &'a Catalog,
    /// The words of the catalogue.
    pub terms: &'a Terms<'a>,
    /// What was granted before, when it is at hand: then what the proof says of it is compared. Else it is believed.
    pub granted: Option<&'a PolicySet>,
    /// What the snapshot tells of names, when it is at hand: then what the proof says of it is compared. Else it is believed.
    pub names: Option<&'a [Taken]>,
    /// What the logs alone tell of names, by which the proof's are compared without a snapshot.
    pub made: &'a [Taken],
    /// Who must have signed, when that matters. Then an unsigned proof does not hold.
    pub public_key: Option<&'a PublicKey>,
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// All checks that were made, in order.
    pub checks: Vec<Check>,
    /// Whether the proof says the truth, be it good or bad: every check is fine, but possibly `holds` and `within` where
    /// the proof itself says so.
    pub genuine: bool,
    /// Whether every check is fine.
    pub holds: bool,
    /// What could not be worked out again and is believed for the signature's sake.
    pub on_trust: Vec<&'static str>,
    /// Inputs that were given and that the proof says nothing about: they may hold what the policy denies.
    pub not_covered: Vec<String>,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `format`, `digest`, `signature`, `evaluator`, `catalogue`, `documents`, `granted`, `inputs`, `window`,
    /// `usage`, `counts`, `names`, `replay`, `holds`, `cut`, `within`, `dropped` or `holdout`.
    pub name: &'static str,
    /// Whether it is as the proof says; also when it could not be checked.
    pub ok: bool,
    /// Whether it could be checked.
    pub checked: bool,
    /// In words: what is so, or what is not.
    pub detail: String,
}

/// Checks all of a proof.
pub fn verify(text: &str, with: &Verification<'_>) -> VerifyReport {
    let mut checks = Checks::default();
    let proof = match Proof::parse(text) {
        Ok(proof) => proof,
        Err(error) => {
            checks.add("format", Err(error.to_string()), "");
            return checks.report(Vec::new(), with.not_covered);
        }
    };
    checks.add("format", Ok(()), format!("{} of `{}`", proof.schema, proof.principal));
    let digest = match proof.digest == proof.digest_now() {
        true => Ok(()),
        false => Err("the proof was changed after it was made: its digest does not match".to_owned()),
    };
    checks.add("digest", digest, "the proof is as it was made");
    let (signature, words) = signature(&proof, with.public_key);
    checks.add("signature", signature, words);
    versions(&mut checks, &proof, with);
    let found = documents(&mut checks, &proof, with);
    logs(&mut checks, &proof, with);
    named(&mut checks, &proof, with);
    outcome::add(&mut checks, &proof, with, found);
    checks.report(on_trust(&proof, with), with.not_covered)
}

fn on_trust(proof: &Proof, with: &Verification<'_>) -> Vec<&'static str> {
    let mut list = vec![
        "the version of leastwise",
        "the settings",
        "which window was asked for",
        "the names of inputs, documents and problems",
        "the lists of widenings and inferred conditions",
    ];
    if with.tally.saved > 0 {
        list.push("what saved usage says that the logs hold: it was read instead of them");
    }
    if proof.counts.saved + with.tally.saved > 0 {
        list.push("the totals over all records, which saved usage counts otherwise than logs");
    }
    if with.granted.is_none() {
        list.extend(["what was granted before", "that nothing is allowed that was not granted"]);
    }
    if with.names.is_none() && proof.names.iter().any(of_snapshot) {
        list.push("what a snapshot told of instance profiles and of names without a path");
    }
    list.push(match proof.holdout {
        Some(_) => "that the policy of the holdout was made from the time before",
        None => "that nothing was held out",
    });
    list
}

#[derive(Default)]
pub(super) struct Checks {
    made: Vec<Check>,
    /// How many of them fail as the proof itself says.
    admitted: usize,
}

impl Checks {
    pub(super) fn add(&mut self, name: &'static str, result: Result<(), String>, fine: impl Into<String>) {
        let ok = result.is_ok();
        let detail = result.err().unwrap_or_else(|| fine.into());
        self.made.push(Check { name, ok, checked: true, detail });
    }

    /// Something that could not be checked.
    pub(super) fn skip(&mut self, name: &'static str, why: impl Into<String>) {
        self.made.push(Check { name, ok: true, checked: false, detail: why.into() });
    }

    /// A check that fails, as the proof itself says.
    pub(super) fn admit(&mut self, name: &'static str, what: impl Into<String>) {
        self.made.push(Check { name, ok: false, checked: true, detail: what.into() });
        self.admitted += 1;
    }

    fn report(self, on_trust: Vec<&'static str>, not_covered: &[String]) -> VerifyReport {
        VerifyReport {
            genuine: self.made.iter().filter(|check| !check.ok).count() == self.admitted,
            holds: self.made.iter().all(|check| check.ok),
            checks: self.made,
            on_trust,
            not_covered: not_covered.to_vec(),
        }
    }
}

fn signature(proof: &Proof, wanted: Option<&PublicKey>) -> (Result<(), String>, String) {
    let Some(signature) = &proof.signature else {
        let unsigned = match wanted {
            Some(key) => {
                Err(format!("the proof is not signed, and key {} should have signed it", key.key_id()))
            }
            None => Ok(()),
        };
        return (unsigned, "the proof is not signed, and nobody asked for a signature".to_owned());
    };
    let key = match signature.check(proof) {
        Ok(key) => key,
        Err(why) => return (Err(format!("the signature is not good: {why}")), String::new()),
    };
    match wanted {
        None => {
            let fine = "give the signer's public key to know whose it is";
            (Ok(()), format!("signed by key {}; {fine}", key.key_id()))
        }
        Some(wanted) if *wanted == key => (Ok(()), format!("signed by key {}, as asked", key.key_id())),
        Some(wanted) => {
            let other = format!("signed by key {}, and not by key {}", key.key_id(), wanted.key_id());
            (Err(other), String::new())
        }
    }
}

fn versions(checks: &mut Checks, proof: &Proof, with: &Verification<'_>) {
    let evaluator = match proof.evaluator == EVALUATOR_VERSION {
        true => Ok(()),
        false => Err(format!(
            "the proof was made with evaluator {} and this one is {EVALUATOR_VERSION}; check it with leastwise {}",
            proof.evaluator, proof.leastwise
        )),
    };
    checks.add("evaluator", evaluator, format!("evaluator {EVALUATOR_VERSION}"));
    let catalog = checks::catalog(proof, with.catalog, with.tally.catalogs.clone());
    checks.add(
        "catalogue",
        catalog,
        format!("catalogue of {} ({})", proof.catalog.date, proof.catalog.digest),
    );
}

/// The policies to replay, when they are those of the proof: what is in force now, and what was granted before.
fn documents(
    checks: &mut Checks,
    proof: &Proof,
    with: &Verification<'_>,
) -> Option<(PolicySet, Option<PolicySet>)> {
    let (identity, wrong) = apart(checks::documents(proof, with.documents));
    let mut words = format!("{} as in the proof", counted(proof.policy.len(), "document"));
    for name in checks::of_boundary(proof, with.documents) {
        words += &format!("; `{name}` is of the boundary, and not to be attached as a policy");
    }
    checks.add("documents", wrong, words);
    let (granted, wrong) = apart(checks::granted(proof, with.granted));
    let words = match (&granted, with.granted) {
        (Some(Some(_)), Some(_)) => "what was granted before is as in the proof",
        (Some(Some(_)), None) => "what was granted before is taken as the proof has it",
        _ => "what was granted before is not known",
    };
    checks.add("granted", wrong, words);
    let (identity, granted) = (identity?, granted?);
    Some((in_force(identity, granted.as_ref()), granted))
}

fn apart<T>(result: Result<T, String>) -> (Option<T>, Result<(), String>) {
    match result {
        Ok(value) => (Some(value), Ok(())),
        Err(error) => (None, Err(error)),
    }
}

fn logs(checks: &mut Checks, proof: &Proof, with: &Verification<'_>) {
    let given: Vec<Source> = with.tally.sources.iter().cloned().collect();
    let inputs = match proof.inputs.as_deref().or(with.inputs) {
        Some(listed) if inputs_digest(listed) == proof.inputs_digest => checks::inputs(listed, &given),
        Some(_) => Err("the digest over all inputs is not that of the inputs it lists".to_owned()),
        None if inputs_digest(&given) == proof.inputs_digest => Ok(()),
        None => {
            Err("these are not exactly the inputs of the proof; `inputs.json`, which was written with it, \
                     tells which they are and allows others beside them: put it where the proof lies"
                .to_owned())
        }
    };
    let mut words = format!("{} as in the proof", counted(given.len(), "input"));
    if with.tally.saved > 0 {
        words += ", by what saved usage says of them";
    }
    checks.add("inputs", inputs, words);
    let rows = own(with.rows, &proof.principal);
    checks.add("window", window(proof, with, &rows), seen(proof));
    let usage = match usage_digest(rows.iter().copied()) == proof.usage_digest {
        true => Ok(()),
        false if rows.is_empty() => Err(format!("these logs hold no usage of `{}`", proof.principal)),
        false => Err("these logs give another usage of the principal".to_owned()),
    };
    checks.add("usage", usage, format!("{} as in the proof", counted(rows.len(), "usage row")));
    let counts = counts(with.tally, &rows, with.unmapped, &proof.principal);
    let read = counted(counts.records, "record");
    match (proof.counts.saved, counts.saved) {
        (0, 0) => checks.add("counts", same(&proof.counts, &counts), format!("{read} read")),
        _ => {
            let words = format!("{read} read; totals over saved usage count twice what two of them read");
            checks.add("counts", same(&of_principal(&proof.counts), &of_principal(&counts)), words);
        }
    }
}

/// Whether it takes a snapshot to tell.
fn of_snapshot(taken: &Taken) -> bool {
    taken.by != By::Creation
}

/// What was taken of names from a snapshot, or from how these logs show them to be made. Taking nothing means that the rows
/// are replayed as the log has them; a snapshot that knows better says so.
fn named(checks: &mut Checks, proof: &Proof, with: &Verification<'_>) {
    let rows = own(with.rows, &proof.principal);
    let words = format!("{} as in the snapshot", counted(proof.names.len(), "name"));
    match (names::check(&proof.names, &rows), with.names) {
        (Err(wrong), _) => checks.add("names", Err(wrong), ""),
        (Ok(()), Some(names)) => checks.add("names", same(&proof.names.as_slice(), &names), words),
        (Ok(()), None) => {
            let (listed, made): (Vec<_>, Vec<_>) = proof.names.iter().partition(|taken| of_snapshot(taken));
            if let Some(wrong) = made.iter().find(|taken| !with.made.contains(taken)) {
                let why = format!("these logs do not show `{}` to be made as `{}`", wrong.named, wrong.is);
                return checks.add("names", Err(why), "");
            }
            match (listed.len(), made.len()) {
                (0, 0) => checks.add("names", Ok(()), "no name is taken from a snapshot"),
                (0, some) => {
                    let names = counted(some, "name");
                    checks.add("names", Ok(()), format!("{names} with the path that these logs show"));
                }
                (some, _) => {
                    let names = counted(some, "name");
                    let why = format!("not checked without the snapshot; {names} taken as the proof has it");
                    checks.skip("names", why);
                }
            }
        }
    }
}

/// The counts that do not depend on how the logs were read.
fn of_principal(counts: &Counts) -> Counts {
    let Counts { used, failed, denied, unknown, unmapped, .. } = counts.clone();
    Counts { used, failed, denied, unknown, unmapped, ..Counts::default() }
}

/// The time of the logs, and the window if one was asked for.
fn seen(proof: &Proof) -> String {
    let mut words = span(proof.window.seen);
    let (from, to) = (proof.window.from, proof.window.to);
    words.extend(from.map(|from| format!(", of those since {from}")));
    words.extend(to.map(|to| format!("{} before {to}", if from.is_some() { " and" } else { ", of those" })));
    words
}

fn span(seen: Option<(Timestamp, Timestamp)>) -> String {
    match seen {
        Some((from, to)) => format!("events from {from} to {to}"),
        None => "no event".to_owned(),
    }
}

fn window(proof: &Proof, with: &Verification<'_>, rows: &[&UsageRow]) -> Result<(), String> {
    let outside = |row: &UsageRow| {
        proof.window.from.is_some_and(|from| row.first < from)
            || proof.window.to.is_some_and(|to| row.last >= to)
    };
    if let Some(row) = rows.iter().find(|row| outside(row)) {
        return Err(format!(
            "`{}` was used from {} to {}, outside the window that was asked for; read the logs with that window",
            row.action, row.first, row.last
        ));
    }
    if proof.window.seen == with.tally.window() {
        return Ok(());
    }
    let (then, now) = (span(proof.window.seen), span(with.tally.window()));
    Err(format!("the logs had {then} when the proof was made, and have {now} now"))
}

pub(super) fn counted(count: impl TryInto<u64>, thing: &str) -> String {
    match count.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {thing}"),
        count => format!("{count} {thing}s"),
    }
}
