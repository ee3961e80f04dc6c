//! Short texts as a few words that hold them whole, which are compared without a call: every record is.

/// A text of at most [`Words::LONGEST`] bytes. Two are the same when their texts are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Words {
    /// The length and, from 8 bytes on, four times eight of them, which overlap.
    words: [u64; 5],
}

impl Words {
    /// What is longer than this has no words.
    pub(super) const LONGEST: usize = 32;

    /// The words of a text; `None` when it is too long.
    #[inline]
    pub(super) fn of(text: &[u8]) -> Option<Words> {
        let len = text.len();
        let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) else {
            return Some(Words { words: [len as u64, short(text), 0, 0, 0] });
        };
        if len > Self::LONGEST {
            return None;
        }
        let second = text[(len - 8).min(8)..].first_chunk()?;
        let third = text[len.saturating_sub(16)..].first_chunk()?;
        let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        Some(Words { words: [len as u64, word(first), word(second), word(third), word(last)] })
    }

    /// A few bits that differ between most texts.
    #[inline]
    pub(super) fn mixed(&self) -> u64 {
        let [len, first, _, _, last] = self.words;
        first ^ last.rotate_left(29) ^ len
    }
}

/// Fewer than eight bytes as a number.
#[inline]
fn short(text: &[u8]) -> u64 {
    text.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl PartialEq for Words {
    #[inline]
    fn eq(&self, other: &Words) -> bool {
        let pairs = self.words.iter().zip(&other.words);
        pairs.fold(0, |difference, (one, other)| difference | (one ^ other)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_tell_texts_apart(one in "[ab\0]{0,34}", other in "[ab\0]{0,34}", at in 0usize..34) {
            let words = |text: &str| Words::of(text.as_bytes());
            prop_assert_eq!(words(&one).is_some(), one.len() <= Words::LONGEST);
            if let (Some(a), Some(b)) = (words(&one), words(&other)) {
                prop_assert_eq!(a == b, one == other);
            }
            // One byte of difference, wherever it is.
            let mut near = one.clone().into_bytes();
            if let (Some(byte), Some(a)) = (near.get_mut(at), words(&one)) {
                *byte ^= 1;
                prop_assert!(Words::of(&near).is_some_and(|b| a != b));
            }
        }
    }
}
