//! `leastwise check --new-access-against`: a pull request's question, with git, folders and files.

use std::process::Command;

use serde_json::Value;

use crate::support::{Done, Folder, command, run, shared, text};

const READS: &str = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}"#;
const DELETES: &str =
    r#"{"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::reports/*"}"#;
const UNKNOWN: &str =
    r#"{"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "arn:aws:s3:::reports/*"}"#;

fn policy(statements: &[&str]) -> String {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": [\n{}\n]}}", statements.join(",\n"))
}

/// The binary with `git` on its path.
fn check(folder: &Folder, args: &[&str]) -> Done {
    let mut all = vec!["check", "--fail-on", "medium"];
    all.extend(args);
    let path = std::env::var_os("PATH").unwrap_or_default();
    command(folder, &all).env("PATH", path).output().expect("it starts").into()
}

fn findings(done: &Done) -> Vec<String> {
    let value: Value =
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}{}", done.out, done.err));
    let findings = value["findings"].as_array().expect("findings").iter();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    findings.map(|one| format!("{} {}:{}", text(one, "code"), text(one, "file"), one["line"])).collect()
}

fn git(folder: &Folder, args: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main"]);
    let done = git.args(args).current_dir(&folder.0).env("HOME", &folder.0).output().expect("git starts");
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn repository(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("infra/a.json", policy(&[READS, UNKNOWN]));
    folder.write("infra/b.json", policy(&[DELETES]));
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "first"]);
    folder
}

#[test]
fn only_what_a_change_widens_is_reported() {
    let folder = repository("against-git");
    let against = ["infra", "--new-access-against", "main", "--output", "json"];
    let same = check(&folder, &against);
    assert_eq!((same.code, findings(&same)), (Some(0), vec![]), "{}", same.err);
    // A finding that was there before stays out, what is allowed beyond it is told at its statement.
    folder.write("infra/a.json", policy(&[READS, UNKNOWN, DELETES]));
    let wider = check(&folder, &against);
    assert_eq!((wider.code, findings(&wider)), (Some(1), vec!["NEW_ACCESS infra/a.json:4".to_owned()]));
    let all = check(&folder, &[&against[..], &["--all"]].concat());
    assert_eq!(findings(&all), ["INVALID_ACTION infra/a.json:3", "NEW_ACCESS infra/a.json:4"]);
    let table = check(&folder, &["infra", "--new-access-against", "HEAD"]);
    assert!(table.out.contains("allows `s3:DeleteObject` on `arn:aws:s3:::reports/x`"), "{}", table.out);
    assert!(
        table.out.contains("compared with `HEAD`: 2 documents and principals, 1 finding that"),
        "{}",
        table.out
    );
}

#[test]
fn a_moved_file_takes_its_findings_with_it() {
    let folder = repository("against-moved");
    std::fs::rename(folder.0.join("infra/a.json"), folder.0.join("infra/moved.json")).expect("moved");
    let done = check(&folder, &[".", "--new-access-against", "main", "--output", "json"]);
    assert_eq!((done.code, findings(&done)), (Some(0), vec![]), "{}", done.err);
    folder.write("infra/copy.json", policy(&[UNKNOWN]));
    let done = check(&folder, &[".", "--new-access-against", "main", "--output", "json"]);
    assert_eq!(findings(&done), ["NEW_ACCESS infra/copy.json:2", "INVALID_ACTION infra/copy.json:2"]);
}

#[test]
fn it_works_from_a_folder_within_the_repository() {
    let folder = repository("against-within");
    folder.write("infra/a.json", policy(&[READS, DELETES]));
    let within = Folder(folder.0.join("infra"));
    let done = check(&within, &[".", "--new-access-against", "main", "--output", "json"]);
    assert_eq!(findings(&done), ["NEW_ACCESS a.json:3"], "{}", done.err);
    let done = check(&within, &["../infra/a.json", "--new-access-against", "main", "--output", "json"]);
    assert_eq!(findings(&done).len(), 1, "{}", done.err);
}

