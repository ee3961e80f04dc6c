//! The binary: command line, configuration, wiring. Everything that touches files, sockets, the environment or the
//! clock is here; what is decided and analysed is in the crates below.

#![expect(
    unreachable_pub,
    reason = "`pub` here says which items other modules use; nobody depends on a binary"
)]

mod atomic;
mod aws;
mod catalog;
mod cli;
mod clock;
mod command;
mod config;
mod error;
mod in_order;
mod input;
mod interrupt;
mod model;
mod output;
mod progress;
mod proposals;
mod report;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: leastwise_allocator::Allocator = leastwise_allocator::Allocator;

fn main() -> ExitCode {
    leastwise_allocator::keep_memory();
    interrupt::install();
    let cli = match config::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(config::Stop::Clap(message)) => return clap_says(&message),
        Err(config::Stop::Settings(error)) => return fail(&error),
    };
    match command::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Help and version go to stdout with 0, a wrong command line to stderr with 2; clap knows which is which.
fn clap_says(message: &clap::Error) -> ExitCode {
    // A pipe that was closed is nobody's error here.
    let _ = message.print();
    match message.use_stderr() {
        true => ExitCode::from(2),
        false => ExitCode::SUCCESS,
    }
}

fn fail(error: &error::Error) -> ExitCode {
    if !error.to_string().is_empty() {
        output::note(&error::story(error));
    }
    ExitCode::from(error.exit_code())
}
