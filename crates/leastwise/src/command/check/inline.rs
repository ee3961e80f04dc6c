//! Suppressions in the file itself, for formats that have comments:
//! `# leastwise:ignore CODE[,CODE…] until=YYYY-MM-DD reason`, on the line of the finding or in the lines before it; in
//! Terraform also `/* leastwise:ignore … */`, each on one line of the comment. What looks like one within a text suppresses nothing: whose text it is may not be whoever reviews the code.

use std::ops::Range;

use leastwise_analysis::check::gate::SUPPRESSION_UNUSED;
use leastwise_analysis::check::{Finding, SourceFile};
use leastwise_analysis::source::{Comments, Language, Place};
use leastwise_policy::glob::Glob;
use leastwise_policy::time::Date;

use super::outcome::{Judged, State};
use super::select::Selection;
use super::{settings, suppress};

const MARK: &str = "leastwise:ignore";
/// Endings of formats with comments.
const COMMENTS: [(&str, Language); 8] = [
    ("tf", Language::Hcl),
    ("tofu", Language::Hcl),
    ("hcl", Language::Hcl),
    ("tfvars", Language::Hcl),
    ("yaml", Language::Yaml),
    ("yml", Language::Yaml),
    ("template", Language::Yaml),
    ("cedar", Language::Cedar),
];

/// A suppression in a comment.
#[derive(Debug)]
pub struct Directive {
    file: String,
    at: Place,
    /// The line that it is about.
    line: u32,
    /// What stands on that line.
    about: String,
    /// What it says; else what is wrong with it.
    said: Result<Said, String>,
}

#[derive(Debug)]
struct Said {
    codes: Vec<String>,
    until: Date,
    reason: String,
}

/// The suppressions in the comments of these files.
pub fn directives(files: &[SourceFile]) -> Vec<Directive> {
    files.iter().filter(|file| file.text.contains(MARK)).flat_map(of_file).collect()
}

fn of_file(file: &SourceFile) -> Vec<Directive> {
    let ending = file.name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let Some((_, language)) = COMMENTS.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)) else {
        return Vec::new();
    };
    let comments = Comments::of(*language, &file.text);
    let mut begin = 0;
    let mut lines: Vec<Range<usize>> = Vec::new();
    for line in file.text.split_inclusive('\n') {
        lines.push(begin..begin + line.trim_end_matches(['\r', '\n']).len());
        begin += line.len();
    }
    let mut directives = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let text = &file.text[line.clone()];
        for (within, _) in text.match_indices(MARK) {
            let Some((at, after, goes_on)) =
                meant(&comments, *language, &file.text, line, line.start + within)
            else {
                continue;
            };
            let column = file.text[line.start..at].chars().count() + 1;
            let about = match comments.is_aside(line.clone()) {
                false => number,
                true => {
                    let mut next = number + 1..lines.len();
                    next.find(|next| !comments.is_aside(lines[*next].clone())).unwrap_or(number)
                }
            };
            directives.push(Directive {
                file: file.name.to_string(),
                at: Place { line: place(number), column: u32::try_from(column).unwrap_or(u32::MAX) },
                line: place(about),
                about: lines
                    .get(about)
                    .map(|line| file.text[line.clone()].trim().to_owned())
                    .unwrap_or_default(),
                said: parse(after),
            });
            if !goes_on {
                break;
            }
        }
    }
    directives
}

/// Of a mark that begins what a comment says: where the comment begins on the line, what stands behind the mark, and whether
/// the line goes on behind the comment.
fn meant<'t>(
    comments: &Comments<'_>,
    language: Language,
    text: &'t str,
    line: &Range<usize>,
    mark: usize,
) -> Option<(usize, &'t str, bool)> {
    let after = mark + MARK.len();
    if let Some(block) = comments.block(mark) {
        let begin = block.start.max(line.start);
        let before = text.get(begin..mark)?;
        let is_first = before.trim_start_matches("/*").chars().all(|one| one.is_whitespace() || one == '*');
        let said = text.get(after..block.end.min(line.end))?;
        let said = said.strip_suffix("*/").unwrap_or(said);
        return is_first.then_some((begin, said, block.end < line.end));
    }
    let before = text.get(line.start..mark)?.trim_end();
    let sign = language.signs().iter().find(|sign| before.ends_with(**sign))?;
    let at = line.start + before.len() - sign.len();
    comments.begins(at).then_some((at, text.get(after..line.end)?, false))
}

fn place(number: usize) -> u32 {
    u32::try_from(number + 1).unwrap_or(u32::MAX)
}

