//! What a holder really has of what its statements allow: with every `Deny`, the boundary and the organisation's
//! policies taken into account, each of them only as far as it surely takes something away.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;
use leastwise_catalog::{Action, ActionFacts, Level, only_region, partitions};
use leastwise_policy::aws::evaluate::{Context, Layer, PrincipalRef, StatementRef};
use leastwise_policy::aws::{Condition, ResourceBlock, Statement};

use super::breadth::{is_everything, is_nothing_left};
use super::guard::{Guard, Whom, guard, may_write, tag_asked, told};
use super::known::{holds, is_met};
use super::{Allowed, Holder, Use};
use crate::check::right::is_never_met;
use crate::granted::reach::{Grant, Reach, reach};

/// Something that a holder can really do, on everything that there is.
#[derive(Debug, Clone)]
pub struct Power<'a> {
    /// The action.
    pub action: Action<'a>,
    /// Conditions on who asks and from where, without which it cannot be done.
    pub only: Vec<String>,
    /// What takes away some of it, but not enough.
    pub almost: Vec<String>,
    /// Whether what it is wanted for is less bad by this action than by others.
    pub minor: bool,
}

impl<'a> Holder<'a> {
    /// The actions of this use, among those that fit, that the statement lets the holder do on everything that there is.
    pub fn powers(
        &self,
        allowed: &Allowed<'a>,
        wanted: Use,
        fits: impl Fn(&Action<'a>) -> bool,
    ) -> Vec<Power<'a>> {
        if !allowed.uses.contains(wanted) {
            return Vec::new();
        }
        let of = allowed.actions.iter().filter(|one| one.everywhere && one.uses.contains(wanted));
        let mut powers = Vec::new();
        let mut last: Option<(&str, Option<Rc<Kept>>)> = None;
        for one in of.filter(|one| fits(&one.action)) {
            let action = one.action;
            // Actions come by service, and what conditions are worth hangs on that alone.
            let service = &*action.service.prefix;
            if last.as_ref().is_none_or(|(of, _)| *of != service) {
                last = Some((service, self.conditions(allowed, action)));
            }
            let Some((_, Some(kept))) = &last else { continue };
            let is_limited = self.is_limited(action);
            if is_limited && self.is_barred(action) || is_never_sent(allowed, action) {
                continue;
            }
            let power = match is_limited {
                false => Some(kept.power(action)),
                true => self.left(action, allowed, kept),
            };
            powers.extend(power.map(|power| Power { minor: one.minor.contains(wanted), ..power }));
        }
        powers
    }

    /// The actions of this use that the statement lets the holder do somewhere, on whatever resources.
    pub fn powers_anywhere(&self, allowed: &Allowed<'a>, wanted: Use) -> Vec<Power<'a>> {
        if !allowed.uses.contains(wanted) {
            return Vec::new();
        }
        let actions = allowed.actions.iter().filter(|one| one.uses.contains(wanted));
        let is_left = |action: Action<'a>| {
            !self.is_limited(action) || !self.is_barred(action) && self.reach(action).is_some()
        };
        let left = actions.filter(|one| is_left(one.action));
        left.map(|one| {
            let (only, almost) = (Vec::new(), Vec::new());
            Power { action: one.action, only, almost, minor: one.minor.contains(wanted) }
        })
        .collect()
    }

    /// Whether the statement's resources are all that there are for what it lets do.
    pub fn is_everywhere(&self, allowed: &Allowed<'a>, power: &Power<'a>) -> bool {
        is_everything(allowed.statement.resource.as_ref(), power.action, self.formats)
    }

    /// Whether anything that the statement allows is left to the holder.
    pub fn does_something(&self, allowed: &Allowed<'a>) -> bool {
        allowed.actions.iter().any(|one| !self.is_limited(one.action) || self.reach(one.action).is_some())
    }

