//! Requests that show what a compiled role is worth: for each line of the intent one that must be allowed and a
//! neighbour that must be denied, in the form that `leastwise simulate --batch` reads, beside a snapshot in which
//! the role is the only principal.

use leastwise_catalog::levels::Source;
use leastwise_catalog::{ActionFacts, Catalog};
use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::{Comparison, Condition, Effect, Named, Policy};
use leastwise_policy::time::Timestamp;
use serde_json::{Map, Value, json};

use super::allow::APPROVED;
use super::bind::Bound;
use super::{ACCOUNT, Compiled, MadeBoundary, Options, REGION, Reason};
use super::{conditions, keys};
use crate::intent::Role;

/// The account in which the role is asked about when the intent names none.
const SOME_ACCOUNT: &str = "111122223333";
/// The region likewise.
const SOME_REGION: &str = "eu-west-1";

/// A request with what must come of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// Whether it must be allowed; else it must be denied.
    pub allowed: bool,
    /// The action.
    pub action: String,
    /// The resource, or a pattern of resources.
    pub resource: String,
    /// The condition keys of the request; there are no others.
    pub context: Vec<(String, Value)>,
    /// The line of the intent.
    pub because: String,
}

/// The requests for a role, in the order of the intent.
pub fn proofs(role: &Role, compiled: &Compiled, catalog: &Catalog) -> Vec<Proof> {
    let context = context(role);
    let set = PolicySet::of_identity(compiled.identity.clone());
    let neighbours = Neighbours { set: &set, catalog, context: &context };
    let approval: Vec<_> = role.approval.iter().map(|permission| &permission.verb.place).collect();
    let mut proofs: Vec<Proof> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for reason in &compiled.reasons {
        let because = format!("{} {}: {}", reason.place, reason.verb, reason.name);
        let needs_approval = approval.contains(&&reason.place);
        let mut approved = context.clone();
        if needs_approval {
            approved.push((APPROVED.to_owned(), json!("true")));
        }
        let action = neighbours.concrete(reason);
        let resources = reason.resources.iter();
        // One request of each line is enough to show it, but several resources are several requests.
        approved.extend(keys::context(reason));
        let key = (reason.source == Source::Key).then_some(&reason.resources);
        let line = format!("{because} {:?} {key:?}", reason.bound);
        let seen = lines.contains(&line);
        for resource in resources.take(if seen { 0 } else { usize::MAX }) {
            let one = |allowed, action: &str, resource: &str, context: &[(String, Value)]| Proof {
                allowed,
                action: action.to_owned(),
                resource: resource.to_owned(),
                context: context.to_vec(),
                because: because.clone(),
            };
            if reason.effect == Effect::Deny {
                proofs.push(one(false, &action, resource, &context));
                continue;
            }
            proofs.push(one(true, &action, resource, &approved));
            // Without the approval; and of a key without the service that uses it, unless another line says so.
            let bare = || ask(&set, &action, resource, &context) == Verdict::Allowed;
            if needs_approval || key.is_some() && !bare() {
                proofs.push(one(false, &action, resource, &context));
            }
            if let Some((action, resource)) = neighbours.of(reason, resource) {
                proofs.push(one(false, &action, &resource, &approved));
            }
        }
        lines.push(line);
    }
    // What is allowed and forbidden at once is denied.
    proofs.retain(|proof| !proof.allowed || !explicitly_denied(&set, proof));
    proofs
}

fn explicitly_denied(set: &PolicySet, proof: &Proof) -> bool {
    ask(set, &proof.action, &proof.resource, &proof.context) == Verdict::ExplicitDeny
}

fn ask(set: &PolicySet, action: &str, resource: &str, keys: &[(String, Value)]) -> Verdict {
    let mut context = Context::new();
    for (key, value) in keys {
        let values: Vec<String> = match value {
            Value::Array(values) => values.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            value => value.as_str().map(str::to_owned).into_iter().collect(),
        };
        context.insert(key, values);
    }
    context.complete(true);
    let principal = PrincipalRef::new("arn:aws:iam::111122223333:role/asked");
    evaluate(set, &Request { principal, action, resource: ResourceRef::Pattern(resource), context: &context })
        .verdict
}

