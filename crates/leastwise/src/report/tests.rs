//! The three formats of one report, and of one whose every name is hostile. The snapshots are read, not only compared.

use std::collections::BTreeMap;
use std::path::Path;

use leastwise_analysis::proof::{At, Compared, Inclusion, Wider, Within};
use leastwise_analysis::rightsize::{
    ActionStatus, Cut, Dormant, Fit, GrantedKept, InferredCondition, Note, NoteKind, PairSuggestion,
    Rightsized, Status, Unseen, Widening, WideningReason,
};
use leastwise_analysis::usage::{Outcome, Resource, UsageContext, UsageRow};
use leastwise_policy::aws::{Named, Policy};
use leastwise_policy::time::Timestamp;

use super::*;

const PRINCIPAL: &str = "arn:aws:iam::111122223333:role/agents/order-agent";

/// What a log might hold to break out of a report.
const HOSTILE: &str =
    "x|`</td><script>alert(1)</script> @org/team\n## [a](javascript:b) \u{202e}txt.\0\\| {{7*7}} &lt; ~~";

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn status(action: &str, status: Status, destructive: bool, count: u64, denied: u64) -> ActionStatus {
    let seen = count + denied > 0;
    ActionStatus {
        action: action.to_owned(),
        status,
        destructive,
        count,
        denied,
        first: seen.then(|| time("2026-08-20T08:00:00Z")),
        last: seen.then(|| time("2026-11-19T17:30:00Z")),
    }
}

fn row(action: &str, resource: Resource, count: u64, example: &str) -> UsageRow {
    UsageRow {
        principal: PRINCIPAL.to_owned(),
        action: action.to_owned(),
        resource,
        outcome: Outcome::Used,
        context: UsageContext::default().with("aws:RequestedRegion", "eu-west-1"),
        count,
        first: time("2026-08-20T08:00:00Z"),
        last: time("2026-11-19T17:30:00Z"),
        example: example.to_owned(),
    }
}

/// An object whose key is `name`.
fn rows(name: &str) -> Vec<UsageRow> {
    vec![
        row("s3:GetObject", Resource::Exact(format!("arn:aws:s3:::orders/{name}")), 1200, "0f6e0d3a"),
        row("s3:GetObject", Resource::Exact("arn:aws:s3:::orders/2026/b.json".into()), 34, "5b1c"),
        row("s3:DeleteObject", Resource::Exact("arn:aws:s3:::orders/scratch".into()), 3, "77aa"),
    ]
}

fn rightsized(name: &str) -> Rightsized {
    let policy = Policy::parse(
        r#"{"Version":"2012-10-17","Statement":[
            {"Sid":"S3Read","Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::orders/*"],
             "Condition":{"StringEquals":{"aws:RequestedRegion":["eu-west-1"]}}},
            {"Sid":"Destructive","Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::orders/scratch"},
            {"Sid":"Pinned","Effect":"Allow","Action":"kms:Get*","Resource":"*"},
            {"Effect":"Deny","NotAction":"s3:List*","NotResource":"arn:aws:s3:::audit/*"}]}"#,
    );
    let by_level = [("list", 310, 0), ("read", 900, 2), ("write", 700, 1)];
    Rightsized {
        documents: vec![Named::new("order-agent", policy.unwrap())],
        dormant: None,
        widenings: vec![Widening {
            actions: vec!["s3:GetObject".into()],
            to: "arn:aws:s3:::orders/*".into(),
            reason: WideningReason::Prefix,
            resource_type: Some("object".into()),
            from_count: 2,
            from: vec![format!("arn:aws:s3:::orders/{name}"), "arn:aws:s3:::orders/2026/b.json".into()],
            events: 1234,
        }],
        conditions_inferred: vec![InferredCondition {
            key: "aws:RequestedRegion".into(),
            values: vec!["eu-west-1".into()],
            actions: vec!["s3:GetObject".into()],
            observations: 1234,
            days: 91,
        }],
        classification: classification(),
        cut: Cut {
            granted_actions: Some(1910),
            kept_actions: 3,
            by_level: by_level
                .into_iter()
                .map(|(level, granted, kept)| (level.to_owned(), GrantedKept { granted, kept }))
                .collect::<BTreeMap<_, _>>(),
            destructive: GrantedKept { granted: 240, kept: 1 },
            wildcard_action_statements: GrantedKept { granted: 1, kept: 1 },
            any_resource_statements: GrantedKept { granted: 1, kept: 1 },
        },
        fit: Fit {
            fits: true,
            characters: vec![412],
            limit: 6144,
            max_documents: 10,
            action_wildcards: false,
            way_out: None,
        },
        pairs: vec![PairSuggestion {
            used: "s3:PutObject".into(),
            inverse: "s3:DeleteObject".into(),
            destructive: true,
            kept: false,
        }],
        dropped: vec!["s3:DeleteBucket".into()],
        notes: vec![Note { kind: NoteKind::DenyKept, place: name.to_owned(), text: "kept as it was".into() }],
    }
}

