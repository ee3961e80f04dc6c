//! The new documents in the user's format: to stdout, or as files.

use std::path::Path;

use leastwise_analysis::granted::{GrantedPrincipal, PrincipalKind as Kind};
use leastwise_generate::render::{
    self, Deliverable, File, Format, Names, Options, PrincipalKind, PrincipalTarget, TerraformStyle,
};
use leastwise_policy::arn::Arn;
use leastwise_policy::aws::{Named, Policy};

use crate::cli::rightsize as cli;
use crate::cli::rightsize::RightsizeArgs;
use crate::error::{Error, Result};

/// Who receives the documents: as the snapshot tells, else as the ARN does.
pub fn target(principal: &str, granted: Option<&GrantedPrincipal>) -> PrincipalTarget {
    if let Some(found) = granted {
        let kind = match found.kind {
            Kind::Role => PrincipalKind::Role,
            Kind::User => PrincipalKind::User,
        };
        return PrincipalTarget {
            kind,
            name: found.name.clone(),
            path: found.path.clone(),
            arn: found.arn.clone(),
        };
    }
    let resource =
        Arn::parse(principal).map_or_else(|| principal.to_owned(), |arn| arn.resource().to_owned());
    let (word, rest) = resource.split_once('/').unwrap_or(("role", &resource));
    let kind = match word {
        "user" => PrincipalKind::User,
        "group" => PrincipalKind::Group,
        _ => PrincipalKind::Role,
    };
    let (path, name) = match rest.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name.to_owned()),
        None => ("/".to_owned(), rest.to_owned()),
    };
    PrincipalTarget { kind, name, path, arn: principal.to_owned() }
}

/// What is written for one principal.
pub struct Delivery {
    /// The policy in the user's format.
    pub files: Vec<File>,
    /// The documents as JSON, where a proof speaks of them and they are not among `files` as they stand.
    pub proved: Vec<File>,
}

/// The files of one principal.
pub fn files(
    names: &mut Names,
    args: &RightsizeArgs,
    target: PrincipalTarget,
    documents: &[Named<Policy>],
    comments: Vec<String>,
) -> Result<Delivery> {
    let attach = match args.attach {
        cli::Attach::Managed => render::Attach::Managed,
        cli::Attach::Inline => render::Attach::Inline,
    };
    let terraform = match args.terraform_style {
        cli::TerraformStyle::Jsonencode => TerraformStyle::Jsonencode,
        cli::TerraformStyle::Document => TerraformStyle::PolicyDocument,
    };
    let deliverable = Deliverable { principal: target, documents: documents.to_vec(), attach, comments };
    let written = |names: &mut Names, format| {
        render::render_beside(names, &deliverable, format, &Options { terraform, ..Options::default() })
            .map_err(|error| Error::input("cannot write the policy in this format").because(error))
    };
    let mut proved = Vec::new();
    if proved_apart(args, documents) {
        // With the names as they are now, so that the JSON is called like the rest.
        proved = written(&mut names.clone(), Format::Json)?;
        proved.truncate(documents.len());
    }
    Ok(Delivery { files: written(names, format(args.format))?, proved })
}

/// A proof is about JSON documents, one a file: whether the output has them in another shape, so that `verify`
/// could not read them.
fn proved_apart(args: &RightsizeArgs, documents: &[Named<Policy>]) -> bool {
    let in_one_stream = args.out.is_none() && documents.len() > 1;
    (args.proof.is_some() || args.all) && (args.format != cli::Format::Json || in_one_stream)
}

/// Where the documents lie that a proof speaks of: with the policy, else with the proof.
pub fn folder(args: &RightsizeArgs) -> Option<&Path> {
    args.out.as_deref().or_else(|| args.proof.as_deref()?.parent())
}

/// How to check the proof, for people. Nothing when there is none, or when its document went to stdout.
pub fn check(args: &RightsizeArgs, delivery: &Delivery, documents: usize) -> Option<String> {
    /// A command line with more arguments than this tells nobody anything.
    const SHOWN: usize = 4;
    let (proof, folder) = (args.proof.as_ref()?, folder(args)?);
    let (apart, files) = match delivery.proved.is_empty() {
        false => ("the proof is about the JSON documents, which are written too; ", &delivery.proved[..]),
        true if args.out.is_some() => ("", delivery.files.get(..documents)?),
        true => return None,
    };
    let files: String = files
        .iter()
        .map(|file| format!(" {}", quoted(&folder.join(&file.name).display().to_string())))
        .collect();
    let policy = if files.is_empty() { "" } else { " --policy" };
    let listed = |names: Vec<String>, many: &str| match names.len() {
        0..=SHOWN => names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(" "),
        _ => many.to_owned(),
    };
    let logs = listed(args.logs.logs.clone(), "LOGS…");
    let granted = args.granted.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
    let granted = match granted.is_empty() {
        true => String::new(),
        false => format!(" --granted {}", listed(granted, "GRANTED…")),
    };
    Some(format!(
        "{apart}check it with: leastwise verify {}{policy}{files} --logs {logs}{granted}",
        quoted(&proof.display().to_string()),
    ))
}

/// As a shell takes it.
fn quoted(text: &str) -> String {
    match text.chars().all(|c| c.is_alphanumeric() || "/._-+=:@%,".contains(c)) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// What goes to stdout: the documents themselves, one after the other, or the one file that holds them.
pub fn text(args: &RightsizeArgs, files: &[File], documents: usize) -> String {
    match args.format {
        cli::Format::Json => files.iter().take(documents).map(|file| file.text.as_str()).collect(),
        _ => files.iter().map(|file| file.text.as_str()).collect(),
    }
}

fn format(format: cli::Format) -> Format {
    match format {
        cli::Format::Json => Format::Json,
        cli::Format::Terraform => Format::Terraform,
        cli::Format::Cloudformation => Format::Cloudformation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_kind_path_and_name() {
        let target = target("arn:aws:iam::111122223333:role/agents/nightly/order-agent", None);
        assert_eq!(
            (target.kind, target.path.as_str(), target.name.as_str()),
            (PrincipalKind::Role, "/agents/nightly/", "order-agent")
        );
        let target = super::target("arn:aws:iam::111122223333:user/ana", None);
        assert_eq!(
            (target.kind, target.path.as_str(), target.name.as_str()),
            (PrincipalKind::User, "/", "ana")
        );
    }
}
