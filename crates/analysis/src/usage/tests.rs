//! Records in, rows out.

use super::{
    Collector, INSTANCE_PROFILE, Outcome, Resource, Settings, Shared, Usage, UsageRow, WITHOUT_PATH,
};
use crate::audit_log::Reader;
use leastwise_catalog::Catalog;
use leastwise_catalog::call::{Planner, Rules};
use proptest::prelude::*;
use serde_json::{Value, json};

mod recorded;
mod requests;

fn shared(settings: Settings) -> Shared<'static> {
    Shared::new(Planner::new(Catalog::embedded(), Rules::embedded()), settings)
}

mod whose;

/// The usage of records that one worker reads, given what all workers share.
fn collect(shared: &Shared<'_>, records: &[Value]) -> Usage {
    let mut collector = Collector::new(shared);
    let text = json!({ "Records": records }).to_string();
    Reader::new().push(text.as_bytes(), true, &mut collector);
    collector.finish()
}

fn usage(records: &[Value]) -> Usage {
    collect(&shared(Settings::default()), records)
}

fn event(id: u32, name: &str, parameters: Value) -> Value {
    json!({
        "eventVersion": "1.11", "eventType": "AwsApiCall", "eventCategory": "Management",
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/app/s",
            "accountId": "111122223333", "sessionContext": {"sessionIssuer": {"type": "Role",
            "arn": "arn:aws:iam::111122223333:role/svc/app"}}},
        "eventTime": format!("2026-10-{:02}T07:{:02}:00Z", 1 + id % 28, id % 60),
        "eventSource": "s3.amazonaws.com", "eventName": name, "awsRegion": "eu-west-1",
        "eventID": format!("00000000-0000-4000-a000-{id:012}"),
        "requestParameters": parameters, "responseElements": null, "recipientAccountId": "111122223333",
    })
}

fn with(mut event: Value, member: &str, value: Value) -> Value {
    event[member] = value;
    event
}

fn get(id: u32, key: &str) -> Value {
    event(id, "GetObject", json!({"bucketName": "b", "key": key}))
}

/// (action, resource, outcome, count) of every row.
fn short(rows: &[UsageRow]) -> Vec<(&str, &str, Outcome, u64)> {
    rows.iter().map(|row| (&*row.action, row.resource.as_str(), row.outcome, row.count)).collect()
}

#[test]
fn a_role_session_counts_for_its_role_with_the_path() {
    let rows = usage(&[get(1, "k")]).rows();
    assert_eq!(rows[0].principal, "arn:aws:iam::111122223333:role/svc/app");
    assert_eq!(short(&rows), [("s3:GetObject", "arn:aws:s3:::b/k", Outcome::Used, 1)]);
    assert_eq!(rows[0].context.get("aws:RequestedRegion").unwrap(), ["eu-west-1"]);
}

#[test]
fn wildcards_in_a_key_are_characters_of_the_key() {
    for key in ["*", "a:*", "a?b", "${x}", "arn:aws:s3:::victim/0"] {
        let rows = usage(&[get(1, key)]).rows();
        assert_eq!(rows[0].resource, Resource::Exact(format!("arn:aws:s3:::b/{key}")), "{key}");
    }
    let rows = usage(&[event(1, "PutObject", json!({"bucketName": "b", "key": ""}))]).rows();
    assert_eq!(rows[0].resource, Resource::Pattern("arn:aws:s3:::b/*".into()));
}

