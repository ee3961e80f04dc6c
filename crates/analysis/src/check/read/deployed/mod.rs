//! What a set of files will deploy to one AWS account: principals with their policies, policies on resources, and what
//! runs as which role.
//!
//! Formats say what they read; at the end it becomes documents, and a listing as
//! `aws iam get-account-authorization-details` would print it after the deployment, so that who is granted what is
//! worked out as for an account. The account is not known: a number that no account has stands for it
//! ([`UNKNOWN_ACCOUNT`]), another for each set whose principals or policies would have the ARNs of another's.

mod either;
mod emit;
pub(super) mod facts;
mod given;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use leastwise_policy::aws::DocumentKind;
use xxhash_rust::xxh3::xxh3_64;

use super::Gathered;
use crate::check::Home;
use crate::source::{Node, Twins, Value, alternative, unmarked};

/// Stands for the account that files are deployed to. Other sets of files have other numbers.
pub const UNKNOWN_ACCOUNT: &str = "000000000000";

/// So many are told apart by what refers to them.
const FIRST_NAMESAKE: usize = 1_000_000;

/// No account has a number below this.
const MOST_ACCOUNTS: u64 = 100_000;

/// What kind of principal, or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::check::read) enum Kind {
    Role,
    User,
    Group,
}

/// A document as it stands in a file.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) file: Arc<str>,
    /// Its JSON pointer, where the file is JSON or YAML.
    pub(super) pointer: String,
    /// An object, a text with JSON, or what is not known.
    pub(super) root: Node,
    /// Of a document that is there only sometimes, or one of several of which one is: those of its statements that deny
    /// whichever is there, as JSON. The others take nothing away.
    pub(super) denials: Option<Rc<[String]>>,
    /// Its characters in the longest way in which it can be, where it hangs on conditions.
    pub(super) longest: Option<usize>,
}

/// A role, a user or a group.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) home: Home,
    /// Whether the files declare it, and do not only name it.
    pub(super) is_declared: bool,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) trust: Vec<Written>,
    pub(super) inline: Vec<(String, Written)>,
    pub(super) attached: Vec<String>,
    /// Those of the attached that are not always.
    pub(super) sometimes: Vec<String>,
    /// What it hangs on for sure, and all that it may hang on.
    hangs_on: Hangs,
    /// What makes it, and as what it is declared.
    provider: Rc<str>,
    declared_as: String,
    may_hang_on: Hangs,
    pub(super) groups: Vec<String>,
    pub(super) boundary: Option<String>,
    /// Others that may be the boundary.
    pub(super) boundaries: Vec<String>,
    /// Where it is said which policy is attached, or the boundary; what is not here stands where the principal does.
    pub(super) places: Vec<(String, Home)>,
}

/// A customer managed policy.
#[derive(Debug)]
struct Managed {
    arn: String,
    name: String,
    documents: Vec<Written>,
    hangs_on: Hangs,
    declared_as: String,
}

/// A document that no principal of the set holds.
#[derive(Debug)]
struct Loose {
    name: String,
    kind: DocumentKind,
    on: &'static str,
    written: Written,
}

#[derive(Debug)]
struct Running {
    arn: String,
    service: &'static str,
    role: String,
}

/// A set of files that is deployed together.
#[derive(Debug, Default)]
pub(super) struct Deployed {
    account: String,
    entities: Vec<Entity>,
    /// Of several with one name each.
    by_name: HashMap<(Kind, String), Vec<usize>>,
    managed: Vec<Managed>,
    loose: Vec<Loose>,
    /// What names its holder before or after that is declared.
    given: Vec<Given>,
    /// Roles by the name of an instance profile.
    profiles: HashMap<String, String>,
    running: Vec<Running>,
    keys: Vec<(String, Home)>,
    /// Where it is said of a user that it is in a group.
    joined: HashMap<String, Home>,
    /// The conditions that what is being added hangs on.
    hangs_on: Hangs,
    /// As what it is declared, and by which provider it is made.
    declared_as: String,
    provider: Rc<str>,
    /// What is called the same and is not the same.
    twins: Rc<Twins>,
    /// Those of them that it hangs on for sure, which counts for principals.
    surely_on: Hangs,
}

