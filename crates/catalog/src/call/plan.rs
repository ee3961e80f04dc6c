//! One event's rules and catalogue facts, compiled: what to look at in the parameters, and what follows.
//!
//! A plan is made once for each kind of call and then applied to every call of that kind.

use super::apply::transformed;
use super::format::{FormatPlan, format_plan};
use super::rules::Rules;
use super::syntax::{
    ChosenType, Condition, NeedRule, Origin, Path, ResourceSpec, Source, Template, TemplatePiece, Transform,
};
use crate::{Action, Catalog, ResourceType};
use std::sync::Arc;

/// The predefined variable that a binding may fill: whose the resource is.
const ACCOUNT: &str = "Account";

/// What a kind of call needs.
#[derive(Debug, Clone)]
pub enum Plan {
    /// These, each if its conditions hold.
    Needs(Vec<PlannedNeed>),
    /// No permission at all.
    Nothing,
    /// It is nobody's API call.
    Ignored,
    /// Neither a rule nor the catalogue knows.
    Unknown,
}

/// One action that a call may need.
#[derive(Debug, Clone)]
pub struct PlannedNeed {
    /// `s3:GetObject`, as the catalogue spells it.
    pub action: Arc<str>,
    /// The call may have needed it, and the log does not tell: whatever became of the call, this is not known.
    pub maybe: bool,
    pub(super) role: Role,
    pub(super) when: Vec<Condition>,
    pub(super) with: Vec<PlannedKey>,
    pub(super) resource: PlannedResource,
}

impl PlannedNeed {
    /// Whether it comes on top of what the event itself needs.
    pub fn is_also(&self) -> bool {
        self.role == Role::Also
    }
}

/// A condition key with the value that the request has.
#[derive(Debug, Clone)]
pub(super) struct PlannedKey {
    pub(super) key: Arc<str>,
    pub(super) value: Template,
    /// The partitions in which it may have another.
    pub(super) unsure: Vec<Arc<str>>,
}

/// What a need is to the others of its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The event's own: a default or an `event` rule.
    Main,
    /// On top of it.
    Also,
    /// For when no rule's condition holds, since a log whose parameters were left out says nothing to choose by:
    /// the action of the event's own name, or those that a rule says it may have been.
    Otherwise,
}

#[derive(Debug, Clone)]
pub(super) enum PlannedResource {
    /// The action knows no resources, or the rule says so.
    Any,
    Types {
        types: Vec<TypePlan>,
        /// Those that stand in when none is bound, in order of preference.
        fallback: Vec<usize>,
    },
    Template(Template),
    Value {
        source: Source,
        types: Vec<TypePlan>,
    },
}

/// One resource type: how its ARN is made.
#[derive(Debug, Clone)]
pub(super) struct TypePlan {
    pub(super) name: Arc<str>,
    pub(super) required: bool,
    pub(super) formats: Vec<FormatPlan>,
}

/// Makes plans from the catalogue and the rules.
#[derive(Debug, Clone, Copy)]
pub struct Planner<'c> {
    catalog: &'c Catalog,
    rules: &'c Rules,
}

impl<'c> Planner<'c> {
    /// A planner over a catalogue and rule tables.
    pub fn new(catalog: &'c Catalog, rules: &'c Rules) -> Self {
        Planner { catalog, rules }
    }

