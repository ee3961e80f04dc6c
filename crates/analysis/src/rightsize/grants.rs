//! Never beyond what was granted: which granted statements allow a row, what they hold it to, and how far a
//! widened resource reaches within them.
//!
//! Only whole statements are compared, one at a time, so the answer errs on the narrow side: a resource that two
//! granted statements cover only together is not widened to.

use leastwise_policy::aws::evaluate::{
    Context, Layer, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::{Conditions, Effect, Named, ResourceBlock, ResourcePattern};

use super::locate::{Kind, Located};
use super::outcome::WideningReason;
use super::scope::{Scope, covers, meet, pattern};
use super::width::Widened;
use crate::replay;
use crate::usage::UsageRow;
use allow::{Allow, open, scope_covers, touches};

pub use as_granted::Standing;
pub use reached::Reached;

mod allow;
mod as_granted;
mod reached;

/// The `Allow` statements of the granted set.
pub(super) struct Grants<'a> {
    set: &'a PolicySet,
    principal: &'a str,
    allows: Vec<Allow<'a>>,
}

/// Which granted statements a place rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Grant {
    /// No granted set was given, or the user wants the place whatever it says.
    Free,
    /// Statements without conditions allow all of it.
    Plain,
    /// Only these statements, with their conditions or for a part of it.
    Held(Vec<usize>),
}

/// Why a row is not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotGrantedBecause {
    /// No identity policy allows it.
    NoStatement,
    /// A `Deny` of the granted set applies.
    Denied,
    /// The boundary does not allow it.
    Boundary,
}

/// A place in the new policy: what it says about resources, with the conditions of the granted statement.
pub(super) struct HeldPlace {
    pub(super) widened: Widened,
    pub(super) statement: Option<usize>,
    /// Whether it reaches less far than was asked.
    pub(super) narrowed: bool,
}

