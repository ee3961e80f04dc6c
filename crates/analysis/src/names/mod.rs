//! What a snapshot of the account, and the logs as a whole, know of names that a call leaves short: the role in an instance
//! profile, and the path of what is named without one.
//!
//! A call of EC2 names an instance profile, and AWS asks for `iam:PassRole` on the role in it. Calls of IAM, and some
//! of other services, name a role or a user without its path, and AWS judges by the ARN, which has it
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>). Without a snapshot, passing stays
//! on every role, and a name is written with the path that the logs show it to be made with, or else as if it had none, with
//! a note that this is a guess.
//!
//! A snapshot is as of its moment, so nothing is taken from it that the log or its own dates speak against: see
//! [`Naming::of`]. What is taken is a list of [`Taken`], which is part of the proof: rows of usage stay as the log gave
//! them, and [`apply`] says what they stand for.

mod apply;
mod changes;
mod directory;
mod made;
mod notes;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};

use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::usage::{INSTANCE_PROFILE, Outcome, Resource, UsageRow, WITHOUT_PATH};
pub use apply::apply;
use apply::is_refused;
pub(crate) use apply::{check, taken};
pub use changes::Changes;
pub use directory::Directory;
use directory::Name;
pub use sessions::{give_paths, note_of_sessions, rows_of, without_path as role_without_path};

/// A name of the log, and what the snapshot or the log elsewhere says that it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// The ARN as it follows from the log: of an instance profile, or of anything as if it had no path.
    pub named: String,
    /// What tells.
    pub by: By,
    /// The ARN that is meant: of the role in the profile, or with the path.
    pub is: String,
    /// Whether `named` itself is granted too, since nobody can tell which of the two AWS judged by.
    pub both: bool,
}

/// What tells which ARN is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The role is in the instance profile.
    InstanceProfile,
    /// Names are unique in an account, whatever their path, and the snapshot lists it.
    Path,
    /// The same, and the logs show how it was made.
    Creation,
}

/// What is known of the names in one principal's usage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Naming {
    /// What is taken from the snapshot or from creation, sorted.
    pub taken: Vec<Taken>,
    /// Instance profiles whose role is not.
    unclear: BTreeMap<String, Unclear>,
    /// Names without a path that neither tells: that they have none is a guess.
    guessed: Vec<String>,
    /// Whether there was a snapshot to look into.
    asked: bool,
    /// By what some are taken and yet granted as the log has them, too.
    under_both: BTreeSet<By>,
}

/// Why the role in an instance profile cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Unclear {
    /// No snapshot was given that is whole.
    Unasked,
    /// No role of the account is listed to be in it.
    Unlisted,
    /// More than one is, and a profile holds one.
    Several,
    /// Roles were put in or taken out while it was used, or right before.
    Changed,
    /// It, or its role, is younger than its first use here.
    Younger(String),
    /// What was granted does not allow to pass this role.
    NotGranted(String),
    /// Other calls may have passed roles that nobody knows: what a launch template holds.
    Others,
    /// The logs were read for some principals only, or such usage was saved: what others changed is not in them.
    Unseen,
}

/// How a name was used.
#[derive(Debug, Clone, Copy)]
struct Use {
    first: Timestamp,
    last: Timestamp,
    /// When a call first went through.
    worked: Option<Timestamp>,
    /// Whether a call with it went through, so that it was there.
    done: bool,
    /// Whether one failed.
    failed: bool,
    /// Of an instance profile: whether it is of the account in which a role was passed.
    at_home: bool,
}

