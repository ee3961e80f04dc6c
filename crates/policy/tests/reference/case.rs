//! One question with all its policies, as JSON: what the generator makes, what is shrunk, what a file in `cases/` holds.
//!
//! ```json
//! { "principal": { "arn": "arn:aws:iam::111122223333:role/app", "session": "one" },
//!   "action": "s3:GetObject", "resource": "arn:aws:s3:::red/a",
//!   "context": { "complete": true, "keys": { "aws:PrincipalTag/team": ["red"] } },
//!   "identity": [ {…} ], "boundary": [ {…} ], "session": [ {…} ], "endpoint": [ {…} ],
//!   "owner": "444455556666", "resource_policies": [ {…} ],
//!   "grants": [ { "KeyId": …, "GranteePrincipal": …, "Operations": […] } ],
//!   "public_access": { "RestrictPublicBuckets": true },
//!   "scp": { "management": "123456789012", "levels": [ [ {…} ] ] }, "rcp": { "levels": [ [ {…} ] ] } }
//! ```
//!
//! A layer that is not there does not exist; a key with `[]` is known to be absent.

use serde_json::{Map, Value, json};

use crate::decided::crowded;
use leastwise_policy::aws::evaluate::{
    Compiled, Context, Evaluation, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request,
    ResourceRef, ResourceSide, Verdict, evaluate,
};
use leastwise_policy::aws::{DocumentKind, IssuedGrants, KeyGrant, Named, Policy, PublicAccessBlock};

/// A question with its policies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case(pub(crate) Value);

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    Allowed,
    ExplicitDeny,
    ImplicitDeny,
    Depends,
}

impl Answer {
    pub(crate) const ALL: [Answer; 4] =
        [Answer::Allowed, Answer::ExplicitDeny, Answer::ImplicitDeny, Answer::Depends];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Answer::Allowed => "allowed",
            Answer::ExplicitDeny => "explicit deny",
            Answer::ImplicitDeny => "implicit deny",
            Answer::Depends => "depends",
        }
    }
}

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Answer {
        match verdict {
            Verdict::Allowed => Answer::Allowed,
            Verdict::ExplicitDeny => Answer::ExplicitDeny,
            Verdict::ImplicitDeny => Answer::ImplicitDeny,
            Verdict::Depends => Answer::Depends,
        }
    }
}

impl Case {
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    pub(crate) fn arn(&self) -> &str {
        self.0.pointer("/principal/arn").and_then(Value::as_str).unwrap_or("")
    }

    pub(crate) fn session_name(&self) -> Option<&str> {
        self.0.pointer("/principal/session").and_then(Value::as_str)
    }

    pub(crate) fn action(&self) -> &str {
        self.text("action").unwrap_or("")
    }

    pub(crate) fn resource(&self) -> &str {
        self.text("resource").unwrap_or("")
    }

