//! `.tf` files: each root folder is deployed for itself.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::declared::{Declared, add};
use super::longest::longest;
use crate::check::Home;
use crate::check::read::deployed::{Deployed, UNKNOWN_ACCOUNT, Written};
use crate::check::read::iam::kind_of;
use crate::check::read::text::{BEGIN, Content, Text};
use crate::check::read::{Gathered, SourceFile};
use crate::source::hcl::{File, Resource, Sources, json_text, policy_document};
use crate::source::{Node, Place};

pub(in crate::check::read) fn takes(text: &Text<'_>) -> bool {
    matches!(text.content, Content::Terraform)
}

pub(in crate::check::read) fn read(texts: &[&Text<'_>], files: &[&SourceFile], gathered: &mut Gathered) {
    let configuration = texts.iter().map(|text| File {
        name: text.file.name.clone(),
        text: &text.file.text,
        named: text.file.named,
        installed: text.file.beside,
    });
    let (mut sources, refused) = Sources::read(configuration);
    sources.add_files(files.iter().map(|file| (file.name.clone(), file.text.as_str())));
    let roots = sources.roots();
    for missing in sources.look_around(&roots) {
        let (file, at) = sources.place(missing.at);
        gathered.not_here(&file, at, &file, missing.message, missing.fix);
    }
    for root in roots {
        let Some(resources) = sources.resources(root, UNKNOWN_ACCOUNT) else {
            let reason = "the configuration asks for more work than is done; check its plan instead";
            gathered.unreadable(&sources.file_of(root), BEGIN, "", reason);
            continue;
        };
        resources.iter().for_each(|resource| super::clouds::add(&sources, resource, gathered));
        Deployed::settle(gathered, root, |deployed| {
            let resources = sources.resources_apart(root, deployed.account(), deployed.twins());
            let root = Root { sources: &sources, used: RefCell::default() };
            root.deployed(&resources.unwrap_or_default(), deployed);
        });
    }
    for (file, at) in sources.cut() {
        let message =
            "more instances are made here than are told apart; only the first are looked at".to_owned();
        let fix = "check the plan (`terraform show -json`), which lists them".to_owned();
        gathered.not_here(&file, at, &file, message, fix);
    }
    for (file, refusal) in refused.into_iter().chain(sources.refused()) {
        gathered.unreadable(&file, refusal.at, "", refusal.reason);
    }
    let read: HashMap<Arc<str>, bool> = sources.files_read().into_iter().collect();
    let documents = gathered.estate.documents.iter().map(|document| &document.file);
    gathered.used = documents.filter(|file| read.contains_key(*file)).cloned().collect();
    let estate = &mut gathered.estate;
    estate.left_alone.retain(|file| !read.contains_key(file));
    estate.beside.retain(|file| !read.contains_key(file));
    // A template need not be JSON before it is filled in, and is no policy.
    let is_template = |file: &Arc<str>| read.get(file).copied().unwrap_or_default();
    estate.unreadable.retain(|found| found.code != "JSON_SYNTAX_ERROR" || !is_template(&found.file));
    gathered.used.extend(read.iter().filter(|(_, is_template)| **is_template).map(|(file, _)| file.clone()));
}

struct Root<'s> {
    sources: &'s Sources<'s>,
    /// Where documents and statements stand that something uses.
    used: RefCell<HashSet<Place>>,
}

impl Root<'_> {
    fn deployed(&self, resources: &[Resource], deployed: &mut Deployed) {
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
                hangs_on: &|at| self.sources.hangs_on(at),
            };
            deployed.declare(&resource.address, resource.hangs_on.clone(), &resource.provider);
            deployed.surely_hang_on(resource.surely_on.clone());
            add(&declared, deployed);
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
    }

    fn written(&self, node: &Node) -> Written {
        let tree = json_text(node).unwrap_or(node);
        let mut used = self.used.borrow_mut();
        used.insert(Sources::anyway(tree.at));
        used.extend(statements(tree).map(|statement| Sources::anyway(statement.at)));
        let (file, root): (Arc<str>, Node) = self.sources.settled(tree);
        let longest = longest(tree, &|node| self.sources.side(node));
        Written { longest, ..Written::new(file, String::new(), root) }
    }

    fn is_used(&self, document: &Node) -> bool {
        let used = self.used.borrow();
        let is_used = |node: &Node| used.contains(&Sources::anyway(node.at));
        is_used(document) || statements(document).any(is_used)
    }
}

fn statements(document: &Node) -> impl Iterator<Item = &Node> {
    document.get("Statement").map(Node::one_or_many).unwrap_or_default().iter()
}
