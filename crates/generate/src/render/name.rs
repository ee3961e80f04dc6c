//! Makes names that are safe where they are used: file names, Terraform identifiers, logical ids, policy names.
//!
//! The names come from logs and snapshots: `../../x`, `CON`, `a\nb` and 500 characters are all possible. Two
//! different names may become the same safe name, and file systems may ignore case, so whoever gives names out
//! remembers them.

use std::collections::HashSet;

use super::PrincipalTarget;

/// The longest stem of a file name; with `-index.json` and a number it stays far below 255 bytes.
const STEM_MAX: usize = 100;

/// Names that Windows keeps for devices, with any extension.
const RESERVED: [&str; 5] = ["con", "prn", "aux", "nul", "index"];

/// Gives out names and remembers them, so that none comes twice.
#[derive(Clone, Debug, Default)]
pub struct Names {
    stems: HashSet<String>,
    identifiers: HashSet<String>,
}

impl Names {
    /// The first part of the names of a principal's files: lower case, digits and `-` only.
    pub fn file_stem(&mut self, target: &PrincipalTarget) -> String {
        self.stem(&target.name, target.kind.word())
    }

    /// The same for something that is a `kind` called `name`.
    pub(super) fn stem(&mut self, name: &str, kind: &str) -> String {
        let base = file_stem(name, kind);
        let mut candidates = std::iter::once(base.clone())
            .chain(std::iter::once(format!("{kind}-{base}")))
            .chain((2u32..).map(|n| format!("{base}-v{n}")));
        let stem = candidates
            .find(|stem| !self.stems.contains(stem))
            .expect("an endless supply of numbers outlasts a finite set");
        self.stems.insert(stem.clone());
        stem
    }

    /// A Terraform identifier: a letter or `_`, then letters, digits and `_`.
    pub(super) fn identifier(&mut self, name: &str) -> String {
        unique(&mut self.identifiers, identifier(name), "_")
    }
}

/// The first of `base`, `base` 2, `base` 3 … that is not taken; takes it.
pub(super) fn unique(taken: &mut HashSet<String>, base: String, joint: &str) -> String {
    let mut name = base.clone();
    let mut next = 2u32;
    while !taken.insert(name.clone()) {
        name = format!("{base}{joint}{next}");
        next += 1;
    }
    name
}

fn file_stem(name: &str, fallback: &str) -> String {
    let stem = words(name, '-', STEM_MAX);
    let device = RESERVED.contains(&stem.as_str())
        || (stem.len() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")));
    match stem.as_str() {
        "" => fallback.to_owned(),
        _ if device => format!("{fallback}-{stem}"),
        _ => stem,
    }
}

fn identifier(name: &str) -> String {
    let text = words(name, '_', STEM_MAX);
    match text.as_bytes().first() {
        None => "policy".to_owned(),
        Some(b'0'..=b'9') => format!("policy_{text}"),
        Some(_) => text,
    }
}

/// The ASCII letters and digits of `name` in lower case, everything between them as one `joint`.
fn words(name: &str, joint: char, max: usize) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if text.len() >= max {
            break;
        }
        if c.is_ascii_alphanumeric() {
            text.push(c.to_ascii_lowercase());
        } else if !text.is_empty() && !text.ends_with(joint) {
            text.push(joint);
        }
    }
    text.truncate(text.trim_end_matches(joint).len());
    text
}

/// A CloudFormation logical id: letters and digits, words in capitals.
pub(super) fn logical_id(name: &str) -> String {
    let mut text = String::new();
    let mut start = true;
    for c in name.chars().take(STEM_MAX) {
        if c.is_ascii_alphanumeric() {
            text.push(if start { c.to_ascii_uppercase() } else { c });
        }
        start = !c.is_ascii_alphanumeric();
    }
    match text.as_bytes().first() {
        None => "Policy".to_owned(),
        Some(b'0'..=b'9') => format!("Policy{text}"),
        Some(_) => text,
    }
}

/// A policy name as IAM takes it: `[\w+=,.@-]+`, at most 128 characters.
pub(super) fn policy_name(name: &str, taken: &mut HashSet<String>) -> String {
    let safe: String = name
        .chars()
        .take(120)
        .map(|c| if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) { c } else { '-' })
        .collect();
    unique(taken, if safe.is_empty() { "policy".to_owned() } else { safe }, "-")
}

/// A path as IAM takes it, `/` when it is anything else: `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, at most 512.
pub(super) fn path(path: &str) -> &str {
    let fits = path.len() <= 512
        && path.starts_with('/')
        && path.ends_with('/')
        && path.bytes().all(|b| (0x21..=0x7e).contains(&b));
    if fits { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::super::PrincipalKind;
    use super::*;

    fn stem(names: &mut Names, name: &str) -> String {
        let target = PrincipalTarget { kind: PrincipalKind::Role, name: name.into(), ..Default::default() };
        names.file_stem(&target)
    }

    #[test]
    fn a_name_from_a_log_cannot_leave_the_folder() {
        let mut names = Names::default();
        assert_eq!(stem(&mut names, "../../etc/passwd"), "etc-passwd");
        assert_eq!(stem(&mut names, "..\\..\\x"), "x");
        assert_eq!(stem(&mut names, ".."), "role");
        assert_eq!(stem(&mut names, "a\0b\nc"), "a-b-c");
        assert_eq!(stem(&mut names, "Ünïcode✓"), "n-code");
        assert!(stem(&mut names, &"x".repeat(5000)).len() <= STEM_MAX);
    }

    #[test]
    fn device_names_of_windows_are_not_used() {
        let mut names = Names::default();
        assert_eq!(stem(&mut names, "CON"), "role-con");
        assert_eq!(stem(&mut names, "com1"), "role-com1");
        assert_eq!(stem(&mut names, "index"), "role-index");
    }

    #[test]
    fn names_that_differ_only_in_case_get_files_of_their_own() {
        let mut names = Names::default();
        let got: Vec<String> = ["App", "app", "APP", "app"].iter().map(|n| stem(&mut names, n)).collect();
        assert_eq!(got, ["app", "role-app", "app-v2", "app-v3"]);
    }

    #[test]
    fn identifiers_are_legal_and_unique() {
        let mut names = Names::default();
        assert_eq!(names.identifier("app-1"), "app_1");
        assert_eq!(names.identifier("app.1"), "app_1_2");
        assert_eq!(names.identifier("1st"), "policy_1st");
        assert_eq!(names.identifier("${x}"), "x");
        assert_eq!(names.identifier("日本"), "policy");
    }

    #[test]
    fn logical_ids_hold_letters_and_digits_only() {
        assert_eq!(logical_id("app-role_1"), "AppRole1");
        assert_eq!(logical_id("!Ref x"), "RefX");
        assert_eq!(logical_id("9"), "Policy9");
    }
}
