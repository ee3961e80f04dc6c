//! Applies a plan to one call: looks up the parameters and says which action is needed on which resource.

use super::plan::{FormatPlan, Plan, PlannedNeed, PlannedPiece, PlannedResource, Role, TypePlan};
use super::syntax::{Condition, Path, Source, Template, TemplatePiece, Test, Transform};
use super::transform::{self, escape};
use std::borrow::Cow;
use std::sync::Arc;

/// The most resources of one type that one call gives; a batch of 1,000 S3 keys fits.
const MAX_VALUES: usize = 1_000;

/// A call's parameters, as a log record or a wire request holds them.
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
}

/// How exactly a resource is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Known {
    /// An ARN, to be taken literally: a `*` in it is a `*`. Or `*` for an action that knows no resources.
    Exact,
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
    values: String,
    /// For each variable: its values as ranges of `values`.
    ranges: Vec<Vec<Range>>,
    /// Which value each variable has at the moment.
    odometer: Vec<usize>,
    arn: String,
    context: Vec<(Arc<str>, String)>,
}

/// A value in [`Scratch::values`]; `pattern`: it is one, not literal text.
#[derive(Debug, Clone, Copy)]
struct Range {
    start: usize,
    end: usize,
    pattern: bool,
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
        let mut replaced = false;
        for (index, need) in needs.iter().enumerate() {
            let due = match need.role {
                Role::Otherwise => !replaced,
                Role::Main | Role::Also => need.when.iter().all(|condition| holds(condition, parameters)),
            };
            if due {
                replaced |= need.role == Role::Main;
                need.apply(index, parameters, scope, scratch, sink);
            }
        }
    }
}

