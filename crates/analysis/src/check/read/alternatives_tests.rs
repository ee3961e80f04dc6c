//! Of documents of which one or another will be there, each is looked at, and none is held against the others.

use leastwise_catalog::Catalog;

use super::*;
use crate::check::{Facts, Finding, run};

const ALL: &str = "{Effect: Allow, Action: '*', Resource: '*'}";
const READ: &str = "{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/*'}";
const DENY: &str = "{Effect: Deny, Action: '*', Resource: '*'}";

fn document(statements: &str) -> String {
    format!("{{Version: '2012-10-17', Statement: [{statements}]}}")
}

/// One of two documents, each on a line of its own.
fn one_of(then: &str, otherwise: &str) -> String {
    format!("!If\n        - IsProd\n        - {}\n        - {}\n", document(then), document(otherwise))
}

fn template(resources: &str) -> String {
    format!(
        "Parameters:\n  Stage: {{Type: String}}\nConditions:\n  IsProd: !Equals [!Ref Stage, prod]\n  IsTest: !Equals [!Ref Stage, test]\nResources:\n{resources}"
    )
}

fn role(properties: &str) -> String {
    let trust = "{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}";
    format!(
        "  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: agent\n      AssumeRolePolicyDocument: {trust}\n{properties}"
    )
}

fn findings(resources: &str) -> Vec<Finding> {
    run(&read(&[SourceFile::named("stack.yaml", template(resources))]), &Facts::new(Catalog::embedded()))
}

/// Line, subject and severity of each finding with this code.
fn told(resources: &str, code: &str) -> Vec<(u32, String)> {
    let found = findings(resources);
    let of = found.iter().filter(|finding| finding.code == code);
    of.map(|finding| (finding.at.line, finding.subject.clone())).collect()
}

fn managed(document: &str, more: &str) -> String {
    format!(
        "  Policy:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      ManagedPolicyName: p{more}\n      PolicyDocument: {document}\n"
    )
}

#[test]
fn each_document_that_a_managed_policy_can_have_is_held() {
    let attached = "\n      Roles: [!Ref Role]";
    for (then, otherwise, line) in [(READ, ALL, 20), (ALL, READ, 19)] {
        for more in [attached, ""] {
            let text = role("") + &managed(&one_of(then, otherwise), more);
            let line = line - u32::from(more.is_empty());
            let admin = told(&text, "ADMIN_ACCESS");
            assert_eq!(admin.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [line], "{text}");
            assert!(admin[0].1.ends_with(":policy/p"), "{admin:?}");
            let agents = told(&text, "AGENT_ADMIN").len();
            assert_eq!(agents, usize::from(!more.is_empty()), "{text}");
        }
    }
}

#[test]
fn what_only_one_of_the_documents_denies_takes_nothing_away() {
    let both = format!("{ALL}, {DENY}");
    let inline = |then: &str, otherwise: &str| {
        let policies = format!(
            "      Policies:\n        - PolicyName: p\n          PolicyDocument: {}",
            one_of(then, otherwise).replace("\n        - ", "\n            - ")
        );
        role(&policies)
    };
    for (then, otherwise, is_admin) in [
        (ALL, DENY, true),
        (DENY, ALL, true),
        (both.as_str(), ALL, true),
        (both.as_str(), both.as_str(), false),
        (both.as_str(), DENY, false),
    ] {
        let managed = role("") + &managed(&one_of(then, otherwise), "\n      Roles: [!Ref Role]");
        for text in [managed, inline(then, otherwise)] {
            assert_eq!(!told(&text, "AGENT_ADMIN").is_empty(), is_admin, "{text}");
        }
    }
}

#[test]
fn a_policy_that_is_attached_only_sometimes_and_only_denies_takes_nothing_away() {
    for arn in ["!Ref Policy", "arn:aws:iam::aws:policy/AWSDenyAll"] {
        let sometimes = format!(
            "      ManagedPolicyArns:\n        - arn:aws:iam::aws:policy/AdministratorAccess\n        - !If [IsProd, {arn}, !Ref AWS::NoValue]\n"
        );
        let text = role(&sometimes) + &managed(&document(DENY), "");
        assert_eq!(told(&text, "AGENT_ADMIN").len(), 1, "{text}");
        let always = sometimes.replace("!If [IsProd, ", "").replace(", !Ref AWS::NoValue]", "");
        assert!(told(&(role(&always) + &managed(&document(DENY), "")), "AGENT_ADMIN").is_empty());
    }
}

