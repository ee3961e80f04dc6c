//! Who holds a role, where it is no service: GitHub Actions of a repository, an account, a role's ARN, a SPIFFE id.

use super::closed::matches;
use super::token::{Token, TokenKind};
use crate::intent::Trust;
use crate::intent::trust::github;

/// The holder that stands at `at`: behind its last token, and the trust.
pub(super) fn at(tokens: &[Token], at: usize) -> Option<(usize, Trust)> {
    let start = skip(tokens, at, &["the", "a", "an", "our", "any", "aws"]);
    actions(tokens, start).or_else(|| account(tokens, start)).or_else(|| principal(tokens, at))
}

fn skip(tokens: &[Token], at: usize, phrases: &[&str]) -> usize {
    let longest =
        phrases.iter().filter(|phrase| matches(tokens, at, phrase)).map(|phrase| phrase.split(' ').count());
    at + longest.max().unwrap_or(0)
}

fn text(tokens: &[Token], at: usize) -> Option<&str> {
    tokens
        .get(at)
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted))
        .map(|token| &*token.text)
}

/// `GitHub Actions of repo owner/name [on branch main]`.
fn actions(tokens: &[Token], at: usize) -> Option<(usize, Trust)> {
    let named = skip(
        tokens,
        at,
        &[
            "github actions",
            "github actions workflow",
            "github actions workflows",
            "github workflow",
            "github workflows",
            "github action",
            "github",
        ],
    );
    let of = skip(
        tokens,
        named,
        &["of", "in", "from", "for", "workflows of", "workflows in", "in the", "of the", "from the"],
    );
    let repository = skip(tokens, of, &["repo", "repository", "the repo", "the repository"]);
    let name = text(tokens, repository).filter(|name| named > at && name.contains('/'))?;
    let end = repository + 1;
    let on = skip(tokens, end, &["on", "on the", "from", "of", "in", "in the", "from the"]);
    let kind = skip(tokens, on, &["branch", "environment", "tag"]);
    let after = match text(tokens, kind) {
        Some(value) if kind > on => Some((tokens[on].lower.as_str(), value.to_owned(), kind + 1)),
        // `on the main branch`.
        Some(value) if on > end && matches(tokens, kind + 1, "branch") => {
            Some(("branch", value.to_owned(), kind + 2))
        }
        _ => None,
    };
    let (narrow, end) = match after {
        Some(("environment", value, end)) => ([None, Some(value), None, None], end),
        Some(("tag", value, end)) => ([None, None, Some(value), None], end),
        Some((_, value, end)) => ([Some(value), None, None, None], end),
        None => ([None, None, None, None], end),
    };
    github(name, narrow).ok().map(|trust| (end, trust))
}

/// `account 111122223333`.
fn account(tokens: &[Token], at: usize) -> Option<(usize, Trust)> {
    let named = skip(tokens, at, &["account", "aws account"]);
    let id = text(tokens, named)
        .filter(|id| named > at && id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()))?;
    Some((named + 1, Trust::Account { principal: id.to_owned(), external_id: None }))
}

/// A role's or user's ARN, or a SPIFFE id, where a subject stands.
fn principal(tokens: &[Token], at: usize) -> Option<(usize, Trust)> {
    let named = skip(tokens, at, &["the role", "role", "the user", "user", "the workload", "workload"]);
    let name = text(tokens, named)?;
    let acts = matches!(
        super::closed::at(tokens, named + 1),
        Some((_, super::closed::Func::Modal | super::closed::Func::Rel))
    ) && !matches!(super::closed::at(tokens, named + 2), Some((_, super::closed::Func::Aux)));
    if !acts {
        return None;
    }
    if let Some((_, path)) = name.strip_prefix("spiffe://").and_then(|rest| rest.split_once('/'))
        && !path.is_empty()
        && !name.contains('*')
    {
        return Some((named + 1, Trust::Spiffe { id: name.to_owned(), trust_anchor: None }));
    }
    let iam = name.starts_with("arn:") && name.contains(":iam::") && !name.contains('*');
    iam.then(|| (named + 1, Trust::Account { principal: name.to_owned(), external_id: None }))
}
