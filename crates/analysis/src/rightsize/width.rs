//! How far resources are generalised: exact → common prefix → type → `*`.
//!
//! A prefix replaces many ARNs only where a reviewer would write it by hand:
//! - one resource type, one partition, region and account, and in types of several names (bucket and key, log
//!   group and stream) one and the same container: only the last name is generalised;
//! - it ends behind `/`, `:` or `-`, and at least [`Thresholds::prefix_at_least`] ARNs, or prefixes already found
//!   below it, lie under it;
//! - it holds no date, number or generated id: `logs/2026/10/` fits October only, so it becomes `logs/`;
//! - generated ids (`instance/i-0abc…`, `key/1234-…`) have no meaningful prefix and stay as they are;
//! - IAM's own resources are never generalised this way: a role that begins like another is another role.
//!
//! [`Thresholds::prefix_at_least`]: super::Thresholds::prefix_at_least

use std::collections::BTreeMap;

use leastwise_catalog::{ArnFormat, Piece, Service};

use super::locate::{Kind, Located};
use super::options::Width;
use super::outcome::WideningReason;
use super::scope::{Scope, escape};

/// One pattern of the result and the places that it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Widened {
    pub(super) scope: Scope,
    pub(super) members: Vec<Located>,
    pub(super) reason: Option<WideningReason>,
}

/// Services whose resources are never generalised to a prefix.
const NEVER_BY_PREFIX: [&str; 4] = ["iam", "sts", "organizations", "sso"];

/// Generalises the places of one action that may stand together.
pub(super) fn widen(service: &Service, places: Vec<Located>, width: Width, at_least: usize) -> Vec<Widened> {
    let mut result = Vec::new();
    let mut by_kind: BTreeMap<Kind, Vec<Located>> = BTreeMap::new();
    for place in places {
        by_kind.entry(place.kind.clone()).or_default().push(place);
    }
    for (kind, members) in by_kind {
        match (width, &kind) {
            (_, Kind::NoResourceLevel) => {
                result.push(Widened { scope: Scope::any(), members, reason: None });
            }
            (Width::Any, _) => {
                result.push(Widened { scope: Scope::any(), members, reason: Some(WideningReason::Any) });
            }
            (Width::Type, Kind::Type(name)) => by_type(service, name, members, &mut result),
            (Width::Prefix, Kind::Type(name)) if !NEVER_BY_PREFIX.contains(&&*service.prefix) => {
                by_prefix(service, name, members, at_least, &mut result);
            }
            _ => result.extend(members.into_iter().map(alone)),
        }
    }
    result
}

/// A place as it is.
pub(super) fn alone(place: Located) -> Widened {
    Widened { scope: place.scope.clone(), reason: place.reason, members: vec![place] }
}

fn by_type(service: &Service, kind: &str, members: Vec<Located>, result: &mut Vec<Widened>) {
    let mut patterns: BTreeMap<String, Vec<Located>> = BTreeMap::new();
    for member in members {
        match bound(service, kind, &member.seen) {
            Some(bound) => patterns.entry(bound.type_pattern()).or_default().push(member),
            None => result.push(alone(member)),
        }
    }
    for (text, members) in patterns {
        let reason = Some(WideningReason::Type);
        result.push(named(text, members, reason));
    }
}

/// A pattern with its members; when it is the very text of its one member, it is that member.
fn named(text: String, members: Vec<Located>, reason: Option<WideningReason>) -> Widened {
    let same = members.len() == 1 && members[0].scope == Scope::Resource(text.clone());
    let reason = if same { members[0].reason } else { reason };
    Widened { scope: Scope::Resource(text), members, reason }
}

fn by_prefix(
    service: &Service,
    kind: &str,
    members: Vec<Located>,
    at_least: usize,
    result: &mut Vec<Widened>,
) {
    // Container (everything before and behind the last name) → the last names with their places.
    let mut containers: BTreeMap<Container, Vec<(String, Located)>> = BTreeMap::new();
    for member in members {
        let bound = if member.reason.is_none() { bound(service, kind, &member.seen) } else { None };
        match bound.and_then(Bound::container) {
            Some((container, name)) => containers.entry(container).or_default().push((name, member)),
            None => result.push(alone(member)),
        }
    }
    for (container, mut names) in containers {
        names.sort();
        let mut found = Vec::new();
        collapse(&names, 0, &container, at_least, &mut found);
        for found in found {
            match found {
                Found::One(place) => result.push(alone(place)),
                Found::Prefix(prefix, members) => {
                    let text = format!("{}{}*{}", container.head, escape(&prefix), container.tail);
                    result.push(named(text, members, Some(WideningReason::Prefix)));
                }
            }
        }
    }
}

