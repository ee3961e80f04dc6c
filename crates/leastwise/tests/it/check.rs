//! `leastwise check` and `leastwise explain`, as a pipeline uses them.

use serde_json::Value;

use crate::support::{Done, Folder, run, run_with_input};

/// A policy with an action that there is not (line 4), and one without.
const BAD: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow", "Action": "s3:GetObjekt",
    "Resource": "arn:aws:s3:::reports/*"
  }
}"#;

/// A day in the next weeks.
pub fn soon() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let days = i64::try_from(since.as_secs() / 86_400).expect("a day") + 30;
    leastwise_policy::time::Date::from_days(days).to_string()
}

fn good() -> String {
    BAD.replace("GetObjekt", "GetObject")
}

/// A run that fails at medium, which is what an action that there is not comes to.
fn check(folder: &Folder, args: &[&str]) -> Done {
    let mut all = vec!["check", "--fail-on", "medium"];
    all.extend(args);
    run(folder, &all)
}

fn json(folder: &Folder, args: &[&str]) -> Value {
    let mut all = vec!["check", "--output", "json"];
    all.extend(args);
    let done = run(folder, &all);
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}{}", done.out, done.err))
}

fn codes(value: &Value) -> Vec<&str> {
    value["findings"].as_array().expect("findings").iter().filter_map(|one| one["code"].as_str()).collect()
}

#[test]
fn the_exit_code_says_how_it_went() {
    let folder = Folder::new("check-codes");
    folder.write("good.json", good());
    folder.write("bad.json", BAD);
    folder.write("broken.json", "{\"Version\": \"2012-10-17\",\n \"Statement\": [}");
    folder.write("notes.txt", "nothing of ours");
    for (args, code) in [
        (&["good.json"][..], 0),
        (&["bad.json"], 1),
        (&["bad.json", "--fail-on", "high"], 0),
        (&["bad.json", "--fail-on", "never"], 0),
        (&["broken.json"], 3),
        (&["broken.json", "--allow-unreadable"], 0),
        (&["broken.json", "bad.json"], 3),
        (&["broken.json", "bad.json", "--allow-unreadable"], 1),
        (&["notes.txt"], 3),
        (&["missing.json", "--allow-unreadable"], 3),
        (&["good.json", "--only", "NO_SUCH_CHECK"], 2),
        (&["good.json", "--output", "xml"], 2),
        (&["good.json", "--also", "sarif"], 2),
        (&[], 2),
    ] {
        let mut all = vec!["check"];
        all.extend(args);
        if !args.contains(&"--fail-on") {
            all.extend(["--fail-on", "medium"]);
        }
        let done = run(&folder, &all);
        assert_eq!(done.code, Some(code), "{args:?}: {}{}", done.out, done.err);
    }
}

#[test]
fn a_finding_names_its_place_and_the_way_out() {
    let folder = Folder::new("check-table");
    folder.write("policies/bad.json", BAD);
    let done = check(&folder, &["."]);
    assert!(done.out.contains("policies/bad.json:4:34  medium  INVALID_ACTION\n"), "{}", done.out);
    assert!(done.out.contains("did you mean `s3:GetObject`?"), "{}", done.out);
    assert!(done.err.contains("1 finding of severity medium or worse"), "{}", done.err);
}

#[test]
fn standard_input_is_a_file_too() {
    let folder = Folder::new("check-stdin");
    let done = run_with_input(&folder, &["check", "-", "--fail-on", "medium"], BAD.as_bytes());
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.out.contains("standard input:4:34"), "{}", done.out);
}

#[test]
fn folders_are_walked_but_for_what_tools_keep_there() {
    let folder = Folder::new("check-walk");
    for name in
        ["a/bad.json", "b/c/bad.json", ".hidden/bad.json", "node_modules/x/bad.json", ".terraform/bad.json"]
    {
        folder.write(name, BAD);
    }
    folder.write("package.json", "{\"name\": \"x\"}");
    folder.write("image.png", [0xff, 0xd8]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc", folder.0.join("etc")).expect("a link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.0.join(".hidden/bad.json"), folder.0.join("link.json"))
        .expect("a link");
    let value = json(&folder, &["."]);
    let files: Vec<&str> =
        value["read"]["files"].as_array().expect("files").iter().filter_map(Value::as_str).collect();
    assert_eq!(files, ["a/bad.json", "b/c/bad.json"]);
    assert_eq!(value["read"]["left_alone"], 1);
    let done = check(&folder, &["."]);
    assert!(
        done.err.contains("left alone: 1 file") && done.err.contains("1 link was not followed"),
        "{}",
        done.err
    );
    assert!(!check(&folder, &[".", "--quiet"]).err.contains("left alone"));
}

