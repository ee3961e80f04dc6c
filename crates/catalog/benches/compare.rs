//! How long it takes to compare each of AWS's managed policies with itself minus one statement, both ways, and whether
//! every answer is what it must be. `cargo bench -p leastwise-catalog --bench compare`

#![expect(clippy::print_stdout, reason = "figures are for whoever runs it")]

use leastwise_catalog::Catalog;
use leastwise_policy::aws::compare::{Answer, Kind, Relation, compare};
use leastwise_policy::aws::{Effect, Policy};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/aws-managed-policies/aws_managed_policies.json.gz");
    let Ok(file) = std::fs::File::open(path) else {
        println!("skipped: ../shared/data is not here");
        return Ok(());
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text)?;
    let all: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text)?;
    let begun = Instant::now();
    let terms = Catalog::embedded().terms();
    println!("the catalogue's words: {:?}", begun.elapsed());
    let mut times: Vec<(Duration, String)> = Vec::new();
    let mut tally: BTreeMap<&str, u32> = BTreeMap::new();
    let mut wrong = 0;
    for (name, value) in &all {
        let policy = Policy::parse(&value["Document"].to_string())?;
        // Whichever statement goes: another one in each policy.
        let mut less = policy.clone();
        let removed = less.statements.remove(name.len() % policy.statements.len());
        let begun = Instant::now();
        let comparison = compare(&terms, Kind::Identity, &[&policy], &[&less]);
        times.push((begun.elapsed(), name.clone()));
        let relation = comparison.relation();
        *tally.entry(relation.as_str()).or_default() += 1;
        let right = match removed.effect {
            Effect::Allow => [Relation::Equal, Relation::Narrower].contains(&relation),
            Effect::Deny => [Relation::Equal, Relation::Wider].contains(&relation),
        };
        if !right {
            wrong += 1;
            let unknown =
                |answer: &Answer| matches!(answer, Answer::Unknown(_)).then(|| format!("{answer:?}"));
            println!(
                "{name}: {relation:?} {:?} {:?}",
                unknown(&comparison.gained),
                unknown(&comparison.lost)
            );
        }
    }
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].0;
    println!("{} policies, both directions each: {tally:?}, {wrong} not as they must be", times.len());
    println!("median {:?}, p90 {:?}, p99 {:?}", at(0.5), at(0.9), at(0.99));
    for (time, name) in times.iter().rev().take(5) {
        println!("slowest {time:?} {name}");
    }
    println!("all together {:?}", times.iter().map(|(time, _)| *time).sum::<Duration>());
    Ok(())
}
