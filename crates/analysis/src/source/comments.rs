//! Which parts of a text are comments and not contents: what looks like a comment within a quoted text, a heredoc or a
//! block scalar is none. The languages' own parsers say where texts stand.

use std::ops::Range;

use granit_parser::{Event, Parser};
use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::BlockLabel;
use hcl_edit::visit::{Visit, visit_expr, visit_object_key};

/// A language with comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Terraform's: `#`, `//`, and `/*` up to `*/`
    Hcl,
    /// `#`
    Yaml,
    /// `//`
    Cedar,
}

/// Where the contents of a file stand, to tell its comments from them.
#[derive(Debug)]
pub struct Comments<'t> {
    language: Language,
    text: &'t str,
    /// Contents, in order.
    contents: Vec<Range<usize>>,
    /// Comments that have an end of their own, with their signs, in order.
    blocks: Vec<Range<usize>>,
    /// Up to where that is known.
    known: usize,
}

impl Language {
    /// What begins a comment that goes to the end of its line.
    pub const fn signs(self) -> &'static [&'static str] {
        match self {
            Language::Hcl => &["#", "//"],
            Language::Yaml => &["#"],
            Language::Cedar => &["//"],
        }
    }
}

impl<'t> Comments<'t> {
    /// Of this text. Of one that cannot be read in full, what stands before the first content is known, and what the
    /// parser got to.
    pub fn of(language: Language, text: &'t str) -> Comments<'t> {
        let mut comments =
            Comments { language, text, contents: Vec::new(), blocks: Vec::new(), known: text.len() };
        match language {
            Language::Hcl => comments.hcl(),
            Language::Yaml => comments.yaml(),
            Language::Cedar => comments.cedar(),
        }
        comments.contents.sort_by_key(|range| range.start);
        if language == Language::Hcl {
            comments.blocks = comments.find_blocks();
        }
        comments
    }

    /// The comment with an end of its own in which byte `at` stands, with its signs.
    pub fn block(&self, at: usize) -> Option<Range<usize>> {
        self.blocks.iter().find(|block| block.contains(&at)).cloned()
    }

    /// Whether a line, from one byte to another, says nothing: it is empty, or a comment.
    pub fn is_aside(&self, line: Range<usize>) -> bool {
        let mut at = line.start;
        while let Some(rest) = self.text.get(at..line.end) {
            let begin = rest.trim_start();
            if begin.is_empty() {
                break;
            }
            at = line.end - begin.len();
            match self.block(at) {
                Some(block) => at = block.end.min(line.end),
                None => return self.language.signs().iter().any(|sign| begin.starts_with(sign)),
            }
        }
        true
    }

    /// Whether a sign at byte `at` begins a comment or stands in one.
    pub fn begins(&self, at: usize) -> bool {
        if at < self.head() {
            return true;
        }
        // A `#` within a word begins nothing in YAML.
        let stands_free = self.language != Language::Yaml
            || self
                .text
                .get(..at)
                .is_some_and(|before| before.is_empty() || before.ends_with(char::is_whitespace));
        at < self.known && stands_free && !self.contents.iter().any(|range| range.contains(&at))
    }

    /// Up to where there are only comments and empty lines.
    fn head(&self) -> usize {
        let mut end = 0;
        for line in self.text.split_inclusive('\n') {
            let begin = line.trim_start_matches('\u{feff}').trim_start();
            if !begin.is_empty() && !self.language.signs().iter().any(|sign| begin.starts_with(sign)) {
                break;
            }
            end += line.len();
        }
        end
    }

    fn hcl(&mut self) {
        let plain = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        let shift = self.text.len() - plain.len();
        match hcl_edit::parser::parse_body(plain) {
            Ok(body) => {
                let mut quoted = Quoted(Vec::new());
                quoted.visit_body(&body);
                self.contents =
                    quoted.0.into_iter().map(|range| range.start + shift..range.end + shift).collect();
            }
            Err(_) => self.known = 0,
        }
    }

    /// <https://developer.hashicorp.com/terraform/language/syntax/configuration#comments>. Of a text that cannot be read, those
    /// before its first content.
    fn find_blocks(&self) -> Vec<Range<usize>> {
        let bytes = self.text.as_bytes();
        let mut blocks = Vec::new();
        let mut contents = self.contents.iter().peekable();
        let mut at = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            while contents.next_if(|range| range.end <= at).is_some() {}
            if let Some(content) = contents.peek().filter(|range| range.start <= at) {
                at = content.end;
                continue;
            }
            let end = |from: usize, sign: &str| {
                let after = self.text.get(from..)?;
                Some(from + after.find(sign)? + sign.len())
            };
            at = match rest {
                [b'#', ..] | [b'/', b'/', ..] => end(at + 1, "\n").unwrap_or(bytes.len()),
                [b'/', b'*', ..] => {
                    let Some(end) = end(at + 2, "*/") else { break };
                    blocks.push(at..end);
                    end
                }
                [one, ..] if self.known == 0 && !one.is_ascii_whitespace() => break,
                _ => at + 1,
            };
        }
        blocks
    }