#[test]
fn an_alias_stands_for_the_access_point_that_the_log_names() {
    let alias = "data-aqfqprnstn7aefdfbarligizwgyfouse1a-s3alias";
    let call = |id, resources: Value| {
        with(event(id, "GetObject", json!({"bucketName": alias, "key": "k"})), "resources", resources)
    };
    let object = json!({"type": "AWS::S3::Object", "ARN": format!("arn:aws:s3:::{alias}/k")});
    let point =
        json!({"type": "AWS::S3::AccessPoint", "ARN": "arn:aws:s3:eu-west-1:444455556666:accesspoint/data"});
    let named = usage(&[call(1, json!([object, point]))]).rows();
    let resource = "arn:aws:s3:eu-west-1:444455556666:accesspoint/data/object/k";
    assert_eq!(short(&named), [("s3:GetObject", resource, Outcome::Used, 1)]);
    assert_eq!(named[0].resource, Resource::Exact(resource.into()));
    let unnamed = usage(&[call(1, json!([object]))]).rows();
    let pattern = "arn:aws:s3:eu-west-1:111122223333:accesspoint/data*/object/k";
    assert_eq!(unnamed[0].resource, Resource::Pattern(pattern.into()));
}

#[test]
fn the_role_of_a_profile_is_not_known_and_its_service_has_two_names_in_china() {
    let run = |region: &str, partition: &str| {
        let mut run = event(1, "RunInstances", json!({"iamInstanceProfile": {"name": "web"}}));
        run["eventSource"] = json!("ec2.amazonaws.com");
        run["awsRegion"] = json!(region);
        run["userIdentity"]["arn"] = json!(format!("arn:{partition}:sts::111122223333:assumed-role/app/s"));
        usage(&[run]).rows().into_iter().find(|row| &*row.action == "iam:PassRole").expect("a role is passed")
    };
    let (here, china) = (run("eu-west-1", "aws"), run("cn-north-1", "aws-cn"));
    assert_eq!(here.resource, Resource::Pattern("arn:aws:iam::111122223333:role/*".into()));
    assert_eq!(here.context.get("iam:PassedToService").unwrap(), ["ec2.amazonaws.com"]);
    assert_eq!(china.resource, Resource::Pattern("arn:aws-cn:iam::111122223333:role/*".into()));
    assert_eq!(china.context.get("iam:PassedToService"), None);
}

/// The texts of a key of ours in the rows of one call, by action.
fn of_key(source: &str, name: &str, parameters: Value, key: &str) -> Vec<(String, String, String)> {
    let source = json!(format!("{source}.amazonaws.com"));
    let rows = usage(&[with(event(1, name, parameters), "eventSource", source)]).rows();
    let told = rows.iter().filter_map(|row| {
        let [value] = row.context.get(key)? else { return None };
        Some((row.action.clone(), row.resource.as_str().to_owned(), value.clone()))
    });
    told.collect()
}

#[test]
fn the_instance_profile_that_is_passed_is_told_by_its_arn() {
    let passed = |source: &str, name: &str, parameters: Value| {
        let told = of_key(source, name, parameters, INSTANCE_PROFILE);
        assert!(told.len() < 2 && told.iter().all(|(action, ..)| action == "iam:PassRole"), "{told:?}");
        told.into_iter().next().map(|(_, resource, profile)| (resource, profile))
    };
    let every = "arn:aws:iam::111122223333:role/*".to_owned();
    let plain = "arn:aws:iam::111122223333:instance-profile/web".to_owned();
    let arn = "arn:aws:iam::111122223333:instance-profile/nodes/web".to_owned();
    for named in [json!({"name": "web"}), json!({"arn": arn})] {
        let expected =
            Some((every.clone(), if named.get("arn").is_some() { arn.clone() } else { plain.clone() }));
        let parameters = json!({"iamInstanceProfile": named});
        for call in ["RunInstances", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"] {
            assert_eq!(passed("ec2", call, parameters.clone()), expected, "{call}");
        }
        let wrapped = json!({"AssociateIamInstanceProfileRequest": {"IamInstanceProfile": named}});
        assert_eq!(passed("ec2", "AssociateIamInstanceProfile", wrapped), expected);
        let spot = json!({ "launchSpecification": parameters });
        assert_eq!(passed("ec2", "RequestSpotInstances", spot), expected);
    }
    for named in ["web", &arn] {
        let expected = Some((every.clone(), if named == "web" { plain.clone() } else { arn.clone() }));
        let parameters = json!({ "iamInstanceProfile": named });
        assert_eq!(passed("autoscaling", "CreateLaunchConfiguration", parameters), expected);
        let parameters = json!({"computeResources": {"instanceRole": named}});
        assert_eq!(passed("batch", "CreateComputeEnvironment", parameters), expected);
        assert_eq!(passed("elasticmapreduce", "RunJobFlow", json!({ "jobFlowRole": named })), expected);
    }
    assert_eq!(passed("ec2", "RunInstances", json!({})), None);
}

