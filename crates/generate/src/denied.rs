//! What refusals say: error texts of AWS, Google Cloud, Azure and Kubernetes → what was asked, by whom, on what, and
//! which layer stands in the way.
//!
//! The words are rows of a table (`denied/messages.txt`), each with the page that documents it. Around a message may
//! stand anything: a traceback, Terraform's frame, a log line, a CloudTrail record. A message is read only as far as a
//! row goes; nothing is guessed from the rest, and what says only that something was refused is counted and told.

mod answer;
mod decoded;
mod find;
mod principal;
mod table;
mod text;

use std::collections::{BTreeMap, HashMap};

pub use answer::{Addition, Answer, Known, Other, Told, Whose, answer};
pub use principal::{Kind as PrincipalKind, Principal};

use crate::intent::Place;
use find::Fit;
use table::{Says, Table};
use text::Plain;

/// The largest text that is read.
pub const LARGEST_TEXT: usize = 32 << 20;

/// Whose message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    /// Amazon Web Services.
    Aws,
    /// Google Cloud.
    Gcp,
    /// Microsoft Azure.
    Azure,
    /// Kubernetes.
    Kubernetes,
}

/// One thing that was refused, however often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whose message it is.
    pub platform: Platform,
    /// Who asked, as the message writes it.
    pub principal: Option<String>,
    /// What was asked: an action, a permission, a verb. Empty when a layer denied without naming it.
    pub action: String,
    /// On what, as the message writes it.
    pub resource: Option<String>,
    /// What else the message says: `kind`, `group`, `namespace`, `name`, `path`, `object`, `policy`.
    pub more: BTreeMap<&'static str, String>,
    /// What stands in the way.
    pub because: Because,
    /// Where it is first said.
    pub place: Place,
    /// How often it is said.
    pub count: u64,
    /// The page that documents the form of the message.
    pub page: &'static str,
}

/// What stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Because {
    /// Nothing allows it; the message does not say where.
    Unsaid,
    /// This layer has no allow.
    Missing(Barrier),
    /// This layer denies.
    Denied(Barrier),
}

/// A layer that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Barrier {
    /// Its name in the table: `scp`.
    pub name: &'static str,
    /// What it is: `a service control policy of the organisation`.
    pub what: &'static str,
    /// Where to look.
    pub look: &'static str,
}

/// A refusal that does not say what was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaid {
    /// Whose message it is.
    pub platform: Platform,
    /// How much it says: `encoded`, `ciphertext`, `operation`, `bare`, `data`.
    pub what: &'static str,
    /// The operation that was called, and the service, where the message says them.
    pub operation: Option<(String, Option<String>)>,
    /// Where it is first said.
    pub place: Place,
    /// How often.
    pub count: u64,
}

/// What a text says of refusals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denials {
    /// What was refused, each thing once, in the text's order.
    pub refusals: Vec<Refusal>,
    /// Refusals that do not say of what.
    pub unsaid: Vec<Unsaid>,
    /// How many messages were read, repetitions included.
    pub messages: u64,
    /// The lines of the text, without empty ones.
    pub lines: u64,
    /// The lines on which no message begins.
    pub other_lines: u64,
}

impl Platform {
    /// All of them.
    pub const ALL: [Platform; 4] = [Platform::Aws, Platform::Gcp, Platform::Azure, Platform::Kubernetes];

    /// The name: `aws`.
    pub fn as_str(self) -> &'static str {
        match self {
            Platform::Aws => "aws",
            Platform::Gcp => "gcp",
            Platform::Azure => "azure",
            Platform::Kubernetes => "kubernetes",
        }
    }

    fn parse(text: &str) -> Option<Platform> {
        Platform::ALL.into_iter().find(|platform| platform.as_str() == text)
    }

    /// Whether `action` has the form of this platform's actions.
    fn has_action(self, action: &str) -> bool {
        match self {
            Platform::Aws => action.split_once(':').is_some_and(|(service, name)| {
                !service.is_empty() && !name.is_empty() && !name.contains([':', '/', '.'])
            }),
            Platform::Gcp => action.contains('.') && !action.contains(':') && !action.ends_with('.'),
            Platform::Azure => action.contains('/') && !action.contains(':'),
            Platform::Kubernetes => true,
        }
    }
}

