//! Would the new policy have allowed what happened? Every authorised row is evaluated against it.
//!
//! The counts are of events. What the log cannot decide is listed with the keys that would decide it. A row whose action
//! the granted set allows nowhere is not *newly* denied: something else allows it, such as a resource policy. One whose
//! action it allows, only not as the log shows it, is undecided as long as all that was granted for the action is kept:
//! the log, or what is made of it, may be wrong about the resource or a condition.

use leastwise_policy::aws::evaluate::{
    Compiled, Context, Evaluation, Layer, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use std::collections::BTreeMap;

use leastwise_policy::arn::Arn;
use serde::{Deserialize, Serialize};

use crate::rightsize::{Reached, Standing};
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
    /// What cannot be decided from the log: it does not tell a key, or shows the action otherwise than it is granted, and all
    /// that was granted for it is kept.
    pub undecided: Vec<Replayed>,
    /// What neither the new nor the granted policy allows, and whose action is not granted: it was allowed by something
    /// else.
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
        before: Option<&mut Before<'_>>,
    ) {
        if let Some(Before { granted, standings }) = before {
            let before = ask(granted, row);
            let same_keys = answer.verdict == Verdict::Depends
                && before.verdict == Verdict::Depends
                && answer.missing_keys.iter().all(|key| before.missing_keys.contains(key));
            if same_keys || reaches_as_far(row, new, granted) {
                self.allowed += row.count;
                self.as_granted += row.count;
                return;
            }
            let newly = answer.verdict == Verdict::ExplicitDeny && before.verdict != Verdict::ExplicitDeny;
            if !newly && let Some(reason) = not_granted(row, &before, granted) {
                let standing = standings
                    .entry(row.action.clone())
                    .or_insert_with(|| Standing::of(&row.action, granted, new));
                return match standing {
                    Standing::NotGranted => self.not_granted.push(Replayed::new(row, reason, Vec::new())),
                    Standing::Kept => self.undecided.push(Replayed::new(row, otherwise(row), Vec::new())),
                    Standing::Lost => self.denied.push(Replayed::new(row, LOST, Vec::new())),
                };
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

/// Why a row may newly be denied that is not granted as the log shows it.
const LOST: &str =
    "the action is granted otherwise than the log shows it, and the new policy does not keep all of that";

/// Why nobody can tell what allowed a row whose action is granted otherwise.
fn otherwise(row: &UsageRow) -> &'static str {
    let account = |arn: &str| Arn::parse(arn).map(|arn| arn.account().to_owned()).unwrap_or_default();
    let owner = account(row.resource.as_str());
    let digits = !owner.is_empty() && owner.bytes().all(|byte| byte.is_ascii_digit());
    match digits && owner != account(&row.principal) {
        true => {
            "the action is granted, though not as the log shows it, and a resource policy of another account alone \
             does not allow it: what was granted for the action is kept"
        }
        false => {
            "the action is granted, though not as the log shows it: a resource policy may have allowed it, or AWS judged \
             by what the log does not show, so what was granted for the action is kept"
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
            Some(match before.silent {
                Some(Layer::Boundary) => {
                    "the permissions boundary does not allow it, so the grant has changed since"
                }
                _ => {
                    "no granted policy allows it: something else does, such as a resource policy, or the grant has changed since"
                }
            })
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
    let mut before = granted.map(|granted| Before { granted, standings: BTreeMap::new() });
    for row in rows.into_iter().filter(|row| row.authorised()) {
        replay.events += row.count;
        // Reasons are for those that are not allowed.
        if with_request(row, |request| compiled.decide(request)) == Verdict::Allowed {
            replay.allowed += row.count;
        } else {
            replay.not_allowed(row, ask(new, row), new, before.as_mut());
        }
    }
    for list in [&mut replay.denied, &mut replay.undecided, &mut replay.not_granted] {
        list.sort();
    }
    replay
}

/// What was granted, with what became of the actions that were asked for.
struct Before<'a> {
    granted: &'a PolicySet,
    standings: BTreeMap<String, Standing>,
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

/// The keys of the request that a row tells. All others are unknown; `kms:ViaService` too, since a call that a service
/// makes for the caller need not say so (`AWS Internal`, or nothing).
pub fn context(row: &UsageRow) -> Context {
    let mut context = Context::new();
    for (key, values) in row.context.of_request() {
        context.insert(key, values.as_slice());
    }
    context
}

#[cfg(test)]
mod tests;
