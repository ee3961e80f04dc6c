//! Clauses → permissions. What cannot be placed becomes a question, never a grant.

use super::clause::{Act, Clause, Part, Text, Thing, What};
use super::lexicon::{Kind, Lexicon};
use super::noun::Np;
use super::operation::Verb;
use super::question::Ask;
use super::sense::{Beside, Senses};
use super::target::{Found, Scope, type_called};
use crate::intent::{Limit, Target};

/// A permission that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub word: String,
    pub found: Found,
    pub negative: bool,
    /// The tokens that say what is done.
    pub span: (usize, usize),
    /// The tokens of the clause.
    pub clause: (usize, usize),
    pub sentence: usize,
}

/// What the clauses come to.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub grants: Vec<Grant>,
    pub asks: Vec<Ask>,
    pub left_out: Vec<(usize, usize)>,
}

/// Contents and the resources that they are in.
#[derive(Debug, Default)]
struct Group {
    contents: Vec<String>,
    found: Vec<(Found, bool)>,
}

/// What a pronoun stands for, and the contents that its sentence is about.
type Referred = (Vec<(Found, bool)>, Vec<String>);

struct Resolver<'a> {
    senses: &'a Senses<'a>,
    text: &'a Text,
    said: Vec<(String, String)>,
    all: bool,
    /// The resources of the clause before, for `it` and `them`.
    last: Vec<Found>,
    last_contents: Vec<String>,
    /// Why a phrase was taken for words rather than for a resource.
    unsure: Option<Ask>,
    /// What the clause before the last was about.
    previous: Vec<Found>,
    /// The pronouns that stand for several things: tokens.
    several: &'a [usize],
    /// The services of the clauses before in the sentence.
    last_services: (usize, Vec<String>),
    /// What was resolved, by its name.
    known: Vec<(String, Found)>,
    /// Tags that are set or removed: resource, set, removed, where.
    tags: Vec<(Found, bool, bool, Grant)>,
    out: Resolved,
}

/// Resolves the clauses of a text.
pub(super) fn resolve(senses: &Senses<'_>, text: &Text, several: &[usize]) -> Resolved {
    let mut resolver = Resolver {
        senses,
        text,
        said: said(senses, text),
        all: text.limits.iter().any(|(limit, ..)| matches!(limit, Limit::Tags(_))),
        last: Vec::new(),
        last_contents: Vec::new(),
        unsure: None,
        previous: Vec::new(),
        several,
        last_services: (0, Vec::new()),
        known: Vec::new(),
        tags: Vec::new(),
        out: Resolved::default(),
    };
    // What is forbidden may speak of what is allowed only later: `deleting is forbidden: only read …`.
    let (later, first): (Vec<&Clause>, Vec<&Clause>) =
        text.clauses.iter().partition(|clause| clause.negative && !has_name(clause));
    for clause in first.into_iter().chain(later) {
        let before = resolver.out.grants.len();
        if let Err(ask) = resolver.clause(clause) {
            resolver.out.grants.truncate(before);
            let light = clause.parts.is_empty() && clause.acts.iter().all(|act| act.what == What::Light);
            let when = clause.when && !has_name(clause);
            let explained = when
                || light
                || clause.explained
                    && text.clauses.iter().any(|other| other.explains && other.sentence == clause.sentence);
            match explained {
                true => resolver.out.left_out.push(ask.span),
                false => resolver.out.asks.push(ask),
            }
        }
    }
    resolver.finish_tags();
    resolver.drop_explained();
    resolver.out
}

fn has_name(clause: &Clause) -> bool {
    clause.parts.iter().any(|part| matches!(&part.thing, Thing::Np(np) if !np.names.is_empty()))
}

/// Everything that has a noun and one name, for the slots of patterns: `the service web in cluster shop`.
fn said(senses: &Senses<'_>, text: &Text) -> Vec<(String, String)> {
    let parts = text.clauses.iter().flat_map(|clause| &clause.parts);
    let nps = parts.filter_map(|part| match &part.thing {
        Thing::Np(np) => Some(np),
        Thing::Pronoun(_) => None,
    });
    let all = nps.chain(text.topics.iter().map(|(_, np)| np));
    let named = all.filter_map(|np| {
        let (index, _) = np.head?;
        let [name] = &np.names[..] else { return None };
        Some((senses.lexicon.nouns[index].phrase.clone(), name.clone()))
    });
    named.collect()
}

