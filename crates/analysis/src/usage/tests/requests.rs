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
