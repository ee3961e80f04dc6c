//! From text to [`Policy`], refusing what IAM refuses, with the place and the reason.
//!
//! The rules are those of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html> and of
//! the pages of the elements. Where the service is known to be more lenient than its grammar (`Id` in an identity
//! policy, incomplete ARNs), so is this. It judges form only: whether an action exists is the catalogue's business.

use super::principal::{PrincipalBlock, PrincipalKind, PrincipalSet};
use super::{
    ActionBlock, ActionPattern, Condition, Conditions, Effect, Operator, Policy, ResourceBlock,
    ResourcePattern, Statement, Version,
};
use crate::json::{self, Kind, Member, Value};
use crate::time::Timestamp;

/// Where a document is used, which decides what must and must not be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// Attached to a user, group or role.
    Identity,
    /// Attached to a resource: a bucket, a queue, a key.
    Resource,
    /// Says who may assume a role.
    Trust,
    /// An identity policy used as permissions boundary.
    Boundary,
    /// Service control policy of an organisation.
    ServiceControl,
    /// Resource control policy of an organisation.
    ResourceControl,
    /// Passed to STS when a session is made.
    Session,
}

/// Why a text is not a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}{}: {reason}", shown(.pointer))]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// JSON pointer of the element: `/Statement/0/Effect`; empty for the document.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

fn shown(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" ({pointer})") }
}

impl Policy {
    /// Reads an identity policy.
    pub fn parse(text: &str) -> Result<Policy, ParseError> {
        Policy::parse_kind(text, DocumentKind::Identity)
    }

    /// Reads a policy of this kind.
    pub fn parse_kind(text: &str, kind: DocumentKind) -> Result<Policy, ParseError> {
        let parsed =
            json::parse(text).map_err(Refusal::from).and_then(|value| Parser { kind }.policy(&value));
        parsed.map_err(|refusal| {
            let (line, column) = json::place(text, refusal.at);
            ParseError { line, column, pointer: refusal.pointer, reason: refusal.reason }
        })
    }
}

/// A refusal on its way up: each level puts its step before the pointer.
struct Refusal {
    at: usize,
    pointer: String,
    reason: String,
}

type Parsed<T> = Result<T, Refusal>;

impl From<json::Refusal> for Refusal {
    fn from(refusal: json::Refusal) -> Refusal {
        Refusal { at: refusal.at, pointer: refusal.pointer, reason: refusal.reason }
    }
}

impl Refusal {
    fn new(at: usize, reason: impl Into<String>) -> Refusal {
        Refusal { at, pointer: String::new(), reason: reason.into() }
    }

    fn under(mut self, step: &str) -> Refusal {
        let mut pointer = String::new();
        json::push_step(&mut pointer, step);
        pointer.push_str(&self.pointer);
        self.pointer = pointer;
        self
    }
}

fn refuse<T>(at: usize, reason: impl Into<String>) -> Parsed<T> {
    Err(Refusal::new(at, reason))
}

/// Reads the value of `member`, putting its key into the pointer of a refusal.
fn of<'a, T>(member: &'a Member, read: impl FnOnce(&'a Value) -> Parsed<T>) -> Parsed<T> {
    read(&member.value).map_err(|refusal| refusal.under(&member.key))
}

struct Parser {
    kind: DocumentKind,
}

impl DocumentKind {
    /// Whether a statement names whom it is about: must (`Some(true)`), must not, or may.
    const fn has_principal(self) -> bool {
        matches!(self, DocumentKind::Resource | DocumentKind::Trust | DocumentKind::ResourceControl)
    }

    /// Whether `Sid` is limited to letters and digits.
    const fn has_plain_sids(self) -> bool {
        !matches!(self, DocumentKind::Resource)
    }

    const fn as_str(self) -> &'static str {
        match self {
            DocumentKind::Identity => "an identity policy",
            DocumentKind::Resource => "a resource policy",
            DocumentKind::Trust => "a trust policy",
            DocumentKind::Boundary => "a permissions boundary",
            DocumentKind::ServiceControl => "a service control policy",
            DocumentKind::ResourceControl => "a resource control policy",
            DocumentKind::Session => "a session policy",
        }
    }
}

