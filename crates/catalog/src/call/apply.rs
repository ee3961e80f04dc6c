//! Applies a plan to one call: looks up the parameters and says which action is needed on which resource.

use super::plan::{Plan, PlannedKey, PlannedNeed, PlannedResource, Role};
use super::reads::Asked;
use super::resource::{apply_types, apply_value};
use super::syntax::{Condition, Origin, Path, Source, Template, TemplatePiece, Test, Transform, Which};
use super::transform::{self, escape};
use std::borrow::Cow;
use std::sync::Arc;

/// The most resources of one type that one call gives; a batch of 1,000 S3 keys fits.
pub(super) const MAX_VALUES: usize = 1_000;

/// A call's parameters, as a log record or a wire request holds them, and what the record says beside them, which a wire
/// request does not; a path says which it leads into.
pub trait Parameters {
    /// Calls `found` with every scalar that `path` leads to, as text.
    fn each(&self, path: &Path, found: &mut dyn FnMut(&str));
    /// Whether `path` leads to anything but null, an empty object or an empty array.
    fn has(&self, path: &Path) -> bool;
    /// Calls `found` with every ARN that the log itself names for the call; a wire request names none.
    fn resources(&self, found: &mut dyn FnMut(&str)) {
        let _ = found;
    }
}

/// Where a call was made: what the predefined variables stand for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: &'a str,
    /// `eu-west-1`.
    pub region: &'a str,
    /// The account of the resources.
    pub account: &'a str,
    /// The operation's name.
    pub event: &'a str,
    /// The ARN of the caller when that is an IAM user, else nothing: some calls of users are about themselves.
    pub caller: &'a str,
    /// Whether the caller's session has a source identity, which the sessions that it begins inherit.
    pub source_identity: bool,
    /// The code of the error that the call came to, when it came to one.
    pub error: &'a str,
}

/// How exactly a resource is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Known {
    /// An ARN, to be taken literally: a `*` in it is a `*`. Or `*` for an action that knows no resources.
    Exact,
    /// The same, but that the call gives the name alone of a thing whose ARN holds a path: it is written as if it had
    /// none.
    Named,
    /// An ARN pattern, with `*` where the call does not say (or where AWS authorises the type as a whole);
    /// literal wildcards are written `${*}`, `${?}`, `${$}`.
    Pattern,
    /// Nothing is known; the text is `*`.
    Nothing,
}

/// One permission that a call needs.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// Which of the plan's needs this is.
    pub index: usize,
    /// The action, as the catalogue spells it.
    pub action: &'a Arc<str>,
    /// The resource.
    pub resource: &'a str,
    /// How exactly it is known.
    pub known: Known,
    /// Condition keys with the value that the request has.
    pub context: &'a [(Arc<str>, String)],
}

/// Buffers that are used again from call to call.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Values of variables, one after another.
    pub(super) values: String,
    /// For each variable: its values as ranges of `values`.
    pub(super) ranges: Vec<Vec<Range>>,
    /// Which value each variable has at the moment.
    pub(super) odometer: Vec<usize>,
    pub(super) arn: String,
    /// The account that the parameters say the resource is of, or nothing.
    pub(super) account: String,
    pub(super) context: Vec<(Arc<str>, String)>,
    pub(super) asked: Vec<Asked>,
    /// Whether a variable of the type at hand was looked for among the ARNs that the log names.
    pub(super) consulted: bool,
}

impl Scratch {
    /// The types for which the last call's parameters gave nothing, so that the ARNs that the log names were looked
    /// through.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }
}

/// A value in [`Scratch::values`]; `pattern`: it is one, not literal text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) pattern: bool,
    /// It is the name alone of a thing whose ARN holds a path.
    pub(super) named: bool,
    /// How much of the values behind it says where its resource is, as [`Home`] writes it: region and account.
    pub(super) home: Option<(usize, usize)>,
}

