//! The state that `--new-access-against` names: a git reference, a folder or a file, read as the new state is.
//!
//! A file of the old state gets the name that it would have in the new one, so that documents and findings of both can
//! be matched.

mod git;
mod loosened;
mod worst;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use leastwise_analysis::check::gate::{SUPPRESSION_LAPSED, SUPPRESSION_UNUSED, widened};
use leastwise_analysis::check::{Estate, Facts, Finding, Grounding, SourceFile};
use leastwise_catalog::Catalog;

use super::baseline::Was;
use super::fingerprint::fingerprints;
use super::gather::{self, Gathered, shown};
use super::outcome::{Against, Outcome, is_unreadable};
use crate::cli::check::CheckArgs;
use crate::error::{Error, Result};
use crate::progress::Progress;
pub use loosened::loosened;

/// The old state.
#[derive(Debug, Default)]
pub struct Before {
    state: String,
    files: Vec<SourceFile>,
    unreadable: Vec<Finding>,
    /// The settings file, and nothing in it where there was none; not known where the state does not hold it.
    settings: Option<Option<String>>,
    /// The baseline, likewise.
    baseline: Option<Option<String>>,
}

/// What came out of a comparison.
pub struct Compared {
    /// What is allowed that was not.
    pub new_access: Vec<Finding>,
    /// Findings that the old state has as well.
    pub known: BTreeSet<Finding>,
    /// With what was compared.
    pub against: Against,
}

/// Reads the old state: what is there under that name is a file or a folder, everything else a git reference.
pub fn read_state(args: &CheckArgs, state: &str, gathered: &Gathered, progress: &Progress) -> Result<Before> {
    let named = named(args);
    let mut before = match std::fs::metadata(state) {
        Ok(found) if found.is_dir() => folder(&named, args, Path::new(state), progress)?,
        Ok(_) => file(Path::new(state), gathered, progress)?,
        Err(_) if named.iter().any(|path| path == "-") => {
            return Err(Error::usage("standard input is in no reference of git")
                .hint("give what it was before as a file, or check the repository's files"));
        }
        Err(_) => git::state(&named, &beside(args), state)?,
    };
    // Beside a repository that does not hold it, the account is the same on both sides: what is new is what the
    // repository changes.
    let is_file = Path::new(state).is_file();
    let accounts: Vec<String> = args.snapshot.iter().map(|path| shown(path)).collect();
    let of_account = |file: &&SourceFile| !is_file && accounts.iter().any(|name| **name == *file.name);
    before.files.extend(gathered.files.iter().filter(of_account).cloned());
    // What `terraform init` has put there is in no reference: the old state calls the same modules, unless it says itself
    // which it has.
    let root = |name: &str| name.split_once(".terraform/").map(|(root, _)| root.to_owned());
    let says: BTreeSet<String> =
        before.files.iter().filter(|file| file.beside).filter_map(|file| root(&file.name)).collect();
    let installed = gathered.files.iter().filter(|file| file.beside);
    let installed = installed.filter(|file| root(&file.name).is_some_and(|root| !says.contains(&root)));
    before.files.extend(installed.cloned());
    before.files.sort_by(|one, other| one.name.cmp(&other.name));
    before.files.dedup_by(|one, other| one.name == other.name);
    Ok(Before { state: state.to_owned(), ..before })
}

/// The files that decide what is told: the settings, and the baseline if there is one.
fn beside(args: &CheckArgs) -> [Option<String>; 2] {
    let inside = |name: String| (!name.is_empty() && Path::new(&name).is_relative()).then_some(name);
    [inside(args.settings.file.clone()), args.gate.baseline.as_deref().map(shown).and_then(inside)]
}

/// Everything that was named.
fn named(args: &CheckArgs) -> Vec<String> {
    let snapshots = args.snapshot.iter().map(|path| path.display().to_string());
    args.paths.iter().cloned().chain(snapshots).collect()
}

/// A folder stands for the working directory when the paths lie in it too, else for the one folder that is checked.
fn folder(named: &[String], args: &CheckArgs, state: &Path, progress: &Progress) -> Result<Before> {
    let places: Vec<PathBuf> = named.iter().map(|path| state.join(path)).collect();
    let is_checkout = named.iter().all(|path| Path::new(path).is_relative() && path != "-")
        && !places.is_empty()
        && places.iter().any(|place| place.exists());
    let (read, from, to) = match (named, is_checkout) {
        (_, true) => {
            let there = places.iter().filter(|place| place.exists());
            (there.map(|place| place.display().to_string()).collect(), shown(state), String::new())
        }
        ([path], false) if Path::new(path).is_dir() => {
            (vec![state.display().to_string()], shown(state), shown(Path::new(path)))
        }
        _ => {
            return Err(Error::usage(format!("no file of `{}` is what is checked", state.display())).hint(
                "give a folder that holds the paths that are checked, or check one folder against another",
            ));
        }
    };
    let mut gathered = gather::gather(&read, &[], progress)?;
    for file in &mut gathered.files {
        file.name = moved(&file.name, &from, &to).into();
        file.named = false;
    }
    for finding in &mut gathered.unreadable {
        finding.file = moved(&finding.file, &from, &to).into();
    }
    // Of a folder that is no checkout nobody knows which settings it was under.
    let text = |name: String| is_checkout.then(|| std::fs::read_to_string(state.join(name)).ok());
    let [settings, baseline] = beside(args).map(|name| name.and_then(text));
    let (files, unreadable) = (gathered.files, gathered.unreadable);
    Ok(Before { files, unreadable, settings, baseline, ..Before::default() })
}

