//! CloudFormation beyond one template: stacks within stacks, includes, loops.

use super::*;
use crate::source::{Place, shown};

fn met(files: &[(&str, &str)]) -> Estate {
    let file = |(name, text): &(&str, &str)| SourceFile {
        name: Arc::from(*name),
        text: (*text).to_owned(),
        named: false,
        beside: false,
    };
    read(&files.iter().map(file).collect::<Vec<_>>())
}

fn told(estate: &Estate) -> Vec<String> {
    let told = estate.unreadable.iter();
    told.map(|one| format!("{} {}:{}:{} {}", one.code, one.file, one.at.line, one.at.column, one.message))
        .collect()
}

/// The names of the principals, and the actions of each document with its file.
fn known(estate: &Estate) -> (Vec<String>, Vec<String>) {
    let principals = estate.snapshot.principals().map(|one| shown(&one.arn)).collect();
    let action = |one: &crate::check::Document| {
        let statement = one.root.get("Statement").map(crate::source::Node::one_or_many);
        let action = statement.and_then(|all| all.first()?.get("Action")).map(crate::source::Node::to_json);
        format!("{} {}", one.file, shown(&action.unwrap_or_default()))
    };
    (principals, estate.documents.iter().map(action).collect())
}

const PARENT: &str = "
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Bucket: {Type: String, Default: reports}
Resources:
  Access:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./stacks/access.yaml
      Parameters:
        Bucket: !Ref Bucket
        Actions: ['s3:GetObject', 's3:PutObject']
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Access.Outputs.RoleArn
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      ManagedPolicyArns: [!GetAtt Access.Outputs.PolicyArn]
";

const CHILD: &str = "
Parameters:
  Bucket: {Type: String}
  Actions: {Type: CommaDelimitedList}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: !Ref Actions
            Resource: !Sub 'arn:aws:s3:::${Bucket}/*'
Outputs:
  RoleArn: {Value: !GetAtt Role.Arn}
  PolicyArn: {Value: !Ref Policy}
";

