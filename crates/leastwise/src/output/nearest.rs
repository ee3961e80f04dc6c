//! Nearest names: what the user may have meant.

/// Up to `n` of the names nearest to `wanted`, nearest first; only those near enough to be worth saying.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>, n: usize) -> Vec<&'a str> {
    let lower = wanted.to_lowercase();
    let mut scored: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let other = name.to_lowercase();
            let distance = match other.contains(&lower) || lower.contains(&other) {
                true => 0,
                false => distance(&lower, &other),
            };
            (distance * 5 <= 2 * lower.chars().count().max(other.chars().count())).then_some((distance, name))
        })
        .collect();
    scored.sort();
    scored.dedup();
    scored.into_iter().take(n).map(|(_, name)| name).collect()
}

/// Levenshtein distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first() {
        let names =
            ["arn:aws:iam::111122223333:role/agent", "arn:aws:iam::111122223333:role/agents-of-old", "zebra"];
        let near = nearest("arn:aws:iam::111122223333:role/agemt", names, 3);
        assert_eq!(near, [names[0], names[1]]);
    }

    #[test]
    fn nothing_near_is_nothing_said() {
        assert!(nearest("width", ["zebra"], 3).is_empty());
    }
}