/// Where an ARN of a service says that its resource is, which is where what is within that resource is, too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home<'a> {
    pub(super) region: &'a str,
    pub(super) account: &'a str,
}

impl<'a> Home<'a> {
    /// `None` for what is no ARN, an ARN of another service, and one without an account.
    pub(super) fn of(value: &'a str, service: &str) -> Option<Home<'a>> {
        let mut fields = value.strip_prefix("arn:")?.split(':');
        let (_partition, own) = (fields.next()?, fields.next()?);
        let home = Home { region: fields.next()?, account: fields.next()? };
        (own == service && !home.account.is_empty()).then_some(home)
    }
}

impl Plan {
    /// Says what one call needs. Nothing is said for a plan that is not [`Plan::Needs`].
    pub fn apply(
        &self,
        parameters: &dyn Parameters,
        scope: &Scope<'_>,
        scratch: &mut Scratch,
        sink: &mut dyn FnMut(Need<'_>),
    ) {
        let Plan::Needs(needs) = self else { return };
        scratch.asked.clear();
        let mut replaced = false;
        for (index, need) in needs.iter().enumerate() {
            let due = match need.role {
                Role::Otherwise => !replaced,
                Role::Main | Role::Also => {
                    need.when.iter().all(|condition| holds(condition, parameters, scope))
                }
            };
            if due {
                replaced |= need.role == Role::Main;
                need.apply(index, parameters, scope, scratch, sink);
            }
        }
    }
}

fn holds(condition: &Condition, parameters: &dyn Parameters, scope: &Scope<'_>) -> bool {
    let mut found = false;
    match &condition.test {
        Test::Equals(code) if condition.source.origin == Origin::Error => found = scope.error == &**code,
        Test::Has if condition.source.origin == Origin::SourceIdentity => found = scope.source_identity,
        Test::Has => found = parameters.has(&condition.source.path),
        Test::Equals(text) => each_value(&condition.source, parameters, &mut |value| {
            found |= value.eq_ignore_ascii_case(text);
        }),
        Test::Like(pattern) => each_value(&condition.source, parameters, &mut |value| {
            found |= pattern.matches(value);
        }),
    }
    found != condition.negated
}

/// Where the resources of one need go.
pub(super) struct Out<'a, 's> {
    pub(super) index: usize,
    action: &'a Arc<str>,
    context: &'a [(Arc<str>, String)],
    sink: &'s mut dyn FnMut(Need<'_>),
    pub(super) said: usize,
}

impl Out<'_, '_> {
    pub(super) fn say(&mut self, resource: &str, known: Known) {
        if self.said < MAX_VALUES {
            let (index, action, context) = (self.index, self.action, self.context);
            (self.sink)(Need { index, action, resource, known, context });
            self.said += 1;
        }
    }
}

impl PlannedNeed {
    fn apply(
        &self,
        index: usize,
        parameters: &dyn Parameters,
        scope: &Scope<'_>,
        scratch: &mut Scratch,
        sink: &mut dyn FnMut(Need<'_>),
    ) {
        let mut context = std::mem::take(&mut scratch.context);
        context.clear();
        for PlannedKey { key, value: template, unsure } in &self.with {
            if unsure.iter().any(|partition| **partition == *scope.partition) {
                continue;
            }
            let mut value = String::new();
            if template.is_literal() || render(template, None, parameters, scope, &mut value) {
                if let ([TemplatePiece::Literal(text)], true) = (&*template.0, value.is_empty()) {
                    value.push_str(text);
                }
                context.push((key.clone(), value));
            }
        }
        let mut out = Out { index, action: &self.action, context: &context, sink, said: 0 };
        match &self.resource {
            PlannedResource::Any => out.say("*", Known::Exact),
            PlannedResource::Types { types, fallback } => {
                apply_types(types, fallback, parameters, scope, scratch, &mut out);
            }
            PlannedResource::Template(template) => apply_template(template, parameters, scope, &mut out),
            PlannedResource::Value { source, types } => {
                apply_value((source, types, self.role), parameters, scope, scratch, &mut out);
            }
        }
        scratch.context = context;
    }
}

/// Renders a template once, or once for each value of its first parameter when that has several.
fn apply_template(
    template: &Template,
    parameters: &dyn Parameters,
    scope: &Scope<'_>,
    out: &mut Out<'_, '_>,
) {
    let mut seen = false;
    // Each value, and where it says that its resource is.
    let mut values: Vec<(String, Option<(String, String)>)> = Vec::new();
    let service = template.service();
    if let Some(source) = template.first_parameter() {
        parameters.each(&source.path, &mut |raw| {
            if is_hidden(source, raw) {
                return;
            }
            seen |= !raw.is_empty();
            let value = transformed(source, raw);
            if !value.is_empty() && values.len() < MAX_VALUES {
                let home =
                    Home::of(raw, service).map(|home| (home.region.to_owned(), home.account.to_owned()));
                values.push((value.into_owned(), home));
            }
        });
        if seen && values.is_empty() {
            // There are values, and the transforms dropped each of them: this rule is not about them.
            return;
        }
    }
    let mut first = values.iter();
    loop {
        let chosen = first.next();
        let mut arn = String::new();
        let home = chosen.and_then(|(_, home)| home.as_ref());
        let scope = &home.map_or(*scope, |(region, account)| Scope { region, account, ..*scope });
        let value = chosen.map(|(value, _)| value.as_str());
        let whole = render(template, value, parameters, scope, &mut arn);
        let exact = whole && value != Some("*") && !has_star(template);
        out.say(&arn, if exact { Known::Exact } else { Known::Pattern });
        if first.len() == 0 {
            return;
        }
    }
}

/// Whether a template's own text has a wildcard.
fn has_star(template: &Template) -> bool {
    template.0.iter().any(|piece| matches!(piece, TemplatePiece::Literal(text) if text.contains(['*', '?'])))
}

/// Renders a template, its first parameter as `first` when that is given; a parameter that is not there becomes
/// `*`, and the result is then `false`.
fn render(
    template: &Template,
    mut first: Option<&str>,
    parameters: &dyn Parameters,
    scope: &Scope<'_>,
    into: &mut String,
) -> bool {
    let mut whole = true;
    // In a pattern a `*` of a value is that character.
    let pattern = has_star(template);
    for piece in &template.0 {
        match piece {
            TemplatePiece::Literal(text) => into.push_str(text),
            TemplatePiece::Partition => into.push_str(scope.partition),
            TemplatePiece::Region => into.push_str(scope.region),
            TemplatePiece::Account => into.push_str(scope.account),
            TemplatePiece::Event => into.push_str(scope.event),
            TemplatePiece::Parameter(source) => {
                let before = into.len();
                match first.take() {
                    Some(value) => push(value, pattern, into),
                    None => first_value(source, parameters, |value| push(value, pattern, into)),
                }
                if into.len() == before {
                    into.push('*');
                    whole = false;
                }
            }
        }
    }
    whole
}

fn push(value: &str, pattern: bool, into: &mut String) {
    if pattern && value != "*" { escape(value, into) } else { into.push_str(value) }
}

/// Calls `found` with every value of a source, as it stands.
pub(super) fn each(
    source: &Source,
    parameters: &dyn Parameters,
    scope: &Scope<'_>,
    found: &mut dyn FnMut(&str),
) {
    match source.origin {
        Origin::Parameters => parameters.each(&source.path, found),
        Origin::Caller if scope.caller.is_empty() => {}
        Origin::Caller => found(scope.caller),
        // Only conditions ask for these, and the last is a part of an ARN.
        Origin::Error | Origin::SourceIdentity | Origin::Within => {}
        Origin::Log(Which::All) => parameters.resources(found),
        Origin::Log(which) => {
            // One alone does not say which it is.
            let (mut chosen, mut named) = (String::new(), 0);
            parameters.resources(&mut |arn| {
                if which == Which::Last || named == 0 {
                    chosen.replace_range(.., arn);
                }
                named += 1;
            });
            if named > 1 {
                found(&chosen);
            }
        }
    }
}

/// What services write instead of a value that they keep to themselves. Seen in events of most services, of Athena and
/// Chime, of EC2 (user data) and of Direct Connect; stars of any number stand for the same.
const HIDDEN: [&str; 4] = [
    "HIDDEN_DUE_TO_SECURITY_REASONS",
    "HIDDEN_FOR_SECURITY_REASONS",
    "<sensitiveDataRemoved>",
    "[PROTECTED]",
];

/// Whether a text is one that stands for a value that the log does not show.
fn is_veil(value: &str) -> bool {
    value.starts_with(['H', 'h', '<', '[']) && HIDDEN.iter().any(|one| value.eq_ignore_ascii_case(one))
}

/// Whether a text stands for a value that the log does not show: some words, or nothing but stars.
pub fn is_shown(value: &str) -> bool {
    !(is_veil(value) || value.len() > 1 && value.bytes().all(|byte| byte == b'*'))
}

/// Whether a value stands for one that the log does not show, which is then as good as not there. What reads statements
/// knows by itself what it can make of it.
pub(super) fn is_hidden(source: &Source, value: &str) -> bool {
    let is_veil = is_veil(value);
    if !(is_veil || value.starts_with('*')) {
        return false;
    }
    let is_starred = || value.len() > 1 && value.ends_with("**") && value.starts_with("**");
    let is_read = |one: &Transform| matches!(one, Transform::Partiql(_));
    (is_veil || !source.is_text() && is_starred()) && !source.transforms.iter().any(is_read)
}

/// Whether a value is a mere name: it is not empty, no ARN, no pattern, and shown.
pub fn is_plain(value: &str) -> bool {
    !(value.is_empty()
        || value.starts_with('*')
        || value.starts_with("arn:")
        || is_encoded(value)
        || is_veil(value))
}

/// Whether a value is an ARN as it stands in a path of a URL.
fn is_encoded(value: &str) -> bool {
    value.starts_with("arn%3") && value.as_bytes().get(5).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'a'))
}

