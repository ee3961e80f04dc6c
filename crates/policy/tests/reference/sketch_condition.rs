//! Generated conditions: drawn at random until the truth of the scene makes them hold, or fail, as wanted.

use serde_json::{Map, Value, json};

use super::condition;
use super::dice::Dice;
use super::know::Know;
use super::sketch::{cut_of, short_of_one};
use super::words::{KEYS, Key, OF_PRINCIPAL, Sort};
use super::world::{Seen, World};

/// What is wanted of a condition block.
pub(crate) struct Draft<'a> {
    pub(crate) truth: &'a World,
    /// Whether the document's version has variables.
    pub(crate) variables: bool,
    pub(crate) hit: bool,
}

/// A condition block with one to three tests.
pub(crate) fn draw(draft: &Draft<'_>, dice: &mut Dice) -> Value {
    let mut block = Map::new();
    let count = dice.weigh(&[(50, 1), (32, 2), (18, 3)]);
    // When the block is to fail, one test fails and the others may hold.
    let failing = if draft.hit { usize::MAX } else { dice.below(count) };
    for index in 0..count {
        let wanted = Know::of(index != failing);
        for _ in 0..12 {
            let (operator, key, values) = one(draft, dice);
            let holds = condition::test(&operator, &key, &values, draft.variables, draft.truth);
            let known = block.get(&operator).and_then(|keys| keys.get(&key)).is_some();
            if holds == wanted && !known {
                let keys = block.entry(operator).or_insert_with(|| json!({}));
                keys[key] = values;
                break;
            }
        }
    }
    Value::Object(block)
}

/// One test: operator, key, values.
fn one(draft: &Draft<'_>, dice: &mut Dice) -> (String, String, Value) {
    let key = key(dice);
    let name = match dice.below(10) {
        0 => key.name.to_uppercase(),
        1 => key.name.to_ascii_lowercase(),
        _ => key.name.to_owned(),
    };
    if dice.chance(9) {
        return ("Null".to_owned(), name, truth(dice.chance(50), dice));
    }
    let base = operator(key.sort, dice);
    let set = match (key.many, dice.below(10)) {
        (true, 0..5) | (false, 0 | 1) => "ForAllValues:",
        (true, 5..10) | (false, 2) => "ForAnyValue:",
        _ => "",
    };
    let if_exists = if dice.chance(22) { "IfExists" } else { "" };
    (format!("{set}{base}{if_exists}"), name, values(draft, key, base, dice))
}

/// A key; one whose values have many operators more often than others.
fn key(dice: &mut Dice) -> &'static Key {
    if dice.chance(14) {
        return &OF_PRINCIPAL[dice.below(OF_PRINCIPAL.len())];
    }
    let sort = dice.weigh(&[
        (6, Sort::Text),
        (5, Sort::Number),
        (5, Sort::Moment),
        (2, Sort::Truth),
        (2, Sort::Address),
        (4, Sort::Arn),
        (1, Sort::Binary),
    ]);
    let keys: Vec<&Key> = KEYS.iter().filter(|key| key.sort == sort).collect();
    keys[dice.below(keys.len())]
}

/// One to three values, some of them what the request has.
fn values(draft: &Draft<'_>, key: &Key, base: &str, dice: &mut Dice) -> Value {
    let facts = match draft.truth.see(key.name) {
        Seen::Values(facts) => facts,
        Seen::Absent | Seen::Unknown => Vec::new(),
    };
    let mut values = Vec::new();
    for _ in 0..dice.weigh(&[(55, 1), (30, 2), (15, 3)]) {
        let drawn = match facts.first() {
            Some(fact) if dice.chance(30) && !fact.is_empty() => fact.clone(),
            _ => dice.pick(key.values).to_owned(),
        };
        values.push(value(key, &drawn, base, draft.variables, dice));
    }
    match <[Value; 1]>::try_from(values) {
        Ok([one]) if dice.chance(60) => one,
        Ok(one) => Value::Array(one.to_vec()),
        Err(more) => Value::Array(more),
    }
}

