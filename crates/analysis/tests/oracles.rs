//! Usage against what others say that it is: AWS's own refusals, and the truth behind generated logs.
//!
//! Where the answers differ, `differences.md` says why, line by line; a difference that it does not list, and a
//! line that no longer differs, both fail the test.

#![expect(clippy::unwrap_used, reason = "what helpers of a test read is the test's own data")]

mod common;

use common::{logs, shared_data, unpacked};
use leastwise_analysis::audit_log::Reader;
use leastwise_analysis::usage::{Collector, Outcome, Settings, Shared, Usage, UsageRow};
use leastwise_catalog::Catalog;
use leastwise_catalog::call::{Planner, Rules};
use leastwise_policy::glob;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn shared(settings: Settings) -> Shared<'static> {
    Shared::new(Planner::new(Catalog::embedded(), Rules::embedded()), settings)
}

fn rows(records: &[Value]) -> Vec<UsageRow> {
    let shared = shared(Settings::default());
    let mut collector = Collector::new(&shared);
    Reader::new().push(json!({ "Records": records }).to_string().as_bytes(), true, &mut collector);
    collector.finish().rows()
}

/// The cells of the table under a heading of `differences.md`.
fn differences(heading: &str) -> Vec<Vec<String>> {
    let text = include_str!("differences.md");
    let (_, rest) = text.split_once(&format!("## {heading}\n")).expect("the page has the heading");
    let section = rest.split("\n## ").next().unwrap_or(rest);
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    lines
        .map(|line| {
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
        })
        .collect()
}

/// A refused call as CloudTrail logs it; `message` as AWS wrote it, or left out to ask the mapping alone.
fn refused(entry: &Value, message: bool) -> Value {
    let account =
        arn_account(&entry["resource"]).unwrap_or_else(|| entry["accountId"].as_str().unwrap().to_owned());
    let mut record = json!({
        "eventVersion": "1.11", "eventType": "AwsApiCall", "eventCategory": "Management",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/x", "accountId": account},
        "eventTime": "2026-10-01T00:00:00Z", "eventID": "e", "errorCode": "AccessDenied",
        "eventSource": entry["eventSource"], "eventName": entry["eventName"], "awsRegion": entry["awsRegion"],
        "requestParameters": entry["requestParameters"], "recipientAccountId": account,
    });
    if message {
        record["errorMessage"] = entry["errorMessage"].clone();
    }
    record
}

fn arn_account(arn: &Value) -> Option<String> {
    let account = arn.as_str()?.split(':').nth(4)?;
    (account.len() == 12).then(|| account.to_owned())
}

/// Whether `ours` is what AWS means by `theirs`, which may be an ARN, `role NAME`, `policy ARN version v2` or a name.
fn is_meant(ours: &str, theirs: &str) -> bool {
    let theirs = theirs.split(" version ").next().unwrap_or(theirs);
    let name = theirs.rsplit(' ').next().unwrap_or(theirs);
    ours == theirs
        || ours == name
        || (!name.starts_with("arn:") && ours.rsplit(['/', ':']).next() == Some(name))
}

#[test]
fn awss_own_words_agree_with_the_mapping_and_are_taken_over() {
    let Some(path) = shared_data("cloudtrail-oracle/denied.jsonl") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries.len(), 142);

    let (mut named, mut exact) = (0, 0);
    let (mut mapped, mut mapped_exact) = (0, 0);
    let mut wrong = Vec::new();
    let mut differ = BTreeSet::new();
    for entry in &entries {
        let action = entry["action"].as_str().unwrap();
        let event = entry["eventName"].as_str().unwrap();
        let resource = entry["resource"].as_str().filter(|text| *text != "*");
        if action != "iam:Action" {
            for message in [true, false] {
                let rows = rows(&[refused(entry, message)]);
                if !rows.iter().any(|row| row.action.eq_ignore_ascii_case(action)) {
                    wrong.push(format!("{event}: {action}, message {message}"));
                }
                // What a call may have needed besides is unknown, whatever became of it.
                let refused = |outcome| matches!(outcome, Outcome::Denied | Outcome::Unknown);
                assert!(rows.iter().all(|row| refused(row.outcome)), "{event}");
            }
        }
        let Some(resource) = resource.filter(|_| action != "iam:Action") else { continue };
        let found = |message| {
            let rows = rows(&[refused(entry, message)]);
            let of_action = rows.iter().filter(|row| row.action.eq_ignore_ascii_case(action));
            of_action.map(|row| row.resource.as_str().to_owned()).collect::<Vec<_>>()
        };
        named += 1;
        exact += usize::from(found(true).iter().any(|ours| is_meant(ours, resource)));
        if !entry["requestParameters"].is_null() {
            mapped += 1;
            let ours = found(false);
            if ours.iter().any(|ours| is_meant(ours, resource)) {
                mapped_exact += 1;
            } else {
                differ.insert((event.to_owned(), resource.to_owned(), ours.join(" ")));
            }
        }
    }
    println!(
        "actions {}/141, resources {exact}/{named}; by the mapping alone {mapped_exact}/{mapped}",
        141 - wrong.len() / 2
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(exact * 10 >= named * 9, "{exact} of {named} resources");
    let listed: BTreeSet<_> = differences("AWS's own words")
        .into_iter()
        .map(|cells| (cells[0].clone(), cells[1].clone(), cells[2].clone()))
        .collect();
    assert_eq!(differ, listed, "the mapping's differences and those that the page lists");
}

