//! Questions with known answers about accounts and ARNs, from the tests of other tools.

#![expect(clippy::unwrap_used, reason = "shared data that cannot be read fails the test")]

mod common;

use common::shared_data;
use leastwise_policy::arn::ArnPattern;
use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::{Named, Policy};
use serde_json::Value;

/// IAMSpy (Apache-2.0) answers these with a solver, on what `get-account-authorization-details` prints.
#[test]
fn questions_about_accounts_are_answered_as_a_solver_does() {
    let Some(path) = shared_data("policy-cases/iamspy_can_i.json") else { return };
    let data: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut asked = 0;
    for case in data["cases"].as_array().unwrap() {
        let files = case["files"].as_object().unwrap();
        // Organisation and resource policies are layers that are not there yet.
        if files.keys().ne(["gaads"]) {
            continue;
        }
        let accounts: Vec<&Value> = files["gaads"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| &data["files"][file.as_str().unwrap()])
            .collect();
        let input = case["inp"].as_array().unwrap();
        match case["test"].as_str().unwrap() {
            // What the other account says about its resource is such a layer too.
            "test_can_i" if text(&input[2]).contains(":111111111111:") => continue,
            "test_can_i" => {
                let found = can(&accounts, text(&input[0]), &input[1..]);
                assert_eq!(found, case["out"].as_bool().unwrap(), "{case}");
            }
            _ => {
                let mut found: Vec<String> =
                    principals(&accounts).into_iter().filter(|arn| can(&accounts, arn, input)).collect();
                let mut wanted: Vec<String> =
                    case["out"].as_array().unwrap().iter().map(|arn| text(arn).to_owned()).collect();
                found.sort();
                wanted.sort();
                assert_eq!(found, wanted, "{case}");
            }
        }
        asked += 1;
    }
    assert_eq!(asked, 23);
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// `input` is action, resource, conditions, …, and whether what is not given is absent (else it may be anything).
fn can(accounts: &[&Value], principal: &str, input: &[Value]) -> bool {
    let mut context = Context::new();
    for condition in input.get(2).and_then(Value::as_array).into_iter().flatten() {
        let (key, value) = text(condition).split_once('=').unwrap();
        context.insert(key, value);
    }
    let strict = input.get(4).is_some_and(|strict| strict == &Value::Bool(true));
    context.complete(strict);
    let request = Request {
        principal: PrincipalRef::new(principal),
        action: text(&input[0]),
        resource: ResourceRef::Exact(text(&input[1])),
        context: &context,
    };
    matches!(evaluate(&policies(accounts, principal), &request).verdict, Verdict::Allowed | Verdict::Depends)
}

fn details<'a>(accounts: &'a [&Value], list: &'a str) -> impl Iterator<Item = &'a Value> {
    accounts.iter().flat_map(move |account| account[list].as_array().into_iter().flatten())
}

fn principals(accounts: &[&Value]) -> Vec<String> {
    let roles = details(accounts, "RoleDetailList").chain(details(accounts, "UserDetailList"));
    roles.map(|principal| text(&principal["Arn"]).to_owned()).collect()
}

fn policies(accounts: &[&Value], principal: &str) -> PolicySet {
    let mut all = details(accounts, "RoleDetailList").chain(details(accounts, "UserDetailList"));
    let Some(details_of) = all.find(|details| details["Arn"] == principal) else {
        return PolicySet::default();
    };
    let mut set = PolicySet::of_identity(attached(accounts, details_of));
    for group in details_of["GroupList"].as_array().into_iter().flatten() {
        let group =
            details(accounts, "GroupDetailList").find(|details| details["GroupName"] == *group).unwrap();
        set.identity.extend(attached(accounts, group));
    }
    set.boundary = details_of["PermissionsBoundary"]["PermissionsBoundaryArn"]
        .as_str()
        .map(|arn| vec![managed(accounts, arn)]);
    set
}

fn attached(accounts: &[&Value], details: &Value) -> Vec<Named<Policy>> {
    let mut found = Vec::new();
    for list in ["UserPolicyList", "RolePolicyList", "GroupPolicyList"] {
        for inline in details[list].as_array().into_iter().flatten() {
            let policy = Policy::parse(&inline["PolicyDocument"].to_string()).unwrap();
            found.push(Named::new(text(&inline["PolicyName"]), policy));
        }
    }
    for policy in details["AttachedManagedPolicies"].as_array().into_iter().flatten() {
        found.push(managed(accounts, text(&policy["PolicyArn"])));
    }
    found
}

fn managed(accounts: &[&Value], arn: &str) -> Named<Policy> {
    let policy = details(accounts, "Policies").find(|policy| policy["Arn"] == arn).unwrap();
    let versions = policy["PolicyVersionList"].as_array().unwrap();
    let default = versions.iter().find(|version| version["IsDefaultVersion"] == true).unwrap();
    Named::new(arn, Policy::parse(&default["Document"].to_string()).unwrap())
}

/// parliament (BSD-3-Clause) asks whether the format of a resource type and the pattern of a policy have an ARN in
/// common.
#[test]
fn arn_patterns_overlap_where_a_linter_says_so() {
    let Some(path) = shared_data("policy-cases/parliament_lint.json") else { return };
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut asked = 0;
    for case in cases.as_array().unwrap().iter().filter(|case| case["fn"] == "is_arn_match") {
        let arguments = case["args"].as_array().unwrap();
        let format = ArnPattern::new(text(&arguments[1]));
        let overlaps = format.overlaps(&ArnPattern::new(text(&arguments[2])));
        // The linter knows that some parts are never empty; to IAM `*` is also the empty text.
        let never_empty = text(&case["test"]).contains("emptysegments");
        assert_eq!(overlaps && !never_empty, case["result"] == true, "{case}");
        asked += 1;
    }
    assert_eq!(asked, 21);
}