#[test]
fn a_name_without_its_path_is_told_unless_the_call_makes_it_or_says_the_arn() {
    let told = |source: &str, name: &str, parameters: Value| {
        let told = of_key(source, name, parameters, WITHOUT_PATH);
        told.into_iter().map(|(action, resource, _)| format!("{action} {resource}")).collect::<Vec<_>>()
    };
    let role = "arn:aws:iam::111122223333:role/r";
    let got = ["iam:GetRole arn:aws:iam::111122223333:role/r"];
    assert_eq!(told("iam", "GetRole", json!({"roleName": "r"})), got);
    assert_eq!(told("iam", "GetRole", json!({ "roleName": role })), [""; 0]);
    assert_eq!(told("iam", "GetRole", json!({"roleName": "AWSServiceRoleForBatch"})), [""; 0]);
    assert_eq!(told("iam", "CreateRole", json!({"roleName": "r"})), [""; 0], "its path is `/`");
    assert_eq!(told("iam", "CreateRole", json!({"roleName": "r", "path": "/a/", "tags": []})), [""; 0]);
    assert_eq!(told("iam", "CreateUser", json!({"userName": "u", "tags": [{"key": "k"}]})), [""; 0]);
    let renamed = [
        "iam:UpdateUser arn:aws:iam::111122223333:user/u",
        "iam:UpdateUser arn:aws:iam::111122223333:user/v",
    ];
    assert_eq!(told("iam", "UpdateUser", json!({"userName": "u", "newUserName": "v"})), renamed);
    let passed = ["iam:PassRole arn:aws:iam::111122223333:role/r"];
    assert_eq!(told("glue", "CreateJob", json!({"name": "j", "role": "r"})), passed);
    assert_eq!(told("glue", "CreateJob", json!({"name": "j", "role": role})), [""; 0]);
    assert_eq!(told("ec2", "ExportImage", json!({"roleName": "r"})), passed);
    assert_eq!(told("lambda", "CreateFunction20150331", json!({"functionName": "f", "role": role})), [""; 0]);
}

#[test]
fn what_a_call_may_have_needed_is_unknown_and_names_the_table_of_the_log() {
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/Music";
    let statement = |id, parameters: Value| {
        let event = with(event(id, "ExecuteStatement", parameters), "resources", json!([{"ARN": table}]));
        with(event, "eventSource", json!("dynamodb.amazonaws.com"))
    };
    let hidden = usage(&[statement(1, Value::Null)]).rows();
    let verbs = ["Delete", "Insert", "Select", "Update"].map(|verb| format!("dynamodb:PartiQL{verb}"));
    assert_eq!(short(&hidden), verbs.each_ref().map(|verb| (verb.as_str(), table, Outcome::Unknown, 1)));
    let shown = usage(&[statement(1, json!({"statement": "SELECT * FROM Music"}))]).rows();
    assert_eq!(short(&shown), [(&*verbs[2], table, Outcome::Used, 1)]);
}

#[test]
fn every_case_of_the_rule_tables_holds_through_the_reader() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog/tests/calls");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for case in cases {
            let mut record = event(1, "", Value::Null);
            for (member, value) in case["event"].as_object().unwrap() {
                record[member] = value.clone();
            }
            let rows = usage(&[record]).rows();
            // A case writes `? ` before what the call only may have needed.
            let perhaps = |row: &UsageRow| if row.outcome == Outcome::Unknown { "? " } else { "" };
            let short =
                |row: &UsageRow| json!([format!("{}{}", perhaps(row), row.action), row.resource.as_str()]);
            let mut found: Vec<Value> = rows.iter().map(short).collect();
            let mut expected = case["needs"].as_array().unwrap().clone();
            found.sort_by_key(Value::to_string);
            found.dedup();
            expected.sort_by_key(Value::to_string);
            assert_eq!(found, expected, "{}: {}", file.display(), case["name"]);
        }
    }
}

