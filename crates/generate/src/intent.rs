//! What a person means, before it is a policy: roles with permissions on named resources.
//!
//! Roles YAML, flags, plain words and denied messages all become an [`Intent`]; only a compiler makes a policy of
//! it. Nothing in it is resolved against a cloud yet: a level is a word and a resource is a name with what it is
//! bound to. Everything said keeps its [`Place`], so that an error and the reason of an action can point at it.

mod error;
mod form;
pub(crate) mod limits;
mod place;
mod read;
mod roles;
pub mod schema;
pub(crate) mod trust;
mod write;
mod yaml;

use std::collections::BTreeMap;

use leastwise_policy::time::Timestamp;

pub(crate) use error::nearest;
pub use error::{Fault, IntentError};
pub use form::Form;
pub use place::{Place, Said};
pub use roles::LARGEST_FILE;
pub(crate) use trust::AUDIENCE;
pub use yaml::{DEEPEST, MOST_VALUES};

/// Roles and the resources that they speak of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intent {
    /// The roles, in the order in which they were said.
    pub roles: Vec<Role>,
    /// What the names of resources stand for.
    pub resources: Vec<Binding>,
}

/// A named set of permissions, with who may hold it and under which conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The name: `OrderProcessor`.
    pub name: Said<String>,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// What it must never do, whatever else allows it.
    pub never: Vec<Permission>,
    /// What it may do only after a human said yes.
    pub approval: Vec<Permission>,
    /// Who may hold it.
    pub trust: Vec<Said<Trust>>,
    /// What must hold for every permission.
    pub conditions: Vec<Said<Limit>>,
    /// Whether a permissions boundary is asked for.
    pub boundary: Option<Said<Boundary>>,
    /// How long a session lasts, in seconds.
    pub session: Option<Said<u32>>,
    /// Who answers for it.
    pub owner: Option<Said<String>>,
    /// When it ends.
    pub expires: Option<Said<Timestamp>>,
}

/// Something done to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// A level (`read`), a verb (`send`), an operation (`put-item`) or an action (`rds-data:ExecuteStatement`).
    pub verb: Said<String>,
    /// The name of a resource of [`Intent::resources`].
    pub resource: Said<String>,
}

/// What the name of a resource stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The name.
    pub name: Said<String>,
    /// What it stands for on AWS, in every environment.
    pub aws: Vec<Said<Target>>,
    /// What it stands for on AWS in one environment, by its name; this takes the place of `aws` there.
    pub environments: BTreeMap<String, Vec<Said<Target>>>,
    /// What it stands for elsewhere, by the name of the target (`gcp`, `azure`, `kubernetes`, `mcp`, `http`), as it
    /// was written: the compilers for those read it.
    pub elsewhere: BTreeMap<String, Vec<Said<String>>>,
    /// What it stands for elsewhere in one environment, by its name and that of the target; this takes the place of
    /// `elsewhere` there.
    pub environments_elsewhere: BTreeMap<String, BTreeMap<String, Vec<Said<String>>>>,
    /// The ARN of the KMS key with which it is encrypted, as it was written.
    pub encrypted: Option<Said<String>>,
}

/// One thing that a name stands for on AWS.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A whole ARN, wildcards allowed.
    Arn(String),
    /// The part of an ARN after the account, of a service: `table/Orders` of `dynamodb`.
    Partial {
        /// The IAM prefix.
        service: String,
        /// The part after the account.
        resource: String,
    },
    /// A service as a whole, or one of its resource types: `textract`, `ssm:parameter`.
    Service {
        /// The IAM prefix.
        prefix: String,
        /// The resource type.
        kind: Option<String>,
    },
    /// The name of another resource.
    Name(String),
}

impl Binding {
    /// A name that stands for nothing yet.
    pub fn named(name: Said<String>) -> Binding {
        Binding {
            name,
            aws: Vec::new(),
            environments: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            environments_elsewhere: BTreeMap::new(),
            encrypted: None,
        }
    }

    /// Lets the name stand for a text too: `kubernetes:shop/pods` elsewhere, everything else on AWS.
    pub fn add(&mut self, text: Said<String>) {
        match elsewhere(&text.value) {
            Some((target, rest)) => {
                let rest = Said::new(rest.to_owned(), text.place);
                self.elsewhere.entry(target.to_owned()).or_default().push(rest);
            }
            None => self.aws.push(Said::new(Target::parse(&text.value), text.place)),
        }
    }
}

/// A text that says itself which platform it is of: `kubernetes:shop/pods`.
pub fn elsewhere(text: &str) -> Option<(&str, &str)> {
    let (target, rest) = text.split_once(':')?;
    let address = target == "http" && rest.starts_with("//");
    (roles::ELSEWHERE.contains(&target) && !rest.is_empty() && !address).then(|| (target, rest.trim_start()))
}

