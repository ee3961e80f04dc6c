//! Does this set of policies allow this request, and by which statements?
//!
//! An explicit `Deny` anywhere wins; otherwise each layer that exists must allow:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>. The layers here are
//! the identity policies and the permissions boundary.
//!
//! What is not known stays unknown: when the answer hangs on keys that the context does not give, it is
//! [`Verdict::Depends`] and names them. A `Deny` that might apply is never overlooked.
//!
//! A resource may be a [pattern](ResourceRef::Pattern). Then one single `Allow` must cover all of it: several
//! statements that cover it only together do not count. A `Deny` counts as soon as it touches any of it.

mod condition;
mod context;
mod matcher;
mod truth;

use super::resource::Ask;
use super::{Effect, Named, Policy, ResourceBlock, ResourcePattern, Statement, Version};
use crate::arn::ArnTarget;

pub(super) use condition::Test;
pub use context::{Context, IntoValues, PrincipalRef};
pub(super) use context::{Facts, Single};
pub(super) use truth::Truth;
use truth::{all, any};

/// Changes whenever an answer of [`evaluate`] may change.
pub const EVALUATOR_VERSION: &str = "1";

/// Everything that has a say in a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicySet {
    /// The principal's identity policies: attached, inline, through groups.
    pub identity: Vec<Named<Policy>>,
    /// The permissions boundary, when the principal has one. An empty one allows nothing.
    pub boundary: Option<Vec<Named<Policy>>>,
}

/// Which say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// The principal's identity policies.
    Identity,
    /// The permissions boundary.
    Boundary,
}

/// One request, or all requests that differ in nothing but the resource.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: PrincipalRef<'a>,
    /// For what: `s3:GetObject`, in any case, without wildcards.
    pub action: &'a str,
    /// On what.
    pub resource: ResourceRef<'a>,
    /// Under which circumstances.
    pub context: &'a Context,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceRef<'a> {
    /// One resource by its ARN; `*` for an action that has no resource. Wildcards in it are plain characters.
    Exact(&'a str),
    /// Every ARN that the pattern matches: an `Allow` must cover all of it, a `Deny` counts when it touches any.
    Pattern(&'a str),
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Every layer allows, and nothing can deny.
    Allowed,
    /// A `Deny` applies.
    ExplicitDeny,
    /// Some layer does not allow.
    ImplicitDeny,
    /// Not decidable without keys that the context does not give.
    Depends,
}

/// The answer with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The answer.
    pub verdict: Verdict,
    /// The statements that made it: for [`Verdict::Allowed`] the first of each layer that allows, for
    /// [`Verdict::ExplicitDeny`] the first that denies, for [`Verdict::Depends`] all that are undecided; none for
    /// [`Verdict::ImplicitDeny`].
    pub by: Vec<StatementRef>,
    /// For [`Verdict::Depends`]: the keys, in lower case, that are not known and might decide it.
    pub missing_keys: Vec<String>,
    /// For [`Verdict::ImplicitDeny`]: the layer that does not allow.
    pub silent: Option<Layer>,
}

/// A statement of a [`PolicySet`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// The layer it belongs to.
    pub layer: Layer,
    /// The name of its document.
    pub document: String,
    /// Its place in the document, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// Answers `request` from `set`.
pub fn evaluate(set: &PolicySet, request: &Request<'_>) -> Evaluation {
    let question = Question::new(request);
    let mut tally = Tally::default();
    for (layer, documents) in set.layers() {
        if let Err(denier) = tally.add(layer, documents, &question) {
            return Evaluation::new(Verdict::ExplicitDeny, vec![denier]);
        }
    }
    tally.conclude()
}

impl PolicySet {
    /// Identity policies without a boundary.
    pub fn of_identity(identity: Vec<Named<Policy>>) -> PolicySet {
        PolicySet { identity, boundary: None }
    }

    /// The layers that exist, each with its documents.
    fn layers(&self) -> impl Iterator<Item = (Layer, &[Named<Policy>])> {
        let boundary = self.boundary.as_deref().map(|documents| (Layer::Boundary, documents));
        std::iter::once((Layer::Identity, &*self.identity)).chain(boundary)
    }
}

impl Verdict {
    /// `allowed`, `explicit deny`, `implicit deny` or `depends`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Allowed => "allowed",
            Verdict::ExplicitDeny => "explicit deny",
            Verdict::ImplicitDeny => "implicit deny",
            Verdict::Depends => "depends",
        }
    }
}

impl Layer {
    /// How people call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Layer::Identity => "identity policies",
            Layer::Boundary => "permissions boundary",
        }
    }
}

