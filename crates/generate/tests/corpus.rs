//! The oracle of `tests/intents`: every entry, as roles YAML and as flags, comes to exactly the expected actions on
//! the expected resources; the policy parses, fits, allows every expected pair and denies its neighbours.
//!
//! `not_yet.txt` lists the entries that do not come out right, with the reason. An entry that is listed and comes
//! out right fails the test too, so that the list cannot rot.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use leastwise_catalog::Catalog;
use leastwise_generate::intent::{Form, Intent};
use leastwise_generate::lower::aws::{self, Compiled, MadeBoundary};
use leastwise_policy::aws::compare::{Answer, Kind, excess};
use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{
    ActionBlock, Condition, DocumentKind, Effect, Named, Operator, Policy, ResourceBlock, Statement,
};

#[path = "support/yaml.rs"]
mod yaml;
use yaml::Node;

type Pairs = BTreeSet<(String, String)>;

#[derive(Default)]
struct Entry {
    id: String,
    roles: String,
    flags: Vec<String>,
    expect: Vec<Item>,
    denies: Vec<Item>,
    conditions: BTreeSet<(String, String, Vec<String>)>,
    never: Vec<String>,
    trust: Option<String>,
    warns: Option<String>,
}

#[derive(Default)]
struct Item {
    actions: Vec<String>,
    may: Vec<String>,
    resources: Vec<String>,
    words: Vec<String>,
    flags: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Form_ {
    Yaml,
    Flags,
}

fn item(node: &Node) -> Item {
    let get = |name: &str| node[name].texts();
    Item {
        actions: get("actions"),
        may: get("may"),
        resources: get("resources"),
        words: get("words_resources"),
        flags: get("flags_resources"),
    }
}

fn items(node: &Node) -> Vec<Item> {
    node.list().iter().map(item).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/intents")
}

fn entries() -> Vec<Entry> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("an intent of the corpus")
        .map(|entry| entry.expect("an intent of the corpus").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    paths.sort();
    let mut entries = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("an intent of the corpus");
        let document = Node::parse(&text);
        for node in document.list() {
            let text = |name: &str| node[name].text();
            let conditions = node["conditions"].list().iter().map(|node| {
                let text = |name: &str| node[name].text().expect("an intent of the corpus");
                let mut values = node["values"].texts();
                values.sort();
                (text("operator"), text("key"), values)
            });
            entries.push(Entry {
                id: text("id").expect("an intent of the corpus"),
                roles: text("roles").expect("an intent of the corpus"),
                flags: node["flags"].texts(),
                expect: items(&node["expect"]),
                denies: items(&node["denies"]),
                conditions: conditions.collect(),
                never: node["never"].texts(),
                trust: text("trust"),
                warns: text("warns"),
            });
        }
    }
    entries
}

fn form(flags: &[String]) -> Form {
    let mut form = Form { name: "role".to_owned(), ..Form::default() };
    for pair in flags.chunks(2) {
        let list = match pair[0].as_str() {
            "--from" => &mut form.from,
            "--to" => &mut form.to,
            "--never" => &mut form.never,
            "--only" => &mut form.only,
            other => panic!("unknown flag {other}"),
        };
        list.push(pair[1].clone());
    }
    form
}

/// The resources that the flags of an entry give, by the corpus's rule.
fn resources(entry: &Entry, item: &Item, as_: Form_) -> Vec<String> {
    if as_ == Form_::Yaml {
        return item.resources.clone();
    }
    if !item.flags.is_empty() {
        return item.flags.clone();
    }
    let whole = entry.flags.iter().any(|flag| flag.contains(",arn:"));
    if whole || item.words.is_empty() { item.resources.clone() } else { item.words.clone() }
}

fn pairs_of(documents: &[Named<Policy>], effect: Effect) -> Pairs {
    let mut pairs = Pairs::new();
    for statement in documents.iter().flat_map(|document| &document.policy.statements) {
        let (ActionBlock::Action(actions), Some(ResourceBlock::Resource(resources))) =
            (&statement.action, &statement.resource)
        else {
            continue;
        };
        if statement.effect == effect {
            for action in actions {
                pairs.extend(resources.iter().map(|of| (action.as_str().to_owned(), of.as_str().to_owned())));
            }
        }
    }
    pairs
}

fn expected(entry: &Entry, items: &[Item], as_: Form_, may: bool) -> Pairs {
    let mut pairs = Pairs::new();
    for item in items {
        for resource in resources(entry, item, as_) {
            let actions = item.actions.iter().chain(item.may.iter().filter(|_| may));
            pairs.extend(actions.map(|action| (action.clone(), resource.clone())));
        }
    }
    pairs
}

fn list(pairs: &Pairs) -> String {
    pairs.iter().map(|(action, resource)| format!("\n      {action} on {resource}")).collect()
}

