//! What to add so that what was refused would be allowed, or why adding would not help.
//!
//! An addition is exact: the action and the resource that the message names. `*` is granted only for an action that
//! knows no resource. What the catalogue does not know, what names no resource and what another layer denies is told.

mod aws;
mod azure;
mod gcp;
mod kubernetes;
mod operation;

use std::collections::BTreeMap;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::{
    ActionBlock, ActionPattern, Conditions, Effect, Policy, PrincipalBlock, PrincipalKind, PrincipalSet,
    ResourceBlock, ResourcePattern, Statement as PolicyStatement,
};
use serde_json::Value;

use super::principal::Principal;
use super::{Because, Denials, Platform, Refusal};
use crate::intent::{Binding, Intent, Permission, Place, Role, Said, Target};
use crate::lower::aws::{Compiled, Exact, Options, exact};

/// What is known besides the messages.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Account, region and partition of what is named without them.
    pub options: Options,
    /// What an action is on whose message names no resource: the action in lower case, to ARNs.
    pub resources: BTreeMap<String, Vec<String>>,
}

/// What to do about refusals.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// What would allow what AWS refused.
    pub additions: Vec<Addition>,
    /// What would allow what other platforms refused.
    pub others: Vec<Other>,
    /// What no addition answers, and why.
    pub told: Vec<Told>,
    /// What must be known of the additions.
    pub notes: Vec<Told>,
}

/// An addition to one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Addition {
    /// Whose policy.
    pub whose: Whose,
    /// What is added.
    pub permissions: Vec<Exact>,
}

/// What one principal needs on a platform other than AWS, in that platform's own form.
#[derive(Debug, Clone, PartialEq)]
pub struct Other {
    /// The platform.
    pub platform: Platform,
    /// Who needs it, as the message says; a placeholder where it does not.
    pub principal: String,
    /// The documents.
    pub documents: Value,
}

/// Whose policy an addition belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// The principal's own; nothing when the message does not say who it was.
    Principal(Option<Principal>),
    /// The resource's, which then names the principal.
    Resource {
        /// Its ARN.
        resource: String,
        /// Who is let in.
        principal: Principal,
        /// Whether it is a role's trust policy.
        trust: bool,
    },
}

/// Something to be known, about a place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where.
    pub place: Place,
    /// What.
    pub text: String,
    /// The way out.
    pub help: String,
}

impl Told {
    fn new(place: &Place, text: impl Into<String>, help: impl Into<String>) -> Told {
        Told { place: place.clone(), text: text.into(), help: help.into() }
    }
}

impl Addition {
    /// The addition as a compiled role: the documents for the principal's own policy.
    pub fn compiled(&self, name: &str) -> Compiled {
        exact(name, &self.permissions)
    }

    /// The statement for a resource's policy.
    pub fn resource_policy(&self) -> Option<Policy> {
        let Whose::Resource { principal, trust, .. } = &self.whose else { return None };
        let actions = self.permissions.iter().map(|exact| ActionPattern::new(exact.action.clone())).collect();
        let mut resources: Vec<String> =
            self.permissions.iter().map(|exact| exact.resource.clone()).collect();
        resources.dedup();
        // In a key's policy the key is always the one that the policy belongs to.
        if resources.iter().all(|resource| resource.split(':').nth(2) == Some("kms")) {
            resources = vec!["*".to_owned()];
        }
        let resources = resources.into_iter().map(ResourcePattern::new).collect();
        let who = vec![(PrincipalKind::Aws, vec![principal.arn()])];
        Some(Policy::new(vec![PolicyStatement {
            sid: Some("Refused".to_owned()),
            effect: Effect::Allow,
            principal: Some(PrincipalBlock::Principal(PrincipalSet::ByKind(who))),
            action: ActionBlock::Action(actions),
            resource: (!trust).then_some(ResourceBlock::Resource(resources)),
            condition: Conditions::default(),
        }]))
    }
}

impl Answer {
    /// The additions to principals' own policies as an intent: a role for each, named by `name`.
    pub fn intent(&self, name: impl Fn(&Addition) -> String) -> Intent {
        let mut intent = Intent::default();
        for addition in self.additions.iter().filter(|addition| matches!(addition.whose, Whose::Principal(_)))
        {
            let Some(first) = addition.permissions.first() else { continue };
            let mut role = Role::named(Said::new(name(addition), first.place.clone()));
            for exact in &addition.permissions {
                let said = |text: &str| Said::new(text.to_owned(), exact.place.clone());
                let mut resource = said(&exact.resource);
                if exact.resource == "*" {
                    let service = exact.action.split(':').next().unwrap_or_default();
                    resource = said(service);
                    if !intent.resources.iter().any(|known| known.name.value == service) {
                        let mut binding = Binding::named(said(service));
                        let target = Target::Service { prefix: service.to_owned(), kind: None };
                        binding.aws.push(Said::new(target, exact.place.clone()));
                        intent.resources.push(binding);
                    }
                }
                role.permissions.push(Permission { verb: said(&exact.action), resource });
            }
            intent.roles.push(role);
        }
        intent
    }
}

/// What to do about the refusals in a text.
pub fn answer(denials: &Denials, catalog: &Catalog, known: &Known) -> Answer {
    let mut made = Answer::default();
    aws::answer(denials, catalog, known, &mut made);
    gcp::answer(denials, &mut made);
    azure::answer(denials, &mut made);
    kubernetes::answer(denials, &mut made);
    let say = |unsaid: &super::Unsaid| match (unsaid.platform, unsaid.what) {
        (Platform::Azure, "data") => Told::new(
            &unsaid.place,
            "storage refused a call on data, and does not say which operation",
            "a role with data actions is needed, such as `Storage Blob Data Reader`; managing roles such as Owner have none",
        ),
        _ => Told::new(
            &unsaid.place,
            "the message says only that access was denied",
            "the platform's audit log names the permission",
        ),
    };
    made.told.extend(denials.unsaid.iter().filter(|unsaid| unsaid.platform != Platform::Aws).map(say));
    made
}

/// Why no addition to the principal's own permissions helps, where another layer stands in the way.
fn blocked(refusal: &Refusal) -> Option<Told> {
    let action = match refusal.action.as_str() {
        "" => "what was asked".to_owned(),
        action => format!("`{action}`"),
    };
    match &refusal.because {
        Because::Denied(barrier) => {
            let named = refusal.more.get("policy").map(|policy| format!(" (`{policy}`)")).unwrap_or_default();
            let text = format!("{action} is denied by {}{named}", barrier.what);
            let help = format!(
                "no addition to the principal's own permissions gets past that: look at {}",
                barrier.look
            );
            Some(Told::new(&refusal.place, text, help))
        }
        Because::Missing(barrier) if !matches!(barrier.name, "identity" | "resource" | "trust") => {
            let text = format!("{action} is not in {}", barrier.what);
            let help = format!(
                "adding to the identity policy does not help, this layer must allow it as well: look at {}",
                barrier.look
            );
            Some(Told::new(&refusal.place, text, help))
        }
        Because::Missing(_) | Because::Unsaid => None,
    }
}

/// One list for each key, in the order in which the keys come.
fn grouped<K: PartialEq, V: PartialEq>(pairs: impl IntoIterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}
