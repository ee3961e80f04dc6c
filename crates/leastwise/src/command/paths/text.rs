//! Paths for people: a line for each source, and what is done on the way.

use leastwise_analysis::paths::{
    Allowing, Call, Certainty, Cut, Found, From, Options, Outside, Path, Step, Target,
};

use crate::output::table::{Column, lay_out};
use crate::output::{counted, plain, thousands};

/// Paths that are told step by step when nobody asks for one in particular.
const TOLD: usize = 10;

pub fn table(found: &Found, options: &Options, width: Option<usize>) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&plain(&words));
        text.push('\n');
    };
    let what = match &options.to {
        Target::Admin => "admin".to_owned(),
        Target::Arn(arn) => arn.clone(),
    };
    line(match &options.from {
        Some(From::One(from)) => said_of_one(found, from, &what),
        Some(from) => said_of_others(found, from, &what),
        None => summary(found, &what),
    });
    for admin in found.admins.iter().filter(|_| options.from.is_none()) {
        match admin.conditions.as_slice() {
            [] => line(format!("  {}", admin.principal)),
            keys => line(format!("  {}, depending on {}", admin.principal, keys.join(", "))),
        }
    }
    if !found.paths.is_empty() {
        line(String::new());
        text.push_str(&overview(&found.paths, width));
    }
    for path in found.paths.iter().take(TOLD) {
        text.push('\n');
        steps(&mut text, path);
    }
    let mut line = |words: String| {
        text.push_str(&plain(&words));
        text.push('\n');
    };
    if let Some(more) = found.paths.len().checked_sub(TOLD).filter(|more| *more > 0) {
        line(String::new());
        line(format!(
            "the steps of {} more: --from ARN, or --output json",
            counted(more as u64, "path", "paths")
        ));
    }
    if let Some(cut) = &found.cut {
        line(String::new());
        line(said_cut(cut));
        line(format!("  {}", place(&cut.statement)));
        line(format!("  it allows {}", cut.actions.join(", ")));
    }
    if found.more_outside > 0 {
        line(String::new());
        let identities =
            counted(found.more_outside as u64, "identity of a provider", "identities of providers");
        let have = if found.more_outside == 1 { "has" } else { "have" };
        line(format!("{identities} {have} a path too: --from outside"));
    }
    for unreadable in &found.unreadable {
        line(String::new());
        line(format!("unreadable: {}; there may be more paths", unreadable.principal));
        unreadable.problems.iter().for_each(|problem| line(format!("  {problem}")));
    }
    text
}

fn summary(found: &Found, what: &str) -> String {
    let others = found.paths.iter().filter(|path| path.outside.is_some()).count();
    let inside = found.paths.len() - others;
    let outside = match others {
        0 => String::new(),
        others => format!(", and {} outside of the snapshot", if others == 1 { "1" } else { "some" })
            .replace("some", &thousands(others as u64)),
    };
    let all = counted(found.principals as u64, "principal", "principals");
    let at = match found.admins.len() {
        0 => "nobody is there already".to_owned(),
        1 => "1 is there already:".to_owned(),
        some => format!("{} are there already:", thousands(some as u64)),
    };
    let have = if inside == 1 && others == 0 { "has" } else { "have" };
    format!("to {what}: {} of {all}{outside} {have} a path; {at}", thousands(inside as u64))
}

fn said_of_one(found: &Found, from: &str, what: &str) -> String {
    match (found.paths.as_slice(), found.admins.as_slice()) {
        ([], []) => format!("{from} has no path to {what}"),
        ([], [admin, ..]) if admin.conditions.is_empty() => format!("{from} is there already: {what}"),
        ([], [admin, ..]) => format!("{from} is {what}, depending on {}", admin.conditions.join(", ")),
        _ => format!("{from} has a path to {what}"),
    }
}

fn said_of_others(found: &Found, from: &From, what: &str) -> String {
    let whom = match from {
        From::One(name) => name.clone(),
        From::Outside => "outside".to_owned(),
        From::Anybody => "what anybody can be".to_owned(),
        From::Provider(provider) => format!("oidc:{provider}"),
        From::Token { provider, subject } => format!("oidc:{provider}#{subject}"),
    };
    match found.paths.len() {
        0 => format!("to {what} from {whom}: no path"),
        some => format!("to {what} from {whom}: {}", counted(some as u64, "path", "paths")),
    }
}

/// One line for each source.
fn overview(paths: &[Path], width: Option<usize>) -> String {
    let column = |title, gives_way| Column { title, right: false, gives_way };
    let columns =
        [column("FROM", true), column("CERTAINTY", false), column("BY", true), column("BECOMES", true)];
    let row = |path: &Path| {
        let ids: Vec<&str> = path.steps.iter().map(|step| step.ids[0].as_str()).collect();
        let mut ids = ids;
        ids.dedup();
        let from = match path.outside {
            None => path.source.clone(),
            Some(Outside::Anybody) => format!("{} (anybody)", path.source),
            Some(_) => format!("{} (outside)", path.source),
        };
        vec![from, path.certainty.as_str().to_owned(), ids.join(", "), path.target.clone()]
    };
    lay_out(&columns, &paths.iter().map(row).collect::<Vec<_>>(), width)
}

fn steps(text: &mut String, path: &Path) {
    let mut line = |words: String| {
        text.push_str(&plain(&words));
        text.push('\n');
    };
    line(path.source.clone());
    for (number, step) in path.steps.iter().enumerate() {
        line(format!("  {}. {}  [{}]", number + 1, step.says, step.ids.join(", ")));
        for call in &step.calls {
            line(format!("     {}", said_call(call)));
            call.by.iter().for_each(|by| line(format!("       allowed by {}", place(by))));
        }
        hangs(step).into_iter().for_each(|words| line(format!("     {words}")));
        line(format!("     and is then {}", step.becomes));
    }
    if path.certainty == Certainty::Another {
        line("  whoever has the credentials of that principal then has what it has".to_owned());
    }
    let of_steps = path.steps.iter().flat_map(|step| &step.conditions);
    let of_target: Vec<&str> = path
        .conditions
        .iter()
        .filter(|key| !of_steps.clone().any(|of| of == *key))
        .map(String::as_str)
        .collect();
    if !of_target.is_empty() {
        line(format!("  what {} may do depends on {}", path.target, of_target.join(", ")));
    }
}

fn hangs(step: &Step) -> Vec<String> {
    let mut words: Vec<String> = step.assumes.iter().map(|what| format!("assumed: {what}")).collect();
    if !step.conditions.is_empty() {
        words.push(format!("depends on {}", step.conditions.join(", ")));
    }
    words
}

fn said_call(call: &Call) -> String {
    let with: Vec<String> =
        call.with.iter().map(|(key, values)| format!("{key} = {}", values.join(", "))).collect();
    let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join("; ")) };
    format!("{} on {}{with}", call.action, call.resource)
}

fn place(by: &Allowing) -> String {
    match (&by.file, &by.pointer) {
        (Some(file), Some(pointer)) => format!("{} ({file} {pointer})", by.document),
        _ => by.document.clone(),
    }
}

fn said_cut(cut: &Cut) -> String {
    let frees = counted(cut.frees.len() as u64, "source", "sources");
    let best = if cut.best { "the one cut that frees most" } else { "the best cut of those that were tried" };
    format!("{best}: without this statement {frees} of {} {} no path", thousands(cut.of as u64), {
        if cut.frees.len() == 1 { "has" } else { "have" }
    })
}
