//! From what `aws s3api get-public-access-block` and `aws s3control get-public-access-block` print to
//! [`PublicAccessBlock`].
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html>: a setting that is not
//! there is not set.

use super::{ParseError, Parsed, Refusal, of, placed, refuse};
use crate::aws::PublicAccessBlock;
use crate::json::{self, Kind, Value};

impl PublicAccessBlock {
    /// Reads an object with `PublicAccessBlockConfiguration`, or the configuration itself.
    pub fn parse(text: &str) -> Result<PublicAccessBlock, ParseError> {
        placed(text, json::parse(text).map_err(Refusal::from).and_then(|value| answer(&value)))
    }
}

fn answer(document: &Value) -> Parsed<PublicAccessBlock> {
    let Kind::Object(members) = &document.kind else {
        let found = document.describe();
        return refuse(document.at, format!("expected an object with the settings, found {found}"));
    };
    match members.iter().find(|member| member.key == "PublicAccessBlockConfiguration") {
        Some(member) => of(member, settings),
        None => settings(document),
    }
}

fn settings(value: &Value) -> Parsed<PublicAccessBlock> {
    let Kind::Object(members) = &value.kind else {
        return refuse(value.at, format!("expected an object with the settings, found {}", value.describe()));
    };
    let mut block = PublicAccessBlock::default();
    for member in members {
        let setting = match member.key.as_str() {
            "BlockPublicAcls" => &mut block.block_public_acls,
            "IgnorePublicAcls" => &mut block.ignore_public_acls,
            "BlockPublicPolicy" => &mut block.block_public_policy,
            "RestrictPublicBuckets" => &mut block.restrict_public_buckets,
            other => {
                let reason = format!(
                    "unknown setting `{other}`; known are BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets"
                );
                return Err(Refusal::new(member.at, reason).under(other));
            }
        };
        *setting = of(member, |value| match value.kind {
            Kind::Bool(set) => Ok(set),
            _ => refuse(value.at, format!("expected true or false, found {}", value.describe())),
        })?;
    }
    if members.is_empty() {
        return refuse(value.at, "there is no setting");
    }
    Ok(block)
}
