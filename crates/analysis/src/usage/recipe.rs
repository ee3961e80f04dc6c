//! What the rows of one kind of event depend on, and which way of remembering its calls is of use.

use crate::audit_log::{Cursor, Event, Quick, Raw, Value};
use leastwise_catalog::call::{Path, Plan, is_plain};
use smallvec::SmallVec;

/// After so many calls of a kind it is looked at whether remembering them was of use.
const TRIAL: u16 = if cfg!(test) { 8 } else { 256 };

/// Of so many calls, so few show already that a kind's do not come twice.
const EARLY: (u16, u16) = if cfg!(test) { (4, 1) } else { (64, 8) };

/// How many calls of a kind are not looked up when it was not.
const PAUSE: u16 = 8 * TRIAL;

/// The longest key that is remembered, in bytes: longer ones are batches, which do not come twice.
const LONGEST: usize = 1 << 10;

/// How calls are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By all that matters: the same call comes again.
    Whole,
    /// By all but the values that only become parts of ARNs: a call of the same shape comes again.
    Shape,
}

/// The values that a shape leaves open, in the order of their names in the recipe.
pub(super) type Open<'a> = SmallVec<[&'a str; 8]>;

/// What the rows of one kind of event depend on.
#[derive(Debug)]
pub(super) struct Recipe {
    names: Vec<Name>,
    /// The lengths of the names, a bit each.
    lengths: u64,
    open: usize,
    /// The members of `additionalEventData` that are looked at, of most kinds none. They are never open.
    additional: Box<[Box<[u8]>]>,
    /// Whether a call's plan looked at what the record itself says of resources: those are a part of the key then.
    resources: bool,
    way: Way,
    asked: u16,
    found: u16,
    pause: u16,
}

/// A parameter that is looked at.
#[derive(Debug)]
struct Name {
    text: Box<[u8]>,
    /// Which of the open values it is, if its value may be left open.
    open: Option<usize>,
}

impl Recipe {
    /// What calls of this plan depend on; `more` are names that are looked at besides.
    pub(super) fn new(plan: &Plan, more: &[&[u8]]) -> Self {
        let free = plan.free_parameters();
        let mut names: Vec<Name> =
            more.iter().map(|name| Name { text: (*name).into(), open: None }).collect();
        let mut open = 0;
        for name in plan.parameters() {
            let text: Box<[u8]> = name.as_bytes().into();
            // INVARIANT: no two names are the same but for their case, since parameters are looked up without it.
            if names.iter().any(|known| known.text.eq_ignore_ascii_case(&text)) {
                continue;
            }
            let is_open = free.contains(name);
            names.push(Name { text, open: is_open.then_some(open) });
            open += usize::from(is_open);
        }
        let lengths = names.iter().fold(0, |lengths, name| lengths | bit(name.text.len()));
        let additional = plan.additional().into_iter().map(|name| name.as_bytes().into()).collect();
        Recipe {
            names,
            lengths,
            open,
            additional,
            resources: false,
            way: Way::Whole,
            asked: 0,
            found: 0,
            pause: 0,
        }
    }

    /// In which way to look a call up, if that led anywhere lately.
    #[inline]
    pub(super) fn way(&mut self) -> Option<Way> {
        if self.pause > 0 {
            self.pause -= 1;
            return None;
        }
        if self.asked == TRIAL || (self.asked == EARLY.0 && self.found < EARLY.1) {
            self.judge();
        }
        self.asked += 1;
        Some(self.way)
    }

    #[cold]
    fn judge(&mut self) {
        if self.found < TRIAL / 4 {
            match self.way {
                Way::Whole if self.open > 0 => self.way = Way::Shape,
                _ => (self.way, self.pause) = (Way::Whole, PAUSE),
            }
        }
        (self.asked, self.found) = (0, 0);
    }

    /// Notes that a call was found.
    #[inline]
    pub(super) fn found(&mut self) {
        self.found += 1;
    }

    /// Whether keys hold what the record itself says of resources.
    #[inline]
    pub(super) fn has_resources(&self) -> bool {
        self.resources
    }

    /// From now on they do.
    pub(super) fn add_resources(&mut self) {
        self.resources = true;
    }

    /// The names of the open values.
    pub(super) fn open_names(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.names.iter().filter_map(|name| Some((name.open?, &*name.text)))
    }

