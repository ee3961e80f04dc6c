//! Amazon Resource Names, and the patterns that stand for them in the `Resource` element and the ARN operators.
//!
//! An ARN is `arn:partition:service:region:account:resource`; the resource part keeps its own `:` and `/`. See
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>. Matching follows
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>: it is
//! case-sensitive, each of the six parts is compared for itself, and within the resource part `*` and `?` do not
//! stop at `/` or `:`.
//!
//! That page adds that a `*` at the end of a segment *can* run on beyond the colon. Whoever asks what surely
//! matches ([`ArnPattern::covers`]) does not get the benefit of it; whoever asks what may match
//! ([`ArnPattern::touches`]) does.

use crate::glob::{self, Glob, Token};
use std::borrow::Cow;
use std::fmt;

/// An Amazon Resource Name in its six parts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    text: String,
    /// Where the five colons are that end a part.
    colons: [usize; 5],
}

impl Arn {
    /// Reads an ARN: `arn:` and five more parts, of which partition, service and resource are not empty.
    pub fn parse(text: &str) -> Option<Arn> {
        let colons = split(text)?;
        let arn = Arn { text: text.to_owned(), colons };
        let whole = !arn.partition().is_empty() && !arn.service().is_empty() && !arn.resource().is_empty();
        whole.then_some(arn)
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub fn partition(&self) -> &str {
        self.part(0)
    }

    /// The service's name space: `s3`.
    pub fn service(&self) -> &str {
        self.part(1)
    }

    /// The region, empty for global resources.
    pub fn region(&self) -> &str {
        self.part(2)
    }

    /// The account, empty where the name is unique without it.
    pub fn account(&self) -> &str {
        self.part(3)
    }

    /// Everything behind the fifth colon.
    pub fn resource(&self) -> &str {
        &self.text[self.colons[4] + 1..]
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn part(&self, index: usize) -> &str {
        &self.text[self.colons[index] + 1..self.colons[index + 1]]
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Arn({})", self.text)
    }
}

/// The places of the five colons, when `text` is shaped like an ARN.
fn split(text: &str) -> Option<[usize; 5]> {
    if !text.starts_with("arn:") {
        return None;
    }
    let mut colons = text.bytes().enumerate().filter(|(_, byte)| *byte == b':').map(|(at, _)| at);
    Some([colons.next()?, colons.next()?, colons.next()?, colons.next()?, colons.next()?])
}

/// Partition, service, region, account and resource, when `text` is shaped like an ARN.
pub(crate) fn parts(text: &str) -> Option<[&str; 5]> {
    let [first, second, third, fourth, fifth] = split(text)?;
    Some([
        &text[first + 1..second],
        &text[second + 1..third],
        &text[third + 1..fourth],
        &text[fourth + 1..fifth],
        &text[fifth + 1..],
    ])
}

/// A pattern for ARNs, split once: `*`, or six parts with wildcards in them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArnPattern {
    /// Partition, service, region, account, resource; none when the pattern is not shaped like an ARN.
    parts: Option<Box<[Glob; 5]>>,
    /// The same pattern without regard to colons.
    whole: Glob,
}

/// What a pattern is held against: one ARN or all that another pattern stands for, split once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArnTarget<'a> {
    /// One resource, as it is called in the request: an ARN, or `*` for an action that has no resource.
    Exact(&'a str, Option<[usize; 5]>),
    /// Every resource the pattern stands for.
    Pattern(ArnPattern),
}

impl<'a> ArnTarget<'a> {
    /// One resource; a `*` in its name is a character like any other.
    pub fn exact(text: &'a str) -> ArnTarget<'a> {
        ArnTarget::Exact(text, split(text))
    }

    /// Every resource that `pattern` stands for.
    pub fn pattern(pattern: &str) -> ArnTarget<'static> {
        ArnTarget::Pattern(ArnPattern::new(pattern))
    }

    /// The partition, when there is one and no wildcard stands for it.
    pub(crate) fn partition(&self) -> Option<&str> {
        match self {
            ArnTarget::Exact(text, colons) => colons.map(|colons| &text[colons[0] + 1..colons[1]]),
            ArnTarget::Pattern(pattern) => pattern.parts.as_ref()?[0].as_literal(),
        }
    }
}

impl ArnPattern {
    /// Splits `pattern`. Parts that are missing from an incomplete ARN count as `*`, as
    /// [IAM completes them](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
    pub fn new(pattern: &str) -> ArnPattern {
        if !pattern.starts_with("arn:") {
            return ArnPattern { parts: None, whole: Glob::new(pattern) };
        }
        let mut whole = Cow::Borrowed(pattern);
        for _ in pattern.bytes().filter(|byte| *byte == b':').count()..5 {
            whole.to_mut().push_str(":*");
        }
        let mut parts = whole.splitn(6, ':').skip(1);
        let mut next = || Glob::new(parts.next().unwrap_or_default());
        let parts = Some(Box::new([next(), next(), next(), next(), next()]));
        ArnPattern { parts, whole: Glob::new(&whole) }
    }

