//! Principals of both states, each with all that it is granted, under its boundary.

use std::collections::BTreeMap;

use leastwise_policy::aws::compare::{Answer, Kind, Question, Reason, Witness};
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{Effect, Named, Policy};

use super::comparable::Comparable;
use super::worst::{Change, New};
use super::{Widened, everything, has_lost_deny, only, told};
use crate::check::{Estate, Facts};
use crate::granted::{GrantedGroup, GrantedPrincipal, Problem};
use crate::source::{is_marked, unmarked};

/// Statements that allow somebody more: document and statement, with who that is.
type Allowing = BTreeMap<(String, usize), Vec<(String, New)>>;

/// Compares every principal of the new state with itself in the old one.
pub(super) fn compare(old: &Estate, new: &Estate, facts: &Facts<'_>, widened: &mut Widened) {
    let mut allowing = Allowing::new();
    for principal in new.snapshot.principals() {
        widened.compared += 1;
        let before = before(old, principal);
        // Statements that cannot be understood are looked at one by one, with their documents.
        let told_elsewhere = |problem: &&Problem| {
            let document = new.document(&problem.subject);
            problem.reason == Problem::STATEMENT || document.is_some_and(|document| !document.is_whole())
        };
        let problems = principal.problems.iter().filter(|problem| !told_elsewhere(problem));
        let problems = problems.map(|problem| problem.reason.as_str());
        let known = |reason: &&str| {
            before.is_some_and(|before| before.problems.iter().any(|old| old.reason == *reason))
        };
        if let Some(reason) = problems.filter(|reason| !known(reason)).min() {
            widened.findings.push(told::principal_not_known(new, &principal.arn, reason));
        }
        let sides = Sides {
            arn: &principal.arn,
            old: &before.map(|before| Granted::of(old, before)).unwrap_or_default(),
            new: &Granted::of(new, principal),
            facts,
        };
        sides.compare(new, &mut allowing, widened);
    }
    // A group that nobody is in yet is for whoever joins it.
    for group in new.snapshot.empty_groups() {
        widened.compared += 1;
        let before = old.snapshot.groups().iter().find(|before| before.arn == group.arn);
        let (before, now) =
            (before.map(|before| Granted::of_group(old, before)), Granted::of_group(new, group));
        let sides = Sides { arn: &group.arn, old: &before.unwrap_or_default(), new: &now, facts };
        sides.compare(new, &mut allowing, widened);
    }
    for ((document, statement), who) in allowing {
        widened.findings.push(told::principals(new, &document, statement, &who));
    }
}

/// The same principal in the old state. What was told apart from others of its name, or is now, and is not known there is the
/// only one of this name, or one that had the same.
fn before<'e>(old: &'e Estate, principal: &GrantedPrincipal) -> Option<&'e GrantedPrincipal> {
    let same = old.snapshot.principal(&principal.arn);
    if same.is_some() {
        return same;
    }
    let told_apart = is_marked(&principal.arn);
    let is_namesake = |other: &&GrantedPrincipal| {
        (told_apart || is_marked(&other.arn)) && unmarked(&other.arn) == unmarked(&principal.arn)
    };
    let namesakes: Vec<&GrantedPrincipal> = old.snapshot.principals().filter(is_namesake).collect();
    if let [only] = namesakes[..] {
        return Some(only);
    }
    let documents = |one: &GrantedPrincipal| -> Vec<Policy> {
        let PolicySet { identity, boundary, .. } = &one.policies;
        identity.iter().chain(boundary.iter().flatten()).map(|named| named.policy.clone()).collect()
    };
    let bound = |one: &GrantedPrincipal| one.policies.boundary.as_ref().map(Vec::len);
    let has_same = |other: &GrantedPrincipal| {
        bound(other) == bound(principal) && documents(other) == documents(principal)
    };
    namesakes.into_iter().find(|other| has_same(other))
}

enum Gained {
    Nothing,
    /// Document, statement and a request for each statement that allows more.
    Access(Vec<(String, usize, New)>),
    NoMoreDenied(Box<Witness>),
    Unknown(Reason),
}

/// What a principal is granted, with what can be compared of what only the deployment knows.
#[derive(Default)]
struct Granted {
    identity: Vec<Named<Policy>>,
    boundary: Option<Vec<Named<Policy>>>,
}

impl Granted {
    fn of_group(estate: &Estate, group: &GrantedGroup) -> Granted {
        let identity = group.policies.iter().map(|named| comparable(estate, named)).collect();
        Granted { identity, boundary: None }
    }

    fn of(estate: &Estate, principal: &GrantedPrincipal) -> Granted {
        let comparable = |named: &Named<Policy>| comparable(estate, named);
        let PolicySet { identity, boundary, .. } = &principal.policies;
        Granted {
            identity: identity.iter().map(comparable).collect(),
            boundary: boundary.as_ref().map(|boundary| boundary.iter().map(comparable).collect()),
        }
    }
}

