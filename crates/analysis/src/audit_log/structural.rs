//! Finds where the strings and brackets of a JSON text are, 64 bytes at a time.
//!
//! A CloudTrail record is some 1,700 bytes of which a dozen fields matter. Reading every byte through a
//! general JSON parser costs three to five times what decompressing the file costs, so this module finds only
//! the *structure*: where each string begins, and each bracket that is not inside a string. What stands between
//! two positions is then skipped without being looked at; where a string ends follows from what comes next.
//!
//! The technique (bit masks of a block, prefix XOR to know what is inside a string) is the first stage of
//! Langdale and Lemire, "Parsing Gigabytes of JSON per Second", VLDB Journal 2019, sections 3.1.1 to 3.1.5.
//!
//! INVARIANT: the vector and the portable code give the same positions for every input; a property test and
//! the `cloudtrail_reader` fuzz target compare them.

/// The bytes that matter in one block of 64, one bit a byte, the lowest bit first.
#[derive(Clone, Copy)]
struct Masks {
    quote: u64,
    backslash: u64,
    bracket: u64,
}

/// What one block hands to the next: whether its last byte escapes the next one, and whether it ended
/// inside a string.
#[derive(Clone, Copy, Default)]
struct Carry {
    escaped: u64,
    in_string: u64,
}

/// Where the structure of a text is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Structure {
    /// The positions of the quotes that open strings, and of the brackets outside strings, in order.
    pub positions: Vec<u32>,
    /// Where the blocks of 64 bytes begin that hold a backslash, in order.
    pub escapes: Vec<u32>,
}

/// Finds the structure of `text`; what `into` held before is gone.
///
/// `text` must begin outside a string. It may end anywhere: a caller that holds only a part of a text asks
/// again from the start of the last incomplete record.
///
/// # Panics
/// Never for texts below 4 GiB, which the reader's windows guarantee.
pub fn index(text: &[u8], into: &mut Structure) {
    into.clear();
    #[cfg(target_arch = "x86_64")]
    if let Some(index) = vector::best() {
        return index(text, into);
    }
    index_with(text, into, masks_portable, prefix_xor_portable, push_positions);
}

/// How many blocks are looked at between two looks at whether there is room for their positions.
const RUN: usize = 16;

/// The same as [`index`] without vector instructions: what other processors run, and the oracle of the tests.
pub fn index_portable(text: &[u8], into: &mut Structure) {
    into.clear();
    index_with(text, into, masks_portable, prefix_xor_portable, push_positions);
}

impl Structure {
    #[inline(always)]
    fn note(&mut self, base: u32, masks: &Masks) {
        if masks.backslash != 0 {
            self.escapes.push(base);
        }
    }

    fn clear(&mut self) {
        self.positions.clear();
        self.escapes.clear();
    }
}

#[inline(always)]
fn index_with(
    text: &[u8],
    into: &mut Structure,
    masks: impl Fn(&[u8; 64]) -> Masks,
    prefix_xor: impl Fn(u64) -> u64,
    push: impl Fn(&mut Vec<u32>, u32, &[u64]),
) {
    let mut carry = Carry::default();
    let mut base = 0u32;
    let (blocks, tail) = text.as_chunks::<64>();
    for run in blocks.chunks(RUN) {
        let mut found = [0; RUN];
        for (block, found) in run.iter().zip(&mut found) {
            let masks = masks(block);
            into.note(base, &masks);
            *found = structure(masks, &mut carry, &prefix_xor);
            base += 64;
        }
        let start = base - 64 * run.len() as u32;
        push(&mut into.positions, start, &found[..run.len()]);
    }
    if !tail.is_empty() {
        let mut block = [b' '; 64];
        block[..tail.len()].copy_from_slice(tail);
        let masks = masks(&block);
        into.note(base, &masks);
        push(&mut into.positions, base, &[structure(masks, &mut carry, &prefix_xor)]);
    }
}

/// The structural bits of one block.
#[inline(always)]
fn structure(masks: Masks, carry: &mut Carry, prefix_xor: impl Fn(u64) -> u64) -> u64 {
    let escaped = escaped(masks.backslash, &mut carry.escaped);
    let quote = masks.quote & !escaped;
    // From each opening quote up to, not including, its closing quote.
    let in_string = prefix_xor(quote) ^ carry.in_string;
    carry.in_string = 0u64.wrapping_sub(in_string >> 63);
    (masks.bracket & !in_string) | (quote & in_string)
}

/// The bytes that a backslash escapes. A run of backslashes escapes what follows it when its length is odd.
#[inline(always)]
fn escaped(backslash: u64, carry: &mut u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    if backslash == 0 {
        return std::mem::take(carry);
    }
    let starts_escape = backslash & !*carry;
    let follows = (starts_escape << 1) | *carry;
    let odd_starts = starts_escape & !EVEN & !follows;
    let (sequences, overflow) = odd_starts.overflowing_add(starts_escape);
    *carry = u64::from(overflow);
    (EVEN ^ (sequences << 1)) & follows
}

