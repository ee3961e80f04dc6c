//! What is known about a request besides its action and resource.

use std::collections::HashMap;

/// The condition keys of a request with their values.
///
/// A key that was not given is *unknown*, unless the context is [complete](Context::complete): then the request
/// does not have it. [`Context::absent`] says so of one key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// By key in lower case: keys are compared without regard to case.
    values: HashMap<String, Vec<String>, foldhash::fast::RandomState>,
    complete: bool,
}

/// What can be given as the value or values of a key.
pub trait IntoValues {
    /// The values, one or more.
    fn into_values(self) -> Vec<String>;
}

impl IntoValues for &str {
    fn into_values(self) -> Vec<String> {
        vec![self.to_owned()]
    }
}

impl IntoValues for String {
    fn into_values(self) -> Vec<String> {
        vec![self]
    }
}

impl IntoValues for &String {
    fn into_values(self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl<T: Into<String>> IntoValues for Vec<T> {
    fn into_values(self) -> Vec<String> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<T: Into<String>, const N: usize> IntoValues for [T; N] {
    fn into_values(self) -> Vec<String> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<T: AsRef<str>> IntoValues for &[T] {
    fn into_values(self) -> Vec<String> {
        self.iter().map(|value| value.as_ref().to_owned()).collect()
    }
}

impl Context {
    /// A context in which nothing is known.
    pub fn new() -> Context {
        Context::default()
    }

    /// Gives a key its value or values, instead of those it had.
    pub fn insert(&mut self, key: impl AsRef<str>, values: impl IntoValues) -> &mut Context {
        self.values.insert(key.as_ref().to_ascii_lowercase(), values.into_values());
        self
    }

    /// Says that the request does not have this key.
    pub fn absent(&mut self, key: impl AsRef<str>) -> &mut Context {
        self.insert(key, Vec::<String>::new())
    }

    /// Says whether the request has no other keys than those given.
    pub fn complete(&mut self, complete: bool) -> &mut Context {
        self.complete = complete;
        self
    }

    /// The values of `key`, as far as they were given.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.values.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }

    /// [`Context::get`] of a key in lower case.
    pub(super) fn get_folded(&self, key: &str) -> Option<&[String]> {
        self.values.get(key).map(Vec::as_slice)
    }

    /// Whether the request has no other keys than those given.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}

/// The name of callers without credentials.
pub const ANONYMOUS: &str = "anonymous";

/// The key of our own that says which canonical user the principal's account is in S3; no request has it.
pub const CANONICAL_USER: &str = "leastwise:canonicaluser";

/// The keys that follow from who asks.
const OF_PRINCIPAL: [&str; 5] =
    ["aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid", "aws:username"];

/// Keys of our own say what no condition key says. A context that is [complete](Context::complete) does not tell of them.
const OWN_KEYS: &str = "leastwise:";

/// Who makes the request: the ARN of the user, the role (not its session), the account's root or an identity provider;
/// the name of a service; [`ANONYMOUS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PrincipalRef<'a> {
    /// The ARN, with the path of the role or user; `lambda.amazonaws.com`.
    pub arn: &'a str,
    /// The name of the session: of `AssumeRole` for a role, of `GetFederationToken` for a user. A role without it asks
    /// in some session, nobody knows which.
    pub session: Option<&'a str>,
}

impl<'a> PrincipalRef<'a> {
    /// The principal with this ARN.
    pub const fn new(arn: &'a str) -> PrincipalRef<'a> {
        PrincipalRef { arn, session: None }
    }

    /// The same principal in the session of this name.
    #[must_use]
    pub const fn in_session(self, name: &'a str) -> PrincipalRef<'a> {
        PrincipalRef { session: Some(name), ..self }
    }
}

/// Everything that is known of a request's keys: what the context says, then what follows from the principal.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct Facts<'a> {
    context: &'a Context,
    principal: PrincipalRef<'a>,
    federated: Federated<'a>,
}

/// The session that `GetFederationToken` made, when the principal asks in one.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) enum Federated<'a> {
    No,
    /// It is one, and its name is not known.
    Unnamed,
    Named {
        arn: &'a str,
        userid: &'a str,
    },
}

/// The value of a policy variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Single<'a> {
    Value(&'a str),
    Absent,
    Unknown,
}

/// The values of a condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Found<'a> {
    Many(&'a [String]),
    One(&'a str),
    Absent,
    Unknown,
}

impl Found<'_> {
    /// The values, none when the key is not there; nothing when it is not known.
    pub(in crate::aws) fn to_vec(self) -> Option<Vec<String>> {
        match self {
            Found::Many(values) => Some(values.to_vec()),
            Found::One(value) => Some(vec![value.to_owned()]),
            Found::Absent => Some(Vec::new()),
            Found::Unknown => None,
        }
    }

    /// Whether the key is not there or has nothing but empty values.
    pub(in crate::aws) fn is_null(&self) -> bool {
        match self {
            Found::Absent => true,
            Found::One(value) => value.is_empty(),
            Found::Many(values) => values.iter().all(String::is_empty),
            Found::Unknown => false,
        }
    }
}

impl<'a> Facts<'a> {
    pub(in crate::aws) fn new(
        context: &'a Context,
        principal: PrincipalRef<'a>,
        federated: Federated<'a>,
    ) -> Facts<'a> {
        Facts { context, principal, federated }
    }

    /// The values of `key`, which is in lower case.
    pub(in crate::aws) fn find(&self, key: &str) -> Found<'a> {
        match self.context.values.get(key) {
            Some(values) if values.is_empty() => Found::Absent,
            Some(values) => Found::Many(values),
            None => match self.of_principal(key) {
                // It is there in every signed request.
                Found::Unknown if self.is_unnamed() && key == "aws:principalarn" => Found::Unknown,
                Found::Unknown if key.starts_with(OWN_KEYS) => Found::Unknown,
                Found::Unknown if self.context.complete => Found::Absent,
                found => found,
            },
        }
    }

    /// The value of `key` as a variable. "You can't use a multivalued condition key as a variable."
    pub(in crate::aws) fn single(&self, key: &str) -> Single<'a> {
        match self.find(key) {
            Found::One(value) => Single::Value(value),
            Found::Many([value]) => Single::Value(value),
            Found::Many(_) | Found::Absent => Single::Absent,
            Found::Unknown => Single::Unknown,
        }
    }

    fn is_unnamed(&self) -> bool {
        matches!(self.federated, Federated::Unnamed)
    }

    /// What the ARN tells, by the table "Principal key values" of
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
    fn of_principal(&self, key: &str) -> Found<'a> {
        let arn = self.principal.arn;
        if arn == ANONYMOUS {
            return of_anonymous(key);
        }
        if !OF_PRINCIPAL.contains(&key) {
            return Found::Unknown;
        }
        let mut parts = arn.splitn(6, ':');
        let (account, resource) = (parts.nth(4), parts.next());
        let (Some(account), Some(resource)) = (account, resource) else { return Found::Unknown };
        let (kind, name) = match resource.split_once('/') {
            Some((kind, path)) => (kind, path.rsplit('/').next().unwrap_or(path)),
            None => (resource, ""),
        };
        if !matches!(self.federated, Federated::No) {
            return match (key, self.federated) {
                ("aws:userid", Federated::Named { userid, .. }) => Found::One(userid),
                ("aws:principalarn", Federated::Named { arn, .. }) => Found::One(arn),
                ("aws:principalaccount", _) => Found::One(account),
                ("aws:principaltype", _) => Found::One("FederatedUser"),
                ("aws:username", _) => Found::Absent,
                _ => Found::Unknown,
            };
        }
        match (key, kind) {
            ("aws:principalarn", "user" | "role" | "root") => Found::One(arn),
            ("aws:principalaccount", "user" | "role" | "root") => Found::One(account),
            ("aws:principaltype", "user") => Found::One("User"),
            ("aws:principaltype", "role") => Found::One("AssumedRole"),
            ("aws:principaltype", "root") => Found::One("Account"),
            ("aws:userid", "root") => Found::One(account),
            ("aws:username", "user") => Found::One(name),
            ("aws:username", "role" | "root") => Found::Absent,
            _ => Found::Unknown,
        }
    }
}

/// The same table for "Anonymous caller", and of
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>: "Anonymous requests do not
/// include this key", "the request context returns `anonymous`".
fn of_anonymous(key: &str) -> Found<'static> {
    match key {
        "aws:principaltype" => Found::One("Anonymous"),
        "aws:principalaccount" | "aws:userid" => Found::One(ANONYMOUS),
        "aws:principalarn" | "aws:principalorgid" | "aws:principalorgpaths" | "aws:username" => Found::Absent,
        _ => Found::Unknown,
    }
}
