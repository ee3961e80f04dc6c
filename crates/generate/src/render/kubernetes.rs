//! Writes a role's service account, roles and bindings: as YAML for `kubectl apply`, as a JSON list, as Terraform.
//!
//! <https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/>,
//! <https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs>

use serde_json::{Map, Value, json};

use super::role::quoted;
use super::terraform::hcl::{self, Expr, Item, header};
use super::{File, Names, yaml};
use crate::lower::kubernetes::prove::{Asked, Proof};
use crate::lower::kubernetes::{Compiled, Granted, Rule, ServiceAccount};

const RBAC: &str = "rbac.authorization.k8s.io";

/// The formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KubernetesFormat {
    /// One document for each object.
    #[default]
    Yaml,
    /// A list of the objects.
    Json,
    /// Resources of the `hashicorp/kubernetes` provider.
    Terraform,
}

/// Writes a role as one file, with a name that is unique among everything that `names` has given out.
pub fn render_kubernetes(names: &mut Names, role: &Compiled, format: KubernetesFormat) -> File {
    let stem = names.stem(&role.name, "role");
    let (extension, text) = match format {
        KubernetesFormat::Yaml => ("yaml", documents(role)),
        KubernetesFormat::Json => ("json", format!("{:#}\n", kubernetes_value(role))),
        KubernetesFormat::Terraform => ("tf", terraform(names, role)),
    };
    File { name: format!("{stem}.{extension}"), text, notes: Vec::new() }
}

/// All objects of a role as a list, as `kubectl get -o json` prints one.
pub fn kubernetes_value(role: &Compiled) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": objects(role)})
}

/// A script that puts the questions to the cluster of the current context, and fails when one is answered otherwise.
pub fn kubernetes_questions(role: &Compiled, proofs: &[Proof]) -> String {
    let mut text = format!(
        "#!/bin/sh\n# Whether the cluster allows the role what was meant, and denies what is next to it. Whoever runs it\n\
         # must be allowed to impersonate the service account.\nset -u\nfailed=0\n\nask() {{\n  wanted=$1\n  because=$2\n  \
         shift 2\n  said=$(kubectl auth can-i --quiet --as={} \"$@\" && echo yes || echo no)\n  \
         [ \"$said\" = \"$wanted\" ] && return\n  echo \"$because: $* is $said, and must be $wanted\" >&2\n  failed=1\n}}\n\n",
        role.held_by
            .first()
            .map(|it| quoted(&format!("system:serviceaccount:{}:{}", it.namespace, it.name)))
            .unwrap_or_default(),
    );
    for proof in proofs {
        let wanted = if proof.allowed { "yes" } else { "no" };
        let because = proof.because.replace(char::is_control, " ");
        let mut line = format!("ask {wanted} {} {}", quoted(&because), quoted(&proof.verb));
        match &proof.on {
            Asked::Path(path) => line = format!("{line} {}", quoted(path)),
            Asked::Objects { namespace, group, resource, below, name } => {
                let kind = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
                let what = name.as_ref().map_or_else(|| kind.clone(), |name| format!("{kind}/{name}"));
                line = format!("{line} {}", quoted(&what));
                if let Some(below) = below {
                    line = format!("{line} --subresource={}", quoted(below));
                }
                line = match namespace {
                    Some(namespace) => format!("{line} --namespace={}", quoted(namespace)),
                    None => format!("{line} --all-namespaces"),
                };
            }
        }
        text.push_str(&line);
        text.push('\n');
    }
    text.push_str("exit $failed\n");
    text
}

fn documents(role: &Compiled) -> String {
    let documents: Vec<String> = objects(role).iter().map(yaml::print).collect();
    documents.join("---\n")
}

/// The objects in the order in which they must be made.
fn objects(role: &Compiled) -> Vec<Value> {
    let mut objects = Vec::new();
    if let Some(account) = &role.made {
        let metadata = metadata(role, &account.name, Some(&account.namespace));
        objects.push(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}));
    }
    for granted in &role.grants {
        let (kind, binding) = kinds(granted);
        let metadata = metadata(role, &granted.name, granted.namespace.as_deref());
        let api = format!("{RBAC}/v1");
        let rules: Vec<Value> = granted.rules.iter().map(rule).collect();
        objects.push(json!({"apiVersion": api, "kind": kind, "metadata": metadata, "rules": rules}));
        objects.push(json!({
            "apiVersion": api,
            "kind": binding,
            "metadata": metadata,
            "roleRef": {"apiGroup": RBAC, "kind": kind, "name": granted.name},
            "subjects": role.held_by.iter().map(subject).collect::<Vec<_>>(),
        }));
    }
    objects
}

fn kinds(granted: &Granted) -> (&'static str, &'static str) {
    match granted.namespace {
        Some(_) => ("Role", "RoleBinding"),
        None => ("ClusterRole", "ClusterRoleBinding"),
    }
}

