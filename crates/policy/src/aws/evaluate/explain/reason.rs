//! What each statement says to a request, and what of it does not match.

use super::super::caller::Caller;
use super::super::decide::{Case, Denial};
use super::super::question::Question;
use super::super::say::Voice;
use super::super::truth::{Keys, Truth};
use super::super::{Layer, PolicySet, Request, StatementRef, Verdict};
use crate::aws::{Effect, Policy, PrincipalBlock, PrincipalSet, ResourceBlock, Statement};

/// What a layer, or one level of the organisation, says for itself.
#[derive(Debug, Clone)]
pub struct LayerReasons {
    /// The layer.
    pub layer: Layer,
    /// The level of the organisation.
    pub level: Option<String>,
    /// Its answer, as if it were the only one.
    pub verdict: Verdict,
    /// The statements that are about the action, in the order of the documents.
    pub statements: Vec<StatementReasons>,
    /// How many statements are about other actions.
    pub others: usize,
}

/// What a statement says.
#[derive(Debug, Clone)]
pub struct StatementReasons {
    /// Which one.
    pub statement: StatementRef,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Whether it applies.
    pub applies: Applies,
    /// Everything that does not match, or perhaps does not; none when it applies.
    pub reasons: Vec<Reason>,
}

/// Whether a statement applies to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It hangs on keys that are not known.
    Perhaps,
}

/// A part of a statement that does not match, or perhaps does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is about others.
    Principal {
        /// The element: `Principal`, `NotPrincipal`.
        element: &'static str,
        /// Whom it names.
        names: Vec<String>,
        /// The keys that would decide, when it perhaps matches.
        keys: Vec<String>,
    },
    /// It is about other resources.
    Resource {
        /// The element: `Resource`, `NotResource`.
        element: &'static str,
        /// What it names.
        patterns: Vec<String>,
        /// The keys that would decide, when it perhaps matches.
        keys: Vec<String>,
    },
    /// A condition does not hold.
    Condition {
        /// The operator, as IAM spells it.
        operator: String,
        /// The key, as the document spells it.
        key: String,
        /// What it is compared with.
        values: Vec<String>,
        /// The values that the request has, none when it has no such key; nothing when that is not known.
        found: Option<Vec<String>>,
        /// The keys that would decide, when it perhaps holds.
        keys: Vec<String>,
    },
}

impl Reason {
    /// Whether it perhaps matches: it hangs on keys that are not known.
    pub fn is_open(&self) -> bool {
        match self {
            Reason::Principal { keys, .. }
            | Reason::Resource { keys, .. }
            | Reason::Condition { keys, .. } => !keys.is_empty(),
        }
    }
}

impl Applies {
    /// `yes`, `no` or `perhaps`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Applies::Yes => "yes",
            Applies::No => "no",
            Applies::Perhaps => "perhaps",
        }
    }
}

impl From<Truth> for Applies {
    fn from(truth: Truth) -> Applies {
        match truth {
            Truth::True => Applies::Yes,
            Truth::False => Applies::No,
            Truth::Unknown => Applies::Perhaps,
        }
    }
}

/// Every layer that has a say, in the order in which they are asked.
pub(super) fn layers(set: &PolicySet, request: &Request<'_>) -> Vec<LayerReasons> {
    let caller = Caller::new(request.principal, request.context, set.session.is_some());
    let question = Question::new(request, &caller);
    let case = Case::new(set, &caller, &question);
    case.voices().into_iter().map(|voice| layer(&case, voice)).collect()
}

fn layer<'a>(case: &Case<'a>, voice: Voice<'a>) -> LayerReasons {
    let mut denials: Vec<Denial<'a>> = Vec::new();
    let verdict = match case.deny(0, voice, &mut denials) {
        Some(_) => Verdict::ExplicitDeny,
        None => {
            let denials: Vec<_> = denials.into_iter().map(|(_, undecided)| undecided).collect();
            case.say(voice).answer(voice, &denials).verdict
        }
    };
    let (mut statements, mut others) = (Vec::new(), 0);
    for (policy, place) in voice.statements() {
        match statement(case, voice.layer, policy, place.statement()) {
            Some((applies, reasons)) => {
                let effect = place.statement().effect;
                statements.push(StatementReasons { statement: place.to_ref(), effect, applies, reasons });
            }
            None => others += 1,
        }
    }
    LayerReasons { layer: voice.layer, level: voice.level.map(str::to_owned), verdict, statements, others }
}

/// Whether the statement applies and why not; none when it is about other actions.
fn statement(
    case: &Case<'_>,
    layer: Layer,
    policy: &Policy,
    statement: &Statement,
) -> Option<(Applies, Vec<Reason>)> {
    let own = match statement.effect {
        Effect::Allow => layer == Layer::Resource,
        Effect::Deny => matches!(layer, Layer::Resource | Layer::Endpoint | Layer::ResourceControl),
    };
    let parts = case.question.parts(statement, policy.version, own)?;
    let mut reasons = Vec::new();
    let mut all = Truth::True;
    let mut note = |truth: Truth, reason: &dyn Fn() -> Reason| {
        match (truth, all) {
            (Truth::True, _) => return,
            (Truth::False, _) | (_, Truth::False) => all = Truth::False,
            (Truth::Unknown, _) => all = Truth::Unknown,
        }
        reasons.push(reason());
    };
    let mut keys = Keys::wanted();
    let about = case.is_about(layer, statement, &mut keys);
    let keys = keys.into_vec();
    note(about, &|| principal(statement, keys.clone()));
    let (truth, keys) = &parts.resource;
    note(*truth, &|| resource(statement, keys.clone()));
    for (condition, (truth, keys, found)) in statement.condition.iter().zip(&parts.conditions) {
        note(*truth, &|| Reason::Condition {
            operator: condition.operator.to_string(),
            key: condition.key.clone(),
            values: condition.values.clone(),
            found: found.clone(),
            keys: keys.clone(),
        });
    }
    Some((all.into(), reasons))
}

fn principal(statement: &Statement, keys: Vec<String>) -> Reason {
    let (element, set) = match &statement.principal {
        Some(PrincipalBlock::Principal(set)) => ("Principal", Some(set)),
        Some(PrincipalBlock::NotPrincipal(set)) => ("NotPrincipal", Some(set)),
        None => ("Principal", None),
    };
    let names = match set {
        Some(PrincipalSet::Everyone) => vec!["*".to_owned()],
        Some(PrincipalSet::ByKind(kinds)) => kinds.iter().flat_map(|(_, names)| names.clone()).collect(),
        None => Vec::new(),
    };
    Reason::Principal { element, names, keys }
}

fn resource(statement: &Statement, keys: Vec<String>) -> Reason {
    let (element, patterns) = match &statement.resource {
        Some(ResourceBlock::Resource(patterns)) => ("Resource", patterns.as_slice()),
        Some(ResourceBlock::NotResource(patterns)) => ("NotResource", patterns.as_slice()),
        None => ("Resource", &[][..]),
    };
    let patterns = patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect();
    Reason::Resource { element, patterns, keys }
}
