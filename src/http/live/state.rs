//! Everybody who watches events from this shard, and what is next for each.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::task::Waker;

use hyper::body::Bytes;
use slab::Slab;

use super::channel::{Channel, told};
use super::frame::{self, Stamp};
use crate::http::checkout::Pass;
use crate::inventory::events::{CheckoutState, CheckoutView, SeatChanges};
use crate::inventory::{Id, Micros};

/// Who watches what. Knows no connection: a watcher is woken when there is
/// something to take.
#[derive(Debug)]
pub(super) struct State {
    /// Which life of the server this is.
    life: u64,
    channels: HashMap<Id, Channel>,
    watchers: Slab<Watch>,
    /// Events with watchers who are still to be told something.
    spreading: VecDeque<Id>,
    /// Watchers for whom there is something of their own.
    served: VecDeque<u32>,
}

#[derive(Debug)]
struct Watch {
    event: Id,
    /// Where it is among its channel's watchers.
    slot: usize,
    /// The number of the next frame.
    next: u64,
    /// What it is told first.
    first: Option<Bytes>,
    waker: Option<Waker>,
    follow: Option<Box<Follow>>,
}

/// Whose checkout a watcher follows.
#[derive(Debug)]
struct Follow {
    pass: Pass,
    /// What was told of it last.
    told: Option<Told>,
    /// What is to be told of it next: one event, as what is newer replaces it.
    news: Option<(Whole, Bytes)>,
    /// Where it is among its channel's followers.
    slot: usize,
}

/// A checkout as it was told, as far as it must be told when it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    is_queued: bool,
    hash: u64,
}

/// What a new watcher is told first, and from which frame on it goes on.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) first: Bytes,
    pub(super) next: u64,
}

impl State {
    pub(super) fn new(life: u64) -> Self {
        Self {
            life,
            channels: HashMap::new(),
            watchers: Slab::new(),
            spreading: VecDeque::new(),
            served: VecDeque::new(),
        }
    }

    /// How many watch.
    pub(super) fn watchers(&self) -> usize {
        self.watchers.len()
    }

    pub(super) fn channels(&mut self) -> impl Iterator<Item = &mut Channel> {
        self.channels.values_mut()
    }

    /// How whoever knows a version of the map, or none, may start without
    /// asking the event's shard; `None`: that must be asked.
    pub(super) fn start(&mut self, event: Id, since: Option<Stamp>) -> Option<Start> {
        let channel = self.channels.get_mut(&event)?;
        let Some(since) = since else {
            let first = frame::joined(&[frame::greeting(), channel.reset()]);
            let next = channel.log.end();
            return Some(Start { first, next });
        };
        let since = Some(since).filter(|it| it.life == self.life)?;
        let next = channel.log.after(since.version)?;
        Some(Start {
            first: frame::greeting(),
            next,
        })
    }

    /// How to start with the answer of the event's shard.
    pub(super) fn start_with(&mut self, event: Id, answer: &SeatChanges, now: Micros) -> Start {
        let (version, life) = (answer.version, self.life);
        let stamp = Stamp { version, life };
        let channel =
            (self.channels.entry(event)).or_insert_with(|| Channel::new(event, stamp, now));
        let news = match &answer.changes {
            Some(changes) if changes.is_empty() => Bytes::new(),
            changes => told(stamp, changes.as_deref()),
        };
        let next = match channel.log.after(version) {
            Some(next) => next,
            // The log comes to it, and tells some of it once more.
            None if version > channel.log.version() => channel.log.end(),
            None => {
                let first = frame::joined(&[frame::greeting(), channel.reset()]);
                let next = channel.log.end();
                return Start { first, next };
            }
        };
        Start {
            first: frame::joined(&[frame::greeting(), news]),
            next,
        }
    }

    /// Takes a watcher in, who was told how to start. The event's channel is
    /// there.
    pub(super) fn enter(&mut self, event: Id, start: Start, follow: Option<Pass>) -> Option<u32> {
        let channel = self.channels.get_mut(&event)?;
        let entry = self.watchers.vacant_entry();
        let key = entry.key() as u32;
        let follow = follow.map(|pass| {
            let slot = channel.followers.len();
            channel.followers.push(key);
            Box::new(Follow {
                pass,
                told: None,
                news: None,
                slot,
            })
        });
        entry.insert(Watch {
            event,
            slot: channel.watchers.len(),
            next: start.next,
            first: Some(start.first),
            waker: None,
            follow,
        });
        channel.watchers.push(key);
        Some(key)
    }

    /// Lets a watcher go, and the channel with the last one.
    pub(super) fn leave(&mut self, key: u32) {
        let Some(watch) = self.watchers.try_remove(key as usize) else {
            return;
        };
        let Some(channel) = self.channels.get_mut(&watch.event) else {
            return;
        };
        channel.watchers.swap_remove(watch.slot);
        if let Some(moved) = channel.watchers.get(watch.slot) {
            self.watchers[*moved as usize].slot = watch.slot;
        }
        if let Some(follow) = &watch.follow {
            channel.followers.swap_remove(follow.slot);
            if let Some(moved) = channel.followers.get(follow.slot)
                && let Some(other) = &mut self.watchers[*moved as usize].follow
            {
                other.slot = follow.slot;
            }
        }
        if channel.untold > 0 {
            channel.tell_all();
        }
        if channel.watchers.is_empty() {
            self.channels.remove(&watch.event);
        }
    }

