//! What a reader is told of names: each narrowing with its reason, and what stays a guess.

use std::collections::BTreeMap;

use super::{By, Naming, Taken, Unclear, last};
use crate::rightsize::{Note, NoteKind};

/// How many names a note shows.
const SHOWN: usize = 3;

impl Naming {
    /// For the report.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut roles: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for taken in self.taken.iter().filter(|taken| taken.by == By::InstanceProfile) {
            roles.entry(&taken.is).or_default().push(&taken.named);
        }
        notes.extend(
            roles.into_iter().map(|(role, profiles)| passed(role, &profiles, self.unclear.is_empty())),
        );
        let mut unclear: BTreeMap<&Unclear, Vec<&str>> = BTreeMap::new();
        for (profile, why) in &self.unclear {
            unclear.entry(why).or_default().push(profile);
        }
        notes.extend(unclear.into_iter().map(|(why, profiles)| wide(why, &profiles)));
        notes.extend(self.told(By::Path, "as the snapshot lists it", MOVED));
        notes.extend(self.told(By::Creation, "as the logs show it to be made", MADE));
        if let Some(shown) = shown(&mut self.guessed.iter(), |arn| format!("`{arn}`")) {
            let why = match self.asked {
                true => "the snapshot does not list it",
                false => "a whole snapshot of the account (--granted) would tell",
            };
            let text = format!(
                "named without a path, and written as if it had none ({why}): {shown}; where there is a path, such a \
                 statement allows nothing"
            );
            notes.push(named(text));
        }
        notes
    }

    /// Names that are written with a path, and why, and why some without one too.
    fn told(&self, by: By, as_what: &str, why_both: &str) -> Option<Note> {
        let arrow = |taken: &Taken| format!("`{}` is `{}`", taken.named, taken.is);
        let shown = shown(&mut self.taken.iter().filter(|taken| taken.by == by), arrow)?;
        let both = match self.under_both.contains(&by) {
            true => format!("; {why_both}, is granted under both"),
            false => String::new(),
        };
        Some(named(format!("named without a path, and written {as_what}: {shown}{both}")))
    }
}

/// What is granted under both names.
const MOVED: &str = "what failed, has moved, or is listed in another case or as younger";
const MADE: &str = "what failed, was used before it was made or after it was deleted, or was made in another case or \
                    while records of others were left out";

fn named(text: String) -> Note {
    Note { kind: NoteKind::WithoutPath, place: "iam".to_owned(), text }
}

fn of_profiles(text: String) -> Note {
    Note { kind: NoteKind::InstanceProfile, place: "iam:PassRole".to_owned(), text }
}

fn passed(role: &str, profiles: &[&str], alone: bool) -> Note {
    let so = if alone { "so passing is limited to" } else { "so for them it is enough to pass" };
    of_profiles(format!(
        "the log names {}, and the snapshot the one role in it, {so} `{role}`; right-size again when the profile gets \
         another role",
        listed(profiles)
    ))
}

/// Why the role in a profile is not told.
fn wide(why: &Unclear, profiles: &[&str]) -> Note {
    let why = match why {
        Unclear::Unasked => "a whole snapshot of the account (--granted) would tell".to_owned(),
        Unclear::Unlisted => {
            "the snapshot lists none in it, so it may have been deleted or emptied since".to_owned()
        }
        Unclear::Several => "the snapshot lists several in it, and it can hold one".to_owned(),
        Unclear::Changed => {
            "what it holds was changed since its first use here, or within an hour before".to_owned()
        }
        Unclear::NotGranted(role) => {
            format!("the snapshot lists `{role}`, which it was not granted to pass, so it passed another")
        }
        Unclear::Others => "other calls use launch templates, and nobody knows which roles those pass".to_owned(),
        Unclear::Unseen => {
            "records of other principals were left out, so nobody knows whether one of them changed what it holds"
                .to_owned()
        }
        Unclear::Younger(arn) => format!("`{arn}` was made after the first use here"),
    };
    of_profiles(format!(
        "the log names {} and not the role in it, so passing stays as wide as the log tells: {why}",
        listed(profiles)
    ))
}

fn listed(profiles: &[&str]) -> String {
    let mut profiles: Vec<&str> = profiles.iter().map(|profile| last(profile)).collect();
    profiles.dedup();
    let names = shown(&mut profiles.iter(), |profile| format!("`{profile}`")).unwrap_or_default();
    format!("the instance profile{} {names}", if profiles.len() == 1 { "" } else { "s" })
}

/// The first few in words, and how many more there are; nothing when there are none.
fn shown<T>(items: &mut dyn Iterator<Item = T>, words: impl Fn(T) -> String) -> Option<String> {
    let mut first: Vec<String> = items.take(SHOWN).map(words).collect();
    let more = items.count();
    if first.is_empty() {
        return None;
    }
    if more > 0 {
        first.push(format!("and {more} more"));
    }
    Some(first.join(", "))
}
