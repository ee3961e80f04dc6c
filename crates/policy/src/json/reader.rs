//! The reading itself: one pass, a byte at a time, with the path of the value at hand.

use super::{Build, MAX_DEPTH, Part, Plain, Refusal, Value, push_step};
use std::collections::HashSet;

/// Reads the one value that `text` is.
pub fn parse(text: &str) -> Result<Value, Refusal> {
    parse_with(text, &mut Plain)
}

/// Reads the one value that `text` is into whatever `build` makes of it.
pub fn parse_with<B: Build>(text: &str, build: &mut B) -> Result<B::Value, Refusal> {
    let (values, members) = (Vec::new(), Vec::new());
    let mut reader = Reader { text, at: 0, depth: 0, build, values, members };
    if text.starts_with('\u{feff}') {
        return Err(reader.refuse("the document begins with a byte order mark; save it as UTF-8 without one"));
    }
    reader.skip_space();
    let value = reader.value()?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.refuse("there is more text after the end of the document")),
    }
}

/// So many members of an object are compared with each other; with more their names are kept in a set.
const FEW: usize = 16;

struct Reader<'a, 'b, B: Build> {
    text: &'a str,
    at: usize,
    depth: usize,
    build: &'b mut B,
    /// What was read of arrays and objects that are still open, the innermost last.
    values: Vec<B::Value>,
    members: Vec<B::Member>,
}

type Read<B> = Result<Part<<B as Build>::Value, <B as Build>::Member>, Refusal>;