#[test]
fn what_a_policy_denies_that_is_there_only_sometimes_takes_nothing_away() {
    let admin = "      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']\n";
    let policy = |kind: &str, more: &str| {
        let properties = format!(
            "{{PolicyName: p, RoleName: !Ref Role, Roles: [!Ref Role], PolicyDocument: {}}}",
            document(DENY)
        );
        format!("  Policy:\n    Type: {kind}\n{more}    Properties: {properties}\n")
    };
    let condition = "    Condition: IsProd\n";
    for kind in ["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"] {
        assert_eq!(told(&(role(admin) + &policy(kind, condition)), "AGENT_ADMIN").len(), 1, "{kind}");
        assert!(told(&(role(admin) + &policy(kind, "")), "AGENT_ADMIN").is_empty(), "{kind}");
        let both = role(admin).replace("AWS::IAM::Role\n", &format!("AWS::IAM::Role\n{condition}"));
        assert!(told(&(both + &policy(kind, condition)), "AGENT_ADMIN").is_empty(), "{kind}");
    }
}

/// What it allows counts, and what it denies does not.
#[test]
fn a_policy_that_allows_and_denies_and_is_there_only_sometimes_takes_nothing_away() {
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let has = |arns: &str| role(&format!("      ManagedPolicyArns: [{arns}]\n"));
    let both = document(&format!("{READ}, {DENY}"));
    let sometimes = "!If [IsProd, !Ref Policy, !Ref AWS::NoValue]";
    let by_arn = has(&format!("{admin}, {sometimes}")) + &managed(&both, "");
    assert_eq!(told(&by_arn, "AGENT_ADMIN").len(), 1);
    let always = by_arn.replace(sometimes, "!Ref Policy");
    assert!(told(&always, "AGENT_ADMIN").is_empty());
    // AWS's own too.
    let bound = "arn:aws:iam::aws:policy/SageMakerStudioProjectUserRolePermissionsBoundary";
    let of_aws = |arn: &str| told(&has(&format!("{admin}, {arn}")), "AGENT_ADMIN").len();
    assert_eq!(of_aws(bound), 0);
    assert_eq!(of_aws(&format!("!If [IsProd, '{bound}', !Ref AWS::NoValue]")), 1);
    let to = |kind: &str, roles: &str| {
        format!(
            "  Policy:\n    Type: {kind}\n    Properties: {{PolicyName: p, Roles: {roles}, PolicyDocument: {both}}}\n"
        )
    };
    for kind in ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"] {
        for roles in
            ["[!If [IsProd, !Ref Role, !Ref AWS::NoValue]]", "!If [IsProd, [!Ref Role], !Ref AWS::NoValue]"]
        {
            assert_eq!(told(&(has(admin) + &to(kind, roles)), "AGENT_ADMIN").len(), 1, "{kind} {roles}");
        }
        assert!(told(&(has(admin) + &to(kind, "[!Ref Role]")), "AGENT_ADMIN").is_empty(), "{kind}");
    }
    // What allows is told where it stands, and once.
    let all = document(&format!("{ALL}, {{Effect: Deny, Action: 's3:*', Resource: '*'}}"));
    let text = has(sometimes) + &managed(&all, "");
    let admins = told(&text, "AGENT_ADMIN");
    assert_eq!(admins.len(), 1, "{admins:?}");
    assert_eq!(told(&text, "ADMIN_ACCESS").len(), 1);
    assert!(told(&text, "ADMIN_ACCESS")[0].1.ends_with(":policy/p"));
}

