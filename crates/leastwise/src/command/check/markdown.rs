//! For the comment of a pull request: what it comes to in a table, the findings file by file, folded.
//!
//! What others wrote (names, actions, paths) must not become markup, a link, a picture or the mention of somebody. Words
//! of plain letters stand as they are, everything else stands in code spans, in which nothing means anything
//! (<https://github.github.com/gfm/#code-spans>).

use std::collections::BTreeMap;

use super::outcome::{Judged, Outcome};
use super::words;
use crate::output::{counted, plain};

/// A comment may have 65,536 characters; what is beyond this is counted only.
const LONGEST: usize = 60_000;

/// All of it.
pub fn text(outcome: &Outcome<'_>) -> String {
    let found = outcome.open().count();
    let mut out = String::from("## leastwise check\n\n");
    if found == 0 {
        out.push_str(&format!(
            "Nothing found in {}.\n",
            counted(outcome.files.len() as u64, "file", "files")
        ));
    } else {
        out.push_str("| severity | findings |\n|---|---|\n");
        for (severity, count) in outcome.counts().into_iter().filter(|(_, count)| *count > 0) {
            out.push_str(&format!("| {severity} | {count} |\n"));
        }
    }
    for line in words::aside(outcome) {
        out.push_str(&format!("\n{}\n", safe(&line)));
    }
    let (files, shown) = with_room(outcome, LONGEST.saturating_sub(out.len()));
    for (file, (all, items)) in files {
        section(file, all, &items, &mut out);
    }
    if shown < found {
        out.push_str(&format!(
            "\nand {} that find no room in a comment; `leastwise check` prints all of them\n",
            counted((found - shown) as u64, "finding", "findings")
        ));
    }
    out
}

/// What is said of one file: how much there is, and what of it has room, whether it fails the run, in order.
type Section = (usize, Vec<(usize, bool, String)>);

/// The findings for which there is room, the worst first, by file; and how many they are.
fn with_room<'o>(outcome: &'o Outcome<'_>, room: usize) -> (BTreeMap<&'o str, Section>, usize) {
    let mut all: Vec<(usize, &Judged)> = outcome.open().enumerate().collect();
    let mut files: BTreeMap<&str, Section> = BTreeMap::new();
    for (_, one) in &all {
        files.entry(&one.finding.file).or_default().0 += 1;
    }
    all.sort_by_key(|(number, one)| (std::cmp::Reverse(one.finding.severity), *number));
    let (mut used, mut shown) = (0, 0);
    for (number, one) in all {
        let Some((_, items)) = files.get_mut(&*one.finding.file) else { continue };
        let item = item(one);
        // The lines around the first of a file.
        let frame = if items.is_empty() { html(&one.finding.file).len() + 120 } else { 0 };
        if used + frame + item.len() > room {
            break;
        }
        used += frame + item.len();
        shown += 1;
        items.push((number, outcome.fails(one), item));
    }
    files.retain(|_, (_, items)| !items.is_empty());
    files.values_mut().for_each(|(_, items)| items.sort());
    (files, shown)
}

fn section(file: &str, all: usize, items: &[(usize, bool, String)], out: &mut String) {
    // The worst file is open when it fails the run.
    let open = if items.iter().any(|(_, fails, _)| *fails) { " open" } else { "" };
    out.push_str(&format!(
        "\n<details{open}><summary><code>{}</code>: {}</summary>\n\n",
        html(file),
        counted(all as u64, "finding", "findings")
    ));
    items.iter().for_each(|(_, _, item)| out.push_str(item));
    out.push_str("\n</details>\n");
}

fn item(one: &Judged) -> String {
    let found = &one.finding;
    let mut out = format!(
        "- **{}** {} line {}: {}\n",
        found.severity,
        code(found.code),
        found.at.line,
        safe(&found.message)
    );
    if found.subject != *found.file {
        out.push_str(&format!("  - in {}\n", code(&found.subject)));
    }
    for evidence in &found.evidence {
        out.push_str(&format!("  - shown by: {}\n", safe(evidence)));
    }
    if let Some(fix) = &found.fix {
        out.push_str(&format!("  - fix: {}\n", safe(fix)));
    }
    out
}

