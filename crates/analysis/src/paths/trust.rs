//! Whom trust policies name, so that those who could assume a role are found without asking everybody.

use leastwise_policy::aws::{Effect, PrincipalBlock, PrincipalKind, PrincipalSet};

use super::model::{Form, Model};
use crate::granted::GrantedPrincipal;

/// Whom the `Allow` statements of a trust policy name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Everybody.
    pub(super) everybody: bool,
    /// Accounts.
    pub(super) accounts: Vec<String>,
    /// Roles, users and sessions, by ARN.
    pub(super) principals: Vec<String>,
    /// Services, as they are spelled.
    services: Vec<String>,
    /// Values that conditions compare the caller's ARN with.
    compared: Vec<String>,
}

/// Who somebody is that no snapshot lists, behind the partition of the role that lets him in.
const ANYBODY: &str = ":iam::000000000000:role/anybody";

/// Whether this is somebody whom no snapshot lists and nobody names.
pub(super) fn is_anybody(arn: &str) -> bool {
    arn.ends_with(ANYBODY)
}

impl Named {
    pub(super) fn by(role: &GrantedPrincipal) -> Named {
        let mut named = Named::default();
        for statement in role.trust.iter().flat_map(|policy| &policy.statements) {
            let about = statement.effect == Effect::Allow && statement.action.applies_to("sts:AssumeRole");
            let Some(PrincipalBlock::Principal(set)) = statement.principal.as_ref().filter(|_| about) else {
                continue;
            };
            let of_caller =
                statement.condition.iter().filter(|one| one.key.eq_ignore_ascii_case("aws:PrincipalArn"));
            named.compared.extend(of_caller.flat_map(|condition| condition.values.iter().cloned()));
            match set {
                PrincipalSet::Everyone => named.everybody = true,
                PrincipalSet::ByKind(kinds) => {
                    let services = kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Service);
                    named.services.extend(services.flat_map(|(_, texts)| texts.iter().cloned()));
                    let texts = kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Aws);
                    texts.flat_map(|(_, texts)| texts).for_each(|text| named.add(text));
                }
            }
        }
        named
    }

    /// Whether it might let this service assume the role.
    pub(super) fn has_service(&self, service: &str) -> bool {
        self.everybody || self.names_service(service)
    }

    /// Whether it names this service.
    pub(super) fn names_service(&self, service: &str) -> bool {
        self.services.iter().any(|named| named == service)
    }

    fn add(&mut self, text: &str) {
        let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let account = text.strip_suffix(":root").and_then(|rest| rest.rsplit(':').next()).unwrap_or(text);
        if text == "*" {
            self.everybody = true;
        } else if is_account(account) {
            self.accounts.push(account.to_owned());
        } else if text.starts_with("arn:") {
            self.principals.push(text.to_owned());
        }
    }
}

impl<'a> Model<'a> {
    /// Nodes that a trust policy names one by one.
    pub(super) fn named_one_by_one(&self, named: &Named) -> Vec<usize> {
        let mut nodes = Vec::new();
        for arn in &named.principals {
            let of_session = || {
                let (_, rest) = arn.split_once(":assumed-role/")?;
                let account = arn.split(':').nth(4)?;
                self.roles.get(&(account, rest.split('/').next()?)).copied()
            };
            let found = self.acting.get(arn.as_str()).or_else(|| self.acting.get(of_session()?));
            nodes.extend(found.into_iter().flatten().copied());
        }
        nodes
    }

    /// Whoever may be named by `role` and is in no snapshot, as ARNs to ask with; the first of each that is trusted counts.
    pub(super) fn outside(&self, named: &Named, role: &str) -> Vec<Vec<String>> {
        let mut outside = Vec::new();
        let partition = role.split(':').nth(1).unwrap_or("aws");
        if named.everybody {
            outside.push(vec![format!("arn:{partition}{ANYBODY}")]);
        }
        for account in named.accounts.iter().filter(|account| !self.accounts.contains(account.as_str())) {
            let mut arns = vec![format!("arn:{partition}:iam::{account}:root")];
            let own = named.compared.iter().filter(|arn| arn.split(':').nth(4) == Some(account));
            arns.extend(own.map(|arn| arn.replace('*', "example").replace('?', "0")));
            outside.push(arns);
        }
        for arn in &named.principals {
            if arn.contains(":iam::") && self.world.snapshot.principal(arn).is_none() {
                outside.push(vec![arn.clone()]);
            }
        }
        outside
    }

    /// The node for somebody whom no snapshot lists.
    pub(super) fn outsider(&mut self, arn: &str) -> usize {
        if let Some(known) = self.outsiders.get(arn) {
            return *known;
        }
        let node = self.add(None, Form::Outside, arn.to_owned(), true);
        self.outsiders.insert(arn.to_owned(), node);
        node
    }
}
