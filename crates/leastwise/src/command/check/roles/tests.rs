//! Roles that are compiled and checked, at the lines of the intent.

use super::*;

fn found(text: &str) -> Vec<(String, u32)> {
    let catalog = Catalog::embedded();
    let files = [SourceFile::named("roles.yaml", text)];
    let found = checked(&estate(&files, catalog), &files, &Facts::new(catalog));
    assert!(found.iter().all(|finding| &*finding.file == "roles.yaml"), "{found:?}");
    found.iter().map(|finding| (finding.code.to_owned(), finding.at.line)).collect()
}

#[test]
fn what_is_found_in_a_role_stands_at_its_line_of_the_intent() {
    let text = "\
roles:
  reader:
    permissions:
      - list: reports
      - delete: everything
    owner: team
resources:
  reports: arn:aws:s3:::reports
  everything: arn:aws:s3:::*/*
";
    let found = found(text);
    assert!(found.contains(&("DESTRUCTIVE_ANYWHERE".to_owned(), 5)), "{found:?}");
    assert!(found.contains(&("AGENT_WITHOUT_EXPIRY".to_owned(), 2)), "{found:?}");
    assert!(!found.iter().any(|(code, _)| code == "AGENT_WITHOUT_OWNER"), "{found:?}");
}

#[test]
fn other_yaml_with_such_a_word_is_left_alone_in_a_folder() {
    let text = "roles:\n  - web\n  - database\n".to_owned();
    let values = SourceFile { name: "values.yaml".into(), text, named: false, beside: false };
    let estate = estate(&[values], Catalog::embedded());
    assert_eq!((estate.unreadable.len(), estate.left_alone.len()), (0, 1));
}

#[test]
fn roles_that_cannot_be_read_are_told_with_their_place() {
    let found = found("roles:\n  reader:\n    permisions: []\n");
    assert!(found.iter().any(|(code, line)| code == "UNREADABLE" && *line == 3), "{found:?}");
}

fn has(found: &[(String, u32)], code: &str, line: u32) -> bool {
    found.contains(&(code.to_owned(), line))
}

#[test]
fn roles_of_a_cluster_are_checked_at_their_lines() {
    let text = "\
roles:
  deployer:
    permissions:
      - read: settings
      - read: keys
    owner: team
resources:
  settings: kubernetes:shop/configmaps/web
  keys: kubernetes:shop/secrets
";
    let found = found(text);
    assert!(has(&found, "K8S_SECRETS_READ", 5), "{found:?}");
    assert!(!found.iter().any(|(code, _)| code == "UNRESOLVED" || code == "UNREADABLE"), "{found:?}");
}

#[test]
fn roles_of_other_clouds_are_checked_at_their_lines() {
    let text = "\
roles:
  minter:
    permissions:
      - storage.objects.get: files
      - iam.serviceAccounts.getAccessToken: robot
      - Microsoft.Storage/storageAccounts/listKeys/action: account
    owner: team
resources:
  files: {gcp: //storage.googleapis.com/projects/_/buckets/files}
  robot: {gcp: //iam.googleapis.com/projects/shop-example/serviceAccounts/robot@shop-example.iam.gserviceaccount.com}
  account:
    azure: /subscriptions/11112222-3333-4444-5555-666677778888/resourceGroups/shop/providers/Microsoft.Storage/storageAccounts/shopfiles
";
    let found = found(text);
    assert!(has(&found, "GCP_IMPERSONATION", 5), "{found:?}");
    assert!(found.iter().any(|(code, line)| code.starts_with("AZURE_") && *line == 6), "{found:?}");
}

#[test]
fn each_environment_is_checked_and_what_they_agree_in_is_told_once() {
    let text = "\
roles:
  writer:
    permissions:
      - delete: orders
    owner: team
resources:
  orders:
    environments:
      staging: arn:aws:dynamodb:eu-west-1:111122223333:table/orders-staging
      production: arn:aws:dynamodb:eu-west-1:444455556666:table/*
";
    let found = found(text);
    assert!(!found.iter().any(|(code, _)| code == "UNRESOLVED" || code == "UNREADABLE"), "{found:?}");
    assert_eq!(found.iter().filter(|(code, _)| code == "AGENT_WITHOUT_EXPIRY").count(), 1, "{found:?}");
    let estate = estate(&[SourceFile::named("roles.yaml", text)], Catalog::embedded());
    assert_eq!(estate.snapshot.principals().count(), 2);
}

#[test]
fn a_line_that_no_platform_has_words_for_is_told_and_the_rest_is_checked() {
    let text = "\
roles:
  bad:
    permissions:
      - frobnicate: pods
  good:
    permissions:
      - delete: everything
    owner: team
  limited:
    permissions:
      - read: pods
    session: 1h
resources:
  pods: kubernetes:shop/pods
  everything: arn:aws:s3:::*/*
";
    let found = found(text);
    let unreadable: Vec<u32> =
        found.iter().filter(|(code, _)| code == "UNREADABLE").map(|(_, line)| *line).collect();
    assert_eq!(unreadable, [4, 12], "{found:?}");
    assert!(has(&found, "DESTRUCTIVE_ANYWHERE", 7), "{found:?}");
}

#[test]
fn what_one_platform_cannot_say_is_told_when_another_says_it() {
    let text = "\
roles:
  reader:
    permissions:
      - read: files
    session: 15m
    owner: team
resources:
  files:
    aws: arn:aws:s3:::files
    gcp: //storage.googleapis.com/projects/_/buckets/files
";
    let found = found(text);
    assert!(has(&found, "UNRESOLVED", 5), "{found:?}");
    assert!(!found.iter().any(|(code, _)| code == "UNREADABLE"), "{found:?}");
}

#[test]
fn the_examples_are_read_whole() {
    for name in ["shop", "everywhere", "cluster", "gateway", "repositories"] {
        let path = format!("{}/../../examples/roles/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("an example");
        let found = found(&text);
        assert!(!found.iter().any(|(code, _)| code == "UNREADABLE"), "{name}: {found:?}");
    }
}
