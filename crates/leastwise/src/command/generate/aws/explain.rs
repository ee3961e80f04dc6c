//! Why each action is there.

use std::fmt::Write as _;

use leastwise_catalog::levels::Source;
use leastwise_generate::lower::aws::{Compiled, MadeBoundary, Reason};
use leastwise_policy::aws::Effect;

use crate::output::plain;

/// For each role, each line of the intent with what it came to and how.
pub(super) fn text(roles: &[Compiled]) -> String {
    let mut text = String::new();
    for (index, role) in roles.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{}", plain(&role.role));
        for line in lines(&role.reasons) {
            explain(&mut text, &line);
        }
        match &role.boundary {
            Some(MadeBoundary::Made(boundary)) => {
                let _ = writeln!(
                    text,
                    "  boundary: `{}`, no more than the role may do now",
                    plain(&boundary.name)
                );
            }
            Some(MadeBoundary::Existing(arn)) => {
                let _ = writeln!(text, "  boundary: {}", plain(arn));
            }
            None => {}
        }
        for offer in &role.offers {
            let _ = writeln!(text, "  not granted: {} ({})", offer.action, plain(&offer.why));
        }
    }
    text
}

/// The reasons of one permission, next to each other in the intent's order.
fn lines(reasons: &[Reason]) -> Vec<Vec<&Reason>> {
    let mut lines: Vec<Vec<&Reason>> = Vec::new();
    for reason in reasons {
        let same = |line: &&mut Vec<&Reason>| {
            (&line[0].place, &line[0].name, line[0].effect) == (&reason.place, &reason.name, reason.effect)
                && (line[0].source == Source::Key) == (reason.source == Source::Key)
        };
        match lines.iter_mut().find(same) {
            Some(line) => line.push(reason),
            None => lines.push(vec![reason]),
        }
    }
    lines
}

fn explain(text: &mut String, line: &[&Reason]) {
    let first = line[0];
    let effect = match first.effect {
        Effect::Allow => "",
        Effect::Deny => "never ",
    };
    let how = match first.source {
        Source::Table => "by the level table",
        Source::Derived => "derived from access levels and resource types",
        Source::Operation => "the operation's own action",
        Source::Action => "as it was named",
        Source::Admin => "admin: everything",
        Source::Key => "what is encrypted needs its key",
    };
    let what = format!("{}: {effect}{}: {}", first.place, first.verb, first.name);
    let _ = writeln!(text, "  {} ({how})", plain(&what));
    let mut shown: Vec<(&[String], Vec<&str>)> = Vec::new();
    for reason in line {
        match shown.iter_mut().find(|(resources, _)| *resources == reason.resources) {
            Some((_, actions)) => actions.push(&reason.action),
            None => shown.push((&reason.resources, vec![&reason.action])),
        }
    }
    for (resources, actions) in shown {
        let _ = writeln!(text, "    {}", actions.join(", "));
        for resource in resources {
            let _ = writeln!(text, "      on {}", plain(resource));
        }
    }
}
