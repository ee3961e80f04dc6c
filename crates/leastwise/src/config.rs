//! Settings: flags over `LEASTWISE_*` over `leastwise.toml` over defaults.
//!
//! There is one list of settings, the command line's. A flag `--max-decompressed` is also `LEASTWISE_MAX_DECOMPRESSED`
//! and `max-decompressed = "2GiB"` in the file, at its top for every command that has the flag, or in the table of one
//! command. What the file says becomes the flag's default, so that it is parsed, checked and shown in `--help` like one.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches};
use leastwise_catalog::Catalog;
use toml::{Table, Value};

use crate::cli::check::CheckArgs;
use crate::cli::{Cli, Command as Verb};
use crate::command::check;
use crate::error::{Error, Result};
use crate::output::{self, plain as plain_text, thousands};

/// Why there is no command to run.
pub enum Stop {
    /// Help, version, or a command line that is wrong.
    Clap(clap::Error),
    /// The settings file is wrong.
    Settings(Error),
}

/// Parses the command line on top of the environment and the settings file.
pub fn parse(args: impl Iterator<Item = OsString>) -> std::result::Result<Cli, Stop> {
    let args: Vec<OsString> = args.collect();
    for name in std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
        if let Some(warning) = unknown_variable(&name) {
            output::note(&plain_text(&warning));
        }
    }
    let (path, text) = read_settings(&args).map_err(Stop::Settings)?;
    let mut settings = table(&path, &text).map_err(Stop::Settings)?;
    said_each_time(&path, &settings).map_err(Stop::Settings)?;
    let of_check = check::take_settings(&path, &text, &mut settings).map_err(Stop::Settings)?;
    let command = with_settings(command(), &settings).map_err(Stop::Settings)?;
    let matches =
        command.try_get_matches_from(&args).map_err(|error| Stop::Clap(with_tip(error, &args, &path)))?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(Stop::Clap)?;
    if let Verb::Check(args) = &mut cli.command {
        args.settings = of_check;
    }
    Ok(cli)
}

/// Says what is meant by whoever gives a file to a command that takes none by itself: the snapshot; and where a wrong
/// value stands that was not said on the command line.
fn with_tip(mut error: clap::Error, args: &[OsString], settings: &Path) -> clap::Error {
    let values = [ErrorKind::InvalidValue, ErrorKind::ValueValidation];
    if values.contains(&error.kind())
        && let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue)
        && !value.is_empty()
        && !args.iter().any(|arg| arg.to_string_lossy().rsplit('=').next() == Some(value.as_str()))
    {
        let tip = format!("it is said in the environment (LEASTWISE_…) or in `{}`", settings.display());
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    let takes = |name: &OsString| {
        plain().find_subcommand(name).is_some_and(|of| flags(of).iter().any(|flag| flag == "snapshot"))
    };
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(said)) = error.get(ContextKind::InvalidArg)
        && Path::new(said).is_file()
        && args.iter().any(takes)
    {
        let tip = ContextValue::StyledStrs(vec![format!("name a snapshot with `--snapshot {said}`").into()]);
        error.insert(ContextKind::Suggested, tip);
    }
    error
}

/// What a settings file says of `check` by itself, without flags and variables. What is wrong in it counts as not said:
/// no run takes it.
pub fn of_check(path: &Path, text: &str) -> CheckArgs {
    let mut table: Table = text.parse().unwrap_or_default();
    let settings = check::take_settings(path, text, &mut table).unwrap_or_default();
    let of_command = table.remove("check").and_then(|of| of.try_into::<Table>().ok()).unwrap_or_default();
    let known = plain().find_subcommand("check").map(flags).unwrap_or_default();
    table.retain(|_, value| !value.is_table());
    table.extend(of_command);
    table.retain(|name, _| known.iter().any(|known| known == name));
    let args = said_of_check(&table).or_else(|| {
        table.retain(|name, value| {
            let alone = std::iter::once((name.to_owned(), value.clone())).collect();
            said_of_check(&alone).is_some()
        });
        said_of_check(&table)
    });
    let args = args.or_else(|| said_of_check(&Table::new()));
    CheckArgs { settings, ..args.expect("`check -` is a command line") }
}

