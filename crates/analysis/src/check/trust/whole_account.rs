//! `TRUST_WHOLE_ACCOUNT`: a role that everybody in its account can assume whom the account's policies let.

use leastwise_policy::aws::{DocumentKind, Effect, PrincipalBlock, PrincipalKind, PrincipalSet};

use crate::check::holder::limits_caller;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Facts, Report, Severity, Subject};

pub(super) static CHECK: Check = own(
    Class::Trust,
    Severity::Info,
    "TRUST_WHOLE_ACCOUNT",
    "Role that the whole account can assume",
    "The trust policy names its own account as a whole and asks for nothing. Who may assume the role is then decided by \
     identity policies alone: whoever has `sts:AssumeRole` on everything, today or after the next change, has what the \
     role has. That is how roles for people are often made; a role of an agent or a workload should name who holds it.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts"],
)
.mitre(&["T1078.004"])
.bad(Example::file(
    "account.json",
    r#"{
  "RoleDetailList": [
    {
      "RoleName": "operations",
      "Arn": "arn:aws:iam::111122223333:role/operations",
      "AssumeRolePolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}
        ]
      }
    }
  ]
}"#,
))
.good(Example::file(
    "account.json",
    r#"{
  "RoleDetailList": [
    {
      "RoleName": "operations",
      "Arn": "arn:aws:iam::111122223333:role/operations",
      "AssumeRolePolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/on-call"}, "Action": "sts:AssumeRole"}
        ]
      }
    }
  ]
}"#,
))
.found(rule);

fn rule(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    // The name of a role's trust policy begins with the role's ARN.
    let Some(own) = subject.document.name.split(':').nth(4) else { return };
    if subject.document.kind != DocumentKind::Trust || own.is_empty() {
        return;
    }
    for (view, statement) in subject.understood() {
        if statement.effect != Effect::Allow || statement.condition.iter().any(limits_caller) {
            continue;
        }
        let Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) = &statement.principal else {
            continue;
        };
        let mut of_aws =
            kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Aws).flat_map(|(_, texts)| texts);
        let whole = of_aws.find(|text| *text == own || text.ends_with(&format!("::{own}:root")));
        if let Some(text) = whole {
            let of = view.principal_texts();
            let node = of.iter().find(|(_, _, here)| *here == text).map_or(view.node, |(_, node, _)| *node);
            report
                .at(node, "everybody in its account whom identity policies let may assume the role")
                .fix("name the roles or users that hold it, or ask for a tag, MFA or a session name");
        }
    }
}
