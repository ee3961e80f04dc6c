//! How long a document can be that hangs on conditions: of what excludes each other the longest counts, and not all of it.

use std::collections::BTreeSet;

use crate::check::right::{LEAST_QUOTA, length};
use crate::source::{Node, Value};

/// So many conditions are tried both ways; what hangs on others is taken to be there.
const MOST_CONDITIONS: usize = 10;

/// What begins a condition that holds when another does not.
const NOT: &str = "not ";

/// A part that hangs on conditions, by their numbers: those that hold, and those that do not.
struct Part {
    holding: u32,
    failing: u32,
    characters: usize,
}

/// The characters of a document in the longest way in which it can be, where some of it excludes other parts of it.
pub(super) fn longest(document: &Node, side: &dyn Fn(&Node) -> BTreeSet<String>) -> Option<usize> {
    if !matches!(document.value, Value::Map(_)) || length(document) <= LEAST_QUOTA {
        return None;
    }
    let mut weigh = Weigh { side, conditions: Vec::new(), parts: Vec::new(), always: 0 };
    weigh.node(document, (0, 0));
    if weigh.parts.is_empty() {
        return None;
    }
    let ways = 0..1_u32 << weigh.conditions.len();
    let characters = |way: u32| {
        let is_there = |part: &&Part| part.holding & !way == 0 && part.failing & way == 0;
        weigh.parts.iter().filter(is_there).map(|part| part.characters).sum::<usize>()
    };
    ways.map(|way| weigh.always + characters(way)).max()
}

struct Weigh<'s> {
    side: &'s dyn Fn(&Node) -> BTreeSet<String>,
    conditions: Vec<String>,
    parts: Vec<Part>,
    /// The characters of what is always there.
    always: usize,
}

impl Weigh<'_> {
    fn add(&mut self, (holding, failing): (u32, u32), characters: usize) {
        match (holding, failing) {
            (0, 0) => self.always += characters,
            _ => self.parts.push(Part { holding, failing, characters }),
        }
    }

    /// Weighs a value that is there under these conditions.
    fn node(&mut self, node: &Node, under: (u32, u32)) {
        match &node.value {
            Value::List(items) => {
                let before = self.parts.len();
                for item in items {
                    let (holding, failing) = self.conditions_of(item);
                    let item_under = (under.0 | holding, under.1 | failing);
                    self.node(item, item_under);
                    self.add(item_under, 1);
                }
                // There is a comma less than there are items; of none that hang on conditions it is known which is last.
                let is_plain = self.parts.len() == before && !items.is_empty();
                self.add(under, 2 - usize::from(is_plain));
            }
            Value::Map(entries) => {
                for entry in entries {
                    let key = Node::new(entry.at, Value::Text(entry.key.clone()));
                    self.add(under, length(&key) + 2);
                    self.node(&entry.value, under);
                }
                self.add(under, 2 - usize::from(!entries.is_empty()));
            }
            _ => self.add(under, length(node)),
        }
    }

    /// The conditions of an item, by their numbers.
    fn conditions_of(&mut self, item: &Node) -> (u32, u32) {
        let (mut holding, mut failing) = (0, 0);
        for said in (self.side)(item) {
            let (base, fails) = said.strip_prefix(NOT).map_or((said.as_str(), false), |base| (base, true));
            let known = self.conditions.iter().position(|one| one == base);
            let Some(number) = known.or_else(|| {
                (self.conditions.len() < MOST_CONDITIONS).then(|| {
                    self.conditions.push(base.to_owned());
                    self.conditions.len() - 1
                })
            }) else {
                continue;
            };
            if fails { failing |= 1 << number } else { holding |= 1 << number }
        }
        // The same may be on both sides of two conditionals: then it is taken to be there.
        if holding & failing == 0 { (holding, failing) } else { (0, 0) }
    }
}
