//! What Terraform makes only sometimes takes nothing away from whoever is there without it.

use super::known_part_tests::found;

/// A role of an agent that may do everything.
fn agent(more: &str) -> String {
    let trust = r#"jsonencode({Version = "2012-10-17", Statement = [{Effect = "Allow", Action = "sts:AssumeRole", Principal = {Service = "lambda.amazonaws.com"}}]})"#;
    format!(
        "variable \"c\" {{\n  type = bool\n}}\nvariable \"d\" {{\n  type = bool\n}}\nvariable \"off\" {{\n  default = false\n}}\nvariable \"off_too\" {{\n  default = false\n}}\n\
         variable \"names\" {{\n  type = list(string)\n}}\nresource \"aws_iam_role\" \"agent\" {{\n  name = \"agent\"\n  assume_role_policy = {trust}\n  {more}\n}}\n"
    )
}

fn admin(more: &str) -> String {
    let on = if more.is_empty() { "aws_iam_role.agent.name" } else { "aws_iam_role.agent[0].name" };
    format!(
        "resource \"aws_iam_role_policy_attachment\" \"all\" {{\n  {more}\n  role = {on}\n  policy_arn = \"arn:aws:iam::aws:policy/AdministratorAccess\"\n}}\n"
    )
}

const DENY: &str = r#"jsonencode({Version = "2012-10-17", Statement = [{Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::a/*"}, {Effect = "Deny", Action = "*", Resource = "*"}]})"#;

/// The policy that denies, and its attachment to the role.
fn denial(policy: &str, attachment: &str, role: &str) -> String {
    let arn = if policy.is_empty() { "aws_iam_policy.p.arn" } else { "aws_iam_policy.p[0].arn" };
    format!(
        "resource \"aws_iam_policy\" \"p\" {{\n  {policy}\n  name = \"p\"\n  policy = {DENY}\n}}\nresource \"aws_iam_role_policy_attachment\" \"p\" {{\n  {attachment}\n  role = {role}\n  \
         policy_arn = {arn}\n}}\n"
    )
}

fn is_admin(text: &str) -> bool {
    found("main.tf", text).contains(&"AGENT_ADMIN Critical".to_owned())
}

const NAME: &str = "aws_iam_role.agent.name";

#[test]
fn a_denial_that_is_attached_only_sometimes_takes_nothing_away() {
    let always = agent("") + &admin("") + &denial("", "", NAME);
    assert!(!is_admin(&always));
    for (policy, attachment) in [
        ("", "count = var.c ? 1 : 0"),
        ("", "count = var.off ? 1 : 0"),
        ("", "for_each = var.c ? toset([\"a\"]) : toset([])"),
        ("", "for_each = toset(var.names)"),
        ("count = var.c ? 1 : 0", "count = var.c ? 1 : 0"),
    ] {
        let text = agent("") + &admin("") + &denial(policy, attachment, NAME);
        assert!(is_admin(&text), "{policy} {attachment}: {:?}", found("main.tf", &text));
    }
    // What is written down is there.
    for attachment in ["count = 1", "for_each = toset([\"a\"])"] {
        assert!(!is_admin(&(agent("") + &admin("") + &denial("", attachment, NAME))), "{attachment}");
    }
}

#[test]
fn a_denial_counts_for_a_role_that_is_there_only_with_it() {
    let text = |role: &str, attachment: &str| {
        agent(role) + &admin(role) + &denial("", attachment, "aws_iam_role.agent[0].name")
    };
    for (role, attachment) in [
        ("count = var.c ? 1 : 0", "count = var.c ? 1 : 0"),
        ("count = var.c ? 1 : 0", "count = var.c ? 2 : 0"),
        ("count = var.c && var.d ? 1 : 0", "count = var.c ? 1 : 0"),
        ("count = var.off ? 1 : 0", "count = var.off ? 1 : 0"),
        ("count = var.c ? 1 : 0", "for_each = var.c ? toset([\"a\"]) : []"),
    ] {
        assert!(!is_admin(&text(role, attachment)), "{role} {attachment}");
    }
    for (role, attachment) in [
        ("count = var.c ? 1 : 0", "count = var.d ? 1 : 0"),
        ("count = var.c ? 1 : 0", "count = var.c && var.d ? 1 : 0"),
        ("count = var.c ? 1 : 0", "count = var.c ? 0 : 1"),
        ("count = var.off ? 1 : 0", "count = var.off_too ? 1 : 0"),
        ("count = var.c ? 1 : 0", "count = var.c ? length(var.names) : 0"),
    ] {
        assert!(is_admin(&text(role, attachment)), "{role} {attachment}");
    }
}

