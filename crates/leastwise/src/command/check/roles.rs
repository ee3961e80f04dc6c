//! Roles in YAML, as `leastwise generate` reads them: each is compiled for the platforms and environments that it speaks
//! of, and what comes of it is checked as the role that it will be. What is found stands at the line of the intent that
//! asks for it, not in what was compiled.
//!
//! A role in such a file is an agent's: whoever it is for holds it to act by itself.

mod made;
mod parts;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use leastwise_analysis::check::{Class, Estate, Facts, Finding, Severity, SourceFile, read, run};
use leastwise_analysis::source::Place;
use leastwise_catalog::Catalog;
use leastwise_generate::intent::{Fault, Intent, IntentError};
use leastwise_generate::lower::aws::{self, Compiled};
use leastwise_policy::aws::{Effect, Statement};
use serde_json::Value;

use super::cedar;
use made::{Made, Text};
use parts::{Line, Part};

/// What was compiled of a file for AWS, by the ARN of each role.
type OnAws = HashMap<String, (Compiled, Place)>;

/// What was made of one file.
#[derive(Default)]
struct OfFile {
    pages: Vec<Value>,
    aws: OnAws,
    texts: Vec<Text>,
    findings: Vec<Finding>,
}

/// Reads files as [`read`] does, those that hold roles as what they come to, and Cedar by what Cedar says.
pub fn estate(files: &[SourceFile], catalog: &Catalog) -> Estate {
    let mut unreadable = Vec::new();
    let mut made: Vec<(Arc<str>, OfFile)> = Vec::new();
    let mut texts = Vec::with_capacity(files.len());
    for file in files {
        if cedar::takes(file) {
            unreadable.extend(cedar::check(file));
            continue;
        }
        if !holds_roles(file) {
            texts.push(Cow::Borrowed(file));
            continue;
        }
        match Intent::from_yaml(&file.name, plain(&file.text)) {
            Ok(intent) => {
                let of = |apart| compile(file, &intent, catalog, apart);
                let mut of_file = of(false);
                // What becomes of one file is not what becomes of another with a role of that name.
                let is_taken = |arn: &String| made.iter().any(|(_, other)| other.aws.contains_key(arn));
                if of_file.aws.keys().any(is_taken) {
                    of_file = of(true);
                }
                unreadable.append(&mut of_file.findings);
                let listing = Value::from(std::mem::take(&mut of_file.pages)).to_string();
                if !of_file.aws.is_empty() {
                    texts.push(Cow::Owned(SourceFile { text: listing, name: file.name.clone(), ..*file }));
                }
                texts.extend(of_file.texts.iter().map(|text| Cow::Owned(text.source.clone())));
                made.push((file.name.clone(), of_file));
            }
            Err(error) => unreadable.extend(error.faults.iter().map(|fault| finding(file, fault))),
        }
    }
    let mut estate = read(&texts);
    for (file, of_file) in &made {
        place(&mut estate, file, &of_file.aws);
    }
    let by_name = made.iter().flat_map(|(file, of_file)| {
        of_file.texts.iter().map(move |text| (text.source.name.clone(), (file, text)))
    });
    let by_name: HashMap<Arc<str>, (&Arc<str>, &Text)> = by_name.collect();
    if !by_name.is_empty() {
        made::settle(&mut estate, &by_name);
    }
    estate.unreadable.extend(unreadable);
    estate
}

/// What is found in the estate; in a file of roles once for all environments that agree in it.
pub fn checked(estate: &Estate, files: &[SourceFile], facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = run(estate, facts);
    let names: HashSet<&str> =
        files.iter().filter(|file| holds_roles(file)).map(|file| &*file.name).collect();
    if names.is_empty() {
        return findings;
    }
    let mut seen = HashSet::new();
    findings.retain(|finding| {
        let plain = |text: &str| without_account(text);
        let key = || (finding.at, finding.code, plain(&finding.subject), plain(&finding.message));
        !names.contains(&*finding.file) || seen.insert((finding.file.clone(), key()))
    });
    findings
}

