//! Remembering calls changes nothing but the time it takes.

use super::{Collector, Settings, Shared, Usage};
use crate::audit_log::Reader;
use leastwise_catalog::Catalog;
use leastwise_catalog::call::{Planner, Rules};
use proptest::prelude::*;
use serde_json::{Value, json};

fn usage(records: &str, (fold_at, keep_fingerprints): (usize, bool), remembers: bool) -> Usage {
    let settings = Settings { fold_at, keep_fingerprints, ..Settings::default() };
    let shared = Shared::new(Planner::new(Catalog::embedded(), Rules::embedded()), settings);
    let mut collector = if remembers { Collector::new(&shared) } else { Collector::forgetful(&shared) };
    Reader::new().push(records.as_bytes(), true, &mut collector);
    collector.finish()
}

/// Names that services take, and what is told apart by how it is written: patterns, ARNs, ids, escapes, nothing.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        6 => "[a-c]{1,2}",
        2 => "[a-c]/[a-c]{0,2}/[a-c]",
        1 => prop::sample::select(vec![
            "", "*", "a:*", "a?b", "a${x}", "a\\b\"c", "\0", "\u{0}0\u{0}", "null", "i-0123456789abcdef0", "Ünï",
            "arn:aws:s3:::a/b", "arn:aws:s3:eu-west-1:111122223333:accesspoint/a",
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/a/object/b", "arn:aws:iam::111122223333:role/r",
            "arn:aws:kms:eu-west-1:111122223333:key/a", "arn:aws:logs:eu-west-1:111122223333:log-group:a:*",
            "data-x-s3alias", "arn:aws:s3:eu-west-1:444455556666:accesspoint/a", "444455556666",
            "HIDDEN_DUE_TO_SECURITY_REASONS", "Hidden_For_Security_Reasons", "[PROTECTED]", "****",
            "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fr", "arn%3aaws", "arn%3A%00", "alias/a", "/a/b?versionId=1", "a/b", "123456789012", "arn:aws:lambda:eu-west-1:111122223333:function:f:1",
        ]).prop_map(str::to_owned),
    ]
    .prop_map(Value::from);
    prop_oneof![
        20 => text.clone(),
        1 => Just(Value::Null),
        1 => Just(json!(7)),
        1 => Just(json!(true)),
        1 => text.clone().prop_map(|text| json!({ "items": [{ "instanceId": text }] })),
        1 => text.clone().prop_map(|text| json!([text])),
        1 => text.prop_map(|text| json!([{ "key": "k", "value": text }])),
    ]
}

/// What is called, with the parameters that the rules look at.
fn request() -> impl Strategy<Value = Value> {
    let kinds: Vec<(&str, &str, &[&str])> = vec![
        ("s3", "GetObject", &["bucketName", "key", "versionId", "BucketName", "x"]),
        ("s3", "PutObject", &["bucketName", "key", "x-amz-acl", "x-amz-tagging"]),
        ("s3", "CopyObject", &["bucketName", "key", "x-amz-copy-source"]),
        ("s3", "DeleteObjects", &["bucketName", "delete"]),
        ("dynamodb", "GetItem", &["tableName", "indexName"]),
        ("dynamodb", "Query", &["tableName", "indexName"]),
        ("kms", "Decrypt", &["keyId"]),
        ("logs", "CreateLogStream", &["logGroupName", "logStreamName"]),
        ("ec2", "RunInstances", &["instancesSet", "subnetId", "iamInstanceProfile", "tagSet"]),
        ("lambda", "CreateFunction20150331", &["functionName", "role", "tags"]),
        ("sqs", "SendMessage", &["queueUrl"]),
        ("eks", "DescribeAccessEntry", &["name", "principalArn"]),
        ("athena", "GetWorkGroup", &["workGroup"]),
        ("rolesanywhere", "CreateProfile", &["name", "tags"]),
        ("iam", "CreateAccessKey", &["userName"]),
        ("iam", "ChangePassword", &["x"]),
        ("iam", "GetRole", &["roleName"]),
        ("iam", "DeleteRolePolicy", &["roleName", "policyName"]),
        ("autoscaling", "CreateLaunchConfiguration", &["launchConfigurationName", "iamInstanceProfile"]),
        ("glue", "GetTable", &["catalogId", "databaseName", "name"]),
        ("ec2", "CreateNatGateway", &["CreateNatGatewayRequest"]),
        ("bedrock", "InvokeModel", &["modelId", "callWithBearerToken"]),
        ("bedrock", "CreateDataSource", &["knowledgeBaseId", "callWithBearerToken"]),
        ("bedrock-mantle", "GetProject", &["project_id", "callWithBearerToken"]),
        ("nothing", "KnownOfThis", &["name"]),
    ];
    let values = prop::collection::vec(prop::option::weighted(0.7, value()), 5);
    (prop::sample::select(kinds), values).prop_map(|((source, name, names), values)| {
        let parameters: serde_json::Map<String, Value> =
            names.iter().zip(values).filter_map(|(name, value)| Some(((*name).to_owned(), value?))).collect();
        json!({
            "eventVersion": "1.11", "eventType": "AwsApiCall", "eventTime": "2026-10-01T07:00:00Z",
            "eventSource": format!("{source}.amazonaws.com"), "eventName": name,
            "requestParameters": parameters, "recipientAccountId": "111122223333",
        })
    })
}

