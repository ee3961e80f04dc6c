//! `--principal` as a pattern: it stands for the one principal that it fits, and for nobody when it fits several.

use leastwise_analysis::names::role_without_path;
use leastwise_analysis::usage::no_policy;
use leastwise_policy::glob::Glob;

use crate::error::{Error, Result};
use crate::output::{self, plain};

/// So many of those that a pattern fits are listed.
const LISTED: usize = 20;

/// Whether it is a pattern: no name of a principal holds these
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The one whom `asked` means where a snapshot, if there is one, says that it is `named`: a pattern must fit nobody else
/// whom the logs have seen. Who has no identity policy is nobody to right-size.
pub fn of_logs<'n>(asked: &str, named: &'n str, seen: &'n [String]) -> Result<&'n str> {
    if !is_pattern(asked) {
        return Ok(named);
    }
    let (without, ours): (Vec<&str>, Vec<&str>) =
        seen.iter().map(String::as_str).partition(|seen| no_policy(seen).is_some());
    if is_pattern(named) {
        let glob = Glob::new(asked);
        // Where it fits nobody else, who it was is said.
        let only_without = !ours.iter().any(|seen| glob.matches(seen));
        let among = if only_without { [ours, without].concat() } else { ours };
        return only(asked, among.into_iter(), "these logs");
    }
    // The snapshot's role may be there by its name alone, too.
    let bare = role_without_path(named);
    let others = ours.into_iter().filter(|seen| Some(*seen) != bare.as_deref());
    only(asked, others.chain([named]), "the snapshot and these logs")
}

/// Refuses whoever has no identity policy that could be written.
pub fn has_policy(principal: &str) -> Result<()> {
    match no_policy(principal) {
        Some(why) => Err(Error::usage(format!("`{}` is {}", plain(principal), why.is)).hint(why.way_out)),
        None => Ok(()),
    }
}

/// The one of the names that a pattern fits. `place` is where they were found, such as `the snapshot`.
pub fn only<'n>(pattern: &str, names: impl Iterator<Item = &'n str>, place: &str) -> Result<&'n str> {
    let names: Vec<&str> = names.collect();
    let glob = Glob::new(pattern);
    let mut fits: Vec<&str> = names.iter().copied().filter(|name| glob.matches(name)).collect();
    fits.sort_unstable();
    fits.dedup();
    match fits.as_slice() {
        [only] => Ok(only),
        [] => {
            let error = Error::input(format!("`{pattern}` fits no principal in {place}"));
            let bare = pattern.replace(['*', '?'], "");
            let near = output::nearest(&bare, names.iter().copied(), 3);
            Err(match near.is_empty() {
                true => error.hint(
                    "a pattern fits the whole ARN: begin it with * to leave out what stands before the name",
                ),
                false => error.hint(format!("the nearest that are there: {}", near.join(", "))),
            })
        }
        several => {
            let mut listed = several[..several.len().min(LISTED)].join(", ");
            if several.len() > LISTED {
                listed.push_str(&format!(" and {} more", several.len() - LISTED));
            }
            Err(Error::input(format!("`{pattern}` fits {} principals in {place}", several.len()))
                .because(plain(&listed))
                .hint(
                    "make it fit one alone, or right-size everybody with --all --granted SNAPSHOT --out DIR",
                ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_the_one_that_it_fits() {
        let names = ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b", "arn:aws:iam::1:user/a"];
        let only = |pattern: &str| only(pattern, names.into_iter(), "the logs");
        assert_eq!(only("*role/a").expect("one"), names[0]);
        assert_eq!(only("arn:aws:iam::1:user/?").expect("one"), names[2]);
        let several = only("*role/*").expect_err("two");
        assert_eq!(several.to_string(), "`*role/*` fits 2 principals in the logs");
        assert_eq!(only("role/a*").expect_err("none").to_string(), "`role/a*` fits no principal in the logs");
    }
}
