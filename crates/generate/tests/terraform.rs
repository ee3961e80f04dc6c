//! Terraform files are read back by an HCL parser, by `terraform fmt` and by Terraform's own evaluator.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

mod support;

use std::{fs, path::Path, process::Command};

use hcl::eval::{Context, Evaluate, FuncArgs, FuncDef, ParamType};
use hcl::{Block, Body, Expression};
use leastwise_generate::render::{
    Attach, Deliverable, File, Format, Options, PrincipalKind, PrincipalTarget, TerraformStyle, render,
};
use leastwise_policy::aws::{Named, Policy};
use proptest::prelude::*;
use proptest::{strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Map, Value, json};
use support::{canonical, deliverable, seen};

fn file(deliverable: &Deliverable, terraform: TerraformStyle) -> File {
    let mut files =
        render(deliverable, Format::Terraform, &Options { terraform, ..Options::default() }).unwrap();
    assert_eq!(files.len(), 1);
    files.remove(0)
}

fn jsonencode(args: FuncArgs) -> Result<hcl::Value, String> {
    serde_json::to_string(&args[0]).map(hcl::Value::from).map_err(|e| e.to_string())
}

fn evaluate(expression: &Expression) -> Value {
    let mut context = Context::new();
    context.declare_func("jsonencode", FuncDef::builder().param(ParamType::Any).build(jsonencode));
    serde_json::to_value(expression.evaluate(&context).unwrap()).unwrap()
}

fn attribute<'a>(body: &'a Body, name: &str) -> Option<&'a Expression> {
    body.attributes().find(|a| a.key() == name).map(|a| a.expr())
}

fn blocks<'a>(body: &'a Body, name: &'a str) -> impl Iterator<Item = &'a Block> {
    body.blocks().filter(move |b| b.identifier() == name)
}

/// What the provider's data source makes of its blocks.
fn document(block: &Block) -> Value {
    let text = |body: &Body, name| attribute(body, name).map(evaluate);
    let replaced =
        |value: Value| -> Value { serde_json::from_str(&value.to_string().replace("&{", "${")).unwrap() };
    let statements: Vec<Value> = blocks(&block.body, "statement")
        .map(|statement| {
            let mut tree = Map::new();
            for (name, key) in [
                ("sid", "Sid"),
                ("effect", "Effect"),
                ("actions", "Action"),
                ("not_actions", "NotAction"),
                ("resources", "Resource"),
                ("not_resources", "NotResource"),
            ] {
                if let Some(value) = text(&statement.body, name) {
                    tree.insert(
                        key.into(),
                        if name.ends_with("resources") { replaced(value) } else { value },
                    );
                }
            }
            for condition in blocks(&statement.body, "condition") {
                let get = |name| text(&condition.body, name).unwrap();
                let operators = tree.entry("Condition").or_insert_with(|| json!({}));
                operators[get("test").as_str().unwrap()][get("variable").as_str().unwrap()] =
                    replaced(get("values"));
            }
            Value::Object(tree)
        })
        .collect();
    json!({ "Version": text(&block.body, "version").unwrap(), "Statement": statements })
}

/// Every policy of the file, in order, as AWS would receive it.
fn policies(text: &str) -> Vec<Value> {
    let body = hcl::parse(text).unwrap();
    let data: Vec<&Block> = blocks(&body, "data").collect();
    blocks(&body, "resource")
        .filter_map(|resource| attribute(&resource.body, "policy"))
        .map(|policy| match policy {
            Expression::Traversal(traversal) => {
                let path = serde_json::to_string(&hcl::format::to_string(&**traversal).unwrap()).unwrap();
                let block = data.iter().find(|b| path.contains(&format!(".{}.json", b.labels[1].as_str())));
                document(block.unwrap())
            }
            expression => serde_json::from_str(evaluate(expression).as_str().unwrap()).unwrap(),
        })
        .collect()
}

fn check_round_trip(deliverable: &Deliverable, style: TerraformStyle) {
    let file = file(deliverable, style);
    let got: Vec<Value> = policies(&file.text).iter().map(canonical).collect();
    let expected: Vec<Value> = deliverable.documents.iter().map(|d| seen(&d.policy)).collect();
    assert_eq!(got, expected, "{}", file.text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn jsonencode_read_back_is_the_same_policy(deliverable in deliverable()) {
        check_round_trip(&deliverable, TerraformStyle::Jsonencode);
    }

    #[test]
    fn a_policy_document_read_back_is_the_same_policy(deliverable in deliverable()) {
        check_round_trip(&deliverable, TerraformStyle::PolicyDocument);
    }

    #[test]
    fn the_principal_is_named_as_it_is(deliverable in deliverable()) {
        let body = hcl::parse(&file(&deliverable, TerraformStyle::Jsonencode).text).unwrap();
        let kind = deliverable.principal.kind.word();
        let named: Vec<Value> =
            blocks(&body, "resource").filter_map(|b| attribute(&b.body, kind)).map(evaluate).collect();
        prop_assert_eq!(named, vec![json!(deliverable.principal.name); deliverable.documents.len()]);
    }
}

/// Random deliverables, the same at every run.
fn samples(count: usize) -> Vec<Deliverable> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| deliverable().new_tree(&mut runner).unwrap().current()).collect()
}

