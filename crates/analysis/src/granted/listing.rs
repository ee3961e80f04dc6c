//! The JSON of `get-account-authorization-details`, as AWS writes it.
//!
//! Every list may be missing or null (other tools leave empty ones out). `jq -s` makes an array of pages of them;
//! that is read too. What of a page cannot be read is told with its place; the rest is read all the same.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::{Place, Problem};
use super::{GrantedError, keys};

/// One page with the place that it came from.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) place: Place,
    pub(super) listing: Listing,
}

/// What could be read of a page; each with its number in its list.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) user_detail_list: Vec<(usize, Entity)>,
    pub(super) group_detail_list: Vec<(usize, Entity)>,
    pub(super) role_detail_list: Vec<(usize, Entity)>,
    pub(super) policies: Vec<(usize, ManagedPolicy)>,
    pub(super) is_truncated: Option<bool>,
}

/// A user, a group or a role: their fields overlap, and each has those it has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entity {
    pub(super) arn: String,
    pub(super) path: Option<String>,
    #[serde(alias = "UserName", alias = "RoleName", alias = "GroupName")]
    pub(super) name: Option<String>,
    #[serde(alias = "UserId", alias = "RoleId")]
    pub(super) unique_id: Option<String>,
    #[serde(alias = "UserPolicyList", alias = "RolePolicyList", alias = "GroupPolicyList")]
    pub(super) inline: Option<Vec<InlinePolicy>>,
    pub(super) attached_managed_policies: Option<Vec<Attached>>,
    pub(super) group_list: Option<Vec<String>>,
    pub(super) permissions_boundary: Option<Boundary>,
    pub(super) assume_role_policy_document: Option<Value>,
    pub(super) tags: Option<Vec<Tag>>,
    pub(super) instance_profile_list: Option<Vec<InstanceProfile>>,
    pub(super) create_date: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InstanceProfile {
    pub(super) arn: String,
    pub(super) create_date: Option<Value>,
    pub(super) roles: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InlinePolicy {
    pub(super) policy_name: String,
    pub(super) policy_document: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attached {
    pub(super) policy_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Boundary {
    pub(super) permissions_boundary_arn: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ManagedPolicy {
    pub(super) arn: String,
    pub(super) default_version_id: Option<String>,
    pub(super) policy_version_list: Option<Vec<PolicyVersion>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyVersion {
    pub(super) document: Option<Value>,
    pub(super) version_id: Option<String>,
    pub(super) is_default_version: Option<bool>,
}

const LISTS: [&str; 4] = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];

/// Whether the text is a listing; other JSON may be a policy document.
pub(super) fn looks_like_one(file: &str, text: &str) -> Result<bool, GrantedError> {
    let value = json(file, text)?;
    Ok(match &value {
        Value::Array(pages) => !pages.is_empty() && pages.iter().all(is_listing),
        page => is_listing(page),
    })
}

/// The pages of one file, and what of them cannot be read.
pub(super) fn read(file: &str, text: &str) -> Result<(Vec<Page>, Vec<Problem>), GrantedError> {
    let (value, mut twice) = keys::parse(without_mark(text)).map_err(not_json(file))?;
    let (pages, several) = match value {
        Value::Array(pages) => (pages, true),
        page => (vec![page], false),
    };
    let not_granted = || GrantedError::NotGranted { file: file.to_owned() };
    let (mut read, mut refused) = (Vec::new(), Vec::new());
    for (number, page) in pages.into_iter().enumerate() {
        if !is_listing(&page) {
            return Err(not_granted());
        }
        let pointer = if several { format!("/{number}") } else { String::new() };
        read.push(Page::of(Place { file: file.to_owned(), pointer }, page, &mut twice, &mut refused));
    }
    if read.is_empty() { Err(not_granted()) } else { Ok((read, refused)) }
}

impl Page {
    /// `twice` are the keys of all pages that stand twice; those of this one are taken out.
    fn of(place: Place, mut page: Value, twice: &mut Vec<String>, refused: &mut Vec<Problem>) -> Page {
        let listing = Listing {
            user_detail_list: list(&place, &mut page, "UserDetailList", twice, refused),
            group_detail_list: list(&place, &mut page, "GroupDetailList", twice, refused),
            role_detail_list: list(&place, &mut page, "RoleDetailList", twice, refused),
            policies: list(&place, &mut page, "Policies", twice, refused),
            is_truncated: page.get("IsTruncated").and_then(Value::as_bool),
        };
        if let Some(other) = page.get("IsTruncated").filter(|one| !one.is_boolean() && !one.is_null()) {
            let reason = format!("`{other}` does not say whether there is more");
            refused.push(place.under("IsTruncated").problem("", reason));
        }
        refused.extend(below(&place, twice).iter().map(|key| key.problem("", TWICE)));
        Page { place, listing }
    }
}

/// What can be read of a list.
fn list<T: DeserializeOwned>(
    place: &Place,
    page: &mut Value,
    name: &str,
    twice: &mut Vec<String>,
    refused: &mut Vec<Problem>,
) -> Vec<(usize, T)> {
    let place = place.under(name);
    let items = match page.get_mut(name).map(Value::take) {
        Some(Value::Array(items)) => items,
        None | Some(Value::Null) => return Vec::new(),
        Some(_) => {
            refused.push(place.problem("", "it is no list"));
            return Vec::new();
        }
    };
    let mut read = Vec::with_capacity(items.len());
    for (number, item) in items.into_iter().enumerate() {
        let subject = NAMES.iter().find_map(|key| item.get(key)?.as_str()).unwrap_or_default().to_owned();
        let keys = below(&place.under(number), twice);
        if !keys.is_empty() {
            refused.extend(keys.iter().map(|key| key.problem(&subject, TWICE)));
            continue;
        }
        match T::deserialize(item) {
            Ok(one) => read.push((number, one)),
            Err(error) => refused.push(place.under(number).problem(&subject, error.to_string())),
        }
    }
    read
}

const TWICE: &str = "the key stands twice in its object, and nobody knows which of the two counts";

/// Takes out the keys that stand twice somewhere below a place.
fn below(place: &Place, twice: &mut Vec<String>) -> Vec<Place> {
    if twice.is_empty() {
        return Vec::new();
    }
    let above = format!("{}/", place.pointer);
    let keys = twice.extract_if(.., |key| key.starts_with(&above));
    keys.map(|pointer| Place { file: place.file.clone(), pointer }).collect()
}

/// What tells of which entry something is said, the best first.
const NAMES: [&str; 5] = ["Arn", "RoleName", "UserName", "GroupName", "PolicyName"];

fn is_listing(value: &Value) -> bool {
    LISTS.iter().any(|list| value.get(list).is_some())
}

fn json(file: &str, text: &str) -> Result<Value, GrantedError> {
    serde_json::from_str(without_mark(text)).map_err(not_json(file))
}

fn without_mark(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

fn not_json(file: &str) -> impl Fn(serde_json::Error) -> GrantedError {
    move |source| GrantedError::NotJson { file: file.to_owned(), source }
}
