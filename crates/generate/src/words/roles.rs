//! Several roles in one text: each sentence belongs to whom it names, or to whom the sentence before it named.

use crate::intent::Trust;

/// Who holds a role: trust, tokens, sentence.
pub(super) type Holder = (Trust, (usize, usize), usize);

/// The sentences of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    /// What tells its role from the others.
    pub name: String,
    from: usize,
    to: usize,
}

impl Default for Share {
    /// All sentences.
    fn default() -> Share {
        Share { name: String::new(), from: 0, to: usize::MAX }
    }
}

impl Share {
    /// Whether a sentence is of this role.
    pub(super) fn covers(&self, sentence: usize) -> bool {
        (self.from..self.to).contains(&sentence)
    }
}

/// One share for each holder. With one holder, or none, all is its own.
///
/// # Errors
/// Several are named in one sentence, or come back after another: the tokens of the second.
pub(super) fn shares(holders: &[Holder]) -> Result<Vec<Share>, (usize, usize)> {
    let mut shares: Vec<(&Trust, Share)> = Vec::new();
    for (trust, span, sentence) in holders {
        let last = shares.last().map(|(last, share)| (*last, share.from));
        if last.is_some_and(|(last, _)| last == trust) {
            continue;
        }
        let known = shares.iter().any(|(known, _)| *known == trust);
        if known || last.is_some_and(|(_, from)| from == *sentence) {
            return Err(*span);
        }
        if let Some((_, last)) = shares.last_mut() {
            last.to = *sentence;
        }
        let from = if shares.is_empty() { 0 } else { *sentence };
        let plain = called(trust).replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        shares.push((trust, Share { name: format!("{plain}-{}", shares.len() + 1), from, to: usize::MAX }));
    }
    match shares.len() {
        0 | 1 => Ok(vec![Share::default()]),
        _ => Ok(shares.into_iter().map(|(_, share)| share).collect()),
    }
}

/// What a holder is called.
pub(super) fn called(trust: &Trust) -> String {
    match trust {
        Trust::Service(service) => service.clone(),
        Trust::Account { principal, .. } => principal.clone(),
        Trust::Oidc { subjects, .. } => subjects.join(" "),
        Trust::Spiffe { id, .. } => id.clone(),
        Trust::ServiceAccount { .. } => "a service account".to_owned(),
    }
}
