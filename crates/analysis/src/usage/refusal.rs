//! AWS's own words about a refusal: `… is not authorized to perform: ACTION on resource: RESOURCE because …`.
//!
//! A refused call's parameters are often left out of the log, while the message names the very action and
//! resource that were evaluated: it beats any mapping. IAM User Guide, "Troubleshoot access denied error
//! messages".

use leastwise_catalog::{Action, Catalog};

/// What was refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The action in the catalogue's spelling.
    pub action: String,
    /// The resource, when the message names one, and whether it is a pattern (`instance/*`).
    pub resource: Option<(String, bool)>,
}

/// Reads the message; `None` when it does not name an action that the catalogue knows.
pub(super) fn refusal(message: &str, account: &str, partition: &str, catalog: &Catalog) -> Option<Refusal> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let end = rest.find([' ', ',']).unwrap_or(rest.len());
    let action = catalog.action(rest[..end].trim_end_matches('.'))?;
    let resource = rest.split_once(" on resource: ").map(|(_, rest)| {
        let ends = [" because ", " with an explicit deny", " with an explicit Deny", ". ", "\n"];
        let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
        rest[..end].trim().trim_matches('"')
    });
    let resource =
        resource.filter(|text| !text.is_empty()).and_then(|text| arn(text, account, partition, action));
    Some(Refusal { action: action.full_name(), resource })
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
        let found = refusal(message, "111122223333", "aws", Catalog::embedded()).unwrap();
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
