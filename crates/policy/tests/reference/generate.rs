//! Random cases: a question, and policies that are about it more often than not.

use serde_json::{Value, json};

use super::case::Case;
use super::dice::Dice;
use super::scene::{Kind, Scene, scene};
use super::sketch::{Aim, Layer, Sketch};
use super::words::{OTHER, OWN};

/// The case of this number.
pub(crate) fn generate(seed: u64, index: u64) -> Case {
    let mut dice = Dice::of(seed, index);
    let scene = scene(&mut dice);
    let mut case = json!({
        "principal": { "arn": scene.arn },
        "action": spelled(&scene.action, &mut dice),
        "resource": scene.resource,
        "context": scene.context(&mut dice),
    });
    if let Some(session) = &scene.session {
        case["principal"]["session"] = json!(session);
    }
    let mut maker = Maker { sketch: Sketch::new(&scene), scene: &scene, dice: &mut dice };
    maker.of_principal(&mut case);
    maker.of_resource(&mut case);
    if maker.dice.chance(15) {
        case["endpoint"] = maker.documents(Layer::Endpoint, 85);
    }
    // Sometimes all of it is in another partition.
    if dice.chance(5) {
        let text = case.to_string().replace("arn:aws:", "arn:aws-us-gov:");
        case = serde_json::from_str(&text).expect("what was JSON still is");
    }
    Case(case)
}

/// Actions are compared without regard to case.
pub(crate) fn spelled(action: &str, dice: &mut Dice) -> String {
    match dice.below(10) {
        0 => action.to_ascii_lowercase(),
        1 => action.to_ascii_uppercase(),
        _ => action.to_owned(),
    }
}

struct Maker<'a> {
    sketch: Sketch<'a>,
    scene: &'a Scene,
    dice: &'a mut Dice,
}

