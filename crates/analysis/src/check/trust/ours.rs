//! Whose an account, an organisation or an ARN is that a policy names: ours, or somebody else's.
//!
//! What is ours is what the user says; without that, the account that the policy itself belongs to, as far as ARNs tell.
//! IAM Access Analyzer calls it the zone of trust:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html>.

use std::collections::BTreeSet;

use leastwise_policy::aws::Statement;

use crate::check::Subject;
use crate::source::has_hole;

/// The accounts and organisations that belong to the user, as the user says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    accounts: BTreeSet<String>,
    organizations: BTreeSet<String>,
}

/// What belongs to whoever wrote one policy.
#[derive(Debug)]
pub(super) struct Zone<'a> {
    accounts: BTreeSet<&'a str>,
    organizations: &'a BTreeSet<String>,
    /// Whether the user says what is theirs.
    pub(super) is_told: bool,
}

/// What the values of a condition key name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Account,
    Arn,
    Organization,
    /// A way through an organisation: `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`.
    Path,
    /// A place or somebody by an id that does not tell whose it is.
    Id,
}

/// Whose something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    Ours,
    /// The account or organisation whose it is.
    Theirs(&'a str),
    /// Of an id without an account.
    NotTold,
    /// Everybody meets it, or it cannot be said who.
    Anybody,
}

/// Keys that say who asks, from where or on whose behalf.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>,
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>,
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
const KEYS: &[(&str, Names)] = &[
    ("aws:ec2instancesourcevpc", Names::Id),
    ("aws:principalaccount", Names::Account),
    ("aws:principalarn", Names::Arn),
    ("aws:principalorgid", Names::Organization),
    ("aws:principalorgpaths", Names::Path),
    ("aws:sourceaccount", Names::Account),
    ("aws:sourcearn", Names::Arn),
    ("aws:sourceip", Names::Id),
    ("aws:sourceorgid", Names::Organization),
    ("aws:sourceorgpaths", Names::Path),
    ("aws:sourceowner", Names::Account),
    ("aws:sourcevpc", Names::Id),
    ("aws:sourcevpcarn", Names::Arn),
    ("aws:sourcevpce", Names::Id),
    ("aws:userid", Names::Id),
    ("aws:vpceaccount", Names::Account),
    ("aws:vpceorgid", Names::Organization),
    ("aws:vpceorgpaths", Names::Path),
    ("ec2:sourceinstancearn", Names::Arn),
    ("kms:calleraccount", Names::Account),
    ("lambda:sourcefunctionarn", Names::Arn),
    ("s3:dataaccesspointaccount", Names::Account),
    ("s3:dataaccesspointarn", Names::Arn),
    ("ssm:sourceinstancearn", Names::Arn),
];

/// Few enough to be compared with all of them.
const FEW: usize = 10;

/// No account has a number below this: the ones below stand for accounts that are not known.
const MOST_UNKNOWN: u64 = 100_000;

impl Own {
    /// These accounts and organisations; none when one of them is no id of an account or an organisation.
    pub fn new(accounts: &[String], organizations: &[String]) -> Option<Own> {
        let are =
            accounts.iter().all(|id| is_account(id)) && organizations.iter().all(|id| is_organization(id));
        are.then(|| Own {
            accounts: accounts.iter().cloned().collect(),
            organizations: organizations.iter().cloned().collect(),
        })
    }

    /// What belongs to whoever wrote the policy. Nothing is known of that when neither the user nor an ARN tells.
    pub(super) fn zone<'a>(&'a self, subject: &'a Subject<'_>, statement: &'a Statement) -> Zone<'a> {
        let resources = statement.resource.iter().flat_map(|block| block.patterns());
        let mut accounts: BTreeSet<&str> =
            resources.filter_map(|pattern| account_of(pattern.as_str())).collect();
        accounts.extend(account_of(&subject.document.name));
        accounts.extend(self.accounts.iter().map(String::as_str));
        let is_told = !self.accounts.is_empty() || !self.organizations.is_empty();
        Zone { accounts, organizations: &self.organizations, is_told }
    }
}

impl Zone<'_> {
    /// Whether anything is known of whose the policy is.
    pub(super) fn is_known(&self) -> bool {
        self.is_told || !self.accounts.is_empty()
    }

    /// Whether it is known which accounts are ours, and not only which number stands for one.
    pub(super) fn is_sure(&self) -> bool {
        let is_real = |account: &&&str| account.parse::<u64>().is_ok_and(|number| number >= MOST_UNKNOWN);
        self.is_told || self.accounts.iter().any(|account| is_real(&account))
    }

    /// The accounts that are ours and can make a difference to a document with this text: of many, those in it.
    pub(super) fn accounts_for(&self, text: &str) -> Vec<String> {
        let is_few = self.accounts.len() <= FEW;
        let asked = self.accounts.iter().filter(|account| is_few || text.contains(**account));
        asked.map(|account| (*account).to_owned()).collect()
    }

    pub(super) fn has(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    /// Whose that is which the value of such a key names. An organisation is ours when nothing is said of what is.
    pub(super) fn whose<'v>(&self, names: Names, value: &'v str) -> Whose<'v> {
        if has_hole(value) {
            return Whose::NotTold;
        }
        let lower = value.to_ascii_lowercase();
        match names {
            Names::Id => Whose::NotTold,
            Names::Account | Names::Arn if lower.contains("${aws:resourceaccount}") => Whose::Ours,
            Names::Organization | Names::Path if lower.starts_with("${aws:resourceorg") => Whose::Ours,
            Names::Account => self.of_account(value),
            Names::Arn => match value.splitn(6, ':').collect::<Vec<_>>()[..] {
                ["arn", _, _, _, "", _] => Whose::NotTold,
                ["arn", _, _, _, account, _] => self.of_account(account),
                _ => Whose::Anybody,
            },
            Names::Organization | Names::Path => {
                let id = value.split('/').next().unwrap_or_default();
                match id.contains(['*', '?', '$']) {
                    true => Whose::Anybody,
                    false if !self.is_told || self.organizations.contains(id) => Whose::Ours,
                    false => Whose::Theirs(id),
                }
            }
        }
    }

    fn of_account<'v>(&self, account: &'v str) -> Whose<'v> {
        match is_account(account) {
            true if self.accounts.contains(account) => Whose::Ours,
            true => Whose::Theirs(account),
            false => Whose::Anybody,
        }
    }
}

/// What the values of this key name.
pub(super) fn names(key: &str) -> Option<Names> {
    KEYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, names)| *names)
}

/// The account in an ARN.
pub(super) fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| is_account(account))
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `o-` and 10 to 32 letters and digits: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>.
fn is_organization(text: &str) -> bool {
    text.strip_prefix("o-").is_some_and(|id| {
        (10..=32).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}
