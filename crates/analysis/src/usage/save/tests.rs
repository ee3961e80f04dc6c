//! What was saved comes back, and what only claims to have been saved does not.

use miniz_oxide::deflate::compress_to_vec;
use sha2::{Digest, Sha256};

use super::{LoadError, MAGIC, VERSION, Writer};
use crate::usage::recorded::{Account, Held, Recorded, Shown, Side};
use crate::usage::sighting::{EventId, Key, Kind, Prints, Seen};
use crate::usage::tally::{Tally, Ways};
use crate::usage::{FOLD_AT, Missing, Usage};

/// A file with this body, packed and sealed as ours are.
fn sealed(body: &[u8]) -> Vec<u8> {
    of_version(VERSION, body)
}

fn of_version(version: u8, body: &[u8]) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    file.push(version);
    file.extend(compress_to_vec(body, 9));
    file.extend(Sha256::digest(body));
    file
}

fn refused(body: &[u8], says: &str) {
    let file = sealed(body);
    // The usage itself would fill the screen.
    let Err(error) = Usage::load(&file) else { panic!("it is no usage") };
    assert!(error.to_string().contains(says), "{} bytes of {}: {error}", file.len(), body.len());
}

/// A body up to its rows, of which it says that there are so many.
fn up_to_rows(rows: u64) -> Writer {
    let mut body = Writer::default();
    body.tally(&Tally::default());
    body.number(FOLD_AT as u64);
    for name in ["arn:aws:iam::111122223333:role/app", "s3:GetObject", ""] {
        body.number(1);
        body.text(name.as_bytes());
    }
    body.number(0);
    body.number(rows);
    body
}

const KEY: Key = Key { principal: 0, action: 0, context: 0, outcome: 0, kind: Kind::Pattern };

fn row(body: &mut Writer, resource: &str) {
    body.key(&KEY);
    body.text(resource.as_bytes());
    [1, 0, 0, 0].into_iter().for_each(|number| body.number(number));
}

#[test]
fn totals_that_doubled_with_each_merge_can_still_be_read() {
    let mut usage = Usage::new(FOLD_AT);
    usage.tally.records = 3 << 40;
    usage.tally.outside_window = u64::MAX;
    usage.tally.left_out.insert("console sign-ins".to_owned(), 1 << 41);
    usage.tally.ways.queries = 1 << 50;
    let read = Usage::load(&usage.save()).expect("it was saved");
    assert_eq!((read.tally.records, read.tally.outside_window), (1 << 40, 1 << 40));
    assert_eq!(read.tally.left_out["console sign-ins"], 1 << 40);
    let again = Usage::load(&read.save()).expect("it was saved");
    assert_eq!(again.tally, read.tally);
}

#[test]
fn what_packs_as_no_usage_does_is_refused_before_it_is_taken_in() {
    const MUCH: &str = "it unpacks to more than a saved usage of its size holds";
    let mut prints = up_to_rows(1);
    row(&mut prints, "r");
    prints.number(8 << 20);
    prints.0.extend([0, 1].repeat(8 << 20));
    refused(&prints.0, MUCH);

    let mut rows = up_to_rows(200_000);
    for number in 0..200_000 {
        row(&mut rows, &format!("{:06}", number / 1_000));
        rows.number(0);
    }
    refused(&rows.0, MUCH);

    let mut texts = up_to_rows(10);
    for _ in 0..10 {
        row(&mut texts, &"a".repeat(8 << 20));
        texts.number(0);
    }
    refused(&texts.0, MUCH);

    let mut text = up_to_rows(1);
    row(&mut text, &"a".repeat(64 << 20));
    refused(&text.0, "not in the format");

    let behind = Usage::load(&of_version(4, &vec![0; 256 << 20])).map(drop);
    assert!(behind.is_err_and(|error| error.to_string().contains("something stands behind its end")));
    let mut behind = up_to_rows(0);
    behind.number(0);
    behind.ways(Ways::default());
    behind.number(u64::from(VERSION));
    behind.recorded(&Recorded::default());
    let mut behind = sealed(&behind.0);
    assert!(Usage::load(&behind).is_ok());
    behind.splice(behind.len() - 32..behind.len() - 32, [0]);
    assert!(matches!(Usage::load(&behind), Err(LoadError::Damaged(_))));
}

#[test]
fn counts_that_no_log_comes_to_are_refused() {
    for at in 0..6 {
        let mut body = Writer::default();
        (0..6).for_each(|number| body.number(if number == at { u64::MAX } else { 0 }));
        body.0.extend([0; 12]);
        refused(&body.0, "not in the format");
    }
}

