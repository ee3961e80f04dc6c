//! The order in which AWS asks the layers, and what each of them must say.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
//! within one account, <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
//! across accounts.

use super::caller::{Caller, Grant};
use super::facts;
use super::question::Question;
use super::say::{Place, Said, Say, Undecided, Voice};
use super::scope::ResourceSays;
use super::truth::{Keys, Truth};
use super::{
    Evaluation, Layer, LayerAnswer, OrganizationPath, PolicySet, Request, ResourceSide, StatementRef, Verdict,
};
use crate::aws::{Effect, Statement};

/// Answers `request` from `set`.
pub fn evaluate(set: &PolicySet, request: &Request<'_>) -> Evaluation {
    let caller = Caller::new(request.principal, request.context, set.session.is_some());
    let question = Question::new(request, &caller);
    let case = Case::new(set, &caller, &question);
    let mut denials = Vec::new();
    let voices = case.voices();
    for (number, voice) in voices.iter().enumerate() {
        if let Some(place) = case.deny(number, *voice, &mut denials) {
            return case.denied(*voice, place);
        }
    }
    let mut layers = Vec::with_capacity(voices.len());
    let say = case.decide(&voices, &denials, &mut layers);
    say.conclude(denials.into_iter().map(|(_, undecided)| undecided).collect(), layers)
}

/// A request with all that decides it.
pub(super) struct Case<'a> {
    pub(super) set: &'a PolicySet,
    pub(super) caller: &'a Caller<'a>,
    pub(super) question: &'a Question<'a>,
    /// The policies of the organisation that have a say in it.
    pub(super) service_control: Option<&'a OrganizationPath>,
    pub(super) resource_control: Option<&'a OrganizationPath>,
    /// What the policy of the resource can say.
    pub(super) resource_says: ResourceSays,
    /// Whether the public access block of a bucket keeps the caller out.
    pub(super) is_kept_out: bool,
}

/// The number of a voice with a statement of it that might deny.
pub(super) type Denial<'a> = (usize, Undecided<'a>);

impl<'a> Case<'a> {
    pub(super) fn new(set: &'a PolicySet, caller: &'a Caller<'a>, question: &'a Question<'a>) -> Case<'a> {
        let case = Case {
            set,
            caller,
            question,
            service_control: None,
            resource_control: None,
            resource_says: ResourceSays::AllowOrDeny,
            is_kept_out: false,
        };
        Case {
            service_control: case.service_control(),
            resource_control: case.resource_control(),
            resource_says: case.resource_says(),
            is_kept_out: case.is_kept_out(),
            ..case
        }
    }

    /// Every layer that has a say, in the order in which they are asked: each level of the organisation for itself.
    pub(super) fn voices(&self) -> Vec<Voice<'a>> {
        let set = self.set;
        let mut voices = Vec::with_capacity(4);
        voices
            .extend(self.resource_control.into_iter().flat_map(|path| levels(Layer::ResourceControl, path)));
        voices.extend(self.service_control.into_iter().flat_map(|path| levels(Layer::ServiceControl, path)));
        let side = set.resource.as_ref();
        let has_say = self.resource_says != ResourceSays::Nothing;
        voices.extend(side.filter(|_| has_say).map(|side| Voice::new(Layer::Resource, &side.policies)));
        voices.extend(side.into_iter().flat_map(grants));
        // Where there is a voice without statements, nothing is allowed.
        voices.extend(self.is_kept_out.then_some(Voice::new(Layer::PublicAccess, &[])));
        voices.push(Voice::new(Layer::Identity, &set.identity));
        voices.extend(set.boundary.as_deref().map(|documents| Voice::new(Layer::Boundary, documents)));
        voices.extend(self.session());
        voices.extend(set.endpoint.as_deref().map(|documents| Voice::new(Layer::Endpoint, documents)));
        voices
    }

