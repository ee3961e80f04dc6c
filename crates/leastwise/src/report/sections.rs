//! Makes the page of a report: what a reviewer must see first comes first, and what is empty is left out.

use leastwise_analysis::proof::At;
use leastwise_analysis::rightsize::{InferredCondition, Note, NoteKind, Status, Widening};

use super::headline::{facts, headline};
use super::page::{Cell, Page, Section};
use super::replaces::Replaces;
use super::view::{Replayed, Report, Skipped, StatementView};
use actions::{destructive, dropped, levels, pairs, statuses, unknown, unused};

mod actions;

/// How many entries one cell or summary shows; the JSON report has them all.
const SHOWN: usize = 12;

/// The page of a report.
pub(super) fn page(report: &Report) -> Page {
    let [incomplete, skipped] = missing(&report.skipped);
    let sections = [
        report.replaces.as_ref().and_then(Replaces::section),
        notes(report),
        incomplete,
        statements(report),
        replayed(
            "Newly denied",
            "Events of the window that the new policy denies.",
            report.proof.as_ref().map(|p| &p.newly_denied),
        ),
        wider(report),
        replayed(
            "Denied in the holdout",
            "Events of the newer part that a policy made from the older part alone denies. The new policy is made from both.",
            report.holdout.as_ref().filter(|holdout| holdout.vain().is_none()).map(|h| &h.newly_denied),
        ),
        replayed(
            "Not decided",
            "Events whose outcome hangs on something the log does not tell.",
            report.proof.as_ref().map(|p| &p.not_decided),
        ),
        replayed(
            "Not granted before either",
            "Authorised events that neither the new policy nor the granted one allows.",
            report.proof.as_ref().map(|p| &p.not_granted_either),
        ),
        replayed(
            "Not known",
            "Authorised calls that the catalogue does not know: the new policy has nothing for them. An imported service reference (leastwise catalog import) makes newer actions known.",
            report.proof.as_ref().map(|p| &p.unmapped),
        ),
        folding(widenings(report)),
        folding(conditions(report)),
        destructive(report),
        dropped(report),
        statuses(
            report,
            Status::NotGrantedYetUsed,
            "Used though not granted",
            "Something else allows these (a resource policy, say), or the grant has changed since. They are not in the new policy unless it says so above.",
        ),
        folding(statuses(
            report,
            Status::Denied,
            "Tried and denied",
            "Never authorised in the window, so not granted.",
        )),
        folding(pairs(report)),
        folding(unused(report)),
        folding(unknown(report)),
        levels(report),
        skipped,
    ];
    Page {
        title: "Right-sizing".to_owned(),
        subject: Some(report.principal.clone()),
        headline: headline(report),
        cut: report.cut.granted_actions.map(|granted| (granted as u64, report.cut.kept_actions as u64)),
        facts: facts(report),
        sections: sections.into_iter().flatten().collect(),
    }
}

fn wider(report: &Report) -> Option<Section> {
    let request = report.proof.as_ref()?.within.as_ref()?.request.as_ref()?;
    let at = |at: &Option<At>| match at {
        Some(At { document, statement, sid }) => {
            let sid = sid.as_ref().map_or_else(String::new, |sid| format!(" {sid}"));
            Cell::code(format!("{document} /Statement/{statement}{sid}"))
        }
        None => Cell::text("none"),
    };
    let context: Vec<String> =
        request.context.iter().map(|(key, values)| format!("{key} = {}", values.join(", "))).collect();
    let row = vec![
        Cell::code(&request.action),
        Cell::code(&request.resource),
        Cell::some("", &context, SHOWN),
        at(&request.allowed_by),
        at(&request.denied_by),
    ];
    section(
        "Allowed and not granted before",
        "A request that shows it. It has no keys but these and those of the principal.",
        vec!["Action", "Resource", "Context", "Allowed by", "Denied before by"],
        vec![row],
    )
}

fn section(title: &str, intro: &str, columns: Vec<&'static str>, rows: Vec<Vec<Cell>>) -> Option<Section> {
    (!rows.is_empty()).then(|| Section {
        title: title.to_owned(),
        intro: intro.to_owned(),
        columns,
        rows,
        folds: false,
    })
}

/// The same as a list to look things up in.
fn folding(section: Option<Section>) -> Option<Section> {
    section.map(|section| Section { folds: true, ..section })
}

fn statements(report: &Report) -> Option<Section> {
    let mut rows = Vec::new();
    for document in &report.documents {
        for statement in &document.statements {
            rows.push(vec![
                Cell::code(&document.name),
                effect(statement),
                listed(statement.not_action, &statement.actions),
                listed(statement.not_resource, &statement.resources),
                Cell::some("", &statement.conditions, SHOWN),
                Cell::text(statement.reason.as_str()),
                Cell::Count(statement.evidence.events),
                Cell::some("", &statement.evidence.examples, SHOWN),
            ]);
        }
    }
    section(
        "The new policy",
        "Each statement with the events that it rests on, and the ids of some of them.",
        vec!["Document", "Statement", "Actions", "Resources", "Conditions", "Why", "Events", "For example"],
        rows,
    )
}

