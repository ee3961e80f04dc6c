//! Whose calls they are, in every partition, and to whom a call passes a role.

use super::*;
use crate::usage::PRINCIPAL_WITHOUT_PATH;

const ROLE: &str = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_01";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_01/bob";
const USER: &str = "arn:aws:iam::111122223333:user/team/bob";
const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/eve";

fn issued(kind: &str, arn: &str) -> Value {
    json!({"sessionIssuer": {"type": kind, "arn": arn, "accountId": "111122223333"}})
}

#[test]
fn each_kind_of_caller_counts_for_whoever_holds_the_permissions() {
    let account = "111122223333";
    let callers = [
        (json!({"type": "IAMUser", "arn": USER, "userName": "bob"}), USER),
        (json!({"type": "AssumedRole", "arn": SESSION, "sessionContext": issued("Role", ROLE)}), ROLE),
        (
            json!({"type": "AssumedRole", "arn": SESSION, "onBehalfOf": {"userId": "u-1"}, "sessionContext": issued("Role", ROLE)}),
            ROLE,
        ),
        (
            json!({"type": "AssumedRole", "arn": SESSION}),
            "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_01",
        ),
        (json!({"type": "FederatedUser", "arn": FEDERATED, "sessionContext": issued("IAMUser", USER)}), USER),
        (json!({"type": "Root", "accountId": account}), "arn:aws:iam::111122223333:root"),
        (
            json!({"type": "IdentityCenterUser", "accountId": account, "onBehalfOf": {"userId": "u-1"}}),
            "arn:aws:identitystore:::user/u-1",
        ),
        (
            json!({"type": "AWSAccount", "accountId": "444455556666", "principalId": "AROAEXAMPLE:s"}),
            "account/444455556666/AROAEXAMPLE",
        ),
    ];
    for (identity, principal) in callers {
        let rows = usage(&[with(get(1, "k"), "userIdentity", identity.clone())]).rows();
        assert_eq!(short(&rows), [("s3:GetObject", "arn:aws:s3:::b/k", Outcome::Used, 1)], "{identity}");
        assert_eq!(rows[0].principal, principal);
        let without_path = identity["type"] == "AssumedRole" && identity.get("sessionContext").is_none();
        assert_eq!(rows[0].context.get(PRINCIPAL_WITHOUT_PATH).is_some(), without_path, "{identity}");
    }
}

