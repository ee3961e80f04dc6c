//! `PUBLIC_ACCESS`, `TRUST_ANYONE`: what everybody may do, with a request that shows it.
//!
//! The policy is compared with one that allows all to those whom it names: what it allows beyond that, it allows to
//! everybody. A condition that fixes where a request comes from takes the finding away, one that anybody can meet does
//! not.

use leastwise_policy::aws::compare::{Answer, Kind, excess, to_some};
use leastwise_policy::aws::{
    Condition, DocumentKind, Effect, Operator, Policy, PrincipalBlock, PrincipalKind, PrincipalSet,
    SetOperator, Statement,
};

use crate::check::own::own;
use crate::check::{Check, Class, Example, Facts, Report, Severity, Subject};

use super::worst::worst;
use super::{among_denies, is_held, owner, told};

const REFERENCES: &[&str] = &[
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous",
];

pub(super) static PUBLIC_ACCESS: Check = own(
    Class::Trust,
    Severity::High,
    "PUBLIC_ACCESS",
    "Open to everybody",
    "The policy lets everybody, of any account or without credentials, do something with the resource. It is found by \
     looking for a request that the policy allows to somebody whom it does not name and who comes from nowhere in \
     particular; that request is in the evidence. A condition on the account, the organisation, the network or the \
     source counts; one that anybody can meet (`aws:SecureTransport`, a user agent) does not. What an S3 public access \
     block holds back is not looked at: it can be taken away by one call.",
    REFERENCES,
)
.mitre(&["T1530"])
.bad(Example::resource(
    "AWS::S3::Bucket",
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
}"#,
))
.good(Example::resource(
    "AWS::S3::Bucket",
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::reports/*",
    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}
  }
}"#,
))
.found(public);

pub(super) static TRUST_ANYONE: Check = own(
    Class::Trust,
    Severity::Critical,
    "TRUST_ANYONE",
    "Role that everybody can assume",
    "The trust policy lets principals of any account assume the role: whoever knows its ARN, which is no secret, has \
     what the role has. Name the account or the role that should, and let third parties send an external id. A condition \
     on `sts:ExternalId` alone does not count, since it is a name and no password.",
    REFERENCES,
)
.mitre(&["T1199", "T1078.004"])
.bad(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
}"#,
))
.good(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:role/deployer"},
    "Action": "sts:AssumeRole"
  }
}"#,
))
.found(trust);

/// The policy of an endpoint only limits what passes through it; it opens no resource to anybody, and AWS's own default is
/// everybody: <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>.
const LIMITS_ONLY: &str = "AWS::EC2::VPCEndpoint";

fn public(subject: &Subject<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let opens = subject.document.resource_type.as_deref() != Some(LIMITS_ONLY);
    if subject.document.kind == DocumentKind::Resource && opens {
        look(subject, facts, report, Kind::Resource, "lets everybody");
    }
}

fn trust(subject: &Subject<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    if subject.document.kind == DocumentKind::Trust {
        look(subject, facts, report, Kind::Trust, "lets everybody, of any account,");
    }
}

fn look(subject: &Subject<'_>, facts: &Facts<'_>, report: &mut Report<'_>, kind: Kind, who: &str) {
    for (view, statement) in subject.understood() {
        if statement.effect != Effect::Allow || !may_be_anybody(statement) {
            continue;
        }
        let node = view.principal.or(view.not_principal).map_or(view.node, |entry| &entry.value);
        match beyond_the_named(subject, facts, kind, statement) {
            Answer::None => {}
            Answer::Some(witness) => {
                let shown = match kind {
                    Kind::Resource => worst(subject, facts, statement, *witness),
                    _ => Some((*witness, 0)),
                };
                let Some((witness, more)) = shown else { continue };
                let message = match more {
                    0 => format!("{who} do `{}`", witness.action),
                    more => format!("{who} do: `{}` and {more} more", witness.action),
                };
                let added = report.at(node, message);
                let added = added.evidence(told(&witness));
                added.fix("name the accounts or principals that need it, or ask for `aws:PrincipalOrgID`");
            }
            Answer::Unknown(reason) => {
                // It names everybody, and nothing that was understood limits that; what was not counts against it.
                let message = format!("perhaps {who} in; that was not decided: {}", reason.as_str());
                let added = report.at(node, message);
                added.fix("name the accounts or principals that need it, or ask for `aws:PrincipalOrgID`");
            }
        }
    }
}

/// What the statement allows to somebody whom it does not name. Each statement for itself, so that each is told; what the
/// document denies counts for all of them.
pub(super) fn beyond_the_named(
    subject: &Subject<'_>,
    facts: &Facts<'_>,
    kind: Kind,
    statement: &Statement,
) -> Answer {
    let alone = owner::told(among_denies(subject, statement.clone()));
    if alone.statements[0].condition.iter().any(is_held) {
        return Answer::None;
    }
    excess(facts.terms(), kind, &[&to_some(&alone), &to_some(&spared(&alone))], &[&alone])
}

/// Whom a `Deny` spares, as if a statement let them in: who is somebody in particular is no more everybody for being named
/// by `"Deny"` with `StringNotEquals` than by `"Allow"` with `StringEquals`.
fn spared(policy: &Policy) -> Policy {
    let denies = || policy.statements.iter().filter(|statement| statement.effect == Effect::Deny);
    let conditions = denies().flat_map(|statement| statement.condition.iter());
    let of_conditions = conditions.filter_map(turned).map(|condition| {
        let mut statement = Statement::allow(["*"], ["*"]).with_condition(condition);
        statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
        statement
    });
    let named = denies().filter_map(|statement| match &statement.principal {
        Some(PrincipalBlock::NotPrincipal(named @ PrincipalSet::ByKind(_))) => Some(named),
        _ => None,
    });
    let of_named = named.map(|named| {
        let mut statement = Statement::allow(["*"], ["*"]);
        statement.principal = Some(PrincipalBlock::Principal(named.clone()));
        statement
    });
    Policy::new(of_conditions.chain(of_named).collect())
}

/// The condition that holds where this negated one does not.
pub(super) fn turned(condition: &Condition) -> Option<Condition> {
    let base = condition.operator.base.turned()?;
    // Where not all values are others, one of them is there.
    let set = match condition.operator.set {
        None => None,
        Some(SetOperator::ForAllValues) => Some(SetOperator::ForAnyValue),
        Some(SetOperator::ForAnyValue) => return None,
    };
    let operator = Operator { base, if_exists: false, set };
    Some(Condition::new(operator, &condition.key, condition.values.clone()))
}

/// Whether somebody whom it does not name may be meant.
pub(super) fn may_be_anybody(statement: &Statement) -> bool {
    match &statement.principal {
        Some(PrincipalBlock::Principal(PrincipalSet::Everyone) | PrincipalBlock::NotPrincipal(_)) => true,
        Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) => {
            let mut of_aws = kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Aws);
            of_aws.any(|(_, texts)| texts.iter().any(|text| text.contains('*')))
        }
        None => false,
    }
}
