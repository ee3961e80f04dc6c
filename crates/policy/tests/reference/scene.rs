//! The question of a generated case, and what is true in it: who asks for what, where, under which circumstances.

use serde_json::{Map, Value, json};

use super::case::Case;
use super::dice::Dice;
use super::words::{CANONICAL, KEYS, MANAGEMENT, OTHER, OWN, SERVICES, WORDS};
use super::world::World;

/// A question without policies.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) arn: String,
    pub(crate) session: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) action: String,
    pub(crate) resource: String,
    /// The account that owns the resource.
    pub(crate) owner: &'static str,
    /// All that is true: the keys that the request has.
    facts: Map<String, Value>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Role,
    ServiceLinked,
    Root,
    Federated,
    FederatedRoot,
    Service,
    Provider,
    Anonymous,
}

const KINDS: &[(usize, Kind)] = &[
    (24, Kind::User),
    (40, Kind::Role),
    (6, Kind::ServiceLinked),
    (6, Kind::Root),
    (8, Kind::Federated),
    (2, Kind::FederatedRoot),
    (10, Kind::Service),
    (4, Kind::Provider),
    (6, Kind::Anonymous),
];

pub(crate) fn scene(dice: &mut Dice) -> Scene {
    let kind = dice.weigh(KINDS);
    let (arn, session) = principal(kind, dice);
    let owner = if kind != Kind::Provider && dice.chance(35) { OTHER } else { OWN };
    let (action, resource) = asked(kind, owner, dice);
    Scene { arn, session, kind, action, resource, owner, facts: facts(dice) }
}

fn principal(kind: Kind, dice: &mut Dice) -> (String, Option<String>) {
    let name = dice.pick(&["team/app", "app", "alice", "a/b/red"]);
    let iam = |kind: &str, name: &str| format!("arn:aws:iam::{OWN}:{kind}/{name}");
    let session = dice.pick(&["one", "alice", "bob"]).to_owned();
    match kind {
        Kind::User => (iam("user", name), None),
        Kind::Role => (iam("role", name), Some(session).filter(|_| dice.chance(80))),
        Kind::ServiceLinked => {
            let name = "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
            (iam("role", name), Some(session))
        }
        Kind::Root => (format!("arn:aws:iam::{OWN}:root"), None),
        Kind::Federated => (iam("user", name), Some(session).filter(|_| dice.chance(85))),
        Kind::FederatedRoot => (format!("arn:aws:iam::{OWN}:root"), Some(session)),
        Kind::Service => (dice.pick(&["lambda.amazonaws.com", "sns.amazonaws.com"]).to_owned(), None),
        Kind::Provider if dice.chance(50) => (iam("saml-provider", "idp"), None),
        Kind::Provider => (iam("oidc-provider", "token.example.com"), None),
        Kind::Anonymous => ("anonymous".to_owned(), None),
    }
}

fn asked(kind: Kind, owner: &str, dice: &mut Dice) -> (String, String) {
    if kind == Kind::Provider {
        let action = dice.pick(&["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]);
        return (action.to_owned(), format!("arn:aws:iam::{owner}:role/{}", dice.pick(WORDS)));
    }
    loop {
        let weights: Vec<(usize, usize)> =
            SERVICES.iter().enumerate().map(|(index, (weight, _))| (*weight, index)).collect();
        let service = &SERVICES[dice.weigh(&weights)].1;
        let template = dice.pick(service.resources);
        // The root user cannot assume a role; what has no resource is asked of one's own account.
        let by_root = matches!(kind, Kind::Root | Kind::FederatedRoot | Kind::Anonymous);
        let assumes = service.actions[0].starts_with("sts:");
        if assumes && by_root
            || template == "*" && (owner != OWN || matches!(kind, Kind::Service | Kind::Anonymous))
        {
            continue;
        }
        let mut resource = String::new();
        for found in template.chars() {
            match found {
                '#' => resource.push_str(owner),
                '%' => resource.push_str(dice.pick(WORDS)),
                // A template's own `*` stands for an action that has no resource.
                other => resource.push(other),
            }
        }
        return (dice.pick(service.actions).to_owned(), resource);
    }
}

fn facts(dice: &mut Dice) -> Map<String, Value> {
    let mut facts = Map::new();
    for key in KEYS {
        if dice.chance(30) {
            continue;
        }
        let count = if key.many { 1 + dice.below(3) } else { 1 };
        let mut values: Vec<&str> = (0..count).map(|_| dice.pick(key.values)).collect();
        if key.many && dice.chance(8) {
            values = vec![""];
        }
        facts.insert(key.name.to_owned(), json!(values));
    }
    // Pairs and keys of an encryption context mostly fit together.
    let pair = facts.contains_key("kms:EncryptionContext:Department");
    if pair && dice.chance(70) {
        facts.insert("kms:EncryptionContextKeys".to_owned(), json!(["Department"]));
    }
    facts
}

impl Scene {
    /// The world in which all is known.
    pub(crate) fn truth(&self) -> World {
        let session = self.session.as_deref().or(self.is_unnamed().then_some("unnamed"));
        World::of(&Case(json!({
            "principal": { "arn": self.arn, "session": session },
            "context": { "complete": true, "keys": self.facts },
        })))
    }

    /// Whether it is a session whose name is not told.
    pub(crate) fn is_unnamed(&self) -> bool {
        self.session.is_none() && matches!(self.kind, Kind::Role | Kind::Federated)
    }

    /// The user's or role's identifier, which tells the session's name.
    fn userid(&self, dice: &mut Dice) -> Option<String> {
        let session = match self.kind {
            Kind::Role | Kind::ServiceLinked => self.session.as_deref().unwrap_or("bob"),
            Kind::User => return Some("AIDAEXAMPLE".to_owned()),
            _ => return None,
        };
        dice.chance(35).then(|| format!("AROAEXAMPLE:{session}"))
    }

    /// What the question gives of it: all, or only some; of what is absent now and then that it is so.
    pub(crate) fn context(&self, dice: &mut Dice) -> Value {
        let mut keys = Map::new();
        if let Some(id) = self.userid(dice) {
            keys.insert("aws:userid".to_owned(), json!([id]));
        }
        if dice.chance(50) {
            keys.insert("leastwise:CanonicalUser".to_owned(), json!([CANONICAL[0]]));
        }
        if dice.chance(38) {
            keys.extend(self.facts.clone());
            return json!({ "complete": true, "keys": keys });
        }
        let told = 40 + dice.below(55);
        for key in KEYS {
            match self.facts.get(key.name) {
                _ if !dice.chance(told) => {}
                Some(values) => {
                    let name = if dice.chance(10) { key.name.to_uppercase() } else { key.name.to_owned() };
                    keys.insert(name, values.clone());
                }
                None => {
                    keys.insert(key.name.to_owned(), json!([]));
                }
            }
        }
        json!({ "complete": false, "keys": keys })
    }

    /// Whose management account an organisation has: mostly another one.
    pub(crate) fn management(&self, dice: &mut Dice) -> &'static str {
        dice.weigh(&[(84, MANAGEMENT), (8, OWN), (8, OTHER)])
    }

    pub(crate) fn fact(&self, key: &str) -> Option<&str> {
        self.facts.get(key)?.get(0)?.as_str()
    }
}