    /// The rule tables.
    pub fn rules(&self) -> &'c Rules {
        self.rules
    }

    /// The catalogue.
    pub fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    /// The plan for an event: `label` is CloudTrail's `eventSource` without `.amazonaws.com`.
    ///
    /// Rules are asked for the name as it stands and, when they do not know it, without the date and version
    /// that some services put behind their operations' names (`CreateFunction20150331`).
    pub fn plan(&self, label: &str, event: &str) -> Plan {
        let stem = crate::without_version(event).unwrap_or(event);
        let mut rules = self.rules.event(label, event);
        let mut name = event;
        if stem != event && !rules.replace_default() && self.same_named(label, event).is_none() {
            let (also, named) = (std::mem::take(&mut rules.also), rules.named);
            rules = self.rules.event(label, stem);
            // A rule for every call is among both.
            let new = |rule: &&NeedRule| !rules.also.iter().any(|known| std::ptr::eq(*known, *rule));
            let also: Vec<&NeedRule> = also.into_iter().filter(new).collect();
            rules.also.extend(also);
            rules.named |= named;
            name = stem;
        }
        if rules.ignored {
            return Plan::Ignored;
        }
        if rules.nothing {
            return Plan::Nothing;
        }
        let mut needs = Vec::new();
        if rules.needs.is_empty() {
            match self.by_name(label, name) {
                Some(actions) if actions.is_empty() && rules.also.is_empty() => return Plan::Nothing,
                Some(actions) => needs.extend(actions.iter().map(|action| self.by_default(*action))),
                None if !rules.named => return Plan::Unknown,
                None => {}
            }
        }
        let (perhaps, main): (Vec<&NeedRule>, Vec<&NeedRule>) =
            rules.needs.iter().copied().partition(|rule| rule.maybe);
        let conditional = !main.is_empty() && main.iter().all(|rule| !rule.when.is_empty());
        for (role, rule) in [(Role::Main, main), (Role::Also, rules.also), (Role::Otherwise, perhaps)]
            .into_iter()
            .flat_map(|(role, rules)| rules.into_iter().map(move |rule| (role, rule)))
        {
            match self.by_rule(rule, role) {
                Some(need) => needs.push(need),
                None => return Plan::Unknown,
            }
        }
        if conditional {
            let named = self.by_name(label, name).unwrap_or_default();
            needs.extend(
                named.iter().map(|action| PlannedNeed { role: Role::Otherwise, ..self.by_default(*action) }),
            );
        }
        Plan::Needs(needs)
    }

    /// The actions that the catalogue says an event stands for.
    fn by_name(&self, label: &str, event: &str) -> Option<Vec<Action<'c>>> {
        match self.same_named(label, event) {
            Some(action) => Some(vec![action]),
            None => self.catalog.event(label, event),
        }
    }

    /// The action of exactly an event's name.
    fn same_named(&self, label: &str, event: &str) -> Option<Action<'c>> {
        match self.rules.prefixes(label) {
            Some(prefixes) => {
                prefixes.iter().find_map(|prefix| self.catalog.action(&format!("{prefix}:{event}")))
            }
            None => self.catalog.action(&format!("{label}:{event}")),
        }
    }

    fn by_default(&self, action: Action<'c>) -> PlannedNeed {
        PlannedNeed {
            action: action.full_name().into(),
            maybe: false,
            role: Role::Main,
            when: Vec::new(),
            with: Vec::new(),
            resource: self.types(action, &[]),
        }
    }

    fn by_rule(&self, rule: &NeedRule, role: Role) -> Option<PlannedNeed> {
        let action = self.catalog.action(&rule.action)?;
        let resource = match &rule.resource {
            ResourceSpec::Default => self.types(action, &[]),
            ResourceSpec::Types(types) => self.types(action, types),
            ResourceSpec::Any => PlannedResource::Any,
            ResourceSpec::Template(template) => PlannedResource::Template(template.clone()),
            ResourceSpec::Value(source) => PlannedResource::Value {
                source: source.clone(),
                types: match self.types(action, &[]) {
                    PlannedResource::Types { types, .. } => types,
                    _ => Vec::new(),
                },
            },
        };
        Some(PlannedNeed {
            action: action.full_name().into(),
            maybe: rule.maybe,
            role,
            when: rule.when.clone(),
            with: rule.with.iter().map(|(key, value)| self.key(key, value)).collect(),
            resource,
        })
    }

    fn key(&self, key: &Arc<str>, value: &Template) -> PlannedKey {
        let unsure = match &*value.0 {
            [TemplatePiece::Literal(text)] => self.rules.unsure(key, text),
            _ => Vec::new(),
        };
        PlannedKey { key: key.clone(), value: value.clone(), unsure }
    }

    /// The types of an action; only those in `chosen`, and with its bindings, when it is not empty.
    fn types(&self, action: Action<'c>, chosen: &[ChosenType]) -> PlannedResource {
        let prefix = &action.service.prefix;
        let mut types = Vec::new();
        for resource in &action.facts.resources {
            let name = &resource.resource_type;
            let own = chosen.iter().find(|chosen| *chosen.name == **name);
            let Some(kind) = action.service.resource_types.iter().find(|kind| kind.name == *name) else {
                continue;
            };
            if chosen.is_empty() || own.is_some() {
                let own = own.map(|chosen| chosen.bindings.as_slice()).unwrap_or_default();
                // A rule that names one type says that it is needed; of several, those that the call names.
                let required = resource.required || chosen.len() == 1;
                types.push(self.type_plan(prefix, kind, required, own));
            }
        }
        // A rule may know better than the catalogue which types an action has.
        for ChosenType { name, bindings: own } in chosen {
            if !types.iter().any(|plan| plan.name == *name)
                && let Some(kind) = action.service.resource_types.iter().find(|kind| *kind.name == **name)
            {
                types.push(self.type_plan(prefix, kind, true, own));
            }
        }
        if types.is_empty() {
            return PlannedResource::Any;
        }
        let primary = self.rules.primary(prefix);
        let position = |name: &Arc<str>| types.iter().position(|plan: &TypePlan| plan.name == *name);
        let fallback = primary.iter().filter_map(position).collect();
        PlannedResource::Types { types, fallback }
    }

    fn type_plan(
        &self,
        prefix: &str,
        kind: &ResourceType,
        required: bool,
        own: &[(Arc<str>, Source)],
    ) -> TypePlan {
        let sources = |variable: &str| -> Vec<Source> {
            if let Some((_, source)) = own.iter().find(|(name, _)| &**name == variable) {
                return vec![source.clone()];
            }
            if let Some(sources) = self.rules.bind(prefix, &kind.name, variable) {
                return sources.to_vec();
            }
            vec![Source { origin: Origin::Parameters, path: Path::parse(variable), transforms: Box::new([]) }]
        };
        let own_account =
            own.iter().find(|(name, _)| &**name == ACCOUNT).map(|(_, source)| vec![source.clone()]);
        let account = own_account
            .or_else(|| self.rules.bind(prefix, &kind.name, ACCOUNT).map(<[Source]>::to_vec))
            .unwrap_or_default();
        let formats = kind
            .formats()
            .map(|format| FormatPlan { account: account.clone(), ..format_plan(&format, &sources) })
            .collect();
        TypePlan { name: (*kind.name).into(), required, formats }
    }
}

