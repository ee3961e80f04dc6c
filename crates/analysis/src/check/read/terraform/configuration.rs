//! `.tf` files: each root folder is deployed for itself.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use super::declared::{Declared, add};
use crate::check::Home;
use crate::check::read::Gathered;
use crate::check::read::deployed::{Deployed, UNKNOWN_ACCOUNT, Written};
use crate::check::read::iam::kind_of;
use crate::check::read::text::{BEGIN, Content, Text};
use crate::source::hcl::{Resource, Sources, json_text, policy_document};
use crate::source::{Node, Place};

pub(in crate::check::read) fn takes(text: &Text<'_>) -> bool {
    matches!(text.content, Content::Terraform)
}

pub(in crate::check::read) fn read(texts: &[&Text<'_>], gathered: &mut Gathered) {
    let files = texts.iter().map(|text| (text.file.name.clone(), text.file.text.as_str()));
    let (mut sources, refused) = Sources::parse(files);
    let documents = std::mem::take(&mut gathered.files);
    let names: HashSet<Arc<str>> = documents.iter().map(|(name, _)| name.clone()).collect();
    sources.add_documents(documents);
    for (file, refusal) in refused {
        gathered.unreadable(&file, refusal.at, "", refusal.reason);
    }
    for root in sources.roots() {
        let Some(resources) = sources.resources(root, UNKNOWN_ACCOUNT) else {
            let reason = "the configuration asks for more work than is done; check its plan instead";
            gathered.unreadable(&sources.file_of(root), BEGIN, "", reason);
            continue;
        };
        resources.iter().for_each(|resource| super::clouds::add(&sources, resource, gathered));
        Deployed::settle(gathered, root, |account| {
            let resources = sources.resources(root, account).unwrap_or_default();
            Root { sources: &sources, used: RefCell::default() }.deployed(&resources, account)
        });
    }
    let used = gathered.estate.documents.iter().map(|document| &document.file);
    gathered.used = used.filter(|file| names.contains(*file)).cloned().collect();
}

struct Root<'s> {
    sources: &'s Sources,
    /// Where documents and statements stand that something uses.
    used: RefCell<HashSet<Place>>,
}

impl Root<'_> {
    fn deployed(&self, resources: &[Resource], account: &str) -> Deployed {
        let mut deployed = Deployed::to(account);
        let mut seen = HashSet::new();
        for resource in resources.iter().filter(|resource| !resource.is_data) {
            let (file, at) = self.sources.place(resource.at);
            let declared = Declared {
                address: &resource.address,
                base: format!("{}{}.{}", resource.prefix, resource.kind, resource.name),
                kind: &resource.kind,
                home: Home { file, at, pointer: String::new() },
                body: &resource.body,
                written: &|node| self.written(node),
            };
            add(&declared, &mut deployed);
        }
        // Documents that nothing uses are policies all the same: a module may hand them out.
        for resource in resources.iter().filter(|resource| resource.kind == "aws_iam_policy_document") {
            let document = policy_document(&resource.body);
            if resource.is_data && !self.is_used(&document) && seen.insert((document.at, document.to_json()))
            {
                let written = self.written(&document);
                let kind = kind_of(&written.file, &written.root);
                deployed.document(resource.address.clone(), kind, "", written);
            }
        }
        deployed
    }

    fn written(&self, node: &Node) -> Written {
        let tree = json_text(node).unwrap_or(node);
        let mut used = self.used.borrow_mut();
        used.insert(tree.at);
        used.extend(statements(tree).map(|statement| statement.at));
        let (file, root): (Arc<str>, Node) = self.sources.settled(tree);
        Written { file, pointer: String::new(), root }
    }

    fn is_used(&self, document: &Node) -> bool {
        let used = self.used.borrow();
        used.contains(&document.at) || statements(document).any(|statement| used.contains(&statement.at))
    }
}

fn statements(document: &Node) -> impl Iterator<Item = &Node> {
    document.get("Statement").map(Node::one_or_many).unwrap_or_default().iter()
}
