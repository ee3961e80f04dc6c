//! What Azure offers: operations of the control plane (actions) and of the data planes (data actions), and built-in
//! roles.
//!
//! The facts are `data/azure/*.txt` (see `data/clouds.md`), packed at build time and read when first asked for.
//! Azure compares names of operations without regard to case; `*` in a role stands for any text, `/` included.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use leastwise_policy::glob;

use crate::folded::{inflated, unfold};
use crate::lookup::nearest;

static ACTIONS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/azure-actions.bin"));
static DATA_ACTIONS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/azure-data-actions.bin"));
/// Operations that the sources do not name.
static ALSO: &str = include_str!("../../data/azure/also.txt");
static ROLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/azure-roles.bin"));

/// What Azure offers.
#[derive(Debug, Default)]
pub struct Azure {
    actions: OnceLock<Operations>,
    data_actions: OnceLock<Operations>,
    roles: OnceLock<BTreeMap<String, Role>>,
}

/// The plane of an operation: which list of a role it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plane {
    /// Managing the resource: `actions`.
    Control,
    /// What lies in it: `dataActions`.
    Data,
}

/// Names by themselves in lower case.
type Operations = BTreeMap<String, String>;

/// A built-in role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Role {
    /// Its name: `Storage Blob Data Reader`.
    pub name: String,
    /// Its id, the same in every tenant.
    pub id: String,
    /// What it allows; each part for itself.
    pub permissions: Vec<Permission>,
}

/// A part of a built-in role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permission {
    /// Allowed operations of the control plane, `*` for any text.
    pub actions: Vec<String>,
    /// Of those, not allowed.
    pub not_actions: Vec<String>,
    /// Allowed operations of the data planes.
    pub data_actions: Vec<String>,
    /// Of those, not allowed.
    pub not_data_actions: Vec<String>,
    /// The condition, in Azure's language.
    pub condition: Option<String>,
}

impl Azure {
    /// The facts that are part of the program.
    pub fn embedded() -> &'static Azure {
        static AZURE: OnceLock<Azure> = OnceLock::new();
        AZURE.get_or_init(Azure::default)
    }

    /// The operations of a plane, sorted without regard to case.
    pub fn operations(&self, plane: Plane) -> impl Iterator<Item = &str> {
        self.of(plane).values().map(String::as_str)
    }

    /// The operation as Azure spells it, and its planes; none when it is unknown.
    pub fn operation(&self, name: &str) -> Option<(&str, Vec<Plane>)> {
        let lower = name.to_ascii_lowercase();
        let found = [Plane::Control, Plane::Data]
            .into_iter()
            .filter_map(|plane| Some((plane, self.of(plane).get(&lower)?)));
        let found: Vec<(Plane, &String)> = found.collect();
        let (_, name) = found.first()?;
        Some((name, found.iter().map(|(plane, _)| *plane).collect()))
    }

    /// The operation as Azure spells it, in the plane that the level tables mean: one that both planes have is that
    /// of the data.
    pub fn meant(&self, name: &str) -> Option<(&str, Plane)> {
        let (name, planes) = self.operation(name)?;
        planes.last().map(|plane| (name, *plane))
    }

    /// Whether the plane has such an operation.
    pub fn has(&self, plane: Plane, name: &str) -> bool {
        self.of(plane).contains_key(&name.to_ascii_lowercase())
    }

    /// The built-in roles by name.
    pub fn roles(&self) -> &BTreeMap<String, Role> {
        self.roles.get_or_init(|| read_roles(&unfold(ROLES)))
    }

    /// A built-in role by its name or id, in any case.
    pub fn role(&self, name: &str) -> Option<&Role> {
        let named = |role: &&Role| role.name.eq_ignore_ascii_case(name) || role.id.eq_ignore_ascii_case(name);
        self.roles().get(name).or_else(|| self.roles().values().find(named))
    }

    /// The operations that are spelled most like `wanted`, nearest first.
    pub fn suggest(&self, wanted: &str) -> Vec<String> {
        let names = self.operations(Plane::Control).chain(self.operations(Plane::Data));
        nearest(names, &wanted.to_ascii_lowercase()).into_iter().map(|(_, name)| name).collect()
    }

    fn of(&self, plane: Plane) -> &Operations {
        let (cell, packed, word) = match plane {
            Plane::Control => (&self.actions, ACTIONS, "action "),
            Plane::Data => (&self.data_actions, DATA_ACTIONS, "data "),
        };
        cell.get_or_init(|| {
            let also = ALSO.lines().filter_map(|line| line.strip_prefix(word));
            let packed = inflated(packed);
            packed.lines().chain(also).map(|name| (name.to_ascii_lowercase(), name.to_owned())).collect()
        })
    }
}

