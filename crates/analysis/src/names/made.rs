//! What was made and deleted in IAM, as far as these logs show, whoever did it. Creation alone says the path, and a role
//! has the one that it was made with for as long as it lives.

use std::collections::{BTreeMap, BTreeSet};

use super::Use;
use super::directory::{Key, Name};
use crate::usage::{Outcome, Resource, UsageRow};

/// What makes something whose name may have a path; the resource of the call has it.
const MAKES: [&str; 4] = ["iam:CreateRole", "iam:CreateUser", "iam:CreateGroup", "iam:CreateInstanceProfile"];

/// What ends it, so that the name is free for another.
const DELETES: [&str; 4] =
    ["iam:DeleteRole", "iam:DeleteUser", "iam:DeleteGroup", "iam:DeleteInstanceProfile"];

/// The lives of all that was made, by what a call names it.
#[derive(Debug, Clone, Default)]
pub(super) struct Made {
    lives: BTreeMap<Key, Life>,
    /// Whether there were others of which the log does not tell the names, or too many for rows of their own.
    others: bool,
}

#[derive(Debug, Clone, Default)]
struct Life {
    /// What it was made as, with the path, and when first.
    arns: BTreeSet<String>,
    made: Option<i64>,
    /// When it was deleted first and last.
    deleted: Option<(i64, i64)>,
}

/// How something was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Creation<'a> {
    /// Its ARN.
    pub(super) arn: &'a str,
    /// When, at the earliest.
    pub(super) at: i64,
    /// Whether whoever named it must have meant this: nobody did before it was made, or after it was deleted.
    pub(super) sure: bool,
}

impl Made {
    pub(super) fn add<T: AsRef<str>, C>(&mut self, row: &UsageRow<T, C>) {
        let is_one_of =
            |names: [&str; 4]| names.iter().any(|name| name.eq_ignore_ascii_case(row.action.as_ref()));
        let (makes, deletes) = (is_one_of(MAKES), is_one_of(DELETES));
        if row.outcome != Outcome::Used || !(makes || deletes) {
            return;
        }
        let named = match &row.resource {
            Resource::Exact(arn) => Name::parse(arn.as_ref()).map(|name| (arn, name)),
            _ => None,
        };
        let Some((arn, name)) = named else {
            self.others = true;
            return;
        };
        let (first, last) = (row.first.seconds(), row.last.seconds());
        let life = self.lives.entry(name.key).or_default();
        if makes {
            life.arns.insert(arn.as_ref().to_owned());
            life.made = Some(life.made.map_or(first, |made| made.min(first)));
        } else {
            let (from, to) = life.deleted.unwrap_or((first, last));
            life.deleted = Some((from.min(first), to.max(last)));
        }
    }

    /// How what has this name was made, where that is known and always was the same.
    pub(super) fn of(&self, name: &Name, seen: Use) -> Option<Creation<'_>> {
        let life = self.lives.get(&name.key)?;
        let (Some(arn), Some(at), 1) = (life.arns.first(), life.made, life.arns.len()) else { return None };
        let before = seen.worked.is_some_and(|worked| worked.seconds() < at);
        // Who is made again the same way shows so; it could be made by somebody who does not show, too.
        let after = life.deleted.is_some_and(|(first, last)| {
            let earliest = if first < at { at } else { first };
            last >= at && seen.last.seconds() > earliest
        });
        Some(Creation { arn, at, sure: !before && !after && !self.others })
    }
}
