//! Who is let in from outside, by what stands in principals and in conditions.

use leastwise_catalog::Catalog;
use leastwise_policy::aws::DocumentKind;

use crate::check::{Document, Estate, Facts, Finding, Own, Severity, run};
use crate::source::Node;

const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";

fn findings(kind: DocumentKind, name: &str, text: &str, own: Option<(&[&str], &[&str])>) -> Vec<Finding> {
    let list = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let own = own.map_or_else(Own::default, |(accounts, organizations)| {
        Own::new(&list(accounts), &list(organizations)).expect("ids")
    });
    let facts = Facts::new(Catalog::embedded()).with_own(own);
    let root = Node::json(text).expect("JSON");
    let mut estate = Estate::default();
    estate.add(Document::new("policy.json".into(), name, kind, root));
    let of_trust = ["EXTERNAL_ACCESS", "PUBLIC_ACCESS", "TRUST_ANYONE", "CROSS_ACCOUNT_WITHOUT_EXTERNAL_ID"];
    run(&estate, &facts).into_iter().filter(|finding| of_trust.contains(&finding.code)).collect()
}

/// A statement of a queue's policy, of which nothing is said but in its ARN.
fn queue(principal: &str, condition: &str) -> Vec<&'static str> {
    queue_of(principal, condition, QUEUE, None)
}

fn queue_of(
    principal: &str,
    condition: &str,
    resource: &str,
    own: Option<(&[&str], &[&str])>,
) -> Vec<&'static str> {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {principal},
            "Action": "sqs:SendMessage", "Resource": "{resource}", "Condition": {condition}}}}}"#
    );
    findings(DocumentKind::Resource, "policy.json", &text, own).iter().map(|finding| finding.code).collect()
}

