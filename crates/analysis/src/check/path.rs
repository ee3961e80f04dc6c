//! `ESCALATION_PATH`, `ESCALATION_POSSIBLE`: whoever can become more than was given, as [`crate::paths`] finds it.
//!
//! Of principals that were read, the whole of what was read is one account. A policy that nobody holds is looked at in an
//! account of our own making, in which a user holds it beside roles and users that are worth becoming: what is found there
//! is possible wherever such an account is, and is told as that.

use std::collections::BTreeMap;
use std::sync::Arc;

use leastwise_policy::aws::evaluate::OrganizationPath;
use leastwise_policy::aws::{ActionBlock, Comparison, Condition, DocumentKind, Effect, Policy, Statement};
use leastwise_policy::glob;
use leastwise_policy::time::Timestamp;

use super::dangerous::is_told;
use super::made_up;
use super::own::own;
use super::{Check, Class, Estate, Example, Facts, Finding, Hits, Holder, Home, Said, Severity};
use crate::granted::Snapshot;
use crate::paths::{Certainty, Extent, Options, Path, StepAction, Target, World, find};
use crate::source::{Place, shown};

const REFERENCES: &[&str] = &[
    "https://pathfinding.cloud",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
];

static PATH: Check = own(
    Class::Path,
    Severity::High,
    "ESCALATION_PATH",
    "Path to administrator",
    "The principal is no administrator, and can become one: by passing a role to something that runs its code, by changing \
     code that runs as another role, by editing policies or trust, by making credentials of others, in one step or in \
     several. Every step was asked of the evaluator, with denies, conditions, boundaries and both sides of each trust. The \
     evidence says the steps. `leastwise paths` shows all of them, and the one statement whose removal breaks most.",
    REFERENCES,
)
.mitre(&["T1098.003", "T1078.004", "T1548.005"])
.bad(Example::file(
    "account.json",
    r#"{
  "UserDetailList": [
    {
      "UserName": "builder",
      "Arn": "arn:aws:iam::111122223333:user/builder",
      "UserPolicyList": [
        {
          "PolicyName": "build",
          "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": {
              "Effect": "Allow",
              "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
              "Resource": "*"
            }
          }
        }
      ]
    }
  ],
  "RoleDetailList": [
    {
      "RoleName": "operations",
      "Arn": "arn:aws:iam::111122223333:role/operations",
      "AssumeRolePolicyDocument": {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
      },
      "AttachedManagedPolicies": [
        {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
      ]
    }
  ]
}"#,
))
.good(Example::file(
    "account.json",
    r#"{
  "UserDetailList": [
    {
      "UserName": "builder",
      "Arn": "arn:aws:iam::111122223333:user/builder",
      "UserPolicyList": [
        {
          "PolicyName": "build",
          "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
              {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"},
              {
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": "arn:aws:iam::111122223333:role/functions/*",
                "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
              }
            ]
          }
        }
      ]
    }
  ]
}"#,
))
.over_all(of_principals);

static POSSIBLE: Check = own(
    Class::Path,
    Severity::High,
    "ESCALATION_POSSIBLE",
    "Permissions that lead to administrator",
    "Whoever holds this policy can become an administrator in an account that has somebody worth becoming: the policy lets \
     them pass any role, change any code or policy, or make credentials of anybody. Nothing says who holds it, so it was \
     looked at in a made-up account with such a role and such a user; a snapshot of the real one says whether there is one. \
     What is limited to some names is not followed: whether one of them leads on, the account alone knows.",
    REFERENCES,
)
.mitre(&["T1098.003", "T1548.005"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": ["iam:PassRole", "ec2:RunInstances"],
    "Resource": "*"
  }
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"},
    {
      "Effect": "Allow",
      "Action": "iam:PassRole",
      "Resource": "arn:aws:iam::111122223333:role/instances/*",
      "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    }
  ]
}"#,
))
.held(of_document);

/// The checks of this room.
pub(super) static CHECKS: &[&Check] = &[&PATH, &POSSIBLE];

fn of_principals(estate: &Estate, facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    if estate.snapshot.principals().next().is_none() {
        return;
    }
    let mut world = world(&estate.snapshot, facts.now);
    world.workloads.clone_from(&estate.workloads);
    world.places.clone_from(&estate.places);
    let found = find(&world, &options(), facts.catalog);
    // Whoever was read stands somewhere; the first place stands in for what nobody can name.
    let anywhere = || {
        let unknown = || Home { file: Arc::from("-"), at: Place::START, pointer: String::new() };
        estate.homes.values().next().cloned().unwrap_or_else(unknown)
    };
    for admin in found.admins.iter().filter(|admin| admin.certainty == Certainty::Sure) {
        let Some(principal) = estate.snapshot.principal(&admin.principal) else { continue };
        // Who has everything at once has a finding of its own.
        let told =
            principal.policies.identity.iter().flat_map(|named| &named.policy.statements).any(gives_all);
        if !told && !principal.service_linked {
            let home = estate.homes.get(&admin.principal).cloned().unwrap_or_else(anywhere);
            findings.push(Finding {
                file: home.file,
                at: home.at,
                code: PATH.code,
                pointer: home.pointer,
                subject: admin.principal.clone(),
                message: format!(
                    "{} can give itself everything, and so is an administrator",
                    name(&admin.principal)
                ),
                severity: PATH.severity,
                class: PATH.class,
                evidence: Vec::new(),
                fix: Some("take out what changes IAM on everything, or put a boundary on it".to_owned()),
            });
        }
    }
    findings.extend(found.paths.iter().map(|path| {
        let home = estate.homes.get(&path.source).cloned().or_else(|| where_let_in(estate, path));
        let home = home.unwrap_or_else(anywhere);
        let message = format!("{} can become administrator in {}", name(&path.source), steps(path));
        finding(&PATH, home, &path.source, message, path)
    }));
}

/// Where somebody who was not read is let in: the statement of the first role's trust policy, else that role.
fn where_let_in(estate: &Estate, path: &Path) -> Option<Home> {
    let first = path.steps.first()?;
    let allowing = first.calls.iter().flat_map(|call| &call.by);
    let mut by_statement = allowing.filter_map(|by| {
        let document = estate.document(&by.document).filter(|one| one.kind == DocumentKind::Trust)?;
        let statements = document.root.get("Statement")?.one_or_many();
        let statement = statements.get(*document.understood.get(by.index)?)?;
        let within = document.root.pointer_of(statement).unwrap_or_default();
        let pointer = format!("{}{within}", document.pointer);
        Some(Home { file: document.file.clone(), at: statement.at, pointer })
    });
    let of_role = || path.steps.iter().find_map(|step| estate.homes.get(&step.becomes).cloned());
    by_statement.next().or_else(of_role)
}

fn of_document(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    if holder.principal.is_some() {
        return;
    }
    let uses = uses(holder);
    // Who has everything at once has a finding of its own.
    if uses.is_empty() || holder.allows.iter().any(|allowed| is_told(holder, allowed)) {
        return;
    }
    // What no condition but one that the way itself meets, and no deny, has a say in, the tables tell at once.
    let surely = |action: StepAction, set: &[(String, String)]| {
        let of = uses_of(&uses, action);
        if of.is_empty() || holder.is_denied(action.name()) {
            return Extent::Nothing;
        }
        let of = of.iter().filter(|(_, used)| used.statement.condition.iter().all(|one| meets(one, set)));
        of.map(|(_, used)| used.extent).max().unwrap_or(Extent::Nothing)
    };
    if let Some(way) = crate::paths::leads(surely) {
        let mut said = Said::new("whoever holds it can become administrator in one step")
            .fix(fix(way.needs.iter().copied()));
        said.evidence.push(format!("1. {} ({}; {})", way.says, way.id, way.needs.join(", ")));
        said.evidence.extend(way.assumes.map(|what| format!("taken for given: {what}")));
        return hits.at_document(said);
    }
    let perhaps =
        |action| uses_of(&uses, action).iter().map(|(_, used)| used.extent).max().unwrap_or(Extent::Nothing);
    if !crate::paths::could_lead(perhaps) {
        return;
    }
    let Some(policy) = holder.first_policy() else { return };
    let policy = relevant(policy);
    let path_of = |snapshot: &Snapshot, who: &str| {
        let found = find(&world(snapshot, holder.now), &options(), holder.catalog);
        found.paths.into_iter().find(|path| path.source == who)
    };
    let anybody = path_of(&made_up::account_of(made_up::HOLDER, policy.clone()), made_up::HOLDER);
    let (path, who) = match anybody {
        Some(path) => (Some(path), None),
        // Whom the policy means in particular may be somebody else.
        None => {
            let mut others = made_up::others(&policy).into_iter();
            let found = others.find_map(|who| {
                let path = path_of(&made_up::account_of(&who, policy.clone()), &who)?;
                Some((path, who))
            });
            found.map_or((None, None), |(path, who)| (Some(path), Some(who)))
        }
    };
    let Some(path) = path else { return };
    let holds = match &who {
        Some(who) => format!("`{}`, if it holds it,", name(who)),
        None => "whoever holds it".to_owned(),
    };
    hits.at_document(Said {
        message: format!("{holds} can become administrator in {}", steps(&path)),
        evidence: evidence(&path),
        fix: Some(fix(first(&path))),
        severity: Some(severity(&POSSIBLE, &path)),
    });
}

/// Whether a statement gives everything by itself.
fn gives_all(statement: &Statement) -> bool {
    let all = |pattern: &str| matches!(pattern, "*" | "*:*");
    let mut resources = statement.resource.iter().flat_map(|block| block.patterns());
    statement.effect == Effect::Allow
        && matches!(&statement.action, ActionBlock::Action(patterns) if patterns.iter().any(|one| all(one.as_str())))
        && resources.any(|one| all(one.as_str()))
}

/// A statement that allows an action that some way needs.
struct Used<'h> {
    statement: &'h Statement,
    extent: Extent,
}

/// The actions that ways need, each with a statement that allows it, in order of the actions.
fn uses<'h>(holder: &'h Holder<'_>) -> Vec<(StepAction, Used<'h>)> {
    let mut uses = Vec::new();
    for allowed in &holder.allows {
        for one in &allowed.actions {
            if let Some(action) = StepAction::of(&one.action.service.prefix, &one.action.facts.name) {
                let extent = if one.everywhere { Extent::Everywhere } else { Extent::Somewhere };
                uses.push((action, Used { statement: allowed.statement, extent }));
            }
        }
    }
    uses.sort_by_key(|(action, _)| *action);
    uses
}

/// What allows one of them.
fn uses_of<'u, 'h>(uses: &'u [(StepAction, Used<'h>)], action: StepAction) -> &'u [(StepAction, Used<'h>)] {
    let from = uses.partition_point(|(known, _)| *known < action);
    let many = uses[from..].partition_point(|(known, _)| *known == action);
    &uses[from..from + many]
}

/// Whether a request with these keys surely meets the condition.
fn meets(condition: &Condition, set: &[(String, String)]) -> bool {
    let operator = condition.operator;
    let value = set.iter().find(|(key, _)| condition.key.eq_ignore_ascii_case(key)).map(|(_, value)| value);
    let Some(value) = value.filter(|_| operator.set.is_none()) else { return false };
    match operator.base {
        Comparison::StringEquals => condition.values.iter().any(|wanted| wanted == value),
        Comparison::StringLike => condition.values.iter().any(|wanted| glob::matches(wanted, value)),
        _ => false,
    }
}

/// The policy without statements about actions that are no step of any way.
fn relevant(policy: &Policy) -> Policy {
    let is_about = |statement: &&Statement| match &statement.action {
        ActionBlock::Action(patterns) => {
            statement.effect == Effect::Deny || patterns.iter().any(crate::paths::may_be_step)
        }
        ActionBlock::NotAction(_) => true,
    };
    let statements = policy.statements.iter().filter(is_about).cloned().collect();
    Policy { version: policy.version, id: None, statements }
}

fn world(snapshot: &Snapshot, now: Option<Timestamp>) -> World<'_> {
    World {
        snapshot,
        service_control: organization(snapshot),
        resource_control: BTreeMap::new(),
        places: BTreeMap::new(),
        workloads: Vec::new(),
        now: now.unwrap_or(Timestamp::from_seconds(0)),
    }
}

/// The service control policies of each account, as its principals are under them.
fn organization(snapshot: &Snapshot) -> BTreeMap<String, OrganizationPath> {
    let mut levels = BTreeMap::new();
    for principal in snapshot.principals() {
        if let Some(path) = &principal.policies.service_control
            && !levels.contains_key(principal.account())
        {
            levels.insert(principal.account().to_owned(), path.clone());
        }
    }
    levels
}

fn options() -> Options {
    Options { from: None, to: Target::Admin, cut: false }
}

/// What to do about a way that begins with these calls.
fn fix<'c>(mut calls: impl Iterator<Item = &'c str>) -> String {
    match calls.next() {
        Some(first) if first != "iam:PassRole" && !calls.any(|call| call == "iam:PassRole") => {
            format!("limit the first step: name what `{first}` may be used on")
        }
        _ => "limit the first step: name the roles that may be passed, and to which service".to_owned(),
    }
}

/// The calls of the first step.
fn first(path: &Path) -> impl Iterator<Item = &str> {
    path.steps.iter().take(1).flat_map(|step| &step.calls).map(|call| call.action.as_str())
}

fn finding(check: &Check, home: Home, subject: &str, message: String, path: &Path) -> Finding {
    Finding {
        file: home.file,
        at: home.at,
        code: check.code,
        pointer: home.pointer,
        subject: subject.to_owned(),
        message: shown(&message),
        severity: severity(check, path),
        class: check.class,
        evidence: evidence(path).iter().map(|text| shown(text)).collect(),
        fix: Some(fix(first(path))),
    }
}

fn severity(check: &Check, path: &Path) -> Severity {
    match path.certainty {
        Certainty::Sure | Certainty::Assumed => check.severity,
        Certainty::Conditional | Certainty::Another => Severity::Medium,
    }
}

/// The steps in words.
fn evidence(path: &Path) -> Vec<String> {
    let mut evidence: Vec<String> = Vec::new();
    for (number, step) in path.steps.iter().enumerate() {
        let calls: Vec<&str> = step.calls.iter().map(|call| call.action.as_str()).collect();
        let mut text =
            format!("{}. {} ({}; {})", number + 1, step.says, step.ids.join(", "), calls.join(", "));
        text.push_str(&format!(", and is {}", name(&step.becomes)));
        evidence.push(text);
        evidence.extend(step.assumes.iter().map(|what| format!("taken for given: {what}")));
    }
    if !path.conditions.is_empty() {
        evidence.push(format!("only when {} let it", path.conditions.join(", ")));
    }
    evidence
}

fn steps(path: &Path) -> String {
    match path.steps.len() {
        1 => "one step".to_owned(),
        many => format!("{many} steps"),
    }
}

/// The name behind an ARN.
fn name(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use leastwise_catalog::Catalog;

    use super::*;
    use crate::check::{SourceFile, read, run};

    /// File and line of each path.
    fn places(file: &str, text: &str) -> Vec<(String, u32)> {
        let estate = read(&[SourceFile::named(file, text)]);
        let findings = run(&estate, &Facts::new(Catalog::embedded()));
        let paths = findings.iter().filter(|finding| finding.code == PATH.code);
        paths.map(|finding| (finding.file.to_string(), finding.at.line)).collect()
    }

    #[test]
    fn the_path_of_somebody_outside_stands_at_the_trust_statement() {
        let trust = r#"{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:user/bob"},"Action":"sts:AssumeRole"}]}"#;
        let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let account = format!(
            r#"{{"RoleDetailList":[{{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","AssumeRolePolicyDocument":{trust},"RolePolicyList":[{{"PolicyName":"p","PolicyDocument":{all}}}]}}]}}"#
        );
        assert_eq!(places("account.json", &account), [("account.json".to_owned(), 2)]);
        let terraform = "resource \"aws_iam_role\" \"r\" {\n  name = \"r\"\n  assume_role_policy = jsonencode({\n    Version = \"2012-10-17\"\n    Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { AWS = \"arn:aws:iam::444455556666:user/bob\" } }]\n  })\n  managed_policy_arns = [\"arn:aws:iam::aws:policy/AdministratorAccess\"]\n}\n";
        assert_eq!(places("main.tf", terraform), [("main.tf".to_owned(), 5)]);
        let stack = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: 'arn:aws:iam::444455556666:user/bob'}}\n      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']\n";
        assert_eq!(places("stack.yaml", stack), [("stack.yaml".to_owned(), 8)]);
    }
}
