//! What a file is when it is not what was asked for: told by how it begins, with what to do about it. Looked at only when
//! reading has failed.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::string::FromUtf8Error;

use super::unpack::is_gzip;

/// What something may be instead of a log or a document.
#[derive(Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Where in the file the bytes stand that tell.
    at: usize,
    magic: &'static [u8],
    /// What it is.
    name: &'static str,
    /// How it becomes what is read here.
    way_out: &'static str,
}

const fn row(magic: &'static [u8], name: &'static str, way_out: &'static str) -> Foreign {
    Foreign { at: 0, magic, name, way_out }
}

/// UTF-32 begins as UTF-16 does, so it stands before.
const KNOWN: [Foreign; 31] = [
    row(b"\xff\xfe\0\0", "UTF-32 text", "convert it: iconv -f UTF-32 -t UTF-8 FILE"),
    row(b"\0\0\xfe\xff", "UTF-32 text", "convert it: iconv -f UTF-32 -t UTF-8 FILE"),
    row(b"\xff\xfe", "UTF-16 text, as PowerShell's > writes it", UTF_16),
    row(b"\xfe\xff", "UTF-16 text", UTF_16),
    row(b"\x1f\x8b", "gzip within gzip", "unpack it once: gunzip"),
    row(b"BZh", "bzip2", "unpack it: bunzip2, or bzcat FILE | leastwise usage -"),
    row(b"\x28\xb5\x2f\xfd", "zstd", "unpack it: unzstd, or zstdcat FILE | leastwise usage -"),
    row(b"\xfd7zXZ\0", "xz", "unpack it: unxz, or xzcat FILE | leastwise usage -"),
    row(b"\x04\x22\x4d\x18", "lz4", "unpack it: lz4 -d"),
    row(b"\xff\x06\0\0sNaPpY", "Snappy", "unpack it first"),
    row(b"PK\x03\x04", "a zip archive", "unpack it into a folder (unzip -d DIR) and give the folder"),
    row(b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it into a folder (7z x -oDIR) and give the folder"),
    Foreign {
        at: 257,
        ..row(b"ustar", "a tar archive", "unpack it into a folder (tar -xf FILE -C DIR) and give the folder")
    },
    row(b"PAR1", "Parquet", TABLE),
    row(b"ORC", "ORC", TABLE),
    row(b"Obj\x01", "Avro", TABLE),
    row(b"SQLite format 3\0", "a SQLite database", TABLE),
    row(b"%PDF-", "PDF", "give the log or document itself"),
    row(b"version https://git-lfs", "a pointer of Git LFS", "fetch what it points to: git lfs pull"),
    row(b"<?xml", "XML", SERVED),
    row(b"<!DOCTYPE", "HTML", SERVED),
    row(b"<!doctype", "HTML", SERVED),
    row(b"<html", "HTML", SERVED),
    row(b"Events:\n", YAML, AS_JSON),
    row(b"events:\n", YAML, AS_JSON),
    row(b"results:\n", YAML, AS_JSON),
    row(b"queryLanguage:", YAML, AS_JSON),
    row(b"QueryResultRows:\n", YAML, AS_JSON),
    row(b"EVENTS\t", COLUMNS, AS_JSON),
    row(b"RESULTS\t", COLUMNS, AS_JSON),
    row(b"-----", COLUMNS, AS_JSON),
];

const UTF_16: &str = "convert it: iconv -f UTF-16 -t UTF-8 FILE, or write it with Out-File -Encoding utf8";
const YAML: &str = "YAML, as the AWS CLI prints it when asked to";
const COLUMNS: &str = "text or a table, as the AWS CLI prints it when asked to";
const AS_JSON: &str = "ask for JSON: aws … --output json";
const TABLE: &str =
    "give the JSON files of the trail's bucket, or write each row's event as JSON on a line of its own";
const SERVED: &str = "it may be the answer of a server instead of the file: fetch it again";

/// A table of texts without a column of events, which no first bytes tell.
const CSV: Foreign = row(
    b"",
    "CSV without a column of whole events",
    "give JSON, or CSV with a column that holds whole events (`eventJson` of CloudTrail Lake, `@message` of Logs Insights): \
     CloudTrail's event history is downloaded as JSON too, and a trail's files are",
);

/// What begins so, if it is known.
pub fn recognise(begin: &[u8]) -> Option<&'static Foreign> {
    let is = |row: &&Foreign| begin.get(row.at..).is_some_and(|rest| rest.starts_with(row.magic));
    KNOWN.iter().find(is).or_else(|| is_csv(begin).then_some(&CSV))
}

/// Whether the first line is one of several columns, and none of JSON.
fn is_csv(begin: &[u8]) -> bool {
    let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin);
    let line = begin.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let columns = line.iter().filter(|byte| matches!(byte, b',' | b';' | b'\t')).count();
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | 0x80..);
    let begins = line.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'"');
    begins && columns >= 2 && line.iter().all(|byte| is_text(byte) && !b"{}[]".contains(byte))
}

impl Foreign {
    /// What it is, and the way out.
    pub fn words(&self) -> String {
        format!("this is {}, not JSON; {}", self.name, self.way_out)
    }
}

/// A text file; of one that holds no UTF-8 it is told what it may be.
pub fn read_text(path: &Path) -> Result<String> {
    let text = String::from_utf8(std::fs::read(path)?);
    text.map_err(|error| Error::new(ErrorKind::InvalidData, not_text(&error)))
}

/// What bytes are that are no text.
pub fn not_text(error: &FromUtf8Error) -> String {
    let bytes = error.as_bytes();
    match recognise(bytes) {
        // Logs are unpacked before they are looked at; documents are not.
        Some(_) if is_gzip(bytes) => "this is gzip, not JSON; unpack it: gunzip".to_owned(),
        Some(foreign) => foreign.words(),
        None => format!("not UTF-8 text: byte {} begins no character", error.utf8_error().valid_up_to()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_otherwise_is_named() {
        let mut tar = vec![b'x'; 257];
        tar.extend(b"ustar\0");
        for (begin, name) in [
            (&b"\xff\xfe{\0"[..], "UTF-16 text, as PowerShell's > writes it"),
            (b"\xfe\xff\0{", "UTF-16 text"),
            (b"\xff\xfe\0\0{\0\0\0", "UTF-32 text"),
            (b"BZh91AY", "bzip2"),
            (b"\x28\xb5\x2f\xfd\x04", "zstd"),
            (b"PK\x03\x04\x14", "a zip archive"),
            (b"PAR1\x15", "Parquet"),
            (b"Events:\n- AccessKeyId: x", YAML),
            (b"EVENTS\tAKIA\t", COLUMNS),
            (b"-------\n|  LookupEvents  |\n", COLUMNS),
            (&tar, "a tar archive"),
            (b"Event name,Event time,User name\n1,2,3", "CSV without a column of whole events"),
            (b"\"eventversion\",\"useridentity\",\"eventtime\"\r\n", "CSV without a column of whole events"),
        ] {
            assert_eq!(recognise(begin).map(|row| row.name), Some(name));
        }
        for begin in [
            &b""[..],
            b"{\"Records\":[]}",
            b"hello, world, how are you?{",
            b"not a log",
            b"a,b",
            b"\x01,\x02,\x03",
        ] {
            assert_eq!(recognise(begin), None, "{begin:?}");
        }
    }
}