    /// The first statement of `voice` that denies; those that might are added to `denials`.
    pub(super) fn deny(
        &self,
        number: usize,
        voice: Voice<'a>,
        denials: &mut Vec<Denial<'a>>,
    ) -> Option<Place<'a>> {
        let names_principals =
            matches!(voice.layer, Layer::Resource | Layer::Endpoint | Layer::ResourceControl);
        for (policy, place) in voice.statements() {
            let statement = place.statement();
            if statement.effect != Effect::Deny {
                continue;
            }
            let mut keys = Keys::wanted();
            let about = self.is_about(voice.layer, statement, &mut keys);
            if about == Truth::False {
                continue;
            }
            match (self.question.applies(statement, policy.version, names_principals, &mut keys), about) {
                (Truth::False, _) => {}
                (Truth::True, Truth::True) => return Some(place),
                (_, _) => denials.push((number, Undecided { place, keys: keys.into_vec() })),
            }
        }
        None
    }

    fn denied(&self, voice: Voice<'_>, place: Place<'_>) -> Evaluation {
        let by: Vec<StatementRef> = vec![place.to_ref()];
        let level = voice.level.map(str::to_owned);
        let answer =
            LayerAnswer { layer: voice.layer, level, verdict: Verdict::ExplicitDeny, by: by.clone() };
        Evaluation { layers: vec![answer], ..Evaluation::new(Verdict::ExplicitDeny, by) }
    }

    /// Whether `voice` allows, by statements that are about the caller.
    fn allow(&self, voice: Voice<'a>, is_about: impl Fn(&Statement, &mut Keys) -> Truth) -> Say<'a> {
        let own = voice.layer == Layer::Resource;
        let mut undecided = Vec::new();
        for (policy, place) in voice.statements() {
            let statement = place.statement();
            if statement.effect != Effect::Allow {
                continue;
            }
            let mut keys = Keys::wanted();
            let about = is_about(statement, &mut keys);
            if about == Truth::False {
                continue;
            }
            match (self.question.applies(statement, policy.version, own, &mut keys), about) {
                (Truth::False, _) => {}
                (Truth::True, Truth::True) => return Say::Allows(vec![place]),
                (_, _) => undecided.push(Undecided { place, keys: keys.into_vec() }),
            }
        }
        if undecided.is_empty() { Say::Silent(voice.layer) } else { Say::Perhaps(undecided) }
    }

    /// Asks every voice, notes what it says in `layers`, and adds it up.
    fn decide(&self, voices: &[Voice<'a>], denials: &[Denial<'a>], layers: &mut Vec<LayerAnswer>) -> Say<'a> {
        let mut says = Vec::with_capacity(voices.len());
        for (number, voice) in voices.iter().enumerate() {
            let say = self.say(*voice);
            let own: Vec<_> =
                denials.iter().filter(|(of, _)| *of == number).map(|(_, one)| one.clone()).collect();
            layers.push(say.answer(*voice, &own));
            says.push((voice.layer, say));
        }
        let granting = |voice: &&Voice<'_>| matches!(voice.layer, Layer::Resource | Layer::Grant);
        let granted = |reach| {
            let mut granting = voices.iter().filter(granting);
            let first =
                granting.next().map_or(Say::Silent(Layer::Resource), |voice| self.granted(*voice, reach));
            granting.fold(first, |say, voice| say.or_else(|| self.granted(*voice, reach)))
        };
        let trusted = || {
            let issued = voices.iter().filter(|voice| self.is_trusted(voice.layer, voice.level));
            issued.fold(Say::Silent(Layer::Identity), |say, voice| {
                say.or_else(|| self.granted(*voice, Grant::Limited))
            })
        };
        self.add_up(says, granted, trusted)
    }

    /// Adds up what the layers say. `granted` is what the resource policy grants to the caller with this reach; with
    /// the least it is what the layer says, which is therefore not looked at. `trusted` is what grants of a KMS key give
    /// to the caller by name so that no identity policy need do so across accounts.
    pub(super) fn add_up<S: Said>(
        &self,
        says: impl IntoIterator<Item = (Layer, S)>,
        granted: impl Fn(Grant) -> S,
        trusted: impl FnOnce() -> S,
    ) -> S {
        let mut organization: S = self.known_levels();
        let (mut identity, mut limits, mut endpoint) = (S::free(), S::free(), S::free());
        for (layer, say) in says {
            match layer {
                Layer::ResourceControl | Layer::ServiceControl => organization = organization.and(say),
                Layer::Identity => identity = say,
                Layer::Boundary | Layer::Session => limits = limits.and(say),
                Layer::Resource | Layer::Grant => {}
                Layer::Endpoint | Layer::PublicAccess => endpoint = endpoint.and(say),
            }
        }
        let both_sides = match &self.set.resource {
            Some(side) => self.both_sides(side, (identity, limits), granted, trusted),
            None => identity.and(limits),
        };
        organization.and(both_sides).and(endpoint)
    }

    /// A path without levels is not known.
    fn known_levels<S: Said>(&self) -> S {
        let unknown = |path: Option<&OrganizationPath>| path.is_some_and(|path| path.levels.is_empty());
        if unknown(self.resource_control) {
            S::silent(Layer::ResourceControl)
        } else if unknown(self.service_control) {
            S::silent(Layer::ServiceControl)
        } else {
            S::free()
        }
    }

    pub(super) fn say(&self, voice: Voice<'a>) -> Say<'a> {
        self.without_identity_policies(voice.layer).unwrap_or_else(|| {
            self.allow(voice, |statement, keys| self.is_about(voice.layer, statement, keys))
        })
    }

    /// Whether `statement` of a layer is about the caller, under whatever name; in doubt a `Deny` is.
    pub(super) fn is_about(&self, layer: Layer, statement: &Statement, keys: &mut Keys) -> Truth {
        let passes_gateway = || facts::may_pass_gateway_endpoint(&self.question.action);
        match (layer, statement.effect) {
            (_, Effect::Deny) if self.is_spared(layer) => Truth::False,
            (Layer::Resource | Layer::Endpoint | Layer::ResourceControl, Effect::Deny) => {
                self.caller.is_denied(statement, self.set.boundary.is_some(), keys)
            }
            (Layer::ResourceControl, Effect::Allow) => self.caller.is_among_everyone(statement, keys),
            (Layer::Endpoint, Effect::Allow) if passes_gateway() => {
                self.caller.is_among_everyone(statement, keys)
            }
            (Layer::Resource | Layer::Endpoint | Layer::Grant, Effect::Allow) => {
                self.is_granted(layer, statement, Grant::Delegated, keys)
            }
            _ => Truth::True,
        }
    }

    /// Whether `statement`, which allows, is for the caller with at least this reach, and can allow at all.
    pub(super) fn is_granted(
        &self,
        layer: Layer,
        statement: &Statement,
        reach: Grant,
        keys: &mut Keys,
    ) -> Truth {
        if layer == Layer::Resource && self.resource_says != ResourceSays::AllowOrDeny {
            return Truth::False;
        }
        self.caller.is_granted(statement, reach, keys)
    }

    fn granted(&self, voice: Voice<'a>, reach: Grant) -> Say<'a> {
        self.allow(voice, |statement, keys| self.is_granted(voice.layer, statement, reach, keys))
    }

    /// Principal and resource. Of what the resource policy grants no more is asked than the answer needs.
    fn both_sides<S: Said>(
        &self,
        side: &ResourceSide,
        (identity, limits): (S, S),
        granted: impl Fn(Grant) -> S,
        trusted: impl FnOnce() -> S,
    ) -> S {
        // Under whatever name.
        let anyhow = || granted(Grant::Delegated);
        if self.caller.is_outside_iam() {
            return anyhow();
        }
        if !self.is_own(side) {
            // "The request is allowed only if both evaluations return a decision of Allow."
            return identity.or_else(trusted).and(limits).and(anyhow());
        }
        let by_identity = match facts::resource_must_allow(&self.question.action) {
            true => identity.and(anyhow()),
            false => identity,
        };
        if facts::both_must_allow(&self.question.action) {
            return by_identity.and(limits);
        }
        // "Resource-based policies that grant permissions to an IAM role ARN are limited by an implicit deny in a
        // permissions boundary or session policy"; those to a user or a session are not.
        let mut grants = true;
        let to_role = || {
            let say = granted(Grant::Limited);
            grants = !say.is_silent();
            say
        };
        let limited = by_identity.or_else(to_role).and(limits);
        // INVARIANT: what is granted with some reach is granted with every lesser one, see `Grant`.
        if grants { limited.or_else(|| granted(Grant::Direct)) } else { limited }
    }
}

fn grants(side: &ResourceSide) -> impl Iterator<Item = Voice<'_>> {
    side.grants.iter().map(|issued| Voice {
        layer: Layer::Grant,
        level: Some(&issued.issuer),
        documents: &issued.grants,
    })
}

fn levels(layer: Layer, path: &OrganizationPath) -> impl Iterator<Item = Voice<'_>> {
    path.levels.iter().map(move |level| Voice { layer, level: Some(&level.name), documents: &level.policies })
}
