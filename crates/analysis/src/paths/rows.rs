//! The tables of `data/paths`: what each known way to power needs.
//!
//! An entry begins with `path ID KIND OF` at the start of a line and goes on with lines that are indented:
//!
//! | line | means |
//! |---|---|
//! | `path ID becomes role` (`user`) | the caller gets to act as that role or user |
//! | `path ID raises role` (`user`, `any`) | that principal, which may be the caller, gets policies that allow everything |
//! | `path ID frees role` (`user`, `any`) | the caller loses its permissions boundary |
//! | `path ID joins user` | the caller gets what a group has |
//! | `path ID gains role` (`user`) | the caller gets AWS's policy `IAMFullAccess` |
//! | `path ID makes role` (`user`) | the caller gets a new principal that may do everything |
//! | `path ID strips role` (`user`, `any`) | the caller loses something that denies it something; see `denials.rs` |
//! | `path ID becomes permission-set` (`raises`, `makes`) | the same of a role that IAM Identity Center keeps |
//! | `path ID holds role` | an instance profile holds the role |
//! | `path ID enters role` | whoever is no principal of an account gets to act as that role |
//! | `pair ID = ID + ID` | what one raises, the other becomes: the name of the two together |
//! | `trusts SERVICE` | the role must let this service assume it |
//! | `lets-in saml` (`pool`) | the role must let in whoever a SAML provider (an identity pool of Amazon Cognito) says; that is `provider` |
//! | `assumes-role` | its permissions are asked with the role's trust policy |
//! | `trusting-self` | the caller must then be allowed to assume the role, by a trust policy that names it |
//! | `new NAME TEMPLATE…` | a resource that the caller chooses: its ARN, `*` for what is free |
//! | `any NAME TEMPLATE` | a resource whose name nobody knows: it must be allowed whatever the name is |
//! | `named` | its permissions count when a statement names their service, and in the management account; of a target in any account |
//! | `work NAME TEMPLATE` | an existing resource that runs as the role |
//! | `profile` | an instance profile must hold the role: one that there is or, but for `work`, one that the caller makes, by the row that `holds` it |
//! | `takes WHAT` | what it loses: `inline`, `attached`, `managed` (however it is held), `unlisted` (likewise, of which not all versions are listed), `version` (the default version, in place of which comes another that is listed), `boundary-version` (likewise, of the boundary), `group`, `group-inline`, `group-attached`, `tag` |
//! | `rewrites` | in place of it comes a policy that allows everything |
//! | `needs ACTION on RESOURCE,… with KEY=VALUE…` | a permission. A resource is `*`, `role`, `user`, `policy` (attached to the principal that is raised), `unlisted` (likewise, of which not all versions are listed), `group`, `boundary`, `unlisted-boundary` (likewise, of which not all versions are listed), `account` (of the role, as Identity Center names it), `denying` (what is taken), `provider` (that lets in), or a name that was given. A value is text, a resource, `power` (a managed policy that allows everything: AWS's, or one of the account), or nothing: the request does not have the key |
//! | `assumes TEXT` | what is taken to exist, though nobody read it |
//! | `says TEXT` | what is done, in words |

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use foldhash::fast::RandomState;
use leastwise_policy::glob::Glob;

use super::entries::Letting;
use crate::granted::{GrantedPrincipal, PrincipalKind};

/// All entries.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    /// Names of pairs, by the numbers of a row that raises and one that becomes.
    pub(super) pairs: BTreeMap<(usize, usize), String>,
    /// Every action that some row needs, once; rows have their numbers.
    pub(super) actions: Vec<String>,
    /// The numbers of the actions by their names in lower case.
    lower: HashMap<String, usize, RandomState>,
    /// Condition keys in lower case, as patterns, and whether the caller chooses them.
    keys: Vec<(Glob, bool)>,
}

/// One way to power.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) of: Of,
    pub(super) trusts: Option<String>,
    pub(super) lets_in: Option<Letting>,
    pub(super) assumes_role: bool,
    pub(super) trusting_self: bool,
    /// Whether a statement must name the service of its actions.
    pub(super) named: bool,
    pub(super) profile: bool,
    pub(super) takes: Option<Takes>,
    pub(super) rewrites: bool,
    pub(super) vars: Vec<Var>,
    pub(super) needs: Vec<Need>,
    pub(super) assumes: Option<String>,
    pub(super) says: String,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Becomes,
    Raises,
    Frees,
    Joins,
    Gains,
    Makes,
    Strips,
    Holds,
    /// From outside; see `outside.rs`.
    Enters,
}

