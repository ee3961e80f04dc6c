//! AWS's service reference over the embedded facts, with files of our own making.

use leastwise_catalog::{Catalog, ImportError, ImportProblem, Level, Needs, Visibility};
use serde_json::{Value, json};

fn import(files: &[(&str, Value)]) -> Result<Catalog, ImportError> {
    let files = files.iter().map(|(name, json)| ((*name).to_owned(), json.to_string().into_bytes()));
    Catalog::embedded().import(files.collect())
}

fn properties(list: bool, permissions: bool, tagging: bool, write: bool) -> Value {
    json!({"Properties": {
        "IsList": list, "IsPermissionManagement": permissions, "IsTaggingOnly": tagging, "IsWrite": write
    }})
}

/// A service that does not exist, with an action of each kind.
fn teapot() -> Value {
    json!({
        "Name": "teapot",
        "Actions": [
            {"Name": "BrewTea", "ActionConditionKeys": ["teapot:Leaf"], "Annotations": properties(false, false, false, true),
             "Resources": [{"Name": "pot"}], "SupportedBy": {"IAM Action Last Accessed": false}},
            {"Name": "DeletePot", "Annotations": properties(false, false, false, true), "Resources": [{"Name": "pot"}]},
            {"Name": "GetPot", "Annotations": properties(false, false, false, false), "Resources": [{"Name": "pot"}]},
            {"Name": "ListPots", "Annotations": properties(true, false, false, false)},
            {"Name": "TagPot", "Annotations": properties(false, false, true, true), "Resources": [{"Name": "pot"}]}
        ],
        "ConditionKeys": [{"Name": "teapot:Leaf", "Types": ["String"]}],
        "Operations": [
            {"Name": "GetPot", "AuthorizedActions": [{"Name": "GetPot", "Service": "teapot"}],
             "SDK": [{"Name": "teapot", "Method": "get_pot", "Package": "Boto3"}]},
            {"Name": "HeadPot", "AuthorizedActions": [{"Name": "GetPot", "Service": "teapot"}]},
            {"Name": "Pour", "AuthorizedActions": [{"Name": "BrewTea", "Service": "teapot"}, {"Name": "Decrypt", "Service": "kms"}]},
            {"Name": "Rinse"}
        ],
        "Resources": [{"Name": "pot", "ARNFormats": ["arn:${Partition}:teapot:${Region}:${Account}:pot/${PotName}"]}],
        "Version": "v1.4"
    })
}

#[test]
fn a_service_newer_than_the_program_is_known_after_the_import() {
    let before = Catalog::embedded();
    assert!(before.service("teapot").is_none());
    let after = import(&[("teapot.json", teapot())]).expect("the file is right");
    let action = after.action("teapot:brewtea").expect("imported");
    assert_eq!(
        (action.full_name(), action.levels.to_string()),
        ("teapot:BrewTea".to_owned(), "W".to_owned())
    );
    assert_eq!(after.action("teapot:GetPot").expect("imported").levels.to_string(), "R");
    assert_eq!(after.action("teapot:TagPot").expect("imported").levels.to_string(), "WT");
    assert!(after.action("teapot:DeletePot").expect("imported").destructive);
    assert!(after.supports("teapot:GetPot", "arn:aws:teapot:eu-west-1:111122223333:pot/blue"));
    assert_eq!(after.expand("teapot:*").len(), 5);
    assert_eq!(after.event("teapot", "GetPot").map(|actions| actions.len()), Some(1));
    assert!(before.service("teapot").is_none());
}

#[test]
fn the_version_says_what_was_imported_and_the_digest_changes() {
    let before = Catalog::embedded().version();
    let after = import(&[("teapot.json", teapot())]).expect("the file is right");
    assert_eq!(after.version().imported, ["teapot.json"]);
    assert_ne!(after.version().digest, before.digest);
    assert_eq!(after.version().digest.len(), 64);
    assert_eq!(
        (after.version().services, after.version().actions),
        (before.services + 1, before.actions + 5)
    );
    let again = import(&[("teapot.json", teapot())]).expect("the file is right");
    assert_eq!(after.version(), again.version());
}

#[test]
fn several_authorised_actions_are_possible_ones_and_not_a_union() {
    let after = import(&[("teapot.json", teapot())]).expect("the file is right");
    assert_eq!(after.operation("teapot", "HeadPot"), Some(Needs::Actions(vec!["teapot:GetPot".into()])));
    let maybe = vec!["kms:Decrypt".into(), "teapot:BrewTea".into()];
    assert_eq!(after.operation("teapot", "Pour"), Some(Needs::Maybe(maybe)));
    assert_eq!(after.operation("teapot", "Rinse"), Some(Needs::Unknown));
    assert_eq!(after.operation("teapot", "GetPot"), Some(Needs::Actions(vec!["teapot:GetPot".into()])));
}

#[test]
fn an_action_without_an_operation_is_not_logged() {
    let after = import(&[("teapot.json", teapot())]).expect("the file is right");
    assert_eq!(after.action("teapot:ListPots").expect("imported").visibility, Visibility::NotLogged);
    assert_eq!(after.action("teapot:GetPot").expect("imported").visibility, Visibility::Management);
}

