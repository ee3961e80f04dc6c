//! Whether several statements together cover another one: by the exact comparison of `policy`, put as small a question
//! as there is.
//!
//! A pattern of actions counts as covered only by statements that have a pattern which covers it whole, so that what is
//! said stays true when AWS adds actions. All of these treat its actions alike, and one stands for them; what remains to
//! be compared is resources and conditions.

use leastwise_policy::aws::Comparison as C;
use leastwise_policy::aws::compare::{Actions, Answer, KeyFacts, Kind, ValueKind, Vocabulary, excess};
use leastwise_policy::aws::{
    Condition, Policy, PrincipalBlock, PrincipalSet, ResourceBlock, SetOperator, Statement, Version,
};
use leastwise_policy::glob;

use super::arns::open;
use super::known::{self, Lookup};
use super::redundant::{Read, Reads, is_under};
use crate::check::{Facts, StatementView, Subject};
use crate::source::has_hole;

/// A statement with how it was written.
pub(super) type Written<'v, 'a> = (&'v StatementView<'a>, &'a Statement);

/// What is asked about one document: no more questions than this, each with no more statements than [`MOST`].
pub(super) const QUESTIONS: usize = 24;

const MOST: usize = 12;

/// Stands for all actions of a pattern. Policies of every kind are asked about it.
const ACTION: &str = "s3:GetObject";

/// The statements of `others` that together cover the one at `at`, by their numbers in the document. They are those that
/// deny when it allows and is undone, else those that have its effect; `first` of them may name its first action. What is
/// read of statements is kept in `reads`.
pub(super) fn covered<'a>(
    views: &[Written<'_, 'a>],
    at: usize,
    (first, others): (&[usize], &[usize]),
    reads: &mut Reads<'a>,
    (subject, facts): (&Subject<'a>, &Facts<'_>),
    questions: &mut usize,
) -> Option<Vec<usize>> {
    let own = views[at];
    let (view, statement) = own;
    let naming: Vec<&Statement> = first.iter().map(|other| views[*other].1).collect();
    let naming: Vec<&Statement> =
        naming.into_iter().filter(|other| is_about_same(other, statement)).collect();
    if *questions == 0 || naming.is_empty() || !is_plausible(statement, &naming) {
        return None;
    }
    let numbers: Vec<usize> =
        others.iter().copied().filter(|other| is_about_same(views[*other].1, statement)).collect();
    let others: Vec<Written<'_, 'a>> = numbers.iter().map(|other| views[*other]).collect();
    let all: Vec<&Statement> = others.iter().map(|(_, other)| *other).collect();
    // Patterns of resources alone add up to nothing that one of them does not cover, so that it was found before.
    let is_conditional = all.iter().any(|other| !is_under(statement, other));
    if !is_conditional || !is_plausible(statement, &all) {
        return None;
    }
    for number in numbers.iter().chain([&at]) {
        reads[*number].get_or_insert_with(|| Read::new(views[*number].1));
    }
    let read = |number: usize| reads[number].as_ref().and_then(Option::as_ref);
    let mut naming: Vec<Vec<usize>> = Vec::new();
    for action in read(at)?.actions() {
        let names = |other: &usize| read(numbers[*other]).is_some_and(|read| read.names(action));
        let those: Vec<usize> = (0..others.len()).filter(names).collect();
        if those.is_empty() || those.len() > MOST {
            return None;
        }
        if !naming.contains(&those) {
            let statements: Vec<&Statement> = those.iter().map(|index| all[*index]).collect();
            if !is_plausible(statement, &statements) {
                return None;
            }
            naming.push(those);
        }
    }
    let mut asked = naming.iter().flatten().map(|index| &others[*index]).chain([&own]);
    if naming.is_empty()
        || !asked.all(|(view, statement)| is_plain(view, statement))
        || view.not_action.is_some()
    {
        return None;
    }
    let question = Question::new(subject, facts);
    let mut by = Vec::new();
    for mut those in naming {
        *questions = questions.checked_sub(1)?;
        let all: Vec<&Statement> = those.iter().map(|index| others[*index].1).collect();
        if !question.is_within(statement, &all) {
            return None;
        }
        // Those that it takes.
        let mut at = 0;
        while at < those.len() && those.len() > 1 {
            let rest = those.iter().enumerate().filter(|(index, _)| *index != at);
            let rest: Vec<&Statement> = rest.map(|(_, index)| others[*index].1).collect();
            match question.is_within(statement, &rest) {
                true => drop(those.remove(at)),
                false => at += 1,
            }
        }
        by.extend(those.iter().map(|index| others[*index].0.index));
    }
    by.sort_unstable();
    by.dedup();
    Some(by)
}

