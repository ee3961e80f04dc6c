//! A run that is told to end.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::support::{Folder, command, event, log};

/// What is in the folder of the result.
fn written(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(folder.0.join("out")).into_iter().flatten();
    entries.map(|entry| entry.expect("there").file_name().to_string_lossy().into_owned()).collect()
}

/// A run that has its result under temporary names, and waits for somebody to read the report.
fn waiting(folder: &Folder, start: impl Fn(&[&str]) -> Command) -> Child {
    folder.write("log.json", log(&[event("1", "agent", "one", "2026-10-01T10:00:00Z")]));
    assert!(Command::new("mkfifo").arg(folder.0.join("report.md")).status().expect("mkfifo").success());
    let agent = "arn:aws:iam::111122223333:role/agent";
    let args = ["rightsize", "log.json", "-q", "--principal", agent, "--out", "out", "--report", "report.md"];
    let child = start(&args).spawn().expect("it starts");
    let began = Instant::now();
    while written(folder).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "nothing is written");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn kill(child: &Child, signal: &str) {
    let killed = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(killed.expect("kill").success());
}

fn ended(child: Child) -> ExitStatus {
    child.wait_with_output().expect("it ends").status
}

#[test]
fn whoever_stops_a_run_finds_nothing_half_written() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let folder = Folder::new(&format!("stopped-{signal}"));
        let child = waiting(&folder, |args| command(&folder, args));
        kill(&child, signal);
        let status = ended(child);
        assert_eq!((status.code(), status.signal()), (Some(code), None), "{signal}");
        assert_eq!(written(&folder), [""; 0], "{signal}");
    }
}

#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let folder = Folder::new("ignored");
    // As `nohup` does.
    let script = r#"trap "" HUP; exec "$0" "$@""#;
    let child = waiting(&folder, |args| {
        let run = command(&folder, args);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script]).arg(run.get_program()).args(run.get_args()).current_dir(&folder.0);
        shell
    });
    kill(&child, "HUP");
    // Time to end in, if it were to.
    std::thread::sleep(Duration::from_millis(200));
    let report = std::fs::read_to_string(folder.0.join("report.md")).expect("it goes on");
    assert!(report.contains("agent"), "{report}");
    assert_eq!(ended(child).code(), Some(0));
    assert_eq!(written(&folder), ["agent-1.json", "agent-index.json"]);
}
