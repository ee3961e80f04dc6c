//! `--scp` and `--rcp`: the policies of an organisation, level by level.
//!
//! A level is named by its path from the root, in the form of `aws:PrincipalOrgPaths`:
//! `r-ab12/ou-ab12-prod/111122223333`, with the organisation's `o-…` before it when that is known. So a path with a
//! hole is seen: every level on the way to an account has at least one policy, since AWS lets nobody detach the last.
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>

use std::collections::BTreeMap;
use std::path::Path;

use leastwise_policy::aws::evaluate::{OrganizationLevel, OrganizationPath};
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{DocumentKind, Named, Policy};

use super::documents::Documents;
use crate::error::{Error, Result};

/// The levels of an organisation with the policies of one type.
pub struct Organization {
    /// `--scp` or `--rcp`.
    flag: &'static str,
    /// `o-a1b2c3d4e5`, when a level was named with it.
    id: Option<String>,
    levels: BTreeMap<Vec<String>, Vec<Named<Policy>>>,
    management_account: Option<String>,
}

/// Which type of policy it is.
#[derive(Clone, Copy)]
pub enum Type {
    /// Service control policies.
    Service,
    /// Resource control policies.
    Resource,
}

impl Type {
    const fn flag(self) -> &'static str {
        match self {
            Type::Service => "--scp",
            Type::Resource => "--rcp",
        }
    }

    const fn kind(self) -> (DocumentKind, Quota) {
        match self {
            Type::Service => (DocumentKind::ServiceControl, Quota::ServiceControlPolicy),
            Type::Resource => (DocumentKind::ResourceControl, Quota::ResourceControlPolicy),
        }
    }
}

impl Organization {
    /// Reads what the flag names; none when it names nothing.
    pub fn read(
        of: Type,
        given: &[String],
        management_account: Option<&str>,
        documents: &mut Documents,
    ) -> Result<Option<Organization>> {
        let mut organization = Organization {
            flag: of.flag(),
            id: None,
            levels: BTreeMap::new(),
            management_account: management_account.map(str::to_owned),
        };
        for item in given {
            match item.split_once('=') {
                _ if Path::new(item).is_dir() => {
                    let before = organization.levels.len();
                    organization.read_folder(of, Path::new(item), &mut Vec::new(), documents)?;
                    if organization.levels.len() == before {
                        return Err(Error::input(format!("`{item}` has no policies")).hint(LAYOUT));
                    }
                }
                Some((level, file)) => {
                    let level = level.trim_matches('/').split('/').map(str::to_owned).collect();
                    organization.add(of, level, Path::new(file), documents)?;
                }
                None => {
                    return Err(Error::usage(format!(
                        "{} `{item}` is neither LEVEL=FILE nor a folder",
                        of.flag()
                    ))
                    .hint(LAYOUT));
                }
            }
        }
        Ok((!organization.levels.is_empty()).then_some(organization))
    }

