//! The 65 known ways, each from exactly the permissions that it is said to require, and from each of them less.

use serde_json::{Value, json};

use super::super::rows::{Kind, Of, On, Row, Table};
use super::{Account, Certainty, Workload, arn, path, trust};

/// Accounts that are not harmless without the permission, since what is left is a way of its own.
const STILL: [(&str, &str, &str); 9] = [
    ("codebuild-001", "codebuild:CreateProject", "a build of an existing project can be given another role"),
    ("ecs-001", "ecs:CreateCluster", "ecs-003 needs no new cluster where there is one"),
    ("ecs-002", "ecs:CreateCluster", "ecs-004 needs no new cluster where there is one"),
    (
        "ecs-002",
        "ecs:RegisterTaskDefinition",
        "an existing task definition can be run with another role and command",
    ),
    (
        "ecs-004",
        "ecs:RegisterTaskDefinition",
        "an existing task definition can be run with another role and command",
    ),
    (
        "ecs-005",
        "ecs:RegisterTaskDefinition",
        "an existing task definition can be started with another role and command",
    ),
    ("iam-003", "iam:DeleteAccessKey", "iam-002: the user may have fewer than two keys"),
    ("lambda-004", "lambda:InvokeFunction", "lambda-003 waits until somebody else invokes the function"),
    ("lambda-005", "lambda:AddPermission", "lambda-003 waits until somebody else invokes the function"),
];

/// An account in which nothing but this way leads anywhere.
fn account(id: &str, permissions: &[&str]) -> Account {
    let table = Table::embedded();
    let admin = [super::allow(&["*"])];
    let own: Vec<Value> = permissions.iter().map(|permission| super::allow(&[permission])).collect();
    let account = Account::default();
    if let Some(((raises, becomes), _)) = table.pairs.iter().find(|(_, name)| *name == id) {
        let (raises, becomes) = (&table.rows[*raises], &table.rows[*becomes]);
        // Not on itself, which would be a shorter way.
        let on = [arn("user", "target"), arn("role", "target"), arn("policy", "shared")];
        let allow = |permission: &&str| json!({"Effect": "Allow", "Action": permission, "Resource": on});
        let own: Vec<Value> = permissions.iter().map(allow).collect();
        let attacker = account.user("attacker", &own);
        let trust = trusting(becomes);
        return match becomes.of {
            Of::User => attacker.user("target", &[]),
            _ if raises.needs[0].on[0] == On::Policy => attacker
                .policy("shared", &[])
                .role("target", trust, &[])
                .with("Role:AttachedManagedPolicies", json!([{"PolicyArn": arn("policy", "shared")}])),
            _ => attacker.role("target", trust, &[]),
        };
    }
    let row = &table.rows[table.number(id).unwrap_or_else(|| panic!("{id} is in no table"))];
    let attacker = |account: Account| account.user("attacker", &own);
    match (row.kind, row.of) {
        (Kind::Becomes, Of::User) => attacker(account).user("target", &admin),
        (Kind::Becomes, _) => attacker(account).role("target", trusting(row), &admin),
        (Kind::Raises, Of::Role) => account.role("attacker", trust("Service", "ec2.amazonaws.com"), &own),
        (Kind::Raises, _) => match row.needs[0].on[0] {
            On::Policy => {
                let attached = json!([{"PolicyArn": arn("policy", "own")}]);
                account.policy("own", &own).user("attacker", &[]).with("AttachedManagedPolicies", attached)
            }
            On::Group => attacker(account.group("own", &[])).with("GroupList", json!(["own"])),
            _ => attacker(account),
        },
        (Kind::Joins, _) => attacker(account.group("admins", &admin)),
        _ => attacker(account),
    }
}

fn trusting(row: &Row) -> Value {
    match (&row.trusts, row.assumes_role) {
        (Some(service), _) => trust("Service", service),
        (None, true) => trust("AWS", "111122223333"),
        (None, false) => trust("Service", "backup.amazonaws.com"),
    }
}

/// Ids with the permissions that they require, as https://github.com/DataDog/pathfinding.cloud has them.
fn oracle() -> Option<Vec<(String, Vec<String>)>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/privesc/pathfinding_paths.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared/data is not here");
        return None;
    };
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    let required = |one: &Value| {
        let required = one["permissions"]["required"].as_array().unwrap();
        required.iter().map(|need| need["permission"].as_str().unwrap().to_owned()).collect()
    };
    Some(all.iter().map(|one| (one["id"].as_str().unwrap().to_owned(), required(one))).collect())
}

/// One thing of each kind that runs as a role: of the kind that the way goes through as the target, of others as a role
/// that can do nothing.
fn workloads(id: &str) -> Vec<Workload> {
    let table = Table::embedded();
    let mut workloads = Vec::new();
    for row in &table.rows {
        let (Some(work), Some(service)) = (row.work(), &row.trusts) else { continue };
        let of = |row: &Row| row.work().map(|work| row.vars[work].templates.clone());
        let through = table.number(id).is_some_and(|number| of(&table.rows[number]) == of(row));
        let arn = row.vars[work].templates[0].replace("{partition}", "aws").replace("{region}", "eu-west-1");
        let arn = arn.replace("{account}", super::ACCOUNT).replace('*', "one");
        let role = super::arn("role", if through { "target" } else { "harmless" });
        workloads.push(Workload { arn, service: service.clone(), role });
    }
    workloads
}

fn attacker_has_path(id: &str, permissions: &[&str]) -> Option<Vec<String>> {
    let found = super::found(&account(id, permissions).snapshot(), &workloads(id));
    assert!(found.unreadable.is_empty(), "{id}: {:?}", found.unreadable);
    let attacker = ["user", "role"].into_iter().find_map(|kind| path(&found, &arn(kind, "attacker")));
    attacker.map(|path| path.steps.iter().flat_map(|step| step.ids.clone()).collect())
}

