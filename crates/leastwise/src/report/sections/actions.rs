//! The sections about actions: what was used, denied, not used or cannot be told, and how much went.

use std::collections::BTreeMap;

use leastwise_analysis::rightsize::{ActionStatus, PairSuggestion, Status, Unseen};
use leastwise_policy::time::Timestamp;

use super::section;
use crate::report::page::{Cell, Section};
use crate::report::view::Report;

pub(super) fn destructive(report: &Report) -> Option<Section> {
    let used = |row: &&ActionStatus| row.destructive && row.count > 0;
    let rows = report.actions.iter().filter(used).map(status_row).collect();
    section(
        "Destructive and used",
        "What these remove or overwrite cannot be brought back. Look at each.",
        vec!["Action", "Authorised", "Denied", "First", "Last"],
        rows,
    )
}

pub(super) fn dropped(report: &Report) -> Option<Section> {
    let rows = report.dropped.iter().map(|action| vec![Cell::code(action)]).collect();
    section(
        "Destructive and left out",
        "Used, and left out as asked (--destructive drop).",
        vec!["Action"],
        rows,
    )
}

pub(super) fn statuses(report: &Report, status: Status, title: &str, intro: &str) -> Option<Section> {
    let rows = report.actions.iter().filter(|row| row.status == status).map(status_row).collect();
    section(title, intro, vec!["Action", "Authorised", "Denied", "First", "Last"], rows)
}

fn status_row(row: &ActionStatus) -> Vec<Cell> {
    let time = |time: Option<Timestamp>| Cell::text(time.map(|time| time.to_string()).unwrap_or_default());
    vec![
        Cell::code(&row.action),
        Cell::Count(row.count),
        Cell::Count(row.denied),
        time(row.first),
        time(row.last),
    ]
}

pub(super) fn pairs(report: &Report) -> Option<Section> {
    let row = |pair: &PairSuggestion| {
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
pub(super) fn unused(report: &Report) -> Option<Section> {
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

pub(super) fn unknown(report: &Report) -> Option<Section> {
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
        "Not seen is not the same as not used here. Before you apply, keep what is needed (--keep), what calls may have needed (--unknown called), or all of it as it is granted (--unknown keep).",
        vec!["Service", "Actions", "Why", "For example"],
        groups.into_iter().map(row).collect(),
    )
}

fn service(action: &str) -> &str {
    action.split_once(':').map_or(action, |(service, _)| service)
}

pub(super) fn levels(report: &Report) -> Option<Section> {
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
