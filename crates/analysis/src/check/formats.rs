//! The ARN formats of all services, ready to be held against the patterns of policies.
//!
//! The service in an ARN is not always the prefix of its actions (`execute-api`, `aws-marketplace`), so formats are
//! found by what stands in them.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use foldhash::fast::RandomState;
use leastwise_catalog::{Action, Catalog, ConditionKey};
use leastwise_policy::glob::{Glob, Token};

/// One format, its resource part as a pattern.
#[derive(Debug)]
pub(super) struct Format<'a> {
    /// The region as it is written: empty, a variable, or one.
    pub(super) region: &'a str,
    /// The account likewise.
    pub(super) account: &'a str,
    service: &'a str,
    resource: Glob,
    /// What every resource part of it begins with.
    head: &'a str,
}

/// All formats.
#[derive(Debug)]
pub(super) struct Formats<'a> {
    all: Vec<Format<'a>>,
    by_service: HashMap<&'a str, Vec<usize>, RandomState>,
    /// By prefix and resource type.
    by_type: HashMap<(&'a str, &'a str), Vec<usize>, RandomState>,
    /// The same by the address of the type's name, which the actions of a service share.
    by_name: HashMap<usize, Vec<usize>, RandomState>,
    /// Keys of services that have another prefix: `catalog:ChangeType` is one of AWS Marketplace.
    foreign: HashMap<String, &'a ConditionKey>,
    /// By service and resource part: the formats that it meets.
    met: RwLock<HashMap<Box<str>, Met, RandomState>>,
}

type Met = HashMap<Box<str>, Box<[usize]>, RandomState>;

/// The parts of an ARN pattern behind `arn:`. Policy variables stand for any text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'t> {
    pub(super) partition: &'t str,
    pub(super) service: &'t str,
    pub(super) region: &'t str,
    pub(super) account: &'t str,
    pub(super) resource: &'t str,
}

/// The resource part of an ARN pattern, read once.
#[derive(Debug)]
pub(super) struct Pattern<'t> {
    resource: &'t str,
    /// Where its first wildcard stands.
    open: usize,
    glob: Glob,
}

impl<'t> Pattern<'t> {
    pub(super) fn new(resource: &'t str) -> Pattern<'t> {
        let open = resource.bytes().position(|byte| matches!(byte, b'*' | b'?')).unwrap_or(resource.len());
        Pattern { resource, open, glob: Glob::new(resource) }
    }
}

impl<'t> Parts<'t> {
    /// Of a text that has all six parts.
    pub(super) fn of(text: &'t str) -> Option<Parts<'t>> {
        let mut colons = text.bytes().zip(0..).filter(|(byte, _)| *byte == b':').map(|(_, at)| at);
        let mut next = || colons.next();
        let [first, second, third, fourth, fifth]: [usize; 5] = [next()?, next()?, next()?, next()?, next()?];
        Some(Parts {
            partition: &text[first + 1..second],
            service: &text[second + 1..third],
            region: &text[third + 1..fourth],
            account: &text[fourth + 1..fifth],
            resource: &text[fifth + 1..],
        })
    }
}

impl<'a> Formats<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Formats<'a> {
        let mut formats = Formats {
            all: Vec::new(),
            by_service: HashMap::default(),
            by_type: HashMap::default(),
            by_name: HashMap::default(),
            foreign: HashMap::new(),
            met: RwLock::default(),
        };
        for service in catalog.services().filter_map(|prefix| catalog.service(prefix)) {
            for key in &service.condition_keys {
                let prefix = key.name.split(':').next().unwrap_or_default();
                if prefix != &*service.prefix && prefix != "aws" {
                    formats.foreign.insert(key.name.to_ascii_lowercase(), key);
                }
            }
            for kind in &service.resource_types {
                for format in kind.arn.iter().filter_map(|format| Format::new(format)) {
                    let index = formats.all.len();
                    formats.by_service.entry(format.service).or_default().push(index);
                    formats.by_type.entry((&service.prefix, &kind.name)).or_default().push(index);
                    formats.by_name.entry(kind.name.as_ptr().addr()).or_default().push(index);
                    formats.all.push(format);
                }
            }
        }
        formats
    }

    /// Whether ARNs have this service.
    pub(super) fn has_service(&self, service: &str) -> bool {
        self.by_service.contains_key(service)
    }

    /// The services that ARNs have.
    pub(super) fn services(&self) -> impl Iterator<Item = &'a str> {
        self.by_service.keys().copied()
    }

