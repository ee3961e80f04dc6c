//! From what a policy allows to one resource that it allows: the ARN that a caller would choose.
//!
//! The ARNs that come out are tried with the evaluator; what is not found here is not claimed.

use leastwise_policy::glob;

/// What stands where a name is free.
const NAME: &str = "example";

/// Roles that nobody makes or changes but AWS: "service-linked roles are protected AWS resources. Only the service that
/// depends on the service-linked role can modify or delete the role on your behalf."
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html#API_AttachRolePolicy_Errors>,
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html>
const KEPT: [&str; 2] = ["role/aws-service-role/", "role/aws-reserved/"];

/// Regions that are tried where the region is free, after those that policies name.
const REGIONS: [&str; 8] = [
    "us-east-1",
    "eu-west-1",
    "eu-central-1",
    "us-west-2",
    "us-east-2",
    "ap-southeast-1",
    "ap-northeast-1",
    "cn-north-1",
];

/// ARNs that both the template and the pattern match, for each of the regions.
pub(super) fn fill(template: &str, pattern: &str, regions: &[String]) -> Vec<String> {
    let pattern = if pattern == "*" { template } else { pattern };
    let (Some(ours), Some(theirs)) = (segments(template), segments(pattern)) else { return Vec::new() };
    let mut head: Vec<&str> = Vec::with_capacity(5);
    for (number, (our, their)) in ours.iter().zip(&theirs).take(5).enumerate() {
        match (is_plain(our), is_plain(their)) {
            (true, _) if glob::matches(their, our) => head.push(our),
            (false, true) if glob::matches(our, their) => head.push(their),
            (false, false) if number == 3 => head.push("*"),
            // An account that is free is that of AWS's own resources, which have none.
            (false, false) if number == 4 => head.push(""),
            _ => return Vec::new(),
        }
    }
    let Some(name) = name(&ours[5], &theirs[5]) else { return Vec::new() };
    if KEPT.iter().any(|kept| name.starts_with(kept)) {
        return Vec::new();
    }
    let free = head[3] == "*";
    let regions: Vec<&str> = match free {
        true => {
            let known = regions.iter().map(String::as_str).chain(REGIONS);
            let mut kept: Vec<&str> = Vec::new();
            for region in known.filter(|region| glob::matches(&theirs[3], region)) {
                if !kept.contains(&region) {
                    kept.push(region);
                }
            }
            kept.truncate(MOST_REGIONS);
            kept
        }
        false => vec![head[3]],
    };
    let arn = |region: &&str| format!("{}:{}:{}:{region}:{}:{name}", head[0], head[1], head[2], head[4]);
    regions.iter().map(arn).collect()
}

const MOST_REGIONS: usize = 4;

/// The six parts; a pattern that ends early goes on with whatever.
fn segments(text: &str) -> Option<[String; 6]> {
    let mut parts: Vec<String> = text.splitn(6, ':').map(str::to_owned).collect();
    let open = parts.last().is_some_and(|last| last.ends_with('*'));
    while open && parts.len() < 6 {
        parts.push("*".to_owned());
    }
    parts.try_into().ok()
}

fn is_plain(text: &str) -> bool {
    !text.contains(['*', '?'])
}

/// A name that both match.
fn name(template: &str, pattern: &str) -> Option<String> {
    if is_plain(pattern) {
        return glob::matches(template, pattern).then(|| pattern.to_owned());
    }
    let ours = template.replace('*', NAME);
    if glob::matches(pattern, &ours) {
        return Some(ours);
    }
    [NAME, "", "example/example", "example:1", "example/example/example"]
        .into_iter()
        .map(|filling| pattern.replace('*', filling).replace('?', "0"))
        .find(|name| glob::matches(template, name) && !name.ends_with(['/', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, pattern: &str, expected: &[&str]) {
        let found = fill(template, pattern, &["eu-west-1".to_owned()]);
        assert_eq!(&found[..found.len().min(expected.len())], expected, "{template} and {pattern}");
        assert_eq!(found.is_empty(), expected.is_empty(), "{template} and {pattern}: {found:?}");
    }

    #[test]
    fn what_the_pattern_leaves_open_is_filled_by_the_template() {
        let function = "arn:aws:lambda:*:111122223333:function:*";
        check(function, "*", &["arn:aws:lambda:eu-west-1:111122223333:function:example"]);
        check(
            function,
            "arn:aws:lambda:*:*:function:app-*",
            &["arn:aws:lambda:eu-west-1:111122223333:function:app-example"],
        );
        check(
            function,
            "arn:aws:lambda:us-west-2:111122223333:function:one",
            &["arn:aws:lambda:us-west-2:111122223333:function:one"],
        );
        check(function, "arn:aws:lambda:*", &["arn:aws:lambda:eu-west-1:111122223333:function:example"]);
        check(function, "arn:aws:s3:::bucket", &[]);
        check(function, "arn:aws:lambda:*:444455556666:function:*", &[]);
        let role = "arn:aws:iam::111122223333:role/*";
        check(role, "arn:aws:iam::*:role/aws-service-role/*", &[]);
        check(role, "arn:aws:iam::*:role/aws-*", &["arn:aws:iam::111122223333:role/aws-example"]);
        let stack = "arn:aws:cloudformation:*:111122223333:stack/*/*";
        check(
            stack,
            "arn:aws:cloudformation:*:*:stack/app-*",
            &["arn:aws:cloudformation:eu-west-1:111122223333:stack/app-example/example"],
        );
    }
}
