//! What a snapshot tells of names that the log leaves short: from the log to the policy, its proof and its report.

use serde_json::{Value, json};

use crate::support::{Done, Folder, run};

const DEPLOY: &str = "arn:aws:iam::111122223333:role/deploy";

/// One call of the role `deploy` of an account.
fn call(id: u32, account: &str, source: &str, name: &str, parameters: Value) -> Value {
    json!({
        "eventVersion": "1.11", "eventType": "AwsApiCall", "eventCategory": "Management",
        "userIdentity": {"type": "AssumedRole", "arn": format!("arn:aws:sts::{account}:assumed-role/deploy/s"),
            "accountId": account, "sessionContext": {"sessionIssuer": {"type": "Role",
            "arn": format!("arn:aws:iam::{account}:role/deploy")}}},
        "eventTime": format!("2026-10-{id:02}T08:00:00Z"), "eventSource": format!("{source}.amazonaws.com"),
        "eventName": name, "awsRegion": "eu-west-1", "eventID": format!("00000000-0000-4000-a000-{id:012}"),
        "requestParameters": parameters, "recipientAccountId": account,
    })
}

fn launch(id: u32, account: &str, profile: &str) -> Value {
    call(id, account, "ec2", "RunInstances", json!({"iamInstanceProfile": {"name": profile}}))
}

/// An account in which `deploy` may do everything, with a role in the instance profile `web-node`.
fn snapshot(account: &str, role: &str) -> Value {
    let role = format!("arn:aws:iam::{account}:role/{role}");
    let name = role.rsplit('/').next().expect("a name");
    let all =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    json!({"RoleDetailList": [
        {"RoleName": "deploy", "Path": "/", "Arn": format!("arn:aws:iam::{account}:role/deploy"),
            "RolePolicyList": [{"PolicyName": "all", "PolicyDocument": all}]},
        {"RoleName": name, "Arn": role, "CreateDate": "2025-01-01T00:00:00+00:00", "InstanceProfileList": [
            {"Arn": format!("arn:aws:iam::{account}:instance-profile/nodes/web-node"),
                "CreateDate": "2025-01-01T00:00:00+00:00", "Roles": [{"Arn": role}]}]},
    ]})
}

fn folder(name: &str, records: &[Value], snapshots: &[(&str, Value)]) -> Folder {
    let folder = Folder::new(name);
    folder.write("log.json", json!({ "Records": records }).to_string());
    for (file, snapshot) in snapshots {
        folder.write(file, snapshot.to_string());
    }
    folder
}

fn deploy(folder: &Folder, more: &[&str]) -> Done {
    let args = ["rightsize", "log.json", "--principal", DEPLOY, "--out", "iam", "--proof", "p.json"];
    run(folder, &[&args, more].concat())
}

fn verify(folder: &Folder, more: &[&str]) -> Done {
    run(
        folder,
        &[&["verify", "p.json", "--policy", "iam/deploy-1.json", "--logs", "log.json"], more].concat(),
    )
}

/// The resources on which the policy in a file allows an action.
fn resources(folder: &Folder, file: &str, action: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.0.join(file)).expect("a policy");
    let policy: Value = serde_json::from_str(&text).expect("JSON");
    let texts = |value: &Value| match value {
        Value::Array(list) => list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        one => vec![one.as_str().unwrap_or_default().to_owned()],
    };
    let statements = policy["Statement"].as_array().expect("statements").iter();
    let about = statements.filter(|statement| texts(&statement["Action"]).iter().any(|one| one == action));
    about.flat_map(|statement| texts(&statement["Resource"])).collect()
}

