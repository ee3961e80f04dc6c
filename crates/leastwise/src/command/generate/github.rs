//! GitHub: the permissions of an app and of its tokens.

use std::fmt::Write as _;

use leastwise_generate::lower::github::{self, Compiled, On, Repository};
use leastwise_generate::render::{File, Names, github_value, render_github};
use serde_json::Value;

use super::intent;
use super::platform::{Asked, Made, Printed};
use crate::error::Result;
use crate::output::plain;

/// What GitHub makes of the intent.
pub(super) fn make(asked: &Asked<'_>) -> Result<Made> {
    let roles = github::compile(asked.intent, asked.args.environment.as_deref())
        .map_err(|error| intent::told(asked.args, error))?;
    let mut names = Names::default();
    let files: Vec<File> = roles.iter().flat_map(|role| render_github(&mut names, role)).collect();
    let by_role = roles.iter().map(|role| (role.role.clone(), github_value(role)));
    let warnings = roles.iter().flat_map(|role| &role.warnings);
    Ok(Made {
        printed: Printed::Json(Value::Object(by_role.collect())),
        files,
        trace: trace(&roles),
        notes: warnings.map(|note| format!("warning: {}: {}", note.place, note.text)).collect(),
    })
}

/// For each role, each line of the intent with what it came to.
fn trace(roles: &[Compiled]) -> String {
    let mut text = String::new();
    for (index, role) in roles.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{}", plain(&role.role));
        for reason in &role.reasons {
            let what = format!("{}: {}: {}", reason.place, reason.verb, reason.name);
            let _ = writeln!(text, "  {}", plain(&what));
            let _ = writeln!(
                text,
                "    {}: {} on {}",
                reason.permission,
                reason.level,
                plain(&described(&reason.on))
            );
        }
    }
    text
}

fn described(on: &On) -> String {
    match &on.repository {
        Repository::None => on.owner.clone(),
        Repository::Every => format!("every repository of {}", on.owner),
        Repository::Named(name) => format!("{}/{name}", on.owner),
    }
}
