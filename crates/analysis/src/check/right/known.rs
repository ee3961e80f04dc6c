//! What is known of condition keys and resources.
//!
//! Keys of services come from the catalogue. The global ones are those of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>, read 2026-11-21, and
//! those that AWS's own managed policies use without being on the page.

use std::sync::PoisonError;

use crate::check::Facts;

/// What the values of a condition key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Kind {
    Text,
    Arn,
    Bool,
    Date,
    Number,
    Address,
}

/// A condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) struct Key {
    pub(super) kind: Kind,
    /// Whether a request can have several values of it at once.
    pub(super) several: bool,
}

/// What became of looking a key up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Lookup {
    Found(Key),
    /// There is no such global key.
    NoGlobal,
    /// The service has no such key.
    NoKey,
    /// There is no such service.
    NoService,
    /// It is a claim of an identity provider, which may be anything.
    Claim,
}

use Kind::{Address, Arn, Bool, Date, Number, Text};

/// Global keys in lower case, those that begin so when they end in `/`; of what kind, and whether a request can have
/// several values.
const GLOBAL: &[(&str, Kind, bool)] = &[
    ("aws:assumedroot", Text, false),
    ("aws:calledvia", Text, true),
    ("aws:calledviafirst", Text, false),
    ("aws:calledvialast", Text, false),
    ("aws:chatbotsourcearn", Arn, false),
    ("aws:currenttime", Date, false),
    ("aws:ec2instancesourceprivateipv4", Address, false),
    ("aws:ec2instancesourcevpc", Text, false),
    ("aws:epochtime", Date, false),
    ("aws:federatedprovider", Text, false),
    ("aws:ismcpserviceaction", Bool, false),
    ("aws:multifactorauthage", Number, false),
    ("aws:multifactorauthpresent", Bool, false),
    ("aws:principalaccount", Text, false),
    ("aws:principalarn", Arn, false),
    ("aws:principalisawsservice", Bool, false),
    ("aws:principalorgid", Text, false),
    ("aws:principalorgmasteraccountid", Text, false),
    ("aws:principalorgpaths", Text, true),
    ("aws:principalservicename", Text, false),
    ("aws:principalservicenameslist", Text, true),
    ("aws:principaltag/", Text, false),
    ("aws:principaltype", Text, false),
    ("aws:referer", Text, false),
    ("aws:requestedregion", Text, false),
    ("aws:requesttag/", Text, false),
    ("aws:resourceaccount", Text, false),
    ("aws:resourceorgid", Text, false),
    ("aws:resourceorgpaths", Text, true),
    ("aws:resourcetag/", Text, false),
    ("aws:securetransport", Bool, false),
    ("aws:signinsessionarn", Arn, false),
    ("aws:sourceaccount", Text, false),
    ("aws:sourcearn", Arn, false),
    ("aws:sourceidentity", Text, false),
    ("aws:sourceip", Address, false),
    ("aws:sourceorgid", Text, false),
    ("aws:sourceorgpaths", Text, true),
    ("aws:sourceowner", Text, false),
    ("aws:sourcevpc", Text, false),
    ("aws:sourcevpcarn", Arn, false),
    ("aws:sourcevpce", Text, false),
    ("aws:tagkeys", Text, true),
    ("aws:tokenissuetime", Date, false),
    ("aws:useragent", Text, false),
    ("aws:userid", Text, false),
    ("aws:username", Text, false),
    ("aws:viaawsmcpservice", Bool, false),
    ("aws:viaawsservice", Bool, false),
    ("aws:vpceaccount", Text, false),
    ("aws:vpceorgid", Text, false),
    ("aws:vpceorgpaths", Text, true),
    ("aws:vpcsourceip", Address, false),
];

/// Keys of one service that requests to every service can have.
const CROSS_SERVICE: &[(&str, Kind)] = &[
    ("ec2:roledelivery", Number),
    ("ec2:sourceinstancearn", Arn),
    ("glue:credentialissuingservice", Text),
    ("glue:roleassumedby", Text),
    ("identitystore:userid", Text),
    ("lambda:sourcefunctionarn", Arn),
    ("ssm:sourceinstancearn", Arn),
];

/// What policy variables of AWS IoT Core begin with, in lower case, which its policies may ask for and the service
/// reference does not list:
/// <https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-variables.html>.
const OF_DEVICES: &[&str] =
    &["iot:certificate.", "iot:certificateid", "iot:clientid", "iot:connection.thing.", "iot:domainname"];

/// Resources that there are though the service reference does not list them: service, and pattern of the last part.
pub(super) const UNLISTED: &[(&str, &str)] = &[
    // The macros of AWS, and policies of Application Auto Scaling.
    ("cloudformation", "transform/*"),
    ("autoscaling", "scalingPolicy:*"),
    // Recovery points have the ARNs of many services; those of AWS Backup are one kind of them.
    ("backup", "recovery-point:*"),
    ("waf", "changetoken/*"),
    ("waf-regional", "changetoken/*"),
];

