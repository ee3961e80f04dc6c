//! The rule tables as one value that is asked by event source and name.
//!
//! There are thousands of rules, and a run asks for few: the program holds them in groups (`build/rules.rs`), of which a
//! group's lines are read as far as the words by which they are found when it is asked for, and the rest of a line when
//! that is. A test reads them all.

use super::syntax::{self, NeedRule, Rule, RuleError, Source};
use leastwise_policy::glob;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// All lines, by group.
static LINES: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.txt"));

/// Where the groups are.
static GROUPS: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.index"));

/// The name of a rule on top of every call of a source. It does not say what an event is.
const EVERY: &str = "*";

/// The rules of one event source.
type Events = Vec<EventRule>;

/// By resource type, then variable: where the values come from.
type Binds = HashMap<&'static str, HashMap<&'static str, Bind>>;

/// All rules, ready to be asked.
#[derive(Debug, Default)]
pub struct Rules {
    sources: HashMap<Arc<str>, Vec<Arc<str>>>,
    /// By event source label.
    events: HashMap<&'static str, Group<Events>>,
    /// By IAM prefix.
    binds: HashMap<&'static str, Group<Binds>>,
    primary: HashMap<Arc<str>, Vec<Arc<str>>>,
    outcomes: Vec<(Arc<str>, ErrorClass)>,
    /// Partition, key and value.
    unsure: Vec<[Arc<str>; 3]>,
}

/// Lines that are read together.
#[derive(Debug)]
struct Group<T> {
    lines: &'static str,
    read: OnceLock<T>,
}

/// A line of a table.
#[derive(Debug, Clone, Copy)]
struct Line {
    file: &'static str,
    /// From 1.
    number: usize,
    text: &'static str,
}

#[derive(Debug)]
struct EventRule {
    event: &'static str,
    line: Line,
    read: OnceLock<EventRuleKind>,
}

#[derive(Debug)]
enum EventRuleKind {
    Nothing,
    Need(NeedRule),
    Also(NeedRule),
    Ignore,
}

/// Where the values of one variable come from.
#[derive(Debug, Default)]
struct Bind {
    lines: Vec<Line>,
    read: OnceLock<Vec<Source>>,
}

impl<T: Default> Group<T> {
    fn new(lines: &'static str) -> Self {
        Group { lines, read: OnceLock::new() }
    }

    fn get(&self, add: impl Fn(&mut T, Line)) -> &T {
        self.read.get_or_init(|| {
            let mut read = T::default();
            Line::all(self.lines).for_each(|line| add(&mut read, line));
            read
        })
    }
}

impl Group<Events> {
    fn rules(&self) -> &[EventRule] {
        self.get(|rules, line| {
            let event = syntax::words(line.text).nth(2).unwrap_or_default();
            rules.push(EventRule { event, line, read: OnceLock::new() });
        })
    }
}

impl Group<Binds> {
    fn binds(&self) -> &Binds {
        self.get(|binds, line| {
            let mut words = syntax::words(line.text).skip(2);
            let mut word = || words.next().unwrap_or_default();
            let (resource_type, variable) = (word(), word());
            binds.entry(resource_type).or_default().entry(variable).or_default().lines.push(line);
        })
    }
}

impl Line {
    /// The lines of a group, each behind its file's name and its number.
    fn all(lines: &'static str) -> impl Iterator<Item = Line> {
        lines.lines().map(|line| {
            let (place, text) = line.split_once(' ').unwrap_or_default();
            let (file, number) = place.split_once(':').unwrap_or_default();
            Line { file, number: number.parse().unwrap_or_default(), text }
        })
    }

    fn read(self) -> Result<Rule, RuleError> {
        syntax::rule(self.text).map_err(|reason| self.error(reason))
    }

    fn error(self, reason: String) -> RuleError {
        RuleError { file: self.file.to_owned(), line: self.number, reason }
    }

    /// A line of an embedded table, of which a test shows that it is one.
    fn known(self) -> Rule {
        self.read().unwrap_or_else(|error| panic!("the embedded rule tables parse: {error}"))
    }
}

impl EventRule {
    fn kind(&self) -> &EventRuleKind {
        self.read.get_or_init(|| match self.line.known() {
            Rule::Event { need: Some(need), .. } => EventRuleKind::Need(need),
            Rule::Also { need, .. } => EventRuleKind::Also(need),
            Rule::Ignore { .. } => EventRuleKind::Ignore,
            _ => EventRuleKind::Nothing,
        })
    }
}

