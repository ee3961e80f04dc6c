//! From what `aws kms list-grants` prints to [`KeyGrant`]s.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html>. What limits a grant must be understood: a
//! constraint that is not known is refused, a member that is not known is passed over.

use super::{ParseError, Parsed, Refusal, of, placed, refuse};
use crate::arn;
use crate::aws::grants::{GrantPrincipal, KeyGrant, OPERATIONS};
use crate::json::{self, Kind, Member, Value};

impl KeyGrant {
    /// Reads the answer of `ListGrants`: an object with `Grants`, or the list itself.
    pub fn parse_list(text: &str) -> Result<Vec<KeyGrant>, ParseError> {
        placed(text, json::parse(text).map_err(Refusal::from).and_then(|value| list(&value)))
    }
}

fn list(document: &Value) -> Parsed<Vec<KeyGrant>> {
    let members = match &document.kind {
        Kind::Array(list) => return grants(list, ""),
        Kind::Object(members) => members,
        _ => {
            return refuse(
                document.at,
                format!("expected an object with `Grants`, found {}", document.describe()),
            );
        }
    };
    let more = |member: &&Member| match (member.key.as_str(), &member.value.kind) {
        ("Truncated", Kind::Bool(truncated)) => *truncated,
        ("NextMarker" | "NextToken", kind) => *kind != Kind::Null,
        _ => false,
    };
    if let Some(member) = members.iter().find(more) {
        let reason = format!("`{}` says that there are more grants; give all of them", member.key);
        return Err(Refusal::new(member.at, reason).under(&member.key));
    }
    let Some(member) = members.iter().find(|member| member.key == "Grants") else {
        return refuse(document.at, "`Grants` is missing; `aws kms list-grants` prints it");
    };
    of(member, |value| match &value.kind {
        Kind::Array(list) => grants(list, "/Grants"),
        _ => refuse(value.at, format!("expected a list of grants, found {}", value.describe())),
    })
}

fn grants(list: &[Value], pointer: &str) -> Parsed<Vec<KeyGrant>> {
    let read = |(index, value): (usize, &Value)| {
        let of_index = |refusal: Refusal| refusal.under(&index.to_string());
        grant(value, index, format!("{pointer}/{index}")).map_err(of_index)
    };
    list.iter().enumerate().map(read).collect()
}

fn grant(value: &Value, index: usize, pointer: String) -> Parsed<KeyGrant> {
    let members = object(value, "a grant")?;
    let text = |key: &str| find(members, key).map(|member| of(member, |value| string(value))).transpose();
    let Some(key) = text("KeyId")? else { return refuse(value.at, "`KeyId` is missing") };
    let account = match arn::parts(key) {
        Some([_, "kms", _, account, resource])
            if is_account(account) && resource.starts_with("key/") && !is_wild(key) =>
        {
            account.to_owned()
        }
        _ => return refuse(value.at, format!("`KeyId` `{key}` is not the ARN of a key")),
    };
    let issuer = match text("IssuingAccount")? {
        None => account.clone(),
        Some(text) => match issuing_account(text) {
            Some(issuer) => issuer.to_owned(),
            None => return refuse(value.at, format!("`IssuingAccount` `{text}` is not an account")),
        },
    };
    let Some(grantee) = principal(members, "GranteePrincipal", "GranteeServicePrincipal")? else {
        return refuse(value.at, "`GranteePrincipal` is missing");
    };
    let Some(operations) = find(members, "Operations") else {
        return refuse(value.at, "`Operations` is missing");
    };
    let mut grant = KeyGrant {
        id: text("GrantId")?.map_or_else(|| format!("grant {index}"), str::to_owned),
        pointer,
        key: key.to_owned(),
        account,
        issuer,
        grantee,
        retiring: principal(members, "RetiringPrincipal", "RetiringServicePrincipal")?,
        operations: of(operations, names)?,
        context_equals: None,
        context_subset: None,
        source: None,
    };
    if let Some(member) = find(members, "Constraints") {
        of(member, |value| constraints(value, &mut grant))?;
    }
    Ok(grant)
}

