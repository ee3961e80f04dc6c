//! The partitions and regions of AWS, as of the catalogue's date.

use std::sync::OnceLock;

/// `data/aws/regions.txt`, sorted by partition and region.
const TABLE: &str = include_str!("../data/aws/regions.txt");

#[derive(Debug)]
struct Known {
    partitions: Vec<&'static str>,
    regions: Vec<&'static str>,
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        let (mut partitions, mut regions): (Vec<_>, Vec<_>) =
            rows.filter_map(|line| line.split_once(' ')).unzip();
        partitions.dedup();
        regions.sort_unstable();
        Known { partitions, regions }
    })
}

/// Every partition, in order.
pub fn partitions() -> &'static [&'static str] {
    &known().partitions
}

/// Every region of every partition, in order.
pub fn regions() -> &'static [&'static str] {
    &known().regions
}

/// Whether the catalogue knows a region of this name. One that it does not know may be newer.
pub fn is_region(name: &str) -> bool {
    regions().binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_its_regions_in_order() {
        assert!(regions().is_sorted() && regions().len() > 40, "{:?}", regions());
        assert!(partitions().contains(&"aws-us-gov") && partitions().is_sorted());
        assert!(is_region("eu-west-1") && is_region("eusc-de-east-1") && !is_region("aws-global"));
    }
}
