//! What the logs cannot tell: left out and said, or kept as it is granted.

use serde_json::json;

use super::*;
use crate::usage::{Missing, Shown};

/// Objects are read by data events, buckets are listed and looked at by management events.
const ON_BUCKETS: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["s3:GetObject","s3:GetBucketPolicy","s3:DeleteObject"],"Resource":["arn:aws:s3:::a","arn:aws:s3:::a/*"],
     "Condition":{"Bool":{"aws:SecureTransport":"true"}}},
    {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/*"}]}"#;

fn keep() -> Options {
    Options { unknown: Unknown::Keep, ..Options::default() }
}

fn of(rows: &[UsageRow], options: &Options) -> Rightsized {
    rightsize(rows, Some(&granted(ON_BUCKETS)), Catalog::embedded(), options)
}

#[test]
fn what_the_logs_could_not_show_goes_unless_it_is_to_be_kept() {
    let rows = [row("s3:GetBucketPolicy", "arn:aws:s3:::a")];
    assert_eq!(of(&rows, &Options::default()).cut.kept_actions, 1);
    let result = of(&rows, &keep());
    assert_eq!(
        shown(&result),
        [
            "S3ReadBucketIfSecureTransport: s3:GetBucketPolicy on arn:aws:s3:::a if Bool aws:SecureTransport true",
            "S3ReadUnseenIfSecureTransport: s3:GetObject on arn:aws:s3:::a,arn:aws:s3:::a/* if Bool aws:SecureTransport true",
            "S3WriteUnseenDestructiveIfSecureTransport: s3:DeleteObject on arn:aws:s3:::a,arn:aws:s3:::a/* if Bool aws:SecureTransport true",
        ]
    );
    let unseen: Vec<_> = result
        .widenings
        .iter()
        .filter(|one| one.reason == WideningReason::Unseen)
        .map(|one| &one.to)
        .collect();
    assert_eq!(unseen, ["arn:aws:s3:::a", "arn:aws:s3:::a/*"]);
}

#[test]
fn what_the_logs_would_have_shown_is_not_kept() {
    let rows = [row("iam:PassRole", "arn:aws:iam::111122223333:role/r")];
    let mut options = keep();
    options.coverage = seen(&[("s3:GetObject", true), ("s3:PutObject", false)]);
    let result = of(&rows, &options);
    assert_eq!(shown(&result), ["IamPassRole: iam:PassRole on arn:aws:iam::111122223333:role/r"]);
}

/// What is shown by data events, on the bucket `a` and others, that needed these actions, with what they say in `readOnly`.
fn seen(events: &[(&str, bool)]) -> Coverage {
    let data = events.iter().map(|(action, read_only)| ((*action).to_owned(), *read_only)).collect();
    let touched = BTreeSet::from([BUCKET, TABLE, FUNCTION].map(str::to_owned)).into();
    Coverage { shown: Shown { data, ..Shown::default() }, touched, ..Coverage::default() }
}

const BUCKET: &str = "arn:aws:s3:::a";
const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/t";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:f";

#[test]
fn data_events_on_some_resources_say_nothing_of_others() {
    let status = |action: &str, resources: &[&str]| {
        let resources = serde_json::to_string(resources).expect("JSON");
        let set = granted(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["{action}"],"Resource":{resources}}}]}}"#
        ));
        let coverage = seen(&[
            ("s3:GetObject", true),
            ("s3:GetObject", false),
            ("dynamodb:GetItem", true),
            ("dynamodb:PutItem", false),
            ("lambda:InvokeFunction", false),
            ("xray:PutTraceSegments", false),
        ]);
        let rows = [row("s3:ListAllMyBuckets", "*")];
        let result =
            rightsize(&rows, Some(&set), Catalog::embedded(), &Options { coverage, ..Options::default() });
        result.classification.into_iter().find(|one| one.action == action).expect("it is granted").status
    };
    let others = Status::Unknown(Unseen::DataEventsOfOthers);
    assert_eq!(status("s3:PutObject", &["arn:aws:s3:::a/*", "arn:aws:s3:::a"]), Status::Unused);
    assert_eq!(status("s3:PutObject", &["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]), others);
    assert_eq!(status("s3:PutObject", &["arn:aws:s3:::a*"]), others);
    assert_eq!(status("s3:PutObject", &["arn:aws:s3:::a", "*"]), others);
    assert_eq!(status("s3:PutObject", &["arn:aws:s3:::${aws:username}/*"]), others);
    assert_eq!(
        status("s3:PutObject", &["arn:aws:s3:::a/*", "arn:aws:sqs:*:*:*"]),
        Status::Unused,
        "no bucket"
    );
    assert_eq!(status("dynamodb:Scan", &[&format!("{TABLE}/index/*"), TABLE]), Status::Unused);
    assert_eq!(status("dynamodb:Scan", &[&TABLE.replace("eu-west-1", "*")]), others);
    assert_eq!(status("lambda:InvokeFunction", &[&format!("{FUNCTION}:*")]), Status::Unused);
    assert_eq!(status("lambda:InvokeFunction", &[&format!("{FUNCTION}*")]), others);
    assert_eq!(status("xray:PutTraceSegments", &["*"]), Status::Unused, "no resource can be named for it");
}

#[test]
fn an_action_that_is_granted_on_all_but_some_resources_is_granted_elsewhere() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject"],"NotResource":"arn:aws:s3:::b/*"}]}"#,
    );
    let coverage = seen(&[("s3:GetObject", true), ("s3:GetObject", false)]);
    let rows = [row("s3:ListAllMyBuckets", "*")];
    let result =
        rightsize(&rows, Some(&set), Catalog::embedded(), &Options { coverage, ..Options::default() });
    let status =
        result.classification.iter().find(|one| one.action == "s3:PutObject").expect("it is granted");
    assert_eq!(status.status, Status::Unknown(Unseen::DataEventsOfOthers));
}

#[test]
fn what_global_services_and_kms_are_asked_is_unknown_where_it_may_be_recorded_elsewhere_or_not_at_all() {
    let actions = ["iam:CreateRole", "iam:PassRole", "sts:AssumeRole", "kms:Decrypt", "ec2:CreateVpc"];
    let set = granted(
        &json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
            .to_string(),
    );
    let of = |partition: &str, region: &str, kms: bool| {
        let shown = Shown { regions: [region.to_owned()].into(), kms, ..Shown::default() };
        let coverage = Coverage { partition: partition.to_owned(), shown, ..Coverage::default() };
        let rows = [row("s3:ListAllMyBuckets", "*")];
        let options = Options { coverage, ..Options::default() };
        let result = rightsize(&rows, Some(&set), Catalog::embedded(), &options);
        let status = |action: &str| {
            result.classification.iter().find(|one| one.action == action).expect("granted").status
        };
        actions.map(status)
    };
    let (home, kms) =
        (Status::Unknown(Unseen::HomeRegionNotLogged), Status::Unknown(Unseen::KmsEventsNotLogged));
    let unused = Status::Unused;
    assert_eq!(of("aws", "us-east-1", true), [unused; 5]);
    assert_eq!(of("aws", "eu-west-1", true), [home, unused, home, unused, unused]);
    assert_eq!(of("aws", "us-east-1", false), [unused, unused, unused, kms, unused]);
    assert_eq!(of("aws-us-gov", "us-gov-west-1", true), [unused; 5]);
    assert_eq!(of("aws-us-gov", "us-gov-east-1", true), [home, unused, unused, unused, unused]);
    assert_eq!(of("aws-cn", "cn-northwest-1", true), [home, unused, unused, unused, unused]);
}

#[test]
fn data_events_of_one_kind_or_type_say_nothing_of_others() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectAcl","s3:PutObjectAcl",
            "dynamodb:GetRecords","lambda:InvokeFunction"],"Resource":["arn:aws:s3:::a/*",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/t/stream/*","arn:aws:lambda:eu-west-1:111122223333:function:f"]}]}"#,
    );
    let statuses = |events: &[(&str, bool)]| {
        let options = Options { coverage: seen(events), ..Options::default() };
        let rows = [row("s3:ListAllMyBuckets", "*")];
        let result = rightsize(&rows, Some(&set), Catalog::embedded(), &options);
        move |action: &str| {
            result.classification.iter().find(|one| one.action == action).expect("it is granted").status
        }
    };
    let unknown = Status::Unknown;
    let writes =
        statuses(&[("s3:PutObject", false), ("dynamodb:PutItem", false), ("dynamodb:GetItem", true)]);
    assert_eq!(writes("s3:GetObjectAcl"), unknown(Unseen::DataReadsNotLogged));
    assert_eq!(
        writes("s3:GetObject"),
        unknown(Unseen::DataReadsNotLogged),
        "CopyObject, a write, needs it too"
    );
    assert_eq!(writes("s3:PutObjectAcl"), Status::Unused);
    assert_eq!(
        writes("dynamodb:GetRecords"),
        unknown(Unseen::DataEventsNotLogged),
        "of tables, not of streams"
    );
    assert_eq!(writes("lambda:InvokeFunction"), unknown(Unseen::DataEventsNotLogged));
    let reads = statuses(&[("s3:GetObject", true), ("lambda:InvokeFunction", false)]);
    assert_eq!(reads("s3:GetObjectAcl"), Status::Unused);
    assert_eq!(reads("s3:GetObject"), unknown(Unseen::DataWritesNotLogged));
    assert_eq!(reads("s3:PutObjectAcl"), unknown(Unseen::DataWritesNotLogged));
    assert_eq!(reads("lambda:InvokeFunction"), Status::Unused, "all calls of it write");
    let both = statuses(&[("s3:GetObject", true), ("s3:GetObject", false)]);
    assert_eq!(both("s3:GetObject"), Status::Unused, "what is read for a copy is shown by a write");
}

#[test]
fn events_that_the_logs_of_the_account_lack_leave_actions_unknown() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:DescribeKeyPairs","ec2:CreateVpc","kms:Decrypt",
            "sts:AssumeRole","iam:PassRole","logs:StartQuery","s3:GetObject","ec2:DescribeTags","ec2:DeleteVpc"],"Resource":"*"}]}"#,
    );
    let rows =
        [row("ec2:DescribeTags", "*"), row("ec2:DeleteVpc", "arn:aws:ec2:eu-west-1:111122223333:vpc/v")];
    let with = |missing: Option<Missing>, unknown: Unknown| {
        let shown = Shown { kms: true, ..Shown::default() };
        let coverage = Coverage { missing, shown, ..Coverage::default() };
        let options = Options { coverage, unknown, ..Options::default() };
        rightsize(&rows, Some(&set), Catalog::embedded(), &options)
    };
    let of = |missing, why: Unseen| {
        let statuses = with(missing, Unknown::Drop).classification;
        let of = |wanted: Status| -> Vec<String> {
            let actions = statuses.iter().filter(|one| one.status == wanted).map(|one| one.action.clone());
            actions.collect()
        };
        assert_eq!(of(Status::Used), ["ec2:DeleteVpc", "ec2:DescribeTags"], "what was seen was seen");
        assert_eq!(of(Status::Unknown(Unseen::DataEventsNotLogged)), ["s3:GetObject"]);
        (of(Status::Unused), of(Status::Unknown(why)))
    };
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (unused, unknown) = of(Some(Missing::Reads), Unseen::ReadEventsNotLogged);
    assert_eq!(unused, words("ec2:CreateVpc"));
    assert_eq!(
        unknown,
        words("ec2:DescribeKeyPairs iam:PassRole kms:Decrypt logs:StartQuery sts:AssumeRole")
    );
    let (unused, unknown) = of(Some(Missing::Writes), Unseen::WriteEventsNotLogged);
    assert_eq!(unused, words("ec2:DescribeKeyPairs kms:Decrypt sts:AssumeRole"));
    assert_eq!(unknown, words("ec2:CreateVpc iam:PassRole logs:StartQuery"));
    let (unused, unknown) = of(Some(Missing::Management), Unseen::ManagementEventsNotLogged);
    assert_eq!((unused.len(), unknown.len()), (0, 6));
    assert_eq!(of(None, Unseen::ReadEventsNotLogged).1, words(""));

    let kept = |missing| shown(&with(missing, Unknown::Keep)).join("\n");
    assert!(
        kept(Some(Missing::Reads)).contains("ec2:DescribeKeyPairs")
            && !kept(None).contains("ec2:DescribeKeyPairs")
    );
    assert!(kept(Some(Missing::Writes)).contains("ec2:CreateVpc"));
    assert!(!kept(Some(Missing::Reads)).contains("ec2:CreateVpc"));
}

#[test]
fn who_has_no_call_in_logs_that_lack_a_kind_of_events_is_only_perhaps_dormant() {
    let dormant = |missing, rows: &[UsageRow]| {
        let coverage = Coverage { missing, ..Coverage::default() };
        of(rows, &Options { coverage, ..Options::default() }).dormant
    };
    assert_eq!(dormant(None, &[]), Some(Dormant::NoUsage));
    assert_eq!(dormant(Some(Missing::Reads), &[]), Some(Dormant::OneSided));
    let mut denied = row("s3:GetBucketPolicy", "arn:aws:s3:::a");
    denied.outcome = Outcome::Denied;
    assert_eq!(dormant(Some(Missing::Reads), &[denied]), Some(Dormant::OneSided));
    assert_eq!(dormant(Some(Missing::Reads), &[row("s3:GetBucketPolicy", "arn:aws:s3:::a")]), None);
}

#[test]
fn destructive_actions_that_are_to_be_dropped_are_dropped_unseen_too() {
    let rows = [row("s3:GetBucketPolicy", "arn:aws:s3:::a")];
    let result = of(&rows, &Options { destructive: Destructive::Drop, ..keep() });
    assert!(!shown(&result).concat().contains("s3:DeleteObject"));
    assert!(shown(&result).concat().contains("s3:GetObject"));
}

#[test]
fn where_calls_may_have_needed_an_action_elsewhere_too_is_said_or_kept() {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let mut anywhere = perhaps(row("iam:PassRole", "*"));
    anywhere.resource = Resource::Pattern(role("*"));
    let rows = [row("iam:PassRole", &role("r")), perhaps(row("iam:PassRole", &role("r"))), anywhere];
    let result = of(&rows, &Options::default());
    assert_eq!(shown(&result), ["IamPassRole: iam:PassRole on arn:aws:iam::111122223333:role/r"]);
    let notes: Vec<_> = result.notes.iter().filter(|note| note.kind == NoteKind::Throttled).collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(
        notes[0].text.starts_with("one call may have needed it on `arn:aws:iam::111122223333:role/*` too")
    );

    let result = of(&rows, &keep());
    assert!(allows(&result, "iam:PassRole", &role("other")));
    assert!(result.notes.iter().all(|note| note.kind != NoteKind::Throttled));
    let widening = result.widenings.iter().find(|one| one.actions == ["iam:PassRole"]).unwrap();
    assert_eq!((widening.reason, widening.from_count, widening.events), (WideningReason::Unseen, 1, 1));

    // Nor is anything said of what is pinned.
    let pins = Pin::parse_all("iam:PassRole arn:aws:iam::111122223333:role/*").unwrap();
    let result = of(&rows, &Options { keep: pins, ..Options::default() });
    assert!(result.notes.iter().all(|note| note.kind != NoteKind::Throttled), "{:?}", result.notes);

    // On what is reached anyway nothing is said.
    let result = of(&rows[..2], &Options::default());
    assert!(result.notes.iter().all(|note| note.kind != NoteKind::Throttled), "{:?}", result.notes);
}

#[test]
fn without_what_is_granted_there_is_nothing_to_keep() {
    let rows = [row("s3:GetBucketPolicy", "arn:aws:s3:::a")];
    assert_eq!(sized(&rows, keep()).cut.kept_actions, 1);
}

#[test]
fn what_is_not_granted_and_perhaps_never_needed_is_not_said_to_be_left_out() {
    let perhaps = |action: &str| UsageRow { outcome: Outcome::Unknown, ..row(action, "arn:aws:s3:::a/k") };
    let rows =
        [row("s3:GetBucketPolicy", "arn:aws:s3:::a"), perhaps("s3:GetObject"), perhaps("s3:PutObject")];
    let unknown = |result: Rightsized| -> Vec<String> {
        let unknown =
            result.classification.into_iter().filter(|one| matches!(one.status, Status::Unknown(_)));
        unknown.map(|one| one.action).collect()
    };
    let granted = unknown(of(&rows, &Options::default()));
    assert!(granted.contains(&"s3:GetObject".to_owned()), "{granted:?}");
    assert!(!granted.contains(&"s3:PutObject".to_owned()), "{granted:?}");
    assert!(unknown(exact(&rows)).contains(&"s3:PutObject".to_owned()), "without a grant, nobody knows");
}

fn called() -> Options {
    Options { unknown: Unknown::Called, ..Options::default() }
}

fn perhaps(row: UsageRow) -> UsageRow {
    UsageRow { outcome: Outcome::Unknown, ..row }
}

#[test]
fn what_calls_may_have_needed_is_kept_there_and_as_it_is_granted() {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let mut passed = perhaps(row("iam:PassRole", "*"));
    passed.resource = Resource::Pattern("arn:aws:iam::*:role/*".to_owned());
    let rows = [
        row("s3:GetObject", "arn:aws:s3:::a/k"),
        perhaps(row("s3:GetObject", "arn:aws:s3:::a/other")),
        perhaps(row("s3:DeleteObject", "arn:aws:s3:::a/k")),
        perhaps(row("s3:PutObject", "arn:aws:s3:::a/k")),
        perhaps(row("s3:GetObject", "arn:aws:s3:::elsewhere/k")),
        passed,
    ];
    let result = of(&rows, &called());
    assert_eq!(
        shown(&result),
        [
            "S3ReadObjectIfSecureTransport: s3:GetObject on arn:aws:s3:::a/k if Bool aws:SecureTransport true",
            "IamPassRolePerhaps: iam:PassRole on arn:aws:iam::111122223333:role/*",
            "S3ReadObjectPerhapsIfSecureTransport: s3:GetObject on arn:aws:s3:::a/other if Bool aws:SecureTransport true",
            "S3WriteObjectPerhapsDestructiveIfSecureTransport: s3:DeleteObject on arn:aws:s3:::a/k if Bool aws:SecureTransport true",
        ]
    );
    assert!(allows(&result, "iam:PassRole", &role("other")), "as far as it is granted");
    let listed: Vec<_> = result
        .widenings
        .iter()
        .filter(|one| one.reason == WideningReason::Perhaps)
        .map(|one| (one.actions.join(" "), one.to.as_str(), one.from_count, one.events))
        .collect();
    assert_eq!(
        listed,
        [
            ("iam:PassRole".to_owned(), "arn:aws:iam::111122223333:role/*", 1, 1),
            ("s3:DeleteObject".to_owned(), "arn:aws:s3:::a/k", 1, 1),
            ("s3:GetObject".to_owned(), "arn:aws:s3:::a/other", 1, 1),
        ]
    );
    // The log may name something else than AWS judges by.
    let notes: Vec<_> = result.notes.iter().filter(|note| note.kind == NoteKind::Throttled).collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    let text = "one call may have needed it on `arn:aws:s3:::elsewhere/k` too: ";
    assert!(notes[0].place == "s3:GetObject" && notes[0].text.starts_with(text), "{notes:?}");
    // What no call points to stays out.
    assert!(!shown(&result).concat().contains("s3:GetBucketPolicy"));

    let dropped = of(&rows, &Options { destructive: Destructive::Drop, ..called() });
    assert!(!shown(&dropped).concat().contains("s3:DeleteObject"));
    assert_eq!(dropped.dropped, ["s3:DeleteObject"]);
    let free = rightsize(&rows, None, Catalog::embedded(), &called());
    assert!(allows(&free, "s3:PutObject", "arn:aws:s3:::a/k"), "where nobody says what is granted");
}

#[test]
fn left_out_the_calls_are_told_with_their_resources() {
    let on = |bucket: &str| perhaps(row("s3:GetObject", &format!("arn:aws:s3:::a/{bucket}")));
    let mut rows = vec![row("s3:GetBucketPolicy", "arn:aws:s3:::a")];
    rows.extend(["1", "2", "3", "4"].map(on));
    // Nothing granted allows it, so no call needed it.
    rows.push(perhaps(row("s3:PutObject", "arn:aws:s3:::a/k")));
    let result = of(&rows, &Options::default());
    let notes: Vec<_> = result.notes.iter().filter(|note| note.kind == NoteKind::Throttled).collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!(notes[0].place, "s3:GetObject");
    let text =
        "4 calls may have needed it on `arn:aws:s3:::a/1`, `arn:aws:s3:::a/2`, `arn:aws:s3:::a/3`, 1 more: ";
    assert!(notes[0].text.starts_with(text), "{}", notes[0].text);
}

#[test]
fn what_calls_may_have_needed_under_other_conditions_is_said_or_kept_under_theirs() {
    let role = "arn:aws:iam::111122223333:role/worker";
    let to = |row: UsageRow, service: &str| {
        let context = row.context.clone().with("iam:PassedToService", service);
        UsageRow { context, ..row }
    };
    let rows = [
        to(row("iam:PassRole", role), "ec2.amazonaws.com"),
        perhaps(to(row("iam:PassRole", role), "ecs-tasks.amazonaws.com")),
    ];
    let left = of(&rows, &Options::default());
    assert_eq!(
        shown(&left),
        [format!(
            "IamPassRoleIfPassedToService: iam:PassRole on {role} if StringEquals iam:PassedToService ec2.amazonaws.com"
        )]
    );
    let note = left.notes.iter().find(|note| note.kind == NoteKind::Throttled).expect("a note");
    assert!(note.text.contains("with iam:PassedToService `ecs-tasks.amazonaws.com`"), "{}", note.text);
    let kept = shown(&of(&rows, &called())).join("\n");
    assert!(
        kept.contains(&format!("iam:PassRole on {role} if StringEquals iam:PassedToService ecs-tasks")),
        "{kept}"
    );
    // What met the conditions says nothing more.
    let met = [rows[0].clone(), perhaps(rows[0].clone())];
    assert!(!of(&met, &Options::default()).notes.iter().any(|note| note.kind == NoteKind::Throttled));
    // Which service it was the log does not tell: it may be another.
    let untold = [rows[0].clone(), perhaps(row("iam:PassRole", role))];
    let note = of(&untold, &Options::default()).notes;
    let note = note.iter().find(|note| note.kind == NoteKind::Throttled).expect("a note");
    assert!(note.text.contains("without iam:PassedToService"), "{}", note.text);
}

#[test]
fn what_kms_has_a_record_of_says_on_which_keys_a_service_used_it() {
    let by_s3 = |row: UsageRow| {
        let context = row.context.clone().with("kms:ViaService", "s3.eu-west-1.amazonaws.com");
        UsageRow { context, ..row }
    };
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
    let mut any = perhaps(by_s3(row("kms:Decrypt", "*")));
    any.resource = Resource::Pattern("arn:aws:kms:eu-west-1:*:key/*".to_owned());
    let granted = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","kms:*"],"Resource":"*"}]}"#,
    );
    let kept = |rows: &[UsageRow]| {
        shown(&rightsize(rows, Some(&granted), Catalog::embedded(), &called()))
            .into_iter()
            .filter(|one| one.contains("kms:"))
            .collect::<Vec<_>>()
    };
    let object = row("s3:GetObject", "arn:aws:s3:::b/k");
    let alone = kept(&[object.clone(), any.clone()]);
    assert!(
        alone.len() == 1
            && alone[0].contains("arn:aws:kms:eu-west-1:*:key/* if StringEquals kms:ViaService s3"),
        "{alone:?}"
    );
    let with_record = kept(&[object.clone(), any.clone(), by_s3(row("kms:Decrypt", key))]);
    assert!(with_record.len() == 1 && with_record[0].contains(key), "{with_record:?}");
    let of_another = kept(&[object, any, row("kms:Decrypt", key)]);
    assert_eq!(of_another.len(), 2, "{of_another:?}");
}
