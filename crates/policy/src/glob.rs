//! Patterns with `*` (any run of characters) and `?` (exactly one character), and the exact relations between
//! them: does one match, contain or overlap another.
//!
//! Patterns here know nothing of ARNs: `*` crosses every character. The alphabet is that of Unicode scalar values.
//! Nothing backtracks more than to its last `*`, so a hostile pattern costs at most its length times the text's.

use smallvec::SmallVec;
use std::fmt;

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Token {
    /// This very character.
    Literal(char),
    /// `?`: any one character.
    One,
    /// `*`: any number of any characters.
    Any,
}

/// A pattern, split once.
///
/// Equality is equality of form: `*?` and `?*` differ although they match the same texts.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Glob {
    /// What every matching text begins with, compared in one go.
    prefix: Box<str>,
    /// Everything from the first wildcard on, unless the form says it.
    rest: Box<[Token]>,
    form: Form,
}

/// Patterns that are matched without a walk: nearly all are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum Form {
    /// A text without wildcards.
    #[default]
    Literal,
    /// `*` alone.
    Any,
    /// A text with one `*` behind it.
    Prefix,
    Other,
}

/// Whether `text` is one of the texts that `pattern` stands for.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some(wildcard) = pattern.bytes().position(|byte| matches!(byte, b'*' | b'?')) else {
        return pattern == text;
    };
    let (prefix, rest) = pattern.split_at(wildcard);
    text.strip_prefix(prefix).is_some_and(|text| rest == "*" || matches_written(rest, text))
}

/// [`matches_rest`] for a pattern that is used once, as it is written.
fn matches_written(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut left) = (0, 0);
    let mut retry = None;
    loop {
        match (pattern.get(at), text.get(left)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                at += 1;
                if at == pattern.len() {
                    return true;
                }
                retry = Some((at, left));
                continue;
            }
            (_, None) => return false,
            (Some(b'?'), Some(first)) => {
                at += 1;
                left += width(*first);
                continue;
            }
            (Some(wanted), Some(found)) if wanted == found => {
                at += 1;
                left += 1;
                continue;
            }
            _ => {}
        }
        let Some((after_star, resumed)) = retry else { return false };
        let Some(first) = text.get(resumed) else { return false };
        left = resumed + width(*first);
        at = after_star;
        retry = Some((after_star, left));
    }
}

/// How many bytes the character has that begins with this one.
fn width(first: u8) -> usize {
    match first.leading_ones() {
        0 => 1,
        ones => ones as usize,
    }
}

/// What stands before the first wildcard, and the rest.
fn split(pattern: &str) -> (&str, &str) {
    pattern.split_at(pattern.bytes().position(|byte| matches!(byte, b'*' | b'?')).unwrap_or(pattern.len()))
}

/// Whether every text that `inner` matches is also matched by `outer`.
pub fn subsumes(outer: &str, inner: &str) -> bool {
    outer == inner || Glob::new(outer).subsumes(&Glob::new(inner))
}

/// Whether some text is matched by both.
pub fn overlaps(a: &str, b: &str) -> bool {
    a == b || Glob::new(a).overlaps(&Glob::new(b))
}

impl Glob {
    /// Splits `pattern`; there is no escape: a literal `*` comes in through [`Glob::from_tokens`].
    pub fn new(pattern: &str) -> Glob {
        let (prefix, rest) = split(pattern);
        Glob::of(prefix.into(), rest)
    }

    /// [`Glob::new`] of the pattern in lower case (ASCII letters only).
    pub fn folded(pattern: &str) -> Glob {
        let (prefix, rest) = split(pattern);
        Glob::of(prefix.to_ascii_lowercase().into(), &rest.to_ascii_lowercase())
    }

    fn of(prefix: Box<str>, rest: &str) -> Glob {
        let form = match rest {
            "" => Form::Literal,
            "*" if prefix.is_empty() => Form::Any,
            "*" => Form::Prefix,
            _ => return Glob::other(prefix, steps(rest.chars().map(Token::of))),
        };
        Glob { prefix, rest: Box::default(), form }
    }

    /// Of a text and what stands behind it, which begins with a wildcard.
    fn other(prefix: Box<str>, rest: Box<[Token]>) -> Glob {
        match *rest {
            [Token::Any] if prefix.is_empty() => Glob { prefix, rest: Box::default(), form: Form::Any },
            [Token::Any] => Glob { prefix, rest: Box::default(), form: Form::Prefix },
            _ => Glob { prefix, rest, form: Form::Other },
        }
    }

