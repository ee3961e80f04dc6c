//! The resources of one need: ARNs made from the types that an action has and the values that a call gives.

use super::apply::{
    Home, Known, MAX_VALUES, Out, Parameters, Range, Scope, Scratch, each, is_hidden, transformed,
};
use super::format::{FormatPlan, PlannedPiece};
use super::plan::{Role, TypePlan};
use super::reads::Asked;
use super::syntax::{Origin, Source, Transform};
use super::transform::{self, escape, is_behind};

/// The parameter is the ARN itself; a plain name is put into the action's only type.
pub(super) fn apply_value(
    (source, types, role): (&Source, &[TypePlan], Role),
    parameters: &dyn Parameters,
    scope: &Scope<'_>,
    scratch: &mut Scratch,
    out: &mut Out<'_, '_>,
) {
    let only = if let [plan] = types { plan.formats.first() } else { None };
    let named = only.filter(|format| format.variables.len() == 1);
    parameters.each(&source.path, &mut |value| {
        if is_hidden(source, value) {
            return;
        }
        let value = transformed(source, value);
        if value.starts_with("arn:") {
            if may_be_of(types, role, &value) {
                out.say(&value, Known::Exact);
            }
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
            out.say(&scratch.arn, if format.with_path { Known::Named } else { Known::Exact });
        }
    });
    if out.said == 0 {
        match only {
            Some(format) => say_pattern(format, scope, scratch, out),
            None => out.say("*", Known::Nothing),
        }
    }
}

pub(super) fn apply_types(
    types: &[TypePlan],
    fallback: &[usize],
    parameters: &dyn Parameters,
    scope: &Scope<'_>,
    scratch: &mut Scratch,
    out: &mut Out<'_, '_>,
) {
    for (index, plan) in types.iter().enumerate() {
        let before = out.said;
        scratch.consulted = false;
        for format in &plan.formats {
            let bound = collect(format, plan, (parameters, scope), scratch, out);
            // A type without names is named by no call.
            if bound && (plan.required || !format.variables.is_empty() || !format.wild) {
                say_each(format, scope, scratch, out);
            }
            if out.said > before {
                break;
            }
        }
        if out.said == before || scratch.consulted {
            scratch.asked.push(Asked { need: out.index, kind: index });
        }
        if out.said == before && !plan.chooses_from_log() {
            parameters.resources(&mut |arn| {
                if plan.fits_log(arn) && best_fit(types, arn) == Some(index) {
                    out.say(arn, Known::Exact);
                }
            });
        }
        if out.said == before
            && plan.required
            && let Some(format) = plan.formats.first()
        {
            collect(format, plan, (parameters, scope), scratch, out);
            star_missing(format, scratch);
            say_each(format, scope, scratch, out);
        }
    }
    if out.said > 0 {
        return;
    }
    // What is known in part says more than a whole type.
    for plan in fallback.iter().map(|index| &types[*index]) {
        let Some(format) = plan.formats.first() else { continue };
        collect(format, plan, (parameters, scope), scratch, out);
        if scratch.ranges.iter().take(format.variables.len()).any(|ranges| !ranges.is_empty()) {
            star_missing(format, scratch);
            return say_each(format, scope, scratch, out);
        }
    }
    match fallback.first().and_then(|index| types[*index].formats.first()) {
        Some(format) => say_pattern(format, scope, scratch, out),
        None => out.say("*", Known::Nothing),
    }
}

/// Whether an ARN can be what an action with these types is about. What a call needs on top is of one of them; for the
/// call's own action, which may tag whatever the service has, the catalogue does not always list them all.
fn may_be_of(types: &[TypePlan], role: Role, arn: &str) -> bool {
    let service = arn.split(':').nth(2).unwrap_or_default();
    let may_be = |plan: &TypePlan| match role {
        Role::Also => plan.fits(arn),
        Role::Main | Role::Otherwise => {
            plan.formats.iter().any(|format| format.service.is_empty() || *format.service == *service)
        }
    };
    types.is_empty() || types.iter().any(may_be)
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
    value.starts_with("arn:") && !value.contains('|') && plan.fits(value)
}

fn is_pattern(source: &Source) -> bool {
    source.transforms.iter().any(|one| matches!(one, Transform::Append(_) | Transform::Suffix(_)))
}

/// Whether a value that is a whole ARN is taken as it is.
fn takes_arn(source: &Source, arn: &str) -> bool {
    source.transforms.iter().all(|one| match one {
        Transform::Suffix(_) | Transform::Unqualified => false,
        Transform::Append(pattern) => is_behind(pattern, arn),
        _ => true,
    })
}

