//! By what a finding is recognised when lines have moved.
//!
//! It hangs on the check, the file, what the finding is about, the way to it without the numbers of list entries, and
//! the message; not on line and column, nor on whether one stands alone or in a list. Of several that agree in all that, the first is one, the second another.

use std::collections::HashMap;

use leastwise_analysis::check::Finding;
use sha2::{Digest, Sha256};

/// Checks whose message names a request that shows it: another request may show the same. Whether more is open than was
/// is told by what the finding rests on.
const WITNESSED: [&str; 2] = ["PUBLIC_ACCESS", "TRUST_ANYONE"];

/// The fingerprint of each finding, 32 hexadecimal digits. Findings are given in order.
pub fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<String, u32> = HashMap::with_capacity(findings.len());
    let mut key = String::new();
    findings
        .iter()
        .map(|finding| {
            key.clear();
            for part in [finding.code, &*finding.file, &finding.subject] {
                key.extend([part, "\0"]);
            }
            push_without_numbers(&mut key, &finding.pointer);
            key.push('\0');
            push_told(&mut key, finding);
            key.push('\0');
            let length = key.len();
            key.push('1');
            let first = hex(&Sha256::digest(&key));
            let number = seen.entry(first.clone()).or_default();
            *number += 1;
            if *number == 1 {
                return first;
            }
            key.truncate(length);
            key.push_str(&number.to_string());
            hex(&Sha256::digest(&key))
        })
        .collect()
}

/// The steps of a pointer that are no numbers.
fn push_without_numbers(out: &mut String, pointer: &str) {
    let is_number = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    let steps = pointer.split('/').filter(|step| !is_number(step));
    for (index, step) in steps.enumerate() {
        out.extend([if index == 0 { "" } else { "/" }, step]);
    }
}

/// What of the message stays the same: without a request that shows it, and without a list that goes on (`…: a, b and 8
/// more`), since what is in that grows with the catalogue.
fn push_told(out: &mut String, finding: &Finding) {
    let message = &*finding.message;
    if WITNESSED.contains(&finding.code) {
        let told = message.split('`').next().unwrap_or_default();
        return out.push_str(told.trim_end_matches([':', ' ']));
    }
    match list(message) {
        Some((before, _, after)) => out.extend([before, after]),
        None => out.push_str(message),
    }
}

/// How many are in the list of such a message.
pub fn listed(message: &str) -> Option<usize> {
    let (_, list, _) = list(message)?;
    let (named, more) = list.rsplit_once(" and ")?;
    let more: String = more.chars().filter(char::is_ascii_digit).collect();
    Some(named.split("`, `").count() + more.parse::<usize>().ok()?)
}

/// What stands before a list that goes on, the list up to its count, and what stands behind it.
fn list(message: &str) -> Option<(&str, &str, &str)> {
    // Most have none, and looking for one from the end takes several times as long.
    let end = message.contains(" more").then(|| message.rfind(" more"))??;
    let (before, after) = message.split_at(end);
    let count = before.rsplit(' ').next().unwrap_or_default();
    let is_count = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    let begin = before.find(": `").filter(|_| is_count)?;
    Some((&before[..begin], &before[begin..], after))
}

fn hex(digest: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = digest.iter().take(16).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::tests::finding;

    #[test]
    fn lines_and_list_entries_may_move() {
        let mut moved = finding();
        moved.at.line += 20;
        moved.pointer = "/Statement/7/Action".to_owned();
        assert_eq!(fingerprints(&[finding()]), fingerprints(&[moved]));
    }

    #[test]
    fn a_list_that_goes_on_may_grow_with_the_catalogue() {
        let of = |message: &str| {
            let mut found = finding();
            found.message = message.to_owned();
            fingerprints(&[found]).remove(0)
        };
        let first = of("can destroy: `a:DeleteA`, `b:DeleteB` and 8 more");
        assert_eq!(first, of("can destroy: `a:DeleteA`, `a:DeleteNew` and 1,009 more"));
        assert_ne!(first, of("can change: `a:DeleteA`, `b:DeleteB` and 8 more"));
        assert_ne!(of("can destroy: `a:DeleteA`"), of("can destroy: `b:DeleteB`"));
        assert_ne!(of("wants: `a` or more"), of("wants: `b` or more"));
    }

    #[test]
    fn another_request_that_shows_the_same_is_the_same() {
        let of = |code: &'static str, message: &str| {
            let found = Finding { code, message: message.to_owned(), ..finding() };
            fingerprints(&[found]).remove(0)
        };
        let one = of("PUBLIC_ACCESS", "lets everybody do `s3:GetObject`");
        assert_eq!(one, of("PUBLIC_ACCESS", "lets everybody do: `s3:PutBucketPolicy` and 12 more"));
        assert_ne!(
            one,
            of("PUBLIC_ACCESS", "perhaps lets everybody in; that was not decided: too much work")
        );
        assert_ne!(of("OTHER", "lets in `a`"), of("OTHER", "lets in `b`"));
    }

    #[test]
    fn what_a_list_names_is_counted() {
        assert_eq!(listed("can destroy: `a:DeleteA`, `b:DeleteB` and 1,008 more"), Some(1010));
        assert_eq!(listed("can destroy: `a:DeleteA`"), None);
        assert_eq!(listed("lets in `x` and 3 more"), None);
    }

    #[test]
    fn the_second_of_the_same_is_another_and_so_is_everything_else() {
        let twice = fingerprints(&[finding(), finding()]);
        assert_ne!(twice[0], twice[1]);
        assert_eq!(twice[0].len(), 32);
        let change: [fn(&mut Finding); 4] = [
            |finding| finding.file = "b.json".into(),
            |finding| finding.subject.push('x'),
            |finding| finding.message.push('x'),
            |finding| finding.pointer = "/Statement/0/Resource/0".to_owned(),
        ];
        for change in change {
            let mut other = finding();
            change(&mut other);
            assert_ne!(fingerprints(&[other])[0], twice[0]);
        }
    }
}