#[test]
fn a_denial_among_the_policies_of_a_role_that_is_there_only_sometimes_takes_nothing_away() {
    let policy = format!("resource \"aws_iam_policy\" \"p\" {{\n  name = \"p\"\n  policy = {DENY}\n}}\n");
    let arns = |more: &str| {
        agent(&format!(
            "managed_policy_arns = concat([\"arn:aws:iam::aws:policy/AdministratorAccess\"], {more})"
        )) + &policy
    };
    assert!(!is_admin(&arns("[aws_iam_policy.p.arn]")));
    assert!(is_admin(&arns("var.c ? [aws_iam_policy.p.arn] : []")));
    let either = "policy_arn = var.c ? aws_iam_policy.p.arn : \"arn:aws:iam::aws:policy/ReadOnlyAccess\"";
    let attached =
        format!("resource \"aws_iam_role_policy_attachment\" \"p\" {{\n  role = {NAME}\n  {either}\n}}\n");
    assert!(is_admin(&(agent("") + &admin("") + &policy + &attached)));
    let to = |roles: &str| {
        format!(
            "resource \"aws_iam_policy_attachment\" \"p\" {{\n  name = \"p\"\n  roles = {roles}\n  policy_arn = aws_iam_policy.p.arn\n}}\n"
        )
    };
    assert!(is_admin(&(agent("") + &admin("") + &policy + &to(&format!("var.c ? [{NAME}] : []")))));
    assert!(!is_admin(&(agent("") + &admin("") + &policy + &to(&format!("[{NAME}]")))));
}

#[test]
fn an_inline_denial_that_is_there_only_sometimes_takes_nothing_away() {
    let own = |more: &str| {
        format!(
            "resource \"aws_iam_role_policy\" \"p\" {{\n  {more}\n  name = \"p\"\n  role = {NAME}\n  policy = {DENY}\n}}\n"
        )
    };
    assert!(!is_admin(&(agent("") + &admin("") + &own(""))));
    assert!(is_admin(&(agent("") + &admin("") + &own("count = var.c ? 1 : 0"))));
    let block = |each: &str| {
        agent(&format!(
            "dynamic \"inline_policy\" {{\n    for_each = {each}\n    content {{\n      name = \"p\"\n      policy = {DENY}\n    }}\n  }}"
        )) + &admin("").replace("agent[0]", "agent")
    };
    assert!(!is_admin(&block("[1]")));
    assert!(is_admin(&block("var.c ? [1] : []")));
    assert!(is_admin(&block("var.names")));
}

#[test]
fn a_dynamic_denial_or_condition_of_which_it_is_not_known_whether_there_is_one_takes_nothing_away() {
    let text = |each: &str| {
        agent("")
            + &format!(
                "data \"aws_iam_policy_document\" \"d\" {{\n  statement {{\n    actions = [\"*\"]\n    resources = [\"*\"]\n  }}\n  dynamic \"statement\" {{\n    for_each = {each}\n    content {{\n      \
                 effect = \"Deny\"\n      actions = [\"*\"]\n      resources = [\"*\"]\n    }}\n  }}\n}}\nresource \"aws_iam_role_policy\" \"p\" {{\n  name = \"p\"\n  role = {NAME}\n  \
                 policy = data.aws_iam_policy_document.d.json\n}}\n"
            )
    };
    assert!(is_admin(&text("var.names")));
    assert!(!is_admin(&text("[1]")));
}

#[test]
fn a_boundary_whose_policy_is_there_only_sometimes_is_none() {
    let bounded = |policy: &str, role: &str| {
        agent(&format!("{role}\n  permissions_boundary = one(aws_iam_policy.b[*].arn)"))
            + &admin(role)
            + &format!(
                "resource \"aws_iam_policy\" \"b\" {{\n  {policy}\n  name = \"b\"\n  policy = {DENY}\n}}\n"
            )
    };
    assert!(is_admin(&bounded("count = var.c ? 1 : 0", "")));
    assert!(!is_admin(&bounded("count = 1", "")));
    assert!(!is_admin(&bounded("count = var.c ? 1 : 0", "count = var.c ? 1 : 0")));
}

