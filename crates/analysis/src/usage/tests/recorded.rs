//! Which records tell what kinds of events the logs of an account hold.

use super::*;
use crate::usage::{Missing, READS_ALONE, Shown, WRITES_ALONE};

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

/// What the records show to be recorded of the account 111122223333.
fn shown(records: &[Value]) -> Shown {
    usage(records).tally.recorded.shown("111122223333")
}

fn data_event(id: u32, name: &str, read_only: bool) -> Value {
    let call = event(id, name, json!({"bucketName": "b", "key": "k", "x-amz-copy-source": "c/k"}));
    with(with(call, "eventCategory", json!("Data")), "readOnly", json!(read_only))
}

#[test]
fn a_data_event_shows_what_it_needed_and_whether_it_only_read() {
    let of = |records: &[Value]| -> Vec<(String, bool)> { shown(records).data.into_iter().collect() };
    let put = ("s3:PutObject".to_owned(), false);
    assert!(of(&[data_event(1, "PutObject", false)]).contains(&put));
    let copy = of(&[data_event(1, "CopyObject", false)]);
    assert!(copy.contains(&put) && copy.contains(&("s3:GetObject".to_owned(), false)), "{copy:?}");
    // What a call asks for besides can be on a resource of another type, whose own data events may not be recorded.
    let retrieve =
        with(data_event(1, "RetrieveAndGenerate", true), "eventSource", json!("bedrock.amazonaws.com"));
    assert_eq!(of(&[retrieve]), [("bedrock:RetrieveAndGenerate".to_owned(), true)]);
    let again = [data_event(1, "GetObject", true), data_event(2, "GetObject", true)];
    assert!(of(&again).contains(&("s3:GetObject".to_owned(), true)));
    assert!(!of(&again).iter().any(|(_, read_only)| !read_only));
    // The same kind of call in one account after the other, and with both answers.
    let there = all(&again[..1], "recipientAccountId", json!("444455556666"));
    let records = [&there, &again[..1], &there, &[data_event(3, "GetObject", false)]].concat();
    assert_eq!(of(&records).iter().filter(|(action, _)| action == "s3:GetObject").count(), 2);
    assert_eq!(usage(&there).tally.recorded.shown("111122223333"), Shown::default());
}

#[test]
fn whose_a_data_event_is_and_how_it_ended_does_not_matter() {
    let get = data_event(1, "GetObject", true);
    let expected = shown(std::slice::from_ref(&get));
    assert!(!expected.data.is_empty());
    let service = json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"});
    assert_eq!(shown(&[with(get.clone(), "userIdentity", service)]), expected);
    assert_eq!(shown(&[with(get.clone(), "errorCode", json!("AccessDenied"))]), expected);
    assert_eq!(shown(&[with(get.clone(), "recipientAccountId", Value::Null)]), expected);
    let principals = vec![leastwise_policy::glob::Glob::new("*nobody")];
    let others = collect(&shared(Settings { principals, ..Settings::default() }), std::slice::from_ref(&get));
    assert_eq!(others.tally.recorded.shown("111122223333"), expected);
    for (member, value) in [
        ("eventCategory", json!("Management")),
        ("eventCategory", json!("NetworkActivity")),
        ("eventCategory", Value::Null),
        ("eventType", json!("AwsServiceEvent")),
        ("readOnly", Value::Null),
        ("eventTime", json!("2025-10-01T00:00:00Z")),
    ] {
        let since = leastwise_policy::time::Timestamp::parse("2026-01-01T00:00:00Z");
        let record = with(get.clone(), member, value.clone());
        let told = collect(&shared(Settings { since, ..Settings::default() }), &[record]);
        assert_eq!(told.tally.recorded.shown("111122223333").data, [].into(), "{member} {value}");
    }
    // A management event can need what data events do.
    let restore = event(1, "RestoreTableFromBackup", json!({"targetTableName": "t"}));
    let restore =
        with(with(restore, "eventSource", json!("dynamodb.amazonaws.com")), "readOnly", json!(false));
    assert!(usage(std::slice::from_ref(&restore)).rows().iter().any(|row| row.action == "dynamodb:Scan"));
    assert!(shown(&[restore]).data.is_empty());
}

#[test]
fn regions_and_kms_are_told_by_management_events_also_when_the_account_has_both_kinds() {
    let both = [events(true, 0, 1), events(false, 1, 1)].concat();
    let elsewhere = |region: &str| all(&events(true, 2, 1), "awsRegion", json!(region));
    let records = [&both[..], &elsewhere("us-east-1"), &elsewhere("eu-north-1"), &both].concat();
    let seen: Vec<String> = shown(&records).regions.into_iter().collect();
    assert_eq!(seen, ["eu-north-1", "eu-west-1", "us-east-1"]);
    assert!(!shown(&records).kms);
    let kms = all(&events(true, 3, 1), "eventSource", json!("kms.amazonaws.com"));
    let there = all(&records, "recipientAccountId", json!("444455556666"));
    let late = [&records[..], &there, &records, &kms].concat();
    assert!(shown(&late).kms);
    assert!(!usage(&late).tally.recorded.shown("444455556666").kms);
    let data = all(&kms, "eventCategory", json!("Data"));
    assert!(!shown(&[&records[..], &data].concat()).kms);
    let data = all(&elsewhere("ap-south-1"), "eventCategory", json!("Data"));
    assert!(!shown(&[&records[..], &data].concat()).regions.contains("ap-south-1"));
    // A data event after which a management event of its region comes.
    let after = [&both[..], &data, &elsewhere("ap-south-1")].concat();
    assert!(shown(&after).regions.contains("ap-south-1"));
}