    /// Matches `text` and nothing else.
    pub fn literal(text: &str) -> Glob {
        Glob { prefix: text.into(), rest: Box::default(), form: Form::Literal }
    }

    /// The pattern that these steps make; runs of `*` become one.
    pub fn from_tokens(tokens: impl IntoIterator<Item = Token>) -> Glob {
        let mut prefix = String::new();
        let mut tokens = tokens.into_iter();
        let first = tokens.by_ref().find(|token| match token {
            Token::Literal(character) => {
                prefix.push(*character);
                false
            }
            _ => true,
        });
        match first {
            None => Glob::literal(&prefix),
            Some(first) => Glob::other(prefix.into(), steps(std::iter::once(first).chain(tokens))),
        }
    }

    /// The steps of this pattern, first to last.
    pub fn tokens(&self) -> impl Iterator<Item = Token> + '_ {
        let last = matches!(self.form, Form::Any | Form::Prefix).then_some(Token::Any);
        self.prefix.chars().map(Token::Literal).chain(self.rest.iter().copied()).chain(last)
    }

    /// What every matching text begins with.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The text that this pattern stands for, when it has no wildcard.
    pub fn as_literal(&self) -> Option<&str> {
        (self.form == Form::Literal).then_some(&*self.prefix)
    }

    /// Whether this is `*` alone.
    pub fn is_any(&self) -> bool {
        self.form == Form::Any
    }

    /// Whether `text` is one of the texts that this pattern stands for.
    pub fn matches(&self, text: &str) -> bool {
        match self.form {
            Form::Any => true,
            // Most often it is the empty region or account of an ARN. Comparing nothing byte by byte is dear: glibc's
            // `memcmp` then loads from where an empty `Box` points to, masked, and the processor needs help with that.
            Form::Literal => text.len() == self.prefix.len() && (text.is_empty() || *text == *self.prefix),
            Form::Prefix => text.starts_with(&*self.prefix),
            Form::Other if self.prefix.is_empty() => matches_rest(&self.rest, text, |a, b| a == b),
            Form::Other => text
                .strip_prefix(&*self.prefix)
                .is_some_and(|text| matches_rest(&self.rest, text, |a, b| a == b)),
        }
    }

    /// [`Glob::matches`], where `A` and `a` are the same (ASCII letters only).
    pub fn matches_ignoring_case(&self, text: &str) -> bool {
        let Some((head, tail)) = text.split_at_checked(self.prefix.len()) else { return false };
        head.eq_ignore_ascii_case(&self.prefix)
            && match self.form {
                Form::Any | Form::Prefix => true,
                Form::Literal => tail.is_empty(),
                Form::Other => matches_rest(&self.rest, tail, |a, b| a.eq_ignore_ascii_case(&b)),
            }
    }

    /// Whether every text that `inner` matches is matched by this pattern too. Exact.
    pub fn subsumes(&self, inner: &Glob) -> bool {
        if self.is_any() {
            return true;
        }
        match inner.as_literal() {
            Some(text) => self.matches(text),
            // Where this pattern begins with a text, everything that the inner one matches must begin with it.
            None if !self.prefix.is_empty() && !inner.prefix.starts_with(&*self.prefix) => false,
            None => self.form == Form::Prefix || contains(self, inner),
        }
    }

    /// Whether some text is matched by both. Exact.
    pub fn overlaps(&self, other: &Glob) -> bool {
        match (self.as_literal(), other.as_literal()) {
            (_, Some(text)) => self.matches(text),
            (Some(text), None) => other.matches(text),
            (None, None) => {
                let both = self.prefix.len().min(other.prefix.len());
                let agree = both == 0 || self.prefix.as_bytes()[..both] == other.prefix.as_bytes()[..both];
                let open =
                    |one: &Glob| matches!(one.form, Form::Prefix | Form::Any) && one.prefix.len() == both;
                agree && (open(self) || open(other) || intersects(self, other))
            }
        }
    }
}

impl Token {
    /// What a character of a pattern means.
    pub fn of(character: char) -> Token {
        match character {
            '*' => Token::Any,
            '?' => Token::One,
            other => Token::Literal(other),
        }
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spell = |token: Token| match token {
            Token::Literal(character @ ('*' | '?' | '$')) => format!("${{{character}}}"),
            Token::Literal(character) => character.to_string(),
            Token::One => "?".to_owned(),
            Token::Any => "*".to_owned(),
        };
        write!(out, "Glob({})", self.tokens().map(spell).collect::<String>())
    }
}

