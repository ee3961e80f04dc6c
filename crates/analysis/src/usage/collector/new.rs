//! A call that is not like one that is remembered: its plan is filled in, or AWS's refusal is read.

use super::{Collector, Common, Counted, fingerprint, seen_once};
use crate::audit_log::{Event, unescape};
use crate::usage::caller::{Caller, account};
use crate::usage::context;
use crate::usage::kind::NeedKind;
use crate::usage::parameters::Parameters;
use crate::usage::recall::{MOST_ROWS, Target};
use crate::usage::recipe::{Open, Way};
use crate::usage::row::{Outcome, WITHOUT_PATH};
use crate::usage::shape::{Outline, Shape};
use crate::usage::sighting::{Key, Kind, Prints};
use leastwise_catalog::call::{Known, Need, Plan, Scope};

impl Collector<'_> {
    /// Counts a call by its plan, and remembers it in the way that `learn` says.
    ///
    /// # Errors
    /// When the request has a parameter twice that says what the call is about.
    pub(super) fn count_new(
        &mut self,
        event: &Event<'_>,
        caller: &Caller,
        common: &Common<'_>,
        learn: Option<(Way, u64, &Open<'_>)>,
    ) -> Result<(), String> {
        let account = std::str::from_utf8(account(event)).unwrap_or_default();
        let mut counted = Counted::default();
        self.targets.clear();
        self.said = matches!(learn, Some((Way::Shape, ..))).then(Vec::new);
        if common.outcome == Outcome::Denied
            && self.refused(event, common, account, caller.partition, &mut counted)
        {
            if let Some((Way::Whole, hash, _)) = learn.filter(|_| !counted.copies) {
                self.calls.learn(hash, &self.key, &self.targets);
            }
            self.tally(common, counted);
            return Ok(());
        }
        let parameters = Parameters::new(event);
        if let Some(name) = parameters.ambiguous(&self.kinds.get(common.kind).recipe) {
            return Err(ambiguous(event, name));
        }
        let Some(plan) = self.kinds.get(common.kind).plan.take() else { return Ok(()) };
        if matches!(*plan, Plan::Unknown) {
            let action = self.kinds.get(common.kind).needs[0].action;
            let context = self.callers.origin_of(common.origin).plain[0];
            self.add(common, action, Kind::Unmapped, "", context, &mut counted);
        } else {
            let name = std::str::from_utf8(event.name).unwrap_or_default();
            let region = std::str::from_utf8(event.region).unwrap_or_default();
            // The caller's number is in the key of a call, so what is said may depend on who it is.
            let user = if caller.user { caller.who.ok() } else { None };
            let user = user.map(|number| self.usage.table.principals.text(number).to_owned());
            let scope = Scope {
                partition: caller.partition,
                region,
                account,
                event: name,
                caller: user.as_deref().unwrap_or_default(),
                source_identity: caller.source_identity,
                error: std::str::from_utf8(event.error_code).unwrap_or_default(),
            };
            let mut scratch = std::mem::take(&mut self.scratch);
            plan.apply(&parameters, &scope, &mut scratch, &mut |need: Need<'_>| {
                let planned = self.kinds.get(common.kind).needs[need.index];
                let context = self.context(common, planned, &need, &parameters);
                let row = match need.known {
                    Known::Exact | Known::Named => Kind::Exact,
                    Known::Pattern => Kind::Pattern,
                    Known::Nothing => Kind::Nothing,
                };
                let outcome = if planned.maybe { Outcome::Unknown } else { common.outcome };
                let common = &Common { outcome, ..*common };
                self.add(common, planned.action, row, need.resource, context, &mut counted);
            });
            self.scratch = scratch;
            // Copies lead to no row here, so such an event says nothing about the next.
            match learn.filter(|_| !counted.copies && self.targets.len() <= MOST_ROWS) {
                Some((Way::Whole, hash, _)) => {
                    let recipe = &mut self.kinds.get(common.kind).recipe;
                    if self.scratch.asked().is_empty() || recipe.has_resources() {
                        self.calls.learn(hash, &self.key, &self.targets);
                    } else {
                        recipe.add_resources();
                    }
                }
                Some((Way::Shape, hash, open)) => {
                    let (recipe, said) = (&self.kinds.get(common.kind).recipe, self.said.take());
                    let shape =
                        Shape::new(&plan, recipe, (&parameters, open), &scope, said.unwrap_or_default());
                    if let Some(shape) = shape {
                        self.shapes.learn(hash, &self.key, shape);
                    }
                }
                None => {}
            }
        }
        self.kinds.get(common.kind).plan = Some(plan);
        self.tally(common, counted);
        Ok(())
    }

    /// A refused call counts as AWS's message says; `false` when it does not say.
    fn refused(
        &mut self,
        event: &Event<'_>,
        common: &Common<'_>,
        account: &str,
        partition: &str,
        counted: &mut Counted,
    ) -> bool {
        let Some(message) = unescape(event.error_message) else { return false };
        let Some(refusal) = self.refusals.read(&message, account, partition) else { return false };
        let (kind, resource) = match &refusal.resource {
            Some((text, true)) => (Kind::Pattern, text.as_str()),
            Some((text, false)) => (Kind::Exact, text.as_str()),
            // The message names no resource: the action knows none, or the mapping may know more.
            None if refusal.takes_none => (Kind::Exact, "*"),
            None => return false,
        };
        let action = self.usage.table.actions.intern(refusal.action.as_bytes());
        let kms = refusal.action.starts_with("kms:");
        let context = self.callers.origin_of(common.origin).plain[usize::from(kms)];
        self.add(common, action, kind, resource, context, counted);
        true
    }

    fn context(
        &mut self,
        common: &Common<'_>,
        kind: NeedKind,
        need: &Need<'_>,
        parameters: &Parameters<'_>,
    ) -> u32 {
        let tags = if kind.tags && !kind.elsewhere { parameters.tags() } else { Vec::new() };
        let named = need.known == Known::Named;
        let origin = self.callers.origin_of(common.origin);
        if need.context.is_empty() && tags.is_empty() && !named && !kind.elsewhere {
            return origin.plain[usize::from(kind.kms)];
        }
        let mut bytes = if kind.elsewhere { origin.elsewhere.clone() } else { origin.base.clone() };
        context::via(common.invoked_by, common.region, kind.kms, &mut bytes);
        for (key, value) in need.context {
            context::push(&mut bytes, key, &[value.as_bytes()]);
        }
        if named {
            context::push(&mut bytes, WITHOUT_PATH, &[b"true"]);
        }
        if !tags.is_empty() {
            let keys: Vec<&[u8]> = tags.iter().map(|(key, _)| key.as_bytes()).collect();
            context::push(&mut bytes, "aws:TagKeys", &keys);
            for (key, value) in tags.iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
                context::push(&mut bytes, &format!("aws:RequestTag/{key}"), &[value.as_bytes()]);
            }
        }
        self.usage.table.contexts.intern(&bytes)
    }

    #[inline]
    fn add(
        &mut self,
        common: &Common<'_>,
        action: u32,
        kind: Kind,
        resource: &str,
        context: u32,
        counted: &mut Counted,
    ) {
        let key = Key { principal: common.principal, action, context, outcome: common.outcome as u8, kind };
        let table = &mut self.usage.table;
        let (home, hash) = (table.home_of(&key), table.hash(&key, resource));
        let Some(print) = fingerprint(self.shared, common, (home, hash), counted) else { return };
        let prints = Prints::new(print, self.shared.settings.keep_fingerprints);
        let row = table.add(key, resource, hash, seen_once(common), prints);
        self.targets.push(Target { row, home, hash });
        if let Some(said) = &mut self.said {
            let outline = Outline::new(key, table.seed_of(&key), home, table.group_of(&key));
            said.push((outline, resource.to_owned()));
        }
    }
}

/// What is said of an event whose request has a parameter twice.
fn ambiguous(event: &Event<'_>, name: &[u8]) -> String {
    let say = |raw| unescape(raw).unwrap_or_default();
    format!(
        "requestParameters of {} ({}) has `{}` twice, perhaps in other capitals, and it would say what the call was \
         about; CloudTrail writes each once, and callers may add names of their own (S3 logs query strings), so the \
         record is left out",
        say(event.name),
        say(event.source),
        say(name).escape_debug(),
    )
}
