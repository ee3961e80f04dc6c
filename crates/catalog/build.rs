//! Packs `data/aws/services/*.txt` into one blob that becomes part of the program (`src/unpack.rs` reads it), and the
//! facts on Google Cloud and Azure each into one (`src/folded.rs` reads them). The rule tables are put in the order in which
//! they are asked (`src/call/rules.rs`).

#[expect(dead_code, unreachable_pub, reason = "the library's own types, of which packing needs a part")]
#[path = "src/facts.rs"]
mod facts;
#[path = "build/fold.rs"]
mod fold;
#[expect(dead_code, unreachable_pub, reason = "the library's own types, of which packing needs a part")]
#[path = "src/level.rs"]
mod level;
#[path = "src/marks.rs"]
mod marks;
#[expect(unreachable_pub, reason = "shared with tests")]
#[path = "build/pack.rs"]
mod pack;
#[expect(dead_code, reason = "the library also sorts with it")]
#[path = "src/pattern.rs"]
mod pattern;
#[path = "src/read_only.rs"]
mod read_only;
#[path = "build/rules.rs"]
mod rules;
#[expect(dead_code, unreachable_pub, reason = "shared with xtask, which also writes")]
#[path = "build/text.rs"]
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

use facts::{Needs, Service};
use marks::Marks;
use pack::Bytes;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let data = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("data/aws");
    println!("cargo::rerun-if-changed={}", data.display());
    let mut services = Vec::new();
    for path in files(&data.join("services"), "txt")? {
        let text = fs::read_to_string(&path)?;
        services.push(text::parse(&text).map_err(|reason| format!("{}: {reason}", path.display()))?);
    }
    services.sort_by(|a, b| a.prefix.cmp(&b.prefix));
    let rules = files(&data.join("rules"), "rules")?;
    let read = |name: &str| fs::read_to_string(data.join(name));
    let marks = Marks::parse(&read("destructive.txt")?, &read("visibility.txt")?)?;
    mark(&mut services, &marks, &named_by_rules(&rules)?);
    mark_read_only(&mut services, &read("read-only.txt")?, &rules)?;
    let sources = sources(&services, &fs::read_to_string(data.join("rules/_sources.rules"))?);
    let packed = blob(&services, &sources, &date(&fs::read_to_string(data.join("packages.txt"))?));
    let mut digest = Sha256::new();
    digest.update(&packed);
    let mut tables = Vec::new();
    for path in rules {
        let text = fs::read_to_string(&path)?;
        digest.update(&text);
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a rule table has a name")?;
        tables.push((name.to_owned(), text));
    }
    let (lines, index) = rules::group(&tables);
    let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("catalog.bin"), packed)?;
    fs::write(out.join("catalog.digest"), hex)?;
    fs::write(out.join("rules.txt"), lines)?;
    fs::write(out.join("rules.index"), index)?;
    managed(&out)?;
    clouds(&out)
}

/// AWS's own managed policies, compressed.
fn managed(out: &Path) -> Result<(), Failure> {
    let path = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("data/managed/policies.txt");
    println!("cargo::rerun-if-changed={}", path.display());
    let packed = miniz_oxide::deflate::compress_to_vec(&fs::read(&path)?, 10);
    Ok(fs::write(out.join("managed-policies.bin"), packed)?)
}

/// The facts on Google Cloud and Azure: roles folded, as their lines come again, everything else compressed.
fn clouds(out: &Path) -> Result<(), Failure> {
    for cloud in ["gcp", "azure"] {
        let data = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("data").join(cloud);
        println!("cargo::rerun-if-changed={}", data.display());
        for path in files(&data, "txt")? {
            let text = fs::read_to_string(&path)?;
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if name == "also" {
                continue;
            }
            let packed = match name {
                "roles" => fold::fold(&text),
                _ => miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 10),
            };
            fs::write(out.join(format!("{cloud}-{name}.bin")), packed)?;
        }
    }
    Ok(())
}

/// The files of a folder with one extension, sorted.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The actions that rules say are needed, in lower case: their calls can be seen though no operation bears their name. A rule
/// with `?` shows that a call may have needed the action, never that none did.
fn named_by_rules(rules: &[PathBuf]) -> Result<BTreeSet<String>, Failure> {
    let mut named = BTreeSet::new();
    for path in rules {
        let text = fs::read_to_string(path)?;
        let facts = text.lines().filter(|line| line.starts_with("event ") || line.starts_with("also "));
        let needed = facts.filter(|line| line.split_whitespace().nth(3) != Some("?"));
        named.extend(needed.filter_map(|line| line.split_whitespace().nth(4)).map(str::to_lowercase));
    }
    Ok(named)
}

