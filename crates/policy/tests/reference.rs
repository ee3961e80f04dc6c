//! The evaluator against an independent reference, on random questions over all layers.
//!
//! The reference (`reference/judge.rs` and what it uses) is small and slow, works on the JSON text itself and follows
//! nothing but AWS's documentation. `reference/agree.rs` says what agreeing means. A disagreement is made as small as it
//! gets and printed as a case for `reference/cases/`; there AWS's documentation decides who is right.
//!
//! `LEASTWISE_REFERENCE_CASES` sets how many questions are asked (20000), `LEASTWISE_REFERENCE_SEED` which ones.

#[path = "reference/agree.rs"]
mod agree;
#[path = "reference/case.rs"]
mod case;
#[path = "reference/completion.rs"]
mod completion;
#[path = "reference/condition.rs"]
mod condition;
#[path = "common/decided.rs"]
#[expect(dead_code, reason = "what it asserts is a complaint here, so that it can be shrunk")]
mod decided;
#[path = "reference/dice.rs"]
mod dice;
#[path = "reference/generate.rs"]
mod generate;
#[path = "reference/grants.rs"]
mod grants;
#[path = "reference/judge.rs"]
mod judge;
#[path = "reference/know.rs"]
mod know;
#[path = "reference/organization.rs"]
mod organization;
#[path = "reference/public_access.rs"]
mod public_access;
#[path = "reference/reasons.rs"]
mod reasons;
#[path = "reference/scene.rs"]
mod scene;
#[path = "reference/services.rs"]
mod services;
#[path = "reference/shrink.rs"]
mod shrink;
#[path = "reference/sketch.rs"]
mod sketch;
#[path = "reference/sketch_condition.rs"]
mod sketch_condition;
#[path = "reference/sketch_principal.rs"]
mod sketch_principal;
#[path = "reference/statement.rs"]
mod statement;
#[path = "reference/tally.rs"]
mod tally;
#[path = "reference/text.rs"]
mod text;
#[path = "reference/value.rs"]
mod value;
#[path = "reference/words.rs"]
mod words;
#[path = "reference/world.rs"]
mod world;

use case::Case;
use tally::Tally;

const CASES: u64 = 20_000;
const SEED: u64 = 0x1ea5;
/// So many disagreements are shrunk and shown.
const SHOWN: usize = 5;

#[test]
fn evaluator_and_reference_agree_on_random_questions() {
    let cases = setting("LEASTWISE_REFERENCE_CASES", CASES);
    let seed = setting("LEASTWISE_REFERENCE_SEED", SEED);
    println!("{cases} cases, seed {seed}");
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let tally = std::thread::scope(|scope| {
        let part = |first| scope.spawn(move || run(seed, first, threads, cases));
        let parts: Vec<_> = (0..threads).map(part).collect();
        parts.into_iter().map(|part| part.join().expect("no case panics")).fold(Tally::default(), Tally::add)
    });
    println!("{tally}");
    let mut wrong = tally.wrong.clone();
    wrong.sort_unstable();
    for &index in wrong.iter().take(SHOWN) {
        println!("{}", shown(seed, index));
    }
    assert!(wrong.is_empty(), "{} of {cases} cases disagree: {wrong:?}", wrong.len());
    tally.check_mix(CASES);
}

/// Every `step`th case from `first` on.
fn run(seed: u64, first: u64, step: u64, cases: u64) -> Tally {
    let mut tally = Tally::default();
    let mut index = first;
    while index < cases {
        let case = generate::generate(seed, index);
        tally.count(index, &case, &agree::compare(&case));
        index += step;
    }
    tally
}

/// A disagreement as small as it gets, to be pasted into `reference/cases/`.
fn shown(seed: u64, index: u64) -> String {
    let small = shrink::shrink(&generate::generate(seed, index));
    let complaint = agree::verdict_of(&small).unwrap_or_default();
    format!("\ncase {index}: {complaint}\n{:#}", small.0)
}

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("`{name}` must be a number, not `{text}`")),
        Err(_) => default,
    }
}

/// Each file in `reference/cases` holds a case with what is `expected`, `why`, and the AWS page as `source`.
#[test]
fn regression_cases_are_answered_as_the_documentation_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/cases");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let case = Case(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}")));
        let outcome = agree::compare(&case);
        assert_eq!(outcome.complaint, None, "{path:?}");
        assert_eq!(Some(outcome.found.as_str()), case.text("expected"), "{path:?}");
        assert!(case.text("why").is_some() && case.text("source").is_some(), "{path:?}: `why` and `source`");
        seen += 1;
    }
    println!("{seen} cases");
}
