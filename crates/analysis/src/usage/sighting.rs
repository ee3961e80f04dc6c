//! What a row is about, and how often and when it was seen.

/// How much is known of a row's resource, or of its action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Kind {
    /// An ARN.
    Exact,
    /// A pattern that the call itself stands for.
    Pattern,
    /// The log does not say.
    Nothing,
    /// A pattern that too many resources were folded into.
    Folded,
    /// The event's action is not known: `action` holds the event source and name.
    Unmapped,
}

impl Kind {
    pub(super) fn from_byte(byte: u8) -> Option<Kind> {
        [Kind::Exact, Kind::Pattern, Kind::Nothing, Kind::Folded, Kind::Unmapped]
            .get(usize::from(byte))
            .copied()
    }

    /// Where rows of this kind stand among others: in the order of [`Resource`](super::Resource)'s variants.
    pub(super) fn rank(self) -> u8 {
        match self {
            Kind::Exact => 0,
            Kind::Pattern => 1,
            Kind::Folded => 2,
            Kind::Nothing | Kind::Unmapped => 3,
        }
    }

    /// Whether rows of this kind are folded together when there are too many.
    pub(super) fn is_folded_at_some_point(self) -> bool {
        matches!(self, Kind::Exact | Kind::Folded)
    }
}

/// What makes a row a row of its own, but for the resource's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub principal: u32,
    pub action: u32,
    pub context: u32,
    pub outcome: u8,
    pub kind: Kind,
}

/// An event's id as far as it is kept: 36 bytes, the length of a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EventId {
    bytes: [u8; 36],
}

impl EventId {
    /// Ids are UUIDs; whatever is no printable ASCII in one is kept as `?`, so that none can break a line.
    #[inline]
    pub(super) fn new(text: &[u8]) -> Self {
        if let Ok(bytes) = <[u8; 36]>::try_from(text)
            && bytes.iter().fold(true, |all, byte| all & byte.is_ascii_graphic())
        {
            return EventId { bytes };
        }
        let mut bytes = [0; 36];
        for (byte, from) in bytes.iter_mut().zip(text) {
            *byte = if from.is_ascii_graphic() { *from } else { b'?' };
        }
        EventId { bytes }
    }

    /// Its first and its last byte.
    #[inline]
    pub(super) fn ends(&self) -> [u8; 2] {
        [self.bytes[0], self.bytes[35]]
    }

    pub(super) fn text(&self) -> &str {
        let len = match self.bytes {
            [.., last] if last != 0 => self.bytes.len(),
            _ => self.bytes.iter().position(|byte| *byte == 0).unwrap_or(self.bytes.len()),
        };
        std::str::from_utf8(&self.bytes[..len]).unwrap_or_default()
    }
}

/// How often and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub count: u64,
    pub first: i64,
    pub last: i64,
    pub example: EventId,
}

/// The fingerprint of a counted event: its day, and a hash of its id and row.
pub(super) type Fingerprint = (i32, u64);

/// The events of a sighting, as far as they are remembered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prints<'a> {
    /// They are not.
    None,
    /// One that is known to be new.
    New(Fingerprint),
    /// Some that the row may have already.
    Some(&'a [Fingerprint]),
}

impl Prints<'_> {
    /// An event that is new, when its fingerprint is to be kept; without an id it has none.
    #[inline]
    pub(super) fn new(print: Fingerprint, keep: bool) -> Self {
        if keep && print.1 != 0 { Prints::New(print) } else { Prints::None }
    }

    pub(super) fn to_vec(self) -> Vec<Fingerprint> {
        match self {
            Prints::None => Vec::new(),
            Prints::New(print) => vec![print],
            Prints::Some(prints) => prints.to_vec(),
        }
    }
}

impl Seen {
    /// One event.
    #[inline]
    pub(super) fn once(time: i64, example: EventId) -> Seen {
        Seen { count: 1, first: time, last: time, example }
    }
}
