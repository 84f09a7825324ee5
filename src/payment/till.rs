//! Where requests leave what the cashier shall do, and wait for it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::provider::{CallError, Order, Provider, Refund};
use super::tally::{Count, Tally};
use super::watch::{Watch, Watched};
use crate::inventory::events::PaymentView;
use crate::inventory::{Id, Micros};

/// How the cashier works.
#[derive(Clone, Debug)]
pub struct TillSettings {
    /// The public address of this server, without a slash at its end.
    pub site: String,
    /// How long a buyer may take to pay.
    pub payment_seconds: u32,
    /// How long one call to the provider may take, and how long is tried.
    pub timeout: Duration,
    /// Requests that may wait for the cashier.
    pub queue: usize,
    /// Calls at once.
    pub threads: usize,
    /// When the provider is asked for the first time about a payment of which
    /// nothing is heard.
    pub lookup: Duration,
}

/// Why no payment can be made now. The holds stay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Too many others want to pay.
    #[error("too many payments are being opened: try again in a moment")]
    Busy,
    /// This server asks for no money on another page.
    #[error("this server has no provider for that (--payment-provider)")]
    NoProvider,
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
    /// The provider cannot do it.
    #[error(transparent)]
    Provider(#[from] CallError),
}

/// What a request waits for.
pub(super) type Told<T> = oneshot::Sender<Result<T, Unavailable>>;

/// What the cashier shall do for a request.
pub(super) enum Job {
    /// Open a session, and say where the buyer pays.
    Open(PaymentView, Told<String>),
    /// Pay money back of which nobody else knows.
    PayBack(Refund, Told<()>),
    /// Close a payment's session, and settle it.
    Cancel(PaymentView, Told<()>),
}

/// What is to be done next.
pub(super) enum Task {
    For(Job, Micros),
    /// Ask about a payment of which nothing was heard.
    Look(Watched),
    /// Pay back what is owed.
    PayBackOwed,
}

struct State {
    jobs: VecDeque<(Micros, Job)>,
    watch: Watch,
    /// When to pay back what is owed.
    owed_at: Micros,
    /// Threads that work for nobody who waits.
    in_background: usize,
    is_closed: bool,
}

/// The way to the cashier, and what requests have to know of payments. Cheap
/// to clone.
#[derive(Clone)]
pub struct Till {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    wake: Condvar,
    provider: Option<Arc<dyn Provider>>,
    name: &'static str,
    settings: TillSettings,
    tally: Tally,
    /// It was said that no money is taken.
    has_warned: AtomicBool,
}

impl fmt::Debug for Till {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Till")
            .field("provider", &self.inner.name)
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

impl Till {
    /// Nobody works yet. `name`: what payments are marked with where there is
    /// no `provider` to call.
    pub fn new(
        name: &'static str,
        provider: Option<Arc<dyn Provider>>,
        settings: TillSettings,
    ) -> Self {
        let name = provider.as_ref().map_or(name, |it| it.name());
        let state = State {
            jobs: VecDeque::new(),
            watch: Watch::default(),
            owed_at: 0,
            in_background: 0,
            is_closed: false,
        };
        Self {
            inner: Arc::new(Inner {
                state: Mutex::new(state),
                wake: Condvar::new(),
                provider,
                name,
                settings,
                tally: Tally::default(),
                has_warned: AtomicBool::new(false),
            }),
        }
    }

    /// Takes no money, and calls nobody.
    pub fn test() -> Self {
        let settings = TillSettings {
            site: "http://localhost".to_owned(),
            payment_seconds: 900,
            timeout: Duration::from_secs(10),
            queue: 0,
            threads: 1,
            lookup: Duration::from_secs(60),
        };
        Self::new("test", None, settings)
    }

    /// How payments are marked here: `test`, `hosted` or `none`.
    pub fn provider_name(&self) -> &'static str {
        self.inner.name
    }

    /// The provider to be called, if there is one.
    pub fn provider(&self) -> Option<&dyn Provider> {
        self.inner.provider.as_deref()
    }