    #[inline]
    fn wanted(&self, name: &[u8]) -> Option<(usize, &Name)> {
        if self.lengths & bit(name.len()) == 0 {
            return None;
        }
        let numbered = || self.names.iter().enumerate();
        // Services write their names in the case of the rules nearly always, and that is compared at once.
        let exact = numbered().find(|(_, wanted)| *wanted.text == *name);
        exact.or_else(|| numbered().find(|(_, wanted)| wanted.text.eq_ignore_ascii_case(name)))
    }

    /// Which of the parameters that are looked at has this name; none is looked at by two.
    pub(super) fn number(&self, name: &[u8]) -> Option<usize> {
        self.wanted(name).map(|(number, _)| number)
    }

    /// Writes the key of a call behind what is in `key`, and what a shape leaves open into `open`; `None` when the
    /// call is of a sort that is not remembered.
    #[inline]
    pub(super) fn key<'a>(
        &self,
        way: Way,
        event: &Event<'a>,
        key: &mut Vec<u8>,
        open: &mut Open<'a>,
    ) -> Option<()> {
        open.clear();
        if way == Way::Shape {
            open.resize(self.open, "");
        }
        if let Some(mut cursor) = event.parameters {
            cursor.enter().ok()?;
            loop {
                let (name, tag, text) = match cursor.quick() {
                    Quick::Text(name, text) => (name, b's', text),
                    Quick::Word(name, text) => (name, b'w', text),
                    Quick::End => break,
                    // What is wrapped takes a closer look.
                    Quick::Object(name) if Path::is_wrapper(name) => return None,
                    Quick::Object(name) | Quick::Array(name) => (name, b'o', cursor.skip().ok()?),
                    Quick::Other => match next(&mut cursor)? {
                        Some(member) => member,
                        None => break,
                    },
                };
                let Some((number, wanted)) = self.wanted(name) else { continue };
                match wanted.open.filter(|_| way == Way::Shape) {
                    Some(at) if open[at].is_empty() && tag == b's' => open[at] = plain(text)?,
                    Some(_) => return None,
                    None => push(number, tag, text, key)?,
                }
            }
        }
        if !self.additional.is_empty()
            && let Some(additional) = event.additional
        {
            self.push_additional(additional, key)?;
        }
        match way {
            Way::Shape => key.extend(open.iter().map(|value| u8::from(value.is_empty()))),
            Way::Whole if self.resources => {
                key.push(u8::MAX);
                if let Some(mut resources) = event.resources {
                    key.extend_from_slice(resources.skip().ok()?);
                }
            }
            Way::Whole => {}
        }
        (key.len() <= LONGEST).then_some(())
    }

    /// Writes what is looked at of `additionalEventData` into a key, with numbers behind those of the parameters.
    #[inline(never)]
    fn push_additional(&self, mut additional: Cursor<'_>, key: &mut Vec<u8>) -> Option<()> {
        additional.enter().ok()?;
        while let Some((name, value)) = additional.member().ok()? {
            let (tag, text) = match value {
                Value::String(text) => (b's', text),
                Value::Scalar(text) => (b'w', text),
                Value::Object | Value::Array => (b'o', additional.skip().ok()?),
            };
            let wanted = self.additional.iter().position(|wanted| wanted.eq_ignore_ascii_case(name));
            if let Some(number) = wanted {
                push(self.names.len() + number, tag, text, key)?;
            }
        }
        Some(())
    }
}

/// Writes a member into a key: its number, what sort of value it has, and the value.
#[inline]
fn push(number: usize, tag: u8, text: Raw<'_>, key: &mut Vec<u8>) -> Option<()> {
    let [low, high] = u16::try_from(text.len()).ok()?.to_le_bytes();
    key.extend_from_slice(&[u8::try_from(number).ok()?, tag, low, high]);
    key.extend_from_slice(text);
    Some(())
}

/// The next member, of any kind; `None` inside at the end of the object.
#[inline(never)]
fn next<'a>(cursor: &mut Cursor<'a>) -> Option<Option<(Raw<'a>, u8, Raw<'a>)>> {
    let Some((name, value)) = cursor.member().ok()? else { return Some(None) };
    Some(Some(match value {
        Value::String(text) => (name, b's', text),
        Value::Scalar(text) => (name, b'w', text),
        Value::Object if Path::is_wrapper(name) => return None,
        Value::Object | Value::Array => (name, b'o', cursor.skip().ok()?),
    }))
}

/// The value as text when it is a mere name that stands for itself.
#[inline]
fn plain(text: Raw<'_>) -> Option<&str> {
    if memchr::memchr(b'\\', text).is_some() {
        return None;
    }
    std::str::from_utf8(text).ok().filter(|text| is_plain(text))
}

#[inline]
fn bit(len: usize) -> u64 {
    1 << (len % 64)
}
