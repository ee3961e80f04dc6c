//! A model's reply → an intent, read as if an adversary had written it.
//!
//! Refused, so that the model is asked once more: prose, what has not the form of roles, a resource that the words do
//! not name, a wildcard, `admin` that nobody asked for. Scrubbed and listed: a verb or an action that the catalogue
//! does not know for that resource. Everything is checked with the stand-ins in it; the names come back last.

use leastwise_catalog::Catalog;
use leastwise_catalog::levels::LEVELS;
use serde_json::{Map, Value};

use super::said::Said;
use super::standin::StandIns;
use crate::intent::{Intent, Permission, Role};
use crate::lower::aws::{self, Options};

/// The longest reply that is read, in bytes.
pub const LONGEST_REPLY: usize = 64 << 10;
/// The most roles of a reply.
const MOST_ROLES: usize = 20;
/// What a role is called whose name says more than the words do.
const UNNAMED: &str = "generated";
/// The lists of permissions of a role.
const LISTS: [&str; 3] = ["permissions", "never", "approval"];

/// What a model proposed, as far as it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The intent.
    pub intent: Intent,
    /// The same as it is written: roles as JSON, which is roles YAML too.
    pub text: String,
    /// What was proposed and means nothing, so it is left out.
    pub scrubbed: Vec<String>,
}

