//! What a PartiQL statement of DynamoDB is about.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html>: `SELECT … FROM table[.index]`,
//! `INSERT INTO table`, `UPDATE table`, `DELETE FROM table`, with or without quotes around the names.

/// The table, or `table/index/name`, of a statement with this verb; nothing for another verb, and `*` where the statement does
/// not say.
pub(super) fn subject(verb: &str, statement: &str) -> String {
    let mut rest = statement.trim_start();
    if !take_word(&mut rest, verb) {
        return String::new();
    }
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
    let Some(mut behind) = rest.strip_prefix('.') else { return table.to_owned() };
    match take_name(&mut behind) {
        "" => table.to_owned(),
        index => format!("{table}/index/{index}"),
    }
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
            None if !is_of_a_name(before) => {
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
}
