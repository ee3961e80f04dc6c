//! Kleene's three-valued logic: an answer may be unknown because a key of the request is.

/// The keys that unknown answers hang on, in lower case, for whoever asks for reasons; others need not pay for them.
#[derive(Debug)]
pub(in crate::aws) struct Keys(Option<Vec<String>>);

impl Keys {
    /// They are collected.
    pub(in crate::aws) fn wanted() -> Keys {
        Keys(Some(Vec::new()))
    }

    /// They are not.
    pub(in crate::aws) fn unwanted() -> Keys {
        Keys(None)
    }

    pub(in crate::aws) fn push(&mut self, key: &str) {
        if let Some(keys) = &mut self.0 {
            keys.push(key.to_owned());
        }
    }

    /// All that were collected.
    pub(in crate::aws) fn into_vec(self) -> Vec<String> {
        self.0.unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.0.as_ref().map_or(0, Vec::len)
    }

    fn truncate(&mut self, len: usize) {
        if let Some(keys) = &mut self.0 {
            keys.truncate(len);
        }
    }
}

/// True, false, or not known without more keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    missing: &mut Keys,
    mut test: impl FnMut(T, &mut Keys) -> Truth,
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
    missing: &mut Keys,
    mut test: impl FnMut(T, &mut Keys) -> Truth,
) -> Truth {
    any(items, missing, |item, missing| test(item, missing).negate()).negate()
}
