//! The facts of one AWS service as typed values: what the Service Authorization Reference says about it.
//!
//! The values are plain data: they are read from `data/aws/services/<prefix>.txt` at build time, packed, and
//! decoded when the service is first touched. Strings are shared ([`Name`]), and so are lists of condition keys
//! ([`Keys`]): a service such as EC2 repeats the same lists hundreds of times.

use std::fmt;
use std::sync::Arc;

/// A text which several facts share.
pub type Name = Arc<str>;

/// A sorted list of condition keys which several facts share.
pub type Keys = Arc<[Name]>;

/// Everything the catalogue knows of one IAM service prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The IAM prefix, in lower case: `s3`.
    pub prefix: Name,
    /// The name in the documentation: `Amazon S3`.
    pub name: Name,
    /// Whether resource control policies apply to the service.
    pub resource_control: bool,
    /// The SDK services (botocore names) whose operations this prefix authorises.
    pub apis: Vec<Api>,
    /// Condition keys, sorted by name.
    pub condition_keys: Vec<ConditionKey>,
    /// Resource types, sorted by name.
    pub resource_types: Vec<ResourceType>,
    /// Actions, sorted by name.
    pub actions: Vec<ActionFacts>,
    /// API operations which are not simply authorised by the action of the same name, sorted.
    pub operations: Vec<Operation>,
}

/// An SDK service: its operations are what callers call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// The botocore name: `bedrock-runtime`.
    pub name: Name,
    /// The endpoint prefix, which is usually the label of CloudTrail's `eventSource`.
    pub endpoint: Name,
    /// The name in SigV4's credential scope.
    pub signing: Name,
}

/// A condition key and the type of its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionKey {
    /// The key; a part in `${}` stands for any text: `aws:RequestTag/${TagKey}`.
    pub name: Name,
    /// `String`, `ARN`, `Bool`, `Date`, `IPAddress`, `Numeric` or `ArrayOf…` one of them.
    pub kind: Name,
}

/// A type of resource that actions can be limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// The name in the documentation, a space written as `-`: `function-alias`.
    pub name: Name,
    /// The ARN formats: `arn:${Partition}:s3:::${BucketName}/${ObjectName}`. At least one.
    pub arn: Vec<Name>,
    /// Condition keys that go with the type.
    pub keys: Keys,
}

/// An action that a policy can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionFacts {
    /// The name without the prefix, in AWS's own spelling: `GetObject`.
    pub name: Name,
    /// The access levels: a set, since an action may have several.
    pub levels: Levels,
    /// Whether the action removes or overwrites something which cannot be brought back by its inverse.
    pub destructive: bool,
    /// Why it is destructive, in a few words.
    pub destructive_why: Option<Name>,
    /// The resource types a statement may name for the action; empty means only `*`.
    pub resources: Vec<ActionResource>,
    /// Condition keys of the action whatever the resource.
    pub keys: Keys,
    /// Actions that the caller may need too, with prefix: `iam:PassRole`.
    pub dependent: Vec<Name>,
    /// The SDK services that have an operation which the action authorises.
    pub apis: Vec<Name>,
    /// Whether an API operation is known that the action authorises.
    pub operations: bool,
    /// Where the calls that need the action are logged.
    pub visibility: Visibility,
    /// Why it is seen there or not, in a few words.
    pub visibility_why: Name,
}

/// A resource type of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionResource {
    /// The name of a [`ResourceType`] of the same service.
    pub resource_type: Name,
    /// Whether a call always has a resource of this type.
    pub required: bool,
    /// Condition keys of the action when it meets this type.
    pub keys: Keys,
}

/// An API operation whose IAM actions are not simply the action of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The SDK service it belongs to (botocore name).
    pub api: Name,
    /// The operation's name: `ListObjectsV2`.
    pub name: Name,
    /// What it needs.
    pub needs: Needs,
}

/// What an API operation needs, by itself; where the request's parameters choose, rules decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// These actions, each with its prefix, always.
    Actions(Vec<Name>),
    /// Some of these actions: the request says which, so granting them all would over-grant.
    Maybe(Vec<Name>),
    /// No permission at all.
    Nothing,
    /// The published facts do not say.
    Unknown,
}

/// Where a call that needs an action can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Visibility {
    /// CloudTrail logs it as a management event, which is on by default.
    Management,
    /// CloudTrail logs it as a data event, which is off unless someone chose the resource type.
    Data,
    /// No log shows it: the action has no API operation, or its calls are not logged.
    NotLogged,
}

/// An access level of the Service Authorization Reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Discover resources without reading their contents.
    List,
    /// Read contents.
    Read,
    /// Create, change or delete.
    Write,
    /// Change tags.
    Tagging,
    /// Change who may do what, or hand out credentials.
    PermissionsManagement,
}

impl Level {
    /// All levels, from the mildest.
    pub const ALL: [Level; 5] =
        [Level::List, Level::Read, Level::Write, Level::Tagging, Level::PermissionsManagement];

    /// The letter of the data files: `L R W T P`.
    pub const fn letter(self) -> char {
        match self {
            Level::List => 'L',
            Level::Read => 'R',
            Level::Write => 'W',
            Level::Tagging => 'T',
            Level::PermissionsManagement => 'P',
        }
    }

