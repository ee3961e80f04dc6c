//! Chunks → clauses: what is done (verbs and operations), to what (noun phrases with their prepositions), and whether it
//! is allowed or forbidden.

use super::chunk::{Chunk, ChunkKind, starts_clause};
use super::closed::Func;
use super::forms::Form;
use super::noun::Np;
use crate::intent::{Limit, Trust};

/// Something that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Act {
    /// What.
    pub what: What,
    /// Its first token and the one behind its last.
    pub span: (usize, usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A verb of a class.
    Verb { class: String, lemma: String },
    /// An operation by its name.
    Operation(String),
    /// A verb that says nothing of its own.
    Light,
}

/// What something is done to, from or with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub prep: Option<String>,
    pub thing: Thing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thing {
    Np(Np),
    /// `it`, `them`: a token.
    Pronoun(usize),
}

/// A clause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Clause {
    pub acts: Vec<Act>,
    pub parts: Vec<Part>,
    /// Forbidden rather than allowed.
    pub negative: bool,
    /// Whether what follows a colon says the same in other words.
    pub explained: bool,
    /// Whether it follows such a colon.
    pub explains: bool,
    /// Whether it says when: `whenever a user signs up`.
    pub when: bool,
    /// Who or what does it, where that has a name.
    pub actor: Vec<Part>,
    pub passive: bool,
    infinitive: bool,
    /// The number of the sentence.
    pub sentence: usize,
}

/// What the chunks say.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub clauses: Vec<Clause>,
    /// Who holds the role: trust, tokens, sentence.
    pub agents: Vec<(Trust, (usize, usize), usize)>,
    /// Conditions, with their tokens and sentence.
    pub limits: Vec<(Limit, (usize, usize), usize)>,
    /// What a sentence is about, before a colon: with the number of the sentence.
    pub topics: Vec<(usize, Np)>,
    /// What was said and is not granted: tokens.
    pub left_out: Vec<(usize, usize)>,
    /// What only a person can decide: tokens.
    pub open: Vec<(usize, usize)>,
    /// Resources with which nothing is done: tokens.
    pub idle: Vec<(usize, usize)>,
}

struct Reader<'c> {
    chunks: &'c [Chunk],
    text: Text,
    clause: Option<Clause>,
    subject: Vec<Part>,
    prep: Option<String>,
    negative: bool,
    passive: bool,
    /// Whether the subject is what a relative clause is about.
    relative: bool,
    /// Whether the next clause says when.
    when: bool,
    /// Whether what comes next only says which agent: `a Lambda started by …`.
    participle: bool,
    sentence: usize,
    /// Whether a colon stood before in this sentence, after a clause.
    colon: bool,
}

/// Reads the clauses of a text.
pub(super) fn read(chunks: &[Chunk]) -> Text {
    let mut reader = Reader {
        chunks,
        text: Text::default(),
        clause: None,
        subject: Vec::new(),
        prep: None,
        negative: false,
        passive: false,
        relative: false,
        when: false,
        participle: false,
        sentence: 0,
        colon: false,
    };
    let mut at = 0;
    while at < chunks.len() {
        at = reader.chunk(at);
    }
    reader.close();
    reader.idle();
    reader.text
}

