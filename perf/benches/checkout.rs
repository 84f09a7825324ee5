//! The sale of events in memory, alone, and as a shard does it: by way of the
//! stock, with every change in the ledger and as bytes for the journal. No
//! network, no disk.
//!
//! `cargo bench -p ringside-perf --bench checkout` measures. Under `cargo test`
//! each runs once, so that they keep working.

#![allow(missing_docs, reason = "a program")]

use std::cell::RefCell;
use std::hint::black_box;

use divan::Bencher;
use divan::counter::ItemsCount;
use ringside::inventory::events::{
    Buyer, EventAnswer, EventBounds, EventOperation, Events, NewEvent, NewRoom, NewRows,
    NewSection, Order, Rate, Reference, Wanted,
};
use ringside::inventory::{Answer, Bounds, Id, Operation, Stock, id};
use ringside::limits::MAX_CHANGE_BYTES;

/// Checkouts that each benchmark handles in one go.
const CHECKOUTS: usize = 64;

const SEATS: [u32; 2] = [5_000, 50_000];

const NOW: u64 = 1_000_000_000_000;

fn main() {
    divan::main();
}

/// As many as a long measurement may need.
fn bounds() -> EventBounds {
    EventBounds {
        seats: 1 << 30,
        bookings: 1 << 30,
        ..EventBounds::default()
    }
}

/// Who decides.
enum Core {
    /// The events alone.
    Events(Box<Events>),
    /// All of a shard, and the bytes of its journal.
    Stock(Box<Stock>, Vec<u8>),
}

impl Core {
    fn events() -> Self {
        Self::Events(Box::new(Events::new(bounds(), 1)))
    }

    fn stock() -> Self {
        let bounds = Bounds {
            events: bounds(),
            ..Bounds::default()
        };
        let stock = Box::new(Stock::new(bounds));
        Self::Stock(stock, vec![0; MAX_CHANGE_BYTES])
    }

    fn ask(&mut self, operation: EventOperation) -> Option<EventAnswer> {
        match self {
            Self::Events(events) => Some(events.operate(NOW, operation, &mut |change| {
                black_box(change);
            })),
            Self::Stock(stock, bytes) => {
                let operation = Operation::Event(Box::new(operation));
                let answer = stock.operate(NOW, operation, &mut |change| {
                    black_box((change.locator(), change.encode(bytes).is_ok()));
                });
                match answer {
                    Answer::Event(answer) => Some(*answer),
                    _ => None,
                }
            }
        }
    }
}

/// A shard with one event after the other: a new one whenever all is sold.
struct Sale {
    core: Core,
    event: Id,
    seats: u32,
    next_seat: u32,
    number: u64,
}

impl Sale {
    fn new(seats: u32) -> Self {
        Self::by(Core::events(), seats)
    }

    fn by(core: Core, seats: u32) -> Self {
        let mut sale = Self {
            core,
            event: Id::nil(),
            seats,
            next_seat: 0,
            number: 0,
        };
        sale.open();
        sale
    }

    fn ask(&mut self, operation: EventOperation) -> EventAnswer {
        match self.core.ask(operation) {
            None | Some(EventAnswer::Refused(_)) => panic!("all that is asked for can be had"),
            Some(answer) => answer,
        }
    }

    fn new_id(&mut self) -> Id {
        self.number += 1;
        id::make(1, self.number, 7)
    }

    fn open(&mut self) {
        self.event = self.new_id();
        self.next_seat = 0;
        let _ = self.ask(EventOperation::Create(Box::new(NewEvent {
            id: self.event,
            name: "Concert".into(),
            description: String::new(),
            date: "2027-05-01T20:00:00+02:00".into(),
            venue: String::new(),
            currency: "EUR".into(),
            sections: vec![NewSection {
                name: "Stalls".into(),
                price: 5_000,
                rows: NewRows::Template {
                    rows: self.seats / 100,
                    seats: 100,
                },
            }],
            general: Vec::new(),
            room: NewRoom {
                rate: Rate::UNLIMITED,
                max_active: 0,
                opens_at: None,
                order: Order::Fifo,
                shuffle_seed: 0,
                absence_seconds: 120,
            },
            session_seconds: 600,
            max_tickets: 8,
        })));
    }

