//! Operations of the catalogue, by their names (`PutItem`, `put-item`, `s3:GetObject`) and by the words they are made of
//! (`create change sets` is CreateChangeSet).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use leastwise_catalog::{Catalog, Service};

use super::forms::singular;
use super::lexicon::Lexicon;

/// The operations of a catalogue.
pub(super) struct Operations<'c> {
    catalog: &'c Catalog,
    index: OnceLock<Index>,
}

/// The services that have an action, by its name in lower case.
type Index = BTreeMap<String, Vec<String>>;

fn index_of(catalog: &Catalog) -> Index {
    let mut index = Index::new();
    for prefix in catalog.services() {
        let actions = catalog.service(prefix).map_or(&[][..], |service| &service.actions);
        for action in actions {
            index.entry(action.name.to_lowercase()).or_default().push(prefix.to_owned());
        }
    }
    index
}

impl<'c> Operations<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Operations<'c> {
        Operations { catalog, index: OnceLock::new() }
    }

    /// Whether a word is the name of an operation or an action: it looks like one, and some service has it.
    pub(super) fn names(&self, text: &str) -> bool {
        if let Some((prefix, _)) = text.split_once(':') {
            return self.catalog.service(prefix).is_some() && self.catalog.action(text).is_some();
        }
        let capitals = text.bytes().filter(u8::is_ascii_uppercase).count();
        let camel = capitals > 1 && text.starts_with(|c: char| c.is_ascii_uppercase());
        let kebab = text.contains('-') && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        plain && (camel || kebab) && !self.services(text).is_empty()
    }

    /// The services that have an operation of that name.
    pub(super) fn services(&self, text: &str) -> &[String] {
        static EMBEDDED: OnceLock<Index> = OnceLock::new();
        // The index of the embedded catalogue is made once.
        let embedded = std::ptr::eq(self.catalog, Catalog::embedded());
        let index = if embedded { &EMBEDDED } else { &self.index }.get_or_init(|| index_of(self.catalog));
        index.get(&text.replace('-', "").to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// The operations of a service whose names are made of a verb and all of some words; `may` are words that may be in
    /// the name besides.
    pub(super) fn made_of(
        &self,
        prefix: &str,
        verb: &Verb<'_>,
        words: &[String],
        may: &[String],
    ) -> Vec<String> {
        let Some(service) = self.catalog.service(prefix) else { return Vec::new() };
        let wanted: BTreeSet<String> =
            words.iter().flat_map(|word| word.split(' ').map(plain).collect::<Vec<_>>()).collect();
        let may: BTreeSet<String> = may.iter().map(|word| plain(&word.to_lowercase())).collect();
        for exact in [true, false] {
            let mut found = Operations::matching(service, verb, |name| {
                let more: Vec<&String> = name.difference(&wanted).collect();
                let all = wanted.is_subset(name);
                all && if exact { more.is_empty() } else { more.iter().all(|word| may.contains(*word)) }
            });
            // Of `GetJobRun` and `GetJobRuns` the one that gets less is meant.
            let all = if ["read", "list"].contains(&verb.class) { Vec::new() } else { found.clone() };
            found.retain(|name| !all.iter().any(|other| other != name && singular(name) == *other));
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    fn matching(service: &Service, verb: &Verb<'_>, test: impl Fn(&BTreeSet<String>) -> bool) -> Vec<String> {
        for prefix in verb.prefixes() {
            let mut found = Vec::new();
            for action in &service.actions {
                if let Some(rest) = after_prefix(&action.name, &prefix)
                    && !rest.is_empty()
                    && test(&rest.into_iter().collect())
                {
                    found.push(action.name.to_string());
                }
            }
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }
}

/// A verb as operations may begin with it.
pub(super) struct Verb<'a> {
    pub lemma: &'a str,
    pub class: &'a str,
    pub lexicon: &'a Lexicon,
}

impl Verb<'_> {
    fn prefixes(&self) -> Vec<String> {
        let mut prefixes = vec![self.lemma.replace([' ', '-'], "")];
        prefixes.extend(self.lexicon.prefixes(self.class).iter().cloned());
        prefixes
    }
}

/// The words of a name after those that make `prefix`, in the singular: `DeleteDBSnapshot` after `delete` is db, snapshot.
fn after_prefix(name: &str, prefix: &str) -> Option<Vec<String>> {
    let words = words(name);
    let mut begun = String::new();
    for (index, word) in words.iter().enumerate() {
        begun.push_str(word);
        if begun == prefix {
            return Some(
                words[index + 1..].iter().filter(|word| !binds(word)).map(|word| plain(word)).collect(),
            );
        }
        if begun.len() >= prefix.len() {
            return None;
        }
    }
    None
}

/// Words that only bind others: `GetCostAndUsage`, `SearchFacesByImage`.
fn binds(word: &str) -> bool {
    ["and", "by", "for", "of", "the", "with", "in", "on", "to", "from"].contains(&word)
}

/// A word in the singular and written out.
fn plain(word: &str) -> String {
    match word {
        "config" => "configuration".to_owned(),
        _ => singular(word),
    }
}

/// The words of a name in capitals and small letters: `CreateDBSnapshot` is create, db, snapshot.
pub(super) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(index + 1);
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                !before.is_ascii_uppercase() || after.is_some_and(|after| after.is_ascii_lowercase())
            });
        match words.last_mut() {
            Some(word) if !begins && letter.is_ascii_alphanumeric() => word.push(letter.to_ascii_lowercase()),
            _ if letter.is_ascii_alphanumeric() => words.push(letter.to_ascii_lowercase().to_string()),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("CreateDBSnapshot"), ["create", "db", "snapshot"]);
        assert_eq!(words("BatchGetTraces"), ["batch", "get", "traces"]);
        assert_eq!(words("backup-vault"), ["backup", "vault"]);
        assert_eq!(words("autoScalingGroup"), ["auto", "scaling", "group"]);
    }

    #[test]
    fn words_find_their_operation() {
        let operations = Operations::new(Catalog::embedded());
        let find = |prefix: &str, lemma: &str, class: &str, words: &[&str], may: &[&str]| {
            let owned = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
            let verb = Verb { lemma, class, lexicon: Lexicon::embedded() };
            operations.made_of(prefix, &verb, &owned(words), &owned(may))
        };
        assert_eq!(
            find("cloudformation", "create", "create", &["change set"], &["stack"]),
            ["CreateChangeSet"]
        );
        assert_eq!(find("cloudtrail", "look up", "read", &["event"], &[]), ["LookupEvents"]);
        assert_eq!(find("glue", "start", "start", &["run"], &["job"]), ["StartJobRun"]);
        assert_eq!(find("rds", "take", "create", &["snapshot"], &["db", "instance"]), ["CreateDBSnapshot"]);
        assert_eq!(find("s3", "frobnicate", "", &["bucket"], &[]), Vec::<String>::new());
    }
}
