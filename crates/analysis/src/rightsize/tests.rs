//! Behaviour of a right-sizing, as sentences.

use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::time::Timestamp;

use super::*;
use crate::replay::replay;
use crate::usage::{Resource, Shown, UsageContext};

mod granted;
mod unknown;
mod width;

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

/// <https://docs.aws.amazon.com/bedrock/latest/userguide/global-cross-region-inference.html>
#[test]
fn where_aws_may_have_asked_in_another_region_the_region_is_no_condition() {
    let often = |resource: &str| {
        let row = with_key(row("bedrock:InvokeModel", resource), "aws:RequestedRegion", "eu-west-1");
        UsageRow { count: 200, last: row.first.plus_days(30), ..row }
    };
    let anywhere = "arn:aws:bedrock:*::foundation-model/m";
    let model = UsageRow { resource: Resource::Pattern(anywhere.to_owned()), ..often("") };
    let profile = often("arn:aws:bedrock:eu-west-1:111122223333:inference-profile/global.m");
    let listed = UsageRow { action: "bedrock:ListFoundationModels".to_owned(), ..often("*") };
    let lines = shown(&exact(&[model, profile, listed.clone()]));
    assert!(
        lines.iter().any(|line| line.contains(anywhere)) && !lines.join("").contains(" if "),
        "{lines:?}"
    );
    let of_one = shown(&exact(&[often("arn:aws:bedrock:eu-west-1::foundation-model/m"), listed]));
    assert!(
        of_one.join("").contains("bedrock:ListFoundationModels on * if StringEquals aws:RequestedRegion"),
        "{of_one:?}"
    );
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
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListAllMyBuckets","sqs:CreateQueue"],
            "Resource":["arn:aws:s3:::b/*","arn:aws:sqs:*:*:*"]}]}"#,
    );
    let status = |result: &Rightsized, action: &str| {
        result.classification.iter().find(|one| one.action == action).unwrap().status
    };
    let blind = rightsize(&rows, Some(&set), Catalog::embedded(), &Options::default());
    assert_eq!(status(&blind, "s3:GetObject"), Status::Unknown(Unseen::DataEventsNotLogged));
    assert_eq!(status(&blind, "sqs:CreateQueue"), Status::Unused);
    let data = |action: &str, read_only| BTreeSet::from([(action.to_owned(), read_only)]);
    let seeing = |data| {
        let shown = Shown { data, ..Shown::default() };
        let touched = BTreeSet::from(["arn:aws:s3:::b".to_owned()]).into();
        let coverage = Coverage { shown, touched, ..Coverage::default() };
        let options = Options { coverage, ..Options::default() };
        status(&rightsize(&rows, Some(&set), Catalog::embedded(), &options), "s3:GetObject")
    };
    let both = &data("s3:PutObject", false) | &data("s3:ListBucket", true);
    assert_eq!(seeing(both), Status::Unused);
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

    // As many as fit go into each, since only so many documents may be attached.
    let characters = &result.fit.characters;
    let needed = characters.iter().sum::<usize>().div_ceil(result.fit.limit);
    assert_eq!(characters.len(), needed, "{characters:?}");
    let rows: Vec<_> =
        (0..560).map(|n| row("s3:GetObject", &format!("arn:aws:s3:::bucket/{n:064}"))).collect();
    let full = exact(&rows);
    assert!(full.documents.len() == 9 && full.fit.fits, "{:?}", full.fit);

    // A role takes ten of them.
    let rows: Vec<_> =
        (0..1_000).map(|n| row("s3:GetObject", &format!("arn:aws:s3:::bucket/{n:064}"))).collect();
    let many = exact(&rows);
    assert!(many.documents.len() > 10 && !many.fit.fits, "{}", many.documents.len());
    assert_eq!((many.fit.max_documents, many.fit.characters.len()), (10, many.documents.len()));

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

    // One in ten was not used, and no wildcard brings one back.
    let used: Vec<_> =
        actions.iter().enumerate().filter(|(n, _)| n % 10 != 0).map(|(_, row)| row.clone()).collect();
    let tight = Options { quota: Quota::InlineUser, destructive: Destructive::Keep, ..Options::default() };
    let result = sized(&used, tight);
    assert!(result.fit.action_wildcards);
    for row in &actions {
        let kept = used.iter().any(|one| one.action == row.action);
        assert_eq!(allows(&result, &row.action, "*"), kept, "{}", row.action);
    }
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
