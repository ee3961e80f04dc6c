//! Every layer has its flag, can deny, and is named when it does; within and across accounts.

use crate::support::{Done, Folder, run};

const ROLE: &str = "arn:aws:iam::111122223333:role/agent";
const OBJECT: &str = "arn:aws:s3:::reports/2026.csv";

/// A document that allows all, or nothing but EC2.
fn document(principal: bool, action: &str) -> String {
    let principal = if principal { r#""Principal":"*","# } else { "" };
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"One","Effect":"Allow",{principal}"Action":"{action}","Resource":"*"}}]}}"#
    )
}

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/agent"},"Action":"sts:AssumeRole"}]}"#;
    let snapshot = |role: &str, account: &str, more: &str| {
        let all = document(false, "*");
        format!(
            r#"{{"RoleDetailList":[{{"Path":"/","RoleName":"{role}","Arn":"arn:aws:iam::{account}:role/{role}","Tags":[{{"Key":"team","Value":"blue"}}],"AssumeRolePolicyDocument":{trust},"RolePolicyList":[{{"PolicyName":"all","PolicyDocument":{all}}}]{more}}}]}}"#
        )
    };
    folder.write("snapshot.json", snapshot("agent", "111122223333", ""));
    folder.write("other.json", snapshot("other", "444455556666", ""));
    for (kind, action) in [("all", "*"), ("ec2", "ec2:*")] {
        folder.write(&format!("{kind}.json"), document(false, action));
        folder.write(&format!("{kind}-for-everybody.json"), document(true, action));
    }
    folder
}

fn ask(folder: &Folder, more: &[&str]) -> Done {
    let args = ["simulate", "--snapshot", "snapshot.json", "other.json", "--principal", ROLE];
    run(folder, &[&args[..], more].concat())
}

#[test]
fn every_layer_has_a_flag_and_can_deny() {
    let folder = folder("flags");
    let get = ["--action", "s3:GetObject", "--resource", OBJECT, "--resource-account"];
    for (flags, layer) in [
        (&["--session-policy", "@.json"][..], "session policies"),
        (&["--endpoint-policy", "@-for-everybody.json"], "VPC endpoint policy"),
        (&["--scp", "r-1=@.json", "r-1/111122223333=all.json"], "service control policies"),
        (&["--scp", "r-1=all.json", "r-1/111122223333=@.json"], "service control policies"),
        (
            &["--rcp", "r-1=@-for-everybody.json", "r-1/111122223333=all-for-everybody.json"],
            "resource control policies",
        ),
    ] {
        let with = |kind: &str| -> Done {
            let flags: Vec<String> = flags.iter().map(|flag| flag.replace('@', kind)).collect();
            let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
            ask(&folder, &[&get[..], &["111122223333"], &flags].concat())
        };
        let (all, ec2) = (with("all"), with("ec2"));
        assert_eq!((all.code, ec2.code), (Some(0), Some(1)), "{flags:?}: {}{}", all.out, ec2.err);
        let said = format!("denied: implicit deny, nothing allows it in {layer}");
        assert!(ec2.out.starts_with(&said), "{flags:?}: {}", ec2.out);
        assert!(ec2.out.contains("what would allow it"), "{}", ec2.out);
    }
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let folder = folder("across");
    let get = ["--action", "s3:GetObject", "--resource", OBJECT];
    let of = |account: &'static str, more: &[&'static str]| {
        ask(&folder, &[&get[..], &["--resource-account", account], more].concat()).code
    };
    assert_eq!(of("111122223333", &[]), Some(0));
    assert_eq!(of("444455556666", &[]), Some(1));
    assert_eq!(of("444455556666", &["--resource-policy", "ec2-for-everybody.json"]), Some(1));
    assert_eq!(of("444455556666", &["--resource-policy", "all-for-everybody.json"]), Some(0));
    let unsaid = ask(&folder, &get);
    assert_eq!(unsaid.code, Some(1), "nobody says whose it is");
    assert!(
        unsaid.out.contains("with --resource-account 111122223333 the answer is: allowed"),
        "{}",
        unsaid.out
    );
    let queue = ["--action", "sqs:SendMessage", "--resource", "arn:aws:sqs:eu-west-1:444455556666:orders"];
    assert_eq!(ask(&folder, &queue).code, Some(1), "the ARN says whose it is");
    let every = ["--action", "s3:GetObject", "--resource", "*"];
    assert_eq!(ask(&folder, &every).code, Some(1), "every object is also that of others");
}

