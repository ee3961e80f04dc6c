//! What Google Cloud offers: permissions, predefined roles, and what API methods need.
//!
//! The facts are `data/gcp/*.txt` (see `data/clouds.md`), packed at build time and read when first asked for.
//! A permission is `service.resource.verb`; what words of an intent come to, and where a role can be granted, is in
//! the tables of [`crate::places`].

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::folded::{inflated, unfold};
use crate::lookup::nearest;

static PERMISSIONS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/gcp-permissions.bin"));
static ROLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/gcp-roles.bin"));
static METHODS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/gcp-methods.bin"));

/// What Google Cloud offers.
#[derive(Debug, Default)]
pub struct Gcp {
    permissions: OnceLock<Vec<String>>,
    roles: OnceLock<BTreeMap<String, Role>>,
    methods: OnceLock<BTreeMap<String, Vec<Need>>>,
}

/// A predefined role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name without `roles/`: `storage.objectViewer`.
    pub name: String,
    /// `GA`, `BETA`, `ALPHA` or `DEPRECATED`.
    pub stage: String,
    /// Its permissions, sorted.
    pub permissions: Vec<String>,
}

/// A permission that an API method needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// `storage.objects.get`.
    pub permission: String,
    /// Whether every call needs it; if not, it depends on the request or is not sure.
    pub always: bool,
}

impl Gcp {
    /// The facts that are part of the program.
    pub fn embedded() -> &'static Gcp {
        static GCP: OnceLock<Gcp> = OnceLock::new();
        GCP.get_or_init(Gcp::default)
    }

    /// All permissions, sorted.
    pub fn permissions(&self) -> &[String] {
        self.permissions.get_or_init(|| inflated(PERMISSIONS).lines().map(str::to_owned).collect())
    }

    /// Whether there is such a permission. Names of permissions are compared with their case.
    pub fn has(&self, permission: &str) -> bool {
        self.permissions().binary_search_by(|known| known.as_str().cmp(permission)).is_ok()
    }

    /// The permissions of a service, or of one of its kinds of resource: `storage`, `storage.objects`.
    pub fn below(&self, prefix: &str) -> &[String] {
        let all = self.permissions();
        let head = format!("{prefix}.");
        let start = all.partition_point(|known| known.as_str() < head.as_str());
        let len = all[start..].iter().take_while(|known| known.starts_with(&head)).count();
        &all[start..start + len]
    }

    /// The predefined roles, by name without `roles/`.
    pub fn roles(&self) -> &BTreeMap<String, Role> {
        self.roles.get_or_init(|| self.read_roles(&unfold(ROLES)))
    }

    /// A predefined role, with or without `roles/`.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles().get(name.strip_prefix("roles/").unwrap_or(name))
    }

    /// What an API method needs, by its discovery name: `storage.objects.get`. None when nobody knows.
    pub fn method(&self, name: &str) -> Option<&[Need]> {
        self.methods().get(name).map(Vec::as_slice)
    }

    /// The API methods of which it is known what they need.
    pub fn methods(&self) -> &BTreeMap<String, Vec<Need>> {
        self.methods.get_or_init(|| inflated(METHODS).lines().filter_map(method).collect())
    }

    /// The permissions that are spelled most like `wanted`, nearest first.
    pub fn suggest(&self, wanted: &str) -> Vec<String> {
        let service = wanted.split('.').next().unwrap_or_default();
        let own = self.below(service).iter().map(String::as_str);
        let wanted = wanted.to_ascii_lowercase();
        let mut near = nearest(own, &wanted);
        if near.is_empty() {
            near = nearest(self.permissions().iter().map(String::as_str), &wanted);
        }
        near.into_iter().map(|(_, name)| name).collect()
    }

    fn read_roles(&self, text: &str) -> BTreeMap<String, Role> {
        let mut roles = BTreeMap::new();
        let mut current: Option<Role> = None;
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match (words.as_slice(), &mut current) {
                (["role", name, stage], _) => {
                    roles.extend(current.take().map(|role| (role.name.clone(), role)));
                    let (name, stage) = ((*name).to_owned(), (*stage).to_owned());
                    current = Some(Role { name, stage, permissions: Vec::new() });
                }
                ([resource, "*"], Some(role)) => role.permissions.extend(self.verbs_of(resource)),
                ([resource, verbs @ ..], Some(role)) => {
                    role.permissions.extend(verbs.iter().map(|verb| format!("{resource}.{verb}")));
                }
                _ => {}
            }
        }
        roles.extend(current.map(|role| (role.name.clone(), role)));
        for role in roles.values_mut() {
            role.permissions.sort_unstable();
        }
        roles
    }

    /// The permissions whose name is `resource` and one more word.
    fn verbs_of(&self, resource: &str) -> impl Iterator<Item = String> {
        let below = self.below(resource).iter();
        below.filter(move |name| !name[resource.len() + 1..].contains('.')).cloned()
    }
}

fn method(line: &str) -> Option<(String, Vec<Need>)> {
    let (name, needs) = line.split_once(' ')?;
    let needs = needs
        .split(' ')
        .map(|need| Need { permission: need.trim_end_matches('?').to_owned(), always: !need.ends_with('?') });
    Some((name.to_owned(), needs.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_all_there() {
        let gcp = Gcp::embedded();
        assert_eq!(gcp.permissions().len(), 13_790);
        assert_eq!(gcp.roles().len(), 2_461);
        assert_eq!(gcp.methods().len(), 6_091);
    }

    #[test]
    fn a_role_holds_its_permissions() {
        let role = Gcp::embedded().role("roles/storage.objectViewer").unwrap();
        let expected = [
            "resourcemanager.projects.get",
            "resourcemanager.projects.list",
            "storage.folders.get",
            "storage.folders.list",
            "storage.managedFolders.get",
            "storage.managedFolders.list",
            "storage.objects.get",
            "storage.objects.list",
        ];
        assert_eq!(
            (role.stage.as_str(), role.permissions.as_slice()),
            ("GA", &expected.map(str::to_owned)[..])
        );
    }

    #[test]
    fn every_permission_of_a_role_is_one_and_methods_say_what_they_need() {
        let gcp = Gcp::embedded();
        let unknown = gcp.roles().values().flat_map(|role| &role.permissions).find(|name| !gcp.has(name));
        assert_eq!(unknown, None);
        let need = |name: &str| {
            gcp.method(name).unwrap().iter().map(|need| need.permission.clone()).collect::<Vec<_>>()
        };
        assert_eq!(need("pubsub.projects.topics.get"), ["pubsub.topics.get"]);
    }

    #[test]
    fn a_misspelt_permission_has_a_neighbour() {
        assert_eq!(Gcp::embedded().suggest("storage.objects.gett")[0], "storage.objects.get");
        assert_eq!(Gcp::embedded().suggest("stroage.objects.get")[0], "storage.objects.get");
    }
}
