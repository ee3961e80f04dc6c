//! The command lines of the GitHub Action, the pre-commit hooks and docs/ci.md are ones that the binary takes.

use std::path::Path;
use std::process::Command;

use crate::support::{Folder, command};

const GOOD: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/2026.csv"}
}"#;

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    std::fs::read_to_string(path).expect("the file is there")
}

/// A repository with a clean policy.
fn repository(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("policies/agent.json", GOOD);
    for args in [
        &["init", "-q", "-b", "main"][..],
        &["add", "."],
        &["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "first"],
    ] {
        let done = Command::new("git").args(args).current_dir(&folder.0).env("HOME", &folder.0).output();
        assert!(done.expect("git starts").status.success(), "{args:?}");
    }
    folder
}

/// Runs a line as the shell would, without quotes in it.
fn passes(folder: &Folder, line: &str) {
    let args: Vec<&str> = line.split_whitespace().skip(1).collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let done = command(folder, &args).env("PATH", path).output().expect("it starts");
    assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn hooks_run_as_they_are_written() {
    let folder = repository("ci-hooks");
    let hooks = text(".pre-commit-hooks.yaml");
    let entries: Vec<&str> = hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: ")).collect();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        passes(&folder, entry);
    }
}

#[test]
fn lines_of_the_page_run_as_they_are_written() {
    let folder = repository("ci-page");
    let page = text("docs/ci.md");
    let lines: Vec<&str> = page
        .lines()
        .map(|line| line.trim().trim_start_matches("- ").trim_start_matches(".leastwise/bin/"))
        .filter(|line| line.starts_with("leastwise check"))
        .collect();
    assert!(lines.len() >= 2, "{lines:?}");
    for line in lines {
        passes(&folder, line);
    }
    assert!(folder.0.join("leastwise.xml").exists() && folder.0.join("leastwise.sarif").exists());
}

/// The script of the action's last step, run by bash as a runner does.
#[test]
fn the_action_runs_and_hands_on_what_came_out() {
    let action = text("action.yml");
    let (_, script) =
        action.split_once("        INPUT_BINARY: ${{ inputs.binary }}\n      run: |\n").expect("a script");
    let script: String =
        script.lines().map(|line| format!("{}\n", line.strip_prefix("        ").unwrap_or(line))).collect();
    let folder = repository("ci-action");
    folder.write("bad policies/agent.json", GOOD.replace("2012-10-17", "2012-10-18"));
    let run = |paths: &str, against: &str| {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]).current_dir(&folder.0);
        bash.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", &folder.0);
        bash.env("RUNNER_TEMP", folder.0.join("temp")).env("INPUT_BINARY", env!("CARGO_BIN_EXE_leastwise"));
        bash.env("GITHUB_OUTPUT", folder.0.join("output"))
            .env("GITHUB_STEP_SUMMARY", folder.0.join("summary"));
        bash.env("INPUT_PATHS", paths).env("INPUT_AGAINST", against).env("INPUT_SUMMARY", "true");
        for name in ["SNAPSHOT", "BASELINE", "CONFIG", "ALLOW_UNREADABLE"] {
            bash.env(format!("INPUT_{name}"), "");
        }
        bash.env("INPUT_FAIL_ON", "medium").output().expect("bash starts")
    };
    let clean = run("policies\n", "main");
    assert_eq!(clean.status.code(), Some(0), "{}", String::from_utf8_lossy(&clean.stderr));
    let found = run("bad policies\npolicies\n", "");
    let shown = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(matches!(found.status.code(), Some(1 | 3)), "{shown}{}", String::from_utf8_lossy(&found.stderr));
    assert!(shown.contains("file=bad policies/agent.json,line="), "{shown}");
    let output = std::fs::read_to_string(folder.0.join("output")).expect("written");
    for name in ["exit-code=0", "exit-code=", "sarif=", "markdown=", "junit="] {
        assert!(output.contains(name), "{output}");
    }
    for line in output.lines().filter_map(|line| line.split_once("sarif=")) {
        assert!(Path::new(line.1).exists(), "{output}");
    }
    assert!(
        std::fs::read_to_string(folder.0.join("summary")).expect("written").contains("## leastwise check")
    );
    // An input is an argument, whatever it looks like.
    let odd = run("--help\n", "$(touch touched)");
    assert!(!odd.status.success() && !folder.0.join("touched").exists());
}
