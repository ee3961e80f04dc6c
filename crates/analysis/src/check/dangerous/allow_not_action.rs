//! `ALLOW_NOT_ACTION`: everything but what somebody thought of.

use leastwise_policy::aws::{ActionBlock, ResourceBlock};

use crate::check::holder::Said;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::High,
    "ALLOW_NOT_ACTION",
    "Allows all but some actions",
    "`NotAction` with `Allow` gives every action of every service but the ones that it names, and with every service \
     that AWS adds it gives more. It is meant for `Deny`. Write the actions that are needed.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html"],
)
.mitre(&["T1078.004"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:orders"}
}"#,
))
.held(rule);

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    for allowed in &holder.allows {
        let statement = allowed.statement;
        let ActionBlock::NotAction(patterns) = &statement.action else { continue };
        let everywhere = match &statement.resource {
            Some(ResourceBlock::Resource(patterns)) => patterns.iter().any(|one| one.as_str() == "*"),
            Some(ResourceBlock::NotResource(patterns)) => !patterns.iter().any(|one| one.as_str() == "*"),
            None => true,
        };
        if !everywhere || !holder.is_open_ended() || !holder.does_something(allowed) {
            continue;
        }
        let names: Vec<String> = patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect();
        let said = Said::new(format!("allows every action but {}", super::uses::listed(&names)))
            .fix("write the actions that are needed");
        hits.at_statement(allowed, names.first().map(String::as_str), said);
    }
}