#[test]
fn the_role_in_a_profile_and_the_path_of_a_name_come_from_the_snapshot_and_are_proved() {
    let records = [
        launch(1, "111122223333", "web-node"),
        call(2, "111122223333", "iam", "GetRole", json!({"roleName": "web"})),
    ];
    let folder = folder("names", &records, &[("s.json", snapshot("111122223333", "app/web"))]);
    let done = deploy(&folder, &["--granted", "s.json", "--report", "r.md"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    for action in ["iam:PassRole", "iam:GetRole"] {
        let resources = resources(&folder, "iam/deploy-1.json", action);
        assert_eq!(resources, ["arn:aws:iam::111122223333:role/app/web"], "{action}");
    }
    assert!(done.err.contains("the log names the instance profile `web-node`"), "{}", done.err);
    let report = std::fs::read_to_string(folder.0.join("r.md")).expect("a report");
    assert!(report.contains("instance profile") && report.contains("name without path"), "{report}");

    let done = verify(&folder, &["--granted", "s.json"]);
    assert_eq!(done.code, Some(0), "{}\n{}", done.out, done.err);
    assert!(done.out.contains("2 names as in the snapshot"), "{}", done.out);
    let done = verify(&folder, &[]);
    assert_eq!(done.code, Some(0), "{}\n{}", done.out, done.err);
    assert!(done.out.contains("not checked without the snapshot; 2 names"), "{}", done.out);
    // Another role was put into the profile since: what the proof says is not so any more.
    let swapped = snapshot("111122223333", "app/other");
    folder.write("later.json", swapped.to_string());
    let done = verify(&folder, &["--granted", "later.json"]);
    assert_eq!(done.code, Some(1), "{}\n{}", done.out, done.err);
    assert!(done.err.contains("does not hold: names"), "{}", done.err);
}

#[test]
fn without_a_snapshot_passing_stays_wide_and_names_are_called_a_guess() {
    let records = [
        launch(1, "111122223333", "web-node"),
        call(2, "111122223333", "iam", "GetRole", json!({"roleName": "web"})),
    ];
    let folder = folder("no-names", &records, &[]);
    let done = deploy(&folder, &[]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(resources(&folder, "iam/deploy-1.json", "iam:PassRole"), ["arn:aws:iam::111122223333:role/*"]);
    assert_eq!(
        resources(&folder, "iam/deploy-1.json", "iam:GetRole"),
        ["arn:aws:iam::111122223333:role/web"]
    );
    for told in ["written as if it had none", "the instance profile `web-node` and not the role in it"] {
        assert!(done.err.contains(told), "{}", done.err);
    }
    let done = verify(&folder, &[]);
    assert_eq!(done.code, Some(0), "{}\n{}", done.out, done.err);
}

#[test]
fn a_profile_that_somebody_changed_stays_wide() {
    let change = json!({"instanceProfileName": "web-node", "roleName": "web"});
    let mut change = call(2, "111122223333", "iam", "AddRoleToInstanceProfile", change);
    change["userIdentity"] = json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ops",
        "accountId": "111122223333"});
    let records = [launch(1, "111122223333", "web-node"), change];
    let folder = folder("changed-profile", &records, &[("s.json", snapshot("111122223333", "app/web"))]);
    let done = deploy(&folder, &["--granted", "s.json"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(resources(&folder, "iam/deploy-1.json", "iam:PassRole"), ["arn:aws:iam::111122223333:role/*"]);
    assert!(done.err.contains("what it holds was changed since its first use here"), "{}", done.err);
    assert_eq!(verify(&folder, &["--granted", "s.json"]).code, Some(0));
}

#[test]
fn each_account_has_profiles_of_its_own() {
    let accounts = [("111122223333", "app/web"), ("444455556666", "other/node")];
    let records: Vec<Value> =
        (1..).zip(accounts).map(|(id, (account, _))| launch(id, account, "web-node")).collect();
    let snapshots = accounts.map(|(account, role)| snapshot(account, role));
    let [first, second] = snapshots;
    let folder = folder("two-accounts", &records, &[("a.json", first), ("b.json", second)]);
    let both = ["--granted", "a.json", "--granted", "b.json"];
    let all = ["rightsize", "log.json", "--all", "--out", "out"];
    let done = run(&folder, &[&all[..], &both].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    for (account, role) in accounts {
        let policy = format!("out/{account}/deploy-1.json");
        let passed = resources(&folder, &policy, "iam:PassRole");
        assert_eq!(passed, [format!("arn:aws:iam::{account}:role/{role}")]);
        let proof = format!("out/{account}/deploy.proof.json");
        let args = ["verify", &proof, "--policy", &policy, "--logs", "log.json"];
        let done = run(&folder, &[&args[..], &both].concat());
        assert_eq!(done.code, Some(0), "{}\n{}", done.out, done.err);
        assert!(done.out.contains("1 name as in the snapshot"), "{}", done.out);
    }
}

#[test]
fn a_proof_about_a_user_that_moved_holds_with_the_snapshot() {
    let account = "111122223333";
    let get = call(1, account, "iam", "GetUser", json!({"userName": "ana"}));
    let moves = call(2, account, "iam", "UpdateUser", json!({"userName": "ana", "newPath": "/left/"}));
    let mut listed = snapshot(account, "app/web");
    listed["UserDetailList"] = json!([{"UserName": "ana", "Path": "/left/",
        "Arn": format!("arn:aws:iam::{account}:user/left/ana"), "CreateDate": "2025-01-01T00:00:00+00:00"}]);
    let folder = folder("names-moved", &[get, moves], &[("s.json", listed)]);
    let done = deploy(&folder, &["--granted", "s.json"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let proof = std::fs::read_to_string(folder.0.join("p.json")).expect("it was written");
    let proof: Value = serde_json::from_str(&proof).expect("JSON");
    assert_eq!(proof["names"][0]["both"], true, "{}", proof["names"]);
    let done = verify(&folder, &["--granted", "s.json"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
}

#[test]
fn a_role_that_the_log_makes_has_its_path_and_verify_finds_that_out_again() {
    let account = "111122223333";
    let create = json!({"roleName": "bot", "path": "/agents/", "assumeRolePolicyDocument": "{}"});
    let mut create = call(1, account, "iam", "CreateRole", create);
    create["userIdentity"] = json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ops",
        "accountId": "111122223333"});
    let records = [create, call(2, account, "iam", "TagRole", json!({"roleName": "bot", "tags": []}))];
    let folder = folder("names-made", &records, &[]);
    let done = deploy(&folder, &[]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("written as the logs show it to be made"), "{}", done.err);
    let tagged = resources(&folder, "iam/deploy-1.json", "iam:TagRole");
    assert_eq!(tagged, ["arn:aws:iam::111122223333:role/agents/bot"]);
    let proof = std::fs::read_to_string(folder.0.join("p.json")).expect("it was written");
    let names: Value = serde_json::from_str(&proof).expect("JSON");
    assert_eq!(names["names"][0]["by"], "creation", "{proof}");
    let done = verify(&folder, &[]);
    assert_eq!(done.code, Some(0), "{}\n{}", done.out, done.err);
    assert!(done.out.contains("1 name with the path that these logs show"), "{}", done.out);
    assert!(!done.out.contains("what a snapshot told"), "{}", done.out);
    // What was saved of the logs tells the same.
    run(&folder, &["usage", "log.json", "--save", "u.lwu", "--output", "none"]);
    let saved = ["verify", "p.json", "--policy", "iam/deploy-1.json", "--logs", "u.lwu"];
    let done = run(&folder, &saved);
    assert!(done.out.contains("1 name with the path that these logs show"), "{}\n{}", done.out, done.err);
}