fn classification() -> Vec<ActionStatus> {
    vec![
        status("ec2:DescribeInstances", Status::Unused, false, 0, 0),
        status("ec2:TerminateInstances", Status::Unused, true, 0, 0),
        status("logs:PutLogEvents", Status::Unknown(Unseen::NotLogged), false, 0, 0),
        status("organizations:LeaveOrganization", Status::Denied, true, 0, 2),
        status("s3:DeleteObject", Status::Used, true, 3, 0),
        status("s3:GetObject", Status::Used, false, 1234, 1),
        status("s3:ListBucket", Status::NotGrantedYetUsed, false, 5, 0),
    ]
}

fn run() -> Run {
    Run {
        leastwise: "0.1.0".into(),
        from: Some("2026-08-20T08:00:00Z".into()),
        to: Some("2026-11-19T17:30:00Z".into()),
        width: "prefix".into(),
        destructive: "separate".into(),
        unknown: "drop".into(),
        conditions: "stable".into(),
        catalog_date: "2026-11-01".into(),
        catalog_digest: "0123456789abcdef".into(),
        evaluator: "1".into(),
    }
}

fn within(name: &str) -> Within {
    let (compared, why) = (Compared::IdentityPolicies, "no granted policy allows it".to_owned());
    if name != HOSTILE {
        return Within { answer: Inclusion::Holds, compared, why: None, request: None };
    }
    let request = Wider {
        action: "s3:GetObject".into(),
        resource: format!("arn:aws:s3:::orders/{name}"),
        context: [("aws:SourceVpce".to_owned(), vec![name.to_owned()])].into(),
        allowed_by: Some(At { document: name.to_owned(), statement: 0, sid: Some(name.to_owned()) }),
        denied_by: None,
    };
    Within { answer: Inclusion::DoesNotHold, compared, why: Some(why), request: Some(request) }
}

fn report(name: &str) -> Report {
    let event = |count| Replayed {
        action: "s3:GetObject".into(),
        resource: format!("arn:aws:s3:::orders/{name}"),
        count,
        reason: "no statement allows it".into(),
        example: "0f6e0d3a".into(),
    };
    let hostile = name == HOSTILE;
    Report::new(Input {
        principal: if hostile { name } else { PRINCIPAL },
        rightsized: &rightsized(name),
        rows: &rows(name),
        run: run(),
        replaces: Some(Replaces {
            managed: vec!["arn:aws:iam::aws:policy/AmazonS3FullAccess".into()],
            inline: vec![name.into()],
            groups: vec![name.into()],
            ..Replaces::default()
        }),
        proof: Some(ProofSummary {
            holds: !hostile,
            within: Some(within(name)),
            replayed: 1240,
            allowed: if hostile { 1230 } else { 1237 },
            denied: if hostile { 7 } else { 0 },
            left_out: 0,
            undecided: 0,
            not_granted: 3,
            newly_denied: if hostile { vec![event(7)] } else { vec![] },
            not_decided: vec![],
            not_granted_either: vec![Replayed {
                reason: "no granted policy allows it: something else does, such as a resource policy".into(),
                ..event(3)
            }],
            unmapped: vec![Replayed {
                action: "glue:NewThing".into(),
                resource: String::new(),
                reason: "the catalogue does not know the call".into(),
                ..event(2)
            }],
        }),
        holdout: Some(HoldoutSummary {
            from: "2026-10-20T00:00:00Z".into(),
            learned: 840,
            replayed: 400,
            denied: 1,
            undecided: 0,
            not_granted: 0,
            false_deny_rate: Some(1.0 / 400.0),
            newly_denied: vec![event(1)],
        }),
        skipped: vec![Skipped {
            place: format!("logs/{name}.json.gz"),
            reason: "cut short".into(),
            records: 0,
            incomplete: false,
        }],
    })
}

