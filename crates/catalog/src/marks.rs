//! The marks which our own tables give to actions: destructive, and where calls can be seen.
//!
//! `data/aws/destructive.txt` and `data/aws/visibility.txt` say what the rows mean. The build script marks the
//! embedded facts with them, and an import marks what is new.

use crate::facts::{ActionFacts, Name, Visibility};
use crate::level::Levels;
use crate::pattern;

/// Both tables.
pub(crate) struct Marks {
    destructive: Vec<Row<bool>>,
    visibility: Vec<Row<Visibility>>,
}

pub(crate) struct Row<T> {
    /// The patterns in lower case, split at the `:`.
    patterns: Vec<(String, String)>,
    pub(crate) mark: T,
    why: Name,
}

impl Marks {
    /// Reads both tables.
    pub(crate) fn parse(destructive: &str, visibility: &str) -> Result<Marks, String> {
        let is_destructive = |word: &str| match word {
            "destructive" => Some(true),
            "spared" => Some(false),
            _ => None,
        };
        let where_seen = |word: &str| match word {
            "management" => Some(Visibility::Management),
            "data" => Some(Visibility::Data),
            "unlogged" => Some(Visibility::NotLogged),
            _ => None,
        };
        Ok(Marks {
            destructive: rows(destructive, is_destructive)?,
            visibility: rows(visibility, where_seen)?,
        })
    }

    /// Marks one action. `seen` says whether an API operation is known that needs the action, or a rule says so.
    pub(crate) fn mark(&self, prefix: &str, action: &mut ActionFacts, seen: bool) {
        let destructive = self.destructive(prefix, &action.name, action.levels);
        action.destructive = destructive.is_some();
        action.destructive_why = destructive.cloned();
        let row = last(&self.visibility, prefix, &action.name);
        (action.visibility, action.visibility_why) = match row {
            Some(row) => (row.mark, row.why.clone()),
            None if seen => (Visibility::Management, "management events are logged by default".into()),
            None => (Visibility::NotLogged, "no API operation is known that needs it".into()),
        };
    }

    /// Why the action is destructive, if it is.
    fn destructive(&self, prefix: &str, action: &str, levels: Levels) -> Option<&Name> {
        let row = last(&self.destructive, prefix, action)?;
        (row.mark && levels.changes()).then_some(&row.why)
    }
}

/// The rows of a table.
pub(crate) fn rows<T: Copy>(text: &str, mark: impl Fn(&str) -> Option<T>) -> Result<Vec<Row<T>>, String> {
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fail = |reason: &str| format!("line {}: {reason}", index + 1);
        let (facts, why) = line.split_once(" # ").ok_or_else(|| fail("a row needs a reason after `#`"))?;
        let (word, patterns) = facts.split_once(' ').ok_or_else(|| fail("a row needs a pattern"))?;
        let mark = mark(word).ok_or_else(|| fail("unknown mark"))?;
        let split = |pattern: &str| -> Option<(String, String)> {
            let (prefix, action) = pattern.split_once(':')?;
            Some((prefix.to_ascii_lowercase(), action.to_ascii_lowercase()))
        };
        let patterns = patterns.split_whitespace().map(split).collect::<Option<Vec<_>>>();
        let patterns = patterns.ok_or_else(|| fail("a pattern is `prefix:action`"))?;
        rows.push(Row { patterns, mark, why: why.trim().into() });
    }
    Ok(rows)
}

impl<T> Row<T> {
    /// Whether one of its patterns covers the name, and that one is for this service and not for all.
    pub(crate) fn names_service(&self, prefix: &str, name: &str) -> bool {
        let own = self.patterns.iter().filter(|(service, _)| service != "*");
        own.into_iter()
            .any(|(service, pattern)| pattern::covers(service, prefix) && pattern::covers(pattern, name))
    }
}

/// The last row that covers the action.
pub(crate) fn last<'a, T>(rows: &'a [Row<T>], prefix: &str, action: &str) -> Option<&'a Row<T>> {
    rows.iter().rev().find(|row| {
        row.patterns
            .iter()
            .any(|(service, name)| pattern::covers(service, prefix) && pattern::covers(name, action))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn every_pattern_for_a_service_covers_an_action() {
        let tables = [crate::import::DESTRUCTIVE, crate::import::VISIBILITY];
        let rows = tables.iter().flat_map(|table| table.lines());
        let mut idle = Vec::new();
        for line in rows.filter(|line| !line.starts_with('#')) {
            let facts = line.split(" # ").next().unwrap_or_default();
            // A pattern for all services is also meant for those to come.
            let patterns = facts.split_whitespace().skip(1).filter(|pattern| !pattern.starts_with("*:"));
            idle.extend(patterns.filter(|pattern| Catalog::embedded().expand(pattern).is_empty()));
        }
        assert!(idle.is_empty(), "{idle:?}");
    }

    #[test]
    fn a_row_without_a_reason_is_refused_with_its_line() {
        let error = Marks::parse("# why\ndestructive s3:Delete*\n", "").err();
        assert_eq!(error.as_deref(), Some("line 2: a row needs a reason after `#`"));
    }

    #[test]
    fn the_last_row_wins() {
        let marks = Marks::parse("destructive a:Delete* # gone\nspared a:DeleteTag # back\n", "").unwrap();
        let write = Levels::from_letters("W").unwrap();
        assert!(marks.destructive("a", "DeleteThing", write).is_some());
        assert!(marks.destructive("a", "DeleteTag", write).is_none());
        assert!(marks.destructive("a", "DeleteThing", Levels::from_letters("R").unwrap()).is_none());
    }
}
