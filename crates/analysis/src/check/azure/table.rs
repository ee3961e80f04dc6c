//! What operations can be used for beyond what they say: the rows of `data/danger/azure.txt`.

const TABLE: &str = include_str!("../../../data/danger/azure.txt");

/// The operations of this use.
pub(super) fn operations(of: &'static str) -> impl Iterator<Item = &'static str> {
    rows().filter(move |(used, _)| *used == of).map(|(_, operation)| operation)
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

#[cfg(test)]
mod tests {
    use leastwise_catalog::azure::{Azure, Plane};

    use super::*;

    #[test]
    fn every_row_names_an_operation_that_exists_once() {
        let mut seen = std::collections::BTreeSet::new();
        for (of, operation) in rows() {
            let plane = match of {
                "keys" | "entry" | "run" => Plane::Control,
                "run-data" => Plane::Data,
                other => panic!("no use is called `{other}`"),
            };
            assert!(Azure::embedded().has(plane, operation), "{operation}");
            assert!(seen.insert(operation.to_ascii_lowercase()), "{operation} twice");
        }
        assert!(seen.len() > 200);
    }
}
