//! `SAML_WITHOUT_AUDIENCE`: a SAML assertion that was made for somebody else is taken too.

use leastwise_policy::aws::DocumentKind;

use crate::check::own::own;
use crate::check::{Check, Class, Example, Facts, Report, Severity, Subject};

pub(super) static CHECK: Check = own(
    Class::Trust,
    Severity::Medium,
    "SAML_WITHOUT_AUDIENCE",
    "SAML trust that asks for no audience",
    "A role that a SAML provider vouches for should ask that the assertion was made for signing in to AWS \
     (`SAML:aud`), or for one issuer and subject: else an assertion for another application of the same provider may do.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_saml.html"],
)
.mitre(&["T1606.002"])
.bad(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/people"},
    "Action": "sts:AssumeRoleWithSAML"
  }
}"#,
))
.good(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/people"},
    "Action": "sts:AssumeRoleWithSAML",
    "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
  }
}"#,
))
.found(rule);

fn rule(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    for statement in subject.statements.iter().filter(|one| one.allows()) {
        let asks = statement.conditions.iter().any(|condition| {
            let key = condition.key.key.to_ascii_lowercase();
            matches!(key.as_str(), "saml:aud" | "saml:iss" | "saml:namequalifier" | "saml:sub")
        });
        for (kind, node, text) in statement.principal_texts() {
            if kind == "Federated" && text.contains(":saml-provider/") && !asks {
                report
                    .at(node, "the assertion may have been made for any application of the provider")
                    .fix("ask for `SAML:aud` = `https://signin.aws.amazon.com/saml`");
            }
        }
    }
}
