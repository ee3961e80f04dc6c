//! `leastwise generate --keep` and `leastwise feedback` as a user runs them.

use serde_json::Value;

use crate::support::{Done, Folder, command, run};

const FLAGS: [&str; 9] = [
    "generate",
    "--from",
    "lambda",
    "--to",
    "sqs:send,orders",
    "--region",
    "eu-west-1",
    "--account",
    "111122223333",
];
const ROLES: &str = "roles: {generated: {permissions: [{receive: 'sqs:orders'}], trust: lambda}}\n";

/// The id that was printed.
fn kept(folder: &Folder, more: &[&str]) -> String {
    let args = [&FLAGS[..], &["--keep"], more].concat();
    let done = run(folder, &args);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let (_, rest) = done.err.split_once("note: kept as ").expect("an id");
    rest.split(':').next().expect("an id").to_owned()
}

fn lines(done: &Done) -> Vec<Value> {
    done.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn nothing_is_kept_unless_it_is_asked_for() {
    let folder = Folder::new("feedback-unasked");
    let done = run(&folder, &FLAGS);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(!done.err.contains("kept as"), "{}", done.err);
    assert!(!folder.0.join(".local").exists());
    let done: Done = command(&folder, &FLAGS).env("LEASTWISE_KEEP", "1").output().expect("it starts").into();
    assert!(done.err.contains("kept as"), "{}", done.err);
    assert!(folder.0.join(".local/state/leastwise/proposals").exists());
}

#[test]
fn what_is_said_of_a_proposal_is_kept_with_it_and_comes_out_as_json_lines() {
    let folder = Folder::new("feedback-round");
    let id = kept(&folder, &["--proposals", "kept"]);
    folder.write("corrected.yaml", ROLES);
    let say = |args: &[&str]| {
        let done = run(&folder, &[&["feedback", "--proposals", "kept"][..], args].concat());
        assert_eq!(done.code, Some(0), "{}", done.err);
        done
    };
    assert_eq!(lines(&say(&["export"])).len(), 0);
    say(&["good", &id[..6], "--note", "as it should be"]);
    let exported = lines(&say(&["export"]));
    assert_eq!(exported.len(), 1);
    assert_eq!(exported[0]["feedback"]["verdict"], "good");
    assert_eq!(exported[0]["input"]["text"], "--from lambda --to sqs:send,orders");
    assert_eq!(exported[0]["intent"]["roles"]["generated"]["permissions"][0]["send"], "sqs orders");
    assert!(exported[0]["proposal"]["aws"]["generated"]["identity"].is_object());
    assert_eq!(exported[0]["messages"][0]["role"], "user");
    say(&["edit", "last", "--with", "corrected.yaml"]);
    let exported = lines(&say(&["export"]));
    assert_eq!(exported[0]["feedback"]["correction"]["kind"], "roles");
    assert_eq!(exported[0]["messages"][1]["content"], ROLES);
    say(&["bad", &id]);
    let exported = lines(&say(&["export"]));
    assert_eq!(
        (&exported[0]["feedback"]["verdict"], &exported[0]["messages"]),
        (&"bad".into(), &Value::Null)
    );
    say(&["export", "--out", "out/feedback.jsonl"]);
    assert!(folder.0.join("out/feedback.jsonl").exists());
    assert!(say(&["list"]).out.starts_with(&id));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("feedback-private");
    let id = kept(&folder, &["--proposals", "kept"]);
    let mode =
        |path: &str| std::fs::metadata(folder.0.join(path)).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode("kept"), mode(&format!("kept/{id}.json"))), (0o700, 0o600));
    let done = run(&folder, &["feedback", "good", &id, "--proposals", "kept"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(mode(&format!("kept/{id}.json")), 0o600);
    assert_eq!(std::fs::read_dir(folder.0.join("kept")).expect("there").count(), 1);
}

#[test]
fn secrets_in_what_is_said_are_not_kept() {
    let folder = Folder::new("feedback-secrets");
    let id = kept(&folder, &["--proposals", "kept"]);
    let note = "used AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMIbK7MDENGbPxRfiCYEXAMPLEKEY";
    run(&folder, &["feedback", "bad", &id, "--note", note, "--proposals", "kept"]);
    let text = std::fs::read_to_string(folder.0.join(format!("kept/{id}.json"))).expect("there");
    assert!(
        !text.contains("AKIA") && !text.contains("wJalr") && text.contains("[a secret was here]"),
        "{text}"
    );
}

#[test]
fn what_is_no_proposal_or_no_correction_is_refused() {
    let folder = Folder::new("feedback-wrong");
    let id = kept(&folder, &["--proposals", "kept"]);
    folder.write("wrong.yaml", "roles: [1]\n");
    folder.write("policy.json", r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}"#);
    for (args, code) in [
        (&["good", "ffffffff"][..], 2),
        (&["good", "../../etc/passwd"], 2),
        (&["good", "abc"], 2),
        (&["edit", &id], 2),
        (&["edit", &id, "--with", "wrong.yaml"], 3),
        (&["edit", &id, "--with", "gone.yaml"], 3),
        (&["edit", &id, "--with", "policy.json"], 0),
    ] {
        let done = run(&folder, &[&["feedback", "--proposals", "kept"][..], args].concat());
        assert_eq!(done.code, Some(code), "{args:?}: {}", done.err);
    }
}

#[test]
fn additions_after_a_refusal_are_kept_too() {
    let folder = Folder::new("feedback-denied");
    folder.write("log", "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-west-1:111122223333:orders because no identity-based policy allows the sqs:SendMessage action\n");
    let done = run(&folder, &["generate", "--from-denied", "log", "--keep", "--proposals", "kept"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    run(&folder, &["feedback", "good", "last", "--proposals", "kept"]);
    let done = run(&folder, &["feedback", "export", "--proposals", "kept"]);
    let record = &lines(&done)[0];
    assert_eq!(record["input"]["kind"], "denied");
    let permission = &record["intent"]["roles"]["bob"]["permissions"][0];
    assert_eq!(permission["sqs:SendMessage"], "arn:aws:sqs:eu-west-1:111122223333:orders", "{record:#}");
}
