//! What the evaluator says to a call, when the caller chooses what is the caller's to choose.

use std::collections::BTreeMap;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::explain::allowing;
use leastwise_policy::aws::evaluate::{
    Context, Evaluation, PolicySet, PrincipalRef, Request, ResourceRef, ResourceSide, Verdict, evaluate,
};
use leastwise_policy::aws::{
    Comparison, Condition, Effect, Named, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, Statement,
};

use super::Certainty;
use super::model::Model;
use crate::granted::GrantedPrincipal;

/// A call that somebody might make.
#[derive(Debug, Clone)]
pub(super) struct Question<'q> {
    pub(super) action: &'q str,
    pub(super) resource: &'q str,
    /// Keys of the request; none for one that it does not have.
    pub(super) with: Vec<(String, Option<String>)>,
    /// The principal that the resource is.
    pub(super) target: Option<&'q GrantedPrincipal>,
    /// The account that owns the resource, with the policy on it, when that has a say.
    pub(super) side: Option<(&'q str, Named<Policy>)>,
}

/// Values of keys that the caller chooses.
pub(super) type Given = BTreeMap<String, Vec<String>>;

/// Choices that are tried before others are looked for: what one policy asks is often asked of many calls.
const MOST_KEPT: usize = 6;

/// A call that is allowed, perhaps under conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) certainty: Certainty,
    /// Keys that it hangs on.
    pub(super) conditions: Vec<String>,
    /// Keys that the caller chose.
    pub(super) chosen: BTreeMap<String, Vec<String>>,
}

impl Answer {
    pub(super) fn sure() -> Answer {
        Answer { certainty: Certainty::Sure, conditions: Vec::new(), chosen: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, other: &Answer) {
        self.certainty = self.certainty.max(other.certainty);
        merge(&mut self.conditions, &other.conditions);
    }
}

/// Adds what is not there yet.
pub(super) fn merge(all: &mut Vec<String>, more: &[String]) {
    for one in more {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
    all.sort();
}

impl<'q> Question<'q> {
    pub(super) fn new(action: &'q str, resource: &'q str) -> Question<'q> {
        Question { action, resource, with: Vec::new(), target: None, side: None }
    }
}

impl Model<'_> {
    /// Whether the node may make the call; none when it may not.
    pub(super) fn ask(&self, node: usize, question: &Question<'_>) -> Option<Answer> {
        if question.side.is_none() && self.holds_all(node) {
            return Some(Answer::sure());
        }
        let name = self.stranger(node).map(|stranger| stranger.principal(question.resource));
        let principal = name.as_deref().map_or_else(|| self.principal(node), PrincipalRef::new);
        self.asked(node, question, |set, context| self.decide(set, principal, question, context))
    }

    /// The same under other policies than the node's, by what is known of it.
    pub(super) fn ask_of(
        &self,
        node: usize,
        set: &PolicySet,
        known: &Context,
        question: &Question<'_>,
    ) -> Option<Answer> {
        let context = context(question, known, &self.nodes[node].account);
        self.decide(set, self.principal(node), question, &context)
    }

    /// Which statements allow the call, with the keys that the caller chose.
    pub(super) fn reasons(
        &self,
        node: usize,
        question: &Question<'_>,
        chosen: &BTreeMap<String, Vec<String>>,
    ) -> Evaluation {
        let name = self.stranger(node).map(|stranger| stranger.principal(question.resource));
        let principal = name.as_deref().map_or_else(|| self.principal(node), PrincipalRef::new);
        self.asked(node, question, |set, context| {
            let mut context = context.clone();
            for (key, values) in chosen {
                context.insert(key, values.as_slice());
            }
            evaluate(set, &request(principal, question, &context))
        })
    }

    fn asked<T>(
        &self,
        node: usize,
        question: &Question<'_>,
        with: impl FnOnce(&PolicySet, &Context) -> T,
    ) -> T {
        let own = self.nodes[node].account.as_str();
        self.with_set(node, |set, known| {
            let context = context(question, known, own);
            let Some((account, policy)) = &question.side else { return with(set, &context) };
            set.resource = Some(ResourceSide::new(*account, vec![policy.clone()]));
            let elsewhere = *account != own;
            let before = set.resource_control.clone();
            if elsewhere {
                set.resource_control = self.world.resource_control.get(*account).cloned();
            }
            let answer = with(set, &context);
            set.resource = None;
            if elsewhere {
                set.resource_control = before;
            }
            answer
        })
    }

