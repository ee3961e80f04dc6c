//! From usage to the smallest policy that still allows it.
//!
//! ```text
//! rows ─► needs (action, place, conditions, granted by) ─► widened as far as asked ─► held to what was granted
//!      ─► permissions ─► statements ─► documents
//! ```
//! What was denied is never granted; what was throttled is reported. Every step that adds something which was not
//! seen (a wider resource, a pin) or takes something away (a condition, a destructive action) is listed.

mod build;
mod classify;
mod condition;
mod coverage;
mod grants;
mod keep;
mod keep_policy;
mod keep_yaml;
mod locate;
mod minimise;
mod options;
mod outcome;
mod pack;
mod pair;
mod scope;
mod sid;
mod spelling;
mod width;

use std::collections::BTreeSet;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{Effect, Named, Policy, Statement, Version};

pub(crate) use classify::cut_of;
pub use coverage::{Coverage, Touched};
pub use grants::{Reached, Standing};
pub use keep::{Pin, PinError};
pub use keep_policy::{Kept, NotKept};
pub use options::{Destructive, Inference, NotGranted, Options, Pairs, Thresholds, Unknown, Unlisted, Width};
pub use outcome::{
    ActionStatus, Cut, Dormant, Fit, GrantedKept, InferredCondition, Note, NoteKind, PairSuggestion,
    Rightsized, Status, Unseen, Widening, WideningReason,
};

use crate::usage::{Outcome, UsageRow};
use build::Builder;
use coverage::Evidence;
use minimise::Draft;

/// Makes the smallest policy for the principal of `rows`; `granted` is what it holds today.
///
/// All rows must be of one principal; those of others are left out with a note. With `granted`, the new policy
/// allows nothing that `granted` does not, unless [`NotGranted::Add`] says so.
pub fn rightsize(
    rows: &[UsageRow],
    granted: Option<&PolicySet>,
    catalog: &Catalog,
    options: &Options,
) -> Rightsized {
    let principal = rows.iter().map(|row| row.principal.as_str()).min().unwrap_or_default();
    let mut own: Vec<&UsageRow> = rows.iter().filter(|row| row.principal == principal).collect();
    // INVARIANT: the order of the rows does not matter.
    own.sort_by(|a, b| row_order(a).cmp(&row_order(b)));

    let mut builder = Builder::new(principal, granted, catalog, options);
    builder.add_rows(&own);
    builder.add_contradicted();
    let before = granted.map(|granted| classify::allowed_actions(&granted.identity, catalog));
    let evidence = Evidence::new(&options.coverage, granted, catalog);
    let classification = classify::classify(&own, before.as_ref(), builder.not_granted(), &evidence, catalog);
    builder.add_pins();
    builder.add_unknown(&own, &classification);
    builder.add_pairs();
    if own.len() < rows.len() {
        builder.note(NoteKind::OtherPrincipal, principal, "rows of other principals were given and left out");
    }
    if principal.ends_with(":root") {
        builder.note(
            NoteKind::RootUser,
            principal,
            "no identity policy limits the root user: use it for nothing",
        );
    }
    let built = builder.finish();

    let (documents, action_wildcards) = documents(&built.drafts, granted, catalog, options);
    let fit = pack::fit(&documents, options, action_wildcards);
    let mut notes = built.notes;
    notes.extend(kept_notes(granted, options));
    notes.sort();
    notes.dedup();
    Rightsized {
        dormant: dormant(&own, options.coverage.missing.is_some()),
        classification,
        cut: classify::cut(granted, before.as_ref(), &documents, catalog),
        widenings: built.widenings,
        conditions_inferred: built.inferred,
        pairs: built.pairs,
        dropped: built.dropped,
        notes,
        fit,
        documents,
    }
}

type RowOrder<'a> = (&'a str, &'a crate::usage::Resource, Outcome, &'a crate::usage::UsageContext, &'a str);

fn row_order(row: &UsageRow) -> RowOrder<'_> {
    (&row.action, &row.resource, row.outcome, &row.context, &row.example)
}

fn dormant(rows: &[&UsageRow], one_sided: bool) -> Option<Dormant> {
    if rows.iter().any(|row| row.authorised()) {
        return None;
    }
    let denied = rows.iter().any(|row| row.outcome == Outcome::Denied);
    let unknown = rows.iter().any(|row| row.outcome == Outcome::Unknown);
    Some(match (unknown, denied) {
        (true, _) => Dormant::OnlyUnknown,
        _ if one_sided => Dormant::OneSided,
        (false, true) => Dormant::OnlyDenied,
        (false, false) => Dormant::NoUsage,
    })
}

/// The documents, and whether action wildcards were needed to fit them in.
fn documents(
    drafts: &[Draft],
    granted: Option<&PolicySet>,
    catalog: &Catalog,
    options: &Options,
) -> (Vec<Named<Policy>>, bool) {
    if drafts.is_empty() && denies(granted).next().is_none() && options.deny.is_empty() {
        // AWS refuses an empty Statement. A Deny is kept even alone: a resource policy may allow what it denies.
        return (Vec::new(), false);
    }
    let plain = packed(drafts, granted, catalog, options);
    if pack::fit(&plain, options, false).fits {
        return (plain, false);
    }
    let mut shorter = drafts.to_vec();
    for draft in &mut shorter {
        draft.with_wildcards(catalog);
    }
    if shorter == drafts { (plain, false) } else { (packed(&shorter, granted, catalog, options), true) }
}

fn packed(
    drafts: &[Draft],
    granted: Option<&PolicySet>,
    catalog: &Catalog,
    options: &Options,
) -> Vec<Named<Policy>> {
    let mut taken = BTreeSet::new();
    let mut denies: Vec<(Version, Statement)> =
        denies(granted).map(|(_, version, statement)| (version, statement.clone())).collect();
    denies.extend(options.deny.iter().filter(|asked| !denies.contains(asked)).cloned().collect::<Vec<_>>());
    denies.dedup();
    pack::name_denies(&mut denies, &mut taken);
    let named = |draft: &Draft| draft.statement(sid::unique(sid::name(draft, catalog), &mut taken));
    let allows: Vec<Statement> = drafts.iter().map(named).collect();
    pack::documents(denies, allows, options)
}

/// The existing `Deny` statements with the document they stand in.
fn denies(granted: Option<&PolicySet>) -> impl Iterator<Item = (&str, Version, &Statement)> {
    granted.into_iter().flat_map(|granted| &granted.identity).flat_map(|document| {
        let denies = document.policy.statements.iter().filter(|statement| statement.effect == Effect::Deny);
        denies.map(|statement| (document.name.as_str(), document.policy.version, statement))
    })
}

fn kept_notes(granted: Option<&PolicySet>, options: &Options) -> Vec<Note> {
    let mut notes: Vec<Note> = denies(granted)
        .map(|(document, _, statement)| deny_kept(document, statement, "is kept as it is"))
        .collect();
    notes.extend(
        options.deny.iter().map(|(_, deny)| deny_kept("", deny, "of what is to be kept is taken over")),
    );
    for boundary in granted.and_then(|granted| granted.boundary.as_ref()).into_iter().flatten() {
        let text = "the permissions boundary stays as it is".to_owned();
        notes.push(Note { kind: NoteKind::Boundary, place: boundary.name.clone(), text });
    }
    notes
}

fn deny_kept(document: &str, deny: &Statement, what: &str) -> Note {
    let text = match &deny.sid {
        Some(sid) => format!("the Deny statement `{sid}` {what}"),
        None => format!("a Deny statement {what}"),
    };
    Note { kind: NoteKind::DenyKept, place: document.to_owned(), text }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