/// The longest keys of S3 that differ in their last letters, events without much of an id: nothing packs better.
#[test]
fn a_usage_of_many_long_keys_is_read() {
    let mut usage = Usage::new(FOLD_AT);
    let mut hash = 1u64;
    for role in 0..40 {
        let role = usage.table.principals.intern(format!("arn:aws:iam::111122223333:role/{role}").as_bytes());
        let action = usage.table.actions.intern(b"s3:GetObject");
        let context = usage.table.contexts.intern(b"");
        for number in 0..FOLD_AT {
            let key = Key { principal: role, action, context, outcome: 0, kind: Kind::Exact };
            let resource = format!("arn:aws:s3:::bucket/{}{number}", "k".repeat(1_000));
            hash = hash.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let example = EventId::new(format!("0f0e0d0c-0000-4000-8000-{:012x}", hash >> 16).as_bytes());
            let place = usage.table.hash(&key, &resource);
            usage.table.add(key, &resource, place, Seen::once(0, example), Prints::Some(&[(0, hash)]));
        }
    }
    let file = usage.save();
    assert!(file.len() < 2 << 20, "{}", file.len());
    assert_eq!(Usage::load(&file).expect("it is ours").rows(), usage.rows());
}

/// Events without ids have no fingerprints, and then nothing in the file is chance.
#[test]
fn a_usage_of_events_without_ids_is_read() {
    let mut usage = Usage::new(FOLD_AT);
    let action = usage.table.actions.intern(b"s3:GetObject");
    let context = usage.table.contexts.intern(b"");
    for role in 0..100 {
        let role = usage.table.principals.intern(format!("arn:aws:iam::111122223333:role/{role}").as_bytes());
        for number in 0..FOLD_AT {
            let key = Key { principal: role, action, context, outcome: 0, kind: Kind::Exact };
            let resource = format!("arn:aws:s3:::bucket/{}{number}", "k".repeat(240));
            let place = usage.table.hash(&key, &resource);
            usage.table.add(key, &resource, place, Seen::once(0, EventId::new(b"")), Prints::None);
        }
    }
    assert!(Usage::load(&usage.save()).expect("it is ours").rows() == usage.rows());
}

/// A context is a text of its own for each of its values.
#[test]
fn a_context_of_very_many_values_is_refused() {
    let mut body = Writer::default();
    body.tally(&Tally::default());
    body.number(FOLD_AT as u64);
    for name in ["arn:aws:iam::111122223333:role/app", "s3:GetObject", &"\u{1f}".repeat(8 << 20)] {
        body.number(1);
        body.text(name.as_bytes());
    }
    [0, 0].into_iter().for_each(|number| body.number(number));
    refused(&body.0, "it unpacks to more than a saved usage of its size holds");
}

#[test]
fn what_was_saved_is_the_same_again() {
    let usage = Usage::new(FOLD_AT);
    assert_eq!(Usage::load(&usage.save()).expect("it is ours").tally, usage.tally);
}

/// A usage of two who were there, of whom the first has a row.
fn of_two() -> Usage {
    let mut usage = Usage::new(FOLD_AT);
    for name in ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/silent"] {
        usage.table.principals.intern(name.as_bytes());
    }
    usage.table.actions.intern(b"s3:GetObject");
    usage.table.contexts.intern(b"");
    let place = usage.table.hash(&KEY, "arn:aws:s3:::b/k");
    usage.table.add(KEY, "arn:aws:s3:::b/k", place, Seen::once(7, EventId::new(b"e")), Prints::None);
    usage
}

#[test]
fn who_left_no_row_is_saved_with_the_time() {
    let mut usage = of_two();
    assert_eq!(usage.principals(), ["arn:aws:iam::111122223333:role/app"]);
    usage.presence.saw(1, 5);
    usage.presence.saw(1, 9);
    let again = Usage::load(&usage.save()).expect("it is ours");
    assert_eq!(again.presence, usage.presence);
    assert_eq!(again.presence.all().collect::<Vec<_>>(), [(1, Some((5, 9)))]);
    assert_eq!(again.principals().len(), 2);
}

#[test]
fn the_first_format_tells_who_left_no_row_when_it_holds_everybody() {
    for (others, seen) in [(0, 2), (1, 1)] {
        let mut usage = of_two();
        usage.tally.other_principals = others;
        let mut body = Writer::default();
        body.tally(&usage.tally);
        body.table(&usage.table);
        let old = Usage::load(&of_version(1, &body.0)).expect("it is still read");
        assert_eq!((old.rows(), old.principals().len()), (usage.rows(), seen));
        let again = Usage::load(&old.save()).expect("it is ours");
        assert_eq!(again.presence, old.presence);
    }
}

/// Names in a row, all at once: nothing of it is chance.
#[test]
fn a_usage_of_very_many_who_left_no_row_is_read() {
    let mut usage = Usage::new(FOLD_AT);
    for role in 0..400_000 {
        let name = format!("arn:aws:iam::111122223333:role/{}{role}", "k".repeat(40));
        let role = usage.table.principals.intern(name.as_bytes());
        usage.presence.saw(role, 1_790_856_000);
    }
    assert!(Usage::load(&usage.save()).expect("it is ours").presence == usage.presence);
}

