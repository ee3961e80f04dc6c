//! Who is at the target already.
//!
//! An admin is whoever can give itself everything that the organisation leaves to the account: of the calls of
//! [`PROBES`], each that the organisation's policies leave to a new role without a boundary, on roles, users and policies
//! of whatever name. Two made-up names stand for whatever name. Where they leave a new role none that gives, whoever they
//! spare by who it is (`ArnNotLike aws:PrincipalArn`) is asked what they leave to it.

use std::collections::{HashMap, HashSet};

use leastwise_catalog::{Action, Catalog, Level};
use leastwise_policy::aws::{Effect, Statement};

use super::ask::{Answer, Question};
use super::model::{FULL_IAM, Form, Model, Node};
use super::{Certainty, Target};

/// What an admin may do; the first are those that give.
const PROBES: [(&str, &str); 10] = [
    ("iam:AttachRolePolicy", "role"),
    ("iam:PutRolePolicy", "role"),
    ("iam:AttachUserPolicy", "user"),
    ("iam:PutUserPolicy", "user"),
    ("iam:CreatePolicyVersion", "policy"),
    ("iam:UpdateAssumeRolePolicy", "role"),
    ("iam:CreateRole", "role"),
    ("iam:PassRole", "role"),
    ("iam:CreateUser", "user"),
    ("iam:CreateAccessKey", "user"),
];
const GIVING: usize = 5;

/// Names that no policy means in particular.
const NAMES: [&str; 2] = ["Qx7-nobody", "zk3/vw9-nobody"];

/// Finds out who is there.
pub(super) struct Standing {
    /// Numbers of actions with the resources on which they are asked: by account for admins, all alike for a resource.
    asked: HashMap<String, Vec<(usize, Vec<String>)>>,
    kind: Kind,
    /// Answers for principals with everything, by what decides them.
    raised: HashMap<Class, Option<Answer>>,
    /// Accounts whose organisation leaves nothing to a new role, and asks who calls.
    sparing: HashSet<String>,
}

/// An account, a boundary, and what denies.
type Class = (String, Option<String>, String);

enum Kind {
    /// All of them.
    Admin,
    /// One of them.
    Resource,
    /// Whoever has this ARN.
    Principal(String),
}

/// Actions beyond those of the tables that make somebody a target.
pub(super) fn actions(to: &Target, catalog: &Catalog, is_principal: bool) -> Vec<String> {
    match to {
        Target::Admin => PROBES.iter().map(|(action, _)| (*action).to_owned()).collect(),
        Target::Arn(_) if is_principal => Vec::new(),
        Target::Arn(arn) => {
            let service = arn.split(':').nth(2).unwrap_or_default();
            let Some(service) = catalog.service(service) else { return Vec::new() };
            let names = service.actions.iter().map(|action| format!("{}:{}", service.prefix, action.name));
            names
                .filter(|name| catalog.supports(name, arn) && catalog.action(name).is_some_and(is_power))
                .collect()
        }
    }
}

/// Whether it changes, gives away, or reads what is in the resource.
fn is_power(action: Action<'_>) -> bool {
    let levels = action.levels;
    let changes = levels.contains(Level::Write) || levels.contains(Level::PermissionsManagement);
    changes || levels.contains(Level::Read) && action.visibility == leastwise_catalog::Visibility::Data
}

impl Standing {
    pub(super) fn new(
        model: &Model<'_>,
        to: &Target,
        more: &[String],
        fresh: &[(String, usize)],
    ) -> Standing {
        let (mut asked, mut sparing) = (HashMap::new(), HashSet::new());
        let kind = match to {
            Target::Admin => {
                for (account, node) in fresh {
                    let left = left(model, *node, &|question| model.ask(*node, question));
                    if left.is_empty() && above(model, account).any(is_about_caller) {
                        sparing.insert(account.clone());
                    }
                    asked.insert(account.clone(), left);
                }
                Kind::Admin
            }
            Target::Arn(arn) if model.world.snapshot.principal(arn).is_some() => Kind::Principal(arn.clone()),
            Target::Arn(arn) => {
                let numbers = more.iter().filter_map(|name| model.action(name));
                let all = numbers.map(|number| (number, vec![arn.clone()])).collect();
                asked.insert(String::new(), all);
                Kind::Resource
            }
        };
        Standing { asked, kind, raised: HashMap::new(), sparing }
    }

    /// Whether the node is there, and how surely.
    pub(super) fn of(&mut self, model: &Model<'_>, node: usize) -> Option<Answer> {
        let said = &model.nodes[node];
        match &self.kind {
            Kind::Principal(arn) => (matches!(said.form, Form::Plain) && said.arn == *arn).then(Answer::sure),
            Kind::Resource => {
                let all = self.asked.values().flatten();
                let held = all.filter(|(action, _)| said.bits.has(*action));
                let answers = held.filter_map(|(action, on)| ask_all(model, node, *action, on));
                answers.min_by_key(|answer| answer.certainty)
            }
            Kind::Admin if matches!(said.form, Form::Raised | Form::FreeRaised) => {
                let Some(key) = class(model, node) else { return self.admin(model, node) };
                if let Some(known) = self.raised.get(&key) {
                    return known.clone();
                }
                let answer = self.admin(model, node);
                self.raised.insert(key, answer.clone());
                answer
            }
            Kind::Admin => self.admin(model, node),
        }
    }

