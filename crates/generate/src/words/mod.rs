//! Plain words → [`Intent`], without a model: services and their aliases, verbs, names, conditions, who holds the role.
//!
//! The reading is deterministic and says what it took each phrase for. What it cannot place is a [`Question`] and never a
//! grant: an unknown word, a resource without a name, a verb that may be many things, an exception that it cannot express.
//! An intent is only to be used when there are no questions.

mod chunk;
mod clause;
mod closed;
mod forms;
mod holder;
mod lexicon;
mod limit;
mod noun;
mod operation;
mod particle;
mod question;
mod resolve;
mod roles;
mod sense;
mod target;
mod token;

use std::sync::Arc;

use leastwise_catalog::Catalog;

use crate::intent::{Binding, Intent, Limit, Permission, Place, Role, Said, Trust};
use crate::lower::aws::{self, Options};
use lexicon::Lexicon;
use operation::Operations;
use question::Ask;
pub use question::{Choice, Question, Understood};
use resolve::{Grant, Resolved};
use token::Token;

/// The longest text that is read, in bytes.
pub const LONGEST: usize = 10_000;

/// What was made of plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What was understood, as an intent.
    pub intent: Intent,
    /// Each phrase with what it was taken for.
    pub understood: Vec<Understood>,
    /// What was said and grants nothing: when, what for, what is not meant.
    pub left_out: Vec<Understood>,
    /// What was not understood. The intent is not to be used before they are answered.
    pub questions: Vec<Question>,
}

struct Reader<'a> {
    text: &'a str,
    source: Arc<str>,
    tokens: Vec<Token>,
    catalog: &'a Catalog,
    options: &'a Options,
}

/// Reads plain words. `name` is what the role is called.
pub fn read(text: &str, name: &str, catalog: &Catalog, options: &Options) -> Reading {
    let source: Arc<str> = Arc::from("words");
    let readable = if text.len() > LONGEST { "" } else { text };
    let reader = Reader {
        text: readable,
        source,
        tokens: particle::joined(token::tokens(readable), Lexicon::embedded()),
        catalog,
        options,
    };
    if text.len() > LONGEST {
        let question = Question {
            place: Place::at(&reader.source, 1, 1),
            phrase: String::new(),
            text: format!("that is {} bytes: what is the role to do, in a few sentences?", text.len()),
            help: format!("say it in at most {LONGEST} bytes, or write roles in YAML"),
            choices: Vec::new(),
        };
        return Reading {
            intent: Intent::default(),
            understood: Vec::new(),
            left_out: Vec::new(),
            questions: vec![question],
        };
    }
    reader.read(name)
}