#[test]
fn folders_and_files_can_be_the_old_state() {
    let folder = Folder::new("against-folder");
    folder.write("old/a.json", policy(&[READS]));
    folder.write("new/a.json", policy(&[READS, DELETES]));
    folder.write("checkout/new/a.json", policy(&[READS, DELETES]));
    for (args, wanted) in [
        (["new", "old"], 1),
        (["new", "checkout"], 0),
        (["new/a.json", "old/a.json"], 1),
        (["old", "new"], 0),
        (["new/a.json", "checkout"], 0),
    ] {
        let done = check(&folder, &[args[0], "--new-access-against", args[1], "--output", "json"]);
        assert_eq!(findings(&done).len(), wanted, "{args:?}: {}{}", done.out, done.err);
    }
    let done = check(&folder, &["new/a.json", "--new-access-against", "old"]);
    assert_eq!(done.code, Some(2), "{}", done.err);
}

#[test]
fn what_is_no_state_is_an_error_and_never_an_option() {
    let folder = repository("against-wrong");
    for reference in ["nowhere", "--upload-pack=touch x", "-x", "main:infra", ""] {
        let argument = format!("--new-access-against={reference}");
        let done = check(&folder, &[".", &argument]);
        assert!(matches!(done.code, Some(2 | 3)), "{reference}: {}{}", done.out, done.err);
        assert!(done.out.is_empty(), "{reference}: {}", done.out);
    }
    let nowhere = Folder::new("against-no-repository");
    nowhere.write("a.json", policy(&[READS]));
    let done = check(&nowhere, &["a.json", "--new-access-against", "main"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    // Without `git` on the path.
    let done = run(&nowhere, &["check", "a.json", "--new-access-against", "main"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
}

#[test]
fn what_cannot_be_read_fails_though_it_was_there_before() {
    let folder = repository("against-unreadable");
    folder.write("infra/broken.json", "{\"Statement\": [");
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "broken"]);
    let done = check(&folder, &["infra", "--new-access-against", "main"]);
    assert_eq!(done.code, Some(3), "{}", done.out);
}

#[test]
fn a_suppression_that_covers_what_was_there_is_not_for_nothing() {
    let folder = repository("against-suppressed");
    folder.write(
        "leastwise.toml",
        "[[check.suppress]]\ncode = \"INVALID_ACTION\"\nreason = \"r\"\nuntil = \"SOON\"\n"
            .replace("SOON", &crate::check::soon()),
    );
    git(&folder, &["add", "leastwise.toml"]);
    git(&folder, &["commit", "-q", "-m", "suppressed"]);
    let done = check(&folder, &["infra", "--new-access-against", "main", "--output", "json"]);
    assert_eq!((done.code, findings(&done)), (Some(0), vec![]), "{}", done.err);
}

/// A run that takes from the settings file what fails.
fn gate(folder: &Folder, args: &[&str]) -> (Option<i32>, Vec<String>) {
    let mut all = vec!["check", "infra", "--new-access-against", "main", "--output", "json"];
    all.extend(args);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let done: Done = command(folder, &all).env("PATH", path).output().expect("it starts").into();
    let value: Value =
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}", done.err));
    let open = value["findings"].as_array().expect("findings").iter().filter(|one| one["state"] == "open");
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    (done.code, open.map(|one| format!("{} {}", text(one, "code"), text(one, "message"))).collect())
}

fn suppression(code: &str) -> String {
    let until = crate::check::soon();
    format!("[[check.suppress]]\ncode = \"{code}\"\nreason = \"fine\"\nuntil = {until}\n")
}

#[test]
fn a_suppression_that_the_change_brings_is_told_and_not_hidden_by_itself() {
    let folder = repository("against-own-suppression");
    folder.write("infra/a.json", policy(&[READS, UNKNOWN, DELETES]));
    folder.write("leastwise.toml", suppression("*"));
    let (code, told) = gate(&folder, &[]);
    assert_eq!((code, told.len()), (Some(1), 1), "{told:?}");
    assert!(told[0].starts_with("GATE_LOOSENED this change suppresses `*` until "), "{told:?}");
    // A selection on the command line is not the change's; one in the file is.
    assert_eq!(gate(&folder, &["--only", "NEW_ACCESS"]).1, [""; 0]);
    folder.write("leastwise.toml", format!("[check]\nskip = [\"GATE_LOOSENED\"]\n{}", suppression("*")));
    let (_, told) = gate(&folder, &[]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().any(|one| one.contains("adds `GATE_LOOSENED` to `skip`")), "{told:?}");
    git(&folder, &["add", "leastwise.toml"]);
    git(&folder, &["commit", "-q", "-m", "settings"]);
    assert_eq!(gate(&folder, &[]), (Some(0), vec![]));
}

#[test]
fn a_comment_that_the_change_brings_is_told_wherever_it_was_before() {
    let folder = repository("against-own-comment");
    let role = |name: &str, comment: &str| {
        let until = crate::check::soon();
        let comment = comment.replace("SOON", &until.to_string());
        format!(
            "resource \"aws_iam_policy\" \"{name}\" {{\n  name = \"{name}\"\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    \
             Statement = [{{ Effect = \"Allow\", Resource = \"*\",\n      {comment}\n      Action = \"s3:*\" }}]\n  }})\n}}\n"
        )
    };
    let ignore = "# leastwise:ignore * until=SOON fine";
    folder.write("infra/one.tf", role("one", ignore));
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "one"]);
    std::fs::rename(folder.0.join("infra/one.tf"), folder.0.join("infra/moved.tf")).expect("moved");
    assert_eq!(gate(&folder, &[]), (Some(0), vec![]));
    folder.write("infra/two.tf", role("two", ignore));
    let (_, told) = gate(&folder, &[]);
    let of_gate: Vec<&String> = told.iter().filter(|one| one.starts_with("GATE_LOOSENED")).collect();
    assert_eq!(of_gate.len(), 1, "{told:?}");
    assert!(of_gate[0].contains("suppresses `*` on line 7"), "{told:?}");
}