    fn start(&mut self) -> Id {
        let (event, checkout) = (self.event, self.new_id());
        let _ = self.ask(EventOperation::StartCheckout {
            event,
            checkout,
            earlier: None,
        });
        checkout
    }

    fn hold(&mut self, (event, checkout): (Id, Id), wanted: Wanted) {
        black_box(self.ask(EventOperation::Hold {
            event,
            checkout,
            wanted,
        }));
    }

    fn complete(&mut self, (event, checkout): (Id, Id)) {
        self.number += 1;
        let operation = EventOperation::Complete {
            event,
            checkout,
            reference: Reference::from_number(self.number),
            buyer: Buyer {
                name: "Ada".into(),
                email: "ada@example.org".into(),
            },
            receipt: String::new(),
        };
        black_box(self.ask(operation));
    }

    /// An event and two of its seats that nobody else is given.
    fn two_seats(&mut self) -> (Id, Vec<u32>) {
        if self.next_seat + 2 > self.seats {
            self.open();
        }
        self.next_seat += 2;
        (self.event, vec![self.next_seat - 2, self.next_seat - 1])
    }

    /// Checkouts that are inside, and seats for them.
    fn jobs(&mut self) -> Vec<((Id, Id), Vec<u32>)> {
        let mut job = || {
            let (event, seats) = self.two_seats();
            ((event, self.start()), seats)
        };
        (0..CHECKOUTS).map(|_| job()).collect()
    }
}

#[divan::bench(args = SEATS)]
fn hold_two_and_complete(bencher: Bencher<'_, '_>, seats: u32) {
    let sale = RefCell::new(Sale::new(seats));
    bencher
        .counter(ItemsCount::new(CHECKOUTS))
        .with_inputs(|| sale.borrow_mut().jobs())
        .bench_local_refs(|jobs| {
            let mut sale = sale.borrow_mut();
            for (checkout, seats) in jobs.drain(..) {
                sale.hold(checkout, Wanted::Seats(seats));
                sale.complete(checkout);
            }
        });
}

/// As a shard does it.
#[divan::bench(args = SEATS)]
fn stock_hold_two_and_complete(bencher: Bencher<'_, '_>, seats: u32) {
    let sale = RefCell::new(Sale::by(Core::stock(), seats));
    bencher
        .counter(ItemsCount::new(CHECKOUTS))
        .with_inputs(|| sale.borrow_mut().jobs())
        .bench_local_refs(|jobs| {
            let mut sale = sale.borrow_mut();
            for (checkout, seats) in jobs.drain(..) {
                sale.hold(checkout, Wanted::Seats(seats));
                sale.complete(checkout);
            }
        });
}

/// As a shard does it, from coming to the booking.
#[divan::bench(args = SEATS)]
fn stock_start_hold_two_and_complete(bencher: Bencher<'_, '_>, seats: u32) {
    let mut sale = Sale::by(Core::stock(), seats);
    bencher.counter(ItemsCount::new(CHECKOUTS)).bench_local(|| {
        for _ in 0..CHECKOUTS {
            let (event, seats) = sale.two_seats();
            let checkout = (event, sale.start());
            sale.hold(checkout, Wanted::Seats(seats));
            sale.complete(checkout);
        }
    });
}

/// What a turn of a shard's loop costs in which nothing is due, and so a clock
/// that rings for nothing: so many checkouts are inside.
#[divan::bench(args = [0, 100_000])]
fn stock_nothing_is_due(bencher: Bencher<'_, '_>, people: usize) {
    let mut sale = Sale::by(Core::stock(), 5_000);
    for _ in 0..people {
        sale.start();
    }
    let Core::Stock(stock, _) = &mut sale.core else {
        return;
    };
    bencher.bench_local(|| {
        let more = stock.expire(NOW, &mut |change| {
            black_box(change);
        });
        (more, stock.next_expiry())
    });
}

