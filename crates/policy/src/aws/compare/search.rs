//! The search: one statement of NEW allows, no statement of NEW denies, and OLD either denies or does not allow. Under
//! a boundary, one of its statements allows and none denies as well.
//!
//! Each of these is a clause over literals. What follows from the literals that are chosen already is drawn first, and
//! only where that leaves a choice is one made. Whatever a branch comes to for want of an answer is kept in mind: then
//! the search that finds nothing has not proven anything.

use super::actions::{Actions, Class};
use super::model::{Literal, Model, Side};
use super::principals::{Everybody, Someone};
use super::theory::{Possible, Theory};
use super::walk::Budget;
use super::witness::{Confirmed, Courtroom};
use super::{Answer, Kind, Question, Reason, Vocabulary};
use crate::aws::Effect;

/// How many steps of automata, and how many choices, one answer may take.
const STEPS: u64 = 3_000_000;
const CHOICE: usize = 64;

pub(super) struct Search<'a> {
    vocabulary: &'a dyn Vocabulary,
    question: &'a Question<'a>,
    model: &'a Model<'a>,
    court: Courtroom<'a>,
    budget: Budget,
    /// Why nothing is proven when nothing is found.
    doubt: Option<Reason>,
}

/// At least one of these must be true.
type Clause = Vec<Literal>;

impl Literal {
    fn negated(self) -> Literal {
        match self {
            Literal::Resource { set, wanted } => Literal::Resource { set, wanted: !wanted },
            Literal::Test { test, wanted } => Literal::Test { test, wanted: !wanted },
        }
    }
}

