//! The search looks up who could get somewhere; this asks everybody about everybody, and must find the same.

use std::collections::BTreeMap;

use leastwise_catalog::Catalog;
use serde_json::{Value, json};

use super::super::model::Form;
use super::super::rows::Kind;
use super::super::search::Search;
use super::super::{Certainty, Options, Path, Target, find};
use super::{ACCOUNT, Account, arn, trust, world};

/// Random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn of<'l, T: ?Sized>(&mut self, list: &[&'l T]) -> &'l T {
        list[self.below(list.len())]
    }
}

const ACTIONS: [&str; 18] = [
    "iam:PassRole",
    "iam:PassRole",
    "lambda:*",
    "ssm:StartSession",
    "sts:AssumeRole",
    "sts:AssumeRole",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateAccessKey",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:CreateRole",
    "s3:GetObject",
    "*",
];

fn statement(random: &mut Random) -> Value {
    let named = [arn("role", &format!("r{}", random.below(5))), arn("user", "u0"), arn("policy", "shared")];
    let on = match random.below(6) {
        0..=2 => "*".to_owned(),
        3 => arn("role", "r*"),
        _ => named[random.below(3)].clone(),
    };
    let effect = if random.below(6) == 0 { "Deny" } else { "Allow" };
    // Everything is rare, or everybody would be admin.
    let action = match random.of(&ACTIONS) {
        "*" if random.below(3) > 0 => "iam:Get*",
        action => action,
    };
    let mut made = json!({"Effect": effect, "Action": action, "Resource": on});
    if random.below(8) == 0 {
        made["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    }
    made
}

fn statements(random: &mut Random) -> Vec<Value> {
    (0..1 + random.below(4)).map(|_| statement(random)).collect()
}

fn account(random: &mut Random) -> Account {
    let mut account =
        Account::default().policy("shared", &[statement(random)]).policy("boundary", &statements(random));
    for number in 0..5 {
        let trust = match random.below(6) {
            0 => trust("AWS", ACCOUNT),
            1 => trust("AWS", &arn("role", &format!("r{}", random.below(5)))),
            2 => trust("AWS", "*"),
            3 => trust("Service", "ec2.amazonaws.com"),
            _ => trust("Service", "lambda.amazonaws.com"),
        };
        account = account.role(&format!("r{number}"), trust, &statements(random));
        if random.below(3) == 0 {
            let shared = json!([{"PolicyArn": arn("policy", "shared")}]);
            account = account.with("Role:AttachedManagedPolicies", shared);
        }
        if random.below(4) == 0 {
            let boundary = json!({"PermissionsBoundaryArn": arn("policy", "boundary")});
            account = account.with("Role:PermissionsBoundary", boundary);
        }
    }
    account.user("u0", &statements(random)).user("u1", &statements(random))
}

/// The surest way from one node to another.
fn edge(search: &mut Search<'_>, from: usize, to: usize) -> Option<Certainty> {
    let rows = 0..search.model.table.rows.len();
    let (plain, own) = (search.plain(to), search.plain(from) == search.plain(to));
    let (there, here) = (search.model.nodes[to].form, search.model.nodes[from].form);
    let of = |row: usize, kind: Kind, search: &Search<'_>| {
        let said = &search.model.table.rows[row];
        let granted = search.model.nodes[to].granted;
        said.kind == kind && granted.is_none_or(|granted| said.of.includes(granted))
    };
    let alone = |kind: Kind, search: &Search<'_>| {
        let target = (kind != Kind::Makes).then_some(plain);
        let rows = rows.clone().filter(|row| of(*row, kind, search));
        let tried = rows.filter_map(|row| search.model.attempt(&search.kept, from, row, target, None));
        tried.map(|attempt| attempt.answer.certainty).min()
    };
    match (there, here) {
        (Form::Plain, _) => {
            let becomes: Vec<usize> = rows.clone().filter(|row| of(*row, Kind::Becomes, search)).collect();
            let tried = becomes.into_iter().filter_map(|row| search.becoming(row, from, to, None));
            tried.map(|attempt| attempt.answer.certainty).min()
        }
        (Form::Raised, Form::Plain) if own => alone(Kind::Raises, search),
        (Form::Raised, _) if own => None,
        (Form::Raised, _) if search.model.nodes[from].account != search.model.nodes[to].account => None,
        (Form::Raised, _) => {
            let raises = alone(Kind::Raises, search)?;
            Some(raises.max(search.any_becoming(from, plain)?.answer.certainty))
        }
        (Form::Free, Form::Plain) | (Form::FreeRaised, Form::Raised) if own => alone(Kind::Frees, search),
        (Form::FreeRaised, Form::Free) if own => alone(Kind::Raises, search),
        (Form::Free, _) if own => None,
        (Form::Free, _) if search.model.nodes[from].account != search.model.nodes[to].account => None,
        (Form::Free, _) => {
            let frees = alone(Kind::Frees, search)?;
            Some(frees.max(search.any_becoming(from, plain)?.answer.certainty))
        }
        (Form::New, _) => alone(Kind::Makes, search),
        (Form::Stripped { number, everything, free }, here) if own && here.may_change() => {
            let changed = search.model.changes[number].clone();
            let (all, unbound) = (here.has_everything(), here.is_free());
            let gone = search.model.changed(here).cloned().unwrap_or_default();
            let same = gone == changed;
            let raises = (same && !all && everything && unbound == free).then_some(Kind::Raises);
            let frees = (same && all == everything && !unbound && free).then_some(Kind::Frees);
            let changes = raises.into_iter().chain(frees).filter_map(|kind| alone(kind, search));
            let strips = search.strippings(from).into_iter().filter(|(to, rewrites, _)| {
                *to == changed && (all || *rewrites) == everything && unbound == free
            });
            changes.chain(strips.map(|(_, _, attempt)| attempt.answer.certainty)).min()
        }
        _ => None,
    }
}

