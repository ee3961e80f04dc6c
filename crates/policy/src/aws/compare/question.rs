//! What is asked of a comparison, in full: two sides, what limits both, and whose policies they are.

use super::model::{Model, Side};
use super::search::Search;
use super::{Answer, Kind, Vocabulary};
use crate::aws::Policy;

/// Is there a request that NEW allows and OLD does not?
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What the documents of both sides are.
    pub kind: Kind,
    /// OLD, taken together as a principal has them.
    pub old: &'a [&'a Policy],
    /// NEW, likewise.
    pub new: &'a [&'a Policy],
    /// A permissions boundary that both sides are under: what it does not allow, neither does. For
    /// [`Kind::Identity`]. An empty one allows nothing.
    pub boundary: Option<&'a [&'a Policy]>,
    /// The ARN of the role or user whose policies they are, for [`Kind::Identity`]; anybody's when it is not told.
    pub principal: Option<&'a str>,
}

impl<'a> Question<'a> {
    /// About anybody, without a boundary.
    pub fn new(kind: Kind, old: &'a [&'a Policy], new: &'a [&'a Policy]) -> Question<'a> {
        Question { kind, old, new, boundary: None, principal: None }
    }

    /// The answer.
    pub fn answer(&self, vocabulary: &dyn Vocabulary) -> Answer {
        let given = self.kind.given();
        let (mut old, mut new): (Vec<&Policy>, Vec<&Policy>) = (self.old.to_vec(), self.new.to_vec());
        old.extend(&given);
        new.extend(&given);
        let limit = self.boundary.unwrap_or_default();
        let model = Model::new(self.kind, &[(Side::Old, &old), (Side::New, &new), (Side::Limit, limit)]);
        Search::new(vocabulary, self, &model).run()
    }
}
