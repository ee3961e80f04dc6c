//! `--workloads`: what runs as which role.

use std::path::PathBuf;

use leastwise_analysis::paths::Workload;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::input::foreign::read_text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    arn: String,
    service: String,
    role: String,
}

/// Reads files that hold lists of `{"arn", "service", "role"}`.
pub fn read(files: &[PathBuf]) -> Result<Vec<Workload>> {
    const LIST: &str = "a list of objects with `arn`, `service` and `role`, all of them texts";
    let mut workloads = Vec::new();
    for file in files {
        let name = file.display();
        let text = read_text(file)
            .map_err(|error| Error::input(format!("cannot read `{name}`")).because(error).hint(LIST))?;
        let lines: Vec<Line> =
            serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
                Error::input(format!("`{name}` lists no workloads")).because(error).hint(LIST)
            })?;
        for Line { arn, service, role } in lines {
            workloads.push(Workload { arn, service, role });
        }
    }
    workloads.sort();
    workloads.dedup();
    Ok(workloads)
}
