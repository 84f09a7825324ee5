//! Asks at random, for the right and the wrong, and lets time pass.

use fastrand::Rng;
use ringside::inventory::{
    Id, LedgerFilter, Micros, Operation, Page, Places, Step, StoredReply, TicketFilter,
    TicketState, id,
};

pub(crate) struct Asker {
    pub(crate) rng: Rng,
    pub(crate) now: Micros,
    number: u64,
    options: Vec<Id>,
    users: Vec<Id>,
    members: Vec<Id>,
    tickets: Vec<Id>,
    purchases: Vec<Id>,
    /// What made something, to be asked again.
    asked: Vec<Operation>,
}

const SECTIONS: [&str; 3] = ["A", "Stalls left", "B"];

impl Asker {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let users = (0..4).map(|_| Id::from_u128(rng.u128(..))).collect();
        Self {
            rng,
            now: 1_790_000_000_000_000,
            number: 0,
            options: Vec::new(),
            users,
            members: Vec::new(),
            tickets: Vec::new(),
            purchases: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// Time passes: mostly little, seldom a day; sometimes it is set back.
    pub(crate) fn pass(&mut self) {
        self.now = match self.rng.u32(..200) {
            0..100 => self.now,
            100..180 => self.now + self.rng.u64(..2_000),
            180..190 => self.now + self.rng.u64(..100_000_000),
            190..196 => self.now - self.rng.u64(..10_000_000),
            _ => self.now + self.rng.u64(..20 * 3600) * 1_000_000,
        };
    }

    pub(crate) fn ask(&mut self) -> Operation {
        if !self.asked.is_empty() && self.rng.u32(..12) == 0 {
            return self.asked[self.rng.usize(..self.asked.len())].clone();
        }
        let operation = self.new_question();
        if matches!(
            operation,
            Operation::CreateOption { .. }
                | Operation::Purchase { .. }
                | Operation::CreateMember { .. }
                | Operation::CreateTickets { .. }
                | Operation::Claim { .. }
        ) {
            self.asked.push(operation.clone());
        }
        operation
    }

    fn new_question(&mut self) -> Operation {
        match self.rng.u32(..100) {
            0..4 => {
                let locator = self.rng.u32(..3);
                let id = self.id(locator);
                self.options.push(id);
                Operation::CreateOption {
                    id,
                    name: format!("option {}", self.rng.u32(..3)),
                    description: "d".repeat(self.rng.usize(..3)),
                    allocation: self.rng.u64(..40),
                }
            }
            4..24 => {
                let option = self.some(|asker| &asker.options);
                let locator = if self.rng.u32(..20) == 0 {
                    9
                } else {
                    id::locator(option)
                };
                let id = self.id(locator);
                self.purchases.push(id);
                Operation::Purchase {
                    id,
                    option,
                    user: self.some(|asker| &asker.users),
                    quantity: self.rng.u64(..6),
                }
            }
            24..27 => {
                let locator = self.rng.u32(..);
                let id = self.id(locator);
                self.members.push(id);
                let name = format!("member {}", self.rng.u32(..3));
                Operation::CreateMember { id, name }
            }
            27..33 => self.create_tickets(),
            33..58 => Operation::MoveTicket {
                ticket: self.some(|asker| &asker.tickets),
                member: self.someone(),
                step: match self.rng.u32(..4) {
                    0 => Step::Free,
                    1 => Step::Purchase,
                    2 => Step::Hold { until: None },
                    _ => Step::Hold {
                        until: Some((self.now + self.rng.u64(..5_000)).saturating_sub(100)),
                    },
                },
            },
            58..66 => Operation::Claim {
                key: self.key(),
                fingerprint: self.rng.u128(..2),
                id: self.id(0),
            },
            66..72 => {
                let len = [0, 3, 4096, 4097, 9_000][self.rng.usize(..5)];
                Operation::Settle {
                    key: self.key(),
                    reply: StoredReply {
                        status: self.rng.u16(200..500),
                        json_api: self.rng.bool(),
                        location: "/somewhere".to_owned(),
                        body: (0..len).map(|_| self.rng.u8(..)).collect(),
                    },
                }
            }
            72..74 => Operation::Abandon { key: self.key() },
            74..76 => Operation::FindOption(self.some(|asker| &asker.options)),
            76..79 => Operation::FindPurchase(self.some(|asker| &asker.purchases)),
            79..81 => Operation::FindMember(self.someone()),
            81..84 => Operation::FindTicket(self.some(|asker| &asker.tickets)),
            84..86 => Operation::ListOptions(self.page(|asker| &asker.options)),
            86..93 => Operation::ListTickets {
                filter: TicketFilter {
                    section: self.maybe(|asker| SECTIONS[asker.rng.usize(..3)].to_owned()),
                    state: self.maybe(|asker| {
                        [TicketState::Free, TicketState::Held, TicketState::Purchased]
                            [asker.rng.usize(..3)]
                    }),
                    member: self.maybe(Self::someone),
                },
                page: self.page(|asker| &asker.tickets),
            },
            _ => Operation::Balances(self.ledger_filter()),
        }
    }

    pub(crate) fn ledger_filter(&mut self) -> LedgerFilter {
        let mut filter = LedgerFilter {
            member: self.maybe(|asker| {
                let users = asker.rng.bool();
                if users {
                    asker.some(|asker| &asker.users)
                } else {
                    asker.someone()
                }
            }),
            ..LedgerFilter::default()
        };
        match self.rng.u32(..3) {
            0 => filter.option = Some(self.some(|asker| &asker.options)),
            1 => filter.ticket = Some(self.some(|asker| &asker.tickets)),
            _ => {}
        }
        filter
    }

    pub(crate) fn page(&mut self, ids: impl Fn(&Self) -> &Vec<Id>) -> Page {
        Page {
            after: self.maybe(|asker| asker.some(ids)),
            limit: [1, 2, 5, 1000][self.rng.usize(..4)],
        }
    }

    fn create_tickets(&mut self) -> Operation {
        let section = SECTIONS[self.rng.usize(..3)].to_owned();
        let wrong = self.rng.u32(..15) == 0;
        let locator = if wrong {
            9
        } else {
            id::section_locator(&section)
        };
        let (row, seat) = (self.rng.u32(1..8), self.rng.u32(1..8));
        let places = Places {
            section,
            rows: (row, row + self.rng.u32(..2)),
            seats: (seat, seat + self.rng.u32(..3)),
        };
        let first = self.id(locator);
        // Sometimes into the ids of others.
        let back = if self.rng.u32(..10) == 0 { 2 } else { 0 };
        self.number += places.count();
        let first = id::make(
            id::parts(first).0,
            id::parts(first).1.saturating_sub(back),
            locator,
        );
        self.tickets
            .extend((0..places.count()).map(|number| id::nth(first, number)));
        Operation::CreateTickets { first, places }
    }

    /// A new id, not always larger than the last.
    fn id(&mut self, locator: u32) -> Id {
        self.number += 1;
        let back = if self.rng.u32(..5) == 0 {
            self.rng.u64(..50)
        } else {
            0
        };
        id::make(self.now / 1000 - back, self.number, locator)
    }

    fn key(&mut self) -> u128 {
        let key = self.rng.u128(..12);
        key << 96 | key
    }

    fn someone(&mut self) -> Id {
        self.some(|asker| &asker.members)
    }

    /// One of those that were asked for, or one that nobody knows.
    fn some(&mut self, ids: impl Fn(&Self) -> &Vec<Id>) -> Id {
        let count = ids(self).len();
        if count == 0 || self.rng.u32(..15) == 0 {
            return Id::from_u128(7);
        }
        let chosen = self.rng.usize(..count);
        ids(self)[chosen]
    }

    fn maybe<T>(&mut self, it: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.rng.bool().then(|| it(self))
    }
}