/// Keys with which every condition of the role holds.
fn context(role: &Role) -> Vec<(String, Value)> {
    let mut context: Vec<(String, Value)> = Vec::new();
    for condition in conditions::of(&role.conditions) {
        let value = holding(&condition);
        match context.iter_mut().find(|(key, _)| *key == condition.key) {
            // Two ends of a time: the later of the two beginnings holds.
            Some((_, known)) if condition.operator.base == Comparison::DateGreaterThan => *known = value,
            Some(_) => {}
            None => context.push((condition.key.clone(), value)),
        }
    }
    if let Some(end) = &role.expires
        && !context.iter().any(|(key, _)| key == "aws:CurrentTime")
    {
        context.push(("aws:CurrentTime".to_owned(), json!(shifted(end.value, -1))));
    }
    context
}

/// A value with which the condition holds.
fn holding(condition: &Condition) -> Value {
    let first = condition.values.first().cloned().unwrap_or_default();
    let shift =
        |seconds| Timestamp::parse(&first).map_or_else(|| first.clone(), |time| shifted(time, seconds));
    match condition.operator.base {
        Comparison::IpAddress => json!(first.split('/').next().unwrap_or_default()),
        Comparison::DateGreaterThan => json!(shift(1)),
        Comparison::DateLessThan => json!(shift(-1)),
        _ => json!(first),
    }
}

fn shifted(time: Timestamp, seconds: i64) -> String {
    Timestamp::from_seconds(time.seconds().saturating_add(seconds)).to_string()
}

struct Neighbours<'a> {
    set: &'a PolicySet,
    catalog: &'a Catalog,
    context: &'a [(String, Value)],
}

impl Neighbours<'_> {
    /// The action itself, or for `s3:*` the worst of those about the resource.
    fn concrete(&self, reason: &Reason) -> String {
        if reason.source != Source::Admin {
            return reason.action.to_string();
        }
        let resource = reason.resources.first().map_or("*", String::as_str);
        let worst =
            reason.action.split(':').next().and_then(|prefix| self.about(prefix, reason, resource).next());
        worst.unwrap_or_else(|| reason.action.to_string())
    }

    /// The actions of a service about a resource, or without one, the worst first.
    fn about(&self, prefix: &str, reason: &Reason, resource: &str) -> impl Iterator<Item = String> + use<'_> {
        let service = self.catalog.service(prefix);
        let mut actions: Vec<&ActionFacts> = service.iter().flat_map(|service| &service.actions).collect();
        actions.sort_by_key(|action| (!action.destructive, !action.levels.changes(), action.name.len()));
        let kinds = service.map(|service| service.types_of(resource)).unwrap_or_default();
        let without = resource == "*" || matches!(reason.bound, Bound::Service { .. });
        let about = move |action: &&ActionFacts| match without {
            true => action.resources.is_empty(),
            false => kinds.iter().any(|kind| action.resource(&kind.name).is_some()),
        };
        let full =
            move |action: &ActionFacts| format!("{}:{}", service.map_or("", |it| &*it.prefix), action.name);
        actions.into_iter().filter(about).map(full)
    }

    /// Something next to what is allowed which is not: another action on the same resource, the worst that there
    /// is; or where all actions are allowed, the same on another resource.
    fn of(&self, reason: &Reason, resource: &str) -> Option<(String, String)> {
        let denied = |action: &str, resource: &str| {
            ask(self.set, action, resource, self.context) == Verdict::ImplicitDeny
        };
        let other = || {
            let other = format!("{resource}-of-somebody-else");
            let named = resource != "*" && !resource.ends_with('*');
            (named && denied(&reason.action, &other)).then(|| (self.concrete(reason), other))
        };
        if reason.source == Source::Admin {
            return other();
        }
        let prefix = reason.action.split(':').next()?;
        let beside = self.about(prefix, reason, resource).find(|action| denied(action, resource));
        if let Some(action) = beside {
            return Some((action, resource.to_owned()));
        }
        // The only action there is: the same elsewhere, or another one of the service.
        other().or_else(|| {
            let service = self.catalog.service(prefix)?;
            let full = service.actions.iter().map(|action| format!("{prefix}:{}", action.name));
            full.into_iter().find(|action| denied(action, "*")).map(|action| (action, "*".to_owned()))
        })
    }
}

