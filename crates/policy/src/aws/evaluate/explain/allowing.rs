//! What would decide an answer that depends: the keys, what is asked of them, and values that allow.
//!
//! Values are not derived but tried: those that the policies themselves name, and some beside them. What is proposed
//! was therefore allowed by the evaluator; what is not found may still exist.

use super::super::{CANONICAL_USER, Evaluation, PolicySet, Request, StatementRef, Verdict, evaluate};
use crate::aws::{Comparison, Condition, Effect, PrincipalBlock, PrincipalKind, PrincipalSet};
use crate::time::Timestamp;

/// A key that is not known and might decide.
#[derive(Debug, Clone)]
pub struct NeededKey {
    /// The key, as a document spells it.
    pub key: String,
    /// What the undecided statements ask of it.
    pub tests: Vec<KeyTest>,
    /// Values that allow while the other keys are as in [`Explanation::allowing`](super::Explanation::allowing); one
    /// without values stands for the key not being there.
    pub allowing: Vec<Vec<String>>,
}

/// What a statement asks of a key.
#[derive(Debug, Clone)]
pub struct KeyTest {
    /// The statement.
    pub statement: StatementRef,
    /// Whether it allows or denies when it applies.
    pub effect: Effect,
    /// The operator.
    pub operator: String,
    /// What the key is compared with.
    pub values: Vec<String>,
}

/// Values of keys, in the order in which they were needed.
type Given = Vec<(String, Vec<String>)>;

/// How many times the evaluator is asked at most.
const BUDGET: usize = 3_000;

/// A value that stands for any that no policy names.
pub const OTHER: &str = "something-else";

/// The keys that the answer depends on, and values that allow.
pub(super) fn needed(
    set: &PolicySet,
    request: &Request<'_>,
    evaluation: &Evaluation,
) -> (Vec<NeededKey>, Option<Given>) {
    let mut search = Search { set, request, left: BUDGET };
    let found = search.solve(&mut Vec::new());
    let mut keys = evaluation.missing_keys.clone();
    for (key, _) in found.iter().flatten() {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    let needed = keys.iter().map(|key| NeededKey {
        key: spelled(set, key),
        tests: tests(set, evaluation, key),
        allowing: found.as_ref().map(|found| search.others(found, key)).unwrap_or_default(),
    });
    let needed: Vec<_> = needed.collect();
    let found =
        found.map(|found| found.into_iter().map(|(key, values)| (spelled(set, &key), values)).collect());
    (needed, found)
}

/// Values that allow, with the keys as documents spell them.
pub(super) fn found(set: &PolicySet, request: &Request<'_>) -> Option<Given> {
    let found = Search { set, request, left: BUDGET }.solve(&mut Vec::new())?;
    Some(found.into_iter().map(|(key, values)| (spelled(set, &key), values)).collect())
}

struct Search<'a> {
    set: &'a PolicySet,
    request: &'a Request<'a>,
    left: usize,
}

impl Search<'_> {
    fn evaluate(&mut self, given: &Given) -> Option<Evaluation> {
        self.left = self.left.checked_sub(1)?;
        let mut context = self.request.context.clone();
        for (key, values) in given {
            context.insert(key, values.as_slice());
        }
        Some(evaluate(self.set, &Request { context: &context, ..*self.request }))
    }

    /// Gives one key after another a value, until the request is allowed. What is denied stays denied with more keys.
    fn solve(&mut self, given: &mut Given) -> Option<Given> {
        let evaluation = self.evaluate(given)?;
        match evaluation.verdict {
            Verdict::Allowed => return Some(given.clone()),
            Verdict::ExplicitDeny | Verdict::ImplicitDeny => return None,
            Verdict::Depends => {}
        }
        let open = |key: &&String| !given.iter().any(|(known, _)| known == *key);
        let key = evaluation.missing_keys.iter().find(open)?.clone();
        for values in candidates(self.set, self.request, &key) {
            given.push((key.clone(), values));
            let found = self.solve(given);
            given.pop();
            if found.is_some() || self.left == 0 {
                return found;
            }
        }
        None
    }

    /// The values of `key` that allow when the other keys are as they are.
    fn others(&mut self, found: &Given, key: &str) -> Vec<Vec<String>> {
        let mut allowing = Vec::new();
        for values in candidates(self.set, self.request, key) {
            let mut given = found.clone();
            given.retain(|(known, _)| known != key);
            given.push((key.to_owned(), values.clone()));
            let Some(evaluation) = self.evaluate(&given) else { break };
            if evaluation.verdict == Verdict::Allowed {
                allowing.push(values);
            }
        }
        allowing
    }
}

/// Whether some document of `set` asks for `key`, in a condition or as a variable.
pub fn asks_for(set: &PolicySet, key: &str) -> bool {
    let folded = key.to_ascii_lowercase();
    let is_named = || folded == CANONICAL_USER && !canonical_users(set, &folded).is_empty();
    conditions(set, key).next().is_some() || is_variable(set, &folded) || is_named()
}

fn conditions<'s>(set: &'s PolicySet, key: &str) -> impl Iterator<Item = (Effect, &'s Condition)> {
    let statements = set.documents().flat_map(|document| &document.policy.statements);
    let all = statements
        .flat_map(|statement| statement.condition.iter().map(move |condition| (statement.effect, condition)));
    let key = key.to_owned();
    all.filter(move |(_, condition)| condition.key.eq_ignore_ascii_case(&key))
}

/// The key as a document spells it.
fn spelled(set: &PolicySet, key: &str) -> String {
    let mut conditions = conditions(set, key);
    match conditions.next() {
        Some((_, condition)) => condition.key.clone(),
        None if key == CANONICAL_USER => "leastwise:CanonicalUser".to_owned(),
        None => key.to_owned(),
    }
}

