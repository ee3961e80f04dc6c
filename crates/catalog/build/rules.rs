//! Puts the lines of the rule tables together by what they are asked for (`src/call/rules.rs` asks), so that a run reads
//! only those that it needs.

use std::collections::BTreeMap;

/// The lines of all tables, as `FILE:NUMBER LINE`, and the groups that they stand in, each as `KIND KEY START END`: the
/// rules for one source's events, the bindings of one IAM prefix, and the rest, whose key is `-`. `files` are names and
/// texts, in the order in which their rules count.
pub(crate) fn group(files: &[(String, String)]) -> (String, String) {
    let mut groups: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for (file, text) in files {
        for (number, line) in (1..).zip(text.lines()) {
            let mut words = line.split_ascii_whitespace().take_while(|word| !word.starts_with('#'));
            let Some(first) = words.next() else { continue };
            let group = match (first, words.next()) {
                ("event" | "also" | "ignore", Some(label)) => ("event", label),
                ("bind", Some(prefix)) => ("bind", prefix),
                _ => ("rest", "-"),
            };
            *groups.entry(group).or_default() += &format!("{file}:{number} {line}\n");
        }
    }
    let (mut lines, mut index) = (String::new(), String::new());
    for ((kind, key), text) in groups {
        let start = lines.len();
        lines += &text;
        index += &format!("{kind} {key} {start} {}\n", lines.len());
    }
    (lines, index)
}
