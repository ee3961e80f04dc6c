//! `leastwise generate --from-denied` as a user runs it.

use serde_json::Value;

use crate::support::{Folder, run, run_with_input};

const OBJECT: &str = "fatal error: An error occurred (AccessDenied) when calling the GetObject operation: User: arn:aws:sts::111122223333:assumed-role/reporting/i-0123456789abcdef0 is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::reports-example/2026/q3.csv\" because no identity-based policy allows the s3:GetObject action\n";
const SCP: &str = "User: arn:aws:iam::111122223333:user/john is not authorized to perform: codecommit:ListRepositories with an explicit deny in a service control policy\n";
const KEY: &str = "User: arn:aws:sts::444455556666:assumed-role/etl/run is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab because no resource-based policy allows the kms:Decrypt action\n";
const POD: &str = "Error from server (Forbidden): pods \"web-0\" is forbidden: User \"system:serviceaccount:shop:worker\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"shop\"\n";
const CLOUD: &str = "403 Permission 'pubsub.topics.publish' denied on resource 'projects/example-project/topics/orders' (or it may not exist).\n";
const AZURE: &str = "The client 'bob@example.com' with object id '00000000-0000-4000-8000-000000000001' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/write' over scope '/subscriptions/00000000-0000-4000-8000-000000000002/resourceGroups/shop/providers/Microsoft.Storage/storageAccounts/shopdata' or the scope is invalid.\n";

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn the_addition_is_what_the_message_names_and_no_more() {
    let folder = Folder::new("denied-addition");
    let text = format!("starting\n{OBJECT}{OBJECT}done\n");
    let done = run_with_input(&folder, &["generate", "--from-denied", "-"], text.as_bytes());
    assert_eq!(done.code, Some(0), "{}", done.err);
    let expected = serde_json::json!({"reporting": {"identity": {"Version": "2012-10-17", "Statement": [{
        "Sid": "GetObjectQ3Csv",
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::reports-example/2026/q3.csv",
    }]}}});
    assert_eq!(json(&done.out), expected);
    assert!(done.err.contains("2 refusals, 1 different; 2 lines without one left aside"), "{}", done.err);
}

