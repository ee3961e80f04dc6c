//! Usage that was saved, in place of the logs that it was made of.

use std::io::Write;

use crate::support::{Done, Folder, event, log, run, run_with_input};

const T: &str = "2026-10-01T10:00:00Z";

/// A call that needs no permission.
fn whoami(id: &str, role: &str, time: &str) -> String {
    let event = event(id, role, "k", time).replace("s3.amazonaws.com", "sts.amazonaws.com");
    event.replace("GetObject", "GetCallerIdentity")
}

/// A snapshot of some roles with one policy each.
fn snapshot(folder: &Folder, roles: &[&str]) {
    let role = |name: &&str| {
        let policy =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        format!(
            r#"{{"RoleName":"{name}","Arn":"arn:aws:iam::111122223333:role/{name}","RolePolicyList":[{{"PolicyName":"p","PolicyDocument":{policy}}}]}}"#
        )
    };
    let roles: Vec<String> = roles.iter().map(role).collect();
    folder.write("snapshot.json", format!(r#"{{"RoleDetailList":[{}]}}"#, roles.join(",")));
}

fn rightsize(folder: &Folder, logs: &[&str], more: &[&str]) -> Done {
    run(folder, &[&["rightsize"], logs, &["--granted", "snapshot.json"], more].concat())
}

fn succeeded(done: Done) -> Done {
    assert_eq!(done.code, Some(0), "{}", done.err);
    done
}

fn is_dormant(printed: &str, role: &str) -> bool {
    printed.lines().any(|line| line.contains(&format!("role/{role}: ")) && line.ends_with(", dormant"))
}

#[test]
fn who_made_only_calls_that_need_nothing_is_not_dormant() {
    let folder = Folder::new("saved-silent");
    snapshot(&folder, &["agent", "future", "probe", "gone"]);
    let future = event("3", "future", "k", T).replace("GetObject", "GetObjectOfTheFuture");
    folder.write("logs/1.json", log(&[event("1", "agent", "one", T), future]));
    folder.write("logs/2.json", log(&[whoami("2", "probe", T)]));
    succeeded(run(&folder, &["usage", "logs/1.json", "--save", "saved/1.lwu"]));
    succeeded(run(&folder, &["usage", "logs/2.json", "--save", "saved/2.lwu"]));
    succeeded(run(&folder, &["usage", "saved/2.lwu", "saved/1.lwu", "--save", "both.lwu"]));
    let both = ["saved/1.lwu", "saved/2.lwu"];
    for logs in [&["logs"][..], &both, &["saved"], &["both.lwu"], &["logs/1.json", "saved/2.lwu"]] {
        let all = succeeded(rightsize(&folder, logs, &["--all", "--out", "o"])).err;
        for called in ["future", "probe"] {
            let left = format!("role/{called}: left alone, its calls need no permission that is known");
            assert!(all.contains(&left), "{logs:?}: {all}");
        }
        assert!(is_dormant(&all, "gone"), "{logs:?}: {all}");
        let one = rightsize(&folder, logs, &["--principal", "arn:aws:iam::111122223333:role/probe"]);
        assert!(one.err.contains("used no permission in these logs"), "{logs:?}: {}", one.err);
    }
}

#[test]
fn who_was_asked_for_is_saved_though_it_left_no_row() {
    let folder = Folder::new("saved-silent-one");
    snapshot(&folder, &["agent", "probe"]);
    folder.write("logs/1.json", log(&[event("1", "agent", "one", T), whoami("2", "probe", T)]));
    let probe = "arn:aws:iam::111122223333:role/probe";
    let print = run(&folder, &["usage", "logs", "--principal", probe]);
    assert_eq!(print.code, Some(3), "{}", print.err);
    succeeded(run(&folder, &["usage", "logs", "--principal", probe, "--save", "probe.lwu"]));
    let other = run(&folder, &["usage", "probe.lwu", "--principal", "arn:aws:iam::111122223333:role/agent"]);
    assert!(
        other.err.contains("the nearest that are there: arn:aws:iam::111122223333:role/probe"),
        "{}",
        other.err
    );
    let one = rightsize(&folder, &["probe.lwu"], &["--principal", probe]);
    assert!(one.err.contains("used no permission in these logs"), "{}", one.err);
    let other = rightsize(&folder, &["probe.lwu"], &["--principal", "arn:aws:iam::111122223333:role/agent"]);
    assert!(other.err.contains("holds only some principals"), "{}", other.err);
}

#[test]
fn calls_that_leave_no_row_lie_in_the_window_or_not() {
    let folder = Folder::new("saved-silent-window");
    snapshot(&folder, &["agent", "probe"]);
    folder.write("old.json", log(&[whoami("1", "probe", T)]));
    folder.write("new.json", log(&[event("2", "agent", "one", "2026-10-09T10:00:00Z")]));
    succeeded(run(&folder, &["usage", "old.json", "--save", "old.lwu"]));
    let since = |logs: &[&str]| {
        rightsize(&folder, logs, &["--all", "--out", "o", "--since", "2026-10-08", "--until", "2026-10-10"])
    };
    let logs = succeeded(since(&["old.json", "new.json"])).err;
    assert!(is_dormant(&logs, "probe"), "{logs}");
    let saved = since(&["old.lwu", "new.json"]).err;
    assert!(saved.contains("cannot be split"), "{saved}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

#[test]
fn what_gzip_packed_once_more_is_read_wherever_it_lies() {
    let folder = Folder::new("saved-gzip");
    snapshot(&folder, &["agent", "other"]);
    folder.write("logs/1.json", log(&[event("1", "agent", "one", T)]));
    folder.write("logs/2.json", log(&[event("2", "other", "two", T)]));
    succeeded(run(&folder, &["usage", "logs/1.json", "--save", "1.lwu"]));
    let plain = std::fs::read(folder.0.join("1.lwu")).expect("saved");
    folder.write("packed/1.lwu.gz", gzip(&plain));
    let usage = |logs: &[&str]| succeeded(run(&folder, &[&["usage", "--output", "json"], logs].concat())).out;
    let expected = usage(&["1.lwu"]);
    for place in ["packed/1.lwu.gz", "packed"] {
        assert_eq!(usage(&[place]), expected, "{place}");
    }
    let piped = run_with_input(&folder, &["usage", "--output", "json", "-"], &gzip(&plain));
    assert_eq!(succeeded(piped).out, expected);
    assert_eq!(usage(&["packed/1.lwu.gz", "logs"]), usage(&["logs"]), "an event is counted once");

    let agent = ["--principal", "arn:aws:iam::111122223333:role/agent", "--proof", "p.json", "--out", "o"];
    succeeded(rightsize(&folder, &["1.lwu"], &agent));
    let verify =
        ["verify", "p.json", "--policy", "o/agent-1.json", "--logs", "packed", "--granted", "snapshot.json"];
    let verified = succeeded(run(&folder, &verify));
    assert!(!verified.out.contains("not covered"), "{}", verified.out);

    let bomb = [b"LWUSAGE\x02".as_slice(), &vec![0; 60 << 20]].concat();
    folder.write("bomb/b.lwu.gz", gzip(&bomb));
    for place in ["bomb/b.lwu.gz", "bomb"] {
        let refused = run(&folder, &["usage", place]);
        assert_eq!(refused.code, Some(3), "{}", refused.err);
        assert!(refused.err.contains("b.lwu.gz") && refused.err.contains("gunzip"), "{}", refused.err);
    }
}

#[test]
fn the_newest_event_of_a_folder_of_saved_usage_is_where_a_holdout_ends() {
    let folder = Folder::new("saved-holdout");
    snapshot(&folder, &["agent"]);
    for (day, key) in [("01", "one"), ("02", "two"), ("09", "three")] {
        let time = format!("2026-10-{day}T10:00:00Z");
        folder.write(&format!("logs/{day}.json"), log(&[event(day, "agent", key, &time)]));
        let (from, to) = (format!("logs/{day}.json"), format!("saved/{day}.lwu"));
        std::fs::create_dir_all(folder.0.join("saved")).expect("a folder");
        succeeded(run(&folder, &["usage", &from, "--save", &to]));
    }
    let agent = ["--principal", "arn:aws:iam::111122223333:role/agent", "--holdout", "3d"];
    let measured = |logs: &str| {
        let done = rightsize(&folder, &[logs], &agent);
        let line = done.err.lines().find(|line| line.contains("holdout")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{}", done.err))
    };
    assert_eq!(measured("saved"), measured("logs"));
}