#[test]
fn a_denial_counts_for_those_who_are_there_only_with_it() {
    let condition = "    Condition: IsProd\n";
    let admin = "      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']\n";
    let under = |text: String, condition: &str| {
        text.replace("AWS::IAM::Role\n", &format!("AWS::IAM::Role\n{condition}"))
    };
    let policy = format!(
        "  Policy:\n    Type: AWS::IAM::Policy\n{condition}    Properties: {{PolicyName: p, Roles: [!Ref Role], PolicyDocument: {}}}\n",
        document(DENY)
    );
    let other = under(role("").replace("Role:\n", "Other:\n").replace("agent", "other"), condition);
    assert!(told(&(under(role(admin), condition) + &policy), "AGENT_ADMIN").is_empty());
    // That another is there only with it is nothing to the one that is always there.
    assert_eq!(told(&(role(admin) + &other + &policy), "AGENT_ADMIN").len(), 1);
}

/// One has the policy in any case, another only sometimes.
#[test]
fn a_denial_counts_for_those_who_have_it_always() {
    let two = |one: &str, other: &str| {
        let of = |arns: &str| {
            role(&format!("      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess, {arns}]\n"))
        };
        of(one) + &of(other).replace("Role:\n", "Other:\n").replace("RoleName: agent", "RoleName: agent-two")
    };
    let sometimes = "!If [IsProd, !Ref Policy, !Ref AWS::NoValue]";
    let policy = managed(&document(&format!("{READ}, {DENY}")), "");
    let agents = |one: &str, other: &str| {
        told(&(two(one, other) + &policy), "AGENT_ADMIN")
            .into_iter()
            .map(|(_, subject)| subject)
            .collect::<Vec<_>>()
    };
    assert_eq!(agents("!Ref Policy", "!Ref Policy").len(), 0);
    let one = agents("!Ref Policy", sometimes);
    assert!(one.len() == 1 && one[0].ends_with("role/agent-two"), "{one:?}");
    assert_eq!(agents(sometimes, sometimes).len(), 2);
}

#[test]
fn a_boundary_that_may_be_another_takes_away_what_both_take_away() {
    let bound = |boundary: &str| {
        role(&format!(
            "      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']\n      PermissionsBoundary: {boundary}\n"
        ))
    };
    let other = |id: &str, statements: &str| {
        managed(&document(statements), "")
            .replace("  Policy:", &format!("  {id}:"))
            .replace("Name: p", &format!("Name: {id}"))
    };
    let none = |text: &str| told(text, "AGENT_WITHOUT_BOUNDARY").is_empty();
    for (then, otherwise, is_admin) in [(READ, ALL, true), (ALL, READ, true), (READ, READ, false)] {
        let by_document = bound("!Ref Policy") + &managed(&one_of(then, otherwise), "");
        let by_policy =
            bound("!If [IsProd, !Ref One, !Ref Other]") + &other("One", then) + &other("Other", otherwise);
        for text in [by_document, by_policy] {
            assert_eq!(!told(&text, "AGENT_ADMIN").is_empty(), is_admin, "{text}");
            assert!(none(&text), "{text}");
        }
    }
    let aws =
        bound("!If [IsProd, !Ref One, 'arn:aws:iam::aws:policy/AdministratorAccess']") + &other("One", READ);
    assert_eq!(told(&aws, "AGENT_ADMIN").len(), 1);
    let sometimes = bound("!If [IsProd, !Ref One, !Ref AWS::NoValue]") + &other("One", READ);
    assert!(told(&sometimes, "AGENT_ADMIN").len() == 1 && !none(&sometimes));
}

#[test]
fn each_trust_policy_that_a_role_can_have_lets_in_whom_it_lets_in() {
    let lets =
        |who: &str| document(&format!("{{Effect: Allow, Principal: {who}, Action: 'sts:AssumeRole'}}"));
    let text = |one: &str, other: &str| {
        format!(
            "  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: agent\n      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']\n      AssumeRolePolicyDocument: !If\n        - IsProd\n        - {}\n        - {}\n",
            lets(one),
            lets(other)
        )
    };
    let (bob, ours) = ("{AWS: 'arn:aws:iam::444455556666:user/bob'}", "{Service: lambda.amazonaws.com}");
    for (one, other) in [(bob, ours), (ours, bob)] {
        let paths = told(&text(one, other), "ESCALATION_PATH");
        assert_eq!(paths.len(), 1, "{paths:?}");
        assert!(paths[0].1.contains("bob"), "{paths:?}");
    }
    let open = told(&text(ours, "'*'"), "TRUST_ANYONE");
    assert_eq!(open.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [15]);
}

