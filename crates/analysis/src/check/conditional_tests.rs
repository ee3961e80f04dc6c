//! What is looked at when the text does not say which side a conditional of Terraform takes.

use super::known_part_tests::{finds, found};

fn policy(document: &str) -> String {
    format!(
        "variable \"c\" {{}}\nvariable \"none\" {{\n  default = null\n}}\nresource \"aws_iam_policy\" \"p\" {{\n  name = \"p\"\n  policy = {document}\n}}\n"
    )
}

fn document(statements: &str) -> String {
    format!("jsonencode({{Version = \"2012-10-17\", Statement = {statements}}})")
}

const ALL: &str = r#"{Effect = "Allow", Action = "*", Resource = "*"}"#;
const READ: &str = r#"{Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::a/*"}"#;

#[test]
fn a_denial_that_is_there_only_sometimes_takes_nothing_away() {
    let deny = r#"{Effect = "Deny", Action = "*", Resource = "*"}"#;
    for statements in [
        format!("concat([{ALL}], var.c ? [{deny}] : [])"),
        format!("[{ALL}, var.c ? {deny} : {READ}]"),
        format!("concat([{ALL}], var.c ? [] : [{deny}])"),
    ] {
        finds("main.tf", &policy(&document(&statements)), "ADMIN_ACCESS Critical");
    }
    assert!(
        !found("main.tf", &policy(&document(&format!("[{ALL}, {deny}]"))))
            .contains(&"ADMIN_ACCESS Critical".into())
    );
}

#[test]
fn a_condition_that_is_there_only_sometimes_limits_nothing() {
    let trust = |condition: &str| {
        format!(
            "variable \"c\" {{}}\nlocals {{\n  only = var.c ? {{StringEquals = {{\"aws:PrincipalOrgID\" = \"o-exampleorg1\"}}}} : {{}}\n}}\n\
             resource \"aws_iam_role\" \"r\" {{\n  name = \"r\"\n  assume_role_policy = {condition}\n}}\n"
        )
    };
    let open = r#"Effect = "Allow", Principal = {AWS = "*"}, Action = "sts:AssumeRole""#;
    let org = r#"{StringEquals = {"aws:PrincipalOrgID" = "o-exampleorg1"}}"#;
    for statement in [
        format!("{{{open}, Condition = var.c ? {org} : {{}}}}"),
        format!("{{{open}, Condition = var.c ? {org} : null}}"),
        format!("{{{open}, Condition = local.only}}"),
        format!("merge({{{open}}}, var.c ? {{Condition = {org}}} : {{}})"),
    ] {
        finds("main.tf", &trust(&document(&format!("[{statement}]"))), "TRUST_ANYONE Critical");
    }
    let sure = trust(&document(&format!("[{{{open}, Condition = {org}}}]")));
    assert!(!found("main.tf", &sure).contains(&"TRUST_ANYONE Critical".into()));
}

#[test]
fn a_dynamic_condition_that_is_there_only_sometimes_limits_nothing() {
    let text = |each: &str| {
        format!(
            "variable \"c\" {{}}\ndata \"aws_iam_policy_document\" \"d\" {{\n  statement {{\n    actions   = [\"iam:*\"]\n    resources = [\"*\"]\n    \
             dynamic \"condition\" {{\n      for_each = {each}\n      content {{\n        test = \"Bool\"\n        variable = \"aws:MultiFactorAuthPresent\"\n        \
             values = [\"true\"]\n      }}\n    }}\n  }}\n}}\nresource \"aws_iam_policy\" \"p\" {{\n  name = \"p\"\n  policy = data.aws_iam_policy_document.d.minified_json\n}}\n"
        )
    };
    finds("main.tf", &text("var.c ? [1] : []"), "SERVICE_ADMIN High");
    assert!(!found("main.tf", &text("[1]")).contains(&"SERVICE_ADMIN High".into()));
}

