//! Walks JSON objects and arrays over the positions that [`super::structural`] found.
//!
//! A walk looks only at what it is asked for: members that are not wanted are skipped from bracket to
//! bracket. What it does look at is checked: a colon after a name, a comma or a closing bracket after a
//! value, brackets that pair. JSON that is damaged inside a skipped value may pass unnoticed; JSON that is
//! damaged where a field is read never does.

use std::borrow::Cow;

/// The deepest nesting that is read. CloudTrail itself stays below 30.
pub const MAX_DEPTH: usize = 512;

/// Why a text is not the JSON that was expected, with the byte at which that was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// Byte offset in the window.
    pub at: usize,
    /// What is wrong, for people.
    pub reason: &'static str,
    /// The text ended too early: with more of it, it might be well formed.
    pub incomplete: bool,
}

/// A value as the cursor meets it. Objects and arrays are not entered yet: the caller either
/// [`Cursor::skip`]s them or enters them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// The text between the quotes, escapes still in it; see [`unescape`].
    String(&'a [u8]),
    /// A number, `true`, `false` or `null`, as it stands.
    Scalar(&'a [u8]),
    /// An object; the cursor stands at its opening bracket.
    Object,
    /// An array; the cursor stands at its opening bracket.
    Array,
}

/// What [`Cursor::quick`] meets.
#[derive(Debug, Clone, Copy)]
pub enum Quick<'a> {
    /// A member that is a string, with its text as in [`Value::String`].
    Text(&'a [u8], &'a [u8]),
    /// A member that is `true`, `false` or `null`.
    Word(&'a [u8], &'a [u8]),
    /// A member that is an object; the cursor stands at its opening bracket.
    Object(&'a [u8]),
    /// A member that is an array; the cursor stands at its opening bracket.
    Array(&'a [u8]),
    /// The object's end, which is stepped over.
    End,
    /// Anything else. The cursor did not move: ask [`Cursor::member`].
    Other,
}

/// A place in a window of JSON text.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    text: &'a [u8],
    positions: &'a [u32],
    /// Index into `positions` of the next opening quote or bracket.
    next: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the first structural position of `text`.
    pub fn new(text: &'a [u8], positions: &'a [u32]) -> Self {
        Cursor { text, positions, next: 0 }
    }

    /// The whole window.
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// The byte offset of the next opening quote or bracket; the text's length when there is none.
    #[inline]
    pub fn position(&self) -> usize {
        self.positions.get(self.next).map_or(self.text.len(), |&at| at as usize)
    }

    /// The byte offset of the quote or bracket that was stepped over last.
    #[inline]
    pub fn behind(&self) -> Option<usize> {
        Some(*self.positions.get(self.next.checked_sub(1)?)? as usize)
    }

    /// The next quote or bracket itself, if there is one.
    #[inline]
    pub fn peek(&self) -> Option<u8> {
        self.positions.get(self.next).map(|&at| self.text[at as usize])
    }

    /// Steps over one structural byte and returns where it was.
    #[inline]
    pub fn step(&mut self) -> Result<usize, Malformed> {
        match self.positions.get(self.next) {
            Some(&at) => {
                self.next += 1;
                Ok(at as usize)
            }
            None => Err(self.cut_short()),
        }
    }

    /// Steps over so many structural bytes, which the caller knows to be there.
    #[inline]
    pub(super) fn advance(&mut self, steps: usize) {
        self.next += steps;
    }

    /// How many structural bytes lie between an earlier place of the same cursor and this one.
    pub(super) fn steps_from(&self, earlier: &Cursor<'_>) -> usize {
        self.next - earlier.next
    }

    #[cold]
    fn cut_short(&self) -> Malformed {
        Malformed { at: self.text.len(), reason: "the text ends inside a value", incomplete: true }
    }

    #[cold]
    fn wrong(&self, at: usize, reason: &'static str) -> Malformed {
        Malformed { at, reason, incomplete: at >= self.text.len() }
    }

    /// Steps into the object or array at which the cursor stands.
    #[inline]
    pub fn enter(&mut self) -> Result<(), Malformed> {
        self.step().map(drop)
    }

    /// The next member of the object that was entered, or `None` at its end (which is stepped over).
    ///
    /// In compact JSON, as CloudTrail writes it, a name is followed by `":` and the value; then no byte between has
    /// to be looked for.
    #[inline(always)]
    pub fn member(&mut self) -> Result<Option<(&'a [u8], Value<'a>)>, Malformed> {
        let at = self.step()?;
        match self.text[at] {
            b'"' => {}
            b'}' => return Ok(None),
            _ => return Err(self.wrong(at, "expected a member name")),
        }
        let next = self.position();
        let Some(follows) = self.text.get(next) else { return Err(self.cut_short()) };
        let between = &self.text[at + 1..next];
        if let [name @ .., b'"', b':'] = between {
            let value = self.value(next)?;
            return Ok(Some((name, value)));
        }
        match word_member(between, *follows) {
            Some((name, word)) => Ok(Some((name, Value::Scalar(word)))),
            None => self.spaced_member(at),
        }
    }

    /// The next member when it is one of the usual kinds, written as compactly as CloudTrail does.
    ///
    /// It does what [`Cursor::member`] does; its result stays in registers, and the log reader asks for twenty members
    /// a record.
    #[inline(always)]
    pub fn quick(&mut self) -> Quick<'a> {
        let ahead = self.positions.get(self.next..).and_then(|ahead| ahead.first_chunk());
        let Some(&[at, next, end]) = ahead else { return Quick::Other };
        let (at, next, end) = (at as usize, next as usize, end as usize);
        match self.text.get(at..=next) {
            Some([b'"', name @ .., b'"', b':', follows]) => match follows {
                b'"' => {
                    let text = match self.text.get(next + 1..end) {
                        Some([text @ .., b'"', b',']) => text,
                        Some([text @ .., b'"']) => text,
                        _ => return Quick::Other,
                    };
                    self.next += 2;
                    Quick::Text(name, text)
                }
                b'{' => {
                    self.next += 1;
                    Quick::Object(name)
                }
                b'[' => {
                    self.next += 1;
                    Quick::Array(name)
                }
                _ => Quick::Other,
            },
            Some([b'"', between @ .., follows]) => {
                let Some((name, word)) = word_member(between, *follows) else { return Quick::Other };
                self.next += 1;
                Quick::Word(name, word)
            }
            Some([b'}', ..]) => {
                self.next += 1;
                Quick::End
            }
            _ => Quick::Other,
        }
    }

    /// A member with white space around its colon, or with a scalar as its value.
    #[inline(never)]
    fn spaced_member(&mut self, at: usize) -> Result<Option<(&'a [u8], Value<'a>)>, Malformed> {
        let end = self.string_end(at, self.position())?;
        let colon = self.skip_space(end + 1);
        if self.text.get(colon) != Some(&b':') {
            return Err(self.wrong(colon, "expected `:` after a member name"));
        }
        let value = self.value(self.skip_space(colon + 1))?;
        Ok(Some((&self.text[at + 1..end], value)))
    }

    /// The next element of the array that was entered, or `None` at its end (which is stepped over).
    /// `from` is the byte after the opening bracket or after the last element; it is moved on.
    pub fn element(&mut self, from: &mut usize) -> Result<Option<Value<'a>>, Malformed> {
        let mut at = self.skip_space(*from);
        if self.text.get(at) == Some(&b',') {
            at = self.skip_space(at + 1);
        }
        if self.text.get(at) == Some(&b']') {
            self.step()?;
            *from = at + 1;
            return Ok(None);
        }
        let value = self.value(at)?;
        *from = match value {
            Value::String(text) => at + text.len() + 2,
            Value::Scalar(text) => at + text.len(),
            Value::Object | Value::Array => at,
        };
        Ok(Some(value))
    }

    /// The value that begins at byte `at`, the next that is not white space.
    #[inline(always)]
    fn value(&mut self, at: usize) -> Result<Value<'a>, Malformed> {
        match self.text.get(at) {
            Some(b'"') => {
                if self.step()? != at {
                    return Err(self.wrong(at, "expected a value"));
                }
                let next = self.position();
                let end = match &self.text[at + 1..next] {
                    _ if next == self.text.len() => return Err(self.cut_short()),
                    [.., b'"', b','] => next - 2,
                    [.., b'"'] => next - 1,
                    _ => self.spaced_end(at, next)?,
                };
                Ok(Value::String(&self.text[at + 1..end]))
            }
            Some(b'{') => Ok(Value::Object),
            Some(b'[') => Ok(Value::Array),
            Some(_) => self.scalar(at),
            None => Err(self.cut_short()),
        }
    }

    /// Where a string value ends that is followed by white space.
    #[inline(never)]
    fn spaced_end(&self, at: usize, next: usize) -> Result<usize, Malformed> {
        let end = self.string_end(at, next)?;
        self.check_end(end + 1)?;
        Ok(end)
    }

    /// Where the string that opens at `at` closes: no other string begins before `next`, so its closing quote is
    /// the last quote before that.
    fn string_end(&self, at: usize, next: usize) -> Result<usize, Malformed> {
        if next >= self.text.len() {
            return Err(self.cut_short());
        }
        match self.text[at + 1..next].iter().rposition(|byte| *byte == b'"') {
            Some(len) => Ok(at + 1 + len),
            None => Err(self.wrong(at, "a string without an end")),
        }
    }

    #[inline]
    fn scalar(&self, at: usize) -> Result<Value<'a>, Malformed> {
        let rest = &self.text[at..];
        let len = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'+' | b'.'))
            .unwrap_or(rest.len());
        let text = &rest[..len];
        let known = match text.first() {
            Some(b'0'..=b'9' | b'-') => true,
            _ => matches!(text, b"true" | b"false" | b"null"),
        };
        if !known {
            return Err(self.wrong(at + if len == rest.len() { len } else { 0 }, "expected a value"));
        }
        self.check_end(at + len)?;
        Ok(Value::Scalar(text))
    }

    /// After a value comes a comma or a closing bracket.
    #[inline]
    fn check_end(&self, at: usize) -> Result<(), Malformed> {
        let at = self.skip_space(at);
        match self.text.get(at) {
            Some(b',' | b'}' | b']') => Ok(()),
            Some(_) => Err(self.wrong(at, "expected `,` or a closing bracket after a value")),
            None => Err(self.cut_short()),
        }
    }

    #[inline]
    fn skip_space(&self, mut at: usize) -> usize {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.get(at) {
            at += 1;
        }
        at
    }

    /// Skips the object or array at which the cursor stands, and returns its text, brackets included.
    #[inline]
    pub fn skip(&mut self) -> Result<&'a [u8], Malformed> {
        let mut kinds = [0u64; MAX_DEPTH / 64];
        let mut depth = 0usize;
        let ahead = self.positions.get(self.next..).unwrap_or_default();
        let start = self.position();
        for (steps, &at) in ahead.iter().enumerate() {
            let at = at as usize;
            let byte = self.text[at];
            if byte == b'"' {
                continue;
            }
            if matches!(byte, b'{' | b'[') {
                if depth == MAX_DEPTH {
                    return Err(self.wrong(at, "nested deeper than 512 levels"));
                }
                let bit = 1 << (depth % 64);
                let word = &mut kinds[depth / 64];
                *word = if byte == b'{' { *word | bit } else { *word & !bit };
                depth += 1;
                continue;
            }
            if depth == 0 {
                return Err(self.wrong(at, "a closing bracket that was never opened"));
            }
            depth -= 1;
            let object = kinds[depth / 64] >> (depth % 64) & 1 == 1;
            if object != (byte == b'}') {
                return Err(self.wrong(at, "brackets that do not pair"));
            }
            if depth == 0 {
                self.next += steps + 1;
                return Ok(&self.text[start..=at]);
            }
        }
        Err(self.cut_short())
    }
}

