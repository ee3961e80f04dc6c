//! Kubernetes: a Role in the namespace that the message names, or a ClusterRole where it names none, and its binding.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>: a rule can name its objects, but not for `create`
//! of an object, `list`, `watch` and `deletecollection`, whose requests have no name or name nothing yet.

use serde_json::{Value, json};

use super::super::{Denials, Platform, Refusal};
use super::{Answer, Other, Told, blocked, grouped};

/// What a rule is about.
#[derive(Debug, Clone, PartialEq)]
enum What {
    Objects { group: String, kind: String, name: Option<String> },
    Path(String),
}

/// Who, and in which namespace.
type Holder = (String, Option<String>);
/// On what, and which verb.
type Rule = (What, String);

/// Verbs that come to more than they say: they hand out permissions or act as somebody else.
const MORE: [&str; 3] = ["escalate", "bind", "impersonate"];
/// Resources with which one comes to more: secrets hold tokens, a process or token acts as its account, and who binds
/// roles hands them out.
const MORE_BY: [&str; 8] = [
    "secrets",
    "pods/exec",
    "pods/attach",
    "pods/ephemeralcontainers",
    "serviceaccounts/token",
    "nodes/proxy",
    "rolebindings",
    "clusterrolebindings",
];

pub(super) fn answer(denials: &Denials, answer: &mut Answer) {
    let mut needs: Vec<(Holder, Rule)> = Vec::new();
    for refusal in denials.refusals.iter().filter(|refusal| refusal.platform == Platform::Kubernetes) {
        if let Some(told) = blocked(refusal) {
            answer.told.push(told);
            continue;
        }
        let who = refusal.principal.clone().unwrap_or_default();
        if who.is_empty() || who == "system:anonymous" {
            let text = format!("the call that needed `{}` had no credentials", refusal.action);
            let help = "sign in before: nothing is granted to everybody here";
            answer.told.push(Told::new(&refusal.place, text, help));
            continue;
        }
        let Some(what) = what(refusal) else { continue };
        warn(refusal, answer);
        let namespace = refusal.more.get("namespace").filter(|name| !name.is_empty()).cloned();
        needs.push(((who, namespace), (what, refusal.action.clone())));
    }
    let places = grouped(needs).into_iter().map(|((who, namespace), rules)| (who, (namespace, rules)));
    for (who, places) in grouped(places) {
        let items: Vec<Value> = places
            .iter()
            .flat_map(|(namespace, rules)| manifests(&who, namespace.as_deref(), rules))
            .collect();
        let documents = json!({"apiVersion": "v1", "kind": "List", "items": items});
        answer.others.push(Other { platform: Platform::Kubernetes, principal: who, documents });
    }
}

fn what(refusal: &Refusal) -> Option<What> {
    if let Some(path) = refusal.more.get("path") {
        return Some(What::Path(path.clone()));
    }
    let kind = refusal.more.get("kind")?.clone();
    let unnamed = ["list", "watch", "deletecollection"].contains(&refusal.action.as_str())
        || (refusal.action == "create" && !kind.contains('/'));
    let name = refusal.more.get("name").filter(|name| !name.is_empty() && !unnamed).cloned();
    Some(What::Objects { group: refusal.more.get("group").cloned().unwrap_or_default(), kind, name })
}

fn warn(refusal: &Refusal, answer: &mut Answer) {
    let kind = refusal.more.get("kind").map(String::as_str).unwrap_or_default();
    let verb = refusal.action.as_str();
    let place = &refusal.place;
    if MORE.contains(&verb) || MORE_BY.contains(&kind) {
        let text = format!("with `{verb}` of `{kind}` one may come to more than this");
        answer.notes.push(Told::new(place, text, "add it only where that is meant"));
    } else if verb.starts_with("delete") {
        answer.notes.push(Told::new(
            place,
            format!("`{verb}` of `{kind}` deletes"),
            "add it only where that is meant",
        ));
    }
    // Messages before Kubernetes 1.12 do not name the API group.
    if !refusal.more.contains_key("group") && !kind.is_empty() {
        let text =
            format!("the message does not say of which API group `{kind}` is, so the core group is taken");
        answer.notes.push(Told::new(place, text, "`kubectl api-resources` tells"));
    }
}

/// The role and its binding.
fn manifests(who: &str, namespace: Option<&str>, rules: &[Rule]) -> [Value; 2] {
    let (role, binding) = match namespace {
        Some(_) => ("Role", "RoleBinding"),
        None => ("ClusterRole", "ClusterRoleBinding"),
    };
    let name = format!("{}-addition", object_name(who));
    let mut metadata = json!({"name": name});
    if let Some(namespace) = namespace {
        metadata["namespace"] = Value::from(namespace);
    }
    let rules: Vec<Value> =
        grouped(rules.iter().cloned()).into_iter().map(|(what, verbs)| rule(&what, &verbs)).collect();
    const API: &str = "rbac.authorization.k8s.io";
    [
        json!({"apiVersion": format!("{API}/v1"), "kind": role, "metadata": metadata, "rules": rules}),
        json!({
            "apiVersion": format!("{API}/v1"),
            "kind": binding,
            "metadata": metadata,
            "roleRef": {"apiGroup": API, "kind": role, "name": name},
            "subjects": [subject(who)],
        }),
    ]
}

fn rule(what: &What, verbs: &[String]) -> Value {
    match what {
        What::Path(path) => json!({"nonResourceURLs": [path], "verbs": verbs}),
        What::Objects { group, kind, name: None } => {
            json!({"apiGroups": [group], "resources": [kind], "verbs": verbs})
        }
        What::Objects { group, kind, name: Some(name) } => {
            json!({"apiGroups": [group], "resources": [kind], "resourceNames": [name], "verbs": verbs})
        }
    }
}

fn subject(who: &str) -> Value {
    let parts: Vec<&str> = who.split(':').collect();
    match parts[..] {
        ["system", "serviceaccount", namespace, name] => {
            json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
        }
        _ => json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": who}),
    }
}

/// A name as Kubernetes takes it: lower-case letters, digits and `-`.
fn object_name(who: &str) -> String {
    let own = who.rsplit(':').next().unwrap_or(who).to_ascii_lowercase();
    let name: String =
        own.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(50).collect();
    match name.trim_matches('-') {
        "" => "refused".to_owned(),
        name => name.to_owned(),
    }
}