#[test]
fn text_in_another_encoding_is_told_when_it_is_ours() {
    let folder = Folder::new("check-encoding");
    let utf16: Vec<u8> = BAD.encode_utf16().flat_map(u16::to_le_bytes).chain([0xff]).collect();
    folder.write("policy.json", &utf16);
    folder.write("data.json", b"{\"name\": \"caf\xe9\"}");
    let value = json(&folder, &["."]);
    assert_eq!((codes(&value), &value["read"]["left_alone"]), (vec!["UNREADABLE"], &1.into()), "{value:#}");
    assert_eq!(codes(&json(&folder, &["data.json"])), ["UNREADABLE"]);
}

#[test]
fn a_file_has_one_name_however_it_is_named() {
    let folder = Folder::new("check-names");
    let path = folder.write("a/bad.json", BAD);
    let fingerprint = |name: &str| json(&folder, &[name])["findings"][0]["fingerprint"].clone();
    let first = fingerprint("a/bad.json");
    for name in ["./a/bad.json", "a//bad.json", ".", "a"] {
        assert_eq!(fingerprint(name), first, "{name}");
    }
    let absolute = std::fs::canonicalize(path).expect("a path");
    assert_eq!(fingerprint(absolute.to_str().expect("UTF-8")), first);
    assert_eq!(json(&folder, &["a/bad.json", "a", "."])["open"]["medium"], 1);
}

#[test]
fn each_output_says_the_same_each_time() {
    let folder = Folder::new("check-outputs");
    folder.write("bad.json", BAD);
    folder.write("b&<d>.json", BAD);
    folder.write("broken.json", "{");
    for format in ["table", "json", "sarif", "markdown", "junit", "github"] {
        let first = check(&folder, &[".", "broken.json", "--output", format]);
        assert_eq!(first.code, Some(3), "{format}: {}", first.err);
        assert_eq!(first.out, check(&folder, &[".", "broken.json", "--output", format]).out);
        let out = format!("out/report.{format}");
        let to_file = check(&folder, &[".", "broken.json", "--output", format, "--out", &out]);
        assert_eq!((to_file.code, to_file.out.as_str()), (Some(3), ""), "{format}");
        assert_eq!(std::fs::read_to_string(folder.0.join(&out)).expect("written"), first.out);
        // What was written must not be looked at by the next run.
        std::fs::remove_dir_all(folder.0.join("out")).expect("removed");
    }
}

#[test]
fn one_run_writes_several_forms() {
    let folder = Folder::new("check-also");
    folder.write("bad.json", BAD);
    let done = check(&folder, &["bad.json", "--also", "sarif=out/a.sarif", "--also", "junit=out/b.xml"]);
    assert_eq!(done.code, Some(1));
    let sarif = std::fs::read_to_string(folder.0.join("out/a.sarif")).expect("written");
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "INVALID_ACTION");
    assert!(std::fs::read_to_string(folder.0.join("out/b.xml")).expect("written").contains("<failure"));
    assert!(done.out.contains("INVALID_ACTION"));
}

#[test]
fn checks_can_be_chosen_and_left_out_but_what_cannot_be_read_stays() {
    let folder = Folder::new("check-select");
    folder.write("bad.json", BAD);
    folder.write("broken.json", "{");
    assert_eq!(codes(&json(&folder, &["bad.json", "--skip", "invalid_*"])), [""; 0]);
    assert_eq!(
        codes(&json(&folder, &["bad.json", "--only", "INVALID_ACTION,UNREADABLE"])),
        ["INVALID_ACTION"]
    );
    assert_eq!(codes(&json(&folder, &["broken.json", "--only", "INVALID_ACTION"])), ["JSON_SYNTAX_ERROR"]);
    let wrong = run(&folder, &["check", "bad.json", "--skip", "INVALID_ACTON"]);
    assert!(wrong.err.contains("did you mean `INVALID_ACTION`?"), "{}", wrong.err);
}

