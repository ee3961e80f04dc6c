//! The account of a run: what was read, what could not be read and why, what is known to be missing, what was set aside on
//! purpose.

use std::collections::BTreeMap;

use serde::Serialize;

use super::layout::ENDINGS;
use crate::output::{counted, plain};

/// So many places are named; beyond that they are only counted, so that a rotten log costs no memory.
const NAMED: usize = 10_000;
/// So many of them are listed on stderr.
const LISTED: usize = 20;

/// A file, or a record of a file, that could not be read, or a file that holds only a part of an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Skip {
    /// The file's name as it was given or found.
    pub file: String,
    /// How many records of the file came before; absent when it is the file as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// Byte offset in the unpacked text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// What was read is sound, and the file tells that there is more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// What is wrong, and what was done about it.
    pub reason: String,
}

/// What was read and what was not. Adding two accounts up gives the same in any order.
#[derive(Debug, Default)]
pub struct Account {
    /// Files that were opened.
    pub files: u64,
    /// Their size as they lie there.
    pub bytes: u64,
    /// Records that were read.
    pub records: u64,
    /// Files without any record.
    pub empty: u64,
    /// Files that could not be read, in whole or in part.
    pub bad_files: u64,
    /// Records that could not be read.
    pub bad_records: u64,
    /// Answers that are not whole: pages, unfinished queries.
    pub incomplete: u64,
    /// Files of sibling folders (digests, insights, …), by folder.
    pub siblings: BTreeMap<&'static str, u64>,
    /// Files that are not logs by their name.
    pub other: u64,
    /// Files and folders whose path says that they lie outside the window.
    pub pruned: u64,
    skips: Vec<Skip>,
}

impl Account {
    /// A file that could not be read, in whole or in part.
    pub fn bad_file(&mut self, file: &str, reason: impl Into<String>) {
        self.bad_files += 1;
        self.skip(Skip::of_file(file, false, reason.into()));
    }

    /// An answer in a file that tells of more than it holds.
    pub fn incomplete(&mut self, file: &str, reason: String) {
        self.incomplete += 1;
        self.skip(Skip::of_file(file, true, reason));
    }

    /// A record that could not be read.
    pub fn bad_record(&mut self, file: &str, record: u64, offset: u64, reason: String) {
        self.bad_records += 1;
        let (record, offset) = (Some(record), Some(offset));
        self.skip(Skip { record, offset, ..Skip::of_file(file, false, reason) });
    }

    fn skip(&mut self, skip: Skip) {
        self.skips.push(skip);
        if self.skips.len() >= 2 * NAMED {
            self.trim();
        }
    }

    /// Keeps the first places in order of name, so that what is kept does not depend on who came first.
    fn trim(&mut self) {
        self.skips.sort();
        self.skips.truncate(NAMED);
    }

