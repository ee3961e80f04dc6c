//! A guardrail around a role: a service control policy that holds whatever the role is given later.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html>. It grants
//! nothing and has no `Principal`: the role is told by `aws:PrincipalArn`, everybody else is left alone. It denies, in
//! a session that no human approved (the tag `leastwise-approved`), every service that the intent does not name, and
//! in those that it names what cannot be brought back, unless the intent itself allows it there; and, approved or not,
//! what is outside of the role's regions and of the tags of its resources. It does not hold in the organisation's
//! management account, nor for service-linked roles.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::levels::Source;
use leastwise_catalog::{Catalog, Service};
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{
    ActionBlock, ActionPattern, Comparison, Condition, Effect, Named, Policy, ResourceBlock, ResourcePattern,
    Statement,
};

use super::allow::{APPROVED, condition};
use super::bind::Bound;
use super::{Compiled, Options, Reason};
use crate::intent::{Fault, Limit, Role};

/// The guardrail of a compiled role.
///
/// # Errors
/// It is longer than a service control policy may be.
pub fn guardrail(
    role: &Role,
    compiled: &Compiled,
    catalog: &Catalog,
    options: &Options,
) -> Result<Named<Policy>, Fault> {
    let made = Maker { role, compiled, catalog, who: who(compiled, options) };
    let mut statements = vec![made.other_services()];
    statements.extend(made.destructive());
    statements.extend(made.destructive_elsewhere());
    statements.extend(made.other_regions());
    statements.extend(made.other_tags());
    super::allow::make_unique(&mut statements);
    let policy = Policy::new(statements);
    if !Quota::ServiceControlPolicy.holds(std::slice::from_ref(&policy)) {
        let most = Quota::ServiceControlPolicy.characters();
        let text = format!("the guardrail of `{}` would be longer than {most} characters", compiled.role);
        return Err(
            Fault::new(&role.name.place, text).help("split the role: each has a guardrail of its own")
        );
    }
    Ok(Named::new(format!("{}-guardrail", compiled.role), policy))
}

/// The role's ARN in whatever account; of one that exists already nobody said the path.
fn who(compiled: &Compiled, options: &Options) -> Condition {
    let account = options.account.as_deref().unwrap_or("*");
    let arn = |path: &str| format!("arn:{}:iam::{account}:role/{path}{}", options.partition, compiled.role);
    let mut arns = vec![arn("")];
    if compiled.trust.is_none() {
        arns.push(arn("*/"));
    }
    condition(Comparison::ArnLike, "aws:PrincipalArn", arns)
}

struct Maker<'a> {
    role: &'a Role,
    compiled: &'a Compiled,
    catalog: &'a Catalog,
    who: Condition,
}

impl<'a> Maker<'a> {
    fn allowed(&self) -> impl Iterator<Item = &'a Reason> {
        self.compiled.reasons.iter().filter(|reason| reason.effect == Effect::Allow)
    }

    /// The services whose actions the intent allows, with approval or without.
    fn services(&self) -> Vec<&'a Service> {
        let prefixes: BTreeSet<&str> =
            self.allowed().filter_map(|reason| reason.action.split(':').next()).collect();
        prefixes.into_iter().filter_map(|prefix| self.catalog.service(prefix)).collect()
    }

    /// A statement on the role, which an approval lifts.
    fn unapproved(&self, sid: &str, action: ActionBlock, resource: ResourceBlock) -> Statement {
        self.deny(sid, action, resource).with_condition(condition(
            Comparison::StringNotEquals,
            APPROVED,
            vec!["true".to_owned()],
        ))
    }

    fn deny(&self, sid: &str, action: ActionBlock, resource: ResourceBlock) -> Statement {
        let statement = Statement { action, resource: Some(resource), ..Statement::deny(["*"], ["*"]) };
        statement.with_sid(sid).with_condition(self.who.clone())
    }

    fn other_services(&self) -> Statement {
        let own = self.services().into_iter().map(|service| format!("{}:*", service.prefix));
        self.unapproved("UnapprovedOtherServices", ActionBlock::NotAction(patterns(own)), everything())
    }

    /// The actions of the intent's services that cannot be brought back.
    fn destructive_of(service: &'a Service) -> BTreeSet<&'a str> {
        service.actions.iter().filter(|action| action.destructive).map(|action| &*action.name).collect()
    }

    /// Destructive actions that the intent names and allows without approval, with the resources. `admin` names none.
    fn granted(&self) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
        let approval: Vec<_> = self.role.approval.iter().map(|permission| &permission.verb.place).collect();
        let mut granted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for reason in self.allowed() {
            let destructive = self.catalog.action(&reason.action).is_some_and(|action| action.destructive);
            if destructive && reason.source != Source::Admin && !approval.contains(&&reason.place) {
                let resources = reason.resources.iter().map(String::as_str);
                granted.entry(&reason.action).or_default().extend(resources);
            }
        }
        granted
    }

    fn destructive(&self) -> Option<Statement> {
        let granted = self.granted();
        let mut all = Vec::new();
        for service in self.services() {
            let named = |name: &&str| granted.contains_key(format!("{}:{name}", service.prefix).as_str());
            let rest: BTreeSet<&str> =
                Self::destructive_of(service).into_iter().filter(|name| !named(name)).collect();
            let names: Vec<&str> = service.actions.iter().map(|action| &*action.name).collect();
            all.extend(shortened(&names, &rest).into_iter().map(|it| format!("{}:{it}", service.prefix)));
        }
        let action = ActionBlock::Action(patterns(all.iter().cloned()));
        (!all.is_empty()).then(|| self.unapproved("UnapprovedDestructive", action, everything()))
    }

    /// What the intent allows to destroy it allows on its own resources.
    fn destructive_elsewhere(&self) -> Vec<Statement> {
        let mut by_resources: BTreeMap<BTreeSet<&str>, Vec<String>> = BTreeMap::new();
        for (action, resources) in self.granted() {
            if !resources.contains("*") {
                by_resources.entry(resources).or_default().push(action.to_owned());
            }
        }
        let statement = |(resources, actions): (BTreeSet<&str>, Vec<String>)| {
            let resources = resources.into_iter().map(|arn| ResourcePattern::new(arn.to_owned())).collect();
            self.unapproved(
                "UnapprovedDestructiveElsewhere",
                ActionBlock::Action(patterns(actions)),
                ResourceBlock::NotResource(resources),
            )
        };
        by_resources.into_iter().map(statement).collect()
    }

    /// Outside of the regions of the intent: those of its condition, else those in which all that it names of a
    /// service is. A service without regions in its ARNs is left alone: its calls may be answered anywhere.
    fn other_regions(&self) -> Vec<Statement> {
        let said = self.role.conditions.iter().find_map(|limit| match &limit.value {
            Limit::Region(regions) => Some(regions.iter().map(String::as_str).collect::<BTreeSet<_>>()),
            _ => None,
        });
        let mut by_regions: BTreeMap<BTreeSet<&str>, Vec<String>> = BTreeMap::new();
        for service in self.services() {
            let of_service = |reason: &&Reason| reason.action.split(':').next() == Some(&*service.prefix);
            let regions: Option<BTreeSet<&str>> =
                self.allowed().filter(of_service).map(|reason| region(&reason.bound)).collect();
            let Some(own) = regions.filter(|regions| !regions.is_empty()) else { continue };
            let regions = said.clone().unwrap_or(own);
            by_regions.entry(regions).or_default().push(format!("{}:*", service.prefix));
        }
        let statement = |(regions, services): (BTreeSet<&str>, Vec<String>)| {
            let regions = regions.into_iter().map(str::to_owned).collect();
            self.deny("OutsideRegions", ActionBlock::Action(patterns(services)), everything())
                .with_condition(condition(Comparison::StringNotEquals, "aws:RequestedRegion", regions))
        };
        by_regions.into_iter().map(statement).collect()
    }

    /// Resources that are known to have another value of a tag that the intent asks for.
    fn other_tags(&self) -> Vec<Statement> {
        let tags = self.role.conditions.iter().filter_map(|limit| match &limit.value {
            Limit::Tags(tags) => Some(tags),
            _ => None,
        });
        let own: Vec<String> =
            self.services().into_iter().map(|service| format!("{}:*", service.prefix)).collect();
        tags.flatten()
            .map(|(key, values)| {
                let key = format!("aws:ResourceTag/{key}");
                self.deny("OutsideTags", ActionBlock::Action(patterns(own.clone())), everything())
                    .with_condition(condition(Comparison::Null, &key, vec!["false".to_owned()]))
                    .with_condition(condition(Comparison::StringNotEquals, &key, values.clone()))
            })
            .collect()
    }
}

