//! Terraform: `aws_iam_policy` with its attachment, or the inline resource of the principal, in one file per principal.
//!
//! The principal itself is referenced by name: it is usually managed elsewhere, and a second resource for it would
//! fight with the first.

use std::collections::HashSet;

use leastwise_policy::aws::{Named, Policy};

use super::permission_set::PermissionSet;
use super::{
    Attach, Deliverable, File, Made, Names, Options, PrincipalTarget, RenderError, TerraformStyle,
    characters_note, description, name, tree,
};
use hcl::{Expr, Item, header};

mod document;
pub(super) mod hcl;

/// `<stem>.tf`.
pub(super) fn files(
    stem: &str,
    names: &mut Names,
    deliverable: &Deliverable,
    options: &Options,
) -> Result<Vec<File>, RenderError> {
    let target = &deliverable.principal;
    let mut items = vec![Item::Comment(format!("{}.", description(target, options.made)))];
    items.extend(deliverable.comments.iter().cloned().map(Item::Comment));
    let mut notes = Vec::new();
    let set = target.is_of_permission_set().then(|| PermissionSet::new(names, deliverable));
    if let Some(set) = &set {
        items.extend(set.head());
        notes.push(set.note());
    }
    let mut taken = HashSet::new();
    for document in &deliverable.documents {
        let identifier = names.identifier(&document.name);
        let (policy, more) = body(&identifier, document, &mut items, options)?;
        notes.extend(more);
        let policy_name = name::policy_name(&document.name, &mut taken);
        items.extend(match (&set, deliverable.attach) {
            (Some(set), _) => set.items(target, &identifier, policy_name, policy, options.made),
            (None, Attach::Managed) => {
                let holder = Expr::text(&target.name);
                managed(target, &identifier, policy_name, policy, Some(holder), options.made)
            }
            (None, Attach::Inline) => inline(target, &identifier, policy_name, policy),
        });
    }
    Ok(vec![File { name: format!("{stem}.tf"), text: hcl::print(&items, 0), notes }])
}

/// The document as an expression: as it is, or as a data source which is put into `items`; and what must be known.
pub(super) fn body(
    identifier: &str,
    document: &Named<Policy>,
    items: &mut Vec<Item>,
    options: &Options,
) -> Result<(Expr, Vec<String>), RenderError> {
    let mut notes = Vec::new();
    notes.extend(normalisation_note(document).or_else(|| characters_note(document)));
    if options.terraform == TerraformStyle::PolicyDocument {
        match document::body(&document.policy) {
            Ok(body) => {
                items.push(Item::Blank);
                items.push(Item::Block(header("data", &["aws_iam_policy_document", identifier]), body));
                return Ok((Expr::Raw(format!("data.aws_iam_policy_document.{identifier}.json")), notes));
            }
            Err(reason) => {
                notes.insert(0, format!("document `{}` is written with jsonencode: {reason}", document.name));
            }
        }
    }
    Ok((Expr::JsonEncode(Box::new(Expr::from_json(&tree(document)?))), notes))
}

/// A managed policy, attached to `holder` when there is one.
pub(super) fn managed(
    target: &PrincipalTarget,
    identifier: &str,
    policy_name: String,
    policy: Expr,
    holder: Option<Expr>,
    made: Made,
) -> Vec<Item> {
    let kind = target.kind.word();
    let attachment = format!("aws_iam_{kind}_policy_attachment");
    let mut items = vec![
        Item::Blank,
        Item::Block(
            header("resource", &["aws_iam_policy", identifier]),
            vec![
                Item::Attribute("name", Expr::Text(policy_name)),
                Item::Attribute("path", Expr::text(name::path(&target.path))),
                Item::Attribute("description", Expr::Text(description(target, made))),
                Item::Blank,
                Item::Attribute("policy", policy),
            ],
        ),
    ];
    if let Some(holder) = holder {
        let arn = Expr::Raw(format!("aws_iam_policy.{identifier}.arn"));
        let body = vec![Item::Attribute(kind, holder), Item::Attribute("policy_arn", arn)];
        items.push(Item::Blank);
        items.push(Item::Block(header("resource", &[&attachment, identifier]), body));
    }
    items
}

fn inline(target: &PrincipalTarget, identifier: &str, policy_name: String, policy: Expr) -> Vec<Item> {
    let kind = target.kind.word();
    vec![
        Item::Blank,
        Item::Block(
            header("resource", &[&format!("aws_iam_{kind}_policy"), identifier]),
            vec![
                Item::Attribute("name", Expr::Text(policy_name)),
                Item::Attribute(kind, Expr::text(&target.name)),
                Item::Blank,
                Item::Attribute("policy", policy),
            ],
        ),
    ]
}

/// Terraform normalises every string to NFC, so a letter written with a combining mark would come out as another one.
fn normalisation_note(document: &Named<Policy>) -> Option<String> {
    let combining =
        |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}');
    document.policy.to_json().contains(combining).then(|| {
        format!(
            "document `{}` holds a letter with a combining mark, which terraform would write as another character; \
             write it as `?` or use json",
            document.name
        )
    })
}
