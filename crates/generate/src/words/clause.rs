//! Chunks → clauses: what is done (verbs and operations), to what (noun phrases with their prepositions), and whether it
//! is allowed or forbidden.

mod phrase;
mod verb;

use super::chunk::{Chunk, ChunkKind, starts_clause};
use super::closed::Func;
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
