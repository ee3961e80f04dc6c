//! Tokens → chunks: verbs, noun phrases, conditions and the words that hold them together. Which of its readings a word
//! has is decided by what stands before it.

use super::closed::{self, Func};
use super::forms::Form;
use super::holder;
use super::lexicon::{Lexicon, Reading};
use super::noun::{self, Np};
use super::operation::Operations;
use super::token::{Token, TokenKind};
use super::{limit, noun::name_like};
use crate::intent::{Limit, Trust};

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chunk {
    pub kind: ChunkKind,
    /// Its first token.
    pub from: usize,
    /// Behind its last token.
    pub to: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum ChunkKind {
    /// A verb; `light` when it may only carry what follows. Without a class it only carries.
    Verb {
        class: Option<String>,
        lemma: String,
        form: Form,
        light: bool,
        /// Whether it is a noun that says what a verb says.
        nominal: bool,
    },
    /// An operation or action by its name.
    Operation(String),
    Np(Np),
    Limit(Limit),
    Agent(String),
    /// Who holds the role, said more exactly.
    Holder(Trust),
    Func(Func),
    Prep(String),
    Comma,
    Colon,
    Open,
    Stop,
}

/// Cuts tokens into chunks.
pub(super) fn chunks(tokens: &[Token], lexicon: &Lexicon, operations: &Operations<'_>) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (kind, to) = next(tokens, at, lexicon, operations, &chunks);
        if let Some(kind) = kind {
            chunks.push(Chunk { kind, from: at, to });
        }
        at = to.max(at + 1);
    }
    chunks
}

fn next(
    tokens: &[Token],
    at: usize,
    lexicon: &Lexicon,
    operations: &Operations<'_>,
    chunks: &[Chunk],
) -> (Option<ChunkKind>, usize) {
    let token = &tokens[at];
    match token.kind {
        TokenKind::Comma | TokenKind::Close => return (Some(ChunkKind::Comma), at + 1),
        TokenKind::Open => return (Some(ChunkKind::Open), at + 1),
        TokenKind::Colon => return (Some(ChunkKind::Colon), at + 1),
        TokenKind::Stop => return (Some(ChunkKind::Stop), at + 1),
        TokenKind::Word | TokenKind::Quoted => {}
    }
    if token.lower == "'s" || token.lower == "’s" {
        return (Some(ChunkKind::Prep("'s".to_owned())), at + 1);
    }
    // `gets deleted` is deleted.
    if ["gets", "get", "got"].contains(&token.lower.as_str()) && is_past(tokens, at + 1, lexicon) {
        return (Some(ChunkKind::Func(Func::Aux)), at + 1);
    }
    if let Some((length, limit)) = limit::at(tokens, at) {
        return (Some(ChunkKind::Limit(limit)), at + length);
    }
    if operations.names(&token.text) && token.kind == TokenKind::Word {
        return (Some(ChunkKind::Operation(token.text.clone())), at + 1);
    }
    let before = chunks.last().map(|chunk| &chunk.kind);
    if (starts_clause(before)
        || matches!(before, Some(ChunkKind::Prep(prep)) if prep == "by" || prep == "for"))
        && let Some((to, trust)) = holder::at(tokens, at)
    {
        return (Some(ChunkKind::Holder(trust)), to);
    }
    if let Some((trust, to)) = agent(tokens, at, lexicon, before) {
        return (Some(ChunkKind::Agent(trust)), to);
    }
    let readings = lexicon.at(tokens, at);
    let func = if token.kind == TokenKind::Word { closed::at(tokens, at) } else { None };
    let longest =
        |wanted: fn(&Reading) -> bool| readings.iter().find(|(_, reading)| wanted(reading)).copied();
    let nominal = longest(|reading| matches!(reading, Reading::Nominal(_)));
    let verb = longest(|reading| matches!(reading, Reading::Verb { .. } | Reading::Light(_)));
    let func_length = func.map_or(0, |(length, _)| length);
    let nounish =
        readings.iter().filter(|(_, reading)| is_noun(reading)).map(|(length, _)| *length).max().unwrap_or(0);
    if let Some(to) = permitted(tokens, at, lexicon, before) {
        return (Some(ChunkKind::Func(Func::Modal)), to);
    }
    let plain = longest(|reading| *reading == Reading::Plain).filter(|(length, _)| *length > func_length);
    if let Some((length, _)) = plain.filter(|(length, _)| *length > 1)
        && !readings.iter().any(|(longer, _)| *longer > length)
    {
        return (None, at + length);
    }
    let after_verb =
        matches!(before, Some(ChunkKind::Verb { class: Some(class), light: false, .. }) if class != "start");
    if let Some((length, Reading::Nominal(class))) = nominal
        && length >= func_length
        && length >= nounish
        && !after_verb
        && verb.is_none_or(|(longer, _)| longer <= length)
    {
        let (class, lemma) = (Some(class.clone()), class.clone());
        return (
            Some(ChunkKind::Verb { class, lemma, form: Form::Base, light: false, nominal: true }),
            at + length,
        );
    }
    let starts = starts_clause(before);
    let wins = |length: usize| if starts { length >= func_length } else { length > func_length };
    if let Some((length, reading)) = verb
        && wins(length)
        && let Some(kind) = verb_chunk(reading, &readings, tokens, at + length, before, lexicon)
    {
        return (Some(kind), at + length);
    }
    if let Some((length, _)) = plain
        && !readings.iter().any(|(longer, reading)| longer >= &length && **reading != Reading::Plain)
    {
        return (None, at + length);
    }
    match func {
        Some((length, Func::Prep)) => {
            let words: Vec<&str> = tokens[at..at + length].iter().map(|token| token.lower.as_str()).collect();
            (Some(ChunkKind::Prep(words.join(" "))), at + length)
        }
        Some((_, Func::Det | Func::Every)) | None => {
            let np = phrase(tokens, at, lexicon, before);
            let to = np.to;
            (Some(ChunkKind::Np(np)), to)
        }
        Some((length, func)) => (Some(ChunkKind::Func(func)), at + length),
    }
}

