//! The oracles of `tests/clouds`: each intent comes to exactly what Google's and Microsoft's documentation says, and
//! what words mean lies within the clouds' own roles.

use std::collections::BTreeSet;
use std::path::Path;

use leastwise_catalog::azure::Azure;
use leastwise_catalog::gcp::Gcp;
use leastwise_catalog::places::Places;
use leastwise_generate::intent::Intent;
use leastwise_generate::lower::{azure, gcp};
use leastwise_generate::render::{AzureFormat, GcpFormat, Names, render_azure, render_gcp};

#[path = "support/yaml.rs"]
mod yaml;
use yaml::Node;

/// What an operation is granted on, with the condition.
type Grants = BTreeSet<(String, String)>;
/// What an intent comes to, with what is denied; or why it is refused.
type Outcome = Result<(Grants, Vec<String>), String>;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clouds").join(name);
    std::fs::read_to_string(path).expect("a file of the corpus")
}

/// Azure's entries are written short.
fn long(text: &str) -> String {
    let group = "/subscriptions/11112222-3333-4444-5555-666677778888/resourceGroups/shop/providers";
    text.replace("{st}", &format!("{group}/Microsoft.Storage/storageAccounts/shop"))
        .replace("{rg}", group)
        .replace("{blobs}", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs")
}

fn roles_yaml(entry: &Node, target: &str) -> String {
    let mut text = "roles:\n  R:\n    permissions:\n".to_owned();
    for line in entry["say"].texts() {
        text.push_str(&format!("      - {line}\n"));
    }
    for line in entry["with"].texts() {
        text.push_str(&format!("    {line}\n"));
    }
    text.push_str("resources:\n");
    let Node::Map(names) = &entry["on"] else { panic!("`on` is a mapping") };
    for (name, resource) in names {
        let resource = long(&resource.text().expect("a resource"));
        text.push_str(&format!("  {name}: {{{target}: '{}'}}\n", resource.replace('\'', "''")));
    }
    text
}

/// `operation operation @ place when condition` → pairs.
fn expected(entry: &Node) -> Grants {
    let mut grants = Grants::new();
    for line in entry["expect"].texts() {
        let (operations, place) = line.split_once(" @ ").expect("operations, `@`, a place");
        grants.extend(operations.split(' ').map(|name| (long(name), long(place))));
    }
    grants
}

fn place(at: &str, condition: Option<&str>) -> String {
    condition.map_or_else(|| at.to_owned(), |condition| format!("{at} when {condition}"))
}

fn on_gcp(intent: &Intent) -> Outcome {
    let compiled = gcp::compile(intent, &gcp::Options::default()).map_err(|error| error.to_string())?;
    let role = &compiled[0];
    let mut grants = Grants::new();
    for binding in &role.bindings {
        let condition = binding.condition.as_ref().map(|condition| condition.expression.as_str());
        let at = place(&binding.resource, condition);
        match &binding.grants {
            gcp::Grants::Custom(index) => {
                grants.extend(role.roles[*index].permissions.iter().map(|name| (name.clone(), at.clone())));
            }
            gcp::Grants::Predefined(name) => {
                grants.insert((name.clone(), at));
            }
        }
    }
    for format in [GcpFormat::Yaml, GcpFormat::Json, GcpFormat::Terraform] {
        for file in render_gcp(&mut Names::default(), role, format) {
            check_file(&file.name, &file.text);
        }
    }
    Ok((grants, role.denies.iter().flat_map(|deny| deny.permissions.clone()).collect()))
}

fn on_azure(intent: &Intent) -> Outcome {
    let compiled = azure::compile(intent, &azure::Options::default()).map_err(|error| error.to_string())?;
    let role = &compiled[0];
    let mut grants = Grants::new();
    for assignment in &role.assignments {
        let at = place(&assignment.scope, assignment.condition.as_deref());
        match &assignment.grants {
            azure::Grants::Custom(index) => {
                let custom = &role.roles[*index];
                let all = custom.actions.iter().chain(&custom.data_actions);
                grants.extend(all.map(|name| (name.clone(), at.clone())));
                assert!(custom.assignable_scopes.iter().any(|scope| at.starts_with(scope.as_str())), "{at}");
            }
            azure::Grants::BuiltIn(name, _) => {
                grants.insert((name.replace(' ', "_"), at));
            }
        }
    }
    for format in [AzureFormat::Json, AzureFormat::Terraform] {
        for file in render_azure(&mut Names::default(), role, format) {
            check_file(&file.name, &file.text);
        }
    }
    Ok((grants, Vec::new()))
}

/// A file that is written can be read by a parser that is not ours.
fn check_file(name: &str, text: &str) {
    match name.rsplit('.').next() {
        Some("tf") => drop(hcl::parse(text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"))),
        Some("json") => drop(serde_json::from_str::<serde_json::Value>(text).expect("JSON")),
        _ => drop(Node::parse(text)),
    }
}

/// Runs a file of entries; gives how many there are.
fn run(file: &str, target: &str, compile: fn(&Intent) -> Outcome) -> usize {
    let mut wrong = Vec::new();
    let text = read(file);
    let document = Node::parse(&text);
    let mut ids = BTreeSet::new();
    for entry in document.list() {
        let id = entry["id"].text().expect("an id");
        assert!(ids.insert(id.clone()), "{id} comes twice");
        let yaml = roles_yaml(entry, target);
        let made = Intent::from_yaml("roles.yaml", &yaml).map_err(|error| error.to_string());
        let made = made.and_then(|intent| compile(&intent));
        match (entry["refused"].text(), made) {
            (Some(part), Err(error)) if error.contains(&part) => {}
            (Some(part), Err(error)) => wrong.push(format!("{id}: refused otherwise\n  {part}\n  {error}")),
            (Some(_), Ok(made)) => wrong.push(format!("{id}: not refused: {made:?}")),
            (None, Err(error)) => wrong.push(format!("{id}: {error}")),
            (None, Ok((grants, denies))) => {
                let wanted = expected(entry);
                if grants != wanted {
                    wrong.push(format!("{id}:\n  expected {wanted:#?}\n  made {grants:#?}"));
                }
                if denies != entry["denies"].texts() {
                    wrong.push(format!("{id}: denies {denies:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    ids.len()
}

#[test]
fn every_intent_on_google_cloud_comes_to_what_its_documentation_says() {
    assert!(run("gcp.yaml", "gcp", on_gcp) >= 80);
}

#[test]
fn every_intent_on_azure_comes_to_what_its_documentation_says() {
    assert!(run("azure.yaml", "azure", on_azure) >= 60);
}

#[test]
fn what_words_mean_lies_within_the_clouds_own_roles() {
    let mut wrong = Vec::new();
    let text = read("roles.txt");
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default();
        let Some((what, role)) = line.split_once(" <= ").filter(|_| !line.starts_with('#')) else { continue };
        let (role, but) = role.split_once(" but ").unwrap_or((role, ""));
        let [cloud, service, kind, words] = what.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}: cloud, service, kind, words")
        };
        let places = if cloud == "gcp" { Places::gcp() } else { Places::azure() };
        let service = places.services.iter().find(|known| known.name == service).expect(line);
        for word in words.split(',') {
            let rows = service
                .means
                .iter()
                .filter(|row| row.kind == kind && row.words.iter().any(|known| known == word));
            let operations: Vec<&String> = rows.flat_map(|row| &row.operations).collect();
            assert!(!operations.is_empty(), "{line}: `{word}` means nothing");
            let within = |name: &str| match cloud {
                "gcp" => {
                    Gcp::embedded().role(role).expect(line).permissions.iter().any(|known| known == name)
                }
                _ => {
                    let (_, plane) = Azure::embedded().meant(name).expect(line);
                    Azure::embedded().role(role).expect(line).allows(plane, name)
                }
            };
            let but: Vec<&str> = but.split_whitespace().collect();
            let outside = operations.iter().filter(|name| !within(name) && !but.contains(&name.as_str()));
            wrong.extend(outside.map(|name| format!("{what}: `{name}` is not in {role}")));
            let idle =
                but.iter().filter(|name| operations.iter().any(|known| known == *name) && within(name));
            wrong.extend(idle.map(|name| format!("{what}: `{name}` is in {role} after all")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A role with this trust, which reads a bucket or a container.
fn trusted(trust: &str) -> Intent {
    let container = "{st}/blobServices/default/containers/orders";
    let text = format!(
        "roles:\n  R:\n    permissions: [{{read: x}}]\n    trust: {trust}\nresources:\n  x: {{gcp: 'projects/shop-example/secrets/key', azure: '{}'}}\n",
        long(container)
    );
    Intent::from_yaml("roles.yaml", &text).expect("roles")
}

fn warned(notes: &[leastwise_generate::lower::Note], part: &str) -> bool {
    notes.iter().any(|note| note.text.contains(part))
}

#[test]
fn a_branch_of_a_repository_is_one_subject() {
    let intent = trusted("{github: shop/app, branch: main}");
    let role = gcp::compile(&intent, &gcp::Options::default()).expect("gcp").remove(0);
    let provider = &role.federation.providers[0];
    let subject = "repo:shop/app:ref:refs/heads/main";
    assert_eq!(provider.issuer, "https://token.actions.githubusercontent.com");
    assert_eq!(provider.condition, format!("assertion.sub == \"{subject}\""));
    assert_eq!(
        provider.holders[0].member("projects/7/locations/global/workloadIdentityPools/r-role"),
        format!(
            "principal://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/r-role/subject/{subject}"
        )
    );
    let role = azure::compile(&intent, &azure::Options::default()).expect("azure").remove(0);
    assert_eq!(role.credentials[0].subject, subject);
    assert_eq!(role.credentials[0].audience, "api://AzureADTokenExchange");
    assert!(role.identity.new);
}

#[test]
fn a_whole_repository_is_an_attribute_on_google_cloud_and_nobody_on_azure() {
    let intent = trusted("{github: shop/app}");
    let role = gcp::compile(&intent, &gcp::Options::default()).expect("gcp").remove(0);
    let provider = &role.federation.providers[0];
    assert_eq!(provider.condition, "assertion.repository == \"shop/app\"");
    assert_eq!(
        provider.holders[0].member("POOL"),
        "principalSet://iam.googleapis.com/POOL/attribute.repository/shop/app"
    );
    assert!(warned(&role.warnings, "any branch, tag and pull request"));
    let role = azure::compile(&intent, &azure::Options::default()).expect("azure").remove(0);
    assert!(role.credentials.is_empty());
    assert!(warned(&role.warnings, "a federated credential is for one subject"));
}

#[test]
fn a_cluster_of_google_needs_no_pool() {
    let intent = trusted(
        "{kubernetes: container.googleapis.com/v1/projects/shop-example/locations/europe-west1/clusters/main, \
         namespace: shop, service_account: app}",
    );
    let role = gcp::compile(&intent, &gcp::Options::default()).expect("gcp").remove(0);
    assert!(role.federation.providers.is_empty());
    assert_eq!(role.federation.members, ["serviceAccount:shop-example.svc.id.goog[shop/app]"]);
}

#[test]
fn who_cannot_be_said_does_not_hold_the_role_and_is_told() {
    for trust in [
        "lambda",
        "\"444455556666\"",
        "{oidc: gitlab.example.org, subject: \"project:*\"}",
        "\"spiffe://a/b\"",
    ] {
        let intent = trusted(trust);
        let role = gcp::compile(&intent, &gcp::Options::default()).expect("gcp").remove(0);
        assert_eq!(role.federation, gcp::Federation::default(), "{trust}");
        assert!(warned(&role.warnings, "does not hold the role on Google Cloud"), "{trust}");
        let role = azure::compile(&intent, &azure::Options::default()).expect("azure").remove(0);
        assert!(role.credentials.is_empty(), "{trust}");
        assert!(warned(&role.warnings, "does not hold the role on Azure"), "{trust}");
    }
}

#[test]
fn a_name_that_is_bound_elsewhere_only_is_refused_with_its_place() {
    let text = "roles:\n  R:\n    permissions:\n      - read: x\nresources:\n  x: {gcp: 'gs://orders'}\n";
    let intent = Intent::from_yaml("roles.yaml", text).expect("roles");
    let error =
        azure::compile(&intent, &azure::Options::default()).expect_err("nothing on azure").to_string();
    assert!(error.starts_with("roles.yaml:4:15: the resource `x` stands for nothing on azure"), "{error}");
}

#[test]
fn an_environment_has_resources_of_its_own() {
    let text = "roles:\n  R:\n    permissions: [{read: x}]\nresources:\n  x:\n    gcp: gs://orders\n    environments:\n      test: {gcp: 'gs://orders-test'}\n";
    let intent = Intent::from_yaml("roles.yaml", text).expect("roles");
    let of = |environment: Option<&str>| {
        let options = gcp::Options { environment: environment.map(str::to_owned), ..gcp::Options::default() };
        gcp::compile(&intent, &options).expect("gcp")[0].bindings[0].resource.clone()
    };
    assert_eq!(of(None), "//storage.googleapis.com/projects/_/buckets/orders");
    assert_eq!(of(Some("test")), "//storage.googleapis.com/projects/_/buckets/orders-test");
}

#[test]
fn two_roles_never_share_an_identity() {
    let resource = "{gcp: 'gs://b', azure: '{st}/blobServices/default/containers/c'}";
    let text = format!(
        "roles:\n  OrderReader:\n    permissions: [{{read: x}}]\n  order-reader:\n    permissions: [{{write: x}}]\n  orderreader:\n    permissions: [{{read: x}}]\nresources:\n  x: {}\n",
        long(resource)
    );
    let intent = Intent::from_yaml("roles.yaml", &text).expect("roles");
    let error = gcp::compile(&intent, &gcp::Options::default()).expect_err("the same account").to_string();
    assert!(
        error.starts_with("roles.yaml:4:3: `order-reader` would be the service account `order-reader`"),
        "{error}"
    );
    let error =
        azure::compile(&intent, &azure::Options::default()).expect_err("the same identity").to_string();
    assert!(error.starts_with("roles.yaml:6:3: `orderreader` would be the identity"), "{error}");
}
