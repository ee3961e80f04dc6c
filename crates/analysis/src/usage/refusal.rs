//! AWS's own words about a refusal: `… is not authorized to perform: ACTION on resource: RESOURCE because …`.
//!
//! A refused call's parameters are often left out of the log, while the message names the very action and
//! resource that were evaluated: it beats any mapping. IAM User Guide, "Troubleshoot access denied error
//! messages".

use leastwise_catalog::{Action, Catalog};
use memchr::memmem::Finder;
use std::collections::HashMap;

/// Words that every such message has.
const REFUSED: &str = "not authorized to perform";

/// What stands before the action.
const PERFORM: &str = "not authorized to perform: ";

/// What stands before the resource.
const RESOURCE: &str = " on resource: ";

/// What ends the resource.
const ENDS: [&str; 5] = [" because ", " with an explicit deny", " with an explicit Deny", ". ", "\n"];

/// How many actions are kept; there are some 20,000.
const KEPT: usize = 4_000;

/// Reads refusals, and knows the actions that were refused before.
#[derive(Debug)]
pub(super) struct Refusals<'c> {
    catalog: &'c Catalog,
    actions: HashMap<Box<str>, Action<'c>>,
    refused: Finder<'static>,
    perform: Finder<'static>,
    resource: Finder<'static>,
    ends: [Finder<'static>; 5],
}

/// What was refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The action in the catalogue's spelling.
    pub action: String,
    /// Whether the action knows no resources.
    pub takes_none: bool,
    /// The resource, when the message names one, and whether it is a pattern (`instance/*`).
    pub resource: Option<(String, bool)>,
}

impl<'c> Refusals<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Self {
        Refusals {
            catalog,
            actions: HashMap::new(),
            refused: Finder::new(REFUSED),
            perform: Finder::new(PERFORM),
            resource: Finder::new(RESOURCE),
            ends: ENDS.map(Finder::new),
        }
    }

    /// Whether the message speaks of a refusal at all.
    #[inline]
    pub(super) fn is_one(&self, message: &[u8]) -> bool {
        self.refused.find(message).is_some()
    }

    /// Reads the message; `None` when it does not name an action that the catalogue knows.
    pub(super) fn read(&mut self, message: &str, account: &str, partition: &str) -> Option<Refusal> {
        let rest = &message[self.perform.find(message.as_bytes())? + PERFORM.len()..];
        let end = memchr::memchr2(b' ', b',', rest.as_bytes()).unwrap_or(rest.len());
        let action = self.action(rest[..end].trim_end_matches('.'))?;
        let resource = self.resource.find(rest.as_bytes()).map(|at| {
            let rest = &rest[at + RESOURCE.len()..];
            let end = self.ends.iter().filter_map(|end| end.find(rest.as_bytes())).min();
            rest[..end.unwrap_or(rest.len())].trim().trim_matches('"')
        });
        let resource =
            resource.filter(|text| !text.is_empty()).and_then(|text| arn(text, account, partition, action));
        Some(Refusal { action: action.full_name(), takes_none: action.facts.resources.is_empty(), resource })
    }

    fn action(&mut self, name: &str) -> Option<Action<'c>> {
        if let Some(known) = self.actions.get(name) {
            return Some(*known);
        }
        let action = self.catalog.action(name)?;
        // What the catalogue knows is short; anything else could be as long as a message.
        if self.actions.len() < KEPT {
            self.actions.insert(name.into(), action);
        }
        Some(action)
    }
}

/// The ARN that the message means: AWS writes some as `role NAME`, some as a bare name.
fn arn(text: &str, account: &str, partition: &str, action: Action<'_>) -> Option<(String, bool)> {
    if text == "*" {
        return Some(("*".to_owned(), false));
    }
    if text.starts_with("arn:") {
        return Some((text.to_owned(), text.contains('*')));
    }
    let fill = |kind: &str, name: &str| {
        let kind = action.service.resource_types.iter().find(|own| *own.name == *kind)?;
        let format = kind.formats().next()?;
        let arn = format.fill(|variable| match variable {
            "Partition" => Some(partition.to_owned()),
            "Account" => Some(account.to_owned()),
            "Region" => None,
            _ => Some(name.to_owned()),
        });
        Some((arn.clone(), arn.contains('*')))
    };
    // `role NAME`, `instance profile NAME`, `policy ARN`, `policy ARN version v2`.
    let words: Vec<&str> = text.split(' ').collect();
    for split in (1..words.len()).rev() {
        let kind = words[..split].join("-");
        if action.service.resource_types.iter().any(|own| *own.name == *kind) {
            let name = words[split];
            return if name.starts_with("arn:") {
                Some((name.to_owned(), name.contains('*')))
            } else {
                fill(&kind, name)
            };
        }
    }
    let [only] = action.facts.resources.as_slice() else { return None };
    if words.len() == 1 { fill(&only.resource_type, text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, action: &str, resource: Option<&str>) {
        let found = Refusals::new(Catalog::embedded()).read(message, "111122223333", "aws").unwrap();
        assert_eq!((&*found.action, found.resource.as_ref().map(|(text, _)| &**text)), (action, resource));
    }

    #[test]
    fn the_message_names_action_and_resource() {
        check(
            "User: arn:aws:iam::111122223333:user/u is not authorized to perform: SNS:ListTopics on resource: \
             arn:aws:sns:us-east-1:111122223333:* because no identity-based policy allows the SNS:ListTopics action",
            "sns:ListTopics",
            Some("arn:aws:sns:us-east-1:111122223333:*"),
        );
        check(
            "You are not authorized to perform this operation. User: x is not authorized to perform: \
             ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1 because no policy \
             allows it. Encoded authorization failure message: abc",
            "ec2:RunInstances",
            Some("arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1"),
        );
        check(
            "User: x is not authorized to perform: rds:DescribeDBSnapshots",
            "rds:DescribeDBSnapshots",
            None,
        );
    }

    #[test]
    fn names_in_plain_words_become_arns() {
        let message =
            |what: &str| format!("User: x is not authorized to perform: {what} because no policy allows it");
        check(
            &message("iam:PutRolePolicy on resource: role app"),
            "iam:PutRolePolicy",
            Some("arn:aws:iam::111122223333:role/app"),
        );
        check(
            &message("iam:AddRoleToInstanceProfile on resource: instance profile web"),
            "iam:AddRoleToInstanceProfile",
            Some("arn:aws:iam::111122223333:instance-profile/web"),
        );
        check(
            &message(
                "iam:SetDefaultPolicyVersion on resource: policy arn:aws:iam::111122223333:policy/p version v2",
            ),
            "iam:SetDefaultPolicyVersion",
            Some("arn:aws:iam::111122223333:policy/p"),
        );
    }
}
