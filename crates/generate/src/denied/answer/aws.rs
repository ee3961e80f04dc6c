//! AWS: the statement that is missing, for the principal's policy or for the resource's.

use leastwise_catalog::{Action, Catalog, Level};
use leastwise_policy::arn::Arn;

use super::super::principal::{Kind, Principal};
use super::super::{Because, Denials, Platform, Refusal, Unsaid};
use super::{Addition, Answer, Known, Told, Whose, blocked};
use crate::intent::Place;
use crate::lower::aws::{Exact, Options, arn_of};

/// What to do about AWS's refusals in a text.
pub(super) fn answer(denials: &Denials, catalog: &Catalog, known: &Known, answer: &mut Answer) {
    let mut answerer = Answerer { catalog, known, answer };
    for refusal in denials.refusals.iter().filter(|refusal| refusal.platform == Platform::Aws) {
        answerer.refusal(refusal);
    }
    for unsaid in denials.unsaid.iter().filter(|unsaid| unsaid.platform == Platform::Aws) {
        answerer.unsaid(unsaid);
    }
}

pub(super) struct Answerer<'a> {
    pub(super) catalog: &'a Catalog,
    known: &'a Known,
    answer: &'a mut Answer,
}

impl Answerer<'_> {
    pub(super) fn refusal(&mut self, refusal: &Refusal) {
        let place = &refusal.place;
        let principal = refusal.principal.as_deref().and_then(Principal::parse);
        if let Some(told) = blocked(refusal) {
            return self.answer.told.push(told);
        }
        let missing = match &refusal.because {
            Because::Missing(barrier) => barrier.name,
            _ => "",
        };
        let Some(action) = self.catalog.action(&refusal.action) else {
            return self.unknown(place, &refusal.action);
        };
        let name = action.full_name();
        // Whoever assumes a role with a token or an assertion has no policy yet: the role's trust policy decides.
        if matches!(name.as_str(), "sts:AssumeRoleWithWebIdentity" | "sts:AssumeRoleWithSAML") {
            let text = format!("`{name}` is decided by the role's trust policy alone");
            return self.tell(place, text, "look at its provider, audience and subject: `aws iam get-role`; `leastwise generate` with `trust:` writes one");
        }
        let resource = match self.resource(refusal, action, principal.as_ref()) {
            Ok(resource) => resource,
            Err(told) => return self.answer.told.push(told),
        };
        let whose = match (missing, &principal) {
            ("resource" | "trust", Some(principal)) if resource.starts_with("arn:") => Whose::Resource {
                resource: resource.clone(),
                principal: principal.clone(),
                trust: missing == "trust" || name == "sts:AssumeRole",
            },
            ("resource" | "trust", _) => {
                let text = format!(
                    "`{name}` is not in the policy of the resource, and the message does not say of which, or for whom"
                );
                return self.tell(
                    place,
                    text,
                    &format!("write it there; with `--bind {name}=arn:aws:…` it is written here"),
                );
            }
            _ => Whose::Principal(principal.clone()),
        };
        if let Some(told) = unchangeable(&whose, &name, place) {
            return self.answer.told.push(told);
        }
        self.warn(action, &resource, place);
        self.across_accounts(&whose, &name, &resource, place);
        self.add(whose, Exact { action: name, resource, place: place.clone() });
    }

    /// The resource for a policy.
    fn resource(
        &mut self,
        refusal: &Refusal,
        action: Action<'_>,
        principal: Option<&Principal>,
    ) -> Result<String, Told> {
        let name = action.full_name();
        if action.resources.is_empty() {
            return Ok("*".to_owned());
        }
        if let Some([bound]) = self.known.resources.get(&name.to_ascii_lowercase()).map(Vec::as_slice) {
            return match Arn::parse(bound) {
                Some(_) => Ok(bound.clone()),
                None => Err(Told::new(
                    &refusal.place,
                    format!("`{bound}` is no arn"),
                    "write it whole: `arn:aws:…`",
                )),
            };
        }
        let place = &refusal.place;
        let help = format!("say what it is on: `--bind {name}=arn:aws:…`");
        let text = match refusal.resource.as_deref() {
            None | Some("*") => {
                let text = format!(
                    "the message does not say on which resource `{name}` was refused, and it knows {}",
                    kinds(action)
                );
                return Err(Told::new(place, text, help));
            }
            Some(text) => text,
        };
        if text.starts_with("arn:") {
            let arn = Arn::parse(text)
                .ok_or_else(|| Told::new(place, format!("`{text}` is no arn"), help.clone()))?;
            if arn.account().contains('*') {
                let text = format!("the account of `{text}` is hidden in the message");
                return Err(Told::new(place, text, help));
            }
            // The message names a resource, a policy patterns: what would mean more there is escaped.
            let written = text.replace("${", "${$}{").replace('?', "${?}");
            return Ok(written);
        }
        let options = Options {
            account: self.known.options.account.clone().or_else(|| Some(principal?.account.clone())),
            partition: principal.map_or(self.known.options.partition.clone(), |who| who.partition.clone()),
            ..self.known.options.clone()
        };
        let Some(arn) = self.worded(text, action, &options) else {
            let text = format!("the message calls the resource of `{name}` only `{text}`");
            return Err(Told::new(place, text, help));
        };
        let note = format!(
            "the message calls the resource of `{name}` only `{text}`, so its arn is made up of what is known"
        );
        self.note(place, note, format!("check `{arn}`, or say another with `--bind {name}=arn:aws:…`"));
        Ok(arn)
    }

    /// `role app`, `instance profile web`, `policy ARN version v2`, or a bare name where the action knows one type.
    fn worded(&self, text: &str, action: Action<'_>, options: &Options) -> Option<String> {
        let prefix = &action.service.prefix;
        let words: Vec<&str> = text.split(' ').collect();
        for split in (1..words.len()).rev() {
            let kind = words[..split].join("-");
            let Some(kind) = action.service.resource_type(&kind) else { continue };
            let name = words[split];
            return match name.starts_with("arn:") {
                true => Arn::parse(name).map(|_| name.to_owned()),
                false => arn_of(self.catalog, prefix, Some(&kind.name), name, options),
            };
        }
        let [only] = action.resources.as_slice() else { return None };
        let plain = words.len() == 1 && !text.contains([':', '/', '*', '?']);
        if !plain {
            return None;
        }
        arn_of(self.catalog, prefix, Some(&only.resource_type), text, options)
    }

    fn warn(&mut self, action: Action<'_>, resource: &str, place: &Place) {
        let name = action.full_name();
        if name == "iam:PassRole" {
            let text = "`iam:PassRole` lets the principal hand the role to a service, and so do what the role may do";
            self.note(place, text.to_owned(), "limit it with the condition `iam:PassedToService`".to_owned());
        } else if action.levels.contains(Level::PermissionsManagement) {
            let text = format!(
                "`{name}` changes who may do what, or hands out credentials: with it one may come to more"
            );
            self.note(place, text, "add it only where that is meant".to_owned());
        }
        if action.destructive {
            let why = action.destructive_why.as_deref().unwrap_or("it removes or overwrites");
            self.note(
                place,
                format!("`{name}` is destructive: {why}"),
                "add it only where that is meant".to_owned(),
            );
        }
        if resource != "*" && resource.contains('*') {
            let text = format!(
                "AWS looked for `{name}` on `{resource}`, which is a pattern, so it is granted on all of them"
            );
            self.note(place, text, format!("where one is meant, say it: `--bind {name}=arn:aws:…`"));
        }
    }

    /// Between accounts both sides must allow.
    fn across_accounts(&mut self, whose: &Whose, name: &str, resource: &str, place: &Place) {
        let owner = resource.split(':').nth(4).filter(|owner| owner.len() == 12);
        match whose {
            Whose::Principal(Some(principal)) if owner.is_some_and(|owner| owner != principal.account) => {
                let text =
                    format!("`{resource}` is another account's, whose own policy must allow `{name}` too");
                self.note(place, text, "ask its owner for the other half".to_owned());
            }
            Whose::Principal(_) if name == "sts:AssumeRole" => {
                let text =
                    format!("`{name}` needs the trust policy of `{resource}` to name the principal too");
                self.note(place, text, "`aws iam get-role` shows it".to_owned());
            }
            Whose::Resource { principal, .. } if owner.is_some_and(|owner| owner != principal.account) => {
                let text = format!(
                    "`{}` is of another account, where its own policy must allow `{name}` too",
                    principal.name
                );
                self.note(place, text, "add it on both sides".to_owned());
            }
            _ => {}
        }
    }

    fn unsaid(&mut self, unsaid: &Unsaid) {
        let place = &unsaid.place;
        match (unsaid.what, &unsaid.operation) {
            ("encoded", _) => self.tell(
                place,
                "the message is encoded".to_owned(),
                "decode it and give what comes out: `aws sts decode-authorization-message --encoded-message …`",
            ),
            ("ciphertext", _) => self.tell(
                place,
                "`kms:Decrypt` was refused, and the message does not say with which key".to_owned(),
                "say `--to kms:decrypt,arn:aws:kms:…:key/…`, and look at the key's own policy",
            ),
            (_, Some((operation, service))) => self.operation(place, operation, service.as_deref()),
            _ => self.tell(
                place,
                "the message says only that access was denied".to_owned(),
                "the CloudTrail record of the call says more; `leastwise usage` reads it",
            ),
        }
    }

    fn unknown(&mut self, place: &Place, action: &str) {
        let text = format!("the catalogue does not know `{action}`, so it is not granted");
        let help = match self.catalog.suggest(action).first() {
            Some(near) => {
                format!("did you mean `{near}`? newer actions come with `leastwise catalog import`")
            }
            None => "newer actions come with `leastwise catalog import`".to_owned(),
        };
        self.tell(place, text, &help);
    }

    pub(super) fn tell(&mut self, place: &Place, text: String, help: &str) {
        self.answer.told.push(Told::new(place, text, help));
    }

    fn note(&mut self, place: &Place, text: String, help: String) {
        let told = Told { place: place.clone(), text, help };
        if !self.answer.notes.iter().any(|known| known.text == told.text) {
            self.answer.notes.push(told);
        }
    }

    fn add(&mut self, whose: Whose, exact: Exact) {
        let additions = &mut self.answer.additions;
        let index = additions.iter().position(|addition| addition.whose == whose).unwrap_or_else(|| {
            additions.push(Addition { whose, permissions: Vec::new() });
            additions.len() - 1
        });
        let known = &mut additions[index].permissions;
        if !known.iter().any(|one| one.action == exact.action && one.resource == exact.resource) {
            known.push(exact);
        }
    }
}

