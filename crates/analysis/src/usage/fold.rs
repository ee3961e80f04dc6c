//! Folds resources together when there are more than a policy could ever name.
//!
//! A principal that reads a million objects would give a million rows. When more than a set number of distinct
//! resources come together for one principal and action, they are folded to a common depth: six components
//! of the resource part are kept, then five, and so on, until few enough are left. What a set of resources folds to
//! depends on the set alone, not on the order in which it came, so partial usages can be merged in any order:
//! folding to a depth and then to a smaller one is the same as folding to the smaller one at once.

use leastwise_catalog::call;

/// How far a group is folded: 0 not at all, [`MAX_LEVEL`] to `*` behind the account.
pub(super) const MAX_LEVEL: u8 = 7;

/// The lowest level, above `level`, that folds a resource with so many [`separators`]; [`MAX_LEVEL`] folds all.
pub(super) fn next_level(level: u8, separators: usize) -> u8 {
    let lowest = MAX_LEVEL.saturating_sub(u8::try_from(separators).unwrap_or(u8::MAX));
    lowest.max(level + 1).min(MAX_LEVEL)
}

/// How many separators the resource part has.
pub(super) fn separators(resource: &str) -> usize {
    let bytes = resource.as_bytes();
    let start = memchr::memchr_iter(b':', bytes).nth(4).map_or(bytes.len(), |at| at + 1);
    memchr::memchr2_iter(b'/', b':', &bytes[start..]).count()
}

/// Folds a resource to `level`; `false` when it has no more components than are kept.
///
/// `pattern` says that the text already is one; else its wildcard characters are escaped.
pub(super) fn fold_into(resource: &str, level: u8, pattern: bool, into: &mut String) -> bool {
    into.clear();
    if level == 0 {
        return false;
    }
    let keep = usize::from(MAX_LEVEL - level.min(MAX_LEVEL));
    let bytes = resource.as_bytes();
    let start = memchr::memchr_iter(b':', bytes).nth(4).map(|at| at + 1);
    let cut = start.and_then(|start| match keep.checked_sub(1) {
        None => Some(start),
        Some(nth) => memchr::memchr2_iter(b'/', b':', &bytes[start..]).nth(nth).map(|at| start + at + 1),
    });
    let Some(cut) = cut else { return false };
    let head = &resource[..cut];
    if pattern {
        into.push_str(head);
    } else {
        call::escape(head, into);
    }
    into.push('*');
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fold(resource: &str, level: u8, pattern: bool) -> Option<String> {
        let mut folded = String::new();
        fold_into(resource, level, pattern, &mut folded).then_some(folded)
    }

    #[test]
    fn a_level_keeps_so_many_components() {
        let arn = "arn:aws:s3:::bucket/a/b/c/d/e/f/g";
        assert_eq!(fold(arn, 0, false), None);
        assert_eq!(fold(arn, 1, false).as_deref(), Some("arn:aws:s3:::bucket/a/b/c/d/e/*"));
        assert_eq!(fold(arn, 6, false).as_deref(), Some("arn:aws:s3:::bucket/*"));
        assert_eq!(fold(arn, 7, false).as_deref(), Some("arn:aws:s3:::*"));
        assert_eq!(fold("arn:aws:s3:::bucket/a", 1, false), None);
        assert_eq!(fold("*", 3, false), None);
    }

    #[test]
    fn wildcards_in_names_stay_literal() {
        assert_eq!(fold("arn:aws:s3:::b/a*b?/c", 5, false).as_deref(), Some("arn:aws:s3:::b/a${*}b${?}/*"));
    }

    proptest! {
        #[test]
        fn levels_that_are_passed_over_fold_nothing(path in "[a/:]{0,12}", level in 0u8..=6) {
            let arn = format!("arn:aws:s3:::{path}");
            let next = next_level(level, separators(&arn));
            for passed in level + 1..next {
                prop_assert_eq!(fold(&arn, passed, false), None);
            }
            prop_assert!(next == MAX_LEVEL || next == level + 1 || fold(&arn, next, false).is_some());
        }

        #[test]
        fn folding_in_two_steps_is_folding_at_once(
            path in proptest::collection::vec("[a-z*?$]{0,3}", 1..10), first in 1u8..=7, more in 0u8..=6,
        ) {
            let arn = format!("arn:aws:s3:::{}", path.join("/"));
            let second = (first + more).min(MAX_LEVEL);
            let at_once = fold(&arn, second, false);
            let in_steps = match fold(&arn, first, false) {
                Some(folded) => Some(fold(&folded, second, true).unwrap_or(folded)),
                None => fold(&arn, second, false),
            };
            prop_assert_eq!(at_once, in_steps);
        }
    }
}
