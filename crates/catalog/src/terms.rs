//! The catalogue as the comparison of policies needs it: all actions in order, what condition keys hold, what the
//! resources of an action look like.

use crate::catalog::Catalog;
use leastwise_policy::aws::compare::{Actions, KeyFacts, ValueKind, Vocabulary};
use std::collections::HashMap;
use std::sync::OnceLock;

/// What policies speak about, by one catalogue. Found out when it is first asked for, once for all threads.
#[derive(Debug)]
pub struct Terms<'a> {
    catalog: &'a Catalog,
    words: OnceLock<Words>,
}

#[derive(Debug)]
struct Words {
    actions: Actions,
    keys: HashMap<String, KeyFacts>,
}

/// The keys that every service has, by their page in the User Guide, read 2026-11-21:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>. Those that are not here
/// hold one text.
const GLOBAL: &[(&str, ValueKind, bool)] = &[
    ("aws:calledvia", ValueKind::Text, true),
    ("aws:currenttime", ValueKind::Date, false),
    ("aws:epochtime", ValueKind::Number, false),
    ("aws:multifactorauthage", ValueKind::Number, false),
    ("aws:multifactorauthpresent", ValueKind::Bool, false),
    ("aws:principalisawsservice", ValueKind::Bool, false),
    ("aws:principalorgpaths", ValueKind::Text, true),
    ("aws:principalservicenameslist", ValueKind::Text, true),
    ("aws:resourceorgpaths", ValueKind::Text, true),
    ("aws:securetransport", ValueKind::Bool, false),
    ("aws:sourceip", ValueKind::Address, false),
    ("aws:sourceorgpaths", ValueKind::Text, true),
    ("aws:tagkeys", ValueKind::Text, true),
    ("aws:tokenissuetime", ValueKind::Date, false),
    ("aws:viaawsservice", ValueKind::Bool, false),
    ("aws:vpceorgpaths", ValueKind::Text, true),
    ("aws:vpcsourceip", ValueKind::Address, false),
];

/// What stands for the variables of an ARN in a request that is made up, when it may be anything.
const LIKELY: [(&str, &str); 3] =
    [("${Partition}", "aws"), ("${Region}", "eu-west-1"), ("${Account}", "111122223333")];

impl Catalog {
    /// The words of this catalogue. Every service is decoded for the first question.
    pub fn terms(&self) -> Terms<'_> {
        Terms { catalog: self, words: OnceLock::new() }
    }

    fn words(&self) -> Words {
        let mut keys: HashMap<String, KeyFacts> = HashMap::new();
        let mut actions = Vec::new();
        for service in self.services().filter_map(|prefix| self.service(prefix)) {
            let name = |action: &str| format!("{}:{action}", service.prefix);
            actions.extend(service.actions.iter().map(|action| name(&action.name)));
            for key in service.condition_keys.iter().filter(|key| !key.name.starts_with("aws:")) {
                let start = key.name.split("${").next().unwrap_or_default();
                keys.insert(start.to_ascii_lowercase(), facts_of(&key.kind));
            }
        }
        let globals = GLOBAL
            .iter()
            .map(|(name, kind, several)| ((*name).to_owned(), KeyFacts { kind: *kind, several: *several }));
        keys.extend(globals);
        Words { actions: actions.into_iter().collect(), keys }
    }
}

impl Terms<'_> {
    fn words(&self) -> &Words {
        self.words.get_or_init(|| self.catalog.words())
    }
}

/// What a key holds by the type that the service reference gives it.
fn facts_of(kind: &str) -> KeyFacts {
    let (kind, several) = match kind.strip_prefix("ArrayOf") {
        Some(kind) => (kind, true),
        None => (kind, false),
    };
    let kind = match kind {
        "Bool" => ValueKind::Bool,
        "Numeric" => ValueKind::Number,
        "Date" => ValueKind::Date,
        "IPAddress" => ValueKind::Address,
        _ => ValueKind::Text,
    };
    KeyFacts { kind, several }
}

impl Vocabulary for Terms<'_> {
    fn actions(&self) -> &Actions {
        &self.words().actions
    }

    /// A key with a name of its own at the end (`aws:ResourceTag/team`) is what its beginning is.
    fn key(&self, name: &str) -> Option<KeyFacts> {
        let start = || name.find(['/', ':']).and_then(|_| name.rfind('/')).map(|at| &name[..=at]);
        let keys = &self.words().keys;
        let found = keys.get(name).or_else(|| keys.get(start()?));
        let is_global = name.starts_with("aws:");
        found.copied().or(is_global.then_some(KeyFacts { kind: ValueKind::Text, several: false }))
    }

    /// First with a region and an account that are often seen, then with any.
    fn resources(&self, action: &str) -> Vec<String> {
        let Some(action) = self.catalog.action(action) else { return Vec::new() };
        let types =
            action.facts.resources.iter().filter_map(|of| action.service.resource_type(&of.resource_type));
        let formats: Vec<&str> = types.flat_map(|of| &of.arn).map(|format| &**format).collect();
        if formats.is_empty() {
            return vec!["*".to_owned()];
        }
        let likely = |format: &&str| {
            let filled =
                LIKELY.iter().fold((*format).to_owned(), |text, (name, value)| text.replace(name, value));
            open(&filled)
        };
        formats.iter().map(likely).chain(formats.iter().map(|format| open(format))).collect()
    }
}

/// A format with a wildcard for each of its variables.
fn open(format: &str) -> String {
    let mut parts = format.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, rest) = part.split_once('}').unwrap_or_default();
        text.push_str("?*");
        text.push_str(rest);
    }
    text
}
