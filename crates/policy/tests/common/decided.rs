//! The evaluator's answer, of which the compiled set must give the verdict too.

use leastwise_policy::aws::evaluate::{Compiled, Evaluation, PolicySet, Request, evaluate};
use leastwise_policy::aws::{Named, Policy};

/// Asks the evaluator, and the same policies compiled: as they are, and each document ten times over, which changes
/// nothing but that there is much to look through.
pub(crate) fn decided(set: &PolicySet, request: &Request<'_>) -> Evaluation {
    let answer = evaluate(set, request);
    assert_eq!(Compiled::new(set.clone()).decide(request), answer.verdict, "compiled: {request:?} {set:?}");
    let crowded = Compiled::new(crowded(set.clone()));
    assert_eq!(crowded.decide(request), answer.verdict, "compiled and crowded: {request:?} {set:?}");
    answer
}

/// The same policies with each document ten times over.
pub(crate) fn crowded(mut set: PolicySet) -> PolicySet {
    let crowd = |documents: &mut Vec<Named<Policy>>| {
        let once = documents.clone();
        (1..10).for_each(|_| documents.extend_from_slice(&once));
    };
    let levels = set.service_control.iter_mut().chain(&mut set.resource_control);
    levels.flat_map(|path| &mut path.levels).for_each(|level| crowd(&mut level.policies));
    if let Some(side) = &mut set.resource {
        crowd(&mut side.policies);
        side.grants.iter_mut().for_each(|issued| crowd(&mut issued.grants));
    }
    [&mut set.boundary, &mut set.session, &mut set.endpoint].into_iter().flatten().for_each(crowd);
    crowd(&mut set.identity);
    set
}
