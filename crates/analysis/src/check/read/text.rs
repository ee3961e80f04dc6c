//! A file's text, read once as what its ending or its first character says.

use super::{Gathered, SourceFile};
use crate::source::hcl::MANIFEST;
use crate::source::yaml::{self, Yaml};
use crate::source::{Lines, Node, Place, Refusal};

/// A file with its content.
#[derive(Debug)]
pub(in crate::check) struct Text<'a> {
    pub(in crate::check) file: &'a SourceFile,
    pub(in crate::check) content: Content,
}

/// What a file holds.
#[derive(Debug)]
pub(in crate::check) enum Content {
    /// One JSON value.
    Json(Node),
    /// Documents of YAML.
    Yaml(Yaml),
    /// Terraform's language, which is read with the other files of its folder.
    Terraform,
}

/// Endings of templates that Terraform fills in. For itself, such a file is nothing.
const TEMPLATES: [&str; 3] = ["tftpl", "tpl", "tmpl"];

/// Words by which a broken text can be told to have been meant for us.
const MARKS: [&str; 19] = [
    "\"2012-10-17\"",
    "\"2008-10-17\"",
    "\"Statement\"",
    "\"Effect\"",
    "AWSTemplateFormatVersion",
    "DetailList\"",
    "\"planned_values\"",
    "apiGroups",
    "Type: AWS::",
    "\"Type\": \"AWS::",
    "rbac.authorization.k8s.io",
    "roleRef",
    "eks.amazonaws.com/role-arn",
    "includedPermissions",
    "role: roles/",
    "\"role\": \"roles/",
    "ssignableScopes",
    "oleDefinitionId",
    "oleDefinitionName",
];

impl<'a> Text<'a> {
    /// Reads the file; none when it is of no known kind or cannot be read, which is then said.
    pub(super) fn of(file: &'a SourceFile, gathered: &mut Gathered) -> Option<Text<'a>> {
        let ending = file.name.rsplit(['/', '\\']).next().and_then(|name| name.rsplit_once('.'));
        let ending = ending.map_or("", |(_, ending)| ending);
        if is_terraform(&file.name) || file.beside && file.name.ends_with(MANIFEST) {
            return Some(Text { file, content: Content::Terraform });
        }
        // What a configuration reads, it reads by itself.
        if file.beside {
            gathered.estate.beside.push(file.name.clone());
            return None;
        }
        if !file.named && TEMPLATES.iter().any(|known| ending.eq_ignore_ascii_case(known)) {
            gathered.estate.left_alone.push(file.name.clone());
            return None;
        }
        let begin = file.text.trim_start_matches(['\u{feff}', ' ', '\t', '\n', '\r']);
        // What Helm and Ansible fill in begins so too.
        let begins_as_json = begin.starts_with(['{', '[']) && !begin.starts_with("{{");
        if ending.eq_ignore_ascii_case("json") || begins_as_json {
            return Text::json(file, gathered);
        }
        let says_yaml = ["yaml", "yml", "template"].iter().any(|known| ending.eq_ignore_ascii_case(known));
        // Standard input has no ending.
        if file.named && !says_yaml && looks_like_terraform(&file.text) {
            return Some(Text { file, content: Content::Terraform });
        }
        if says_yaml || file.named && file.text.lines().any(|line| line.ends_with(':')) {
            return Some(Text { file, content: Content::Yaml(yaml::parse(&file.text)) });
        }
        match file.named {
            true => gathered.unknown_format(file),
            false => gathered.estate.left_alone.push(file.name.clone()),
        }
        None
    }

    fn json(file: &'a SourceFile, gathered: &mut Gathered) -> Option<Text<'a>> {
        match Node::json(&file.text) {
            Ok(node) => Some(Text { file, content: Content::Json(node) }),
            Err(refusal) => {
                if file.named || is_meant(&file.text) {
                    let at = Lines::new(&file.text).place(refusal.at);
                    gathered.not_json(file, at, &refusal.pointer, &refusal.reason);
                } else {
                    gathered.estate.left_alone.push(file.name.clone());
                }
                None
            }
        }
    }

    /// The JSON value, when it is JSON.
    pub(super) fn as_json(&self) -> Option<&Node> {
        match &self.content {
            Content::Json(node) => Some(node),
            Content::Yaml(_) | Content::Terraform => None,
        }
    }

    /// The documents of YAML, or the one JSON value, which YAML could have written as well.
    pub(super) fn as_yaml(&self) -> &[Node] {
        match &self.content {
            Content::Json(node) => std::slice::from_ref(node),
            Content::Yaml(yaml) => &yaml.documents,
            Content::Terraform => &[],
        }
    }

    /// Whether a text that cannot be read was meant for us.
    pub(super) fn is_meant(&self) -> bool {
        is_meant(&self.file.text)
    }

    /// What of the YAML could not be read.
    pub(super) fn refused(&self) -> &[Refusal] {
        match &self.content {
            Content::Yaml(yaml) => &yaml.refused,
            _ => &[],
        }
    }
}

/// Whether a line begins a block of Terraform.
fn looks_like_terraform(text: &str) -> bool {
    text.lines().any(|line| {
        ["resource \"", "data \"", "module \"", "variable \"", "locals {"]
            .iter()
            .any(|block| line.starts_with(block))
    })
}

/// Whether a word stands in it by which a broken text can be told to have been meant for one of the formats.
pub fn is_meant(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

fn is_terraform(name: &str) -> bool {
    [".tf", ".tf.json", ".tofu", ".tfvars", ".tfvars.json"].iter().any(|ending| name.ends_with(ending))
}

/// The place where a file begins.
pub(super) const BEGIN: Place = Place::START;
