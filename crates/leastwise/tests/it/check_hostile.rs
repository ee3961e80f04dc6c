//! Bad input of every format that `check` reads: one finding that says so, with its place, whether the file was named or
//! met; the files beside it are checked all the same, and the run fails with 3.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Folder, run};

/// A file of each format with something to find in it.
const FORMATS: &[(&str, &str)] = &[
    (
        "policy.json",
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}]}"#,
    ),
    (
        "snapshot.json",
        r#"{"UserDetailList": [], "RoleDetailList": [{"Path": "/", "RoleName": "a", "Arn": "arn:aws:iam::111122223333:role/a", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}], "GroupDetailList": [], "Policies": []}"#,
    ),
    (
        "main.tf",
        "resource \"aws_iam_policy\" \"p\" {\n  name   = \"p\"\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"*\", Resource = \"*\" }] })\n}\n",
    ),
    (
        "main.tf.json",
        r#"{"resource": {"aws_iam_policy": {"p": {"name": "p", "policy": "${jsonencode({Version = \"2012-10-17\", Statement = [{Effect = \"Allow\", Action = \"*\", Resource = \"*\"}]})}"}}}}"#,
    ),
    ("terraform.tfvars", "actions = [\"*\"]\nname = \"p\"\n"),
    (
        "plan.json",
        r#"{"format_version": "1.2", "planned_values": {"root_module": {"resources": [{"address": "aws_iam_policy.p", "type": "aws_iam_policy", "name": "p", "mode": "managed", "values": {"name": "p", "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"}}]}}}"#,
    ),
    (
        "template.yaml",
        "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - {Effect: Allow, Action: '*', Resource: '*'}\n",
    ),
    (
        "stack.template.json",
        r#"{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}}}}"#,
    ),
    (
        "cluster.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: all\nrules:\n- apiGroups: ['*']\n  resources: ['*']\n  verbs: ['*']\n",
    ),
    (
        "cluster.json",
        r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "all"}, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}"#,
    ),
    ("iam-policy.yaml", "bindings:\n- role: roles/owner\n  members:\n  - allUsers\n"),
    (
        "gcp-role.json",
        r#"{"title": "Mine", "stage": "GA", "includedPermissions": ["iam.serviceAccounts.getAccessToken"]}"#,
    ),
    (
        "azure.json",
        r#"{"Name": "All", "IsCustom": true, "Actions": ["*"], "NotActions": [], "AssignableScopes": ["/"]}"#,
    ),
    (
        "roles.yaml",
        "roles:\n  reader:\n    permissions:\n      - delete: everything\nresources:\n  everything: arn:aws:s3:::*/*\n",
    ),
    ("permit.cedar", "permit (principal, action, resource);\n"),
];

/// What is done to a text; none where it says nothing of the format.
type Damage = (&'static str, fn(&str, &str) -> Option<Vec<u8>>);

fn is_json(name: &str) -> bool {
    name.ends_with(".json")
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml")
}

fn bytes(text: impl Into<String>) -> Option<Vec<u8>> {
    Some(text.into().into_bytes())
}

/// The text up to the last of what closes something.
fn truncated(name: &str, text: &str) -> Option<Vec<u8>> {
    if is_yaml(name) {
        // Half of a YAML file is another YAML file, unless it ends within something.
        return bytes(format!("{text}more: [a, {{b: \n"));
    }
    let last = text.rfind(['}', ')', ']', '"'])?;
    bytes(&text[..last])
}

fn deep(name: &str, text: &str) -> Option<Vec<u8>> {
    let open = "[".repeat(5_000);
    match name {
        _ if is_json(name) => {
            bytes(text.replacen('{', &format!("{{\"deep\": {open}{}, ", "]".repeat(5_000)), 1))
        }
        _ if is_yaml(name) => bytes(format!("{text}deep: {open}{}\n", "]".repeat(5_000))),
        "permit.cedar" => bytes(format!(
            "permit (principal, action, resource) when {{ {}true{} }};",
            "(".repeat(5_000),
            ")".repeat(5_000)
        )),
        "terraform.tfvars" => bytes(format!("{text}deep = {open}{}\n", "]".repeat(5_000))),
        _ => bytes(format!("{text}locals {{\n  deep = {open}{}\n}}\n", "]".repeat(5_000))),
    }
}

fn with_nul(_: &str, text: &str) -> Option<Vec<u8>> {
    bytes(text.replacen(' ', " \0", 1))
}

fn utf_16(_: &str, text: &str) -> Option<Vec<u8>> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    Some(units.flat_map(u16::to_le_bytes).collect())
}

