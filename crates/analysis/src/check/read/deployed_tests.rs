//! What is about to be deployed: principals, policies and what runs, from each tool's files.

use super::*;
use crate::check::Document;
use crate::source::{Place, shown};

fn estate(files: &[(&str, &str)]) -> Estate {
    let files: Vec<SourceFile> = files.iter().map(|(name, text)| SourceFile::named(*name, *text)).collect();
    read(&files)
}

/// The names of documents with their kinds and what they are on.
fn names(estate: &Estate) -> Vec<String> {
    let name = |document: &Document| {
        let on = document.resource_type.as_deref().map(|on| format!(" on {on}")).unwrap_or_default();
        format!("{:?} {}{on}", document.kind, shown(&document.name))
    };
    estate.documents.iter().map(name).collect()
}

fn unreadable(estate: &Estate) -> Vec<String> {
    let told = estate.unreadable.iter();
    told.map(|one| format!("{} {}:{}:{} {}", one.code, one.file, one.at.line, one.at.column, one.message))
        .collect()
}

/// The names of a principal's identity policies, without what is the same in all.
fn granted(estate: &Estate, arn: &str) -> Vec<String> {
    let principal = estate.snapshot.principal(arn).unwrap_or_else(|| {
        panic!("{arn} in {:?}", estate.snapshot.principals().map(|one| &one.arn).collect::<Vec<_>>())
    });
    principal.policies.identity.iter().map(|named| shown(&named.name)).collect()
}

