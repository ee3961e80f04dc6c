//! What the transforms of the rule language do to a value.

use super::partiql;
use super::syntax::Transform;
use std::borrow::Cow;

/// Applies one transform.
pub(super) fn apply<'a>(transform: &Transform, value: Cow<'a, str>) -> Cow<'a, str> {
    match transform {
        Transform::LastSlash => keep(value, |text| text.rsplit('/').next().unwrap_or(text)),
        Transform::LastColon => keep(value, |text| text.rsplit(':').next().unwrap_or(text)),
        Transform::FirstSlash => keep(value, |text| text.split('/').next().unwrap_or(text)),
        Transform::FirstColon => keep(value, |text| text.split(':').next().unwrap_or(text)),
        Transform::S3Path => Cow::Owned(s3_path(&value)),
        Transform::Lambda => keep(value, lambda),
        Transform::Role => keep(value, |text| text.split_once(":role/").map_or(text, |(_, name)| name)),
        Transform::Id => keep(value, |text| if looks_like_id(text) { text } else { "*" }),
        Transform::Lower => Cow::Owned(value.to_ascii_lowercase()),
        Transform::Trim => keep(value, str::trim),
        Transform::AfterDot => keep(value, |text| text.split_once('.').map_or(text, |(_, rest)| rest)),
        Transform::After(mark) => keep(value, |text| text.split_once(&**mark).map_or(text, |(_, rest)| rest)),
        Transform::Init => keep(value, |text| text.rsplit_once(':').map_or(text, |(rest, _)| rest)),
        Transform::InitSlash => keep(value, |text| text.rsplit_once('/').map_or(text, |(rest, _)| rest)),
        Transform::Between => keep(value, |text| {
            let last = text.rsplit('/').next().unwrap_or(text);
            last.split(':').next().unwrap_or(last)
        }),
        Transform::BeforePipe => keep(value, |text| text.split('|').next().unwrap_or(text)),
        Transform::Key => keep(value, key),
        Transform::LogGroup => keep(value, |text| {
            let name = text.split_once(":log-group:").map_or(text, |(_, name)| name);
            name.split(':').next().unwrap_or(name)
        }),
        Transform::Parameter => keep(value, |text| {
            let name = text.split_once(":parameter/").map_or(text, |(_, name)| name);
            // A version or label stands behind the name (`/app/db:3`); another ARN is no parameter.
            let name = if name.starts_with("arn:") { name } else { name.split(':').next().unwrap_or(name) };
            name.strip_prefix('/').unwrap_or(name)
        }),
        Transform::Only(pattern) => keep(value, |text| if pattern.matches(text) { text } else { "" }),
        Transform::Not(pattern) => keep(value, |text| if pattern.matches(text) { "" } else { text }),
        Transform::Qualified => keep(value, qualified),
        Transform::Unqualified => keep(value, unqualified),
        Transform::InitDash => keep(value, |text| text.rsplit_once('-').map_or(text, |(rest, _)| rest)),
        Transform::Partiql(verb) => Cow::Owned(partiql::subject(verb, &value)),
        Transform::Text => value,
        Transform::Account => keep(value, account),
        Transform::Catalog => keep(value, catalog),
        Transform::Append(pattern) if value.starts_with("arn:") && is_behind(pattern, &value) => value,
        Transform::Append(pattern) | Transform::Suffix(pattern) => {
            // What stands there already does not come twice.
            let value = value.strip_suffix(&**pattern).unwrap_or(&value);
            let mut appended = String::with_capacity(value.len() + pattern.len());
            escape(value, &mut appended);
            appended.push_str(pattern);
            Cow::Owned(appended)
        }
    }
}

fn keep<'a>(value: Cow<'a, str>, part: impl for<'t> Fn(&'t str) -> &'t str) -> Cow<'a, str> {
    match value {
        Cow::Borrowed(text) => Cow::Borrowed(part(text)),
        Cow::Owned(text) => Cow::Owned(part(&text).to_owned()),
    }
}

/// `x-amz-copy-source`: `/bucket/key?versionId=…`, percent-encoded, or the ARN of an access point or object.
fn s3_path(value: &str) -> String {
    let value = value.split("?versionId=").next().unwrap_or(value);
    let decoded = percent_decode(value);
    let path = decoded.strip_prefix('/').unwrap_or(&decoded);
    match path.strip_prefix("arn:").and_then(|rest| rest.split_once(":s3:::")) {
        Some((partition, path)) if !partition.contains(':') => path.to_owned(),
        _ => path.to_owned(),
    }
}