#[test]
fn what_a_group_denies_takes_nothing_away_from_whoever_is_in_it_only_sometimes() {
    let text = |membership: &str, groups: &str| {
        format!(
            "variable \"c\" {{\n  type = bool\n}}\nresource \"aws_iam_user\" \"u\" {{\n  name = \"u\"\n}}\nresource \"aws_iam_user_policy_attachment\" \"u\" {{\n  user = aws_iam_user.u.name\n  \
             policy_arn = \"arn:aws:iam::aws:policy/AdministratorAccess\"\n}}\nresource \"aws_iam_group\" \"g\" {{\n  name = \"g\"\n}}\nresource \"aws_iam_group_policy\" \"g\" {{\n  \
             name = \"g\"\n  group = aws_iam_group.g.name\n  policy = {DENY}\n}}\nresource \"aws_iam_user_group_membership\" \"m\" {{\n  {membership}\n  user = aws_iam_user.u.name\n  \
             groups = {groups}\n}}\n"
        )
    };
    let is_admin = |membership: &str, groups: &str| {
        found("main.tf", &text(membership, groups)).contains(&"ADMIN_ACCESS Critical".to_owned())
    };
    assert!(!is_admin("", "[aws_iam_group.g.name]"));
    assert!(is_admin("count = var.c ? 1 : 0", "[aws_iam_group.g.name]"));
    assert!(is_admin("", "var.c ? [aws_iam_group.g.name] : []"));
}

/// Conditions may be about themselves, and say very much in few words.
#[test]
fn a_condition_that_says_too_much_ends() {
    let circle = "locals {\n  a = local.b\n  b = local.a\n  c = local.c && local.c\n}\n";
    for count in ["local.a", "local.c ? 1 : 0", "local.a && local.b ? 1 : 0"] {
        let text = agent("") + &admin("") + &denial("", &format!("count = {count}"), NAME) + circle;
        assert!(is_admin(&text), "{count}");
    }
    let mut locals = String::from("locals {\n  l0 = var.c\n");
    for number in 1..40 {
        let before = number - 1;
        let ten = vec![format!("local.l{before}"); 10];
        locals += &format!("  l{number} = {}\n", ten.join(if number % 2 == 0 { " && " } else { " || " }));
    }
    locals += "}\n";
    let text = agent("") + &admin("") + &denial("", "count = local.l39 ? 1 : 0", NAME) + &locals;
    assert!(is_admin(&text));
}

/// A role policy of this document for the agent, who is an admin by another.
fn own(document: &str) -> String {
    let policy = format!("name = \"p\"\n  role = {NAME}\n  policy = {document}");
    format!("{}{}resource \"aws_iam_role_policy\" \"p\" {{\n  {policy}\n}}\n", agent(""), admin(""))
}

fn of_statements(statements: &str) -> String {
    own(&format!("jsonencode({{Version = \"2012-10-17\", Statement = {statements}}})"))
}

fn of_data(statement: &str) -> String {
    own("data.aws_iam_policy_document.d.json")
        + &format!("data \"aws_iam_policy_document\" \"d\" {{\n  {statement}\n}}\n")
}

