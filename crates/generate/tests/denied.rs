//! Refusals as they are printed: what is read in them, and what comes of it. The cases are `tests/denied`.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::path::{Path, PathBuf};

use leastwise_catalog::Catalog;
use leastwise_generate::denied::{Because, Denials, Known, Refusal, Whose, answer, read};

struct Case {
    title: String,
    text: String,
    expected: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/denied")
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for name in ["aws.txt", "gcp.txt", "azure.txt", "kubernetes.txt"] {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        for case in text.split("=== ").skip(1) {
            let (title, rest) = case.split_once('\n').unwrap();
            let (text, expected) = rest.split_once("\n---\n").unwrap();
            assert!(title.contains(" | https://"), "{name}: {title} names no page");
            cases.push(Case {
                title: format!("{name}: {title}"),
                text: text.to_owned(),
                expected: expected.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
            });
        }
    }
    cases
}

fn or_dash(text: Option<&str>) -> &str {
    text.filter(|text| !text.is_empty()).unwrap_or("-")
}

fn written(refusal: &Refusal) -> String {
    let because = match &refusal.because {
        Because::Unsaid => "-".to_owned(),
        Because::Missing(barrier) => format!("missing:{}", barrier.name),
        Because::Denied(barrier) => format!("denied:{}", barrier.name),
    };
    let more: Vec<String> = refusal.more.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let mut line = format!(
        "{} {because} {} | {} | {}",
        refusal.platform.as_str(),
        or_dash(Some(&refusal.action)),
        or_dash(refusal.resource.as_deref()),
        or_dash(refusal.principal.as_deref())
    );
    if !more.is_empty() {
        line.push_str(&format!(" | {}", more.join(" ")));
    }
    line
}

fn additions(denials: &Denials) -> (Vec<String>, Vec<String>) {
    let answer = answer(denials, Catalog::embedded(), &Known::default());
    let mut lines = Vec::new();
    for addition in &answer.additions {
        let whose = match &addition.whose {
            Whose::Principal(who) => or_dash(who.as_ref().map(|who| who.name.as_str())).to_owned(),
            Whose::Resource { resource, .. } => format!("resource:{resource}"),
        };
        for exact in &addition.permissions {
            lines.push(format!("add {whose} {} {}", exact.action, exact.resource));
        }
    }
    let told = answer.told.iter().map(|told| format!("{}; {}", told.text, told.help)).collect();
    (lines, told)
}

#[test]
fn every_message_is_read_as_it_says() {
    let cases = cases();
    assert!(cases.len() >= 90, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let denials = read("log", &case.text);
        let mut got: Vec<String> = denials.refusals.iter().map(written).collect();
        got.extend(denials.unsaid.iter().map(|unsaid| {
            let operation = unsaid.operation.as_ref().map(|(name, _)| name.as_str());
            format!("unsaid {} {} {}", unsaid.platform.as_str(), unsaid.what, or_dash(operation))
        }));
        let (added, told) = additions(&denials);
        got.extend(added);
        let (told_expected, expected): (Vec<&String>, Vec<&String>) =
            case.expected.iter().partition(|line| line.starts_with("told "));
        if expected != got.iter().collect::<Vec<_>>() {
            wrong.push(format!("{}\n  expected {expected:#?}\n  got {got:#?}", case.title));
        }
        let tells = |part: &&String| told.iter().any(|told| told.contains(&part["told ".len()..]));
        let is_aws = case.title.starts_with("aws.txt");
        if (is_aws && told.len() != told_expected.len()) || !told_expected.iter().all(tells) {
            wrong.push(format!("{}\n  expected {told_expected:#?}\n  got {told:#?}", case.title));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// All cases in one text: nothing of one message runs into the next.
#[test]
fn many_messages_in_one_text_are_as_many_answers() {
    let cases = cases();
    let alone: usize = cases.iter().map(|case| read("log", &case.text).refusals.len()).sum();
    let all: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    let together = read("log", &all.join("\n\n\n\n"));
    let missing: Vec<String> = cases
        .iter()
        .flat_map(|case| read("log", &case.text).refusals)
        .map(|refusal| written(&refusal))
        .filter(|line| !together.refusals.iter().any(|refusal| written(refusal) == *line))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
    assert_eq!(together.refusals.len(), alone - repeated(&cases));
    let twice = read("log", &format!("{0}\n\n{0}", all.join("\n\n\n\n")));
    assert_eq!(twice.refusals.len(), together.refusals.len());
    assert_eq!(twice.messages, 2 * together.messages);
}

/// How many of the cases' refusals another case has too.
fn repeated(cases: &[Case]) -> usize {
    let mut lines: Vec<String> = Vec::new();
    let mut again = 0;
    for case in cases {
        for refusal in read("log", &case.text).refusals {
            let line = written(&refusal);
            if lines.contains(&line) {
                again += 1;
            } else {
                lines.push(line);
            }
        }
    }
    again
}

#[test]
fn what_stands_around_messages_is_counted_and_each_has_its_line() {
    let text = "one\n\nUser: arn:aws:iam::111122223333:user/bob is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-west-1:111122223333:q because no identity-based policy allows the sqs:SendMessage action\ntwo\n";
    let denials = read("log", text);
    assert_eq!((denials.messages, denials.lines, denials.other_lines), (1, 3, 2));
    assert_eq!(denials.refusals[0].place.to_string(), "log:3:7");
    let nothing = read("log", "all is well\n");
    assert_eq!((nothing.messages, nothing.other_lines), (0, 1));
}

/// AWS's own messages about real calls: each names an action and, mostly, a resource.
#[test]
fn messages_of_real_calls_are_read() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cloudtrail-oracle/denied.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: ../shared/data is not here");
        return;
    };
    let mut read_well = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let message = record["errorMessage"].as_str().unwrap();
        let denials = read("log", message);
        let [refusal] = denials.refusals.as_slice() else { panic!("{message}\n{denials:?}") };
        assert!(refusal.action.eq_ignore_ascii_case(record["action"].as_str().unwrap()), "{message}");
        if let Some(resource) = record["resource"].as_str() {
            assert_eq!(refusal.resource.as_deref(), Some(resource), "{message}");
        }
        assert!(denials.unsaid.is_empty(), "{message}");
        // The record as it stands in the log is read as well as its message.
        assert_eq!(read("log", line).refusals[0].action, refusal.action);
        read_well += 1;
    }
    println!("{read_well} messages");
    assert!(read_well >= 60, "{read_well}");
}
