//! `aws_iam_role` with its policies.

use std::collections::HashSet;

use leastwise_policy::aws::{Named, Policy};

use super::super::terraform::hcl::{self, Expr, Item, header};
use super::super::terraform::{body, managed};
use super::super::{File, Names, Options, RenderError, description, name};
use super::{RoleBoundary, RoleDeliverable, role_name};

pub(super) fn files(
    names: &mut Names,
    role: &RoleDeliverable,
    trust: &Policy,
    options: &Options,
) -> Result<Vec<File>, RenderError> {
    let target = &role.policies.principal;
    let stem = names.file_stem(target);
    let own = names.identifier(&target.name);
    let mut taken = HashSet::new();
    let mut items = vec![Item::Comment(format!("{}.", description(target, options.made)))];
    let mut notes = Vec::new();
    let boundary = boundary(names, role, &mut taken, &mut items, &mut notes, options)?;
    let trust = Named::new(format!("{}-trust", target.name), trust.clone());
    let (trusted, more) = body(&names.identifier(&trust.name), &trust, &mut items, options)?;
    notes.extend(more);
    let mut attributes = vec![
        Item::Attribute("name", Expr::Text(role_name(&target.name))),
        Item::Attribute("path", Expr::text(name::path(&target.path))),
        Item::Attribute("description", Expr::Text(description(target, options.made))),
    ];
    attributes.extend(
        role.longest_session()
            .map(|seconds| Item::Attribute("max_session_duration", Expr::Raw(seconds.to_string()))),
    );
    attributes.extend(boundary.map(|boundary| Item::Attribute("permissions_boundary", boundary)));
    attributes.push(Item::Blank);
    attributes.push(Item::Attribute("assume_role_policy", trusted));
    if !role.tags.is_empty() {
        let tags = role.tags.iter().map(|(key, value)| (key.clone(), Expr::text(value))).collect();
        attributes.push(Item::Blank);
        attributes.push(Item::Attribute("tags", Expr::Object(tags)));
    }
    items.push(Item::Blank);
    items.push(Item::Block(header("resource", &["aws_iam_role", &own]), attributes));
    for document in &role.policies.documents {
        // Resources of different types may share a name, and the role's own is what people look for.
        let identifier =
            if document.name == target.name { own.clone() } else { names.identifier(&document.name) };
        let (policy, more) = body(&identifier, document, &mut items, options)?;
        notes.extend(more);
        let policy_name = name::policy_name(&document.name, &mut taken);
        let holder = Expr::Raw(format!("aws_iam_role.{own}.name"));
        items.extend(managed(target, &identifier, policy_name, policy, Some(holder), options.made));
    }
    Ok(vec![File { name: format!("{stem}.tf"), text: hcl::print(&items, 0), notes }])
}

fn boundary(
    names: &mut Names,
    role: &RoleDeliverable,
    taken: &mut HashSet<String>,
    items: &mut Vec<Item>,
    notes: &mut Vec<String>,
    options: &Options,
) -> Result<Option<Expr>, RenderError> {
    let document = match &role.boundary {
        None => return Ok(None),
        Some(RoleBoundary::Existing(arn)) => return Ok(Some(Expr::text(arn))),
        Some(RoleBoundary::Made(document)) => document,
    };
    let target = &role.policies.principal;
    let identifier = names.identifier(&document.name);
    let (policy, more) = body(&identifier, document, items, options)?;
    notes.extend(more);
    let policy_name = name::policy_name(&document.name, taken);
    items.extend(managed(target, &identifier, policy_name, policy, None, options.made));
    Ok(Some(Expr::Raw(format!("aws_iam_policy.{identifier}.arn"))))
}
