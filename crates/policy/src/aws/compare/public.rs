//! Whom a policy of a resource names, as a policy: what it allows beyond that, it allows to everybody.
//!
//! After "The meaning of public",
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>: who is named, or
//! comes from where a condition fixes, is not everybody.

use crate::arn::Arn;
use crate::aws::{
    Comparison, Condition, Effect, Operator, Policy, PrincipalBlock, PrincipalKind, PrincipalSet,
    SetOperator, Statement,
};

/// The keys that say where a request comes from, in lower case: a policy that asks for certain values of one of them
/// is not public. After "The meaning of public",
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>.
/// The account and the organisation of the endpoint that a request comes by fix as much as the endpoint does:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpceaccount>.
/// A service principal is one of those who may be named; an instance, a function and the network of an instance are
/// somebody's, and AWS says which ("properties of a role session" on the same page).
pub const FIXING: [&str; 26] = [
    "aws:ec2instancesourcevpc",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "ec2:sourceinstancearn",
    "kms:calleraccount",
    "lambda:sourcefunctionarn",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "ssm:sourceinstancearn",
];

/// Those of which `true` alone does: only services ask, or only who is in the network of a file system's mount target.
/// <https://docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html#what-is-a-public-policy>
const FIXING_WHEN_TRUE: [&str; 2] = ["aws:principalisawsservice", "elasticfilesystem:accessedviamounttarget"];

/// A policy that allows everything to those whom `policy` names, and to everybody from where it names a place.
pub fn to_some(policy: &Policy) -> Policy {
    let mut named: Vec<(PrincipalKind, Vec<String>)> = Vec::new();
    let mut statements = Vec::new();
    for statement in policy.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        if let Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) = &statement.principal {
            for (kind, texts) in kinds {
                let some: Vec<String> =
                    texts.iter().filter(|text| !text.contains(['*', '?'])).cloned().collect();
                named.push((*kind, some));
            }
        }
        for condition in &statement.condition {
            statements.extend(fixed(condition).map(from_there));
        }
    }
    named.retain(|(_, texts)| !texts.is_empty());
    if !named.is_empty() {
        let mut to_named = Statement::allow(["*"], ["*"]);
        to_named.principal = Some(PrincipalBlock::Principal(PrincipalSet::ByKind(named)));
        statements.push(to_named);
    }
    Policy::new(statements)
}

fn from_there(condition: Condition) -> Statement {
    let mut statement = Statement::allow(["*"], ["*"]).with_condition(condition);
    statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
    statement
}

/// `condition` with those of its values that fix where a request comes from. It must not hold without its key.
fn fixed(condition: &Condition) -> Option<Condition> {
    let key = condition.key.to_ascii_lowercase();
    let base = condition.operator.base;
    let when_true = FIXING_WHEN_TRUE.contains(&key.as_str());
    if !when_true && !FIXING.contains(&key.as_str()) {
        return None;
    }
    let is_true =
        |value: &str| matches!(base, Comparison::Bool | Comparison::StringEquals) && value == "true";
    let values = condition.values.iter();
    let values = values.filter(|value| if when_true { is_true(value) } else { fixes(&key, base, value) });
    let values: Vec<String> = values.cloned().collect();
    (!values.is_empty()).then(|| Condition::new(demanding(condition.operator), &condition.key, values))
}

/// Whether only those meet the condition who are somebody in particular, or come from somewhere in particular.
pub fn is_fixing(condition: &Condition) -> bool {
    let is_whole = |fixed: Condition| fixed.values.len() == condition.values.len();
    demanding(condition.operator) == condition.operator && fixed(condition).is_some_and(is_whole)
}

/// The operator as one that does not hold where the key is missing: `ForAllValues` does, "if there are no context keys in
/// the request", <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.
/// Whatever meets the first with the key there meets this one.
pub fn demanding(operator: Operator) -> Operator {
    let set = operator.set.map(|_| SetOperator::ForAnyValue);
    Operator { if_exists: false, set, ..operator }
}

/// Whether only somebody, or somewhere, in particular meets `value`.
fn fixes(key: &str, base: Comparison, value: &str) -> bool {
    use Comparison as C;
    if is_of_the_caller(value) {
        return false;
    }
    match base {
        C::StringEquals | C::StringEqualsIgnoreCase => true,
        C::StringLike if key.ends_with("orgpaths") => {
            value.split_once('/').is_some_and(|(organization, _)| !is_wild(organization))
        }
        C::StringLike if key.ends_with("arn") => {
            !is_wild(value) || is_of_an_account(value) || is_a_bucket(value)
        }
        // `AROA…:*`: the id of a role, which no other principal ever has, with whatever session.
        C::StringLike if key == "aws:userid" => {
            value.split_once(':').map_or(!is_wild(value), |(id, _)| !id.is_empty() && !is_wild(id))
        }
        C::StringLike => !is_wild(value),
        C::ArnEquals | C::ArnLike => {
            !is_wild(value) || is_a_bucket(value) || Arn::parse(value).is_some_and(|arn| is_somebodys(&arn))
        }
        C::IpAddress => is_narrow(value),
        _ => false,
    }
}

/// Whether a policy variable stands in it that is about who asks, who then meets it: all but those of the resource.
fn is_of_the_caller(value: &str) -> bool {
    value.match_indices("${").any(|(at, _)| {
        let name = value[at + 2..].to_ascii_lowercase();
        let is_literal = matches!(name.as_bytes(), [b'*' | b'?' | b'$', b'}', ..]);
        !is_literal && !name.starts_with("aws:resourceaccount") && !name.starts_with("aws:resourceorg")
    })
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether a pattern fixes the account though `*` crosses the parts of an ARN in it: what stands before a region may have
/// colons of its own (paths of roles), what stands in its place has none.
fn is_of_an_account(pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let [arn, partition, service, _, account, _] = parts[..] else { return false };
    ![arn, partition, service, account].into_iter().any(is_wild) && !account.is_empty()
}

/// Whether a pattern fits one bucket alone, whose ARN has neither region nor account: `arn:aws:s3:*:*:reports`.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-resources-for-iam-policies>
fn is_a_bucket(pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let ["arn", partition, "s3", region, account, bucket] = parts[..] else { return false };
    let is_left_open = |part: &str| matches!(part, "" | "*");
    !is_wild(partition)
        && is_left_open(region)
        && is_left_open(account)
        && !bucket.is_empty()
        && !bucket.contains(['*', '?', '/', ':', '$'])
}

/// Whether an ARN names whose it is: by the account, or, where ARNs have none, by a name that nobody else can have.
fn is_somebodys(arn: &Arn) -> bool {
    let name = arn.resource().split('/').next().unwrap_or_default();
    if arn.account().is_empty() { !is_wild(name) } else { !is_wild(arn.account()) }
}

/// "We recommend [...] RFC1918 or a narrower range": the wider ones are half of the internet.
fn is_narrow(network: &str) -> bool {
    let bits = network.split_once('/').and_then(|(_, bits)| bits.parse::<u32>().ok());
    let least = if network.contains(':') { 32 } else { 8 };
    bits.is_none_or(|bits| bits >= least)
}
