//! What was found, as findings at the statements that allow it.

use leastwise_policy::aws::compare::{Kind, Reason, Witness};

pub(super) use super::super::NEW_ACCESS as NEW;
use super::super::NEW_ACCESS;
use super::comparable::{Comparable, PRINCIPAL, RESOURCE};
use super::worst::New;
use crate::check::{Document, Estate, Finding};
use crate::source::{Node, Place, Value, shown};

/// So many principals are named; the others are counted.
const NAMED: usize = 3;

pub(super) const FIX: &str = "allow less, or have somebody look at it who may approve it";

/// The statements of a document as they were written.
pub(super) fn statements(document: &Document) -> &[Node] {
    match document.root.get("Statement") {
        Some(node) if !matches!(node.value, Value::Unknown(_)) => node.one_or_many(),
        _ => &[],
    }
}

/// A document that allows more.
pub(super) fn document(document: &Document, is_new: bool, statement: Option<usize>, new: &New) -> Finding {
    let witness = &new.witness;
    let kind = super::kind(document.kind);
    let who = matches!(kind, Kind::Resource | Kind::Trust | Kind::ResourceControl)
        .then(|| witness.principal.strip_prefix(PRINCIPAL).unwrap_or(&witness.principal));
    let what = match (kind, who) {
        // The role is the one that the document belongs to.
        (Kind::Trust, Some(who)) => format!("`{}` to `{who}`", witness.action),
        (_, Some(who)) => format!("{} to `{who}`", asked(witness)),
        (_, None) => asked(witness),
    };
    let message = match is_new {
        true => format!("is new, and allows {what}{}", more(new)),
        false => format!("allows {what}{}, which it did not before", more(new)),
    };
    let mut finding = at(document, statement, message);
    finding.evidence.push(request(witness, who));
    finding.evidence.extend(denied_before(witness));
    finding
}

/// A statement that cannot be understood.
pub(super) fn not_understood(document: &Document, number: usize) -> Finding {
    let message =
        "a statement cannot be understood, so it is not known whether it allows what was not allowed before";
    at(document, Some(number), message.to_owned())
}

/// A document of which it is not known.
pub(super) fn undecided(document: &Document, reason: Reason) -> Finding {
    at(document, None, unknown(reason))
}

/// A document that denies less.
pub(super) fn no_more_denied(document: &Document, witness: &Witness) -> Finding {
    let message = format!("denied {} before, and does not any more", asked(witness));
    let mut finding = at(document, None, message);
    finding.evidence.push(request(witness, None));
    finding
}

/// A document that is gone.
pub(super) fn gone(document: &Document, witness: &Witness) -> Finding {
    let mut finding = at(document, None, format!("is gone, and denied {}", asked(witness)));
    finding.evidence.push(request(witness, None));
    finding
}

/// A statement that allows principals more.
pub(super) fn principals(new: &Estate, name: &str, statement: usize, who: &[(String, New)]) -> Finding {
    let (first, new_access) = &who[0];
    let witness = &new_access.witness;
    let whom = match who.len() {
        1 => format!("`{first}`"),
        many => format!("`{first}` and {} more", many - 1),
    };
    let message =
        format!("lets {whom} do {}{}, which was not allowed before", asked(witness), more(new_access));
    let mut finding = match new.document(name) {
        Some(document) => at(document, Comparable::of(document).numbers.get(statement).copied(), message),
        None => at_home(new, first, message),
    };
    if who.len() == 1 {
        finding.subject = first.clone();
    }
    for (arn, what) in who.iter().take(NAMED) {
        finding.evidence.push(request(&what.witness, Some(arn)));
    }
    finding.evidence.extend(denied_before(witness));
    finding
}

/// A principal that is denied less.
pub(super) fn principal_no_more_denied(new: &Estate, arn: &str, witness: &Witness) -> Finding {
    let what = asked(witness);
    let message =
        format!("its policies denied {what} before, and do not any more: a resource policy may allow it");
    let mut finding = at_home(new, arn, message);
    finding.evidence.push(request(witness, Some(arn)));
    finding
}

/// A principal of which it is not known.
pub(super) fn principal_undecided(new: &Estate, arn: &str, reason: Reason) -> Finding {
    at_home(new, arn, unknown(reason))
}

/// A principal that holds something that is not known.
pub(super) fn principal_not_known(new: &Estate, arn: &str, reason: &str) -> Finding {
    let message =
        "not all that it is granted is known, so it is not decided whether more is allowed than before";
    at_home(new, arn, format!("{message}: {reason}"))
}

fn unknown(reason: Reason) -> String {
    format!("it is not decided whether more is allowed than before: {}", reason.as_str())
}

/// Besides the request that is shown.
fn more(new: &New) -> String {
    match new.more {
        0 => String::new(),
        1 => " and 1 more action".to_owned(),
        more => format!(" and {more} more actions"),
    }
}

fn asked(witness: &Witness) -> String {
    let unknown = witness.context.iter().find(|(key, _)| key.eq_ignore_ascii_case(RESOURCE));
    let resource = unknown.and_then(|(_, values)| values.first()).unwrap_or(&witness.resource);
    format!("`{}` on `{resource}`", witness.action)
}

fn request(witness: &Witness, who: Option<&str>) -> String {
    let who = who.map(|who| format!(" by `{}`", who.strip_prefix(PRINCIPAL).unwrap_or(who)));
    let keys = witness.context.iter().filter(|(key, _)| !key.eq_ignore_ascii_case(RESOURCE));
    let keys: Vec<String> =
        keys.map(|(key, values)| format!("`{key}` = `{}`", values.join("`, `"))).collect();
    let with = if keys.is_empty() { String::new() } else { format!(" with {}", keys.join("; ")) };
    shown(&format!("{}{}{with}", asked(witness), who.unwrap_or_default()))
}

fn denied_before(witness: &Witness) -> Option<String> {
    let place = witness.denied_by.as_ref()?;
    Some(match &place.sid {
        Some(sid) => format!("it was denied before by the statement `{sid}`"),
        None => format!("it was denied before by statement {}", place.index + 1),
    })
}

fn at(document: &Document, number: Option<usize>, message: String) -> Finding {
    let node = number.and_then(|number| statements(document).get(number)).unwrap_or(&document.root);
    let within = document.root.pointer_of(node).unwrap_or_default();
    finding(&document.file, node.at, format!("{}{within}", document.pointer), &document.name, message)
}

fn at_home(estate: &Estate, arn: &str, message: String) -> Finding {
    match estate.homes.get(arn) {
        Some(home) => finding(&home.file, home.at, home.pointer.clone(), arn, message),
        None => finding("", Place::START, String::new(), arn, message),
    }
}

fn finding(file: &str, at: Place, pointer: String, subject: &str, message: String) -> Finding {
    Finding {
        file: file.into(),
        at,
        code: NEW_ACCESS.code,
        pointer,
        subject: subject.to_owned(),
        message: shown(&message),
        severity: NEW_ACCESS.severity,
        class: NEW_ACCESS.class,
        evidence: Vec::new(),
        fix: Some(FIX.to_owned()),
    }
}
