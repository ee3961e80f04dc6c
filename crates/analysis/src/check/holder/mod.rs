//! A holder: somebody with policies, as far as they really let do what is dangerous.
//!
//! A holder is a principal of the [`Estate`], with all its policies, its boundary and what the organisation allows; or a
//! policy that nobody of the estate holds, as if somebody held it alone. What counts is what is *effective*: a
//! permission that a `Deny`, a boundary or a service control policy takes away is none, and what nearly took it away is
//! told.

mod breadth;
mod dangers;
mod effective;
mod guard;
mod hits;
mod known;

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use foldhash::fast::RandomState;
use leastwise_catalog::{Action, Catalog};
use leastwise_policy::aws::evaluate::{Context, PolicySet};
use leastwise_policy::aws::{
    ActionBlock, DocumentKind, Effect, Named, Policy, PrincipalBlock, PrincipalKind, PrincipalSet,
    ResourceBlock, Statement,
};

pub(super) use dangers::Dangers;
pub use dangers::{Use, Uses};
pub use effective::Power;
use effective::{Kept, Kin};
pub(super) use guard::limits_caller;
pub use hits::{Hits, Said};
pub(super) use known::holds;

use breadth::Breadth;

use leastwise_policy::time::Timestamp;

use super::formats::Formats;
use super::right::passing;
use super::{Agent, Check, Document, Estate, Facts, Finding, Found, Rule, Subject};
use crate::granted::reach::Reach;
use crate::granted::{GrantedGroup, GrantedPrincipal};

/// Somebody with policies.
#[derive(Debug)]
pub struct Holder<'a> {
    /// The ARN of the principal, or the name of the document.
    pub name: &'a str,
    /// The principal; none for a policy that nobody holds.
    pub principal: Option<&'a GrantedPrincipal>,
    /// Whether it is known that nobody holds the policy, or is in the group.
    is_latent: bool,
    /// What decides for it; of a policy that nobody holds it is put together when it is first asked.
    set: Granted<'a>,
    /// The statements that allow, with those of their actions that can be put to some use.
    pub allows: Vec<Allowed<'a>>,
    /// The boundary, the session policy and each level of the organisation: what must allow as well.
    fences: Vec<&'a [Named<Policy>]>,
    formats: &'a Formats<'a>,
    denies: Vec<&'a Statement>,
    /// Whether a `Deny`, or what must allow as well, asks for the region of the request.
    asks_region: bool,
    /// What is known of its calls.
    known: Context,
    /// What AWS offers.
    pub(super) catalog: &'a Catalog,
    /// The time by which conditions on it are judged, when it is known.
    pub(super) now: Option<Timestamp>,
    /// What the policies come to, by the address of an action's facts: several rules ask about the same.
    reaches: Memo<usize, Reach>,
    /// The same by what decides it.
    kins: Memo<Kin, Reach>,
    /// Whether something else has a say in an action, by the address of its facts.
    limited: RefCell<HashMap<usize, bool, RandomState>>,
    /// What conditions are worth, by the addresses of the statement and of the action's service.
    conditions: Memo<(usize, usize), Kept>,
    unconditional: Rc<Kept>,
    /// By which action a tag can be written on what a service has, by the address of the service and the tag.
    tagging: Memo<(usize, String), String>,
    /// The numbers of the statements that allow an action, by its address, once it was asked for.
    allowing: OnceCell<HashMap<usize, Vec<usize>, RandomState>>,
}

/// What was worked out already.
type Memo<K, V> = RefCell<HashMap<K, Option<Rc<V>>, RandomState>>;

/// A statement with what the patterns of its element cover.
struct Stated<'a> {
    document: &'a str,
    index: usize,
    statement: &'a Statement,
    found: Vec<Found<'a>>,
}

