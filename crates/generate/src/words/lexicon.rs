//! The words that are known: services, resource types, verbs, contents, who may hold a role.
//!
//! All of it is data (`data/words/*.words`, whose comments are the grammar) and the catalogue's own names. A phrase
//! may have several readings; the grammar chooses by where it stands.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use leastwise_catalog::Catalog;

use super::forms::{self, Form};
use super::token::{Token, TokenKind};

const FILES: [&str; 4] = [
    include_str!("../../data/words/services.words"),
    include_str!("../../data/words/nouns.words"),
    include_str!("../../data/words/verbs.words"),
    include_str!("../../data/words/plain.words"),
];

/// What a phrase may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// A verb of a class, in a form, with what it is without one.
    Verb { class: String, lemma: String, form: Form },
    /// A verb that only carries what follows.
    Light(Form),
    /// A noun that says what a verb says: `write access`.
    Nominal(String),
    /// A service, by its prefix.
    Service(String),
    /// A resource type: the index of a [`Noun`].
    Noun { index: usize, plural: bool },
    /// What lies in a resource, in the singular.
    Content(String),
    /// A word that changes nothing.
    Plain,
    /// Who may hold a role.
    Agent(String),
}

/// What people call resource types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Noun {
    /// The first of its phrases.
    pub phrase: String,
    /// Whether the first type is meant when no service is named.
    pub default: bool,
    /// The types.
    pub kinds: Vec<Kind>,
}

/// A resource type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    /// The IAM prefix.
    pub service: String,
    /// The resource type.
    pub name: String,
    /// The part of the ARN after the account, where the format does not tell.
    pub pattern: Option<String>,
}

impl Kind {
    /// `sqs:queue`.
    pub(super) fn full(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }
}

struct Phrase {
    words: Vec<String>,
    /// Whether it begins with a capital wherever it is meant.
    capital: bool,
    reading: Reading,
}

/// What a verb of a class comes to on a type.
struct On {
    kind: String,
    class: String,
    content: Option<String>,
    words: Vec<String>,
}

/// All that is known.
#[derive(Default)]
pub(super) struct Lexicon {
    phrases: BTreeMap<String, Vec<Phrase>>,
    pub(super) nouns: Vec<Noun>,
    on: Vec<On>,
    inside: BTreeMap<String, Vec<String>>,
    beside: BTreeMap<String, Vec<String>>,
    any: BTreeMap<String, Vec<String>>,
    about: Vec<String>,
    people: Vec<String>,
    generic: Vec<String>,
    irregular: BTreeMap<String, Vec<String>>,
    ops: BTreeMap<String, Vec<String>>,
}

