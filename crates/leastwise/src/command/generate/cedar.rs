//! Cedar: policies for a gateway, which Cedar's own validator has accepted.

use std::fmt::Write as _;
use std::str::FromStr as _;

use cedar_policy::{PolicyId, PolicySet, Schema, SchemaFragment, ValidationMode, Validator};
use leastwise_generate::lower::cedar::{self, Bound, Compiled, Kind, Reason, SCHEMA};
use leastwise_generate::render::{CEDAR_SCHEMA, File, Names, cedar_text, render_cedar};
use serde_json::{Map, Value, json};

use super::intent;
use super::platform::{Asked, Made, Printed};
use crate::cli::generate::Format;
use crate::error::{Error, Result};
use crate::output::plain;

/// What Cedar makes of the intent.
pub(super) fn make(asked: &Asked<'_>) -> Result<Made> {
    let roles = cedar::compile(asked.intent, asked.args.environment.as_deref())
        .map_err(|error| intent::told(asked.args, error))?;
    let texts: Vec<String> = roles.iter().map(cedar_text).collect();
    let mut notes: Vec<String> = roles
        .iter()
        .flat_map(|role| &role.warnings)
        .map(|note| format!("warning: {}: {}", note.place, note.text))
        .collect();
    let (_, warnings) = validated(&texts.concat())?;
    notes.extend(warnings.into_iter().map(|warning| format!("warning: cedar: {warning}")));
    let mut files = render_cedar(&mut Names::default(), &roles);
    let printed = if asked.format == Format::Json {
        let schema = schema_json()?;
        let mut by_role = Map::new();
        for ((role, text), file) in roles.iter().zip(&texts).zip(&mut files) {
            let value = json_of(&validated(text)?.0)?;
            file.name = format!("{}.json", file.name);
            file.text = format!("{value:#}\n");
            by_role.insert(role.role.clone(), value);
        }
        if let Some(file) = files.iter_mut().find(|file| file.name == CEDAR_SCHEMA) {
            *file = File {
                name: format!("{CEDAR_SCHEMA}.json"),
                text: format!("{schema:#}\n"),
                notes: Vec::new(),
            };
        }
        Printed::Json(json!({"policies": by_role, "schema": schema}))
    } else {
        Printed::Text(texts.join("\n"))
    };
    Ok(Made { files, printed, trace: trace(&roles), notes })
}

/// The policies, if Cedar's validator accepts them in its strict mode, with what it warns of.
fn validated(text: &str) -> Result<(PolicySet, Vec<String>)> {
    let refused = |why: String| Error::input("cedar does not accept the policies").because(why);
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| refused(error.to_string()))?;
    let policies = PolicySet::from_str(text).map_err(|error| refused(error.to_string()))?;
    let result = Validator::new(schema).validate(&policies, ValidationMode::Strict);
    match result.validation_errors().next() {
        Some(error) => Err(refused(error.to_string())),
        None => Ok((policies, result.validation_warnings().map(ToString::to_string).collect())),
    }
}

/// The policies as JSON, by the ids that they are annotated with.
fn json_of(policies: &PolicySet) -> Result<Value> {
    let refused = |why: String| Error::input("cannot write the policies as json").because(why);
    let mut named = PolicySet::new();
    for policy in policies.policies() {
        let id = policy.annotation("id").map_or_else(|| policy.id().clone(), PolicyId::new);
        named.add(policy.new_id(id)).map_err(|error| refused(error.to_string()))?;
    }
    named.to_json().map_err(|error| refused(error.to_string()))
}

fn schema_json() -> Result<Value> {
    let refused = |why: String| Error::input("cannot write the schema as json").because(why);
    let (schema, _) =
        SchemaFragment::from_cedarschema_str(SCHEMA).map_err(|error| refused(error.to_string()))?;
    schema.to_json_value().map_err(|error| refused(error.to_string()))
}

/// For each role, each line of the intent with what it came to.
fn trace(roles: &[Compiled]) -> String {
    let mut text = String::new();
    for (index, role) in roles.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{}", plain(&role.role));
        for reason in &role.reasons {
            let kind = match reason.kind {
                Kind::Allowed => "",
                Kind::Never => "never ",
                Kind::Approval => "after approval ",
            };
            let what = format!("{}: {kind}{}: {}", reason.place, reason.verb, reason.name);
            let _ = writeln!(text, "  {}", plain(&what));
            let _ = writeln!(text, "    {} on {}", reason.actions.join(", "), plain(&described(reason)));
        }
    }
    text
}

fn described(reason: &Reason) -> String {
    match &reason.bound {
        Bound::Tool { server, tool } => format!("{tool} of the server {server}"),
        Bound::Server(server) => format!("every tool of the server {server}"),
        Bound::Route(route) => route.to_string(),
    }
}
