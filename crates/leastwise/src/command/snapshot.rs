//! `leastwise snapshot`: what every user, group and role of the account is granted
//! ([GetAccountAuthorizationDetails](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html)),
//! in the words of `aws iam get-account-authorization-details`.

mod shape;

use aws_sdk_iam::Client;
use serde_json::{Value, json};

use crate::cli::snapshot::SnapshotArgs;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::{atomic, aws, output};

/// Fetches the snapshot and prints or writes it.
pub fn run(args: &SnapshotArgs, quiet: bool) -> Result<()> {
    let progress = Progress::new("fetching", quiet);
    let details = aws::runtime()?.block_on(fetch(args, &progress));
    progress.finish();
    let details = details?;
    if !quiet {
        let count = |list: &str| details[list].as_array().map_or(0, Vec::len) as u64;
        output::note(&format!(
            "fetched {}, {}, {} and {}",
            output::counted(count("UserDetailList"), "user", "users"),
            output::counted(count("GroupDetailList"), "group", "groups"),
            output::counted(count("RoleDetailList"), "role", "roles"),
            output::counted(count("Policies"), "managed policy", "managed policies"),
        ));
    }
    let mut text = serde_json::to_vec_pretty(&details)
        .map_err(|error| Error::input("cannot print the snapshot as JSON").because(error))?;
    text.push(b'\n');
    match &args.out {
        Some(path) => atomic::write(path, &text),
        None => output::result(&text),
    }
}

async fn fetch(args: &SnapshotArgs, progress: &Progress) -> Result<Value> {
    let config = aws::config(&args.aws).await?;
    let call = aws::Call {
        doing: "fetch the snapshot".to_owned(),
        service: "IAM",
        needs: "iam:GetAccountAuthorizationDetails",
        args: &args.aws,
        config: &config,
    };
    let client = Client::new(&config);
    let mut pages = client.get_account_authorization_details().into_paginator().send();
    let (mut users, mut groups, mut roles, mut policies) = (vec![], vec![], vec![], vec![]);
    let mut is_more = false;
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| call.refused(&error))?;
        is_more = page.is_truncated();
        for user in page.user_detail_list() {
            users.push(shape::user(user)?);
        }
        for group in page.group_detail_list() {
            groups.push(shape::group(group)?);
        }
        for role in page.role_detail_list() {
            roles.push(shape::role(role)?);
        }
        for policy in page.policies() {
            policies.push(shape::policy(policy)?);
        }
        progress.say(&format!("{} principals", users.len() + groups.len() + roles.len()));
    }
    if is_more {
        return Err(Error::input("cannot fetch the snapshot: the answer is cut short")
            .hint("try again; what answers may not be IAM, or something between changes its answers"));
    }
    Ok(json!({
        "UserDetailList": users,
        "GroupDetailList": groups,
        "RoleDetailList": roles,
        "Policies": policies,
    }))
}
