//! The grants of a KMS key, as statements beside its key policy.
//!
//! "The grantee principal can use the permissions that the grant gives them without specifying the grant, just as they
//! would if the permissions came from a key policy or IAM policy" and "a grant can allow access to a KMS key, but not
//! deny access": <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>. What a constraint asks for is
//! asked by conditions on `kms:EncryptionContext:…` and `kms:EncryptionContextKeys`, as
//! <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html> writes them for the same purpose.
//!
//! Whether the case of a context's keys matters, AWS's pages contradict each other ("an exact, case-sensitive match" in
//! the developer guide, "the key in each key-value pair is not case sensitive" in the API reference): here it does.

use super::{
    Comparison, Condition, Named, Operator, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, SetOperator,
    Statement, Version,
};

/// The operations that a grant can allow: "Grant operations" of the same page, and of November 2026 (botocore 1.44.5,
/// `GrantOperation`) those of ML-KEM keys.
pub(super) const OPERATIONS: [&str; 19] = [
    "Decapsulate",
    "Decrypt",
    "DeriveSharedSecret",
    "Encapsulate",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "VerifyMac",
    "CreateGrant",
    "DescribeKey",
    "GetPublicKey",
    "RetireGrant",
];

/// A grant as `aws kms list-grants` prints it, read by [`KeyGrant::parse_list`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyGrant {
    /// Its `GrantId`; where it has none, `grant` and its place.
    pub id: String,
    /// The JSON pointer of its place: `/Grants/0`.
    pub pointer: String,
    /// The ARN of the key.
    pub key: String,
    /// The 12 digits of the account that owns the key.
    pub account: String,
    /// The 12 digits of the account that issued the grant.
    pub issuer: String,
    /// Who may use the key.
    pub grantee: GrantPrincipal,
    /// Who may retire the grant, besides the issuing account.
    pub retiring: Option<GrantPrincipal>,
    /// What the grantee may do: [names of operations](https://docs.aws.amazon.com/kms/latest/developerguide/grants.html).
    pub operations: Vec<String>,
    /// The pairs that the encryption context must be.
    pub context_equals: Option<Vec<(String, String)>>,
    /// The pairs that the encryption context must have among others.
    pub context_subset: Option<Vec<(String, String)>>,
    /// The resource on whose behalf the request must be made.
    pub source: Option<String>,
}

/// Whom a grant names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantPrincipal {
    /// An account, user, role or session, by its ARN.
    Iam(String),
    /// A service: `dynamodb.eu-west-1.amazonaws.com`.
    Service(String),
}

/// The grants of a key that one account issued.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssuedGrants {
    /// The 12 digits of the account.
    pub issuer: String,
    /// Each grant as a policy, under the name of the grant.
    pub grants: Vec<Named<Policy>>,
}

impl IssuedGrants {
    /// The grants by the accounts that issued them, each under the name that `name` gives it.
    pub fn group(grants: &[KeyGrant], name: impl Fn(&KeyGrant) -> String) -> Vec<IssuedGrants> {
        let mut groups: Vec<IssuedGrants> = Vec::new();
        for grant in grants {
            let named = Named::new(name(grant), grant.to_policy());
            match groups.iter_mut().find(|group| group.issuer == grant.issuer) {
                Some(group) => group.grants.push(named),
                None => groups.push(IssuedGrants { issuer: grant.issuer.clone(), grants: vec![named] }),
            }
        }
        groups
    }
}

impl KeyGrant {
    /// The grant as a policy on its key, in the language that has no variables.
    pub fn to_policy(&self) -> Policy {
        let is_free = |name: &&String| matches!(name.as_str(), "DescribeKey" | "RetireGrant" | "CreateGrant");
        let named: Vec<&String> = self.operations.iter().filter(|name| !is_free(name)).collect();
        let has = |name: &str| self.operations.iter().any(|operation| operation == name);
        let mut statements = Vec::new();
        if !named.is_empty() {
            let names: Vec<&str> = named.iter().map(|name| name.as_str()).collect();
            statements.push(self.within_context(self.to_grantee(&names)));
        }
        // "The encryption context constraint is ignored for `DescribeKey` and `RetireGrant` operations."
        for name in ["DescribeKey", "RetireGrant"] {
            if has(name) {
                statements.push(self.to_grantee(&[name]));
            }
        }
        if has("CreateGrant") {
            statements.push(self.to_delegate());
        }
        statements.push(self.to_retire());
        Policy { version: Version::V2008_10_17, id: None, statements }
    }