/// A value as the call meant it. An ARN in the path of a URL is logged as it stood there, `arn%3Aaws%3Aiam…%2Fname`:
/// so do EKS (`principalArn`), MSK (`clusterArn`), MediaConnect (`flowArn`) and others.
pub fn decoded(value: &str) -> Cow<'_, str> {
    if !is_encoded(value) {
        return Cow::Borrowed(value);
    }
    let arn = transform::percent_decode(value);
    // What is no text of an ARN stays as it stands, and is then no ARN either.
    if arn.starts_with("arn:") && !arn.contains(char::is_control) {
        Cow::Owned(arn)
    } else {
        Cow::Borrowed(value)
    }
}

/// The value as the source's transforms leave it; nothing comes of nothing.
pub(super) fn transformed<'a>(source: &Source, value: &'a str) -> Cow<'a, str> {
    source.transforms.iter().fold(Cow::Borrowed(value), |value, one| {
        if value.is_empty() { value } else { transform::apply(one, value) }
    })
}

/// Calls `found` with every value of a source that its transforms leave.
fn each_value(source: &Source, parameters: &dyn Parameters, found: &mut dyn FnMut(&str)) {
    parameters.each(&source.path, &mut |value| {
        let value = transformed(source, value);
        if !value.is_empty() {
            found(&value);
        }
    });
}

fn first_value(source: &Source, parameters: &dyn Parameters, mut found: impl FnMut(&str)) {
    let mut any = false;
    parameters.each(&source.path, &mut |value| {
        if !any && !value.is_empty() {
            any = true;
            if is_hidden(source, value) {
                return;
            }
            found(&transformed(source, value));
        }
    });
}
