//! The body of a saved usage, unpacked a piece at a time: never more of it is held than one text is long.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};
use sha2::{Digest, Sha256};

/// So much is unpacked in one go.
const PIECE: usize = 64 << 10;

/// The longest text: no record of a log is longer.
const LONGEST: usize = crate::audit_log::MAX_RECORD;

/// A body that is being read.
pub(super) struct Body<'a> {
    packed: &'a [u8],
    inflate: Box<InflateState>,
    /// Whether all of it was unpacked.
    ended: bool,
    piece: Vec<u8>,
    at: usize,
    digest: Option<Sha256>,
}

impl<'a> Body<'a> {
    /// At its beginning; with its digest when that is asked for in the end.
    pub(super) fn new(packed: &'a [u8], digest: bool) -> Self {
        Body {
            packed,
            inflate: InflateState::new_boxed(DataFormat::Raw),
            ended: false,
            piece: Vec::new(),
            at: 0,
            digest: digest.then(Sha256::new),
        }
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Option<u8> {
        if self.at == self.piece.len() && !self.fill() {
            return None;
        }
        self.at += 1;
        Some(self.piece[self.at - 1])
    }

    /// The next bytes.
    #[inline]
    pub(super) fn bytes(&mut self, len: usize) -> Option<&[u8]> {
        if len > LONGEST {
            return None;
        }
        while self.piece.len() - self.at < len {
            if !self.fill() {
                return None;
            }
        }
        self.at += len;
        Some(&self.piece[self.at - len..self.at])
    }

    /// The digest of all of it, when this was all of it.
    pub(super) fn end(mut self) -> Option<Vec<u8>> {
        let all = self.at == self.piece.len() && !self.fill() && self.ended && self.packed.is_empty();
        all.then(|| self.digest.map(|digest| digest.finalize().to_vec()).unwrap_or_default())
    }

    /// Unpacks a piece behind what was not read yet; says whether there was one.
    #[cold]
    fn fill(&mut self) -> bool {
        self.piece.drain(..self.at);
        self.at = 0;
        let kept = self.piece.len();
        self.piece.resize(kept + PIECE, 0);
        let mut filled = kept;
        while filled == kept && !self.ended {
            let step = inflate(&mut self.inflate, self.packed, &mut self.piece[kept..], MZFlush::None);
            self.packed = &self.packed[step.bytes_consumed..];
            filled += step.bytes_written;
            match step.status {
                Ok(MZStatus::Ok) if step.bytes_written + step.bytes_consumed > 0 => {}
                Ok(MZStatus::StreamEnd) => self.ended = true,
                // What does not decompress ends here; that it is not whole is found when more is asked for.
                _ => break,
            }
        }
        self.piece.truncate(filled);
        if let Some(digest) = &mut self.digest {
            digest.update(&self.piece[kept..]);
        }
        filled > kept
    }
}
