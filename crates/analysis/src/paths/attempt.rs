//! One way to power, tried by one principal on another.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use leastwise_policy::aws::{Named, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, Statement};

use super::Certainty;
use super::ask::{Answer, Question};
use super::entries::Letting;
use super::fill::fill;
use super::model::{Model, NOBODY};
use super::rows::{Kind, Need, Of, On, Row, With};
use crate::granted::GrantedPrincipal;

/// How an instance profile holds a role.
enum Holding {
    Given,
    Assumed,
    Made(Attempt),
}

/// What a way is about.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About<'q> {
    /// The node of a principal.
    pub(super) target: Option<usize>,
    /// A group.
    pub(super) group: Option<&'q str>,
    /// A policy, or the key of a tag, that is to go.
    pub(super) denying: Option<&'q str>,
    /// Who says whom the role lets in.
    pub(super) provider: Option<&'q str>,
    /// A tag that is put on, with its value.
    pub(super) tag: Option<(&'q str, &'q str)>,
}

/// A way that works.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// The number of the row.
    pub(super) row: usize,
    pub(super) answer: Answer,
    pub(super) assumes: Vec<String>,
    pub(super) calls: Vec<Made>,
    /// The node of the principal that it is about, as it is.
    pub(super) target: Option<usize>,
    /// Who says whom the role lets in.
    pub(super) provider: Option<String>,
}

/// A call of it.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) action: usize,
    /// On what.
    pub(super) resources: Vec<String>,
    pub(super) with: Vec<(String, Option<String>)>,
    pub(super) chosen: BTreeMap<String, Vec<String>>,
    pub(super) side: Side,
}

/// Which policy the resource has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    None,
    /// The role's trust policy.
    Trust,
    /// A trust policy that the caller wrote, which names the caller.
    Written,
}

/// The part that is the same for every target: resources of the caller's choice and the calls on them.
#[derive(Debug, Clone)]
struct Solved {
    vars: Vec<Option<String>>,
    /// The managed policy that was chosen.
    power: Option<String>,
    answer: Answer,
    assumes: Vec<String>,
    /// By the number of the need.
    calls: Vec<(usize, Made)>,
}

/// Parts that were solved already, by node, row, and whether workloads are listed.
pub(super) type Solutions = RefCell<HashMap<(usize, usize, bool), Option<Rc<Solution>>>>;

/// Opaque to those who keep it.
pub(super) struct Solution(Solved);

impl Solution {
    pub(super) fn certainty(&self) -> Certainty {
        self.0.answer.certainty
    }
}

/// ARNs tried for one resource of the caller's choice; fewer once there is one that is allowed under conditions.
const MOST_TRIED: usize = 16;
const MOST_CONDITIONAL: usize = 3;

