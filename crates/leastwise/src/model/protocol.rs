//! The protocols that models are spoken to in: one row for each.
//!
//! - OpenAI's chat completions, which vLLM, llama.cpp, LM Studio and many services speak too:
//!   <https://platform.openai.com/docs/api-reference/chat/create>
//! - Anthropic's messages: <https://docs.anthropic.com/en/api/messages>
//! - Ollama's chat: <https://github.com/ollama/ollama/blob/main/docs/api.md>

use serde_json::{Value, json};

use crate::cli::model::Provider;

/// How a model is spoken to.
#[derive(Clone, Copy)]
pub struct Speaker(&'static Row);

/// One thing that was said to a model or by it.
#[derive(Clone)]
pub enum Turn {
    /// By us.
    User(String),
    /// By the model.
    Model(String),
}

/// A text, and why it was cut off, if it was.
type Text<'r> = (String, Option<&'r str>);

struct Row {
    provider: Provider,
    base: &'static str,
    path: &'static str,
    key_variable: Option<&'static str>,
    key_header: &'static str,
    key_prefix: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: fn(&str, &str, Vec<Value>) -> Value,
    /// Where the text is, and what says that it was cut off.
    text: fn(&Value) -> Option<Text<'_>>,
}

const ROWS: [Row; 3] = [
    Row {
        provider: Provider::Openai,
        base: "https://api.openai.com/v1",
        path: "/chat/completions",
        key_variable: Some("OPENAI_API_KEY"),
        key_header: "authorization",
        key_prefix: "Bearer ",
        headers: &[],
        body: |model, system, mut turns| {
            turns.insert(0, json!({"role": "system", "content": system}));
            json!({"model": model, "messages": turns, "stream": false, "response_format": {"type": "json_object"}})
        },
        text: |reply| {
            let choice = reply["choices"].get(0)?;
            let text = choice["message"]["content"].as_str()?.to_owned();
            Some((text, choice["finish_reason"].as_str().filter(|why| *why == "length")))
        },
    },
    Row {
        provider: Provider::Anthropic,
        base: "https://api.anthropic.com",
        path: "/v1/messages",
        key_variable: Some("ANTHROPIC_API_KEY"),
        key_header: "x-api-key",
        key_prefix: "",
        headers: &[("anthropic-version", "2023-06-01")],
        body: |model, system, turns| json!({"model": model, "max_tokens": 4096, "system": system, "messages": turns}),
        text: |reply| {
            let parts = reply["content"].as_array()?;
            let text: String = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            Some((text, reply["stop_reason"].as_str().filter(|why| *why == "max_tokens")))
        },
    },
    Row {
        provider: Provider::Ollama,
        base: "http://127.0.0.1:11434",
        path: "/api/chat",
        key_variable: None,
        key_header: "authorization",
        key_prefix: "Bearer ",
        headers: &[],
        body: |model, system, mut turns| {
            turns.insert(0, json!({"role": "system", "content": system}));
            json!({"model": model, "messages": turns, "stream": false, "format": "json"})
        },
        text: |reply| {
            let text = reply["message"]["content"].as_str()?.to_owned();
            Some((text, reply["done_reason"].as_str().filter(|why| *why == "length")))
        },
    },
];

impl Speaker {
    /// The protocol of a provider.
    pub fn of(provider: Provider) -> Speaker {
        let row = ROWS.iter().find(|row| row.provider == provider);
        Speaker(row.unwrap_or(&ROWS[0]))
    }

    /// The provider's own address.
    pub fn base(self) -> &'static str {
        self.0.base
    }

    /// What comes behind the address.
    pub fn path(self) -> &'static str {
        self.0.path
    }

    /// The variable in which the provider's own tools look for a key.
    pub fn key_variable(self) -> Option<&'static str> {
        self.0.key_variable
    }

    /// The header that carries a key, and what stands before the key in it.
    pub fn key_header(self) -> (&'static str, &'static str) {
        (self.0.key_header, self.0.key_prefix)
    }

    /// Headers that the protocol wants besides.
    pub fn headers(self) -> &'static [(&'static str, &'static str)] {
        self.0.headers
    }

    /// The body of a request.
    pub fn body(self, model: &str, system: &str, turns: &[Turn]) -> Value {
        let turns = turns.iter().map(|turn| match turn {
            Turn::User(text) => json!({"role": "user", "content": text}),
            Turn::Model(text) => json!({"role": "assistant", "content": text}),
        });
        (self.0.body)(model, system, turns.collect())
    }

    /// The text of a reply, or what is wrong with it.
    pub fn text(self, reply: &Value) -> Result<String, String> {
        match (self.0.text)(reply) {
            None => Err("the reply does not have the form of the protocol".to_owned()),
            Some((_, Some(why))) => Err(format!("the reply was cut off ({why})")),
            Some((text, None)) => Ok(text),
        }
    }
}
