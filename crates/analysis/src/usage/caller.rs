//! Who called, and from where: worked out once for each identity and place, and found again by number.

use super::Settings;
use super::context;
use super::intern::Interner;
use super::principal::{Who, is_session_alone, partition, principal};
use super::table::Table;
use super::words::Words;
use crate::audit_log::{Event, Identity};
use leastwise_policy::glob::Glob;

/// How many sessions are at hand.
const SESSIONS: usize = 1 << 10;

/// A caller, known by the identity's bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    /// The same caller has the same number.
    pub id: u32,
    /// The principal's number in the table, or why it is none.
    pub who: Result<u32, Who>,
    /// Whether it is an IAM user.
    pub user: bool,
    /// Whether its session has a source identity.
    pub source_identity: bool,
    pub partition: &'static str,
}

/// Where calls come from: what their context says whatever the action, and whose the resources are.
#[derive(Debug)]
pub(super) struct Origin {
    /// The encoded context, without what depends on the action.
    pub base: Vec<u8>,
    /// Likewise, for what another service than the called one asks for.
    pub elsewhere: Vec<u8>,
    /// The context of rows without keys of their own: for KMS actions last.
    pub plain: [u32; 2],
}

/// All callers and origins that one worker met.
#[derive(Debug)]
pub(super) struct Callers {
    names: Interner,
    /// Principals that the settings do not ask for: nothing of them reaches the table, and so what is saved.
    pub others: Interner,
    facts: Vec<Caller>,
    sessions: Vec<Session>,
    places: Interner,
    origins: Vec<Origin>,
    bytes: Vec<u8>,
}

/// What is known of an identity with a number.
#[derive(Debug, Clone, Copy, Default)]
struct Session {
    number: u64,
    caller: Option<Caller>,
    origin: Option<u32>,
    place: Place,
}

/// Where the last call of a session came from: region, endpoint and account. They stand in the session itself.
#[derive(Debug, Clone, Copy, Default)]
struct Place([Words; 3]);

impl Place {
    /// `None` when one of them is longer than AWS writes it.
    #[inline]
    fn of(event: &Event<'_>) -> Option<Place> {
        Some(Place([Words::of(event.region)?, Words::of(event.vpc_endpoint)?, Words::of(account(event))?]))
    }

    #[inline]
    fn is(&self, other: &Place) -> bool {
        self.0 == other.0
    }
}

impl Default for Callers {
    fn default() -> Self {
        Callers {
            names: Interner::default(),
            others: Interner::default(),
            facts: Vec::new(),
            sessions: vec![Session::default(); SESSIONS],
            places: Interner::default(),
            origins: Vec::new(),
            bytes: Vec::new(),
        }
    }
}

impl Callers {
    /// Who called.
    #[inline]
    pub(super) fn caller(&mut self, event: &Event<'_>, table: &mut Table, settings: &Settings) -> Caller {
        let identity = &event.identity;
        // The issuer alone says whose session it is; for others the region matters too.
        if identity.number == 0 || identity.kind != b"AssumedRole" || identity.issuer.is_empty() {
            return self.by_name(event, table, settings);
        }
        let slot = identity.number as usize % SESSIONS;
        match self.sessions[slot] {
            Session { number, caller: Some(caller), .. } if number == identity.number => caller,
            _ => {
                let caller = self.by_name(event, table, settings);
                self.sessions[slot] =
                    Session { number: identity.number, caller: Some(caller), ..Session::default() };
                caller
            }
        }
    }

    #[inline(never)]
    fn by_name(&mut self, event: &Event<'_>, table: &mut Table, settings: &Settings) -> Caller {
        let identity = &event.identity;
        let id = match identity.kind {
            b"AssumedRole" if !identity.issuer.is_empty() => match identity.source_identity {
                [] => self.names.intern(identity.issuer),
                _ => {
                    self.bytes.clear();
                    self.bytes.extend_from_slice(identity.issuer);
                    self.bytes.extend_from_slice(b"\0source identity");
                    self.names.intern(&self.bytes)
                }
            },
            _ => {
                self.bytes.clear();
                for part in [
                    identity.kind,
                    identity.arn,
                    identity.issuer,
                    identity.account,
                    identity.principal_id,
                    identity.on_behalf_of,
                    identity.invoked_by,
                    event.region,
                ] {
                    self.bytes.extend_from_slice(part);
                    self.bytes.push(0);
                }
                self.bytes.push(u8::from(identity.present));
                self.bytes.push(u8::from(!identity.source_identity.is_empty()));
                self.names.intern(&self.bytes)
            }
        };
        if id as usize == self.facts.len() {
            let caller = new_caller(id, event, (&mut table.principals, &mut self.others), settings);
            self.facts.push(caller);
        }
        self.facts[id as usize]
    }

