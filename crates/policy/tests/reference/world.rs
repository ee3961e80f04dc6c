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
    /// A session of `GetFederationToken`, of a user or of the root user; its name, unless it is not known.
    Federated {
        session: Option<String>,
        of_root: bool,
    },
    /// `lambda.amazonaws.com`
    Service,
    /// Who has no credentials.
    Anonymous,
    /// A SAML or OpenID Connect provider, as whom `AssumeRoleWithSAML` and `…WithWebIdentity` ask.
    Provider,
}

/// Everything that is known besides the policies.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// The ARN or service name that the question gives.
    pub(crate) arn: String,
    partition: String,
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
        let [partition, account, resource] = match parts[..] {
            [_, partition, _, _, account, resource] => [partition, account, resource],
            _ => [""; 3],
        };
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        let given: BTreeMap<String, Vec<String>> =
            case.keys().map(|(key, values)| (key.to_ascii_lowercase(), values)).collect();
        // The `aws:userid` of a session ends with its name: `role-id:caller-specified-role-name`.
        let of_userid =
            given.get("aws:userid").and_then(|ids| ids.first()?.split_once(':')).map(|(_, name)| name);
        let session = case.session_name().or(of_userid).map(str::to_owned);
        let caller = match (kind, session) {
            ("role", session) => {
                Caller::Role { session, service_linked: name.starts_with("aws-service-role/") }
            }
            // Who asks under session policies and is no role has federated, whatever the session is called.
            ("user" | "root", session) if session.is_some() || case.documents("session").is_some() => {
                Caller::Federated { session, of_root: kind == "root" }
            }
            ("user", None) => Caller::User,
            ("root", None) => Caller::Root,
            ("saml-provider" | "oidc-provider", _) => Caller::Provider,
            _ if arn == "anonymous" => Caller::Anonymous,
            _ => Caller::Service,
        };
        World {
            partition: partition.to_owned(),
            account: account.to_owned(),
            name: name.to_owned(),
            caller,
            given,
            complete: case.complete(),
            arn,
        }
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
            // It is there in every signed request.
            Seen::Unknown if key == "aws:principalarn" && self.is_unnamed_federated() => Seen::Unknown,
            // What no condition key says, a complete context does not say either.
            Seen::Unknown if key.starts_with("leastwise:") => Seen::Unknown,
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
        if let Caller::Role { session: name @ None, .. } | Caller::Federated { session: name @ None, .. } =
            &mut world.caller
        {
            *name = Some(session.to_owned());
        }
        world
    }

    fn is_unnamed_federated(&self) -> bool {
        matches!(self.caller, Caller::Federated { session: None, .. })
    }

    /// The ARN of the session, when the principal is one and its name is known.
    pub(crate) fn session_arn(&self) -> Option<String> {
        let role = self.name.rsplit('/').next().unwrap_or(&self.name);
        let resource = match &self.caller {
            Caller::Role { session: Some(session), .. } => format!("assumed-role/{role}/{session}"),
            Caller::Federated { session: Some(session), .. } => format!("federated-user/{session}"),
            _ => return None,
        };
        Some(format!("arn:{}:sts::{}:{resource}", self.partition, self.account))
    }

    /// Whether this names the account: "the account ARN and the shortened account ID behave the same way".
    pub(crate) fn is_account(&self, name: &str) -> bool {
        name == self.account || name == format!("arn:{}:iam::{}:root", self.partition, self.account)
    }

    /// Whether this is the ARN of some session of the role, or of some federated user of the account.
    pub(crate) fn is_some_session(&self, arn: &str) -> bool {
        let role = self.name.rsplit('/').next().unwrap_or(&self.name);
        let sessions = match self.caller {
            Caller::Role { .. } => format!("assumed-role/{role}/"),
            Caller::Federated { .. } => "federated-user/".to_owned(),
            _ => return false,
        };
        let session = arn.strip_prefix(&format!("arn:{}:sts::{}:{sessions}", self.partition, self.account));
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
            Caller::Anonymous => "Anonymous",
        };
        match (key, &self.caller) {
            ("aws:principaltype", _) => one(kind),
            // "For anonymous requests, the request context returns `anonymous`."
            ("aws:principalaccount" | "aws:userid", Caller::Anonymous) => one("anonymous"),
            // "Anonymous requests do not include this key."
            ("aws:principalarn" | "aws:principalorgid" | "aws:principalorgpaths", Caller::Anonymous) => {
                Seen::Absent
            }
            ("aws:principalaccount", _) => one(&self.account),
            ("aws:principalarn", Caller::Federated { .. }) => {
                self.session_arn().map_or(Seen::Unknown, |arn| one(&arn))
            }
            ("aws:principalarn", _) => one(&self.arn),
            ("aws:username", Caller::User) => one(self.name.rsplit('/').next().unwrap_or("")),
            ("aws:username", _) => Seen::Absent,
            ("aws:userid", Caller::Root) => one(&self.account),
            ("aws:userid", Caller::Federated { session: Some(session), .. }) => {
                one(&format!("{}:{session}", self.account))
            }
            _ => Seen::Unknown,
        }
    }
}
