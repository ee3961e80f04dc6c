//! Texts with wildcards and variables: globs, ARNs, `${…}`.

use super::know::Know;
use super::world::{Seen, World};

/// One piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// This character.
    Char(char),
    /// `?`, or `?` that does not stand for a colon.
    One { colon: bool },
    /// `*`, or `*` that does not stand for a colon.
    Any { colon: bool },
}

/// A text in which the variables were replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filled {
    /// Every variable has a value.
    Known(Vec<Piece>),
    /// Some variable's value is not known; it stands as `*`.
    Unknown(Vec<Piece>),
    /// Some variable has no value: nothing is equal to it or like it.
    Nothing,
}

/// Whether the pattern matches all of the text: every way is tried.
pub(crate) fn glob(pattern: &[Piece], text: &[char]) -> bool {
    let Some((piece, rest)) = pattern.split_first() else { return text.is_empty() };
    let fits = |colon: bool, character: char| colon || character != ':';
    match *piece {
        Piece::Char(wanted) => text.first() == Some(&wanted) && glob(rest, &text[1..]),
        Piece::One { colon } => {
            text.first().is_some_and(|&found| fits(colon, found)) && glob(rest, &text[1..])
        }
        Piece::Any { colon } => {
            glob(rest, text)
                || text.first().is_some_and(|&found| fits(colon, found)) && glob(pattern, &text[1..])
        }
    }
}

/// The pieces of a text without variables.
pub(crate) fn wild(text: &str) -> Vec<Piece> {
    text.chars().map(|found| piece(found, true)).collect()
}

fn piece(found: char, wildcards: bool) -> Piece {
    match found {
        '*' if wildcards => Piece::Any { colon: true },
        '?' if wildcards => Piece::One { colon: true },
        other => Piece::Char(other),
    }
}

/// Replaces the variables of a text when the version of the language has them.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
pub(crate) fn fill(text: &str, variables: bool, wildcards: bool, world: &World) -> Filled {
    let (mut pieces, mut known, mut rest) = (Vec::new(), true, text);
    while let Some(found) = rest.chars().next() {
        let inside = rest.strip_prefix("${").filter(|_| variables);
        let Some((name, after)) = inside.and_then(|inside| inside.split_once('}')) else {
            pieces.push(piece(found, wildcards));
            rest = &rest[found.len_utf8()..];
            continue;
        };
        rest = after;
        match variable(name, world) {
            Seen::Values(values) if values.len() == 1 => pieces.extend(values[0].chars().map(Piece::Char)),
            // "You can't use a multivalued condition key as a variable."
            Seen::Values(_) | Seen::Absent => return Filled::Nothing,
            Seen::Unknown => {
                known = false;
                pieces.push(Piece::Any { colon: true });
            }
        }
    }
    if known { Filled::Known(pieces) } else { Filled::Unknown(pieces) }
}

/// What stands between the braces: `aws:username`, `*`, `aws:PrincipalTag/team, 'red'`.
fn variable(name: &str, world: &World) -> Seen {
    if let "*" | "?" | "$" = name {
        return Seen::Values(vec![name.to_owned()]);
    }
    let Some((key, default)) = name.split_once(',') else { return world.see(name.trim()) };
    let default = default.trim().trim_matches('\'').to_owned();
    match world.see(key.trim()) {
        Seen::Absent => Seen::Values(vec![default]),
        seen => seen,
    }
}

/// The names of the keys that a text's variables use.
pub(crate) fn variables(text: &str) -> Vec<String> {
    let inside = text.split("${").skip(1).filter_map(|part| part.split_once('}'));
    let names = inside.map(|(name, _)| name.split(',').next().unwrap_or(name).trim().to_ascii_lowercase());
    names.filter(|name| name.contains(':')).collect()
}

/// Whether an element of `Resource` or `NotResource` is about this ARN.
///
/// "You can use wildcard characters within the individual segments of an ARN … If the `*` wildcard is the last character
/// of a resource ARN segment, it can expand to match beyond the colon boundaries." The page advises against relying on
/// it. When something follows, that is believed only where it speaks against the caller, `in_doubt`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
pub(crate) fn is_resource(pieces: &[Piece], arn: &str, in_doubt: bool) -> bool {
    let mut pieces = pieces.to_vec();
    let mut colons = 0;
    for at in 0..pieces.len() {
        let beyond = match pieces.get(at + 1) {
            None => true,
            Some(next) => in_doubt && *next == Piece::Char(':'),
        };
        match &mut pieces[at] {
            Piece::Char(':') => colons += 1,
            Piece::Any { colon } => *colon = colons >= 5 || beyond,
            Piece::One { colon } => *colon = colons >= 5,
            Piece::Char(_) => {}
        }
    }
    glob(&pieces, &chars(arn))
}

/// "Each of the six colon-delimited components of the ARN is checked separately and each can include `*` or `?`."
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
pub(crate) fn is_arn(pieces: &[Piece], arn: &str) -> bool {
    let patterns: Vec<&[Piece]> = pieces.splitn(6, |&piece| piece == Piece::Char(':')).collect();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let fits = |(pattern, part): (&&[Piece], &&str)| glob(pattern, &chars(part));
    patterns.len() == 6 && parts.len() == 6 && patterns.iter().zip(&parts).all(fits)
}

pub(crate) fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

impl Filled {
    /// Whether it matches; no when a variable has no value.
    pub(crate) fn test(&self, matches: impl Fn(&[Piece]) -> bool) -> Know {
        match self {
            Filled::Known(pieces) => Know::of(matches(pieces)),
            Filled::Unknown(pieces) => Know::of(matches(pieces)).and(Know::Perhaps),
            Filled::Nothing => Know::No,
        }
    }
}
