//! An intent as roles: what was said by flags, in words or by a refusal, in the form of roles YAML (of which JSON is a
//! part), so that it can be kept, shown and read again.

use serde_json::{Map, Value, json};

use super::{Binding, Boundary, Intent, Limit, Permission, Role, Said, Target, Trust};

impl Intent {
    /// The roles and resources as a JSON value that [`Intent::from_yaml`] reads as the same intent, places aside.
    pub fn to_value(&self) -> Value {
        let roles: Map<String, Value> =
            self.roles.iter().map(|role| (role.name.value.clone(), written(role))).collect();
        let resources: Map<String, Value> =
            self.resources.iter().map(|binding| (binding.name.value.clone(), bound(binding))).collect();
        match resources.is_empty() {
            true => json!({"roles": roles}),
            false => json!({"roles": roles, "resources": resources}),
        }
    }
}

fn written(role: &Role) -> Value {
    let mut value = Map::new();
    let lists = [("permissions", &role.permissions), ("never", &role.never), ("approval", &role.approval)];
    for (key, list) in lists {
        if !list.is_empty() {
            value.insert(key.to_owned(), list.iter().map(permission).collect());
        }
    }
    let trust: Vec<Value> = role.trust.iter().flat_map(|said| trust(&said.value)).collect();
    if !trust.is_empty() {
        value.insert("trust".to_owned(), Value::from(trust));
    }
    let mut conditions = Map::new();
    for said in &role.conditions {
        condition(&said.value, &mut conditions);
    }
    if !conditions.is_empty() {
        value.insert("conditions".to_owned(), Value::Object(conditions));
    }
    let boundary = role.boundary.as_ref().map(|said| match &said.value {
        Boundary::Own => Value::from("true"),
        Boundary::None => Value::from("false"),
        Boundary::Existing(arn) => Value::from(arn.as_str()),
    });
    let settings = [
        ("boundary", boundary),
        ("session", role.session.as_ref().map(|said| Value::from(format!("{}s", said.value)))),
        ("owner", role.owner.as_ref().map(|said| Value::from(said.value.as_str()))),
        ("expires", role.expires.as_ref().map(|said| Value::from(said.value.to_string()))),
    ];
    value.extend(settings.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    Value::Object(value)
}

fn permission(permission: &Permission) -> Value {
    json!({permission.verb.value.as_str(): permission.resource.value})
}

fn trust(trust: &Trust) -> Vec<Value> {
    let some = |pairs: &[(&str, Option<&str>)]| {
        let entries =
            pairs.iter().filter_map(|(key, value)| Some(((*key).to_owned(), Value::from((*value)?))));
        Value::Object(entries.collect())
    };
    match trust {
        Trust::Service(name) => vec![some(&[("service", Some(name))])],
        Trust::Account { principal, external_id } => {
            vec![some(&[("account", Some(principal)), ("external_id", external_id.as_deref())])]
        }
        Trust::Oidc { provider, account, audience, subjects } => subjects
            .iter()
            .map(|subject| {
                some(&[
                    ("oidc", Some(provider)),
                    ("audience", Some(audience)),
                    ("subject", Some(subject)),
                    ("account", account.as_deref()),
                ])
            })
            .collect(),
        Trust::Spiffe { id, trust_anchor } => {
            vec![some(&[("spiffe", Some(id)), ("trust_anchor", trust_anchor.as_deref())])]
        }
        Trust::ServiceAccount { namespace, name } => {
            vec![some(&[("service_account", Some(name)), ("namespace", Some(namespace))])]
        }
    }
}

fn condition(limit: &Limit, conditions: &mut Map<String, Value>) {
    let (key, value) = match limit {
        Limit::Region(texts) => ("region", json!(texts)),
        Limit::Network(texts) => ("network", json!(texts)),
        Limit::Vpc(texts) => ("vpc", json!(texts)),
        Limit::VpcEndpoint(texts) => ("vpc_endpoint", json!(texts)),
        Limit::Mfa(wanted) => ("mfa", json!(wanted)),
        Limit::Tags(tags) => ("tags", json!(tags)),
        Limit::Time { after, before } => {
            let ends = [("after", after), ("before", before)];
            let ends = ends
                .into_iter()
                .filter_map(|(key, end)| Some((key.to_owned(), end.as_ref()?.to_string().into())));
            ("time", Value::Object(ends.collect()))
        }
    };
    conditions.insert(key.to_owned(), value);
}

fn bound(binding: &Binding) -> Value {
    let mut value = Map::new();
    if !binding.aws.is_empty() {
        value.insert("aws".to_owned(), binding.aws.iter().map(target).collect());
    }
    for (platform, texts) in &binding.elsewhere {
        value.insert(platform.clone(), several(texts));
    }
    let mut environments: Map<String, Value> = Map::new();
    for (name, targets) in &binding.environments {
        let targets: Value = targets.iter().map(target).collect();
        environments.insert(name.clone(), json!({"aws": targets}));
    }
    for (name, by_target) in &binding.environments_elsewhere {
        let entry = environments.entry(name.clone()).or_insert_with(|| json!({}));
        for (platform, texts) in by_target {
            entry[platform.as_str()] = several(texts);
        }
    }
    if !environments.is_empty() {
        value.insert("environments".to_owned(), Value::Object(environments));
    }
    Value::Object(value)
}

fn several(texts: &[Said<String>]) -> Value {
    texts.iter().map(|said| Value::from(said.value.as_str())).collect()
}

fn target(said: &Said<Target>) -> Value {
    Value::from(match &said.value {
        Target::Arn(arn) => arn.clone(),
        Target::Partial { service, resource } => format!("{service}:{resource}"),
        Target::Service { prefix, kind: None } => prefix.clone(),
        Target::Service { prefix, kind: Some(kind) } => format!("{prefix}:{kind}"),
        Target::Name(name) => name.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::Form;
    use crate::lower::aws::{self, Options};
    use leastwise_catalog::Catalog;

    const ROLES: &str = "
roles:
  Worker:
    permissions: [{read: orders}, {send: queue}, {'rds-data:ExecuteStatement': db}]
    never: [{delete: orders}]
    approval: [{delete: queue}]
    trust: [lambda, '444455556666', {account: '555566667777', external_id: x}, {github: acme/shop, branch: main}, {spiffe: 'spiffe://example.org/a'}]
    conditions: {region: [eu-west-1, eu-west-2], mfa: true, tags: {env: dev}, time: {before: 2026-12-31}}
    boundary: true
    session: 90m
    owner: team
    expires: 2027-01-01
resources:
  orders: {aws: 'dynamodb:table/orders', environments: {test: 'arn:aws:dynamodb:eu-west-1:111122223333:table/t'}, gcp: 'x'}
  queue: sqs:queue-1
  db: arn:aws:rds:eu-west-1:111122223333:cluster:db
";

    /// What the written intent comes to, and what the intent itself comes to.
    fn same(intent: &Intent) {
        let text = intent.to_value().to_string();
        let again = Intent::from_yaml("written", &text).expect(&text);
        assert_eq!(again.to_value().to_string(), text);
        for environment in [None, Some("test".to_owned())] {
            let options =
                Options { environment, account: Some("111122223333".to_owned()), ..Options::default() };
            let compiled = |intent: &Intent| {
                let roles = aws::compile(intent, Catalog::embedded(), &options).expect(&text);
                let written = |role: &aws::Compiled| {
                    let policies = role.identity.iter().map(|named| &named.policy).chain(&role.trust);
                    let policies: Vec<String> = policies.map(|policy| policy.to_json()).collect();
                    (role.role.clone(), policies, role.session, role.owner.clone())
                };
                roles.iter().map(written).collect::<Vec<_>>()
            };
            assert_eq!(compiled(&again), compiled(intent), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        same(&Intent::from_yaml("roles.yaml", ROLES).expect("roles"));
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        let form = Form {
            name: "r".to_owned(),
            from: texts(&["lambda"]),
            to: texts(&[
                "dynamodb:write,table/Orders",
                "textract:analyze-document",
                "s3:read,arn:aws:s3:::b",
            ]),
            never: texts(&["dynamodb:delete,table/Orders"]),
            only: texts(&["region=eu-west-1", "network=203.0.113.0/24"]),
        };
        same(&Intent::from_form(&form).expect("a form"));
    }
}