/// A usage of writes alone in one account, and of both kinds in another.
fn one_sided() -> Usage {
    let mut usage = of_two();
    let writes = Held::Only(Side::Writes, (0..100).collect());
    usage.tally.recorded.add(111_122_223_333, Account { held: writes, shown: Shown::default() });
    usage.tally.recorded.add(444_455_556_666, Account { held: Held::Both, shown: shown() });
    usage
}

fn shown() -> Shown {
    let data = [("s3:GetObject", true), ("s3:GetObject", false)];
    let regions = ["eu-west-1", "us-east-1"];
    Shown {
        data: data.into_iter().map(|(action, read_only)| (action.to_owned(), read_only)).collect(),
        regions: regions.into_iter().map(str::to_owned).collect(),
        kms: true,
    }
}

/// That of an organisation says the same of each account: nothing of it is chance.
#[test]
fn a_usage_of_very_many_accounts_is_read() {
    let mut usage = Usage::new(FOLD_AT);
    for account in 0..100_000 {
        usage.tally.recorded.add(account, Account { held: Held::Both, shown: shown() });
    }
    assert!(Usage::load(&usage.save()).expect("it is ours").tally.recorded == usage.tally.recorded);
}

#[test]
fn in_which_ways_records_came_and_of_which_kinds_they_are_is_kept_and_older_formats_do_not_say() {
    let mut usage = one_sided();
    usage.tally.ways = Ways { queries: 2, bridged: 300, bridged_reads: 1 };
    let again = Usage::load(&usage.save()).expect("it is ours");
    assert_eq!(again.tally, usage.tally);
    for version in [2, 3, 4] {
        let mut body = Writer::default();
        body.tally(&usage.tally);
        body.table(&usage.table);
        body.presence(&usage.presence);
        let mut ways = Ways::default();
        if version > 2 {
            ways = usage.tally.ways;
            body.ways(ways);
            body.number(if version == 3 { 1 } else { usage.tally.recorded.all().len() as u64 });
        }
        if version == 4 {
            for (account, known) in usage.tally.recorded.all() {
                body.number(account);
                body.held(&known.held);
            }
            let old = Usage::load(&of_version(version, &body.0)).expect("it is still read");
            assert_eq!(old.tally.recorded.missing("111122223333"), Some(Missing::Reads));
            assert_eq!(old.tally.recorded.shown("444455556666"), Shown::default(), "it does not say");
            continue;
        }
        let old = Usage::load(&of_version(version, &body.0)).expect("it is still read");
        assert_eq!((old.tally.ways, old.presence), (ways, usage.presence.clone()));
        assert_eq!(old.tally.recorded.missing("111122223333"), None, "it does not say");
        assert_eq!(old.tally.recorded.shown("111122223333"), Shown::default(), "nor what else there is");
        let mut both = usage.clone();
        both.merge(&Usage::load(&of_version(version, &body.0)).expect("it is still read"));
        assert_eq!(both.tally.recorded.missing("111122223333"), None, "what it holds may have been of reads");
        refused(&body.0, "damaged");
    }
}

#[test]
fn kinds_of_events_that_are_none_are_refused() {
    let body = |account: u64, rest: &[u64]| {
        let mut body = up_to_rows(0);
        body.number(0);
        body.ways(Ways::default());
        let version = u64::from(VERSION);
        let numbers = [version, 1, account].into_iter().chain(rest.iter().copied());
        numbers.for_each(|number| body.number(number));
        body.0
    };
    assert!(Usage::load(&sealed(&body(111_122_223_333, &[3, 2, 5, 5, 0, 0, 0]))).is_ok());
    let text = |rest: &[u8]| -> Vec<u64> { rest.iter().map(|byte| u64::from(*byte)).collect() };
    assert!(Usage::load(&sealed(&body(111_122_223_333, &text(b"\0\x01\x04s3:x\x01\x01\x02eu\x01")))).is_ok());
    for rest in [
        &b"\0\x01\x04s3:x\x02\x01\x02eu\x01"[..],
        b"\0\x01\x04s3:x\x01\x01\0\x01",
        b"\0\x01\x04s3:x\x01\x01\x02\xff\xff\x01",
        b"\0\x01\x04s3:x\x01\x01\x21aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x01",
        b"\0\x01\x04s3:x\x01\x01\x02eu\x02",
    ] {
        refused(&body(111_122_223_333, &text(rest)), "not in the format");
    }
    for (account, rest) in [
        (1_000_000_000_000, &[0][..]),
        (111_122_223_333, &[4]),
        (111_122_223_333, &[3, 0]),
        (111_122_223_333, &[3, 101]),
        (111_122_223_333, &[3, 2, u64::MAX, 1]),
    ] {
        refused(&body(account, rest), "not in the format");
    }
}
