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

/// True when one is, false when all are. The keys that tests add to `missing` stay there only when the answer is
/// unknown.
pub(in crate::aws) fn any<T>(
    items: impl IntoIterator<Item = T>,
    missing: &mut Vec<String>,
    mut test: impl FnMut(T, &mut Vec<String>) -> Truth,
) -> Truth {
    let before = missing.len();
    let mut answer = Truth::False;
    for item in items {
        match test(item, missing) {
            Truth::True => {
                answer = Truth::True;
                break;
            }
            Truth::Unknown => answer = Truth::Unknown,
            Truth::False => {}
        }
    }
    if answer != Truth::Unknown {
        missing.truncate(before);
    }
    answer
}

/// False when one is, true when all are. The keys that tests add to `missing` stay there only when the answer is
/// unknown.
pub(in crate::aws) fn all<T>(
    items: impl IntoIterator<Item = T>,
    missing: &mut Vec<String>,
    mut test: impl FnMut(T, &mut Vec<String>) -> Truth,
) -> Truth {
    any(items, missing, |item, missing| test(item, missing).negate()).negate()
}