/// `[check]` as its flags.
fn said_of_check(table: &Table) -> Option<CheckArgs> {
    let settings = std::iter::once(("check".to_owned(), Value::Table(table.clone()))).collect();
    let matches = with_settings(plain(), &settings).ok()?.try_get_matches_from(["leastwise", "check", "-"]);
    match Cli::from_arg_matches(&matches.ok()?).ok()?.command {
        Verb::Check(args) => Some(*args),
        _ => None,
    }
}

/// The command line as clap knows it, with the version line and the environment variables.
pub fn command() -> Command {
    let command = plain().version(version()).mut_args(with_variable);
    command.mut_subcommands(|sub| sub.mut_args(with_variable))
}

/// The flags, with values as people write them.
fn plain() -> Command {
    let read = |arg: Arg| match arg.get_action() {
        // `LEASTWISE_QUIET=1` and `quiet = 1`.
        ArgAction::SetTrue => arg.value_parser(clap::builder::BoolishValueParser::new()),
        _ => arg,
    };
    Cli::command().mut_args(read).mut_subcommands(|sub| sub.mut_args(read))
}

fn version() -> String {
    let version = Catalog::embedded().version();
    format!(
        "{} (catalogue {}, {} actions)",
        env!("CARGO_PKG_VERSION"),
        version.date,
        thousands(version.actions as u64)
    )
}

/// What is only ever said on the command line: no variable and no file can make leastwise send something, or make of a
/// run that judges one that takes everything for known.
const SAID_EACH_TIME: [&str; 2] = ["model", "write-baseline"];

/// What no file says, by the command. A file lies in a repository, and whoever changes that is not to say by what his
/// change is judged, nor where requests go that are signed with the credentials of whoever runs the command.
const NOT_IN_A_FILE: [(Option<&str>, &str); 7] = [
    (None, "endpoint-url"),
    (Some("verify"), "policy"),
    (Some("verify"), "logs"),
    (Some("verify"), "granted"),
    (Some("verify"), "public-key"),
    (Some("verify"), "allow-skipped"),
    (Some("verify"), "catalog"),
];

/// Whether a file may say this flag of this command.
fn in_a_file(command: &str, flag: &str) -> bool {
    !NOT_IN_A_FILE.iter().any(|(of, name)| *name == flag && of.is_none_or(|of| of == command))
}

fn not_in_a_file(place: &str, flag: &str) -> Error {
    Error::usage(format!("setting `{place}` is not taken from a file")).hint(format!(
        "say `--{flag}` on the command line, or set LEASTWISE_{}: a file in a repository is not to say where signed \
         requests go, or by what it is judged itself",
        flag.replace('-', "_").to_uppercase()
    ))
}

fn with_variable(arg: Arg) -> Arg {
    let settable = |long: &&str| !matches!(*long, "help" | "version") && !SAID_EACH_TIME.contains(long);
    let Some(long) = arg.get_long().filter(settable) else { return arg };
    let name = format!("LEASTWISE_{}", long.replace('-', "_").to_uppercase());
    arg.env(name).hide_env(true)
}

/// Variables of leastwise's that are no flags.
const OTHER_VARIABLES: [&str; 1] = ["LEASTWISE_DATA_DIR"];

/// That a variable looks like a setting and is none. It is told and not refused: `--model-api-key-env` and scripts may have
/// variables of such names.
fn unknown_variable(name: &str) -> Option<String> {
    let said = name.strip_prefix("LEASTWISE_")?;
    if OTHER_VARIABLES.contains(&name) {
        return None;
    }
    if let Some(flag) = SAID_EACH_TIME.iter().find(|flag| flag.replace('-', "_").eq_ignore_ascii_case(said)) {
        let text = format!(
            "warning: `{name}` is not taken from the environment: say `--{flag}` each time it is meant"
        );
        return Some(text);
    }
    let command = plain();
    let variable = |flag: String| format!("LEASTWISE_{}", flag.replace('-', "_").to_uppercase());
    let known: Vec<String> = flags(&command)
        .into_iter()
        .chain(command.get_subcommands().flat_map(all_flags))
        .map(variable)
        .collect();
    if known.iter().any(|known| known == name) {
        return None;
    }
    let near = output::nearest(name, known.iter().map(String::as_str), 1);
    let meant = near.first().map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Some(format!("warning: `{name}` in the environment is no setting and changes nothing{meant}"))
}

/// The flags of a command and of those below it.
fn all_flags(command: &Command) -> Vec<String> {
    let below = command.get_subcommands().flat_map(all_flags);
    flags(command).into_iter().chain(below).collect()
}