impl Naming {
    /// Looks up the names in the rows of one principal.
    ///
    /// The role in an instance profile is taken where the account's snapshot lists the profile in one role, where these
    /// logs show no change of the profile while it was used, where neither it nor the role is younger than the first
    /// call, where `granted` may allow to pass the role, and where no other call may have passed a role of which nothing
    /// is known. A path is taken where the snapshot lists one thing of that kind and name; where it lists none, or there is
    /// none, where the logs show it to be made, always as the same.
    pub fn of(
        rows: &[UsageRow],
        granted: Option<&PolicySet>,
        changes: &Changes,
        directory: Option<&Directory>,
    ) -> Naming {
        let (mut profiles, mut names) = (BTreeMap::new(), BTreeMap::new());
        for row in rows.iter().filter(|row| row.authorised()) {
            if let Some(profile) = named_profile(row) {
                let at_home = profile_of(row).is_some();
                note_use(&mut profiles, profile, row).at_home &= at_home;
            } else if let Some(name) = without_path(row) {
                note_use(&mut names, name, row);
            }
        }
        let not_granted = |profile: &str, role: &str| {
            let mut own = rows.iter().filter(|row| row.authorised() && named_profile(row) == Some(profile));
            let passed =
                |row: &UsageRow| UsageRow { resource: Resource::Exact(role.to_owned()), ..row.clone() };
            own.any(|row| is_refused(granted, &passed(row)))
        };
        let others: Vec<&str> = rows.iter().filter_map(passed_unknown).collect();
        let mut naming = Naming { asked: directory.is_some(), ..Naming::default() };
        for (profile, seen) in profiles {
            match role_in(profile, seen, changes, directory) {
                Ok(_) if others.iter().any(|account| is_profile_of(profile, account)) => {
                    naming.unclear.insert(profile.to_owned(), Unclear::Others);
                }
                Ok(role) if not_granted(profile, &role) => {
                    naming.unclear.insert(profile.to_owned(), Unclear::NotGranted(role));
                }
                Ok(role) => naming.taken.push(Taken {
                    named: profile.to_owned(),
                    is: role,
                    by: By::InstanceProfile,
                    both: false,
                }),
                Err(unclear) => drop(naming.unclear.insert(profile.to_owned(), unclear)),
            }
        }
        for (arn, seen) in names {
            match directory.and_then(|directory| directory.only(arn)) {
                Some(entry) if entry.arn == arn => {}
                Some(entry) => {
                    let renamed = last(arn) != last(&entry.arn);
                    let younger = entry.created.is_some_and(|created| created > seen.first);
                    let moved = Name::parse(arn).is_some_and(|name| changes.moved(&name, seen.first));
                    let both = renamed || younger || moved;
                    let is = entry.arn.clone();
                    naming.take(Taken { named: arn.to_owned(), by: By::Path, is, both }, seen);
                }
                None if let Some(made) = made(arn, seen, changes, directory) => {
                    match (made.is == arn, made.both) {
                        (true, false) => {}
                        (true, true) => naming.guessed.push(arn.to_owned()),
                        (false, _) => naming.take(made, seen),
                    }
                }
                // A call that failed may have failed since there is no such thing, and then AWS knows no path either.
                None if !seen.done && directory.is_some() => {}
                None => naming.guessed.push(arn.to_owned()),
            }
        }
        naming.taken.sort();
        naming
    }

    fn take(&mut self, taken: Taken, seen: Use) {
        if taken.both || seen.failed {
            self.under_both.insert(taken.by);
        }
        self.taken.push(taken);
    }
}

/// What a name stands for that the snapshot does not list, as far as the logs show how it was made.
fn made(arn: &str, seen: Use, changes: &Changes, directory: Option<&Directory>) -> Option<Taken> {
    let name = Name::parse(arn)?;
    if directory.is_some_and(|directory| !directory.all(&name).is_empty()) {
        return None;
    }
    let creation = changes.creation(&name, seen)?;
    // Whether it was something else before or after, records that were left out may tell.
    let both = !creation.sure || changes.are_unseen() || last(arn) != last(creation.arn);
    Some(Taken { named: arn.to_owned(), by: By::Creation, is: creation.arn.to_owned(), both })
}

