//! Names of resources as patterns: `projects/{project}/topics/{topic}`, `gs://{bucket}/{object+}`.
//!
//! A variable is one segment, with `+` the rest of the name. Literals are compared without regard to case, as Azure
//! does; Google Cloud has none that differ only in it.

use std::collections::BTreeMap;

/// The values of a pattern's variables.
pub type Variables = BTreeMap<String, String>;

/// The pattern of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    One(String),
    Rest(String),
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Pattern {
        let segment = |text: &str| match text.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            None => Segment::Literal(text.to_owned()),
            Some(name) => match name.strip_suffix('+') {
                Some(name) => Segment::Rest(name.to_owned()),
                None => Segment::One(name.to_owned()),
            },
        };
        Pattern { segments: text.split('/').map(segment).collect() }
    }

    /// The values of the variables when the pattern is that of `name`.
    pub fn matches(&self, name: &str) -> Option<Variables> {
        let words: Vec<&str> = name.split('/').collect();
        let mut values = Variables::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let word = words.get(at).copied()?;
            match segment {
                Segment::Literal(literal) if literal.eq_ignore_ascii_case(word) => {}
                Segment::Literal(_) => return None,
                Segment::One(_) if word.is_empty() => return None,
                Segment::One(variable) => {
                    values.insert(variable.clone(), word.to_owned());
                }
                Segment::Rest(variable) => {
                    let rest = words[at..].join("/");
                    values.insert(variable.clone(), rest.clone());
                    return (!rest.is_empty()).then_some(values);
                }
            }
        }
        (words.len() == self.segments.len()).then_some(values)
    }

    /// The same when `name` is that of all together: `projects/shop/topics`.
    pub fn matches_all(&self, name: &str) -> Option<Variables> {
        let (last, head) = self.segments.split_last()?;
        let ends = matches!(last, Segment::One(_)) && matches!(head.last(), Some(Segment::Literal(_)));
        let head = Pattern { segments: head.to_vec() };
        if ends { head.matches(name) } else { None }
    }

    /// The name with these values; none when one is missing.
    pub fn fill(&self, values: &Variables) -> Option<String> {
        let word = |segment: &Segment| match segment {
            Segment::Literal(literal) => Some(literal.clone()),
            Segment::One(variable) | Segment::Rest(variable) => values.get(variable).cloned(),
        };
        let words: Option<Vec<String>> = self.segments.iter().map(word).collect();
        words.map(|words| words.join("/"))
    }

    /// The name of all together.
    pub(super) fn fill_all(&self, values: &Variables) -> Option<String> {
        let (_, head) = self.segments.split_last()?;
        Pattern { segments: head.to_vec() }.fill(values)
    }

    /// The variable at the end, of which a beginning may be named.
    pub fn last(&self) -> Option<&str> {
        match self.segments.last()? {
            Segment::Literal(_) => None,
            Segment::One(variable) | Segment::Rest(variable) => Some(variable),
        }
    }

    /// How many segments of `inner` the pattern is the beginning of; `_` stands for any variable.
    pub(super) fn begins(&self, inner: &Pattern) -> Option<usize> {
        let same = |(a, b): (&Segment, &Segment)| match (a, b) {
            (Segment::Literal(a), Segment::Literal(b)) => a == b,
            (Segment::One(_), Segment::Literal(b)) => b == "_",
            (a, b) => a == b,
        };
        let len = self.segments.len();
        let begins = len < inner.segments.len() && self.segments.iter().zip(&inner.segments).all(same);
        begins.then_some(len)
    }

    /// The pattern as it is written.
    pub fn text(&self) -> String {
        let word = |segment: &Segment| match segment {
            Segment::Literal(literal) => literal.clone(),
            Segment::One(variable) => format!("{{{variable}}}"),
            Segment::Rest(variable) => format!("{{{variable}+}}"),
        };
        self.segments.iter().map(word).collect::<Vec<_>>().join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_the_values_of_its_pattern_and_back() {
        let pattern = Pattern::parse("projects/_/buckets/{bucket}/objects/{object+}");
        let values = pattern.matches("projects/_/buckets/b/objects/a/b.txt").unwrap();
        assert_eq!(values["object"], "a/b.txt");
        assert_eq!(pattern.fill(&values).unwrap(), "projects/_/buckets/b/objects/a/b.txt");
        assert_eq!(pattern.matches("projects/_/buckets/b"), None);
        assert_eq!(pattern.matches("projects/_/buckets//objects/a"), None);
    }

    #[test]
    fn all_of_a_kind_have_a_name_too() {
        let pattern = Pattern::parse("projects/{project}/topics/{topic}");
        assert_eq!(pattern.matches_all("projects/shop/topics").unwrap()["project"], "shop");
        assert_eq!(pattern.matches_all("projects/shop"), None);
    }
}
