//! What was granted before: kept where it restricts, never exceeded.

use super::*;

#[test]
fn an_existing_deny_is_kept_word_for_word() {
    let deny = r#"{"Sid":"No","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::secret/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
    let set = granted(&format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"*"}},{deny}]}}"#
    ));
    let rows = [row("s3:GetObject", "arn:aws:s3:::b/k")];
    let result = rightsize(&rows, Some(&set), Catalog::embedded(), &Options::default());
    assert_eq!(result.documents[0].policy.statements[0], set.identity[0].policy.statements[1]);
    assert!(result.notes.iter().any(|note| note.kind == NoteKind::DenyKept));
}

#[test]
fn the_condition_of_the_statement_that_granted_it_is_kept() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*",
            "Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]}}}]}"#,
    );
    let rows = [row("s3:GetObject", "arn:aws:s3:::b/k")];
    let result = rightsize(&rows, Some(&set), Catalog::embedded(), &Options::default());
    assert_eq!(
        shown(&result),
        ["S3ReadObjectIfSourceIp: s3:GetObject on arn:aws:s3:::b/k if IpAddress aws:SourceIp 10.0.0.0/8"]
    );
    let replayed = replay(&rows, &PolicySet::of_identity(result.documents), Some(&set));
    assert_eq!((replayed.allowed, replayed.as_granted, replayed.undecided.len()), (1, 1, 0));
}

