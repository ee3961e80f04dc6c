//! Whom a policy of a resource names, as a policy: what it allows beyond that, it allows to everybody.
//!
//! After "The meaning of public",
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>: who is named, or
//! comes from where a condition fixes, is not everybody.

use crate::arn::Arn;
use crate::aws::{
    Comparison, Condition, Effect, Operator, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, Statement,
};

/// The keys that say where a request comes from, in lower case: a policy that asks for certain values of one of them
/// is not public. After "The meaning of public",
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>.
pub const FIXING: [&str; 16] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

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

/// `condition` with those of its values that fix where a request comes from.
fn fixed(condition: &Condition) -> Option<Condition> {
    use Comparison as C;
    let base = condition.operator.base;
    let is_fixing = FIXING.contains(&condition.key.to_ascii_lowercase().as_str());
    let keeps: fn(&str) -> bool = match base {
        C::StringEquals | C::StringEqualsIgnoreCase => |_| true,
        C::StringLike => |value| !value.contains(['*', '?']) || value.starts_with("o-"),
        C::ArnEquals | C::ArnLike => |value| Arn::parse(value).is_some_and(|arn| is_somebodys(&arn)),
        C::IpAddress => is_narrow,
        _ => return None,
    };
    let values: Vec<String> = condition.values.iter().filter(|value| keeps(value)).cloned().collect();
    let operator = Operator { if_exists: false, ..condition.operator };
    (is_fixing && !values.is_empty()).then(|| Condition::new(operator, &condition.key, values))
}

/// Whether an ARN names whose it is: by the account, or, where ARNs have none, by a name that nobody else can have.
fn is_somebodys(arn: &Arn) -> bool {
    let wild = |text: &str| text.contains(['*', '?']);
    let name = arn.resource().split('/').next().unwrap_or_default();
    if arn.account().is_empty() { !wild(name) } else { !wild(arn.account()) }
}

/// "We recommend [...] RFC1918 or a narrower range": the wider ones are half of the internet.
fn is_narrow(network: &str) -> bool {
    let bits = network.split_once('/').and_then(|(_, bits)| bits.parse::<u32>().ok());
    let least = if network.contains(':') { 32 } else { 8 };
    bits.is_none_or(|bits| bits >= least)
}
