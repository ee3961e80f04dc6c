//! Behaviour of a right-sizing, as sentences.

use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::time::Timestamp;

use super::*;
use crate::replay::replay;
use crate::usage::{Resource, UsageContext};

pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/agent";

/// A row of the role: `s3:GetObject arn:aws:s3:::b/k`; `*` is a resource that the log does not tell, or none at all.
pub(super) fn row(action: &str, resource: &str) -> UsageRow {
    let takes_none = Catalog::embedded().action(action).is_some_and(|action| !action.has_resource_level());
    let unknown = resource == "*" && !takes_none;
    let resource = if unknown { Resource::Unknown } else { Resource::Exact(resource.to_owned()) };
    UsageRow {
        principal: ROLE.to_owned(),
        action: action.to_owned(),
        resource,
        outcome: Outcome::Used,
        context: UsageContext::default(),
        count: 1,
        first: Timestamp::from_seconds(1_790_000_000),
        last: Timestamp::from_seconds(1_790_000_000),
        example: "e".to_owned(),
    }
}

fn with_key(mut row: UsageRow, key: &str, value: &str) -> UsageRow {
    row.context = row.context.with(key, value);
    row
}

pub(super) fn granted(text: &str) -> PolicySet {
    PolicySet::of_identity(vec![Named::new("granted", Policy::parse(text).unwrap())])
}

