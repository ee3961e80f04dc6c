//! Reads one file of the service reference into facts.

use std::collections::BTreeSet;

use super::error::{ImportError, ImportProblem};
use super::place::Place;
use crate::facts::{
    ActionFacts, ActionResource, Api, ConditionKey, Keys, Name, Needs, Operation, ResourceType,
};
use crate::level::{Level, Levels};
use crate::pattern::by_name;

/// What one file says.
pub(super) struct Reference {
    pub(super) prefix: String,
    pub(super) condition_keys: Vec<ConditionKey>,
    pub(super) resource_types: Vec<ResourceType>,
    pub(super) actions: Vec<ActionFacts>,
    pub(super) operations: Vec<Operation>,
    pub(super) apis: Vec<Api>,
}

/// Reads the file.
pub(super) fn read(root: &Place<'_>) -> Result<Reference, ImportError> {
    let name = root.member("Name")?;
    let prefix = name.word()?.to_ascii_lowercase();
    if !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(name.error(ImportProblem::BadName(prefix)));
    }
    root.member("Actions")?;
    let condition_keys = each(root, "ConditionKeys", condition_key, |key| &key.name)?;
    let resource_types = each(root, "Resources", resource_type, |kind| &kind.name)?;
    let action = |place: &Place<'_>| action(place, &resource_types);
    let mut actions = each(root, "Actions", action, |action| &action.name)?;
    let (operations, apis) = operations(root, &prefix, &mut actions)?;
    Ok(Reference { prefix, condition_keys, resource_types, actions, operations, apis })
}

/// The items of a member, no two of the same name.
fn each<T>(
    root: &Place<'_>,
    member: &str,
    read: impl Fn(&Place<'_>) -> Result<T, ImportError>,
    name: impl Fn(&T) -> &str,
) -> Result<Vec<T>, ImportError> {
    let mut known = BTreeSet::new();
    let mut items = Vec::new();
    for place in root.items(member)? {
        let item = read(&place)?;
        if !known.insert(name(&item).to_ascii_lowercase()) {
            return Err(place.error(ImportProblem::Twice(name(&item).to_owned())));
        }
        items.push(item);
    }
    Ok(items)
}

fn condition_key(place: &Place<'_>) -> Result<ConditionKey, ImportError> {
    let kind = match place.items("Types")?.first() {
        Some(kind) => kind.word()?,
        None => "String",
    };
    Ok(ConditionKey { name: place.member("Name")?.word()?.into(), kind: kind.into() })
}

fn resource_type(place: &Place<'_>) -> Result<ResourceType, ImportError> {
    let mut arn = Vec::new();
    for format in place.items("ARNFormats")? {
        let text = format.word()?;
        if !text.starts_with("arn:") || text.split(':').count() < 6 {
            return Err(format.error(ImportProblem::BadArn(text.to_owned())));
        }
        arn.push(Name::from(text));
    }
    if arn.is_empty() {
        return Err(place.error(ImportProblem::Missing("ARNFormats")));
    }
    Ok(ResourceType { name: type_name(&place.member("Name")?)?, arn, keys: keys(place, "ConditionKeys")? })
}

/// The catalogue writes a space in the name of a type as `-`.
fn type_name(place: &Place<'_>) -> Result<Name, ImportError> {
    let name = place.text()?.replace(' ', "-");
    if name.is_empty() || name.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err(place.error(ImportProblem::BadName(name)));
    }
    Ok(name.into())
}

fn keys(place: &Place<'_>, member: &str) -> Result<Keys, ImportError> {
    let mut keys = Vec::new();
    for key in place.items(member)? {
        keys.push(Name::from(key.word()?));
    }
    keys.sort_by(|a, b| by_name(a, b));
    keys.dedup();
    Ok(keys.into())
}

