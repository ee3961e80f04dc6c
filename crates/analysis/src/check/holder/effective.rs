//! What a holder really has of what its statements allow: with every `Deny`, the boundary and the organisation's
//! policies taken into account, each of them only as far as it surely takes something away.

use std::rc::Rc;

use leastwise_catalog::Action;
use leastwise_policy::aws::evaluate::{Context, Layer, PrincipalRef, StatementRef};
use leastwise_policy::aws::{ResourceBlock, Statement};

use super::breadth::is_everything;
use super::guard::{Guard, guard, told};
use super::{Allowed, Holder, Use};
use crate::check::formats::Formats;
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
}

/// No more actions of one statement than these are asked about where something takes away; so many are found that more
/// would say nothing new.
const ENOUGH: usize = 12;
/// No more are asked about at all for what is reached anywhere.
const MOST: usize = 2_000;

impl<'a> Holder<'a> {
    /// The actions of this use that the statement lets the holder do on everything that there is, at most a dozen where
    /// something else has a say; and how many the statement names.
    pub fn powers(&self, allowed: &Allowed<'a>, wanted: Use) -> Vec<Power<'a>> {
        if !allowed.uses.contains(wanted) {
            return Vec::new();
        }
        let of = allowed.actions.iter().filter(|one| one.everywhere && one.uses.contains(wanted));
        let mut wide = of.map(|one| one.action).peekable();
        if wide.peek().is_none() {
            return Vec::new();
        }
        let Some(only) = conditions(allowed) else { return Vec::new() };
        let mut asked = 0;
        let mut powers = Vec::new();
        for action in wide {
            if !self.is_limited(action) {
                powers.push(Power { action, only: only.clone(), almost: Vec::new() });
            } else if asked < ENOUGH
                && let Some(power) = self.left(action, allowed, &only)
            {
                asked += 1;
                powers.push(power);
            }
        }
        powers
    }

    /// The actions of this use that the statement lets the holder do somewhere, on whatever resources.
    pub fn powers_anywhere(&self, allowed: &Allowed<'a>, wanted: Use) -> Vec<Power<'a>> {
        if !allowed.uses.contains(wanted) {
            return Vec::new();
        }
        let actions = allowed.actions.iter().filter(|one| one.uses.contains(wanted)).map(|one| one.action);
        let power = |action| Power { action, only: Vec::new(), almost: Vec::new() };
        let mut asked = 0;
        let mut is_left = |action: &Action<'a>| {
            !self.is_limited(*action) || {
                asked += 1;
                // Whatever is not asked about counts as held.
                asked > MOST || self.reach(*action).is_some()
            }
        };
        actions.filter(|action| is_left(action)).map(power).collect()
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
        {
            return None;
        }
        let only = conditions(allowed)?;
        match self.is_limited(action) {
            false => Some(Power { action, only, almost: Vec::new() }),
            true => self.left(action, allowed, &only),
        }
    }

    /// What is left of an action that the statement allows on everything.
    fn left(&self, action: Action<'a>, allowed: &Allowed<'a>, only: &[String]) -> Option<Power<'a>> {
        let reach = self.reach(action)?;
        let is_here = |grant: &&Grant| {
            grant.statement.document == allowed.document && grant.statement.index == allowed.index
        };
        reach.allows.iter().find(is_here)?;
        let mut power = Power { action, only: only.to_vec(), almost: Vec::new() };
        for limit in &reach.limits {
            let wide = limit
                .allows
                .iter()
                .filter(|grant| is_everything(Some(&grant.resources), action, self.formats));
            let mut worth: Vec<Vec<String>> = wide.filter_map(|grant| guards(&grant.conditions)).collect();
            worth.sort_by_key(Vec::len);
            // Nothing of the limit lets through everything: what is left is limited.
            power.only.extend(worth.into_iter().next()?);
        }
        for deny in &reach.denies {
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
        let found = self.work_out(action).map(Rc::new);
        self.reaches.borrow_mut().insert(address, found.clone());
        found
    }

    fn work_out(&self, action: Action<'_>) -> Option<Reach> {
        // A deny that leaves nothing is seen without going through all the rest.
        let name = action.full_name();
        let bars = |deny: &Statement| {
            deny.condition.is_empty()
                && deny.principal.is_none()
                && deny.action.applies_to(&name)
                && deny.resource.as_ref().is_some_and(|resources| is_all(resources, action, self.formats))
        };
        if self.denies.iter().any(|deny| bars(deny)) {
            return None;
        }
        // A name that nobody has, for a policy that nobody holds.
        let arn = self.principal.map_or("arn:aws:iam::000000000000:role/holder", |one| one.arn.as_str());
        let reach = reach(self.set(), PrincipalRef::new(arn), action, &Context::new())?;
        let whole =
            |deny: &Grant| deny.conditions.is_empty() && is_all(&deny.resources, action, self.formats);
        (!reach.denies.iter().any(whole)).then_some(reach)
    }
}

/// Whether nothing of the action is outside of these resources.
fn is_all(resources: &ResourceBlock, action: Action<'_>, formats: &Formats<'_>) -> bool {
    matches!(resources, ResourceBlock::Resource(_)) && is_everything(Some(resources), action, formats)
}

/// The conditions of a statement that ask who and from where; none when one of them limits what is reached.
fn conditions(allowed: &Allowed<'_>) -> Option<Vec<String>> {
    let list: Vec<_> = allowed.statement.condition.iter().cloned().collect();
    guards(&list)
}

fn guards(conditions: &[leastwise_policy::aws::Condition]) -> Option<Vec<String>> {
    let mut only = Vec::new();
    for condition in conditions {
        match guard(condition) {
            Guard::None => {}
            Guard::Caller => only.push(told(condition)),
            Guard::Scope => return None,
        }
    }
    Some(only)
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
