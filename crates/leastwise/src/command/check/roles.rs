//! Roles in YAML, as `leastwise generate` reads them: each is compiled, and what comes of it is checked as the role that
//! it will be. What is found stands at the line of the intent that asks for it, not in what was compiled.
//!
//! A role in such a file is an agent's: whoever it is for holds it to act by itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use leastwise_analysis::check::{Class, Estate, Finding, Severity, SourceFile, UNKNOWN_ACCOUNT, read};
use leastwise_analysis::source::Place;
use leastwise_catalog::Catalog;
use leastwise_generate::intent::{Intent, IntentError};
use leastwise_generate::lower::aws::{self, Compiled, prove};
use leastwise_policy::aws::{Effect, Statement};
use serde_json::{Value, json};

use super::cedar;

/// What was compiled of a file, by the ARN of each role.
type Made = HashMap<String, (Compiled, Place)>;

/// Reads files as [`read`] does, those that hold roles as what they come to, and Cedar by what Cedar says.
pub fn estate(files: &[SourceFile], catalog: &Catalog) -> Estate {
    let mut unreadable = Vec::new();
    let mut made: HashMap<Arc<str>, Made> = HashMap::new();
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
        let intent = match Intent::from_yaml(&file.name, &file.text) {
            Ok(intent) => intent,
            Err(error) => {
                unreadable.extend(error.faults.iter().map(|fault| finding(file, fault)));
                continue;
            }
        };
        match compile_apart(&intent, catalog, &file.name, &made) {
            Ok((listing, roles)) => {
                made.insert(file.name.clone(), roles);
                texts.push(Cow::Owned(SourceFile { text: listing, name: file.name.clone(), ..*file }));
            }
            Err(_) if is_elsewhere(&intent) => unreadable.push(not_checked(file)),
            Err(error) => unreadable.extend(error.faults.iter().map(|fault| finding(file, fault))),
        }
    }
    let mut estate = read(&texts);
    estate.unreadable.extend(unreadable);
    for (file, roles) in &made {
        place(&mut estate, file, roles);
    }
    estate
}

/// Whether it is YAML with roles at the top, and none of the formats that have such a word too. Much else has it, so that
/// of a file that nobody named it must also say what roles are permitted.
fn holds_roles(file: &SourceFile) -> bool {
    let name = file.name.to_ascii_lowercase();
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    let begins = |key: &str| file.text.lines().any(|line| line.starts_with(key));
    let others = ["apiVersion:", "Resources:", "AWSTemplateFormatVersion:"];
    let permits = || file.text.lines().any(|line| line.trim_start().starts_with("permissions:"));
    is_yaml && begins("roles:") && !others.iter().any(|key| begins(key)) && (file.named || permits())
}

/// The roles as [`compile`] has them, in an account of their own when another file has a role of the same name: what
/// becomes of one file is not what becomes of the other. Its number follows from the file's name alone.
fn compile_apart(
    intent: &Intent,
    catalog: &Catalog,
    file: &str,
    others: &HashMap<Arc<str>, Made>,
) -> Result<(String, Made), IntentError> {
    let (listing, roles) = compile(intent, catalog, UNKNOWN_ACCOUNT)?;
    if !roles.keys().any(|arn| others.values().any(|made| made.contains_key(arn))) {
        return Ok((listing, roles));
    }
    let number = file.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    compile(intent, catalog, &format!("{:012}", 50_000 + number % 50_000))
}

