//! What the clouds offer, and what each call needs.
//!
//! [`Catalog::embedded`] is the way in. The facts come from published packages (see
//! `data/aws/PROVENANCE.md`), are committed as text (`data/aws/FORMAT.md`), packed at build time and decoded
//! one service at a time when first touched. Nothing here opens a file. [`gcp::Gcp`] and [`azure::Azure`] are the same
//! for Google Cloud and Azure (`data/clouds.md`).

mod arn_format;
pub mod azure;
pub mod call;
mod catalog;
mod event;
mod facts;
mod folded;
pub mod gcp;
pub mod github;
mod global;
mod import;
mod keys;
pub mod kubernetes;
mod level;
pub mod levels;
mod lookup;
mod managed;
mod marks;
mod pattern;
pub mod places;
mod principals;
mod read_only;
mod regions;
mod terms;
mod unpack;
mod via;

pub use arn_format::{ArnFormat, Piece};
pub use catalog::{Action, Catalog, CatalogVersion};
pub use event::without_version;
pub use facts::{
    ActionFacts, ActionResource, Api, ConditionKey, Keys, Name, Needs, Operation, ReadOnly, ResourceType,
    Service, Visibility,
};
pub use global::{home_region, only_region};
pub use import::{ImportError, ImportProblem};
pub use level::{Level, Levels};
pub use managed::{ManagedPolicy, managed_policies, managed_policies_date, managed_policy};
pub use regions::{is_region, partitions, regions};
pub use terms::Terms;
pub use via::kms_via_service;
