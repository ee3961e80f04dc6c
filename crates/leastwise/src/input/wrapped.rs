//! A policy document as the AWS CLI hands it out: within the answer of the call that fetches it; and what a file is that
//! holds a policy in another language than JSON.

use std::borrow::Cow;

use leastwise_policy::json;
use serde_json::Value;

/// Where an answer has its one document.
struct Wrap {
    pointer: &'static str,
    trust: bool,
}

/// `get-role-policy` and its like, `get-policy-version`, `get-role`, `describe-policy` of Organizations, and what prints the
/// policy of a resource (`get-bucket-policy`, `get-key-policy`, `get-resource-policy`).
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>,
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html>,
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>
const WRAPS: [Wrap; 6] = [
    Wrap { pointer: "/PolicyDocument", trust: false },
    Wrap { pointer: "/PolicyVersion/Document", trust: false },
    Wrap { pointer: "/Role/AssumeRolePolicyDocument", trust: true },
    Wrap { pointer: "/Policy/Content", trust: false },
    Wrap { pointer: "/Policy", trust: false },
    Wrap { pointer: "/ResourcePolicy", trust: false },
];

/// A document, and where it stood.
#[derive(Debug, PartialEq, Eq)]
pub struct Unwrapped<'t> {
    /// The document itself; the text as it was when it is wrapped in nothing that is known.
    pub text: Cow<'t, str>,
    /// Where it stood, as a JSON pointer; empty when it was the text.
    pub pointer: &'static str,
    /// Whether it stood there as a text.
    pub encoded: bool,
    /// Whether it says who may assume a role.
    pub trust: bool,
}

/// Takes the answer of the AWS CLI off a document.
pub fn unwrap(text: &str) -> Unwrapped<'_> {
    found(text).unwrap_or(Unwrapped { text: Cow::Borrowed(text), pointer: "", encoded: false, trust: false })
}

fn found(text: &str) -> Option<Unwrapped<'_>> {
    let bare = text.trim_start_matches('\u{feff}');
    // What is said twice in it could be meant either way.
    if !bare.trim_start().starts_with('{') || json::parse(bare).is_err() {
        return None;
    }
    let answer: Value = serde_json::from_str(bare).ok()?;
    if answer.get("Statement").is_some() {
        return None;
    }
    WRAPS.iter().find_map(|wrap| {
        let held = answer.pointer(wrap.pointer)?;
        let (text, encoded) = match held {
            Value::String(text) => (decoded(text)?, true),
            Value::Object(object) if object.contains_key("Statement") => (held.to_string(), false),
            _ => return None,
        };
        Some(Unwrapped { text: Cow::Owned(text), pointer: wrap.pointer, encoded, trust: wrap.trust })
    })
}

/// A document that stands as a text: JSON, or that URL-encoded, as IAM's API gives it.
fn decoded(text: &str) -> Option<String> {
    match text.trim_start().starts_with('{') {
        true => Some(text.to_owned()),
        false => leastwise_analysis::granted::percent_decoded(text)
            .filter(|text| text.trim_start().starts_with('{')),
    }
}

/// What to do with a file that holds a policy and is no JSON.
pub fn way_out(text: &str) -> Option<&'static str> {
    let begins = |word: &str| text.lines().any(|line| line.trim_start_matches(['-', ' ']).starts_with(word));
    if text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        return None;
    }
    if begins("resource \"") || begins("data \"") || begins("module \"") {
        return Some(
            "this is Terraform: `leastwise check` reads it, and `leastwise check NEW --new-access-against OLD` compares; \
             documents alone are JSON",
        );
    }
    if begins("Resources:") {
        return Some(
            "this is a template in YAML: `leastwise check` reads it, and `leastwise check NEW --new-access-against OLD` \
             compares; documents alone are JSON",
        );
    }
    (begins("Statement:") || begins("PolicyDocument:") || begins("Effect:")).then_some(
        "this is YAML, and AWS takes policies as JSON: write it as JSON, such as with `yq -o=json . FILE`, and give that",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"Statement":[],"Version":"2012-10-17"}"#;

    #[test]
    fn an_answer_of_the_cli_is_taken_off() {
        let text = serde_json::to_string(DOCUMENT).expect("a text");
        for (answer, pointer, encoded) in [
            (
                format!(r#"{{"RoleName":"x","PolicyName":"y","PolicyDocument":{DOCUMENT}}}"#),
                "/PolicyDocument",
                false,
            ),
            (
                format!(r#"{{"PolicyVersion":{{"Document":{DOCUMENT},"VersionId":"v1"}}}}"#),
                "/PolicyVersion/Document",
                false,
            ),
            (
                format!(r#"{{"Role":{{"AssumeRolePolicyDocument":{DOCUMENT}}}}}"#),
                "/Role/AssumeRolePolicyDocument",
                false,
            ),
            (format!(r#"{{"Policy":{{"PolicySummary":{{}},"Content":{text}}}}}"#), "/Policy/Content", true),
            (format!(r#"{{"Policy":{text}}}"#), "/Policy", true),
            (
                r#"{"PolicyDocument":"%7B%22Statement%22%3A%5B%5D%2C%22Version%22%3A%222012-10-17%22%7D"}"#
                    .to_owned(),
                "/PolicyDocument",
                true,
            ),
        ] {
            let found = unwrap(&answer);
            assert_eq!(
                (&*found.text, found.pointer, found.encoded),
                (DOCUMENT, pointer, encoded),
                "{answer}"
            );
        }
    }

    #[test]
    fn what_could_be_meant_otherwise_stays_as_it_is() {
        for text in [
            DOCUMENT.to_owned(),
            format!(r#"{{"PolicyDocument":{DOCUMENT},"PolicyDocument":{DOCUMENT}}}"#),
            format!(r#"{{"Statement":[],"PolicyDocument":{DOCUMENT}}}"#),
            r#"{"Policy":{"Arn":"arn:aws:iam::1:policy/p"}}"#.to_owned(),
            "Statement: []".to_owned(),
        ] {
            assert_eq!((&*unwrap(&text).text, unwrap(&text).pointer), (text.as_str(), ""));
        }
    }

    #[test]
    fn other_languages_are_named() {
        for (text, says) in [
            ("Version: \"2012-10-17\"\nStatement:\n  - Effect: Allow\n", Some("this is YAML")),
            ("resource \"aws_iam_policy\" \"x\" {\n}\n", Some("this is Terraform")),
            ("Resources:\n  Role:\n", Some("this is a template")),
            (DOCUMENT, None),
            ("hello", None),
        ] {
            assert_eq!(way_out(text).is_some(), says.is_some(), "{text}");
            assert!(way_out(text).unwrap_or_default().starts_with(says.unwrap_or_default()), "{text}");
        }
    }
}
