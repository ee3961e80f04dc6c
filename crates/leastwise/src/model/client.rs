//! One request, and again where it is worth it: 429 and what a busy server says, after a while that grows or that the
//! server asks for. No proxy, no cookies, no redirects.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, Response, StatusCode, header};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::endpoint::Endpoint;
use super::protocol::Turn;

/// How often one question is sent at most.
const TRIES: u32 = 4;
/// The wait before the second try; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The largest answer, in bytes.
const LARGEST: usize = 1 << 20;

/// Why there is no reply.
pub enum Failure {
    /// Nobody is there, or nobody who has time: it may be different later, or without a model.
    Away(String),
    /// The request is refused or the answer is of no use, and asking again would not help.
    Refused(String),
}

/// What one try came to.
enum Tried {
    Text(String),
    Again(String, Option<Duration>),
    Never(Failure),
}

/// Sends the turns of a conversation and gives what the model says next.
pub async fn ask(endpoint: &Endpoint, system: &str, turns: &[Turn]) -> Result<String, Failure> {
    let body = endpoint.speaker.body(&endpoint.model, system, turns).to_string();
    let mut wait = FIRST_WAIT;
    let mut last = String::new();
    for attempt in 1..=TRIES {
        let tried = tokio::time::timeout(endpoint.timeout, once(endpoint, &body)).await;
        let (why, asked) = match tried {
            Err(_) => (format!("no answer within {} s", endpoint.timeout.as_secs()), None),
            Ok(Tried::Text(text)) => return Ok(text),
            Ok(Tried::Never(failure)) => return Err(failure),
            Ok(Tried::Again(why, asked)) => (why, asked),
        };
        last = why;
        if asked.is_some_and(|asked| asked > LONGEST_WAIT) {
            return Err(Failure::Away(format!(
                "{last}, and asks for more than {} s",
                LONGEST_WAIT.as_secs()
            )));
        }
        if attempt < TRIES {
            tokio::time::sleep(asked.unwrap_or(wait)).await;
            wait *= 2;
        }
    }
    Err(Failure::Away(format!("{last}, {TRIES} times")))
}

async fn once(endpoint: &Endpoint, body: &str) -> Tried {
    let request = match request(endpoint, body) {
        Ok(request) => request,
        Err(why) => return Tried::Never(Failure::Refused(why)),
    };
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let connector = match HttpsConnectorBuilder::new().with_provider_and_native_roots(provider) {
        Ok(builder) => builder.https_or_http().enable_http1().build(),
        Err(error) => return Tried::Never(Failure::Refused(format!("no certificates: {error}"))),
    };
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    match client.request(request).await {
        Ok(response) => answer(endpoint, response).await,
        Err(error) if error.is_connect() => {
            Tried::Never(Failure::Away(format!("nobody answers at {}", place(endpoint))))
        }
        Err(_) => Tried::Again(format!("{} broke off", place(endpoint)), None),
    }
}

fn request(endpoint: &Endpoint, body: &str) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::post(&endpoint.uri)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, concat!("leastwise/", env!("CARGO_PKG_VERSION")));
    for (name, value) in endpoint.speaker.headers() {
        request = request.header(*name, *value);
    }
    if let Some(key) = &endpoint.key {
        let (name, prefix) = endpoint.speaker.key_header();
        let mut value = header::HeaderValue::from_str(&format!("{prefix}{}", key.expose()))
            .map_err(|_| "the key is none that a header can carry".to_owned())?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(body.to_owned()))).map_err(|error| error.to_string())
}

async fn answer(endpoint: &Endpoint, response: Response<hyper::body::Incoming>) -> Tried {
    let status = response.status();
    let headers = response.headers().clone();
    let text_of =
        |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if status.is_redirection() {
        let why = format!("{} sends elsewhere ({status}), where nothing is sent", place(endpoint));
        return Tried::Never(Failure::Refused(why));
    }
    let collected = Limited::new(response.into_body(), LARGEST).collect().await;
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        let asked =
            text_of(header::RETRY_AFTER).and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        return Tried::Again(format!("{} answers {status}", place(endpoint)), asked);
    }
    let body = match collected {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let why = format!("the answer is larger than {} MiB", LARGEST >> 20);
            return Tried::Never(Failure::Refused(why));
        }
        Err(_) => return Tried::Again(format!("{} broke off", place(endpoint)), None),
    };
    if !status.is_success() {
        return Tried::Never(Failure::Refused(refusal(endpoint, status, &body)));
    }
    let kind = text_of(header::CONTENT_TYPE).unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        let kind: String = kind.chars().take(60).collect();
        return Tried::Never(Failure::Refused(format!("the answer is `{kind}` and not JSON")));
    }
    let Ok(reply) = serde_json::from_slice::<Value>(&body) else {
        return Tried::Never(Failure::Refused("the answer is not JSON".to_owned()));
    };
    match endpoint.speaker.text(&reply) {
        Ok(text) => Tried::Text(text),
        Err(why) => Tried::Never(Failure::Refused(why)),
    }
}

/// What a service says when it refuses, in short and without the key.
fn refusal(endpoint: &Endpoint, status: StatusCode, body: &[u8]) -> String {
    let reply: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = reply["error"]["message"].as_str().or(reply["error"].as_str()).unwrap_or_default();
    let message = endpoint.key.as_ref().map_or(message.to_owned(), |key| key.hidden_in(message));
    let short: String = message.chars().take(200).collect();
    match short.is_empty() {
        true => format!("{} answers {status}", place(endpoint)),
        false => format!("{} answers {status}: {short}", place(endpoint)),
    }
}

fn place(endpoint: &Endpoint) -> String {
    endpoint.uri.authority().map_or_else(|| "the model".to_owned(), ToString::to_string)
}