    /// Adds another account to this one.
    pub fn add(&mut self, other: Account) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.records += other.records;
        self.empty += other.empty;
        self.bad_files += other.bad_files;
        self.bad_records += other.bad_records;
        self.incomplete += other.incomplete;
        self.other += other.other;
        self.pruned += other.pruned;
        for (folder, files) in other.siblings {
            *self.siblings.entry(folder).or_default() += files;
        }
        self.skips.extend(other.skips);
        self.trim();
    }

    /// The places that could not be read, in order.
    pub fn skips(&self) -> &[Skip] {
        &self.skips
    }

    /// How many files and records could not be read, and how many answers are not whole.
    pub fn skipped(&self) -> u64 {
        self.unread() + self.incomplete
    }

    fn unread(&self) -> u64 {
        self.bad_files + self.bad_records
    }

    /// `2 files and 14 records could not be read, and 1 answer is not whole`.
    pub fn skipped_in_words(&self) -> String {
        let unread = format!("{} could not be read", self.unread_in_words());
        let partial = counted(self.incomplete, "answer is not whole", "answers are not whole");
        match (self.unread(), self.incomplete) {
            (_, 0) => unread,
            (0, _) => partial,
            _ => format!("{unread}, and {partial}"),
        }
    }

    fn unread_in_words(&self) -> String {
        let files = counted(self.bad_files, "file", "files");
        let records = counted(self.bad_records, "record", "records");
        match (self.bad_files, self.bad_records) {
            (_, 0) => files,
            (0, _) => records,
            _ => format!("{files} and {records}"),
        }
    }

    /// For people, on stderr: one line of figures, then what was set aside, then what could not be read.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "read {} of {}, {}",
            counted(self.records, "record", "records"),
            counted(self.files, "file", "files"),
            super::size::ByteSize(self.bytes)
        )];
        for (count, what) in self.set_aside() {
            if count > 0 {
                lines.push(format!("  set aside: {} {what}", counted(count, "file", "files")));
            }
        }
        if self.pruned > 0 {
            lines.push(format!(
                "  not opened: {} outside the window by their path",
                counted(self.pruned, "place", "places")
            ));
        }
        if self.unread() > 0 {
            lines.push(format!("skipped: {} could not be read in full", self.unread_in_words()));
        }
        if self.incomplete > 0 {
            let answers = counted(self.incomplete, "answer is not whole", "answers are not whole");
            lines.push(format!("incomplete evidence: {answers}, what is missing was never read"));
        }
        for skip in self.skips.iter().take(LISTED) {
            lines.push(format!("  {}", plain(&skip.line())));
        }
        if self.skipped() > LISTED as u64 {
            lines.push(format!("  and {} more; --skipped FILE lists them", self.skipped() - LISTED as u64));
        }
        lines
    }

    fn set_aside(&self) -> impl Iterator<Item = (u64, String)> {
        let siblings =
            self.siblings.iter().map(|(folder, files)| (*files, format!("of {folder}, without usage")));
        let rest = [
            (self.other, format!("not named as logs are ({})", ENDINGS.join(" "))),
            (self.empty, "without any record".to_owned()),
        ];
        siblings.chain(rest)
    }
}

impl Skip {
    fn of_file(file: &str, incomplete: bool, reason: String) -> Skip {
        Skip { file: file.to_owned(), record: None, offset: None, incomplete, reason }
    }

    /// `a.json.gz: record 12 at byte 3456: reason`.
    pub fn line(&self) -> String {
        match (self.record, self.offset) {
            (Some(record), Some(offset)) => {
                format!("{}: record {record} at byte {offset}: {}", self.file, self.reason)
            }
            _ => format!("{}: {}", self.file, self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_add_up_the_same_in_any_order() {
        let make = |names: &[&str]| {
            let mut account = Account::default();
            for name in names {
                account.bad_file(name, "cut");
                account.bad_record(name, 1, 2, "bad".to_owned());
            }
            account
        };
        let (mut ab, mut ba) = (make(&["a", "b"]), make(&["c"]));
        ab.add(make(&["c"]));
        ba.add(make(&["a", "b"]));
        assert_eq!(ab.lines(), ba.lines());
        assert_eq!(ab.skipped(), 6);
    }

    #[test]
    fn an_answer_that_is_not_whole_is_no_file_that_could_not_be_read() {
        let mut account = Account::default();
        account.incomplete("page.json", "`NextToken` tells that there are further pages".to_owned());
        assert_eq!(account.skipped_in_words(), "1 answer is not whole");
        assert_eq!(
            account.lines()[1..],
            [
                "incomplete evidence: 1 answer is not whole, what is missing was never read",
                "  page.json: `NextToken` tells that there are further pages"
            ]
        );
        account.bad_file("a", "cut");
        assert_eq!(account.skipped_in_words(), "1 file could not be read, and 1 answer is not whole");
    }

    #[test]
    fn a_rotten_log_is_counted_in_full_and_named_in_part() {
        let mut account = Account::default();
        for record in 0..50_000 {
            account.bad_record("rotten.json", record, 0, "bad".to_owned());
        }
        account.add(Account::default());
        assert_eq!(account.skipped(), 50_000);
        assert_eq!(account.skips().len(), NAMED);
        assert!(account.lines().len() < 30);
    }
}