/// A noun phrase, with the names that stand before its noun.
fn phrase(tokens: &[Token], at: usize, lexicon: &Lexicon, before: Option<&ChunkKind>) -> Np {
    let subject = starts_clause(before);
    if let Some((names, start)) = noun::listed_before(tokens, at, lexicon) {
        let mut np = noun::read(tokens, start, lexicon, subject);
        if np.names.is_empty() {
            np.names = names.iter().map(|name| tokens[*name].text.clone()).collect();
            np.from = at;
            return np;
        }
    }
    noun::read(tokens, at, lexicon, subject)
}

/// Whether a clause may begin here.
pub(super) fn starts_clause(before: Option<&ChunkKind>) -> bool {
    use ChunkKind::{Colon, Comma, Func as Word, Open, Stop};
    matches!(
        before,
        None | Some(
            Comma
                | Colon
                | Open
                | Stop
                | ChunkKind::Limit(_)
                | Word(Func::And | Func::After | Func::But | Func::Only | Func::Rel)
        )
    )
}

pub(super) fn is_past(tokens: &[Token], at: usize, lexicon: &Lexicon) -> bool {
    closed::at(tokens, at).is_none()
        && lexicon.at(tokens, at).iter().any(|(_, reading)| {
            matches!(reading, Reading::Verb { form: Form::Past, .. } | Reading::Light(Form::Past))
        })
}

pub(super) fn is_noun(reading: &Reading) -> bool {
    matches!(reading, Reading::Noun { .. } | Reading::Content(_) | Reading::Service(_))
}

/// Whether what could be a noun or a verb is the verb, by what follows it: `records of`, `records are` are nouns, and so
/// is what a verb follows.
pub(super) fn acts(tokens: &[Token], end: usize, lexicon: &Lexicon) -> bool {
    let Some(next) = tokens.get(end) else { return false };
    // `schedules reminder-* are created`: a verb follows all of it.
    for at in end..end + 14 {
        match tokens.get(at) {
            Some(token) if token.kind == TokenKind::Word => {}
            _ => break,
        }
        match closed::at(tokens, at) {
            Some((_, Func::Aux)) => return false,
            Some((_, Func::And | Func::Rel | Func::What | Func::After | Func::But)) => break,
            _ => {}
        }
    }
    match next.kind {
        TokenKind::Quoted => return true,
        TokenKind::Word => {}
        _ => return false,
    }
    match closed::at(tokens, end) {
        Some((length, Func::And)) => lexicon
            .at(tokens, end + length)
            .iter()
            .any(|(_, reading)| matches!(reading, Reading::Verb { .. } | Reading::Light(_))),
        Some((_, Func::Aux | Func::Modal | Func::Rel | Func::Neg)) => false,
        Some((_, Func::Prep)) => next.lower != "of",
        Some(_) => true,
        None => {
            let readings = lexicon.at(tokens, end);
            let verb = readings.iter().any(|(_, reading)| match reading {
                Reading::Verb { form, .. } | Reading::Light(form) => matches!(form, Form::Past | Form::Third),
                _ => false,
            });
            !verb || readings.iter().any(|(_, reading)| is_noun(reading))
        }
    }
}

