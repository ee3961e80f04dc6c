//! Of much that is new, the worst is told: the comparison finds the first in the alphabet.

use leastwise_policy::aws::compare::{Answer, Kind, Witness};
use leastwise_policy::aws::{ActionBlock, ActionPattern, Effect, Policy};

use super::everything;

/// What everybody knows to be bad, the worst first; each row is one question.
const WORST: [&[&str]; 3] = [
    &[
        "iam:AttachRolePolicy",
        "iam:PutRolePolicy",
        "iam:PutUserPolicy",
        "iam:CreateAccessKey",
        "iam:PassRole",
    ],
    &["s3:PutBucketPolicy", "kms:PutKeyPolicy", "secretsmanager:GetSecretValue", "sts:AssumeRole"],
    &["s3:DeleteBucket", "rds:DeleteDBInstance", "dynamodb:DeleteTable", "ec2:TerminateInstances"],
];

/// A request for something worse that is new as well, if there is one; else the request that was found.
pub(super) fn worst(
    kind: Kind,
    old: &[&Policy],
    new: &[&Policy],
    found: Box<Witness>,
    ask: &dyn Fn(&[&Policy], &[&Policy]) -> Answer,
) -> Box<Witness> {
    if WORST.iter().any(|row| row.contains(&&*found.action)) || kind == Kind::Trust {
        return found;
    }
    let allows = |action: &str| {
        let statements = new.iter().flat_map(|policy| &policy.statements);
        let mut statements = statements.filter(|statement| statement.effect == Effect::Allow);
        statements.any(|statement| statement.action.applies_to(action))
    };
    for row in WORST {
        let row: Vec<&str> = row.iter().copied().filter(|action| allows(action)).collect();
        if row.is_empty() {
            continue;
        }
        // As if all else had been allowed before.
        let mut others = everything(kind);
        for statement in &mut others.statements {
            statement.action =
                ActionBlock::NotAction(row.iter().map(|action| ActionPattern::new(*action)).collect());
        }
        let before: Vec<&Policy> = old.iter().copied().chain([&others]).collect();
        if let Answer::Some(witness) = ask(&before, new)
            && row.contains(&&*witness.action)
        {
            return witness;
        }
    }
    found
}
