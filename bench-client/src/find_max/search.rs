//! The search for the highest rate that holds: doubling until one misses,
//! halving the gap, and a longer run to confirm. A function of what the steps
//! showed: no time, no network.

/// Where the search may look, and how closely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    /// First rate to try.
    pub(crate) start: f64,
    /// No rate below it is tried.
    pub(crate) lowest: f64,
    /// No rate above it is tried.
    pub(crate) highest: f64,
    /// The gap to stop at, as a share of the rate.
    pub(crate) precision: f64,
}

/// What a step showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The objective held.
    Held,
    /// It did not, and the client had time to spare.
    Missed,
    /// It did not, and the client may be why.
    MissedClientBound,
}

/// What a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// To find a rate that holds and one that does not.
    Bracket,
    /// To close the gap between them.
    Bisect,
    /// To hold the best rate for longer.
    Confirm,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Next {
    /// Run a step.
    Try { rate: f64, phase: Phase },
    /// The search is over.
    Done(Answer),
}

/// What the search found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    /// This rate holds, a rate a little higher does not.
    Highest(f64),
    /// This rate holds, and it is the highest that may be tried.
    AtLeast(f64),
    /// This rate holds; at the other the client was the limit.
    ClientBound { held: f64, missed: f64 },
    /// The client is the limit at the lowest rate that was tried.
    ClientBoundAtOnce { missed: f64 },
    /// Not even this rate holds.
    None { missed: f64 },
    /// Rates held for a short while and never for longer.
    Unsteady { missed: f64 },
}

/// A rate that misses is tried again before it is believed: one hiccup of a
/// shared machine must not end the search far too low.
const CHANCES: u32 = 2;
/// How often a lower rate is tried when the best one does not hold for longer.
const CONFIRMATIONS: u32 = 5;

/// The state of a search.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    bounds: Bounds,
    held: Option<f64>,
    missed: Option<f64>,
    /// Whether `missed` was the client's doing.
    is_client_bound: bool,
    /// The rate that missed last, and how often in a row.
    misses: u32,
    confirmations: u32,
    answer: Option<Answer>,
}

