//! The catalogue as a whole: which services there are, and one service's facts, decoded when first touched.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

use foldhash::fast::{FixedState, RandomState};

use crate::facts::{ActionFacts, Name, Service};
use crate::unpack::{self, Reader};

/// The packed facts and their digest, made by the build script.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.bin"));
const DIGEST: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.digest"));

/// What the clouds offer: every service, action, resource type and condition key of one pinned version.
#[derive(Debug)]
pub struct Catalog {
    pub(crate) version: CatalogVersion,
    pub(crate) slots: Vec<Slot>,
    pub(crate) sources: BTreeMap<Cow<'static, str>, Vec<Name>>,
    apis: BTreeMap<Cow<'static, str>, Name>,
    /// The places of the services by prefix.
    places: OnceLock<HashMap<Name, usize, RandomState>>,
}

/// Which facts a catalogue holds; proofs name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogVersion {
    /// The date of the newest source, `2026-11-21`.
    pub date: String,
    /// SHA-256 over the packed facts and the rule tables, in hexadecimal.
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

/// A service that may not be decoded yet.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) prefix: Name,
    packed: &'static [u8],
    service: OnceLock<Option<Service>>,
    /// The places of the service's actions.
    places: OnceLock<Places>,
}

impl Action<'_> {
    /// The canonical name with the prefix: `s3:GetObject`.
    pub fn full_name(&self) -> String {
        [&self.service.prefix, ":", &self.facts.name].concat()
    }
}

impl std::ops::Deref for Action<'_> {
    type Target = ActionFacts;

    fn deref(&self) -> &ActionFacts {
        self.facts
    }
}

/// Where actions stand in their list, found by what their names come to without regard to case.
#[derive(Debug, Clone)]
struct Places {
    state: FixedState,
    /// Numbers from 1, each at the first free place from its own; 0 where there is none. Half of the places are free.
    /// What bits numbers leave are of what the name comes to, so that another name is seldom looked at.
    numbers: Box<[u32]>,
    /// The bits of a number.
    low: u32,
}

impl Places {
    fn new(actions: &[ActionFacts]) -> Places {
        let size = (2 * actions.len()).next_power_of_two().max(2);
        let low = u32::try_from(size - 1).unwrap_or(u32::MAX);
        let mut places = Places { state: FixedState::default(), numbers: vec![0; size].into(), low };
        for (number, action) in (1..).zip(actions) {
            let (mut at, mark) = places.first(&action.name);
            while places.numbers[at] != 0 {
                at = (at + 1) % size;
            }
            places.numbers[at] = mark | number;
        }
        places
    }

    /// The place of a name, when nobody else has it, and what marks its number.
    fn first(&self, name: &str) -> (usize, u32) {
        let mut hasher = self.state.build_hasher();
        for chunk in name.as_bytes().chunks(16) {
            let mut lower = [0; 16];
            lower[..chunk.len()].copy_from_slice(chunk);
            lower.make_ascii_lowercase();
            hasher.write_u128(u128::from_le_bytes(lower));
        }
        let hash = hasher.finish();
        // As many bits as there are places, and others.
        let at = usize::try_from(hash & (self.numbers.len() as u64 - 1)).unwrap_or_default();
        (at, u32::try_from(hash >> 32).unwrap_or_default() & !self.low)
    }

    fn find<'a>(&self, actions: &'a [ActionFacts], name: &str) -> Option<&'a ActionFacts> {
        let (mut at, mark) = self.first(name);
        loop {
            let marked = self.numbers[at];
            let number = (marked & self.low).checked_sub(1)?;
            if marked & !self.low == mark {
                let facts = actions.get(number as usize)?;
                if facts.name.eq_ignore_ascii_case(name) {
                    return Some(facts);
                }
            }
            at = (at + 1) & (self.numbers.len() - 1);
        }
    }
}

impl Slot {
    /// A slot whose service is already known.
    pub(crate) fn decoded(service: Service) -> Slot {
        Slot {
            prefix: service.prefix.clone(),
            packed: &[],
            service: OnceLock::from(Some(service)),
            places: OnceLock::new(),
        }
    }

    /// The action of this name, in any case.
    fn action(&self, name: &str) -> Option<Action<'_>> {
        let service = self.service()?;
        let places = self.places.get_or_init(|| Places::new(&service.actions));
        let facts = places.find(&service.actions, name)?;
        Some(Action { service, facts })
    }

    pub(crate) fn service(&self) -> Option<&Service> {
        self.service.get_or_init(|| unpack::service(self.packed)).as_ref()
    }
}

