//! Which way a condition comes out, with the defaults of parameters.

use super::{Template, as_text};
use crate::source::{Node, Value, has_hole};

impl Template<'_> {
    /// Whether the condition of this name holds; one that cannot be decided does.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.asked.borrow_mut().insert(name.to_owned());
        let by_default = self.by_default(name);
        by_default != self.flipped.borrow().contains(name)
    }

    pub(super) fn by_default(&self, name: &str) -> bool {
        let Some(condition) = self.root.get("Conditions").and_then(|all| all.get(name)) else { return true };
        self.truth(condition, 0).unwrap_or(true)
    }

    fn truth(&self, node: &Node, depth: usize) -> Option<bool> {
        if depth > 32 {
            return None;
        }
        let [only] = node.entries() else { return None };
        let each = || only.value.items().iter().map(|item| self.truth(item, depth + 1));
        match only.key.as_str() {
            "Fn::Equals" => {
                let [one, other] = only.value.items() else { return None };
                let (one, other) = (self.value(one)?, self.value(other)?);
                let known = |node: &Node| {
                    !matches!(node.value, Value::Unknown(_)) && !node.text().is_some_and(has_hole)
                };
                (known(&one) && known(&other)).then(|| as_text(&one) == as_text(&other))
            }
            "Fn::Not" => each().next().flatten().map(|truth| !truth),
            "Fn::And" => each().try_fold(true, |all, one| Some(all && one?)),
            "Fn::Or" => each().try_fold(false, |any, one| Some(any || one?)),
            "Condition" => {
                let name = only.value.text()?;
                let condition = self.root.get("Conditions")?.get(name)?;
                self.truth(condition, depth + 1)
            }
            _ => None,
        }
    }
}
