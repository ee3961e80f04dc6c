//! From what somebody asks to what the evaluator is asked: who it is, whose resource it is, what is known besides.
//!
//! What is not said counts against the caller: a resource whose owner nobody names is taken as another account's, and a
//! key or a role that cannot have its policy known allows nothing.

mod beside;
mod grants;
mod known;
mod side;

use std::sync::Arc;

use leastwise_analysis::granted::GrantedPrincipal;
use leastwise_catalog::Action;
use leastwise_policy::arn::Arn;
use leastwise_policy::aws::evaluate::{
    ANONYMOUS, Compiled, Context, PrincipalRef, Request, ResourceRef, ResourceSide,
};
use leastwise_policy::aws::{Named, Policy, PublicAccessBlock};

use super::organization::is_account;
use super::sets::Policies;
use super::world::World;
use crate::error::{Error, Result};

/// Condition keys with their values, in the order given; a key without values is not there.
pub type Given = Vec<(String, Vec<String>)>;

/// What somebody asks.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    pub principal: String,
    pub session: Option<String>,
    pub action: String,
    pub resource: String,
    /// Whether `*` and `?` in the resource are characters like any other.
    pub exact: bool,
    pub context: Given,
    pub complete: bool,
    /// Who owns the resource, if it was said.
    pub resource_account: Option<String>,
    /// The policy on the resource, if it was given with the request.
    pub resource_policy: Option<Named<Policy>>,
    /// The public access block of the bucket, if it was given with the request.
    pub public_access: Option<PublicAccessBlock>,
}

/// What the evaluator is asked.
#[derive(Debug)]
pub struct Case {
    pub set: Arc<Policies>,
    pub principal: String,
    pub session: Option<String>,
    /// As the catalogue spells it.
    pub action: String,
    pub resource: String,
    /// Whether the resource stands for all that it matches.
    pub pattern: bool,
    pub owner: Owner,
    pub context: Context,
    /// Every key that is known, with where it is known from when it was not given.
    pub known: Vec<Known>,
    /// What was taken for granted.
    pub assumed: Vec<String>,
}

/// A condition key that is known.
#[derive(Debug, Clone)]
pub struct Known {
    pub key: String,
    pub values: Vec<String>,
    /// None when it was given.
    pub from: Option<&'static str>,
}

/// Whose resource it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    /// This account's.
    Account(String),
    /// AWS's own, such as a managed policy.
    Aws,
    /// Nobody's: the action has no resource.
    Nobody,
    /// Nobody says.
    Unsaid,
}

/// Who asks.
pub struct Who<'a> {
    pub arn: String,
    pub session: Option<String>,
    /// None for services, identity providers and root users, who have no policies.
    pub granted: Option<&'a GrantedPrincipal>,
}

impl Who<'_> {
    /// The caller's account; services and identity providers have none.
    pub fn account(&self) -> Option<&str> {
        let account = self.arn.split(':').nth(4)?;
        let is_iam = self.granted.is_some() || self.arn.ends_with(":root");
        Some(account).filter(|_| is_iam)
    }
}

impl Case {
    /// The request for the evaluator.
    pub fn request(&self) -> Request<'_> {
        let principal = PrincipalRef { arn: &self.principal, session: self.session.as_deref() };
        let resource = match self.pattern {
            true => ResourceRef::Pattern(&self.resource),
            false => ResourceRef::Exact(&self.resource),
        };
        Request { principal, action: &self.action, resource, context: &self.context }
    }
}

