//! Proposals that are kept on this machine, with what was said of them: one file each, readable by its owner alone.
//!
//! Nothing here is ever sent. What looks like a secret is taken out before anything is written, and no more proposals
//! are kept than [`MOST`]: the oldest that nobody said anything of goes first.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::atomic;
use crate::error::{Error, Result};

/// How many proposals without feedback are kept.
pub const MOST: usize = 200;
/// The largest file that is read back.
const LARGEST: u64 = 16 << 20;
/// How many characters an id has.
const ID: usize = 12;

/// The folder of proposals.
pub struct Proposals(PathBuf);

impl Proposals {
    /// The folder that is named, or the user's own.
    pub fn at(named: Option<&Path>) -> Result<Proposals> {
        if let Some(path) = named {
            return Ok(Proposals(path.to_owned()));
        }
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let state = set("XDG_STATE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| set("LOCALAPPDATA"))
            .or_else(|| set("HOME").map(|home| home.join(".local/state")));
        match state {
            Some(state) => Ok(Proposals(state.join("leastwise/proposals"))),
            None => {
                Err(Error::usage("there is no home to keep proposals in")
                    .hint("say where: `--proposals DIR`"))
            }
        }
    }

    /// Keeps a proposal; gives its id.
    pub fn keep(&self, mut record: Value, now: &str) -> Result<String> {
        record["kept"] = Value::from(now);
        let record = without_secrets(record);
        let digest = Sha256::digest(record.to_string().as_bytes());
        let id: String =
            digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().chars().take(ID).collect();
        let mut record = record;
        record["id"] = Value::from(id.as_str());
        self.write(&id, &record)?;
        self.forget_the_oldest();
        Ok(id)
    }

    /// Says something of a proposal.
    pub fn judge(&self, id: &str, feedback: Value) -> Result<String> {
        let (id, mut record) = self.find(id)?;
        record["feedback"] = without_secrets(feedback);
        self.write(&id, &record)?;
        Ok(id)
    }

    /// All proposals, the oldest first.
    pub fn all(&self) -> Result<Vec<Value>> {
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(Error::input(format!("cannot read `{}`", self.0.display())).because(error));
            }
        };
        let mut records = Vec::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|end| end == "json") && is_id(stem) {
                records.push(read(&path)?);
            }
        }
        records.sort_by_key(|record| {
            (
                record["kept"].as_str().unwrap_or_default().to_owned(),
                record["id"].as_str().unwrap_or_default().to_owned(),
            )
        });
        Ok(records)
    }

    /// The proposal whose id begins so.
    fn find(&self, wanted: &str) -> Result<(String, Value)> {
        let all = self.all()?;
        let fits = |record: &&Value| match wanted {
            "last" => true,
            _ => wanted.len() >= 4 && record["id"].as_str().is_some_and(|id| id.starts_with(wanted)),
        };
        let mut found: Vec<&Value> = all.iter().filter(fits).collect();
        if wanted == "last" {
            found = found.pop().into_iter().collect();
        }
        match found.as_slice() {
            [record] => {
                let id = record["id"].as_str().filter(|id| is_id(id)).unwrap_or_default().to_owned();
                Ok((id, (*record).clone()))
            }
            [] => Err(Error::usage(format!("no proposal `{wanted}` is kept in `{}`", self.0.display()))
                .hint("`leastwise feedback list` shows them; `generate --keep` keeps one")),
            _ => {
                Err(Error::usage(format!("several proposals begin with `{wanted}`"))
                    .hint("write more of the id"))
            }
        }
    }

    fn write(&self, id: &str, record: &Value) -> Result<()> {
        if !is_id(id) {
            return Err(Error::input("a proposal without an id"));
        }
        atomic::write_private(&self.0.join(format!("{id}.json")), format!("{record:#}\n").as_bytes())
    }

    fn forget_the_oldest(&self) {
        let Ok(all) = self.all() else { return };
        let unsaid: Vec<&Value> = all.iter().filter(|record| record["feedback"].is_null()).collect();
        let over = unsaid.len().saturating_sub(MOST);
        for id in unsaid.iter().take(over).filter_map(|record| record["id"].as_str()).filter(|id| is_id(id)) {
            // What cannot be removed now is removed another time.
            let _ = std::fs::remove_file(self.0.join(format!("{id}.json")));
        }
    }
}

/// Twelve hexadecimal digits: never a path.
fn is_id(text: &str) -> bool {
    text.len() == ID && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn read(path: &Path) -> Result<Value> {
    let unreadable = || Error::input(format!("`{}` is no proposal", path.display()));
    let size = std::fs::metadata(path).map_err(|error| unreadable().because(error))?.len();
    if size > LARGEST {
        return Err(unreadable());
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable().because(error))?;
    serde_json::from_str(&text).map_err(|error| unreadable().because(error))
}

/// The value with every text that looks like a key or a token taken out.
fn without_secrets(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(cleaned(&text)),
        Value::Array(items) => items.into_iter().map(without_secrets).collect(),
        Value::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key, without_secrets(value))).collect())
        }
        other => other,
    }
}

