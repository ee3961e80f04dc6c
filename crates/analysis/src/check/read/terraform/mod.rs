//! Terraform: configurations (`.tf`), as far as their text says, and plans (`terraform show -json`).

mod clouds;
mod configuration;
mod declared;
mod later;
mod longest;
mod plan;

pub(super) use configuration::{read as read_configuration, takes as takes_configuration};
pub(super) use declared::Permission;
pub(super) use plan::{read as read_plan, takes as takes_plan};