impl Bind {
    fn sources(&self) -> &[Source] {
        self.read.get_or_init(|| {
            let sources = self.lines.iter().map(|line| match line.known() {
                Rule::Bind { sources, .. } => sources,
                _ => Vec::new(),
            });
            sources.flatten().collect()
        })
    }
}

/// What the rules say about one event.
#[derive(Debug, Default)]
pub(super) struct EventRules<'r> {
    /// The call is nobody's, or not a call at all.
    pub(super) ignored: bool,
    /// The call needs no permission.
    pub(super) nothing: bool,
    /// Replaces the default.
    pub(super) needs: Vec<&'r NeedRule>,
    /// Comes on top.
    pub(super) also: Vec<&'r NeedRule>,
    /// One of the rules on top is about this event and not about whatever a source may write, so that the event is known
    /// to be a call.
    pub(super) named: bool,
}

impl EventRules<'_> {
    /// Whether a rule says what the event is, so that the default does not.
    pub(super) fn replace_default(&self) -> bool {
        self.ignored || self.nothing || !self.needs.is_empty()
    }
}

/// What an error code says about the permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The caller was refused.
    Denied,
    /// The call was turned away before or besides authorisation: nothing is known.
    Unknown,
    /// The call failed after it was authorised.
    Authorised,
}

impl Rules {
    /// The tables that are part of the program.
    ///
    /// # Panics
    /// Never, nor does what comes of it: a test reads every line that is embedded.
    pub fn embedded() -> &'static Rules {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(|| {
            let mut rules = Rules::default();
            for group in GROUPS.lines() {
                rules.add_group(group);
            }
            rules
        })
    }

    /// Adds a group: its kind, its key, and where its lines begin and end.
    fn add_group(&mut self, group: &'static str) {
        let mut words = group.split(' ');
        let mut word = || words.next().unwrap_or_default();
        let (kind, key) = (word(), word());
        let mut end = || word().parse::<usize>().unwrap_or_default();
        let lines = &LINES[end()..end()];
        match kind {
            "event" => drop(self.events.insert(key, Group::new(lines))),
            "bind" => drop(self.binds.insert(key, Group::new(lines))),
            _ => Line::all(lines).for_each(|line| self.add(line.known())),
        }
    }

    fn add(&mut self, rule: Rule) {
        match rule {
            Rule::Source { label, prefixes } => drop(self.sources.insert(label, prefixes)),
            Rule::Primary { prefix, types } => drop(self.primary.insert(prefix, types)),
            Rule::Unsure { partition, key, value } => self.unsure.push([partition, key, value]),
            Rule::Outcome { class, code } => self.outcomes.push((code, class)),
            Rule::Event { .. } | Rule::Also { .. } | Rule::Ignore { .. } | Rule::Bind { .. } => {
                unreachable!("they stand in groups of their own")
            }
        }
    }

    /// The IAM prefixes of an event source, when a rule names them.
    pub(super) fn prefixes(&self, label: &str) -> Option<&[Arc<str>]> {
        self.sources.get(label).map(Vec::as_slice)
    }

    /// What the rules say about one event, whose name has no version suffix.
    ///
    /// A label that is only another name of its prefixes (`api.sagemaker`, `email`) has their rules, too.
    pub(super) fn event(&self, label: &str, name: &str) -> EventRules<'_> {
        let own = self.event_of(label, name);
        let prefixes = self.prefixes(label).unwrap_or_default();
        if own.replace_default() || !own.also.is_empty() || prefixes.iter().any(|prefix| **prefix == *label) {
            return own;
        }
        let said = |rules: &EventRules<'_>| rules.replace_default() || !rules.also.is_empty();
        prefixes.iter().map(|prefix| self.event_of(prefix, name)).find(said).unwrap_or(own)
    }

    /// What the rules under one label say.
    fn event_of(&self, label: &str, name: &str) -> EventRules<'_> {
        let mut found = EventRules::default();
        let rules = self.events.get(label).map(Group::rules).unwrap_or_default();
        for rule in rules.iter().filter(|rule| names(rule.event, name)) {
            match rule.kind() {
                EventRuleKind::Nothing => found.nothing = true,
                EventRuleKind::Ignore => found.ignored = true,
                EventRuleKind::Need(need) => found.needs.push(need),
                EventRuleKind::Also(need) => {
                    found.also.push(need);
                    found.named |= rule.event != EVERY;
                }
            }
        }
        // An exact name says more than a pattern.
        let exact = |need: &&NeedRule| {
            rules.iter().any(|rule| {
                rule.event == name
                    && matches!(rule.kind(), EventRuleKind::Need(own) if std::ptr::eq(own, *need))
            })
        };
        if found.needs.iter().any(exact) {
            found.needs.retain(exact);
        }
        found
    }

    /// Where the values of a resource type's ARN variable come from.
    pub(super) fn bind(&self, prefix: &str, resource_type: &str, variable: &str) -> Option<&[Source]> {
        Some(self.binds.get(prefix)?.binds().get(resource_type)?.get(variable)?.sources())
    }

    /// The types that stand in when no type of an action is bound, in order of preference.
    pub(super) fn primary(&self, prefix: &str) -> &[Arc<str>] {
        self.primary.get(prefix).map(Vec::as_slice).unwrap_or_default()
    }

    /// The partitions in which a condition key may have another value than this one.
    pub(super) fn unsure(&self, key: &str, value: &str) -> Vec<Arc<str>> {
        let rows = self.unsure.iter().filter(|[_, own, other]| **own == *key && **other == *value);
        rows.map(|[partition, ..]| partition.clone()).collect()
    }

    /// What an error code says. A code that no rule names was raised after the caller was authorised.
    pub fn outcome(&self, code: &str) -> ErrorClass {
        let row = self.outcomes.iter().find(|(pattern, _)| names(pattern, code));
        row.map_or(ErrorClass::Authorised, |(_, class)| *class)
    }

    /// Every action that a rule names, with the rule's event, for checks of the tables.
    pub fn actions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.events.values().flat_map(Group::rules).filter_map(|rule| match rule.kind() {
            EventRuleKind::Need(need) | EventRuleKind::Also(need) => Some((rule.event, &*need.action)),
            EventRuleKind::Nothing | EventRuleKind::Ignore => None,
        })
    }

    /// Every binding as (IAM prefix, resource type, variable), for checks of the tables.
    pub fn bindings(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.binds.iter().flat_map(|(prefix, group)| {
            group
                .binds()
                .iter()
                .flat_map(move |(kind, binds)| binds.keys().map(move |variable| (*prefix, *kind, *variable)))
        })
    }
}

