//! What is known of every call of a principal, whatever it asks for: its ARN, account, type and name follow from who it is,
//! its tags are listed. Conditions on these keys are met or not, for good.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties>

use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::{Condition, Named, Policy, Statement};

use crate::granted::{GrantedPrincipal, Sessions};

/// What the keys of a principal are called.
const ABOUT: [&str; 2] = ["aws:principal", "aws:user"];

/// What is known of its calls beyond what its ARN says; its account stands at this place of the organisation.
pub(super) fn known(principal: &GrantedPrincipal, place: Option<&str>) -> Context {
    let mut context = Context::new();
    if !principal.may_be_tagged() {
        for (key, value) in &principal.tags {
            context.insert(format!("aws:PrincipalTag/{key}"), value);
        }
    }
    if let Some(id) = userid(principal) {
        context.insert("aws:userid", id);
    }
    context.insert("aws:PrincipalIsAWSService", "false");
    if let Some(place) = place {
        context.insert("aws:PrincipalOrgID", place.split('/').next().unwrap_or_default());
        context.insert("aws:PrincipalOrgPaths", place);
    }
    context
}

/// Its `aws:userid`, as far as its policies can tell.
fn userid(principal: &GrantedPrincipal) -> Option<String> {
    principal.unique_id.as_ref()?;
    let PolicySet { identity, boundary, service_control, .. } = &principal.policies;
    let levels = service_control.iter().flat_map(|path| &path.levels).flat_map(|level| &level.policies);
    let all = identity.iter().chain(boundary.iter().flatten()).chain(levels);
    Sessions::of(all.map(|named| &named.policy)).userid(principal)
}

/// Whether the principal meets a condition on who asks; nothing when that is not known, or when it is on something else.
pub(super) fn is_met(condition: &Condition, principal: &GrantedPrincipal, known: &Context) -> Option<bool> {
    let key = condition.key.as_bytes();
    let is_about = |prefix: &&str| {
        key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    // In the older version of the language a variable is none.
    if !ABOUT.iter().any(is_about) || condition.values.iter().any(|one| one.contains("${")) {
        return None;
    }
    holds(condition, &principal.arn, known)
}

/// Whether a request of this principal, of which this is known, meets the condition.
pub(in crate::check) fn holds(condition: &Condition, principal: &str, known: &Context) -> Option<bool> {
    let action = "sts:GetCallerIdentity";
    let statement = Statement::allow([action], ["*"]).with_condition(condition.clone());
    let set = PolicySet::of_identity(vec![Named::new("condition", Policy::new(vec![statement]))]);
    let request = Request {
        principal: PrincipalRef::new(principal),
        action,
        resource: ResourceRef::Exact("*"),
        context: known,
    };
    match evaluate(&set, &request).verdict {
        Verdict::Allowed => Some(true),
        Verdict::ExplicitDeny | Verdict::ImplicitDeny => Some(false),
        Verdict::Depends => None,
    }
}

#[cfg(test)]
mod tests {
    use leastwise_policy::aws::Operator;

    use super::*;
    use crate::granted::Snapshot;

    fn met(principal: &str, key: &str, value: &str) -> Option<bool> {
        let snapshot = Snapshot::parse("account.json", principal).expect("a listing");
        let one = snapshot.principals().next().expect("a principal");
        let operator = Operator::parse("StringEquals").expect("an operator");
        is_met(&Condition::new(operator, key, [value]), one, &known(one, Some("o-exampleorgid/r-ab12/")))
    }

    fn role(actions: &str) -> String {
        format!(
            r#"{{"RoleDetailList": [{{"RoleName": "a", "RoleId": "AROAEXAMPLE", "Arn": "arn:aws:iam::111122223333:role/a", "Path": "/",
                "Tags": [{{"Key": "team", "Value": "blue"}}],
                "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow",
                    "Action": {actions}, "Principal": {{"AWS": "111122223333"}}}}]}}}}]}}"#
        )
    }

    #[test]
    fn what_follows_from_who_it_is_is_met_or_not() {
        let assumed = role(r#""sts:AssumeRole""#);
        for (key, value, expected) in [
            ("aws:PrincipalAccount", "111122223333", Some(true)),
            ("aws:principalaccount", "444455556666", Some(false)),
            ("aws:PrincipalType", "AssumedRole", Some(true)),
            ("aws:PrincipalOrgID", "o-exampleorgid", Some(true)),
            ("aws:PrincipalOrgID", "o-anotherorgid", Some(false)),
            ("aws:PrincipalIsAWSService", "true", Some(false)),
            ("aws:PrincipalTag/team", "blue", Some(true)),
            ("aws:PrincipalTag/team", "red", Some(false)),
            ("aws:PrincipalTag/other", "x", None),
            ("aws:userid", "AROAANOTHER:me", Some(false)),
            ("aws:SourceIp", "203.0.113.7", None),
        ] {
            assert_eq!(met(&assumed, key, value), expected, "{key} {value}");
        }
    }

    #[test]
    fn which_session_of_the_role_asks_is_not_known() {
        let one = role(r#""sts:AssumeRole""#);
        let asking = one.replacen(
            r#""Path": "/","#,
            r#""Path": "/", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17",
                "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:userid": "AROAEXAMPLE:me"}}}]}}],"#,
            1,
        );
        assert_eq!(met(&asking, "aws:userid", "AROAEXAMPLE:me"), None);
        assert_eq!(met(&one.replace("RoleId", "Id"), "aws:userid", "AROAANOTHER:me"), None);
    }

    #[test]
    fn a_session_that_may_be_tagged_has_whichever_tags() {
        let tagged = role(r#"["sts:AssumeRole", "sts:TagSession"]"#);
        assert_eq!(met(&tagged, "aws:PrincipalTag/team", "blue"), None);
        assert_eq!(met(&tagged, "aws:PrincipalTag/team", "red"), None);
    }
}
