//! `simulate --batch`: one request a line in, one decision a line out, in the same order.
//!
//! A line that cannot be read has an `error` and no decision. Memory holds one block of lines, however many there are.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::path::Path;

use leastwise_policy::aws::DocumentKind;
use leastwise_policy::aws::evaluate::explain::explain;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::documents::{self, Documents};
use super::json;
use super::request::{Ask, Given};
use super::world::World;
use crate::cli::simulate::SimulateArgs;
use crate::command::collect::cores;
use crate::error::{Error, Result};
use crate::output::{self, thousands};
use crate::progress::Progress;

/// Lines that are decided together.
const BLOCK_LINES: usize = 4_096;
/// Bytes of lines that are decided together.
const BLOCK_BYTES: usize = 8 << 20;
/// A line longer than this is refused.
const LONGEST: u64 = 1 << 20;

/// A request as a line has it.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Line {
    id: Value,
    principal: String,
    session: Option<String>,
    action: String,
    resource: String,
    resource_is: ResourceIs,
    #[serde(deserialize_with = "context")]
    context: Given,
    complete_context: Option<bool>,
    resource_account: Option<String>,
    resource_policy: Option<Box<serde_json::value::RawValue>>,
    public_access_block: Option<Box<serde_json::value::RawValue>>,
}

/// Whether the resource stands for many, in the words of `usage --output json`.
#[derive(Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum ResourceIs {
    Exact,
    #[default]
    Pattern,
    Folded,
    Unknown,
}

/// Decides every line.
pub fn run(args: &SimulateArgs, requests: &Path, world: &World<'_>, quiet: bool) -> Result<()> {
    let mut input: Box<dyn BufRead> = match requests.to_str() {
        Some("-") => Box::new(io::stdin().lock()),
        _ => Box::new(BufReader::with_capacity(
            1 << 16,
            File::open(requests).map_err(|error| {
                Error::input(format!("cannot read `{}`", requests.display())).because(error)
            })?,
        )),
    };
    let batch = Batch { world, complete: args.context.complete_context, reasons: args.reasons };
    let threads = args.threads.unwrap_or_else(cores).get();
    let progress = Progress::new("deciding", quiet);
    let (mut done, mut bad) = (0, 0);
    let mut failed = None;
    output::result_from(|out| {
        let mut number = 0;
        loop {
            let block = match read_block(&mut input, &mut number) {
                Ok(block) if block.is_empty() => return Ok(()),
                Ok(block) => block,
                Err(error) => {
                    failed = Some(error);
                    return Ok(());
                }
            };
            done += block.len() as u64;
            bad += batch.decide(&block, threads, out)?;
            progress.say(&format!("{} requests", thousands(done)));
        }
    })?;
    progress.finish();
    if let Some(error) = failed {
        return Err(Error::input(format!("cannot read `{}` to its end", requests.display())).because(error));
    }
    match bad {
        0 => Ok(()),
        bad => Err(Error::input(format!(
            "{} of {} could not be decided on",
            thousands(bad),
            output::counted(done, "request", "requests")
        ))
        .hint("each has an `error` in its line of the output")),
    }
}

/// A line with its number.
struct Numbered {
    number: u64,
    /// None when it is too long.
    bytes: Option<Vec<u8>>,
}

/// The next lines, but for empty ones.
fn read_block(input: &mut dyn BufRead, number: &mut u64) -> io::Result<Vec<Numbered>> {
    let (mut block, mut size) = (Vec::new(), 0);
    while block.len() < BLOCK_LINES && size < BLOCK_BYTES {
        let mut bytes = Vec::new();
        if input.take(LONGEST + 1).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        *number += 1;
        let whole = bytes.ends_with(b"\n") || bytes.len() as u64 <= LONGEST;
        if !whole {
            skip_line(input)?;
        }
        size += bytes.len();
        if !bytes.trim_ascii().is_empty() {
            block.push(Numbered { number: *number, bytes: whole.then_some(bytes) });
        }
    }
    Ok(block)
}

fn skip_line(input: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (used, ended) = match memchr::memchr(b'\n', buffer) {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if ended {
            return Ok(());
        }
    }
}

struct Batch<'a> {
    world: &'a World<'a>,
    complete: bool,
    reasons: bool,
}