#[test]
fn what_the_reference_does_not_say_stays_as_it_was_known() {
    let file = json!({
        "Name": "iam",
        "Actions": [
            {"Name": "PassRole", "Annotations": properties(false, false, false, true), "Resources": [{"Name": "role"}]},
            {"Name": "PassHat", "Annotations": properties(false, false, false, true)}
        ],
        "Resources": [{"Name": "role", "ARNFormats": ["arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"]}]
    });
    let before = Catalog::embedded().service("iam").expect("exists");
    let after = import(&[("iam.json", file)]).expect("the file is right");
    let iam = after.service("IAM").expect("exists");
    assert_eq!(iam.actions.len(), before.actions.len() + 1);
    let pass = iam.action("PassRole").expect("exists");
    assert!(pass.levels.contains(Level::PermissionsManagement), "a level is never made milder");
    assert!(pass.resource("role").expect("supported").required);
    assert_eq!(iam.name, before.name);
    assert_eq!(iam.resource_types.len(), before.resource_types.len());
    assert_eq!(
        after.action("iam:CreateRole").expect("exists").facts,
        before.action("CreateRole").expect("exists")
    );
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Value), pointer: &str, problem: &ImportProblem, message: &str) {
    let mut file = teapot();
    change(&mut file);
    let error = import(&[("teapot.json", file)]).expect_err("the file is wrong");
    assert_eq!((error.file.as_str(), error.pointer.as_str()), ("teapot.json", pointer));
    assert_eq!(&error.problem, problem);
    assert_eq!(error.to_string(), message);
}

#[test]
fn a_wrong_file_is_refused_with_the_place() {
    refused(
        |file| file["Actions"][1]["Name"] = json!(7),
        "/Actions/1/Name",
        &ImportProblem::Expected("a string"),
        "`teapot.json` at `/Actions/1/Name`: expected a string",
    );
    refused(
        |file| file["Actions"][1]["Name"] = json!("Brew Tea"),
        "/Actions/1/Name",
        &ImportProblem::BadName("Brew Tea".into()),
        "`teapot.json` at `/Actions/1/Name`: `Brew Tea` is no name",
    );
    refused(
        |file| file["Actions"][0]["Resources"][0]["Name"] = json!("cup"),
        "/Actions/0/Resources/0/Name",
        &ImportProblem::UnknownResource("cup".into()),
        "`teapot.json` at `/Actions/0/Resources/0/Name`: resource type `cup` is not among the file's `Resources`",
    );
    refused(
        |file| file["Resources"][0]["ARNFormats"][0] = json!("pot/${PotName}"),
        "/Resources/0/ARNFormats/0",
        &ImportProblem::BadArn("pot/${PotName}".into()),
        "`teapot.json` at `/Resources/0/ARNFormats/0`: `pot/${PotName}` is no ARN format",
    );
    refused(
        |file| file["Actions"][2]["Name"] = json!("brewtea"),
        "/Actions/2",
        &ImportProblem::Twice("brewtea".into()),
        "`teapot.json` at `/Actions/2`: `brewtea` is there twice",
    );
    refused(
        |file| file["Actions"][0]["Annotations"]["Properties"]["IsWrite"] = json!("yes"),
        "/Actions/0/Annotations/Properties/IsWrite",
        &ImportProblem::Expected("true or false"),
        "`teapot.json` at `/Actions/0/Annotations/Properties/IsWrite`: expected true or false",
    );
}

#[test]
fn the_list_of_services_is_no_service() {
    let list =
        json!([{"service": "s3", "url": "https://servicereference.us-east-1.amazonaws.com/v1/s3/s3.json"}]);
    let error = import(&[("list.json", list)]).expect_err("not a service");
    assert_eq!(error.problem, ImportProblem::Expected("an object"));
    let error = import(&[("mapping.json", json!({"SDK": {}}))]).expect_err("not a service");
    assert_eq!(error.problem, ImportProblem::Missing("Name"));
}

#[test]
fn one_wrong_file_keeps_all_files_out() {
    let files = vec![
        ("teapot.json".to_owned(), teapot().to_string().into_bytes()),
        ("broken.json".to_owned(), b"{\"Name\": \"cup\", ".to_vec()),
    ];
    let error = Catalog::embedded().import(files).expect_err("the second is broken");
    assert_eq!(error.file, "broken.json");
    assert!(matches!(error.problem, ImportProblem::NotJson(_)), "{error}");
    assert!(Catalog::embedded().service("teapot").is_none());
}

#[test]
fn two_files_of_one_service_are_refused() {
    let error = import(&[("a.json", teapot()), ("b.json", teapot())]).expect_err("twice");
    assert_eq!(
        error.to_string(),
        "`b.json`: service `teapot` is described by another file too; give one of them"
    );
}

#[test]
fn a_nesting_bomb_is_no_json() {
    let bomb = "[".repeat(100_000).into_bytes();
    let error = Catalog::embedded().import(vec![("bomb.json".to_owned(), bomb)]).expect_err("a bomb");
    assert!(matches!(error.problem, ImportProblem::NotJson(_)), "{error}");
}