/// Appends the positions of the set bits of blocks that follow each other. They are written four at a time and the
/// surplus is cut off: that costs less than to ask after each whether it was the last.
#[inline(always)]
fn push_positions(positions: &mut Vec<u32>, base: u32, blocks: &[u64]) {
    for (base, &bits) in (base..).step_by(64).zip(blocks) {
        let mut bits = bits;
        let count = bits.count_ones() as usize;
        let start = positions.len();
        let mut written = 0;
        while written < count {
            let mut four = [0u32; 4];
            for position in &mut four {
                *position = base.wrapping_add(bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
            }
            positions.extend_from_slice(&four);
            written += 4;
        }
        positions.truncate(start + count);
    }
}

fn prefix_xor_portable(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

fn masks_portable(block: &[u8; 64]) -> Masks {
    let mut masks = Masks { quote: 0, backslash: 0, bracket: 0 };
    for (i, &byte) in block.iter().enumerate() {
        masks.quote |= u64::from(byte == b'"') << i;
        masks.backslash |= u64::from(byte == b'\\') << i;
        masks.bracket |= u64::from(matches!(byte, b'{' | b'}' | b'[' | b']')) << i;
    }
    masks
}

/// The same with AVX-512 or AVX2. This is the only unsafe code of the crate: the reader spends a tenth of its
/// time here, and the portable loop is an order of magnitude slower (`bench/README.md`).
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector instructions, for the log reader's speed; see the module's invariant")]
mod vector {
    use super::{Masks, Structure, index_with, push_positions};
    use std::arch::x86_64::*;
    use std::sync::LazyLock;

    /// One way to do it.
    type Index = fn(&[u8], &mut Structure);

    /// The fastest way that this processor knows, if it knows any.
    pub(super) fn best() -> Option<Index> {
        static BEST: LazyLock<Option<Index>> = LazyLock::new(|| all().next());
        *BEST
    }

    /// Every way that this processor knows, the fastest first.
    pub(super) fn all() -> impl Iterator<Item = Index> {
        let both = is_x86_feature_detected!("pclmulqdq")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("popcnt");
        let avx512 = both
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi2");
        let avx2 = both && is_x86_feature_detected!("avx2");
        // SAFETY (both): each is handed out only when the processor has every feature that it enables.
        let avx512 = avx512.then_some((|text, into| unsafe { index_avx512(text, into) }) as Index);
        let avx2 = avx2.then_some((|text, into| unsafe { index_avx2(text, into) }) as Index);
        [avx512, avx2].into_iter().flatten()
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,pclmulqdq,bmi1,popcnt")]
    fn index_avx512(text: &[u8], into: &mut Structure) {
        index_with(
            text,
            into,
            |block| masks_512(block),
            |bits| prefix_xor(bits),
            |positions, base, blocks| push_512(positions, base, blocks),
        );
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn masks_512(block: &[u8; 64]) -> Masks {
        // SAFETY: 64 readable bytes; the load has no alignment.
        let block = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        let equal = |bytes: __m512i, byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8));
        // `[` and `{` differ in one bit, and so do `]` and `}`; the closing one is two above the opening one.
        let folded = _mm512_or_si512(block, _mm512_set1_epi8(0x20));
        let above = _mm512_sub_epi8(folded, _mm512_set1_epi8(b'{' as i8));
        Masks {
            quote: equal(block, b'"'),
            backslash: equal(block, b'\\'),
            bracket: _mm512_testn_epi8_mask(above, _mm512_set1_epi8(!2)),
        }
    }

    /// Packs the numbers of each block's set bits together and writes 16 of them at a time; a block has seldom more.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
    fn push_512(positions: &mut Vec<u32>, base: u32, blocks: &[u64]) {
        const NUMBERS: [u8; 64] = {
            let mut numbers = [0; 64];
            let mut i = 0;
            while i < 64 {
                numbers[i] = i as u8;
                i += 1;
            }
            numbers
        };
        // Room for all that the blocks could hold.
        let (start, most) = (positions.len(), blocks.len() * 64);
        if positions.capacity() - start < most {
            positions.reserve(start.max(most));
        }
        // SAFETY: 64 readable bytes; the load has no alignment.
        let numbers = unsafe { _mm512_loadu_si512(NUMBERS.as_ptr().cast()) };
        let to = positions.as_mut_ptr();
        let mut len = start;
        let mut bases = _mm512_set1_epi32(base as i32);
        for &bits in blocks {
            let count = bits.count_ones() as usize;
            let packed = _mm512_maskz_compress_epi8(bits, numbers);
            let write = |at: usize, sixteen: __m128i| {
                let sixteen = _mm512_add_epi32(bases, _mm512_cvtepu8_epi32(sixteen));
                // SAFETY: every block before has moved `len` on by 64 at most, and `at` is 48 at most: all 16 lie in
                // the room that was made above for 64 numbers a block.
                unsafe { _mm512_storeu_si512(to.add(len + at).cast(), sixteen) };
            };
            write(0, _mm512_castsi512_si128(packed));
            if count > 16 {
                write(16, _mm512_extracti32x4_epi32::<1>(packed));
                write(32, _mm512_extracti32x4_epi32::<2>(packed));
                write(48, _mm512_extracti32x4_epi32::<3>(packed));
            }
            len += count;
            bases = _mm512_add_epi32(bases, _mm512_set1_epi32(64));
        }
        // SAFETY: everything up to `len` was just written, `count` numbers of each block, and lies within the room.
        unsafe { positions.set_len(len) };
    }

    #[target_feature(enable = "avx2,pclmulqdq,bmi1,popcnt")]
    fn index_avx2(text: &[u8], into: &mut Structure) {
        index_with(text, into, |block| masks_256(block), |bits| prefix_xor(bits), push_positions);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn masks_256(block: &[u8; 64]) -> Masks {
        let (low, high) = block.split_at(32);
        let (low, high) = (load(low), load(high));
        let both = |a: __m256i, b: __m256i| {
            u64::from(_mm256_movemask_epi8(a) as u32) | u64::from(_mm256_movemask_epi8(b) as u32) << 32
        };
        let equal = |byte: u8| {
            let wanted = _mm256_set1_epi8(byte as i8);
            both(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted))
        };
        let fold = _mm256_set1_epi8(0x20);
        let bracket = |half: __m256i| {
            let folded = _mm256_or_si256(half, fold);
            _mm256_or_si256(
                _mm256_cmpeq_epi8(folded, _mm256_set1_epi8(b'{' as i8)),
                _mm256_cmpeq_epi8(folded, _mm256_set1_epi8(b'}' as i8)),
            )
        };
        Masks { quote: equal(b'"'), backslash: equal(b'\\'), bracket: both(bracket(low), bracket(high)) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(half: &[u8]) -> __m256i {
        assert!(half.len() == 32, "a block has two halves of 32 bytes");
        // SAFETY: 32 readable bytes, asserted above; the load has no alignment.
        unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
    }

    /// XOR of all lower bits and the bit itself: a carry-less product with all ones.
    #[inline]
    #[target_feature(enable = "pclmulqdq")]
    fn prefix_xor(bits: u64) -> u64 {
        let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits as i64), _mm_set1_epi8(-1));
        _mm_cvtsi128_si64(product) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn positions(text: &str) -> Vec<u32> {
        let mut found = Structure::default();
        index(text.as_bytes(), &mut found);
        found.positions
    }

    #[test]
    fn brackets_inside_strings_are_not_structure() {
        assert_eq!(positions(r#"{"a":"[}"}"#), [0, 1, 5, 9]);
    }

    #[test]
    fn an_escaped_quote_does_not_end_a_string() {
        assert_eq!(positions(r#"["\"]"]"#), [0, 1, 6]);
        assert_eq!(positions(r#"["\\"]"#), [0, 1, 5]);
        assert_eq!(positions(r#"["\\\"]"]"#), [0, 1, 8]);
    }

    proptest! {
        #[test]
        fn vector_and_portable_code_agree(text in r#"[\\"\[\]{}a|~^_é\x7f: ]{0,300}"#) {
            let (mut fast, mut slow) = (Structure::default(), Structure::default());
            index(text.as_bytes(), &mut fast);
            index_portable(text.as_bytes(), &mut slow);
            prop_assert_eq!(&fast, &slow);
            #[cfg(target_arch = "x86_64")]
            for index in vector::all() {
                fast.clear();
                index(text.as_bytes(), &mut fast);
                prop_assert_eq!(&fast, &slow);
            }
            prop_assert_eq!(slow.positions, naive(text.as_bytes()));
            let escapes = (0u32..).step_by(64).zip(text.as_bytes().chunks(64)).filter(|(_, block)| block.contains(&b'\\'));
            prop_assert_eq!(slow.escapes, escapes.map(|(at, _)| at).collect::<Vec<_>>());
        }
    }

    /// The definition, byte by byte.
    fn naive(text: &[u8]) -> Vec<u32> {
        let (mut found, mut in_string, mut escaped) = (Vec::new(), false, false);
        for (i, &byte) in text.iter().enumerate() {
            if escaped {
                escaped = false;
                if byte == b'"' || in_string || !matches!(byte, b'{' | b'}' | b'[' | b']') {
                    continue;
                }
            } else if byte == b'\\' {
                escaped = true;
                continue;
            }
            match byte {
                b'"' => {
                    in_string = !in_string;
                    if in_string {
                        found.push(i as u32);
                    }
                }
                b'{' | b'}' | b'[' | b']' if !in_string => found.push(i as u32),
                _ => {}
            }
        }
        found
    }
}