fn effect(statement: &StatementView) -> Cell {
    Cell::Codes {
        before: statement.effect,
        codes: statement.sid.iter().cloned().collect(),
        after: String::new(),
    }
}

fn listed(not: bool, texts: &[String]) -> Cell {
    Cell::some(if not { "all but" } else { "" }, texts, SHOWN)
}

fn replayed(title: &str, intro: &str, events: Option<&Vec<Replayed>>) -> Option<Section> {
    let row = |event: &Replayed| {
        vec![
            Cell::code(&event.action),
            Cell::code(&event.resource),
            Cell::Count(event.count),
            Cell::text(&event.reason),
            Cell::code(&event.example),
        ]
    };
    let columns = vec!["Action", "Resource", "Events", "Why", "For example"];
    section(title, intro, columns, events?.iter().map(row).collect())
}

fn widenings(report: &Report) -> Option<Section> {
    let row = |widening: &Widening| {
        vec![
            Cell::code(&widening.to),
            Cell::some("", &widening.actions, SHOWN),
            Cell::text(widening.reason.as_str()),
            Cell::Count(widening.from_count),
            Cell::Count(widening.events),
            Cell::some("", &widening.from, 3),
        ]
    };
    section(
        "Wider than what was seen",
        "Every place where the new policy covers more resources than the log shows.",
        vec!["In the policy", "Actions", "Why", "Replaces", "Events", "For example"],
        report.widenings.iter().map(row).collect(),
    )
}

fn conditions(report: &Report) -> Option<Section> {
    let row = |condition: &InferredCondition| {
        vec![
            Cell::code(&condition.key),
            Cell::some("", &condition.values, SHOWN),
            Cell::some("", &condition.actions, SHOWN),
            Cell::Count(condition.observations),
            Cell::Count(condition.days.unsigned_abs()),
        ]
    };
    section(
        "Conditions that were inferred",
        "Every event agrees on them. Take one out where a change is planned.",
        vec!["Key", "Values", "Actions", "Events", "Days"],
        report.conditions_inferred.iter().map(row).collect(),
    )
}

fn notes(report: &Report) -> Option<Section> {
    let mut notes: Vec<&Note> = report.notes.iter().collect();
    // What somebody must do or know of all of it comes before what is about one action.
    notes.sort_by_key(|note| !is_of_all(note.kind));
    let row =
        |note: &Note| vec![Cell::text(about(note.kind)), Cell::code(&note.place), Cell::text(&note.text)];
    let rows = notes.into_iter().map(row).collect();
    section("Notes", "", vec!["About", "Where", "What"], rows)
}

fn is_of_all(kind: NoteKind) -> bool {
    matches!(
        kind,
        NoteKind::Applying
            | NoteKind::Power
            | NoteKind::Evidence
            | NoteKind::Granted
            | NoteKind::RootUser
            | NoteKind::OtherPrincipal
            | NoteKind::WithoutPath
    )
}

fn about(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::UnlistedAction => "action not in the catalogue",
        NoteKind::UnlistedResource => "resource of no known type",
        NoteKind::NotGrantedYetUsed => "used though not granted",
        NoteKind::DenyKept => "deny kept",
        NoteKind::Granted => "granted",
        NoteKind::Boundary => "boundary",
        NoteKind::ConditionKept => "condition kept",
        NoteKind::HeldToGranted => "held to what was granted",
        NoteKind::PassRoleWithoutService => "iam:PassRole to any service",
        NoteKind::Pin => "pin",
        NoteKind::Throttled => "calls that do not tell",
        NoteKind::Evidence => "evidence",
        NoteKind::RootUser => "root user",
        NoteKind::OtherPrincipal => "other principals",
        NoteKind::InstanceProfile => "instance profile",
        NoteKind::WithoutPath => "name without path",
        NoteKind::Applying => "applying it",
        NoteKind::Power => "still powerful",
    }
}

/// What was not read, and what was read and is not all there is.
pub(super) fn missing(skipped: &[Skipped]) -> [Option<Section>; 2] {
    let row = |one: &Skipped| vec![Cell::code(&one.place), Cell::text(&one.reason), Cell::Count(one.records)];
    let rows = |incomplete| skipped.iter().filter(|one| one.incomplete == incomplete).map(row).collect();
    let columns = || vec!["Input", "Why", "Records"];
    [
        section(
            "Incomplete evidence",
            "What was read of these is sound, and it is not, or may not be, all there is: a call that was never read looks like a permission that was never used.",
            columns(),
            rows(true),
        ),
        section(
            "Skipped",
            "What these hold was not looked at: the report is about the rest.",
            columns(),
            rows(false),
        ),
    ]
}
