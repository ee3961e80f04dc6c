//! `EXTERNAL_ACCESS`: accounts and organisations that a policy lets in and that are not ours.
//!
//! Each principal, and each value of a condition, that names somebody else is looked at for itself: the policy with that
//! one alone is compared with one that allows everything to what is ours (`ours.rs`). So a condition counts for what it
//! is worth, as IAM Access Analyzer has it:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html>.

use std::collections::BTreeSet;

use leastwise_policy::aws::compare::{Answer, Kind, demanding, excess};
use leastwise_policy::aws::{
    Condition, DocumentKind, Effect, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, Statement,
};

use super::ours::{Names, Whose, Zone, account_of, is_account, names};
use super::public::{beyond_the_named, may_be_anybody, turned};
use super::{among_denies, is_positive, told};
use crate::check::holder::limits_caller;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Facts, Report, Severity, StatementView, Subject};
use crate::source::{Node, has_hole};

pub(super) static CHECK: Check = own(
    Class::Trust,
    Severity::Low,
    "EXTERNAL_ACCESS",
    "Another account is let in",
    "The policy of a resource or a role lets in an account or an organisation that is not yours: as a principal, or by a \
     condition (`aws:PrincipalAccount`, `aws:SourceAccount`, the account in `aws:SourceArn`, `aws:PrincipalOrgID`, …) \
     under which everybody, or an AWS service, is let in. That can be meant; it should be known, and it should be the \
     role that needs it and not the whole account. Whoever administers that account decides who may use the \
     permission. What is yours is what `--own-account` and `--own-organization` say, and the account in the ARN of the \
     resource or the role; where neither tells, nothing is said. When you say what is yours, an endpoint, a network or \
     an id that lets in everybody who comes by it is told as well, as information, since it does not say whose it is.",
    &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html",
    ],
)
.mitre(&["T1199"])
.bad(Example::resource(
    "AWS::SQS::Queue",
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "sqs:SendMessage",
    "Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
    "Condition": {"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}
  }
}"#,
))
.good(Example::resource(
    "AWS::SQS::Queue",
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "sqs:SendMessage",
    "Resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
    "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}
  }
}"#,
))
.found(rule);

fn rule(subject: &Subject<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let kind = match subject.document.kind {
        DocumentKind::Resource => Kind::Resource,
        DocumentKind::Trust => Kind::Trust,
        _ => return,
    };
    for (view, statement) in subject.understood() {
        if statement.effect != Effect::Allow {
            continue;
        }
        let zone = facts.own.zone(subject, statement);
        let is_looked_at = if kind == Kind::Trust { zone.is_sure() } else { zone.is_known() };
        if is_looked_at && !statement.condition.iter().any(|condition| is_ours(&zone, condition)) {
            let mut look = Look { subject, facts, kind, statement, view, zone: &zone, told: BTreeSet::new() };
            look.at_names(report);
            look.at_everybody(report);
            look.at_spared(report);
            look.at_services(report);
        }
    }
}

/// One statement that allows.
struct Look<'a, 's, 'f> {
    subject: &'a Subject<'s>,
    facts: &'a Facts<'f>,
    kind: Kind,
    statement: &'a Statement,
    view: &'a StatementView<'s>,
    zone: &'a Zone<'a>,
    /// Who was told already.
    told: BTreeSet<&'a str>,
}

impl<'a> Look<'a, '_, '_> {
    /// Principals that are named and belong to others.
    fn at_names(&mut self, report: &mut Report<'_>) {
        let is_free = self.statement.condition.iter().next().is_none()
            && !self.subject.document.policy.statements.iter().any(|one| one.effect == Effect::Deny);
        for text in named(self.statement, PrincipalKind::Aws) {
            let account = if is_account(text) { Some(&**text) } else { account_of(text) };
            let Some(account) = account.filter(|account| !has_hole(text) && !self.zone.has(account)) else {
                continue;
            };
            let whole = text == account || text.ends_with(":root");
            // Of a trust policy that asks for nothing, CROSS_ACCOUNT_WITHOUT_EXTERNAL_ID tells.
            if self.kind == Kind::Trust && whole && !self.statement.condition.iter().any(limits_caller) {
                continue;
            }
            let of = self.view.principal_texts();
            let node =
                of.iter().find(|(_, _, here)| here == text).map_or(self.view.node, |(_, node, _)| *node);
            let what = if whole { "the whole account" } else { "a principal of the account" };
            let message = format!("lets in {what} {account}, {}", self.not_ours());
            let only = self.only(PrincipalKind::Aws, vec![text.clone()]);
            let answer = if is_free { None } else { Some(self.beyond_ours(only, false)) };
            if self.tell(report, node, message, answer) {
                self.told.insert(account);
            }
        }
    }