#[test]
fn what_nobody_with_permissions_did_is_counted_and_nobodys() {
    let by = |id, identity: Value| with(get(id, "k"), "userIdentity", identity);
    let records = [
        by(1, json!({"type": "SAMLUser", "principalId": "p", "userName": "bob"})),
        by(2, json!({"type": "WebIdentityUser", "principalId": "p", "userName": "bob"})),
        by(3, json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"})),
        by(4, json!({"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"})),
        by(5, Value::Null),
        with(by(6, Value::Null), "eventType", json!("AwsServiceEvent")),
        with(get(7, "k"), "eventType", json!("AwsServiceEvent")),
        with(get(8, "k"), "eventCategory", json!("Insight")),
        with(get(9, "k"), "eventCategory", json!("NetworkActivity")),
        with(get(10, "k"), "eventCategory", json!("Aggregated")),
    ];
    let usage = usage(&records);
    assert_eq!((usage.rows(), usage.principals()), (vec![], vec![]));
    assert_eq!(
        usage.tally.left_out.values().sum::<u64>(),
        records.len() as u64,
        "{:?}",
        usage.tally.left_out
    );
}

#[test]
fn the_partition_is_that_of_the_event() {
    let regions = [
        ("aws-cn", "cn-north-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-eusc", "eusc-de-east-1"),
        ("aws-iso-b", "us-isob-east-1"),
        ("aws", "eu-west-1"),
    ];
    for (partition, region) in regions {
        let there = |arn: &str| arn.replace("arn:aws:", &format!("arn:{partition}:"));
        let role = json!({"type": "AssumedRole", "arn": there(SESSION), "sessionContext": issued("Role", &there(ROLE))});
        // One whose record has no ARN to tell it by.
        let person = json!({"type": "IdentityCenterUser", "accountId": "111122223333", "onBehalfOf": {"userId": "u-1"}});
        for (identity, principal) in
            [(role, there(ROLE)), (person, there("arn:aws:identitystore:::user/u-1"))]
        {
            let record = with(with(get(1, "k"), "awsRegion", json!(region)), "userIdentity", identity);
            let rows = usage(&[record]).rows();
            assert_eq!(short(&rows)[0].1, there("arn:aws:s3:::b/k"));
            assert_eq!(rows[0].principal, principal);
        }
    }
}

#[test]
fn a_role_is_passed_to_the_service_that_will_have_it() {
    let role = "arn:aws:iam::111122223333:role/svc/r";
    let calls = [
        ("lambda", "CreateFunction20150331", json!({"functionName": "f", "role": role}), "lambda"),
        ("ecs", "RegisterTaskDefinition", json!({"family": "f", "taskRoleArn": role}), "ecs-tasks"),
        ("glue", "CreateJob", json!({"name": "j", "role": role}), "glue"),
        ("sagemaker", "CreateTrainingJob", json!({"trainingJobName": "j", "roleArn": role}), "sagemaker"),
        (
            "s3",
            "PutBucketReplication",
            json!({"bucketName": "b", "ReplicationConfiguration": {"Role": role}}),
            "s3",
        ),
    ];
    for (source, name, parameters, service) in calls {
        let passed = of_key(source, name, parameters, "iam:PassedToService");
        let to = format!("{service}.amazonaws.com");
        assert_eq!(passed, [("iam:PassRole".to_owned(), role.to_owned(), to)], "{name}");
    }
}

#[test]
fn tags_at_creation_say_what_creates() {
    let tagged = json!({"tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": [{"key": "a", "value": "b"}]}]}});
    let told = of_key("ec2", "RunInstances", tagged, "ec2:CreateAction");
    let instances = "arn:aws:ec2:eu-west-1:111122223333:instance/*";
    assert_eq!(told, [("ec2:CreateTags".to_owned(), instances.to_owned(), "RunInstances".to_owned())]);
}

/// IAM Roles Anywhere hides keys and values, other services values alone.
#[test]
fn tags_that_are_hidden_are_no_conditions() {
    let hidden = "HIDDEN_DUE_TO_SECURITY_REASONS";
    let told = |tags: Value, key: &str| {
        let made = event(1, "CreateProfile", json!({"name": "p", "tags": tags}));
        let rows = usage(&[with(made, "eventSource", json!("rolesanywhere.amazonaws.com"))]).rows();
        rows.iter().flat_map(|row| row.context.get(key).unwrap_or_default().to_vec()).collect::<Vec<_>>()
    };
    let keys = |tags: Value| told(tags, "aws:TagKeys");
    assert_eq!(keys(json!([{"key": hidden, "value": hidden}])), [""; 0]);
    assert_eq!(keys(json!([{"key": "team", "value": "a"}, {"key": hidden, "value": hidden}])), [""; 0]);
    assert_eq!(keys(json!({"***": "***"})), [""; 0]);
    let value = json!([{"key": "team", "value": hidden}]);
    assert_eq!(keys(value.clone()), ["team"; 2]);
    assert_eq!(told(value, "aws:RequestTag/team"), [""; 0]);
    assert_eq!(told(json!([{"key": "team", "value": "a"}]), "aws:RequestTag/team"), ["a"; 2]);
}

