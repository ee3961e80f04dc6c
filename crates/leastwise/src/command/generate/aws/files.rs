//! The compiled roles in the user's format.

use leastwise_generate::lower::aws::{self, Compiled, MadeBoundary, prove};
use leastwise_generate::render::{
    self, Attach, Deliverable, File, Made, Names, PrincipalKind, PrincipalTarget, RoleBoundary,
    RoleDeliverable, RoleFormat, TerraformStyle,
};
use leastwise_policy::aws::{Named, Policy};
use serde_json::{Map, Value};

use super::super::intent;
use super::super::platform::{Asked, Printed};
use crate::cli::generate::{Format, GenerateArgs};
use crate::cli::rightsize;
use crate::error::{Error, Result};

/// Everything on one stream: JSON as one object by role and document, the rest as texts one after the other.
pub(super) fn printed(
    asked: &Asked<'_>,
    roles: &[Compiled],
    guardrails: &[Named<Policy>],
    files: &[File],
) -> Result<Printed> {
    if asked.format == Format::Json {
        let mut all = Map::new();
        let mut guardrails = guardrails.iter();
        for role in roles {
            let mut value = render::role_value(&deliverable(role)).map_err(unsaid)?;
            if let Some(guardrail) = guardrails.next() {
                let text = guardrail.policy.to_json();
                value["guardrail"] = serde_json::from_str(&text)
                    .map_err(|error| Error::input("cannot write the guardrail").because(error))?;
            }
            all.insert(role.role.clone(), value);
        }
        return Ok(Printed::Json(Value::Object(all)));
    }
    let texts: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
    Ok(Printed::Text(texts.join("\n")))
}

/// The guardrail of each role, where guardrails are asked for.
pub(super) fn guardrails(
    asked: &Asked<'_>,
    roles: &[Compiled],
    options: &aws::Options,
) -> Result<Vec<Named<Policy>>> {
    let mut guardrails = Vec::new();
    for compiled in roles.iter().filter(|_| asked.args.guardrail) {
        let role = asked.intent.roles.iter().find(|role| role.name.value == compiled.role);
        let Some(role) = role else { continue };
        let made = aws::guardrail(role, compiled, asked.catalog, options)
            .map_err(|fault| intent::told(asked.args, fault.into()))?;
        guardrails.push(made);
    }
    Ok(guardrails)
}

/// The files of all roles, with the requests that show what they are worth where those are asked for.
pub(super) fn all(
    asked: &Asked<'_>,
    roles: &[Compiled],
    guardrails: &[Named<Policy>],
    options: &aws::Options,
) -> Result<Vec<File>> {
    let mut names = Names::default();
    let mut files = Vec::new();
    let format = role_format(asked.format)?;
    for (index, compiled) in roles.iter().enumerate() {
        // The name that the role's own files will have.
        let stem = names.clone().file_stem(&target(compiled));
        files.extend(rendered(asked, &mut names, compiled)?);
        if let Some(guardrail) = guardrails.get(index) {
            files.push(render::render_guardrail(&mut names, &stem, guardrail, format).map_err(unsaid)?);
        }
        let role = asked.intent.roles.iter().find(|role| role.name.value == compiled.role);
        if let Some(role) = role.filter(|_| asked.args.tests) {
            let proofs = prove::proofs(role, compiled, asked.catalog);
            let text = prove::lines(&proofs, compiled, options);
            files.push(File { name: format!("{stem}.requests.jsonl"), text, notes: Vec::new() });
            let text = prove::snapshot(compiled, options);
            files.push(File { name: format!("{stem}.snapshot.json"), text, notes: Vec::new() });
        }
    }
    Ok(files)
}

fn rendered(asked: &Asked<'_>, names: &mut Names, role: &Compiled) -> Result<Vec<File>> {
    written(asked.args, role_format(asked.format)?, names, &deliverable(role))
}

/// The files of a role or of an addition to one.
pub fn written(
    args: &GenerateArgs,
    format: RoleFormat,
    names: &mut Names,
    role: &RoleDeliverable,
) -> Result<Vec<File>> {
    let terraform = match args.terraform_style {
        rightsize::TerraformStyle::Jsonencode => TerraformStyle::Jsonencode,
        rightsize::TerraformStyle::Document => TerraformStyle::PolicyDocument,
    };
    let options = render::Options { terraform, made: Made::Generated };
    render::render_role(names, role, format, &options).map_err(unsaid)
}

/// What the renderer calls the format.
pub fn role_format(format: Format) -> Result<RoleFormat> {
    Ok(match format {
        Format::Terraform => RoleFormat::Terraform,
        Format::Cloudformation => RoleFormat::Cloudformation,
        Format::Script => RoleFormat::Script,
        Format::Json => RoleFormat::Json,
        _ => return Err(Error::usage("aws has no such format")),
    })
}

pub fn unsaid(error: render::RenderError) -> Error {
    Error::input("cannot write the role in this format").because(error)
}

fn target(role: &Compiled) -> PrincipalTarget {
    PrincipalTarget {
        kind: PrincipalKind::Role,
        name: role.role.clone(),
        path: "/".to_owned(),
        arn: String::new(),
    }
}

fn deliverable(role: &Compiled) -> RoleDeliverable {
    RoleDeliverable {
        policies: Deliverable {
            principal: target(role),
            documents: role.identity.clone(),
            attach: Attach::Managed,
            comments: Vec::new(),
        },
        trust: role.trust.clone(),
        boundary: role.boundary.as_ref().map(|boundary| match boundary {
            MadeBoundary::Made(document) => RoleBoundary::Made(document.clone()),
            MadeBoundary::Existing(arn) => RoleBoundary::Existing(arn.clone()),
        }),
        session: role.session,
        tags: role.owner.iter().map(|owner| ("owner".to_owned(), owner.clone())).collect(),
    }
}
