//! The threads that call the provider, so that no shard ever waits for it.

mod asking;
mod owed;

use std::io;
use std::thread::{Builder, sleep};
use std::time::Duration;

use pollster::block_on;

use self::asking::Next;
use super::backoff;
use super::provider::{CallError, Provider, Session};
use super::tally::Count;
use super::till::{Job, Task, Till, Told, Unavailable};
use super::watch::Watched;
use crate::api::{Api, Door, Verdict};
use crate::inventory::events::{PaymentState, PaymentView};
use crate::inventory::{Micros, Page};
use crate::route::ShardId;

/// The first and the longest wait between tries that a buyer waits for.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// Payments of an earlier life that are read in one go.
const PAGE: usize = 1_000;

/// Payments that have ended by themselves so long before a start are not asked
/// about any more.
const REMEMBERED: Micros = 24 * 60 * 60 * 1_000_000;

/// The cashier of a server. Dropped, its threads end after the call that they
/// are at; nobody waits for them.
#[derive(Debug)]
pub struct Cashier {
    till: Till,
}

impl Drop for Cashier {
    fn drop(&mut self) {
        self.till.close();
    }
}

impl Cashier {
    /// Starts the threads, with what an earlier life has left open: that is
    /// read before they begin, so that no payment of this life is among it.
    /// Asks every shard; not to be called from one.
    ///
    /// # Errors
    /// When there can be no more threads.
    pub fn start<D>(api: &Api<D>, till: &Till) -> io::Result<Self>
    where
        D: Door + Send + 'static,
    {
        let cashier = Self { till: till.clone() };
        remember(api, till);
        for number in 0..till.settings().threads {
            let worker = Worker {
                api: api.clone(),
                till: till.clone(),
                tries: 0,
            };
            Builder::new()
                .name(format!("cashier-{number}"))
                .spawn(move || worker.run())?;
        }
        Ok(cashier)
    }
}

struct Worker<D> {
    api: Api<D>,
    till: Till,
    /// How often in a row something owed could not be paid back.
    tries: u32,
}

impl<D: Door> Worker<D> {
    fn run(mut self) {
        let till = self.till.clone();
        let api = self.api.clone();
        while let Some(task) = till.next(|| api.door().now()) {
            match task {
                Task::For(job, since) => self.serve(job, since),
                Task::Look(watched) => {
                    self.look(watched);
                    till.done();
                }
                Task::PayBackOwed => {
                    self.pay_back_owed();
                    till.done();
                }
            }
        }
    }

    fn serve(&mut self, job: Job, since: Micros) {
        let Some(provider) = self.till.provider() else {
            return;
        };
        match job {
            Job::Open(payment, tell) => {
                let opened = self.open(provider, &payment, since);
                self.till.count(match opened {
                    Ok(_) => Count::Opened,
                    Err(_) => Count::Unavailable,
                });
                answer(tell, opened.map(|session| session.url));
            }
            Job::PayBack(refund, tell) => {
                let paid = self.again(since, || provider.refund(&refund));
                self.note_refund(&refund, &paid);
                answer(tell, paid.map_err(Unavailable::from));
            }
            Job::Cancel(payment, tell) => {
                let known = self.till.watched(payment.id);
                let known = known.unwrap_or_else(|| watched(&payment, String::new()));
                answer(tell, self.cancel(provider, &payment, known));
            }
        }
    }

