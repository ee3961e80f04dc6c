//! What a principal's policies come to for one action: what they allow, within what, except what.
//!
//! [`reach`] leaves out whatever cannot matter: statements about other actions, resources or callers, conditions that
//! are known to hold, limits that hold nothing back, exceptions that touch nothing. What is left decides every request
//! for the action as the whole does ([`Reach::as_policies`]); a property test compares the two with the evaluator.

use leastwise_catalog::Action;
use leastwise_policy::arn::{ArnPattern, ArnTarget};
use leastwise_policy::aws::evaluate::explain::{LayerReasons, Reason, StatementReasons, layers};
use leastwise_policy::aws::evaluate::{
    Context, Layer, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request, ResourceRef,
    StatementRef,
};
use leastwise_policy::aws::{
    Condition, Effect, Named, Policy, PrincipalBlock, PrincipalSet, ResourceBlock, ResourcePattern,
    Statement, Version,
};
use leastwise_policy::glob::{self, Glob};

/// What a principal can do with one action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reach {
    /// What the identity policies allow. Never empty.
    pub allows: Vec<Grant>,
    /// The layers, and levels of the organisation, that hold some of it back: each must allow too.
    pub limits: Vec<Limit>,
    /// What is denied of it.
    pub denies: Vec<Grant>,
}

/// A layer that must allow as well.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Limit {
    /// The layer.
    pub layer: Layer,
    /// The level of the organisation.
    pub level: Option<String>,
    /// What it allows. Never empty.
    pub allows: Vec<Grant>,
}

/// What is left of one statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Which statement.
    pub statement: StatementRef,
    /// The level of the organisation.
    pub level: Option<String>,
    /// The version of its document.
    pub version: Version,
    /// On which resources.
    pub resources: ResourceBlock,
    /// Under which conditions, those that are known to hold left out.
    pub conditions: Vec<Condition>,
    /// Keys that tell whether it is about the caller, when that is not known.
    pub about: Vec<String>,
}

/// What `principal` can do with `action`, as far as `set` decides it without a resource policy; none when nothing.
/// What `context` says is taken as known.
pub fn reach(
    set: &PolicySet,
    principal: PrincipalRef<'_>,
    action: Action<'_>,
    context: &Context,
) -> Option<Reach> {
    let name = action.full_name();
    let request = Request { principal, action: &name, resource: ResourceRef::Exact("*"), context };
    let (mut allows, mut limits, mut denies) = (Vec::new(), Vec::new(), Vec::new());
    for layer in layers(set, &request) {
        denies.extend(grants(set, &layer, action, Effect::Deny));
        let granted = grants(set, &layer, action, Effect::Allow);
        match layer.layer {
            Layer::Identity => allows = granted,
            _ => limits.push(Limit { layer: layer.layer, level: layer.level, allows: granted }),
        }
    }
    reduce(Reach { allows, limits, denies })
}

/// What is left of the statements of a layer that have this effect on the action.
fn grants(set: &PolicySet, layer: &LayerReasons, action: Action<'_>, effect: Effect) -> Vec<Grant> {
    let of_effect = layer.statements.iter().filter(|one| one.effect == effect);
    of_effect.filter_map(|one| grant(set, layer.level.as_deref(), one, action)).collect()
}

fn grant(
    set: &PolicySet,
    level: Option<&str>,
    reasons: &StatementReasons,
    action: Action<'_>,
) -> Option<Grant> {
    let (version, statement) = statement(set, level, &reasons.statement)?;
    let mut about = Vec::new();
    for reason in &reasons.reasons {
        match reason {
            Reason::Resource { .. } => {}
            closed if !closed.is_open() => return None,
            Reason::Principal { keys, .. } => about.clone_from(keys),
            Reason::Condition { .. } => {}
        }
    }
    let open = |condition: &&Condition| {
        let operator = condition.operator.to_string();
        reasons.reasons.iter().any(|reason| match reason {
            Reason::Condition { operator: of, key, values, .. } => {
                *of == operator && *key == condition.key && *values == condition.values
            }
            _ => false,
        })
    };
    let resources = resources(statement, version, action)?;
    let conditions = statement.condition.iter().filter(open).cloned().collect();
    let place = reasons.statement.clone();
    Some(Grant { statement: place, level: level.map(str::to_owned), version, resources, conditions, about })
}

fn statement<'s>(
    set: &'s PolicySet,
    level: Option<&str>,
    place: &StatementRef,
) -> Option<(Version, &'s Statement)> {
    let of_path = |path: &'s Option<OrganizationPath>| {
        let levels = path.iter().flat_map(|path| &path.levels);
        levels.into_iter().find(|one| level == Some(&one.name)).map(|level| level.policies.as_slice())
    };
    let documents: &'s [Named<Policy>] = match place.layer {
        Layer::Identity => &set.identity,
        Layer::Boundary => set.boundary.as_deref()?,
        Layer::Session => set.session.as_deref()?,
        Layer::Endpoint => set.endpoint.as_deref()?,
        Layer::ServiceControl => of_path(&set.service_control)?,
        Layer::ResourceControl => of_path(&set.resource_control)?,
        _ => return None,
    };
    let document = documents.iter().find(|document| document.name == place.document)?;
    Some((document.policy.version, document.policy.statements.get(place.index)?))
}

