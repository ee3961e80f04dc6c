//! Sessions whose record names no role: of the role, a session's ARN has the name and not the path.
//!
//! A role's name is unique in its account, whatever its path
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>), so such a session counts for the one
//! role that is called so. Usage has it under the ARN without a path, with [`PRINCIPAL_WITHOUT_PATH`] in its context.

use std::collections::HashMap;

use crate::rightsize::{Note, NoteKind};
use crate::usage::{PRINCIPAL_WITHOUT_PATH, Usage, UsageRow};

/// What a principal did, its sessions without a role included. Sorted by action.
pub fn rows_of(usage: &Usage, principal: &str) -> Vec<UsageRow> {
    let bare = without_path(principal);
    let mut rows = usage.rows_where(|name| name == principal || bare.as_deref() == Some(name));
    give_paths(&mut rows, &[principal]);
    rows.retain(|row| row.principal == principal);
    rows
}

/// Counts sessions without a role for the principals that are called so. Rows sorted by principal and action stay so.
pub fn give_paths(rows: &mut [UsageRow], principals: &[&str]) {
    if !rows.iter().any(is_session) {
        return;
    }
    let mut paths: HashMap<String, &str> =
        principals.iter().filter_map(|principal| Some((without_path(principal)?, *principal))).collect();
    for principal in principals {
        paths.remove(*principal);
    }
    for row in rows.iter_mut().filter(|row| is_session(row)) {
        if let Some(principal) = paths.get(&row.principal) {
            row.principal = (*principal).to_owned();
        }
    }
    rows.sort_by(|a, b| (&a.principal, &a.action).cmp(&(&b.principal, &b.action)));
}

/// `arn:aws:iam::111122223333:role/team/app` → `arn:aws:iam::111122223333:role/app`; nothing for what has no path.
pub fn without_path(principal: &str) -> Option<String> {
    let (account, path) = principal.split_once(":role/")?;
    let (_, name) = path.rsplit_once('/')?;
    Some(format!("{account}:role/{name}"))
}

/// What a reader should know of the sessions without a role among a principal's rows. `listed`: a snapshot has it.
pub fn note_of_sessions(principal: &str, rows: &[UsageRow], listed: bool) -> Option<Note> {
    let sessions = || rows.iter().filter(|row| is_session(row));
    let events: u64 = sessions().map(|row| row.count).sum();
    let text = if sessions().next().is_none() {
        return None;
    } else if without_path(principal).is_some() {
        format!(
            "{events} of its events name a session and the role by its name alone, without the path; they are counted \
             here, as names are unique in an account"
        )
    } else if listed || rows.iter().any(|row| !is_session(row)) {
        return None;
    } else {
        "the records name its sessions and the role by its name alone, so its path is not known, and it is written as if \
         it had none; a snapshot of the account (--granted) would tell"
            .to_owned()
    };
    Some(Note { kind: NoteKind::WithoutPath, place: principal.to_owned(), text })
}

fn is_session(row: &UsageRow) -> bool {
    row.context.get(PRINCIPAL_WITHOUT_PATH).is_some()
}