fn patterns(actions: impl IntoIterator<Item = String>) -> Vec<ActionPattern> {
    actions.into_iter().map(ActionPattern::new).collect()
}

fn everything() -> ResourceBlock {
    ResourceBlock::Resource(vec![ResourcePattern::new("*".to_owned())])
}

/// The region of an ARN, when it has one and it is known.
fn region(bound: &Bound) -> Option<&str> {
    match bound {
        Bound::Arn(arn) => {
            arn.split(':').nth(3).filter(|region| !region.is_empty() && !region.contains(['*', '?', '<']))
        }
        Bound::Service { .. } => None,
    }
}

/// `wanted` in few patterns, none of which says another one of `all`: `Delete*` when everything that begins so is
/// wanted, else longer beginnings, else names. What AWS adds under such a beginning later is denied too.
fn shortened(all: &[&str], wanted: &BTreeSet<&str>) -> Vec<String> {
    let mut patterns = Vec::new();
    let mut left: BTreeSet<&str> = wanted.clone();
    while let Some(name) = left.pop_first() {
        let covers = |stem: &&str| {
            all.iter().filter(|other| other.starts_with(*stem)).all(|other| wanted.contains(other))
        };
        match stems(name).find(covers) {
            Some(stem) if all.iter().filter(|other| other.starts_with(stem)).count() > 1 => {
                left.retain(|other| !other.starts_with(stem));
                patterns.push(format!("{stem}*"));
            }
            _ => patterns.push(name.to_owned()),
        }
    }
    patterns
}

/// The beginnings of a name, word by word: `Delete`, `DeleteTable`, `DeleteTableReplica`.
fn stems(name: &str) -> impl Iterator<Item = &str> {
    let bytes = name.as_bytes();
    let ends = (1..bytes.len())
        .filter(move |&at| bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase())
        .map(|at| &name[..at]);
    ends.chain(std::iter::once(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_says_nothing_that_is_not_wanted() {
        let all =
            ["DeleteItem", "DeleteTable", "DeleteTableReplica", "DeleteTag", "PurgeAll", "PurgeIt", "Get"];
        let wanted = |names: &[&'static str]| shortened(&all, &names.iter().copied().collect());
        assert_eq!(wanted(&["DeleteTable", "DeleteTableReplica", "PurgeAll"]), ["DeleteTable*", "PurgeAll"]);
        assert_eq!(wanted(&["PurgeAll", "PurgeIt"]), ["Purge*"]);
        assert_eq!(wanted(&["DeleteItem", "DeleteTable", "DeleteTableReplica", "DeleteTag"]), ["Delete*"]);
        assert_eq!(wanted(&["DeleteTable"]), ["DeleteTable"]);
    }
}