    /// Everybody, under conditions that name somebody.
    fn at_everybody(&mut self, report: &mut Report<'_>) {
        let named = || beyond_the_named(self.subject, self.facts, self.kind, self.statement) == Answer::None;
        if !may_be_anybody(self.statement) || !named() {
            return;
        }
        let mut everybody = self.statement.clone();
        if matches!(everybody.principal, Some(PrincipalBlock::Principal(_))) {
            everybody.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
        }
        if self.at_values(&everybody, "everybody", report) || !self.zone.is_told {
            return;
        }
        let place = self.statement.condition.iter().find(|condition| {
            let is_id = |value: &String| {
                let names = names(&condition.key);
                names.is_some_and(|names| self.zone.whose(names, value) == Whose::NotTold) && !has_hole(value)
            };
            is_positive(condition) && condition.values.iter().any(is_id)
        });
        let Some(place) = place else { return };
        if let Answer::Some(witness) = self.beyond_ours(everybody, false) {
            let node = self.node_of(place, &place.values[0]);
            let values = place.values.join(", ");
            let message =
                format!("lets in everybody with `{}` {values}, which does not say whose it is", place.key);
            report
                .at(node, message)
                .severity(Severity::Info)
                .evidence(told(&witness))
                .fix("ask for `aws:PrincipalOrgID`, `aws:VpceAccount` or `aws:SourceAccount` as well");
        }
    }

    /// Others whom a `Deny` spares where everybody is let in: it stops all but those whom it names.
    fn at_spared(&mut self, report: &mut Report<'_>) {
        let document = self.subject;
        let denies = || document.understood().filter(|(_, deny)| deny.effect == Effect::Deny);
        let named = || beyond_the_named(self.subject, self.facts, self.kind, self.statement) == Answer::None;
        if denies().next().is_none() || !may_be_anybody(self.statement) || !named() {
            return;
        }
        for (view, deny) in denies() {
            for text in excepted(deny) {
                let account = if is_account(text) { Some(&**text) } else { account_of(text) };
                let is_new = |account: &&str| !self.zone.has(account) && !self.told.contains(account);
                let Some(account) = account.filter(|account| !has_hole(text) && is_new(account)) else {
                    continue;
                };
                let whole = text == account || text.ends_with(":root");
                let what = if whole { "the whole account" } else { "a principal of the account" };
                let message =
                    format!("lets in {what} {account}, which a `Deny` spares and {}", self.not_ours());
                let texts = view.principal_texts();
                let node =
                    texts.iter().find(|(_, _, here)| here == text).map_or(view.node, |(_, node, _)| *node);
                let answer = self.beyond_ours(self.only(PrincipalKind::Aws, vec![text.clone()]), false);
                if self.tell(report, node, message, Some(answer)) {
                    self.told.insert(account);
                }
            }
            for condition in &deny.condition {
                self.at_spared_values(view, condition, report);
            }
        }
    }

    /// Others whom a condition of a `Deny` spares.
    fn at_spared_values(
        &mut self,
        view: &StatementView<'a>,
        condition: &'a Condition,
        report: &mut Report<'_>,
    ) {
        let (Some(named), Some(turned)) = (names(&condition.key), turned(condition)) else { return };
        for value in &condition.values {
            let Whose::Theirs(whose) = self.zone.whose(named, value) else { continue };
            if self.told.contains(whose) {
                continue;
            }
            let mut everybody = self.statement.clone();
            everybody.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
            let only = everybody.with_condition(Condition::new(turned.operator, &turned.key, [value]));
            let what =
                if matches!(named, Names::Organization | Names::Path) { "organisation" } else { "account" };
            let key = &condition.key;
            let message = format!(
                "lets in the {what} {whose}, which a `Deny` spares by `{key}` and {}",
                self.not_ours()
            );
            let of_key = view.conditions.iter().filter(|one| one.key.key.eq_ignore_ascii_case(key));
            let found = of_key.flat_map(|one| one.texts()).find(|(_, text)| text == value);
            let node = found.map_or(view.node, |(node, _)| node);
            let answer = self.beyond_ours(only, true);
            if self.tell(report, node, message, Some(answer)) {
                self.told.insert(whose);
            }
        }
    }

    /// Services, on behalf of others.
    fn at_services(&mut self, report: &mut Report<'_>) {
        let services: Vec<String> = named(self.statement, PrincipalKind::Service).cloned().collect();
        if !services.is_empty() {
            let who = services.join(" and ");
            let only = self.only(PrincipalKind::Service, services);
            self.at_values(&only, &who, report);
        }
    }

    /// Each value that names somebody else, alone.
    fn at_values(&mut self, statement: &Statement, who: &str, report: &mut Report<'_>) -> bool {
        let mut any = false;
        for (number, condition) in self.statement.condition.iter().enumerate() {
            let Some(named) = names(&condition.key).filter(|_| is_positive(condition)) else { continue };
            for value in &condition.values {
                let Whose::Theirs(whose) = self.zone.whose(named, value) else { continue };
                if self.told.contains(whose) {
                    continue;
                }
                let mut only = statement.clone();
                only.condition = with_only(statement, number, value);
                let answer = self.beyond_ours(only, true);
                let what = match named {
                    Names::Organization | Names::Path => "organisation",
                    _ => "account",
                };
                let message = match who {
                    "everybody" => {
                        format!("`{}` lets in the {what} {whose}, {}", condition.key, self.not_ours())
                    }
                    who => format!("lets {who} act for the {what} {whose}, {}", self.not_ours()),
                };
                let node = self.node_of(condition, value);
                if self.tell(report, node, message, Some(answer)) {
                    any = true;
                    self.told.insert(whose);
                }
            }
        }
        any
    }

