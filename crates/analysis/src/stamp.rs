//! Points in time in JSON: `2026-10-01T07:30:00Z`.

use leastwise_policy::time::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes a point in time.
pub(crate) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// Reads a point in time.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    Timestamp::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a point in time")))
}

/// A window of time: `{"from": …, "to": …}` or null.
pub(crate) mod window {
    use serde::Serialize;

    use super::{Deserialize, Deserializer, Serializer, Timestamp};

    #[derive(Serialize, Deserialize)]
    struct Window {
        #[serde(with = "super")]
        from: Timestamp,
        #[serde(with = "super")]
        to: Timestamp,
    }

    pub(crate) fn serialize<S: Serializer>(
        window: &Option<(Timestamp, Timestamp)>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        window.map(|(from, to)| Window { from, to }).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<(Timestamp, Timestamp)>, D::Error> {
        Ok(Option::<Window>::deserialize(deserializer)?.map(|window| (window.from, window.to)))
    }
}

/// A point in time that may be missing.
pub(crate) mod maybe {
    use super::{Deserialize, Deserializer, Serializer, Timestamp};

    pub(crate) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(time),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        #[derive(Deserialize)]
        struct Wrapped(#[serde(with = "super")] Timestamp);
        Ok(Option::<Wrapped>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
    }
}
