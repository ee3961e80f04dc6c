//! ARN formats of the Service Authorization Reference: `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
//!
//! A format is literals and variables. No variable before the resource part holds a `:`; one in the resource part
//! may hold `/` and `:`, since names do (log groups, roles with a path, S3 keys). So one ARN can fit several
//! formats, and the one with the most literal text is the type it is ([`Service::type_of`]). Some formats have a
//! `*`, which stands for any text.

use leastwise_policy::glob;

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

    /// How much of the format is literal: the more, the more specific. A `*` stands for any text.
    pub fn literal_len(&self) -> usize {
        let literal = |piece: &Piece<'_>| match piece {
            Piece::Literal(text) => text.bytes().filter(|byte| *byte != b'*').count(),
            Piece::Variable(_) => 0,
        };
        self.pieces.iter().map(literal).sum()
    }

    /// The variables' values when `arn` has this format (a `*` in `arn` is a value like any other).
    pub fn bind<'t>(&self, arn: &'t str) -> Option<Vec<(&'a str, &'t str)>> {
        let mut bound = Vec::new();
        let mut own = self.text.splitn(6, ':');
        let mut given = arn.splitn(6, ':');
        for part in 0..6 {
            let (own, given) = (own.next()?, given.next()?);
            // Region and account are empty where a service is global or the partition's own.
            let shortest = usize::from(part < 3 || part == 5);
            bind(own, given, shortest, &mut bound)?;
        }
        Some(bound)
    }

    /// Whether `arn` has this format.
    pub fn matches(&self, arn: &str) -> bool {
        self.bind(arn).is_some()
    }

    /// Whether some ARN of this format is one that `pattern` of a policy covers. Both are compared part by part:
    /// a `*` before the resource part does not cross a `:`.
    pub fn overlaps(&self, pattern: &str) -> bool {
        let own = self.fill(|_| None);
        let (mut own, mut pattern) = (own.splitn(6, ':'), pattern.splitn(6, ':'));
        (0..6).all(|_| match (own.next(), pattern.next()) {
            (Some(own), Some(pattern)) => glob::overlaps(own, pattern),
            _ => false,
        })
    }
}

/// A step of one part of a format.
enum Step<'a> {
    Text(&'a str),
    /// A variable; a `*` is one without a name.
    Any(&'a str),
}

fn steps(part: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for piece in ArnFormat::parse(part).pieces {
        match piece {
            Piece::Variable(name) => steps.push(Step::Any(name)),
            Piece::Literal(text) => {
                for (index, text) in text.split('*').enumerate() {
                    if index > 0 {
                        steps.push(Step::Any(""));
                    }
                    if !text.is_empty() {
                        steps.push(Step::Text(text));
                    }
                }
            }
        }
    }
    steps
}

/// Binds the variables of one part. Each literal is taken where it comes first and the last one at the end, as
/// globs are matched: so this takes no longer than the text is long, whatever it is.
fn bind<'a, 't>(
    part: &'a str,
    text: &'t str,
    shortest: usize,
    bound: &mut Vec<(&'a str, &'t str)>,
) -> Option<()> {
    let steps = steps(part);
    let mut rest = text;
    let mut open: Option<&'a str> = None;
    for (index, step) in steps.iter().enumerate() {
        let literal = match (step, open) {
            (Step::Any(name), None) => {
                open = Some(*name);
                continue;
            }
            // Two variables side by side: the first takes as little as it may.
            (Step::Any(name), Some(before)) => {
                let (value, after) = rest.split_at_checked(shortest)?;
                push(bound, before, value);
                (rest, open) = (after, Some(*name));
                continue;
            }
            (Step::Text(literal), _) => *literal,
        };
        let Some(name) = open.take() else {
            rest = rest.strip_prefix(literal)?;
            continue;
        };
        let at = if index + 1 == steps.len() {
            rest.strip_suffix(literal)?.len()
        } else {
            let from = rest.get(shortest..)?;
            from.find(literal)? + shortest
        };
        if at < shortest {
            return None;
        }
        push(bound, name, &rest[..at]);
        rest = &rest[at + literal.len()..];
    }
    match open {
        Some(name) if rest.len() >= shortest || name.is_empty() => push(bound, name, rest),
        None if rest.is_empty() => {}
        _ => return None,
    }
    Some(())
}

fn push<'a, 't>(bound: &mut Vec<(&'a str, &'t str)>, name: &'a str, value: &'t str) {
    if !name.is_empty() {
        bound.push((name, value));
    }
}

/// What stands behind the fifth colon of an ARN or its format.
pub(crate) fn resource_part(arn: &str) -> Option<&str> {
    let at = memchr::memchr_iter(b':', arn.as_bytes()).nth(4)?;
    Some(&arn[at + 1..])
}

impl ResourceType {
    /// The formats, parsed.
    pub fn formats(&self) -> impl Iterator<Item = ArnFormat<'_>> {
        self.arn.iter().map(|format| ArnFormat::parse(format))
    }

    /// Whether `arn` has one of the type's formats; other types may fit it better.
    pub fn matches(&self, arn: &str) -> bool {
        self.likely_formats(arn).any(|format| format.matches(arn))
    }

    /// The formats whose resource part begins as that of `arn` does: most are ruled out by that, without being parsed.
    fn likely_formats(&self, arn: &str) -> impl Iterator<Item = ArnFormat<'_>> {
        let given = resource_part(arn).unwrap_or_default();
        let begins = move |format: &str| {
            let own = resource_part(format).unwrap_or_default();
            // A `$` that opens no variable is text: then the whole format is looked at.
            let head = own.find(['$', '*']).map_or(own, |end| &own[..end]);
            given.starts_with(head)
        };
        self.arn.iter().filter(move |format| begins(format)).map(|format| ArnFormat::parse(format))
    }

    /// Whether some ARN of the type is one that `pattern` of a policy covers.
    pub fn overlaps(&self, pattern: &str) -> bool {
        self.formats().any(|format| format.overlaps(pattern))
    }

    /// How specific the most specific format is that `arn` has.
    fn fit(&self, arn: &str) -> Option<usize> {
        self.likely_formats(arn).filter(|format| format.matches(arn)).map(|format| format.literal_len()).max()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn a_format_that_is_not_looked_at_would_not_have_matched() {
        let catalog = Catalog::embedded();
        let (mut pairs, mut ruled_out) = (0, 0);
        for service in catalog.services().filter_map(|prefix| catalog.service(prefix)) {
            let formats = service.resource_types.iter().flat_map(ResourceType::formats);
            let arns: Vec<String> = formats
                .flat_map(|format| [format.fill(|_| Some("a1".into())), format.fill(|_| None)])
                .collect();
            for kind in &service.resource_types {
                for arn in arns.iter().map(String::as_str).chain(["*", "", "arn:aws:s3:::", "a:b:c:d:e:${x}"])
                {
                    pairs += 1;
                    ruled_out += usize::from(kind.likely_formats(arn).next().is_none());
                    assert_eq!(kind.matches(arn), kind.formats().any(|format| format.matches(arn)), "{arn}");
                }
            }
        }
        assert!(ruled_out > pairs / 2, "{ruled_out} of {pairs}");
    }
}
