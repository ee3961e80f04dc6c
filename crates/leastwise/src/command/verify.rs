//! `leastwise verify`: works a proof out again from the logs and the documents.

use std::path::{Path, PathBuf};

use leastwise_analysis::names::{self, Changes, Naming};
use leastwise_analysis::proof::{self, Proof, ProofError, PublicKey, Verification, VerifyReport};
use leastwise_analysis::usage::Source;
use leastwise_catalog::Catalog;
use leastwise_policy::aws::Policy;
use leastwise_policy::time::Timestamp;

use super::collect::{Wanted, collect};
use super::rightsize::{Granted, WAY_OUT, incomplete};
use crate::cli::verify::VerifyArgs;
use crate::error::{Error, Result};
use crate::input::foreign::read_text;
use crate::input::window::Window;
use crate::output::{self, counted, plain};

/// Reads everything again, checks, says what holds.
pub fn run(args: &VerifyArgs, catalog: &Catalog, quiet: bool) -> Result<()> {
    let text = read(&args.proof)?;
    let proof = Proof::parse(&text).map_err(|error| unreadable(&args.proof, error))?;
    let documents = args.policy.iter().map(|path| document(path, &proof)).collect::<Result<Vec<_>>>()?;
    let public_key = args.public_key.as_deref().map(read_key).transpose()?;
    let granted = Granted::read(&args.granted)?;
    let (policies, found) = granted.of(&proof.principal)?;
    if let Some(why) = found.and_then(incomplete) {
        let error = Error::input(format!("`{}` cannot be checked against the snapshot", proof.principal));
        return Err(error.because(why).hint(WAY_OUT));
    }
    let listed = listed(&args.proof, &proof);
    let inputs = proof.inputs.as_deref().or(listed.as_deref());
    let collected = collect(wanted(args, &proof, inputs, quiet), catalog)?;
    collected.report(&args.read, quiet)?;
    let rows = names::rows_of(&collected.usage, &proof.principal);
    // Names are looked up where there is a snapshot that is whole; the logs alone tell some, too.
    let directory = granted.directory().filter(|_| found.is_some());
    let changes = match names::depend_on_changes(&rows) {
        true => Changes::of(collected.usage.sorted(|_| true).all()),
        false => Changes::default(),
    };
    let changes = changes.without_others(collected.usage.tally.other_principals);
    let naming = Naming::of(&rows, policies, &changes, directory.as_ref());
    let newer = collected.parts.as_ref().map(|parts| names::rows_of(&parts.newer, &proof.principal));
    let report = proof::verify(
        &text,
        &Verification {
            documents: &documents,
            rows: &rows,
            newer: newer.as_deref(),
            unmapped: &collected.usage.unmapped(),
            tally: &collected.usage.tally,
            inputs: listed.as_deref(),
            not_covered: &collected.left_out,
            catalog,
            terms: &catalog.terms(),
            granted: policies,
            names: directory.is_some().then_some(naming.taken.as_slice()),
            made: &naming.taken,
            public_key: public_key.as_ref(),
        },
    );
    output::result(&told(&report, args.json)?)?;
    verdict(&args.proof, &report)?;
    collected.skipped(&args.read)
}

/// The logs are read as they were read for the proof, and those that it does not name are left out.
fn wanted<'a>(args: &'a VerifyArgs, proof: &Proof, inputs: Option<&'a [Source]>, quiet: bool) -> Wanted<'a> {
    let seconds = |time: Option<Timestamp>| time.map(Timestamp::seconds);
    Wanted {
        logs: &args.logs,
        read: &args.read,
        principals: Vec::new(),
        window: Window { since: seconds(proof.window.from), until: seconds(proof.window.to) },
        split: proof.holdout.as_ref().map(|held| held.from.seconds()),
        fold_at: proof.settings.fold_at,
        save: false,
        digests: true,
        inputs,
        quiet,
    }
}

/// The list of the inputs that `rightsize --all` writes once for all proofs: beside the proof, or one folder up when
/// every account has a folder of its own.
fn listed(path: &Path, proof: &Proof) -> Option<Vec<Source>> {
    if proof.inputs.is_some() {
        return None;
    }
    let beside = path.with_file_name(proof::INPUTS);
    let above = path.with_file_name("..").join(proof::INPUTS);
    [beside, above]
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .find_map(|file| proof::read_inputs(&file, &proof.inputs_digest))
}