#[test]
fn a_role_is_assumed_by_its_trust_policy_and_a_key_is_used_by_its_own() {
    let folder = folder("trust");
    let assume = |role: &'static str| ask(&folder, &["--action", "sts:AssumeRole", "--resource", role]);
    assert_eq!(assume("arn:aws:iam::444455556666:role/other").code, Some(0));
    let unknown = assume("arn:aws:iam::111122223333:role/unknown");
    assert!(unknown.code == Some(1) && unknown.out.contains("has no policy here"), "{}", unknown.out);
    let key = ["--action", "kms:Decrypt", "--resource", "arn:aws:kms:eu-west-1:111122223333:key/1"];
    assert_eq!(ask(&folder, &key).code, Some(1));
    let with_policy = [&key[..], &["--resource-policy", "all-for-everybody.json"]].concat();
    assert_eq!(ask(&folder, &with_policy).code, Some(0));
    assert_eq!(ask(&folder, &["--action", "kms:ListKeys", "--resource", "*"]).code, Some(0));
    let every_key = ["--action", "kms:Decrypt", "--resource", "*", "--resource-account", "111122223333"];
    assert_eq!(ask(&folder, &every_key).code, Some(1), "no key says so");
}

#[test]
fn a_session_is_its_role_and_the_root_user_needs_no_policy() {
    let folder = folder("sessions");
    let by = |principal: &str, more: &[&str]| {
        let args = ["simulate", "--snapshot", "snapshot.json", "--principal", principal];
        let ask = ["--action", "sqs:SendMessage", "--resource", "arn:aws:sqs:eu-west-1:111122223333:orders"];
        run(&folder, &[&args[..], &ask, more].concat())
    };
    let session = by("arn:aws:sts::111122223333:assumed-role/agent/deploy", &[]);
    assert_eq!(session.code, Some(0), "{}", session.err);
    assert!(session.out.contains("role/agent, in session deploy"), "{}", session.out);
    assert!(session.out.contains("aws:PrincipalTag/team = blue"), "{}", session.out);
    assert_eq!(by("arn:aws:iam::111122223333:root", &[]).code, Some(0));
    assert_eq!(by("lambda.amazonaws.com", &[]).code, Some(1));
    for (principal, more) in [
        ("lambda.example.com", &[][..]),
        ("arn:aws:sts::111122223333:federated-user/bob", &[]),
        ("arn:aws:sts::111122223333:assumed-role/agent/deploy", &["--session-name", "other"]),
        ("arn:aws:sts::111122223333:assumed-role/nobody/deploy", &[]),
        ("arn:aws:iam::111122223333:role/*", &[]),
    ] {
        let done = by(principal, more);
        assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{principal}");
    }
}

#[test]
fn who_can_names_those_that_only_the_resource_s_policy_knows() {
    let folder = folder("named");
    let partner = document(true, "s3:*")
        .replace(r#""Principal":"*""#, r#""Principal":{"AWS":["555566667777","444455556666"]}"#);
    folder.write("bucket.json", partner);
    let args = ["who-can", "s3:GetObject", OBJECT, "--snapshot", "snapshot.json", "other.json"];
    let done = run(
        &folder,
        &[&args[..], &["--resource-account", "111122223333", "--resource-policy", "bucket.json"]].concat(),
    );
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.starts_with("2 principals can"), "{}", done.out);
    assert!(
        done.out.contains("an Allow for `555566667777`") && !done.out.contains("`444455556666`"),
        "{}",
        done.out
    );
}

#[test]
fn the_organisation_is_known_from_the_path_to_the_principal_and_from_no_other() {
    let folder = folder("organisation");
    let mine = document(false, "*").replace(
        r#""Resource":"*""#,
        r#""Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-shop"}}"#,
    );
    let snapshot = std::fs::read_to_string(folder.0.join("snapshot.json")).expect("written");
    folder.write("snapshot.json", snapshot.replace(&document(false, "*"), &mine));
    let get = ["--action", "sqs:SendMessage", "--resource", "arn:aws:sqs:eu-west-1:444455556666:orders"];
    let with = |more: &[&str]| {
        ask(&folder, &[&get[..], &["--resource-policy", "all-for-everybody.json"], more].concat())
    };
    let of_resource =
        ["--rcp", "o-shop/r-1=all-for-everybody.json", "o-shop/r-1/444455556666=all-for-everybody.json"];
    let done = with(&of_resource);
    assert!(done.out.starts_with("depends: on aws:PrincipalOrgID"), "{}", done.out);
    let of_principal = ["--scp", "o-shop/r-1=all.json", "o-shop/r-1/111122223333=all.json"];
    assert_eq!(with(&of_principal).code, Some(0));
    let elsewhere =
        with(&of_principal.map(|flag| flag.replace("o-shop", "o-other")).each_ref().map(String::as_str));
    assert!(elsewhere.out.starts_with("denied: implicit deny"), "{}", elsewhere.out);
}

#[test]
fn without_a_snapshot_nobody_knows_what_is_granted() {
    let folder = folder("no-snapshot");
    let args = ["simulate", "--principal", ROLE, "--action", "sqs:ListQueues", "--resource", "*"];
    let done = run(&folder, &args);
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    assert!(done.err.contains("give --snapshot FILE"), "{}", done.err);
}