/// Whether all of it is known and said positively.
fn is_plain(view: &StatementView<'_>, statement: &Statement) -> bool {
    let texts = view.resource_texts().map(|(_, text)| text);
    let holes = texts.chain(view.actions.iter().map(|used| used.text)).any(has_hole);
    let in_conditions = || {
        statement
            .condition
            .iter()
            .any(|one| has_hole(&one.key) || one.values.iter().any(|value| has_hole(value)))
    };
    !holes && !in_conditions() && !matches!(statement.principal, Some(PrincipalBlock::NotPrincipal(_)))
}

/// Whether another statement is about the same principals.
fn is_about_same(other: &Statement, own: &Statement) -> bool {
    let everybody = matches!(&other.principal, Some(PrincipalBlock::Principal(PrincipalSet::Everyone)));
    everybody || other.principal == own.principal
}

/// What must be so if the others are to cover it: requests that are made up of values of its conditions and of one of its
/// resources are theirs, as far as a look tells.
fn is_plausible(own: &Statement, others: &[&Statement]) -> bool {
    let examples: Vec<Option<String>> = match &own.resource {
        Some(ResourceBlock::Resource(resources)) => {
            resources.iter().map(|resource| Some(example(&open(resource.as_str())))).collect()
        }
        _ => vec![None],
    };
    let most = own.condition.iter().map(|one| one.values.len()).max().unwrap_or(1).clamp(1, MOST);
    (0..most).all(|number| {
        let picks = picks(own, number);
        let holding: Vec<&&Statement> =
            others.iter().filter(|other| other.condition.iter().all(|one| may_hold(one, &picks))).collect();
        let is_about = |other: &Statement, resource| is_about(other, resource, &picks);
        examples.iter().all(|resource| holding.iter().any(|other| is_about(other, resource.as_deref())))
    })
}

/// What a request that meets a condition has under its key.
#[derive(Debug, PartialEq)]
enum Pick<'s> {
    /// The key is not there.
    Missing,
    /// This text, and nothing else, of all that this pattern stands for.
    Text(String, &'s str),
    /// A text with policy variables, whatever it comes to.
    Variable(&'s str),
    /// Something of which nothing is known.
    Unknown,
}

/// For each key of the statement's conditions, what a request has that meets them: its `number`th value.
fn picks(own: &Statement, number: usize) -> Vec<(&str, Pick<'_>)> {
    let mut picks: Vec<(&str, Pick<'_>)> = Vec::with_capacity(own.condition.iter().len());
    for condition in own.condition.iter() {
        let known = picks.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(&condition.key));
        match known {
            // What meets both is not known.
            Some((_, pick)) => *pick = Pick::Unknown,
            None => picks.push((&condition.key, pick(condition, number))),
        }
    }
    // A variable of its own must have a value.
    let resources = own.resource.iter().flat_map(|block| block.patterns()).map(|one| one.as_str());
    let values = own.condition.iter().flat_map(|one| &one.values).map(String::as_str);
    for key in resources.chain(values).flat_map(variables) {
        picks.retain(|(known, _)| !known.eq_ignore_ascii_case(key));
        picks.push((key, Pick::Unknown));
    }
    picks
}

/// The keys of the policy variables in a text: `aws:username` of `${aws:username, 'nobody'}`. Those with a value for want
/// of another are none that need one, nor are characters that are written so.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let inner = text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    inner.filter(|key| key.contains(':') && !key.contains(','))
}

