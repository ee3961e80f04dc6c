//! Whoever can act, as nodes: principals as they are, and as they would be after a step that changes what they have.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::OnceLock;

use leastwise_policy::aws::evaluate::{Context, PolicySet, PrincipalRef};
use leastwise_policy::aws::{ActionBlock, Effect, Named, Policy, ResourceBlock, Statement};
use leastwise_policy::glob;

use super::World;
use super::ask::Given;
use super::bits::{Bits, to_name};
use super::denials::Changed;
use super::doubts::Doubts;
use super::outside::Stranger;
use super::patterns::{Met, Refused};
use super::rows::{Row, Table};
use crate::granted::{GrantedGroup, GrantedPrincipal, PrincipalKind, Sessions};

/// A statement that is taken away, by document and place, to see what it is worth.
pub(super) type Removed = (String, usize);

/// All nodes, with what is asked of each at most once.
pub(super) struct Model<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) table: &'static Table,
    /// Every action that matters, by its number: those of the rows, then those that make a target.
    pub(super) actions: Vec<String>,
    /// The nodes; those of the principals of the snapshot come first, in its order.
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) principals: Vec<&'a GrantedPrincipal>,
    /// Nodes that may act, by the ARN of their principal.
    pub(super) acting: HashMap<&'a str, Vec<usize>>,
    /// Roles by account and name: the ARN of a session has no path.
    pub(super) roles: HashMap<(&'a str, &'a str), &'a str>,
    /// Accounts of the snapshot.
    pub(super) accounts: HashSet<&'a str>,
    /// Nodes of those whom no snapshot lists, by ARN.
    pub(super) outsiders: HashMap<String, usize>,
    /// Those who get in from outside of IAM, by the number of their form.
    pub(super) strangers: Vec<Stranger>,
    /// What principals have got rid of, by the number of their form.
    pub(super) changes: Vec<Changed>,
    /// Groups by account and name.
    pub(super) groups: HashMap<(&'a str, &'a str), &'a GrantedGroup>,
    /// Regions that some condition names.
    pub(super) regions: Vec<String>,
    /// By row: what is listed of what it works on, by role.
    works: Vec<HashMap<&'a str, Vec<&'a str>>>,
    /// Values of keys that were chosen of late.
    pub(super) chosen: RefCell<Vec<Given>>,
    /// Every action.
    pub(super) everything: Rc<Bits>,
    /// What was found that layers have in common.
    pub(super) met: Met,
    pub(super) refused: Refused,
    removed: Option<&'a Removed>,
    pub(super) documents: HashMap<&'a str, Rc<Bits>>,
    /// Actions that a document allows without naming their service, of those for which that does not count.
    pub(super) unnamed: HashMap<&'a str, Bits>,
    /// Actions that count when a statement names their service.
    pub(super) to_name: Bits,
    pub(super) management: HashSet<&'a str>,
    pub(super) doubts: Doubts<'a>,
    /// Whether instance profiles are listed of some role.
    pub(super) lists_profiles: bool,
    /// What all policies say of sessions.
    pub(super) sessions: Sessions,
}

/// What stands in place of a name that no policy means in particular.
pub(super) const NOBODY: &str = "qx7-nobody";

/// AWS's managed policy that allows everything.
const ADMIN: &str = "AdministratorAccess";

/// AWS's managed policy by which one may give oneself everything.
pub(super) const FULL_IAM: &str = "IAMFullAccess";

/// So many policies of an account that allow everything are tried.
const MOST_POWERS: usize = 8;

/// Somebody who acts.
pub(super) struct Node<'a> {
    pub(super) granted: Option<&'a GrantedPrincipal>,
    pub(super) arn: String,
    pub(super) account: String,
    pub(super) form: Form<'a>,
    /// Whether somebody gets to be it, so that it may act.
    pub(super) acts: bool,
    pub(super) bits: Rc<Bits>,
    /// The actions that are conditional at best.
    pub(super) doubtful: Rc<Bits>,
    pub(super) set: RefCell<Option<(PolicySet, Context)>>,
    /// Whether its policies allow everything, once it was asked.
    holds_all: OnceCell<bool>,
}

/// What has become of a principal.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form<'a> {
    Plain,
    /// With a policy that allows everything.
    Raised,
    /// Without its boundary.
    Free,
    FreeRaised,
    /// Without something that denied it something: by its number.
    Stripped {
        number: usize,
        everything: bool,
        free: bool,
    },
    /// In this group too.
    Joined(&'a GrantedGroup),
    /// With [`FULL_IAM`] too.
    Keeper,
    /// Made for the purpose.
    New,
    /// Named by a trust policy, and in no snapshot.
    Outside,
    /// No principal of any account: by its number.
    Stranger(usize),
}

