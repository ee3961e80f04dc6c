//! Would the new policy have allowed what happened? Every authorised row is evaluated against it.
//!
//! The counts are of events. What the log cannot decide is listed with the keys that would decide it. A row that the
//! granted set does not allow either is not *newly* denied: something else allows it, such as a resource policy.

use leastwise_policy::aws::evaluate::{
    Compiled, Context, Evaluation, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use serde::{Deserialize, Serialize};

use crate::rightsize::Reached;
use crate::usage::{Resource, UsageRow};

/// What came out of a replay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Authorised events that were replayed.
    pub events: u64,
    /// Of these, allowed by the new policy.
    pub allowed: u64,
    /// Of the allowed, those that hang on conditions or resources which the granted policy had as well: they held
    /// when the event was authorised, and the log does not tell more.
    pub as_granted: u64,
    /// What would newly be denied.
    pub denied: Vec<Replayed>,
    /// What cannot be decided from the log.
    pub undecided: Vec<Replayed>,
    /// What neither the new nor the granted policy allows: it was allowed by something else.
    pub not_granted: Vec<Replayed>,
}

/// Events of one row in a replay.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Replayed {
    /// The action.
    pub action: String,
    /// The resource, as far as the log tells.
    pub resource: String,
    /// How many events.
    pub count: u64,
    /// Why they came out so.
    pub reason: String,
    /// The keys that the answer hangs on.
    pub missing_keys: Vec<String>,
    /// The id of one of them.
    pub example: String,
}

impl Replay {
    /// Events that would newly be denied.
    pub fn denied_events(&self) -> u64 {
        self.denied.iter().map(|row| row.count).sum()
    }

    /// Events that cannot be decided.
    pub fn undecided_events(&self) -> u64 {
        self.undecided.iter().map(|row| row.count).sum()
    }

    /// Events that something else allowed.
    pub fn not_granted_events(&self) -> u64 {
        self.not_granted.iter().map(|row| row.count).sum()
    }

    /// Whether nothing would newly be denied.
    pub fn holds(&self) -> bool {
        self.denied.is_empty()
    }

    fn not_allowed(
        &mut self,
        row: &UsageRow,
        answer: Evaluation,
        new: &PolicySet,
        granted: Option<&PolicySet>,
    ) {
        if let Some(granted) = granted {
            let before = ask(granted, row);
            let same_keys = answer.verdict == Verdict::Depends
                && before.verdict == Verdict::Depends
                && answer.missing_keys.iter().all(|key| before.missing_keys.contains(key));
            if same_keys || reaches_as_far(row, new, granted) {
                self.allowed += row.count;
                self.as_granted += row.count;
                return;
            }
            if let Some(reason) = not_granted(row, &before, granted) {
                self.not_granted.push(Replayed::new(row, reason, Vec::new()));
                return;
            }
        }
        match answer.verdict {
            Verdict::Depends => {
                let reason = "the log does not tell these keys of the request";
                self.undecided.push(Replayed::new(row, reason, answer.missing_keys));
            }
            Verdict::ExplicitDeny => {
                self.denied.push(Replayed::new(row, "a Deny statement applies", Vec::new()))
            }
            _ => self.denied.push(Replayed::new(row, "no statement allows it", Vec::new())),
        }
    }
}

/// Why the granted set does not allow a row either, if it does not.
fn not_granted(row: &UsageRow, before: &Evaluation, granted: &PolicySet) -> Option<&'static str> {
    match before.verdict {
        Verdict::ExplicitDeny if row.resource.is_exact() => {
            Some("a granted policy denies it, so the grant has changed since")
        }
        Verdict::ImplicitDeny if row.resource.is_exact() || !Reached::by(granted, row).any() => {
            Some("no granted policy allows it: something else does, such as a resource policy")
        }
        _ => None,
    }
}

impl Replayed {
    fn new(row: &UsageRow, reason: &str, missing_keys: Vec<String>) -> Replayed {
        Replayed {
            action: row.action.clone(),
            resource: row.resource.as_str().to_owned(),
            count: row.count,
            reason: reason.to_owned(),
            missing_keys,
            example: row.example.clone(),
        }
    }
}

/// Evaluates every authorised row against `new`; `granted` is what was in force when they were authorised.
pub fn replay<'a>(
    rows: impl IntoIterator<Item = &'a UsageRow>,
    new: &PolicySet,
    granted: Option<&PolicySet>,
) -> Replay {
    let mut replay = Replay::default();
    let compiled = Compiled::new(new.clone());
    for row in rows.into_iter().filter(|row| row.authorised()) {
        replay.events += row.count;
        // Reasons are for those that are not allowed.
        if with_request(row, |request| compiled.decide(request)) == Verdict::Allowed {
            replay.allowed += row.count;
        } else {
            replay.not_allowed(row, ask(new, row), new, granted);
        }
    }
    for list in [&mut replay.denied, &mut replay.undecided, &mut replay.not_granted] {
        list.sort();
    }
    replay
}

/// For a row whose resource the log does not pin down: whether the new policy reaches everything of it that the
/// granted one reaches.
fn reaches_as_far(row: &UsageRow, new: &PolicySet, granted: &PolicySet) -> bool {
    if row.resource.is_exact() {
        return false;
    }
    let before = Reached::by(granted, row);
    before.any() && before.within(&Reached::by(new, row))
}

/// What `set` says about a row.
pub fn ask(set: &PolicySet, row: &UsageRow) -> Evaluation {
    with_request(row, |request| evaluate(set, request))
}

/// Asks for a row as a request.
fn with_request<T>(row: &UsageRow, ask: impl FnOnce(&Request<'_>) -> T) -> T {
    let context = context(row);
    let resource = match &row.resource {
        Resource::Exact(arn) => ResourceRef::Exact(arn),
        Resource::Pattern(pattern) | Resource::Folded { pattern, .. } => ResourceRef::Pattern(pattern),
        Resource::Unknown => ResourceRef::Pattern("*"),
    };
    let principal = PrincipalRef::new(&row.principal);
    ask(&Request { principal, action: &row.action, resource, context: &context })
}

/// The keys of the request that a row tells. All others are unknown, but for `kms:ViaService`: a call that a service
/// made for the caller says so, and every other was made by the caller.
pub fn context(row: &UsageRow) -> Context {
    let mut context = Context::new();
    for (key, values) in &*row.context.keys {
        context.insert(key, values.as_slice());
    }
    if row.context.get("kms:ViaService").is_none() && row.action.starts_with("kms:") {
        context.absent("kms:ViaService");
    }
    context
}

#[cfg(test)]
mod tests;
