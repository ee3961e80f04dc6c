//! JSON documents are read back by the policy parser, and the index names what is there.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

mod support;

use leastwise_generate::render::{Format, Names, Options, render, render_beside};
use leastwise_policy::aws::Policy;
use proptest::prelude::*;
use serde_json::Value;
use support::{deliverable, policy, seen};

proptest! {
    #[test]
    fn each_document_read_back_is_the_same_policy(deliverable in deliverable()) {
        let files = render(&deliverable, Format::Json, &Options::default()).unwrap();
        prop_assert_eq!(files.len(), deliverable.documents.len() + 1);
        for (file, document) in files.iter().zip(&deliverable.documents) {
            prop_assert_eq!(&Policy::parse(&file.text).unwrap(), &document.policy);
            prop_assert!(file.text.chars().all(|c| c <= '\u{ff}'), "AWS takes nothing above U+00FF raw");
        }
    }

    #[test]
    fn the_index_names_every_document_of_the_principal(deliverable in deliverable()) {
        let files = render(&deliverable, Format::Json, &Options::default()).unwrap();
        let index: Value = serde_json::from_str(&files.last().unwrap().text).unwrap();
        prop_assert_eq!(&index["principal"]["name"], &deliverable.principal.name);
        let named: Vec<&str> =
            index["documents"].as_array().unwrap().iter().map(|d| d["file"].as_str().unwrap()).collect();
        let written: Vec<&str> = files[..files.len() - 1].iter().map(|f| f.name.as_str()).collect();
        prop_assert_eq!(named, written);
    }

    #[test]
    fn files_of_many_principals_have_bare_names_and_never_the_same(
        deliverables in prop::collection::vec(deliverable(), 2..6),
        format in prop::sample::select(vec![Format::Json, Format::Terraform, Format::Cloudformation]),
    ) {
        let mut names = Names::default();
        let mut seen = std::collections::HashSet::new();
        for deliverable in &deliverables {
            for file in render_beside(&mut names, deliverable, format, &Options::default()).unwrap() {
                let bare = file.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
                prop_assert!(bare && file.name.len() < 130 && !file.name.starts_with(['-', '.']), "{}", file.name);
                prop_assert!(seen.insert(file.name.clone()), "{} twice", file.name);
            }
        }
    }

    #[test]
    fn the_canonical_view_of_the_tests_tells_policies_apart(left in policy(), right in policy()) {
        prop_assume!(left.version != right.version || left.statements.len() != right.statements.len());
        prop_assert_ne!(seen(&left), seen(&right));
    }
}
