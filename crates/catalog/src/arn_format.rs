//! ARN formats of the Service Authorization Reference: `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
//!
//! A format is literals and variables. `${Partition}`, `${Region}` and `${Account}` never hold a `:`; any other
//! variable may hold `/` and `:`, since names do (log groups, roles with a path, S3 keys). So one ARN can fit
//! several formats, and the one with the most literal text is the type it is ([`Service::type_of`]).

use crate::facts::{Name, ResourceType, Service};

/// A piece of an ARN format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that is there as it stands.
    Literal(&'a str),
    /// A variable, without `${` and `}`.
    Variable(&'a str),
}

/// A parsed ARN format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArnFormat<'a> {
    text: &'a str,
    pieces: Vec<Piece<'a>>,
}

impl<'a> ArnFormat<'a> {
    /// Splits a format into literals and variables; an unclosed `${` is literal text.
    pub fn parse(text: &'a str) -> ArnFormat<'a> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(end) = rest[start..].find('}') else { break };
            if start > 0 {
                pieces.push(Piece::Literal(&rest[..start]));
            }
            pieces.push(Piece::Variable(&rest[start + 2..start + end]));
            rest = &rest[start + end + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest));
        }
        ArnFormat { text, pieces }
    }

    /// The format as written.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// Literals and variables in order.
    pub fn pieces(&self) -> &[Piece<'a>] {
        &self.pieces
    }

    /// The names of the variables in order, with those of partition, region and account.
    pub fn variables(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(*name),
            Piece::Literal(_) => None,
        })
    }

    /// The ARN with each variable replaced by what `value` gives, or `*` where it gives nothing.
    pub fn fill(&self, mut value: impl FnMut(&str) -> Option<String>) -> String {
        let mut arn = String::with_capacity(self.text.len());
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => arn.push_str(text),
                Piece::Variable(name) => arn.push_str(value(name).as_deref().unwrap_or("*")),
            }
        }
        arn
    }

    /// How much of the format is literal: the more, the more specific.
    pub fn literal_len(&self) -> usize {
        self.pieces.iter().map(|piece| if let Piece::Literal(text) = piece { text.len() } else { 0 }).sum()
    }

    /// The variables' values when `arn` has this format (a `*` in `arn` is a value like any other).
    pub fn bind<'t>(&self, arn: &'t str) -> Option<Vec<(&'a str, &'t str)>> {
        let mut bound = Vec::with_capacity(self.pieces.len() / 2 + 1);
        bind(&self.pieces, arn, &mut bound).then_some(bound)
    }

    /// Whether `arn` has this format.
    pub fn matches(&self, arn: &str) -> bool {
        self.bind(arn).is_some()
    }
}

/// Binds the first variable to the shortest text that lets the rest match, so a literal `/` splits at the first.
fn bind<'a, 't>(pieces: &[Piece<'a>], arn: &'t str, bound: &mut Vec<(&'a str, &'t str)>) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return arn.is_empty() };
    let name = match first {
        Piece::Literal(text) => return arn.strip_prefix(text).is_some_and(|arn| bind(rest, arn, bound)),
        Piece::Variable(name) => *name,
    };
    let header = matches!(name, "Partition" | "Region" | "Account");
    let limit = if header { arn.find(':').unwrap_or(arn.len()) } else { arn.len() };
    let shortest = if matches!(name, "Region" | "Account") { 0 } else { 1 };
    let ends: Vec<usize> = match rest.first() {
        None => vec![arn.len()],
        Some(Piece::Literal(text)) => arn.match_indices(text).map(|(at, _)| at).collect(),
        Some(Piece::Variable(_)) => arn.char_indices().map(|(at, _)| at).chain([arn.len()]).collect(),
    };
    for end in ends.into_iter().filter(|end| (shortest..=limit).contains(end)) {
        bound.push((name, &arn[..end]));
        if bind(rest, &arn[end..], bound) {
            return true;
        }
        bound.pop();
    }
    false
}

impl ResourceType {
    /// The formats, parsed.
    pub fn formats(&self) -> impl Iterator<Item = ArnFormat<'_>> {
        self.arn.iter().map(|format| ArnFormat::parse(format))
    }

    /// Whether `arn` has one of the type's formats; other types may fit it better.
    pub fn matches(&self, arn: &str) -> bool {
        self.formats().any(|format| format.matches(arn))
    }

    /// How specific the most specific format is that `arn` has.
    fn fit(&self, arn: &str) -> Option<usize> {
        self.formats().filter(|format| format.matches(arn)).map(|format| format.literal_len()).max()
    }
}

impl Service {
    /// The resource type that `arn` is of: of those whose format it has, the most specific; the first by name
    /// when several types share one format.
    pub fn type_of(&self, arn: &str) -> Option<&ResourceType> {
        self.types_of(arn).into_iter().next()
    }

    /// All resource types whose format is the most specific one that `arn` has.
    pub fn types_of(&self, arn: &str) -> Vec<&ResourceType> {
        let mut best = 0;
        let mut types = Vec::new();
        for kind in &self.resource_types {
            match kind.fit(arn) {
                Some(fit) if fit > best => {
                    best = fit;
                    types = vec![kind];
                }
                Some(fit) if fit == best => types.push(kind),
                _ => {}
            }
        }
        types
    }

    /// The names of the resource types of an action which `arn` can stand for: what a statement that pairs the
    /// two would limit. Empty means that the pair is wrong.
    pub fn supported_types(&self, action: &str, arn: &str) -> Vec<&Name> {
        let Some(action) = self.action(action) else { return Vec::new() };
        let types = self.types_of(arn);
        action
            .resources
            .iter()
            .map(|resource| &resource.resource_type)
            .filter(|name| types.iter().any(|kind| kind.name == **name))
            .collect()
    }
}
