//! Clauses that name no resource: types to list, operations of a service that need none, what was named before.

use super::super::clause::{Act, Clause, Part, Thing, What};
use super::super::lexicon::Kind;
use super::super::noun::Np;
use super::super::operation::Verb;
use super::super::question::Ask;
use super::super::target::{Scope, type_called};
use super::{Found, Grant, Group, Resolver, service_found};

impl Resolver<'_> {
    /// A clause that names no resource: a type to list, an operation of a service that needs none, or what the sentence
    /// is about.
    pub(super) fn nowhere(
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
    pub(super) fn of_last(&self, act: &Act, last: &[Found]) -> Option<Vec<(String, Found)>> {
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
    pub(super) fn of_actor(
        &self,
        clause: &Clause,
        act: &Act,
        services: &[String],
    ) -> Option<Vec<(String, Found)>> {
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

    /// An act on a service as a whole, or on a type of it.
    pub(super) fn whole(
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
    pub(super) fn made_whole(
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

    pub(super) fn named_operation(
        &self,
        act: &Act,
        name: &str,
        services: &[String],
    ) -> Result<(String, Found), Ask> {
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
    pub(super) fn on_whole(&self, act: &Act, service: &str, name: &str) -> Result<(String, Found), Ask> {
        let full = format!("{service}:{name}");
        let action = self.senses.catalog.action(&full);
        let needs = action.as_ref().is_some_and(|action| action.resources.iter().any(|on| on.required));
        match action {
            Some(action) if !needs => Ok((action.full_name(), service_found(service, None))),
            _ => Err(Ask::new(act.span, format!("{full}: on what?"), "name the resource, or write its arn")),
        }
    }

    /// Finding out which resources there are.
    pub(super) fn listed(
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

    pub(super) fn listed_kind(
        &self,
        act: &Act,
        np: &Np,
        services: &[String],
    ) -> Result<(String, Found), Ask> {
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

    pub(super) fn enumerated(&self, kind: &Kind) -> Option<(String, Found)> {
        use leastwise_catalog::levels::{LevelTables, Target as Asked};
        let asked = Asked::Service { prefix: &kind.service, kind: Some(&kind.name) };
        LevelTables::embedded().meaning(self.senses.catalog, asked, "list")?;
        Some(("list".to_owned(), service_found(&kind.service, Some(&kind.name))))
    }

    pub(super) fn listed_by_words(
        &self,
        act: &Act,
        words: &[String],
        services: &[String],
    ) -> Option<(String, Found)> {
        let verb = Verb { lemma: "list", class: "list", lexicon: self.senses.lexicon };
        for service in services {
            if let [name] = &self.senses.operations.made_of(service, &verb, words, &[])[..] {
                return self.on_whole(act, service, name).ok();
            }
        }
        None
    }
}
