//! The smallest change that would allow: found by making it and asking again.

use super::super::{
    ANONYMOUS, Layer, OrganizationPath, PolicySet, Request, ResourceRef, StatementRef, Verdict, evaluate,
};
use crate::aws::{
    ActionBlock, Named, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, ResourceBlock, ResourcePattern,
    Statement,
};

/// A change of one layer, or of one level of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The layer.
    pub layer: Layer,
    /// The level of the organisation.
    pub level: Option<String>,
    /// What to do there.
    pub kind: ChangeKind,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// Add this statement to a policy of the layer.
    Add(Statement),
    /// Remove this statement, or except the request from it.
    Except(StatementRef),
}

/// More steps than this are no small change.
const MOST: usize = 64;

/// The changes that together let the request be allowed, each needed, and the answer after them.
pub(super) fn changes(set: &PolicySet, request: &Request<'_>) -> (Vec<Change>, Option<Verdict>) {
    let mut changed = set.clone();
    let mut changes: Vec<Change> = Vec::new();
    let after = loop {
        let evaluation = evaluate(&changed, request);
        let layer = match evaluation.verdict {
            Verdict::Allowed | Verdict::Depends => break evaluation.verdict,
            Verdict::ExplicitDeny => evaluation.by.first().map(|statement| statement.layer),
            Verdict::ImplicitDeny => evaluation.silent,
        };
        let Some(layer) = layer.filter(|_| changes.len() < MOST) else { return (Vec::new(), None) };
        let kind = match evaluation.by.into_iter().next() {
            Some(statement) => ChangeKind::Except(statement),
            None => ChangeKind::Add(allowing(layer, request)),
        };
        let silent = |answer: &&super::super::LayerAnswer| {
            answer.layer == layer && matches!(answer.verdict, Verdict::ImplicitDeny | Verdict::ExplicitDeny)
        };
        let level = evaluation.layers.iter().find(silent).and_then(|answer| answer.level.clone());
        let change = Change { layer, level, kind };
        if !change.apply(&mut changed) {
            return (Vec::new(), None);
        }
        changes.push(change);
    };
    (needed(set, request, changes, after), Some(after))
}

/// Without the changes that the others make needless.
fn needed(set: &PolicySet, request: &Request<'_>, changes: Vec<Change>, after: Verdict) -> Vec<Change> {
    let mut kept = changes;
    let mut at = 0;
    while at < kept.len() && kept.len() > 1 {
        let mut changed = set.clone();
        for (number, change) in kept.iter().enumerate() {
            if number != at {
                change.apply(&mut changed);
            }
        }
        match evaluate(&changed, request).verdict == after {
            true => drop(kept.remove(at)),
            false => at += 1,
        }
    }
    kept
}

impl Change {
    /// Makes the change; false when there is no such place.
    pub fn apply(&self, set: &mut PolicySet) -> bool {
        let Some(documents) = documents(set, self.layer, self.level.as_deref()) else { return false };
        match &self.kind {
            ChangeKind::Add(statement) => {
                documents.push(Named::new("", Policy::new(vec![statement.clone()])));
                true
            }
            ChangeKind::Except(place) => {
                let document = documents.iter_mut().find(|document| document.name == place.document);
                let statement = document.and_then(|document| document.policy.statements.get_mut(place.index));
                // A statement about no action; the places of the others stay what they are.
                statement.map(|statement| statement.action = ActionBlock::Action(Vec::new())).is_some()
            }
        }
    }
}

fn documents<'s>(
    set: &'s mut PolicySet,
    layer: Layer,
    level: Option<&str>,
) -> Option<&'s mut Vec<Named<Policy>>> {
    let of_level = |path: &'s mut Option<OrganizationPath>| {
        let levels = &mut path.as_mut()?.levels;
        levels.iter_mut().find(|one| level == Some(&one.name)).map(|level| &mut level.policies)
    };
    match layer {
        Layer::Identity => Some(&mut set.identity),
        Layer::Boundary => set.boundary.as_mut(),
        // Nothing is passed to a federated user unless somebody passes it.
        Layer::Session => Some(set.session.get_or_insert_default()),
        Layer::ServiceControl => of_level(&mut set.service_control),
        Layer::ResourceControl => of_level(&mut set.resource_control),
        Layer::Resource => set.resource.as_mut().map(|side| &mut side.policies),
        Layer::Endpoint => set.endpoint.as_mut(),
        // Grants are not written by hand, and the public access block is no document.
        Layer::Grant | Layer::PublicAccess => None,
    }
}

/// A statement for `layer` that allows the request and no more.
fn allowing(layer: Layer, request: &Request<'_>) -> Statement {
    let resource = match request.resource {
        ResourceRef::Pattern(text) | ResourceRef::Exact(text @ "*") => text.to_owned(),
        ResourceRef::Exact(text) => literal(text),
    };
    let mut statement = Statement::allow([request.action], [resource]);
    match layer {
        Layer::Resource => {
            statement.principal = Some(PrincipalBlock::Principal(caller(request)));
            // Trust policies have no `Resource`.
            if request.action.to_ascii_lowercase().starts_with("sts:") {
                statement.resource = None;
            }
        }
        Layer::Endpoint => {
            statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
        }
        // AWS lets nobody write an `Allow` there: what can be attached is RCPFullAWSAccess.
        Layer::ResourceControl => {
            statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
            statement.action = ActionBlock::Action(vec!["*".into()]);
            statement.resource = Some(ResourceBlock::Resource(vec![ResourcePattern::new("*")]));
        }
        _ => {}
    }
    statement
}

fn caller(request: &Request<'_>) -> PrincipalSet {
    let name = request.principal.arn;
    if name == ANONYMOUS {
        return PrincipalSet::Everyone;
    }
    let kind = match () {
        () if name.contains(":saml-provider/") || name.contains(":oidc-provider/") => {
            PrincipalKind::Federated
        }
        () if name.starts_with("arn:") => PrincipalKind::Aws,
        () if name.contains(".amazonaws.com") && !name.starts_with("cognito-") => PrincipalKind::Service,
        () => PrincipalKind::Federated,
    };
    PrincipalSet::ByKind(vec![(kind, vec![name.to_owned()])])
}

/// The text as a pattern that matches nothing else.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '*' | '?' | '$' => pattern.extend(["${", character.encode_utf8(&mut [0; 4]), "}"]),
            other => pattern.push(other),
        }
    }
    pattern
}