/// `let the web tier …`, `allow CI to …`, `we want our Lambda to …`: what comes before what is done. Gives where that
/// begins.
fn permitted(tokens: &[Token], at: usize, lexicon: &Lexicon, before: Option<&ChunkKind>) -> Option<usize> {
    const PERMIT: [&str; 14] = [
        "let",
        "allow",
        "permit",
        "lets",
        "allows",
        "permits",
        "we want",
        "i want",
        "i would like",
        "we would like",
        "we need",
        "i need",
        "enable",
        "please let",
    ];
    if !starts_clause(before) {
        return None;
    }
    let phrase = PERMIT.iter().find(|phrase| closed::matches(tokens, at, phrase))?;
    let start = at + phrase.split(' ').count();
    if agent(tokens, start, lexicon, Some(&ChunkKind::Func(Func::Modal))).is_some() {
        return Some(start);
    }
    let form = |at: usize, wanted: Form| {
        lexicon.at(tokens, at).iter().any(|(_, reading)| match reading {
            Reading::Verb { form, .. } | Reading::Light(form) => *form == wanted,
            _ => false,
        })
    };
    if form(start, Form::Ing) {
        return Some(start);
    }
    let first = match closed::at(tokens, start) {
        Some((length, Func::Det)) => start + length,
        Some(_) => return None,
        None => start,
    };
    for here in first + 1..first + 6 {
        tokens.get(here).filter(|token| token.kind == TokenKind::Word)?;
        match closed::at(tokens, here) {
            Some((1, Func::Prep)) if tokens[here].lower == "to" && form(here + 1, Form::Base) => {
                return Some(here + 1);
            }
            Some(_) => return None,
            None if form(here, Form::Base) => return Some(here),
            None => {}
        }
    }
    None
}

/// The verb at a place where one may stand.
fn verb_chunk(
    reading: &Reading,
    readings: &[(usize, &Reading)],
    tokens: &[Token],
    end: usize,
    before: Option<&ChunkKind>,
    lexicon: &Lexicon,
) -> Option<ChunkKind> {
    let form = match reading {
        Reading::Verb { form, .. } | Reading::Light(form) => *form,
        _ => return None,
    };
    let length = readings.iter().find(|(_, other)| *other == reading).map(|(length, _)| *length)?;
    // What is both is past after a noun: `the parameter read by a pod`.
    let past = matches!(before, Some(ChunkKind::Np(_)))
        && readings.iter().any(|(other, reading)| {
            *other == length
                && matches!(reading, Reading::Verb { form: Form::Past, .. } | Reading::Light(Form::Past))
        });
    // A noun that is longer is the noun: `query results` and `log group`.
    let longer = readings.iter().any(|(other, noun)| {
        *other > length && matches!(noun, Reading::Noun { .. } | Reading::Content(_) | Reading::Service(_))
    });
    let nounish = readings.iter().any(|(other, noun)| {
        *other >= length && matches!(noun, Reading::Noun { .. } | Reading::Content(_) | Reading::Service(_))
    });
    // `Transcribe` within a sentence is the service.
    let capital = tokens[end - length].text.starts_with(char::is_uppercase)
        && readings.iter().any(|(other, reading)| *other == length && matches!(reading, Reading::Service(_)))
        && !matches!(before, None | Some(ChunkKind::Stop | ChunkKind::Colon));
    // `tags on …` at the beginning are tags.
    let first = matches!(before, None | Some(ChunkKind::Stop | ChunkKind::Colon));
    let of =
        nounish && first && form == Form::Third && matches!(closed::at(tokens, end), Some((_, Func::Prep)));
    if of || longer || capital || (nounish && starts_clause(before) && !acts(tokens, end, lexicon)) {
        return None;
    }
    let allowed = match before {
        before if starts_clause(before) => true,
        Some(ChunkKind::Agent(_) | ChunkKind::Holder(_)) => true,
        Some(ChunkKind::Func(Func::Aux)) => matches!(form, Form::Past | Form::Ing) || form == Form::Base,
        Some(ChunkKind::Func(Func::Modal | Func::Neg | Func::Pronoun | Func::Without | Func::Every)) => true,
        Some(ChunkKind::Prep(prep)) => match form {
            Form::Ing => true,
            Form::Base => prep == "to" && !nounish,
            _ => false,
        },
        Some(ChunkKind::Verb { light, .. }) => *light && matches!(form, Form::Base | Form::Ing) && !nounish,
        Some(ChunkKind::Np(np)) => match form {
            Form::Base => !np.is_target() || past,
            _ => true,
        },
        _ => false,
    };
    if !allowed {
        return None;
    }
    let (class, lemma) = readings
        .iter()
        .find_map(|(other, reading)| match reading {
            Reading::Verb { class, lemma, .. } if *other == length => {
                Some((Some(class.clone()), lemma.clone()))
            }
            _ => None,
        })
        .unwrap_or((None, String::new()));
    let light =
        readings.iter().any(|(other, reading)| *other == length && matches!(reading, Reading::Light(_)));
    let form = if past { Form::Past } else { form };
    Some(ChunkKind::Verb { class, lemma, form, light, nominal: false })
}

