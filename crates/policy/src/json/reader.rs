//! The reading itself: one pass, a byte at a time, with the path of the value at hand.

use super::{Kind, MAX_DEPTH, Member, Refusal, Value, push_step};
use std::collections::HashSet;

/// Reads the one value that `text` is.
pub fn parse(text: &str) -> Result<Value, Refusal> {
    let mut reader = Reader { text, at: 0, path: Vec::new() };
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

enum Step {
    Key(String),
    Index(usize),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    path: Vec<Step>,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Value, Refusal> {
        let at = self.at;
        let kind = match self.peek() {
            Some(b'{' | b'[') if self.path.len() >= MAX_DEPTH => {
                return Err(self.refuse(format!("nested deeper than {MAX_DEPTH} levels")));
            }
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'"') => Kind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') if self.take("true") => Kind::Bool(true),
            Some(b'f') if self.take("false") => Kind::Bool(false),
            Some(b'n') if self.take("null") => Kind::Null,
            Some(b'/') => return Err(self.refuse("comments are not allowed in JSON")),
            Some(_) => return Err(self.unexpected("a value")),
            None => return Err(self.refuse("the document ends where a value is expected")),
        };
        Ok(Value { at, kind })
    }

    fn object(&mut self) -> Result<Kind, Refusal> {
        self.at += 1;
        let mut members = Vec::new();
        let mut seen = HashSet::new();
        self.skip_space();
        if self.take("}") {
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
            if !seen.insert(key.clone()) {
                self.at = at;
                self.path.push(Step::Key(key.clone()));
                return Err(self.refuse(format!("the key `{key}` stands twice in this object")));
            }
            self.skip_space();
            if !self.take(":") {
                return Err(self.unexpected("`:` after the key"));
            }
            self.skip_space();
            self.path.push(Step::Key(key.clone()));
            let value = self.value()?;
            self.path.pop();
            members.push(Member { at, key, value });
            self.skip_space();
            if self.take("}") {
                return Ok(Kind::Object(members));
            }
            if !self.take(",") {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    fn array(&mut self) -> Result<Kind, Refusal> {
        self.at += 1;
        let mut values = Vec::new();
        self.skip_space();
        if self.take("]") {
            return Ok(Kind::Array(values));
        }
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                return Err(self.refuse("a comma before `]` is not allowed"));
            }
            self.path.push(Step::Index(values.len()));
            values.push(self.value()?);
            self.path.pop();
            self.skip_space();
            if self.take("]") {
                return Ok(Kind::Array(values));
            }
            if !self.take(",") {
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
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
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
        if !self.take("\\u") {
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
        self.take("-");
        let whole = self.digits();
        let leading_zero = whole > 1 && self.text[self.at - whole..].starts_with('0');
        let mut valid = whole > 0 && !leading_zero;
        if self.take(".") {
            valid &= self.digits() > 0;
        }
        if self.take("e") || self.take("E") {
            let _ = self.take("+") || self.take("-");
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
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, expected: &str) -> bool {
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
        let mut pointer = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) => push_step(&mut pointer, key),
                Step::Index(index) => push_step(&mut pointer, &index.to_string()),
            }
        }
        Refusal { at: self.at, pointer, reason: reason.into() }
    }
}
