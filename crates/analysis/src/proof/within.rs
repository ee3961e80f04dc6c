//! Does the new policy allow nothing that was not granted? Compared exactly, over every request that there is, and not
//! only those in the log.
//!
//! Compared are the identity policies: what their `Allow` statements give less what their `Deny` statements take, to
//! this principal. Where that gives more than before, it is asked once more under the permissions boundary, which stays.
//! Beside this, no `Deny` may get lost: what nothing in here allows, a resource policy still may. All other layers stay
//! as they are, so they limit both alike.

use std::collections::BTreeMap;

use leastwise_catalog::Terms;
use leastwise_policy::aws::compare::{Answer, Kind, Place, Question, Witness};
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{Named, Policy, Statement};
use serde::{Deserialize, Serialize};

use crate::replay::Replay;
use crate::rightsize::Widening;

/// Whether everything that the new documents allow was allowed by the granted ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    /// The answer.
    pub answer: Inclusion,
    /// What was compared: whether only under the boundary the new policy is no wider, or wider even there.
    pub compared: Compared,
    /// Why it does not hold, or was not decided, in our own words.
    pub why: Option<String>,
    /// A request that shows it, when it does not hold. The evaluator has been asked.
    pub request: Option<Wider>,
}

/// Whether one lies within the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inclusion {
    /// It is proven.
    Holds,
    /// There is a request that shows it.
    DoesNotHold,
    /// The search was given up.
    Unknown,
}

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compared {
    /// The identity policies, whatever the boundary.
    IdentityPolicies,
    /// The identity policies, as far as the boundary allows them.
    UnderTheBoundary,
    /// What the `Deny` statements of the identity policies deny.
    DenyStatements,
}

/// A request that the new policy allows and the granted ones did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wider {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The keys that the request has. It has no others but those of the principal.
    pub context: BTreeMap<String, Vec<String>>,
    /// The statement of the new documents that allows it.
    pub allowed_by: Option<At>,
    /// The statement of the granted documents that denies it; none when nothing there allows it.
    pub denied_by: Option<At>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct At {
    /// The name of the document.
    pub document: String,
    /// The number of the statement in it, from 0.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// The documents of both sides, with what is known of how the new ones came about.
pub(super) struct Sides<'a> {
    pub(super) principal: &'a str,
    pub(super) new: &'a [Named<Policy>],
    pub(super) granted: &'a PolicySet,
    pub(super) widenings: &'a [Widening],
    pub(super) replay: &'a Replay,
}

impl Inclusion {
    /// Every answer.
    pub const ALL: [Inclusion; 3] = [Inclusion::Holds, Inclusion::Unknown, Inclusion::DoesNotHold];

    /// `holds`, `does not hold` or `unknown`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Inclusion::Holds => "holds",
            Inclusion::DoesNotHold => "does not hold",
            Inclusion::Unknown => "unknown",
        }
    }
}

impl Within {
    /// Whether it is proven.
    pub fn holds(&self) -> bool {
        self.answer == Inclusion::Holds
    }

    /// In a sentence of our own words.
    pub fn headline(&self) -> String {
        let compared = match self.compared {
            Compared::UnderTheBoundary => " under the boundary that stays",
            Compared::IdentityPolicies | Compared::DenyStatements => "",
        };
        match self.answer {
            Inclusion::Holds => format!("the new policy allows nothing that was not granted{compared}"),
            Inclusion::DoesNotHold => format!("the new policy allows what was not granted{compared}"),
            Inclusion::Unknown => {
                "whether the new policy allows something that was not granted is not decided".to_owned()
            }
        }
    }

    /// The same with the request that shows it, and why.
    pub fn words(&self) -> String {
        let mut words = self.headline();
        if let Some(request) = &self.request {
            words.push_str(&format!(": {} on {}{}", request.action, request.resource, request.with()));
        }
        if let Some(why) = &self.why {
            words.push_str(&format!(": {why}"));
        }
        words
    }
}

impl Wider {
    /// Its context in words.
    pub fn with(&self) -> String {
        let mut keys = self.context.iter().map(|(key, values)| format!("{key} = {}", values.join(", ")));
        match keys.next() {
            None => String::new(),
            Some(first) => keys.fold(format!(" with {first}"), |all, key| format!("{all}; {key}")),
        }
    }
}

impl Sides<'_> {
    pub(super) fn compare(&self, terms: &Terms<'_>) -> Within {
        let everything = Policy::new(vec![Statement::allow(["*"], ["*"])]);
        let (new, old) = (policies(self.new), policies(&self.granted.identity));
        let with_all = |policies: &[_]| [policies, &[&everything]].concat();
        let question =
            Question { principal: Some(self.principal), ..Question::new(Kind::Identity, &old, &new) };
        let mut within = self.told(Compared::IdentityPolicies, question.answer(terms));
        if !within.holds()
            && let Some(boundary) = &self.granted.boundary
        {
            let boundary = policies(boundary);
            let question = Question { boundary: Some(&boundary), ..question };
            within = self.told(Compared::UnderTheBoundary, question.answer(terms));
        }
        if !within.holds() {
            return within;
        }
        // With everything allowed beside them, policies differ in what they deny.
        let (new, old) = (with_all(&new), with_all(&old));
        let denies = Question { old: &old, new: &new, ..question };
        match self.told(Compared::DenyStatements, denies.answer(terms)) {
            denied if denied.holds() => within,
            lost => lost,
        }
    }

    fn told(&self, compared: Compared, answer: Answer) -> Within {
        let (answer, why, request) = match answer {
            Answer::None => (Inclusion::Holds, None, None),
            Answer::Unknown(reason) => (Inclusion::Unknown, Some(reason.as_str().to_owned()), None),
            Answer::Some(witness) => {
                let request = self.wider(&witness);
                (Inclusion::DoesNotHold, Some(self.why(compared, &request)), Some(request))
            }
        };
        Within { answer, compared, why, request }
    }

    fn wider(&self, witness: &Witness) -> Wider {
        Wider {
            action: witness.action.clone(),
            resource: witness.resource.clone(),
            context: witness.context.iter().cloned().collect(),
            allowed_by: At::of(self.new, witness.allowed_by.as_ref()),
            denied_by: At::of(&self.granted.identity, witness.denied_by.as_ref()),
        }
    }

    /// What of the way that the policy was made explains the request.
    fn why(&self, compared: Compared, request: &Wider) -> String {
        if compared == Compared::DenyStatements {
            return "a granted policy denies it and the new one does not, so a resource policy may allow it"
                .to_owned();
        }
        let is_same = |action: &String| action.eq_ignore_ascii_case(&request.action);
        let widened = |widening: &&Widening| {
            widening.actions.iter().any(is_same)
                && leastwise_policy::glob::matches(&widening.to, &request.resource)
        };
        if let Some(widening) = self.widenings.iter().find(widened) {
            return format!("widened: {}", widening.reason.as_str());
        }
        if self.replay.not_granted.iter().any(|row| is_same(&row.action)) {
            return "it was used, and something else than the granted policies allows it, such as a resource policy"
                .to_owned();
        }
        match request.denied_by {
            Some(_) => "a granted policy denies it".to_owned(),
            None => "no granted policy allows it".to_owned(),
        }
    }
}

impl At {
    fn of(documents: &[Named<Policy>], place: Option<&Place>) -> Option<At> {
        let place = place?;
        let document = documents.get(place.document)?.name.clone();
        Some(At { document, statement: place.index, sid: place.sid.clone() })
    }
}

fn policies(documents: &[Named<Policy>]) -> Vec<&Policy> {
    documents.iter().map(|document| &document.policy).collect()
}
