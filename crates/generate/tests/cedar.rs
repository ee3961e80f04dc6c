//! `cedar.txt` line by line: what comes out is accepted by Cedar's strict validator, and Cedar decides on the calls.

use std::str::FromStr as _;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema, ValidationMode, Validator,
};
use leastwise_generate::intent::Intent;
use leastwise_generate::lower::cedar::{self, Compiled, SCHEMA};
use leastwise_generate::render::cedar_text;
use serde_json::{Map, Value, json};

const SPEC: &str = include_str!("cedar.txt");

fn schema() -> Schema {
    let (schema, warnings) = Schema::from_cedarschema_str(SCHEMA).expect("the schema");
    assert_eq!(warnings.count(), 0);
    schema
}

/// A role `Agent` with the lines, `it` being the resource; a few names more are bound for prohibitions.
fn compile(lines: &str, resource: &str) -> Result<Compiled, String> {
    let role = lines.replace("], ", "]\n    ").replace("}, expires", "}\n    expires");
    let text = format!(
        "roles:\n  Agent:\n    {role}\nresources:\n  it:\n    {resource}\n  other: {{mcp: orders/refund}}\n  \
         route: {{http: 'https://api.example.com/secret/*'}}\n"
    );
    let intent = Intent::from_yaml("roles.yaml", &text).map_err(|error| error.to_string())?;
    let mut roles = cedar::compile(&intent, None).map_err(|error| error.to_string())?;
    Ok(roles.remove(0))
}

/// The policies, to which Cedar's strict validator objects nothing; and its warnings.
fn validated(role: &Compiled) -> (PolicySet, Vec<String>) {
    let text = cedar_text(role);
    let policies = PolicySet::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let result = Validator::new(schema()).validate(&policies, ValidationMode::Strict);
    let errors: Vec<String> = result.validation_errors().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    (policies, result.validation_warnings().map(ToString::to_string).collect())
}

fn policies(role: &Compiled) -> PolicySet {
    let (policies, warnings) = validated(role);
    assert!(warnings.is_empty(), "{warnings:?}");
    policies
}

/// A call, with what is known of it.
struct Call {
    action: &'static str,
    resource: Value,
    parents: Vec<Value>,
    attributes: Value,
    agent: Map<String, Value>,
    context: Map<String, Value>,
    role: String,
}

fn uid(kind: &str, id: &str) -> Value {
    json!({"type": format!("Leastwise::{kind}"), "id": id})
}

/// `SERVER/TOOL …` or `METHOD URL …`.
fn call(text: &str) -> Call {
    let mut call = Call {
        action: "call_tool",
        resource: Value::Null,
        parents: Vec::new(),
        attributes: json!({}),
        agent: Map::new(),
        context: Map::new(),
        role: "Agent".to_owned(),
    };
    let mut target: Vec<&str> = Vec::new();
    let extension = |name: &str, argument: &str| json!({"__extn": {"fn": name, "arg": argument}});
    for word in text.split(' ') {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "mfa" | "approved" => drop(call.context.insert(key.to_owned(), json!(value != "false"))),
            "now" => drop(call.context.insert("now".to_owned(), extension("datetime", value))),
            "start" => drop(call.context.insert("session_start".to_owned(), extension("datetime", value))),
            "ip" => drop(call.context.insert("source_ip".to_owned(), extension("ip", value))),
            "iss" => drop(call.agent.insert("issuer".to_owned(), value.into())),
            "sub" => drop(call.agent.insert("subject".to_owned(), value.into())),
            "aud" => drop(call.agent.insert("audience".to_owned(), value.into())),
            "spiffe" => drop(call.agent.insert("spiffe_id".to_owned(), value.into())),
            "role" => value.clone_into(&mut call.role),
            _ => target.push(word),
        }
    }
    let method = cedar::METHODS.into_iter().find(|method| target.first() == Some(method));
    let Some(method) = method else {
        let id = target.join(" ");
        let (server, _) = id.split_once('/').expect("SERVER/TOOL");
        call.parents.push(uid("Server", server));
        call.resource = uid("Tool", &id);
        return call;
    };
    call.action = method;
    let (scheme, rest) = target[1].split_once("://").expect("a url");
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse::<i64>().expect("a port")),
        None => (authority, if scheme == "https" { 443 } else { 80 }),
    };
    call.attributes = json!({"scheme": scheme, "host": host, "port": port, "path": format!("/{path}")});
    call.resource = uid("Route", target[1]);
    call
}

/// What Cedar decides; nothing may err.
fn decide(policies: &PolicySet, call: &Call) -> Decision {
    let schema = schema();
    let agent = uid("Agent", "some");
    let entities = json!([
        {"uid": agent, "attrs": call.agent, "parents": [uid("Role", &call.role)]},
        {"uid": call.resource, "attrs": call.attributes, "parents": call.parents},
    ]);
    let entities = Entities::from_json_value(entities, Some(&schema)).expect("entities of the schema");
    let action = uid("Action", call.action);
    let named = |value: &Value| EntityUid::from_json(value.clone()).expect("an entity");
    let context =
        Context::from_json_value(Value::Object(call.context.clone()), Some((&schema, &named(&action))))
            .expect("a context of the schema");
    let request = Request::new(named(&agent), named(&action), named(&call.resource), context, Some(&schema))
        .expect("a request");
    let answer = Authorizer::new().is_authorized(&request, policies, &entities);
    let errors: Vec<String> = answer.diagnostics().errors().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:?}");
    answer.decision()
}

