//! `SERVICE_ROLE_WITHOUT_SOURCE`, `SERVICE_SOURCE_NOT_DEMANDED`: AWS services that act on behalf of whoever configured
//! them.
//!
//! "AWS service principals include information about the AWS resource, AWS account, and AWS organization they're acting
//! on behalf of", <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>. Not all do when they assume a
//! role: which are known to is `data/trust/services.txt`.

use leastwise_policy::aws::compare::{Answer, Kind, demanding, excess};
use leastwise_policy::aws::{
    Condition, DocumentKind, Effect, Operator, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, Statement,
};

use super::ours::account_of;
use super::public::may_be_anybody;
use super::{among_denies, is_held};
use crate::check::own::own;
use crate::check::{Check, Class, Example, Facts, Report, Severity, StatementView, Subject};
use crate::source::{Node, has_hole};

const REFERENCES: &[&str] = &[
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceaccount",
];

pub(super) static ROLE: Check = own(
    Class::Trust,
    Severity::Low,
    "SERVICE_ROLE_WITHOUT_SOURCE",
    "A service role on anybody's behalf",
    "The trust policy lets an AWS service assume the role, whoever it acts for. The service says for whom, and its own \
     page shows how to ask: by `aws:SourceAccount` and `aws:SourceArn`. Without them the role relies on the service \
     alone to see to it that nobody of another account has it used. Told only of services whose page shows these keys \
     in a trust policy; of EC2, Lambda and others whose page names none, and of those not known, nothing is said.",
    REFERENCES,
)
.mitre(&["T1199"])
.bad(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Principal": {"Service": "bedrock.amazonaws.com"}, "Action": "sts:AssumeRole"}
}"#,
))
.good(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Service": "bedrock.amazonaws.com"},
    "Action": "sts:AssumeRole",
    "Condition": {
      "StringEquals": {"aws:SourceAccount": "111122223333"},
      "ArnLike": {"aws:SourceArn": "arn:aws:bedrock:eu-west-1:111122223333:agent/*"}
    }
  }
}"#,
))
.found(role);

pub(super) static RESOURCE: Check = own(
    Class::Trust,
    Severity::Medium,
    "SERVICE_SOURCE_NOT_DEMANDED",
    "A condition on a service that holds for anybody",
    "The policy of a resource lets an AWS service in under a condition on its source that whoever configures the \
     service can meet: `*`, an account left open, a negated operator, or one that holds when the key is not there \
     (`…IfExists`, `Null`, `ForAllValues`). So anybody can have the service use the resource. It is also told, with low \
     severity, when the source is named by an ARN that has no account, as those of S3 buckets: somebody else can have \
     a bucket of that name after you, so AWS asks for `aws:SourceAccount` beside it. What names a service and asks for \
     no source at all is `RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL`; what lets in everybody who is a service \
     (`aws:PrincipalIsAWSService`) is told here.",
    REFERENCES,
)
.mitre(&["T1199"])
.bad(Example::resource(
    "AWS::SNS::Topic",
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": "sns:Publish",
    "Resource": "arn:aws:sns:eu-west-1:111122223333:uploads",
    "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}
  }
}"#,
))
.good(Example::resource(
    "AWS::SNS::Topic",
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": "sns:Publish",
    "Resource": "arn:aws:sns:eu-west-1:111122223333:uploads",
    "Condition": {
      "StringEquals": {"aws:SourceAccount": "111122223333"},
      "ArnLike": {"aws:SourceArn": "arn:aws:s3:::uploads"}
    }
  }
}"#,
))
.found(resource);

const TABLE: &str = include_str!("../../../data/trust/services.txt");

/// The keys that say on whose behalf a service acts; the last is the older one of SNS.
const SOURCES: [&str; 5] =
    ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"];

/// The keys by which a trust policy can say on whose behalf the service assumes the role, and the page that shows them.
fn keys(service: &str) -> Option<(&'static str, &'static str)> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let mut rows = rows.filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?, words.next()?, words.next()?))
    });
    let (_, keys, page) = rows.find(|(name, _, _)| *name == service)?;
    (keys != "-").then_some((keys, page))
}

fn role(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    if subject.document.kind != DocumentKind::Trust {
        return;
    }
    for (view, statement) in subject.understood() {
        // What only tags a session or sets its source identity lets in nobody by itself.
        let assumes = statement.effect == Effect::Allow && statement.action.applies_to("sts:AssumeRole");
        if !assumes || asks_for_source(statement) {
            continue;
        }
        for (node, service) in services(view) {
            let name = service.strip_suffix(".cn").unwrap_or(service);
            let Some((keys, page)) = keys(name) else { continue };
            let keys = keys.split(',').map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
            report
                .at(node, format!("{service} may assume the role on anybody's behalf"))
                .evidence(format!("https://docs.aws.amazon.com/{page} asks for {keys}"))
                .fix(format!("add a condition on {keys}"));
        }
    }
}

