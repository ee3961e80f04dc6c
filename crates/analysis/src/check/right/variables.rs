//! Policy variables: `${aws:username}`, with a default `${aws:PrincipalTag/team, 'shared'}`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use super::notes::Notes;
use crate::check::row::{allows, error};
use crate::check::{Check, Example, Facts, StatementView, Subject};
use crate::source::{Node, has_hole};

const GOOD: Example = Example::identity(allows!(
    r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::homes/${aws:PrincipalTag/team, 'shared'}/*""#
));

pub(super) static CHECKS: &[Check] = &[
    error(
        "MISSING_BRACE_IN_VARIABLE",
        "A policy variable that is not closed",
        "A policy variable begins with `${` and is not closed by `}`: the text stands for itself and matches nothing.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::homes/${aws:username/*""#
    )))
    .good(GOOD)
    .noted(),
    error(
        "MISSING_QUOTE_IN_VARIABLE",
        "A default value without quotes",
        "The default value of a policy variable stands in single quotes: `${aws:PrincipalTag/team, 'shared'}`.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::homes/${aws:PrincipalTag/team, shared}/*""#
    )))
    .good(GOOD)
    .noted(),
    error(
        "UNSUPPORTED_SPACE_IN_VARIABLE",
        "A space in a policy variable",
        "The name in a policy variable has a space in it, before it or behind it. It is not replaced.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::homes/${ aws:username }/*""#
    )))
    .good(GOOD)
    .noted(),
    error(
        "EMPTY_VARIABLE",
        "A policy variable without a name",
        "`${}` names no value of the request: the text stands for itself and matches nothing.",
    )
    .bad(Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::homes/${}/*""#)))
    .good(GOOD)
    .noted(),
    error(
        "VARIABLE_UNSUPPORTED_IN_ELEMENT",
        "A policy variable where none is replaced",
        "Policy variables are replaced in `Resource` and in the values of `Condition`, nowhere else.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:${aws:PrincipalTag/access}", "Resource": "arn:aws:s3:::homes/*""#
    )))
    .good(GOOD)
    .noted(),
    error(
        "VARIABLE_UNSUPPORTED_IN_VERSION",
        "A policy variable in the old language",
        "Policy variables are replaced only in documents with `\"Version\": \"2012-10-17\"`. In this one the variable is \
         plain text: an `Allow` on it allows nothing, a `Deny` denies nothing.",
    )
    .bad(Example::identity(
        r#"{
  "Version": "2008-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::homes/${aws:username}/*"}
  ]
}"#,
    ))
    .good(GOOD)
    .noted(),
];

pub(super) fn note<'a>(subject: &Subject<'a>, _: &Facts<'_>, notes: &mut Notes<'a>) {
    let version = subject.version.and_then(Node::text);
    let is_old = match subject.version {
        Some(_) => version == Some("2008-10-17"),
        None => true,
    };
    for statement in &subject.statements {
        elsewhere(statement, notes);
        let resources = statement.resource_texts();
        let values = statement.conditions.iter().flat_map(|view| view.texts());
        for (node, text) in resources.chain(values).filter(|(_, text)| text.contains("${") && !has_hole(text))
        {
            if is_old {
                if let Some(name) = names(text).find(|name| name.contains(':')) {
                    let message = format!("`${{{name}}}` is plain text in the language of 2008");
                    notes
                        .at("VARIABLE_UNSUPPORTED_IN_VERSION", node, message)
                        .fix("write `\"Version\": \"2012-10-17\"`");
                }
            } else {
                each(node, text, notes);
            }
        }
    }
}

/// What stands within `${` and `}`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn each<'a>(node: &'a Node, text: &str, notes: &mut Notes<'a>) {
    for rest in text.split("${").skip(1) {
        let Some((name, _)) = rest.split_once('}') else {
            notes.at(
                "MISSING_BRACE_IN_VARIABLE",
                node,
                format!("a variable of `{text}` is not closed by `}}`"),
            );
            continue;
        };
        let (key, default) = name.split_once(',').map_or((name, None), |(key, default)| (key, Some(default)));
        if key.trim().is_empty() {
            notes.at("EMPTY_VARIABLE", node, format!("a variable of `{text}` has no name"));
        } else if key.contains(char::is_whitespace) {
            let message = format!("the variable `{}` has a space in its name", key.trim());
            notes.at("UNSUPPORTED_SPACE_IN_VARIABLE", node, message);
        }
        let quoted = |text: &str| text.len() > 1 && text.starts_with('\'') && text.ends_with('\'');
        if default.is_some_and(|default| !quoted(default.trim())) {
            let message = format!("the default value of `{}` is not in single quotes", key.trim());
            notes.at("MISSING_QUOTE_IN_VARIABLE", node, message);
        }
    }
}

/// Variables in elements in which they are not replaced.
fn elsewhere<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    // What is known, or a pattern of what is, has no variable.
    let odd = statement.actions.iter().filter(|used| used.found.as_slice().is_empty());
    let actions = odd.map(|used| (used.node, used.text));
    let principals = statement.principal_texts().into_iter().map(|(_, node, text)| (node, text));
    let sid = statement.sid.into_iter().filter_map(|node| Some((node, node.text()?)));
    for (node, text) in actions.chain(principals).chain(sid).filter(|(_, text)| text.contains("${")) {
        if !has_hole(text) && names(text).next().is_some() {
            let message = format!("the variable in `{text}` is not replaced here");
            notes.at("VARIABLE_UNSUPPORTED_IN_ELEMENT", node, message);
        }
    }
}
