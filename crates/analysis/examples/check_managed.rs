//! Checks AWS's managed policies with every check, three times over, and prints how long it took and how often each check
//! found something. `LIST=CODE` prints what was found by one of them.
#![expect(clippy::print_stdout, reason = "it is what the example is for")]

use std::collections::BTreeMap;

use leastwise_analysis::check::{Facts, SourceFile, read, run};
use leastwise_catalog::{Catalog, managed_policies};

fn main() {
    let list = std::env::var("LIST").ok();
    let of = |name: &str, text: &str| SourceFile::named(format!("{name}.json"), text);
    let mut files: Vec<SourceFile> =
        managed_policies().map(|policy| of(&policy.name, &policy.document)).collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    for round in 0..3 {
        let start = std::time::Instant::now();
        let facts = Facts::new(Catalog::embedded());
        let estate = read(&files);
        let middle = start.elapsed();
        let findings = run(&estate, &facts);
        let all = start.elapsed();
        println!(
            "round {round}: {} policies read in {middle:?}, all {all:?}, {} findings",
            files.len(),
            findings.len()
        );
        if round > 0 {
            continue;
        }
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for finding in &findings {
            *counts.entry((finding.class.as_str(), finding.code)).or_default() += 1;
            if Some(finding.code) == list.as_deref() {
                println!("{} {}", finding.file, finding.message);
            }
        }
        for ((class, code), count) in counts {
            println!("{count:6} {class} {code}");
        }
    }
}