fn latin_1(_: &str, text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.insert(text.find(' ')? + 1, 0xe9);
    Some(bytes)
}

fn twice(name: &str, text: &str) -> Option<Vec<u8>> {
    match name {
        _ if is_json(name) => {
            let key = text.split('"').nth(1)?;
            bytes(text.replacen('{', &format!("{{\"{key}\": 1, "), 1))
        }
        _ if is_yaml(name) => {
            let key = text.split(':').next()?;
            bytes(format!("{text}{key}: x\n"))
        }
        "main.tf" => bytes(text.replacen("  name ", "  name = \"q\"\n  name ", 1)),
        "terraform.tfvars" => bytes(format!("{text}name = \"q\"\n")),
        _ => None,
    }
}

fn aliases(name: &str, text: &str) -> Option<Vec<u8>> {
    if !is_yaml(name) {
        return None;
    }
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", ")));
    }
    bytes(format!("{text}{bomb}"))
}

const DAMAGES: &[Damage] = &[
    ("truncated", truncated),
    ("deep", deep),
    ("nul", with_nul),
    ("utf-16", utf_16),
    ("latin-1", latin_1),
    ("twice", twice),
    ("aliases", aliases),
];

/// What could not be read, by file: code and place.
fn unreadable(value: &Value) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in value["findings"].as_array().expect("findings") {
        if one["class"] == "unreadable" && one["severity"] != "info" {
            assert!(one["line"].as_u64() >= Some(1) && one["column"].as_u64() >= Some(1), "{one}");
            let said = format!("{}:{} {}", one["line"], one["column"], one["message"]);
            found.entry(one["file"].as_str().expect("a file").to_owned()).or_default().push(said);
        }
    }
    found
}

fn check(folder: &Folder, paths: &[&str]) -> (Option<i32>, Value) {
    let mut args = vec!["check", "--output", "json", "--quiet"];
    args.extend(paths);
    let done = run(folder, &args);
    let value =
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}{}", done.out, done.err));
    (done.code, value)
}

#[test]
fn each_format_has_something_to_find() {
    let folder = Folder::new("hostile-good");
    for (name, text) in FORMATS {
        folder.write(&format!("{name}.d/{name}"), text);
    }
    let (code, value) = check(&folder, &["."]);
    assert!(unreadable(&value).is_empty() && code == Some(1), "{code:?} {value:#}");
    let found = value["findings"].as_array().expect("findings");
    for (name, _) in FORMATS.iter().filter(|(name, _)| *name != "terraform.tfvars") {
        let file = format!("{name}.d/{name}");
        assert!(found.iter().any(|one| one["file"] == file.as_str()), "{name}: {value:#}");
    }
}

#[test]
fn bad_input_of_every_format_is_one_finding_with_its_place() {
    let folder = Folder::new("hostile-bad");
    let good = FORMATS[0];
    folder.write("good/policy.json", good.1);
    let mut files = Vec::new();
    for (damage, damaged) in DAMAGES {
        for (name, text) in FORMATS {
            if let Some(bytes) = damaged(name, text) {
                let file = format!("{damage}/{name}.d/{name}");
                folder.write(&file, bytes);
                files.push(file);
            }
        }
    }
    let named: Vec<&str> = files.iter().map(String::as_str).chain(["good"]).collect();
    for paths in [vec!["."], named] {
        let (code, value) = check(&folder, &paths);
        assert_eq!(code, Some(3));
        let told = unreadable(&value);
        let wrong: Vec<String> = files
            .iter()
            .filter(|file| told.get(*file).map(Vec::len) != Some(1))
            .map(|file| format!("{file}: {:?}", told.get(file)))
            .collect();
        assert!(wrong.is_empty(), "{} paths:\n{}", paths.len(), wrong.join("\n"));
        let checked = value["findings"].as_array().expect("findings");
        assert!(
            checked.iter().any(|one| one["file"] == "good/policy.json" && one["code"] == "INVALID_ACTION")
        );
    }
}

