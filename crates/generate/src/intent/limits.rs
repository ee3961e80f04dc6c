//! Conditions of a role: `region`, `network`, `vpc`, `vpc_endpoint`, `mfa`, `time`, `tags`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use leastwise_policy::time::Timestamp;

use super::read::Faults;
pub(crate) use super::roles::moment;
use super::roles::time;
use super::yaml::Node;
use super::{Fault, Limit, Place, Said};

/// The keys of `conditions`.
pub(super) const KEYS: &[&str] = &["region", "network", "vpc", "vpc_endpoint", "mfa", "time", "tags"];
/// The keys of `time`.
pub(super) const TIME_KEYS: &[&str] = &["after", "before"];

pub(super) fn read(node: &Node, faults: &mut Faults) -> Vec<Said<Limit>> {
    let mut limits = Vec::new();
    for (key, value) in faults.map("conditions", node) {
        let limit = match key.name.as_str() {
            "mfa" => faults.flag("mfa", value).map(Limit::Mfa),
            "time" => window(value, faults),
            "tags" => Some(Limit::Tags(tags(value, faults))),
            name if KEYS.contains(&name) => {
                let texts = faults.texts(name, value);
                for text in &texts {
                    check(name, text, faults);
                }
                if texts.is_empty() {
                    empty(name, value, faults);
                }
                of_texts(name, texts.into_iter().map(|text| text.value).collect())
            }
            _ => {
                faults.unknown(key, KEYS);
                None
            }
        };
        limits.extend(limit.map(|limit| Said::new(limit, key.place.clone())));
    }
    limits
}

/// A condition that says nothing is not left out: whoever wrote it meant something.
fn empty(name: &str, node: &Node, faults: &mut Faults) {
    faults
        .note(Fault::new(&node.place, format!("`{name}` has no value")).help("write one, or remove the key"));
}

fn of_texts(name: &str, texts: Vec<String>) -> Option<Limit> {
    if texts.is_empty() {
        return None;
    }
    match name {
        "region" => Some(Limit::Region(texts)),
        "network" => Some(Limit::Network(texts)),
        "vpc" => Some(Limit::Vpc(texts)),
        "vpc_endpoint" => Some(Limit::VpcEndpoint(texts)),
        _ => None,
    }
}

fn check(name: &str, text: &Said<String>, faults: &mut Faults) {
    let (good, example) = match name {
        "region" => (is_region(text), "eu-west-1"),
        "network" => (is_network(text), "203.0.113.0/24"),
        "vpc" => (text.starts_with("vpc-"), "vpc-0a1b2c3d4e5f60718"),
        _ => (text.starts_with("vpce-"), "vpce-0a1b2c3d4e5f60718"),
    };
    if !good {
        let message = format!("`{}` is no {}", text.value, name.replace('_', " "));
        faults.note(Fault::new(&text.place, message).help(format!("it looks like `{example}`")));
    }
}

/// `eu-west-1`, `us-gov-east-1`; a new region is not to be refused for its name.
pub(crate) fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let number =
        words.last().is_some_and(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()));
    let letters = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    (3..=5).contains(&words.len()) && number && words[..words.len() - 1].iter().all(letters)
}

pub(crate) fn is_network(text: &str) -> bool {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, bits.parse::<u8>().ok()),
        None => (text, Some(0)),
    };
    match (address.parse::<IpAddr>(), bits) {
        (Ok(IpAddr::V4(_)), Some(bits)) => bits <= 32,
        (Ok(IpAddr::V6(_)), Some(bits)) => bits <= 128,
        _ => false,
    }
}

fn window(node: &Node, faults: &mut Faults) -> Option<Limit> {
    let (mut after, mut before) = (None, None);
    for (key, value) in faults.map("time", node) {
        match key.name.as_str() {
            "after" => after = time("after", value, faults),
            "before" => before = time("before", value, faults),
            _ => faults.unknown(key, TIME_KEYS),
        }
    }
    if let (Some(after), Some(before)) = (&after, &before)
        && after.value >= before.value
    {
        faults.note(Fault::new(&before.place, "the time ends before it begins"));
    }
    if after.is_none() && before.is_none() {
        empty("time", node, faults);
    }
    let (after, before) = (after.map(|time| time.value), before.map(|time| time.value));
    (after.is_some() || before.is_some()).then_some(Limit::Time { after, before })
}

fn tags(node: &Node, faults: &mut Faults) -> BTreeMap<String, Vec<String>> {
    let mut tags = BTreeMap::new();
    for (key, value) in faults.map("tags", node) {
        let values: Vec<String> = faults.texts(&key.name, value).into_iter().map(|text| text.value).collect();
        if values.is_empty() || key.name.is_empty() {
            empty(&key.name, value, faults);
        }
        tags.insert(key.name.clone(), values);
    }
    if tags.is_empty() {
        empty("tags", node, faults);
    }
    tags
}

/// A condition as an argument: `region=eu-west-1,eu-central-1`, `mfa`, `time=FROM..UNTIL`, `tags=env:dev`.
pub(super) fn of_argument(text: &str, place: &Place) -> Result<Limit, Fault> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let wrong = |message: String, help: &str| Err(Fault::new(place, message).help(help));
    match name {
        "mfa" if matches!(value, "" | "true") => Ok(Limit::Mfa(true)),
        "mfa" if value == "false" => Ok(Limit::Mfa(false)),
        "time" => match times(value) {
            Some(limit) => Ok(limit),
            None => wrong(
                format!("`{value}` is no time"),
                "write `time=2026-12-01T00:00:00Z..2026-12-02T00:00:00Z`",
            ),
        },
        "tags" => match pairs(value) {
            Some(tags) => Ok(Limit::Tags(tags)),
            None => wrong(format!("`{value}` is no tag"), "write `tags=env:dev`"),
        },
        _ if KEYS.contains(&name) && name != "mfa" => {
            let mut faults = Faults::default();
            let values: Vec<String> = value.split(',').map(str::to_owned).collect();
            for value in &values {
                check(name, &Said::new(value.clone(), place.clone()), &mut faults);
            }
            match faults.0.pop() {
                Some(fault) => Err(fault),
                None => of_texts(name, values).ok_or_else(|| Fault::new(place, "a condition needs a value")),
            }
        }
        _ => wrong(format!("unknown condition `{name}`"), &format!("known: {}", KEYS.join(", "))),
    }
}

fn times(text: &str) -> Option<Limit> {
    let (after, before) = text.split_once("..")?;
    let read = |text: &str| -> Option<Option<Timestamp>> {
        if text.is_empty() { Some(None) } else { moment(text).map(Some) }
    };
    let (after, before) = (read(after)?, read(before)?);
    let ordered = after.zip(before).is_none_or(|(after, before)| after < before);
    (ordered && (after.is_some() || before.is_some())).then_some(Limit::Time { after, before })
}

fn pairs(text: &str) -> Option<BTreeMap<String, Vec<String>>> {
    let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in text.split(',') {
        let (key, value) = pair.split_once(':')?;
        if key.is_empty() {
            return None;
        }
        tags.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    Some(tags)
}