    /// The pattern that these steps make: the way for one in which some `*` are literal characters.
    pub fn from_tokens(tokens: impl IntoIterator<Item = Token>) -> ArnPattern {
        let mut tokens: Vec<Token> = tokens.into_iter().collect();
        if !is_arn(&tokens) {
            return ArnPattern { parts: None, whole: Glob::from_tokens(tokens) };
        }
        let colon = Token::Literal(':');
        for _ in tokens.iter().filter(|token| **token == colon).count()..5 {
            tokens.extend([colon, Token::Any]);
        }
        let mut parts = tokens.splitn(6, |token| *token == colon).skip(1);
        let mut next = || Glob::from_tokens(parts.next().unwrap_or_default().iter().copied());
        let parts = Some(Box::new([next(), next(), next(), next(), next()]));
        ArnPattern { parts, whole: Glob::from_tokens(tokens) }
    }

    /// Whether this pattern matches `arn`, part by part.
    pub fn matches(&self, arn: &str) -> bool {
        self.covers(&ArnTarget::exact(arn))
    }

    /// What every text that it matches begins with.
    pub(crate) fn prefix(&self) -> &str {
        self.whole.prefix()
    }

    /// Whether this is `*`, which matches also what is not an ARN.
    pub fn is_any(&self) -> bool {
        self.whole.is_any()
    }

    /// Whether this pattern surely matches all of `target`.
    pub fn covers(&self, target: &ArnTarget<'_>) -> bool {
        if self.is_any() {
            return true;
        }
        match target {
            ArnTarget::Exact(text, None) => self.parts.is_none() && self.whole.matches(text),
            ArnTarget::Exact(text, Some(colons)) => match &self.parts {
                Some(parts) => matches_parts(parts, text, colons),
                None => self.whole.matches(text),
            },
            ArnTarget::Pattern(inner) => self.subsumes(inner),
        }
    }

    /// Whether this pattern may match some of `target`; in doubt it may.
    pub fn touches(&self, target: &ArnTarget<'_>) -> bool {
        match target {
            // Part by part is the narrower of the two.
            ArnTarget::Exact(text, _) => self.whole.matches(text) || self.covers(target),
            ArnTarget::Pattern(other) => self.overlaps(other),
        }
    }

    /// Whether everything that `inner` matches is matched by this pattern too.
    pub fn subsumes(&self, inner: &ArnPattern) -> bool {
        match (&self.parts, &inner.parts) {
            (Some(outer), Some(inner)) => {
                outer.iter().zip(inner.iter()).all(|(outer, inner)| outer.subsumes(inner))
            }
            (None, _) => self.whole.subsumes(&inner.whole),
            (Some(_), None) => false,
        }
    }

    /// Whether some ARN is matched by both.
    pub fn overlaps(&self, other: &ArnPattern) -> bool {
        match (&self.parts, &other.parts) {
            (Some(a), Some(b)) => a.iter().zip(b.iter()).all(|(a, b)| a.overlaps(b)),
            _ => self.whole.overlaps(&other.whole),
        }
    }
}

/// [`ArnPattern::covers`] of the pattern that these steps make, for a pattern that is used once.
pub(crate) fn tokens_cover(tokens: &[Token], target: &ArnTarget<'_>) -> bool {
    let ArnTarget::Exact(text, colons) = target else {
        return ArnPattern::from_tokens(tokens.iter().copied()).covers(target);
    };
    let is_any = !tokens.is_empty() && tokens.iter().all(|token| *token == Token::Any);
    match (colons, is_arn(tokens)) {
        _ if is_any => true,
        (_, false) => glob::matches_tokens(tokens, text, false),
        (None, true) => false,
        (Some(colons), true) => {
            let mut parts = tokens.splitn(6, |token| *token == Token::Literal(':')).skip(1);
            let ends = colons[1..].iter().copied().chain([text.len()]);
            colons.iter().zip(ends).all(|(from, to)| {
                // What is missing from an incomplete ARN counts as `*`.
                parts.next().is_none_or(|part| glob::matches_tokens(part, &text[from + 1..to], false))
            })
        }
    }
}

/// [`ArnPattern::touches`] of the pattern that these steps make, for a pattern that is used once.
pub(crate) fn tokens_touch(tokens: &[Token], target: &ArnTarget<'_>) -> bool {
    let whole = tokens.iter().filter(|token| **token == Token::Literal(':')).count() >= 5;
    match target {
        ArnTarget::Exact(text, _) if whole || !is_arn(tokens) => {
            tokens_cover(tokens, target) || glob::matches_tokens(tokens, text, false)
        }
        _ => ArnPattern::from_tokens(tokens.iter().copied()).touches(target),
    }
}

/// Whether a pattern is shaped like an ARN.
fn is_arn(tokens: &[Token]) -> bool {
    const ARN: [Token; 4] =
        [Token::Literal('a'), Token::Literal('r'), Token::Literal('n'), Token::Literal(':')];
    tokens.starts_with(&ARN)
}

fn matches_parts(parts: &[Glob; 5], text: &str, colons: &[usize; 5]) -> bool {
    // The resource first: it is what differs most often.
    parts[4].matches(&text[colons[4] + 1..])
        && parts[..4]
            .iter()
            .zip(colons.windows(2))
            .all(|(part, colons)| part.matches(&text[colons[0] + 1..colons[1]]))
}
