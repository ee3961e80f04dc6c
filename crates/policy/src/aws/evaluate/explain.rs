//! Why: for each layer the statements that decided and those that nearly did, and what would have to change.
//!
//! This is worked out when it is asked for, beside [`evaluate`]: what it says of a statement comes from the same tests,
//! and what it proposes was tried with `evaluate` before it is said.

mod allowing;
mod change;
mod reason;

pub use allowing::{KeyTest, NeededKey, OTHER, asks_for};
pub use change::{Change, ChangeKind};
pub use reason::{Applies, LayerReasons, Reason, StatementReasons};

use super::{Evaluation, PolicySet, Request, Verdict, evaluate};

/// An answer with all its reasons.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The answer.
    pub evaluation: Evaluation,
    /// What each layer says for itself, and by which statements; each level of the organisation for itself.
    pub layers: Vec<LayerReasons>,
    /// For a denial: changes that together let the request be allowed, each of them needed. None when no change of
    /// policies does, as when an organisation's path is not known.
    pub changes: Vec<Change>,
    /// The answer after these changes: allowed, or depends when keys are missing too.
    pub after_changes: Option<Verdict>,
    /// For an answer that depends: the keys, with what is asked of them.
    pub needed: Vec<NeededKey>,
    /// For an answer that depends: values under which the request is allowed, if some were found. A key without values
    /// must not be there.
    pub allowing: Option<Vec<(String, Vec<String>)>>,
}

/// What each layer says of `request`, without what would change it: for those who look at many requests.
pub fn layers(set: &PolicySet, request: &Request<'_>) -> Vec<LayerReasons> {
    reason::layers(set, request)
}

/// For a request whose answer depends: values of the keys that it depends on under which it is allowed, if some were
/// found, as [`Explanation::allowing`] has them.
pub fn allowing(set: &PolicySet, request: &Request<'_>) -> Option<Vec<(String, Vec<String>)>> {
    allowing::found(set, request)
}

/// Answers `request` from `set`, and says why.
pub fn explain(set: &PolicySet, request: &Request<'_>) -> Explanation {
    let evaluation = evaluate(set, request);
    let layers = reason::layers(set, request);
    let (changes, after_changes) = match evaluation.verdict {
        Verdict::ExplicitDeny | Verdict::ImplicitDeny => change::changes(set, request),
        Verdict::Allowed | Verdict::Depends => (Vec::new(), None),
    };
    let (needed, allowing) = match evaluation.verdict {
        Verdict::Depends => allowing::needed(set, request, &evaluation),
        _ => (Vec::new(), None),
    };
    Explanation { evaluation, layers, changes, after_changes, needed, allowing }
}
