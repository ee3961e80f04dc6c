//! Modules that call others: what each is given, and what its outputs come to.

use super::{Machine, shown_key};
use crate::source::hcl::either::Wanted;
use crate::source::hcl::eval::{Scope, same, unknown};
use crate::source::hcl::installed::{DEEPEST_CALLS, path_of};
use crate::source::hcl::syntax::{Block, Step};
use crate::source::{Node, Place, Value};

impl<'m> Machine<'m> {
    /// The called modules with what they are given, by the name of the call.
    pub(in crate::source::hcl) fn children(
        &mut self,
        name: &str,
    ) -> Option<&mut Vec<(Option<Node>, Machine<'m>)>> {
        if !self.children.contains_key(name) {
            let call = self.module.calls.get(name)?;
            let made = self.called(name, call);
            self.children.insert(name.to_owned(), made);
        }
        self.children.get_mut(name)
    }

    fn called(&mut self, name: &str, call: &Block) -> Vec<(Option<Node>, Machine<'m>)> {
        let modules = self.modules;
        let path = path_of(&self.called_by, name);
        // What is not here is told once, by whoever asks what is missing.
        let Ok((folder, module)) = modules.called(self.root_folder, &path, self.folder, call) else {
            return Vec::new();
        };
        let in_circle = folder == self.folder || self.above.contains(&folder);
        if in_circle || self.above.len() >= DEEPEST_CALLS || !self.spend(1) {
            return Vec::new();
        }
        let Some(enabled) = self.enabled(call) else { return Vec::new() };
        let instances = self.instances(&format!("module.{name}"), call);
        let mut made = Vec::new();
        for instance in instances.iter() {
            let scope = Scope::of(instance.names.clone());
            let mut machine = Machine::root(modules, folder, module, self.account.clone());
            for attribute in &call.body.attributes {
                if module.variables.contains_key(&attribute.key) {
                    let value = self.eval_for(Wanted::of_attribute(&attribute.key), &attribute.value, &scope);
                    // Null asks for the default.
                    if value.value != Value::Null {
                        machine.call_it(&attribute.key, self.said(&attribute.value, &scope));
                        machine.inputs.insert(attribute.key.clone(), value);
                    }
                }
            }
            machine.prefix = format!("{}module.{name}{}.", self.prefix, shown_key(instance.key.as_ref()));
            machine.root_folder = self.root_folder;
            machine.hangs_on = self.conditions_of_instance(instance).with(&enabled);
            machine.twins = self.twins.clone();
            machine.providers = self.providers_of(call);
            machine.steps = self.steps.clone();
            machine.region_of_caller = self.region();
            machine.default_tags.clone_from(&self.default_tags);
            machine.above = self.above.iter().copied().chain([self.folder]).collect();
            machine.called_by.clone_from(&path);
            machine.depth = self.depth;
            made.push((instance.key.clone(), machine));
        }
        made
    }

    pub(super) fn call_output(
        &mut self,
        name: &str,
        steps: &[Step],
        written: &str,
        scope: &Scope<'_>,
        at: Place,
    ) -> Node {
        let (wanted, steps) = match steps {
            [Step::Index(index), rest @ ..] => (Some(self.eval(index, scope)), rest),
            [Step::Splat, rest @ ..] => (None, rest),
            steps => (None, steps),
        };
        let [Step::Attribute(output), rest @ ..] = steps else { return unknown(at, written) };
        let busy = format!("module.{name}.{output}");
        if !self.busy.insert(busy.clone()) {
            return unknown(at, written);
        }
        let (depth, asked_for) = (self.depth, self.wanted);
        let found = self.children(name).and_then(|children| {
            let position = match &wanted {
                Some(wanted) => {
                    children.iter().position(|(key, _)| key.as_ref().is_some_and(|key| same(key, wanted)))
                }
                None => Some(0),
            };
            let (_, child) = children.get_mut(position.unwrap_or(0))?;
            let value = child.module.outputs.get(output)?;
            let before = std::mem::replace(&mut child.depth, depth);
            let wanted = std::mem::replace(&mut child.wanted, asked_for);
            let node =
                child.once(format!("output.{output}"), at, |child| child.eval(value, &Scope::default()));
            (child.depth, child.wanted) = (before, wanted);
            Some(node)
        });
        self.busy.remove(&busy);
        match found {
            Some(node) => self.walk(node, rest, written, scope),
            None => unknown(at, written),
        }
    }
}