    /// What wakes a watcher from now on.
    pub(super) fn set_waker(&mut self, key: u32, waker: &Waker) {
        if let Some(watch) = self.watchers.get_mut(key as usize) {
            watch.waker = Some(waker.clone());
        }
    }

    /// Whether there is something for a watcher.
    pub(super) fn has_next(&self, key: u32) -> bool {
        (self.watchers.get(key as usize)).is_some_and(|watch| self.has_news(watch))
    }

    fn has_news(&self, watch: &Watch) -> bool {
        let channel = self.channels.get(&watch.event);
        watch.first.is_some()
            || (watch.follow.as_ref()).is_some_and(|follow| follow.news.is_some())
            || channel.is_some_and(|channel| watch.next < channel.log.end())
    }

    /// Takes what is next for a watcher. One that has missed too much is told
    /// to begin anew.
    pub(super) fn take(&mut self, key: u32) -> Option<Bytes> {
        let watch = self.watchers.get_mut(key as usize)?;
        if let Some(first) = watch.first.take() {
            return Some(first);
        }
        if let Some((_, news)) = watch.follow.as_mut().and_then(|it| it.news.take()) {
            return Some(news);
        }
        let channel = self.channels.get_mut(&watch.event)?;
        if watch.next >= channel.log.end() {
            return None;
        }
        if let Some(frame) = channel.log.get(watch.next) {
            watch.next += 1;
            return Some(frame.clone());
        }
        watch.next = channel.log.end();
        Some(channel.reset())
    }

    /// What the shard of an event answered to what was asked for its channel.
    pub(super) fn on_changes(&mut self, event: Id, since: u64, answer: &SeatChanges, now: Micros) {
        if let Some(channel) = self.channels.get_mut(&event)
            && channel.on_changes(since, answer, now)
        {
            self.spreading.push_back(event);
        }
    }

    /// The shard of an event did not answer.
    pub(super) fn on_silence(&mut self, event: Id) {
        if let Some(channel) = self.channels.get_mut(&event) {
            channel.asking = false;
        }
    }

    /// Breaks the silence where it was long.
    pub(super) fn beat(&mut self, now: Micros) {
        for channel in self.channels.values_mut() {
            if channel.beat(now) {
                self.spreading.push_back(channel.event);
            }
        }
    }

    /// The checkouts of these watchers.
    pub(super) fn checkouts(&self, keys: &[u32]) -> Vec<Id> {
        let follow = |key: &u32| self.watchers.get(*key as usize)?.follow.as_ref();
        let ids = keys
            .iter()
            .map(|key| follow(key).map(|it| it.pass.checkout));
        ids.map(Option::unwrap_or_default).collect()
    }

    /// How a watcher's checkout is. `render` makes it an event, if it is to be
    /// told as a place in the line only, or whole.
    pub(super) fn on_checkout(
        &mut self,
        key: u32,
        view: &CheckoutView,
        render: impl FnOnce(&Pass, Whole) -> Bytes,
    ) {
        let Some(watch) = self.watchers.get_mut(key as usize) else {
            return;
        };
        let Some(follow) = watch
            .follow
            .as_mut()
            .filter(|it| it.pass.checkout == view.id)
        else {
            return;
        };
        let told = Told::of(view);
        if follow.told == Some(told) {
            return;
        }
        let was_queued = follow.told.is_some_and(|told| told.is_queued);
        let owed = follow.news.as_ref().is_some_and(|(whole, _)| whole.0);
        let whole = Whole(owed || !(was_queued && told.is_queued));
        follow.told = Some(told);
        follow.news = Some((whole, render(&follow.pass, whole)));
        self.served.push_back(key);
    }

    /// Wakes up to `most` watchers for whom there is something. Says whether
    /// there are more.
    pub(super) fn spread(&mut self, most: usize) -> bool {
        let mut woken = 0;
        while woken < most
            && let Some(key) = self.served.pop_front()
        {
            woken += usize::from(self.wake(key));
        }
        while woken < most
            && let Some(event) = self.spreading.front().copied()
        {
            let channel = self.channels.get_mut(&event);
            if let Some(key) = channel.and_then(Channel::next_untold) {
                woken += usize::from(self.wake(key));
            } else {
                self.spreading.pop_front();
            }
        }
        !self.served.is_empty() || !self.spreading.is_empty()
    }

    fn wake(&self, key: u32) -> bool {
        let Some(watch) = self.watchers.get(key as usize) else {
            return false;
        };
        match &watch.waker {
            Some(waker) if self.has_news(watch) => {
                waker.wake_by_ref();
                true
            }
            _ => false,
        }
    }
}

/// Whether a checkout is told whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole(pub(super) bool);

impl Told {
    fn of(view: &CheckoutView) -> Self {
        let mut hasher = DefaultHasher::new();
        std::mem::discriminant(&view.state).hash(&mut hasher);
        let is_queued = matches!(view.state, CheckoutState::Queued { .. });
        match &view.state {
            // The expected wait changes all the time.
            CheckoutState::Queued { ahead, .. } => ahead.hash(&mut hasher),
            CheckoutState::Admitted {
                expires_at,
                may_extend,
            } => (expires_at, may_extend).hash(&mut hasher),
            CheckoutState::Paying {
                payment,
                expires_at,
                may_extend,
            } => (payment, expires_at, may_extend).hash(&mut hasher),
            CheckoutState::Completed(_) => {}
            CheckoutState::Ended(reason) => reason.hash(&mut hasher),
        }
        (&view.seats, &view.general, view.total).hash(&mut hasher);
        let hash = hasher.finish();
        Self { is_queued, hash }
    }
}
