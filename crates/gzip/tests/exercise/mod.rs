//! What a decoder must never get wrong, whatever it is given: shared by the property test and the fuzz target.

use std::io::{Cursor, Read};

use flate2::bufread::GzDecoder;
use leastwise_gzip::{Decoder, Error};

/// More text than this is not decoded here.
const MOST: usize = 1 << 16;

/// Decodes the bytes into rooms of all sorts, and compares with another library.
pub(crate) fn exercise(bytes: &[u8]) {
    let mut decoder = Decoder::new();
    let mut text = vec![0; MOST];
    let first = decoder.member(bytes, &mut text);
    let Ok(member) = first else { return };
    let mut other = GzDecoder::new(Cursor::new(bytes));
    let mut expected = Vec::new();
    other.read_to_end(&mut expected).expect("what is sound for one is sound for the other");
    assert_eq!(text[..member.text], expected);
    assert_eq!(member.packed as u64, other.get_ref().position());
    // A room that just suffices does, one that is smaller does not; nor does a member that is cut short.
    text.fill(0xaa);
    let (room, rest) = text.split_at_mut(member.text);
    assert_eq!(decoder.member(&bytes[..member.packed], room), Ok(member));
    assert!(rest.iter().all(|byte| *byte == 0xaa), "nothing is written behind the room");
    assert_eq!(decoder.member(&bytes[..member.packed - 1], &mut text), Err(Error::Damaged));
    if let Some(less) = member.text.checked_sub(1) {
        assert_eq!(decoder.member(bytes, &mut text[..less]), Err(Error::Room));
    }
}