/// A text without the numbers that stand for accounts.
fn without_account(text: &str) -> String {
    let is_ours = |part: &&str| {
        part.len() == 12 && part.starts_with("0000000") && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.split(':').map(|part| if is_ours(&part) { "" } else { part }).collect::<Vec<_>>().join(":")
}

/// Compiles an intent for all that it speaks of. What cannot be compiled is told at its place: it cannot be read when
/// nothing else says what those lines allow; when they were compiled for another platform, this one has no words for it.
fn compile(file: &SourceFile, intent: &Intent, catalog: &Catalog, apart: bool) -> OfFile {
    let make = |part: &Part, intent: &Intent| made::compile(part, intent, &file.name, apart, catalog);
    let mut of_file = OfFile::default();
    let mut compiled: BTreeSet<Line> = BTreeSet::new();
    let mut failed: Vec<(Part, BTreeSet<Line>, IntentError)> = Vec::new();
    for part in parts::parts(intent) {
        match make(&part, &part.intent) {
            Ok(made) => {
                compiled.extend(part.lines.iter().flatten().cloned());
                of_file.take(file, made);
            }
            // One role may stand in the way of the others.
            Err(_) if part.intent.roles.len() > 1 => {
                for role in part.intent.roles.clone() {
                    let lines = parts::lines(&role);
                    let alone = Intent { roles: vec![role], resources: part.intent.resources.clone() };
                    match make(&part, &alone) {
                        Ok(made) => {
                            compiled.extend(lines);
                            of_file.take(file, made);
                        }
                        Err(error) => failed.push((part.of(&alone), lines, error)),
                    }
                }
            }
            Err(error) => {
                let lines = part.lines.iter().flatten().cloned().collect();
                failed.push((part, lines, error));
            }
        }
    }
    for (part, lines, error) in failed {
        let is_elsewhere = lines.is_subset(&compiled);
        for fault in &error.faults {
            let mut finding = finding(file, fault);
            if is_elsewhere {
                finding.code = "UNRESOLVED";
                finding.severity = Severity::Info;
                finding.message = format!("not checked on {}: {}", part.platform.name(), finding.message);
            }
            of_file.findings.push(finding);
        }
    }
    let key = |one: &Finding| (one.at, one.code, one.message.clone());
    of_file.findings.sort_by_key(key);
    of_file.findings.dedup_by_key(|one| key(one));
    of_file
}

impl OfFile {
    fn take(&mut self, file: &SourceFile, made: Made) {
        for (page, compiled, begins) in made.aws {
            let arn = page["RoleDetailList"][0]["Arn"].as_str().unwrap_or_default().to_owned();
            self.pages.push(page);
            self.aws.insert(arn, (compiled, begins));
        }
        self.texts.extend(made.texts);
        for (text, begins) in made.cedar {
            let found = cedar::check(&SourceFile { text, ..file.clone() });
            self.findings.extend(found.into_iter().map(|finding| Finding { at: begins, ..finding }));
        }
    }
}

/// Whether it is YAML with roles at the top, and none of the formats that have such a word too. Much else has it, so that
/// of a file that nobody named it must also say what roles are permitted.
fn holds_roles(file: &SourceFile) -> bool {
    let name = file.name.to_ascii_lowercase();
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    let others = ["apiVersion:", "Resources:", "AWSTemplateFormatVersion:"];
    is_yaml
        && begins(&file.text, "roles:")
        && !others.iter().any(|key| begins(&file.text, key))
        && (file.named || may_hold_roles(&file.text))
}

/// Whether a text says what roles are permitted.
pub fn may_hold_roles(text: &str) -> bool {
    text.contains("roles:") && text.lines().any(|line| line.trim_start().starts_with("permissions:"))
}

/// Whether a line begins so.
fn begins(text: &str, key: &str) -> bool {
    plain(text).lines().any(|line| line.starts_with(key))
}

/// The text without a byte order mark.
fn plain(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Puts principals and documents where the intent asks for them.
fn place(estate: &mut Estate, file: &Arc<str>, roles: &OnAws) {
    for (arn, (compiled, begins)) in roles {
        if let Some(home) = estate.homes.get_mut(arn) {
            (home.at, home.pointer) = (*begins, format!("/roles/{}", compiled.role));
        }
        for document in estate.documents.iter_mut().filter(|one| one.file == *file) {
            let is_of =
                document.name.starts_with(arn.as_str()) && document.name[arn.len()..].starts_with(['#', ' ']);
            let is_boundary = matches!(&compiled.boundary, Some(aws::MadeBoundary::Made(made))
                if document.name.ends_with(&format!(":policy/{}", made.name)));
            if !is_of && !is_boundary {
                continue;
            }
            document.root.move_to(*begins);
            document.pointer = format!("/roles/{}", compiled.role);
            for (statement, number) in document.policy.statements.iter().zip(document.understood.clone()) {
                let Some(at) = asked(compiled, statement) else { continue };
                if let Some(node) = document.root.statement_mut(number) {
                    node.move_to(at);
                }
            }
        }
    }
}

/// Where the intent asks for the first action of a statement.
fn asked(compiled: &Compiled, statement: &Statement) -> Option<Place> {
    let effect = statement.effect;
    let is_it = |reason: &&aws::Reason| {
        (reason.effect == Effect::Allow) == (effect == Effect::Allow)
            && statement.action.applies_to(&reason.action)
    };
    let reason = compiled.reasons.iter().find(is_it)?;
    Some(Place { line: reason.place.line, column: reason.place.column })
}

fn finding(file: &SourceFile, fault: &Fault) -> Finding {
    Finding {
        file: file.name.clone(),
        at: Place { line: fault.place.line.max(1), column: fault.place.column.max(1) },
        code: "UNREADABLE",
        pointer: String::new(),
        subject: file.name.to_string(),
        message: fault.message.clone(),
        severity: Severity::High,
        class: Class::Unreadable,
        evidence: Vec::new(),
        fix: fault.help.clone(),
    }
}

#[cfg(test)]
mod tests;
