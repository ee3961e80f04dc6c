//! The text of a message out of what it is wrapped in: Terraform's frames, colours, JSON strings, XML entities.
//!
//! Each stage keeps for every byte where it came from, so that a message can still say its line.

/// Text, and for each of its bytes the place in the file.
#[derive(Debug)]
pub(super) struct Plain {
    pub(super) text: String,
    at: Vec<u32>,
}

/// What a text begins with that stands for something else: for what, and how many bytes it takes.
type Known = Option<(Option<char>, usize)>;

/// How often a JSON string may hold another.
const NESTED: usize = 4;

impl Plain {
    /// Takes the wrapping off.
    pub(super) fn of(text: &str) -> Plain {
        let at = (0..text.len()).map(number).collect();
        let whole = Plain { text: text.to_owned(), at };
        let mut plain = unframed(&whole.replaced('\u{1b}', colour));
        for _ in 0..NESTED {
            if !plain.text.contains('\\') {
                break;
            }
            let length = plain.text.len();
            plain = plain.replaced('\\', escape);
            if plain.text.len() == length {
                break;
            }
        }
        match plain.text.contains('&') {
            true => plain.replaced('&', entity),
            false => plain,
        }
    }

    /// Where a byte of the text came from.
    pub(super) fn origin(&self, byte: usize) -> usize {
        self.at.get(byte).or(self.at.last()).map_or(0, |at| *at as usize)
    }

    fn push(&mut self, letter: char, at: u32) {
        self.text.push(letter);
        self.at.extend(std::iter::repeat_n(at, letter.len_utf8()));
    }

    /// Replaces what begins with `mark` and `read` knows: what it stands for, and how many bytes it takes.
    fn replaced(&self, mark: char, read: fn(&str) -> Known) -> Plain {
        let mut plain = Plain { text: String::with_capacity(self.text.len()), at: Vec::new() };
        let mut byte = 0;
        while let Some(letter) = self.text[byte..].chars().next() {
            let known: Known = if letter == mark { read(&self.text[byte..]) } else { None };
            let (stands_for, taken) = known.unwrap_or((Some(letter), letter.len_utf8()));
            if let Some(letter) = stands_for {
                plain.push(letter, self.at[byte]);
            }
            byte += taken;
        }
        plain
    }
}

/// An escape of a JSON string.
fn escape(text: &str) -> Known {
    let letter = match text.as_bytes().get(1)? {
        b'"' => '"',
        b'\'' => '\'',
        b'/' => '/',
        b'\\' => '\\',
        b'n' => '\n',
        b't' => ' ',
        b'r' => return Some((None, 2)),
        b'u' => {
            let code = u32::from_str_radix(text.get(2..6)?, 16).ok()?;
            return Some((Some(char::from_u32(code)?), 6));
        }
        _ => return None,
    };
    Some((Some(letter), 2))
}

/// An entity of XML or HTML.
fn entity(text: &str) -> Known {
    const KNOWN: [(&str, char); 9] = [
        ("&quot;", '"'),
        ("&#34;", '"'),
        ("&apos;", '\''),
        ("&#39;", '\''),
        ("&#x27;", '\''),
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&nbsp;", ' '),
    ];
    KNOWN.iter().find(|(name, _)| text.starts_with(name)).map(|(name, letter)| (Some(*letter), name.len()))
}

/// An escape sequence that colours, such as `ESC [ 31 m`.
fn colour(text: &str) -> Known {
    let rest = text.strip_prefix("\u{1b}[")?;
    let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
    Some((None, 2 + end + 1))
}

/// Without the frames that Terraform draws, whose lines are one text until an empty one.
fn unframed(plain: &Plain) -> Plain {
    let mut made = Plain { text: String::with_capacity(plain.text.len()), at: Vec::new() };
    let mut start = 0;
    // Whether the line before was framed and said something.
    let mut open = false;
    for line in plain.text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let inner = body.trim_start_matches([' ', '\t']).strip_prefix(['│', '╷', '╵']).map(str::trim);
        let body = inner.unwrap_or(body);
        let framed = inner.is_some_and(|inner| !inner.is_empty());
        if start > 0 {
            made.push(if open && framed { ' ' } else { '\n' }, plain.at[start - 1]);
        }
        open = framed;
        let offset = start + (body.as_ptr() as usize - line.as_ptr() as usize);
        for (index, letter) in body.char_indices() {
            made.push(letter, plain.at[offset + index]);
        }
        start += line.len();
    }
    if plain.text.ends_with('\n') {
        made.push('\n', plain.at[start - 1]);
    }
    made
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_escapes_and_entities_come_off_and_places_stay() {
        let text = "x\n╷\n│ Error: no \\\"access\\\"\n│ to &quot;it&quot;\n│ \n│   with a.b\n╵\n";
        let plain = Plain::of(text);
        assert_eq!(plain.text, "x\n\nError: no \"access\" to \"it\"\n\nwith a.b\n\n");
        let at = plain.text.find("to").expect("there");
        assert_eq!(&text[plain.origin(at)..plain.origin(at) + 2], "to");
        assert_eq!(
            Plain::of("{\"m\":\"{\\\"e\\\":\\\"a \\\\\\\"b\\\\\\\"\\\"}\"}").text,
            "{\"m\":\"{\"e\":\"a \"b\"\"}\"}"
        );
        assert_eq!(Plain::of("\u{1b}[31mError\u{1b}[0m: c:\\x").text, "Error: c:\\x");
    }
}