/// The requests as lines for `simulate --batch`; what must come of each is in its `id`.
pub fn lines(proofs: &[Proof], compiled: &Compiled, options: &Options) -> String {
    let account = account_of(options);
    let mut text = String::new();
    for proof in proofs {
        let context: Map<String, Value> = proof.context.iter().cloned().collect();
        let mut line = json!({
            "id": {"expect": if proof.allowed { "allowed" } else { "denied" }, "because": proof.because},
            "principal": format!("arn:{}:iam::{account}:role/{}", options.partition, compiled.role),
            "action": proof.action,
            "resource": proof.resource,
            "resource_account": owner(&proof.resource).unwrap_or(account),
            "context": context,
            "complete_context": true,
        });
        let on_key = proof.action.starts_with("kms:") && proof.resource.starts_with("arn:");
        if on_key || proof.action == "sts:AssumeRole" {
            line["resource_policy"] = leaves_it_to_iam(&proof.action, account, options);
        }
        text.push_str(&filled(&line.to_string(), options));
        text.push('\n');
    }
    text
}

/// The policy of a key or a role that leaves it to IAM of the account: a key has it unless somebody gave it another
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>), and whoever is to assume a role
/// needs one that lets him.
fn leaves_it_to_iam(action: &str, account: &str, options: &Options) -> Value {
    let mut policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{}:iam::{account}:root", options.partition)},
            "Action": action,
        }],
    });
    if action.starts_with("kms:") {
        policy["Statement"][0]["Resource"] = json!("*");
    }
    policy
}

/// A snapshot, as `aws iam get-account-authorization-details` prints it, in which the role is alone.
pub fn snapshot(compiled: &Compiled, options: &Options) -> String {
    let account = account_of(options);
    let document = |policy: &Policy| serde_json::from_str::<Value>(&policy.to_json()).unwrap_or(Value::Null);
    let inline =
        |named: &Named<Policy>| json!({"PolicyName": named.name, "PolicyDocument": document(&named.policy)});
    let mut role = json!({
        "Path": "/",
        "RoleName": compiled.role,
        "Arn": format!("arn:{}:iam::{account}:role/{}", options.partition, compiled.role),
        "RolePolicyList": compiled.identity.iter().map(inline).collect::<Vec<_>>(),
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [],
        "Tags": [],
    });
    if let Some(trust) = &compiled.trust {
        role["AssumeRolePolicyDocument"] = document(trust);
    }
    let mut policies = Vec::new();
    if let Some(MadeBoundary::Made(boundary)) = &compiled.boundary {
        let arn = format!("arn:{}:iam::{account}:policy/{}", options.partition, boundary.name);
        role["PermissionsBoundary"] =
            json!({"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn});
        policies.push(json!({
            "PolicyName": boundary.name, "Arn": arn, "Path": "/", "DefaultVersionId": "v1",
            "PolicyVersionList":
                [{"Document": document(&boundary.policy), "VersionId": "v1", "IsDefaultVersion": true}],
        }));
    }
    let all =
        json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": policies});
    format!("{}\n", filled(&format!("{all:#}"), options))
}

/// The account that an ARN names.
fn owner(resource: &str) -> Option<&str> {
    let account = resource.split(':').nth(4)?;
    (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())).then_some(account)
}

fn account_of(options: &Options) -> &str {
    options.account.as_deref().unwrap_or(SOME_ACCOUNT)
}

/// Placeholders as some account and region: nobody can be asked about a placeholder.
fn filled(text: &str, options: &Options) -> String {
    let region = options.region.as_deref().unwrap_or(SOME_REGION);
    text.replace(ACCOUNT, account_of(options)).replace(REGION, region)
}
