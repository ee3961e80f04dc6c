//! Reaching AWS: profile, region, credentials and endpoint as the AWS CLI reads them, flags first.

mod meanings;
mod profiles;
mod refusal;

use std::time::Duration;

use aws_config::default_provider::region::DefaultRegionChain;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::runtime::{Builder, Runtime};

use crate::cli::logs::AwsArgs;
use crate::error::{Error, Result};
use crate::output;
pub use refusal::{Call, causes, in_short};

/// The threads that wait for the network. What they bring is worked on elsewhere.
pub fn runtime() -> Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::input("cannot start network threads").because(error))
}

/// Who is asked has so long to begin to answer, as for the AWS CLI (`--cli-read-timeout`); then it is asked again. The SDK by
/// itself would wait for ever.
const ANSWER: Duration = Duration::from_secs(60);

/// Whoever gives credentials, such as what `credential_process` runs, has so long. The AWS CLI waits for ever, the SDK by
/// itself for five seconds, which what asks an identity provider may well take.
const CREDENTIALS: Duration = Duration::from_secs(60);

/// Where requests go when nobody says. IAM is global and S3 redirects; the CLI calls it too when no region is set.
const REGION: &str = "us-east-1";

/// The configuration of the AWS SDK.
pub async fn config(args: &AwsArgs) -> Result<SdkConfig> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = &args.profile {
        is_there(profile)?;
        loader = loader.profile_name(profile);
    }
    // It is said before anything is loaded: a role that a profile names is assumed in it, too.
    loader = loader.region(match &args.region {
        Some(region) => Region::new(region.clone()),
        None => usual_region(args).await.unwrap_or(Region::from_static(REGION)),
    });
    loader = loader.timeout_config(TimeoutConfig::builder().read_timeout(ANSWER).build());
    loader = loader.identity_cache(IdentityCache::lazy().load_timeout(CREDENTIALS).build());
    if let Some(url) = &args.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Ok(name) = AppName::new("leastwise") {
        loader = loader.app_name(name);
    }
    let mut config = loader.load().await;
    if let Some(url) = config.endpoint_url()
        && !is_address(url)
    {
        let said = if args.endpoint_url.is_some() {
            "--endpoint-url"
        } else {
            "the endpoint of the environment or profile"
        };
        return Err(Error::usage(format!("{said} `{url}` is not an address"))
            .hint("write it with its scheme, such as http://127.0.0.1:9000"));
    }
    if let Some(region) = config.region().map(ToString::to_string)
        && !is_label(&region)
    {
        let said =
            if args.region.is_some() { "--region" } else { "the region of the environment or profile" };
        return Err(Error::usage(format!("{said} `{region}` is not the name of a region"))
            .hint(format!("write it as AWS does, such as {}", refusal::regions_like(&region))));
    }
    if let Some(profile) = &args.profile {
        let credentials = of_profile(profile, config.region().cloned());
        config = config.into_builder().credentials_provider(credentials).build();
    }
    Ok(config)
}

/// The region of the environment, of the profile or of the instance.
async fn usual_region(args: &AwsArgs) -> Option<Region> {
    let chain = DefaultRegionChain::builder();
    let chain = match &args.profile {
        Some(profile) => chain.profile_name(profile),
        None => chain,
    };
    chain.build().region().await
}

/// The credentials of a profile that the user named: keys in the environment are somebody else's then, for the AWS CLI
/// as for us, while the SDK by itself would take them first.
fn of_profile(name: &str, region: Option<Region>) -> SharedCredentialsProvider {
    let config = ProviderConfig::without_region()
        .with_region(region)
        .with_behavior_version(Some(BehaviorVersion::latest()));
    let profile = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
    let container = EcsCredentialsProvider::builder().configure(&config).build();
    let instance = ImdsCredentialsProvider::builder().configure(&config).build();
    SharedCredentialsProvider::new(
        CredentialsProviderChain::first_try("Profile", profile)
            .or_else("EcsContainer", container)
            .or_else("Ec2InstanceMetadata", instance),
    )
}

/// Refuses a profile that no file names: else the credentials of the machine would be used, which are others.
fn is_there(profile: &str) -> Result<()> {
    let known = profiles::names()?;
    if known.iter().any(|name| name == profile) {
        return Ok(());
    }
    let near = output::nearest(profile, known.iter().map(String::as_str), 3);
    let hint = match (near.is_empty(), known.is_empty()) {
        (_, true) => "there is none at all; `aws configure` or `aws configure sso` makes one".to_owned(),
        (false, false) => format!("the nearest that are there: {}", near.join(", ")),
        (true, false) => format!("there are {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    };
    Err(Error::usage(format!("--profile `{profile}` is not in {}", profiles::files())).hint(hint))
}

/// Whether it can be a part of a host's name, as every region is.
fn is_label(region: &str) -> bool {
    !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_waited_for_without_end() {
        let region = Some("eu-west-1".to_owned());
        let args = AwsArgs { profile: None, region, endpoint_url: None };
        let config = runtime().expect("threads").block_on(config(&args)).expect("a configuration");
        let waits = config.timeout_config().expect("it is set");
        assert_eq!(waits.read_timeout(), Some(ANSWER));
        assert!(waits.connect_timeout().is_some(), "as the SDK has it");
    }
}
