//! What is found, in small accounts that each test writes down.

mod denials;
mod entries;
mod identity;
mod known;
mod limits;
mod outside;
mod powers;
mod profiles;
mod property;
mod sessions;
mod versions;
mod vulnerable;

use std::collections::BTreeMap;

use leastwise_catalog::Catalog;
use leastwise_policy::time::Timestamp;
use serde_json::{Value, json};

use super::{Certainty, Found, Options, Path, Target, Workload, World, find};
use crate::granted::Snapshot;

pub(super) const ACCOUNT: &str = "111122223333";

/// An account as it is written down.
#[derive(Default)]
pub(super) struct Account {
    roles: Vec<Value>,
    users: Vec<Value>,
    groups: Vec<Value>,
    policies: Vec<Value>,
}

pub(super) fn allow(actions: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

pub(super) fn document(statements: &[Value]) -> Value {
    let harmless = [allow(&["sts:GetCallerIdentity"])];
    let statements = if statements.is_empty() { &harmless } else { statements };
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// A trust policy for `{"Service": …}` or `{"AWS": …}`.
pub(super) fn trust(kind: &str, whom: &str) -> Value {
    document(&[json!({"Effect": "Allow", "Principal": {kind: whom}, "Action": "sts:AssumeRole"})])
}

pub(super) fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")
}

impl Account {
    pub(super) fn role(mut self, name: &str, trust: Value, statements: &[Value]) -> Account {
        self.roles.push(json!({
            "Arn": arn("role", name), "RoleName": name, "Path": "/", "AssumeRolePolicyDocument": trust,
            "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document(statements)}],
        }));
        self
    }

    pub(super) fn user(mut self, name: &str, statements: &[Value]) -> Account {
        self.users.push(json!({
            "Arn": arn("user", name), "UserName": name, "Path": "/",
            "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document(statements)}],
        }));
        self
    }

    pub(super) fn group(mut self, name: &str, statements: &[Value]) -> Account {
        self.groups.push(json!({
            "Arn": arn("group", name), "GroupName": name, "Path": "/",
            "GroupPolicyList": [{"PolicyName": "own", "PolicyDocument": document(statements)}],
        }));
        self
    }

    pub(super) fn policy(mut self, name: &str, statements: &[Value]) -> Account {
        self.policies.push(json!({
            "Arn": arn("policy", name), "PolicyName": name, "DefaultVersionId": "v1",
            "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": true, "Document": document(statements)},
            ],
        }));
        self
    }

    /// Adds versions that are not in force to the policy that was added last.
    pub(super) fn versions(mut self, others: &[&[Value]]) -> Account {
        let list = &mut self.policies.last_mut().unwrap()["PolicyVersionList"];
        let version = |(number, statements): (usize, &&[Value])| {
            let id = format!("v{}", number + 2);
            json!({"VersionId": id, "IsDefaultVersion": false, "Document": document(statements)})
        };
        list.as_array_mut().unwrap().extend(others.iter().enumerate().map(version));
        self
    }

    /// Changes the principal that was added last.
    pub(super) fn with(mut self, key: &str, value: Value) -> Account {
        let of_roles = key.starts_with("Role") || self.users.is_empty();
        let list = if of_roles { &mut self.roles } else { &mut self.users };
        list.last_mut().unwrap()[key.trim_start_matches("Role:")] = value;
        self
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.snapshot_in("aws")
    }

    /// The same account in another partition.
    pub(super) fn snapshot_in(&self, partition: &str) -> Snapshot {
        let text = json!({
            "UserDetailList": self.users, "RoleDetailList": self.roles, "GroupDetailList": self.groups,
            "Policies": self.policies,
        });
        let text = text.to_string().replace("arn:aws:", &format!("arn:{partition}:"));
        Snapshot::parse("account.json", &text).unwrap()
    }

    pub(super) fn find(&self) -> Found {
        found(&self.snapshot(), &[])
    }
}

pub(super) fn world(snapshot: &Snapshot) -> World<'_> {
    World {
        snapshot,
        service_control: BTreeMap::new(),
        resource_control: BTreeMap::new(),
        places: BTreeMap::new(),
        workloads: Vec::new(),
        now: Timestamp::parse("2026-11-21T12:00:00Z").unwrap(),
    }
}

pub(super) fn found(snapshot: &Snapshot, workloads: &[Workload]) -> Found {
    let world = World { workloads: workloads.to_vec(), ..world(snapshot) };
    let options = Options { from: None, to: Target::Admin, cut: true };
    find(&world, &options, Catalog::embedded())
}

/// The path of a principal, unless it takes somebody else.
pub(super) fn path<'f>(found: &'f Found, source: &str) -> Option<&'f Path> {
    found.paths.iter().find(|path| path.source == source && path.certainty != Certainty::Another)
}

/// The rows that a path goes by.
pub(super) fn ids(path: Option<&Path>) -> Vec<String> {
    let steps = path.into_iter().flat_map(|path| &path.steps);
    steps.map(|step| step.ids[0].clone()).collect()
}
