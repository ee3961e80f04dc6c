//! Right-sizing against real and generated accounts: nothing that was used is denied, everything fits, the grant
//! shrinks and is never exceeded.

#![expect(clippy::unwrap_used, reason = "what helpers of a test read is the test's own data")]

mod common;

use common::{logs, shared_data, unpacked};
use std::path::Path;

use leastwise_analysis::audit_log::Reader;
use leastwise_analysis::granted::{GrantedPrincipal, Snapshot};
use leastwise_analysis::replay::{Replay, replay};
use leastwise_analysis::rightsize::{Coverage, NoteKind, Options, Rightsized, Touched, Width, rightsize};
use leastwise_analysis::usage::{Collector, Settings, Shared, Usage, UsageRow};
use leastwise_catalog::call::{Planner, Rules};
use leastwise_catalog::{Catalog, Terms};
use leastwise_policy::aws::compare::{Answer, Kind, Question};
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{ActionBlock, Named, Policy};

const WIDTHS: [Width; 4] = [Width::Exact, Width::Prefix, Width::Type, Width::Any];

/// What all principals did, by the logs of a folder.
fn usage(folder: &Path) -> Usage {
    let shared = Shared::new(Planner::new(Catalog::embedded(), Rules::embedded()), Settings::default());
    let mut collector = Collector::new(&shared);
    for file in logs(folder) {
        Reader::new().push(&unpacked(&file), true, &mut collector);
    }
    collector.finish()
}

fn of_principal(rows: &[UsageRow], arn: &str) -> Vec<UsageRow> {
    rows.iter().filter(|row| row.principal == arn).cloned().collect()
}

fn in_force(result: &Rightsized, boundary: Option<&PolicySet>) -> PolicySet {
    let boundary = boundary.and_then(|granted| granted.boundary.clone());
    PolicySet { identity: result.documents.clone(), boundary, ..PolicySet::default() }
}

fn check_documents(result: &Rightsized) {
    for document in &result.documents {
        assert!(document.policy.quota_len() <= 6_144, "{} is too long", document.name);
        assert!(!document.policy.statements.is_empty());
        assert_eq!(Policy::parse(&document.policy.to_json()).unwrap(), document.policy);
        for statement in &document.policy.statements {
            let ActionBlock::Action(actions) = &statement.action else { continue };
            for action in actions.iter().filter(|action| !action.as_str().contains('*')) {
                assert!(Catalog::embedded().action(action.as_str()).is_some(), "{action} does not exist");
            }
        }
    }
}

/// What the new policy allows the principal and the granted ones do not, whatever the boundary.
fn gained(terms: &Terms<'_>, principal: &GrantedPrincipal, result: &Rightsized) -> Answer {
    let policies = |documents: &'_ [Named<Policy>]| -> Vec<Policy> {
        documents.iter().map(|document| document.policy.clone()).collect()
    };
    let (old, new) = (policies(&principal.policies.identity), policies(&result.documents));
    let (old, new): (Vec<&Policy>, Vec<&Policy>) = (old.iter().collect(), new.iter().collect());
    Question { principal: Some(&principal.arn), ..Question::new(Kind::Identity, &old, &new) }.answer(terms)
}

#[test]
fn nothing_that_the_generated_principals_used_is_denied() {
    let Some(folder) = shared_data("cloudtrail-generated") else { return };
    let usage = usage(&folder.join("AWSLogs"));
    let rows = usage.rows();
    let touched = Touched::of(&rows, &usage.tally.recorded, Catalog::embedded());
    let mut files = Vec::new();
    for account in ["116682437132", "524703666798"] {
        let path = folder.join(format!("snapshot/{account}.gaad.json"));
        files.push((account, std::fs::read_to_string(path).unwrap()));
    }
    let snapshot = Snapshot::parse_all(files.iter().map(|(name, text)| (*name, text.as_str()))).unwrap();

    let terms = Catalog::embedded().terms();
    let (mut total, mut dormant, mut sized) = (Replay::default(), 0, 0);
    let (mut granted_actions, mut kept_actions) = (0, 0);
    for principal in snapshot.principals().filter(|principal| !principal.service_linked) {
        let own = of_principal(&rows, &principal.arn);
        for width in [Width::Exact, Width::Prefix] {
            let coverage = Coverage::of(&principal.arn, &usage.tally.recorded, &touched);
            let options = Options { width, coverage, ..Options::default() };
            let result = rightsize(&own, Some(&principal.policies), Catalog::embedded(), &options);
            check_documents(&result);
            let replayed =
                replay(&own, &in_force(&result, Some(&principal.policies)), Some(&principal.policies));
            assert_eq!(replayed.denied, [], "{} at width {}", principal.arn, width.as_str());
            assert_eq!(replayed.undecided, [], "{} at width {}", principal.arn, width.as_str());
            if width == Width::Prefix {
                assert_eq!(gained(&terms, principal, &result), Answer::None, "{}", principal.arn);
                assert!(result.fit.fits, "{}: {:?}", principal.arn, result.fit);
                assert!(result.cut.kept_actions <= result.cut.granted_actions.unwrap_or_default());
                granted_actions += result.cut.granted_actions.unwrap_or_default();
                kept_actions += result.cut.kept_actions;
                dormant += usize::from(result.dormant.is_some());
                sized += usize::from(result.dormant.is_none());
                total.events += replayed.events;
                total.allowed += replayed.allowed;
                total.as_granted += replayed.as_granted;
                total.not_granted.extend(replayed.not_granted);
            }
        }
    }
    eprintln!(
        "{sized} principals right-sized, {dormant} dormant; {granted_actions} granted actions → {kept_actions} kept; \
         {} events replayed, {} allowed ({} as granted), {} allowed by something else",
        total.events,
        total.allowed,
        total.as_granted,
        total.not_granted_events()
    );
    assert_eq!(total.events, total.allowed + total.not_granted_events());
    assert!(kept_actions * 20 < granted_actions, "the grants shrink by 95 % and more");
}

#[test]
fn real_logs_give_policies_that_fit_and_allow_all_of_them() {
    for folder in ["cloudtrail-real/invictus", "cloudtrail-generated/AWSLogs"] {
        let Some(path) = shared_data(folder) else { return };
        let rows = usage(&path).rows();
        let principals: std::collections::BTreeSet<&str> =
            rows.iter().map(|row| row.principal.as_str()).collect();
        assert!(!principals.is_empty(), "{folder}");
        for principal in principals {
            let own = of_principal(&rows, principal);
            for width in WIDTHS {
                let options = Options { width, ..Options::default() };
                let result = rightsize(&own, None, Catalog::embedded(), &options);
                check_documents(&result);
                assert!(width == Width::Exact || result.fit.fits, "{principal}: {:?}", result.fit);
                let unlisted: Vec<_> =
                    result.notes.iter().filter(|note| note.kind == NoteKind::UnlistedAction).collect();
                assert!(unlisted.is_empty(), "{unlisted:?}");
                let replayed = replay(&own, &in_force(&result, None), None);
                assert_eq!(replayed.denied, [], "{principal} at width {}", width.as_str());
                assert_eq!(replayed.undecided, [], "{principal} at width {}", width.as_str());
            }
        }
    }
}
