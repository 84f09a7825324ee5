//! Ticket options and what was purchased of each: never more than its
//! allocation.

use ahash::RandomState;
use hashbrown::HashTable;

use super::made::Made;
use super::ordered::{Ordered, Row};
use crate::inventory::id::{Id, locator};
use crate::inventory::operation::{Kind, Micros, Page, Purchase, Refusal, TicketOption};

/// The ticket options of one shard.
#[derive(Debug)]
pub(super) struct Options {
    entries: Vec<Entry>,
    /// Numbers of entries, by the hash of their locator, which an option and
    /// its purchases share.
    by_locator: HashTable<u32>,
    in_order: Ordered<Listed>,
    hasher: RandomState,
    purchases: usize,
    allocated: u128,
    available: u128,
}

#[derive(Debug)]
struct Entry {
    id: Id,
    allocation: u64,
    available: u64,
    purchases: Ordered<PurchaseRow>,
    name: Box<str>,
    description: Box<str>,
}

/// An option's place in the list of all.
#[derive(Debug)]
struct Listed {
    id: Id,
    entry: u32,
}

/// A purchase; its option is where it stands.
#[derive(Debug)]
struct PurchaseRow {
    id: Id,
    user: Id,
    quantity: u64,
    at: Micros,
}

const _: () = assert!(size_of::<PurchaseRow>() == 48);

/// Options that may share a locator. Two of them do so seldom; what looks for
/// one of many would take long.
const SHARE_A_LOCATOR: usize = 16;

impl Row for Listed {
    fn id(&self) -> Id {
        self.id
    }
}

impl Row for PurchaseRow {
    fn id(&self) -> Id {
        self.id
    }
}

impl PurchaseRow {
    fn show(&self, option: Id) -> Purchase {
        Purchase {
            id: self.id,
            option,
            user: self.user,
            quantity: self.quantity,
            at: self.at,
        }
    }
}

impl Entry {
    fn show(&self) -> TicketOption {
        TicketOption {
            id: self.id,
            name: self.name.as_ref().to_owned(),
            description: self.description.as_ref().to_owned(),
            allocation: self.allocation,
            available: self.available,
        }
    }
}

/// What all options together have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) allocated: u128,
    pub(super) available: u128,
}

