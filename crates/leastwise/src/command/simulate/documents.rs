//! Policy documents in files of their own, and where each document of a decision stands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use leastwise_analysis::granted::Origin;
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{DocumentKind, IssuedGrants, KeyGrant, Named, Policy, PublicAccessBlock};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::input::foreign::read_text;
use crate::input::wrapped;

/// The documents that were read from files, each under the name of its file.
#[derive(Default)]
pub struct Documents {
    origins: BTreeMap<String, Origin>,
}

impl Documents {
    /// Reads a document, and refuses one that AWS would not hold.
    pub fn read(&mut self, path: &Path, kind: DocumentKind, quota: Option<Quota>) -> Result<Named<Policy>> {
        self.take(&path.display().to_string(), &text(path)?, kind, quota)
    }

    /// The same for a text that is at hand.
    pub fn take(
        &mut self,
        name: &str,
        text: &str,
        kind: DocumentKind,
        quota: Option<Quota>,
    ) -> Result<Named<Policy>> {
        let document = wrapped::unwrap(text);
        let text = document.text.as_ref();
        let policy = Policy::parse_kind(text, kind).map_err(|error| {
            let error = Error::input(format!("`{name}` is not a policy document")).because(error);
            match wrapped::way_out(text) {
                Some(way_out) => error.hint(way_out),
                None => error,
            }
        })?;
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
        let length = value.to_string().chars().count();
        if let Some(most) = quota.map(Quota::characters).filter(|most| length > *most) {
            return Err(Error::input(format!(
                "`{name}` has {length} characters without white space, and AWS's quota is {most}"
            ))
            .hint("no organisation or session can hold it; give the policy that is really there"));
        }
        let single = value.get("Statement").is_some_and(Value::is_object);
        let origin = Origin {
            file: name.to_owned(),
            pointer: document.pointer.to_owned(),
            encoded: document.encoded,
            single,
        };
        self.origins.insert(name.to_owned(), origin);
        Ok(Named::new(name, policy))
    }

    /// Reads the grants of KMS keys, each under the name of its file and its place there.
    pub fn grants(&mut self, paths: &[PathBuf]) -> Result<Vec<IssuedGrants>> {
        let mut all: Vec<IssuedGrants> = Vec::new();
        for path in paths {
            let name = path.display().to_string();
            let grants = KeyGrant::parse_list(&text(path)?).map_err(|error| {
                Error::input(format!("`{name}` is not a list of grants"))
                    .because(error)
                    .hint("--grants takes what `aws kms list-grants` prints")
            })?;
            for grant in &grants {
                let pointer = grant.pointer.clone();
                let origin = Origin { file: name.clone(), pointer, encoded: false, single: true };
                self.origins.insert(grant_name(&name, grant), origin);
            }
            for issued in IssuedGrants::group(&grants, |grant| grant_name(&name, grant)) {
                match all.iter_mut().find(|known| known.issuer == issued.issuer) {
                    Some(known) => known.grants.extend(issued.grants),
                    None => all.push(issued),
                }
            }
        }
        Ok(all)
    }

    /// Where the document with this name stands.
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.origins.get(name)
    }
}

/// The settings of all files together; none without a file.
pub fn public_access(paths: &[PathBuf]) -> Result<Option<PublicAccessBlock>> {
    let mut all = None;
    for path in paths {
        let block = take_public_access(&path.display().to_string(), &text(path)?)?;
        all = Some(block.and(all.unwrap_or_default()));
    }
    Ok(all)
}

/// The same of a text that is at hand.
pub fn take_public_access(name: &str, text: &str) -> Result<PublicAccessBlock> {
    PublicAccessBlock::parse(text).map_err(|error| {
        Error::input(format!("`{name}` is not a public access block")).because(error).hint(
            "give what `aws s3api get-public-access-block` or `aws s3control get-public-access-block` prints",
        )
    })
}

fn grant_name(file: &str, grant: &KeyGrant) -> String {
    format!("{file} {}", grant.pointer)
}

fn text(path: &Path) -> Result<String> {
    let name = path.display();
    read_text(path).map_err(|error| Error::input(format!("cannot read `{name}`")).because(error))
}
