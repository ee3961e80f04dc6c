//! What a level or a verb of an intent comes to on Google Cloud and Azure, and where a role can be granted.
//!
//! Both grant roles on resources and hand them down: a role on a bucket holds for its objects. So a table says of
//! each kind of resource how it is named, whether roles are granted on it itself, whether conditions can name it
//! otherwise, and which operations a word means there. The grammar is in `syntax.rs`, the tables are
//! `data/{gcp,azure}/levels/*.levels`, each with the pages that it follows. The words are those of AWS's tables
//! ([`crate::levels`]); nothing is derived: a word without a row means nothing.

mod pattern;
mod syntax;
#[cfg(test)]
mod tests;

pub use pattern::{Pattern, Variables};
pub use syntax::PlaceError;

use std::sync::OnceLock;

use include_dir::{Dir, include_dir};

static GCP: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/data/gcp/levels");
static AZURE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/data/azure/levels");

/// The kind that stands for the whole: the project, the resource group.
pub const WHOLE: &str = "-";

/// The tables of a cloud.
#[derive(Debug, Default)]
pub struct Places {
    /// By name.
    pub services: Vec<Service>,
}

/// One table.
#[derive(Debug, Default)]
pub struct Service {
    /// Its name, that of the file.
    pub name: String,
    /// The hosts of full names: `storage.googleapis.com`.
    pub hosts: Vec<String>,
    /// What `./` stands for.
    base: Option<String>,
    /// Under which name deny policies know its permissions.
    pub deny: Option<String>,
    /// The kinds of resources, the whole first.
    pub kinds: Vec<Kind>,
    /// What words mean.
    pub means: Vec<Means>,
    /// What prohibitions of words cover besides.
    pub never: Vec<Means>,
    /// What enumerates kinds.
    pub lists: Vec<Means>,
    /// What is to be known of words.
    pub notes: Vec<Said>,
    /// Words without a meaning.
    pub refusals: Vec<Said>,
}

/// A kind of resource.
#[derive(Debug, Clone)]
pub struct Kind {
    /// What the table calls it.
    pub name: String,
    /// How it is named.
    pub pattern: Pattern,
    /// Other ways to write it.
    pub short: Vec<Pattern>,
    /// Whether roles are granted on it; if so, whether with conditions.
    pub policy: Option<bool>,
    /// How conditions on what is above can name it.
    pub attribute: Option<Attribute>,
    /// The Terraform resource that grants a role on it.
    pub terraform: Option<Terraform>,
    /// What is to be known when a condition is set on it.
    pub caution: Option<String>,
    /// The roles that allow everything on it and in it.
    pub admin: Vec<String>,
}

/// How a condition names a resource.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The type of the resource, or on Azure the attribute that holds its name.
    pub of: String,
    /// How conditions spell its name.
    pub name: Pattern,
}

/// A Terraform resource with the arguments that name what a role is granted on.
#[derive(Debug, Clone)]
pub struct Terraform {
    /// `google_storage_bucket_iam_member`.
    pub resource: String,
    /// Arguments, with variables of the kind's pattern; `{}` is its whole name.
    pub arguments: Vec<(String, String)>,
}

/// What words mean.
#[derive(Debug)]
pub struct Means {
    /// On which kind.
    pub kind: String,
    /// The words.
    pub words: Vec<String>,
    /// Permissions of Google Cloud, operations of Azure.
    pub operations: Vec<String>,
    /// The kind on which they are checked.
    pub on: String,
    /// The attribute of the request that holds the beginning of the name, where the resource itself is not asked.
    pub by: Option<String>,
}

/// A text about words on a kind.
#[derive(Debug)]
pub struct Said {
    kind: String,
    words: Vec<String>,
    /// The text.
    pub text: String,
}

/// A resource that a name stands for.
#[derive(Debug, Clone)]
pub struct Resource<'p> {
    /// Its table.
    pub service: &'p Service,
    /// Its kind.
    pub kind: &'p Kind,
    /// The values in its name.
    pub values: Variables,
    /// All resources of the kind, which can only be listed.
    pub all: bool,
    /// The name is only a beginning.
    pub prefix: bool,
}

/// Why a name stands for no resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// No table knows it; how the kinds of the service that it names look, or what services there are.
    Unknown(Vec<String>),
    /// Several services have such names: these, with their hosts.
    Ambiguous(Vec<String>),
    /// A wildcard elsewhere than at the end.
    Wildcard,
}