fn terraform(folder: &Path, args: &[&str]) -> Option<std::process::Output> {
    Command::new("terraform").args(args).current_dir(folder).output().ok()
}

#[test]
fn terraform_fmt_has_nothing_to_change() {
    let folder = tempfile::tempdir().unwrap();
    if terraform(folder.path(), &["version"]).is_none() {
        println!("skipped: terraform is not here");
        return;
    }
    for (number, deliverable) in samples(200).iter().enumerate() {
        for (style, word) in
            [(TerraformStyle::Jsonencode, "jsonencode"), (TerraformStyle::PolicyDocument, "document")]
        {
            let path = folder.path().join(format!("{number}-{word}.tf"));
            fs::write(path, file(deliverable, style).text).unwrap();
        }
    }
    let output = terraform(folder.path(), &["fmt", "-check", "-diff"]).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Needs no provider: the expressions become outputs of an otherwise empty configuration.
#[test]
fn terraform_itself_evaluates_jsonencode_to_the_same_policy() {
    let folder = tempfile::tempdir().unwrap();
    if terraform(folder.path(), &["version"]).is_none() {
        println!("skipped: terraform is not here");
        return;
    }
    let (mut configuration, mut expected) = (String::new(), Vec::new());
    for deliverable in samples(60) {
        let text = file(&deliverable, TerraformStyle::Jsonencode).text;
        let expressions = text.split("  policy = ").skip(1).map(|rest| rest.split("\n}\n").next().unwrap());
        for (expression, document) in expressions.zip(&deliverable.documents) {
            configuration += &format!("output \"o{}\" {{\n  value = {expression}\n}}\n", expected.len());
            expected.push(seen(&document.policy));
        }
    }
    fs::write(folder.path().join("main.tf"), configuration).unwrap();
    let applied = terraform(folder.path(), &["apply", "-auto-approve", "-no-color"]).unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let output = terraform(folder.path(), &["output", "-json"]).unwrap();
    let outputs: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (number, expected) in expected.iter().enumerate() {
        let text = outputs[format!("o{number}")]["value"].as_str().unwrap();
        assert_eq!(&canonical(&serde_json::from_str(text).unwrap()), expected);
    }
}

fn of_permission_set(documents: usize) -> Deliverable {
    let policy = |number: usize| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/{number}"}}}}"#
        );
        Named { name: format!("people-{number}"), policy: Policy::parse(&text).unwrap() }
    };
    Deliverable {
        principal: PrincipalTarget {
            kind: PrincipalKind::Role,
            name: "AWSReservedSSO_People_0123456789abcdef".into(),
            path: "/aws-reserved/sso.amazonaws.com/eu-west-1/".into(),
            arn: "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_People_0123456789abcdef"
                .into(),
        },
        documents: (1..=documents).map(policy).collect(),
        attach: Attach::Managed,
        comments: vec!["what it replaces".into()],
    }
}

#[test]
fn a_role_of_identity_center_gets_no_attachment_but_its_permission_set_the_policy() {
    for (documents, kind) in [
        (1, "aws_ssoadmin_permission_set_inline_policy"),
        (2, "aws_ssoadmin_customer_managed_policy_attachment"),
    ] {
        let file = file(&of_permission_set(documents), TerraformStyle::Jsonencode);
        let body: Body = hcl::parse(&file.text).unwrap();
        let kinds: Vec<&str> = blocks(&body, "resource").map(|block| block.labels()[0].as_str()).collect();
        assert_eq!(kinds.iter().filter(|found| **found == kind).count(), documents, "{}", file.text);
        assert!(!kinds.contains(&"aws_iam_role_policy_attachment"), "{}", file.text);
        assert_eq!(blocks(&body, "variable").count(), 2, "{}", file.text);
        assert!(!file.text.contains("/aws-reserved/"), "{}", file.text);
        assert!(file.text.contains("# what it replaces\n") && file.notes[0].contains("Identity Center"));
    }
}