/// Resources that belong to AWS, whose ARNs have no account.
pub(super) const OWNED: &[(&str, &str)] = &[
    ("resource-explorer-2", "view/AWSServiceView*"),
    ("ssm", "automation-definition/*"),
    ("ssm", "document/*"),
    ("ssm", "parameter/aws/*"),
    ("ssm", "patchbaseline/*"),
];

/// Looks a condition key up, whatever its case; what was looked up once is kept.
pub(super) fn key(facts: &Facts<'_>, name: &str) -> Lookup {
    /// No more are kept, so that a hostile text cannot fill the memory.
    const MOST: usize = 10_000;
    if let Some(known) = facts.keys.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return *known;
    }
    let found = look_up(facts, name);
    let mut kept = facts.keys.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < MOST {
        kept.insert(name.into(), found);
    }
    found
}

fn look_up(facts: &Facts<'_>, name: &str) -> Lookup {
    let lower = name.to_ascii_lowercase();
    let of = |kind, several| Lookup::Found(Key { kind, several });
    let named = |row: &&(&str, Kind, bool)| match row.0.strip_suffix('/') {
        Some(start) => lower.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        None => row.0 == lower,
    };
    if lower.starts_with("aws:") {
        return GLOBAL.iter().find(named).map_or(Lookup::NoGlobal, |row| of(row.1, row.2));
    }
    if let Some((_, kind)) = CROSS_SERVICE.iter().find(|row| row.0 == lower) {
        return of(*kind, false);
    }
    if OF_DEVICES.iter().any(|start| lower.starts_with(start)) {
        return of(Text, lower.ends_with(".list"));
    }
    let prefix = lower.split(':').next().unwrap_or_default();
    // A claim has its provider's host name before the colon. SAML's and those of known providers are keys of STS.
    let is_claim = prefix.contains(['.', '/']) || prefix == "saml";
    let service = facts.catalog.service(if is_claim { "sts" } else { prefix });
    let own = service.and_then(|service| service.condition_keys.iter().find(|key| fits(&key.name, &lower)));
    match own.or_else(|| facts.formats().foreign_key(&lower)) {
        Some(key) => of(kind_of(&key.kind), key.kind.starts_with("ArrayOf")),
        None if is_claim => Lookup::Claim,
        None if service.is_none() => Lookup::NoService,
        None => Lookup::NoKey,
    }
}

/// Whether `lower` is the key that the catalogue calls `own`, in which `${Name}`, `<name>` and a last `tag-key` stand
/// for any text.
pub(super) fn fits(own: &str, lower: &str) -> bool {
    const TAG: &str = "/tag-key";
    // Nearly all differ before anything that stands for more than itself.
    let both = || own.bytes().zip(lower.bytes());
    let apart =
        both().position(|(own, lower)| matches!(own, b'$' | b'<') || own.to_ascii_lowercase() != lower);
    if let Some(at) = apart
        && !matches!(own.as_bytes()[at], b'$' | b'<')
        && (at + TAG.len() <= own.len())
    {
        return false;
    }
    let tag = own.strip_suffix(TAG).map(|start| start.len() + 1);
    let Some(open) = tag.or_else(|| own.find(['$', '<'])) else { return own.eq_ignore_ascii_case(lower) };
    let close = if own[open..].starts_with('$') { '}' } else { '>' };
    let rest = own[open..].find(close).map_or("", |at| &own[open + at + 1..]);
    let Some((head, tail)) = lower.split_at_checked(open) else { return false };
    // `aws:ResourceTag` without a tag is a spelling mistake that has a check of its own, not another key.
    head.eq_ignore_ascii_case(&own[..open])
        && tail.len() > rest.len()
        && tail
            .split_at_checked(tail.len() - rest.len())
            .is_some_and(|(_, tail)| tail.eq_ignore_ascii_case(rest))
}

fn kind_of(kind: &str) -> Kind {
    match kind.strip_prefix("ArrayOf").unwrap_or(kind) {
        "ARN" => Arn,
        "Bool" => Bool,
        "Date" => Date,
        "Numeric" => Number,
        "IPAddress" => Address,
        _ => Text,
    }
}

#[cfg(test)]
mod tests {
    use leastwise_catalog::Catalog;

    use super::*;

    #[test]
    fn what_is_known_of_a_device_is_a_key() {
        let facts = Facts::new(Catalog::embedded());
        for name in ["iot:Connection.Thing.IsAttached", "iot:ClientId", "iot:Certificate.Subject.Country"] {
            assert_eq!(key(&facts, name), Lookup::Found(Key { kind: Text, several: false }), "{name}");
        }
        assert_eq!(key(&facts, "iot:Nothing"), Lookup::NoKey);
    }
}
