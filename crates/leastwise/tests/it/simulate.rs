//! `leastwise simulate` on the example account, and what it refuses.

use std::path::{Path, PathBuf};

use crate::support::{Done, Folder, run, text};

const AGENT: &str = "arn:aws:iam::111122223333:role/agents/order-agent";
const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/customer_orders";

fn snapshot() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/account/snapshot.json")
}

fn simulate(folder: &Folder, more: &[&str]) -> Done {
    let snapshot = snapshot();
    let mut args = vec!["simulate", "--snapshot", text(&snapshot)];
    args.extend(more);
    run(folder, &args)
}

fn ask(folder: &Folder, principal: &str, action: &str, resource: &str, more: &[&str]) -> Done {
    let mut args = vec!["--principal", principal, "--action", action, "--resource", resource];
    args.extend(more);
    simulate(folder, &args)
}

#[test]
fn the_exit_code_is_the_answer_and_depends_is_no() {
    let folder = Folder::new("answers");
    let deploy = "arn:aws:iam::111122223333:role/deploy";
    for (principal, action, resource, more, code, verdict) in [
        (AGENT, "dynamodb:GetItem", TABLE, &[][..], 0, "allowed"),
        (
            AGENT,
            "s3:GetObject",
            "arn:aws:s3:::shop-audit/x",
            &["--resource-account", "111122223333"],
            1,
            "denied: explicit deny",
        ),
        (deploy, "dynamodb:GetItem", TABLE, &[], 1, "depends: on aws:RequestedRegion"),
        (deploy, "dynamodb:GetItem", TABLE, &["--context", "aws:RequestedRegion=eu-west-1"], 0, "allowed"),
        (
            deploy,
            "iam:CreateUser",
            "arn:aws:iam::111122223333:user/x",
            &["--complete-context"],
            1,
            "denied: implicit deny",
        ),
    ] {
        let done = ask(&folder, principal, action, resource, more);
        assert_eq!(done.code, Some(code), "{action}: {} {}", done.out, done.err);
        assert!(done.out.starts_with(verdict), "{action}: {}", done.out);
        assert_eq!(done.err, "");
    }
}

#[test]
fn a_request_that_lacks_something_or_names_what_is_not_there_is_exit_3() {
    let folder = Folder::new("lacking");
    for (args, says) in [
        (&["--action", "s3:GetObject", "--resource", TABLE][..], "no principal"),
        (&["--principal", AGENT, "--resource", TABLE], "no action"),
        (&["--principal", AGENT, "--action", "s3:GetObject"], "no resource"),
        (
            &["--principal", AGENT, "--action", "s3:GetObjekt", "--resource", TABLE],
            "did you mean `s3:GetObject`",
        ),
        (
            &[
                "--principal",
                "arn:aws:iam::111122223333:role/nobody",
                "--action",
                "s3:GetObject",
                "--resource",
                TABLE,
            ],
            "is not in the snapshot",
        ),
        (&["--principal", "agent", "--action", "s3:GetObject", "--resource", TABLE], "names no principal"),
        (&["--principal", AGENT, "--action", "s3:GetObject", "--resource", "bucket"], "is not an ARN"),
        (
            &["--principal", AGENT, "--action", "ec2:DescribeInstances", "--resource", TABLE],
            "is not asked on a resource",
        ),
    ] {
        let done = simulate(&folder, args);
        assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{args:?}: {}", done.err);
        assert!(done.err.contains(says), "{args:?}: {}", done.err);
    }
}