#[test]
fn the_outcome_tells_what_an_error_says_about_the_permission() {
    let failed = |code: &str| with(get(1, "k"), "errorCode", json!(code));
    for (code, outcome) in [
        ("NoSuchKey", Outcome::Failed),
        ("AccessDenied", Outcome::Denied),
        ("Client.UnauthorizedOperation", Outcome::Denied),
        ("ThrottlingException", Outcome::Unknown),
    ] {
        assert_eq!(usage(&[failed(code)]).rows()[0].outcome, outcome, "{code}");
    }
}

#[test]
fn an_error_inside_the_response_counts() {
    let event =
        with(get(1, "k"), "responseElements", json!({"errorCode": "AccessDenied", "errorMessage": "no"}));
    assert_eq!(usage(&[event]).rows()[0].outcome, Outcome::Denied);
}

#[test]
fn a_refusal_is_one_whatever_code_it_is_wrapped_in() {
    let message =
        "User: x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/r";
    let mut wrapped =
        with(event(1, "PutBucketReplication", json!({"bucketName": "b"})), "errorMessage", json!(message));
    assert_eq!(usage(std::slice::from_ref(&wrapped)).rows()[0].outcome, Outcome::Denied, "without a code");
    wrapped["errorCode"] = json!("InvalidRequest");
    let rows = usage(&[wrapped]).rows();
    assert_eq!(short(&rows), [("iam:PassRole", "arn:aws:iam::111122223333:role/r", Outcome::Denied, 1)]);
}

#[test]
fn an_error_code_that_cannot_be_read_is_no_evidence() {
    let shared = shared(Settings::default());
    let mut collector = Collector::new(&shared);
    let text = json!({"Records": [with(get(1, "k"), "errorCode", json!("CODE"))]}).to_string();
    let text: Vec<u8> = text.replace("CODE", "\\q").into_bytes();
    Reader::new().push(&text, true, &mut collector);
    assert_eq!(collector.finish().rows()[0].outcome, Outcome::Unknown);
}

#[test]
fn a_refusal_counts_as_its_message_says() {
    let event = with(event(1, "PutObject", Value::Null), "errorCode", json!("AccessDenied"));
    let message =
        "User: x is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::b/k\" because …";
    let rows = usage(&[with(event, "errorMessage", json!(message))]).rows();
    assert_eq!(short(&rows), [("s3:PutObject", "arn:aws:s3:::b/k", Outcome::Denied, 1)]);
}

#[test]
fn the_same_event_twice_counts_once() {
    let usage = usage(&[get(1, "k"), get(2, "k"), get(1, "k")]);
    assert_eq!(short(&usage.rows())[0].3, 2);
    assert_eq!((usage.tally.records, usage.tally.events, usage.tally.duplicates), (3, 2, 1));
}

#[test]
fn what_was_saved_is_known_again_wherever_it_was() {
    let everywhere = (0..60).map(|id| {
        let account = 111122223333u64 + u64::from(id % 5);
        let mut event = get(id, "k");
        event["awsRegion"] = json!(["eu-west-1", "us-east-1", "cn-north-1", ""][id as usize % 4]);
        event["recipientAccountId"] = json!(account.to_string());
        event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] =
            json!(format!("arn:aws:iam::{}:role/app", account + u64::from(id % 3)));
        match id % 6 {
            0 => with(event, "errorCode", json!("AccessDenied")),
            1 => with(event, "vpcEndpointId", json!("vpce-1")),
            2 => with(event, "eventName", json!("GetObjectOfTheFuture")),
            _ => event,
        }
    });
    let everywhere: Vec<Value> = everywhere.collect();
    let settings = || Settings { keep_fingerprints: true, ..Settings::default() };
    let saved = collect(&shared(settings()), &everywhere);
    assert_eq!((saved.tally.events, saved.tally.duplicates), (60, 0));
    let knows = shared(settings());
    knows.remember(&Usage::load(&saved.save()).unwrap());
    let again = collect(&knows, &everywhere);
    assert_eq!((again.tally.events, again.tally.duplicates), (0, 60));
}

