//! The language of the level tables: one row a line, `#` starts a comment, words are separated by spaces.
//!
//! ```text
//! means  table read = BatchGetItem GetItem Query Scan     # a level or verb on a type; several rows add up
//! means  - put-metrics = PutMetricData on *               # on the service as a whole
//! means  repository pull = GetAuthorizationToken on *     # …on every resource
//! means  domain read = ESHttpGet on @/*                   # …on what is made from the ARN that is bound, `@`
//! never  table delete = PartiQLDelete                     # what a prohibition of the word covers besides
//! lists  instance = DescribeInstances                     # what enumerates a type; `-` is the service's main one
//! inside bucket object @/*                                # actions about objects when a bucket is bound
//! write-as log-group @:* but TagResource UntagResource    # how a policy writes the ARN of a type; also `for …`
//! also   volume CreateSnapshot + snapshot                 # further types that an action needs there
//! also   table * + database catalog@catalog but GetTags    # …of which the ARN does not end as the format says
//! name   Secret @-??????                                  # how a name becomes the end of an ARN
//! alias  rule rule-on-default-event-bus                   # what people call a type
//! unsaid Secret delete                                    # a level that has no meaning there, only operations
//! ```
//!
//! An action without a prefix is one of the service that the file is named after. As a type, `*` is any, and
//! `parameter/*` is the type when the ARN that is bound ends in `/*`.

use std::fmt;
use std::sync::Arc;

use super::Place;

/// A line that is not a row.
#[derive(Debug, PartialEq, Eq)]
pub struct LevelError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

impl std::error::Error for LevelError {}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    /// What words come to.
    Means { kind: Arc<str>, words: Vec<Arc<str>>, actions: Vec<Arc<str>>, place: Place },
    /// What a prohibition of words covers besides.
    Never { kind: Arc<str>, words: Vec<Arc<str>>, actions: Vec<Arc<str>>, place: Place },
    /// What enumerates the resources of a type.
    Lists { kind: Arc<str>, actions: Vec<Arc<str>> },
    /// Where actions about `inner` act when `kind` is bound.
    Inside { kind: Arc<str>, inner: Arc<str>, place: Place },
    /// How a policy writes the ARN of a type for some actions, or for all but some.
    WriteAs { kind: Arc<str>, place: Place, only: bool, actions: Vec<Arc<str>> },
    /// Further types that an action (`*`: any) needs when `kind` is bound.
    Also { kind: Arc<str>, action: Arc<str>, types: Vec<Arc<str>>, but: Vec<Arc<str>> },
    /// How a name becomes the end of an ARN.
    Name { kind: Arc<str>, pattern: Arc<str> },
    /// What people call a type.
    Alias { name: Arc<str>, kind: Arc<str> },
    /// Levels that have no meaning on a type.
    Unsaid { kind: Arc<str>, words: Vec<Arc<str>> },
}

/// Parses one table.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Row>, LevelError> {
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let facts = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = facts.split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        let row = row(&words).ok_or_else(|| LevelError {
            file: file.to_owned(),
            line: index + 1,
            reason: format!("`{}` is not a row", line.trim()),
        })?;
        rows.push(row);
    }
    Ok(rows)
}

fn row(words: &[&str]) -> Option<Row> {
    match words {
        [head @ ("means" | "never"), kind, names, "=", rest @ ..] => {
            let (actions, place) = match rest {
                [actions @ .., "on", place] => (actions, Place::parse(place)?),
                actions => (actions, Place::Bound),
            };
            let words = names.split(',').map(Arc::from).collect();
            let (kind, actions) = ((*kind).into(), some(actions)?);
            Some(match *head {
                "means" => Row::Means { kind, words, actions, place },
                _ => Row::Never { kind, words, actions, place },
            })
        }
        ["lists", kind, "=", actions @ ..] => {
            Some(Row::Lists { kind: (*kind).into(), actions: some(actions)? })
        }
        ["inside", kind, inner, place] => {
            Some(Row::Inside { kind: (*kind).into(), inner: (*inner).into(), place: Place::parse(place)? })
        }
        ["write-as", kind, place, rest @ ..] => {
            let (only, actions) = match rest {
                [] => (false, Vec::new()),
                ["but", actions @ ..] => (false, some(actions)?),
                ["for", actions @ ..] => (true, some(actions)?),
                _ => return None,
            };
            Some(Row::WriteAs { kind: (*kind).into(), place: Place::parse(place)?, only, actions })
        }
        ["also", kind, action, "+", rest @ ..] => {
            let end = rest.iter().position(|word| *word == "but").unwrap_or(rest.len());
            let but = match &rest[end..] {
                [] => Vec::new(),
                [_, actions @ ..] => some(actions)?,
            };
            let (kind, action, types) = ((*kind).into(), (*action).into(), some(&rest[..end])?);
            Some(Row::Also { kind, action, types, but })
        }
        ["name", kind, pattern] if pattern.contains('@') => {
            Some(Row::Name { kind: (*kind).into(), pattern: (*pattern).into() })
        }
        ["alias", name, kind] => Some(Row::Alias { name: (*name).into(), kind: (*kind).into() }),
        ["unsaid", kind, names] => {
            Some(Row::Unsaid { kind: (*kind).into(), words: names.split(',').map(Arc::from).collect() })
        }
        _ => None,
    }
}

/// At least one word.
fn some(words: &[&str]) -> Option<Vec<Arc<str>>> {
    (!words.is_empty()).then(|| words.iter().map(|word| Arc::from(*word)).collect())
}

impl Row {
    /// The resource types and the actions that the row names.
    #[cfg(test)]
    pub(super) fn names(&self) -> (Vec<&str>, Vec<&str>) {
        fn texts(names: &[Arc<str>]) -> Vec<&str> {
            names.iter().map(|name| &**name).collect()
        }
        match self {
            Row::Means { kind, actions, .. }
            | Row::Never { kind, actions, .. }
            | Row::Lists { kind, actions } => (vec![kind], texts(actions)),
            Row::Inside { kind, inner, .. } => (vec![kind, inner], Vec::new()),
            Row::WriteAs { kind, actions, .. } => (vec![kind], texts(actions)),
            Row::Also { kind, action, types, but } => {
                let types = texts(types).into_iter().map(|name| name.split('@').next().unwrap_or(name));
                let actions = std::iter::once(&**action).chain(texts(but)).collect();
                (std::iter::once(&**kind).chain(types).collect(), actions)
            }
            Row::Name { kind, .. } | Row::Alias { kind, .. } | Row::Unsaid { kind, .. } => {
                (vec![kind], Vec::new())
            }
        }
    }
}