/// Reads a reply.
///
/// # Errors
/// What is wrong with it, in the reply's own words, to be sent back.
pub fn read(
    reply: &str,
    stand_ins: &StandIns,
    catalog: &Catalog,
    options: &Options,
) -> Result<Proposal, Vec<String>> {
    let json = object(reply)?;
    let intent = roles(json)?;
    let mut value: Value = serde_json::from_str(json).map_err(|_| vec![NOT_JSON.to_owned()])?;
    let said = Said::new(stand_ins, catalog);
    let mut faults = Vec::new();
    check(&value, &said, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut scrubbed = scrub(&mut value, &intent, catalog, options);
    let left = value["roles"].as_object().map_or(0, Map::len);
    if left == 0 {
        faults.push("no permission is left that the catalogue knows".to_owned());
        faults.extend(scrubbed);
        return Err(faults);
    }
    rename(&mut value, &said);
    let value = restored(&value, stand_ins);
    for line in &mut scrubbed {
        *line = stand_ins.restored(line);
    }
    let text = format!("{value:#}\n");
    match Intent::from_yaml("the model's proposal", &text) {
        Ok(intent) => Ok(Proposal { intent, text, scrubbed }),
        // Names with what YAML reads otherwise; said without them, since this goes back to the model.
        Err(_) => Err(vec!["with the names put back, it is not of the form of roles".to_owned()]),
    }
}

const NOT_JSON: &str = "the reply is not one JSON object";

/// The object of a reply: the whole text, or what one code fence holds.
fn object(reply: &str) -> Result<&str, Vec<String>> {
    if reply.len() > LONGEST_REPLY {
        return Err(vec![format!("the reply is longer than {} KiB", LONGEST_REPLY >> 10)]);
    }
    let text = reply.trim();
    let fenced = text.strip_prefix("```json").or_else(|| text.strip_prefix("```"));
    let text = fenced.and_then(|text| text.strip_suffix("```")).map_or(text, str::trim);
    match text.starts_with('{') && text.ends_with('}') {
        true => Ok(text),
        false => Err(vec![NOT_JSON.to_owned()]),
    }
}

fn roles(json: &str) -> Result<Intent, Vec<String>> {
    if serde_json::from_str::<Value>(json).is_err() {
        return Err(vec![NOT_JSON.to_owned()]);
    }
    let intent = Intent::from_yaml("reply", json)
        .map_err(|error| error.faults.iter().map(ToString::to_string).collect::<Vec<String>>())?;
    match intent.roles.len() {
        0 => Err(vec!["there are no roles".to_owned()]),
        many if many > MOST_ROLES => Err(vec![format!("more than {MOST_ROLES} roles")]),
        _ => Ok(intent),
    }
}

/// Notes everything that the words do not say, and everything that would widen.
fn check(value: &Value, said: &Said<'_>, faults: &mut Vec<String>) {
    let empty = Map::new();
    for (name, role) in value["roles"].as_object().unwrap_or(&empty) {
        for list in LISTS {
            for (verb, resource) in pairs(&role[list]) {
                verb_is_asked(verb, list, said, faults);
                resource_is_said(resource, value, said, faults);
            }
        }
        for (key, setting) in role.as_object().unwrap_or(&empty) {
            if LISTS.contains(&key.as_str()) {
                continue;
            }
            for text in texts(setting) {
                let fine = if key == "trust" { said.is_holder(&text) } else { said.is_said(&text) };
                if !fine {
                    faults
                        .push(format!("`{text}` of `{key}` in the role `{name}` is not in the description"));
                }
            }
        }
    }
    for (name, binding) in value["resources"].as_object().unwrap_or(&empty) {
        for text in texts(binding) {
            if text.contains(['*', '?']) && !said.is_binding(&text) {
                faults.push(format!("`{text}`: no wildcards in a resource"));
            } else if !said.is_binding(&text) {
                faults.push(format!("`{name}: {text}` names what the description does not"));
            }
        }
    }
}

fn verb_is_asked(verb: &str, list: &str, said: &Said<'_>, faults: &mut Vec<String>) {
    if verb.contains(['*', '?']) {
        faults.push(format!("`{verb}`: no wildcards in a verb"));
    }
    if verb.eq_ignore_ascii_case("admin") && list != "never" && !said.asks_for_admin() {
        faults.push("`admin` is not asked for: take the least that does what is described".to_owned());
    }
}

fn resource_is_said(resource: &str, value: &Value, said: &Said<'_>, faults: &mut Vec<String>) {
    // A name that `resources` binds is a label: what it is bound to is checked.
    if !value["resources"][resource].is_null() || said.is_binding(resource) {
        return;
    }
    faults.push(format!("the resource `{resource}` is not in the description"));
}

/// The permissions of a list: verb and each resource.
fn pairs(list: &Value) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    for (verb, resources) in list.as_array().into_iter().flatten().filter_map(Value::as_object).flatten() {
        match resources {
            Value::Array(several) => {
                pairs.extend(several.iter().filter_map(|one| Some((verb.as_str(), one.as_str()?))))
            }
            one => pairs.extend(one.as_str().map(|one| (verb.as_str(), one))),
        }
    }
    pairs
}

/// Every text below a value; keys of tags and environments are texts too.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(entries) => entries.values().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// Takes out what means nothing to the catalogue; roles without permissions go too.
fn scrub(value: &mut Value, intent: &Intent, catalog: &Catalog, options: &Options) -> Vec<String> {
    let mut scrubbed = Vec::new();
    let options = Options {
        account: options.account.clone().or_else(|| Some("111122223333".to_owned())),
        region: options.region.clone().or_else(|| Some("us-east-1".to_owned())),
        ..options.clone()
    };
    let Some(roles) = value["roles"].as_object_mut() else { return scrubbed };
    for (name, role) in roles.iter_mut() {
        for list in LISTS {
            let Some(items) = role[list].as_array() else { continue };
            let mut kept = Vec::new();
            for (verb, resource) in pairs(&Value::Array(items.clone())) {
                match meaning(verb, resource, intent, catalog, &options) {
                    Ok(()) => kept.push(serde_json::json!({verb: resource})),
                    Err(why) => scrubbed.push(format!("`{verb}: {resource}` of `{name}`: {why}")),
                }
            }
            role[list] = Value::Array(kept);
        }
    }
    let holds = |role: &Value| {
        LISTS
            .iter()
            .filter(|list| **list != "never")
            .any(|list| role[*list].as_array().is_some_and(|items| !items.is_empty()))
    };
    roles.retain(|_, role| holds(role));
    for role in roles.values_mut().filter_map(Value::as_object_mut) {
        role.retain(|key, value| {
            !(LISTS.contains(&key.as_str()) && value.as_array().is_none_or(Vec::is_empty))
        });
    }
    scrubbed
}

