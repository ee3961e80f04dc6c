//! AWS: a refusal that names only the operation that was called.

use std::collections::BTreeMap;

use leastwise_catalog::{Catalog, Needs};

use super::super::{Because, Platform, Refusal};
use super::aws::Answerer;
use crate::intent::Place;

impl Answerer<'_> {
    /// A call by its operation: what it needs is known, on what must be said.
    pub(super) fn operation(&mut self, place: &Place, operation: &str, service: Option<&str>) {
        let actions = actions_of(self.catalog, operation, service);
        let [action] = actions.as_slice() else {
            let text = format!(
                "access to `{operation}` was denied, and the message does not say which action that is"
            );
            let help = match actions.is_empty() {
                true => "the CloudTrail record of the call says more; `leastwise usage` reads it".to_owned(),
                false => format!("it may be {}: say one with `--to`", actions.join(", ")),
            };
            return self.tell(place, text, &help);
        };
        let refusal = Refusal {
            platform: Platform::Aws,
            principal: None,
            action: action.clone(),
            resource: None,
            more: BTreeMap::new(),
            because: Because::Unsaid,
            place: place.clone(),
            count: 1,
            page: "",
        };
        self.refusal(&refusal);
    }
}

/// The actions that an operation of that name may need, over all services or in the one that is named.
fn actions_of(catalog: &Catalog, operation: &str, service: Option<&str>) -> Vec<String> {
    let wanted = service.map(str::to_ascii_lowercase);
    let mut actions: Vec<String> = Vec::new();
    for prefix in catalog.services().filter(|prefix| wanted.as_deref().is_none_or(|wanted| wanted == *prefix))
    {
        let Some(service) = catalog.service(prefix) else { continue };
        let known = service.operations.iter().filter(|known| *known.name == *operation);
        let mut own: Vec<String> = known
            .flat_map(|known| match &known.needs {
                Needs::Actions(names) | Needs::Maybe(names) => {
                    names.iter().map(|name| name.to_string()).collect()
                }
                Needs::Nothing | Needs::Unknown => Vec::new(),
            })
            .collect();
        if own.is_empty()
            && let Some(action) =
                service.actions.iter().find(|action| *action.name == *operation && action.operations)
        {
            own.push(format!("{prefix}:{}", action.name));
        }
        for action in own {
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
    }
    actions
}