pub(super) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = |at: usize| (*after.get(at)? as char).to_digit(16);
        if first == b'%'
            && let (Some(high), Some(low)) = (hex(0), hex(1))
        {
            bytes.push((high * 16 + low) as u8);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// A function name from `name`, `name:alias`, `123456789012:function:name`, or an ARN with or without a
/// qualifier (Lambda API reference, `FunctionName`).
fn lambda(text: &str) -> &str {
    let name = qualified(text);
    name.split(':').next().unwrap_or(name)
}

/// The same with the qualifier.
fn qualified(text: &str) -> &str {
    let behind = text.split_once(":function:").map(|(_, name)| name);
    behind.or_else(|| text.strip_prefix("function:")).unwrap_or(text)
}

/// An ARN without what stands behind its seventh field, the name.
fn unqualified(text: &str) -> &str {
    text.match_indices(':').nth(6).map_or(text, |(at, _)| &text[..at])
}

/// A key id (KMS API reference, `KeyId`: id, ARN, alias name, alias ARN).
fn key(text: &str) -> &str {
    match text.split_once(":key/") {
        Some((_, id)) => id,
        None if text.contains("alias/") => "",
        None => text,
    }
}

/// The account's id in an id, an ARN or a queue's URL: the first part that is one.
fn account(text: &str) -> &str {
    text.split([':', '/']).find(|part| is_account(part)).unwrap_or_default()
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `account:catalog/below` or that without the account; the account alone is its own catalog, which has no name.
fn catalog(text: &str) -> &str {
    if is_account(text) { "" } else { text.split_once(':').map_or(text, |(_, name)| name) }
}

/// Whether a value ends in what an appended pattern stands for, of which a `?` is a letter or a digit.
pub(super) fn is_behind(pattern: &str, value: &str) -> bool {
    let Some(start) = value.len().checked_sub(pattern.len()) else { return false };
    let mut pairs = pattern.bytes().zip(&value.as_bytes()[start..]);
    pairs.all(|(wanted, byte)| if wanted == b'?' { byte.is_ascii_alphanumeric() } else { wanted == *byte })
}

/// Writes literal text into a pattern: `*` and `?` as IAM's `${*}` and `${?}`, and a `$` that would begin a
/// policy variable as `${$}`.
pub fn escape(value: &str, into: &mut String) {
    if memchr::memchr3(b'*', b'?', b'$', value.as_bytes()).is_none() {
        return into.push_str(value);
    }
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' => into.push_str("${*}"),
            '?' => into.push_str("${?}"),
            '$' if rest.peek() == Some(&'{') => into.push_str("${$}"),
            _ => into.push(c),
        }
    }
}

