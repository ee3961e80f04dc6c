//! One value that is not known hides none of the others.

use std::sync::LazyLock;

use super::*;

/// Code, line and severity of what is found in a file.
pub(in crate::check) fn found(file: &str, text: &str) -> Vec<String> {
    static FACTS: LazyLock<Facts<'static>> = LazyLock::new(|| Facts::new(Catalog::embedded()));
    // The facts are kept for all of them, and must not outlive what they were asked about.
    let estate: &'static Estate = Box::leak(Box::new(read(&[SourceFile::named(file, text)])));
    run(estate, &FACTS).iter().map(|found| format!("{} {:?}", found.code, found.severity)).collect()
}

#[track_caller]
pub(in crate::check) fn finds(file: &str, text: &str, wanted: &str) {
    let found = found(file, text);
    assert!(found.iter().any(|one| one == wanted), "no {wanted} in {found:?}");
}

fn policy(statement: &str) -> String {
    format!(
        "variable \"x\" {{}}\nresource \"aws_iam_policy\" \"p\" {{\n  name = \"p\"\n  policy = jsonencode({{Version = \"2012-10-17\", \
         Statement = [{{ {statement} }}]}})\n}}\n"
    )
}

#[test]
fn a_resource_that_is_not_known_does_not_hide_the_others() {
    for resources in [
        r#"[var.x, "*"]"#,
        r#"["${var.x}/*", "*"]"#,
        r#"["${module.t.arn}/*", "*"]"#,
        r#"["arn:${var.x}:s3:::a", "*"]"#,
    ] {
        let text = policy(&format!(r#"Effect = "Allow", Action = "*", Resource = {resources}"#));
        finds("main.tf", &text, "ADMIN_ACCESS Critical");
    }
    let template = |resources: &str| {
        format!(
            "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: '2012-10-17'\n        \
             Statement: [{{Effect: Allow, Action: '*', Resource: {resources}}}]\n"
        )
    };
    for resources in ["[!ImportValue x, '*']", "[!GetAtt Cluster.Arn, '*']"] {
        finds("t.yaml", &template(resources), "ADMIN_ACCESS Critical");
    }
}

#[test]
fn an_action_that_is_not_known_does_not_hide_the_others_and_is_told() {
    let text = policy(r#"Effect = "Allow", Action = ["${var.x}:*", "iam:*"], Resource = "*""#);
    finds("main.tf", &text, "SERVICE_ADMIN High");
    finds("main.tf", &text, "UNRESOLVED Info");
}

#[test]
fn a_policy_on_a_resource_that_is_not_known_is_about_that_resource() {
    let on = |resources: &str, more: &str| {
        format!(
            "variable \"x\" {{}}\nresource \"aws_s3_bucket_policy\" \"p\" {{\n  bucket = var.x\n  policy = jsonencode({{Version = \"2012-10-17\", \
             Statement = [{{ Effect = \"Allow\", Principal = \"*\", Action = \"s3:GetObject\", Resource = {resources} }}{more}]}})\n}}\n"
        )
    };
    let open = on(r#"[var.x, "${var.x}/*"]"#, "");
    finds("main.tf", &open, "PUBLIC_ACCESS High");
    let closed = on(
        r#""${var.x}/*""#,
        r#", {Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "${var.x}/*", Condition = {StringNotEquals = {"aws:PrincipalOrgID" = "o-abcdefghij"}}}"#,
    );
    assert!(!found("main.tf", &closed).contains(&"PUBLIC_ACCESS High".to_owned()));
}

#[test]
fn a_denial_on_what_is_not_known_takes_nothing_else_away() {
    let text = policy(
        r#"Effect = "Deny", Action = "*", Resource = var.x }, { Effect = "Allow", Action = "*", Resource = "*""#,
    );
    finds("main.tf", &text, "ADMIN_ACCESS Critical");
}

#[test]
fn a_value_that_is_not_known_is_nothing_that_cannot_be_read() {
    for statement in [
        r#"Effect = "Allow", Principal = var.x, Action = "s3:*", Resource = "*""#,
        r#"Effect = "Allow", Condition = var.x, Action = "s3:*", Resource = "*""#,
        r#"Effect = "Allow", Action = "s3:${var.x}", Resource = "*""#,
    ] {
        let found = found("main.tf", &policy(statement));
        assert!(found.iter().any(|one| one == "UNRESOLVED Info"), "{statement}: {found:?}");
        assert!(!found.iter().any(|one| one.starts_with("UNREADABLE")), "{statement}: {found:?}");
    }
}
