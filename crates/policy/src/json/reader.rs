//! The reading itself: one pass, a byte at a time, with the path of the value at hand.

use super::{Kind, MAX_DEPTH, Member, Refusal, Value, push_step};
use std::collections::HashSet;

/// Reads the one value that `text` is.
pub fn parse(text: &str) -> Result<Value, Refusal> {
    let mut reader = Reader { text, at: 0, depth: 0 };
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

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Value, Refusal> {
        let at = self.at;
        let kind = match self.peek() {
            Some(b'{' | b'[') if self.depth >= MAX_DEPTH => {
                return Err(self.refuse(format!("nested deeper than {MAX_DEPTH} levels")));
            }
            Some(b'{') => self.deeper(Self::object)?,
            Some(b'[') => self.deeper(Self::array)?,
            Some(b'"') => Kind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') if self.take_word("true") => Kind::Bool(true),
            Some(b'f') if self.take_word("false") => Kind::Bool(false),
            Some(b'n') if self.take_word("null") => Kind::Null,
            Some(b'/') => return Err(self.refuse("comments are not allowed in JSON")),
            Some(_) => return Err(self.unexpected("a value")),
            None => return Err(self.refuse("the document ends where a value is expected")),
        };
        Ok(Value { at, kind })
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Result<Kind, Refusal>) -> Result<Kind, Refusal> {
        self.depth += 1;
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    fn object(&mut self) -> Result<Kind, Refusal> {
        self.at += 1;
        let mut members = Vec::new();
        let mut seen = HashSet::new();
        self.skip_space();
        if self.take(b'}') {
            return Ok(Kind::Object(members));
        }
        loop {
            self.skip_space();
            let at = self.at;
            match self.peek() {
                Some(b'"') => {}
                Some(b'}') => return Err(self.refuse("a comma before `}` is not allowed")),
                _ => return Err(self.unexpected("a key in double quotes")),
            }
            let key = self.string()?;
            if is_twice(&key, &members, &mut seen) {
                self.at = at;
                return Err(self.refuse(format!("the key `{key}` stands twice in this object")).under(&key));
            }
            self.skip_space();
            if !self.take(b':') {
                return Err(self.unexpected("`:` after the key"));
            }
            self.skip_space();
            let value = self.value().map_err(|refusal| refusal.under(&key))?;
            members.push(Member { at, key, value });
            self.skip_space();
            if self.take(b'}') {
                return Ok(Kind::Object(members));
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    fn array(&mut self) -> Result<Kind, Refusal> {
        self.at += 1;
        let mut values = Vec::new();
        self.skip_space();
        if self.take(b']') {
            return Ok(Kind::Array(values));
        }
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                return Err(self.refuse("a comma before `]` is not allowed"));
            }
            let value = self.value().map_err(|refusal| refusal.under(&values.len().to_string()))?;
            values.push(value);
            self.skip_space();
            if self.take(b']') {
                return Ok(Kind::Array(values));
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn string(&mut self) -> Result<String, Refusal> {
        let begin = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..b' ');
            let plain = rest.as_bytes().iter().position(is_special).unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.at += plain;
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

    fn number(&mut self) -> Result<Kind, Refusal> {
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
            return Ok(Kind::Number(self.text[begin..self.at].to_owned()));
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
        let rest = &self.text.as_bytes()[self.at..];
        let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += rest.iter().take_while(is_space).count();
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

/// Whether an object has a member of this name already.
fn is_twice(key: &str, members: &[Member], seen: &mut HashSet<String>) -> bool {
    if members.len() < FEW {
        return members.iter().any(|member| member.key == key);
    }
    if seen.is_empty() {
        seen.extend(members.iter().map(|member| member.key.clone()));
    }
    !seen.insert(key.to_owned())
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