/// What a caller loses that denies it something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Inline,
    Attached,
    Managed,
    Unlisted,
    Version,
    BoundaryVersion,
    Group,
    GroupInline,
    GroupAttached,
    Tag,
    /// Nothing is lost: a tag that is asked for is put on.
    NewTag,
}

/// Of which principals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Role,
    User,
    Any,
    /// Roles of IAM Identity Center.
    PermissionSet,
}

/// A resource besides the principal.
#[derive(Debug)]
pub(super) struct Var {
    pub(super) name: String,
    pub(super) templates: Vec<String>,
    /// Whether it exists and runs as the role.
    pub(super) work: bool,
    /// Whether its name is not known.
    pub(super) any: bool,
}

/// One permission.
#[derive(Debug)]
pub(super) struct Need {
    /// The number of the action.
    pub(super) action: usize,
    pub(super) on: Vec<On>,
    pub(super) with: Vec<(String, With)>,
    /// The keys of `with` that have one value in every account.
    pub(super) fixed: Vec<(String, String)>,
}

/// What a permission is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Nothing,
    /// The role or the user.
    Target,
    Policy,
    /// A policy of which not all versions are listed.
    Unlisted,
    Group,
    Boundary,
    /// A boundary of which not all versions are listed.
    UnlistedBoundary,
    /// The policy or the tag that is taken away.
    Denying,
    /// The account of the role.
    Account,
    /// Who says whom the role lets in.
    Provider,
    /// The number of a [`Var`].
    Var(usize),
}

/// The value of a condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum With {
    Absent,
    Text(String),
    Of(On),
    /// A managed policy that allows everything.
    Power,
}

const TABLES: [&str; 5] = [
    include_str!("../../data/paths/iam.paths"),
    include_str!("../../data/paths/denials.paths"),
    include_str!("../../data/paths/identity.paths"),
    include_str!("../../data/paths/compute.paths"),
    include_str!("../../data/paths/services.paths"),
];
/// The path of the roles that IAM Identity Center keeps, one for each permission set of an account:
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html>.
const PERMISSION_SETS: &str = "/aws-reserved/sso.amazonaws.com/";

const KEYS: &str = include_str!("../../data/paths/keys.txt");

impl Table {
    /// The tables that the program was built with.
    pub(super) fn embedded() -> &'static Table {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| {
            let mut table = Table::default();
            for text in TABLES {
                table.read(text).expect("a test reads the embedded tables");
            }
            table.read_keys(KEYS).expect("a test reads the embedded tables");
            table.lower = table.actions.iter().map(|action| action.to_ascii_lowercase()).zip(0..).collect();
            table
        })
    }

    /// Whether the caller chooses the value of `key`.
    pub(super) fn is_chosen(&self, key: &str) -> bool {
        let key = key.to_ascii_lowercase();
        self.keys.iter().find(|(pattern, _)| pattern.matches(&key)).is_some_and(|of| of.1)
    }

    /// The number of the action with this name in lower case, when some row needs it.
    pub(super) fn action(&self, lower: &str) -> Option<usize> {
        self.lower.get(lower).copied()
    }

    /// The number of the row with this id.
    pub(super) fn number(&self, id: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.id == id)
    }

    fn read(&mut self, text: &str) -> Result<(), String> {
        for (number, line) in text.lines().enumerate() {
            let said = line.trim();
            if said.is_empty() || said.starts_with('#') {
                continue;
            }
            let done = match line.starts_with(' ') {
                true => self.detail(said),
                false => self.header(said),
            };
            done.map_err(|reason| format!("line {}: {reason}: `{said}`", number + 1))?;
        }
        Ok(())
    }

    fn header(&mut self, line: &str) -> Result<(), String> {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["path", id, kind, of] => {
                let kind = match *kind {
                    "becomes" => Kind::Becomes,
                    "raises" => Kind::Raises,
                    "frees" => Kind::Frees,
                    "joins" => Kind::Joins,
                    "gains" => Kind::Gains,
                    "makes" => Kind::Makes,
                    "enters" => Kind::Enters,
                    "strips" => Kind::Strips,
                    "holds" => Kind::Holds,
                    _ => return Err("unknown kind".to_owned()),
                };
                let of = match *of {
                    "role" => Of::Role,
                    "user" => Of::User,
                    "any" => Of::Any,
                    "permission-set" => Of::PermissionSet,
                    _ => return Err("unknown principal".to_owned()),
                };
                self.rows.push(Row::new(id, kind, of));
                Ok(())
            }
            ["pair", id, "=", one, "+", other] => {
                let number = |id| self.number(id).ok_or("no such row");
                let key = (number(one)?, number(other)?);
                self.pairs.insert(key, (*id).to_owned());
                Ok(())
            }
            _ => Err("neither path nor pair".to_owned()),
        }
    }

    fn detail(&mut self, line: &str) -> Result<(), String> {
        let Table { rows, actions, .. } = self;
        let row = rows.last_mut().ok_or("nothing before it")?;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "trusts" => row.trusts = Some(rest.to_owned()),
            "lets-in" => row.lets_in = Some(Letting::read(rest).ok_or("unknown word")?),
            "assumes-role" => row.assumes_role = true,
            "trusting-self" => row.trusting_self = true,
            "named" => row.named = true,
            "profile" => row.profile = true,
            "rewrites" => row.rewrites = true,
            "takes" => row.takes = Some(Takes::read(rest).ok_or("unknown word")?),
            "assumes" => row.assumes = Some(rest.to_owned()),
            "says" => rest.clone_into(&mut row.says),
            "new" | "work" | "any" => {
                let (name, templates) = rest.split_once(' ').ok_or("no template")?;
                let templates = templates.split_whitespace().map(str::to_owned).collect();
                let (work, any) = (word == "work", word == "any");
                row.vars.push(Var { name: name.to_owned(), templates, work, any });
            }
            "needs" => {
                let need = row.need(rest, actions)?;
                row.needs.push(need);
            }
            _ => return Err("unknown word".to_owned()),
        }
        Ok(())
    }

    fn read_keys(&mut self, text: &str) -> Result<(), String> {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["chosen", key] => self.keys.push((Glob::new(key), true)),
                ["outside", key] => self.keys.push((Glob::new(key), false)),
                _ => return Err(format!("neither chosen nor outside: `{line}`")),
            }
        }
        Ok(())
    }
}