#[test]
fn looking_up_who_could_finds_what_asking_everybody_finds_and_as_surely() {
    let mut random = Random(20_261_121);
    let (mut with, mut without) = (0, 0);
    for _ in 0..400 {
        let snapshot = account(&mut random).snapshot();
        let world = world(&snapshot);
        let mut search = Search::run(
            &world,
            &Options { from: None, to: Target::Admin, cut: false },
            Catalog::embedded(),
            None,
        );
        let nodes = search.model.nodes.len();
        let acting: Vec<usize> = (0..nodes)
            .filter(|node| search.model.nodes[*node].acts && search.model.nodes[*node].granted.is_some())
            .collect();
        let standing = |node: usize| {
            let answer = search.standing.get(node).and_then(Option::as_ref);
            answer.map(|answer| answer.certainty)
        };
        let mut there: Vec<Option<Certainty>> = (0..nodes).map(standing).collect();
        let mut edges: BTreeMap<(usize, usize), Option<Certainty>> = BTreeMap::new();
        loop {
            let mut changed = false;
            for from in acting.iter().copied() {
                for to in 0..nodes {
                    let Some(at) = there[to].filter(|_| to != from) else { continue };
                    if there[from].is_some_and(|known| known <= at) {
                        continue;
                    }
                    let step = *edges.entry((from, to)).or_insert_with(|| edge(&mut search, from, to));
                    let way = step.map(|step| step.max(at));
                    if way.is_some_and(|way| there[from].is_none_or(|known| way < known)) {
                        there[from] = way;
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        for node in acting {
            let best = search.best.get(node).copied().flatten().map(|key| key.certainty);
            let best = best.filter(|certainty| *certainty != Certainty::Another);
            let said = &search.model.nodes[node];
            assert_eq!(best, there[node], "{} {:?}", said.arn, said.form);
            *(if best.is_some() { &mut with } else { &mut without }) += 1;
        }
    }
    assert!(with > 300 && without > 300, "{with} with and {without} without a path show little");
}

#[test]
fn no_statement_frees_more_than_the_one_cut() {
    let mut random = Random(20_261_122);
    let (mut cuts, mut freed) = (0, 0);
    let options = Options { from: None, to: Target::Admin, cut: true };
    for _ in 0..8 {
        let snapshot = account(&mut random).snapshot();
        let world = world(&snapshot);
        let found = find(&world, &options, Catalog::embedded());
        let mut most = 0;
        for principal in snapshot.principals() {
            let trust = principal.trust.as_ref().map(|trust| (principal.trust_name(), trust.clone()));
            let own = principal.policies.identity.iter().map(|one| (one.name.clone(), one.policy.clone()));
            for (name, policy) in own.chain(trust) {
                for (index, statement) in policy.statements.iter().enumerate() {
                    if statement.effect == leastwise_policy::aws::Effect::Allow {
                        let removed = (name.clone(), index);
                        let search = Search::run(&world, &options, Catalog::embedded(), Some(&removed));
                        let after = search.found();
                        if after.admins.len() >= found.admins.len() {
                            let still =
                                |path: &&Path| after.paths.iter().any(|left| left.source == path.source);
                            most = most.max(found.paths.iter().filter(|path| !still(path)).count());
                        }
                    }
                }
            }
        }
        let cut = found.cut.as_ref().map_or(0, |cut| cut.frees.len());
        assert_eq!(cut, most);
        assert!(found.cut.is_none_or(|cut| cut.best));
        cuts += 1;
        freed += most;
    }
    assert!(cuts == 8 && freed > 8, "{freed} freed by {cuts} cuts show little");
}
