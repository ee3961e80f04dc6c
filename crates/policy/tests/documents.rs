//! Building, printing and measuring documents, and hostile ones.

use leastwise_policy::aws::quota::{MANAGED_PER_GROUP, MANAGED_PER_ROLE, MANAGED_PER_USER, Quota};
use leastwise_policy::aws::{
    Comparison, Condition, DocumentKind, Operator, Policy, SetOperator, Statement, Version,
};

fn refusal(text: &str) -> String {
    match Policy::parse(text) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_document_prints_in_awss_order_and_a_list_of_one_as_its_element() {
    let statement = Statement::allow(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::reports/*"])
        .with_condition(Condition::new(Comparison::StringEquals, "aws:RequestedRegion", ["eu-west-1"]))
        .with_condition(Condition::new(Comparison::Bool, "aws:SecureTransport", ["true"]))
        .with_condition(Condition::new(Comparison::StringEquals, "aws:PrincipalOrgID", ["o-example"]))
        .with_sid("Reports");
    let printed = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Reports",
      "Effect": "Allow",
      "Action": [
        "s3:GetObject",
        "s3:PutObject"
      ],
      "Resource": "arn:aws:s3:::reports/*",
      "Condition": {
        "StringEquals": {
          "aws:RequestedRegion": "eu-west-1",
          "aws:PrincipalOrgID": "o-example"
        },
        "Bool": {
          "aws:SecureTransport": "true"
        }
      }
    }
  ]
}"#;
    assert_eq!(Policy::new(vec![statement]).to_json(), printed);
}

#[test]
fn a_document_without_a_version_is_the_old_one_and_says_so_when_printed() {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let policy = Policy::parse(text).unwrap();
    assert_eq!(policy.version, Version::V2008_10_17);
    assert!(policy.to_compact_json().starts_with(r#"{"Version":"2008-10-17","Statement":[{"#));
}

#[test]
fn a_negated_condition_on_the_same_key_joins_the_first() {
    let not = |values: [&str; 2]| Condition::new(Comparison::StringNotEquals, "aws:username", values);
    let statement =
        Statement::deny(["*"], ["*"]).with_condition(not(["a", "b"])).with_condition(not(["b", "c"]));
    assert_eq!(
        statement.condition.as_slice(),
        [Condition::new(Comparison::StringNotEquals, "aws:username", ["a", "b", "c"])]
    );
}

#[test]
fn a_second_condition_on_the_same_key_is_kept_under_another_spelling() {
    let like = |value| Condition::new(Comparison::StringLike, "aws:username", [value]);
    let statement = Statement::allow(["*"], ["*"]).with_condition(like("a*")).with_condition(like("*b"));
    let keys: Vec<&str> = statement.condition.iter().map(|condition| &*condition.key).collect();
    assert_eq!(keys, ["aws:username", "Aws:username"]);
    let policy = Policy::new(vec![statement]);
    assert_eq!(Policy::parse(&policy.to_json()), Ok(policy));
}

#[test]
fn operators_are_read_in_any_case_and_printed_in_awss() {
    let operator = Operator::parse("foranyvalue:Stringlikeifexists").unwrap();
    let wanted =
        Operator { set: Some(SetOperator::ForAnyValue), base: Comparison::StringLike, if_exists: true };
    assert_eq!(operator, wanted);
    assert_eq!(operator.to_string(), "ForAnyValue:StringLikeIfExists");
    assert_eq!(
        Operator::parse("ForSomeValues:Bool").unwrap_err().to_string(),
        "unknown condition operator `ForSomeValues:Bool`"
    );
}

#[test]
fn the_quota_counts_no_white_space_between_tokens() {
    let policy = Policy::new(vec![Statement::allow(["s3:*"], ["*"])]);
    let compact =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    assert_eq!(policy.quota_len(), compact.len());
    assert_eq!(Policy::parse(&policy.to_json()).unwrap().quota_len(), compact.len());
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
#[test]
fn quotas_are_those_of_aws() {
    let characters = [
        (Quota::ManagedPolicy, 6_144),
        (Quota::InlineRole, 10_240),
        (Quota::InlineUser, 2_048),
        (Quota::InlineGroup, 5_120),
        (Quota::TrustPolicy, 2_048),
        (Quota::SessionPolicy, 2_048),
        (Quota::ServiceControlPolicy, 10_240),
        (Quota::ResourceControlPolicy, 5_120),
    ];
    for (quota, most) in characters {
        assert_eq!(quota.characters(), most, "{quota:?}");
        let exactly = |length: usize| {
            let rest = length - Policy::new(vec![Statement::allow([""], ["*"])]).quota_len();
            Policy::new(vec![Statement::allow(["a".repeat(rest)], ["*"])])
        };
        assert!(quota.holds(&[exactly(most)]) && !quota.holds(&[exactly(most + 1)]), "{quota:?}");
    }
    assert_eq!((MANAGED_PER_ROLE, MANAGED_PER_USER, MANAGED_PER_GROUP), (10, 10, 10));
}

#[test]
fn inline_policies_share_their_quota_and_managed_ones_do_not() {
    let policy = Policy::new(vec![Statement::allow((0..90).map(|n| format!("s3:Action{n}")), ["*"])]);
    let length = policy.quota_len();
    assert!(length > Quota::InlineUser.characters() / 2 && length <= Quota::InlineUser.characters());
    let two = [policy.clone(), policy];
    assert!(Quota::InlineUser.holds(&two[..1]) && !Quota::InlineUser.holds(&two));
    assert!(Quota::ManagedPolicy.holds(&two));
}

#[test]
fn a_pattern_that_another_contains_is_dropped() {
    let resources =
        ["arn:aws:s3:::b/a", "arn:aws:s3:::b/*", "arn:aws:s3:::c", "arn:aws:s3:::b/${aws:username}"];
    let mut statement = Statement::allow(["s3:GetObject", "S3:get*", "s3:GetObjectAcl"], resources);
    statement.simplify();
    let expected = ["arn:aws:s3:::b/*", "arn:aws:s3:::c", "arn:aws:s3:::b/${aws:username}"];
    assert_eq!(statement, Statement::allow(["S3:get*"], expected));
}

#[test]
fn a_nesting_bomb_is_refused_before_it_is_deep() {
    for open in ["[", "{\"a\":"] {
        let bomb = open.repeat(200_000);
        assert!(refusal(&bomb).ends_with("nested deeper than 64 levels"));
    }
}

#[test]
fn a_refusal_counts_columns_in_characters() {
    let text = "{\n  \"Statement\": [{\"Effect\": \"Allow\", \"Action\": [\"s3:Gét\u{1F600}\"], \"Resource\": \"x\"}]}";
    let error = Policy::parse(text).unwrap_err();
    assert_eq!((error.line, error.column, &*error.pointer), (2, 48, "/Statement/0/Action/0"));
    let text = "{\"é\u{1F600}\": 1, x}";
    assert_eq!(refusal(text), "line 1, column 11: expected a key in double quotes, found `x`");
}

#[test]
fn a_pointer_escapes_slashes_and_tildes() {
    let text = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"a:b/c~d": {}}}}}"#;
    assert_eq!(Policy::parse(text).unwrap_err().pointer, "/Statement/Condition/Bool/a:b~1c~0d");
}

#[test]
fn escapes_are_read_and_half_a_surrogate_pair_is_refused() {
    let sid = |escaped: &str| {
        let text = format!(
            r#"{{"Statement": {{"Sid": "{escaped}", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}}}"#
        );
        Policy::parse_kind(&text, DocumentKind::Resource)
            .map(|policy| policy.statements[0].sid.clone().unwrap_or_default())
            .map_err(|error| error.reason)
    };
    assert_eq!(sid(r#"\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t"#).unwrap(), "é\u{1F600}\"\\/\u{8}\u{c}\n\r\t");
    for broken in [r"\ud83d", r"\ud83d\u0041", r"\ude00", r"\u12g4", r"\u12"] {
        assert_eq!(sid(broken).unwrap_err(), "this `\\u` escape is not a character", "{broken}");
    }
    assert_eq!(sid(r"\x41").unwrap_err(), "unknown escape in a string");
    assert_eq!(sid("\t").unwrap_err(), "a control character inside a string must be escaped");
}

#[test]
fn what_json_does_not_call_a_number_is_refused() {
    for number in ["01", "1.", ".5", "+1", "1e", "--1", "0x1"] {
        assert_ne!(refusal(&format!("{{\"Version\": {number}}}")), "accepted", "{number}");
    }
    assert!(refusal("{\"Version\": -1.5e+3}").ends_with("expected a string, found a number"));
}
