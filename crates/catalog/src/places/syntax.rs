//! The language of the tables `data/{gcp,azure}/levels/*.levels`: one row a line, `#` starts a comment.
//!
//! ```text
//! host      storage.googleapis.com                     # of full names `//host/…`; several rows are several hosts
//! base      Microsoft.Storage/storageAccounts          # what `./` stands for in operations
//! deny      storage.googleapis.com                     # deny policies know the permissions, below this name
//! kind      bucket projects/_/buckets/{bucket}         # a kind of resource and its name; `+` is the rest of a name;
//!                                                      # before `Microsoft.…` stands the resource group
//! short     bucket gs://{bucket}                       # another way to write it
//! policy    bucket conditions                          # roles are granted on it; with or without conditions
//! attribute object storage.googleapis.com/Object       # conditions can name it, by its own name or by the one given
//! terraform bucket google_storage_bucket_iam_member bucket={bucket}
//! caution   bucket text…                               # to be known when a condition is set there
//! means     bucket read,download = storage.objects.get # a level or verb on a kind; several rows add up
//! means     table query = bigquery.jobs.create on -    # …which is checked on another kind; `-` is the project
//! means     object list = storage.objects.list on bucket by storage.googleapis.com/objectListPrefix
//! never     bucket delete = storage.objects.move       # what a prohibition of the word covers besides
//! lists     topic = pubsub.topics.list                 # what enumerates a kind
//! admin     bucket roles/storage.admin                 # the role that allows everything there; `_` is a space
//! note      bucket update text…                        # to be known when the word is said
//! refuse    item read,write text…                      # a word without a meaning there, and what to do instead
//! ```

use std::fmt;

use super::pattern::Pattern;
use super::{Attribute, Kind, Means, Said, Service, Terraform, WHOLE};

/// A resource group of Azure: what the name of every resource begins with.
const GROUP: &str = "/subscriptions/{subscription}/resourceGroups/{group}";

/// A line that is not a row.
#[derive(Debug, PartialEq, Eq)]
pub struct PlaceError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

impl std::error::Error for PlaceError {}

/// Parses one table; `whole` is the kind that every service of the cloud has.
pub(super) fn parse(file: &str, text: &str, whole: &[Kind]) -> Result<Service, PlaceError> {
    let name = file.strip_suffix(".levels").unwrap_or(file).to_owned();
    let mut service = Service { name, kinds: whole.to_vec(), ..Service::default() };
    for (index, line) in text.lines().enumerate() {
        let facts = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = facts.split_whitespace().collect();
        if !words.is_empty() && row(&words, &mut service).is_none() {
            let reason = format!("`{}` is not a row", line.trim());
            return Err(PlaceError { file: file.to_owned(), line: index + 1, reason });
        }
    }
    Ok(service)
}

fn row(words: &[&str], service: &mut Service) -> Option<()> {
    match words {
        ["host", host] => service.hosts.push((*host).to_owned()),
        ["base", base] => service.base = Some((*base).to_owned()),
        ["deny", name] => service.deny = Some((*name).to_owned()),
        ["kind", name, pattern] => service.kinds.push(Kind::new(name, pattern)),
        ["short", kind, pattern] => kind_of(service, kind)?.short.push(Pattern::parse(pattern)),
        ["policy", kind] => kind_of(service, kind)?.policy = Some(false),
        ["policy", kind, "conditions"] => kind_of(service, kind)?.policy = Some(true),
        ["attribute", kind, rest @ ..] => {
            let kind = kind_of(service, kind)?;
            let (of, name) = match rest {
                [of] => (*of, kind.pattern.clone()),
                [of, name] => (*of, Pattern::parse(name)),
                _ => return None,
            };
            kind.attribute = Some(Attribute { of: of.to_owned(), name });
        }
        ["terraform", kind, resource, arguments @ ..] => {
            let argument = |text: &&str| text.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
            let arguments = arguments.iter().map(argument).collect::<Option<Vec<_>>>()?;
            kind_of(service, kind)?.terraform =
                Some(Terraform { resource: (*resource).to_owned(), arguments });
        }
        ["caution", kind, text @ ..] => kind_of(service, kind)?.caution = Some(text.join(" ")),
        [head @ ("means" | "never"), kind, words, "=", rest @ ..] => {
            kind_of(service, kind)?;
            let means = means(kind, words, rest, service.base.as_deref())?;
            match *head {
                "means" => service.means.push(means),
                _ => service.never.push(means),
            }
        }
        ["lists", kind, "=", operations @ ..] => {
            kind_of(service, kind)?;
            let means = means(kind, "list", operations, service.base.as_deref())?;
            service.lists.push(means);
        }
        ["admin", kind, roles @ ..] => {
            kind_of(service, kind)?.admin = roles.iter().map(|role| role.replace('_', " ")).collect();
        }
        ["note", kind, words, text @ ..] => service.notes.push(said(kind, words, text)?),
        ["refuse", kind, words, text @ ..] => service.refusals.push(said(kind, words, text)?),
        _ => return None,
    }
    Some(())
}

fn kind_of<'s>(service: &'s mut Service, name: &str) -> Option<&'s mut Kind> {
    service.kinds.iter_mut().find(|kind| kind.name == name)
}

fn means(kind: &str, words: &str, rest: &[&str], base: Option<&str>) -> Option<Means> {
    let (rest, by) = match rest {
        [rest @ .., "by", by] => (rest, Some((*by).to_owned())),
        rest => (rest, None),
    };
    let (operations, on) = match rest {
        [operations @ .., "on", on] => (operations, (*on).to_owned()),
        operations => (operations, kind.to_owned()),
    };
    let full = |name: &&str| match (name.strip_prefix("./"), base) {
        (Some(rest), Some(base)) => format!("{base}/{rest}"),
        _ => (*name).to_owned(),
    };
    (!operations.is_empty()).then(|| Means {
        kind: kind.to_owned(),
        words: words.split(',').map(str::to_owned).collect(),
        operations: operations.iter().map(full).collect(),
        on,
        by,
    })
}

fn said(kind: &str, words: &str, text: &[&str]) -> Option<Said> {
    (!text.is_empty()).then(|| Said {
        kind: kind.to_owned(),
        words: words.split(',').map(str::to_owned).collect(),
        text: text.join(" "),
    })
}

impl Kind {
    pub(super) fn new(name: &str, pattern: &str) -> Kind {
        let pattern = match pattern.starts_with("Microsoft.") {
            true => format!("{GROUP}/providers/{pattern}"),
            false => pattern.to_owned(),
        };
        Kind {
            name: name.to_owned(),
            pattern: Pattern::parse(&pattern),
            short: Vec::new(),
            policy: None,
            attribute: None,
            terraform: None,
            caution: None,
            admin: Vec::new(),
        }
    }

    /// The project, which every service of Google Cloud has: roles are granted on it, with or without conditions.
    pub(super) fn project() -> Kind {
        let terraform = Terraform {
            resource: "google_project_iam_member".to_owned(),
            arguments: vec![("project".to_owned(), "{project}".to_owned())],
        };
        Kind { policy: Some(true), terraform: Some(terraform), ..Kind::new(WHOLE, "projects/{project}") }
    }

    /// The resource group, below which every service of Azure has its resources.
    pub(super) fn group() -> Kind {
        Kind { policy: Some(false), ..Kind::new(WHOLE, GROUP) }
    }
}
