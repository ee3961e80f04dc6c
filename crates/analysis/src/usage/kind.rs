//! The kinds of events that a worker met: what a call of each needs, planned once.

use super::intern::Interner;
use super::parameters::TAGS;
use super::recipe::Recipe;
use super::table::Table;
use super::words::Words;
use crate::audit_log::{Event, unescape};
use leastwise_catalog::call::{Plan, PlannedNeed, Planner};
use leastwise_catalog::{Action, Visibility};

/// How many kinds are at hand.
const AT_HAND: usize = 1 << 9;

/// A kind of event, known by source and name.
#[derive(Debug)]
pub(super) struct EventKind {
    /// Taken out while it is applied.
    pub plan: Option<Box<Plan>>,
    pub needs: Vec<NeedKind>,
    pub recipe: Recipe,
    /// The account whose data events of this kind were met last, of those that write and of those that only read: what
    /// they show is known (see [`Recorded`](super::Recorded)).
    pub data: [[u8; 12]; 2],
}

/// What is known of one need whatever the call.
#[derive(Debug, Clone, Copy)]
pub(super) struct NeedKind {
    /// The action's number in the table.
    pub action: u32,
    /// It is on a KMS key and nothing else, so the key `kms:ViaService` can be in the request.
    pub kms: bool,
    /// The action can be allowed by the tags in the request.
    pub tags: bool,
    /// The call may have needed it; the log does not tell.
    pub maybe: bool,
    /// Another service asks for it, on behalf of the caller: in a request of its own.
    pub elsewhere: bool,
    /// The calls that need the action are data events, and this is what the call itself is: not what it asks for besides,
    /// which may be on a resource of another type.
    pub data: bool,
}

/// All kinds, by number.
#[derive(Debug)]
pub(super) struct Kinds {
    names: Interner,
    at_hand: Vec<AtHand>,
    kinds: Vec<EventKind>,
}

/// A kind that is found without its names being looked up.
#[derive(Debug, Clone, Copy, Default)]
struct AtHand {
    source: Words,
    /// Of no event as long as it is empty.
    name: Words,
    id: u32,
}

impl Default for Kinds {
    fn default() -> Self {
        Kinds { names: Interner::default(), at_hand: vec![AtHand::default(); AT_HAND], kinds: Vec::new() }
    }
}

impl Kinds {
    /// The number of an event's kind, with its plan made when it is new. The event has a name.
    #[inline]
    pub(super) fn of(&mut self, event: &Event<'_>, planner: &Planner<'_>, table: &mut Table) -> u32 {
        let (Some(source), Some(name)) = (Words::of(event.source), Words::of(event.name)) else {
            return self.by_name(event, planner, table);
        };
        let mixed = (source.mixed().rotate_left(13) ^ name.mixed()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let slot = (mixed >> 40) as usize % AT_HAND;
        let known = &self.at_hand[slot];
        if known.source == source && known.name == name {
            return known.id;
        }
        let id = self.by_name(event, planner, table);
        self.at_hand[slot] = AtHand { source, name, id };
        id
    }

    #[inline(never)]
    fn by_name(&mut self, event: &Event<'_>, planner: &Planner<'_>, table: &mut Table) -> u32 {
        let id = self.names.intern_pair(event.source, event.name);
        if id as usize == self.kinds.len() {
            self.kinds.push(plan(event, planner, table));
        }
        id
    }

    /// The kind of a number.
    #[inline]
    pub(super) fn get(&mut self, id: u32) -> &mut EventKind {
        &mut self.kinds[id as usize]
    }
}

#[cold]
fn plan(event: &Event<'_>, planner: &Planner<'_>, table: &mut Table) -> EventKind {
    let source = unescape(event.source).unwrap_or_default();
    let name = unescape(event.name).unwrap_or_default();
    let plan = planner.plan(label(&source), &name);
    let mut needs = Vec::new();
    match &plan {
        Plan::Needs(planned) => needs.extend(planned.iter().map(|need| {
            let action = planner.catalog().action(&need.action);
            let same = |own: &&PlannedNeed| !own.is_also() && prefix(&own.action) == prefix(&need.action);
            NeedKind {
                elsewhere: need.is_also() && !planned.iter().any(|own| same(&own)),
                action: table.actions.intern(need.action.as_bytes()),
                kms: action.is_some_and(|action| is_on_a_key(&action)),
                tags: action.is_some_and(|action| action.keys.iter().any(|key| &**key == "aws:TagKeys")),
                maybe: need.maybe,
                data: !need.is_also() && action.is_some_and(|action| action.visibility == Visibility::Data),
            }
        })),
        _ => needs.push(NeedKind {
            action: table.actions.intern(format!("{}:{name}", label(&source)).as_bytes()),
            kms: false,
            tags: false,
            maybe: false,
            elsewhere: false,
            data: false,
        }),
    }
    let tags = if needs.iter().any(|need| need.tags) { &TAGS[..] } else { &[] };
    let recipe = Recipe::new(&plan, tags);
    EventKind { plan: Some(Box::new(plan)), needs, recipe, data: [[0; 12]; 2] }
}

/// `s3:GetObject` → `s3`.
fn prefix(action: &str) -> &str {
    action.split_once(':').map_or(action, |(prefix, _)| prefix)
}

/// Whether the action is authorised for a KMS key: `kms:ViaService` is for these alone.
fn is_on_a_key(action: &Action<'_>) -> bool {
    *action.service.prefix == *"kms"
        && !action.resources.is_empty()
        && action.resources.iter().all(|resource| *resource.resource_type == *"key")
}

/// `s3.amazonaws.com` → `s3`.
pub(super) fn label(source: &str) -> &str {
    source
        .strip_suffix(".amazonaws.com")
        .or_else(|| source.strip_suffix(".amazonaws.com.cn"))
        .unwrap_or(source)
}