/// Who calls from where, how it ends, and what the log says besides.
fn circumstances() -> impl Strategy<Value = Value> {
    let arn = prop::sample::select(vec![
        "arn:aws:s3:::a/b",
        "arn:aws:s3:::a",
        "arn:aws:s3:eu-west-1:111122223333:accesspoint/a/object/b",
        "arn:aws:s3:eu-west-1:111122223333:accesspoint/a",
        "arn:aws:s3:eu-west-1:444455556666:accesspoint/b",
        "arn:aws:s3:::data-x-s3alias/b",
        "arn:aws:kms:eu-west-1:111122223333:key/a",
        "arn:aws:kms:eu-west-1:111122223333:key/b",
        "arn:aws:dynamodb:eu-west-1:111122223333:table/a",
    ]);
    (
        prop::collection::vec(arn, 0..2),
        prop::sample::select(vec!["eu-west-1", "us-east-1", "cn-north-1", ""]),
        prop::sample::select(vec!["app", "web", "user/u", "user/v"]),
        prop::sample::select(vec!["", "", "", "NoSuchKey", "AccessDenied", "ThrottlingException"]),
        prop::sample::select(vec![Value::Null, json!("vpce-0123456789abcdef0")]),
    )
        .prop_map(|(arns, region, role, error, endpoint)| {
            let arns: Vec<Value> = arns.into_iter().map(|arn| json!({ "ARN": arn })).collect();
            let identity = match role {
                "user/u" | "user/v" => json!({
                    "type": "IAMUser", "arn": format!("arn:aws:iam::111122223333:{role}"),
                    "accountId": "111122223333", "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
                }),
                _ => json!({
                    "type": "AssumedRole", "principalId": "AROAEXAMPLEEXAMPLE:session",
                    "arn": format!("arn:aws:sts::111122223333:assumed-role/{role}/s"),
                    "accountId": "111122223333", "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
                    "sessionContext": {"sessionIssuer": {"type": "Role",
                        "arn": format!("arn:aws:iam::111122223333:role/{role}")}},
                }),
            };
            json!({
                "userIdentity": identity,
                "awsRegion": region, "errorCode": error, "resources": arns, "vpcEndpointId": endpoint,
            })
        })
}

/// What a record says beside the request, in forms that AWS writes and in others.
fn beside() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        Value::Null,
        json!({}),
        json!({"SignatureVersion": "SigV4", "bytesTransferredIn": 7}),
        json!({"callWithBearerToken": true}),
        json!({"callWithBearerToken": true, "bytesTransferredIn": 8}),
        json!({"x": {"callWithBearerToken": true}, "CallWithBearerToken": "True"}),
        json!({"callWithBearerToken": [false, true]}),
        json!({"callWithBearerToken": false}),
        json!({"callWithBearerToken": null, "knowledgeBaseId": "a"}),
        json!({"callWithBearerToken": {"true": true}}),
        json!([{"callWithBearerToken": true}]),
        json!("callWithBearerToken"),
    ])
}

