//! Actions that can be limited to none of the resources of their statement.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use std::borrow::Cow;

use leastwise_policy::glob;

use super::arns::open;
use super::notes::Notes;
use crate::check::formats::{Parts, Pattern};
use crate::check::row::{allows, warning};
use crate::check::{ActionUse, Check, Example, Facts, StatementView, Subject};
use crate::source::has_hole;

pub(super) static CHECKS: &[Check] = &[
    warning(
        "RESOURCE_NOT_SUPPORTED_BY_ACTION",
        "An action that none of the resources can be",
        "An action of the statement can be limited only to certain types of resources, or only to `*`, and the statement \
         names none of them. For this action it has no effect: what it should allow stays forbidden, what it should \
         deny stays allowed. IAM Access Analyzer does not report this; parliament calls it RESOURCE_MISMATCH.",
    )
    .bad(Example::identity(allows!(r#""Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::reports""#)))
    .good(Example::identity(allows!(
        r#""Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]"#
    )))
    .see(&[
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    ])
    .noted(),
];

pub(super) fn note<'a>(subject: &Subject<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    for statement in &subject.statements {
        unsupported(statement, facts, notes);
    }
}

/// Actions that no resource of the statement can be.
fn unsupported<'a>(statement: &StatementView<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    let (Some(resources), None) = (statement.resource, statement.not_action) else { return };
    let nodes = resources.value.one_or_many();
    let texts: Vec<Cow<'_, str>> = nodes.iter().filter_map(|node| node.text()).map(open).collect();
    // What is not known may be what is missing; a pattern that is no full ARN is judged elsewhere.
    let odd = |text: &Cow<'_, str>| has_hole(text) || glob::matches(text, "*") || Parts::of(text).is_none();
    if texts.len() < nodes.len() || texts.is_empty() || texts.iter().any(odd) {
        return;
    }
    let parts = texts.iter().filter_map(|text| Parts::of(text));
    let parts: Vec<(Parts<'_>, Pattern<'_>)> =
        parts.map(|parts| (parts, Pattern::new(parts.resource))).collect();
    let supported = |used: &&ActionUse<'_>| {
        let actions = used.found.as_slice();
        let formats = facts.formats();
        let on = |(parts, pattern): &(Parts<'_>, Pattern<'_>)| {
            actions.iter().any(|action| formats.supported(action, parts, pattern))
        };
        actions.is_empty()
            || matches!(used.text, "*" | "*:*")
            || actions.iter().any(leastwise_catalog::Action::is_partly_known)
            || parts.iter().any(on)
    };
    let useless: Vec<&ActionUse<'a>> = statement.actions.iter().filter(|used| !supported(used)).collect();
    if useless.len() > MOST {
        let names: Vec<String> = useless.iter().take(5).map(|used| format!("`{}`", used.text)).collect();
        let message = format!(
            "{} of {} actions have no effect on the resources of the statement: {} and {} more",
            useless.len(),
            statement.actions.len(),
            names.join(", "),
            useless.len() - names.len()
        );
        let entry = statement.action.map_or(resources, |entry| entry);
        notes.place("RESOURCE_NOT_SUPPORTED_BY_ACTION", entry.at, &entry.value, message);
        return;
    }
    for used in useless {
        let actions = used.found.as_slice();
        let why = match actions.iter().all(|action| action.facts.resources.is_empty()) {
            true => "can only be used with `*`".to_owned(),
            false => format!("is about {}", types(actions)),
        };
        let message = format!("`{}` has no effect on the resources of the statement: it {why}", used.text);
        notes.at("RESOURCE_NOT_SUPPORTED_BY_ACTION", used.node, message);
    }
}

/// Each action is told by itself up to so many of a statement; more are told together.
const MOST: usize = 5;

/// The types of resources that the actions support, as people read them.
fn types(actions: &[leastwise_catalog::Action<'_>]) -> String {
    let mut names: Vec<&str> =
        actions.iter().flat_map(|action| &action.facts.resources).map(|on| &*on.resource_type).collect();
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0..=4 => names.join(", "),
        more => format!("{}, and {} more", names[..3].join(", "), more - 3),
    }
}
