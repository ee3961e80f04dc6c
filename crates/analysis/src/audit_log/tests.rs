//! The reader over every envelope, cut into pieces of every size.

use proptest::prelude::*;

use super::{Event, Problem, Reader, Sink};

#[derive(Default, Debug, PartialEq, Eq)]
struct Seen {
    names: Vec<String>,
    problems: Vec<String>,
}

impl Sink for Seen {
    fn record(&mut self, event: &Event<'_>) -> Result<(), String> {
        self.names.push(String::from_utf8_lossy(event.name).into_owned());
        Ok(())
    }
    fn problem(&mut self, problem: Problem) {
        let mark = if problem.incomplete { "incomplete: " } else { "" };
        self.problems.push(format!("{mark}{}", problem.reason));
    }
}

mod envelopes;
mod tables;

/// Feeds the text in pieces of `size` bytes, as a streaming decompressor would.
fn read_in_pieces(text: &[u8], size: usize) -> Seen {
    let (mut seen, mut reader) = (Seen::default(), Reader::new());
    let mut held = Vec::new();
    for piece in text.chunks(size.max(1)) {
        held.extend_from_slice(piece);
        let done = reader.push(&held, false, &mut seen);
        held.drain(..done);
    }
    reader.push(&held, true, &mut seen);
    seen
}

/// The names of the events in `text`, which must not depend on how the text was cut, and the problems.
fn read(text: &str) -> Seen {
    let whole = read_in_pieces(text.as_bytes(), text.len());
    for size in [1, 2, 7, 64, 65] {
        assert_eq!(read_in_pieces(text.as_bytes(), size), whole, "cut into pieces of {size}");
    }
    whole
}

fn check(text: &str, names: &[&str], problems: usize) {
    let seen = read(text);
    assert_eq!(seen.names, names, "{text}");
    assert_eq!(seen.problems.len(), problems, "{text}: {:?}", seen.problems);
}

const A: &str =
    r#"{"eventVersion":"1.11","eventName":"A","requestParameters":{"x":["{\"eventName\":\"no\"}"]}}"#;
const B: &str = r#"{ "eventVersion" : "1.11" , "eventName" : "B" }"#;