    /// A folder is a level, and the JSON files in it are the policies that are attached there.
    fn read_folder(
        &mut self,
        of: Type,
        folder: &Path,
        level: &mut Vec<String>,
        documents: &mut Documents,
    ) -> Result<()> {
        let unreadable = |error: std::io::Error| {
            Error::input(format!("cannot read `{}`", folder.display())).because(error)
        };
        let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut paths: Vec<_> = entries.map_err(unreadable)?.iter().map(std::fs::DirEntry::path).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                level.push(name);
                // A folder that holds nothing is a level without policies, which is a hole.
                self.levels.entry(self.known(level)?).or_default();
                self.read_folder(of, &path, level, documents)?;
                level.pop();
            } else if path.extension().is_some_and(|ending| ending == "json") {
                self.add(of, level.clone(), &path, documents)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, of: Type, level: Vec<String>, file: &Path, documents: &mut Documents) -> Result<()> {
        let known = self.known(&level)?;
        if known.is_empty() || level.iter().any(String::is_empty) {
            return Err(Error::usage(format!("`{}` hangs on no level of the organisation", file.display()))
                .hint(LAYOUT));
        }
        let is_root = known[0].starts_with("r-") || known[0].eq_ignore_ascii_case("root");
        if !is_root {
            let path = level.join("/");
            return Err(Error::input(format!("{} `{path}` does not begin at the root", self.flag))
                .hint("name a level by its whole path, such as r-ab12/ou-ab12-prod/111122223333"));
        }
        if let Some(id) = level.first().filter(|first| first.starts_with("o-")) {
            if self.id.as_ref().is_some_and(|known| known != id) {
                return Err(Error::input(format!("{} names two organisations", self.flag))
                    .hint("a request is decided within one; ask for each by itself"));
            }
            self.id = Some(id.clone());
        }
        let (kind, quota) = of.kind();
        let policy = documents.read(file, kind, Some(quota))?;
        self.levels.entry(known).or_default().push(policy);
        Ok(())
    }

    /// The level without the organisation before it.
    fn known(&self, level: &[String]) -> Result<Vec<String>> {
        let rest =
            if level.first().is_some_and(|first| first.starts_with("o-")) { &level[1..] } else { level };
        let inner = rest.split_last().map_or(&[][..], |(_, inner)| inner);
        if let Some(account) = inner.iter().find(|name| is_account(name)) {
            return Err(Error::input(format!("{}: nothing is below the account {account}", self.flag)));
        }
        Ok(rest.to_vec())
    }

    /// The path to an account, whole.
    pub fn path_to(&self, account: &str) -> Result<OrganizationPath> {
        let manages = self.management_account.as_deref() == Some(account);
        let mut paths = self.levels.keys().filter(|path| path.last().is_some_and(|last| last == account));
        let path = match (paths.next(), paths.next()) {
            (Some(path), None) => path,
            // Its policies have no effect there, wherever it stands.
            (None, _) if manages => return Ok(self.unknown()),
            (None, _) => {
                return Err(Error::input(format!("{} has no path to the account {account}", self.flag)).hint(
                    "give the policies of each level: of the root, of each organisational unit, of the account",
                ));
            }
            (Some(one), Some(other)) => {
                return Err(Error::input(format!(
                    "{} has two paths to the account {account}: `{}` and `{}`",
                    self.flag,
                    one.join("/"),
                    other.join("/")
                ))
                .hint("an account is in one place of the organisation"));
            }
        };
        let mut levels = Vec::with_capacity(path.len());
        for end in 1..=path.len() {
            let level = &path[..end];
            let policies = self.levels.get(level).filter(|policies| !policies.is_empty());
            let Some(policies) = policies else {
                return Err(Error::input(format!(
                    "{} has no policy of `{}`, which is on the way to the account {account}",
                    self.flag,
                    level.join("/")
                ))
                .hint("AWS has at least one at each level, such as FullAWSAccess; without it nothing is allowed"));
            };
            levels.push(OrganizationLevel::new(level.join("/"), policies.clone()));
        }
        Ok(OrganizationPath { management_account: self.management_account.clone(), levels })
    }

    /// A path that is not known: nothing is allowed under it.
    pub fn unknown(&self) -> OrganizationPath {
        OrganizationPath { management_account: self.management_account.clone(), levels: Vec::new() }
    }

    /// The account's place as `aws:PrincipalOrgPaths` has it: `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`.
    pub fn place_of(&self, account: &str) -> Option<String> {
        let path = self.levels.keys().find(|path| path.last().is_some_and(|last| last == account))?;
        let (_, above) = path.split_last()?;
        Some(format!("{}/{}/", self.id.as_ref()?, above.join("/")))
    }
}

const LAYOUT: &str = "r-ab12/ou-ab12-prod/111122223333=FILE for each policy, or a folder with folders of these names \
                      and the policies in them";

pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
