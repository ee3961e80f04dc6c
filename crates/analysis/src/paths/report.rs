//! From what the search found to paths that a person can follow.

use std::collections::BTreeMap;

use leastwise_policy::aws::evaluate::{Layer, StatementRef};

use super::attempt::{Attempt, Made};
use super::model::{FULL_IAM, Form};
use super::search::Search;
use super::trust::is_anybody;
use super::{Admin, Allowing, Call, Certainty, Found, Outside, Path, Step, Unreadable};

impl Search<'_> {
    /// Everything that was found, sorted.
    pub(super) fn found(&self) -> Found {
        let mut found = Found { principals: self.model.principals.len(), ..Found::default() };
        for node in self.sources() {
            match (&self.edges.get(node).and_then(Option::as_ref), self.best.get(node).copied().flatten()) {
                (None, Some(key)) => found.admins.push(Admin {
                    principal: self.model.nodes[node].arn.clone(),
                    certainty: key.certainty,
                    conditions: self.conditions_of(node),
                }),
                (Some(_), Some(key)) => found.paths.push(self.path(node, key.certainty)),
                _ => {}
            }
        }
        found.paths.sort_by(|one, other| order(one).cmp(&order(other)));
        for principal in &self.model.principals {
            if !principal.problems.is_empty() {
                let problems = principal.problems.clone();
                found.unreadable.push(Unreadable { principal: principal.arn.clone(), problems });
            }
        }
        found
    }

    /// Nodes that are somebody to begin with.
    pub(super) fn sources(&self) -> impl Iterator<Item = usize> {
        let nodes = self.model.nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| matches!(node.form, Form::Plain) || node.form.is_outside())
            .map(|(number, _)| number)
    }

    /// Whether the node has a path, and is not at the target already.
    pub(super) fn has_path(&self, node: usize) -> bool {
        self.edges.get(node).is_some_and(Option::is_some)
    }

    fn conditions_of(&self, node: usize) -> Vec<String> {
        let answer = self.standing.get(node).and_then(Option::as_ref);
        answer.map(|answer| answer.conditions.clone()).unwrap_or_default()
    }

    /// The path of a node, when it has one.
    pub(super) fn path_of(&self, node: usize) -> Option<Path> {
        let key = self.best.get(node).copied().flatten().filter(|_| self.has_path(node))?;
        Some(self.path(node, key.certainty))
    }

    fn path(&self, source: usize, certainty: Certainty) -> Path {
        let mut steps = Vec::new();
        let mut conditions = Vec::new();
        let mut node = source;
        // INVARIANT: each step leads to a node that was settled before, so this ends.
        while let Some(edge) = self.edges.get(node).and_then(Option::as_ref) {
            for (number, part) in edge.parts.iter().enumerate() {
                let last = number + 1 == edge.parts.len();
                let step = self.step(node, part, edge, last);
                super::ask::merge(&mut conditions, &step.conditions);
                steps.push(step);
            }
            node = edge.to;
        }
        super::ask::merge(&mut conditions, &self.conditions_of(node));
        Path {
            source: self.shown(source),
            outside: self.outside(source, steps.first()),
            target: self.shown(node),
            certainty,
            steps,
            conditions,
        }
    }

    /// What a source is, when no snapshot lists it.
    fn outside(&self, source: usize, first: Option<&Step>) -> Option<Outside> {
        let node = &self.model.nodes[source];
        if let Some(stranger) = self.model.stranger(source) {
            let hangs = first.is_some_and(|step| step.conditions.iter().any(|key| stranger.says(key)));
            return Some(match (stranger.anybody && !hangs, stranger.listed) {
                (true, _) => Outside::Anybody,
                (false, true) => Outside::Workload,
                (false, false) => Outside::Identity,
            });
        }
        match node.form {
            Form::Outside if is_anybody(&node.arn) => Some(Outside::Anybody),
            Form::Outside => Some(Outside::Account),
            _ => None,
        }
    }

    fn step(&self, node: usize, part: &Attempt, edge: &super::search::Edge, last: bool) -> Step {
        let table = self.model.table;
        let row = &table.rows[part.row];
        let mut ids = vec![row.id.clone()];
        if let [raises, becomes] = edge.parts.as_slice()
            && let Some(name) = table.pairs.get(&(raises.row, becomes.row))
        {
            ids.insert(0, name.clone());
        }
        let becomes = match (last, part.target) {
            (false, _) => self.shown(node),
            (true, _) => self.shown(edge.to),
        };
        let mut calls: Vec<Call> = part.calls.iter().map(|made| self.call(node, made, part.target)).collect();
        // That the role trusts the service is part of why it may be passed, or is there.
        if let (Some(service), Some(target), Some(first)) = (&row.trusts, part.target, calls.first_mut())
            && let Some((_, evaluation)) = self.model.trusts(self.model.principals[target], service)
        {
            first.by.extend(evaluation.by.iter().map(|by| Allowing::new(self.model.world.snapshot, by)));
        }
        if let (Some(letting), Some(provider), Some(target)) = (row.lets_in, &part.provider, part.target)
            && let Some((_, evaluation)) = self.model.entry(self.model.principals[target], letting, provider)
            && let Some(first) = calls.first_mut()
        {
            first.by.extend(evaluation.by.iter().map(|by| Allowing::new(self.model.world.snapshot, by)));
        }
        Step {
            ids,
            who: self.shown(node),
            says: row.says.clone(),
            calls,
            becomes,
            certainty: part.answer.certainty,
            assumes: part.assumes.clone(),
            conditions: part.answer.conditions.clone(),
        }
    }

    fn call(&self, node: usize, made: &Made, target: Option<usize>) -> Call {
        let target = target.and_then(|target| self.model.nodes[target].granted);
        let mut with = BTreeMap::new();
        for (key, value) in &made.with {
            with.extend(value.as_ref().map(|value| (key.clone(), vec![value.clone()])));
        }
        with.extend(made.chosen.clone());
        let claim = self.model.stranger(node).and_then(|stranger| stranger.claim.clone());
        with.extend(claim.map(|(key, subject)| (key, vec![subject])));
        let mut statements: Vec<StatementRef> = Vec::new();
        for resource in &made.resources {
            let target = target.filter(|target| target.arn == *resource);
            if let Some(question) = self.model.question(node, made, resource, target) {
                let by = self.model.reasons(node, &question, &made.chosen).by;
                let new: Vec<StatementRef> = by.into_iter().filter(|one| !statements.contains(one)).collect();
                statements.extend(new);
            }
        }
        let tells = |by: &&StatementRef| matches!(by.layer, Layer::Identity | Layer::Resource);
        Call {
            action: self.model.actions[made.action].clone(),
            resource: made.resources.join(", "),
            with,
            by: statements
                .iter()
                .filter(tells)
                .map(|by| Allowing::new(self.model.world.snapshot, by))
                .collect(),
        }
    }

    /// A node as people read it.
    pub(super) fn shown(&self, node: usize) -> String {
        let said = &self.model.nodes[node];
        match said.form {
            Form::Plain => said.arn.clone(),
            Form::Outside if is_anybody(&said.arn) => "anybody with an AWS account".to_owned(),
            Form::Outside | Form::Stranger(_) => said.arn.clone(),
            Form::Raised => format!("{} with a policy that allows everything", said.arn),
            Form::Free => format!("{} without its boundary", said.arn),
            Form::FreeRaised => {
                format!("{} with a policy that allows everything and without its boundary", said.arn)
            }
            Form::Stripped { everything, free, .. } => {
                let (mut gone, mut tagged): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
                let has = said.granted.map(|of| self.model.instead(of, said.form)).unwrap_or_default();
                let has: Vec<&str> = has.into_iter().map(|one| one.name.as_str()).collect();
                let bounded = said.granted.and_then(|of| self.model.other_boundary(of, said.form));
                if let Some(changed) = self.model.changed(said.form) {
                    let is_gone = |arn: &&String| !changed.instead.iter().any(|(of, _)| of == *arn);
                    gone.extend(changed.without.iter().filter(is_gone).cloned());
                    gone.extend(changed.untagged.iter().map(|key| format!("its tag {key}")));
                    tagged.extend(
                        changed.tagged.iter().map(|(key, value)| format!("its tag {key} as {value}")),
                    );
                }
                gone.extend(free.then(|| "its boundary".to_owned()));
                let mut parts: Vec<String> = Vec::new();
                parts.extend((!has.is_empty()).then(|| format!("with {}", has.join(", "))));
                parts.extend((!tagged.is_empty()).then(|| format!("with {}", tagged.join(", "))));
                parts.extend(bounded.map(|one| format!("with the boundary {}", one.name)));
                parts.extend(everything.then(|| "with a policy that allows everything".to_owned()));
                parts.extend((!gone.is_empty()).then(|| format!("without {}", gone.join(", "))));
                format!("{} {}", said.arn, parts.join(" and "))
            }
            Form::Joined(group) => format!("{} in {}", said.arn, group.arn),
            Form::Keeper => format!("{} with {FULL_IAM}", said.arn),
            Form::New => format!("a new principal of {} that may do everything", said.account),
        }
    }
}

/// The surest first, then the shortest, then by name.
fn order(path: &Path) -> (Certainty, usize, &str) {
    (path.certainty, path.steps.len(), &path.source)
}