#[test]
fn a_change_is_judged_by_the_settings_that_were_there_before() {
    let folder = repository("against-own-settings");
    folder.write("leastwise.toml", "[check]\nfail-on = \"high\"\n");
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "settings"]);
    folder.write("infra/a.json", policy(&[READS, UNKNOWN, DELETES]));
    folder.write("leastwise.toml", "[check]\nfail-on = \"never\"\n");
    let (code, told) = gate(&folder, &[]);
    assert_eq!((code, told.len()), (Some(1), 2), "{told:?}");
    assert!(told.iter().any(|one| one.contains("sets `fail-on` to `never`; it was `high`")), "{told:?}");
    // What the command line says is not the change's.
    assert_eq!(gate(&folder, &["--fail-on", "critical"]).0, Some(0));
    folder.write("leastwise.toml", "[check]\nfail-on = \"low\"\n");
    assert_eq!(gate(&folder, &[]).1.len(), 1);
}

/// What takes the gate away fails by default; what lets one thing through is told.
#[test]
fn a_change_of_what_it_is_compared_with_is_told_and_fails() {
    let folder = repository("against-own-reference");
    let set = |value: &str| folder.write("leastwise.toml", value);
    let by_itself = |args: &[&str]| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = [&["check", "infra", "--output", "json"], args].concat();
        let done: Done = command(&folder, &all).env("PATH", path).output().expect("it starts").into();
        (done.code, done.out.matches("GATE_LOOSENED").count() > 0)
    };
    set("[check]\nnew-access-against = \"main\"\n");
    let (code, told) = gate(&folder, &[]);
    assert_eq!(code, Some(1));
    assert!(told[0].contains("sets `new-access-against` to `main`: nothing else is reported"), "{told:?}");
    assert_eq!(by_itself(&[]), (Some(1), true));
    git(&folder, &["add", "leastwise.toml"]);
    git(&folder, &["commit", "-q", "-m", "settings"]);
    assert_eq!(gate(&folder, &[]), (Some(0), vec![]));
    assert_eq!(by_itself(&[]), (Some(0), false));
    for (text, says) in [
        ("[check]\n", "takes `new-access-against` away, which was `main`"),
        ("[check]\nnew-access-against = \"HEAD\"\n", "sets `new-access-against` to `HEAD`; it was `main`"),
    ] {
        set(text);
        let (code, told) = gate(&folder, &[]);
        assert_eq!((code, told.len()), (Some(1), 1), "{told:?}");
        assert!(told[0].contains(says), "{told:?}");
    }
    assert_eq!(by_itself(&[]), (Some(1), true));
}