impl<'a> Grants<'a> {
    pub(super) fn new(set: &'a PolicySet, principal: &'a str) -> Grants<'a> {
        let mut allows = Vec::new();
        for Named { name, policy } in &set.identity {
            for statement in policy.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
                allows.push(Allow::new(name, statement, policy.version));
            }
        }
        Grants { set, principal, allows }
    }

    pub(super) fn conditions(&self, statement: usize) -> &Conditions {
        &self.allows[statement].statement.condition
    }

    pub(super) fn document(&self, statement: usize) -> &'a str {
        self.allows[statement].document
    }

    /// Whether some granted statement names the action at all.
    pub(super) fn names(&self, action: &str) -> bool {
        self.allows.iter().any(|allow| allow.statement.action.applies_to(action))
    }

    /// Which statements allow `action` there, in the circumstances of `row`.
    pub(super) fn of(
        &self,
        action: &str,
        place: &Located,
        row: Option<&UsageRow>,
    ) -> Result<Grant, NotGrantedBecause> {
        let context = row.map_or_else(Context::new, replay::context);
        let mut sure = Vec::new();
        let mut maybe = Vec::new();
        for (index, allow) in self.allows.iter().enumerate() {
            let Some((conditions, reach)) = self.answer(allow, action, place, &context) else { continue };
            match (conditions, reach) {
                (Holds::Always, Reach::All) => {
                    self.not_denied(action, place, &context)?;
                    return Ok(Grant::Plain);
                }
                (Holds::Here, Reach::All) => sure.push(index),
                _ => maybe.push(index),
            }
        }
        let held = if sure.is_empty() { maybe } else { sure };
        if held.is_empty() {
            return Err(NotGrantedBecause::NoStatement);
        }
        self.not_denied(action, place, &context)?;
        Ok(Grant::Held(held))
    }

    /// Whether the place was found, and the call as the log shows it is not granted all the same: the log names a resource
    /// that is not what the action is on.
    pub(super) fn contradicts(&self, place: &Located, row: &UsageRow) -> bool {
        let as_shown = || replay::ask(self.set, row).verdict;
        place.reason.is_some()
            && row.resource.is_exact()
            && matches!(as_shown(), Verdict::ImplicitDeny | Verdict::ExplicitDeny)
    }

    fn answer(
        &self,
        allow: &Allow<'_>,
        action: &str,
        place: &Located,
        context: &Context,
    ) -> Option<(Holds, Reach)> {
        if !allow.statement.action.applies_to(action) {
            return None;
        }
        let reach = self.reach(allow, action, place, context)?;
        if allow.statement.condition.is_empty() {
            return Some((Holds::Always, reach));
        }
        match self.ask(&allow.anywhere, action, ResourceRef::Exact("*"), context) {
            Verdict::Allowed => Some((Holds::Here, reach)),
            Verdict::Depends => Some((Holds::Perhaps, reach)),
            Verdict::ImplicitDeny | Verdict::ExplicitDeny => None,
        }
    }

    fn reach(&self, allow: &Allow<'_>, action: &str, place: &Located, context: &Context) -> Option<Reach> {
        let exact = place.reason.is_none() || place.kind == Kind::NoResourceLevel;
        if exact {
            let seen = if place.kind == Kind::NoResourceLevel { "*" } else { &place.seen };
            return match self.ask(&allow.bare, action, ResourceRef::Exact(seen), context) {
                Verdict::Allowed => Some(Reach::All),
                Verdict::Depends => Some(Reach::Part),
                Verdict::ImplicitDeny | Verdict::ExplicitDeny => None,
            };
        }
        if allow.covers(&place.scope) {
            return Some(Reach::All);
        }
        allow.touches(&place.scope).then_some(Reach::Part)
    }

    /// Whether neither a `Deny` nor the boundary surely takes it away. Only asked of one resource at a time: of a
    /// pattern nobody knows which part was meant.
    fn not_denied(&self, action: &str, place: &Located, context: &Context) -> Result<(), NotGrantedBecause> {
        let resource = match (&place.kind, place.reason) {
            (Kind::NoResourceLevel, _) => ResourceRef::Exact("*"),
            (_, None) => ResourceRef::Exact(&place.seen),
            _ => return Ok(()),
        };
        let request = Request { principal: PrincipalRef::new(self.principal), action, resource, context };
        let evaluation = evaluate(self.set, &request);
        match (evaluation.verdict, evaluation.silent) {
            (Verdict::ExplicitDeny, _) => Err(NotGrantedBecause::Denied),
            (Verdict::ImplicitDeny, Some(Layer::Boundary)) => Err(NotGrantedBecause::Boundary),
            _ => Ok(()),
        }
    }

    fn ask(&self, set: &PolicySet, action: &str, resource: ResourceRef<'_>, context: &Context) -> Verdict {
        let request = Request { principal: PrincipalRef::new(self.principal), action, resource, context };
        evaluate(set, &request).verdict
    }

    /// Holds a widened resource to what the statements behind it cover.
    pub(super) fn hold(&self, action: &str, grant: &Grant, widened: Widened) -> Vec<HeldPlace> {
        match grant {
            Grant::Free => vec![HeldPlace { widened, statement: None, narrowed: false }],
            Grant::Plain => {
                let plain: Vec<usize> = (0..self.allows.len())
                    .filter(|index| self.allows[*index].statement.condition.is_empty())
                    .filter(|index| self.allows[*index].statement.action.applies_to(action))
                    .collect();
                self.hold_to(&plain, &widened, None)
            }
            Grant::Held(statements) => statements
                .iter()
                .flat_map(|index| {
                    let conditions = (!self.conditions(*index).is_empty()).then_some(*index);
                    self.hold_to(&[*index], &widened, conditions)
                })
                .collect(),
        }
    }

    fn hold_to(&self, statements: &[usize], widened: &Widened, statement: Option<usize>) -> Vec<HeldPlace> {
        if statements.iter().any(|index| self.allows[*index].covers(&widened.scope)) {
            return vec![HeldPlace { widened: widened.clone(), statement, narrowed: false }];
        }
        let mut places: Vec<Widened> = Vec::new();
        for member in &widened.members {
            if let Some(place) = places.iter_mut().find(|place| scope_covers(&place.scope, &member.scope)) {
                place.members.push(member.clone());
                continue;
            }
            for scope in self.parts(statements, widened, member) {
                match places.iter_mut().find(|place| place.scope == scope) {
                    Some(place) => place.members.push(member.clone()),
                    None => {
                        let reason = reason_for(&scope, widened, member);
                        places.push(Widened { scope, members: vec![member.clone()], reason });
                    }
                }
            }
        }
        let narrowed = widened.scope != Scope::any() || widened.reason == Some(WideningReason::Any);
        places.into_iter().map(|widened| HeldPlace { widened, statement, narrowed }).collect()
    }

    /// The parts of a widened resource that hold `member` and that the statements cover.
    fn parts(&self, statements: &[usize], widened: &Widened, member: &Located) -> Vec<Scope> {
        let Scope::Resource(wide) = &widened.scope else { return vec![member.scope.clone()] };
        let Scope::Resource(own) = &member.scope else { return vec![member.scope.clone()] };
        let exact = member.reason.is_none();
        let mut parts = Vec::new();
        for allow in statements.iter().map(|index| &self.allows[*index]) {
            let texts = match &allow.statement.resource {
                Some(ResourceBlock::Resource(texts)) => texts,
                Some(ResourceBlock::NotResource(texts)) => {
                    let verbatim = texts.iter().map(|text| text.as_str().to_owned()).collect();
                    parts.push(if allow.covers(&member.scope) || exact {
                        member.scope.clone()
                    } else {
                        Scope::NotResource(verbatim)
                    });
                    continue;
                }
                None => continue,
            };
            for text in texts.iter().map(ResourcePattern::as_str) {
                let within = covers(text, own);
                if exact && within {
                    let part = meet(wide, text).filter(|part| covers(part, own));
                    return vec![Scope::Resource(part.unwrap_or_else(|| own.clone()))];
                }
                if !exact && (within || touches(text, own)) {
                    parts.push(Scope::Resource(meet(own, text).unwrap_or_else(|| text.to_owned())));
                } else if exact
                    && pattern(text).is_none()
                    && open(text).is_some_and(|open| open.matches(&member.seen))
                {
                    // A policy variable decides: with a value that the principal has, the ARN itself will do.
                    parts.push(self.variable(allow, text, member));
                }
            }
        }
        parts.sort();
        parts.dedup();
        parts
    }

    fn variable(&self, allow: &Allow<'_>, text: &str, member: &Located) -> Scope {
        let action = allow.statement.action.patterns().first().map_or("*", |action| action.as_str());
        match self.ask(&allow.bare, action, ResourceRef::Exact(&member.seen), &Context::new()) {
            Verdict::Allowed => member.scope.clone(),
            _ => Scope::Resource(text.to_owned()),
        }
    }
}

/// Why a part of a widened resource covers more than its member, if it does.
fn reason_for(scope: &Scope, widened: &Widened, member: &Located) -> Option<WideningReason> {
    if *scope == member.scope {
        return member.reason;
    }
    match widened.reason {
        Some(reason) if member.reason.is_none() => Some(reason),
        _ => Some(WideningReason::GrantedResource),
    }
}

/// Whether the conditions of a statement hold.
enum Holds {
    Always,
    Here,
    Perhaps,
}

/// Whether a statement reaches all of a place.
enum Reach {
    All,
    Part,
}
