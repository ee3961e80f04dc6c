//! The compiled roles in the user's format: to stdout, or as files that appear together or not at all.

use std::path::Path;

use leastwise_catalog::Catalog;
use leastwise_generate::intent::Intent;
use leastwise_generate::lower::aws::{self, Compiled, MadeBoundary, prove};
use leastwise_generate::render::{
    self, Attach, Deliverable, File, Made, Names, PrincipalKind, PrincipalTarget, RoleBoundary,
    RoleDeliverable, RoleFormat, TerraformStyle,
};
use serde_json::{Map, Value};

use crate::atomic::Batch;
use crate::cli::generate::{Format, GenerateArgs};
use crate::cli::rightsize;
use crate::error::{Error, Result};
use crate::output;

/// Everything on one stream: JSON as one object by role and document, the rest as texts one after the other.
pub fn printed(args: &GenerateArgs, roles: &[Compiled]) -> Result<String> {
    if args.format == Format::Json {
        let mut all = Map::new();
        for role in roles {
            all.insert(role.role.clone(), render::role_value(&deliverable(role)).map_err(unsaid)?);
        }
        return Ok(format!("{:#}\n", Value::Object(all)));
    }
    let mut names = Names::default();
    let mut text = String::new();
    for role in roles {
        for file in rendered(args, &mut names, role)? {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&file.text);
        }
    }
    Ok(text)
}

/// Writes the files into the folder.
pub fn write(
    args: &GenerateArgs,
    folder: &Path,
    intent: &Intent,
    roles: &[Compiled],
    catalog: &Catalog,
    options: &aws::Options,
) -> Result<()> {
    let mut names = Names::default();
    let mut batch = Batch::new();
    for compiled in roles {
        // The name that the role's own files will have.
        let stem = names.clone().file_stem(&target(compiled));
        for file in rendered(args, &mut names, compiled)? {
            batch.add(&folder.join(&file.name), file.text.as_bytes())?;
        }
        let role = intent.roles.iter().find(|role| role.name.value == compiled.role);
        if let Some(role) = role.filter(|_| args.tests) {
            let proofs = prove::proofs(role, compiled, catalog);
            let requests = prove::lines(&proofs, compiled, options);
            batch.add(&folder.join(format!("{stem}.requests.jsonl")), requests.as_bytes())?;
            let snapshot = prove::snapshot(compiled, options);
            batch.add(&folder.join(format!("{stem}.snapshot.json")), snapshot.as_bytes())?;
        }
    }
    batch.commit()
}

fn rendered(args: &GenerateArgs, names: &mut Names, role: &Compiled) -> Result<Vec<File>> {
    let terraform = match args.terraform_style {
        rightsize::TerraformStyle::Jsonencode => TerraformStyle::Jsonencode,
        rightsize::TerraformStyle::Document => TerraformStyle::PolicyDocument,
    };
    let format = match args.format {
        Format::Json => RoleFormat::Json,
        Format::Terraform => RoleFormat::Terraform,
        Format::Cloudformation => RoleFormat::Cloudformation,
        Format::Script => RoleFormat::Script,
    };
    let options = render::Options { terraform, made: Made::Generated };
    let files = render::render_role(names, &deliverable(role), format, &options).map_err(unsaid)?;
    for note in files.iter().flat_map(|file| &file.notes) {
        output::note(&output::plain(&format!("warning: {note}")));
    }
    Ok(files)
}

fn unsaid(error: render::RenderError) -> Error {
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
