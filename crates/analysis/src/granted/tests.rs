//! What a snapshot must yield, in small listings of our own and in those of others.

use super::*;

const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

fn listing() -> String {
    format!(
        r#"{{
        "UserDetailList":[{{"Path":"/","UserName":"ann","Arn":"arn:aws:iam::111122223333:user/ann","GroupList":["ops"]}}],
        "GroupDetailList":[{{"Path":"/","GroupName":"ops","Arn":"arn:aws:iam::111122223333:group/ops",
            "GroupPolicyList":[{{"PolicyName":"in","PolicyDocument":{ALLOW}}}],
            "AttachedManagedPolicies":[{{"PolicyName":"m","PolicyArn":"arn:aws:iam::111122223333:policy/m"}}]}}],
        "RoleDetailList":[
          {{"Path":"/x/","RoleName":"app","Arn":"arn:aws:iam::111122223333:role/x/app","Tags":[{{"Key":"team","Value":"a"}}],
            "PermissionsBoundary":{{"PermissionsBoundaryType":"Policy","PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/m"}},
            "RolePolicyList":[{{"PolicyName":"bad","PolicyDocument":{{"Statement":[{{"Effect":"Perhaps"}}]}}}}],
            "AttachedManagedPolicies":[{{"PolicyName":"gone","PolicyArn":"arn:aws:iam::111122223333:policy/gone"}}]}},
          {{"Path":"/aws-service-role/x/","RoleName":"AWSServiceRoleForX","Arn":"arn:aws:iam::111122223333:role/aws-service-role/x/AWSServiceRoleForX"}}],
        "Policies":[{{"PolicyName":"m","Arn":"arn:aws:iam::111122223333:policy/m","DefaultVersionId":"v2",
            "PolicyVersionList":[{{"VersionId":"v2","Document":{ALLOW}}}]}}],
        "IsTruncated":false}}"#
    )
}

#[test]
fn a_user_has_the_inline_and_attached_policies_of_its_groups() {
    let snapshot = Snapshot::parse("s.json", &listing()).unwrap();
    let ann = snapshot.principal("arn:aws:iam::111122223333:user/ann").unwrap();
    assert_eq!(ann.policies.identity.len(), 2);
    assert!(ann.complete);
}

#[test]
fn a_document_that_cannot_be_read_is_named_and_marks_the_principal() {
    let snapshot = Snapshot::parse("s.json", &listing()).unwrap();
    let app = snapshot.principal("arn:aws:iam::111122223333:role/x/app").unwrap();
    assert!(!app.complete && !app.identity_complete);
    assert_eq!(app.boundary.as_deref(), Some("arn:aws:iam::111122223333:policy/m"));
    assert!(app.policies.boundary.is_some());
    let places: Vec<_> = snapshot.findings().iter().map(|finding| finding.reason.as_str()).collect();
    assert!(places.iter().any(|reason| reason.contains("policy/gone")), "{places:?}");
    assert!(snapshot.findings().iter().any(|finding| finding.place.ends_with("#bad")));
}

#[test]
fn a_boundary_that_is_not_listed_leaves_the_identity_policies_whole() {
    let text = r#"{"RoleDetailList":[{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r",
        "PermissionsBoundary":{"PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/gone"}}]}"#;
    let snapshot = Snapshot::parse("s.json", text).unwrap();
    let role = snapshot.principals().next().unwrap();
    assert_eq!((role.complete, role.identity_complete), (false, true));
}

