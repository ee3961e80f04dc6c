//! Which checks are asked for: `--only` and `--skip`.

use leastwise_analysis::check::{Check, Finding, all};
use leastwise_policy::glob::Glob;

use super::outcome::is_unreadable;
use crate::error::{Error, Result};
use crate::output::nearest;

/// Which checks count.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Vec<Glob>,
    skip: Vec<Glob>,
}

impl Selection {
    /// Codes with `*` and `?`, in any case; each must mean a check, so that a slip of the pen does not switch one off.
    pub fn parse(only: &[String], skip: &[String]) -> Result<Selection> {
        Ok(Selection { only: globs("--only", only)?, skip: globs("--skip", skip)? })
    }

    /// The same of what a settings file says, where it says something wrong, for which no run takes it, all checks.
    pub fn of_file(only: &[String], skip: &[String]) -> Selection {
        Selection::parse(only, skip).unwrap_or_default()
    }

    /// Checks that count here and not there.
    pub fn beyond<'s>(&'s self, other: &'s Selection) -> impl Iterator<Item = &'static Check> + 's {
        all().filter(|check| self.takes(check.code) && !other.takes(check.code))
    }

    /// Whether the check with this code counts.
    pub fn takes(&self, code: &str) -> bool {
        let among = |globs: &[Glob]| globs.iter().any(|glob| glob.matches_ignoring_case(code));
        (self.only.is_empty() || among(&self.only)) && !among(&self.skip)
    }

    /// Whether the finding counts: what cannot be read always does, since nobody knows what it holds.
    pub fn keeps(&self, finding: &Finding) -> bool {
        is_unreadable(finding) || self.takes(finding.code)
    }
}

fn globs(flag: &str, codes: &[String]) -> Result<Vec<Glob>> {
    let codes = codes.iter().map(|code| code.trim()).filter(|code| !code.is_empty());
    codes
        .map(|code| {
            let glob = Glob::new(code);
            if all().any(|check| glob.matches_ignoring_case(check.code)) {
                return Ok(glob);
            }
            let error = Error::usage(format!("{flag} `{code}` is the code of no check"));
            Err(match nearest(code, all().map(|check| check.code), 1).first() {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`leastwise explain` lists all checks"),
            })
        })
        .collect()
}
