//! Whether the reasons that the evaluator gives fit what the reference says of the same layers and statements.

use leastwise_policy::aws::evaluate::{Evaluation, Layer, LayerAnswer, StatementRef, Verdict};
use serde_json::Value;

use super::case::{Case, statements};
use super::judge::{Say, Says};
use super::know::Know;
use super::statement::{Reach, applies, reach};
use super::world::{Seen, World};

/// What is wrong with the reasons, in words that stay the same while the case is shrunk.
pub(crate) fn complaint(
    case: &Case,
    world: &World,
    says: &Says,
    evaluation: &Evaluation,
) -> Option<&'static str> {
    // The name of a session would be told by `aws:userid`.
    let known = |key: &String| key != "aws:userid" && world.see(key) != Seen::Unknown;
    if evaluation.missing_keys.iter().any(known) {
        return Some("a key that is known is called missing");
    }
    if evaluation.layers.iter().any(|answer| !is_right(answer, says)) {
        return Some("a layer does not say what it says for itself");
    }
    let each = |effect: Option<&str>, wanted: Know| {
        evaluation.by.iter().all(|place| {
            // A grant is made of statements of its own.
            if place.layer == Layer::Grant {
                return says.key.reach.named() != Know::No;
            }
            let found = truths_of(case, world, place);
            found.is_some_and(|(of, found)| {
                found.contains(&wanted) && effect.is_none_or(|effect| effect == of)
            })
        })
    };
    let right = match evaluation.verdict {
        Verdict::Allowed => evaluation.silent.is_none() && each(Some("Allow"), Know::Yes),
        Verdict::ExplicitDeny => evaluation.by.len() == 1 && each(Some("Deny"), Know::Yes),
        Verdict::ImplicitDeny => {
            evaluation.by.is_empty() && evaluation.silent.is_some_and(|layer| is_silent(layer, says))
        }
        Verdict::Depends => {
            evaluation.silent.is_none() && !evaluation.by.is_empty() && each(None, Know::Perhaps)
        }
    };
    (!right).then_some("the statements named are not those that decide")
}

/// Whether a layer's own answer is what the reference hears from it. Of the organisation's levels only all together are
/// heard.
fn is_right(answer: &LayerAnswer, says: &Says) -> bool {
    let say = match answer.layer {
        Layer::Identity => says.identity,
        Layer::Boundary => says.boundary,
        Layer::Session => says.session,
        Layer::Endpoint => says.endpoint,
        Layer::PublicAccess => says.public_access,
        Layer::Resource => Say { allow: says.resource.any(), deny: says.resource.deny },
        _ => return true,
    };
    let wanted = match (say.deny, say.allow) {
        (Know::Yes, _) => Verdict::ExplicitDeny,
        (_, Know::No) => Verdict::ImplicitDeny,
        (Know::No, Know::Yes) => Verdict::Allowed,
        _ => Verdict::Depends,
    };
    answer.verdict == wanted
}

fn is_silent(layer: Layer, says: &Says) -> bool {
    let allow = match layer {
        Layer::Identity => says.identity.allow,
        Layer::Boundary => says.boundary.allow,
        Layer::Session => says.session.allow,
        Layer::ServiceControl => says.service_control.allow,
        Layer::ResourceControl => says.resource_control.allow,
        Layer::Endpoint => says.endpoint.allow,
        Layer::PublicAccess => says.public_access.allow,
        Layer::Grant => says.key.reach.named(),
        Layer::Resource => says.resource.any(),
        _ => Know::Yes,
    };
    allow == Know::No
}

/// The effect of a statement, and whether it is about the question, for each way in which it names the principal.
fn truths_of<'a>(case: &'a Case, world: &World, place: &StatementRef) -> Option<(&'a str, Vec<Know>)> {
    let document = document(case, &place.document)?;
    let statement = *statements(document).get(place.index)?;
    let truth = applies(document, statement, case, world);
    let named = if statement.contains_key("Principal") || statement.contains_key("NotPrincipal") {
        let Reach { everybody, direct, entity, account } = reach(statement, case, world);
        vec![everybody, direct, entity, account]
    } else {
        vec![Know::Yes]
    };
    let effect = statement.get("Effect")?.as_str()?;
    Some((effect, named.into_iter().map(|named| truth.and(named)).collect()))
}

/// The document of a name: `identity 0`, `scp 1 0`.
fn document<'a>(case: &'a Case, name: &str) -> Option<&'a Value> {
    let mut parts = name.split(' ');
    let (layer, first) = (parts.next()?, parts.next()?.parse().ok()?);
    match parts.next() {
        Some(second) => case.levels(layer)?.get::<usize>(first)?.get(second.parse::<usize>().ok()?).copied(),
        None => case.documents(layer)?.get(first).copied(),
    }
}