#[test]
fn settings_that_take_the_gate_away_fail_and_others_are_told() {
    let folder = repository("against-own-severity");
    let nobody = r#"{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;
    folder.write("snapshot.json", nobody);
    folder.write("catalog/index.json", "[]");
    let service = r#"{"Name": "s3", "Actions": [], "ConditionKeys": [], "Operations": [], "Resources": [], "Version": "v1.4"}"#;
    folder.write("catalog/v1/s3/s3.json", service);
    for (text, code) in [
        ("skip = [\"NEW_ACCESS\"]", Some(1)),
        ("skip = [\"GATE_LOOSENED\"]", Some(1)),
        ("only = [\"INVALID_ACTION\"]", Some(1)),
        ("allow-unreadable = true", Some(1)),
        ("fail-on = \"critical\"", Some(1)),
        ("skip = [\"*\"]", Some(1)),
        ("skip = [\"NEW_*\"]", Some(1)),
        ("skip = [\"GATE_LOOSENE?\"]", Some(1)),
        ("skip = [\"new_access\"]", Some(1)),
        ("skip = [\" NEW_ACCESS \"]", Some(1)),
        ("skip = [\"SUPPRESSION_UNUSED,NEW_ACCESS\"]", Some(1)),
        // What it finds is medium, or high.
        ("skip = [\"WILDCARD_REACHES_DESTRUCTIVE\"]", Some(1)),
        ("skip = [\"SUPPRESSION_UNUSED\"]", Some(0)),
        ("skip = [\"SUPPRESSION_*\", \"invalid_action\"]", Some(0)),
        ("own-account = [\"444455556666\"]", Some(0)),
        ("scp = [\"r-ab12=infra/b.json\"]", Some(1)),
        ("snapshot = [\"snapshot.json\"]", Some(1)),
        ("catalog = \"catalog\"", Some(1)),
    ] {
        folder.write("leastwise.toml", format!("[check]\n{text}\n"));
        let (got, told) = gate(&folder, &[]);
        let of_gate = told.iter().filter(|one| one.starts_with("GATE_LOOSENED")).count();
        assert_eq!((got, of_gate), (code, 1), "{text}: {told:?}");
    }
    folder.write("leastwise.toml", "[check]\nonly = [\"*\"]\n");
    assert_eq!(gate(&folder, &[]), (Some(0), vec![]));
}

#[test]
fn what_the_checks_take_for_given_is_told_when_it_changes_unless_a_flag_says_it() {
    let folder = repository("against-own-grounds");
    let deny =
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;
    folder.write("deny.json", deny);
    let scp = "[check]\nscp = [\"r-ab12=deny.json\"]\n";
    folder.write("leastwise.toml", scp);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "settings"]);
    assert_eq!(gate(&folder, &[]), (Some(0), vec![]));
    for (text, says) in [
        (
            format!("{scp}management-account = \"111122223333\"\n"),
            "sets `management-account` to `111122223333`",
        ),
        (scp.replace("r-ab12", "r-cd34"), "sets `scp` to `r-cd34=deny.json`; it was `r-ab12=deny.json`"),
        (String::new(), "takes `scp` away, which was `r-ab12=deny.json`"),
    ] {
        folder.write("leastwise.toml", &text);
        let (code, told) = gate(&folder, &[]);
        assert_eq!((code, told.len()), (Some(1), 1), "{told:?}");
        assert!(told[0].contains(says), "{told:?}");
    }
    assert_eq!(gate(&folder, &["--scp", "r-ab12=deny.json"]), (Some(0), vec![]));
}