/// `i-0123456789abcdef0`, `subnet-1a2b3c4d`: a lower-case type, a dash, 8 or 17 hex digits.
fn looks_like_id(text: &str) -> bool {
    let Some((kind, hex)) = text.rsplit_once('-') else { return false };
    !kind.is_empty()
        && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte.is_ascii_digit())
        && matches!(hex.len(), 8 | 17)
        && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use leastwise_policy::glob::Glob;

    fn check(transform: Transform, value: &str, expected: &str) {
        assert_eq!(apply(&transform, Cow::Borrowed(value)), expected, "{transform:?} of {value}");
        assert_eq!(apply(&transform, Cow::Owned(value.to_owned())), expected, "{transform:?} of {value}");
    }

    #[test]
    fn a_copy_source_is_bucket_and_key() {
        check(Transform::S3Path, "/b/a%20b/c", "b/a b/c");
        check(Transform::S3Path, "b/k?versionId=3", "b/k");
        check(Transform::S3Path, "arn:aws:s3:::b/k", "b/k");
        let point = "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap/object/a:s3:::b";
        check(Transform::S3Path, point, point);
        check(Transform::S3Path, &point.replace(':', "%3A").replace('/', "%2F"), point);
    }

    #[test]
    fn a_function_name_is_found_in_every_form() {
        for text in
            ["f", "f:prod", "111122223333:function:f", "arn:aws:lambda:eu-west-1:111122223333:function:f:7"]
        {
            check(Transform::Lambda, text, "f");
        }
        check(Transform::Lambda, "my-function:prod", "my-function");
        check(Transform::Qualified, "my-function:prod", "my-function:prod");
        check(Transform::Qualified, "111122223333:function:f:7", "f:7");
        check(Transform::Qualified, "function:f", "f");
    }

    #[test]
    fn an_arn_loses_its_qualifier_if_it_has_one() {
        let arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:m";
        check(Transform::Unqualified, arn, arn);
        check(Transform::Unqualified, &format!("{arn}:PROD"), arn);
    }

    #[test]
    fn a_malformed_id_becomes_a_star() {
        check(Transform::Id, "i-0123456789abcdef0", "i-0123456789abcdef0");
        check(Transform::Id, "sg-1a2b3c4d", "sg-1a2b3c4d");
        check(Transform::Id, "TrailDiscoverInstanceId", "*");
        check(Transform::Id, "i-0123456789ABCDEF0", "*");
    }

    #[test]
    fn parts_are_cut_at_the_right_end() {
        check(Transform::LastSlash, "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs", "jobs");
        check(Transform::LastColon, "a:b:c", "c");
        check(Transform::FirstSlash, "a/b/c", "a");
        check(Transform::FirstColon, "a:b", "a");
        check(Transform::Role, "arn:aws:iam::111122223333:role/svc/app", "svc/app");
        check(Transform::Lower, "MyDb", "mydb");
        check(Transform::AfterDot, "eu.anthropic.claude-v1:0", "anthropic.claude-v1:0");
        let bus = Transform::After(":event-bus/".into());
        check(
            bus.clone(),
            "arn:aws:events:eu-west-1:111122223333:event-bus/aws.partner/x/y",
            "aws.partner/x/y",
        );
        check(bus, "aws.partner/x/y", "aws.partner/x/y");
        check(
            Transform::Init,
            "arn:aws:states:eu-west-1:111122223333:stateMachine:m:7",
            "arn:aws:states:eu-west-1:111122223333:stateMachine:m",
        );
        check(Transform::InitSlash, "prod/web/0a1b2c", "prod/web");
        check(Transform::Between, "arn:aws:codebuild:eu-west-1:111122223333:report/group:1", "group");
        check(Transform::BeforePipe, "arn:x|1|AAA", "arn:x");
        check(Transform::LogGroup, "arn:aws:logs:eu-west-1:111122223333:log-group:/a/b:*", "/a/b");
        check(Transform::LogGroup, "/a/b", "/a/b");
        check(Transform::Parameter, "/prod/url", "prod/url");
        check(Transform::Parameter, "/prod/url:3", "prod/url");
        check(Transform::Trim, "\n  SELECT 1 ", "SELECT 1");
    }

    #[test]
    fn an_alias_names_no_key() {
        check(Transform::Key, "arn:aws:kms:eu-west-1:111122223333:key/1234", "1234");
        check(Transform::Key, "1234", "1234");
        check(Transform::Key, "alias/app", "");
        check(Transform::Key, "arn:aws:kms:eu-west-1:111122223333:alias/app", "");
    }

    #[test]
    fn a_filter_keeps_or_drops() {
        check(Transform::Only(Glob::new("igw-*")), "igw-1", "igw-1");
        check(Transform::Only(Glob::new("igw-*")), "vgw-1", "");
        check(Transform::Not(Glob::new("igw-*")), "igw-1", "");
        check(Transform::Not(Glob::new("igw-*")), "vgw-1", "vgw-1");
    }

    #[test]
    fn an_appended_pattern_leaves_the_value_literal() {
        check(Transform::Append("-??????".into()), "db*", "db${*}-??????");
        check(Transform::Suffix(":*".into()), "/a*", "/a${*}:*");
        check(Transform::Suffix(":*".into()), "/a*:*", "/a${*}:*");
    }

    #[test]
    fn an_arn_is_whole_when_it_ends_in_what_is_appended() {
        let append = || Transform::Append("-??????".into());
        check(append(), "arn:x:secret:prod/db-AbC123", "arn:x:secret:prod/db-AbC123");
        check(append(), "arn:x:secret:prod/db", "arn:x:secret:prod/db-??????");
        check(append(), "arn:x:secret:my-db/xyz", "arn:x:secret:my-db/xyz-??????");
        // A name has no ending of its own, whatever it looks like.
        check(append(), "prod-AbC123", "prod-AbC123-??????");
    }

    #[test]
    fn an_account_is_found_in_an_id_an_arn_and_a_url() {
        for text in [
            "444455556666",
            "444455556666:s3tablescatalog/b",
            "arn:aws:s3:eu-west-1:444455556666:accesspoint/a",
            "https://sqs.eu-west-1.amazonaws.com/444455556666/123456789012",
        ] {
            check(Transform::Account, text, "444455556666");
        }
        check(Transform::Account, "default", "");
    }
}