#[test]
fn a_baseline_lets_pass_what_was_there_and_nothing_else() {
    let folder = Folder::new("check-baseline");
    folder.write("bad.json", BAD);
    let written = check(&folder, &[".", "--write-baseline", "known.json"]);
    assert_eq!(written.code, Some(0), "{}", written.err);
    let known = check(&folder, &["bad.json", "--baseline", "known.json"]);
    assert_eq!(known.code, Some(0), "{}", known.out);
    assert!(known.out.contains("listed in the baseline: 1 finding"), "{}", known.out);
    // Lines may move, and another statement may come before it.
    let moved = BAD.replace("{\n  \"Version\"", "{\n\n\n\n  \"Version\"").replace(
        "\"Statement\": {",
        "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:ListAllMyBuckets\", \"Resource\": \"*\"}, {",
    );
    folder.write(
        "bad.json",
        moved.replace("\"arn:aws:s3:::reports/*\"\n  }", "\"arn:aws:s3:::reports/*\"\n  }]"),
    );
    assert_eq!(check(&folder, &["bad.json", "--baseline", "known.json"]).code, Some(0));
    folder.write("bad.json", BAD.replace("GetObjekt", "PutObjekt"));
    let new = check(&folder, &["bad.json", "--baseline", "known.json"]);
    assert_eq!(new.code, Some(1), "{}", new.out);
    assert!(new.out.contains("in the baseline and no more found: 1 finding"), "{}", new.out);
    folder.write("broken.json", "{");
    let unread = check(&folder, &["broken.json", "--write-baseline", "known.json"]);
    assert_eq!(unread.code, Some(3), "what cannot be read is never known");
    for text in ["", "{}", "{\"schema\":\"leastwise/baseline/9\",\"findings\":[]}"] {
        folder.write("known.txt", text);
        assert_eq!(check(&folder, &["bad.json", "--baseline", "known.txt"]).code, Some(3), "{text}");
    }
}

