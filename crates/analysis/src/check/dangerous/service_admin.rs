//! `SERVICE_ADMIN`: every action of a service on every resource.

use leastwise_catalog::Action;

use super::admin_access;
use super::uses::report;
use crate::check::holder::whole_service;
use crate::check::holder::{Power, Said, Use};
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::High,
    "SERVICE_ADMIN",
    "Every action of a service on everything",
    "`service:*` on `*` gives all that the service has now and all that it will ever get: its deletions, its resource \
     policies, its credentials. AWS adds actions every week, so the grant grows by itself. Nobody uses all of a service; \
     what was used is in the audit log.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html"],
)
.mitre(&["T1078.004"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": ["dynamodb:GetItem", "dynamodb:Query"],
    "Resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
  }
}"#,
))
.held(rule);

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    for allowed in &holder.allows {
        if allowed.services.is_empty() || admin_access::is_told(holder, allowed) {
            continue;
        }
        let is_whole = |action: &Action<'_>| allowed.services.iter().any(|of| **of == *action.service.prefix);
        let all = [Use::Write, Use::Destructive, Use::Permissions].map(|wanted| {
            let mut powers = holder.powers(allowed, wanted, is_whole);
            powers.sort_by(|one, other| one.action.service.prefix.cmp(&other.action.service.prefix));
            powers
        });
        for pattern in allowed.statement.action.patterns() {
            let Some(service) = whole_service(pattern.as_str()) else { continue };
            let [writes, destructive, permissions] =
                [of_service(&all[0], &service), of_service(&all[1], &service), of_service(&all[2], &service)];
            let Some(powers) =
                [permissions, destructive, writes].into_iter().find(|powers| !powers.is_empty())
            else {
                continue;
            };
            let mut parts = vec![format!("{} that change something", writes.len())];
            for (powers, what) in
                [(destructive, "that cannot be undone"), (permissions, "that change who may do what")]
            {
                if !powers.is_empty() {
                    parts.push(format!("{} {what}", powers.len()));
                }
            }
            let mut said = Said::new(format!("allows every action of `{service}` on every resource"))
                .evidence(format!("among them {}", parts.join(", ")))
                .fix("name the actions and the resources that are used");
            if destructive.is_empty() && permissions.is_empty() {
                said.severity = Some(Severity::Medium);
            }
            report(hits, allowed, &[pattern.as_str().to_owned()], powers, said);
        }
    }
}

/// Those of one service, of powers by service.
fn of_service<'p, 'a>(powers: &'p [Power<'a>], service: &str) -> &'p [Power<'a>] {
    let from = powers.partition_point(|power| *power.action.service.prefix < *service);
    let many = powers[from..].partition_point(|power| *power.action.service.prefix == *service);
    &powers[from..from + many]
}
