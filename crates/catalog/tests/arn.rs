//! ARN formats: which type an ARN is of, and what its variables are.

use leastwise_catalog::{ArnFormat, Catalog};

#[track_caller]
fn is_of(arn: &str, expected: &[&str]) {
    let prefix = arn.split(':').nth(2).expect("an ARN");
    let service = Catalog::embedded().service(prefix).expect("exists");
    let types: Vec<&str> = service.types_of(arn).into_iter().map(|kind| &*kind.name).collect();
    assert_eq!(types, expected, "{arn}");
}

#[test]
fn the_most_specific_format_says_the_type() {
    is_of("arn:aws:s3:::b", &["bucket"]);
    is_of("arn:aws:s3:::b/k/l", &["object"]);
    is_of("arn:aws:s3:::b/*", &["object"]);
    is_of("arn:aws:dynamodb:eu-west-1:111122223333:table/t", &["table"]);
    is_of("arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/i", &["index"]);
    is_of("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/f", &["log-group"]);
    is_of("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/f:log-stream:s", &["log-stream"]);
    is_of("arn:aws:lambda:eu-west-1:111122223333:function:f", &["function"]);
    is_of("arn:aws:ec2:eu-west-1:111122223333:instance/*", &["instance"]);
    is_of("arn:aws:sqs:eu-west-1:111122223333:queue", &["queue"]);
}

#[test]
fn names_may_hold_slashes_and_colons() {
    is_of("arn:aws:iam::111122223333:role/a/path/name", &["role"]);
    is_of("arn:aws:s3:::b/a:b", &["object"]);
    is_of("arn:aws:ssm:eu-west-1:111122223333:parameter/a/b", &["parameter"]);
    is_of("arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/b-AbCdEf", &["Secret"]);
}

#[test]
fn other_partitions_have_the_same_types() {
    is_of("arn:aws-cn:s3:::b", &["bucket"]);
    is_of("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1", &["key"]);
    is_of("arn:aws-eusc:dynamodb:eusc-de-east-1:111122223333:table/t", &["table"]);
}

#[test]
fn a_star_in_a_format_stands_for_any_text() {
    is_of("arn:aws:dms:eu-west-1:111122223333:rep:ABC", &["ReplicationInstance"]);
    is_of("arn:aws:braket:us-east-1::device/qpu/maker/name", &["device"]);
}

#[test]
fn what_has_no_format_is_of_no_type() {
    is_of("arn:aws:ec2:eu-west-1:111122223333:teapot/1", &[]);
    is_of("arn:aws:s3:::", &[]);
    is_of("arn:aws:s3", &[]);
}

#[test]
fn variables_are_bound_to_the_text_that_stands_for_them() {
    let format = ArnFormat::parse("arn:${Partition}:s3:::${BucketName}/${ObjectName}");
    let bound = format.bind("arn:aws:s3:::b/k/l").expect("matches");
    assert_eq!(bound, [("Partition", "aws"), ("BucketName", "b"), ("ObjectName", "k/l")]);
    assert_eq!(format.bind("arn:aws:s3:::b"), None);
    let side_by_side = ArnFormat::parse("arn:${Partition}:x:${Region}:${Account}:g/${A}${B}/end");
    let bound = side_by_side.bind("arn:aws:x:::g/abc/end").expect("matches");
    assert_eq!(bound[3..], [("A", "a"), ("B", "bc")]);
}

#[test]
fn filling_a_format_leaves_a_star_for_what_is_not_known() {
    let format = ArnFormat::parse("arn:${Partition}:sqs:${Region}:${Account}:${QueueName}");
    let arn = format.fill(|name| (name != "QueueName").then(|| name.to_lowercase()));
    assert_eq!(arn, "arn:partition:sqs:region:account:*");
}

#[test]
fn a_hostile_arn_takes_no_longer_than_it_is_long() {
    let format = ArnFormat::parse("arn:${Partition}:x:::a/${A}/${B}/${C}/${D}/${E}/end");
    let arn = format!("arn:aws:x:::a{}", "/b".repeat(100_000));
    assert!(!format.matches(&arn));
}

#[test]
fn a_statement_does_not_pair_an_action_with_a_type_it_does_not_support() {
    let catalog = Catalog::embedded();
    for (action, arn, expected) in [
        ("s3:GetObject", "arn:aws:s3:::b/*", true),
        ("s3:GetObject", "arn:aws:s3:::b", false),
        ("s3:ListBucket", "arn:aws:s3:::b", true),
        ("s3:ListBucket", "arn:aws:s3:::b/*", false),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::b", false),
        ("s3:ListAllMyBuckets", "*", true),
        ("dynamodb:Query", "arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/*", true),
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/*", false),
        ("ec2:TerminateInstances", "arn:aws:ec2:eu-west-1:111122223333:volume/*", false),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/app/*", true),
        ("iam:PassRole", "arn:aws:iam::111122223333:instance-profile/app", false),
    ] {
        assert_eq!(catalog.supports(action, arn), expected, "{action} on {arn}");
    }
}

#[test]
fn a_wide_pattern_covers_some_resource_of_the_action() {
    let catalog = Catalog::embedded();
    assert!(catalog.could_support("s3:GetObject", "arn:aws:s3:::b*"));
    assert!(catalog.could_support("s3:ListBucket", "arn:*:s3:::b*"));
    assert!(!catalog.could_support("s3:GetObject", "arn:aws:sqs:*:*:*"));
}