/// Principals whose own policies nobody adds to.
fn unchangeable(whose: &Whose, name: &str, place: &Place) -> Option<Told> {
    let Whose::Principal(Some(principal)) = whose else { return None };
    let who = &principal.name;
    let (text, help) = match principal.kind {
        Kind::ServiceLinked => (
            format!("`{who}` is linked to a service, and nobody adds to its policy"),
            "what refuses it is a policy of the resource or of the organisation".to_owned(),
        ),
        Kind::Root => (
            format!("the root user was refused `{name}`, and has no policy to add to"),
            "what refuses it is a service control policy or the resource's own policy".to_owned(),
        ),
        Kind::Federated => (
            format!(
                "`{who}` is a session that a user made, and has the user's permissions as far as the session's policy allows"
            ),
            "add it to the user's policy, and to the policy that the session is made with".to_owned(),
        ),
        Kind::PermissionSet => (
            format!("`{who}` belongs to IAM Identity Center, which overwrites what is added to it: `{name}`"),
            "add it to the permission set".to_owned(),
        ),
        Kind::Role | Kind::User => return None,
    };
    Some(Told::new(place, text, help))
}

/// The resource types of an action, in words.
fn kinds(action: Action<'_>) -> String {
    let mut names: Vec<&str> = action.resources.iter().map(|on| &*on.resource_type).collect();
    let more = names.len().saturating_sub(4);
    names.truncate(4);
    match more {
        0 => names.join(", "),
        _ => format!("{} and {more} more", names.join(", ")),
    }
}
