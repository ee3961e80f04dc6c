//! Everything that decides, read once: snapshots, the organisation's policies, the documents beside them.

use std::collections::HashMap;

use leastwise_analysis::granted::{GrantedError, GrantedPrincipal, Origin, PrincipalKind, Problem, Snapshot};
use leastwise_catalog::Catalog;
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{DocumentKind, IssuedGrants, Named, Policy, PublicAccessBlock};

use super::documents::{self, Documents};
use super::organization::{Organization, Type, is_account};
use super::sets::Sets;
use crate::cli::simulate::{LayerArgs, ObjectOwnership};
use crate::error::{Error, Result};
use crate::input::foreign::read_text;
use crate::output;

/// What is known of everybody.
pub struct World<'c> {
    pub catalog: &'c Catalog,
    pub snapshot: Option<Snapshot>,
    pub service_control: Option<Organization>,
    pub resource_control: Option<Organization>,
    pub resource_policy: Option<Named<Policy>>,
    pub resource_account: Option<String>,
    /// The grants of KMS keys, whichever key they are on.
    pub grants: Vec<IssuedGrants>,
    pub public_access: Option<PublicAccessBlock>,
    pub object_ownership: ObjectOwnership,
    pub session: Option<Vec<Named<Policy>>>,
    pub endpoint: Option<Vec<Named<Policy>>>,
    pub sets: Sets,
    documents: Documents,
    /// The ARNs of roles by account and name: the ARN of a session has no path.
    roles: HashMap<(String, String), String>,
}

impl<'c> World<'c> {
    /// Reads what the command line names.
    pub fn read(args: &LayerArgs, catalog: &'c Catalog) -> Result<World<'c>> {
        for (flag, account) in [
            ("--management-account", &args.management_account),
            ("--resource-account", &args.resource_account),
        ] {
            if let Some(text) = account.as_ref().filter(|text| !is_account(text)) {
                return Err(Error::usage(format!("{flag} `{text}` is not an account"))
                    .hint("an account is 12 digits, such as 111122223333"));
            }
        }
        let mut documents = Documents::default();
        let manages = args.management_account.as_deref();
        let service_control = Organization::read(Type::Service, &args.scp, manages, &mut documents)?;
        let resource_control = Organization::read(Type::Resource, &args.rcp, manages, &mut documents)?;
        let mut read = |path: &std::path::PathBuf, kind, quota| documents.read(path, kind, quota);
        let resource_policy = args
            .resource_policy
            .iter()
            .map(|path| read(path, DocumentKind::Resource, None))
            .next()
            .transpose()?;
        let endpoint = args
            .endpoint_policy
            .as_ref()
            .map(|path| Ok(vec![read(path, DocumentKind::Resource, None)?]))
            .transpose()?;
        let of_session = |path| read(path, DocumentKind::Session, Some(Quota::ManagedPolicy));
        let session = args.session_policy.iter().map(of_session).collect::<Result<Vec<_>>>()?;
        let grants = documents.grants(&args.grants)?;
        let public_access = documents::public_access(&args.public_access_block)?;
        let snapshot = snapshot(&args.snapshot)?;
        let roles =
            snapshot.iter().flat_map(Snapshot::principals).filter(|one| one.kind == PrincipalKind::Role);
        let roles = roles.map(|role| {
            let name = role.arn.rsplit('/').next().unwrap_or_default();
            ((role.account().to_owned(), name.to_owned()), role.arn.clone())
        });
        Ok(World {
            catalog,
            roles: roles.collect(),
            snapshot,
            service_control,
            resource_control,
            resource_policy,
            resource_account: args.resource_account.clone(),
            grants,
            public_access,
            object_ownership: args.object_ownership,
            session: (!session.is_empty()).then_some(session),
            endpoint,
            sets: Sets::default(),
            documents,
        })
    }

    /// Where the document with this name stands.
    pub fn origin(&self, document: &str) -> Option<&Origin> {
        let of_snapshot = || self.snapshot.as_ref().and_then(|snapshot| snapshot.origin(document));
        self.documents.origin(document).or_else(of_snapshot)
    }

    /// The snapshot, without which nobody knows what is granted.
    pub fn snapshot(&self) -> Result<&Snapshot> {
        self.snapshot.as_ref().ok_or_else(|| {
            Error::usage("who is granted what?").hint("give --snapshot FILE; `leastwise snapshot` makes it")
        })
    }

    /// The principal with this ARN, if everything that was granted to it is known.
    pub fn principal(&self, arn: &str) -> Result<&GrantedPrincipal> {
        let snapshot = self.snapshot()?;
        match snapshot.principal(arn) {
            Some(found) => whole(found),
            None => Err(self.nobody(arn)),
        }
    }

    /// The role with this name, whatever its path.
    pub fn role(&self, account: &str, name: &str, shown: &str) -> Result<&GrantedPrincipal> {
        self.snapshot()?;
        match self.roles.get(&(account.to_owned(), name.to_owned())) {
            Some(arn) => self.principal(arn),
            None => Err(self.nobody(shown)),
        }
    }

    /// What is neither an ARN nor anybody else who asks: a bare name, a pattern.
    pub fn no_principal(&self, text: &str) -> Error {
        let error = Error::input(format!("`{text}` names no principal"));
        let near = self.nearest(&text.replace(['*', '?'], ""));
        match near.is_empty() {
            true => error.hint(
                "give the ARN of a role, a user or a role's session, or a service such as lambda.amazonaws.com",
            ),
            false => error.hint(format!("give the ARN; the nearest in the snapshot: {}", near.join(", "))),
        }
    }

    fn nearest(&self, name: &str) -> Vec<&str> {
        let names = self.snapshot.iter().flat_map(Snapshot::principals).map(|known| known.arn.as_str());
        output::nearest(name, names, 3)
    }

    fn nobody(&self, arn: &str) -> Error {
        let error = Error::input(format!("`{arn}` is not in the snapshot"));
        let near = self.nearest(arn);
        match near.is_empty() {
            true => error.hint("take the snapshot of the account that the principal belongs to"),
            false => error.hint(format!("the nearest that are there: {}", near.join(", "))),
        }
    }
}

/// The principal, unless the snapshot leaves open what AWS would decide for it.
pub fn whole(found: &GrantedPrincipal) -> Result<&GrantedPrincipal> {
    match found.problems.as_slice() {
        [] => Ok(found),
        problems => Err(undecidable(&found.arn, problems)),
    }
}

fn undecidable(arn: &str, problems: &[Problem]) -> Error {
    let shown: Vec<String> = problems.iter().take(3).map(Problem::to_string).collect();
    let more = problems.len().saturating_sub(shown.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Error::input(format!("the snapshot does not say what `{arn}` is granted"))
        .because(format!("{}{more}", shown.join("; ")))
        .hint("take the snapshot again, with all its pages, or mend the place")
}

fn snapshot(paths: &[std::path::PathBuf]) -> Result<Option<Snapshot>> {
    let mut files = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let text = read_text(path).map_err(|error| {
            Error::input(format!("cannot read `{name}`"))
                .because(error)
                .hint("--snapshot takes what `leastwise snapshot` prints")
        })?;
        files.push((name, text));
    }
    if files.is_empty() {
        return Ok(None);
    }
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Snapshot::parse_all(files).map(Some).map_err(unreadable)
}

fn unreadable(error: GrantedError) -> Error {
    let message = error.to_string();
    let error = match std::error::Error::source(&error) {
        Some(source) => Error::input(message).because(source.to_string()),
        None => Error::input(message),
    };
    error.hint("--snapshot takes what `leastwise snapshot` prints")
}
