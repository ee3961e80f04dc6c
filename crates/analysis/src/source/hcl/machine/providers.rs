//! Which provider makes what: a module is given those of its caller, perhaps under other names
//! (<https://developer.hashicorp.com/terraform/language/modules/develop/providers>).

use std::collections::HashMap;

use super::Machine;
use crate::source::hcl::syntax::{Block, Expr, Kind, Part};

impl Machine<'_> {
    /// The provider of a resource, as the root module calls it.
    pub(in crate::source::hcl) fn provider(&self, block: &Block) -> String {
        let written = block.body.attribute("provider").and_then(|attribute| name(&attribute.value));
        let of_kind = || block.labels.first().and_then(|kind| kind.split('_').next()).unwrap_or_default();
        self.outer(written.unwrap_or_else(of_kind))
    }

    /// The providers that a call gives to a module, and those that it has without being given them.
    pub(super) fn providers_of(&self, call: &Block) -> HashMap<String, String> {
        let mut all = self.providers.clone();
        all.retain(|name, _| !name.contains('.'));
        let given = call.body.attribute("providers").map(|attribute| &attribute.value.kind);
        if let Some(Kind::Object(entries)) = given {
            let pairs = entries.iter().filter_map(|(inner, outer)| Some((name(inner)?, name(outer)?)));
            all.extend(pairs.map(|(inner, outer)| (inner.to_owned(), self.outer(outer))));
        }
        all
    }

    fn outer(&self, name: &str) -> String {
        self.providers.get(name).map_or(name, String::as_str).to_owned()
    }
}

/// `aws.other`, in quotation marks or without them.
fn name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        Kind::Reference { written, .. } => Some(written),
        Kind::Literal(crate::source::Value::Text(text)) => Some(text),
        Kind::Template(parts) => match &parts[..] {
            [Part::Text(only)] => Some(&only.text),
            [Part::Value(value)] => name(value),
            _ => None,
        },
        _ => None,
    }
}
