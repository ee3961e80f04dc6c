//! What a change takes away from the gate that judges it: suppressions, settings and entries of the baseline that the old
//! state does not have. Whoever reviews a change sees what it hides.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use leastwise_analysis::check::gate::GATE_LOOSENED;
use leastwise_analysis::check::{Check, Finding, Severity, all};
use leastwise_analysis::source::Place;
use leastwise_policy::time::Date;

use super::Before;
use super::worst::{fails, is_unread};
use crate::cli::check::{CheckArgs, FailOn, GateArgs};
use crate::command::check::gather::Gathered;
use crate::command::check::outcome::{Judged, State};
use crate::command::check::select::Selection;
use crate::command::check::{Settings, baseline, inline, severity, suppress};
use crate::config;

/// So many findings are shown.
const SHOWN: usize = 5;

/// What is told, and by what the change is judged.
#[derive(Debug, Default)]
pub struct Loosened {
    /// One for each suppression, setting and baseline.
    pub findings: Vec<Finding>,
    /// What `fail-on` was, when the change makes it laxer.
    pub fail_on: Option<FailOn>,
    /// Whether the change lets pass what cannot be read.
    pub refuses_unreadable: bool,
}

/// Compares what decides what is told with what it was.
pub fn loosened(
    before: &Before,
    args: &CheckArgs,
    gathered: &Gathered,
    judged: &[Judged],
    selection: &Selection,
    today: Date,
) -> Loosened {
    let least = severity(args.gate.fail_on);
    let mut told = Told { loosened: Loosened::default(), judged, least };
    let (new, old) = (inline::directives(&gathered.files), inline::directives(&before.files));
    for directive in inline::brought(&new, &old).into_iter().filter(|one| one.holds(today)) {
        let (file, at) = directive.place();
        let what = directive.what();
        told.suppresses(file, at, &what, true, |finding| directive.is_about(finding));
    }
    let mut is_selected_by_change = false;
    if let Some(old) = &before.settings {
        let of_file = |text: &str| config::of_check(Path::new(&args.settings.file), text);
        let (was, is) = (of_file(old.as_deref().unwrap_or_default()), of_file(&args.settings.text));
        is_selected_by_change = told.settings(args, &was, &is);
        told.suppressions(&args.settings, &was.settings, today);
    }
    if let (Some(old), Some(path)) = (&before.baseline, &args.gate.baseline) {
        told.baseline(&super::shown(path), old.as_deref());
    }
    let mut loosened = told.loosened;
    // A selection of the change's own does not hide what it brings.
    loosened.findings.retain(|finding| is_selected_by_change || selection.keeps(finding));
    loosened
}

struct Told<'j> {
    loosened: Loosened,
    judged: &'j [Judged],
    /// From where on the change fails.
    least: Option<Severity>,
}

