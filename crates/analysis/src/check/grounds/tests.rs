//! What makes a finding worse, and what does not.

use leastwise_catalog::Catalog;

use super::*;
use crate::check::{Facts, SourceFile, read, run};

/// In which way the finding with this code is worse in the second text than in the first.
fn worse(file: &str, code: &str, before: &str, after: &str) -> Option<String> {
    let grounds = |text: &str| {
        let catalog = Catalog::embedded();
        let estate = read(&[SourceFile::named(file, text)]);
        let findings = run(&estate, &Facts::new(catalog));
        let found = findings.iter().find(|finding| finding.code == code);
        Grounding::of(&estate).grounds(found.unwrap_or_else(|| panic!("{code} in {text}: {findings:?}")))
    };
    let (before, after) = (grounds(before), grounds(after));
    assert_eq!(before.worse_than(&before), None);
    after.worse_than(&before)
}

fn bucket(statement: &str, more: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*",{statement}}}{more}]}}"#
    )
}

fn account(policy: &str, roles: &[&str]) -> String {
    let roles: Vec<String> = roles
        .iter()
        .map(|name| {
            format!(
                r#"{{"RoleName":"{name}","Arn":"arn:aws:iam::111122223333:role/{name}","AttachedManagedPolicies":[{{"PolicyName":"p","PolicyArn":"arn:aws:iam::111122223333:policy/p"}}],"AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"ec2.amazonaws.com"}},"Action":"sts:AssumeRole"}}]}}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"RoleDetailList":[{}],"Policies":[{{"PolicyName":"p","Arn":"arn:aws:iam::111122223333:policy/p","DefaultVersionId":"v1","PolicyVersionList":[{{"VersionId":"v1","IsDefaultVersion":true,"Document":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Resource":"*",{policy}}}]}}}}]}}]}}"#,
        roles.join(",")
    )
}

const OPEN: &str = r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#;

#[test]
fn a_wider_statement_is_worse_and_a_narrower_one_is_not() {
    let check = |before: &str, after: &str| worse("p.json", "PUBLIC_ACCESS", before, after).is_some();
    let open = bucket(OPEN, "");
    let all = bucket(
        r#""Action":["s3:GetObject","s3:PutBucketPolicy"],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"]"#,
        "",
    );
    assert!(check(&open, &all));
    assert!(!check(&all, &open));
    let get = bucket(r#""Action":"s3:Get*","Resource":"arn:aws:s3:::b/*""#, "");
    assert!(check(&open, &get) && !check(&get, &open));
    let part = bucket(r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::b/a/*""#, "");
    assert!(check(&part, &open) && !check(&open, &part));
}

#[test]
fn a_condition_or_a_deny_that_is_gone_is_worse_and_one_that_comes_is_not() {
    let check = |before: &str, after: &str| worse("p.json", "PUBLIC_ACCESS", before, after).is_some();
    let open = bucket(OPEN, "");
    let tls = bucket(&format!(r#"{OPEN},"Condition":{{"Bool":{{"aws:SecureTransport":"true"}}}}"#), "");
    assert!(check(&tls, &open) && !check(&open, &tls));
    let deny =
        r#",{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/secret/*"}"#;
    let denied = bucket(OPEN, deny);
    assert!(check(&denied, &open) && !check(&open, &denied));
}

#[test]
fn another_statement_and_another_place_change_nothing() {
    let more = r#",{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}"#;
    assert_eq!(worse("p.json", "PUBLIC_ACCESS", &bucket(OPEN, ""), &bucket(OPEN, more)), None);
}

#[test]
fn somebody_new_who_holds_it_is_worse() {
    let check = |before: &str, after: &str| worse("account.json", "SERVICE_ADMIN", before, after);
    let all = r#""Action":"rds:*""#;
    let one = account(all, &["a"]);
    let two = account(all, &["a", "b"]);
    assert_eq!(check(&one, &two).as_deref(), Some("arn:aws:iam::111122223333:role/b holds it too"));
    assert_eq!(check(&two, &one), None);
}

#[test]
fn a_wider_rule_of_a_cluster_and_a_new_subject_are_worse() {
    let role = |verbs: &str, subjects: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules:\n- {{apiGroups: [''], resources: [secrets], verbs: [{verbs}]}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: b}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}}\nsubjects:\n{subjects}"
        )
    };
    let check = |before: &str, after: &str| worse("role.yaml", "K8S_SECRETS_READ", before, after).is_some();
    let one = "- {kind: ServiceAccount, name: a, namespace: x}\n";
    let two =
        "- {kind: ServiceAccount, name: a, namespace: x}\n- {kind: ServiceAccount, name: b, namespace: x}\n";
    assert!(check(&role("get", one), &role("get", two)));
    assert!(check(&role("get", one), &role("get, list", one)));
    assert!(!check(&role("get, list", two), &role("get", one)));
}