/// A sentence with text of others in it: what stands in backticks is code, and so is each other word that is more than
/// letters.
pub fn safe(text: &str) -> String {
    let text = plain(text);
    // A backtick without its like is no mark: then no part is taken for code.
    if !text.matches('`').count().is_multiple_of(2) {
        return words_alone(&text);
    }
    let parts = text.split('`').enumerate();
    parts.map(|(number, part)| if number % 2 == 1 { code(part) } else { words_alone(part) }).collect()
}

fn words_alone(text: &str) -> String {
    let words = text.split(' ').map(|word| if is_harmless(word) { word.to_owned() } else { code(word) });
    words.collect::<Vec<_>>().join(" ")
}

/// Letters and a few signs, and nothing that looks like a commit, an issue or an address.
fn is_harmless(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '\'', '"']);
    let word = word.trim_end_matches(['.', ',', ';', ':', ')', '?', '\'', '"']);
    let is_commit = word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_issue = word.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("gh-"));
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '\'' | ',');
    !is_commit && !is_issue && word.chars().all(plain) && !word.starts_with('-')
}

/// A code span; its delimiter is longer than every run of backticks in it.
pub fn code(text: &str) -> String {
    let text = plain(text);
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let delimiter = "`".repeat(longest + 1);
    let is_only_blanks = text.chars().all(|c| c == ' ');
    let pad = match !is_only_blanks && (text.starts_with(['`', ' ']) || text.ends_with(['`', ' '])) {
        true => " ",
        false => "",
    };
    format!("{delimiter}{pad}{text}{pad}{delimiter}")
}

fn html(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::tests::{finding, outcome};

    #[test]
    fn only_plain_words_stand_outside_of_code() {
        for (text, wanted) in [
            ("the service `s3` has no action `GetObjekt`", "the service `s3` has no action `GetObjekt`"),
            ("ask @team about #12 (now)", "ask `@team` about `#12` (now)"),
            ("<b>x</b> [a](b) ![c](d) *e* _f_", "`<b>x</b>` `[a](b)` `![c](d)` `*e*` `_f_`"),
            (
                "https://example.com www.example.com a@example.com",
                "`https://example.com` `www.example.com` `a@example.com`",
            ),
            ("deadbeef GH-12", "`deadbeef` `GH-12`"),
            ("one ` alone", "one `` ` `` alone"),
            ("a\nb", "`a\\nb`"),
        ] {
            assert_eq!(safe(text), wanted);
        }
    }

    #[test]
    fn a_code_span_holds_whatever_it_is_given() {
        for (text, wanted) in
            [("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("a``", "``` a`` ```"), (" a ", "`  a  `")]
        {
            assert_eq!(code(text), wanted);
        }
    }

    #[test]
    fn findings_are_folded_by_file() {
        insta::assert_snapshot!(text(&outcome(vec![finding()])), @r"
        ## leastwise check

        | severity | findings |
        |---|---|
        | high | 1 |

        <details open><summary><code>policies/agent.json</code>: 1 finding</summary>

        - **high** `INVALID_ACTION` line 3: the service `s3` has no action `GetObjekt`
          - in `arn:aws:iam::111122223333:policy/agent`
          - shown by: a request
          - fix: did you mean `s3:GetObject`?

        </details>
        ");
    }

    #[test]
    fn a_comment_that_is_too_long_says_what_is_missing() {
        let many: Vec<_> = (0..2_000)
            .map(|number| {
                let mut found = finding();
                found.file = format!("{number:04}.json").into();
                found
            })
            .collect();
        let text = text(&outcome(many));
        assert!(text.len() < 65_536 && text.contains("that find no room in a comment"));
    }

    #[test]
    fn of_one_file_with_too_many_findings_the_worst_are_shown() {
        let many: Vec<_> = (0..2_000)
            .map(|number| {
                let mut found = finding();
                found.message = format!("number {number}");
                if number == 1_999 {
                    found.severity = leastwise_analysis::check::Severity::Critical;
                }
                found
            })
            .collect();
        let text = text(&outcome(many));
        assert!(text.len() < 65_536 && text.contains("number 1999") && text.contains("number 0\n"));
        assert!(text.contains(": 2,000 findings") && text.contains("that find no room in a comment"));
    }
}
