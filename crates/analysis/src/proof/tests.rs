//! What a proof says, who vouches for it, and that nothing in it can be changed unseen.

mod keys;
mod names;
mod schema;
mod tampering;
mod within;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use leastwise_catalog::{Catalog, Terms};
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{Named, Policy, Statement};
use leastwise_policy::time::Timestamp;

use super::*;
use crate::names::{self as naming, Taken};
use crate::rightsize::{Options, Rightsized, rightsize};
use crate::usage::{FOLD_AT, Resource, Tally, Unmapped, UsageContext, UsageRow};

static TERMS: LazyLock<Terms<'static>> = LazyLock::new(|| Catalog::embedded().terms());
const AGENT: &str = "arn:aws:iam::111122223333:role/agents/order-agent";

/// Everything that a proof is made from and checked against.
pub(super) struct Case {
    rows: Vec<UsageRow>,
    /// Where a newer part begins, which is held out, and its rows; they are among `rows` as well.
    newer: Option<(Timestamp, Vec<UsageRow>)>,
    unmapped: Vec<Unmapped>,
    tally: Tally,
    granted: PolicySet,
    is_granted_known: bool,
    names: Vec<Taken>,
    options: Options,
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn row(action: &str, resource: Resource, outcome: Outcome, count: u64) -> UsageRow {
    UsageRow {
        principal: AGENT.to_owned(),
        action: action.to_owned(),
        resource,
        outcome,
        context: UsageContext::default().with("aws:RequestedRegion", "eu-west-1"),
        count,
        first: at("2026-10-01T08:00:00Z"),
        last: at("2026-10-20T08:00:00Z"),
        example: "5e2d8a3e-0000-4000-8000-000000000001".to_owned(),
    }
}

fn object(key: &str) -> Resource {
    Resource::Exact(format!("arn:aws:s3:::orders/{key}"))
}

fn source(name: &str, digit: char) -> Source {
    Source { name: name.to_owned(), bytes: 512, sha256: digit.to_string().repeat(64), records: 12 }
}

impl Case {
    fn new() -> Case {
        let mut other = row("s3:GetObject", object("theirs"), Outcome::Used, 3);
        other.principal = "arn:aws:iam::111122223333:role/other".to_owned();
        Case {
            rows: vec![
                row("s3:GetObject", object("a"), Outcome::Used, 5),
                row("s3:GetObject", object("b"), Outcome::Failed, 2),
                row("s3:PutObject", object("b"), Outcome::Used, 1),
                row("s3:DeleteBucket", Resource::Exact("arn:aws:s3:::old".to_owned()), Outcome::Used, 1),
                row("s3:ListBucket", Resource::Exact("arn:aws:s3:::orders".to_owned()), Outcome::Denied, 4),
                row("sqs:SendMessage", Resource::Unknown, Outcome::Unknown, 1),
                other,
            ],
            newer: None,
            unmapped: vec![Unmapped {
                principal: AGENT.to_owned(),
                event: "newservice:DoIt".to_owned(),
                outcome: Outcome::Used,
                count: 2,
                first: at("2026-10-02T08:00:00Z"),
                last: at("2026-10-03T08:00:00Z"),
                example: "5e2d8a3e-0000-4000-8000-000000000002".to_owned(),
            }],
            tally: Tally {
                records: 24,
                events: 17,
                duplicates: 1,
                outside_window: 1,
                left_out: [("calls that need no permission".to_owned(), 5)].into(),
                span: Some((at("2026-10-01T08:00:00Z").seconds(), at("2026-10-20T08:00:00Z").seconds())),
                catalogs: BTreeSet::from([Catalog::embedded().version().digest.clone()]),
                sources: BTreeSet::from([source("logs/1.json.gz", '1'), source("logs/2.json.gz", '2')]),
                ..Tally::default()
            },
            granted: PolicySet::of_identity(vec![Named::new(
                "Broad",
                Policy::new(vec![Statement::allow(["s3:*", "sqs:*"], ["*"])]),
            )]),
            is_granted_known: true,
            names: Vec::new(),
            options: Options { name: "order-agent".to_owned(), ..Options::default() },
        }
    }

    fn rightsized(&self) -> Rightsized {
        let own: Vec<UsageRow> = self.rows.iter().filter(|row| row.principal == AGENT).cloned().collect();
        rightsize(
            &naming::apply(&own, &self.names, self.known_grant()),
            self.known_grant(),
            Catalog::embedded(),
            &self.options,
        )
    }

    fn known_grant(&self) -> Option<&PolicySet> {
        self.is_granted_known.then_some(&self.granted)
    }

    /// The policy of the part before the one that is held out.
    fn trial(&self) -> Vec<Named<Policy>> {
        let Some((from, _)) = self.newer else { return Vec::new() };
        let own = |row: &&UsageRow| row.principal == AGENT && row.last < from;
        let older: Vec<UsageRow> = self.rows.iter().filter(own).cloned().collect();
        rightsize(
            &naming::apply(&older, &self.names, Some(&self.granted)),
            Some(&self.granted),
            Catalog::embedded(),
            &self.options,
        )
        .documents
    }