/// What AWS says when it refuses.
const MESSAGES: [&str; 4] = [
    "User: u is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::a/b because no policy allows it",
    "User: u is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::c/d because no policy allows it",
    "User: u is not authorized to perform: kms:Decrypt on resource: a because no policy allows it",
    "no",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_usage_is_the_same_with_and_without_the_memory(
        requests in prop::collection::vec(request(), 400),
        few in prop::sample::select(vec![6, 400]),
        places in prop::collection::vec(circumstances(), 3),
        besides in prop::collection::vec(beside(), 3),
        calls in prop::collection::vec(prop::array::uniform3(any::<prop::sample::Index>()), 200..800),
        settings in (prop::sample::select(vec![3, 1_000]), any::<bool>()),
    ) {
        let mut records: Vec<Value> = calls.iter().enumerate().map(|(i, [request, place, beside])| {
            // Where half of the requests come from a few, they repeat themselves; else they are only alike.
            let mut record = request.get(if i % 2 == 0 { &requests[..few] } else { &requests }).clone();
            let members = record.as_object_mut().expect("an object");
            members.extend(place.get(&places).as_object().expect("an object").clone());
            members.insert("additionalEventData".to_owned(), beside.get(&besides).clone());
            if record["errorCode"] == "AccessDenied" {
                record["errorMessage"] = MESSAGES[i / 2 % MESSAGES.len()].into();
            }
            record["eventID"] = format!("00000000-0000-4000-a000-{i:012}").into();
            record
        }).collect();
        // Some come twice, at once or later.
        let copies: Vec<Value> = records.iter().step_by(11).cloned().collect();
        records.extend(copies);
        for i in (6..records.len()).step_by(7) {
            records[i] = records[i - 1].clone();
        }
        let text = json!({ "Records": records }).to_string();
        let (with, without) = (usage(&text, settings, true), usage(&text, settings, false));
        prop_assert_eq!(with.rows(), without.rows());
        prop_assert_eq!(with.unmapped(), without.unmapped());
        // What was counted is remembered too: merged with itself, a usage that knows its events stays what it is.
        let mut twice = with.clone();
        twice.merge(&without);
        prop_assert!(!settings.1 || twice.rows() == with.rows());
        prop_assert_eq!(with.tally, without.tally);
    }
}

#[test]
fn an_arn_that_the_log_names_is_looked_at_though_the_shape_is_known() {
    let access_point = "arn:aws:s3:eu-west-1:111122223333:accesspoint/a/object/k70";
    let records: Vec<Value> = (0..100)
        .map(|i| {
            let arn = if i == 70 { access_point.to_owned() } else { format!("arn:aws:s3:::b/k{i}") };
            json!({
                "eventVersion": "1.11", "eventType": "AwsApiCall", "eventTime": "2026-10-01T07:00:00Z",
                "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "awsRegion": "eu-west-1",
                "eventID": format!("00000000-0000-4000-a000-{i:012}"),
                "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/u",
                    "accountId": "111122223333"},
                "requestParameters": {"bucketName": "b", "key": format!("k{i}")}, "resources": [{"ARN": arn}],
            })
        })
        .collect();
    let text = json!({ "Records": records }).to_string();
    let rows = usage(&text, (1_000, false), true).rows();
    assert_eq!(rows, usage(&text, (1_000, false), false).rows());
    assert!(rows.iter().any(|row| row.resource.as_str() == access_point));
}

