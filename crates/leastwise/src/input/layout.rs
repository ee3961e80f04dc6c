//! How CloudTrail lays its files out in a bucket, and what a path alone tells about a file.
//!
//! `…/AWSLogs/[o-…/]<account>/CloudTrail/<region>/YYYY/MM/DD/<account>_CloudTrail_<region>_YYYYMMDDTHHmmZ_….json.gz`
//! ([naming](https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html)).
//! Beside `CloudTrail/` lie folders that hold no usage: digests, insights, network activity, aggregates.
//! Both times are those of *delivery*, which comes after the event, so pruning by path keeps a margin.

use leastwise_policy::time::Date;

/// Seconds in a day.
pub const DAY: i64 = 86_400;

/// CloudTrail says "on average within about 5 minutes", and does not promise it. A file that was delivered up to two
/// days after the end of the window may still hold events of the window.
const LATE: i64 = 2 * DAY;
/// An event's time can be a little after the clock that named the file.
const EARLY: i64 = 3_600;

/// Folders beside `CloudTrail/` whose files are not API usage.
pub const SIBLINGS: [&str; 4] =
    ["CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-NetworkActivity", "CloudTrail-Aggregated"];

/// The sibling folder that the path goes through, if any. File names of siblings carry the same word.
pub fn sibling(path: &str) -> Option<&'static str> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let in_folder = |word: &str| path.split(['/', '\\']).any(|part| part == word);
    let in_name = |word: &str| name.split('_').any(|part| part == word);
    SIBLINGS.into_iter().find(|word| in_folder(word) || in_name(word))
}

/// The span of time in which a file with this path was delivered, as far as the path tells: `[from, to)` in seconds
/// since the epoch. Only CloudTrail's own names and folders tell: what others date, such as a backup, may be the day when
/// it was stored, or the first of many.
pub fn delivered(path: &str) -> Option<(i64, i64)> {
    let (folder, name) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    let mut parts = name.split('_');
    if parts.any(|part| part == "CloudTrail")
        && let Some(minute) = parts.find_map(minute_stamp)
    {
        return Some((minute, minute + 60));
    }
    folder_span(folder).filter(|(from, to)| to - from == DAY)
}

/// Whether a file or folder with this path can hold events of the window `[since, until)`. What the path does not
/// tell is kept.
pub fn may_hold(path: &str, since: Option<i64>, until: Option<i64>) -> bool {
    let Some((from, to)) = delivered(path) else { return true };
    since.is_none_or(|since| to + EARLY > since) && until.is_none_or(|until| from < until + LATE)
}

/// Whether a folder can hold events of the window: `…/CloudTrail/<region>/2026`, `…/2026/08`, `…/2026/08/17`.
pub fn folder_may_hold(path: &str, since: Option<i64>, until: Option<i64>) -> bool {
    let Some((from, to)) = folder_span(path) else { return true };
    since.is_none_or(|since| to + EARLY > since) && until.is_none_or(|until| from < until + LATE)
}

/// What to do with a file that lies in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Read it.
    Read,
    /// It lies in a folder beside CloudTrail's logs, and holds no usage.
    Sibling(&'static str),
    /// Its path says that it lies outside the window.
    Outside,
    /// Its name is not that of a log.
    NotALog,
}

/// Endings of the names of logs, and of saved usage.
pub const ENDINGS: [&str; 6] = [".json", ".gz", ".ndjson", ".jsonl", ".log", ".lwu"];

/// What CloudTrail Lake puts beside the results that it saves, for whoever validates them.
const SIGNATURE: &str = "result_sign.json";

/// What the paths of one trail's files of an account and a region have in common, as far as the path tells: the beginning
/// of CloudTrail's own names, else the folder without its dates.
pub fn trail(path: &str) -> &str {
    let (mut folder, name) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    if let Some((at, _)) = name.match_indices('_').nth(2)
        && name[..at].contains("_CloudTrail_")
    {
        return &name[..at];
    }
    while let Some((above, date)) = folder.rsplit_once(['/', '\\'])
        && digits(date).is_some()
    {
        folder = above;
    }
    folder
}

