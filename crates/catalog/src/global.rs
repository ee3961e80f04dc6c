//! Services that have one endpoint for all regions, and in which region that is.

use std::collections::HashMap;
use std::sync::LazyLock;

/// `data/aws/global.txt`.
const TABLE: &str = include_str!("../data/aws/global.txt");

/// The region of every request for an action of the partition, when there is but one: that of the one endpoint of its
/// service.
pub fn only_region(service: &str, action: &str, partition: &str) -> Option<&'static str> {
    static ROWS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| rows().collect());
    let row = *ROWS.get(service)?;
    let (regions, but) = row.split_once(" but ").unwrap_or((row, ""));
    if but.split(' ').any(|name| name.eq_ignore_ascii_case(action)) {
        return None;
    }
    let regions = regions.split(' ').filter_map(|pair| pair.split_once('='));
    regions.into_iter().find(|(of, _)| *of == partition).map(|(_, region)| region)
}

/// The region of the partition without whose logs nobody can tell whether an action of the service was used: all requests
/// are made there, or those by an endpoint for the whole partition.
pub fn home_region(service: &str, action: &str, partition: &str) -> Option<&'static str> {
    only_region(service, action, partition).or_else(|| {
        let mut also = TABLE.lines().filter_map(|line| line.strip_prefix("also ")?.split_once(' '));
        let (_, regions) = also.find(|(of, _)| *of == service)?;
        regions
            .split(' ')
            .filter_map(|pair| pair.split_once('='))
            .find(|(of, _)| *of == partition)
            .map(|(_, region)| region)
    })
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("also "))
        .filter_map(|line| line.split_once(' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, is_region, partitions};

    #[test]
    fn every_row_names_a_service_and_regions_of_partitions_that_the_catalogue_knows() {
        let catalog = Catalog::embedded();
        for (service, row) in rows() {
            assert!(catalog.service(service).is_some(), "{service}");
            let (regions, but) = row.split_once(" but ").unwrap_or((row, ""));
            for (partition, region) in regions.split(' ').filter_map(|pair| pair.split_once('=')) {
                assert!(partitions().contains(&partition) && is_region(region), "{service}");
            }
            for action in but.split(' ').filter(|action| !action.is_empty()) {
                assert!(catalog.action(&format!("{service}:{action}")).is_some(), "{service}:{action}");
            }
        }
    }

    #[test]
    fn requests_to_iam_are_made_in_one_region_of_the_partition() {
        assert_eq!(only_region("iam", "CreateRole", "aws"), Some("us-east-1"));
        assert_eq!(only_region("iam", "CreateRole", "aws-cn"), Some("cn-north-1"));
        assert_eq!(only_region("iam", "PassRole", "aws"), None);
        assert_eq!(only_region("iam", "CreateRole", "aws-eusc"), None);
        assert_eq!(only_region("sts", "AssumeRole", "aws"), None);
    }

    #[test]
    fn requests_by_a_global_endpoint_are_recorded_in_its_region() {
        assert_eq!(home_region("iam", "CreateRole", "aws-us-gov"), Some("us-gov-west-1"));
        assert_eq!(home_region("iam", "PassRole", "aws"), None, "asked for where another service is called");
        assert_eq!(home_region("sts", "AssumeRole", "aws"), Some("us-east-1"));
        assert_eq!(home_region("sts", "AssumeRole", "aws-cn"), None);
        assert_eq!(home_region("ec2", "RunInstances", "aws"), None);
    }
}