#[test]
fn what_got_worse_than_in_the_baseline_counts_again_and_says_how() {
    let open = |action: &str, resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":"*","Action":{action},"Resource":{resource}}}}}"#
        )
    };
    let one = open(r#""s3:GetObject""#, r#""arn:aws:s3:::b/*""#);
    let wider = open(r#"["s3:GetObject", "s3:GetObjectAcl"]"#, r#""arn:aws:s3:::b/*""#);
    let account = |condition: &str, roles: &[&str]| {
        let roles: Vec<String> = roles
            .iter()
            .map(|role| {
                format!(
                    r#"{{"RoleName":"{role}","Arn":"arn:aws:iam::111122223333:role/{role}","AttachedManagedPolicies":[{{"PolicyName":"p","PolicyArn":"arn:aws:iam::111122223333:policy/p"}}]}}"#
                )
            })
            .collect();
        format!(
            r#"{{"RoleDetailList":[{}],"Policies":[{{"PolicyName":"p","Arn":"arn:aws:iam::111122223333:policy/p","DefaultVersionId":"v1","PolicyVersionList":[{{"VersionId":"v1","IsDefaultVersion":true,"Document":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"rds:*","Resource":"*"{condition}}}]}}}}]}}]}}"#,
            roles.join(",")
        )
    };
    let mfa = r#","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
    let cases = [
        (one.clone(), one.replace("{\"Effect\"", "\n\n{\"Effect\""), None),
        (wider.clone(), one.clone(), None),
        (one, wider, Some("s3:GetObjectAcl")),
        (account("", &["a"]), account("", &["a", "b"]), Some("role/b holds it too")),
        (account("", &["a", "b"]), account("", &["b"]), None),
        (account(mfa, &["a"]), account("", &["a"]), Some("")),
    ];
    let folder = Folder::new("check-worse");
    for (before, after, how) in cases {
        folder.write("x.json", &before);
        check(&folder, &["x.json", "--write-baseline", "known.json"]);
        folder.write("x.json", &after);
        let now = check(&folder, &["x.json", "--baseline", "known.json"]);
        assert_eq!(now.code, Some(i32::from(how.is_some())), "{before}\n{after}\n{}", now.out);
        assert!(now.out.contains(how.unwrap_or_default()), "{how:?}: {}", now.out);
    }
    let first = r#"{"schema":"leastwise/baseline/1","findings":[{"file":"a","code":"PUBLIC_ACCESS","subject":"a","message":"m","fingerprint":"f"}]}"#;
    folder.write("known.json", first);
    let old = run(&folder, &["check", "x.json", "--baseline", "known.json"]);
    assert!(old.err.contains("older form"), "{}", old.err);
}

#[test]
fn a_suppression_holds_until_its_day_and_says_why() {
    let folder = Folder::new("check-suppress");
    folder.write("policies/bad.json", BAD);
    let suppress = |until: &str, more: &str| {
        format!("[[check.suppress]]\ncode = \"INVALID_*\"\nreason = \"in preview\"\nuntil = {until}\n{more}")
    };
    folder.write("leastwise.toml", suppress(&format!("{:?}", soon()), "file = \"policies/*\"\n"));
    let value = json(&folder, &["."]);
    assert_eq!(value["findings"][0]["state"], "suppressed", "{value:#}");
    assert_eq!(value["findings"][0]["suppression"]["reason"], "in preview");
    assert_eq!(check(&folder, &["."]).code, Some(0));
    folder.write("leastwise.toml", suppress("2026-01-31", "file = \"policies/*\"\n"));
    let lapsed = json(&folder, &["."]);
    assert_eq!(codes(&lapsed), ["SUPPRESSION_LAPSED", "INVALID_ACTION"]);
    assert_eq!(lapsed["findings"][0]["line"], 1);
    assert_eq!(check(&folder, &["."]).code, Some(1));
    // Nothing to suppress: told where the run has looked, and only there.
    folder.write("leastwise.toml", suppress(&soon(), "file = \"policies/gone.json\"\n"));
    assert_eq!(codes(&json(&folder, &["."])), ["SUPPRESSION_UNUSED", "INVALID_ACTION"]);
    folder.write("other/good.json", good());
    assert_eq!(codes(&json(&folder, &["other"])), [""; 0]);
    for wrong in [
        suppress("2999-01-01", ""),
        suppress(&soon(), "files = \"x\"\n"),
        suppress(&soon(), "").replace("in preview", ""),
    ] {
        folder.write("leastwise.toml", wrong);
        let done = check(&folder, &["."]);
        assert_eq!(done.code, Some(2), "{}", done.err);
    }
}

/// The shop's service control policies stop what its administrators could do otherwise.
#[test]
fn service_control_policies_stop_findings() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let path = |name: &str| examples.join(name).to_str().expect("UTF-8").to_owned();
    let (snapshot, scp) = (path("account/snapshot.json"), path("organization/scp"));
    let folder = Folder::new("check-scp");
    let count = |value: &Value| value["findings"].as_array().map_or(0, Vec::len);
    let without = json(&folder, &[&snapshot]);
    // What a region decides is not stopped, and told.
    let with = json(&folder, &[&snapshot, "--scp", &scp]);
    assert!(with.to_string().contains("almost stopped"));
    let all = format!("{scp}/o-shopexample/r-shop/FullAWSAccess.json");
    folder.write(
        "guard.json",
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}]}"#,
    );
    let (root, leaf) = (format!("r-shop={all}"), "r-shop/111122223333=guard.json");
    let stopped = json(&folder, &[&snapshot, "--scp", &root, leaf]);
    assert!(count(&stopped) < count(&without), "{} {}", count(&stopped), count(&without));
    let has = |value: &Value, code: &str| {
        value["findings"].as_array().into_iter().flatten().any(|finding| finding["code"] == code)
    };
    for code in ["ADMIN_ACCESS", "DESTRUCTIVE_ANYWHERE", "ESCALATION_PATH", "AGENT_DELETES_BACKUPS"] {
        assert!(has(&without, code) && !has(&stopped, code), "{code}");
    }
    let elsewhere = format!("r-shop/444455556666={scp}/o-shopexample/r-shop/FullAWSAccess.json");
    let unreached = run(&folder, &["check", &snapshot, "--fail-on", "never", "--scp", &elsewhere]);
    assert!(unreached.err.contains("no path to the account 111122223333"), "{}", unreached.err);
}

#[test]
fn what_need_not_be_read_is_suppressed_by_name() {
    let folder = Folder::new("check-suppress-unreadable");
    folder.write("fixtures/broken.json", "{\"Statement\": [");
    assert_eq!(check(&folder, &["."]).code, Some(3));
    let text = "[[check.suppress]]\ncode = \"JSON_SYNTAX_ERROR\"\nfile = \"fixtures/*\"\nreason = \"a test's\"\nuntil = \"SOON\"\n".replace("SOON", &soon());
    folder.write("leastwise.toml", text);
    let done = check(&folder, &["."]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("suppressed: 1 finding"), "{}", done.out);
}

