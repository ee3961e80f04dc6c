//! Which words may be sent to a model as they stand: those of a list, dates and lengths of time, and actions of AWS.

use std::collections::HashSet;
use std::sync::OnceLock;

use leastwise_catalog::Catalog;

static WORDS: &str = include_str!("words.txt");

/// The regions of AWS as of this version; another one is replaced like any name.
const REGIONS: [&str; 39] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-1",
    "ap-south-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eusc-de-east-1",
];

/// Whether the word is one of the list, a date, a length of time or a small number.
pub(super) fn is_ordinary(word: &str) -> bool {
    let lower = word.to_lowercase();
    words().contains(lower.as_str()) || is_region(word) || is_time(word)
}

/// Whether it is an action of AWS: `dynamodb:PutItem`.
pub(super) fn is_action(word: &str, catalog: &Catalog) -> bool {
    catalog.action(word).is_some()
}

/// Whether it is a region of AWS.
pub(super) fn is_region(word: &str) -> bool {
    REGIONS.contains(&word)
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
