//! Resources of the `hashicorp/google` provider.

use super::super::Names;
use super::super::terraform::hcl::{self, Expr, Item, header};
use super::{USER, denied, description, plain};
use crate::lower::gcp::{Compiled, Deny, Grants};

pub(super) fn terraform(names: &mut Names, role: &Compiled) -> String {
    let own = names.identifier(&role.role);
    let mut items = vec![Item::Comment(format!("{}.", description(role)))];
    let member = account(&own, role, &mut items);
    let customs: Vec<String> = role
        .roles
        .iter()
        .map(|custom| {
            let name = names.identifier(&custom.id);
            resource(
                &mut items,
                "google_project_iam_custom_role",
                &name,
                vec![
                    attribute("project", &custom.project),
                    attribute("role_id", &custom.id),
                    attribute("title", &custom.title),
                    attribute("description", &description(role)),
                    Item::Attribute("permissions", Expr::texts(custom.permissions.iter().cloned())),
                ],
            );
            name
        })
        .collect();
    for binding in &role.bindings {
        let name = names.identifier(&format!("{own} binding"));
        let mut body: Vec<Item> = binding
            .arguments
            .iter()
            .filter_map(|(key, value)| Some(attribute(argument(key)?, value)))
            .collect();
        body.push(Item::Attribute(
            "role",
            match &binding.grants {
                Grants::Custom(index) => {
                    let custom = customs.get(*index).map_or("", String::as_str);
                    Expr::Raw(format!("google_project_iam_custom_role.{custom}.name"))
                }
                Grants::Predefined(name) => Expr::text(name),
            },
        ));
        body.push(Item::Attribute("member", member.clone()));
        if let Some(condition) = &binding.condition {
            body.push(Item::Blank);
            body.push(Item::Block(
                "condition".to_owned(),
                vec![attribute("title", &condition.title), attribute("expression", &condition.expression)],
            ));
        }
        resource(&mut items, &binding.terraform, &name, body);
    }
    for deny in &role.denies {
        denial(names, &own, role, deny, &mut items);
    }
    hcl::print(&items, 0)
}

/// The arguments that name what a role is granted on.
fn argument(key: &str) -> Option<&'static str> {
    const KNOWN: [&str; 20] = [
        "bucket",
        "cloud_function",
        "crypto_key_id",
        "database",
        "dataset_id",
        "disk",
        "instance",
        "instance_name",
        "key_ring_id",
        "location",
        "name",
        "parent",
        "project",
        "repository",
        "secret_id",
        "service_account_id",
        "subscription",
        "table_id",
        "topic",
        "zone",
    ];
    KNOWN.into_iter().find(|known| *known == key)
}

fn attribute(name: &'static str, value: &str) -> Item {
    Item::Attribute(name, Expr::text(value))
}

fn resource(items: &mut Vec<Item>, kind: &str, name: &str, body: Vec<Item>) {
    items.push(Item::Blank);
    items.push(Item::Block(header("resource", &[kind, name]), body));
}

/// The service account with who may act as it; gives the member of the bindings.
fn account(own: &str, role: &Compiled, items: &mut Vec<Item>) -> Expr {
    let account = &role.account;
    if !account.new {
        return Expr::text(account.member());
    }
    resource(
        items,
        "google_service_account",
        own,
        vec![
            attribute("project", &account.project),
            attribute("account_id", &account.id),
            attribute("display_name", &plain(&role.role).chars().take(100).collect::<String>()),
            attribute("description", &description(role)),
        ],
    );
    let mut members: Vec<Expr> = role.federation.members.iter().map(Expr::text).collect();
    if !role.federation.providers.is_empty() {
        resource(
            items,
            "google_iam_workload_identity_pool",
            own,
            vec![attribute("project", &account.project), attribute("workload_identity_pool_id", &account.id)],
        );
    }
    for provider in &role.federation.providers {
        let pool = format!("google_iam_workload_identity_pool.{own}");
        let mut oidc = vec![attribute("issuer_uri", &provider.issuer)];
        oidc.extend(
            provider
                .audience
                .iter()
                .map(|audience| Item::Attribute("allowed_audiences", Expr::texts([audience.clone()]))),
        );
        let mapping = provider.mapping.iter().map(|(key, claim)| (key.clone(), Expr::text(claim))).collect();
        let name = format!("{own}_{}", provider.id.replace('-', "_"));
        resource(
            items,
            "google_iam_workload_identity_pool_provider",
            &name,
            vec![
                attribute("project", &account.project),
                Item::Attribute(
                    "workload_identity_pool_id",
                    Expr::Raw(format!("{pool}.workload_identity_pool_id")),
                ),
                attribute("workload_identity_pool_provider_id", &provider.id),
                attribute("attribute_condition", &provider.condition),
                Item::Attribute("attribute_mapping", Expr::Object(mapping)),
                Item::Blank,
                Item::Block("oidc".to_owned(), oidc),
            ],
        );
        members.extend(
            provider
                .holders
                .iter()
                .map(|holder| Expr::Template(holder.member("\u{0}"), format!("{pool}.name"))),
        );
    }
    for (index, member) in members.into_iter().enumerate() {
        let name = if index == 0 { format!("{own}_holder") } else { format!("{own}_holder_{}", index + 1) };
        resource(
            items,
            "google_service_account_iam_member",
            &name,
            vec![
                Item::Attribute(
                    "service_account_id",
                    Expr::Raw(format!("google_service_account.{own}.name")),
                ),
                attribute("role", USER),
                Item::Attribute("member", member),
            ],
        );
    }
    Expr::Raw(format!("google_service_account.{own}.member"))
}

fn denial(names: &mut Names, own: &str, role: &Compiled, deny: &Deny, items: &mut Vec<Item>) {
    let name = names.identifier(&format!("{own} never"));
    let rule = vec![
        Item::Attribute("denied_principals", Expr::texts([denied(role)])),
        Item::Attribute("denied_permissions", Expr::texts(deny.permissions.iter().cloned())),
    ];
    let parent = format!("cloudresourcemanager.googleapis.com%2Fprojects%2F{}", deny.project);
    resource(
        items,
        "google_iam_deny_policy",
        &name,
        vec![
            attribute("parent", &parent),
            attribute("name", &format!("never-{}", role.account.id)),
            attribute(
                "display_name",
                &format!("What {} must never do", plain(&role.role)).chars().take(63).collect::<String>(),
            ),
            Item::Blank,
            Item::Block("rules".to_owned(), vec![Item::Block("deny_rule".to_owned(), rule)]),
        ],
    );
}
