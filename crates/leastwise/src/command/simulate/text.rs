//! A decision for people.

use std::fmt::Write as _;

use leastwise_policy::aws::evaluate::{Evaluation, StatementRef};

use super::request::{Case, Owner};
use super::world::World;
use crate::output::plain;

/// The whole decision.
pub fn decision(world: &World<'_>, case: &Case, evaluation: &Evaluation) -> String {
    let mut text = format!("{}\n", evaluation.verdict.as_str());
    let mut line = |line: String| {
        let _ = writeln!(text, "  {}", plain(&line));
    };
    line(format!("{} on {}", case.action, case.resource));
    if let Owner::Account(owner) = &case.owner {
        line(format!("owner: {owner}"));
    }
    for known in &case.known {
        let from = known.from.map(|from| format!(" (from {from})")).unwrap_or_default();
        line(format!("known: {} = {}{from}", known.key, known.values.join(", ")));
    }
    for statement in &evaluation.by {
        line(format!("by {}: {}", statement.layer.as_str(), place(world, statement)));
    }
    if let Some(silent) = evaluation.silent {
        line(format!("nothing allows it in: {}", silent.as_str()));
    }
    for key in &evaluation.missing_keys {
        line(format!("depends on {key}"));
    }
    for assumed in &case.assumed {
        line(format!("note: {assumed}"));
    }
    text
}

/// Document, Sid and place of a statement.
fn place(world: &World<'_>, statement: &StatementRef) -> String {
    let sid = statement.sid.as_ref().map(|sid| format!(" `{sid}`")).unwrap_or_default();
    match world.origin(&statement.document) {
        Some(origin) => {
            format!("{}{sid} ({} {})", statement.document, origin.file, origin.statement(statement.index))
        }
        None => format!("{}{sid} /Statement/{}", statement.document, statement.index),
    }
}
