//! The scenarios of Datadog's pathfinding-labs, as accounts: whoever a scenario begins with has a path to administrator
//! from what the scenario says it needs, by the way that the scenario is about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use leastwise_analysis::granted::Snapshot;
use leastwise_analysis::paths::{From, Options, Target, Workload, World, find, services};
use leastwise_analysis::source::{Node, yaml};
use leastwise_catalog::Catalog;
use leastwise_policy::time::Timestamp;
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const INSTANCE: &str = "i-0123456789abcdef0";

/// Scenarios that are no account which could be written down from what they say.
const LEFT_OUT: [(&str, &str); 8] = [
    ("cspm-ec2-001", "a finding about a configuration: it names no permissions"),
    ("exclusive-resource-policy", "it is about a bucket's policy, and about tools"),
    ("resource-policy-bypass", "it is about a bucket's policy, and about tools"),
    ("test-reverse-blast-radius", "it begins with an administrator"),
    ("iam-005-iam-putrolepolicy", "what it names as the user's permission is that of a role"),
    ("lambda-invoke-update", "it names `function/*`, which is no ARN of a function"),
    (
        "ecs-006-ecs-executecommand",
        "AWS's reference asks for the cluster as well as for the task, which alone it names",
    ),
    ("ec2-003-ec2-instance-connect", "the known way needs ec2:DescribeInstances too, which it does not name"),
];

/// Scenarios in which a shorter way leads to the same.
const ANOTHER_WAY: [(&str, &str); 5] = [
    (
        "ecs-007-iam-passrole",
        "where there is a container instance already, none need be registered: ecs-start-overridden",
    ),
    ("ec2-004-iam-passrole+ec2-requestspotinstances", "the same way has another number: ec2-003"),
    ("ec2-005-ec2-createlaunchtemplateversion", "the same way has another number: ec2-004"),
    ("lambda-006-iam-passrole", "it names lambda:InvokeFunction as well, which is enough: lambda-001"),
    ("iam-003-iam-deleteaccesskey", "the user may have fewer than two keys: iam-002"),
];

/// With these one raises whom one then becomes, who need not have any power before.
const RAISING: [&str; 5] = [
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreatePolicyVersion",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
];

fn filled(text: &str) -> String {
    let text = text.replace("{account_id}", ACCOUNT).replace("{region}", "eu-west-1");
    let text = text.replace("{target_instance_id}", INSTANCE).replace("i-xxxxxxxxx", INSTANCE);
    // Another account's name, a suffix: one word for each.
    let mut parts = text.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        out.push_str(if name.contains("account") { ACCOUNT } else { "x" });
        out.push_str(rest);
    }
    out
}

fn texts(node: Option<&Node>) -> Vec<&str> {
    node.map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect()
}

/// A scenario: its name, its id, whom it begins with, and the account.
struct Lab {
    name: String,
    id: Option<String>,
    start: String,
    listing: Value,
    workloads: Vec<Workload>,
}

