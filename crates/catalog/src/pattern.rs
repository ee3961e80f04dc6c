//! Names without regard to case: their order, and patterns with `*` for any text and `?` for one character.

use std::cmp::Ordering;

/// Whether the lower-case `pattern` covers `name`.
pub(crate) fn covers(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, n));
            }
            Some(&byte) if byte == b'?' || byte == name[n].to_ascii_lowercase() => {
                p += 1;
                n += 1;
            }
            _ => match &mut retry {
                Some((after, from)) => {
                    *from += 1;
                    (p, n) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// The order of names in the facts: without regard to case, so that a look-up in any case is a binary search.
pub(crate) fn by_name(a: &str, b: &str) -> Ordering {
    let lower = |text: &str| text.to_ascii_lowercase();
    lower(a).cmp(&lower(b)).then_with(|| a.cmp(b))
}