impl Model<'_> {
    /// Whether `node` can go this way to the principal of the node `target`, or to what runs as it at `work`; for a row
    /// that joins a group `work` is the group.
    pub(super) fn attempt(
        &self,
        kept: &Solutions,
        node: usize,
        row: usize,
        target: Option<usize>,
        work: Option<&str>,
    ) -> Option<Attempt> {
        let group = work.filter(|_| self.table.rows[row].kind == Kind::Joins);
        self.attempt_about(kept, node, row, About { target, group, ..About::default() }, work)
    }

    /// The same with all that it can be about.
    pub(super) fn attempt_about(
        &self,
        kept: &Solutions,
        node: usize,
        row: usize,
        about: About<'_>,
        work: Option<&str>,
    ) -> Option<Attempt> {
        let (said, target) = (&self.table.rows[row], about.target);
        if let (Some(letting), None) = (said.lets_in, about.provider) {
            return self.attempt_by(kept, node, row, about, letting);
        }
        let holding = match target.filter(|_| said.profile && work.is_none()) {
            Some(target) => self.holding(kept, node, row, target)?,
            None => Holding::Given,
        };
        let solution = self.independent(kept, node, row, work.is_some())?;
        let mut solved = solution.0.clone();
        if let (Some(number), Some(arn)) = (said.work(), work) {
            solved.vars[number] = Some(arn.to_owned());
        }
        for (number, need) in said.needs.iter().enumerate() {
            if said.is_dependent(need, work.is_some()) {
                let trust = said.assumes_role;
                let made = self.dependent(node, need, about, trust, &mut solved)?;
                solved.calls.push((number, made));
            }
        }
        solved.calls.sort_by_key(|(number, _)| *number);
        let mut calls: Vec<Made> = solved.calls.into_iter().map(|(_, made)| made).collect();
        match holding {
            Holding::Given => {}
            Holding::Assumed => {
                solved.answer.certainty = solved.answer.certainty.max(Certainty::Assumed);
                solved.assumes.push(super::PROFILE.to_owned());
            }
            Holding::Made(made) => {
                solved.answer.add(&made.answer);
                calls.splice(0..0, made.calls);
            }
        }
        let own = match said.kind {
            Kind::Makes if said.of == Of::Role => solved.vars.first().cloned().flatten(),
            _ if said.trusting_self => target.map(|target| self.nodes[target].arn.clone()),
            _ => None,
        };
        if let Some(role) = own {
            let made = self.assume_own(node, &role, &mut solved.answer)?;
            calls.push(made);
        }
        debug_assert!(
            solved.answer.certainty >= self.at_best(node, row),
            "{} is surer than it can be",
            said.id
        );
        Some(Attempt { row, answer: solved.answer, assumes: solved.assumes, calls, target, provider: None })
    }

    /// The same by the provider that lets in the surest.
    fn attempt_by(
        &self,
        kept: &Solutions,
        node: usize,
        row: usize,
        about: About<'_>,
        letting: Letting,
    ) -> Option<Attempt> {
        let role = self.nodes[about.target?].granted?;
        let attempts = self.entries(role, letting).into_iter().filter_map(|(provider, entry)| {
            let about = About { provider: Some(&provider), ..about };
            let mut attempt = self.attempt_about(kept, node, row, about, None)?;
            attempt.answer.add(&entry);
            Some(Attempt { provider: Some(provider), ..attempt })
        });
        attempts.min_by_key(|attempt| attempt.answer.certainty)
    }

    /// Whether the part that is the same for every target works; none when it does not.
    pub(super) fn independent(
        &self,
        kept: &Solutions,
        node: usize,
        row: usize,
        listed: bool,
    ) -> Option<Rc<Solution>> {
        let key = (node, row, listed);
        if let Some(known) = kept.borrow().get(&key) {
            return known.clone();
        }
        let solved = self.solve(node, &self.table.rows[row], listed).map(|solved| Rc::new(Solution(solved)));
        kept.borrow_mut().insert(key, solved.clone());
        solved
    }

    fn solve(&self, node: usize, row: &Row, listed: bool) -> Option<Solved> {
        let assumes: Vec<String> = row.assumes.iter().cloned().collect();
        let mut solved = Solved {
            vars: vec![None; row.vars.len()],
            power: None,
            answer: Answer::sure(),
            assumes,
            calls: Vec::new(),
        };
        for (number, var) in row.vars.iter().enumerate() {
            if var.work && listed {
                continue;
            }
            if var.work && !row.is_about(number) {
                solved.assumes.push(unlisted(&var.name));
                continue;
            }
            if var.any {
                let written = var.templates.first().map(|one| self.written(node, one).replace('*', NOBODY));
                solved.vars[number] = written;
                continue;
            }
            solved.vars[number] = Some(self.chosen(node, row, number)?);
            if var.work {
                solved.assumes.push(unlisted(&var.name));
            }
        }
        for (number, need) in row.needs.iter().enumerate() {
            if !row.is_dependent(need, listed) {
                let made = self.dependent(node, need, About::default(), false, &mut solved)?;
                solved.calls.push((number, made));
            }
        }
        if !solved.assumes.is_empty() {
            solved.answer.certainty = solved.answer.certainty.max(Certainty::Assumed);
        }
        Some(solved)
    }

    /// The ARN of a resource of the caller's choice on which everything is allowed that the row needs on it.
    fn chosen(&self, node: usize, row: &Row, number: usize) -> Option<String> {
        let needs: Vec<&Need> = row.needs.iter().filter(|need| need.on.contains(&On::Var(number))).collect();
        let templates: Vec<String> =
            row.vars[number].templates.iter().map(|one| self.written(node, one)).collect();
        let mut tried: Vec<String> = Vec::new();
        let mut best: Option<(Certainty, String)> = None;
        let patterns = needs.iter().flat_map(|need| self.patterns(node, need.action));
        let ways = patterns.flat_map(|pattern| {
            let filled = templates.iter().map(move |template| fill(template, &pattern, &self.regions));
            filled.collect::<Vec<_>>()
        });
        let mut ways: Vec<std::vec::IntoIter<String>> = ways.map(Vec::into_iter).collect();
        // One region of each first.
        while !ways.is_empty() {
            for arn in ways.iter_mut().filter_map(Iterator::next) {
                let most = if best.is_some() { MOST_CONDITIONAL } else { MOST_TRIED };
                if tried.len() >= most || tried.contains(&arn) {
                    continue;
                }
                match self.all_on(node, &needs, &arn) {
                    Some(Certainty::Sure) => return Some(arn),
                    Some(certainty) if best.as_ref().is_none_or(|(of, _)| certainty < *of) => {
                        best = Some((certainty, arn.clone()));
                    }
                    _ => {}
                }
                tried.push(arn);
            }
            ways.retain(|way| !way.as_slice().is_empty() && tried.len() < MOST_TRIED);
        }
        best.map(|(_, arn)| arn)
    }

    fn all_on(&self, node: usize, needs: &[&Need], arn: &str) -> Option<Certainty> {
        let mut certainty = Certainty::Sure;
        for need in needs {
            let mut question = Question::new(&self.actions[need.action], arn);
            question.with = need.with.iter().filter_map(|(key, with)| plain(key, with)).collect();
            for (_, value) in &mut question.with {
                *value = value.as_ref().map(|text| self.written(node, text));
            }
            certainty = certainty.max(self.ask(node, &question)?.certainty);
        }
        Some(certainty)
    }

    /// Text of a table with what it leaves open.
    fn written(&self, node: usize, text: &str) -> String {
        let node = &self.nodes[node];
        let partition = node.arn.split(':').nth(1).unwrap_or("aws");
        text.replace("{partition}", partition).replace("{account}", &node.account).replace("{region}", "*")
    }

    /// How an instance profile comes to hold the role; none when it does not.
    fn holding(&self, kept: &Solutions, node: usize, row: usize, target: usize) -> Option<Holding> {
        let listed = self.nodes[target].granted.and_then(|role| role.instance_profiles.as_deref());
        let runs_already = self.table.rows[row].work().is_some();
        match listed {
            // Of what runs already, that is assumed anyhow.
            None if runs_already => Some(Holding::Given),
            None => Some(Holding::Assumed),
            Some([]) if runs_already => None,
            Some([]) => {
                let row = self.table.rows.iter().position(|row| row.kind == Kind::Holds)?;
                let could =
                    self.table.rows[row].needs.iter().all(|need| self.nodes[node].bits.has(need.action));
                let about = About { target: Some(target), ..About::default() };
                let made = could.then(|| self.attempt_about(kept, node, row, about, None))??;
                Some(Holding::Made(made))
            }
            Some(_) => Some(Holding::Given),
        }
    }

    /// Asks for one permission on all that it must be on; with the policy by which it is surest where that is chosen.
    fn dependent(
        &self,
        node: usize,
        need: &Need,
        about: About<'_>,
        trust: bool,
        solved: &mut Solved,
    ) -> Option<Made> {
        let chooses = need.with.iter().any(|(_, with)| *with == With::Power);
        if !chooses || solved.power.is_some() {
            return self.asked_with(node, need, about, trust, solved);
        }
        let mut best: Option<(Made, Solved)> = None;
        for power in self.powers(node) {
            let mut tried = Solved { power: Some(power), ..solved.clone() };
            let Some(made) = self.asked_with(node, need, about, trust, &mut tried) else { continue };
            // Where the call is in doubt whatever it is about, no other policy makes it surer.
            let doubtful = self.nodes[node].doubtful.has(need.action);
            let is_sure = doubtful || tried.answer.certainty == solved.answer.certainty;
            if best.as_ref().is_none_or(|(_, best)| tried.answer.certainty < best.answer.certainty) {
                best = Some((made, tried));
            }
            if is_sure {
                break;
            }
        }
        let (made, found) = best?;
        *solved = found;
        Some(made)
    }

    fn asked_with(
        &self,
        node: usize,
        need: &Need,
        about: About<'_>,
        trust: bool,
        solved: &mut Solved,
    ) -> Option<Made> {
        let About { target, group, denying, provider, tag } = about;
        let of = target.and_then(|target| self.nodes[target].granted);
        let mut with = Vec::with_capacity(need.with.len());
        for (key, value) in &need.with {
            let value = match value {
                With::Absent => None,
                With::Text(text) => Some(self.written(node, text)),
                With::Of(On::Var(number)) => solved.vars[*number].clone(),
                With::Of(On::Denying) => denying.map(str::to_owned),
                With::Of(_) => of.map(|of| of.arn.clone()),
                With::Power => solved.power.clone(),
            };
            with.push((key.clone(), value));
        }
        with.extend(tag.map(|(key, value)| (format!("aws:RequestTag/{key}"), Some(value.to_owned()))));
        let mut made = Made {
            action: need.action,
            resources: Vec::with_capacity(need.on.len()),
            with,
            chosen: BTreeMap::new(),
            side: if trust { Side::Trust } else { Side::None },
        };
        for on in &need.on {
            let options = match on {
                On::Nothing => vec!["*".to_owned()],
                On::Var(number) => solved.vars[*number].iter().cloned().collect(),
                On::Target => of.map(|of| of.arn.clone()).into_iter().collect(),
                On::Policy => of.map(own_policies).unwrap_or_default(),
                On::Unlisted => of.map(|of| self.unlisted_policies(of)).unwrap_or_default(),
                On::Group if group.is_some() => group.map(str::to_owned).into_iter().collect(),
                On::Group => of.map(|of| self.groups_of(of)).unwrap_or_default(),
                On::Boundary => of.and_then(own_boundary).map(str::to_owned).into_iter().collect(),
                On::UnlistedBoundary => {
                    of.and_then(|of| self.unlisted_boundary(of)).map(str::to_owned).into_iter().collect()
                }
                On::Denying => denying.map(str::to_owned).into_iter().collect(),
                On::Provider => provider.map(str::to_owned).into_iter().collect(),
                On::Account => of.map(place_of).into_iter().collect(),
            };
            let target = of.filter(|_| *on == On::Target);
            let answers = options.into_iter().filter_map(|arn| {
                let question = self.question(node, &made, &arn, target)?;
                let answer = self.ask(node, &question)?;
                Some((answer, arn))
            });
            // The first of the surest.
            let (answer, arn) = answers.min_by_key(|(answer, _)| answer.certainty)?;
            solved.answer.add(&answer);
            made.chosen.extend(answer.chosen);
            made.resources.push(arn);
        }
        Some(made)
    }

    /// The question of a call on one resource.
    pub(super) fn question<'q>(
        &'q self,
        node: usize,
        made: &Made,
        arn: &'q str,
        target: Option<&'q GrantedPrincipal>,
    ) -> Option<Question<'q>> {
        let mut question = Question::new(&self.actions[made.action], arn);
        question.with.clone_from(&made.with);
        question.target = target;
        question.side = match made.side {
            Side::None => None,
            Side::Trust => target.and_then(|role| Some((role.account(), self.trust(role)?))),
            Side::Written => Some((&self.nodes[node].account, written_trust(&self.nodes[node].arn))),
        };
        (made.side == Side::None || question.side.is_some()).then_some(question)
    }

    /// Assumes a role whose trust policy the caller wrote.
    fn assume_own(&self, node: usize, role: &str, answer: &mut Answer) -> Option<Made> {
        let action = self.action("sts:AssumeRole")?;
        let made = Made {
            action,
            resources: vec![role.to_owned()],
            with: Vec::new(),
            chosen: BTreeMap::new(),
            side: Side::Written,
        };
        let said = self.ask(node, &self.question(node, &made, role, None)?)?;
        answer.add(&said);
        Some(Made { chosen: said.chosen, ..made })
    }

    /// ARNs of the groups that a user is in.
    pub(super) fn groups_of(&self, user: &GrantedPrincipal) -> Vec<String> {
        let names = user.groups.iter().map(|name| (user.account(), name.as_str()));
        names.filter_map(|key| self.groups.get(&key)).map(|group| group.arn.clone()).collect()
    }
}

