//! Whether a text of a reply says only what the words said: stand-ins, words that stand in the words, and what AWS
//! itself named.

use std::collections::HashSet;

use leastwise_catalog::Catalog;

use super::ordinary::{is_ordinary, is_region};
use super::standin::StandIns;

/// What may be said.
pub(super) struct Said<'a> {
    stand_ins: &'a StandIns,
    catalog: &'a Catalog,
    words: HashSet<String>,
}

/// What parts names in a binding.
const JOINTS: [char; 4] = ['/', ':', ',', ' '];

impl<'a> Said<'a> {
    pub(super) fn new(stand_ins: &'a StandIns, catalog: &'a Catalog) -> Said<'a> {
        let ends = |c: char| c.is_whitespace() || ",;!?()[]{}<>|\"'`“”‘’/:=".contains(c);
        let words = stand_ins.hidden().split(ends).map(|word| word.trim_end_matches('.').to_lowercase());
        Said { stand_ins, catalog, words: words.filter(|word| !word.is_empty()).collect() }
    }

    /// Whether the words themselves ask for everything.
    pub(super) fn asks_for_admin(&self) -> bool {
        const ADMIN: [&str; 9] = [
            "admin",
            "administer",
            "administers",
            "administering",
            "administrator",
            "administrate",
            "administration",
            "everything",
            "anything",
        ];
        let full =
            self.words.contains("full") && (self.words.contains("access") || self.words.contains("control"));
        full || ADMIN.iter().any(|word| self.words.contains(*word))
    }

    /// A name: a stand-in, or a word that stands in the words.
    pub(super) fn is_name(&self, text: &str) -> bool {
        self.stand_ins.is_stand_in(text) || self.words.contains(&text.to_lowercase())
    }

    /// What a resource is bound to: an ARN of the words, or a service with a type and a name.
    pub(super) fn is_binding(&self, text: &str) -> bool {
        if text.starts_with("arn:") {
            return self.is_arn(text);
        }
        let (service, rest) = text.split_once(':').unwrap_or((text, ""));
        let known = self.catalog.service(service);
        if rest.is_empty() {
            return known.is_some() || self.is_name(text);
        }
        let Some(known) = known else { return false };
        let mut parts = rest.split(JOINTS).filter(|part| !part.is_empty()).peekable();
        let mut first = true;
        let mut named = false;
        while let Some(part) = parts.next() {
            let is_type = first
                && (known.resource_type(part).is_some()
                    || leastwise_catalog::levels::LevelTables::embedded()
                        .alias(&known.prefix, part)
                        .is_some()
                    || begins_a_format(known, part));
            let is_name = self.is_name(part);
            if !is_type && !is_name {
                return false;
            }
            named |= is_name || parts.peek().is_none();
            first = false;
        }
        named && !rest.contains(['*', '?'])
    }

    /// An ARN that stands in the words as a whole.
    fn is_arn(&self, arn: &str) -> bool {
        let ends = |c: char| c.is_whitespace() || ",;!?()[]{}<>|\"'`“”‘’".contains(c);
        self.stand_ins.hidden().split(ends).any(|word| word.trim_end_matches(['.', ':']) == arn)
    }

    /// Who may hold a role: a service that holds roles, or what the words name.
    pub(super) fn is_holder(&self, text: &str) -> bool {
        let host = text.strip_suffix(".amazonaws.com").unwrap_or(text);
        Catalog::service_principal(host).is_some() || self.is_said(text)
    }

    /// A value of a condition or another setting: each of its parts is said, or is a region or a length of time.
    pub(super) fn is_said(&self, text: &str) -> bool {
        let fixed = |part: &str| {
            is_region(part)
                || matches!(
                    part,
                    "true"
                        | "false"
                        | "arn"
                        | "aws"
                        | "iam"
                        | "oidc"
                        | "repo"
                        | "ref"
                        | "refs"
                        | "heads"
                        | "role"
                        | "user"
                )
                || (is_ordinary(part) && part.bytes().any(|byte| byte.is_ascii_digit()))
        };
        let whole = text.starts_with("arn:") && self.is_arn(text);
        whole
            || (!text.contains(['*', '?'])
                && text.split(JOINTS).all(|part| part.is_empty() || fixed(part) || self.is_name(part)))
    }

    /// What a role is called in the reply: any label that gives nothing away and claims nothing.
    pub(super) fn is_label(&self, text: &str) -> bool {
        let stripped = text.split(['-', '_']).all(|part| self.is_name(part) || is_ordinary(part));
        stripped || camel(text).iter().all(|part| is_ordinary(part))
    }
}

/// Whether some format of the service begins its resource part so: `table` of `table/${TableName}`.
fn begins_a_format(service: &leastwise_catalog::Service, part: &str) -> bool {
    service.resource_types.iter().flat_map(|kind| &kind.arn).any(|format| {
        let resource = format.splitn(6, ':').nth(5).unwrap_or_default();
        resource.split(['/', ':']).next() == Some(part)
    })
}

/// `OrderReader` → `order`, `reader`.
fn camel(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for letter in text.chars() {
        if letter.is_uppercase() || parts.is_empty() {
            parts.push(String::new());
        }
        if let Some(last) = parts.last_mut() {
            last.extend(letter.to_lowercase());
        }
    }
    parts
}
