//! How hard a promise an OK is.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// When a reply may leave, with a data directory; written `sync` or
/// `interval:MS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Durability {
    /// When everything that it observed is on stable storage.
    Sync,
    /// At once. What has changed is written this often; a crash of the process
    /// or a power loss may take as much of what was acknowledged.
    Interval(Duration),
}

impl Durability {
    const LEAST: Duration = Duration::from_millis(1);
    const MOST: Duration = Duration::from_secs(3600);
}

impl FromStr for Durability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "sync" {
            return Ok(Self::Sync);
        }
        let millis = text
            .strip_prefix("interval:")
            .and_then(|millis| millis.parse().ok());
        millis
            .map(Duration::from_millis)
            .filter(|interval| (Self::LEAST..=Self::MOST).contains(interval))
            .map(Self::Interval)
            .ok_or_else(|| {
                format!(
                    "{text:?} is not a durability; write sync, or interval:MS with 1 to {} \
                     milliseconds",
                    Self::MOST.as_millis()
                )
            })
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sync => formatter.write_str("sync"),
            Self::Interval(interval) => write!(formatter, "interval:{}", interval.as_millis()),
        }
    }
}

impl TryFrom<String> for Durability {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Durability> for String {
    fn from(durability: Durability) -> Self {
        durability.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durabilities_are_read_and_shown() {
        for (text, durability) in [
            ("sync", Durability::Sync),
            (
                "interval:1000",
                Durability::Interval(Duration::from_secs(1)),
            ),
        ] {
            assert_eq!(text.parse(), Ok(durability));
            assert_eq!(durability.to_string(), text);
        }
        for text in [
            "",
            "Sync",
            "interval",
            "interval:",
            "interval:0",
            "interval:1s",
            "interval:9999999",
        ] {
            let error = text.parse::<Durability>().unwrap_err();
            assert!(error.contains("interval:MS"), "{error}");
        }
    }
}
