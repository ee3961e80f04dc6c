//! What the names of an intent stand for on other platforms than AWS, as it was written.

use crate::intent::{Binding, Fault, Intent, Place, Said, elsewhere, nearest};

/// One thing that a name stands for: under which key it was written, what, and where.
pub(super) type Text = Said<(&'static str, String)>;

/// Resolves names for a platform, in one environment.
pub(super) struct Binder<'a> {
    pub(super) intent: &'a Intent,
    /// The platform in messages: `kubernetes`.
    pub(super) platform: &'static str,
    /// The keys of a resource that count: `kubernetes`, or `mcp` and `http`.
    pub(super) keys: &'static [&'static str],
    /// How a resource is written there: `shop/pods`.
    pub(super) example: &'static str,
    pub(super) environment: Option<&'a str>,
}

impl Binder<'_> {
    /// What `name` stands for; a name can be the resource itself (`kubernetes:shop/pods`).
    pub(super) fn resolve(&self, name: &Said<String>) -> Result<Vec<Text>, Fault> {
        let binding = self.intent.resources.iter().find(|binding| binding.name.value == name.value);
        let Some(binding) = binding else {
            let own = elsewhere(&name.value).and_then(|(key, text)| Some((self.key(key)?, text.to_owned())));
            return match own {
                Some(text) => Ok(vec![Said::new(text, name.place.clone())]),
                None => Err(self.unbound(name)),
            };
        };
        let texts = self.texts(binding);
        if texts.is_empty() { Err(self.nothing(binding, &name.place)) } else { Ok(texts) }
    }

    fn key(&self, key: &str) -> Option<&'static str> {
        self.keys.iter().copied().find(|known| *known == key)
    }

    fn texts(&self, binding: &Binding) -> Vec<Text> {
        let own = self.environment.and_then(|name| binding.environments_elsewhere.get(name));
        let mut texts = Vec::new();
        for key in self.keys {
            let found = own.and_then(|by_key| by_key.get(*key)).or_else(|| binding.elsewhere.get(*key));
            let found = found.into_iter().flatten();
            texts.extend(found.map(|text| Said::new((*key, text.value.clone()), text.place.clone())));
        }
        texts
    }

    fn unbound(&self, name: &Said<String>) -> Fault {
        let known = self.intent.resources.iter().map(|binding| binding.name.value.as_str());
        let fault = Fault::new(&name.place, format!("the resource `{}` is not bound", name.value));
        let (key, example, name) = (self.keys[0], self.example, &name.value);
        fault.help(match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "say what it is: `resources:` with `{name}: {{{key}: {example}}}`, or `--bind {name}={key}:{example}`"
            ),
        })
    }

    fn nothing(&self, binding: &Binding, place: &Place) -> Fault {
        let (platform, key, example) = (self.platform, self.keys[0], self.example);
        let name = &binding.name.value;
        let fault = Fault::new(place, format!("the resource `{name}` stands for nothing on {platform}"));
        let here = |(_, by_key): &(&String, &std::collections::BTreeMap<String, Vec<Said<String>>>)| {
            self.keys.iter().any(|key| by_key.contains_key(*key))
        };
        let known: Vec<&str> =
            binding.environments_elsewhere.iter().filter(here).map(|(name, _)| name.as_str()).collect();
        match (self.environment, known.is_empty()) {
            (_, true) if binding.name.place.line == 0 => {
                fault.help(format!("say what it is there as `{key}:…`, such as `{key}:{example}`"))
            }
            (_, true) => fault.help(format!("write `{key}: {example}` at {}", binding.name.place)),
            (None, false) => {
                fault.help(format!("say which environment with `--environment`: {}", known.join(", ")))
            }
            (Some(said), false) => {
                fault.help(format!("there is no environment `{said}`, but {}", known.join(", ")))
            }
        }
    }
}
