//! Kleene's three-valued logic: an answer may be unknown because a key of the request is.

/// True, false, or not known without more keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Truth {
    False,
    Unknown,
    True,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

impl Truth {
    pub(in crate::aws) fn negate(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }

    pub(in crate::aws) fn negate_if(self, negated: bool) -> Truth {
        if negated { self.negate() } else { self }
    }
}

/// True when one is, false when all are.
pub(in crate::aws) fn any<T>(items: impl IntoIterator<Item = T>, mut test: impl FnMut(T) -> Truth) -> Truth {
    let mut answer = Truth::False;
    for item in items {
        match test(item) {
            Truth::True => return Truth::True,
            Truth::Unknown => answer = Truth::Unknown,
            Truth::False => {}
        }
    }
    answer
}

/// False when one is, true when all are.
pub(in crate::aws) fn all<T>(items: impl IntoIterator<Item = T>, mut test: impl FnMut(T) -> Truth) -> Truth {
    any(items, |item| test(item).negate()).negate()
}
