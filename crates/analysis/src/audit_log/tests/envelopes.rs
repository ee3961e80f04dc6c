//! Answers of APIs and what wraps records one by one: what is read of them, and what they tell to be missing.

use serde_json::{Value, json};

use super::{A, B, check, read};

/// A record as text.
fn text(record: &str) -> Value {
    Value::String(record.to_owned())
}

/// What `aws logs get-query-results` prints.
fn insights(rows: &[Value], more: Value) -> Value {
    let mut answer = json!({"queryLanguage": "CWLI", "results": rows, "status": "Complete"});
    answer["statistics"] =
        json!({"recordsMatched": rows.len() as f64, "recordsScanned": 9.0, "bytesScanned": 1e4});
    merge(answer, more)
}

/// What `aws cloudtrail get-query-results` prints.
fn lake(rows: &[Value], more: Value) -> Value {
    let statistics = json!({"ResultsCount": rows.len(), "TotalResultsCount": rows.len(), "BytesScanned": 1});
    let answer = json!({"QueryStatus": "FINISHED", "QueryStatistics": statistics, "QueryResultRows": rows});
    merge(answer, more)
}

fn merge(mut answer: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        answer[name] = value.clone();
    }
    answer
}

fn message(record: &str) -> Value {
    json!([{"field": "@timestamp", "value": "2026-10-01 10:00:00.000"}, {"field": "@message", "value": record},
        {"field": "@ptr", "value": "CmEK"}])
}

fn event_json(record: &str) -> Value {
    json!([{"eventTime": "2026-10-01 10:00:00.000"}, {"eventJson": record}])
}

/// The answer as it is, spread over lines, and with its members in another order.
fn shapes(answer: &Value) -> [String; 3] {
    let mut members: Vec<_> = answer.as_object().unwrap().iter().collect();
    members.reverse();
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    [
        answer.to_string(),
        serde_json::to_string_pretty(answer).unwrap(),
        format!("{{{}}}", members.join(" , ")),
    ]
}

fn whole(answer: &Value, names: &[&str]) {
    shapes(answer).iter().for_each(|text| check(text, names, 0));
}

/// What an answer is told to lack.
fn lacks(answer: &Value, names: &[&str], why: &str) {
    for text in shapes(answer) {
        let seen = read(&text);
        assert_eq!(seen.names, names, "{text}");
        assert_eq!(seen.problems, [format!("incomplete: {why}")], "{text}");
    }
}

fn refuses(text: &str, names: &[&str], why: &str) {
    let seen = read(text);
    assert_eq!(seen.names, names, "{text}");
    assert!(seen.problems.len() == 1 && seen.problems[0].contains(why), "{text}: {:?}", seen.problems);
}

#[test]
fn rows_of_logs_insights_are_read_by_their_message() {
    whole(&insights(&[message(A), message(B)], json!({})), &["A", "B"]);
    whole(&insights(&[], json!({})), &[]);
    // Under another name: the text is a record all the same.
    let whole_record = A.replace(
        "\"requestParameters\"",
        "\"eventSource\":\"s3.amazonaws.com\",\"eventTime\":\"t\",\"userIdentity\":{},\"requestParameters\"",
    );
    whole(&insights(&[json!([{"field": "m", "value": whole_record}])], json!({})), &["A"]);
}

#[test]
fn an_unfinished_query_of_logs_insights_is_incomplete_evidence() {
    let one = [message(A)];
    lacks(&insights(&one, json!({"status": "Running"})), &["A"], "the query is `Running`, not `Complete`");
    lacks(&insights(&[], json!({"status": "Timeout"})), &[], "the query is `Timeout`, not `Complete`");
    lacks(
        &insights(&one, json!({"statistics": {"recordsScanned": 9.0, "recordsMatched": 25017.0}})),
        &["A"],
        "the query found 25017, and 1 are here",
    );
    lacks(
        &insights(&one, json!({"nextToken": "abc"})),
        &["A"],
        "`nextToken` tells that there are further pages",
    );
}

#[test]
fn rows_of_cloudtrail_lake_are_read_by_the_event_in_them() {
    whole(&lake(&[event_json(A), event_json(B)], json!({})), &["A", "B"]);
    whole(&lake(&[json!([{"EVENTJSON": A}])], json!({"NextToken": null, "ErrorMessage": ""})), &["A"]);
    whole(&lake(&[], json!({})), &[]);
    let rows =
        lake(&[event_json(A), json!([{"eventTime": "t"}, {"eventJson": ""}]), event_json(B)], json!({}));
    refuses(&rows.to_string(), &["A", "B"], "a row without `eventJson`");
}

