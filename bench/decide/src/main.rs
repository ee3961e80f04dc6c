//! The contenders of `bench/decide.sh` that are Rust: leastwise, Cedar and iam-rs.
//!
//! ```text
//! leastwise-bench-decide chain CASE (compiled|reasons|identity|iam-rs) SECONDS
//! leastwise-bench-decide many STATEMENTS (compiled|cedar|cedar-sliced) SECONDS
//! leastwise-bench-decide replay CASE USAGE SECONDS       every event for itself
//! leastwise-bench-decide rows CASE USAGE SECONDS         every row of usage once
//! ```
//! Each prints one JSON object: the verdict on every request, what one decision took, and how many were taken.
//! `bench/decide/run.py` compares the verdicts and only then prints times.

mod chain;
mod many;
mod replay;

use anyhow::{Context as _, Result, bail};
use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [case, of, contender, seconds] = arguments.as_slice() else {
        bail!(
            "give `chain`, `many`, `replay` or `rows`, its case, the contender or usage, and how many seconds"
        );
    };
    let budget = Duration::from_secs_f64(seconds.parse().context("the seconds are no number")?);
    match case.as_str() {
        "chain" => chain::run(of, contender, budget),
        "many" => many::run(of.parse().context("the number of statements is none")?, contender, budget),
        "replay" => replay::run(of, contender, replay::Often::AsCounted, budget),
        "rows" => replay::run(of, contender, replay::Often::Once, budget),
        other => bail!("no case `{other}`"),
    }
}

/// Asks for all of `items` in passes until `budget` has gone, and prints what came out.
///
/// Only whole passes count, so that every request has the same weight; one pass comes before, unless it alone takes
/// longer than the budget: then it is the measurement.
fn measure<T, A>(
    items: &[T],
    budget: Duration,
    mut decide: impl FnMut(&T) -> A,
    tell: impl Fn(A) -> String,
) -> Result<()> {
    let (begun, mut since) = (Instant::now(), on_core()?);
    let answers: Vec<A> = items.iter().map(|item| decide(black_box(item))).collect();
    let mut passes = 1;
    if begun.elapsed() < budget {
        let begun = Instant::now();
        (passes, since) = (0, on_core()?);
        while begun.elapsed() < budget {
            for item in items {
                black_box(decide(black_box(item)));
            }
            passes += 1;
        }
    }
    let took = on_core()? - since;
    let decisions = passes * items.len();
    let told = serde_json::json!({
        "verdicts": answers.into_iter().map(tell).collect::<Vec<String>>(),
        "nanoseconds": took as f64 / decisions as f64,
        "decisions": decisions,
    });
    println!("{told}");
    Ok(())
}

/// For how many nanoseconds this thread has had a core. Unlike the time on the wall, it does not count what else the
/// machine does.
fn on_core() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")
        .context("the kernel does not tell the time on the core")?;
    text.split_whitespace().next().context("an empty schedstat")?.parse().context("schedstat is not numbers")
}