fn check(line: &str) -> Result<usize, String> {
    let (lines, rest) = line.split_once(" | ").ok_or("no line")?;
    let sign = |mark: &str| rest.split_once(mark);
    if let Some((resource, words)) = sign(" | ") {
        let policies = policies(&compile(lines, resource)?);
        let calls: Vec<&str> = words.split("; ").collect();
        for text in &calls {
            let (answer, asked) = text.split_at(2);
            let wanted = if answer == "+ " { Decision::Allow } else { Decision::Deny };
            if decide(&policies, &call(asked)) != wanted {
                return Err(format!("not `{text}`\n{policies}"));
            }
        }
        return Ok(calls.len());
    }
    if let Some((resource, words)) = sign(" ! ") {
        return match compile(lines, resource) {
            Err(message) if message.contains(words) => Ok(0),
            other => Err(format!("{other:?}")),
        };
    }
    let (resource, words) = sign(" ? ").ok_or("no sign")?;
    let role = compile(lines, resource)?;
    policies(&role);
    let found = role.warnings.iter().any(|note| note.text.contains(words));
    if found { Ok(0) } else { Err(format!("{:?}", role.warnings)) }
}

#[test]
fn every_line_is_decided_as_it_says() {
    let (mut lines, mut calls, mut wrong) = (0, 0, Vec::new());
    for line in SPEC.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        lines += 1;
        match check(line) {
            Ok(count) => calls += count,
            Err(why) => wrong.push(format!("{line}\n  {why}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lines >= 70 && calls >= 130, "{lines} lines, {calls} calls");
}

/// A gateway that forgets an attribute of the target must not lift a prohibition by it.
#[test]
fn a_prohibition_that_lacks_what_it_asks_for_still_applies() {
    let role =
        compile("permissions: [{admin: it}], never: [{delete: it}]", "http: 'https://api.example.com/x*'")
            .expect("it compiles");
    let text = cedar_text(&role);
    let forbid: PolicySet =
        text[text.find("@id(\"Agent-never-1\")").expect("it forbids")..].parse().expect("cedar");
    let allow_all = PolicySet::from_str("permit (principal, action, resource);").expect("cedar");
    let mut both = allow_all;
    for policy in forbid.policies() {
        both.add(policy.new_id("never".parse().expect("an id"))).expect("added");
    }
    let mut asked = call("DELETE https://api.example.com/y");
    let attributes = asked.attributes.as_object().expect("attributes").clone();
    assert_eq!(decide_unchecked(&both, &asked), Decision::Allow, "another path");
    for name in attributes.keys() {
        let mut fewer = attributes.clone();
        fewer.remove(name);
        asked.attributes = Value::Object(fewer);
        assert_eq!(decide_unchecked(&both, &asked), Decision::Deny, "{name} is missing");
    }
}

/// What Cedar decides on entities that no schema was asked about.
fn decide_unchecked(policies: &PolicySet, call: &Call) -> Decision {
    let agent = uid("Agent", "some");
    let entities = json!([
        {"uid": agent, "attrs": {}, "parents": [uid("Role", "Agent")]},
        {"uid": call.resource, "attrs": call.attributes, "parents": []},
    ]);
    let entities = Entities::from_json_value(entities, None).expect("entities");
    let named = |value: Value| EntityUid::from_json(value).expect("an entity");
    let (action, resource) = (named(uid("Action", call.action)), named(call.resource.clone()));
    let request = Request::new(named(agent), action, resource, Context::empty(), None).expect("a request");
    Authorizer::new().is_authorized(&request, policies, &entities).decision()
}

/// Names as servers give them, each a line of a role of its own: the tool is allowed, the next one is not.
#[test]
fn tools_of_real_servers_are_told_apart() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/mcp/docker_registry_tools.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared/data is not here");
        return;
    };
    let servers: Map<String, Value> = serde_json::from_str(&text).expect("json");
    let mut tools: Vec<String> = Vec::new();
    for (server, list) in &servers {
        let names = list.as_array().into_iter().flatten().filter_map(|tool| tool["name"].as_str());
        tools.extend(names.map(|name| format!("{server}/{name}")));
    }
    tools.sort();
    tools.dedup();
    assert!(tools.len() > 700, "{}", tools.len());
    for pair in tools.chunks(2).filter(|pair| pair.len() == 2) {
        let resource = format!("mcp: '{}'", pair[0].replace('\'', "''"));
        let policies = policies(&compile("permissions: [{call: it}]", &resource).expect("it compiles"));
        assert_eq!(decide(&policies, &call(&pair[0])), Decision::Allow, "{}", pair[0]);
        assert_eq!(decide(&policies, &call(&pair[1])), Decision::Deny, "{}", pair[1]);
    }
}

#[test]
fn nothing_in_an_intent_ends_a_literal() {
    let hostile = "x\\\" ) ; permit(principal,action,resource); // \u{202e}\u{1}";
    let quoted = serde_json::to_string(hostile).expect("json");
    let text = format!(
        "roles:\n  {quoted}:\n    permissions: [{{call: it}}]\n    owner: {quoted}\n    trust: {{oidc: a, subject: {quoted}}}\n\
         resources:\n  it: {{mcp: {}}}\n",
        serde_json::to_string(&format!("s/{}", hostile.replace(['\u{1}', '*'], ""))).expect("json")
    );
    let intent = Intent::from_yaml("roles.yaml", &text).expect("an intent");
    let roles = cedar::compile(&intent, None).expect("it compiles");
    // What turns the line around is warned of.
    let (made, warnings) = validated(&roles[0]);
    assert!(!warnings.is_empty());
    assert_eq!(made.policies().count(), 1);
    assert_eq!(made.policies().next().and_then(|policy| policy.annotation("owner")), Some(hostile));
}