#[test]
fn widening_stops_at_what_was_granted() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/logs/*"}]}"#,
    );
    let rows = [row("s3:GetObject", "arn:aws:s3:::b/logs/k"), row("s3:PutObject", "*")];
    for width in [Width::Type, Width::Any] {
        let result = rightsize(&rows, Some(&set), Catalog::embedded(), &wide(width));
        let line = shown(&result);
        assert!(line.iter().all(|line| line.ends_with(" on arn:aws:s3:::b/logs/*")), "{line:?}");
        let replayed = replay(&rows, &PolicySet::of_identity(result.documents), Some(&set));
        assert_eq!((replayed.allowed, replayed.denied.len()), (2, 0));
    }
}

#[test]
fn what_nothing_granted_allows_is_reported_and_not_added() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
    );
    let queue = "arn:aws:sqs:eu-west-1:111122223333:q";
    let rows = [row("s3:GetObject", "arn:aws:s3:::b/k"), row("sqs:SendMessage", queue)];
    let result = rightsize(&rows, Some(&set), Catalog::embedded(), &Options::default());
    assert!(!allows(&result, "sqs:SendMessage", queue));
    let status = result.classification.iter().find(|one| one.action == "sqs:SendMessage").unwrap();
    assert_eq!(status.status, Status::NotGrantedYetUsed);
    let replayed = replay(&rows, &PolicySet::of_identity(result.documents), Some(&set));
    assert!(replayed.holds());
    assert_eq!(replayed.not_granted_events(), 1);
    let add = Options { not_granted: NotGranted::Add, ..Options::default() };
    assert!(allows(&rightsize(&rows, Some(&set), Catalog::embedded(), &add), "sqs:SendMessage", queue));
}

#[test]
fn what_the_log_shows_otherwise_than_it_is_granted_is_kept_as_granted() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/web-role"},
            {"Effect":"Allow","Action":["sqs:*","sns:*"],"Resource":"arn:aws:sqs:*:*:a","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
            {"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-3"}}}]}"#,
    );
    let pass = row("iam:PassRole", "arn:aws:iam::111122223333:role/web-profile");
    let send = with_key(
        row("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q"),
        "aws:RequestedRegion",
        "eu-west-1",
    );
    let rows = [pass, send];
    let result = rightsize(&rows, Some(&set), Catalog::embedded(), &Options::default());
    assert_eq!(
        shown(&result),
        [
            "SqsWriteIfRequestedRegion: sqs:SendMessage on * if StringEquals aws:RequestedRegion eu-west-3",
            "SqsWriteIfSecureTransport: sqs:SendMessage on arn:aws:sqs:*:*:a if Bool aws:SecureTransport true",
            "IamPassRole: iam:PassRole on arn:aws:iam::111122223333:role/web-role",
        ]
    );
    let listed =
        |widening: &&Widening| widening.reason == WideningReason::GrantedOtherwise && widening.events == 1;
    assert_eq!(result.widenings.iter().filter(listed).count(), 3);
    let replayed = replay(&rows, &PolicySet::of_identity(result.documents), Some(&set));
    assert_eq!(
        (replayed.undecided_events(), replayed.not_granted_events(), replayed.denied_events()),
        (2, 0, 0)
    );
    assert!(
        result.classification.iter().any(|one| one.action == "iam:PassRole" && one.status == Status::Used)
    );
}

#[test]
fn what_a_boundary_or_a_denial_takes_away_everywhere_is_not_granted() {
    let mut set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
            {"Effect":"Deny","Action":"sns:*","Resource":"*"}]}"#,
    );
    let bounds = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","sns:*"],"Resource":"arn:aws:s3:::b/*"}]}"#;
    set.boundary = Some(granted(bounds).identity);
    let rows = [
        row("sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:111122223333:q"),
        row("sns:Publish", "arn:aws:sns:eu-west-1:111122223333:t"),
        row("s3:GetObject", "arn:aws:s3:::other/k"),
    ];
    let result = rightsize(&rows, Some(&set), Catalog::embedded(), &Options::default());
    let mut new = PolicySet::of_identity(result.documents);
    new.boundary = set.boundary.clone();
    let replayed = replay(&rows, &new, Some(&set));
    assert_eq!(
        (replayed.not_granted_events(), replayed.undecided_events(), replayed.denied_events()),
        (2, 1, 0)
    );
}

#[test]
fn what_was_no_variable_in_an_old_document_becomes_none() {
    let old = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringLike":{"aws:UserAgent":"${tool}*"}}},
        {"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/${x}/*"}]}"#;
    let rows = [row("s3:GetObject", "arn:aws:s3:::b/k"), row("s3:PutObject", "arn:aws:s3:::b/${x}/k")];
    let set = granted(old);
    let result = rightsize(&rows, Some(&set), Catalog::embedded(), &Options::default());
    assert_eq!(
        shown(&result),
        [
            "S3ReadObjectIfUserAgent: s3:GetObject on arn:aws:s3:::b/k if StringLike aws:UserAgent ${$}{tool}*",
            "S3WriteObject: s3:PutObject on arn:aws:s3:::b/${$}{x}/k",
        ]
    );
}

#[test]
fn what_the_user_pins_under_conditions_is_never_kept_without_them() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":["ec2.amazonaws.com","ecs.amazonaws.com"]}}},
            {"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
    );
    let kept = |service: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{{"StringEquals":{{"iam:PassedToService":"{service}"}}}}}},
            {{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}}]}}"#
        );
        let Kept { pins, denies } = Kept::of(&Policy::parse(&text).unwrap()).unwrap();
        let options = Options { keep: pins, deny: denies, ..Options::default() };
        shown(&rightsize(
            &[row("s3:GetObject", "arn:aws:s3:::b/k")],
            Some(&set),
            Catalog::embedded(),
            &options,
        ))
    };
    let ec2 = kept("ec2.amazonaws.com");
    assert!(
        ec2[2].ends_with("iam:PassRole on * if StringEquals iam:PassedToService ec2.amazonaws.com"),
        "{ec2:?}"
    );
    assert!(ec2[0].ends_with("s3:DeleteBucket on *"), "{ec2:?}");
    assert_eq!(kept("lambda.amazonaws.com").len(), 2);
}

#[test]
fn what_the_user_pins_is_kept_within_the_grant() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b*"}]}"#,
    );
    let pins = Pin::parse_all("s3:RestoreObject arn:aws:s3:::b/old/*\nkms:Decrypt\ns3:GetObjekt\n").unwrap();
    let options = Options { keep: pins, ..Options::default() };
    let result =
        rightsize(&[row("s3:GetObject", "arn:aws:s3:::b/k")], Some(&set), Catalog::embedded(), &options);
    assert!(allows(&result, "s3:RestoreObject", "arn:aws:s3:::b/old/1"));
    assert!(!allows(&result, "kms:Decrypt", "*"));
    let pins: Vec<_> = result.notes.iter().filter(|note| note.kind == NoteKind::Pin).collect();
    assert_eq!(pins.len(), 2, "{pins:?}");
}

#[test]
fn the_delete_that_pairs_with_a_create_is_suggested_and_kept_on_request() {
    let rows = [row("sqs:CreateQueue", "arn:aws:sqs:eu-west-1:111122223333:q")];
    let suggested = exact(&rows);
    assert_eq!(suggested.pairs[0].inverse, "sqs:DeleteQueue");
    assert!(!allows(&suggested, "sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:111122223333:q"));
    let kept = sized(&rows, Options { pairs: Pairs::Keep, ..Options::default() });
    assert!(allows(&kept, "sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:111122223333:q"));
}

#[test]
fn a_grant_by_not_action_is_expanded_through_the_catalogue() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}"#,
    );
    let rows = [row("s3:GetObject", "arn:aws:s3:::b/k"), row("iam:GetRole", ROLE)];
    let result = rightsize(&rows, Some(&set), Catalog::embedded(), &Options::default());
    assert_eq!(shown(&result), ["S3ReadObject: s3:GetObject on arn:aws:s3:::b/k"]);
    assert!(result.cut.granted_actions.unwrap() > 10_000);
    assert_eq!(result.cut.wildcard_action_statements, GrantedKept { granted: 1, kept: 0 });
}

#[test]
fn a_policy_variable_of_the_grant_is_kept() {
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::home/${aws:PrincipalTag/team}/*"}]}"#,
    );
    let rows = [row("s3:GetObject", "arn:aws:s3:::home/red/k")];
    let result = rightsize(&rows, Some(&set), Catalog::embedded(), &Options::default());
    assert_eq!(
        shown(&result),
        ["S3ReadObject: s3:GetObject on arn:aws:s3:::home/${aws:PrincipalTag/team}/*"]
    );
    assert_eq!(result.widenings[0].reason, WideningReason::GrantedResource);
}
