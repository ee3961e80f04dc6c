//! Noun phrases: `the orders queue`, `SQS queues split-a and split-b`, `s3://acme-in/x/`, `log events`, `Cost Explorer`.

use super::chunk::{acts, is_noun, is_past};
use super::closed::{self, Func};
use super::forms::{Form, singular};
use super::lexicon::{Lexicon, Reading};
use super::token::{Token, TokenKind};

/// A noun phrase.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Np {
    /// Its first token.
    pub from: usize,
    /// Behind its last token.
    pub to: usize,
    /// `the`, `its`, `a`; in lower case.
    pub det: Option<String>,
    /// `any`, `all`, `every`.
    pub every: bool,
    /// The services that it names.
    pub services: Vec<String>,
    /// What kind of thing it is: the index of a noun, and whether it stands in the plural.
    pub head: Option<(usize, bool)>,
    /// What the things are called.
    pub names: Vec<String>,
    /// Its other words, in the singular.
    pub contents: Vec<String>,
    /// Words that could not be placed: tokens.
    pub unknown: Vec<usize>,
}

impl Np {
    /// Whether it refers to something said elsewhere: `its code`.
    pub(super) fn refers(&self) -> bool {
        self.det.as_deref().is_some_and(|det| det == "its" || det == "their")
    }

    /// Whether it could be a resource: it has a name, or says what kind of thing it is.
    pub(super) fn is_target(&self) -> bool {
        self.head.is_some() || !self.names.is_empty()
    }
}

/// One word, or several that belong together.
struct Item {
    at: usize,
    to: usize,
    service: Option<String>,
    noun: Option<(usize, bool)>,
    content: Option<String>,
    name: bool,
    verb: bool,
}

/// Whether a token is a name by its look.
pub(super) fn name_like(token: &Token) -> bool {
    let text = &token.text;
    if token.kind == TokenKind::Quoted {
        return true;
    }
    let special = text.chars().any(|c| c.is_ascii_digit() || "/_*@#~$<>:-.+?%&".contains(c));
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    let inner_capital = text.chars().skip(1).any(char::is_uppercase) && letters().any(char::is_lowercase);
    special || inner_capital
}

/// Reads the noun phrase at `at`. `subject`: it stands where a verb in the third person may follow.
pub(super) fn read(tokens: &[Token], at: usize, lexicon: &Lexicon, subject: bool) -> Np {
    let mut np = Np { from: at, to: at, ..Np::default() };
    let mut items: Vec<Item> = Vec::new();
    let mut here = at;
    while let Some(token) = tokens.get(here) {
        if !matches!(token.kind, TokenKind::Word | TokenKind::Quoted) {
            break;
        }
        if token.lower == "'s" || token.lower == "’s" {
            break;
        }
        if token.kind == TokenKind::Word
            && let Some((length, func)) = closed::at(tokens, here)
        {
            match func {
                Func::Det if items.is_empty() && np.det.is_none() => np.det = Some(token.lower.clone()),
                Func::Every if items.is_empty() && !np.every => np.every = true,
                Func::Det if items.is_empty() && np.every => {}
                Func::Named if !items.is_empty() => {
                    here += length;
                    if let Some(name) =
                        tokens.get(here).filter(|t| t.kind != TokenKind::Stop && t.kind != TokenKind::Comma)
                    {
                        np.names.push(name.text.clone());
                        here += 1;
                    }
                    break;
                }
                _ => break,
            }
            here += length;
            continue;
        }
        // `images get deleted`.
        if !items.is_empty() && token.lower == "get" && is_past(tokens, here + 1, lexicon) {
            break;
        }
        let Some(item) = item(tokens, here, lexicon, &items, subject) else { break };
        here = item.to;
        items.push(item);
    }
    np.to = here.max(at + 1);
    settle(&mut np, items, tokens, lexicon);
    only_words(&mut np, tokens, lexicon);
    further_names(&mut np, tokens, lexicon);
    np
}