impl Intent {
    /// Binds a name, as `NAME=RESOURCE` says: an ARN or what else `resources:` takes. With `*` every name that is
    /// used and not bound, `{name}` in the resource being that name.
    ///
    /// # Errors
    /// The text is no binding.
    pub fn bind(&mut self, text: &str) -> Result<(), Fault> {
        let place = Place::whole(format!("--bind {text}"));
        let Some((name, value)) =
            text.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty())
        else {
            return Err(Fault::new(&place, "no binding").help("write `NAME=arn:aws:…`"));
        };
        let names = if name == "*" { self.unbound() } else { vec![name.to_owned()] };
        for name in names {
            self.resources.retain(|binding| binding.name.value != name);
            let text = Said::new(value.replace("{name}", &name), place.clone());
            let mut binding = Binding::named(Said::new(name, place.clone()));
            binding.add(text);
            self.resources.push(binding);
        }
        Ok(())
    }

    /// Says that a resource is encrypted, as `NAME=KEY` says: the name, or what flags call it, and the ARN of the key.
    ///
    /// # Errors
    /// The text is not of that form, or nothing has that name.
    pub fn encrypt(&mut self, text: &str) -> Result<(), Fault> {
        let place = Place::whole(format!("--encrypted {text}"));
        let Some((name, key)) =
            text.rsplit_once('=').filter(|(name, key)| !name.is_empty() && !key.is_empty())
        else {
            return Err(Fault::new(&place, "no key of a resource").help("write `NAME=arn:aws:kms:…:key/…`"));
        };
        let used = self.roles.iter().flat_map(|role| role.permissions.iter().chain(&role.approval));
        let arn = used.map(|permission| &permission.resource).find(|resource| {
            resource.value == name && !self.resources.iter().any(|binding| binding.name.value == name)
        });
        if let Some(arn) = arn.filter(|arn| arn.value.starts_with("arn:")) {
            let mut binding = Binding::named(arn.clone());
            binding.add(arn.clone());
            self.resources.push(binding);
        }
        // Flags call a resource by its service and what follows the comma.
        let called = |binding: &&mut Binding| {
            let known = &binding.name.value;
            known == name || known.split_once(' ').is_some_and(|(_, rest)| rest == name)
        };
        let known: Vec<String> = self.resources.iter().map(|binding| binding.name.value.clone()).collect();
        match self.resources.iter_mut().find(called) {
            Some(binding) => {
                binding.encrypted = Some(Said::new(key.to_owned(), place));
                Ok(())
            }
            None => Err(Fault::new(&place, format!("no resource is called `{name}`")).help(
                match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are: {}", known.join(", ")),
                },
            )),
        }
    }

    /// The names that permissions use and nothing binds.
    fn unbound(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for role in &self.roles {
            for permission in role.permissions.iter().chain(&role.never).chain(&role.approval) {
                let name = &permission.resource.value;
                let bound = self.resources.iter().any(|binding| binding.name.value == *name);
                if !bound && !name.starts_with("arn:") && elsewhere(name).is_none() && !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        names
    }
}

/// Who may hold a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// An AWS service: `lambda.amazonaws.com`.
    Service(String),
    /// An account or a principal in one, by id or ARN.
    Account {
        /// The account id, or the ARN of a role or user in it.
        principal: String,
        /// What the caller must say, so that it cannot be confused into acting for somebody else.
        external_id: Option<String>,
    },
    /// Whom an OpenID Connect provider vouches for.
    Oidc {
        /// The provider's address without `https://`.
        provider: String,
        /// The account in which IAM knows the provider, when it is not the role's own.
        account: Option<String>,
        /// Whom the token must be for.
        audience: String,
        /// The subjects; `*` in them stands for any text.
        subjects: Vec<String>,
    },
    /// A service account of the cluster for which the role is made.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A workload with a SPIFFE id, which gets credentials by IAM Roles Anywhere.
    Spiffe {
        /// `spiffe://example.org/orders`.
        id: String,
        /// The trust anchor, where it is known.
        trust_anchor: Option<String>,
    },
}

/// What must hold for a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// Only in these regions.
    Region(Vec<String>),
    /// Only from these networks (CIDR).
    Network(Vec<String>),
    /// Only from these VPCs.
    Vpc(Vec<String>),
    /// Only through these VPC endpoints.
    VpcEndpoint(Vec<String>),
    /// Only with (or, when false, without) multi-factor authentication.
    Mfa(bool),
    /// Only from then and until then.
    Time {
        /// Not before.
        after: Option<Timestamp>,
        /// Not later.
        before: Option<Timestamp>,
    },
    /// Only on resources with these tags, key to values.
    Tags(BTreeMap<String, Vec<String>>),
}

/// What a permissions boundary is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boundary {
    /// Of what the role may do, no more.
    Own,
    /// A policy that exists.
    Existing(String),
    /// None, though there may be a reason for one.
    None,
}