impl Reader<'_> {
    fn read(&self, name: &str) -> Reading {
        let lexicon = Lexicon::embedded();
        let operations = Operations::new(self.catalog);
        let chunks = chunk::chunks(&self.tokens, lexicon, &operations);
        let text = clause::read(&chunks);
        let senses =
            sense::Senses { catalog: self.catalog, lexicon, operations: &operations, options: self.options };
        let several = |token: &Token| ["them", "these", "those"].contains(&token.lower.as_str());
        let several: Vec<usize> = (0..self.tokens.len()).filter(|at| several(&self.tokens[*at])).collect();
        let mut resolved = resolve::resolve(&senses, &text, &several);
        for span in &text.open {
            let ask = Ask::new(
                *span,
                "what does this leave out, or depend on?",
                "say what is allowed, and what must never be done, each by itself",
            );
            resolved.asks.push(ask);
        }
        for span in &text.idle {
            resolved.asks.push(Ask::new(
                *span,
                "what may be done with it?",
                "say it with a verb: `read the Orders table`",
            ));
        }
        if resolved.grants.iter().all(|grant| grant.negative) && resolved.asks.is_empty() {
            let end = self.tokens.len();
            resolved.asks.push(Ask::new(
                (0, end),
                "what is to be allowed?",
                "say what is done, and with what: `read the Orders table`",
            ));
        }
        self.reading(name, &text, resolved)
    }

    fn reading(&self, name: &str, text: &clause::Text, mut resolved: Resolved) -> Reading {
        let mut intent = Intent::default();
        let mut understood = Vec::new();
        let holders = self.holders(text, &resolved);
        let shares = roles::shares(&holders).unwrap_or_else(|span| {
            let help = "say what each does in a sentence of its own";
            resolved.asks.push(Ask::new(span, "who of them is to do which?", help));
            vec![roles::Share::default()]
        });
        for share in &shares {
            let name = if shares.len() > 1 { format!("{name}-{}", share.name) } else { name.to_owned() };
            let mut role = Role::named(Said::new(name, self.place(0)));
            self.fill(share, &holders, text, &mut role, &mut understood);
            for grant in resolved.grants.iter().filter(|grant| share.covers(grant.sentence)) {
                self.permission(grant, &mut intent, &mut role, &mut understood);
            }
            intent.roles.push(role);
        }
        let mut questions: Vec<Question> = resolved.asks.iter().map(|ask| self.question(ask)).collect();
        if questions.is_empty() {
            questions.extend(self.faults(&intent));
        }
        questions.sort_by(|a, b| a.place.cmp(&b.place));
        questions.dedup();
        understood.sort_by(|a, b| a.place.cmp(&b.place));
        let left = text.left_out.iter().chain(&resolved.left_out);
        let left_out = left.map(|span| self.understood(*span, "grants nothing".to_owned())).collect();
        Reading { intent, understood, left_out, questions }
    }

    /// Who holds a role, but for what a sentence is about: `CodeBuild: start project web`.
    fn holders(&self, text: &clause::Text, resolved: &Resolved) -> Vec<roles::Holder> {
        let itself = |(trust, span, sentence): &&roles::Holder| {
            let Trust::Service(service) = trust else { return false };
            let mut of_sentence = resolved.grants.iter().filter(|grant| grant.sentence == *sentence);
            self.tokens.get(span.1).is_some_and(|next| next.kind == token::TokenKind::Colon)
                && of_sentence
                    .all(|grant| grant.found.kind.as_ref().is_some_and(|kind| kind.service == *service))
        };
        text.agents.iter().filter(|holder| !itself(holder)).cloned().collect()
    }

    /// Who holds a role, and under which conditions.
    fn fill(
        &self,
        share: &roles::Share,
        holders: &[roles::Holder],
        text: &clause::Text,
        role: &mut Role,
        understood: &mut Vec<Understood>,
    ) {
        for (trust, span, _) in holders.iter().filter(|(_, _, sentence)| share.covers(*sentence)) {
            if !role.trust.iter().any(|known| known.value == *trust) {
                understood.push(self.understood(*span, format!("held by {}", roles::called(trust))));
                role.trust.push(Said::new(trust.clone(), self.place(span.0)));
            }
        }
        for (limit, span, _) in text.limits.iter().filter(|(_, _, sentence)| share.covers(*sentence)) {
            understood.push(self.understood(*span, format!("condition: {}", described(limit))));
            if !role.conditions.iter().any(|known| known.value == *limit) {
                role.conditions.push(Said::new(limit.clone(), self.place(span.0)));
            }
        }
    }

    fn permission(
        &self,
        grant: &Grant,
        intent: &mut Intent,
        role: &mut Role,
        understood: &mut Vec<Understood>,
    ) {
        let label = &grant.found.label;
        let place = self.place(grant.span.0);
        let arn = label.starts_with("arn:");
        let same = intent.resources.iter().find(|binding| binding.aws[0].value == grant.found.target);
        let taken = intent.resources.iter().any(|binding| binding.name.value == *label);
        let name = match same {
            Some(known) => known.name.value.clone(),
            // Two things that are called the same: a number tells them apart.
            None if taken => format!("{label} ({})", intent.resources.len()),
            None => label.clone(),
        };
        if !arn && !intent.resources.iter().any(|binding| binding.name.value == name) {
            let mut binding = Binding::named(Said::new(name.clone(), place.clone()));
            binding.aws.push(Said::new(grant.found.target.clone(), place.clone()));
            intent.resources.push(binding);
        }
        let permission = Permission {
            verb: Said::new(grant.word.clone(), place.clone()),
            resource: Said::new(name.clone(), place),
        };
        let list = if grant.negative { &mut role.never } else { &mut role.permissions };
        let same = |known: &Permission| {
            known.verb.value == permission.verb.value && known.resource.value == permission.resource.value
        };
        if list.iter().any(same) {
            return;
        }
        list.push(permission);
        let never = if grant.negative { "never " } else { "" };
        understood.push(self.understood(grant.clause, format!("{never}{}: {name}", grant.word)));
    }

    /// What the compiler says is wrong with the intent: words that mean nothing there, names that cannot be.
    fn faults(&self, intent: &Intent) -> Vec<Question> {
        let Err(error) = aws::compile(intent, self.catalog, self.options) else { return Vec::new() };
        let faults = error.faults.into_iter().map(|fault| Question {
            phrase: String::new(),
            text: fault.message,
            help: fault.help.unwrap_or_else(|| "say it otherwise, or write roles in YAML".to_owned()),
            choices: Vec::new(),
            place: fault.place,
        });
        faults.collect()
    }

    fn place(&self, token: usize) -> Place {
        let at = self.tokens.get(token).map_or(self.text.len(), |token| token.start);
        token::place(&self.source, self.text, at)
    }

    /// The text from one token to another.
    fn phrase(&self, span: (usize, usize)) -> &str {
        let start = self.tokens.get(span.0).map_or(self.text.len(), |token| token.start);
        let end =
            span.1.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |token| token.end);
        self.text.get(start..end.max(start)).unwrap_or_default()
    }

    fn understood(&self, span: (usize, usize), meaning: String) -> Understood {
        Understood { place: self.place(span.0), phrase: self.phrase(span).to_owned(), meaning }
    }

    fn question(&self, ask: &Ask) -> Question {
        let start = self.tokens.get(ask.span.0).map_or(self.text.len(), |token| token.start);
        let end =
            ask.span.1.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |token| token.end);
        let choices = ask.instead.iter().map(|(label, instead)| Choice {
            label: label.clone(),
            text: format!("{}{instead}{}", &self.text[..start], &self.text[end.max(start)..]),
        });
        Question {
            place: self.place(ask.span.0),
            phrase: self.phrase(ask.span).to_owned(),
            text: ask.text.clone(),
            help: ask.help.clone(),
            choices: choices.collect(),
        }
    }
}

fn described(limit: &Limit) -> String {
    match limit {
        Limit::Region(values) => format!("region {}", values.join(", ")),
        Limit::Network(values) => format!("network {}", values.join(", ")),
        Limit::Vpc(values) => format!("vpc {}", values.join(", ")),
        Limit::VpcEndpoint(values) => format!("vpc endpoint {}", values.join(", ")),
        Limit::Mfa(_) => "multi-factor authentication".to_owned(),
        Limit::Time { after, before } => {
            let from = after.map(|time| format!("from {time}"));
            let until = before.map(|time| format!("until {time}"));
            from.into_iter().chain(until).collect::<Vec<_>>().join(" ")
        }
        Limit::Tags(tags) => {
            let pairs = tags.iter().map(|(key, values)| format!("{key}={}", values.join("|")));
            format!("tags {}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}
