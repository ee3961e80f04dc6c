//! `leastwise paths`: exit codes, formats, bad input, names of others.

use crate::support::{Done, Folder, run, text};
use serde_json::{Value, json};

fn snapshot(users: Value, roles: Value) -> String {
    json!({"UserDetailList": users, "RoleDetailList": roles, "GroupDetailList": [], "Policies": []})
        .to_string()
}

fn policy(action: Value) -> Value {
    json!([{"PolicyName": "own", "PolicyDocument":
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}}])
}

fn user(name: &str, action: Value) -> Value {
    json!({"UserName": name, "Arn": format!("arn:aws:iam::111122223333:user/{name}"), "Path": "/",
        "UserPolicyList": policy(action)})
}

/// Somebody who can make keys for an admin, and the admin.
fn exploitable() -> String {
    snapshot(json!([user("attacker", json!("iam:CreateAccessKey")), user("boss", json!("*"))]), json!([]))
}

fn paths(folder: &Folder, snapshot: &str, args: &[&str]) -> Done {
    let file = folder.write("snapshot.json", snapshot);
    let mut all = vec!["paths", "--snapshot", text(&file)];
    all.extend_from_slice(args);
    run(folder, &all)
}

#[test]
fn the_exit_code_says_whether_somebody_has_a_path() {
    let folder = Folder::new("paths-exit");
    let found = paths(&folder, &exploitable(), &[]);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(
        found.out.contains("iam-002")
            && found.out.contains("/UserDetailList/0/UserPolicyList/0/PolicyDocument/Statement/0")
    );
    let harmless = snapshot(json!([user("reader", json!("s3:GetObject"))]), json!([]));
    assert_eq!(paths(&folder, &harmless, &[]).code, Some(0));
    assert_eq!(
        paths(&folder, &exploitable(), &["--from", "arn:aws:iam::111122223333:user/boss"]).code,
        Some(0)
    );
    assert_eq!(paths(&folder, &exploitable(), &["--to", "nobody"]).code, Some(2));
    let nobody = paths(&folder, &exploitable(), &["--from", "arn:aws:iam::111122223333:user/bos"]);
    assert!(nobody.code == Some(3) && nobody.err.contains("user/boss"), "{nobody:?}");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_looked_at() {
    let folder = Folder::new("paths-unreadable");
    let mut broken = user("broken", json!("*"));
    broken["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Effect"] = json!("Maybe");
    let text = snapshot(
        json!([broken, user("attacker", json!("iam:CreateAccessKey")), user("boss", json!("*"))]),
        json!([]),
    );
    let found = paths(&folder, &text, &[]);
    assert_eq!(found.code, Some(3), "{found:?}");
    assert!(found.out.contains("user/attacker") && found.out.contains("unreadable"), "{found:?}");
    assert_eq!(paths(&folder, &text, &["--allow-unreadable"]).code, Some(1));
    assert_eq!(paths(&folder, "{", &[]).code, Some(3));
}

#[test]
fn every_format_is_what_it_says_whatever_a_name_holds() {
    let folder = Folder::new("paths-formats");
    let name = r#"<b>"x" --> y\n"#;
    let mut roles = json!([{"RoleName": "r", "Arn": format!("arn:aws:iam::111122223333:role/{name}"), "Path": "/",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement":
            [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]}}]);
    roles[0]["RolePolicyList"] = policy(json!("*"));
    let text = snapshot(json!([user("attacker", json!("sts:AssumeRole"))]), roles);
    let print = |format: &str| {
        let done = paths(&folder, &text, &["--output", format]);
        assert_eq!(done.code, Some(1), "{done:?}");
        done.out
    };
    let whole: Value = serde_json::from_str(&print("json")).unwrap();
    assert_eq!(whole["schema"], "leastwise/paths/1");
    assert_eq!(whole["paths"][0]["steps"][0]["ids"], json!(["sts-001"]));
    let svg = print("svg");
    assert!(
        svg.contains("prefers-color-scheme") && !svg.contains("<b>") && svg.contains("&lt;b&gt;"),
        "{svg}"
    );
    assert!(print("dot").contains(r#"<b>\"x\" --> y\\n"#));
    assert!(!print("mermaid").contains("<b>"));
    assert_eq!(print("table"), print("table"));
}

#[test]
fn what_runs_as_a_role_can_be_listed() {
    let folder = Folder::new("paths-workloads");
    let roles = json!([{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r", "Path": "/", "RolePolicyList": policy(json!("*")),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement":
            [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}]);
    let account = snapshot(json!([user("attacker", json!("lambda:UpdateFunctionCode"))]), roles);
    assert!(paths(&folder, &account, &[]).out.contains("assumed"));
    let listed = |role: &str| {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:f";
        let list = json!([{"arn": arn, "service": "lambda.amazonaws.com", "role": role}]).to_string();
        let file = folder.write("workloads.json", list);
        paths(&folder, &account, &["--workloads", text(&file)])
    };
    let sure = listed("arn:aws:iam::111122223333:role/r");
    assert!(sure.code == Some(1) && sure.out.contains("sure") && sure.out.contains("function:f"), "{sure:?}");
    assert_eq!(listed("arn:aws:iam::111122223333:role/other").code, Some(0));
    let file = folder.write("workloads.json", "{}");
    assert_eq!(paths(&folder, &account, &["--workloads", text(&file)]).code, Some(3));
}

#[test]
fn paths_begin_outside_when_that_is_asked_for() {
    let folder = Folder::new("paths-outside");
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"},
        "Condition": {"StringEquals": {"gitlab.com:sub": "project_path:example/shop:ref_type:branch:ref:main"}}}]});
    let roles = json!([{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r", "Path": "/",
        "RolePolicyList": policy(json!("*")), "AssumeRolePolicyDocument": trust}]);
    let account = snapshot(json!([]), roles);
    let unasked = paths(&folder, &account, &[]);
    assert!(
        unasked.code == Some(0) && unasked.out.contains("1 identity of a provider has a path too"),
        "{unasked:?}"
    );
    let source = "oidc:gitlab.com#project_path:example/shop:ref_type:branch:ref:main";
    for from in ["outside", "oidc:gitlab.com", source] {
        let found = paths(&folder, &account, &["--from", from]);
        assert!(found.code == Some(1) && found.out.contains("sts-web-identity"), "{found:?}");
        assert!(found.out.contains("gitlab.com:sub = project_path:example/shop"), "{found:?}");
    }
    let other = "oidc:gitlab.com#project_path:example/shop:ref_type:branch:ref:other";
    for from in ["anybody", "oidc:app.terraform.io", other] {
        assert_eq!(paths(&folder, &account, &["--from", from]).code, Some(0), "{from}");
    }
}