    pub(crate) fn complete(&self) -> bool {
        self.0.pointer("/context/complete").and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = (&str, Vec<String>)> {
        let keys = self.0.pointer("/context/keys").and_then(Value::as_object);
        keys.into_iter().flatten().map(|(key, values)| (key.as_str(), texts(values)))
    }

    /// The documents of a layer; None when it does not exist.
    pub(crate) fn documents(&self, layer: &str) -> Option<Vec<&Value>> {
        Some(self.0.get(layer)?.as_array()?.iter().collect())
    }

    /// The levels of `scp` or `rcp`.
    pub(crate) fn levels(&self, layer: &str) -> Option<Vec<Vec<&Value>>> {
        let levels = self.0.get(layer)?.get("levels")?.as_array()?;
        Some(levels.iter().map(|level| level.as_array().into_iter().flatten().collect()).collect())
    }

    pub(crate) fn management(&self, layer: &str) -> Option<&str> {
        self.0.get(layer)?.get("management")?.as_str()
    }

    /// What the crate's evaluator says, and what it says with the policies compiled; the reason when it refuses a document.
    /// Now and then the compiled policies are many, so that it goes by their index.
    pub(crate) fn ask(&self) -> Result<(Evaluation, Verdict), String> {
        let set = self.policy_set()?;
        let mut context = Context::new();
        context.complete(self.complete());
        for (key, values) in self.keys() {
            context.insert(key, values);
        }
        let mut principal = PrincipalRef::new(self.arn());
        if let Some(session) = self.session_name() {
            principal = principal.in_session(session);
        }
        let resource = ResourceRef::Exact(self.resource());
        let request = Request { principal, action: self.action(), resource, context: &context };
        let evaluation = evaluate(&set, &request);
        let many = (self.action().len() + self.resource().len()).is_multiple_of(8);
        let compiled = Compiled::new(if many { crowded(set) } else { set });
        Ok((evaluation, compiled.decide(&request)))
    }

    fn policy_set(&self) -> Result<PolicySet, String> {
        let resource_kind = if self.action().to_ascii_lowercase().starts_with("sts:assumerole") {
            DocumentKind::Trust
        } else {
            DocumentKind::Resource
        };
        let layer =
            |name: &str, kind| self.documents(name).map(|all| parse_all(name, &all, kind)).transpose();
        let policies = layer("resource_policies", resource_kind)?.unwrap_or_default();
        let mut resource = self.text("owner").map(|owner| ResourceSide::new(owner, policies));
        if let Some(side) = &mut resource {
            side.grants = self.grants()?;
            if let Some(block) = self.0.get("public_access") {
                side.public_access =
                    PublicAccessBlock::parse(&block.to_string()).map_err(|error| error.reason)?;
            }
        }
        Ok(PolicySet {
            identity: layer("identity", DocumentKind::Identity)?.unwrap_or_default(),
            boundary: layer("boundary", DocumentKind::Boundary)?,
            session: layer("session", DocumentKind::Session)?,
            service_control: self.path("scp", DocumentKind::ServiceControl)?,
            resource_control: self.path("rcp", DocumentKind::ResourceControl)?,
            resource,
            endpoint: layer("endpoint", DocumentKind::Resource)?,
        })
    }

    fn grants(&self) -> Result<Vec<IssuedGrants>, String> {
        let Some(grants) = self.0.get("grants") else { return Ok(Vec::new()) };
        let text = json!({ "Grants": grants }).to_string();
        let grants = KeyGrant::parse_list(&text).map_err(|error| error.reason)?;
        Ok(IssuedGrants::group(&grants, |grant| grant.id.clone()))
    }

    fn path(&self, name: &str, kind: DocumentKind) -> Result<Option<OrganizationPath>, String> {
        let Some(levels) = self.levels(name) else { return Ok(None) };
        let mut path = OrganizationPath {
            management_account: self.management(name).map(str::to_owned),
            levels: Vec::new(),
        };
        for (index, documents) in levels.iter().enumerate() {
            let name = format!("{name} {index}");
            let policies = parse_all(&name, documents, kind)?;
            path.levels.push(OrganizationLevel::new(name, policies));
        }
        Ok(Some(path))
    }
}

fn parse_all(layer: &str, documents: &[&Value], kind: DocumentKind) -> Result<Vec<Named<Policy>>, String> {
    let parse = |(index, document): (usize, &&Value)| {
        let name = format!("{layer} {index}");
        match Policy::parse_kind(&document.to_string(), kind) {
            Ok(policy) => Ok(Named { name, policy }),
            Err(error) => Err(error.reason),
        }
    };
    documents.iter().enumerate().map(parse).collect()
}

/// One value or a list of them, as text.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// The statements of a document: one or a list.
pub(crate) fn statements(document: &Value) -> Vec<&Map<String, Value>> {
    match document.get("Statement") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_object).collect(),
        Some(one) => one.as_object().into_iter().collect(),
        None => Vec::new(),
    }
}
