//! The rule tables as one value that is asked by event source and name.

use super::syntax::{self, NeedRule, Rule, RuleError, Source};
use include_dir::{Dir, include_dir};
use leastwise_policy::glob;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/data/aws/rules");

/// By resource type and variable: where the values come from.
type Binds = HashMap<(Arc<str>, Arc<str>), Vec<Source>>;

/// All rules, ready to be asked.
#[derive(Debug, Default)]
pub struct Rules {
    sources: HashMap<Arc<str>, Vec<Arc<str>>>,
    /// By event source label.
    events: HashMap<Arc<str>, Vec<EventRule>>,
    /// By IAM prefix, then resource type and variable.
    binds: HashMap<Arc<str>, Binds>,
    primary: HashMap<Arc<str>, Vec<Arc<str>>>,
    outcomes: Vec<(Arc<str>, ErrorClass)>,
    /// Partition, key and value.
    unsure: Vec<[Arc<str>; 3]>,
}

#[derive(Debug)]
struct EventRule {
    event: Arc<str>,
    kind: EventRuleKind,
}

#[derive(Debug)]
enum EventRuleKind {
    Nothing,
    Need(NeedRule),
    Also(NeedRule),
    Ignore,
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
    /// Never: a test parses every file that is embedded.
    pub fn embedded() -> &'static Rules {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(|| {
            let files = FILES.files().filter_map(|file| {
                Some((file.path().to_str()?, file.contents_utf8()?))
                    .filter(|(name, _)| name.ends_with(".rules"))
            });
            Rules::parse(files).expect("the embedded rule tables parse, which a test shows")
        })
    }

    /// Parses rule files given as name and text, in any order.
    ///
    /// # Errors
    /// The first line that is not a rule.
    pub fn parse<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Rules, RuleError> {
        let mut rules = Rules::default();
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort_unstable();
        for (name, text) in files {
            for rule in syntax::parse(name, text)? {
                rules.add(rule);
            }
        }
        Ok(rules)
    }

    fn add(&mut self, rule: Rule) {
        let mut event = |label, event, kind| {
            self.events.entry(label).or_default().push(EventRule { event, kind });
        };
        match rule {
            Rule::Event { label, event: name, need: None } => event(label, name, EventRuleKind::Nothing),
            Rule::Event { label, event: name, need: Some(need) } => {
                event(label, name, EventRuleKind::Need(need))
            }
            Rule::Also { label, event: name, need } => event(label, name, EventRuleKind::Also(need)),
            Rule::Ignore { label, event: name } => event(label, name, EventRuleKind::Ignore),
            Rule::Source { label, prefixes } => {
                self.sources.insert(label, prefixes);
            }
            Rule::Bind { prefix, resource_type, variable, sources } => {
                let known =
                    self.binds.entry(prefix).or_default().entry((resource_type, variable)).or_default();
                known.extend(sources);
            }
            Rule::Primary { prefix, types } => {
                self.primary.insert(prefix, types);
            }
            Rule::Unsure { partition, key, value } => self.unsure.push([partition, key, value]),
            Rule::Outcome { class, code } => self.outcomes.push((code, class)),
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
        let rules = self.events.get(label).map(Vec::as_slice).unwrap_or_default();
        for rule in rules.iter().filter(|rule| names(&rule.event, name)) {
            match &rule.kind {
                EventRuleKind::Nothing => found.nothing = true,
                EventRuleKind::Ignore => found.ignored = true,
                EventRuleKind::Need(need) => found.needs.push(need),
                EventRuleKind::Also(need) => found.also.push(need),
            }
        }
        // An exact name says more than a pattern.
        let exact = |need: &&NeedRule| {
            rules.iter().any(|rule| {
                &*rule.event == name
                    && matches!(&rule.kind, EventRuleKind::Need(own) if std::ptr::eq(own, *need))
            })
        };
        if found.needs.iter().any(exact) {
            found.needs.retain(exact);
        }
        found
    }

    /// Where the values of a resource type's ARN variable come from.
    pub(super) fn bind(&self, prefix: &str, resource_type: &str, variable: &str) -> Option<&[Source]> {
        let binds = self.binds.get(prefix)?;
        binds.get(&(resource_type.into(), variable.into())).map(Vec::as_slice)
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
        self.events.values().flatten().filter_map(|rule| match &rule.kind {
            EventRuleKind::Need(need) | EventRuleKind::Also(need) => Some((&*rule.event, &*need.action)),
            EventRuleKind::Nothing | EventRuleKind::Ignore => None,
        })
    }

    /// Every binding as (IAM prefix, resource type, variable), for checks of the tables.
    pub fn bindings(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.binds.iter().flat_map(|(prefix, binds)| {
            binds.keys().map(move |(kind, variable)| (&**prefix, &**kind, &**variable))
        })
    }
}

fn names(pattern: &str, name: &str) -> bool {
    if pattern.contains('*') { glob::matches(pattern, name) } else { pattern == name }
}