#[test]
fn each_known_way_is_found_from_the_permissions_that_it_requires() {
    let Some(oracle) = oracle() else { return };
    assert_eq!(oracle.len(), 65);
    let mut missed = Vec::new();
    for (id, required) in &oracle {
        let permissions: Vec<&str> = required.iter().map(String::as_str).collect();
        match attacker_has_path(id, &permissions) {
            None => missed.push(format!("{id}: nothing")),
            // What is shorter or surer is found first.
            Some(ids) if !ids.contains(id) && !STILL.iter().any(|(of, ..)| of == id) => {
                missed.push(format!("{id}: {ids:?}"));
            }
            Some(_) => {}
        }
    }
    assert_eq!(missed, [] as [String; 0]);
}

/// Whoever may do what the row of a service's role needs, and nothing else, has that way; or one that needs less.
#[test]
fn each_way_through_a_service_is_found_from_the_permissions_of_its_row() {
    let table = Table::embedded();
    let mut others = Vec::new();
    for row in table.rows.iter().filter(|row| row.kind == Kind::Becomes && row.trusts.is_some()) {
        let needs: Vec<&str> = row.needs.iter().map(|need| table.actions[need.action].as_str()).collect();
        let ids = attacker_has_path(&row.id, &needs).unwrap_or_else(|| panic!("{}: nothing", row.id));
        if !ids.contains(&row.id) {
            others.push(format!("{}: {}", row.id, ids.join(", ")));
        }
    }
    let expected = [
        // It waits until somebody else invokes the function.
        "lambda-004: lambda-003",
        "lambda-005: lambda-003",
        // Whoever may do it on everything may deploy as well.
        "apigateway-put-interface: apigateway-integration",
    ];
    assert_eq!(others, expected);
}

/// Which of the ways through an interface is found hangs on what the permission is on.
#[test]
fn who_may_import_no_interface_may_change_one() {
    let ways = |statements: &[Value]| {
        let pass = super::allow(&["iam:PassRole"]);
        let own: Vec<Value> = std::iter::once(pass).chain(statements.iter().cloned()).collect();
        let account = Account::default().user("attacker", &own).role(
            "target",
            trust("Service", "apigateway.amazonaws.com"),
            &[super::allow(&["*"])],
        );
        super::ids(path(&account.find(), &arn("user", "attacker")))
    };
    let may = |method: &str, on: &str| {
        let arn = format!("arn:aws:apigateway:*::/restapis{on}");
        json!({"Effect": "Allow", "Action": format!("apigateway:{method}"), "Resource": arn})
    };
    let (import, deploy) = (may("POST", ""), may("POST", "/*/deployments"));
    assert_eq!(ways(&[import.clone(), deploy.clone()]), ["apigateway-integration"]);
    let put = may("PUT", "/*");
    assert_eq!(ways(&[put.clone(), deploy]), ["apigateway-put-interface"]);
    assert_eq!(ways(&[import, put]), [""; 0]);
}

#[test]
fn a_row_requires_exactly_what_the_known_way_requires() {
    let Some(oracle) = oracle() else { return };
    let table = Table::embedded();
    for (id, required) in &oracle {
        let rows: Vec<&Row> = match table.pairs.iter().find(|(_, name)| *name == id) {
            Some(((raises, becomes), _)) => vec![&table.rows[*raises], &table.rows[*becomes]],
            None => vec![&table.rows[table.number(id).unwrap()]],
        };
        let mut ours: Vec<&str> =
            rows.iter().flat_map(|row| &row.needs).map(|need| table.actions[need.action].as_str()).collect();
        let mut theirs: Vec<&str> = required.iter().map(String::as_str).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{id}");
    }
}

#[test]
fn with_any_permission_less_a_known_way_is_gone_but_for_the_listed_ones() {
    let Some(oracle) = oracle() else { return };
    let (mut still, mut negatives) = (Vec::new(), 0);
    for (id, required) in &oracle {
        for less in required {
            negatives += 1;
            let rest: Vec<&str> = required.iter().filter(|one| *one != less).map(String::as_str).collect();
            if let Some(ids) = attacker_has_path(id, &rest) {
                assert!(!ids.contains(id), "{id} is found without {less}");
                still.push((id.as_str(), less.as_str()));
            }
        }
    }
    let listed: Vec<(&str, &str)> = STILL.iter().map(|(id, less, _)| (*id, *less)).collect();
    assert_eq!(still, listed);
    println!("{negatives} negatives, {} of them are ways of their own", still.len());
}

#[test]
fn a_way_through_something_that_runs_as_the_role_is_sure_when_that_is_listed() {
    let permissions = ["lambda:UpdateFunctionCode"];
    let snapshot = account("lambda-003", &permissions).snapshot();
    let function = |role: &str| Workload {
        arn: "arn:aws:lambda:eu-west-1:111122223333:function:job".to_owned(),
        service: "lambda.amazonaws.com".to_owned(),
        role: arn("role", role),
    };
    let found = super::found(&snapshot, &[function("target")]);
    let sure = path(&found, &arn("user", "attacker")).unwrap();
    assert_eq!(sure.certainty, Certainty::Sure);
    assert_eq!(sure.steps[0].calls[0].resource, "arn:aws:lambda:eu-west-1:111122223333:function:job");
    // Functions are listed, and none of them runs as the role.
    assert!(path(&super::found(&snapshot, &[function("other")]), &arn("user", "attacker")).is_none());
}
