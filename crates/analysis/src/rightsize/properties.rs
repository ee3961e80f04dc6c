//! What holds for every log: the policy allows all of it, adds nothing but what is listed, stays within the grant,
//! and does not depend on the order of the rows.

use leastwise_policy::aws::evaluate::{PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate};
use proptest::prelude::*;

use super::tests::{ROLE, granted, row};
use super::*;
use crate::replay::{ask, replay};
use crate::usage::Resource;

const NAMES: [&str; 8] =
    ["a", "logs/2026/1", "logs/2026/2", "app-blue", "app-green", "x*y", "deep/er/k", "i-0abc"];
const SERVICES: [&str; 9] = ["s3", "ec2", "iam", "kms", "dynamodb", "sqs", "logs", "lambda", "sts"];
const WIDTHS: [Width; 4] = [Width::Exact, Width::Prefix, Width::Type, Width::Any];

/// A row for a random action of the catalogue, on a random resource that the action supports, with a context.
fn any_row() -> impl Strategy<Value = UsageRow> {
    (plain_row(), 0..3usize, 0..4usize, 1..40u64, 0..15i64).prop_map(|(mut row, region, key, count, days)| {
        row.count = count;
        row.last = row.first.plus_days(days);
        for (key, value) in context(&row.action, region, key) {
            row.context = row.context.with(key, value);
        }
        row
    })
}

/// What the log tells about a call: always a region that is mostly the same, sometimes who it is made through.
fn context(action: &str, region: usize, key: usize) -> Vec<(&'static str, &'static str)> {
    let mut keys = vec![("aws:RequestedRegion", ["eu-west-1", "eu-west-1", "us-east-1"][region])];
    match (action, key) {
        ("iam:PassRole", 1..) => {
            keys.push(("iam:PassedToService", ["lambda.amazonaws.com", "ec2.amazonaws.com"][key % 2]))
        }
        (action, 2..) if action.starts_with("kms:") => {
            keys.push((
                "kms:ViaService",
                ["s3.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"][key % 2],
            ));
        }
        (_, 3) => keys.push(("aws:SourceVpce", "vpce-1")),
        _ => {}
    }
    keys
}