    fn yaml(&mut self) {
        let plain = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        let shift = self.text.len() - plain.len();
        let mut reached = 0;
        for event in Parser::new_from_str(plain) {
            let Ok((event, span)) = event else {
                self.known = reached;
                return;
            };
            let Some(range) = span.byte_range() else { continue };
            reached = range.end + shift;
            if matches!(event, Event::Scalar(..)) && !range.is_empty() {
                self.contents.push(range.start + shift..reached);
            }
        }
    }

    /// Quoted texts, which may go over several lines.
    fn cedar(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'/' if bytes.get(at + 1) == Some(&b'/') => {
                    at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
                }
                b'"' => {
                    let begin = at;
                    at += 1;
                    while at < bytes.len() && bytes[at] != b'"' {
                        at += 1 + usize::from(bytes[at] == b'\\');
                    }
                    self.contents.push(begin..at.min(bytes.len()));
                }
                _ => {}
            }
            at += 1;
        }
    }
}

/// Quoted texts and heredocs of Terraform, with all that is between their ends.
struct Quoted(Vec<Range<usize>>);

impl Visit for Quoted {
    fn visit_expr(&mut self, node: &Expression) {
        match node {
            Expression::String(_) | Expression::StringTemplate(_) | Expression::HeredocTemplate(_) => {
                self.0.extend(node.span());
            }
            _ => visit_expr(self, node),
        }
    }

    fn visit_object_key(&mut self, node: &ObjectKey) {
        visit_object_key(self, node);
    }

    fn visit_block_label(&mut self, node: &BlockLabel) {
        if let BlockLabel::String(_) = node {
            self.0.extend(node.span());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each `#!` of the text, whether it begins a comment.
    fn signs(language: Language, text: &str) -> Vec<bool> {
        let comments = Comments::of(language, text);
        text.match_indices(language.signs()[0])
            .filter(|(at, sign)| text[at + sign.len()..].starts_with('!'))
            .map(|(at, _)| comments.begins(at))
            .collect()
    }

    #[test]
    fn a_sign_in_a_text_of_terraform_begins_nothing() {
        let text = "#! yes\nresource \"x\" \"a#! no\" { #! yes\n  a = \"#! no\" #! yes\n  b = jsonencode({ \"k#! no\" = \"#! no\", c = \"${f(\"#! no\")} #! no\" })\n  d = <<-EOT\n    #! no\n    x\n  EOT\n  e = [ #! yes\n    1]\n  #! yes\n}\n#! yes\n";
        let wanted: Vec<bool> =
            text.match_indices("#! ").map(|(at, _)| text[at + 3..].starts_with("yes")).collect();
        assert_eq!(signs(Language::Hcl, text), wanted);
    }

    #[test]
    fn a_block_comment_of_terraform_is_none_within_a_text_or_a_comment() {
        let text = "/* 1 */ a = \"/* no */\" /* 2\n# x */\nb = <<EOT\n/* no */\nEOT\n# /* no */\n//* no */\n#\nc = 1/*3*/\n";
        let comments = Comments::of(Language::Hcl, text);
        let blocks: Vec<&str> = comments.blocks.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(blocks, ["/* 1 */", "/* 2\n# x */", "/*3*/"]);
        let broken = Comments::of(Language::Hcl, "#é\n/* 1 */ a = \"\n/* no */");
        assert_eq!(broken.blocks.len(), 1);
        for (line, is_aside) in
            [("/* a */ // b", true), ("/* a */ b = 1", false), ("", true), ("/* a", false)]
        {
            assert_eq!(Comments::of(Language::Hcl, line).is_aside(0..line.len()), is_aside, "{line}");
        }
    }

    #[test]
    fn a_sign_in_a_scalar_of_yaml_begins_nothing() {
        let text = "#! yes\na: b #! yes\nc: \"x #! no\"\nd: 'x\n  #! no'\ne: |\n  #! no\n  text\n#! yes\nf: >-\n    #! no\n\ng: # yes\n  - x#! no\n  - &n#! no\n  - {a: b} #! yes\n  - plain\n    goes on\n  #! yes\n--- #! yes\nh: 1\n#! yes\n";
        let wanted: Vec<bool> =
            text.match_indices("#! ").map(|(at, _)| text[at + 3..].starts_with("yes")).collect();
        assert_eq!(signs(Language::Yaml, text), wanted);
    }

    #[test]
    fn a_sign_in_a_text_of_cedar_begins_nothing() {
        let text = "//! a \" quote\npermit(principal, action, resource) when { context.a == \"\\\"//!\n //!\" }; //! x\n";
        assert_eq!(signs(Language::Cedar, text), [true, false, false, true]);
    }

    #[test]
    fn of_what_cannot_be_read_the_head_is_known() {
        assert_eq!(signs(Language::Hcl, "#! x\n\n// y\n#! x\na = \"\n#! x\n"), [true, true, false]);
        assert_eq!(signs(Language::Yaml, "#! x\n{{- if .x }}\na: b\n#! x\n"), [true, false]);
    }
}
