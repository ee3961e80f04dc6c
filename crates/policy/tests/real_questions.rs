//! Questions with known answers about accounts and ARNs, from the tests of other tools.

#![expect(clippy::unwrap_used, reason = "shared data that cannot be read fails the test")]

mod common;
#[path = "common/decided.rs"]
mod decided;

use common::shared_data;
use decided::decided;
use leastwise_policy::arn::ArnPattern;
use leastwise_policy::aws::evaluate::{
    Context, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request, ResourceRef,
    ResourceSide, Verdict,
};
use leastwise_policy::aws::{DocumentKind, Named, Policy};
use serde_json::Value;

/// IAMSpy (Apache-2.0) answers these with a solver, on what `get-account-authorization-details` prints.
#[test]
fn questions_about_accounts_are_answered_as_a_solver_does() {
    let Some(path) = shared_data("policy-cases/iamspy_can_i.json") else { return };
    let data: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut asked = 0;
    for case in data["cases"].as_array().unwrap() {
        let files = case["files"].as_object().unwrap();
        let all = |kind: &str| -> Vec<&Value> {
            let names = files.get(kind).and_then(Value::as_array).into_iter().flatten();
            names.map(|file| &data["files"][text(file)]).collect()
        };
        let world = World { accounts: all("gaads"), resources: all("resources"), roots: all("scps") };
        let input = case["inp"].as_array().unwrap();
        match case["test"].as_str().unwrap() {
            "test_can_i" => {
                let found = can(&world, text(&input[0]), &input[1..]);
                assert_eq!(found, case["out"].as_bool().unwrap(), "{case}");
            }
            "test_who_can_batch_resource" => {
                let mut found = Vec::new();
                for resource in input[1].as_array().unwrap() {
                    let ask = [input[0].clone(), resource.clone()];
                    let able = principals(&world.accounts).into_iter().filter(|arn| can(&world, arn, &ask));
                    found.extend(able.map(|arn| (arn, text(resource).to_owned())));
                }
                let pair = |pair: &Value| (text(&pair[0]).to_owned(), text(&pair[1]).to_owned());
                let mut wanted: Vec<_> = case["out"].as_array().unwrap().iter().map(pair).collect();
                found.sort();
                wanted.sort();
                assert_eq!(found, wanted, "{case}");
            }
            _ => {
                let mut found: Vec<String> =
                    principals(&world.accounts).into_iter().filter(|arn| can(&world, arn, input)).collect();
                let mut wanted: Vec<String> =
                    case["out"].as_array().unwrap().iter().map(|arn| text(arn).to_owned()).collect();
                found.sort();
                wanted.sort();
                assert_eq!(found, wanted, "{case}");
            }
        }
        asked += 1;
    }
    assert_eq!(asked, data["cases"].as_array().unwrap().len());
    assert!(asked >= 39, "{asked}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// `input` is action, resource, conditions, …, and whether what is not given is absent (else it may be anything).
fn can(world: &World<'_>, principal: &str, input: &[Value]) -> bool {
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
    let mut set = policies(&world.accounts, principal);
    set.resource = resource_side(world, text(&input[1]));
    let account = principal.split(':').nth(4).unwrap();
    set.service_control = world.roots.first().map(|root| {
        let mut levels = Vec::new();
        assert!(path_to(root, account, &mut levels), "{account} is not in the organisation");
        levels.reverse();
        let management_account = text(&root["Arn"]).split(':').nth(4).map(str::to_owned);
        OrganizationPath { management_account, levels }
    });
    matches!(decided(&set, &request).verdict, Verdict::Allowed | Verdict::Depends)
}

/// What is known besides the question.
struct World<'a> {
    accounts: Vec<&'a Value>,
    resources: Vec<&'a Value>,
    /// The roots of organisations.
    roots: Vec<&'a Value>,
}

/// The levels from the account up to `node`, when the account is in it.
fn path_to(node: &Value, account: &str, levels: &mut Vec<OrganizationLevel>) -> bool {
    let children = node["Children"].as_array();
    let below = children.is_some_and(|all| all.iter().any(|child| path_to(child, account, levels)));
    if node["Id"] != account && !below {
        return false;
    }
    let policies = node["Policies"].as_array().unwrap().iter().map(|policy| {
        Named::new(text(&policy["Name"]), Policy::parse(&policy["Content"].to_string()).unwrap())
    });
    levels.push(OrganizationLevel::new(text(&node["Id"]), policies.collect()));
    true
}

/// The policy of the resource, if it has one; else whose it is, if the ARN tells.
fn resource_side(world: &World<'_>, arn: &str) -> Option<ResourceSide> {
    let is_it = |of: &str| arn == of || arn.strip_prefix(of).is_some_and(|rest| rest.starts_with('/'));
    let mut known = world.resources.iter().flat_map(|file| file.as_array().unwrap());
    let Some(resource) = known.find(|resource| is_it(text(&resource["Resource"]))) else {
        let account = arn.split(':').nth(4).filter(|account| !account.is_empty())?.to_owned();
        return Some(ResourceSide::new(account, Vec::new()));
    };
    let mut policy = resource["Policy"].clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut() {
        // IAMSpy writes ARNs where AWS wants `{"AWS": …}`.
        if statement["Principal"].as_str().is_some_and(|name| name != "*") {
            statement["Principal"] = serde_json::json!({"AWS": statement["Principal"]});
        }
    }
    let mut policies = Vec::new();
    if !statements.is_empty() {
        let read = Policy::parse_kind(&policy.to_string(), DocumentKind::Resource).unwrap();
        policies.push(Named::new("resource", read));
    }
    Some(ResourceSide::new(text(&resource["Account"]), policies))
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
