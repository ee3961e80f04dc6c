//! Random accounts before and after a change, judged by the evaluator: what is reported is new, and what is new is
//! reported.

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use proptest::prelude::*;

use super::tests::{account, policy};
use super::widened;
use crate::check::{Estate, Facts, SourceFile, read};

const ROLE: &str = "arn:aws:iam::111122223333:role/a";
const BOUNDARIES: [Option<&str>; 3] =
    [None, Some("arn:aws:iam::111122223333:policy/reads"), Some("arn:aws:iam::111122223333:policy/deletes")];
const ACTIONS: [&str; 3] = ["s3:GetObject", "s3:DeleteObject", "s3:PutObject"];
const RESOURCES: [&str; 4] = [
    "arn:aws:s3:::reports/x",
    "arn:aws:s3:::reports/secret/x",
    "arn:aws:s3:::reports/secret/old/x",
    "arn:aws:s3:::others/x",
];

fn statement() -> impl Strategy<Value = String> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let action =
        prop::sample::select(vec!["s3:GetObject", "s3:DeleteObject", "s3:PutObject", "s3:*", "s3:Get*"]);
    let resource = prop::sample::select(vec![
        "reports/*",
        "reports/secret/*",
        "reports/secret/old/*",
        "*/x",
        "others/*",
    ]);
    (effect, action, resource).prop_map(|(effect, action, resource)| {
        format!(r#"{{"Effect": "{effect}", "Action": "{action}", "Resource": "arn:aws:s3:::{resource}"}}"#)
    })
}

fn state() -> impl Strategy<Value = (Vec<String>, Option<&'static str>)> {
    (prop::collection::vec(statement(), 1..4), prop::sample::select(BOUNDARIES.to_vec()))
}

fn estate((statements, boundary): &(Vec<String>, Option<&'static str>)) -> Estate {
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    let text = account(&[("a", &policy(&statements), *boundary)]);
    read(&[SourceFile::named("account.json", text)])
}

fn allows(estate: &Estate, action: &str, resource: &str) -> bool {
    let policies: &PolicySet = &estate.snapshot.principal(ROLE).expect("the role").policies;
    let mut context = Context::new();
    context.complete(true);
    let request = Request {
        principal: PrincipalRef::new(ROLE),
        action,
        resource: ResourceRef::Exact(resource),
        context: &context,
    };
    evaluate(policies, &request).verdict == Verdict::Allowed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_reported_is_new_and_what_is_new_is_reported(before in state(), after in state()) {
        let (old, new) = (estate(&before), estate(&after));
        let found = widened(&old, &new, &Facts::new(Catalog::embedded())).findings;
        let gained: Vec<_> = found.iter().filter(|one| one.message.contains("which was not allowed before")).collect();
        for one in &gained {
            let mut quoted = one.evidence[0].split('`').skip(1).step_by(2);
            let (action, resource) = (quoted.next().expect("an action"), quoted.next().expect("a resource"));
            prop_assert!(allows(&new, action, resource) && !allows(&old, action, resource), "{one:?}");
        }
        let is_new = |action: &str, resource: &str| allows(&new, action, resource) && !allows(&old, action, resource);
        let some_is_new = ACTIONS.iter().any(|action| RESOURCES.iter().any(|resource| is_new(action, resource)));
        prop_assert!(!some_is_new || !gained.is_empty(), "{before:?} {after:?} {found:?}");
        // Nothing is undecided that is this simple.
        prop_assert!(found.iter().all(|one| !one.message.contains("not decided")), "{found:?}");
    }
}
