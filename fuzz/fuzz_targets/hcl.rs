//! Terraform's language over hostile text: reading and working out never panics and ends.
#![no_main]

use std::sync::Arc;

use leastwise_analysis::source::hcl::{Sources, json_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for name in ["main.tf", "main.tf.json"] {
        let (sources, _) = Sources::parse([(Arc::from(name), text)]);
        for resource in sources.resources("", "000000000000").unwrap_or_default() {
            let (_, settled) = sources.settled(json_text(&resource.body).unwrap_or(&resource.body));
            assert!(settled.at.line >= 1);
        }
    }
});
