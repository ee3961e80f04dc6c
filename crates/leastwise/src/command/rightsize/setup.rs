//! What the flags of `rightsize` come to, checked before anything is read.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use leastwise_analysis::names::Directory;
use leastwise_analysis::proof::SigningKey;
use leastwise_analysis::rightsize::{Destructive, Inference, Kept, Options, Unknown, Width};
use leastwise_analysis::usage::FOLD_AT;
use leastwise_catalog::{Catalog, Terms};
use leastwise_policy::aws::quota::Quota;

use super::granted::Granted;
use super::keep;
use super::named::PolicyNames;
use crate::cli::rightsize::{self as cli, RightsizeArgs};
use crate::command::collect::{self, Collected, Divided, Wanted, collect};
use crate::error::{Error, Result};
use crate::input::foreign::read_text;
use crate::input::window::Window;
use crate::output;
use crate::report::Kind;

/// Everything that is the same for every principal.
pub struct Setup<'a> {
    /// The flags.
    pub args: &'a RightsizeArgs,
    /// What the clouds offer.
    pub catalog: &'a Catalog,
    /// Its words, with which policies are compared.
    pub terms: Terms<'a>,
    /// What is granted today.
    pub granted: Granted,
    /// What the snapshot calls what.
    pub directory: Option<Directory>,
    /// What the new policies are called.
    pub names: PolicyNames,
    /// Where the report goes, and as what.
    pub report: Option<(PathBuf, Kind)>,
    /// Signs the proof.
    pub sign_key: Option<SigningKey>,
    /// Whether to keep silent.
    pub quiet: bool,
    /// Only events in it.
    pub window: Window,
    keep: Kept,
}

impl<'a> Setup<'a> {
    /// Reads the small inputs.
    pub fn new(args: &'a RightsizeArgs, catalog: &'a Catalog, quiet: bool) -> Result<Self> {
        if args.all && args.out.is_none() {
            return Err(Error::usage("--all needs a folder to write to").hint("give --out DIR"));
        }
        if args.all && args.granted.is_empty() {
            return Err(Error::usage("--all needs to know what is granted").hint("give --granted SNAPSHOT"));
        }
        if args.all && args.proof.is_some() {
            return Err(
                Error::usage("--all writes a proof for each principal into --out").hint("leave out --proof")
            );
        }
        if args.sign_key.is_some() && args.proof.is_none() && !args.all {
            return Err(
                Error::usage("--sign-key signs a proof, and none is written").hint("give --proof FILE")
            );
        }
        if args.holdout.is_some_and(|span| span.0 == 0) {
            return Err(Error::usage("--holdout of nothing measures nothing")
                .hint("say how much of the newest time is held out, such as --holdout 30d"));
        }
        if args.unknown == cli::Unknown::Keep && args.granted.is_empty() {
            return Err(Error::usage("--unknown keep needs to know what is granted")
                .hint("give --granted SNAPSHOT|POLICY"));
        }
        let report = args.report.as_ref().map(|path| match Kind::of(path) {
            Some(kind) => Ok((path.clone(), kind)),
            None => Err(Error::usage(format!("`{}` does not say which format", path.display()))
                .hint("name the report .md, .json or .html")),
        });
        let granted = Granted::read(&args.granted)?;
        let setup = Setup {
            names: PolicyNames::new(&granted, args.attach),
            directory: granted.directory(),
            granted,
            report: report.transpose()?,
            sign_key: args.sign_key.as_deref().map(read_key).transpose()?,
            keep: args.keep.as_deref().map(|path| keep::read(path, catalog)).transpose()?.unwrap_or_default(),
            window: collect::window(&args.logs.window)?,
            args,
            catalog,
            terms: catalog.terms(),
            quiet,
        };
        if !quiet
            && let lines = setup.granted.warnings()
            && !lines.is_empty()
        {
            output::note(&lines.join("\n"));
        }
        Ok(setup)
    }

    /// How many threads to work with.
    pub fn threads(&self) -> NonZeroUsize {
        collect::threads(&self.args.logs.read)
    }

    /// Reads the logs. Everybody's usage is collected: what the logs could show at all, others show too.
    pub fn collect(&self) -> Result<Collected> {
        let mut wanted = Wanted {
            logs: &self.args.logs.logs,
            read: &self.args.logs.read,
            principals: Vec::new(),
            window: self.window,
            split: None,
            fold_at: FOLD_AT,
            save: false,
            digests: true,
            inputs: None,
            quiet: self.quiet,
        };
        if let Some(span) = self.args.holdout {
            let end = match self.window.until {
                Some(until) => Some(until),
                None => collect::newest(&wanted)?.map(|newest| newest + 1),
            };
            wanted.split = end.map(|end| end - span.0);
            if wanted.split.is_some_and(|split| self.window.since.is_some_and(|since| split <= since)) {
                return Err(Error::usage("--holdout takes the whole window; nothing is left to learn from")
                    .hint("hold out less, or begin earlier with --since"));
            }
        }
        let collected = collect(wanted, self.catalog)?;
        let nothing_before =
            |parts: &Divided| !parts.older.has_rows(|_| true) && parts.newer.has_rows(|_| true);
        match collected.parts.as_ref().is_some_and(nothing_before) {
            true => Err(Error::usage("--holdout takes all of these logs; nothing is left to learn from")
                .hint("hold out less, or give older logs as well")),
            false => Ok(collected),
        }
    }

    /// The options of one principal.
    pub fn options(&self, name: &str, user: bool) -> Options {
        let args = self.args;
        Options {
            name: name.to_owned(),
            width: match args.width {
                cli::Width::Exact => Width::Exact,
                cli::Width::Prefix => Width::Prefix,
                cli::Width::Type => Width::Type,
                cli::Width::Any => Width::Any,
            },
            destructive: match args.destructive {
                cli::Destructive::Separate => Destructive::Separate,
                cli::Destructive::Keep => Destructive::Keep,
                cli::Destructive::Drop => Destructive::Drop,
            },
            unknown: match args.unknown {
                cli::Unknown::Drop => Unknown::Drop,
                cli::Unknown::Called => Unknown::Called,
                cli::Unknown::Keep => Unknown::Keep,
            },
            conditions: match args.conditions {
                cli::Conditions::Stable => Inference::Stable,
                cli::Conditions::None => Inference::None,
            },
            keep: self.keep.pins.clone(),
            deny: self.keep.denies.clone(),
            quota: match (args.attach, user) {
                (cli::Attach::Managed, _) => Quota::ManagedPolicy,
                (cli::Attach::Inline, true) => Quota::InlineUser,
                (cli::Attach::Inline, false) => Quota::InlineRole,
            },
            ..Options::default()
        }
    }
}

fn read_key(path: &Path) -> Result<SigningKey> {
    let text = read_text(path)
        .map_err(|error| Error::input(format!("cannot read key `{}`", path.display())).because(error))?;
    SigningKey::from_pem(&text)
        .map_err(|error| Error::input(format!("cannot sign with `{}`", path.display())).because(error))
}