impl Places {
    /// Google Cloud's tables.
    ///
    /// # Panics
    /// Never: a test parses every file that is embedded.
    pub fn gcp() -> &'static Places {
        static PLACES: OnceLock<Places> = OnceLock::new();
        PLACES.get_or_init(|| {
            Places::parse(embedded(&GCP), &[Kind::project()])
                .expect("the embedded tables parse, which a test shows")
        })
    }

    /// Azure's tables.
    ///
    /// # Panics
    /// Never: a test parses every file that is embedded.
    pub fn azure() -> &'static Places {
        static PLACES: OnceLock<Places> = OnceLock::new();
        PLACES.get_or_init(|| {
            Places::parse(embedded(&AZURE), &[Kind::group()])
                .expect("the embedded tables parse, which a test shows")
        })
    }

    fn parse<'t>(
        files: impl IntoIterator<Item = (&'t str, &'t str)>,
        whole: &[Kind],
    ) -> Result<Places, PlaceError> {
        let mut services = Vec::new();
        for (name, text) in files {
            services.push(syntax::parse(name, text, whole)?);
        }
        services.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Places { services })
    }

    /// The resource that a name stands for: `//storage.googleapis.com/projects/_/buckets/orders`,
    /// `projects/shop/topics/orders` where no other service has such names, an Azure resource id. A `*` at the end
    /// stands for everything that begins so.
    ///
    /// # Errors
    /// The name stands for nothing, or for several things.
    pub fn find(&self, text: &str) -> Result<Resource<'_>, Lost> {
        let (prefix, name) = match text.strip_suffix('*') {
            Some(name) => (true, name),
            None => (false, text.trim_end_matches('/')),
        };
        if name.contains('*') {
            return Err(Lost::Wildcard);
        }
        let (host, name) = match name.strip_prefix("//").and_then(|rest| rest.split_once('/')) {
            Some((host, name)) => (Some(host), name),
            None => (None, name),
        };
        let mut found = Vec::new();
        for service in &self.services {
            if host.is_some_and(|host| !service.hosts.iter().any(|known| known == host)) {
                continue;
            }
            for kind in &service.kinds {
                found.extend(kind.resource(service, name, prefix, host.is_some()));
            }
        }
        match found.len() {
            0 => Err(Lost::Unknown(self.known(host, name))),
            1 => Ok(found.remove(0)),
            _ => Err(Lost::Ambiguous(found.iter().filter_map(Resource::full_name).collect())),
        }
    }

    /// How the resources look that are nearest to what was named.
    fn known(&self, host: Option<&str>, name: &str) -> Vec<String> {
        let provider = name.split("/providers/").nth(1).unwrap_or_default().to_ascii_lowercase();
        let meant = |service: &&Service| {
            host.is_some_and(|host| service.hosts.iter().any(|known| known == host))
                || service.base.as_ref().is_some_and(|base| provider.starts_with(&base.to_ascii_lowercase()))
        };
        let kinds = self.services.iter().filter(meant).flat_map(|service| service.kinds.iter().skip(1));
        let mut known: Vec<String> = kinds.map(|kind| kind.pattern.text()).collect();
        if known.is_empty() {
            known = self
                .services
                .iter()
                .map(|service| service.hosts.first().unwrap_or(&service.name).clone())
                .collect();
        }
        known
    }
}

fn embedded(files: &'static Dir<'static>) -> impl Iterator<Item = (&'static str, &'static str)> {
    files.files().filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)))
}

impl Service {
    /// A kind by its name.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// The kind above: of which the name is the longest beginning, else the whole.
    pub fn above(&self, kind: &Kind) -> Option<&Kind> {
        if kind.name == WHOLE {
            return None;
        }
        let begins = |above: &&Kind| above.pattern.begins(&kind.pattern);
        self.kinds.iter().filter(|above| begins(above).is_some()).max_by_key(begins).or(self.kinds.first())
    }

    /// What is to be known of a word on a kind.
    pub fn notes<'s>(&'s self, kind: &'s str, word: &'s str) -> impl Iterator<Item = &'s str> {
        self.notes.iter().filter(move |said| said.is_of(kind, word)).map(|said| said.text.as_str())
    }

    /// Why a word has no meaning on a kind, where that is known.
    pub fn refusal(&self, kind: &str, word: &str) -> Option<&str> {
        self.refusals.iter().find(|said| said.is_of(kind, word)).map(|said| said.text.as_str())
    }

    /// The words that mean something on a kind, sorted.
    pub fn words(&self, kind: &Kind) -> Vec<&str> {
        let rows = self.means.iter().filter(|means| means.kind == kind.name);
        let mut words: Vec<&str> = rows.flat_map(|means| &means.words).map(String::as_str).collect();
        words.extend((!kind.admin.is_empty()).then_some("admin"));
        words.sort_unstable();
        words.dedup();
        words
    }
}

impl Said {
    fn is_of(&self, kind: &str, word: &str) -> bool {
        self.kind == kind && self.words.iter().any(|known| known == word)
    }
}

impl Kind {
    fn resource<'p>(
        &'p self,
        service: &'p Service,
        name: &str,
        prefix: bool,
        by_host: bool,
    ) -> Option<Resource<'p>> {
        // Every service of Google Cloud has projects: only a full name tells of which one is meant.
        if self.name == WHOLE && !by_host {
            return None;
        }
        let resource = |values, all| Resource { service, kind: self, values, all, prefix };
        for pattern in std::iter::once(&self.pattern).chain(&self.short) {
            // `…/objects/*` is everything that begins with nothing.
            let padded = format!("{name}\u{0}");
            let tried = if prefix { padded.as_str() } else { name };
            if let Some(mut values) = pattern.matches(tried) {
                values.values_mut().for_each(|value| *value = value.trim_end_matches('\u{0}').to_owned());
                return Some(resource(values, false));
            }
            if let Some(values) = pattern.matches_all(name).filter(|_| !prefix) {
                return Some(resource(values, true));
            }
        }
        None
    }
}

impl Resource<'_> {
    /// The name of the resource, or of the one of the given kind that it lies in; none when that is not told.
    pub fn name_as(&self, kind: &Kind) -> Option<String> {
        kind.pattern.fill(&self.values)
    }

    /// The name with the host of the service.
    pub fn full_name(&self) -> Option<String> {
        let name = match self.all {
            true => self.kind.pattern.fill_all(&self.values)?,
            false => self.kind.pattern.fill(&self.values)?,
        };
        Some(match self.service.hosts.first() {
            Some(host) => format!("//{host}/{name}"),
            None => name,
        })
    }
}