#[test]
fn an_event_that_nobody_knows_is_reported_and_granted_to_nobody() {
    let usage = usage(&[event(1, "GetObjectOfTheFuture", json!({}))]);
    assert_eq!(usage.rows(), []);
    assert_eq!(usage.unmapped()[0].event, "s3:GetObjectOfTheFuture");
}

#[test]
fn calls_of_services_and_calls_that_need_nothing_are_nobodys_usage() {
    let service =
        with(get(1, "k"), "userIdentity", json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}));
    let identity =
        with(event(2, "GetCallerIdentity", Value::Null), "eventSource", json!("sts.amazonaws.com"));
    let signin = with(get(3, "k"), "eventType", json!("AwsConsoleSignIn"));
    let usage = usage(&[service, identity, signin]);
    assert_eq!(usage.rows(), []);
    assert_eq!(usage.tally.left_out.values().sum::<u64>(), 3);
}

#[test]
fn a_statement_of_the_data_api_is_a_call_though_its_type_has_a_name_of_its_own() {
    let cluster = "arn:aws:rds:eu-west-1:111122223333:cluster:orders";
    let statement = event(1, "ExecuteStatement", json!({"resourceArn": cluster, "sql": "**********"}));
    let statement = with(statement, "eventSource", json!("rdsdataapi.amazonaws.com"));
    let rows = usage(&[with(statement, "eventType", json!("Rds Data Service"))]).rows();
    assert_eq!(short(&rows), [("rds-data:ExecuteStatement", cluster, Outcome::Used, 1)]);
}

#[test]
fn an_entry_without_a_bus_goes_to_the_default_one() {
    let entries = json!({"entries": [{"eventBusName": "bus", "source": "x"}, {"source": "y"}]});
    let put = with(event(1, "PutEvents", entries), "eventSource", json!("events.amazonaws.com"));
    let rows = usage(&[put]).rows();
    let buses: Vec<&str> = short(&rows).iter().map(|row| row.1.rsplit('/').next().unwrap()).collect();
    assert_eq!(buses, ["bus", "default"]);
}

#[test]
fn a_call_through_another_service_says_so() {
    let mut kms = with(event(1, "Decrypt", json!({})), "eventSource", json!("kms.amazonaws.com"));
    kms["userIdentity"]["invokedBy"] = json!("secretsmanager.amazonaws.com");
    kms["resources"] = json!([{"ARN": "arn:aws:kms:eu-west-1:111122223333:key/k", "type": "AWS::KMS::Key"}]);
    let rows = usage(&[kms]).rows();
    assert_eq!(short(&rows)[0].1, "arn:aws:kms:eu-west-1:111122223333:key/k");
    assert_eq!(rows[0].context.get("kms:ViaService").unwrap(), ["secretsmanager.eu-west-1.amazonaws.com"]);
}