#[test]
fn a_suppression_of_what_fails_wherever_it_is_takes_the_gate_away() {
    let folder = repository("against-own-blanket");
    folder.write("infra/a.json", policy(&[READS, UNKNOWN, DELETES]));
    let within = |what: &str| suppression("NEW_ACCESS").replace("reason", &format!("{what}\nreason"));
    for (settings, code) in [
        (suppression("new_*"), 1),
        (suppression("NEW_ACCESS"), 1),
        (within("file = \"*\""), 1),
        (within("subject = \"?*\""), 1),
        (within("file = \"infra/a.json\""), 0),
        (within("subject = \"infra/*\""), 0),
        (suppression("NEW_ACCESS") + &suppression("UNREADABLE"), 1),
        (within("file = \"infra/*\"") + &suppression("JSON_SYNTAX_ERROR"), 1),
        (within("file = \"infra/*\"") + &suppression("INVALID_ACTION"), 0),
        (within("file = \"infra/*\"") + &suppression("K8S_WILDCARD"), 1),
    ] {
        folder.write("leastwise.toml", &settings);
        let (got, told) = gate(&folder, &[]);
        assert_eq!(got, Some(code), "{settings}: {told:?}");
    }
    // Where only what is critical fails, this does.
    folder.write("leastwise.toml", suppression("*"));
    assert_eq!(gate(&folder, &["--fail-on", "critical"]).0, Some(1));
}

#[test]
fn a_change_is_judged_by_what_the_settings_were_read_as() {
    let folder = repository("against-own-values");
    folder.write("infra/broken.json", "{\"Statement\": [");
    folder.write("leastwise.toml", "[check]\nfail-on = \"high\"\n");
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "broken"]);
    for value in ["\"yes\"", "1", "\"TRUE\"", "\"on\"", "true"] {
        folder.write("leastwise.toml", format!("[check]\nfail-on = \"high\"\nallow-unreadable = {value}\n"));
        let (code, told) = gate(&folder, &[]);
        assert_eq!(code, Some(3), "{value}: {told:?}");
        assert!(
            told.iter().any(|one| one.contains("sets `allow-unreadable` to `true`")),
            "{value}: {told:?}"
        );
    }
    std::fs::remove_file(folder.0.join("infra/broken.json")).expect("removed");
    folder.write("infra/a.json", policy(&[READS, UNKNOWN, DELETES]));
    for settings in [
        "fail-on = \"high\"\ncheck.fail-on = \"never\"\n",
        "check.fail-on = \"never\"\nfail-on = \"high\"\n",
        "check = { fail-on = \"never\" }\n",
    ] {
        folder.write("leastwise.toml", settings);
        let (code, told) = gate(&folder, &[]);
        assert_eq!(code, Some(1), "{settings}: {told:?}");
        assert!(told.iter().any(|one| one.contains("sets `fail-on` to `never`; it was `high`")), "{told:?}");
    }
    // One setting that is wrong, and that a flag takes the place of, does not hide the others.
    folder.write("leastwise.toml", "fail-on = \"NEVER\"\nskip = [\"NEW_ACCESS\"]\n");
    let (code, told) = gate(&folder, &["--fail-on", "high"]);
    assert_eq!((code, told.len()), (Some(1), 1), "{told:?}");
}