    /// One action that the statement allows on everything, if it is left to the holder.
    pub fn power(&self, allowed: &Allowed<'a>, action: &str) -> Option<Power<'a>> {
        let action = self.catalog.action(action)?;
        if !allowed.statement.action.applies_to(&action.full_name())
            || !is_everything(allowed.statement.resource.as_ref(), action, self.formats)
            || is_never_sent(allowed, action)
        {
            return None;
        }
        let kept = self.conditions(allowed, action)?;
        match self.is_limited(action) {
            false => Some(kept.power(action)),
            true => self.left(action, allowed, &kept),
        }
    }

    /// Whether an action of IAM that says no resource of its own choice is left to the holder as its statements give it:
    /// neither taken away nor let through only for some of what it is asked on, nor with certain values of these keys.
    pub(super) fn leaves(&self, action: Action<'_>, keys: &[&str]) -> bool {
        if !self.is_limited(action) {
            return true;
        }
        if self.is_barred(action) {
            return false;
        }
        let Some(reach) = self.reach(action) else { return false };
        let is_asked = |grant: &Grant| {
            grant.conditions.iter().any(|one| keys.iter().any(|key| one.key.eq_ignore_ascii_case(key)))
        };
        let is_wide = |grant: &Grant| {
            is_everything(Some(&grant.resources), action, self.formats)
                && self.guards(&grant.conditions).is_some()
                && !is_asked(grant)
        };
        reach.limits.iter().all(|limit| limit.allows.iter().any(is_wide))
            && reach.denies.iter().all(|deny| {
                let is_plain = deny.is_plain() && !self.spares_everything(&deny.resources, action);
                let is_all = is_asked(deny) && self.is_nothing_left(&deny.resources, action);
                !is_plain && !is_all
            })
    }

    /// What takes an action away from the holder, in words.
    pub fn taken_by(&self, action: &str) -> String {
        let named = |deny: &&Statement| deny.condition.is_empty() && deny.action.applies_to(action);
        match self.denies.iter().copied().find(named) {
            Some(Statement { sid: Some(sid), .. }) => format!("`{sid}` denies `{action}`"),
            Some(_) => format!("a statement denies `{action}`"),
            None => format!("`{action}` is not let through"),
        }
    }

    /// What is left of an action that the statement allows on everything.
    fn left(&self, action: Action<'a>, allowed: &Allowed<'a>, kept: &Kept) -> Option<Power<'a>> {
        let reach = self.reach(action)?;
        let is_here = |grant: &&Grant| {
            grant.statement.document == allowed.document && grant.statement.index == allowed.index
        };
        reach.allows.iter().find(is_here)?;
        let mut power = kept.power(action);
        for limit in &reach.limits {
            let wide = limit
                .allows
                .iter()
                .filter(|grant| is_everything(Some(&grant.resources), action, self.formats));
            let mut worth: Vec<Vec<String>> =
                wide.filter_map(|grant| self.guards(&grant.conditions)).collect();
            worth.sort_by_key(Vec::len);
            // Nothing of the limit lets through everything: what is left is limited.
            power.only.extend(worth.into_iter().next()?);
        }
        for deny in &reach.denies {
            if deny.is_plain() && !self.spares_everything(&deny.resources, action) {
                return None;
            }
            power.almost.push(denial(deny));
        }
        power.only.sort();
        power.only.dedup();
        Some(power)
    }

    /// What the policies come to for an action.
    fn reach(&self, action: Action<'_>) -> Option<Rc<Reach>> {
        let address = std::ptr::from_ref(action.facts).addr();
        if let Some(known) = self.reaches.borrow().get(&address) {
            return known.clone();
        }
        let kin = self.kin(action, address);
        let known = self.kins.borrow().get(&kin).cloned();
        let found = known.unwrap_or_else(|| self.work_out(action).map(Rc::new));
        self.kins.borrow_mut().insert(kin, found.clone());
        self.reaches.borrow_mut().insert(address, found.clone());
        found
    }