    /// The number of where the call comes from.
    #[inline]
    pub(super) fn origin(&mut self, event: &Event<'_>, table: &mut Table) -> u32 {
        let slot = event.identity.number as usize % SESSIONS;
        let session = &self.sessions[slot];
        // The identity says whether there was MFA, and which service made the call; the rest is compared.
        let known = session.number == event.identity.number && session.number != 0 && event.context.is_none();
        let place = Place::of(event).filter(|_| known);
        if let (Some(id), Some(place)) = (session.origin, &place)
            && session.place.is(place)
        {
            return id;
        }
        let id = self.origin_by_name(event, table);
        if let Some(place) = place {
            self.sessions[slot].origin = Some(id);
            self.sessions[slot].place = place;
        }
        id
    }

    #[inline(never)]
    fn origin_by_name(&mut self, event: &Event<'_>, table: &mut Table) -> u32 {
        let identity = &event.identity;
        self.bytes.clear();
        for part in [event.region, event.vpc_endpoint, identity.mfa, identity.invoked_by, account(event)] {
            self.bytes.extend_from_slice(part);
            self.bytes.push(0);
        }
        self.bytes.push(u8::from(is_session_alone(identity)));
        if event.context.is_some() {
            let mut base = Vec::new();
            context::of_event(event, &mut base);
            self.bytes.extend_from_slice(&base);
        }
        let id = self.places.intern(&self.bytes);
        if id as usize == self.origins.len() {
            self.origins.push(new_origin(event, table));
        }
        id
    }

    /// The origin of a number.
    #[inline]
    pub(super) fn origin_of(&self, id: u32) -> &Origin {
        &self.origins[id as usize]
    }
}

/// The account whose the resources are: the one that received the record.
#[inline]
pub(super) fn account<'a>(event: &Event<'a>) -> &'a [u8] {
    if event.account.is_empty() { event.identity.account } else { event.account }
}

#[cold]
fn new_caller(
    id: u32,
    event: &Event<'_>,
    (principals, others): (&mut Interner, &mut Interner),
    settings: &Settings,
) -> Caller {
    let partition = partition(&event.identity, std::str::from_utf8(event.region).unwrap_or_default());
    let mut name = Vec::new();
    let who = principal(&event.identity, partition, &mut name);
    let who = match (who, std::str::from_utf8(&name)) {
        (Who::Principal, Ok(text)) if is_asked_for(text, &event.identity, &settings.principals) => {
            Ok(principals.intern(&name))
        }
        (Who::Principal, Ok(_)) => {
            others.intern(&name);
            Err(Who::Other)
        }
        (who, _) => Err(who),
    };
    let source_identity = !event.identity.source_identity.is_empty();
    Caller { id, who, user: event.identity.kind == b"IAMUser", source_identity, partition }
}

/// Whether the settings ask for a principal. A role of which the record tells the name alone may have any path.
fn is_asked_for(principal: &str, identity: &Identity<'_>, globs: &[Glob]) -> bool {
    if globs.is_empty() || globs.iter().any(|glob| glob.matches(principal)) {
        return true;
    }
    let Some((account, name)) = principal.split_once(":role/").filter(|_| is_session_alone(identity)) else {
        return false;
    };
    let anywhere = Glob::new(&format!("{account}:role/*/{name}"));
    globs.iter().any(|glob| glob.overlaps(&anywhere))
}

#[cold]
fn new_origin(event: &Event<'_>, table: &mut Table) -> Origin {
    let mut base = Vec::new();
    context::of_event(event, &mut base);
    let plain = [false, true].map(|kms| {
        let mut bytes = base.clone();
        context::via(event.identity.invoked_by, event.region, kms, &mut bytes);
        table.contexts.intern(&bytes)
    });
    Origin { elsewhere: context::elsewhere(&base), base, plain }
}
