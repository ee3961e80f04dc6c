//! The facts against data that others made, when it is there: another derivation from the packages of September 2026, with
//! what AWS changed since in `oracle.txt`, and real logs.

#![expect(clippy::print_stdout, reason = "a skipped test says so")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use leastwise_catalog::{Catalog, Level, ReadOnly, Visibility};
use serde_json::Value;

/// What is not as in the oracle, since AWS changed it after the oracle was derived.
const CHANGES: &str = include_str!("oracle.txt");

fn oracle() -> Option<Value> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/aws-catalogue/aws_facts.json.gz");
    let Ok(file) = std::fs::File::open(path) else {
        println!("skipped: ../shared/data is not here");
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("the file is whole");
    Some(serde_json::from_str(&text).expect("the file is JSON"))
}

fn words(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn set(names: &[leastwise_catalog::Name]) -> BTreeSet<String> {
    names.iter().map(|name| name.to_string()).collect()
}

/// Name → (required, keys); the oracle marks what is required with `*` and lists keys behind the name.
fn resources(value: &Value) -> BTreeMap<String, (bool, BTreeSet<String>)> {
    let mut resources = BTreeMap::new();
    for entry in value.as_array().into_iter().flatten() {
        let entry: Vec<&str> = match entry {
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
            word => word.as_str().into_iter().collect(),
        };
        let Some((name, keys)) = entry.split_first() else { continue };
        let (plain, required) = name.strip_suffix('*').map_or((*name, false), |plain| (plain, true));
        resources
            .insert(plain.replace(' ', "-"), (required, keys.iter().map(|key| (*key).to_owned()).collect()));
    }
    resources
}

/// Everything in which the catalogue is not as the oracle has it, one text each.
fn differences(oracle: &serde_json::Map<String, Value>) -> BTreeSet<String> {
    let catalog = Catalog::embedded();
    let mut found = BTreeSet::new();
    found.extend(
        catalog
            .services()
            .filter(|prefix| !oracle.contains_key(*prefix))
            .map(|name| format!("service {name}")),
    );
    for (prefix, other) in oracle {
        let Some(own) = catalog.service(prefix) else {
            found.insert(format!("gone {prefix}"));
            continue;
        };
        let mut tell = |differs: bool, what: String| _ = differs.then(|| found.insert(what));
        tell(*own.name != *other["n"].as_str().unwrap_or_default(), format!("name {prefix}"));
        tell(own.resource_control != (other["rcp"] == 1), format!("resource-control {prefix}"));
        let keys = own.condition_keys.iter().map(|key| (key.name.to_string(), key.kind.to_string()));
        let others = other["c"].as_object().into_iter().flatten();
        let others = others.map(|(key, kind)| (key.clone(), kind.as_str().unwrap_or_default().to_owned()));
        for key in unlike(&keys.collect(), &others.collect()) {
            tell(true, format!("key {prefix} {key}"));
        }
        let types = own.resource_types.iter().map(|kind| (kind.name.to_string(), kind.arn.join(", ")));
        let others = other["r"].as_object().into_iter().flatten();
        let others = others
            .map(|(name, facts)| (name.replace(' ', "-"), facts[0].as_str().unwrap_or_default().to_owned()));
        for name in unlike(&types.collect(), &others.collect()) {
            tell(true, format!("resource {prefix} {name}"));
        }
        let others = || other["a"].as_object().into_iter().flatten();
        let known: BTreeSet<&str> = others().map(|(name, _)| name.as_str()).collect();
        for action in own.actions.iter().filter(|action| !known.contains(&*action.name)) {
            tell(true, format!("action {prefix}:{}", action.name));
        }
        for (name, facts) in others() {
            let Some(action) = own.action(name) else {
                tell(true, format!("gone {prefix}:{name}"));
                continue;
            };
            tell(*action.name != **name, format!("spelling {prefix}:{name}"));
            tell(set(&action.keys) != words(&facts["c"]), format!("keys {prefix}:{name}"));
            tell(set(&action.dependent) != words(&facts["d"]), format!("needs {prefix}:{name}"));
            let on = action.resources.iter();
            let on = on.map(|on| (on.resource_type.to_string(), (on.required, set(&on.keys))));
            tell(on.collect::<BTreeMap<_, _>>() != resources(&facts["r"]), format!("on {prefix}:{name}"));
        }
    }
    found
}

/// The names that only one has, or that both have with another value.
fn unlike(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> BTreeSet<String> {
    a.keys().chain(b.keys()).filter(|name| a.get(*name) != b.get(*name)).cloned().collect()
}

/// What AWS changed since the oracle was derived, and no more.
#[test]
fn services_types_keys_and_actions_are_those_of_the_other_derivation() {
    let Some(oracle) = oracle() else { return };
    let found = differences(oracle.as_object().expect("an object"));
    assert_listed(&found, |line| !line.starts_with("level "));
}

/// That what was found is what is listed, of the lines of one kind.
#[track_caller]
fn assert_listed(found: &BTreeSet<String>, kind: impl Fn(&str) -> bool) {
    let listed = CHANGES.lines().filter(|line| !line.is_empty() && !line.starts_with('#') && kind(line));
    let listed: BTreeSet<String> = listed.map(str::to_owned).collect();
    let news: Vec<&String> = found.difference(&listed).collect();
    let stale: Vec<&String> = listed.difference(found).collect();
    assert!(news.is_empty() && stale.is_empty(), "not in oracle.txt: {news:#?}\nonly there: {stale:#?}");
}

/// The oracle keeps the first of several levels and the second source's level apart. Every difference is one of:
/// AWS lists tagging and permissions management as writes too (`W` beside `T` and `P`); where one source only
/// reads and the other changes, only the change counts; of list and read, read counts.
#[test]
fn access_levels_differ_only_where_the_stricter_counts() {
    let Some(oracle) = oracle() else { return };
    let letter = |facts: &Value, member: &str| -> Option<Level> {
        let text = facts[member].as_str()?;
        Level::ALL.into_iter().find(|level| text.starts_with(level.letter()))
    };
    let (mut set_aside, mut found) = (0, BTreeSet::new());
    for (prefix, other) in oracle.as_object().expect("an object") {
        for (name, facts) in other["a"].as_object().into_iter().flatten() {
            let own = Catalog::embedded().action_of(prefix, name).expect("compared above").levels;
            for level in [letter(facts, "l"), letter(facts, "l2")].into_iter().flatten() {
                let milder = matches!(level, Level::List | Level::Read)
                    && (own.changes() || own.contains(Level::Read));
                if !own.contains(level) && !milder {
                    found.insert(format!("level {prefix}:{name}"));
                }
                set_aside += usize::from(!own.contains(level));
            }
            let extra: Vec<Level> = own
                .iter()
                .filter(|level| Some(*level) != letter(facts, "l") && Some(*level) != letter(facts, "l2"))
                .collect();
            let also_writes = own.contains(Level::Tagging) || own.contains(Level::PermissionsManagement);
            if !(extra.is_empty() || extra == [Level::Write] && also_writes) {
                found.insert(format!("level {prefix}:{name}"));
            }
        }
    }
    println!("milder levels set aside: {set_aside}");
    assert!(set_aside <= 14, "{set_aside}");
    assert_listed(&found, |line| line.starts_with("level "));
}

/// Calls `each` with every object below `value` that is a CloudTrail event.
fn events(value: &Value, each: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(object) => {
            if object.contains_key("eventSource") && object.contains_key("eventName") {
                each(value);
            }
            object.values().for_each(|value| events(value, each));
        }
        Value::Array(items) => items.iter().for_each(|value| events(value, each)),
        _ => {}
    }
}

/// The files below a folder, decompressed.
fn texts(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            texts(&path, found);
            continue;
        }
        let bytes = std::fs::read(&path).expect("the file can be read");
        let mut text = String::new();
        let whole = match bytes.starts_with(&[0x1f, 0x8b]) {
            true => flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text).is_ok(),
            false => (&*bytes).read_to_string(&mut text).is_ok(),
        };
        if whole {
            found.push(text);
        }
    }
}

