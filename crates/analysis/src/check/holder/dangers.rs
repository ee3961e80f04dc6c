//! What actions can be used for: access levels and marks of the catalogue, and the table `data/danger/actions.txt`.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use leastwise_catalog::{Action, Catalog, Level};

const TABLE: &str = include_str!("../../../data/danger/actions.txt");

/// What an action can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// Hands out or makes credentials.
    Credentials,
    /// Reads stored data, or hands it out.
    Data,
    /// Lets others at a resource.
    Share,
    /// Stops or thins out the record of what happened.
    Audit,
    /// Removes backups.
    Backups,
    /// Changes who may do what.
    Permissions,
    /// Removes or overwrites what cannot be brought back.
    Destructive,
    /// Changes something.
    Write,
}

/// A set of uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Uses(u16);

/// The uses of the actions that the table names, by the address of their facts: the catalogue stays where it is.
#[derive(Debug)]
pub(in crate::check) struct Dangers(HashMap<usize, Tabled, RandomState>);

/// What the table says of an action.
#[derive(Debug, Clone, Copy, Default)]
struct Tabled {
    has: Uses,
    /// What it does not have, whatever its access level says.
    lacks: Uses,
    /// For what it is less bad than others.
    minor: Uses,
}

/// What a row says of a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Has,
    Lacks,
    Minor,
}

impl Use {
    const TABLED: [(&'static str, Use); 8] = [
        ("credentials", Use::Credentials),
        ("data", Use::Data),
        ("share", Use::Share),
        ("audit", Use::Audit),
        ("backups", Use::Backups),
        ("permissions", Use::Permissions),
        ("destructive", Use::Destructive),
        ("write", Use::Write),
    ];

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl Uses {
    /// Whether it is among them.
    pub fn contains(self, wanted: Use) -> bool {
        self.0 & wanted.bit() != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and those.
    #[must_use]
    pub fn with(self, more: Uses) -> Uses {
        Uses(self.0 | more.0)
    }

    fn add(&mut self, more: Use) {
        self.0 |= more.bit();
    }
}

/// The rows of the table: what is said, of which use, the pattern.
fn rows() -> impl Iterator<Item = (Says, Use, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let (facts, _) = line.split_once('#').unwrap_or((line, ""));
        let mut words = facts.split_whitespace();
        let first = words.next().unwrap_or_default();
        let (says, name) = match first.split_once('-') {
            Some(("no", name)) => (Says::Lacks, name),
            Some(("minor", name)) => (Says::Minor, name),
            _ => (Says::Has, first),
        };
        let of = Use::TABLED.iter().find(|(known, _)| *known == name);
        words.filter_map(move |pattern| Some((says, of?.1, pattern)))
    })
}

impl Dangers {
    /// By this catalogue.
    pub(in crate::check) fn of(catalog: &Catalog) -> Dangers {
        let mut uses: HashMap<usize, Tabled, RandomState> = HashMap::default();
        for (says, of, pattern) in rows() {
            for action in catalog.expand(pattern) {
                let tabled = uses.entry(std::ptr::from_ref(action.facts).addr()).or_default();
                match says {
                    Says::Has => tabled.has.add(of),
                    Says::Lacks => tabled.lacks.add(of),
                    Says::Minor => tabled.minor.add(of),
                }
            }
        }
        Dangers(uses)
    }

    /// What the action can be used for, and for what of it the action is less bad than others.
    pub(in crate::check) fn uses(&self, action: Action<'_>) -> (Uses, Uses) {
        let facts = action.facts;
        let tabled = self.0.get(&std::ptr::from_ref(facts).addr()).copied().unwrap_or_default();
        let mut uses = tabled.has;
        for (level, of) in [(Level::PermissionsManagement, Use::Permissions), (Level::Write, Use::Write)] {
            if facts.levels.contains(level) {
                uses.add(of);
            }
        }
        if facts.destructive {
            uses.add(Use::Destructive);
        }
        (Uses(uses.0 & !tabled.lacks.0), tabled.minor)
    }
}

/// How bad an action is for whom it is given to: the least is the worst. Of those that are as bad, IAM's come first, then
/// what writes a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check) struct Rank(u8, bool, bool);

impl Dangers {
    /// How bad the action is.
    pub(in crate::check) fn rank(&self, action: Action<'_>) -> Rank {
        let name = &action.facts.name;
        let writes_policy = name.ends_with("Policy") && !name.starts_with("De");
        Rank(self.harm(action), &*action.service.prefix != "iam", !writes_policy)
    }

    fn harm(&self, action: Action<'_>) -> u8 {
        let (uses, _) = self.uses(action);
        let has = |of: Use| uses.contains(of);
        match () {
            () if has(Use::Permissions) || has(Use::Share) => 0,
            () if has(Use::Credentials) => 1,
            () if has(Use::Destructive) || has(Use::Backups) || has(Use::Audit) => 2,
            () if has(Use::Data) => 3,
            () if has(Use::Write) => 4,
            () => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_actions_that_exist() {
        let catalog = Catalog::embedded();
        let unknown: Vec<&str> = rows()
            .map(|(.., pattern)| pattern)
            .filter(|pattern| catalog.expand(pattern).is_empty())
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let uses = lines
            .filter_map(|line| line.split(' ').next())
            .map(|of| of.trim_start_matches("no-").trim_start_matches("minor-"));
        for of in uses {
            assert!(Use::TABLED.iter().any(|(name, _)| *name == of), "no use is called `{of}`");
        }
        assert!(rows().count() > 150);
    }
}
