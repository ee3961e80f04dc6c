//! What a part of an intent is compiled to: texts that are read as if they lay in the repository, each with what is
//! needed to say at which line of the intent a part of it is asked for.

use std::collections::HashMap;
use std::sync::Arc;

use leastwise_analysis::check::{Estate, SourceFile, Thing, UNKNOWN_ACCOUNT};
use leastwise_analysis::source::{Entry, Node, Place, Value as Tree};
use leastwise_catalog::Catalog;
use leastwise_generate::intent::{self, Intent, IntentError};
use leastwise_generate::lower::aws::{self, prove};
use leastwise_generate::lower::{azure, cedar, gcp, github, kubernetes};
use leastwise_generate::render::{cedar_text, gcp_value, kubernetes_value};
use serde_json::{Value, json};

use super::parts::{Part, Platform};

/// A text that was made of a role.
pub struct Text {
    /// The text, under a name that no file has.
    pub source: SourceFile,
    /// The role.
    pub role: String,
    /// Where the intent begins it.
    pub begins: Place,
    /// What is asked for where.
    asked: Vec<Asked>,
    /// On what kind of resource a policy of Google Cloud is, and on which.
    on: Option<(String, String)>,
}

/// Operations, or verbs on resources, and the line that asks for them.
struct Asked {
    words: Vec<String>,
    resources: Vec<String>,
    place: Place,
}

/// What was made of one part.
#[derive(Default)]
pub struct Made {
    /// A listing of an account for each role on AWS, and what was compiled.
    pub aws: Vec<(Value, aws::Compiled, Place)>,
    /// Of all other platforms.
    pub texts: Vec<Text>,
    /// Policies of Cedar, with where the intent begins the role.
    pub cedar: Vec<(String, Place)>,
}

/// Compiles a part. `file` names the texts; with `apart` it is deployed to an account of its own.
pub fn compile(
    part: &Part,
    intent: &Intent,
    file: &Arc<str>,
    apart: bool,
    catalog: &Catalog,
) -> Result<Made, IntentError> {
    let environment = part.environment.clone();
    let mut made = Made::default();
    let begins = |name: &str| {
        let role = intent.roles.iter().find(|role| role.name.value == name);
        role.map_or(Place::START, |role| place(&role.name.place))
    };
    let mut add = |role: &str, value: &Value, asked: Vec<Asked>, on: Option<(String, String)>| {
        let number = made.texts.len();
        let at = environment.as_deref().unwrap_or_default();
        let name = format!("{file}/{}/{at}/{number}-{role}.json", part.platform.name());
        let source = SourceFile { name: name.into(), text: value.to_string(), named: true, beside: false };
        made.texts.push(Text { source, role: role.to_owned(), begins: begins(role), asked, on });
    };
    match part.platform {
        Platform::Aws => {
            let options = aws::Options {
                partition: "aws".to_owned(),
                account: Some(account(file, apart, environment.as_deref())),
                region: Some("eu-west-1".to_owned()),
                environment,
                keys: false,
            };
            for compiled in aws::compile(intent, catalog, &options)? {
                let begins = begins(&compiled.role);
                made.aws.push((listing(&compiled, intent, &options), compiled, begins));
            }
        }
        Platform::Gcp => {
            let options = gcp::Options { project: None, environment: environment.clone() };
            for compiled in gcp::compile(intent, &options)? {
                let asked = || compiled.reasons.iter().map(of_cloud).collect::<Vec<_>>();
                let documents = gcp_value(&compiled);
                for (key, document) in documents.as_object().into_iter().flatten() {
                    if key.starts_with("role") {
                        add(&compiled.role, document, asked(), None);
                    }
                }
                let policies = documents["bindings"].as_array().into_iter().flatten();
                for (policy, binding) in policies.zip(&compiled.bindings) {
                    let kind = binding.terraform.trim_start_matches("google_");
                    let kind = kind.rsplit_once("_iam_").map_or(kind, |(kind, _)| kind).replace('_', " ");
                    let on = (kind, binding.resource.clone());
                    add(&compiled.role, &policy["policy"], asked(), Some(on));
                }
            }
        }
        Platform::Azure => {
            for compiled in azure::compile(intent, &azure::Options { environment: environment.clone() })? {
                let asked = || compiled.reasons.iter().map(of_cloud).collect::<Vec<_>>();
                for custom in &compiled.roles {
                    let definition = json!({
                        "Name": custom.name, "IsCustom": true, "Actions": custom.actions, "NotActions": [],
                        "DataActions": custom.data_actions, "NotDataActions": [],
                        "AssignableScopes": custom.assignable_scopes,
                    });
                    add(&compiled.role, &definition, asked(), None);
                }
                for assignment in &compiled.assignments {
                    let name = match &assignment.grants {
                        azure::Grants::Custom(index) => {
                            compiled.roles.get(*index).map_or("", |custom| custom.name.as_str())
                        }
                        azure::Grants::BuiltIn(name, _) => name,
                    };
                    let assigned = json!({
                        "roleDefinitionName": name, "scope": assignment.scope,
                        "principalId": compiled.identity.name, "condition": assignment.condition,
                    });
                    add(&compiled.role, &assigned, asked(), None);
                }
            }
        }
        Platform::Kubernetes => {
            for compiled in kubernetes::compile(intent, environment.as_deref())? {
                let asked = compiled.reasons.iter().map(|reason| Asked {
                    words: reason.verbs.clone(),
                    resources: reason.resources.clone(),
                    place: place(&reason.place),
                });
                add(&compiled.role, &kubernetes_value(&compiled), asked.collect(), None);
            }
        }
        Platform::Cedar => {
            for compiled in cedar::compile(intent, environment.as_deref())? {
                made.cedar.push((cedar_text(&compiled), begins(&compiled.role)));
            }
        }
        // No check is about its permissions: that they are GitHub's own is what compiling says.
        Platform::Github => drop(github::compile(intent, environment.as_deref())?),
    }
    Ok(made)
}