/// The settings file: `--config`, else `LEASTWISE_CONFIG`, else `leastwise.toml` when it is there.
fn read_settings(args: &[OsString]) -> Result<(PathBuf, String)> {
    let (path, named) = match named_file(args) {
        Some(path) => (path, true),
        None => (PathBuf::from("leastwise.toml"), false),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path, text)),
        Err(error) if !named && error.kind() == std::io::ErrorKind::NotFound => Ok((path, String::new())),
        Err(error) => {
            let error = Error::usage(format!("cannot read settings `{}`", path.display())).because(error);
            Err(match named {
                true => error,
                false => error.hint(
                    "they are looked for where the run begins: begin it in a folder that you may enter, or name settings \
                     with --config",
                ),
            })
        }
    }
}

fn table(path: &Path, text: &str) -> Result<Table> {
    text.parse::<Table>().map_err(|error| {
        Error::usage(format!("settings `{}` are not TOML", path.display()))
            .because(std::io::Error::other(format!("{}{}", place(text, error.span()), error.message())))
    })
}

/// `line 3, column 1: `, when it is known where.
fn place(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let Some(before) = span.and_then(|span| text.get(..span.start)) else { return String::new() };
    let line = before.rsplit('\n').next().unwrap_or_default();
    format!("line {}, column {}: ", before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// Refuses what is only ever said on the command line.
fn said_each_time(path: &Path, settings: &Table) -> Result<()> {
    for (key, value) in settings {
        let (names, place): (Vec<&String>, _) = match value {
            // Where a model is, is said in a table of that name.
            Value::Table(_) if key == "model" => continue,
            Value::Table(table) => (table.keys().collect(), format!(", [{key}]")),
            _ => (vec![key], String::new()),
        };
        if let Some(name) = names.into_iter().find(|name| SAID_EACH_TIME.contains(&name.as_str())) {
            let error = format!("`{name}` is no setting (settings `{}`{place})", path.display());
            return Err(Error::usage(error)
                .hint(format!("take it out, and say `--{name}` on the command line each time it is meant")));
        }
    }
    Ok(())
}

fn named_file(args: &[OsString]) -> Option<PathBuf> {
    let mut args = args.iter().skip(1).take_while(|arg| *arg != OsStr::new("--"));
    while let Some(arg) = args.next() {
        if arg == OsStr::new("--config") {
            return args.next().map(PathBuf::from);
        }
        if let Some(path) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            return Some(PathBuf::from(path));
        }
    }
    std::env::var_os("LEASTWISE_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn with_settings(mut command: Command, settings: &Table) -> Result<Command> {
    // What a table says of one command comes last, and so beats what is said at the top.
    let (tables, top): (Vec<_>, Vec<_>) = settings.iter().partition(|(_, value)| value.is_table());
    for (key, value) in top.into_iter().chain(tables) {
        match value {
            // Where a model is, is said in a table of its own: `[model]`.
            Value::Table(table) if key == "model" => {
                for (name, value) in table {
                    let place = format!("{name} in [model]");
                    let flag = format!("model-{}", name.replace('_', "-"));
                    let sub = command.find_subcommand("generate").map(flags).unwrap_or_default();
                    let of_models =
                        sub.iter().filter_map(|flag| flag.strip_prefix("model-")).map(str::to_owned);
                    if !sub.contains(&flag) {
                        return Err(unknown(&place, name, of_models.collect()));
                    }
                    let values = texts(&place, value)?;
                    command = command.mut_subcommand("generate", |sub| with_default(sub, &flag, &values));
                }
            }
            Value::Table(table) => {
                let known: Vec<String> =
                    command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
                if !known.iter().any(|name| name == key) {
                    return Err(unknown(&format!("[{key}]"), key, known));
                }
                for (key_of_command, value) in table {
                    let place = format!("{key_of_command} in [{key}]");
                    let sub = command.find_subcommand(key).map(flags).unwrap_or_default();
                    if !sub.contains(key_of_command) {
                        return Err(unknown(&place, key_of_command, sub));
                    }
                    if !in_a_file(key, key_of_command) {
                        return Err(not_in_a_file(&place, key_of_command));
                    }
                    let values = texts(&place, value)?;
                    command = command.mut_subcommand(key, |sub| with_default(sub, key_of_command, &values));
                }
            }
            value => {
                let mut known = flags(&command);
                known.extend(command.get_subcommands().flat_map(flags));
                if !known.contains(key) {
                    return Err(unknown(key, key, known));
                }
                let taken = |sub: &Command| in_a_file(sub.get_name(), key);
                if !command.get_subcommands().any(|sub| taken(sub) && flags(sub).contains(key))
                    && !flags(&command).contains(key)
                {
                    return Err(not_in_a_file(key, key));
                }
                let values = texts(key, value)?;
                command = with_default(command, key, &values);
                command = command.mut_subcommands(|sub| match taken(&sub) {
                    true => with_default(sub, key, &values),
                    false => sub,
                });
            }
        }
    }
    Ok(command)
}

fn flags(command: &Command) -> Vec<String> {
    let settable = |arg: &&Arg| {
        let each_time = arg.get_long().is_some_and(|long| SAID_EACH_TIME.contains(&long));
        !each_time && !matches!(arg.get_action(), ArgAction::Help | ArgAction::Version)
    };
    command.get_arguments().filter(settable).filter_map(Arg::get_long).map(str::to_owned).collect()
}

fn with_default(command: Command, flag: &str, values: &[String]) -> Command {
    command.mut_args(|arg| match arg.get_long() == Some(flag) {
        true => arg.default_values(values.to_vec()),
        false => arg,
    })
}

fn texts(place: &str, value: &Value) -> Result<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(n) => Some(n.to_string()),
        Value::Boolean(yes) => Some(yes.to_string()),
        Value::Datetime(time) => Some(time.to_string()),
        Value::Float(_) | Value::Array(_) | Value::Table(_) => None,
    };
    let all = match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => one(value).map(|text| vec![text]),
    };
    all.ok_or_else(|| {
        Error::usage(format!("setting `{place}` is not a text, a number, true, false or a list of them"))
    })
}

