//! Statements into documents that IAM accepts: each within its quota, statements split when one alone is too long.
//!
//! Quotas count characters without white space; inline policies of one identity count together, managed policies
//! each for itself: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.

use std::collections::BTreeSet;

use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{ActionBlock, Named, Policy, ResourceBlock, Statement, Version};

use super::options::{Options, Unknown};
use super::outcome::Fit;

/// Puts statements into documents in their order; the existing `Deny` statements, with the version they were
/// written in, come first.
pub(super) fn documents(
    denies: Vec<(Version, Statement)>,
    allows: Vec<Statement>,
    options: &Options,
) -> Vec<Named<Policy>> {
    let limit = per_document(options.quota);
    let mut open: Vec<Policy> = Vec::new();
    let current = allows.into_iter().map(|statement| (Version::V2012_10_17, statement));
    for (version, statement) in denies.into_iter().map(current_if_same).chain(current) {
        for piece in pieces(statement, limit) {
            place(&mut open, version, piece, limit);
        }
    }
    let several = open.len() > 1;
    let name =
        |index: usize| if several { format!("{}-{}", options.name, index + 1) } else { options.name.clone() };
    open.into_iter().enumerate().map(|(index, policy)| Named::new(name(index), policy)).collect()
}

/// A statement without variables means the same in both versions.
fn current_if_same((version, statement): (Version, Statement)) -> (Version, Statement) {
    let same = !Policy::new(vec![statement.clone()]).to_compact_json().contains("${");
    (if same { Version::V2012_10_17 } else { version }, statement)
}

/// The first document of the version that has room, else a new one. First fit keeps neighbours together.
fn place(open: &mut Vec<Policy>, version: Version, statement: Statement, limit: usize) {
    let extra = length(std::slice::from_ref(&statement)) - length(&[]) + 1;
    let room = |policy: &&mut Policy| {
        let taken = |other: &Statement| other.sid.is_some() && other.sid == statement.sid;
        policy.version == version
            && policy.quota_len() + extra <= limit
            && !policy.statements.iter().any(taken)
    };
    match open.iter_mut().find(room) {
        Some(policy) => policy.statements.push(statement),
        None => open.push(Policy { version, id: None, statements: vec![statement] }),
    }
}

/// The statement, or several that say the same together when it is too long for any document.
fn pieces(statement: Statement, limit: usize) -> Vec<Statement> {
    if fits(&statement, limit) {
        return vec![statement];
    }
    let by_resource = match &statement.resource {
        Some(ResourceBlock::Resource(resources)) => cut(
            resources,
            |part, suffix| Statement {
                resource: Some(ResourceBlock::Resource(part.to_vec())),
                sid: statement.sid.as_ref().map(|sid| format!("{sid}{suffix}")),
                ..statement.clone()
            },
            limit,
        ),
        _ => return vec![statement],
    };
    by_resource.into_iter().flat_map(|piece| by_action(piece, limit)).collect()
}

fn by_action(statement: Statement, limit: usize) -> Vec<Statement> {
    match &statement.action {
        ActionBlock::Action(actions) if !fits(&statement, limit) => cut(
            actions,
            |part, suffix| Statement {
                action: ActionBlock::Action(part.to_vec()),
                sid: statement.sid.as_ref().map(|sid| format!("{sid}{suffix}")),
                ..statement.clone()
            },
            limit,
        ),
        _ => vec![statement],
    }
}

/// Statements that hold `values` one after the other, each as many as fit, and one where not even one does: quotas
/// limit how many documents there may be, so none is left half empty.
fn cut<T>(values: &[T], with: impl Fn(&[T], &str) -> Statement, limit: usize) -> Vec<Statement> {
    if values.len() < 2 {
        return vec![with(values, "")];
    }
    let mut cut = Vec::new();
    let mut rest = values;
    while !rest.is_empty() {
        let suffix = suffix(cut.len());
        // Between these: one value always goes in, all that are left perhaps.
        let (mut most, mut over) = (1, rest.len() + 1);
        while most + 1 < over {
            let middle = usize::midpoint(most, over);
            if fits(&with(&rest[..middle], &suffix), limit) { most = middle } else { over = middle }
        }
        let (part, left) = rest.split_at(most);
        cut.push(with(part, &suffix));
        rest = left;
    }
    cut
}

/// `A` to `Z`, then `BA` and so on.
fn suffix(index: usize) -> String {
    let letter = char::from(b'A' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { format!("{}{letter}", suffix(index / 26)) }
}

fn fits(statement: &Statement, limit: usize) -> bool {
    length(std::slice::from_ref(statement)) <= limit
}

fn length(statements: &[Statement]) -> usize {
    Policy::new(statements.to_vec()).quota_len()
}

/// How long one document may be. Inline policies count together, so one document takes all of it.
fn per_document(quota: Quota) -> usize {
    quota.characters()
}

/// Whether several documents may be attached, each with the whole quota.
fn each_for_itself(quota: Quota) -> bool {
    !matches!(quota, Quota::InlineRole | Quota::InlineUser | Quota::InlineGroup)
}

/// Whether the documents fit where they will live, and what to do when they do not.
pub(super) fn fit(documents: &[Named<Policy>], options: &Options, action_wildcards: bool) -> Fit {
    let characters: Vec<usize> = documents.iter().map(|document| document.policy.quota_len()).collect();
    let limit = options.quota.characters();
    let fits = if each_for_itself(options.quota) {
        characters.len() <= options.max_documents && characters.iter().all(|length| *length <= limit)
    } else {
        characters.iter().sum::<usize>() <= limit
    };
    let way_out = (!fits).then(|| match (options.width.wider(), each_for_itself(options.quota)) {
        _ if options.unknown == Unknown::Keep => {
            "name what is to be kept (--keep FILE) instead of all that the logs cannot tell (--unknown keep)"
                .to_owned()
        }
        (Some(wider), _) => format!("widen the resources with --width {}", wider.as_str()),
        (None, false) => "attach managed policies instead of an inline one".to_owned(),
        (None, true) => "split the work among several roles, or ask AWS to raise the quota".to_owned(),
    });
    Fit { fits, characters, limit, max_documents: options.max_documents, action_wildcards, way_out }
}

/// `Deny` statements with names that differ from each other's: one that repeats another's gets a number.
pub(super) fn name_denies(denies: &mut [(Version, Statement)], taken: &mut BTreeSet<String>) {
    for (_, statement) in denies {
        if let Some(sid) = statement.sid.take() {
            statement.sid = Some(super::sid::unique(sid, taken));
        }
    }
}
