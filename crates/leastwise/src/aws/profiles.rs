//! The profiles that the AWS configuration files name
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>), as far as messages need them: what is in a
//! profile is for the SDK to read.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// The two files: the variable that names it, where it is else, and what stands before a profile's name in it.
const FILES: [(&str, &str, &str); 2] =
    [("AWS_CONFIG_FILE", ".aws/config", "profile"), ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials", "")];

/// Every profile that a file names.
pub fn names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (path, (_, _, prefix)) in paths().zip(FILES) {
        let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        names.extend(text.lines().filter_map(|line| profile(line, prefix)));
    }
    names
}

/// What the files are called, for messages.
pub fn files() -> String {
    let shown = |(path, (_, at, _)): (Option<PathBuf>, (&str, &str, &str))| {
        path.map_or_else(|| format!("~/{at}"), |path| path.display().to_string())
    };
    let [config, credentials]: [String; 2] =
        [0, 1].map(|n| paths().zip(FILES).nth(n).map(shown).unwrap_or_default());
    format!("{config} or {credentials}")
}

fn paths() -> impl Iterator<Item = Option<PathBuf>> {
    FILES.into_iter().map(|(variable, at, _)| match std::env::var_os(variable) {
        Some(path) if !path.is_empty() => Some(PathBuf::from(path)),
        _ => std::env::home_dir().map(|home| home.join(at)),
    })
}

/// The profile that a line begins: `[profile audit]`, `[default]`, and `[audit]` where no word stands before it.
fn profile(line: &str, prefix: &str) -> Option<String> {
    let (name, _) = line.trim_start().strip_prefix('[')?.split_once(']')?;
    let name = name.trim();
    let name = match name.strip_prefix(prefix) {
        Some(rest) if prefix.is_empty() || rest.starts_with(char::is_whitespace) => rest.trim(),
        _ if name == "default" => name,
        _ => return None,
    };
    Some(name.trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_named_by_a_header() {
        for (line, prefix, expected) in [
            ("[profile audit]", "profile", Some("audit")),
            (" [ profile  \"two words\" ] # mine", "profile", Some("two words")),
            ("[default]", "profile", Some("default")),
            ("[profile default]", "profile", Some("default")),
            ("[sso-session corp]", "profile", None),
            ("[profiles]", "profile", None),
            ("[audit]", "", Some("audit")),
            ("region = [x]", "", None),
        ] {
            assert_eq!(profile(line, prefix).as_deref(), expected, "{line}");
        }
    }
}