    /// What decides what the policies come to for an action besides what is the same for all of them.
    fn kin(&self, action: Action<'_>, address: usize) -> Kin {
        let name = action.full_name();
        let mut kin = Kin::default();
        match self.allowing(address) {
            Some(allowing) => {
                kin.applying.clone_from(allowing);
                let denying = self.denies.iter().zip(0..).filter(|(deny, _)| deny.action.applies_to(&name));
                kin.denying = Some(denying.map(|(_, number)| number).collect());
            }
            None => {
                let own = self.set().identity.iter();
                let statements = own.chain(self.fences.iter().copied().flatten());
                let statements = statements.flat_map(|document| &document.policy.statements).zip(0..);
                let applying = statements.filter(|(statement, _)| statement.action.applies_to(&name));
                kin.applying.extend(applying.map(|(_, number)| number));
            }
        }
        kin.region = self.region(action);
        let on = &action.facts.resources;
        if !on.is_empty() {
            kin.service = std::ptr::from_ref(action.service).addr();
            kin.on = on.iter().map(|of| (of.resource_type.to_string(), of.required)).collect();
        }
        kin
    }

    /// The numbers of those statements that allow an action of some use, where nothing but these policies has a say.
    fn allowing(&self, address: usize) -> Option<&Vec<usize>> {
        if !self.fences.is_empty() {
            return None;
        }
        let allowing = self.allowing.get_or_init(|| {
            let mut allowing: HashMap<usize, Vec<usize>, RandomState> = HashMap::default();
            for (number, allowed) in self.allows.iter().enumerate() {
                for one in &allowed.actions {
                    allowing.entry(std::ptr::from_ref(one.action.facts).addr()).or_default().push(number);
                }
            }
            allowing
        });
        allowing.get(&address)
    }

    fn work_out(&self, action: Action<'_>) -> Option<Reach> {
        // A deny that leaves nothing is seen without going through all the rest.
        let name = action.full_name();
        let bars = |deny: &Statement| {
            deny.condition.is_empty()
                && deny.principal.is_none()
                && deny.action.applies_to(&name)
                && deny.resource.as_ref().is_some_and(|resources| self.is_nothing_left(resources, action))
        };
        if self.denies.iter().any(|deny| bars(deny)) {
            return None;
        }
        // Of whoever would hold a policy that nobody holds nothing is known.
        let asks = self.principal.map_or("holder", |one| one.arn.as_str());
        let region = self.region(action).map(|region| called_in(&self.known, region));
        let reach =
            reach(self.set(), PrincipalRef::new(asks), action, region.as_ref().unwrap_or(&self.known))?;
        let whole =
            |deny: &Grant| deny.conditions.is_empty() && self.is_nothing_left(&deny.resources, action);
        (!reach.denies.iter().any(whole)).then_some(reach)
    }

