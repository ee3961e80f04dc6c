//! `--keep`: what was meant and what came of it is kept on this machine, so that feedback can be given.

use leastwise_catalog::Catalog;
use leastwise_generate::intent::Intent;
use serde_json::{Map, Value, json};

use super::platform::{Made, Printed};
use crate::cli::generate::GenerateArgs;
use crate::command::feedback::now;
use crate::error::Result;
use crate::output;
use crate::proposals::Proposals;

/// Keeps the proposal where that was asked, and says under which id.
pub fn keep(
    args: &GenerateArgs,
    input: Value,
    intent: &Intent,
    made: &[(String, &Made)],
    catalog: &Catalog,
) -> Result<()> {
    if !args.keep {
        return Ok(());
    }
    let proposal: Map<String, Value> = made
        .iter()
        .map(|(target, made)| match &made.printed {
            Printed::Json(value) => (target.clone(), value.clone()),
            Printed::Text(text) => (target.clone(), Value::from(text.as_str())),
        })
        .collect();
    let record = json!({
        "format": 1,
        "leastwise": env!("CARGO_PKG_VERSION"),
        "catalogue": catalog.version().digest,
        "input": input,
        "model": args.model.model.as_ref().and(args.model.model.clone().filter(|name| !name.is_empty()).or(args.model.model_name.clone())),
        "intent": intent.to_value(),
        "proposal": proposal,
        "feedback": null,
    });
    let id = Proposals::at(args.proposals.as_deref())?.keep(record, &now())?;
    output::note(&format!(
        "note: kept as {id}: `leastwise feedback good|bad|edit {id}` says what you think of it"
    ));
    Ok(())
}

/// What was said: the words, the flags, or the names of the files.
pub fn said(args: &GenerateArgs, words: Option<String>) -> Value {
    if let Some(words) = words {
        return json!({"kind": "words", "text": words});
    }
    if args.files.is_empty() {
        let flags =
            [("--from", &args.from), ("--to", &args.to), ("--never", &args.never), ("--only", &args.only)];
        let said: Vec<String> = flags
            .iter()
            .flat_map(|(flag, values)| values.iter().map(move |value| format!("{flag} {value}")))
            .collect();
        return json!({"kind": "flags", "text": said.join(" ")});
    }
    let names: Vec<String> = args.files.iter().map(|path| path.display().to_string()).collect();
    json!({"kind": "roles", "text": names.join(" ")})
}