#[test]
fn a_stack_in_a_stack_has_what_it_is_handed_and_gives_out_what_it_makes() {
    let estate = met(&[("infra/main.yaml", PARENT), ("infra/stacks/access.yaml", CHILD)]);
    assert_eq!(told(&estate), [""; 0]);
    let role = |id: &str| format!("arn:aws:iam::000000000000:role/${{{id}}}");
    let (principals, _) = known(&estate);
    assert_eq!(principals, [role("Access.Role"), role("Role")]);
    let policy = estate.documents.iter().find(|one| one.name.contains(":policy/")).expect("a policy");
    assert_eq!(
        (&*policy.file, &*policy.pointer),
        ("infra/stacks/access.yaml", "/Resources/Policy/Properties/PolicyDocument")
    );
    let statement = policy.root.pointer("/Statement/0").unwrap();
    assert_eq!(
        statement.to_json(),
        r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::reports/*"}"#
    );
    assert_eq!(statement.get("Action").unwrap().at, Place { line: 17, column: 26 });
    let own = estate.snapshot.principals().find(|one| shown(&one.arn) == role("Role")).unwrap();
    assert_eq!(own.policies.identity.len(), 1);
    assert_eq!(shown(&estate.workloads[0].role), role("Access.Role"));
}

#[test]
fn a_stack_that_is_not_here_is_told_and_a_circle_refused() {
    let from = |url: &str| PARENT.replace("./stacks/access.yaml", url);
    // The policy that the stack would have given out is told as well, where the role gets it.
    let told = |estate: &Estate| {
        let mut told = told(estate);
        told.retain(|line| !line.ends_with("allows is not known from here"));
        told
    };
    let alone = told(&met(&[("main.yaml", &from("./stacks/access.yaml"))]));
    let [only] = &alone[..] else { panic!("{alone:?}") };
    assert!(only.starts_with("UNRESOLVED main.yaml:9:20 the stack `Access` is from `./stacks/access.yaml`, which is no template"), "{only}");
    let elsewhere = told(&met(&[("main.yaml", &from("https://b.s3.amazonaws.com/a.yaml"))]));
    assert!(elsewhere.len() == 1 && elsewhere[0].starts_with("UNRESOLVED main.yaml:9:20"), "{elsewhere:?}");
    let said_later = told(&met(&[("main.yaml", &from("!Sub 'https://${AWS::Region}.x/a.yaml'"))]));
    assert!(said_later.len() == 1 && said_later[0].contains("${AWS::Region}"), "{said_later:?}");
    let itself = "Resources:\n  A:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: other.yaml}\n  U:\n    Type: AWS::IAM::User\n";
    let other =
        "Resources:\n  B:\n    Type: AWS::Serverless::Application\n    Properties: {Location: ./main.yaml}\n";
    let estate = met(&[("main.yaml", itself), ("other.yaml", other)]);
    assert_eq!(
        told(&estate),
        ["UNREADABLE other.yaml:4:28 the stack `B` is in a circle: `main.yaml` deploys itself"]
    );
    assert_eq!(known(&estate).0.len(), 1);
}

const LOOP: &str = "
Transform: AWS::LanguageExtensions
Parameters:
  Teams: {Type: CommaDelimitedList, Default: 'red, blue'}
Resources:
  Fn::ForEach::Roles:
    - Team
    - !Ref Teams
    - 'Role${Team}':
        Type: AWS::IAM::Role
        Properties:
          RoleName: !Sub 'team-${Team}'
          AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}
          Policies:
            - PolicyName: own
              PolicyDocument:
                Version: 2012-10-17
                Statement:
                  - Effect: Allow
                    Action: s3:*
                    Resource: !Join ['', ['arn:aws:s3:::', !Ref Team, '/*']]
";

#[test]
fn loops_are_written_out_with_the_places_of_their_body() {
    let estate = met(&[("t.yaml", LOOP)]);
    assert_eq!(told(&estate), [""; 0]);
    let role = |team: &str| format!("arn:aws:iam::000000000000:role/team-{team}");
    assert_eq!(known(&estate).0, [role("blue"), role("red")]);
    let own = estate.document(&format!("{}#own", role("blue"))).unwrap();
    let resource = own.root.pointer("/Statement/0/Resource").unwrap();
    assert_eq!((resource.text(), resource.at.line), (Some("arn:aws:s3:::blue/*"), 21));
    assert_eq!(
        own.pointer,
        "/Resources/Fn::ForEach::Roles/2/Role${Team}/Properties/Policies/0/PolicyDocument"
    );
    let unknown = met(&[("t.yaml", &LOOP.replace(", Default: 'red, blue'", ""))]);
    let [only] = &told(&unknown)[..] else { panic!("{:?}", told(&unknown)) };
    assert!(only.starts_with("UNRESOLVED t.yaml:8:12 what `Fn::ForEach::Roles` goes over"), "{only}");
    assert_eq!(unknown.documents.iter().filter(|one| one.name.contains("#own")).count(), 1);
    let wrong = told(&met(&[("t.yaml", &LOOP.replace("    - Team\n", ""))]));
    assert!(wrong.len() == 1 && wrong[0].starts_with("UNREADABLE t.yaml:7:5"), "{wrong:?}");
}

#[test]
fn loops_within_loops_end() {
    let mut body = "{'U${A0}': {Type: AWS::IAM::User}}".to_owned();
    for level in 0..12 {
        body = format!("{{'Fn::ForEach::L{level}': [A{level}, [a, b, c, d, e, f, g, h], {body}]}}");
    }
    let told =
        told(&met(&[("t.yaml", &format!("AWSTemplateFormatVersion: 2010-09-09\nResources: {body}\n"))]));
    assert!(told.len() == 1 && told[0].starts_with("UNREADABLE t.yaml:1:1"), "{told:?}");
}

#[test]
fn an_include_of_a_file_beside_the_template_is_read_where_it_stands() {
    let main = "
Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Fn::Transform:
          Name: AWS::Include
          Parameters: {Location: ./statements.yaml}
  Other:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: 's3://bucket/other.yaml'}}
";
    let statements = "Statement:\n  - Effect: Allow\n    Action: sqs:*\n    Resource: '*'\n";
    let estate = met(&[("i/main.yaml", main), ("i/statements.yaml", statements)]);
    let policy = &estate.documents[0];
    let action = policy.root.pointer("/Statement/0/Action").unwrap();
    // The document begins in the template, so what is included stands where it is brought in.
    assert_eq!((&*policy.file, action.text()), ("i/main.yaml", Some("sqs:*")));
    assert_eq!(action.at.line, 7);
    let told_here = told(&estate);
    assert!(
        told_here
            .iter()
            .any(|one| one.starts_with("UNRESOLVED i/main.yaml:15:") && one.contains("s3://bucket")),
        "{told_here:?}"
    );
    assert!(estate.left_alone.is_empty());
    let whole = main.replace("        Version: 2012-10-17\n", "").replace("statements.yaml", "policy.json");
    let document = r#"{"Version": "2012-10-17",
 "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}"#;
    let estate = met(&[("i/main.yaml", &whole), ("i/policy.json", document)]);
    let [policy] = &estate.documents[..] else { panic!("{:?}", known(&estate)) };
    assert_eq!(
        (&*policy.file, policy.root.pointer("/Statement/Action").unwrap().at.line),
        ("i/policy.json", 2)
    );
    assert!(!told(&estate).is_empty());
    let broken = told(&met(&[("i/main.yaml", main), ("i/statements.yaml", "a: [\n")]));
    assert_eq!(
        broken.iter().filter(|one| one.starts_with("UNREADABLE i/main.yaml:10")).count(),
        1,
        "{broken:?}"
    );
}

#[test]
fn a_macro_of_somebodys_own_is_told() {
    let text = "Transform: [AWS::Serverless-2016-10-31, Company]\nResources:\n  U: {Type: AWS::IAM::User}\n";
    let told = told(&met(&[("t.yaml", text)]));
    assert!(told.len() == 1 && told[0].starts_with("UNRESOLVED t.yaml:1:41 the macro `Company`"), "{told:?}");
}