/// `old/a.json` of the folder `old` as a name of the folder `new`: `new/a.json`.
fn moved(name: &str, from: &str, to: &str) -> String {
    let rest = match from.is_empty() {
        true => name,
        false => name.strip_prefix(from).map_or(name, |rest| rest.trim_start_matches('/')),
    };
    match to.is_empty() || rest.is_empty() {
        true => rest.to_owned(),
        false => format!("{to}/{rest}"),
    }
}

/// A file; when one file is checked, it is what that was before.
fn file(state: &Path, gathered: &Gathered, progress: &Progress) -> Result<Before> {
    let mut old = gather::gather(&[state.display().to_string()], &[], progress)?;
    if let ([new], [file]) = (&gathered.files[..], &mut old.files[..]) {
        file.name = new.name.clone();
    }
    Ok(Before { files: old.files, unreadable: old.unreadable, ..Before::default() })
}

impl Compared {
    /// Leaves only what is new, unless all is wanted. It comes last: what is left out has been weighed as well, so that
    /// no suppression and no entry of the baseline is said to be for nothing.
    pub fn leave_out(self, outcome: &mut Outcome<'_>, all: bool) {
        let count = outcome.judged.len();
        if !all {
            let of_suppressions = [SUPPRESSION_LAPSED.code, SUPPRESSION_UNUSED.code];
            outcome.judged.retain(|one| {
                !self.known.contains(&one.finding) && !of_suppressions.contains(&one.finding.code)
            });
        }
        let left_out = count - outcome.judged.len();
        outcome.against = Some(Against { left_out, ..self.against });
    }
}

impl Before {
    /// What is allowed that was not, as findings; and which of the others the old state has as well.
    pub fn compare(
        &self,
        new: &Estate,
        args: &CheckArgs,
        catalog: &Catalog,
        findings: &[Finding],
    ) -> Result<Compared> {
        // What is not reached was told of the new state.
        let old = super::governed(args, super::roles::estate(&self.files, catalog), true)?;
        let facts = super::facts(args, catalog);
        let new_access = widened(&old, new, &facts);
        let known = match args.gate.all {
            true => BTreeSet::new(),
            false => self.known(&old, new, &facts, findings),
        };
        let against = Against { state: self.state.clone(), compared: new_access.compared, left_out: 0 };
        Ok(Compared { new_access: new_access.findings, known, against })
    }

    /// Findings that the old state has as well, and no less bad. A file that was moved takes its findings with it. What
    /// cannot be read is not among them: nobody knows what it holds now.
    fn known<'o>(
        &self,
        old: &'o Estate,
        new: &Estate,
        facts: &Facts<'o>,
        findings: &[Finding],
    ) -> BTreeSet<Finding> {
        let mut before = super::roles::checked(old, &self.files, facts);
        before.extend(self.unreadable.iter().cloned());
        before.sort();
        let known: HashMap<String, &Finding> = fingerprints(&before).into_iter().zip(&before).collect();
        let (of_old, of_new) = (Grounding::of(old), Grounding::of(new));
        let is_worse = |was: &Finding, is: &Finding| {
            let (severity, message, grounds) = (was.severity, &was.message, of_old.grounds(was));
            Was { severity, message, grounds }.worse(is, &of_new, true).is_some()
        };
        let prints = fingerprints(findings);
        let files: BTreeSet<&str> = findings.iter().map(|finding| &*finding.file).collect();
        let mut left: HashMap<Moved<'_>, usize> = HashMap::new();
        for finding in before.iter().filter(|finding| !files.contains(&*finding.file)) {
            *left.entry(moved_key(finding)).or_default() += 1;
        }
        let old_files: BTreeSet<&str> = self.files.iter().map(|file| &*file.name).collect();
        let mut of_both = BTreeSet::new();
        let readable = findings.iter().zip(&prints).filter(|(finding, _)| !is_unreadable(finding));
        for (finding, print) in readable {
            if let Some(was) = known.get(print) {
                if !is_worse(was, finding) {
                    of_both.insert(finding.clone());
                }
                continue;
            }
            let count = left.get_mut(&moved_key(finding)).filter(|count| **count > 0);
            if let Some(count) = count.filter(|_| !old_files.contains(&*finding.file)) {
                *count -= 1;
                of_both.insert(finding.clone());
            }
        }
        of_both
    }
}

/// What a finding is, wherever its file is: check, place within the file, message, and whom it is about unless that is
/// the file.
type Moved<'a> = (&'static str, &'a str, &'a str, &'a str);

fn moved_key(finding: &Finding) -> Moved<'_> {
    let subject = if finding.subject == *finding.file { "" } else { finding.subject.as_str() };
    (finding.code, &finding.pointer, &finding.message, subject)
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn a_file_of_the_old_folder_is_named_as_in_the_new_one() {
        for (name, from, to, wanted) in [
            ("old/a/b.json", "old", "new", "new/a/b.json"),
            ("old/a/b.json", "old", "", "a/b.json"),
            ("../main/infra/a.tf", "../main", "", "infra/a.tf"),
            ("a.json", "", "new", "new/a.json"),
        ] {
            assert_eq!(moved(name, from, to), wanted);
        }
    }
}