    fn proof(&self) -> Proof {
        self.proof_of(&self.rightsized())
    }

    fn proof_of(&self, rightsized: &Rightsized) -> Proof {
        let trial = self.trial();
        Proof::make(Making {
            principal: AGENT,
            asked: (Some(at("2026-09-01")), Some(at("2026-11-01"))),
            settings: Settings::new(&self.options, FOLD_AT),
            catalog: Catalog::embedded(),
            terms: &TERMS,
            tally: &self.tally,
            listing: Listing::Within,
            unmapped: &self.unmapped,
            rows: &self.rows,
            holdout: self.newer.as_ref().map(|(from, newer)| Trial { from: *from, policy: &trial, newer }),
            rightsized,
            granted: self.known_grant(),
            names: &self.names,
            problems: vec![Problem { place: "logs/3.json.gz".to_owned(), reason: "cut short".to_owned() }],
        })
    }

    fn documents(&self) -> Vec<(String, String)> {
        let documents = self.rightsized().documents.into_iter();
        documents.map(|named| (format!("iam/{}.json", named.name), named.policy.to_json())).collect()
    }

    fn verify(&self, text: &str) -> VerifyReport {
        self.verify_with(text, &self.documents(), None)
    }

    fn verify_given(
        &self,
        text: &str,
        documents: &[(String, String)],
        granted: Option<&PolicySet>,
    ) -> VerifyReport {
        verify(text, &Verification { granted, ..self.verification(documents) })
    }

    fn verify_with(
        &self,
        text: &str,
        documents: &[(String, String)],
        key: Option<&PublicKey>,
    ) -> VerifyReport {
        verify(text, &Verification { public_key: key, ..self.verification(documents) })
    }

    fn verification<'a>(&'a self, documents: &'a [(String, String)]) -> Verification<'a> {
        Verification {
            documents,
            rows: &self.rows,
            newer: self.newer.as_ref().map(|(_, rows)| rows.as_slice()),
            unmapped: &self.unmapped,
            tally: &self.tally,
            inputs: None,
            not_covered: &[],
            catalog: Catalog::embedded(),
            terms: &TERMS,
            granted: None,
            names: None,
            made: &[],
            public_key: None,
        }
    }
}

fn failed(report: &VerifyReport) -> Vec<&'static str> {
    report.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect()
}

fn detail<'r>(report: &'r VerifyReport, name: &str) -> &'r str {
    &report.checks.iter().find(|check| check.name == name).unwrap().detail
}

#[test]
fn a_proof_of_what_was_used_holds_and_accounts_for_every_event() {
    let case = Case::new();
    let proof = case.proof();
    assert!(proof.holds);
    assert_eq!((proof.replay.events, proof.replay.allowed), (9, 9));
    assert_eq!((proof.counts.used, proof.counts.failed), (7, 2));
    assert_eq!((proof.counts.denied, proof.counts.unknown), (4, 1));
    assert_eq!(proof.counts.unmapped[0].event, "newservice:DoIt");
    let report = case.verify(&proof.to_json());
    assert_eq!(failed(&report), Vec::<&str>::new(), "{report:#?}");
    assert!(report.holds && report.genuine);
}

#[test]
fn a_proof_reads_back_as_it_was_written() {
    let mut proof = Case::new().proof();
    assert_eq!(Proof::parse(&proof.to_json()), Ok(proof.clone()));
    sign(&mut proof, &SigningKey::from_bytes(&[7; 32]));
    assert_eq!(Proof::parse(&proof.to_json()), Ok(proof));
}

#[test]
fn a_policy_that_denies_what_was_used_is_told_as_it_is() {
    let mut case = Case::new();
    case.options.destructive = Destructive::Drop;
    let proof = case.proof();
    assert_eq!(proof.dropped, ["s3:DeleteBucket"]);
    assert!(!proof.holds);
    assert_eq!(proof.replay.denied[0].action, "s3:DeleteBucket");
    let report = case.verify(&proof.to_json());
    assert_eq!(failed(&report), ["holds"], "{report:#?}");
    assert!(report.genuine && !report.holds);
    assert_eq!(detail(&report, "holds"), "the policy denies 1 authorised event");
}

#[test]
fn the_newer_part_is_replayed_against_a_policy_made_without_it_and_the_new_policy_has_it() {
    let mut case = Case::new();
    let mut later = row("s3:GetObject", object("c"), Outcome::Used, 3);
    (later.first, later.last) = (at("2026-10-25"), at("2026-10-26"));
    case.rows.push(later.clone());
    case.newer = Some((at("2026-10-21"), vec![later]));
    let proof = case.proof();
    let held_out = proof.holdout.clone().unwrap();
    assert_eq!((held_out.result.events, held_out.result.denied_events()), (3, 3));
    assert_eq!((proof.replay.events, proof.replay.allowed, proof.holds), (12, 12, true));
    let report = case.verify(&proof.to_json());
    assert!(report.holds && report.on_trust.iter().any(|what| what.contains("holdout")), "{report:#?}");
    let mut forged = proof.clone();
    forged.holdout.as_mut().unwrap().policy[0].text = r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned();
    forged.digest = forged.digest_now();
    assert_eq!(failed(&case.verify(&forged.to_json())), ["holdout"]);
    case.newer.as_mut().unwrap().1[0].count = 4;
    assert_eq!(failed(&case.verify(&proof.to_json())), ["holdout"]);
    case.newer = None;
    let report = case.verify(&proof.to_json());
    assert_eq!(failed(&report), ["holdout"]);
    assert!(detail(&report, "holdout").contains("2026-10-21T00:00:00Z"));
}