/// EKS writes the principal of an access entry as it stood in the path of the URL.
#[test]
fn an_arn_from_a_url_is_the_arn() {
    let about = |principal: &str| {
        let asked = event(1, "DescribeAccessEntry", json!({"name": "prod", "principalArn": principal}));
        short(&usage(&[with(asked, "eventSource", json!("eks.amazonaws.com"))]).rows())[0].1.to_owned()
    };
    let entry = "arn:aws:eks:eu-west-1:111122223333:access-entry/prod/role/111122223333/Deployer/*";
    assert_eq!(about("arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FDeployer"), entry);
    assert_eq!(about("arn%3aaws%3aiam%3a%3a111122223333%3arole%2fDeployer"), entry);
    assert_eq!(about("arn:aws:iam::111122223333:role/Deployer"), entry);
    // A key is free text, whatever it looks like.
    let key = json!({"bucketName": "b", "key": "arn%3Aaws%3As3%3A%3A%3Ab"});
    let read = with(event(1, "GetObject", key), "eventSource", json!("s3.amazonaws.com"));
    assert_eq!(short(&usage(&[read]).rows())[0].1, "arn:aws:s3:::b/arn%3Aaws%3As3%3A%3A%3Ab");
}

#[test]
fn a_resource_that_the_log_gives_by_its_prefix_is_no_resource() {
    let resources = json!([{"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::b/in/"},
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b", "accountId": "111122223333"}]);
    let about = |name: &str, parameters: Value| {
        let rows = usage(&[with(event(1, name, parameters), "resources", resources.clone())]).rows();
        short(&rows)[0].1.to_owned()
    };
    assert_eq!(about("ListObjectsV2", json!({"bucketName": "b", "prefix": "in/"})), "arn:aws:s3:::b");
    assert_eq!(about("ListObjectsV2", Value::Null), "arn:aws:s3:::b");
    assert_eq!(about("DeleteObjects", json!({"bucketName": "b"})), "arn:aws:s3:::b/*");
}

#[test]
fn parameters_that_were_cut_or_hidden_leave_the_call() {
    let hidden = [
        Value::Null,
        json!("HIDDEN_DUE_TO_SECURITY_REASONS"),
        json!({"omitted": true, "originalSize": 131_072, "reason": "REQUEST_PARAMETERS_EXCEEDS_LIMIT"}),
        json!({"bucketName": null, "key": {"deep": 1}}),
        json!([1]),
    ];
    for parameters in hidden {
        let rows = usage(&[event(1, "GetObject", parameters.clone())]).rows();
        assert_eq!(short(&rows), [("s3:GetObject", "arn:aws:s3:::*/*", Outcome::Used, 1)], "{parameters}");
        assert!(matches!(rows[0].resource, Resource::Pattern(_)), "{parameters}");
    }
}

#[test]
fn what_users_do_for_themselves_is_about_them() {
    let own = |id, arn: &str, parameters: Value| {
        let user = json!({"type": "IAMUser", "arn": arn, "accountId": "111122223333"});
        let event = with(event(id, "CreateAccessKey", parameters), "eventSource", json!("iam.amazonaws.com"));
        with(event, "userIdentity", user)
    };
    let (bob, eve) = ("arn:aws:iam::111122223333:user/team/bob", "arn:aws:iam::111122223333:user/eve");
    let action = "iam:CreateAccessKey";
    let rows = usage(&[own(1, bob, Value::Null), own(2, eve, Value::Null), own(3, bob, Value::Null)]).rows();
    assert_eq!(short(&rows), [(action, eve, Outcome::Used, 1), (action, bob, Outcome::Used, 2)]);
    let role = with(event(1, "CreateAccessKey", Value::Null), "eventSource", json!("iam.amazonaws.com"));
    assert_eq!(short(&usage(&[role]).rows())[0].1, "arn:aws:iam::111122223333:user/*");
}

#[test]
fn a_task_may_pass_the_roles_of_its_definition() {
    let run = with(
        event(1, "RunTask", json!({"taskDefinition": "web:7"})),
        "eventSource",
        json!("ecs.amazonaws.com"),
    );
    let rows = usage(&[run]).rows();
    let definition = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7";
    let roles = "arn:aws:iam::111122223333:role/*";
    assert_eq!(
        short(&rows),
        [("ecs:RunTask", definition, Outcome::Used, 1), ("iam:PassRole", roles, Outcome::Unknown, 1)]
    );
    assert_eq!(rows[1].context.get("iam:PassedToService").unwrap(), ["ecs-tasks.amazonaws.com"]);
}