/// The next word of a phrase, unless the phrase ends before it.
fn item(tokens: &[Token], at: usize, lexicon: &Lexicon, before: &[Item], subject: bool) -> Option<Item> {
    let readings = lexicon.at(tokens, at);
    let head = before.iter().any(|item| item.noun.is_some() || item.name || item.content.is_some());
    let mut forms = readings.iter().filter_map(|(_, reading)| match reading {
        Reading::Verb { form, .. } | Reading::Light(form) => Some(*form),
        _ => None,
    });
    let first = forms.next();
    let past = forms.any(|form| form == Form::Past) && passive_follows(tokens, at + 1);
    let form = if past { Some(Form::Past) } else { first };
    let named = before.iter().any(|item| item.name);
    let started = !before.is_empty();
    let noun = before.iter().any(|item| item.noun.is_some());
    let after_noun =
        before.iter().position(|item| item.noun.is_some()).is_some_and(|index| index + 1 < before.len());
    // What may still be the noun of the phrase is it.
    let open = !noun && readings.iter().any(|(_, reading)| is_noun(reading));
    let ends = match form {
        Some(Form::Third) => started && (after_noun || (subject && (!open || acts(tokens, at + 1, lexicon)))),
        Some(Form::Ing) => head && !open,
        Some(Form::Past) => (head && !open) || (started && passive_follows(tokens, at + 1)),
        Some(Form::Base) => {
            let plural = before.iter().any(|item| item.noun.is_some_and(|(_, plural)| plural));
            head && !open && (named || plural)
        }
        None => false,
    };
    let nominal = readings.iter().any(|(_, reading)| matches!(reading, Reading::Nominal(_)));
    if ends || (nominal && started) {
        return None;
    }
    let mut item =
        Item { at, to: at + 1, service: None, noun: None, content: None, name: false, verb: form.is_some() };
    let nounish = readings.iter().filter(|(_, reading)| {
        matches!(reading, Reading::Service(_) | Reading::Noun { .. } | Reading::Content(_) | Reading::Plain)
    });
    let longest = nounish.clone().map(|(length, _)| *length).max();
    if let Some(longest) = longest {
        item.to = at + longest;
        for (_, reading) in nounish.filter(|(length, _)| *length == longest) {
            match reading {
                Reading::Service(prefix) if item.service.is_none() => item.service = Some(prefix.clone()),
                Reading::Noun { index, plural } => item.noun = Some((*index, *plural)),
                Reading::Content(stem) => item.content = Some(stem.clone()),
                _ => {}
            }
        }
    } else {
        item.name = name_like(&tokens[at]);
    }
    Some(item)
}

/// Whether what could be present or past is past, by what follows: `items put into …`, `the parameter read by …`.
fn passive_follows(tokens: &[Token], at: usize) -> bool {
    match tokens.get(at) {
        None => true,
        Some(token) if token.kind != TokenKind::Word => true,
        Some(_) => matches!(closed::at(tokens, at), Some((_, Func::Prep | Func::And))),
    }
}

