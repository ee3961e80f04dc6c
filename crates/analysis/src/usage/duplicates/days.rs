//! The fingerprints of each day.

use std::collections::BTreeMap;

/// A set of fingerprints, which are hashes already: each stands at the place that its low bits say or, when others
/// stand there, behind them, so that one look at memory finds it.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    /// A power of two of them, or none; 0 is a free one.
    slots: Vec<u64>,
    taken: usize,
    zero: bool,
}

impl Fingerprints {
    /// Puts one in, and says whether it is new.
    pub(super) fn insert(&mut self, fingerprint: u64) -> bool {
        if fingerprint == 0 {
            return !std::mem::replace(&mut self.zero, true);
        }
        if self.taken * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        let new = place(&mut self.slots, fingerprint);
        self.taken += usize::from(new);
        new
    }

    /// None yet, with room for so many.
    fn with_room(slots: usize) -> Fingerprints {
        Fingerprints { slots: vec![0; slots], ..Fingerprints::default() }
    }

    /// Without the free slots between them, which are left for another day.
    fn pack(self) -> (Packed, Fingerprints) {
        let Fingerprints { mut slots, taken, zero } = self;
        let mut packed = Vec::with_capacity(taken);
        packed.extend(slots.iter().filter(|slot| **slot != 0));
        // A day that needed much less than its room does not hand all of it on.
        if taken * 8 < slots.len() {
            return (Packed { fingerprints: packed, zero }, Fingerprints::with_room(slots.len() / 2));
        }
        slots.fill(0);
        (Packed { fingerprints: packed, zero }, Fingerprints { slots, ..Fingerprints::default() })
    }

    #[cold]
    fn grow(&mut self) {
        let mut slots = vec![0; (self.slots.len() * 2).max(16)];
        for fingerprint in self.slots.iter().filter(|slot| **slot != 0) {
            place(&mut slots, *fingerprint);
        }
        self.slots = slots;
    }

    fn len(&self) -> usize {
        self.taken + usize::from(self.zero)
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Puts a fingerprint into slots of which one at least is free, and says whether it was not there yet.
#[inline]
fn place(slots: &mut [u64], fingerprint: u64) -> bool {
    let mask = slots.len() - 1;
    let mut at = fingerprint as usize & mask;
    loop {
        match &mut slots[at] {
            free @ 0 => {
                *free = fingerprint;
                return true;
            }
            known if *known == fingerprint => return false,
            _ => at = (at + 1) & mask,
        }
    }
}

/// The fingerprints of a day that is not met again, as a rule.
#[derive(Debug)]
struct Packed {
    fingerprints: Vec<u64>,
    zero: bool,
}

impl Packed {
    fn unpack(self) -> Fingerprints {
        let mut unpacked = Fingerprints { zero: self.zero, ..Fingerprints::default() };
        self.fingerprints.into_iter().for_each(|one| _ = unpacked.insert(one));
        unpacked
    }
}

/// A day that is not at hand.
#[derive(Debug)]
enum Other {
    Open(Fingerprints),
    Packed(Packed),
}

impl Other {
    fn len(&self) -> usize {
        match self {
            Other::Open(open) => open.len(),
            Other::Packed(packed) => packed.fingerprints.len() + usize::from(packed.zero),
        }
    }
}

/// The fingerprints of each day. The day that was asked for last is at hand: logs come in the order of days. What is
/// delivered about midnight goes back and forth between two days, so that when a day begins, the last but one before it
/// is packed, and its memory is the new day's.
///
/// INVARIANT: a day is packed when it stops being one of the two newest, so once at most, and unpacked once at most:
/// logs in any order cost no more than that.
#[derive(Debug, Default)]
pub(super) struct Days {
    day: i32,
    seen: Fingerprints,
    /// The newest day so far, and the newest before that one came.
    newest: Option<i32>,
    before: Option<i32>,
    others: BTreeMap<i32, Other>,
}

impl Days {
    /// Those of a day.
    #[inline]
    pub(super) fn of(&mut self, day: i32) -> &mut Fingerprints {
        if day != self.day {
            self.turn_to(day);
        }
        &mut self.seen
    }

    fn turn_to(&mut self, day: i32) {
        let seen = std::mem::take(&mut self.seen);
        // A day is mostly like the one before.
        let like = if self.newest == Some(self.day) { seen.slots.len() / 2 } else { 0 };
        if !seen.is_empty() {
            self.others.insert(self.day, Other::Open(seen));
        }
        self.day = day;
        self.seen = match self.others.remove(&day) {
            Some(Other::Open(open)) => open,
            Some(Other::Packed(packed)) => packed.unpack(),
            None if self.newest.is_none_or(|newest| newest < day) => {
                let left = self.before.take().and_then(|day| self.pack(day));
                (self.before, self.newest) = (self.newest, Some(day));
                left.unwrap_or_else(|| Fingerprints::with_room(like))
            }
            None => Fingerprints::default(),
        };
    }

    /// Packs a day, and returns the memory that it leaves.
    fn pack(&mut self, day: i32) -> Option<Fingerprints> {
        match self.others.remove(&day)? {
            Other::Open(open) => {
                let (packed, left) = open.pack();
                self.others.insert(day, Other::Packed(packed));
                Some(left)
            }
            packed @ Other::Packed(_) => {
                self.others.insert(day, packed);
                None
            }
        }
    }

    /// The oldest day of which something is held.
    pub(super) fn oldest(&self) -> Option<i32> {
        let held = (!self.seen.is_empty()).then_some(self.day);
        held.into_iter().chain(self.others.keys().next().copied()).min()
    }

    /// Forgets a day, and says how many fingerprints it had.
    pub(super) fn forget(&mut self, day: i32) -> usize {
        match day == self.day {
            true => std::mem::take(&mut self.seen).len(),
            false => self.others.remove(&day).map_or(0, |gone| gone.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn days_in_any_order_are_sets(asked in prop::collection::vec((0..6i32, 0..40u64), 0..400)) {
            let (mut days, mut sets) = (Days::default(), BTreeSet::new());
            for (day, number) in asked {
                let fingerprint = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                prop_assert_eq!(days.of(day).insert(fingerprint), sets.insert((day, fingerprint)));
            }
            prop_assert_eq!(days.oldest(), sets.first().map(|(day, _)| *day));
            for day in 0..6 {
                let count = sets.iter().filter(|one| one.0 == day).count();
                prop_assert_eq!(days.forget(day), count);
            }
            prop_assert_eq!(days.oldest(), None);
        }
    }

    #[test]
    fn a_day_that_is_over_keeps_no_free_room_and_the_next_grows_into_its_own() {
        let mut days = Days::default();
        for day in 1..=9 {
            for number in 1..=1_000u64 {
                days.of(day).insert(number << 32 | number);
            }
        }
        let room = |other: &Other| match other {
            Other::Open(open) => open.slots.len(),
            Other::Packed(packed) => packed.fingerprints.capacity(),
        };
        let rooms: Vec<usize> = days.others.values().map(room).collect();
        assert_eq!(rooms, [1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 2_048]);
        assert_eq!(days.seen.slots.len(), 2_048);
        // Nobody packs again what was needed again.
        assert!(!days.of(3).insert(1 << 32 | 1));
        assert!(days.of(10).insert(1));
        assert!(matches!(days.others[&3], Other::Open(_)) && matches!(days.others[&8], Other::Packed(_)));
    }
}
