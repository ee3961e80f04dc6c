//! An intent taken apart by what it is compiled for: each platform on which its names stand for something, in each
//! environment that it names. A role is in every part in which one of its permissions means something.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use leastwise_generate::intent::{Binding, Intent, Permission, Role, elsewhere};

/// What roles are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    Aws,
    Gcp,
    Azure,
    Kubernetes,
    Cedar,
    Github,
}

/// The roles of one platform and environment, each with the permissions that mean something there.
pub struct Part {
    /// For what.
    pub platform: Platform,
    /// Where, when that matters.
    pub environment: Option<String>,
    /// The roles, with all that the intent binds.
    pub intent: Intent,
    /// For each role, the places of its permissions.
    pub lines: Vec<BTreeSet<Line>>,
}

impl Part {
    /// The same for these roles alone.
    pub fn of(&self, intent: &Intent) -> Part {
        Part {
            platform: self.platform,
            environment: self.environment.clone(),
            lines: intent.roles.iter().map(lines).collect(),
            intent: intent.clone(),
        }
    }
}

/// A permission of a role: the role's name, and where the word and the resource stand.
pub type Line = (String, (u32, u32), (u32, u32));

impl Platform {
    const ALL: [Platform; 6] = [
        Platform::Aws,
        Platform::Gcp,
        Platform::Azure,
        Platform::Kubernetes,
        Platform::Cedar,
        Platform::Github,
    ];

    /// As messages and `--target` call it.
    pub const fn name(self) -> &'static str {
        match self {
            Platform::Aws => "aws",
            Platform::Gcp => "gcp",
            Platform::Azure => "azure",
            Platform::Kubernetes => "kubernetes",
            Platform::Cedar => "cedar",
            Platform::Github => "github",
        }
    }

    /// The keys under which resources stand there; those of AWS stand by themselves.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Platform::Aws => &[],
            Platform::Gcp => &["gcp"],
            Platform::Azure => &["azure"],
            Platform::Kubernetes => &["kubernetes"],
            Platform::Cedar => &["mcp", "http"],
            Platform::Github => &["github"],
        }
    }

    /// Whether a resource stands for something there.
    fn has(self, binding: &Binding, environment: Option<&str>) -> bool {
        let named = |of: &BTreeMap<String, Vec<_>>| self.keys().iter().any(|key| of.contains_key(*key));
        let there = match (self, environment) {
            (Platform::Aws, Some(name)) => binding.environments.contains_key(name),
            (_, Some(name)) => binding.environments_elsewhere.get(name).is_some_and(named),
            (_, None) => false,
        };
        there
            || match self {
                Platform::Aws => !binding.aws.is_empty(),
                _ => named(&binding.elsewhere),
            }
    }

    /// The environments in which it stands for something of its own there.
    fn environments(self, binding: &Binding) -> BTreeSet<&str> {
        match self {
            Platform::Aws => binding.environments.keys().map(String::as_str).collect(),
            _ => {
                let there = binding.environments_elsewhere.iter();
                let has =
                    |by_key: &BTreeMap<String, _>| self.keys().iter().any(|key| by_key.contains_key(*key));
                there.filter(|(_, by_key)| has(by_key)).map(|(name, _)| name.as_str()).collect()
            }
        }
    }
}

/// The parts of an intent.
pub fn parts(intent: &Intent) -> Vec<Part> {
    let bindings: HashMap<&str, &Binding> =
        intent.resources.iter().map(|binding| (binding.name.value.as_str(), binding)).collect();
    let mut parts = Vec::new();
    for platform in Platform::ALL {
        let mut by_environment: BTreeMap<Option<&str>, Vec<Role>> = BTreeMap::new();
        for role in &intent.roles {
            let said = [&role.permissions, &role.approval].into_iter().flatten();
            let names = said.filter_map(|line| bindings.get(line.resource.value.as_str()));
            let environments: BTreeSet<&str> =
                names.flat_map(|binding| platform.environments(binding)).collect();
            let environments: Vec<Option<&str>> = match environments.is_empty() {
                true => vec![None],
                false => environments.into_iter().map(Some).collect(),
            };
            for environment in environments {
                let role = of(role, platform, environment, &bindings);
                if !role.permissions.is_empty() || !role.approval.is_empty() {
                    by_environment.entry(environment).or_default().push(role);
                }
            }
        }
        for (environment, roles) in by_environment {
            let lines = roles.iter().map(lines).collect();
            let intent = Intent { roles, resources: intent.resources.clone() };
            parts.push(Part { platform, environment: environment.map(str::to_owned), intent, lines });
        }
    }
    parts
}

/// The role with what means something there.
fn of(
    role: &Role,
    platform: Platform,
    environment: Option<&str>,
    bindings: &HashMap<&str, &Binding>,
) -> Role {
    let means = |line: &&Permission| {
        let name = line.resource.value.as_str();
        match (bindings.get(name), elsewhere(name)) {
            (Some(binding), _) => platform.has(binding, environment),
            (None, Some((key, _))) => platform.keys().contains(&key),
            // What is bound nowhere is told by the compiler for AWS.
            (None, None) => platform == Platform::Aws,
        }
    };
    let filtered = |lines: &[Permission]| lines.iter().filter(means).cloned().collect();
    Role {
        permissions: filtered(&role.permissions),
        never: filtered(&role.never),
        approval: filtered(&role.approval),
        ..role.clone()
    }
}

/// What a role permits, line by line.
pub fn lines(role: &Role) -> BTreeSet<Line> {
    let said = [&role.permissions, &role.approval].into_iter().flatten();
    let place = |place: &leastwise_generate::intent::Place| (place.line, place.column);
    said.map(|line| (role.name.value.clone(), place(&line.verb.place), place(&line.resource.place))).collect()
}