#[test]
fn kms_is_said_to_be_asked_through_services_that_it_knows_and_for_keys_alone() {
    let through = |name: &str, invoked_by: &str| {
        let mut kms = with(event(1, name, json!({})), "eventSource", json!("kms.amazonaws.com"));
        kms["userIdentity"]["invokedBy"] = json!(invoked_by);
        kms["resources"] =
            json!([{"ARN": "arn:aws:kms:eu-west-1:111122223333:key/k", "type": "AWS::KMS::Key"}]);
        usage(&[kms]).rows()[0].context.get("kms:ViaService").map(<[String]>::to_vec)
    };
    let ec2 = Some(vec!["ec2.eu-west-1.amazonaws.com".to_owned()]);
    assert_eq!(through("GenerateDataKeyWithoutPlaintext", "ec2-frontend-api.amazonaws.com"), ec2);
    assert_eq!(through("EnableKeyRotation", "cloudformation.amazonaws.com"), None);
    assert_eq!(through("Decrypt", "AWS Internal"), None);
    for name in ["CreateKey", "ListAliases"] {
        assert_eq!(through(name, "ec2.amazonaws.com"), None, "{name}");
    }
}

#[test]
fn a_key_is_left_and_the_other_taken_when_something_is_encrypted_again() {
    let arn = |key: &str| format!("arn:aws:kms:eu-west-1:111122223333:key/{key}");
    let again = |id: u32, parameters: Value, keys: &[&str]| {
        let mut kms = with(event(id, "ReEncrypt", parameters), "eventSource", json!("kms.amazonaws.com"));
        kms["resources"] = keys.iter().map(|key| json!({"ARN": arn(key), "type": "AWS::KMS::Key"})).collect();
        kms
    };
    let found = |events: &[Value]| {
        let rows = usage(events).rows();
        short(&rows).iter().map(|row| (row.0.to_owned(), row.1.to_owned())).collect::<Vec<_>>()
    };
    let expected = |from: &str, to: &str| {
        vec![("kms:ReEncryptFrom".to_owned(), arn(from)), ("kms:ReEncryptTo".to_owned(), arn(to))]
    };
    let by_id = again(1, json!({"destinationKeyId": "new"}), &["old", "new"]);
    let by_alias = again(2, json!({"destinationKeyId": "alias/app"}), &["old", "new"]);
    let back = again(3, json!({"destinationKeyId": "alias/app"}), &["new", "old"]);
    assert_eq!(found(std::slice::from_ref(&by_id)), expected("old", "new"));
    assert_eq!(found(std::slice::from_ref(&by_alias)), expected("old", "new"));
    let both = found(&[by_alias, back]);
    assert_eq!(both.len(), 4, "{both:?}");
    // One key alone may be either.
    assert_eq!(found(&[again(4, json!({"destinationKeyId": "new"}), &["new"])]), expected("*", "new"));
    assert_eq!(found(&[again(5, json!({"destinationKeyId": "alias/app"}), &["old"])]), expected("*", "*"));
}

#[test]
fn who_called_for_a_role_is_not_said_since_a_role_of_the_service_looks_the_same() {
    let mut stack = get(1, "k");
    stack["userIdentity"]["invokedBy"] = json!("cloudformation.amazonaws.com");
    let rows = usage(&[stack]).rows();
    for key in ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:ViaAWSService"] {
        assert_eq!(rows[0].context.get(key), None, "{key}");
    }
}

#[test]
fn the_window_and_the_principal_filter_leave_the_rest_out() {
    let settings = Settings {
        since: leastwise_policy::time::Timestamp::parse("2026-10-03"),
        principals: vec![leastwise_policy::glob::Glob::new("*:role/svc/*")],
        ..Settings::default()
    };
    let mut other = get(9, "k");
    other["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] =
        json!("arn:aws:iam::111122223333:role/other");
    let usage = collect(&shared(settings), &[get(1, "k"), get(5, "k"), other]);
    assert_eq!(short(&usage.rows())[0].3, 1);
    assert_eq!((usage.tally.outside_window, usage.tally.other_principals), (1, 1));
}

#[test]
fn too_many_resources_are_folded_and_say_so() {
    let settings = Settings { fold_at: 5, ..Settings::default() };
    let events: Vec<Value> = (0..20).map(|i| get(i, &format!("in/2026/{}/{i}", i % 2))).collect();
    let rows = collect(&shared(settings), &events).rows();
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 20);
    assert!(rows.len() <= 5);
    assert!(
        matches!(&rows[0].resource, Resource::Folded { pattern, .. } if pattern.starts_with("arn:aws:s3:::b/in/2026/"))
    );
}

