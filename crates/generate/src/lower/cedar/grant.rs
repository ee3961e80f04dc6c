//! Permissions → actions of the gateway on tools and routes.

use super::super::Note;
use super::super::elsewhere::Binder;
use super::bind::{self, Bound, METHODS, Path, Route};
use crate::intent::{Fault, Intent, Permission, Place, nearest};

/// Why something may or must not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What the line is: allowed, forbidden, allowed after approval.
    pub kind: Kind,
    /// The word of the intent.
    pub verb: String,
    /// The name of the resource in the intent.
    pub name: String,
    /// Where the permission was said.
    pub place: Place,
    /// What the name is bound to.
    pub bound: Bound,
    /// The actions.
    pub actions: Vec<&'static str>,
}

/// What a line of an intent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Allowed.
    Allowed,
    /// Forbidden, whatever else allows it.
    Never,
    /// Allowed after a human said yes, forbidden before.
    Approval,
}

/// The levels of an intent as HTTP methods, after the corpus of intents: what is neither GET nor HEAD writes, also a
/// search by POST. <https://www.rfc-editor.org/rfc/rfc9110#section-9>
const LEVELS: [(&str, &[&str]); 7] = [
    ("list", &["GET"]),
    ("describe", &["HEAD", "OPTIONS"]),
    ("read", &["GET", "HEAD"]),
    ("write", &["POST", "PUT", "PATCH", "DELETE"]),
    ("update", &["PUT", "PATCH"]),
    ("delete", &["DELETE"]),
    ("admin", &METHODS),
];

pub(super) fn binder<'a>(intent: &'a Intent, environment: Option<&'a str>) -> Binder<'a> {
    Binder { intent, platform: "cedar", keys: &["mcp", "http"], example: "orders/refund", environment }
}

/// What the permissions of one kind come to; what is wrong is noted.
pub(super) fn all(
    binder: &Binder<'_>,
    permissions: &[Permission],
    kind: Kind,
    faults: &mut Vec<Fault>,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for permission in permissions {
        match one(binder, permission, kind) {
            Ok(found) => reasons.extend(found),
            Err(fault) => faults.push(fault),
        }
    }
    reasons
}

fn one(binder: &Binder<'_>, permission: &Permission, kind: Kind) -> Result<Vec<Reason>, Fault> {
    let mut reasons = Vec::new();
    for text in binder.resolve(&permission.resource)? {
        let (key, value) = &text.value;
        let bound = bind::parse(key, value, &text.place)?;
        let actions = match &bound {
            Bound::Route(route) => methods(permission, route)?,
            Bound::Tool { .. } | Bound::Server(_) => call(permission)?,
        };
        reasons.push(Reason {
            kind,
            verb: permission.verb.value.clone(),
            name: permission.resource.value.clone(),
            place: permission.verb.place.clone(),
            bound,
            actions,
        });
    }
    Ok(reasons)
}

fn call(permission: &Permission) -> Result<Vec<&'static str>, Fault> {
    let verb = &permission.verb;
    match verb.value.as_str() {
        "call" => Ok(vec!["call_tool"]),
        other => Err(Fault::new(&verb.place, format!("`{other}` means nothing for a tool"))
            .help("a tool is called, whatever it does then: say `call`")),
    }
}

/// The methods of a level or verb, of those that the route was bound with.
fn methods(permission: &Permission, route: &Route) -> Result<Vec<&'static str>, Fault> {
    let said = permission.verb.value.as_str();
    let place = &permission.verb.place;
    if said == "call" {
        return match route.methods.is_empty() {
            false => Ok(route.methods.clone()),
            true => Err(Fault::new(place, format!("it is not said by which methods `{route}` is called"))
                .help(format!("bind it as `GET {route}`, or say a level such as `read`"))),
        };
    }
    let level = LEVELS.into_iter().find(|(level, _)| *level == said).map(|(_, methods)| methods.to_vec());
    let method = || METHODS.into_iter().find(|method| method.eq_ignore_ascii_case(said)).map(|it| vec![it]);
    let Some(methods) = level.or_else(method) else {
        let fault = Fault::new(place, format!("`{said}` means nothing for a route"));
        let known = LEVELS.iter().map(|(level, _)| *level).chain(["call"]);
        return Err(match nearest(said, known) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => {
                fault.help("say a level, a method such as `post`, or `call` for the methods of the binding")
            }
        });
    };
    let bound = |method: &&str| route.methods.is_empty() || route.methods.contains(method);
    let left: Vec<&'static str> = methods.into_iter().filter(bound).collect();
    match left.is_empty() {
        false => Ok(left),
        true => Err(Fault::new(
            place,
            format!(
                "`{said}` means none of the methods that `{route}` is bound with: {}",
                route.methods.join(", ")
            ),
        )
        .help("bind it with more, or without any")),
    }
}

/// What must be known of what is allowed.
pub(super) fn warnings(reasons: &[Reason]) -> Vec<Note> {
    let mut notes = Vec::new();
    for reason in reasons.iter().filter(|reason| reason.kind != Kind::Never) {
        let mut note = |text: String| notes.push(Note { place: reason.place.clone(), text });
        match &reason.bound {
            Bound::Server(server) => {
                note(format!("every tool of `{server}` can be called, those that it will have later too"));
            }
            Bound::Route(route) => {
                if route.scheme == "http" {
                    note(format!("`{route}` is not encrypted: anybody on the way can read and change it"));
                }
                if reason.verb == "admin" {
                    note(format!("admin: every method on `{route}`"));
                }
                if route.path == Path::Pattern("/*".to_owned()) {
                    note(format!("every path of `{}`", route.host));
                }
            }
            Bound::Tool { .. } => {}
        }
    }
    notes
}
