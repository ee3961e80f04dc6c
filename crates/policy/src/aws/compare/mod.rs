//! Does one policy allow something that another does not? Exactly, and with a request that shows it.
//!
//! The question "is there a request that NEW allows and OLD does not" is put once in each direction. A request is an
//! action, a resource, a principal and a complete context: every key either has values or is absent. What the
//! documents mean is what [`evaluate`](super::evaluate) says; a request that is found is put to it before it is told.
//!
//! - Actions are those of the caller's list; those that no pattern tells apart are one (`actions.rs`).
//! - Resources and texts are automata (`language.rs`, `walk.rs`), numbers, dates and addresses are lines (`values.rs`).
//! - Conditions are literals over the keys they look at, which know nothing of each other (`keys.rs`).
//! - Principals are those that the documents name and one of each sort that they do not (`principals.rs`).
//! - The statements are a formula over these, searched with propagation (`search.rs`).
//!
//! Nothing is taken for proven that was not: a search that is given up, or a policy variable that would have to be
//! something particular, makes the answer [`Answer::Unknown`].

mod actions;
mod keys;
mod kind;
mod language;
mod model;
mod names;
mod principals;
mod public;
mod question;
mod search;
mod spelling;
mod test;
mod theory;
mod values;
mod walk;
mod witness;

use super::Policy;
use super::evaluate::StatementRef;
pub use actions::Actions;
pub use kind::Kind;
pub use public::{FIXING, demanding, is_fixing, to_some};
pub use question::Question;

/// What the documents speak about, as far as it is known from elsewhere.
pub trait Vocabulary {
    /// Every action that there is.
    fn actions(&self) -> &Actions;

    /// What is known of a condition key, which is in lower case; none for a key that is not known.
    fn key(&self, name: &str) -> Option<KeyFacts>;

    /// Patterns for the resources that an action is about, the likeliest first: a request that is shown looks like one
    /// of them when it can. `*` is an action without a resource.
    fn resources(&self, action: &str) -> Vec<String>;
}

/// What is known of a condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyFacts {
    /// What its values are.
    pub kind: ValueKind,
    /// Whether a request can have several at once.
    pub several: bool,
}

/// What the values of a key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// Numbers.
    Number,
    /// Points in time.
    Date,
    /// `true` and `false`.
    Bool,
    /// IPv4 and IPv6 addresses.
    Address,
}

/// Whether there is a request that one side allows and the other does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// There is none.
    None,
    /// This one.
    Some(Box<Witness>),
    /// Not decided.
    Unknown(Reason),
}

/// Why a search did not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The search was given up after as much work as it may do.
    TooLarge,
    /// It hangs on what a policy variable, or a text that is also a number, can be.
    Variables,
    /// Accounts of principals are tested with wildcards, and those were not tried all.
    Accounts,
    /// The evaluator does not agree with the search. This is a mistake in leastwise.
    Unconfirmed,
}

/// A request that shows a difference. The evaluator has been asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The ARN of the principal, or the name of the service.
    pub principal: String,
    /// The name of its session.
    pub session: Option<String>,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The keys that the request has with their values, in order. It has no others but those of the principal.
    pub context: Vec<(String, Vec<String>)>,
    /// The statement that allows it, on the side that does.
    pub allowed_by: Option<Place>,
    /// The statement that denies it, on the side that does not; none when nothing allows it there.
    pub denied_by: Option<Place>,
}

/// A statement of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The number of the document on its side, from 0.
    pub document: usize,
    /// The number of the statement in it, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// How NEW relates to OLD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What NEW allows and OLD does not.
    pub gained: Answer,
    /// What OLD allows and NEW does not.
    pub lost: Answer,
}

/// How NEW relates to OLD, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Both allow the same.
    Equal,
    /// NEW allows less.
    Narrower,
    /// NEW allows nothing that OLD does not; whether it allows less is not known.
    NotWider,
    /// NEW allows more, and all that OLD does.
    Wider,
    /// NEW allows something that OLD does not; whether it allows all that OLD does is not known.
    NotNarrower,
    /// Each allows something that the other does not.
    Both,
    /// Whether NEW allows something that OLD does not is not known.
    Unknown,
}

/// Compares NEW with OLD. Several documents of one side are taken together, as a principal has them.
pub fn compare(vocabulary: &dyn Vocabulary, kind: Kind, old: &[&Policy], new: &[&Policy]) -> Comparison {
    Comparison { gained: excess(vocabulary, kind, old, new), lost: excess(vocabulary, kind, new, old) }
}

/// Whether there is something that NEW allows and OLD does not.
pub fn excess(vocabulary: &dyn Vocabulary, kind: Kind, old: &[&Policy], new: &[&Policy]) -> Answer {
    Question::new(kind, old, new).answer(vocabulary)
}

impl Comparison {
    /// The relation in a word.
    pub fn relation(&self) -> Relation {
        match (&self.gained, &self.lost) {
            (Answer::None, Answer::None) => Relation::Equal,
            (Answer::None, Answer::Some(_)) => Relation::Narrower,
            (Answer::None, Answer::Unknown(_)) => Relation::NotWider,
            (Answer::Some(_), Answer::None) => Relation::Wider,
            (Answer::Some(_), Answer::Some(_)) => Relation::Both,
            (Answer::Some(_), Answer::Unknown(_)) => Relation::NotNarrower,
            (Answer::Unknown(_), _) => Relation::Unknown,
        }
    }
}

impl Relation {
    /// `equal`, `narrower`, `not wider`, `wider`, `not narrower`, `both` or `unknown`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Relation::Equal => "equal",
            Relation::Narrower => "narrower",
            Relation::NotWider => "not wider",
            Relation::Wider => "wider",
            Relation::NotNarrower => "not narrower",
            Relation::Both => "both",
            Relation::Unknown => "unknown",
        }
    }

    /// Whether it is proven that NEW allows nothing that OLD does not.
    pub const fn is_within(self) -> bool {
        matches!(self, Relation::Equal | Relation::Narrower | Relation::NotWider)
    }
}

impl Reason {
    /// Why, as the end of a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::TooLarge => "the search was given up: the policies are too large or too entangled",
            Reason::Variables => {
                "it hangs on what a policy variable, or a text that is also a number, can be"
            }
            Reason::Accounts => {
                "accounts of principals are tested with wildcards, and those were not tried all"
            }
            Reason::Unconfirmed => {
                "the evaluator does not agree with the search; this is a mistake in leastwise"
            }
        }
    }
}

impl Place {
    fn of(statement: &StatementRef) -> Option<Place> {
        let document = statement.document.parse().ok()?;
        Some(Place { document, index: statement.index, sid: statement.sid.clone() })
    }
}
