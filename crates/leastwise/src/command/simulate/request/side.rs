//! Whose resource it is, and which policies are on it.

use leastwise_catalog::Action;
use leastwise_policy::arn::Arn;
use leastwise_policy::aws::evaluate::ResourceSide;
use leastwise_policy::aws::{Effect, Named, Policy, PrincipalBlock, PrincipalSet};

use super::super::organization::is_account;
use super::super::world::{World, whole};
use super::{Ask, Owner, beside, grants};
use crate::error::{Error, Result};

impl World<'_> {
    pub(super) fn owner(&self, ask: &Ask, pattern: bool) -> Result<Owner> {
        let said = ask.resource_account.as_ref().or(self.resource_account.as_ref());
        if let Some(text) = said.filter(|text| !is_account(text)) {
            return Err(Error::input(format!("`{text}` is not an account"))
                .hint("an account is 12 digits, such as 111122223333"));
        }
        match (ask.resource == "*", pattern, said) {
            (true, false, _) => return Ok(Owner::Nobody),
            (true, true, Some(said)) => return Ok(Owner::Account(said.clone())),
            (true, true, None) => return Ok(Owner::Unsaid),
            (false, ..) => {}
        }
        let Some(arn) = Arn::parse(&ask.resource) else {
            return Err(Error::input(format!("`{}` is not an ARN", ask.resource))
                .hint("a resource is named by its ARN, or by * for an action that has none"));
        };
        match (arn.account(), said) {
            ("aws", _) => Ok(Owner::Aws),
            (account, _) if is_account(account) => match &ask.resource_account {
                Some(said) if said != account => {
                    Err(Error::input(format!("`{}` belongs to {account}, not to {said}", ask.resource))
                        .hint("say who owns a resource only where its ARN does not"))
                }
                _ => Ok(Owner::Account(account.to_owned())),
            },
            (_, Some(said)) => Ok(Owner::Account(said.clone())),
            (_, None) => Ok(Owner::Unsaid),
        }
    }

    /// The side of the resource, when it has a say or cannot be left out.
    pub(super) fn side(
        &self,
        action: &str,
        ask: &Ask,
        owner: &Owner,
        account: Option<&str>,
        assumed: &mut Vec<String>,
    ) -> Result<Option<ResourceSide>> {
        let given = ask.resource_policy.as_ref().or(self.resource_policy.as_ref());
        if given.is_some() && ask.resource == "*" {
            return Err(Error::input("a resource policy was given, and the resource is `*`")
                .hint("name the resource that the policy is on"));
        }
        let owner = match owner {
            Owner::Account(owner) => owner.as_str(),
            Owner::Unsaid => "",
            Owner::Aws if given.is_none() => return Ok(None),
            Owner::Aws => "aws",
            Owner::Nobody => return Ok(None),
        };
        let mut policies: Vec<_> = match given {
            Some(policy) => vec![policy.clone()],
            None => self.trust(action, &ask.resource)?.into_iter().collect(),
        };
        let must_allow = must_allow(action, &ask.resource);
        let granted = action.starts_with("kms:") && grants::on(&self.grants, &ask.resource).next().is_some();
        if policies.is_empty() && must_allow && granted {
            assumed
                .push(format!("`{}` has no policy here: nothing is allowed but by its grants", ask.resource));
        } else if policies.is_empty() && must_allow {
            assumed.push(format!(
                "`{}` has no policy here, and without one that allows nobody is allowed",
                ask.resource
            ));
        } else if policies.is_empty() && account.is_some_and(|account| account != owner) {
            assumed.push(format!("`{}` has no policy that lets another account in", ask.resource));
        }
        policies.extend(self.access_control_lists(action));
        policies.extend(beside::central_root_access(action));
        // Within the account a resource without a policy has no say.
        let silent = policies.is_empty() && account == Some(owner) && !must_allow;
        if silent {
            return Ok(None);
        }
        let mut side = ResourceSide::new(owner, policies);
        side.grants.clone_from(&self.grants);
        side.public_access = ask.public_access.or(self.public_access).unwrap_or_default();
        Ok(Some(side))
    }

    /// The trust policy of the role that is to be assumed, when the snapshot knows it.
    fn trust(&self, action: &str, resource: &str) -> Result<Option<Named<Policy>>> {
        if !action.starts_with("sts:") {
            return Ok(None);
        }
        let Some(role) = self.snapshot.as_ref().and_then(|snapshot| snapshot.principal(resource)) else {
            return Ok(None);
        };
        whole(role)?;
        Ok(role.trust.as_ref().map(|trust| Named::new(role.trust_name(), trust.clone())))
    }

    /// Whom the policy of the resource names in an `Allow` for the action, and no snapshot lists.
    pub fn named_by_resource(&self, action: Action<'_>, ask: &Ask) -> Result<Vec<String>> {
        let name = action.full_name();
        let trust = self.trust(&name, &ask.resource)?;
        let granted = grants::on(&self.grants, &ask.resource);
        let policies = self.resource_policy.iter().chain(&trust).chain(granted);
        let allows = policies
            .flat_map(|policy| &policy.policy.statements)
            .filter(|statement| statement.effect == Effect::Allow && statement.action.applies_to(&name));
        let mut named = Vec::new();
        for statement in allows {
            let texts: Vec<String> = match &statement.principal {
                Some(PrincipalBlock::Principal(PrincipalSet::Everyone)) => vec!["everybody".to_owned()],
                Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) => {
                    let texts = kinds.iter().flat_map(|(_, texts)| texts);
                    texts.filter(|text| !self.lists(text)).map(|text| format!("`{text}`")).collect()
                }
                _ => Vec::new(),
            };
            named.extend(texts);
        }
        named.sort();
        named.dedup();
        Ok(named)
    }

    /// Whether the snapshot lists this principal, or the account that it stands for.
    fn lists(&self, text: &str) -> bool {
        let account = text.strip_suffix(":root").and_then(|arn| arn.rsplit(':').next()).unwrap_or(text);
        let mut known = self.snapshot.iter().flat_map(|snapshot| snapshot.principals());
        known.any(|known| known.arn == text || known.account() == account)
    }
}

/// The resources whose policy must allow, whoever asks; of nothing else of these services is there a policy.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
/// The auth policy of a service: <https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html>.
const MUST_ALLOW: [(&str, &str, &str); 3] =
    [("kms:", "kms", "key/"), ("sts:", "iam", "role/"), ("vpc-lattice-svcs:", "vpc-lattice", "service/")];

fn must_allow(action: &str, resource: &str) -> bool {
    let arn = Arn::parse(resource);
    MUST_ALLOW.iter().any(|(prefix, service, kind)| {
        let of_kind = |arn: &Arn| {
            // A pattern may stand for some.
            let pattern = arn.service().contains(['*', '?']) || arn.resource().starts_with(['*', '?']);
            (arn.service() == *service && arn.resource().starts_with(kind)) || pattern
        };
        action.starts_with(prefix) && arn.as_ref().is_none_or(of_kind)
    })
}
