//! `leastwise man [COMMAND]`: the manual page, for `man -l -`.

use crate::error::{Error, Result};
use crate::{config, output};

/// Prints the page of the program, or of one command.
pub fn run(command: Option<&str>) -> Result<()> {
    let mut program = config::command();
    program.build();
    let page = match command {
        None => clap_mangen::Man::new(program),
        Some(name) => match program.find_subcommand(name) {
            Some(found) => clap_mangen::Man::new(found.clone()),
            None => {
                let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
                return Err(
                    Error::usage(format!("no command `{name}`")).hint(format!("one of {}", names.join(", ")))
                );
            }
        },
    };
    let mut text = Vec::new();
    page.render(&mut text).map_err(|error| Error::input("cannot write the manual page").because(error))?;
    output::result(&text)
}