#[test]
fn a_denial_is_no_wider_than_it_is_for_sure() {
    for text in [
        of_statements(r#"[{Effect = "Deny", Action = var.c ? "*" : "s3:GetObject", Resource = "*"}]"#),
        of_statements(r#"[{Effect = "Deny", Action = "*", Resource = var.c ? ["*"] : ["arn:aws:s3:::a"]}]"#),
        of_statements(r#"[{Effect = "Deny", Action = "*", Resource = [var.c ? "*" : "arn:aws:s3:::a"]}]"#),
        of_statements(
            r#"[{Effect = "Deny", Action = "*", Resource = "*", Condition = {Bool = {"aws:SecureTransport" = var.c ? ["true", "false"] : ["false"]}}}]"#,
        ),
        of_data(
            "statement {\n  effect = \"Deny\"\n  actions = var.c ? [\"*\"] : [\"s3:GetObject\"]\n  resources = [\"*\"]\n}",
        ),
        of_data(
            "statement {\n  effect = \"Deny\"\n  actions = [\"*\"]\n  resources = [\"*\"]\n  dynamic \"condition\" {\n  for_each = var.names\n  content {\n  \
             test = \"StringEquals\"\n  variable = \"aws:RequestedRegion\"\n  values = [\"mars-1\"]\n}\n}\n}",
        ),
    ] {
        assert!(is_admin(&text), "{text}");
    }
    for text in [
        of_statements(r#"[{Effect = "Deny", Action = var.c ? ["*", "s3:*"] : ["*"], Resource = "*"}]"#),
        of_statements(
            r#"[{Effect = "Deny", NotAction = var.c ? ["s3:Get*"] : ["s3:List*"], Resource = "*"}]"#,
        ),
    ] {
        assert!(!is_admin(&text), "{text}");
    }
}

#[test]
fn a_statement_that_denies_only_sometimes_takes_nothing_away() {
    let deny = r#"{Effect = "Deny", Action = "*", Resource = "*"}"#;
    let document = format!(r#"jsonencode({{Version = "2012-10-17", Statement = [{deny}]}})"#);
    let dynamic = |over: &str, effect: &str| {
        of_data(&format!(
            "dynamic \"statement\" {{\n  for_each = {over}\n  content {{\n  effect = {effect}\n  actions = [\"*\"]\n  resources = [\"*\"]\n}}\n}}"
        ))
    };
    let heredoc = "<<EOF\n{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\"}%{ if var.c }, {\"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\"}%{ endif }]}\nEOF\n";
    for text in [
        of_statements(&format!("[for one in [\"a\"] : {deny} if var.c]")),
        of_statements(&format!("[for one in var.names : {deny}]")),
        of_statements(&format!("[for one in (var.c ? [\"a\"] : []) : {deny}]")),
        dynamic("var.names", "\"Deny\""),
        dynamic("var.names", "var.c ? \"Deny\" : \"Deny\""),
        dynamic("var.c ? [\"Deny\"] : []", "statement.value"),
        of_data(&format!("source_policy_documents = var.c ? [{document}] : []")),
        of_data(&format!("source_policy_documents = compact([var.c ? {document} : \"\"])")),
        own(&format!("try(var.names[0], {document})")),
        own(heredoc),
        own(&heredoc.replace("if var.c }", "for one in (var.c ? [1] : []) }").replace("endif", "endfor")),
    ] {
        assert!(is_admin(&text), "{text}");
    }
    for text in [
        of_statements(&format!("[for one in [\"a\"] : {deny}]")),
        dynamic("[\"Deny\"]", "statement.value"),
        of_data(&format!("source_policy_documents = [{document}]")),
        own(&heredoc.replace("%{ if var.c }", "").replace("%{ endif }", "")),
    ] {
        assert!(!is_admin(&text), "{text}");
    }
}

#[test]
fn a_collection_that_may_hold_nothing_makes_a_denial_sometimes() {
    for attachment in [
        "count = length(var.c ? [\"a\"] : [])",
        "for_each = toset([for one in (var.c ? [\"a\"] : []) : \"x-${one}\"])",
        "for_each = toset(keys(var.c ? { a = 1 } : {}))",
    ] {
        assert!(is_admin(&(agent("") + &admin("") + &denial("", attachment, NAME))), "{attachment}");
    }
    assert!(!is_admin(&(agent("") + &admin("") + &denial("", "count = var.c ? 1 : 2", NAME))));
}

#[test]
fn what_a_value_went_through_elsewhere_is_no_condition_of_the_role() {
    let each = |locals: &str, roles: &str, denied: &str| {
        let text =
            agent(&format!("for_each = {roles}")) + &admin("").replace(".agent.", ".agent[\"agent\"].");
        let attached = denial("", &format!("for_each = {denied}"), "aws_iam_role.agent[\"agent\"].name");
        format!("locals {{\n  {locals}\n}}\nvariable \"flags\" {{\n  type = map(bool)\n}}\n{text}{attached}")
    };
    let roles = "roles = { agent = { deny = var.c }, other = { deny = true } }";
    let filtered = "{ for k, v in local.roles : k => v if v.deny }";
    assert!(is_admin(&each(roles, "local.roles", filtered)));
    let some = "some = [for one in [\"agent\"] : one if var.c]";
    assert!(!is_admin(&each(some, "toset(local.some)", "toset(local.some)")));
    // The same words, and another flag.
    let flagged = |name: &str| format!("toset([for x in [\"{name}\"] : x if var.flags[x]])");
    assert!(is_admin(&each("a = 1", &flagged("agent"), &flagged("strict"))));
}

#[test]
fn what_is_chosen_in_one_policy_counts_whole_in_another() {
    let many = |name: &str| {
        let arn = |number: usize| format!("\"arn:aws:s3:::{name}-00000000000-00000000000-{number:03}/*\"");
        format!("{name} = [{}]", (0..80).map(arn).collect::<Vec<_>>().join(", "))
    };
    let policy = |name: &str, resource: &str| {
        let statement = format!("{{Effect = \"Allow\", Action = \"s3:GetObject\", Resource = {resource}}}");
        format!(
            "resource \"aws_iam_policy\" \"{name}\" {{\n  name = \"{name}\"\n  policy = jsonencode({{Version = \"2012-10-17\", Statement = [{statement}]}})\n}}\n"
        )
    };
    let locals =
        format!("variable \"c\" {{\n  type = bool\n}}\nlocals {{\n  {}\n  {}\n}}\n", many("x"), many("y"));
    let either = policy("either", "var.c ? local.x : local.y");
    let both = policy("both", "concat(local.x, local.y)");
    let told =
        |text: &str| found("main.tf", text).iter().filter(|code| code.starts_with("POLICY_SIZE")).count();
    assert_eq!(told(&format!("{locals}{either}")), 0);
    assert_eq!(told(&format!("{locals}{either}{both}")), 1);
}
