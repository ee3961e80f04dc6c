//! What a configuration of Terraform reads beside itself: templates, files, installed modules, values of variables.

use super::*;
use crate::source::shown;

fn met(files: &[(&str, &str)]) -> Estate {
    let file = |(name, text): &(&str, &str)| SourceFile {
        name: Arc::from(*name),
        text: (*text).to_owned(),
        named: false,
        beside: name.contains(".terraform/"),
    };
    read(&files.iter().map(file).collect::<Vec<_>>())
}

/// Code, place and message of what could not be read.
fn told(estate: &Estate) -> Vec<String> {
    let told = estate.unreadable.iter();
    told.map(|one| format!("{} {}:{}:{} {}", one.code, one.file, one.at.line, one.at.column, one.message))
        .collect()
}

/// The documents with their files.
fn documents(estate: &Estate) -> Vec<(String, String)> {
    let document = |one: &crate::check::Document| (one.file.to_string(), shown(&one.root.to_json()));
    estate.documents.iter().map(document).collect()
}

const TEMPLATE: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
%{ for bucket in buckets ~}
    {
      "Effect": "Allow",
      "Action": "s3:Get*",
      "Resource": "arn:aws:s3:::${bucket}/*"
    },
%{ endfor ~}
%{ if destructive ~}
    {"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": "*"},
%{ endif ~}
    {
      "Effect": "Allow",
      "Action": ${jsonencode(actions)},
      "Resource": "arn:aws:s3:::$${aws:username}/${unsaid}"
    }
  ]
}
"#;

fn policy_of(document: &str) -> String {
    format!("resource \"aws_iam_policy\" \"p\" {{\n  name   = \"p\"\n  policy = {document}\n}}\n")
}

#[test]
fn a_template_is_filled_in_and_keeps_its_lines() {
    let main = policy_of(
        "templatefile(\"${path.module}/policies/p.json.tftpl\", {\n    buckets     = [\"a\", \"b\"]\n    destructive = 1 > 2\n    actions     = [\"sqs:*\"]\n  })",
    );
    let estate = met(&[("i/main.tf", &main), ("i/policies/p.json.tftpl", TEMPLATE)]);
    assert_eq!(told(&estate), [""; 0]);
    let [document] = &estate.documents[..] else { panic!("{:?}", documents(&estate)) };
    assert_eq!(&*document.file, "i/policies/p.json.tftpl");
    assert_eq!(
        shown(&document.root.get("Statement").unwrap().to_json()),
        r#"[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::a/*"},{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"},{"Effect":"Allow","Action":["sqs:*"],"Resource":"arn:aws:s3:::${aws:username}/${unsaid}"}]"#
    );
    let at = |pointer: &str| {
        let at = document.root.pointer(pointer).unwrap().at;
        (at.line, at.column)
    };
    assert_eq!(at("/Statement/1/Action"), (7, 17));
    assert_eq!(at("/Statement/2"), (14, 5));
    assert_eq!(at("/Statement/2/Resource"), (17, 19));
    assert!(estate.left_alone.is_empty());
}

