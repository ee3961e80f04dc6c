//! YAML over hostile text: reading never panics, and what it makes can be written as JSON.
#![no_main]

use leastwise_analysis::source::{Node, yaml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for document in yaml::parse(text).documents {
        // JSON is read less deep.
        if let Ok(again) = Node::json(&document.to_json()) {
            assert_eq!(again.to_json(), document.to_json());
        }
    }
});