fn cleaned(text: &str) -> String {
    if text.contains("PRIVATE KEY-----") {
        return "[a key was here]".to_owned();
    }
    let letter = |c: char| c.is_ascii_alphanumeric() || "+/=_-.".contains(c);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| letter(c) != letter(first)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        clean.push_str(if letter(first) && is_secret(word) { "[a secret was here]" } else { word });
        rest = after;
    }
    clean
}

/// Access keys of AWS, tokens of JWT and of well-known services, and long words of mixed letters and digits.
fn is_secret(word: &str) -> bool {
    let starts = ["eyJ", "sk-", "ghp_", "gho_", "ghs_", "github_pat_", "xoxb-", "xoxp-", "glpat-", "AIza"];
    let key_id = (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word.len() == 20
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let dense = word.split(['/', '.', '-', '_']).any(|part| {
        part.len() >= 32
            && part.bytes().any(|byte| byte.is_ascii_uppercase())
            && part.bytes().any(|byte| byte.is_ascii_lowercase())
            && part.bytes().any(|byte| byte.is_ascii_digit())
    });
    key_id || dense || (word.len() >= 20 && starts.iter().any(|start| word.starts_with(start)))
}

/// One line of an export: the record, and for training the words with what should have come of them.
pub fn exported(record: &Value) -> Option<Value> {
    let feedback = record.get("feedback").filter(|feedback| !feedback.is_null())?;
    let right = match feedback["verdict"].as_str() {
        Some("good") => Some(record["intent"].to_string()),
        Some("edit") if feedback["correction"]["kind"] == "roles" => {
            feedback["correction"]["text"].as_str().map(str::to_owned)
        }
        _ => None,
    };
    let mut line = record.clone();
    if let (Some(right), Some(asked)) = (right, record["input"]["text"].as_str()) {
        line["messages"] =
            json!([{"role": "user", "content": asked}, {"role": "assistant", "content": right}]);
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> Proposals {
        let folder = std::env::temp_dir().join(format!("leastwise-proposals-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Proposals(folder)
    }

    #[test]
    fn secrets_are_taken_out_and_names_stay() {
        let check = |text: &str, clean: &str| assert_eq!(cleaned(text), clean);
        check("key AKIAIOSFODNN7EXAMPLE here", "key [a secret was here] here");
        check("arn:aws:s3:::reports/2026/q3.csv", "arn:aws:s3:::reports/2026/q3.csv");
        check(
            "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        );
        check("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "Bearer [a secret was here]");
        check("wJalrXUtnFEMIbK7MDENGbPxRfiCYEXAMPLEKEY", "[a secret was here]");
        check("-----BEGIN PRIVATE KEY-----\nx", "[a key was here]");
    }

    #[test]
    fn a_proposal_is_found_by_the_beginning_of_its_id_and_judged_once_or_again() {
        let proposals = folder("judge");
        let first = proposals.keep(json!({"input": {"text": "a"}}), "2026-11-21T10:00:00Z").expect("kept");
        let last = proposals.keep(json!({"input": {"text": "b"}}), "2026-11-21T10:00:01Z").expect("kept");
        assert_eq!(proposals.judge("last", json!({"verdict": "bad"})).expect("judged"), last);
        assert_eq!(proposals.judge(&first[..6], json!({"verdict": "good"})).expect("judged"), first);
        for wrong in ["", "abc", "../../etc", "ffffffffffff"] {
            assert!(proposals.judge(wrong, json!({})).is_err(), "{wrong}");
        }
        assert_eq!(proposals.all().expect("all")[0]["feedback"]["verdict"], "good");
        std::fs::remove_dir_all(&proposals.0).expect("removed");
    }

    #[test]
    fn no_more_are_kept_than_the_bound_and_what_was_judged_stays() {
        let proposals = folder("bound");
        let time = |n: usize| format!("2026-11-21T10:{:02}:{:02}Z", n / 60, n % 60);
        let first = proposals.keep(json!({"n": 0}), &time(0)).expect("kept");
        proposals.judge(&first, json!({"verdict": "good"})).expect("judged");
        for n in 1..=MOST + 2 {
            proposals.keep(json!({"n": n}), &time(n)).expect("kept");
        }
        let all = proposals.all().expect("all");
        assert_eq!(all.len(), MOST + 1);
        assert_eq!((&all[0]["n"], &all[1]["n"]), (&json!(0), &json!(3)));
        std::fs::remove_dir_all(&proposals.0).expect("removed");
    }
}
