//! Finding actions: by pattern, by what was probably meant, by words, by resource type.

use crate::catalog::{Action, Catalog, Slot};
use crate::facts::{ActionFacts, Service};
use crate::pattern::covers;

/// A name further away than this is not what was meant.
const FARTHEST: usize = 4;

impl Catalog {
    /// Every action that `pattern` covers (`*`, `s3:Get*`; `*` and `?`, any case), in order of service and name.
    pub fn expand(&self, pattern: &str) -> Vec<Action<'_>> {
        let pattern = pattern.to_ascii_lowercase();
        let (service, action) = match pattern.split_once(':') {
            Some(parts) => parts,
            None if pattern == "*" => ("*", "*"),
            None => return Vec::new(),
        };
        let slots = match service.contains(['*', '?']) {
            true => self.slots.as_slice(),
            false => self.slot(service).map(std::slice::from_ref).unwrap_or_default(),
        };
        let services = slots.iter().filter(|slot| covers(service, &slot.prefix)).filter_map(Slot::service);
        let head = action.find(['*', '?']).unwrap_or(action.len());
        let mut found = Vec::new();
        for service in services {
            let named = beginning(&service.actions, &action[..head]);
            let of = |facts| Action { service, facts };
            match &action[head..] {
                "*" => found.extend(named.iter().map(of)),
                _ => found.extend(named.iter().filter(|facts| covers(action, &facts.name)).map(of)),
            }
        }
        found
    }

    /// Names like `unknown` which do exist, the nearest first: `s3:GetObjekt` → `s3:GetObject`. When the prefix
    /// does not exist, names of the nearest prefixes; without a prefix, the actions of that name, else prefixes.
    pub fn suggest(&self, unknown: &str) -> Vec<String> {
        let unknown = unknown.to_ascii_lowercase();
        let Some((prefix, action)) = unknown.split_once(':') else {
            let named = self.services().filter_map(|prefix| self.action_of(prefix, &unknown));
            let named: Vec<String> = named.map(|action| action.full_name()).take(5).collect();
            let services = || nearest(self.services(), &unknown).into_iter().map(|(_, name)| name).collect();
            return if named.is_empty() { services() } else { named };
        };
        let prefixes = match self.service(prefix) {
            Some(_) => vec![(0, prefix.to_owned())],
            None => nearest(self.services(), prefix),
        };
        let mut names = Vec::new();
        for (far, prefix) in prefixes {
            let Some(service) = self.service(&prefix) else { continue };
            for (farther, name) in nearest(service.actions.iter().map(|action| &*action.name), action) {
                names.push((far + farther, format!("{prefix}:{name}")));
            }
        }
        names.sort();
        names.into_iter().map(|(_, name)| name).take(5).collect()
    }

    /// The actions whose names hold all of `words` (separated by spaces; the prefix and the service's name count
    /// too): those first that hold them in their own name or have them as their prefix, shorter names first.
    pub fn search(&self, words: &str) -> Vec<Action<'_>> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for service in self.slots.iter().filter_map(|slot| slot.service()) {
            let about = format!("{} {}", service.prefix, service.name).to_lowercase();
            for facts in &service.actions {
                let name = facts.name.to_lowercase();
                let own = |word: &&String| name.contains(&***word) || ***word == *service.prefix;
                let others = words.iter().filter(|word| !own(word)).count();
                if words.iter().all(|word| own(&word) || about.contains(&**word)) {
                    found.push((others, name.len(), Action { service, facts }));
                }
            }
        }
        found.sort_by_key(|(others, len, _)| (*others, *len));
        found.into_iter().map(|(_, _, action)| action).collect()
    }

    /// The actions of `prefix` that a statement may limit to `resource_type`.
    pub fn actions_for_resource_type(&self, prefix: &str, resource_type: &str) -> Vec<Action<'_>> {
        let Some(service) = self.service(prefix) else { return Vec::new() };
        let of_type = service.actions.iter().filter(|action| action.resource(resource_type).is_some());
        of_type.map(|facts| Action { service, facts }).collect()
    }

    /// Whether `arn` has a format of `resource_type` of the service `prefix`; `*` in it is text like any other.
    pub fn arn_matches_type(&self, prefix: &str, resource_type: &str, arn: &str) -> bool {
        let kind = self.service(prefix).and_then(|service| service.resource_type(resource_type));
        kind.is_some_and(|kind| kind.matches(arn))
    }

    /// Whether a statement may pair `action` with `arn`: the action supports a resource type which the ARN is
    /// of, a `*` in it being text like any other. Only `*` is right for an action without resource types.
    pub fn supports(&self, action: &str, arn: &str) -> bool {
        let Some(action) = self.action(action) else { return false };
        arn == "*" || !supported(action.service, &action.facts.name, arn).is_empty()
    }
}

