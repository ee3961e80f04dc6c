//! `--model`: plain words become roles that a language model proposes and somebody looks at.

use std::io::{self, BufRead as _, IsTerminal as _};

use leastwise_catalog::Catalog;
use leastwise_generate::intent::Intent;
use leastwise_generate::lower::aws::Options;
use leastwise_generate::model::{self, LONGEST_WORDS, Proposal, StandIns};

use super::words;
use crate::aws::runtime;
use crate::cli::generate::GenerateArgs;
use crate::error::{Error, Result};
use crate::model::{Endpoint, Failure, Turn, ask};
use crate::output::{self, plain};

/// How often a model may be told what is wrong with its reply.
const REPAIRS: usize = 1;

/// Reads the words by a model; by the plain-word reader when nobody answers.
pub fn read(args: &GenerateArgs, text: &str, catalog: &Catalog, quiet: bool) -> Result<Intent> {
    let endpoint = Endpoint::of(&args.model)?;
    if text.len() > LONGEST_WORDS {
        return Err(Error::usage(format!("more than {} KiB of words", LONGEST_WORDS >> 10)));
    }
    let stand_ins = StandIns::of(text, catalog);
    let options = super::aws::options(args)?;
    match proposed(args, &endpoint, &stand_ins, catalog, &options)? {
        Ok(proposal) => confirmed(args, &endpoint, proposal, quiet),
        Err(why) => {
            output::note(&plain(&format!("note: {why}; the words are read without a model")));
            words::read(args, text, catalog, quiet)
        }
    }
}

/// What the model proposes; why nobody answers, in the inner error.
fn proposed(
    args: &GenerateArgs,
    endpoint: &Endpoint,
    stand_ins: &StandIns,
    catalog: &Catalog,
    options: &Options,
) -> Result<std::result::Result<Proposal, String>> {
    let prompt = model::prompt(stand_ins);
    let runtime = runtime()?;
    let mut turns = vec![Turn::User(prompt.words.clone())];
    show(args, "sent to the model, first", &prompt.system);
    for round in 0..=REPAIRS {
        if let Some(Turn::User(text)) = turns.last() {
            show(args, "sent to the model", text);
        }
        let reply = match runtime.block_on(ask(endpoint, &prompt.system, &turns)) {
            Ok(reply) => reply,
            Err(Failure::Away(why)) => return Ok(Err(why)),
            Err(Failure::Refused(why)) => {
                return Err(Error::input(format!("the model cannot be asked: {why}"))
                    .hint("without `--model` the words are read by leastwise itself"));
            }
        };
        show(args, "replied by the model", &reply);
        let faults = match model::read(&reply, stand_ins, catalog, options) {
            Ok(proposal) => return Ok(Ok(proposal)),
            Err(faults) => faults,
        };
        if round == REPAIRS {
            let told: Vec<String> = faults.iter().map(|fault| stand_ins.restored(fault)).collect();
            return Err(Error::input(format!("the model's reply cannot be used: {}", told.join("; ")))
                .hint("say it in other words, or without `--model`"));
        }
        let short: String = reply.chars().take(4_000).collect();
        turns.push(Turn::Model(short));
        turns.push(Turn::User(model::repair(&faults)));
    }
    Err(Error::input("the model was asked too often"))
}

fn show(args: &GenerateArgs, what: &str, text: &str) {
    if args.model.show_prompt {
        output::note(&format!("--- {what}"));
        for line in text.lines() {
            output::note(&plain(line));
        }
        output::note("---");
    }
}

/// Shows the proposal; it is compiled when somebody agrees, or `--yes` says so beforehand.
fn confirmed(args: &GenerateArgs, endpoint: &Endpoint, proposal: Proposal, quiet: bool) -> Result<Intent> {
    for line in &proposal.scrubbed {
        output::note(&plain(&format!("left out: {line}")));
    }
    if args.yes {
        if !quiet {
            shown(endpoint, &proposal);
        }
        return Ok(proposal.intent);
    }
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        output::result(proposal.text.as_bytes())?;
        return Err(Error::findings(
            "a model's proposal is not compiled before somebody has seen it: it is printed",
        )
        .hint("keep it in a file for `leastwise generate FILE`, or say `--yes`"));
    }
    shown(endpoint, &proposal);
    output::note("compile this? y or n:");
    let mut line = String::new();
    let mut input = io::Read::take(io::stdin().lock(), 64);
    let answered = input.read_line(&mut line).is_ok();
    match answered && matches!(line.trim(), "y" | "Y" | "yes") {
        true => Ok(proposal.intent),
        false => Err(Error::findings("the proposal was not taken")),
    }
}

fn shown(endpoint: &Endpoint, proposal: &Proposal) {
    output::note(&plain(&format!("proposed by {}:", endpoint.model)));
    for line in proposal.text.lines() {
        output::note(&plain(line));
    }
}