/// Collects the variables' values into the scratch; whole ARNs among them are said at once. Returns whether
/// every variable has a value.
fn collect(
    format: &FormatPlan,
    plan: &TypePlan,
    (parameters, scope): (&dyn Parameters, &Scope<'_>),
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
        let mut given = false;
        for source in sources {
            scratch.consulted |= source.origin.is_log() || source.origin == Origin::Within;
            if source.origin == Origin::Within && !given {
                parameters.resources(&mut |arn| {
                    let value = format.value_within(arn, index);
                    if let Some(value) = value.filter(|_| ranges.len() < MAX_VALUES) {
                        push_range(values, ranges, (value, false, false), Home::of(arn, &format.service));
                    }
                });
            }
            each(source, parameters, scope, &mut |raw| {
                if is_hidden(source, raw) {
                    return;
                }
                // What the call says is not looked for elsewhere, even where it says too little.
                given = true;
                // INVARIANT: an ARN of the log that fills a variable begins like those of the format, which is what
                // `Plan::may_take` looks at.
                if source.origin.is_log() && !format.begins_like(raw) {
                    return;
                }
                let text = source.is_text();
                if !text && is_arn_of(plan, raw) && takes_arn(source, raw) {
                    return out.say(raw, Known::Exact);
                }
                let value = transformed(source, raw);
                if !text && is_arn_of(plan, &value) {
                    return out.say(&value, if is_pattern(source) { Known::Pattern } else { Known::Exact });
                }
                if !value.is_empty() && (text || !value.starts_with("arn:")) && ranges.len() < MAX_VALUES {
                    let pattern = !text && (value == "*" || is_pattern(source));
                    let home = Home::of(raw, &format.service).filter(|_| !text);
                    let named = format.with_path && !text && !raw.starts_with("arn:");
                    push_range(values, ranges, (&value, pattern, named), home);
                }
            });
            if !ranges.is_empty() || out.said > before {
                break;
            }
        }
        complete &= !ranges.is_empty();
    }
    scratch.account.clear();
    for source in &format.account {
        parameters.each(&source.path, &mut |value| {
            if scratch.account.is_empty() {
                scratch.account.push_str(&transform::apply(&Transform::Account, transformed(source, value)));
            }
        });
    }
    complete
}

/// Puts a value behind the others, and where its resource is behind that.
fn push_range(
    values: &mut String,
    ranges: &mut Vec<Range>,
    (value, pattern, named): (&str, bool, bool),
    home: Option<Home<'_>>,
) {
    let start = values.len();
    values.push_str(value);
    let end = values.len();
    let home = home.map(|home| {
        values.push_str(home.region);
        values.push_str(home.account);
        (home.region.len(), home.account.len())
    });
    ranges.push(Range { start, end, pattern, named, home });
}

/// Says the ARN for every combination of the collected values. A value `*` makes it a pattern.
fn say_each(format: &FormatPlan, scope: &Scope<'_>, scratch: &mut Scratch, out: &mut Out<'_, '_>) {
    let variables = format.variables.len();
    scratch.odometer.clear();
    scratch.odometer.resize(variables, 0);
    loop {
        let star = format.wild || (0..variables).any(|variable| current(scratch, variable).pattern);
        let named = (0..variables).any(|variable| current(scratch, variable).named);
        scratch.arn.clear();
        for piece in &format.pieces {
            push_piece(piece, scope, scratch, star);
        }
        out.say(
            &scratch.arn,
            match (star, named) {
                (true, _) => Known::Pattern,
                (false, true) => Known::Named,
                (false, false) => Known::Exact,
            },
        );
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
        PlannedPiece::Region => push_home(scratch, scope, Part::Region),
        PlannedPiece::Account => push_home(scratch, scope, Part::Account),
        PlannedPiece::Variable(variable) => {
            let range = current(scratch, *variable);
            push_value(scratch, range, pattern);
        }
    }
}

#[derive(Clone, Copy)]
enum Part {
    Region,
    Account,
}

/// Puts in where the resource is: as an ARN among the values says, or the parameters, else where the call was made.
fn push_home(scratch: &mut Scratch, scope: &Scope<'_>, part: Part) {
    let homes = (0..scratch.odometer.len()).map(|variable| current(scratch, variable));
    let said = homes.filter_map(|range| Some((range.end, range.home?))).next();
    let Scratch { values, arn, account, .. } = scratch;
    arn.push_str(match (part, said) {
        (Part::Region, Some((at, (region, _)))) => &values[at..at + region],
        (Part::Account, Some((at, (region, account)))) => &values[at + region..at + region + account],
        (Part::Region, None) => scope.region,
        (Part::Account, None) if !account.is_empty() => account,
        (Part::Account, None) => scope.account,
    });
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
            ranges.push(Range { start, end: start + 1, pattern: true, named: false, home: None });
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
    let exact = format.variables.is_empty() && !format.wild;
    let known = if exact { Known::Exact } else { Known::Pattern };
    out.say(&scratch.arn, known);
}
