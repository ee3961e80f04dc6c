//! `kubernetes.txt` line by line: what comes out is read back by Kubernetes' own types, holds exactly the rules that
//! are expected, and an evaluator of rules allows what they say and denies its neighbours.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject};
use leastwise_generate::intent::{Fault, Intent};
use leastwise_generate::lower::kubernetes::{self, Compiled, prove};
use leastwise_generate::render::{KubernetesFormat, Names, kubernetes_value, render_kubernetes};
use serde_json::Value;

const SPEC: &str = include_str!("kubernetes.txt");
const HOLDER: &str = "trust: {service_account: agent, namespace: agents}";

/// `VERB RESOURCE` in a role that a service account holds.
fn compile(verb: &str, resource: &str) -> Result<Compiled, Vec<Fault>> {
    compile_role(
        &format!("permissions: [{{{verb}: it}}]\n    {HOLDER}"),
        &format!("it: {{kubernetes: '{resource}'}}"),
    )
}

fn compile_role(role: &str, resources: &str) -> Result<Compiled, Vec<Fault>> {
    let text = format!("roles:\n  Agent:\n    {role}\nresources:\n  {resources}\n");
    let intent = Intent::from_yaml("roles.yaml", &text).map_err(|error| error.faults)?;
    let mut roles = kubernetes::compile(&intent, None).map_err(|error| error.faults)?;
    Ok(roles.remove(0))
}

/// The objects as the API server reads them.
#[derive(Default)]
struct Cluster {
    roles: Vec<Role>,
    bindings: Vec<RoleBinding>,
    cluster_roles: Vec<ClusterRole>,
    cluster_bindings: Vec<ClusterRoleBinding>,
}

fn read<T: serde::de::DeserializeOwned + serde::Serialize>(value: &Value) -> T {
    let object: T = serde_json::from_value(value.clone()).expect("an object of its kind");
    let back = serde_json::to_value(&object).expect("json");
    assert_eq!(back, *value, "a field that Kubernetes does not know");
    object
}

fn cluster(role: &Compiled) -> Cluster {
    let mut cluster = Cluster::default();
    for item in kubernetes_value(role)["items"].as_array().expect("items") {
        match item["kind"].as_str().expect("a kind") {
            "Role" => cluster.roles.push(read(item)),
            "RoleBinding" => cluster.bindings.push(read(item)),
            "ClusterRole" => cluster.cluster_roles.push(read(item)),
            "ClusterRoleBinding" => cluster.cluster_bindings.push(read(item)),
            _ => drop(read::<ServiceAccount>(item)),
        }
    }
    cluster
}

/// A request: <https://kubernetes.io/docs/reference/access-authn-authz/authorization/#review-your-request-attributes>
#[derive(Clone, Debug)]
struct Asked<'a> {
    account: (&'a str, &'a str),
    namespace: &'a str,
    group: &'a str,
    resource: &'a str,
    name: &'a str,
    verb: &'a str,
}

impl Cluster {
    /// What RBAC decides.
    fn allows(&self, asked: &Asked<'_>) -> bool {
        let held = |subjects: &Option<Vec<Subject>>| {
            subjects.iter().flatten().any(|subject| {
                subject.kind == "ServiceAccount"
                    && subject.namespace.as_deref() == Some(asked.account.0)
                    && subject.name == asked.account.1
            })
        };
        let bound = self.bindings.iter().filter(|binding| {
            binding.metadata.namespace.as_deref() == Some(asked.namespace) && held(&binding.subjects)
        });
        let mut rules: Vec<&PolicyRule> = Vec::new();
        for binding in bound {
            assert_eq!(binding.role_ref.kind, "Role");
            let is = |role: &&Role| {
                role.metadata.name.as_ref() == Some(&binding.role_ref.name)
                    && role.metadata.namespace == binding.metadata.namespace
            };
            let role = self.roles.iter().find(is).expect("the role that is bound");
            rules.extend(role.rules.iter().flatten());
        }
        for binding in self.cluster_bindings.iter().filter(|binding| held(&binding.subjects)) {
            let is = |role: &&ClusterRole| role.metadata.name.as_ref() == Some(&binding.role_ref.name);
            let role = self.cluster_roles.iter().find(is).expect("the role that is bound");
            rules.extend(role.rules.iter().flatten());
        }
        rules.into_iter().any(|rule| holds(rule, asked))
    }
}

