//! What logs say nothing of: nobody is called dormant, and nothing is passed off as whole, because of what was not read.

use crate::support::{Done, Folder, event, log, run, text};
use std::path::{Path, PathBuf};

const T: &str = "2026-10-01T10:00:00Z";

fn account(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/account").join(name)
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

/// A snapshot of two roles in one account.
fn snapshot(folder: &Folder) {
    let role = |name: &str| {
        let policy =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        format!(
            r#"{{"Path":"/","RoleName":"{name}","Arn":"{}","RolePolicyList":[{{"PolicyName":"p","PolicyDocument":{policy}}}]}}"#,
            role(name)
        )
    };
    folder.write("snapshot.json", format!(r#"{{"RoleDetailList":[{},{}]}}"#, role("agent"), role("other")));
}

fn rightsize(folder: &Folder, logs: &str, more: &[&str]) -> Done {
    let mut args = vec!["rightsize", logs, "--granted", "snapshot.json"];
    args.extend(more);
    run(folder, &args)
}

fn refused(done: &Done, code: i32, says: &str) {
    assert_eq!((done.code, done.out.as_str()), (Some(code), ""), "{}", done.err);
    assert!(done.err.contains(says), "{says}: {}", done.err);
    assert!(!done.err.contains("dormant:"), "{}", done.err);
}

#[test]
fn a_place_without_logs_is_an_error() {
    let folder = Folder::new("no-logs");
    snapshot(&folder);
    std::fs::create_dir(folder.0.join("empty")).expect("a folder");
    folder.write("aside/AWSLogs/1/CloudTrail-Digest/eu-west-1/2026/10/01/x.json.gz", "");
    folder.write("aside/README.txt", "not a log");
    refused(&run(&folder, &["usage", "empty"]), 3, "there are no logs in `empty`");
    let aside = run(&folder, &["usage", "aside"]);
    refused(&aside, 3, "there are no logs in `aside`");
    assert!(aside.err.contains("1 file of CloudTrail-Digest"), "{}", aside.err);
    refused(&rightsize(&folder, "empty", &["--all", "--out", "o"]), 3, "there are no logs");
    assert!(!folder.0.join("o").exists());
}

#[test]
fn logs_of_another_account_say_nothing_of_this_one() {
    let folder = Folder::new("other-account");
    snapshot(&folder);
    let elsewhere = log(&[event("1", "agent", "one", T)]).replace("111122223333", "444455556666");
    folder.write("logs/1.json", elsewhere);
    refused(
        &rightsize(&folder, "logs", &["--all", "--out", "o"]),
        3,
        "no event of any account of the snapshot",
    );
    let one = rightsize(&folder, "logs", &["--principal", &role("other")]);
    refused(&one, 3, "no event of its account at all");
}

#[test]
fn usage_that_was_saved_of_one_principal_says_nothing_of_others() {
    let folder = Folder::new("saved-of-one");
    snapshot(&folder);
    folder.write("logs/1.json", log(&[event("1", "agent", "one", T), event("2", "other", "two", T)]));
    let saved = run(&folder, &["usage", "logs", "--principal", "*agent", "--save", "agent.lwu"]);
    assert_eq!(saved.code, Some(0), "{}", saved.err);
    let agent = rightsize(&folder, "agent.lwu", &["--principal", &role("agent")]);
    assert_eq!(agent.code, Some(0), "{}", agent.err);
    assert!(agent.out.contains("arn:aws:s3:::b/one"), "{}", agent.out);
    let other = rightsize(&folder, "agent.lwu", &["--principal", &role("other")]);
    refused(&other, 2, "`agent.lwu` holds only some principals");
    let all = rightsize(&folder, "agent.lwu", &["--all", "--out", "o"]);
    refused(&all, 2, "`agent.lwu` holds only some principals");
}

#[test]
fn what_was_skipped_when_usage_was_saved_is_still_said() {
    let folder = Folder::new("saved-skips");
    folder.write("logs/1.json", log(&[event("1", "agent", "one", T), "17".to_owned()]));
    assert_eq!(run(&folder, &["usage", "logs", "--save", "saved.lwu"]).code, Some(3));
    let done = run(&folder, &["usage", "saved.lwu"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(
        done.err.contains("1 file, record or answer could not be read in full when the usage was saved"),
        "{}",
        done.err
    );
    assert_eq!(run(&folder, &["usage", "saved.lwu", "--allow-skipped"]).code, Some(0));
}

#[test]
fn the_parts_that_the_readme_saves_are_the_whole() {
    let folder = Folder::new("readme-parts");
    let logs = account("logs");
    let usage = |more: &[&str]| {
        let done = run(&folder, &[&["usage", "--output", "json"], more].concat());
        assert_eq!(done.code, Some(0), "{}", done.err);
        done.out
    };
    usage(&[text(&logs), "--until", "2026-09-30", "--save", "1.lwu"]);
    usage(&[text(&logs), "--since", "2026-10-01", "--save", "2.lwu"]);
    assert!(usage(&["2.lwu", "1.lwu"]) == usage(&[text(&logs)]), "parts and whole differ");
}

#[test]
fn a_proof_holds_against_the_logs_and_against_what_was_saved_of_them() {
    let folder = Folder::new("proof-of-saved");
    let (logs, snapshot) = (account("logs"), account("snapshot.json"));
    let logs = text(&logs);
    for (part, file) in [(["--until", "2026-09-30"], "1.lwu"), (["--since", "2026-10-01"], "2.lwu")] {
        let done = run(&folder, &["usage", logs, part[0], part[1], "--save", file]);
        assert_eq!(done.code, Some(0), "{}", done.err);
    }
    let agent = "arn:aws:iam::111122223333:role/agents/order-agent";
    for (of, from) in [("saved", &["1.lwu", "2.lwu"][..]), ("logs", &[logs][..])] {
        let proof = format!("{of}.json");
        let more = [
            "--granted",
            text(&snapshot),
            "--principal",
            agent,
            "--width",
            "prefix",
            "--out",
            of,
            "--proof",
            &proof,
        ];
        let done = run(&folder, &[&["rightsize"], from, &more].concat());
        assert_eq!(done.code, Some(0), "{}", done.err);
        let policy = format!("{of}/order-agent-1.json");
        for against in [&["1.lwu", "2.lwu"][..], &[logs], &["1.lwu", "2.lwu", logs]] {
            let done = run(&folder, &[&["verify", &proof, "--policy", &policy, "--logs"], against].concat());
            assert_eq!(done.code, Some(0), "{of} against {against:?}: {}\n{}", done.out, done.err);
            assert!(!done.out.contains("not covered"), "{of} against {against:?}: {}", done.out);
        }
    }
}

#[test]
fn saved_usage_of_another_version_is_told_wherever_it_lies() {
    let folder = Folder::new("saved-version");
    folder.write("saved/1.lwu", b"LWUSAGE\x09and more");
    for place in ["saved/1.lwu", "saved"] {
        let done = run(&folder, &["usage", place, "--allow-skipped"]);
        refused(&done, 3, "saved by another version of leastwise (format 9");
    }
}

#[cfg(unix)]
#[test]
fn links_are_read_or_told() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("links");
    folder.write("logs/1.json", log(&[event("1", "agent", "one", T)]));
    folder.write("archive/2.json", log(&[event("2", "agent", "two", T)]));
    symlink(folder.0.join("archive"), folder.0.join("logs/2026")).expect("a link");
    symlink(folder.0.join("gone.json"), folder.0.join("logs/gone.json")).expect("a link");
    symlink(folder.0.join("archive/2.json"), folder.0.join("logs/3.json")).expect("a link");
    let done = run(&folder, &["usage", "logs", "--output", "json"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(done.out.contains("b/one") && done.out.contains("b/two"), "{}", done.out);
    assert!(done.err.contains("logs/2026: a link to a folder, which is not followed"), "{}", done.err);
    assert!(done.err.contains("logs/gone.json: a link to what cannot be read"), "{}", done.err);
}

#[test]
fn a_home_that_may_not_be_entered_keeps_no_catalogue() {
    let folder = Folder::new("no-home");
    folder.write("logs/1.json", log(&[event("1", "agent", "one", T)]));
    let done: Done = crate::support::command(&folder, &["usage", "logs"])
        .env("HOME", "/dev/null")
        .output()
        .expect("it starts")
        .into();
    assert_eq!(done.code, Some(0), "{}", done.err);
}

#[test]
fn usage_that_was_put_together_says_of_what() {
    let folder = Folder::new("put-together");
    let logs = account("logs");
    for (part, file) in [(["--until", "2026-09-30"], "1.lwu"), (["--since", "2026-10-01"], "2.lwu")] {
        run(&folder, &["usage", text(&logs), part[0], part[1], "--save", file]);
    }
    let done = run(&folder, &["usage", "1.lwu", "2.lwu"]);
    assert!(done.err.contains("put together 2 saved usages of 94 files"), "{}", done.err);
    assert!(done.err.contains("outside the window that usage was saved with"), "{}", done.err);
}
