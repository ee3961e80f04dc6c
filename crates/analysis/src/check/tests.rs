//! Every check finds its bad example and nothing in its good one.

use std::collections::HashSet;
use std::sync::LazyLock;

use leastwise_policy::time::Timestamp;

use super::*;

fn estate(example: &Example) -> Estate {
    let Some(kind) = example.kind else {
        return read(&[SourceFile::named(example.file, example.text)]);
    };
    let root = crate::source::Node::json(example.text).expect("an example of a policy is JSON");
    let mut document = Document::new(example.file.into(), example.file, kind, root);
    document.resource_type = example.resource_type.map(str::to_owned);
    let mut estate = Estate::default();
    estate.add(document);
    estate
}

fn codes(example: &Example) -> Vec<&'static str> {
    static FACTS: LazyLock<Facts<'static>> = LazyLock::new(|| {
        Facts::new(Catalog::embedded()).at(Timestamp::parse("2026-11-21T00:00:00Z").expect("a time"))
    });
    // The facts are kept for all examples, and must not outlive what they were asked about.
    let estate: &'static Estate = Box::leak(Box::new(estate(example)));
    run(estate, &FACTS).iter().map(|finding| finding.code).collect()
}

#[test]
fn every_check_finds_its_bad_example_and_not_its_good_one() {
    let mut wrong = Vec::new();
    for check in all().filter(|check| !matches!(check.rule, Rule::Elsewhere)) {
        let (bad, good) = (codes(&check.bad), codes(&check.good));
        if !bad.contains(&check.code) {
            wrong.push(format!("{} does not find its bad example (found {bad:?})", check.code));
        }
        if good.contains(&check.code) {
            wrong.push(format!("{} finds its good example", check.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn good_examples_have_no_error_at_all() {
    let mut wrong = Vec::new();
    // An example of our own settings is nothing that is checked.
    for check in all().filter(|check| !check.good.file.ends_with(".toml")) {
        for code in codes(&check.good) {
            if named(code).is_some_and(|found| found.class == Class::Error) {
                wrong.push(format!("the good example of {} has {code}", check.code));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn codes_are_unique_and_documented() {
    let mut seen = HashSet::new();
    for check in all() {
        assert!(seen.insert(check.code), "{} stands twice", check.code);
        assert!(
            check.code.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_')),
            "{}",
            check.code
        );
        assert!(check.about.len() > 60 && !check.references.is_empty(), "{} needs documentation", check.code);
    }
}
