//! What a PartiQL statement of DynamoDB is about.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html>: `SELECT … FROM table[.index]`,
//! `INSERT INTO table`, `UPDATE table`, `DELETE FROM table`, with or without quotes around the names.

use std::borrow::Cow;

/// The verbs of the language. `EXISTS(SELECT …)` is a condition of a transaction, and reads.
const VERBS: [&str; 4] = ["select", "insert", "update", "delete"];

/// The table, or `table/index/name`, of a statement with this verb; nothing for another verb, and `*` where the statement does
/// not say. The verb `other` is that of statements that have none of the language's.
pub(super) fn subject(verb: &str, statement: &str) -> String {
    let statement = without_comments(statement);
    let begins = |verb: &str| {
        let mut rest = opened(&statement);
        if verb == "select" && take_word(&mut rest, "exists") {
            rest = opened(rest);
        }
        take_word(&mut rest, verb).then_some(rest)
    };
    if verb == "other" {
        let known = VERBS.iter().any(|verb| begins(verb).is_some());
        return if known { String::new() } else { "*".to_owned() };
    }
    let Some(mut rest) = begins(verb) else { return String::new() };
    let found = match verb {
        "select" => skip_past(&mut rest, "from"),
        "insert" => take_word(&mut rest, "into"),
        "delete" => take_word(&mut rest, "from"),
        _ => true,
    };
    let table = if found { take_name(&mut rest) } else { "" };
    if table.is_empty() {
        return "*".to_owned();
    }
    let Some(behind) = rest.trim_start().strip_prefix('.') else { return table.to_owned() };
    match take_name(&mut behind.trim_start()) {
        // A dot and no name behind it: nobody knows what that is.
        "" => "*".to_owned(),
        index => format!("{table}/index/{index}"),
    }
}

/// The text behind white space and opening brackets.
fn opened(text: &str) -> &str {
    text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '(')
}

/// The statement with a space for each comment: `-- …` up to the line's end, and `/* … */`.
fn without_comments(statement: &str) -> Cow<'_, str> {
    if !statement.contains("--") && !statement.contains("/*") {
        return Cow::Borrowed(statement);
    }
    let (mut text, mut rest, mut quote) = (String::with_capacity(statement.len()), statement, None);
    while let Some(letter) = rest.chars().next() {
        let ends = match (quote, &rest.as_bytes()[..rest.len().min(2)]) {
            (None, b"--") => Some(rest.find('\n').unwrap_or(rest.len())),
            (None, b"/*") => Some(rest[2..].find("*/").map_or(rest.len(), |at| at + 4)),
            _ => None,
        };
        if let Some(end) = ends {
            text.push(' ');
            rest = &rest[end..];
            continue;
        }
        quote = match quote {
            Some(open) if open == letter => None,
            None if matches!(letter, '"' | '\'') => Some(letter),
            quote => quote,
        };
        text.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    Cow::Owned(text)
}

/// Takes this word, in whatever case, with the space behind it.
fn take_word(rest: &mut &str, word: &str) -> bool {
    let Some((first, behind)) = rest.split_at_checked(word.len()) else { return false };
    let ends = behind.chars().next().is_none_or(|next| !is_of_a_name(next));
    if !ends || !first.eq_ignore_ascii_case(word) {
        return false;
    }
    *rest = behind.trim_start();
    true
}

/// Goes on behind the next such word that is not within quotes.
fn skip_past(rest: &mut &str, word: &str) -> bool {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in rest.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None if !is_of_a_name(before) && before != '.' => {
                let mut from = &rest[at..];
                if take_word(&mut from, word) {
                    *rest = from;
                    return true;
                }
            }
            None => {}
        }
        before = letter;
    }
    false
}

/// Takes a name, with or without quotes.
fn take_name<'a>(rest: &mut &'a str) -> &'a str {
    let (name, behind) = match rest.strip_prefix('"') {
        Some(quoted) => match quoted.split_once('"') {
            Some(parts) => parts,
            None => return "",
        },
        None => rest.split_at(rest.find(|letter| !is_of_a_name(letter)).unwrap_or(rest.len())),
    };
    *rest = behind;
    name
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::subject;

    #[test]
    fn a_statement_names_its_table_and_index() {
        for (verb, statement, expected) in [
            ("select", "SELECT * FROM Music WHERE Artist = 'x'", "Music"),
            ("select", "select Artist,\n \"from\", size(a) from\n\"my.table\"", "my.table"),
            ("select", "SELECT * FROM \"Music\".\"by-year\" WHERE y = 1", "Music/index/by-year"),
            ("select", "SELECT a FROM Music.byYear", "Music/index/byYear"),
            ("select", "SELECT a_from FROM t", "t"),
            ("select", "SELECT ' from x' FROM t", "t"),
            ("insert", "  insert INTO \"Music\" VALUE {'a': ?}", "Music"),
            ("update", "UPDATE Music SET a=1 WHERE b='from c'", "Music"),
            ("delete", "DELETE FROM Music WHERE a='x'", "Music"),
            ("select", "EXISTS(SELECT * FROM \"Music\" WHERE a = 'x' AND b IS MISSING)", "Music"),
            ("select", "(SELECT * FROM Music)", "Music"),
            ("select", "SELECT * FROM \"Music\" . \"idx\"", "Music/index/idx"),
            ("select", "SELECT * FROM Music\t.\nidx", "Music/index/idx"),
            ("select", "SELECT * FROM Music.?", "*"),
            ("select", "SELECT a -- from b\nFROM t", "t"),
            ("select", "SELECT a /* from b */ FROM t", "t"),
            ("select", "SELECT '-- from b' FROM t", "t"),
            ("select", "SELECT a.from FROM t", "t"),
            ("update", "/* y */ UPDATE \"Other\" SET a=1", "Other"),
            ("update", "-- all of it", ""),
            (
                "select",
                "SELECT * FROM \"arn:aws:dynamodb:eu-west-1:444455556666:table/t\"",
                "arn:aws:dynamodb:eu-west-1:444455556666:table/t",
            ),
        ] {
            assert_eq!(subject(verb, statement), expected, "{statement}");
        }
    }

    #[test]
    fn another_verb_names_nothing_and_a_torn_statement_anything() {
        assert_eq!(subject("insert", "SELECT * FROM Music"), "");
        assert_eq!(subject("select", "SELECTED"), "");
        assert_eq!(subject("select", ""), "");
        assert_eq!(subject("select", "SELECT *"), "*");
        assert_eq!(subject("update", "UPDATE \"Mus"), "*");
        assert_eq!(subject("delete", "DELETE"), "*");
    }

    #[test]
    fn what_has_no_known_verb_is_told() {
        for known in
            ["SELECT * FROM t", "exists(select * from t)", "/**/insert into t", "UPDATE t", "(DELETE"]
        {
            assert_eq!(subject("other", known), "", "{known}");
        }
        for other in ["HIDDEN_DUE_TO_SECURITY_REASONS", "", "MERGE INTO t", "/* SELECT", "exists"] {
            assert_eq!(subject("other", other), "*", "{other}");
        }
    }
}