#[test]
fn a_policy_of_awss_own_that_is_not_listed_is_in_the_catalogue() {
    let attached = |arn: &str| {
        format!(
            r#"{{"RoleDetailList":[{{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","AttachedManagedPolicies":[{{"PolicyArn":"{arn}"}}]}}]}}"#
        )
    };
    let aws = attached("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
    let missing = managed::missing(&[("s.json".to_owned(), aws.clone())]);
    assert_eq!(missing.known.len(), 1);
    let (name, page) = missing.page.unwrap();
    let snapshot = Snapshot::parse_all([("s.json", &*aws), (&*name, &*page)]).unwrap();
    assert!(snapshot.principals().next().unwrap().identity_complete && !snapshot.is_truncated());
    let first = aws.replacen('{', r#"{"IsTruncated":true,"#, 1);
    let snapshot = Snapshot::parse_all([("s.json", &*first), (&*name, &*page)]).unwrap();
    assert!(snapshot.is_truncated(), "the catalogue is not the rest of the account");
    let own = attached("arn:aws:iam::111122223333:policy/own");
    let missing = managed::missing(&[("s.json".to_owned(), own)]);
    assert_eq!((missing.page, missing.unknown.len()), (None, 1));
}

#[test]
fn a_service_linked_role_is_marked() {
    let snapshot = Snapshot::parse("s.json", &listing()).unwrap();
    assert_eq!(snapshot.principals().filter(|principal| principal.service_linked).count(), 1);
}

#[test]
fn a_page_that_says_there_is_more_is_truncated_until_another_file_holds_the_rest() {
    let first = r#"{"UserDetailList":[],"IsTruncated":true}"#;
    assert!(Snapshot::parse("a", first).unwrap().is_truncated());
    assert!(!Snapshot::parse_all([("a", first), ("b", listing().as_str())]).unwrap().is_truncated());
}

#[test]
fn each_account_needs_a_last_page_of_its_own() {
    let page = |account: &str, truncated: bool| {
        format!(
            r#"{{"RoleDetailList":[{{"RoleName":"r","Arn":"arn:aws:iam::{account}:role/r"}}],"IsTruncated":{truncated}}}"#
        )
    };
    let (first, last) = (page("111122223333", true), page("111122223333", false));
    let other = page("444455556666", false);
    assert!(Snapshot::parse_all([("a", &*first), ("b", &*other)]).unwrap().is_truncated());
    assert!(!Snapshot::parse_all([("a", &*first), ("b", &*other), ("c", &*last)]).unwrap().is_truncated());
}

#[test]
fn a_policy_in_another_page_is_found() {
    let roles = r#"{"RoleDetailList":[{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","AttachedManagedPolicies":[{"PolicyArn":"arn:aws:iam::111122223333:policy/m"}]}],"IsTruncated":true}"#;
    let snapshot = Snapshot::parse_all([("a", roles), ("b", listing().as_str())]).unwrap();
    assert!(snapshot.principal("arn:aws:iam::111122223333:role/r").unwrap().complete);
}

#[test]
fn a_policy_file_and_a_snapshot_are_told_apart() {
    assert!(matches!(GrantedFile::detect("p", ALLOW).unwrap(), GrantedFile::Policy(_)));
    assert!(matches!(GrantedFile::detect("s", &listing()).unwrap(), GrantedFile::Snapshot));
    assert!(GrantedFile::detect("x", "[]").is_err());
    assert!(matches!(GrantedFile::detect("x", "{").unwrap_err(), GrantedError::NotJson { .. }));
}

#[test]
fn the_snapshots_in_the_shared_data_are_read_whole() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let Ok(text) =
        std::fs::read_to_string(format!("{folder}/iam-snapshots/cloudsplaining-example-authz-details.json"))
    else {
        return println!("skipped: ../shared/data is not here");
    };
    let snapshot = Snapshot::parse("cloudsplaining", &text).unwrap();
    assert_eq!(snapshot.principals().count(), 6);
    assert!(snapshot.principals().all(|principal| principal.complete), "{:#?}", snapshot.findings());
    for account in ["116682437132", "524703666798"] {
        let file = format!("{folder}/cloudtrail-generated/snapshot/{account}.gaad.json");
        let text = std::fs::read_to_string(file).expect("the snapshot lies beside the logs");
        let snapshot = Snapshot::parse(account, &text).unwrap();
        assert_eq!(snapshot.principals().count(), 45);
        assert_eq!(snapshot.findings(), []);
    }
}

#[test]
fn every_document_tells_where_it_stands() {
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGetObject%22%2C%22Resource%22%3A%22%2A%22%7D%7D";
    let role = format!(
        r#"{{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","RolePolicyList":[{{"PolicyName":"in","PolicyDocument":"{encoded}"}}]}}"#
    );
    let pages = format!(r#"[{},{{"RoleDetailList":[{role}]}}]"#, listing());
    let snapshot = Snapshot::parse("s.json", &pages).unwrap();
    for (document, statement) in [
        ("arn:aws:iam::111122223333:policy/m", "/0/Policies/0/PolicyVersionList/0/Document/Statement/0"),
        (
            "arn:aws:iam::111122223333:group/ops#in",
            "/0/GroupDetailList/0/GroupPolicyList/0/PolicyDocument/Statement/0",
        ),
        (
            "arn:aws:iam::111122223333:role/r#in",
            "/1/RoleDetailList/0/RolePolicyList/0/PolicyDocument#/Statement",
        ),
    ] {
        let origin = snapshot.origin(document).unwrap();
        assert_eq!((origin.file.as_str(), origin.statement(0).as_str()), ("s.json", statement));
    }
}

#[test]
fn what_cannot_be_decided_on_is_a_problem_with_its_place() {
    let snapshot = Snapshot::parse("s.json", &listing()).unwrap();
    let problems = |arn: &str| -> Vec<String> {
        let problems = snapshot.principal(arn).unwrap().problems.iter();
        problems.map(|problem| problem.pointer.clone()).collect()
    };
    assert!(problems("arn:aws:iam::111122223333:user/ann").is_empty());
    assert_eq!(
        problems("arn:aws:iam::111122223333:role/x/app"),
        ["/RoleDetailList/0/AttachedManagedPolicies", "/RoleDetailList/0/RolePolicyList/0/PolicyDocument",]
    );
    let twice = format!("[{},{}]", listing(), listing().replace("s3:GetObject", "s3:*"));
    let snapshot = Snapshot::parse("s.json", &twice).unwrap();
    let ann = snapshot.principal("arn:aws:iam::111122223333:user/ann").unwrap();
    assert!(ann.problems.iter().any(|problem| problem.reason == "listed twice with different documents"));
}

#[test]
fn whoever_is_listed_twice_with_different_policies_is_not_known_whole() {
    let inline = |effect: &str| {
        format!(
            r#""PolicyName":"in","PolicyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"s3:*","Resource":"*"}}]}}"#
        )
    };
    let role = |effect: &str| {
        format!(
            r#"{{"Path":"/","RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","RolePolicyList":[{{{}}}]}}"#,
            inline(effect)
        )
    };
    let group = |effect: &str| {
        format!(
            r#"{{"Path":"/","GroupName":"g","Arn":"arn:aws:iam::111122223333:group/g","GroupPolicyList":[{{{}}}]}}"#,
            inline(effect)
        )
    };
    let user = r#"{"Path":"/","UserName":"u","Arn":"arn:aws:iam::111122223333:user/u","GroupList":["g"]}"#;
    let known = |roles: &[&str], groups: &[&str]| {
        let roles: Vec<String> = roles.iter().map(|effect| role(effect)).collect();
        let groups: Vec<String> = groups.iter().map(|effect| group(effect)).collect();
        let text = format!(
            r#"{{"UserDetailList":[{user}],"GroupDetailList":[{}],"RoleDetailList":[{}],"Policies":[]}}"#,
            groups.join(","),
            roles.join(",")
        );
        let snapshot = Snapshot::parse("s.json", &text).unwrap();
        ["role/r", "user/u"].map(|name| {
            snapshot.principal(&format!("arn:aws:iam::111122223333:{name}")).unwrap().identity_complete
        })
    };
    assert_eq!(known(&["Allow", "Allow"], &["Allow", "Allow"]), [true, true]);
    assert_eq!(known(&["Deny", "Allow"], &["Allow"]), [false, true]);
    assert_eq!(known(&["Deny", "Allow", "Allow"], &["Deny", "Allow"]), [false, false]);
}

#[test]
fn a_policy_of_which_two_versions_are_said_to_be_the_default_cannot_be_read() {
    let policy = |first: bool| {
        let version = |number: u8, default: bool| {
            format!(
                r#"{{"VersionId":"v{number}","IsDefaultVersion":{default},"Document":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"*"}}]}}}}"#
            )
        };
        let text = format!(
            r#"{{"UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[{{"Path":"/","RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","AttachedManagedPolicies":[{{"PolicyName":"p","PolicyArn":"arn:aws:iam::111122223333:policy/p"}}]}}],"Policies":[{{"PolicyName":"p","Arn":"arn:aws:iam::111122223333:policy/p","DefaultVersionId":"v2","PolicyVersionList":[{},{}]}}]}}"#,
            version(1, first),
            version(2, true)
        );
        let snapshot = Snapshot::parse("s.json", &text).unwrap();
        snapshot.principal("arn:aws:iam::111122223333:role/r").unwrap().identity_complete
    };
    assert_eq!([policy(false), policy(true)], [true, false]);
}

/// Two readers can take two different values, and AWS writes no key twice.
#[test]
fn a_key_that_stands_twice_is_refused_with_its_place() {
    let deny = r#""Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]"#;
    let twice = format!(r#"{{{deny},"Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}}]}}"#);
    let role = |more: &str| format!(r#"{{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r"{more}}}"#);
    let inline = role(&format!(r#","RolePolicyList":[{{"PolicyName":"p","PolicyDocument":{twice}}}]"#));
    let boundary = |name: &str| format!(r#","PermissionsBoundary":{{"PermissionsBoundaryArn":"{name}"}}"#);
    let encoded = twice.replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
    let version = r#"{"VersionId":"v1","IsDefaultVersion":true,"IsDefaultVersion":false,"Document":{}}"#;
    for (listing, place) in [
        (
            format!(r#"{{"RoleDetailList":[{},{inline}]}}"#, role("")),
            "/RoleDetailList/1/RolePolicyList/0/PolicyDocument/Statement",
        ),
        (
            format!(r#"[{{"RoleDetailList":[{}]}}]"#, role(&(boundary("a") + &boundary("b")))),
            "/0/RoleDetailList/0/PermissionsBoundary",
        ),
        (r#"{"RoleDetailList":[],"RoleDetailList":[]}"#.to_owned(), "/RoleDetailList"),
        (
            format!(
                r#"{{"Policies":[{{"Arn":"arn:aws:iam::111122223333:policy/m","PolicyVersionList":[{version}]}}]}}"#
            ),
            "/Policies/0/PolicyVersionList/0/IsDefaultVersion",
        ),
    ] {
        let error = Snapshot::parse("s.json", &listing).expect_err("a key twice").to_string();
        assert!(error.starts_with(&format!("`s.json` {place}: the key stands twice")), "{error}");
    }
    // A document that is a text has a JSON of its own, and is refused as documents alone are.
    let text = format!(r#","RolePolicyList":[{{"PolicyName":"p","PolicyDocument":"{encoded}"}}]"#);
    let snapshot = Snapshot::parse("s.json", &format!(r#"{{"RoleDetailList":[{}]}}"#, role(&text))).unwrap();
    assert!(snapshot.principals().all(|role| !role.complete));
    assert!(snapshot.findings()[0].reason.contains("stands twice"), "{:?}", snapshot.findings());
    // The same key in two objects is no such thing.
    let both = format!(r#"{{"RoleDetailList":[{}]}}"#, role(&boundary("a")));
    assert!(Snapshot::parse_all([("a.json", both.as_str()), ("b.json", both.as_str())]).is_ok());
}