    /// The name in an intent and on the screen: `permissions-management`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::List => "list",
            Level::Read => "read",
            Level::Write => "write",
            Level::Tagging => "tagging",
            Level::PermissionsManagement => "permissions-management",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of access levels: `ec2:CreateTags` is write and tagging, `iam:PassRole` write and permissions management.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Levels(u8);

impl Levels {
    /// No level.
    pub const NONE: Levels = Levels(0);

    /// The set with `level` added.
    #[must_use]
    pub const fn with(self, level: Level) -> Levels {
        Levels(self.0 | level.bit())
    }

    /// Whether `level` is in the set.
    pub const fn contains(self, level: Level) -> bool {
        self.0 & level.bit() != 0
    }

    /// Whether the action changes anything: write, tagging or permissions management.
    pub const fn changes(self) -> bool {
        self.contains(Level::Write)
            || self.contains(Level::Tagging)
            || self.contains(Level::PermissionsManagement)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The levels, from the mildest.
    pub fn iter(self) -> impl Iterator<Item = Level> {
        Level::ALL.into_iter().filter(move |level| self.contains(*level))
    }

    /// The set of the levels whose number in [`Level::ALL`] is a bit of `bits`; bits that mean no level are dropped.
    pub(crate) const fn from_bits(bits: u8) -> Levels {
        Levels(bits & 0b1_1111)
    }

    /// The levels of both sets, without those that only read when there is one which changes, and without
    /// `List` when there is `Read`: what two sources that differ amount to.
    #[must_use]
    pub fn stricter(self, other: Levels) -> Levels {
        let all = Levels(self.0 | other.0);
        if self == other {
            return self;
        }
        let mild = |level: &Level| match level {
            Level::List => all.changes() || all.contains(Level::Read),
            Level::Read => all.changes(),
            _ => false,
        };
        all.iter().filter(|level| !mild(level)).collect()
    }

    /// The set that `letters` of `L R W T P` spell; `None` when there is any other letter.
    pub fn from_letters(letters: &str) -> Option<Levels> {
        let mut levels = Levels::NONE;
        for letter in letters.chars() {
            levels = levels.with(Level::ALL.into_iter().find(|level| level.letter() == letter)?);
        }
        Some(levels)
    }
}

impl FromIterator<Level> for Levels {
    fn from_iter<I: IntoIterator<Item = Level>>(levels: I) -> Levels {
        levels.into_iter().fold(Levels::NONE, Levels::with)
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|level| write!(f, "{}", level.letter()))
    }
}

impl fmt::Debug for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Levels({self})")
    }
}

impl Service {
    /// A service of which only the name is known yet.
    pub(crate) fn new(prefix: &str, name: &str) -> Service {
        Service {
            prefix: prefix.into(),
            name: name.into(),
            resource_control: false,
            apis: Vec::new(),
            condition_keys: Vec::new(),
            resource_types: Vec::new(),
            actions: Vec::new(),
            operations: Vec::new(),
        }
    }

    /// The action called `name`, in any case: `getobject`.
    pub fn action(&self, name: &str) -> Option<&ActionFacts> {
        find(&self.actions, name, |action| &action.name)
    }

    /// The resource type called `name`, in any case, with spaces or with `-`.
    pub fn resource_type(&self, name: &str) -> Option<&ResourceType> {
        self.resource_types.iter().find(|kind| same_type(&kind.name, name))
    }

    /// The condition key called `name`, in any case.
    pub fn condition_key(&self, name: &str) -> Option<&ConditionKey> {
        self.condition_keys.iter().find(|key| key.name.eq_ignore_ascii_case(name))
    }
}

impl ActionFacts {
    /// An action of which only name and levels are known yet, without the marks of our own tables.
    pub(crate) fn new(name: &str, levels: Levels) -> ActionFacts {
        ActionFacts {
            name: name.into(),
            levels,
            destructive: false,
            destructive_why: None,
            resources: Vec::new(),
            keys: Keys::from([]),
            dependent: Vec::new(),
            apis: Vec::new(),
            operations: false,
            visibility: Visibility::NotLogged,
            visibility_why: Name::from(""),
        }
    }

    /// Whether a statement may name resources for the action; otherwise only `*` is right.
    pub fn has_resource_level(&self) -> bool {
        !self.resources.is_empty()
    }

    /// The entry for `resource_type`, if the action supports the type.
    pub fn resource(&self, resource_type: &str) -> Option<&ActionResource> {
        self.resources.iter().find(|resource| same_type(&resource.resource_type, resource_type))
    }
}

fn find<'a, T>(sorted: &'a [T], name: &str, of: impl Fn(&T) -> &str) -> Option<&'a T> {
    let wanted = || name.bytes().map(|byte| byte.to_ascii_lowercase());
    sorted
        .binary_search_by(|item| of(item).bytes().map(|byte| byte.to_ascii_lowercase()).cmp(wanted()))
        .ok()
        .map(|index| &sorted[index])
}

fn same_type(kind: &str, wanted: &str) -> bool {
    let plain = |byte: u8| if byte == b' ' { b'-' } else { byte.to_ascii_lowercase() };
    kind.len() == wanted.len() && kind.bytes().map(plain).eq(wanted.bytes().map(plain))
}