/// What is taken to exist when nothing is listed of what runs as the role.
fn unlisted(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {name} runs as the role; none was listed")
}

impl Row {
    /// Whether some permission is on this resource.
    pub(super) fn is_about(&self, var: usize) -> bool {
        self.needs.iter().any(|need| need.on.contains(&On::Var(var)))
    }

    /// Whether the permission cannot be asked for without the target.
    fn is_dependent(&self, need: &Need, listed: bool) -> bool {
        let at_work = |on: &On| matches!(on, On::Var(number) if self.vars[*number].work);
        need.is_about_target() || listed && need.on.iter().any(at_work)
    }
}

/// The customer managed policies that a principal has, attached or through groups.
pub(super) fn own_policies(of: &GrantedPrincipal) -> Vec<String> {
    let names = of.policies.identity.iter().map(|document| document.name.as_str());
    names.filter(|name| is_own_policy(name, of)).map(str::to_owned).collect()
}

/// The account of a principal, as IAM Identity Center names it.
pub(super) fn place_of(of: &GrantedPrincipal) -> String {
    format!("arn:{}:sso:::account/{}", of.arn.split(':').nth(1).unwrap_or("aws"), of.account())
}

/// The boundary of a principal, if it is a customer managed policy.
pub(super) fn own_boundary(of: &GrantedPrincipal) -> Option<&str> {
    of.boundary.as_deref().filter(|name| is_own_policy(name, of))
}

pub(super) fn is_own_policy(name: &str, of: &GrantedPrincipal) -> bool {
    let mut parts = name.splitn(6, ':').skip(4);
    parts.next() == Some(of.account())
        && parts.next().is_some_and(|rest| rest.starts_with("policy/") && !rest.contains('#'))
}

fn plain(key: &str, with: &With) -> Option<(String, Option<String>)> {
    match with {
        With::Absent => Some((key.to_owned(), None)),
        With::Text(text) => Some((key.to_owned(), Some(text.clone()))),
        With::Of(_) | With::Power => None,
    }
}

/// A trust policy that names one principal.
fn written_trust(arn: &str) -> Named<Policy> {
    let principals = PrincipalSet::ByKind(vec![(PrincipalKind::Aws, vec![arn.to_owned()])]);
    let mut statement = Statement::allow(["sts:AssumeRole"], ["*"]);
    statement.resource = None;
    statement.principal = Some(PrincipalBlock::Principal(principals));
    Named::new("the trust policy that the caller writes", Policy::new(vec![statement]))
}
