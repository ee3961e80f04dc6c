//! An account of our own making, for a policy that nobody holds: somebody holds it there beside a role and a user that are
//! worth becoming.
//!
//! Who that is can matter: a `Deny` may spare one principal, and an `Allow` mean one alone. So whoever the policy's own
//! conditions speak of is tried after whoever they do not.

use std::sync::LazyLock;

use leastwise_policy::aws::Policy;
use leastwise_policy::glob;
use serde_json::{Value, json};

use crate::granted::Snapshot;

/// Whoever holds the policy when its conditions mean nobody in particular.
pub(super) const HOLDER: &str = "arn:aws:iam::000000000000:user/holder";

/// So many others are tried.
const MOST: usize = 8;

/// The account in which `holder`, the ARN of a user or a role, has the policy.
pub(super) fn account_of(holder: &str, policy: Policy) -> Snapshot {
    static ACCOUNT: LazyLock<Snapshot> = LazyLock::new(|| account(HOLDER));
    let mut snapshot = if holder == HOLDER { ACCOUNT.clone() } else { account(holder) };
    snapshot.regrant(holder, policy);
    snapshot
}

/// Others whom conditions of the policy speak of, and a role in any case where they speak of somebody.
pub(super) fn others(policy: &Policy) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let conditions = policy.statements.iter().flat_map(|statement| statement.condition.iter());
    for condition in conditions {
        let key = condition.key.to_ascii_lowercase();
        let is_about_caller = key.starts_with("aws:principal") || key.starts_with("aws:user");
        if !is_about_caller || key == "aws:useragent" || key == "aws:principalisawsservice" {
            continue;
        }
        for value in condition.values.iter().filter(|value| !value.contains("${")) {
            match key.as_str() {
                "aws:principalarn" => found.extend(instance(value)),
                "aws:username" => found.push(format!("arn:aws:iam::000000000000:user/{}", filled(value))),
                "aws:principalaccount" if is_account(value) => {
                    found.extend(["user", "role"].map(|kind| format!("arn:aws:iam::{value}:{kind}/holder")));
                }
                _ => {}
            }
        }
        found.push("arn:aws:iam::000000000000:role/holder".to_owned());
    }
    let mut kept: Vec<String> = Vec::new();
    for one in found {
        if one != HOLDER && !kept.contains(&one) && kept.len() < MOST {
            kept.push(one);
        }
    }
    kept
}

/// A user or a role that the pattern means.
fn instance(pattern: &str) -> Option<String> {
    let (at, _) = ["user/", "role/"].iter().filter_map(|kind| Some((pattern.find(kind)?, kind))).min()?;
    let (head, resource) = pattern.split_at(at);
    let mut parts = head.split(':').skip(1);
    let partition =
        parts.next().filter(|text| !text.is_empty() && !text.contains(['*', '?'])).unwrap_or("aws");
    let account = parts.nth(2).filter(|text| is_account(text)).unwrap_or("000000000000");
    let arn = format!("arn:{partition}:iam::{account}:{}", filled(resource));
    glob::matches(pattern, &arn).then_some(arn)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn filled(pattern: &str) -> String {
    pattern.replace('*', "example").replace('?', "0")
}

fn account(holder: &str) -> Snapshot {
    let account = holder.split(':').nth(4).unwrap_or_default();
    let partition = holder.split(':').nth(1).unwrap_or("aws");
    let arn = |kind: &str, name: &str| format!("arn:{partition}:iam::{account}:{kind}/{name}");
    let inline = |name: &str, effect: &str| {
        let statement = json!({"Effect": effect, "Action": "*", "Resource": "*"});
        json!({"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": statement}})
    };
    let admin = inline("all", "Allow");
    let trusting = |services: &[&str]| {
        let principal = json!({"Service": services});
        let provider = json!({"Federated": arn("saml-provider", "example")});
        let by_assertion = json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}});
        json!({
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"},
                {"Effect": "Allow", "Principal": provider, "Action": "sts:AssumeRoleWithSAML",
                    "Condition": by_assertion},
            ],
        })
    };
    let name = holder.rsplit('/').next().unwrap_or_default();
    let other = if name == "admin" { "another" } else { "admin" };
    let mut users = vec![json!({"UserName": other, "Arn": arn("user", other), "UserPolicyList": [admin]})];
    let mut roles: Vec<Value> = vec![json!({
        "RoleName": other, "Arn": arn("role", other), "RolePolicyList": [admin],
        "AssumeRolePolicyDocument": trusting(&crate::paths::services()),
    })];
    let held = json!([inline("held", "Deny")]);
    match holder.contains(":role/") {
        true => roles.push(json!({
            "RoleName": name, "Arn": holder, "RolePolicyList": held,
            "AssumeRolePolicyDocument": trusting(&["ec2.amazonaws.com"]),
        })),
        false => users.push(json!({"UserName": name, "Arn": holder, "UserPolicyList": held})),
    }
    let listing = json!({"UserDetailList": users, "RoleDetailList": roles});
    Snapshot::parse("made up", &listing.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Facts, Finding, SourceFile, read, run};
    use leastwise_catalog::Catalog;

    fn told(condition: &str) -> Option<String> {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [
                {{"Effect": "Allow", "Action": ["iam:CreateAccessKey"], "Resource": "*"}},
                {{"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": {{{condition}}}}}]}}"#
        );
        let estate = read(&[SourceFile::named("p.json", text)]);
        let findings = run(&estate, &Facts::new(Catalog::embedded()));
        let possible = |finding: &Finding| finding.code == "ESCALATION_POSSIBLE";
        findings.into_iter().find(possible).map(|finding| finding.message)
    }

    #[test]
    fn whoever_a_deny_spares_may_hold_the_policy() {
        for (condition, who) in [
            (r#""ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ops/spared"}"#, "role/ops/spared"),
            (
                r#""StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/spared"}"#,
                "user/spared",
            ),
            (r#""StringNotLike": {"aws:username": "break-*"}"#, "user/break-example"),
            (r#""StringNotLike": {"aws:PrincipalArn": "*:role/admin"}"#, "role/admin"),
            (r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}"#, "role/holder"),
            (r#""StringNotEquals": {"aws:PrincipalAccount": "111122223333"}"#, "user/holder"),
        ] {
            let wanted = format!("`{who}`, if it holds it, can become administrator in one step");
            assert_eq!(told(condition), Some(wanted), "{condition}");
        }
    }

    #[test]
    fn nobody_escapes_a_deny_that_spares_nobody_who_could_hold_it() {
        for condition in [
            r#""ArnLike": {"aws:PrincipalArn": "*"}"#,
            r#""StringNotEquals": {"aws:PrincipalType": "Account"}"#,
        ] {
            assert_eq!(told(condition), None, "{condition}");
        }
        let several =
            r#""ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:user/*", "arn:aws:iam::*:role/*"]}"#;
        assert_eq!(told(several), None);
    }

    #[test]
    fn who_is_meant_has_the_name_that_the_pattern_leaves() {
        let of = |pattern| instance(pattern).unwrap_or_default();
        assert_eq!(of("arn:aws:iam::*:role/a*"), "arn:aws:iam::000000000000:role/aexample");
        assert_eq!(of("*:role/spared"), "arn:aws:iam::000000000000:role/spared");
        assert_eq!(of("arn:aws-cn:iam::111122223333:user/x/y"), "arn:aws-cn:iam::111122223333:user/x/y");
        assert_eq!(of("arn:aws:sts::111122223333:assumed-role/x/y"), "");
    }
}
