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
    let mut files: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
    for one in outcome.open() {
        files.entry(&one.finding.file).or_default().push(one);
    }
    let mut shown = 0;
    for (file, findings) in files {
        let section = section(outcome, file, &findings);
        if out.len() + section.len() > LONGEST {
            break;
        }
        shown += findings.len();
        out.push_str(&section);
    }
    if shown < found {
        out.push_str(&format!(
            "\nand {} that find no room in a comment; `leastwise check` prints all of them\n",
            counted((found - shown) as u64, "finding", "findings")
        ));
    }
    out
}

fn section(outcome: &Outcome<'_>, file: &str, findings: &[&Judged]) -> String {
    // The worst file is open when it fails the run.
    let open = if findings.iter().any(|one| outcome.fails(one)) { " open" } else { "" };
    let mut out = format!(
        "\n<details{open}><summary><code>{}</code>: {}</summary>\n\n",
        html(file),
        counted(findings.len() as u64, "finding", "findings")
    );
    for one in findings {
        let found = &one.finding;
        out.push_str(&format!(
            "- **{}** {} line {}: {}\n",
            found.severity,
            code(found.code),
            found.at.line,
            safe(&found.message)
        ));
        if found.subject != *found.file {
            out.push_str(&format!("  - in {}\n", code(&found.subject)));
        }
        for evidence in &found.evidence {
            out.push_str(&format!("  - shown by: {}\n", safe(evidence)));
        }
        if let Some(fix) = &found.fix {
            out.push_str(&format!("  - fix: {}\n", safe(fix)));
        }
    }
    out.push_str("\n</details>\n");
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
}
