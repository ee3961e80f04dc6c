//! What was made and deleted, when instance profiles were changed, and users and groups moved, as far as these logs show,
//! whoever did it.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use leastwise_policy::arn::Arn;
use leastwise_policy::time::Timestamp;

use super::Use;
use super::directory::{Key, Name};
use super::made::{Creation, Made};
use crate::usage::{Outcome, Resource, UsageRow};

/// What puts a role into an instance profile.
const PUTS_IN: [&str; 2] = ["iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile"];

/// What takes one out. For up to an hour AWS may go by what was before:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html>.
const TAKES_OUT: [&str; 2] = ["iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"];
const DELAY: i64 = 3_600;

/// What gives a user or a group another path.
const MOVES: [&str; 2] = ["iam:UpdateUser", "iam:UpdateGroup"];

/// Until when instance profiles may have held something else than later, and users and groups had another path.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    of_profiles: BTreeMap<Key, i64>,
    of_paths: BTreeMap<Key, i64>,
    made: Made,
    /// Whether only some principals' records were looked at.
    unseen: bool,
    /// By account, empty where the log does not tell it: changes of profiles that the log does not tell.
    of_accounts: BTreeMap<String, i64>,
}

impl Changes {
    /// The changes in the rows of everybody.
    pub fn of<T: AsRef<str>, C, R: Borrow<UsageRow<T, C>>>(rows: impl IntoIterator<Item = R>) -> Changes {
        let mut changes = Changes::default();
        for row in rows {
            changes.add(row.borrow());
        }
        changes
    }

    /// The same of records of which those of other principals were left out, when there were `left_out` of these.
    #[must_use]
    pub fn without_others(self, left_out: u64) -> Changes {
        Changes { unseen: self.unseen || left_out > 0, ..self }
    }

    pub(super) fn are_unseen(&self) -> bool {
        self.unseen
    }

    fn add<T: AsRef<str>, C>(&mut self, row: &UsageRow<T, C>) {
        let action = row.action.as_ref();
        // There can be very many rows, and few are of IAM.
        if !action.get(..4).is_some_and(|service| service.eq_ignore_ascii_case("iam:")) {
            return;
        }
        self.made.add(row);
        let is_one_of = |names: [&str; 2]| names.iter().any(|name| name.eq_ignore_ascii_case(action));
        let moves = is_one_of(MOVES);
        let delay = match (is_one_of(PUTS_IN) || moves, is_one_of(TAKES_OUT)) {
            (true, _) => 0,
            (_, true) => DELAY,
            (false, false) => return,
        };
        if row.outcome != Outcome::Used {
            return;
        }
        let until = row.last.seconds().saturating_add(delay);
        let exact = match &row.resource {
            Resource::Exact(arn) => Name::parse(arn.as_ref()),
            _ => None,
        };
        let last = match exact {
            Some(name) if moves => self.of_paths.entry(name.key).or_insert(until),
            _ if moves => return,
            Some(name) => self.of_profiles.entry(name.key).or_insert(until),
            None => {
                let account = Arn::parse(row.resource.as_str()).map(|arn| arn.account().to_owned());
                self.of_accounts.entry(account.unwrap_or_default()).or_insert(until)
            }
        };
        *last = until.max(*last);
    }

    /// How what has this name was made, if it has the path since.
    pub(super) fn creation(&self, name: &Name, seen: Use) -> Option<Creation<'_>> {
        let moved =
            |creation: &Creation<'_>| self.of_paths.get(&name.key).is_some_and(|last| *last >= creation.at);
        self.made.of(name, seen).filter(|creation| !moved(creation))
    }

    /// Whether a user or a group may have had another path since its first use: a call that moves it tells it by its name.
    pub(super) fn moved(&self, name: &Name, first: Timestamp) -> bool {
        self.of_paths.get(&name.key).is_some_and(|until| *until >= first.seconds())
    }

    /// Whether what the profile holds may have changed since its first use.
    pub(super) fn since(&self, profile: &Name, first: Timestamp) -> bool {
        let of_accounts = [profile.account(), ""].map(|account| self.of_accounts.get(account));
        let until = of_accounts.into_iter().flatten().chain(self.of_profiles.get(&profile.key)).max();
        until.is_some_and(|until| *until >= first.seconds())
    }
}