    fn open(
        &self,
        provider: &dyn Provider,
        payment: &PaymentView,
        since: Micros,
    ) -> Result<Session, Unavailable> {
        // Looked after here until it is open. Without a session it was found
        // at the start, begun a moment before: nothing is left over of it.
        let known = self.till.watched(payment.id);
        let known = known.filter(|known| !known.session.is_empty());
        let purpose = block_on(self.api.payment_purpose(payment.event));
        let purpose = purpose.map_err(|_| Unavailable::Stopping)?;
        let order = self.till.order(payment, purpose);
        let opened = self.again(since, || provider.open(&order));
        let now = self.api.door().now();
        match opened {
            Ok(session) => {
                let watched = watched(payment, session.id.clone());
                self.watch_on(watched, now);
                if session.url.is_empty() {
                    let over = CallError::Refused("the session is over already".to_owned());
                    return Err(over.into());
                }
                Ok(session)
            }
            Err(error) => {
                tracing::warn!(payment = %payment.id, %error, "cannot open a payment");
                if matches!(error, CallError::Away(_)) {
                    // There may be a session all the same: see to it later.
                    self.watch_on(watched(payment, String::new()), now);
                } else if let Some(known) = known {
                    self.watch_on(known, now);
                }
                Err(error.into())
            }
        }
    }

    /// Tries again while somebody may still be waiting.
    fn again<T>(
        &self,
        since: Micros,
        call: impl Fn() -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let timeout = self.till.settings().timeout;
        let mut tries = 0;
        loop {
            let waited = self.api.door().now().saturating_sub(since);
            if Duration::from_micros(waited) >= timeout && tries > 0 {
                return call();
            }
            match call() {
                Err(CallError::Away(text)) => {
                    tries += 1;
                    let wait = backoff::wait(tries, self.api.door().numbers(1), RETRY.0, RETRY.1);
                    let waited = self.api.door().now().saturating_sub(since);
                    if Duration::from_micros(waited) + wait >= timeout {
                        return Err(CallError::Away(text));
                    }
                    sleep(wait);
                }
                other => return other,
            }
        }
    }

    fn cancel(
        &self,
        provider: &dyn Provider,
        payment: &PaymentView,
        mut known: Watched,
    ) -> Result<(), Unavailable> {
        match self.close(provider, payment, &mut known) {
            Ok(Next::Forget) => {}
            Ok(Next::AskAgain) | Err(_) => self.watch_on(known, self.api.door().now()),
        }
        // The buyer goes on whether the provider is there or not. Money that
        // comes all the same is dealt with as money that comes late.
        let settled = self
            .api
            .conclude_payment(payment.event, payment.id, Verdict::Failed);
        match block_on(settled) {
            Ok(now) => {
                if now.state == PaymentState::Failed && payment.state == PaymentState::Open {
                    self.till.count(Count::Declined);
                }
                Ok(())
            }
            Err(_) => Err(Unavailable::Stopping),
        }
    }

    /// Asks about a payment again, later; or never.
    fn watch_on(&self, mut known: Watched, now: Micros) {
        let lookup = self.till.settings().lookup;
        match known.next(now, lookup) {
            Some(at) => {
                known.asked += 1;
                self.till.watch(at, known);
            }
            None => {
                tracing::error!(
                    payment = %known.payment, session = known.session,
                    "gave up asking about a payment: look it up at the provider"
                );
            }
        }
    }
}

/// Looks after what an earlier life has left open.
fn remember<D: Door>(api: &Api<D>, till: &Till) {
    let Some(provider) = till.provider() else {
        return;
    };
    let now = api.door().now();
    let mut count = 0_u64;
    for shard in 0..api.door().shards() {
        let mut page = Page {
            after: None,
            limit: PAGE,
        };
        let since = now.saturating_sub(REMEMBERED);
        while let Ok(payments) = block_on(api.unsettled(ShardId(shard), since, page)) {
            page.after = payments.last().map(|payment| payment.id);
            let is_last = payments.len() < page.limit;
            for payment in payments {
                if payment.provider == provider.name() {
                    till.watch(now, watched(&payment, String::new()));
                    count += 1;
                }
            }
            if is_last {
                break;
            }
        }
    }
    if count > 0 {
        tracing::info!(payments = count, "asking about payments of an earlier life");
    }
}

fn watched(payment: &PaymentView, session: String) -> Watched {
    Watched {
        event: payment.event,
        payment: payment.id,
        session,
        until: payment.until,
        asked: 0,
    }
}

/// Who asked may be gone.
fn answer<T>(tell: Told<T>, told: Result<T, Unavailable>) {
    let _ = tell.send(told);
}