impl<'a> Model<'a> {
    pub(super) fn new(world: &'a World<'a>, more: &[String], removed: Option<&'a Removed>) -> Model<'a> {
        let table = Table::embedded();
        let mut actions = table.actions.clone();
        for action in more {
            if !actions.contains(action) {
                actions.push(action.clone());
            }
        }
        let principals: Vec<_> = world.snapshot.principals().collect();
        let lists_profiles = principals.iter().any(|one| one.instance_profiles.is_some());
        let mut model = Model {
            world,
            table,
            nodes: Vec::with_capacity(2 * principals.len()),
            acting: HashMap::with_capacity(principals.len()),
            roles: HashMap::new(),
            accounts: principals.iter().map(|principal| principal.account()).collect(),
            outsiders: HashMap::new(),
            strangers: Vec::new(),
            changes: Vec::new(),
            groups: HashMap::new(),
            regions: Vec::new(),
            principals,
            works: works(world, table),
            chosen: RefCell::default(),
            everything: Rc::new(Bits::all(actions.len())),
            met: Met::default(),
            refused: Refused::default(),
            removed,
            documents: HashMap::new(),
            unnamed: HashMap::new(),
            to_name: to_name(table),
            doubts: Doubts::new(),
            lists_profiles,
            sessions: sessions(world),
            management: world
                .service_control
                .values()
                .filter_map(|path| path.management_account.as_deref())
                .collect(),
            actions,
        };
        model.read_documents();
        for group in world.snapshot.groups() {
            model.groups.insert((group.arn.split(':').nth(4).unwrap_or_default(), &group.name), group);
        }
        for granted in model.principals.clone() {
            if granted.kind == PrincipalKind::Role {
                model.roles.insert((granted.account(), &granted.name), &granted.arn);
            }
            // AWS makes service-linked roles, and nobody else acts as they do or changes them.
            let acts = !granted.service_linked;
            model.add(Some(granted), Form::Plain, granted.arn.clone(), acts);
        }
        model
    }

    /// Whether something is listed of what the row works on in an account: of another, nothing is known by that.
    pub(super) fn is_listed(&self, row: usize, account: &str) -> bool {
        self.works[row].keys().any(|role| role.split(':').nth(4) == Some(account))
    }

    /// What is listed that the row works on and that runs as the role.
    pub(super) fn works(&self, row: usize, role: &str) -> Vec<String> {
        self.works[row].get(role).into_iter().flatten().map(|arn| (*arn).to_owned()).collect()
    }

    /// The number of an action that matters.
    pub(super) fn action(&self, name: &str) -> Option<usize> {
        self.actions.iter().position(|known| known == name)
    }

    pub(super) fn add(
        &mut self,
        granted: Option<&'a GrantedPrincipal>,
        form: Form<'a>,
        arn: String,
        acts: bool,
    ) -> usize {
        let number = self.nodes.len();
        let account = match form {
            Form::Stranger(_) => String::new(),
            _ => arn.split(':').nth(4).unwrap_or_default().to_owned(),
        };
        let bits = self.bits(granted, form, &account);
        let doubtful = self.doubtful(granted, form, &account);
        let (set, holds_all) = (RefCell::new(None), OnceCell::new());
        self.nodes.push(Node { granted, arn, account, form, acts, bits, doubtful, set, holds_all });
        if let Some(granted) = granted.filter(|_| acts) {
            self.acting.entry(&granted.arn).or_default().push(number);
        }
        number
    }

    /// Lets a node act that was only a target so far.
    pub(super) fn let_act(&mut self, number: usize) {
        let node = &mut self.nodes[number];
        if let Some(granted) = node.granted.filter(|_| !node.acts) {
            node.acts = true;
            self.acting.entry(&granted.arn).or_default().push(number);
        }
    }

    /// Whether a statement is taken away.
    pub(super) fn is_cut(&self) -> bool {
        self.removed.is_some()
    }

    pub(super) fn is_removed(&self, document: &str, index: usize) -> bool {
        self.removed.is_some_and(|(of, at)| of == document && *at == index)
    }

    /// The trust policy of a role, without what was taken away.
    pub(super) fn trust(&self, role: &GrantedPrincipal) -> Option<Named<Policy>> {
        let mut named = Named::new(role.trust_name(), role.trust.clone()?);
        self.without_removed(&mut named);
        Some(named)
    }

    fn without_removed(&self, document: &mut Named<Policy>) {
        if let Some((_, at)) = self.removed.filter(|(of, _)| *of == document.name)
            && *at < document.policy.statements.len()
        {
            document.policy.statements.remove(*at);
        }
    }

    /// Calls `with` with everything that decides on the node's calls, and what is known of each of them.
    pub(super) fn with_set<T>(&self, node: usize, with: impl FnOnce(&mut PolicySet, &Context) -> T) -> T {
        let node = &self.nodes[node];
        let mut kept = node.set.borrow_mut();
        let (set, context) = kept.get_or_insert_with(|| (self.set(node), self.context(node)));
        with(set, context)
    }

    /// Whether nothing but the resource's own policy has a say in what the node may do: its policies allow everything, and
    /// nothing denies or limits any of it.
    pub(super) fn holds_all(&self, node: usize) -> bool {
        let of_set = |set: &PolicySet| {
            let PolicySet {
                identity,
                boundary: None,
                session: None,
                service_control: None,
                resource_control: None,
                resource: None,
                endpoint: None,
            } = set
            else {
                return false;
            };
            let mut statements = identity.iter().flat_map(|document| &document.policy.statements);
            let mut all = false;
            statements.all(|statement| {
                all |= statement.condition.is_empty() && gives_all(statement);
                statement.effect == Effect::Allow
            }) && all
        };
        let is_outside = self.nodes[node].form.is_outside();
        *self.nodes[node].holds_all.get_or_init(|| !is_outside && self.with_set(node, |set, _| of_set(set)))
    }

    fn set(&self, node: &Node<'a>) -> PolicySet {
        let mut set = node.granted.map(|granted| granted.policies.clone()).unwrap_or_default();
        if let Some(gone) = self.changed(node.form) {
            set.identity.retain(|document| !gone.without.contains(&document.name));
        }
        if let Some(granted) = node.granted {
            set.identity.extend(node.form.more().iter().chain(self.instead(granted, node.form)).cloned());
            if let Some(boundary) = self.other_boundary(granted, node.form) {
                set.boundary = Some(vec![boundary.clone()]);
            }
        }
        for document in set.identity.iter_mut().chain(set.boundary.iter_mut().flatten()) {
            self.without_removed(document);
        }
        if node.form.has_everything() {
            set.identity.push(everything());
        }
        if node.form.is_free() {
            set.boundary = None;
        }
        if !node.form.is_outside() {
            set.service_control = self.world.service_control.get(&node.account).cloned();
        }
        set.resource_control = self.world.resource_control.get(&node.account).cloned();
        set
    }

    /// Everything that decides on the node's calls but what it holds itself, as if that allowed everything.
    pub(super) fn unlimited(&self, node: usize) -> (PolicySet, Context) {
        let node = &self.nodes[node];
        let set = PolicySet {
            identity: vec![everything()],
            service_control: self.world.service_control.get(&node.account).cloned(),
            resource_control: self.world.resource_control.get(&node.account).cloned(),
            ..PolicySet::default()
        };
        (set, self.context(node))
    }

    /// Managed policies that allow everything and that the node could attach, AWS's first.
    pub(super) fn powers(&self, node: usize) -> impl Iterator<Item = String> {
        let node = &self.nodes[node];
        let partition = node.arn.split(':').nth(1).unwrap_or("aws");
        let of_aws = format!("arn:{partition}:iam::aws:policy/{ADMIN}");
        let own = self.world.snapshot.allowing_all();
        let own = own.filter(|arn| arn.split(':').nth(4) == Some(&node.account)).take(MOST_POWERS);
        std::iter::once(of_aws).chain(own.map(str::to_owned))
    }

    /// What is known of the node's calls whatever they are about.
    fn context(&self, node: &Node<'a>) -> Context {
        let mut context = Context::new();
        if let Some(id) = node.granted.and_then(|granted| self.sessions.userid(granted)) {
            context.insert("aws:userid", id);
        }
        // Tags of a session count in place of the role's.
        let tagged = node.granted.filter(|granted| !granted.may_be_tagged());
        for (key, value) in tagged.iter().flat_map(|granted| &granted.tags) {
            context.insert(format!("aws:PrincipalTag/{key}"), value);
        }
        let gone = self.changed(node.form).filter(|_| tagged.is_some());
        for key in gone.iter().flat_map(|gone| &gone.untagged) {
            context.absent(format!("aws:PrincipalTag/{key}"));
        }
        for (key, value) in gone.iter().flat_map(|gone| &gone.tagged) {
            context.insert(format!("aws:PrincipalTag/{key}"), value);
        }
        if let Some(place) = self.world.places.get(&node.account) {
            context.insert("aws:PrincipalOrgID", place.split('/').next().unwrap_or_default());
            context.insert("aws:PrincipalOrgPaths", place);
        }
        self.tell_always(&mut context);
        if let Form::Stranger(number) = node.form
            && let Some(stranger) = self.strangers.get(number)
        {
            stranger.tell(&mut context);
        }
        context
    }

    /// What is known of every call.
    pub(super) fn tell_always(&self, context: &mut Context) {
        let now = self.world.now.to_string();
        context.insert("aws:PrincipalIsAWSService", "false");
        context.insert("aws:ViaAWSService", "false");
        context.insert("aws:CurrentTime", &now);
        context.insert("aws:EpochTime", self.world.now.seconds().to_string());
        // A user gets temporary credentials by signing in to the console, a role has no others.
        context.insert("aws:TokenIssueTime", &now);
    }

    /// The node as who asks.
    pub(super) fn principal(&self, node: usize) -> PrincipalRef<'_> {
        PrincipalRef::new(&self.nodes[node].arn)
    }
}