fn holds(rule: &PolicyRule, asked: &Asked<'_>) -> bool {
    let any = |list: &Option<Vec<String>>, text: &str| {
        list.iter().flatten().any(|item| item == "*" || item == text)
    };
    if asked.group == "path" {
        let paths = rule.non_resource_urls.iter().flatten();
        let fits = |path: &String| match path.strip_suffix('*') {
            Some(stem) => asked.resource.starts_with(stem),
            None => path == asked.resource,
        };
        return paths.into_iter().any(fits) && rule.verbs.iter().any(|verb| verb == asked.verb);
    }
    // `*`, `pods/log` and `*/log`, but no `pods/*`.
    let below = asked.resource.split_once('/').map(|(_, below)| format!("*/{below}"));
    let resource = any(&rule.resources, asked.resource)
        || below.is_some_and(|below| rule.resources.iter().flatten().any(|item| *item == below));
    let name = rule.resource_names.as_ref().is_none_or(|names| names.iter().any(|name| name == asked.name));
    rule.verbs.iter().any(|verb| verb == "*" || verb == asked.verb)
        && any(&rule.api_groups, asked.group)
        && resource
        && name
}

/// Every (where, group, resource, name, verb) that the rules say.
fn said(role: &Compiled) -> BTreeSet<String> {
    let cluster = cluster(role);
    let mut said = BTreeSet::new();
    let roles = cluster.roles.iter().map(|role| (role.metadata.namespace.clone(), role.rules.clone()));
    let everywhere = cluster.cluster_roles.iter().map(|role| (None, role.rules.clone()));
    for (namespace, rules) in roles.chain(everywhere) {
        let place = namespace.unwrap_or_else(|| "-".to_owned());
        for rule in rules.into_iter().flatten() {
            let names = rule.resource_names.unwrap_or_else(|| vec![String::new()]);
            let paths = rule.non_resource_urls.into_iter().flatten().map(|path| ("path".to_owned(), path));
            let groups = rule.api_groups.unwrap_or_default();
            let resources = rule.resources.unwrap_or_default();
            let pairs = groups
                .iter()
                .flat_map(|group| resources.iter().map(move |resource| (group.clone(), resource.clone())));
            for (group, resource) in pairs.chain(paths) {
                for name in &names {
                    for verb in &rule.verbs {
                        let group = if group.is_empty() { "core" } else { &group };
                        said.insert(format!("{place} {group} {resource} {name} {verb}"));
                    }
                }
            }
        }
    }
    said
}

fn expected(rules: &str) -> BTreeSet<String> {
    let mut expected = BTreeSet::new();
    for rule in rules.split("; ") {
        let words: Vec<&str> = rule.split_whitespace().collect();
        let [place, group, what, verbs] = words.as_slice() else { panic!("no rule: {rule}") };
        let (resources, names) = what.split_once('=').unwrap_or((what, ""));
        for resource in resources.split(',') {
            for name in names.split(',') {
                for verb in verbs.split(',') {
                    expected.insert(format!("{place} {group} {resource} {name} {verb}"));
                }
            }
        }
    }
    expected
}

/// Everything that the rules allow is allowed; nobody else, nothing elsewhere, no other verb, resource or name is.
fn check_neighbours(line: &str, role: &Compiled) {
    let cluster = cluster(role);
    for tuple in said(role) {
        let parts: Vec<&str> = tuple.split(' ').collect();
        let [place, group, resource, name, verb] = parts.as_slice() else { panic!("{tuple}") };
        let own = Asked {
            account: ("agents", "agent"),
            namespace: if *place == "-" { "any" } else { place },
            group: if *group == "core" { "" } else { group },
            resource: if *resource == "*" { "widgets" } else { resource },
            name: if name.is_empty() { "some" } else { name },
            verb: if *verb == "*" { "anything" } else { verb },
        };
        assert!(cluster.allows(&own), "{line}: {own:?}");
        let mut others = vec![
            Asked { account: ("agents", "other"), ..own.clone() },
            Asked { account: ("other", "agent"), ..own.clone() },
        ];
        if *place != "-" {
            others.push(Asked { namespace: "elsewhere", ..own.clone() });
        }
        if !name.is_empty() {
            others.push(Asked { name: "other", ..own.clone() });
        }
        if *group != "*" {
            others.push(Asked { resource: "others", ..own.clone() });
            others.push(Asked { group: "other.example.com", ..own.clone() });
        }
        if *verb != "*" {
            others.push(Asked { verb: "escalate-it", ..own.clone() });
        }
        for other in others {
            assert!(!cluster.allows(&other), "{line}: {other:?}");
        }
    }
}