impl Lexicon {
    /// The tables that are part of the program, with the catalogue's names.
    pub(super) fn embedded() -> &'static Lexicon {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        LEXICON.get_or_init(|| {
            let mut lexicon = Lexicon::default();
            for line in rows().filter(|line| line.starts_with("form ")) {
                lexicon.row(line);
            }
            for line in rows().filter(|line| !line.starts_with("form ")) {
                lexicon.row(line);
            }
            lexicon.catalogue();
            lexicon
        })
    }

    fn row(&mut self, line: &str) {
        let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, list) = rest.split_once(" =").unwrap_or((rest, ""));
        let phrases = || list.split(',').map(str::trim).filter(|phrase| !phrase.is_empty());
        match head {
            "service" => phrases().for_each(|phrase| self.add(phrase, Reading::Service(name.to_owned()))),
            "agent" => phrases().for_each(|phrase| self.add(phrase, Reading::Agent(name.to_owned()))),
            "nominal" => phrases().for_each(|phrase| self.add(phrase, Reading::Nominal(name.to_owned()))),
            "verb" => phrases().for_each(|phrase| {
                let (class, lemma) = (name.to_owned(), phrase.to_owned());
                self.verb(phrase, &|form| Reading::Verb { class: class.clone(), lemma: lemma.clone(), form });
            }),
            "light" => rest.split(", ").for_each(|phrase| self.verb(phrase.trim(), &Reading::Light)),
            "plain" => rest.split(", ").for_each(|phrase| self.add(phrase.trim(), Reading::Plain)),
            "form" => {
                let forms = phrases().map(str::to_owned).collect();
                self.irregular.insert(name.to_owned(), forms);
            }
            "inside" => {
                let contents: Vec<String> = phrases().map(str::to_owned).collect();
                contents.iter().for_each(|phrase| self.content(phrase));
                self.inside.insert(name.to_owned(), contents);
            }
            "beside" => {
                let contents: Vec<String> = phrases().map(str::to_owned).collect();
                contents.iter().for_each(|phrase| self.content(phrase));
                self.beside.insert(name.to_owned(), contents);
            }
            "any" => {
                self.any.insert(name.to_owned(), phrases().map(str::to_owned).collect());
            }
            "content" => rest.split(',').for_each(|phrase| self.content(phrase.trim())),
            "about" | "generic" | "people" => {
                let list: Vec<String> = rest.split(',').map(|phrase| phrase.trim().to_owned()).collect();
                list.iter().for_each(|phrase| self.content(phrase));
                if head == "people" {
                    self.people = list;
                } else if head == "about" {
                    self.about = list
                } else {
                    self.generic = list
                }
            }
            "ops" => {
                let prefixes = phrases().map(|phrase| phrase.replace(' ', "")).collect();
                self.ops.insert(name.to_owned(), prefixes);
            }
            "on" => self.on(name, list),
            _ => self.noun(rest),
        }
    }

    fn on(&mut self, name: &str, list: &str) {
        let mut fields = name.splitn(3, ' ').map(str::to_owned);
        if let (Some(kind), Some(class)) = (fields.next(), fields.next()) {
            let words = list.split_whitespace().map(str::to_owned).collect();
            self.on.push(On { kind, class, content: fields.next(), words });
        }
    }

    fn noun(&mut self, rest: &str) {
        let (phrases, default, kinds) = match (rest.split_once(" = "), rest.split_once(" ? ")) {
            (Some((phrases, kinds)), _) => (phrases, true, kinds),
            (None, Some((phrases, kinds))) => (phrases, false, kinds),
            (None, None) => return,
        };
        let kinds = split_kinds(kinds).into_iter().map(|kind| {
            let (full, pattern) = kind.split_once('=').map_or((&*kind, None), |(full, p)| (full, Some(p)));
            let (service, name) = full.split_once(':').unwrap_or((full, ""));
            Kind { service: service.to_owned(), name: name.to_owned(), pattern: pattern.map(str::to_owned) }
        });
        let index = self.nouns.len();
        let first = phrases.split(',').next().unwrap_or(phrases).trim().to_owned();
        self.nouns.push(Noun { phrase: first, default, kinds: kinds.collect() });
        for phrase in phrases.split(',').map(str::trim) {
            self.add_noun(phrase, index);
        }
    }

    fn add_noun(&mut self, phrase: &str, index: usize) {
        self.add(phrase, Reading::Noun { index, plural: false });
        for plural in forms::plurals(phrase) {
            self.add(&plural, Reading::Noun { index, plural: true });
        }
    }

    fn content(&mut self, phrase: &str) {
        self.add(phrase, Reading::Content(phrase.to_owned()));
        for plural in forms::plurals(phrase) {
            self.add(&plural, Reading::Content(phrase.to_owned()));
        }
    }

    fn verb(&mut self, phrase: &str, reading: &dyn Fn(Form) -> Reading) {
        let irregular = self.irregular.get(phrase).cloned().unwrap_or_default();
        for (text, form) in forms::of(phrase, &irregular) {
            self.add(&text, reading(form));
        }
    }

    fn add(&mut self, phrase: &str, reading: Reading) {
        let capital = phrase.starts_with(|c: char| c.is_ascii_uppercase());
        let words: Vec<String> = phrase.split_whitespace().map(str::to_lowercase).collect();
        let Some(first) = words.first().cloned() else { return };
        let list = self.phrases.entry(first).or_default();
        if !list.iter().any(|known| known.words == words && known.reading == reading) {
            list.push(Phrase { words, capital, reading });
        }
    }

    /// The names that the catalogue has: prefixes, services, and the resource types that one service alone has.
    fn catalogue(&mut self) {
        let catalog = Catalog::embedded();
        for prefix in catalog.services() {
            let Some(service) = catalog.service(prefix) else { continue };
            let name = service.name.to_string();
            let short = name.trim_start_matches("Amazon ").trim_start_matches("AWS ").to_owned();
            let unlike_words = forms::unlike_a_word(prefix);
            if unlike_words {
                self.add(prefix, Reading::Service(prefix.to_owned()));
            }
            self.add(&name.to_lowercase(), Reading::Service(prefix.to_owned()));
            if unlike_words || short.contains(' ') || short.chars().skip(1).any(char::is_uppercase) {
                self.add(&short.to_lowercase(), Reading::Service(prefix.to_owned()));
            }
        }
    }

    /// The readings of the tokens from `at`, each with how many tokens it takes, the longest first.
    pub(super) fn at(&self, tokens: &[Token], at: usize) -> Vec<(usize, &Reading)> {
        let Some(first) = tokens.get(at).filter(|token| token.kind == TokenKind::Word) else {
            return Vec::new();
        };
        let Some(phrases) = self.phrases.get(&first.lower) else { return Vec::new() };
        let fits = |phrase: &&Phrase| {
            let window = tokens.get(at..at + phrase.words.len());
            window.is_some_and(|window| {
                let same =
                    |(token, word): (&Token, &String)| token.kind == TokenKind::Word && token.lower == *word;
                window.iter().zip(&phrase.words).all(same)
            }) && (!phrase.capital || first.text.starts_with(|c: char| c.is_ascii_uppercase()))
        };
        let mut found: Vec<(usize, &Reading)> =
            phrases.iter().filter(fits).map(|phrase| (phrase.words.len(), &phrase.reading)).collect();
        found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
        found
    }

    /// Whether a word may stand between a verb and a resource of a type, and changes nothing.
    pub(super) fn goes_with(&self, kind: &str, content: &str) -> bool {
        let listed =
            |list: Option<&Vec<String>>| list.is_some_and(|list| list.iter().any(|known| known == content));
        listed(self.inside.get(kind)) || listed(self.beside.get(kind))
    }

    /// Whether a verb may be done with whatever there is: `decrypt`.
    pub(super) fn with_anything(&self, kind: &str, class: &str) -> bool {
        self.any.get(kind).is_some_and(|list| list.iter().any(|known| known == class))
    }

    /// What a class comes to on a type, by the `on` rows; with a content, the row for it comes first.
    pub(super) fn word_on(&self, kind: &str, class: &str, contents: &[String]) -> Option<&[String]> {
        let service = kind.split(':').next().unwrap_or(kind);
        let fits = |row: &&On, content: Option<&String>| {
            (row.kind == kind || row.kind == service) && row.class == class && row.content.as_ref() == content
        };
        let special = contents.iter().find_map(|content| self.on.iter().find(|row| fits(row, Some(content))));
        special.or_else(|| self.on.iter().find(|row| fits(row, None))).map(|row| &*row.words)
    }

    /// What lies in a type; nothing for a type without contents.
    pub(super) fn inside(&self, kind: &str) -> &[String] {
        self.inside.get(kind).map_or(&[], Vec::as_slice)
    }

    /// How the names of operations begin that do what a class says.
    pub(super) fn prefixes(&self, class: &str) -> &[String] {
        self.ops.get(class).map_or(&[], Vec::as_slice)
    }

    pub(super) fn is_about(&self, content: &str) -> bool {
        self.about.iter().any(|known| known == content)
    }

    /// What something else is in or made of: images, documents.
    pub(super) fn is_material(&self, content: &str) -> bool {
        ["image", "document", "text", "file", "video", "photo", "picture", "speech", "audio"]
            .contains(&content)
            || self.is_generic(content)
    }

    pub(super) fn is_people(&self, content: &str) -> bool {
        self.people.iter().any(|known| known == content)
    }

    pub(super) fn is_generic(&self, content: &str) -> bool {
        self.generic.iter().any(|known| known == content) || self.is_people(content)
    }
}

