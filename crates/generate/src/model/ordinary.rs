//! Which words may be sent to a model as they stand: those of a list, dates and lengths of time, and actions of AWS.

use std::collections::HashSet;
use std::sync::OnceLock;

use leastwise_catalog::Catalog;

static WORDS: &str = include_str!("words.txt");

/// Whether the word is one of the list, a date, a length of time or a small number.
pub(super) fn is_ordinary(word: &str) -> bool {
    let lower = word.to_lowercase();
    words().contains(lower.as_str()) || is_region(word) || is_time(word)
}

/// Whether it is an action of AWS: `dynamodb:PutItem`.
pub(super) fn is_action(word: &str, catalog: &Catalog) -> bool {
    catalog.action(word).is_some()
}

/// Whether it is a region of AWS that the catalogue knows; another one is replaced like any name.
pub(super) fn is_region(word: &str) -> bool {
    leastwise_catalog::is_region(word)
}

fn words() -> &'static HashSet<&'static str> {
    static SET: OnceLock<HashSet<&'static str>> = OnceLock::new();
    SET.get_or_init(|| {
        WORDS.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect()
    })
}

/// `15m`, `12h`, `90d`, `7`, `2026-12-31`, `2026-12-31T18:00:00Z`: what has no more digits than that names nothing.
fn is_time(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let length = word.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(word);
    let is_length = !length.is_empty()
        && digits == length.len()
        && digits <= 3
        && (length.len() < word.len() || digits <= 2);
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    is_length || matches!(shape.as_str(), "0000-00-00" | "0000-00-00T00:00:00Z" | "0000-00-00T00:00Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_not_ordinary_and_words_of_the_trade_are() {
        for word in ["reads", "Table", "DynamoDB", "eu-west-1", "12h", "2026-12-31", "S3", "7"] {
            assert!(is_ordinary(word), "{word}");
        }
        for name in [
            "orders",
            "CustomerOrders",
            "orders-queue",
            "payments",
            "111122223333",
            "2026",
            "acme",
            "eu-west-9",
        ] {
            assert!(!is_ordinary(name), "{name}");
        }
    }
}