/// Where what somebody holds comes from.
#[derive(Debug)]
enum Granted<'a> {
    Principal(&'a PolicySet),
    Document(&'a Document, OnceCell<Box<PolicySet>>),
}

/// A statement that allows, with its actions.
#[derive(Debug)]
pub struct Allowed<'a> {
    /// The name of its document.
    pub document: &'a str,
    /// Its number among the statements that can be understood, from 0.
    pub index: usize,
    /// The statement.
    pub statement: &'a Statement,
    /// For each pattern of its actions, what it covers.
    pub found: Vec<Found<'a>>,
    /// Its actions with their uses; those without any use are left out.
    pub actions: Vec<Useful<'a>>,
    /// What any of them can be used for.
    pub uses: Uses,
    /// The services all of whose actions a pattern of it covers: `s3` of `s3:*`.
    pub services: Vec<String>,
}

/// An action that a statement allows.
#[derive(Debug, Clone, Copy)]
pub struct Useful<'a> {
    /// The action.
    pub action: Action<'a>,
    /// What it can be used for.
    pub uses: Uses,
    /// The uses for which it is less bad than others.
    pub minor: Uses,
    /// Whether the statement's resources are all that there are for it.
    pub everywhere: bool,
}

impl<'a> Holder<'a> {
    fn new<'c: 'a>(
        name: &'a str,
        principal: Option<&'a GrantedPrincipal>,
        set: Granted<'a>,
        statements: impl Iterator<Item = Stated<'a>>,
        (facts, known): (&'a Facts<'c>, Context),
    ) -> Holder<'a> {
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        let is_never = |statement: &Statement| {
            let mut conditions = statement.condition.iter();
            principal.is_some_and(|one| {
                conditions.any(|condition| known::is_met(condition, one, &known) == Some(false))
            })
        };
        for stated in statements {
            if is_never(stated.statement) {
                continue;
            }
            match stated.statement.effect {
                Effect::Deny => denies.push(stated.statement),
                Effect::Allow => allows.push(Allowed::new(stated, facts)),
            }
        }
        let fences = match &set {
            Granted::Principal(set) => fences(set),
            Granted::Document(..) => Vec::new(),
        };
        let asks = |statement: &Statement| statement.condition.iter().any(effective::is_region);
        let mut fenced = fences.iter().copied().flatten().flat_map(|document| &document.policy.statements);
        let asks_region = denies.iter().any(|deny| asks(deny)) || fenced.any(asks);
        Holder {
            name,
            principal,
            is_latent: false,
            allows,
            fences,
            denies,
            asks_region,
            known,
            formats: facts.formats(),
            catalog: facts.catalog,
            now: facts.now,
            reaches: RefCell::default(),
            kins: RefCell::default(),
            limited: RefCell::default(),
            conditions: RefCell::default(),
            tagging: RefCell::default(),
            unconditional: Rc::default(),
            allowing: OnceCell::new(),
            set,
        }
    }

    /// What decides for it.
    pub fn set(&self) -> &PolicySet {
        match &self.set {
            Granted::Principal(set) => set,
            Granted::Document(document, set) => set.get_or_init(|| {
                let named = Named::new(document.name.clone(), document.policy.clone());
                Box::new(PolicySet::of_identity(vec![named]))
            }),
        }
    }

    /// The first of the policies that it has, which is the only one where nobody holds it.
    pub(super) fn first_policy(&self) -> Option<&Policy> {
        match &self.set {
            Granted::Principal(set) => set.identity.first().map(|named| &named.policy),
            Granted::Document(document, _) => Some(&document.policy),
        }
    }

    /// Whether something may take this action, spelled with its prefix, away.
    pub(super) fn is_denied(&self, action: &str) -> bool {
        !self.fences.is_empty() || self.denies.iter().any(|deny| deny.action.applies_to(action))
    }

    /// Whether a layer above surely takes all of an action away. Told at a glance, so that many can be asked about.
    fn is_barred(&self, action: Action<'_>) -> bool {
        !self.fences.is_empty() && self.is_name_barred(&action.full_name())
    }

    /// Whether an action that AWS adds tomorrow would be let through: nothing lists what may be done, or denies the rest.
    pub fn is_open_ended(&self) -> bool {
        const NEW: &str = "zq7:Zq7";
        !self.denies.iter().any(|deny| is_plain_on_all(deny) && deny.action.applies_to(NEW))
            && !self.is_name_barred(NEW)
    }

    fn is_name_barred(&self, name: &str) -> bool {
        let manages = |set: &PolicySet| {
            let manager = set.service_control.as_ref().and_then(|path| path.management_account.as_deref());
            manager.is_some() && manager == self.principal.map(GrantedPrincipal::account)
        };
        // Its organisation's policies do not hold for an account that manages it.
        if self.fences.is_empty() || manages(self.set()) {
            return false;
        }
        self.fences.iter().any(|fence| bars(fence, name))
    }

    /// Whether something besides the allowing statements has a say in an action.
    fn is_limited(&self, action: Action<'_>) -> bool {
        if self.denies.is_empty() && self.fences.is_empty() {
            return false;
        }
        let address = std::ptr::from_ref(action.facts).addr();
        let known = self.limited.borrow().get(&address).copied();
        known.unwrap_or_else(|| {
            let name = action.full_name();
            let is_limited = self.denies.iter().any(|deny| deny.action.applies_to(&name))
                || self.fences.iter().any(|fence| !lets_through(fence, &name));
            self.limited.borrow_mut().insert(address, is_limited);
            is_limited
        })
    }
}