/// Every operator that goes with a sort of values.
pub(crate) const fn operators(sort: Sort) -> &'static [&'static str] {
    match sort {
        Sort::Text => &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
        Sort::Number => &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        Sort::Moment => &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        Sort::Truth => &["Bool"],
        Sort::Address => &["IpAddress", "NotIpAddress"],
        Sort::Arn => &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringEquals"],
        Sort::Binary => &["BinaryEquals"],
    }
}

fn operator(sort: Sort, dice: &mut Dice) -> &'static str {
    dice.pick(operators(sort))
}

/// A value that the key may have, or a pattern for one.
fn value(key: &Key, drawn: &str, base: &str, variables: bool, dice: &mut Dice) -> Value {
    match key.sort {
        Sort::Truth => truth(drawn == "true", dice),
        Sort::Number if dice.chance(15) => drawn.parse::<i64>().map_or(json!(drawn), |number| json!(number)),
        Sort::Address => json!(range(drawn, dice)),
        Sort::Text | Sort::Arn => {
            let wild = base.contains("Like") || base.starts_with("Arn");
            json!(pattern(key, drawn, wild, variables, dice))
        }
        _ => json!(drawn),
    }
}

/// `true` and `false` may stand with and without quotation marks.
fn truth(value: bool, dice: &mut Dice) -> Value {
    if dice.chance(25) { json!(value) } else { json!(value.to_string()) }
}

fn range(address: &str, dice: &mut Dice) -> String {
    match address {
        "203.0.113.7" => dice.pick(&["203.0.113.0/24", "203.0.113.0/25", "203.0.113.7", "203.0.113.7/32"]),
        "203.0.113.200" => dice.pick(&["203.0.113.128/25", "203.0.112.0/22", "0.0.0.0/0"]),
        "198.51.100.1" => dice.pick(&["198.51.100.0/31", "198.51.100.0/24", "198.51.100.1"]),
        _ => dice.pick(&["2001:db8:1234:5678::/64", "2001:DB8:1234::/48", "2001:db8:1234:9::1/128", "::/0"]),
    }
    .to_owned()
}

fn pattern(key: &Key, drawn: &str, wild: bool, variables: bool, dice: &mut Dice) -> String {
    if key.sort == Sort::Text && !key.many && dice.chance(15) {
        let others: Vec<&str> = KEYS
            .iter()
            .chain(OF_PRINCIPAL)
            .filter(|other| other.variable && !other.name.eq_ignore_ascii_case(key.name))
            .map(|other| other.name)
            .collect();
        let other = dice.pick(&others);
        return match dice.below(3) {
            // What a variable in a default means is not documented.
            0 if !drawn.contains('$') => format!("${{{other}, '{drawn}'}}"),
            1 if wild => format!("home/${{{other}}}*"),
            _ => format!("${{{other}}}"),
        };
    }
    if !wild || dice.chance(40) {
        let escaped = drawn.replace('*', "${*}");
        return if variables && dice.chance(70) { escaped } else { drawn.to_owned() };
    }
    let start = if key.sort == Sort::Arn { drawn.rfind(':').map_or(0, |at| at + 1) } else { 0 };
    let cut = start + cut_of(&drawn[start..], dice);
    match dice.below(5) {
        0 => format!("{}*", &drawn[..cut]),
        1 if cut > start => format!("{}?{}", short_of_one(&drawn[..cut]), &drawn[cut..]),
        2 => format!("{}*{}", &drawn[..start], &drawn[cut..]),
        3 if key.sort == Sort::Arn && drawn.contains(":111122223333:function:app:") => {
            "arn:aws:lambda:us-east-1:*:live".to_owned()
        }
        // What an ARN operator makes of a pattern with fewer than six components is not documented.
        _ if key.sort == Sort::Arn => drawn.replacen(":111122223333:", ":*:", 1),
        _ => format!("*{}", &drawn[cut..]),
    }
}
