//! Whether the principal can become administrator with the new policy. It was used, so it is kept; whoever reviews the policy
//! is to know.

use std::collections::BTreeMap;

use leastwise_analysis::paths::{self, Certainty, From, Options, Target, World};
use leastwise_analysis::rightsize::{Note, NoteKind};
use leastwise_policy::aws::{Named, Policy};
use leastwise_policy::time::Timestamp;

use super::setup::Setup;
use crate::clock;

/// The note, where a snapshot tells of the account and there is something to say. What a service control policy takes away
/// is in no snapshot.
pub fn note(setup: &Setup<'_>, principal: &str, documents: &[Named<Policy>]) -> Option<Note> {
    let after = setup.granted.snapshot()?.with_policies(principal, documents)?;
    let world = World {
        snapshot: &after,
        service_control: BTreeMap::new(),
        resource_control: BTreeMap::new(),
        places: BTreeMap::new(),
        workloads: Vec::new(),
        now: Timestamp::from_seconds(clock::now()),
    };
    let options = Options { from: Some(From::One(principal.to_owned())), to: Target::Admin, cut: false };
    let found = paths::find(&world, &options, setup.catalog);
    let how = match (found.admins.first(), found.paths.first()) {
        (Some(admin), _) => format!("it can give itself everything{}", doubt(admin.certainty)),
        (None, Some(path)) => {
            let steps: Vec<&str> = path.steps.iter().map(|step| step.says.as_str()).collect();
            format!("{}{}", steps.join(", then "), doubt(path.certainty))
        }
        (None, None) => return None,
    };
    let text = format!(
        "with the new policy it can still become administrator: {how}. It was used, so it is kept; `leastwise paths` shows \
         such ways, a boundary or a narrower way to work takes them"
    );
    Some(Note { kind: NoteKind::Power, place: principal.to_owned(), text })
}

fn doubt(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Sure => "",
        Certainty::Assumed => " (if there is what that takes)",
        Certainty::Conditional => " (under conditions that are not its to choose)",
        Certainty::Another => " (with the credentials of another principal)",
    }
}
