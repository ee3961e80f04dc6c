//! What is done → the word of the intent: a level, a verb of the level tables, or an operation.

use leastwise_catalog::Catalog;
use leastwise_catalog::levels::{LEVELS, LevelTables, Target as Asked};

use super::clause::{Act, What};
use super::lexicon::{Kind, Lexicon};
use super::operation::{Operations, Verb, words};
use super::question::Ask;
use super::target::Found;
use crate::intent::Target;
use crate::lower::aws::{Options, arn_of};

/// What is known when the meaning of a verb is looked for.
pub(super) struct Senses<'a> {
    pub catalog: &'a Catalog,
    pub lexicon: &'a Lexicon,
    pub operations: &'a Operations<'a>,
    pub options: &'a Options,
}

/// What stands beside the verb.
pub(super) struct Beside<'a> {
    /// What lies between the verb and the resource: `messages`.
    pub contents: &'a [String],
    /// What it is for: `for text`.
    pub purposes: &'a [String],
    /// The services that the clause names.
    pub services: &'a [String],
    /// Whether the verb has the resource itself as its object: `delete the table`, not `delete from the table`.
    pub direct: bool,
    /// Whether it is forbidden.
    pub negative: bool,
}

impl Senses<'_> {
    /// The word that an act comes to on a resource.
    pub(super) fn on(&self, act: &Act, found: &Found, beside: &Beside<'_>) -> Result<String, Ask> {
        let Some(kind) = &found.kind else { return self.on_service(act, found, beside) };
        match &act.what {
            What::Operation(name) => self.operation(act, name, &kind.service, beside),
            What::Light => Err(self.what_is_done(act, found, "what may be done with it?")),
            What::Verb { class, lemma } => self.verb(act, class, lemma, found, kind, beside),
        }
    }

    fn verb(
        &self,
        act: &Act,
        class: &str,
        lemma: &str,
        found: &Found,
        kind: &Kind,
        beside: &Beside<'_>,
    ) -> Result<String, Ask> {
        if ["manage", "access", "configure", "move", "copy", "grant"].contains(&class) {
            let text = format!("`{lemma}` may be many things: what is meant?");
            let made = match beside.contents {
                [] => None,
                _ => self.made(act, class, lemma, found, kind, beside).ok(),
            };
            return made.ok_or_else(|| self.what_is_done(act, found, &text));
        }
        let full = kind.full();
        let inside = self.lexicon.inside(&full);
        let contents = beside.contents;
        let about = |content: &String| self.lexicon.is_about(content) && !inside.contains(content);
        if contents.iter().any(about) {
            let word = self.about(act, class, found, !inside.is_empty());
            return word.or_else(|ask| self.made(act, class, lemma, found, kind, beside).map_err(|_| ask));
        }
        let special = self.lexicon.word_on(&full, class, contents);
        let of_content = special.filter(|_| self.lexicon.word_on(&full, class, &[]) != special);
        if let Some([word]) = of_content {
            return Ok(word.clone());
        }
        if self.lexicon.with_anything(&full, class) && self.means(found, class) {
            return Ok(class.to_owned());
        }
        let own = words(&kind.name);
        let known = |content: &String| {
            self.lexicon.goes_with(&full, content)
                || self.lexicon.is_generic(content)
                || own.contains(content)
        };
        if contents.iter().all(known) {
            if let Some([word]) = special {
                return Ok(word.clone());
            }
            if contents.is_empty() && !inside.is_empty() && beside.direct {
                if class == "delete" {
                    return self.delete_itself(act, lemma, found, kind, beside);
                }
                if class == "change" {
                    let text = "the resource itself or what is in it?";
                    return Err(self.what_is_done(act, found, text));
                }
            }
            let class = if class == "change" { "update" } else { class };
            if self.means(found, class) {
                return Ok(class.to_owned());
            }
        }
        self.made(act, class, lemma, found, kind, beside)
    }

    /// `delete the table`: the operation, and a question unless it is forbidden, since it may be the contents that are
    /// meant.
    fn delete_itself(
        &self,
        act: &Act,
        lemma: &str,
        found: &Found,
        kind: &Kind,
        beside: &Beside<'_>,
    ) -> Result<String, Ask> {
        if beside.negative || self.is_unsaid(found) {
            return self.made(act, "delete", lemma, found, kind, beside);
        }
        Err(self.what_is_done(act, found, "the resource itself or what is in it?"))
    }

    /// Whether `delete` has no meaning there but as an operation.
    fn is_unsaid(&self, found: &Found) -> bool {
        !self.means(found, "delete")
    }

    /// Configuration, state, policy: `describe`, or what returns or changes a resource without contents.
    fn about(&self, act: &Act, class: &str, found: &Found, has_contents: bool) -> Result<String, Ask> {
        let word = match class {
            "read" | "list" | "describe" | "retrieve" if has_contents => "describe",
            "read" | "list" | "describe" | "retrieve" if self.means(found, "read") => "read",
            "read" | "list" | "describe" | "retrieve" => "describe",
            "update" | "change" | "write" | "configure" | "deploy" if !has_contents => "update",
            _ => return Err(self.what_is_done(act, found, "which operation?")),
        };
        match self.means(found, word) {
            true => Ok(word.to_owned()),
            false => Err(self.what_is_done(act, found, "which operation?")),
        }
    }

    /// The operation that verb and contents make together.
    fn made(
        &self,
        act: &Act,
        class: &str,
        lemma: &str,
        found: &Found,
        kind: &Kind,
        beside: &Beside<'_>,
    ) -> Result<String, Ask> {
        let verb = Verb { lemma, class, lexicon: self.lexicon };
        let mut may = words(&kind.name);
        may.extend(self.called(kind));
        for service in beside.services.iter().chain([&kind.service]) {
            let mut found_names = self.operations.made_of(service, &verb, beside.contents, &may);
            if found_names.is_empty() && !beside.purposes.is_empty() {
                let all: Vec<String> = beside.contents.iter().chain(beside.purposes).cloned().collect();
                found_names = self.operations.made_of(service, &verb, &all, &may);
            }
            let fitting: Vec<&String> =
                found_names.iter().filter(|name| self.fits(service, name, found)).collect();
            match fitting[..] {
                [] => {}
                [one] => return Ok(format!("{service}:{one}")),
                _ => {
                    let mut ask = Ask::new(act.span, "which operation?", "name it, as one of the answers");
                    for name in &fitting {
                        ask = ask.or(name.to_string(), name.to_string());
                    }
                    return Err(ask);
                }
            }
        }
        let what = match beside.contents {
            [] => "what is that there?".to_owned(),
            contents => format!("what is that with `{}`?", contents.join(" ")),
        };
        Err(self.what_is_done(act, found, &what))
    }

    /// What people call a type, as words that may be in the names of its operations.
    fn called(&self, kind: &Kind) -> Vec<String> {
        let nouns = self
            .lexicon
            .nouns
            .iter()
            .filter(|noun| noun.kinds.iter().any(|known| known.full() == kind.full()));
        let mut called: Vec<String> =
            nouns.flat_map(|noun| noun.phrase.split(' ').map(str::to_owned)).collect();
        if kind.full() == "rds:db" {
            called.extend(["db".to_owned(), "instance".to_owned()]);
        }
        called
    }

    /// Whether an operation acts on what was found.
    pub(super) fn fits(&self, service: &str, name: &str, found: &Found) -> bool {
        let full = format!("{service}:{name}");
        let Some(action) = self.catalog.action(&full) else { return false };
        let Some(arn) = self.arn(found) else { return false };
        let tables = LevelTables::embedded();
        let asked = Asked::Arn(&arn);
        let needs_none = action.resources.is_empty();
        let meaning = tables.meaning(self.catalog, asked, &full);
        !needs_none
            && meaning.is_some_and(|meaning| {
                let mut grants = meaning.grants.iter();
                grants.all(|grant| tables.resources(self.catalog, &grant.action, &grant.place, asked).is_ok())
            })
    }

    /// An operation that was named.
    fn operation(&self, act: &Act, name: &str, own: &str, beside: &Beside<'_>) -> Result<String, Ask> {
        if name.contains(':') {
            return Ok(name.to_owned());
        }
        let services = self.operations.services(name);
        if let Some(said) =
            beside.services.iter().find(|service| *service != own && services.contains(service))
        {
            return Ok(self.full(said, name));
        }
        if services.iter().any(|service| service == own) {
            return Ok(self.full(own, name));
        }
        match services {
            [one] => Ok(self.full(one, name)),
            _ => Err(Ask::new(
                act.span,
                format!("which service's {name}?"),
                "write it with its prefix: `s3:GetObject`",
            )),
        }
    }

    /// An action in the catalogue's own spelling, with its prefix.
    fn full(&self, service: &str, name: &str) -> String {
        let full = format!("{service}:{}", name.replace('-', ""));
        self.catalog.action(&full).map_or(full, |action| action.full_name())
    }

    fn on_service(&self, act: &Act, found: &Found, beside: &Beside<'_>) -> Result<String, Ask> {
        let Target::Service { prefix, .. } = &found.target else {
            return Err(self.what_is_done(act, found, "what is meant?"));
        };
        match &act.what {
            What::Operation(name) => self.operation(act, name, prefix, beside),
            _ => Err(self.what_is_done(act, found, "what is meant?")),
        }
    }

    /// Whether a word means something on what was found.
    pub(super) fn means(&self, found: &Found, word: &str) -> bool {
        let Some(arn) = self.arn(found) else { return false };
        LevelTables::embedded().meaning(self.catalog, Asked::Arn(&arn), word).is_some()
    }

    /// Whether a verb means something on a type, whatever its name.
    pub(super) fn could(&self, act: &Act, kind: &Kind, contents: &[String]) -> bool {
        let What::Verb { class, lemma } = &act.what else {
            let What::Operation(name) = &act.what else { return false };
            return self.operations.services(name).contains(&kind.service);
        };
        if LEVELS.contains(&class.as_str())
            || ["put", "change", "create", "manage", "access"].contains(&class.as_str())
        {
            let verb = Verb { lemma, class, lexicon: self.lexicon };
            return !contents.is_empty()
                && (self.makes(kind, &verb, contents)
                    || contents.iter().any(|content| self.lexicon.goes_with(&kind.full(), content)));
        }
        if self.lexicon.word_on(&kind.full(), class, contents).is_some() {
            return true;
        }
        let words_of = LevelTables::embedded().words(&kind.service, Some(&kind.name));
        let verb = Verb { lemma, class, lexicon: self.lexicon };
        words_of.contains(&class.as_str()) || self.makes(kind, &verb, contents)
    }

    /// Whether verb and contents make an operation on a type.
    fn makes(&self, kind: &Kind, verb: &Verb<'_>, contents: &[String]) -> bool {
        let made = self.operations.made_of(&kind.service, verb, contents, &words(&kind.name));
        made.iter().any(|name| {
            let action = self.catalog.action_of(&kind.service, name);
            action.is_some_and(|action| action.resources.iter().any(|on| *on.resource_type == *kind.name))
        })
    }

    fn arn(&self, found: &Found) -> Option<String> {
        match &found.target {
            Target::Arn(arn) => Some(arn.clone()),
            Target::Partial { service, resource } => {
                arn_of(self.catalog, service, None, resource, self.options)
            }
            _ => None,
        }
    }

    /// Asks what may be done, with the levels that mean something there.
    pub(super) fn what_is_done(&self, act: &Act, found: &Found, text: &str) -> Ask {
        let levels: Vec<&str> = ["list", "describe", "read", "update", "write"]
            .into_iter()
            .filter(|level| self.means(found, level))
            .collect();
        let help = match levels.first() {
            Some(level) => {
                format!("say a level, such as `{level} the {}`, or name the operation", found.label)
            }
            None => "name the operation, such as `PutItem`".to_owned(),
        };
        let mut ask = Ask::new(act.span, format!("{}: {text}", found.label), help);
        for level in levels {
            ask = ask.or(level, level);
        }
        ask
    }
}
