//! Purchases as a load: how they are written, and how replies are judged.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::request::Requests;
use crate::{
    check::Allocations,
    http::{Framed, frame, quote},
    load::{Judged, Kind, Knobs, Scenario, Subject, Verdict},
    plan::purchase::{Purchase, PurchaseDraw},
};

/// The code of a refusal because too little is left.
const SOLD_OUT: &[u8] = b"invalid_purchase_quantity";
/// One of so many acknowledged purchases is kept, to be read back.
const SAMPLED: u64 = 1_024;
/// At most so many are kept.
const SAMPLES: usize = 64;

/// The ticket options of one run, and what is known of them.
#[derive(Debug)]
pub(super) struct Purchases {
    pub(super) requests: Requests,
    pub(super) ledger: Allocations,
    draw: PurchaseDraw,
    /// What this run's idempotency keys begin with.
    nonce: u64,
    keys: AtomicU64,
    samples: Mutex<Vec<Sample>>,
}

/// An acknowledged purchase.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) purchase: Purchase,
    /// The body of the acknowledgement.
    pub(super) body: Vec<u8>,
}

impl Purchases {
    pub(super) fn new(
        requests: Requests,
        ledger: Allocations,
        draw: PurchaseDraw,
        nonce: u64,
    ) -> Self {
        Self {
            requests,
            ledger,
            draw,
            nonce,
            keys: AtomicU64::new(0),
            samples: Mutex::default(),
        }
    }

    /// The purchases to read back.
    pub(super) fn samples(&self) -> Vec<Sample> {
        let samples = self.samples.lock();
        samples.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn sample(&self, purchase: Purchase, body: &[u8]) {
        let samples = self.samples.lock();
        let mut samples = samples.unwrap_or_else(PoisonError::into_inner);
        if samples.len() < SAMPLES {
            let body = body.to_vec();
            samples.push(Sample { purchase, body });
        }
    }
}

impl Subject for Purchases {
    const KINDS: &'static [Kind] = &[
        ("PURCHASE", "OK"),
        ("PURCHASE", "SOLD_OUT"),
        ("PURCHASE", "BUSY"),
    ];
    const KNOBS: Knobs = Knobs::OF_A_RATE;

    fn unpaid(&self) -> Option<String> {
        let (option, why) = self.ledger.unpaid()?;
        Some(format!("ticket option {}: {why}", self.requests.id(option)))
    }
}

impl Scenario for Purchases {
    type Draw = PurchaseDraw;
    type Before = ();

    fn draw(&self) -> PurchaseDraw {
        self.draw
    }

    fn frame(&self, unread: &[u8]) -> Option<usize> {
        match frame(unread) {
            Framed::Whole { end, .. } => Some(end),
            Framed::Part => None,
            Framed::Bad(_) => Some(unread.len()),
        }
    }

    fn write(&self, purchase: Purchase, _at: u64, out: &mut Vec<u8>) {
        let key = || u128::from(self.nonce) << 64 | u128::from(self.keys.fetch_add(1, Relaxed));
        self.requests.write(purchase, key, out);
    }

    fn judge(&self, sent: &Judged<Self>, reply: &[u8], now: u64) -> Option<(usize, Verdict)> {
        let Framed::Whole { status, body, .. } = frame(reply) else {
            return None;
        };
        let body = &reply[body..];
        match status {
            201 => {
                let entered = self.ledger.sold(sent.request, sent.at);
                if let Ok(sold) = entered
                    && sold % SAMPLED < u64::from(sent.request.quantity)
                {
                    self.sample(sent.request, body);
                }
                Some((0, entered.map(drop)))
            }
            400 if memchr::memmem::find(body, SOLD_OUT).is_some() => {
                self.ledger.refused(sent.request, now);
                Some((1, Ok(())))
            }
            429 | 503 => {
                self.ledger.lost(sent.request);
                Some((2, Ok(())))
            }
            _ => None,
        }
    }

    fn lose(&self, purchase: Purchase) {
        self.ledger.lost(purchase);
    }

    fn name(&self, purchase: Purchase) -> String {
        let id = self.requests.id(purchase.option);
        format!("purchase of {} of {id}", purchase.quantity)
    }

    fn quote(&self, reply: &[u8]) -> String {
        match frame(reply) {
            Framed::Whole { status, body, .. } => quote(status, &reply[body..]),
            Framed::Part | Framed::Bad(_) => {
                reply.escape_ascii().take(300).map(char::from).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cures_name_flags_that_there_are() {
        assert!(Purchases::KNOBS.are_of("purchases"));
    }
}
