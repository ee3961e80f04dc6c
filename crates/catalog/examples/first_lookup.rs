//! Measures the first look-up of a fresh process: `cargo run --release -p leastwise-catalog --example first_lookup`.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::time::Instant;

use leastwise_catalog::Catalog;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_else(|| "ec2:RunInstances".to_owned());
    let start = Instant::now();
    let found = Catalog::embedded().action(&name).is_some();
    let first = start.elapsed();
    let start = Instant::now();
    let again = Catalog::embedded().action(&name).is_some();
    let second = start.elapsed();
    let start = Instant::now();
    let all = Catalog::embedded().expand("*").len();
    println!("first `{name}` ({found}): {first:?}; again ({again}): {second:?}");
    println!("all {all} actions decoded: {:?}; packed: {} bytes", start.elapsed(), Catalog::packed_len());
}
