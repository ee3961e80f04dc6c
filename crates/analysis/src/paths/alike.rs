//! Callers that are alike: what one of them may not do to somebody is not asked again for the others. Where thousands have the
//! same policies under the same boundary, nobody is compared with everybody that way.

use leastwise_policy::aws::ResourceBlock;
use xxhash_rust::xxh3::Xxh3;

use super::attempt::Attempt;
use super::model::Model;
use super::search::Search;

/// Condition keys that ask nothing of who calls.
const OF_THE_CALL: [&str; 4] =
    ["aws:RequestedRegion", "iam:PassedToService", "iam:PermissionsBoundary", "iam:PolicyARN"];

impl Search<'_> {
    /// How a node takes the boundary of somebody else away.
    pub(super) fn frees(&mut self, from: usize, row: usize, plain: usize) -> Option<Attempt> {
        if self.is_refused(from, row, plain) {
            return None;
        }
        let alike = match self.alike.get(&from) {
            Some(known) => *known,
            None => {
                let alike = self.model.alike(from);
                self.alike.insert(from, alike);
                alike
            }
        };
        let Some(alike) = alike else { return self.model.attempt(&self.kept, from, row, Some(plain), None) };
        if self.refused.contains(&(alike, row, plain)) {
            return None;
        }
        let attempt = self.model.attempt(&self.kept, from, row, Some(plain), None);
        if attempt.is_none() {
            self.refused.insert((alike, row, plain));
        }
        attempt
    }
}

impl Model<'_> {
    /// The same for principals of an account whose policies say the same, and ask nothing of who has them.
    fn alike(&self, node: usize) -> Option<u64> {
        let (held, layers) = self.documents_of(node);
        let of = &self.nodes[node];
        let granted = of.granted.filter(|_| !of.form.is_outside())?;
        if self.world.resource_control.contains_key(&of.account) {
            return None;
        }
        let mut hash = Xxh3::new();
        hash.update(
            format!("{:?} {} {:?} {}", granted.kind, of.account, granted.boundary, of.form.has_everything())
                .as_bytes(),
        );
        let documents = held.into_iter().chain(layers.into_iter().flatten());
        let statements =
            documents.flat_map(|one| one.policy.statements.iter().enumerate().map(move |at| (one, at)));
        for (document, (index, statement)) in statements {
            if self.is_removed(&document.name, index) {
                return None;
            }
            let is_of_call = |key: &str| OF_THE_CALL.iter().any(|known| known.eq_ignore_ascii_case(key));
            let mut conditions = statement.condition.iter();
            if !conditions
                .all(|one| is_of_call(&one.key) && !one.values.iter().any(|value| value.contains("${")))
            {
                return None;
            }
            if let Some(ResourceBlock::Resource(on) | ResourceBlock::NotResource(on)) = &statement.resource
                && on.iter().any(|one| one.as_str().contains("${"))
            {
                return None;
            }
            hash.update(format!("{statement:?}").as_bytes());
        }
        Some(hash.digest())
    }
}