#[test]
fn a_run_that_judges_is_not_made_one_that_writes_a_baseline_by_a_setting() {
    let folder = repository("against-own-write");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let args = ["check", "infra", "--new-access-against", "main"];
    for settings in ["[check]\nwrite-baseline = \"b.json\"\n", "write-baseline = \"b.json\"\n"] {
        folder.write("leastwise.toml", settings);
        folder.write("infra/a.json", policy(&[READS, UNKNOWN, DELETES]));
        let done: Done = command(&folder, &args).env("PATH", &path).output().expect("it starts").into();
        assert_eq!(done.code, Some(2), "{settings}: {}{}", done.out, done.err);
        assert!(
            done.err.contains("`write-baseline` is no setting (settings `leastwise.toml`"),
            "{}",
            done.err
        );
        assert!(!folder.0.join("b.json").exists());
    }
    std::fs::remove_file(folder.0.join("leastwise.toml")).expect("removed");
    let mut with_variable = command(&folder, &args);
    with_variable.env("PATH", &path).env("LEASTWISE_WRITE_BASELINE", "b.json");
    let done: Done = with_variable.output().expect("it starts").into();
    assert_eq!((done.code, folder.0.join("b.json").exists()), (Some(1), false), "{}", done.err);
}

#[test]
fn what_the_change_adds_to_the_baseline_is_told() {
    let folder = repository("against-own-baseline");
    let baseline = ["--baseline", "baseline.json"];
    folder.write("baseline.json", "{\"schema\":\"leastwise/baseline/2\",\"findings\":[]}");
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "baseline"]);
    folder.write("infra/c.json", policy(&[UNKNOWN]));
    assert!(!gate(&folder, &baseline).1.iter().any(|one| one.starts_with("GATE_LOOSENED")));
    let done = check(&folder, &["infra", "--write-baseline", "baseline.json"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let (_, told) = gate(&folder, &baseline);
    assert!(told.iter().any(|one| one.starts_with("GATE_LOOSENED this change adds ")), "{told:?}");
}

#[test]
fn a_snapshot_in_the_repository_is_compared_and_one_beside_it_is_the_same_account() {
    let account = |policy: &str| {
        format!(
            r#"{{"UserDetailList": [{{"Path": "/", "UserName": "u", "UserId": "AIDAEXAMPLE", "Arn": "arn:aws:iam::111122223333:user/u",
            "CreateDate": "2026-01-01T00:00:00Z", "GroupList": [], "AttachedManagedPolicies": [], "Tags": [],
            "UserPolicyList": [{{"PolicyName": "own", "PolicyDocument": {policy}}}]}}],
            "GroupDetailList": [], "RoleDetailList": [], "Policies": []}}"#
        )
    };
    let folder = repository("against-snapshot");
    folder.write("beside.json", account(&policy(&[READS])));
    folder.write("account.json", account(&policy(&[READS])));
    git(&folder, &["add", "account.json"]);
    git(&folder, &["commit", "-q", "-m", "account"]);
    let new_access = |snapshot: &str| {
        let args = ["infra", "--snapshot", snapshot, "--new-access-against", "main", "--output", "json"];
        let mut found = findings(&check(&folder, &args));
        found.retain(|one| one.starts_with("NEW_ACCESS"));
        found
    };
    assert_eq!(new_access("beside.json"), [""; 0]);
    assert_eq!(new_access("account.json"), [""; 0]);
    folder.write("account.json", account(&policy(&[READS, DELETES])));
    assert_eq!(new_access("account.json"), ["NEW_ACCESS account.json:5"]);
    let done = check(&folder, &["-", "--new-access-against", "main"]);
    assert_eq!(done.code, Some(2), "{}", done.err);
}

#[test]
fn nothing_is_new_against_itself() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let shared = ["iac", "privesc", "iam-snapshots"].into_iter().filter_map(shared);
    for folder in shared.chain([examples]) {
        let folder = text(&folder).to_owned();
        let here = Folder::new("against-itself");
        let args = [&folder, "--new-access-against", &folder, "--allow-unreadable", "--output", "json"];
        let mut found = findings(&check(&here, &args));
        // What cannot be read is always told.
        found.retain(|one| !one.starts_with("JSON_SYNTAX_ERROR") && !one.starts_with("UNREADABLE"));
        assert_eq!(found, [""; 0], "{folder}");
    }
}