fn check(entry: &Entry, as_: Form_) -> Result<(), String> {
    let intent = match as_ {
        Form_::Yaml => Intent::from_yaml("roles.yaml", &entry.roles).map_err(|error| error.to_string())?,
        Form_::Flags => Intent::from_form(&form(&entry.flags)).map_err(|error| error.to_string())?,
    };
    let roles = aws::compile(&intent, Catalog::embedded(), &aws::Options::default())
        .map_err(|error| error.to_string())?;
    let [role] = &roles[..] else { return Err(format!("{} roles", roles.len())) };
    let got = pairs_of(&role.identity, Effect::Allow);
    let missing: Pairs = &expected(entry, &entry.expect, as_, false) - &got;
    let extra: Pairs = &got - &expected(entry, &entry.expect, as_, true);
    if !missing.is_empty() || !extra.is_empty() {
        return Err(format!("missing:{}\n    too much:{}", list(&missing), list(&extra)));
    }
    let denied: Pairs = &expected(entry, &entry.denies, as_, false) - &pairs_of(&role.identity, Effect::Deny);
    if !denied.is_empty() {
        return Err(format!("not denied:{}", list(&denied)));
    }
    if entry.denies.is_empty() && !pairs_of(&role.identity, Effect::Deny).is_empty() {
        return Err("denies something unasked".to_owned());
    }
    conditions(entry, role)?;
    trust(entry, role)?;
    warnings(entry, role)?;
    documents(role)?;
    proofs(&intent, role)?;
    compared(entry, role, as_)?;
    decisions(entry, role, as_)
}

/// The policy is compared exactly with the one that the entry says: nothing more is allowed, for any request there can
/// be, and without denies nothing less.
fn compared(entry: &Entry, role: &Compiled, as_: Form_) -> Result<(), String> {
    if as_ == Form_::Flags {
        return Ok(()); // the same pairs with placeholders, which no request has
    }
    let policy = |may: bool| {
        let statements = expected(entry, &entry.expect, as_, may).into_iter().map(|(action, resource)| {
            let allow = Statement::allow([action], [resource]);
            entry.conditions.iter().fold(allow, |statement, (operator, key, values)| {
                let operator = Operator::parse(operator).expect("an operator");
                statement.with_condition(Condition { operator, key: key.clone(), values: values.clone() })
            })
        });
        Policy::new(statements.collect())
    };
    let terms = Catalog::embedded().terms();
    let made: Vec<&Policy> = role.identity.iter().map(|document| &document.policy).collect();
    let more = excess(&terms, Kind::Identity, &[&policy(true)], &made);
    if more != Answer::None {
        return Err(format!("allows more than it should: {more:?}"));
    }
    let less = excess(&terms, Kind::Identity, &made, &[&policy(false)]);
    match less {
        Answer::Some(witness) if entry.denies.is_empty() => Err(format!("allows too little: {witness:?}")),
        Answer::Unknown(reason) => Err(format!("not comparable: {reason:?}")),
        _ => Ok(()),
    }
}

/// The requests that `--tests` writes: each line has one that is allowed or forbidden, and it comes out so.
fn proofs(intent: &Intent, compiled: &Compiled) -> Result<(), String> {
    let role = &intent.roles[0];
    let proofs = aws::prove::proofs(role, compiled, Catalog::embedded());
    for permission in role.permissions.iter().chain(&role.never) {
        let line =
            format!("{} {}: {}", permission.verb.place, permission.verb.value, permission.resource.value);
        let wanted = !role.never.contains(permission);
        if !proofs.iter().any(|proof| proof.because == line && proof.allowed == wanted) {
            return Err(format!("nothing shows `{line}`"));
        }
        if wanted && !proofs.iter().any(|proof| proof.because == line && !proof.allowed) {
            return Err(format!("`{line}` has no neighbour"));
        }
    }
    let set = PolicySet::of_identity(compiled.identity.clone());
    for proof in proofs {
        let mut context = Context::new();
        for (key, value) in &proof.context {
            context.insert(key, value.as_str().unwrap_or_default());
        }
        context.complete(true);
        let principal = PrincipalRef::new("arn:aws:iam::111122223333:role/role");
        let resource = ResourceRef::Pattern(&proof.resource);
        let request = Request { principal, action: &proof.action, resource, context: &context };
        let verdict = evaluate(&set, &request).verdict;
        if (verdict == Verdict::Allowed) != proof.allowed || verdict == Verdict::Depends {
            return Err(format!("{} on {} is {verdict:?}", proof.action, proof.resource));
        }
    }
    Ok(())
}

fn conditions(entry: &Entry, role: &Compiled) -> Result<(), String> {
    for statement in role.identity.iter().flat_map(|document| &document.policy.statements) {
        let found: BTreeSet<_> = statement
            .condition
            .iter()
            .map(|condition| {
                let mut values = condition.values.clone();
                values.sort();
                (condition.operator.to_string(), condition.key.clone(), values)
            })
            .collect();
        let wanted =
            if statement.effect == Effect::Allow { entry.conditions.clone() } else { BTreeSet::new() };
        if found != wanted {
            return Err(format!("conditions {found:?}, not {wanted:?}"));
        }
    }
    Ok(())
}

