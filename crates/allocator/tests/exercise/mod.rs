//! Asks for blocks, changes them and gives them back, as bytes say, and looks at each whether it is what was asked for.

use std::alloc::{GlobalAlloc, Layout};

use leastwise_allocator::Allocator;

/// A block that is in use: every byte of it is its mark.
struct Block {
    at: *mut u8,
    layout: Layout,
    mark: u8,
}

/// Four bytes are a step: what is done, the size (two bytes), the alignment.
///
/// # Panics
///
/// When a block is not aligned, is not zero where it should be, or has changed while it was in use.
pub(super) fn exercise(steps: &[u8]) {
    let mut blocks: Vec<Block> = Vec::new();
    for (number, step) in steps.as_chunks::<4>().0.iter().enumerate() {
        let [what, low, high, align] = *step;
        // Small sizes most of the time.
        let size = usize::from(u16::from_le_bytes([low, high]) >> (what >> 4)).max(1);
        let layout = Layout::from_size_align(size, 1 << (align % 13)).expect("a size of two bytes");
        let chosen = usize::from(low) % blocks.len().max(1);
        let mark = u8::try_from(number % 251).expect("less than 256");
        match what % 4 {
            2 if !blocks.is_empty() => blocks.swap_remove(chosen).give_back(),
            3 if !blocks.is_empty() => blocks[chosen].resize(size),
            what => blocks.push(Block::ask(layout, mark, what == 1)),
        }
    }
    blocks.into_iter().for_each(Block::give_back);
}

#[expect(unsafe_code, reason = "an allocator cannot be used otherwise")]
impl Block {
    fn ask(layout: Layout, mark: u8, zeroed: bool) -> Block {
        // SAFETY: the size is not zero.
        let at = unsafe {
            match zeroed {
                true => Allocator.alloc_zeroed(layout),
                false => Allocator.alloc(layout),
            }
        };
        let block = Block { at, layout, mark };
        block.is_aligned();
        if zeroed {
            block.is_all(layout.size(), 0);
        }
        block.fill();
        block
    }

    fn resize(&mut self, size: usize) {
        self.is_all(self.layout.size(), self.mark);
        // SAFETY: the block is in use and has this layout; the size is not zero.
        self.at = unsafe { Allocator.realloc(self.at, self.layout, size) };
        let kept = self.layout.size().min(size);
        self.layout = Layout::from_size_align(size, self.layout.align()).expect("a size of two bytes");
        self.is_aligned();
        self.is_all(kept, self.mark);
        self.fill();
    }

    fn give_back(self) {
        self.is_all(self.layout.size(), self.mark);
        // SAFETY: the block is in use, has this layout, and is not used after this.
        unsafe { Allocator.dealloc(self.at, self.layout) }
    }

    fn is_aligned(&self) {
        assert!(!self.at.is_null());
        assert_eq!(self.at.addr() % self.layout.align(), 0, "{:?} at {:?}", self.layout, self.at);
    }

    fn fill(&self) {
        // SAFETY: the block is as large and nobody else's.
        unsafe { self.at.write_bytes(self.mark, self.layout.size()) }
    }

    fn is_all(&self, size: usize, byte: u8) {
        // SAFETY: the block is at least as large, and every byte of it was written.
        let bytes = unsafe { std::slice::from_raw_parts(self.at, size) };
        assert!(bytes.iter().all(|found| *found == byte), "{:?} at {:?}", self.layout, self.at);
    }
}
