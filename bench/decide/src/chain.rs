//! The case "chain": a role with policies, boundary, organisation and a bucket policy, from `case.py`.

use crate::measure;
use anyhow::{Context as _, Result, bail};
use iam_rs::{Arn, Decision, IAMPolicy, IAMRequest, PolicyEvaluator, Principal, PrincipalId};
use leastwise_policy::aws::evaluate::{
    Compiled, Context, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request, ResourceRef,
    ResourceSide, Verdict, evaluate,
};
use leastwise_policy::aws::{DocumentKind, Named, Policy};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) account: String,
    pub(crate) role: String,
    session: String,
    identity: Vec<Document>,
    boundary: Vec<Document>,
    service_control: Vec<Level>,
    resource_control: Vec<Level>,
    bucket: Document,
    pub(crate) requests: Vec<Asked>,
}

#[derive(Deserialize)]
struct Document {
    name: String,
    policy: serde_json::Value,
}

#[derive(Deserialize)]
struct Level {
    name: String,
    policies: Vec<Document>,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    action: String,
    resource: String,
    on_bucket: bool,
    pub(crate) context: BTreeMap<String, String>,
}

/// Lets one contender decide.
pub(crate) fn run(path: &str, contender: &str, budget: Duration) -> Result<()> {
    let case: Case = read(path)?;
    match contender {
        "iam-rs" => iam_rs(&case, budget),
        "compiled" | "reasons" | "identity" => leastwise(&case, contender, budget),
        other => bail!("no contender `{other}`"),
    }
}

/// What a JSON file holds.
pub(crate) fn read<T: DeserializeOwned>(path: &str) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{path}`"))?;
    serde_json::from_str(&text).with_context(|| format!("`{path}` is not what it should be"))
}

// --- leastwise -----------------------------------------------------------------------------------------

fn leastwise(case: &Case, contender: &str, budget: Duration) -> Result<()> {
    // With the bucket's policy and without: as a gateway has one compiled set for each resource that has a policy.
    let sets = match contender {
        "identity" => {
            [PolicySet::of_identity(documents(&case.identity, DocumentKind::Identity)?), PolicySet::default()]
        }
        _ => [every_layer(case, true)?, every_layer(case, false)?],
    };
    let contexts: Vec<Context> = case.requests.iter().map(|asked| context(&asked.context)).collect();
    let asked: Vec<(usize, Request<'_>)> = case
        .requests
        .iter()
        .zip(&contexts)
        .map(|(asked, context)| {
            let request = Request {
                principal: PrincipalRef::new(&case.role).in_session(&case.session),
                action: &asked.action,
                resource: ResourceRef::Exact(&asked.resource),
                context,
            };
            (usize::from(!asked.on_bucket && contender != "identity"), request)
        })
        .collect();
    let tell = |verdict: Verdict| verdict.as_str().to_owned();
    if contender == "reasons" {
        return measure(&asked, budget, |(set, request)| evaluate(&sets[*set], request).verdict, tell);
    }
    let compiled = sets.map(Compiled::new);
    measure(&asked, budget, |(set, request)| compiled[*set].decide(request), tell)
}

pub(crate) fn every_layer(case: &Case, with_bucket: bool) -> Result<PolicySet> {
    let path = |levels: &[Level], kind: DocumentKind| -> Result<OrganizationPath> {
        let level =
            |level: &Level| Ok(OrganizationLevel::new(&level.name, documents(&level.policies, kind)?));
        let levels = levels.iter().map(level).collect::<Result<_>>()?;
        Ok(OrganizationPath { management_account: Some("999999999999".to_owned()), levels })
    };
    let mut resource_control = path(&case.resource_control, DocumentKind::ResourceControl)?;
    // AWS attaches it everywhere, and it cannot be detached; iam-simulate adds it by itself.
    let everything = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}"#;
    for level in &mut resource_control.levels {
        let everything = Policy::parse_kind(everything, DocumentKind::ResourceControl)?;
        level.policies.push(Named::new("RCPFullAWSAccess", everything));
    }
    let resource = match with_bucket {
        true => Some(ResourceSide::new(
            case.account.clone(),
            documents(std::slice::from_ref(&case.bucket), DocumentKind::Resource)?,
        )),
        false => None,
    };
    Ok(PolicySet {
        identity: documents(&case.identity, DocumentKind::Identity)?,
        boundary: Some(documents(&case.boundary, DocumentKind::Boundary)?),
        service_control: Some(path(&case.service_control, DocumentKind::ServiceControl)?),
        resource_control: Some(resource_control),
        resource,
        ..PolicySet::default()
    })
}

fn documents(given: &[Document], kind: DocumentKind) -> Result<Vec<Named<Policy>>> {
    let parse = |document: &Document| {
        let policy = Policy::parse_kind(&document.policy.to_string(), kind)
            .with_context(|| format!("the policy `{}` does not parse", document.name))?;
        Ok(Named::new(&document.name, policy))
    };
    given.iter().map(parse).collect()
}

fn context(given: &BTreeMap<String, String>) -> Context {
    let mut context = Context::new();
    context.complete(true);
    for (key, value) in given {
        context.insert(key, value.as_str());
    }
    context
}

// --- iam-rs --------------------------------------------------------------------------------------------

/// It knows identity policies only, so these are all that it is given.
fn iam_rs(case: &Case, budget: Duration) -> Result<()> {
    let policies = case.identity.iter().map(|document| {
        IAMPolicy::from_json(&document.policy.to_string())
            .with_context(|| format!("iam-rs and `{}`", document.name))
    });
    let evaluator = PolicyEvaluator::with_policies(policies.collect::<Result<_>>()?);
    let requests = case.requests.iter().map(|asked| {
        let mut context = iam_rs::Context::new();
        for (key, value) in &asked.context {
            // A tag is text, whatever it says.
            context = match value.as_str() {
                "true" | "false" if !key.contains('/') => context.with_boolean(key, value == "true"),
                text => context.with_string(key, text),
            };
        }
        let principal = Principal::Aws(PrincipalId::String(case.role.clone()));
        let resource =
            Arn::parse(&asked.resource).with_context(|| format!("iam-rs and `{}`", asked.resource))?;
        Ok(IAMRequest::new_with_context(principal, &asked.action, resource, context))
    });
    let requests: Vec<IAMRequest> = requests.collect::<Result<_>>()?;
    let tell = |decision| match decision {
        Ok(Decision::Allow) => "allowed".to_owned(),
        Ok(Decision::Deny) => "explicit deny".to_owned(),
        Ok(Decision::NotApplicable) => "implicit deny".to_owned(),
        Err(error) => format!("error: {error}"),
    };
    measure(&requests, budget, |request| evaluator.evaluate(request).map(|result| result.decision), tell)
}
