//! Intent → GitHub: the permissions of an app, and what each installation token asks for.
//!
//! <https://docs.github.com/apps/creating-github-apps/registering-a-github-app/choosing-permissions-for-a-github-app>,
//! <https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app>
//!
//! An app has one set of permissions on whatever it is installed on; a token can have less, on fewer repositories, but
//! has everything that it has on each of them. So repositories on which different things are meant need tokens of
//! their own.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::github::{self, Of};

use super::Note;
use super::elsewhere::{Binder, Text};
use super::unsaid::Says;
use crate::intent::{Fault, Intent, IntentError, Permission, Place, Role, nearest};

/// A role as GitHub takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The role's name.
    pub role: String,
    /// The permissions of the app, each with the highest level that any token needs.
    pub app: Levels,
    /// What each token asks for.
    pub tokens: Vec<Token>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why each permission is there, in the order of the intent.
    pub reasons: Vec<Reason>,
    /// What must be known before use.
    pub warnings: Vec<Note>,
}

/// Permission → level.
pub type Levels = BTreeMap<&'static str, &'static str>;

/// A token of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The account in which the app is installed.
    pub owner: String,
    /// The repositories; nothing where no permission is of repositories, or all are meant.
    pub repositories: Option<Vec<String>>,
    /// What it may do.
    pub permissions: Levels,
}

/// Why a permission is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The word of the intent.
    pub verb: String,
    /// The name of the resource in the intent.
    pub name: String,
    /// Where the permission was said.
    pub place: Place,
    /// Of what.
    pub on: On,
    /// The permission.
    pub permission: &'static str,
    /// The level.
    pub level: &'static str,
}

/// Of what a permission is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct On {
    /// The account in which the app is installed.
    pub owner: String,
    /// A repository, or every one.
    pub repository: Repository,
}

/// Which repository of an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repository {
    /// The permission is of the account itself.
    None,
    /// Every repository on which the app is installed.
    Every,
    /// This one.
    Named(String),
}

/// The levels of GitHub, the mildest first.
const LEVELS: [&str; 3] = ["read", "write", "admin"];

const SAYS: Says = Says {
    platform: "github",
    never: false,
    approval: false,
    boundary: false,
    // A token lasts one hour.
    session: true,
    expires: false,
    limit: |_| false,
};

/// Compiles every role of an intent, in one environment.
///
/// # Errors
/// Everything in the intent that GitHub knows no meaning for, or cannot say.
pub fn compile(intent: &Intent, environment: Option<&str>) -> Result<Vec<Compiled>, IntentError> {
    let mut faults = Vec::new();
    let roles: Vec<Compiled> =
        intent.roles.iter().filter_map(|role| compile_role(intent, role, environment, &mut faults)).collect();
    IntentError::unless(roles, faults)
}

