//! `--from-denied`: error texts become the additions that would allow what they refused.

mod aws;

use std::fmt::Write as _;
use std::path::Path;

use leastwise_catalog::Catalog;
use leastwise_generate::denied::{self, Answer, Because, Denials, LARGEST_TEXT, Platform, Told};
use serde_json::{Map, Value, json};

use super::intent;
use super::platform::{Made, Printed};
use crate::cli::generate::GenerateArgs;
use crate::error::{Error, Result, story};
use crate::output::{self, counted, plain};

/// Reads the text, prints or writes what would allow it, says what stands in the way of the rest. Without an addition
/// for each refusal the answer is no.
pub fn run(args: &GenerateArgs, path: &Path, catalog: &Catalog, quiet: bool) -> Result<()> {
    let (name, text) = text(path)?;
    let denials = denied::read(&name, &text);
    if denials.messages == 0 {
        let lines = counted(denials.lines, "line", "lines");
        return Err(Error::input(format!("nothing in `{name}` is a refusal that is known ({lines})"))
            .hint("give the error as it was printed; docs/generate.md says which forms are read"));
    }
    let answer = denied::answer(&denials, catalog, &aws::known(args)?);
    let made = made(args, &answer, &denials)?;
    if !quiet {
        notes(&denials, &answer, &made);
    }
    if let Some(folder) = &args.out {
        super::write(folder, &[(String::new(), &made)])?;
    } else if args.explain {
        output::result(made.trace.as_bytes())?;
    } else if !made.files.is_empty() {
        output::result(made.printed.text().as_bytes())?;
    }
    let input = json!({"kind": "denied", "text": made.trace});
    let named = |addition: &denied::Addition| match &addition.whose {
        denied::Whose::Principal(Some(who)) => who.name.clone(),
        _ => args.name.clone(),
    };
    super::keep::keep(args, input, &answer.intent(named), &[("additions".to_owned(), &made)], catalog)?;
    refused(&answer.told)
}

/// What no addition answers: all but the last are printed, the last is what the program ends with.
fn refused(told: &[Told]) -> Result<()> {
    let mut errors: Vec<Error> = told
        .iter()
        .map(|told| Error::findings(format!("{}: {}", told.place, told.text)).hint(told.help.clone()))
        .collect();
    let last = errors.pop();
    for error in &errors {
        output::note(&story(error));
    }
    last.map_or(Ok(()), Err)
}

fn notes(denials: &Denials, answer: &Answer, made: &Made) {
    let different = denials.refusals.len() as u64 + denials.unsaid.len() as u64;
    let read = counted(denials.messages, "refusal", "refusals");
    let around = counted(denials.other_lines, "line", "lines");
    output::note(&format!("note: {read}, {different} different; {around} without one left aside"));
    for told in &answer.notes {
        output::note(&plain(&format!("warning: {}: {}; {}", told.place, told.text, told.help)));
    }
    for note in &made.notes {
        output::note(&plain(note));
    }
}

/// What is printed and written: of AWS by principal or resource, of the other platforms by their name.
fn made(args: &GenerateArgs, answer: &Answer, denials: &Denials) -> Result<Made> {
    let mut made = aws::made(args, answer)?;
    let mut others: Map<String, Value> = Map::new();
    for platform in Platform::ALL {
        let of = |other: &&denied::Other| other.platform == platform;
        let all: Map<String, Value> = answer
            .others
            .iter()
            .filter(of)
            .map(|other| (other.principal.clone(), other.documents.clone()))
            .collect();
        if !all.is_empty() {
            let text = format!("{:#}\n", Value::Object(all.clone()));
            made.files.push(leastwise_generate::render::File {
                name: format!("{}-additions.json", platform.as_str()),
                text,
                notes: Vec::new(),
            });
            others.insert(platform.as_str().to_owned(), Value::Object(all));
        }
    }
    if !others.is_empty() {
        made.printed = match made.printed {
            Printed::Json(Value::Object(aws)) if aws.is_empty() => Printed::Json(Value::Object(others)),
            Printed::Json(aws) => {
                others.insert("aws".to_owned(), aws);
                Printed::Json(Value::Object(others))
            }
            Printed::Text(text) if text.is_empty() => Printed::Json(Value::Object(others)),
            Printed::Text(text) => {
                Printed::Text(format!("{text}\n# Elsewhere\n\n{:#}\n", Value::Object(others)))
            }
        };
    }
    made.trace = trace(denials);
    Ok(made)
}

/// What was read: each refusal with the page that documents its form.
fn trace(denials: &Denials) -> String {
    let mut text = String::new();
    for refusal in &denials.refusals {
        let because = match &refusal.because {
            Because::Unsaid => "it does not say which policy".to_owned(),
            Because::Missing(barrier) => format!("not in {}", barrier.what),
            Because::Denied(barrier) => format!("denied by {}", barrier.what),
        };
        let action = if refusal.action.is_empty() { "-" } else { &refusal.action };
        let line = format!("{}: {} {action}", refusal.place, refusal.platform.as_str());
        let _ = writeln!(text, "{} ({because}; {})", plain(&line), counted(refusal.count, "time", "times"));
        let more = refusal.more.iter().map(|(key, value)| (*key, value.as_str()));
        let said = [("by", refusal.principal.as_deref()), ("on", refusal.resource.as_deref())];
        let said = said.into_iter().filter_map(|(key, value)| Some((key, value?)));
        for (key, value) in said.chain(more) {
            let _ = writeln!(text, "  {key}: {}", plain(value));
        }
        let _ = writeln!(text, "  form: {}", refusal.page);
    }
    for unsaid in &denials.unsaid {
        let line = format!("{}: {} does not say what", unsaid.place, unsaid.platform.as_str());
        let _ =
            writeln!(text, "{} ({}; {})", plain(&line), unsaid.what, counted(unsaid.count, "time", "times"));
    }
    text
}

fn text(path: &Path) -> Result<(String, String)> {
    let (name, bytes) = intent::bytes(path, LARGEST_TEXT)?;
    if bytes.len() > LARGEST_TEXT {
        let message = format!("`{name}` is larger than {} MiB", LARGEST_TEXT >> 20);
        return Err(Error::input(message).hint("give the lines with errors alone, by `grep` for example"));
    }
    // A log may hold anything; what is not UTF-8 is no part of a message.
    Ok((name, String::from_utf8_lossy(&bytes).into_owned()))
}
