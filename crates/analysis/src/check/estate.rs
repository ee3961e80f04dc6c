//! Everything that was read: documents, who is granted them, and what could not be read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use leastwise_policy::aws::evaluate::OrganizationPath;

use super::{Cluster, Directory, Document, Finding, Project};
use crate::granted::Snapshot;
use crate::paths::Workload;
use crate::source::{Place, is_marked};

/// Everything that checks look at.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// The policy documents, in the order of the files.
    pub documents: Vec<Document>,
    /// The roles and users of all files with what they are granted.
    pub snapshot: Snapshot,
    /// Where each principal stands, by ARN.
    pub homes: BTreeMap<String, Home>,
    /// Where it is said that a principal has a managed policy, by both ARNs; what is not here stands with the principal.
    pub attached: BTreeMap<(String, String), Home>,
    /// Principals that the files only name, where they attach a policy: what else they have is not known.
    pub undeclared: BTreeSet<String>,
    /// Managed policies of which it is known that nobody has them: they are there for whoever gets them.
    pub unattached: BTreeSet<String>,
    /// Accounts all of whose users are listed: whom no user is in of their groups, nobody is in.
    pub users_of: BTreeSet<String>,
    /// Where accounts stand in the organisation, as `aws:PrincipalOrgPaths` says it, as far as that is known.
    pub places: BTreeMap<String, String>,
    /// What runs as a role.
    pub workloads: Vec<Workload>,
    /// Access keys that are declared: the ARN of the user, and where.
    pub access_keys: Vec<(String, Home)>,
    /// Roles and bindings of Kubernetes.
    pub kubernetes: Cluster,
    /// Roles and policies of Google Cloud.
    pub gcp: Project,
    /// Roles and assignments of Azure.
    pub azure: Directory,
    /// What could not be read.
    pub unreadable: Vec<Finding>,
    /// Files that nobody named and that no format takes.
    pub left_alone: Vec<Arc<str>>,
    /// Files that are only there for others, and that nothing asked for.
    pub beside: Vec<Arc<str>>,
    by_name: HashMap<String, usize>,
}

/// Where a principal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The file.
    pub file: Arc<str>,
    /// Where it begins.
    pub at: Place,
    /// The JSON pointer in the file.
    pub pointer: String,
}

impl Estate {
    /// Adds a document; of several with one name the last is found by it, as the last of a snapshot counts.
    pub(super) fn add(&mut self, document: Document) {
        self.by_name.insert(document.name.clone(), self.documents.len());
        self.documents.push(document);
    }

    /// Another name by which a document that was added is found.
    pub(super) fn also_called(&mut self, other: String, name: &str) {
        if let Some(index) = self.by_name.get(name).copied() {
            self.by_name.insert(other, index);
        }
    }

    /// The name of a document that somebody has, which may have it by another.
    pub(super) fn own_name<'n>(&'n self, name: &'n str) -> &'n str {
        let known = is_marked(name).then(|| self.document(name)).flatten();
        known.map_or(name, |document| &document.name)
    }

    pub(super) fn set_snapshot(&mut self, snapshot: Snapshot) {
        self.snapshot = snapshot;
    }

    /// Puts each principal under the service control policies of its account, as far as `path_to` knows them. Where it does
    /// not, they are taken not to limit anything.
    pub fn govern(&mut self, path_to: &dyn Fn(&str) -> Option<OrganizationPath>) {
        self.snapshot.govern(path_to);
    }

    /// The document that a policy set calls by this name.
    pub fn document(&self, name: &str) -> Option<&Document> {
        self.by_name.get(name).map(|index| &self.documents[*index])
    }
}