impl Role {
    /// Whether the role allows the operation, leaving conditions aside.
    pub fn allows(&self, plane: Plane, operation: &str) -> bool {
        let operation = operation.to_ascii_lowercase();
        let any = |patterns: &[String]| {
            patterns.iter().any(|pattern| glob::matches(&pattern.to_ascii_lowercase(), &operation))
        };
        self.permissions.iter().any(|part| match plane {
            Plane::Control => any(&part.actions) && !any(&part.not_actions),
            Plane::Data => any(&part.data_actions) && !any(&part.not_data_actions),
        })
    }
}

fn read_roles(text: &str) -> BTreeMap<String, Role> {
    let mut roles: BTreeMap<String, Role> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some((id, named)) = line.strip_prefix("role ").and_then(|rest| rest.split_once(' ')) {
            named.clone_into(&mut name);
            let role =
                Role { name: name.clone(), id: id.to_owned(), permissions: vec![Permission::default()] };
            roles.insert(name.clone(), role);
            continue;
        }
        let Some(role) = roles.get_mut(&name) else { continue };
        let (word, rest) = line.trim_start().split_once(' ').unwrap_or((line.trim_start(), ""));
        if word == "and" {
            role.permissions.push(Permission::default());
        }
        let Some(part) = role.permissions.last_mut() else { continue };
        match word {
            "action" => part.actions.push(rest.to_owned()),
            "not" => part.not_actions.push(rest.to_owned()),
            "data" => part.data_actions.push(rest.to_owned()),
            "not-data" => part.not_data_actions.push(rest.to_owned()),
            "condition" => part.condition = Some(rest.to_owned()),
            _ => {}
        }
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_all_there() {
        let azure = Azure::embedded();
        assert_eq!(azure.roles().len(), 928);
        assert_eq!(azure.operations(Plane::Control).count(), 10_284);
        assert_eq!(azure.operations(Plane::Data).count(), 876);
    }

    #[test]
    fn a_role_allows_what_its_patterns_cover_and_nothing_that_it_takes_out() {
        let azure = Azure::embedded();
        let reader = azure.role("storage blob data reader").unwrap();
        let blobs = "microsoft.storage/storageaccounts/blobservices/containers/blobs";
        assert_eq!(reader.id, "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1");
        assert!(reader.allows(Plane::Data, &format!("{blobs}/read")));
        assert!(!reader.allows(Plane::Data, &format!("{blobs}/write")));
        let contributor = azure.role("Contributor").unwrap();
        assert!(contributor.allows(Plane::Control, "Microsoft.Storage/storageAccounts/write"));
        assert!(!contributor.allows(Plane::Control, "Microsoft.Authorization/roleAssignments/write"));
    }

    #[test]
    fn a_built_in_role_allows_each_operation_that_was_added_by_hand() {
        let azure = Azure::embedded();
        for line in ALSO.lines().filter(|line| !line.starts_with('#')) {
            let (word, name) = line.split_once(' ').unwrap();
            let (owner, plane) = match name.split('/').next().unwrap() {
                "Microsoft.EventHub" => ("Azure Event Hubs Data Owner", Plane::Data),
                "Microsoft.ServiceBus" => ("Azure Service Bus Data Owner", Plane::Data),
                "Microsoft.Web" if name.starts_with("Microsoft.Web/sites/") => {
                    ("Website Contributor", Plane::Control)
                }
                "Microsoft.Automation" => ("Automation Contributor", Plane::Control),
                "Microsoft.Network" => ("Network Contributor", Plane::Control),
                "Microsoft.Search" => ("Search Service Contributor", Plane::Control),
                // No role names these by less than everything.
                "Microsoft.Web" | "Microsoft.Compute" => ("Contributor", Plane::Control),
                other => panic!("which role allows operations of {other}?"),
            };
            assert_eq!(word == "data", plane == Plane::Data);
            assert!(azure.role(owner).unwrap().allows(plane, name), "{name}");
        }
    }

    #[test]
    fn an_operation_is_found_in_any_case() {
        let (name, planes) = Azure::embedded().operation("microsoft.storage/STORAGEACCOUNTS/read").unwrap();
        assert_eq!((name, planes), ("Microsoft.Storage/storageAccounts/read", vec![Plane::Control]));
    }
}
