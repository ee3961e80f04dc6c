//! Google Cloud: a custom role with the permissions that were refused, bound on the resource that the message names.
//!
//! <https://cloud.google.com/iam/docs/creating-custom-roles>; a resource of its own kind takes a binding, or its
//! project does.

use leastwise_catalog::gcp::Gcp;
use serde_json::{Value, json};

use super::super::{Denials, Platform};
use super::{Answer, Other, Told, blocked, grouped};

/// What stands for a principal that the message does not name.
const SOMEBODY: &str = "<principal>";

pub(super) fn answer(denials: &Denials, answer: &mut Answer) {
    let gcp = Gcp::embedded();
    let mut needs: Vec<((String, String), String)> = Vec::new();
    for refusal in denials.refusals.iter().filter(|refusal| refusal.platform == Platform::Gcp) {
        if let Some(told) = blocked(refusal) {
            answer.told.push(told);
            continue;
        }
        let place = &refusal.place;
        let permission = &refusal.action;
        // Permissions are also written with their service's host: `iam.googleapis.com/denypolicies.create`.
        let short = permission.replacen(".googleapis.com/", ".", 1);
        if !gcp.has(&short) {
            let text = format!("the catalogue does not know `{permission}`, so it is not granted");
            let help = match gcp.suggest(&short).first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => "look it up in Google Cloud's list of permissions".to_owned(),
            };
            answer.told.push(Told::new(place, text, help));
            continue;
        }
        let anonymous = |who: &str| matches!(who, "caller" | "allUsers");
        if refusal.principal.as_deref().is_some_and(anonymous) {
            let text = format!("the call that needed `{permission}` had no credentials");
            answer.told.push(Told::new(place, text, "sign in before: nothing is opened to everybody here"));
            continue;
        }
        if short.ends_with(".setIamPolicy")
            || short.contains("serviceAccounts.")
            || short.contains("serviceAccountKeys.")
        {
            let text = format!("`{permission}` changes who may do what, or lets one act as somebody else");
            answer.notes.push(Told::new(place, text, "add it only where that is meant"));
        } else if short.ends_with(".delete") {
            answer.notes.push(Told::new(
                place,
                format!("`{permission}` deletes"),
                "add it only where that is meant",
            ));
        }
        let who = refusal.principal.clone().unwrap_or_else(|| SOMEBODY.to_owned());
        let resource = refusal.resource.clone().unwrap_or_else(|| {
            let text = format!("the message does not name the resource of `{permission}`");
            answer.notes.push(Told::new(
                place,
                text,
                "put it in the place of `<resource>`, as narrow as can be",
            ));
            format!("<resource of {}>", short.rsplit_once('.').map_or(short.as_str(), |(kind, _)| kind))
        });
        needs.push(((who, resource), short));
    }
    let bindings =
        grouped(needs).into_iter().map(|((who, resource), permissions)| (who, (resource, permissions)));
    for (who, resources) in grouped(bindings) {
        let documents: Vec<Value> =
            resources.iter().map(|(resource, permissions)| documents(&who, resource, permissions)).collect();
        answer.others.push(Other {
            platform: Platform::Gcp,
            principal: who,
            documents: Value::from(documents),
        });
    }
}

fn documents(who: &str, resource: &str, permissions: &[String]) -> Value {
    let mut permissions = permissions.to_vec();
    permissions.sort();
    json!({
        "role": {"title": "What was refused", "stage": "GA", "includedPermissions": permissions},
        "binding": {"resource": resource, "members": [member(who)], "role": "projects/<project>/roles/<role>"},
    })
}

/// `serviceAccount:…` or `user:…`.
fn member(who: &str) -> String {
    match who {
        _ if who.ends_with(".gserviceaccount.com") => format!("serviceAccount:{who}"),
        _ if who.contains('@') => format!("user:{who}"),
        _ => who.to_owned(),
    }
}