/// The conditions that something hangs on: it is there when all of them hold. What they are called matters to nobody, as long
/// as one condition has one name.
pub(super) type Hangs = BTreeSet<String>;

/// Something for somebody who is named: kind, name, and what.
#[derive(Debug)]
struct Given {
    kind: Kind,
    holder: String,
    gift: Gift,
    hangs_on: Hangs,
    /// Those of the conditions that it hangs on for sure.
    surely_on: Hangs,
    provider: Rc<str>,
    declared_as: String,
}

#[derive(Debug, Clone)]
enum Gift {
    Inline(String, Written),
    Attached(String, Home),
    /// One, or those of which one will be it.
    Boundary(Vec<String>, Home),
    Group(String),
}

/// Stands before the path and name of a policy that is not named by its ARN.
const NAMED: &str = "named:";

/// What stands for the ARN of the customer managed policy with this path and name.
pub(super) fn policy_named(path: &str, name: &str) -> String {
    format!("{NAMED}{path}{name}")
}

impl Deployed {
    /// To this account.
    pub(super) fn to(account: &str) -> Deployed {
        Deployed { account: account.to_owned(), ..Deployed::default() }
    }

    /// The number of the account, or what stands for it.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// Works a set of files out and keeps it. When a principal or policy of it would have the ARN of another set's, it is
    /// another account, whose number follows from where the set stands: so it is the same before and after a change.
    pub(super) fn settle(gathered: &mut Gathered, stands: &str, read: impl Fn(&mut Deployed)) {
        let mut number = 0;
        loop {
            let account = format!("{number:012}");
            let deployed = Deployed::read(&account, &read);
            let taken = |entity: &Entity| gathered.principals.contains(unmarked(&entity.arn(&account)));
            let is_known = |policy: &Managed| gathered.estate.document(&policy.arn).is_some();
            // A plan may know its account, which is then what it is.
            let is_free = deployed.account != account
                || !deployed.entities.iter().any(taken) && !deployed.managed.iter().any(is_known);
            if is_free || number > MOST_ACCOUNTS {
                return deployed.finish(gathered);
            }
            number = match number {
                0 => 1 + xxh3_64(stands.as_bytes()) % (MOST_ACCOUNTS / 2),
                number => number + 1,
            };
        }
    }

    /// What `read` adds. When some of it is called the same, it is read again with names that tell it apart, so that what
    /// refers to one of them does not mean the others.
    fn read(account: &str, read: impl Fn(&mut Deployed)) -> Deployed {
        let mut deployed = Deployed::to(account);
        read(&mut deployed);
        let twins = deployed.find_twins();
        if twins.is_empty() {
            return deployed;
        }
        let mut apart = Deployed { twins: Rc::new(twins), ..Deployed::to(account) };
        read(&mut apart);
        apart
    }

    fn find_twins(&self) -> Twins {
        let several = self.by_name.values().filter(|all| all.len() > 1).flatten();
        let mut ids: BTreeSet<&str> = several.map(|index| &*self.entities[*index].declared_as).collect();
        let mut known: HashMap<&str, &str> = HashMap::new();
        for policy in &self.managed {
            if let Some(other) = known.insert(&policy.arn, &policy.declared_as) {
                ids.extend([other, &policy.declared_as]);
            }
        }
        // The numbers are the same before and after a change.
        let mut used = BTreeSet::new();
        let mut number = |id: &str| {
            let number = 1 + xxh3_64(id.as_bytes()) % (FIRST_NAMESAKE as u64 / 2);
            (number..).find(|number| used.insert(*number)).unwrap_or(number) as usize
        };
        ids.into_iter().filter(|id| !id.is_empty()).map(|id| (id.to_owned(), number(id))).collect()
    }

