//! The services that use KMS keys on behalf of their callers.

/// `data/aws/via.txt`.
const TABLE: &str = include_str!("../data/aws/via.txt");

/// What `kms:ViaService` names the service before region and `.amazonaws.com`, from what CloudTrail calls it in
/// `invokedBy`: `ec2-frontend-api.amazonaws.com` → `ec2`. Nothing for services of which the key is not known.
pub fn kms_via_service(invoked_by: &str) -> Option<&'static str> {
    let label = invoked_by.strip_suffix(".amazonaws.com")?;
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let mut names = rows.map(|line| line.split_once(' ').unwrap_or((line, line)));
    names.find(|(_, logged)| *logged == label).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_services_of_the_table_are_named() {
        assert_eq!(kms_via_service("s3.amazonaws.com"), Some("s3"));
        assert_eq!(kms_via_service("ec2-frontend-api.amazonaws.com"), Some("ec2"));
        for other in ["cloudformation.amazonaws.com", "elasticache.amazonaws.com", "AWS Internal", "s3"] {
            assert_eq!(kms_via_service(other), None, "{other}");
        }
    }
}
