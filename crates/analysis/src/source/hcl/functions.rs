//! Functions that only look at their arguments: <https://developer.hashicorp.com/terraform/language/functions>.
//!
//! What reads files is elsewhere (`machine/files.rs`), what reads the clock is not known, and neither is what is not here.

use super::eval::{as_text, distinct, indexed, number, numeric, pairs, same, text, unknown, what};
use super::template::{encode, encoded};
use crate::source::{Entry, Node, Place, Value, has_hole, hole};

pub(super) fn call(name: &str, mut arguments: Vec<Node>, at: Place) -> Node {
    // These take what is not known as it comes.
    match name {
        "jsonencode" if arguments.len() == 1 => {
            return match arguments.remove(0) {
                Node { value: Value::Null, .. } => unknown(at, "jsonencode(null)"),
                given => encode(given),
            };
        }
        "jsondecode" if arguments.len() == 1 => return decode(arguments.remove(0), at),
        "concat" => return concat(arguments, at),
        "setunion" => return converted("toset", concat(arguments, at), at),
        "merge" => return merge(arguments, at),
        "flatten" if arguments.len() == 1 => return flatten(arguments.remove(0), at),
        "tolist" | "toset" | "distinct" | "compact" | "sort" | "sensitive" | "nonsensitive" | "tomap"
        | "tostring" | "tonumber" | "tobool" | "reverse"
            if arguments.len() == 1 =>
        {
            return converted(name, arguments.remove(0), at);
        }
        _ => {}
    }
    if let Some(hangs_on) = arguments.iter().find_map(|argument| match &argument.value {
        Value::Unknown(what) => Some(what.clone()),
        _ => None,
    }) {
        return unknown(at, hangs_on);
    }
    known(name, &arguments, at).unwrap_or_else(|| {
        let hole = arguments.iter().find_map(|node| node.text().filter(|text| has_hole(text)));
        unknown(at, hole.map_or_else(|| format!("{name}(…)"), crate::source::shown))
    })
}

