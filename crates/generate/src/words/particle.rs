//! Verbs whose particle stands apart: `switch the rule on and off` becomes `switch on and switch off the rule`.

use super::closed::{self, Func};
use super::lexicon::{Lexicon, Reading};
use super::token::{Token, TokenKind};

const PARTICLES: [&str; 4] = ["on", "off", "up", "down"];
/// How far a particle may stand from its verb, in words.
const FAR: usize = 12;

/// The tokens, with each particle next to its verb.
pub(super) fn joined(mut tokens: Vec<Token>, lexicon: &Lexicon) -> Vec<Token> {
    let mut at = 0;
    while at < tokens.len() {
        if let Some(second) = both(&tokens, at, lexicon) {
            let verb = tokens[at].clone();
            tokens.insert(second, verb);
        } else if let Some((first, second)) = apart(&tokens, at, lexicon) {
            let verb = tokens[at].clone();
            let mut moved = vec![tokens[first].clone()];
            if let Some(second) = second {
                moved.extend([tokens[first + 1].clone(), verb, tokens[second].clone()]);
                tokens.drain(first..=second);
            } else {
                tokens.remove(first);
            }
            tokens.splice(at + 1..at + 1, moved);
        }
        at += 1;
    }
    tokens
}

/// `powered off and on`: where the verb is left out before the second particle.
fn both(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<usize> {
    let and = tokens.get(at + 2).filter(|token| token.lower == "and" || token.lower == "or")?;
    let second = tokens.get(at + 3).filter(|token| PARTICLES.contains(&token.lower.as_str()))?;
    let takes = |particle: &Token| {
        let pair = [tokens[at].clone(), particle.clone()];
        lexicon
            .at(&pair, 0)
            .iter()
            .any(|(length, reading)| *length == 2 && matches!(reading, Reading::Verb { .. }))
    };
    (and.kind == TokenKind::Word && takes(&tokens[at + 1]) && takes(second)).then_some(at + 3)
}

/// Where the particle of the verb at `at` stands, and a second one: `on and off`.
fn apart(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<(usize, Option<usize>)> {
    let takes = |particle: usize| {
        let pair = [tokens[at].clone(), tokens[particle].clone()];
        lexicon
            .at(&pair, 0)
            .iter()
            .any(|(length, reading)| *length == 2 && matches!(reading, Reading::Verb { .. }))
    };
    let word =
        |at: usize| tokens.get(at).filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted));
    word(at)?;
    if takes_any(word(at + 1)) {
        return None;
    }
    for here in at + 2..at + FAR {
        let token = word(here)?;
        if !PARTICLES.contains(&token.lower.as_str()) || !takes(here) {
            continue;
        }
        let two = word(here + 1).is_some_and(|and| and.lower == "and" || and.lower == "or")
            && word(here + 2).is_some_and(|other| PARTICLES.contains(&other.lower.as_str()))
            && takes(here + 2);
        if two {
            return Some((here, Some(here + 2)));
        }
        let ends = match closed::at(tokens, here + 1) {
            Some((_, func)) => !matches!(func, Func::Det | Func::Every | Func::Pronoun),
            None => word(here + 1).is_none_or(|_| {
                lexicon.at(tokens, here + 1).iter().any(|(_, reading)| **reading == Reading::Plain)
            }),
        };
        if ends {
            return Some((here, None));
        }
    }
    None
}

fn takes_any(token: Option<&Token>) -> bool {
    token.is_some_and(|token| PARTICLES.contains(&token.lower.as_str()))
}
