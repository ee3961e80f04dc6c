//! Who may hold a role → its trust policy.
//!
//! - Services: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services>
//! - EKS pods tag their sessions: <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html>
//! - OpenID Connect: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html>
//! - External ids: <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
//! - Roles Anywhere: <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>

use leastwise_catalog::Catalog;
use leastwise_policy::aws::{
    ActionBlock, ActionPattern, Comparison, Condition, Conditions, Effect, Policy, PrincipalBlock,
    PrincipalKind, PrincipalSet, Statement,
};

use super::allow::condition;
use super::{ACCOUNT, Note, Options, REGION};
use crate::intent::{Fault, Place, Said, Trust, nearest};

/// The policy, and what must be known of it.
#[derive(Default)]
pub(super) struct Made {
    pub(super) policy: Option<Policy>,
    pub(super) warnings: Vec<Note>,
}

pub(super) fn policy(trusts: &[Said<Trust>], options: &Options, faults: &mut Vec<Fault>) -> Made {
    let mut made = Made::default();
    let mut statements: Vec<Statement> = Vec::new();
    for trust in trusts {
        match statement(&trust.value, &trust.place, options, &mut made.warnings) {
            Ok(statement) => statements.push(statement),
            Err(fault) => faults.push(fault),
        }
    }
    super::allow::make_unique(&mut statements);
    made.policy = (!statements.is_empty()).then(|| Policy::new(statements));
    made
}

fn statement(
    trust: &Trust,
    place: &Place,
    options: &Options,
    warnings: &mut Vec<Note>,
) -> Result<Statement, Fault> {
    let mut warn = |text: String| warnings.push(Note { place: place.clone(), text });
    match trust {
        Trust::Service(name) => {
            let principal = principal_of(name, place)?;
            // Pods and what runs them pass on tags of the session.
            let tags = principal == "pods.eks.amazonaws.com";
            let actions = if tags { &["sts:AssumeRole", "sts:TagSession"][..] } else { &["sts:AssumeRole"] };
            Ok(made("AssumedByService", PrincipalKind::Service, principal, actions, Vec::new()))
        }
        Trust::Account { principal, external_id } => {
            if external_id.is_none() {
                warn(
                    "nobody outside of the organisation should hold a role without an `external_id`"
                        .to_owned(),
                );
            }
            let condition = external_id
                .iter()
                .map(|id| condition(Comparison::StringEquals, "sts:ExternalId", vec![id.clone()]));
            let principal = account(principal, options, place)?;
            Ok(made(
                "AssumedByAccount",
                PrincipalKind::Aws,
                principal,
                &["sts:AssumeRole"],
                condition.collect(),
            ))
        }
        Trust::Oidc { provider, account, audience, subjects } => {
            if subjects.iter().any(|subject| subject.starts_with("repo:") && subject.ends_with(":*")) {
                warn("any branch, tag and pull request of the repository may hold the role; say `branch`, `tag` or `environment`".to_owned());
            }
            let account = account.as_deref().or(options.account.as_deref()).unwrap_or(ACCOUNT);
            let federated = format!("arn:{}:iam::{account}:oidc-provider/{provider}", options.partition);
            let wild = subjects.iter().any(|subject| subject.contains(['*', '?']));
            let compare = if wild { Comparison::StringLike } else { Comparison::StringEquals };
            let conditions = vec![
                condition(Comparison::StringEquals, &format!("{provider}:aud"), vec![audience.clone()]),
                condition(compare, &format!("{provider}:sub"), subjects.clone()),
            ];
            let actions = &["sts:AssumeRoleWithWebIdentity"];
            Ok(made("AssumedByToken", PrincipalKind::Federated, federated, actions, conditions))
        }
        Trust::ServiceAccount { .. } => {
            Err(Fault::new(place, "AWS knows a service account by the issuer of its cluster")
                .help("write `trust: {kubernetes: ISSUER, namespace: …, service_account: …}`"))
        }
        Trust::Spiffe { id, trust_anchor } => {
            if trust_anchor.is_none() {
                warn(
                    "say the `trust_anchor` of IAM Roles Anywhere whose certificates carry the id".to_owned(),
                );
            }
            let anchor = trust_anchor.clone().unwrap_or_else(|| {
                let region = options.region.as_deref().unwrap_or(REGION);
                let account = options.account.as_deref().unwrap_or(ACCOUNT);
                format!(
                    "arn:{}:rolesanywhere:{region}:{account}:trust-anchor/<trust-anchor>",
                    options.partition
                )
            });
            let conditions = vec![
                condition(Comparison::ArnEquals, "aws:SourceArn", vec![anchor]),
                condition(Comparison::StringEquals, "aws:PrincipalTag/x509SAN/URI", vec![id.clone()]),
            ];
            let actions = &["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];
            let principal = "rolesanywhere.amazonaws.com".to_owned();
            Ok(made("AssumedByCertificate", PrincipalKind::Service, principal, actions, conditions))
        }
    }
}

fn principal_of(name: &str, place: &Place) -> Result<String, Fault> {
    if name.contains(".amazonaws.com") {
        return Ok(name.to_owned());
    }
    if let Some(principal) = Catalog::service_principal(name) {
        return Ok(principal.to_owned());
    }
    let fault = Fault::new(place, format!("`{name}` is not known as a service that holds roles"));
    Err(match nearest(name, Catalog::service_principals().map(|(name, _)| name)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help(format!("if it does, write its principal: `{name}.amazonaws.com`")),
    })
}

fn account(principal: &str, options: &Options, place: &Place) -> Result<String, Fault> {
    if principal.starts_with("arn:") {
        return match principal.contains('*') {
            false => Ok(principal.to_owned()),
            true => Err(Fault::new(place, "a trust policy takes no wildcard in the name of a principal")
                .help("name the account, or each role")),
        };
    }
    match principal.len() == 12 && principal.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(format!("arn:{}:iam::{principal}:root", options.partition)),
        false => {
            Err(Fault::new(place, format!("`{principal}` is no account id")).help("it has twelve digits"))
        }
    }
}

fn made(
    sid: &str,
    kind: PrincipalKind,
    principal: String,
    actions: &[&str],
    conditions: Vec<Condition>,
) -> Statement {
    let mut condition = Conditions::default();
    for one in conditions {
        condition.push(one);
    }
    Statement {
        sid: Some(sid.to_owned()),
        effect: Effect::Allow,
        principal: Some(PrincipalBlock::Principal(PrincipalSet::ByKind(vec![(kind, vec![principal])]))),
        action: ActionBlock::Action(
            actions.iter().map(|action| ActionPattern::new((*action).to_owned())).collect(),
        ),
        resource: None,
        condition,
    }
}
