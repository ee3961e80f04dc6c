//! What the look-ups answer on the embedded facts.

use leastwise_catalog::{Catalog, Level, Needs, without_version};

fn names(actions: Option<Vec<leastwise_catalog::Action<'_>>>) -> Option<Vec<String>> {
    actions.map(|actions| actions.iter().map(leastwise_catalog::Action::full_name).collect())
}

#[track_caller]
fn event_is(label: &str, event: &str, expected: &[&str]) {
    let found = names(Catalog::embedded().event(label, event));
    assert_eq!(
        found.as_deref().map(|names| names.iter().map(String::as_str).collect::<Vec<_>>()),
        Some(expected.to_vec())
    );
}

#[test]
fn every_section_can_be_read() {
    let catalog = Catalog::embedded();
    let services: Vec<_> = catalog.services().map(|prefix| catalog.service(prefix).expect(prefix)).collect();
    assert_eq!(services.len(), catalog.version().services);
    assert_eq!(
        services.iter().map(|service| service.actions.len()).sum::<usize>(),
        catalog.version().actions
    );
}

#[test]
fn the_packed_facts_stay_under_two_megabytes() {
    println!("packed: {} bytes", Catalog::packed_len());
    assert!(Catalog::packed_len() < 2_000_000);
}

#[test]
fn an_action_is_found_in_any_case() {
    let action = Catalog::embedded().action("S3:getobject").expect("exists");
    assert_eq!(action.full_name(), "s3:GetObject");
    assert!(action.levels.contains(Level::Read));
    assert!(action.resource("object").is_some());
}

/// The first are of actions that AWS describes on two pages, one for each version of the service; the rest AWS asks for and
/// does not list (`additions.txt`).
#[test]
fn an_action_takes_what_any_version_of_its_service_has() {
    for (action, kind) in [
        ("elasticloadbalancing:DeleteLoadBalancer", "loadbalancer"),
        ("elasticloadbalancing:DeleteLoadBalancer", "loadbalancer/app/"),
        ("elasticloadbalancing:AddTags", "targetgroup"),
        ("apigateway:PATCH", "RestApi"),
        ("apigateway:PATCH", "Route"),
        ("greengrass:TagResource", "component"),
        ("lex:TagResource", "test-set"),
        ("apigateway:PUT", "Method"),
        ("organizations:AttachPolicy", "awspolicy"),
    ] {
        let facts = Catalog::embedded().action(action).expect(action);
        let found = facts.resources.iter().find(|one| *one.resource_type == *kind);
        assert_eq!(found.map(|one| one.required), Some(false), "{action} on {kind}");
    }
}

#[test]
fn the_source_label_is_not_always_the_prefix() {
    event_is("monitoring", "PutMetricData", &["cloudwatch:PutMetricData"]);
    event_is("tagging", "GetResources", &["tag:GetResources"]);
    event_is("email", "SendEmail", &["ses:SendEmail"]);
}

#[test]
fn a_date_and_version_at_the_end_of_an_event_name_are_stripped() {
    event_is("lambda", "CreateFunction20150331", &["lambda:CreateFunction"]);
    event_is("lambda", "AddPermission20150331v2", &["lambda:AddPermission"]);
    event_is("cloudfront", "CreateDistribution2020_05_31", &["cloudfront:CreateDistribution"]);
    assert_eq!(without_version("ListFindingsV2"), None);
    assert_eq!(without_version("DescribeOrganizationConfiguration"), None);
}

#[test]
fn digits_that_belong_to_the_service_or_the_name_stay() {
    event_is("inspector2", "ListFindings", &["inspector2:ListFindings"]);
    event_is("wafv2", "GetWebACL", &["wafv2:GetWebACL"]);
    event_is("kinesisanalytics", "CreateApplication", &["kinesisanalytics:CreateApplication"]);
}

#[test]
fn an_event_of_which_the_parameters_choose_the_actions_is_left_to_the_rules() {
    assert_eq!(names(Catalog::embedded().event("kms", "ReEncrypt")), None);
    assert_eq!(names(Catalog::embedded().event("s3", "CopyObject")), None);
    assert_eq!(names(Catalog::embedded().event("dynamodb", "TransactWriteItems")), None);
}

