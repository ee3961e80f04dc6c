//! What the new policies are called.
//!
//! A managed policy's name is in its account once, whatever its case
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>): roles and users that are called alike
//! get names of their own, and none that a policy of the account has. When there are several documents, a number
//! follows, so no name is another with a number either. Whoever is right-sized alone has the name that it has among all.

use std::collections::BTreeMap;

use leastwise_analysis::granted::{GrantedPrincipal, Snapshot};
use leastwise_generate::render::PrincipalTarget;
use leastwise_policy::arn::Arn;

use super::deliver;
use super::granted::Granted;
use crate::cli::rightsize::Attach;

/// IAM takes 128 characters; kind, version and number need some of them.
const LONGEST: usize = 100;

/// The names of the new policies by the ARN of the principal.
#[derive(Default)]
pub struct PolicyNames(BTreeMap<String, String>);

impl PolicyNames {
    /// Names for all that are in the snapshot.
    pub fn new(granted: &Granted, attach: Attach) -> PolicyNames {
        let Granted::Snapshot(snapshot, _) = granted else { return PolicyNames::default() };
        let mut taken = customer_policies(snapshot);
        let mut names = BTreeMap::new();
        for found in snapshot.principals().filter(|found| !found.service_linked) {
            let target = deliver::target(&found.arn, Some(found));
            let name = match attach {
                Attach::Managed => free(&target, taken.entry(found.account().to_owned()).or_default()),
                // The names of inline policies are the principal's own.
                Attach::Inline => {
                    free(&target, &mut found.inline.iter().map(|name| name.to_ascii_lowercase()).collect())
                }
            };
            names.insert(found.arn.clone(), name);
        }
        PolicyNames(names)
    }

    /// The name, or what goes before the numbers, of a principal's new policies.
    pub fn of(&self, principal: &str, found: Option<&GrantedPrincipal>) -> String {
        let named = self.0.get(principal).cloned();
        named.unwrap_or_else(|| safe(&deliver::target(principal, found).name))
    }
}

/// The names that policies of the customer have, in lower case, by account.
fn customer_policies(snapshot: &Snapshot) -> BTreeMap<String, Vec<String>> {
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for arn in snapshot.managed_policies().filter_map(Arn::parse).filter(|arn| arn.account() != "aws") {
        let name = arn.resource().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        taken.entry(arn.account().to_owned()).or_default().push(name);
    }
    taken
}

/// The first name that is not taken; takes it.
fn free(target: &PrincipalTarget, taken: &mut Vec<String>) -> String {
    let (name, kind) = (safe(&target.name), target.kind.word());
    let with_kind = || format!("{kind}-{name}");
    let numbered = (2u32..).map(|number| format!("{kind}-{name}-v{number}"));
    let name = std::iter::once(name.clone())
        .chain(std::iter::once_with(with_kind))
        .chain(numbered)
        .find(|name| !taken.iter().any(|other| collide(&name.to_ascii_lowercase(), other)))
        .expect("an endless supply of numbers outlasts a finite set");
    taken.push(name.to_ascii_lowercase());
    name
}

/// Whether they are the same, or one is the other with a number.
fn collide(one: &str, other: &str) -> bool {
    let is_numbered = |long: &str, short: &str| {
        let number = long.strip_prefix(short).and_then(|rest| rest.strip_prefix('-'));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    one == other || is_numbered(one, other) || is_numbered(other, one)
}

/// In letters that IAM takes.
fn safe(name: &str) -> String {
    let is_fine = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
    name.chars().take(LONGEST).map(|c| if is_fine(&c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(listing: &str, attach: Attach) -> Vec<String> {
        let snapshot = Snapshot::parse("s.json", listing).expect("a snapshot");
        PolicyNames::new(&Granted::Snapshot(snapshot, Default::default()), attach).0.into_values().collect()
    }

    const LISTING: &str = r#"{
        "UserDetailList":[{"UserName":"APP","Arn":"arn:aws:iam::111122223333:user/APP"}],
        "RoleDetailList":[
            {"RoleName":"app","Arn":"arn:aws:iam::111122223333:role/app"},
            {"RoleName":"app-1","Arn":"arn:aws:iam::111122223333:role/app-1"},
            {"RoleName":"app","Arn":"arn:aws:iam::444455556666:role/app"},
            {"RoleName":"order","Arn":"arn:aws:iam::111122223333:role/order",
             "RolePolicyList":[{"PolicyName":"Order","PolicyDocument":{"Statement":[]}}]}],
        "Policies":[
            {"PolicyName":"Order","Arn":"arn:aws:iam::111122223333:policy/x/Order"},
            {"PolicyName":"role-order","Arn":"arn:aws:iam::111122223333:policy/role-order"}]}"#;

    #[test]
    fn no_two_policies_of_an_account_are_called_alike() {
        assert_eq!(
            names(LISTING, Attach::Managed),
            ["app", "role-app-1", "role-order-v2", "user-APP", "app"]
        );
    }

    #[test]
    fn an_inline_policy_is_called_otherwise_than_those_that_are_there() {
        let names = names(LISTING, Attach::Inline);
        assert_eq!(names, ["app", "app-1", "role-order", "APP", "app"]);
    }

    #[test]
    fn names_have_the_letters_and_the_length_that_iam_takes() {
        assert_eq!(safe("a/b c"), "a-b-c");
        assert_eq!(safe(&"x".repeat(200)).len(), LONGEST);
    }
}