fn index(name: &str) -> Index {
    let sized = |principal: &str, granted, kept| Entry {
        principal: principal.to_owned(),
        granted_actions: Some(granted),
        kept_actions: kept,
        events: 1237,
        within: Some(Inclusion::Holds),
        proof_holds: Some(true),
        false_deny_rate: Some(0.02),
        documents: 1,
        fits: Some(true),
        files: vec!["order-agent-1.json".into(), "order-agent.proof.json".into()],
        ..Entry::default()
    };
    let dormant = Entry {
        dormant: true,
        proof_holds: None,
        within: Some(Inclusion::Unknown),
        false_deny_rate: None,
        events: 0,
        ..sized("role/nightly-report", 300, 0)
    };
    let theirs = Entry {
        principal: name.to_owned(),
        left_alone: "made and kept by an AWS service".to_owned(),
        ..Entry::default()
    };
    Index::new(vec![theirs, dormant, sized(PRINCIPAL, 1910, 3)], Vec::new())
}

#[test]
fn a_report_in_markdown() {
    insta::assert_snapshot!(report("2026/a.json").render(Kind::Markdown));
}

#[test]
fn a_report_in_json() {
    insta::assert_snapshot!(report("2026/a.json").render(Kind::Json));
}

#[test]
fn a_report_in_html() {
    insta::assert_snapshot!(report("2026/a.json").render(Kind::Html));
}

#[test]
fn a_report_full_of_hostile_names_in_markdown() {
    insta::assert_snapshot!(report(HOSTILE).render(Kind::Markdown));
}

#[test]
fn an_index_in_markdown() {
    insta::assert_snapshot!(index("role/aws-service-role/support").render(Kind::Markdown));
}

#[test]
fn an_index_in_json() {
    insta::assert_snapshot!(index("role/aws-service-role/support").render(Kind::Json));
}

#[test]
fn hostile_names_make_no_element_in_html() {
    for html in [report(HOSTILE).render(Kind::Html), index(HOSTILE).render(Kind::Html)] {
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(!html.contains(['\0', '\u{202e}']));
        assert!(!html.contains("http://") && !html.contains("https://") && !html.contains(" src="));
    }
}

#[test]
fn hostile_names_break_no_table_row_in_markdown() {
    for text in [report(HOSTILE).render(Kind::Markdown), index(HOSTILE).render(Kind::Markdown)] {
        let mut columns = 0;
        for line in text.lines().filter(|line| line.starts_with('|')) {
            let bars = line.matches('|').count();
            columns = if line.starts_with("|---") || columns == 0 { bars } else { columns };
            assert!(bars == columns || line.contains("---") || !line.contains('`'), "{line}");
        }
        assert!(!text.contains("<script") && !text.contains("\n## [a]") && !text.contains(" @org"), "{text}");
    }
}

#[test]
fn the_json_report_keeps_hostile_names_as_they_are() {
    let text = report(HOSTILE).render(Kind::Json);
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["principal"], HOSTILE);
    assert_eq!(read["schema"], "leastwise/report/1");
}

#[test]
fn a_statement_shows_the_events_that_it_rests_on() {
    let report = report("2026/a.json");
    let evidence: Vec<(u64, usize)> = report.documents[0]
        .statements
        .iter()
        .map(|statement| (statement.evidence.events, statement.evidence.examples.len()))
        .collect();
    assert_eq!(evidence, [(1234, 2), (3, 1), (0, 0), (0, 0)]);
}

#[test]
fn a_dormant_principal_is_said_to_be_dormant() {
    let mut report = report("2026/a.json");
    report.dormant = Some(Dormant::NoUsage);
    assert!(report.render(Kind::Markdown).contains("Dormant: no call at all in the window"));
}

#[test]
fn wildcards_that_were_needed_to_fit_are_said_to_grow() {
    let mut report = report("2026/a.json");
    for needed in [false, true] {
        report.fit.action_wildcards = needed;
        assert_eq!(report.render(Kind::Markdown).contains("they grow when AWS adds actions"), needed);
    }
}

#[test]
fn the_file_name_says_the_format() {
    let kinds = ["r.md", "R.HTML", "a.b.json", "r.txt", "md"].map(|name| Kind::of(Path::new(name)));
    assert_eq!(kinds, [Some(Kind::Markdown), Some(Kind::Html), Some(Kind::Json), None, None]);
}
