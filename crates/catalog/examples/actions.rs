//! Prints every action with its levels and marks, one a line, for reading and for grep.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

use leastwise_catalog::Catalog;

fn main() {
    let pattern = std::env::args().nth(1).unwrap_or_else(|| "*".to_owned());
    for action in Catalog::embedded().expand(&pattern) {
        let destructive = action.destructive_why.as_deref().map(|why| format!(" destructive: {why}"));
        println!(
            "{} {} {:?}: {}. read-only: {:?}.{}",
            action.full_name(),
            action.levels,
            action.visibility,
            action.visibility_why,
            action.read_only,
            destructive.unwrap_or_default()
        );
    }
}