impl Parser {
    fn policy(&self, document: &Value) -> Parsed<Policy> {
        let Kind::Object(members) = &document.kind else {
            return refuse(document.at, format!("a policy is an object, this is {}", document.describe()));
        };
        let mut policy = Policy { version: Version::V2008_10_17, id: None, statements: Vec::new() };
        let mut has_statement = false;
        for member in members {
            match member.key.as_str() {
                "Version" => policy.version = of(member, version)?,
                "Id" => policy.id = Some(of(member, |value| Ok(string(value)?.to_owned()))?),
                "Statement" => {
                    policy.statements = of(member, |value| self.statements(value))?;
                    has_statement = true;
                }
                key => return Err(unknown_key(member, key, &["Version", "Id", "Statement"])),
            }
        }
        if !has_statement {
            return refuse(document.at, "`Statement` is missing");
        }
        Ok(policy)
    }

    fn statements(&self, value: &Value) -> Parsed<Vec<Statement>> {
        let list = match &value.kind {
            Kind::Object(_) => return Ok(vec![self.statement(value)?]),
            Kind::Array(list) => list,
            _ => {
                return refuse(
                    value.at,
                    format!("expected a statement or a list of them, found {}", value.describe()),
                );
            }
        };
        if list.is_empty() {
            return refuse(value.at, "a policy needs at least one statement");
        }
        let mut statements: Vec<Statement> = Vec::with_capacity(list.len());
        let mut sids = std::collections::HashSet::new();
        for (index, value) in list.iter().enumerate() {
            let under = |refusal: Refusal| refusal.under(&index.to_string());
            let statement = self.statement(value).map_err(under)?;
            if let Some(sid) = statement.sid.clone().filter(|sid| !sid.is_empty())
                && !sids.insert(sid.clone())
            {
                let refusal =
                    Refusal::new(value.at, format!("the Sid `{sid}` stands twice; each must be unique"));
                return Err(under(refusal.under("Sid")));
            }
            statements.push(statement);
        }
        Ok(statements)
    }

    fn statement(&self, value: &Value) -> Parsed<Statement> {
        let Kind::Object(members) = &value.kind else {
            return refuse(value.at, format!("a statement is an object, this is {}", value.describe()));
        };
        let mut draft = Draft::default();
        for member in members {
            self.element(&mut draft, member)?;
        }
        let Some(effect) = draft.effect else {
            return refuse(value.at, "`Effect` is missing; write `\"Effect\": \"Allow\"` or `\"Deny\"`");
        };
        let Some(action) = draft.action else {
            return refuse(value.at, "the statement has neither `Action` nor `NotAction`");
        };
        if draft.resource.is_none() && !matches!(self.kind, DocumentKind::Trust | DocumentKind::Resource) {
            return refuse(value.at, "the statement has neither `Resource` nor `NotResource`");
        }
        if draft.principal.is_none() && self.kind.has_principal() {
            return refuse(value.at, format!("`Principal` is missing, {} must have it", self.kind.as_str()));
        }
        let Draft { sid, principal, resource, condition, .. } = draft;
        Ok(Statement { sid, effect, principal, action, resource, condition })
    }

    fn element(&self, draft: &mut Draft, member: &Member) -> Parsed<()> {
        match member.key.as_str() {
            "Sid" => draft.sid = Some(of(member, |value| self.sid(value))?),
            "Effect" => draft.effect = Some(of(member, effect)?),
            "Principal" | "NotPrincipal" if !self.kind.has_principal() => {
                let reason = format!("{} must not have `{}`", self.kind.as_str(), member.key);
                return Err(Refusal::new(member.at, reason).under(&member.key));
            }
            "Principal" => draft.set_principal(member, PrincipalBlock::Principal)?,
            "NotPrincipal" => draft.set_principal(member, PrincipalBlock::NotPrincipal)?,
            "Action" => draft.set_action(member, ActionBlock::Action)?,
            "NotAction" => draft.set_action(member, ActionBlock::NotAction)?,
            "Resource" | "NotResource" if self.kind == DocumentKind::Trust => {
                let reason =
                    format!("a trust policy must not have `{}`: the role it belongs to is meant", member.key);
                return Err(Refusal::new(member.at, reason).under(&member.key));
            }
            "Resource" => draft.set_resource(member, self.kind, ResourceBlock::Resource)?,
            "NotResource" => draft.set_resource(member, self.kind, ResourceBlock::NotResource)?,
            "Condition" => draft.condition = of(member, conditions)?,
            key => {
                let known = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
                return Err(unknown_key(member, key, &known));
            }
        }
        Ok(())
    }

