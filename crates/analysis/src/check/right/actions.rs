//! Actions: whether they exist, and whether one says what another says already.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::RangeInclusive;

use foldhash::fast::RandomState;
use leastwise_policy::aws::DocumentKind;
use leastwise_policy::glob::Glob;

use crate::check::row::{allows, error, suggestion};
use crate::check::{ActionUse, Check, Example, Facts, Found, Report, StatementView, Subject};

const REFERENCES: &[&str] = &[
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
];
const GOOD: Example =
    Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#));

pub(super) static CHECKS: &[Check] = &[
    error(
        "INVALID_ACTION",
        "Invalid action",
        "The statement names an action that the service does not have, so it has no effect: in an `Allow` something \
         that is needed may be missing, in a `Deny` something may be open that was meant to be shut.",
    )
    .bad(Example::identity(allows!(r#""Action": "s3:GetObjekt", "Resource": "arn:aws:s3:::reports/*""#)))
    .good(GOOD)
    .see(REFERENCES)
    .found(action),
    error(
        "INVALID_SERVICE_IN_ACTION",
        "Invalid service in an action",
        "What stands before the colon of an action is not the prefix of a service, so the action has no effect. A \
         wildcard may not stand there.",
    )
    .bad(Example::identity(allows!(r#""Action": "s4:GetObject", "Resource": "arn:aws:s3:::reports/*""#)))
    .good(GOOD)
    .see(REFERENCES)
    .found(service),
    suggestion(
        "REDUNDANT_ACTION",
        "An action that another covers",
        "All that the action or pattern covers is covered by another one of the same statement. Whoever takes the \
         narrower one out to take a permission away takes nothing away.",
    )
    .bad(Example::identity(allows!(
        r#""Action": ["s3:Get*", "s3:GetObject"], "Resource": "arn:aws:s3:::reports/*""#
    )))
    .good(GOOD)
    .found(redundant),
];

fn action(subject: &Subject<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        for used in &statement.actions {
            if !used.found.as_slice().is_empty() || used.has_hole() || matches!(used.text, "*" | "") {
                continue;
            }
            let Some((prefix, name)) = used.parts() else {
                report
                    .at(used.node, format!("`{}` is no action: the service is missing", used.text))
                    .fix("write `service:Action`");
                continue;
            };
            if prefix.contains(['*', '?']) || facts.catalog.service(prefix).is_none() || name == "*" {
                continue;
            }
            let what = if used.is_pattern() { "no action that this pattern covers" } else { "no action" };
            let added = report.at(used.node, format!("the service `{prefix}` has {what}: `{name}`"));
            if let Some(near) = facts.nearest(used.text) {
                added.fix(format!("did you mean `{near}`?"));
            }
        }
    }
}

fn service(subject: &Subject<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        for used in statement.actions.iter().filter(|used| !used.has_hole()) {
            if !matches!(used.found, Found::None) && !used.is_pattern() {
                continue;
            }
            let Some((prefix, name)) = used.parts() else { continue };
            if prefix == "*" && name == "*" || facts.catalog.service(prefix).is_some() {
                continue;
            }
            if prefix.contains(['*', '?']) {
                // Policies of organisations have codes of their own for that.
                if matches!(
                    subject.document.kind,
                    DocumentKind::ServiceControl | DocumentKind::ResourceControl
                ) {
                    continue;
                }
                report.at(used.node, format!("the service `{prefix}` of `{}` has a wildcard", used.text));
                continue;
            }
            let added = report.at(used.node, format!("there is no service `{prefix}`"));
            if let Some(near) = facts.nearest(prefix) {
                added.fix(format!("did you mean `{near}`?"));
            }
        }
    }
}

/// Lists longer than this fit into no policy, which is said elsewhere; their members would be held against each other.
const MOST: usize = 4_000;

fn redundant(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    let fits = |statement: &&StatementView<'_>| (2..=MOST).contains(&statement.actions.len());
    for statement in subject.statements.iter().filter(fits) {
        let uses = &statement.actions;
        let wide: Vec<(usize, Lower)> = uses
            .iter()
            .enumerate()
            .filter(|(_, used)| used.is_pattern() && !used.has_hole())
            .map(|(index, used)| (index, Lower::new(used)))
            .collect();
        if wide.is_empty() && !has_twins(uses) {
            continue;
        }
        let mut seen: HashMap<_, _, RandomState> =
            HashMap::with_capacity_and_hasher(uses.len(), RandomState::default());
        for (index, used) in
            uses.iter().enumerate().filter(|(_, used)| !used.has_hole() && !used.text.is_empty())
        {
            let twin = match &used.found {
                Found::One(action) => match seen.entry(std::ptr::from_ref(action.facts)) {
                    Entry::Occupied(first) => Some(*first.get()),
                    Entry::Vacant(place) => {
                        place.insert(used);
                        None
                    }
                },
                // Patterns and what is not known are few.
                _ => uses[..index].iter().find(|other| other.text.eq_ignore_ascii_case(used.text)),
            };
            if let Some(by) = twin.or_else(|| covering(uses, &wide, index)) {
                let message = format!("`{}` is covered by `{}` of the same statement", used.text, by.text);
                report.at(used.node, message).fix("leave one of the two out");
            }
        }
    }
}

/// Whether two of them may be the same.
fn has_twins(uses: &[ActionUse<'_>]) -> bool {
    let addresses = uses.iter().map(|used| match &used.found {
        Found::One(action) => std::ptr::from_ref(action.facts).addr(),
        _ => 0,
    });
    let mut addresses: Vec<usize> = addresses.collect();
    addresses.sort_unstable();
    addresses.windows(2).any(|two| two[0] == two[1])
}

/// A pattern in lower case, read once.
struct Lower {
    /// What everything begins with that it covers.
    head: String,
    glob: Glob,
    /// The addresses of the facts of the actions that it covers, when these are all that begin so in one service.
    row: Option<RangeInclusive<usize>>,
}

impl Lower {
    fn new(used: &ActionUse<'_>) -> Lower {
        let lower = used.text.to_ascii_lowercase();
        let head = lower.split(['*', '?']).next().unwrap_or_default().to_owned();
        let is_row = head.contains(':') && lower.len() == head.len() + 1 && lower.ends_with('*');
        let row = match used.found.as_slice() {
            [first, .., last] if is_row => Some((first, last)),
            _ => None,
        };
        let address = |action: &leastwise_catalog::Action<'_>| std::ptr::from_ref(action.facts).addr();
        let row = row.map(|(first, last)| address(first)..=address(last));
        Lower { head, glob: Glob::new(&lower), row }
    }
}

/// Another one that covers all of the one at `index`: the first of two that are the same stays.
fn covering<'u, 'a>(
    uses: &'u [ActionUse<'a>],
    wide: &[(usize, Lower)],
    index: usize,
) -> Option<&'u ActionUse<'a>> {
    let text = uses[index].text;
    // Most begin alike, with their service: the end of what they begin with tells them apart.
    let begins = |head: &str| match head.len().checked_sub(1) {
        None => true,
        Some(last) => {
            let own = text.as_bytes().get(last).map(u8::to_ascii_lowercase);
            own == head.as_bytes().last().copied()
                && text.as_bytes()[..last].eq_ignore_ascii_case(&head.as_bytes()[..last])
        }
    };
    // What begins with a text stands in a row in the catalogue.
    let own = match &uses[index].found {
        Found::One(action) => Some(std::ptr::from_ref(action.facts).addr()),
        _ => None,
    };
    let may_cover = |at: usize, by: &Lower| match (own, &by.row) {
        (Some(own), Some(row)) => row.contains(&own),
        _ => at != index && begins(&by.head),
    };
    let mut candidates = wide.iter().filter(|(at, by)| may_cover(*at, by)).peekable();
    candidates.peek()?;
    let own = Glob::new(&text.to_ascii_lowercase());
    let by = candidates.find(|(at, by)| by.glob.subsumes(&own) && !(own.subsumes(&by.glob) && *at > index));
    by.map(|(at, _)| &uses[*at])
}
