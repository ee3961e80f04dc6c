//! What is meant: from files, from flags, or from plain words.

use std::io::Read as _;
use std::path::Path;

use leastwise_catalog::Catalog;
use leastwise_generate::intent::{Form, Intent, IntentError, LARGEST_FILE};

use super::{model, words};
use crate::cli::generate::GenerateArgs;
use crate::error::{Error, Result, story};
use crate::output;

/// The intent of all files, of the flags, or of the words.
pub fn read(args: &GenerateArgs, catalog: &Catalog, quiet: bool) -> Result<Intent> {
    if let Some(text) = words::said(args)? {
        let mut intent = match args.model.model {
            Some(_) => model::read(args, &text, catalog, quiet)?,
            None => words::read(args, &text, catalog, quiet)?,
        };
        bind(args, &mut intent)?;
        return Ok(intent);
    }
    if args.model.model.is_some() {
        return Err(Error::usage("a model reads plain words, and there are none")
            .hint("say in quotes what a role is to do, and `--model NAME` behind it"));
    }
    let by_flags = !args.to.is_empty() || !args.from.is_empty();
    if by_flags != args.files.is_empty() {
        let wrong = if by_flags { "files and flags cannot be mixed" } else { "nothing is said" };
        return Err(Error::usage(wrong).hint(
            "give files of roles, one role with `--from` and `--to`, or what it is to do in words, in quotes",
        ));
    }
    let mut intent = Intent::default();
    for path in &args.files {
        let (name, text) = text(path)?;
        let read = Intent::from_yaml(&name, &text).and_then(|read| intent.join(read));
        read.map_err(|error| told(args, error))?;
    }
    if by_flags {
        if args.to.is_empty() {
            return Err(
                Error::usage("it is not said what the role may do").hint("say `--to SERVICE:VERB,RESOURCE`")
            );
        }
        let form = Form {
            name: args.name.clone(),
            from: args.from.clone(),
            to: args.to.clone(),
            never: args.never.clone(),
            only: args.only.clone(),
        };
        intent = Intent::from_form(&form).map_err(|error| told(args, error))?;
    }
    bind(args, &mut intent)?;
    Ok(intent)
}

fn bind(args: &GenerateArgs, intent: &mut Intent) -> Result<()> {
    for text in &args.bind {
        intent.bind(text).map_err(|fault| told(args, fault.into()))?;
    }
    for text in &args.encrypted {
        intent.encrypt(text).map_err(|fault| told(args, fault.into()))?;
    }
    Ok(())
}

/// The faults of an intent: all but the last are printed, the last is what the program ends with.
pub fn told(args: &GenerateArgs, error: IntentError) -> Error {
    let make = |message: String| match args.files.is_empty() {
        true => Error::usage(message),
        false => Error::input(message),
    };
    let mut errors: Vec<Error> = error
        .faults
        .iter()
        .map(|fault| {
            let made = make(format!("{}: {}", fault.place, fault.message));
            match &fault.help {
                Some(help) => made.hint(help.clone()),
                None => made,
            }
        })
        .collect();
    let last = errors.pop();
    for error in &errors {
        output::note(&story(error));
    }
    last.unwrap_or_else(|| make("the intent cannot be read".to_owned()))
}

fn text(path: &Path) -> Result<(String, String)> {
    let (name, bytes) = bytes(path, LARGEST_FILE)?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::input(format!("`{}` is not UTF-8", path.display())).because(error))?;
    Ok((name, text))
}

/// A file or standard input, with what errors call it: one byte more than `most` shows that there is more.
pub fn bytes(path: &Path, most: usize) -> Result<(String, Vec<u8>)> {
    let unreadable = |error: std::io::Error| {
        Error::input(format!("cannot read `{}`", path.display()))
            .because(error)
            .hint("give a file, or - for standard input; docs/generate.md says what is read")
    };
    let mut bytes = Vec::new();
    let most = most as u64 + 1;
    let name = if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(unreadable)?;
        "standard input".to_owned()
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
        path.display().to_string()
    };
    Ok((name, bytes))
}