fn trust(entry: &Entry, role: &Compiled) -> Result<(), String> {
    let text = role.trust.as_ref().map(Policy::to_compact_json);
    match (&entry.trust, &text) {
        (None, None) => Ok(()),
        (Some(wanted), Some(text)) if text.contains(&format!("\"Service\":\"{wanted}\"")) => {
            Policy::parse_kind(text, DocumentKind::Trust).map(|_| ()).map_err(|error| error.to_string())
        }
        _ => Err(format!("trust {text:?}, not {:?}", entry.trust)),
    }
}

fn warnings(entry: &Entry, role: &Compiled) -> Result<(), String> {
    let Some(word) = &entry.warns else { return Ok(()) };
    if !role.warnings.iter().any(|note| note.text.contains(word.as_str())) {
        return Err(format!("does not warn of {word}"));
    }
    match role.boundary {
        Some(MadeBoundary::Made(_)) => Ok(()),
        _ => Err("admin without a boundary".to_owned()),
    }
}

fn documents(role: &Compiled) -> Result<(), String> {
    for document in &role.identity {
        let text = document.policy.to_json();
        let read = Policy::parse(&text).map_err(|error| error.to_string())?;
        if read != document.policy {
            return Err("does not read back as it was".to_owned());
        }
        if !Quota::ManagedPolicy.holds(std::slice::from_ref(&read)) {
            return Err("is over the quota".to_owned());
        }
        sids(&document.policy.statements)?;
    }
    Ok(())
}

fn sids(statements: &[Statement]) -> Result<(), String> {
    let sids: Vec<&str> = statements.iter().filter_map(|statement| statement.sid.as_deref()).collect();
    let plain = |sid: &&str| !sid.is_empty() && sid.bytes().all(|b| b.is_ascii_alphanumeric());
    let unique: BTreeSet<&str> = sids.iter().copied().collect();
    match sids.len() == statements.len() && unique.len() == sids.len() && sids.iter().all(plain) {
        true => Ok(()),
        false => Err(format!("sids {sids:?}")),
    }
}

/// The evaluator allows each expected pair, under the conditions, and none of the neighbours.
fn decisions(entry: &Entry, role: &Compiled, as_: Form_) -> Result<(), String> {
    let set = PolicySet::of_identity(role.identity.clone());
    let mut context = Context::new();
    for (operator, key, values) in &entry.conditions {
        let value = match operator.as_str() {
            "IpAddress" => "203.0.113.7".to_owned(),
            "DateGreaterThan" | "DateLessThan" => "2026-12-01T12:00:00Z".to_owned(),
            _ => values[0].clone(),
        };
        context.insert(key, value.as_str());
    }
    let ask = |action: &str, resource: &str| {
        let request = Request {
            principal: PrincipalRef::new("arn:aws:iam::111122223333:role/role"),
            action,
            resource: ResourceRef::Pattern(resource),
            context: &context,
        };
        evaluate(&set, &request).verdict
    };
    let mut bound = BTreeSet::new();
    for (action, resource) in expected(entry, &entry.expect, as_, false) {
        let asked = action.replace(":*", ":Anything");
        let verdict = ask(&asked, &resource);
        if verdict != Verdict::Allowed {
            return Err(format!("{action} on {resource} is {verdict:?}"));
        }
        bound.insert(resource);
    }
    let anywhere = BTreeSet::from(["*".to_owned()]);
    for action in &entry.never {
        let knows_none = Catalog::embedded().action(action).is_some_and(|facts| facts.resources.is_empty());
        for resource in if knows_none { &anywhere } else { &bound } {
            let verdict = ask(action, resource);
            if !matches!(verdict, Verdict::ImplicitDeny | Verdict::ExplicitDeny) {
                return Err(format!("the neighbour {action} on {resource} is {verdict:?}"));
            }
        }
    }
    Ok(())
}

/// The entries that do not come out right yet: id → reason.
fn not_yet() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder().join("not_yet.txt")).unwrap_or_default();
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    rows.map(|line| line.split_once(' ').expect("id and reason"))
        .map(|(id, why)| (id.to_owned(), why.to_owned()))
        .collect()
}

#[test]
fn every_intent_comes_to_what_is_expected_of_it_in_both_forms() {
    let mut listed = not_yet();
    let (mut wrong, mut right, mut rotten) = (Vec::new(), 0, Vec::new());
    for entry in entries() {
        let mut fine = true;
        for (as_, name) in [(Form_::Yaml, "roles"), (Form_::Flags, "flags")] {
            match check(&entry, as_) {
                Ok(()) => right += 1,
                Err(_) if listed.contains_key(&entry.id) => fine = false,
                Err(why) => {
                    fine = false;
                    wrong.push(format!("{} as {name}: {why}", entry.id));
                }
            }
        }
        if listed.remove(&entry.id).is_some() && fine {
            rotten.push(entry.id);
        }
    }
    println!("{right} of {} come out right", entries().len() * 2);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rotten.is_empty(), "listed in not_yet.txt, and right: {rotten:?}");
    assert!(listed.is_empty(), "listed in not_yet.txt, and no entries: {listed:?}");
}
