//! AWS's additions in the user's format: a policy for each principal, a statement for each resource's policy.

use std::collections::BTreeMap;

use leastwise_generate::denied::{Addition, Answer, Known, PrincipalKind as Who, Whose};
use leastwise_generate::render::{
    self, Attach, Deliverable, File, Names, PrincipalKind, PrincipalTarget, RoleDeliverable,
};
use serde_json::{Map, Value, json};

use super::super::aws::files::{role_format, unsaid, written};
use super::super::platform::{Made, Printed};
use crate::cli::generate::{Format, GenerateArgs};
use crate::error::{Error, Result};

/// What the command line says besides the messages: `--bind s3:ListBucket=arn:aws:s3:::reports`.
pub(super) fn known(args: &GenerateArgs) -> Result<Known> {
    let mut resources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in &args.bind {
        let binding = text.split_once("=arn:").filter(|(action, _)| action.contains(':'));
        let Some((action, rest)) = binding else {
            return Err(Error::usage(format!("`--bind {text}` says nothing about a refusal"))
                .hint("write what an action is on: `--bind s3:ListBucket=arn:aws:s3:::reports`"));
        };
        resources.entry(action.to_ascii_lowercase()).or_default().push(format!("arn:{rest}"));
    }
    let options = super::super::aws::options(args)?;
    Ok(Known { options, resources })
}

pub(super) fn made(args: &GenerateArgs, answer: &Answer) -> Result<Made> {
    let format = args.format.unwrap_or(Format::Json);
    let mut names = Names::default();
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    let mut objects: Map<String, Value> = Map::new();
    let mut texts: Vec<String> = Vec::new();
    for addition in &answer.additions {
        if let (Whose::Resource { resource, .. }, Some(policy)) =
            (&addition.whose, addition.resource_policy())
        {
            let text = policy.to_json();
            let value: Value =
                serde_json::from_str(&text).map_err(|error| Error::input("no JSON").because(error))?;
            let target = PrincipalTarget { name: resource.clone(), ..PrincipalTarget::default() };
            let name = format!("{}-resource.json", names.file_stem(&target));
            if format != Format::Json && args.out.is_none() {
                notes.push(format!("warning: the statement for the policy of `{resource}` is JSON: `--format json` or `--out` shows it"));
            }
            objects.insert(resource.clone(), json!({"resource": value}));
            files.push(File { name, text, notes: Vec::new() });
            continue;
        }
        let deliverable = deliverable(args, addition, &objects);
        let title = deliverable.policies.principal.name.clone();
        let key = unique(&title, addition, &objects);
        objects.insert(key, render::role_value(&deliverable).map_err(unsaid)?);
        let rendered = written(args, role_format(format)?, &mut names, &deliverable)?;
        texts.extend(rendered.iter().map(|file| file.text.clone()));
        notes.extend(rendered.iter().flat_map(|file| &file.notes).map(|note| format!("warning: {note}")));
        files.extend(rendered);
    }
    let printed = match format {
        Format::Json => Printed::Json(Value::Object(objects)),
        _ => Printed::Text(texts.join("\n")),
    };
    Ok(Made { files, printed, trace: String::new(), notes })
}

/// The principal's name; what it is too, where a role and a user are called the same.
fn unique(name: &str, addition: &Addition, taken: &Map<String, Value>) -> String {
    match &addition.whose {
        Whose::Principal(Some(who)) if taken.contains_key(name) => who.arn(),
        _ => name.to_owned(),
    }
}

fn deliverable(args: &GenerateArgs, addition: &Addition, taken: &Map<String, Value>) -> RoleDeliverable {
    let principal = match &addition.whose {
        Whose::Principal(Some(who)) => PrincipalTarget {
            kind: if who.kind == Who::User { PrincipalKind::User } else { PrincipalKind::Role },
            name: who.name.clone(),
            path: who.path.clone(),
            arn: who.arn(),
        },
        _ => PrincipalTarget { name: args.name.clone(), path: "/".to_owned(), ..PrincipalTarget::default() },
    };
    let again = if taken.contains_key(&principal.name) { "-2" } else { "" };
    let compiled = addition.compiled(&format!("{}{again}-addition", principal.name));
    RoleDeliverable {
        policies: Deliverable {
            principal,
            documents: compiled.identity,
            attach: Attach::Managed,
            comments: Vec::new(),
        },
        trust: None,
        boundary: None,
        session: None,
        tags: Vec::new(),
    }
}