fn resource(subject: &Subject<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    if subject.document.kind != DocumentKind::Resource {
        return;
    }
    for (view, statement) in subject.understood() {
        if let Some(services) = services_asked_for(statement) {
            let node = view.principal.map_or(view.node, |entry| &entry.value);
            if !asks_for_source(statement)
                && !is_bound(statement)
                && !is_denied_otherwise(subject, facts, statement)
            {
                let message =
                    format!("{services} may use the resource on anybody's behalf: no source is asked for");
                report
                    .at(node, message)
                    .fix("ask for certain values of `aws:SourceArn` or `aws:SourceAccount`");
            }
            continue;
        }
        let services = services(view);
        let Some((node, _)) = services.first().filter(|_| statement.effect == Effect::Allow) else {
            continue;
        };
        let of_source: Vec<&Condition> = statement.condition.iter().filter(|one| is_source(one)).collect();
        if of_source.is_empty() || is_bound(statement) {
            continue;
        }
        let names = services.iter().map(|(_, service)| *service).collect::<Vec<_>>().join(", ");
        if !asks_for_source(statement) {
            if !is_denied_otherwise(subject, facts, statement) {
                let what: Vec<String> =
                    of_source.iter().map(|one| format!("`{}` under {}", one.key, one.operator)).collect();
                let message = format!(
                    "{names} may use the resource on anybody's behalf: {} holds for anybody",
                    what.join(", ")
                );
                report
                    .at(node, message)
                    .fix("ask for certain values of `aws:SourceArn` or `aws:SourceAccount`");
            }
        } else if let Some(arn) = without_account(&of_source)
            && !is_denied_otherwise(subject, facts, statement)
        {
            report
                .at(node, format!("{names} may act for whoever has `{arn}`, which does not say whose it is"))
                .severity(Severity::Low)
                .fix("ask for `aws:SourceAccount` as well");
        }
    }
}

/// The services that a statement lets in, with their places.
fn services<'a>(view: &StatementView<'a>) -> Vec<(&'a Node, &'a str)> {
    let texts = view.principal.map(|_| view.principal_texts()).unwrap_or_default();
    texts.into_iter().filter(|(kind, _, _)| *kind == "Service").map(|(_, node, text)| (node, text)).collect()
}

/// The services that a statement for everybody lets in by asking who asks.
fn services_asked_for(statement: &Statement) -> Option<String> {
    if statement.effect != Effect::Allow || !may_be_anybody(statement) {
        return None;
    }
    statement.condition.iter().filter(|one| is_held(one)).find_map(|one| {
        match &*one.key.to_ascii_lowercase() {
            "aws:principalisawsservice" => Some("every AWS service".to_owned()),
            "aws:principalservicename" | "aws:principalservicenameslist" => Some(one.values.join(", ")),
            _ => None,
        }
    })
}

fn is_source(condition: &Condition) -> bool {
    SOURCES.contains(&condition.key.to_ascii_lowercase().as_str())
}

/// Whether a condition of the statement lets in only certain sources; one that cannot be read may.
fn asks_for_source(statement: &Statement) -> bool {
    statement.condition.iter().any(|one| has_hole(&one.key) || is_source(one) && is_held(one))
}

/// Whether something else says on whose behalf: KMS by the encryption context.
fn is_bound(statement: &Statement) -> bool {
    statement.condition.iter().any(|one| {
        let key = one.key.to_ascii_lowercase();
        let of_kms = key.starts_with("kms:encryptioncontext") || key == "kms:calleraccount";
        of_kms && demanding(one.operator) == one.operator && !one.operator.base.is_negated()
    })
}

/// An ARN without an account that is all that tells whose the source is.
fn without_account<'a>(of_source: &[&'a Condition]) -> Option<&'a str> {
    let is_open =
        |value: &&String| account_of(value).is_none() && value.starts_with("arn:") && !has_hole(value);
    let others = of_source.iter().any(|one| {
        is_held(one)
            && (!one.key.eq_ignore_ascii_case("aws:SourceArn")
                || !one.values.iter().any(|value| is_open(&value)))
    });
    let mut values = of_source.iter().filter(|_| !others).flat_map(|one| &one.values);
    values.find(is_open).map(String::as_str)
}

/// Whether the document denies the services what is not from certain sources: it then allows nothing that is not.
fn is_denied_otherwise(subject: &Subject<'_>, facts: &Facts<'_>, statement: &Statement) -> bool {
    let denies = subject.document.policy.statements.iter().filter(|one| one.effect == Effect::Deny);
    let limits = denies.flat_map(|one| &one.condition).filter(|one| is_source(one)).filter_map(positive);
    let from_there = limits.filter(is_held).map(|limit| {
        let mut all = Statement::allow(["*"], ["*"]).with_condition(limit);
        all.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
        all
    });
    let from_there: Vec<Statement> = from_there.collect();
    if from_there.is_empty() {
        return false;
    }
    let mut only = statement.clone();
    if let Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) = &statement.principal
        && !may_be_anybody(statement)
    {
        let services = kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Service).cloned().collect();
        only.principal = Some(PrincipalBlock::Principal(PrincipalSet::ByKind(services)));
    }
    let alone = among_denies(subject, only);
    excess(facts.terms(), Kind::Resource, &[&Policy::new(from_there)], &[&alone]) == Answer::None
}

/// What a condition of a `Deny` leaves.
fn positive(condition: &Condition) -> Option<Condition> {
    let base = condition.operator.base.turned()?;
    let operator = Operator { base, ..demanding(condition.operator) };
    Some(Condition::new(operator, &condition.key, condition.values.iter().cloned()))
}