#[test]
fn an_api_key_is_needed_where_the_record_says_so() {
    let call = |id, name: &str, beside: Value| {
        let call = event(id, name, json!({"modelId": "anthropic.claude-v2"}));
        with(with(call, "eventSource", json!("bedrock.amazonaws.com")), "additionalEventData", beside)
    };
    let key = json!({"callWithBearerToken": true});
    let rows = usage(&[
        call(1, "InvokeModel", key.clone()),
        call(2, "InvokeModel", Value::Null),
        with(call(3, "InvokeModel", key.clone()), "errorCode", json!("ThrottlingException")),
    ])
    .rows();
    let model = "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-v2";
    assert_eq!(
        short(&rows),
        [
            ("bedrock:CallWithBearerToken", "*", Outcome::Used, 1),
            ("bedrock:CallWithBearerToken", "*", Outcome::Unknown, 1),
            ("bedrock:InvokeModel", model, Outcome::Used, 2),
            ("bedrock:InvokeModel", model, Outcome::Unknown, 1),
        ]
    );
    // What is on top of every call does not make a call known.
    let usage = usage(&[call(4, "NoSuchOperation", json!({"callWithBearerToken": false}))]);
    assert_eq!(usage.unmapped().len(), 1);
    assert!(usage.rows().is_empty());
}

#[test]
fn records_of_another_major_version_are_refused() {
    let shared = shared(Settings::default());
    let mut collector = Collector::new(&shared);
    let text = json!({"Records": [with(get(1, "k"), "eventVersion", json!("2.0"))]}).to_string();
    Reader::new().push(text.as_bytes(), true, &mut collector);
    assert!(collector.take_problems()[0].reason.contains("eventVersion `2.0`"));
    assert_eq!(collector.finish().rows(), []);
}

#[test]
fn a_saved_usage_that_was_changed_is_refused() {
    let saved = usage(&[get(1, "k")]).save();
    assert_eq!(Usage::load(&saved).unwrap().rows(), usage(&[get(1, "k")]).rows());
    let mut alike = 0;
    for at in 0..saved.len() {
        let mut changed = saved.clone();
        changed[at] ^= 1;
        // A copy from elsewhere in the text can be of the same bytes: what is unpacked counts.
        if let Ok(same) = Usage::load(&changed) {
            assert_eq!(same.save(), saved, "byte {at}");
            alike += 1;
        }
        assert!(Usage::load(&saved[..at]).is_err(), "cut at {at}");
    }
    assert!(alike <= 3, "{alike} of {} bytes do not count", saved.len());
}

#[test]
fn who_made_only_calls_that_leave_no_row_was_there() {
    let calls = [
        (1, "GetCallerIdentity", "sts.amazonaws.com"),
        (2, "GetObjectOfTheFuture", "s3.amazonaws.com"),
        (3, "SharedSnapshotCopyInitiated", "ec2.amazonaws.com"),
        (44, "GetCallerIdentity", "sts.amazonaws.com"),
    ];
    let calls = calls.map(|(id, name, source)| {
        by(&id.to_string(), with(event(id, name, Value::Null), "eventSource", json!(source)))
    });
    let expected = ["1", "2", "3"].map(|name| format!("arn:aws:iam::111122223333:role/{name}"));
    let principals = vec![leastwise_policy::glob::Glob::new("*role/?")];
    let usage = collect(&shared(Settings { principals, ..Settings::default() }), &calls);
    assert_eq!((usage.rows(), usage.principals()), (vec![], expected.to_vec()));
    assert_eq!(usage.table.principals.len(), 3, "nobody else is named in what is saved");
    assert!(usage.has_rows(|name| name.ends_with('2')) && !usage.has_rows(|name| name.ends_with('1')));
    assert_eq!(Usage::load(&usage.save()).unwrap().principals(), expected);
    assert_eq!(usage.spans().map(|(first, _)| first.to_string()).max().unwrap(), "2026-10-04T07:03:00Z");
}

