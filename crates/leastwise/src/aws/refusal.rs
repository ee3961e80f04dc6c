//! Why AWS did not do what it was asked, in words that say what to do about it: what was looked at for credentials, what
//! could not be reached, what the error codes mean. AWS's own words stand behind.

use std::error::Error as Cause;

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use leastwise_catalog::{is_region, regions};

use super::meanings::{MEANINGS, Meaning};
use super::profiles;
use crate::cli::logs::AwsArgs;
use crate::error::Error;
use crate::output;

/// What AWS is asked for.
pub struct Call<'a> {
    /// What cannot be done without it: `fetch the snapshot`.
    pub doing: String,
    /// The service, as people call it.
    pub service: &'static str,
    /// The action that it takes.
    pub needs: &'static str,
    /// How AWS is reached, as the user says it.
    pub args: &'a AwsArgs,
    /// The same as it came out.
    pub config: &'a SdkConfig,
}

/// What an error of the SDK says on one line: the service's code and message, or the last cause.
pub fn in_short<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Cause + 'static,
{
    match error.code() {
        Some(code) => said(code, error.message()),
        None => last_causes(error),
    }
}

fn said(code: &str, message: Option<&str>) -> String {
    message.map_or_else(|| code.to_owned(), |message| format!("{code}: {message}"))
}

/// Names of regions that the user may have meant.
pub fn regions_like(name: &str) -> String {
    let near = output::nearest(name, regions().iter().copied(), 3);
    if near.is_empty() { "eu-west-1".to_owned() } else { near.join(", ") }
}

/// The error with its cause, when that says anything.
fn because(error: Error, cause: String) -> Error {
    if cause.is_empty() { error } else { error.because(cause) }
}

