//! The phrases of a clause as contents and resources: `messages` of `the orders queue`.

use super::super::clause::{Clause, Part, Thing};
use super::super::noun::Np;
use super::super::question::Ask;
use super::{Found, Group, Resolver, class_of, has_name};

impl Resolver<'_> {
    /// The services that a clause names, and those that its sentence is about.
    pub(super) fn services(&self, clause: &Clause) -> Vec<String> {
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
    pub(super) fn is_slot(&self, np: &Np) -> bool {
        let Some((noun, _)) = np.head else { return false };
        let slot = format!("{{{}}}", self.senses.lexicon.nouns[noun].phrase);
        let kinds = self.senses.lexicon.nouns.iter().flat_map(|noun| &noun.kinds);
        kinds.into_iter().any(|kind| kind.pattern.as_ref().is_some_and(|pattern| pattern.contains(&slot)))
    }

    /// Contents and resources, in the order in which they were said.
    pub(super) fn groups(&mut self, clause: &Clause, services: &[String]) -> Result<Vec<Group>, Ask> {
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
    pub(super) fn may_be_words(&self, np: &Np) -> bool {
        let plain = |name: &String| name.bytes().all(|b| b.is_ascii_lowercase());
        np.head.is_some_and(|(index, _)| !self.senses.lexicon.nouns[index].default)
            && np.det.is_none()
            && np.names.iter().all(plain)
    }

    /// Contents that come after their resource: the subject of a passive, `the bucket … , objects`.
    pub(super) fn trailing(&mut self, clause: &Clause, waiting: Vec<String>, groups: &mut Vec<Group>) {
        match groups.iter_mut().rev().find(|group| !group.found.is_empty() && group.contents.is_empty()) {
            Some(group) if clause.passive || waiting.iter().all(|content| self.goes_with(group, content)) => {
                group.contents = waiting
            }
            _ => groups.push(Group { contents: waiting, found: Vec::new() }),
        }
    }

    pub(super) fn goes_with(&self, group: &Group, content: &str) -> bool {
        let kinds = group.found.iter().filter_map(|(found, _)| found.kind.as_ref());
        self.senses.lexicon.is_generic(content)
            || kinds.into_iter().all(|kind| self.senses.lexicon.goes_with(&kind.full(), content))
    }

    /// A further resource shares the contents of the one before, where they can lie in it.
    pub(super) fn share(&self, last: &mut Group, found: Vec<(Found, bool)>) {
        last.found.extend(found);
    }

    /// What stands beside and grants nothing: who does it, what for, and what another resource is in.
    pub(super) fn is_beside(&mut self, clause: &Clause, index: usize, part: &Part, np: &Np) -> bool {
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
    pub(super) fn other_names(&self, clause: &Clause, index: usize) -> bool {
        clause.parts.iter().enumerate().any(|(other, part)| {
            other != index && matches!(&part.thing, Thing::Np(np) if !np.names.is_empty())
        })
    }

    /// Whether a phrase is of a type whose pattern needs a `slot`.
    pub(super) fn has_slot(&self, np: &Np, slot: &str, clause: &Clause) -> bool {
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
    pub(super) fn called(&self, np: &Np) -> Vec<String> {
        let mut called = np.contents.clone();
        if let Some((index, _)) = np.head {
            called.push(self.senses.lexicon.nouns[index].phrase.clone());
        }
        called
    }
}
