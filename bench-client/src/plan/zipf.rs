//! Ranks that follow Zipf's law.

/// Draws ranks `1..=n`, rank `k` in proportion to `k^-s`.
///
/// Rejection-inversion (Hörmann and Derflinger, 1996): constant memory and
/// nearly constant time, whatever `n`. The usual crate would bring a second
/// random number generator for these few lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zipf {
    exponent: f64,
    ranks: f64,
    /// The integral of the density at its two ends.
    first: f64,
    last: f64,
    /// Draws this close above a rank are accepted without a further look.
    accept: f64,
}

impl Zipf {
    /// Over `ranks` ranks, at least 1, with an exponent above 0.
    pub(crate) fn new(ranks: u32, exponent: f64) -> Self {
        let mut zipf = Self {
            exponent,
            ranks: f64::from(ranks),
            first: 0.0,
            last: 0.0,
            accept: 0.0,
        };
        zipf.first = zipf.integral(1.5) - 1.0;
        zipf.last = zipf.integral(zipf.ranks + 0.5);
        zipf.accept = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.density(2.0));
        zipf
    }

    /// Draws a rank.
    pub(crate) fn draw(&self, rng: &mut fastrand::Rng) -> u32 {
        loop {
            let point = self.last + rng.f64() * (self.first - self.last);
            let place = self.inverse(point);
            let rank = place.round().clamp(1.0, self.ranks);
            if rank - place <= self.accept
                || point >= self.integral(rank + 0.5) - self.density(rank)
            {
                return rank as u32;
            }
        }
    }

    fn density(&self, x: f64) -> f64 {
        (-self.exponent * x.ln()).exp()
    }

    /// `∫ x^-s`, in a form that goes through s = 1 without a gap.
    fn integral(&self, x: f64) -> f64 {
        let log = x.ln();
        quotient((1.0 - self.exponent) * log, f64::exp_m1) * log
    }

    fn inverse(&self, y: f64) -> f64 {
        let scaled = ((1.0 - self.exponent) * y).max(-1.0);
        (quotient(scaled, f64::ln_1p) * y).exp()
    }
}

/// `f(x) / x`, and its limit 1 at 0.
fn quotient(x: f64, f: fn(f64) -> f64) -> f64 {
    if x.abs() > 1e-8 { f(x) / x } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pearson's chi-squared test over all ranks.
    #[test]
    fn ranks_follow_the_law() {
        const RANKS: u32 = 50;
        const DRAWS: u32 = 400_000;
        for exponent in [0.3, 0.99, 1.0, 1.5, 2.5] {
            let zipf = Zipf::new(RANKS, exponent);
            let mut rng = fastrand::Rng::with_seed(11);
            let mut drawn = [0_u32; RANKS as usize];
            for _ in 0..DRAWS {
                drawn[zipf.draw(&mut rng) as usize - 1] += 1;
            }
            let weight = |rank: u32| f64::from(rank).powf(-exponent);
            let all: f64 = (1..=RANKS).map(weight).sum();
            let chi: f64 = (1..=RANKS)
                .zip(drawn)
                .map(|(rank, drawn)| {
                    let expected = f64::from(DRAWS) * weight(rank) / all;
                    (f64::from(drawn) - expected).powi(2) / expected
                })
                .sum();
            // 49 degrees of freedom: above 94 once in 10,000 times.
            assert!(chi < 94.0, "exponent {exponent}: {chi}");
        }
    }

    proptest! {
        #[test]
        fn every_rank_is_in_range(seed: u64, ranks in 1_u32..=u32::MAX, exponent in 0.01_f64..8.0) {
            let zipf = Zipf::new(ranks, exponent);
            let mut rng = fastrand::Rng::with_seed(seed);
            for _ in 0..50 {
                prop_assert!((1..=ranks).contains(&zipf.draw(&mut rng)));
            }
        }
    }
}
