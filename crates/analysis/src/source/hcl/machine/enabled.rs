//! `lifecycle { enabled = … }` of OpenTofu, by which a resource or module is there or not:
//! <https://opentofu.org/docs/language/meta-arguments/enabled/>.

use super::Machine;
use super::hangs::Hanging;
use crate::source::Value;
use crate::source::hcl::eval::Scope;
use crate::source::hcl::syntax::{Block, Expr, Kind, Part};

impl Machine<'_> {
    /// The conditions that a block hangs on besides those of its instances; none when it is surely not there.
    pub(in crate::source::hcl) fn enabled(&mut self, block: &Block) -> Option<Hanging> {
        let Some(switch) = switch(block) else { return Some(Hanging::default()) };
        match self.eval(switch, &Scope::default()).value {
            Value::Bool(true) => Some(Hanging::default()),
            // A switch that is off by default can be switched on.
            Value::Bool(false) if matches!(switch.kind, Kind::Literal(_)) => None,
            _ => Some(Hanging::surely(self.conditions(switch, &Scope::default()))),
        }
    }
}

fn switch(block: &Block) -> Option<&Expr> {
    let blocks = block.body.blocks.iter().filter(|inner| inner.kind == "lifecycle");
    let written = blocks.filter_map(|inner| inner.body.attribute("enabled")).map(|found| &found.value).next();
    // In JSON it is a value like any other.
    let value = block.body.attribute("lifecycle").map(|attribute| &attribute.value);
    written.or_else(|| entry(value?, "enabled"))
}

fn entry<'e>(value: &'e Expr, wanted: &str) -> Option<&'e Expr> {
    match &value.kind {
        Kind::List(items) => items.iter().find_map(|item| entry(item, wanted)),
        Kind::Object(entries) => {
            let is_wanted = |key: &Expr| match &key.kind {
                Kind::Template(parts) => matches!(&parts[..], [Part::Text(key)] if key.text == wanted),
                _ => false,
            };
            entries.iter().find(|(key, _)| is_wanted(key)).map(|(_, value)| value)
        }
        _ => None,
    }
}