#[test]
fn a_boundary_that_is_there_only_sometimes_or_is_null_by_default_is_none() {
    for boundary in ["var.c ? aws_iam_policy.b.arn : null", "var.none"] {
        let text = format!(
            "{}resource \"aws_iam_policy\" \"b\" {{\n  name = \"b\"\n  policy = {}\n}}\nresource \"aws_iam_role\" \"agent\" {{\n  name = \"agent\"\n  permissions_boundary = {boundary}\n  \
             assume_role_policy = {}\n}}\nresource \"aws_iam_role_policy_attachment\" \"a\" {{\n  role = aws_iam_role.agent.name\n  policy_arn = aws_iam_policy.p.arn\n}}\n",
            policy(&document(r#"[{Effect = "Allow", Action = "iam:*", Resource = "*"}]"#)),
            document(&format!("[{READ}]")),
            document(
                r#"[{Effect = "Allow", Action = "sts:AssumeRole", Principal = {Service = "lambda.amazonaws.com"}}]"#
            ),
        );
        finds("main.tf", &text, "SERVICE_ADMIN High");
        finds("main.tf", &text, "AGENT_WITHOUT_BOUNDARY Medium");
    }
}

#[test]
fn both_sides_of_a_conditional_that_allows_are_looked_at() {
    for document in [
        format!("var.c ? {} : {}", document(&format!("[{READ}]")), document(&format!("[{ALL}]"))),
        document(r#"[{Effect = "Allow", Action = var.c ? "s3:GetObject" : "*", Resource = "*"}]"#),
        document(
            r#"[{Effect = "Allow", Action = ["s3:GetObject", var.c ? "*" : "s3:ListBucket"], Resource = "*"}]"#,
        ),
        document(r#"[{Effect = "Allow", Action = "*", Resource = var.c ? "*" : "arn:aws:s3:::a"}]"#),
        document(r#"[{Effect = var.c ? "Deny" : "Allow", Action = "*", Resource = "*"}]"#),
        document(&format!("[var.c ? {READ} : {ALL}]")),
    ] {
        finds("main.tf", &policy(&document), "ADMIN_ACCESS Critical");
    }
}

#[test]
fn either_policy_of_an_attachment_counts() {
    let text = "variable \"c\" {}\nresource \"aws_iam_role\" \"agent\" {\n  name = \"agent\"\n  assume_role_policy = jsonencode({Version = \"2012-10-17\", Statement = [{Effect = \"Allow\", \
        Action = \"sts:AssumeRole\", Principal = {Service = \"lambda.amazonaws.com\"}}]})\n}\nresource \"aws_iam_role_policy_attachment\" \"a\" {\n  role = aws_iam_role.agent.name\n  \
        policy_arn = var.c ? \"arn:aws:iam::aws:policy/AdministratorAccess\" : \"arn:aws:iam::aws:policy/ReadOnlyAccess\"\n}\n";
    finds("main.tf", text, "AGENT_ADMIN Critical");
}

#[test]
fn a_variable_is_null_where_that_is_its_default() {
    for document in [
        format!("var.none != null ? var.none : {}", document(&format!("[{ALL}]"))),
        format!("var.none == null ? {} : var.none", document(&format!("[{ALL}]"))),
        format!("coalesce(var.none, {})", document(&format!("[{ALL}]"))),
    ] {
        finds("main.tf", &policy(&document), "ADMIN_ACCESS Critical");
    }
}

#[test]
fn where_a_value_is_needed_a_variable_that_is_null_has_to_be_given() {
    for document in [
        document(r#"[{Effect = "Allow", Action = "s3:GetObject", Resource = [var.none]}]"#),
        document(r#"[{Effect = "Allow", Action = var.none, Resource = "*"}]"#),
        document(r#"[{Effect = "Allow", Action = "s3:GetObject", Resource = "${var.none}/*"}]"#),
        "var.none".to_owned(),
        "jsonencode(var.none)".to_owned(),
    ] {
        let found = found("main.tf", &policy(&document));
        assert!(!found.iter().any(|one| one.starts_with("UNREADABLE")), "{document}: {found:?}");
    }
}

#[test]
fn a_set_has_its_values_for_keys() {
    let text = |each: &str| {
        format!(
            "locals {{\n  set = toset([\"iam\"])\n}}\nvariable \"s\" {{\n  type    = set(string)\n  default = [\"iam\"]\n}}\ndata \"aws_iam_policy_document\" \"d\" {{\n  dynamic \"statement\" {{\n    \
             for_each = {each}\n    content {{\n      actions   = [\"${{statement.key}}:*\"]\n      resources = [\"*\"]\n    }}\n  }}\n}}\n"
        )
    };
    for each in [r#"toset(["iam"])"#, "local.set", "var.s"] {
        finds("main.tf", &text(each), "SERVICE_ADMIN High");
    }
    let each = policy(&document(
        r#"[{Effect = "Allow", Action = [for k, v in toset(["iam"]) : "${k}:*"], Resource = "*"}]"#,
    ));
    finds("main.tf", &each, "SERVICE_ADMIN High");
}

#[test]
fn a_type_says_what_is_optional() {
    let text = policy(&document(
        r#"[for s in var.s : {Effect = "Allow", Action = s.actions, Resource = s.on.arns}]"#,
    )) + "variable \"s\" {\n  type = list(object({\n    actions = list(string)\n    on = optional(object({arns = optional(list(string), [\"*\"])}), {})\n  }))\n  \
          default = [{actions = [\"iam:*\"]}]\n}\n";
    finds("main.tf", &text, "SERVICE_ADMIN High");
}

#[test]
fn the_address_of_a_provider_is_without_its_scheme() {
    let text = "resource \"aws_iam_openid_connect_provider\" \"g\" {\n  url = \"https://token.actions.githubusercontent.com\"\n  client_id_list = [\"sts.amazonaws.com\"]\n}\n\
        resource \"aws_iam_role\" \"r\" {\n  name = \"r\"\n  assume_role_policy = jsonencode({Version = \"2012-10-17\", Statement = [{Effect = \"Allow\", Action = \"sts:AssumeRoleWithWebIdentity\", \
        Principal = {Federated = aws_iam_openid_connect_provider.g.arn}, Condition = {StringEquals = {\n    \"${aws_iam_openid_connect_provider.g.url}:sub\" = \"repo:acme/app:ref:refs/heads/main\"\n    \
        \"${aws_iam_openid_connect_provider.g.url}:aud\" = \"sts.amazonaws.com\"\n  }}}]})\n}\n";
    assert_eq!(found("main.tf", text), Vec::<String>::new());
}

#[test]
fn instances_that_are_not_looked_at_are_told() {
    let text = format!(
        "{}resource \"aws_iam_policy\" \"q\" {{\n  count = 600\n  name = \"q${{count.index}}\"\n  policy = {}\n}}\n",
        policy(&document(&format!("[{READ}]"))),
        document(&format!("[{READ}]"))
    );
    finds("main.tf", &text, "UNRESOLVED Info");
}

#[test]
fn of_documents_that_exclude_each_other_nothing_is_said_together() {
    let one = |action: &str| {
        document(&format!(
            r#"[{{Sid = "A", Effect = "Allow", Action = "{action}", Resource = "arn:aws:s3:::a/*"}}]"#
        ))
    };
    let found = found("main.tf", &policy(&format!("var.c ? {} : {}", one("s3:*"), one("s3:GetObject"))));
    assert!(!found.iter().any(|one| one.contains("SID") || one.contains("REDUNDANT")), "{found:?}");
}

#[test]
fn roles_of_other_clouds_that_may_be_given_are_looked_at() {
    let google = |role: &str| {
        format!(
            "variable \"c\" {{}}\nresource \"google_project_iam_binding\" \"b\" {{\n  project = \"p\"\n  role = {role}\n  members = [\"user:a@example.com\"]\n}}\n"
        )
    };
    finds("main.tf", &google(r#"var.c ? "roles/owner" : "roles/viewer""#), "GCP_BASIC_ROLE Critical");
    finds("main.tf", &google("var.c"), "UNRESOLVED Info");
    let azure = |scope: &str, role: &str| {
        format!(
            "variable \"c\" {{}}\ndata \"azurerm_role_definition\" \"o\" {{\n  name = \"Owner\"\n}}\nresource \"azurerm_role_assignment\" \"a\" {{\n  scope = {scope}\n  \
             {role}\n  principal_id = \"11111111-1111-1111-1111-111111111111\"\n}}\n"
        )
    };
    let subscription = "\"/subscriptions/11111111-1111-1111-1111-111111111111\"";
    let by_data = azure(subscription, "role_definition_id = data.azurerm_role_definition.o.id");
    finds("main.tf", &by_data, "AZURE_PRIVILEGED_ASSIGNMENT Critical");
    let either = azure(subscription, "role_definition_name = var.c ? \"Owner\" : \"Reader\"");
    finds("main.tf", &either, "AZURE_PRIVILEGED_ASSIGNMENT Critical");
    finds("main.tf", &azure("var.c", "role_definition_name = \"Owner\""), "UNRESOLVED Info");
}

/// Three statements of 2,500 characters: two of them fit into a managed policy, three do not.
#[test]
fn of_what_excludes_each_other_the_longest_counts() {
    let long = |name: &str| {
        let resources: Vec<String> = (0..50)
            .map(|number| format!("\"arn:aws:s3:::{name}-0000000000-0000000000-0{number:02}/*\""))
            .collect();
        format!(
            "{{Sid = \"{}\", Effect = \"Allow\", Action = \"s3:GetObject\", Resource = [{}]}}",
            name.to_uppercase(),
            resources.join(", ")
        )
    };
    let (a, b, c, d) = (long("a"), long("b"), long("c"), long("d"));
    let is_too_long = |text: String| {
        let text = policy(&text) + "variable \"d\" {}\n";
        found("main.tf", &text).iter().any(|one| one.starts_with("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"))
    };
    let whole = |then: &str, otherwise: &str| {
        format!("var.c ? {} : {}", document(&format!("[{then}]")), document(&format!("[{otherwise}]")))
    };
    assert!(is_too_long(document(&format!("[{a}, {b}, {c}]"))));
    assert!(!is_too_long(whole(&format!("{a}, {b}"), &format!("{c}, {d}"))));
    assert!(is_too_long(whole(&a, &format!("{a}, {b}, {c}"))));
    assert!(is_too_long(whole(&format!("{a}, {b}, {c}"), &d)));
    for fits in [
        format!("[{a}, var.c ? {b} : {c}]"),
        format!("concat([{a}], var.c ? [{b}] : [{c}])"),
        format!("concat([{a}], var.c ? [{b}] : [], var.c ? [] : [{c}])"),
        format!("concat([{a}], var.c ? [{b}] : [], !var.c ? [{c}] : [])"),
    ] {
        assert!(!is_too_long(document(&fits)), "{fits}");
    }
    for long in [
        format!("[{a}, {b}, var.c ? {c} : {d}]"),
        format!("concat([{a}], var.c ? [{b}, {c}] : [])"),
        format!("concat([{a}], var.c ? [] : [{b}, {c}])"),
        format!("concat([{a}], var.c ? [{b}] : [], var.c ? [{c}] : [])"),
        format!("concat([{a}], var.c ? [{b}] : [], var.d ? [{c}] : [])"),
    ] {
        assert!(is_too_long(document(&long)), "{long}");
    }
    let inner = |name: &str| {
        long(name).split_once("Resource = ").map(|(_, rest)| rest.trim_end_matches('}').to_owned()).unwrap()
    };
    let on = |c: &str| {
        document(&format!("[{a}, {b}, {{Effect = \"Allow\", Action = \"s3:GetObject\", Resource = {c}}}]"))
    };
    assert!(is_too_long(on(&format!("var.c ? {} : [\"arn:aws:s3:::a/*\"]", inner("c")))));
    let on = |c: &str| {
        document(&format!("[{a}, {{Effect = \"Allow\", Action = \"s3:GetObject\", Resource = {c}}}]"))
    };
    assert!(!is_too_long(on(&format!("var.c ? {} : {}", inner("b"), inner("c")))));
}