fn note_use<'u, 'r>(uses: &'u mut BTreeMap<&'r str, Use>, name: &'r str, row: &UsageRow) -> &'u mut Use {
    let (first, last) = (row.first, row.last);
    let seen = uses.entry(name).or_insert(Use {
        first,
        last,
        worked: None,
        done: false,
        failed: false,
        at_home: true,
    });
    seen.first = seen.first.min(first);
    seen.last = seen.last.max(last);
    if row.outcome == Outcome::Used {
        seen.worked = Some(seen.worked.map_or(first, |worked| worked.min(first)));
    }
    seen.done |= row.outcome == Outcome::Used;
    seen.failed |= row.outcome == Outcome::Failed;
    seen
}

/// The instance profile that a row names for its role.
fn named_profile(row: &UsageRow) -> Option<&str> {
    match row.context.get(INSTANCE_PROFILE)? {
        [profile] => Some(profile),
        _ => None,
    }
}

/// The instance profile that stands for the role of a row, which may be any of the profile's account.
fn profile_of(row: &UsageRow) -> Option<&str> {
    let Resource::Pattern(pattern) = &row.resource else { return None };
    let account = pattern.strip_suffix(":role/*")?;
    named_profile(row).filter(|profile| is_profile_of(profile, account))
}

/// Whether the ARN is of an instance profile of this account: `arn:aws:iam::111122223333`.
fn is_profile_of(profile: &str, account: &str) -> bool {
    profile.strip_prefix(account).is_some_and(|rest| rest.starts_with(":instance-profile/"))
}

/// The account of roles that a row may have passed without telling which, to EC2: what is in an instance profile is passed
/// to nobody else.
fn passed_unknown(row: &UsageRow) -> Option<&str> {
    let Resource::Pattern(pattern) = &row.resource else { return None };
    let to_ec2 = |services: &[String]| services.iter().any(|service| service.starts_with("ec2."));
    let is_one = row.outcome == Outcome::Unknown
        && row.action.eq_ignore_ascii_case("iam:PassRole")
        && row.context.get("iam:PassedToService").is_none_or(to_ec2);
    pattern.strip_suffix(":role/*").filter(|_| is_one && named_profile(row).is_none())
}

/// The ARN of a row that may lack a path.
fn without_path(row: &UsageRow) -> Option<&str> {
    row.context.get(WITHOUT_PATH)?;
    let Resource::Exact(arn) = &row.resource else { return None };
    Name::parse(arn).filter(|name| !name.has_path)?;
    Some(arn)
}

/// Whether [`Changes`] matter to any of the rows: it names an instance profile, or something without its path.
pub fn depend_on_changes(rows: &[UsageRow]) -> bool {
    rows.iter().any(|row| named_profile(row).or_else(|| without_path(row)).is_some())
}

/// The role in an instance profile.
fn role_in(
    profile: &str,
    seen: Use,
    changes: &Changes,
    directory: Option<&Directory>,
) -> Result<String, Unclear> {
    let directory = directory.ok_or(Unclear::Unasked)?;
    let name = Name::parse(profile).filter(|_| seen.at_home).ok_or(Unclear::Unlisted)?;
    let entry = match directory.all(&name) {
        [] => return Err(Unclear::Unlisted),
        [only] => only,
        _ => return Err(Unclear::Several),
    };
    if name.has_path && entry.arn != profile {
        return Err(Unclear::Unlisted);
    }
    let role = match entry.roles.iter().collect::<Vec<_>>()[..] {
        [] => return Err(Unclear::Unlisted),
        [only] if Name::parse(only).is_some_and(|role| role.account() == name.account()) => only,
        [_] => return Err(Unclear::Unlisted),
        _ => return Err(Unclear::Several),
    };
    let younger = |created: Option<Timestamp>| created.is_some_and(|created| created > seen.first);
    if changes.are_unseen() {
        return Err(Unclear::Unseen);
    }
    if changes.since(&name, seen.first) {
        return Err(Unclear::Changed);
    }
    if younger(entry.created) {
        return Err(Unclear::Younger(entry.arn.clone()));
    }
    match directory.only(role) {
        Some(held) if held.arn != *role => Err(Unclear::Several),
        Some(held) if younger(held.created) => Err(Unclear::Younger(role.clone())),
        Some(_) => Ok(role.clone()),
        None => Err(Unclear::Unlisted),
    }
}

/// The name behind the path.
fn last(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, name)| name)
}

#[cfg(test)]
mod tests;
