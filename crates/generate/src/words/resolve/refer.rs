//! What phrases and pronouns refer to: by name, by what was named before, by what the sentence is about.

use super::super::clause::{Clause, Part, Thing, What};
use super::super::lexicon::Kind;
use super::super::noun::Np;
use super::super::question::Ask;
use super::super::target::Scope;
use super::{Found, Referred, Resolver, class_of};

impl Resolver<'_> {
    /// What a pronoun stands for, and the contents that its sentence is about.
    pub(super) fn referred(
        &self,
        clause: &Clause,
        token: usize,
        services: &[String],
    ) -> Result<Referred, Ask> {
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
    pub(super) fn only_one(&self, fits: impl Fn(&Found) -> bool) -> Option<Found> {
        let mut all: Vec<&Found> =
            self.out.grants.iter().map(|grant| &grant.found).filter(|found| fits(found)).collect();
        all.dedup();
        let first = all.first().copied()?;
        all.iter().all(|found| *found == first).then(|| first.clone())
    }

    /// The resources of a phrase: by name, or the one that was named before.
    pub(super) fn found(
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
    pub(super) fn named_before(
        &self,
        clause: &Clause,
        np: &Np,
        scope: &Scope<'_>,
    ) -> Result<Option<Found>, Ask> {
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
    pub(super) fn near(&self, clause: &Clause) -> Vec<String> {
        let nps = clause.parts.iter().filter_map(|part| match &part.thing {
            Thing::Np(np) => Some(np),
            Thing::Pronoun(_) => None,
        });
        nps.flat_map(|np| np.services.iter().cloned()).chain(self.inherited(clause)).collect()
    }

    /// The nouns of the other phrases of a clause.
    pub(super) fn nouns_beside(&self, clause: &Clause, np: &Np) -> Vec<String> {
        let others = clause.parts.iter().filter_map(|part| match &part.thing {
            Thing::Np(other) if other != np && !other.names.is_empty() => other.head,
            _ => None,
        });
        others.map(|(index, _)| self.senses.lexicon.nouns[index].phrase.clone()).collect()
    }

    /// The services that are named, and where none is, the one that has the operation.
    pub(super) fn of_operation(&self, clause: &Clause, services: &[String]) -> Vec<String> {
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

    /// What the sentence is about, before its colon.
    pub(super) fn topic(&self, clause: &Clause, services: &[String]) -> Result<Option<Vec<Found>>, Ask> {
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
}