/// The steps, runs of `*` made one.
fn steps(tokens: impl Iterator<Item = Token>) -> Box<[Token]> {
    let mut steps: Vec<Token> = Vec::with_capacity(tokens.size_hint().0);
    for token in tokens {
        if token != Token::Any || steps.last() != Some(&Token::Any) {
            steps.push(token);
        }
    }
    steps.into()
}

/// Whether `text` is one of the texts that these steps stand for: for a pattern that is used once.
pub(crate) fn matches_tokens(pattern: &[Token], text: &str, ignore_case: bool) -> bool {
    if ignore_case {
        matches_rest(pattern, text, |a, b| a.eq_ignore_ascii_case(&b))
    } else {
        matches_rest(pattern, text, |a, b| a == b)
    }
}

/// Walks both; on a mismatch the last `*` takes one character more. Earlier ones need never be reconsidered: what
/// they matched leaves the most text for the steps behind them.
fn matches_rest(pattern: &[Token], text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let (mut at, mut left) = (0, text);
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let mut characters = left.chars();
        let next = characters.next();
        let step = match (pattern.get(at), next) {
            (None, None) => return true,
            (Some(Token::Any), _) if at + 1 == pattern.len() => return true,
            (Some(Token::Any), _) => {
                retry = Some((at + 1, left));
                at += 1;
                continue;
            }
            (Some(Token::One), Some(_)) => true,
            (Some(Token::Literal(wanted)), Some(found)) => same(*wanted, found),
            (_, None) => return false,
            (None, Some(_)) => false,
        };
        if step {
            at += 1;
            left = characters.as_str();
            continue;
        }
        let Some((after_star, resumed)) = retry else { return false };
        let mut characters = resumed.chars();
        if characters.next().is_none() {
            return false;
        }
        left = characters.as_str();
        retry = Some((after_star, left));
        at = after_star;
    }
}

/// Inclusion, by carrying the set of places in `inner` up to which the steps of `outer` so far can account for
/// everything.
///
/// A run of wildcards in `outer` is a gap: either exactly `n` characters, or (with a `*`) `n` and more. A gap with
/// `*` swallows any stretch of `inner` that is at least `n` long however its own `*` turn out; every other step
/// needs a step of `inner` that stands for one character. That this misses no inclusion rests on the alphabet
/// having a letter that occurs in neither pattern.
fn contains(outer: &Glob, inner: &Glob) -> bool {
    let inner: Vec<Token> = inner.tokens().collect();
    let mut reached = vec![false; inner.len() + 1];
    reached[0] = true;
    let outer: Vec<Token> = outer.tokens().collect();
    let mut at = 0;
    while at < outer.len() {
        if let Token::Literal(wanted) = outer[at] {
            advance(&mut reached, &inner, |token| token == Token::Literal(wanted));
            at += 1;
            continue;
        }
        let gap = outer[at..].iter().take_while(|token| !matches!(token, Token::Literal(_))).count();
        let run = &outer[at..at + gap];
        let length = run.iter().filter(|token| **token == Token::One).count();
        if length < gap {
            swallow(&mut reached, &inner, length);
        } else {
            for _ in 0..length {
                advance(&mut reached, &inner, |token| token != Token::Any);
            }
        }
        at += gap;
    }
    reached[inner.len()]
}

fn advance(reached: &mut [bool], inner: &[Token], accepts: impl Fn(Token) -> bool) {
    for place in (0..inner.len()).rev() {
        reached[place + 1] = reached[place] && accepts(inner[place]);
    }
    reached[0] = false;
}

/// From the first place reached, every place behind a stretch of at least `length` characters is reached.
fn swallow(reached: &mut [bool], inner: &[Token], length: usize) {
    let Some(first) = reached.iter().position(|reached| *reached) else { return };
    let mut passed = 0;
    for (place, reached) in reached.iter_mut().enumerate().skip(first) {
        *reached = passed >= length;
        passed += usize::from(inner.get(place).is_some_and(|token| *token != Token::Any));
    }
}

