//! One generated statement: made so that it is about the question, or so that something in it is not.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::generate::spelled;
use super::scene::Scene;
use super::sketch_condition::{self, Draft};
use super::words::{KEYS, OF_PRINCIPAL, SERVICES, WORDS};
use super::world::World;

/// Whether a statement is to be about the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    Hit,
    Miss,
}

/// Where a statement stands, which says what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    Identity,
    Boundary,
    Session,
    ServiceControl,
    ResourceControl,
    Resource,
    Trust,
    Endpoint,
}

/// Draws statements for a scene.
pub(crate) struct Sketch<'a> {
    pub(super) scene: &'a Scene,
    pub(super) truth: World,
    /// Whether the document's version has variables.
    pub(crate) variables: bool,
    /// Whether its ARNs may have fewer than six parts.
    pub(crate) incomplete: bool,
}

impl<'a> Sketch<'a> {
    pub(crate) fn new(scene: &'a Scene) -> Sketch<'a> {
        Sketch { scene, truth: scene.truth(), variables: true, incomplete: true }
    }

    /// A statement. One that is to miss does so in one of its elements, perhaps in more.
    pub(crate) fn statement(&self, layer: Layer, effect: &str, aim: Aim, dice: &mut Dice) -> Value {
        if layer == Layer::ResourceControl && effect == "Allow" {
            // RCPFullAWSAccess, which is attached everywhere and cannot be detached.
            return json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" });
        }
        let missing = if aim == Aim::Miss { dice.below(8) } else { usize::MAX };
        let aim_of = |element: usize| if missing == element { Aim::Miss } else { Aim::Hit };
        let mut statement = Map::new();
        if dice.chance(20) {
            statement.insert("Sid".to_owned(), json!(format!("S{}", dice.below(1_000_000))));
        }
        statement.insert("Effect".to_owned(), json!(effect));
        if matches!(layer, Layer::ResourceControl) {
            statement.insert("Principal".to_owned(), json!("*"));
        } else if matches!(layer, Layer::Resource | Layer::Trust | Layer::Endpoint) {
            self.principal(layer, effect, aim_of(0), dice, &mut statement);
        }
        self.action(layer, aim_of(1), dice, &mut statement);
        // Some services have policies without `Resource`, which are about what they hang on.
        if layer != Layer::Trust && !(layer == Layer::Resource && dice.chance(4)) {
            self.resource(aim_of(2), dice, &mut statement);
        }
        let conditions = if aim == Aim::Miss && missing >= 3 { Aim::Miss } else { Aim::Hit };
        if conditions == Aim::Miss || dice.chance(55) {
            let draft = Draft { truth: &self.truth, variables: self.variables, hit: conditions == Aim::Hit };
            statement.insert("Condition".to_owned(), sketch_condition::draw(&draft, dice));
        }
        Value::Object(statement)
    }

    fn action(&self, layer: Layer, aim: Aim, dice: &mut Dice, statement: &mut Map<String, Value>) {
        let asked = &self.scene.action;
        let (service, name) = asked.split_once(':').unwrap_or((asked, ""));
        let others: Vec<&str> = SERVICES.iter().flat_map(|(_, service)| service.actions).copied().collect();
        let other = |dice: &mut Dice| loop {
            let found = dice.pick(&others);
            if !found.eq_ignore_ascii_case(asked) {
                break found.to_owned();
            }
        };
        let own = |dice: &mut Dice| {
            let cut = 1 + dice.below(name.len() - 1);
            let drawn = match dice.below(7) {
                0 => format!("{service}:*"),
                1 => format!("{service}:{}*", &name[..cut]),
                2 => format!("{service}:*{}", &name[cut..]),
                3 => format!("{service}:{}?{}", &name[..cut - 1], &name[cut..]),
                4 if layer != Layer::ResourceControl => "*".to_owned(),
                _ => asked.clone(),
            };
            spelled(&drawn, dice)
        };
        let inverted = layer != Layer::ResourceControl && dice.chance(12);
        // NotAction is about the question when it does not name the action.
        let named = (aim == Aim::Hit) != inverted;
        let mut patterns: Vec<String> = Vec::new();
        for _ in 0..dice.below(3) {
            patterns.push(other(dice));
        }
        if named {
            patterns.push(own(dice));
        } else if patterns.is_empty() {
            patterns.push(other(dice));
        }
        let element = if inverted { "NotAction" } else { "Action" };
        statement.insert(element.to_owned(), one_or_list(&patterns, dice));
    }

    fn resource(&self, aim: Aim, dice: &mut Dice, statement: &mut Map<String, Value>) {
        let asked = &self.scene.resource;
        let inverted = dice.chance(12);
        let named = (aim == Aim::Hit) != inverted;
        let mut patterns = Vec::new();
        for _ in 0..dice.below(2) {
            patterns.push(format!("arn:aws:s3:::{}/{}", dice.pick(WORDS), dice.pick(&["*", "x?", "red"])));
        }
        if named {
            patterns.push(self.like(asked, dice));
        } else {
            // Nearly the same: another word at the end.
            let near = asked.rfind(['/', ':']).map_or("arn:aws:s3:::no", |at| &asked[..=at]);
            patterns.push(format!("{near}{}", dice.pick(&["other", "?", "n*o", "red", "${aws:username}x"])));
        }
        let element = if inverted { "NotResource" } else { "Resource" };
        statement.insert(element.to_owned(), one_or_list(&patterns, dice));
    }

    /// A pattern that matches the resource, most of the time.
    fn like(&self, asked: &str, dice: &mut Dice) -> String {
        let start = asked.match_indices(':').nth(4).map(|(at, _)| at + 1);
        let Some(start) = start.filter(|_| !dice.chance(20)) else { return "*".to_owned() };
        let (head, name) = asked.split_at(start);
        if let Some((_, last)) = name.rsplit_once(':').filter(|_| dice.chance(20)) {
            // The `*` of the account would have to run on beyond its colon.
            let start = head.match_indices(':').nth(3).map_or(0, |(at, _)| at + 1);
            return format!("{}*:{last}", &head[..start]);
        }
        let head = self.head(head, dice);
        let escaped = if self.variables { name.replace('$', "${$}") } else { name.to_owned() };
        let literal = escaped.replace('*', if self.variables { "${*}" } else { "*" });
        let cut = cut_of(name, dice);
        match dice.below(8) {
            // Cut short somewhere behind the service.
            0 if self.incomplete && !asked.contains("::") => {
                let start = asked.match_indices(':').nth(2).map_or(0, |(at, _)| at + 1);
                format!("{}*", &asked[..start + cut_of(&asked[start..], dice)])
            }
            0 => format!("{head}*"),
            1 => format!("{head}{}*", &name[..cut]),
            2 => format!("{head}*{}", &name[cut..]),
            3 if cut > 0 => format!("{head}{}?{}", short_of_one(&name[..cut]), &name[cut..]),
            4 => format!("{head}{}*{}", &name[..cut_of(&name[..cut], dice)], &name[cut..]),
            5 | 6 => format!("{head}{}", self.with_variable(name, dice)),
            _ => format!("{head}{literal}"),
        }
    }

    /// The first five segments, now and then with a wildcard in one, or cut short by a `*`.
    fn head(&self, head: &str, dice: &mut Dice) -> String {
        let mut parts: Vec<&str> = head.split(':').collect();
        match dice.below(12) {
            0 => parts[3] = "*",
            1 => parts[4] = "*",
            2 => parts[1] = "*",
            3 if parts[3].len() > 2 => return head.replacen("-west-1:", "-w*st-?:", 1),
            4 if !parts[4].is_empty() => return head.replacen("111122223333:", "1111222?333?:", 1),
            _ => {}
        }
        parts.join(":")
    }

    /// The name with a word in it replaced by a variable, whose value mostly is that word.
    fn with_variable(&self, name: &str, dice: &mut Dice) -> String {
        let keys: Vec<&str> =
            KEYS.iter().chain(OF_PRINCIPAL).filter(|key| key.variable).map(|key| key.name).collect();
        // The word that is the key's value, or that it would match if the `*` in it were a wildcard.
        let word = |key: &str| {
            let value = self.scene.fact(key)?;
            let like = value.replace('*', "a");
            [value.to_owned(), like].into_iter().find(|word| name.contains(word.as_str()))
        };
        let fitting: Vec<(&str, String)> =
            keys.iter().filter_map(|key| word(key).map(|word| (*key, word))).collect();
        let (key, word) = if fitting.is_empty() {
            (dice.pick(&keys), dice.pick(WORDS).to_owned())
        } else {
            fitting[dice.below(fitting.len())].clone()
        };
        let spelled = if dice.chance(15) { key.to_uppercase() } else { key.to_owned() };
        let variable = match dice.below(4) {
            0 => format!("${{{spelled}, '{word}'}}"),
            1 => format!("${{{spelled}, 'nobody'}}"),
            _ => format!("${{{spelled}}}"),
        };
        if name.contains(&word) { name.replacen(&word, &variable, 1) } else { format!("{variable}*") }
    }
}

/// A place between two characters of the text, or at an end.
pub(crate) fn cut_of(text: &str, dice: &mut Dice) -> usize {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    places[dice.below(places.len())]
}

/// The text without its last character.
pub(crate) fn short_of_one(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next_back();
    characters.as_str()
}

/// One value as a string or a list; more as a list.
pub(crate) fn one_or_list(values: &[String], dice: &mut Dice) -> Value {
    if values.len() == 1 && dice.chance(50) { json!(values[0]) } else { json!(values) }
}
