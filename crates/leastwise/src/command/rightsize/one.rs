//! One principal: its smaller policy, and what the replay says of it.

use leastwise_analysis::granted::{GrantedPrincipal, PrincipalKind};
use leastwise_analysis::names::{self, Naming};
use leastwise_analysis::proof::{Inclusion, Proof};
use leastwise_analysis::rightsize::{Coverage, Note, NoteKind, Options, Rightsized, Width, rightsize};
use leastwise_analysis::usage::{Usage, UsageRow, changed_elsewhere};
use leastwise_policy::aws::evaluate::PolicySet;

use super::prove::{self, Made};
use super::setup::Setup;
use super::{Evidence, summary};
use crate::cli::rightsize::Attach;
use crate::command::collect::Collected;
use crate::error::{Error, Result};
use crate::report::{Entry, Input, New, Replaces, Report, Run};

/// What is known of a principal.
pub struct Case<'a> {
    /// Its ARN.
    pub principal: &'a str,
    /// What it did.
    pub rows: &'a [UsageRow],
    /// The same in two parts, when the newer one is to be held out.
    pub holdout: Option<Parts<'a>>,
    /// What it is granted.
    pub policies: Option<&'a PolicySet>,
    /// The same with its name, as the snapshot tells.
    pub found: Option<&'a GrantedPrincipal>,
}

/// Usage before and after the moment where the part begins that is held out.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// What a policy is made from, to see how it would have done.
    pub older: &'a [UsageRow],
    /// What is replayed against that policy.
    pub newer: &'a [UsageRow],
}

/// What came out for it.
pub struct Outcome {
    /// The smaller policy, and how it came about.
    pub rightsized: Rightsized,
    /// What it was made from, and what the replay said of it.
    pub proof: Proof,
    /// How many documents there would be with `--width prefix`, when that is less.
    pub fewer: Option<usize>,
    /// What the snapshot tells of the names in its usage.
    naming: Naming,
}

/// Right-sizes, replays, signs.
pub fn outcome(setup: &Setup<'_>, evidence: &Evidence<'_>, case: &Case<'_>) -> Outcome {
    let user = case.found.is_some_and(|found| found.kind == PrincipalKind::User)
        || case.principal.contains(":user/");
    let name = setup.names.of(case.principal, case.found);
    let coverage = |usage: &Usage, touched| Coverage::of(case.principal, &usage.tally.recorded, touched);
    let options = Options {
        coverage: coverage(&evidence.collected.usage, &evidence.touched),
        ..setup.options(&name, user)
    };
    let naming = Naming::of(case.rows, case.policies, &evidence.changes, setup.directory.as_ref());
    let made_from = |rows: &[UsageRow], options: &Options| {
        let rows = names::apply(rows, &naming.taken, case.policies);
        rightsize(&rows, case.policies, setup.catalog, options)
    };
    let mut rightsized = made_from(case.rows, &options);
    rightsized.notes.extend(naming.notes());
    rightsized.notes.extend(names::note_of_sessions(case.principal, case.rows, case.found.is_some()));
    rightsized.notes.extend(case.found.map(|found| setup.granted.notes(found)).unwrap_or_default());
    rightsized.notes.extend(applying(case));
    rightsized.notes.sort();
    let fewer = fewer(&rightsized, &options, |options| made_from(case.rows, options));
    let trial = case.holdout.zip(evidence.collected.parts.as_ref()).map(|(parts, divided)| {
        // INVARIANT: what is delivered is made from all of the window; this policy is only for measuring.
        let coverage = coverage(&divided.older, &evidence.older_touched);
        let options = Options { coverage, ..options.clone() };
        made_from(parts.older, &options).documents
    });
    let made = Made { rightsized: &rightsized, names: &naming.taken, trial: trial.as_deref() };
    let proof = prove::proof(setup, evidence, case, &made, &options);
    Outcome { rightsized, proof, fewer, naming }
}

/// What it takes for the new policy to be in force, and to be all that is.
fn applying(case: &Case<'_>) -> Vec<Note> {
    let note = |text: String| Note { kind: NoteKind::Applying, place: case.principal.to_owned(), text };
    let mut notes: Vec<Note> =
        changed_elsewhere(case.principal).map(|text| note(text.to_owned())).into_iter().collect();
    let groups = case.found.map(|found| found.groups.as_slice()).unwrap_or_default();
    if !groups.is_empty() {
        let names: Vec<String> = groups.iter().map(|name| format!("`{name}`")).collect();
        notes.push(note(format!(
            "what it is granted comes from {} {} too, and stays granted as long as it is in there",
            if groups.len() == 1 { "the group" } else { "the groups" },
            names.join(", ")
        )));
    }
    notes
}

/// How many documents common prefixes would need where resources as they were used need several.
fn fewer(
    rightsized: &Rightsized,
    options: &Options,
    made: impl FnOnce(&Options) -> Rightsized,
) -> Option<usize> {
    if options.width != Width::Exact || rightsized.documents.len() < 2 {
        return None;
    }
    let wider = made(&Options { width: Width::Prefix, ..options.clone() }).documents.len();
    (wider < rightsized.documents.len()).then_some(wider)
}

