//! From literals to a request, and what the evaluator says of it.
//!
//! Keys are given values first, those that policy variables name among them; with these the variables are known, and
//! what they stand in is solved once more.

use super::keys::{Domain, Known, Solved, Wanted};
use super::language::Pattern;
use super::model::Literal;
use super::theory::{NO_RESOURCE, Theory};
use super::walk::{Budget, Found};
use super::{Place, Question, Reason, ValueKind, Vocabulary, Witness};
use crate::aws::evaluate::{Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate};
use crate::aws::{Policy, Statement};
use std::cell::OnceCell;

/// Both sides as the evaluator takes them.
pub(super) struct Courtroom<'a> {
    question: &'a Question<'a>,
    sets: OnceCell<(PolicySet, PolicySet)>,
}

/// What came of an attempt.
pub(super) enum Confirmed {
    Yes(Box<Witness>),
    No(Reason),
}

/// A request as far as it is chosen.
#[derive(Debug, Clone)]
struct Draft {
    context: Context,
    /// Spelled as the policies do.
    given: Vec<(String, Vec<String>)>,
    principal: String,
}

/// What a policy variable is when nothing says what it must be.
#[derive(Debug, Clone, Copy)]
enum Otherwise<'a> {
    /// Each something else.
    Something,
    /// All this value.
    This(&'a str),
    Absent,
}

/// How many values are tried for policy variables.
const TRIES: usize = 8;

impl<'a> Courtroom<'a> {
    pub(super) fn new(question: &'a Question<'a>) -> Courtroom<'a> {
        Courtroom { question, sets: OnceCell::new() }
    }

    fn sets(&self) -> &(PolicySet, PolicySet) {
        let Question { kind, old, new, boundary, .. } = *self.question;
        let limited = |policies| match boundary {
            Some(boundary) => kind.set_under(policies, boundary),
            None => kind.set(policies),
        };
        self.sets.get_or_init(|| (limited(old), limited(new)))
    }

    /// Whether documents of this kind are asked about `action` at all.
    pub(super) fn is_heard(&self, action: &str) -> bool {
        let mut nothing = Statement::deny(["*"], ["*"]);
        nothing.principal = Some(crate::aws::PrincipalBlock::Principal(crate::aws::PrincipalSet::Everyone));
        let policy = Policy::new(vec![nothing]);
        let mut context = Context::new();
        context.complete(true);
        let principal = PrincipalRef::new("arn:aws:iam::111122223333:user/example");
        let request = Request { principal, action, resource: ResourceRef::Exact("*"), context: &context };
        evaluate(&self.question.kind.set(&[&policy]), &request).verdict == Verdict::ExplicitDeny
    }

    /// A request for which `chosen` is true, which the evaluator allows by NEW and not by OLD.
    pub(super) fn confirm(
        &self,
        vocabulary: &dyn Vocabulary,
        action: &str,
        theory: &Theory<'_>,
        chosen: &[Literal],
        budget: &mut Budget,
    ) -> Confirmed {
        let shape = |text: &String| match text.as_str() {
            NO_RESOURCE => Pattern::literal(NO_RESOURCE),
            text => Pattern::shape(text),
        };
        let shapes: Vec<Pattern> = vocabulary.resources(action).iter().map(shape).collect();
        let has_variables = !theory.model.variables.is_empty();
        let mut reason = if has_variables { Reason::Variables } else { Reason::Unconfirmed };
        let told = told(theory);
        let told = told.iter().map(|value| Otherwise::This(value));
        for otherwise in [Otherwise::Something, Otherwise::Absent].into_iter().chain(told) {
            let Some(draft) = draft(theory, chosen, otherwise, budget) else {
                reason = reason.min(Reason::Variables);
                continue;
            };
            let principal =
                PrincipalRef { arn: &draft.principal, session: theory.someone.session.as_deref() };
            let known = Known { context: &draft.context, principal, federated: theory.someone.federated() };
            match theory.resource(chosen, &shapes, Some(known), budget) {
                Found::Text(resource) => {
                    if let Some(witness) = self.ask(action, &resource, &draft, principal) {
                        return Confirmed::Yes(Box::new(witness));
                    }
                }
                Found::Nothing => {}
                Found::GaveUp => return Confirmed::No(Reason::TooLarge),
            }
            if !has_variables {
                break;
            }
        }
        Confirmed::No(reason)
    }

    fn ask(
        &self,
        action: &str,
        resource: &str,
        draft: &Draft,
        principal: PrincipalRef<'_>,
    ) -> Option<Witness> {
        let (old, new) = self.sets();
        let request =
            Request { principal, action, resource: ResourceRef::Exact(resource), context: &draft.context };
        let (by_new, by_old) = (evaluate(new, &request), evaluate(old, &request));
        let shows = by_new.verdict == Verdict::Allowed
            && matches!(by_old.verdict, Verdict::ExplicitDeny | Verdict::ImplicitDeny);
        shows.then(|| Witness {
            principal: principal.arn.to_owned(),
            session: principal.session.map(str::to_owned),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context: draft.given.clone(),
            allowed_by: by_new.by.iter().find_map(Place::of),
            denied_by: by_old.by.iter().find_map(Place::of),
        })
    }
}