    /// The region of all requests for the action, where a `Deny` or what must allow as well asks for it.
    fn region(&self, action: Action<'_>) -> Option<&'static str> {
        let regions = if self.asks_region { self.regions(action) } else { Vec::new() };
        let (first, others) = regions.split_first()?;
        // Of a policy that nobody holds it is not known in which partition it would be.
        let is_same = |condition: &Condition| {
            others.iter().all(|other| in_region(condition, other) == in_region(condition, first))
        };
        let statements =
            self.fences.iter().copied().flatten().flat_map(|document| &document.policy.statements);
        let mut statements = self.denies.iter().copied().chain(statements);
        let same = others.is_empty()
            || statements
                .all(|statement| statement.condition.iter().filter(|one| is_region(one)).all(is_same));
        same.then_some(*first)
    }

    /// The regions to which requests for the action may be made, of a service with one endpoint in each partition.
    fn regions(&self, action: Action<'_>) -> Vec<&'static str> {
        let of = |partition: &str| only_region(&action.service.prefix, &action.facts.name, partition);
        match self.principal.and_then(|one| one.arn.split(':').nth(1)) {
            Some(partition) => of(partition).into_iter().collect(),
            None => partitions().iter().filter_map(|partition| of(partition)).collect(),
        }
    }

    /// Whether a `Deny` leaves more than some resources that it names.
    fn spares_everything(&self, denied: &ResourceBlock, action: Action<'_>) -> bool {
        let ResourceBlock::NotResource(spared) = denied else { return true };
        is_everything(Some(&ResourceBlock::Resource(spared.clone())), action, self.formats)
    }

    /// Whether a `Deny` on these resources leaves nothing of the action.
    fn is_nothing_left(&self, resources: &ResourceBlock, action: Action<'_>) -> bool {
        is_nothing_left(resources, action, self.principal.map(|one| one.account()), self.formats)
    }

    /// What the conditions of a statement leave of an action; none when one of them limits what is reached. Of all actions
    /// of a service it is the same, and several rules ask.
    fn conditions(&self, allowed: &Allowed<'a>, action: Action<'a>) -> Option<Rc<Kept>> {
        if allowed.statement.condition.is_empty() {
            return Some(Rc::clone(&self.unconditional));
        }
        let key = (std::ptr::from_ref(allowed.statement).addr(), std::ptr::from_ref(action.service).addr());
        if let Some(known) = self.conditions.borrow().get(&key) {
            return known.clone();
        }
        let kept = self.judged(allowed, action).map(Rc::new);
        self.conditions.borrow_mut().insert(key, kept.clone());
        kept
    }

    fn judged(&self, allowed: &Allowed<'a>, action: Action<'a>) -> Option<Kept> {
        let mut kept = Kept { only: Vec::new(), almost: Vec::new() };
        for condition in allowed.statement.condition.iter() {
            if self.principal.and_then(|one| is_met(condition, one, &self.known)) == Some(true) {
                continue;
            }
            if is_region(condition) && self.is_elsewhere(condition, action) {
                return None;
            }
            let worth = guard(condition, Whom::Holder(self.now));
            if worth == Guard::None {
                continue;
            }
            match (tag_asked(condition).and_then(|tag| self.writes_tag(action, tag)), worth) {
                (Some(by), _) => {
                    kept.almost.push(format!("{}, a tag that it can write by `{by}`", told(condition)));
                }
                (None, Guard::Caller) => kept.only.push(told(condition)),
                (None, _) => return None,
            }
        }
        Some(kept)
    }

    /// Whether the condition asks for a region to which no request for the action is made.
    fn is_elsewhere(&self, condition: &Condition, action: Action<'_>) -> bool {
        let regions = self.regions(action);
        !regions.is_empty() && regions.iter().all(|region| in_region(condition, region) == Some(false))
    }

    fn guards(&self, conditions: &[Condition]) -> Option<Vec<String>> {
        let mut only = Vec::new();
        for condition in conditions {
            match guard(condition, Whom::Holder(self.now)) {
                Guard::None => {}
                Guard::Caller => only.push(told(condition)),
                Guard::Scope => return None,
            }
        }
        Some(only)
    }

    /// The action by which the holder can write this tag on whatever resource of the action's service.
    fn writes_tag(&self, action: Action<'a>, tag: &str) -> Option<Rc<String>> {
        let key = (std::ptr::from_ref(action.service).addr(), tag.to_owned());
        if let Some(known) = self.tagging.borrow().get(&key) {
            return known.clone();
        }
        let by = self.tagged_by(action, tag).map(Rc::new);
        self.tagging.borrow_mut().insert(key, by.clone());
        by
    }

    fn tagged_by(&self, action: Action<'a>, tag: &str) -> Option<String> {
        let writes = |facts: &&ActionFacts| facts.levels.contains(Level::Tagging) && !takes_off(&facts.name);
        let mut tagging = action.service.actions.iter().filter(writes);
        tagging.find_map(|facts| {
            let name = format!("{}:{}", action.service.prefix, facts.name);
            let writing = self.catalog.action(&name)?;
            let is_free = |allowed: &Allowed<'a>| {
                allowed.statement.action.applies_to(&name)
                    && is_everything(allowed.statement.resource.as_ref(), writing, self.formats)
                    && allowed.statement.condition.iter().all(|condition| {
                        guard(condition, Whom::Holder(self.now)) == Guard::None && may_write(condition, tag)
                    })
            };
            (self.allows.iter().any(is_free) && self.may_tag(writing)).then_some(name)
        })
    }

    /// Whether nothing that looks at tags stands in the way.
    fn may_tag(&self, writing: Action<'_>) -> bool {
        if !self.is_limited(writing) {
            return true;
        }
        let Some(reach) = self.reach(writing) else { return false };
        let limits = reach.limits.iter().flat_map(|limit| &limit.allows);
        let mut conditions = reach.denies.iter().chain(limits).flat_map(|grant| &grant.conditions);
        !conditions.any(|condition| condition.key.to_ascii_lowercase().contains("tag"))
    }
}

/// Actions about which the same statements have a say and that are asked on the same: the policies come to the same for all
/// of them.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Kin {
    /// The numbers of the statements, of all layers; only of those that allow where `denying` has the others.
    applying: Vec<usize>,
    denying: Option<Vec<usize>>,
    /// The region of all requests, where that matters.
    region: Option<&'static str>,
    /// The address of the service; none of actions that are on no resource.
    service: usize,
    /// The types of resources, and whether each call is on one.
    on: Vec<(String, bool)>,
}