impl Catalog {
    /// Whether a statement that pairs `action` with the pattern `arn` can cover any resource of the action: some
    /// ARN of a type that the action supports is covered.
    pub fn could_support(&self, action: &str, arn: &str) -> bool {
        let Some(action) = self.action(action) else { return false };
        let types = action.resources.iter().filter_map(|on| action.service.resource_type(&on.resource_type));
        arn == "*" || types.into_iter().any(|kind| kind.overlaps(arn))
    }

    /// Whether the pattern `arn` can cover any resource of one of `actions`. Only of a whole ARN is that said; policy
    /// variables stand for anything.
    pub fn any_could_support(&self, actions: &[Action<'_>], arn: &str) -> bool {
        let open = without_variables(arn);
        let is_judged = open.starts_with("arn:") && open.splitn(6, ':').count() == 6;
        !is_judged
            || actions.iter().any(|action| {
                let types = action.resources.iter();
                action.is_partly_known()
                    || types
                        .filter_map(|on| action.service.resource_type(&on.resource_type))
                        .any(|kind| kind.arn.is_empty() || kind.overlaps(&open))
            })
    }
}

impl Action<'_> {
    /// Whether the service reference lists only some of the types that the action supports: it has the tags of both
    /// generations of load balancers in one entry.
    pub fn is_partly_known(&self) -> bool {
        *self.service.prefix == *"elasticloadbalancing"
            && matches!(&*self.facts.name, "AddTags" | "RemoveTags")
    }
}

/// A pattern with `*` in the place of each policy variable.
fn without_variables(pattern: &str) -> String {
    let mut open = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        open.push_str(before);
        let Some((_, after)) = after.split_once('}') else { return open + "*" };
        open.push('*');
        rest = after;
    }
    open + rest
}

/// The actions whose names begin with `head`, which is in lower case; they are sorted without regard to case.
fn beginning<'a>(actions: &'a [ActionFacts], head: &str) -> &'a [ActionFacts] {
    let order = |facts: &ActionFacts| {
        let name = facts.name.bytes().take(head.len()).map(|byte| byte.to_ascii_lowercase());
        name.cmp(head.bytes())
    };
    let from = actions.partition_point(|facts| order(facts).is_lt());
    let rest = &actions[from..];
    &rest[..rest.partition_point(|facts| order(facts).is_eq())]
}

fn supported<'a>(service: &'a Service, action: &str, arn: &str) -> Vec<&'a str> {
    service.supported_types(action, arn).into_iter().map(|name| &**name).collect()
}

/// The names nearest to `wanted`, with their distance.
pub(crate) fn nearest<'a>(names: impl Iterator<Item = &'a str>, wanted: &str) -> Vec<(usize, String)> {
    let limit = FARTHEST.min(wanted.len() / 3 + 1);
    let mut near: Vec<(usize, String)> = names
        .map(|name| (distance(&name.to_ascii_lowercase(), wanted), name.to_owned()))
        .filter(|(far, _)| *far <= limit)
        .collect();
    near.sort();
    near.truncate(5);
    near
}

/// Levenshtein's distance, in bytes.
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > FARTHEST {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let swap = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = swap.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