/// A policy document: the name of the file and its text.
fn document(path: &Path, proof: &Proof) -> Result<(String, String)> {
    let name = path.display().to_string();
    let way_out = || match beside(path, proof) {
        found if found.is_empty() => "give the JSON documents; `rightsize --proof` writes them".to_owned(),
        found => format!("the documents lie beside it: --policy {}", found.join(" ")),
    };
    let format = match path.extension().and_then(|ending| ending.to_str()) {
        Some("tf") => "Terraform",
        Some("yaml" | "yml" | "template") => "CloudFormation",
        _ => {
            let text = read(path)?;
            return match Policy::parse(&text) {
                Ok(_) => Ok((name, text)),
                Err(error) => Err(Error::input(format!("`{name}` is not a policy document"))
                    .because(error)
                    .hint(way_out())),
            };
        }
    };
    Err(Error::usage(format!("`{name}` is {format}, and the proof is about the JSON documents"))
        .hint(way_out()))
}

/// The documents of the proof that `rightsize` wrote beside another file of its own.
fn beside(path: &Path, proof: &Proof) -> Vec<String> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.strip_suffix("-index").unwrap_or(&stem);
    let candidates =
        (1..=proof.policy.len()).map(|number| path.with_file_name(format!("{stem}-{number}.json")));
    let ours = |path: &PathBuf| {
        let policy = std::fs::read_to_string(path).ok().and_then(|text| Policy::parse(&text).ok());
        let digest = policy.map(|policy| proof::document_digest(&policy));
        proof.policy.iter().any(|document| Some(&document.sha256) == digest.as_ref())
    };
    candidates.filter(ours).map(|path| path.display().to_string()).collect()
}

fn read(path: &Path) -> Result<String> {
    read_text(path).map_err(|error| Error::input(format!("cannot read `{}`", path.display())).because(error))
}

fn read_key(path: &Path) -> Result<PublicKey> {
    PublicKey::parse(&read(path)?)
        .map_err(|error| Error::input(format!("cannot check with `{}`", path.display())).because(error))
}

/// A file that is no proof cannot be read; a proof that was changed does not hold.
fn unreadable(path: &Path, error: ProofError) -> Error {
    match error {
        ProofError::Unexpected(_) => {
            Error::findings(format!("the proof `{}` does not hold", path.display())).because(error)
        }
        _ => Error::input(format!("cannot read proof `{}`", path.display())).because(error),
    }
}

fn told(report: &VerifyReport, json: bool) -> Result<Vec<u8>> {
    if json {
        let mut text = serde_json::to_vec_pretty(report)
            .map_err(|error| Error::input("cannot print the checks as JSON").because(error))?;
        text.push(b'\n');
        return Ok(text);
    }
    let mut text = String::new();
    for check in &report.checks {
        let mark = match (check.ok, check.checked) {
            (true, true) => "ok",
            (true, false) => "--",
            (false, _) => "NO",
        };
        text.push_str(&plain(&format!("{mark}  {:<10}  {}", check.name, check.detail)));
        text.push('\n');
    }
    text.push_str(&format!("on trust: {}\n", report.on_trust.join(", ")));
    text.extend(not_covered(&report.not_covered));
    text.push_str(if report.holds { "the proof holds\n" } else { "the proof does not hold\n" });
    Ok(text.into_bytes())
}

/// What was given and the proof does not speak of: it may hold what the policy denies.
fn not_covered(names: &[String]) -> Option<String> {
    const SHOWN: usize = 3;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return None;
    }
    let inputs = counted(names.len() as u64, "input is", "inputs are");
    let such = if names.len() > SHOWN { "such as " } else { "" };
    let line = format!(
        "warning: {inputs} not covered by the proof and left out: {such}{}. It says nothing about what is in there, \
         and the policy may deny it; right-size again to cover it",
        shown.join(", ")
    );
    Some(plain(&line) + "\n")
}

fn verdict(path: &Path, report: &VerifyReport) -> Result<()> {
    if report.holds {
        return Ok(());
    }
    let failed: Vec<&str> = report.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
    let error =
        Error::findings(format!("the proof `{}` does not hold: {}", path.display(), failed.join(", ")));
    // The other checks say the way out themselves, or there is none.
    let of_inputs =
        ["evaluator", "catalogue", "documents", "granted", "inputs", "window", "usage", "counts", "names"];
    Err(match report.genuine {
        true => error.hint("it is genuine: the policy is as the proof says itself"),
        false if failed.contains(&"signature") => {
            error.hint("a proof is worth what its signer is: get it anew, or give the key that signed it")
        }
        false if failed.contains(&"digest") => {
            error.hint("get the proof anew: `rightsize --proof` writes it")
        }
        false if failed.iter().any(|failed| of_inputs.contains(failed)) => {
            error.hint("give the same logs, policy documents and catalogue that it was made with")
        }
        false => error,
    })
}
