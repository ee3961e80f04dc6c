//! From a name that a log or a wire call gives to the actions it stands for, by names alone.
//!
//! There are three name spaces: the CloudTrail event name, the API operation and the IAM action. Here only names
//! are compared; where the request's parameters choose the actions, the rule tables decide (`crate::call`).

use crate::catalog::{Action, Catalog};
use crate::facts::{Name, Needs, Service};

impl Catalog {
    /// The IAM prefixes whose actions the events of an event source are, given the label of CloudTrail's
    /// `eventSource` without `.amazonaws.com`, in any case, in order of preference: `monitoring` → `cloudwatch`.
    pub fn prefixes_of_source(&self, label: &str) -> &[Name] {
        if let Some(prefixes) = self.sources.get(label) {
            return prefixes;
        }
        self.sources.get(&*label.to_ascii_lowercase()).map_or(&[], |prefixes| prefixes)
    }

    /// The actions that a CloudTrail event stands for by name alone: the same-named action of the source's
    /// prefixes, else what the operation needs, else the same again without a date or version suffix. `None`
    /// when the facts do not say, or say that the parameters choose; an empty list when the call needs no
    /// permission.
    pub fn event(&self, label: &str, event: &str) -> Option<Vec<Action<'_>>> {
        let prefixes = self.prefixes_of_source(label);
        [Some(event), without_version(event)]
            .into_iter()
            .flatten()
            .find_map(|name| self.named(prefixes, name))
    }

    fn named(&self, prefixes: &[Name], name: &str) -> Option<Vec<Action<'_>>> {
        if let Some(action) = prefixes.iter().find_map(|prefix| self.action_of(prefix, name)) {
            return Some(vec![action]);
        }
        let services = prefixes.iter().filter_map(|prefix| self.service(prefix));
        let needs = services.flat_map(|service| operations(service, None, name)).next()?;
        self.always(needs)
    }

    fn always(&self, needs: &Needs) -> Option<Vec<Action<'_>>> {
        match needs {
            Needs::Actions(names) => names.iter().map(|name| self.action(name)).collect(),
            Needs::Nothing => Some(Vec::new()),
            Needs::Maybe(_) | Needs::Unknown => None,
        }
    }

    /// What an API operation needs. `service` is an SDK name (`bedrock-runtime`), the label of an event source
    /// or an IAM prefix; `None` when there is no such operation.
    pub fn operation(&self, service: &str, operation: &str) -> Option<Needs> {
        if let Some(prefix) = self.prefix_of_api(service) {
            return self.needs(self.service(prefix)?, Some(service), operation);
        }
        let prefixes = self.prefixes_of_source(service).iter();
        prefixes
            .filter_map(|prefix| self.service(prefix))
            .find_map(|found| self.needs(found, None, operation))
    }

    fn needs(&self, service: &Service, api: Option<&str>, operation: &str) -> Option<Needs> {
        if let Some(needs) = operations(service, api, operation).next() {
            return Some(needs.clone());
        }
        let action = service.action(operation)?;
        let called = match api {
            Some(api) => action.apis.iter().any(|name| **name == *api),
            None => !action.apis.is_empty(),
        };
        called.then(|| Needs::Actions(vec![format!("{}:{}", service.prefix, action.name).into()]))
    }
}

fn operations<'a>(
    service: &'a Service,
    api: Option<&'a str>,
    name: &'a str,
) -> impl Iterator<Item = &'a Needs> {
    service
        .operations
        .iter()
        .filter(move |operation| operation.name.eq_ignore_ascii_case(name))
        .filter(move |operation| api.is_none_or(|api| *operation.api == *api))
        .map(|operation| &operation.needs)
}

/// The name without the date and version that some services append: `CreateFunction20150331`,
/// `AddPermission20150331v2`, `CreateDistribution2020_05_31`. Other digits belong to the name.
pub fn without_version(event: &str) -> Option<&str> {
    let dated = match event.rsplit_once('v') {
        Some((dated, version)) if version.len() == 1 && version.bytes().all(|b| b.is_ascii_digit()) => dated,
        _ => event,
    };
    let is_date = |text: &str| {
        let digits: String = text.chars().filter(|letter| *letter != '_').collect();
        digits.len() == 8 && digits.starts_with("20") && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    [10, 8].into_iter().find_map(|len| {
        let (name, date) = dated.split_at_checked(dated.len().checked_sub(len)?)?;
        (!name.is_empty() && is_date(date) && (len == 8) != date.contains('_')).then_some(name)
    })
}
