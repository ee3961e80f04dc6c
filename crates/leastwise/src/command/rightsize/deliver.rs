//! The new documents in the user's format: to stdout, or as files.

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

/// The files of one principal.
pub fn files(
    names: &mut Names,
    args: &RightsizeArgs,
    target: PrincipalTarget,
    documents: &[Named<Policy>],
) -> Result<Vec<File>> {
    let attach = match args.attach {
        cli::Attach::Managed => render::Attach::Managed,
        cli::Attach::Inline => render::Attach::Inline,
    };
    let terraform = match args.terraform_style {
        cli::TerraformStyle::Jsonencode => TerraformStyle::Jsonencode,
        cli::TerraformStyle::Document => TerraformStyle::PolicyDocument,
    };
    let deliverable = Deliverable { principal: target, documents: documents.to_vec(), attach };
    render::render_beside(names, &deliverable, format(args.format), &Options { terraform })
        .map_err(|error| Error::input("cannot write the policy in this format").because(error))
}

/// What goes to stdout: the documents themselves, one after the other, or the one file that holds them.
pub fn text(args: &RightsizeArgs, files: &[File], documents: &[Named<Policy>]) -> String {
    match args.format {
        cli::Format::Json => {
            let mut files = files.iter().take(documents.len());
            files.by_ref().map(|file| file.text.as_str()).collect()
        }
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