impl Reader<'_> {
    fn kind(&self, at: usize) -> Option<&ChunkKind> {
        self.chunks.get(at).map(|chunk| &chunk.kind)
    }

    fn before(&self, at: usize) -> Option<&ChunkKind> {
        at.checked_sub(1).and_then(|before| self.kind(before))
    }

    /// Reads a chunk; gives the next one.
    fn chunk(&mut self, at: usize) -> usize {
        let chunk = &self.chunks[at];
        let span = (chunk.from, chunk.to);
        match &chunk.kind {
            ChunkKind::Agent(_) | ChunkKind::Holder(_) => {
                let trust = match &chunk.kind {
                    ChunkKind::Holder(trust) => trust.clone(),
                    ChunkKind::Agent(service) => Trust::Service(service.clone()),
                    _ => return at + 1,
                };
                self.text.agents.push((trust, span, self.sentence));
                if starts_clause(self.before(at)) {
                    self.close();
                }
                self.subject.clear();
                self.prep = None;
            }
            ChunkKind::Limit(limit) => self.text.limits.push((limit.clone(), span, self.sentence)),
            ChunkKind::Verb { class, lemma, form, nominal, .. } => {
                let what = match class {
                    Some(class) => What::Verb { class: class.clone(), lemma: lemma.clone() },
                    None => What::Light,
                };
                self.verb(at, Act { what, span }, *form, *nominal);
            }
            ChunkKind::Operation(name) => {
                self.operation(at, Act { what: What::Operation(name.clone()), span })
            }
            ChunkKind::Np(np) => self.np(at, Thing::Np(np.clone())),
            ChunkKind::Prep(prep) => self.prep = Some(prep.clone()),
            ChunkKind::Comma | ChunkKind::Open => {}
            ChunkKind::Colon => self.colon(),
            ChunkKind::Stop => {
                self.close();
                self.idle();
                self.sentence += 1;
                (self.colon, self.negative, self.passive, self.prep) = (false, false, false, None);
            }
            ChunkKind::Func(func) => return self.func(at, *func),
        }
        at + 1
    }

    fn func(&mut self, at: usize, func: Func) -> usize {
        let chunk = &self.chunks[at];
        match func {
            Func::Neg if self.restates(at) => return self.skip(at),
            Func::What => {
                self.close();
                self.idle();
                self.prep = None;
            }
            Func::Neg => {
                // What must not be done begins a clause of its own.
                if !matches!(self.before(at), Some(ChunkKind::Np(_))) || self.subject.is_empty() {
                    self.close();
                }
                self.negative = true;
            }
            Func::Without => return self.skip(at),
            Func::Aux => self.aux(at),
            Func::Forbidden => self.forbid(),
            Func::Pronoun => self.np(at, Thing::Pronoun(chunk.from)),
            Func::Except => self.text.open.push((chunk.from, chunk.to)),
            // `list which metrics there are`: what is asked for.
            Func::Rel if matches!(self.before(at), Some(ChunkKind::Verb { .. })) => {}
            Func::Rel if matches!(self.before(at), Some(ChunkKind::Agent(_) | ChunkKind::Holder(_))) => {
                self.close();
                (self.subject, self.prep) = (Vec::new(), None);
            }
            Func::Rel => {
                self.relative = true;
                let last = self.clause.as_ref().and_then(|clause| clause.parts.last().cloned());
                let last = last.or_else(|| self.subject.last().cloned());
                self.close();
                self.subject = last.into_iter().collect();
                self.prep = None;
            }
            Func::Purpose => return self.skip(at),
            Func::After if matches!(self.before(at), Some(ChunkKind::Func(Func::Only))) => {
                self.text.open.push((chunk.from, chunk.to));
            }
            Func::After => {
                self.close();
                self.when = true;
                (self.subject, self.prep, self.negative) = (Vec::new(), None, false);
                // A noun alone says when, not what.
                if let (Some(ChunkKind::Np(np)), false) = (self.kind(at + 1), self.is_subject(at + 1))
                    && np.names.is_empty()
                    && (np.every || np.det.as_deref() == Some("each"))
                {
                    self.text.left_out.push((self.chunks[at].from, np.to));
                    return at + 2;
                }
            }
            Func::But => {
                self.close();
                (self.subject, self.negative) = (Vec::new(), false);
            }
            _ => {}
        }
        at + 1
    }

    /// `not its items`, `not configuration`: a negation of a noun, which only says again what is not granted.
    fn restates(&self, at: usize) -> bool {
        let mut next = at + 1;
        while matches!(self.kind(next), Some(ChunkKind::Func(Func::Only))) {
            next += 1;
        }
        matches!(self.kind(next), Some(ChunkKind::Np(_) | ChunkKind::Prep(_) | ChunkKind::Limit(_)) | None)
            && !self.is_subject(next)
    }

    /// Leaves out what stands from here to the next mark.
    fn skip(&mut self, at: usize) -> usize {
        let mut end = at + 1;
        while let Some(kind) = self.kind(end) {
            if matches!(kind, ChunkKind::Comma | ChunkKind::Colon | ChunkKind::Stop | ChunkKind::Limit(_)) {
                break;
            }
            if matches!(kind, ChunkKind::Func(Func::Except)) {
                self.text.open.push((self.chunks[end].from, self.chunks[end].to));
            }
            end += 1;
        }
        self.text.left_out.push((self.chunks[at].from, self.chunks[end - 1].to));
        if !matches!(self.before(at), Some(ChunkKind::Open)) {
            self.close();
        }
        end
    }

    fn aux(&mut self, at: usize) {
        let mut next = at + 1;
        while matches!(
            self.kind(next),
            Some(ChunkKind::Func(Func::Only | Func::Aux | Func::Modal) | ChunkKind::Comma)
        ) {
            next += 1;
        }
        if matches!(self.kind(next), Some(ChunkKind::Verb { .. })) {
            self.passive = true;
        }
    }

    fn colon(&mut self) {
        self.close();
        let open = self.text.clauses.iter().any(|clause| clause.sentence == self.sentence);
        for part in std::mem::take(&mut self.subject) {
            if let Thing::Np(np) = part.thing {
                self.text.topics.push((self.sentence, np));
            }
        }
        if open {
            let sentence = self.sentence;
            for clause in self.text.clauses.iter_mut().filter(|clause| clause.sentence == sentence) {
                clause.explained = !clause.negative;
            }
            self.colon = true;
        }
        (self.negative, self.passive, self.prep) = (false, false, None);
    }

    /// `deleting the vault is forbidden`: the clause before.
    fn forbid(&mut self) {
        if let Some(clause) = &mut self.clause {
            clause.negative = true;
        } else if let Some(last) = self.text.clauses.last_mut().filter(|last| last.sentence == self.sentence)
        {
            last.negative = true;
        }
        self.close();
    }

    fn close(&mut self) {
        if let Some(clause) = self.clause.take() {
            self.text.clauses.push(clause);
        }
        self.passive = false;
    }

    fn begin(&mut self, act: Act) {
        let negative = std::mem::take(&mut self.negative);
        let (sentence, explains) = (self.sentence, self.colon);
        let when = std::mem::take(&mut self.when);
        self.clause =
            Some(Clause { acts: vec![act], negative, sentence, explains, when, ..Clause::default() });
    }

    /// Named resources that no verb came to.
    fn idle(&mut self) {
        for part in std::mem::take(&mut self.subject) {
            if let Thing::Np(np) = part.thing
                && (!np.names.is_empty() || !np.contents.is_empty())
            {
                self.text.idle.push((np.from, np.to));
            }
        }
    }

    fn verb(&mut self, at: usize, act: Act, form: Form, nominal: bool) {
        let joined =
            matches!(self.before(at), Some(ChunkKind::Comma | ChunkKind::Func(Func::And | Func::Only)));
        let to = matches!(self.before(at), Some(ChunkKind::Prep(prep)) if prep == "to");
        let and_to =
            to && matches!(at.checked_sub(2).and_then(|at| self.kind(at)), Some(ChunkKind::Func(Func::And)));
        let own = self.has_own(at);
        let by = matches!(self.before(at), Some(ChunkKind::Prep(prep)) if prep == "by") && form == Form::Ing;
        let bare = matches!(self.before(at), Some(ChunkKind::Prep(prep)) if prep == "for")
            && form == Form::Ing
            && matches!(
                self.kind(at + 1),
                None | Some(ChunkKind::Comma | ChunkKind::Stop | ChunkKind::Func(Func::And))
            );
        let after_np = matches!(self.before(at), Some(ChunkKind::Np(_)));
        self.prep = None;
        let caused = matches!(&act.what, What::Verb { lemma, .. } if lemma.ends_with(" by"));
        if form == Form::Past
            && !caused
            && matches!(self.before(at), Some(ChunkKind::Agent(_) | ChunkKind::Holder(_)))
        {
            self.participle = true;
            self.text.left_out.push(act.span);
            return;
        }
        if std::mem::take(&mut self.passive) {
            self.passive_verb(act);
            return;
        }
        if bare
            && self
                .clause
                .as_ref()
                .is_some_and(|clause| !clause.acts.iter().all(|known| carries(&known.what)))
        {
            self.text.left_out.push(act.span);
            return;
        }
        if by && let Some(clause) = &mut self.clause {
            // `texts are checked by applying the guardrail`.
            clause.explained = !clause.negative;
            self.colon = true;
        }
        if let Some(clause) = &mut self.clause {
            if joined && clause.passive && matches!(form, Form::Past | Form::Base) {
                let own = own && clause.parts.iter().any(is_named);
                if !own {
                    clause.acts.push(act);
                    return;
                }
                // `objects are read from … and written to …`: the same things, somewhere else.
                let things = clause.parts.iter().take_while(|part| !is_named(part)).cloned().collect();
                let negative = clause.negative;
                self.close();
                self.begin(act);
                if let Some(clause) = &mut self.clause {
                    (clause.parts, clause.passive, clause.negative) = (things, true, negative);
                }
                return;
            }
            let operations = clause.acts.iter().all(|known| matches!(known.what, What::Operation(_)));
            if operations && !joined && is_empty(&act.what) {
                // `ExecuteStatement runs on the cluster`.
                return;
            }
            if and_to && clause.infinitive {
                clause.acts.push(act);
                return;
            }
            let light = clause
                .acts
                .iter()
                .all(|known| known.what == What::Light || (nominal && carries(&known.what)));
            let carried =
                light || (clause.parts.is_empty() && clause.acts.iter().all(|known| carries(&known.what)));
            if carried && !joined && !self.negative {
                clause.acts = vec![act];
                clause.infinitive = to;
                return;
            }
            if joined && clause.parts.is_empty() && !self.negative {
                clause.acts.push(act);
                return;
            }
            if form == Form::Past && !joined && after_np && !clause.parts.is_empty() {
                // `files stored in the bucket`: which they are, not what is done.
                return;
            }
        }
        let stays =
            joined && form == Form::Base && self.clause.as_ref().is_some_and(|clause| clause.negative);
        self.close();
        let elliptic = form == Form::Past
            && !joined
            && self.subject.iter().any(|part| matches!(part.thing, Thing::Np(_)));
        self.negative |= stays;
        let mut subject = std::mem::take(&mut self.subject);
        if std::mem::take(&mut self.relative) && !elliptic {
            subject.clear();
        }
        // An account in the subject is who may hold the role: nothing to be dropped.
        let account = |np: &Np| {
            np.names.iter().any(|name| name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit()))
        };
        for part in &subject {
            if let Thing::Np(np) = &part.thing
                && account(np)
            {
                self.text.idle.push((np.from, np.to));
            }
        }
        self.begin(act);
        if let Some(clause) = &mut self.clause {
            clause.infinitive = to;
            clause.passive = elliptic;
            // Who does it is not what it is done to: `on queue gpu, …` is.
            clause.actor = if elliptic {
                Vec::new()
            } else {
                subject.iter().filter(|part| is_named(part)).cloned().collect()
            };
            clause.parts = match elliptic {
                true => subject,
                false => fronted(subject),
            };
        }
    }

    fn passive_verb(&mut self, act: Act) {
        // `queries … may be made`: the noun already said what is done.
        if is_empty(&act.what)
            && self
                .clause
                .as_ref()
                .is_some_and(|clause| !clause.acts.iter().all(|known| carries(&known.what)))
        {
            return;
        }
        // `is triggered by the queue`: the subject acts.
        let acts = matches!(&act.what, What::Verb { lemma, .. } if lemma.ends_with(" by"));
        self.close();
        let subject = std::mem::take(&mut self.subject);
        self.begin(act);
        if let Some(clause) = &mut self.clause {
            clause.passive = !acts;
            if !acts {
                clause.parts = subject;
            }
        }
    }

    fn operation(&mut self, at: usize, act: Act) {
        let joined = matches!(
            self.before(at),
            Some(ChunkKind::Comma | ChunkKind::Func(Func::And) | ChunkKind::Operation(_))
        );
        let list = joined
            && at.checked_sub(2).is_some_and(|at| matches!(self.kind(at), Some(ChunkKind::Operation(_))));
        if let Some(clause) = self.clause.as_mut().filter(|_| list) {
            clause.acts.push(act);
            return;
        }
        let with = self
            .prep
            .take()
            .is_some_and(|prep| ["with", "by", "via", "through", "using"].contains(&prep.as_str()));
        if let Some(clause) = self.clause.as_mut().filter(|_| with) {
            clause.acts = vec![act];
            return;
        }
        if let Some(clause) = &mut self.clause
            && clause.parts.is_empty()
        {
            if joined && !clause.acts.iter().all(|known| carries(&known.what)) {
                clause.acts.push(act);
                return;
            }
            if clause.acts.iter().all(|known| carries(&known.what)) {
                clause.acts = vec![act];
                return;
            }
        }
        self.close();
        let subject = std::mem::take(&mut self.subject);
        self.begin(act);
        if let Some(clause) = &mut self.clause {
            clause.parts = fronted(subject);
        }
    }

    fn np(&mut self, at: usize, thing: Thing) {
        let joined = starts_clause(self.before(at));
        if std::mem::take(&mut self.participle) {
            self.text.left_out.push((self.chunks[at].from, self.chunks[at].to));
            self.prep = None;
            return;
        }
        let prep = match (self.prep.take(), self.before(at)) {
            (Some(prep), _) => Some(prep),
            (None, Some(ChunkKind::Comma | ChunkKind::Func(Func::And))) => {
                self.clause.as_ref().and_then(|clause| clause.parts.last()).and_then(|part| part.prep.clone())
            }
            _ => None,
        };
        if joined && self.clause.is_some() && self.begins_clause(at) && !self.is_judged(at) {
            self.close();
        }
        let part = Part { prep, thing };
        match &mut self.clause {
            Some(clause) => clause.parts.push(part),
            None => self.subject.push(part),
        }
    }

    /// Whether a noun phrase in a clause is the subject of the next: of an active one only when a verb follows at once.
    fn begins_clause(&self, at: usize) -> bool {
        let passive = self.clause.as_ref().is_some_and(|clause| clause.passive);
        if passive {
            return self.is_subject(at);
        }
        let mut here = at + 1;
        while matches!(self.kind(here), Some(ChunkKind::Prep(_)))
            && matches!(self.kind(here + 1), Some(ChunkKind::Np(_) | ChunkKind::Func(Func::Pronoun)))
        {
            here += 2;
        }
        let list = matches!(self.kind(here), Some(ChunkKind::Func(Func::And) | ChunkKind::Comma));
        !list && self.is_subject(at)
    }

    /// Whether a verb has a resource of its own after it: `and uploaded to the bucket b`.
    fn has_own(&self, at: usize) -> bool {
        let mut here = at + 1;
        loop {
            match (self.kind(here), self.kind(here + 1)) {
                (Some(ChunkKind::Prep(prep)), Some(ChunkKind::Np(np))) if prep != "by" => {
                    if !np.names.is_empty() {
                        return true;
                    }
                    here += 2;
                }
                (Some(ChunkKind::Np(_)), _) => here += 1,
                _ => return false,
            }
        }
    }

    /// `deleting objects or the bucket is forbidden`: the phrase belongs to what is judged.
    fn is_judged(&self, at: usize) -> bool {
        let mut here = at;
        while matches!(
            self.kind(here),
            Some(
                ChunkKind::Np(_)
                    | ChunkKind::Prep(_)
                    | ChunkKind::Comma
                    | ChunkKind::Func(
                        Func::And | Func::Aux | Func::Modal | Func::Neg | Func::Pronoun | Func::Only
                    )
            )
        ) {
            here += 1;
        }
        matches!(self.kind(here), Some(ChunkKind::Func(Func::Forbidden | Func::Allowed)))
    }

    /// Whether the noun phrase at `at` begins the subject of a clause: a verb follows it.
    fn is_subject(&self, at: usize) -> bool {
        let phrase =
            |at: usize| matches!(self.kind(at), Some(ChunkKind::Np(_) | ChunkKind::Func(Func::Pronoun)));
        let mut here = at;
        if !phrase(here) {
            return false;
        }
        here += 1;
        loop {
            match self.kind(here) {
                Some(ChunkKind::Prep(_)) if phrase(here + 1) => here += 2,
                Some(ChunkKind::Func(Func::And) | ChunkKind::Comma) if phrase(here + 1) => here += 2,
                Some(ChunkKind::Comma)
                    if matches!(self.kind(here + 1), Some(ChunkKind::Func(Func::And)))
                        && phrase(here + 2) =>
                {
                    here += 3;
                }
                Some(ChunkKind::Func(Func::Modal | Func::Neg | Func::Only)) => here += 1,
                Some(ChunkKind::Func(Func::Aux)) => return true,
                Some(ChunkKind::Verb { form, .. }) => {
                    return matches!(form, Form::Third | Form::Past) || {
                        matches!(self.before(here), Some(ChunkKind::Func(Func::Modal | Func::Neg)))
                    };
                }
                _ => return false,
            }
        }
    }
}

/// Verbs that only say that something is done.
fn is_empty(what: &What) -> bool {
    match what {
        What::Light => true,
        What::Verb { lemma, .. } => {
            ["make", "do", "perform", "run", "call", "execute"].contains(&lemma.as_str())
        }
        What::Operation(_) => false,
    }
}

/// What stands before the subject: `on queue gpu, …`; not what belongs to it: `a service of domain x`.
fn fronted(subject: Vec<Part>) -> Vec<Part> {
    match subject.first() {
        Some(first) if first.prep.is_some() => {
            subject.into_iter().filter(|part| part.prep.is_some() && is_named(part)).collect()
        }
        _ => Vec::new(),
    }
}

fn is_named(part: &Part) -> bool {
    matches!(&part.thing, Thing::Np(np) if !np.names.is_empty())
}

/// Whether a verb may only carry what follows: `calls PutItem`, `uses the key to sign`.
fn carries(what: &What) -> bool {
    match what {
        What::Light => true,
        What::Verb { class, .. } => {
            ["invoke", "run", "read", "create", "manage", "access", "start"].contains(&class.as_str())
        }
        What::Operation(_) => false,
    }
}
