//! The pinned packages: `packages.txt` has one line a package, `package <registry> <name> <version> <date>`.
//!
//! The date is that of the facts where the package says it, else `-`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// A published package.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) registry: Registry,
    pub(crate) name: String,
    /// None means the newest.
    pub(crate) version: Option<String>,
    pub(crate) date: String,
}

/// Where a package is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registry {
    Npm,
    Pypi,
}

impl Registry {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Registry::Npm => "npm",
            Registry::Pypi => "pypi",
        }
    }
}

impl Package {
    /// The newest version of the same package.
    pub(crate) fn unpinned(&self) -> Package {
        Package { version: None, date: "-".to_owned(), ..self.clone() }
    }

    /// The package with the date that its facts bear.
    pub(crate) fn dated(&self, dates: &BTreeMap<&str, String>) -> Package {
        let date = dates.get(&*self.name).cloned().unwrap_or_else(|| "-".to_owned());
        Package { date, ..self.clone() }
    }

    pub(crate) fn version(&self) -> &str {
        self.version.as_deref().unwrap_or("newest")
    }
}

/// Reads `packages.txt`.
pub(crate) fn pins(text: &str) -> Result<Vec<Package>> {
    let mut packages = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let ["package", registry, name, version, date] = words.as_slice() else {
            bail!("packages.txt: `{line}` is no package")
        };
        let registry = [Registry::Npm, Registry::Pypi].into_iter().find(|known| known.as_str() == *registry);
        packages.push(Package {
            registry: registry.with_context(|| format!("packages.txt: `{line}` names no registry"))?,
            name: (*name).to_owned(),
            version: Some((*version).to_owned()),
            date: (*date).to_owned(),
        });
    }
    Ok(packages)
}

/// Writes `packages.txt`.
pub(crate) fn print(packages: &[Package]) -> String {
    let mut text =
        "# The packages that services/ is made from: registry, name, version, date of the facts.\n"
            .to_owned();
    for package in packages {
        text.push_str(&format!(
            "package {} {} {} {}\n",
            package.registry.as_str(),
            package.name,
            package.version(),
            package.date
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_what_was_read_changes_nothing() {
        let text = "# The packages that services/ is made from: registry, name, version, date of the facts.\n\
                    package npm @a/b 1.2.3 2026-01-31\npackage pypi c 4 -\n";
        assert_eq!(print(&pins(text).unwrap()), text);
    }

    #[test]
    fn a_line_that_is_no_package_is_refused() {
        assert_eq!(
            pins("package npm a").unwrap_err().to_string(),
            "packages.txt: `package npm a` is no package"
        );
        assert!(pins("package cpan a 1 -").unwrap_err().to_string().contains("names no registry"));
    }
}
