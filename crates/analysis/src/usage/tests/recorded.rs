//! Which records tell what kinds of events the logs of an account hold.

use super::*;
use crate::usage::{Missing, READS_ALONE, WRITES_ALONE};

/// Management events of a role of the account 111122223333, each of which says whether it is read-only.
fn events(read_only: bool, from: usize, count: usize) -> Vec<Value> {
    let name = if read_only { "ListBuckets" } else { "CreateBucket" };
    let of = |id| with(event(id, name, json!({"bucketName": "b"})), "readOnly", json!(read_only));
    (from as u32..(from + count) as u32).map(of).collect()
}

fn missing(records: &[Value]) -> Option<Missing> {
    usage(records).tally.recorded.missing("111122223333")
}

fn all(records: &[Value], member: &str, value: Value) -> Vec<Value> {
    records.iter().map(|record| with(record.clone(), member, value.clone())).collect()
}

#[test]
fn many_writes_and_no_read_are_of_a_trail_for_writes() {
    let writes = events(false, 0, WRITES_ALONE);
    assert_eq!(missing(&writes), Some(Missing::Reads));
    assert_eq!(missing(&writes[1..]), None, "a few tell nothing");
    assert_eq!(missing(&[&writes[1..], &writes[1..]].concat()), None, "copies count once");
    assert_eq!(missing(&[&writes[..], &events(true, 500, 1)].concat()), None);
    let reads = events(true, 0, READS_ALONE);
    assert_eq!(missing(&reads), Some(Missing::Writes));
    assert_eq!(missing(&reads[..READS_ALONE - 1]), None);
}

#[test]
fn a_read_that_was_refused_or_is_nobodys_or_needs_nothing_is_one_too() {
    let writes = events(false, 0, WRITES_ALONE);
    let with_one = |read: Value| missing(&[&writes[..], &[read]].concat());
    let read = events(true, 500, 1).remove(0);
    assert_eq!(with_one(with(read.clone(), "errorCode", json!("AccessDenied"))), None);
    let service = json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"});
    assert_eq!(with_one(with(read.clone(), "userIdentity", service)), None);
    let nothing =
        with(with(read, "eventName", json!("GetCallerIdentity")), "eventSource", json!("sts.amazonaws.com"));
    assert_eq!(with_one(nothing), None);
}

#[test]
fn what_is_no_management_event_or_does_not_say_counts_for_nothing() {
    let writes = events(false, 0, WRITES_ALONE);
    let reads = events(true, 500, 5);
    for (member, value) in [
        ("eventCategory", json!("Data")),
        ("eventCategory", json!("Insight")),
        ("eventCategory", json!("NetworkActivity")),
        ("eventType", json!("AwsServiceEvent")),
        ("readOnly", Value::Null),
        ("readOnly", json!("maybe")),
        ("recipientAccountId", json!("444455556666")),
    ] {
        let (writes_too, reads) = (all(&writes, member, value.clone()), all(&reads, member, value.clone()));
        assert_eq!(missing(&[&writes[..], &reads].concat()), Some(Missing::Reads), "{member} {value}");
        assert_eq!(missing(&writes_too), None, "{member} {value}");
    }
    let data = all(&events(true, 0, 1_000), "eventCategory", json!("Data"));
    assert_eq!(missing(&data), Some(Missing::Management));
    assert_eq!(missing(&[&data[..], &events(true, 2_000, 1)].concat()), None);
}

#[test]
fn a_record_without_its_recipient_counts_for_the_callers_account() {
    let writes = all(&events(false, 0, WRITES_ALONE), "recipientAccountId", Value::Null);
    assert_eq!(missing(&writes), Some(Missing::Reads));
}

#[test]
fn only_events_of_the_window_tell_and_whoever_is_not_asked_for_tells_too() {
    let records = [events(false, 0, WRITES_ALONE), events(true, 500, 1)].concat();
    let records = [
        &records[..WRITES_ALONE],
        &all(&records[WRITES_ALONE..], "eventTime", json!("2026-09-01T00:00:00Z")),
    ]
    .concat();
    let told =
        |settings: Settings| collect(&shared(settings), &records).tally.recorded.missing("111122223333");
    assert_eq!(told(Settings::default()), None);
    let since = leastwise_policy::time::Timestamp::parse("2026-10-01T00:00:00Z");
    assert_eq!(told(Settings { since, ..Settings::default() }), Some(Missing::Reads));
    let principals = vec![leastwise_policy::glob::Glob::new("*nobody")];
    assert_eq!(told(Settings { principals, since, ..Settings::default() }), Some(Missing::Reads));
}

#[test]
fn a_record_that_says_twice_whether_it_is_read_only_is_refused() {
    let record = events(false, 0, 1)[0]
        .to_string()
        .replace("\"readOnly\":false", "\"readOnly\":false,\"readOnly\":true");
    let shared = shared(Settings::default());
    let mut collector = Collector::new(&shared);
    Reader::new().push(format!("{{\"Records\":[{record}]}}").as_bytes(), true, &mut collector);
    assert_eq!(collector.take_problems().len(), 1);
}
