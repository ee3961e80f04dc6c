//! Chores of the repository, run as `cargo xtask <chore>`.
//!
//! - `sync-catalog` writes `crates/catalog/data/aws/services/` from the packages pinned in `packages.txt`;
//!   `--update` takes the newest packages and pins them, `--check` writes nothing and says what differs.
//! - `sync-clouds FOLDER` writes the facts on Google Cloud and Azure, `crates/catalog/data/{gcp,azure}/*.txt`, from
//!   downloaded JSON; `--check` writes nothing and says what differs.
//! - `sync-kubernetes`, `sync-github` and `sync-managed` do the same as `sync-catalog` for
//!   `crates/catalog/data/{kubernetes,github,managed}/`.

mod clouds;
#[expect(dead_code, unreachable_pub, reason = "the catalogue's own types, of which writing needs a part")]
#[path = "../../crates/catalog/src/facts.rs"]
mod facts;
#[expect(dead_code, unreachable_pub, reason = "the catalogue's own types, of which writing needs a part")]
#[path = "../../crates/catalog/src/level.rs"]
mod level;
mod sync;
#[expect(unreachable_pub, reason = "shared with the catalogue's build script")]
#[path = "../../crates/catalog/build/text.rs"]
mod text;

use std::path::Path;
use std::process::ExitCode;

use sync::Mode;

const USAGE: &str = "usage: cargo xtask sync-catalog | sync-kubernetes | sync-github | sync-managed [--update | --check]\n       \
                     cargo xtask sync-clouds FOLDER [--check]";

type Chore = fn(Mode) -> anyhow::Result<bool>;

const CHORES: &[(&str, Chore)] = &[
    ("sync-catalog", sync::run),
    ("sync-kubernetes", sync::kubernetes::run),
    ("sync-github", sync::github::run),
    ("sync-managed", sync::managed::run),
];

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["sync-clouds", folder] => return Ok(status(clouds::run(Path::new(folder), false)?, false)),
        ["sync-clouds", folder, "--check"] => return Ok(status(clouds::run(Path::new(folder), true)?, true)),
        _ => {}
    }
    let mode = match words.get(1..).unwrap_or_default() {
        [] => Some(Mode::Pinned),
        ["--update"] => Some(Mode::Update),
        ["--check"] => Some(Mode::Check),
        _ => None,
    };
    let chore = CHORES.iter().find(|(name, _)| words.first() == Some(name));
    let (Some(mode), Some((_, chore))) = (mode, chore) else {
        eprintln!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    let differs = chore(mode)?;
    Ok(status(differs, mode == Mode::Check))
}

/// 1 when a check found a difference.
fn status(differs: bool, check: bool) -> ExitCode {
    if differs && check { ExitCode::from(1) } else { ExitCode::SUCCESS }
}
