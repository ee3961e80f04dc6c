//! One statement: its elements are read in any order, then it is seen whether it is whole.

use super::element::{action, conditions, effect, list_of, principal_set, resource, string};
use super::{DocumentKind, Parsed, Parser, Refusal, of, refuse, unknown_key};
use crate::aws::{
    ActionBlock, ActionPattern, Conditions, Effect, PrincipalBlock, PrincipalSet, ResourceBlock,
    ResourcePattern, Statement,
};
use crate::json::{Keyed, Shape, Tree};

impl Parser {
    pub(super) fn statement<T: Tree>(&self, value: &T) -> Parsed<Statement> {
        let Shape::Object(members) = value.shape() else {
            return refuse(
                value.at(),
                format!("a statement is an object, this is {}", value.shape().describe()),
            );
        };
        let mut draft = Draft::default();
        for member in members {
            self.element::<T>(&mut draft, member)?;
        }
        let Some(effect) = draft.effect else {
            return refuse(value.at(), "`Effect` is missing; write `\"Effect\": \"Allow\"` or `\"Deny\"`");
        };
        let Some(action) = draft.action else {
            return refuse(value.at(), "the statement has neither `Action` nor `NotAction`");
        };
        if draft.resource.is_none() && !matches!(self.kind, DocumentKind::Trust | DocumentKind::Resource) {
            return refuse(value.at(), "the statement has neither `Resource` nor `NotResource`");
        }
        if draft.principal.is_none() && self.kind.has_principal() {
            return refuse(
                value.at(),
                format!("`Principal` is missing, {} must have it", self.kind.as_str()),
            );
        }
        let Draft { sid, principal, resource, condition, .. } = draft;
        Ok(Statement { sid, effect, principal, action, resource, condition })
    }

    fn element<T: Tree>(&self, draft: &mut Draft, member: &T::Member) -> Parsed<()> {
        match member.key() {
            "Sid" => draft.sid = Some(of(member, |value: &T| self.sid(value))?),
            "Effect" => draft.effect = Some(of(member, effect::<T>)?),
            "Principal" | "NotPrincipal" if !self.kind.has_principal() => {
                let reason = format!("{} must not have `{}`", self.kind.as_str(), member.key());
                return Err(Refusal::new(member.at(), reason).under(member.key()));
            }
            "Principal" => draft.set_principal::<T>(member, PrincipalBlock::Principal)?,
            "NotPrincipal" => draft.set_principal::<T>(member, PrincipalBlock::NotPrincipal)?,
            "Action" => draft.set_action::<T>(member, ActionBlock::Action)?,
            "NotAction" => draft.set_action::<T>(member, ActionBlock::NotAction)?,
            "Resource" | "NotResource" if self.kind == DocumentKind::Trust => {
                let reason = format!(
                    "a trust policy must not have `{}`: the role it belongs to is meant",
                    member.key()
                );
                return Err(Refusal::new(member.at(), reason).under(member.key()));
            }
            "Resource" => draft.set_resource::<T>(member, self.kind, ResourceBlock::Resource)?,
            "NotResource" => draft.set_resource::<T>(member, self.kind, ResourceBlock::NotResource)?,
            "Condition" => draft.condition = of(member, conditions::<T>)?,
            key => {
                let known = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
                return Err(unknown_key::<T>(member, key, &known));
            }
        }
        Ok(())
    }

    fn sid<T: Tree>(&self, value: &T) -> Parsed<String> {
        let text = string(value)?;
        if self.kind.has_plain_sids() && !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let reason =
                format!("the Sid `{text}` may have only letters and digits in {}", self.kind.as_str());
            return refuse(value.at(), reason);
        }
        Ok(text.into_owned())
    }
}

/// A statement that is being read.
#[derive(Default)]
struct Draft {
    sid: Option<String>,
    effect: Option<Effect>,
    principal: Option<PrincipalBlock>,
    action: Option<ActionBlock>,
    resource: Option<ResourceBlock>,
    condition: Conditions,
}

impl Draft {
    fn set_principal<T: Tree>(
        &mut self,
        member: &T::Member,
        block: fn(PrincipalSet) -> PrincipalBlock,
    ) -> Parsed<()> {
        only_one::<T>(member, self.principal.is_some(), "Principal")?;
        self.principal = Some(block(of(member, principal_set::<T>)?));
        Ok(())
    }

    fn set_action<T: Tree>(
        &mut self,
        member: &T::Member,
        block: fn(Vec<ActionPattern>) -> ActionBlock,
    ) -> Parsed<()> {
        only_one::<T>(member, self.action.is_some(), "Action")?;
        self.action = Some(block(of(member, |value: &T| list_of(value, action))?));
        Ok(())
    }

    fn set_resource<T: Tree>(
        &mut self,
        member: &T::Member,
        kind: DocumentKind,
        block: fn(Vec<ResourcePattern>) -> ResourceBlock,
    ) -> Parsed<()> {
        only_one::<T>(member, self.resource.is_some(), "Resource")?;
        self.resource = Some(block(of(member, |value: &T| list_of(value, |value| resource(value, kind)))?));
        Ok(())
    }
}

fn only_one<T: Tree>(member: &T::Member, already: bool, name: &str) -> Parsed<()> {
    if already {
        let reason = format!("a statement has either `{name}` or `Not{name}`, not both");
        return Err(Refusal::new(member.at(), reason).under(member.key()));
    }
    Ok(())
}