/// What one place of the text says.
enum Found {
    Refusal(Refusal),
    Unsaid(Unsaid),
}

/// Reads a text; `file` is what places name.
pub fn read(file: &str, text: &str) -> Denials {
    let file: std::sync::Arc<str> = file.into();
    let plain = Plain::of(text);
    let lines = Lines::of(text);
    let mut found: Vec<(usize, Found)> = Vec::new();
    let mut taken = Taken::default();
    for (start, end, refusal) in decoded::all(&plain.text) {
        taken.take(start, end, Some(Platform::Aws));
        let place = lines.place(&file, plain.origin(start));
        found.push((start, Found::Refusal(Refusal { place, ..refusal })));
    }
    by_rows(&plain, &lines, &file, &mut found, &mut taken);
    found.sort_by_key(|(start, _)| *start);
    let mut denials = Denials { lines: lines.said, ..Denials::default() };
    let begun: std::collections::BTreeSet<u32> = found
        .iter()
        .map(|(_, found)| match found {
            Found::Refusal(refusal) => refusal.place.line,
            Found::Unsaid(unsaid) => unsaid.place.line,
        })
        .collect();
    denials.other_lines = denials.lines.saturating_sub(begun.len() as u64);
    counted(found, &mut denials);
    denials
}

/// What the rows of the table find, the first row that fits a place having it.
fn by_rows(
    plain: &Plain,
    lines: &Lines<'_>,
    file: &std::sync::Arc<str>,
    found: &mut Vec<(usize, Found)>,
    taken: &mut Taken,
) {
    let table = Table::embedded();
    for row in &table.rows {
        if matches!(row.says, Says::ThenMissing(_) | Says::ThenDenied(_)) {
            continue;
        }
        for fit in find::all(&plain.text, row) {
            let action = fit.hole("action").unwrap_or_default();
            let is_refused = row.says == Says::Refused;
            let wrong = is_refused && fit.hole("path").is_none() && fit.hole("verb").is_none();
            if taken.overlaps(fit.start, fit.end) || (wrong && !row.platform.has_action(action)) {
                continue;
            }
            let place = lines.place(file, plain.origin(fit.start));
            if let Says::Unsaid(what) = row.says {
                if taken.goes_with_a_refusal(&plain.text, row.platform, fit.start, fit.end) {
                    continue;
                }
                let service = fit.hole("service").map(str::to_owned);
                let operation = fit.hole("operation").map(|name| (name.to_owned(), service));
                taken.take(fit.start, fit.end, None);
                let unsaid = Unsaid { platform: row.platform, what, operation, place, count: 1 };
                found.push((fit.start, Found::Unsaid(unsaid)));
                continue;
            }
            let (because, policy, end) = because(plain, row, &fit, table);
            taken.take(fit.start, end, Some(row.platform));
            let mut refusal = refusal(row.platform, &fit, place, row.page);
            refusal.because = because;
            if let Some(policy) = policy {
                refusal.more.insert("policy", policy);
            }
            found.push((fit.start, Found::Refusal(refusal)));
        }
    }
}