/// Whether one permission compiles by itself.
fn meaning(
    verb: &str,
    resource: &str,
    intent: &Intent,
    catalog: &Catalog,
    options: &Options,
) -> Result<(), String> {
    let place = crate::intent::Place::whole("reply");
    let said = |text: &str| crate::intent::Said::new(text.to_owned(), place.clone());
    let mut role = Role::named(said("role"));
    role.permissions.push(Permission { verb: said(verb), resource: said(resource) });
    let alone = Intent { roles: vec![role], resources: intent.resources.clone() };
    match aws::compile(&alone, catalog, options) {
        Ok(compiled) if compiled.iter().any(|role| !role.identity.is_empty()) => Ok(()),
        Ok(_) => Err("it comes to nothing".to_owned()),
        Err(error) => {
            let known = if LEVELS.contains(&verb) {
                String::new()
            } else {
                format!("; levels are {}", LEVELS.join(", "))
            };
            Err(error.faults.first().map_or(known.clone(), |fault| format!("{}{known}", fault.message)))
        }
    }
}

/// Roles that are called what the words do not say get another name.
fn rename(value: &mut Value, said: &Said<'_>) {
    let Some(roles) = value["roles"].as_object_mut() else { return };
    let mut renamed = Map::new();
    for (name, role) in std::mem::take(roles) {
        let name = if said.is_label(&name) { name } else { UNNAMED.to_owned() };
        let free = std::iter::once(name.clone()).chain((2_u32..).map(|n| format!("{name}-{n}")));
        let name = free.into_iter().find(|name| !renamed.contains_key(name)).unwrap_or(name);
        renamed.insert(name, role);
    }
    *roles = renamed;
}