/// Sixteen rows are the most of a call that is remembered: they wait beside fifteen others that nearly fill a shard.
#[test]
fn calls_with_many_rows_are_counted_as_without_memory() {
    let tables = |from: usize| -> Value {
        (from..from + 16)
            .map(|number| (format!("t{number}"), json!({ "keys": [] })))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let record = |number: usize| {
        let (name, parameters) = match number % 3 {
            0 => ("BatchGetItem", json!({ "requestItems": tables(number % 2) })),
            _ => ("GetItem", json!({ "tableName": format!("t{}", number % 5) })),
        };
        json!({
            "eventVersion": "1.11", "eventTime": "2026-10-01T12:00:00Z", "eventSource": "dynamodb.amazonaws.com",
            "eventName": name, "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
            "eventID": format!("id-{}", number % 1_500), "eventType": "AwsApiCall", "requestParameters": parameters,
            "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/u", "accountId": "111122223333" },
        })
    };
    let records = json!({ "Records": (0..2_000).map(record).collect::<Vec<_>>() }).to_string();
    for settings in [(1_000, false), (1_000, true), (3, false)] {
        let (with, without) = (usage(&records, settings, true), usage(&records, settings, false));
        assert_eq!(with.rows(), without.rows());
        assert_eq!(
            (with.tally.events, with.tally.duplicates),
            (without.tally.events, without.tally.duplicates)
        );
        assert_eq!(with.tally.events + with.tally.duplicates, 2_000);
    }
}

/// The first calls teach how calls of the kind are remembered, as a whole or by their shape; then some say that an API key
/// was used.
#[test]
fn what_is_said_beside_a_request_is_looked_at_though_the_call_is_known() {
    for ids in [1, 200] {
        let records: Vec<Value> = (0..200)
            .map(|i| {
                let beside = json!({"callWithBearerToken": i % 3 == 0 && i > 60, "bytesTransferredOut": i});
                json!({
                    "eventVersion": "1.11", "eventType": "AwsApiCall", "eventTime": "2026-10-01T07:00:00Z",
                    "eventSource": "bedrock.amazonaws.com", "eventName": "CreateDataSource",
                    "eventID": format!("00000000-0000-4000-a000-{i:012}"), "awsRegion": "eu-west-1",
                    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/u",
                        "accountId": "111122223333"},
                    "requestParameters": {"knowledgeBaseId": format!("KB{}", i % ids)},
                    "additionalEventData": beside,
                })
            })
            .collect();
        let text = json!({ "Records": records }).to_string();
        let rows = usage(&text, (1_000, false), true).rows();
        assert_eq!(rows, usage(&text, (1_000, false), false).rows());
        let with_key = rows.iter().filter(|row| &*row.action == "bedrock:CallWithBearerToken");
        assert_eq!(
            with_key.map(|row| row.count).sum::<u64>(),
            (61..200).filter(|i| i % 3 == 0).count() as u64
        );
    }
}

/// Sessions of one role with and without a source identity, which the next session inherits.
#[test]
fn a_source_identity_is_set_in_the_next_session() {
    let record = |i: u32| {
        let mut session = json!({"sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE",
            "arn": "arn:aws:iam::111122223333:role/a", "accountId": "111122223333", "userName": "a"}});
        if i.is_multiple_of(3) {
            session["sourceIdentity"] = "jane".into();
        }
        json!({
            "eventVersion": "1.11", "eventType": "AwsApiCall", "eventTime": "2026-10-01T07:00:00Z",
            "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "awsRegion": "eu-west-1",
            "eventID": format!("00000000-0000-4000-a000-{i:012}"), "recipientAccountId": "111122223333",
            "userIdentity": {"type": "AssumedRole", "principalId": "AROAEXAMPLE:s", "accessKeyId": "ASIAEXAMPLE",
                "arn": "arn:aws:sts::111122223333:assumed-role/a/s", "accountId": "111122223333",
                "sessionContext": session},
            "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/b", "roleSessionName": "t"},
        })
    };
    let text = json!({ "Records": (0..99).map(record).collect::<Vec<_>>() }).to_string();
    for remembers in [true, false] {
        let rows = usage(&text, (1_000, false), remembers).rows();
        let of = |action: &str| -> Vec<(String, u64)> {
            let rows = rows.iter().filter(|row| &*row.action == action);
            rows.map(|row| (row.principal.to_string(), row.count)).collect()
        };
        let role = "arn:aws:iam::111122223333:role/a".to_owned();
        assert_eq!(of("sts:AssumeRole"), [(role.clone(), 99)]);
        assert_eq!(of("sts:SetSourceIdentity"), [(role, 33)]);
    }
}
