//! Policy documents in files of their own, and where each document of a decision stands.

use std::collections::BTreeMap;
use std::path::Path;

use leastwise_analysis::granted::Origin;
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{DocumentKind, Named, Policy};
use serde_json::Value;

use crate::error::{Error, Result};

/// The documents that were read from files, each under the name of its file.
#[derive(Default)]
pub struct Documents {
    origins: BTreeMap<String, Origin>,
}

impl Documents {
    /// Reads a document, and refuses one that AWS would not hold.
    pub fn read(&mut self, path: &Path, kind: DocumentKind, quota: Option<Quota>) -> Result<Named<Policy>> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::input(format!("cannot read `{name}`")).because(error))?;
        self.take(&name, &text, kind, quota)
    }

    /// The same for a text that is at hand.
    pub fn take(
        &mut self,
        name: &str,
        text: &str,
        kind: DocumentKind,
        quota: Option<Quota>,
    ) -> Result<Named<Policy>> {
        let policy = Policy::parse_kind(text, kind)
            .map_err(|error| Error::input(format!("`{name}` is not a policy document")).because(error))?;
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
        let length = value.to_string().chars().count();
        if let Some(most) = quota.map(Quota::characters).filter(|most| length > *most) {
            return Err(Error::input(format!(
                "`{name}` has {length} characters without white space, and AWS's quota is {most}"
            ))
            .hint("no organisation or session can hold it; give the policy that is really there"));
        }
        let single = value.get("Statement").is_some_and(Value::is_object);
        let origin = Origin { file: name.to_owned(), pointer: String::new(), encoded: false, single };
        self.origins.insert(name.to_owned(), origin);
        Ok(Named::new(name, policy))
    }

    /// Where the document with this name stands.
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.origins.get(name)
    }
}