    /// What is known to be called the same and not to be the same.
    pub(super) fn twins(&self) -> &Rc<Twins> {
        &self.twins
    }

    /// To an account that is known.
    pub(super) fn is_to(&mut self, account: &str) {
        account.clone_into(&mut self.account);
    }

    /// Says as what it is declared, what is added from here on, on which conditions it hangs, and what makes it.
    pub(super) fn declare(&mut self, declared_as: &str, conditions: Hangs, provider: &str) {
        self.surely_on.clone_from(&conditions);
        declared_as.clone_into(&mut self.declared_as);
        self.hangs_on = conditions;
        if *self.provider != *provider {
            self.provider = provider.into();
        }
    }

    /// The name of what is being added, which tells it from what is called the same.
    pub(super) fn told_apart(&self, name: String) -> String {
        self.twins.get(&self.declared_as).map_or_else(|| name.clone(), |number| alternative(&name, *number))
    }

    /// Says on which of its conditions hangs for sure what is added from here on.
    pub(super) fn surely_hang_on(&mut self, surely: Hangs) {
        self.surely_on = surely;
    }

    /// The conditions that what is being added hangs on for sure.
    pub(super) fn surely_on(&self) -> &Hangs {
        &self.surely_on
    }

    /// The conditions that what is being added hangs on.
    pub(super) fn hangs_on(&self) -> &Hangs {
        &self.hangs_on
    }

    /// Adds something that hangs on more conditions, when there are any.
    pub(super) fn hanging(
        &mut self,
        more: impl IntoIterator<Item = String>,
        add: impl FnOnce(&mut Deployed),
    ) {
        let before = self.hangs_on.clone();
        self.hangs_on.extend(more);
        add(self);
        self.hangs_on = before;
    }

    /// A policy of the principal that is being added, which hangs on these conditions.
    pub(super) fn written_under(&self, mut written: Written, conditions: &Hangs) -> Written {
        if !conditions.is_subset(&self.surely_on) {
            written.denials = Some(Rc::from([]));
        }
        written
    }

    fn give(&mut self, kind: Kind, holder: &str, gift: Gift) {
        let (hangs_on, provider) = (self.hangs_on.clone(), self.provider.clone());
        let (holder, declared_as) = (last(holder), self.declared_as.clone());
        let surely_on = self.surely_on.clone();
        self.given.push(Given { kind, holder, gift, hangs_on, surely_on, provider, declared_as });
    }

    /// A principal or group that is declared.
    pub(super) fn entity(&mut self, kind: Kind, name: String, path: String, home: Home) -> &mut Entity {
        let index = self.entities.len();
        let plain = unmarked(&name).to_owned();
        if plain != name {
            self.by_name.entry((kind, name.clone())).or_default().push(index);
        }
        let namesakes = self.by_name.entry((kind, plain)).or_default();
        namesakes.push(index);
        // What is not told apart by what refers to it is by its number among all.
        let name = match namesakes.len() > 1 && unmarked(&name) == name {
            true => alternative(&name, FIRST_NAMESAKE + index),
            false => name,
        };
        self.entities.push(Entity {
            kind,
            name,
            path: if path.is_empty() { "/".to_owned() } else { path },
            home,
            is_declared: true,
            tags: BTreeMap::new(),
            trust: Vec::new(),
            inline: Vec::new(),
            attached: Vec::new(),
            sometimes: Vec::new(),
            provider: self.provider.clone(),
            declared_as: self.declared_as.clone(),
            hangs_on: self.surely_on.clone(),
            may_hang_on: self.hangs_on.clone(),
            groups: Vec::new(),
            boundary: None,
            boundaries: Vec::new(),
            places: Vec::new(),
        });
        &mut self.entities[index]
    }