    fn decide(
        &self,
        set: &PolicySet,
        principal: PrincipalRef<'_>,
        question: &Question<'_>,
        context: &Context,
    ) -> Option<Answer> {
        let evaluation = evaluate(set, &request(principal, question, context));
        match evaluation.verdict {
            Verdict::Allowed => Some(Answer::sure()),
            Verdict::ExplicitDeny | Verdict::ImplicitDeny => None,
            Verdict::Depends => self.choose(set, principal, question, context, &evaluation),
        }
    }

    /// Gives the keys that are the caller's values under which the call is allowed. The others are conditions.
    fn choose(
        &self,
        set: &PolicySet,
        principal: PrincipalRef<'_>,
        question: &Question<'_>,
        context: &Context,
        evaluation: &Evaluation,
    ) -> Option<Answer> {
        let absent = |key: &&String| {
            question.target.is_some() && is_tag_of_resource(key)
                || is_tag_of_request(key) && sends_no_tags(question.action)
        };
        let absent: Vec<&String> = evaluation.missing_keys.iter().filter(absent).collect();
        if !absent.is_empty() {
            let mut context = context.clone();
            // The tags of a principal are all in the snapshot; and what is not sent has none.
            for key in absent {
                context.absent(key);
            }
            return self.decide(set, principal, question, &context);
        }
        if !evaluation.missing_keys.iter().any(|key| self.table.is_chosen(key)) {
            return Some(conditional(evaluation.missing_keys.clone(), Given::new()));
        }
        let asked = |key: &String| evaluation.missing_keys.contains(&key.to_ascii_lowercase());
        let is_asked = |chosen: &&Given| chosen.keys().all(asked);
        let kept: Vec<Given> = self.chosen.borrow().iter().filter(is_asked).cloned().collect();
        for chosen in kept {
            if let Some(answer) = self.given(set, principal, question, context, &chosen) {
                return Some(answer);
            }
        }
        let near = self.near(set, question, evaluation).into_iter().find(|chosen| {
            let answer = self.given(set, principal, question, context, chosen);
            answer.is_some_and(|answer| answer.certainty == Certainty::Sure)
        });
        let explained = || {
            let allowing = allowing(set, &request(principal, question, context));
            allowing.into_iter().flatten().filter(|(key, _)| self.table.is_chosen(key)).collect()
        };
        let chosen: Given = near.unwrap_or_else(explained);
        if let Some(answer) = self.given(set, principal, question, context, &chosen) {
            let mut kept = self.chosen.borrow_mut();
            kept.truncate(MOST_KEPT - 1);
            kept.insert(0, chosen);
            return Some(answer);
        }
        Some(conditional(evaluation.missing_keys.clone(), Given::new()))
    }

    /// Values that one statement which allows the action asks for by their text, for each such statement.
    fn near(&self, set: &PolicySet, question: &Question<'_>, evaluation: &Evaluation) -> Vec<Given> {
        let allows = |statement: &&Statement| {
            statement.effect == Effect::Allow && statement.action.applies_to(question.action)
        };
        let value = |condition: &Condition| {
            let key = condition.key.to_ascii_lowercase();
            let is_plain = condition.operator.set.is_none()
                && matches!(condition.operator.base, Comparison::StringEquals | Comparison::Bool);
            let is_asked = evaluation.missing_keys.contains(&key) && self.table.is_chosen(&key);
            let value =
                condition.values.first().filter(|value| is_plain && is_asked && !value.contains("${"))?;
            Some((key, vec![value.clone()]))
        };
        let statements = set.identity.iter().flat_map(|document| &document.policy.statements).filter(allows);
        let near =
            statements.map(|statement| statement.condition.iter().filter_map(value).collect::<Given>());
        near.filter(|chosen| !chosen.is_empty()).take(MOST_KEPT).collect()
    }

    /// The answer when the caller chooses these values; none when they do not allow, or leave something to choose.
    fn given(
        &self,
        set: &PolicySet,
        principal: PrincipalRef<'_>,
        question: &Question<'_>,
        context: &Context,
        chosen: &Given,
    ) -> Option<Answer> {
        let mut context = context.clone();
        for (key, values) in chosen {
            // What is known is not chosen.
            context.get(key).is_none().then(|| context.insert(key, values.as_slice()));
        }
        let after = evaluate(set, &request(principal, question, &context));
        match after.verdict {
            Verdict::Allowed => Some(Answer { chosen: chosen.clone(), ..Answer::sure() }),
            Verdict::Depends if !after.missing_keys.iter().any(|key| self.table.is_chosen(key)) => {
                Some(conditional(after.missing_keys, chosen.clone()))
            }
            _ => None,
        }
    }

