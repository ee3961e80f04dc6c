//! Regions, in ARNs and in conditions: what has not the form of one is an error, what has it and is not known may be newer
//! than the catalogue.
//!
//! <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>

use leastwise_catalog::{is_region, regions};
use leastwise_policy::glob;

use super::notes::Notes;
use crate::check::row::{allows, warning};
use crate::check::{Check, Example, Facts};
use crate::source::Node;

pub(super) static CHECKS: &[Check] = &[warning(
    "UNKNOWN_REGION",
    "A region that the catalogue does not know",
    "The text has the form of a region, and the catalogue knows none of that name. If it is newer than the catalogue, all \
     is well; if it is a slip, the statement covers nothing. What has not even the form is `INVALID_ARN_REGION` or \
     `INVALID_REGION`.",
)
.see(&["https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html"])
.bad(Example::identity(allows!(
    r#""Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-wset-1:111122223333:jobs""#
)))
.good(Example::identity(allows!(
    r#""Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs""#
)))
.noted()];

/// Notes what is wrong with a region or a pattern of regions: under `malformed` when there can be none such.
pub(super) fn note<'a>(
    node: &'a Node,
    text: &str,
    malformed: &'static str,
    facts: &Facts<'_>,
    notes: &mut Notes<'a>,
) {
    if is_known(text) {
        return;
    }
    let near = regions().iter().find(|region| super::arns::alike(region, text));
    let near = near.or_else(|| regions().iter().find(|region| is_swapped(region, text)));
    let added = match is_well_formed(text) {
        false => notes.at(malformed, node, format!("there is no region `{text}`")),
        true => {
            let date = &facts.catalog.version().date;
            notes.at("UNKNOWN_REGION", node, format!("the catalogue of {date} knows no region `{text}`"))
        }
    };
    if let Some(near) = near {
        added.fix(format!("did you mean `{near}`?"));
    }
}

/// Whether there is a region of this name, or one that the pattern covers.
pub(super) fn is_known(text: &str) -> bool {
    match text.contains(['*', '?']) {
        true => regions().iter().any(|region| glob::matches(text, region)),
        false => is_region(text),
    }
}

/// Whether a region could be called so: `eu-west-1`, `us-gov-east-1`, or a pattern of such names.
fn is_well_formed(text: &str) -> bool {
    let wild = |byte: u8| matches!(byte, b'*' | b'?');
    let words: Vec<&str> = text.split('-').collect();
    let letters =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || wild(byte));
    let number = |word: &&str| {
        (1..=2).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit() || wild(byte))
    };
    let has_wildcard = text.bytes().any(wild);
    match &words[..] {
        [words @ .., last] if number(last) => {
            words.iter().all(letters) && (has_wildcard || (2..=4).contains(&words.len()))
        }
        words => has_wildcard && words.iter().all(letters),
    }
}

/// Whether two letters beside each other changed places.
fn is_swapped(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let Some(at) = a.iter().zip(b).position(|(x, y)| x != y) else { return false };
    a.len() == b.len()
        && a.get(at + 1) == b.get(at)
        && a.get(at) == b.get(at + 1)
        && a.get(at + 2..) == b.get(at + 2..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_is_not_known_yet_has_the_form_of_one() {
        for text in ["eu-west-9", "us-gov-north-1", "xx-central-12", "eusc-fr-west-1", "nz-*", "eu-?ast-1"] {
            assert!(is_well_formed(text) && !is_known(text), "{text}");
        }
        for text in
            ["europe-west1", "eu-west", "EU-WEST-1", "eu_west_1", "1", "", "eu-west-1a", "eu--1", "Xx-*"]
        {
            assert!(!is_well_formed(text) && !is_known(text), "{text}");
        }
        assert!(is_known("eu-*") && is_known("*") && is_swapped("eu-west-1", "eu-wset-1"));
    }
}
