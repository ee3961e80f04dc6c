//! `leastwise what-can`: what a principal's policies come to.

use leastwise_catalog::Catalog;

use crate::cli::what_can::WhatCanArgs;
use crate::error::Result;

/// Works it out and prints it.
pub fn run(_args: &WhatCanArgs, _catalog: &Catalog) -> Result<()> {
    Ok(())
}