/// Judges a file by its path.
pub fn judge(path: &str, since: Option<i64>, until: Option<i64>) -> Verdict {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    if let Some(folder) = sibling(path) {
        Verdict::Sibling(folder)
    } else if name == SIGNATURE
        || name.starts_with('.')
        || !ENDINGS.iter().any(|ending| ends_with(name, ending))
    {
        Verdict::NotALog
    } else if may_hold(path, since, until) {
        Verdict::Read
    } else {
        Verdict::Outside
    }
}

/// Whether a name has an ending, in whatever case.
fn ends_with(name: &str, ending: &str) -> bool {
    let from = name.len().checked_sub(ending.len());
    from.and_then(|from| name.get(from..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
}

/// `20260817T1235Z` → seconds since the epoch.
fn minute_stamp(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 14 || bytes[8] != b'T' || bytes[13] != b'Z' {
        return None;
    }
    let number = |from: usize, to: usize| digits(text.get(from..to)?);
    let day = midnight(number(0, 4)?, number(4, 6)?, number(6, 8)?)?;
    let (hour, minute) = (number(9, 11)?, number(11, 13)?);
    (hour < 24 && minute < 60).then_some(day + hour * 3_600 + minute * 60)
}

/// The span that a folder of the layout stands for, counted from the region: a year, a month, a day.
fn folder_span(path: &str) -> Option<(i64, i64)> {
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let region = parts.iter().rposition(|part| *part == "CloudTrail")? + 1;
    // Where the region's folder is missing, the year would be taken for it and the month for the year.
    parts.get(region).filter(|region| !region.starts_with(|first: char| first.is_ascii_digit()))?;
    let dates = parts.get(region + 1..)?;
    if dates.first()?.len() != 4 || dates[1..].iter().any(|part| part.len() != 2) {
        return None;
    }
    let dates: Vec<i64> = dates.iter().map(|part| digits(part)).collect::<Option<_>>()?;
    match dates[..] {
        [year] => Some((midnight(year, 1, 1)?, midnight(year + 1, 1, 1)?)),
        [year, 12] => Some((midnight(year, 12, 1)?, midnight(year + 1, 1, 1)?)),
        [year, month] => Some((midnight(year, month, 1)?, midnight(year, month + 1, 1)?)),
        [year, month, day] => midnight(year, month, day).map(|day| (day, day + DAY)),
        _ => None,
    }
}

/// Whether a folder is that of one day: nothing below it is worth pruning.
pub fn is_day(path: &str) -> bool {
    folder_span(path).is_some_and(|(from, to)| to - from == DAY)
}

fn digits(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Midnight UTC of a day of the calendar; `None` when there is no such day.
pub fn midnight(year: i64, month: i64, day: i64) -> Option<i64> {
    let date = Date::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
    Some(date.start().seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/17/\
        111122223333_CloudTrail_eu-west-1_20260817T1235Z_d2gFoxsr401OVpRU.json.gz";

    fn at(year: i64, month: i64, day: i64) -> i64 {
        midnight(year, month, day).expect("a day of the calendar")
    }

    #[test]
    fn a_file_name_tells_the_minute_of_delivery() {
        let noon = at(2026, 8, 17) + 12 * 3_600 + 35 * 60;
        assert_eq!(delivered(FILE), Some((noon, noon + 60)));
    }

    #[test]
    fn files_of_one_account_and_region_belong_together() {
        assert_eq!(trail(FILE), "111122223333_CloudTrail_eu-west-1");
        assert_eq!(trail("logs/prod/2026/08/17/events.json.gz"), "logs/prod");
        assert_eq!(trail("logs/prod/2026_08_17_events.json.gz"), "logs/prod");
        assert_eq!(trail("events.json"), "");
        assert_eq!(trail("/2026/08/a.json"), "");
    }

    #[test]
    fn folders_tell_the_day_when_the_name_does_not() {
        let of = |day: &str| delivered(&format!("x/CloudTrail/eu-west-1/{day}/events.json"));
        assert_eq!(of("2026/08/17"), Some((at(2026, 8, 17), at(2026, 8, 18))));
        assert_eq!(of("2026/13/17"), None);
        assert_eq!(of("2026/02/30"), None);
        assert_eq!(of("2026/08"), None);
    }

    #[test]
    fn what_others_date_tells_nothing() {
        for path in [
            "backup/2026/11/20/all.json",
            "x/export_20261120T0000Z.json",
            "CloudTrail/2026/08/17/events.json",
            "CloudTrail/111122223333/10/17/events.json",
        ] {
            assert_eq!(delivered(path), None, "{path}");
        }
        for folder in ["CloudTrail/2026/08", "CloudTrail/2026/08/17", "CloudTrail/111122223333/10"] {
            assert_eq!(folder_span(folder), None, "{folder}");
        }
    }

    #[test]
    fn a_file_that_was_delivered_late_is_kept() {
        let day = at(2026, 8, 17);
        assert!(may_hold(FILE, Some(day), Some(day + DAY)));
        assert!(may_hold(FILE, Some(day - DAY), Some(day)), "delivered the day after");
        assert!(!may_hold(FILE, Some(day + 2 * DAY), None), "delivered before the window");
        assert!(!may_hold(FILE, None, Some(day - 3 * DAY)), "delivered long after the window");
        assert!(may_hold("events.json", Some(day), Some(day)), "the path tells nothing");
    }

    #[test]
    fn siblings_are_told_by_folder_or_by_name() {
        assert_eq!(sibling(FILE), None);
        assert_eq!(
            sibling("AWSLogs/1/CloudTrail-Digest/eu-west-1/2026/08/17/x.json.gz"),
            Some("CloudTrail-Digest")
        );
        assert_eq!(
            sibling("111122223333_CloudTrail-Insight_eu-west-1_20260817T1235Z_x.json.gz"),
            Some("CloudTrail-Insight")
        );
        for folder in ["Digest", "Insight", "NetworkActivity", "Aggregated"] {
            let path = FILE.replace("/CloudTrail/", &format!("/o-a1b2c3d4e5/CloudTrail-{folder}/"));
            assert_eq!(sibling(&path), Some(&*format!("CloudTrail-{folder}")));
        }
    }

    #[test]
    fn an_organisation_has_a_folder_of_its_own_before_its_accounts() {
        let file = FILE.replace("AWSLogs/", "AWSLogs/o-a1b2c3d4e5/");
        assert_eq!((sibling(&file), delivered(&file), trail(&file)), (None, delivered(FILE), trail(FILE)));
        let day = "AWSLogs/o-a1b2c3d4e5/111122223333/CloudTrail/eu-west-1/2026/08/17";
        assert_eq!(folder_span(day), Some((at(2026, 8, 17), at(2026, 8, 18))));
    }

    #[test]
    fn a_folder_stands_for_its_year_month_or_day() {
        let hold = |path: &str| folder_may_hold(path, Some(at(2026, 8, 17)), Some(at(2026, 8, 18)));
        for path in [
            "x/CloudTrail/eu-west-1/2026",
            "x/CloudTrail/eu-west-1/2026/08/",
            "x/CloudTrail/eu-west-1/2026/08/19",
        ] {
            assert!(hold(path), "{path}");
        }
        for path in [
            "x/CloudTrail/eu-west-1/2025",
            "x/CloudTrail/eu-west-1/2026/12",
            "x/CloudTrail/eu-west-1/2026/08/20",
        ] {
            assert!(!hold(path), "{path}");
        }
        for path in ["2025", "x/CloudTrail/eu-west-1", "x/CloudTrail/eu-west-1/2026/13", "x/CloudTrail"] {
            assert!(hold(path), "{path} tells nothing");
        }
    }

    #[test]
    fn only_logs_of_the_window_are_read_from_a_folder() {
        let day = at(2026, 8, 17);
        assert_eq!(judge(FILE, Some(day), None), Verdict::Read);
        assert_eq!(judge(FILE, Some(day + 9 * DAY), None), Verdict::Outside);
        assert_eq!(
            judge("AWSLogs/1/CloudTrail-Digest/x.json.gz", None, None),
            Verdict::Sibling("CloudTrail-Digest")
        );
        assert_eq!(judge("AWSLogs/EVENTS.JSON.GZ", None, None), Verdict::Read);
        assert_eq!(judge("AWSLogs/README.txt", None, None), Verdict::NotALog);
        assert_eq!(judge("AWSLogs/.hidden.json", None, None), Verdict::NotALog);
        let lake = "AWSLogs/111122223333/CloudTrail-Lake/Query/2026/10/01/a1b2c3d4";
        assert_eq!(judge(&format!("{lake}/result_1.csv.gz"), Some(day), None), Verdict::Read);
        assert_eq!(judge(&format!("{lake}/result_sign.json"), None, None), Verdict::NotALog);
    }
}