/// What stands for the account: one for all files, unless a file or an environment is apart. Its number, which no account
/// has, follows from their names alone.
fn account(file: &str, apart: bool, environment: Option<&str>) -> String {
    if !apart && environment.is_none() {
        return UNKNOWN_ACCOUNT.to_owned();
    }
    let file = if apart { file } else { "" };
    let bytes = file.bytes().chain(environment.unwrap_or_default().bytes());
    let number = bytes.fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{:012}", 50_000 + number % 50_000)
}

/// A role as a listing of an account.
fn listing(compiled: &aws::Compiled, intent: &Intent, options: &aws::Options) -> Value {
    let mut page: Value = serde_json::from_str(&prove::snapshot(compiled, options)).unwrap_or_default();
    let said = intent.roles.iter().find(|role| role.name.value == compiled.role);
    let mut tags = vec![json!({"Key": "leastwise:agent", "Value": "yes"})];
    tags.extend(compiled.owner.iter().map(|owner| json!({"Key": "owner", "Value": owner})));
    let expires = said.and_then(|role| role.expires.as_ref());
    tags.extend(expires.map(|end| json!({"Key": "expires", "Value": end.value.to_string()})));
    page["RoleDetailList"][0]["Tags"] = json!(tags);
    page
}

pub fn place(place: &intent::Place) -> Place {
    Place { line: place.line.max(1), column: place.column.max(1) }
}

fn of_cloud(reason: &leastwise_generate::lower::cloud::Reason) -> Asked {
    Asked { words: vec![reason.operation.clone()], resources: Vec::new(), place: place(&reason.place) }
}

/// Puts what was read of the texts where the intent asks for it.
pub fn settle(estate: &mut Estate, texts: &HashMap<Arc<str>, (&Arc<str>, &Text)>) {
    let of = |thing: &Thing| texts.get(&thing.file).copied();
    for role in &mut estate.kubernetes.roles {
        move_thing(&mut role.thing, of);
    }
    for binding in &mut estate.kubernetes.bindings {
        move_thing(&mut binding.thing, of);
    }
    for account in &mut estate.kubernetes.accounts {
        move_thing(&mut account.thing, of);
    }
    for role in &mut estate.gcp.roles {
        move_thing(&mut role.thing, of);
    }
    for grant in &mut estate.gcp.grants {
        if let Some((on, resource)) = of(&grant.thing).and_then(|(_, text)| text.on.clone()) {
            grant.on = on;
            if let Tree::Map(entries) = &mut grant.thing.root.value {
                let at = grant.thing.root.at;
                let value = Node::new(at, Tree::Text(resource));
                entries.push(Entry { key: "resource".to_owned(), at, value });
            }
        }
        move_thing(&mut grant.thing, of);
    }
    for role in &mut estate.azure.roles {
        move_thing(&mut role.thing, of);
    }
    for assignment in &mut estate.azure.assignments {
        move_thing(&mut assignment.thing, of);
    }
    for finding in &mut estate.unreadable {
        if let Some((file, text)) = texts.get(&finding.file) {
            finding.file = (*file).clone();
            finding.at = text.begins;
        }
    }
    estate.left_alone.retain(|file| !texts.contains_key(file));
}

fn move_thing<'t>(thing: &mut Thing, of: impl Fn(&Thing) -> Option<(&'t Arc<str>, &'t Text)>) {
    let Some((file, text)) = of(thing) else { return };
    thing.file = file.clone();
    thing.pointer = format!("/roles/{}", text.role.replace('~', "~0").replace('/', "~1"));
    thing.root.move_to(text.begins);
    text.put(&mut thing.root);
}

impl Text {
    /// Puts what a line asks for at that line.
    fn put(&self, node: &mut Node) {
        if let Some(place) = self.rule(node) {
            return node.move_to(place);
        }
        match &mut node.value {
            Tree::Text(operation) => {
                let is_it = |asked: &&Asked| {
                    asked.resources.is_empty()
                        && asked.words.iter().any(|word| word.eq_ignore_ascii_case(operation))
                };
                if let Some(asked) = self.asked.iter().find(is_it) {
                    node.at = asked.place;
                }
            }
            Tree::List(items) => items.iter_mut().for_each(|item| self.put(item)),
            Tree::Map(entries) => entries.iter_mut().for_each(|entry| self.put(&mut entry.value)),
            _ => {}
        }
    }

    /// The line that asks for a rule of Kubernetes.
    fn rule(&self, node: &Node) -> Option<Place> {
        let list = |key: &str| node.get(key).map(Node::items).unwrap_or_default();
        let verbs = list("verbs");
        let objects = [list("resources"), list("nonResourceURLs")].concat();
        let has = |nodes: &[Node], words: &[String]| {
            nodes.iter().filter_map(Node::text).any(|text| words.iter().any(|word| word == text))
        };
        let is_it = |asked: &&Asked| has(verbs, &asked.words) && has(&objects, &asked.resources);
        self.asked.iter().find(is_it).map(|asked| asked.place)
    }
}
