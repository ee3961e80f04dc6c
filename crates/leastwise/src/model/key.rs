//! The key of a model's service: read from the environment or a file, and shown to nobody.

use crate::cli::model::ModelArgs;
use crate::error::{Error, Result};

/// A key. It has no `Debug` and no `Display`.
pub struct Key(String);

impl Key {
    /// Reads the key that the settings name; nothing where they name none.
    pub fn read(args: &ModelArgs, default: Option<&str>) -> Result<Option<Key>> {
        if let Some(path) = &args.model_api_key_file {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Error::usage(format!("cannot read the key file `{}`", path.display())).because(error)
            })?;
            return Key::new(text, &format!("the file `{}`", path.display())).map(Some);
        }
        let Some(name) = args.model_api_key_env.as_deref().or(default) else { return Ok(None) };
        match std::env::var(name) {
            Ok(text) => Key::new(text, &format!("the variable `{name}`")).map(Some),
            Err(_) => Err(Error::usage(format!("the variable `{name}` holds no key")).hint(
                "set it, or name another with `--model-api-key-env`, or a file with `--model-api-key-file`",
            )),
        }
    }

    fn new(text: String, place: &str) -> Result<Key> {
        let key = text.trim();
        if key.is_empty() || key.len() > 4096 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::usage(format!("{place} holds no key"))
                .hint("a key is one word of letters, digits and marks"));
        }
        Ok(Key(key.to_owned()))
    }

    /// The key, for a header.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text without the key, should somebody have repeated it.
    pub fn hidden_in(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}