impl Batch<'_> {
    /// Decides the lines with several threads and prints the decisions in order; returns how many lines were bad.
    fn decide(&self, block: &[Numbered], threads: usize, out: &mut dyn Write) -> io::Result<u64> {
        let share = block.len().div_ceil(threads).max(1);
        let work = |lines: &[Numbered]| {
            let (mut text, mut bad) = (Vec::with_capacity(lines.len() * 80), 0);
            for line in lines {
                let (value, good) = self.line(line);
                bad += u64::from(!good);
                text.extend_from_slice(value.to_string().as_bytes());
                text.push(b'\n');
            }
            (text, bad)
        };
        let work = &work;
        let parts: Vec<(Vec<u8>, u64)> = std::thread::scope(|scope| {
            let workers: Vec<_> = block.chunks(share).map(|lines| scope.spawn(move || work(lines))).collect();
            let joined = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
            joined.collect::<std::thread::Result<_>>().map_err(|_| io::Error::other("a worker stopped"))
        })?;
        let mut all_bad = 0;
        for (text, bad) in parts {
            out.write_all(&text)?;
            all_bad += bad;
        }
        Ok(all_bad)
    }

    /// The decision on a line, and whether there is one.
    fn line(&self, line: &Numbered) -> (Value, bool) {
        let mut map = Map::new();
        map.insert("line".to_owned(), line.number.into());
        let read = read(line);
        if let Ok(Line { id, .. }) = &read
            && !id.is_null()
        {
            map.insert("id".to_owned(), id.clone());
        }
        let decided = read.and_then(|read| self.answer(read, &mut map));
        if let Err(error) = &decided {
            map.insert("error".to_owned(), json::reason(error).into());
            if let Some(help) = error.way_out() {
                map.insert("help".to_owned(), help.into());
            }
        }
        (Value::Object(map), decided.is_ok())
    }

    fn answer(&self, line: Line, map: &mut Map<String, Value>) -> Result<()> {
        let policy = line.resource_policy.map(|text| {
            Documents::default().take("resource_policy", text.get(), DocumentKind::Resource, None)
        });
        let block = line
            .public_access_block
            .map(|text| documents::take_public_access("public_access_block", text.get()))
            .transpose()?;
        let case = self.world.case(&Ask {
            principal: line.principal,
            session: line.session,
            action: line.action,
            resource: line.resource,
            exact: line.resource_is == ResourceIs::Exact,
            context: line.context,
            complete: line.complete_context.unwrap_or(self.complete),
            resource_account: line.resource_account,
            resource_policy: policy.transpose()?,
            public_access: block,
        })?;
        if self.reasons {
            let explanation = explain(case.set.set(), &case.request());
            map.extend(json::brief(explanation.evaluation.verdict, Some(&explanation.evaluation)));
            json::reasons(self.world, &case, &explanation, map);
        } else {
            let (verdict, evaluation) = case.set.decide(&case.request());
            map.extend(json::brief(verdict, evaluation.as_ref()));
            if !case.assumed.is_empty() {
                map.insert("assumed".to_owned(), case.assumed.into());
            }
        }
        Ok(())
    }
}

fn read(line: &Numbered) -> Result<Line> {
    let Some(bytes) = &line.bytes else {
        return Err(Error::input("the line is longer than 1 MiB").hint("a request is one line"));
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| line.number == 1).unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        // To the parser each line is line 1.
        let reason = error.to_string().replace(" at line 1 column ", " at column ");
        Error::input("the line is no request").because(reason)
    })
}

/// Keys with a value or a list of them; null or an empty list says that the key is not there.
fn context<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Given, D::Error> {
    struct Keys;
    impl<'de> Visitor<'de> for Keys {
        type Value = Given;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("an object of condition keys")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Given, A::Error> {
            let mut keys = Given::new();
            while let Some((key, Values(values))) = map.next_entry::<String, Values>()? {
                if keys.iter().any(|(known, _)| known.eq_ignore_ascii_case(&key)) {
                    return Err(A::Error::custom(format!("the context key `{key}` stands twice")));
                }
                keys.push((key, values));
            }
            Ok(keys)
        }
    }
    deserializer.deserialize_map(Keys)
}

struct Values(Vec<String>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Values, D::Error> {
        let one = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(yes) => Some(yes.to_string()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        let values = match Value::deserialize(deserializer)? {
            Value::Null => Some(Vec::new()),
            Value::Array(list) => list.iter().map(one).collect(),
            value => one(&value).map(|value| vec![value]),
        };
        values.map(Values).ok_or_else(|| D::Error::custom("a context key has a value or a list of values"))
    }
}
