//! Whether the new policy lies within what was granted: what is said, and when.

use super::*;
use crate::rightsize::cut_of;

/// The proof of documents that somebody wrote by hand, instead of those that right-sizing made.
fn of(case: &Case, statements: Vec<Statement>) -> Proof {
    let documents = vec![Named::new("by-hand", Policy::new(statements))];
    let cut = cut_of(case.known_grant(), &documents, Catalog::embedded());
    let rightsized = Rightsized { documents, cut, ..case.rightsized() };
    case.proof_of(&rightsized)
}

fn answer(case: &Case, statements: Vec<Statement>) -> (Inclusion, Compared) {
    let within = of(case, statements).within.unwrap();
    (within.answer, within.compared)
}

fn put_to(case: &Case, statements: &[Statement], granted: Option<&PolicySet>) -> VerifyReport {
    let proof = of(case, statements.to_vec());
    let text = Policy::new(statements.to_vec()).to_json();
    case.verify_given(&proof.to_json(), &[("by-hand.json".to_owned(), text)], granted)
}

#[test]
fn what_right_sizing_makes_allows_nothing_that_was_not_granted() {
    let case = Case::new();
    let within = case.proof().within.unwrap();
    assert!(within.holds() && within.request.is_none(), "{within:?}");
    assert_eq!(within.compared, Compared::IdentityPolicies);
}

#[test]
fn without_the_grant_nothing_is_said() {
    let case = Case { is_granted_known: false, ..Case::new() };
    let proof = case.proof();
    assert_eq!(proof.within, None);
    let report = case.verify(&proof.to_json());
    assert!(report.holds && detail(&report, "within").starts_with("not checked"), "{report:#?}");
}

#[test]
fn a_policy_that_allows_more_is_shown_by_a_request_that_only_it_allows() {
    let case = Case::new();
    let statements = vec![Statement::allow(["s3:*", "kms:Decrypt"], ["*"])];
    let within = of(&case, statements.clone()).within.unwrap();
    assert_eq!(within.answer, Inclusion::DoesNotHold);
    let request = within.request.unwrap();
    assert_eq!((request.action.as_str(), request.denied_by), ("kms:Decrypt", None));
    assert_eq!(request.allowed_by.unwrap().document, "by-hand");
    for granted in [None, Some(&case.granted)] {
        let report = put_to(&case, &statements, granted);
        assert_eq!(failed(&report), ["within"], "{report:#?}");
        assert!(report.genuine && detail(&report, "within").contains("kms:Decrypt"), "{report:#?}");
    }
}

#[test]
fn it_is_checked_against_what_was_granted_and_never_against_what_the_proof_says_of_it() {
    let case = Case::new();
    let statements = [Statement::allow(["s3:*"], ["*"])];
    let report = put_to(&case, &statements, Some(&case.granted));
    assert_eq!(detail(&report, "within"), "the new policy allows nothing that was not granted");
    let report = put_to(&case, &statements, None);
    assert!(report.holds && detail(&report, "within").starts_with("not checked"), "{report:#?}");
    assert!(report.checks.iter().any(|check| check.name == "within" && !check.checked));
    assert!(report.on_trust.contains(&"that nothing is allowed that was not granted"));
    let narrow = PolicySet::of_identity(vec![Named::new(
        "Broad",
        Policy::new(vec![Statement::allow(["s3:GetObject"], ["*"])]),
    )]);
    assert!(failed(&put_to(&case, &statements, Some(&narrow))).contains(&"granted"));
}

#[test]
fn a_boundary_that_stays_holds_back_what_was_not_granted() {
    let mut case = Case::new();
    let statements = || vec![Statement::allow(["s3:*", "kms:Decrypt"], ["*"])];
    let boundary =
        |actions: [&str; 1]| vec![Named::new("B", Policy::new(vec![Statement::allow(actions, ["*"])]))];
    case.granted.boundary = Some(boundary(["s3:*"]));
    assert_eq!(answer(&case, statements()), (Inclusion::Holds, Compared::UnderTheBoundary));
    case.granted.boundary = Some(boundary(["kms:*"]));
    assert_eq!(answer(&case, statements()), (Inclusion::DoesNotHold, Compared::UnderTheBoundary));
}

#[test]
fn a_deny_that_gets_lost_is_found_out_even_where_nothing_allows_it() {
    let mut case = Case::new();
    case.granted.identity[0].policy.statements.push(Statement::deny(["kms:Decrypt"], ["*"]));
    let kept = vec![Statement::allow(["s3:*"], ["*"]), Statement::deny(["kms:*"], ["*"])];
    assert_eq!(answer(&case, kept), (Inclusion::Holds, Compared::IdentityPolicies));
    let within = of(&case, vec![Statement::allow(["s3:*"], ["*"])]).within.unwrap();
    assert_eq!((within.answer, within.compared), (Inclusion::DoesNotHold, Compared::DenyStatements));
    assert_eq!(within.request.unwrap().denied_by.unwrap().statement, 1);
    case.rows.clear();
    let dormant = case.proof();
    assert!(dormant.within.unwrap().holds() && dormant.policy.len() == 1);
}

#[test]
fn what_was_denied_before_is_told_with_its_statement() {
    let mut case = Case::new();
    case.granted.identity[0].policy.statements.push(Statement::deny(["s3:DeleteBucket"], ["*"]));
    let within = of(&case, vec![Statement::allow(["s3:*"], ["*"])]).within.unwrap();
    assert_eq!(within.why.as_deref(), Some("a granted policy denies it"));
    assert_eq!(within.request.unwrap().denied_by.unwrap().document, "Broad");
}

#[test]
fn a_widening_beyond_the_grant_is_told_as_the_reason() {
    let mut case = Case::new();
    case.granted = PolicySet::of_identity(vec![Named::new(
        "Narrow",
        Policy::new(vec![Statement::allow(["s3:GetObject"], ["arn:aws:s3:::orders/a"])]),
    )]);
    let widening = crate::rightsize::Widening {
        actions: vec!["s3:GetObject".to_owned()],
        to: "arn:aws:s3:::orders/*".to_owned(),
        reason: crate::rightsize::WideningReason::Prefix,
        resource_type: None,
        from_count: 1,
        from: Vec::new(),
        events: 5,
    };
    let wider = Policy::new(vec![Statement::allow(["s3:GetObject"], ["arn:aws:s3:::orders/*"])]);
    let documents = vec![Named::new("by-hand", wider)];
    let rightsized = Rightsized { documents, widenings: vec![widening], ..case.rightsized() };
    let why = case.proof_of(&rightsized).within.unwrap().why.unwrap();
    assert!(why.starts_with("widened: many resources"), "{why}");
}

#[test]
fn a_proof_that_leaves_it_out_or_says_otherwise_is_found_out() {
    let case = Case::new();
    let proof = case.proof();
    let wider = Within { answer: Inclusion::DoesNotHold, ..proof.within.clone().unwrap() };
    for forged in [None, Some(wider)] {
        let mut forged = Proof { within: forged, ..proof.clone() };
        forged.digest = forged.digest_now();
        let report = case.verify(&forged.to_json());
        assert_eq!(failed(&report), ["within"]);
        assert!(!report.genuine);
    }
}
