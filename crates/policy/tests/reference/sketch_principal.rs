//! Whom a generated statement names: the principal of the question under any of its names, others, or all but some.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::scene::Kind;
use super::sketch::{Aim, Layer, Sketch, one_or_list};
use super::words::{CANONICAL, OTHER, OWN};

impl Sketch<'_> {
    /// `Principal` or `NotPrincipal`.
    pub(super) fn principal(
        &self,
        layer: Layer,
        effect: &str,
        aim: Aim,
        dice: &mut Dice,
        statement: &mut Map<String, Value>,
    ) {
        let inverted = effect == "Deny" && layer != Layer::Trust && dice.chance(30);
        let named = (aim == Aim::Hit) != inverted;
        let element = if inverted { "NotPrincipal" } else { "Principal" };
        let only_so = self.scene.kind == Kind::Anonymous;
        let principal =
            if named && !inverted && self.scene.kind != Kind::Provider && (only_so || dice.chance(22)) {
                self.everybody(dice)
            } else {
                self.listed(layer, named, inverted, dice)
            };
        statement.insert(element.to_owned(), principal);
    }

    /// Whether services are meant by `{"AWS": "*"}` is not documented.
    fn everybody(&self, dice: &mut Dice) -> Value {
        let of_aws = self.scene.kind != Kind::Service && dice.chance(50);
        if of_aws { json!({ "AWS": "*" }) } else { json!("*") }
    }

    fn listed(&self, layer: Layer, named: bool, inverted: bool, dice: &mut Dice) -> Value {
        let kind = match self.scene.kind {
            Kind::Service => "Service",
            Kind::Provider => "Federated",
            _ => "AWS",
        };
        // To be excepted one must be named in every way.
        let mut values = match (named, inverted) {
            (false, _) => Vec::new(),
            (true, true) if dice.chance(60) => self.all_names(),
            (true, _) => self.own_names(dice),
        };
        let with_canonical = kind == "AWS" && layer == Layer::Resource && dice.chance(12);
        if values.is_empty() || dice.chance(25) {
            values.push(self.other_name(kind, dice));
        }
        if inverted && kind == "AWS" && dice.chance(75) {
            values.push(format!("arn:aws:iam::{OWN}:root"));
        }
        let mut principal = json!({ kind: one_or_list(&values, dice) });
        if dice.chance(10) && kind != "Service" {
            principal["Service"] = json!("ec2.amazonaws.com");
        }
        if with_canonical {
            principal["CanonicalUser"] = json!(dice.pick(&CANONICAL));
            if named
                && dice.chance(60)
                && let Some(kinds) = principal.as_object_mut()
            {
                kinds.shift_remove("AWS");
            }
        }
        principal
    }

    /// Every name under which the principal is named: as itself, as a session, by its account.
    fn all_names(&self) -> Vec<String> {
        if self.scene.kind == Kind::Anonymous {
            return Vec::new();
        }
        let mut names = vec![self.scene.arn.clone()];
        if !matches!(self.scene.kind, Kind::Service | Kind::Provider) {
            names.extend(self.truth.session_arn());
            names.push(OWN.to_owned());
        }
        names
    }

    /// One or more of them.
    pub(super) fn own_names(&self, dice: &mut Dice) -> Vec<String> {
        let mut names = self.all_names();
        if names.is_empty() {
            return names;
        }
        names.extend(self.truth.session_arn());
        if names.len() > 1 {
            names.push(format!("arn:aws:iam::{OWN}:root"));
        }
        let count = 1 + usize::from(dice.chance(20));
        (0..count).map(|_| names[dice.below(names.len())].clone()).collect()
    }

    fn other_name(&self, kind: &str, dice: &mut Dice) -> String {
        let name = match kind {
            "Service" => dice.pick(&["s3.amazonaws.com", "sns.us-east-1.amazonaws.com"]).to_owned(),
            "Federated" => "accounts.google.com".to_owned(),
            _ => match dice.below(4) {
                0 => OTHER.to_owned(),
                1 => format!("arn:aws:iam::{OWN}:user/nobody"),
                2 => format!("arn:aws:sts::{OWN}:assumed-role/app/nobody"),
                _ => format!("arn:aws:iam::{OTHER}:role/team/app"),
            },
        };
        if name == self.scene.arn { "s3.amazonaws.com".to_owned() } else { name }
    }
}