fn lab(path: &Path) -> Option<Lab> {
    let text = std::fs::read_to_string(path).expect("the scenario can be read");
    let parsed = yaml::parse(&text);
    let scenario = parsed.documents.first().expect("a scenario is a document");
    let name = path.parent()?.file_name()?.to_str()?.to_owned();
    let id = scenario.get("pathfinding-cloud-id").and_then(Node::text).map(str::to_owned);
    if LEFT_OUT.iter().any(|(left, _)| name.starts_with(left)) {
        return None;
    }
    let required = scenario.path(&["permissions", "required"]).expect("permissions").items();
    let principals = texts(scenario.path(&["attack_path", "principals"]));
    let named = |entry: &Node| {
        let kind = entry.get("principal_type").and_then(Node::text).unwrap_or("role");
        let name = entry.get("principal").and_then(Node::text)?;
        (!name.contains(' ')).then(|| format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}"))
    };
    let start = required.iter().find_map(named).or_else(|| Some(filled(principals.first()?)))?;
    let mut statements: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let (mut passed, mut policies, mut assumes, mut retrusts, mut raises) =
        (Vec::new(), Vec::new(), false, false, false);
    for entry in required {
        let who = named(entry).unwrap_or_else(|| start.clone());
        let permissions = entry.get("permissions").map_or(std::slice::from_ref(entry), Node::items);
        for permission in permissions {
            let action = permission.get("permission").and_then(Node::text)?;
            let resource = permission.get("resource").and_then(Node::text).unwrap_or("*");
            let resources: Vec<String> = resource
                .split([',', ' '])
                .filter(|part| *part == "*" || part.starts_with("arn:"))
                .map(filled)
                .collect();
            if action == "iam:PassRole" {
                passed.extend(resources.iter().filter(|one| one.contains(":role/")).cloned());
            }
            policies.extend(resources.iter().filter(|one| one.contains(":policy/")).cloned());
            raises |= RAISING.contains(&action);
            assumes |= action == "sts:AssumeRole";
            retrusts |= action == "iam:UpdateAssumeRolePolicy";
            statements
                .entry(who.clone())
                .or_default()
                .push(json!({"Effect": "Allow", "Action": action, "Resource": resources}));
        }
    }
    // Whoever else is named is worth becoming.
    let account = |arn: &str| filled(arn).replace("::*:", &format!("::{ACCOUNT}:"));
    let others = principals.iter().map(|arn| account(arn)).chain(passed.iter().map(|arn| account(arn)));
    let mut everybody: BTreeMap<String, Vec<Value>> = statements;
    for other in others.filter(|arn| arn.contains(":role/") || arn.contains(":user/")) {
        let action = if raises { "sts:GetCallerIdentity" } else { "*" };
        let all = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        everybody.entry(other).or_insert_with(|| vec![all]);
    }
    let target =
        everybody.keys().find(|arn| **arn != start && arn.contains(":role/")).cloned().unwrap_or_default();
    let groups: Vec<&str> =
        principals.iter().filter_map(|arn| arn.split_once(":group/")).map(|(_, name)| name).collect();
    let attached: Vec<Value> =
        policies.iter().map(|arn| json!({"PolicyArn": account(arn), "PolicyName": "p"})).collect();
    let (mut users, mut roles) = (Vec::new(), Vec::new());
    for (arn, statements) in everybody {
        let name = arn.rsplit('/').next().expect("a name").to_owned();
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        if arn.contains(":user/") {
            users.push(json!({
                "UserName": name, "Arn": arn, "GroupList": groups,
                "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy}],
            }));
            continue;
        }
        let mut trusted = json!({"Service": services()});
        if assumes && !retrusts && arn != start {
            trusted["AWS"] = json!(start);
        }
        let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}});
        roles.push(json!({
            "RoleName": name, "Arn": arn, "AssumeRolePolicyDocument": trust,
            "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy}],
            "AttachedManagedPolicies": if arn == start { &[][..] } else { &attached[..] },
        }));
    }
    let instance = format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{INSTANCE}");
    let uses_instance = principals.iter().any(|arn| arn.contains(":instance/"));
    let workloads =
        uses_instance.then(|| Workload { arn: instance, service: "ec2.amazonaws.com".into(), role: target });
    let groups: Vec<Value> = groups
        .iter()
        .map(|name| json!({"GroupName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:group/{name}")}))
        .collect();
    let nothing = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}});
    let policies: Vec<Value> = policies
        .iter()
        .map(|arn| {
            let version = json!({"VersionId": "v1", "IsDefaultVersion": true, "Document": nothing});
            json!({"PolicyName": "p", "Arn": account(arn), "DefaultVersionId": "v1", "PolicyVersionList": [version]})
        })
        .collect();
    let listing = json!({
        "UserDetailList": users, "RoleDetailList": roles, "GroupDetailList": groups, "Policies": policies,
    });
    Some(Lab { name, id, start, listing, workloads: workloads.into_iter().collect() })
}

fn scenarios(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            scenarios(&path, found);
        } else if path.ends_with("scenario.yaml") {
            found.push(path);
        }
    }
}

#[test]
fn whoever_a_scenario_begins_with_can_become_administrator() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/iac/pathfinding-labs");
    if !folder.exists() {
        eprintln!("skipped: ../shared/data is not here");
        return;
    }
    let mut paths = Vec::new();
    scenarios(&folder, &mut paths);
    paths.sort();
    let labs: Vec<Lab> = paths.iter().filter_map(|path| lab(path)).collect();
    assert_eq!((paths.len(), labs.len()), (51, 51 - LEFT_OUT.len()));
    let (mut none, mut other) = (Vec::new(), Vec::new());
    for lab in &labs {
        let snapshot = Snapshot::parse("lab", &lab.listing.to_string()).expect("a listing");
        let world = World {
            snapshot: &snapshot,
            service_control: BTreeMap::new(),
            resource_control: BTreeMap::new(),
            places: BTreeMap::new(),
            workloads: lab.workloads.clone(),
            now: Timestamp::from_seconds(1_790_000_000),
        };
        let options = Options { from: Some(From::One(lab.start.clone())), to: Target::Admin, cut: false };
        let found = find(&world, &options, Catalog::embedded());
        let ids: Option<Vec<&str>> = match found.paths.first() {
            Some(path) => Some(path.steps.iter().flat_map(|step| &step.ids).map(String::as_str).collect()),
            // Whoever edits its own policies is there already.
            None => found.admins.first().map(|_| Vec::new()),
        };
        let excused = ANOTHER_WAY.iter().any(|(name, _)| lab.name.starts_with(name));
        match (ids, &lab.id) {
            (None, _) => none.push(lab.name.clone()),
            (Some(ids), Some(id)) if !ids.is_empty() && !excused && !ids.contains(&id.as_str()) => {
                other.push(format!("{}: {ids:?}", lab.name));
            }
            _ => {}
        }
    }
    assert!(none.is_empty(), "no path in {none:#?}\nanother way in {other:#?}");
    assert!(other.is_empty(), "another way in {other:#?}");
}
