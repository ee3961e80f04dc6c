//! What somebody can do, for people and as JSON.

use std::collections::BTreeMap;

use leastwise_analysis::granted::reach::{Grant, Limit, Reach};
use leastwise_catalog::{Action, Level};
use leastwise_policy::aws::ResourceBlock;
use leastwise_policy::aws::evaluate::EVALUATOR_VERSION;
use serde_json::{Value, json};

use super::super::simulate::world::World;
use super::super::simulate::{json as decision, text};
use super::Can;
use crate::output::{counted, plain, thousands};

/// With more services than this their actions are not named, and of each service not more than this; `--action` and
/// the JSON show all.
const SERVICES: usize = 12;
const ACTIONS: usize = 12;
/// Resources of a statement that are named.
const RESOURCES: usize = 6;

impl Can<'_> {
    pub(super) fn text(&self) -> String {
        let mut lines = Vec::new();
        let all: Vec<Action<'_>> =
            self.groups.iter().flat_map(|(_, actions)| actions.iter().copied()).collect();
        let session = self.who.session.as_ref().map(|name| format!(" in session {name}")).unwrap_or_default();
        lines.push(format!("{}{session} can {}", self.who.arn, count(&all)));
        for (reach, actions) in &self.groups {
            lines.push(String::new());
            lines.push(count(actions));
            services(&mut lines, actions);
            reach_lines(&mut lines, reach);
        }
        lines.push(String::new());
        for note in NOTES {
            lines.push(format!("note: {note}"));
        }
        let mut text = String::new();
        for line in lines {
            text.push_str(&plain(&line));
            text.push('\n');
        }
        text
    }

    pub(super) fn json(&self, world: &World<'_>) -> Value {
        let groups = self.groups.iter().map(|(reach, actions)| {
            let actions = actions.iter().map(|action| {
                let levels: Vec<&str> = action.levels.iter().map(Level::as_str).collect();
                json!({ "action": action.full_name(), "levels": levels, "destructive": action.destructive })
            });
            let limits = reach.limits.iter().map(|Limit { layer, level, allows }| {
                json!({ "layer": layer.as_str(), "level": level, "allows": grants(world, allows) })
            });
            json!({
                "actions": actions.collect::<Vec<_>>(),
                "allows": grants(world, &reach.allows),
                "limits": limits.collect::<Vec<_>>(),
                "denies": grants(world, &reach.denies),
            })
        });
        json!({
            "schema": "leastwise/what-can/1",
            "principal": self.who.arn,
            "session": self.who.session,
            "groups": groups.collect::<Vec<_>>(),
            "notes": NOTES,
            "catalog_date": world.catalog.version().date,
            "evaluator": EVALUATOR_VERSION,
        })
    }
}

const NOTES: [&str; 2] = [
    "resource-based policies were not asked: they may give more, within the account",
    "a key's or a role's own policy must allow too, and so must that of a resource of another account",
];

/// `12 actions: 3 list, 9 write; 2 destructive`.
fn count(actions: &[Action<'_>]) -> String {
    let mut levels: BTreeMap<Level, u64> = BTreeMap::new();
    for action in actions {
        for level in action.levels.iter() {
            *levels.entry(level).or_default() += 1;
        }
    }
    let levels: Vec<String> =
        levels.iter().map(|(level, number)| format!("{} {}", thousands(*number), level.as_str())).collect();
    let destructive = actions.iter().filter(|action| action.destructive).count() as u64;
    let destructive =
        if destructive > 0 { format!("; {} destructive", thousands(destructive)) } else { String::new() };
    let levels = if levels.is_empty() { String::new() } else { format!(": {}", levels.join(", ")) };
    format!("{}{levels}{destructive}", counted(actions.len() as u64, "action", "actions"))
}

/// The actions by service; those that destroy have an exclamation mark.
fn services(lines: &mut Vec<String>, actions: &[Action<'_>]) {
    let mut services: Vec<(&str, Vec<String>)> = Vec::new();
    for action in actions {
        let name = format!("{}{}", action.facts.name, if action.destructive { "!" } else { "" });
        match services.last_mut() {
            Some((prefix, names)) if **prefix == *action.service.prefix => names.push(name),
            _ => services.push((&action.service.prefix, vec![name])),
        }
    }
    if services.len() > SERVICES {
        let named = services.iter().take(2 * SERVICES);
        let named: Vec<String> =
            named.map(|(prefix, names)| format!("{prefix} {}", thousands(names.len() as u64))).collect();
        let more = services.len().saturating_sub(named.len()) as u64;
        let more = if more > 0 { format!(" and {} more", thousands(more)) } else { String::new() };
        lines.push(format!("  {} services: {}{more}", services.len(), named.join(", ")));
        return;
    }
    for (prefix, names) in services {
        let more = names.len().saturating_sub(ACTIONS);
        let more = if more > 0 { format!(" and {} more", thousands(more as u64)) } else { String::new() };
        let names = names.iter().take(ACTIONS).map(String::as_str).collect::<Vec<_>>().join(", ");
        lines.push(format!("  {prefix}: {names}{more}"));
    }
}

fn reach_lines(lines: &mut Vec<String>, reach: &Reach) {
    for grant in &reach.allows {
        lines.push(format!("    on {}", grant_line(grant)));
    }
    for limit in &reach.limits {
        let level = limit.level.as_ref().map(|level| format!(" of {level}")).unwrap_or_default();
        lines.push(format!("    within the {}{level}", limit.layer.as_str()));
        for grant in &limit.allows {
            lines.push(format!("      on {}", grant_line(grant)));
        }
    }
    for grant in &reach.denies {
        let level = grant.level.as_ref().map(|level| format!(" of {level}")).unwrap_or_default();
        lines.push(format!("    except on {}{level}", grant_line(grant)));
    }
}

fn grant_line(grant: &Grant) -> String {
    let (patterns, not) = match &grant.resources {
        ResourceBlock::Resource(patterns) => (patterns, ""),
        ResourceBlock::NotResource(patterns) => (patterns, "all but "),
    };
    let shown: Vec<&str> = patterns.iter().take(RESOURCES).map(|pattern| pattern.as_str()).collect();
    let more = patterns.len().saturating_sub(RESOURCES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let conditions: Vec<String> = grant
        .conditions
        .iter()
        .map(|condition| {
            format!("{} {} {}", condition.operator, condition.key, text::shown(&condition.values))
        })
        .collect();
    let when =
        if conditions.is_empty() { String::new() } else { format!(" when {}", conditions.join(" and ")) };
    let about = if grant.about.is_empty() {
        String::new()
    } else {
        format!(" depending on {}", grant.about.join(", "))
    };
    format!("{not}{}{more}{when}{about}  ({})", shown.join(", "), text::short(&grant.statement))
}

fn grants(world: &World<'_>, grants: &[Grant]) -> Vec<Value> {
    let grants = grants.iter().map(|grant| {
        let element = match &grant.resources {
            ResourceBlock::Resource(_) => "resources",
            ResourceBlock::NotResource(_) => "not_resources",
        };
        let patterns: Vec<&str> = grant.resources.patterns().iter().map(|pattern| pattern.as_str()).collect();
        let conditions = grant.conditions.iter().map(|condition| {
            json!({
                "operator": condition.operator.to_string(),
                "key": condition.key,
                "values": condition.values,
            })
        });
        let mut value = json!({
            "conditions": conditions.collect::<Vec<_>>(),
            "level": grant.level,
            "about_the_caller_if": grant.about,
            "statement": decision::statement(world, &grant.statement),
        });
        value[element] = patterns.into();
        value
    });
    grants.collect()
}
