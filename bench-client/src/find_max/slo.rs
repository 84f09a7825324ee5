//! What must hold: limits of latencies, and how many requests must be answered.

use std::{fmt, str::FromStr, time::Duration};

use thiserror::Error;

use crate::record::{
    Spread,
    run::{QUANTILES, samples_needed},
};

/// Share of the offered requests that must be answered unless the objective
/// says otherwise.
const SUCCESS: f64 = 0.999;

/// A service level objective, such as `p99<5ms,success>=99.9%`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slo {
    limits: Vec<Limit>,
    success: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Limit {
    name: &'static str,
    percent: f64,
    below: Duration,
}

/// Why a text is no objective.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum BadSlo {
    /// Neither form.
    #[error(
        "`{0}` is no condition; write QUANTILE<TIME such as p99<5ms, or success>=PERCENT such as \
         success>=99.9%, with commas between several"
    )]
    Form(String),
    /// An unknown quantile.
    #[error(
        "`{0}` is no quantile that is measured; there are p50, p90, p99, p99.9, p99.99 and max"
    )]
    Quantile(String),
    /// Not a time.
    #[error("`{0}` is no time above 0; write such as 500us, 5ms or 1s")]
    Time(String),
    /// Not a ratio.
    #[error("`{0}` is no share of requests; write 0% to 100%, such as 99.9%")]
    Share(String),
    /// The same thing twice.
    #[error("there are two conditions for {0}; keep one")]
    Twice(String),
    /// No latency at all.
    #[error("there is no latency in it; add one such as p99<5ms")]
    NoLatency,
}

/// What a step showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// All conditions hold.
    Holds,
    /// One does not, at least.
    Misses,
}

impl Slo {
    /// Samples without which the objective cannot be judged.
    pub(crate) fn samples_needed(&self) -> u64 {
        let needed = self
            .limits
            .iter()
            .map(|limit| samples_needed(limit.percent));
        needed.max().unwrap_or(1)
    }

    /// Judges latencies and the share of offered requests that were answered.
    pub(crate) fn judge(&self, latencies: &Spread, success: f64) -> Finding {
        let holds = |limit: &Limit| {
            let micros = latencies.percentile_micros(limit.percent);
            micros < limit.below.as_secs_f64() * 1e6
        };
        // With nothing answered there is no latency that could hold.
        let is_fast = latencies.count() > 0 && self.limits.iter().all(holds);
        if is_fast && success >= self.success {
            Finding::Holds
        } else {
            Finding::Misses
        }
    }

    /// The figures that the objective is about, for people.
    pub(crate) fn figures(&self, latencies: &Spread, success: f64) -> String {
        let mut parts: Vec<String> = self
            .limits
            .iter()
            .map(|limit| {
                let micros = latencies.percentile_micros(limit.percent);
                format!("{} {}", limit.name, time(micros))
            })
            .collect();
        parts.push(format!("{:.2} % answered", 100.0 * success));
        parts.join(", ")
    }
}

/// Microseconds for people, to three digits.
fn time(micros: f64) -> String {
    match micros {
        _ if micros >= 1e6 => format!("{:.2} s", micros / 1e6),
        _ if micros >= 1e3 => format!("{:.2} ms", micros / 1e3),
        _ => format!("{micros:.0} µs"),
    }
}

impl FromStr for Slo {
    type Err = BadSlo;

    fn from_str(text: &str) -> Result<Self, BadSlo> {
        let mut limits: Vec<Limit> = Vec::new();
        let mut success = None;
        for condition in text.split(',') {
            let condition = condition.trim();
            if let Some((name, value)) = condition.split_once(">=").or(condition.split_once('>')) {
                if name.trim() != "success" {
                    return Err(BadSlo::Form(condition.to_owned()));
                }
                let share = share(value.trim())?;
                if success.replace(share).is_some() {
                    return Err(BadSlo::Twice("success".to_owned()));
                }
                continue;
            }
            let limit = limit(condition)?;
            if limits.iter().any(|other| other.name == limit.name) {
                return Err(BadSlo::Twice(limit.name.to_owned()));
            }
            limits.push(limit);
        }
        if limits.is_empty() {
            return Err(BadSlo::NoLatency);
        }
        Ok(Self {
            limits,
            success: success.unwrap_or(SUCCESS),
        })
    }
}

