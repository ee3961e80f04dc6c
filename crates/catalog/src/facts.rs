//! The facts of one AWS service as typed values: what the Service Authorization Reference says about it.
//!
//! The values are plain data: they are read from `data/aws/services/<prefix>.txt` at build time, packed, and
//! decoded when the service is first touched. Strings are shared ([`Name`]), and so are lists of condition keys
//! ([`Keys`]): a service such as EC2 repeats the same lists hundreds of times.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use crate::level::Levels;

/// A text which several facts share: where it stands in the program it is not copied.
#[derive(Clone)]
pub struct Name(Text);

#[derive(Clone)]
enum Text {
    Embedded(&'static str),
    Read(Arc<str>),
}

impl Name {
    /// A text that is part of the program.
    pub const fn embedded(text: &'static str) -> Name {
        Name(Text::Embedded(text))
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Text::Embedded(text) => text,
            Text::Read(text) => text,
        }
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name(Text::Read(text.into()))
    }
}

impl From<String> for Name {
    fn from(text: String) -> Name {
        Name(Text::Read(text.into()))
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        **self == **other
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, out)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, out)
    }
}

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
    /// What CloudTrail's records of those calls say in `readOnly`.
    pub read_only: ReadOnly,
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

/// What the records of the calls that need an action say in `readOnly`: a trail can be set to record read-only events, or
/// write events, alone. It is not the access level: `kms:Decrypt` is of level Write, and its calls are read-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReadOnly {
    /// All are read-only events.
    Yes,
    /// All are write events.
    No,
    /// There are both, or nobody says.
    Unsure,
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
        // Where an action names it, it is the very text.
        let is_it = |kind: &&ResourceType| std::ptr::eq(&*kind.name, name);
        let types = || self.resource_types.iter();
        types().find(is_it).or_else(|| types().find(|kind| same_type(&kind.name, name)))
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
            read_only: ReadOnly::Unsure,
        }
    }

    /// The resource types, as CloudTrail's selectors name them, whose data events are the calls that need the action:
    /// `AWS::S3::Object`. A trail is set to record some types, so those of others say nothing of these.
    pub fn data_type(&self) -> Option<&str> {
        let of = self.visibility_why.split("; ").next().unwrap_or_default();
        (self.visibility == Visibility::Data).then_some(of)
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
