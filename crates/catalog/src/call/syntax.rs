//! The rule language: lines of text become typed rules, with the file and line of whatever is wrong.
//!
//! `docs/mapping.md` explains the language to contributors; this module is its definition.

use super::rules::ErrorClass;
use leastwise_policy::glob::Glob;
use std::sync::Arc;

/// A path into a call's parameters: `instancesSet.items[].instanceId`. Names are compared without case, since
/// services differ in theirs; an array on the way stands for each of its elements.
///
/// Newer EC2 calls wrap: `{"CreateNatGatewayRequest": {"SubnetId": {"tag": 1, "content": "subnet-1"}}}` is looked
/// up like `{"SubnetId": "subnet-1"}`.
///
/// Behind `@additionalEventData.` it leads into what CloudTrail writes beside the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    part: Part,
    text: bool,
    steps: Box<[Step]>,
}

/// The part of a record that a path leads into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `requestParameters`.
    Request,
    /// `additionalEventData`, of which a request itself knows nothing.
    Additional,
}

/// What stands before a path into `additionalEventData`.
const ADDITIONAL: &str = "@additionalEventData.";

/// The step that stands for any number of members.
const ANY: &str = "**";

/// One name on the way, and which elements behind it are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The member, or `**`: any number of members, whatever they are called.
    pub name: Box<str>,
    /// Only elements in which this member has this value: `items[operation=Put]`. Without a value, those without it:
    /// `entries[eventBusName=]`; with `*`, those that have it: `object[versionId=*]`.
    pub filter: Option<(Box<str>, Box<str>)>,
}

impl Path {
    /// The names on the way, from the outermost.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The part of a record that it leads into.
    pub fn part(&self) -> Part {
        self.part
    }

    /// Whether what it leads to is free text, such as a key of S3, and is taken as it stands.
    pub fn is_text(&self) -> bool {
        self.text
    }

    pub(super) fn parse(text: &str) -> Path {
        let (part, text) = match text.strip_prefix(ADDITIONAL) {
            Some(rest) => (Part::Additional, rest),
            None => (Part::Request, text),
        };
        Path { part, text: false, steps: text.split('.').map(Step::parse).collect() }
    }

    /// Whether a call that has only this member may wrap its parameters in it.
    pub fn is_wrapper(member: &[u8]) -> bool {
        member.ends_with(b"Request") || member.ends_with(b"Req")
    }
}

impl Step {
    /// Whether it stands for any number of members.
    pub fn is_any(&self) -> bool {
        *self.name == *ANY
    }

    fn parse(text: &str) -> Step {
        let (name, filter) = text.split_once('[').unwrap_or((text, ""));
        let filter = filter.trim_end_matches(']').split_once('=');
        Step { name: name.into(), filter: filter.map(|(member, value)| (member.into(), value.into())) }
    }
}

/// What is done to a parameter's value before it becomes part of an ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Transform {
    /// The text after the last `/`.
    LastSlash,
    /// The text after the last `:`.
    LastColon,
    /// The text before the first `/`.
    FirstSlash,
    /// The text before the first `:`.
    FirstColon,
    /// An S3 copy source as `bucket/key`.
    S3Path,
    /// A Lambda function's name, from a name, a partial or whole ARN.
    Lambda,
    /// A role's name with its path, from a name or an ARN.
    Role,
    /// The value when it looks like an EC2 id, else `*`: that is how AWS authorises a malformed id.
    Id,
    /// In lower case.
    Lower,
    /// Without white space at both ends.
    Trim,
    /// The text after the first `.`: a model's id behind the region prefix of an inference profile.
    AfterDot,
    /// The text after the first of these: a bus's name, slashes and all, out of its ARN. Without it the whole.
    After(Box<str>),
    /// The text before the last `:`: an ARN without its qualifier.
    Init,
    /// The text before the last `/`: what something is in.
    InitSlash,
    /// The text between the last `/` and the `:` behind it.
    Between,
    /// The text before the first `|`: the ARN in a shard iterator.
    BeforePipe,
    /// A KMS key's id, from an id or a key ARN; nothing for an alias, which names no key.
    Key,
    /// A log group's name, from a name or an ARN.
    LogGroup,
    /// A parameter's name without its leading slash, from a name or an ARN.
    Parameter,
    /// The value with this pattern behind it: AWS puts six random characters behind a secret's name. A whole ARN
    /// stays as it is.
    Append(Box<str>),
    /// The value, a whole ARN too, with this pattern behind it: a log group's ARN ends in `:*` in policies.
    Suffix(Box<str>),
    /// The value when it fits the pattern, else nothing.
    Only(Glob),
    /// The value unless it fits the pattern.
    Not(Glob),
    /// The value as it stands, which is free text: an ARN or a `*` in it is only how the thing is called.
    Text,
    /// The id of the account in an id, an ARN or a URL.
    Account,
    /// The name of a Glue catalog in its id.
    Catalog,
    /// A Lambda function's name with its version or alias, if it has one, from a name or a partial ARN.
    Qualified,
    /// An ARN, without what stands behind the name: a state machine's version or alias.
    Unqualified,
    /// The text before the last `-`.
    InitDash,
    /// What a PartiQL statement with this verb is about: a table, or `table/index/name`. Nothing for another verb.
    Partiql(Box<str>),
}