impl Outcome {
    /// What the new policies take the place of, as the snapshot tells.
    pub fn replaces(&self, setup: &Setup<'_>, case: &Case<'_>) -> Option<Replaces> {
        let new = match setup.args.attach {
            Attach::Managed => New::Managed,
            Attach::Inline => New::Inline,
        };
        Some(Replaces::of(case.found?, &self.rightsized.documents, new))
    }

    /// The same, for the head of a file.
    pub fn comments(&self, setup: &Setup<'_>, case: &Case<'_>) -> Vec<String> {
        self.replaces(setup, case).map(|replaces| replaces.comments()).unwrap_or_default()
    }

    /// For people, on stderr.
    pub fn summary(&self, setup: &Setup<'_>, case: &Case<'_>) -> Vec<String> {
        let principal = case.principal;
        let mut lines = summary::lines(
            principal,
            &self.rightsized,
            &prove::summary(&self.proof),
            prove::held_out(&self.proof).as_ref(),
        );
        lines.extend(self.replaces(setup, case).and_then(|replaces| summary::replaces(&replaces)));
        lines.extend(self.fewer.map(|fewer| summary::fewer(&self.rightsized, fewer)));
        lines
    }

    /// The report, in full.
    pub fn report(&self, setup: &Setup<'_>, collected: &Collected, case: &Case<'_>) -> Report {
        let args = setup.args;
        let version = setup.catalog.version();
        let span = collected.usage.tally.window();
        Report::new(Input {
            principal: case.principal,
            rightsized: &self.rightsized,
            rows: &names::apply(case.rows, &self.naming.taken, case.policies),
            run: Run {
                leastwise: env!("CARGO_PKG_VERSION").to_owned(),
                from: span.map(|(from, _)| from.to_string()),
                to: span.map(|(_, to)| to.to_string()),
                width: word(args.width),
                destructive: word(args.destructive),
                unknown: word(args.unknown),
                conditions: word(args.conditions),
                catalog_date: version.date.clone(),
                catalog_digest: version.digest.clone(),
                evaluator: leastwise_policy::aws::evaluate::EVALUATOR_VERSION.to_owned(),
            },
            proof: Some(prove::summary(&self.proof)),
            holdout: prove::held_out(&self.proof),
            replaces: self.replaces(setup, case),
            skipped: super::skipped(collected, Some(case.principal)),
        })
    }

    /// Its line in the index.
    pub fn entry(&self, case: &Case<'_>) -> Entry {
        Entry {
            principal: case.principal.to_owned(),
            granted_actions: self.rightsized.cut.granted_actions.map(|granted| granted as u64),
            kept_actions: self.rightsized.cut.kept_actions as u64,
            destructive_kept: self.rightsized.cut.destructive.kept as u64,
            events: case.rows.iter().filter(|row| row.authorised()).map(|row| row.count).sum(),
            undecided: self.proof.replay.undecided_events(),
            not_granted: self.proof.replay.not_granted_events(),
            within: self.proof.within.as_ref().map(|within| within.answer),
            proof_holds: (self.proof.replay.events > 0).then(|| self.promised()),
            false_deny_rate: prove::held_out(&self.proof).and_then(|held| held.false_deny_rate),
            dormant: self.rightsized.dormant.is_some(),
            fits: Some(self.rightsized.fit.fits),
            documents: self.rightsized.documents.len() as u64,
            fewer: self.fewer.map(|fewer| fewer as u64),
            ..Entry::default()
        }
    }

    /// Whether nothing is denied that was to be allowed. What the user wanted left out breaks no promise.
    fn promised(&self) -> bool {
        self.proof.holds || prove::summary(&self.proof).as_asked()
    }

    /// Whether the policy is what was promised: it allows what was used, and it fits.
    pub fn verdict(&self, principal: &str) -> Result<()> {
        if !self.promised() {
            return Err(Error::findings(format!("the proof does not hold for `{principal}`"))
                .hint("what would newly be denied is listed above, and in --report in full"));
        }
        if let Some(within) =
            self.proof.within.as_ref().filter(|within| within.answer == Inclusion::DoesNotHold)
        {
            return Err(Error::findings(format!(
                "the policy of `{principal}` is wider than what it was granted"
            ))
            .because(within.words())
            .hint("right-sizing must never do that: do not apply it, and please report it"));
        }
        if !self.rightsized.fit.fits {
            return Err(Error::findings(format!("the policy of `{principal}` does not fit its quota")).hint(
                self.rightsized
                    .fit
                    .way_out
                    .clone()
                    .unwrap_or_else(|| "generalise further with --width".to_owned()),
            ));
        }
        Ok(())
    }
}

/// The word of the command line for a choice.
fn word(choice: impl clap::ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