/// Whether a layer surely lets nothing of an action through: it does not allow it, or denies all of it.
fn bars(fence: &[Named<Policy>], name: &str) -> bool {
    let mut is_allowed = false;
    for statement in fence.iter().flat_map(|document| &document.policy.statements) {
        if !statement.action.applies_to(name) {
            continue;
        }
        match statement.effect {
            Effect::Allow => is_allowed = true,
            Effect::Deny if is_plain_on_all(statement) => return true,
            Effect::Deny => {}
        }
    }
    !is_allowed
}

/// Whether it holds for all resources, whatever the circumstances.
fn is_plain_on_all(statement: &Statement) -> bool {
    let on_all = |block: &ResourceBlock| {
        let ResourceBlock::Resource(patterns) = block else { return false };
        patterns.iter().any(|pattern| pattern.as_str() == "*")
    };
    statement.condition.is_empty() && statement.resource.as_ref().is_some_and(on_all)
}

/// What must allow besides the policies of a principal.
fn fences(set: &PolicySet) -> Vec<&[Named<Policy>]> {
    let levels = set.service_control.iter().flat_map(|path| &path.levels).map(|level| &level.policies[..]);
    let mut fences: Vec<&[Named<Policy>]> = levels.collect();
    // Of a path without levels nothing is known, and nothing is allowed.
    if set.service_control.as_ref().is_some_and(|path| path.levels.is_empty()) {
        fences.push(&[]);
    }
    fences.extend([&set.boundary, &set.session].into_iter().flatten().map(Vec::as_slice));
    fences
}

/// Whether a layer surely lets all of an action through: it is allowed on everything, and nothing denies any of it.
fn lets_through(fence: &[Named<Policy>], name: &str) -> bool {
    let mut is_allowed = false;
    for statement in fence.iter().flat_map(|document| &document.policy.statements) {
        if (statement.effect == Effect::Allow && is_allowed) || !statement.action.applies_to(name) {
            continue;
        }
        let resources = statement.resource.as_ref();
        let on_all = resources.is_none_or(|block| {
            matches!(block, ResourceBlock::Resource(patterns) if patterns.iter().any(|one| one.as_str() == "*"))
        });
        match statement.effect {
            Effect::Deny => return false,
            Effect::Allow => is_allowed = on_all && statement.condition.is_empty(),
        }
    }
    is_allowed
}

