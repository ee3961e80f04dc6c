//! The names of principals that stand in two policies, and whom each of them can mean.

use super::language::Pattern;
use super::model::Model;
use super::principals::Someone;
use crate::arn::Arn;
use crate::aws::{PrincipalBlock, PrincipalKind, PrincipalSet};
use std::collections::BTreeSet;

const PARTITION: &str = "aws";
/// The accounts that AWS uses in its examples, for somebody whom no policy names.
const STRANGERS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
const NAME: &str = "example";
pub(super) const SESSION: &str = "session";

/// The names that stand in the policies.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Partition and account.
    accounts: BTreeSet<(String, String)>,
    arns: BTreeSet<String>,
    services: BTreeSet<String>,
    providers: BTreeSet<String>,
    /// Whether accounts are tested with wildcards.
    pub(super) accounts_in_part: bool,
}

impl Names {
    pub(super) fn of(model: &Model<'_>) -> Names {
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
    pub(super) fn stranger(&self) -> (String, String) {
        let is_named = |account: &str| self.accounts.iter().any(|(_, named)| named == account);
        let unnamed = STRANGERS.iter().map(|account| (*account).to_owned());
        let more = (0_u64..).map(|number| format!("{:012}", 999_999_999_999 - number));
        let account = unnamed.chain(more).find(|account| !is_named(account)).unwrap_or_default();
        (PARTITION.to_owned(), account)
    }

    pub(super) fn places(&self) -> Vec<(String, String)> {
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
        Someone::named(arn).like(Pattern::shape(&format!("{start}?*")), but)
    }

    pub(super) fn role(&self, place: &(String, String)) -> Someone {
        self.somebody(place, "role").in_session(SESSION)
    }

    pub(super) fn user(&self, place: &(String, String)) -> Someone {
        self.somebody(place, "user")
    }

    pub(super) fn everybody(&self, list: &mut Vec<Someone>) {
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
