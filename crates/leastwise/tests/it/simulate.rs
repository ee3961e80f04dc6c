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
        (deploy, "dynamodb:GetItem", TABLE, &[], 1, "depends: on aws:requestedregion"),
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
