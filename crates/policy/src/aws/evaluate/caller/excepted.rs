//! Whom a `Deny` with `NotPrincipal` spares.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>

use super::kind::{Kind, account_of};
use super::{Caller, Named, entries, perhaps};
use crate::aws::evaluate::truth::{Keys, Truth};
use crate::aws::{PrincipalKind, PrincipalSet};

impl Caller<'_> {
    /// "You must also specify the account ARN of the not-denied principal"; of a role also the role, and its session.
    pub(super) fn is_excepted(&self, principals: &PrincipalSet, keys: &mut Keys) -> Truth {
        let has = |kind, wanted: &str| entries(principals).any(|(of, text)| of == kind && text == wanted);
        let has_account = |account: &str| {
            entries(principals).any(|(of, text)| {
                of == PrincipalKind::Aws && account_of(text, self.partition()) == Some(account)
            })
        };
        let has_arn = |arn: &str| has(PrincipalKind::Aws, arn);
        let some_session =
            || entries(principals).any(|(kind, text)| self.named_by(kind, text) == Named::PerhapsSession);
        let is_excepted = match &self.kind {
            Kind::User { account, federated: None } | Kind::Root { account, federated: None }
                if self.in_session =>
            {
                let named = self.is_root() || has_arn(self.name);
                if has_account(account) && named && some_session() {
                    return perhaps(keys);
                }
                false
            }
            Kind::User { account, federated } => {
                has_account(account) && has_arn(self.name) && federated.as_deref().is_none_or(has_arn)
            }
            Kind::Role { account, session: None, .. } => {
                if has_account(account) && has_arn(self.name) && some_session() {
                    return perhaps(keys);
                }
                false
            }
            Kind::Role { account, session: Some(session), .. } => {
                let has_session =
                    || entries(principals).any(|(of, text)| of == PrincipalKind::Aws && session.is(text));
                has_account(account) && has_arn(self.name) && has_session()
            }
            Kind::Root { account, federated } => {
                has_account(account) && federated.as_deref().is_none_or(has_arn)
            }
            Kind::Service => has(PrincipalKind::Service, self.name),
            Kind::Provider => has(PrincipalKind::Federated, self.name),
            Kind::Anonymous | Kind::NotUnderstood => false,
        };
        Truth::from(is_excepted)
    }
}