/// The texts of the real logs, where they are here.
fn real_logs() -> Option<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cloudtrail-real");
    if !folder.exists() {
        println!("skipped: ../shared/data is not here");
        return None;
    }
    let mut files = Vec::new();
    texts(&folder, &mut files);
    Some(files)
}

#[test]
fn what_real_logs_show_is_not_called_invisible() {
    let Some(files) = real_logs() else { return };
    let (mut wrong, mut seen) = (BTreeSet::new(), 0);
    let mut check = |event: &Value| {
        let label = event["eventSource"].as_str().unwrap_or_default();
        let label = label.split(".amazonaws").next().unwrap_or_default();
        let name = event["eventName"].as_str().unwrap_or_default();
        for action in Catalog::embedded().event(label, name).into_iter().flatten() {
            seen += 1;
            let management = event["managementEvent"] == true;
            let hidden = action.visibility == Visibility::NotLogged;
            let says_so = action.visibility_why.contains("are management events");
            if hidden || (management && action.visibility == Visibility::Data && !says_so) {
                wrong.insert(format!(
                    "{} is {:?}: {}",
                    action.full_name(),
                    action.visibility,
                    action.visibility_why
                ));
            }
        }
    };
    each_event(&files, &mut check);
    println!("events looked up by name alone: {seen}");
    assert!(seen > 1_000, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_real_logs_say_of_read_only_calls_is_not_contradicted() {
    let Some(files) = real_logs() else { return };
    let (mut wrong, mut agreed, mut unsure) = (BTreeSet::new(), 0, BTreeSet::new());
    let mut check = |event: &Value| {
        let label = event["eventSource"].as_str().unwrap_or_default();
        let label = label.split(".amazonaws").next().unwrap_or_default();
        let name = event["eventName"].as_str().unwrap_or_default();
        let Some(said) = event["readOnly"].as_bool().filter(|_| event["eventCategory"] != "Data") else {
            return;
        };
        for action in Catalog::embedded().event(label, name).into_iter().flatten() {
            match action.read_only {
                ReadOnly::Unsure => drop(unsure.insert(action.full_name())),
                known if (known == ReadOnly::Yes) == said => agreed += 1,
                known => drop(wrong.insert(format!("{label} {name}: {said}, and it is {known:?}"))),
            }
        }
    };
    each_event(&files, &mut check);
    println!("agreed: {agreed}; unsure: {unsure:?}");
    assert!(agreed > 1_000, "{agreed}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every event of some files: JSON, or a document a line.
fn each_event(files: &[String], each: &mut impl FnMut(&Value)) {
    for text in files {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => events(&value, each),
            Err(_) => {
                let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
                lines.for_each(|value| events(&value, each));
            }
        }
    }
}