/// What stays as it is when the last name of an ARN is generalised.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Container {
    head: String,
    tail: String,
    /// Whether all names in the container may be meant: it is a bucket or a group, not a whole account.
    whole: bool,
    /// Whether the names are generated ids.
    generated: bool,
}

enum Found {
    One(Located),
    Prefix(String, Vec<Located>),
}

/// Names (sorted) that agree up to `at`: what they become.
fn collapse(
    names: &[(String, Located)],
    at: usize,
    container: &Container,
    at_least: usize,
    found: &mut Vec<Found>,
) {
    let start = found.len();
    let mut rest = names;
    while let Some(((name, place), _)) = rest.split_first() {
        let Some(end) = boundary(name, at) else {
            found.push(Found::One(place.clone()));
            rest = &rest[1..];
            continue;
        };
        let prefix = &name[..end];
        let same = rest.iter().take_while(|(other, _)| other.starts_with(prefix)).count();
        if same == 1 {
            found.push(Found::One(place.clone()));
        } else {
            collapse(&rest[..same], end, container, at_least, found);
        }
        rest = &rest[same..];
    }
    let Some((first, _)) = names.first() else { return };
    if found.len() - start >= at_least.max(2) && acceptable(&first[..at], container) {
        found.truncate(start);
        found.push(Found::Prefix(
            first[..at].to_owned(),
            names.iter().map(|(_, place)| place.clone()).collect(),
        ));
    }
}

/// The end of the next `/`-, `:`- or `-`-bounded part behind `at`; nothing when no text follows it.
fn boundary(name: &str, at: usize) -> Option<usize> {
    let end = at + name[at..].find(['/', ':', '-'])? + 1;
    (end < name.len()).then_some(end)
}

fn acceptable(prefix: &str, container: &Container) -> bool {
    if prefix.is_empty() {
        return container.whole;
    }
    let letters = prefix.chars().filter(char::is_ascii_alphanumeric).count();
    (container.whole || letters >= 3)
        && !container.generated
        && !prefix.split(['/', ':', '-']).any(is_passing)
}

/// A part that holds for a day or for one thing only: a number, a date, `dt=2026…`, a long hexadecimal id.
fn is_passing(part: &str) -> bool {
    let part = part.rsplit('=').next().unwrap_or(part);
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let mostly_digits =
        digits > 0 && part.bytes().all(|byte| byte.is_ascii_digit() || b"._TZ".contains(&byte));
    let id = part.len() >= 8 && digits > 0 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    mostly_digits || id
}

/// An ARN taken apart by the format of its type.
struct Bound<'a> {
    format: ArnFormat<'a>,
    values: Vec<String>,
}

fn bound<'a>(service: &'a Service, kind: &str, arn: &str) -> Option<Bound<'a>> {
    let kind = service.resource_type(kind)?;
    let mut formats: Vec<ArnFormat<'a>> = kind.formats().collect();
    formats.sort_by_key(|format| std::cmp::Reverse(format.literal_len()));
    formats.into_iter().find_map(|format| {
        let values = format.bind(arn)?.into_iter().map(|(_, value)| value.to_owned()).collect();
        Some(Bound { format, values })
    })
}

impl Bound<'_> {
    /// The type's format with what is not partition, region or account left open.
    fn type_pattern(&self) -> String {
        let mut index = 0;
        self.format.fill(|name| {
            index += 1;
            let value = self.values.get(index - 1)?;
            is_header(name).then(|| value.clone())
        })
    }

    /// The ARN split around its last name; nothing when it has none.
    fn container(self) -> Option<(Container, String)> {
        let names = self.format.variables().filter(|name| !is_header(name)).count();
        let last = self.format.variables().enumerate().filter(|(_, name)| !is_header(name)).last()?;
        let (last, last_name) = (last.0, last.1.to_owned());
        let (mut head, mut tail, mut index) = (String::new(), String::new(), 0);
        for piece in self.format.pieces() {
            let text = match piece {
                Piece::Literal(text) => (*text).to_owned(),
                Piece::Variable(_) => {
                    index += 1;
                    if index - 1 == last {
                        continue;
                    }
                    escape(self.values.get(index - 1)?)
                }
            };
            if index > last { tail.push_str(&text) } else { head.push_str(&text) }
        }
        let name = self.values.get(last)?.clone();
        Some((Container { head, tail, whole: names > 1, generated: last_name.ends_with("Id") }, name))
    }
}

fn is_header(variable: &str) -> bool {
    matches!(variable, "Partition" | "Region" | "Account")
}