fn constraints(value: &Value, grant: &mut KeyGrant) -> Parsed<()> {
    for member in object(value, "constraints")? {
        match member.key.as_str() {
            "EncryptionContextEquals" => grant.context_equals = Some(of(member, pairs)?),
            "EncryptionContextSubset" => grant.context_subset = Some(of(member, pairs)?),
            "SourceArn" => grant.source = Some(of(member, |value| string(value))?.to_owned()),
            other => {
                let reason = format!("unknown grant constraint `{other}`: nobody knows what it limits");
                return Err(Refusal::new(member.at, reason).under(other));
            }
        }
    }
    Ok(())
}

fn pairs(value: &Value) -> Parsed<Vec<(String, String)>> {
    let pair = |member: &Member| of(member, |value| Ok((member.key.clone(), string(value)?.to_owned())));
    object(value, "an encryption context")?.iter().map(pair).collect()
}

fn names(value: &Value) -> Parsed<Vec<String>> {
    let Kind::Array(list) = &value.kind else {
        return refuse(value.at, format!("expected a list of operations, found {}", value.describe()));
    };
    let name = |(index, value): (usize, &Value)| {
        let text = string(value).map_err(|refusal| refusal.under(&index.to_string()))?;
        if OPERATIONS.contains(&text) {
            return Ok(text.to_owned());
        }
        let reason = format!("`{text}` is not an operation that a grant can allow");
        Err(Refusal::new(value.at, reason).under(&index.to_string()))
    };
    list.iter().enumerate().map(name).collect()
}

/// The principal under one of two keys. Where the first shows a service the second names it, for newer grants.
fn principal(members: &[Member], iam: &str, service: &str) -> Parsed<Option<GrantPrincipal>> {
    if let Some(member) = find(members, service) {
        let name = of(member, |value| string(value))?;
        return match is_service(name) {
            true => Ok(Some(GrantPrincipal::Service(name.to_owned()))),
            false => {
                let reason = format!("`{name}` is not a service");
                Err(Refusal::new(member.value.at, reason).under(service))
            }
        };
    }
    let Some(member) = find(members, iam) else { return Ok(None) };
    let name = of(member, |value| string(value))?;
    if is_service(name) {
        return Ok(Some(GrantPrincipal::Service(name.to_owned())));
    }
    // The ARN of a principal that was deleted becomes its unique id.
    let is_id = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_wild(name) && (is_id || matches!(arn::parts(name), Some([_, "iam" | "sts", ..]))) {
        return Ok(Some(GrantPrincipal::Iam(name.to_owned())));
    }
    Err(Refusal::new(member.value.at, format!("`{name}` is not a principal that a grant can name"))
        .under(iam))
}

fn object<'v>(value: &'v Value, what: &str) -> Parsed<&'v [Member]> {
    match &value.kind {
        Kind::Object(members) => Ok(members),
        _ => refuse(value.at, format!("expected {what}, found {}", value.describe())),
    }
}

/// A member that is there and not null.
fn find<'v>(members: &'v [Member], key: &str) -> Option<&'v Member> {
    members.iter().find(|member| member.key == key && member.value.kind != Kind::Null)
}

/// The account in `arn:aws:iam::111122223333:root`, or itself.
fn issuing_account(text: &str) -> Option<&str> {
    let account = match arn::parts(text) {
        Some([_, "iam", "", account, "root"]) => account,
        Some(_) => return None,
        None => text,
    };
    is_account(account).then_some(account)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_service(text: &str) -> bool {
    !text.contains([':', '/', '*', '?', ' '])
        && (text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn"))
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn string(value: &Value) -> Parsed<&str> {
    match &value.kind {
        Kind::String(text) => Ok(text),
        _ => refuse(value.at, format!("expected a string, found {}", value.describe())),
    }
}
