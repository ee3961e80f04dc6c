//! Rows of usage with the names that are taken from elsewhere.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use leastwise_policy::aws::evaluate::{PolicySet, Verdict};

use super::directory::Name;
use super::{By, Taken, profile_of, without_path};
use crate::replay;
use crate::usage::{Outcome, Resource, UsageRow};

/// The rows as `names` says what they are about, for whoever decides by them; `granted` is what was in force.
///
/// INVARIANT: no event is counted twice. Where both the name as the log has it and the one that is taken may be meant,
/// the second row stands for no event; it must be allowed all the same.
pub fn apply<'r>(rows: &'r [UsageRow], names: &[Taken], granted: Option<&PolicySet>) -> Cow<'r, [UsageRow]> {
    match names.is_empty() {
        true => Cow::Borrowed(rows),
        false => Cow::Owned(each(rows.iter(), names, granted).map(Cow::into_owned).collect()),
    }
}

/// The same for rows that lie apart.
pub(crate) fn taken<'r>(
    rows: &[&'r UsageRow],
    names: &[Taken],
    granted: Option<&PolicySet>,
) -> Vec<Cow<'r, UsageRow>> {
    each(rows.iter().copied(), names, granted).collect()
}

fn each<'r>(
    rows: impl Iterator<Item = &'r UsageRow>,
    names: &[Taken],
    granted: Option<&PolicySet>,
) -> impl Iterator<Item = Cow<'r, UsageRow>> {
    let by: HashMap<(By, &str), &Taken> =
        names.iter().map(|taken| ((taken.by, &*taken.named), taken)).collect();
    rows.flat_map(move |row| {
        let found = |by_what, name: Option<&str>| by.get(&(by_what, name?)).copied();
        let taken = match row.authorised() {
            true => {
                let by_path = |by| found(by, without_path(row));
                found(By::InstanceProfile, profile_of(row))
                    .or_else(|| by_path(By::Path))
                    .or_else(|| by_path(By::Creation))
            }
            false => None,
        };
        let Some(taken) = taken else { return [Some(Cow::Borrowed(row)), None] };
        let named = UsageRow { resource: Resource::Exact(taken.is.clone()), ..row.clone() };
        match taken.meant(row, &named, granted) {
            Meant::Named => [Some(Cow::Owned(named)), None],
            Meant::AsWritten => [Some(Cow::Borrowed(row)), None],
            Meant::Both => [Some(Cow::Borrowed(row)), Some(Cow::Owned(UsageRow { count: 0, ..named }))],
        }
    })
    .flatten()
}

/// What AWS judged a row by.
enum Meant {
    /// What is taken from elsewhere.
    Named,
    /// What the log has.
    AsWritten,
    /// Nobody can tell.
    Both,
}

/// Whether the granted policies surely do not allow a row, so that AWS did not judge by it.
pub(super) fn is_refused(granted: Option<&PolicySet>, row: &UsageRow) -> bool {
    granted.is_some_and(|granted| {
        matches!(replay::ask(granted, row).verdict, Verdict::ImplicitDeny | Verdict::ExplicitDeny)
    })
}

/// Why names cannot be what they say, whatever the snapshot: for whoever reads them in a proof.
pub(crate) fn check(names: &[Taken], rows: &[&UsageRow]) -> Result<(), String> {
    // A name has one path, whatever tells it.
    let told = |taken: &Taken| (taken.by == By::InstanceProfile, taken.named.clone());
    let mut once = HashSet::new();
    if !names.is_sorted() || !names.iter().all(|taken| once.insert(told(taken))) {
        return Err("the names are not in order".to_owned());
    }
    let rows = || rows.iter().filter(|row| row.authorised());
    let mut used: HashSet<(By, &str)> = HashSet::new();
    used.extend(rows().filter_map(|row| Some((By::InstanceProfile, profile_of(row)?))));
    for by in [By::Path, By::Creation] {
        used.extend(rows().filter_map(|row| Some((by, without_path(row)?))));
    }
    for taken in names {
        let why = match used.contains(&(taken.by, &*taken.named)) {
            true => taken.contradiction(),
            false => Some("no call of the principal names the first so"),
        };
        if let Some(why) = why {
            return Err(format!("`{}` cannot be `{}`: {why}", taken.named, taken.is));
        }
    }
    Ok(())
}

impl Taken {
    fn meant(&self, row: &UsageRow, named: &UsageRow, granted: Option<&PolicySet>) -> Meant {
        if self.by == By::InstanceProfile {
            return Meant::Named;
        }
        match (is_refused(granted, row), is_refused(granted, named)) {
            (true, false) => Meant::Named,
            (false, true) => Meant::AsWritten,
            // A call that failed may have failed since there was no such thing, and then AWS knew no path either.
            _ if self.both || row.outcome == Outcome::Failed => Meant::Both,
            _ => Meant::Named,
        }
    }

    fn contradiction(&self) -> Option<&'static str> {
        let (Some(named), Some(is)) = (Name::parse(&self.named), Name::parse(&self.is)) else {
            return Some("both must be ARNs of IAM");
        };
        let of_one_account = (named.partition(), named.account()) == (is.partition(), is.account());
        match self.by {
            By::InstanceProfile
                if !of_one_account || (named.kind(), is.kind()) != ("instance-profile", "role") =>
            {
                Some("an instance profile holds a role of its account")
            }
            By::InstanceProfile if self.both => Some("an instance profile is not passed itself"),
            By::Path | By::Creation if !named.is_like(&is) => {
                Some("they are not called the same in one account")
            }
            _ => None,
        }
    }
}