fn pick(condition: &Condition, number: usize) -> Pick<'_> {
    if holds_without(condition) {
        return Pick::Missing;
    }
    if is_null(condition) {
        // It must be there; whatever it is.
        return Pick::Text("x".to_owned(), "x");
    }
    match condition.values.get(number % condition.values.len().max(1)) {
        Some(value) if is_of_texts(condition) && !value.contains("${") => Pick::Text(example(value), value),
        Some(value) if is_of_texts(condition) && !value.contains(['*', '?']) => Pick::Variable(value),
        _ => Pick::Unknown,
    }
}

fn is_null(condition: &Condition) -> bool {
    condition.operator.base == C::Null
}

/// A text that the pattern matches.
fn example(pattern: &str) -> String {
    pattern.replace(['*', '?'], "x")
}

fn is_about(statement: &Statement, resource: Option<&str>, picks: &[(&str, Pick<'_>)]) -> bool {
    // Global keys follow from who asks and where; of the others a request has only what it needs.
    let is_missing = |key: &str| {
        let known = picks.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        let is_tag = || key.get(..key.find('/').unwrap_or(0)).is_some_and(|head| head.ends_with("Tag"));
        known.map_or(!key.starts_with("aws:") || is_tag(), |(_, pick)| *pick == Pick::Missing)
    };
    match (&statement.resource, resource) {
        (Some(ResourceBlock::Resource(patterns)), Some(text)) => patterns.iter().any(|pattern| {
            let pattern = pattern.as_str();
            glob::matches(&open(pattern), text) && !variables(pattern).any(is_missing)
        }),
        _ => true,
    }
}

/// Whether its values are texts, or patterns of texts, and one of them is enough.
fn is_of_texts(condition: &Condition) -> bool {
    let base = condition.operator.base;
    let is_one = matches!(base, C::StringEquals | C::StringLike | C::ArnEquals | C::ArnLike);
    is_one && condition.operator.set != Some(SetOperator::ForAllValues)
}

/// Whether the condition may hold for a request that has this, and whose other keys are missing; in doubt it may.
fn may_hold(condition: &Condition, picks: &[(&str, Pick<'_>)]) -> bool {
    let pick = picks.iter().find(|(key, _)| key.eq_ignore_ascii_case(&condition.key));
    let (value, pattern) = match pick.map_or(&Pick::Missing, |(_, pick)| pick) {
        Pick::Missing => return holds_without(condition),
        Pick::Unknown => return true,
        _ if is_null(condition) => {
            return condition.values.iter().any(|one| one.eq_ignore_ascii_case("false"));
        }
        Pick::Text(value, pattern) => (value.as_str(), *pattern),
        Pick::Variable(value) => (*value, *value),
    };
    let is_variable = value.contains("${");
    let (is_negated, is_pattern) = match condition.operator.base {
        C::StringEquals => (false, false),
        C::StringLike | C::ArnEquals | C::ArnLike => (false, true),
        C::StringNotEquals | C::ArnNotEquals | C::ArnNotLike => (true, false),
        C::StringNotLike => (true, true),
        _ => return true,
    };
    let is_literal = matches!(condition.operator.base, C::StringEquals | C::StringNotEquals);
    let meets = |own: &String| {
        own == value
            || !is_literal && own == pattern
            || is_pattern && !is_variable && glob::matches(own, value)
    };
    let is_met = condition.values.iter().any(meets);
    let is_open = || is_variable || condition.values.iter().any(|own| own.contains("${"));
    if is_negated { !is_met } else { is_met || is_open() }
}

/// Whether a condition can hold where its key is missing.
fn holds_without(condition: &Condition) -> bool {
    let operator = condition.operator;
    let is_true = |value: &String| !value.eq_ignore_ascii_case("false");
    operator.if_exists
        || operator.base.is_negated() && operator.set != Some(SetOperator::ForAnyValue)
        || operator.set == Some(SetOperator::ForAllValues)
        || is_null(condition) && condition.values.iter().any(is_true)
}

/// Comparisons of statements of one document about one action.
struct Question<'f, 'c> {
    words: Words<'f, 'c>,
    kind: Kind,
    version: Version,
}

impl<'f, 'c> Question<'f, 'c> {
    fn new(subject: &Subject<'_>, facts: &'f Facts<'c>) -> Question<'f, 'c> {
        use leastwise_policy::aws::DocumentKind as D;
        let names_principals = matches!(subject.document.kind, D::Resource | D::Trust | D::ResourceControl);
        Question {
            words: Words { facts, actions: std::iter::once(ACTION).collect() },
            kind: if names_principals { Kind::Resource } else { Kind::Identity },
            version: subject.document.policy.version,
        }
    }

    /// Whether `own` is within what the others are together, each taken for one that allows the one action.
    fn is_within(&self, own: &Statement, others: &[&Statement]) -> bool {
        let allowed = |statement: &Statement| {
            let mut all = Statement::allow([ACTION], ["*"]);
            all.principal.clone_from(&statement.principal);
            if statement.resource.is_some() {
                all.resource.clone_from(&statement.resource);
            }
            all.condition = statement.condition.clone();
            all
        };
        let policy =
            |statements: Vec<Statement>| Policy { version: self.version, statements, ..Policy::default() };
        let old = policy(others.iter().map(|other| allowed(other)).collect());
        let new = policy(vec![allowed(own)]);
        excess(&self.words, self.kind, &[&old], &[&new]) == Answer::None
    }
}

/// One action, and what the catalogue says of keys; services are looked up when their keys are asked for.
struct Words<'f, 'c> {
    facts: &'f Facts<'c>,
    actions: Actions,
}

impl Vocabulary for Words<'_, '_> {
    fn actions(&self) -> &Actions {
        &self.actions
    }

    fn key(&self, name: &str) -> Option<KeyFacts> {
        let Lookup::Found(key) = known::key(self.facts, name) else { return None };
        let kind = match key.kind {
            known::Kind::Text | known::Kind::Arn => ValueKind::Text,
            known::Kind::Bool => ValueKind::Bool,
            known::Kind::Date => ValueKind::Date,
            known::Kind::Number => ValueKind::Number,
            known::Kind::Address => ValueKind::Address,
        };
        Some(KeyFacts { kind, several: key.several })
    }

    fn resources(&self, _: &str) -> Vec<String> {
        vec!["*".to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Document, Estate, run};
    use crate::source::Node;
    use leastwise_catalog::Catalog;
    use leastwise_policy::aws::DocumentKind;

    /// The codes of this family with the messages' ends.
    fn found(kind: DocumentKind, statements: &[&str]) -> Vec<String> {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{{{}}}]}}"#, statements.join("}, {"));
        let mut estate = Estate::default();
        estate.add(Document::new("p.json".into(), "p.json", kind, Node::json(&text).expect("JSON")));
        let facts = Facts::new(Catalog::embedded());
        let ours = ["REDUNDANT_STATEMENT", "SHADOWED_STATEMENT"];
        let found = run(&estate, &facts).into_iter().filter(|one| ours.contains(&one.code));
        found
            .map(|one| {
                format!(
                    "{} {} by {}",
                    one.code,
                    one.pointer,
                    one.message.split(": ").last().unwrap_or_default()
                )
            })
            .collect()
    }

    fn identity(statements: &[&str]) -> Vec<String> {
        found(DocumentKind::Identity, statements)
    }

    const IN: &str =
        r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition""#;

    #[test]
    fn several_statements_together_cover_one() {
        let both =
            format!(r#"{IN}: {{"StringEquals": {{"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}}}}"#);
        let one = format!(r#"{IN}: {{"StringEquals": {{"aws:RequestedRegion": "eu-west-1"}}}}"#);
        let two = format!(r#"{IN}: {{"StringLike": {{"aws:RequestedRegion": "eu-west-2*"}}}}"#);
        let wanted = ["REDUNDANT_STATEMENT /Statement/1 by `/Statement/0`, `/Statement/2`"];
        assert_eq!(identity(&[&one, &both, &two]), wanted);
        assert_eq!(identity(&[&one, &both]), ["REDUNDANT_STATEMENT /Statement/0 by `/Statement/1`"]);
        let other = two.replace("eu-west-2", "eu-west-3");
        assert_eq!(identity(&[&one, &both, &other]), ["REDUNDANT_STATEMENT /Statement/0 by `/Statement/1`"]);
    }

    #[test]
    fn a_condition_and_its_opposite_cover_what_has_none() {
        let all = r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#;
        let with = format!(r#"{IN}: {{"Bool": {{"aws:SecureTransport": "true"}}}}"#);
        let without = format!(r#"{IN}: {{"StringNotEquals": {{"aws:PrincipalTag/team": "x"}}}}"#);
        let within = format!(r#"{IN}: {{"StringEquals": {{"aws:PrincipalTag/team": "x"}}}}"#);
        // What has a condition is covered by what has none; what has none, by both together.
        assert_eq!(identity(&[all, &with]), ["REDUNDANT_STATEMENT /Statement/1 by `/Statement/0`"]);
        assert_eq!(identity(&[&without, &within]), [""; 0]);
        let three = identity(&[&without, &within, all]);
        assert_eq!(three, ["REDUNDANT_STATEMENT /Statement/2 by `/Statement/0`, `/Statement/1`"]);
    }

    #[test]
    fn resources_and_denials_add_up() {
        let allow =
            r#""Effect": "Allow", "Action": "s3:Get*", "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]"#;
        let deny = |bucket: &str, region: &str| {
            format!(
                r#""Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::{bucket}/*",
                   "Condition": {{"{region}": {{"aws:RequestedRegion": "eu-west-1"}}}}"#
            )
        };
        let denies = [deny("?", "StringEquals"), deny("a", "StringNotEquals"), deny("b", "StringNotEquals")];
        let all = [allow, &denies[0], &denies[1], &denies[2]];
        let wanted = ["SHADOWED_STATEMENT /Statement/0 by `/Statement/1`, `/Statement/2`, `/Statement/3`"];
        assert_eq!(identity(&all), wanted);
        assert_eq!(identity(&all[..3]), [""; 0]);
    }

    #[test]
    fn what_the_catalogue_alone_makes_the_same_is_not_called_so() {
        // Today these are all the actions that the pattern covers; tomorrow there may be more.
        let pattern = r#""Effect": "Allow", "Action": "sts:GetCallerI*", "Resource": "*""#;
        let named = r#""Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*""#;
        assert_eq!(identity(&[named, pattern]), ["REDUNDANT_STATEMENT /Statement/0 by `/Statement/1`"]);
    }

    #[test]
    fn each_action_may_be_covered_by_others() {
        let both = r#""Effect": "Allow", "Action": ["s3:GetObject", "sqs:SendMessage"], "Resource": "*""#;
        let first = r#""Effect": "Allow", "Action": "s3:Get*", "Resource": "*""#;
        let second = r#""Effect": "Allow", "Action": "sqs:*", "Resource": "*""#;
        let wanted = ["REDUNDANT_STATEMENT /Statement/1 by `/Statement/0`, `/Statement/2`"];
        assert_eq!(identity(&[first, both, second]), wanted);
    }

    #[test]
    fn an_account_is_no_stand_in_for_its_role() {
        let to = |principal: &str, condition: &str| {
            format!(
                r#""Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::111122223333:{principal}"}},
                   "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:q"{condition}"#
            )
        };
        let role = to("role/app", "");
        assert_eq!(found(DocumentKind::Resource, &[&to("root", ""), &role]), [""; 0]);
        let tls = r#", "Condition": {"Bool": {"aws:SecureTransport": ["true", "false"]}}"#;
        let wanted = ["REDUNDANT_STATEMENT /Statement/1 by `/Statement/0`"];
        assert_eq!(found(DocumentKind::Resource, &[&role, &to("role/app", tls)]), wanted);
    }
}