fn metadata(role: &Compiled, name: &str, namespace: Option<&str>) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), name.into());
    if let Some(namespace) = namespace {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    metadata.insert("labels".to_owned(), json!({"app.kubernetes.io/managed-by": "leastwise"}));
    if let Some(owner) = &role.owner {
        metadata.insert("annotations".to_owned(), json!({"owner": owner}));
    }
    Value::Object(metadata)
}

fn rule(rule: &Rule) -> Value {
    match rule {
        Rule::Objects { group, resources, names, verbs } if names.is_empty() => {
            json!({"apiGroups": [group], "resources": resources, "verbs": verbs})
        }
        Rule::Objects { group, resources, names, verbs } => {
            json!({"apiGroups": [group], "resources": resources, "resourceNames": names, "verbs": verbs})
        }
        Rule::Paths { paths, verbs } => json!({"nonResourceURLs": paths, "verbs": verbs}),
    }
}

fn subject(account: &ServiceAccount) -> Value {
    json!({"kind": "ServiceAccount", "name": account.name, "namespace": account.namespace})
}

fn terraform(names: &mut Names, role: &Compiled) -> String {
    let mut items =
        vec![Item::Comment(format!("Least privilege for the role {}, generated by leastwise.", role.role))];
    let account = role.made.as_ref().map(|account| {
        let label = names.identifier(&account.name);
        let body = vec![described(role, &account.name, Some(&account.namespace))];
        block(&mut items, "kubernetes_service_account_v1", &label, body);
        (account, format!("kubernetes_service_account_v1.{label}"))
    });
    for granted in &role.grants {
        let name = match &granted.namespace {
            Some(namespace) => format!("{}-{namespace}", granted.name),
            None => granted.name.clone(),
        };
        let label = names.identifier(&name);
        let (kind, _) = kinds(granted);
        let (role_type, binding_type) = match granted.namespace {
            Some(_) => ("kubernetes_role_v1", "kubernetes_role_binding_v1"),
            None => ("kubernetes_cluster_role_v1", "kubernetes_cluster_role_binding_v1"),
        };
        let namespace = granted.namespace.as_deref();
        let mut body = vec![described(role, &granted.name, namespace)];
        for rule in &granted.rules {
            body.extend([Item::Blank, Item::Block("rule".to_owned(), rule_arguments(rule))]);
        }
        block(&mut items, role_type, &label, body);
        let own = format!("{role_type}.{label}.metadata[0].name");
        let mut body = vec![
            described(role, &granted.name, namespace),
            Item::Blank,
            Item::Block(
                "role_ref".to_owned(),
                vec![
                    Item::Attribute("api_group", Expr::text(RBAC)),
                    Item::Attribute("kind", Expr::text(kind)),
                    Item::Attribute("name", Expr::Raw(own)),
                ],
            ),
        ];
        for held_by in &role.held_by {
            // What is made here is made before it is bound.
            let name = match &account {
                Some((made, address)) if *made == held_by => Expr::Raw(format!("{address}.metadata[0].name")),
                _ => Expr::text(&held_by.name),
            };
            let subject = vec![
                Item::Attribute("kind", Expr::text("ServiceAccount")),
                Item::Attribute("name", name),
                Item::Attribute("namespace", Expr::text(&held_by.namespace)),
            ];
            body.extend([Item::Blank, Item::Block("subject".to_owned(), subject)]);
        }
        block(&mut items, binding_type, &label, body);
    }
    hcl::print(&items, 0)
}

fn block(items: &mut Vec<Item>, kind: &str, label: &str, body: Vec<Item>) {
    items.push(Item::Blank);
    items.push(Item::Block(header("resource", &[kind, label]), body));
}

fn described(role: &Compiled, name: &str, namespace: Option<&str>) -> Item {
    let mut body = vec![Item::Attribute("name", Expr::text(name))];
    body.extend(namespace.map(|namespace| Item::Attribute("namespace", Expr::text(namespace))));
    let label = ("app.kubernetes.io/managed-by".to_owned(), Expr::text("leastwise"));
    body.push(Item::Attribute("labels", Expr::Object(vec![label])));
    body.extend(role.owner.as_ref().map(|owner| {
        Item::Attribute("annotations", Expr::Object(vec![("owner".to_owned(), Expr::text(owner))]))
    }));
    Item::Block("metadata".to_owned(), body)
}

fn rule_arguments(rule: &Rule) -> Vec<Item> {
    let list = |texts: &[String]| Expr::texts(texts.iter().cloned());
    match rule {
        Rule::Objects { group, resources, names, verbs } => {
            let mut arguments = vec![
                Item::Attribute("api_groups", list(std::slice::from_ref(group))),
                Item::Attribute("resources", list(resources)),
            ];
            if !names.is_empty() {
                arguments.push(Item::Attribute("resource_names", list(names)));
            }
            arguments.push(Item::Attribute("verbs", list(verbs)));
            arguments
        }
        Rule::Paths { paths, verbs } => {
            vec![Item::Attribute("non_resource_urls", list(paths)), Item::Attribute("verbs", list(verbs))]
        }
    }
}
