//! The relations between globs, against a brute-force oracle on every pattern up to a length.

use leastwise_policy::glob::{matches, overlaps, subsumes};

/// Every text of up to `length` of these characters.
fn all(characters: &[char], length: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut begin = 0;
    for _ in 0..length {
        let end = texts.len();
        for index in begin..end {
            for character in characters {
                texts.push(format!("{}{character}", texts[index]));
            }
        }
        begin = end;
    }
    texts
}

/// The definition, slowly.
fn defined(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(('*', rest)), _) => {
            defined(rest, text) || text.split_first().is_some_and(|(_, text)| defined(pattern, text))
        }
        (Some(('?', rest)), Some((_, text))) => defined(rest, text),
        (Some((wanted, rest)), Some((found, text))) => wanted == found && defined(rest, text),
        (Some(_), None) => false,
    }
}

/// Which of the texts a pattern matches, as a set of bits.
fn language(pattern: &str, texts: &[Vec<char>]) -> Vec<u64> {
    let pattern: Vec<char> = pattern.chars().collect();
    let bits = |texts: &[Vec<char>]| {
        texts.iter().rev().fold(0, |bits, text| bits << 1 | u64::from(defined(&pattern, text)))
    };
    texts.chunks(64).map(bits).collect()
}

#[test]
fn matching_subsumption_and_overlap_are_exact_on_every_small_pattern() {
    // `x` stands for the characters that occur in no pattern. Texts are two longer than patterns, which is enough to
    // tell any two patterns of this length apart.
    let patterns = all(&['a', 'b', '*', '?'], 4);
    let texts = all(&['a', 'b', 'x'], 7);
    let characters: Vec<Vec<char>> = texts.iter().map(|text| text.chars().collect()).collect();
    let languages: Vec<Vec<u64>> = patterns.iter().map(|pattern| language(pattern, &characters)).collect();
    for (pattern, language) in patterns.iter().zip(&languages) {
        for (index, text) in texts.iter().enumerate() {
            let wanted = language[index / 64] >> (index % 64) & 1 == 1;
            assert_eq!(matches(pattern, text), wanted, "{pattern} {text}");
        }
    }
    for (outer, outer_language) in patterns.iter().zip(&languages) {
        for (inner, inner_language) in patterns.iter().zip(&languages) {
            let pairs = || outer_language.iter().zip(inner_language);
            let contained = pairs().all(|(outer, inner)| inner & !outer == 0);
            assert_eq!(subsumes(outer, inner), contained, "{outer} {inner}");
            let common = pairs().any(|(outer, inner)| outer & inner != 0);
            assert_eq!(overlaps(outer, inner), common, "{outer} {inner}");
        }
    }
}

#[test]
fn a_hostile_pattern_takes_no_exponential_time() {
    let pattern = "*a".repeat(1_000);
    let text = "a".repeat(999) + "b";
    assert!(!matches(&pattern, &text));
    assert!(subsumes("*", &pattern));
    assert!(subsumes(&pattern, &"a*".repeat(1_000).replace("a*", "*a")));
    assert!(!subsumes(&(pattern.clone() + "b"), &pattern));
    assert!(!overlaps(&(pattern.clone() + "b"), &(pattern + "c")));
}

#[test]
fn a_question_mark_is_one_character_whatever_its_length() {
    assert!(matches("?", "é"));
    assert!(matches("a?c", "a😀c"));
    assert!(!matches("??", "é"));
}