fn allow_all() -> PolicySet {
    granted(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#)
}

fn sized(rows: &[UsageRow], options: Options) -> Rightsized {
    rightsize(rows, None, Catalog::embedded(), &options)
}

fn exact(rows: &[UsageRow]) -> Rightsized {
    sized(rows, Options::default())
}

fn wide(width: Width) -> Options {
    Options { width, ..Options::default() }
}

/// The statements as `sid: actions on resources if conditions`.
fn shown(result: &Rightsized) -> Vec<String> {
    let statements = result.documents.iter().flat_map(|document| &document.policy.statements);
    statements
        .map(|statement| {
            let actions: Vec<_> = statement.action.patterns().iter().map(|action| action.as_str()).collect();
            let resources: Vec<_> = statement
                .resource
                .iter()
                .flat_map(|block| block.patterns())
                .map(|one| one.as_str())
                .collect();
            let conditions: Vec<_> = statement
                .condition
                .iter()
                .map(|one| format!(" if {} {} {}", one.operator, one.key, one.values.join("|")))
                .collect();
            let sid = statement.sid.as_deref().unwrap_or("-");
            format!("{sid}: {} on {}{}", actions.join(","), resources.join(","), conditions.concat())
        })
        .collect()
}

fn allows(result: &Rightsized, action: &str, resource: &str) -> bool {
    let set = PolicySet::of_identity(result.documents.clone());
    let context = Context::new();
    let resource = ResourceRef::Exact(resource);
    evaluate(&set, &Request { principal: PrincipalRef::new(ROLE), action, resource, context: &context })
        .verdict
        == Verdict::Allowed
}

#[test]
fn what_was_used_is_allowed_and_nothing_beside_it() {
    let result = exact(&[row("s3:GetObject", "arn:aws:s3:::b/k")]);
    assert_eq!(shown(&result), ["S3ReadObject: s3:GetObject on arn:aws:s3:::b/k"]);
    assert!(!allows(&result, "s3:GetObject", "arn:aws:s3:::b/k2"));
    assert!(result.widenings.is_empty());
}

#[test]
fn what_was_denied_is_never_granted() {
    let denied = UsageRow { outcome: Outcome::Denied, ..row("s3:GetObject", "arn:aws:s3:::b/k") };
    let result = exact(&[denied]);
    assert_eq!(result.dormant, Some(Dormant::OnlyDenied));
    assert!(result.documents.is_empty());
    assert_eq!(result.classification[0].status, Status::Denied);
}

#[test]
fn what_failed_after_it_was_authorised_is_granted() {
    let failed = UsageRow { outcome: Outcome::Failed, ..row("s3:GetObject", "arn:aws:s3:::b/k") };
    assert!(allows(&exact(&[failed]), "s3:GetObject", "arn:aws:s3:::b/k"));
}

#[test]
fn what_was_throttled_is_unknown_and_not_granted() {
    let throttled = UsageRow { outcome: Outcome::Unknown, ..row("s3:GetObject", "arn:aws:s3:::b/k") };
    let result = exact(&[throttled]);
    assert_eq!(result.dormant, Some(Dormant::OnlyUnknown));
    assert_eq!(result.classification[0].status, Status::Unknown(Unseen::Throttled));
    assert!(result.documents.is_empty());
}

#[test]
fn a_principal_that_did_nothing_is_dormant_and_gets_no_document() {
    let result = rightsize(&[], Some(&allow_all()), Catalog::embedded(), &Options::default());
    assert_eq!(result.dormant, Some(Dormant::NoUsage));
    assert!(result.documents.is_empty());
    assert_eq!(result.cut.kept_actions, 0);
    assert!(result.cut.granted_actions.unwrap() > 10_000);
}

#[test]
fn an_action_without_resource_level_permission_stands_alone_on_a_star() {
    let result = exact(&[row("ec2:DescribeInstances", "*"), row("s3:GetObject", "arn:aws:s3:::b/k")]);
    assert_eq!(
        shown(&result),
        ["S3ReadObject: s3:GetObject on arn:aws:s3:::b/k", "Ec2ListNoResource: ec2:DescribeInstances on *"]
    );
    assert!(result.widenings.is_empty(), "the star is no widening: AWS knows no other resource for it");
}

#[test]
fn an_action_never_meets_a_resource_type_that_it_does_not_support() {
    let result = exact(&[row("s3:ListBucket", "arn:aws:s3:::b"), row("s3:GetObject", "arn:aws:s3:::b/k")]);
    assert_eq!(
        shown(&result),
        ["S3ReadObject: s3:GetObject on arn:aws:s3:::b/k", "S3ListBucket: s3:ListBucket on arn:aws:s3:::b"]
    );
}

#[test]
fn a_resource_of_an_unsupported_type_becomes_a_listed_star() {
    let result = exact(&[row("s3:ListBucket", "arn:aws:s3:::b/k")]);
    assert_eq!(result.widenings[0].reason, WideningReason::TypeMismatch);
}

#[test]
fn destructive_actions_have_a_statement_of_their_own() {
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/t";
    let rows = [row("dynamodb:PutItem", table), row("dynamodb:DeleteTable", table)];
    let sids: Vec<_> =
        shown(&exact(&rows)).iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(sids, ["DynamodbWriteTable", "DynamodbWriteTableDestructive"]);

    let kept = sized(&rows, Options { destructive: Destructive::Keep, ..Options::default() });
    assert_eq!(kept.documents[0].policy.statements.len(), 1);

    let dropped = sized(&rows, Options { destructive: Destructive::Drop, ..Options::default() });
    assert_eq!(dropped.dropped, ["dynamodb:DeleteTable"]);
    let documents = PolicySet::of_identity(dropped.documents);
    assert_eq!(replay(&rows, &documents, None).denied[0].action, "dynamodb:DeleteTable");
}

#[test]
fn writing_items_does_not_bring_deleting_the_table() {
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/t";
    for width in [Width::Exact, Width::Prefix, Width::Type, Width::Any] {
        assert!(!allows(
            &sized(&[row("dynamodb:PutItem", table)], wide(width)),
            "dynamodb:DeleteTable",
            table
        ));
    }
}

#[test]
fn passing_a_role_is_held_to_the_service() {
    let role = "arn:aws:iam::111122223333:role/job";
    let result = exact(&[with_key(row("iam:PassRole", role), "iam:PassedToService", "lambda.amazonaws.com")]);
    assert_eq!(
        shown(&result),
        [format!(
            "IamPassRoleIfPassedToService: iam:PassRole on {role} if StringEquals iam:PassedToService lambda.amazonaws.com"
        )]
    );
    let bare = exact(&[row("iam:PassRole", role)]);
    assert!(bare.notes.iter().any(|note| note.kind == NoteKind::PassRoleWithoutService));
}

#[test]
fn a_condition_is_inferred_only_when_every_call_agrees() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let via = with_key(row("kms:Decrypt", key), "kms:ViaService", "s3.eu-west-1.amazonaws.com");
    let line = &shown(&exact(std::slice::from_ref(&via)))[0];
    assert!(line.ends_with("if StringEquals kms:ViaService s3.eu-west-1.amazonaws.com"), "{line}");
    let both = exact(&[via, row("kms:Decrypt", key)]);
    assert!(!shown(&both)[0].contains(" if "), "{:?}", shown(&both));
}