/// Where a value comes from: a parameter as a rule, or what the record says beside it, and what is done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) origin: Origin,
    pub(super) path: Path,
    pub(super) transforms: Box<[Transform]>,
}

/// What a source's value is looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The part of the record that the path leads into, which is the call's parameters as a rule.
    Parameters,
    /// The calling user's ARN: `@caller`.
    Caller,
    /// The code of the error that the call came to: `@error`, which a condition may compare.
    Error,
    /// Whether the caller's session has a source identity: `@sourceIdentity`, which a condition may ask for.
    SourceIdentity,
    /// The ARNs that the log itself names for the call: `@resources`; of several the first, `@first`, or the last, `@last`,
    /// and neither where there is but one.
    Log(Which),
    /// What the variable is in an ARN that the log names, of something that the resource is within, where the call says
    /// nothing of it: `@within`.
    Within,
}

/// Which of the ARNs that a log names are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    First,
    Last,
}

impl Origin {
    pub(super) fn is_log(self) -> bool {
        matches!(self, Origin::Log(_))
    }

    /// Whether it is the first or the last of the ARNs that the log names.
    pub(super) fn is_one_of_log(self) -> bool {
        matches!(self, Origin::Log(Which::First | Which::Last))
    }
}

impl Source {
    /// Whether its values are free text, which names nothing but itself.
    pub(super) fn is_text(&self) -> bool {
        self.transforms.contains(&Transform::Text)
    }
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplatePiece {
    Literal(Box<str>),
    Partition,
    Region,
    Account,
    /// The operation's name.
    Event,
    Parameter(Source),
}

/// Text with values in it: `arn:${Partition}:s3:::${x-amz-copy-source|s3path}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(pub(super) Box<[TemplatePiece]>);

/// One test of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) negated: bool,
    pub(super) source: Source,
    pub(super) test: Test,
}

/// What is asked of a parameter's values; one value that fits is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Has,
    Equals(Box<str>),
    Like(Glob),
}

/// A resource type that a rule names, with bindings of its own: ARN variable and source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChosenType {
    pub(super) name: Arc<str>,
    pub(super) bindings: Vec<(Arc<str>, Source)>,
}

/// Which resources a rule's action is needed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ResourceSpec {
    /// Those that the catalogue says, bound from the parameters.
    Default,
    /// Only these types of the catalogue.
    Types(Vec<ChosenType>),
    /// `*`.
    Any,
    /// The parameter is the ARN.
    Value(Source),
    /// An ARN built from parameters.
    Template(Template),
}

/// An action that a call needs, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NeedRule {
    /// `s3:GetObject`, as the catalogue spells it.
    pub(super) action: Arc<str>,
    pub(super) resource: ResourceSpec,
    pub(super) when: Vec<Condition>,
    pub(super) with: Vec<(Arc<str>, Template)>,
    /// The call may have needed it: what would tell is not in the log.
    pub(super) maybe: bool,
}