/// The generated events, each once: without what was injected as an attack, which the truth does not count.
fn generated() -> Option<(Usage, Value)> {
    let root = shared_data("cloudtrail-generated")?;
    let labels = std::fs::read_to_string(root.join("labels.jsonl")).unwrap();
    let attacks: BTreeSet<String> = labels
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|label| label["outcome"] == "ok")
        .map(|label| label["eventID"].as_str().unwrap().to_owned())
        .collect();
    let files = logs(&root.join("AWSLogs"));
    assert_eq!(files.len(), 100);
    let shared = shared(Settings::default());
    let mut collector = Collector::new(&shared);
    for file in files {
        let log: Value = serde_json::from_slice(&unpacked(&file)).unwrap();
        let records = log["Records"].as_array().unwrap().iter();
        let kept: Vec<&Value> = records
            .filter(|record| !attacks.contains(record["eventID"].as_str().unwrap_or_default()))
            .collect();
        Reader::new().push(json!({ "Records": kept }).to_string().as_bytes(), true, &mut collector);
    }
    let truth = serde_json::from_str(&std::fs::read_to_string(root.join("truth.json")).unwrap()).unwrap();
    Some((collector.finish(), truth))
}

/// Action, then resource, then how often.
type Counts = BTreeMap<String, BTreeMap<String, u64>>;

fn counts(rows: &[UsageRow], principal: &str, outcome: Outcome) -> Counts {
    let mut counts = Counts::new();
    for row in rows.iter().filter(|row| row.principal == principal && row.outcome == outcome) {
        let resources = counts.entry(row.action.clone()).or_default();
        *resources.entry(row.resource.as_str().to_owned()).or_default() += row.count;
    }
    counts
}

/// Sums our resources under the truth's, which generalises some (`bucket/prefix/*`).
fn under(ours: &BTreeMap<String, u64>, truth: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (resource, count) in ours {
        let pattern = truth
            .keys()
            .filter(|pattern| {
                *pattern == resource || (pattern.contains('*') && glob::matches(pattern, resource))
            })
            .max_by_key(|pattern| pattern.len())
            .unwrap_or(resource);
        *sums.entry(pattern.clone()).or_default() += count;
    }
    sums
}

#[test]
fn the_generated_truth_is_found_for_every_principal() {
    let Some((usage, truth)) = generated() else { return };
    let rows = usage.rows();
    let listed: Vec<_> = differences("The generated truth");
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    let truth = truth.as_object().unwrap();
    assert_eq!(truth.len(), 80);
    for (principal, truth) in truth {
        for (outcome, member) in [(Outcome::Used, "used"), (Outcome::Denied, "denied")] {
            let theirs: Counts = serde_json::from_value(truth[member].clone()).unwrap();
            let ours = counts(&rows, principal, outcome);
            for action in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
                let none = BTreeMap::new();
                let theirs = theirs.get(action).unwrap_or(&none);
                let ours = under(ours.get(action).unwrap_or(&none), theirs);
                for resource in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
                    if ours.get(resource) == theirs.get(resource) {
                        continue;
                    }
                    let side = match (ours.get(resource), theirs.get(resource)) {
                        (Some(_), None) => "ours",
                        (None, Some(_)) => "theirs",
                        _ => "count",
                    };
                    let line = listed.iter().position(|cells| {
                        cells[0] == *action && cells[1] == side && glob::matches(&cells[2], resource)
                    });
                    match line {
                        Some(line) => drop(seen.insert(line)),
                        None => wrong.push(format!(
                            "{principal} {member} {action} {resource}: {:?} of ours, {:?} of theirs",
                            ours.get(resource),
                            theirs.get(resource)
                        )),
                    }
                }
            }
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} unexplained:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    let stale: Vec<_> =
        (0..listed.len()).filter(|line| !seen.contains(line)).map(|line| &listed[line]).collect();
    assert!(stale.is_empty(), "these no longer differ: {stale:?}");
}
