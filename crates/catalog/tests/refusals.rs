//! AWS's own refusals against the rule tables: `refusals.txt` has the action and the resource that AWS named when it
//! refused a call, and what the tables say of the same call must cover that resource. A policy of which nothing does
//! would be refused as the call was.
//!
//! What is not covered stands in `refusals.md` with the reason; a line there that no longer differs fails, too.

use leastwise_catalog::Catalog;
use leastwise_catalog::call::{Plan, Planner, Recorded, Rules, Scope, Scratch};
use leastwise_policy::glob;
use serde_json::Value;
use std::collections::BTreeSet;

const REFUSALS: &str = include_str!("refusals.txt");
const NOTES: &str = include_str!("refusals.md");

struct Refusal<'t> {
    label: &'t str,
    event: &'t str,
    parameters: Value,
    action: &'t str,
    resource: &'t str,
}

/// What the call needs of the action, with `? ` before what it only may have needed.
fn planned(refusal: &Refusal<'_>) -> BTreeSet<String> {
    let plan = Planner::new(Catalog::embedded(), Rules::embedded()).plan(refusal.label, refusal.event);
    let scope = Scope {
        partition: "aws",
        region: "eu-west-1",
        account: "111122223333",
        event: refusal.event,
        caller: "arn:aws:iam::111122223333:user/x",
        error: "",
        source_identity: false,
    };
    let mut found = BTreeSet::new();
    let said = Recorded { parameters: &refusal.parameters, additional: &Value::Null };
    plan.apply(&said, &scope, &mut Scratch::default(), &mut |need| {
        let Plan::Needs(planned) = &plan else { return };
        if need.action.eq_ignore_ascii_case(refusal.action) {
            let perhaps = if planned[need.index].maybe { "? " } else { "" };
            found.insert(format!("{perhaps}{}", need.resource));
        }
    });
    found
}

fn rows() -> impl Iterator<Item = &'static str> {
    REFUSALS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn read(row: &str) -> Refusal<'_> {
    let words: Vec<&str> = row.split(' ').collect();
    let [label, event, parameters, action, resource, source] = words[..] else {
        panic!("`{row}` has {} words", words.len())
    };
    assert!(source.starts_with("https://"), "`{row}` has no source");
    let parameters = match parameters {
        "-" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|error| panic!("`{row}`: {error}")),
    };
    Refusal { label, event, parameters, action, resource }
}

fn covers(ours: &str, theirs: &str) -> bool {
    glob::matches(ours.trim_start_matches("? "), theirs)
}

#[test]
fn what_aws_refused_is_covered_by_what_the_call_is_planned_to_need() {
    let (mut exact, mut all, mut wider) = (0, 0, Vec::new());
    let mut wrong = BTreeSet::new();
    for row in rows() {
        let refusal = read(row);
        let ours = planned(&refusal);
        all += 1;
        if !ours.iter().any(|ours| covers(ours, refusal.resource)) {
            let ours = ours.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
            wrong.insert(format!("{} {} `{}` `{ours}`", refusal.action, refusal.event, refusal.resource));
        } else if ours.contains(refusal.resource) {
            exact += 1;
        } else if !refusal.parameters.is_null() {
            wider.push(format!("{} {}: {ours:?}", refusal.action, refusal.resource));
        }
    }
    println!("{all} refusals, {exact} exact; wider:\n{}", wider.join("\n"));
    println!("not covered:\n- {}", wrong.iter().map(String::as_str).collect::<Vec<_>>().join("\n- "));
    let listed: BTreeSet<String> = NOTES
        .lines()
        .filter_map(|line| line.strip_prefix("- "))
        .map(|line| line.split(": ").next().unwrap_or(line).to_owned())
        .collect();
    assert_eq!(wrong, listed, "what is not covered, and what `refusals.md` explains");
}

#[test]
fn refusals_are_sorted_and_told_once() {
    let all: Vec<&str> = rows().collect();
    assert!(all.is_sorted() && all.windows(2).all(|pair| pair[0] != pair[1]));
}