/// Decides which word says what kind of thing it is, and which is its name.
fn settle(np: &mut Np, items: Vec<Item>, tokens: &[Token], lexicon: &Lexicon) {
    let plain = |item: &Item| {
        item.service.is_none()
            && item.noun.is_none()
            && item.content.is_none()
            && !item.name
            && is_plain(tokens, item, lexicon)
    };
    // A word that is a service and a noun is the service where a noun follows.
    let mut rest: Vec<Item> = Vec::new();
    for item in items {
        match &item.service {
            Some(prefix) if item.noun.is_none() => np.services.push(prefix.clone()),
            _ if plain(&item) => {}
            _ => rest.push(item),
        }
    }
    // `Lambda` alone is the service.
    if let [only] = &mut rest[..]
        && np.det.is_none()
        && let Some(service) = only.service.take()
    {
        np.services.push(service);
        rest.clear();
    }
    let nouns: Vec<usize> = (0..rest.len()).filter(|index| rest[*index].noun.is_some()).collect();
    let head = match nouns[..] {
        [] => None,
        [one] => Some(one),
        [first, .., last] => Some(choose(np, &rest, first, last, lexicon)),
    };
    let text =
        |item: &Item| tokens[item.at..item.to].iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
    let Some(head) = head else {
        // What stands before an arn says what it is, and the arn says it better.
        let arn = rest.iter().any(|item| tokens[item.at].text.starts_with("arn:"));
        for item in rest.iter().filter(|item| !arn || item.name || item.content.is_some()) {
            match (&item.content, item.name) {
                (_, true) => np.names.push(text(item)),
                (Some(stem), _) => np.contents.push(stem.clone()),
                _ => np.contents.push(singular(&text(item).to_lowercase())),
            }
        }
        return;
    };
    np.head = rest[head].noun;
    let kinds = np.head.and_then(|(index, _)| lexicon.nouns.get(index)).map_or(&[][..], |noun| &noun.kinds);
    let inside = |item: &Item| {
        item.content.as_ref().is_some_and(|content| {
            lexicon.is_about(content)
                || (lexicon.is_generic(content) && !lexicon.is_people(content))
                || kinds.iter().any(|kind| lexicon.inside(&kind.full()).contains(content))
        })
    };
    let (left, right) = (&rest[..head], &rest[head + 1..]);
    let stem = |item: &Item| item.content.clone().unwrap_or_else(|| singular(&text(item).to_lowercase()));
    let definite =
        np.det.as_deref().is_some_and(|det| det != "a" && det != "an" && det != "some" && det != "another");
    let mut named = false;
    for item in right {
        let known = item.content.is_some() || item.noun.is_some() || item.verb;
        let people = item.content.as_ref().is_some_and(|content| lexicon.is_people(content));
        let described =
            np.det.is_some() && np.services.is_empty() && item.content.is_some() && !item.name && !people;
        let is_content = inside(item) || described || (np.refers() && !item.name && known);
        if !named && !is_content && right.len() == 1 && np.names.is_empty() {
            np.names.push(text(item));
            named = true;
        } else if is_content {
            np.contents.push(stem(item));
        } else {
            np.unknown.push(item.at);
        }
    }
    for item in left {
        let modifier =
            inside(item) && item.content.as_ref().is_some_and(|stem| *stem == text(item).to_lowercase());
        let indefinite = np.det.is_some() && !definite && !item.name;
        let capital =
            tokens[item.at].text.starts_with(char::is_uppercase) || tokens[item.at].kind == TokenKind::Quoted;
        let kind_of = np.det.is_none() && np.head.is_some_and(|(_, plural)| plural) && !item.name && !capital;
        if kind_of && left.len() == 1 && np.names.is_empty() {
            np.contents.push(stem(item));
        } else if !named && left.len() == 1 && !modifier && !indefinite && !np.refers() && np.names.is_empty()
        {
            np.names.push(text(item));
            named = true;
        } else if np.refers() && !item.name {
            np.contents.push(stem(item));
        } else {
            np.unknown.push(item.at);
        }
    }
}

/// A phrase whose words could not be placed and that has no name is only words: `document text detection`.
fn only_words(np: &mut Np, tokens: &[Token], lexicon: &Lexicon) {
    if np.unknown.is_empty() || (np.from..np.to).any(|at| tokens.get(at).is_some_and(name_like)) {
        return;
    }
    np.contents.clear();
    let mut at = np.from;
    while at < np.to {
        let readings = lexicon.at(tokens, at);
        let service = readings.iter().find(|(_, reading)| matches!(reading, Reading::Service(_)));
        let skipped = match closed::at(tokens, at) {
            Some((length, _)) => Some(length),
            None => service.map(|(length, _)| *length),
        };
        if let Some(length) = skipped {
            at += length;
            continue;
        }
        let content = readings.iter().find_map(|(length, reading)| match reading {
            Reading::Content(stem) => Some((*length, stem.clone())),
            _ => None,
        });
        let (length, stem) = content.unwrap_or_else(|| (1, singular(&tokens[at].lower)));
        np.contents.push(stem);
        at += length;
    }
    (np.head, np.unknown) = (None, Vec::new());
    np.names.clear();
}

fn is_plain(tokens: &[Token], item: &Item, lexicon: &Lexicon) -> bool {
    lexicon
        .at(tokens, item.at)
        .iter()
        .any(|(length, reading)| **reading == Reading::Plain && item.at + length == item.to)
}