/// What the undecided statements ask of `key`.
fn tests(set: &PolicySet, evaluation: &Evaluation, key: &str) -> Vec<KeyTest> {
    let mut tests = Vec::new();
    for place in &evaluation.by {
        let mut documents = set.documents().filter(|document| document.name == place.document);
        let Some(statement) = documents.find_map(|document| document.policy.statements.get(place.index))
        else {
            continue;
        };
        for condition in statement.condition.iter().filter(|one| one.key.eq_ignore_ascii_case(key)) {
            tests.push(KeyTest {
                statement: place.clone(),
                effect: statement.effect,
                operator: condition.operator.to_string(),
                values: condition.values.clone(),
            });
        }
    }
    tests
}

/// Values worth trying, the likeliest first: what an `Allow` asks for, what a `Deny` spares, anything, nothing.
fn candidates(set: &PolicySet, request: &Request<'_>, key: &str) -> Vec<Vec<String>> {
    let mut values: Vec<String> = Vec::new();
    for wanted in [Effect::Allow, Effect::Deny] {
        for (_, condition) in conditions(set, key).filter(|(effect, _)| *effect == wanted) {
            values.extend(condition.values.iter().flat_map(|value| near(condition.operator.base, value)));
        }
    }
    values.extend(sessions(set, key));
    values.extend(canonical_users(set, key));
    if is_variable(set, key) {
        let pieces = match request.resource {
            super::super::ResourceRef::Exact(text) | super::super::ResourceRef::Pattern(text) => text,
        };
        values.extend(pieces.split(['/', ':']).filter(|piece| !piece.is_empty()).rev().map(str::to_owned));
    }
    values.push(OTHER.to_owned());
    let mut candidates: Vec<Vec<String>> = Vec::new();
    for value in values {
        if !candidates.iter().any(|known| *known == [value.as_str()]) {
            candidates.push(vec![value]);
        }
    }
    candidates.push(Vec::new());
    candidates
}

/// Values on this and that side of what the operator compares with.
fn near(base: Comparison, value: &str) -> Vec<String> {
    use Comparison as C;
    match base {
        C::StringLike | C::StringNotLike | C::ArnLike | C::ArnNotLike | C::ArnEquals | C::ArnNotEquals => {
            vec![value.replace(['*', '?'], "x")]
        }
        C::Bool => vec![value.to_owned(), (!value.eq_ignore_ascii_case("true")).to_string()],
        C::IpAddress | C::NotIpAddress => {
            let first = value.split('/').next().unwrap_or(value).trim();
            vec![first.to_owned(), "192.0.2.1".to_owned(), "2001:db8::1".to_owned()]
        }
        C::NumericEquals
        | C::NumericNotEquals
        | C::NumericLessThan
        | C::NumericLessThanEquals
        | C::NumericGreaterThan
        | C::NumericGreaterThanEquals => match value.trim().parse::<i64>() {
            Ok(number) => [0, -1, 1].map(|step: i64| number.saturating_add(step).to_string()).to_vec(),
            Err(_) => vec![value.to_owned()],
        },
        C::DateEquals
        | C::DateNotEquals
        | C::DateLessThan
        | C::DateLessThanEquals
        | C::DateGreaterThan
        | C::DateGreaterThanEquals => match Timestamp::parse(value) {
            Some(time) => [0, -86_400, 86_400]
                .map(|step: i64| Timestamp::from_seconds(time.seconds().saturating_add(step)).to_string())
                .to_vec(),
            None => Vec::new(),
        },
        C::Null => Vec::new(),
        _ => vec![value.to_owned()],
    }
}

/// The ends of `aws:userid` under which a statement's sessions are.
fn sessions<'s>(set: &'s PolicySet, key: &str) -> Vec<String> {
    if key != "aws:userid" {
        return Vec::new();
    }
    let texts = names(set).flat_map(|(_, texts)| texts);
    let of_session = |text: &'s String| {
        let (_, rest) = text.split_once(":assumed-role/").or_else(|| text.split_once(":federated-user/"))?;
        let name = rest.rsplit('/').next()?;
        Some(format!("AROAEXAMPLEID:{name}"))
    };
    texts.filter_map(of_session).collect()
}

/// The canonical users that statements are for.
fn canonical_users(set: &PolicySet, key: &str) -> Vec<String> {
    if key != CANONICAL_USER {
        return Vec::new();
    }
    let users = names(set).filter(|(kind, _)| *kind == PrincipalKind::CanonicalUser);
    users.flat_map(|(_, texts)| texts.clone()).collect()
}

/// Whom statements are for, by kind.
fn names(set: &PolicySet) -> impl Iterator<Item = &(PrincipalKind, Vec<String>)> {
    let statements = set.documents().flat_map(|document| &document.policy.statements);
    let names = statements.filter_map(|statement| match &statement.principal {
        Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) => Some(kinds),
        _ => None,
    });
    names.flatten()
}

/// Whether some resource or value names `key` as a variable.
fn is_variable(set: &PolicySet, key: &str) -> bool {
    let variable = format!("${{{key}");
    // Nearly all texts have no variables, and are short: one look at each byte tells.
    let has_variables = |text: &str| text.bytes().any(|byte| byte == b'$');
    let named = |text: &str| has_variables(text) && text.to_ascii_lowercase().contains(&variable);
    set.documents().flat_map(|document| &document.policy.statements).any(|statement| {
        let resources = statement.resource.as_ref().map(|block| block.patterns()).unwrap_or_default();
        let mut values = statement.condition.iter().flat_map(|condition| &condition.values);
        resources.iter().any(|pattern| named(pattern.as_str())) || values.any(|value| named(value))
    })
}
