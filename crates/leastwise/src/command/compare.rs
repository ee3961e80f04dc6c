//! `leastwise compare`: what one policy allows and another does not, with a request that shows it.

mod question;
mod told;

use std::path::{Path, PathBuf};

use leastwise_catalog::Catalog;
use leastwise_policy::aws::Policy;
use leastwise_policy::aws::compare::{Answer, Kind, compare, excess, to_some};

use crate::cli::compare::{CompareArgs, CompareKind, CompareOutput};
use crate::error::{Error, Result};
use crate::input::foreign::read_text;
use crate::input::wrapped::{self, Unwrapped};
use crate::output;
use told::{Checked, Told};

/// A policy with the file it comes from.
struct Document {
    name: String,
    policy: Policy,
}

/// Reads the documents, compares, says what came out.
pub fn run(args: &CompareArgs, catalog: &Catalog) -> Result<()> {
    match (&args.access_not_granted, args.no_public_access) {
        (None, false) => pair(args, catalog),
        (Some(access), _) => {
            let (kind, documents) = read(args, None)?;
            let unwanted = question::all_but(access, kind, catalog)?;
            check(args, catalog, kind, &documents, |_| unwanted.clone(), "grants some of that access")
        }
        (None, true) => {
            let (kind, documents) = read(args, Some(Kind::Resource))?;
            if !matches!(kind, Kind::Resource | Kind::Trust) {
                return Err(Error::usage("`--no-public-access` is about the policies of resources")
                    .hint("leave `--type` out, or give `--type resource` or `--type trust`"));
            }
            check(args, catalog, kind, &documents, to_some, "grants access to everybody")
        }
    }
}

fn pair(args: &CompareArgs, catalog: &Catalog) -> Result<()> {
    if args.files.len() != 2 {
        return Err(Error::usage(format!("two policies are compared, {} given", args.files.len()))
            .hint("leastwise compare OLD NEW"));
    }
    let (kind, documents) = read(args, None)?;
    let [old, new] = &documents[..] else { return Err(Error::usage("two policies are compared")) };
    let comparison = compare(&catalog.terms(), kind, &[&old.policy], &[&new.policy]);
    let told = Told { kind, old: &old.name, new: &new.name, comparison: &comparison, catalog };
    let text = match args.output {
        CompareOutput::Text => told.text(),
        CompareOutput::Json => told::pretty(&told.json()),
    };
    output::result(text.as_bytes())?;
    let relation = comparison.relation();
    match &comparison.gained {
        _ if relation.is_within() => Ok(()),
        Answer::Unknown(reason) => {
            Err(Error::findings("it could not be decided whether NEW is wider than OLD")
                .hint(format!("{}; compare the statements by hand", reason.as_str())))
        }
        _ => Err(Error::findings(format!("`{}` allows what `{}` does not", new.name, old.name))),
    }
}

/// Each document for itself against one that allows all that it may.
fn check(
    args: &CompareArgs,
    catalog: &Catalog,
    kind: Kind,
    documents: &[Document],
    may: impl Fn(&Policy) -> Policy,
    finding: &str,
) -> Result<()> {
    let terms = catalog.terms();
    let answers: Vec<(&str, Answer)> = documents
        .iter()
        .map(|document| {
            let answer = excess(&terms, kind, &[&may(&document.policy)], &[&document.policy]);
            (document.name.as_str(), answer)
        })
        .collect();
    let checked = Checked { kind, answers: &answers, finding, catalog };
    let text = match args.output {
        CompareOutput::Text => checked.text(),
        CompareOutput::Json => told::pretty(&checked.json()),
    };
    output::result(text.as_bytes())?;
    let failed: Vec<&str> =
        answers.iter().filter(|(_, answer)| *answer != Answer::None).map(|(name, _)| *name).collect();
    match failed[..] {
        [] => Ok(()),
        [one] => Err(Error::findings(format!("`{one}` does not pass"))),
        [first, ..] => Err(Error::findings(format!(
            "{} of {} do not pass: `{first}` first",
            failed.len(),
            answers.len()
        ))),
    }
}

/// All documents, read as what they are.
fn read(args: &CompareArgs, otherwise: Option<Kind>) -> Result<(Kind, Vec<Document>)> {
    let texts = args.files.iter().map(|path| Ok((path, text(path)?))).collect::<Result<Vec<_>>>()?;
    let texts: Vec<(&PathBuf, Unwrapped<'_>)> =
        texts.iter().map(|(path, text)| (*path, wrapped::unwrap(text))).collect();
    let named = texts.iter().any(|(_, document)| names_principals(&document.text));
    let trust = texts.iter().all(|(_, document)| document.trust);
    let kind = match args.kind {
        Some(CompareKind::Identity) => Kind::Identity,
        Some(CompareKind::Resource) => Kind::Resource,
        Some(CompareKind::Scp) => Kind::ServiceControl,
        Some(CompareKind::Rcp) => Kind::ResourceControl,
        Some(CompareKind::Trust) => Kind::Trust,
        None if trust => Kind::Trust,
        None if named => Kind::Resource,
        None => otherwise.unwrap_or(Kind::Identity),
    };
    let parse = |(path, document): (&PathBuf, Unwrapped<'_>)| {
        let name = path.display().to_string();
        match Policy::parse_kind(&document.text, kind.document()) {
            Ok(policy) => Ok(Document { name, policy }),
            Err(error) => Err(Error::input(format!("`{name}` is not {}", told::kind_name(kind)))
                .because(error)
                .hint(wrapped::way_out(&document.text).unwrap_or(
                    "`--type` says what the documents are: identity, resource, scp, rcp or trust; snapshots are \
                     compared by `leastwise check NEW --new-access-against OLD`",
                ))),
        }
    };
    Ok((kind, texts.into_iter().map(parse).collect::<Result<_>>()?))
}

fn text(path: &Path) -> Result<String> {
    read_text(path).map_err(|error| Error::input(format!("cannot read `{}`", path.display())).because(error))
}

/// Whether some statement says whom it is about; a text that is not JSON is for the parser to refuse.
fn names_principals(text: &str) -> bool {
    let Ok(document) = serde_json::from_str::<serde_json::Value>(text) else { return false };
    let statements = match &document["Statement"] {
        serde_json::Value::Array(list) => list.iter().collect(),
        one => vec![one],
    };
    statements
        .iter()
        .any(|statement| statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some())
}