#[test]
fn a_part_of_the_rows_of_cloudtrail_lake_is_incomplete_evidence() {
    let one = [event_json(A)];
    lacks(
        &lake(&one, json!({"QueryStatus": "TIMED_OUT"})),
        &["A"],
        "the query is `TIMED_OUT`, not `FINISHED`",
    );
    let found = json!({"QueryStatistics": {"ResultsCount": 1, "TotalResultsCount": 3}});
    lacks(&lake(&one, found), &["A"], "the query found 3, and 1 are here");
    lacks(&lake(&one, json!({"NextToken": "t"})), &["A"], "`NextToken` tells that there are further pages");
    refuses(r#"{"QueryStatus":"RUNNING","QueryStatistics":{}}"#, &[], "ask again when it is FINISHED");
}

#[test]
fn rows_without_a_whole_event_are_refused_with_the_way_out() {
    let columns = json!([{"eventName": "GetObject"}, {"userIdentity": "{type=AssumedRole, arn=arn:aws:sts::1:x}"},
        {"requestParameters": "{bucketName=b, key=a=b, c}"}]);
    let text = lake(&[columns.clone(), columns], json!({})).to_string();
    refuses(&text, &[], "select `eventJson` in CloudTrail Lake");
    let text = insights(&[json!([{"field": "eventName", "value": "x"}])], json!({})).to_string();
    refuses(&text, &[], "`@message` in CloudWatch Logs Insights");
    // Which of two is the event cannot be told.
    let record =
        r#"{"eventVersion":"1.11","eventName":"A","eventSource":"s","eventTime":"t","userIdentity":{}}"#;
    let both = lake(&[json!([{"a": record}, {"b": record}])], json!({}));
    refuses(&both.to_string(), &[], "no column");
    // What is no record at all is told row by row.
    refuses(&insights(&[message("START RequestId: x")], json!({})).to_string(), &[], "holds no record");
}

#[test]
fn pages_of_events_are_incomplete_evidence_and_whole_answers_are_not() {
    let look_up = json!({"Events": [{"EventId": "1", "EventName": "A", "CloudTrailEvent": A}]});
    whole(&look_up, &["A"]);
    lacks(
        &merge(look_up, json!({"NextToken": "t"})),
        &["A"],
        "`NextToken` tells that there are further pages",
    );
    let filter = json!({"events": [{"logStreamName": "s", "message": A}], "searchedLogStreams": []});
    whole(&filter, &["A"]);
    for token in ["nextToken", "NextToken"] {
        let why = format!("`{token}` tells that there are further pages");
        lacks(&merge(filter.clone(), json!({ token: "t" })), &["A"], &why);
    }
    let page = json!({"events": [{"timestamp": 1, "message": A}], "nextForwardToken": "f/1", "nextBackwardToken": "b/1"});
    lacks(
        &page,
        &["A"],
        "one page of `get-log-events` does not tell whether it is all; `aws logs filter-log-events` fetches every page",
    );
    // A token of one answer says nothing of another in the same file, nor does one within an event.
    let two = format!(
        "{}\n{}",
        json!({"Events": [], "NextToken": "t"}),
        json!({"Events": [{"CloudTrailEvent": B}]})
    );
    assert_eq!(read(&two).problems.len(), 1);
    check(&format!(r#"{{"Records":[{A}],"NextToken":"t","status":"x"}}"#), &["A"], 0);
    whole(&json!({"Events": [{"CloudTrailEvent": A, "NextToken": "t"}]}), &["A"]);
}

#[test]
fn what_was_taken_out_of_an_answer_is_read() {
    check(&json!([text(A), text(B)]).to_string(), &["A", "B"], 0);
    check(&format!("{A}\t{B}\n"), &["A", "B"], 0);
    check(&json!([message(A), message(B)]).to_string(), &["A", "B"], 0);
    check(&json!([event_json(A)]).to_string(), &["A"], 0);
    check(&json!(["no", text(A)]).to_string(), &["A"], 1);
}

#[test]
fn what_the_console_of_logs_insights_saves_is_read() {
    let record: Value = serde_json::from_str(A).unwrap();
    check(&json!([{"@timestamp": "t", "@message": A}, {"@message": record}]).to_string(), &["A", "A"], 0);
    let rows = vec![json!({"@message": A}); 10_000];
    let seen = super::read_in_pieces(Value::Array(rows).to_string().as_bytes(), 1 << 20);
    assert_eq!(seen.names.len(), 10_000);
    assert!(
        seen.problems.len() == 1 && seen.problems[0].starts_with("incomplete: there are 10000"),
        "{:?}",
        seen.problems
    );
}

#[test]
fn events_of_eventbridge_are_cloudtrails_only_when_it_sent_them() {
    let record: Value = serde_json::from_str(A).unwrap();
    let bridge = |kind: &str, source: &str| json!({"version": "0", "detail-type": kind, "source": source, "region": "eu-west-1", "detail": record});
    whole(&bridge("AWS API Call via CloudTrail", "aws.s3"), &["A"]);
    for other in [bridge("Order Placed", "aws.s3"), bridge("AWS API Call via CloudTrail", "shop.orders")] {
        for text in shapes(&other) {
            refuses(&text, &[], "an EventBridge event that is no CloudTrail record");
        }
    }
    // As queues and topics deliver it.
    let event = bridge("AWS API Call via CloudTrail", "aws.s3").to_string();
    let topic = json!({"Type": "Notification", "MessageId": "1", "Message": event}).to_string();
    check(&topic, &["A"], 0);
    check(&format!("{event}{event}"), &["A", "A"], 0);
    let queue = json!({"Messages": [{"MessageId": "1", "Body": event}, {"MessageId": "2", "Body": topic}]});
    lacks(&queue, &["A", "A"], "one answer of ReceiveMessage holds ten messages of the queue at most");
    refuses(
        &json!({"Message": r#"{"s3Bucket":"b","s3ObjectKey":["k"]}"#}).to_string(),
        &[],
        "holds no record",
    );
    // Texts within texts end somewhere.
    let mut nested = A.to_owned();
    for _ in 0..9 {
        nested = json!({ "Message": nested }).to_string();
    }
    refuses(&nested, &[], "holds no record");
}

#[test]
fn a_message_is_one_record_and_nothing_else() {
    refuses(&json!([{"message": format!("{A} {B}")}]).to_string(), &[], "something behind its record");
    check(&json!([{"message": format!(" {A}\n")}]).to_string(), &["A"], 0);
}

#[test]
fn objects_that_are_known_and_cannot_be_read_name_the_way_out() {
    let athena = json!({"UpdateCount": 0, "ResultSet": {"Rows": [{"Data": [{"VarCharValue": "x"}]}]}});
    refuses(&athena.to_string(), &[], "the CSV file that the query wrote");
    refuses(r#"{"awslogs":{"data":"H4sI"}}"#, &[], "base64 -d | leastwise usage -");
}