#[test]
fn a_boundary_has_its_say_and_may_lie_among_the_documents() {
    let mut case = Case::new();
    let boundary = Policy::new(vec![Statement::allow(["s3:GetObject", "s3:PutObject"], ["*"])]);
    case.granted.boundary = Some(vec![Named::new("Boundary", boundary.clone())]);
    let proof = case.proof();
    // What the boundary does not allow now, it did not allow when the event was authorised: it has changed since.
    assert_eq!(proof.replay.not_granted[0].action, "s3:DeleteBucket");
    let text = proof.to_json();
    let mut documents = case.documents();
    assert!(case.verify_given(&text, &documents, Some(&case.granted)).holds);
    documents.push(("boundary.json".to_owned(), boundary.to_json()));
    assert!(case.verify_given(&text, &documents, Some(&case.granted)).holds);
    // What only the proof says was granted is no excuse.
    let report = case.verify_given(&text, &documents, None);
    assert_eq!((failed(&report), report.genuine), (vec!["holds"], false));
    assert!(detail(&report, "holds").contains("--granted"), "{report:#?}");
}

#[test]
fn what_only_the_proof_says_was_granted_excuses_no_denial_but_for_its_signer() {
    let mut case = Case::new();
    // Somebody narrows the grant in the proof, so that whatever the policy lacks was "authorised by something else".
    let little = Policy::new(vec![Statement::allow(["s3:GetObject"], ["*"])]);
    case.granted = PolicySet::of_identity(vec![Named::new("Granted", little)]);
    let mut proof = case.proof();
    assert!(proof.holds && proof.replay.denied.is_empty() && proof.replay.not_granted_events() > 0);
    assert_eq!(failed(&case.verify(&proof.to_json())), ["holds"]);
    let key = SigningKey::from_bytes(&[7; 32]);
    sign(&mut proof, &key);
    assert_eq!(failed(&case.verify(&proof.to_json())), ["holds"], "anybody may sign");
    let documents = case.documents();
    let report = case.verify_with(&proof.to_json(), &documents, Some(&key.public_key()));
    assert!(report.holds, "{report:#?}");
}

#[test]
fn a_document_is_listed_once() {
    let case = Case::new();
    let mut proof = case.proof();
    proof.policy.push(proof.policy[0].clone());
    proof.digest = proof.digest_now();
    assert_eq!(
        failed(&case.verify(&proof.to_json())),
        ["documents", "replay", "holds", "cut", "within", "dropped", "holdout"]
    );
}

#[test]
fn a_proof_of_another_catalogue_or_evaluator_names_the_version_that_can_check_it() {
    let case = Case::new();
    let mut proof = case.proof();
    proof.evaluator = "0".to_owned();
    proof.catalog.date = "2020-01-01".to_owned();
    proof.leastwise = "0.0.9".to_owned();
    proof.digest = proof.digest_now();
    let report = case.verify(&proof.to_json());
    assert_eq!(failed(&report), ["evaluator", "catalogue"]);
    assert!(detail(&report, "evaluator").contains("leastwise 0.0.9"));
    assert!(detail(&report, "catalogue").contains("leastwise 0.0.9"));
}

#[test]
fn neither_order_nor_names_of_files_matter() {
    let case = Case::new();
    let text = case.proof().to_json();
    let mut other = Case::new();
    other.rows.reverse();
    other.tally.sources = BTreeSet::from([source("elsewhere/a.gz", '2'), source("elsewhere/b.gz", '1')]);
    assert!(other.verify(&text).holds, "{:#?}", other.verify(&text));
    let documents: Vec<_> = case.documents().into_iter().map(|(_, text)| ("x".to_owned(), text)).collect();
    assert!(case.verify_with(&text, &documents, None).holds);
}

#[test]
fn canonical_json_is_that_of_rfc_8785() {
    let value: Value = serde_json::from_str(
        r#"{"\u20ac": "Euro", "\r": "CR", "\ufb33": 1, "1": [true, null, "<\/\u000f\n\"\\\u007f"], "😂": {"b": 2, "a": 1}}"#,
    )
    .unwrap();
    let text = String::from_utf8(canonical(&value)).unwrap();
    let expected = concat!(
        r#"{"\r":"CR","1":[true,null,"</\u000f\n\"\\"#,
        "\u{7f}",
        r#""],"€":"Euro","😂":{"a":1,"b":2},"דּ":1}"#
    );
    assert_eq!(text, expected.replace("דּ", "\u{fb33}"));
}