impl TypePlan {
    /// Whether `arn` is of one of its formats.
    pub(super) fn fits(&self, arn: &str) -> bool {
        self.formats.iter().any(|format| format.fits(arn))
    }

    /// Whether an ARN that the log names is of the type: no part of it is what a `not:` of its sources drops.
    pub(super) fn fits_log(&self, arn: &str) -> bool {
        let dropped = |part: &str| {
            self.sources().flat_map(|source| &source.transforms).any(|one| match one {
                Transform::Not(pattern) => pattern.matches(part),
                _ => false,
            })
        };
        self.fits(arn) && !arn.split([':', '/']).any(dropped)
    }

    /// Whether an ARN that the log names fills one of its variables.
    pub(super) fn takes_from_log(&self, arn: &str) -> bool {
        self.formats.iter().any(|format| {
            format.variables.iter().enumerate().any(|(variable, sources)| {
                sources.iter().any(|source| match source.origin {
                    Origin::Log(_) => !transformed(source, arn).is_empty(),
                    Origin::Within => format.value_within(arn, variable).is_some(),
                    Origin::Parameters | Origin::Caller | Origin::Error | Origin::SourceIdentity => false,
                })
            })
        })
    }

    /// Whether it is one of several ARNs that the log names, so that one alone does not say enough.
    pub(super) fn chooses_from_log(&self) -> bool {
        self.sources().any(|source| source.origin.is_one_of_log())
    }

    /// Where its variables' values come from.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.formats.iter().flat_map(|format| format.variables.iter().flatten())
    }
}

impl Template {
    /// The first parameter in it.
    pub(super) fn first_parameter(&self) -> Option<&Source> {
        self.0.iter().find_map(|piece| match piece {
            TemplatePiece::Parameter(source) => Some(source),
            _ => None,
        })
    }

    /// The service of the ARNs that it makes, empty where that is not text or it makes none.
    pub(super) fn service(&self) -> &str {
        match &*self.0 {
            [TemplatePiece::Literal(arn), TemplatePiece::Partition, TemplatePiece::Literal(rest), ..]
                if **arn == *"arn:" =>
            {
                rest.strip_prefix(':')
                    .and_then(|rest| rest.split_once(':'))
                    .map_or("", |(service, _)| service)
            }
            _ => "",
        }
    }

    /// Whether nothing in it depends on the call's parameters.
    pub(super) fn is_literal(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, TemplatePiece::Literal(_)))
    }
}
