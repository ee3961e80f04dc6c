//! Azure: a custom role with the operations that were refused, assigned on the scope that the message names.
//!
//! <https://learn.microsoft.com/en-us/azure/role-based-access-control/custom-roles>: a role may be assigned on any
//! resource, but be made assignable only in a resource group, a subscription or a management group.

use leastwise_catalog::azure::{Azure, Plane};
use serde_json::{Value, json};

use super::super::{Denials, Platform};
use super::{Answer, Other, Told, blocked, grouped};

pub(super) fn answer(denials: &Denials, answer: &mut Answer) {
    let azure = Azure::embedded();
    let mut needs: Vec<((String, String), (Plane, String))> = Vec::new();
    for refusal in denials.refusals.iter().filter(|refusal| refusal.platform == Platform::Azure) {
        if let Some(told) = blocked(refusal) {
            answer.told.push(told);
            continue;
        }
        let (place, action) = (&refusal.place, &refusal.action);
        let Some((name, planes)) = azure.operation(action) else {
            let text = format!("the catalogue does not know `{action}`, so it is not granted");
            let help = match azure.suggest(action).first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`az provider operation list` knows newer ones".to_owned(),
            };
            answer.told.push(Told::new(place, text, help));
            continue;
        };
        let Some(scope) = refusal.resource.clone().filter(|scope| scope.starts_with('/')) else {
            let text = format!("the message does not say on which scope `{name}` was refused");
            answer.told.push(Told::new(place, text, "the activity log names the scope"));
            continue;
        };
        let lower = name.to_ascii_lowercase();
        if lower.starts_with("microsoft.authorization/") {
            let text = format!("`{name}` changes who may do what");
            answer.notes.push(Told::new(place, text, "add it only where that is meant"));
        } else if lower.ends_with("/delete") {
            answer.notes.push(Told::new(
                place,
                format!("`{name}` deletes"),
                "add it only where that is meant",
            ));
        }
        let plane = if planes.contains(&Plane::Control) { Plane::Control } else { Plane::Data };
        let who = refusal.more.get("object").cloned().or_else(|| refusal.principal.as_deref().map(object_id));
        let who = who.unwrap_or_else(|| "<object id>".to_owned());
        needs.push(((who, scope), (plane, name.to_owned())));
    }
    let scopes = grouped(needs).into_iter().map(|((who, scope), operations)| (who, (scope, operations)));
    for (who, scopes) in grouped(scopes) {
        let documents: Vec<Value> =
            scopes.iter().map(|(scope, operations)| documents(&who, scope, operations)).collect();
        answer.others.push(Other {
            platform: Platform::Azure,
            principal: who,
            documents: Value::from(documents),
        });
    }
}

/// Key Vault names its caller by `appid=…;oid=…;iss=…`.
fn object_id(caller: &str) -> String {
    let id = caller.split(';').find_map(|part| part.strip_prefix("oid="));
    id.unwrap_or(caller).to_owned()
}

fn documents(who: &str, scope: &str, operations: &[(Plane, String)]) -> Value {
    let of = |plane: Plane| {
        let mut names: Vec<&str> =
            operations.iter().filter(|(of, _)| *of == plane).map(|(_, name)| name.as_str()).collect();
        names.sort_unstable();
        names
    };
    json!({
        "role": {
            "Name": "What was refused",
            "IsCustom": true,
            "Description": "Added because it was refused",
            "Actions": of(Plane::Control),
            "NotActions": [],
            "DataActions": of(Plane::Data),
            "NotDataActions": [],
            "AssignableScopes": [assignable(scope)],
        },
        "assignment": {"principalId": who, "scope": scope},
    })
}

/// The resource group of a scope, or its subscription.
fn assignable(scope: &str) -> &str {
    let ends: Vec<usize> = scope.match_indices('/').map(|(at, _)| at).chain([scope.len()]).collect();
    let parts: Vec<&str> = scope.split('/').collect();
    let is = |index: usize, name: &str| parts.get(index).is_some_and(|part| part.eq_ignore_ascii_case(name));
    match ends.as_slice() {
        [_, _, _, _, end, ..] if is(1, "subscriptions") && is(3, "resourceGroups") => &scope[..*end],
        [_, _, end, ..] if is(1, "subscriptions") => &scope[..*end],
        _ => scope,
    }
}

#[cfg(test)]
mod tests {
    use super::assignable;

    #[test]
    fn a_role_is_assignable_in_the_group_of_its_scope() {
        let check = |scope, group| assert_eq!(assignable(scope), group);
        check(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/x",
            "/subscriptions/s/resourceGroups/g",
        );
        check("/subscriptions/s/resourcegroups/g", "/subscriptions/s/resourcegroups/g");
        check("/subscriptions/s", "/subscriptions/s");
        check("/subscriptions/s/providers/Microsoft.Web", "/subscriptions/s");
        check(
            "/providers/Microsoft.Management/managementGroups/m",
            "/providers/Microsoft.Management/managementGroups/m",
        );
    }
}