impl<'a> Search<'a> {
    pub(super) fn new(
        vocabulary: &'a dyn Vocabulary,
        question: &'a Question<'a>,
        model: &'a Model<'a>,
    ) -> Search<'a> {
        let court = Courtroom::new(question);
        Search { vocabulary, question, model, court, budget: Budget::new(STEPS), doubt: None }
    }

    pub(super) fn run(mut self) -> Answer {
        if !self.model.rules.iter().any(|rule| rule.side == Side::New && rule.effect == Effect::Allow) {
            return Answer::None;
        }
        let blocks = self.model.actions();
        let limited: Actions;
        let kind = self.question.kind;
        let actions = match kind {
            Kind::ResourceControl => {
                limited = self.vocabulary.actions().filtered(|action| self.court.is_heard(action));
                &limited
            }
            _ => self.vocabulary.actions(),
        };
        let mut classes = actions.classes(&blocks);
        if kind == Kind::ResourceControl {
            classes.retain(|class| self.court.is_heard(&class.action));
        }
        let everybody = Everybody::new(self.question, self.model);
        for someone in &everybody.list {
            let mut theory = Theory::new(self.vocabulary, self.model, someone);
            for class in &classes {
                if let Some(answer) = self.class(class, someone, &mut theory) {
                    return answer;
                }
            }
        }
        match self.doubt {
            Some(reason) => Answer::Unknown(reason),
            None if !everybody.complete => Answer::Unknown(Reason::Accounts),
            None => Answer::None,
        }
    }

    /// A request of this class of actions; none when there is none that is known.
    fn class(&mut self, class: &Class, someone: &Someone, theory: &mut Theory<'_>) -> Option<Answer> {
        let rules = |side, effect| {
            let mut rules = self.model.select(&class.statements, side, effect);
            rules.retain(|rule| someone.concerned[*rule]);
            rules.into_iter().map(|rule| self.model.rules[rule].literals.as_slice()).collect::<Vec<_>>()
        };
        let (allows, denies) = (rules(Side::New, Effect::Allow), rules(Side::New, Effect::Deny));
        let (other_allows, other_denies) = (rules(Side::Old, Effect::Allow), rules(Side::Old, Effect::Deny));
        let is_denied_alike = other_denies.iter().all(|deny| denies.contains(deny));
        let limits = match self.question.boundary {
            Some(_) => rules(Side::Limit, Effect::Allow),
            None => vec![[].as_slice()],
        };
        let not = |rules: &[&[Literal]]| -> Vec<Clause> {
            rules.iter().map(|literals| literals.iter().map(|literal| literal.negated()).collect()).collect()
        };
        let (mut none_denies, none_allows) = (not(&denies), not(&other_allows));
        none_denies.extend(not(&rules(Side::Limit, Effect::Deny)));
        for (allow, limit) in allows.iter().flat_map(|allow| limits.iter().map(move |limit| (*allow, *limit)))
        {
            // What is allowed by the same statement and denied by no other is allowed.
            if !(is_denied_alike && other_allows.contains(&allow)) {
                let clauses = none_denies.iter().chain(&none_allows).cloned().collect();
                if let Some(answer) = self.branch(class, theory, &[allow, limit], clauses) {
                    return Some(answer);
                }
            }
            for deny in other_denies.iter().filter(|deny| !denies.contains(deny)) {
                if let Some(answer) = self.branch(class, theory, &[allow, limit, deny], none_denies.clone()) {
                    return Some(answer);
                }
            }
        }
        None
    }

    fn branch(
        &mut self,
        class: &Class,
        theory: &mut Theory<'_>,
        applying: &[&[Literal]],
        clauses: Vec<Clause>,
    ) -> Option<Answer> {
        let mut chosen = Vec::new();
        for literal in applying.iter().copied().flatten() {
            if !self.assume(theory, &mut chosen, *literal) {
                return None;
            }
        }
        self.solve(class, theory, chosen, clauses)
    }

    /// Adds `literal` to what is chosen; false when that cannot be.
    fn assume(&mut self, theory: &mut Theory<'_>, chosen: &mut Vec<Literal>, literal: Literal) -> bool {
        if let Err(at) = chosen.binary_search(&literal) {
            if chosen.binary_search(&literal.negated()).is_ok() {
                return false;
            }
            chosen.insert(at, literal);
            return self.can_be(theory, chosen, literal);
        }
        true
    }

    fn can_be(&mut self, theory: &mut Theory<'_>, chosen: &[Literal], literal: Literal) -> bool {
        match theory.allows(chosen, literal, &mut self.budget) {
            Possible::Yes => true,
            Possible::No => false,
            Possible::GaveUp => {
                // What is left of the budget was not enough, or there is no way of telling.
                self.doubt(if self.budget.is_spent() { Reason::TooLarge } else { Reason::Variables });
                true
            }
        }
    }

    fn doubt(&mut self, reason: Reason) {
        self.doubt = self.doubt.max(Some(reason));
    }

    /// A request for which `chosen` and one literal of each clause are true.
    fn solve(
        &mut self,
        class: &Class,
        theory: &mut Theory<'_>,
        mut chosen: Vec<Literal>,
        mut clauses: Vec<Clause>,
    ) -> Option<Answer> {
        if !self.budget.take(CHOICE) {
            self.doubt(Reason::TooLarge);
            return None;
        }
        if !self.propagate(theory, &mut chosen, &mut clauses) {
            return None;
        }
        let Some(shortest) = (0..clauses.len()).min_by_key(|clause| clauses[*clause].len()) else {
            return self.conclude(class, theory, &chosen);
        };
        let clause = clauses.swap_remove(shortest);
        for literal in clause {
            let mut more = chosen.clone();
            if self.assume(theory, &mut more, literal)
                && let Some(answer) = self.solve(class, theory, more, clauses.clone())
            {
                return Some(answer);
            }
            // The other branches need not look where this one did.
            if !self.assume(theory, &mut chosen, literal.negated()) {
                return None;
            }
        }
        None
    }

    /// Drops the literals that cannot be and the clauses that are fulfilled anyway, and chooses what is left without a
    /// choice, until nothing changes; false when a clause cannot be fulfilled.
    fn propagate(
        &mut self,
        theory: &mut Theory<'_>,
        chosen: &mut Vec<Literal>,
        clauses: &mut Vec<Clause>,
    ) -> bool {
        loop {
            let mut forced = None;
            let mut at = 0;
            while at < clauses.len() {
                let mut clause = std::mem::take(&mut clauses[at]);
                if clause.iter().any(|literal| self.follows(theory, chosen, *literal)) {
                    clauses.swap_remove(at);
                    continue;
                }
                clause.retain(|literal| self.assume(theory, &mut chosen.clone(), *literal));
                match clause[..] {
                    [] => return false,
                    [only] => {
                        clauses.swap_remove(at);
                        forced = Some(only);
                        break;
                    }
                    _ => clauses[at] = clause,
                }
                at += 1;
            }
            match forced {
                Some(literal) if !self.assume(theory, chosen, literal) => return false,
                Some(_) => {}
                None => return true,
            }
        }
    }

    /// Whether `literal` is true whenever all that is chosen is.
    fn follows(&mut self, theory: &mut Theory<'_>, chosen: &[Literal], literal: Literal) -> bool {
        if chosen.binary_search(&literal).is_ok() {
            return true;
        }
        let mut otherwise = chosen.to_vec();
        let negated = literal.negated();
        match otherwise.binary_search(&negated) {
            Ok(_) => false,
            Err(at) => {
                otherwise.insert(at, negated);
                theory.allows(&otherwise, negated, &mut self.budget) == Possible::No
            }
        }
    }

    fn conclude(&mut self, class: &Class, theory: &mut Theory<'_>, chosen: &[Literal]) -> Option<Answer> {
        match self.court.confirm(self.vocabulary, &class.action, theory, chosen, &mut self.budget) {
            Confirmed::Yes(witness) => Some(Answer::Some(witness)),
            Confirmed::No(reason) => {
                self.doubt(reason);
                None
            }
        }
    }
}
