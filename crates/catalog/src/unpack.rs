//! Reads what `build/pack.rs` packed.
//!
//! A section is: the texts of the service (count, then length and bytes of each), its lists of condition keys
//! (count, then count and text numbers of each), then the service itself, where a text or a list is its number.
//! Numbers are little-endian base 128. The bytes are part of the program and their digest is checked by a test,
//! so a section which cannot be read is a service which is not there rather than a panic.

use crate::facts::{
    ActionFacts, ActionResource, Api, ConditionKey, Keys, Name, Needs, Operation, ReadOnly, ResourceType,
    Service, Visibility,
};
use crate::level::Levels;

/// The bytes that are still to be read.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes }
    }

    pub(crate) fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..usize::BITS - 7).step_by(7) {
            let (first, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            number |= usize::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(bytes)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let len = self.number()?;
        std::str::from_utf8(self.bytes(len)?).ok()
    }

    pub(crate) fn many<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        // Every item takes a byte at least, so a count that lies cannot make us reserve more than there is.
        let mut items = Vec::with_capacity(count.min(self.bytes.len()));
        for _ in 0..count {
            items.push(each(self)?);
        }
        Some(items)
    }
}

/// Decodes one service from its section.
pub(crate) fn service(section: &'static [u8]) -> Option<Service> {
    let mut reader = Reader::new(section);
    let texts = reader.many(|reader| reader.text().map(Name::embedded))?;
    let lists = reader.many(|reader| {
        let list = reader.many(|reader| texts.get(reader.number()?).cloned())?;
        Some(Keys::from(list))
    })?;
    Section { reader, texts, lists }.service()
}

struct Section<'a> {
    reader: Reader<'a>,
    texts: Vec<Name>,
    lists: Vec<Keys>,
}

impl Section<'_> {
    fn service(&mut self) -> Option<Service> {
        Some(Service {
            prefix: self.text()?,
            name: self.text()?,
            resource_control: self.reader.number()? != 0,
            apis: self.many(|section| {
                Some(Api { name: section.text()?, endpoint: section.text()?, signing: section.text()? })
            })?,
            condition_keys: self
                .many(|section| Some(ConditionKey { name: section.text()?, kind: section.text()? }))?,
            resource_types: self.many(|section| {
                Some(ResourceType {
                    name: section.text()?,
                    arn: section.many(Section::text)?,
                    keys: section.list()?,
                })
            })?,
            actions: self.many(Section::action)?,
            operations: self.many(Section::operation)?,
        })
    }

    fn action(&mut self) -> Option<ActionFacts> {
        let name = self.text()?;
        let levels = Levels::from_bits(u8::try_from(self.reader.number()?).ok()?);
        let marks = self.reader.number()?;
        Some(ActionFacts {
            name,
            levels,
            destructive: marks & 4 != 0,
            destructive_why: self.optional(marks & 4 != 0)?,
            operations: marks & 8 != 0,
            visibility: match marks & 3 {
                0 => Visibility::Management,
                1 => Visibility::Data,
                _ => Visibility::NotLogged,
            },
            visibility_why: self.text()?,
            read_only: match marks >> 4 {
                0 => ReadOnly::Yes,
                1 => ReadOnly::No,
                _ => ReadOnly::Unsure,
            },
            apis: self.many(Section::text)?,
            keys: self.list()?,
            dependent: self.many(Section::text)?,
            resources: self.many(|section| {
                let number = section.reader.number()?;
                Some(ActionResource {
                    resource_type: section.texts.get(number >> 1)?.clone(),
                    required: number & 1 != 0,
                    keys: section.list()?,
                })
            })?,
        })
    }

    fn operation(&mut self) -> Option<Operation> {
        Some(Operation {
            api: self.text()?,
            name: self.text()?,
            needs: match self.reader.number()? {
                0 => Needs::Actions(self.many(Section::text)?),
                1 => Needs::Maybe(self.many(Section::text)?),
                2 => Needs::Nothing,
                _ => Needs::Unknown,
            },
        })
    }

    fn text(&mut self) -> Option<Name> {
        self.texts.get(self.reader.number()?).cloned()
    }

    #[expect(clippy::option_option, reason = "there may be no text, and it may be unreadable")]
    fn optional(&mut self, there: bool) -> Option<Option<Name>> {
        if there { self.text().map(Some) } else { Some(None) }
    }

    fn list(&mut self) -> Option<Keys> {
        self.lists.get(self.reader.number()?).cloned()
    }

    fn many<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.reader.number()?;
        let mut items = Vec::with_capacity(count.min(self.reader.bytes.len()));
        for _ in 0..count {
            items.push(each(self)?);
        }
        Some(items)
    }
}