impl Maker<'_> {
    fn of_principal(&mut self, case: &mut Value) {
        let kind = self.scene.kind;
        let without = [Kind::Root, Kind::FederatedRoot, Kind::Service, Kind::Provider, Kind::Anonymous];
        if !without.contains(&kind) {
            let hit = if self.dice.chance(25) { 20 } else { 88 };
            case["identity"] = self.documents(Layer::Identity, hit);
        }
        let bounded = matches!(kind, Kind::User | Kind::Role | Kind::Federated);
        if bounded && self.dice.chance(25) {
            case["boundary"] = self.documents(Layer::Boundary, 78);
        }
        let policies = match kind {
            // Only its session policies tell that it is a session.
            Kind::Federated if self.scene.is_unnamed() => 100,
            Kind::Role => 25,
            Kind::Federated | Kind::FederatedRoot => 80,
            _ => 0,
        };
        if self.dice.chance(policies) {
            case["session"] = self.documents(Layer::Session, 80);
        }
        if self.dice.chance(30) {
            case["scp"] = self.path(Layer::ServiceControl, 92);
        }
    }

    fn of_resource(&mut self, case: &mut Value) {
        let scene = self.scene;
        let asked_of_role = scene.action.starts_with("sts:");
        let wanted =
            if asked_of_role || scene.owner != OWN || matches!(scene.kind, Kind::Service | Kind::Anonymous) {
                92
            } else {
                40
            };
        let on_something = scene.resource != "*";
        if on_something && self.dice.chance(wanted) {
            let layer = if asked_of_role { Layer::Trust } else { Layer::Resource };
            case["resource_policies"] = self.documents(layer, 85);
        }
        if scene.owner != OWN || case.get("resource_policies").is_some() || self.dice.chance(20) {
            case["owner"] = json!(scene.owner);
        }
        let has_owner = case.get("owner").is_some();
        // The ARN of a key has no wildcards.
        let is_key = scene.action.starts_with("kms:") && !scene.resource.contains(['*', '?']);
        if is_key && has_owner && self.dice.chance(80) {
            let count = 1 + self.dice.below(2);
            case["grants"] = (0..count).map(|number| self.grant(number)).collect();
        }
        if scene.action.starts_with("s3:") && has_owner && self.dice.chance(75) {
            case["public_access"] = json!({ "RestrictPublicBuckets": self.dice.chance(85) });
        }
        if self.dice.chance(30) {
            case["rcp"] = self.path(Layer::ResourceControl, 96);
        }
    }

    /// A grant on the key that is asked for, or another; to who asks, or another; mostly for what is asked.
    fn grant(&mut self, number: usize) -> Value {
        let scene = self.scene;
        let asked = scene.action.strip_prefix("kms:").unwrap_or("");
        let mut operations: Vec<&str> = Vec::new();
        if self.dice.chance(85) && asked != "ScheduleKeyDeletion" {
            operations.push(asked);
        }
        let others = ["Decrypt", "Encrypt", "DescribeKey", "RetireGrant", "GenerateDataKey", "CreateGrant"];
        let more = if asked == "CreateGrant" { 3 } else { 0 };
        for _ in 0..more + self.dice.below(3) {
            operations.push(self.dice.pick(&others));
        }
        let key = if self.dice.chance(90) {
            scene.resource.clone()
        } else {
            format!("arn:aws:kms:eu-west-1:{}:key/other", scene.owner)
        };
        let issuer = self.dice.weigh(&[(5, scene.owner), (4, OWN), (1, OTHER)]);
        let mut grant = json!({
            "GrantId": format!("grant-{number}"),
            "KeyId": key,
            "IssuingAccount": format!("arn:aws:iam::{issuer}:root"),
            "GranteePrincipal": self.grant_principal(80),
            "Operations": operations,
        });
        if self.dice.chance(50) {
            grant["RetiringPrincipal"] = json!(self.grant_principal(60));
        }
        if self.dice.chance(45) {
            let kind = self.dice.pick(&["EncryptionContextSubset", "EncryptionContextEquals"]);
            let fact = scene.fact("kms:EncryptionContext:Department").unwrap_or("IT");
            let value = if self.dice.chance(75) { fact } else { "Finance" };
            let mut pairs = json!({ "Department": value });
            if self.dice.chance(15) {
                pairs["Purpose"] = json!("Test");
            }
            grant["Constraints"] = json!({ kind: pairs });
        }
        if self.dice.chance(15) {
            let fact = scene.fact("aws:SourceArn").unwrap_or("arn:aws:s3:::blue");
            grant["Constraints"]["SourceArn"] = json!(fact);
        }
        grant
    }

    fn grant_principal(&mut self, hit: usize) -> String {
        let own = self.sketch.own_names(self.dice);
        match own.first() {
            Some(name) if self.dice.chance(hit) => name.clone(),
            _ => format!("arn:aws:iam::{OWN}:role/nobody"),
        }
    }

    fn path(&mut self, layer: Layer, hit: usize) -> Value {
        let levels: Vec<Value> = (0..1 + self.dice.below(3)).map(|_| self.documents(layer, hit)).collect();
        let mut path = json!({ "levels": levels });
        if self.dice.chance(80) {
            path["management"] = json!(self.scene.management(self.dice));
        }
        path
    }

    /// The documents of a layer: one that mostly allows, others that may be about anything.
    fn documents(&mut self, layer: Layer, hit: usize) -> Value {
        let mut documents = Vec::new();
        if !self.dice.chance(2) {
            let aim = if self.dice.chance(hit) { Aim::Hit } else { Aim::Miss };
            documents.push(self.document(layer, aim));
        }
        if self.dice.chance(20) {
            documents.push(self.document(layer, Aim::Miss));
        }
        Value::Array(documents)
    }

    fn document(&mut self, layer: Layer, aim: Aim) -> Value {
        let version = self.version(layer);
        self.sketch.variables = version == Some("2012-10-17");
        self.sketch.incomplete = layer != Layer::Session;
        let mut statements = vec![self.sketch.statement(layer, "Allow", aim, self.dice)];
        if self.dice.chance(35) {
            let aim = if self.dice.chance(17) { Aim::Hit } else { Aim::Miss };
            statements.push(self.sketch.statement(layer, "Deny", aim, self.dice));
        }
        if self.dice.chance(35) {
            statements.push(self.sketch.statement(layer, "Allow", Aim::Miss, self.dice));
        }
        if self.dice.chance(30) {
            statements.reverse();
        }
        let statements = match <[Value; 1]>::try_from(statements) {
            Ok([one]) if self.dice.chance(40) => one,
            Ok(one) => Value::Array(one.to_vec()),
            Err(more) => Value::Array(more),
        };
        match version {
            Some(version) => json!({ "Version": version, "Statement": statements }),
            None => json!({ "Statement": statements }),
        }
    }

    fn version(&mut self, layer: Layer) -> Option<&'static str> {
        let new = (80, Some("2012-10-17"));
        match layer {
            Layer::ServiceControl | Layer::ResourceControl => new.1,
            _ => self.dice.weigh(&[new, (10, Some("2008-10-17")), (10, None)]),
        }
    }
}
