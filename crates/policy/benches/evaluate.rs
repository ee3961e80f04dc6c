//! How fast a set of policies is parsed and answers requests: `cargo bench -p leastwise-policy`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::{Comparison, Condition, Named, Policy, Statement};
use std::hint::black_box;
use std::time::Instant;

const REQUESTS: usize = 100_000;

fn main() {
    let text = policy().to_json();
    let begun = Instant::now();
    let mut parsed = None;
    for _ in 0..100 {
        parsed = Policy::parse(black_box(&text)).ok();
    }
    let parsing = begun.elapsed() / 100;
    println!(
        "parse: {:.0} MB/s ({} kB in {parsing:.0?})",
        text.len() as f64 / parsing.as_secs_f64() / 1e6,
        text.len() / 1_000
    );

    let set = PolicySet::of_identity(parsed.map(|policy| Named::new("policy", policy)).into_iter().collect());
    let mut context = Context::new();
    context.insert("aws:RequestedRegion", "eu-west-1").insert("aws:PrincipalTag/team", "red");
    let requests: Vec<(String, String)> = (0..REQUESTS).map(request).collect();
    for pattern in [false, true] {
        let begun = Instant::now();
        let mut allowed = 0;
        for (action, resource) in &requests {
            let resource =
                if pattern { ResourceRef::Pattern(resource) } else { ResourceRef::Exact(resource) };
            let principal = PrincipalRef::new("arn:aws:iam::111122223333:role/agent");
            let request = Request { principal, action, resource, context: &context };
            allowed += usize::from(evaluate(&set, black_box(&request)).verdict == Verdict::Allowed);
        }
        let each = begun.elapsed() / REQUESTS as u32;
        println!(
            "evaluate {}: {each:?} a request, {allowed} of {REQUESTS} allowed",
            if pattern { "patterns" } else { "ARNs" }
        );
    }
}

/// A right-sized policy as they get: 40 services, 8 actions and 4 resources each, some conditions, one `Deny`.
fn policy() -> Policy {
    let mut statements = Vec::new();
    for service in 0..40 {
        let actions = (0..8).map(|action| format!("service{service}:Action{action}"));
        let resources = (0..4).map(|n| match n {
            3 => format!("arn:aws:service{service}:*:111122223333:thing/${{aws:PrincipalTag/team}}/*"),
            _ => format!("arn:aws:service{service}:eu-west-1:111122223333:thing/name-{n}/*"),
        });
        let mut statement = Statement::allow(actions, resources).with_sid(format!("Service{service}"));
        if service % 4 == 0 {
            let region = Condition::new(
                Comparison::StringEquals,
                "aws:RequestedRegion",
                ["eu-west-1", "eu-central-1"],
            );
            statement = statement.with_condition(region);
        }
        statements.push(statement);
    }
    statements.push(Statement::deny(["*"], ["arn:aws:service0:*:*:thing/secret*"]));
    Policy::new(statements)
}

fn request(n: usize) -> (String, String) {
    let service = n % 40;
    let thing = if n.is_multiple_of(3) { "red".to_owned() } else { format!("name-{}", n % 4) };
    (
        format!("service{service}:Action{}", n % 9),
        format!("arn:aws:service{service}:eu-west-1:111122223333:thing/{thing}/{n}"),
    )
}
