//! What an error and the way of a request tell of what was needed.

use super::*;

#[test]
fn who_is_told_that_a_key_is_not_there_may_list_the_bucket() {
    let code = |id: u32| if id.is_multiple_of(4) { "NoSuchKey" } else { "InvalidObjectState" };
    let records: Vec<Value> = (0..40).map(|id| with(get(id, "k"), "errorCode", json!(code(id)))).collect();
    let expected = [
        ("s3:GetObject", "arn:aws:s3:::b/k", Outcome::Failed, 40),
        ("s3:ListBucket", "arn:aws:s3:::b", Outcome::Unknown, 10),
    ];
    assert_eq!(short(&usage(&records).rows()), expected);
}

#[test]
fn the_code_of_a_refusal_is_looked_at_though_its_message_is_known() {
    let refused = |id: u32| {
        let code = if id.is_multiple_of(4) { "NoSuchKey" } else { "AccessDenied" };
        let message = json!("u is not authorized to perform: nobody:KnowsThis");
        with(with(get(id, "k"), "errorCode", json!(code)), "errorMessage", message)
    };
    let records: Vec<Value> = (1..41).map(refused).collect();
    let expected = [
        ("s3:GetObject", "arn:aws:s3:::b/k", Outcome::Denied, 40),
        ("s3:ListBucket", "arn:aws:s3:::b", Outcome::Unknown, 10),
    ];
    assert_eq!(short(&usage(&records).rows()), expected);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html>
#[test]
fn what_a_service_asks_another_for_has_not_come_over_the_callers_network() {
    let made = |name: &str, source: &str, parameters: Value| {
        let event = with(event(1, name, parameters), "vpcEndpointId", json!("vpce-1a2b3c4d"));
        with(event, "eventSource", json!(source))
    };
    let keys = |event: Value| -> Vec<(String, bool, bool)> {
        let of = |row: &UsageRow| {
            let has = |key: &str| row.context.get(key).is_some();
            (row.action.clone(), has("aws:SourceVpce"), has("aws:RequestedRegion"))
        };
        let mut keys: Vec<_> = usage(&[event]).rows().iter().map(of).collect();
        keys.dedup();
        keys
    };
    let instance = json!({"dBInstanceIdentifier": "d", "manageMasterUserPassword": true});
    let expected = [
        ("rds:CreateDBInstance".to_owned(), true, true),
        ("secretsmanager:CreateSecret".to_owned(), false, false),
        ("secretsmanager:TagResource".to_owned(), false, false),
    ];
    assert_eq!(keys(made("CreateDBInstance", "rds.amazonaws.com", instance)), expected);
    let copy = json!({"bucketName": "b", "key": "k", "x-amz-copy-source": "a/k"});
    assert!(
        keys(made("CopyObject", "s3.amazonaws.com", copy)).iter().all(|(_, vpce, region)| *vpce && *region)
    );
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut decrypt = made("Decrypt", "kms.amazonaws.com", json!({"keyId": key}));
    assert_eq!(keys(decrypt.clone()), [("kms:Decrypt".to_owned(), true, true)]);
    decrypt["userIdentity"]["invokedBy"] = json!("s3.amazonaws.com");
    assert_eq!(keys(decrypt), [("kms:Decrypt".to_owned(), false, true)]);
}

/// A value that the log does not show is no name, and nothing that a policy could be made from.
#[test]
fn what_cloudtrail_hides_is_not_there() {
    let (hidden, starred) = (json!("HIDDEN_DUE_TO_SECURITY_REASONS"), json!("****"));
    let user = |name: &Value| {
        let parameters = json!({"userName": name, "groupName": "g"});
        with(event(1, "GetUser", parameters), "eventSource", json!("iam.amazonaws.com"))
    };
    for name in [&hidden, &starred] {
        let rows = usage(&[user(name)]).rows();
        let users = "arn:aws:iam::111122223333:user/*";
        assert_eq!(short(&rows), [("iam:GetUser", users, Outcome::Used, 1)], "{name}");
        assert!(matches!(rows[0].resource, Resource::Pattern(_)), "{name}");
    }
    // Many like it, so that what is remembered of one is asked for the next.
    let records: Vec<Value> = (0..40)
        .map(|id: u32| {
            let key = if id.is_multiple_of(3) { hidden.clone() } else { json!(format!("k{id}")) };
            event(id, "GetObject", json!({"bucketName": "b", "key": key}))
        })
        .collect();
    let rows = usage(&records).rows();
    assert_eq!(rows.iter().filter(|row| row.resource.as_str() == "arn:aws:s3:::b/*").count(), 1);
    assert!(!rows.iter().any(|row| row.resource.as_str().contains("HIDDEN")), "{rows:?}");
    // Free text may well begin with stars.
    let rows = usage(&[get(1, "****")]).rows();
    assert_eq!(short(&rows), [("s3:GetObject", "arn:aws:s3:::b/****", Outcome::Used, 1)]);
    // What reads a statement says itself what it may have been.
    let statement = with(
        event(1, "ExecuteStatement", json!({"statement": hidden})),
        "eventSource",
        json!("dynamodb.amazonaws.com"),
    );
    assert_eq!(usage(&[statement]).rows().len(), 4);
}

#[test]
fn where_the_call_says_nothing_the_log_may_tell_what_the_resource_is_within() {
    let bucket = json!([{"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::b/"},
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b", "accountId": "111122223333"}]);
    let hidden = [
        Value::Null,
        json!("HIDDEN_DUE_TO_SECURITY_REASONS"),
        json!({"omitted": true, "originalSize": 131_072, "reason": "REQUEST_PARAMETERS_EXCEEDS_LIMIT"}),
        json!({"bucketName": "HIDDEN_DUE_TO_SECURITY_REASONS"}),
    ];
    for parameters in hidden {
        let delete = with(event(1, "DeleteObjects", parameters.clone()), "resources", bucket.clone());
        let rows = usage(&[delete]).rows();
        let expected = [
            ("s3:DeleteObject", "arn:aws:s3:::b/*", Outcome::Used, 1),
            ("s3:DeleteObjectVersion", "arn:aws:s3:::b/*", Outcome::Unknown, 1),
        ];
        assert_eq!(short(&rows), expected, "{parameters}");
        assert!(matches!(rows[0].resource, Resource::Pattern(_)), "{parameters}");
        // The source of a copy may be anywhere: the log names where it went.
        let copy = with(event(1, "CopyObject", parameters.clone()), "resources", bucket.clone());
        let rows = usage(&[copy]).rows();
        let of = |action: &str| short(&rows).iter().find(|row| row.0 == action).map(|row| row.1.to_owned());
        assert_eq!(of("s3:GetObject").as_deref(), Some("arn:aws:s3:::*/*"), "{parameters}");
        assert_eq!(of("s3:PutObject").as_deref(), Some("arn:aws:s3:::b/*"), "{parameters}");
    }
    // What the call says goes before what the log says, also where it does not say all.
    let other = json!([{"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::other"}]);
    for (bucket, resource) in [
        ("b", "arn:aws:s3:::b/k"),
        ("x-s3alias", "arn:aws:s3:eu-west-1:111122223333:accesspoint/x*/object/k"),
    ] {
        let call = |id, key: &str| {
            with(
                event(id, "GetObject", json!({"bucketName": bucket, "key": key})),
                "resources",
                other.clone(),
            )
        };
        let rows = usage(&(0..30).map(|id| call(id, "k")).collect::<Vec<_>>()).rows();
        assert!(rows.iter().all(|row| !row.resource.as_str().contains("other")), "{rows:?}");
        assert_eq!(rows[0].resource.as_str().replace("-*", "*"), resource);
    }
}

/// A record without its parameters names the table, and perhaps it was an index of it.
#[test]
fn a_query_without_parameters_may_have_been_of_an_index() {
    let table = "arn:aws:dynamodb:eu-west-1:444455556666:table/t";
    let resources = json!([{"type": "AWS::DynamoDB::Table", "ARN": table}]);
    let query = |parameters: Value| {
        let event = with(event(1, "Query", parameters), "eventSource", json!("dynamodb.amazonaws.com"));
        usage(&[with(event, "resources", resources.clone())]).rows()
    };
    let rows = query(Value::Null);
    let index = format!("{table}/index/*");
    let expected = [
        ("dynamodb:Query", table, Outcome::Used, 1),
        ("dynamodb:Query", index.as_str(), Outcome::Unknown, 1),
    ];
    assert_eq!(short(&rows), expected);
    assert_eq!(query(json!({"tableName": "t"})).len(), 1);
}

/// S3 logs query strings among the parameters:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html>
#[test]
fn a_parameter_that_stands_twice_says_nothing() {
    let shared = shared(Settings::default());
    let mut collector = Collector::new(&shared);
    let mut read = |id: u32, request: &str| {
        let record = with(get(id, "k"), "requestParameters", json!("REQUEST")).to_string();
        let text = format!(r#"{{"Records":[{}]}}"#, record.replace(r#""REQUEST""#, request));
        Reader::new().push(text.as_bytes(), true, &mut collector);
        collector.take_problems().into_iter().map(|problem| problem.reason).collect::<Vec<_>>()
    };
    let twice = [
        r#"{"bucketName":"b","key":"k","bucketName":"secret"}"#,
        r#"{"bucketName":"b","key":"k","BucketName":"secret"}"#,
        r#"{"bucketName":"","key":"k","bucketName":"secret"}"#,
        r#"{"bucketName":"b","key":"","key":"k"}"#,
        r#"{"bucketName":"b","key":"k","BUCKETNAME":["secret"]}"#,
        r#"{"bucketName":null,"key":"k","bucketName":"secret"}"#,
    ];
    let mut id = 0;
    // Calls are soon remembered as a whole, and when that is of no use by their shape.
    for round in 0..60 {
        id += 1;
        assert_eq!(read(id, &format!(r#"{{"bucketName":"b","key":"k{id}"}}"#)), [""; 0]);
        for request in twice {
            id += 1;
            let problems = read(id, request);
            assert!(
                problems.len() == 1 && problems[0].contains("twice"),
                "{request} in round {round}: {problems:?}"
            );
        }
        id += 1;
        assert_eq!(read(id, r#"{"bucketName":"b","x-id":"1","key":"k","x-id":"2"}"#), [""; 0]);
    }
    let rows = collector.finish().rows();
    assert!(rows.iter().all(|row| row.resource.as_str().starts_with("arn:aws:s3:::b/k")), "{rows:?}");
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 120);
}
