//! What a match run leaves behind: one line.

use std::fmt;
use std::time::Duration;

use crate::matching::Summary;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The listener said `MATCH END - OK`.
    Ok,
    /// The listener said `MATCH END - ERROR`.
    Error,
    /// It did not come to a verdict; this is why.
    BrokenOff(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => formatter.write_str("OK"),
            Self::Error => formatter.write_str("ERROR"),
            Self::BrokenOff(reason) => write!(formatter, "broken off: {reason}"),
        }
    }
}

/// A run at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchReport {
    /// How it ended.
    pub verdict: Verdict,
    /// Its counts.
    pub summary: Summary,
    /// From the source's first byte until the last match was sent.
    pub to_last_match: Option<Duration>,
    /// From the source's first byte until the verdict.
    pub to_verdict: Option<Duration>,
}

impl MatchReport {
    /// Events per second from the first byte until the last match was sent,
    /// or until the end if there was none.
    pub fn events_per_second(&self) -> f64 {
        let time = self.to_last_match.or(self.to_verdict);
        match time {
            Some(time) if !time.is_zero() => self.summary.events as f64 / time.as_secs_f64(),
            _ => 0.0,
        }
    }
}

impl fmt::Display for MatchReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = &self.summary;
        write!(
            formatter,
            "match run {}: {} events, {} duplicates, {} late, {} malformed, {} holes, {} matches",
            self.verdict,
            summary.events,
            summary.duplicates,
            summary.late,
            summary.malformed,
            summary.holes,
            summary.matches,
        )?;
        if let Some(time) = self.to_last_match {
            write!(formatter, "; {} ms to the last match", millis(time))?;
        }
        if let Some(time) = self.to_verdict {
            write!(formatter, ", {} ms to the end", millis(time))?;
        }
        write!(formatter, "; {:.0} events/s", self.events_per_second())
    }
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_happened() {
        let report = MatchReport {
            verdict: Verdict::Ok,
            summary: Summary {
                events: 1_000,
                holes: 2,
                matches: 7,
                ..Summary::default()
            },
            to_last_match: Some(Duration::from_millis(10)),
            to_verdict: Some(Duration::from_millis(12)),
        };
        assert_eq!(
            report.to_string(),
            "match run OK: 1000 events, 0 duplicates, 0 late, 0 malformed, 2 holes, 7 matches; \
             10.0 ms to the last match, 12.0 ms to the end; 100000 events/s"
        );
    }
}
