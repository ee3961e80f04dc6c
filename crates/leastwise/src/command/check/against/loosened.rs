//! What a change takes away from the gate that judges it: suppressions, settings and entries of the baseline that the old
//! state does not have. Whoever reviews a change sees what it hides.

use clap::ValueEnum;
use leastwise_analysis::check::gate::GATE_LOOSENED;
use leastwise_analysis::check::{self as checks, Finding, Severity};
use leastwise_analysis::source::Place;
use leastwise_policy::time::Date;
use toml::Table;

use super::Before;
use crate::cli::check::{CheckArgs, FailOn};
use crate::command::check::gather::Gathered;
use crate::command::check::outcome::{Judged, State};
use crate::command::check::select::Selection;
use crate::command::check::{Settings, baseline, inline, settings, suppress, take_settings};

/// Settings of which more is laxer.
const LISTS: [&str; 3] = ["skip", "own-account", "own-organization"];

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
    let mut told = Told { loosened: Loosened::default(), judged };
    let (new, old) = (inline::directives(&gathered.files), inline::directives(&before.files));
    for directive in inline::brought(&new, &old).into_iter().filter(|one| one.holds(today)) {
        let (file, at) = directive.place();
        let what = directive.what();
        told.suppresses(file, at, &what, true, |finding| directive.is_about(finding));
    }
    let mut is_selected_by_change = false;
    if let Some(old) = &before.settings {
        let said = |text: &str| text.parse::<Table>().unwrap_or_default();
        let (old_text, new_text) = (old.as_deref().unwrap_or_default(), args.settings.text.as_str());
        is_selected_by_change = told.settings(args, &said(old_text), &said(new_text));
        told.suppressions(&args.settings, old_text, today);
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
    fn suppressions(&mut self, new: &Settings, old: &str, today: Date) {
        let mut table = old.parse::<Table>().unwrap_or_default();
        // What was wrong before suppressed nothing.
        let old = take_settings(new.file.as_ref(), old, &mut table).unwrap_or_default();
        for one in new.suppress.iter().filter(|one| one.until.days() >= today.days()) {
            if !old.suppress.iter().any(|before| one.is_covered_by(before)) {
                self.suppresses(&new.file, one.at, &one.what(), false, |finding| one.is_about(finding));
            }
        }
    }

    /// Tells of something that takes the gate away, and does not only let one thing through.
    fn switches(&mut self, file: &str, setting: &str, message: String) {
        self.tell(file, Place::START, setting, message, &[]);
        if let Some(finding) = self.loosened.findings.last_mut() {
            finding.severity = Severity::High;
        }
    }

    /// What the change is compared with: who leaves that to the change itself is told nothing of what it widens.
    fn reference(&mut self, file: &str, was: &[String], is: &[String]) {
        let setting = "new-access-against";
        let message = match (was, is) {
            (was, is) if was == is => return,
            ([], is) => {
                format!("this change sets `{setting}` to `{}`: nothing else is reported", is.join(" "))
            }
            (was, []) => {
                format!(
                    "this change takes `{setting}` away, which was `{}`: nobody is told what is new",
                    was.join(" ")
                )
            }
            (was, is) => {
                format!("this change sets `{setting}` to `{}`; it was `{}`", is.join(" "), was.join(" "))
            }
        };
        self.switches(file, setting, message);
    }

    /// Settings of the file that are flags; gives whether it is they that say which checks count.
    fn settings(&mut self, args: &CheckArgs, old: &Table, new: &Table) -> bool {
        let file = args.settings.file.as_str();
        let values = |table: &Table, name: &str| settings::said(table, name).unwrap_or_default();
        let (was, is) = (fail_on(old), fail_on(new));
        let failed = was;
        if is > was && args.gate.fail_on == is {
            self.sets(file, "fail-on", name(is), name(was));
            self.loosened.fail_on = Some(was);
        }
        let allows = |table: &Table| values(table, "allow-unreadable").iter().any(|value| value == "true");
        if allows(new) && !allows(old) && args.gate.allow_unreadable {
            self.sets(file, "allow-unreadable", "true", "false");
            self.loosened.refuses_unreadable = true;
        }
        let mut selects = false;
        for list in LISTS {
            let before = values(old, list);
            let more: Vec<String> =
                values(new, list).into_iter().filter(|one| !before.contains(one)).collect();
            if !more.is_empty() {
                let message = format!("this change adds `{}` to `{list}`", more.join("`, `"));
                match list == "skip" && more.iter().any(|code| fails(code, failed)) {
                    true => self.switches(file, list, message),
                    false => self.tell(file, Place::START, list, message, &[]),
                }
                selects |= list == "skip";
            }
        }
        let (was, is) = (values(old, "only"), values(new, "only"));
        if !is.is_empty() && (was.is_empty() || was.iter().any(|code| !is.contains(code))) {
            let message = format!("this change limits the checks to `{}` by `only`", is.join("`, `"));
            self.switches(file, "only", message);
            selects = true;
        }
        let against = |table: &Table| values(table, "new-access-against");
        self.reference(file, &against(old), &against(new));
        let agents = |table: &Table| table.get("check").and_then(|check| check.get("agents")).cloned();
        if agents(new) != agents(old) {
            let message = "this change says anew who is an agent".to_owned();
            self.tell(file, Place::START, "agents", message, &[]);
        }
        let baseline = |table: &Table| values(table, "baseline");
        if baseline(new) != baseline(old) && !baseline(new).is_empty() {
            let message = format!("this change sets the baseline to `{}`", baseline(new).join(" "));
            self.tell(file, Place::START, "baseline", message, &[]);
        }
        selects
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

fn fail_on(table: &Table) -> FailOn {
    let said = settings::said(table, "fail-on").unwrap_or_default();
    said.first().and_then(|said| FailOn::from_str(said, true).ok()).unwrap_or(FailOn::High)
}

/// Whether what this check finds usually fails a run, or it is the gate itself.
fn fails(code: &str, fail_on: FailOn) -> bool {
    let least = super::super::severity(fail_on);
    let mut of_code = checks::all().filter(|check| check.code == code);
    code == GATE_LOOSENED.code || of_code.any(|check| least.is_some_and(|least| check.severity >= least))
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
