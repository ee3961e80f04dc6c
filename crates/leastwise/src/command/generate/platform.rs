//! The platforms that an intent is compiled for: one row for each, and what each makes of an intent.

use leastwise_catalog::Catalog;
use leastwise_generate::intent::Intent;
use leastwise_generate::render::File;
use serde_json::Value;

use super::{aws, cedar, clouds, github, kubernetes};
use crate::cli::generate::{Format, GenerateArgs, Target, spelling};
use crate::error::{Error, Result};

/// What a platform is asked for.
pub struct Asked<'a> {
    /// The command line.
    pub args: &'a GenerateArgs,
    /// What is meant.
    pub intent: &'a Intent,
    /// What AWS offers.
    pub catalog: &'a Catalog,
    /// The format, which is one of the platform's.
    pub format: Format,
}

/// What a platform makes of an intent: everything that may be printed or written, before any of it is.
pub struct Made {
    /// What `--out` writes, with what `--tests` adds.
    pub files: Vec<File>,
    /// What goes to stdout without `--out`.
    pub printed: Printed,
    /// What `--explain` prints.
    pub trace: String,
    /// What must be known, one line each.
    pub notes: Vec<String>,
}

/// A result on one stream.
pub enum Printed {
    /// JSON, by role.
    Json(Value),
    /// A text in the platform's own language.
    Text(String),
}

impl Printed {
    /// The whole text, ending in a line feed.
    pub fn text(&self) -> String {
        match self {
            Printed::Json(value) => format!("{value:#}\n"),
            Printed::Text(text) => text.clone(),
        }
    }
}

/// A platform.
pub struct Platform {
    /// Its name on the command line.
    pub target: Target,
    /// The formats that it knows; the first is the default.
    formats: &'static [Format],
    /// Whether `--tests` can write requests for it.
    tests: bool,
    /// Compiles and renders.
    pub make: fn(&Asked<'_>) -> Result<Made>,
}

const PLATFORMS: &[Platform] = &[
    Platform {
        target: Target::Aws,
        formats: &[Format::Json, Format::Terraform, Format::Cloudformation, Format::Script],
        tests: true,
        make: aws::make,
    },
    Platform {
        target: Target::Gcp,
        formats: &[Format::Yaml, Format::Json, Format::Terraform],
        tests: false,
        make: clouds::gcp,
    },
    Platform {
        target: Target::Azure,
        formats: &[Format::Json, Format::Terraform],
        tests: false,
        make: clouds::azure,
    },
    Platform {
        target: Target::Kubernetes,
        formats: &[Format::Yaml, Format::Json, Format::Terraform],
        tests: true,
        make: kubernetes::make,
    },
    Platform {
        target: Target::Cedar,
        formats: &[Format::Cedar, Format::Json],
        tests: false,
        make: cedar::make,
    },
    Platform { target: Target::Github, formats: &[Format::Json], tests: false, make: github::make },
];

/// The platforms that were asked for, each once, with the format of each.
pub fn asked(args: &GenerateArgs) -> Result<Vec<(&'static Platform, Format)>> {
    if args.guardrail && !args.target.contains(&Target::Aws) {
        return Err(Error::usage("`--guardrail` is for aws").hint("add aws to `--target`, or leave it out"));
    }
    let mut platforms: Vec<(&Platform, Format)> = Vec::new();
    for target in &args.target {
        let Some(platform) = PLATFORMS.iter().find(|platform| platform.target == *target) else { continue };
        if !platforms.iter().any(|(known, _)| known.target == *target) {
            platforms.push((platform, platform.format(args)?));
        }
    }
    Ok(platforms)
}

impl Platform {
    fn format(&self, args: &GenerateArgs) -> Result<Format> {
        let name = spelling(&self.target);
        if args.tests && !self.tests {
            return Err(Error::usage(format!("`--tests` writes no requests for {name}"))
                .hint("leave it out, or generate for aws alone"));
        }
        let format = args.format.unwrap_or(self.formats[0]);
        if self.formats.contains(&format) {
            return Ok(format);
        }
        let known: Vec<String> = self.formats.iter().map(spelling).collect();
        Err(Error::usage(format!("{name} has no format `{}`", spelling(&format)))
            .hint(format!("it has: {}", known.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_target_and_every_format_of_the_command_line_is_somebodys() {
        for target in Target::value_variants() {
            assert_eq!(PLATFORMS.iter().filter(|platform| platform.target == *target).count(), 1);
        }
        for format in Format::value_variants() {
            assert!(PLATFORMS.iter().any(|platform| platform.formats.contains(format)), "{format:?}");
        }
    }
}