/// Marks every action: whether an API operation is known that needs it, whether it is destructive, and where
/// its calls can be seen.
fn mark(services: &mut [Service], marks: &Marks, rules: &BTreeSet<String>) {
    let mut named = BTreeSet::new();
    for operation in services.iter().flat_map(|service| &service.operations) {
        if let Needs::Actions(actions) | Needs::Maybe(actions) = &operation.needs {
            named.extend(actions.iter().cloned());
        }
    }
    for service in services {
        for action in &mut service.actions {
            let full = format!("{}:{}", service.prefix, action.name);
            action.operations = !action.apis.is_empty() || named.contains(&*full);
            let seen = action.operations || rules.contains(&full.to_lowercase());
            marks.mark(&service.prefix, action, seen);
        }
    }
}

/// Marks every action with what the records of its calls say in `readOnly`. A call by a rule counts by what the rule calls
/// its source, also one of which it is not known whether it needs the action, unless the action has operations: those are
/// logged as they are.
fn mark_read_only(services: &mut [Service], table: &str, rules: &[PathBuf]) -> Result<(), Failure> {
    let table = read_only::Table::parse(table)?;
    let mut calls = read_only::Calls::new();
    services.iter().for_each(|service| read_only::add_calls(service, &mut calls));
    let with_operations = |service: &Service| {
        let name = |name: &str| format!("{}:{name}", service.prefix).to_ascii_lowercase();
        let actions = service.actions.iter().filter(|action| action.operations);
        actions.map(|action| name(&action.name)).collect::<Vec<_>>()
    };
    let have: BTreeSet<String> = services.iter().flat_map(with_operations).collect();
    for path in rules {
        let text = fs::read_to_string(path)?;
        for line in text.lines().filter(|line| line.starts_with("event ") || line.starts_with("also ")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [_, source, event, how, action, ..] = words[..]
                && !(how == "?" && have.contains(&action.to_ascii_lowercase()))
            {
                let call = (source.to_owned(), event.to_owned());
                calls.entry(action.to_ascii_lowercase()).or_default().push(call);
            }
        }
    }
    let of = |service: &Service| {
        let levels = service.actions.iter().map(|action| (action.name.to_ascii_lowercase(), action.levels));
        (service.prefix.to_string(), levels.collect::<BTreeMap<_, _>>())
    };
    let levels: BTreeMap<String, BTreeMap<String, level::Levels>> = services.iter().map(of).collect();
    for service in services {
        table.mark(service, &calls, |prefix, name| {
            levels.get(prefix)?.get(&name.to_ascii_lowercase()).copied()
        });
    }
    Ok(())
}

/// Event source label → prefixes: the table of the rules, else the prefix of the same name, else the prefixes
/// whose APIs have this endpoint.
fn sources(services: &[Service], rules: &str) -> BTreeMap<String, Vec<usize>> {
    let index: BTreeMap<&str, usize> =
        services.iter().enumerate().map(|(index, service)| (&*service.prefix, index)).collect();
    let mut sources: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, service) in services.iter().enumerate() {
        for api in &service.apis {
            let prefixes = sources.entry(api.endpoint.to_lowercase()).or_default();
            if !prefixes.contains(&at) {
                prefixes.push(at);
            }
        }
    }
    sources.extend(index.iter().map(|(prefix, at)| ((*prefix).to_owned(), vec![*at])));
    for line in rules.lines() {
        let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
        if let (Some("source"), Some(label)) = (words.next(), words.next()) {
            let prefixes = words.filter_map(|prefix| index.get(prefix).copied()).collect();
            sources.insert(label.to_lowercase(), prefixes);
        }
    }
    sources
}

/// The newest date of the packages: the last word of each `package` line.
fn date(packages: &str) -> String {
    let dates = packages
        .lines()
        .filter(|line| line.starts_with("package "))
        .filter_map(|line| line.split(' ').next_back());
    dates.max().unwrap_or_default().to_owned()
}

fn blob(services: &[Service], sources: &BTreeMap<String, Vec<usize>>, date: &str) -> Vec<u8> {
    let mut toc = Bytes::default();
    let mut sections = Vec::new();
    toc.text(date);
    toc.number(services.iter().map(|service| service.actions.len()).sum());
    toc.number(services.len());
    for service in services {
        let section = pack::service(service);
        toc.text(&service.prefix);
        toc.number(section.len());
        sections.extend(section);
    }
    toc.number(sources.len());
    for (label, prefixes) in sources {
        toc.text(label);
        toc.number(prefixes.len());
        for prefix in prefixes {
            toc.number(*prefix);
        }
    }
    let apis: BTreeMap<&str, usize> = services
        .iter()
        .enumerate()
        .flat_map(|(at, service)| service.apis.iter().map(move |api| (&*api.name, at)))
        .collect();
    toc.number(apis.len());
    for (api, prefix) in apis {
        toc.text(api);
        toc.number(prefix);
    }
    toc.0.extend(sections);
    toc.0
}
