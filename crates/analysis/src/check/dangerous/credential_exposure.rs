//! `CREDENTIAL_EXPOSURE`: credentials of others, anywhere.

use super::uses::everywhere;
use crate::check::holder::Use;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::High,
    "CREDENTIAL_EXPOSURE",
    "Hands out credentials",
    "These actions return, or make, something with which one acts as somebody else: keys, passwords, secrets, sessions, tokens. On every resource they are the shortest way from one foothold to all the others. Name the secret, the role or the user that is needed.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"],
)
.mitre(&["T1552", "T1098.001"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/db-*"}
}"#,
))
.held(rule);

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    everywhere(
        holder,
        hits,
        &[Use::Credentials],
        |_| true,
        "hands out or makes credentials of others",
        "name the secrets, roles or users that are needed",
    );
}