/// Values for all keys; none when there are none with these variables.
fn draft(
    theory: &Theory<'_>,
    chosen: &[Literal],
    otherwise: Otherwise<'_>,
    budget: &mut Budget,
) -> Option<Draft> {
    let mut context = Context::new();
    context.complete(true);
    let principal = theory.someone.arn.clone();
    let mut draft = Draft { context, given: Vec::new(), principal };
    let mut later: Vec<(u32, Vec<Wanted>)> = Vec::new();
    for key in theory.numbers() {
        let wanted = theory.wanted(chosen, key);
        match wanted.is_empty() {
            true => draft.leave(theory, key, otherwise, budget),
            false if theory.is_variable(&wanted) => later.push((key, wanted)),
            false => draft.solve(theory, key, &wanted, budget)?,
        }
    }
    for (number, name) in theory.free_variables().enumerate() {
        if theory.someone.domain(name) == Domain::Free
            && let Some(value) = otherwise.value(number)
        {
            draft.give(name, name, vec![value]);
        }
    }
    for (key, wanted) in later {
        draft.solve(theory, key, &wanted, budget)?;
    }
    Some(draft)
}

impl Otherwise<'_> {
    /// The value of the variable with this number.
    fn value(self, number: usize) -> Option<String> {
        match self {
            Otherwise::Something if number == 0 => Some("somebody".to_owned()),
            Otherwise::Something => Some(format!("somebody-{number}")),
            Otherwise::This(value) => Some(value.to_owned()),
            Otherwise::Absent => None,
        }
    }
}

/// Values that variables may well have to have: those that the keys have that are compared with them.
fn told(theory: &Theory<'_>) -> Vec<String> {
    let model = theory.model;
    let mut told: Vec<String> = Vec::new();
    for key in model.tests.iter().filter(|test| test.is_variable).map(|test| test.key) {
        if let Domain::Is(value) = theory.domain(key) {
            told.push(value.clone());
        }
        let others = model.tests.iter().filter(|test| test.key == key && !test.is_variable);
        told.extend(others.flat_map(|test| &test.values).cloned());
    }
    told.dedup();
    told.truncate(TRIES);
    told
}

impl Draft {
    fn give(&mut self, name: &str, spelled: &str, values: Vec<String>) {
        self.context.insert(name, values.clone());
        self.given.push((spelled.to_owned(), values));
        self.given.sort_unstable();
    }

    /// A key that nothing is wanted of: it is absent, but where a variable stands for it.
    fn leave(&mut self, theory: &Theory<'_>, key: u32, otherwise: Otherwise<'_>, budget: &mut Budget) {
        let key_facts = &theory.model.keys[key as usize];
        let is_variable = theory.model.variables.contains(&key_facts.name);
        if !is_variable || *theory.domain(key) != Domain::Free {
            return;
        }
        let Some(value) = otherwise.value(key as usize + 1) else { return };
        let values = match theory.kind(key) {
            ValueKind::Text => vec![value],
            _ => match theory.value(key, &[], None, budget) {
                Solved::Values(values) => values.into_list(),
                Solved::Nothing | Solved::GaveUp => return,
            },
        };
        self.give(&key_facts.name, &key_facts.spelled, values);
    }

    fn solve(&mut self, theory: &Theory<'_>, key: u32, wanted: &[Wanted], budget: &mut Budget) -> Option<()> {
        let context = self.context.clone();
        let principal = self.principal.clone();
        let known = Known {
            context: &context,
            principal: PrincipalRef { arn: &principal, session: theory.someone.session.as_deref() },
            federated: theory.someone.federated(),
        };
        let Solved::Values(values) = theory.value(key, wanted, Some(known), budget) else { return None };
        let values = values.into_list();
        let facts = &theory.model.keys[key as usize];
        match (theory.domain(key), facts.name.as_str(), values.first()) {
            (Domain::Free, _, Some(_)) => self.give(&facts.name, &facts.spelled, values),
            (Domain::Like(..), "aws:principalarn", Some(arn)) => self.principal.clone_from(arn),
            (Domain::Like(..), _, Some(name)) => {
                // The name of a user is the end of the ARN.
                let start = self.principal.rfind('/').map_or(0, |at| at + 1);
                self.principal.replace_range(start.., name);
            }
            _ => {}
        }
        theory.someone.may_be(&self.principal).then_some(())
    }
}
