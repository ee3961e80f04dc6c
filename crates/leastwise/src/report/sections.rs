//! Makes the page of a report: what a reviewer must see first comes first, and what is empty is left out.

use std::collections::BTreeMap;

use leastwise_analysis::rightsize::{ActionStatus, NoteKind, Status, Unseen};

use super::headline::{facts, headline};
use super::page::{Cell, Page, Section};
use super::view::{Replayed, Report, Skipped, StatementView};

/// How many entries one cell or summary shows; the JSON report has them all.
const SHOWN: usize = 12;

/// The page of a report.
pub(super) fn page(report: &Report) -> Page {
    let sections = [
        statements(report),
        replayed(
            "Newly denied",
            "Events of the window that the new policy denies.",
            report.proof.as_ref().map(|p| &p.newly_denied),
        ),
        replayed(
            "Denied in the holdout",
            "Events of the newer part that a policy made from the older part alone denies. The new policy is made from both.",
            report.holdout.as_ref().map(|h| &h.newly_denied),
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
        widenings(report),
        conditions(report),
        destructive(report),
        dropped(report),
        statuses(
            report,
            Status::NotGrantedYetUsed,
            "Used though not granted",
            "Something else allows these (a resource policy, say), or the grant has changed since. They are not in the new policy unless it says so above.",
        ),
        statuses(
            report,
            Status::Denied,
            "Tried and denied",
            "Never authorised in the window, so not granted.",
        ),
        pairs(report),
        unused(report),
        unknown(report),
        levels(report),
        notes(report),
        skipped(&report.skipped),
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

fn section(title: &str, intro: &str, columns: Vec<&'static str>, rows: Vec<Vec<Cell>>) -> Option<Section> {
    (!rows.is_empty()).then(|| Section { title: title.to_owned(), intro: intro.to_owned(), columns, rows })
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
    let row = |widening: &leastwise_analysis::rightsize::Widening| {
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
    let row = |condition: &leastwise_analysis::rightsize::InferredCondition| {
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

fn destructive(report: &Report) -> Option<Section> {
    let used = |row: &&ActionStatus| row.destructive && row.count > 0;
    let rows = report.actions.iter().filter(used).map(status_row).collect();
    section(
        "Destructive and used",
        "What these remove or overwrite cannot be brought back. Look at each.",
        vec!["Action", "Authorised", "Denied", "First", "Last"],
        rows,
    )
}

fn dropped(report: &Report) -> Option<Section> {
    let rows = report.dropped.iter().map(|action| vec![Cell::code(action)]).collect();
    section(
        "Destructive and left out",
        "Used, and left out as asked (--destructive drop).",
        vec!["Action"],
        rows,
    )
}

fn statuses(report: &Report, status: Status, title: &str, intro: &str) -> Option<Section> {
    let rows = report.actions.iter().filter(|row| row.status == status).map(status_row).collect();
    section(title, intro, vec!["Action", "Authorised", "Denied", "First", "Last"], rows)
}

fn status_row(row: &ActionStatus) -> Vec<Cell> {
    let time = |time: Option<leastwise_policy::time::Timestamp>| {
        Cell::text(time.map(|time| time.to_string()).unwrap_or_default())
    };
    vec![
        Cell::code(&row.action),
        Cell::Count(row.count),
        Cell::Count(row.denied),
        time(row.first),
        time(row.last),
    ]
}

fn pairs(report: &Report) -> Option<Section> {
    let row = |pair: &leastwise_analysis::rightsize::PairSuggestion| {
        vec![
            Cell::code(&pair.used),
            Cell::code(&pair.inverse),
            Cell::text(if pair.destructive { "yes" } else { "no" }),
            Cell::text(if pair.kept { "kept" } else { "not granted" }),
        ]
    };
    section(
        "Inverses that were not used",
        "A workload that makes something may have to remove it one day. Pin what it needs (--keep).",
        vec!["Used", "Inverse", "Destructive", "New policy"],
        report.pairs.iter().map(row).collect(),
    )
}

/// Unused actions can be thousands: one row per service, with the destructive ones by name.
fn unused(report: &Report) -> Option<Section> {
    let unused = report.actions.iter().filter(|row| row.status == Status::Unused);
    let mut services: BTreeMap<&str, Vec<&ActionStatus>> = BTreeMap::new();
    for row in unused {
        services.entry(service(&row.action)).or_default().push(row);
    }
    let row = |(service, rows): (&str, Vec<&ActionStatus>)| {
        let names = |destructive: bool| -> Vec<String> {
            rows.iter().filter(|row| row.destructive == destructive).map(|row| row.action.clone()).collect()
        };
        vec![
            Cell::code(service),
            Cell::Count(rows.len() as u64),
            Cell::some("", &names(true), 3),
            Cell::some("", &names(false), 3),
        ]
    };
    section(
        "Granted and not used",
        "These logs would show them, and do not. The JSON report lists each.",
        vec!["Service", "Actions", "Destructive among them", "Others"],
        services.into_iter().map(row).collect(),
    )
}

fn unknown(report: &Report) -> Option<Section> {
    let mut groups: BTreeMap<(Unseen, &str), Vec<String>> = BTreeMap::new();
    for row in &report.actions {
        if let Status::Unknown(why) = row.status {
            groups.entry((why, service(&row.action))).or_default().push(row.action.clone());
        }
    }
    let row = |((why, service), actions): ((Unseen, &str), Vec<String>)| {
        vec![
            Cell::code(service),
            Cell::Count(actions.len() as u64),
            Cell::text(why.as_str()),
            Cell::some("", &actions, 3),
        ]
    };
    section(
        "Granted, and the logs cannot tell",
        "Not seen is not the same as not used here. Pin what is needed (--keep) before you apply.",
        vec!["Service", "Actions", "Why", "For example"],
        groups.into_iter().map(row).collect(),
    )
}

fn service(action: &str) -> &str {
    action.split_once(':').map_or(action, |(service, _)| service)
}

fn levels(report: &Report) -> Option<Section> {
    let cut = &report.cut;
    cut.granted_actions?;
    let figures = [
        ("destructive actions", cut.destructive),
        ("statements with a wildcard in an action", cut.wildcard_action_statements),
        ("statements on every resource", cut.any_resource_statements),
    ];
    let levels = cut.by_level.iter().map(|(level, figure)| (format!("{level} actions"), *figure));
    let rows = levels
        .chain(figures.into_iter().map(|(name, figure)| (name.to_owned(), figure)))
        .map(|(name, figure)| {
            vec![Cell::text(name), Cell::Count(figure.granted as u64), Cell::Count(figure.kept as u64)]
        })
        .collect();
    section(
        "Before and after",
        "An action of several levels counts in each.",
        vec!["", "Granted", "Kept"],
        rows,
    )
}

fn notes(report: &Report) -> Option<Section> {
    let rows = report
        .notes
        .iter()
        .map(|note| vec![Cell::text(about(note.kind)), Cell::code(&note.place), Cell::text(&note.text)])
        .collect();
    section("Notes", "", vec!["About", "Where", "What"], rows)
}

fn about(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::UnlistedAction => "action not in the catalogue",
        NoteKind::UnlistedResource => "resource of no known type",
        NoteKind::NotGrantedYetUsed => "used though not granted",
        NoteKind::DenyKept => "deny kept",
        NoteKind::Boundary => "boundary",
        NoteKind::ConditionKept => "condition kept",
        NoteKind::HeldToGranted => "held to what was granted",
        NoteKind::PassRoleWithoutService => "iam:PassRole to any service",
        NoteKind::Pin => "pin",
        NoteKind::Throttled => "throttled or broken off",
        NoteKind::Evidence => "evidence",
        NoteKind::RootUser => "root user",
        NoteKind::OtherPrincipal => "other principals",
    }
}

fn skipped(skipped: &[Skipped]) -> Option<Section> {
    let row = |one: &Skipped| vec![Cell::code(&one.place), Cell::text(&one.reason), Cell::Count(one.records)];
    section(
        "Skipped",
        "What these hold was not looked at: the report is about the rest.",
        vec!["Input", "Why", "Records"],
        skipped.iter().map(row).collect(),
    )
}
