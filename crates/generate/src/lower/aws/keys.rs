//! What a role needs of the KMS keys with which its resources are encrypted: offered, and granted when that was asked
//! for.
//!
//! The service uses the key on behalf of the role, so the role needs the actions on the key, and only by way of that
//! service (`kms:ViaService`):
//! <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::Catalog;
use leastwise_catalog::levels::Source;
use leastwise_policy::arn::Arn;
use leastwise_policy::aws::{Comparison, Effect, Statement};

use super::allow::condition;
use super::explain::Offer;
use super::grant::Reason;
use super::{Note, allow, conditions};
use crate::intent::{Fault, Intent, Limit, Said, Target};

/// The condition key that says which service uses a key.
pub(super) const VIA: &str = "kms:ViaService";

/// What `reasons` need of the keys of encrypted resources; what is no key is noted.
pub(super) fn needed(reasons: &[Reason], intent: &Intent, faults: &mut Vec<Fault>) -> Vec<Reason> {
    let mut needed: Vec<Reason> = Vec::new();
    for reason in reasons.iter().filter(|reason| reason.effect == Effect::Allow) {
        let Some(key) = key_of(&reason.name, intent) else { continue };
        if let Err(fault) = check(key) {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
            continue;
        }
        for action in Catalog::key_actions(&reason.action) {
            let known = needed.iter().any(|known| {
                *known.action == *action
                    && known.place == reason.place
                    && known.resources == [key.value.as_str()]
                    && known.bound.service() == reason.bound.service()
            });
            if !known {
                needed.push(Reason {
                    action: action.into(),
                    resources: vec![key.value.clone()],
                    source: Source::Key,
                    // The service that uses the key is that of what is encrypted.
                    bound: reason.bound.clone(),
                    ..reason.clone()
                });
            }
        }
    }
    needed
}

/// The statements that allow it, by way of the services alone.
pub(super) fn statements(needed: &[Reason], limits: &[Said<Limit>], approved: bool) -> Vec<Statement> {
    let mut by_service: BTreeMap<Vec<String>, Vec<Reason>> = BTreeMap::new();
    for reason in needed {
        by_service.entry(via(reason)).or_default().push(reason.clone());
    }
    let kept: Vec<Said<Limit>> = limits.iter().filter(|limit| holds_there(&limit.value)).cloned().collect();
    let mut statements = Vec::new();
    for (services, reasons) in by_service {
        let mut conditions = conditions::of(&kept);
        conditions.push(condition(Comparison::StringEquals, VIA, services));
        let made = match approved {
            true => allow::after_approval(&reasons, &conditions),
            false => allow::statements(&reasons, &conditions),
        };
        let named =
            |statement: Statement| Statement { sid: statement.sid.map(|sid| sid + "Key"), ..statement };
        statements.extend(made.into_iter().map(named));
    }
    statements
}

/// The value of [`VIA`] with which a reason's statement holds.
pub(super) fn via(reason: &Reason) -> Vec<String> {
    let key = reason.resources.first().map(String::as_str).unwrap_or_default();
    let key = Arn::parse(key);
    let region = key.as_ref().map_or("", Arn::region);
    let host = format!("{}.{region}.amazonaws.com", reason.bound.service());
    // In China, services are known by both names.
    match key.as_ref().map(Arn::partition) {
        Some("aws-cn") => vec![host.clone(), format!("{host}.cn")],
        _ => vec![host],
    }
}

/// Conditions of the role that KMS cannot tell, since it is the service that asks: they hold where the service is
/// called, and are left out where the key is.
pub(super) fn warnings(needed: &[Reason], limits: &[Said<Limit>]) -> Vec<Note> {
    if needed.is_empty() {
        return Vec::new();
    }
    let left_out = limits.iter().filter(|limit| !holds_there(&limit.value));
    let note = |limit: &Said<Limit>| Note {
        place: limit.place.clone(),
        text:
            "this condition is not on the statements for keys, which AWS uses on behalf of the role: there \
               `kms:ViaService` says by way of which service"
                .to_owned(),
    };
    left_out.map(note).collect()
}

/// What is needed and was not asked for.
pub(super) fn offers(needed: &[Reason]) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    let mut seen = BTreeSet::new();
    for reason in needed {
        let key = reason.resources.join(", ");
        if seen.insert((reason.action.clone(), key.clone())) {
            offers.push(Offer {
                place: reason.place.clone(),
                action: reason.action.to_string(),
                why: format!("`{}` is encrypted with {key}; `--with-keys` grants it", reason.name),
            });
        }
    }
    offers
}

