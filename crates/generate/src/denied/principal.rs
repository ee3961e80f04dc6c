//! Whose policies a refusal is about: the role behind a session, the user, or nobody who has any.

/// A principal that AWS named in a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Principal {
    /// What it is.
    pub kind: Kind,
    /// The friendly name.
    pub name: String,
    /// The path; a session does not tell its role's, then `/`.
    pub path: String,
    /// The account.
    pub account: String,
    /// The partition.
    pub partition: String,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A role, by itself or in a session.
    Role,
    /// A role that IAM Identity Center keeps: its permission set is what is changed.
    PermissionSet,
    /// A role that belongs to an AWS service: nobody changes its policy.
    ServiceLinked,
    /// A user.
    User,
    /// A session that a user made with `GetFederationToken`.
    Federated,
    /// The root user of the account.
    Root,
}

impl Principal {
    /// Reads an ARN of a principal or of a session.
    pub fn parse(text: &str) -> Option<Principal> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        // AWS's own page writes an ARN of STS without the empty region.
        let (partition, account, resource) = match parts[..] {
            ["arn", partition, "iam" | "sts", _, account, resource] => (partition, account, resource),
            ["arn", partition, "sts", account, resource] => (partition, account, resource),
            _ => return None,
        };
        let made = |kind, name: &str, path: &str| {
            let good = !name.is_empty() && !name.contains(['*', '?']);
            good.then(|| Principal {
                kind,
                name: name.to_owned(),
                path: path.to_owned(),
                account: account.to_owned(),
                partition: partition.to_owned(),
            })
        };
        let (what, rest) = resource.split_once('/').unwrap_or((resource, ""));
        match what {
            "root" => made(Kind::Root, "root", "/"),
            "user" => {
                let (path, name) = split_path(rest);
                made(Kind::User, name, &path)
            }
            "federated-user" => made(Kind::Federated, rest, "/"),
            "role" => {
                let (path, name) = split_path(rest);
                made(kind_of_role(name), name, &path)
            }
            "assumed-role" | "assumedRole" => {
                let name = rest.split('/').next().unwrap_or_default();
                made(kind_of_role(name), name, "/")
            }
            _ => None,
        }
    }

    /// The ARN that a policy names.
    pub fn arn(&self) -> String {
        let Principal { partition, account, path, name, .. } = self;
        match self.kind {
            Kind::Root => format!("arn:{partition}:iam::{account}:root"),
            Kind::User => format!("arn:{partition}:iam::{account}:user{path}{name}"),
            Kind::Federated => format!("arn:{partition}:sts::{account}:federated-user/{name}"),
            Kind::PermissionSet if path == "/" => {
                // Identity Center keeps its roles below this path, which a session does not show.
                format!("arn:{partition}:iam::{account}:role/aws-reserved/sso.amazonaws.com/{name}")
            }
            Kind::Role | Kind::PermissionSet | Kind::ServiceLinked => {
                format!("arn:{partition}:iam::{account}:role{path}{name}")
            }
        }
    }
}

fn kind_of_role(name: &str) -> Kind {
    match name {
        _ if name.starts_with("AWSReservedSSO_") => Kind::PermissionSet,
        _ if name.starts_with("AWSServiceRoleFor") => Kind::ServiceLinked,
        _ => Kind::Role,
    }
}

/// `a/b/name` → `/a/b/` and `name`.
fn split_path(text: &str) -> (String, &str) {
    match text.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_its_role_and_paths_are_kept_where_they_are_told() {
        let check = |text: &str, kind, arn: &str| {
            let principal = Principal::parse(text).expect("a principal");
            assert_eq!((principal.kind, principal.arn().as_str()), (kind, arn), "{text}");
        };
        check(
            "arn:aws:sts::111122223333:assumed-role/app/i-0",
            Kind::Role,
            "arn:aws:iam::111122223333:role/app",
        );
        check("arn:aws:iam::111122223333:role/a/b/app", Kind::Role, "arn:aws:iam::111122223333:role/a/b/app");
        check("arn:aws-cn:iam::111122223333:user/bob", Kind::User, "arn:aws-cn:iam::111122223333:user/bob");
        check("arn:aws:iam::111122223333:root", Kind::Root, "arn:aws:iam::111122223333:root");
        check(
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/bob",
            Kind::PermissionSet,
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef",
        );
        for nobody in [
            "User",
            "anonymous",
            "arn:aws:s3:::bucket",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/*",
        ] {
            assert_eq!(Principal::parse(nobody), None, "{nobody}");
        }
    }
}
