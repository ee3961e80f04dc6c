//! Whom a role lets in by an assertion or a token whose content somebody may come to decide: of a SAML provider, or of an
//! identity pool of Amazon Cognito.
//!
//! What such a provider says of a user is then the caller's to say, so a condition on that does not keep the caller out.

use leastwise_policy::aws::evaluate::explain::explain;
use leastwise_policy::aws::evaluate::{
    Context, Evaluation, PolicySet, PrincipalRef, Request, ResourceRef, ResourceSide, Verdict, evaluate,
};
use leastwise_policy::aws::{Effect, PrincipalBlock, PrincipalKind, PrincipalSet, Statement};

use super::ask::{Answer, conditional};
use super::model::Model;
use crate::granted::GrantedPrincipal;

/// The provider of Amazon Cognito's identity pools, and the claim that says which pool a token is of.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#trust-policies>
const COGNITO: &str = "cognito-identity.amazonaws.com";
const POOL: &str = "cognito-identity.amazonaws.com:aud";

/// What lets somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letting {
    /// A SAML provider of the account.
    Saml,
    /// An identity pool.
    Pool,
}

impl Letting {
    pub(super) fn read(word: &str) -> Option<Letting> {
        match word {
            "saml" => Some(Letting::Saml),
            "pool" => Some(Letting::Pool),
            _ => None,
        }
    }

    fn action(self) -> &'static str {
        match self {
            Letting::Saml => "sts:AssumeRoleWithSAML",
            Letting::Pool => "sts:AssumeRoleWithWebIdentity",
        }
    }

    /// Whether the key is about what the provider says.
    fn says(self, key: &str) -> bool {
        let of_session =
            ["aws:requesttag/", "sts:"].iter().any(|prefix| key.starts_with(prefix)) || key == "aws:tagkeys";
        let of_provider = match self {
            Letting::Saml => key.starts_with("saml:"),
            // Which identity of the pool it is, AWS says.
            Letting::Pool => key == "cognito-identity.amazonaws.com:amr",
        };
        of_session || of_provider
    }
}

impl Model<'_> {
    /// The ARNs of the providers of this kind that the role lets somebody in by, each with how surely.
    pub(super) fn entries(&self, role: &GrantedPrincipal, letting: Letting) -> Vec<(String, Answer)> {
        let mut arns: Vec<String> = Vec::new();
        let statements = role.trust.iter().flat_map(|policy| &policy.statements);
        for statement in statements.filter(|statement| statement.effect == Effect::Allow) {
            arns.extend(named(statement, role, letting));
        }
        arns.sort();
        arns.dedup();
        let entry = |arn: String| {
            let answer = self.entry(role, letting, &arn)?.0;
            Some((arn, answer))
        };
        arns.into_iter().filter_map(entry).collect()
    }

    /// Whether the role lets in whoever decides what the provider says.
    pub(super) fn entry(
        &self,
        role: &GrantedPrincipal,
        letting: Letting,
        arn: &str,
    ) -> Option<(Answer, Evaluation)> {
        let set = PolicySet {
            resource: Some(ResourceSide::new(role.account(), vec![self.trust(role)?])),
            resource_control: self.world.resource_control.get(role.account()).cloned(),
            ..PolicySet::default()
        };
        let mut context = Context::new();
        self.tell_always(&mut context);
        context.absent("aws:PrincipalOrgID").absent("aws:PrincipalOrgPaths");
        let principal = match letting {
            Letting::Saml => arn,
            Letting::Pool => {
                context.insert(POOL, arn.rsplit_once("identitypool/")?.1);
                COGNITO
            }
        };
        let ask = |context: &Context| {
            let resource = ResourceRef::Exact(&role.arn);
            let principal = PrincipalRef::new(principal);
            evaluate(&set, &Request { principal, action: letting.action(), resource, context })
        };
        let mut evaluation = ask(&context);
        if evaluation.verdict == Verdict::Depends {
            let request = Request {
                principal: PrincipalRef::new(principal),
                action: letting.action(),
                resource: ResourceRef::Exact(&role.arn),
                context: &context,
            };
            let allowing = explain(&set, &request).allowing.into_iter().flatten();
            let mut chosen = context.clone();
            for (key, values) in allowing.filter(|(key, _)| letting.says(&key.to_ascii_lowercase())) {
                chosen.insert(key, values.as_slice());
            }
            let after = ask(&chosen);
            if matches!(after.verdict, Verdict::Allowed | Verdict::Depends) {
                evaluation = after;
            }
        }
        let answer = match evaluation.verdict {
            Verdict::Allowed => Answer::sure(),
            Verdict::Depends => conditional(evaluation.missing_keys.clone(), Default::default()),
            Verdict::ExplicitDeny | Verdict::ImplicitDeny => return None,
        };
        Some((answer, evaluation))
    }
}

/// The ARNs of the providers of this kind, in the account of the role, that a statement names.
fn named(statement: &Statement, role: &GrantedPrincipal, letting: Letting) -> Vec<String> {
    let Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) = &statement.principal else {
        return Vec::new();
    };
    let federated = kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Federated);
    let texts: Vec<&String> = federated.flat_map(|(_, texts)| texts).collect();
    match letting {
        Letting::Saml => {
            let own = |arn: &&&String| {
                arn.contains(":saml-provider/") && arn.split(':').nth(4) == Some(role.account())
            };
            texts.iter().filter(own).map(|arn| (**arn).clone()).collect()
        }
        Letting::Pool if texts.iter().any(|text| *text == COGNITO) => {
            let partition = role.arn.split(':').nth(1).unwrap_or("aws");
            let pool = |id: &String| {
                // The id of a pool begins with its region.
                let (region, _) = id.split_once(':')?;
                let is_one = !id.contains(['*', '?', '$']);
                let account = role.account();
                is_one
                    .then(|| format!("arn:{partition}:cognito-identity:{region}:{account}:identitypool/{id}"))
            };
            let of_pool = statement.condition.iter().filter(|one| one.key.eq_ignore_ascii_case(POOL));
            of_pool.flat_map(|condition| &condition.values).filter_map(pool).collect()
        }
        Letting::Pool => Vec::new(),
    }
}