#[test]
fn the_file_that_a_trail_writes_is_read() {
    check(&format!(r#"{{"Records":[{A},{B}]}}"#), &["A", "B"], 0);
    check(&format!("{{\"Records\": [\n{A} ,\n {B}\n] , \"more\": [1,{{}}]}}\n"), &["A", "B"], 0);
    check(r#"{"Records":[]}"#, &[], 0);
}

#[test]
fn every_other_envelope_is_read() {
    let text = |event: &str| serde_json::to_string(event).unwrap();
    check(&format!("{A}\n{B}\n{A}"), &["A", "B", "A"], 0);
    check(&format!("[{A},{B}]"), &["A", "B"], 0);
    check("[]", &[], 0);
    check(&format!("\u{feff}{{\"Records\":[{A}]}}"), &["A"], 0);
    check(
        &format!(r#"{{"version":"0","detail-type":"AWS API Call via CloudTrail","detail":{A},"x":1}}"#),
        &["A"],
        0,
    );
    check(&format!(r#"{{"Events":[{{"EventId":"1","CloudTrailEvent":{}}}]}}"#, text(A)), &["A"], 0);
    check(
        &format!(r#"{{"messageType":"DATA_MESSAGE","logEvents":[{{"id":"1","message":{}}}]}}"#, text(B)),
        &["B"],
        0,
    );
}

#[test]
fn what_cannot_be_read_is_reported_and_the_rest_is_read() {
    check(&format!(r#"{{"Records":[null,{A},7,"x",[1],{B}]}}"#), &["A", "B"], 4);
    check(&format!(r#"{{"Records":[{{"eventName":"A","eventName":"B"}},{A}]}}"#), &["A"], 1);
    let twice = r#"{"eventName":"C","additionalEventData":{},"additionalEventData":{"x":true}}"#;
    check(&format!(r#"{{"Records":[{twice},{A}]}}"#), &["A"], 1);
    // Who called is told deep inside.
    for identity in [
        r#""type":"AssumedRole","type":"IAMUser""#,
        r#""sessionContext":{"sessionIssuer":{"arn":"a"},"sessionIssuer":{"arn":"b"}}"#,
        r#""sessionContext":{"sessionIssuer":{"arn":"a"},"sessionIssuer":null}"#,
        r#""sessionContext":{"sessionIssuer":{"arn":"a","arn":"b"}}"#,
        r#""sessionContext":{"attributes":{"mfaAuthenticated":"true","mfaAuthenticated":"false"}}"#,
        r#""sessionContext":{},"sessionContext":7"#,
        r#""onBehalfOf":{"userId":"a","userId":"b"}"#,
        r#""onBehalfOf":null,"onBehalfOf":{"userId":"b"}"#,
    ] {
        let twice = format!(r#"{{"eventName":"D","userIdentity":{{{identity}}}}}"#);
        check(&format!(r#"{{"Records":[{twice},{A}]}}"#), &["A"], 1);
    }
    check(&format!(r#"{{"Records":[{A}]}} garbage"#), &["A"], 1);
    check(&format!("{A}\n{{\"eventName\" \"broken\"}}\n{B}\n"), &["A", "B"], 1);
    // A quote too many turns strings inside out, but not beyond the line.
    check(
        &format!("{A}\n{{\"eventName\":om\", \"x\": 1}}\n{B}\n{{\"eventName\":om\"}}\n{A}"),
        &["A", "B", "A"],
        2,
    );
    check("hello", &[], 1);
    check("", &[], 1);
    check("{}", &[], 1);
}

#[test]
fn a_file_that_was_cut_short_gives_what_came_before_the_cut() {
    let text = format!(r#"{{"Records":[{A},{B}]}}"#);
    for cut in 1..text.len() {
        let seen = read_in_pieces(&text.as_bytes()[..cut], text.len());
        assert!(!seen.problems.is_empty(), "cut at {cut}");
        let expected = usize::from(cut >= text.find(",{ ").unwrap()) + usize::from(cut >= text.len() - 2);
        assert_eq!(seen.names.len(), expected, "cut at {cut}: {seen:?}");
    }
}

#[test]
fn brackets_that_do_not_pair_lose_the_rest_of_the_file_and_say_so() {
    let seen = read(&format!(r#"{{"Records":[{A},{{"eventName":"C","x":[}}]}},{B}]}}"#));
    assert_eq!(seen.names, ["A"]);
    assert!(seen.problems.iter().any(|reason| reason.contains("rest of the file")), "{seen:?}");
}

#[test]
fn nesting_beyond_the_bound_is_refused_without_recursion() {
    let deep = format!("{}{}", "[".repeat(600), "]".repeat(600));
    let seen = read(&format!(r#"{{"Records":[{{"eventName":"C","x":{deep}}},{A}]}}"#));
    assert!(!seen.problems.is_empty());
    let fine = format!("{}{}", "[".repeat(300), "]".repeat(300));
    check(&format!(r#"{{"Records":[{{"eventName":"C","x":{fine}}},{A}]}}"#), &["C", "A"], 0);
}

#[test]
fn what_stands_behind_the_records_is_looked_at() {
    check(&format!(r#"{{"Records":[{A}],"Records":[{B}]}}"#), &["A", "B"], 1);
    check(&format!(r#"{{"events":[],"searched":[{{"x":[1]}}],"logEvents":[{A}],"n":null}}"#), &["A"], 0);
    check(&format!(r#"{{"Records":[{A}],"next":"]}}{{","n":12 }}"#), &["A"], 0);
    for behind in ["b", " garbage", r#""x""#, ",b", ",", r#","x""#, r#","x":"#, "]", ",{}"] {
        let seen = read(&format!(r#"{{"Records":[{A}]{behind}}}"#));
        assert_eq!((seen.names.as_slice(), seen.problems.len()), (&["A".to_owned()][..], 1), "{behind}");
    }
}

#[test]
fn a_line_that_is_no_record_is_lost_and_not_the_file() {
    check(&format!("garbage\n{A}\nmore garbage, {{\n{B}\n"), &["A", "B"], 2);
    check(&format!("{{\"eventName\": cut\n{A}\n"), &["A"], 1);
    check("one\ntwo\n", &[], 1);
    check("garbage", &[], 1);
}

#[test]
fn lines_that_cloudwatch_logs_exports_are_read() {
    check(&format!("2026-10-01T10:00:00.123Z {A}\n2026-10-01T10:00:01.000Z {B}\n"), &["A", "B"], 0);
    check(&format!("2026-10-01 {A}\n{B}\n"), &["B"], 1);
}

#[test]
fn what_a_subscription_asks_of_its_destination_is_no_record() {
    let message = "CWL CONTROL MESSAGE: Checking health of destination Firehose.";
    let control =
        format!(r#"{{"messageType":"CONTROL_MESSAGE","logEvents":[{{"id":"","message":"{message}"}}]}}"#);
    check(&control, &[], 0);
}

#[test]
fn other_events_of_eventbridge_are_told() {
    let seen = read(r#"{"detail-type":"EC2 Instance State-change","detail":{"state":"running"}}"#);
    assert_eq!(seen.problems, ["an EventBridge event that is no CloudTrail record"]);
}

/// All that is read of each record, and the problems.
#[derive(Default, Debug, PartialEq, Eq)]
struct Whole(Vec<String>);

impl Sink for Whole {
    fn record(&mut self, event: &Event<'_>) -> Result<(), String> {
        let identity = &event.identity;
        let fields = [
            event.version,
            event.kind,
            event.category,
            event.source,
            event.name,
            event.id,
            event.region,
            event.error_code,
            event.account,
            event.vpc_endpoint,
            identity.kind,
            identity.arn,
            identity.issuer,
        ];
        let more = (event.parameters.is_some(), event.resources.is_some(), identity.present);
        self.0.push(format!("{:?} {more:?}", fields.map(String::from_utf8_lossy)));
        Ok(())
    }
    fn problem(&mut self, problem: Problem) {
        self.0.push(format!("{}: {}", problem.record, problem.reason));
    }
}

fn whole(reader: &mut Reader, text: &str) -> Whole {
    let mut seen = Whole::default();
    reader.reset();
    reader.push(text.as_bytes(), true, &mut seen);
    seen
}

/// Members of a record as AWS writes them, and some that it does not.
fn member() -> impl Strategy<Value = String> {
    let digits = prop::sample::select(vec!["111122223333", "444455556666"]);
    let tls = r#""tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"s3.eu-west-1.amazonaws.com"}"#;
    prop_oneof![
        Just(r#""eventType":"AwsApiCall""#.to_owned()),
        Just(r#""eventType":"AwsApiCall""#.to_owned()),
        Just(r#""managementEvent":false"#.to_owned()),
        digits.prop_map(|account| format!(r#""recipientAccountId":"{account}""#)),
        Just(r#""vpcEndpointId":"vpce-0d4455a52294b650a""#.to_owned()),
        Just(r#""eventCategory":"Data""#.to_owned()),
        Just(r#""eventCategory":null"#.to_owned()),
        Just(r#""eventCategory" : {"a":"}"}"#.to_owned()),
        Just(tls.to_owned()),
        Just(tls.to_owned()),
        Just(r#""errorCode":"AccessDenied""#.to_owned()),
        Just(r#""requestParameters":{"x":"\"y"}"#.to_owned()),
        Just(r#""event\u0049D":"e""#.to_owned()),
    ]
}

proptest! {
    /// What was read before makes no difference: neither the records of the same file, nor all of it a second time.
    #[test]
    fn a_record_says_the_same_whatever_was_read_before(
        kinds in prop::collection::vec(prop::collection::vec(member(), 0..9), 1..4),
        records in prop::collection::vec((0..4usize, 0..2usize), 1..12),
    ) {
        let record = |&(kind, source): &(usize, usize)| {
            let source = ["s3.amazonaws.com", "sqs.amazonaws.com"][source];
            let members = kinds[kind % kinds.len()].join(",");
            let comma = if members.is_empty() { "" } else { "," };
            format!(r#"{{"eventVersion":"1.11","eventSource":"{source}","eventName":"N"{comma}{members}}}"#)
        };
        let texts: Vec<String> = records.iter().map(record).collect();
        let alone: Vec<String> =
            texts.iter().flat_map(|text| whole(&mut Reader::new(), &format!("[{text}]")).0).collect();
        let mut reader = Reader::new();
        for _ in 0..2 {
            let together = whole(&mut reader, &format!("[{}]", texts.join(","))).0;
            let without_number = |line: &String| line.split_once(": ").map_or(line.clone(), |(_, why)| why.to_owned());
            prop_assert_eq!(
                together.iter().map(without_number).collect::<Vec<_>>(),
                alone.iter().map(without_number).collect::<Vec<_>>()
            );
        }
    }
}