/// The service all of whose actions the pattern covers: `s3:*`.
pub(super) fn whole_service(pattern: &str) -> Option<String> {
    if !pattern.ends_with('*') {
        return None;
    }
    let (service, name) = pattern.split_once(':')?;
    let whole = !name.is_empty() && name.bytes().all(|byte| byte == b'*');
    (whole && !service.contains(['*', '?'])).then(|| service.to_ascii_lowercase())
}

impl<'a> Allowed<'a> {
    fn new<'c: 'a>(stated: Stated<'a>, facts: &'a Facts<'c>) -> Allowed<'a> {
        let patterns = stated.statement.action.patterns().iter();
        let mut services: Vec<String> =
            patterns.filter_map(|pattern| whole_service(pattern.as_str())).collect();
        let actions = useful(&stated, facts);
        if matches!(stated.statement.resource, Some(ResourceBlock::NotResource(_))) {
            // All but what the service is about is not the whole service.
            let is_out = |one: &Useful<'_>, of: &str| !one.everywhere && *one.action.service.prefix == *of;
            services.retain(|service| !actions.iter().any(|one| is_out(one, service)));
        }
        let uses = actions.iter().fold(Uses::default(), |all, one| all.with(one.uses));
        let Stated { document, index, statement, found } = stated;
        Allowed { document, index, statement, found, actions, uses, services }
    }
}

/// The actions of a statement that can be put to some use, each once.
fn useful<'a, 'c: 'a>(stated: &Stated<'a>, facts: &'a Facts<'c>) -> Vec<Useful<'a>> {
    let statement = stated.statement;
    let mut actions: Vec<Useful<'a>> = Vec::new();
    let many = stated.found.iter().map(|found| found.as_slice().len()).sum::<usize>();
    let mut seen: HashSet<usize, RandomState> =
        HashSet::with_capacity_and_hasher(many.min(256), RandomState::default());
    let mut breadth = Breadth::of(statement.resource.as_ref(), facts.formats());
    let mut take = |action: Action<'a>| {
        let (uses, minor) = facts.dangers.uses(action);
        if !uses.is_empty() && seen.insert(std::ptr::from_ref(action.facts).addr()) {
            let everywhere = breadth.is_everything(action);
            actions.push(Useful { action, uses, minor, everywhere });
        }
    };
    match &statement.action {
        ActionBlock::Action(_) => {
            stated.found.iter().flat_map(Found::as_slice).copied().for_each(&mut take);
        }
        ActionBlock::NotAction(_) => {
            let address = |action: &Action<'_>| std::ptr::from_ref(action.facts).addr();
            let but = stated.found.iter().flat_map(Found::as_slice);
            let but: HashSet<usize, RandomState> = but.map(address).collect();
            let all = facts.expand("*");
            let others = all.as_slice().iter().filter(|action| !but.contains(&address(action)));
            others.copied().for_each(&mut take);
        }
    }
    actions
}

/// A code of each action of [`passing`].
const PASSING: [&str; 2] = ["PASS_ROLE_WITH_STAR_IN_RESOURCE", "CREATE_SLR_WITH_STAR_IN_RESOURCE"];

/// Runs the rules about holders: over the principals, and over each identity policy that nobody holds.
pub(super) struct Holders<'a, 'c> {
    estate: &'a Estate,
    facts: &'a Facts<'c>,
    checks: Vec<&'static Check>,
    held: HashSet<&'a str>,
    /// Managed policies of which it is known that nobody has them.
    latent: HashSet<&'a str>,
    hits: hits::Collected,
    /// Documents that somebody was asked about who has them, with the actions of `passing` that are left to somebody.
    left: HashMap<&'a str, Vec<&'static str>, RandomState>,
}