    fn tell(&self, report: &mut Report<'_>, node: &Node, message: String, answer: Option<Answer>) -> bool {
        let fix = "name the role that needs it, or limit it to your accounts or your organisation";
        match answer {
            Some(Answer::None) => return false,
            None => drop(report.at(node, message).fix(fix)),
            Some(Answer::Some(witness)) => drop(report.at(node, message).evidence(told(&witness)).fix(fix)),
            Some(Answer::Unknown(reason)) => {
                let message = format!("perhaps {message}; that was not decided: {}", reason.as_str());
                report.at(node, message).fix(fix);
            }
        }
        true
    }

    fn not_ours(&self) -> &'static str {
        match (self.zone.is_told, self.kind) {
            (true, _) => "which is not among what is yours",
            (false, Kind::Trust) => "which is another than the role's",
            (false, _) => "which is another than the resource's",
        }
    }

    /// Whether it allows something that is not ours to do, with what the document denies.
    fn beyond_ours(&self, statement: Statement, with_ids: bool) -> Answer {
        let ours = self.ours(&statement, with_ids);
        let alone = among_denies(self.subject, statement);
        excess(self.facts.terms(), self.kind, &[&ours], &[&alone])
    }

    /// A policy that allows everything to our accounts, and to whoever comes by what is ours.
    fn ours(&self, statement: &Statement, with_ids: bool) -> Policy {
        let text = self.subject.document.root.to_json();
        let accounts = self.zone.accounts_for(&text);
        let to = |principal| {
            let mut all = Statement::allow(["*"], ["*"]);
            all.principal = Some(PrincipalBlock::Principal(principal));
            all
        };
        let mut statements = Vec::new();
        if !accounts.is_empty() {
            statements.push(to(PrincipalSet::ByKind(vec![(PrincipalKind::Aws, accounts)])));
        }
        for condition in &statement.condition {
            let Some(named) = names(&condition.key).filter(|_| is_positive(condition)) else { continue };
            let values = condition.values.iter().filter(|value| match self.zone.whose(named, value) {
                Whose::Ours => true,
                Whose::NotTold => with_ids || has_hole(value),
                Whose::Theirs(_) | Whose::Anybody => false,
            });
            let values: Vec<String> = values.cloned().collect();
            if !values.is_empty() {
                let limit = Condition::new(demanding(condition.operator), &condition.key, values);
                statements.push(to(PrincipalSet::Everyone).with_condition(limit));
            }
        }
        Policy::new(statements)
    }

    /// The statement for these principals alone.
    fn only(&self, kind: PrincipalKind, texts: Vec<String>) -> Statement {
        let mut only = self.statement.clone();
        only.principal = Some(PrincipalBlock::Principal(PrincipalSet::ByKind(vec![(kind, texts)])));
        only
    }

    fn node_of(&self, condition: &Condition, value: &str) -> &'a Node {
        let of_key =
            self.view.conditions.iter().filter(|one| one.key.key.eq_ignore_ascii_case(&condition.key));
        let found = of_key.flat_map(|one| one.texts()).find(|(_, text)| *text == value);
        found.map_or(self.view.node, |(node, _)| node)
    }
}

/// The principals of AWS that a statement with `NotPrincipal` is not about.
fn excepted(statement: &Statement) -> impl Iterator<Item = &String> {
    let kinds = match &statement.principal {
        Some(PrincipalBlock::NotPrincipal(PrincipalSet::ByKind(kinds))) => &kinds[..],
        _ => &[],
    };
    kinds.iter().filter(|(of, _)| *of == PrincipalKind::Aws).flat_map(|(_, texts)| texts)
}

/// The principals of this kind that the statement names.
fn named(statement: &Statement, kind: PrincipalKind) -> impl Iterator<Item = &String> {
    let kinds = match &statement.principal {
        Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) => &kinds[..],
        _ => &[],
    };
    kinds.iter().filter(move |(of, _)| *of == kind).flat_map(|(_, texts)| texts)
}

/// The conditions of the statement, one of them with this value alone.
fn with_only(statement: &Statement, number: usize, value: &str) -> leastwise_policy::aws::Conditions {
    let conditions = statement.condition.iter().enumerate().map(|(here, condition)| match here == number {
        true => Condition::new(condition.operator, &condition.key, [value]),
        false => condition.clone(),
    });
    conditions.collect()
}

/// Whether only what is ours meets it.
fn is_ours(zone: &Zone<'_>, condition: &Condition) -> bool {
    let is_demanding = demanding(condition.operator) == condition.operator && !condition.values.is_empty();
    names(&condition.key).is_some_and(|named| {
        is_positive(condition)
            && is_demanding
            && condition.values.iter().all(|value| zone.whose(named, value) == Whose::Ours)
    })
}
