//! What a block stands for: itself, or one thing for each value of its `count` or `for_each`.

use std::rc::Rc;

use super::hangs::Hanging;
use super::{Machine, map};
use crate::source::hcl::eval::{Scope, number, pairs, same, unknown};
use crate::source::hcl::syntax::{Block, Expr, Kind};
use crate::source::{Node, Place, Value};

/// The most instances of one resource that are told apart.
const MOST_INSTANCES: usize = 512;

/// One of the things that a block with `count` or `for_each` stands for.
#[derive(Debug, Clone)]
pub(in crate::source::hcl) struct Instance {
    /// The index or key, when there is one.
    pub(in crate::source::hcl) key: Option<Node>,
    pub(in crate::source::hcl) names: Vec<(String, Node)>,
    /// The conditions that it hangs on.
    pub(in crate::source::hcl) hangs_on: Hanging,
}

impl Instance {
    /// The only one, which is always there.
    fn only() -> Instance {
        Instance { key: None, names: Vec::new(), hangs_on: Hanging::default() }
    }
}

impl Machine<'_> {
    /// What stands for a block: itself, or one for each value of `count` or `for_each`.
    pub(in crate::source::hcl) fn instances(&mut self, address: &str, block: &Block) -> Rc<Vec<Instance>> {
        if let Some(known) = self.instances.get(address) {
            return known.clone();
        }
        let name = format!("{address} instances");
        let found = match self.busy.insert(name.clone()) {
            true => self.find_instances(block),
            false => vec![Instance::only()],
        };
        self.busy.remove(&name);
        let found = Rc::new(found);
        self.instances.insert(address.to_owned(), found.clone());
        found
    }

    /// How many of so many are told apart; where that is not all, it is noted.
    fn cut(&self, number: usize, at: Place) -> usize {
        if number > MOST_INSTANCES {
            self.modules.library.cut_at(at);
        }
        number.min(MOST_INSTANCES)
    }

    fn find_instances(&mut self, block: &Block) -> Vec<Instance> {
        let top = Scope::default();
        if let Some(count) = block.body.attribute("count") {
            let at = count.value.at;
            let node = self.eval(&count.value, &top);
            let number = number(&node).map(|number| number.max(0.0) as usize);
            let instance = |index: Node, hangs_on: Hanging| Instance {
                key: Some(index.clone()),
                names: vec![("count".to_owned(), map(at, [("index", index)]))],
                hangs_on,
            };
            // A switch that is off by default can be switched on: only a zero that is written is none.
            return match number {
                Some(0) if matches!(count.value.kind, Kind::Literal(_)) => Vec::new(),
                Some(number) if number > 0 => {
                    let hangs_on = self.conditions_of_known(&count.value);
                    (0..self.cut(number, at))
                        .map(|index| Node::new(at, Value::Number(index.to_string())))
                        .map(|index| instance(index, hangs_on.clone()))
                        .collect()
                }
                _ => {
                    let hangs_on = Hanging::surely(self.conditions_of_some(&count.value, &top));
                    vec![instance(unknown(at, "count.index"), hangs_on)]
                }
            };
        }
        let Some(each) = block.body.attribute("for_each") else {
            return vec![Instance::only()];
        };
        let at = each.value.at;
        let node = self.eval(&each.value, &top);
        let is_list = matches!(node.value, Value::List(_));
        let instance = |key: Node, value: Node, hangs_on: Hanging| Instance {
            key: Some(key.clone()),
            names: vec![("each".to_owned(), map(at, [("key", key), ("value", value)]))],
            hangs_on,
        };
        match pairs(&node) {
            Ok(pairs) if !pairs.is_empty() => {
                let most = self.cut(pairs.len(), at);
                let of_all = self.conditions_of_known(&each.value);
                pairs
                    .into_iter()
                    .take(most)
                    // A set has its values for keys.
                    .map(|(key, value)| {
                        let hangs_on = of_all.with(&self.conditions_of_round(&each.value, (&key, &value)));
                        let key = if is_list { value.clone() } else { key };
                        instance(key, value, hangs_on)
                    })
                    .collect()
            }
            _ => {
                let hangs_on = Hanging::surely(self.conditions_of_some(&each.value, &top));
                vec![instance(unknown(at, "each.key"), unknown(at, "each.value"), hangs_on)]
            }
        }
    }
}

impl Machine<'_> {
    /// The conditions on which there is something of what is known, because a conditional counts with both its sides.
    fn conditions_of_known(&mut self, expr: &Expr) -> Hanging {
        match self.deciding(expr).is_empty() {
            true => Hanging::default(),
            false => Hanging::surely(self.conditions_of_some(expr, &Scope::default())),
        }
    }
}

pub(super) fn position(instances: &[Instance], wanted: &Node) -> usize {
    let found =
        instances.iter().position(|instance| instance.key.as_ref().is_some_and(|key| same(key, wanted)));
    // What is not told apart is as good as the first.
    found.unwrap_or(if instances.len() == 1 { 0 } else { usize::MAX })
}

/// `["key"]` or `[0]`
pub(in crate::source::hcl) fn shown_key(key: Option<&Node>) -> String {
    match key.map(|key| &key.value) {
        None => String::new(),
        Some(Value::Number(number)) => format!("[{number}]"),
        Some(Value::Text(key)) => format!("[\"{key}\"]"),
        Some(_) => "[*]".to_owned(),
    }
}
