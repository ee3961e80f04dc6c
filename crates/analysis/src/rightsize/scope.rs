//! What a statement says about resources, in the policy's spelling.
//!
//! An ARN from a log is a plain text; in a policy `*`, `?` and `${` mean something, so they are escaped as
//! `${*}`, `${?}` and `${$}{`:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.

use leastwise_policy::arn::ArnPattern;
use leastwise_policy::aws::{ResourceBlock, ResourcePattern};

/// The resource part of a statement: one pattern, or the `NotResource` of a granted statement as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scope {
    Resource(String),
    NotResource(Vec<String>),
}

impl Scope {
    pub(super) fn any() -> Scope {
        Scope::Resource("*".to_owned())
    }

    pub(super) fn block(&self) -> ResourceBlock {
        match self {
            Scope::Resource(text) => ResourceBlock::Resource(vec![ResourcePattern::new(text.as_str())]),
            Scope::NotResource(texts) => ResourceBlock::NotResource(
                texts.iter().map(|text| ResourcePattern::new(text.as_str())).collect(),
            ),
        }
    }

    /// For a reader.
    pub(super) fn in_words(&self) -> String {
        match self {
            Scope::Resource(text) => text.clone(),
            Scope::NotResource(texts) => format!("everything but {}", texts.join(", ")),
        }
    }

    /// Whether a request for this resource says which region it is in: the ARN has one.
    pub(super) fn names_region(&self) -> bool {
        match self {
            Scope::Resource(text) => {
                text.split(':').nth(3).is_some_and(|region| !region.is_empty() && !region.contains('*'))
            }
            Scope::NotResource(_) => false,
        }
    }
}

/// `arn` in the spelling that matches it and nothing else.
pub(super) fn escape(arn: &str) -> String {
    // The ARN of a log group as CloudWatch Logs writes and authorises it ends in `:*`.
    let (body, tail) = match arn.strip_suffix(":*") {
        Some(body) if arn.contains(":log-group:") => (body, ":*"),
        _ => (arn, ""),
    };
    let mut escaped = String::with_capacity(arn.len());
    let mut rest = body.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '*' => escaped.push_str("${*}"),
            '?' => escaped.push_str("${?}"),
            '$' if rest.peek() == Some(&'{') => escaped.push_str("${$}"),
            other => escaped.push(other),
        }
    }
    escaped + tail
}

/// The pattern that `text` is, when it has no policy variables.
pub(super) fn pattern(text: &str) -> Option<ArnPattern> {
    ResourcePattern::new(text).as_arn_pattern().cloned()
}

/// Whether `text` has wildcards: only then can it cover another.
pub(super) fn has_wildcards(text: &str) -> bool {
    text.replace("${*}", "").replace("${?}", "").contains(['*', '?'])
}

/// Whether everything that `inner` matches, `outer` matches too. Texts with variables cover only themselves.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    if outer == inner {
        return true;
    }
    match (pattern(outer), pattern(inner)) {
        (Some(outer), Some(inner)) => outer.subsumes(&inner),
        _ => outer == "*",
    }
}

/// A pattern that both cover and that loses nothing, when each part of one lies within the same part of the other.
pub(super) fn meet(a: &str, b: &str) -> Option<String> {
    if covers(a, b) {
        return Some(b.to_owned());
    }
    if covers(b, a) {
        return Some(a.to_owned());
    }
    let a: Vec<&str> = a.splitn(6, ':').collect();
    let b: Vec<&str> = b.splitn(6, ':').collect();
    if a.len() != 6 || b.len() != 6 {
        return None;
    }
    let parts: Option<Vec<&str>> = a.iter().zip(&b).map(|(a, b)| narrower(a, b)).collect();
    Some(parts?.join(":"))
}

fn narrower<'a>(a: &'a str, b: &'a str) -> Option<&'a str> {
    // As the resource part of an ARN, a part may hold anything, so the patterns compare as ARNs do.
    let as_arn = |part: &str| format!("arn:aws:x:::{part}");
    if a == b || covers(&as_arn(a), &as_arn(b)) {
        Some(b)
    } else if covers(&as_arn(b), &as_arn(a)) {
        Some(a)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_wildcards_in_its_name_is_escaped() {
        assert_eq!(escape("arn:aws:s3:::b/a*b?c${d}"), "arn:aws:s3:::b/a${*}b${?}c${$}{d}");
        assert!(!covers("arn:aws:s3:::b/a${*}b", "arn:aws:s3:::b/axb"));
    }

    #[test]
    fn the_star_that_ends_a_log_groups_arn_stays() {
        let arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f:*";
        assert_eq!(escape(arn), arn);
    }

    #[test]
    fn two_patterns_meet_part_by_part() {
        let log = "arn:aws:ec2:us-east-1:111122223333:instance/*";
        let granted = "arn:aws:ec2:*:111122223333:instance/i-0*";
        assert_eq!(meet(log, granted).unwrap(), "arn:aws:ec2:us-east-1:111122223333:instance/i-0*");
        assert_eq!(meet("arn:aws:s3:::a*", "arn:aws:s3:::*b"), None);
        assert_eq!(meet("arn:aws:s3:::a/*", "*").unwrap(), "arn:aws:s3:::a/*");
    }
}