fn limit(condition: &str) -> Result<Limit, BadSlo> {
    let (name, value) = condition
        .split_once('<')
        .ok_or_else(|| BadSlo::Form(condition.to_owned()))?;
    let (name, value) = (name.trim(), value.trim());
    let quantile = QUANTILES.iter().find(|quantile| quantile.name == name);
    let quantile = quantile.ok_or_else(|| BadSlo::Quantile(name.to_owned()))?;
    let below = humantime::parse_duration(value)
        .ok()
        .filter(|time| !time.is_zero());
    Ok(Limit {
        name: quantile.name,
        percent: quantile.percent,
        below: below.ok_or_else(|| BadSlo::Time(value.to_owned()))?,
    })
}

fn share(text: &str) -> Result<f64, BadSlo> {
    let bad = || BadSlo::Share(text.to_owned());
    let percent: f64 = text
        .strip_suffix('%')
        .ok_or_else(bad)?
        .trim_end()
        .parse()
        .map_err(|_| bad())?;
    if (0.0..=100.0).contains(&percent) {
        Ok(percent / 100.0)
    } else {
        Err(bad())
    }
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for limit in &self.limits {
            write!(
                f,
                "{} < {}, ",
                limit.name,
                humantime::format_duration(limit.below)
            )?;
        }
        // Rounded to tell 99.9 from 99.9000000001.
        write!(f, "answered >= {} %", (self.success * 1e8).round() / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, BadSlo> {
        text.parse::<Slo>().map(|slo| slo.to_string())
    }

    fn spread(micros: u64) -> Spread {
        let mut spread = Spread::new();
        spread.record(Duration::from_micros(micros));
        spread
    }

    #[test]
    fn reads_conditions() {
        for (text, said) in [
            ("p99<5ms", "p99 < 5ms, answered >= 99.9 %"),
            (
                " p99.9 < 20ms , p50<500us",
                "p99.9 < 20ms, p50 < 500us, answered >= 99.9 %",
            ),
            ("max<1s,success>=100%", "max < 1s, answered >= 100 %"),
            (
                "p90<1s 500ms,success>99.95%",
                "p90 < 1s 500ms, answered >= 99.95 %",
            ),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(said), "{text}");
        }
    }

    #[test]
    fn refuses_with_the_reason() {
        let refused = |text: &str| parsed(text).unwrap_err();
        assert_eq!(refused("fast"), BadSlo::Form("fast".into()));
        assert_eq!(refused("p99>5ms"), BadSlo::Form("p99>5ms".into()));
        assert_eq!(refused("p98<5ms"), BadSlo::Quantile("p98".into()));
        assert_eq!(refused("p99<5"), BadSlo::Time("5".into()));
        assert_eq!(refused("p99<=5ms"), BadSlo::Time("=5ms".into()));
        assert_eq!(refused("p99<0s"), BadSlo::Time("0s".into()));
        assert_eq!(refused("p99<1ms,success>=1"), BadSlo::Share("1".into()));
        assert_eq!(
            refused("p99<1ms,success>=101%"),
            BadSlo::Share("101%".into())
        );
        assert_eq!(refused("p99<1ms,p99<2ms"), BadSlo::Twice("p99".into()));
        assert_eq!(refused("success>=99%"), BadSlo::NoLatency);
        assert_eq!(refused(""), BadSlo::Form(String::new()));
    }

    #[test]
    fn judges_latency_and_success() {
        let slo: Slo = "p99<5ms,max<9ms".parse().unwrap();
        assert_eq!(slo.judge(&spread(4_000), 1.0), Finding::Holds);
        assert_eq!(slo.judge(&spread(6_000), 1.0), Finding::Misses);
        assert_eq!(slo.judge(&spread(4_000), 0.98), Finding::Misses);
        assert_eq!(slo.judge(&Spread::new(), 1.0), Finding::Misses);
        let told = slo.figures(&spread(10_000), 0.98);
        assert_eq!(told, "p99 10.00 ms, max 10.00 ms, 98.00 % answered");
        assert_eq!(slo.samples_needed(), 1_000);
    }
}