/// A row without a context.
fn plain_row() -> impl Strategy<Value = UsageRow> {
    (
        0..SERVICES.len(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        0..NAMES.len(),
        0..12u8,
        0..5u8,
    )
        .prop_map(|(service, action, kind, name, shape, outcome)| {
            let service = Catalog::embedded().service(SERVICES[service]).unwrap();
            let facts = action.get(&service.actions);
            let mut row = row(&format!("{}:{}", service.prefix, facts.name), "*");
            if facts.resources.is_empty() {
                row.resource = Resource::Exact("*".to_owned());
            }
            if !facts.resources.is_empty() && shape > 0 {
                let kind = service.resource_type(&kind.get(&facts.resources).resource_type).unwrap();
                let format = kind.formats().next().unwrap();
                let arn = format.fill(|variable| {
                    Some(match variable {
                        "Partition" => "aws".to_owned(),
                        "Region" => "eu-west-1".to_owned(),
                        "Account" => "111122223333".to_owned(),
                        _ => NAMES[name].to_owned(),
                    })
                });
                row.resource = match shape {
                    1 => Resource::Pattern(
                        format.fill(|variable| (variable == "Partition").then(|| "aws".to_owned())),
                    ),
                    _ => Resource::Exact(arn),
                };
            }
            row.outcome = match outcome {
                0 => Outcome::Denied,
                1 => Outcome::Failed,
                _ => Outcome::Used,
            };
            row
        })
}

/// What the policies say about a row's call on its resource, over TLS or not, with no other keys than those told.
fn verdict(documents: &PolicySet, row: &UsageRow, tls: &str) -> Verdict {
    let mut context = crate::replay::context(row);
    context.insert("aws:SecureTransport", tls).complete(true);
    let resource = ResourceRef::Exact(row.resource.as_str());
    let principal = PrincipalRef::new(ROLE);
    evaluate(documents, &Request { principal, action: &row.action, resource, context: &context }).verdict
}

fn options(width: usize) -> Options {
    Options { width: WIDTHS[width], ..Options::default() }
}

const GRANT: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["s3:*","kms:*"],"Resource":["arn:aws:s3:::a*","arn:aws:s3:::logs/*","arn:aws:kms:*:*:key/*"]},
    {"Effect":"Allow","Action":["ec2:*","dynamodb:*","logs:*","sts:*"],"Resource":"*"},
    {"Effect":"Allow","Action":"lambda:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":["eu-west-1","eu-west-3"]}}},
    {"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:*:a*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
    {"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"StringLike":{"kms:ViaService":"s3.*"}}},
    {"Effect":"Allow","Action":"iam:*","NotResource":"arn:aws:iam::*:role/app-*"},
    {"Effect":"Deny","Action":"ec2:*","Resource":"arn:aws:ec2:*:*:instance/i-0*"}]}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_policy_allows_the_whole_log(rows in prop::collection::vec(any_row(), 0..24), width in 0..4usize) {
        let result = rightsize(&rows, None, Catalog::embedded(), &options(width));
        let documents = PolicySet::of_identity(result.documents);
        for row in rows.iter().filter(|row| row.authorised()) {
            prop_assert_eq!(ask(&documents, row).verdict, Verdict::Allowed, "{:?}", row);
        }
    }

    #[test]
    fn what_was_only_denied_is_never_granted(rows in prop::collection::vec(any_row(), 0..24), width in 0..4usize) {
        let result = rightsize(&rows, None, Catalog::embedded(), &options(width));
        let documents = PolicySet::of_identity(result.documents);
        for row in rows.iter().filter(|row| row.outcome == Outcome::Denied) {
            if !rows.iter().any(|other| other.authorised() && other.action == row.action) {
                prop_assert_eq!(verdict(&documents, row, "true"), Verdict::ImplicitDeny);
            }
        }
    }

    #[test]
    fn minimising_adds_no_access(rows in prop::collection::vec(any_row(), 1..24), probes in prop::collection::vec(any_row(), 40)) {
        let result = rightsize(&rows, None, Catalog::embedded(), &options(0));
        let documents = PolicySet::of_identity(result.documents);
        let widened = |action: &str| result.widenings.iter().any(|widening| widening.actions.iter().any(|one| one == action));
        for probe in probes.iter().chain(&rows).filter(|probe| probe.resource.is_exact()) {
            let resource = probe.resource.as_str();
            let facts = Catalog::embedded().action(&probe.action).unwrap();
            let seen = rows.iter().any(|row| row.authorised() && row.action == probe.action
                && (row.resource == probe.resource || !facts.has_resource_level()));
            if !seen && !widened(&probe.action) {
                prop_assert_eq!(verdict(&documents, probe, "true"), Verdict::ImplicitDeny, "{} {}", probe.action, resource);
            }
        }
    }

    #[test]
    fn the_new_policy_stays_within_the_granted_one(
        rows in prop::collection::vec(any_row(), 1..24),
        probes in prop::collection::vec(any_row(), 60),
        width in 0..4usize,
    ) {
        let set = granted(GRANT);
        let result = rightsize(&rows, Some(&set), Catalog::embedded(), &options(width));
        let documents = PolicySet::of_identity(result.documents);
        for probe in probes.iter().chain(&rows).filter(|probe| probe.resource.is_exact()) {
            for tls in ["true", "false"] {
                if verdict(&documents, probe, tls) == Verdict::Allowed {
                    prop_assert_eq!(verdict(&set, probe, tls), Verdict::Allowed, "{:?}", probe);
                }
            }
        }
    }

    #[test]
    fn nothing_granted_and_used_is_newly_denied(rows in prop::collection::vec(any_row(), 1..24), width in 0..4usize) {
        let set = granted(GRANT);
        let result = rightsize(&rows, Some(&set), Catalog::embedded(), &options(width));
        let replayed = replay(&rows, &PolicySet::of_identity(result.documents), Some(&set));
        prop_assert_eq!(replayed.denied, vec![]);
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(rows in prop::collection::vec(any_row(), 0..24).prop_shuffle(), width in 0..4usize) {
        let mut sorted = rows.clone();
        sorted.sort_by_key(|row| format!("{row:?}"));
        let a = rightsize(&rows, None, Catalog::embedded(), &options(width));
        let b = rightsize(&sorted, None, Catalog::embedded(), &options(width));
        prop_assert_eq!(format!("{a:?}"), format!("{b:?}"));
    }

    #[test]
    fn printing_and_parsing_again_changes_nothing(rows in prop::collection::vec(any_row(), 1..24), width in 0..4usize) {
        for document in rightsize(&rows, None, Catalog::embedded(), &options(width)).documents {
            let parsed = Policy::parse(&document.policy.to_json());
            prop_assert_eq!(parsed.map_err(|error| error.to_string()), Ok(document.policy));
        }
    }
}
