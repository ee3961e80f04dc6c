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