#[test]
fn a_decision_as_json_and_as_text_says_why() {
    let folder = Folder::new("reasons");
    let deploy = "arn:aws:iam::111122223333:role/deploy";
    let audit = "arn:aws:s3:::shop-audit/2026/09/trail.json";
    // The snapshot lies elsewhere on every machine.
    folder.write("snapshot.json", std::fs::read(snapshot()).expect("the example"));
    for (name, principal, action, resource, more) in [
        ("explicit-deny", AGENT, "s3:GetObject", audit, &["--resource-account", "111122223333"][..]),
        ("depends", deploy, "dynamodb:GetItem", TABLE, &[]),
        (
            "implicit-deny",
            deploy,
            "iam:CreateUser",
            "arn:aws:iam::111122223333:user/x",
            &["--complete-context"],
        ),
        ("nobody-s-bucket", AGENT, "s3:GetObject", "arn:aws:s3:::shop-catalogue/a", &[]),
        (
            "trust",
            "lambda.amazonaws.com",
            "sts:AssumeRole",
            "arn:aws:iam::111122223333:role/service-role/invoice-renderer",
            &[],
        ),
    ] {
        let mut args = vec!["simulate", "--snapshot", "snapshot.json", "--principal", principal];
        args.extend(["--action", action, "--resource", resource]);
        args.extend(more);
        insta::assert_snapshot!(format!("{name}-text"), run(&folder, &args).out);
        args.extend(["--output", "json"]);
        let done = run(&folder, &args);
        let mut decision: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
        // They change with the catalogue and the evaluator, not with this command.
        (decision["catalog_date"], decision["evaluator"]) = ("2026-11-17".into(), "1".into());
        insta::assert_snapshot!(format!("{name}-json"), format!("{decision:#}"));
    }
}

