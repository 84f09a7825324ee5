//! What the arrivals of an open loop look like over time, as asked for.

use std::{fmt, str::FromStr, time::Duration};

use thiserror::Error;

use super::{curve::Curve, rate::Rate};

/// Largest burst, as a multiple of the rate before it.
const MOST_TIMES: f64 = 10_000.0;

/// How requests arrive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Arrivals {
    /// Evenly spaced.
    Constant,
    /// Independently of each other: spaced by an exponential distribution.
    Poisson,
    /// A Poisson process whose rate goes evenly from one to the other.
    Ramp {
        /// Rate when measuring begins.
        from: Rate,
        /// Rate at the end.
        to: Rate,
    },
    /// A Poisson process at the base rate that jumps to a multiple of it when
    /// the sale opens, and decays exponentially back.
    Spike {
        /// The rate at the opening, as a multiple of the base rate.
        times: f64,
        /// When the sale opens; after a third of the run if `None`.
        at: Option<Duration>,
        /// Time in which the excess falls to 37 %; a tenth of the run if `None`.
        decay: Option<Duration>,
    },
}

/// Why a text describes no arrivals.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "arrivals are constant, poisson, ramp:FROM..TO (requests per second, such as ramp:1k..50k) \
     or spike:TIMES[:AT[:DECAY]] (such as spike:20 or spike:20:3s:500ms, TIMES from 1 to 10000)"
)]
pub(crate) struct BadArrivals;

/// Why a rate and arrivals do not go together.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// A ramp says its own rates.
    #[error("a ramp names its own rates; leave --rate out")]
    RampWithRate,
    /// The others do not.
    #[error("arrivals other than a ramp need --rate, such as --rate 50k")]
    NoRate,
    /// A ramp or a spike is stretched over the run.
    #[error("a ramp or a spike needs a length: give --duration instead of --ops")]
    NoEnd,
    /// The sale opens too late.
    #[error("the sale opens after the end of the run; give spike:TIMES:AT an AT below --duration")]
    SpikeTooLate,
}

impl Arrivals {
    /// Whether arrivals come at equal distances rather than at random.
    pub(crate) fn is_even(self) -> bool {
        self == Self::Constant
    }

    /// The rate of arrivals over time, in a run of `duration`, or an endless one.
    ///
    /// # Errors
    /// If rate, arrivals and duration do not go together.
    pub(crate) fn curve(
        self,
        rate: Option<Rate>,
        duration: Option<Duration>,
    ) -> Result<Curve, Mismatch> {
        let length = || duration.ok_or(Mismatch::NoEnd);
        match (self, rate) {
            (Self::Ramp { .. }, Some(_)) => Err(Mismatch::RampWithRate),
            (Self::Ramp { from, to }, None) => Ok(Curve::Ramp {
                from: from.per_second(),
                to: to.per_second(),
                over: length()?.as_secs_f64(),
            }),
            (_, None) => Err(Mismatch::NoRate),
            (Self::Constant | Self::Poisson, Some(rate)) => Ok(Curve::Flat {
                rate: rate.per_second(),
            }),
            (Self::Spike { times, at, decay }, Some(rate)) => {
                let length = length()?;
                let at = at.unwrap_or(length / 3);
                if at >= length {
                    return Err(Mismatch::SpikeTooLate);
                }
                Ok(Curve::Spike {
                    base: rate.per_second(),
                    times,
                    at: at.as_secs_f64(),
                    decay: decay.unwrap_or(length / 10).as_secs_f64(),
                })
            }
        }
    }
}

impl FromStr for Arrivals {
    type Err = BadArrivals;

    fn from_str(text: &str) -> Result<Self, BadArrivals> {
        match text.split_once(':') {
            None if text == "constant" => Ok(Self::Constant),
            None if text == "poisson" => Ok(Self::Poisson),
            Some(("ramp", rates)) => {
                let (from, to) = rates.split_once("..").ok_or(BadArrivals)?;
                Ok(Self::Ramp {
                    from: from.parse().map_err(|_| BadArrivals)?,
                    to: to.parse().map_err(|_| BadArrivals)?,
                })
            }
            Some(("spike", spike)) => {
                let mut fields = spike.split(':');
                let times: f64 = fields
                    .next()
                    .and_then(|t| t.parse().ok())
                    .ok_or(BadArrivals)?;
                let mut time = || match fields.next() {
                    None => Ok(None),
                    Some(text) => match humantime::parse_duration(text) {
                        Ok(time) => Ok(Some(time)),
                        Err(_) => Err(BadArrivals),
                    },
                };
                let (at, decay) = (time()?, time()?);
                let lasts = decay.is_none_or(|decay| !decay.is_zero());
                if fields.next().is_none() && (1.0..=MOST_TIMES).contains(&times) && lasts {
                    Ok(Self::Spike { times, at, decay })
                } else {
                    Err(BadArrivals)
                }
            }
            _ => Err(BadArrivals),
        }
    }
}

impl fmt::Display for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Poisson => f.write_str("poisson"),
            Self::Ramp { from, to } => write!(f, "ramp:{from}..{to}"),
            Self::Spike { times, at, decay } => {
                write!(f, "spike:{times}")?;
                for time in [at, decay].into_iter().flatten() {
                    // Without blanks: the text is to be one word.
                    let time = humantime::format_duration(*time).to_string();
                    write!(f, ":{}", time.replace(' ', ""))?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_given_again() {
        for text in [
            "constant",
            "poisson",
            "ramp:1000..50000",
            "spike:20",
            "spike:20:3s",
            "spike:20:1m3s:500ms",
        ] {
            let arrivals: Arrivals = text.parse().unwrap();
            assert_eq!(arrivals.to_string(), text);
        }
    }

    #[test]
    fn refuses_what_describes_no_arrivals() {
        for wrong in [
            "",
            "even",
            "constant:1",
            "ramp:1",
            "ramp:1..",
            "ramp:0..5",
            "spike",
            "spike:",
            "spike:0.5",
            "spike:2:x",
            "spike:2:1s:0s",
            "spike:2:1s:1s:1s",
            "spike:1e9",
        ] {
            assert_eq!(wrong.parse::<Arrivals>(), Err(BadArrivals), "{wrong}");
        }
    }

    #[test]
    fn says_what_does_not_go_together() {
        let rate = Rate::new(100.0).ok();
        let second = Some(Duration::from_secs(1));
        let curve =
            |text: &str, rate, length| text.parse::<Arrivals>().unwrap().curve(rate, length);
        assert_eq!(curve("poisson", None, second), Err(Mismatch::NoRate));
        assert_eq!(
            curve("ramp:1..2", rate, second),
            Err(Mismatch::RampWithRate)
        );
        assert_eq!(curve("ramp:1..2", None, None), Err(Mismatch::NoEnd));
        assert_eq!(
            curve("spike:2:1s", rate, second),
            Err(Mismatch::SpikeTooLate)
        );
        assert_eq!(
            curve("poisson", rate, None),
            Ok(Curve::Flat { rate: 100.0 })
        );
        let spike = curve("spike:5", rate, Some(Duration::from_secs(30)));
        let expected = Curve::Spike {
            base: 100.0,
            times: 5.0,
            at: 10.0,
            decay: 3.0,
        };
        assert_eq!(spike, Ok(expected));
    }
}
