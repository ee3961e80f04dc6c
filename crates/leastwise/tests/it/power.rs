//! A policy that was cut to what was used may still make administrator: that is told.

use crate::support::{Folder, event, log, run};

const TIME: &str = "2026-10-01T10:00:00Z";

/// What the role did: it gave a role a policy.
fn attached(to: &str) -> String {
    event("1", "deploy", "k", TIME)
        .replace("s3.amazonaws.com", "iam.amazonaws.com")
        .replace(r#""GetObject""#, r#""AttachRolePolicy""#)
        .replace(r#""Data""#, r#""Management""#)
        .replace(
            r#"{"bucketName":"b","key":"k"}"#,
            &format!(r#"{{"roleName":"{to}","policyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}"#),
        )
}

const SNAPSHOT: &str = r#"{"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [
    {"Path": "/", "RoleName": "deploy", "RoleId": "AROADEPLOY", "Arn": "arn:aws:iam::111122223333:role/deploy",
     "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
     "AttachedManagedPolicies": [], "InstanceProfileList": [], "RolePolicyList": [{"PolicyName": "p",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}}]},
    {"Path": "/", "RoleName": "web", "RoleId": "AROAWEB", "Arn": "arn:aws:iam::111122223333:role/web",
     "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
     "AttachedManagedPolicies": [], "InstanceProfileList": [], "RolePolicyList": []}]}"#;

#[test]
fn a_smaller_policy_that_still_makes_administrator_says_so() {
    let folder = Folder::new("power");
    folder.write("snapshot.json", SNAPSHOT);
    let sized = |to: &str| {
        folder.write("l.json", log(&[attached(to)]));
        let principal = "arn:aws:iam::111122223333:role/deploy";
        let done = run(
            &folder,
            &[
                "rightsize",
                "l.json",
                "--principal",
                principal,
                "--granted",
                "snapshot.json",
                "--report",
                "r.json",
            ],
        );
        assert_eq!(done.code, Some(0), "{}", done.err);
        assert!(done.out.contains("iam:AttachRolePolicy"), "{}", done.out);
        let report = std::fs::read_to_string(folder.0.join("r.json")).expect("the report");
        (done.err, report)
    };
    let (told, report) = sized("deploy");
    assert!(told.contains("with the new policy it can still become administrator: "), "{told}");
    assert!(report.contains(r#""kind": "power""#), "{report}");
    // Nobody but Lambda becomes the other role, and the policy passes it to nobody.
    let (told, report) = sized("web");
    assert!(!told.contains("with the new policy it can still become administrator: it"), "{told}");
    let doubtful = "(with the credentials of another principal)";
    assert!(!report.contains(r#""kind": "power""#) || told.contains(doubtful), "{told}");
}
