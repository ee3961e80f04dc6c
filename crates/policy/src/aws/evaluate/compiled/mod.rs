//! A policy set that is made ready once and then only decides: for gateways and replays, which ask millions of times.
//!
//! The rules are those of [`evaluate`](super::evaluate): both walk the same order of layers and ask the same
//! statements, but here an index says which statements a request can concern at all, and no reasons are kept. Nothing is
//! allocated while deciding, save for federated users, for names of unusual length, and for resource patterns that meet
//! policy variables.
//!
//! INVARIANT: [`Compiled::decide`] gives the verdict of [`evaluate`](super::evaluate). The tests that hold the evaluator
//! against its reference hold this against the evaluator.

mod actions;
mod index;
mod prefixes;

use super::caller::{Caller, Grant};
use super::decide::Case;
use super::question::Question;
use super::scope::ResourceSays;
use super::truth::{Keys, Truth};
use super::{Evaluation, Layer, PolicySet, Request, ResourceRef, Verdict, evaluate};
use crate::aws::{Effect, Named, Policy, Statement, Version};
use actions::{Actions, Number};
use index::{Candidates, Index};
use smallvec::SmallVec;
use std::borrow::Cow;

/// A policy set, ready to decide.
#[derive(Debug)]
pub struct Compiled {
    set: PolicySet,
    actions: Actions,
    voices: Vec<Voice>,
}

/// A layer, or a level of one, with its statements and where to look for them.
#[derive(Debug)]
struct Voice {
    layer: Layer,
    /// Of grants: the account that issued them.
    issuer: Option<String>,
    rules: Vec<Rule>,
    allows: Index,
    denies: Index,
}

/// A statement, in the language of its document.
#[derive(Debug, Clone)]
struct Rule {
    version: Version,
    statement: Statement,
}

impl Compiled {
    /// Makes `set` ready.
    pub fn new(set: PolicySet) -> Compiled {
        let layers = layers(&set);
        let statements =
            layers.iter().flat_map(|(_, documents)| *documents).flat_map(|one| &one.policy.statements);
        let grants = set.resource.iter().flat_map(|side| &side.grants).flat_map(|issued| &issued.grants);
        let granted = grants.flat_map(|one| &one.policy.statements);
        let actions = Actions::of(statements.chain(granted));
        let mut voices: Vec<Voice> =
            layers.iter().map(|(layer, documents)| Voice::new(*layer, documents, &actions)).collect();
        for issued in set.resource.iter().flat_map(|side| &side.grants) {
            let issuer = Some(issued.issuer.clone());
            voices.push(Voice { issuer, ..Voice::new(Layer::Grant, &issued.grants, &actions) });
        }
        Compiled { set, actions, voices }
    }

    /// The policies that it was made from.
    pub fn policies(&self) -> &PolicySet {
        &self.set
    }

    /// The answer to `request` with its reasons, which takes its time.
    pub fn evaluate(&self, request: &Request<'_>) -> Evaluation {
        evaluate(&self.set, request)
    }

    /// The answer to `request`.
    pub fn decide(&self, request: &Request<'_>) -> Verdict {
        let caller = Caller::new(request.principal, request.context, self.set.session.is_some());
        let mut folded: SmallVec<[u8; 96]> = SmallVec::from_slice(request.action.as_bytes());
        folded.make_ascii_lowercase();
        let action = std::str::from_utf8(&folded).unwrap_or_default();
        let number = self.actions.find(action);
        let question = Question::of(request, Cow::Borrowed(action), &caller);
        let case = Case::new(&self.set, &caller, &question);
        let target = match request.resource {
            ResourceRef::Exact(text) => Some(text),
            ResourceRef::Pattern(_) => None,
        };
        Decision { compiled: self, case: &case, number, target }.verdict()
    }
}

/// Every layer with its documents, whether it has a say or not; each level of the organisation for itself.
fn layers(set: &PolicySet) -> Vec<(Layer, &[Named<Policy>])> {
    let mut layers = Vec::new();
    for (layer, path) in
        [(Layer::ResourceControl, &set.resource_control), (Layer::ServiceControl, &set.service_control)]
    {
        layers.extend(path.iter().flat_map(|path| &path.levels).map(|level| (layer, &*level.policies)));
    }
    layers.extend(set.resource.as_ref().map(|side| (Layer::Resource, &*side.policies)));
    layers.push((Layer::Identity, &set.identity));
    let limits =
        [(Layer::Boundary, &set.boundary), (Layer::Session, &set.session), (Layer::Endpoint, &set.endpoint)];
    layers.extend(limits.iter().filter_map(|(layer, documents)| Some((*layer, documents.as_deref()?))));
    layers
}

impl Voice {
    fn new(layer: Layer, documents: &[Named<Policy>], actions: &Actions) -> Voice {
        let mut rules = Vec::new();
        for Named { policy, .. } in documents {
            let version = policy.version;
            rules.extend(
                policy.statements.iter().map(|statement| Rule { version, statement: statement.clone() }),
            );
        }
        let allows = Index::new(&rules, Effect::Allow, actions);
        let denies = Index::new(&rules, Effect::Deny, actions);
        Voice { layer, issuer: None, rules, allows, denies }
    }
}