/// The value with every stand-in put back, in keys too.
fn restored(value: &Value, stand_ins: &StandIns) -> Value {
    match value {
        Value::String(text) => Value::String(stand_ins.restored(text)),
        Value::Array(items) => items.iter().map(|item| restored(item, stand_ins)).collect(),
        Value::Object(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| (stand_ins.restored(key), restored(value, stand_ins)))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str =
        "a Lambda that reads messages from the orders queue and puts items into the CustomerOrders table";

    fn read_reply(words: &str, reply: &str) -> Result<Proposal, Vec<String>> {
        let catalog = Catalog::embedded();
        read(reply, &StandIns::of(words, catalog), catalog, &Options::default())
    }

    fn reply(permissions: &str, resources: &str) -> String {
        format!(
            r#"{{"roles": {{"reader": {{"permissions": [{permissions}], "trust": "lambda"}}}}, "resources": {{{resources}}}}}"#
        )
    }

    const QUEUE: &str = r#""thing0001": "sqs:thing0001", "Thing0002": "dynamodb:table/Thing0002""#;

    #[test]
    fn a_good_reply_becomes_an_intent_with_the_names_put_back() {
        let good = reply(r#"{"receive": "thing0001"}, {"write": "Thing0002"}"#, QUEUE);
        for text in [good.clone(), format!("```json\n{good}\n```"), format!("  {good}\n")] {
            let proposal = read_reply(WORDS, &text).expect("a proposal");
            assert_eq!(proposal.scrubbed, Vec::<String>::new());
            assert!(proposal.text.contains("dynamodb:table/CustomerOrders"), "{}", proposal.text);
            assert!(!proposal.text.contains("hing0"), "{}", proposal.text);
            assert_eq!(proposal.intent.roles[0].name.value, "reader");
        }
    }

    fn refused(words: &str, reply: &str, part: &str) {
        let faults = read_reply(words, reply).expect_err("refused");
        assert!(faults.iter().any(|fault| fault.contains(part)), "{part}: {faults:?}");
    }

    #[test]
    fn what_is_not_in_the_words_is_refused() {
        let read = r#"{"read": "Thing0002"}"#;
        refused(WORDS, "Sure! Here is the role.", NOT_JSON);
        refused(WORDS, "{\"roles\": ", NOT_JSON);
        refused(WORDS, r#"{"policy": {}}"#, "unknown key");
        refused(WORDS, r#"{"roles": {}}"#, "no roles");
        refused(WORDS, &reply(r#"{"read": "other"}"#, ""), "the resource `other` is not in the description");
        refused(
            WORDS,
            &reply(read, r#""Thing0002": "dynamodb:table/Thing0003""#),
            "names what the description does not",
        );
        refused(WORDS, &reply(read, r#""Thing0002": "dynamodb:table/Thing0002-backup""#), "names what");
        refused(WORDS, &reply(read, r#""Thing0002": "dynamodb:table/*""#), "no wildcards");
        refused(
            WORDS,
            &reply(read, r#""Thing0002": "arn:aws:dynamodb:eu-west-1:111122223333:table/Thing0002""#),
            "names what",
        );
        refused(WORDS, &reply(r#"{"*": "Thing0002"}"#, QUEUE), "no wildcards in a verb");
        refused(WORDS, &reply(r#"{"dynamodb:*": "Thing0002"}"#, QUEUE), "no wildcards in a verb");
        refused(WORDS, &reply(r#"{"admin": "Thing0002"}"#, QUEUE), "`admin` is not asked for");
        refused(
            WORDS,
            &reply(read, QUEUE).replace("\"lambda\"", "\"444455556666\""),
            "`444455556666` of `trust`",
        );
        refused(
            WORDS,
            &reply(read, QUEUE).replace("\"trust\": \"lambda\"", "\"owner\": \"mallory\""),
            "`mallory` of `owner`",
        );
    }

    #[test]
    fn what_the_catalogue_does_not_know_is_scrubbed_and_listed() {
        let text = reply(
            r#"{"receive": "thing0001"}, {"dynamodb:TeleportItem": "Thing0002"}, {"frobnicate": "Thing0002"}"#,
            QUEUE,
        );
        let proposal = read_reply(WORDS, &text).expect("a proposal");
        assert_eq!(proposal.scrubbed.len(), 2, "{:?}", proposal.scrubbed);
        assert!(
            proposal.scrubbed[0].contains("`dynamodb:TeleportItem: CustomerOrders`"),
            "{:?}",
            proposal.scrubbed
        );
        assert_eq!(proposal.intent.roles[0].permissions.len(), 1);
        refused(WORDS, &reply(r#"{"frobnicate": "Thing0002"}"#, QUEUE), "no permission is left");
    }

    #[test]
    fn admin_and_arns_pass_where_the_words_say_them() {
        let words =
            "an agent that administers the orders table arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
        let text = reply(
            r#"{"admin": "thing0001"}"#,
            r#""thing0001": "arn:aws:dynamodb:eu-west-1:900000000002:table/thing0001""#,
        );
        let proposal = read_reply(words, &text.replace("lambda", "ecs")).expect("a proposal");
        assert!(
            proposal.text.contains("arn:aws:dynamodb:eu-west-1:111122223333:table/orders"),
            "{}",
            proposal.text
        );
    }

    #[test]
    fn a_role_with_a_name_out_of_nowhere_is_called_generated() {
        let text = reply(r#"{"read": "Thing0002"}"#, QUEUE).replace("reader", "AcmeSuperRole");
        let proposal = read_reply(WORDS, &text).expect("a proposal");
        assert_eq!(proposal.intent.roles[0].name.value, "generated");
    }
}