fn parse(text: &str) -> Result<Said, String> {
    let mut words = text.split_whitespace();
    let codes = words.next().ok_or("it names no code")?;
    let codes = codes.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect();
    let until = words.next().and_then(|word| word.strip_prefix("until="));
    let until = until.ok_or("its code is not followed by `until=YYYY-MM-DD`")?;
    let until = settings::date(until).map_err(|(what, hint)| format!("{what}: {hint}"))?;
    let reason = words.collect::<Vec<_>>().join(" ");
    if reason.is_empty() {
        return Err("it gives no reason".to_owned());
    }
    Ok(Said { codes, until, reason })
}

/// Suppresses what is suppressed today; gives what is to be said of the comments themselves.
pub fn apply(
    judged: &mut [Judged],
    directives: &[Directive],
    selection: &Selection,
    today: Date,
) -> Vec<Finding> {
    directives.iter().filter_map(|directive| directive.apply(judged, selection, today)).collect()
}

/// Those that the old state does not have: the same words about a line that reads the same, wherever it stands.
pub fn brought<'n>(new: &'n [Directive], old: &[Directive]) -> Vec<&'n Directive> {
    let mut left: Vec<&Directive> = old.iter().filter(|one| one.said.is_ok()).collect();
    let mut brought = Vec::new();
    for directive in new.iter().filter(|one| one.said.is_ok()) {
        match left.iter().position(|before| directive.is_covered_by(before)) {
            Some(place) => drop(left.swap_remove(place)),
            None => brought.push(directive),
        }
    }
    brought
}

impl Directive {
    fn is_covered_by(&self, other: &Directive) -> bool {
        let (Ok(own), Ok(before)) = (&self.said, &other.said) else { return false };
        own.codes == before.codes && own.until.days() <= before.until.days() && self.about == other.about
    }

    /// Where it stands.
    pub fn place(&self) -> (&str, Place) {
        (&self.file, self.at)
    }

    /// What it suppresses, in words.
    pub fn what(&self) -> String {
        let Ok(said) = &self.said else { return String::new() };
        format!("`{}` on line {} until {}: {}", said.codes.join(","), self.line, said.until, said.reason)
    }

    /// Whether it is what suppresses the finding.
    pub fn is_about(&self, finding: &Finding) -> bool {
        let Ok(said) = &self.said else { return false };
        let is_code = |wanted: &String| Glob::new(wanted).matches_ignoring_case(finding.code);
        finding.at.line == self.line && *finding.file == *self.file && said.codes.iter().any(is_code)
    }

    /// Whether it holds today.
    pub fn holds(&self, today: Date) -> bool {
        self.said.as_ref().is_ok_and(|said| said.until.days() >= today.days())
    }