impl Told<'_> {
    fn suppresses(
        &mut self,
        file: &str,
        at: Place,
        what: &str,
        inline: bool,
        is_about: impl Fn(&Finding) -> bool,
    ) {
        let is_suppressed =
            |one: &&Judged| matches!(one.state, State::Suppressed { inline: of, .. } if of == inline);
        let about = self.judged.iter().filter(is_suppressed).filter(|one| is_about(&one.finding));
        let about: Vec<&Judged> = about.collect();
        self.tell(file, at, what, format!("this change suppresses {what}"), &about);
    }

    fn tell(&mut self, file: &str, at: Place, subject: &str, message: String, about: &[&Judged]) {
        let mut finding = suppress::said(&GATE_LOOSENED, file, at, subject, message);
        finding.evidence = about.iter().take(SHOWN).map(|one| shown(&one.finding)).collect();
        if about.len() > SHOWN {
            finding.evidence.push(format!("and {} more", about.len() - SHOWN));
        }
        finding.fix = Some("have somebody look at it who may approve it".to_owned());
        self.loosened.findings.push(finding.for_people());
    }

    /// Suppressions of the settings file.
    fn suppressions(&mut self, new: &Settings, old: &Settings, today: Date) {
        for one in new.suppress.iter().filter(|one| one.until.days() >= today.days()) {
            if old.suppress.iter().any(|before| one.is_covered_by(before)) {
                continue;
            }
            self.suppresses(&new.file, one.at, &one.what(), false, |finding| one.is_about(finding));
            let mut of = all().filter(|check| one.is_of(check.code));
            if one.is_everywhere() && of.any(|check| is_unread(check) || fails(check, self.least)) {
                self.takes_away();
            }
        }
    }

    /// Tells of something that takes the gate away, and does not only let one thing through.
    fn switches(&mut self, file: &str, setting: &str, message: String) {
        self.tell(file, Place::START, setting, message, &[]);
        self.takes_away();
    }

    /// What was told last takes the gate away, and so fails.
    fn takes_away(&mut self) {
        if let Some(finding) = self.loosened.findings.last_mut() {
            finding.severity = self.least.unwrap_or(Severity::High).max(Severity::High);
        }
    }

    /// Settings of the file that are flags; gives whether it is they that say which checks count.
    fn settings(&mut self, args: &CheckArgs, old: &CheckArgs, new: &CheckArgs) -> bool {
        let file = args.settings.file.as_str();
        let (was, is) = (old.gate.fail_on, new.gate.fail_on);
        if is > was && args.gate.fail_on == is {
            self.least = severity(was);
            self.sets(file, "fail-on", name(is), name(was));
            self.loosened.fail_on = Some(was);
        }
        if new.gate.allow_unreadable && !old.gate.allow_unreadable && args.gate.allow_unreadable {
            self.sets(file, "allow-unreadable", "true", "false");
            self.loosened.refuses_unreadable = true;
        }
        let selects = self.selection(file, &old.gate, &new.gate);
        for (list, was, is) in [
            ("own-account", &old.own_account, &new.own_account),
            ("own-organization", &old.own_organization, &new.own_organization),
        ] {
            let more: Vec<&str> = is.iter().filter(|one| !was.contains(one)).map(String::as_str).collect();
            if !more.is_empty() {
                self.tell(file, Place::START, list, adds(list, &more), &[]);
            }
        }
        let of = |of: &CheckArgs| of.gate.new_access_against.iter().cloned().collect::<BTreeSet<_>>();
        let (was, is) = (of(old), of(new));
        let then = match (was.is_empty(), is.is_empty()) {
            (true, _) => ": nothing else is reported",
            (_, true) => ": nobody is told what is new",
            _ => "",
        };
        if let Some(message) = changes("new-access-against", &was, &is) {
            self.switches(file, "new-access-against", message + then);
        }
        if old.gate.all && !new.gate.all && !args.gate.all {
            let message =
                "this change takes `all` away: what was found before is no more reported".to_owned();
            self.tell(file, Place::START, "all", message, &[]);
        }
        self.grounds(file, args, old, new);
        if new.settings.marks != old.settings.marks {
            let message = "this change says anew who is an agent".to_owned();
            self.tell(file, Place::START, "agents", message, &[]);
        }
        if let Some(baseline) = new.gate.baseline.as_ref().filter(|_| new.gate.baseline != old.gate.baseline)
        {
            let message = format!("this change sets the baseline to `{}`", baseline.display());
            self.tell(file, Place::START, "baseline", message, &[]);
        }
        selects
    }

    /// Which checks count; gives whether fewer do.
    fn selection(&mut self, file: &str, old: &GateArgs, new: &GateArgs) -> bool {
        let of = |gate: &GateArgs| Selection::of_file(&[], &gate.skip);
        let (was, is) = (of(old), of(new));
        let lost: Vec<&Check> = was.beyond(&is).collect();
        if !lost.is_empty() {
            let skips = |code: &&String| {
                let by_it = Selection::of_file(&[], std::slice::from_ref(*code));
                lost.iter().any(|check| !by_it.takes(check.code))
            };
            let more: Vec<&str> = new.skip.iter().filter(skips).map(|code| code.trim()).collect();
            match lost.iter().any(|check| fails(check, self.least)) {
                true => self.switches(file, "skip", adds("skip", &more)),
                false => self.tell(file, Place::START, "skip", adds("skip", &more), &[]),
            }
        }
        let of = |gate: &GateArgs| Selection::of_file(&gate.only, &[]);
        let is_limited = of(old).beyond(&of(new)).next().is_some();
        if is_limited {
            let message = format!("this change limits the checks to `{}` by `only`", new.only.join("`, `"));
            self.switches(file, "only", message);
        }
        is_limited || !lost.is_empty()
    }

    /// What checks take for given: with other policies of the organisation, another account or another catalogue,
    /// anything can be found or not.
    fn grounds(&mut self, file: &str, args: &CheckArgs, old: &CheckArgs, new: &CheckArgs) {
        let texts = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect();
        let of = |args: &CheckArgs| -> [(&str, BTreeSet<String>); 4] {
            [
                ("scp", args.scp.iter().cloned().collect()),
                ("management-account", args.management_account.iter().cloned().collect()),
                ("snapshot", texts(&args.snapshot)),
                ("catalog", texts(args.catalog.as_slice())),
            ]
        };
        for (((setting, was), (_, is)), (_, used)) in of(old).into_iter().zip(of(new)).zip(of(args)) {
            // What a flag or a variable says holds on both sides.
            if let Some(message) = changes(setting, &was, &is).filter(|_| used == is) {
                self.switches(file, setting, message);
            }
        }
    }

    fn sets(&mut self, file: &str, setting: &str, is: &str, was: &str) {
        let message =
            format!("this change sets `{setting}` to `{is}`; it was `{was}`, by which it is judged");
        self.switches(file, setting, message);
    }

    /// Findings that the baseline did not list before.
    fn baseline(&mut self, file: &str, old: Option<&str>) {
        let old = old.and_then(baseline::parse).unwrap_or_default();
        let is_new = |one: &&Judged| {
            let mut entries = old.entries.iter();
            one.state == State::Known && !entries.any(|entry| entry.fingerprint == one.fingerprint)
        };
        let about: Vec<&Judged> = self.judged.iter().filter(is_new).collect();
        if !about.is_empty() {
            let many = crate::output::counted(
                about.len() as u64,
                "finding that there is",
                "findings that there are",
            );
            let message = format!("this change adds {many} to the baseline");
            self.tell(file, Place::START, "baseline", message, &about);
        }
    }
}

fn shown(finding: &Finding) -> String {
    format!("{} {} `{}`: {}", finding.severity, finding.code, finding.subject, finding.message)
}

/// How a setting that stands for itself has changed, in words.
fn changes(setting: &str, was: &BTreeSet<String>, is: &BTreeSet<String>) -> Option<String> {
    let words = |all: &BTreeSet<String>| all.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    match (was.is_empty(), is.is_empty()) {
        _ if was == is => None,
        (true, _) => Some(format!("this change sets `{setting}` to `{}`", words(is))),
        (_, true) => Some(format!("this change takes `{setting}` away, which was `{}`", words(was))),
        _ => Some(format!("this change sets `{setting}` to `{}`; it was `{}`", words(is), words(was))),
    }
}

fn adds(list: &str, more: &[&str]) -> String {
    format!("this change adds `{}` to `{list}`", more.join("`, `"))
}

fn name(fail_on: FailOn) -> &'static str {
    match fail_on {
        FailOn::Info => "info",
        FailOn::Low => "low",
        FailOn::Medium => "medium",
        FailOn::High => "high",
        FailOn::Critical => "critical",
        FailOn::Never => "never",
    }
}
