//! How fast a compiled policy set decides: `cargo bench -p leastwise-policy --bench decide`.
//!
//! Two cases. *Chain*: a role with five policies, a boundary, three levels of service control policies, a resource
//! control policy and a bucket policy, with conditions and variables. *Many*: 200 to 10,000 statements of one bucket
//! policy, each for one role, two actions and one folder, with a tag that must agree.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use leastwise_policy::aws::evaluate::{
    Compiled, Context, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request, ResourceRef,
    ResourceSide, Verdict, evaluate,
};
use leastwise_policy::aws::{Comparison, Condition, DocumentKind, Named, Policy, Statement};
use std::hint::black_box;
use std::time::Instant;

fn main() {
    chain();
    if std::env::args().any(|argument| argument == "chain") {
        return;
    }
    for statements in [200, 2_000, 10_000] {
        many(statements);
    }
}

/// Runs `ask` over all of `items` until a second has gone, and prints what one took.
fn measure<T>(name: &str, items: &[T], mut ask: impl FnMut(&T) -> Verdict) {
    let mut counts = [0u64; 4];
    let begun = Instant::now();
    let mut asked = 0u64;
    while begun.elapsed().as_millis() < 1_000 {
        for item in items {
            counts[ask(black_box(item)) as usize] += 1;
        }
        asked += items.len() as u64;
    }
    let each = begun.elapsed().as_secs_f64() / asked as f64 * 1e6;
    let share = |verdict: Verdict| counts[verdict as usize] * 100 / asked;
    println!(
        "{name}: {each:.3} µs; allowed {} %, explicitly denied {} %, implicitly {} %, depends {} %",
        share(Verdict::Allowed),
        share(Verdict::ExplicitDeny),
        share(Verdict::ImplicitDeny),
        share(Verdict::Depends)
    );
}

fn chain() {
    let condition = |base, key: &str, values: &[&str]| Condition::new(base, key, values.iter().copied());
    let everything = || Named::new("FullAWSAccess", Policy::new(vec![Statement::allow(["*"], ["*"])]));
    let mut identity: Vec<_> = ["s3", "dynamodb", "sqs", "logs", "kms"]
        .iter()
        .map(|service| {
            let mut statements: Vec<Statement> = (0..12)
                .map(|n| {
                    let actions = (0..10).map(|a| format!("{service}:Action{}", n * 10 + a));
                    Statement::allow(actions, [format!("arn:aws:{service}:::thing-{n}/*")])
                })
                .collect();
            statements.push(Statement::allow([format!("{service}:Get*"), format!("{service}:List*")], ["*"]));
            Named::new(format!("Work{service}"), Policy::new(statements))
        })
        .collect();
    let own = "arn:aws:s3:::reports/${aws:PrincipalTag/team}/*";
    identity.push(Named::new(
        "Own",
        Policy::new(vec![
            Statement::allow(["s3:PutObject", "s3:DeleteObject"], [own]).with_condition(condition(
                Comparison::StringEquals,
                "aws:RequestedRegion",
                &["eu-west-1"],
            )),
        ]),
    ));
    let limits = Policy::new(vec![
        Statement::deny(["*"], ["*"])
            .with_condition(condition(
                Comparison::StringNotEquals,
                "aws:RequestedRegion",
                &["eu-west-1", "eu-central-1"],
            ))
            .with_condition(condition(
                Comparison::ArnNotLike,
                "aws:PrincipalARN",
                &["arn:aws:iam::*:role/admin"],
            )),
        Statement::deny(["s3:DeleteBucket*", "kms:ScheduleKeyDeletion"], ["*"]),
    ]);
    let level = |name: &str, more: Option<Policy>| {
        let policies = [everything()].into_iter().chain(more.map(|policy| Named::new("Limits", policy)));
        OrganizationLevel::new(name, policies.collect())
    };
    let path = |levels| OrganizationPath { management_account: Some("999999999999".to_owned()), levels };
    let bucket = Policy::parse_kind(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*"},
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*",
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*",
             "Condition": {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}}}]}"#,
        DocumentKind::Resource,
    );
    let resource_control = Policy::parse_kind(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
             "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid1"}}}]}"#,
        DocumentKind::ResourceControl,
    )
    .map(|policy| Named::new("Perimeter", policy));
    let set = PolicySet {
        identity,
        boundary: Some(vec![Named::new(
            "Boundary",
            Policy::new(vec![Statement::allow(
                ["s3:*", "dynamodb:*", "sqs:*", "logs:*", "kms:Decrypt"],
                ["*"],
            )]),
        )]),
        service_control: Some(path(vec![
            level("root", None),
            level("unit", Some(limits.clone())),
            level("account", None),
        ])),
        resource_control: Some(path(vec![OrganizationLevel::new(
            "root",
            resource_control.into_iter().collect(),
        )])),
        resource: bucket
            .ok()
            .map(|policy| ResourceSide::new("111122223333", vec![Named::new("Bucket", policy)])),
        ..PolicySet::default()
    };
    let contexts: Vec<Context> = (0..4)
        .map(|n| {
            let mut context = Context::new();
            context.complete(true);
            context.insert("aws:RequestedRegion", if n == 3 { "us-east-1" } else { "eu-west-1" });
            context.insert("aws:PrincipalTag/team", "red").insert("aws:SecureTransport", "true");
            context.insert("aws:PrincipalOrgID", "o-exampleorgid1");
            context.insert("aws:SourceIp", if n == 2 { "203.0.113.7" } else { "10.1.2.3" });
            context
        })
        .collect();
    let asks: Vec<(&str, String, &Context)> = (0..400)
        .map(|n| {
            let action =
                ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:DeleteBucket", "sqs:SendMessage"]
                    [n % 5];
            let folder = if n % 3 == 0 { "blue" } else { "red" };
            (action, format!("arn:aws:s3:::reports/{folder}/2026/{n}.csv"), &contexts[n / 5 % 4])
        })
        .collect();
    let principal = PrincipalRef::new("arn:aws:iam::111122223333:role/app/worker").in_session("i-0abc");
    let compiled = Compiled::new(set.clone());
    measure("chain, compiled", &asks, |(action, resource, context)| {
        compiled.decide(&Request { principal, action, resource: ResourceRef::Exact(resource), context })
    });
    if std::env::args().any(|argument| argument == "compiled") {
        return;
    }
    measure("chain, with reasons", &asks, |(action, resource, context)| {
        evaluate(&set, &Request { principal, action, resource: ResourceRef::Exact(resource), context })
            .verdict
    });
}