fn compile_role(
    intent: &Intent,
    role: &Role,
    environment: Option<&str>,
    faults: &mut Vec<Fault>,
) -> Option<Compiled> {
    let before = faults.len();
    SAYS.refuse(role, faults);
    if let Some(session) = role.session.as_ref().filter(|session| session.value < 3_600) {
        let fault =
            Fault::new(&session.place, "github cannot say `session`: a token of an app lasts one hour");
        faults.push(fault.help("say `1h`, and revoke the token when it is no longer needed"));
    }
    if let Some(trust) = role.trust.first() {
        let fault = Fault::new(&trust.place, "github cannot say `trust`: whoever has its key is the app");
        faults.push(fault.help("give what is meant for github a role of its own without it"));
    }
    let binder =
        Binder { intent, platform: "github", keys: &["github"], example: "acme/shop/issues", environment };
    let mut reasons = Vec::new();
    for permission in &role.permissions {
        match one(&binder, permission) {
            Ok(found) => reasons.extend(found),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.len() > before {
        return None;
    }
    let mut app = Levels::new();
    for reason in &reasons {
        raise(&mut app, reason);
    }
    Some(Compiled {
        role: role.name.value.clone(),
        app,
        tokens: tokens(&reasons),
        owner: role.owner.as_ref().map(|owner| owner.value.clone()),
        warnings: warnings(&reasons),
        reasons,
    })
}

fn one(binder: &Binder<'_>, permission: &Permission) -> Result<Vec<Reason>, Fault> {
    let mut reasons = Vec::new();
    for text in binder.resolve(&permission.resource)? {
        let (on, known) = bind(&text)?;
        reasons.push(Reason {
            verb: permission.verb.value.clone(),
            name: permission.resource.value.clone(),
            place: permission.verb.place.clone(),
            on,
            permission: known.name,
            level: level(permission, known)?,
        });
    }
    Ok(reasons)
}

/// `OWNER/REPOSITORY/PERMISSION`, `OWNER/*/PERMISSION`, and `OWNER/PERMISSION` for what is not of a repository.
fn bind(text: &Text) -> Result<(On, &'static github::Permission), Fault> {
    let (value, place) = (&text.value.1, &text.place);
    let wrong = |message: String, help: String| Err(Fault::new(place, message).help(help));
    let parts: Vec<&str> = value.split('/').collect();
    let (owner, repository, name) = match parts.as_slice() {
        [owner, name] => (*owner, None, *name),
        [owner, repository, name] => (*owner, Some(*repository), *name),
        _ => {
            return wrong(
                format!("`{value}` names no permission of a repository"),
                "write OWNER/REPOSITORY/PERMISSION, such as `acme/shop/issues`".to_owned(),
            );
        }
    };
    let permissions = github::permissions();
    let Some(known) = permissions.iter().find(|known| known.name == name.replace('-', "_")) else {
        let near = nearest(name, permissions.iter().map(|known| known.name));
        let help = near.map_or_else(
            || "they are listed at https://docs.github.com/rest/authentication/permissions-required-for-github-apps".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return wrong(format!("github has no permission `{name}`"), help);
    };
    let named = |text: &str| {
        !text.is_empty()
            && text != "."
            && text != ".."
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if !named(owner) {
        return wrong(format!("`{owner}` is no account"), "name the user or organization".to_owned());
    }
    let repository = match (repository, known.of) {
        (None, Of::Repository) => {
            return wrong(
                format!("`{name}` is of a repository"),
                format!("write `{owner}/REPOSITORY/{name}`, or `{owner}/*/{name}` for every one"),
            );
        }
        (Some(_), Of::Organization | Of::Enterprise | Of::Account) => {
            return wrong(format!("`{name}` is of no repository"), format!("write `{owner}/{name}`"));
        }
        (None, _) => Repository::None,
        (Some("*"), _) => Repository::Every,
        (Some(repository), _) if named(repository) => Repository::Named(repository.to_owned()),
        (Some(repository), _) => {
            return wrong(
                format!("`{repository}` is no repository"),
                "a token takes no wildcard within a name: name each, or `*` for every one".to_owned(),
            );
        }
    };
    Ok((On { owner: owner.to_owned(), repository }, known))
}

/// The level of GitHub that a level of an intent is; one that GitHub has only in a greater one is refused.
fn level(permission: &Permission, known: &github::Permission) -> Result<&'static str, Fault> {
    let said = permission.verb.value.as_str();
    if let Some(level) = LEVELS.into_iter().find(|level| *level == said && known.levels.contains(level)) {
        return Ok(level);
    }
    let place = &permission.verb.place;
    let levels = known.levels.join(", ");
    let help = format!("it has: {levels}");
    if LEVELS.contains(&said) {
        return Err(Fault::new(place, format!("`{}` has no level `{said}`", known.name)).help(help));
    }
    let greater = match said {
        "list" | "describe" => Some("read"),
        "update" | "delete" | "tag" => Some("write"),
        _ => None,
    };
    Err(match greater.filter(|greater| known.levels.contains(greater)) {
        Some(greater) => {
            Fault::new(place, format!("`{said}` is only a part of what GitHub's `{greater}` allows"))
                .help(format!("say `{greater}` if that is meant"))
        }
        None => {
            let fault = Fault::new(place, format!("`{said}` means nothing for `{}`", known.name));
            match nearest(said, known.levels.iter().copied()) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(help),
            }
        }
    })
}

fn raise(levels: &mut Levels, reason: &Reason) {
    let rank = |level: &str| LEVELS.iter().position(|known| *known == level);
    let level = levels.entry(reason.permission).or_insert(reason.level);
    if rank(level) < rank(reason.level) {
        *level = reason.level;
    }
}

/// One token for all repositories of an account on which the same is meant, one for what is of the account itself.
fn tokens(reasons: &[Reason]) -> Vec<Token> {
    let mut by_place: BTreeMap<&On, Levels> = BTreeMap::new();
    for reason in reasons {
        raise(by_place.entry(&reason.on).or_default(), reason);
    }
    let mut tokens: Vec<Token> = Vec::new();
    let mut alike: BTreeMap<(&str, Levels), BTreeSet<String>> = BTreeMap::new();
    for (on, permissions) in by_place {
        match &on.repository {
            Repository::Named(name) => {
                alike.entry((&on.owner, permissions)).or_default().insert(name.clone());
            }
            _ => tokens.push(Token { owner: on.owner.clone(), repositories: None, permissions }),
        }
    }
    // GitHub takes at most 500 repositories for a token.
    for ((owner, permissions), names) in alike {
        let names: Vec<String> = names.into_iter().collect();
        tokens.extend(names.chunks(500).map(|names| Token {
            owner: owner.to_owned(),
            repositories: Some(names.to_vec()),
            permissions: permissions.clone(),
        }));
    }
    tokens
}

fn warnings(reasons: &[Reason]) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for reason in reasons {
        let mut note = |text: String| {
            let note = Note { place: reason.place.clone(), text };
            if !notes.contains(&note) {
                notes.push(note);
            }
        };
        if reason.on.repository == Repository::Every {
            note(format!(
                "every repository of `{}` on which the app is installed, now and later",
                reason.on.owner
            ));
        }
        if reason.level == "admin" {
            note(format!("admin: everything that `{}` knows", reason.permission));
        }
        if reason.level == "write" {
            note(format!(
                "`write` of `{}` reads too: GitHub has no writing without reading",
                reason.permission
            ));
        }
        if let Some(risk) = github::risk(reason.permission, reason.level) {
            note(format!("{}: {risk}", reason.permission));
        }
    }
    notes
}
