//! From files to an [`Estate`]: which format a file has is found out from its ending and its content, each format is
//! one file of this room and one row of [`FORMATS`].
//!
//! A file that somebody named and that no format takes, and a file of a known format that cannot be read, is a finding
//! with its place; the others are read all the same.

mod azure;
mod cloudformation;
mod deployed;
mod gathered;
mod gcp;
mod iam;
mod kubernetes;
mod shape;
mod snapshot;
mod terraform;
mod text;

use std::borrow::Borrow;
use std::sync::Arc;

pub use deployed::UNKNOWN_ACCOUNT;
use gathered::Gathered;
use text::Text;
pub use text::is_meant;

use super::Estate;

/// A file with its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The name, as findings show it.
    pub name: Arc<str>,
    /// The text.
    pub text: String,
    /// Whether somebody named it: a file that was met in a folder may well be of no format that is known.
    pub named: bool,
    /// Whether it is only there for others: what `terraform init` has installed is nothing for itself.
    pub beside: bool,
}

/// A format that files can have.
struct Format {
    /// Whether a text has it.
    takes: fn(&Text<'_>) -> bool,
    /// How the texts that have it are read.
    read: Read,
}

/// How texts of a format are read.
enum Read {
    /// All together.
    All(fn(&[&Text<'_>], &mut Gathered)),
    /// All together, with the files that they may name.
    WithFiles(fn(&[&Text<'_>], &[&SourceFile], &mut Gathered)),
    /// Each by itself, which becomes what it is a text of.
    Each(fn(Text<'_>, &mut Gathered)),
}

/// Every format; the first that takes a text reads it.
const FORMATS: &[Format] = &[
    Format { takes: terraform::takes_configuration, read: Read::WithFiles(terraform::read_configuration) },
    Format { takes: terraform::takes_plan, read: Read::All(terraform::read_plan) },
    Format { takes: cloudformation::takes, read: Read::WithFiles(cloudformation::read) },
    Format { takes: kubernetes::takes, read: Read::All(kubernetes::read) },
    Format { takes: gcp::takes, read: Read::All(gcp::read) },
    Format { takes: azure::takes, read: Read::All(azure::read) },
    Format { takes: snapshot::takes, read: Read::All(snapshot::read) },
    Format { takes: iam::takes, read: Read::Each(iam::read) },
];

impl SourceFile {
    /// A file that somebody named.
    pub fn named(name: impl Into<Arc<str>>, text: impl Into<String>) -> SourceFile {
        SourceFile { name: name.into(), text: text.into(), named: true, beside: false }
    }
}

/// Reads files, each in the format that it has.
pub fn read<F: Borrow<SourceFile>>(files: &[F]) -> Estate {
    let mut gathered = Gathered::default();
    let mut taken: Vec<Vec<Text<'_>>> = FORMATS.iter().map(|_| Vec::new()).collect();
    for file in files {
        let Some(text) = Text::of(file.borrow(), &mut gathered) else { continue };
        match FORMATS.iter().position(|format| (format.takes)(&text)) {
            Some(format) => taken[format].push(text),
            None if !text.refused().is_empty() && (text.file.named || text.is_meant()) => {
                gathered.refused(&text);
            }
            None if text.file.named => gathered.unknown_format(text.file),
            None => gathered.estate.left_alone.push(text.file.name.clone()),
        }
    }
    let files: Vec<&SourceFile> = files.iter().map(Borrow::borrow).collect();
    for (format, texts) in FORMATS.iter().zip(taken) {
        let all = || texts.iter().collect::<Vec<_>>();
        match format.read {
            _ if texts.is_empty() => {}
            Read::All(read) => read(&all(), &mut gathered),
            Read::WithFiles(read) => read(&all(), &files, &mut gathered),
            Read::Each(read) => texts.into_iter().for_each(|text| read(text, &mut gathered)),
        }
    }
    gathered.finish()
}

#[cfg(test)]
mod alternatives_tests;
#[cfg(test)]
mod configuration_tests;
#[cfg(test)]
mod deployed_tests;
#[cfg(test)]
mod given_tests;
#[cfg(test)]
mod holds_tests;
#[cfg(test)]
mod later_tests;
#[cfg(test)]
mod named_tests;
#[cfg(test)]
mod snapshot_tests;
#[cfg(test)]
mod sometimes_tests;
#[cfg(test)]
mod stack_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod twins_tests;