fn rows() -> impl Iterator<Item = &'static str> {
    FILES
        .iter()
        .flat_map(|file| file.lines())
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Types are separated by spaces; a `{noun}` in a pattern may have one itself.
fn split_kinds(text: &str) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for part in text.split(' ') {
        match kinds.last_mut() {
            Some(last) if last.matches('{').count() > last.matches('}').count() => {
                last.push(' ');
                last.push_str(part);
            }
            _ => kinds.push(part.to_owned()),
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_the_tables_name_exists() {
        let catalog = Catalog::embedded();
        let lexicon = Lexicon::embedded();
        let nouns = lexicon.nouns.iter().flat_map(|noun| noun.kinds.iter().map(Kind::full));
        let named =
            nouns.chain(lexicon.on.iter().map(|row| row.kind.clone())).chain(lexicon.inside.keys().cloned());
        let missing: Vec<String> = named
            .filter(|full| match full.split_once(':') {
                Some((service, kind)) => {
                    catalog.service(service).is_none_or(|s| s.resource_type(kind).is_none())
                }
                None => catalog.service(full).is_none(),
            })
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_row_is_of_a_known_form() {
        const HEADS: [&str; 17] = [
            "service", "noun", "verb", "light", "form", "nominal", "on", "inside", "about", "generic",
            "plain", "agent", "ops", "beside", "content", "people", "any",
        ];
        let wrong: Vec<&str> =
            rows().filter(|line| !HEADS.contains(&line.split(' ').next().unwrap_or_default())).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
