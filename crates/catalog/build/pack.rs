//! Packs the services: one table of contents, and one section a service, in which each text stands once. Compressing the
//! sections would make them a third as large, and reading them take twice as long.
//!
//! `src/unpack.rs` is the reader and describes the layout. Nothing here depends on the order of a hash map, so
//! the same text gives the same bytes.

use std::collections::BTreeMap;

use crate::facts::{ActionFacts, Keys, Name, Needs, Operation, ReadOnly, Service, Visibility};

/// Bytes under construction.
#[derive(Default)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    /// A number, seven bits a byte, the lowest first.
    pub fn number(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A text with its length.
    pub fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// The texts and key lists of one service, each once.
#[derive(Default)]
struct Tables {
    texts: BTreeMap<Name, usize>,
    lists: BTreeMap<Vec<usize>, usize>,
    body: Bytes,
}

/// The section of one service.
pub fn service(service: &Service) -> Vec<u8> {
    let mut tables = Tables { texts: texts_of(service), ..Tables::default() };
    tables.lists = lists_of(service, &tables.texts);
    tables.head(service);
    tables.many(&service.actions, Tables::action);
    tables.many(&service.operations, Tables::operation);
    let mut out = Bytes::default();
    out.number(tables.texts.len());
    for text in tables.texts.keys() {
        out.text(text);
    }
    out.number(tables.lists.len());
    for list in tables.lists.keys() {
        out.number(list.len());
        for text in list {
            out.number(*text);
        }
    }
    out.0.append(&mut tables.body.0);
    out.0
}

/// All texts in order, numbered in that order.
fn texts_of(service: &Service) -> BTreeMap<Name, usize> {
    let mut texts: Vec<&Name> = vec![&service.prefix, &service.name];
    for api in &service.apis {
        texts.extend([&api.name, &api.endpoint, &api.signing]);
    }
    for key in &service.condition_keys {
        texts.extend([&key.name, &key.kind]);
    }
    for kind in &service.resource_types {
        texts.push(&kind.name);
        texts.extend(kind.arn.iter().chain(kind.keys.iter()));
    }
    for action in &service.actions {
        texts.extend([&action.name, &action.visibility_why]);
        texts.extend(&action.destructive_why);
        texts.extend(action.keys.iter().chain(&action.dependent).chain(&action.apis));
        for resource in &action.resources {
            texts.push(&resource.resource_type);
            texts.extend(resource.keys.iter());
        }
    }
    for operation in &service.operations {
        texts.extend([&operation.api, &operation.name]);
        if let Needs::Actions(names) | Needs::Maybe(names) = &operation.needs {
            texts.extend(names);
        }
    }
    let unique: BTreeMap<Name, ()> = texts.into_iter().map(|text| (text.clone(), ())).collect();
    unique.into_keys().enumerate().map(|(index, text)| (text, index)).collect()
}

/// All lists of condition keys in order, numbered in that order.
fn lists_of(service: &Service, texts: &BTreeMap<Name, usize>) -> BTreeMap<Vec<usize>, usize> {
    let of_action = |action: &ActionFacts| -> Vec<Keys> {
        [action.keys.clone()].into_iter().chain(action.resources.iter().map(|on| on.keys.clone())).collect()
    };
    let unique: BTreeMap<Vec<usize>, ()> = service
        .resource_types
        .iter()
        .map(|kind| kind.keys.clone())
        .chain(service.actions.iter().flat_map(of_action))
        .map(|keys| (keys.iter().map(|key| texts[key]).collect(), ()))
        .collect();
    unique.into_keys().enumerate().map(|(index, list)| (list, index)).collect()
}

impl Tables {
    fn head(&mut self, service: &Service) {
        self.text(&service.prefix);
        self.text(&service.name);
        self.body.number(usize::from(service.resource_control));
        self.many(&service.apis, |tables, api| {
            tables.text(&api.name);
            tables.text(&api.endpoint);
            tables.text(&api.signing);
        });
        self.many(&service.condition_keys, |tables, key| {
            tables.text(&key.name);
            tables.text(&key.kind);
        });
        self.many(&service.resource_types, |tables, kind| {
            tables.text(&kind.name);
            tables.many(&kind.arn, Tables::text);
            tables.list(&kind.keys);
        });
    }

    fn action(&mut self, action: &ActionFacts) {
        self.text(&action.name);
        self.body.number(action.levels.iter().map(|level| 1 << level as usize).sum());
        let visibility = match action.visibility {
            Visibility::Management => 0,
            Visibility::Data => 1,
            Visibility::NotLogged => 2,
        };
        let read_only = match action.read_only {
            ReadOnly::Yes => 0,
            ReadOnly::No => 1,
            ReadOnly::Unsure => 2,
        };
        let marks = visibility | usize::from(action.destructive) << 2 | usize::from(action.operations) << 3;
        self.body.number(marks | read_only << 4);
        action.destructive_why.iter().for_each(|why| self.text(why));
        self.text(&action.visibility_why);
        self.many(&action.apis, Tables::text);
        self.list(&action.keys);
        self.many(&action.dependent, Tables::text);
        self.many(&action.resources, |tables, resource| {
            let index = tables.texts[&resource.resource_type];
            tables.body.number(index << 1 | usize::from(resource.required));
            tables.list(&resource.keys);
        });
    }

    fn operation(&mut self, operation: &Operation) {
        self.text(&operation.api);
        self.text(&operation.name);
        match &operation.needs {
            Needs::Actions(names) => {
                self.body.number(0);
                self.many(names, Tables::text);
            }
            Needs::Maybe(names) => {
                self.body.number(1);
                self.many(names, Tables::text);
            }
            Needs::Nothing => self.body.number(2),
            Needs::Unknown => self.body.number(3),
        }
    }

    fn text(&mut self, text: &Name) {
        self.body.number(self.texts[text]);
    }

    fn list(&mut self, keys: &Keys) {
        let list: Vec<usize> = keys.iter().map(|key| self.texts[key]).collect();
        self.body.number(self.lists[&list]);
    }

    fn many<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.body.number(items.len());
        for item in items {
            each(self, item);
        }
    }
}
