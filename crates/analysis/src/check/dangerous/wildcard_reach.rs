//! `WILDCARD_REACHES_DESTRUCTIVE`, `WILDCARD_REACHES_PERMISSIONS`: a pattern of actions that covers more than meant.

use leastwise_catalog::Action;

use super::admin_access;
use super::uses::{NAMED, report, told};
use crate::check::holder::whole_service;
use crate::check::holder::{Power, Said, Use};
use crate::check::own::own;
use crate::check::{Check, Class, Example, Found, Hits, Holder, Severity};

const REFERENCES: &[&str] =
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html"];

pub(super) static DESTRUCTIVE: Check = own(
    Class::Dangerous,
    Severity::Medium,
    "WILDCARD_REACHES_DESTRUCTIVE",
    "Wildcard that reaches what cannot be undone",
    "A pattern such as `s3:*` or `rds:*DBInstance` covers actions that remove what cannot be brought back, although \
     nobody wrote their names. What is not written is not reviewed. The finding names them; grant the ones that are \
     meant, by name.",
    REFERENCES,
)
.mitre(&["T1485"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "rds:*DBInstance", "Resource": "arn:aws:rds:eu-west-1:111122223333:db:orders"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": ["rds:StartDBInstance", "rds:StopDBInstance"],
    "Resource": "arn:aws:rds:eu-west-1:111122223333:db:orders"
  }
}"#,
))
.held(destructive);

pub(super) static PERMISSIONS: Check = own(
    Class::Dangerous,
    Severity::High,
    "WILDCARD_REACHES_PERMISSIONS",
    "Wildcard that reaches who may do what",
    "A pattern such as `s3:Put*` covers actions that change who may do what (`s3:PutBucketPolicy`, `s3:PutBucketAcl`), \
     although nobody wrote their names. Who can change permissions can give itself, or anybody, the rest.",
    REFERENCES,
)
.mitre(&["T1098.003"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:Put*", "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*"}
}"#,
))
.held(permissions);

fn destructive(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    reached(holder, hits, Use::Destructive, "that cannot be undone");
}

fn permissions(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    reached(holder, hits, Use::Permissions, "that change who may do what");
}

fn reached(holder: &Holder<'_>, hits: &mut Hits<'_>, wanted: Use, what: &str) {
    for allowed in &holder.allows {
        if !allowed.uses.contains(wanted) {
            continue;
        }
        let patterns = allowed.statement.action.patterns().iter().zip(&allowed.found);
        // What is found as many was written with a wildcard.
        let mut patterns = patterns.filter(|(_, found)| matches!(found, Found::Many(_))).peekable();
        if patterns.peek().is_none() || admin_access::is_admin(allowed) {
            continue;
        }
        let powers = holder.powers_anywhere(allowed, wanted);
        let address = |action: &Action<'_>| std::ptr::from_ref(action.facts).addr();
        let mut places: Vec<(usize, usize)> =
            powers.iter().map(|power| address(&power.action)).zip(0..).collect();
        places.sort_unstable();
        for (pattern, found) in patterns {
            let text = pattern.as_str();
            let found = found.as_slice().iter().filter_map(|action| {
                let at = places.binary_search_by_key(&address(action), |(own, _)| *own).ok()?;
                Some(places[at].1)
            });
            let mut covered: Vec<usize> = found.collect();
            if covered.is_empty() {
                continue;
            }
            covered.sort_unstable();
            // Everything, or everything of a service, on everything has checks of its own.
            let everywhere = holder.is_everywhere(allowed, &powers[covered[0]]);
            if (whole_service(text).is_some() || text.bytes().all(|byte| byte == b'*')) && everywhere {
                continue;
            }
            let covered: Vec<Power<'_>> = covered.into_iter().map(|at| powers[at].clone()).collect();
            let names: Vec<String> =
                covered.iter().take(NAMED).map(|power| power.action.full_name()).collect();
            let mut said =
                Said::new(format!("`{text}` covers actions {what}: {}", told(&names, covered.len())))
                    .fix("write the actions that are meant, by name");
            if everywhere {
                said.severity = Some(Severity::High);
            } else {
                said.severity = Some(Severity::Medium);
            }
            report(hits, allowed, &[text.to_owned()], &covered, said);
        }
    }
}
