//! The allocator of the binary: [mimalloc](https://github.com/microsoft/mimalloc).
//!
//! What is read are many small texts, taken apart and put together: with this allocator checking policies takes a quarter
//! less time than with the C library's, and reading logs is no slower. It keeps more memory for that, see bench/README.md.
//! It does not ask for huge pages: where memory is in pieces, putting them together takes longer than the whole run.
//!
//! The `mimalloc` crate asks for every block by its alignment. Where the size is no power of two, mimalloc then takes the
//! long way and a larger block each time, though blocks are aligned as they must be without that. This crate asks so only
//! where the alignment is more than `malloc` promises, as the standard library does with the C library's functions.

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys as mi;

/// mimalloc, for `#[global_allocator]`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allocator;

/// `mi_option_purge_delay` in `mimalloc.h`, which the bindings do not name: after how many milliseconds memory that is
/// not used any more is given back to the system, -1 for never.
const PURGE_DELAY: mi::mi_option_t = 15;

/// From now on memory that is not used any more is kept for what comes next, until the process ends. Giving it back stops
/// all threads for a moment, again and again: two threads that read logs lose some 3 % of their time to it, and no less
/// memory is taken at most. For a run that ends soon; what runs for days should not ask for this.
///
/// Whoever set `MIMALLOC_PURGE_DELAY` in the environment is obeyed.
pub fn keep_memory() {
    // SAFETY: it takes any of the library's options and any number, at any time and from any thread.
    #[expect(unsafe_code, reason = "the library is C")]
    unsafe {
        mi::mi_option_set_default(PURGE_DELAY, -1);
    }
}

/// Every block is aligned to this, if it is as large: "suitably aligned … with a fundamental alignment requirement and
/// size less than or equal to the size requested" (C17, 7.22.3), which is mimalloc's `MI_MAX_ALIGN_SIZE` where addresses
/// have 64 bits, and not less than two words elsewhere.
const PROMISED: usize = 2 * size_of::<usize>();

const fn is_promised(size: usize, align: usize) -> bool {
    align <= PROMISED && align <= size
}

// SAFETY: mimalloc gives blocks that nobody else has, of the size that is asked for, until they are given back; what is
// not there is null. Blocks are aligned as `PROMISED` says, or as is asked for. `mi_free` and both kinds of `mi_realloc`
// take any block, however it was asked for, and the latter keep what is in it. Nothing here unwinds.
#[expect(unsafe_code, reason = "an allocator is nothing else; the crate has nothing but this")]
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: these take any size, and any power of two for the alignment.
        unsafe {
            match is_promised(size, align) {
                true => mi::mi_malloc(size).cast(),
                false => mi::mi_malloc_aligned(size, align).cast(),
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: as above.
        unsafe {
            match is_promised(size, align) {
                true => mi::mi_zalloc(size).cast(),
                false => mi::mi_zalloc_aligned(size, align).cast(),
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller has it from here.
        unsafe { mi::mi_free(block.cast()) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller has it from here; what it gets is aligned as is said above.
        unsafe {
            match is_promised(size, layout.align()) {
                true => mi::mi_realloc(block.cast(), size).cast(),
                false => mi::mi_realloc_aligned(block.cast(), size, layout.align()).cast(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "the library is C")]
    fn the_option_is_the_one_that_is_meant() {
        // SAFETY: it takes any option.
        let delay = || unsafe { mi::mi_option_get(PURGE_DELAY) };
        // What the library says when nobody has said anything else; no other option is this.
        let default =
            std::env::var("MIMALLOC_PURGE_DELAY").map_or(1_000, |said| said.parse().expect("a number"));
        assert_eq!(delay(), default);
        keep_memory();
        assert_eq!(delay(), if default == 1_000 { -1 } else { default });
    }
}
