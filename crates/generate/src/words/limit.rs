//! Conditions in plain words: `only in eu-west-1`, `with MFA`, `from 203.0.113.0/24`, `until 2026-12-31`, `tagged env=dev`.
//!
//! All of them narrow, and hold for the whole role.

use std::collections::BTreeMap;

use leastwise_policy::time::Timestamp;

use super::closed::matches;
use super::token::{Token, TokenKind};
use crate::intent::Limit;
use crate::intent::limits::{is_network, is_region, moment};

/// The condition that stands at `at`, with how many tokens it takes.
pub(super) fn at(tokens: &[Token], at: usize) -> Option<(usize, Limit)> {
    let mut start = at;
    for word in ["and only", "but only", "only", "exclusively", "and"] {
        if matches(tokens, at, word) {
            start += word.split(' ').count();
            break;
        }
    }
    let found = conditional(tokens, start)
        .or_else(|| conditional(tokens, at))
        .or_else(|| region(tokens, start))
        .or_else(|| mfa(tokens, start))
        .or_else(|| network(tokens, start))
        .or_else(|| time(tokens, start))
        .or_else(|| tags(tokens, start));
    found.map(|(end, limit)| (trailing(tokens, end) - at, limit))
}

/// What may follow a condition and says no more than that it is one.
fn trailing(tokens: &[Token], end: usize) -> usize {
    for phrase in
        ["and only these", "and only those", "and only there", "and only then", "and nowhere else", "only"]
    {
        let comma = tokens.get(end).is_some_and(|token| token.kind == TokenKind::Comma);
        let start = end + usize::from(comma);
        if matches(tokens, start, phrase) {
            return start + phrase.split(' ').count();
        }
    }
    end
}

fn skip(tokens: &[Token], at: usize, phrases: &[&str]) -> usize {
    let longest =
        phrases.iter().filter(|phrase| matches(tokens, at, phrase)).map(|phrase| phrase.split(' ').count());
    at + longest.max().unwrap_or(0)
}

fn text(tokens: &[Token], at: usize) -> Option<&str> {
    tokens
        .get(at)
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted))
        .map(|token| &*token.text)
}

/// One value or several, joined by commas and `and`.
fn list(tokens: &[Token], at: usize, good: impl Fn(&str) -> bool) -> Option<(usize, Vec<String>)> {
    let mut values = vec![text(tokens, at).filter(|text| good(text))?.to_owned()];
    let mut end = at + 1;
    loop {
        let mut next = end;
        next += usize::from(tokens.get(next).is_some_and(|token| token.kind == TokenKind::Comma));
        next = skip(
            tokens,
            next,
            &["and", "or", "and in", "or in", "and from", "or from", "and the region", "or the region"],
        );
        match text(tokens, next).filter(|text| good(text)) {
            Some(value) if next > end => values.push(value.to_owned()),
            _ => return Some((end, values)),
        }
        end = next + 1;
    }
}

fn region(tokens: &[Token], at: usize) -> Option<(usize, Limit)> {
    let start = skip(tokens, at, &["in", "within", "inside", "in the", "within the", "inside the"]);
    let named = skip(
        tokens,
        start,
        &["region", "the region", "regions", "the regions", "aws region", "the aws region"],
    );
    let (end, values) = list(tokens, named, is_region).filter(|_| named > at)?;
    let end = skip(tokens, end, &["region", "regions"]);
    Some((end, Limit::Region(values)))
}

/// Words that begin a condition.
const IF: [&str; 12] = [
    "if",
    "when",
    "only if",
    "only when",
    "provided",
    "provided that",
    "as long as",
    "on condition that",
    "where",
    "and if",
    "and provided",
    "only where",
];

/// `if MFA is present`, `provided the request comes from …`, `where the tag env is dev`.
fn conditional(tokens: &[Token], at: usize) -> Option<(usize, Limit)> {
    let start = skip(tokens, at, &IF);
    if start == at {
        return None;
    }
    let factor = skip(tokens, start, &["mfa", "multi-factor authentication", "multifactor authentication"]);
    let present = skip(
        tokens,
        factor,
        &[
            "is present",
            "is used",
            "was used",
            "is on",
            "is active",
            "is given",
            "has been used",
            "is in use",
            "is there",
        ],
    );
    if factor > start && present > factor {
        return Some((present, Limit::Mfa(true)));
    }
    let subject = skip(
        tokens,
        start,
        &[
            "the source ip",
            "the source address",
            "the ip address",
            "the source ip address",
            "the request",
            "the call",
            "requests",
            "calls",
            "the caller",
            "the address",
            "it",
            "they",
            "the caller's address",
            "the requests",
            "the calls",
        ],
    );
    let verb =
        skip(tokens, subject, &["is", "are", "comes", "come", "is made", "are made", "goes", "go", "lies"]);
    if subject > start && verb > subject {
        return network(tokens, verb);
    }
    let tag = skip(tokens, start, &["the tag", "tag", "their tag", "its tag"]);
    let is = skip(tokens, tag + 1, &["is", "equals", "has the value", "is set to", "="]);
    let (key, value) = (text(tokens, tag)?, text(tokens, is)?);
    (tag > start && is > tag + 1)
        .then(|| (is + 1, Limit::Tags(BTreeMap::from([(key.to_owned(), vec![value.to_owned()])]))))
}

