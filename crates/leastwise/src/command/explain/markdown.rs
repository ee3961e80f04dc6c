//! Checks as Markdown: for docs/checks.md, and for the help that SARIF carries.

use std::path::Path;

use leastwise_analysis::check::{Check, Class, Example};

use super::{shown, what};

/// All checks on one page, by class.
pub fn page(checks: &[&Check]) -> String {
    let mut out = String::from(
        "# Checks\n\nEvery finding of [`leastwise check`](check.md), by class. Written by `leastwise explain --output \
         markdown`; `leastwise explain CODE` prints one.\n",
    );
    let mut classes: Vec<Class> = checks.iter().map(|check| check.class).collect();
    classes.sort();
    classes.dedup();
    for class in classes {
        let of_class = || checks.iter().filter(|check| check.class == class);
        out.push_str(&format!("\n## {}\n\n{}\n\n", heading(class), about(class)));
        out.push_str("| code | severity | what |\n|---|---|---|\n");
        for one in of_class() {
            let anchor = one.code.to_lowercase();
            out.push_str(&format!("| [`{}`](#{anchor}) | {} | {} |\n", one.code, one.severity, one.title));
        }
        for one in of_class() {
            out.push_str(&format!("\n### {}\n\n{}", one.code, check(one)));
        }
    }
    out
}

/// One check, without a heading.
pub fn check(check: &Check) -> String {
    let mut out = format!("**{}** ({}, {}", check.title, check.severity, check.class.as_str());
    if !check.mitre.is_empty() {
        let techniques: Vec<String> = check.mitre.iter().map(|id| technique(id)).collect();
        out.push_str(&format!("; MITRE ATT&CK {}", techniques.join(", ")));
    }
    out.push_str(&format!(") · `{}`\n\n{}\n", check.code, check.about));
    for (title, example) in [("Found", &check.bad), ("Put right", &check.good)] {
        out.push_str(&format!("\n{title}, {}:\n\n{}", what(example), fenced(example)));
    }
    let references = check.references.iter().map(|address| format!("<{address}>")).collect::<Vec<_>>();
    out.push_str(&format!("\nReferences: {}\n", references.join(", ")));
    out
}

fn fenced(example: &Example) -> String {
    let text = shown(example);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let ending = Path::new(example.file).extension().and_then(|ending| ending.to_str());
    let language = match ending.unwrap_or_default() {
        "json" => "json",
        "tf" | "tofu" | "hcl" => "hcl",
        "yaml" | "yml" | "template" => "yaml",
        "toml" => "toml",
        _ => "text",
    };
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// <https://attack.mitre.org> has sub-techniques below their technique.
fn technique(id: &str) -> String {
    format!("[{id}](https://attack.mitre.org/techniques/{}/)", id.replace('.', "/"))
}

fn heading(class: Class) -> String {
    let name = class.as_str();
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

fn about(class: Class) -> &'static str {
    match class {
        Class::Error => "AWS refuses the document, or part of it has no effect.",
        Class::SecurityWarning => "It allows what is over-permissive.",
        Class::Warning => "It is not as AWS recommends, or probably does not do what it seems to.",
        Class::Suggestion => "It can be written better.",
        Class::Dangerous => "What it really allows is dangerous.",
        Class::Trust => "Who may use it is too wide.",
        Class::Agent => "An agent holds what an agent should not.",
        Class::Path => "It leads to more power than was given.",
        Class::NewAccess => "It allows more than before.",
        Class::Unreadable => "It could not be read, or not in full. What was not read fails the run with 3.",
    }
}
