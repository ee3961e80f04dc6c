//! Does this set of policies allow this request, and by which statements?
//!
//! An explicit `Deny` anywhere wins; otherwise each layer that exists must allow, save that a resource policy within the
//! same account may reach past some of them: `decide.rs` has the rules,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html> is where they come from.
//!
//! What is not known stays unknown: when the answer hangs on keys that the context does not give, it is
//! [`Verdict::Depends`] and names them. A `Deny` that might apply is never overlooked.
//!
//! A resource may be a [pattern](ResourceRef::Pattern). Then one single `Allow` must cover all of it: several
//! statements that cover it only together do not count. A `Deny` counts as soon as it touches any of it.

mod caller;
mod compiled;
mod condition;
mod context;
mod decide;
pub mod explain;
mod facts;
mod layers;
mod matcher;
mod question;
mod say;
mod scope;
mod truth;

pub use compiled::Compiled;
pub(super) use condition::Test;
pub use context::{ANONYMOUS, CANONICAL_USER, Context, IntoValues, PrincipalRef};
pub(super) use context::{Facts, Federated, Single};
pub use decide::evaluate;
pub use facts::{crosses_accounts, is_granted_by_resources, takes_anonymous};
pub use layers::{Layer, OrganizationLevel, OrganizationPath, PolicySet, ResourceSide};
pub(super) use truth::{Keys, Truth};

/// Changes whenever an answer of [`evaluate`] may change.
pub const EVALUATOR_VERSION: &str = "3";

/// One request, or all requests that differ in nothing but the resource.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: PrincipalRef<'a>,
    /// For what: `s3:GetObject`, in any case, without wildcards.
    pub action: &'a str,
    /// On what.
    pub resource: ResourceRef<'a>,
    /// Under which circumstances.
    pub context: &'a Context,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceRef<'a> {
    /// One resource by its ARN; `*` for an action that has no resource. Wildcards in it are plain characters.
    Exact(&'a str),
    /// Every ARN that the pattern matches: an `Allow` must cover all of it, a `Deny` counts when it touches any.
    Pattern(&'a str),
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Every layer allows, and nothing can deny.
    Allowed,
    /// A `Deny` applies.
    ExplicitDeny,
    /// Some layer does not allow.
    ImplicitDeny,
    /// Not decidable without keys that the context does not give.
    Depends,
}

/// The answer with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The answer.
    pub verdict: Verdict,
    /// The statements that made it: for [`Verdict::Allowed`] the first of each layer that was needed (none of the
    /// identity policies for the root user, who needs none), for
    /// [`Verdict::ExplicitDeny`] the first that denies, for [`Verdict::Depends`] all that are undecided; none for
    /// [`Verdict::ImplicitDeny`].
    pub by: Vec<StatementRef>,
    /// For [`Verdict::Depends`]: the keys, in lower case, that are not known and might decide it.
    pub missing_keys: Vec<String>,
    /// For [`Verdict::ImplicitDeny`]: the layer that does not allow.
    pub silent: Option<Layer>,
    /// What each layer says for itself, whether it was needed or not; for [`Verdict::ExplicitDeny`] only the layer that
    /// denies.
    pub layers: Vec<LayerAnswer>,
}

/// What one layer says; of the organisation's policies, one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerAnswer {
    /// The layer.
    pub layer: Layer,
    /// The level of the organisation.
    pub level: Option<String>,
    /// Its answer, as if it were the only one.
    pub verdict: Verdict,
    /// The statements that made it: the first that allows or denies, or all that are undecided.
    pub by: Vec<StatementRef>,
}

/// A statement of a [`PolicySet`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// The layer it belongs to.
    pub layer: Layer,
    /// The name of its document.
    pub document: String,
    /// Its place in the document, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

impl Verdict {
    /// `allowed`, `explicit deny`, `implicit deny` or `depends`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Allowed => "allowed",
            Verdict::ExplicitDeny => "explicit deny",
            Verdict::ImplicitDeny => "implicit deny",
            Verdict::Depends => "depends",
        }
    }
}
