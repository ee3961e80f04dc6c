//! The profiles that the AWS configuration files name, as the SDK reads them
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>): a profile that it passes over is not there.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aws_config::profile::load;

use crate::error::Error;

/// The two files: the variable that names it, and where it is else.
const FILES: [(&str, &str); 2] =
    [("AWS_CONFIG_FILE", ".aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")];

/// Every profile that a file names.
pub fn names() -> Result<BTreeSet<String>, Error> {
    // Of files, environment and which files they are, those that there are. The SDK only promises an answer, but reads
    // them before it gives the promise.
    let (fs, env, files) = Default::default();
    let profiles = pin!(load(&fs, &env, &files, None));
    match profiles.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(profiles)) => Ok(profiles.profiles().map(str::to_owned).collect()),
        Poll::Ready(Err(error)) => {
            Err(Error::input("the AWS configuration files cannot be read").because(error))
        }
        Poll::Pending => Err(Error::input("the AWS configuration files are not read yet")),
    }
}

/// What the files are called, for messages.
pub fn files() -> String {
    let [config, credentials] = FILES.map(|(variable, at)| match std::env::var_os(variable) {
        Some(path) if !path.is_empty() => PathBuf::from(path).display().to_string(),
        _ => {
            std::env::home_dir().map_or_else(|| format!("~/{at}"), |home| home.join(at).display().to_string())
        }
    });
    format!("{config} or {credentials}")
}
