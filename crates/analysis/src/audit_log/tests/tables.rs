//! Results of queries as CSV.

use proptest::prelude::*;

use super::super::csv::{Begins, begins};
use super::{A, B, check, read};

/// A field in quotes, those that it holds doubled.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

const RECORD: &str = r#"{"eventVersion":"1.11","eventName":"R","eventSource":"s3.amazonaws.com","eventTime":"t","userIdentity":{}}"#;

#[test]
fn a_column_of_events_is_read() {
    let (a, b) = (quoted(A), quoted(B));
    check(&format!("\"eventTime\",\"eventJson\"\n\"t\",{a}\n\"t\",{b}\n"), &["A", "B"], 0);
    check(&format!("eventTime,eventjson,x\r\nt,{a},\r\nt,{b},1"), &["A", "B"], 0);
    check(&format!("\u{feff}eventjson\n{a}\n\n{b}\n"), &["A", "B"], 0);
    check(&format!("@timestamp,@message\n2026-10-01 10:00:00.000,{a}\n"), &["A"], 0);
    check(&format!("\"x, y\",eventJson\n\"several\nlines, \"\"quoted\"\"\",{a}\n"), &["A"], 0);
    // By what it holds, when the name does not tell.
    check(&format!("\"_col0\",\"n\"\n{},\"1\"\n{a},\"2\"\n", quoted(RECORD)), &["R", "A"], 0);
    check("eventTime,eventJson\n", &[], 0);
}

#[test]
fn rows_that_cannot_be_read_are_told_and_the_others_read() {
    let (a, b) = (quoted(A), quoted(B));
    check(&format!("t,eventJson\n1,{a}\n2,\n3\n4,x,{b}\n5,no event\n6,{b}\n"), &["A", "B"], 4);
    check(&format!("t,eventJson\n1,{a}\n2,{b}x\n3,{b}\n"), &["A"], 1);
    check(&format!("t,eventJson\n1,{a}\n2,{}", &b[..b.len() - 1]), &["A"], 1);
    // Quotes that are escaped otherwise are no guess.
    let backslashes = format!("\"{}\"", A.replace('"', "\\\""));
    assert_eq!(read(&format!("t,eventJson\n1,{a}\n2,{backslashes}\n")).names, ["A"]);
}

#[test]
fn a_text_that_is_no_table_of_events_is_none() {
    let record = quoted(RECORD);
    for text in [
        "",
        "hello",
        "one\ntwo\n",
        "Event name,Event time,User name\nGetObject,2026-10-01,agent\n",
        "eventName,requestParameters\nGetObject,\"{bucketName=b, key=k}\"\n",
        "garbage\n{\"eventVersion\":\"1.11\"}\n",
        "{\"Records\":[]}",
        "2026-10-01T10:00:00.123Z {}",
        "eventJson,\n\"x\",\n",
        &format!("a,b\n{record},{record}\n"),
        &format!("a,b,c\n{record},x\n"),
        &format!("{}\n", "long".repeat(20_000)),
    ] {
        assert!(matches!(begins(text.as_bytes(), true), Begins::Else), "{text}");
        assert!(matches!(begins(text.as_bytes(), false), Begins::Else | Begins::More), "{text}");
    }
    let lines = vec![b'a'; 1 << 20];
    assert!(matches!(begins(&lines, false), Begins::Else), "it is not waited for a line that long");
}

proptest! {
    /// Whatever stands in the other columns and however the text is cut, the events are those that were written.
    #[test]
    fn other_columns_hide_no_event_and_make_none(
        rows in prop::collection::vec(("[a\",\n\r é{}]{0,12}", any::<bool>(), "[a\",\n\r]{0,6}"), 0..6),
        ending in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let mut text = format!("before,EventJson,\"be\"\"hind\"{ending}");
        let mut names = Vec::new();
        for (before, first, behind) in &rows {
            let (record, name) = if *first { (A, "A") } else { (B, "B") };
            names.push(name);
            text += &format!("{},{},{}{ending}", quoted(before), quoted(record), quoted(behind));
        }
        let seen = read(&text);
        prop_assert_eq!(seen.names, names, "{}", text);
        prop_assert!(seen.problems.is_empty(), "{:?}", seen.problems);
    }
}
