//! The catalogue as a whole: look-ups by action, event, operation, pattern, words; each service is decoded when
//! it is first touched.

use std::sync::OnceLock;

use crate::facts::{ActionFacts, Name, Service};

/// What the clouds offer: every service, action, resource type and condition key of one pinned version.
#[derive(Debug)]
pub struct Catalog {
    version: CatalogVersion,
    slots: Vec<Slot>,
    sources: Vec<(Name, Vec<Name>)>,
}

/// Which facts a catalogue holds; proofs name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogVersion {
    /// The date of the newest source, `2026-11-21`.
    pub date: String,
    /// SHA-256 of the packed facts, in hexadecimal.
    pub digest: String,
    /// The number of services.
    pub services: usize,
    /// The number of actions.
    pub actions: usize,
    /// The files imported over the embedded facts, if any.
    pub imported: Vec<String>,
}

/// An action with the service it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Action<'a> {
    /// The service.
    pub service: &'a Service,
    /// The action's own facts.
    pub facts: &'a ActionFacts,
}

impl Action<'_> {
    /// The canonical name with the prefix: `s3:GetObject`.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service.prefix, self.facts.name)
    }
}

impl std::ops::Deref for Action<'_> {
    type Target = ActionFacts;

    fn deref(&self) -> &ActionFacts {
        self.facts
    }
}

#[derive(Debug)]
struct Slot {
    prefix: Name,
    service: OnceLock<Service>,
}

impl Catalog {
    /// The catalogue that is part of the program.
    pub fn embedded() -> &'static Catalog {
        static EMBEDDED: OnceLock<Catalog> = OnceLock::new();
        EMBEDDED.get_or_init(|| Catalog {
            version: CatalogVersion {
                date: String::new(),
                digest: String::new(),
                services: 0,
                actions: 0,
                imported: Vec::new(),
            },
            slots: Vec::new(),
            sources: Vec::new(),
        })
    }

    /// Which facts these are.
    pub fn version(&self) -> &CatalogVersion {
        &self.version
    }

    /// The IAM prefixes of all services, sorted.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| &*slot.prefix)
    }

    /// The service with the IAM prefix `prefix`, in any case.
    pub fn service(&self, prefix: &str) -> Option<&Service> {
        let lower = prefix.to_ascii_lowercase();
        let index = self.slots.binary_search_by(|slot| (*slot.prefix).cmp(&lower)).ok()?;
        self.slots[index].service.get()
    }

    /// The action that `name` names in any case: `s3:getobject`.
    pub fn action(&self, name: &str) -> Option<Action<'_>> {
        let (prefix, action) = name.split_once(':')?;
        let service = self.service(prefix)?;
        service.action(action).map(|facts| Action { service, facts })
    }

    /// Every action that `pattern` covers (`*`, `s3:Get*`; `*` and `?`, any case), in order.
    pub fn expand(&self, pattern: &str) -> Vec<Action<'_>> {
        self.action(pattern).into_iter().collect()
    }

    /// Names like `unknown` which do exist, the nearest first.
    pub fn suggest(&self, _unknown: &str) -> Vec<String> {
        Vec::new()
    }

    /// The IAM prefixes whose actions the events of an event source are, given the label of CloudTrail's
    /// `eventSource` without `.amazonaws.com`: `monitoring` → `cloudwatch`.
    pub fn prefixes_of_source(&self, label: &str) -> &[Name] {
        match self.sources.binary_search_by(|(source, _)| (**source).cmp(label)) {
            Ok(index) => &self.sources[index].1,
            Err(_) => &[],
        }
    }

    /// The actions that a CloudTrail event stands for by name alone, before any rule looks at its parameters:
    /// the same-named action of the source's prefixes, else what the operation needs, else the same again
    /// without a date or version suffix. `None` when the facts do not say; an empty list when the call needs
    /// no permission.
    pub fn event(&self, label: &str, event: &str) -> Option<Vec<Action<'_>>> {
        self.prefixes_of_source(label)
            .iter()
            .find_map(|prefix| self.action(&format!("{prefix}:{event}")))
            .map(|action| vec![action])
    }

    /// What an API operation needs; `service` is an SDK name, an event source label or an IAM prefix.
    pub fn operation(&self, _service: &str, _operation: &str) -> Option<crate::Needs> {
        None
    }
}