impl<'a, 'c: 'a> Holders<'a, 'c> {
    pub(super) fn new(estate: &'a Estate, facts: &'a Facts<'c>) -> Holders<'a, 'c> {
        let is_ours = |check: &&Check| matches!(check.rule, Rule::Holder(_) | Rule::Agent(_));
        let checks = super::all().filter(is_ours).collect();
        let (held, latent, hits) = (held(estate), latent(estate), hits::Collected::default());
        Holders { estate, facts, checks, held, latent, hits, left: HashMap::default() }
    }

    /// Whether it is an identity policy that nobody holds.
    pub(super) fn is_loose(&self, document: &Document) -> bool {
        document.kind == DocumentKind::Identity && !self.held.contains(document.name.as_str())
    }

    /// As if somebody held this policy alone.
    pub(super) fn of_document(&mut self, subject: &Subject<'a>) {
        let document = subject.document;
        let facts = self.facts;
        let statements = subject.understood().enumerate().map(|(index, (view, statement))| {
            // A pattern may be read as more than what was written.
            let mut known = view.actions.iter().peekable();
            let mut found = |pattern: &str| match known.next_if(|used| used.text == pattern) {
                Some(used) => used.found.clone(),
                None => facts.expand(pattern),
            };
            let patterns = statement.action.patterns().iter();
            let found = patterns.map(|pattern| found(pattern.as_str())).collect();
            Stated { document: &document.name, index, statement, found }
        });
        let set = Granted::Document(document, OnceCell::new());
        let mut holder = Holder::new(&document.name, None, set, statements, (self.facts, Context::new()));
        holder.is_latent = self.latent.contains(document.name.as_str());
        self.ask(&holder, None);
    }

    /// Over the principals of the estate.
    pub(super) fn of_principals(&mut self) {
        let facts = self.facts;
        for group in self.estate.snapshot.empty_groups() {
            self.of_group(group);
        }
        for principal in self.estate.snapshot.principals().filter(|one| !one.service_linked) {
            let set = &principal.policies;
            let holder = of_principal(self.estate, facts, principal);
            let tags = principal.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            let mark = facts.marks.of_role(&principal.name, tags, services(principal));
            let agent = mark.map(|mark| Agent { holder: &holder, principal, mark, now: facts.now });
            self.ask(&holder, agent.as_ref());
            self.note_left(&holder, &set.identity);
        }
    }

    /// Whether whoever has the document that a finding about passing roles is in cannot do what it says.
    pub(super) fn is_stopped(&self, finding: &Finding) -> bool {
        let left = self.left.get(finding.subject.as_str());
        left.zip(passing(finding.code)).is_some_and(|(left, (action, _))| !left.contains(&action))
    }

    fn note_left(&mut self, holder: &Holder<'_>, documents: &'a [Named<Policy>]) {
        let is_known = !self.estate.undeclared.contains(holder.name);
        let mut left = Vec::new();
        for (action, keys) in PASSING.iter().filter_map(|code| passing(code)) {
            let facts = self.facts.catalog.action(&format!("iam:{action}"));
            if !is_known || facts.is_none_or(|facts| holder.leaves(facts, keys)) {
                left.push(action);
            }
        }
        for document in documents {
            self.left.entry(self.estate.own_name(&document.name)).or_default().extend(&left);
        }
    }

    /// As somebody would have it who joins a group that nobody is in.
    fn of_group(&mut self, group: &'a GrantedGroup) {
        let set = PolicySet::of_identity(group.policies.clone());
        let (of, stated) = (Granted::Principal(&set), stated(&set, self.facts));
        let mut holder = Holder::new(&group.arn, None, of, stated, (self.facts, Context::new()));
        holder.is_latent = is_of_listed(self.estate, group);
        self.ask(&holder, None);
        self.note_left(&holder, &group.policies);
    }

    fn ask(&mut self, holder: &Holder<'_>, agent: Option<&Agent<'_>>) {
        for check in &self.checks {
            let mut report = Hits::new(check, self.estate, holder, &mut self.hits);
            match (check.rule, agent) {
                (Rule::Holder(rule), _) => rule(holder, &mut report),
                (Rule::Agent(rule), Some(agent)) => rule(agent, &mut report),
                _ => {}
            }
        }
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.hits.into_findings()
    }
}

