//! Where a model is: the settings, checked.

use std::net::IpAddr;
use std::time::Duration;

use hyper::Uri;

use super::key::Key;
use super::protocol::Speaker;
use crate::cli::model::ModelArgs;
use crate::error::{Error, Result};

/// A model that can be asked.
pub struct Endpoint {
    /// How it is spoken to.
    pub speaker: Speaker,
    /// The address of its API.
    pub uri: Uri,
    /// The model's name.
    pub model: String,
    /// The key, where there is one.
    pub key: Option<Key>,
    /// How long one request may take.
    pub timeout: Duration,
}

impl Endpoint {
    /// Reads the settings.
    pub fn of(args: &ModelArgs) -> Result<Endpoint> {
        let named = args.model.as_deref().filter(|name| !name.is_empty());
        if named.is_some_and(|name| name.contains(char::is_whitespace)) {
            return Err(Error::usage("`--model` takes the name of a model, and this has white space in it")
                .hint("write `--model` last, or `--model=NAME`"));
        }
        let Some(model) = named.or(args.model_name.as_deref()) else {
            return Err(Error::usage("it is not said which model")
                .hint("say `--model NAME`, or `name` in [model] of leastwise.toml"));
        };
        let Some(provider) = args.model_provider else {
            return Err(Error::usage("it is not said who serves the model")
                .hint("say `--model-provider openai`, `anthropic` or `ollama`, or `provider` in [model] of leastwise.toml"));
        };
        let speaker = Speaker::of(provider);
        let base = args.model_endpoint.as_deref().unwrap_or(speaker.base());
        let uri = address(base, speaker.path())?;
        // A key of the environment goes to the service that it is known to be of, and to no other unless that is said.
        let own = args.model_endpoint.is_none();
        let key = Key::read(args, speaker.key_variable().filter(|_| own))?;
        if key.is_some() && uri.scheme_str() == Some("http") && !is_here(uri.host().unwrap_or_default()) {
            return Err(Error::usage("a key is sent over https alone"));
        }
        Ok(Endpoint {
            speaker,
            uri,
            model: model.to_owned(),
            key,
            timeout: Duration::from_secs(args.model_timeout.max(1)),
        })
    }
}

/// The address of the API below a base, if something may be sent there.
fn address(base: &str, path: &str) -> Result<Uri> {
    let wrong = |why: &str| {
        Error::usage(format!("`{base}` cannot be the address of a model: {why}"))
            .hint("write for example `https://api.example.com/v1`, or `http://127.0.0.1:11434`")
    };
    let whole = format!("{}{path}", base.trim_end_matches('/'));
    let uri: Uri = whole.parse().map_err(|_| wrong("it is no address"))?;
    let host = uri.host().ok_or_else(|| wrong("it has no host"))?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong("a name or password stands in it"));
    }
    if base.contains(['?', '#']) {
        return Err(wrong("it has a query"));
    }
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_here(host) => Ok(uri),
        Some("http") => Err(wrong("without https nothing is sent to another machine")),
        _ => Err(wrong("it is not https")),
    }
}

/// Whether the host is this machine.
fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_unencrypted_to_another_machine() {
        for good in [
            "https://api.example.com/v1",
            "http://127.0.0.1:11434",
            "http://[::1]:8000/v1/",
            "http://localhost:1",
        ] {
            assert!(address(good, "/chat").is_ok(), "{good}");
        }
        for bad in [
            "http://api.example.com/v1",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "ftp://127.0.0.1",
            "api.example.com",
            "https://user:secret@api.example.com",
            "https://api.example.com/?key=1",
            "https://",
        ] {
            assert!(address(bad, "/chat").is_err(), "{bad}");
        }
        assert_eq!(
            address("https://h/v1/", "/chat").ok().map(|uri| uri.to_string()).as_deref(),
            Some("https://h/v1/chat")
        );
    }
}