impl Row {
    fn new(id: &str, kind: Kind, of: Of) -> Row {
        Row {
            id: id.to_owned(),
            kind,
            of,
            trusts: None,
            lets_in: None,
            assumes_role: false,
            trusting_self: false,
            named: false,
            profile: false,
            takes: None,
            rewrites: false,
            vars: Vec::new(),
            needs: Vec::new(),
            assumes: None,
            says: String::new(),
        }
    }

    fn need(&self, text: &str, actions: &mut Vec<String>) -> Result<Need, String> {
        let (action, rest) = text.split_once(" on ").ok_or("no resource")?;
        let (on, with) = rest.split_once(" with ").unwrap_or((rest, ""));
        let on =
            on.split(',').map(|word| self.on(word).ok_or("unknown resource")).collect::<Result<_, _>>()?;
        let with = with.split_whitespace().map(|pair| {
            let (key, value) = pair.split_once('=').ok_or("no value")?;
            let value = match (value, self.on(value)) {
                ("", _) => With::Absent,
                ("power", None) => With::Power,
                (_, Some(on)) => With::Of(on),
                _ => With::Text(value.to_owned()),
            };
            Ok((key.to_owned(), value))
        });
        let with = with.collect::<Result<Vec<(String, With)>, &str>>()?;
        let fixed = with.iter().filter_map(|(key, with)| match with {
            With::Text(text) => Some((key.clone(), text.clone())),
            With::Absent | With::Of(_) | With::Power => None,
        });
        let fixed = fixed.collect();
        let known = actions.iter().position(|known| known == action);
        let action = known.unwrap_or_else(|| {
            actions.push(action.to_owned());
            actions.len() - 1
        });
        Ok(Need { action, on, with, fixed })
    }

    fn on(&self, word: &str) -> Option<On> {
        if let Some(number) = self.vars.iter().position(|var| var.name == word) {
            return Some(On::Var(number));
        }
        match word {
            "*" => Some(On::Nothing),
            "role" | "user" => Some(On::Target),
            "policy" => Some(On::Policy),
            "unlisted" => Some(On::Unlisted),
            "group" => Some(On::Group),
            "boundary" => Some(On::Boundary),
            "unlisted-boundary" => Some(On::UnlistedBoundary),
            "account" => Some(On::Account),
            "denying" => Some(On::Denying),
            "provider" => Some(On::Provider),
            _ => None,
        }
    }

    /// The number of the resource that runs as the role.
    pub(super) fn work(&self) -> Option<usize> {
        self.vars.iter().position(|var| var.work)
    }
}

