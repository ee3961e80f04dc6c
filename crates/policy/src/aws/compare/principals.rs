//! Those who may ask, as far as two policies can tell them apart.
//!
//! `Principal` elements name accounts, users, roles, sessions, services and providers by their whole names, so those
//! that are named and one of each sort that is not are enough; the evaluator says which statements are about them. A
//! user or role that nobody names keeps its ARN open, for `aws:PrincipalArn` may be tested with wildcards.

use super::Kind;
use super::keys::Domain;
use super::language::Pattern;
use super::model::Model;
use crate::arn::Arn;
use crate::aws::evaluate::{
    Context, Facts, Federated, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use crate::aws::{Effect, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, Statement};
use std::collections::{BTreeSet, HashMap};

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

const PARTITION: &str = "aws";
/// The accounts that AWS uses in its examples, for somebody whom no policy names.
const STRANGERS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
const NAME: &str = "example";
const SESSION: &str = "session";

/// The names that stand in the policies.
#[derive(Debug, Default)]
struct Names {
    /// Partition and account.
    accounts: BTreeSet<(String, String)>,
    arns: BTreeSet<String>,
    services: BTreeSet<String>,
    providers: BTreeSet<String>,
    /// Whether accounts are tested with wildcards.
    accounts_in_part: bool,
}

impl Everybody {
    pub(super) fn new(kind: Kind, model: &Model<'_>) -> Everybody {
        let names = Names::of(model);
        let is_used = |key: &str| {
            model.keys.iter().any(|known| known.name == key)
                || model.variables.iter().any(|known| known == key)
        };
        let used = KEYS.iter().any(|key| is_used(key));
        let mut list = Vec::new();
        match kind {
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
        Everybody { list, complete: !(used && names.accounts_in_part) }
    }
}

/// Who, and what a statement says of whom it is about.
type Asked<'a> = (String, Option<String>, Effect, Option<&'a PrincipalBlock>);

impl Someone {
    fn named(arn: impl Into<String>) -> Someone {
        Someone { arn: arn.into(), session: None, federated: None, like: None, concerned: Vec::new() }
    }

    fn in_session(mut self, name: impl Into<String>) -> Someone {
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

impl Names {
    fn of(model: &Model<'_>) -> Names {
        let mut names = Names::default();
        for rule in &model.rules {
            let (PrincipalBlock::Principal(set) | PrincipalBlock::NotPrincipal(set)) =
                match &rule.statement.principal {
                    Some(block) => block,
                    None => continue,
                };
            let PrincipalSet::ByKind(kinds) = set else { continue };
            for (kind, texts) in kinds {
                texts.iter().for_each(|text| names.add(*kind, text));
            }
        }
        for test in &model.tests {
            match model.keys[test.key as usize].name.as_str() {
                "aws:principalaccount" => test.values.iter().for_each(|value| names.add_account_test(value)),
                "aws:principalarn" => test.values.iter().for_each(|value| names.add_arn_test(value)),
                _ => {}
            }
        }
        names
    }

    fn add(&mut self, kind: PrincipalKind, text: &str) {
        match kind {
            _ if text.contains(['*', '?']) => {}
            PrincipalKind::Service => drop(self.services.insert(text.to_owned())),
            PrincipalKind::Federated => drop(self.providers.insert(text.to_owned())),
            PrincipalKind::CanonicalUser => {}
            PrincipalKind::Aws if is_account(text) => {
                self.accounts.insert((PARTITION.to_owned(), text.to_owned()));
            }
            PrincipalKind::Aws => {
                if let Some(arn) = Arn::parse(text).filter(|arn| is_account(arn.account())) {
                    self.accounts.insert((arn.partition().to_owned(), arn.account().to_owned()));
                    self.arns.insert(text.to_owned());
                }
            }
        }
    }

    fn add_account_test(&mut self, value: &str) {
        if is_account(value) {
            self.accounts.insert((PARTITION.to_owned(), value.to_owned()));
        } else if value != "*" && !value.contains("${") {
            self.accounts_in_part = true;
        }
    }

    fn add_arn_test(&mut self, value: &str) {
        let parts: Vec<&str> = value.splitn(6, ':').collect();
        match parts[..] {
            ["arn", partition, _, _, account, _] if is_account(account) => {
                let partition = if partition.contains(['*', '?', '$']) { PARTITION } else { partition };
                self.accounts.insert((partition.to_owned(), account.to_owned()));
            }
            ["arn", _, _, _, "*" | "", _] => {}
            _ if value.contains("${") => {}
            _ => self.accounts_in_part |= value.contains(|character: char| character.is_ascii_digit()),
        }
    }

    /// An account that nobody names.
    fn stranger(&self) -> (String, String) {
        let is_named = |account: &str| self.accounts.iter().any(|(_, named)| named == account);
        let unnamed = STRANGERS.iter().map(|account| (*account).to_owned());
        let more = (0_u64..).map(|number| format!("{:012}", 999_999_999_999 - number));
        let account = unnamed.chain(more).find(|account| !is_named(account)).unwrap_or_default();
        (PARTITION.to_owned(), account)
    }

    fn places(&self) -> Vec<(String, String)> {
        std::iter::once(self.stranger()).chain(self.accounts.iter().cloned()).collect()
    }

    /// Somebody with an ARN like `kind/…` whom nobody names.
    fn somebody(&self, place: &(String, String), kind: &str) -> Someone {
        let start = format!("arn:{}:iam::{}:{kind}/", place.0, place.1);
        let is_named = |arn: &String| self.arns.contains(arn);
        let names = std::iter::once(NAME.to_owned()).chain((1..).map(|number| format!("{NAME}-{number}")));
        let arn = names.map(|name| format!("{start}{name}")).find(|arn| !is_named(arn)).unwrap_or_default();
        let mut but: Vec<Pattern> = self.arns.iter().map(|arn| Pattern::literal(arn)).collect();
        // A wildcard would be a wildcard to the evaluator, and a role of that path is a service's own.
        but.push(Pattern::shape(&format!("{start}*/")));
        but.push(Pattern::shape(&format!("{start}aws-service-role/*")));
        Someone { like: Some((Pattern::shape(&format!("{start}?*")), but)), ..Someone::named(arn) }
    }

    fn role(&self, place: &(String, String)) -> Someone {
        self.somebody(place, "role").in_session(SESSION)
    }

    fn user(&self, place: &(String, String)) -> Someone {
        self.somebody(place, "user")
    }

    fn everybody(&self, list: &mut Vec<Someone>) {
        for place in self.places() {
            let root = format!("arn:{}:iam::{}:root", place.0, place.1);
            list.extend([self.role(&place), self.user(&place), Someone::named(root)]);
        }
        for text in &self.arns {
            self.by_name(text, list);
        }
        let unnamed = |names: &BTreeSet<String>, start: &str, end: &str| {
            let numbers = std::iter::once(String::new()).chain((1..).map(|number| format!("-{number}")));
            numbers
                .map(|number| format!("{start}{number}{end}"))
                .find(|name| !names.contains(name))
                .unwrap_or_default()
        };
        let (partition, account) = self.stranger();
        let provider = format!("arn:{partition}:iam::{account}:oidc-provider/example");
        list.extend(self.services.iter().chain(&self.providers).map(Someone::named));
        list.push(Someone::named(unnamed(&self.services, "example", ".amazonaws.com")));
        list.push(Someone::named(unnamed(&self.providers, &provider, ".com")));
    }

    /// All that one name can mean, alone and together with other names.
    fn by_name(&self, text: &str, list: &mut Vec<Someone>) {
        let Some(arn) = Arn::parse(text) else { return };
        let start = format!("arn:{}:iam::{}", arn.partition(), arn.account());
        match (arn.service(), arn.resource().split_once('/')) {
            ("iam", Some(("user", _))) => list.push(Someone::named(text)),
            ("iam", Some(("role", _))) => list.push(Someone::named(text).in_session(SESSION)),
            ("sts", Some(("assumed-role", rest))) => {
                let Some((role, session)) = rest.split_once('/') else { return };
                let is_same = |other: &&String| {
                    other.starts_with(&format!("{start}:role/")) && other.ends_with(&format!("/{role}"))
                };
                let plain = format!("{start}:role/{role}");
                let roles = self.arns.iter().filter(is_same).cloned().chain([plain]).collect::<BTreeSet<_>>();
                list.extend(roles.into_iter().map(|role| Someone::named(role).in_session(session)));
            }
            ("sts", Some(("federated-user", session))) => {
                let is_user = |other: &&String| other.starts_with(&format!("{start}:user/"));
                let unnamed = [format!("{start}:user/{NAME}"), format!("{start}:root")];
                let users = self.arns.iter().filter(is_user).cloned().chain(unnamed).collect::<BTreeSet<_>>();
                list.extend(users.into_iter().map(|user| Someone::named(user).in_session(session)));
            }
            _ => {}
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