fn request(principal: &str, action: &str, resource: &str, more: &str) -> String {
    format!(r#"{{"principal":"{principal}","action":"{action}","resource":"{resource}"{more}}}"#)
}

#[test]
fn a_batch_is_decided_in_order_by_any_number_of_threads() {
    let folder = Folder::new("batch");
    let deploy = "arn:aws:iam::111122223333:role/deploy";
    let mut lines = Vec::new();
    for number in 0..9_000 {
        let id = format!(r#","id":{number}"#);
        lines.push(match number % 3 {
            0 => request(AGENT, "dynamodb:GetItem", TABLE, &id),
            1 => request(deploy, "dynamodb:getitem", TABLE, &id),
            _ => request(
                deploy,
                "iam:CreateUser",
                "arn:aws:iam::111122223333:user/x",
                &format!(r#","complete_context":true{id}"#),
            ),
        });
    }
    folder.write("requests.jsonl", lines.join("\n"));
    let one = simulate(&folder, &["--batch", "requests.jsonl", "--threads", "1"]);
    let many = simulate(&folder, &["--batch", "requests.jsonl", "--threads", "7"]);
    assert_eq!((one.code, one.err.as_str()), (Some(0), ""));
    assert_eq!((many.code, &many.out), (Some(0), &one.out));
    let decisions: Vec<serde_json::Value> =
        one.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(decisions.len(), 9_000);
    for (number, decision) in decisions.iter().enumerate() {
        assert_eq!(decision["id"], number);
        assert_eq!(decision["line"], number + 1);
        assert_eq!(decision["decision"], ["allowed", "depends", "denied"][number % 3]);
    }
    assert_eq!(decisions[1]["depends_on"], serde_json::json!(["aws:requestedregion"]));
}

#[test]
fn a_bad_line_has_an_error_and_never_a_decision() {
    let folder = Folder::new("bad-lines");
    let good = request(AGENT, "dynamodb:GetItem", TABLE, "");
    let policy =
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Action":"s3:*","Resource":"*"}]}"#;
    let bad = [
        ("nonsense", "the line is no request"),
        (r#"{"action":"s3:GetObject","resource":"*"}"#, "no principal"),
        (&request(AGENT, "dynamodb:GetItems", TABLE, ""), "unknown action `dynamodb:GetItems`"),
        (&request(AGENT, "", TABLE, ""), "no action"),
        (&request(AGENT, "dynamodb:GetItem", "", ""), "no resource"),
        (&request(AGENT, "dynamodb:GetItem", TABLE, r#","contxt":{}"#), "unknown field `contxt`"),
        (&request(AGENT, "dynamodb:GetItem", TABLE, r#","context":{"a:b":"1","A:B":"2"}"#), "stands twice"),
        (
            &request(AGENT, "dynamodb:GetItem", TABLE, r#","context":{"a:b":{}}"#),
            "a value or a list of values",
        ),
        (
            &request(AGENT, "dynamodb:GetItem", TABLE, r#","resource_account":"444455556666""#),
            "belongs to 111122223333",
        ),
        (
            &request(AGENT, "s3:GetObject", "arn:aws:s3:::b/k", &format!(r#","resource_policy":{policy}"#)),
            "/Statement/0/Action",
        ),
        (
            &request("arn:aws:iam::111122223333:role/nobody", "dynamodb:GetItem", TABLE, ""),
            "is not in the snapshot",
        ),
        (&format!("{}{good}", " ".repeat(1 << 20)), "longer than 1 MiB"),
    ];
    let mut lines = vec![good.clone()];
    lines.extend(bad.iter().map(|(line, _)| (*line).to_owned()));
    lines.push(good);
    let done = {
        let snapshot = snapshot();
        let args = ["simulate", "--snapshot", text(&snapshot), "--batch", "-"];
        crate::support::run_with_input(&folder, &args, lines.join("\r\n").as_bytes())
    };
    assert_eq!(done.code, Some(3));
    assert!(done.err.contains("12 of 14 requests could not be decided on"), "{}", done.err);
    let decisions: Vec<serde_json::Value> =
        done.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(decisions.len(), 14);
    for (decision, (line, says)) in decisions[1..].iter().zip(bad) {
        let error = decision["error"].as_str().unwrap_or_default();
        assert!(decision.get("decision").is_none() && error.contains(says), "{line}: {decision}");
    }
    assert!(decisions[0]["decision"] == "allowed" && decisions[13]["decision"] == "allowed");
}

#[test]
fn the_account_of_a_batch_is_for_resources_that_do_not_say_theirs() {
    let folder = Folder::new("batch-account");
    let queue = "arn:aws:sqs:eu-west-1:444455556666:orders";
    let lines = [
        request(AGENT, "s3:GetObject", "arn:aws:s3:::shop-catalogue/x", ""),
        request(
            AGENT,
            "s3:GetObject",
            "arn:aws:s3:::shop-catalogue/x",
            r#","resource_account":"444455556666""#,
        ),
        request(AGENT, "sqs:SendMessage", queue, ""),
    ];
    folder.write("requests.jsonl", lines.join("\n"));
    let done = simulate(&folder, &["--batch", "requests.jsonl", "--resource-account", "111122223333"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let decisions: Vec<bool> =
        done.out.lines().map(|line| line.contains(r#""decision":"allowed""#)).collect();
    assert_eq!(decisions, [true, false, false]);
    folder.write("policy.json", "{}");
    let policy = simulate(&folder, &["--batch", "requests.jsonl", "--resource-policy", "policy.json"]);
    assert_eq!((policy.code, policy.out.as_str()), (Some(2), ""), "{}", policy.err);
}

#[test]
fn a_batch_gives_reasons_when_asked() {
    let folder = Folder::new("batch-reasons");
    folder.write("requests.jsonl", request(AGENT, "s3:GetObject", "arn:aws:s3:::shop-audit/x", ""));
    let done = simulate(&folder, &["--batch", "requests.jsonl", "--reasons"]);
    let decision: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(decision["changes"].as_array().map(Vec::len), Some(2));
    assert_eq!(decision["by"][0]["sid"], "NeverTouchTheAuditTrail");
}

#[test]
fn who_can_lists_everybody_that_can_and_apart_those_that_perhaps_can() {
    let folder = Folder::new("who-can");
    folder.write("snapshot.json", std::fs::read(snapshot()).expect("the example"));
    let args = ["who-can", "dynamodb:GetItem", TABLE, "--snapshot", "snapshot.json"];
    let done = run(&folder, &args);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    insta::assert_snapshot!("who-can-text", done.out);
    let done = run(&folder, &[&args[..], &["--output", "json"]].concat());
    let found: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    let of = |list: &str| found[list].as_array().map_or(0, Vec::len);
    assert_eq!((of("allowed"), of("depends"), of("undecided")), (3, 1, 0));
    assert_eq!(
        (&found["denied"], &found["depends"][0]["allowed_with"]["aws:RequestedRegion"][0]),
        (&2.into(), &"eu-west-1".into())
    );
    let known = run(&folder, &[&args[..], &["--context", "aws:RequestedRegion=us-east-1"]].concat());
    assert!(known.out.starts_with("3 principals can") && !known.out.contains("perhaps"), "{}", known.out);
    let unknown = run(&folder, &["who-can", "dynamodb:GetItem", "table", "--snapshot", "snapshot.json"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(3), ""));
}

#[test]
fn what_can_lists_actions_with_their_resources_limits_and_exceptions() {
    let folder = Folder::new("what-can");
    folder.write("snapshot.json", std::fs::read(snapshot()).expect("the example"));
    let what = |principal: &str, more: &[&str]| {
        run(&folder, &[&["what-can", principal, "--snapshot", "snapshot.json"], more].concat())
    };
    let deploy = "arn:aws:iam::111122223333:role/deploy";
    let mut text = String::new();
    for (principal, actions) in
        [(AGENT, &["s3:GetObject", "s3:*Bucket", "sqs:*Message"][..]), (deploy, &["iam:*", "sqs:*"])]
    {
        let done = what(principal, &[&["--action"], actions].concat());
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
        text.push_str(&done.out);
    }
    insta::assert_snapshot!("what-can-text", text);
    let done = what(
        deploy,
        &["--action", "sqs:DeleteQueue", "--output", "json", "--context", "aws:RequestedRegion=eu-west-1"],
    );
    let can: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    let group = &can["groups"][0];
    assert_eq!(group["actions"][0]["action"], "sqs:DeleteQueue");
    assert_eq!(
        (&group["actions"][0]["destructive"], &group["limits"]),
        (&true.into(), &serde_json::json!([]))
    );
    let elsewhere = what(deploy, &["--action", "sqs:*", "--context", "aws:RequestedRegion=us-east-1"]);
    assert!(elsewhere.out.contains("role/deploy can 0 actions"), "{}", elsewhere.out);
    for (principal, more, code) in [
        ("arn:aws:iam::111122223333:role/nobody", &[][..], 3),
        ("lambda.amazonaws.com", &[], 3),
        (deploy, &["--action", "sqs:Fly"], 3),
        (deploy, &["--resource-policy", "snapshot.json"], 2),
    ] {
        let done = what(principal, more);
        assert_eq!((done.code, done.out.as_str()), (Some(code), ""), "{}", done.err);
    }
}

/// Every action of a group is allowed on each of its plain resources, as `simulate` decides; whatever is not listed
/// is denied.
#[test]
fn what_can_and_simulate_say_the_same() {
    let folder = Folder::new("same");
    let analyst = "arn:aws:iam::111122223333:user/analyst";
    let snapshot = snapshot();
    let done = run(&folder, &["what-can", analyst, "--snapshot", text(&snapshot), "--output", "json"]);
    let can: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    let (mut lines, mut listed) = (Vec::new(), Vec::new());
    for group in can["groups"].as_array().expect("groups") {
        assert!(group["limits"].as_array().is_some_and(Vec::is_empty), "{group}");
        for action in group["actions"].as_array().expect("actions") {
            let action = action["action"].as_str().expect("a name");
            listed.push(action.to_owned());
            for resource in group["allows"]
                .as_array()
                .expect("grants")
                .iter()
                .flat_map(|grant| grant["resources"].as_array())
                .flatten()
            {
                let resource = resource.as_str().expect("a pattern");
                lines.push(request(analyst, action, resource, r#","resource_account":"111122223333""#));
            }
        }
    }
    let allowed = lines.len();
    assert!(allowed > 20, "{allowed}");
    for action in
        ["s3:DeleteBucket", "iam:CreateUser", "dynamodb:PutItem", "lambda:InvokeFunction", "glue:DeleteTable"]
    {
        if !listed.iter().any(|known| known == action) {
            lines.push(request(analyst, action, "*", r#","resource_account":"111122223333""#));
        }
    }
    folder.write("requests.jsonl", lines.join("\n"));
    let done = simulate(&folder, &["--batch", "requests.jsonl"]);
    for (number, line) in done.out.lines().enumerate() {
        let decision: serde_json::Value = serde_json::from_str(line).expect("JSON");
        // The key's own policy is not in the snapshot.
        let expected =
            if number < allowed && !lines[number].contains("\"kms:") { "allowed" } else { "denied" };
        assert_eq!(decision["decision"], expected, "{}", lines[number]);
    }
}
