//! A policy document as a typed value.

use super::{ActionBlock, ActionPattern, Conditions, PrincipalBlock, ResourceBlock, ResourcePattern};

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// The version of the language.
    pub version: Version,
    /// The `Id` element.
    pub id: Option<String>,
    /// The statements, in the order of the document.
    pub statements: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The `Sid` element.
    pub sid: Option<String>,
    /// Whether the statement allows or denies.
    pub effect: Effect,
    /// Whom it is about; only in resource and trust policies.
    pub principal: Option<PrincipalBlock>,
    /// Which actions it is about.
    pub action: ActionBlock,
    /// Which resources it is about; trust policies have none.
    pub resource: Option<ResourceBlock>,
    /// When it applies.
    pub condition: Conditions,
}

/// What a statement does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`, which wins over every `Allow`.
    Deny,
}

/// The version of the policy language. A document that names none is `2008-10-17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Version {
    /// Knows no policy variables: `${aws:username}` is plain text.
    V2008_10_17,
    /// Knows policy variables.
    #[default]
    V2012_10_17,
}

/// A value with the name it has outside: a policy with its ARN or file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T> {
    /// The name.
    pub name: String,
    /// What is named.
    pub policy: T,
}

impl<T> Named<T> {
    /// `policy` under `name`.
    pub fn new(name: impl Into<String>, policy: T) -> Named<T> {
        Named { name: name.into(), policy }
    }
}

impl Policy {
    /// A policy of version 2012-10-17 with these statements.
    pub fn new(statements: Vec<Statement>) -> Policy {
        Policy { version: Version::V2012_10_17, id: None, statements }
    }

    /// The number of characters that count against AWS's quotas: those of the document without the white space
    /// around its tokens. White space within strings is counted, to be on the safe side.
    pub fn quota_len(&self) -> usize {
        self.to_compact_json().chars().count()
    }
}

impl Statement {
    /// A statement that allows `actions` on `resources`.
    pub fn allow(
        actions: impl IntoIterator<Item = impl Into<String>>,
        resources: impl IntoIterator<Item = impl Into<String>>,
    ) -> Statement {
        Statement::new(Effect::Allow, actions, resources)
    }

    /// A statement that denies `actions` on `resources`.
    pub fn deny(
        actions: impl IntoIterator<Item = impl Into<String>>,
        resources: impl IntoIterator<Item = impl Into<String>>,
    ) -> Statement {
        Statement::new(Effect::Deny, actions, resources)
    }

    /// A statement of an identity policy, unconditional and unnamed.
    ///
    /// The texts are taken as they are; [`Policy::parse`] is what refuses those that IAM would not accept.
    pub fn new(
        effect: Effect,
        actions: impl IntoIterator<Item = impl Into<String>>,
        resources: impl IntoIterator<Item = impl Into<String>>,
    ) -> Statement {
        let actions = actions.into_iter().map(|text| ActionPattern::new(text.into())).collect();
        let resources = resources.into_iter().map(|text| ResourcePattern::new(text.into())).collect();
        Statement {
            sid: None,
            effect,
            principal: None,
            action: ActionBlock::Action(actions),
            resource: Some(ResourceBlock::Resource(resources)),
            condition: Conditions::default(),
        }
    }

    /// The same statement under the name `sid`.
    #[must_use]
    pub fn with_sid(mut self, sid: impl Into<String>) -> Statement {
        self.sid = Some(sid.into());
        self
    }

    /// The same statement, applying only when this condition holds too.
    #[must_use]
    pub fn with_condition(mut self, condition: super::Condition) -> Statement {
        self.condition.push(condition);
        self
    }
}

impl Effect {
    /// `Allow` or `Deny`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        }
    }
}

impl Version {
    /// The date that names the version.
    pub const fn as_str(self) -> &'static str {
        match self {
            Version::V2008_10_17 => "2008-10-17",
            Version::V2012_10_17 => "2012-10-17",
        }
    }
}