/// One line of a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    /// Event source label → IAM prefixes.
    Source { label: Arc<str>, prefixes: Vec<Arc<str>> },
    /// Replaces the default; `None`: the call needs no permission.
    Event { label: Arc<str>, event: Arc<str>, need: Option<NeedRule> },
    /// Comes on top of the default or the `event` rules.
    Also { label: Arc<str>, event: Arc<str>, need: NeedRule },
    /// Parameter → ARN variable.
    Bind { prefix: Arc<str>, resource_type: Arc<str>, variable: Arc<str>, sources: Vec<Source> },
    /// Which optional types stand in when nothing is bound.
    Primary { prefix: Arc<str>, types: Vec<Arc<str>> },
    /// Nobody's API call.
    Ignore { label: Arc<str>, event: Arc<str> },
    /// In this partition the key may have another value than the rules say.
    Unsure { partition: Arc<str>, key: Arc<str>, value: Arc<str> },
    /// What an error code says about the permission.
    Outcome { class: ErrorClass, code: Arc<str> },
}

/// A line that is not a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleError {
    /// The file.
    pub(super) file: String,
    /// The line, from 1.
    pub(super) line: usize,
    /// What is wrong.
    pub(super) reason: String,
}

impl std::fmt::Display for RuleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

impl std::error::Error for RuleError {}

/// The words of a line, up to a comment. A line that has none is no rule.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_ascii_whitespace().take_while(|word| !word.starts_with('#'))
}