impl Options {
    pub(super) fn new(hasher: RandomState) -> Self {
        Self {
            entries: Vec::new(),
            by_locator: HashTable::new(),
            in_order: Ordered::default(),
            hasher,
            purchases: 0,
            allocated: 0,
            available: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn purchases(&self) -> usize {
        self.purchases
    }

    pub(super) fn sums(&self) -> Sums {
        Sums {
            allocated: self.allocated,
            available: self.available,
        }
    }

    /// Makes a ticket option, unless there are `most`. `new.available` of it
    /// are left.
    pub(super) fn create(
        &mut self,
        new: TicketOption,
        most: usize,
    ) -> Result<Made<TicketOption>, Refusal> {
        if let Some(entry) = self.entry(new.id) {
            let same = (&*entry.name, &*entry.description, entry.allocation)
                == (&*new.name, &*new.description, new.allocation);
            if same {
                return Ok(Made::Again(entry.show()));
            }
            return Err(Refusal::IdTaken);
        }
        if self.entries.len() >= most.min(u32::MAX as usize) {
            return Err(Refusal::Full(Kind::Option));
        }
        if self.beside(new.id).count() >= SHARE_A_LOCATOR {
            return Err(Refusal::IdTaken);
        }
        let entry = self.entries.len() as u32;
        self.in_order.insert(Listed { id: new.id, entry });
        self.allocated += u128::from(new.allocation);
        self.available += u128::from(new.available);
        self.entries.push(Entry {
            id: new.id,
            allocation: new.allocation,
            available: new.available,
            purchases: Ordered::default(),
            name: new.name.as_str().into(),
            description: new.description.as_str().into(),
        });
        let Self {
            entries, hasher, ..
        } = self;
        let hash = |entry: &u32| hasher.hash_one(locator(entries[*entry as usize].id));
        self.by_locator.insert_unique(hash(&entry), entry, hash);
        Ok(Made::New(new))
    }

    /// Takes a purchase out of its option, all or nothing, unless there are
    /// `most` purchases.
    pub(super) fn purchase(
        &mut self,
        new: &Purchase,
        most: usize,
    ) -> Result<Made<Purchase>, Refusal> {
        let number = self.number(new.option);
        let number = number.ok_or(Refusal::NotFound(Kind::Option))?;
        let entry = &mut self.entries[number];
        if let Some(row) = entry.purchases.get(new.id) {
            if (row.user, row.quantity) == (new.user, new.quantity) {
                return Ok(Made::Again(row.show(new.option)));
            }
            return Err(Refusal::IdTaken);
        }
        if locator(new.id) != locator(new.option) {
            return Err(Refusal::IdTaken);
        }
        if new.quantity == 0 || new.quantity > entry.available {
            let available = entry.available;
            return Err(Refusal::NotEnough { available });
        }
        if self.purchases >= most {
            return Err(Refusal::Full(Kind::Purchase));
        }
        entry.available -= new.quantity;
        self.available -= u128::from(new.quantity);
        self.put(number, new);
        Ok(Made::New(*new))
    }

    /// Puts a purchase there that was taken out before. Says whether it fits.
    pub(super) fn restore(&mut self, kept: &Purchase) -> bool {
        let Some(number) = self.number(kept.option) else {
            return false;
        };
        locator(kept.id) == locator(kept.option) && kept.quantity > 0 && self.put(number, kept)
    }

    fn put(&mut self, number: usize, new: &Purchase) -> bool {
        let is_new = self.entries[number].purchases.insert(PurchaseRow {
            id: new.id,
            user: new.user,
            quantity: new.quantity,
            at: new.at,
        });
        self.purchases += usize::from(is_new);
        is_new
    }

    pub(super) fn find(&self, id: Id) -> Option<TicketOption> {
        self.entry(id).map(Entry::show)
    }

    pub(super) fn find_purchase(&self, id: Id) -> Option<Purchase> {
        self.beside(id)
            .find_map(|entry| Some(entry.purchases.get(id)?.show(entry.id)))
    }

    pub(super) fn list(&self, page: Page) -> Vec<TicketOption> {
        let listed = self.in_order.after(page.after).take(page.limit);
        listed
            .map(|listed| self.entries[listed.entry as usize].show())
            .collect()
    }

    /// All options, oldest first, and the purchases of each.
    pub(super) fn iter(
        &self,
    ) -> impl Iterator<Item = (TicketOption, impl Iterator<Item = Purchase>)> {
        self.in_order.iter().map(|listed| {
            let entry = &self.entries[listed.entry as usize];
            let purchases = entry.purchases.iter();
            (entry.show(), purchases.map(|row| row.show(entry.id)))
        })
    }

    /// What a user has purchased of an option, or of all. Looks at `most`
    /// purchases behind one of an option, and says behind which to go on.
    pub(super) fn sold_to(
        &self,
        user: Id,
        option: Option<Id>,
        after: Option<(Id, Id)>,
        most: usize,
    ) -> (u128, Option<(Id, Id)>) {
        let first = option.or(after.map(|(option, _)| option));
        let listed = self.in_order.from(first.unwrap_or_default());
        let mut left = most.max(1);
        let mut quantity = 0;
        for Listed { id, entry } in listed.take_while(|it| option.is_none_or(|id| id == it.id)) {
            let mut last = after.filter(|after| after.0 == *id).map(|after| after.1);
            for row in self.entries[*entry as usize].purchases.after(last) {
                if left == 0 {
                    return (quantity, Some((*id, last.unwrap_or_default())));
                }
                left -= 1;
                last = Some(row.id);
                if row.user == user {
                    quantity += u128::from(row.quantity);
                }
            }
            // Options are many too.
            left = match left.checked_sub(1) {
                Some(left) => left,
                None => return (quantity, Some((*id, last.unwrap_or_default()))),
            };
        }
        (quantity, None)
    }

    /// The first option of which another quantity was purchased than it lacks.
    pub(super) fn unbalanced(&self) -> Option<Id> {
        let lacks = |entry: &Entry| u128::from(entry.allocation - entry.available);
        let sold = |entry: &Entry| -> u128 {
            let rows = entry.purchases.iter();
            rows.map(|row| u128::from(row.quantity)).sum()
        };
        let mut entries = self.entries.iter();
        entries
            .find(|entry| lacks(entry) != sold(entry))
            .map(|entry| entry.id)
    }

    fn number(&self, id: Id) -> Option<usize> {
        let hash = self.hasher.hash_one(locator(id));
        let is_it = |entry: &u32| self.entries[*entry as usize].id == id;
        self.by_locator
            .find(hash, is_it)
            .map(|&entry| entry as usize)
    }

    fn entry(&self, id: Id) -> Option<&Entry> {
        self.number(id).map(|number| &self.entries[number])
    }

    /// The options that have this id's locator.
    fn beside(&self, id: Id) -> impl Iterator<Item = &Entry> {
        let hash = self.hasher.hash_one(locator(id));
        self.by_locator
            .iter_hash(hash)
            .map(|&entry| &self.entries[entry as usize])
            .filter(move |entry| locator(entry.id) == locator(id))
    }
}
