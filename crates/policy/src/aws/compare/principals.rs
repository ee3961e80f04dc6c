//! Those who may ask, as far as two policies can tell them apart.
//!
//! `Principal` elements name accounts, users, roles, sessions, services and providers by their whole names, so those
//! that are named and one of each sort that is not are enough; the evaluator says which statements are about them. A
//! user or role that nobody names keeps its ARN open, for `aws:PrincipalArn` may be tested with wildcards.

use super::keys::Domain;
use super::language::Pattern;
use super::model::Model;
use super::names::{Names, SESSION};
use super::{Kind, Question};
use crate::arn::Arn;
use crate::aws::evaluate::{
    Context, Facts, Federated, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use crate::aws::{Effect, Policy, PrincipalBlock, Statement};
use std::collections::HashMap;

/// The keys whose values follow from the principal, in lower case.
const KEYS: [&str; 5] =
    ["aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid", "aws:username"];

/// Principals that all statements treat alike.
#[derive(Debug, Clone)]
pub(super) struct Someone {
    /// One of them.
    pub(super) arn: String,
    pub(super) session: Option<String>,
    /// Of a federated user: the ARN and the `aws:userid` of the session.
    federated: Option<(String, String)>,
    /// What its ARN may be instead.
    like: Option<(Pattern, Vec<Pattern>)>,
    /// Whether each rule of the model is about it.
    pub(super) concerned: Vec<bool>,
}

/// Everybody, and whether that is surely everybody.
#[derive(Debug)]
pub(super) struct Everybody {
    pub(super) list: Vec<Someone>,
    pub(super) complete: bool,
}

impl Everybody {
    pub(super) fn new(question: &Question<'_>, model: &Model<'_>) -> Everybody {
        let kind = question.kind;
        let names = Names::of(model);
        let is_used = |key: &str| {
            model.keys.iter().any(|known| known.name == key)
                || model.variables.iter().any(|known| known == key)
        };
        let used = KEYS.iter().any(|key| is_used(key));
        let mut list = Vec::new();
        let only = question.principal.filter(|_| kind == Kind::Identity).and_then(Someone::only);
        let is_told = only.is_some();
        match kind {
            Kind::Identity if is_told => list.extend(only),
            Kind::Identity | Kind::ServiceControl if !used => list.push(names.role(&names.stranger())),
            Kind::Identity | Kind::ServiceControl => {
                for place in names.places() {
                    list.extend([names.role(&place), names.user(&place)]);
                    if kind == Kind::ServiceControl {
                        list.push(Someone::named(format!("arn:{}:iam::{}:root", place.0, place.1)));
                    }
                }
            }
            Kind::Resource | Kind::Trust | Kind::ResourceControl => names.everybody(&mut list),
        }
        let mut known = HashMap::new();
        for someone in &mut list {
            someone.concerned = model
                .rules
                .iter()
                .map(|rule| {
                    !kind.names_principals() || someone.is_concerned(kind, rule.statement, &mut known)
                })
                .collect();
        }
        Everybody { list, complete: is_told || !(used && names.accounts_in_part) }
    }
}

/// Who, and what a statement says of whom it is about.
type Asked<'a> = (String, Option<String>, Effect, Option<&'a PrincipalBlock>);

impl Someone {
    pub(super) fn named(arn: impl Into<String>) -> Someone {
        Someone { arn: arn.into(), session: None, federated: None, like: None, concerned: Vec::new() }
    }

    /// The role or user that has this ARN; none when it is of neither.
    fn only(arn: &str) -> Option<Someone> {
        let parsed = Arn::parse(arn).filter(|arn| arn.service() == "iam" && !arn.account().is_empty())?;
        match parsed.resource().split_once('/')? {
            // A wildcard would be one to the evaluator.
            (_, name) if name.contains(['*', '?']) => None,
            ("role", name) if !name.starts_with("aws-service-role/") => {
                Some(Someone::named(arn).in_session(SESSION))
            }
            ("user", _) => Some(Someone::named(arn)),
            _ => None,
        }
    }

    /// One whose ARN is open.
    pub(super) fn like(self, like: Pattern, but: Vec<Pattern>) -> Someone {
        Someone { like: Some((like, but)), ..self }
    }

    pub(super) fn in_session(mut self, name: impl Into<String>) -> Someone {
        let name = name.into();
        let arn = Arn::parse(&self.arn).filter(|arn| !arn.resource().starts_with("role/"));
        self.federated = arn.map(|arn| {
            let (partition, account) = (arn.partition(), arn.account());
            (format!("arn:{partition}:sts::{account}:federated-user/{name}"), format!("{account}:{name}"))
        });
        self.session = Some(name);
        self
    }

    pub(super) fn principal(&self) -> PrincipalRef<'_> {
        PrincipalRef { arn: &self.arn, session: self.session.as_deref() }
    }

    /// Whether `arn` is one of them.
    pub(super) fn may_be(&self, arn: &str) -> bool {
        match &self.like {
            Some((like, but)) => like.matches(arn) && !but.iter().any(|but| but.matches(arn)),
            None => arn == self.arn,
        }
    }

    /// What is known of `key`, which is in lower case, as the evaluator would find it.
    pub(super) fn domain(&self, key: &str) -> Domain {
        if !KEYS.contains(&key) {
            return Domain::Free;
        }
        match (&self.like, key) {
            (Some((like, but)), "aws:principalarn") => Domain::Like(like.clone(), but.clone()),
            (Some(_), "aws:username") if self.arn.contains(":user/") => {
                Domain::Like(Pattern::not_empty(), vec![Pattern::shape("*/*"), Pattern::shape("*:*")])
            }
            _ => self.asked(key),
        }
    }

    /// The value that the evaluator has for `key`.
    fn asked(&self, key: &str) -> Domain {
        let context = Context::new();
        let facts = Facts::new(&context, self.principal(), self.federated());
        match facts.find(key).to_vec().as_deref() {
            Some([value]) => Domain::Is(value.clone()),
            // What does not follow from the principal may be anything, but none of the names of those who have none.
            None if key == "aws:userid" => Domain::Free,
            _ => Domain::Absent,
        }
    }

    /// The ARN and the `aws:userid` of the session, of a federated user.
    pub(super) fn federated(&self) -> Federated<'_> {
        match &self.federated {
            Some((arn, userid)) => Federated::Named { arn, userid },
            None => Federated::No,
        }
    }

    fn is_concerned<'a>(
        &self,
        kind: Kind,
        statement: &'a Statement,
        known: &mut HashMap<Asked<'a>, bool>,
    ) -> bool {
        let id = (self.arn.clone(), self.session.clone(), statement.effect, statement.principal.as_ref());
        *known.entry(id).or_insert_with(|| {
            let mut probe = Statement::new(statement.effect, ["*"], ["*"]);
            probe.principal.clone_from(&statement.principal);
            let policy = Policy::new(vec![probe]);
            let mut context = Context::new();
            context.complete(true);
            let request = Request {
                principal: self.principal(),
                action: "sts:AssumeRole",
                resource: ResourceRef::Exact("arn:aws:iam::111122223333:role/example"),
                context: &context,
            };
            let verdict = evaluate(&kind.set(&[&policy]), &request).verdict;
            match statement.effect {
                Effect::Allow => verdict == Verdict::Allowed,
                Effect::Deny => verdict == Verdict::ExplicitDeny,
            }
        })
    }
}