/// Parses a line that has words.
pub(super) fn rule(line: &str) -> Result<Rule, String> {
    let words: Vec<&str> = words(line).collect();
    Ok(match &*words {
        ["source", label, prefixes @ ..] if !prefixes.is_empty() => {
            Rule::Source { label: (*label).into(), prefixes: prefixes.iter().map(|&p| p.into()).collect() }
        }
        ["event", label, event, "=", "none"] => {
            Rule::Event { label: (*label).into(), event: (*event).into(), need: None }
        }
        ["event", label, event, "=", action, rest @ ..] => {
            Rule::Event { label: (*label).into(), event: (*event).into(), need: Some(need(action, rest)?) }
        }
        ["also", label, event, "+", action, rest @ ..] => {
            Rule::Also { label: (*label).into(), event: (*event).into(), need: need(action, rest)? }
        }
        [kind @ ("event" | "also"), label, event, "?", action, rest @ ..] => {
            let need = NeedRule { maybe: true, ..need(action, rest)? };
            let (label, event) = ((*label).into(), (*event).into());
            if *kind == "also" {
                Rule::Also { label, event, need }
            } else {
                Rule::Event { label, event, need: Some(need) }
            }
        }
        ["bind", prefix, resource_type, variable, "<-", sources @ ..] if !sources.is_empty() => Rule::Bind {
            prefix: (*prefix).into(),
            resource_type: (*resource_type).into(),
            variable: (*variable).into(),
            sources: sources.iter().map(|text| source(text)).collect::<Result<_, _>>()?,
        },
        ["primary", prefix, types @ ..] if !types.is_empty() => {
            Rule::Primary { prefix: (*prefix).into(), types: types.iter().map(|&t| t.into()).collect() }
        }
        ["ignore", label, event] => Rule::Ignore { label: (*label).into(), event: (*event).into() },
        ["unsure", partition, pair] => {
            let (key, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not `key=value`"))?;
            Rule::Unsure { partition: (*partition).into(), key: key.into(), value: value.into() }
        }
        ["outcome", class, code] => Rule::Outcome { class: error_class(class)?, code: (*code).into() },
        _ => return Err(format!("not a rule: `{}`", words.join(" "))),
    })
}

fn error_class(text: &str) -> Result<ErrorClass, String> {
    Ok(match text {
        "denied" => ErrorClass::Denied,
        "unknown" => ErrorClass::Unknown,
        "authorised" => ErrorClass::Authorised,
        _ => return Err(format!("an outcome is `denied`, `unknown` or `authorised`, not `{text}`")),
    })
}

fn need(action: &str, mut rest: &[&str]) -> Result<NeedRule, String> {
    let mut need = NeedRule {
        action: action.into(),
        resource: ResourceSpec::Default,
        when: Vec::new(),
        with: Vec::new(),
        maybe: false,
    };
    if let Some((first, others)) = rest.split_first()
        && !matches!(*first, "when" | "with")
    {
        need.resource = resource(first)?;
        rest = others;
    }
    while let Some((word, others)) = rest.split_first() {
        let (value, others) =
            others.split_first().ok_or_else(|| format!("`{word}` stands without a value"))?;
        match *word {
            "when" => {
                for text in value.split('&') {
                    need.when.push(condition(text)?);
                }
            }
            "with" => {
                let (key, value) =
                    value.split_once('=').ok_or_else(|| format!("`{value}` is not `key=value`"))?;
                need.with.push((key.into(), template(value)?));
            }
            _ => return Err(format!("expected `when` or `with`, found `{word}`")),
        }
        rest = others;
    }
    Ok(need)
}

fn resource(text: &str) -> Result<ResourceSpec, String> {
    if text == "*" {
        return Ok(ResourceSpec::Any);
    }
    if let Some(path) = text.strip_prefix('=') {
        return Ok(ResourceSpec::Value(source(path)?));
    }
    if text.starts_with("arn:") || text.starts_with("${") {
        return Ok(ResourceSpec::Template(template(text)?));
    }
    let Some(mut rest) = text.strip_prefix('@') else {
        return Err(format!("`{text}` is not a resource: `@type`, `=path`, `*` or an ARN"));
    };
    let mut types = Vec::new();
    while !rest.is_empty() {
        let end = rest.find([',', '(']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let mut bindings = Vec::new();
        rest = after;
        if let Some(inside) = after.strip_prefix('(') {
            let (inside, after) = inside.split_once(')').ok_or_else(|| format!("`{text}`: no `)`"))?;
            for pair in inside.split(',') {
                let (variable, from) =
                    pair.split_once('=').ok_or_else(|| format!("`{pair}` is not `Variable=path`"))?;
                bindings.push((variable.into(), source(from)?));
            }
            rest = after;
        }
        types.push(ChosenType { name: name.into(), bindings });
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    Ok(ResourceSpec::Types(types))
}

fn condition(text: &str) -> Result<Condition, String> {
    let (negated, text) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if let Some(path) = text.strip_prefix("has(").and_then(|rest| rest.strip_suffix(')')) {
        return Ok(Condition { negated, source: source(path)?, test: Test::Has });
    }
    let at = operator(text).ok_or_else(|| format!("`{text}` is not a condition"))?;
    let (path, inverted) = match text[..at].strip_suffix('!') {
        Some(path) => (path, true),
        None => (&text[..at], false),
    };
    let value: Box<str> = text[at + 1..].into();
    let test = if text.as_bytes()[at] == b'=' { Test::Equals(value) } else { Test::Like(Glob::new(&value)) };
    let source = source(path)?;
    if source.origin == Origin::Error && !matches!(test, Test::Equals(_)) {
        return Err(format!("`{text}`: an error is compared by `=`"));
    }
    if source.origin == Origin::SourceIdentity {
        return Err(format!("`{text}`: a source identity is asked for by `has(@sourceIdentity)`"));
    }
    Ok(Condition { negated: negated != inverted, source, test })
}

/// Where the operator of a condition is: what stands in brackets is a filter's own.
fn operator(text: &str) -> Option<usize> {
    let mut inside = false;
    text.find(|one: char| {
        inside = if inside { one != ']' } else { one == '[' };
        !inside && matches!(one, '=' | '~')
    })
}

fn source(text: &str) -> Result<Source, String> {
    let mut parts = text.split('|');
    let path = Path::parse(parts.next().unwrap_or_default());
    let transforms: Box<[Transform]> = parts
        .map(|name| {
            Ok(match name {
                "last/" => Transform::LastSlash,
                "last:" => Transform::LastColon,
                "first/" => Transform::FirstSlash,
                "first:" => Transform::FirstColon,
                "s3path" => Transform::S3Path,
                "lambda" => Transform::Lambda,
                "role" => Transform::Role,
                "id" => Transform::Id,
                "lower" => Transform::Lower,
                "trim" => Transform::Trim,
                "after." => Transform::AfterDot,
                "init:" => Transform::Init,
                "init/" => Transform::InitSlash,
                "between/:" => Transform::Between,
                "pipe" => Transform::BeforePipe,
                "key" => Transform::Key,
                "loggroup" => Transform::LogGroup,
                "parameter" => Transform::Parameter,
                "text" => Transform::Text,
                "account" => Transform::Account,
                "catalog" => Transform::Catalog,
                "qualified" => Transform::Qualified,
                "unqualified" => Transform::Unqualified,
                "init-" => Transform::InitDash,
                _ => match name.split_once(':') {
                    Some(("after", text)) => Transform::After(text.into()),
                    Some(("append", pattern)) => Transform::Append(pattern.into()),
                    Some(("suffix", pattern)) => Transform::Suffix(pattern.into()),
                    Some(("partiql", verb)) => Transform::Partiql(verb.into()),
                    Some(("only", pattern)) => Transform::Only(Glob::new(pattern)),
                    Some(("not", pattern)) => Transform::Not(Glob::new(pattern)),
                    _ => return Err(format!("unknown transform `{name}`")),
                },
            })
        })
        .collect::<Result<_, String>>()?;
    // A plan says which of the outermost members it looks at, and something is looked for.
    if let [first, .., last] | [first @ last] = path.steps()
        && (first.is_any() || last.is_any())
    {
        return Err(format!("`{text}`: `**` stands between two names"));
    }
    if path.steps().iter().any(|step| step.is_any() && step.filter.is_some()) {
        return Err(format!("`{text}`: `**` takes no filter"));
    }
    let origin = match path.steps() {
        [Step { name, .. }] if **name == *"@caller" => Origin::Caller,
        [Step { name, .. }] if **name == *"@error" => Origin::Error,
        [Step { name, .. }] if **name == *"@sourceIdentity" => Origin::SourceIdentity,
        [Step { name, .. }] if **name == *"@resources" => Origin::Log(Which::All),
        [Step { name, .. }] if **name == *"@first" => Origin::Log(Which::First),
        [Step { name, .. }] if **name == *"@last" => Origin::Log(Which::Last),
        [Step { name, .. }] if **name == *"@within" => Origin::Within,
        [Step { name, .. }, ..] if name.starts_with('@') => return Err(format!("unknown source `{text}`")),
        _ => Origin::Parameters,
    };
    let path = Path { text: transforms.contains(&Transform::Text), ..path };
    Ok(Source { origin, path, transforms })
}

pub(super) fn template(text: &str) -> Result<Template, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if start > 0 {
            pieces.push(TemplatePiece::Literal(rest[..start].into()));
        }
        let end = rest[start..].find('}').ok_or_else(|| format!("`{text}`: `${{` without `}}`"))? + start;
        pieces.push(match &rest[start + 2..end] {
            "Partition" => TemplatePiece::Partition,
            "Region" => TemplatePiece::Region,
            "Account" => TemplatePiece::Account,
            "@event" => TemplatePiece::Event,
            path => TemplatePiece::Parameter(source(path)?),
        });
        rest = &rest[end + 1..];
    }
    if !rest.is_empty() {
        pieces.push(TemplatePiece::Literal(rest.into()));
    }
    Ok(Template(pieces.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_of_a_condition_is_not_in_a_filter() {
        let filtered = condition("targets[key=InstanceIds].values[]!~i-*").unwrap();
        let first = &filtered.source.path.steps()[0];
        assert_eq!(first.filter, Some(("key".into(), "InstanceIds".into())));
        assert!(filtered.negated && matches!(filtered.test, Test::Like(_)));
        assert!(condition("targets[key=InstanceIds].values[]").is_err());
    }

    #[test]
    fn any_number_of_members_stands_between_two_names() {
        assert!(source("rules.**.aRN").unwrap().path.steps()[1].is_any());
        for wrong in ["**", "**.aRN", "rules.**", "rules.**[a=b].aRN"] {
            assert!(source(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_path_says_which_part_of_the_record_it_leads_into() {
        let beside = condition("@additionalEventData.callWithBearerToken=true").unwrap().source;
        assert_eq!((beside.path.part(), beside.origin), (Part::Additional, Origin::Parameters));
        assert_eq!(&*beside.path.steps()[0].name, "callWithBearerToken");
        let asked = condition("additionalEventData.callWithBearerToken=true").unwrap().source.path;
        assert_eq!((asked.part(), asked.steps().len()), (Part::Request, 2));
        for wrong in
            ["has(@additionalEventData)", "has(@additionalData.name)", "@callers=x", "@sourceIdentity=x"]
        {
            assert!(condition(wrong).is_err(), "{wrong}");
        }
    }
}
