//! Who asks, as the `Principal` and `NotPrincipal` elements see it, and what naming him grants.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html> and, for how far a
//! resource policy reaches within one account,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>.
//!
//! A principal that is not understood (a wildcard within a name, a unique id, a canonical user) is named by a `Deny`
//! and not by an `Allow`.

mod excepted;
mod kind;

use super::context::{CANONICAL_USER, Context, Federated, PrincipalRef};
use super::truth::{Keys, Truth, any};
use crate::aws::{PrincipalBlock, PrincipalKind, PrincipalSet, Statement};
use kind::{Kind, account_of, has_wildcard, iam_arn};

/// The key that would tell which session of a role asks: it ends with the session's name.
const SESSION_KEY: &str = "aws:userid";

/// Who asks.
#[derive(Debug)]
pub(super) struct Caller<'a> {
    /// The ARN of the user, role, root or provider, or the name of the service.
    name: &'a str,
    kind: Kind<'a>,
    /// The `aws:userid` of the session that `GetFederationToken` made: `account:caller-specified-name`.
    federated_id: Option<String>,
    /// Which canonical user the account is; nothing when that is not known.
    canonical: Option<&'a [String]>,
    /// Whether session policies were passed. A user who asks under them is a federated user, named or not.
    in_session: bool,
}

/// How far an `Allow` of a resource policy reaches within the account. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grant {
    /// To the account: identity policies, boundary and session policies must allow too.
    Delegated,
    /// To the role: boundary and session policies must allow too.
    Limited,
    /// To the user or the session: nothing else need allow.
    Direct,
}

/// What one entry of a `Principal` element says of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    No,
    NotUnderstood,
    /// Everybody.
    Everyone,
    Is(Grant),
    /// A session of the caller's role, and which one asks is not known.
    PerhapsSession,
    /// An account as canonical user, and which one the caller's is, is not known.
    PerhapsAccount,
}