    fn sid(&self, value: &Value) -> Parsed<String> {
        let text = string(value)?;
        if self.kind.has_plain_sids() && !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let reason =
                format!("the Sid `{text}` may have only letters and digits in {}", self.kind.as_str());
            return refuse(value.at, reason);
        }
        Ok(text.to_owned())
    }
}

/// A statement that is being read.
#[derive(Default)]
struct Draft {
    sid: Option<String>,
    effect: Option<Effect>,
    principal: Option<PrincipalBlock>,
    action: Option<ActionBlock>,
    resource: Option<ResourceBlock>,
    condition: Conditions,
}

impl Draft {
    fn set_principal(&mut self, member: &Member, block: fn(PrincipalSet) -> PrincipalBlock) -> Parsed<()> {
        only_one(member, self.principal.is_some(), "Principal")?;
        self.principal = Some(block(of(member, principal_set)?));
        Ok(())
    }

    fn set_action(&mut self, member: &Member, block: fn(Vec<ActionPattern>) -> ActionBlock) -> Parsed<()> {
        only_one(member, self.action.is_some(), "Action")?;
        self.action = Some(block(of(member, |value| list_of(value, action))?));
        Ok(())
    }

    fn set_resource(
        &mut self,
        member: &Member,
        kind: DocumentKind,
        block: fn(Vec<ResourcePattern>) -> ResourceBlock,
    ) -> Parsed<()> {
        only_one(member, self.resource.is_some(), "Resource")?;
        self.resource = Some(block(of(member, |value| list_of(value, |value| resource(value, kind)))?));
        Ok(())
    }
}

fn only_one(member: &Member, already: bool, name: &str) -> Parsed<()> {
    if already {
        let reason = format!("a statement has either `{name}` or `Not{name}`, not both");
        return Err(Refusal::new(member.at, reason).under(&member.key));
    }
    Ok(())
}

fn unknown_key(member: &Member, key: &str, known: &[&str]) -> Refusal {
    let close = known.iter().find(|known| known.eq_ignore_ascii_case(key));
    let hint = match close {
        Some(close) => format!("; did you mean `{close}`?"),
        None => format!("; known are {}", known.join(", ")),
    };
    Refusal::new(member.at, format!("unknown element `{key}`{hint}")).under(key)
}

fn string(value: &Value) -> Parsed<&str> {
    match &value.kind {
        Kind::String(text) => Ok(text),
        _ => refuse(value.at, format!("expected a string, found {}", value.describe())),
    }
}

/// One value, or a list of at least one.
fn list_of<T>(value: &Value, read: impl Fn(&Value) -> Parsed<T>) -> Parsed<Vec<T>> {
    let Kind::Array(list) = &value.kind else { return Ok(vec![read(value)?]) };
    if list.is_empty() {
        return refuse(value.at, "the list is empty; it needs at least one value");
    }
    let mut all = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        all.push(read(value).map_err(|refusal| refusal.under(&index.to_string()))?);
    }
    Ok(all)
}

fn version(value: &Value) -> Parsed<Version> {
    match string(value)? {
        "2012-10-17" => Ok(Version::V2012_10_17),
        "2008-10-17" => Ok(Version::V2008_10_17),
        other => refuse(value.at, format!("unknown version `{other}`; write `2012-10-17`")),
    }
}

fn effect(value: &Value) -> Parsed<Effect> {
    match string(value)? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => refuse(value.at, format!("unknown effect `{other}`; write `Allow` or `Deny`, exactly so")),
    }
}

fn action(value: &Value) -> Parsed<ActionPattern> {
    let text = string(value)?;
    match check_action(text) {
        Ok(()) => Ok(ActionPattern::new(text)),
        Err(reason) => refuse(value.at, reason),
    }
}

fn check_action(text: &str) -> Result<(), String> {
    if text == "*" {
        return Ok(());
    }
    let Some((vendor, name)) = text.split_once(':') else {
        return Err(format!("the action `{text}` must begin with a service: `s3:GetObject`, or be `*`"));
    };
    let literal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if vendor.is_empty() || !vendor.bytes().all(literal) {
        return Err(format!(
            "the service `{vendor}` of the action `{text}` must be a plain name without wildcards"
        ));
    }
    if name.contains(':') {
        return Err(format!("the action `{text}` can contain only one colon"));
    }
    if name.is_empty() || !name.chars().all(|character| character.is_ascii_graphic()) {
        return Err(format!("the action `{text}` has no valid name behind the colon"));
    }
    Ok(())
}

