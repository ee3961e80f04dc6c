//! OpenID Connect providers: who can get a token of one, and which claim says whose it is. The rows are those of
//! `data/trust/oidc.txt`.

use leastwise_policy::glob;

const TABLE: &str = include_str!("../data/trust/oidc.txt");

/// What is known of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Provider {
    pattern: &'static str,
    /// Whether everybody can get a token of it.
    pub(crate) shared: bool,
    /// Whether a token of another account is of no use where the claim is not tested.
    pub(crate) of_account: bool,
    /// The claim that says whose a token is, behind the provider in the condition key.
    pub(crate) claim: &'static str,
    /// More claims, each of which says it as well.
    others: &'static str,
    /// How the claim is made up; none when nothing of it can be left open.
    pub(crate) shape: Option<&'static str>,
}

/// What is known of the provider with this host and path; the last row knows every other.
pub(crate) fn provider(name: &str) -> Option<Provider> {
    providers().find(|provider| glob::matches(provider.pattern, name))
}

fn providers() -> impl Iterator<Item = Provider> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut words = line.splitn(4, ' ');
        let (pattern, whose, claims, shape) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let (claim, others) = claims.split_once(',').unwrap_or((claims, ""));
        let shape = (shape != "-").then_some(shape);
        let (shared, of_account) = (whose != "own", whose == "pools");
        Some(Provider { pattern, shared, of_account, claim, others, shape })
    })
}

impl Provider {
    /// The claims of which one is enough to say whose a token is.
    pub(crate) fn claims(self) -> impl Iterator<Item = &'static str> {
        let others = self.others.split(',').filter(|claim| !claim.is_empty());
        std::iter::once(self.claim).chain(others)
    }

    /// Whether a stranger can get a token whose claim the pattern fits.
    pub(crate) fn is_open_to_anybody(self, pattern: &str) -> bool {
        let Some(open) = pattern.find(['*', '?']) else { return false };
        self.shared && self.shape.is_none_or(|shape| opened(&pattern[..open], shape) == Some(0))
    }
}

/// In which part of the shape (from 0) the text ends; none when it is not of that shape.
pub(crate) fn opened(before: &str, shape: &str) -> Option<usize> {
    let mut rest = before;
    let mut number = 0;
    for (index, piece) in shape.split(['{', '}']).enumerate() {
        if index % 2 == 1 {
            // A part: it goes as far as the next fixed text, which comes next.
            continue;
        }
        if piece.is_empty() {
            continue;
        }
        let begins = index == 0;
        match rest.find(piece) {
            Some(at) if at == 0 || !begins => {
                rest = &rest[at + piece.len()..];
                number += usize::from(!begins);
            }
            // The text ends within this fixed text, or within the part before it.
            _ if begins && !piece.starts_with(rest) => return None,
            // With what this fixed text begins with the part before it ends.
            _ if !begins && closes(rest, piece) => return Some(number + 1),
            _ => return Some(number),
        }
    }
    Some(number)
}

/// Whether the text ends in what a fixed text begins with: `organization:acme:` in the colon of `:project:`.
fn closes(text: &str, fixed: &str) -> bool {
    let mut lengths = fixed.char_indices().map(|(at, _)| at).filter(|at| *at > 0);
    lengths.any(|length| text.ends_with(&fixed[..length]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_anybodys_when_strangers_choose_what_it_leaves_open() {
        let github = provider("token.actions.githubusercontent.com").expect("a row");
        assert!(github.is_open_to_anybody("*") && github.is_open_to_anybody("repo:example*"));
        assert!(!github.is_open_to_anybody("repo:example/*"));
        assert!(!github.is_open_to_anybody("repo:example/shop:ref:refs/heads/main"));
        for own in ["oidc.eks.eu-west-1.amazonaws.com/id/A1", "token.actions.githubusercontent.com/example"] {
            assert!(!provider(own).expect("a row").is_open_to_anybody("*"), "{own}");
        }
    }
}