fn role(principal: &str, condition: &str, own: Option<(&[&str], &[&str])>) -> Vec<&'static str> {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {principal},
            "Action": "sts:AssumeRole", "Condition": {condition}}}}}"#
    );
    let name = "arn:aws:iam::111122223333:role/x (trust policy)";
    findings(DocumentKind::Trust, name, &text, own).iter().map(|finding| finding.code).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_condition_that_names_another_account_lets_it_in() {
    for condition in [
        r#"{"StringEquals": {"aws:PrincipalAccount": "444455556666"}}"#,
        r#"{"StringEquals": {"aws:SourceAccount": ["444455556666", "111122223333"]}}"#,
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:444455556666:*"}}"#,
        r#"{"StringLike": {"aws:SourceArn": "arn:aws:sns:*:444455556666:*"}}"#,
        r#"{"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/app"}}"#,
        r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/*"}}"#,
        r#"{"StringEquals": {"aws:VpceAccount": "444455556666"}}"#,
        r#"{"ArnLike": {"ec2:SourceInstanceARN": "arn:aws:ec2:*:444455556666:instance/*"}}"#,
        r#"{"ArnEquals": {"lambda:SourceFunctionArn": "arn:aws:lambda:eu-west-1:444455556666:function:app"}}"#,
    ] {
        assert_eq!(queue(r#""*""#, condition), ["EXTERNAL_ACCESS"], "{condition}");
    }
}

#[test]
fn what_aws_does_not_call_public_is_not() {
    let found = |action: &str, resource: &str, condition: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": "*",
                "Action": "{action}", "Resource": "{resource}", "Condition": {condition}}}}}"#
        );
        let found = findings(DocumentKind::Resource, "policy.json", &text, None);
        found.iter().any(|finding| finding.code == "PUBLIC_ACCESS")
    };
    let files = "arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-0123456789abcdef0";
    let mount = |condition: &str| found("elasticfilesystem:ClientMount", files, condition);
    assert!(!mount(r#"{"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}"#));
    assert!(mount(r#"{"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}}"#));
    assert!(mount(r#"{"BoolIfExists": {"elasticfilesystem:AccessedViaMountTarget": "true"}}"#));
    assert!(mount(r#"{"Bool": {"aws:SecureTransport": "true"}}"#));
    for condition in [
        r#"{"StringEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}}"#,
        r#"{"ForAnyValue:StringEquals": {"aws:PrincipalServiceNamesList": "cloudtrail.amazonaws.com"}}"#,
        r#"{"Bool": {"aws:PrincipalIsAWSService": "true"}}"#,
        r#"{"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}"#,
        r#"{"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}"#,
        r#"{"StringEquals": {"aws:VpceAccount": "111122223333"}}"#,
        r#"{"StringEquals": {"aws:VpceOrgID": "o-exampleorgid"}}"#,
        r#"{"ForAnyValue:StringLike": {"aws:VpceOrgPaths": "o-exampleorgid/*"}}"#,
        r#"{"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}"#,
        r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorgid/r-ab12/*"}}"#,
        r#"{"StringEquals": {"aws:SourceOrgID": "o-exampleorgid"}}"#,
        r#"{"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-exampleorgid/r-ab12/*"}}"#,
        r#"{"StringEquals": {"aws:SourceAccount": "111122223333"}}"#,
        r#"{"StringEquals": {"aws:SourceOwner": "111122223333"}}"#,
        r#"{"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}}"#,
        r#"{"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:111122223333:accesspoint/*"}}"#,
        r#"{"ArnEquals": {"ec2:SourceInstanceARN": "arn:aws:ec2:eu-west-1:111122223333:instance/i-012"}}"#,
        r#"{"ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:*:111122223333:function:*"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#,
    ] {
        assert!(!found("s3:PutObject", "arn:aws:s3:::b/*", condition), "{condition}");
    }
    for condition in [
        r#"{"Bool": {"aws:PrincipalIsAWSService": "false"}}"#,
        r#"{"StringLike": {"aws:SourceVpc": "vpc-*"}}"#,
        r#"{"StringEquals": {"aws:PrincipalTag/team": "blue"}}"#,
        r#"{"StringEquals": {"aws:username": "bob"}}"#,
        r#"{"ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:*:*:function:app"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}"#,
    ] {
        assert!(found("s3:PutObject", "arn:aws:s3:::b/*", condition), "{condition}");
    }
}

#[test]
fn a_condition_that_names_only_ones_own_lets_nobody_else_in() {
    for condition in [
        r#"{"StringEquals": {"aws:PrincipalAccount": "111122223333"}}"#,
        r#"{"StringEquals": {"AWS:SourceAccount": "111122223333"}}"#,
        r#"{"ArnLike": {"ec2:SourceInstanceARN": "arn:aws:ec2:*:111122223333:instance/*"}}"#,
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}"#,
        r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#,
        r#"{"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}"#,
        r#"{"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}"#,
        r#"{"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}"#,
        // Both must hold, and no principal of the other account has an ARN of this one.
        r#"{"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#,
    ] {
        assert_eq!(queue(r#""*""#, condition), NOTHING, "{condition}");
    }
}

#[test]
fn what_anybody_can_meet_excuses_nothing() {
    for condition in [
        r#"{"StringLike": {"aws:PrincipalAccount": "*"}}"#,
        r#"{"StringLike": {"aws:PrincipalOrgID": "o-*"}}"#,
        r#"{"Null": {"aws:PrincipalOrgID": "false"}}"#,
        r#"{"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}"#,
        r#"{"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}"#,
        r#"{"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorgid/*"}}"#,
        r#"{"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}"#,
        // Paths of roles may have colons.
        r#"{"StringLike": {"aws:PrincipalArn": "arn:*:iam::111122223333:role/x"}}"#,
    ] {
        assert_eq!(queue(r#""*""#, condition), ["PUBLIC_ACCESS"], "{condition}");
    }
    let paths = r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorgid/r-ab12/*"}}"#;
    assert_eq!(queue(r#""*""#, paths), NOTHING);
}

#[test]
fn a_named_account_is_excused_by_what_is_ours_and_by_nothing_else() {
    let other = r#"{"AWS": "arn:aws:iam::444455556666:role/app"}"#;
    for condition in [
        "{}",
        r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#,
        r#"{"StringEquals": {"aws:PrincipalAccount": "444455556666"}}"#,
        r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"}}"#,
        r#"{"StringEquals": {"aws:PrincipalTag/team": "x"}}"#,
    ] {
        assert_eq!(queue(other, condition), ["EXTERNAL_ACCESS"], "{condition}");
    }
    assert_eq!(queue(other, r#"{"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}"#), NOTHING);
    assert_eq!(queue(other, r#"{"StringEquals": {"aws:PrincipalAccount": "111122223333"}}"#), NOTHING);
}

#[test]
fn a_service_that_acts_for_another_account_lets_it_in() {
    let service = r#"{"Service": "sns.amazonaws.com"}"#;
    let of = |account: &str| format!(r#"{{"ArnLike": {{"aws:SourceArn": "arn:aws:sns:*:{account}:t"}}}}"#);
    assert_eq!(queue(service, &of("444455556666")), ["EXTERNAL_ACCESS"]);
    assert_eq!(queue(service, &of("111122223333")), NOTHING);
    let bucket = r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::uploads"}}"#;
    assert_eq!(queue(r#"{"Service": "s3.amazonaws.com"}"#, bucket), NOTHING);
    let both = r#"{"StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": "arn:aws:sns:*:444455556666:t"}}"#;
    assert_eq!(queue(service, both), NOTHING);
}

#[test]
fn what_is_ours_is_what_the_user_says() {
    let bucket = "arn:aws:s3:::b/*";
    let other = r#"{"AWS": "444455556666"}"#;
    assert_eq!(queue_of(other, "{}", bucket, None), NOTHING, "whose the bucket is is not known");
    assert_eq!(queue_of(other, "{}", bucket, Some((&["111122223333"], &[]))), ["EXTERNAL_ACCESS"]);
    assert_eq!(queue_of(other, "{}", QUEUE, Some((&["444455556666"], &[]))), NOTHING);
    let organization = r#"{"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}"#;
    assert_eq!(queue_of(r#""*""#, organization, bucket, Some((&[], &["o-exampleorgid"]))), NOTHING);
    assert_eq!(
        queue_of(r#""*""#, organization, bucket, Some((&[], &["o-anotherone1"]))),
        ["EXTERNAL_ACCESS"]
    );
    let path = r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorgid/*"}}"#;
    assert_eq!(queue_of(r#""*""#, path, bucket, Some((&[], &["o-exampleorgid"]))), NOTHING);
    assert_eq!(queue_of(r#""*""#, path, bucket, Some((&[], &["o-anotherone1"]))), ["EXTERNAL_ACCESS"]);
}

#[test]
fn an_endpoint_does_not_say_whose_it_is() {
    let endpoint = r#"{"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}"#;
    assert_eq!(queue(r#""*""#, endpoint), NOTHING);
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": "*",
            "Action": "sqs:SendMessage", "Resource": "{QUEUE}", "Condition": {endpoint}}}}}"#
    );
    let own: (&[&str], &[&str]) = (&["111122223333"], &[]);
    let found = findings(DocumentKind::Resource, "policy.json", &text, Some(own));
    assert_eq!(
        found.iter().map(|one| (one.code, one.severity)).collect::<Vec<_>>(),
        [("EXTERNAL_ACCESS", Severity::Info)]
    );
    let ours =
        r#"{"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d", "aws:PrincipalAccount": "111122223333"}}"#;
    assert_eq!(queue_of(r#""*""#, ours, QUEUE, Some(own)), NOTHING);
}

#[test]
fn what_the_document_denies_counts() {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
            {{"Effect": "Allow", "Principal": {{"AWS": "444455556666"}}, "Action": "sqs:SendMessage", "Resource": "{QUEUE}"}},
            {{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "{QUEUE}",
              "Condition": {{"StringNotEquals": {{"aws:PrincipalAccount": "111122223333"}}}}}}]}}"#
    );
    assert!(findings(DocumentKind::Resource, "policy.json", &text, None).is_empty());
}

#[test]
fn a_trust_policy_is_judged_the_same_way() {
    let other = r#"{"AWS": "arn:aws:iam::444455556666:root"}"#;
    assert_eq!(role(other, "{}", None), ["CROSS_ACCOUNT_WITHOUT_EXTERNAL_ID"]);
    assert_eq!(role(other, r#"{"StringEquals": {"sts:ExternalId": "5f1c0f3e"}}"#, None), ["EXTERNAL_ACCESS"]);
    assert_eq!(role(r#"{"AWS": "arn:aws:iam::444455556666:role/app"}"#, "{}", None), ["EXTERNAL_ACCESS"]);
    let own: (&[&str], &[&str]) = (&["444455556666"], &[]);
    assert_eq!(role(other, "{}", Some(own)), NOTHING);
    let account = |id: &str| format!(r#"{{"StringEquals": {{"aws:PrincipalAccount": "{id}"}}}}"#);
    assert_eq!(role(r#"{"AWS": "*"}"#, &account("444455556666"), None), ["EXTERNAL_ACCESS"]);
    assert_eq!(role(r#"{"AWS": "*"}"#, &account("111122223333"), None), NOTHING);
    assert_eq!(role(r#"{"AWS": "*"}"#, "{}", None), ["TRUST_ANYONE"]);
}

#[test]
fn ids_that_are_none_are_refused() {
    let list = |id: &str| vec![id.to_owned()];
    assert!(Own::new(&list("12345"), &[]).is_none() && Own::new(&[], &list("o-1")).is_none());
    assert!(Own::new(&list("111122223333"), &list("o-exampleorgid")).is_some());
}

fn deputies(kind: DocumentKind, text: &str) -> Vec<(&'static str, Severity)> {
    let mut estate = Estate::default();
    estate.add(Document::new("policy.json".into(), "policy.json", kind, Node::json(text).expect("JSON")));
    let of_services = |finding: &Finding| {
        finding.code.contains("SERVICE_") && finding.code != "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"
    };
    let found = run(&estate, &Facts::new(Catalog::embedded()));
    found
        .iter()
        .filter(|finding| of_services(finding))
        .map(|finding| (finding.code, finding.severity))
        .collect()
}

fn service_role(service: &str, condition: &str) -> usize {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {{"Service": {service}}},
            "Action": "sts:AssumeRole", "Condition": {condition}}}}}"#
    );
    deputies(DocumentKind::Trust, &text).len()
}

#[test]
fn a_service_is_asked_for_the_keys_that_it_sends_and_no_other() {
    let states = r#""states.amazonaws.com""#;
    assert_eq!(service_role(states, "{}"), 1);
    assert_eq!(
        service_role(r#"["states.amazonaws.com", "ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]"#, "{}"),
        2
    );
    // The page of IAM Roles Anywhere has the source in the statement that assumes, and the tags in another.
    assert_eq!(service_role(r#""rolesanywhere.amazonaws.com""#, "{}"), 1);
    let tags = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Principal": {"Service": "rolesanywhere.amazonaws.com"}, "Action": "sts:TagSession"}}"#;
    assert_eq!(deputies(DocumentKind::Trust, tags), []);
    for quiet in ["lambda", "ec2", "codepipeline", "iot", "somethingnew"] {
        assert_eq!(service_role(&format!(r#""{quiet}.amazonaws.com""#), "{}"), 0, "{quiet}");
    }
    for held in [
        r#"{"StringEquals": {"aws:SourceAccount": "111122223333"}}"#,
        r#"{"StringLike": {"aws:SourceArn": "arn:aws:states:*:111122223333:stateMachine:*"}}"#,
        r#"{"StringEquals": {"aws:SourceOrgID": "o-exampleorgid"}}"#,
    ] {
        assert_eq!(service_role(states, held), 0, "{held}");
    }
    for open in [
        r#"{"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}"#,
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:states:*:*:stateMachine:*"}}"#,
        r#"{"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}"#,
    ] {
        assert_eq!(service_role(states, open), 1, "{open}");
    }
}

#[test]
fn a_source_is_demanded_or_it_is_told() {
    let of = |condition: &str, deny: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"Service": "s3.amazonaws.com"}},
                "Action": "sqs:SendMessage", "Resource": "{QUEUE}", "Condition": {condition}}}{deny}]}}"#
        );
        deputies(DocumentKind::Resource, &text)
    };
    let open = r#"{"StringLike": {"aws:SourceAccount": "*"}}"#;
    assert_eq!(of(open, ""), [("SERVICE_SOURCE_NOT_DEMANDED", Severity::Medium)]);
    let bucket = r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::uploads"}}"#;
    assert_eq!(of(bucket, ""), [("SERVICE_SOURCE_NOT_DEMANDED", Severity::Low)]);
    let account = r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:uploads"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}"#;
    assert_eq!(of(account, ""), []);
    // What is told of a statement without any such key has a code of IAM Access Analyzer.
    assert_eq!(of("{}", ""), []);
    let deny = r#", {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:SourceAccount": "111122223333"}}}"#;
    assert_eq!(of(bucket, deny), []);
    assert_eq!(of(open, deny), []);
}

#[test]
fn the_policy_of_an_endpoint_opens_nothing() {
    let of = |kind: &str| {
        let text = format!(
            r#"
resource "{kind}" "x" {{
  vpc_endpoint_id = "vpce-0"
  bucket          = "reports"
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::reports/*" }}]
  }})
}}
"#
        );
        let files = [crate::check::SourceFile::named("main.tf", text)];
        let facts = crate::check::Facts::new(leastwise_catalog::Catalog::embedded());
        let findings = crate::check::run(&crate::check::read(&files), &facts);
        findings.iter().filter(|finding| finding.code == "PUBLIC_ACCESS").count()
    };
    assert_eq!((of("aws_s3_bucket_policy"), of("aws_vpc_endpoint_policy")), (1, 0));
}

#[test]
fn whom_a_deny_spares_is_not_everybody() {
    let of = |deny: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [
                {{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "{QUEUE}"}},
                {{"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "{QUEUE}", "Condition": {deny}}}
            ]}}"#
        );
        let found = findings(DocumentKind::Resource, "policy.json", &text, None);
        found.iter().any(|finding| finding.code == "PUBLIC_ACCESS")
    };
    for deny in [
        r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}"#,
        r#"{"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-0123456789abcdef0"}}"#,
        r#"{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#,
        r#"{"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#,
        r#"{"ForAllValues:StringNotEquals": {"aws:PrincipalOrgPaths": "o-a/r-b/"}}"#,
    ] {
        assert!(!of(deny), "{deny}");
    }
    for deny in [
        r#"{"StringNotLike": {"aws:PrincipalOrgID": "o-*"}}"#,
        r#"{"StringNotEquals": {"aws:UserAgent": "mine"}}"#,
        r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-abc1234567"}, "Bool": {"aws:SecureTransport": "false"}}"#,
        r#"{"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgPaths": "o-a/r-b/"}}"#,
        r#"{"NotIpAddress": {"aws:SourceIp": "0.0.0.0/1"}}"#,
    ] {
        assert!(of(deny), "{deny}");
    }
}

/// How severe it is that a queue lets in everybody on this condition, but for whom these statements deny it.
fn open(condition: &str, denies: &[String]) -> Option<Severity> {
    let denies: String = denies.iter().map(|deny| format!(", {deny}")).collect();
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": "*",
            "Action": "sqs:SendMessage", "Resource": "*", "Condition": {condition}}}{denies}]}}"#
    );
    let found = findings(DocumentKind::Resource, "policy.json", &text, None);
    found.iter().find(|finding| finding.code == "PUBLIC_ACCESS").map(|finding| finding.severity)
}

fn denied(condition: &str) -> String {
    format!(
        r#"{{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": {condition}}}"#
    )
}

#[test]
fn whose_the_resource_is_is_known_to_whoever_asks() {
    for condition in [
        r#"{"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}"#,
        r#"{"StringEquals": {"aws:resourceorgid": "${aws:PrincipalOrgID}"}}"#,
        r#"{"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}"#,
    ] {
        assert_eq!(open(condition, &[]), None, "{condition}");
        let negated = condition.replace("StringEquals", "StringNotEquals");
        assert_eq!(open("{}", &[denied(&negated)]), None, "{negated}");
        assert_eq!(open(&negated, &[]), Some(Severity::High), "{negated}");
    }
    // Services ask for whoever told them to.
    let services = r#"{"StringNotEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}"#;
    assert_eq!(open("{}", &[denied(services)]), Some(Severity::High));
}

#[test]
fn what_is_not_decided_of_everybody_is_no_less_severe() {
    let own = r#"{"StringEquals": {"aws:PrincipalTag/a": "${aws:PrincipalTag/a}"}}"#;
    assert_eq!(open(own, &[]), Some(Severity::High));
    let entangled = |letter| {
        denied(&format!(
            r#"{{"StringNotLike": {{"aws:UserAgent": "*{letter}*", "aws:Referer": "*{letter}*"}}}}"#
        ))
    };
    let many: Vec<String> = ('a'..='z').map(entangled).collect();
    assert_eq!(open("{}", &many), Some(Severity::High));
}

#[test]
fn everybody_who_is_a_service_is_asked_for_whom_it_acts() {
    let told = |condition: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": "*",
                "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*", "Condition": {{{condition}}}}}}}"#
        );
        let root = Node::json(&text).expect("JSON");
        let mut estate = Estate::default();
        estate.add(Document::new("policy.json".into(), "policy.json", DocumentKind::Resource, root));
        let found = run(&estate, &Facts::new(Catalog::embedded()));
        found.into_iter().find(|one| one.code == "SERVICE_SOURCE_NOT_DEMANDED").map(|one| one.message)
    };
    let any = r#""Bool": {"aws:PrincipalIsAWSService": "true"}"#;
    assert!(told(any).is_some_and(|message| message.starts_with("every AWS service may use")));
    let trail = r#""StringEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}"#;
    assert!(told(trail).is_some_and(|message| message.starts_with("cloudtrail.amazonaws.com may use")));
    let source = r#""ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"}"#;
    assert_eq!(told(&format!("{any}, {source}")), None);
    assert_eq!(told(&format!("{trail}, {source}")), None);
}

#[test]
fn whom_a_deny_with_not_principal_spares_is_not_everybody() {
    let of = |spared: &str| {
        let allow = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}"#;
        let deny = r#"{"Effect": "Deny", "NotPrincipal": SPARED, "Action": "s3:*", "Resource": "*"}"#;
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{allow}, {}]}}"#,
            deny.replace("SPARED", spared)
        );
        let found = crate::check::run(
            &crate::check::read(&[crate::check::SourceFile::named("policy.json", text)]),
            &crate::check::Facts::new(leastwise_catalog::Catalog::embedded()),
        );
        found.iter().any(|one| one.code == "PUBLIC_ACCESS")
    };
    assert!(!of(r#"{"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/app"]}"#));
    assert!(!of(r#"{"Service": "cloudfront.amazonaws.com"}"#));
}

/// The accounts and organisations that are told of a queue whose policy lets in all whom a `Deny` spares.
fn spared(allow: &str, deny: &str) -> Vec<String> {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
            {{"Effect": "Allow", "Principal": {allow}, "Action": "sqs:SendMessage", "Resource": "{QUEUE}"}},
            {{"Effect": "Deny", "Action": "sqs:*", "Resource": "{QUEUE}", {deny}}}]}}"#
    );
    let found = findings(DocumentKind::Resource, "policy.json", &text, None);
    found.into_iter().map(|finding| format!("{} {}", finding.code, finding.message)).collect()
}

#[test]
fn another_account_that_a_deny_spares_is_let_in() {
    let both =
        r#""NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]}"#;
    let told = spared(r#""*""#, both);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("EXTERNAL_ACCESS lets in the whole account 444455556666, which a `Deny` spares")
    );
    let one = r#""NotPrincipal": {"AWS": ["arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:role/app"]}"#;
    assert_eq!(spared(r#""*""#, one).len(), 1);
    // Whom nothing allows anything, nobody lets in.
    assert_eq!(spared(r#"{"AWS": "111122223333"}"#, both), NOTHING);
    let own = r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}"#;
    assert_eq!(spared(r#""*""#, own), NOTHING);
}

#[test]
fn another_account_that_a_condition_of_a_deny_spares_is_let_in() {
    let of = |operator: &str, key: &str, value: &str| {
        let deny = format!(r#""Principal": "*", "Condition": {{"{operator}": {{"{key}": {value}}}}}"#);
        spared(r#""*""#, &deny).len()
    };
    let account = "aws:PrincipalAccount";
    assert_eq!(of("StringNotEquals", account, r#"["111122223333", "444455556666"]"#), 1);
    assert_eq!(of("StringNotEquals", account, r#""111122223333""#), 0);
    assert_eq!(of("ArnNotLike", "aws:PrincipalArn", r#""arn:aws:iam::444455556666:role/app""#), 1);
    assert_eq!(of("ArnNotLike", "aws:PrincipalArn", r#""arn:aws:iam::111122223333:role/app""#), 0);
}

/// Whether a bucket with these statements is open to everybody.
fn is_public(statements: &str) -> bool {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let found = crate::check::run(
        &crate::check::read(&[crate::check::SourceFile::named("policy.json", text)]),
        &crate::check::Facts::new(leastwise_catalog::Catalog::embedded()),
    );
    found.iter().any(|one| one.code == "PUBLIC_ACCESS")
}

#[test]
fn the_id_of_a_role_with_any_session_is_one_role() {
    let with = |operator: &str, value: &str| {
        is_public(&format!(
            r#"{{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*",
                "Condition": {{"{operator}": {{"aws:userid": "{value}"}}}}}}"#
        ))
    };
    assert!(!with("StringLike", "AROAEXAMPLE1234567890:*"));
    assert!(with("StringLike", "AROA*") && with("StringLike", "*:agent"));
    let deny = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::x", "arn:aws:s3:::x/*"]},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::x", "arn:aws:s3:::x/*"],
         "Condition": {"StringNotLike": {"aws:userId": ["AROAEXAMPLE1234567890:*", "111122223333"]}}}"#;
    assert!(!is_public(deny));
}

#[test]
fn who_is_in_the_organisation_that_a_deny_of_all_values_spares_is_not_everybody() {
    let with = |operator: &str| {
        is_public(&format!(
            r#"{{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}},
            {{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::x/*",
              "Condition": {{"{operator}": {{"aws:PrincipalOrgPaths": "o-exampleorg1/*"}}}}}}"#
        ))
    };
    assert!(!with("ForAllValues:StringNotLike"));
    // This one is not met by who is in no organisation.
    assert!(with("ForAnyValue:StringNotLike"));
}

#[test]
fn a_request_that_shows_it_is_one_that_can_be_made() {
    let denied = |what: &str| {
        format!(
            r#"{{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": ["arn:aws:s3:::x", "arn:aws:s3:::x/*"]}},
            {{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}},
            {{"Effect": "Deny", "Principal": "*", "Action": "{what}", "Resource": "arn:aws:s3:::x"}}"#
        )
    };
    assert!(!is_public(&denied("s3:ListBucket")));
    assert!(is_public(&denied("s3:GetBucketAcl")));
}

#[test]
fn a_bucket_is_one_bucket_whatever_region_and_account_its_arn_leaves_open() {
    let with = |value: &str| {
        is_public(&format!(
            r#"{{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
                "Resource": "arn:aws:sqs:eu-west-1:111122223333:q", "Condition": {{"ArnLike": {{"aws:SourceArn": "{value}"}}}}}}"#
        ))
    };
    assert!(!with("arn:aws:s3:*:*:reports") && !with("arn:aws:s3:::reports"));
    assert!(with("arn:aws:s3:*:*:*") && with("arn:aws:s3:*:*:reports*") && with("arn:aws:sns:*:*:reports"));
}
