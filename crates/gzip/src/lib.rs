//! Gzip members ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952) §2.3), each decoded in one go by
//! [libdeflate](https://github.com/ebiggers/libdeflate).
//!
//! The `libdeflater` crate does not say where a member ended, so whoever has several of them in one file must search for
//! their magic bytes, which also stand within compressed data by chance. libdeflate itself says it. This crate asks for
//! that and has nothing else; it is `unsafe` because the library is C.

use std::ptr::NonNull;

use libdeflate_sys as sys;

/// Decodes member after member.
#[derive(Debug)]
pub struct Decoder(NonNull<sys::libdeflate_decompressor>);

/// A member that was decoded: its header is sound, and the text has the length and the checksum that its end tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// How many bytes it takes, header and trailer included.
    pub packed: usize,
    /// How many bytes of text there are.
    pub text: usize,
}

/// Why a member was not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The text is longer than the room for it.
    Room,
    /// It is no gzip, damaged, cut short, or of a kind that is not decoded here: the library passes over a checksum of the
    /// header without a look at it (`FHCRC`, which hardly anybody writes).
    Damaged,
}

// SAFETY: a decompressor is memory that nobody else has, and is bound to no thread; the library asks only that two calls
// do not use one at once, which `&mut self` sees to.
#[expect(unsafe_code, reason = "the library is C")]
unsafe impl Send for Decoder {}

impl Decoder {
    /// A decoder of some 12 kB.
    ///
    /// # Panics
    /// When there is no memory left.
    #[expect(unsafe_code, reason = "the library is C")]
    pub fn new() -> Self {
        // SAFETY: it takes no argument, and says null when there is no memory.
        let raw = unsafe { sys::libdeflate_alloc_decompressor() };
        Decoder(NonNull::new(raw).expect("memory for a decoder"))
    }

    /// Decodes the member that `gzip` begins with to the beginning of `text`. The rest of `text` may be written to as well,
    /// and on an error all of it.
    #[expect(unsafe_code, reason = "the library is C")]
    pub fn member(&mut self, gzip: &[u8], text: &mut [u8]) -> Result<Member, Error> {
        /// In the fourth byte: a checksum of the header is there (RFC 1952 §2.3.1).
        const FHCRC: u8 = 2;
        if gzip.get(3).is_some_and(|flags| flags & FHCRC != 0) {
            return Err(Error::Damaged);
        }
        let mut member = Member { packed: 0, text: 0 };
        // SAFETY: the library reads within the one slice and writes within the other, whatever the bytes are; the
        // decompressor is alive and used by nobody else.
        let result = unsafe {
            sys::libdeflate_gzip_decompress_ex(
                self.0.as_ptr(),
                gzip.as_ptr().cast(),
                gzip.len(),
                text.as_mut_ptr().cast(),
                text.len(),
                &raw mut member.packed,
                &raw mut member.text,
            )
        };
        match result {
            sys::libdeflate_result_LIBDEFLATE_SUCCESS => Ok(member),
            sys::libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Err(Error::Room),
            _ => Err(Error::Damaged),
        }
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder::new()
    }
}

impl Drop for Decoder {
    #[expect(unsafe_code, reason = "the library is C")]
    fn drop(&mut self) {
        // SAFETY: it came from the library and is not used after.
        unsafe { sys::libdeflate_free_decompressor(self.0.as_ptr()) }
    }
}
