//! What the new policies take the place of: nothing is cut before that is detached and deleted.

use leastwise_analysis::granted::GrantedPrincipal;
use leastwise_policy::aws::{Named, Policy};
use serde::Serialize;

use super::page::{Cell, Section};

/// What a principal has today, by what is to be done with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Replaces {
    /// ARNs of managed policies to detach.
    pub managed: Vec<String>,
    /// Names of inline policies to delete.
    pub inline: Vec<String>,
    /// Of those that are there, policies that are called like a new document, which is their next version.
    pub updated: Vec<String>,
    /// Groups of which what they give is not touched.
    pub groups: Vec<String>,
    /// The permissions boundary, which stays.
    pub boundary: Option<String>,
    /// Whether these are policies of a permission set of IAM Identity Center.
    pub in_permission_set: bool,
}

/// How the new policies are attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum New {
    Managed,
    Inline,
}

impl Replaces {
    /// What `found` has beside `documents`.
    pub(crate) fn of(found: &GrantedPrincipal, documents: &[Named<Policy>], new: New) -> Replaces {
        let is_new = |name: &str| documents.iter().any(|one| one.name.eq_ignore_ascii_case(name));
        let is_next = |arn: &str| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            new == New::Managed && !arn.contains(":iam::aws:") && is_new(name)
        };
        let is_own = |name: &str| new == New::Inline && documents.iter().any(|one| one.name == name);
        let (managed_again, managed) =
            found.attached.iter().cloned().partition::<Vec<_>, _>(|arn| is_next(arn));
        let (inline_again, inline) = found.inline.iter().cloned().partition::<Vec<_>, _>(|name| is_own(name));
        Replaces {
            managed,
            inline,
            updated: [managed_again, inline_again].concat(),
            groups: found.groups.clone(),
            boundary: found.boundary.clone(),
            in_permission_set: found.path.starts_with("/aws-reserved/"),
        }
    }

    /// What is to be done, with what: our words, and names.
    pub(crate) fn steps(&self) -> Vec<(&'static str, &[String])> {
        let (detach, delete) = match self.in_permission_set {
            false => ("detach the managed policies", "delete the inline policies"),
            true => {
                ("take out of the permission set", "replace in the permission set, whose inline policy it is")
            }
        };
        [
            (detach, self.managed.as_slice()),
            (delete, &self.inline),
            ("put the new document of that name in the place of", &self.updated),
            ("not touched by this is what comes from the groups", &self.groups),
            ("the permissions boundary stays", self.boundary.as_slice()),
        ]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .collect()
    }

    /// The steps, for people: at most `most` names of each.
    pub(crate) fn words(&self, most: usize) -> Vec<String> {
        let step = |(what, names): (&str, &[String])| {
            let more = match names.len().saturating_sub(most) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let names: Vec<String> = names.iter().take(most).map(|name| format!("`{name}`")).collect();
            format!("{what} {}{more}", names.join(", "))
        };
        self.steps().into_iter().map(step).collect()
    }

    /// The lines of a comment at the head of a file.
    pub(crate) fn comments(&self) -> Vec<String> {
        let mut lines = self.words(usize::MAX);
        if !lines.is_empty() {
            lines.insert(0, format!("{CUT}:"));
        }
        lines
    }

    /// The table of a report.
    pub(super) fn section(&self) -> Option<Section> {
        let steps = self.steps();
        let row =
            |(what, names): &(&str, &[String])| vec![Cell::text(*what), Cell::some("", names, names.len())];
        (!steps.is_empty()).then(|| Section {
            title: "What to take away".to_owned(),
            intro: format!("{CUT}."),
            columns: vec!["What to do", "With"],
            rows: steps.iter().map(row).collect(),
            folds: false,
        })
    }
}

/// Why there is something to be done.
const CUT: &str = "The new policies only add to what is there until it is taken away";

#[cfg(test)]
mod tests {
    use leastwise_analysis::granted::Snapshot;

    use super::*;

    #[test]
    fn what_is_called_like_a_new_document_is_its_next_version_and_not_to_be_detached() {
        let listing = r#"{"RoleDetailList":[{"RoleName":"app","Arn":"arn:aws:iam::111122223333:role/app",
            "AttachedManagedPolicies":[
                {"PolicyName":"App","PolicyArn":"arn:aws:iam::111122223333:policy/App"},
                {"PolicyName":"app","PolicyArn":"arn:aws:iam::aws:policy/app"}],
            "RolePolicyList":[{"PolicyName":"app","PolicyDocument":{"Version":"2012-10-17","Statement":[]}}]}]}"#;
        let snapshot = Snapshot::parse("s.json", listing).expect("a snapshot");
        let found = snapshot.principals().next().expect("a role");
        let policy = Policy::new(Vec::new());
        let documents = [Named::new("app", policy)];
        let of = |new| Replaces::of(found, &documents, new);
        let (managed, inline) = (of(New::Managed), of(New::Inline));
        assert_eq!(managed.updated, ["arn:aws:iam::111122223333:policy/App"]);
        assert_eq!((managed.managed.len(), managed.inline.len()), (1, 1));
        assert_eq!(
            (inline.updated.as_slice(), inline.managed.len(), inline.inline.len()),
            (&["app".to_owned()][..], 2, 0)
        );
    }
}
