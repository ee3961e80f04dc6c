//! Puts together the texts that `build/fold.rs` packed.
//!
//! The bytes are part of the program and a test reads all of them, so what cannot be read is a text that ends there
//! rather than a panic.

use crate::unpack::Reader;

/// The text.
pub(crate) fn unfold(packed: &[u8]) -> String {
    let mut text = String::new();
    // Whatever was put together before something could not be read stays.
    let _ = unfold_into(&mut text, packed);
    text
}

fn unfold_into(text: &mut String, packed: &[u8]) -> Option<()> {
    let mut reader = Reader::new(packed);
    let mut part = || {
        let len = reader.number()?;
        miniz_oxide::inflate::decompress_to_vec(reader.bytes(len)?).ok()
    };
    let (dictionary, heads, numbers) = (part()?, part()?, part()?);
    let dictionary: Vec<&str> = std::str::from_utf8(&dictionary).ok()?.lines().collect();
    let mut heads = std::str::from_utf8(&heads).ok()?.lines();
    let mut numbers = Reader::new(&numbers);
    let mut at = 0_usize;
    while let Some(number) = numbers.number() {
        let line = match number.checked_sub(1) {
            None => {
                at = 0;
                heads.next()?
            }
            Some(far) => {
                at = if far % 2 == 0 { at.checked_add(far / 2)? } else { at.checked_sub(far / 2)? };
                dictionary.get(at)?
            }
        };
        text.push_str(line);
        text.push('\n');
    }
    Some(())
}

/// The lines of a text that was only compressed.
pub(crate) fn inflated(packed: &[u8]) -> String {
    let bytes = miniz_oxide::inflate::decompress_to_vec(packed).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
