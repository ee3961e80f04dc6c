//! How many policies the checks of this room judge in a second of one processor.

use std::path::Path;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::DocumentKind;

use super::checks;
use crate::check::{Document, Facts, Report, Rule, Subject};
use crate::source::Node;

/// What this thread used of a processor, in seconds.
fn used() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    text.split(' ').next().and_then(|first| first.parse::<f64>().ok()).expect("nanoseconds") / 1e9
}

#[test]
#[ignore = "measures; run it with --release"]
fn policies_of_a_second() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/aws-managed-policies/aws_managed_policies.json.gz");
    let Ok(packed) = std::fs::read(file) else { return println!("skipped: ../shared/data is not here") };
    let start =
        11 + packed[10..].iter().position(|byte| *byte == 0).filter(|_| packed[3] & 8 != 0).unwrap_or(0);
    let start = if packed[3] & 8 != 0 { start } else { 10 };
    let text = miniz_oxide::inflate::decompress_to_vec(&packed[start..packed.len() - 8]).expect("whole");
    let all: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let texts: Vec<String> =
        all.as_object().expect("an object").values().map(|row| row["Document"].to_string()).collect();
    let (mut reading, mut judging, mut found) = (f64::MAX, f64::MAX, 0);
    for _ in 0..10 {
        let start = used();
        let read = |text: &String| {
            Document::new(
                "policy.json".into(),
                "policy",
                DocumentKind::Identity,
                Node::json(text).expect("JSON"),
            )
        };
        let documents: Vec<Document> = texts.iter().map(read).collect();
        let middle = used();
        let facts = Facts::new(Catalog::embedded());
        let mut findings = Vec::new();
        for document in &documents {
            let subject = Subject::new(document, &facts);
            for check in checks() {
                if let Rule::Document(rule) = check.rule {
                    rule(&subject, &facts, &mut Report::new(check, document, &mut findings));
                }
            }
        }
        reading = reading.min(middle - start);
        judging = judging.min(used() - middle);
        found = findings.len();
    }
    let many = texts.len() as f64;
    println!(
        "{found} findings; read {:.0}, judged {:.0}, both {:.0} policies/s",
        many / reading,
        many / judging,
        many / (reading + judging)
    );
}