    /// Whether the role lets this service assume it whatever the circumstances, as a glance tells.
    pub(super) fn plainly_trusts(&self, role: &GrantedPrincipal, service: &str) -> bool {
        if self.world.resource_control.contains_key(role.account()) || self.is_cut() {
            return false;
        }
        let names = |statement: &Statement| {
            let Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) = &statement.principal else {
                return false;
            };
            let mut services = kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Service);
            services.any(|(_, names)| names.iter().any(|name| name == service))
        };
        let mut is_let = false;
        let statements = role.trust.iter().flat_map(|trust| &trust.statements);
        statements.into_iter().all(|statement| {
            is_let |= statement.condition.is_empty()
                && names(statement)
                && statement.action.applies_to("sts:AssumeRole");
            statement.effect == Effect::Allow
        }) && is_let
    }

    /// Whether the role lets this service assume it.
    pub(super) fn trusts(&self, role: &GrantedPrincipal, service: &str) -> Option<(Answer, Evaluation)> {
        let trust = self.trust(role)?;
        let set = PolicySet {
            resource: Some(ResourceSide::new(role.account(), vec![trust])),
            resource_control: self.world.resource_control.get(role.account()).cloned(),
            ..PolicySet::default()
        };
        let mut context = Context::new();
        context.insert("aws:SourceAccount", role.account()).insert("aws:PrincipalIsAWSService", "true");
        context.insert("aws:PrincipalServiceName", service);
        if let Some(place) = self.world.places.get(role.account()) {
            context.insert("aws:SourceOrgID", place.split('/').next().unwrap_or_default());
        }
        let question = Question::new("sts:AssumeRole", &role.arn);
        let request = request(PrincipalRef::new(service), &question, &context);
        let evaluation = evaluate(&set, &request);
        let answer = match evaluation.verdict {
            Verdict::Allowed => Answer::sure(),
            Verdict::Depends => conditional(evaluation.missing_keys.clone(), Given::new()),
            Verdict::ExplicitDeny | Verdict::ImplicitDeny => return None,
        };
        Some((answer, evaluation))
    }
}

pub(super) fn conditional(conditions: Vec<String>, chosen: Given) -> Answer {
    Answer { certainty: Certainty::Conditional, conditions, chosen }
}

fn request<'r>(principal: PrincipalRef<'r>, question: &'r Question<'_>, context: &'r Context) -> Request<'r> {
    Request { principal, action: question.action, resource: ResourceRef::Exact(question.resource), context }
}

/// The region of a call to a service with one endpoint.
fn only_region(question: &Question<'_>) -> Option<&'static str> {
    let (service, action) = question.action.split_once(':')?;
    leastwise_catalog::only_region(service, action, question.resource.split(':').nth(1)?)
}

/// What is known of one call.
fn context(question: &Question<'_>, known: &Context, own: &str) -> Context {
    let mut context = known.clone();
    let mut parts = question.resource.split(':').skip(3);
    let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !region.is_empty() {
        context.insert("aws:RequestedRegion", region);
    } else if let Some(region) = only_region(question) {
        context.insert("aws:RequestedRegion", region);
    }
    context.insert("aws:ResourceAccount", if account.is_empty() { own } else { account });
    if let Some(target) = question.target {
        for (key, value) in &target.tags {
            context.insert(format!("aws:ResourceTag/{key}"), value);
            context.insert(format!("iam:ResourceTag/{key}"), value);
        }
        match &target.boundary {
            Some(boundary) => context.insert("iam:PermissionsBoundary", boundary),
            None => context.absent("iam:PermissionsBoundary"),
        };
    }
    for (key, value) in &question.with {
        match value {
            Some(value) => context.insert(key, value),
            None => context.absent(key),
        };
    }
    context
}

fn is_tag_of_request(key: &str) -> bool {
    key.starts_with("aws:requesttag/") || key == "aws:tagkeys"
}

/// Whether requests for the action say no tags: only those of which the service's page lists the keys do.
fn sends_no_tags(action: &str) -> bool {
    Catalog::embedded().action(action).is_some_and(|action| {
        let of_types = action.facts.resources.iter().flat_map(|of| of.keys.iter());
        let mut keys = action.facts.keys.iter().chain(of_types).map(|key| key.to_ascii_lowercase());
        // Sessions are tagged with the request that makes them.
        *action.service.prefix != *"sts" && !keys.any(|key| is_tag_of_request(&key))
    })
}

fn is_tag_of_resource(key: &str) -> bool {
    key.starts_with("aws:resourcetag/") || key.starts_with("iam:resourcetag/")
}
