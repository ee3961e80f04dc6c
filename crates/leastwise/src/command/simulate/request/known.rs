//! What is known of a request's condition keys without being given.

use leastwise_policy::aws::evaluate::Context;

use super::super::world::World;
use super::{Ask, Known, Owner, Who};

/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context>
const ENCRYPTION_CONTEXT: &str = "kms:EncryptionContext:";

impl World<'_> {
    /// What is known of the request: what was given, then what follows from who asks and whose resource it is.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    pub fn context(&self, who: &Who<'_>, owner: &Owner, ask: &Ask) -> (Context, Vec<Known>) {
        let mut known: Vec<Known> = Vec::new();
        for (key, values) in &ask.context {
            known.push(Known { key: key.clone(), values: values.clone(), from: None });
        }
        let mut follows = |key: String, values: Vec<String>, from: &'static str| {
            if !known.iter().any(|known| known.key.eq_ignore_ascii_case(&key)) {
                known.push(Known { key, values, from: Some(from) });
            }
        };
        if let Some(granted) = who.granted {
            for (tag, value) in &granted.tags {
                follows(format!("aws:PrincipalTag/{tag}"), vec![value.clone()], "the principal's tags");
            }
        }
        if let Some(account) = who.account() {
            follows("aws:PrincipalIsAWSService".to_owned(), vec!["false".to_owned()], "the principal's ARN");
            for organization in self.service_control.iter().chain(&self.resource_control) {
                // Another organisation's policies say nothing of where the principal is.
                let Some(place) = organization.place_of(account) else { continue };
                let id = place.split('/').next().unwrap_or_default().to_owned();
                follows("aws:PrincipalOrgID".to_owned(), vec![id], "the organisation's path");
                follows("aws:PrincipalOrgPaths".to_owned(), vec![place], "the organisation's path");
            }
        }
        if let Owner::Account(owner) = owner {
            follows("aws:ResourceAccount".to_owned(), vec![owner.clone()], "the resource's owner");
        }
        // The names of these keys are the keys of the encryption context.
        let named = ask.context.iter().filter_map(|(key, _)| {
            let (name, pair) = key.split_at_checked(ENCRYPTION_CONTEXT.len())?;
            name.eq_ignore_ascii_case(ENCRYPTION_CONTEXT).then(|| pair.to_owned())
        });
        let named: Vec<String> = named.collect();
        if ask.complete && !named.is_empty() {
            follows("kms:EncryptionContextKeys".to_owned(), named, "the encryption context");
        }
        let mut context = Context::new();
        for Known { key, values, .. } in &known {
            context.insert(key, values.as_slice());
        }
        context.complete(ask.complete);
        (context, known)
    }
}
