//! The requests of one connection, in order.

use super::mix::Mix;
use crate::protocol::Verb;

/// What all streams of a load have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamPlan {
    /// Seed of the whole load.
    pub seed: u64,
    /// How often each verb is sent.
    pub mix: Mix,
    /// Seats are drawn evenly from `0..seats`; at least 1.
    pub seats: u32,
}

/// An endless or bounded series of requests. Each connection has a stream of
/// its own, so what it sends does not depend on how fast the others are.
#[derive(Debug)]
pub(crate) struct Stream {
    plan: StreamPlan,
    rng: fastrand::Rng,
    left: u64,
}

impl StreamPlan {
    /// The stream of connection number `connection`, of `requests` requests.
    pub(crate) fn stream(self, connection: usize, requests: u64) -> Stream {
        // An odd multiplier keeps the seeds of neighbours apart and distinct.
        let own = (connection as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Stream {
            plan: self,
            rng: fastrand::Rng::with_seed(self.seed ^ own),
            left: requests,
        }
    }
}

impl Iterator for Stream {
    type Item = (Verb, u32);

    fn next(&mut self) -> Option<(Verb, u32)> {
        self.left = self.left.checked_sub(1)?;
        let seat = self.rng.u32(0..self.plan.seats);
        Some((self.plan.mix.draw(&mut self.rng), seat))
    }
}

/// How many of `total` requests connection number `connection` of
/// `connections` sends: as equal as possible, exactly `total` together.
pub(crate) fn share(total: u64, connection: usize, connections: usize) -> u64 {
    let connections = connections as u64;
    total / connections + u64::from((connection as u64) < total % connections)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(seed: u64) -> StreamPlan {
        StreamPlan {
            seed,
            mix: "1:1:2".parse().unwrap(),
            seats: 1_000,
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_requests() {
        let once: Vec<_> = plan(7).stream(3, 50).collect();
        let again: Vec<_> = plan(7).stream(3, 50).collect();
        assert_eq!(once, again);
        assert_eq!(once.len(), 50);
        assert_ne!(once, plan(8).stream(3, 50).collect::<Vec<_>>());
        assert_ne!(once, plan(7).stream(4, 50).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn shares_add_up(total in 0_u64..1_000_000, connections in 1_usize..300) {
            let shares: Vec<u64> = (0..connections).map(|c| share(total, c, connections)).collect();
            prop_assert_eq!(shares.iter().sum::<u64>(), total);
            prop_assert!(shares[0] - shares[connections - 1] <= 1);
        }

        #[test]
        fn seats_stay_in_range(seed: u64, seats in 1_u32..50) {
            let plan = StreamPlan { seats, ..plan(seed) };
            prop_assert!(plan.stream(0, 200).all(|(_, seat)| seat < seats));
        }
    }
}