fn known(name: &str, arguments: &[Node], at: Place) -> Option<Node> {
    // A hole is longer than it shows, and what stands in it is nobody's text.
    let whole = |index: usize| {
        let text = as_text(arguments.get(index)?)?;
        (!has_hole(&text)).then_some(text)
    };
    let any = |index: usize| as_text(arguments.get(index)?);
    let list = |index: usize| match &arguments.get(index)?.value {
        Value::List(items) => Some(items),
        _ => None,
    };
    let node = match name {
        "format" => text(at, format(&any(0)?, &arguments[1..])?),
        "formatlist" => formatlist(&any(0)?, &arguments[1..], at)?,
        "join" => {
            let texts: Option<Vec<String>> =
                arguments[1..].iter().flat_map(Node::one_or_many).map(as_text).collect();
            let (texts, by) = (texts?, any(0)?);
            bounded(texts.len(), by.len())?;
            text(at, texts.join(&by))
        }
        "split" => {
            let (by, whole) = (whole(0)?, whole(1)?);
            let parts: Vec<Node> = match by.is_empty() {
                true => whole.chars().map(|character| text(at, character)).collect(),
                false => whole.split(by.as_str()).map(|part| text(at, part)).collect(),
            };
            Node::new(at, Value::List(parts))
        }
        "replace" => {
            let (whole, from, to) = (whole(0)?, whole(1)?, any(2)?);
            if from.len() > 1 && from.starts_with('/') && from.ends_with('/') || from.is_empty() {
                return None;
            }
            bounded(whole.matches(&from).count(), to.len())?;
            text(at, whole.replace(&from, &to))
        }
        "lower" => text(at, whole(0)?.to_lowercase()),
        "upper" => text(at, whole(0)?.to_uppercase()),
        "title" => text(at, title(&whole(0)?)),
        "trimspace" => text(at, whole(0)?.trim()),
        "trimprefix" => text(at, whole(0)?.strip_prefix(&whole(1)?).unwrap_or(&whole(0)?)),
        "trimsuffix" => text(at, whole(0)?.strip_suffix(&whole(1)?).unwrap_or(&whole(0)?)),
        "trim" => text(at, whole(0)?.trim_matches(|c| whole(1).is_some_and(|set| set.contains(c)))),
        "basename" => text(at, whole(0)?.rsplit('/').next().unwrap_or_default()),
        "dirname" => text(at, whole(0)?.rsplit_once('/').map_or(".", |(folder, _)| folder)),
        "yamldecode" => yaml(&whole(0)?, arguments.first()?.at)?,
        "chomp" => text(at, whole(0)?.trim_end_matches(['\r', '\n'])),
        "substr" => text(at, substr(&whole(0)?, number(arguments.get(1)?)?, number(arguments.get(2)?)?)),
        "startswith" => Node::new(at, Value::Bool(whole(0)?.starts_with(&whole(1)?))),
        "endswith" => Node::new(at, Value::Bool(whole(0)?.ends_with(&whole(1)?))),
        "strcontains" => Node::new(at, Value::Bool(whole(0)?.contains(&whole(1)?))),
        "length" => numeric(at, length(arguments.first()?)?),
        "element" => {
            let items = list(0)?;
            let index = number(arguments.get(1)?)?.max(0.0) as usize;
            items.get(index.checked_rem(items.len())?)?.clone()
        }
        "lookup" => {
            indexed(arguments.first()?.clone(), arguments.get(1)?).or_else(|| arguments.get(2).cloned())?
        }
        "contains" => contains(list(0)?, arguments.get(1)?, at)?,
        "keys" => each(arguments.first()?, at, |key, _| key)?,
        "values" => each(arguments.first()?, at, |_, value| value)?,
        "zipmap" => zipmap(list(0)?, list(1)?, at)?,
        "slice" => {
            let (from, to) = (number(arguments.get(1)?)?, number(arguments.get(2)?)?);
            Node::new(at, Value::List(list(0)?.get(from as usize..to as usize)?.to_vec()))
        }
        "range" => range(arguments, at)?,
        "setproduct" => setproduct(arguments, at)?,
        "one" => match &list(0)?[..] {
            [] => Node::new(at, Value::Null),
            [only] => only.clone(),
            _ => return None,
        },
        "max" => numeric(at, arguments.iter().filter_map(number).reduce(f64::max)?),
        "min" => numeric(at, arguments.iter().filter_map(number).reduce(f64::min)?),
        "coalescelist" => arguments.iter().find(|node| !node.items().is_empty())?.clone(),
        _ => return None,
    };
    Some(node)
}

fn decode(node: Node, at: Place) -> Node {
    if let Some(tree) = encoded(&node) {
        return tree.clone();
    }
    match &node.value {
        Value::Text(written) => match Node::json(written) {
            Ok(mut tree) => {
                tree.move_to(node.at);
                tree
            }
            Err(_) => unknown(at, "jsondecode(…)"),
        },
        other => unknown(at, what(other)),
    }
}

/// One document of YAML; everything in it stands where its text is.
fn yaml(written: &str, at: Place) -> Option<Node> {
    let read = crate::source::yaml::parse(written);
    let [document] = &read.documents[..] else { return None };
    let mut document = document.clone();
    document.move_to(at);
    read.refused.is_empty().then_some(document)
}

/// Lists one after the other; one that is not known is one element that is not known.
fn concat(arguments: Vec<Node>, at: Place) -> Node {
    let mut items = Vec::new();
    for argument in arguments {
        match argument.value {
            Value::List(more) => items.extend(more),
            Value::Null => {}
            value => items.push(Node::new(argument.at, value)),
        }
    }
    Node::new(at, Value::List(items))
}