#[test]
fn the_region_is_a_condition_only_after_enough_calls_over_enough_days() {
    let mut one = with_key(row("ec2:DescribeInstances", "*"), "aws:RequestedRegion", "eu-west-1");
    one.count = 20;
    one.last = one.first.plus_days(7);
    let line = &shown(&exact(std::slice::from_ref(&one)))[0];
    assert!(line.ends_with("if StringEquals aws:RequestedRegion eu-west-1"), "{line}");
    let off = Options { conditions: Inference::Request, ..Options::default() };
    assert!(!shown(&sized(std::slice::from_ref(&one), off))[0].contains(" if "));
    for (count, days) in [(19, 7), (20, 6)] {
        let few = UsageRow { count, last: one.first.plus_days(days), ..one.clone() };
        assert!(!shown(&exact(&[few]))[0].contains(" if "));
    }
    let mut global = with_key(row("iam:ListRoles", "*"), "aws:RequestedRegion", "us-east-1");
    global.count = 100;
    global.last = global.first.plus_days(30);
    assert!(!shown(&exact(&[global]))[0].contains(" if "), "IAM answers in one region whatever the caller's");
}

#[test]
fn a_prefix_replaces_many_objects_of_one_bucket_and_never_two_buckets() {
    let rows: Vec<_> = (0..6)
        .flat_map(|day| {
            ["a", "b"]
                .map(|bucket| row("s3:GetObject", &format!("arn:aws:s3:::{bucket}/logs/2026-10-0{day}/x")))
        })
        .collect();
    let result = sized(&rows, wide(Width::Prefix));
    assert_eq!(shown(&result), ["S3ReadObject: s3:GetObject on arn:aws:s3:::a/logs/*,arn:aws:s3:::b/logs/*"]);
    assert_eq!(result.widenings.len(), 2);
    assert_eq!((result.widenings[0].from_count, result.widenings[0].events), (6, 6));
}

#[test]
fn few_resources_stay_as_they_are_at_width_prefix() {
    let rows: Vec<_> = (0..4).map(|n| row("s3:GetObject", &format!("arn:aws:s3:::a/logs/{n}"))).collect();
    assert!(sized(&rows, wide(Width::Prefix)).widenings.is_empty());
}

#[test]
fn generated_ids_and_iams_own_resources_have_no_prefix() {
    let ids = (0..9)
        .map(|n| row("ec2:StartInstances", &format!("arn:aws:ec2:eu-west-1:111122223333:instance/i-0{n}")));
    let roles = (0..9).map(|n| row("iam:GetRole", &format!("arn:aws:iam::111122223333:role/app-{n}")));
    let rows: Vec<_> = ids.chain(roles).collect();
    assert!(sized(&rows, wide(Width::Prefix)).widenings.is_empty());
}

#[test]
fn type_and_any_are_listed_widenings() {
    let rows = [row("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q1")];
    let by_type = sized(&rows, wide(Width::Type));
    assert_eq!(shown(&by_type), ["SqsWriteQueue: sqs:SendMessage on arn:aws:sqs:eu-west-1:111122223333:*"]);
    assert_eq!(by_type.widenings[0].reason, WideningReason::Type);
    let any = sized(&rows, wide(Width::Any));
    assert_eq!(shown(&any), ["SqsWriteQueue: sqs:SendMessage on *"]);
    assert_eq!(any.widenings[0].reason, WideningReason::Any);
}

#[test]
fn what_the_log_does_not_tell_is_a_listed_widening_at_width_exact_too() {
    let pattern = "arn:aws:ec2:eu-west-1:111122223333:instance/*";
    let mut folded = row("ec2:StartInstances", "x");
    folded.resource = Resource::Folded { pattern: pattern.to_owned(), distinct: 1_000 };
    let mut by_aws = row("ec2:RunInstances", "x");
    by_aws.resource = Resource::Pattern(pattern.to_owned());
    let result = exact(&[folded, by_aws, row("s3:GetObject", "*")]);
    let reasons: Vec<_> =
        result.widenings.iter().map(|widening| (widening.reason, widening.from_count)).collect();
    let expected = [
        (WideningReason::LogFolded, 1_000),
        (WideningReason::LogPattern, 1),
        (WideningReason::LogUnknown, 1),
    ];
    assert_eq!(reasons.len(), 3);
    assert!(expected.iter().all(|one| reasons.contains(one)), "{reasons:?}");
}