#[test]
fn an_event_that_nobody_knows_is_nothing_rather_than_a_guess() {
    assert_eq!(names(Catalog::embedded().event("teapot", "BrewTea")), None);
    assert_eq!(names(Catalog::embedded().event("s3", "BrewTea")), None);
    assert_eq!(names(Catalog::embedded().event("s3", "")), None);
}

#[test]
fn search_finds_actions_by_their_words() {
    let found = Catalog::embedded().search("delete bucket policy");
    let names: Vec<String> = found.iter().map(leastwise_catalog::Action::full_name).collect();
    assert!(names.contains(&"s3:DeleteBucketPolicy".to_owned()), "{names:?}");
    assert!(Catalog::embedded().search("  ").is_empty());
    let dynamo = Catalog::embedded().search("dynamodb query");
    assert_eq!(dynamo.first().map(leastwise_catalog::Action::full_name).as_deref(), Some("dynamodb:Query"));
}

#[test]
fn a_misspelt_prefix_gets_the_right_one_suggested() {
    let suggested = Catalog::embedded().suggest("dynamdb:GetItem");
    assert_eq!(suggested.first().map(String::as_str), Some("dynamodb:GetItem"));
    assert_eq!(Catalog::embedded().suggest("lamda").first().map(String::as_str), Some("lambda"));
    assert!(Catalog::embedded().suggest("nothing:LikeThisAtAll").is_empty());
    assert!(Catalog::embedded().suggest("getobject").contains(&"s3:GetObject".to_owned()));
}

#[test]
fn the_actions_of_a_resource_type_are_those_that_can_be_limited_to_it() {
    let found = Catalog::embedded().actions_for_resource_type("sqs", "queue");
    let names: Vec<&str> = found.iter().map(|action| &*action.name).collect();
    assert!(names.contains(&"SendMessage") && !names.contains(&"ListQueues"), "{names:?}");
    assert!(Catalog::embedded().arn_matches_type("sqs", "queue", "arn:aws:sqs:eu-west-1:111122223333:q"));
    assert!(!Catalog::embedded().arn_matches_type("sqs", "topic", "arn:aws:sqs:eu-west-1:111122223333:q"));
}

#[test]
fn an_operation_without_an_action_of_its_name_is_looked_up() {
    event_is("s3", "ListObjectsV2", &["s3:ListBucket"]);
    assert_eq!(
        Catalog::embedded().operation("s3", "HeadObject"),
        Some(Needs::Maybe(vec!["s3:GetObject".into(), "s3:GetObjectVersion".into()]))
    );
    assert_eq!(Catalog::embedded().operation("sqs", "NoSuchOperation"), None);
}

#[test]
fn a_misspelt_action_gets_the_right_one_suggested() {
    assert_eq!(Catalog::embedded().suggest("s3:GetObjekt").first().map(String::as_str), Some("s3:GetObject"));
}

#[test]
fn a_pattern_expands_in_any_case() {
    let found = Catalog::embedded().expand("sqs:sendmess*");
    assert_eq!(
        found.iter().map(leastwise_catalog::Action::full_name).collect::<Vec<_>>(),
        ["sqs:SendMessage"]
    );
    assert_eq!(Catalog::embedded().expand("*").len(), Catalog::embedded().version().actions);
}

#[test]
fn an_object_arn_is_an_object_and_not_a_bucket() {
    let s3 = Catalog::embedded().service("s3").expect("exists");
    assert_eq!(s3.type_of("arn:aws:s3:::b/k/l").map(|kind| &*kind.name), Some("object"));
    assert_eq!(s3.type_of("arn:aws:s3:::b").map(|kind| &*kind.name), Some("bucket"));
    assert!(!Catalog::embedded().supports("s3:GetObject", "arn:aws:s3:::b"));
    assert!(Catalog::embedded().supports("s3:ListBucket", "arn:aws:s3:::b"));
}
