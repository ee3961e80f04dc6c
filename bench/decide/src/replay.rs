//! A log, replayed through one role's policies: every event that `leastwise usage` found, asked anew as if the role of
//! the case "chain" had made it, in its account, and where that case's first
//! request was made: region, network, tags.
//!
//! The rows of usage are taken as often as they were counted and in no order, so that the memory is not spared; or each
//! once, as `leastwise rightsize` does, since what it counted is alike in all that decides.

use crate::chain::{Case, every_layer, read};
use crate::measure;
use anyhow::{Result, ensure};
use leastwise_policy::aws::evaluate::{
    Compiled, Context, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// A row of `leastwise usage --output json`.
#[derive(Deserialize)]
struct Row {
    action: String,
    resource: String,
    resource_is: String,
    count: usize,
    context: BTreeMap<String, Vec<String>>,
}

/// How often each row is asked.
#[derive(Clone, Copy)]
pub(crate) enum Often {
    AsCounted,
    Once,
}

/// Replays the rows in the file `usage`; the verdict on each row is also had from the evaluator that gives reasons.
pub(crate) fn run(case: &str, usage: &str, often: Often, budget: Duration) -> Result<()> {
    let (case, mut rows): (Case, Vec<Row>) = (read(case)?, read(usage)?);
    rows.iter_mut().for_each(|row| row.resource = moved(&row.resource, &case.account));
    let set = every_layer(&case, false)?;
    let compiled = Compiled::new(set.clone());
    let contexts: Vec<Context> = rows
        .iter()
        .map(|row| {
            let mut context = Context::new();
            context.complete(true);
            for (key, values) in &row.context {
                context.insert(key, values.as_slice());
            }
            for (key, value) in case.requests.iter().take(1).flat_map(|asked| &asked.context) {
                context.insert(key, value);
            }
            context
        })
        .collect();
    let asked = rows.iter().zip(&contexts).map(|(row, context)| Request {
        principal: PrincipalRef::new(&case.role).in_session("replay"),
        action: &row.action,
        resource: match row.resource_is.as_str() {
            "exact" => ResourceRef::Exact(&row.resource),
            _ => ResourceRef::Pattern(&row.resource),
        },
        context,
    });
    let asked: Vec<Request<'_>> = asked.collect();
    ensure!(!asked.is_empty(), "no usage");
    for request in &asked {
        let (fast, slow) = (compiled.decide(request), evaluate(&set, request).verdict);
        ensure!(fast == slow, "{} {:?}: {fast:?} instead of {slow:?}", request.action, request.resource);
    }
    let times = |row: &Row| match often {
        Often::AsCounted => row.count,
        Often::Once => 1,
    };
    let counted =
        rows.iter().zip(&asked).flat_map(|(row, request)| std::iter::repeat_n(*request, times(row)));
    let mut events: Vec<Request<'_>> = counted.collect();
    if matches!(often, Often::AsCounted) {
        shuffle(&mut events);
    }
    measure(
        &events,
        budget,
        |request| compiled.decide(request),
        |verdict: Verdict| verdict.as_str().to_owned(),
    )
}

/// The resource, in this account.
fn moved(resource: &str, account: &str) -> String {
    let mut parts: Vec<&str> = resource.splitn(6, ':').collect();
    if parts.len() == 6 && parts[4].len() == 12 {
        parts[4] = account;
    }
    parts.join(":")
}

/// Always into the same order.
fn shuffle<T>(items: &mut [T]) {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for last in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, ((state >> 33) % (last as u64 + 1)) as usize);
    }
}
