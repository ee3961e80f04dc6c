//! AWS IAM policy documents: typed values, read with the place of every mistake, printed canonically, evaluated.
//!
//! The language: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
//!
//! ```
//! use leastwise_policy::aws::evaluate::{Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate};
//! use leastwise_policy::aws::{Named, Policy};
//!
//! let policy = Policy::parse(
//!     r#"{
//!         "Version": "2012-10-17",
//!         "Statement": {
//!             "Effect": "Allow",
//!             "Action": "s3:GetObject",
//!             "Resource": "arn:aws:s3:::reports/*",
//!             "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}
//!         }
//!     }"#,
//! )?;
//! let set = PolicySet::of_identity(vec![Named::new("reader", policy)]);
//! let mut context = Context::new();
//! let mut ask = |context: &Context| {
//!     evaluate(
//!         &set,
//!         &Request {
//!             principal: PrincipalRef::new("arn:aws:iam::111122223333:role/reporter"),
//!             action: "s3:GetObject",
//!             resource: ResourceRef::Exact("arn:aws:s3:::reports/2026/10.csv"),
//!             context,
//!         },
//!     )
//! };
//! let unknown = ask(&context);
//! assert_eq!((unknown.verdict, &*unknown.missing_keys), (Verdict::Depends, &["aws:sourcevpce".to_owned()][..]));
//!
//! context.insert("aws:SourceVpce", "vpce-1a2b3c4d");
//! let known = ask(&context);
//! assert_eq!((known.verdict, &*known.by[0].document), (Verdict::Allowed, "reader"));
//! # Ok::<(), leastwise_policy::aws::ParseError>(())
//! ```

mod action;
pub mod compare;
mod condition;
mod document;
pub mod evaluate;
mod grants;
mod parse;
mod principal;
mod print;
mod public_access;
pub mod quota;
mod resource;
mod simplify;
mod template;

pub use action::{ActionBlock, ActionPattern};
pub use condition::{Comparison, Condition, Conditions, Operator, SetOperator, UnknownOperator};
pub use document::{Effect, Named, Policy, Statement, Version};
pub use grants::{GrantPrincipal, IssuedGrants, KeyGrant};
pub use parse::{DocumentKind, ParseError};
pub use principal::{PrincipalBlock, PrincipalKind, PrincipalSet};
pub use public_access::PublicAccessBlock;
pub use resource::{ResourceBlock, ResourcePattern};
