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

mod ask;
mod attempt;
mod changes;
mod could;
mod cut;
mod fill;
mod index;
mod model;
mod others;
mod report;
mod rows;
mod search;
mod target;
#[cfg(test)]
mod tests;
mod trust;
mod types;

use leastwise_catalog::Catalog;

use search::Search;
pub use types::{
    Admin, Allowing, Call, Certainty, Cut, Found, Options, Path, Step, Target, Unreadable, Workload, World,
};

/// Finds, for each principal that is not at the target, the best path there.
pub fn find(world: &World<'_>, options: &Options, catalog: &Catalog) -> Found {
    let mut found = Search::run(world, &options.to, catalog, None).found();
    if let Some(from) = &options.from {
        found.paths.retain(|path| path.source == *from);
        found.admins.retain(|admin| admin.principal == *from);
    }
    if options.cut && !found.paths.is_empty() {
        found.cut = cut::best(world, &options.to, catalog, &found);
    }
    found
}