impl Catalog {
    /// The catalogue that is part of the program.
    pub fn embedded() -> &'static Catalog {
        static EMBEDDED: OnceLock<Catalog> = OnceLock::new();
        EMBEDDED.get_or_init(|| {
            Catalog::unpack(PACKED).expect("the build script wrote these bytes and a test reads all of them")
        })
    }

    fn unpack(packed: &'static [u8]) -> Option<Catalog> {
        let mut reader = Reader::new(packed);
        let date = reader.text()?.to_owned();
        let actions = reader.number()?;
        let contents = reader.many(|reader| Some((Name::embedded(reader.text()?), reader.number()?)))?;
        let sources = reader.many(|reader| {
            let label = Cow::Borrowed(reader.text()?);
            let prefixes = reader.many(|reader| Some(contents.get(reader.number()?)?.0.clone()))?;
            Some((label, prefixes))
        })?;
        let apis = reader.many(|reader| {
            Some((Cow::Borrowed(reader.text()?), contents.get(reader.number()?)?.0.clone()))
        })?;
        let mut slots = Vec::with_capacity(contents.len());
        for (prefix, len) in contents {
            let packed = reader.bytes(len)?;
            slots.push(Slot { prefix, packed, service: OnceLock::new(), places: OnceLock::new() });
        }
        let version = CatalogVersion {
            date,
            digest: DIGEST.to_owned(),
            services: slots.len(),
            actions,
            imported: Vec::new(),
        };
        let (sources, apis) = (sources.into_iter().collect(), apis.into_iter().collect());
        Some(Catalog { version, slots, sources, apis, places: OnceLock::new() })
    }

    /// The same facts, to be changed.
    pub(crate) fn copy(&self) -> Catalog {
        Catalog {
            version: self.version.clone(),
            slots: self.slots.clone(),
            sources: self.sources.clone(),
            apis: self.apis.clone(),
            places: OnceLock::new(),
        }
    }

    /// Puts a service in the place of what was known of it, or as a new one.
    pub(crate) fn put(&mut self, service: Service) {
        let prefix = service.prefix.clone();
        self.places = OnceLock::new();
        self.version.actions += service.actions.len();
        for api in &service.apis {
            self.apis.entry(Cow::Owned(api.name.to_string())).or_insert_with(|| prefix.clone());
        }
        match self.slots.binary_search_by(|slot| slot.prefix.cmp(&prefix)) {
            Ok(index) => {
                self.version.actions -= self.slots[index].service().map_or(0, |known| known.actions.len());
                self.slots[index] = Slot::decoded(service);
            }
            Err(index) => {
                self.version.services += 1;
                self.sources.entry(Cow::Owned(prefix.to_string())).or_insert_with(|| vec![prefix]);
                self.slots.insert(index, Slot::decoded(service));
            }
        }
    }

    /// Says which files were imported, and the digest since.
    pub(crate) fn imported(&mut self, digest: String, files: impl Iterator<Item = String>) {
        self.version.digest = digest;
        self.version.imported.extend(files);
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
        self.slot(prefix)?.service()
    }

    pub(crate) fn slot(&self, prefix: &str) -> Option<&Slot> {
        let places = self.places.get_or_init(|| {
            let prefixes = self.slots.iter().map(|slot| slot.prefix.clone());
            prefixes.zip(0..).collect()
        });
        let index = match prefix.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => places.get(&*prefix.to_ascii_lowercase()),
            false => places.get(prefix),
        };
        self.slots.get(*index?)
    }

    /// The action that `name` names in any case: `s3:getobject`.
    pub fn action(&self, name: &str) -> Option<Action<'_>> {
        let colon = name.bytes().position(|byte| byte == b':')?;
        self.action_of(&name[..colon], &name[colon + 1..])
    }

    /// The action `action` of the service `prefix`, both in any case.
    pub fn action_of(&self, prefix: &str, action: &str) -> Option<Action<'_>> {
        self.slot(prefix)?.action(action)
    }

    /// The IAM prefix which has the operations of an SDK service: `bedrock-runtime` → `bedrock`.
    pub fn prefix_of_api(&self, api: &str) -> Option<&str> {
        self.apis.get(api).map(|prefix| &**prefix)
    }

    /// How many bytes the packed facts take in the program.
    pub fn packed_len() -> usize {
        PACKED.len()
    }
}
