//! Pages of `docs/` that show what the commands in them print. `UPDATE_DOCS=1` writes what they print now into them.

use std::path::Path;
use std::process::Command;

#[test]
fn the_page_about_simulating_shows_real_output() {
    check("docs/simulate.md");
}

#[test]
fn the_page_about_comparing_shows_real_output() {
    check("docs/compare.md");
}

#[test]
fn the_page_about_paths_shows_real_output() {
    check("docs/paths.md");
}

#[test]
fn the_page_about_generating_shows_real_output() {
    check("docs/generate.md");
}

#[test]
fn the_page_about_refusals_shows_real_output() {
    check("docs/denied.md");
}

#[test]
fn the_page_about_feedback_shows_real_output() {
    check("docs/feedback.md");
}

#[test]
fn the_page_about_checking_shows_real_output() {
    check("docs/check.md");
}

#[test]
fn the_page_of_checks_is_what_explain_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = root.join("docs/checks.md");
    let real = output(&root, "leastwise explain --output markdown");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &real).expect("the page is ours");
    }
    let text = std::fs::read_to_string(&page).expect("the page");
    for (shown, real) in text.lines().zip(real.lines()) {
        assert_eq!(shown, real, "UPDATE_DOCS=1 writes the page anew");
    }
    assert_eq!(text, real, "UPDATE_DOCS=1 writes the page anew");
}

/// What the README's first command prints, as far as the README shows it (`try.sh` runs the same).
#[test]
fn the_first_screen_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("README.md")).expect("the README");
    let (_, shown) = page.split_once("```text\n").expect("a block of output");
    let (shown, _) = shown.split_once("```").expect("the block ends");
    let command = "leastwise rightsize examples/account/logs --granted examples/account/snapshot.json \
        --principal arn:aws:iam::111122223333:role/agents/order-agent --width prefix 2>&1 >/dev/null";
    let real = output(&root, command);
    let lines: Vec<&str> = shown.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines.len() > 3, "{shown}");
    for line in lines {
        assert!(
            real.lines().any(|other| other == line),
            "the README shows `{line}`, and this is said:\n{real}"
        );
    }
}

fn check(page: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = root.join(page);
    let text = std::fs::read_to_string(&page).expect("the page");
    let mut blocks = text.split("```sh\n");
    let mut real = blocks.next().expect("a beginning").to_owned();
    for block in blocks {
        let (command, rest) = block.split_once("```\n").expect("the block ends");
        let shown = rest.strip_prefix("\n```text\n").and_then(|rest| rest.split_once("```\n"));
        let rest = shown.map_or(rest, |(_, rest)| rest);
        real.push_str(&format!("```sh\n{command}```\n\n```text\n{}```\n{rest}", output(&root, command)));
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &real).expect("the page is ours");
    }
    assert_eq!(text.lines().count(), real.lines().count(), "UPDATE_DOCS=1 writes the page anew");
    for (shown, real) in text.lines().zip(real.lines()) {
        assert_eq!(shown, real, "UPDATE_DOCS=1 writes the page anew");
    }
}

fn output(root: &Path, command: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_leastwise")).parent().expect("a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let home = std::env::temp_dir().join("leastwise-docs-without-settings");
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", command]).current_dir(root);
    let done = bash.env_clear().env("PATH", &path).env("HOME", home).output().expect("bash starts");
    assert!(done.status.success(), "{command}{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}