    fn apply(&self, judged: &mut [Judged], selection: &Selection, today: Date) -> Option<Finding> {
        let said = match &self.said {
            Ok(said) => said,
            Err(what) => {
                let message = format!("a comment that is meant to suppress does not: {what}");
                return Some(suppress::said(&SUPPRESSION_UNUSED, &self.file, self.at, MARK, message));
            }
        };
        let shown = said.codes.join(",");
        let is_about =
            |code: &str| said.codes.iter().any(|wanted| Glob::new(wanted).matches_ignoring_case(code));
        let lapsed = said.until.days() < today.days();
        let mut about = 0;
        let is_here =
            |found: &Finding| found.at.line == self.line && *found.file == *self.file && is_about(found.code);
        for one in judged.iter_mut().filter(|one| is_here(&one.finding)) {
            about += 1;
            if !lapsed && one.is_open() {
                one.state = State::Suppressed {
                    reason: said.reason.clone(),
                    until: said.until.to_string(),
                    inline: true,
                };
            }
        }
        if lapsed {
            return Some(suppress::lapsed_finding(&self.file, self.at, &shown, said.until, about));
        }
        let selected = said.codes.iter().any(|code| selection.takes(code));
        (about == 0 && selected).then(|| {
            let message = format!("nothing found on line {} is what `{shown}` suppresses here", self.line);
            let mut finding = suppress::said(&SUPPRESSION_UNUSED, &self.file, self.at, &shown, message);
            finding.fix = Some("take it out".to_owned());
            finding
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::tests::finding;

    const TODAY: &str = "2026-11-21";

    fn judge(text: &str, line: u32) -> (State, Vec<Finding>) {
        let file = SourceFile::named("main.tf", text);
        let mut found = finding();
        (found.file, found.at.line) = ("main.tf".into(), line);
        let mut judged = Judged::all(vec![found]);
        let today = Date::parse(TODAY).expect("a day");
        let said = apply(&mut judged, &directives(&[file]), &Selection::default(), today);
        (judged.remove(0).state, said)
    }

    #[test]
    fn a_comment_suppresses_on_its_line_or_the_next_that_says_something() {
        let comment = "# leastwise:ignore INVALID_ACTION until=2026-12-31 in preview";
        for (text, line) in [
            (format!("a = 1 {comment}\n"), 1),
            (format!("{comment}\na = 1\n"), 2),
            (format!("  {comment}\n\n  // more\n  a = 1\n"), 4),
            (comment.replace("INVALID_ACTION", "X,invalid_*").replace('#', "//") + "\na = 1", 2),
        ] {
            let (state, said) = judge(&text, line);
            let wanted =
                State::Suppressed { reason: "in preview".into(), until: "2026-12-31".into(), inline: true };
            assert_eq!((state, said), (wanted, vec![]), "{text}");
        }
    }

    #[test]
    fn a_block_comment_of_terraform_suppresses_by_the_same_rules() {
        let said = "leastwise:ignore INVALID_ACTION until=2026-12-31 in preview";
        for (text, line) in [
            (format!("a = 1 /* {said} */\n"), 1),
            (format!("/* {said} */ a = 1\n"), 1),
            (format!("/*{said}*/\na = 1\n"), 2),
            (format!("/*\n * {said}\n */\n\n# more\n/* and\n more */ a = 1\n"), 7),
            (format!("/** {said}\r\n*/\r\na = 1\r\n"), 3),
            (format!("/* leastwise:ignore X until=2026-12-31 r */ a = 1 /* {said} */\n"), 1),
        ] {
            let (state, _) = judge(&text, line);
            let wanted =
                State::Suppressed { reason: "in preview".into(), until: "2026-12-31".into(), inline: true };
            assert_eq!(state, wanted, "{text}");
        }
        for text in [
            format!("a = \"/* {said} */\"\n"),
            format!("a = <<EOT\n/* {said} */\nEOT\n"),
            format!("a = \"${{ 1 /* {said} */ }}\"\n"),
            format!("/* as in {said} */ a = 1\n"),
        ] {
            for line in 1..=3 {
                assert_eq!(judge(&text, line), (State::Open, vec![]), "{text}");
            }
        }
        let (state, told) = judge("/* leastwise:ignore INVALID_ACTION until=2026-12-31 */\na = 1\n", 2);
        assert_eq!((state, told.len()), (State::Open, 1));
        let (state, told) = judge("/* leastwise:ignore INVALID_ACTION until=2026-11-20 over */\na = 1\n", 2);
        assert_eq!((state, told[0].code), (State::Open, "SUPPRESSION_LAPSED"));
        let yaml = format!("a: 1 /* {said} */\n");
        assert!(directives(&[SourceFile::named("k.yaml", yaml)]).is_empty());
    }

    #[test]
    fn what_looks_like_a_comment_within_a_text_suppresses_nothing() {
        let mark = "# leastwise:ignore * until=2026-12-31 reason";
        for text in [
            format!("a = jsonencode({{Id=\"{mark}\"}})\n"),
            format!("a = <<EOT\n{mark}\nb\nEOT\n"),
            format!("a = \"${{f(\"{mark}\")}}\"\n"),
        ] {
            for line in 1..=3 {
                assert_eq!(judge(&text, line), (State::Open, vec![]), "{text}");
            }
        }
        let yaml = format!("a:\n  note: |\n    {mark}\nb: 1\n");
        assert!(directives(&[SourceFile::named("k.yaml", yaml)]).is_empty());
        let cedar = format!(
            "permit(principal, action, resource) when {{ \"{}\" == context.a }};",
            mark.replace('#', "//")
        );
        assert!(directives(&[SourceFile::named("k.cedar", cedar)]).is_empty());
    }

    #[test]
    fn what_does_not_suppress_is_told() {
        for (text, code) in [
            ("# leastwise:ignore INVALID_ACTION until=2026-11-20 over\na", "SUPPRESSION_LAPSED"),
            ("# leastwise:ignore INVALID_ACTION until=2026-12-31\na", "SUPPRESSION_UNUSED"),
            ("# leastwise:ignore INVALID_ACTION a reason alone\na", "SUPPRESSION_UNUSED"),
            ("# leastwise:ignore INVALID_ACTION until=2999-12-31 too long\na", "SUPPRESSION_UNUSED"),
            ("# leastwise:ignore UNREADABLE until=2026-12-31 another code\na", "SUPPRESSION_UNUSED"),
            ("# leastwise:ignore\na", "SUPPRESSION_UNUSED"),
        ] {
            let (state, said) = judge(text, 2);
            assert_eq!(state, State::Open, "{text}");
            assert_eq!(said.iter().map(|finding| finding.code).collect::<Vec<_>>(), [code], "{text}");
        }
    }

    #[test]
    fn text_that_is_no_comment_means_nothing() {
        let (state, said) = judge("a = \"leastwise:ignore INVALID_ACTION until=2026-12-31 x\"\n", 1);
        assert_eq!((state, said), (State::Open, vec![]));
    }
}
