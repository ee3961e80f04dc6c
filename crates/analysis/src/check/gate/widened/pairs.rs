//! Which document of the old state a document of the new one was.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::check::{Document, Estate};

/// Documents of both states, matched.
pub(super) struct Pairs<'a> {
    old: &'a Estate,
    /// For each document of the new state its number in the old one; by address, since names need not be unique.
    before: HashMap<*const Document, usize>,
    /// Numbers of documents of the old state that are in the new one, wherever.
    stayed: HashSet<usize>,
}

type Key<'a> = (&'a str, &'a str, &'a str);

impl<'a> Pairs<'a> {
    /// By file, name and place, else by file and name, else by file and place (a document was renamed), else by name (it went to another file), else by
    /// its text (it was moved).
    pub(super) fn new(old: &'a Estate, new: &'a Estate) -> Pairs<'a> {
        let mut pairs = Pairs { old, before: HashMap::new(), stayed: HashSet::new() };
        pairs.pair(new, |document| Some((&*document.file, &*document.name, &*document.pointer)));
        pairs.pair(new, |document| Some((&*document.file, &*document.name, "")));
        pairs.pair(new, |document| Some((&*document.file, "", &*document.pointer)));
        pairs.pair(new, |document| (document.name != *document.file).then_some(("", &*document.name, "")));
        let mut by_text: HashMap<(String, Option<&str>), usize> = HashMap::new();
        let text = |document: &'a Document| {
            let text = format!("{:?} {}", document.kind, document.policy.to_compact_json());
            (text, document.resource_type.as_deref())
        };
        for (number, document) in old.documents.iter().enumerate() {
            by_text.entry(text(document)).or_insert(number);
        }
        for document in &new.documents {
            let Some(number) = by_text.get(&text(document)) else { continue };
            // Also when it has been matched: the old one is then not gone, only copied.
            pairs.stayed.insert(*number);
            pairs.before.entry(document).or_insert(*number);
        }
        pairs
    }

    /// Matches documents that nothing matched yet, if they are of one kind.
    fn pair(&mut self, new: &'a Estate, key: impl Fn(&'a Document) -> Option<Key<'a>>) {
        let mut by_key: HashMap<Key<'a>, VecDeque<usize>> = HashMap::new();
        for (number, document) in self.old.documents.iter().enumerate() {
            if let (false, Some(key)) = (self.stayed.contains(&number), key(document)) {
                by_key.entry(key).or_default().push_back(number);
            }
        }
        for document in &new.documents {
            let Some(key) =
                key(document).filter(|_| !self.before.contains_key(&std::ptr::from_ref(document)))
            else {
                continue;
            };
            let Some(numbers) = by_key.get_mut(&key) else { continue };
            let is_same = |number: &usize| {
                let before = &self.old.documents[*number];
                before.kind == document.kind && before.resource_type == document.resource_type
            };
            let Some(place) = numbers.iter().position(is_same) else { continue };
            if let Some(number) = numbers.remove(place) {
                self.before.insert(document, number);
                self.stayed.insert(number);
            }
        }
    }

    /// What the document was before.
    pub(super) fn before(&self, document: &Document) -> Option<&'a Document> {
        let number = self.before.get(&std::ptr::from_ref(document))?;
        self.old.documents.get(*number)
    }

    /// Documents of the old state that the new one does not have.
    pub(super) fn gone(&self) -> impl Iterator<Item = &'a Document> {
        let documents = self.old.documents.iter().enumerate();
        documents.filter(|(number, _)| !self.stayed.contains(number)).map(|(_, document)| document)
    }
}