/// The questions that `--tests` writes come out as they say.
fn check_proofs(line: &str, role: &Compiled) {
    let cluster = cluster(role);
    let proofs = prove::proofs(role);
    assert!(proofs[0].allowed, "{line}");
    for proof in proofs {
        let own = match &proof.on {
            prove::Asked::Path(path) => ("", "path", path.clone(), ""),
            prove::Asked::Objects { namespace, group, resource, below, name } => {
                let below = below.iter().map(|below| format!("/{below}"));
                let full = std::iter::once(resource.clone()).chain(below).collect::<String>();
                (namespace.as_deref().unwrap_or(""), group.as_str(), full, name.as_deref().unwrap_or(""))
            }
        };
        let (namespace, group, resource, name) = (own.0, own.1, own.2.as_str(), own.3);
        let asked =
            Asked { account: ("agents", "agent"), namespace, group, resource, name, verb: &proof.verb };
        assert_eq!(cluster.allows(&asked), proof.allowed, "{line}: {proof:?}");
    }
}

#[test]
fn every_line_comes_out_as_it_says() {
    let (mut lines, mut wrong) = (0, Vec::new());
    for line in SPEC.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (verb, resource, sign) = (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next());
        let rest = words.collect::<Vec<_>>().join(" ");
        lines += 1;
        match (sign, compile(verb, resource)) {
            (Some("="), Ok(role)) if said(&role) == expected(&rest) => {
                check_neighbours(line, &role);
                check_proofs(line, &role);
            }
            (Some("="), Ok(role)) => wrong.push(format!("{line}\n  gives {:?}", said(&role))),
            (Some("!"), Err(faults)) if faults.iter().any(|it| it.to_string().contains(&rest)) => {}
            (Some("?"), Ok(role)) if role.warnings.iter().any(|it| it.text.contains(&rest)) => {}
            (_, Ok(role)) => wrong.push(format!("{line}\n  gives {:?}, {:?}", said(&role), role.warnings)),
            (_, Err(faults)) => wrong.push(format!("{line}\n  gives {faults:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lines >= 100, "{lines}");
}

#[test]
fn rules_are_as_few_as_say_exactly_what_was_meant() {
    let role = compile_role(
        &format!("permissions: [{{read: [a, b, all]}}, {{update: [a, b]}}, {{list: all}}, {{read: s}}]\n    {HOLDER}"),
        "a: {kubernetes: shop/apps/deployments/a}\n  b: {kubernetes: shop/apps/deployments/b}\n  \
         all: {kubernetes: shop/apps/deployments}\n  s: {kubernetes: stage/apps/deployments}",
    )
    .expect("it compiles");
    let rules: Vec<usize> = role.grants.iter().map(|granted| granted.rules.len()).collect();
    assert_eq!(rules, [2, 1], "{:?}", role.grants);
    assert_eq!(
        said(&role),
        expected(
            "shop apps deployments get,list; shop apps deployments=a,b patch,update; stage apps deployments get"
        )
    );
}

#[test]
fn a_service_account_is_made_where_all_is_and_asked_for_where_it_is_not() {
    let made = compile_role("permissions: [{read: it}]", "it: {kubernetes: shop/pods}").expect("it compiles");
    assert_eq!(made.made.as_ref().map(|it| (&*it.namespace, &*it.name)), Some(("shop", "agent")));
    assert_eq!(made.held_by, made.made.clone().into_iter().collect::<Vec<_>>());
    for resource in ["[shop/pods, stage/pods]", "cluster/nodes"] {
        let faults = compile_role("permissions: [{read: it}]", &format!("it: {{kubernetes: {resource}}}"))
            .expect_err("nobody knows where");
        assert!(faults[0].to_string().contains("write `trust: {service_account"), "{faults:?}");
    }
}

#[test]
fn a_cluster_s_token_names_a_service_account_that_exists() {
    let role = compile_role(
        "permissions: [{read: it}]\n    trust: [{kubernetes: oidc.example.com, namespace: a, service_account: b}, lambda]",
        "it: {kubernetes: shop/pods}",
    )
    .expect("it compiles");
    assert!(role.made.is_none());
    assert_eq!((&*role.held_by[0].namespace, &*role.held_by[0].name), ("a", "b"));
    assert!(role.warnings[0].text.contains("only service accounts"), "{:?}", role.warnings);
    let faults = compile_role("permissions: [{read: it}]\n    trust: lambda", "it: {kubernetes: shop/pods}")
        .expect_err("a service of AWS");
    assert!(faults[0].to_string().starts_with("roles.yaml:4:12: only a service account"), "{faults:?}");
}

#[test]
fn what_rbac_cannot_say_is_refused_each_at_its_place() {
    for (line, what) in [
        ("never: [{delete: it}]", "`never`"),
        ("approval: [{delete: it}]", "`approval`"),
        ("boundary: true", "`boundary`"),
        ("session: 1h", "`session`"),
        ("expires: 2027-01-01", "`expires`"),
        ("conditions: {mfa: true}", "`mfa`"),
        ("conditions: {region: eu-west-1}", "`region`"),
        ("conditions: {network: 192.0.2.0/24}", "`network`"),
        ("conditions: {vpc: vpc-1}", "`vpc`"),
        ("conditions: {vpc_endpoint: vpce-1}", "`vpc_endpoint`"),
        ("conditions: {time: {before: 2027-01-01}}", "`time`"),
        ("conditions: {tags: {env: dev}}", "`tags`"),
    ] {
        let role = format!("permissions: [{{read: it}}]\n    {line}");
        let faults = compile_role(&role, "it: {kubernetes: shop/pods}").expect_err(line);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].to_string().starts_with("roles.yaml:4:"), "{faults:?}");
        assert!(faults[0].message.contains(what), "{faults:?}");
    }
    assert!(
        compile_role("permissions: [{read: it}]\n    boundary: false", "it: {kubernetes: shop/pods}").is_ok()
    );
}

#[test]
fn a_name_that_stands_for_nothing_here_is_an_error_with_its_place_and_the_way_out() {
    let faults = compile_role("permissions: [{read: it}]", "it: arn:aws:s3:::bucket").expect_err("aws");
    let text = faults[0].to_string();
    assert!(
        text.starts_with("roles.yaml:3:26: the resource `it` stands for nothing on kubernetes"),
        "{text}"
    );
    assert!(text.contains("write `kubernetes: shop/apps/deployments/web` at roles.yaml:5:3"), "{text}");
    let faults =
        compile_role("permissions: [{read: ti}]", "it: {kubernetes: shop/pods}").expect_err("a typo");
    assert!(faults[0].to_string().contains("did you mean `it`?"), "{faults:?}");
}

#[test]
fn environments_are_told_apart() {
    let text = "roles:\n  Agent:\n    permissions: [{read: it}]\nresources:\n  it:\n    kubernetes: shop/pods\n    \
                environments:\n      test: {kubernetes: shop-test/pods}\n";
    let intent = Intent::from_yaml("roles.yaml", text).expect("an intent");
    let namespace = |environment| {
        let roles = kubernetes::compile(&intent, environment).expect("it compiles");
        roles[0].grants[0].namespace.clone()
    };
    assert_eq!(namespace(None).as_deref(), Some("shop"));
    assert_eq!(namespace(Some("test")).as_deref(), Some("shop-test"));
}

#[test]
fn roles_that_would_be_called_the_same_are_refused() {
    let text = "roles:\n  OrderAgent:\n    permissions: [{read: it}]\n  order_agent:\n    permissions: [{read: it}]\n\
                resources:\n  it: 'kubernetes:shop/pods'\n";
    let intent = Intent::from_yaml("roles.yaml", text).expect("an intent");
    let error = kubernetes::compile(&intent, None).expect_err("two of a name");
    assert!(error.to_string().contains("both called `order-agent`"), "{error}");
}

#[test]
fn yaml_json_and_terraform_hold_the_same() {
    let role = compile_role(
        &format!("permissions: [{{read: a}}, {{list: n}}, {{get: p}}]\n    {HOLDER}\n    owner: \"it's: \\\"${{x}}\\\" #\""),
        "a: {kubernetes: shop/apps/deployments/a}\n  n: {kubernetes: cluster/nodes}\n  p: {kubernetes: /metrics}",
    )
    .expect("it compiles");
    let file = |format| render_kubernetes(&mut Names::default(), &role, format);
    let list = kubernetes_value(&role);
    let text = file(KubernetesFormat::Yaml).text;
    let documents: Vec<Value> = text.split("---\n").map(document).collect();
    assert_eq!(Value::Array(documents), list["items"]);
    let json: Value = serde_json::from_str(&file(KubernetesFormat::Json).text).expect("json");
    assert_eq!(json, list);
    let terraform: hcl::Body = hcl::from_str(&file(KubernetesFormat::Terraform).text).expect("hcl");
    let labels: Vec<&str> = terraform.blocks().map(|block| block.labels()[0].as_str()).collect();
    assert_eq!(
        labels,
        [
            "kubernetes_cluster_role_v1",
            "kubernetes_cluster_role_binding_v1",
            "kubernetes_role_v1",
            "kubernetes_role_binding_v1",
        ]
    );
}

/// One YAML document as JSON.
fn document(text: &str) -> Value {
    use saphyr::{LoadableYamlNode, Yaml};
    fn value(node: &Yaml<'_>) -> Value {
        if let Some(entries) = node.as_mapping() {
            let entries =
                entries.iter().map(|(key, item)| (key.as_str().expect("a text").to_owned(), value(item)));
            return Value::Object(entries.collect());
        }
        match node.as_sequence() {
            Some(items) => items.iter().map(value).collect(),
            None => node.as_str().expect("a text").into(),
        }
    }
    value(&Yaml::load_from_str(text).expect("yaml")[0])
}
