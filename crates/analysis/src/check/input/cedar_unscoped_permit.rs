//! `CEDAR_UNSCOPED_PERMIT`: a Cedar policy that permits whoever, whatever, on anything.

use crate::check::own::own;
use crate::check::{Check, Class, Example, Severity};

/// Found where Cedar is read, which this crate does not do.
pub static CHECK: Check = own(
    Class::Dangerous,
    Severity::High,
    "CEDAR_UNSCOPED_PERMIT",
    "Cedar policy that permits everything",
    "The policy's scope names no principal, no action and no resource: without a condition it permits every request, with \
     one all that meet it. Cedar adds permits up, so no other policy but a `forbid` takes anything back. Write the agent, \
     the action and the resource into the scope, where the validator and whoever reads it can see them.",
    &["https://docs.cedarpolicy.com/policies/syntax-policy.html"],
)
.mitre(&["T1078.004"])
.bad(Example::file("policy.cedar", "permit (principal, action, resource);"))
.good(Example::file(
    "policy.cedar",
    "permit (\n  principal == Agent::\"billing\",\n  action == Action::\"call\",\n  resource == Tool::\"invoices\"\n);",
));
