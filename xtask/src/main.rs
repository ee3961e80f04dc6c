//! Chores of the repository, run as `cargo xtask <chore>`.
//!
//! - `sync-catalog` writes `crates/catalog/data/aws/services/` from the packages pinned in `packages.txt`;
//!   `--update` takes the newest packages and pins them, `--check` writes nothing and says what differs.

#[expect(dead_code, unreachable_pub, reason = "the catalogue's own types, of which writing needs a part")]
#[path = "../../crates/catalog/src/facts.rs"]
mod facts;
#[expect(dead_code, unreachable_pub, reason = "the catalogue's own types, of which writing needs a part")]
#[path = "../../crates/catalog/src/level.rs"]
mod level;
mod sync;
#[expect(dead_code, unreachable_pub, reason = "shared with the catalogue's build script, which also reads")]
#[path = "../../crates/catalog/build/text.rs"]
mod text;

use std::process::ExitCode;

use sync::Mode;

const USAGE: &str = "usage: cargo xtask sync-catalog [--update | --check]";

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mode = match words.as_slice() {
        ["sync-catalog"] => Mode::Pinned,
        ["sync-catalog", "--update"] => Mode::Update,
        ["sync-catalog", "--check"] => Mode::Check,
        _ => {
            eprintln!("{USAGE}");
            return Ok(ExitCode::from(2));
        }
    };
    let differs = sync::run(mode)?;
    Ok(if differs && mode == Mode::Check { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