#[test]
fn settings_of_the_gate_come_from_the_file() {
    let folder = Folder::new("check-settings");
    folder.write("bad.json", BAD);
    folder.write("leastwise.toml", "[check]\nfail-on = \"medium\"\n\n[check.agents]\nnames = [\"zebra\"]\n");
    assert_eq!(run(&folder, &["check", "bad.json"]).code, Some(1));
    folder.write("leastwise.toml", "[check.agents]\nname = [\"zebra\"]\n");
    assert_eq!(run(&folder, &["check", "bad.json"]).code, Some(2));
}

#[test]
fn text_of_others_forges_nothing() {
    let folder = Folder::new("check-forge");
    let action = "s3:Get\\n::error::x\\u001b[31m<img src=x>[a](http://example.com)@team|`";
    folder.write("bad.json", BAD.replace("s3:GetObjekt", action));
    let of = |format: &str| check(&folder, &["bad.json", "--output", format]).out;
    for format in ["table", "markdown", "junit", "github"] {
        assert!(!of(format).contains('\u{1b}'), "{format}");
    }
    let commands = of("github");
    let commands: Vec<&str> = commands.lines().filter(|line| line.starts_with("::")).collect();
    // The statement that cannot be understood, and the action in it.
    assert!(
        commands.len() == 2 && commands.iter().all(|line| line.contains(" file=bad.json,")),
        "{commands:?}"
    );
    assert!(!of("junit").contains("<img"), "{}", of("junit"));
    let outside = outside_of_code(&of("markdown"));
    assert!(of("markdown").contains("<img") && of("markdown").contains("@team"), "{}", of("markdown"));
    assert!(!outside.contains("<img") && !outside.contains('@') && !outside.contains("http"), "{outside}");
}

/// What is left of Markdown without its code spans: a run of backticks up to the next run of the same length.
fn outside_of_code(text: &str) -> String {
    let run = |text: &str| text.len() - text.trim_start_matches('`').len();
    let mut outside = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        let length = run(&rest[at..]);
        rest = &rest[at + length..];
        let mut from = 0;
        while let Some(next) = rest[from..].find('`').map(|next| from + next) {
            let end = run(&rest[next..]);
            from = next + end;
            if end == length {
                rest = &rest[from..];
                break;
            }
        }
    }
    outside + rest
}

#[test]
fn explain_tells_one_check_or_all() {
    let folder = Folder::new("explain");
    let one = run(&folder, &["explain", "invalid_action"]);
    assert_eq!(one.code, Some(0), "{}", one.err);
    assert!(one.out.contains("s3:GetObjekt") && one.out.contains("[[check.suppress]]"), "{}", one.out);
    let list = run(&folder, &["explain"]).out;
    let value: Value =
        serde_json::from_str(&run(&folder, &["explain", "--output", "json"]).out).expect("JSON");
    let checks = value["checks"].as_array().expect("checks");
    assert!(
        checks.len() > 10
            && checks.iter().all(|check| list.contains(check["code"].as_str().expect("a code")))
    );
    let wrong = run(&folder, &["explain", "INVALID_ACTON"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("did you mean `INVALID_ACTION`"), "{}", wrong.err);
}

#[test]
fn what_is_ones_own_is_said_in_the_settings_or_by_a_flag() {
    let folder = Folder::new("check-own");
    folder.write(
        "bucket.json",
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "444455556666"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}}"#,
    );
    let found = |args: &[&str]| {
        let mut all = vec!["bucket.json"];
        all.extend(args);
        let value = json(&folder, &all);
        codes(&value).contains(&"EXTERNAL_ACCESS")
    };
    assert!(!found(&[]), "whose the bucket is is not known");
    folder.write("leastwise.toml", "[check]\nown-account = [\"111122223333\"]\n");
    assert!(found(&[]));
    assert!(!found(&["--own-account", "111122223333,444455556666"]));
    folder.write("leastwise.toml", "[check]\nown-organization = \"ours\"\n");
    assert_eq!(run(&folder, &["check", "bucket.json"]).code, Some(2));
}
