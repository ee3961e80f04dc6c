//! CloudFormation templates are read back by a YAML parser. (cfn-lint and moto read them in `tests/e2e`.)

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

mod support;

use leastwise_generate::render::{
    Attach, Deliverable, Format, Options, PrincipalKind, PrincipalTarget, RenderError, render,
};
use leastwise_policy::aws::{Named, Policy};
use proptest::prelude::*;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Value, json};
use support::{canonical, deliverable, seen};

fn tree(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(tree).collect(),
        Yaml::Mapping(entries) => {
            Value::Object(entries.iter().map(|(k, v)| (k.as_str().unwrap().to_owned(), tree(v))).collect())
        }
        other => panic!("a template holds text, lists and maps only, not {other:?}"),
    }
}

fn template(deliverable: &Deliverable) -> Result<Value, RenderError> {
    let files = render(deliverable, Format::Cloudformation, &Options::default())?;
    assert_eq!(files.len(), 1);
    Ok(tree(&Yaml::load_from_str(&files[0].text).unwrap()[0]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_template_read_back_holds_the_same_policies(deliverable in deliverable()) {
        let template = template(&deliverable).unwrap();
        let resources = template["Resources"].as_object().unwrap();
        let got: Vec<Value> =
            resources.values().map(|r| canonical(&r["Properties"]["PolicyDocument"])).collect();
        let expected: Vec<Value> = deliverable.documents.iter().map(|d| seen(&d.policy)).collect();
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn the_principal_is_named_as_it_is(deliverable in deliverable()) {
        let template = template(&deliverable).unwrap();
        for resource in template["Resources"].as_object().unwrap().values() {
            let list = match deliverable.principal.kind {
                PrincipalKind::Role => "Roles",
                PrincipalKind::User => "Users",
                PrincipalKind::Group => "Groups",
            };
            let named = &resource["Properties"][list][0];
            prop_assert_eq!(named, &json!(deliverable.principal.name));
        }
    }
}

#[test]
fn a_dynamic_reference_is_refused_because_cloudformation_would_replace_it() {
    let policy = Policy::parse(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::b/{{resolve:ssm:secret}}"}]}"#,
    );
    let deliverable = Deliverable {
        principal: Default::default(),
        documents: vec![Named { name: "x".into(), policy: policy.unwrap() }],
        attach: Attach::Managed,
        comments: Vec::new(),
    };
    let error = template(&deliverable).unwrap_err();
    assert!(matches!(error, RenderError::DynamicReference { .. }));
    assert!(error.to_string().contains("{{resolve:ssm:secret}}"));
}

#[test]
fn a_role_of_identity_center_gets_no_attachment() {
    let policy =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
    for attach in [Attach::Managed, Attach::Inline] {
        let deliverable = Deliverable {
            principal: PrincipalTarget {
                name: "AWSReservedSSO_People_0123456789abcdef".into(),
                path: "/aws-reserved/sso.amazonaws.com/".into(),
                ..Default::default()
            },
            documents: vec![Named { name: "people".into(), policy: Policy::parse(policy).unwrap() }],
            attach,
            comments: vec!["what it replaces".into()],
        };
        let files = render(&deliverable, Format::Cloudformation, &Options::default()).unwrap();
        let text = &files[0].text;
        assert!(text.starts_with("# what it replaces\n# IAM Identity Center makes this role"), "{text}");
        assert!(!text.contains("Roles:") && !text.contains("/aws-reserved/"), "{text}");
        assert!(text.contains("AWS::IAM::ManagedPolicy"), "{text}");
    }
}