fn by(role: &str, mut event: Value) -> Value {
    event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] =
        json!(format!("arn:aws:iam::111122223333:role/{role}"));
    event
}

/// An event of a small world, so that ids, resources and outcomes come again.
fn any_event() -> impl Strategy<Value = Value> {
    (0u32..12, 0usize..4, 0usize..7, 0usize..3).prop_map(|(id, depth, which, who)| {
        let key = ["a", "a/b", "a/b/c/d", "x/y/z/1/2/3/4"][depth].to_owned() + &id.to_string();
        let event = match which {
            0 => get(id, &key),
            1 => with(get(id, &key), "errorCode", json!("AccessDenied")),
            2 => event(id, "ListObjectsV2", json!({"bucketName": format!("b{}", id % 7)})),
            3 => event(id, "GetObjectOfTheFuture", Value::Null),
            4 => with(event(id, "GetCallerIdentity", Value::Null), "eventSource", json!("sts.amazonaws.com")),
            _ => event(id, "PutObject", json!({"bucketName": "b", "key": key})),
        };
        let account = ["111122223333", "444455556666"][id as usize % 2];
        let event = with(with(event, "readOnly", json!(which < 3)), "recipientAccountId", json!(account));
        let category = if depth == 0 { "Data" } else { "Management" };
        by(["app", "other", "team/app"][who], with(event, "eventCategory", json!(category)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn usage_is_the_same_in_any_order_and_any_split(
        events in proptest::collection::vec(any_event(), 1..40),
        cuts in proptest::collection::vec(0usize..40, 0..4),
        reverse: bool, reload: bool, fold_at in 2usize..6, some: bool,
    ) {
        let principals = || some.then(|| leastwise_policy::glob::Glob::new("*app")).into_iter().collect();
        let settings =
            || Settings { fold_at, keep_fingerprints: true, principals: principals(), ..Settings::default() };
        let whole = collect(&shared(settings()), &events);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(events.len())).collect();
        cuts.extend([0, events.len()]);
        cuts.sort_unstable();
        // Parts overlap by one event: what two workers both read is counted once.
        let mut parts: Vec<Usage> = cuts
            .windows(2)
            .map(|cut| collect(&shared(settings()), &events[cut[0].saturating_sub(1)..cut[1]]))
            .collect();
        if reverse {
            parts.reverse();
        }
        let mut merged: Option<Usage> = None;
        for part in parts {
            let part = if reload { Usage::load(&part.save()).unwrap() } else { part };
            match &mut merged {
                Some(merged) => merged.merge(&part),
                None => merged = Some(part),
            }
        }
        let merged = merged.unwrap();
        prop_assert_eq!(merged.rows(), whole.rows());
        prop_assert_eq!(merged.unmapped(), whole.unmapped());
        prop_assert_eq!(merged.principals(), whole.principals());
        prop_assert_eq!(&merged.tally.recorded, &whole.tally.recorded);
        let times = |usage: &Usage| {
            let of = |(id, times)| (usage.table.principals.text(id).to_owned(), times);
            usage.presence.all().map(of).collect::<std::collections::BTreeMap<_, _>>()
        };
        prop_assert_eq!(times(&merged), times(&whole));
    }
}

proptest! {
    #[test]
    fn rows_are_in_the_order_of_their_resources(keys in proptest::collection::btree_set("[a\u{e9}/]{1,12}", 1..12)) {
        let records: Vec<Value> = (0..).zip(keys.iter().rev()).map(|(id, key)| get(id, key)).collect();
        let rows = usage(&records).rows();
        let resources: Vec<_> = rows.iter().map(|row| row.resource.as_str()).collect();
        let wanted: Vec<_> = keys.iter().map(|key| format!("arn:aws:s3:::b/{key}")).collect();
        prop_assert_eq!(resources, wanted);
    }
}
