//! What every command has in common: help, version, exit codes, completions, the manual; and the catalogue.

use crate::support::{Folder, run};

#[test]
fn help_and_version_go_to_stdout() {
    let folder = Folder::new("help");
    for args in [&["--help"][..], &["usage", "--help"], &["rightsize", "-h"], &["--version"]] {
        let done = run(&folder, args);
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(!done.out.is_empty());
    }
    let version = run(&folder, &["--version"]).out;
    assert!(version.starts_with("leastwise 0.") && version.contains("(catalogue 20"), "{version}");
}

#[test]
fn a_wrong_command_line_is_exit_2_on_stderr() {
    let folder = Folder::new("wrong");
    for args in [
        &["usgae"][..],
        &["usage"],
        &["usage", ".", "--since", "last week"],
        &["usage", ".", "--max-decompressed", "much"],
        &["usage", ".", "--output", "xml"],
        &["man", "nothing"],
        &["catalog", "show", "s3:GetObjekt"],
        &["--config", "nowhere.toml", "usage", "."],
    ] {
        let done = run(&folder, args);
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{args:?}: {}", done.err);
        assert!(!done.err.is_empty());
    }
}

#[test]
fn completions_and_manual_cover_every_command() {
    let folder = Folder::new("completions");
    let script = run(&folder, &["completions", "bash"]).out;
    let page = run(&folder, &["man"]).out.replace('\\', "");
    for verb in [
        "usage",
        "rightsize",
        "verify",
        "compare",
        "catalog",
        "snapshot",
        "simulate",
        "who-can",
        "what-can",
        "check",
        "explain",
    ] {
        assert!(script.contains(verb) && page.contains(verb), "{verb}");
        assert!(run(&folder, &["man", verb]).out.contains(".TH"), "{verb}");
    }
}

#[test]
fn the_catalogue_explains_an_action() {
    let folder = Folder::new("action");
    let shown = run(&folder, &["catalog", "show", "s3:getobject"]).out;
    assert!(
        shown.contains("s3:GetObject") && shown.contains("arn:${Partition}:s3:::${BucketName}/${ObjectName}")
    );
    let wrong = run(&folder, &["catalog", "show", "s3:GetObjekt"]);
    assert!(wrong.err.contains("did you mean `s3:GetObject`"), "{}", wrong.err);
    let found = run(&folder, &["catalog", "search", "purge", "queue"]).out;
    assert!(found.contains("sqs:PurgeQueue") && found.contains("destructive"), "{found}");
    assert_eq!(run(&folder, &["catalog", "search", "xyzzy"]).code, Some(1));
}

#[test]
fn an_imported_catalogue_is_used_from_then_on() {
    let folder = Folder::new("import");
    let service = r#"{"Name": "s3", "Actions": [{"Name": "FlyObject", "ActionConditionKeys": [],
        "Annotations": {"Properties": {"IsList": false, "IsPermissionManagement": false, "IsTaggingOnly": false, "IsWrite": true}},
        "Resources": []}], "ConditionKeys": [], "Operations": [], "Resources": [], "Version": "v1.4"}"#;
    folder.write("reference/v1/s3/s3.json", service);
    folder.write("reference/index.json", "[]");
    assert_eq!(run(&folder, &["catalog", "show", "s3:FlyObject"]).code, Some(2));
    let named = run(&folder, &["catalog", "--catalog", "reference", "show", "s3:FlyObject"]);
    assert_eq!(named.code, Some(0), "{}", named.err);
    let before = run(&folder, &["catalog", "version"]).out;
    let import = run(&folder, &["catalog", "import", "reference"]);
    assert_eq!(import.code, Some(0), "{}", import.err);
    assert_eq!(run(&folder, &["catalog", "show", "s3:FlyObject"]).code, Some(0));
    let after = run(&folder, &["catalog", "version"]).out;
    assert!(before != after && after.contains("imported"), "{after}");
}

#[test]
fn a_folder_that_is_no_catalogue_changes_nothing() {
    let folder = Folder::new("no-catalogue");
    folder.write("reference/s3.json", r#"{"Name": "s3"}"#);
    let before = run(&folder, &["catalog", "version"]).out;
    let import = run(&folder, &["catalog", "import", "reference"]);
    assert_eq!(import.code, Some(3));
    assert!(import.err.contains("s3.json"), "{}", import.err);
    assert_eq!(run(&folder, &["catalog", "version"]).out, before);
}
