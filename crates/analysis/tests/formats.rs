//! What others published in the formats that `check` reads: all of it is read, and what is found is what they say.

#![expect(clippy::unwrap_used, reason = "what helpers of a test read is the test's own data")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use leastwise_analysis::check::{Class, Estate, Facts, Finding, Severity, SourceFile, named, read, run};
use leastwise_catalog::Catalog;

fn data(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: ../shared/data is not here");
    None
}

fn files(folder: &Path, endings: &[&str]) -> Vec<SourceFile> {
    let mut found = Vec::new();
    collect(folder, folder, endings, &mut found);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn collect(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, endings, found);
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            found.push(SourceFile::named(name, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn findings(estate: &Estate) -> Vec<Finding> {
    run(estate, &Facts::new(Catalog::embedded()))
}

fn counts(findings: &[Finding]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.code).or_default() += 1;
    }
    counts
}

fn shown(finding: &Finding) -> String {
    let Finding { code, file, at, message, .. } = finding;
    format!("{code} {file}:{}:{} {message}", at.line, at.column)
}

#[test]
fn templates_that_cfn_lint_calls_good_are_read_and_have_no_errors() {
    let Some(folder) = data("iac/cfn-lint-iam/test/fixtures/templates/good") else { return };
    let estate = read(&files(&folder, &["yaml", "json"]));
    assert!(estate.documents.len() >= 5, "{}", estate.documents.len());
    let wrong: Vec<String> = findings(&estate)
        .iter()
        .filter(|finding| named(finding.code).is_some_and(|check| check.class == Class::Error))
        .chain(estate.unreadable.iter().filter(|finding| finding.code != "UNRESOLVED"))
        .map(shown)
        .collect();
    // cfn-lint does not look at what a resource is; this one was meant to be a `Ref`.
    assert_eq!(
        wrong,
        ["INVALID_ARN_PREFIX resources/iam/policy.yaml:29:19 `SomeOptionalParameter` is not an ARN"]
    );
}

#[test]
fn the_manifests_of_kube_prometheus_are_read_and_what_they_reach_is_told() {
    let Some(folder) = data("k8s/rbac-manifests") else { return };
    let estate = read(&files(&folder, &["yaml"]));
    assert!(estate.unreadable.is_empty(), "{:?}", estate.unreadable);
    assert!(estate.left_alone.is_empty());
    let cluster = &estate.kubernetes;
    assert_eq!((cluster.roles.len(), cluster.bindings.len()), (12, 12));
    // Reviewed: the operator runs pods and reads secrets, the exporter of states lists secrets, wildcards are there.
    let found = findings(&estate);
    let expected = [("K8S_SECRETS_READ", 2), ("K8S_WILDCARD", 4), ("K8S_WORKLOAD_CREATE", 1)];
    assert_eq!(
        counts(&found),
        BTreeMap::from(expected),
        "{:#?}",
        found.iter().map(shown).collect::<Vec<_>>()
    );
}

#[test]
fn what_quickstarts_deploy_is_read() {
    let Some(folder) = data("iac/cfn-lint-iam/test/fixtures/templates/quickstart") else { return };
    let estate = read(&files(&folder, &["yaml", "json"]));
    let found = findings(&estate);
    eprintln!("{} documents, {:?}", estate.documents.len(), counts(&found));
    assert!(estate.unreadable.iter().all(|finding| finding.code == "UNRESOLVED"), "{:?}", estate.unreadable);
}

fn unpacked(path: &Path) -> serde_json::Value {
    let bytes = fs::read(path).unwrap();
    // A gzip file is deflate behind ten bytes, and the name that may follow.
    let name = bytes[10..].iter().position(|byte| *byte == 0).filter(|_| bytes[3] & 8 != 0);
    let begin = 10 + name.map_or(0, |length| length + 1);
    let text = miniz_oxide::inflate::decompress_to_vec(&bytes[begin..]).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn all_predefined_roles_of_google_cloud_are_read_and_their_permissions_known() {
    let Some(folder) = data("gcp") else { return };
    let roles = unpacked(&folder.join("roles.json.gz"));
    let mut files = Vec::new();
    for (name, role) in roles.as_object().unwrap() {
        let text = serde_json::json!({"name": name, "includedPermissions": role["permissions"]}).to_string();
        files.push(SourceFile::named(format!("{}.json", name.replace('/', "_")), text));
    }
    let estate = read(&files);
    assert!(estate.unreadable.is_empty(), "{:?}", estate.unreadable.first());
    assert_eq!(estate.gcp.roles.len(), roles.as_object().unwrap().len());
    let found = findings(&estate);
    eprintln!("{} roles of Google Cloud: {:?}", estate.gcp.roles.len(), counts(&found));
    assert_eq!(counts(&found).get("GCP_UNKNOWN_PERMISSION"), None);
}

#[test]
fn all_built_in_roles_of_azure_are_read_and_their_operations_known() {
    let Some(folder) = data("azure") else { return };
    let mut roles = unpacked(&folder.join("built_in_roles.json.gz"));
    let count = roles.as_array().unwrap().len();
    // As they are, and as if somebody had copied them into roles of their own.
    let text = roles.to_string();
    let own = roles.as_array_mut().unwrap();
    own.iter_mut().for_each(|role| role["roleType"] = "CustomRole".into());
    let files = [SourceFile::named("built-in.json", text), SourceFile::named("own.json", roles.to_string())];
    let estate = read(&files);
    assert!(estate.unreadable.is_empty(), "{:?}", estate.unreadable.first());
    assert_eq!(estate.azure.roles.len(), 2 * count);
    let found = findings(&estate);
    eprintln!("{count} roles of Azure: {:?}", counts(&found));
    // Of some providers no operation is published; a pattern over one of them is told as that, and no name is unknown.
    let is_pattern = |one: &&Finding| one.severity == Severity::Low && one.message.contains("*");
    let unknown: Vec<String> = found
        .iter()
        .filter(|one| one.code == "AZURE_UNKNOWN_OPERATION" && !is_pattern(one))
        .map(shown)
        .collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    // Nobody can change what Microsoft made.
    assert!(found.iter().all(|one| &*one.file == "own.json"));
}
