//! One event that somebody watches from this shard.

use hyper::body::Bytes;

use super::frame::{self, Stamp};
use super::log::Log;
use crate::inventory::events::{SeatChanges, SeatState};
use crate::inventory::{Id, Micros};
use crate::limits::{LIVE_FOLLOWED_AT_ONCE, LIVE_HEARTBEAT, LIVE_ROUND_TICKS};

/// What all watchers of an event share.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) event: Id,
    life: u64,
    pub(super) log: Log,
    /// Its watchers, by key, in no order.
    pub(super) watchers: Vec<u32>,
    /// Those of them that follow a checkout.
    pub(super) followers: Vec<u32>,
    /// The next watcher to be told that there is something.
    cursor: usize,
    /// How many are to be told.
    pub(super) untold: usize,
    /// The next follower whose checkout is to be looked at.
    looked_at: usize,
    /// The shard that owns the event was asked for changes.
    pub(super) asking: bool,
    /// When its watchers were told something last.
    told_at: Micros,
    /// What is told to whoever missed too much.
    reset: Option<(u64, Bytes)>,
}

impl Channel {
    pub(super) fn new(event: Id, stamp: Stamp, now: Micros) -> Self {
        Self {
            event,
            life: stamp.life,
            log: Log::new(stamp.version),
            watchers: Vec::new(),
            followers: Vec::new(),
            cursor: 0,
            untold: 0,
            looked_at: 0,
            asking: false,
            told_at: now,
            reset: None,
        }
    }

    /// What has changed since the version `since`. Says whether there is
    /// something to tell.
    pub(super) fn on_changes(&mut self, since: u64, answer: &SeatChanges, now: Micros) -> bool {
        self.asking = false;
        // Asked for an earlier channel of the same event, or nothing new.
        if since != self.log.version() || answer.version == since {
            return false;
        }
        let frame = told(self.stamp(answer.version), answer.changes.as_deref());
        self.push(answer.version, frame, now);
        true
    }

    /// Lets watchers hear something if they have heard nothing for long. Says
    /// whether they will.
    pub(super) fn beat(&mut self, now: Micros) -> bool {
        let is_due = now.saturating_sub(self.told_at) >= LIVE_HEARTBEAT.as_micros() as u64;
        if is_due {
            self.push(self.log.version(), frame::heartbeat(), now);
        }
        is_due
    }

    fn push(&mut self, version: u64, frame: Bytes, now: Micros) {
        self.log.push(version, frame);
        self.told_at = now;
        self.tell_all();
    }

    /// Everybody is to be told: also when somebody has left meanwhile, and
    /// another has taken his place in the round.
    pub(super) fn tell_all(&mut self) {
        self.untold = self.watchers.len();
    }

    /// The next who is to be told.
    pub(super) fn next_untold(&mut self) -> Option<u32> {
        self.untold = self.untold.checked_sub(1)?;
        self.cursor = if self.cursor + 1 < self.watchers.len() {
            self.cursor + 1
        } else {
            0
        };
        self.watchers.get(self.cursor).copied()
    }

    /// The followers whose checkouts are to be looked at in this tick: all of
    /// them, or if they are many, the next in turn.
    pub(super) fn next_followers(&mut self) -> Vec<u32> {
        let all = self.followers.len();
        let count = all.min(LIVE_FOLLOWED_AT_ONCE.max(all.div_ceil(LIVE_ROUND_TICKS)));
        let from = if self.looked_at < all {
            self.looked_at
        } else {
            0
        };
        self.looked_at = if count == 0 { 0 } else { (from + count) % all };
        let turn = self.followers[from..].iter().chain(&self.followers[..from]);
        turn.take(count).copied().collect()
    }

    fn stamp(&self, version: u64) -> Stamp {
        let life = self.life;
        Stamp { version, life }
    }

    /// Tells to read the map again.
    pub(super) fn reset(&mut self) -> Bytes {
        let version = self.log.version();
        match &self.reset {
            Some((of, frame)) if *of == version => frame.clone(),
            _ => {
                let frame = frame::reset(self.stamp(version));
                self.reset = Some((version, frame.clone()));
                frame
            }
        }
    }
}

/// Changes as watchers are told them; `None`: too many.
pub(super) fn told(stamp: Stamp, changes: Option<&[(u32, SeatState)]>) -> Bytes {
    match changes {
        Some(changes) => frame::seats(stamp, changes),
        None => frame::reset(stamp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel() -> Channel {
        Channel::new(Id::nil(), stamp(5), 0)
    }

    fn stamp(version: u64) -> Stamp {
        let life = 31;
        Stamp { version, life }
    }

    fn changes(version: u64, changes: Option<Vec<(u32, SeatState)>>) -> SeatChanges {
        SeatChanges { version, changes }
    }

    #[test]
    fn only_news_is_told() {
        let mut channel = channel();
        let one = Some(vec![(3, SeatState::Held)]);
        assert!(!channel.on_changes(5, &changes(5, Some(Vec::new())), 1));
        assert!(!channel.on_changes(4, &changes(6, one.clone()), 1));
        assert!(channel.on_changes(5, &changes(6, one), 1));
        assert!(channel.on_changes(6, &changes(9000, None), 1));
        assert_eq!(channel.log.get(1), Some(&frame::reset(stamp(9000))));
        assert_eq!(channel.reset(), frame::reset(stamp(9000)));
    }

    #[test]
    fn silence_is_broken_after_a_while() {
        let mut channel = channel();
        let long = LIVE_HEARTBEAT.as_micros() as u64;
        assert!(!channel.beat(long - 1));
        assert!(channel.beat(long));
        assert!(!channel.beat(long + 1));
        assert_eq!((channel.log.end(), channel.log.version()), (1, 5));
    }

    #[test]
    fn everybody_has_a_turn() {
        let mut channel = channel();
        channel.watchers = (0..5).collect();
        channel.tell_all();
        let mut told: Vec<u32> = std::iter::from_fn(|| channel.next_untold()).collect();
        told.sort_unstable();
        assert_eq!(told, [0, 1, 2, 3, 4]);

        let many = LIVE_FOLLOWED_AT_ONCE as u32 * LIVE_ROUND_TICKS as u32 * 2;
        channel.followers = (0..many).collect();
        let mut seen = vec![false; many as usize];
        for _ in 0..LIVE_ROUND_TICKS {
            for follower in channel.next_followers() {
                seen[follower as usize] = true;
            }
        }
        assert!(seen.iter().all(|seen| *seen));
        channel.followers = vec![7, 8];
        assert_eq!(channel.next_followers().len(), 2);
        channel.followers.clear();
        assert_eq!(channel.next_followers().len(), 0);
    }
}
