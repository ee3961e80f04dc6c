//! `leastwise feedback`: what somebody thinks of a proposal, kept on this machine.

use std::path::Path;

use leastwise_generate::intent::{Intent, LARGEST_FILE};
use leastwise_policy::aws::Policy;
use leastwise_policy::time::Timestamp;
use serde_json::{Value, json};

use crate::cli::feedback::{FeedbackArgs, FeedbackVerb};
use crate::error::{Error, Result};
use crate::proposals::{Proposals, exported};
use crate::{atomic, clock, output};

/// Does what was asked.
pub fn run(args: &FeedbackArgs, quiet: bool) -> Result<()> {
    let proposals = Proposals::at(args.proposals.as_deref())?;
    let (id, feedback) = match &args.verb {
        FeedbackVerb::List => return list(&proposals),
        FeedbackVerb::Export { out } => return export(&proposals, out.as_deref(), quiet),
        FeedbackVerb::Good { id, note } => (id, json!({"verdict": "good", "note": note})),
        FeedbackVerb::Bad { id, note } => (id, json!({"verdict": "bad", "note": note})),
        FeedbackVerb::Edit { id, with, note } => {
            (id, json!({"verdict": "edit", "note": note, "correction": correction(with)?}))
        }
    };
    let mut feedback = feedback;
    feedback["at"] = Value::from(now());
    let id = proposals.judge(id, feedback)?;
    if !quiet {
        output::note(&format!("note: kept with proposal {id}"));
    }
    Ok(())
}

/// The moment, as records have it.
pub fn now() -> String {
    Timestamp::from_seconds(clock::now()).to_string()
}

/// What it should have been: roles or a policy, which must be such.
fn correction(path: &Path) -> Result<Value> {
    let unreadable = || Error::input(format!("cannot read `{}`", path.display()));
    let size = std::fs::metadata(path).map_err(|error| unreadable().because(error))?.len();
    if size > LARGEST_FILE as u64 {
        return Err(Error::input(format!("`{}` is larger than {} MiB", path.display(), LARGEST_FILE >> 20)));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable().because(error))?;
    if Policy::parse(&text).is_ok() {
        return Ok(json!({"kind": "policy", "text": text}));
    }
    match Intent::from_yaml(&path.display().to_string(), &text) {
        Ok(_) => Ok(json!({"kind": "roles", "text": text})),
        Err(error) => Err(Error::input(format!("`{}` is neither roles nor a policy", path.display()))
            .because(error)
            .hint("give roles in YAML, as in docs/generate.md, or a policy in JSON")),
    }
}

fn list(proposals: &Proposals) -> Result<()> {
    let mut text = String::new();
    for record in proposals.all()? {
        let field = |value: &Value| output::plain(value.as_str().unwrap_or("-"));
        let asked: String = field(&record["input"]["text"]).chars().take(60).collect();
        let verdict = field(&record["feedback"]["verdict"]);
        text.push_str(&format!(
            "{}  {}  {verdict:<4}  {asked}\n",
            field(&record["id"]),
            field(&record["kept"])
        ));
    }
    output::result(text.as_bytes())
}

fn export(proposals: &Proposals, out: Option<&Path>, quiet: bool) -> Result<()> {
    let lines: Vec<String> =
        proposals.all()?.iter().filter_map(exported).map(|line| format!("{line}\n")).collect();
    if !quiet {
        output::note(&format!(
            "note: {}",
            output::counted(lines.len() as u64, "proposal with feedback", "proposals with feedback")
        ));
    }
    match out {
        Some(path) => atomic::write_private(path, lines.concat().as_bytes()),
        None => output::result(lines.concat().as_bytes()),
    }
}
