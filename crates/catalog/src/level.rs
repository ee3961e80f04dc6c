//! Access levels: what kind of thing an action does, by the Service Authorization Reference. An action may have
//! several.

use std::fmt;

/// An access level of the Service Authorization Reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Discover resources without reading their contents.
    List,
    /// Read contents.
    Read,
    /// Create, change or delete.
    Write,
    /// Change tags.
    Tagging,
    /// Change who may do what, or hand out credentials.
    PermissionsManagement,
}

impl Level {
    /// All levels, from the mildest.
    pub const ALL: [Level; 5] =
        [Level::List, Level::Read, Level::Write, Level::Tagging, Level::PermissionsManagement];

    /// The letter of the data files: `L R W T P`.
    pub const fn letter(self) -> char {
        match self {
            Level::List => 'L',
            Level::Read => 'R',
            Level::Write => 'W',
            Level::Tagging => 'T',
            Level::PermissionsManagement => 'P',
        }
    }

    /// The name in an intent and on the screen: `permissions-management`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::List => "list",
            Level::Read => "read",
            Level::Write => "write",
            Level::Tagging => "tagging",
            Level::PermissionsManagement => "permissions-management",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of access levels: `ec2:CreateTags` is write and tagging, `iam:PassRole` write and permissions management.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Levels(u8);

impl Levels {
    /// No level.
    pub const NONE: Levels = Levels(0);

    /// The set with `level` added.
    #[must_use]
    pub const fn with(self, level: Level) -> Levels {
        Levels(self.0 | level.bit())
    }

    /// Whether `level` is in the set.
    pub const fn contains(self, level: Level) -> bool {
        self.0 & level.bit() != 0
    }

    /// Whether the action changes anything: write, tagging or permissions management.
    pub const fn changes(self) -> bool {
        self.contains(Level::Write)
            || self.contains(Level::Tagging)
            || self.contains(Level::PermissionsManagement)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The levels, from the mildest.
    pub fn iter(self) -> impl Iterator<Item = Level> {
        Level::ALL.into_iter().filter(move |level| self.contains(*level))
    }

    /// The set of the levels whose number in [`Level::ALL`] is a bit of `bits`; bits that mean no level are dropped.
    pub(crate) const fn from_bits(bits: u8) -> Levels {
        Levels(bits & 0b1_1111)
    }

    /// The levels of both sets, without those that only read when there is one which changes, and without
    /// `List` when there is `Read`: what two sources that differ amount to.
    #[must_use]
    pub fn stricter(self, other: Levels) -> Levels {
        let all = Levels(self.0 | other.0);
        if self == other {
            return self;
        }
        let mild = |level: &Level| match level {
            Level::List => all.changes() || all.contains(Level::Read),
            Level::Read => all.changes(),
            _ => false,
        };
        all.iter().filter(|level| !mild(level)).collect()
    }

    /// The set that `letters` of `L R W T P` spell; `None` when there is any other letter.
    pub fn from_letters(letters: &str) -> Option<Levels> {
        let mut levels = Levels::NONE;
        for letter in letters.chars() {
            levels = levels.with(Level::ALL.into_iter().find(|level| level.letter() == letter)?);
        }
        Some(levels)
    }
}

impl FromIterator<Level> for Levels {
    fn from_iter<I: IntoIterator<Item = Level>>(levels: I) -> Levels {
        levels.into_iter().fold(Levels::NONE, Levels::with)
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|level| write!(f, "{}", level.letter()))
    }
}

impl fmt::Debug for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Levels({self})")
    }
}