impl Search {
    /// A search that has not begun.
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            held: None,
            missed: None,
            is_client_bound: false,
            misses: 0,
            confirmations: 0,
            answer: None,
        }
    }

    /// What to do next; the same until [`Search::tell`] is called.
    pub(crate) fn next(&self) -> Next {
        if let Some(answer) = self.answer {
            return Next::Done(answer);
        }
        let Bounds {
            start,
            lowest,
            highest,
            ..
        } = self.bounds;
        let (rate, phase) = match (self.held, self.missed) {
            (None, None) => (start, Phase::Bracket),
            (Some(held), None) if held < highest => ((held * 2.0).min(highest), Phase::Bracket),
            (None, Some(missed)) if missed > lowest => ((missed / 2.0).max(lowest), Phase::Bracket),
            (None, Some(missed)) => {
                return Next::Done(if self.is_client_bound {
                    Answer::ClientBoundAtOnce { missed }
                } else {
                    Answer::None { missed }
                });
            }
            (Some(held), Some(missed)) if !self.is_close(held, missed) => {
                (f64::midpoint(held, missed).round(), Phase::Bisect)
            }
            (Some(held), _) => (held, Phase::Confirm),
        };
        Next::Try { rate, phase }
    }

    /// Whether it is not worth looking between the two.
    fn is_close(&self, held: f64, missed: f64) -> bool {
        let gap = missed - held;
        gap <= self.bounds.precision * held || gap < 2.0 || self.confirmations > 0
    }

    /// Takes what the step of [`Search::next`] showed.
    pub(crate) fn tell(&mut self, shown: Shown) {
        let Next::Try { rate, phase } = self.next() else {
            return;
        };
        if shown != Shown::Held {
            self.misses += 1;
            if self.misses < CHANCES {
                return;
            }
        }
        self.misses = 0;
        match (phase, shown) {
            (Phase::Confirm, Shown::Held) => self.answer = Some(self.confirmed(rate)),
            (Phase::Confirm, _) => self.back_off(rate, shown),
            (_, Shown::Held) => self.held = Some(rate),
            (_, missed) => {
                self.missed = Some(rate);
                self.is_client_bound = missed == Shown::MissedClientBound;
            }
        }
    }

    fn confirmed(&self, held: f64) -> Answer {
        match self.missed {
            None => Answer::AtLeast(held),
            Some(missed) if self.is_client_bound => Answer::ClientBound { held, missed },
            Some(_) => Answer::Highest(held),
        }
    }

    /// Goes a little lower after a rate that did not hold for longer.
    fn back_off(&mut self, rate: f64, shown: Shown) {
        self.missed = Some(rate);
        self.is_client_bound = shown == Shown::MissedClientBound;
        self.confirmations += 1;
        let lower = (rate * (1.0 - self.bounds.precision.max(0.01))).floor();
        if self.confirmations >= CONFIRMATIONS || lower < self.bounds.lowest {
            self.answer = Some(Answer::Unsteady { missed: rate });
        } else {
            self.held = Some(lower);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: Bounds = Bounds {
        start: 1_000.0,
        lowest: 100.0,
        highest: 1e6,
        precision: 0.05,
    };

    /// Runs a search against a server that is described by a function; gives
    /// the answer and the steps.
    fn search(
        bounds: Bounds,
        mut server: impl FnMut(f64, Phase) -> Shown,
    ) -> (Answer, Vec<(f64, Phase)>) {
        let mut search = Search::new(bounds);
        let mut steps = Vec::new();
        loop {
            match search.next() {
                Next::Done(answer) => return (answer, steps),
                Next::Try { rate, phase } => {
                    steps.push((rate, phase));
                    assert!(steps.len() < 100, "no end: {steps:?}");
                    search.tell(server(rate, phase));
                }
            }
        }
    }

    /// A server that holds any rate up to `limit`.
    fn holds_to(limit: f64) -> impl FnMut(f64, Phase) -> Shown {
        move |rate, _| {
            if rate <= limit {
                Shown::Held
            } else {
                Shown::Missed
            }
        }
    }

    #[test]
    fn finds_the_highest_rate_from_below_and_from_above() {
        for (limit, start) in [
            (37_000.0, 1_000.0),
            (37_000.0, 500_000.0),
            (1_500.0, 1_000.0),
        ] {
            let (answer, steps) = search(Bounds { start, ..BOUNDS }, holds_to(limit));
            let Answer::Highest(rate) = answer else {
                panic!("{answer:?}");
            };
            assert!(
                rate <= limit && rate >= limit * 0.94,
                "{rate} of {limit}: {steps:?}"
            );
            assert_eq!(steps.last(), Some(&(rate, Phase::Confirm)));
        }
    }

    #[test]
    fn stops_where_it_may_not_go_on() {
        assert_eq!(search(BOUNDS, holds_to(1e9)).0, Answer::AtLeast(1e6));
        assert_eq!(
            search(BOUNDS, holds_to(1.0)).0,
            Answer::None { missed: 100.0 }
        );
    }

    #[test]
    fn one_hiccup_is_forgiven() {
        let mut hiccup = true;
        let (answer, _) = search(BOUNDS, |rate, _| {
            if rate > 3_000.0 && std::mem::take(&mut hiccup) {
                return Shown::Missed;
            }
            holds_to(50_000.0)(rate, Phase::Bracket)
        });
        let Answer::Highest(rate) = answer else {
            panic!("{answer:?}");
        };
        assert!(rate > 45_000.0, "{rate}");
    }

    #[test]
    fn the_client_is_named_when_it_is_the_limit() {
        let (answer, _) = search(BOUNDS, |rate, _| match rate {
            _ if rate <= 20_000.0 => Shown::Held,
            _ => Shown::MissedClientBound,
        });
        let Answer::ClientBound { held, missed } = answer else {
            panic!("{answer:?}");
        };
        assert!(held <= 20_000.0 && missed > 20_000.0, "{answer:?}");
        let (answer, _) = search(BOUNDS, |_, _| Shown::MissedClientBound);
        assert_eq!(answer, Answer::ClientBoundAtOnce { missed: 100.0 });
    }

    #[test]
    fn a_rate_that_does_not_last_gives_way_to_a_lower_one() {
        let (answer, steps) = search(BOUNDS, |rate, phase| match phase {
            Phase::Confirm => holds_to(36_000.0)(rate, phase),
            _ => holds_to(40_000.0)(rate, phase),
        });
        let Answer::Highest(rate) = answer else {
            panic!("{answer:?}");
        };
        assert!(rate <= 36_000.0 && rate > 33_000.0, "{rate}: {steps:?}");
        let (answer, steps) = search(BOUNDS, |rate, phase| match phase {
            Phase::Confirm => Shown::Missed,
            _ => holds_to(40_000.0)(rate, phase),
        });
        assert!(matches!(answer, Answer::Unsteady { .. }), "{answer:?}");
        assert!(steps.len() < 40, "{steps:?}");
    }

    proptest! {
        #[test]
        fn any_server_is_measured_within_the_precision(
            limit in 100.0_f64..1e6,
            start in 100.0_f64..1e6,
            precision in 0.01_f64..0.2,
        ) {
            let bounds = Bounds { start, precision, ..BOUNDS };
            let (answer, steps) = search(bounds, holds_to(limit));
            let Answer::Highest(rate) = answer else {
                panic!("{answer:?}: {steps:?}");
            };
            prop_assert!(rate <= limit);
            // Rates are whole, so very low ones may be off by two more.
            prop_assert!(rate * (1.0 + precision) + 2.0 >= limit, "{} of {}", rate, limit);
            prop_assert!(steps.len() < 60);
        }
    }
}
