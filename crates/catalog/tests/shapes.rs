//! How CloudTrail spells parameters, against the rule tables: `shapes.txt` has, for operations of which real events were
//! published, the parameters that name what a call is about, spelled as the events spell them. A rule that looks for
//! another spelling is dead, and what the parameter names is then missing from every row; so what stands in each must
//! show up in what the call needs.

use leastwise_catalog::Catalog;
use leastwise_catalog::call::{Plan, Planner, Recorded, Rules, Scope, Scratch, decoded};
use serde_json::{Map, Value, json};

const SHAPES: &str = include_str!("shapes.txt");

/// Puts a value where a path leads: `items[]` is the only element of an array.
fn put(object: &mut Map<String, Value>, path: &str, value: &str) {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let (name, many) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
    let mut place = object.entry(name).or_insert(Value::Null);
    if many {
        if place.is_null() {
            *place = Value::Array(vec![Value::Null]);
        }
        place = &mut place[0];
    }
    match rest {
        None => *place = Value::from(value),
        // EC2's lists of one: `{"tag": 1, "content": …}`.
        Some("content") => *place = json!({"tag": 1, "content": value}),
        Some(rest) => {
            if place.is_null() {
                *place = Value::Object(Map::new());
            }
            put(place.as_object_mut().expect("a path goes through objects"), rest, value);
        }
    }
}

/// The resources of everything that the call needs for sure, in lower case.
fn resources(label: &str, event: &str, parameters: &Value) -> Vec<String> {
    let plan = Planner::new(Catalog::embedded(), Rules::embedded()).plan(label, event);
    let scope = Scope {
        partition: "aws",
        region: "eu-west-1",
        account: "111122223333",
        event,
        caller: "arn:aws:iam::111122223333:user/x",
        error: "",
        source_identity: false,
    };
    let mut found = Vec::new();
    let said = Recorded { parameters, additional: &Value::Null };
    plan.apply(&said, &scope, &mut Scratch::default(), &mut |need| {
        if matches!(&plan, Plan::Needs(planned) if !planned[need.index].maybe) {
            found.push(need.resource.to_ascii_lowercase());
        }
    });
    found
}

/// What of a value must show up: its last part, since an ARN may have what the value has before it, and a URL has more.
fn essence(value: &str) -> String {
    let value = decoded(value);
    let last = if value.contains(':') || value.starts_with('/') {
        value.rsplit(['/', ':']).next().unwrap_or_default()
    } else {
        &*value
    };
    last.to_ascii_lowercase()
}

#[test]
fn what_real_events_name_is_found_where_they_spell_it() {
    let (mut wrong, mut paths, mut last) = (Vec::new(), 0, "");
    for line in SHAPES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(label), Some(event), Some(_seen)) = (words.next(), words.next(), words.next()) else {
            panic!("`{line}` has too few words")
        };
        let key = &line[..label.len() + event.len() + 1];
        assert!(last < key, "`{key}` stands behind `{last}`");
        last = key;
        let pairs: Vec<(&str, &str)> = words.map(|word| word.split_once('=').expect("path=value")).collect();
        let mut parameters = Map::new();
        pairs.iter().for_each(|(path, value)| put(&mut parameters, path, value));
        let found = resources(label, event, &Value::Object(parameters));
        for (path, value) in pairs {
            if path.ends_with("esourceType") {
                continue;
            }
            paths += 1;
            if !found.iter().any(|resource| resource.contains(&essence(value))) {
                wrong.push(format!("{label} {event}: {path}={value} is in none of {found:?}"));
            }
        }
    }
    assert!(paths > 0, "there are no shapes");
    assert!(
        wrong.is_empty(),
        "{} of {paths} parameters are not looked at:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
