//! Roles that IAM Identity Center makes from a permission set: the policy goes into the set, never onto the role.
//!
//! A set takes one inline policy of at most 10,240 characters without white space (32,768 bytes with it), and customer
//! managed policies by name, which must be there in every account that the set is assigned in:
//! <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>,
//! <https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetcustom.html>.

use leastwise_policy::aws::quota::Quota;

use super::terraform::hcl::{Expr, Item, header};
use super::{Deliverable, Made, Names, PrincipalTarget, terraform};

/// What is to be done with managed policies that a permission set is to name.
pub(super) const BY_NAME: &str = "IAM Identity Center makes this role from a permission set and lets nobody else change it, so nothing \
                                  is attached: make these policies in every account that the set is assigned in, and name them in \
                                  the set as customer managed policies";

/// The longest inline policy of a permission set, in bytes.
const LONGEST: usize = 32_768;

/// The permission set that Terraform is to change.
pub(super) struct PermissionSet {
    /// Whether its inline policy holds the document; else it names managed policies.
    inline: bool,
    /// The variables that say which it is.
    instance: String,
    set: String,
}

impl PermissionSet {
    pub(super) fn new(names: &mut Names, deliverable: &Deliverable) -> PermissionSet {
        let inline = match &deliverable.documents[..] {
            // Inline policies of a role have the same quota.
            [only] => {
                only.policy.quota_len() <= Quota::InlineRole.characters()
                    && only.policy.to_compact_json().len() <= LONGEST
            }
            _ => false,
        };
        let name = &deliverable.principal.name;
        PermissionSet {
            inline,
            instance: names.identifier(&format!("{name}_instance_arn")),
            set: names.identifier(&format!("{name}_permission_set_arn")),
        }
    }

    /// Its variables.
    pub(super) fn head(&self) -> Vec<Item> {
        let variable = |name: &str, description: &str| {
            let body = vec![
                Item::Attribute("description", Expr::text(description)),
                Item::Attribute("type", Expr::Raw("string".to_owned())),
            ];
            [Item::Blank, Item::Block(header("variable", &[name]), body)]
        };
        let mut items = vec![Item::Comment(self.note())];
        items.extend(variable(&self.instance, "The ARN of the instance of IAM Identity Center"));
        items.extend(variable(&self.set, "The ARN of the permission set that the role is made from"));
        items
    }

    /// What must be known of it.
    pub(super) fn note(&self) -> String {
        match self.inline {
            true => {
                "IAM Identity Center makes this role from a permission set and lets nobody else change it: the policy becomes \
                     the inline policy of the set, in the place of the one that it has, for everybody and in every account that \
                     it is assigned to"
                    .to_owned()
            }
            false => BY_NAME.to_owned(),
        }
    }

    /// One document.
    pub(super) fn items(
        &self,
        target: &PrincipalTarget,
        identifier: &str,
        policy_name: String,
        policy: Expr,
        made: Made,
    ) -> Vec<Item> {
        let which = || {
            vec![
                Item::Attribute("instance_arn", Expr::Raw(format!("var.{}", self.instance))),
                Item::Attribute("permission_set_arn", Expr::Raw(format!("var.{}", self.set))),
            ]
        };
        let resource = |kind: &str, body| Item::Block(header("resource", &[kind, identifier]), body);
        if self.inline {
            let mut body = which();
            body.extend([Item::Blank, Item::Attribute("inline_policy", policy)]);
            return vec![Item::Blank, resource("aws_ssoadmin_permission_set_inline_policy", body)];
        }
        // Paths below /aws-reserved/ are AWS's own.
        let target = PrincipalTarget { path: "/".to_owned(), ..target.clone() };
        let mut items = terraform::managed(&target, identifier, policy_name, policy, None, made);
        let reference = vec![
            Item::Attribute("name", Expr::Raw(format!("aws_iam_policy.{identifier}.name"))),
            Item::Attribute("path", Expr::Raw(format!("aws_iam_policy.{identifier}.path"))),
        ];
        let mut body = which();
        body.extend([Item::Blank, Item::Block("customer_managed_policy_reference".to_owned(), reference)]);
        items.extend([Item::Blank, resource("aws_ssoadmin_customer_managed_policy_attachment", body)]);
        items
    }
}