/// The resources of a statement that the action can be asked on; none when it cannot be asked on any.
fn resources(statement: &Statement, version: Version, action: Action<'_>) -> Option<ResourceBlock> {
    let any = || ResourceBlock::Resource(vec![ResourcePattern::new("*")]);
    let Some(block) = &statement.resource else { return Some(any()) };
    let (patterns, not) = match block {
        ResourceBlock::Resource(patterns) => (patterns, false),
        ResourceBlock::NotResource(patterns) => (patterns, true),
    };
    if !action.has_resource_level() {
        if patterns.iter().any(|pattern| known(pattern, version).is_none()) {
            return Some(block.clone());
        }
        // An `Allow` must surely match; a `Deny` may.
        let surely = (statement.effect == Effect::Allow) != not;
        let target = ArnTarget::exact("*");
        let mut known = patterns.iter().filter_map(|pattern| known(pattern, version));
        let named = known.any(|one| if surely { one.covers(&target) } else { one.touches(&target) });
        return (named != not).then(any);
    }
    if not {
        return Some(block.clone());
    }
    let possible = |pattern: &&ResourcePattern| {
        let pattern = pattern.as_str();
        pattern == "*" || pattern.contains("${") || could_support(action, pattern, statement.effect)
    };
    let kept: Vec<_> = patterns.iter().filter(possible).cloned().collect();
    (!kept.is_empty()).then_some(ResourceBlock::Resource(kept))
}

/// Whether some ARN of a type of the action may have the pattern, and not all of them are of a type that says more:
/// `arn:aws:s3:::logs/*` are objects, no buckets. A `*` of a `Deny` may run across a colon, see [`leastwise_policy::arn`].
fn could_support(action: Action<'_>, pattern: &str, effect: Effect) -> bool {
    let supported = |kind: &str| action.resources.iter().any(|on| *on.resource_type == *kind);
    let (own, others): (Vec<_>, Vec<_>) =
        action.service.resource_types.iter().partition(|kind| supported(&kind.name));
    // Part by part, what begins differently has nothing in common.
    let is_whole = pattern.starts_with("arn:") && pattern.bytes().filter(|byte| *byte == b':').count() >= 5;
    let head = fixed(pattern);
    let is_near = |format: &&leastwise_catalog::Name| {
        let theirs = fixed(format);
        effect == Effect::Deny || !is_whole || theirs.starts_with(head) || head.starts_with(theirs)
    };
    let own = own.into_iter().flat_map(|kind| &kind.arn).filter(is_near).map(|format| starred(format));
    let (by_parts, whole) = (ArnPattern::new(pattern), Glob::new(pattern));
    let touches = |format: &String| {
        ArnPattern::new(format).overlaps(&by_parts)
            || (effect == Effect::Deny && Glob::new(format).overlaps(&whole))
    };
    let own: Vec<String> = own.filter(touches).collect();
    if own.is_empty() {
        return false;
    }
    // A format that has all of the pattern has no text that the pattern has not.
    let has_head = |format: &&leastwise_catalog::Name| pattern.contains(fixed(format));
    let others = others.into_iter().flat_map(|kind| &kind.arn).filter(has_head).map(|format| starred(format));
    let others: Vec<String> = others.filter(|format| glob::subsumes(format, pattern)).collect();
    let literal = |format: &String| format.bytes().filter(|byte| *byte != b'*').count();
    own.iter().any(|own| others.iter().all(|other| literal(other) <= literal(own)))
}

/// What the resource part of a format begins with, up to a variable or wildcard.
fn fixed(format: &str) -> &str {
    let resource = format.splitn(6, ':').nth(5).unwrap_or_default();
    &resource[..resource.find(['$', '*', '?']).unwrap_or(resource.len())]
}

/// `arn:${Partition}:sqs:${Region}:…` with a `*` for each variable.
fn starred(format: &str) -> String {
    let mut text = String::with_capacity(format.len());
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        text.push('*');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    text + rest
}

/// The pattern, unless it has variables, or would read differently in the other version of the language.
fn known(pattern: &ResourcePattern, version: Version) -> Option<&ArnPattern> {
    let differs = version == Version::V2008_10_17 && pattern.as_str().contains("${");
    pattern.as_arn_pattern().filter(|_| !differs)
}