fn holds(condition: &Condition, parameters: &dyn Parameters) -> bool {
    let mut found = false;
    match &condition.test {
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
struct Out<'a, 's> {
    index: usize,
    action: &'a Arc<str>,
    context: &'a [(Arc<str>, String)],
    sink: &'s mut dyn FnMut(Need<'_>),
    said: usize,
}

impl Out<'_, '_> {
    fn say(&mut self, resource: &str, known: Known) {
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
        for (key, template) in &self.with {
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
                apply_types(types, *fallback, parameters, scope, scratch, &mut out);
            }
            PlannedResource::Template(template) => apply_template(template, parameters, scope, &mut out),
            PlannedResource::Value { source, types } => {
                apply_value(source, types, parameters, scope, scratch, &mut out);
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
    let mut values: Vec<String> = Vec::new();
    if let Some(source) = template.first_parameter() {
        parameters.each(&source.path, &mut |value| {
            seen |= !value.is_empty();
            let value = transformed(source, value);
            if !value.is_empty() && values.len() < MAX_VALUES {
                values.push(value.into_owned());
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
        let whole = render(template, chosen.map(String::as_str), parameters, scope, &mut arn);
        let exact = whole && chosen.is_none_or(|value| value != "*") && !has_star(template);
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
                    Some(value) => into.push_str(value),
                    None => first_value(source, parameters, |value| into.push_str(value)),
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

/// The value as the source's transforms leave it; nothing comes of nothing.
fn transformed<'a>(source: &Source, value: &'a str) -> Cow<'a, str> {
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
            found(&transformed(source, value));
        }
    });
}

/// The parameter is the ARN itself; a plain name is put into the action's only type.
fn apply_value(
    source: &Source,
    types: &[TypePlan],
    parameters: &dyn Parameters,
    scope: &Scope<'_>,
    scratch: &mut Scratch,
    out: &mut Out<'_, '_>,
) {
    let only = if let [plan] = types { plan.formats.first() } else { None };
    let named = only.filter(|format| format.variables.len() == 1);
    parameters.each(&source.path, &mut |value| {
        let value = transformed(source, value);
        if value.starts_with("arn:") {
            out.say(&value, Known::Exact);
        } else if let Some(format) = named.filter(|_| !value.is_empty() && value != "*") {
            scratch.arn.clear();
            for piece in &format.pieces {
                scratch.arn.push_str(match piece {
                    PlannedPiece::Literal(text) => text,
                    PlannedPiece::Partition => scope.partition,
                    PlannedPiece::Region => scope.region,
                    PlannedPiece::Account => scope.account,
                    PlannedPiece::Variable(_) => &value,
                });
            }
            out.say(&scratch.arn, Known::Exact);
        }
    });
    if out.said == 0 {
        match only {
            Some(format) => say_pattern(format, scope, scratch, out),
            None => out.say("*", Known::Nothing),
        }
    }
}

fn apply_types(
    types: &[TypePlan],
    fallback: Option<usize>,
    parameters: &dyn Parameters,
    scope: &Scope<'_>,
    scratch: &mut Scratch,
    out: &mut Out<'_, '_>,
) {
    for (index, plan) in types.iter().enumerate() {
        let before = out.said;
        for format in &plan.formats {
            let bound = collect(format, plan, parameters, scratch, out);
            if bound {
                say_each(format, scope, scratch, out);
            }
            if out.said > before {
                break;
            }
        }
        if out.said == before {
            parameters.resources(&mut |arn| {
                if best_fit(types, arn) == Some(index) {
                    out.say(arn, Known::Exact);
                }
            });
        }
        if out.said == before
            && plan.required
            && let Some(format) = plan.formats.first()
        {
            collect(format, plan, parameters, scratch, out);
            star_missing(format, scratch);
            say_each(format, scope, scratch, out);
        }
    }
    if out.said == 0 {
        match fallback.and_then(|index| types[index].formats.first()) {
            Some(format) => say_pattern(format, scope, scratch, out),
            None => out.say("*", Known::Nothing),
        }
    }
}

/// Which of the types an ARN of the log is of: the one with the most literal text.
fn best_fit(types: &[TypePlan], arn: &str) -> Option<usize> {
    let fit = |plan: &TypePlan| {
        plan.formats.iter().filter(|format| format.fits(arn)).map(FormatPlan::literal_len).max()
    };
    let (index, best) =
        types.iter().enumerate().map(|(i, plan)| (i, fit(plan))).max_by_key(|(_, fit)| *fit)?;
    best.map(|_| index)
}

/// Whether the value is a whole ARN of the type. A shard iterator begins like one and goes on behind a `|`.
fn is_arn_of(plan: &TypePlan, value: &str) -> bool {
    value.starts_with("arn:") && !value.contains('|') && plan.formats.iter().any(|format| format.fits(value))
}

fn is_pattern(source: &Source) -> bool {
    source.transforms.iter().any(|one| matches!(one, Transform::Append(_) | Transform::Suffix(_)))
}

/// Whether a value that is a whole ARN is taken as it is.
fn takes_arns(source: &Source) -> bool {
    !source.transforms.iter().any(|one| matches!(one, Transform::Suffix(_)))
}

/// Collects the variables' values into the scratch; whole ARNs among them are said at once. Returns whether
/// every variable has a value.
fn collect(
    format: &FormatPlan,
    plan: &TypePlan,
    parameters: &dyn Parameters,
    scratch: &mut Scratch,
    out: &mut Out<'_, '_>,
) -> bool {
    scratch.values.clear();
    if scratch.ranges.len() < format.variables.len() {
        scratch.ranges.resize_with(format.variables.len(), Vec::new);
    }
    let mut complete = true;
    let before = out.said;
    for (index, sources) in format.variables.iter().enumerate() {
        let (values, ranges) = (&mut scratch.values, &mut scratch.ranges[index]);
        ranges.clear();
        for source in sources {
            parameters.each(&source.path, &mut |value| {
                // The ARN of a log group may end in `:*`, which is not part of its name.
                let value = value.strip_suffix(":*").unwrap_or(value);
                if takes_arns(source) && is_arn_of(plan, value) {
                    return out.say(value, Known::Exact);
                }
                let value = transformed(source, value);
                if is_arn_of(plan, &value) {
                    return out.say(&value, if is_pattern(source) { Known::Pattern } else { Known::Exact });
                }
                if !value.is_empty() && !value.starts_with("arn:") && ranges.len() < MAX_VALUES {
                    let pattern = value == "*" || is_pattern(source);
                    ranges.push(Range { start: values.len(), end: values.len() + value.len(), pattern });
                    values.push_str(&value);
                }
            });
            if !ranges.is_empty() || out.said > before {
                break;
            }
        }
        complete &= !ranges.is_empty();
    }
    complete
}

/// Says the ARN for every combination of the collected values. A value `*` makes it a pattern.
fn say_each(format: &FormatPlan, scope: &Scope<'_>, scratch: &mut Scratch, out: &mut Out<'_, '_>) {
    let variables = format.variables.len();
    scratch.odometer.clear();
    scratch.odometer.resize(variables, 0);
    loop {
        let star = (0..variables).any(|variable| current(scratch, variable).pattern);
        scratch.arn.clear();
        for piece in &format.pieces {
            push_piece(piece, scope, scratch, star);
        }
        out.say(&scratch.arn, if star { Known::Pattern } else { Known::Exact });
        let Some(turn) = (0..variables).rev().find(|&v| scratch.odometer[v] + 1 < scratch.ranges[v].len())
        else {
            return;
        };
        scratch.odometer[turn] += 1;
        scratch.odometer[turn + 1..].fill(0);
        if out.said >= MAX_VALUES {
            return;
        }
    }
}

fn current(scratch: &Scratch, variable: usize) -> Range {
    scratch.ranges[variable][scratch.odometer[variable]]
}

fn push_piece(piece: &PlannedPiece, scope: &Scope<'_>, scratch: &mut Scratch, pattern: bool) {
    match piece {
        PlannedPiece::Literal(text) => scratch.arn.push_str(text),
        PlannedPiece::Partition => scratch.arn.push_str(scope.partition),
        PlannedPiece::Region => scratch.arn.push_str(scope.region),
        PlannedPiece::Account => scratch.arn.push_str(scope.account),
        PlannedPiece::Variable(variable) => {
            let range = current(scratch, *variable);
            push_value(scratch, range, pattern);
        }
    }
}

/// Puts a value into the ARN: as it stands into an exact ARN, escaped into a pattern unless it is one itself.
fn push_value(scratch: &mut Scratch, range: Range, pattern: bool) {
    let value = &scratch.values[range.start..range.end];
    if pattern && !range.pattern { escape(value, &mut scratch.arn) } else { scratch.arn.push_str(value) }
}

/// Gives `*` to every variable that has no value.
fn star_missing(format: &FormatPlan, scratch: &mut Scratch) {
    for ranges in scratch.ranges.iter_mut().take(format.variables.len()) {
        if ranges.is_empty() {
            let start = scratch.values.len();
            scratch.values.push('*');
            ranges.push(Range { start, end: start + 1, pattern: true });
        }
    }
}

/// Says the format with `*` for every variable.
fn say_pattern(format: &FormatPlan, scope: &Scope<'_>, scratch: &mut Scratch, out: &mut Out<'_, '_>) {
    scratch.arn.clear();
    for piece in &format.pieces {
        scratch.arn.push_str(match piece {
            PlannedPiece::Variable(_) => "*",
            PlannedPiece::Literal(text) => text,
            PlannedPiece::Partition => scope.partition,
            PlannedPiece::Region => scope.region,
            PlannedPiece::Account => scope.account,
        });
    }
    let known = if format.variables.is_empty() { Known::Exact } else { Known::Pattern };
    out.say(&scratch.arn, known);
}
