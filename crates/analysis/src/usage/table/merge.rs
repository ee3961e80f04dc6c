//! Two tables become one. One thread does it, when all others have nothing left to do.
//!
//! Workers keep to accounts and regions of their own, so mostly a group of rows is in one of the two tables only. Its rows
//! are put behind the others without a look for what cannot be there.

use super::{AHEAD, Table, text_of};
use crate::usage::intern::Interner;
use crate::usage::sighting::{Key, Prints, Seen};
use smallvec::SmallVec;

/// Where the rows of another table go.
#[derive(Debug)]
struct Joining {
    /// By row of the other, as far as it is in a group.
    homes: Vec<Option<Joined>>,
    /// The groups that are alone.
    alone: Vec<usize>,
}

/// Where one goes.
#[derive(Debug, Clone, Copy)]
struct Joined {
    group: u32,
    /// The group has no rows here, and is folded as far as there: none that comes from there is here yet.
    alone: bool,
}

impl Table {
    /// Takes in another table. What comes out does not depend on the order.
    pub(in crate::usage) fn merge(&mut self, other: &Table) {
        let names = |own: &mut Interner, other: &Interner| -> Vec<u32> {
            (0..other.len() as u32).map(|id| own.intern(other.bytes(id))).collect()
        };
        let principals = names(&mut self.principals, &other.principals);
        let actions = names(&mut self.actions, &other.actions);
        let contexts = names(&mut self.contexts, &other.contexts);
        let translate = |key: &Key| Key {
            principal: principals[key.principal as usize],
            action: actions[key.action as usize],
            context: contexts[key.context as usize],
            ..*key
        };
        for (key, level) in other.levels() {
            self.raise_to(&translate(&key), level);
        }
        let Joining { homes, alone } = self.joining(other, translate);
        let mut live = other.live();
        loop {
            let some: SmallVec<[_; AHEAD]> = live.by_ref().take(AHEAD).collect();
            if some.is_empty() {
                break;
            }
            // The hash of a row is the same in every table.
            let likely: SmallVec<[_; AHEAD]> = some
                .iter()
                .map(|(id, row)| match homes[*id as usize] {
                    Some(Joined { alone: true, .. }) => None,
                    _ => self.likely(row.hash),
                })
                .collect();
            self.touch(likely.iter().copied().flatten());
            for ((id, row), likely) in some.into_iter().zip(likely) {
                let (key, seen, text) = (translate(&row.key), other.seen(id), text_of(&other.text, row));
                let prints = Prints::Some(other.fingerprints(id));
                let home = homes[id as usize];
                if let Some(Joined { group, alone: true }) = home {
                    self.append(group as usize, key, text, row.hash, seen, prints);
                    continue;
                }
                match likely.filter(|own| self.is_row(*own, row.hash, &key, text)) {
                    Some(own) => self.add_to_row(own, seen, prints),
                    None => {
                        let group = home.map(|home| home.group as usize).or_else(|| self.group_of(&key));
                        self.add_in_group(group, key, text, row.hash, seen, prints);
                    }
                }
            }
        }
        // The other table may fold later than this one.
        alone.into_iter().for_each(|group| self.fold(group));
    }

    /// Where the rows of another table go, whose keys `translate` turns into own ones.
    fn joining(&mut self, other: &Table, translate: impl Fn(&Key) -> Key) -> Joining {
        let mut joining = Joining { homes: vec![None; other.rows.len()], alone: Vec::new() };
        for theirs in &other.groups {
            let group = self.group(&translate(&theirs.key));
            let own = &self.groups[group];
            let alone = own.rows.is_empty() && own.level == theirs.level;
            joining.alone.extend(alone.then_some(group));
            for row in &theirs.rows {
                joining.homes[*row as usize] = Some(Joined { group: group as u32, alone });
            }
        }
        joining
    }

    /// Takes in a row of another table whose group has none here but those that come from there.
    fn append(&mut self, group: usize, key: Key, resource: &str, hash: u64, seen: Seen, prints: Prints<'_>) {
        let row = self.insert(key, resource, hash, seen, prints);
        self.groups[group].rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::sighting::{EventId, Kind};

    /// A table that folds more than so many, with some objects read by one principal.
    fn table(fold_at: usize, level: u8, objects: &[&str]) -> Table {
        let mut table = Table::new(fold_at);
        let key = Key {
            principal: table.principals.intern(b"arn:aws:iam::111122223333:role/r"),
            action: table.actions.intern(b"s3:GetObject"),
            context: table.contexts.intern(b""),
            outcome: 0,
            kind: Kind::Exact,
        };
        table.raise_to(&key, level);
        for object in objects {
            let hash = table.hash(&key, object);
            let seen = Seen::once(7, EventId::new(b"e"));
            table.add(key, object, hash, seen, Prints::None);
        }
        table
    }

    fn rows(table: &Table) -> Vec<(Kind, u64, &str)> {
        let mut rows: Vec<_> = table.rows().map(|(row, text)| (row.key.kind, row.seen.count, text)).collect();
        rows.sort_unstable_by_key(|(kind, _, text)| (kind.rank(), *text));
        rows
    }

    const OBJECTS: [&str; 4] =
        ["arn:aws:s3:::b/x/1", "arn:aws:s3:::b/x/2", "arn:aws:s3:::b/y/3", "arn:aws:s3:::b/y/4"];

    #[test]
    fn rows_that_are_put_together_are_folded_as_if_they_had_been_added() {
        for (fold_at, level) in [(2, 0), (3, 0), (100, 0), (100, 5), (100, 6), (100, 7), (2, 6)] {
            for theirs in [0, 5] {
                let mut own = table(fold_at, level, &[]);
                own.merge(&table(100, theirs, &OBJECTS));
                let added = table(fold_at, level.max(theirs), &OBJECTS);
                assert_eq!(rows(&own), rows(&added), "{fold_at} {level} {theirs}");
            }
        }
        assert_eq!(rows(&table(100, 6, &OBJECTS)), [(Kind::Folded, 4, "arn:aws:s3:::b/*")]);
    }
}
