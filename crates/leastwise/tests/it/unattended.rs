//! What a run meets at night when nobody watches: it is stopped, its reader goes away, there is no room, no thread, no
//! answer.

#[cfg(target_os = "linux")]
mod stopped;

use crate::support::{Done, Folder, command, event, log};

const T: &str = "2026-10-01T10:00:00Z";

/// A log with so many rows of usage that they fill a pipe.
fn long(folder: &Folder) {
    let events = (0..3_000).map(|number| {
        let role = format!("agent-{number}");
        event(&number.to_string(), &role, "one", T)
    });
    folder.write("log.json", log(&events.collect::<Vec<_>>()));
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let folder = Folder::new("stops-reading");
    long(&folder);
    for output in ["table", "json", "csv"] {
        let mut child =
            command(&folder, &["usage", "log.json", "-q", "--output", output]).spawn().expect("it starts");
        drop(child.stdout.take());
        let done: Done = child.wait_with_output().expect("it ends").into();
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{output}");
    }
}

/// Whatever stack a thread is to have, there is no room for it.
#[test]
#[cfg(target_os = "linux")]
fn where_there_can_be_no_threads_it_is_told() {
    let folder = Folder::new("no-threads");
    long(&folder);
    let mut run = command(&folder, &["usage", "log.json", "--threads", "4"]);
    let done: Done = run.env("RUST_MIN_STACK", (1u64 << 50).to_string()).output().expect("it starts").into();
    assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{}", done.err);
    assert!(done.err.starts_with("error: cannot start a thread\n"), "{}", done.err);
    assert!(done.err.contains("help: raise the limit of processes"), "{}", done.err);
}

/// What is not packed unpacks to nothing, and is no bomb.
#[test]
fn a_log_that_is_not_packed_may_be_of_any_size() {
    let folder = Folder::new("any-size");
    let events: Vec<String> =
        (0..20_000).map(|number| event(&number.to_string(), "agent", "one", T)).collect();
    let log = folder.write("log.json", log(&events));
    assert!(log.metadata().expect("there").len() > 8 << 20, "it is too large to be held");
    let usage = |logs: &str, input: &[u8]| {
        let args = ["usage", logs, "--max-decompressed", "1MiB", "--output", "csv"];
        crate::support::run_with_input(&folder, &args, input)
    };
    let input = std::fs::read(&log).expect("there");
    for done in [usage("log.json", b""), usage("-", &input)] {
        assert_eq!(done.code, Some(0), "{}", done.err);
        assert!(done.out.contains(",used,20000,"), "{}", done.out);
    }
}

#[test]
#[cfg(unix)]
fn what_is_called_like_a_log_and_is_no_file_is_told() {
    let folder = Folder::new("no-file");
    folder.write("logs/log.json", log(&[event("1", "agent", "one", T)]));
    let _socket = std::os::unix::net::UnixListener::bind(folder.0.join("logs/s.json")).expect("a socket");
    std::os::unix::fs::symlink("s.json", folder.0.join("logs/link.json")).expect("a link");
    let _other = std::os::unix::net::UnixListener::bind(folder.0.join("logs/agent.sock")).expect("a socket");
    let done = crate::support::run(&folder, &["usage", "logs"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    for name in ["s.json", "link.json"] {
        let says = format!("  logs/{name}: a pipe, socket or device, which is not read in a folder");
        assert!(done.err.contains(&says), "{}", done.err);
    }
    assert!(done.err.contains("set aside: 1 file not named as logs are"), "{}", done.err);
}

#[test]
fn two_results_in_one_place_are_refused() {
    let folder = Folder::new("one-place");
    folder.write("log.json", log(&[event("1", "agent", "one", T)]));
    let agent = "arn:aws:iam::111122223333:role/agent";
    let args = ["rightsize", "log.json", "--principal", agent, "--out", "out", "--proof", "out/agent-1.json"];
    let done = crate::support::run(&folder, &args);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(done.err.contains("two results would be written to `out/agent-1.json`"), "{}", done.err);
    assert_eq!(std::fs::read_dir(folder.0.join("out")).expect("a folder").count(), 0);
}

#[test]
fn settings_that_cannot_be_looked_for_are_told_with_the_way_out() {
    let folder = Folder::new("settings");
    std::fs::create_dir(folder.0.join("leastwise.toml")).expect("a folder");
    let done = crate::support::run(&folder, &["usage", "log.json"]);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(done.err.contains("or name settings with --config"), "{}", done.err);
}

/// Whoever takes `out/*.json` would put an older policy in place beside the new one.
#[test]
fn what_an_earlier_run_left_in_the_folder_is_told() {
    let folder = Folder::new("earlier");
    let role = |name: &str| {
        format!(
            r#"{{"Path":"/","RoleName":"{name}","Arn":"arn:aws:iam::111122223333:role/{name}","RolePolicyList":[]}}"#
        )
    };
    let snapshot = |roles: &[&str]| {
        let roles: Vec<String> = roles.iter().map(|name| role(name)).collect();
        folder.write("snapshot.json", format!(r#"{{"RoleDetailList":[{}]}}"#, roles.join(",")));
    };
    // So many names fill several documents; their prefix fits into one.
    let key = |number: u32| format!("orders/{number:04}/{}", "k".repeat(60));
    let events = (0..200).map(|number| event(&number.to_string(), "agent", &key(number), T));
    folder.write("log.json", log(&events.collect::<Vec<_>>()));
    let one = |more: &[&str]| {
        let agent = "arn:aws:iam::111122223333:role/agent";
        let args = ["rightsize", "log.json", "--principal", agent, "--out", "one"];
        crate::support::run(&folder, &[&args, more].concat())
    };
    let first = one(&[]);
    assert!(!first.err.contains("earlier run"), "{}", first.err);
    assert!(folder.0.join("one/agent-2.json").exists(), "{}", first.err);
    let again = one(&["--width", "prefix"]);
    assert!(
        again.err.contains("of an earlier run still there") && again.err.contains("`one/agent-2.json`"),
        "{}",
        again.err
    );
    assert!(!again.err.contains("`one/agent-1.json`"), "{}", again.err);

    let all = || {
        crate::support::run(
            &folder,
            &["rightsize", "log.json", "--all", "--granted", "snapshot.json", "--out", "all"],
        )
    };
    snapshot(&["agent", "other"]);
    let first = all();
    assert!(!first.err.contains("earlier run"), "{}", first.err);
    snapshot(&["agent"]);
    let again = all();
    assert!(again.err.contains("of an earlier run still there"), "{}", again.err);
    assert!(again.err.contains("other-index.json`") && !again.err.contains("/agent-"), "{}", again.err);
}