impl Evaluation {
    fn new(verdict: Verdict, by: Vec<StatementRef>) -> Evaluation {
        Evaluation { verdict, by, missing_keys: Vec::new(), silent: None }
    }
}

/// A request, made ready.
struct Question<'a> {
    /// In lower case.
    action: String,
    target: ArnTarget<'a>,
    facts: Facts<'a>,
}

/// What the layers said so far, none of them having denied.
#[derive(Default)]
struct Tally {
    allowed: Vec<StatementRef>,
    undecided: Vec<Undecided>,
    silent: Option<Layer>,
}

/// A statement that applies or not, depending on these keys.
struct Undecided {
    statement: StatementRef,
    keys: Vec<String>,
}

impl Tally {
    /// Asks one layer; a statement that denies is the error.
    fn add(
        &mut self,
        layer: Layer,
        documents: &[Named<Policy>],
        question: &Question<'_>,
    ) -> Result<(), StatementRef> {
        let mut allowed = None;
        let mut might_allow = Vec::new();
        for document in documents {
            for (index, statement) in document.policy.statements.iter().enumerate() {
                if statement.effect == Effect::Allow && allowed.is_some() {
                    continue;
                }
                let mut keys = Vec::new();
                let applies = question.applies(statement, document.policy.version, &mut keys);
                if applies == Truth::False {
                    continue;
                }
                let sid = statement.sid.clone();
                let place = StatementRef { layer, document: document.name.clone(), index, sid };
                match (statement.effect, applies) {
                    (Effect::Deny, Truth::True) => return Err(place),
                    (Effect::Deny, _) => self.undecided.push(Undecided { statement: place, keys }),
                    (Effect::Allow, Truth::True) => allowed = Some(place),
                    (Effect::Allow, _) => might_allow.push(Undecided { statement: place, keys }),
                }
            }
        }
        match allowed {
            Some(statement) => self.allowed.push(statement),
            None if might_allow.is_empty() => self.silent = self.silent.or(Some(layer)),
            None => self.undecided.extend(might_allow),
        }
        Ok(())
    }

    fn conclude(self) -> Evaluation {
        if self.silent.is_some() {
            return Evaluation { silent: self.silent, ..Evaluation::new(Verdict::ImplicitDeny, Vec::new()) };
        }
        if self.undecided.is_empty() {
            return Evaluation::new(Verdict::Allowed, self.allowed);
        }
        let mut missing_keys = Vec::new();
        let mut by = Vec::new();
        for undecided in self.undecided {
            missing_keys.extend(undecided.keys);
            by.push(undecided.statement);
        }
        missing_keys.sort_unstable();
        missing_keys.dedup();
        Evaluation { missing_keys, ..Evaluation::new(Verdict::Depends, by) }
    }
}

impl<'a> Question<'a> {
    fn new(request: &Request<'a>) -> Question<'a> {
        let target = match request.resource {
            ResourceRef::Exact(text) => ArnTarget::exact(text),
            ResourceRef::Pattern(text) => ArnTarget::pattern(text),
        };
        let facts = Facts::new(request.context, request.principal);
        Question { action: request.action.to_ascii_lowercase(), target, facts }
    }

    /// Whether `statement` applies. Cheap tests first; keys are left in `keys` only when the answer is unknown.
    fn applies(&self, statement: &Statement, version: Version, keys: &mut Vec<String>) -> Truth {
        if !statement.action.applies_to_folded(&self.action) {
            return Truth::False;
        }
        let resource = self.concerns(statement, version, keys);
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

    /// Whether `statement` is about the target: all of it when it allows, some of it when it denies.
    fn concerns(&self, statement: &Statement, version: Version, keys: &mut Vec<String>) -> Truth {
        let (patterns, excluded) = match &statement.resource {
            Some(ResourceBlock::Resource(patterns)) => (patterns, false),
            Some(ResourceBlock::NotResource(patterns)) => (patterns, true),
            None => return Truth::False,
        };
        let ask = match (statement.effect, excluded) {
            (Effect::Allow, false) => Ask { all: true, valueless: Truth::False },
            (Effect::Deny, false) => Ask { all: false, valueless: Truth::False },
            // An `Allow` for everything but what a variable without a value names is not believed.
            (Effect::Allow, true) => Ask { all: false, valueless: Truth::True },
            (Effect::Deny, true) => Ask { all: true, valueless: Truth::False },
        };
        let answer = |pattern: &ResourcePattern, keys: &mut Vec<String>| {
            pattern.answer(ask, &self.target, version, &self.facts, keys)
        };
        any(patterns, keys, answer).negate_if(excluded)
    }
}
