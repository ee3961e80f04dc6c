//! Names that were taken from a snapshot: the replay goes by them, and nobody can take others unseen.

use super::*;
use crate::names::By;
use crate::usage::{INSTANCE_PROFILE, WITHOUT_PATH};

const ACCOUNT: &str = "arn:aws:iam::111122223333";

fn arn(resource: &str) -> String {
    format!("{ACCOUNT}:{resource}")
}

fn taken(named: &str, by: By, is: &str) -> Taken {
    Taken { named: arn(named), by, is: arn(is), both: false }
}

/// Somebody who may do everything in IAM, passed the role of a profile and asked for roles by their names.
fn case() -> Case {
    let mut passing = row("iam:PassRole", Resource::Pattern(arn("role/*")), Outcome::Used, 3);
    let profile = arn("instance-profile/web-node");
    passing.context =
        passing.context.with("iam:PassedToService", "ec2.amazonaws.com").with(INSTANCE_PROFILE, profile);
    let get = |outcome, count| {
        let mut get = row("iam:GetRole", Resource::Exact(arn("role/web")), outcome, count);
        get.context = get.context.with(WITHOUT_PATH, "true");
        get
    };
    let iam = Policy::new(vec![Statement::allow(["iam:*"], ["*"])]);
    Case {
        rows: vec![passing, get(Outcome::Used, 2), get(Outcome::Failed, 1)],
        granted: PolicySet::of_identity(vec![Named::new("Iam", iam)]),
        names: truth(),
        ..Case::new()
    }
}

/// What the snapshot tells.
fn truth() -> Vec<Taken> {
    vec![
        taken("instance-profile/web-node", By::InstanceProfile, "role/app/web"),
        taken("role/web", By::Path, "role/app/web"),
    ]
}

fn check(case: &Case, proof: &Proof, names: Option<&[Taken]>) -> VerifyReport {
    let documents = case.documents();
    let granted = names.map(|_| &case.granted);
    verify(&proof.to_json(), &Verification { names, granted, ..case.verification(&documents) })
}

/// The proof with other names, its digest made anew, and what a look at the logs alone finds wrong in it.
fn forged(names: Vec<Taken>) -> Vec<&'static str> {
    let case = case();
    let mut proof = case.proof();
    proof.names = names;
    proof.digest = proof.digest_now();
    failed(&check(&case, &proof, None))
}

#[test]
fn a_path_that_the_logs_show_is_worked_out_again_from_them() {
    let made = vec![taken("role/web", By::Creation, "role/app/web")];
    let case = Case { names: made.clone(), ..case() };
    let (documents, proof) = (case.documents(), case.proof());
    let check = |made: &[Taken]| {
        verify(&proof.to_json(), &Verification { made, granted: None, ..case.verification(&documents) })
    };
    let report = check(&made);
    assert!(report.holds && report.genuine, "{report:#?}");
    assert_eq!(detail(&report, "names"), "1 name with the path that these logs show");
    assert!(!report.on_trust.iter().any(|what| what.contains("snapshot told")), "{report:#?}");
    let both = vec![Taken { both: true, ..made[0].clone() }];
    for others in [vec![], both, vec![taken("role/web", By::Creation, "role/other/web")]] {
        assert_eq!(failed(&check(&others)), ["names"], "{others:?}");
    }
    let twice =
        vec![taken("role/web", By::Path, "role/a/web"), taken("role/web", By::Creation, "role/b/web")];
    assert!(forged(twice).contains(&"names"));
}

#[test]
fn a_policy_that_is_limited_by_a_snapshot_holds_with_it() {
    let case = case();
    let policy = case.documents();
    assert!(policy[0].1.contains("role/app/web") && !policy[0].1.contains("role/*"), "{}", policy[0].1);
    let proof = case.proof();
    assert!(proof.holds);
    assert_eq!(
        (proof.replay.events, proof.replay.allowed),
        (6, 6),
        "each event counts once: {:?}",
        proof.replay
    );
    let report = check(&case, &proof, Some(&truth()));
    assert!(report.holds && report.genuine, "{report:#?}");
    assert_eq!(detail(&report, "names"), "2 names as in the snapshot");
    assert!(!report.on_trust.iter().any(|what| what.contains("instance profiles")), "{report:#?}");
}

#[test]
fn a_proof_that_takes_no_names_does_not_hold_with_a_snapshot_that_knows_better() {
    let case = Case { names: Vec::new(), ..case() };
    let proof = case.proof();
    assert!(check(&case, &proof, None).holds);
    assert_eq!(failed(&check(&case, &proof, Some(&truth()))), ["names"]);
}

#[test]
fn without_the_snapshot_names_are_taken_on_trust_and_told_so() {
    let case = case();
    let report = check(&case, &case.proof(), None);
    assert!(report.holds, "{report:#?}");
    assert!(report.checks.iter().any(|check| check.name == "names" && !check.checked), "{report:#?}");
    assert!(report.on_trust.iter().any(|what| what.contains("instance profiles")), "{report:#?}");
}

#[test]
fn a_proof_that_leaves_the_names_out_does_not_hold() {
    assert_eq!(forged(Vec::new()), ["replay", "holds"]);
}

#[test]
fn a_role_that_the_snapshot_does_not_tell_is_found_out_by_it() {
    let mut case = case();
    case.names[0].is = arn("role/harmless");
    let proof = case.proof();
    assert!(proof.holds, "it is consistent in itself");
    assert_eq!(failed(&check(&case, &proof, Some(&truth()))), ["names"]);
    assert_eq!(failed(&check(&case, &proof, Some(&[]))), ["names"], "a snapshot may tell nothing");
}

#[test]
fn what_no_snapshot_can_tell_is_found_out_without_one() {
    let [profile, path] = <[Taken; 2]>::try_from(truth()).unwrap();
    let wrong = |change: &dyn Fn(&mut [Taken; 2])| {
        let mut names = [profile.clone(), path.clone()];
        change(&mut names);
        let found = forged(names.to_vec());
        assert_eq!(found[0], "names", "{names:?}: {found:?}");
    };
    wrong(&|names| names[0].is = arn("role/app/web").replace("1111", "4444"));
    wrong(&|names| names[0].is = arn("role/app/web").replace("arn:aws:", "arn:aws-cn:"));
    wrong(&|names| names[0].is = arn("user/web"));
    wrong(&|names| names[0].is = arn("role/*"));
    wrong(&|names| names[0].is = "*".to_owned());
    wrong(&|names| names[0].both = true);
    wrong(&|names| names[0].named = arn("instance-profile/another"));
    wrong(&|names| names[0].by = By::Path);
    wrong(&|names| names[1].is = arn("role/app/other"));
    wrong(&|names| names[1].is = arn("user/app/web"));
    wrong(&|names| names[1].is = arn("role/app/web").replace("1111", "4444"));
    wrong(&|names| names[1] = Taken { is: arn("role/other/web"), ..names[0].clone() });
    wrong(&|names| names.swap(0, 1));
}

#[test]
fn the_part_that_is_held_out_is_replayed_by_the_names_too() {
    let mut case = case();
    let later: Vec<UsageRow> = case
        .rows
        .iter()
        .map(|row| UsageRow { first: at("2026-10-25"), last: at("2026-10-26"), ..row.clone() })
        .collect();
    case.rows.extend(later.clone());
    case.newer = Some((at("2026-10-21"), later));
    let proof = case.proof();
    let held_out = proof.holdout.clone().unwrap();
    assert_eq!((held_out.result.events, held_out.result.allowed), (6, 6), "{:?}", held_out.result);
    assert!(check(&case, &proof, Some(&truth())).holds);
}
