//! YAML, as CloudFormation and Kubernetes read it.

use super::*;
use crate::source::Place;

fn json(text: &str) -> String {
    let yaml = parse(text);
    assert!(yaml.refused.is_empty(), "{:?}", yaml.refused);
    yaml.documents.iter().map(Node::to_json).collect::<Vec<_>>().join("\n")
}

fn refused(text: &str) -> String {
    parse(text).refused.iter().map(Refusal::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn short_forms_are_long_forms() {
    assert_eq!(json("a: !Ref b"), r#"{"a":{"Ref":"b"}}"#);
    assert_eq!(json("a: !GetAtt b.Arn"), r#"{"a":{"Fn::GetAtt":["b","Arn"]}}"#);
    assert_eq!(
        json("a: !Join [':', [x, !Sub 'y${z}']]"),
        r#"{"a":{"Fn::Join":[":",["x",{"Fn::Sub":"y${z}"}]]}}"#
    );
    assert_eq!(
        json("a: !If\n- c\n- 1\n- !Ref AWS::NoValue"),
        r#"{"a":{"Fn::If":["c",1,{"Ref":"AWS::NoValue"}]}}"#
    );
}

#[test]
fn every_value_knows_its_place() {
    let yaml = parse("Resources:\n  Role:\n    Arn: !Sub arn:${x}\n    List: [a, b]\n");
    let root = &yaml.documents[0];
    let sub = root.path(&["Resources", "Role", "Arn"]).unwrap();
    assert_eq!(sub.at.line, 3);
    assert_eq!(root.pointer("/Resources/Role/List/1").unwrap().at, Place { line: 4, column: 15 });
    assert_eq!(root.path(&["Resources"]).unwrap().entry("Role").unwrap().at, Place { line: 2, column: 3 });
}

#[test]
fn scalars_are_read_as_cloudformation_reads_them() {
    assert_eq!(
        json("[yes, 'yes', off, 1, 1.5e3, 012345678901, 2012-10-17, ~, null, 1_000, 0x1f]"),
        r#"[true,"yes",false,1,1.5e3,"012345678901","2012-10-17",null,null,"1_000","0x1f"]"#
    );
    assert_eq!(json("[!!str 1, !!int '1']"), r#"["1",1]"#);
    assert_eq!(json("on: 1\n2: x"), r#"{"on":1,"2":"x"}"#);
}

#[test]
fn a_file_may_hold_several_documents() {
    assert_eq!(json("a: 1\n---\n---\nb: 2\n"), "{\"a\":1}\n{\"b\":2}");
}

#[test]
fn what_stands_before_an_error_is_read() {
    let yaml = parse("a: 1\n---\nb: [\n");
    assert_eq!(yaml.documents.len(), 1);
    assert_eq!(yaml.refused.len(), 1);
}

#[test]
fn merge_keys_add_what_is_not_written() {
    let text = "x: &x {a: 1, b: 2}\ny:\n  b: 3\n  <<: *x\nz:\n  <<: *x\n  a: 4\n";
    assert_eq!(json(text), r#"{"x":{"a":1,"b":2},"y":{"b":3,"a":1},"z":{"a":4,"b":2}}"#);
}

#[test]
fn what_would_mean_more_than_it_shows_is_refused() {
    assert_eq!(
        refused("a: 1\na: 2"),
        "2:1: the key `a` is here twice: it stands in line 1, column 1 already"
    );
    assert!(refused("a: !Foo 1\nb: !Foo 2").ends_with("the tag `!Foo` is not known"));
    assert!(refused(&format!("{}{}", "[".repeat(100), "]".repeat(100))).contains("deep"));
    assert!(refused("[1]: 2").contains("a key must be a text"));
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..12 {
        let list = vec![format!("*a{}", level - 1); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{list}]\n"));
    }
    assert!(refused(&bomb).contains("values, with those that aliases repeat"));
    assert!(refused("a: &a [*a]").contains("inside of what it names"));
}