fn resource(value: &Value, kind: DocumentKind) -> Parsed<ResourcePattern> {
    let text = string(value)?;
    match check_resource(text, kind) {
        Ok(()) => Ok(ResourcePattern::new(text)),
        Err(reason) => refuse(value.at, reason),
    }
}

fn check_resource(text: &str, kind: DocumentKind) -> Result<(), String> {
    if text == "*" {
        return Ok(());
    }
    let mut parts = text.splitn(6, ':');
    let (head, partition, service) = (parts.next(), parts.next(), parts.next());
    let (Some("arn"), Some(partition)) = (head, partition) else {
        return Err(format!("the resource `{text}` must be an ARN or `*`"));
    };
    let in_partition = |character: char| character.is_ascii_alphanumeric() || "-*?".contains(character);
    if partition.is_empty() || !partition.chars().all(in_partition) {
        return Err(format!(
            "the partition `{partition}` of the resource `{text}` is not valid; most are `aws`"
        ));
    }
    if service.is_none_or(str::is_empty) {
        return Err(format!("the resource `{text}` must name a service: `arn:aws:s3:::bucket`"));
    }
    if kind == DocumentKind::Session && parts.count() < 3 {
        return Err(format!(
            "the resource `{text}` has fewer than six parts, which a session policy must not"
        ));
    }
    Ok(())
}

fn principal_set(value: &Value) -> Parsed<PrincipalSet> {
    let members = match &value.kind {
        Kind::String(text) if text == "*" => return Ok(PrincipalSet::Everyone),
        Kind::Object(members) if !members.is_empty() => members,
        _ => return refuse(value.at, "expected `\"*\"` or an object such as `{\"AWS\": \"arn:…\"}`"),
    };
    let mut kinds = Vec::with_capacity(members.len());
    for member in members {
        let Some(kind) = PrincipalKind::ALL.into_iter().find(|kind| kind.as_str() == member.key) else {
            return Err(unknown_key(member, &member.key, &PrincipalKind::ALL.map(PrincipalKind::as_str)));
        };
        kinds.push((kind, of(member, |value| list_of(value, |value| Ok(string(value)?.to_owned())))?));
    }
    Ok(PrincipalSet::ByKind(kinds))
}

fn conditions(value: &Value) -> Parsed<Conditions> {
    let mut conditions = Conditions::new();
    for member in object(value)? {
        let operator = match Operator::parse(&member.key) {
            Ok(operator) => operator,
            Err(error) => return Err(Refusal::new(member.at, error.to_string()).under(&member.key)),
        };
        of(member, |value| {
            for member in object(value)? {
                conditions.push(of(member, |value| condition(operator, member, value))?);
            }
            Ok(())
        })?;
    }
    Ok(conditions)
}

fn object(value: &Value) -> Parsed<&[Member]> {
    match &value.kind {
        Kind::Object(members) => Ok(members),
        _ => refuse(value.at, format!("expected an object, found {}", value.describe())),
    }
}

fn condition(operator: Operator, member: &Member, value: &Value) -> Parsed<Condition> {
    if member.key.is_empty() {
        return refuse(member.at, "a condition key cannot be empty");
    }
    let read = |value: &Value| condition_value(operator, value);
    let values = match &value.kind {
        Kind::Array(list) if list.is_empty() => Vec::new(),
        _ => list_of(value, read)?,
    };
    Ok(Condition { operator, key: member.key.clone(), values })
}

/// "Quotation marks are optional for numeric and Boolean values."
fn condition_value(operator: Operator, value: &Value) -> Parsed<String> {
    let text = match &value.kind {
        Kind::String(text) | Kind::Number(text) => text.clone(),
        Kind::Bool(truth) => truth.to_string(),
        _ => {
            return refuse(
                value.at,
                format!("expected a string, number or boolean, found {}", value.describe()),
            );
        }
    };
    let is_date = operator.base.as_str().starts_with("Date");
    if is_date && Timestamp::parse(&text).is_none() {
        return refuse(value.at, format!("`{text}` is not a date; write `2026-10-01T00:00:00Z`"));
    }
    Ok(text)
}