fn names(pattern: &str, name: &str) -> bool {
    if pattern.contains('*') { glob::matches(pattern, name) } else { pattern == name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_line_is_a_rule() {
        let lines = || Line::all(LINES);
        let wrong: Vec<String> =
            lines().filter_map(|line| line.read().err()).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let rules = Rules::embedded();
        let binds = rules.binds.values().flat_map(|group| group.binds().values()).flat_map(HashMap::values);
        let found = rules.events.values().map(|group| group.rules().len()).sum::<usize>()
            + binds.map(|bind| bind.lines.len()).sum::<usize>()
            + rules.sources.len()
            + rules.primary.len()
            + rules.outcomes.len()
            + rules.unsure.len();
        assert_eq!(found, lines().count());
    }

    #[test]
    fn every_line_of_the_tables_is_embedded_with_its_place() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/aws/rules");
        let tables: HashMap<String, String> = std::fs::read_dir(folder)
            .expect("the tables are there")
            .map(|entry| entry.expect("it can be listed"))
            .map(|entry| (entry.file_name().into_string(), std::fs::read_to_string(entry.path())))
            .map(|(name, text)| (name.expect("UTF-8"), text.expect("UTF-8")))
            .filter(|(name, _)| name.ends_with(".rules"))
            .collect();
        let rules = tables.values().flat_map(|text| text.lines());
        let rules = rules.filter(|line| syntax::words(line).next().is_some());
        assert_eq!(rules.count(), Line::all(LINES).count());
        for Line { file, number, text } in Line::all(LINES) {
            assert_eq!(tables[file].lines().nth(number - 1), Some(text), "{file}:{number}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_with_its_place() {
        let line =
            Line { file: "s3.rules", number: 7, text: "event s3 GetObject = s3:GetObject wenn has(key)" };
        let error = line.read().expect_err("it is no rule").to_string();
        assert_eq!(error, "s3.rules:7: `wenn` is not a resource: `@type`, `=path`, `*` or an ARN");
    }
}
