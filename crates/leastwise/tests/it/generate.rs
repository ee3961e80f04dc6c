//! `leastwise generate` as a user runs it.

use crate::support::{Folder, run, run_with_input, text};

const ROLES: &str = "\
roles:
  OrderProcessor:
    permissions:
      - read: customer_orders
      - write: order_status
    trust: lambda
    conditions:
      region: eu-west-1
resources:
  customer_orders: arn:aws:dynamodb:eu-west-1:111122223333:table/customer_orders
  order_status: arn:aws:dynamodb:eu-west-1:111122223333:table/order_status
";

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("roles.yaml", ROLES);
    folder
}

fn names(folder: &Folder, sub: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder.0.join(sub)) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn roles_come_out_as_one_object_by_role_and_document() {
    let folder = folder("generate-json");
    let done = run(&folder, &["generate", "roles.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    insta::assert_snapshot!("roles-json", done.out);
    let same = run_with_input(&folder, &["generate", "-"], ROLES.as_bytes());
    assert_eq!((same.code, same.out), (Some(0), done.out));
}

#[test]
fn every_format_is_written_whole() {
    let folder = folder("generate-formats");
    for (format, files) in [
        (
            "json",
            &["orderprocessor-identity.json", "orderprocessor-index.json", "orderprocessor-trust.json"][..],
        ),
        ("terraform", &["orderprocessor.tf"]),
        ("cloudformation", &["orderprocessor.yaml"]),
        ("script", &["orderprocessor.sh"]),
    ] {
        let done = run(&folder, &["generate", "roles.yaml", "--format", format, "--out", format]);
        assert_eq!((done.code, done.out.as_str()), (Some(0), ""), "{}", done.err);
        assert_eq!(names(&folder, format), files);
    }
    let read = |name: &str| std::fs::read_to_string(folder.0.join(name)).expect("written");
    insta::assert_snapshot!("roles-terraform", read("terraform/orderprocessor.tf"));
    insta::assert_snapshot!("roles-cloudformation", read("cloudformation/orderprocessor.yaml"));
    insta::assert_snapshot!("roles-script", read("script/orderprocessor.sh"));
}

#[test]
fn flags_say_one_role_and_placeholders_are_warned_of() {
    let folder = Folder::new("generate-flags");
    let args = ["generate", "--from", "lambda", "--to", "dynamodb:write,table/CustomerOrders"];
    let done = run(&folder, &args);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("arn:aws:dynamodb:<region>:<account>:table/CustomerOrders"), "{}", done.out);
    assert!(done.err.contains("say --account and --region"), "{}", done.err);
    let args = [&args[..], &["--region", "eu-west-1", "--account", "111122223333"]].concat();
    let done = run(&folder, &args);
    assert!(done.out.contains("eu-west-1:111122223333:table/CustomerOrders"), "{}", done.out);
    assert!(!done.err.contains("placeholders"), "{}", done.err);
    folder.write("trust.yaml", ROLES.replace("trust: lambda", "trust: {github: acme/shop, branch: main}"));
    let done = run(&folder, &["generate", "trust.yaml"]);
    assert!(done.err.contains("say --account,"), "{}", done.err);
}

#[test]
fn the_trace_names_the_line_of_each_action() {
    let folder = folder("generate-explain");
    let done = run(&folder, &["generate", "roles.yaml", "--explain"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    insta::assert_snapshot!("explain", done.out);
}

#[test]
fn the_tests_that_are_written_come_out_as_they_say() {
    let folder = folder("generate-tests");
    let done = run(&folder, &["generate", "roles.yaml", "--out", "iam", "--tests"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let snapshot = folder.0.join("iam/orderprocessor.snapshot.json");
    let requests = folder.0.join("iam/orderprocessor.requests.jsonl");
    let done = run(&folder, &["simulate", "--snapshot", text(&snapshot), "--batch", text(&requests)]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let lines: Vec<serde_json::Value> =
        done.out.lines().map(|line| serde_json::from_str(line).expect("a decision")).collect();
    assert_eq!(lines.len(), 4, "{}", done.out);
    for line in lines {
        assert_eq!(line["decision"], line["id"]["expect"], "{line}");
    }
}

#[test]
fn what_cannot_be_understood_ends_with_3_and_writes_nothing() {
    let folder = folder("generate-wrong");
    folder.write(
        "wrong.yaml",
        ROLES.replace("write: order_status", "wirte: order_status\n      - read: other"),
    );
    let done = run(&folder, &["generate", "wrong.yaml", "--out", "iam", "--tests"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(done.err.contains("wrong.yaml:5:9: unknown level or verb `wirte`"), "{}", done.err);
    assert!(done.err.contains("help: did you mean `write`?"), "{}", done.err);
    assert!(done.err.contains("wrong.yaml:6:15: the resource `other` is not bound"), "{}", done.err);
    assert_eq!(names(&folder, "iam"), Vec::<String>::new());
    let missing = run(&folder, &["generate", "missing.yaml"]);
    assert_eq!(missing.code, Some(3), "{}", missing.err);
    let nothing = run(&folder, &["generate"]);
    assert_eq!(nothing.code, Some(2), "{}", nothing.err);
    let both = run(&folder, &["generate", "roles.yaml", "--to", "sqs:send,orders"]);
    assert_eq!(both.code, Some(2), "{}", both.err);
}

#[test]
fn the_same_role_in_two_files_is_refused_with_both_places() {
    let folder = folder("generate-twice");
    folder.write("more.yaml", ROLES);
    let done = run(&folder, &["generate", "roles.yaml", "more.yaml"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(done.err.contains("more.yaml:2:3: the role `OrderProcessor` is said twice"), "{}", done.err);
    assert!(done.err.contains("roles.yaml:2:3"), "{}", done.err);
}

#[test]
fn the_schema_is_the_one_that_is_committed() {
    let done = run(&Folder::new("generate-schema"), &["generate", "--schema"]);
    assert_eq!(done.out, include_str!("../../../../docs/roles.schema.json"));
}

const CLUSTER: &str = "\
roles:
  Agent:
    permissions:
      - read: both
    trust: {kubernetes: oidc.example.com/id/A, namespace: agents, service_account: agent}
resources:
  both:
    aws: arn:aws:dynamodb:eu-west-1:111122223333:table/orders
    kubernetes: shop/configmaps/orders
";

#[test]
fn several_platforms_are_written_beside_each_other_or_none_is() {
    let folder = Folder::new("generate-several");
    folder.write("roles.yaml", CLUSTER);
    let both = ["generate", "roles.yaml", "--target", "aws,kubernetes", "--account", "111122223333"];
    let done = run(&folder, &[&both[..], &["--out", "out"]].concat());
    assert_eq!((done.code, done.out.as_str()), (Some(0), ""), "{}", done.err);
    assert_eq!(names(&folder, "out"), ["aws", "kubernetes"]);
    assert_eq!(names(&folder, "out/kubernetes"), ["agent.yaml"]);
    assert_eq!(names(&folder, "out/aws"), ["agent-identity.json", "agent-index.json", "agent-trust.json"]);
    let done = run(&folder, &[&both[..], &["--format", "json"]].concat());
    let object: serde_json::Value = serde_json::from_str(&done.out).expect("one object");
    assert!(object["aws"]["Agent"]["identity"].is_object(), "{}", done.out);
    assert_eq!(object["kubernetes"]["Agent"]["items"][0]["kind"], "Role", "{}", done.out);
    let done = run(&folder, &both);
    assert!(done.out.starts_with("# aws\n\n{"), "{}", done.out);
    assert!(done.out.contains("\n# kubernetes\n\napiVersion: "), "{}", done.out);
    folder.write("mfa.yaml", CLUSTER.replace("    trust:", "    conditions: {mfa: true}\n    trust:"));
    let done = run(&folder, &["generate", "mfa.yaml", "--target", "aws,kubernetes", "--out", "none"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(done.err.contains("mfa.yaml:5:18: kubernetes cannot say `mfa`"), "{}", done.err);
    assert_eq!(names(&folder, "none"), Vec::<String>::new());
}

#[test]
fn a_format_that_a_platform_does_not_know_is_told_with_those_that_it_does() {
    let folder = Folder::new("generate-format");
    folder.write("roles.yaml", CLUSTER);
    let wrong =
        ["generate", "roles.yaml", "--target", "kubernetes", "--format", "cloudformation", "--out", "o"];
    let done = run(&folder, &wrong);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(done.err.contains("kubernetes has no format `cloudformation`"), "{}", done.err);
    assert!(done.err.contains("it has: yaml, json, terraform"), "{}", done.err);
    let done = run(&folder, &["generate", "roles.yaml", "--target", "github", "--tests", "--out", "o"]);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert_eq!(names(&folder, "o"), Vec::<String>::new());
}

#[test]
fn one_role_by_flags_is_for_kubernetes_too() {
    let folder = Folder::new("generate-kubernetes-flags");
    let role = ["generate", "--name", "DeployAgent", "--to", "kubernetes:scale,shop/apps/deployments/web"];
    let who = ["--target", "kubernetes", "--from", "system:serviceaccount:agents:deploy"];
    let done = run(&folder, &[&role[..], &who[..]].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    insta::assert_snapshot!("kubernetes-yaml", done.out);
    let done = run(&folder, &[&role[..], &who[..], &["--format", "terraform"]].concat());
    insta::assert_snapshot!("kubernetes-terraform", done.out);
    let done = run(&folder, &[&role[..], &who[..], &["--explain"]].concat());
    insta::assert_snapshot!("kubernetes-explain", done.out);
    let done = run(&folder, &[&role[..], &who[..], &["--out", "out", "--tests"]].concat());
    assert_eq!((done.code, done.out.as_str()), (Some(0), ""), "{}", done.err);
    assert_eq!(names(&folder, "out"), ["deploy-agent.can-i.sh", "deploy-agent.yaml"]);
    let script = std::fs::read_to_string(folder.0.join("out/deploy-agent.can-i.sh")).expect("written");
    insta::assert_snapshot!("kubernetes-can-i", script);
    let done = run(&folder, &["generate", "--to", "dynamodb:read,table/x", "--target", "kubernetes"]);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(done.err.contains("say what it is there as `kubernetes:…`"), "{}", done.err);
    let bound = ["generate", "--to", "kubernetes:read,shop/pods", "--target", "kubernetes", "--only", "mfa"];
    let done = run(&folder, &bound);
    assert!(done.err.contains("`--only mfa`: kubernetes cannot say `mfa`"), "{}", done.err);
}

#[test]
fn a_gateway_gets_policies_and_the_schema_that_they_are_written_for() {
    let folder = Folder::new("generate-cedar");
    let roles = "roles:\n  Agent:\n    permissions: [{call: refund}, {read: api}]\n    never: [{delete: api}]\n    \
                 expires: 2027-01-01\nresources:\n  refund: {mcp: orders/refund}\n  \
                 api: {http: 'https://api.example.com/orders/{id}'}\n";
    folder.write("roles.yaml", roles);
    let done = run(&folder, &["generate", "roles.yaml", "--target", "cedar"]);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{}", done.out);
    insta::assert_snapshot!("cedar", done.out);
    let done = run(&folder, &["generate", "roles.yaml", "--target", "cedar", "--explain"]);
    insta::assert_snapshot!("cedar-explain", done.out);
    for (format, files) in [
        ("cedar", ["agent.cedar", "leastwise.cedarschema"]),
        ("json", ["agent.cedar.json", "leastwise.cedarschema.json"]),
    ] {
        let done = run(
            &folder,
            &["generate", "roles.yaml", "--target", "cedar", "--format", format, "--out", format],
        );
        assert_eq!((done.code, done.out.as_str()), (Some(0), ""), "{}", done.err);
        assert_eq!(names(&folder, format), files);
    }
    folder.write("vpc.yaml", roles.replace("    expires", "    conditions: {vpc: vpc-1}\n    expires"));
    let done = run(&folder, &["generate", "vpc.yaml", "--target", "cedar", "--out", "none"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(done.err.contains("vpc.yaml:5:18: cedar cannot say `vpc`"), "{}", done.err);
    assert_eq!(names(&folder, "none"), Vec::<String>::new());
}

#[test]
fn an_app_and_its_tokens_get_what_was_meant() {
    let folder = Folder::new("generate-github");
    let role =
        ["generate", "--name", "Triage", "--target", "github", "--to", "github:write,acme/shop/issues"];
    let done = run(&folder, &role);
    assert_eq!(done.code, Some(0), "{}", done.err);
    insta::assert_snapshot!("github", done.out);
    assert!(done.err.contains("GitHub has no writing without reading"), "{}", done.err);
    let done = run(&folder, &[&role[..], &["--out", "out"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(names(&folder, "out"), ["triage-app.json", "triage-token-1-acme.json"]);
    let done = run(&folder, &[&role[..], &["--explain"]].concat());
    assert!(done.out.contains("    issues: write on acme/shop\n"), "{}", done.out);
    let done = run(&folder, &[&role[..], &["--format", "yaml"]].concat());
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(done.err.contains("github has no format `yaml`"), "{}", done.err);
}

#[test]
fn a_guardrail_is_a_document_and_a_file_of_its_own() {
    let folder = folder("generate-guardrail");
    let done = run(&folder, &["generate", "roles.yaml", "--guardrail"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let object: serde_json::Value = serde_json::from_str(&done.out).expect("json");
    let guardrail = &object["OrderProcessor"]["guardrail"];
    insta::assert_snapshot!("guardrail", format!("{guardrail:#}"));
    assert!(done.err.contains("attached in the organisation's management account"), "{}", done.err);
    for (format, file) in
        [("json", "json"), ("terraform", "tf"), ("cloudformation", "yaml"), ("script", "sh")]
    {
        let done =
            run(&folder, &["generate", "roles.yaml", "--guardrail", "--format", format, "--out", format]);
        assert_eq!(done.code, Some(0), "{}", done.err);
        let name = format!("orderprocessor-guardrail.{file}");
        assert!(names(&folder, format).contains(&name), "{:?}", names(&folder, format));
    }
    folder.write("cluster.yaml", CLUSTER);
    let done = run(&folder, &["generate", "cluster.yaml", "--guardrail", "--target", "kubernetes"]);
    assert_eq!(done.code, Some(2), "{}", done.err);
}
