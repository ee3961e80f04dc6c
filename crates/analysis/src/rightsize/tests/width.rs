//! How far resources are widened, and that every widening is listed.

use super::*;

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
