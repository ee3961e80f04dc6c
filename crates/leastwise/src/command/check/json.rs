//! For programs. The fields are a contract: docs/check.md.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::baseline::Entry;
use super::outcome::{Judged, Outcome, State};

/// The version of the format: fields may be added to it, none changes its meaning.
const SCHEMA: &str = "leastwise/check/1";

/// All of it.
#[derive(Serialize)]
struct Told<'a> {
    schema: &'static str,
    leastwise: &'static str,
    catalog: Edition,
    fail_on: Option<&'static str>,
    exit_code: u8,
    read: Read<'a>,
    open: Map<String, Value>,
    unreadable: usize,
    suppressed: usize,
    known: usize,
    stale: &'a [Entry],
    against: Option<Compared<'a>>,
    findings: Findings<'a>,
}

/// All that was found, each made for printing when its turn comes.
struct Findings<'a>(&'a Outcome<'a>);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.judged.iter().map(|one| found(self.0, one)))
    }
}

#[derive(Serialize)]
struct Edition {
    date: String,
    digest: String,
}

#[derive(Serialize)]
struct Read<'a> {
    files: Vec<&'a str>,
    policy_documents: usize,
    principals: usize,
    left_alone: usize,
}

#[derive(Serialize)]
struct Compared<'a> {
    state: &'a str,
    compared: usize,
    left_out: usize,
}

#[derive(Serialize)]
struct Found<'a> {
    code: &'a str,
    title: &'a str,
    class: &'a str,
    severity: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
    pointer: &'a str,
    subject: &'a str,
    message: &'a str,
    evidence: &'a [String],
    fix: Option<&'a str>,
    mitre: &'a [&'a str],
    fingerprint: &'a str,
    state: &'static str,
    suppression: Option<Suppression<'a>>,
    fails: bool,
}

#[derive(Serialize)]
struct Suppression<'a> {
    reason: &'a str,
    until: &'a str,
    inline: bool,
}

/// All of it, as text.
pub fn text(outcome: &Outcome<'_>) -> String {
    // About as long as it will be, so that it is not copied while it grows.
    let mut text = Vec::with_capacity((outcome.judged.len() + 4) << 10);
    // Texts and numbers: nothing of it can fail to be written.
    let _ = write(outcome, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Writes all of it, which may be long, piece by piece.
pub fn write(outcome: &Outcome<'_>, out: &mut impl Write) -> io::Result<()> {
    let version = outcome.catalog.version();
    let counts = outcome.counts().into_iter();
    let told = Told {
        schema: SCHEMA,
        leastwise: env!("CARGO_PKG_VERSION"),
        catalog: Edition { date: version.date.to_string(), digest: version.digest.to_string() },
        fail_on: outcome.fail_on.map(|severity| severity.as_str()),
        exit_code: outcome.exit_code(),
        read: Read {
            files: outcome.files.iter().map(|file| &**file).collect(),
            policy_documents: outcome.documents,
            principals: outcome.principals,
            left_alone: outcome.left_alone,
        },
        open: counts.map(|(severity, count)| (severity.to_string(), count.into())).collect(),
        unreadable: outcome.unreadable(),
        suppressed: outcome.suppressed(),
        known: outcome.known(),
        stale: &outcome.stale,
        against: outcome.against.as_ref().map(|against| Compared {
            state: &against.state,
            compared: against.compared,
            left_out: against.left_out,
        }),
        findings: Findings(outcome),
    };
    serde_json::to_writer_pretty(&mut *out, &told)?;
    out.write_all(b"\n")
}

fn found<'a>(outcome: &'a Outcome<'_>, one: &'a Judged) -> Found<'a> {
    let finding = &one.finding;
    let check = one.check();
    let (state, suppression) = match &one.state {
        State::Open => ("open", None),
        State::Known => ("known", None),
        State::Suppressed { reason, until, inline } => {
            ("suppressed", Some(Suppression { reason, until, inline: *inline }))
        }
    };
    Found {
        code: finding.code,
        title: check.map_or(finding.code, |check| check.title),
        class: finding.class.as_str(),
        severity: finding.severity.as_str(),
        file: &finding.file,
        line: finding.at.line,
        column: finding.at.column,
        pointer: &finding.pointer,
        subject: &finding.subject,
        message: &finding.message,
        evidence: &finding.evidence,
        fix: finding.fix.as_deref(),
        mitre: check.map_or(&[], |check| check.mitre),
        fingerprint: &one.fingerprint,
        state,
        suppression,
        fails: outcome.fails(one),
    }
}
