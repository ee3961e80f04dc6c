//! Whether one statement applies to a request.

use super::caller::Caller;
use super::context::Facts;
use super::truth::{Keys, Truth, all, any};
use super::{Request, ResourceRef, Test};
use crate::arn::ArnTarget;
use crate::aws::resource::Ask;
use crate::aws::{Effect, ResourceBlock, ResourcePattern, Statement, Version};
use std::borrow::Cow;

/// A request, made ready.
pub(super) struct Question<'a> {
    /// In lower case.
    pub(super) action: Cow<'a, str>,
    target: ArnTarget<'a>,
    facts: Facts<'a>,
}

/// Whether a statement about the action applies, part by part.
pub(super) struct Parts {
    pub(super) resource: (Truth, Vec<String>),
    /// In the order of the document: the answer, the keys it hangs on, the values of the key, if it is known.
    pub(super) conditions: Vec<(Truth, Vec<String>, Option<Vec<String>>)>,
}

impl<'a> Question<'a> {
    pub(super) fn new(request: &Request<'a>, caller: &'a Caller<'_>) -> Question<'a> {
        Question::of(request, request.action.to_ascii_lowercase().into(), caller)
    }

    /// The same with the action in lower case.
    pub(super) fn of(request: &Request<'a>, action: Cow<'a, str>, caller: &'a Caller<'_>) -> Question<'a> {
        let target = match request.resource {
            ResourceRef::Exact(text) => ArnTarget::exact(text),
            ResourceRef::Pattern(text) => ArnTarget::pattern(text),
        };
        let facts = Facts::new(request.context, request.principal, caller.federated());
        Question { action, target, facts }
    }

    /// The partition of the resource, when its ARN says one.
    pub(super) fn partition(&self) -> Option<&str> {
        self.target.partition()
    }

    /// Whether the resource is a service-linked role.
    pub(super) fn is_of_service_linked_role(&self) -> bool {
        let parts = if let ArnTarget::Exact(text, _) = self.target { crate::arn::parts(text) } else { None };
        matches!(parts, Some([_, "iam", _, _, resource]) if resource.starts_with("role/aws-service-role/"))
    }

    /// Whether `statement` applies. Cheap tests first; keys are left in `keys` only when the answer is unknown.
    /// A statement without `Resource` is about the resource it hangs on, when it is the target's `own`.
    pub(super) fn applies(
        &self,
        statement: &Statement,
        version: Version,
        own: bool,
        keys: &mut Keys,
    ) -> Truth {
        if !statement.action.applies_to_folded(&self.action) {
            return Truth::False;
        }
        self.applies_otherwise(statement, version, own, keys)
    }

    /// Whether `statement`, which is about the action, applies.
    pub(super) fn applies_otherwise(
        &self,
        statement: &Statement,
        version: Version,
        own: bool,
        keys: &mut Keys,
    ) -> Truth {
        let resource = self.concerns(statement, version, own, keys);
        if resource == Truth::False {
            return Truth::False;
        }
        let tests = statement.condition.tests();
        match (resource, all(tests, keys, |test, keys| test.holds(version, &self.facts, keys))) {
            (_, Truth::False) => Truth::False,
            (Truth::True, condition) => condition,
            (_, _) => Truth::Unknown,
        }
    }

    /// Whether `statement` applies, part by part, each with the keys that its answer hangs on; none when it is about other
    /// actions.
    pub(super) fn parts(&self, statement: &Statement, version: Version, own: bool) -> Option<Parts> {
        if !statement.action.applies_to_folded(&self.action) {
            return None;
        }
        let mut keys = Keys::wanted();
        let resource = self.concerns(statement, version, own, &mut keys);
        let test = |test: &Test| {
            let mut keys = Keys::wanted();
            (
                test.holds(version, &self.facts, &mut keys),
                keys.into_vec(),
                self.facts.find(test.key()).to_vec(),
            )
        };
        Some(Parts {
            resource: (resource, keys.into_vec()),
            conditions: statement.condition.tests().iter().map(test).collect(),
        })
    }

    /// Whether `statement` is about the target: all of it when it allows, some of it when it denies.
    fn concerns(&self, statement: &Statement, version: Version, own: bool, keys: &mut Keys) -> Truth {
        let (patterns, excluded) = match &statement.resource {
            Some(ResourceBlock::Resource(patterns)) => (patterns, false),
            Some(ResourceBlock::NotResource(patterns)) => (patterns, true),
            // A trust policy is about the role it belongs to, a repository policy about its repository.
            None => return Truth::from(own),
        };
        let ask = match (statement.effect, excluded) {
            (Effect::Allow, false) => Ask { all: true, valueless: Truth::False },
            (Effect::Deny, false) => Ask { all: false, valueless: Truth::False },
            // An `Allow` for everything but what a variable without a value names is not believed.
            (Effect::Allow, true) => Ask { all: false, valueless: Truth::True },
            (Effect::Deny, true) => Ask { all: true, valueless: Truth::False },
        };
        let answer = |pattern: &ResourcePattern, keys: &mut Keys| {
            pattern.answer(ask, &self.target, version, &self.facts, keys)
        };
        any(patterns, keys, answer).negate_if(excluded)
    }
}