    /// A test payment is made: says so in the log, once.
    pub fn on_test_payment(&self) {
        if !self.inner.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "payments are a test: tickets are booked and NO MONEY is taken \
                 (--payment-provider hosted takes some, none books only what is free)"
            );
        }
    }

    /// How the cashier works.
    pub fn settings(&self) -> &TillSettings {
        &self.inner.settings
    }

    /// What was counted.
    pub fn tally(&self) -> &Tally {
        &self.inner.tally
    }

    /// Counts one more.
    pub fn count(&self, count: Count) {
        self.inner.tally.add(count);
    }

    /// Counts some more.
    pub fn count_many(&self, count: Count, more: u64) {
        self.inner.tally.add_many(count, more);
    }

    /// Opens a session for a payment that was begun, and says where the buyer
    /// pays. Doing it again answers the same address.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn open(&self, payment: PaymentView, now: Micros) -> Result<String, Unavailable> {
        self.ask(now, |tell| Job::Open(payment, tell)).await
    }

    /// Pays money back of which nobody else knows.
    ///
    /// # Errors
    /// [`Unavailable`]: it may not be back yet.
    pub async fn pay_back(&self, refund: Refund, now: Micros) -> Result<(), Unavailable> {
        self.ask(now, |tell| Job::PayBack(refund, tell)).await
    }

    /// Ends a payment that the buyer has given up: nobody can pay it any more,
    /// unless that has just happened.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn cancel(&self, payment: PaymentView, now: Micros) -> Result<(), Unavailable> {
        self.ask(now, |tell| Job::Cancel(payment, tell)).await
    }

    /// Something is owed: pay it back soon.
    pub fn owes(&self) {
        self.state().owed_at = 0;
        self.inner.wake.notify_one();
    }

    /// What of a payment the provider is told.
    pub(super) fn order(&self, payment: &PaymentView, description: String) -> Order {
        let site = &self.inner.settings.site;
        let back = |how| format!("{site}/e/{}?payment={how}", payment.event);
        Order {
            payment: payment.id,
            event: payment.event,
            amount: payment.amount,
            currency: payment.currency.clone(),
            description,
            success_url: back("done"),
            cancel_url: back("cancelled"),
            until: payment.until,
        }
    }

    async fn ask<T>(
        &self,
        now: Micros,
        job: impl FnOnce(Told<T>) -> Job,
    ) -> Result<T, Unavailable> {
        if self.inner.provider.is_none() {
            return Err(Unavailable::NoProvider);
        }
        let (tell, told) = oneshot::async_channel();
        {
            let mut state = self.state();
            if state.is_closed {
                return Err(Unavailable::Stopping);
            }
            if state.jobs.len() >= self.inner.settings.queue {
                return Err(Unavailable::Busy);
            }
            state.jobs.push_back((now, job(tell)));
        }
        self.inner.wake.notify_one();
        told.await.unwrap_or(Err(Unavailable::Stopping))
    }

    /// Looks after a payment at a moment.
    pub(super) fn watch(&self, at: Micros, watched: Watched) {
        self.state().watch.plan(at, watched);
        self.inner.wake.notify_one();
    }

    /// What is known of a payment's session; it is not watched any more.
    pub(super) fn watched(&self, payment: Id) -> Option<Watched> {
        self.state().watch.take(payment)
    }

    /// When to pay back what is owed, unless that shall be sooner.
    pub(super) fn pay_back_at(&self, at: Micros) {
        let mut state = self.state();
        state.owed_at = state.owed_at.min(at);
    }

    /// Waits for the next task; `None`: there will be none. Not every thread
    /// gets one that nobody waits for: a buyer shall find one free.
    pub(super) fn next(&self, now: impl Fn() -> Micros) -> Option<Task> {
        let most = self.inner.settings.threads.saturating_sub(1).max(1);
        let mut state = self.state();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some((since, job)) = state.jobs.pop_front() {
                return Some(Task::For(job, since));
            }
            let time = now();
            let mut wait = Duration::from_secs(3600);
            if state.in_background < most {
                if state.owed_at <= time {
                    state.owed_at = Micros::MAX;
                    state.in_background += 1;
                    return Some(Task::PayBackOwed);
                }
                if let Some(watched) = state.watch.pop(time) {
                    state.in_background += 1;
                    return Some(Task::Look(watched));
                }
                let next = state.watch.next().unwrap_or(Micros::MAX).min(state.owed_at);
                wait = wait.min(Duration::from_micros(next.saturating_sub(time)));
            }
            let waited = self.inner.wake.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A task that nobody waited for is done.
    pub(super) fn done(&self) {
        self.state().in_background -= 1;
        self.inner.wake.notify_one();
    }

    /// There will be no more tasks; who waits is told.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.jobs.clear();
        drop(state);
        self.inner.wake.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;
    use crate::payment::provider::{Notice, Session, WebhookError};

    struct Nobody;

    impl Provider for Nobody {
        fn name(&self) -> &'static str {
            "hosted"
        }
        fn open(&self, _: &Order) -> Result<Session, CallError> {
            Err(CallError::Refused("nobody".to_owned()))
        }
        fn find(&self, _: &str) -> Result<Session, CallError> {
            Err(CallError::Refused("nobody".to_owned()))
        }
        fn close(&self, _: &str) -> Result<Session, CallError> {
            Err(CallError::Refused("nobody".to_owned()))
        }
        fn refund(&self, _: &Refund) -> Result<(), CallError> {
            Ok(())
        }
        fn read_webhook(&self, _: &str, _: &[u8], _: Micros) -> Result<Notice, WebhookError> {
            Ok(Notice::Other)
        }
    }

    fn till(provider: Option<Arc<dyn Provider>>, threads: usize) -> Till {
        let settings = TillSettings {
            site: "https://t.example".to_owned(),
            payment_seconds: 900,
            timeout: Duration::from_secs(1),
            queue: 2,
            threads,
            lookup: Duration::from_secs(60),
        };
        Till::new("none", provider, settings)
    }

    fn refund() -> Refund {
        Refund {
            receipt: "pi".to_owned(),
            key: "x".to_owned(),
        }
    }

    fn watched(payment: u128) -> Watched {
        Watched {
            event: Id::nil(),
            payment: Id::from_u128(payment),
            session: String::new(),
            until: 0,
            asked: 0,
        }
    }

    #[test]
    fn without_a_provider_nothing_can_be_paid() {
        let till = till(None, 1);
        assert_eq!(till.provider_name(), "none");
        assert_eq!(
            block_on(till.pay_back(refund(), 0)),
            Err(Unavailable::NoProvider)
        );
    }

    #[test]
    fn the_queue_is_bounded_and_closing_tells_who_waits() {
        let till = till(Some(Arc::new(Nobody)), 1);
        let mut waiting: Vec<_> = (0..3)
            .map(|_| Box::pin(till.pay_back(refund(), 7)))
            .collect();
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let mut poll = |at: usize| waiting[at].as_mut().poll(&mut context);
        assert!(poll(0).is_pending() && poll(1).is_pending());
        assert_eq!(poll(2), std::task::Poll::Ready(Err(Unavailable::Busy)));
        match till.next(|| 0) {
            Some(Task::For(Job::PayBack(_, waits), 7)) => waits.send(Ok(())).unwrap(),
            _ => panic!("the first job"),
        }
        assert_eq!(poll(0), std::task::Poll::Ready(Ok(())));
        till.close();
        assert_eq!(poll(1), std::task::Poll::Ready(Err(Unavailable::Stopping)));
        assert!(till.next(|| 0).is_none());
        assert_eq!(
            block_on(till.pay_back(refund(), 0)),
            Err(Unavailable::Stopping)
        );
    }

    #[test]
    fn a_thread_stays_free_for_buyers() {
        let till = till(Some(Arc::new(Nobody)), 2);
        till.watch(5, watched(1));
        // What an earlier life owes comes first.
        assert!(matches!(till.next(|| 9), Some(Task::PayBackOwed)));
        let buyer = till.clone();
        let thread = std::thread::spawn(move || block_on(buyer.pay_back(refund(), 9)));
        match till.next(|| 9) {
            Some(Task::For(Job::PayBack(_, waits), 9)) => waits.send(Ok(())).unwrap(),
            _ => panic!("the second thread is for buyers"),
        }
        assert_eq!(thread.join().unwrap(), Ok(()));
        till.done();
        assert!(matches!(till.next(|| 9), Some(Task::Look(it)) if it == watched(1)));
        till.done();
        till.owes();
        assert!(matches!(till.next(|| 9), Some(Task::PayBackOwed)));
    }
}
