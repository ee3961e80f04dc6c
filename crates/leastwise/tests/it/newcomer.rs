//! What somebody meets who tries the commands for the first time: each wrong turn is answered with the way out.

use crate::support::{Done, Folder, command, event, log, run};
use serde_json::Value;

const T: &str = "2026-10-01T10:00:00Z";

fn role(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

/// Roles that may do all on S3, as a snapshot lists them.
fn snapshot(folder: &Folder, names: &[&str]) {
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let role = |name: &&str| {
        format!(
            r#"{{"Path":"/","RoleName":"{name}","Arn":"{}","RolePolicyList":[{{"PolicyName":"p","PolicyDocument":{policy}}}]}}"#,
            role(name)
        )
    };
    let roles: Vec<String> = names.iter().map(role).collect();
    folder.write("snapshot.json", format!(r#"{{"RoleDetailList":[{}]}}"#, roles.join(",")));
}

#[test]
fn a_nightly_run_prints_nothing_and_saves() {
    let folder = Folder::new("nightly");
    folder.write("l.json", log(&[event("1", "agent", "one", T)]));
    let done = run(&folder, &["usage", "l.json", "--output", "none", "--save", "l.lwu", "--quiet"]);
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (Some(0), "", ""));
    let saved = run(&folder, &["usage", "l.lwu"]);
    assert!(saved.out.contains("arn:aws:s3:::b/one"), "{}", saved.out);
    let nothing = run(&folder, &["usage", "l.json", "--output", "none"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(2), ""));
    assert!(nothing.err.contains("--output none prints nothing, and nothing is saved"), "{}", nothing.err);
    assert!(nothing.err.contains("help: say where with --save FILE"), "{}", nothing.err);
}

#[test]
fn a_pattern_right_sizes_the_one_principal_that_it_fits() {
    let folder = Folder::new("pattern-of-one");
    let linked = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForAgents";
    snapshot(&folder, &["agent-1", "agent-2", "other"]);
    let with_linked = std::fs::read_to_string(folder.0.join("snapshot.json")).expect("there").replace(
        r#""RoleDetailList":["#,
        &format!(
            r#""RoleDetailList":[{{"Path":"/aws-service-role/x.amazonaws.com/","RoleName":"AWSServiceRoleForAgents","Arn":"{linked}"}},"#
        ),
    );
    folder.write("snapshot.json", &with_linked);
    folder.write("l.json", log(&[event("1", "agent-1", "one", T), event("2", "agent-2", "two", T)]));
    let sized = |pattern: &str, more: &[&str]| -> Done {
        run(&folder, &[&["rightsize", "l.json", "--principal", pattern], more].concat())
    };
    for granted in [&["--granted", "snapshot.json"][..], &[]] {
        let one = sized("*:role/*-1", granted);
        assert_eq!(one.code, Some(0), "{}", one.err);
        assert!(one.out.contains("arn:aws:s3:::b/one"), "{}", one.out);
        assert!(one.err.contains(&role("agent-1")), "{}", one.err);
        let several = sized("*agent*", granted);
        assert_eq!((several.code, several.out.as_str()), (Some(3), ""), "{}", several.err);
        assert!(several.err.contains("`*agent*` fits 2 principals in "), "{}", several.err);
        assert!(
            several.err.contains(&format!("{}, {}", role("agent-1"), role("agent-2"))),
            "{}",
            several.err
        );
        assert!(several.err.contains("--all --granted SNAPSHOT --out DIR"), "{}", several.err);
        let none = sized("*agnt-1", granted);
        assert_eq!((none.code, none.out.as_str()), (Some(3), ""), "{}", none.err);
        assert!(none.err.contains("`*agnt-1` fits no principal in "), "{}", none.err);
    }
    // The snapshot lists one; another, which was deleted since, is in the logs alone.
    let deleted = event("3", "agent-3", "three", T);
    let linked_too = event("4", "x", "k", T).replace(&role("x"), linked);
    folder.write("l.json", log(&[event("1", "agent-1", "one", T), deleted, linked_too]));
    snapshot(&folder, &["agent-1", "other"]);
    let both = sized("*agent*", &["--granted", "snapshot.json"]);
    assert_eq!((both.code, both.out.as_str()), (Some(3), ""), "{}", both.err);
    assert!(both.err.contains("fits 2 principals in the snapshot and these logs"), "{}", both.err);
    assert!(both.err.contains(&format!("{}, {}", role("agent-1"), role("agent-3"))), "{}", both.err);
    let one = sized("*agent-?", &["--granted", "snapshot.json"]);
    assert_eq!(one.code, Some(3), "{}", one.err);
    let one = sized("*gent*-1", &["--granted", "snapshot.json"]);
    assert_eq!(one.code, Some(0), "{}", one.err);
    folder.write("snapshot.json", with_linked);
    let linked = sized("*ForAgents", &["--granted", "snapshot.json"]);
    assert!(linked.err.contains("is a service-linked role"), "{}", linked.err);
    let whose = run(&folder, &["rightsize", "l.json"]);
    assert!(whose.err.contains("give --principal ARN|GLOB, or --all with --out DIR"), "{}", whose.err);
}

#[test]
fn settings_that_are_no_toml_are_told_with_the_place() {
    let folder = Folder::new("no-toml");
    folder.write("leastwise.toml", "quiet = true\n{\n");
    let done = run(&folder, &["usage", "."]);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(done.err.contains("because: line 2, column 1: ") && !done.err.contains("\\n"), "{}", done.err);
}

/// A log of one role that reads very many objects.
fn many_objects(folder: &Folder, role: &str) {
    let key = |number: usize| format!("orders/{number:064}.json");
    let events: Vec<String> = (0..400).map(|n| event(&format!("{role}-{n}"), role, &key(n), T)).collect();
    folder.write(&format!("logs/{role}.json"), log(&events));
}

#[test]
fn many_documents_come_with_a_hint_to_a_wider_width() {
    let folder = Folder::new("many-documents");
    many_objects(&folder, "agent");
    snapshot(&folder, &["agent"]);
    let args = ["rightsize", "logs", "--granted", "snapshot.json", "--principal", "*agent"];
    let exact = run(&folder, &args);
    assert_eq!(exact.code, Some(0), "{}", exact.err);
    assert!(exact.err.contains("help: --width prefix makes 1 document instead of "), "{}", exact.err);
    let prefix = run(&folder, &[&args[..], &["--width", "prefix"]].concat());
    assert!(!prefix.err.contains("help: --width"), "{}", prefix.err);
    let all = run(&folder, &["rightsize", "logs", "--granted", "snapshot.json", "--all", "--out", "o"]);
    assert_eq!(all.code, Some(0), "{}", all.err);
    assert!(all.err.contains("help: --width prefix makes 1 of "), "{}", all.err);
}

#[test]
fn a_policy_that_does_not_fit_is_told_of_one_principal_and_of_all() {
    let folder = Folder::new("does-not-fit");
    many_objects(&folder, "agent");
    snapshot(&folder, &["agent"]);
    let args = ["rightsize", "logs", "--granted", "snapshot.json", "--attach", "inline"];
    let one = run(&folder, &[&args[..], &["--principal", "*agent"]].concat());
    assert_eq!(one.code, Some(1), "{}", one.err);
    assert!(one.err.contains("this does not fit: widen the resources with --width prefix"), "{}", one.err);
    let all = run(&folder, &[&args[..], &["--all", "--out", "o"]].concat());
    assert_eq!(all.code, Some(1), "{}", all.err);
    assert!(all.err.contains("DOES NOT FIT ITS QUOTA"), "{}", all.err);
    assert!(all.err.contains("the policy does not fit its quota for 1 principal: "), "{}", all.err);
    let index = std::fs::read_to_string(folder.0.join("o/index.json")).expect("the index");
    let index: Value = serde_json::from_str(&index).expect("JSON");
    assert_eq!(index["principals"][0]["fits"], false);
    assert!(index["principals"][0]["documents"].as_u64() > Some(1), "{index}");
}

#[test]
fn a_window_is_said_as_people_say_it() {
    let folder = Folder::new("windows");
    folder.write("l.json", log(&[event("1", "agent", "one", T)]));
    for (args, code) in [
        (["--since", "1y"], 0),
        (["--since", "52w"], 0),
        (["--until", "today"], 0),
        (["--until", "yesterday"], 0),
        (["--since", "3m"], 2),
        (["--until", "3mo"], 2),
        (["--since", "last week"], 2),
    ] {
        let done = run(&folder, &[&["usage", "l.json", "--output", "csv"], &args[..]].concat());
        assert_eq!(done.code, Some(code), "{args:?}: {}", done.err);
        if code == 2 {
            let says = ["12h, 90d, 2w, 1y", "today, yesterday, 2026-10-01", "2026-10-01T06:00:00Z"];
            assert!(says.iter().all(|says| done.err.contains(says)), "{args:?}: {}", done.err);
        }
    }
}

#[test]
fn a_log_that_is_something_else_is_told_what_it_is_and_what_to_do() {
    use std::io::Write;
    let folder = Folder::new("foreign");
    let text = log(&[event("1", "agent", "one", T)]);
    let utf_16 = |mark: &[u8], order: fn(u16) -> [u8; 2]| {
        [mark.to_vec(), text.encode_utf16().flat_map(order).collect()].concat()
    };
    let twice = [(); 2].iter().fold(text.clone().into_bytes(), |inner, ()| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&inner).expect("in memory");
        gzip.finish().expect("in memory")
    });
    let csv = "Event name,Event time,User name\nGetObject,2026-10-01,agent\nGetObject,2026-10-02,agent\n";
    for (bytes, what, way_out) in [
        (
            utf_16(b"\xff\xfe", u16::to_le_bytes),
            "UTF-16 text, as PowerShell's > writes it",
            "iconv -f UTF-16 -t UTF-8",
        ),
        (utf_16(b"\xfe\xff", u16::to_be_bytes), "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
        (b"BZh91AY&SY".to_vec(), "bzip2", "bunzip2"),
        (b"\x28\xb5\x2f\xfd\x24\0".to_vec(), "zstd", "unzstd"),
        (b"PK\x03\x04\x14\0".to_vec(), "a zip archive", "unzip"),
        (b"PAR1\x15\x04".to_vec(), "Parquet", "JSON"),
        (csv.as_bytes().to_vec(), "CSV without a column of whole events", "event history"),
        (twice, "gzip within gzip", "gunzip"),
    ] {
        folder.write("l.json", &bytes);
        let done = run(&folder, &["usage", "l.json", "--skipped", "s.json"]);
        assert_eq!(done.code, Some(3), "{}", done.err);
        assert!(done.err.contains(&format!("l.json: this is {what}, not JSON; ")), "{}", done.err);
        assert!(done.err.contains(way_out) && done.err.contains("skipped: 1 file could"), "{}", done.err);
        assert!(!done.err.contains("without any record"), "{}", done.err);
        assert!(done.err.contains("1 file could not be read, and there was nothing else"), "{}", done.err);
        let skips = std::fs::read_to_string(folder.0.join("s.json")).expect("the list");
        assert_eq!(serde_json::from_str::<Vec<Value>>(&skips).expect("JSON").len(), 1, "{skips}");
        // Read a piece at a time it is the same.
        let long = [bytes, vec![0; 9 << 20]].concat();
        if !what.starts_with("CSV") && !what.starts_with("gzip") {
            folder.write("l.json", &long);
            let done = run(&folder, &["usage", "l.json"]);
            assert!(done.err.contains(&format!("l.json: this is {what}, not JSON; ")), "{}", done.err);
        }
    }
    folder.write("l.json", format!("a,b,c\n{}\n", event("1", "agent", "one", T)));
    let mixed = run(&folder, &["usage", "l.json"]);
    assert_eq!(mixed.code, Some(3), "{}", mixed.err);
    assert!(mixed.out.contains("arn:aws:s3:::b/one") && mixed.err.contains("read 1 record"), "{}", mixed.err);
}

#[test]
fn a_snapshot_that_powershell_wrote_is_told_what_it_is() {
    let folder = Folder::new("powershell");
    snapshot(&folder, &["agent"]);
    let text = std::fs::read_to_string(folder.0.join("snapshot.json")).expect("there");
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    folder.write("wide.json", [b"\xff\xfe".to_vec(), wide].concat());
    folder.write("l.json", log(&[event("1", "agent", "one", T)]));
    for args in [
        &["rightsize", "l.json", "--granted", "wide.json", "--principal", "*agent"][..],
        &["what-can", &role("agent"), "--snapshot", "wide.json"],
        &["compare", "wide.json", "wide.json"],
        &["check", "wide.json"],
    ] {
        let done = run(&folder, args);
        assert_eq!(done.code, Some(3), "{args:?}: {}", done.err);
        let said = format!("{}{}", done.out, done.err);
        assert!(
            said.contains("wide.json") && said.contains("UTF-16 text, as PowerShell's > writes it"),
            "{args:?}: {said}"
        );
        assert!(said.contains("iconv -f UTF-16"), "{args:?}: {said}");
    }
}

#[test]
fn saved_usage_in_a_folder_speaks_of_whom_it_holds() {
    let folder = Folder::new("folder-of-saves");
    snapshot(&folder, &["agent"]);
    folder.write("l.json", log(&[event("1", "agent", "one", T)]));
    std::fs::create_dir(folder.0.join("nights")).expect("a folder");
    run(&folder, &["usage", "l.json", "--save", "nights/1.lwu", "--output", "none"]);
    for more in [
        &["--granted", "snapshot.json", "--all", "--out", "o"][..],
        &["--granted", "snapshot.json", "--principal", "*agent"],
        &["--principal", "*agent"],
    ] {
        let done = run(&folder, &[&["rightsize", "nights"], more].concat());
        assert_eq!(done.code, Some(0), "{more:?}: {}", done.err);
        assert!(done.err.contains("put together 1 saved usage of 1 file, 1 record"), "{}", done.err);
    }
}

#[test]
fn a_principal_whose_calls_need_no_permission_is_not_said_to_be_absent() {
    let folder = Folder::new("needs-none");
    let call = event("1", "agent", "one", T).replace("s3.amazonaws.com", "sts.amazonaws.com");
    folder.write("l.json", log(&[call.replace("GetObject", "GetCallerIdentity")]));
    for args in [
        &["usage", "l.json", "--principal", "*agent"][..],
        &["rightsize", "l.json", "--principal", "*agent"],
        &["rightsize", "l.json", "--principal", &role("agent")],
    ] {
        let done = run(&folder, args);
        assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{args:?}: {}", done.err);
        assert!(done.err.contains("used no permission in these logs"), "{args:?}: {}", done.err);
        assert!(done.err.contains("nobody's usage, calls that need no permission"), "{args:?}: {}", done.err);
    }
}

#[test]
fn a_bare_name_is_answered_with_what_it_may_mean() {
    let folder = Folder::new("bare-names");
    snapshot(&folder, &["order-agent"]);
    let simulate = |principal: &str, action: &str| {
        let args = ["simulate", "--snapshot", "snapshot.json", "--principal", principal, "--action", action];
        run(&folder, &[&args[..], &["--resource", "*"]].concat())
    };
    for name in ["order-agent", "*agent"] {
        let of = [
            simulate(name, "s3:GetObject"),
            run(&folder, &["what-can", name, "--snapshot", "snapshot.json"]),
        ];
        for done in of {
            assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{}", done.err);
            assert!(
                done.err.contains(&format!("the nearest in the snapshot: {}", role("order-agent"))),
                "{}",
                done.err
            );
        }
    }
    let bare = simulate(&role("order-agent"), "GetObject");
    assert!(bare.err.contains("did you mean ") && bare.err.contains("`s3:GetObject`"), "{}", bare.err);
    let pattern = simulate(&role("order-agent"), "s3:Get*");
    assert!(pattern.err.contains("`leastwise catalog show 's3:Get*'` lists them"), "{}", pattern.err);
    let shown = run(&folder, &["catalog", "show", "GetObject"]);
    assert!(shown.err.contains("`s3:GetObject`"), "{}", shown.err);
}

#[test]
fn a_wrong_setting_says_where_it_stands() {
    let folder = Folder::new("wrong-setting");
    folder.write("leastwise.toml", "threads = \"x\"\n");
    let done = run(&folder, &["usage", "l.json"]);
    assert_eq!(done.code, Some(2));
    assert!(
        done.err.contains("'x' for '--threads <N>'") && done.err.contains("or in `leastwise.toml`"),
        "{}",
        done.err
    );
    let said = run(&folder, &["usage", "l.json", "--threads", "y"]);
    assert!(said.err.contains("'y'") && !said.err.contains("leastwise.toml"), "{}", said.err);
}

#[test]
fn a_file_where_a_snapshot_is_meant_gets_a_tip() {
    let folder = Folder::new("positional");
    folder.write("snapshot.json", "{}");
    for command in ["paths", "simulate"] {
        let done = run(&folder, &[command, "snapshot.json"]);
        assert_eq!(done.code, Some(2));
        assert!(done.err.contains("tip: name a snapshot with `--snapshot snapshot.json`"), "{}", done.err);
    }
    assert!(!run(&folder, &["paths", "elsewhere.json"]).err.contains("tip"));
}

#[test]
fn a_window_without_events_is_named() {
    let folder = Folder::new("no-window");
    folder.write("l.json", log(&[event("1", "agent", "one", T)]));
    snapshot(&folder, &["agent"]);
    let since = ["l.json", "--since", "2026-11-01"];
    let usage = run(&folder, &[&["usage"], &since[..]].concat());
    let told = "there is no event of anybody since 2026-11-01T00:00:00Z";
    assert!(usage.code == Some(0) && usage.err.contains(told), "{}", usage.err);
    let quiet = run(&folder, &[&["usage", "--quiet"], &since[..]].concat());
    assert_eq!(quiet.err, "");
    let granted = [&since[..], &["--granted", "snapshot.json"]].concat();
    let one = run(&folder, &[&["rightsize", "--principal", &role("agent")], &granted[..]].concat());
    assert!(one.err.contains("no event of its account since 2026-11-01T00:00:00Z, so"), "{}", one.err);
    let all = run(&folder, &[&["rightsize", "--all", "--out", "all"], &granted[..]].concat());
    assert!(all.err.contains("of the snapshot since 2026-11-01T00:00:00Z"), "{}", all.err);
}

#[test]
fn what_is_mistyped_or_can_mean_nothing_is_told() {
    let folder = Folder::new("mistyped");
    folder.write("l.json", log(&[event("1", "agent", "one", T)]));
    snapshot(&folder, &["agent"]);
    folder.write(
        "pol.json",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#,
    );
    let agent = role("agent");
    let rightsize = ["rightsize", "l.json", "--principal", &agent];
    for (more, says) in
        [(["--holdout", "0d"], "--holdout of nothing"), (["--threads", "0"], "one for each core")]
    {
        let done = run(&folder, &[&rightsize[..], &more].concat());
        assert!(done.code == Some(2) && done.err.contains(says), "{}", done.err);
    }
    let check = run(&folder, &["check", "--snapshot", "pol.json"]);
    assert!(check.code == Some(3) && check.err.contains("`pol.json` is no snapshot"), "{}", check.err);
    assert_eq!(run(&folder, &["check", "--snapshot", "snapshot.json", "--fail-on", "never"]).code, Some(0));
    let done: Done =
        command(&folder, &rightsize).env("LEASTWISE_WIDHT", "prefix").output().expect("it starts").into();
    let told = "`LEASTWISE_WIDHT` in the environment is no setting and changes nothing; did you mean `LEASTWISE_WIDTH`?";
    assert!(done.code == Some(0) && done.err.contains(told), "{}", done.err);
}
