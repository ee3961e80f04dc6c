//! Reaching AWS: profile, region, credentials and endpoint as the AWS CLI reads them, flags first.

use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use tokio::runtime::{Builder, Runtime};

use crate::cli::logs::AwsArgs;
use crate::error::{Error, Result};

/// The threads that wait for the network. What they bring is worked on elsewhere.
pub fn runtime() -> Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::input("cannot start network threads").because(error))
}

/// The configuration of the AWS SDK.
pub async fn config(args: &AwsArgs) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = &args.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &args.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &args.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Ok(name) = AppName::new("leastwise") {
        loader = loader.app_name(name);
    }
    let config = loader.load().await;
    match config.region() {
        Some(_) => config,
        // IAM is global and S3 redirects; the CLI calls us-east-1 too when no region is set.
        None => config.into_builder().region(Region::new("us-east-1")).build(),
    }
}

/// What an error of the SDK says, without its inner workings: the service's code and message, or the last cause.
pub fn reason<E, R>(error: &aws_sdk_s3::error::SdkError<E, R>) -> String
where
    E: aws_sdk_s3::error::ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    use aws_sdk_s3::error::ProvideErrorMetadata;
    if let (Some(code), message) = (error.code(), error.message()) {
        return match message {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        };
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}