impl World<'_> {
    /// Works out what the evaluator is asked.
    pub fn case(&self, ask: &Ask) -> Result<Case> {
        let action = self.action(&ask.action)?;
        let who = self.who(&ask.principal, ask.session.as_deref())?;
        self.case_of(&who, action, ask)
    }

    /// Whether the question makes sense, whoever asks it.
    pub fn check(&self, action: Action<'_>, ask: &Ask) -> Result<()> {
        let owner = self.owner(ask, is_pattern(action, ask)?)?;
        self.refuse_access_point(action, ask)?;
        if let (Some(organization), Owner::Account(account)) = (&self.resource_control, &owner) {
            organization.path_to(account)?;
        }
        self.side(&action.full_name(), ask, &owner, None, &mut Vec::new()).map(|_| ())
    }

    /// The same when principal and action are known already.
    pub fn case_of(&self, who: &Who<'_>, action: Action<'_>, ask: &Ask) -> Result<Case> {
        let pattern = is_pattern(action, ask)?;
        let name = action.full_name();
        let account = who.account();
        let owner = self.owner(ask, pattern)?;
        self.refuse_access_point(action, ask)?;
        beside::refuse_root(&name, who)?;
        let mut assumed = Vec::new();
        if pattern && ask.resource == "*" {
            assumed.push(format!("`*` stands for every resource that `{name}` can be asked on"));
        } else if ask.resource != "*" && !pattern && !self.catalog.supports(&name, &ask.resource) {
            assumed.push(format!("`{name}` is not known to be asked on resources like `{}`", ask.resource));
        }
        if owner == Owner::Unsaid {
            assumed.push(format!(
                "nobody says which account owns `{}` (`--resource-account`): taken as another account's, whose policy must allow too",
                ask.resource
            ));
        }
        let set = if beside::needs_no_permission(&name, who) {
            Arc::new(Policies::Once(Box::new(beside::no_permission(&name))))
        } else {
            // The account of the same number in another partition is another account.
            let account = account.filter(|_| !beside::is_abroad(who, ask));
            let side = self.side(&name, ask, &owner, account, &mut assumed)?;
            let keep = ask.resource_policy.is_none() && ask.public_access.is_none();
            self.set(who, &owner, side, keep)?
        };
        if set.set().resource.is_some() {
            beside::note_reach(&name, who, &owner, &mut assumed);
        }
        self.note(&name, who, ask, &mut assumed);
        let (context, known) = self.context(who, &owner, ask);
        Ok(Case {
            set,
            principal: who.arn.clone(),
            session: who.session.clone(),
            action: name,
            resource: ask.resource.clone(),
            pattern,
            owner,
            context,
            known,
            assumed,
        })
    }

    /// Every layer that decides on requests of `who` for what `owner` owns. Sets are kept: many requests have the same.
    pub fn set(
        &self,
        who: &Who<'_>,
        owner: &Owner,
        side: Option<ResourceSide>,
        keep: bool,
    ) -> Result<Arc<Policies>> {
        let document = |side: &ResourceSide| side.policies.first().map(|policy| policy.name.clone());
        let side_key = side.as_ref().map(|side| (side.account.clone(), document(side)));
        let key = (who.arn.clone(), owner.clone(), side_key);
        if let Some(set) = keep.then(|| self.sets.get(&key)).flatten() {
            return Ok(set);
        }
        let account = who.account();
        let mut set = who.granted.map(|granted| granted.policies.clone()).unwrap_or_default();
        set.session.clone_from(&self.session);
        set.endpoint.clone_from(&self.endpoint);
        set.resource = side;
        if let (Some(organization), Some(account)) = (&self.service_control, account) {
            set.service_control = Some(organization.path_to(account)?);
        }
        if let Some(organization) = &self.resource_control {
            set.resource_control = match (owner, account) {
                (Owner::Account(owner), _) => Some(organization.path_to(owner)?),
                (Owner::Nobody, Some(account)) => Some(organization.path_to(account)?),
                (Owner::Unsaid, _) | (Owner::Nobody, None) => Some(organization.unknown()),
                (Owner::Aws, _) => None,
            };
        }
        if !keep {
            return Ok(Arc::new(Policies::Once(Box::new(set))));
        }
        let set = Arc::new(Policies::Kept(Box::new(Compiled::new(set))));
        self.sets.keep(key, &set);
        Ok(set)
    }

    /// The action, by whatever case it was written in.
    pub fn action(&self, name: &str) -> Result<Action<'_>> {
        if name.is_empty() {
            return Err(Error::input("the request has no action").hint("name one, such as s3:GetObject"));
        }
        if let Some(action) = self.catalog.action(name) {
            return Ok(action);
        }
        let error = Error::input(format!("unknown action `{name}`"));
        let near = self.catalog.suggest(name);
        if name.contains(['*', '?']) {
            return Err(error.hint(format!(
                "a request is about one action: `leastwise catalog show '{name}'` lists them, and what-can takes patterns"
            )));
        }
        Err(match near.is_empty() {
            true => error.hint("`leastwise catalog search WORDS` finds actions by words"),
            false => error.hint(format!("did you mean `{}`?", near.join("`, `"))),
        })
    }

    /// Who the text names.
    pub fn who(&self, text: &str, session: Option<&str>) -> Result<Who<'_>> {
        if text.is_empty() {
            return Err(Error::input("the request has no principal")
                .hint("name one, such as arn:aws:iam::111122223333:role/agent"));
        }
        let session = session.map(str::to_owned);
        if text == ANONYMOUS && session.is_some() {
            return Err(Error::input("nobody is in a session without credentials")
                .hint("leave the session's name out"));
        }
        if is_outside_iam(text) {
            return Ok(Who { arn: text.to_owned(), session, granted: None });
        }
        let Some(arn) = Arn::parse(text).filter(|arn| is_account(arn.account())) else {
            return Err(self.no_principal(text));
        };
        let granted = match (arn.service(), arn.resource().split('/').collect::<Vec<_>>().as_slice()) {
            ("sts", ["assumed-role", name, of_arn]) => {
                if let Some(other) = session.filter(|session| session != of_arn) {
                    return Err(Error::input(format!("`{text}` is not the session `{other}`"))
                        .hint("name the session once"));
                }
                let found = self.role(arn.account(), name, text)?;
                let of_arn = Some((*of_arn).to_owned());
                return Ok(Who { arn: found.arn.clone(), session: of_arn, granted: Some(found) });
            }
            ("sts", ["federated-user", name]) => {
                return Err(Error::input(format!("`{text}` does not say which user federated"))
                    .hint(format!("give the user's ARN as the principal, and --session-name {name}")));
            }
            ("iam", ["root"]) => return Ok(Who { arn: text.to_owned(), session, granted: None }),
            _ => self.principal(text)?,
        };
        Ok(Who { arn: granted.arn.clone(), session, granted: Some(granted) })
    }
}