/// The roles as a listing of an account, and each with the place where it begins.
fn compile(intent: &Intent, catalog: &Catalog, account: &str) -> Result<(String, Made), IntentError> {
    let options = aws::Options {
        partition: "aws".to_owned(),
        account: Some(account.to_owned()),
        region: Some("eu-west-1".to_owned()),
        environment: None,
        keys: false,
    };
    let (mut pages, mut made) = (Vec::new(), Made::new());
    for compiled in aws::compile(intent, catalog, &options)? {
        let mut page: Value = serde_json::from_str(&prove::snapshot(&compiled, &options)).unwrap_or_default();
        let said = intent.roles.iter().find(|role| role.name.value == compiled.role);
        let mut tags = vec![json!({"Key": "leastwise:agent", "Value": "yes"})];
        tags.extend(compiled.owner.iter().map(|owner| json!({"Key": "owner", "Value": owner})));
        let expires = said.and_then(|role| role.expires.as_ref());
        tags.extend(expires.map(|end| json!({"Key": "expires", "Value": end.value.to_string()})));
        page["RoleDetailList"][0]["Tags"] = json!(tags);
        let arn = page["RoleDetailList"][0]["Arn"].as_str().unwrap_or_default().to_owned();
        let begins = said.map_or(Place::START, |role| Place {
            line: role.name.place.line,
            column: role.name.place.column,
        });
        pages.push(page);
        made.insert(arn, (compiled, begins));
    }
    Ok((json!(pages).to_string(), made))
}

/// Puts principals and documents where the intent asks for them.
fn place(estate: &mut Estate, file: &Arc<str>, roles: &Made) {
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

/// Whether all that it names is on other platforms than AWS.
fn is_elsewhere(intent: &Intent) -> bool {
    let mut resources = intent.resources.iter();
    !intent.resources.is_empty() && resources.all(|one| one.aws.is_empty() && one.environments.is_empty())
}

fn not_checked(file: &SourceFile) -> Finding {
    Finding {
        file: file.name.clone(),
        at: Place::START,
        code: "UNRESOLVED",
        pointer: String::new(),
        subject: file.name.to_string(),
        message: "these roles are about other platforms than AWS, and nothing is checked of them".to_owned(),
        severity: Severity::Info,
        class: Class::Unreadable,
        evidence: Vec::new(),
        fix: Some("check what `leastwise generate` makes of them".to_owned()),
    }
}

fn finding(file: &SourceFile, fault: &leastwise_generate::intent::Fault) -> Finding {
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
mod tests {
    use super::*;
    use leastwise_analysis::check::{Facts, run};

    fn found(text: &str) -> Vec<(String, u32)> {
        let catalog = Catalog::embedded();
        let estate = estate(&[SourceFile::named("roles.yaml", text)], catalog);
        let facts = Facts::new(catalog);
        run(&estate, &facts).iter().map(|finding| (finding.code.to_owned(), finding.at.line)).collect()
    }

    #[test]
    fn what_is_found_in_a_role_stands_at_its_line_of_the_intent() {
        let text = "\
roles:
  reader:
    permissions:
      - list: reports
      - delete: everything
    owner: team
resources:
  reports: arn:aws:s3:::reports
  everything: arn:aws:s3:::*/*
";
        let found = found(text);
        assert!(found.contains(&("DESTRUCTIVE_ANYWHERE".to_owned(), 5)), "{found:?}");
        assert!(found.contains(&("AGENT_WITHOUT_EXPIRY".to_owned(), 2)), "{found:?}");
        assert!(!found.iter().any(|(code, _)| code == "AGENT_WITHOUT_OWNER"), "{found:?}");
    }

    #[test]
    fn other_yaml_with_such_a_word_is_left_alone_in_a_folder() {
        let text = "roles:\n  - web\n  - database\n".to_owned();
        let values = SourceFile { name: "values.yaml".into(), text, named: false, beside: false };
        let estate = estate(&[values], Catalog::embedded());
        assert_eq!((estate.unreadable.len(), estate.left_alone.len()), (0, 1));
    }

    #[test]
    fn roles_that_cannot_be_read_are_told_with_their_place() {
        let found = found("roles:\n  reader:\n    permisions: []\n");
        assert!(found.iter().any(|(code, line)| code == "UNREADABLE" && *line == 3), "{found:?}");
    }
}