impl Takes {
    fn read(word: &str) -> Option<Takes> {
        Some(match word {
            "inline" => Takes::Inline,
            "attached" => Takes::Attached,
            "managed" => Takes::Managed,
            "unlisted" => Takes::Unlisted,
            "version" => Takes::Version,
            "boundary-version" => Takes::BoundaryVersion,
            "group" => Takes::Group,
            "group-inline" => Takes::GroupInline,
            "group-attached" => Takes::GroupAttached,
            "tag" => Takes::Tag,
            "new-tag" => Takes::NewTag,
            _ => return None,
        })
    }
}

impl Need {
    /// Whether who the target is matters to it.
    pub(super) fn is_about_target(&self) -> bool {
        let on = |on: &On| !matches!(on, On::Nothing | On::Var(_));
        self.on.iter().any(on) || self.with.iter().any(|(_, with)| matches!(with, With::Of(of) if on(of)))
    }
}

impl Of {
    /// Whether it is about such a principal.
    pub(super) fn includes(self, principal: &GrantedPrincipal) -> bool {
        match self {
            Of::Role => principal.kind == PrincipalKind::Role,
            Of::User => principal.kind == PrincipalKind::User,
            Of::Any => true,
            Of::PermissionSet => principal.path.starts_with(PERMISSION_SETS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leastwise_catalog::Catalog;

    #[test]
    fn the_embedded_tables_read_and_every_entry_says_what_it_does() {
        let mut table = Table::default();
        for text in TABLES {
            table.read(text).unwrap();
        }
        table.read_keys(KEYS).unwrap();
        for row in &table.rows {
            assert!(!row.says.is_empty() && !row.needs.is_empty(), "{}", row.id);
            assert_eq!(row.takes.is_some(), row.kind == Kind::Strips, "{}", row.id);
            assert!(row.work().is_none() || row.trusts.is_some(), "{}", row.id);
            let on_provider = row.needs.iter().any(|need| need.on.contains(&On::Provider));
            assert!(!on_provider || row.lets_in.is_some(), "{}", row.id);
            assert_eq!(table.rows.iter().filter(|other| other.id == row.id).count(), 1, "{}", row.id);
        }
    }

    /// AWS's service authorisation reference, as the catalogue has it, decides which resource a permission is on.
    #[test]
    fn every_permission_is_on_a_resource_that_its_action_supports() {
        let (table, catalog) = (Table::embedded(), Catalog::embedded());
        for row in &table.rows {
            for need in &row.needs {
                let name = &table.actions[need.action];
                let action = catalog.action(name).unwrap_or_else(|| panic!("{name} is unknown"));
                for on in &need.on {
                    let arns: Vec<String> = match on {
                        On::Nothing => {
                            assert!(!action.has_resource_level(), "{}: {name} is on a resource", row.id);
                            continue;
                        }
                        On::Target if row.of == Of::User => vec!["arn:aws:iam::111122223333:user/a".into()],
                        On::Target => vec!["arn:aws:iam::111122223333:role/a".into()],
                        On::Policy | On::Unlisted | On::Boundary | On::UnlistedBoundary | On::Denying => {
                            vec!["arn:aws:iam::111122223333:policy/a".into()]
                        }
                        On::Group => vec!["arn:aws:iam::111122223333:group/a".into()],
                        On::Account => vec!["arn:aws:sso:::account/111122223333".into()],
                        On::Provider if row.lets_in == Some(Letting::Saml) => {
                            vec!["arn:aws:iam::111122223333:saml-provider/a".into()]
                        }
                        On::Provider => {
                            vec!["arn:aws:cognito-identity:eu-west-1:111122223333:identitypool/a".into()]
                        }
                        On::Var(number) => {
                            let fill = |text: &String| {
                                let text =
                                    text.replace("{partition}", "aws").replace("{region}", "eu-west-1");
                                text.replace("{account}", "111122223333").replace('*', "a")
                            };
                            row.vars[*number].templates.iter().map(fill).collect()
                        }
                    };
                    for arn in arns {
                        assert!(catalog.supports(name, &arn), "{}: {name} on {arn}", row.id);
                    }
                }
            }
        }
    }

    #[test]
    fn who_chooses_a_condition_key_is_said_by_the_first_line_that_matches() {
        let table = Table::embedded();
        assert!(table.is_chosen("aws:RequestedRegion") && table.is_chosen("lambda:FunctionArn"));
        assert!(!table.is_chosen("aws:SourceIp") && !table.is_chosen("ec2:ResourceTag/team"));
    }
}
