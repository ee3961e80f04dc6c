//! What a plan looks at: two calls that agree in it need the same permissions.

use super::format::FormatPlan;
use super::plan::{Plan, PlannedNeed, PlannedResource, TypePlan};
use super::syntax::{Origin, Part, Path, Source, Template, TemplatePiece, Test, Transform};
use crate::arn_format::resource_part;
use std::collections::BTreeSet;

impl Plan {
    /// The names of the outermost parameters that decide, beside the [`Scope`](super::Scope) and what
    /// [`Plan::additional`] names, what the plan says of a call. Names are compared without case.
    pub fn parameters(&self) -> BTreeSet<&str> {
        self.outermost(Part::Request)
    }

    /// The names of the outermost members of `additionalEventData` that decide, too: of most plans none.
    pub fn additional(&self) -> BTreeSet<&str> {
        self.outermost(Part::Additional)
    }

    fn outermost(&self, part: Part) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for need in self.needs() {
            need.paths(&mut |path| {
                if path.part() == part {
                    names.extend(path.steps().first().map(|step| &*step.name));
                }
            });
        }
        names
    }

    /// Those of them whose values, where they are [plain](super::is_plain), go into ARNs as they stand and decide nothing else:
    /// it matters that they are there, not what they say.
    pub fn free_parameters(&self) -> BTreeSet<&str> {
        let mut names = self.parameters();
        for need in self.needs() {
            let mut bound = |path: &Path| {
                names.retain(|name| {
                    let named = path.steps().first().is_some_and(|step| step.name.eq_ignore_ascii_case(name));
                    !(named && path.part() == Part::Request)
                });
            };
            for condition in
                need.when.iter().filter(|one| !(one.test == Test::Has && is_name(&one.source.path)))
            {
                bound(&condition.source.path);
            }
            need.with.iter().for_each(|one| of_template(&one.value, &mut bound));
            match &need.resource {
                PlannedResource::Any => {}
                PlannedResource::Types { types, .. } => {
                    let freely = |source: &&Source| {
                        let unchanged = source.transforms.iter().all(|one| *one == Transform::Text);
                        !(unchanged && is_name(&source.path))
                    };
                    accounts(types).for_each(|source| bound(&source.path));
                    sources(types).filter(freely).for_each(|source| bound(&source.path));
                }
                PlannedResource::Template(template) => of_template(template, &mut bound),
                PlannedResource::Value { source, types } => {
                    bound(&source.path);
                    of_types(types, &mut bound);
                }
            }
        }
        names
    }

    /// Whether an ARN that the log names would have been taken for one of the types that a call did not name itself;
    /// see [`Scratch::asked`](super::Scratch::asked).
    pub fn would_take(&self, asked: &[Asked], arn: &str) -> bool {
        let resource = resource_part(arn).unwrap_or_default();
        asked.iter().any(|asked| match self.needs().get(asked.need).map(|need| &need.resource) {
            Some(PlannedResource::Types { types, .. }) => types.get(asked.kind).is_some_and(|plan| {
                plan.takes_from_log(arn) || plan.formats.iter().any(|one| one.fits_with(arn, resource))
            }),
            _ => true,
        })
    }

    /// Whether an ARN as it stands in JSON, its escapes still in it, could be one that [`Plan::would_take`] is true of.
    pub fn may_take(&self, asked: &[Asked], raw: &[u8]) -> bool {
        if memchr::memchr(b'\\', raw).is_some() {
            return true;
        }
        let resource = memchr::memchr_iter(b':', raw).nth(4).map_or(&b""[..], |at| &raw[at + 1..]);
        let begins = |format: &FormatPlan| {
            format.begins.as_ref().is_none_or(|text| resource.starts_with(text.as_bytes()))
        };
        asked.iter().any(|asked| match self.needs().get(asked.need).map(|need| &need.resource) {
            Some(PlannedResource::Types { types, .. }) => {
                types.get(asked.kind).is_some_and(|plan| plan.formats.iter().any(begins))
            }
            _ => true,
        })
    }

    fn needs(&self) -> &[PlannedNeed] {
        match self {
            Plan::Needs(needs) => needs,
            Plan::Nothing | Plan::Ignored | Plan::Unknown => &[],
        }
    }
}

/// A type of a need for which the log's own ARNs were looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub(super) need: usize,
    pub(super) kind: usize,
}

/// Whether a path is one name.
fn is_name(path: &Path) -> bool {
    matches!(path.steps(), [step] if step.filter.is_none())
}

impl PlannedNeed {
    fn paths<'p>(&'p self, found: &mut dyn FnMut(&'p Path)) {
        self.when.iter().for_each(|condition| found(&condition.source.path));
        self.with.iter().for_each(|one| of_template(&one.value, found));
        match &self.resource {
            PlannedResource::Any => {}
            PlannedResource::Types { types, .. } => of_types(types, found),
            PlannedResource::Template(template) => of_template(template, found),
            PlannedResource::Value { source, types } => {
                found(&source.path);
                of_types(types, found);
            }
        }
    }
}

fn of_types<'p>(types: &'p [TypePlan], found: &mut dyn FnMut(&'p Path)) {
    sources(types).chain(accounts(types)).for_each(|source| found(&source.path));
}

fn accounts(types: &[TypePlan]) -> impl Iterator<Item = &Source> {
    types.iter().flat_map(|plan| &plan.formats).flat_map(|format| &format.account)
}

fn sources(types: &[TypePlan]) -> impl Iterator<Item = &Source> {
    types.iter().flat_map(TypePlan::sources).filter(|source| source.origin == Origin::Parameters)
}

fn of_template<'p>(template: &'p Template, found: &mut dyn FnMut(&'p Path)) {
    for piece in &template.0 {
        if let TemplatePiece::Parameter(source) = piece {
            found(&source.path);
        }
    }
}
