//! Whole gzip files in one go, into a buffer that is used again and again: the fast path.
//!
//! A file may have several members ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952) §2.2), one behind the other.
//!
//! What does not decode within the bounds here (too large, damaged, cut short, no room left) goes through
//! [`super::stream`], which says what is wrong with it, if anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use leastwise_gzip::{Decoder, Error, Member};

/// The largest text that is unpacked in one go; CloudTrail's own files are
/// [at most 50 MB](https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html).
pub const WHOLE: usize = 50 << 20;
/// What every worker may keep for its text without asking for room.
const SMALL: usize = 8 << 20;

/// In steps of which the buffer grows up to that.
const STEP: usize = 1 << 20;

/// Room for texts beyond [`SMALL`], shared by all workers, so that memory does not grow with their number: enough for
/// two of the largest. Whoever finds none left reads a piece at a time instead of waiting.
#[derive(Debug)]
pub struct Room(AtomicUsize);

impl Default for Room {
    fn default() -> Self {
        Room(AtomicUsize::new(2 * WHOLE))
    }
}

impl Room {
    fn take(&self, bytes: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(bytes)).is_ok()
    }

    fn give(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Whether the bytes are gzip, whatever the file is called.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Unpacks file after file into the same memory.
pub struct Unpacker {
    decoder: Decoder,
    buffer: Vec<u8>,
    room: Arc<Room>,
    /// How much of the room is taken: all of the buffer when it is larger than [`SMALL`].
    taken: usize,
}

impl Unpacker {
    /// With an empty buffer.
    pub fn new(room: Arc<Room>) -> Self {
        Unpacker { decoder: Decoder::new(), buffer: Vec::new(), room, taken: 0 }
    }

    /// The text of the whole file, when every member decodes, every checksum holds and it is at most `limit` bytes.
    pub fn whole(&mut self, gzip: &[u8], limit: usize) -> Option<&[u8]> {
        let limit = limit.min(WHOLE);
        if self.taken > 0 && believable(gzip) <= SMALL {
            self.shrink();
        }
        let (mut start, mut filled) = (0, 0);
        while start < gzip.len() && is_gzip(&gzip[start..]) {
            let member = self.member(&gzip[start..], filled, limit)?;
            filled += member.text;
            start += member.packed;
        }
        // What stands behind the last member (padding, garbage) is for the slow path to judge.
        (start == gzip.len()).then(|| &self.buffer[..filled])
    }

    /// Decodes the first member of `rest` behind what is `filled`.
    fn member(&mut self, rest: &[u8], filled: usize, limit: usize) -> Option<Member> {
        let most = filled.saturating_add(believable(rest)).min(limit);
        // What is cut short or changed says any length, and fails within what logs come to.
        if !self.reserve(filled.saturating_add(likely(rest)).min(most), filled) {
            return None;
        }
        loop {
            let room = self.buffer.len().min(limit);
            match self.decoder.member(rest, &mut self.buffer[filled.min(room)..room]) {
                Ok(member) => return Some(member),
                Err(Error::Room) if room < limit => {
                    let more = if room < most { most } else { (room * 2).clamp(1 << 16, limit) };
                    if !self.reserve(more, filled) {
                        return None;
                    }
                }
                Err(Error::Room | Error::Damaged) => return None,
            }
        }
    }

    /// Makes the buffer `len` long, of which `filled` is to be kept, if there is room.
    fn reserve(&mut self, len: usize, filled: usize) -> bool {
        if self.buffer.len() >= len {
            return true;
        }
        // Files are about as long as each other: one step fits many of them.
        let len = if len > SMALL { len } else { len.next_multiple_of(STEP) };
        if len > SMALL {
            if !self.room.take(len - self.taken) {
                return false;
            }
            self.taken = len;
        }
        match filled {
            // Fresh memory is zero already, and the old is gone before.
            0 => {
                self.buffer = Vec::new();
                self.buffer = vec![0; len];
            }
            _ => self.buffer.resize(len, 0),
        }
        true
    }

    fn shrink(&mut self) {
        self.buffer.truncate(SMALL);
        self.buffer.shrink_to_fit();
        self.room.give(std::mem::take(&mut self.taken));
    }
}

/// The length of the last member's text, as its last bytes tell; there is one member as a rule.
fn length(gzip: &[u8]) -> usize {
    gzip.last_chunk::<4>().map_or(0, |size| u32::from_le_bytes(*size) as usize)
}

/// The same as far as it is to be trusted: no byte of deflate stands for more than 1,032 bytes of text.
fn believable(gzip: &[u8]) -> usize {
    length(gzip).min(gzip.len().saturating_mul(1_032))
}

/// How much text that is at most as a rule: CloudTrail's is some ten times as long as the file.
fn likely(gzip: &[u8]) -> usize {
    length(gzip).min(gzip.len().saturating_mul(32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("in memory");
        encoder.finish().expect("in memory")
    }

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 1u64;
        let step = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        (0..len).map(step).collect()
    }

    fn check(file: &[u8], limit: usize, expected: Option<&[u8]>) {
        assert!(
            Unpacker::new(Arc::default()).whole(file, limit) == expected,
            "{} bytes, limit {limit}",
            file.len()
        );
    }

    #[test]
    fn members_follow_each_other() {
        let file = [gzip(b"one"), gzip(b""), gzip(b"two")].concat();
        check(&file, WHOLE, Some(b"onetwo"));
    }

    #[test]
    fn equal_members_are_both_read() {
        let file = [gzip(b"same"), gzip(b"same")].concat();
        check(&file, WHOLE, Some(b"samesame"));
    }

    #[test]
    fn very_many_members_are_one_text() {
        let texts: Vec<Vec<u8>> = (0..5_000).map(|len| vec![b'a'; len % 300]).collect();
        let file: Vec<u8> = texts.iter().flat_map(|text| gzip(text)).collect();
        check(&file, WHOLE, Some(&texts.concat()));
        let large = [gzip(&noise(3 * STEP)), gzip(b"small"), gzip(&noise(2 * STEP)), gzip(b"")].concat();
        check(&large, WHOLE, Some(&[&noise(3 * STEP)[..], b"small", &noise(2 * STEP)].concat()));
    }

    #[test]
    fn bytes_that_only_look_like_a_beginning_are_text() {
        // Stored blocks keep the text as it is, magic bytes and all.
        let text = [&noise(1_000)[..], &[0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3], &noise(1_000)[..]].concat();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(&text).expect("in memory");
        let member = encoder.finish().expect("in memory");
        check(&[member.clone(), member].concat(), WHOLE, Some(&[&text[..], &text[..]].concat()));
    }

    #[test]
    fn what_is_cut_or_changed_or_too_large_is_left_to_the_slow_path() {
        let text = noise(100_000);
        let whole = gzip(&text);
        check(&whole, WHOLE, Some(&text));
        check(&whole, text.len(), Some(&text));
        check(&whole, text.len() - 1, None);
        check(&whole[..whole.len() - 9], WHOLE, None);
        let mut changed = whole.clone();
        let at = changed.len() - 6;
        changed[at] ^= 1;
        check(&changed, WHOLE, None);
        check(&[&whole[..], b"garbage"].concat(), WHOLE, None);
        check(&[&whole[..], &[0; 512]].concat(), WHOLE, None);
    }

    #[test]
    fn a_damaged_member_as_long_as_the_one_before_is_not_taken_for_its_end() {
        let mut damaged = gzip(b"two");
        damaged[0] ^= 1;
        check(&[gzip(b"one"), damaged].concat(), WHOLE, None);
        let garbage = [b"garbage".as_slice(), &3u32.to_le_bytes()].concat();
        check(&[gzip(b"one"), garbage].concat(), WHOLE, None);
        check(&[gzip(b"one"), vec![0; 8], gzip(b"two")].concat(), WHOLE, None);
    }

    #[test]
    fn a_length_that_lies_costs_no_memory() {
        let mut file = gzip(b"short");
        let at = file.len() - 4;
        file[at..].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut unpacker = Unpacker::new(Arc::default());
        assert_eq!(unpacker.whole(&file, WHOLE), None);
        assert!(unpacker.buffer.len() <= STEP);
    }

    #[test]
    fn two_of_the_largest_texts_are_held_at_once_and_no_more() {
        let (large, small) = (gzip(&vec![b' '; WHOLE]), gzip(b"small"));
        let room: Arc<Room> = Arc::default();
        let [mut a, mut b, mut c] = [(); 3].map(|()| Unpacker::new(room.clone()));
        let read = |unpacker: &mut Unpacker, file: &[u8]| unpacker.whole(file, WHOLE).map(<[u8]>::len);
        assert_eq!([&mut a, &mut b, &mut c].map(|it| read(it, &large)), [Some(WHOLE), Some(WHOLE), None]);
        assert_eq!(read(&mut a, &large), Some(WHOLE));
        assert_eq!(read(&mut c, &small), Some(5));
        // A small text gives the room of a large one back.
        assert_eq!(read(&mut a, &small), Some(5));
        assert!(a.buffer.capacity() <= SMALL);
        assert_eq!(read(&mut c, &large), Some(WHOLE));
        assert_eq!(read(&mut a, &large), None);
    }
}
