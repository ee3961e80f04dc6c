//! What a call needs: which actions on which resources, whether it comes from a log or over the wire.
//!
//! There are three name spaces: CloudTrail's event name, the API operation and the IAM action
//! (`PutBucketLifecycle` → `PutBucketLifecycleConfiguration` → `s3:PutLifecycleConfiguration`). AWS publishes
//! which actions an operation *may* need; to grant them all would be too much, so a call's parameters choose.
//! How they choose is data: the tables in `data/aws/rules`, in a language that `syntax.rs` defines and
//! `docs/mapping.md` explains. This module knows no service's name.

mod apply;
mod format;
mod json;
mod partiql;
mod plan;
mod reads;
mod resource;
mod rules;
mod syntax;
mod transform;

pub use apply::{Known, Need, Parameters, Scope, Scratch, decoded, is_plain, is_shown};
pub use json::Recorded;
pub use plan::{Plan, PlannedNeed, Planner};
pub use reads::Asked;
pub use rules::{ErrorClass, Rules};
pub use syntax::{Part, Path, Step};
pub use transform::escape;