    /// Lets the grantee do this, for the resource that the grant names if it names one.
    fn to_grantee(&self, operations: &[&str]) -> Statement {
        let statement = self.statement(vec![self.grantee.entry()], operations);
        match &self.source {
            Some(arn) => statement.with_condition(equals("aws:SourceArn", [arn.as_str()])),
            None => statement,
        }
    }

    /// "The grantee principal can only create grants that allow some or all of the operations in the parent grant. The
    /// grant constraints in the grants they create must be at least as strict as those in the parent grant."
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html#grant-creategrant>
    fn to_delegate(&self) -> Statement {
        let operations = self.operations.iter().map(String::as_str);
        let mut statement = self
            .within_context(self.to_grantee(&["CreateGrant"]))
            .with_condition(Condition::new(Comparison::Null, "kms:GrantOperations", ["false"]))
            .with_condition(each("kms:GrantOperations", SetOperator::ForAllValues, operations));
        let strict = ["EncryptionContextEquals"];
        let either = ["EncryptionContextEquals", "EncryptionContextSubset"];
        if self.context_equals.is_some() {
            statement = statement.with_condition(equals("kms:GrantConstraintType", strict));
        } else if self.context_subset.is_some() {
            statement = statement.with_condition(equals("kms:GrantConstraintType", either));
        }
        statement
    }

    /// "A grant can be retired by an optional retiring principal specified in the grant. […] As a backup, the AWS account
    /// in which the grant was created can retire the grant"; "the AWS account that owns the KMS key can delegate the
    /// `kms:RetireGrant` permission": <https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html>.
    fn to_retire(&self) -> Statement {
        let mut principals =
            vec![(PrincipalKind::Aws, self.issuer.clone()), (PrincipalKind::Aws, self.account.clone())];
        principals.extend(self.retiring.as_ref().map(GrantPrincipal::entry));
        self.statement(principals, &["RetireGrant"])
    }

    fn statement(&self, principals: Vec<(PrincipalKind, String)>, operations: &[&str]) -> Statement {
        let actions = operations.iter().map(|name| format!("kms:{name}"));
        let mut statement = Statement::allow(actions, [self.key.as_str()]);
        let kinds = principals.into_iter().map(|(kind, name)| (kind, vec![name]));
        statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds.collect())));
        statement
    }

    fn within_context(&self, statement: Statement) -> Statement {
        let mut statement = statement;
        for (key, value) in self.context_equals.iter().chain(&self.context_subset).flatten() {
            statement = statement
                .with_condition(equals(&format!("kms:EncryptionContext:{key}"), [value.as_str()]))
                .with_condition(each("kms:EncryptionContextKeys", SetOperator::ForAnyValue, [key.as_str()]));
        }
        if let Some(pairs) = &self.context_equals {
            let keys = pairs.iter().map(|(key, _)| key.as_str());
            let all = each("kms:EncryptionContextKeys", SetOperator::ForAllValues, keys);
            statement = statement.with_condition(all);
        }
        statement
    }
}

fn equals<'v>(key: &str, values: impl IntoIterator<Item = &'v str>) -> Condition {
    Condition::new(Comparison::StringEquals, key, values)
}

fn each<'v>(key: &str, set: SetOperator, values: impl IntoIterator<Item = &'v str>) -> Condition {
    let condition = equals(key, values);
    Condition { operator: Operator { set: Some(set), ..condition.operator }, ..condition }
}

impl GrantPrincipal {
    fn entry(&self) -> (PrincipalKind, String) {
        match self {
            GrantPrincipal::Iam(name) => (PrincipalKind::Aws, name.clone()),
            GrantPrincipal::Service(name) => (PrincipalKind::Service, name.clone()),
        }
    }
}