#[test]
fn a_template_need_not_be_json_and_may_be_looked_up_by_old_data() {
    let main = format!(
        "data \"template_file\" \"t\" {{\n  template = file(\"${{path.module}}/t.json\")\n  vars = {{\n    arns = jsonencode([\"a\"])\n  }}\n}}\n{}",
        policy_of("data.template_file.t.rendered")
    );
    let template = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": ${arns}}}"#;
    let estate = met(&[("main.tf", &main), ("t.json", template)]);
    assert_eq!(told(&estate), [""; 0]);
    assert_eq!(documents(&estate).len(), 1, "{:?}", documents(&estate));
    assert_eq!(documents(&estate)[0].0, "t.json");
    assert!(documents(&estate)[0].1.contains(r#""Resource":["a"]"#));
}

#[test]
fn a_template_that_is_not_here_is_told_at_the_call_and_a_broken_one_at_its_line() {
    let estate = met(&[("main.tf", &policy_of("templatefile(\"gone.tftpl\", {})"))]);
    let [only] = &told(&estate)[..] else { panic!("{:?}", told(&estate)) };
    assert!(
        only.starts_with("UNRESOLVED main.tf:3:12") && only.contains("templatefile(gone.tftpl)"),
        "{only}"
    );
    let files = [
        ("main.tf", &*policy_of("templatefile(\"broken.tftpl\", {})")),
        ("broken.tftpl", "{\n  \"Statement\": %{ if x }\n}\n"),
    ];
    let estate = met(&files);
    let unreadable: Vec<String> =
        told(&estate).into_iter().filter(|one| one.starts_with("UNREADABLE")).collect();
    let [only] = &unreadable[..] else { panic!("{:?}", told(&estate)) };
    assert!(only.starts_with("UNREADABLE broken.tftpl:") && only.contains("not a template"), "{only}");
    let recursive = [
        ("main.tf", &*policy_of("templatefile(\"a.tftpl\", {})")),
        ("a.tftpl", "{\"Statement\": ${templatefile(\"a.tftpl\", {})}}"),
    ];
    let unreadable: Vec<String> =
        told(&met(&recursive)).into_iter().filter(|one| one.starts_with("UNREADABLE")).collect();
    let [only] = &unreadable[..] else { panic!("{unreadable:?}") };
    assert!(only.starts_with("UNREADABLE a.tftpl:1:17 a template must not call"), "{only}");
}

#[test]
fn a_part_of_a_text_that_may_be_anything_is_not_known() {
    let heredoc = "<<EOF\n{\"Version\": \"2012-10-17\", \"Statement\": ${jsonencode(var.s)}}\nEOF";
    let estate = met(&[("main.tf", &format!("variable \"s\" {{}}\n{}", policy_of(heredoc)))]);
    let [only] = &told(&estate)[..] else { panic!("{:?}", told(&estate)) };
    assert!(only.starts_with("UNRESOLVED main.tf:5:") && only.contains("`var.s`"), "{only}");
    let facts = crate::check::Facts::new(leastwise_catalog::Catalog::embedded());
    assert_eq!(crate::check::run(&estate, &facts).len(), 1);
}

#[test]
fn files_of_any_kind_are_read_and_found_by_pattern() {
    let main = r#"
locals {
  roles = yamldecode(file("${path.module}/roles.yaml"))
}
resource "aws_iam_policy" "all" {
  for_each = fileset("${path.module}/policies", "*.json")
  name     = trimsuffix(basename(each.key), ".json")
  policy   = file("${path.module}/policies/${each.key}")
}
resource "aws_iam_policy" "yaml" {
  name   = "yaml"
  policy = jsonencode({ Version = "2012-10-17", Statement = [for one in local.roles.allow : { Effect = "Allow", Action = one, Resource = "*" }] })
}
"#;
    let allow = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}"#;
    let estate = met(&[
        ("i/main.tf", main),
        ("i/roles.yaml", "allow: [sns:Publish]\n"),
        ("i/policies/a.json", allow),
        ("i/policies/b.json", allow),
        ("i/policies/c/c.json", "[]"),
    ]);
    let mut names: Vec<&str> = estate.documents.iter().map(|one| &*one.name).collect();
    names.sort_unstable();
    let arn = |name: &str| format!("arn:aws:iam::000000000000:policy/{name}");
    assert_eq!(names, [arn("a"), arn("b"), arn("yaml")]);
    assert!(documents(&estate).iter().any(|(_, text)| text.contains(r#""Action":"sns:Publish""#)));
    assert_eq!(estate.left_alone.iter().map(|file| &**file).collect::<Vec<_>>(), ["i/policies/c/c.json"]);
}

const CALL: &str =
    "module \"role\" {\n  source  = \"acme/role/aws\"\n  version = \"1.2.0\"\n  actions = [\"s3:*\"]\n}\n";
const MODULE: &str = "variable \"actions\" {}\nresource \"aws_iam_policy\" \"p\" {\n  name   = \"p\"\n  policy = templatefile(\"${path.module}/p.tftpl\", { actions = var.actions })\n}\nmodule \"inner\" {\n  source = \"./inner\"\n}\n";
const FILLED: &str = "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": ${jsonencode(actions)}, \"Resource\": \"*\"}}";

fn manifest(version: &str) -> String {
    format!(
        r#"{{"Modules": [{{"Key": "", "Source": "", "Dir": "."}}, {{"Key": "role", "Source": "registry.terraform.io/acme/role/aws", "Version": "{version}", "Dir": ".terraform/modules/role"}}, {{"Key": "role.inner", "Source": "./inner", "Dir": ".terraform/modules/role/inner"}}]}}"#
    )
}

#[test]
fn modules_that_were_installed_are_worked_out_and_nothing_for_themselves() {
    let files = [
        ("i/main.tf", CALL),
        ("i/.terraform/modules/modules.json", &*manifest("1.2.0")),
        ("i/.terraform/modules/role/main.tf", MODULE),
        ("i/.terraform/modules/role/inner/main.tf", "resource \"aws_iam_user\" \"u\" {\n  name = \"u\"\n}\n"),
        ("i/.terraform/modules/role/p.tftpl", FILLED),
        ("i/.terraform/modules/role/examples/policy.json", FILLED),
    ];
    let estate = met(&files);
    assert_eq!(told(&estate), [""; 0]);
    assert_eq!(
        documents(&estate),
        [(
            "i/.terraform/modules/role/p.tftpl".to_owned(),
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*"],"Resource":"*"}}"#
                .to_owned()
        )]
    );
    assert!(estate.snapshot.principal("arn:aws:iam::000000000000:user/u").is_some());
    assert_eq!(estate.beside.len(), 1, "{:?}", estate.beside);
    let alone = met(&files[1..]);
    assert!(alone.documents.is_empty() && alone.snapshot.principals().count() == 0);
}

#[test]
fn a_module_that_is_not_here_is_told_once_with_the_way_out() {
    let twice =
        format!("{}{CALL}", CALL.replace("\"role\"", "\"other\"").replace("acme/role/aws", "./nowhere"));
    let estate = met(&[("i/main.tf", &twice)]);
    let told_here = told(&estate);
    assert_eq!(
        told_here,
        [
            "UNRESOLVED i/main.tf:1:1 module `other` is in `./nowhere`, which is not among what is checked, so nothing is checked of it",
            "UNRESOLVED i/main.tf:6:1 module `role` (`acme/role/aws`) is not here, so nothing is checked of it",
        ]
    );
    assert!(estate.unreadable[1].fix.as_ref().is_some_and(|fix| fix.contains("terraform init")));
    let stale = met(&[
        ("i/main.tf", CALL),
        ("i/.terraform/modules/modules.json", &manifest("1.1.0")),
        ("i/.terraform/modules/role/main.tf", MODULE),
    ]);
    let [only] = &told(&stale)[..] else { panic!("{:?}", told(&stale)) };
    assert!(only.contains("what is installed is version `1.1.0`"), "{only}");
    let broken = met(&[("i/main.tf", CALL), ("i/.terraform/modules/modules.json", "{\"Modules\": [")]);
    let unreadable = told(&broken).into_iter().filter(|one| one.starts_with("UNREADABLE")).count();
    assert_eq!(unreadable, 1, "{:?}", told(&broken));
}

#[test]
fn circles_are_told_once_and_the_rest_is_read() {
    let locals =
        "locals {\n  a = [local.b]\n  b = \"${local.c}\"\n  c = local.a\n  d = local.a\n  e = local.e\n}\n";
    let estate = met(&[(
        "main.tf",
        &format!(
            "{locals}{}",
            policy_of(
                "jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"s3:*\", Resource = \"*\" }] })"
            )
        ),
    )]);
    assert_eq!(
        told(&estate),
        [
            "UNREADABLE main.tf:2:7 `local.a`, `local.b`, `local.c` refer to each other in a circle",
            "UNREADABLE main.tf:6:7 `local.e` refers to itself",
        ]
    );
    assert_eq!(estate.documents.len(), 1);
    let a = "module \"b\" {\n  source = \"../b\"\n}\nresource \"aws_iam_user\" \"u\" {\n  name = \"u\"\n}\n";
    let b = "module \"a\" {\n  source = \"../a\"\n}\n";
    let estate = met(&[("m/a/main.tf", a), ("m/b/main.tf", b)]);
    assert_eq!(told(&estate), ["UNREADABLE m/b/main.tf:1:1 module `a` is in a circle: `m/a` calls itself"]);
    assert!(estate.snapshot.principal("arn:aws:iam::000000000000:user/u").is_some());
    let c = "module \"b\" {\n  source = \"../b\"\n}\n";
    let estate = met(&[("m/a/main.tf", a), ("m/b/main.tf", b), ("m/c/main.tf", c), ("m/d/main.tf", c)]);
    assert_eq!(told(&estate), ["UNREADABLE m/a/main.tf:1:1 module `b` is in a circle: `m/b` calls itself"]);
}

#[test]
fn variables_have_the_values_that_terraform_would_give_them() {
    let main = format!(
        "variable \"a\" {{\n  default = \"default\"\n}}\nvariable \"b\" {{}}\n{}",
        policy_of(
            "jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"${var.a}:${var.b}\", Resource = \"*\" }] })"
        )
    );
    let action = |files: &[(&str, &str)]| {
        let files: Vec<(&str, &str)> =
            [("main.tf", &*main)].into_iter().chain(files.iter().copied()).collect();
        let estate = met(&files);
        shown(&estate.documents[0].root.pointer("/Statement/0/Action").unwrap().to_json())
    };
    assert_eq!(action(&[]), r#""default:${var.b}""#);
    let given = [
        ("terraform.tfvars", "a = \"sns\"\nb = \"x\"\n"),
        ("terraform.tfvars.json", r#"{"b": "y"}"#),
        ("z.auto.tfvars", "b = \"z\"\n"),
        ("prod.tfvars", "a = \"never\"\n"),
    ];
    assert_eq!(action(&given), r#""sns:z""#);
    assert_eq!(action(&given[..2]), r#""sns:y""#);
    let file = |name: &str, text: &str| SourceFile::named(name, text);
    let estate = read(&[file("main.tf", &main), file("prod.tfvars", "a = \"sqs\"\nb = \"*\"\n")]);
    let action = estate.documents[0].root.pointer("/Statement/0/Action").unwrap();
    assert_eq!(action.text(), Some("sqs:*"));
}
