//! What a platform cannot say. A restriction is never left out silently: the role is refused there, with the reason.

use crate::intent::{Boundary, Fault, Limit, Place, Role};

/// What a platform has words for, beside permissions.
pub(super) struct Says {
    /// The platform in messages.
    pub(super) platform: &'static str,
    /// Explicit denies.
    pub(super) never: bool,
    /// Permissions that hold only after a human said yes.
    pub(super) approval: bool,
    /// The most that a role may ever do.
    pub(super) boundary: bool,
    /// How long a session lasts.
    pub(super) session: bool,
    /// An end.
    pub(super) expires: bool,
    /// Conditions, by the name that roles YAML has for them.
    pub(super) limit: fn(&Limit) -> bool,
}

impl Limit {
    /// What roles YAML calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Limit::Region(_) => "region",
            Limit::Network(_) => "network",
            Limit::Vpc(_) => "vpc",
            Limit::VpcEndpoint(_) => "vpc_endpoint",
            Limit::Mfa(_) => "mfa",
            Limit::Time { .. } => "time",
            Limit::Tags(_) => "tags",
        }
    }
}

impl Says {
    /// A fault for each restriction of the role that the platform has no words for.
    pub(super) fn refuse(&self, role: &Role, faults: &mut Vec<Fault>) {
        let mut refuse = |place: &Place, what: &str, why: &str| {
            let message = format!("{} cannot say `{what}`: {why}", self.platform);
            faults.push(Fault::new(place, message).help(format!(
                "give what is meant for {} a role of its own without it, or leave the platform out",
                self.platform
            )));
        };
        if let Some(line) = role.never.first().filter(|_| !self.never) {
            refuse(&line.verb.place, "never", "it only allows, and what nothing allows is denied");
        }
        if let Some(line) = role.approval.first().filter(|_| !self.approval) {
            refuse(&line.verb.place, "approval", "no permission there waits for a human");
        }
        if let Some(said) =
            role.boundary.as_ref().filter(|said| said.value != Boundary::None && !self.boundary)
        {
            refuse(&said.place, "boundary", "nothing there limits what else the role is given");
        }
        if let Some(said) = role.session.as_ref().filter(|_| !self.session) {
            refuse(&said.place, "session", "a role there says nothing of how long it is held");
        }
        if let Some(said) = role.expires.as_ref().filter(|_| !self.expires) {
            refuse(&said.place, "expires", "a role there has no end");
        }
        for limit in role.conditions.iter().filter(|limit| !(self.limit)(&limit.value)) {
            refuse(&limit.place, limit.value.name(), "there is no such condition");
        }
    }
}
