//! What all of them need: the actions that there are, and asking.

use leastwise_policy::aws::Policy;
use leastwise_policy::aws::compare::{
    Actions, Answer, Comparison, KeyFacts, Kind, Reason, ValueKind, Vocabulary, compare,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

/// Every action of the catalogue's committed facts, by service.
pub(crate) static ACTION_NAMES: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog/data/aws/services");
    let mut actions = BTreeMap::<String, Vec<String>>::new();
    for file in std::fs::read_dir(folder).expect("the catalogue's facts") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a text");
        let mut prefix = "";
        for line in text.lines() {
            let mut words = line.split(' ');
            match (words.next(), words.next()) {
                (Some("service"), Some(name)) => prefix = name,
                (Some("action"), Some(name)) => {
                    actions.entry(prefix.to_owned()).or_default().push(name.to_owned());
                }
                _ => {}
            }
        }
    }
    actions
});

/// All of them, ready.
pub(crate) static ACTIONS: LazyLock<Actions> = LazyLock::new(|| {
    let named = |(service, names): (&String, &Vec<String>)| {
        names.iter().map(|name| format!("{service}:{name}")).collect::<Vec<_>>()
    };
    ACTION_NAMES.iter().flat_map(named).collect()
});

/// A few keys, as AWS documents them.
pub(crate) fn key(name: &str) -> Option<KeyFacts> {
    let kind = match name {
        "aws:securetransport" | "aws:multifactorauthpresent" | "aws:viaawsservice" => ValueKind::Bool,
        "aws:currenttime" => ValueKind::Date,
        "aws:multifactorauthage" => ValueKind::Number,
        "aws:sourceip" | "aws:vpcsourceip" => ValueKind::Address,
        "aws:principalarn" | "aws:sourcearn" | "aws:sourcevpce" => ValueKind::Text,
        _ => return None,
    };
    Some(KeyFacts { kind, several: false })
}

pub(crate) struct Known;

impl Vocabulary for Known {
    fn actions(&self) -> &Actions {
        &ACTIONS
    }

    fn key(&self, name: &str) -> Option<KeyFacts> {
        key(name)
    }

    fn resources(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

pub(crate) fn compared(kind: Kind, old: &Policy, new: &Policy) -> Comparison {
    let found = compare(&Known, kind, &[old], &[new]);
    for answer in [&found.gained, &found.lost] {
        let unconfirmed = Answer::Unknown(Reason::Unconfirmed);
        assert_ne!(*answer, unconfirmed, "\n{}\n{}", old.to_json(), new.to_json());
    }
    found
}

/// A policy of this kind with these statements.
pub(crate) fn policy(kind: Kind, statements: &str) -> Policy {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Policy::parse_kind(&text, kind.document()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}
