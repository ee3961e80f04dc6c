//! What a level or a verb of an intent comes to: `write` on a DynamoDB table is four actions on its items.
//!
//! The definitions are those of `docs/generate.md`: eight levels ([`LEVELS`]), verbs such as `send` and `invoke`,
//! and the service's own operations (`start-query-execution`). What a service does differently from the default is
//! a row in `data/aws/levels/<service>.levels` (the grammar is in `syntax.rs`); the default is derived from access
//! levels, resource types and marks (`derive.rs`), and rather gives nothing than too much.

mod derive;
mod meaning;
mod place;
mod syntax;

pub use meaning::{Grant, Meaning, Source, Target, Unfit};
pub use place::Place;
pub use syntax::LevelError;

use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use leastwise_policy::glob;
use syntax::Row;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/data/aws/levels");

/// The levels of an intent, from the mildest.
pub const LEVELS: [&str; 8] = ["list", "describe", "read", "write", "update", "delete", "tag", "admin"];

/// The type under which a table has what is said of the service as a whole.
const WHOLE: &str = "-";

/// The level tables, ready to be asked.
#[derive(Debug, Default)]
pub struct LevelTables {
    /// By service.
    services: BTreeMap<Arc<str>, Vec<Row>>,
}

impl LevelTables {
    /// The tables that are part of the program.
    ///
    /// # Panics
    /// Never: a test parses every file that is embedded.
    pub fn embedded() -> &'static LevelTables {
        static TABLES: OnceLock<LevelTables> = OnceLock::new();
        TABLES.get_or_init(|| {
            let files = FILES.files().filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)));
            LevelTables::parse(files).expect("the embedded level tables parse, which a test shows")
        })
    }

    /// Parses tables given as file name and text; the name's stem is the service.
    ///
    /// # Errors
    /// The first line that is not a row.
    pub fn parse<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<LevelTables, LevelError> {
        let mut services = BTreeMap::new();
        for (name, text) in files {
            if let Some(service) = name.strip_suffix(".levels") {
                services.insert(Arc::from(service), syntax::parse(name, text)?);
            }
        }
        Ok(LevelTables { services })
    }

    /// The services that have a table.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(|service| &**service)
    }

    /// The words that the table of `service` knows for a resource type, or for the service as a whole, sorted.
    pub fn words(&self, service: &str, kind: Option<&str>) -> Vec<&str> {
        let kind = kind.unwrap_or(WHOLE);
        let mut words: Vec<&str> = self
            .rows(service)
            .iter()
            .filter_map(|row| match row {
                Row::Means { kind: of, words, .. } if &**of == kind => Some(words),
                _ => None,
            })
            .flatten()
            .map(|word| &**word)
            .collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    /// How a name becomes the resource part of an ARN when the type's format does not tell: a secret's ends in six
    /// characters that nobody knows. `@` stands for the name.
    pub fn naming(&self, service: &str, kind: &str) -> Option<&str> {
        self.rows(service).iter().find_map(|row| match row {
            Row::Name { kind: of, pattern } if &**of == kind => Some(&**pattern),
            _ => None,
        })
    }

    /// The ending that the ARNs of a resource type have, as a pattern (`-??????`), when no such ARN has this resource part:
    /// a secret's ends in six letters and digits that Secrets Manager adds to the name
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html>). A name can end
    /// like that by itself, which nobody can tell.
    pub fn missing_ending(&self, service: &str, kind: &str, resource: &str) -> Option<&str> {
        let ending = self.naming(service, kind)?.strip_prefix('@').filter(|ending| !ending.is_empty())?;
        let is_it = |(own, wanted): (u8, u8)| own == wanted || wanted == b'?' && own.is_ascii_alphanumeric();
        // What is written of the end must fit, and so must the pattern as a whole.
        let tail = resource.rsplit(['*', '?']).next().unwrap_or_default();
        let fits = tail.bytes().rev().zip(ending.bytes().rev()).all(is_it)
            && glob::overlaps(resource, &format!("*{ending}"));
        (!fits).then_some(ending)
    }

    /// The resource type that people call `name`, where the service calls it otherwise.
    pub fn alias(&self, service: &str, name: &str) -> Option<&str> {
        self.rows(service).iter().find_map(|row| match row {
            Row::Alias { name: of, kind } if &**of == name => Some(&**kind),
            _ => None,
        })
    }

    fn rows(&self, service: &str) -> &[Row] {
        self.services.get(service).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn an_arn_that_cannot_have_its_ending_is_told() {
        let missing = |resource: &str| {
            LevelTables::embedded().missing_ending("secretsmanager", "Secret", resource).is_some()
        };
        for resource in [
            "secret:db",
            "secret:prod/db-url-xyz",
            "secret:db-a1b2c",
            "secret:d?b",
            "secret:*/db",
            "secret:db-1234567",
        ] {
            assert!(missing(resource), "{resource}");
        }
        for resource in [
            "secret:db-a1b2c3",
            "secret:db-??????",
            "secret:db-*",
            "secret:db*",
            "secret:my-secret",
            "*",
            "secret:??????????",
        ] {
            assert!(!missing(resource), "{resource}");
        }
        assert_eq!(LevelTables::embedded().missing_ending("sqs", "queue", "jobs"), None);
    }

    #[test]
    fn every_embedded_table_parses_and_names_what_exists() {
        let catalog = Catalog::embedded();
        let tables = LevelTables::embedded();
        let mut wrong = Vec::new();
        for (prefix, rows) in &tables.services {
            let Some(service) = catalog.service(prefix) else {
                wrong.push(format!("no service `{prefix}`"));
                continue;
            };
            for row in rows {
                let (kinds, actions) = row.names();
                wrong.extend(kinds.iter().filter_map(|kind| {
                    let plain = kind.trim_end_matches("/*");
                    let known = ["*", WHOLE].contains(kind) || service.resource_type(plain).is_some();
                    (!known).then(|| format!("{prefix}: no resource type `{kind}`"))
                }));
                wrong.extend(actions.iter().filter(|name| **name != "*").filter_map(|name| {
                    let full =
                        if name.contains(':') { (*name).to_owned() } else { format!("{prefix}:{name}") };
                    catalog.action(&full).is_none().then(|| format!("no action `{full}`"))
                }));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
