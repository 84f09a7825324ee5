//! Paying back what is owed, until it is back.

use std::time::Duration;

use pollster::block_on;

use super::Worker;
use crate::api::Door;
use crate::inventory::Micros;
use crate::inventory::events::PaymentView;
use crate::payment::provider::{CallError, Refund};
use crate::payment::tally::Count;
use crate::payment::{backoff, settling};
use crate::route::ShardId;

/// The first and the longest wait before what is owed is paid back again.
const OWED_RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// Owed payments of a shard that are looked at in one go.
const OWED_AT_ONCE: usize = 10_000;

impl<D: Door> Worker<D> {
    pub(super) fn pay_back_owed(&mut self) {
        let mut failed = 0_u32;
        for shard in 0..self.api.door().shards() {
            let Ok(owed) = block_on(self.api.owed(ShardId(shard), OWED_AT_ONCE)) else {
                failed += 1;
                continue;
            };
            for payment in owed {
                if !self.pay_back(&payment) {
                    failed += 1;
                }
            }
        }
        self.tries = if failed == 0 { 0 } else { self.tries + 1 };
        let wait = if failed == 0 {
            OWED_RETRY.1
        } else {
            let number = self.api.door().numbers(1);
            backoff::wait(self.tries, number, OWED_RETRY.0, OWED_RETRY.1)
        };
        let wait = u64::try_from(wait.as_micros()).unwrap_or(Micros::MAX);
        self.till.pay_back_at(self.api.door().now() + wait);
    }

    fn pay_back(&self, payment: &PaymentView) -> bool {
        let refund = settling::refund(payment);
        let paid = match self.till.provider() {
            // It has taken no money.
            _ if takes_no_money(&payment.provider) => Ok(()),
            Some(provider) if provider.name() == payment.provider => provider.refund(&refund),
            _ => Err(CallError::Refused(format!(
                "this server has no provider {} (--payment-provider)",
                payment.provider
            ))),
        };
        self.note_refund(&refund, &paid);
        paid.is_ok() && block_on(self.api.mark_refunded(payment.event, payment.id)).is_ok()
    }

    pub(super) fn note_refund(&self, refund: &Refund, paid: &Result<(), CallError>) {
        let (receipt, key) = (&refund.receipt, &refund.key);
        match paid {
            Ok(()) => {
                self.till.count(Count::Refunded);
                tracing::info!(receipt, key, "money was paid back");
            }
            Err(error) => {
                self.till.count(Count::RefundFailed);
                tracing::error!(receipt, key, %error, "money could not be paid back yet");
            }
        }
    }
}

/// The providers in this process: `test/CARD`, and what costs nothing.
fn takes_no_money(provider: &str) -> bool {
    provider == "free" || provider.starts_with("test")
}
