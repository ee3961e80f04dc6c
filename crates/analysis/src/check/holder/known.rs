//! What is known of every call of a principal, whatever it asks for: its ARN, account, type and name follow from who it is,
//! its tags are listed. Conditions on these keys are met or not, for good.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties>

use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::{Condition, Named, Policy, Statement};

use crate::granted::GrantedPrincipal;

/// What the keys of a principal are called.
const ABOUT: [&str; 2] = ["aws:principal", "aws:user"];

/// What is known of its calls beyond what its ARN says; its account stands at this place of the organisation.
pub(super) fn known(principal: &GrantedPrincipal, place: Option<&str>) -> Context {
    let mut context = Context::new();
    for (key, value) in &principal.tags {
        context.insert(format!("aws:PrincipalTag/{key}"), value);
    }
    context.insert("aws:PrincipalIsAWSService", "false");
    if let Some(place) = place {
        context.insert("aws:PrincipalOrgID", place.split('/').next().unwrap_or_default());
        context.insert("aws:PrincipalOrgPaths", place);
    }
    context
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
    let action = "sts:GetCallerIdentity";
    let statement = Statement::allow([action], ["*"]).with_condition(condition.clone());
    let set = PolicySet::of_identity(vec![Named::new("condition", Policy::new(vec![statement]))]);
    let request = Request {
        principal: PrincipalRef::new(&principal.arn),
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
