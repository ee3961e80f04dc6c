//! What `simulate` and `who-can` must never decide on: each is an error with its place, exit 3, and no answer.

use crate::support::{Done, Folder, run};

const ROLE: &str = "arn:aws:iam::111122223333:role/agent";
const ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const RCP: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;

/// A snapshot of one role that may do all, with more in the role and in the lists beside it.
fn snapshot(role: &str, lists: &str) -> String {
    format!(
        r#"{{"RoleDetailList":[{{"Path":"/","RoleName":"agent","Arn":"{ROLE}","RolePolicyList":[{{"PolicyName":"all","PolicyDocument":{ALL}}}]{role}}}]{lists}}}"#
    )
}

fn ask(folder: &Folder, more: &[&str]) -> Done {
    let mut args =
        vec!["simulate", "--snapshot", "snapshot.json", "--principal", ROLE, "--action", "sqs:SendMessage"];
    args.extend(["--resource", "arn:aws:sqs:eu-west-1:111122223333:orders"]);
    args.extend(more);
    run(folder, &args)
}

fn refused(done: &Done, says: &[&str]) {
    assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{says:?}: {}", done.err);
    for says in says {
        assert!(done.err.contains(says), "{says}: {}", done.err);
    }
}

/// A policy of more characters than a managed policy may have.
fn long_policy() -> String {
    let actions: Vec<String> = (0..400).map(|number| format!(r#""s3:GetObjectNumber{number}""#)).collect();
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{}],"Resource":"*"}}]}}"#,
        actions.join(",")
    )
}

#[test]
fn the_snapshot_itself_would_allow() {
    let folder = Folder::new("whole");
    folder.write("snapshot.json", snapshot("", ""));
    assert_eq!(ask(&folder, &[]).code, Some(0));
}