const TERRAFORM: &str = r#"
variable "bucket" {}
provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { owner = "team" }
  }
}
resource "aws_iam_role" "agent" {
  name                 = "agent"
  path                 = "/bots/"
  permissions_boundary = aws_iam_policy.limit.arn
  tags                 = { agent = "yes" }
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}
data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::${var.bucket}/*"]
  }
}
resource "aws_iam_policy" "read" {
  name   = "read"
  policy = data.aws_iam_policy_document.read.json
}
resource "aws_iam_policy" "limit" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}
resource "aws_iam_role_policy_attachment" "read" {
  for_each   = toset([aws_iam_policy.read.arn, "arn:aws:iam::aws:policy/ReadOnlyAccess"])
  role       = aws_iam_role.agent.name
  policy_arn = each.value
}
resource "aws_iam_role_policy" "own" {
  name   = "own"
  role   = aws_iam_role.agent.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = var.actions, Resource = "*" }] })
}
resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = aws_iam_role.agent.arn
}
resource "aws_iam_user" "u" {
  name = "u"
}
resource "aws_iam_access_key" "k" {
  user = aws_iam_user.u.name
}
resource "aws_iam_group" "g" {
  name = "g"
}
resource "aws_iam_group_policy" "g" {
  group  = aws_iam_group.g.name
  name   = "p"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }] })
}
resource "aws_iam_user_group_membership" "u" {
  user   = aws_iam_user.u.name
  groups = [aws_iam_group.g.name]
}
resource "aws_sqs_queue" "q" {
  name   = "q"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "sqs:SendMessage", Resource = "*" }] })
}
resource "aws_lambda_permission" "p" {
  function_name = aws_lambda_function.f.function_name
  action        = "lambda:InvokeFunction"
  principal     = "s3.amazonaws.com"
  source_arn    = "arn:aws:s3:::b"
}
resource "aws_organizations_policy" "scp" {
  content = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "*", Resource = "*" }] })
}
"#;

#[test]
fn terraform_says_who_will_be_granted_what() {
    let estate = estate(&[("main.tf", TERRAFORM)]);
    let role = "arn:aws:iam::000000000000:role/bots/agent";
    // The role's own policy has no statement that can be understood, which is a problem of the role.
    assert_eq!(
        granted(&estate, role),
        ["arn:aws:iam::000000000000:policy/read", "arn:aws:iam::aws:policy/ReadOnlyAccess"]
    );
    let agent = estate.snapshot.principal(role).unwrap();
    assert!(agent.problems.iter().any(|problem| problem.subject.ends_with("#own")) && !agent.complete);
    assert_eq!(agent.tags.get("agent").map(String::as_str), Some("yes"));
    assert_eq!(agent.tags.get("owner").map(String::as_str), Some("team"));
    assert!(agent.boundary.is_some() && agent.policies.boundary.is_some());
    assert!(agent.trust.is_some());
    // The AWS managed policy is not in the files; the catalogue has it.
    assert!(!agent.problems.iter().any(|problem| problem.reason.contains("ReadOnlyAccess")));
    assert_eq!(granted(&estate, "arn:aws:iam::000000000000:user/u"), ["arn:aws:iam::000000000000:group/g#p"]);
    assert_eq!(estate.access_keys[0].0, "arn:aws:iam::000000000000:user/u");
    assert_eq!(estate.workloads.len(), 1);
    assert_eq!(estate.workloads[0].role, role);
    assert_eq!(estate.workloads[0].arn, "arn:aws:lambda:eu-west-1:000000000000:function:f");
    let names = names(&estate);
    for wanted in [
        "Boundary arn:aws:iam::000000000000:policy/${aws_iam_policy.limit.name}",
        "Resource aws_sqs_queue.q on AWS::SQS::Queue",
        "Resource aws_lambda_permission.p on AWS::Lambda::Function",
        "ServiceControl aws_organizations_policy.scp",
        "Trust arn:aws:iam::000000000000:role/bots/agent (trust policy)",
    ] {
        assert!(names.iter().any(|name| name == wanted), "{wanted} in {names:#?}");
    }
    assert_eq!(
        unreadable(&estate),
        [
            "UNRESOLVED main.tf:40:91 `var.actions` is not known before it is deployed, so nothing is checked of it"
        ]
    );
    let document = estate.document("arn:aws:iam::000000000000:policy/read").unwrap();
    let action = document.root.pointer("/Statement/0/Action/0").unwrap();
    assert_eq!(action.at, Place { line: 21, column: 18 });
    for principal in estate.snapshot.principals() {
        let ours = principal.policies.identity.iter().filter(|named| !named.name.contains("::aws:policy/"));
        for named in ours {
            assert_eq!(estate.document(&named.name).unwrap().policy, named.policy);
        }
    }
}

#[test]
fn two_configurations_with_roles_of_one_name_are_two_accounts() {
    let role = |action: &str| {
        format!(
            "resource \"aws_iam_role\" \"r\" {{\n  name = \"app\"\n  inline_policy {{\n    name = \"p\"\n    policy = \
             jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = \"{action}\", \
             Resource = \"*\" }}] }})\n  }}\n}}\n"
        )
    };
    let estate = estate(&[("dev/main.tf", &role("s3:*")), ("prod/main.tf", &role("s3:GetObject"))]);
    assert!(estate.snapshot.principals().all(|one| one.problems.is_empty()));
    let arns: Vec<&str> = estate.snapshot.principals().map(|one| one.arn.as_str()).collect();
    assert_eq!((arns.len(), arns[0]), (2, "arn:aws:iam::000000000000:role/app"));
    assert!(arns[1].starts_with("arn:aws:iam::0000000") && arns[1].ends_with(":role/app"), "{}", arns[1]);
}

#[test]
fn a_plan_knows_what_its_configuration_refers_to() {
    let plan = r#"{
  "format_version": "1.2",
  "planned_values": {"root_module": {"child_modules": [{"address": "module.m[0]", "resources": [
    {"address": "module.m[0].aws_iam_role.r", "mode": "managed", "type": "aws_iam_role", "name": "r",
     "values": {"name": "app", "path": "/", "assume_role_policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sts:AssumeRole\"}]}"}},
    {"address": "module.m[0].aws_iam_policy.p", "mode": "managed", "type": "aws_iam_policy", "name": "p",
     "values": {"name": "p", "path": "/", "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"}},
    {"address": "module.m[0].aws_iam_role_policy_attachment.a", "mode": "managed", "type": "aws_iam_role_policy_attachment", "name": "a",
     "values": {"role": "app"}},
    {"address": "module.m[0].aws_s3_bucket_policy.b", "mode": "managed", "type": "aws_s3_bucket_policy", "name": "b",
     "values": {}}
  ]}]}},
  "resource_changes": [
    {"address": "module.m[0].aws_iam_role_policy_attachment.a", "change": {"after_unknown": {"policy_arn": true, "id": true}}},
    {"address": "module.m[0].aws_s3_bucket_policy.b", "change": {"after_unknown": {"policy": true}}}
  ],
  "configuration": {"root_module": {"module_calls": {"m": {"module": {"resources": [
    {"address": "aws_iam_role_policy_attachment.a", "expressions": {"policy_arn": {"references": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]}}}
  ]}}}}}
}"#;
    let estate = estate(&[("plan.json", plan)]);
    assert_eq!(
        granted(&estate, "arn:aws:iam::000000000000:role/app"),
        ["arn:aws:iam::000000000000:policy/p"]
    );
    let document = estate.document("arn:aws:iam::000000000000:policy/p").unwrap();
    assert_eq!(document.pointer, "/planned_values/root_module/child_modules/0/resources/1/values/policy");
    assert_eq!(
        unreadable(&estate),
        [
            "UNRESOLVED plan.json:10:5 `module.m[0].aws_s3_bucket_policy.b.policy` is not known before it is deployed, so nothing is checked of it"
        ]
    );
}

const CLOUDFORMATION: &str = r"
Parameters:
  Name: {Type: String, Default: app}
Conditions:
  Wide: !Equals [!Ref Name, other]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref Name
      Tags: [{Key: agent, Value: 'yes'}]
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
      ManagedPolicyArns: [!Ref Managed]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              Effect: Allow
              Action: !If [Wide, 's3:*', 's3:GetObject']
              Resource: !Sub '${Bucket.Arn}/*'
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'sqs:*', Resource: '*'}]}
  Bucket:
    Type: AWS::S3::Bucket
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: !Sub '${Bucket.Arn}/*'}]}
  Function:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt Role.Arn}
  Inline:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: more
      Roles: [!Ref Role]
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'sns:*', Resource: '*'}]}
  Sam:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - S3ReadPolicy: {BucketName: !Ref Bucket}
        - {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'kms:Decrypt', Resource: '*'}]}
";

#[test]
fn cloudformation_and_sam_say_who_will_be_granted_what() {
    let estate = estate(&[("template.yaml", CLOUDFORMATION)]);
    let role = "arn:aws:iam::000000000000:role/app";
    assert_eq!(
        granted(&estate, role),
        [
            "arn:aws:iam::000000000000:policy/${Managed}",
            "arn:aws:iam::000000000000:role/app#own",
            "arn:aws:iam::000000000000:role/app#more",
        ]
    );
    let wide = estate.document("arn:aws:iam::000000000000:role/app#own").unwrap();
    let action = wide.root.pointer("/Statement/1/Action").unwrap();
    assert_eq!((action.text(), action.at), (Some("s3:*"), Place { line: 23, column: 34 }));
    assert_eq!(wide.pointer, "/Resources/Role/Properties/Policies/0/PolicyDocument");
    let sam = estate.snapshot.principals().find(|one| one.name.contains("SamRole")).unwrap();
    assert_eq!(sam.policies.identity.len(), 3);
    let read = sam.policies.identity.iter().find_map(|one| estate.document(&one.name)).unwrap();
    assert!(shown(&read.root.to_json()).contains(r#""arn:aws:s3:::${Bucket}/*""#), "{}", read.root.to_json());
    assert_eq!(estate.workloads.len(), 2);
    assert!(names(&estate).contains(&"Resource BucketPolicy on AWS::S3::Bucket".to_owned()));
    assert_eq!(unreadable(&estate), Vec::<String>::new());
}

#[test]
fn a_broken_template_is_a_finding_with_its_place() {
    let broken = "Resources:\n  A:\n    Type: AWS::IAM::Role\n  A: [\n";
    let told = unreadable(&estate(&[("t.yaml", broken), ("x.tf", "resource {\n")]));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().any(|one| one.starts_with("UNREADABLE t.yaml:")), "{told:?}");
    assert!(told.iter().any(|one| one.starts_with("UNREADABLE x.tf:")), "{told:?}");
}

#[test]
fn bad_input_of_each_format_is_one_finding_with_its_place() {
    let cases = [
        (
            "r.yaml",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: everything\n",
            "UNREADABLE r.yaml:4:8",
        ),
        (
            "two.yaml",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: []\n---\na: [\n",
            "UNREADABLE two.yaml:6:4",
        ),
        ("g.yaml", "title: x\nincludedPermissions: storage.objects.get\n", "UNREADABLE g.yaml:2:22"),
        (
            "p.tf",
            "resource \"aws_iam_policy\" \"p\" {\n  policy = \"{\\\"Statement\\\":\"\n}\n",
            "UNREADABLE p.tf:2:12",
        ),
        ("l.tf", "resource \"aws_iam_policy\" \"p\" {\n  policy = [1]\n}\n", "UNREADABLE l.tf:2:12"),
        (
            "c.yaml",
            "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument: 7\n",
            "UNREADABLE c.yaml:5:23",
        ),
        (
            "t.yaml",
            "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties: !Nothing x\n",
            "UNREADABLE t.yaml:4:",
        ),
        (
            "plan.json",
            r#"{"format_version": "1", "planned_values": {"root_module": {"resources": [{"address": "aws_sqs_queue.q", "type": "aws_sqs_queue", "values": {"policy": "{"}}]}}}"#,
            "UNREADABLE plan.json:1:",
        ),
    ];
    for (name, text, wanted) in cases {
        let told = unreadable(&estate(&[(name, text)]));
        assert!(told.len() == 1 && told[0].starts_with(wanted), "{name}: {told:?}, not {wanted}");
    }
}

#[test]
fn clouds_are_read_from_terraform_too() {
    let text = r#"
resource "google_project_iam_member" "m" {
  project = "p"
  role    = "roles/owner"
  member  = "user:somebody@example.com"
}
data "google_iam_policy" "p" {
  binding {
    role    = "roles/editor"
    members = ["allUsers"]
  }
}
resource "google_project_iam_custom_role" "r" {
  role_id     = "r"
  permissions = ["iam.serviceAccounts.actAs"]
}
data "azurerm_subscription" "s" {}
resource "azurerm_role_definition" "r" {
  name  = "r"
  scope = data.azurerm_subscription.s.id
  permissions {
    actions = ["*"]
  }
  assignable_scopes = [data.azurerm_subscription.s.id]
}
resource "azurerm_role_assignment" "a" {
  scope                = data.azurerm_subscription.s.id
  role_definition_name = "Owner"
  principal_id         = var.who
}
"#;
    let estate = estate(&[("main.tf", text)]);
    let facts = crate::check::Facts::new(leastwise_catalog::Catalog::embedded());
    let told: Vec<String> = crate::check::run(&estate, &facts)
        .iter()
        .map(|one| format!("{} {}:{}", one.code, one.at.line, one.at.column))
        .collect();
    assert_eq!(
        told,
        [
            "GCP_BASIC_ROLE 4:13",
            "GCP_BASIC_ROLE 9:15",
            "GCP_PUBLIC_MEMBER 10:16",
            "GCP_IMPERSONATION 15:18",
            "AZURE_ALL_ACTIONS 22:16",
            "AZURE_WIDE_SCOPE 24:24",
            "AZURE_PRIVILEGED_ASSIGNMENT 28:26",
        ]
    );
}

#[test]
fn lists_and_annotations_of_kubernetes_are_read() {
    let text = r#"{"kind": "List", "apiVersion": "v1", "items": [
  {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a", "namespace": "n",
    "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/a"}}},
  {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "c"},
    "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
]}"#;
    let estate = estate(&[("all.json", text)]);
    let cluster = &estate.kubernetes;
    assert_eq!(cluster.accounts[0].role_arn.as_deref(), Some("arn:aws:iam::111122223333:role/a"));
    assert_eq!(cluster.roles[0].thing.pointer, "/items/1");
    let facts = crate::check::Facts::new(leastwise_catalog::Catalog::embedded());
    let found = crate::check::run(&estate, &facts);
    assert_eq!(found[0].pointer, "/items/1/rules/0");
}

#[test]
fn a_template_of_helm_is_a_note_and_not_a_failure() {
    let text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: {{ .Values.name }}\nrules:\n- apiGroups: ['']\n  {{- toYaml . }}\n";
    let file = |named| SourceFile {
        name: "chart/templates/role.yaml".into(),
        text: text.to_owned(),
        named,
        beside: false,
    };
    let told = unreadable(&read(&[file(false)]));
    assert!(told.len() == 1 && told[0].starts_with("UNRESOLVED chart/templates/role.yaml:4:"), "{told:?}");
    assert!(unreadable(&read(&[file(true)]))[0].starts_with("UNREADABLE"));
}

#[test]
fn standard_input_is_read_by_its_content() {
    let text = "resource \"aws_iam_policy\" \"p\" {\n  policy = \"{}\"\n}\n";
    assert_eq!(estate(&[("standard input", text)]).documents.len(), 1);
    let cluster =
        estate(&[("standard input", "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n")]);
    assert_eq!(cluster.kubernetes.accounts.len(), 1);
    assert_eq!(estate(&[("standard input", CLOUDFORMATION)]).workloads.len(), 2);
    let helm = "{{- if .Values.rbac }}\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nrules:\n- apiGroups: ['']\n{{- end }}\n";
    let file =
        SourceFile { name: "templates/role.yaml".into(), text: helm.to_owned(), named: false, beside: false };
    let told = unreadable(&read(&[file]));
    assert!(told.len() == 1 && told[0].starts_with("UNRESOLVED"), "{told:?}");
}

#[test]
fn an_agent_that_will_have_keys_is_found_before_it_has_them() {
    let text = "resource \"aws_iam_user\" \"u\" {\n  name = \"deploy-agent\"\n}\nresource \"aws_iam_access_key\" \"k\" {\n  user = aws_iam_user.u.name\n}\n";
    let estate = estate(&[("main.tf", text)]);
    let found = crate::check::run(&estate, &crate::check::Facts::new(leastwise_catalog::Catalog::embedded()));
    let keys = found.iter().find(|one| one.code == "AGENT_LONG_LIVED_KEYS").expect("it is a user");
    assert_eq!((&*keys.file, keys.at.line), ("main.tf", 1));
    assert!(
        keys.evidence.iter().any(|one| one == "an access key is declared at main.tf:4"),
        "{:?}",
        keys.evidence
    );
}

#[test]
fn a_document_that_a_configuration_reads_is_what_it_reads_it_for() {
    let main = "module \"m\" {\n  source = \"./m\"\n}\nresource \"aws_iam_policy\" \"a\" {\n  name   = \"a\"\n  policy = file(\"a.json\")\n}\n";
    let module = "resource \"aws_iam_policy\" \"b\" {\n  name   = \"b\"\n  policy = file(\"${path.module}/policies/b.json\")\n}\n";
    let policy =
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}"#;
    let files =
        [("i/main.tf", main), ("i/m/main.tf", module), ("i/a.json", policy), ("i/m/policies/b.json", policy)];
    let estate = estate(&files);
    let mut read: Vec<(&str, &str)> = estate.documents.iter().map(|one| (&*one.name, &*one.file)).collect();
    read.sort_unstable();
    assert_eq!(
        read,
        [
            ("arn:aws:iam::000000000000:policy/a", "i/a.json"),
            ("arn:aws:iam::000000000000:policy/b", "i/m/policies/b.json"),
        ]
    );
    let action = estate.documents[0].root.pointer("/Statement/0/Action").unwrap();
    assert_eq!(action.at, Place { line: 1, column: 71 });
}

#[test]
fn what_principals_get_from_elsewhere_is_told_where_it_is_said() {
    let terraform = r#"
resource "aws_iam_role" "agent" {
  name                 = "agent"
  permissions_boundary = "arn:aws:iam::111122223333:policy/limit"
}
resource "aws_iam_policy" "read" {
  name   = "read"
  policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}
resource "aws_iam_role_policy_attachment" "theirs" {
  role       = aws_iam_role.agent.name
  policy_arn = "arn:aws:iam::111122223333:policy/theirs"
}
resource "aws_iam_role_policy_attachment" "ours" {
  role       = aws_iam_role.agent.name
  policy_arn = aws_iam_policy.read.arn
}
resource "aws_iam_role_policy_attachment" "of_aws" {
  role       = aws_iam_role.agent.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_iam_user" "ci" { name = "ci" }
resource "aws_iam_user_group_membership" "ci" {
  user   = aws_iam_user.ci.name
  groups = ["builders"]
}
"#;
    let elsewhere = |estate: &Estate| {
        let mut told = unreadable(estate);
        told.retain(|line| line.ends_with("not known from here"));
        told
    };
    assert_eq!(
        elsewhere(&estate(&[("main.tf", terraform)])),
        [
            "UNRESOLVED main.tf:22:1 what the group `builders` gives is not known from here",
            "UNRESOLVED main.tf:12:16 what `arn:aws:iam::111122223333:policy/theirs` allows is not known from here",
            "UNRESOLVED main.tf:4:26 what `arn:aws:iam::111122223333:policy/limit` takes away as the boundary is not known from here",
        ]
    );
    let policy = |name: &str| {
        format!(
            r#"{{"PolicyName": "{name}", "Arn": "arn:aws:iam::111122223333:policy/{name}", "DefaultVersionId": "v1",
                "PolicyVersionList": [{{"VersionId": "v1", "IsDefaultVersion": true, "Document": {{"Version": "2012-10-17", "Statement": []}}}}]}}"#
        )
    };
    let account = format!(r#"{{"Policies": [{}, {}]}}"#, policy("theirs"), policy("limit"));
    let beside = estate(&[("account.json", &account), ("main.tf", terraform)]);
    assert_eq!(elsewhere(&beside).len(), 1, "{:?}", unreadable(&beside));
    let template = r#"
Resources:
  Agent:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns:
        - arn:aws:iam::aws:policy/ReadOnlyAccess
        - !ImportValue shared-policy
"#;
    let told = elsewhere(&estate(&[("stack.yaml", template)]));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("UNRESOLVED stack.yaml:8:"), "{told:?}");
}

#[test]
fn the_instance_profile_that_holds_a_role_is_declared_or_not_known() {
    let text = r#"
resource "aws_iam_role" "a" {
  name               = "a"
  assume_role_policy = "{}"
}
resource "aws_iam_role" "b" {
  name               = "b"
  assume_role_policy = "{}"
}
resource "aws_iam_instance_profile" "p" {
  name = "web"
  role = aws_iam_role.a.name
}
"#;
    let template = r#"{"Resources": {
  "R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "c", "AssumeRolePolicyDocument": {}}},
  "P": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"InstanceProfileName": "jobs", "Roles": [{"Ref": "R"}]}}
}}"#;
    let estate = estate(&[("main.tf", text), ("t.json", template)]);
    let held = |name: &str| {
        let role = estate.snapshot.principals().find(|one| one.name == name).unwrap();
        role.instance_profiles.as_ref().map(|profiles| profiles.len())
    };
    assert_eq!((held("a"), held("b"), held("c")), (Some(1), None, Some(1)));
}
