//! What is asked and what is answered.

use std::collections::BTreeMap;

use leastwise_policy::aws::evaluate::{OrganizationPath, StatementRef};
use leastwise_policy::time::Timestamp;
use serde::Serialize;

use crate::granted::{Problem, Snapshot};

/// Everything that is known when paths are looked for.
#[derive(Debug, Clone)]
pub struct World<'a> {
    /// What the principals of one or several accounts are granted.
    pub snapshot: &'a Snapshot,
    /// The service control policies on the way to each account. An account without an entry has none.
    pub service_control: BTreeMap<String, OrganizationPath>,
    /// The resource control policies, likewise.
    pub resource_control: BTreeMap<String, OrganizationPath>,
    /// Where accounts stand in their organisation, as `aws:PrincipalOrgPaths` says it.
    pub places: BTreeMap<String, String>,
    /// Things that run as roles. Of a service of which none is listed, each role that trusts it is assumed to have one.
    pub workloads: Vec<Workload>,
    /// When the calls would be made, for conditions on time.
    pub now: Timestamp,
}

/// Something that runs as a role: a function, an instance, a notebook.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Workload {
    /// Its ARN.
    pub arn: String,
    /// The principal of the service that runs it: `lambda.amazonaws.com`, `ec2.amazonaws.com`.
    pub service: String,
    /// The ARN of the role that it runs as.
    pub role: String,
}

/// The service of a [`Workload`] that is a service account of Kubernetes, which gets its role by a token of its cluster:
/// <https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html>. Its ARN is the subject,
/// `system:serviceaccount:shop:cart`.
pub const SERVICE_ACCOUNT: &str = "oidc.eks.amazonaws.com";

/// Where paths begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// At this source, as it is told: the ARN of a principal, or somebody outside.
    One(String),
    /// At whoever is no principal of the snapshot.
    Outside,
    /// At what anybody in the world can be.
    Anybody,
    /// At whoever has a token of this OpenID Connect provider.
    Provider(String),
    /// At a token of the provider with this subject.
    Token {
        /// The host and path of the issuer.
        provider: String,
        /// Whose the token is.
        subject: String,
    },
}

/// What a source is that no snapshot lists; the first are told also when nobody asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outside {
    /// Anybody in the world can be it.
    Anybody,
    /// A principal of another account.
    Account,
    /// Something that runs, and was listed.
    Workload,
    /// Whoever an identity provider, or a cluster, makes it.
    Identity,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Only paths that begin there; otherwise those of principals, and those from outside that are told unasked.
    pub from: Option<From>,
    /// Where paths end.
    pub to: Target,
    /// Whether the statement is looked for whose removal frees most sources; it costs several more searches.
    pub cut: bool,
}

/// Where paths end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Whoever can give itself everything that its organisation leaves to the account.
    Admin,
    /// This principal, or whoever can write to, give away or read the data of this resource.
    Arn(String),
}

/// How sure a path is; what comes later is less so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// Every call is allowed by what was read.
    Sure,
    /// Something is taken to exist that was not read: a function that runs as the role.
    Assumed,
    /// A call is allowed only under conditions that are not the caller's to choose.
    Conditional,
    /// It makes somebody else powerful, and takes the credentials of that principal to use it.
    Another,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Found {
    /// Whoever is at the target already, by ARN.
    pub admins: Vec<Admin>,
    /// The best path of each other principal, the surest and shortest first.
    pub paths: Vec<Path>,
    /// The one statement whose removal frees most sources.
    pub cut: Option<Cut>,
    /// Principals of whom the snapshot does not say everything; their paths may be more than were found.
    pub unreadable: Vec<Unreadable>,
    /// How many principals were looked at.
    pub principals: usize,
    /// How many identities of providers have a path and were not asked for.
    pub more_outside: usize,
}

/// A principal that is at the target already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Admin {
    /// Its ARN.
    pub principal: String,
    /// `Sure`, or `Conditional` when it hangs on keys.
    pub certainty: Certainty,
    /// The keys that it hangs on.
    pub conditions: Vec<String>,
}

/// How one principal gets to the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Path {
    /// Who begins: an ARN, or whom a trust policy names and no snapshot lists.
    pub source: String,
    /// What the source is, when it is in no snapshot.
    pub outside: Option<Outside>,
    /// Who it becomes at last: the ARN of a principal, or what is made on the way.
    pub target: String,
    /// How sure it is: as its least sure step.
    pub certainty: Certainty,
    /// What is done, one after the other.
    pub steps: Vec<Step>,
    /// Condition keys that are not the caller's to choose, and that a step or the target's power hangs on.
    pub conditions: Vec<String>,
}

/// One change of identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The entries of the tables that it is an instance of: `lambda-001`, or two that work together.
    pub ids: Vec<String>,
    /// Who acts.
    pub who: String,
    /// What is done, in words.
    pub says: String,
    /// The calls, in order.
    pub calls: Vec<Call>,
    /// Who one is after that.
    pub becomes: String,
    /// How sure it is.
    pub certainty: Certainty,
    /// What is taken to exist.
    pub assumes: Vec<String>,
    /// Condition keys that are not the caller's to choose.
    pub conditions: Vec<String>,
}

/// One permission that is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The action, as the tables spell it.
    pub action: String,
    /// On what.
    pub resource: String,
    /// Condition keys that the caller chooses, with their values.
    pub with: BTreeMap<String, Vec<String>>,
    /// The statements that allow it, or that hang on conditions.
    pub by: Vec<Allowing>,
}

/// A statement that allows a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Allowing {
    /// The layer: `identity policies`, `resource-based policy`.
    pub layer: String,
    /// The name of the document.
    pub document: String,
    /// The statement's place in it, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// The file, when the snapshot has the document.
    pub file: Option<String>,
    /// The JSON pointer of the statement in the file.
    pub pointer: Option<String>,
}

/// The one change that frees most sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// The statement.
    pub statement: Allowing,
    /// Which of its actions the paths use.
    pub actions: Vec<String>,
    /// Whoever has no path any more without it.
    pub frees: Vec<String>,
    /// How many sources there are.
    pub of: usize,
    /// Whether every statement that could free more was tried.
    pub best: bool,
}

/// A principal of whom the snapshot does not say everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Its ARN.
    pub principal: String,
    /// What is the matter.
    pub problems: Vec<Problem>,
}

impl Certainty {
    /// `sure`, `assumed`, `conditional` or `another`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Certainty::Sure => "sure",
            Certainty::Assumed => "assumed",
            Certainty::Conditional => "conditional",
            Certainty::Another => "another",
        }
    }
}

impl Allowing {
    /// The statement with its place in the snapshot, when that has the document.
    pub fn new(snapshot: &Snapshot, statement: &StatementRef) -> Allowing {
        let origin = snapshot.origin(&statement.document);
        Allowing {
            layer: statement.layer.as_str().to_owned(),
            document: statement.document.clone(),
            index: statement.index,
            sid: statement.sid.clone(),
            file: origin.map(|origin| origin.file.clone()),
            pointer: origin.map(|origin| origin.statement(statement.index)),
        }
    }
}