/// Whether the resource stands for many: it has wildcards, or is the `*` of an action that has resources.
fn is_pattern(action: Action<'_>, ask: &Ask) -> Result<bool> {
    let resource = ask.resource.as_str();
    if resource.is_empty() {
        return Err(Error::input("the request has no resource")
            .hint("name one by its ARN, or * for an action that has none"));
    }
    if resource == "*" {
        return Ok(action.has_resource_level());
    }
    if !action.has_resource_level() {
        return Err(Error::input(format!("`{}` is not asked on a resource", action.full_name()))
            .hint("its resource is *, whatever it works on"));
    }
    Ok(resource.contains(['*', '?']) && !ask.exact)
}

/// Identity providers that are named without an ARN.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
const WEB: [&str; 3] = ["www.amazon.com", "graph.facebook.com", "accounts.google.com"];

/// Services, identity providers and who has no credentials have no identity policies, and no snapshot lists them.
fn is_outside_iam(text: &str) -> bool {
    let is_service = text == ANONYMOUS
        || !text.contains([':', '/'])
            && (text.ends_with(".amazonaws.com")
                || text.ends_with(".amazonaws.com.cn")
                || WEB.contains(&text));
    let is_provider = Arn::parse(text).is_some_and(|arn| {
        let resource = arn.resource();
        arn.service() == "iam"
            && (resource.starts_with("saml-provider/") || resource.starts_with("oidc-provider/"))
    });
    is_service || is_provider
}