/// The key of what a name stands for, also by another name.
fn key_of<'i>(name: &str, intent: &'i Intent) -> Option<&'i Said<String>> {
    let find = |name: &str| intent.resources.iter().find(|binding| binding.name.value == name);
    let mut binding = find(name)?;
    // A circle of names was found before.
    for _ in 0..intent.resources.len() {
        if let Some(key) = &binding.encrypted {
            return Some(key);
        }
        let [Said { value: Target::Name(other), .. }] = &binding.aws[..] else { return None };
        binding = find(other)?;
    }
    None
}

fn check(key: &Said<String>) -> Result<(), Fault> {
    let is_key =
        |arn: Arn| arn.service() == "kms" && arn.resource().starts_with("key/") && !arn.region().is_empty();
    // What is encrypted has one key: a pattern would open others too.
    if !key.value.contains(['*', '?']) && Arn::parse(&key.value).is_some_and(is_key) {
        return Ok(());
    }
    let fault = Fault::new(&key.place, format!("`{}` is no arn of a KMS key", key.value));
    Err(fault.help(
        "write `arn:aws:kms:REGION:ACCOUNT:key/ID`; a policy cannot allow the use of a key by its alias",
    ))
}

/// Whether KMS knows of a request that a service makes what the condition asks for.
fn holds_there(limit: &Limit) -> bool {
    matches!(limit, Limit::Region(_) | Limit::Time { .. })
}

/// Keys with which the statement of a reason holds.
pub(super) fn context(reason: &Reason) -> Option<(String, serde_json::Value)> {
    let first = via(reason).into_iter().next()?;
    (reason.source == Source::Key).then(|| (VIA.to_owned(), serde_json::Value::String(first)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::aws::{Options, compile};

    const ROLES: &str = "
roles:
  Worker:
    permissions:
      - receive: jobs
      - send: results
    conditions:
      network: 203.0.113.0/24
      time: {before: 2027-01-01}
resources:
  jobs:
    aws: arn:aws:sqs:eu-west-1:111122223333:jobs
    encrypted: arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
  results: arn:aws:sqs:eu-west-1:111122223333:results
";

    fn compiled(text: &str, keys: bool) -> Result<super::super::Compiled, String> {
        let intent = Intent::from_yaml("roles.yaml", text).map_err(|error| error.to_string())?;
        let options = Options { keys, ..Options::default() };
        let mut roles = compile(&intent, Catalog::embedded(), &options).map_err(|error| error.to_string())?;
        Ok(roles.remove(0))
    }

    #[test]
    fn the_key_of_an_encrypted_queue_is_offered_and_not_granted() {
        let role = compiled(ROLES, false).expect("roles");
        let text = role.identity[0].policy.to_json();
        assert!(!text.contains("kms:"), "{text}");
        let offered: Vec<_> = role.offers.iter().map(|offer| offer.action.as_str()).collect();
        assert_eq!(offered, ["kms:Decrypt"]);
        assert!(role.offers[0].why.contains("--with-keys"), "{}", role.offers[0].why);
    }

    #[test]
    fn with_keys_it_is_granted_by_way_of_the_service_alone() {
        let role = compiled(ROLES, true).expect("roles");
        assert!(role.offers.is_empty());
        let text = role.identity[0].policy.to_json();
        let policy = leastwise_policy::aws::Policy::parse(&text).expect("a policy");
        let statement = policy.statements.last().expect("a statement");
        assert_eq!(statement.sid.as_deref(), Some("ReceiveJobsKey"));
        let keys: Vec<_> = statement.condition.iter().map(|condition| condition.key.as_str()).collect();
        assert_eq!(keys, ["aws:CurrentTime", VIA], "KMS does not see the address of who called the service");
        assert!(text.contains("sqs.eu-west-1.amazonaws.com"), "{text}");
        assert!(role.warnings.iter().any(|note| note.text.contains("kms:ViaService")));
    }

    #[test]
    fn an_alias_is_no_key() {
        let text = ROLES.replace("key/1234abcd-12ab-34cd-56ef-1234567890ab", "alias/jobs");
        let error = compiled(&text, true).expect_err("an alias");
        let every = ROLES.replace("key/1234abcd-12ab-34cd-56ef-1234567890ab", "key/*");
        assert!(compiled(&every, true).is_err(), "every key is none");
        assert!(error.starts_with("roles.yaml:13:16: "), "{error}");
        assert!(error.contains("alias"), "{error}");
    }
}
