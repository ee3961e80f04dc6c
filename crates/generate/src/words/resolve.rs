//! Clauses → permissions. What cannot be placed becomes a question, never a grant.

mod groups;
mod refer;
mod whole;

use super::clause::{Act, Clause, Part, Text, Thing, What};
use super::lexicon::Lexicon;
use super::question::Ask;
use super::sense::{Beside, Senses};
use super::target::Found;
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
