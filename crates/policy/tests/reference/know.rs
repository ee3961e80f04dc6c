//! What is known: yes, no, or perhaps; Kleene's logic over it.

/// A truth that may not be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Know {
    No,
    Perhaps,
    Yes,
}

impl Know {
    pub(crate) fn of(truth: bool) -> Know {
        if truth { Know::Yes } else { Know::No }
    }

    pub(crate) fn and(self, other: Know) -> Know {
        self.min(other)
    }

    pub(crate) fn or(self, other: Know) -> Know {
        self.max(other)
    }

    pub(crate) fn not(self) -> Know {
        match self {
            Know::No => Know::Yes,
            Know::Perhaps => Know::Perhaps,
            Know::Yes => Know::No,
        }
    }

    /// Whether any is true; of none, no.
    pub(crate) fn any(all: impl IntoIterator<Item = Know>) -> Know {
        all.into_iter().fold(Know::No, Know::or)
    }

    /// Whether all are true; of none, yes.
    pub(crate) fn all(all: impl IntoIterator<Item = Know>) -> Know {
        all.into_iter().fold(Know::Yes, Know::and)
    }
}
