//! Whole gzip files in one go, into a buffer that is used again and again: the fast path.
//!
//! A file may have several members ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952) §2.2). libdeflate decodes one and
//! does not tell where it ended, so the members are found by their magic bytes: a slice that ends where the next member
//! begins decodes, one that ends at bytes that only look like a beginning does not.
//!
//! What does not decode within the bound here (too large, damaged, cut short) goes through [`super::stream`], which says
//! what is wrong with it.

use libdeflater::{DecompressionError, Decompressor};

/// The largest text that is unpacked in one go; CloudTrail's own files are at most 50 MB.
pub const WHOLE: usize = 64 << 20;

/// Whether the bytes are gzip, whatever the file is called.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Unpacks file after file into the same memory.
pub struct Unpacker {
    decompressor: Decompressor,
    buffer: Vec<u8>,
}

impl Unpacker {
    /// With an empty buffer.
    pub fn new() -> Self {
        Unpacker { decompressor: Decompressor::new(), buffer: Vec::new() }
    }

    /// The text of the whole file, when every member decodes, every checksum holds and it is at most `limit` bytes.
    pub fn whole(&mut self, gzip: &[u8], limit: usize) -> Option<&[u8]> {
        let limit = limit.min(WHOLE);
        let (mut start, mut filled) = (0, 0);
        while start < gzip.len() && is_gzip(&gzip[start..]) {
            let (end, bytes) = self.member(gzip, start, filled, limit)?;
            filled += bytes;
            start = end;
        }
        // What stands behind the last member (padding, garbage) is for the slow path to judge.
        (start == gzip.len()).then(|| &self.buffer[..filled])
    }

    /// Decodes the member that begins at `start` behind what is `filled`; says where it ends and how long it is.
    fn member(&mut self, gzip: &[u8], start: usize, filled: usize, limit: usize) -> Option<(usize, usize)> {
        let begins =
            memchr::memmem::find_iter(&gzip[start + 1..], &[0x1f, 0x8b, 0x08]).map(|at| start + 1 + at);
        // More than a few false beginnings in one member do not happen by chance.
        for end in begins.take(64).chain([gzip.len()]) {
            if let Some(bytes) = self.decode(&gzip[start..end], filled, limit) {
                return Some((end, bytes));
            }
        }
        None
    }

    fn decode(&mut self, member: &[u8], filled: usize, limit: usize) -> Option<usize> {
        let hint = member.last_chunk::<4>().map_or(0, |size| u32::from_le_bytes(*size) as usize);
        // No byte of deflate stands for more than 1,032 bytes of text: a larger hint is not to be trusted.
        let believable = hint.min(member.len().saturating_mul(1_032));
        self.reserve(filled.saturating_add(believable).min(limit));
        loop {
            let room = self.buffer.len().min(limit);
            match self.decompressor.gzip_decompress(member, &mut self.buffer[filled.min(room)..room]) {
                // libdeflate ignores what stands behind a member; its length says whether the slice ends with it.
                Ok(bytes) => return (bytes == hint).then_some(bytes),
                Err(DecompressionError::InsufficientSpace) if room < limit => {
                    self.reserve((room * 2).clamp(1 << 16, limit));
                }
                Err(_) => return None,
            }
        }
    }

    fn reserve(&mut self, len: usize) {
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
    }
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
        assert!(Unpacker::new().whole(file, limit) == expected, "{} bytes, limit {limit}", file.len());
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
    fn a_length_that_lies_costs_no_memory() {
        let mut file = gzip(b"short");
        let at = file.len() - 4;
        file[at..].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut unpacker = Unpacker::new();
        assert_eq!(unpacker.whole(&file, WHOLE), None);
        assert!(unpacker.buffer.len() < 1 << 20);
    }
}