#[test]
fn a_key_with_a_star_in_its_name_does_not_become_a_wildcard() {
    let result = exact(&[row("s3:GetObject", "arn:aws:s3:::b/a*")]);
    assert!(allows(&result, "s3:GetObject", "arn:aws:s3:::b/a*"));
    assert!(!allows(&result, "s3:GetObject", "arn:aws:s3:::b/ab"));
}

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
fn an_action_that_does_not_exist_is_not_granted() {
    let result = exact(&[row("s3:GetObjekt", "arn:aws:s3:::b/k")]);
    assert!(result.documents.is_empty());
    assert_eq!(result.notes[0].kind, NoteKind::UnlistedAction);
}

#[test]
fn what_the_logs_cannot_show_is_unknown_and_never_unused() {
    let rows = [row("s3:ListAllMyBuckets", "*")];
    let set = granted(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListAllMyBuckets","sqs:CreateQueue"],"Resource":"*"}]}"#,
    );
    let status = |result: &Rightsized, action: &str| {
        result.classification.iter().find(|one| one.action == action).unwrap().status
    };
    let blind = rightsize(&rows, Some(&set), Catalog::embedded(), &Options::default());
    assert_eq!(status(&blind, "s3:GetObject"), Status::Unknown(Unseen::DataEventsNotLogged));
    assert_eq!(status(&blind, "sqs:CreateQueue"), Status::Unused);
    let coverage = Coverage::of(&[row("s3:PutObject", "arn:aws:s3:::b/k")], Catalog::embedded());
    let seeing = Options { coverage, ..Options::default() };
    let seen = rightsize(&rows, Some(&set), Catalog::embedded(), &seeing);
    assert_eq!(status(&seen, "s3:GetObject"), Status::Unused);
}

#[test]
fn many_objects_are_split_over_documents_that_each_fit() {
    let rows: Vec<_> =
        (0..400).map(|n| row("s3:GetObject", &format!("arn:aws:s3:::bucket/{n:064}"))).collect();
    let result = exact(&rows);
    assert!(result.documents.len() > 1 && result.fit.fits);
    assert!(
        Quota::ManagedPolicy
            .holds(&result.documents.iter().map(|one| one.policy.clone()).collect::<Vec<_>>())
    );
    assert!(replay(&rows, &PolicySet::of_identity(result.documents), None).holds());

    let inline = sized(&rows, Options { quota: Quota::InlineRole, ..Options::default() });
    assert!(!inline.fit.fits);
    assert_eq!(inline.fit.way_out.as_deref(), Some("widen the resources with --width prefix"));
}

#[test]
fn action_wildcards_appear_only_when_needed_and_add_nothing() {
    let rows: Vec<_> =
        Catalog::embedded().expand("sqs:*").iter().map(|action| row(&action.full_name(), "*")).collect();
    assert!(!sized(&rows, Options::default()).fit.action_wildcards);
    let actions: Vec<_> =
        Catalog::embedded().expand("ec2:*").iter().map(|action| row(&action.full_name(), "*")).collect();
    let tight = Options { quota: Quota::InlineUser, destructive: Destructive::Keep, ..Options::default() };
    let result = sized(&actions, tight);
    assert!(result.fit.action_wildcards);
    assert_eq!(result.cut.kept_actions, actions.len());
}

#[test]
fn permissions_that_share_their_resources_share_a_statement() {
    let mut rows = Vec::new();
    for key in ["a", "b", "c"] {
        rows.push(row("s3:GetObject", &format!("arn:aws:s3:::x/{key}")));
        rows.push(row("s3:GetObjectTagging", &format!("arn:aws:s3:::x/{key}")));
    }
    assert_eq!(
        shown(&exact(&rows)),
        [
            "S3ReadObject: s3:GetObject,s3:GetObjectTagging on arn:aws:s3:::x/a,arn:aws:s3:::x/b,arn:aws:s3:::x/c"
        ]
    );
}

#[test]
fn a_wide_resource_takes_in_the_narrow_ones() {
    let mut wide = row("s3:GetObject", "x");
    wide.resource = Resource::Pattern("arn:aws:s3:::x/*".into());
    assert_eq!(
        shown(&exact(&[wide, row("s3:GetObject", "arn:aws:s3:::x/a")])),
        ["S3ReadObject: s3:GetObject on arn:aws:s3:::x/*"]
    );
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