impl Resolver<'_> {
    fn clause(&mut self, clause: &Clause) -> Result<(), Ask> {
        let clause = &below(clause, self.senses.lexicon);
        self.unsure = None;
        let services = self.services(clause);
        let mut groups = self.groups(clause, &services)?;
        self.homeless(clause, &mut groups);
        let span = span(clause);
        let now: Vec<Found> =
            groups.iter().flat_map(|group| group.found.iter().map(|(found, _)| found.clone())).collect();
        let contents: Vec<String> = groups.iter().flat_map(|group| group.contents.clone()).collect();
        if !now.is_empty() && !clause.negative {
            self.previous = std::mem::replace(&mut self.last, now.clone());
            self.last_contents.clone_from(&contents);
        }
        let of: Vec<String> =
            now.iter().filter_map(|found| found.kind.as_ref().map(|kind| kind.service.clone())).collect();
        let inherited = self.inherited(clause);
        self.last_services =
            (clause.sentence, services.iter().cloned().chain(of).chain(inherited.clone()).collect());
        if clause.acts.iter().all(|act| class_of(act) == "own") && !has_name(clause) {
            self.out.left_out.push(span);
            return Ok(());
        }
        let mut again = Vec::new();
        for group in &groups {
            for (found, direct) in &group.found {
                let before = self.out.grants.len();
                if self.acts(clause, group, found, *direct, &services, span).is_err() {
                    self.out.grants.truncate(before);
                    again.push((group, found, *direct));
                }
            }
        }
        for (group, found, direct) in again {
            self.acts(clause, group, found, direct, &services, span)?;
        }
        if now.is_empty() {
            let services = if services.is_empty() { inherited } else { services };
            let unsure = self.unsure.take();
            return self.nowhere(clause, &contents, &services, span).map_err(|ask| unsure.unwrap_or(ask));
        }
        if let Some(open) =
            groups.iter().find(|group| group.found.is_empty() && !self.harmless(&group.contents))
        {
            let text = format!("`{}`: of what?", open.contents.join(" "));
            return Err(Ask::new(span, text, "say what it is done with and where, each with its verb"));
        }
        Ok(())
    }

    /// The services of the clauses before it in its sentence.
    fn inherited(&self, clause: &Clause) -> Vec<String> {
        match self.last_services.0 == clause.sentence {
            true => self.last_services.1.clone(),
            false => Vec::new(),
        }
    }

    /// Contents without a resource go to the one that was named last and can hold them: `list the objects of the bucket
    /// acme and remove objects`.
    fn homeless(&mut self, clause: &Clause, groups: &mut [Group]) {
        let named: Vec<Found> =
            groups.iter().flat_map(|group| group.found.iter().map(|(found, _)| found.clone())).collect();
        let only = match &named[..] {
            [] if self.last.len() == 1 => self.last.first().cloned(),
            [] if clause.negative => self.only_one(|_| true),
            [one] => Some(one.clone()),
            _ => None,
        };
        let Some(only) = only else { return };
        let Some(kind) = &only.kind else { return };
        for group in groups.iter_mut().filter(|group| group.found.is_empty() && !group.contents.is_empty()) {
            let inside = self.senses.lexicon.inside(&kind.full());
            if group.contents.iter().all(|content| inside.contains(content)) {
                group.found.push((only.clone(), false));
            }
        }
    }

    fn harmless(&self, contents: &[String]) -> bool {
        contents.is_empty() || contents.iter().all(|content| self.senses.lexicon.is_generic(content))
    }

    fn acts(
        &mut self,
        clause: &Clause,
        group: &Group,
        found: &Found,
        direct: bool,
        services: &[String],
        span: (usize, usize),
    ) -> Result<(), Ask> {
        let classes: Vec<&str> = clause.acts.iter().map(class_of).collect();
        let tags = group.contents.iter().any(|content| content == "tag") && !classes.contains(&"list");
        if !tags && self.whole_write(clause, group, found, span) {
            return Ok(());
        }
        for act in &clause.acts {
            let class = class_of(act);
            let grant = Grant {
                word: String::new(),
                found: found.clone(),
                negative: clause.negative,
                span: act.span,
                clause: span,
                sentence: clause.sentence,
            };
            let sets = ["put", "update", "create", "tag", "write", "attach", "apply"].contains(&class);
            let removes = ["delete", "untag", "detach"].contains(&class);
            let both = ["change", "update", "manage"].contains(&class);
            if tags && both {
                self.out.grants.push(Grant { word: "tag".to_owned(), ..grant });
                continue;
            }
            if (tags && (sets || removes)) || class == "untag" {
                self.tag(found, sets, removes, grant);
                continue;
            }
            if let Some(word) = self.on_previous(act, found) {
                let on = self.previous.first().cloned().unwrap_or_else(|| found.clone());
                self.out.grants.push(Grant { word, found: on, ..grant });
                continue;
            }
            let purposes = purposes(clause);
            let beside = Beside {
                contents: &group.contents,
                purposes: &purposes,
                services,
                direct,
                negative: clause.negative,
            };
            let word = match self.senses.on(act, found, &beside) {
                Ok(word) => word,
                Err(ask) => self.as_before(act, found).ok_or(ask)?,
            };
            self.out.grants.push(Grant { word, ..grant });
        }
        Ok(())
    }

    /// An operation that is not about this resource, and is about the one that was named before.
    fn on_previous(&self, act: &Act, found: &Found) -> Option<String> {
        let What::Operation(name) = &act.what else { return None };
        let [previous] = &self.previous[..] else { return None };
        let service = &previous.kind.as_ref()?.service;
        let bare = name.split_once(':').map_or(name.as_str(), |(_, bare)| bare).replace('-', "");
        let action = self.senses.catalog.action(&format!("{service}:{bare}"))?;
        let about = |found: &Found| self.senses.fits(service, &action.facts.name, found);
        (!about(found) && about(previous)).then(|| action.full_name())
    }

    /// What the same act came to on a resource before, where it is about both: a volume is attached to an instance.
    fn as_before(&self, act: &Act, found: &Found) -> Option<String> {
        let before = self.out.grants.iter().rev().find(|grant| grant.span == act.span)?;
        let (service, name) = before.word.split_once(':')?;
        self.senses.fits(service, name, found).then(|| before.word.clone())
    }

    fn tag(&mut self, found: &Found, sets: bool, removes: bool, grant: Grant) {
        match self.tags.iter_mut().find(|(known, ..)| known == found) {
            Some((_, set, removed, _)) => {
                *set |= sets;
                *removed |= removes;
            }
            None => self.tags.push((found.clone(), sets, removes, grant)),
        }
    }

    /// Both setting and removing tags is the level; one of them alone has to be said as an operation.
    fn finish_tags(&mut self) {
        for (found, set, removed, grant) in std::mem::take(&mut self.tags) {
            let whole = self.out.grants.iter().any(|known| known.found == found && known.word == "tag");
            if whole {
                continue;
            }
            if set && removed {
                self.out.grants.push(Grant { word: "tag".to_owned(), ..grant });
                continue;
            }
            let text = format!("{}: only {} tags?", found.label, if set { "setting" } else { "removing" });
            let ask = Ask::new(
                grant.span,
                text,
                "say `tag` for both, or name the operation, such as `TagResource`",
            );
            self.out.asks.push(ask.or("setting and removing", "tag and untag"));
        }
    }

    /// To put, update and delete contents is what `write` says.
    fn whole_write(&mut self, clause: &Clause, group: &Group, found: &Found, span: (usize, usize)) -> bool {
        let classes: Vec<&str> = clause.acts.iter().map(class_of).collect();
        let has = |names: &[&str]| classes.iter().any(|class| names.contains(class));
        let all = has(&["put"]) && has(&["update", "change"]) && has(&["delete"]) && classes.len() == 3;
        let Some(kind) =
            found.kind.as_ref().filter(|_| all && !clause.negative && self.senses.means(found, "write"))
        else {
            return false;
        };
        let inside = self.senses.lexicon.inside(&kind.full());
        if group.contents.is_empty() || !group.contents.iter().all(|content| inside.contains(content)) {
            return false;
        }
        self.out.grants.push(Grant {
            word: "write".to_owned(),
            found: found.clone(),
            negative: false,
            span: clause.acts[0].span,
            clause: span,
            sentence: clause.sentence,
        });
        true
    }

    /// The services that a clause names, and those that its sentence is about.
    fn services(&self, clause: &Clause) -> Vec<String> {
        let mut services: Vec<String> = Vec::new();
        for part in &clause.parts {
            if let Thing::Np(np) = &part.thing
                && (np.head.is_none() || np.names.is_empty() || self.is_slot(np))
            {
                services.extend(np.services.iter().cloned());
            }
        }
        for (sentence, np) in &self.text.topics {
            if *sentence == clause.sentence {
                services.extend(np.services.iter().cloned());
            }
        }
        services
    }

    /// Whether other types lie in it, so that their ARNs need its name.
    fn is_slot(&self, np: &Np) -> bool {
        let Some((noun, _)) = np.head else { return false };
        let slot = format!("{{{}}}", self.senses.lexicon.nouns[noun].phrase);
        let kinds = self.senses.lexicon.nouns.iter().flat_map(|noun| &noun.kinds);
        kinds.into_iter().any(|kind| kind.pattern.as_ref().is_some_and(|pattern| pattern.contains(&slot)))
    }

    /// Contents and resources, in the order in which they were said.
    fn groups(&mut self, clause: &Clause, services: &[String]) -> Result<Vec<Group>, Ask> {
        let mut groups = vec![Group::default()];
        let mut waiting: Vec<String> = Vec::new();
        let mut waiting_bare = false;
        for (index, part) in clause.parts.iter().enumerate() {
            let np = match &part.thing {
                Thing::Pronoun(_) if part.prep.as_deref() == Some("by") => continue,
                Thing::Pronoun(_) if clause.passive && has_name(clause) => continue,
                Thing::Pronoun(_)
                    if matches!(part.prep.as_deref(), Some("to" | "for" | "with")) && has_name(clause) =>
                {
                    continue;
                }
                Thing::Pronoun(token) => {
                    let (found, of_topic) = self.referred(clause, *token, services)?;
                    let mut group = Group { contents: std::mem::take(&mut waiting), found };
                    if group.contents.is_empty() && self.several.contains(token) {
                        group.contents = of_topic;
                    }
                    if group.contents.is_empty()
                        && self.several.contains(token)
                        && clause.acts.iter().all(|act| class_of(act) != "untag")
                    {
                        group.contents = self.last_contents.clone();
                    }
                    groups.push(group);
                    continue;
                }
                Thing::Np(np) => np,
            };
            if self.is_beside(clause, index, part, np) {
                continue;
            }
            if let Some(unknown) = np.unknown.first() {
                return Err(Ask::new(
                    (*unknown, unknown + 1),
                    "what does this word mean here?",
                    "leave it out, put a name in quotes, or say it otherwise",
                ));
            }
            if np.is_target() {
                let found = match self.found(clause, part, np, services) {
                    Ok(found) => found,
                    Err(ask) if self.may_be_words(np) => {
                        // `document text is detected`: no document of that name.
                        self.unsure = Some(ask);
                        waiting.extend(self.called(np));
                        waiting.extend(np.names.iter().map(|name| name.to_lowercase()));
                        continue;
                    }
                    Err(ask) => return Err(ask),
                };
                if !found.is_empty() {
                    // `deleting objects or the bucket`: two things, not one in the other.
                    if waiting_bare && part.prep.is_none() && !waiting.is_empty() && !clause.passive {
                        groups.push(Group { contents: std::mem::take(&mut waiting), found: Vec::new() });
                    }
                    let mut contents = std::mem::take(&mut waiting);
                    contents.extend(np.contents.iter().cloned());
                    let direct = part.prep.is_none() && contents.is_empty();
                    let found: Vec<(Found, bool)> = found.into_iter().map(|found| (found, direct)).collect();
                    if contents.is_empty()
                        && let Some(last) = groups.last_mut().filter(|last| !last.found.is_empty())
                    {
                        self.share(last, found);
                        continue;
                    }
                    groups.push(Group { contents, found });
                    continue;
                }
                waiting.extend(self.called(np));
                continue;
            }
            let of_last = self.last.iter().filter_map(|found| found.kind.as_ref()).any(|kind| {
                np.contents.iter().all(|content| self.senses.lexicon.inside(&kind.full()).contains(content))
            });
            if np.every && np.head.is_none() && !np.contents.is_empty() && !of_last {
                let found = self.found(clause, part, np, services)?;
                if !found.is_empty() {
                    groups.push(Group {
                        contents: Vec::new(),
                        found: found.into_iter().map(|found| (found, true)).collect(),
                    });
                    continue;
                }
            }
            let refers = !self.last.is_empty() || groups.iter().any(|group| !group.found.is_empty());
            if np.refers() && refers && !np.contents.is_empty() {
                let here = groups.iter().rev().find(|group| !group.found.is_empty());
                let found = match here {
                    Some(group) => group.found.iter().map(|(found, _)| (found.clone(), false)).collect(),
                    None => self.last.iter().map(|found| (found.clone(), false)).collect(),
                };
                groups.push(Group { contents: np.contents.clone(), found });
                continue;
            }
            if part.prep.as_deref() == Some("as") {
                // `orders as items`: what they are there.
                waiting.clear();
            }
            waiting_bare = part.prep.is_none();
            waiting.extend(np.contents.iter().cloned());
        }
        if !waiting.is_empty() {
            self.trailing(clause, waiting, &mut groups);
        }
        groups.retain(|group| !group.found.is_empty() || !group.contents.is_empty());
        Ok(groups)
    }

    /// Whether a noun that was not placed, and its name, may be words that say what is done.
    fn may_be_words(&self, np: &Np) -> bool {
        let plain = |name: &String| name.bytes().all(|b| b.is_ascii_lowercase());
        np.head.is_some_and(|(index, _)| !self.senses.lexicon.nouns[index].default)
            && np.det.is_none()
            && np.names.iter().all(plain)
    }

    /// Contents that come after their resource: the subject of a passive, `the bucket … , objects`.
    fn trailing(&mut self, clause: &Clause, waiting: Vec<String>, groups: &mut Vec<Group>) {
        match groups.iter_mut().rev().find(|group| !group.found.is_empty() && group.contents.is_empty()) {
            Some(group) if clause.passive || waiting.iter().all(|content| self.goes_with(group, content)) => {
                group.contents = waiting
            }
            _ => groups.push(Group { contents: waiting, found: Vec::new() }),
        }
    }

    fn goes_with(&self, group: &Group, content: &str) -> bool {
        let kinds = group.found.iter().filter_map(|(found, _)| found.kind.as_ref());
        self.senses.lexicon.is_generic(content)
            || kinds.into_iter().all(|kind| self.senses.lexicon.goes_with(&kind.full(), content))
    }

    /// A further resource shares the contents of the one before, where they can lie in it.
    fn share(&self, last: &mut Group, found: Vec<(Found, bool)>) {
        last.found.extend(found);
    }

    /// What stands beside and grants nothing: who does it, what for, and what another resource is in.
    fn is_beside(&mut self, clause: &Clause, index: usize, part: &Part, np: &Np) -> bool {
        let prep = part.prep.as_deref();
        let slot = np.head.is_some_and(|(noun, _)| {
            let phrase = &self.senses.lexicon.nouns[noun].phrase;
            clause.parts.iter().enumerate().any(|(other, part)| match &part.thing {
                Thing::Np(other_np) if other != index => self.has_slot(other_np, phrase, clause),
                _ => false,
            })
        });
        let within = matches!(prep, Some("of" | "in" | "'s" | "within" | "inside" | "from"));
        if slot && within && !np.names.is_empty() {
            return true;
        }
        let purpose = prep == Some("for") && !np.is_target() && np.services.is_empty();
        // `faces are searched by image` says how, `by the calculator roads` with what.
        let material =
            np.det.is_none() && np.contents.len() == 1 && self.senses.lexicon.is_material(&np.contents[0]);
        let with = np.head.is_some() && !np.names.is_empty() && !self.other_names(clause, index);
        // `by an analyst's script`.
        let of_actor = prep == Some("'s")
            && clause.passive
            && index.checked_sub(1).is_some_and(|before| clause.parts[before].prep.as_deref() == Some("by"));
        if of_actor
            || prep == Some("by") && clause.passive && !material && !with
            || purpose && clause.parts.len() > 1
        {
            self.out.left_out.push((np.from, np.to));
            return true;
        }
        !np.is_target() && np.contents.is_empty()
    }

    /// Whether another phrase of the clause has a name.
    fn other_names(&self, clause: &Clause, index: usize) -> bool {
        clause.parts.iter().enumerate().any(|(other, part)| {
            other != index && matches!(&part.thing, Thing::Np(np) if !np.names.is_empty())
        })
    }

    /// Whether a phrase is of a type whose pattern needs a `slot`.
    fn has_slot(&self, np: &Np, slot: &str, clause: &Clause) -> bool {
        let Some((noun, _)) = np.head else { return false };
        let slot = format!("{{{slot}}}");
        let kinds = &self.senses.lexicon.nouns[noun].kinds;
        kinds.iter().any(|kind| {
            let of = np.services.is_empty() || np.services.contains(&kind.service);
            let Some(pattern) = kind.pattern.as_ref().filter(|pattern| of && pattern.contains(&slot)) else {
                return false;
            };
            let all =
                !pattern.contains('@') && clause.acts.iter().any(|act| self.senses.could(act, kind, &[]));
            !np.names.is_empty() || all
        })
    }

    /// The words of a type that was said without a name: `transcription job`.
    fn called(&self, np: &Np) -> Vec<String> {
        let mut called = np.contents.clone();
        if let Some((index, _)) = np.head {
            called.push(self.senses.lexicon.nouns[index].phrase.clone());
        }
        called
    }

    /// What a pronoun stands for, and the contents that its sentence is about.
    fn referred(&self, clause: &Clause, token: usize, services: &[String]) -> Result<Referred, Ask> {
        let topic = self.topic(clause, services)?;
        let contents =
            self.text.topics.iter().filter(|(sentence, np)| *sentence == clause.sentence && !np.is_target());
        let contents: Vec<String> = contents.flat_map(|(_, np)| np.contents.clone()).collect();
        let found = match (topic, self.last.is_empty()) {
            (Some(topic), _) => topic,
            (None, true) => self.only_one(|_| true).into_iter().collect(),
            (None, false) => self.last.clone(),
        };
        match found.is_empty() {
            true => Err(Ask::new((token, token + 1), "what does this refer to?", "name it")),
            false => Ok((found.into_iter().map(|found| (found, true)).collect(), contents)),
        }
    }

    /// The one resource that was granted so far and fits, if it is one.
    fn only_one(&self, fits: impl Fn(&Found) -> bool) -> Option<Found> {
        let mut all: Vec<&Found> =
            self.out.grants.iter().map(|grant| &grant.found).filter(|found| fits(found)).collect();
        all.dedup();
        let first = all.first().copied()?;
        all.iter().all(|found| *found == first).then(|| first.clone())
    }

    /// The resources of a phrase: by name, or the one that was named before.
    fn found(
        &mut self,
        clause: &Clause,
        part: &Part,
        np: &Np,
        services: &[String],
    ) -> Result<Vec<Found>, Ask> {
        let senses = self.senses;
        let contents: Vec<String> = clause
            .parts
            .iter()
            .filter_map(|part| match &part.thing {
                Thing::Np(np) if !np.is_target() => Some(np.contents.clone()),
                _ => None,
            })
            .flatten()
            .chain(np.contents.iter().cloned())
            .collect();
        let fits = |kind: &Kind| clause.acts.iter().any(|act| senses.could(act, kind, &contents));
        let lists = clause.acts.iter().all(|act| class_of(act) == "list");
        let beside = self.nouns_beside(clause, np);
        let near = self.near(clause);
        let of_operation = self.of_operation(clause, services);
        let scope = Scope {
            catalog: senses.catalog,
            lexicon: senses.lexicon,
            options: senses.options,
            services: &of_operation,
            said: &self.said,
            beside: &beside,
            known: &self.known,
            near: &near,
            all: self.all && !lists,
            fits: &fits,
        };
        let every = np.every && !(lists && np.names.is_empty());
        let np = &Np { every, ..np.clone() };
        let mut found = scope.resolve(np)?;
        if found.is_empty() && !np.every {
            found.extend(self.named_before(clause, np, &scope)?);
        }
        let _ = part;
        for (name, one) in np.names.iter().zip(&found) {
            self.known.push((name.clone(), one.clone()));
        }
        Ok(found)
    }

    /// `the vault`: the one that was named.
    fn named_before(&self, clause: &Clause, np: &Np, scope: &Scope<'_>) -> Result<Option<Found>, Ask> {
        let definite = np.det.as_deref().is_some_and(|det| ["the", "its", "this", "their"].contains(&det));
        let Some((index, false)) = np.head.filter(|_| definite || clause.negative) else { return Ok(None) };
        let noun = &self.senses.lexicon.nouns[index];
        let same = |found: &Found| {
            found.kind.as_ref().is_some_and(|kind| noun.kinds.iter().any(|known| known.full() == kind.full()))
        };
        if let Some(one) = self.only_one(same) {
            return Ok(Some(one));
        }
        let mut names: Vec<&String> =
            self.said.iter().filter(|(said, _)| *said == noun.phrase).map(|(_, name)| name).collect();
        names.sort();
        names.dedup();
        match names[..] {
            [name] => {
                let named = Np { names: vec![name.clone()], ..np.clone() };
                Ok(scope.resolve(&named)?.pop())
            }
            _ => Ok(None),
        }
    }

    /// The services that a clause speaks of in any way, and the clauses before it.
    fn near(&self, clause: &Clause) -> Vec<String> {
        let nps = clause.parts.iter().filter_map(|part| match &part.thing {
            Thing::Np(np) => Some(np),
            Thing::Pronoun(_) => None,
        });
        nps.flat_map(|np| np.services.iter().cloned()).chain(self.inherited(clause)).collect()
    }

    /// The nouns of the other phrases of a clause.
    fn nouns_beside(&self, clause: &Clause, np: &Np) -> Vec<String> {
        let others = clause.parts.iter().filter_map(|part| match &part.thing {
            Thing::Np(other) if other != np && !other.names.is_empty() => other.head,
            _ => None,
        });
        others.map(|(index, _)| self.senses.lexicon.nouns[index].phrase.clone()).collect()
    }

    /// The services that are named, and where none is, the one that has the operation.
    fn of_operation(&self, clause: &Clause, services: &[String]) -> Vec<String> {
        if !services.is_empty() {
            return services.to_vec();
        }
        let mut of = Vec::new();
        for act in &clause.acts {
            if let What::Operation(name) = &act.what
                && let [one] = self.senses.operations.services(name)
            {
                of.push(one.clone());
            }
        }
        of
    }

    /// A clause that names no resource: a type to list, an operation of a service that needs none, or what the sentence
    /// is about.
    fn nowhere(
        &mut self,
        clause: &Clause,
        contents: &[String],
        services: &[String],
        span: (usize, usize),
    ) -> Result<(), Ask> {
        if let Some(found) = self.topic(clause, services)? {
            let group = Group { contents: contents.to_vec(), found: Vec::new() };
            for found in &found {
                self.acts(clause, &group, found, contents.is_empty(), services, span)?;
            }
            if !clause.negative {
                self.last = found;
            }
            return Ok(());
        }
        if clause.negative
            && let Some(one) = self.only_one(|_| true)
        {
            // `items are received and never deleted`: what was spoken of, where that can be; else the resource.
            let before = self.last_contents.clone();
            let said = if contents.is_empty() { &before[..] } else { contents };
            let group = Group { contents: said.to_vec(), found: Vec::new() };
            let direct = said.is_empty();
            let done = self.acts(clause, &group, &one, direct, services, span);
            return match contents.is_empty() && !direct {
                true => done.or_else(|_| self.acts(clause, &Group::default(), &one, true, services, span)),
                false => done,
            };
        }
        // `the alarm` that was named nowhere is no alarm at all, and not all of them.
        let vague = clause.parts.iter().find_map(|part| match &part.thing {
            Thing::Np(np)
                if np.head.is_some_and(|(_, plural)| !plural) && np.det.is_some() && !clause.negative =>
            {
                Some(np)
            }
            _ => None,
        });
        if let Some(np) = vague {
            return Err(Ask::new(
                (np.from, np.to),
                "which one?",
                "give its name, put it in quotes if it is a word, or write its arn",
            ));
        }
        for act in &clause.acts {
            if let Some(grants) = self.of_actor(clause, act, services) {
                let (negative, sentence) = (clause.negative, clause.sentence);
                self.out.grants.extend(grants.into_iter().map(|(word, found)| Grant {
                    word,
                    found,
                    negative,
                    span: act.span,
                    clause: span,
                    sentence,
                }));
                continue;
            }
            if let Some(grants) = self.of_last(act, &self.last) {
                let (negative, sentence) = (clause.negative, clause.sentence);
                self.out.grants.extend(grants.into_iter().map(|(word, found)| Grant {
                    word,
                    found,
                    negative,
                    span: act.span,
                    clause: span,
                    sentence,
                }));
                continue;
            }
            let grants = self.whole(clause, act, contents, services)?;
            for (word, found) in grants {
                let (negative, sentence) = (clause.negative, clause.sentence);
                self.out.grants.push(Grant { word, found, negative, span: act.span, clause: span, sentence });
            }
        }
        Ok(())
    }

    /// An operation that needs a resource and has none: on what the clause before was about, if it is about that.
    fn of_last(&self, act: &Act, last: &[Found]) -> Option<Vec<(String, Found)>> {
        let What::Operation(name) = &act.what else { return None };
        let bare = name.split_once(':').map_or(name.as_str(), |(_, bare)| bare).replace('-', "");
        let services = self.senses.operations.services(&bare);
        let mut grants = Vec::new();
        for found in last {
            let own = found.kind.as_ref().map(|kind| &kind.service)?;
            let service = services.iter().find(|service| *service == own).or(match services {
                [one] => Some(one),
                _ => None,
            })?;
            let full = self.senses.catalog.action(&format!("{service}:{bare}"))?;
            if !self.senses.fits(service, &full.facts.name, found) {
                return None;
            }
            grants.push((full.full_name(), found.clone()));
        }
        (!grants.is_empty()).then_some(grants)
    }

    /// `the EKS cluster prod needs DescribeCluster`: the operation is about what stands before.
    fn of_actor(&self, clause: &Clause, act: &Act, services: &[String]) -> Option<Vec<(String, Found)>> {
        let [Part { thing: Thing::Np(np), .. }] = &clause.actor[..] else { return None };
        let scope = Scope {
            catalog: self.senses.catalog,
            lexicon: self.senses.lexicon,
            options: self.senses.options,
            services,
            said: &self.said,
            beside: &[],
            known: &self.known,
            near: &[],
            all: false,
            fits: &|kind| self.senses.could(act, kind, &[]),
        };
        let found = scope.resolve(np).ok()?;
        self.of_last(act, &found)
    }

    /// What the sentence is about, before its colon.
    fn topic(&self, clause: &Clause, services: &[String]) -> Result<Option<Vec<Found>>, Ask> {
        for (sentence, np) in &self.text.topics {
            if *sentence != clause.sentence || !np.is_target() || np.names.is_empty() {
                continue;
            }
            let fits = |kind: &Kind| clause.acts.iter().any(|act| self.senses.could(act, kind, &[]));
            let scope = Scope {
                catalog: self.senses.catalog,
                lexicon: self.senses.lexicon,
                options: self.senses.options,
                services,
                said: &self.said,
                beside: &[],
                known: &self.known,
                near: &[],
                all: false,
                fits: &fits,
            };
            return scope.resolve(np).map(Some);
        }
        Ok(None)
    }

    /// An act on a service as a whole, or on a type of it.
    fn whole(
        &self,
        clause: &Clause,
        act: &Act,
        contents: &[String],
        services: &[String],
    ) -> Result<Vec<(String, Found)>, Ask> {
        match &act.what {
            What::Operation(name) => self.named_operation(act, name, services).map(|found| vec![found]),
            What::Light => Err(Ask::new(
                act.span,
                "what is to be allowed?",
                "say what is done, and with what: `read the Orders table`",
            )),
            What::Verb { class, .. }
                if class == "list" && clause.parts.is_empty() && self.last.len() == 1 =>
            {
                let last = self.last[0].clone();
                match self.senses.means(&last, "list") {
                    true => Ok(vec![("list".to_owned(), last)]),
                    false => self.listed(clause, act, contents, services),
                }
            }
            What::Verb { class, .. } if class == "list" => self.listed(clause, act, contents, services),
            What::Verb { class, lemma } => {
                for service in services {
                    if let Some(found) = self.made_whole(clause, act, class, lemma, contents, service) {
                        return Ok(found);
                    }
                }
                let text = format!("`{lemma}` {}: on what?", contents.join(" "));
                Err(Ask::new(
                    act.span,
                    text,
                    "name the resource: `the queue orders`, `the Orders table`, or its arn",
                ))
            }
        }
    }

    /// The operation of a service that verb and contents make, or one for each of the contents.
    fn made_whole(
        &self,
        clause: &Clause,
        act: &Act,
        class: &str,
        lemma: &str,
        contents: &[String],
        service: &str,
    ) -> Option<Vec<(String, Found)>> {
        let known = self.senses.lexicon.word_on(service, class, contents);
        if let Some([word]) = known.filter(|_| !contents.is_empty()) {
            return Some(vec![(word.clone(), service_found(service, None))]);
        }
        let verb = Verb { lemma, class, lexicon: self.senses.lexicon };
        let made = |words: &[String]| match &self.senses.operations.made_of(service, &verb, words, &[])[..] {
            [name] if !words.is_empty() => self.on_whole(act, service, name).ok(),
            _ => None,
        };
        if let Some(found) = made(contents) {
            return Some(vec![found]);
        }
        let each: Vec<(bool, Vec<String>)> = clause
            .parts
            .iter()
            .filter_map(|part| match &part.thing {
                Thing::Np(np) if np.names.is_empty() && !self.called(np).is_empty() => {
                    Some((part.prep.is_some(), self.called(np)))
                }
                _ => None,
            })
            .collect();
        // `labels in images`: what they are in may be left unsaid in the name.
        let (within, bare): (Vec<_>, Vec<_>) = each.iter().cloned().partition(|(prep, _)| *prep);
        let material =
            within.iter().flat_map(|(_, words)| words).all(|word| self.senses.lexicon.is_material(word));
        let bare: Vec<String> = bare.into_iter().flat_map(|(_, words)| words).collect();
        if material && let Some(found) = made(&bare) {
            return Some(vec![found]);
        }
        each.iter().map(|(_, words)| made(words)).collect::<Option<Vec<_>>>().filter(|found| found.len() > 1)
    }

    fn named_operation(&self, act: &Act, name: &str, services: &[String]) -> Result<(String, Found), Ask> {
        let known = self.senses.operations.services(name);
        let service = match name.split_once(':') {
            Some((prefix, _)) => Some(prefix.to_owned()),
            None => services.iter().find(|service| known.contains(service)).cloned().or(match known {
                [one] => Some(one.clone()),
                _ => None,
            }),
        };
        let Some(service) = service else {
            return Err(Ask::new(
                act.span,
                format!("which service's {name}?"),
                "write it with its prefix: `s3:GetObject`",
            ));
        };
        let bare = name.split_once(':').map_or(name, |(_, bare)| bare).replace('-', "");
        self.on_whole(act, &service, &bare)
    }

    /// An operation that needs no resource; one that does must have it.
    fn on_whole(&self, act: &Act, service: &str, name: &str) -> Result<(String, Found), Ask> {
        let full = format!("{service}:{name}");
        let action = self.senses.catalog.action(&full);
        let needs = action.as_ref().is_some_and(|action| action.resources.iter().any(|on| on.required));
        match action {
            Some(action) if !needs => Ok((action.full_name(), service_found(service, None))),
            _ => Err(Ask::new(act.span, format!("{full}: on what?"), "name the resource, or write its arn")),
        }
    }

    /// Finding out which resources there are.
    fn listed(
        &self,
        clause: &Clause,
        act: &Act,
        contents: &[String],
        services: &[String],
    ) -> Result<Vec<(String, Found)>, Ask> {
        let mut grants = Vec::new();
        for part in &clause.parts {
            let Thing::Np(np) = &part.thing else { continue };
            if !np.names.is_empty() || (np.head.is_none() && np.contents.is_empty()) {
                continue;
            }
            let mut of: Vec<String> = np.services.clone();
            of.extend(services.iter().cloned());
            grants.push(self.listed_kind(act, np, &of)?);
        }
        match grants.is_empty() {
            true => Err(Ask::new(
                act.span,
                format!("list what? {}", contents.join(" ")),
                "name a type: `list the SQS queues`",
            )),
            false => Ok(grants),
        }
    }

    fn listed_kind(&self, act: &Act, np: &Np, services: &[String]) -> Result<(String, Found), Ask> {
        let senses = self.senses;
        let unclear =
            || Ask::new((np.from, np.to), "list what?", "name a type and its service: `list the SQS queues`");
        if let Some((index, _)) = np.head {
            let scope = Scope {
                catalog: senses.catalog,
                lexicon: senses.lexicon,
                options: senses.options,
                services,
                said: &self.said,
                beside: &[],
                known: &self.known,
                near: &[],
                all: false,
                fits: &|_| false,
            };
            let kind = scope.kind(np, None)?;
            if let Some(found) = self.enumerated(&kind) {
                return Ok(found);
            }
            let phrase = senses.lexicon.nouns[index].phrase.clone();
            return self.listed_by_words(act, &[phrase], &[kind.service]).ok_or_else(unclear);
        }
        for service in services {
            let called = senses
                .catalog
                .service(service)
                .and_then(|service| type_called(service, &np.contents.join(" ")));
            if let Some(found) = called.and_then(|kind| self.enumerated(&kind)) {
                return Ok(found);
            }
        }
        self.listed_by_words(act, &np.contents, services).ok_or_else(unclear)
    }

    fn enumerated(&self, kind: &Kind) -> Option<(String, Found)> {
        use leastwise_catalog::levels::{LevelTables, Target as Asked};
        let asked = Asked::Service { prefix: &kind.service, kind: Some(&kind.name) };
        LevelTables::embedded().meaning(self.senses.catalog, asked, "list")?;
        Some(("list".to_owned(), service_found(&kind.service, Some(&kind.name))))
    }

    fn listed_by_words(&self, act: &Act, words: &[String], services: &[String]) -> Option<(String, Found)> {
        let verb = Verb { lemma: "list", class: "list", lexicon: self.senses.lexicon };
        for service in services {
            if let [name] = &self.senses.operations.made_of(service, &verb, words, &[])[..] {
                return self.on_whole(act, service, name).ok();
            }
        }
        None
    }

    /// What follows a colon says more exactly what stands before it, where it is about the same.
    fn drop_explained(&mut self) {
        let explained = |grant: &Grant, explains: bool| {
            self.text.clauses.iter().any(|clause| {
                let same = clause.sentence == grant.sentence && span(clause) == grant.clause;
                same && if explains { clause.explains } else { clause.explained }
            })
        };
        let later: Vec<Found> = self
            .out
            .grants
            .iter()
            .filter(|grant| explained(grant, true))
            .map(|grant| grant.found.clone())
            .collect();
        let keep: Vec<bool> = self
            .out
            .grants
            .iter()
            .map(|grant| grant.negative || !explained(grant, false) || !later.contains(&grant.found))
            .collect();
        let mut keep = keep.into_iter();
        self.out.grants.retain(|_| keep.next().unwrap_or(true));
    }
}