/// The causes of an error, and the error itself when they say nothing.
pub fn causes(error: &(dyn Cause + 'static)) -> String {
    Some(last_causes(error)).filter(|causes| !causes.is_empty()).unwrap_or_else(|| error.to_string())
}

/// The causes of an error without the SDK's own layers, which say only that there was one.
fn last_causes(error: &(dyn Cause + 'static)) -> String {
    const LAYERS: [&str; 9] = [
        "Error",
        "dispatch failure",
        "other",
        "io error",
        "timeout",
        "service error",
        "unhandled error",
        "construction failure",
        "streaming error",
    ];
    let mut words: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(layer) = cause {
        let text = layer.to_string();
        let is_news = !LAYERS.contains(&text.as_str()) && words.iter().all(|said| !said.contains(&text));
        words.extend(is_news.then_some(text));
        cause = layer.source();
    }
    words.join(": ")
}

impl Call<'_> {
    /// What to tell the user.
    pub fn refused<E>(&self, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + Cause + 'static,
    {
        if let Some(code) = error.code() {
            return self.answered(code, error);
        }
        if let Some(credentials) = credentials(error) {
            return self.without_credentials(credentials);
        }
        // The SDK has no type for it that others can see.
        let why = causes(error);
        if why.contains("identity resolver timed out") {
            return self.cannot("no AWS credentials came in time").because(why).hint(
                "see why what gives them does not answer: what `credential_process` of the profile runs, or an endpoint",
            );
        }
        match error {
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => self.out_of_reach(error),
            SdkError::ServiceError(_) | SdkError::ResponseError(_) => self.answered_otherwise(error),
            _ => because(self.cannot("the request cannot be made"), last_causes(error)),
        }
    }

    fn cannot(&self, why: &str) -> Error {
        Error::input(format!("cannot {}: {why}", self.doing))
    }

    /// AWS answered, and it is no.
    fn answered<E: ProvideErrorMetadata>(&self, code: &str, error: &SdkError<E, HttpResponse>) -> Error {
        let message = error.message();
        let means =
            |row: &&Meaning| row.codes.contains(&code) && message.unwrap_or_default().starts_with(row.begins);
        let Some(row) = MEANINGS.iter().find(means) else { return self.cannot(&said(code, message)) };
        let region = error.raw_response().and_then(|response| response.headers().get("x-amz-bucket-region"));
        let help = match region {
            Some(region) if row.help.contains("--region") => format!("say --region {region}"),
            _ => row.help.replace("{needs}", self.needs),
        };
        self.cannot(row.says).because(said(code, message)).hint(help)
    }

    /// Somebody answered, without one of AWS's codes.
    fn answered_otherwise<E: Cause + 'static>(&self, error: &SdkError<E, HttpResponse>) -> Error {
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        let (says, help) = match status {
            401 | 403 => (
                format!("refused with HTTP {status}, which does not say why"),
                format!("it takes {}; or a proxy (HTTPS_PROXY) or --endpoint-url stands between", self.needs),
            ),
            _ => (
                format!("what answers is not {} (HTTP {status})", self.service),
                "check --endpoint-url, AWS_ENDPOINT_URL and the proxy (HTTPS_PROXY)".to_owned(),
            ),
        };
        because(self.cannot(&says), last_causes(error)).hint(help)
    }

    fn without_credentials(&self, error: &CredentialsError) -> Error {
        let why = match error {
            CredentialsError::CredentialsNotLoaded(_) => String::new(),
            // One of the places had something to say; the text does not tell which.
            _ => format!("; then: {}", last_causes(error)),
        };
        self.cannot("no AWS credentials could be loaded")
            .because(format!("looked at {}{why}", self.looked_at().join(", ")))
            .hint(
                "log in (`aws sso login`) or set some up (`aws configure`), set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY, or name a profile with --profile",
            )
    }

    /// Where credentials were looked for, in the order of the SDK, and what is to be seen there.
    fn looked_at(&self) -> Vec<String> {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let unset = |names: &[&str]| {
            let names: Vec<&str> = names.iter().copied().filter(|name| !is_set(name)).collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            match names.is_empty() {
                true => String::new(),
                false => format!(" ({} {verb} not set)", names.join(" and ")),
            }
        };
        let mut places = Vec::new();
        let named = self.args.profile.clone();
        if named.is_none() {
            places.push(format!("the environment{}", unset(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])));
        }
        let profile = named
            .clone()
            .or_else(|| std::env::var("AWS_PROFILE").ok())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "default".to_owned());
        let within = match profiles::names() {
            Ok(names) if names.contains(&profile) => "without usable credentials".to_owned(),
            Ok(_) => format!("not in {}", profiles::files()),
            Err(_) => format!("{} cannot be read", profiles::files()),
        };
        places.push(format!("profile `{profile}` ({within})"));
        if named.is_none() {
            places.push(format!("a web identity{}", unset(&["AWS_WEB_IDENTITY_TOKEN_FILE"])));
        }
        let container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
        places.push(match container.iter().any(|name| is_set(name)) {
            true => "the container's role".to_owned(),
            false => format!("a container's role ({} is not set)", container[0]),
        });
        places.push(match is_set("AWS_EC2_METADATA_DISABLED") {
            true => "an instance's role (AWS_EC2_METADATA_DISABLED is set)".to_owned(),
            false => "an instance's role (nothing there gives one)".to_owned(),
        });
        places
    }

    /// Nobody answered.
    fn out_of_reach<E: Cause + 'static>(&self, error: &SdkError<E, HttpResponse>) -> Error {
        let region = self.config.region().map(ToString::to_string).unwrap_or_default();
        let why = last_causes(error);
        let (what, help) = match self.config.endpoint_url() {
            Some(url) => (
                format!("`{url}`"),
                "check --endpoint-url or AWS_ENDPOINT_URL; without it AWS's own is called".to_owned(),
            ),
            None if !is_region(&region) => (
                format!("{} in `{region}`", self.service),
                format!(
                    "no region of that name is known: write --region as AWS does, such as {}",
                    regions_like(&region)
                ),
            ),
            None if why.contains("certificate") => (
                self.service.to_owned(),
                "SSL_CERT_FILE names the certificates that are trusted, such as a proxy's".to_owned(),
            ),
            None => (
                format!("{} in {region}", self.service),
                "check the network; behind a proxy, set HTTPS_PROXY".to_owned(),
            ),
        };
        self.cannot(&format!("{what} cannot be reached")).because(why).hint(help)
    }
}

/// The error of whoever was to load credentials, if that is what went wrong.
fn credentials<'e>(error: &'e (dyn Cause + 'static)) -> Option<&'e CredentialsError> {
    let mut cause = Some(error);
    while let Some(layer) = cause {
        if let Some(found) = layer.downcast_ref() {
            return Some(found);
        }
        cause = layer.source();
    }
    None
}
