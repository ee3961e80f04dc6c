//! What is told of an intent for a cloud: what is wrong and what else there is, what must be known.

use leastwise_catalog::levels::LEVELS;
use leastwise_catalog::places::{Lost, Resource, WHOLE};

use super::super::Note;
use super::{Cloud, How, Wanted};
use crate::intent::{Fault, Permission, Said, Trust, nearest};

impl Cloud {
    pub(super) fn lost(&self, text: &Said<String>, lost: &Lost) -> Fault {
        match lost {
            Lost::Wildcard => Fault::new(&text.place, format!("`{}` has a wildcard in it", text.value))
                .help("a `*` can stand at the end only, for everything that begins so"),
            Lost::Ambiguous(names) => {
                Fault::new(&text.place, format!("`{}` may be of several services", text.value))
                    .help(format!("write one of: {}", names.join(", ")))
            }
            Lost::Unknown(known) => {
                let fault =
                    Fault::new(&text.place, format!("{} has nothing like `{}`", self.title, text.value));
                let near = nearest(&text.value, known.iter().map(String::as_str));
                fault.help(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known: {}", known.join(", ")),
                })
            }
        }
    }

    pub(super) fn meaningless(&self, permission: &Permission, resource: &Resource<'static>) -> Fault {
        let (verb, place) = (permission.verb.value.as_str(), &permission.verb.place);
        let what = format!("`{verb}` means nothing for {}", described(resource));
        if resource.all {
            return Fault::new(place, what)
                .help("all of a kind can only be listed: bind the name to one of them");
        }
        if let Some(refusal) = resource.service.refusal(&resource.kind.name, verb) {
            return Fault::new(place, what).help(refusal);
        }
        let words = resource.service.words(resource.kind);
        if LEVELS.contains(&verb) {
            return Fault::new(place, what).help(format!("known: {}", words.join(", ")));
        }
        let fault = Fault::new(place, format!("unknown level or verb `{verb}`: {what}"));
        match nearest(verb, words.iter().copied().chain(LEVELS)) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!("known: {}", words.join(", "))),
        }
    }

    /// What is to be known of the words that were said.
    pub(in crate::lower) fn notes(&self, allowed: &[Wanted<'static>]) -> Vec<Note> {
        let mut notes: Vec<Note> = Vec::new();
        for want in allowed {
            for text in want.resource.service.notes(&want.resource.kind.name, &want.verb) {
                notes.push(Note { place: want.place.clone(), text: format!("{}: {text}", want.verb) });
            }
            if want.how == How::Admin {
                let roles: Vec<String> = want.admin.iter().map(|role| format!("`{role}`")).collect();
                let text = format!(
                    "admin: {} allows whatever {} puts into it, now and later; read it before you grant it",
                    roles.join(" and "),
                    self.title
                );
                notes.push(Note { place: want.place.clone(), text });
            }
        }
        notes
    }

    /// A trust that this cloud cannot say: then nobody holds the role by it, which allows less, so it is told.
    pub(in crate::lower) fn untrusted(&self, trust: &Said<Trust>) -> Note {
        let who = match &trust.value {
            Trust::Service(name) => format!("the service `{name}`"),
            Trust::Account { principal, .. } => format!("`{principal}`"),
            Trust::Oidc { subjects, .. } => format!("`{}`", subjects.join("`, `")),
            Trust::ServiceAccount { namespace, name } => {
                format!("the service account `{name}` of `{namespace}`, of which no cluster is said,")
            }
            Trust::Spiffe { id, .. } => format!("`{id}`"),
        };
        let text = format!("{who} does not hold the role on {}, which cannot say that", self.title);
        Note { place: trust.place.clone(), text }
    }
}

/// `an object of storage`.
pub(in crate::lower) fn described(resource: &Resource<'_>) -> String {
    let (service, kind) = (&resource.service.name, &resource.kind.name);
    let article = if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    match kind.as_str() {
        WHOLE => format!("{service} as a whole"),
        kind if resource.all => format!("every {kind} of {service}"),
        kind => format!("{article} {kind} of {service}"),
    }
}

/// Texts that stand for a role: its words and names, as many as fit.
pub(in crate::lower) fn titled(role: &str, wants: &[(&str, &str)], longest: usize) -> String {
    let mut title = format!("{role}:");
    for (verb, name) in wants {
        let name =
            name.rsplit(['/', ':', ' ']).find(|part| !part.trim_matches('*').is_empty()).unwrap_or(name);
        let verb = verb.rsplit(['/', '.']).find(|part| *part != "action").unwrap_or(verb);
        let more = format!(" {verb} {name}");
        if title.contains(&more) || title.len() + more.len() + 1 > longest {
            continue;
        }
        if !title.ends_with(':') {
            title.push(',');
        }
        title.push_str(&more);
    }
    let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    title.trim_end_matches(':').chars().map(plain).take(longest).collect()
}