fn mfa(tokens: &[Token], at: usize) -> Option<(usize, Limit)> {
    let start = skip(
        tokens,
        at,
        &[
            "with",
            "if there is",
            "after",
            "when signed in with",
            "when there is",
            "using",
            "in sessions with",
            "for sessions with",
        ],
    );
    let end = skip(
        tokens,
        start,
        &[
            "mfa",
            "multi-factor authentication",
            "multifactor authentication",
            "multi factor authentication",
            "a second factor",
            "two-factor authentication",
            "mfa authentication",
            "multi-factor auth",
        ],
    );
    (start > at && end > start).then_some((end, Limit::Mfa(true)))
}

fn network(tokens: &[Token], at: usize) -> Option<(usize, Limit)> {
    let start = skip(
        tokens,
        at,
        &[
            "from",
            "through",
            "via",
            "within",
            "from within",
            "from inside",
            "in",
            "inside",
            "by",
            "over",
            "by way of",
            "by means of",
        ],
    );
    let named = skip(
        tokens,
        start,
        &[
            "the network",
            "network",
            "the vpc",
            "vpc",
            "vpcs",
            "the vpcs",
            "vpc endpoint",
            "the vpc endpoint",
            "endpoint",
            "addresses in",
            "the addresses",
            "the address range",
            "address range",
            "ip",
            "ips",
            "ip range",
            "the ip range",
            "the networks",
            "networks",
            "the address",
            "the endpoint",
            "addresses of",
            "the addresses in",
            "cidr",
            "the cidr",
            "ip addresses in",
            "the office network",
            "our office network",
            "our network",
        ],
    );
    if start == at {
        return None;
    }
    let vpc = |text: &str| text.starts_with("vpc-");
    let endpoint = |text: &str| text.starts_with("vpce-");
    if let Some((end, values)) = list(tokens, named, endpoint) {
        return Some((end, Limit::VpcEndpoint(values)));
    }
    if let Some((end, values)) = list(tokens, named, vpc) {
        return Some((end, Limit::Vpc(values)));
    }
    list(tokens, named, is_network).map(|(end, values)| (end, Limit::Network(values)))
}

fn time(tokens: &[Token], at: usize) -> Option<(usize, Limit)> {
    let when = |at: usize| text(tokens, at).filter(|text| looks_like_time(text)).and_then(moment);
    let until = |at: usize| {
        skip(tokens, at, &["until", "till", "to", "up to", "and", "and until", "and before", "before", "–"])
    };
    let window = |after: Option<Timestamp>, before: Option<Timestamp>| Limit::Time { after, before };
    let start =
        skip(tokens, at, &["between", "from", "after", "since", "starting", "starting from", "not before"]);
    if start > at {
        let after = when(start)?;
        let next = until(start + 1);
        return match when(next).filter(|before| next > start + 1 && *before > after) {
            Some(before) => Some((next + 1, window(Some(after), Some(before)))),
            None if matches(tokens, at, "between") => None,
            None => Some((start + 1, window(Some(after), None))),
        };
    }
    let end = skip(tokens, at, &["until", "till", "before", "up to", "not after"]);
    let before = when(end).filter(|_| end > at)?;
    Some((end + 1, window(None, Some(before))))
}

/// A number alone is not taken for a year.
fn looks_like_time(text: &str) -> bool {
    text.len() >= 10 && text.as_bytes()[4] == b'-'
}

fn tags(tokens: &[Token], at: usize) -> Option<(usize, Limit)> {
    let start = skip(
        tokens,
        at,
        &[
            "those",
            "these",
            "the ones",
            "if",
            "if they are",
            "that are",
            "which are",
            "those that are",
            "those which are",
            "when",
        ],
    );
    let named = skip(
        tokens,
        start,
        &[
            "tagged",
            "with the tag",
            "with the tags",
            "with tag",
            "that have the tag",
            "which have the tag",
            "having the tag",
            "tagged with",
            "carrying the tag",
            "that carry the tag",
            "whose tag",
            "that are tagged",
            "which are tagged",
            "with a tag",
            "bearing the tag",
        ],
    );
    if named == start {
        return None;
    }
    let pair = |text: &str| {
        text.split_once('=')
            .is_some_and(|(key, value)| !key.is_empty() && !value.is_empty() && !value.contains('='))
    };
    let (end, values) = list(tokens, named, pair)?;
    let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for value in &values {
        let (key, value) = value.split_once('=').unwrap_or((value, ""));
        tags.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    Some((end, Limit::Tags(tags)))
}