fn merge(arguments: Vec<Node>, at: Place) -> Node {
    let mut entries: Vec<Entry> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for argument in arguments {
        match argument.value {
            Value::Map(more) => {
                for entry in more {
                    match known.get(&entry.key) {
                        Some(index) => entries[*index] = entry,
                        None => {
                            known.insert(entry.key.clone(), entries.len());
                            entries.push(entry);
                        }
                    }
                }
            }
            Value::Null => {}
            // What is known stays known beside it.
            Value::Unknown(what) => {
                let value = unknown(argument.at, what.clone());
                entries.push(Entry { key: hole(&what), at: argument.at, value });
            }
            other => return unknown(at, what(&other)),
        }
    }
    Node::new(at, Value::Map(entries))
}

fn flatten(node: Node, at: Place) -> Node {
    fn into(node: Node, items: &mut Vec<Node>) {
        match node.value {
            Value::List(more) => more.into_iter().for_each(|item| into(item, items)),
            value => items.push(Node::new(node.at, value)),
        }
    }
    let mut items = Vec::new();
    into(node, &mut items);
    Node::new(at, Value::List(items))
}

fn converted(name: &str, node: Node, at: Place) -> Node {
    let place = node.at;
    match (name, node.value) {
        ("toset" | "distinct", Value::List(items)) => Node::new(place, Value::List(distinct(items))),
        ("compact", Value::List(items)) => {
            let something = |item: &Node| !matches!(&item.value, Value::Null) && item.text() != Some("");
            Node::new(place, Value::List(items.into_iter().filter(something).collect()))
        }
        ("sort", Value::List(mut items)) => {
            items.sort_by_key(as_text);
            Node::new(place, Value::List(items))
        }
        ("reverse", Value::List(mut items)) => {
            items.reverse();
            Node::new(place, Value::List(items))
        }
        ("tostring", value) => {
            let node = Node::new(place, value);
            match (&node.value, as_text(&node)) {
                (Value::Number(_) | Value::Bool(_), Some(written)) => text(at, written),
                _ => node,
            }
        }
        ("tobool", Value::Text(written)) if matches!(&*written, "true" | "false") => {
            Node::new(place, Value::Bool(written == "true"))
        }
        (_, value) => Node::new(place, value),
    }
}

/// Nothing when a result would be much larger than what it is made of.
fn bounded(times: usize, length: usize) -> Option<()> {
    (times.saturating_mul(length) <= 1 << 20).then_some(())
}

/// `%s`, `%d`, `%q`, `%v` and `%%`; widths only as zeros in front of numbers.
fn format(pattern: &str, arguments: &[Node]) -> Option<String> {
    let mut out = String::new();
    let mut next = arguments.iter();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let mut width = String::new();
        let verb = loop {
            match characters.next()? {
                digit @ ('0'..='9' | '-' | '+') => width.push(digit),
                verb => break verb,
            }
        };
        match verb {
            '%' => out.push('%'),
            's' | 'v' | 'd' | 't' | 'g' if width.is_empty() => out.push_str(&as_text(next.next()?)?),
            'd' => {
                let digits = as_text(next.next()?)?;
                let wanted = width.strip_prefix('0')?.parse::<usize>().ok().filter(|wanted| *wanted <= 64)?;
                out.extend(std::iter::repeat_n('0', wanted.saturating_sub(digits.chars().count())));
                out.push_str(&digits);
            }
            'q' => leastwise_policy::json::write_string(&mut out, &as_text(next.next()?)?),
            _ => return None,
        }
    }
    Some(out)
}

fn formatlist(pattern: &str, arguments: &[Node], at: Place) -> Option<Node> {
    let mut length = None;
    for argument in arguments {
        if let Value::List(items) = &argument.value {
            if length.is_some_and(|length| length != items.len()) {
                return None;
            }
            length = Some(items.len());
        }
    }
    bounded(length?, pattern.len() + arguments.iter().filter_map(Node::text).map(str::len).sum::<usize>())?;
    let mut made = Vec::new();
    for index in 0..length? {
        let row: Option<Vec<Node>> = arguments
            .iter()
            .map(|argument| match &argument.value {
                Value::List(items) => items.get(index).cloned(),
                _ => Some(argument.clone()),
            })
            .collect();
        let row = row?;
        let place = row.first().map_or(at, |first| first.at);
        made.push(text(place, format(pattern, &row)?));
    }
    Some(Node::new(at, Value::List(made)))
}

