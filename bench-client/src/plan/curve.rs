//! The rate of arrivals over time, and its inverse: when the n-th is due.

/// Steps of Newton's method after which an answer is as good as numbers allow.
const STEPS: usize = 60;
/// Answers closer than this, in seconds, are the same.
const CLOSE: f64 = 1e-10;

/// Arrivals per second as a function of time in seconds, from 0 on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Curve {
    /// Always the same.
    Flat { rate: f64 },
    /// Evenly from one rate to the other, which then stays.
    Ramp { from: f64, to: f64, over: f64 },
    /// `base`, at time `at` so many times as much, then decaying back.
    Spike {
        base: f64,
        times: f64,
        at: f64,
        decay: f64,
    },
}

impl Curve {
    /// The rate at `time`.
    pub(crate) fn rate(&self, time: f64) -> f64 {
        match *self {
            Self::Flat { rate } => rate,
            Self::Ramp { from, to, over } => from + (to - from) * (time / over).clamp(0.0, 1.0),
            Self::Spike { base, at, .. } if time < at => base,
            Self::Spike {
                base,
                times,
                at,
                decay,
            } => base * (1.0 + (times - 1.0) * (-(time - at) / decay).exp()),
        }
    }

    /// Arrivals expected from 0 to `time`: the integral of the rate.
    pub(crate) fn arrivals(&self, time: f64) -> f64 {
        match *self {
            Self::Flat { rate } => rate * time,
            Self::Ramp { from, to, over } if time > over => {
                f64::midpoint(from, to) * over + to * (time - over)
            }
            Self::Ramp { from, to, over } => time * (from + (to - from) * time / (2.0 * over)),
            Self::Spike { base, at, .. } if time < at => base * time,
            Self::Spike {
                base,
                times,
                at,
                decay,
            } => {
                let excess = -(-(time - at) / decay).exp_m1();
                base * (time + (times - 1.0) * decay * excess)
            }
        }
    }

    /// When `arrivals` are expected to have arrived, which is not before
    /// `earliest`.
    pub(crate) fn when(&self, arrivals: f64, earliest: f64) -> f64 {
        match *self {
            Self::Flat { rate } => arrivals / rate,
            Self::Ramp { from, to, over } => {
                let whole = self.arrivals(over);
                if arrivals > whole {
                    return over + (arrivals - whole) / to;
                }
                // The root of the quadratic, in the form that bears from == to.
                let slope = (to - from) / over;
                let root = (from * from + 2.0 * slope * arrivals).max(0.0).sqrt();
                2.0 * arrivals / (from + root)
            }
            Self::Spike { base, at, .. } if arrivals <= base * at => arrivals / base,
            Self::Spike { at, .. } => self.approach(arrivals, earliest.max(at)),
        }
    }

    /// Newton's method from the left: where the rate only falls, each step ends
    /// before the answer, so it cannot run away.
    fn approach(&self, arrivals: f64, mut time: f64) -> f64 {
        for _ in 0..STEPS {
            let step = (arrivals - self.arrivals(time)) / self.rate(time);
            time += step;
            if step < CLOSE {
                break;
            }
        }
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPIKE: Curve = Curve::Spike {
        base: 100.0,
        times: 20.0,
        at: 2.0,
        decay: 0.5,
    };

    #[test]
    fn a_spike_is_quiet_then_many_times_as_much_then_quiet_again() {
        assert!((SPIKE.rate(1.9) - 100.0).abs() < 1e-9);
        assert!((SPIKE.rate(2.0) - 2_000.0).abs() < 1e-9);
        let decayed = SPIKE.rate(2.5);
        assert!((decayed - (100.0 + 1_900.0 / std::f64::consts::E)).abs() < 1e-9);
        assert!(SPIKE.rate(10.0) < 101.0);
        // All the excess there ever is: 19 x 100/s for half a second.
        assert!((SPIKE.arrivals(60.0) - (6_000.0 + 950.0)).abs() < 1e-6);
    }

    #[test]
    fn a_ramp_passes_its_middle_at_the_mean_rate_and_stays_at_its_end() {
        let ramp = Curve::Ramp {
            from: 100.0,
            to: 300.0,
            over: 10.0,
        };
        assert!((ramp.rate(5.0) - 200.0).abs() < 1e-9);
        assert!((ramp.arrivals(10.0) - 2_000.0).abs() < 1e-9);
        assert!((ramp.arrivals(11.0) - 2_300.0).abs() < 1e-9);
        assert!((ramp.rate(11.0) - 300.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn counting_and_timing_are_inverse(
            (from, to) in (0.01_f64..1e6, 0.01_f64..1e6),
            (over, at) in (0.01_f64..1e4, 0.0_f64..100.0),
            (times, decay) in (1.0_f64..10_000.0, 0.001_f64..100.0),
            share in 0.0_f64..1.2,
        ) {
            for curve in [
                Curve::Flat { rate: from },
                Curve::Ramp { from, to, over },
                Curve::Spike { base: from, times, at, decay },
            ] {
                let time = over * share;
                let arrivals = curve.arrivals(time);
                let back = curve.when(arrivals, 0.0);
                let tolerance = 1e-6 * time.max(1e-3);
                prop_assert!((back - time).abs() < tolerance, "{curve:?} {time} {back}");
            }
        }
    }
}