/// What a finding says of both documents stands where each of them does; what is one place is told once.
#[test]
fn nothing_is_told_twice() {
    let version = format!("{{Version: !If [IsProd, '2012-10-17', '2008-10-17'], Statement: [{ALL}]}}");
    let text = role("") + &managed(&version, "\n      Roles: [!Ref Role]");
    assert_eq!(told(&text, "ADMIN_ACCESS").len(), 1);
    assert_eq!(told(&text, "AGENT_ADMIN").len(), 1);
}

/// Three statements of 2,500 characters: two of them fit into a managed policy, three do not.
#[test]
fn a_document_is_too_long_only_if_it_can_really_be() {
    let long = |name: &str| {
        let resources: Vec<String> = (0..50)
            .map(|number| format!("'arn:aws:s3:::{name}-0000000000-0000000000-0{number:02}/*'"))
            .collect();
        format!("{{Effect: Allow, Action: 's3:GetObject', Resource: [{}]}}", resources.join(", "))
    };
    let (a, b, c) = (long("a"), long("b"), long("c"));
    let size = |statements: &str| {
        told(&managed(&document(statements), ""), "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA").len()
    };
    assert_eq!(size(&format!("{a}, {b}, {c}")), 1);
    assert_eq!(size(&format!("{a}, !If [IsProd, {b}, {c}]")), 0);
    assert_eq!(
        size(&format!("{a}, !If [IsProd, {b}, !Ref AWS::NoValue], !If [IsProd, !Ref AWS::NoValue, {c}]")),
        0
    );
    // One stage at a time.
    assert_eq!(
        size(&format!("{a}, !If [IsProd, {b}, !Ref AWS::NoValue], !If [IsTest, {c}, !Ref AWS::NoValue]")),
        0
    );
    assert_eq!(
        size(&format!("{a}, !If [IsProd, {b}, !Ref AWS::NoValue], !If [IsProd, {c}, !Ref AWS::NoValue]")),
        1
    );
    assert_eq!(size(&format!("{a}, {b}, !If [IsProd, {c}, {}]", long("d"))), 1);
    let whole = |then: &str, otherwise: &str| {
        told(&managed(&one_of(then, otherwise), ""), "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA").len()
    };
    assert_eq!(whole(&format!("{a}, {b}"), &format!("{b}, {c}")), 0);
    assert_eq!(whole(&a, &format!("{a}, {b}, {c}")), 1);
}

/// What somebody gets by a group that it is in only sometimes.
#[test]
fn what_a_group_denies_takes_nothing_away_from_whoever_is_in_it_only_sometimes() {
    let user = |more: &str| {
        format!(
            "  User:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: agent\n      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']\n{more}"
        )
    };
    let own = format!("Policies: [{{PolicyName: p, PolicyDocument: {}}}]", document(DENY));
    let group = |has: &str| {
        format!("  Group:\n    Type: AWS::IAM::Group\n    Properties:\n      GroupName: g\n      {has}\n")
    };
    let joins = |more: &str, users: &str| {
        format!(
            "  Joins:\n    Type: AWS::IAM::UserToGroupAddition\n{more}    Properties: {{GroupName: !Ref Group, Users: {users}}}\n"
        )
    };
    let policy = managed(&document(&format!("{READ}, {DENY}")), "");
    for (has, more) in [(own.as_str(), ""), ("ManagedPolicyArns: [!Ref Policy]", policy.as_str())] {
        let is_admin = |text: String| !told(&(text + &group(has) + more), "ADMIN_ACCESS").is_empty();
        assert!(!is_admin(user("      Groups: [!Ref Group]\n")), "{has}");
        assert!(is_admin(user("      Groups: [!If [IsProd, !Ref Group, !Ref AWS::NoValue]]\n")), "{has}");
        assert!(!is_admin(user("") + &joins("", "[!Ref User]")), "{has}");
        assert!(is_admin(user("") + &joins("    Condition: IsProd\n", "[!Ref User]")), "{has}");
        assert!(is_admin(user("") + &joins("", "[!If [IsProd, !Ref User, !Ref AWS::NoValue]]")), "{has}");
    }
}
