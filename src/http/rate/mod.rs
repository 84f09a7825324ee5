//! Limits on how often one client address may ask.

mod gcra;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ahash::RandomState;
use core::net::IpAddr;
use hyper::header::{HeaderName, HeaderValue, RETRY_AFTER};

use super::catalogue::Code;
use super::error::{Error, Errors};
use crate::inventory::Micros;
use crate::limits::RATE_LIMITED_CLIENTS;

pub(super) use gcra::Verdict;
use gcra::{Nanos, Rate};

const STRIPES: usize = 16;

/// Who asked how often: shared by all shards, so that the limit is exact
/// however a client spreads its connections. Only asked when a limit is set;
/// a lock is held for one look-up.
#[derive(Debug)]
pub struct Clients {
    rate: Rate,
    hasher: RandomState,
    stripes: [Mutex<Stripe>; STRIPES],
}

#[derive(Debug)]
struct Stripe {
    paid: HashMap<u64, Nanos, RandomState>,
    /// For all that find no place in the table.
    others: Nanos,
    /// Room is not looked for earlier: looking costs as much as the table is
    /// large.
    next_sweep: Nanos,
}

impl Clients {
    /// A limit of so many requests per second and address, at least 1.
    /// `secret` keeps clients from choosing addresses that collide.
    pub fn new(per_second: u32, secret: u64) -> Self {
        let hasher = RandomState::with_seeds(secret, 1, 2, 3);
        Self {
            rate: Rate::new(per_second),
            stripes: std::array::from_fn(|_| Mutex::new(Stripe::new(hasher.clone()))),
            hasher,
        }
    }

    /// Decides about a request.
    pub(super) fn admit(&self, client: IpAddr, now: Micros) -> Verdict {
        let now = now.saturating_mul(1000);
        let key = key(client);
        let stripe = self.hasher.hash_one(key) as usize % STRIPES;
        let mut stripe = self.stripes[stripe]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        stripe.admit(self.rate, key, now)
    }

    /// The two fields that every answer has then (draft-ietf-httpapi-ratelimit-headers-11).
    pub(super) fn fields(&self, verdict: Verdict) -> [(HeaderName, HeaderValue); 2] {
        let policy = format!("\"address\";q={};w=1", self.rate.per_second());
        let state = format!("\"address\";r={};t={}", verdict.remaining, verdict.full_in);
        [("ratelimit-policy", policy), ("ratelimit", state)].map(|(name, text)| {
            let value = HeaderValue::try_from(text);
            let value = value.unwrap_or_else(|_| HeaderValue::from_static(""));
            (HeaderName::from_static(name), value)
        })
    }

    /// What one that asks too often is told.
    pub(super) fn refusal(&self, verdict: Verdict) -> Errors {
        let detail = format!(
            "at most {} requests per second from one address (--http-rate)",
            self.rate.per_second()
        );
        let error = Errors::from(Error::new(Code::RateLimited, detail));
        error.with(RETRY_AFTER, HeaderValue::from(verdict.next_in))
    }
}

impl Stripe {
    fn new(hasher: RandomState) -> Self {
        Self {
            paid: HashMap::with_hasher(hasher),
            others: 0,
            next_sweep: 0,
        }
    }

    fn admit(&mut self, rate: Rate, key: u64, now: Nanos) -> Verdict {
        const ROOM: usize = RATE_LIMITED_CLIENTS / STRIPES;
        const PAUSE: Nanos = 10_000_000;
        let mut is_full = self.paid.len() >= ROOM && !self.paid.contains_key(&key);
        if is_full && now >= self.next_sweep {
            // Whoever has paid is as good as unknown.
            self.paid.retain(|_, paid| *paid > now);
            self.next_sweep = now + PAUSE;
            is_full = self.paid.len() >= ROOM;
        }
        let paid = if is_full {
            &mut self.others
        } else {
            self.paid.entry(key).or_default()
        };
        let (next, verdict) = rate.admit(*paid, now);
        *paid = next;
        verdict
    }
}

/// Of an IPv6 address the half that one customer of a provider has.
fn key(client: IpAddr) -> u64 {
    match client.to_canonical() {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn each_address_has_its_own_limit() {
        let clients = Clients::new(2, 7);
        for _ in 0..2 {
            assert!(clients.admit(address(1), 1).is_admitted);
            assert!(clients.admit(address(2), 1).is_admitted);
        }
        let refused = clients.admit(address(1), 1);
        assert!(!refused.is_admitted);
        assert_eq!(clients.fields(refused)[0].1, "\"address\";q=2;w=1");
        assert_eq!(clients.fields(refused)[1].1, "\"address\";r=0;t=1");
        let mapped: IpAddr = "::ffff:0.0.0.1".parse().unwrap();
        assert!(!clients.admit(mapped, 1).is_admitted, "the same client");
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let two: IpAddr = "2001:db8::2".parse().unwrap();
        for client in [one, two] {
            assert!(clients.admit(client, 1).is_admitted);
        }
        assert!(!clients.admit(one, 1).is_admitted, "one network");
    }

    #[test]
    fn the_table_is_bounded_and_the_limit_holds_for_those_it_has_no_room_for() {
        let clients = Clients::new(1, 7);
        let many = 2 * RATE_LIMITED_CLIENTS as u32;
        let admitted = (0..many).filter(|&n| clients.admit(address(n), 1).is_admitted);
        assert!(admitted.count() <= RATE_LIMITED_CLIENTS + STRIPES);
        let kept: usize = clients
            .stripes
            .iter()
            .map(|stripe| stripe.lock().unwrap().paid.len())
            .sum();
        assert_eq!(kept, RATE_LIMITED_CLIENTS);
        // A second later all have paid, and there is room again.
        assert!(clients.admit(address(many + 1), 2_000_000).is_admitted);
    }
}