/// Whether no request for the action meets the statement's conditions on the tags that are sent.
fn is_never_sent(allowed: &Allowed<'_>, action: Action<'_>) -> bool {
    allowed.statement.condition.iter().any(|condition| is_never_met(condition, &action))
}

/// Whether the condition is about the region of the request.
pub(super) fn is_region(condition: &Condition) -> bool {
    condition.key.eq_ignore_ascii_case("aws:RequestedRegion")
}

/// Whether a request that is made to this region meets the condition.
fn in_region(condition: &Condition, region: &str) -> Option<bool> {
    holds(condition, "anybody", &called_in(&Context::new(), region))
}

/// What is known of a call in this region.
fn called_in(known: &Context, region: &str) -> Context {
    let mut context = known.clone();
    context.insert("aws:RequestedRegion", region);
    context
}

/// Whether the action takes tags off and writes none.
fn takes_off(name: &str) -> bool {
    ["Untag", "Remove", "Delete"].iter().any(|verb| name.starts_with(verb))
}

/// What the conditions of a statement are worth.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Those that ask who and from where.
    only: Vec<String>,
    /// Those that seem to limit what is reached, and do not.
    almost: Vec<String>,
}

impl Kept {
    fn power<'a>(&self, action: Action<'a>) -> Power<'a> {
        Power { action, only: self.only.clone(), almost: self.almost.clone(), minor: false }
    }
}

fn denial(deny: &Grant) -> String {
    let (element, patterns) = match &deny.resources {
        ResourceBlock::Resource(patterns) => ("on", patterns),
        ResourceBlock::NotResource(patterns) => ("on all but", patterns),
    };
    let patterns: Vec<&str> = patterns.iter().map(|pattern| pattern.as_str()).collect();
    let mut text = format!(
        "{} denies it {element} {}",
        place(&deny.statement, deny.level.as_deref()),
        patterns.join(", ")
    );
    for (number, condition) in deny.conditions.iter().enumerate() {
        text.push_str(if number == 0 { " when " } else { " and " });
        text.push_str(&told(condition));
    }
    text
}

/// A statement in words.
fn place(statement: &StatementRef, level: Option<&str>) -> String {
    let which = match &statement.sid {
        Some(sid) => format!("`{sid}`"),
        None => format!("statement {}", statement.index),
    };
    match (statement.layer, level) {
        (Layer::Identity, _) => format!("{which} of `{}`", statement.document),
        (layer, Some(level)) => {
            format!("{which} of `{}` ({} at {level})", statement.document, layer.as_str())
        }
        (layer, None) => format!("{which} of `{}` ({})", statement.document, layer.as_str()),
    }
}