/// Which of two nouns says what kind of thing it is: `the tasks queue`, `SQS queue jobs`.
fn choose(np: &Np, rest: &[Item], first: usize, last: usize, lexicon: &Lexicon) -> usize {
    if last + 1 < rest.len() {
        return last;
    }
    let of_service = |index: usize| {
        let kinds = rest[index]
            .noun
            .and_then(|(noun, _)| lexicon.nouns.get(noun))
            .map_or(&[][..], |noun| &noun.kinds);
        kinds.iter().any(|kind| np.services.contains(&kind.service))
    };
    if !np.services.is_empty() && of_service(first) && !of_service(last) {
        return first;
    }
    let plural = rest[last].noun.is_some_and(|(_, plural)| plural);
    match np.det.is_some() && !plural {
        true => last,
        false if plural && !rest[first].noun.is_some_and(|(_, plural)| plural) => first,
        false => last,
    }
}

/// More names of the same kind: `the functions a, b and c`.
fn further_names(np: &mut Np, tokens: &[Token], lexicon: &Lexicon) {
    let several = np.head.is_some_and(|(_, plural)| plural) && np.names.len() == 1;
    let bare = np.head.is_none() && !np.names.is_empty() && np.contents.is_empty();
    if !several && !bare {
        return;
    }
    let mut end = np.to;
    loop {
        let mut next = end;
        next += usize::from(tokens.get(next).is_some_and(|token| token.kind == TokenKind::Comma));
        next += usize::from(matches!(closed::at(tokens, next), Some((1, Func::And))));
        let Some(name) = tokens.get(next).filter(|_| next > end) else { return };
        let verb = lexicon
            .at(tokens, next)
            .iter()
            .any(|(_, reading)| matches!(reading, Reading::Verb { .. } | Reading::Light(_)));
        let known = lexicon.at(tokens, next).iter().any(|(_, reading)| {
            matches!(
                reading,
                Reading::Noun { .. }
                    | Reading::Content(_)
                    | Reading::Service(_)
                    | Reading::Agent(_)
                    | Reading::Nominal(_)
            )
        });
        let word =
            matches!(name.kind, TokenKind::Word | TokenKind::Quoted) && closed::at(tokens, next).is_none();
        let capital = name.text.starts_with(char::is_uppercase);
        let of = matches!(closed::at(tokens, next + 1), Some((_, Func::Prep)));
        let followed = tokens.get(next + 1).is_some_and(|token| token.kind == TokenKind::Word)
            && closed::at(tokens, next + 1).is_none();
        if !word
            || (verb && !name_like(name))
            || (known && !name_like(name) && (!capital || of))
            || followed
            || (bare && !name_like(name))
        {
            return;
        }
        np.names.push(name.text.clone());
        end = next + 1;
        np.to = end;
    }
}

/// Names that stand before the noun they share: `Customers, Invoices and Payments tables`. Gives the tokens of the
/// names and where the noun begins.
pub(super) fn listed_before(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<(Vec<usize>, usize)> {
    let start = match closed::at(tokens, at) {
        Some((length, Func::Det | Func::Every)) => at + length,
        _ => at,
    };
    let mut names = Vec::new();
    let mut here = start;
    loop {
        let token =
            tokens.get(here).filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted))?;
        if token.kind == TokenKind::Word && closed::at(tokens, here).is_some() {
            return None;
        }
        names.push(here);
        here += 1;
        let noun = |at: usize| {
            let mut at = at;
            while let Some((length, _)) =
                lexicon.at(tokens, at).iter().find(|(_, r)| matches!(r, Reading::Service(_)))
            {
                at += length;
            }
            lexicon.at(tokens, at).iter().any(|(_, r)| matches!(r, Reading::Noun { plural: true, .. }))
        };
        if names.len() > 1 && noun(here) {
            return Some((names, here));
        }
        let mut next = here;
        next += usize::from(tokens.get(next).is_some_and(|token| token.kind == TokenKind::Comma));
        next += usize::from(matches!(closed::at(tokens, next), Some((1, Func::And))));
        if next == here {
            return None;
        }
        here = next;
    }
}
