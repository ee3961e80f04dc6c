//! What the new policies are called.
//!
//! A managed policy's name is in its account once, whatever its case
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>): roles and users that are called alike
//! get names of their own, and none that a policy of the account has. Such a name says that it is ours, so the next run,
//! which finds it in the snapshot, gives it again. When there are several documents, a number follows, so no name is
//! another with a number either. Whoever is right-sized alone has the name that it has among all.

use std::collections::BTreeMap;

use leastwise_analysis::granted::{GrantedPrincipal, Snapshot};
use leastwise_policy::arn::Arn;

use super::deliver;
use super::granted::Granted;
use crate::cli::rightsize::Attach;

/// IAM takes 128 characters; what is added needs some of them.
const LONGEST: usize = 100;

/// The names of the new policies by the ARN of the principal.
#[derive(Default)]
pub struct PolicyNames(BTreeMap<String, String>);

impl PolicyNames {
    /// Names for all that are in the snapshot. Those of inline policies are the principal's own.
    pub fn new(granted: &Granted, attach: Attach) -> PolicyNames {
        let Granted::Snapshot(snapshot, _) = granted else { return PolicyNames::default() };
        if attach == Attach::Inline {
            return PolicyNames::default();
        }
        let mut taken = customer_policies(snapshot);
        let ours = snapshot.principals().filter(|found| !found.service_linked);
        PolicyNames(ours.map(|found| (found.arn.clone(), free(found, &mut taken))).collect())
    }

    /// The name, or what goes before the numbers, of a principal's new policies.
    pub fn of(&self, principal: &str, found: Option<&GrantedPrincipal>) -> String {
        let named = self.0.get(principal).cloned();
        named.unwrap_or_else(|| safe(&deliver::target(principal, found).name))
    }
}

/// A name that is taken.
struct Taken {
    /// In lower case.
    name: String,
    /// The one principal that a policy of this name is attached to.
    holder: Option<String>,
}

/// The names that are taken, by account and by what is left of a name without numbers: only such names collide.
#[derive(Default)]
struct AllTaken(BTreeMap<(String, String), Vec<Taken>>);

impl AllTaken {
    fn add(&mut self, account: &str, taken: Taken) {
        let place = (account.to_owned(), without_numbers(&taken.name).to_owned());
        self.0.entry(place).or_default().push(taken);
    }

    /// Those that a name would collide with.
    fn like(&self, account: &str, name: &str) -> Vec<&Taken> {
        let name = name.to_ascii_lowercase();
        let near = self.0.get(&(account.to_owned(), without_numbers(&name).to_owned()));
        near.into_iter().flatten().filter(|other| collide(&name, &other.name)).collect()
    }
}

/// A name without the numbers at its end: `app-1-2` → `app`.
fn without_numbers(name: &str) -> &str {
    let mut rest = name;
    while let Some((before, number)) = rest.rsplit_once('-')
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        rest = before;
    }
    rest
}

/// The names that policies of the customer have.
fn customer_policies(snapshot: &Snapshot) -> AllTaken {
    let mut holders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for found in snapshot.principals() {
        for arn in &found.attached {
            holders.entry(arn).or_default().push(&found.arn);
        }
    }
    let mut all = AllTaken::default();
    for text in snapshot.managed_policies() {
        let Some(arn) = Arn::parse(text).filter(|arn| arn.account() != "aws") else { continue };
        let name = arn.resource().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let holder = match holders.get(text).map(Vec::as_slice) {
            Some([only]) => Some((*only).to_owned()),
            _ => None,
        };
        all.add(arn.account(), Taken { name, holder });
    }
    all
}

/// The first name that is not taken; takes it.
fn free(found: &GrantedPrincipal, taken: &mut AllTaken) -> String {
    let target = deliver::target(&found.arn, Some(found));
    let (plain, kind) = (safe(&target.name), target.kind.word());
    let marked = format!("{kind}-{plain}-leastwise");
    let like = |name: &str| taken.like(found.account(), name);
    let is_own = |other: &&Taken| other.holder.as_ref() == Some(&found.arn);
    let before = like(&marked);
    let name = if !before.is_empty() && before.iter().all(is_own) {
        marked
    } else {
        let numbered = (2u32..).map(|number| format!("{marked}-v{number}"));
        std::iter::once(plain)
            .chain(std::iter::once(marked.clone()))
            .chain(numbered)
            .find(|name| like(name).is_empty())
            .expect("an endless supply of numbers outlasts a finite set")
    };
    taken.add(found.account(), Taken { name: name.to_ascii_lowercase(), holder: None });
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
            {"RoleName":"order","Arn":"arn:aws:iam::111122223333:role/order"}],
        "Policies":[{"PolicyName":"Order","Arn":"arn:aws:iam::111122223333:policy/x/Order"}]}"#;

    #[test]
    fn no_two_policies_of_an_account_are_called_alike() {
        let names = names(LISTING, Attach::Managed);
        assert_eq!(
            names,
            ["app", "role-app-1-leastwise", "role-order-leastwise", "user-APP-leastwise", "app"]
        );
    }

    #[test]
    fn the_next_run_gives_the_name_again_that_it_finds_attached() {
        let own = "arn:aws:iam::111122223333:policy/role-app-leastwise-1";
        let listing = |holders: &str| {
            format!(
                r#"{{"RoleDetailList":[
                    {{"RoleName":"app","Arn":"arn:aws:iam::111122223333:role/app","AttachedManagedPolicies":[{{"PolicyArn":"{own}"}}]}}{holders}],
                    "Policies":[{{"PolicyName":"role-app-leastwise-1","Arn":"{own}"}}]}}"#
            )
        };
        assert_eq!(names(&listing(""), Attach::Managed), ["role-app-leastwise"]);
        let another = format!(
            r#",{{"RoleName":"b","Arn":"arn:aws:iam::111122223333:role/b","AttachedManagedPolicies":[{{"PolicyArn":"{own}"}}]}}"#
        );
        assert_eq!(names(&listing(&another), Attach::Managed), ["app", "b"]);
    }

    #[test]
    fn names_have_the_letters_and_the_length_that_iam_takes() {
        assert_eq!(safe("a/b c"), "a-b-c");
        assert_eq!(safe(&"x".repeat(200)).len(), LONGEST);
    }
}
