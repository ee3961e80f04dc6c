//! Plain words, cut into tokens that know their column.

use crate::intent::Place;
use std::sync::Arc;

/// A word, a name or a mark of punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// As it was written, without quotes and without punctuation at its ends.
    pub text: String,
    /// The same in lower case.
    pub lower: String,
    /// The bytes of the text that it stands for, quotes included.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// What it is.
    pub kind: TokenKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    /// A word in quotes: a name, whatever else it may mean.
    Quoted,
    Comma,
    Colon,
    /// The end of a sentence, or `;`.
    Stop,
    Open,
    Close,
}

/// What opens a quotation, and what closes it.
const QUOTES: &[(char, char)] = &[('"', '"'), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»'), ('\'', '\'')];

/// Cuts a text into tokens.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = 0;
    while let Some(first) = text[rest..].chars().next() {
        let at = rest;
        if first.is_whitespace() || first.is_control() {
            rest += first.len_utf8();
            if first == '\n' && starts_an_item(&text[rest..]) {
                push(&mut tokens, text, at, rest, TokenKind::Stop);
            }
        } else if let Some(length) = quoted(&text[rest..], first) {
            rest += length;
            push(&mut tokens, text, at, rest, TokenKind::Quoted);
        } else {
            let length = text[rest..].find(|c: char| c.is_whitespace() || c.is_control());
            rest += length.unwrap_or(text.len() - rest);
            word(&mut tokens, text, at, rest);
        }
    }
    tokens
}

/// Where a token stands in the text: line and column in characters.
pub(super) fn place(source: &Arc<str>, text: &str, at: usize) -> Place {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    Place::at(source, u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// Whether what follows a line break is an item of a list, or an empty line.
fn starts_an_item(rest: &str) -> bool {
    let line = rest.lines().next().unwrap_or_default().trim_start();
    line.is_empty() || line.starts_with(['-', '*', '•'])
}

/// How long the quotation is that begins here.
fn quoted(rest: &str, first: char) -> Option<usize> {
    let (open, close) = QUOTES.iter().find(|(open, _)| *open == first)?;
    let inside = &rest[open.len_utf8()..];
    let end = inside.find(*close)?;
    let text = &inside[..end];
    // A quotation of several words is a sentence in quotes rather than a name.
    (!text.is_empty() && !text.contains(char::is_whitespace))
        .then_some(open.len_utf8() + end + close.len_utf8())
}

/// A stretch without white space: punctuation at its ends is cut off.
fn word(tokens: &mut Vec<Token>, text: &str, mut start: usize, end: usize) {
    while let Some(open) = text[start..end].chars().next().filter(|c| "([{".contains(*c)) {
        push(tokens, text, start, start + open.len_utf8(), TokenKind::Open);
        start += open.len_utf8();
    }
    if let Some(first) = text[start..end].chars().next()
        && let Some(length) = quoted(&text[start..end], first)
    {
        push(tokens, text, start, start + length, TokenKind::Quoted);
        return word(tokens, text, start + length, end);
    }
    let mut stop = end;
    while let Some(last) = text[start..stop].chars().next_back().filter(|c| ",.;:?!)]}…".contains(*c)) {
        stop -= last.len_utf8();
    }
    let body = &text[start..stop];
    let possessive = ["'s", "’s"].into_iter().find(|end| body.len() > end.len() && body.ends_with(end));
    let cut = possessive.map_or(stop, |end| stop - end.len());
    if body.chars().all(|c| "-–—•*".contains(c)) && !body.is_empty() && body != "*" {
        push(tokens, text, start, stop, TokenKind::Comma);
    } else if start < stop {
        push(tokens, text, start, cut, TokenKind::Word);
    }
    if cut < stop {
        push(tokens, text, cut, stop, TokenKind::Word);
    }
    for (offset, mark) in text[stop..end].char_indices() {
        let kind = match mark {
            ',' => TokenKind::Comma,
            ':' => TokenKind::Colon,
            ')' | ']' | '}' => TokenKind::Close,
            _ => TokenKind::Stop,
        };
        push(tokens, text, stop + offset, stop + offset + mark.len_utf8(), kind);
    }
}

fn push(tokens: &mut Vec<Token>, text: &str, start: usize, end: usize, kind: TokenKind) {
    let mut own = &text[start..end];
    if kind == TokenKind::Quoted {
        let mut inside = own.chars();
        inside.next();
        inside.next_back();
        own = inside.as_str();
    }
    tokens.push(Token { text: own.to_owned(), lower: own.to_lowercase(), start, end, kind });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn punctuation_ends_words_but_not_names() {
        assert_eq!(
            texts("read /a/b, and s3://x/y/. Done?"),
            ["read", "/a/b", ",", "and", "s3://x/y/", ".", "Done", "?"]
        );
        assert_eq!(
            texts("arn:aws:sqs:eu-west-1:111122223333:a: send"),
            ["arn:aws:sqs:eu-west-1:111122223333:a", ":", "send"]
        );
    }

    #[test]
    fn a_name_in_quotes_is_one_token_without_them() {
        let found = tokens("the \"orders\" queue's `a-b`, (x)");
        let kinds: Vec<_> = found.iter().map(|token| (token.text.as_str(), token.kind)).collect();
        assert_eq!(kinds[1], ("orders", TokenKind::Quoted));
        assert_eq!(kinds[3], ("'s", TokenKind::Word));
        assert_eq!(kinds[4], ("a-b", TokenKind::Quoted));
        assert_eq!(kinds[6], ("(", TokenKind::Open));
    }

    #[test]
    fn places_count_characters_of_their_line() {
        let source = Arc::from("words");
        assert_eq!(place(&source, "größe\nab cd", 11).to_string(), "words:2:4");
    }
}