/// What a clause is for: `for text`.
fn purposes(clause: &Clause) -> Vec<String> {
    let of = clause.parts.iter().filter(|part| part.prep.as_deref() == Some("for"));
    of.filter_map(|part| match &part.thing {
        Thing::Np(np) if !np.is_target() => Some(np.contents.clone()),
        _ => None,
    })
    .flatten()
    .collect()
}

/// The clause with each path made a part of what it is in: `the files below x/ in bucket acme` are in `acme/x/*`.
fn below(clause: &Clause, lexicon: &Lexicon) -> Clause {
    let path_of = |part: &Part| match &part.thing {
        Thing::Np(np) if np.head.is_none() && np.services.is_empty() => {
            let said = np
                .contents
                .iter()
                .any(|word| ["prefix", "path", "folder", "directory"].contains(&word.as_str()));
            let under =
                matches!(part.prep.as_deref(), Some("below" | "under" | "beneath" | "underneath" | "inside"));
            let only = np
                .contents
                .iter()
                .all(|word| ["prefix", "path", "folder", "directory"].contains(&word.as_str()));
            let [name] = &np.names[..] else { return None };
            ((said || under) && only && !name.contains("://") && !name.starts_with("arn:"))
                .then(|| name.clone())
        }
        _ => None,
    };
    let Some(index) = clause.parts.iter().position(|part| path_of(part).is_some()) else {
        return clause.clone();
    };
    let path = clause.parts.get(index).and_then(path_of).unwrap_or_default();
    let mut clause = clause.clone();
    let end = if path.ends_with('*') {
        ""
    } else if path.ends_with('/') {
        "*"
    } else {
        "/*"
    };
    for part in &mut clause.parts {
        let Thing::Np(np) = &mut part.thing else { continue };
        let Some((noun, _)) = np.head else { continue };
        match (lexicon.nouns[noun].phrase.as_str(), &mut np.names[..]) {
            ("bucket", [name]) => {
                *name = format!("{}/{}{end}", name.trim_end_matches('/'), path.trim_start_matches('/'))
            }
            ("parameter", []) => np.names.push(format!("{path}{end}")),
            _ => continue,
        }
        clause.parts.remove(index);
        break;
    }
    clause
}

fn service_found(prefix: &str, kind: Option<&str>) -> Found {
    let label = kind.map_or_else(|| prefix.to_owned(), |kind| format!("{prefix}:{kind}"));
    Found {
        label,
        target: Target::Service { prefix: prefix.to_owned(), kind: kind.map(str::to_owned) },
        kind: None,
    }
}

fn class_of(act: &Act) -> &str {
    match &act.what {
        What::Verb { class, .. } => class,
        _ => "",
    }
}

/// The tokens of a clause.
fn span(clause: &Clause) -> (usize, usize) {
    let acts = clause.acts.iter().map(|act| act.span);
    let parts = clause.parts.iter().map(|part| match &part.thing {
        Thing::Np(np) => (np.from, np.to),
        Thing::Pronoun(token) => (*token, token + 1),
    });
    let all: Vec<(usize, usize)> = acts.chain(parts).collect();
    let from = all.iter().map(|span| span.0).min().unwrap_or(0);
    (from, all.iter().map(|span| span.1).max().unwrap_or(from))
}
