//! The thread that reads what has ended and tells the receiver.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, Builder};
use std::time::Duration;

use pollster::block_on;
use ureq::Agent;

use super::cursor::Cursor;
use super::message::{Message, message};
use super::secret::Secret;
use crate::api::{Api, Door};
use crate::inventory::{Id, Micros};
use crate::outward::{UnusableAddress, agent, check_address};
use crate::payment::{Count, Till, wait};
use crate::route::ShardId;

/// Ends that are read, and told, in one go.
const BATCH: usize = 256;

/// The first and the longest wait before a message is sent again.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(300));

/// A receiver that says no so often to one message does not want it: the
/// others shall not wait for that.
const MOST_REFUSALS: u32 = 8;

/// Why a message was not taken.
struct Problem {
    text: String,
    /// The receiver blames the message.
    is_final: bool,
}

/// How webhooks are sent.
#[derive(Clone, Debug)]
pub struct CourierSettings {
    /// Where to.
    pub url: String,
    /// By which they are signed; more than one while they are changed.
    pub secrets: Vec<Secret>,
    /// At once.
    pub connections: usize,
    /// How long the receiver may take for one.
    pub timeout: Duration,
    /// How often shards are asked for something new.
    pub interval: Duration,
    /// How old a message may be and still be sent again.
    pub give_up: Duration,
}

/// The sender of webhooks. Dropped, it stops; what was not taken is sent by
/// the next life.
#[derive(Debug)]
pub struct Courier {
    stop: Arc<Stop>,
}

#[derive(Debug, Default)]
struct Stop {
    is_asked: Mutex<bool>,
    wake: Condvar,
}

impl Stop {
    /// Waits; says whether to stop.
    fn wait(&self, time: Duration) -> bool {
        let asked = self.is_asked.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.wake.wait_timeout_while(asked, time, |asked| !*asked);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn ask(&self) {
        *self.is_asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_all();
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

impl Courier {
    /// Starts to tell what is behind the cursor. Counts in the till's tally.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start<D>(
        api: &Api<D>,
        till: &Till,
        cursor: Cursor,
        settings: CourierSettings,
    ) -> io::Result<Self>
    where
        D: Door + Send + Sync + 'static,
    {
        let stop = Arc::<Stop>::default();
        let round = Round {
            agent: agent(&settings.url, settings.timeout, settings.connections),
            api: api.clone(),
            till: till.clone(),
            stop: Arc::clone(&stop),
            settings,
        };
        Builder::new()
            .name("courier".to_owned())
            .spawn(move || round.run(cursor))?;
        Ok(Self { stop })
    }

    /// The address, if webhooks may be sent there.
    ///
    /// # Errors
    /// [`UnusableAddress`].
    pub fn check(url: &str) -> Result<String, UnusableAddress> {
        check_address(url)
    }
}

struct Round<D> {
    agent: Agent,
    api: Api<D>,
    till: Till,
    stop: Arc<Stop>,
    settings: CourierSettings,
}

impl<D: Door + Send + Sync> Round<D> {
    fn run(&self, mut cursor: Cursor) {
        loop {
            let mut is_more = false;
            for shard in 0..self.api.door().shards() {
                match self.tell(shard, &mut cursor) {
                    Some(told) => is_more |= told >= BATCH,
                    None => return,
                }
            }
            let pause = if is_more {
                Duration::ZERO
            } else {
                self.settings.interval
            };
            if self.stop.wait(pause) {
                return;
            }
        }
    }

    /// Tells some of what is new on a shard; says how much. `None`: stop.
    fn tell(&self, shard: u16, cursor: &mut Cursor) -> Option<usize> {
        let found = block_on(self.api.ends(ShardId(shard), cursor.of(shard), BATCH));
        let found = found.ok()?;
        if found.dropped > 0 {
            self.till.count_many(Count::WebhookDropped, found.dropped);
            let dropped = found.dropped;
            tracing::error!(
                shard,
                dropped,
                "too many checkouts have ended that could not be told: the oldest never will be \
                 (--webhook-backlog)"
            );
        }
        let Some(last) = found.ends.last() else {
            cursor.pass(shard, (found.before, Id::nil()));
            return Some(0);
        };
        let to = (last.at, last.checkout);
        let messages: Vec<Message> = found.ends.iter().map(message).collect();
        let next = AtomicUsize::new(0);
        let is_done = thread::scope(|scope| {
            let threads = self.settings.connections.min(messages.len()).max(1);
            let send = || {
                while let Some(message) = messages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if !self.deliver(message) {
                        return false;
                    }
                }
                true
            };
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(send)).collect();
            let mine = send();
            let theirs = others.into_iter().map(|it| it.join().unwrap_or(false));
            theirs.fold(mine, |all, it| all && it)
        });
        if !is_done {
            return None;
        }
        if let Err(error) = cursor.advance(shard, to) {
            tracing::error!(%error, "cannot keep how far webhooks were sent: some may be sent twice");
        }
        Some(messages.len())
    }

    /// Sends a message until it is taken, or too old. Says no when asked to
    /// stop.
    fn deliver(&self, message: &Message) -> bool {
        let mut tries = 0;
        loop {
            match self.send(message) {
                Ok(()) => {
                    self.till.count(Count::WebhookOut);
                    return true;
                }
                Err(problem) => {
                    tries += 1;
                    let age = self.api.door().now().saturating_sub(message.at);
                    let is_old = Duration::from_micros(age) > self.settings.give_up;
                    let (id, is_final) = (&message.id, problem.is_final && tries >= MOST_REFUSALS);
                    let problem = problem.text;
                    if is_old || is_final {
                        self.till.count(Count::WebhookDropped);
                        tracing::error!(id, problem, "a webhook was given up");
                        return true;
                    }
                    self.till.count(Count::WebhookRetried);
                    tracing::warn!(id, problem, tries, "a webhook was not taken");
                }
            }
            let number = self.api.door().numbers(1);
            if self.stop.wait(wait(tries, number, RETRY.0, RETRY.1)) {
                return false;
            }
        }
    }

    fn send(&self, message: &Message) -> Result<(), Problem> {
        let seconds = seconds(self.api.door().now());
        let signatures: Vec<String> = self
            .settings
            .secrets
            .iter()
            .map(|secret| secret.sign(&message.id, seconds, &message.body))
            .collect();
        let answer = self
            .agent
            .post(&self.settings.url)
            .content_type("application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signatures.join(" "))
            .send(&message.body[..]);
        let mut answer = answer.map_err(|error| Problem {
            text: error.to_string(),
            is_final: false,
        })?;
        let status = answer.status();
        // Read, so that the connection can be used again.
        let _ = answer
            .body_mut()
            .with_config()
            .limit(64 * 1024)
            .read_to_vec();
        if status.is_success() {
            Ok(())
        } else {
            Err(Problem {
                text: format!("answered {status}"),
                is_final: status.is_client_error() && !matches!(status.as_u16(), 408 | 425 | 429),
            })
        }
    }
}

fn seconds(micros: Micros) -> u64 {
    micros / 1_000_000
}