/// Who holds the role, where a clause begins or after `by` and `for`.
fn agent(
    tokens: &[Token],
    at: usize,
    lexicon: &Lexicon,
    before: Option<&ChunkKind>,
) -> Option<(String, usize)> {
    let prep = match before {
        Some(ChunkKind::Prep(prep)) => prep.as_str(),
        _ => "",
    };
    // `…, in a Lambda`: apart from what is done, or at the beginning.
    let apart = at
        .checked_sub(2)
        .and_then(|at| tokens.get(at))
        .is_none_or(|token| !matches!(token.kind, TokenKind::Word | TokenKind::Quoted));
    let within = apart && ["in", "from", "on", "inside", "within"].contains(&prep);
    let a = tokens.get(at).is_some_and(|token| ["a", "an", "our", "my"].contains(&token.lower.as_str()));
    let by = ["by", "for", "as"].contains(&prep) || (within && a);
    let given = matches!(before, Some(ChunkKind::Verb { class: None, .. } | ChunkKind::Func(Func::Modal)));
    if !by && !given && !starts_clause(before) {
        return None;
    }
    let mut start = at;
    if let Some((length, Func::Det)) = closed::at(tokens, start) {
        start += length;
    }
    while let Some((length, _)) =
        lexicon.at(tokens, start).iter().find(|(_, reading)| **reading == Reading::Plain)
    {
        start += length;
    }
    let (length, trust) =
        lexicon.at(tokens, start).into_iter().find_map(|(length, reading)| match reading {
            Reading::Agent(trust) => Some((length, trust.clone())),
            _ => None,
        })?;
    let end = start + length;
    let ok = match tokens.get(end) {
        None => true,
        Some(token) if token.kind != TokenKind::Word => token.kind != TokenKind::Quoted,
        Some(token) => match closed::at(tokens, end) {
            Some((_, Func::Rel | Func::And | Func::After)) => true,
            Some((length, Func::Modal | Func::Neg)) => {
                !matches!(closed::at(tokens, end + length), Some((_, Func::Aux)))
            }
            Some((length, Func::Aux)) => triggered(tokens, end + length, lexicon),
            Some((_, Func::Prep)) => by || token.lower == "with" || token.lower == "to",
            Some(_) => by,
            None => {
                let verb = lexicon.at(tokens, end).iter().any(|(_, reading)| match reading {
                    Reading::Verb { form, .. } | Reading::Light(form) => *form != Form::Base || given,
                    _ => false,
                });
                let shouted = token.text.chars().all(char::is_uppercase);
                verb && !name_like(token) && !shouted
                    || lexicon.at(tokens, end).iter().any(|(_, r)| **r == Reading::Plain)
            }
        },
    };
    ok.then_some((trust, end))
}

/// `is triggered by`: of passives, the one whose subject acts.
fn triggered(tokens: &[Token], at: usize, lexicon: &Lexicon) -> bool {
    lexicon
        .at(tokens, at)
        .iter()
        .any(|(_, reading)| matches!(reading, Reading::Verb { class, .. } if class == "consume"))
}