impl<'a> Caller<'a> {
    /// The name of the session may also be the end of `aws:userid`, as in "Principal key values" of
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
    pub(super) fn new(principal: PrincipalRef<'a>, context: &'a Context, in_session: bool) -> Caller<'a> {
        let of_userid = || match context.get_folded(SESSION_KEY) {
            Some([id]) => id.split_once(':').map(|(_, name)| name),
            _ => None,
        };
        let principal = PrincipalRef { session: principal.session.or_else(of_userid), ..principal };
        let mut caller = Caller {
            name: principal.arn,
            kind: Kind::of(principal),
            federated_id: None,
            canonical: context.get_folded(CANONICAL_USER),
            in_session,
        };
        if let (Some(_), Some(account), Some(name)) =
            (caller.federated_user(), caller.account(), principal.session)
        {
            caller.federated_id = Some(format!("{account}:{name}"));
        }
        caller
    }

    /// The caller's account; services and identity providers have none.
    pub(super) fn account(&self) -> Option<&'a str> {
        match self.kind {
            Kind::User { account, .. } | Kind::Role { account, .. } | Kind::Root { account, .. } => {
                Some(account)
            }
            Kind::Service | Kind::Provider | Kind::Anonymous | Kind::NotUnderstood => None,
        }
    }

    /// The partition that the caller's ARN says; services have none.
    pub(super) fn partition(&self) -> Option<&'a str> {
        crate::arn::parts(self.name).map(|[partition, ..]| partition)
    }

    /// Whether identity policies have no say, because the caller is no IAM identity.
    pub(super) fn is_outside_iam(&self) -> bool {
        matches!(self.kind, Kind::Service | Kind::Provider | Kind::Anonymous)
    }

    /// Whether it is an AWS service.
    pub(super) fn is_service(&self) -> bool {
        matches!(self.kind, Kind::Service)
    }

    /// Whether it has no credentials.
    pub(super) fn is_anonymous(&self) -> bool {
        matches!(self.kind, Kind::Anonymous)
    }

    /// Whether it is the root user, also when it federated.
    pub(super) fn is_root(&self) -> bool {
        matches!(self.kind, Kind::Root { .. })
    }

    /// Whether it is the root user with its own credentials.
    pub(super) fn is_root_user(&self) -> bool {
        matches!(self.kind, Kind::Root { federated: None, .. }) && !self.in_session
    }

    pub(super) fn is_service_linked(&self) -> bool {
        matches!(self.kind, Kind::Role { service_linked: true, .. })
    }

    /// The ARN of the session that `GetFederationToken` made.
    pub(super) fn federated_user(&self) -> Option<&str> {
        match &self.kind {
            Kind::User { federated, .. } | Kind::Root { federated, .. } => federated.as_deref(),
            _ => None,
        }
    }

    /// The session that `GetFederationToken` made. A user who asks under session policies asks in one, named or not.
    pub(super) fn federated(&self) -> Federated<'_> {
        match (&self.kind, self.federated_user(), &self.federated_id) {
            (_, Some(arn), Some(userid)) => Federated::Named { arn, userid },
            (Kind::User { .. } | Kind::Root { .. }, ..) if self.in_session => Federated::Unnamed,
            _ => Federated::No,
        }
    }

    /// Whether `statement` of a resource policy allows the caller with at least this reach.
    pub(super) fn is_granted(&self, statement: &Statement, reach: Grant, keys: &mut Keys) -> Truth {
        // "Using [NotPrincipal] with Effect: Allow is not supported."
        let Some(PrincipalBlock::Principal(principals)) = &statement.principal else { return Truth::False };
        self.any(principals, keys, |named, keys| match named {
            Named::No | Named::NotUnderstood => Truth::False,
            // "For IAM users and role principals within your account, no other permissions are required"; boundary and
            // session policies "do not limit permissions granted using the `aws:PrincipalArn` condition key with a
            // wildcard(*) in the Principal element", and less is not granted without that key.
            Named::Everyone => Truth::True,
            Named::Is(grant) => Truth::from(grant >= reach),
            Named::PerhapsSession => perhaps(keys),
            Named::PerhapsAccount if reach == Grant::Delegated => perhaps_account(keys),
            Named::PerhapsAccount => Truth::False,
        })
    }

    /// Whether `statement` is for everybody, or for the account and its root user asks: "If you specify the principal in
    /// the following format, access is granted to the AWS account root user only".
    pub(super) fn is_among_everyone(&self, statement: &Statement, keys: &mut Keys) -> Truth {
        let Some(PrincipalBlock::Principal(principals)) = &statement.principal else { return Truth::False };
        let root = |named| self.is_root() && named == Named::Is(Grant::Delegated);
        self.any(principals, keys, |named, keys| match named {
            Named::PerhapsAccount if self.is_root() => perhaps_account(keys),
            named => Truth::from(named == Named::Everyone || root(named)),
        })
    }

    /// Whether `statement`, which denies, is about the caller; in doubt it is.
    pub(super) fn is_denied(&self, statement: &Statement, bounded: bool, keys: &mut Keys) -> Truth {
        match &statement.principal {
            Some(PrincipalBlock::Principal(principals)) => {
                self.any(principals, keys, |named, keys| match named {
                    Named::No => Truth::False,
                    Named::PerhapsSession => perhaps(keys),
                    Named::PerhapsAccount => perhaps_account(keys),
                    Named::NotUnderstood | Named::Everyone | Named::Is(_) => Truth::True,
                })
            }
            // "The NotPrincipal element with a Deny effect will always deny any IAM principal that has a permissions
            // boundary policy attached."
            Some(PrincipalBlock::NotPrincipal(excepted)) if !bounded => {
                self.is_excepted(excepted, keys).negate_if(true)
            }
            Some(PrincipalBlock::NotPrincipal(_)) | None => Truth::True,
        }
    }

    fn any(
        &self,
        principals: &PrincipalSet,
        keys: &mut Keys,
        mut test: impl FnMut(Named, &mut Keys) -> Truth,
    ) -> Truth {
        if *principals == PrincipalSet::Everyone {
            return test(self.named_by_everyone(), keys);
        }
        any(entries(principals), keys, |(kind, text), keys| test(self.named_by(kind, text), keys))
    }

    /// `"Principal": "*"`: everybody, also without credentials.
    fn named_by_everyone(&self) -> Named {
        match self.kind {
            Kind::NotUnderstood => Named::NotUnderstood,
            _ => Named::Everyone,
        }
    }

    fn named_by(&self, kind: PrincipalKind, text: &str) -> Named {
        match (&self.kind, kind) {
            (Kind::NotUnderstood, _) => Named::NotUnderstood,
            (Kind::Service, PrincipalKind::Service) | (Kind::Provider, PrincipalKind::Federated) => {
                if has_wildcard(text) {
                    Named::NotUnderstood
                } else if text == self.name {
                    Named::Is(Grant::Direct)
                } else {
                    Named::No
                }
            }
            // `{"AWS": "*"}` is everybody, but is a service anybody?
            (Kind::Service | Kind::Provider, PrincipalKind::Aws) if text == "*" => Named::NotUnderstood,
            (Kind::Service | Kind::Provider, _) => Named::No,
            // "For anonymous users, the following elements are equivalent."
            (Kind::Anonymous, PrincipalKind::Aws) if text == "*" => Named::Everyone,
            (Kind::Anonymous, _) => Named::No,
            (_, PrincipalKind::Service | PrincipalKind::Federated) => Named::No,
            (_, PrincipalKind::CanonicalUser) => self.named_as_canonical(text),
            (_, PrincipalKind::Aws) if text == "*" => Named::Everyone,
            (_, PrincipalKind::Aws) => self.named_by_aws(text),
        }
    }

    /// "Amazon S3 lets you specify a canonical user ID", which is another name of an account.
    fn named_as_canonical(&self, text: &str) -> Named {
        match self.canonical {
            None => Named::PerhapsAccount,
            Some(known) if known.iter().any(|id| id == text) => Named::Is(Grant::Delegated),
            Some(_) => Named::No,
        }
    }

    /// An account, user, role or session.
    fn named_by_aws(&self, text: &str) -> Named {
        // What most statements that concern a role say; its ARN was read when it asked.
        if matches!(self.kind, Kind::Role { .. }) && text == self.name {
            return Named::Is(Grant::Limited);
        }
        if let Some(account) = account_of(text, self.partition()) {
            return if self.account() == Some(account) { Named::Is(Grant::Delegated) } else { Named::No };
        }
        // "You cannot use a wildcard to match part of a principal name or ARN."
        let Some((account_named, resource)) = iam_arn(text) else { return Named::NotUnderstood };
        match &self.kind {
            // "If a resource-based policy grants permission to the ARN of the IAM user who federated, then requests
            // made by the federated user […] are limited by […] a permission boundary or session policy."
            Kind::User { federated: Some(_), .. } if text == self.name => Named::Is(Grant::Limited),
            Kind::User { federated: Some(session), .. } | Kind::Root { federated: Some(session), .. }
                if text == session =>
            {
                Named::Is(Grant::Direct)
            }
            Kind::User { federated: None, .. } if text == self.name => {
                Named::Is(if self.in_session { Grant::Limited } else { Grant::Direct })
            }
            Kind::User { federated: None, account } | Kind::Root { federated: None, account }
                if self.in_session =>
            {
                let is_session = account_named == *account && resource.starts_with("federated-user/");
                if is_session { Named::PerhapsSession } else { Named::No }
            }
            Kind::Role { .. } if text == self.name => Named::Is(Grant::Limited),
            Kind::Role { session: Some(session), .. } if session.is(text) => Named::Is(Grant::Direct),
            Kind::Role { session: None, account, role, .. } => {
                let rest = resource.strip_prefix("assumed-role/").and_then(|rest| rest.strip_prefix(role));
                let is_session = account_named == *account && rest.is_some_and(|rest| rest.starts_with('/'));
                if is_session { Named::PerhapsSession } else { Named::No }
            }
            _ => Named::No,
        }
    }
}

fn perhaps(keys: &mut Keys) -> Truth {
    keys.push(SESSION_KEY);
    Truth::Unknown
}

fn perhaps_account(keys: &mut Keys) -> Truth {
    keys.push(CANONICAL_USER);
    Truth::Unknown
}

fn entries(principals: &PrincipalSet) -> impl Iterator<Item = (PrincipalKind, &str)> {
    let kinds = match principals {
        PrincipalSet::Everyone => &[][..],
        PrincipalSet::ByKind(kinds) => kinds,
    };
    kinds.iter().flat_map(|(kind, texts)| texts.iter().map(|text| (*kind, text.as_str())))
}
