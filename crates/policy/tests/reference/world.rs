//! Who asks, and which keys the request has: given, following from the principal, or assumed in one completion.

use std::collections::BTreeMap;

use super::case::Case;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Values(Vec<String>),
    Absent,
    Unknown,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// `root` of the account.
    Root,
    User,
    /// A role's session; its name, unless it is not known.
    Role {
        session: Option<String>,
        service_linked: bool,
    },
    /// A session of `GetFederationToken`, of a user or of the root user.
    Federated {
        session: String,
        of_root: bool,
    },
    /// `lambda.amazonaws.com`
    Service,
    /// A SAML or OpenID Connect provider, as whom `AssumeRoleWithSAML` and `…WithWebIdentity` ask.
    Provider,
}

/// Everything that is known besides the policies.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// The ARN or service name that the question gives.
    pub(crate) arn: String,
    /// The account in the ARN; empty for services.
    pub(crate) account: String,
    /// What follows `user/`, `role/` with its path.
    name: String,
    pub(crate) caller: Caller,
    given: BTreeMap<String, Vec<String>>,
    complete: bool,
}

impl World {
    pub(crate) fn of(case: &Case) -> World {
        let arn = case.arn().to_owned();
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let (account, resource) = match parts[..] {
            [_, _, _, _, account, resource] => (account.to_owned(), resource),
            _ => (String::new(), ""),
        };
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        let session = case.session_name().map(str::to_owned);
        let caller = match (kind, session) {
            ("role", session) => {
                Caller::Role { session, service_linked: name.starts_with("aws-service-role/") }
            }
            ("user" | "root", Some(session)) => Caller::Federated { session, of_root: kind == "root" },
            ("user", None) => Caller::User,
            ("root", None) => Caller::Root,
            ("saml-provider" | "oidc-provider", _) => Caller::Provider,
            _ => Caller::Service,
        };
        let name = name.to_owned();
        let given = case.keys().map(|(key, values)| (key.to_ascii_lowercase(), values)).collect();
        World { account, name, caller, given, complete: case.complete(), arn }
    }

    /// What is known of a key, whose case does not matter.
    pub(crate) fn see(&self, key: &str) -> Seen {
        let key = key.to_ascii_lowercase();
        match self.given.get(&key) {
            Some(values) if values.is_empty() => return Seen::Absent,
            Some(values) => return Seen::Values(values.clone()),
            None => {}
        }
        match self.of_principal(&key) {
            Seen::Unknown if self.complete => Seen::Absent,
            seen => seen,
        }
    }

    /// One completion: the request has exactly the keys given and these, and the role's session is called so.
    pub(crate) fn completed(&self, keys: &BTreeMap<String, Vec<String>>, session: &str) -> World {
        let mut world = World { complete: true, ..self.clone() };
        for (key, values) in keys {
            world.given.insert(key.clone(), values.clone());
        }
        if let Caller::Role { session: name @ None, .. } = &mut world.caller {
            *name = Some(session.to_owned());
        }
        world
    }

    /// The ARN of the session, when the principal is one and its name is known.
    pub(crate) fn session_arn(&self) -> Option<String> {
        let role = self.name.rsplit('/').next().unwrap_or(&self.name);
        let account = &self.account;
        match &self.caller {
            Caller::Role { session: Some(session), .. } => {
                Some(format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"))
            }
            Caller::Federated { session, .. } => {
                Some(format!("arn:aws:sts::{account}:federated-user/{session}"))
            }
            _ => None,
        }
    }

    /// Whether this is the ARN of some session of the role.
    pub(crate) fn is_some_session(&self, arn: &str) -> bool {
        let role = self.name.rsplit('/').next().unwrap_or(&self.name);
        let session = arn.strip_prefix(&format!("arn:aws:sts::{}:assumed-role/{role}/", self.account));
        session.is_some_and(|session| !session.is_empty())
    }

    /// "Principal key values" of
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>; `aws:PrincipalArn` and
    /// `aws:PrincipalAccount` of
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
    fn of_principal(&self, key: &str) -> Seen {
        let one = |value: &str| Seen::Values(vec![value.to_owned()]);
        let kind = match &self.caller {
            Caller::Root => "Account",
            Caller::User => "User",
            Caller::Role { .. } => "AssumedRole",
            Caller::Federated { .. } => "FederatedUser",
            Caller::Service | Caller::Provider => return Seen::Unknown,
        };
        match (key, &self.caller) {
            ("aws:principaltype", _) => one(kind),
            ("aws:principalaccount", _) => one(&self.account),
            ("aws:principalarn", Caller::Federated { .. }) => {
                self.session_arn().map_or(Seen::Unknown, |arn| one(&arn))
            }
            ("aws:principalarn", _) => one(&self.arn),
            ("aws:username", Caller::User) => one(self.name.rsplit('/').next().unwrap_or("")),
            ("aws:username", _) => Seen::Absent,
            _ => Seen::Unknown,
        }
    }
}