/// One request on its way.
struct Decision<'d> {
    compiled: &'d Compiled,
    case: &'d Case<'d>,
    /// What is known of the action.
    number: Number,
    /// The resource, unless it is a pattern.
    target: Option<&'d str>,
}

impl Decision<'_> {
    fn verdict(&self) -> Verdict {
        let mut denied = Truth::False;
        for voice in self.voices() {
            denied = denied.max(self.denies(voice));
            if denied == Truth::True {
                return Verdict::ExplicitDeny;
            }
        }
        // The resource policy and grants are asked by `granted`.
        let asked = self.voices().filter(|voice| !matches!(voice.layer, Layer::Resource | Layer::Grant));
        let says = asked.map(|voice| (voice.layer, self.says(voice)));
        // A federated user to whose session no policy was passed: see `Case::session`.
        let limited = self.compiled.set.session.is_none() && self.case.caller.federated_user().is_some();
        let none_passed = limited.then_some((Layer::Session, Truth::False));
        let kept_out = self.case.is_kept_out.then_some((Layer::PublicAccess, Truth::False));
        let says = says.chain(none_passed).chain(kept_out);
        let allowed = self.case.add_up(says, |reach| self.granted(reach), || self.trusted());
        match (allowed, denied) {
            (Truth::False, _) => Verdict::ImplicitDeny,
            (Truth::True, Truth::False) => Verdict::Allowed,
            (Truth::True | Truth::Unknown, _) => Verdict::Depends,
        }
    }

    /// Those that have a say in this request.
    fn voices(&self) -> impl Iterator<Item = &Voice> {
        let resource_control = self.case.resource_control.is_some();
        let service_control = self.case.service_control.is_some();
        self.compiled.voices.iter().filter(move |voice| match voice.layer {
            Layer::ResourceControl => resource_control,
            Layer::ServiceControl => service_control,
            Layer::Resource => self.case.resource_says != ResourceSays::Nothing,
            _ => true,
        })
    }

    fn denies(&self, voice: &Voice) -> Truth {
        let names_principals =
            matches!(voice.layer, Layer::Resource | Layer::Endpoint | Layer::ResourceControl);
        self.any(voice, &voice.denies, names_principals, |statement, keys| {
            self.case.is_about(voice.layer, statement, keys)
        })
    }

    fn says(&self, voice: &Voice) -> Truth {
        if let Some(fixed) = self.case.without_identity_policies(voice.layer) {
            return fixed;
        }
        self.any(voice, &voice.allows, false, |statement, keys| {
            self.case.is_about(voice.layer, statement, keys)
        })
    }

    fn granted(&self, reach: Grant) -> Truth {
        let mut answer = Truth::False;
        for voice in &self.compiled.voices {
            if matches!(voice.layer, Layer::Resource | Layer::Grant) && answer != Truth::True {
                answer = answer.max(self.granted_by(voice, reach));
            }
        }
        answer
    }

    fn trusted(&self) -> Truth {
        let issuer = |voice: &&Voice| self.case.is_trusted(voice.layer, voice.issuer.as_deref());
        let issued = self.compiled.voices.iter().filter(issuer);
        issued.map(|voice| self.granted_by(voice, Grant::Limited)).max().unwrap_or(Truth::False)
    }

    fn granted_by(&self, voice: &Voice, reach: Grant) -> Truth {
        let own = voice.layer == Layer::Resource;
        self.any(voice, &voice.allows, own, |statement, keys| {
            self.case.is_granted(voice.layer, statement, reach, keys)
        })
    }

    /// Whether one of the statements that the index names applies, and is about the caller.
    fn any(
        &self,
        voice: &Voice,
        index: &Index,
        own: bool,
        is_about: impl Fn(&Statement, &mut Keys) -> Truth,
    ) -> Truth {
        let mut keys = Keys::unwanted();
        let mut answer = Truth::False;
        let mut ask = |number: u32| {
            let Rule { version, statement } = &voice.rules[number as usize];
            let about = is_about(statement, &mut keys);
            if about != Truth::False {
                let applies = match self.number {
                    Number::Named(_) => {
                        self.case.question.applies_otherwise(statement, *version, own, &mut keys)
                    }
                    _ => self.case.question.applies(statement, *version, own, &mut keys),
                };
                answer = answer.max(about.min(applies));
            }
            answer == Truth::True
        };
        match index.candidates(self.number) {
            Candidates::Few(numbers) => {
                let _ = numbers.iter().any(|number| ask(*number));
            }
            Candidates::Many(numbers, prefixes) => match self.target {
                Some(target) => prefixes.any(target, &mut ask),
                None => {
                    let _ = numbers.iter().any(|number| ask(*number));
                }
            },
        }
        answer
    }
}
