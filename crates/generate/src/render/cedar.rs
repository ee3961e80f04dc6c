//! Writes Cedar policies: <https://docs.cedarpolicy.com/policies/syntax-policy.html>.
//!
//! Everything that comes from an intent stands in a string literal: in an annotation, an entity's id, a comparison or
//! a pattern. None of it can end the literal.

use std::fmt::Write as _;

use super::terraform::hcl::invisible;
use super::{File, Names};
use crate::lower::cedar::{Bound, CedarPolicy, Clause, Compiled, Holder, Path, Route, SCHEMA};

/// The name of the schema's file.
pub const CEDAR_SCHEMA: &str = "leastwise.cedarschema";

/// The files of all roles: the policies of each, and the schema that all of them are written for.
pub fn render_cedar(names: &mut Names, roles: &[Compiled]) -> Vec<File> {
    let mut files: Vec<File> = roles
        .iter()
        .map(|role| {
            let name = format!("{}.cedar", names.stem(&role.role, "role"));
            File { name, text: cedar_text(role), notes: Vec::new() }
        })
        .collect();
    files.push(File { name: CEDAR_SCHEMA.to_owned(), text: SCHEMA.to_owned(), notes: Vec::new() });
    files
}

/// The policies of a role.
pub fn cedar_text(role: &Compiled) -> String {
    let policies: Vec<String> = role.policies.iter().map(|policy| written(role, policy)).collect();
    policies.join("\n")
}

fn written(role: &Compiled, policy: &CedarPolicy) -> String {
    let mut text = String::new();
    let owner = role.owner.iter().map(|owner| ("owner", owner));
    for (name, value) in [("id", &policy.id), ("because", &policy.because)].into_iter().chain(owner) {
        let _ = writeln!(text, "@{name}({})", literal(value));
    }
    let effect = if policy.forbids { "forbid" } else { "permit" };
    let _ = write!(
        text,
        "{effect} (\n  principal in Leastwise::Role::{},\n  {},\n  {}\n)",
        literal(&role.role),
        actions(&policy.actions),
        resource(&policy.on)
    );
    let matching = match &policy.on {
        Bound::Route(route) => Some(matching(route)),
        Bound::Tool { .. } | Bound::Server(_) => None,
    };
    let clauses = policy.clauses.iter().map(clause);
    if policy.forbids {
        // Lifted only when everything is known, and known to be something else.
        let known =
            ["scheme", "host", "port", "path"].map(|name| format!("resource has {name}")).join(" && ");
        let other = matching.map(|matching| format!("{known} &&\n  !({})", matching.join(" && ")));
        for condition in other.into_iter().chain(clauses) {
            let _ = write!(text, "\nunless {{\n  {condition}\n}}");
        }
    } else {
        for condition in matching.map(|matching| matching.join(" &&\n  ")).into_iter().chain(clauses) {
            let _ = write!(text, "\nwhen {{\n  {condition}\n}}");
        }
    }
    text.push_str(";\n");
    text
}

fn actions(actions: &[&str]) -> String {
    let names: Vec<String> =
        actions.iter().map(|name| format!("Leastwise::Action::{}", literal(name))).collect();
    match names.as_slice() {
        [one] => format!("action == {one}"),
        several => format!("action in [{}]", several.join(", ")),
    }
}

fn resource(bound: &Bound) -> String {
    match bound {
        Bound::Tool { server, tool } => {
            format!("resource == Leastwise::Tool::{}", literal(&format!("{server}/{tool}")))
        }
        Bound::Server(server) => format!("resource in Leastwise::Server::{}", literal(server)),
        Bound::Route(_) => "resource".to_owned(),
    }
}

/// What a route must be like, each condition by itself.
fn matching(route: &Route) -> Vec<String> {
    let host = match route.host.starts_with("*.") {
        true => format!("resource.host like {}", pattern(&route.host)),
        false => format!("resource.host == {}", literal(&route.host)),
    };
    let mut conditions = vec![
        format!("resource.scheme == {}", literal(route.scheme)),
        host,
        format!("resource.port == {}", route.port),
    ];
    match &route.path {
        Path::Exact(path) => conditions.push(format!("resource.path == {}", literal(path))),
        Path::Pattern(path) => conditions.push(format!("resource.path like {}", pattern(path))),
        Path::Segments(segments) => conditions.extend(by_segments(segments)),
    }
    conditions
}

/// A pattern's `*` is any text. With as many slashes as the pattern has itself, it is any text without one; and it is
/// not empty when the path is not like the pattern with nothing in its place.
fn by_segments(segments: &[Option<String>]) -> Vec<String> {
    let path = |empty: Option<usize>| -> String {
        let parts = segments.iter().enumerate().map(|(index, segment)| match segment {
            Some(text) => format!("/{text}"),
            None if empty == Some(index) => "/".to_owned(),
            None => "/*".to_owned(),
        });
        parts.collect()
    };
    let mut conditions = vec![
        format!("resource.path like {}", pattern(&path(None))),
        format!("!(resource.path like {})", pattern(&format!("{}*", "*/".repeat(segments.len() + 1)))),
    ];
    let open = segments.iter().enumerate().filter(|(_, segment)| segment.is_none());
    conditions
        .extend(open.map(|(index, _)| format!("!(resource.path like {})", pattern(&path(Some(index))))));
    conditions
}

fn clause(clause: &Clause) -> String {
    match clause {
        Clause::Approved => "context has approved && context.approved".to_owned(),
        Clause::Mfa(true) => "context has mfa && context.mfa".to_owned(),
        Clause::Mfa(false) => "context has mfa && !context.mfa".to_owned(),
        Clause::After(time) => {
            format!("context has now && context.now > datetime({})", literal(&time.to_string()))
        }
        Clause::Before(time) => {
            format!("context has now && context.now < datetime({})", literal(&time.to_string()))
        }
        Clause::Session(seconds) => format!(
            "context has now && context has session_start &&\n  \
             context.now.durationSince(context.session_start) < duration({})",
            literal(&format!("{seconds}s"))
        ),
        Clause::Network(networks) => {
            let within = |network: &String| format!("context.source_ip.isInRange(ip({}))", literal(network));
            format!("context has source_ip &&\n  ({})", either(networks.iter().map(within)))
        }
        Clause::Holder(holders) => either(holders.iter().map(holder)),
    }
}

fn either(conditions: impl Iterator<Item = String>) -> String {
    conditions.collect::<Vec<_>>().join(" ||\n  ")
}

fn holder(holder: &Holder) -> String {
    let is =
        |name: &str, value: &str| format!("principal has {name} && principal.{name} == {}", literal(value));
    match holder {
        Holder::Spiffe(id) => format!("({})", is("spiffe_id", id)),
        Holder::Token { issuer, audience, subject } => {
            let mut conditions = vec![is("issuer", issuer)];
            conditions.extend(audience.as_ref().map(|audience| is("audience", audience)));
            conditions.push(match subject.contains('*') {
                true => format!("principal has subject && principal.subject like {}", pattern(subject)),
                false => is("subject", subject),
            });
            format!("({})", conditions.join(" && "))
        }
    }
}

/// A string literal.
fn literal(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            _ if invisible(c) => {
                let _ = write!(quoted, "\\u{{{:x}}}", c as u32);
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A pattern, in which `*` is any text; nothing in an intent is a `*` itself.
fn pattern(text: &str) -> String {
    literal(text)
}
