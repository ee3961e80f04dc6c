//! What only the settings file can say of `check`: `[[check.suppress]]` and `[check.agents]`.

use std::path::Path;

use leastwise_analysis::check::{DEFAULT_NAMES, DEFAULT_TAGS, Marks};
use leastwise_analysis::source::{Lines, Place};
use leastwise_policy::time::Date;
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::suppress::Suppression;
use crate::clock;
use crate::error::{Error, Result};

/// A suppression lasts a year at most: whoever wrote it looks at it again.
const LONGEST_DAYS: i64 = 366;

/// What the settings file says.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The file, as it was named.
    pub file: String,
    /// What stands in it.
    pub text: String,
    /// What is suppressed.
    pub suppress: Vec<Suppression>,
    /// Who is an agent.
    pub marks: Marks,
}

/// The tables of `[check]` that are read here and not as flags.
const TABLES: [&str; 2] = ["suppress", "agents"];

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    check: Tables,
}

#[derive(Default, Deserialize)]
struct Tables {
    #[serde(default)]
    suppress: Vec<Spanned<Entry>>,
    #[serde(default)]
    agents: Agents,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    file: Option<String>,
    subject: Option<String>,
    reason: String,
    until: Value,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agents {
    tags: Option<Vec<String>>,
    names: Option<Vec<String>>,
}

/// Reads the tables, and takes them out of `table`, whose other settings are flags.
pub fn take(path: &Path, text: &str, table: &mut Table) -> Result<Settings> {
    let none = Settings {
        file: super::gather::shown(path),
        text: text.to_owned(),
        suppress: Vec::new(),
        marks: Marks::default(),
    };
    let Some(Value::Table(check)) = table.get_mut("check") else { return Ok(none) };
    if !TABLES.map(|name| check.remove(name).is_some()).contains(&true) {
        return Ok(none);
    }
    let file: File = toml::from_str(text).map_err(|error| {
        Error::usage(format!("settings `{}` are wrong in [check]", path.display()))
            .because(std::io::Error::other(error.to_string()))
            .hint("docs/check.md says what stands there")
    })?;
    let lines = Lines::new(text);
    let suppress = file.check.suppress.into_iter().map(|entry| {
        let at = lines.place(entry.span().start);
        suppression(path, at, entry.into_inner())
    });
    let Agents { tags, names } = file.check.agents;
    let defaults = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let tags: Vec<String> = tags.unwrap_or_else(|| defaults(DEFAULT_TAGS));
    let names: Vec<String> = names.unwrap_or_else(|| defaults(DEFAULT_NAMES));
    Ok(Settings {
        suppress: suppress.collect::<Result<_>>()?,
        marks: Marks::new(tags.iter().map(String::as_str), names.iter().map(String::as_str)),
        ..none
    })
}

fn suppression(path: &Path, at: Place, entry: Entry) -> Result<Suppression> {
    let wrong =
        |what: String| Error::usage(format!("settings `{}`, line {}: {what}", path.display(), at.line));
    if entry.reason.trim().is_empty() {
        return Err(wrong("a suppression without a reason".to_owned()).hint("say why this is fine"));
    }
    let until = match &entry.until {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let until = date(&until).map_err(|(what, hint)| wrong(what).hint(hint))?;
    Ok(Suppression::new(
        &entry.code,
        entry.file.as_deref(),
        entry.subject.as_deref(),
        entry.reason,
        until,
        at,
    ))
}

/// The last day of a suppression; else what is wrong with it, and the way out.
pub fn date(text: &str) -> std::result::Result<Date, (String, String)> {
    let Some(until) = Date::parse(text) else {
        return Err((format!("`{text}` is not a day"), "write `until` as YYYY-MM-DD".to_owned()));
    };
    let last = Date::from_days(clock::now().div_euclid(86_400) + LONGEST_DAYS);
    match until.days() > last.days() {
        true => Err((
            format!("suppressed until {until}, and a year is the longest"),
            format!("write {last} or an earlier day, and look at it again then"),
        )),
        false => Ok(until),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<Settings> {
        let mut table = text.parse().expect("TOML");
        let settings = take(Path::new("leastwise.toml"), text, &mut table);
        assert!(table.get("check").and_then(Value::as_table).is_none_or(|check| check.len() <= 1));
        settings
    }

    #[test]
    fn suppressions_know_their_line() {
        let text = "[check]\nfail-on = \"low\"\n\n[[check.suppress]]\ncode = \"A_*\"\nreason = \"r\"\nuntil = 2026-01-01\n";
        let settings = settings(text).expect("settings");
        assert_eq!(settings.suppress.len(), 1);
        assert_eq!(
            (settings.suppress[0].at.line, settings.suppress[0].until.to_string()),
            (4, "2026-01-01".into())
        );
    }

    #[test]
    fn a_suppression_has_a_reason_and_a_day_within_a_year() {
        for text in [
            "code = \"A\"\nuntil = 2026-01-01",
            "code = \"A\"\nreason = \" \"\nuntil = 2026-01-01",
            "code = \"A\"\nreason = \"r\"",
            "code = \"A\"\nreason = \"r\"\nuntil = 2999-01-01",
            "code = \"A\"\nreason = \"r\"\nuntil = \"soon\"",
            "code = \"A\"\nreason = \"r\"\nuntil = 2026-01-01\nfiles = \"x\"",
        ] {
            assert!(settings(&format!("[[check.suppress]]\n{text}\n")).is_err(), "{text}");
        }
    }

    #[test]
    fn agents_are_marked_as_the_settings_say() {
        let settings = settings("[check.agents]\nnames = [\"zebra\"]\n").expect("settings");
        assert!(settings.marks.of("zebra-1", []).is_some() && settings.marks.of("bot", []).is_none());
        assert!(settings.marks.of("x", [("agent", "yes")]).is_some());
    }
}