fn unknown(place: &str, key: &str, known: Vec<String>) -> Error {
    let error = Error::usage(format!("unknown setting `{place}`"));
    match crate::output::nearest(key, known.iter().map(String::as_str), 1).first() {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("settings have the names of the flags, see `leastwise --help`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::FailOn;
    use crate::cli::rightsize::Width;

    fn width(settings: &str, args: &[&str]) -> Width {
        let settings = settings.parse().expect("TOML");
        let command = with_settings(command(), &settings).expect("settings");
        let matches = command.try_get_matches_from(args).expect("a command line");
        match Cli::from_arg_matches(&matches).expect("a command").command {
            Verb::Rightsize(args) => args.width,
            other => panic!("not rightsize: {other:?}"),
        }
    }

    const RUN: [&str; 5] = ["leastwise", "rightsize", "logs", "--principal", "arn"];

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn a_flag_beats_the_file_and_the_file_beats_the_default() {
        assert_eq!(width("", &RUN), Width::Exact);
        assert_eq!(width("width = 'prefix'", &RUN), Width::Prefix);
        assert_eq!(width("[rightsize]\nwidth = 'type'", &RUN), Width::Type);
        assert_eq!(width("width = 'prefix'\n[rightsize]\nwidth = 'type'", &RUN), Width::Type);
        let flag: Vec<&str> = RUN.into_iter().chain(["--width", "any"]).collect();
        assert_eq!(width("width = 'prefix'", &flag), Width::Any);
    }

    #[test]
    fn an_unknown_setting_is_refused_with_the_nearest_name() {
        for settings in ["widht = 'prefix'", "[rightsize]\nwidht = 'prefix'"] {
            let settings = settings.parse().expect("TOML");
            let error = with_settings(command(), &settings).expect_err("refused");
            assert_eq!(error.way_out(), Some("did you mean `width`?"));
        }
    }

    #[test]
    fn a_variable_that_is_no_setting_is_told_with_the_nearest_name() {
        let told = |name: &str| unknown_variable(name).unwrap_or_default();
        assert!(told("LEASTWISE_WIDHT").ends_with("did you mean `LEASTWISE_WIDTH`?"));
        assert!(told("LEASTWISE_WRITE_BASELINE").contains("say `--write-baseline`"));
        for known in ["LEASTWISE_WIDTH", "LEASTWISE_CONFIG", "LEASTWISE_DATA_DIR", "LEASTWISE_QUIET", "PATH"]
        {
            assert_eq!(told(known), "", "{known}");
        }
    }

    #[test]
    fn where_a_model_is_can_be_set_but_not_that_it_is_asked() {
        let parse = |settings: &str| {
            let settings = settings.parse().expect("TOML");
            let command = with_settings(command(), &settings)?;
            let matches =
                command.try_get_matches_from(["leastwise", "generate", "a b"]).expect("a command line");
            Ok::<Cli, Error>(Cli::from_arg_matches(&matches).expect("a command"))
        };
        let cli = parse("[model]\nprovider = 'ollama'\nname = 'm'\napi_key_env = 'KEY'").expect("settings");
        let Verb::Generate(args) = cli.command else { panic!("not generate") };
        assert_eq!((args.model.model, args.model.model_name.as_deref()), (None, Some("m")));
        assert_eq!(args.model.model_api_key_env.as_deref(), Some("KEY"));
        for settings in ["model = 'm'", "[generate]\nmodel = 'm'", "[model]\nkey = 'secret'"] {
            assert!(parse(settings).is_err(), "{settings}");
        }
    }

    #[test]
    fn what_is_said_each_time_is_refused_by_name_and_place() {
        for (settings, place) in [
            ("write-baseline = 'b.json'", ""),
            ("[check]\nwrite-baseline = 'b.json'", ", [check]"),
            ("[generate]\nmodel = 'm'", ", [generate]"),
        ] {
            let error = said_each_time(Path::new("l.toml"), &settings.parse().expect("TOML"));
            let error = error.expect_err("refused").to_string();
            assert!(error.ends_with(&format!(" is no setting (settings `l.toml`{place})")), "{error}");
        }
        let model = "[model]\nname = 'm'".parse().expect("TOML");
        assert!(said_each_time(Path::new("l.toml"), &model).is_ok());
    }

    #[test]
    fn what_a_file_says_of_check_is_read_as_flags_are_and_what_is_wrong_takes_nothing_along() {
        let said = |text: &str| of_check(Path::new("l.toml"), text).gate;
        assert!(said("allow-unreadable = 'yes'").allow_unreadable);
        assert!(said("[check]\nallow-unreadable = 1").allow_unreadable);
        assert!(!said("allow-unreadable = true\n[check]\nallow-unreadable = false").allow_unreadable);
        let wrong = "threads = 4\nskip = ['A,B']\nfail-on = 'NEVER'\nwrite-baseline = 'b'\nall = true\n[check.agents]\nx = 1";
        let gate = said(wrong);
        assert_eq!((gate.skip, gate.fail_on), (vec!["A".to_owned(), "B".to_owned()], FailOn::High));
        assert!(gate.all && gate.write_baseline.is_none());
        assert!(said("[").skip.is_empty());
    }

    #[test]
    fn no_file_says_by_what_it_is_judged_or_where_signed_requests_go() {
        for settings in [
            "endpoint-url = 'http://127.0.0.1:9'",
            "[usage]\nendpoint-url = 'http://127.0.0.1:9'",
            "[verify]\npolicy = ['a.json']",
            "[verify]\nlogs = ['logs']",
            "[verify]\ngranted = ['a.json']",
            "[verify]\npublic-key = 'k'",
            "[verify]\nallow-skipped = true",
            "[verify]\ncatalog = 'c.json'",
        ] {
            let error = with_settings(command(), &settings.parse().expect("TOML")).expect_err(settings);
            assert!(error.to_string().contains("is not taken from a file"), "{settings}: {error}");
        }
        // At the top it is said of the commands that take it.
        let settings = "granted = ['a.json']\nallow-skipped = true\nthreads = 3".parse().expect("TOML");
        let parse = |args: &[&str]| {
            let command = with_settings(command(), &settings).expect("settings");
            let matches = command.try_get_matches_from(args).expect("a command line");
            Cli::from_arg_matches(&matches).expect("a command").command
        };
        match parse(&["leastwise", "verify", "p.json", "--policy", "a.json", "--logs", "logs"]) {
            Verb::Verify(args) => assert!(args.granted.is_empty() && !args.read.allow_skipped),
            other => panic!("not verify: {other:?}"),
        }
        match parse(&RUN) {
            Verb::Rightsize(args) => assert!(args.granted.len() == 1 && args.logs.read.allow_skipped),
            other => panic!("not rightsize: {other:?}"),
        }
    }
}