fn comparable(estate: &Estate, named: &Named<Policy>) -> Named<Policy> {
    let document = estate.document(&named.name).filter(|document| !document.is_as_written());
    let policy = document.map(|document| Comparable::of(document).policy);
    Named::new(named.name.clone(), policy.unwrap_or_else(|| named.policy.clone()))
}

struct Sides<'a, 'c> {
    arn: &'a str,
    old: &'a Granted,
    new: &'a Granted,
    facts: &'a Facts<'c>,
}

impl Sides<'_, '_> {
    fn compare(&self, new: &Estate, allowing: &mut Allowing, widened: &mut Widened) {
        if self.old.identity == self.new.identity && self.old.boundary == self.new.boundary {
            return;
        }
        match self.gained() {
            Gained::Nothing => {}
            Gained::NoMoreDenied(witness) => {
                widened.findings.push(told::principal_no_more_denied(new, self.arn, &witness));
            }
            Gained::Unknown(reason) => {
                widened.findings.push(told::principal_undecided(new, self.arn, reason));
            }
            Gained::Access(each) => {
                for (document, statement, what) in each {
                    let who = (self.arn.to_owned(), what);
                    allowing.entry((document, statement)).or_default().push(who);
                }
            }
        }
    }

    fn gained(&self) -> Gained {
        let (old, new) = (policies(&self.old.identity), policies(&self.new.identity));
        let mut unknown = None;
        for limit in self.limits(&old) {
            match self.ask(&limit, &new) {
                Answer::None => {}
                Answer::Unknown(reason) => unknown = Some(reason),
                Answer::Some(witness) => {
                    let what = self.worst(&limit, &new, *witness);
                    return Gained::Access(self.each(&limit, what));
                }
            }
        }
        if has_lost_deny(&old, &new) {
            let all = everything(Kind::Identity);
            let with_all = |policies: &[&'_ Policy]| -> Vec<Policy> {
                std::iter::once(&all).chain(policies.iter().copied()).cloned().collect()
            };
            let (old, new) = (with_all(&old), with_all(&new));
            let (old, new): (Vec<&Policy>, Vec<&Policy>) = (old.iter().collect(), new.iter().collect());
            match self.ask(&old, &new) {
                Answer::None => {}
                Answer::Unknown(reason) => unknown = unknown.or(Some(reason)),
                Answer::Some(witness) => return Gained::NoMoreDenied(witness),
            }
        }
        unknown.map_or(Gained::Nothing, Gained::Unknown)
    }

    /// What limited the principal before: its policies, and its boundary when that is another now. What neither of them
    /// excludes is not new.
    fn limits<'p>(&'p self, old: &[&'p Policy]) -> Vec<Vec<&'p Policy>> {
        let mut limits = vec![old.to_vec()];
        if let Some(boundary) = self.old.boundary.as_ref().filter(|_| self.old.boundary != self.new.boundary)
        {
            limits.push(policies(boundary));
        }
        limits
    }

    fn worst(&self, old: &[&Policy], new: &[&Policy], found: Witness) -> New {
        let boundary = self.new.boundary.as_ref().map(|boundary| policies(boundary));
        let within = boundary.as_deref();
        let ask = |old: &[&Policy], new: &[&Policy]| self.ask(old, new);
        Change { facts: self.facts, kind: Kind::Identity, old, new, within, ask: &ask }.worst(found)
    }

    fn ask(&self, old: &[&Policy], new: &[&Policy]) -> Answer {
        let boundary = self.new.boundary.as_ref().map(|boundary| policies(boundary));
        let question = Question {
            boundary: boundary.as_deref(),
            principal: Some(self.arn),
            ..Question::new(Kind::Identity, old, new)
        };
        question.answer(self.facts.terms())
    }

    /// The statements that allow more, those of them that are new each with a request of its own.
    fn each(&self, old: &[&Policy], what: New) -> Vec<(String, usize, New)> {
        let denies: Vec<Policy> = self
            .new
            .identity
            .iter()
            .map(|named| Policy { statements: only(&named.policy, Effect::Deny), ..named.policy.clone() })
            .collect();
        let mut each = Vec::new();
        for named in self.new.identity.iter().filter(|_| !self.old.identity.is_empty()) {
            for (index, statement) in named.policy.statements.iter().enumerate() {
                let stood_there = old.iter().any(|policy| policy.statements.contains(statement));
                if statement.effect == Effect::Deny || stood_there {
                    continue;
                }
                let alone = Policy { statements: vec![statement.clone()], ..named.policy.clone() };
                let new: Vec<&Policy> = std::iter::once(&alone).chain(&denies).collect();
                if let Answer::Some(witness) = self.ask(old, &new) {
                    each.push((named.name.clone(), index, self.worst(old, &new, *witness)));
                }
            }
        }
        if each.is_empty() {
            let place = what.witness.allowed_by.as_ref();
            let document = place.and_then(|place| self.new.identity.get(place.document));
            let name = document.map(|named| named.name.clone()).unwrap_or_default();
            let index = place.map_or(0, |place| place.index);
            each.push((name, index, what));
        }
        each
    }
}

fn policies(documents: &[Named<Policy>]) -> Vec<&Policy> {
    documents.iter().map(|document| &document.policy).collect()
}