/// Asks about a principal of the estate.
pub(super) fn with_holder<R>(
    estate: &Estate,
    facts: &Facts<'_>,
    principal: &GrantedPrincipal,
    ask: impl FnOnce(&Holder<'_>) -> R,
) -> R {
    ask(&of_principal(estate, facts, principal))
}

fn of_principal<'a, 'c: 'a>(
    estate: &Estate,
    facts: &'a Facts<'c>,
    principal: &'a GrantedPrincipal,
) -> Holder<'a> {
    let set = &principal.policies;
    let place = estate.places.get(principal.account()).map(String::as_str);
    let known = known::known(principal, place);
    let (of, stated) = (Granted::Principal(set), stated(set, facts));
    Holder::new(&principal.arn, Some(principal), of, stated, (facts, known))
}

/// The services that may assume a role.
fn services(principal: &GrantedPrincipal) -> impl Iterator<Item = &str> {
    let trust = principal.trust.iter().flat_map(|trust| &trust.statements);
    let allowing = trust.filter(|statement| statement.effect == Effect::Allow);
    let kinds = allowing.filter_map(|statement| match &statement.principal {
        Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) => Some(kinds),
        _ => None,
    });
    let services = kinds.flatten().filter(|(kind, _)| *kind == PrincipalKind::Service);
    services.flat_map(|(_, names)| names).map(String::as_str)
}

/// The statements of all its identity policies, with what their patterns cover.
fn stated<'a, 'c: 'a>(set: &'a PolicySet, facts: &'a Facts<'c>) -> impl Iterator<Item = Stated<'a>> {
    set.identity.iter().flat_map(|named| {
        let statements = named.policy.statements.iter().enumerate();
        statements.map(|(index, statement)| {
            let patterns = statement.action.patterns().iter();
            let found = patterns.map(|pattern| facts.expand(pattern.as_str())).collect();
            Stated { document: &named.name, index, statement, found }
        })
    })
}

/// The names of all documents that some principal holds of which everything is known.
fn held(estate: &Estate) -> HashSet<&str> {
    let principals = estate.snapshot.principals().filter(|one| !estate.undeclared.contains(&one.arn));
    principals
        .flat_map(|one| one.policies.identity.iter().chain(one.policies.boundary.iter().flatten()))
        .map(|named| estate.own_name(&named.name))
        .collect()
}

/// The policies that nobody has, not even somebody of whom no more is known, or a group that somebody may be in.
fn latent(estate: &Estate) -> HashSet<&str> {
    let mut latent: HashSet<&str> = estate.unattached.iter().map(String::as_str).collect();
    let empty: HashSet<&str> = match estate.users_of.is_empty() {
        true => HashSet::new(),
        false => {
            let groups = estate.snapshot.empty_groups().filter(|group| is_of_listed(estate, group));
            groups.map(|group| group.arn.as_str()).collect()
        }
    };
    let (of_nobody, of_somebody): (Vec<&GrantedGroup>, Vec<&GrantedGroup>) =
        estate.snapshot.groups().iter().partition(|group| empty.contains(group.arn.as_str()));
    latent.extend(of_nobody.iter().flat_map(|group| &group.policies).map(|named| named.name.as_str()));
    if !latent.is_empty() {
        let of_principals = estate.snapshot.principals().flat_map(|one| &one.policies.identity);
        let of_groups = of_somebody.into_iter().flat_map(|group| &group.policies);
        for named in of_principals.chain(of_groups) {
            latent.remove(named.name.as_str());
        }
    }
    latent
}

/// Whether all users are listed of the account that a group is of.
fn is_of_listed(estate: &Estate, group: &GrantedGroup) -> bool {
    group.arn.split(':').nth(4).is_some_and(|account| estate.users_of.contains(account))
}

#[cfg(test)]
mod stopped_tests;
#[cfg(test)]
mod tests;