    fn admin(&self, model: &Model<'_>, node: usize) -> Option<Answer> {
        let said = &model.nodes[node];
        let gives = || {
            let mut giving = PROBES.iter().take(GIVING).filter_map(|(action, _)| model.action(action));
            giving.any(|action| said.bits.has(action))
        };
        let own = (self.sparing.contains(&said.account) && gives()).then(|| {
            let (set, known) = model.unlimited(node);
            left(model, node, &|question| model.ask_of(node, &set, &known, question))
        });
        let probes = own.as_ref().or_else(|| self.asked.get(&said.account));
        let probes = probes.filter(|probes| !probes.is_empty())?;
        if !probes.iter().all(|(action, _)| said.bits.has(*action)) {
            return None;
        }
        let mut all = Answer::sure();
        for (action, on) in probes {
            all.add(&ask_all(model, node, *action, on)?);
        }
        Some(all)
    }
}

/// Asks for one call.
type Ask<'q> = &'q dyn Fn(&Question<'_>) -> Option<Answer>;

/// What the organisation leaves to a principal of an account, as it sees it.
fn left(model: &Model<'_>, node: usize, ask: Ask<'_>) -> Vec<(usize, Vec<String>)> {
    let Node { arn, account, .. } = &model.nodes[node];
    let partition = arn.split(':').nth(1).unwrap_or("aws");
    let probes: Vec<_> = PROBES
        .iter()
        .filter_map(|(action, kind)| {
            let on = NAMES.iter().map(|name| format!("arn:{partition}:iam::{account}:{kind}/{name}"));
            Some((model.action(action)?, on.collect::<Vec<String>>()))
        })
        .collect();
    let giving: Vec<usize> = probes.iter().take(GIVING).map(|(action, _)| *action).collect();
    for most in [Certainty::Sure, Certainty::Conditional] {
        let kept: Vec<(usize, Vec<String>)> = probes
            .iter()
            .filter(|(action, on)| {
                asked_all(model, node, *action, on, ask).is_some_and(|one| one.certainty <= most)
            })
            .cloned()
            .collect();
        if kept.iter().any(|(action, _)| giving.contains(action)) {
            return kept;
        }
    }
    Vec::new()
}

fn ask_all(model: &Model<'_>, node: usize, action: usize, on: &[String]) -> Option<Answer> {
    asked_all(model, node, action, on, &|question| model.ask(node, question))
}

fn asked_all(model: &Model<'_>, node: usize, action: usize, on: &[String], ask: Ask<'_>) -> Option<Answer> {
    let mut all = Answer::sure();
    let name = &model.actions[action];
    let partition = model.nodes[node].arn.split(':').nth(1).unwrap_or("aws");
    let full_iam = || std::iter::once(format!("arn:{partition}:iam::aws:policy/{FULL_IAM}"));
    for arn in on {
        let mut question = Question::new(name, arn);
        if name.starts_with("iam:") {
            question.with.push(("iam:PermissionsBoundary".to_owned(), None));
        }
        if !name.starts_with("iam:Attach") {
            all.add(&ask(&question)?);
            continue;
        }
        let mut best: Option<Answer> = None;
        for policy in model.powers(node).chain(full_iam()) {
            let mut question = question.clone();
            question.with.push(("iam:PolicyARN".to_owned(), Some(policy)));
            let answer = ask(&question);
            let surer = |answer: &Answer| best.as_ref().is_none_or(|best| answer.certainty < best.certainty);
            best = answer.filter(surer).or(best);
            let doubtful = model.nodes[node].doubtful.has(action);
            if best.as_ref().is_some_and(|best| doubtful || best.certainty == Certainty::Sure) {
                break;
            }
        }
        all.add(&best?);
    }
    Some(all)
}

/// What decides whether somebody with everything is admin, when nothing that is about the caller does.
fn class(model: &Model<'_>, node: usize) -> Option<Class> {
    let said = &model.nodes[node];
    let granted = said.granted?;
    let own = granted.policies.identity.iter().flat_map(|document| &document.policy.statements);
    let own: Vec<&Statement> = own.filter(|statement| statement.effect == Effect::Deny).collect();
    let boundary = granted.policies.boundary.iter().flatten();
    let boundary = boundary.flat_map(|document| &document.policy.statements);
    let mut all = own.iter().copied().chain(boundary).chain(above(model, &said.account));
    if all.any(is_about_caller) {
        return None;
    }
    let boundary = granted.boundary.clone().filter(|_| matches!(said.form, Form::Raised));
    let denials = if own.is_empty() { String::new() } else { format!("{own:?}") };
    Some((said.account.clone(), boundary, denials))
}

/// The statements of the organisation's policies that an account is under.
fn above<'m>(model: &'m Model<'_>, account: &str) -> impl Iterator<Item = &'m Statement> {
    let levels = model.world.service_control.get(account).into_iter().flat_map(|path| &path.levels);
    let documents = levels.flat_map(|level| &level.policies);
    documents.flat_map(|document| &document.policy.statements)
}

/// Whether what the statement says hangs on who calls.
fn is_about_caller(statement: &Statement) -> bool {
    let about_caller = |key: &str| {
        let key = key.to_ascii_lowercase();
        key.starts_with("aws:principal") || key.starts_with("aws:user")
    };
    let varies = |text: &str| text.contains("${");
    let mut conditions = statement.condition.iter();
    let mut resources = statement.resource.iter().flat_map(|block| block.patterns());
    conditions.any(|one| about_caller(&one.key) || one.values.iter().any(|value| varies(value)))
        || resources.any(|one| varies(one.as_str()))
}

#[cfg(test)]
mod tests {
    use leastwise_policy::aws::ActionPattern;

    use super::PROBES;

    #[test]
    fn what_makes_an_admin_is_a_step_of_some_way() {
        for (probe, _) in PROBES {
            assert!(crate::paths::may_be_step(&ActionPattern::new(probe)), "{probe}");
        }
        assert!(crate::paths::may_be_step(&ActionPattern::new("IAM:create*")));
        assert!(!crate::paths::may_be_step(&ActionPattern::new("s3:GetObject")));
    }
}
