//! Which events stand behind which statement of a new policy.
//!
//! The evaluator answers, one statement at a time, so that a report cannot disagree with the proof. What the log does
//! not tell about a condition does not count against the statement here: it is evidence, not a verdict.

use leastwise_analysis::usage::{Resource, UsageRow};
use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::{Named, Policy, Statement};
use serde::Serialize;

/// How many event ids a statement shows.
const EXAMPLES: usize = 3;

/// The events behind a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Evidence {
    /// How many authorised events it allows.
    pub events: u64,
    /// The ids of some of them.
    pub examples: Vec<String>,
    /// The latest of them, ISO 8601.
    pub last: Option<String>,
}

/// The evidence of each statement of `policy`, in its order; none for a statement that denies.
pub(crate) fn of_statements(policy: &Policy, rows: &[UsageRow]) -> Vec<Evidence> {
    policy.statements.iter().map(|statement| of_statement(policy, statement, rows)).collect()
}

fn of_statement(policy: &Policy, statement: &Statement, rows: &[UsageRow]) -> Evidence {
    let alone = Policy { version: policy.version, id: None, statements: vec![statement.clone()] };
    let set = PolicySet::of_identity(vec![Named::new("", alone)]);
    let mut evidence = Evidence::default();
    let mut last = None;
    for row in rows.iter().filter(|row| row.authorised() && statement.action.applies_to(&row.action)) {
        if !matches!(verdict(&set, row), Verdict::Allowed | Verdict::Depends) {
            continue;
        }
        evidence.events += row.count;
        last = last.max(Some(row.last));
        if evidence.examples.len() < EXAMPLES
            && !row.example.is_empty()
            && !evidence.examples.contains(&row.example)
        {
            evidence.examples.push(row.example.clone());
        }
    }
    evidence.last = last.map(|last| last.to_string());
    evidence
}

fn verdict(set: &PolicySet, row: &UsageRow) -> Verdict {
    let mut context = Context::new();
    for (key, values) in row.context.of_request() {
        context.insert(key, values.clone());
    }
    let resource = match &row.resource {
        Resource::Exact(arn) => ResourceRef::Exact(arn),
        Resource::Pattern(pattern) | Resource::Folded { pattern, .. } => ResourceRef::Pattern(pattern),
        Resource::Unknown => ResourceRef::Pattern("*"),
    };
    let request = Request {
        principal: PrincipalRef::new(&row.principal),
        action: &row.action,
        resource,
        context: &context,
    };
    evaluate(set, &request).verdict
}
