//! Actions: whether they exist, and whether one says what another says already.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>

use std::collections::HashMap;
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
        let (wide, twins) = (Wide::of(uses), twins(uses));
        if wide.all.is_empty() && twins.is_empty() {
            continue;
        }
        for (index, used) in
            uses.iter().enumerate().filter(|(_, used)| !used.has_hole() && !used.text.is_empty())
        {
            let twin = match &used.found {
                Found::One(_) => twins.get(&index).map(|first| &uses[*first]),
                // Patterns and what is not known are few.
                _ => uses[..index].iter().find(|other| other.text.eq_ignore_ascii_case(used.text)),
            };
            if let Some(by) = twin.or_else(|| wide.covering(uses, index)) {
                let message = format!("`{}` is covered by `{}` of the same statement", used.text, by.text);
                report.at(used.node, message).fix("leave one of the two out");
            }
        }
    }
}

/// The address of the facts of the action that it names.
fn address(used: &ActionUse<'_>) -> Option<usize> {
    match &used.found {
        Found::One(action) => Some(std::ptr::from_ref(action.facts).addr()),
        _ => None,
    }
}

/// Those that name an action which one before them names, by their numbers; with the number of the first that does. What
/// is unknown, or a pattern, may be among them.
fn twins(uses: &[ActionUse<'_>]) -> HashMap<usize, usize, RandomState> {
    let named = uses.iter().map(|used| address(used).unwrap_or_default());
    let mut named: Vec<(usize, usize)> = named.zip(0..).collect();
    named.sort_unstable();
    let mut twins = HashMap::default();
    for same in named.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
        twins.extend(same[1..].iter().map(|(_, index)| (*index, same[0].1)));
    }
    twins
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

/// The patterns of a list, each with its number there.
struct Wide {
    all: Vec<(usize, Lower)>,
    /// Rows with the place of their pattern in `all`, by where they begin, and the furthest end of those up to it.
    rows: Vec<(RangeInclusive<usize>, usize, usize)>,
    /// The places of the others.
    others: Vec<usize>,
}

impl Wide {
    fn of(uses: &[ActionUse<'_>]) -> Wide {
        let patterns = uses.iter().enumerate().filter(|(_, used)| used.is_pattern() && !used.has_hole());
        let all: Vec<_> = patterns.map(|(index, used)| (index, Lower::new(used))).collect();
        let (mut rows, mut others) = (Vec::new(), Vec::new());
        for (place, (_, lower)) in all.iter().enumerate() {
            match &lower.row {
                Some(row) => rows.push((row.clone(), 0, place)),
                None => others.push(place),
            }
        }
        rows.sort_unstable_by_key(|(row, ..)| *row.start());
        let mut furthest = 0;
        for (row, end, _) in &mut rows {
            furthest = furthest.max(*row.end());
            *end = furthest;
        }
        Wide { all, rows, others }
    }

    /// Another one that covers all of the one at `index`: the first of two that are the same stays.
    fn covering<'u, 'a>(&self, uses: &'u [ActionUse<'a>], index: usize) -> Option<&'u ActionUse<'a>> {
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
        let may_cover = |place: &usize| self.all[*place].0 != index && begins(&self.all[*place].1.head);
        let mut candidates: Vec<usize> = match address(&uses[index]) {
            // What begins with a text stands in a row in the catalogue.
            Some(own) => {
                let before = &self.rows[..self.rows.partition_point(|(row, ..)| *row.start() <= own)];
                let around = before.iter().rev().take_while(|(_, furthest, _)| *furthest >= own);
                let around = around.filter(|(row, ..)| row.contains(&own)).map(|(.., place)| *place);
                around.chain(self.others.iter().copied().filter(may_cover)).collect()
            }
            None => (0..self.all.len()).filter(may_cover).collect(),
        };
        if candidates.is_empty() {
            return None;
        }
        candidates.sort_unstable();
        let own = Glob::new(&text.to_ascii_lowercase());
        let covers =
            |(at, by): &(usize, Lower)| by.glob.subsumes(&own) && !(own.subsumes(&by.glob) && *at > index);
        let by = candidates.into_iter().map(|place| &self.all[place]).find(|by| covers(by));
        by.map(|(at, _)| &uses[*at])
    }
}
