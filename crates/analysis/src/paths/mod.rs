//! Paths to power: who can become whom, until somebody is admin.
//!
//! A graph over principals, the policies that they hold and the resources that run as them. What an edge needs is data
//! (`data/paths/*.paths`, one entry for each way that is known); whether somebody has it is asked of
//! [`leastwise_policy::aws::evaluate`], so `Deny`, conditions, boundaries, the organisation's policies and both sides of
//! a trust count as AWS counts them. One search goes backwards from the targets; nobody is compared with everybody.
//!
//! What nobody can know is said with the path: that something is assumed ([`Certainty::Assumed`]), that it hangs on
//! condition keys which are not the caller's to choose ([`Certainty::Conditional`]), that it takes somebody else's
//! credentials ([`Certainty::Another`]).

mod alike;
mod ask;
mod attempt;
mod bits;
mod bounds;
mod changes;
mod could;
mod cut;
mod denials;
mod doubts;
mod entries;
mod fill;
mod index;
mod model;
mod others;
mod outside;
mod patterns;
mod report;
mod rows;
mod search;
mod tags;
mod target;
#[cfg(test)]
mod tests;
mod trust;
mod types;
mod versions;

use std::collections::HashMap;
use std::sync::OnceLock;

use foldhash::fast::RandomState;
use leastwise_catalog::Catalog;
use leastwise_policy::aws::ActionPattern;

use search::Search;
pub use types::{
    Admin, Allowing, Call, Certainty, Cut, Found, From, Options, Outside, Path, SERVICE_ACCOUNT, Step,
    Target, Unreadable, Workload, World,
};

/// An action that one of the ways that are known needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepAction(usize);

impl StepAction {
    /// The action, when one of the ways that are known needs it; both as the catalogue spells them.
    pub fn of(prefix: &str, name: &str) -> Option<StepAction> {
        static ACTIONS: OnceLock<HashMap<(&str, &str), usize, RandomState>> = OnceLock::new();
        let actions = ACTIONS.get_or_init(|| {
            let actions = rows::Table::embedded().actions.iter().zip(0..);
            actions.filter_map(|(action, number)| Some((action.split_once(':')?, number))).collect()
        });
        actions.get(&(prefix, name)).copied().map(StepAction)
    }

    /// The action with its prefix.
    pub fn name(self) -> &'static str {
        &rows::Table::embedded().actions[self.0]
    }
}

/// Whether the pattern covers an action that one of the ways that are known needs.
pub fn may_be_step(pattern: &ActionPattern) -> bool {
    let table = rows::Table::embedded();
    if pattern.as_str().contains(['*', '?']) {
        return table.actions.iter().any(|action| pattern.matches(action));
    }
    table.action(&pattern.as_str().to_ascii_lowercase()).is_some()
}

/// What is taken to exist where instance profiles are not listed.
const PROFILE: &str = "an instance profile holds the role";

/// What somebody is allowed of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Nothing.
    Nothing,
    /// On something.
    Somewhere,
    /// On everything that there is.
    Everywhere,
}

/// A way that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Its entry in the tables.
    pub id: &'static str,
    /// What is done, in words.
    pub says: &'static str,
    /// The actions that it needs, in order.
    pub needs: Vec<&'static str>,
    /// What is taken to exist.
    pub assumes: Option<&'static str>,
}

/// The first way by which one becomes a role or a user and that needs no more than is allowed. What is made anew may be
/// called as the policy wants it; whom one would become, and what there is already, may not.
///
/// `allowed` is asked about an action with the condition keys that the way can set.
pub fn leads(allowed: impl Fn(StepAction, &[(String, String)]) -> Extent) -> Option<Way> {
    let table = rows::Table::embedded();
    // Roles of an application's users are not worth becoming, unless an account shows that they are.
    let is_of_users = |row: &rows::Row| row.lets_in == Some(entries::Letting::Pool);
    let becomes = |row: &&rows::Row| row.kind == rows::Kind::Becomes && !row.named && !is_of_users(row);
    let row = table.rows.iter().filter(becomes).find(|row| has_all(row, &allowed))?;
    Some(Way {
        id: &row.id,
        says: &row.says,
        needs: row.needs.iter().map(|need| table.actions[need.action].as_str()).collect(),
        assumes: row
            .assumes
            .as_deref()
            .or(row.profile.then_some(PROFILE))
            .or(row.lets_in.map(|_| "a role trusts such a provider")),
    })
}

/// Whether there may be a way that needs no more than is allowed, apart from those through IAM Identity Center: only in
/// one account are there any.
pub fn could_lead(allowed: impl Fn(StepAction) -> Extent) -> bool {
    let allowed = |action, _: &[(String, String)]| allowed(action);
    let own = |row: &&rows::Row| {
        !matches!(row.kind, rows::Kind::Enters | rows::Kind::Strips | rows::Kind::Holds | rows::Kind::Gains)
            && !row.named
    };
    rows::Table::embedded().rows.iter().filter(own).any(|row| has_all(row, &allowed))
}

fn has_all(row: &rows::Row, allowed: &impl Fn(StepAction, &[(String, String)]) -> Extent) -> bool {
    let named = |on: &rows::On| match on {
        rows::On::Var(number) => Some(*number) == row.work(),
        rows::On::Nothing => false,
        _ => true,
    };
    row.needs.iter().all(|need| {
        let least = if need.on.iter().any(named) { Extent::Everywhere } else { Extent::Somewhere };
        allowed(StepAction(need.action), &need.fixed) >= least
    })
}

/// The services that roles are passed to, or run something as, on the ways that are known.
pub fn services() -> Vec<&'static str> {
    let mut services: Vec<&str> =
        rows::Table::embedded().rows.iter().filter_map(|row| row.trusts.as_deref()).collect();
    services.sort_unstable();
    services.dedup();
    services
}

/// Finds, for each principal that is not at the target, the best path there.
pub fn find(world: &World<'_>, options: &Options, catalog: &Catalog) -> Found {
    let mut found = Search::run(world, options, catalog, None).found();
    match &options.from {
        Some(from) => {
            found.paths.retain(|path| from.takes(&path.source, path.outside));
            found.admins.retain(|admin| from.takes(&admin.principal, None));
        }
        None => {
            let all = found.paths.len();
            found.paths.retain(|path| path.outside != Some(Outside::Identity));
            found.more_outside = all - found.paths.len();
        }
    }
    if options.cut && !found.paths.is_empty() {
        found.cut = cut::best(world, options, catalog, &found);
    }
    found
}

impl From {
    /// Whether paths of this source are asked for.
    fn takes(&self, source: &str, outside: Option<Outside>) -> bool {
        match self {
            From::One(name) => source == name,
            From::Outside => outside.is_some(),
            From::Anybody => outside == Some(Outside::Anybody),
            From::Provider(provider) => {
                let of = source.strip_prefix("oidc:").and_then(|of| of.strip_prefix(provider.as_str()));
                of.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
            }
            From::Token { provider, subject } => {
                let of = source.strip_prefix("oidc:").and_then(|of| of.strip_prefix(provider.as_str()));
                of.and_then(|rest| rest.strip_prefix('#')) == Some(subject)
            }
        }
    }
}