/// A member whose value is one of the three words, without white space: `name":null,`. `follows` is the structural
/// byte behind.
#[inline(always)]
fn word_member(between: &[u8], follows: u8) -> Option<(&[u8], &[u8])> {
    let bare = match between {
        [bare @ .., b','] => bare,
        bare if matches!(follows, b'}' | b']') => bare,
        _ => return None,
    };
    let len = match bare {
        [.., b'"', b':', b'n', b'u', b'l', b'l'] | [.., b'"', b':', b't', b'r', b'u', b'e'] => 4,
        [.., b'"', b':', b'f', b'a', b'l', b's', b'e'] => 5,
        [.., b'0'..=b'9'] => {
            let digits = bare.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            if !bare[..bare.len() - digits].ends_with(b"\":") {
                return None;
            }
            digits
        }
        _ => return None,
    };
    let (name, word) = bare.split_at(bare.len() - len);
    Some((&name[..name.len() - 2], word))
}

/// The text of a JSON string whose escapes are still in it; `None` when an escape is not JSON, or the bytes
/// are not UTF-8. A lone surrogate becomes U+FFFD: no ARN holds one, and the record should not be lost.
pub fn unescape(raw: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(raw).ok()?;
    if memchr::memchr(b'\\', raw).is_none() {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = unescape_one(&rest[at + 1..], &mut out)?;
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// Decodes what follows one backslash, and returns the rest.
fn unescape_one<'a>(rest: &'a str, out: &mut String) -> Option<&'a str> {
    let plain = match rest.as_bytes().first()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unescape_unicode(&rest[1..], out),
        _ => return None,
    };
    out.push(plain);
    Some(&rest[1..])
}

fn unescape_unicode<'a>(rest: &'a str, out: &mut String) -> Option<&'a str> {
    let unit = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
    let first = unit(rest)?;
    let rest = &rest[4..];
    if (0xD800..0xDC00).contains(&first)
        && let Some(second) = rest.strip_prefix("\\u").and_then(unit)
        && (0xDC00..0xE000).contains(&second)
    {
        let scalar = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        out.push(char::from_u32(scalar)?);
        return Some(&rest[6..]);
    }
    out.push(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(rest)
}