#[test]
fn what_another_layer_denies_is_told_and_the_answer_is_no() {
    let folder = Folder::new("denied-layer");
    folder.write("log", format!("{SCP}{OBJECT}"));
    let done = run(&folder, &["generate", "--from-denied", "log"]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(json(&done.out)["reporting"]["identity"].is_object(), "{}", done.out);
    assert!(
        done.err.contains("log:1:7: `codecommit:ListRepositories` is denied by a service control policy"),
        "{}",
        done.err
    );
    assert!(done.err.contains("help: no addition"), "{}", done.err);
    folder.write("log", SCP);
    let done = run(&folder, &["generate", "--from-denied", "log"]);
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{}", done.err);
}

#[test]
fn a_resource_of_another_account_gets_a_statement_for_its_own_policy() {
    let folder = Folder::new("denied-resource");
    let done = run_with_input(&folder, &["generate", "--from-denied", "-"], KEY.as_bytes());
    assert_eq!(done.code, Some(0), "{}", done.err);
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let statement = &json(&done.out)[key]["resource"]["Statement"][0];
    assert_eq!(statement["Principal"]["AWS"], "arn:aws:iam::444455556666:role/etl", "{statement}");
    assert_eq!((&statement["Action"], &statement["Resource"]), (&"kms:Decrypt".into(), &"*".into()));
    assert!(done.err.contains("its own policy must allow `kms:Decrypt` too"), "{}", done.err);
}

#[test]
fn what_a_message_does_not_name_is_asked_for_and_can_be_said() {
    let folder = Folder::new("denied-bind");
    folder.write(
        "log",
        "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied\n",
    );
    let done = run(&folder, &["generate", "--from-denied", "log"]);
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{}", done.err);
    assert!(done.err.contains("--bind s3:ListBucket=arn:aws:…"), "{}", done.err);
    let bind = "s3:ListBucket=arn:aws:s3:::reports-example";
    let done = run(&folder, &["generate", "--from-denied", "log", "--bind", bind, "--name", "reporting"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let statement = &json(&done.out)["reporting"]["identity"]["Statement"][0];
    assert_eq!(statement["Resource"], "arn:aws:s3:::reports-example");
    let wrong = run(&folder, &["generate", "--from-denied", "log", "--bind", "orders=sqs:orders"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.err);
}

#[test]
fn what_is_dangerous_is_warned_of_and_what_is_unknown_is_not_granted() {
    let folder = Folder::new("denied-danger");
    let message = |action: &str, resource: &str| {
        format!(
            "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action\n"
        )
    };
    let text = [
        message("iam:PassRole", "arn:aws:iam::111122223333:role/build"),
        message("iam:AttachRolePolicy", "role build"),
        message("dynamodb:DeleteTable", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"),
        message("ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/*"),
        message("s3:GetObjekt", "arn:aws:s3:::reports-example/a"),
    ];
    let done = run_with_input(&folder, &["generate", "--from-denied", "-"], text.concat().as_bytes());
    assert_eq!(done.code, Some(1), "{}", done.err);
    for part in [
        "limit it with the condition `iam:PassedToService`",
        "`iam:AttachRolePolicy` changes who may do what",
        "`dynamodb:DeleteTable` is destructive",
        "which is a pattern",
        "does not know `s3:GetObjekt`",
        "did you mean `s3:GetObject`?",
    ] {
        assert!(done.err.contains(part), "{part}\n{}", done.err);
    }
    assert!(!done.out.contains("Objekt"), "{}", done.out);
}

#[test]
fn other_platforms_are_answered_in_their_own_form() {
    let folder = Folder::new("denied-others");
    folder.write("log", format!("{POD}{CLOUD}{AZURE}{OBJECT}"));
    let done = run(&folder, &["generate", "--from-denied", "log"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let value = json(&done.out);
    assert!(value["aws"]["reporting"]["identity"].is_object(), "{value:#}");
    let items = &value["kubernetes"]["system:serviceaccount:shop:worker"]["items"];
    assert_eq!((&items[0]["kind"], &items[0]["metadata"]["namespace"]), (&"Role".into(), &"shop".into()));
    let rule = serde_json::json!({"apiGroups": [""], "resources": ["pods/log"], "resourceNames": ["web-0"], "verbs": ["get"]});
    assert_eq!(items[0]["rules"], serde_json::json!([rule]));
    assert_eq!(items[1]["subjects"][0]["kind"], "ServiceAccount");
    let cloud = &value["gcp"]["<principal>"][0];
    assert_eq!(cloud["role"]["includedPermissions"], serde_json::json!(["pubsub.topics.publish"]));
    assert_eq!(cloud["binding"]["resource"], "projects/example-project/topics/orders");
    let azure = &value["azure"]["00000000-0000-4000-8000-000000000001"][0];
    assert_eq!(azure["role"]["Actions"], serde_json::json!(["Microsoft.Storage/storageAccounts/write"]));
    let group = "/subscriptions/00000000-0000-4000-8000-000000000002/resourceGroups/shop";
    assert_eq!(azure["role"]["AssignableScopes"], serde_json::json!([group]));
}

#[test]
fn additions_are_written_in_every_format_for_roles_and_users() {
    let folder = Folder::new("denied-formats");
    let user = OBJECT.replace(
        "sts::111122223333:assumed-role/reporting/i-0123456789abcdef0",
        "iam::111122223333:user/bob",
    );
    folder.write("log", format!("{OBJECT}{user}{KEY}"));
    for (format, name, part) in [
        ("json", "reporting-identity.json", "reports-example"),
        ("terraform", "reporting.tf", "aws_iam_role_policy_attachment"),
        ("terraform", "bob.tf", "aws_iam_user_policy_attachment"),
        ("script", "bob.sh", "aws iam attach-user-policy --user-name 'bob'"),
        ("cloudformation", "reporting.yaml", "AWS::IAM::ManagedPolicy"),
    ] {
        let done = run(&folder, &["generate", "--from-denied", "log", "--format", format, "--out", format]);
        assert_eq!((done.code, done.out.as_str()), (Some(0), ""), "{}", done.err);
        let text = std::fs::read_to_string(folder.0.join(format).join(name)).expect(name);
        assert!(text.contains(part), "{name}\n{text}");
    }
}

#[test]
fn a_text_without_a_refusal_is_an_error_and_writes_nothing() {
    let folder = Folder::new("denied-nothing");
    folder.write("log", "all is well\n");
    let done = run(&folder, &["generate", "--from-denied", "log", "--out", "iam"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(done.err.contains("nothing in `log` is a refusal that is known (1 line)"), "{}", done.err);
    assert!(!folder.0.join("iam").exists());
    let both = run(&folder, &["generate", "--from-denied", "log", "--to", "sqs:send,orders"]);
    assert_eq!(both.code, Some(2), "{}", both.err);
}

#[test]
fn the_trace_names_the_form_of_each_message() {
    let folder = Folder::new("denied-trace");
    folder.write("log", format!("{OBJECT}{SCP}"));
    let done = run(&folder, &["generate", "--from-denied", "log", "--explain"]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(
        done.out.contains("log:2:7: aws codecommit:ListRepositories (denied by a service control policy"),
        "{}",
        done.out
    );
    assert!(done.out.contains("form: https://docs.aws.amazon.com/IAM/"), "{}", done.out);
}
