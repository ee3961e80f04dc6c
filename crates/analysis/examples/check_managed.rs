//! Checks many policies and prints how long it took, by the processor's clock, and how often each check found something.
#![expect(clippy::print_stdout, reason = "it is what the example is for")]

use std::collections::BTreeMap;

use leastwise_analysis::check::{Facts, SourceFile, read, run};
use leastwise_catalog::Catalog;

fn main() {
    let mut files = Vec::new();
    for path in std::env::args().skip(1) {
        for entry in std::fs::read_dir(&path).expect("a folder").flatten() {
            if let Ok(text) = std::fs::read_to_string(entry.path()) {
                files.push(SourceFile::named(entry.path().display().to_string(), text));
            }
        }
    }
    let list = std::env::var("LIST").ok();
    for round in 0..3 {
        let start = std::time::Instant::now();
        let facts = Facts::new(Catalog::embedded());
        let estate = read(&files);
        let middle = start.elapsed();
        let findings = run(&estate, &facts);
        let all = start.elapsed();
        println!(
            "round {round}: {} files read in {middle:?}, all {all:?}, {} findings",
            files.len(),
            findings.len()
        );
        if round == 0 {
            let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
            for finding in &findings {
                *counts.entry((finding.class.as_str(), finding.code)).or_default() += 1;
            }
            for finding in findings.iter().filter(|finding| Some(finding.code) == list.as_deref()) {
                println!("{} {}", finding.file, finding.message);
            }
            for ((class, code), count) in counts {
                println!("{count:6} {class} {code}");
            }
        }
    }
}