impl<'a, B: Build> Reader<'a, '_, B> {
    fn value(&mut self) -> Result<B::Value, Refusal> {
        let at = self.build.place(self.at);
        let part = match self.peek() {
            Some(b'{' | b'[') if self.depth >= MAX_DEPTH => {
                return Err(self.refuse(format!("nested deeper than {MAX_DEPTH} levels")));
            }
            Some(b'{') => self.deeper(Self::object)?,
            Some(b'[') => self.deeper(Self::array)?,
            Some(b'"') => Part::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') if self.take_word("true") => Part::Bool(true),
            Some(b'f') if self.take_word("false") => Part::Bool(false),
            Some(b'n') if self.take_word("null") => Part::Null,
            Some(b'/') => return Err(self.refuse("comments are not allowed in JSON")),
            Some(_) => return Err(self.unexpected("a value")),
            None => return Err(self.refuse("the document ends where a value is expected")),
        };
        Ok(self.build.value(at, part))
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Read<B>) -> Read<B> {
        self.depth += 1;
        let part = read(self);
        self.depth -= 1;
        part
    }

    fn object(&mut self) -> Read<B> {
        self.at += 1;
        let before = self.members.len();
        let mut seen = None;
        self.skip_space();
        if self.take(b'}') {
            return Ok(Part::Object(Vec::new()));
        }
        loop {
            self.skip_space();
            let begin = self.at;
            let at = self.build.place(begin);
            match self.peek() {
                Some(b'"') => {}
                Some(b'}') => return Err(self.refuse("a comma before `}` is not allowed")),
                _ => return Err(self.unexpected("a key in double quotes")),
            }
            let key = self.string()?;
            if is_twice::<B>(&key, &self.members[before..], &mut seen) {
                self.at = begin;
                return Err(self.refuse(format!("the key `{key}` stands twice in this object")).under(&key));
            }
            self.skip_space();
            if !self.take(b':') {
                return Err(self.unexpected("`:` after the key"));
            }
            self.skip_space();
            let value = self.value().map_err(|refusal| refusal.under(&key))?;
            self.members.push(B::member(at, key, value));
            self.skip_space();
            if self.take(b'}') {
                return Ok(Part::Object(self.members.split_off(before)));
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    fn array(&mut self) -> Read<B> {
        self.at += 1;
        let before = self.values.len();
        self.skip_space();
        if self.take(b']') {
            return Ok(Part::Array(Vec::new()));
        }
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                return Err(self.refuse("a comma before `]` is not allowed"));
            }
            let index = self.values.len() - before;
            let value = self.value().map_err(|refusal| refusal.under(&index.to_string()))?;
            // What is within it has been taken off again.
            self.values.push(value);
            self.skip_space();
            if self.take(b']') {
                return Ok(Part::Array(self.values.split_off(before)));
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn string(&mut self) -> Result<String, Refusal> {
        let begin = self.at;
        self.at += 1;
        let first = self.plain();
        // Nearly all have no escapes.
        if self.take(b'"') {
            return Ok(first.to_owned());
        }
        let mut text = first.to_owned();
        loop {
            text.push_str(self.plain());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(b'\n') => {
                    return Err(self.refuse("a line break inside a string must be written as `\\n`"));
                }
                Some(_) => return Err(self.refuse("a control character inside a string must be escaped")),
                None => {
                    self.at = begin;
                    return Err(self.refuse("this string is not closed"));
                }
            }
        }
    }

    /// What stands here as it is meant, up to a quote, an escape or what must not be in a string.
    fn plain(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let plain = special(rest.as_bytes());
        self.at += plain;
        &rest[..plain]
    }

    fn escape(&mut self) -> Result<char, Refusal> {
        let begin = self.at;
        self.at += 1;
        let byte = self.peek();
        self.at += usize::from(byte.is_some_and(|byte| byte.is_ascii()));
        let character = match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => match self.code_point() {
                Some(character) => character,
                None => {
                    self.at = begin;
                    return Err(self.refuse("this `\\u` escape is not a character"));
                }
            },
            _ => {
                self.at = begin;
                return Err(self.refuse("unknown escape in a string"));
            }
        };
        Ok(character)
    }

    /// What follows `\u`: one unit, or two that are a surrogate pair.
    fn code_point(&mut self) -> Option<char> {
        let first = self.hex_unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        if !self.take_word("\\u") {
            return None;
        }
        let second = self.hex_unit()?;
        let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low)
    }

    fn hex_unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Read<B> {
        let begin = self.at;
        self.take(b'-');
        let whole = self.digits();
        let leading_zero = whole > 1 && self.text[self.at - whole..].starts_with('0');
        let mut valid = whole > 0 && !leading_zero;
        if self.take(b'.') {
            valid &= self.digits() > 0;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            valid &= self.digits() > 0;
        }
        if valid {
            return Ok(Part::Number(self.text[begin..self.at].to_owned()));
        }
        self.at = begin;
        Err(self.refuse("this is not a number as JSON writes it"))
    }

    fn digits(&mut self) -> usize {
        let count = self.text[self.at..].bytes().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn skip_space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.at += 1;
            // There are no line breaks but between values: within a string they are refused.
            if byte == b'\n' {
                self.build.line(self.at);
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, expected: u8) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, expected: &str) -> bool {
        let found = self.text[self.at..].starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    fn unexpected(&self, wanted: &str) -> Refusal {
        match self.text[self.at..].chars().next() {
            Some('/') => self.refuse("comments are not allowed in JSON"),
            Some(found) => self.refuse(format!("expected {wanted}, found `{}`", found.escape_default())),
            None => self.refuse(format!("the document ends where {wanted} is expected")),
        }
    }

    fn refuse(&self, reason: impl Into<String>) -> Refusal {
        Refusal { at: self.at, pointer: String::new(), reason: reason.into() }
    }
}

/// Where the first quote, backslash or control character stands, eight bytes at a time; else the end.
fn special(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let repeated = |byte: u8| ONES * u64::from(byte);
    // The highest bit of each byte that is less than `least`, which is at most 128; of those behind the first such a one
    // too much may be said.
    let below = |word: u64, least: u8| word.wrapping_sub(repeated(least)) & !word & HIGH;
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let same = |byte: u8| below(word ^ repeated(byte), 1);
        let found = below(word, b' ') | same(b'"') | same(b'\\');
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..b' ');
    words.len() * 8 + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// Whether an object has a member of this name already.
fn is_twice<B: Build>(key: &str, members: &[B::Member], seen: &mut Option<HashSet<String>>) -> bool {
    if members.len() < FEW {
        return members.iter().any(|member| B::key(member) == key);
    }
    let all = || members.iter().map(|member| B::key(member).to_owned()).collect();
    !seen.get_or_insert_with(all).insert(key.to_owned())
}

impl Refusal {
    /// The same, of what stands at this step of the value that is being read.
    fn under(mut self, step: &str) -> Refusal {
        let mut pointer = String::new();
        push_step(&mut pointer, step);
        pointer.push_str(&self.pointer);
        self.pointer = pointer;
        self
    }
}