fn refusal(platform: Platform, fit: &Fit<'_>, place: Place, page: &'static str) -> Refusal {
    let owned = |name: &str| fit.hole(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let mut more = BTreeMap::new();
    for name in ["kind", "group", "namespace", "name", "path", "object", "policy"] {
        // The core group of Kubernetes is an empty text.
        if let Some(value) = fit.hole(name) {
            more.insert(name, value.to_owned());
        }
    }
    Refusal {
        platform,
        principal: owned("principal"),
        action: owned("action").or_else(|| owned("verb")).unwrap_or_default(),
        resource: owned("resource").map(|text| text.trim_matches('"').to_owned()),
        more,
        because: Because::Unsaid,
        place,
        count: 1,
        page,
    }
}

/// Which layer stands in the way, by the row itself or by what follows; where the message ends.
fn because(
    plain: &Plain,
    row: &table::Row,
    fit: &Fit<'_>,
    table: &Table,
) -> (Because, Option<String>, usize) {
    let barrier = |name: &str| {
        let layer = table.layer(row.platform, name)?;
        Some(Barrier { name: layer.name, what: layer.what, look: layer.look })
    };
    if let Says::Denied(name) = row.says {
        return (barrier(name).map_or(Because::Unsaid, Because::Denied), None, fit.end);
    }
    for next in table.rows.iter().filter(|next| next.platform == row.platform) {
        let (Says::ThenMissing(name) | Says::ThenDenied(name)) = next.says else { continue };
        let Some(then) = find::at(&plain.text, fit.end, next) else { continue };
        let because = match (barrier(name), next.says) {
            (Some(barrier), Says::ThenMissing(_)) => Because::Missing(barrier),
            (Some(barrier), _) => Because::Denied(barrier),
            (None, _) => Because::Unsaid,
        };
        return (because, then.hole("policy").map(str::to_owned), then.end);
    }
    (Because::Unsaid, None, fit.end)
}

/// The places of the text that rows have taken, by where they begin.
#[derive(Debug, Default)]
struct Taken(BTreeMap<usize, (usize, Option<Platform>)>);

impl Taken {
    /// Takes a place; for a refusal that names what was asked, with its platform.
    fn take(&mut self, start: usize, end: usize, refusal: Option<Platform>) {
        self.0.insert(start, (end, refusal));
    }

    fn overlaps(&self, start: usize, end: usize) -> bool {
        self.0.range(..end).next_back().is_some_and(|(_, (taken_to, _))| *taken_to > start)
    }

    /// Whether what says little only accompanies a message that says more: EC2 adds an encoded text, Google Cloud a
    /// status.
    fn goes_with_a_refusal(&self, text: &str, platform: Platform, start: usize, end: usize) -> bool {
        const NEAR: usize = 600;
        let near = |low: usize, high: usize| match platform {
            Platform::Aws => text.get(low..high).is_some_and(|between| !between.contains('\n')),
            _ => high.saturating_sub(low) <= NEAR,
        };
        let of = |refusal: &Option<Platform>| *refusal == Some(platform);
        let before = self.0.range(..start).rev().find(|(_, (_, refusal))| of(refusal));
        let after = self.0.range(end..).find(|(_, (_, refusal))| of(refusal));
        before.is_some_and(|(_, (taken_to, _))| near(*taken_to, start))
            || after.is_some_and(|(from, _)| near(end, *from))
    }
}

/// Everything at once, each thing once.
fn counted(found: Vec<(usize, Found)>, denials: &mut Denials) {
    let mut known: HashMap<String, usize> = HashMap::new();
    for (_, found) in found {
        denials.messages += 1;
        match found {
            Found::Refusal(refusal) => {
                let Refusal { platform, principal, action, resource, more, because, .. } = &refusal;
                let key = format!("{platform:?}{principal:?}{action}{resource:?}{more:?}{because:?}");
                match known.get(&key) {
                    Some(index) => denials.refusals[*index].count += 1,
                    None => {
                        known.insert(key, denials.refusals.len());
                        denials.refusals.push(refusal);
                    }
                }
            }
            Found::Unsaid(unsaid) => {
                let same = |known: &&mut Unsaid| {
                    (known.platform, known.what, &known.operation)
                        == (unsaid.platform, unsaid.what, &unsaid.operation)
                };
                match denials.unsaid.iter_mut().find(same) {
                    Some(known) => known.count += 1,
                    None => denials.unsaid.push(unsaid),
                }
            }
        }
    }
}

/// Where lines begin.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    said: u64,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Lines<'t> {
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        let said = text.lines().filter(|line| !line.trim().is_empty()).count() as u64;
        Lines { text, starts, said }
    }

    fn place(&self, file: &std::sync::Arc<str>, byte: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let start = self.starts[line - 1];
        let column = self.text.get(start..byte).map_or(0, |head| head.chars().count());
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Place::at(file, number(line), number(column + 1))
    }
}