/// What [`FULL_IAM`] allows.
fn full_iam() -> &'static [Named<Policy>] {
    static POLICY: OnceLock<[Named<Policy>; 1]> = OnceLock::new();
    POLICY.get_or_init(|| [Named::new(FULL_IAM, Policy::new(vec![Statement::allow(["iam:*"], ["*"])]))])
}

impl<'a> Form<'a> {
    /// The policies that it has besides those that were granted.
    pub(super) fn more(self) -> &'a [Named<Policy>] {
        match self {
            Form::Joined(group) => &group.policies,
            Form::Keeper => full_iam(),
            _ => &[],
        }
    }
}

impl Form<'_> {
    /// Whether it has a policy that allows everything.
    pub(super) fn has_everything(self) -> bool {
        let all = matches!(self, Form::Raised | Form::FreeRaised | Form::New);
        all || matches!(self, Form::Stripped { everything: true, .. }) || self.is_outside()
    }

    /// Whether no snapshot lists it.
    pub(super) fn is_outside(self) -> bool {
        matches!(self, Form::Outside | Form::Stranger(_))
    }

    /// Whether what it is without, or could do without, is looked at.
    pub(super) fn may_change(self) -> bool {
        matches!(self, Form::Plain | Form::Raised | Form::Free | Form::FreeRaised | Form::Stripped { .. })
    }

    pub(super) fn is_free(self) -> bool {
        matches!(self, Form::Free | Form::FreeRaised | Form::Stripped { free: true, .. })
    }
}