    /// A customer managed policy.
    pub(super) fn managed(&mut self, arn: String, name: String, documents: Vec<Written>) {
        let (hangs_on, declared_as) = (self.hangs_on.clone(), self.declared_as.clone());
        self.managed.push(Managed { arn, name, documents, hangs_on, declared_as });
    }

    /// A policy that somebody gets who is named.
    pub(super) fn give_inline(&mut self, kind: Kind, holder: &str, name: String, written: Written) {
        self.give(kind, holder, Gift::Inline(name, written));
    }

    /// A managed policy that somebody gets who is named, and where that is said.
    pub(super) fn attach(&mut self, kind: Kind, holder: &str, arn: String, home: Home) {
        self.give(kind, holder, Gift::Attached(arn, home));
    }

    /// The boundary of somebody who is named, or those of which one will be it, and where that is said.
    pub(super) fn bound(&mut self, kind: Kind, holder: &str, arns: Vec<String>, home: Home) {
        if !arns.is_empty() {
            self.give(kind, holder, Gift::Boundary(arns, home));
        }
    }

    /// Another name by which the files speak of the principal that was declared last.
    pub(super) fn also_called(&mut self, kind: Kind, name: &str) {
        let index = self.entities.len().saturating_sub(1);
        self.by_name.entry((kind, last(name))).or_default().push(index);
    }

    /// A user in a group, and where that is said.
    pub(super) fn join(&mut self, user: &str, group: &str, home: Home) {
        self.joined.entry(last(user)).or_insert(home);
        self.give(Kind::User, user, Gift::Group(last(group)));
    }

    /// An instance profile.
    pub(super) fn profile(&mut self, name: &str, role: &str) {
        self.profiles.insert(last(name), last(role));
    }

    /// An access key of a user.
    pub(super) fn access_key(&mut self, user: &str, home: Home) {
        self.keys.push((last(user), home));
    }

    /// Something that runs as a role, an instance profile or whatever this names.
    pub(super) fn running(&mut self, arn: String, service: &'static str, role: &str) {
        self.running.push(Running { arn, service, role: role.to_owned() });
    }

    /// A policy on a resource, or one whose holder is not declared.
    pub(super) fn document(&mut self, name: String, kind: DocumentKind, on: &'static str, written: Written) {
        self.loose.push(Loose { name, kind, on, written });
    }
}

impl Kind {
    fn arn_part(self) -> &'static str {
        match self {
            Kind::Role => "role",
            Kind::User => "user",
            Kind::Group => "group",
        }
    }
}

impl Written {
    /// A document that is there whichever way conditions come out.
    pub(super) fn new(file: Arc<str>, pointer: String, root: Node) -> Written {
        Written { file, pointer, root, denials: None, longest: None }
    }

    /// Where it stands.
    pub(super) fn home(self) -> Home {
        Home { file: self.file, at: self.root.at, pointer: self.pointer }
    }
}

impl Entity {
    /// Where it is said that it has this policy.
    fn place(&self, policy: &str) -> &Home {
        self.places.iter().find(|(arn, _)| arn == policy).map_or(&self.home, |(_, home)| home)
    }

    pub(super) fn arn(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:{}{}{}", self.kind.arn_part(), self.path, self.name)
    }
}

/// The name at the end of an ARN or path; of a plain name itself.
fn last(name: &str) -> String {
    match name.starts_with("arn:") {
        true => name.rsplit('/').next().unwrap_or(name).to_owned(),
        false => name.to_owned(),
    }
}

/// The values at a path of keys; lists on the way and at the end are each of their values.
pub(super) fn at_path<'n>(node: &'n Node, path: &str) -> Vec<&'n Node> {
    let mut found: Vec<&Node> = vec![node];
    for key in path.split('.') {
        found = found
            .into_iter()
            .flat_map(Node::one_or_many)
            .filter_map(|node| node.get(key))
            .filter(|node| node.value != Value::Null)
            .collect();
    }
    found
}
