//! What `check` reads beside what is named: templates, installed modules; and bad input of every format.

use serde_json::Value;

use crate::support::{Folder, run};

fn json(folder: &Folder, args: &[&str]) -> (Option<i32>, Value) {
    let mut all = vec!["check", "--output", "json"];
    all.extend(args);
    let done = run(folder, &all);
    let value =
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}{}", done.out, done.err));
    (done.code, value)
}

/// `CODE file:line` of each finding.
fn found(value: &Value) -> Vec<String> {
    let findings = value["findings"].as_array().expect("findings").iter();
    findings.map(|one| format!("{} {}:{}", one["code"], one["file"], one["line"]).replace('"', "")).collect()
}

const CALL: &str = "module \"role\" {\n  source = \"acme/role/aws\"\n}\n";
const MODULE: &str = "resource \"aws_iam_policy\" \"p\" {\n  name   = \"p\"\n  policy = templatefile(\"${path.module}/p.tftpl\", { what = \"s3:*\" })\n}\n";
const TEMPLATE: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\n    \"Effect\": \"Allow\",\n    \"Action\": \"${what}\",\n    \"Resource\": \"*\"\n  }]\n}\n";

#[test]
fn installed_modules_and_their_templates_are_read_and_the_old_state_has_them_too() {
    let folder = Folder::new("check-modules");
    folder.write("old/infra/main.tf", CALL);
    folder.write("infra/main.tf", CALL);
    let (_, value) = json(&folder, &["infra"]);
    assert_eq!(found(&value), ["UNRESOLVED infra/main.tf:1"]);
    assert!(value["findings"][0]["fix"].as_str().is_some_and(|fix| fix.contains("terraform init")));
    folder.write(
        "infra/.terraform/modules/modules.json",
        r#"{"Modules": [{"Key": "role", "Source": "registry.terraform.io/acme/role/aws", "Version": "1.0.0", "Dir": ".terraform/modules/role"}, {"Key": "x", "Source": "./x", "Dir": "../../elsewhere"}]}"#,
    );
    folder.write("infra/.terraform/modules/role/main.tf", MODULE);
    folder.write("infra/.terraform/modules/role/p.tftpl", TEMPLATE);
    folder.write("infra/.terraform/modules/role/examples/all/main.tf", "not = read {");
    folder.write("infra/.terraform/providers/x.json", "{\"Statement\": [");
    let (_, value) = json(&folder, &["infra"]);
    let found_here = found(&value);
    assert!(
        found_here.contains(&"SERVICE_ADMIN infra/.terraform/modules/role/p.tftpl:5".to_owned()),
        "{found_here:?}"
    );
    assert_eq!(value["unreadable"], 0);
    let (code, value) = json(&folder, &["infra", "--new-access-against", "old"]);
    assert_eq!((code, found(&value)), (Some(0), vec![]), "{value:#}");
}

#[test]
fn a_template_that_nothing_fills_in_is_left_alone() {
    let folder = Folder::new("check-templates");
    folder.write("charts/_helpers.tpl", "{{- define \"x\" -}}{{- end -}}");
    folder.write("policy.json.tftpl", TEMPLATE.replace("${what}", "${what"));
    let (code, value) = json(&folder, &["."]);
    assert_eq!((code, found(&value), &value["read"]["left_alone"]), (Some(0), vec![], &2.into()));
}

#[test]
fn what_is_new_in_a_cluster_is_told_with_a_witness() {
    let folder = Folder::new("check-cluster");
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: app}\nrules:\n- apiGroups: ['']\n  resources: [pods]\n  verbs: [get]\n";
    folder.write("old/r.yaml", role);
    folder.write("new/r.yaml", role.replace("pods", "pods, secrets"));
    let (code, value) = json(&folder, &["new", "--new-access-against", "old", "--only", "NEW_ACCESS"]);
    assert_eq!((code, found(&value)), (Some(1), vec!["NEW_ACCESS new/r.yaml:5".to_owned()]), "{value:#}");
    let evidence = &value["findings"][0]["evidence"];
    assert_eq!(evidence[0], "`get` on `secrets` in the namespace `app`", "{evidence}");
    assert_eq!(value["against"]["compared"], 1);
}