fn many(statements: usize) {
    let team = Condition::new(Comparison::StringEquals, "aws:PrincipalTag/team", ["${aws:ResourceTag/team}"]);
    let statements: Vec<Statement> = (0..statements)
        .map(|n| {
            let actions = [format!("s3:Action{}", n % 20), format!("s3:Action{}", n % 20 + 20)];
            Statement::allow(actions, [format!("arn:aws:s3:::bucket-{}/folder-{n}/*", n % 50)])
                .with_condition(team.clone())
        })
        .collect();
    let count = statements.len();
    let set = PolicySet::of_identity(vec![Named::new("many", Policy::new(statements))]);
    let compiled = Compiled::new(set.clone());
    let mut context = Context::new();
    context.complete(true);
    context.insert("aws:PrincipalTag/team", "red").insert("aws:ResourceTag/team", "red");
    let asks: Vec<(String, String)> = (0..1_000)
        .map(|n| {
            let statement = n * 7 % count;
            let action = format!("s3:Action{}", if n % 4 == 0 { 39 } else { statement % 20 });
            (action, format!("arn:aws:s3:::bucket-{}/folder-{statement}/{n}", statement % 50))
        })
        .collect();
    let principal = PrincipalRef::new("arn:aws:iam::111122223333:role/app");
    measure(&format!("{count} statements, compiled"), &asks, |(action, resource)| {
        compiled.decide(&Request {
            principal,
            action,
            resource: ResourceRef::Exact(resource),
            context: &context,
        })
    });
    if std::env::args().any(|argument| argument == "compiled") {
        return;
    }
    measure(&format!("{count} statements, with reasons"), &asks, |(action, resource)| {
        evaluate(
            &set,
            &Request { principal, action, resource: ResourceRef::Exact(resource), context: &context },
        )
        .verdict
    });
}
