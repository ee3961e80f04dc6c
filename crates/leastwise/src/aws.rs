//! Reaching AWS: profile, region, credentials and endpoint as the AWS CLI reads them, flags first.

mod meanings;
mod profiles;
mod refusal;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::runtime::{Builder, Runtime};

use crate::cli::logs::AwsArgs;
use crate::error::{Error, Result};
use crate::output;
pub use refusal::{Call, in_short};

/// The threads that wait for the network. What they bring is worked on elsewhere.
pub fn runtime() -> Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::input("cannot start network threads").because(error))
}

/// The configuration of the AWS SDK.
pub async fn config(args: &AwsArgs) -> Result<SdkConfig> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = &args.profile {
        is_there(profile)?;
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
    Ok(match config.region() {
        Some(_) => config,
        // IAM is global and S3 redirects; the CLI calls us-east-1 too when no region is set.
        None => config.into_builder().region(Region::new("us-east-1")).build(),
    })
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
