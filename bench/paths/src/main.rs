//! Finds the paths of a snapshot some times and says how much processor time each part took and who has one: for `bench/paths.py`.

use leastwise_analysis::granted::Snapshot;
use leastwise_analysis::paths::{Certainty, Options, Target, World, find};
use leastwise_catalog::Catalog;
use leastwise_policy::time::Timestamp;
use serde_json::json;

// As the product has it.
#[global_allocator]
static ALLOCATOR: leastwise_allocator::Allocator = leastwise_allocator::Allocator;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let file = args.next().unwrap_or_default();
    let rounds: usize = args.next().unwrap_or_default().parse()?;
    let text = std::fs::read_to_string(&file)?;
    let (mut reads, mut searches, mut cuts) = (Vec::new(), Vec::new(), Vec::new());
    let mut answer = json!(null);
    for _ in 0..rounds {
        let start = processor_time()?;
        let snapshot = Snapshot::parse(&file, &text)?;
        reads.push(processor_time()? - start);
        let world = World {
            snapshot: &snapshot,
            service_control: Default::default(),
            resource_control: Default::default(),
            places: Default::default(),
            workloads: Vec::new(),
            now: Timestamp::from_seconds(1_795_000_000),
        };
        let mut options = Options { from: None, to: Target::Admin, cut: false };
        let start = processor_time()?;
        let found = find(&world, &options, Catalog::embedded());
        searches.push(processor_time()? - start);
        options.cut = true;
        let start = processor_time()?;
        let with_cut = find(&world, &options, Catalog::embedded());
        cuts.push(processor_time()? - start);
        let own = found.paths.iter().filter(|path| path.certainty != Certainty::Another);
        let cut = with_cut.cut.map(|cut| (cut.statement.document, cut.frees.len(), cut.best));
        answer = json!({
            "paths": own.map(|path| path.source.as_str()).collect::<Vec<_>>(),
            "admins": found.admins.iter().map(|admin| admin.principal.as_str()).collect::<Vec<_>>(),
            "cut": cut,
        });
    }
    println!("{}", json!({"read": reads, "search": searches, "with_cut": cuts, "answer": answer}));
    Ok(())
}

/// Seconds that this thread was on a processor; nothing of ours runs on others.
fn processor_time() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: u64 = text.split_whitespace().next().unwrap_or_default().parse()?;
    Ok(nanoseconds as f64 / 1e9)
}
