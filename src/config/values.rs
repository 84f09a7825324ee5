//! The kinds of values that settings have.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::matching::Rule;

/// A span of time, written like `250ms`, `10s` or `1m 30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub Duration);

impl Span {
    /// No time at all; for a limit: none.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// A span of whole seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        humantime::parse_duration(text)
            .map(Self)
            .map_err(|error| format!("{error}; write it like 250ms, 10s or 1m 30s"))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(formatter)
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

/// A list of CPU numbers, written like `0-3,8`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct CpuList(pub Vec<usize>);

impl CpuList {
    const LARGEST: usize = 4095;
}

impl FromStr for CpuList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a list of CPUs; write it like 0-3,8");
        let mut cpus = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let first: usize = first.trim().parse().map_err(|_| wrong())?;
            let last: usize = last.trim().parse().map_err(|_| wrong())?;
            if first > last || last > Self::LARGEST {
                return Err(wrong());
            }
            cpus.extend(first..=last);
        }
        cpus.sort_unstable();
        cpus.dedup();
        Ok(Self(cpus))
    }
}

impl fmt::Display for CpuList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.0.chunk_by(|a, b| a + 1 == *b);
        for (index, run) in runs.enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match run {
                [one] => write!(formatter, "{comma}{one}")?,
                [first, .., last] => write!(formatter, "{comma}{first}-{last}")?,
                [] => {}
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for CpuList {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<CpuList> for String {
    fn from(cpus: CpuList) -> Self {
        cpus.to_string()
    }
}

/// How logs are written to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object in a line.
    Json,
}

/// What counts as a match; see [`crate::matching::Rule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum MatchRule {
    /// A like is never taken back.
    Literal,
    /// The latest word counts.
    Latest,
}

impl From<MatchRule> for Rule {
    fn from(rule: MatchRule) -> Self {
        match rule {
            MatchRule::Literal => Self::Literal,
            MatchRule::Latest => Self::Latest,
        }
    }
}

/// Who is asked for money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum PaymentProvider {
    /// Nobody: takes no money.
    Test,
    /// A provider with a page of its own.
    Hosted,
    /// Nobody: what costs something cannot be booked.
    None,
}

/// The least important thing that is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the usual five")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_lists_are_read_and_shown() {
        for (text, cpus, shown) in [
            ("", vec![], ""),
            ("3", vec![3], "3"),
            ("0-2,8", vec![0, 1, 2, 8], "0-2,8"),
            (" 8 , 0 - 1,1", vec![0, 1, 8], "0-1,8"),
        ] {
            let list: CpuList = text.parse().unwrap();
            assert_eq!(list.0, cpus);
            assert_eq!(list.to_string(), shown);
        }
        for text in ["x", "3-1", "-1", "0-999999999999", "1-2-3"] {
            assert!(text.parse::<CpuList>().is_err(), "{text}");
        }
    }

    #[test]
    fn spans_are_read_and_shown() {
        let span: Span = "1m 30s".parse().unwrap();
        assert_eq!(span, Span::from_secs(90));
        assert_eq!(span.to_string(), "1m 30s");
        assert_eq!(Span::ZERO.to_string(), "0s");
        assert!("90".parse::<Span>().unwrap_err().contains("250ms"));
    }
}