fn action(place: &Place<'_>, types: &[ResourceType]) -> Result<ActionFacts, ImportError> {
    let name = place.member("Name")?;
    let text = name.word()?;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Err(name.error(ImportProblem::BadName(text.to_owned())));
    }
    let mut resources: Vec<ActionResource> = Vec::new();
    for resource in place.items("Resources")? {
        let named = resource.member("Name")?;
        let resource_type = type_name(&named)?;
        if types.iter().all(|known| known.name != resource_type) {
            return Err(named.error(ImportProblem::UnknownResource(resource_type.to_string())));
        }
        resources.push(ActionResource {
            resource_type,
            required: false,
            keys: keys(&resource, "ConditionKeys")?,
        });
    }
    resources.sort_by(|a, b| by_name(&a.resource_type, &b.resource_type));
    resources.dedup_by(|a, b| a.resource_type == b.resource_type);
    let keys = keys(place, "ActionConditionKeys")?;
    Ok(ActionFacts { resources, keys, ..ActionFacts::new(text, levels(place)?) })
}

/// The access levels of the properties: none set means that the action only reads; no properties at all say
/// nothing, and what is not known counts as a change.
fn levels(place: &Place<'_>) -> Result<Levels, ImportError> {
    let properties = match place.optional("Annotations")? {
        Some(annotations) => annotations.optional("Properties")?,
        None => None,
    };
    let Some(properties) = properties else { return Ok(Levels::NONE.with(Level::Write)) };
    let mut levels = Levels::NONE;
    for (flag, level) in [
        ("IsList", Level::List),
        ("IsWrite", Level::Write),
        ("IsTaggingOnly", Level::Tagging),
        ("IsPermissionManagement", Level::PermissionsManagement),
    ] {
        if properties.flag(flag)? {
            levels = levels.with(level);
        }
    }
    Ok(if levels.is_empty() { Levels::NONE.with(Level::Read) } else { levels })
}

/// The operations which need something else than the action of their name; those which need it are noted at
/// the action. AWS lists every action that an operation *may* need, so several are only possible ones.
fn operations(
    root: &Place<'_>,
    prefix: &str,
    actions: &mut [ActionFacts],
) -> Result<(Vec<Operation>, Vec<Api>), ImportError> {
    let mut operations = Vec::new();
    let mut apis: Vec<Api> = Vec::new();
    for place in root.items("Operations")? {
        let name = place.member("Name")?.word()?;
        let api = api(&place, prefix)?;
        if apis.iter().all(|known| known.name != api.name) {
            apis.push(api.clone());
        }
        let authorised = authorised(&place)?;
        match actions.iter_mut().find(|action| action.name.eq_ignore_ascii_case(name)) {
            Some(action) => action.apis.push(api.name),
            None => {
                let needs = match authorised.len() {
                    0 => Needs::Unknown,
                    1 => Needs::Actions(authorised),
                    _ => Needs::Maybe(authorised),
                };
                operations.push(Operation { api: api.name, name: name.into(), needs });
            }
        }
    }
    for action in actions {
        action.apis.sort();
        action.apis.dedup();
    }
    Ok((operations, apis))
}

/// The SDK service of an operation: its boto3 name, else the prefix.
fn api(place: &Place<'_>, prefix: &str) -> Result<Api, ImportError> {
    let mut name = prefix.to_owned();
    for sdk in place.items("SDK")? {
        if sdk.member("Package")?.text()? == "Boto3" {
            name = sdk.member("Name")?.word()?.to_owned();
        }
    }
    let prefix = Name::from(prefix);
    Ok(Api { name: name.into(), endpoint: prefix.clone(), signing: prefix })
}

fn authorised(place: &Place<'_>) -> Result<Vec<Name>, ImportError> {
    let mut names = Vec::new();
    for action in place.items("AuthorizedActions")? {
        let service = action.member("Service")?.word()?.to_ascii_lowercase();
        names.push(Name::from(format!("{service}:{}", action.member("Name")?.word()?)));
    }
    names.sort();
    names.dedup();
    Ok(names)
}
