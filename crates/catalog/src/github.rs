//! What GitHub offers to an app: permissions, of what each is, its levels, and what it is worth beyond what it says.
//!
//! The facts are text below `data/github`, with their sources in `PROVENANCE.md`.

use std::sync::OnceLock;

const PERMISSIONS: &str = include_str!("../data/github/permissions.txt");
const RISKS: &str = include_str!("../data/github/risks.txt");

/// Of what a permission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// Of repositories.
    Repository,
    /// Of an organization.
    Organization,
    /// Of an enterprise.
    Enterprise,
    /// Of the account of whoever uses the app.
    Account,
}

/// A permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// `issues`.
    pub name: &'static str,
    /// Of what.
    pub of: Of,
    /// `read`, `write`, `admin`: those that it has, the mildest first.
    pub levels: Vec<&'static str>,
}

/// All permissions by name.
///
/// # Panics
/// Never: a test parses what is embedded.
pub fn permissions() -> &'static [Permission] {
    static FACTS: OnceLock<Vec<Permission>> = OnceLock::new();
    FACTS.get_or_init(|| {
        let read = |line| permission(line).expect("the embedded table parses, which a test shows");
        facts(PERMISSIONS).map(read).collect()
    })
}

/// What a permission is worth beyond what it says.
pub fn risk(name: &str, level: &str) -> Option<&'static str> {
    facts(RISKS).find_map(|line| {
        let (facts, text) = line.split_once("  ")?;
        let (of, levels) = facts.split_once(' ')?;
        (of == name && (level == "admin" || levels.split(',').any(|known| known == level))).then_some(text)
    })
}

fn facts(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn permission(line: &'static str) -> Option<Permission> {
    let mut words = line.split(' ');
    let (name, of, levels) = (words.next()?, words.next()?, words.next()?);
    let of = match of {
        "repository" => Of::Repository,
        "organization" => Of::Organization,
        "enterprise" => Of::Enterprise,
        "account" => Of::Account,
        _ => return None,
    };
    Some(Permission { name, of, levels: levels.split(',').collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_parses_and_names_what_exists() {
        assert!(permissions().len() > 50, "{}", permissions().len());
        for line in facts(RISKS) {
            let (of, levels) =
                line.split_once("  ").and_then(|(facts, _)| facts.split_once(' ')).expect(line);
            let known = permissions().iter().find(|known| known.name == of).expect(line);
            assert!(levels.split(',').all(|level| known.levels.contains(&level)), "{line}");
        }
        let of = |name| permissions().iter().find(|known| known.name == name).map(|known| known.of);
        assert_eq!(of("members"), Some(Of::Organization));
        assert_eq!(of("contents"), Some(Of::Repository));
        assert_eq!(of("starring"), Some(Of::Account));
    }
}
