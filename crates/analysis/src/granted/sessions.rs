//! What is known of the sessions of a principal: `aws:userid`, and whether its tags are those that were listed.
//!
//! "For assumed roles: role-id:caller-specified-role-name"
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable>). What a session is
//! called nobody knows, and often the caller chooses it. So the key is told only where each policy means all sessions of
//! the role, or none.

use leastwise_policy::aws::{Effect, Policy, PrincipalBlock, PrincipalKind as Kind, PrincipalSet, Statement};
use leastwise_policy::glob;

use super::{GrantedPrincipal, PrincipalKind};

const KEY: &str = "aws:userid";

/// A name of a session that no policy means in particular.
const NOBODY: &str = "qx7-nobody";

/// What policies ask of `aws:userid`, and which sessions they name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sessions {
    patterns: Vec<String>,
    /// Whether the key is the value of some variable.
    is_variable: bool,
    /// ARNs of sessions.
    named: Vec<String>,
}

impl Sessions {
    /// What these policies say.
    pub(crate) fn of<'p>(policies: impl IntoIterator<Item = &'p Policy>) -> Sessions {
        let mut sessions = Sessions::default();
        sessions.hear(policies);
        sessions
    }

    /// Adds what these say.
    pub(crate) fn hear<'p>(&mut self, policies: impl IntoIterator<Item = &'p Policy>) {
        for statement in policies.into_iter().flat_map(|policy| &policy.statements) {
            self.add(statement);
        }
    }

    fn add(&mut self, statement: &Statement) {
        let is_variable = |text: &str| text.contains("${") && text.to_ascii_lowercase().contains(KEY);
        for condition in &statement.condition {
            if condition.key.eq_ignore_ascii_case(KEY) {
                self.patterns.extend(condition.values.iter().cloned());
            }
            self.is_variable |= condition.values.iter().any(|value| is_variable(value));
        }
        let mut resources = statement.resource.iter().flat_map(|block| block.patterns());
        self.is_variable |= resources.any(|pattern| is_variable(pattern.as_str()));
        let Some(PrincipalBlock::Principal(set) | PrincipalBlock::NotPrincipal(set)) = &statement.principal
        else {
            return;
        };
        if let PrincipalSet::ByKind(kinds) = set {
            let texts = kinds.iter().filter(|(kind, _)| *kind == Kind::Aws).flat_map(|(_, texts)| texts);
            self.named.extend(texts.filter(|text| text.contains(":assumed-role/")).cloned());
        }
    }

    /// The value of `aws:userid` in calls of the principal, as far as these policies can tell it from others.
    pub(crate) fn userid(&self, principal: &GrantedPrincipal) -> Option<String> {
        let id = principal.unique_id.as_deref()?;
        if principal.kind == PrincipalKind::User {
            return Some(id.to_owned());
        }
        let of_role = format!(":assumed-role/{}/", principal.name);
        let all = format!("{id}:*");
        let folded = all.to_ascii_lowercase();
        let is_decided = |pattern: &String| {
            glob::subsumes(pattern, &all) || !glob::overlaps(&pattern.to_ascii_lowercase(), &folded)
        };
        let is_told = !self.is_variable
            && !self.named.iter().any(|arn| arn.contains(&of_role))
            && self.patterns.iter().all(is_decided);
        is_told.then(|| format!("{id}:{NOBODY}"))
    }
}

impl GrantedPrincipal {
    /// Whether a session of the role may have other tags, which then count instead of the role's: its trust policy must
    /// allow `sts:TagSession`. What cannot be read may.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
    pub(crate) fn may_be_tagged(&self) -> bool {
        let lets = |statement: &Statement| {
            statement.effect == Effect::Allow && statement.action.applies_to("sts:TagSession")
        };
        let trust = self.trust.as_ref();
        self.kind == PrincipalKind::Role && trust.is_none_or(|trust| trust.statements.iter().any(lets))
    }
}

#[cfg(test)]
mod tests {
    use crate::granted::Snapshot;

    use super::*;

    const LISTING: &str = r#"{
        "UserDetailList": [{"UserName": "u", "UserId": "AIDAEXAMPLE", "Arn": "arn:aws:iam::111122223333:user/u"}],
        "RoleDetailList": [{"RoleName": "r", "RoleId": "AROAEXAMPLE", "Arn": "arn:aws:iam::111122223333:role/x/r"}]}"#;

    fn told(statement: &str) -> (Option<String>, Option<String>) {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#);
        let kind = leastwise_policy::aws::DocumentKind::Resource;
        let sessions = Sessions::of([&Policy::parse_kind(&text, kind).expect("a policy")]);
        let snapshot = Snapshot::parse("account.json", LISTING).expect("a listing");
        let of = |arn: &str| sessions.userid(snapshot.principal(arn).expect("a principal"));
        (of("arn:aws:iam::111122223333:user/u"), of("arn:aws:iam::111122223333:role/x/r"))
    }

    fn asking(values: &str) -> String {
        format!(
            r#"{{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
                "Condition": {{"StringNotLike": {{"aws:UserId": {values}}}}}}}"#
        )
    }

    #[test]
    fn the_id_of_a_role_is_told_where_nothing_hangs_on_the_name_of_the_session() {
        let user = || Some("AIDAEXAMPLE".to_owned());
        for decided in
            [r#"["AROAEXAMPLE:*", "111122223333"]"#, r#""AROA*""#, r#""AROAOTHER:alice""#, r#""*""#]
        {
            assert_eq!(told(&asking(decided)), (user(), Some("AROAEXAMPLE:qx7-nobody".into())), "{decided}");
        }
        for open in [r#""AROAEXAMPLE:alice""#, r#""*:alice""#, r#""aroaexample:alice""#, r#""AROA*alice""#] {
            assert_eq!(told(&asking(open)), (user(), None), "{open}");
        }
    }

    #[test]
    fn a_variable_or_a_session_that_is_named_leaves_the_key_open() {
        let user = || Some("AIDAEXAMPLE".to_owned());
        let home = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::home/${aws:userid}/*"}"#;
        assert_eq!(told(home), (user(), None));
        let session = |role: &str| {
            format!(
                r#"{{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:sts::111122223333:assumed-role/{role}/alice"}},
                    "Action": "s3:GetObject", "Resource": "*"}}"#
            )
        };
        assert_eq!(told(&session("r")), (user(), None));
        assert_eq!(told(&session("other")), (user(), Some("AROAEXAMPLE:qx7-nobody".into())));
    }
}
