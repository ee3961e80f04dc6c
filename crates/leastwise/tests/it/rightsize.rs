//! `leastwise rightsize` and `leastwise verify` on the example account, and what they refuse.

mod keep;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Done, Folder, event, log, run, text};
use serde_json::Value;

const AGENT: &str = "arn:aws:iam::111122223333:role/agents/order-agent";
/// Test 1 of RFC 8032, section 7.1, in the wrapping of RFC 8410; a published key, used for nothing.
const KEY: (&str, &str) = ("PRIVATE", "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g");
const PUBLIC: (&str, &str) = ("PUBLIC", "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
/// Test 2.
const OTHER_PUBLIC: (&str, &str) = ("PUBLIC", "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=");

fn pem((kind, base64): (&str, &str)) -> String {
    format!("-----BEGIN {kind} KEY-----\n{base64}\n-----END {kind} KEY-----\n")
}

fn account(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/account").join(name)
}

fn rightsize(folder: &Folder, more: &[&str]) -> Done {
    let (logs, snapshot) = (account("logs"), account("snapshot.json"));
    let mut args = vec!["rightsize", text(&logs), "--granted", text(&snapshot)];
    args.extend(more);
    run(folder, &args)
}

fn agent(folder: &Folder, more: &[&str]) -> Done {
    let mut args = vec!["--principal", AGENT, "--width", "prefix"];
    args.extend(more);
    rightsize(folder, &args)
}

fn verify(folder: &Folder, more: &[&str]) -> Done {
    let logs = account("logs");
    let mut args =
        vec!["verify", "agent.proof.json", "--policy", "iam/order-agent-1.json", "--logs", text(&logs)];
    args.extend(more);
    run(folder, &args)
}

fn actions(policy: &str) -> Vec<String> {
    let policy: Value = serde_json::from_str(policy).expect("JSON");
    let mut actions = Vec::new();
    for statement in policy["Statement"].as_array().expect("statements") {
        if statement["Effect"] == "Deny" {
            continue;
        }
        match &statement["Action"] {
            Value::Array(list) => {
                actions.extend(list.iter().map(|action| action.as_str().expect("a text").to_owned()))
            }
            one => actions.push(one.as_str().expect("a text").to_owned()),
        }
    }
    actions.sort();
    actions
}

#[test]
fn an_agent_with_admin_gets_what_it_used_and_the_proof_holds() {
    let folder = Folder::new("agent");
    let done = agent(&folder, &[]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let actions = actions(&done.out);
    assert!(!actions.iter().any(|action| action.contains('*')), "{actions:?}");
    assert!(actions.len() < 15, "{actions:?}");
    assert!(done.err.contains("the proof holds") && done.err.contains("granted 2"), "{}", done.err);
    assert!(done.err.contains("the new policy allows nothing that was not granted"), "{}", done.err);
}

#[test]
fn every_format_is_written_whole_into_a_folder() {
    for (format, ending) in [("json", ".json"), ("terraform", ".tf"), ("cloudformation", ".yaml")] {
        let folder = Folder::new(format);
        let done = agent(&folder, &["--format", format, "--out", "iam"]);
        assert_eq!((done.code, done.out.as_str()), (Some(0), ""), "{}", done.err);
        let names: Vec<String> = std::fs::read_dir(folder.0.join("iam"))
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        assert!(names.iter().any(|name| name.ends_with(ending)), "{names:?}");
        assert!(!names.iter().any(|name| name.ends_with(".tmp")), "{names:?}");
    }
}

#[test]
fn a_proof_is_verified_and_whatever_is_changed_is_noticed() {
    let folder = Folder::new("proof");
    let made = agent(&folder, &["--out", "iam", "--proof", "agent.proof.json"]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    let good = verify(&folder, &[]);
    assert_eq!(good.code, Some(0), "{}\n{}", good.out, good.err);

    let policy = std::fs::read_to_string(folder.0.join("iam/order-agent-1.json")).expect("the policy");
    folder.write("iam/order-agent-1.json", policy.replace("\"Allow\"", "\"Deny\""));
    assert_eq!(verify(&folder, &[]).code, Some(1), "another policy");
    let index = verify(&folder, &["--policy", "iam/order-agent-index.json"]);
    assert_eq!(index.code, Some(3), "{}", index.err);
    assert!(index.err.contains("`iam/order-agent-index.json` is not a policy document"), "{}", index.err);
    folder.write("iam/order-agent-1.json", &policy);

    let proof = std::fs::read_to_string(folder.0.join("agent.proof.json")).expect("the proof");
    folder.write("agent.proof.json", proof.replace("order-agent", "other-agent"));
    assert_ne!(verify(&folder, &[]).code, Some(0), "another principal");
    folder.write("agent.proof.json", "{}");
    assert_eq!(verify(&folder, &[]).code, Some(3), "no proof at all");
    folder.write("agent.proof.json", &proof);

    folder.write("empty.json", r#"{"Records":[]}"#);
    let args = ["verify", "agent.proof.json", "--policy", "iam/order-agent-1.json", "--logs", "empty.json"];
    assert_eq!(run(&folder, &args).code, Some(1), "other logs");
}

#[test]
fn a_proof_can_be_checked_whatever_the_format_of_the_policy() {
    for (format, file, out) in [
        ("terraform", "order-agent.tf", &["--out", "iam"][..]),
        ("cloudformation", "order-agent.yaml", &["--out", "iam"]),
        ("terraform", "order-agent.tf", &[]),
    ] {
        let folder = Folder::new("any-format");
        let proof = if out.is_empty() { "iam/agent.proof.json" } else { "agent.proof.json" };
        let made = agent(&folder, &[&["--format", format, "--proof", proof], out].concat());
        assert_eq!(made.code, Some(0), "{}", made.err);
        assert!(made.err.contains("--policy iam/order-agent-1.json --logs"), "{}", made.err);
        if out.is_empty() {
            folder.write(&format!("iam/{file}"), &made.out);
            std::fs::rename(folder.0.join(proof), folder.0.join("agent.proof.json")).expect("the proof");
        }
        let good = verify(&folder, &[]);
        assert_eq!(good.code, Some(0), "{format}: {}\n{}", good.out, good.err);

        let (given, logs) = (format!("iam/{file}"), account("logs"));
        let args = ["verify", "agent.proof.json", "--policy", &given, "--logs", text(&logs)];
        let wrong = run(&folder, &args);
        assert_eq!(wrong.code, Some(2), "{}", wrong.err);
        assert!(wrong.err.contains("about the JSON documents"), "{}", wrong.err);
        assert!(wrong.err.contains("--policy iam/order-agent-1.json"), "{}", wrong.err);
        std::fs::remove_file(folder.0.join("iam/order-agent-1.json")).expect("the document");
        assert!(run(&folder, &args).err.contains("`rightsize --proof` writes them"));
    }
}

#[test]
fn a_signed_proof_names_its_signer() {
    let folder = Folder::new("signed");
    folder.write("key.pem", pem(KEY));
    folder.write("key.pub.pem", pem(PUBLIC));
    folder.write("other.pub.pem", pem(OTHER_PUBLIC));
    let made = agent(&folder, &["--out", "iam", "--proof", "agent.proof.json", "--sign-key", "key.pem"]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    let good = verify(&folder, &["--public-key", "key.pub.pem"]);
    assert_eq!(good.code, Some(0), "{}\n{}", good.out, good.err);
    assert_eq!(verify(&folder, &["--public-key", "other.pub.pem"]).code, Some(1), "another signer");
    let proof = std::fs::read_to_string(folder.0.join("agent.proof.json")).expect("the proof");
    let mut changed: Value = serde_json::from_str(&proof).expect("JSON");
    changed.as_object_mut().expect("an object").remove("signature");
    folder.write("agent.proof.json", changed.to_string());
    assert_eq!(verify(&folder, &["--public-key", "key.pub.pem"]).code, Some(1), "not signed");
}

#[test]
fn holding_a_part_out_measures_and_changes_nothing_of_what_is_delivered() {
    let folder = Folder::new("holdout");
    let plain = agent(&folder, &["--proof", "plain.proof.json"]);
    let done = agent(&folder, &["--holdout", "30d", "--out", "iam", "--proof", "agent.proof.json"]);
    assert!(done.err.contains("false-deny rate"), "{}", done.err);
    assert!(done.err.contains("the policy above is made from all of the window"), "{}", done.err);
    let read = |name: &str| std::fs::read_to_string(folder.0.join(name)).expect("a file");
    assert_eq!(read("iam/order-agent-1.json"), plain.out);
    let proof = |name: &str| serde_json::from_str::<Value>(&read(name)).expect("JSON");
    let (mut held_out, plain) = (proof("agent.proof.json"), proof("plain.proof.json"));
    assert!(held_out["holdout"]["policy"][0]["text"].is_string());
    for field in ["holdout", "digest"] {
        held_out[field] = plain[field].clone();
    }
    assert_eq!(held_out, plain);
    let good = verify(&folder, &[]);
    assert_eq!(good.code, Some(0), "{}\n{}", good.out, good.err);
    assert!(good.out.contains("denied by the policy of the time before"), "{}", good.out);
    let all = agent(&folder, &["--holdout", "900w", "--since", "2026-08-01"]);
    assert_eq!(all.code, Some(2), "{}", all.err);
    let all = agent(&folder, &["--holdout", "900w"]);
    assert_eq!(all.code, Some(2), "{}", all.err);
    assert!(all.err.contains("nothing is left to learn from"), "{}", all.err);
}

#[test]
fn every_principal_is_right_sized_with_an_index() {
    let folder = Folder::new("all");
    let done = rightsize(&folder, &["--all", "--width", "prefix", "--out", "rightsized"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let index = std::fs::read_to_string(folder.0.join("rightsized/index.json")).expect("the index");
    let index: Value = serde_json::from_str(&index).expect("JSON");
    let principals = index["principals"].as_array().expect("principals");
    assert!(principals.len() > 2, "{index}");
    for principal in principals {
        for file in principal["files"].as_array().expect("files") {
            assert!(folder.0.join("rightsized").join(file.as_str().expect("a name")).exists(), "{file}");
        }
    }
}

#[test]
fn every_proof_of_a_run_over_all_principals_can_be_checked() {
    let folder = Folder::new("all-terraform");
    let args = ["--all", "--width", "prefix", "--format", "terraform", "--holdout", "30d", "--out", "iam"];
    let done = rightsize(&folder, &args);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(folder.0.join("iam/order-agent.tf").exists());
    assert!(done.err.contains("the proof holds, holdout denied 0.00 %"), "{}", done.err);
    folder.write("more.json", log(&[event("new", "agents/order-agent", "k", "2026-11-02T00:00:00Z")]));
    let (logs, proof) = (account("logs"), folder.0.join("iam/order-agent.proof.json"));
    let check = |proof: &str, logs: &[&str]| {
        let args = ["verify", proof, "--policy", "iam/order-agent-1.json", "--logs"];
        run(&folder, &[&args, logs].concat())
    };
    let good = check(text(&proof), &[text(&logs), "more.json"]);
    assert_eq!(good.code, Some(0), "{}\n{}", good.out, good.err);
    assert!(
        good.out.contains("1 input is not covered by the proof and left out: `more.json`"),
        "{}",
        good.out
    );

    // The list of inputs is a file that the proofs share. Without it the digest tells whether these are all.
    std::fs::rename(&proof, folder.0.join("alone.proof.json")).expect("the proof");
    let alone = check("alone.proof.json", &[text(&logs)]);
    assert_eq!(alone.code, Some(0), "{}\n{}", alone.out, alone.err);
    let more = check("alone.proof.json", &[text(&logs), "more.json"]);
    assert_eq!(more.code, Some(1), "{}\n{}", more.out, more.err);
    assert!(more.out.contains("`inputs.json`, which was written with it"), "{}", more.out);
}

#[test]
fn saved_usage_gives_the_same_policy_as_the_logs() {
    let folder = Folder::new("from-saved");
    let (logs, snapshot) = (account("logs"), account("snapshot.json"));
    let whole = agent(&folder, &[]);
    run(&folder, &["usage", text(&logs), "--until", "2026-09-30", "--save", "1.lwu"]);
    run(&folder, &["usage", text(&logs), "--since", "2026-10-01", "--save", "2.lwu"]);
    let args = [
        "rightsize",
        "2.lwu",
        "1.lwu",
        "--granted",
        text(&snapshot),
        "--principal",
        AGENT,
        "--width",
        "prefix",
    ];
    let parts = run(&folder, &args);
    assert_eq!(parts.out, whole.out, "{}", parts.err);
}

#[test]
fn a_report_says_by_its_name_what_it_is() {
    let folder = Folder::new("reports");
    for name in ["r.md", "r.json", "r.html"] {
        let done = agent(&folder, &["--report", name]);
        assert_eq!(done.code, Some(0), "{}", done.err);
        assert!(std::fs::read_to_string(folder.0.join(name)).expect("the report").contains("order-agent"));
    }
    let wrong = agent(&folder, &["--report", "r.pdf"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains(".md, .json or .html"), "{}", wrong.err);
}

#[test]
fn leaving_out_what_destroys_is_as_asked_and_said_so() {
    let folder = Folder::new("drop");
    let renderer = "arn:aws:iam::111122223333:role/service-role/invoice-renderer";
    let done = rightsize(
        &folder,
        &["--principal", renderer, "--destructive", "drop", "--report", "r.md", "--out", "iam"],
    );
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("the proof does not hold, as asked"), "{}", done.err);
    let report = std::fs::read_to_string(folder.0.join("r.md")).expect("the report");
    assert!(report.contains("all of destructive actions that were left out"), "{report}");
}

#[test]
fn what_cannot_be_asked_is_refused_with_a_way_out() {
    let folder = Folder::new("refused");
    for (args, code, says) in [
        (&["--all"][..], 2, "--out DIR"),
        (&[][..], 2, "--principal ARN|GLOB, or --all"),
        (&["--principal", "arn:aws:iam::111122223333:role/agents/order-agnet"], 3, "order-agent"),
        (&["--principal", "arn:aws:iam::111122223333:role/nightly-report"], 3, "dormant"),
        (
            &["--principal", AGENT, "--unknown", "keep", "--out", "iam"],
            1,
            "instead of all that the logs cannot tell",
        ),
        (&["--principal", AGENT, "--sign-key", "key.pem"], 2, "--proof"),
        (&["--principal", AGENT, "--keep", "nowhere.txt"], 3, "nowhere.txt"),
    ] {
        let done = rightsize(&folder, args);
        assert_eq!(done.code, Some(code), "{args:?}: {}", done.err);
        assert!(done.err.contains(says), "{args:?}: {}", done.err);
    }
}

#[test]
fn what_the_logs_cannot_tell_is_left_out_and_said_or_kept_as_it_is_granted() {
    let folder = Folder::new("unknown");
    let granted = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:*:*:table/customer*"},
        {"Effect":"Allow","Action":["sqs:*","logs:PutLogEvents","logs:CreateLogStream"],"Resource":"*"}]}"#;
    std::fs::write(folder.0.join("granted.json"), granted).expect("written");
    let logs = account("logs");
    let rightsize = |more: &[&str]| {
        let args = ["rightsize", text(&logs), "--principal", AGENT, "--width", "prefix"];
        run(&folder, &[&args[..], more].concat())
    };
    let left_out = rightsize(&["--granted", "granted.json"]);
    assert!(left_out.err.contains("the logs cannot tell, left out: "), "{}", left_out.err);
    assert!(!left_out.out.contains("logs:PutLogEvents"), "{}", left_out.out);
    let keep = [
        "--granted",
        "granted.json",
        "--unknown",
        "keep",
        "--proof",
        "p.json",
        "--report",
        "r.md",
        "--out",
        "iam",
    ];
    let kept = rightsize(&keep);
    assert_eq!(kept.code, Some(0), "{}", kept.err);
    assert!(kept.err.contains("the logs cannot tell, kept as granted: "), "{}", kept.err);
    assert!(kept.err.contains("the new policy allows nothing that was not granted"), "{}", kept.err);
    let policy = std::fs::read_to_string(folder.0.join("iam/order-agent-1.json")).expect("the policy");
    assert!(policy.contains("logs:PutLogEvents") && !policy.contains("logs:CreateLogStream"), "{policy}");
    let report = std::fs::read_to_string(folder.0.join("r.md")).expect("the report");
    assert!(report.contains("the logs cannot tell, kept as granted"), "{report}");
    let args = [
        "verify",
        "p.json",
        "--policy",
        "iam/order-agent-1.json",
        "--logs",
        text(&logs),
        "--granted",
        "granted.json",
    ];
    let verified = run(&folder, &args);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
    let logs_only = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}"#;
    std::fs::write(folder.0.join("logs.json"), logs_only).expect("written");
    std::fs::write(folder.0.join("keep.txt"), "logs:PutLogEvents\n").expect("written");
    let said = |more: &[&str]| {
        rightsize(&[&["--granted", "logs.json"], more].concat()).err.contains("the logs cannot tell")
    };
    assert_eq!([said(&[]), said(&["--keep", "keep.txt"])], [true, false]);
    let alone = rightsize(&["--unknown", "keep"]);
    assert_eq!(alone.code, Some(2));
    assert!(alone.err.contains("--granted SNAPSHOT|POLICY"), "{}", alone.err);
}

#[test]
fn what_the_log_shows_otherwise_than_it_is_granted_is_kept_and_told() {
    let folder = Folder::new("otherwise");
    folder.write("log.json", log(&[event("1", "app", "k", "2026-10-02T00:00:00Z")]));
    let read = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::elsewhere/*"}]}"#;
    folder.write(
        "s.json",
        format!(
            r#"{{"RoleDetailList":[{{"RoleName":"app","Path":"/","Arn":"arn:aws:iam::111122223333:role/app",
                "RolePolicyList":[{{"PolicyName":"p","PolicyDocument":{read}}}]}}]}}"#
        ),
    );
    let rightsize = |more: &[&str]| {
        let done = run(&folder, &[&["rightsize", "log.json", "--granted", "s.json"], more].concat());
        assert_eq!(done.code, Some(0), "{}", done.err);
        done
    };
    let one = rightsize(&["--principal", "arn:aws:iam::111122223333:role/app", "--report", "r.md"]);
    assert!(one.out.contains("arn:aws:s3:::elsewhere/*"), "{}", one.out);
    let report = std::fs::read_to_string(folder.0.join("r.md")).expect("the report");
    for text in [&one.err, &report] {
        assert!(text.contains("kept as granted: AWS allowed calls that the log shows otherwise"), "{text}");
    }
    assert!(one.err.contains("0 allowed, 0 denied, 1 not decidable"), "{}", one.err);
    let all = rightsize(&["--all", "--out", "all"]);
    assert!(all.err.contains("1 authorised event of 1 principal cannot be decided"), "{}", all.err);
    let index = std::fs::read_to_string(folder.0.join("all/index.json")).expect("the index");
    let index: Value = serde_json::from_str(&index).expect("JSON");
    assert_eq!(
        (&index["principals"][0]["undecided"], &index["principals"][0]["not_granted"]),
        (&1.into(), &0.into())
    );
}

/// A snapshot of one role with a policy attached that is not in it.
fn with_missing(policy: &str) -> String {
    format!(
        r#"{{"RoleDetailList":[{{"RoleName":"app","Path":"/","Arn":"arn:aws:iam::111122223333:role/app",
            "AttachedManagedPolicies":[{{"PolicyName":"x","PolicyArn":"{policy}"}}]}}]}}"#
    )
}

#[test]
fn a_policy_of_awss_own_that_the_snapshot_lacks_is_taken_from_the_catalogue() {
    let folder = Folder::new("from-catalogue");
    folder.write("log.json", log(&[event("1", "app", "k", "2026-10-02T00:00:00Z")]));
    folder.write("s.json", with_missing("arn:aws:iam::aws:policy/AmazonS3FullAccess"));
    let one = ["--principal", "arn:aws:iam::111122223333:role/app", "--report", "r.json"];
    let done = run(&folder, &[&["rightsize", "log.json", "--granted", "s.json"][..], &one].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(!actions(&done.out).is_empty(), "{}", done.out);
    let report = std::fs::read_to_string(folder.0.join("r.json")).expect("the report");
    for text in [&done.err, &report] {
        assert!(text.contains("taken from the catalogue"), "{text}");
    }
}

#[test]
fn who_is_granted_more_than_the_snapshot_tells_is_left_alone() {
    let folder = Folder::new("incomplete");
    folder.write("log.json", log(&[event("1", "app", "k", "2026-10-02T00:00:00Z")]));
    folder.write("s.json", with_missing("arn:aws:iam::111122223333:policy/own"));
    let rightsize =
        |more: &[&str]| run(&folder, &[&["rightsize", "log.json", "--granted", "s.json"], more].concat());
    let one = rightsize(&["--principal", "arn:aws:iam::111122223333:role/app"]);
    assert_eq!((one.code, one.out.as_str()), (Some(3), ""), "{}", one.err);
    assert!(
        one.err.contains("policy/own` is not in the snapshot") && one.err.contains("--filter"),
        "{}",
        one.err
    );
    let all = rightsize(&["--all", "--out", "all"]);
    assert_eq!(all.code, Some(3), "{}", all.err);
    let index = std::fs::read_to_string(folder.0.join("all/index.json")).expect("the index");
    assert!(index.contains("what it is granted is not all known"), "{index}");
    assert!(!folder.0.join("all/app.proof.json").exists());
    assert_eq!(rightsize(&["--all", "--out", "all", "--allow-skipped"]).code, Some(0));
}

/// What one list says, another may deny, and nobody can tell which is in force.
#[test]
fn who_is_listed_twice_with_different_policies_is_left_alone_and_not_verified() {
    let folder = Folder::new("listed-twice");
    folder.write("log.json", log(&[event("1", "app", "k", "2026-10-02T00:00:00Z")]));
    let role = |effect: &str| {
        format!(
            r#"{{"RoleDetailList":[{{"RoleName":"app","Path":"/","Arn":"arn:aws:iam::111122223333:role/app","RolePolicyList":[
                {{"PolicyName":"in","PolicyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"*"}},
                {{"Effect":"{effect}","Action":"s3:DeleteObject","Resource":"*"}}]}}}}]}}]}}"#
        )
    };
    folder.write("one.json", role("Deny"));
    folder.write("both.json", format!("[{},{}]", role("Deny"), role("Allow")));
    let who = ["--principal", "arn:aws:iam::111122223333:role/app", "--out", "iam", "--proof", "p.json"];
    let rightsize =
        |granted| run(&folder, &[&["rightsize", "log.json", "--granted", granted][..], &who].concat());
    let done = rightsize("both.json");
    assert!(
        done.code == Some(3) && done.err.contains("listed twice with different policies"),
        "{}",
        done.err
    );
    assert_eq!(rightsize("one.json").code, Some(0));
    let verify = |granted| {
        let logs = ["--policy", "iam/app-1.json", "--logs", "log.json", "--granted", granted];
        run(&folder, &[&["verify", "p.json"][..], &logs].concat())
    };
    assert_eq!(verify("one.json").code, Some(0));
    let done = verify("both.json");
    assert!(
        done.code == Some(3) && done.err.contains("listed twice with different policies"),
        "{}",
        done.err
    );
}

#[test]
fn keys_made_by_openssl_are_read() {
    let folder = Folder::new("openssl");
    let made = Command::new("sh")
        .args([
            "-c",
            "openssl genpkey -algorithm ed25519 -out k.pem && openssl pkey -in k.pem -pubout -out k.pub.pem",
        ])
        .current_dir(&folder.0)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        eprintln!("skipped: no openssl here");
        return;
    }
    let done = agent(&folder, &["--out", "iam", "--proof", "agent.proof.json", "--sign-key", "k.pem"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(verify(&folder, &["--public-key", "k.pub.pem"]).code, Some(0));
}

/// AWS alone makes and keeps their policies, whether or not a snapshot says that they are what they are.
#[test]
fn a_service_linked_role_is_right_sized_by_no_name() {
    let folder = Folder::new("service-linked");
    let linked = "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
    let arn = format!("arn:aws:iam::111122223333:role/{linked}");
    let time = "2026-10-01T10:00:00Z";
    folder.write("l.json", log(&[event("1", linked, "k", time), event("2", "ecs-agent", "k", time)]));
    folder.write(
        "p.json",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
    );
    for more in [&[][..], &["--granted", "p.json"]] {
        for name in [&arn, "*AWSServiceRoleFor*"] {
            let done = run(&folder, &[&["rightsize", "l.json", "--principal", name], more].concat());
            assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{name}: {}", done.err);
            assert!(done.err.contains(&format!("`{arn}` is a service-linked role")), "{}", done.err);
        }
        // Beside somebody else it is nobody whom a pattern could mean.
        let other = run(&folder, &[&["rightsize", "l.json", "--principal", "*:role/*ecs*"], more].concat());
        assert!(other.code == Some(0) && other.err.contains(":role/ecs-agent"), "{}", other.err);
    }
}