/// Whether the statement allows every action on every resource.
fn gives_all(statement: &Statement) -> bool {
    let all = |pattern: &str| pattern == "*";
    let resources = match &statement.resource {
        Some(ResourceBlock::Resource(patterns)) => patterns.iter().any(|one| all(one.as_str())),
        _ => false,
    };
    statement.effect == Effect::Allow
        && resources
        && matches!(&statement.action, ActionBlock::Action(patterns) if patterns.iter().any(|one| all(one.as_str())))
}

/// The policy that one would put on somebody.
pub(super) fn everything() -> Named<Policy> {
    Named::new("a policy that allows everything", Policy::new(vec![Statement::allow(["*"], ["*"])]))
}

/// What all policies say of sessions.
fn sessions(world: &World<'_>) -> Sessions {
    // Where no id is listed, nobody asks.
    if !world.snapshot.principals().any(|principal| principal.unique_id.is_some()) {
        return Sessions::default();
    }
    let groups = world.snapshot.groups().iter().flat_map(|group| &group.policies);
    let levels = world.service_control.values().chain(world.resource_control.values());
    let above = levels.flat_map(|path| &path.levels).flat_map(|level| &level.policies);
    let held = world.snapshot.principals().flat_map(|principal| {
        let set = &principal.policies;
        set.identity.iter().chain(set.boundary.iter().flatten())
    });
    let named = held.chain(groups).chain(above).map(|named| &named.policy);
    Sessions::of(named.chain(world.snapshot.principals().filter_map(|principal| principal.trust.as_ref())))
}

/// The workloads that each row could work on, by role.
fn works<'a>(world: &'a World<'a>, table: &Table) -> Vec<HashMap<&'a str, Vec<&'a str>>> {
    let fits = |row: &Row| {
        let mut works: HashMap<&'a str, Vec<&'a str>> = HashMap::new();
        let Some(work) = row.work().filter(|_| !world.workloads.is_empty()) else { return works };
        let open = |text: &String| {
            let text = text.replace("{partition}", "*").replace("{region}", "*");
            text.replace("{account}", "*")
        };
        let templates: Vec<String> = row.vars[work].templates.iter().map(open).collect();
        for one in world.workloads.iter().filter(|one| row.trusts.as_ref() == Some(&one.service)) {
            if templates.iter().any(|template| glob::matches(template, &one.arn)) {
                works.entry(&one.role).or_default().push(&one.arn);
            }
        }
        works
    };
    table.rows.iter().map(fits).collect()
}
