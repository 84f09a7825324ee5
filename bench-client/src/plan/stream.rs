//! The requests of a load: by connection, or by number.

use std::fmt::Debug;

use super::{keys::Sampler, mix::Mix};
use crate::protocol::Verb;

/// An odd multiplier keeps the seeds of neighbours apart and distinct.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// What all requests of a load have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamPlan<D> {
    /// Seed of the whole load.
    pub seed: u64,
    /// How each request is drawn.
    pub draw: D,
    /// Connections that share the load.
    pub connections: usize,
}

/// Draws one request after the other.
pub(crate) trait Draw: Copy + Debug + Send {
    /// A request.
    type Request: Copy + Debug + Send;

    /// Request number `number` of the load.
    fn draw(&self, number: u64, rng: &mut fastrand::Rng) -> Self::Request;
}

/// Draws a verb, and the seat that it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeatDraw {
    /// How often each verb is sent.
    pub mix: Mix,
    /// How seats are drawn.
    pub keys: Sampler,
}

impl Draw for SeatDraw {
    type Request = (Verb, u32);

    fn draw(&self, number: u64, rng: &mut fastrand::Rng) -> (Verb, u32) {
        let seat = self.keys.draw(number, rng);
        (self.mix.draw(rng), seat)
    }
}

/// A bounded series of requests. Each connection of a closed loop has a stream
/// of its own, so what it sends does not depend on how fast the others are.
#[derive(Debug)]
pub(crate) struct Stream<D> {
    plan: StreamPlan<D>,
    rng: fastrand::Rng,
    number: u64,
    left: u64,
}

impl<D: Draw> StreamPlan<D> {
    /// The stream of connection number `connection`, of `requests` requests.
    pub(crate) fn stream(self, connection: usize, requests: u64) -> Stream<D> {
        let own = (connection as u64).wrapping_mul(GOLDEN);
        Stream {
            plan: self,
            rng: fastrand::Rng::with_seed(self.seed ^ own),
            number: connection as u64,
            left: requests,
        }
    }

    /// Request number `number` of an open loop, whichever connection it will
    /// leave by.
    pub(crate) fn request(&self, number: u64) -> D::Request {
        // A draw of its own for each: a request that is dropped, or belongs to
        // another thread, changes nothing about the others.
        let own = number.wrapping_add(1).wrapping_mul(GOLDEN);
        let rng = &mut fastrand::Rng::with_seed(self.seed ^ own);
        self.draw.draw(number, rng)
    }
}

impl<D: Draw> Iterator for Stream<D> {
    type Item = D::Request;

    fn next(&mut self) -> Option<D::Request> {
        self.left = self.left.checked_sub(1)?;
        let number = self.number;
        self.number += self.plan.connections as u64;
        Some(self.plan.draw.draw(number, &mut self.rng))
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
    use super::{super::keys::Keys, *};
    use proptest::prelude::*;

    fn plan(seed: u64) -> StreamPlan<SeatDraw> {
        over(Keys::Uniform.over(1_000), seed)
    }

    fn over(keys: Sampler, seed: u64) -> StreamPlan<SeatDraw> {
        let mix = "1:1:2".parse().unwrap();
        StreamPlan {
            seed,
            draw: SeatDraw { mix, keys },
            connections: 5,
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

    #[test]
    fn requests_by_number_are_spread_like_those_of_a_stream() {
        let mut verbs = [0_u32; 3];
        let mut seats = vec![0_u32; 1_000];
        for number in 0..200_000 {
            let (verb, seat) = plan(7).request(number);
            assert_eq!((verb, seat), plan(7).request(number));
            verbs[verb.index()] += 1;
            seats[seat as usize] += 1;
        }
        assert!(verbs[0].abs_diff(50_000) < 1_000, "{verbs:?}");
        assert!(verbs[2].abs_diff(100_000) < 1_000, "{verbs:?}");
        // Pearson's test: 999 degrees of freedom, above 1,170 once in 10,000.
        let chi: f64 = seats
            .iter()
            .map(|&n| (f64::from(n) - 200.0).powi(2) / 200.0)
            .sum();
        assert!(chi < 1_170.0 && chi > 840.0, "{chi}");
    }

    #[test]
    fn sequential_keys_cover_all_seats_once_over_all_connections() {
        let plan = over(Keys::Sequential.over(103), 1);
        let mut seats: Vec<u32> = (0..5)
            .flat_map(|connection| plan.stream(connection, share(103, connection, 5)))
            .map(|(_, seat)| seat)
            .collect();
        seats.sort_unstable();
        assert_eq!(seats, (0..103).collect::<Vec<_>>());
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
            let plan = over(Keys::Uniform.over(seats), seed);
            prop_assert!(plan.stream(0, 200).all(|(_, seat)| seat < seats));
        }
    }
}