/// Intersection, by carrying the set of places in `b` that can be level with each place in `a`. The set is the bits of a
/// number, unless there are too many places.
fn intersects(a: &Glob, b: &Glob) -> bool {
    let steps: SmallVec<[Token; 64]> = b.tokens().collect();
    match steps.len() <= FEW {
        true => intersects_few(a, &steps),
        false => intersects_many(a, &steps),
    }
}

/// So many places, and the end, are bits of a number.
const FEW: usize = u128::BITS as usize - 2;

fn intersects_few(a: &Glob, b: &[Token]) -> bool {
    let all = (1_u128 << (b.len() + 1)) - 1;
    let star = |(place, token): (usize, &Token)| u128::from(*token == Token::Any) << place;
    let stars = b.iter().enumerate().map(star).fold(0, |stars, star| stars | star);
    // A `*` in `b` may stand for nothing; two never follow each other.
    let skip_star = |level: u128| level | (level & stars) << 1;
    let mut level = skip_star(1);
    for token in a.tokens() {
        let moved = match token {
            // From the first level place on, `*` can stand for whatever `b` asks for.
            Token::Any => all & u128::MAX << level.trailing_zeros(),
            Token::One => all & (level & !stars) << 1 | level & stars,
            Token::Literal(wanted) => {
                let fits = |token| token == Token::One || token == Token::Literal(wanted);
                let mut next = level & stars;
                let mut left = level & !stars;
                while left != 0 {
                    let place = left.trailing_zeros();
                    left &= left - 1;
                    next |=
                        u128::from(b.get(place as usize).is_some_and(|token| fits(*token))) << (place + 1);
                }
                next
            }
        };
        level = skip_star(moved);
        if level == 0 {
            return false;
        }
    }
    level >> b.len() & 1 == 1
}

fn intersects_many(a: &Glob, b: &[Token]) -> bool {
    let mut level = vec![false; b.len() + 1];
    level[0] = true;
    skip_stars(&mut level, b);
    for token in a.tokens() {
        level = step(&level, token, b);
        skip_stars(&mut level, b);
    }
    level[b.len()]
}

/// A `*` in `b` may stand for nothing.
fn skip_stars(level: &mut [bool], b: &[Token]) {
    for place in 0..b.len() {
        if level[place] && b[place] == Token::Any {
            level[place + 1] = true;
        }
    }
}

fn step(level: &[bool], token: Token, b: &[Token]) -> Vec<bool> {
    let mut next = vec![false; level.len()];
    if token == Token::Any {
        // From the first level place on, `*` can stand for whatever `b` asks for.
        let first = level.iter().position(|level| *level).unwrap_or(level.len());
        next[first..].fill(true);
        return next;
    }
    for place in 0..b.len() {
        if !level[place] {
            continue;
        }
        match (token, b[place]) {
            (_, Token::Any) => next[place] = true,
            (Token::Literal(x), Token::Literal(y)) if x != y => {}
            _ => next[place + 1] = true,
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All patterns of up to five steps of two letters, `?` and `*`.
    fn patterns() -> Vec<Glob> {
        let mut texts = vec![String::new()];
        let mut begin = 0;
        for _ in 0..5 {
            let end = texts.len();
            for at in begin..end {
                texts.extend(["a", "b", "?", "*"].map(|step| format!("{}{step}", texts[at])));
            }
            begin = end;
        }
        texts.iter().map(|text| Glob::new(text)).collect()
    }

    #[test]
    fn few_places_and_many_are_told_the_same() {
        let all = patterns();
        let outer: Vec<&Glob> = all.iter().step_by(7).collect();
        for a in outer {
            for b in &all {
                let steps: Vec<Token> = b.tokens().collect();
                assert_eq!(intersects_few(a, &steps), intersects_many(a, &steps), "{a:?} {b:?}");
                let known = intersects_many(a, &steps);
                assert_eq!(a.overlaps(b), known, "{a:?} {b:?}");
            }
        }
        let long = "a".repeat(FEW);
        let (a, b) = (Glob::new(&format!("*{long}")), Glob::new(&format!("{long}*")));
        assert!(a.overlaps(&b) && b.overlaps(&a));
        assert!(!Glob::new(&format!("b*{long}")).overlaps(&b));
    }

    #[test]
    fn what_is_told_at_once_is_what_the_walk_tells() {
        let all = patterns();
        for outer in all.iter().step_by(7) {
            for inner in &all {
                assert_eq!(outer.subsumes(inner), contains(outer, inner), "{outer:?} {inner:?}");
            }
        }
    }
}