/// Leaves out what cannot matter.
fn reduce(mut reach: Reach) -> Option<Reach> {
    for deny in reach.denies.iter().filter(|deny| deny.is_plain()) {
        reach.allows.retain_mut(|allow| allow.keep_patterns(|pattern| !deny.covers(pattern)));
    }
    fold(&mut reach.allows);
    if reach.allows.is_empty() {
        return None;
    }
    let Reach { allows, limits, denies } = &mut reach;
    denies.retain(|deny| allows.iter().any(|allow| allow.touches(deny)));
    if denies.iter().any(|deny| deny.is_plain() && allows.iter().all(|allow| deny.covers_all(allow))) {
        return None;
    }
    for limit in limits.iter_mut() {
        limit.allows.retain(|one| allows.iter().any(|allow| allow.touches(one)));
        fold(&mut limit.allows);
        if limit.allows.is_empty() {
            return None;
        }
    }
    limits.retain(|limit| {
        let mut plain = limit.allows.iter().filter(|one| one.is_plain());
        !plain.any(|one| allows.iter().all(|allow| one.covers_all(allow)))
    });
    Some(reach)
}

/// Leaves out what an unconditional grant of the same layer already holds.
fn fold(grants: &mut Vec<Grant>) {
    for at in 0..grants.len() {
        if !grants[at].is_plain() {
            continue;
        }
        let plain = grants[at].clone();
        for (number, other) in grants.iter_mut().enumerate() {
            if number != at && !other.keep_patterns(|pattern| !plain.covers(pattern)) {
                other.resources = ResourceBlock::Resource(Vec::new());
            }
        }
    }
    grants.retain(Grant::has_patterns);
}

impl Grant {
    /// Whether it holds whatever the circumstances.
    pub fn is_plain(&self) -> bool {
        self.conditions.is_empty() && self.about.is_empty()
    }

    fn has_patterns(&self) -> bool {
        match &self.resources {
            ResourceBlock::Resource(patterns) => !patterns.is_empty(),
            ResourceBlock::NotResource(_) => true,
        }
    }

    /// Whether its resources hold all that the pattern stands for.
    fn covers(&self, pattern: &ArnPattern) -> bool {
        match &self.resources {
            ResourceBlock::Resource(patterns) => {
                let mut known = patterns.iter().filter_map(|own| known(own, self.version));
                known.any(|own| own.is_any() || own.subsumes(pattern))
            }
            ResourceBlock::NotResource(_) => false,
        }
    }

    /// Whether its resources hold all of those of `other`.
    fn covers_all(&self, other: &Grant) -> bool {
        let is_any = |own: &ResourcePattern| known(own, self.version).is_some_and(ArnPattern::is_any);
        match (&self.resources, &other.resources) {
            (ResourceBlock::Resource(own), _) if own.iter().any(is_any) => true,
            (_, ResourceBlock::Resource(patterns)) => patterns
                .iter()
                .all(|pattern| known(pattern, other.version).is_some_and(|pattern| self.covers(pattern))),
            (_, ResourceBlock::NotResource(_)) => false,
        }
    }

    /// Whether some resource may be of both; in doubt it is.
    fn touches(&self, other: &Grant) -> bool {
        let (ResourceBlock::Resource(own), ResourceBlock::Resource(others)) =
            (&self.resources, &other.resources)
        else {
            return true;
        };
        own.iter().any(|own| {
            others.iter().any(|other_one| match (known(own, self.version), known(other_one, other.version)) {
                (Some(own), Some(other)) => own.overlaps(other),
                _ => true,
            })
        })
    }

    /// Keeps the patterns that pass, and those that are not known; says whether any is left.
    fn keep_patterns(&mut self, keep: impl Fn(&ArnPattern) -> bool) -> bool {
        let version = self.version;
        match &mut self.resources {
            ResourceBlock::Resource(patterns) => {
                patterns.retain(|pattern| known(pattern, version).is_none_or(&keep));
                !patterns.is_empty()
            }
            ResourceBlock::NotResource(_) => true,
        }
    }

    /// The statement that is left, for this action.
    fn as_policy(&self, effect: Effect, action: &str) -> Policy {
        let mut statement = Statement::new(effect, [action], ["*"]);
        statement.resource = Some(self.resources.clone());
        for condition in &self.conditions {
            statement = statement.with_condition(condition.clone());
        }
        statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
        Policy { version: self.version, id: None, statements: vec![statement] }
    }
}

impl Reach {
    /// The same as policies: they decide on every request for `action` as those that they were made from.
    pub fn as_policies(&self, action: &str) -> PolicySet {
        let documents = |grants: &[Grant], effect: Effect| -> Vec<Named<Policy>> {
            let policies = grants.iter().map(|grant| grant.as_policy(effect, action));
            policies.map(|policy| Named::new("left", policy)).collect()
        };
        let mut identity = documents(&self.allows, Effect::Allow);
        identity.extend(documents(&self.denies, Effect::Deny));
        // All that limits does so alike: it must allow.
        let levels = self.limits.iter().zip(0..).map(|(limit, number)| {
            OrganizationLevel::new(format!("{number}"), documents(&limit.allows, Effect::Allow))
        });
        let levels: Vec<_> = levels.collect();
        let path = OrganizationPath { management_account: None, levels };
        PolicySet {
            identity,
            service_control: (!path.levels.is_empty()).then_some(path),
            ..PolicySet::default()
        }
    }
}
