//! Saved usage as it lies in a file: as it was written, or packed once more with gzip.
//!
//! INVARIANT: what a saved usage comes to in memory is bounded by its size, so gzip must not make much of that size out of
//! nothing. It takes next to nothing off what is packed already; what it packed far better is left to the user to unpack.

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::{GzDecoder, MultiGzDecoder};
use leastwise_analysis::usage;

use super::unpack::is_gzip;
use crate::error::{Error, Result};

/// So much of the beginning tells whether a file is one: gzip's may hold a name, and the codes of what comes first.
pub const BEGIN: usize = 4 << 10;

/// It may unpack to so many times its size, and so much more.
const EACH: usize = 2;
const FREE: usize = 1 << 20;

/// Whether a file that begins so is a saved usage.
pub fn is_saved(begin: &[u8]) -> bool {
    if !is_gzip(begin) {
        return usage::is_saved(begin);
    }
    let mut text = Vec::new();
    // Where the beginning ends, so does the text; what was unpacked by then is there.
    let _ = GzDecoder::new(begin).take(16).read_to_end(&mut text);
    usage::is_saved(&text)
}

/// The file as it was written.
pub fn unpacked<'f>(name: &str, file: &'f [u8]) -> Result<Cow<'f, [u8]>> {
    if !is_gzip(file) {
        return Ok(Cow::Borrowed(file));
    }
    let most = file.len().saturating_mul(EACH).saturating_add(FREE);
    let mut text = Vec::new();
    let read = MultiGzDecoder::new(file).take(most as u64 + 1).read_to_end(&mut text);
    let refused = |why: &str| Error::input(format!("cannot read saved usage `{name}`: {why}"));
    read.map_err(|error| refused("what gzip packed is damaged").because(error).hint("save it again"))?;
    match text.len() > most {
        true => Err(refused("gzip packed it to less than a half").hint("unpack it: gunzip")),
        false => Ok(Cow::Owned(text)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzBuilder::new().filename("u".repeat(255)).write(Vec::new(), Compression::best());
        encoder.write_all(text).expect("in memory");
        encoder.finish().expect("in memory")
    }

    #[test]
    fn one_is_known_by_how_it_begins() {
        let text: Vec<u8> =
            b"LWUSAGE".iter().copied().chain((0..200_000u32).flat_map(u32::to_le_bytes)).collect();
        for file in [text.clone(), gzip(&text)] {
            assert!(is_saved(&file) && is_saved(&file[..BEGIN]));
            assert_eq!(unpacked("u", &file).expect("it is whole"), text);
        }
        assert!(!is_saved(&gzip(b"{\"Records\":[]}")) && !is_saved(b"\x1f\x8b") && !is_saved(b""));
    }

    #[test]
    fn what_gzip_makes_out_of_nothing_is_refused() {
        let bomb = gzip(&[b"LWUSAGE".as_slice(), &vec![0; 8 << 20]].concat());
        assert!(is_saved(&bomb) && bomb.len() < 20_000);
        assert!(unpacked("u", &bomb).expect_err("much").to_string().contains("less than a half"));
        let cut = gzip(b"LWUSAGE and more");
        assert!(unpacked("u", &cut[..cut.len() - 9]).expect_err("cut").to_string().contains("damaged"));
    }
}