    /// A key, in lower case, of a service that has another prefix.
    pub(super) fn foreign_key(&self, lower: &str) -> Option<&'a ConditionKey> {
        self.foreign.get(lower).copied()
    }

    /// The formats of this service whose resource part the pattern can meet; what was looked up once is kept.
    pub(super) fn meeting(&self, service: &str, resource: &str) -> Vec<&Format<'a>> {
        /// No more patterns of a service are kept, so that a hostile text cannot fill the memory.
        const MOST: usize = 10_000;
        let Some(all) = self.by_service.get(service) else { return Vec::new() };
        let known = self.met.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(met) = known.get(service).and_then(|known| known.get(resource)) {
            return met.iter().map(|index| &self.all[*index]).collect();
        }
        drop(known);
        let pattern = Pattern::new(resource);
        let met: Box<[usize]> =
            all.iter().copied().filter(|index| self.all[*index].meets(&pattern)).collect();
        let formats = met.iter().map(|index| &self.all[*index]).collect();
        let mut kept = self.met.write().unwrap_or_else(PoisonError::into_inner);
        let of_service = kept.entry(service.into()).or_default();
        if of_service.len() < MOST {
            of_service.insert(resource.into(), met);
        }
        formats
    }

    /// The formats of a type of resource of the action's service.
    fn of_type<'s>(&'s self, action: Action<'s>, name: &'s str) -> impl Iterator<Item = &'s Format<'a>> {
        let by_type = || {
            let kind = action.service.resource_type(name)?;
            self.by_type.get(&(&*action.service.prefix, &*kind.name))
        };
        let found = self.by_name.get(&name.as_ptr().addr()).or_else(by_type);
        found.into_iter().flatten().map(|index| &self.all[*index])
    }

    /// Whether one of these patterns, each with the service that it names, covers all resources of a type that the action
    /// names.
    pub(super) fn all_covered(&self, action: Action<'_>, name: &str, patterns: &[(&str, Glob)]) -> bool {
        self.of_type(action, name).any(|format| {
            let here = patterns.iter().filter(|(service, _)| covers(service, format.service));
            here.into_iter().any(|(_, pattern)| pattern.subsumes(&format.resource))
        })
    }

    /// Whether the pattern of a statement, whose resource part is `pattern`, can cover a resource of a type that the action
    /// supports.
    pub(super) fn supported(&self, action: &Action<'_>, parts: &Parts<'_>, pattern: &Pattern<'_>) -> bool {
        let mut types = action.facts.resources.iter();
        types.any(|on| self.can_be(action, &on.resource_type, parts, pattern))
    }

    /// Whether the pattern of a statement, whose resource part is `pattern`, can cover a resource of this type.
    pub(super) fn can_be(
        &self,
        action: &Action<'_>,
        resource_type: &str,
        parts: &Parts<'_>,
        pattern: &Pattern<'_>,
    ) -> bool {
        self.of_type(*action, resource_type).any(|format| {
            (format.service.starts_with('$') || covers(parts.service, format.service))
                && meets_part(format.region, parts.region)
                && meets_part(format.account, parts.account)
                && format.meets(pattern)
        })
    }
}

fn covers(pattern: &str, name: &str) -> bool {
    pattern == name || pattern.contains(['*', '?']) && leastwise_policy::glob::matches(pattern, name)
}

/// Whether a part of a format (empty, a variable, or a text) and of a pattern can be the same. Forms are lenient here:
/// a region too many or too few has a check of its own.
fn meets_part(own: &str, pattern: &str) -> bool {
    own.is_empty() || own.starts_with('$') || pattern.is_empty() || covers(pattern, own) || own == "*"
}

impl<'a> Format<'a> {
    fn new(text: &'a str) -> Option<Format<'a>> {
        let parts = Parts::of(text)?;
        let tokens = tokens(parts.resource);
        let head = parts.resource.find(['$', '*']).unwrap_or(parts.resource.len());
        Some(Format {
            region: parts.region,
            account: parts.account,
            service: parts.service,
            resource: Glob::from_tokens(tokens),
            head: &parts.resource[..head],
        })
    }

    fn meets(&self, pattern: &Pattern<'_>) -> bool {
        let Pattern { resource, open, .. } = *pattern;
        let known = open.min(self.head.len());
        resource.as_bytes()[..known] == self.head.as_bytes()[..known]
            && (open == self.head.len() && open < resource.len() && resource.len() == open + 1
                || self.resource.overlaps(&pattern.glob))
    }
}

/// A resource part with its variables as wildcards.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        tokens.extend(rest[..at].chars().map(Token::of));
        tokens.push(Token::Any);
        rest = rest[at..].split_once('}').map_or("", |(_, rest)| rest);
    }
    tokens.extend(rest.chars().map(Token::of));
    tokens
}
