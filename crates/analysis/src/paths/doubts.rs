//! What is conditional whatever it is about: calls under a `Deny` on everything that hangs on MFA, the network, or another
//! key that no call has an answer to.
//!
//! Many organisations put such denials on everybody. Whoever is under them has no surer way than it has already, so it need
//! not be tried on every target. Only a `Deny` counts that is undecided for every call of every principal.

use std::collections::HashMap;
use std::rc::Rc;

use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::{Effect, Named, Policy, ResourceBlock, Statement};

use super::Certainty;
use super::bits::Bits;
use super::model::{Form, Model, everything};
use crate::granted::GrantedPrincipal;

/// The actions that each document leaves in doubt, by its name.
pub(super) type Doubts<'a> = HashMap<&'a str, Rc<Bits>>;

/// What condition keys begin with that a call, or who makes it, may have an answer to.
const ANSWERED: [&str; 6] = ["aws:principal", "aws:user", "aws:resource", "aws:request", "iam:", "sts:"];

impl<'a> Model<'a> {
    /// The actions that a document leaves in doubt, if there are any.
    pub(super) fn doubts_of(&self, document: &Named<Policy>) -> Option<Bits> {
        let mut bits = Bits::default();
        for (index, statement) in document.policy.statements.iter().enumerate() {
            let denies = statement.effect == Effect::Deny && statement.condition.iter().next().is_some();
            if denies && is_about_everything(statement) && !self.is_removed(&document.name, index) {
                self.add_doubts(statement, &mut bits);
            }
        }
        (!bits.is_empty()).then_some(bits)
    }

    fn add_doubts(&self, statement: &Statement, bits: &mut Bits) {
        let answered = |key: &str| {
            let key = key.to_ascii_lowercase();
            let fixed = key == "aws:principalisawsservice";
            !fixed && (ANSWERED.iter().any(|prefix| key.starts_with(prefix)) || self.table.is_chosen(&key))
        };
        if statement.condition.iter().any(|condition| answered(&condition.key)) {
            return;
        }
        let about: Vec<usize> = (0..self.actions.len())
            .filter(|number| statement.action.applies_to(&self.actions[*number]))
            .collect();
        let Some(first) = about.first() else { return };
        let denial = Named::new("denial", Policy::new(vec![statement.clone()]));
        let set = PolicySet::of_identity(vec![everything(), denial]);
        let mut context = Context::new();
        self.tell_always(&mut context);
        let request = Request {
            principal: PrincipalRef::new("arn:aws:iam::000000000000:role/example"),
            action: &self.actions[*first],
            resource: ResourceRef::Exact("*"),
            context: &context,
        };
        if evaluate(&set, &request).verdict == Verdict::Depends {
            about.into_iter().for_each(|number| bits.insert(number));
        }
    }

    /// The actions of a node that are conditional at best.
    pub(super) fn doubtful(
        &self,
        granted: Option<&'a GrantedPrincipal>,
        form: Form<'a>,
        account: &str,
    ) -> Rc<Bits> {
        let Some(granted) = granted.filter(|_| !self.doubts.is_empty()) else { return Rc::default() };
        let boundary = self.boundary(granted, form);
        let levels = self.world.service_control.get(account).filter(|_| !self.management.contains(account));
        let above = levels.into_iter().flat_map(|path| &path.levels).flat_map(|level| &level.policies);
        let held = self.held(granted, form);
        let all = held.into_iter().chain(boundary.into_iter().flatten()).chain(above);
        let mut doubtful: Vec<&Rc<Bits>> = all.filter_map(|one| self.doubts.get(one.name.as_str())).collect();
        doubtful.dedup();
        match doubtful.as_slice() {
            [] => Rc::default(),
            [one] => Rc::clone(one),
            several => {
                let mut bits = Bits::default();
                several.iter().for_each(|one| bits.add(one));
                Rc::new(bits)
            }
        }
    }

    /// How sure a row can be at best for a node.
    pub(super) fn at_best(&self, node: usize, row: usize) -> Certainty {
        let (doubtful, said) = (&self.nodes[node].doubtful, &self.table.rows[row]);
        if said.needs.iter().any(|need| doubtful.has(need.action)) {
            return Certainty::Conditional;
        }
        let unknown = said.profile && said.work().is_none() && !self.lists_profiles;
        if unknown { Certainty::Assumed } else { Certainty::Sure }
    }
}

fn is_about_everything(statement: &Statement) -> bool {
    let Some(ResourceBlock::Resource(patterns)) = &statement.resource else { return false };
    patterns.iter().any(|pattern| pattern.as_str() == "*")
}