#[test]
fn a_snapshot_that_leaves_open_what_is_granted_is_refused_with_the_place() {
    let attached =
        |arn: &str| format!(r#","AttachedManagedPolicies":[{{"PolicyName":"p","PolicyArn":"{arn}"}}]"#);
    let listed = |arn: &str, document: &str| {
        format!(
            r#"{{"PolicyName":"p","Arn":"{arn}","DefaultVersionId":"v1","PolicyVersionList":[{{"VersionId":"v1","IsDefaultVersion":true,"Document":{document}}}]}}"#
        )
    };
    let own = "arn:aws:iam::111122223333:policy/p";
    let of_aws = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let boundary = format!(r#","PermissionsBoundary":{{"PermissionsBoundaryArn":"{own}"}}"#);
    let policies = |listed: &[String]| format!(r#","Policies":[{}]"#, listed.join(","));
    let user = |groups: &str| {
        format!(
            r#","UserDetailList":[{{"Path":"/","UserName":"ann","Arn":"arn:aws:iam::111122223333:user/ann","GroupList":[{groups}]}}]"#
        )
    };
    for (role, lists, says) in [
        (
            attached(own),
            String::new(),
            ["/RoleDetailList/0/AttachedManagedPolicies", "policy/p` is not in the snapshot"],
        ),
        (
            attached(of_aws),
            String::new(),
            ["/RoleDetailList/0/AttachedManagedPolicies", "ReadOnlyAccess` is not in the snapshot"],
        ),
        (boundary, String::new(), ["/RoleDetailList/0/PermissionsBoundary", "cannot be read"]),
        (
            attached(own),
            policies(&[listed(own, r#"{"Statement":[{"Effect":"Maybe"}]}"#)]),
            ["/Policies/0", "/Statement/0/Effect"],
        ),
        (attached(own), policies(&[listed(own, &long_policy())]), ["/Policies/0", "AWS's quota is 6144"]),
        (
            attached(own),
            policies(&[listed(own, ALL), listed(own, &ALL.replace(r#""Action":"*""#, r#""Action":"s3:*""#))]),
            ["/Policies/1", "listed twice with different documents"],
        ),
        (
            r#","AssumeRolePolicyDocument":{"Statement":[]}"#.to_owned(),
            String::new(),
            ["/RoleDetailList/0/AssumeRolePolicyDocument", "at least one statement"],
        ),
    ] {
        let folder = Folder::new("dangling");
        folder.write("snapshot.json", snapshot(&role, &lists));
        refused(&ask(&folder, &[]), &[&says[..], &["snapshot.json", ROLE]].concat());
        let who = [
            "who-can",
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:orders",
            "--snapshot",
            "snapshot.json",
        ];
        let who = run(&folder, &who);
        assert!(who.code == Some(3) && who.out.starts_with("0 principals can"), "{}", who.out);
    }
    let folder = Folder::new("inline");
    let longer = long_policy().replace("s3:GetObject", "s3:GetObjectWithAVeryLongName");
    folder.write("snapshot.json", snapshot("", "").replace(ALL, &longer));
    refused(&ask(&folder, &[]), &["/RoleDetailList/0/RolePolicyList", "AWS's quota is 10240"]);
    let folder = Folder::new("group");
    folder.write("snapshot.json", snapshot("", &user(r#""ops""#)));
    assert_eq!(ask(&folder, &[]).code, Some(0), "the role is not the user");
    let args = [
        "--principal",
        "arn:aws:iam::111122223333:user/ann",
        "--action",
        "sqs:ListQueues",
        "--resource",
        "*",
    ];
    let done = run(&folder, &[&["simulate", "--snapshot", "snapshot.json"], &args[..]].concat());
    refused(&done, &["/UserDetailList/0/GroupList", "group `ops` is not in the snapshot"]);
}

#[test]
fn an_organisation_s_path_with_a_hole_is_refused() {
    let folder = Folder::new("hole");
    folder.write("snapshot.json", snapshot("", ""));
    folder.write("all.json", ALL);
    folder.write("rcp.json", RCP);
    folder.write("long.json", long_policy().replace("s3:GetObject", "s3:GetObjectWithAVeryLongName"));
    folder.write("wrong.json", r#"{"Statement":{"Effect":"Allow","Action":"*"}}"#);
    let whole = ["--scp", "r-ab12=all.json", "r-ab12/ou-1=all.json", "r-ab12/ou-1/111122223333=all.json"];
    assert_eq!(ask(&folder, &whole).code, Some(0));
    for (scp, says) in [
        (&["r-ab12=all.json", "r-ab12/ou-1/111122223333=all.json"][..], "no policy of `r-ab12/ou-1`"),
        (&["r-ab12/ou-1=all.json", "r-ab12/ou-1/111122223333=all.json"], "no policy of `r-ab12`"),
        (&["r-ab12=all.json", "r-ab12/ou-1=all.json"], "no path to the account 111122223333"),
        (&["r-ab12=all.json", "r-ab12/444455556666=all.json"], "no path to the account 111122223333"),
        (&["ou-1=all.json", "ou-1/111122223333=all.json"], "does not begin at the root"),
        (
            &[
                "r-a=all.json",
                "r-a/111122223333=all.json",
                "r-a/ou-1=all.json",
                "r-a/ou-1/111122223333=all.json",
            ],
            "two paths",
        ),
        (&["r-a=all.json", "r-a/111122223333/ou-1=all.json"], "nothing is below the account"),
        (&["o-1/r-a=all.json", "o-2/r-a/111122223333=all.json"], "two organisations"),
        (&["r-a=all.json", "r-a/111122223333=long.json"], "AWS's quota is 10240"),
        (&["r-a=all.json", "r-a/111122223333=wrong.json"], "`wrong.json` is not a policy document"),
        (&["r-a=all.json", "r-a/111122223333=gone.json"], "cannot read `gone.json`"),
    ] {
        refused(&ask(&folder, &[&["--scp"], scp].concat()), &[says]);
    }
    let rcps = ["--rcp", "r-ab12=rcp.json", "r-ab12/444455556666=rcp.json"];
    refused(&ask(&folder, &rcps), &["--rcp has no path to the account 111122223333"]);
    let who = [
        "who-can",
        "sqs:SendMessage",
        "arn:aws:sqs:eu-west-1:111122223333:orders",
        "--snapshot",
        "snapshot.json",
    ];
    let who = run(&folder, &[&who[..], &rcps].concat());
    refused(&who, &["--rcp has no path to the account 111122223333"]);
    for scp in ["r-ab12", "=all.json"] {
        assert_eq!(ask(&folder, &["--scp", scp]).code, Some(2), "{scp}");
    }
}

#[test]
fn a_folder_is_an_organisation_and_a_level_without_policies_a_hole() {
    let folder = Folder::new("scps");
    folder.write("snapshot.json", snapshot("", ""));
    folder.write("scps/r-ab12/FullAWSAccess.json", ALL);
    folder.write("scps/r-ab12/ou-1/notes.txt", "not a policy");
    folder.write("scps/r-ab12/ou-1/111122223333/FullAWSAccess.json", ALL);
    refused(&ask(&folder, &["--scp", "scps"]), &["no policy of `r-ab12/ou-1`"]);
    folder.write("scps/r-ab12/ou-1/FullAWSAccess.json", ALL);
    assert_eq!(ask(&folder, &["--scp", "scps"]).code, Some(0));
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Sid":"NoQueues","Effect":"Deny","Action":"sqs:*","Resource":"*"}]}"#;
    folder.write("scps/r-ab12/ou-1/NoQueues.json", deny);
    let done = ask(&folder, &["--scp", "scps"]);
    assert_eq!(done.code, Some(1));
    assert!(done.out.contains("service control policies of r-ab12/ou-1: explicit deny"), "{}", done.out);
    assert!(done.out.contains("scps/r-ab12/ou-1/NoQueues.json `NoQueues` /Statement/0"), "{}", done.out);
    assert_eq!(ask(&folder, &["--scp", "scps", "--management-account", "111122223333"]).code, Some(0));
    folder.write("scps/stray.json", ALL);
    assert_eq!(ask(&folder, &["--scp", "scps"]).code, Some(2));
}

#[test]
fn only_a_page_of_a_snapshot_does_not_tell_who_can() {
    let folder = Folder::new("page");
    folder.write("snapshot.json", snapshot("", r#","IsTruncated":true"#));
    let args = ["who-can", "sqs:ListQueues", "*", "--snapshot", "snapshot.json"];
    let done = run(&folder, &args);
    assert_eq!(done.code, Some(3), "{}", done.out);
    assert!(done.err.contains("one page of several"), "{}", done.err);
}
