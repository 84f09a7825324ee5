//! Idempotency keys: what was asked under each, and what was replied.

use ahash::RandomState;
use hashbrown::HashMap;
use std::collections::BTreeSet;

use crate::inventory::id::Id;
use crate::inventory::operation::{Claim, Kind, Micros, Refusal, StoredReply};

/// How long a key is known, from its claim.
pub const KEY_LIFE: Micros = 24 * 60 * 60 * 1_000_000;

/// How long a claimed request counts as under way. Whoever makes it is gone
/// then; doing it again with its id is doing it once.
pub const IN_FLIGHT: Micros = 60 * 1_000_000;

/// Keys that are forgotten with each claim, at most: more than come.
const FORGOTTEN_AT_ONCE: usize = 4;

/// The keys of one shard.
#[derive(Debug)]
pub(super) struct Keys {
    keys: HashMap<u128, Key, RandomState>,
    /// When each was claimed.
    by_age: BTreeSet<(Micros, u128)>,
}

#[derive(Debug)]
struct Key {
    fingerprint: u128,
    id: Id,
    at: Micros,
    /// When the request was begun in this process's life.
    begun: Option<Micros>,
    /// The start of a reply's body that came in parts.
    parts: Vec<u8>,
    reply: Option<Box<StoredReply>>,
}

impl Key {
    fn is_over(&self, now: Micros) -> bool {
        self.at.saturating_add(KEY_LIFE) <= now
    }
}

/// A key as it stands in a snapshot.
pub(super) struct KeptKey<'k> {
    pub(super) key: u128,
    pub(super) fingerprint: u128,
    pub(super) id: Id,
    pub(super) at: Micros,
    pub(super) parts: &'k [u8],
    pub(super) reply: Option<&'k StoredReply>,
}

impl Keys {
    pub(super) fn new(hasher: RandomState) -> Self {
        Self {
            keys: HashMap::with_hasher(hasher),
            by_age: BTreeSet::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// What is known of a key at `now`; `None`: nothing. A request that is not
    /// under way goes on.
    pub(super) fn look(&mut self, now: Micros, key: u128, fingerprint: u128) -> Option<Claim> {
        let known = self.keys.get_mut(&key)?;
        if known.is_over(now) {
            return None;
        }
        if known.fingerprint != fingerprint {
            return Some(Claim::Mismatch);
        }
        if let Some(reply) = &known.reply {
            return Some(Claim::Settled((**reply).clone()));
        }
        let under_way = |begun: Micros| now.saturating_sub(begun) < IN_FLIGHT;
        if known.begun.is_some_and(under_way) {
            return Some(Claim::InFlight);
        }
        known.begun = Some(now);
        Some(Claim::Proceed(known.id))
    }

    /// Whether one more key may be claimed at `now`.
    pub(super) fn has_room(&self, now: Micros, key: u128, most: usize) -> bool {
        let oldest = self.by_age.iter().take(FORGOTTEN_AT_ONCE);
        let over = oldest.filter(|(at, _)| at.saturating_add(KEY_LIFE) <= now);
        let again = usize::from(self.keys.contains_key(&key));
        self.keys.len() - over.count().max(again) < most
    }

    /// Claims a key that is not known, or known for too long; forgets some that
    /// are, too. Says whether it was neither.
    pub(super) fn claim(&mut self, at: Micros, key: u128, fingerprint: u128, id: Id) -> bool {
        if self.keys.get(&key).is_some_and(|known| !known.is_over(at)) {
            return false;
        }
        for _ in 0..FORGOTTEN_AT_ONCE {
            match self.by_age.first() {
                Some(&(claimed, old)) if claimed.saturating_add(KEY_LIFE) <= at => {
                    self.forget(old);
                }
                _ => break,
            }
        }
        self.forget(key);
        self.put(at, key, fingerprint, id);
        true
    }

    /// Puts a key there. Says whether it was not.
    pub(super) fn put(&mut self, at: Micros, key: u128, fingerprint: u128, id: Id) -> bool {
        if self.keys.contains_key(&key) {
            return false;
        }
        let claimed = Key {
            fingerprint,
            id,
            at,
            begun: None,
            parts: Vec::new(),
            reply: None,
        };
        self.keys.insert(key, claimed);
        self.by_age.insert((at, key));
        true
    }

    /// Notes that the request of a key is under way from now on.
    pub(super) fn begin(&mut self, now: Micros, key: u128) {
        if let Some(known) = self.keys.get_mut(&key) {
            known.begun = Some(now);
        }
    }

    /// Whether a key waits for its reply: `Ok(false)` if it has one.
    pub(super) fn waits(&self, key: u128) -> Result<bool, Refusal> {
        let known = self.keys.get(&key);
        known
            .map(|known| known.reply.is_none())
            .ok_or(Refusal::NotFound(Kind::Key))
    }

    /// Takes a part of a reply's body, which begins at `offset`. Says whether
    /// it follows what is there.
    pub(super) fn add_part(&mut self, key: u128, offset: u32, bytes: &[u8]) -> bool {
        let Some(known) = self.keys.get_mut(&key) else {
            return false;
        };
        // A reply that was not stored to its end is stored anew.
        if offset == 0 {
            known.parts.clear();
        }
        if known.reply.is_some() || known.parts.len() != offset as usize {
            return false;
        }
        known.parts.extend_from_slice(bytes);
        true
    }

    /// Takes the reply whose body's last part begins at `offset`. Says whether
    /// it follows what is there.
    pub(super) fn settle(&mut self, key: u128, offset: u32, reply: &StoredReply) -> bool {
        if !self.add_part(key, offset, &reply.body) {
            return false;
        }
        let Some(known) = self.keys.get_mut(&key) else {
            return false;
        };
        let body = std::mem::take(&mut known.parts);
        known.reply = Some(Box::new(StoredReply {
            body,
            location: reply.location.clone(),
            ..*reply
        }));
        true
    }

    /// Forgets a key, if it is there.
    pub(super) fn forget(&mut self, key: u128) -> bool {
        let Some(known) = self.keys.remove(&key) else {
            return false;
        };
        self.by_age.remove(&(known.at, key));
        true
    }

    /// All keys, oldest first, for a snapshot.
    pub(super) fn iter(&self) -> impl Iterator<Item = KeptKey<'_>> {
        self.by_age.iter().filter_map(|(_, key)| {
            let known = self.keys.get(key)?;
            Some(KeptKey {
                key: *key,
                fingerprint: known.fingerprint,
                id: known.id,
                at: known.at,
                parts: &known.parts,
                reply: known.reply.as_deref(),
            })
        })
    }
}