/// Texts of a format in which something is of another type than it takes.
const WRONG: &[(&str, &str)] = &[
    ("statement/policy.json", r#"{"Version": "2012-10-17", "Statement": 7}"#),
    ("roles/snapshot.json", r#"{"RoleDetailList": 7}"#),
    ("role/snapshot.json", r#"{"RoleDetailList": [7]}"#),
    ("resources/main.tf.json", r#"{"resource": 7}"#),
    ("policy/main.tf", "resource \"aws_iam_policy\" \"p\" {\n  policy = 7\n}\n"),
    ("plan/plan.json", r#"{"format_version": "1.2", "planned_values": {"root_module": {"resources": 7}}}"#),
    ("list/template.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources: [a]\n"),
    ("number/template.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources: {P: 7}\n"),
    (
        "properties/template.yaml",
        "AWSTemplateFormatVersion: '2010-09-09'\nResources: {P: {Type: 'AWS::IAM::Role', Properties: 7}}\n",
    ),
    (
        "document/template.yaml",
        "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument: 7\n",
    ),
    (
        "rules/cluster.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: everything\n",
    ),
    (
        "verbs/cluster.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules:\n- {apiGroups: [''], resources: [pods], verbs: {get: yes}}\n",
    ),
    (
        "ref/cluster.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r}\nroleRef: admin\nsubjects: []\n",
    ),
    (
        "subjects/cluster.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects: everybody\n",
    ),
    ("members/policy.yaml", "bindings:\n- role: roles/owner\n  members: {user: a}\n"),
    ("permissions/role.json", r#"{"title": "x", "stage": "GA", "includedPermissions": {"a": 1}}"#),
    ("actions/azure.json", r#"{"Name": "x", "Actions": {"a": 1}, "AssignableScopes": ["/"]}"#),
    ("scope/azure.json", r#"[{"principalId": "x", "roleDefinitionName": ["Owner"], "scope": "/"}]"#),
    ("role/roles.yaml", "roles:\n  reader: 7\n  writer:\n    permissions: []\n"),
    ("permissions/roles.yaml", "roles:\n  reader:\n    permissions: 7\n"),
];

#[test]
fn what_is_of_another_type_than_it_takes_is_one_finding_with_its_place() {
    let folder = Folder::new("hostile-types");
    folder.write("good/policy.json", FORMATS[0].1);
    for (name, text) in WRONG {
        folder.write(name, text);
    }
    let named: Vec<&str> = WRONG.iter().map(|(name, _)| *name).chain(["good"]).collect();
    for paths in [vec!["."], named] {
        let (code, value) = check(&folder, &paths);
        assert_eq!(code, Some(3));
        let told = unreadable(&value);
        let wrong: Vec<String> = WRONG
            .iter()
            .filter(|(file, _)| told.get(*file).map(Vec::len) != Some(1))
            .map(|(file, _)| format!("{file}: {:?}", told.get(*file)))
            .collect();
        assert!(wrong.is_empty(), "{} paths:\n{}", paths.len(), wrong.join("\n"));
        let checked = value["findings"].as_array().expect("findings");
        assert!(
            checked.iter().any(|one| one["file"] == "good/policy.json" && one["code"] == "INVALID_ACTION")
        );
    }
}

#[test]
fn a_byte_order_mark_changes_nothing_or_is_told() {
    let folder = Folder::new("hostile-bom");
    for (name, text) in FORMATS {
        folder.write(&format!("plain/{name}.d/{name}"), text);
        folder.write(&format!("marked/{name}.d/{name}"), format!("\u{feff}{text}"));
    }
    let findings = |folder_name: &str| -> (BTreeMap<String, Vec<String>>, BTreeMap<String, Vec<String>>) {
        let (_, value) = check(&folder, &[folder_name]);
        let mut by_file: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in value["findings"].as_array().expect("findings") {
            let file = one["file"].as_str().expect("a file").replace("marked", "plain");
            by_file.entry(file).or_default().push(format!("{} {}", one["code"], one["line"]));
        }
        (by_file, unreadable(&value))
    };
    let ((plain, none), (marked, told)) = (findings("plain"), findings("marked"));
    assert!(none.is_empty());
    for (name, _) in FORMATS {
        let file = format!("plain/{name}.d/{name}");
        match told.get(&file.replace("plain", "marked")) {
            Some(told) => assert_eq!(told.len(), 1, "{file}: {told:?}"),
            None => assert_eq!(marked.get(&file), plain.get(&file), "{file}"),
        }
    }
}

#[test]
fn what_refers_to_itself_is_one_finding_with_its_place() {
    let folder = Folder::new("hostile-circles");
    folder.write("good/policy.json", FORMATS[0].1);
    let files = [
        ("locals/main.tf", "locals {\n  a = local.b\n  b = local.a\n}\n"),
        ("module/main.tf", "module \"again\" {\n  source = \"./\"\n}\n"),
        ("modules/a/main.tf", "module \"b\" {\n  source = \"../b\"\n}\n"),
        ("modules/b/main.tf", "module \"a\" {\n  source = \"../a\"\n}\n"),
        (
            "template/main.tf",
            "resource \"aws_iam_policy\" \"p\" {\n  policy = templatefile(\"${path.module}/p.tftpl\", {})\n}\n",
        ),
        ("template/p.tftpl", "{\"Statement\": ${templatefile(\"p.tftpl\", {})}}"),
        (
            "stack/a.yaml",
            "Resources:\n  B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: b.yaml}}\n",
        ),
        (
            "stack/b.yaml",
            "Resources:\n  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: a.yaml}}\n",
        ),
        (
            "include/a.yaml",
            "Resources:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: a.yaml}}\n",
        ),
        ("alias/a.yaml", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nrules: &a [*a]\n"),
        ("names/roles.yaml", "roles:\n  r:\n    permissions:\n      - read: a\nresources:\n  a: b\n  b: a\n"),
    ];
    for (name, text) in files {
        folder.write(name, text);
    }
    let (code, value) = check(&folder, &["."]);
    assert_eq!(code, Some(3));
    let told = unreadable(&value);
    let places: Vec<String> = told.iter().map(|(file, said)| format!("{file} {}", said.len())).collect();
    assert_eq!(
        places,
        [
            "alias/a.yaml 1",
            "include/a.yaml 1",
            "locals/main.tf 1",
            "module/main.tf 1",
            "modules/b/main.tf 1",
            "names/roles.yaml 1",
            "stack/b.yaml 1",
            "template/p.tftpl 1"
        ],
        "{told:#?}"
    );
    let checked = value["findings"].as_array().expect("findings");
    assert!(checked.iter().any(|one| one["file"] == "good/policy.json" && one["code"] == "INVALID_ACTION"));
}

#[test]
fn policies_of_one_name_in_two_places_are_both_looked_at() {
    let folder = Folder::new("hostile-names");
    let (_, text) = FORMATS[2];
    folder.write("a/main.tf", text);
    folder.write("b/main.tf", text);
    let (_, value) = check(&folder, &["."]);
    let findings = value["findings"].as_array().expect("findings");
    let admin = findings.iter().filter(|one| one["code"] == "ADMIN_ACCESS").count();
    assert_eq!(admin, 2, "{findings:#?}");
}