fn title(words: &str) -> String {
    let mut begins = true;
    words
        .chars()
        .map(|character| {
            let shown = if begins { character.to_ascii_uppercase() } else { character };
            begins = character.is_whitespace();
            shown
        })
        .collect()
}

fn substr(text: &str, from: f64, length: f64) -> String {
    let count = text.chars().count();
    let from = if from < 0.0 { count.saturating_sub((-from) as usize) } else { from as usize };
    let length = if length < 0.0 { count } else { length as usize };
    text.chars().skip(from).take(length).collect()
}

fn length(node: &Node) -> Option<f64> {
    match &node.value {
        Value::List(items) if !items.iter().any(|item| matches!(item.value, Value::Unknown(_))) => {
            Some(items.len() as f64)
        }
        Value::Map(entries) if encoded(node).is_none() => Some(entries.len() as f64),
        Value::Text(text) if !has_hole(text) => Some(text.chars().count() as f64),
        _ => None,
    }
}

fn contains(items: &[Node], wanted: &Node, at: Place) -> Option<Node> {
    if items.iter().any(|item| same(item, wanted)) {
        return Some(Node::new(at, Value::Bool(true)));
    }
    let unclear = |node: &Node| matches!(&node.value, Value::Unknown(_)) || node.text().is_some_and(has_hole);
    let certain = !unclear(wanted) && !items.iter().any(unclear);
    certain.then(|| Node::new(at, Value::Bool(false)))
}

/// Keys or values of a map, in the order of the keys, as Terraform has them.
fn each(node: &Node, at: Place, of: fn(Node, Node) -> Node) -> Option<Node> {
    let mut all = match &node.value {
        Value::Map(_) => pairs(node).ok()?,
        _ => return None,
    };
    all.sort_by_key(|(key, _)| as_text(key));
    Some(Node::new(at, Value::List(all.into_iter().map(|(key, value)| of(key, value)).collect())))
}

fn zipmap(keys: &[Node], values: &[Node], at: Place) -> Option<Node> {
    let entry =
        |(key, value): (&Node, &Node)| Some(Entry { key: as_text(key)?, at: key.at, value: value.clone() });
    let entries: Option<Vec<Entry>> = keys.iter().zip(values).map(entry).collect();
    Some(Node::new(at, Value::Map(entries?)))
}

fn range(arguments: &[Node], at: Place) -> Option<Node> {
    let numbers: Option<Vec<f64>> = arguments.iter().map(number).collect();
    let (from, to) = match numbers?[..] {
        [to] => (0.0, to),
        [from, to] => (from, to),
        _ => return None,
    };
    let count = (to - from).clamp(0.0, 1024.0) as usize;
    Some(Node::new(at, Value::List((0..count).map(|index| numeric(at, from + index as f64)).collect())))
}

fn setproduct(sets: &[Node], at: Place) -> Option<Node> {
    bounded(64, sets.iter().map(super::eval::weight).sum())?;
    let mut rows: Vec<Vec<Node>> = vec![Vec::new()];
    for set in sets {
        let Value::List(items) = &set.value else { return None };
        if rows.len().saturating_mul(items.len()) > 4096 {
            return None;
        }
        rows = rows
            .iter()
            .flat_map(|row| {
                items.iter().map(|item| {
                    let mut row = row.clone();
                    row.push(item.clone());
                    row
                })
            })
            .collect();
    }
    let rows = rows.into_iter().map(|row| Node::new(at, Value::List(row))).collect();
    Some(Node::new(at, Value::List(rows)))
}