/// What publishing the counters asks of the stock.
#[divan::bench(args = [1, 1_000])]
fn stock_totals(bencher: Bencher<'_, '_>, events: usize) {
    let mut sale = Sale::by(Core::stock(), 100);
    for _ in 1..events {
        sale.open();
    }
    let Core::Stock(stock, _) = &sale.core else {
        return;
    };
    bencher.bench_local(|| black_box(stock).totals());
}

#[divan::bench(args = SEATS)]
fn start_hold_two_and_complete(bencher: Bencher<'_, '_>, seats: u32) {
    let mut sale = Sale::new(seats);
    bencher.counter(ItemsCount::new(CHECKOUTS)).bench_local(|| {
        for _ in 0..CHECKOUTS {
            let (event, seats) = sale.two_seats();
            let checkout = (event, sale.start());
            sale.hold(checkout, Wanted::Seats(seats));
            sale.complete(checkout);
        }
    });
}

#[divan::bench(args = SEATS)]
fn best_two_and_complete(bencher: Bencher<'_, '_>, seats: u32) {
    let sale = RefCell::new(Sale::new(seats));
    bencher
        .counter(ItemsCount::new(CHECKOUTS))
        .with_inputs(|| sale.borrow_mut().jobs())
        .bench_local_refs(|jobs| {
            let mut sale = sale.borrow_mut();
            for (checkout, _) in jobs.drain(..) {
                let (count, section) = (2, None);
                sale.hold(checkout, Wanted::Best { count, section });
                sale.complete(checkout);
            }
        });
}

#[divan::bench(args = SEATS)]
fn map_again(bencher: Bencher<'_, '_>, seats: u32) {
    let mut sale = Sale::new(seats);
    let event = sale.event;
    bencher.bench_local(|| sale.ask(EventOperation::SeatMap(event)));
}

/// One at a time, so that every reading meets a map that has changed.
#[divan::bench(args = SEATS, sample_size = 1, sample_count = 1000)]
fn map_after_a_change(bencher: Bencher<'_, '_>, seats: u32) {
    let sale = RefCell::new(Sale::new(seats));
    let event = sale.borrow().event;
    bencher
        .with_inputs(|| {
            let mut sale = sale.borrow_mut();
            let checkout = sale.start();
            sale.hold((event, checkout), Wanted::Seats(vec![0, 1]));
            let _ = sale.ask(EventOperation::LeaveCheckout { event, checkout });
        })
        .bench_local_values(|()| sale.borrow_mut().ask(EventOperation::SeatMap(event)));
}

/// As an HTTP answer has it.
#[divan::bench(args = SEATS)]
fn map_as_json_rows(bencher: Bencher<'_, '_>, seats: u32) {
    let mut sale = Sale::new(seats);
    let event = sale.event;
    bencher.bench_local(|| {
        let EventAnswer::SeatMap(map) = sale.ask(EventOperation::SeatMap(event)) else {
            return String::new();
        };
        let mut json = String::with_capacity(map.states.len() + 3 * map.listing.plan.rows().len());
        for row in map.rows() {
            json.push('"');
            json.push_str(row);
            json.push_str("\",");
        }
        json
    });
}

/// A line of so many, in the middle of which somebody looks.
#[divan::bench(args = [1_000, 100_000])]
fn look_from_the_middle_of_a_line(bencher: Bencher<'_, '_>, people: usize) {
    let mut sale = Sale::new(5_000);
    let event = sale.event;
    let _ = sale.ask(EventOperation::SetRoom {
        event,
        action: None,
        rate: None,
        max_active: Some(1),
    });
    let line: Vec<Id> = (0..people).map(|_| sale.start()).collect();
    let checkout = line[people / 2];
    bencher.bench_local(|| sale.ask(EventOperation::FindCheckout { event, checkout }));
}
