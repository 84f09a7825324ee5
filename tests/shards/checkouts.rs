//! What buyers of events were told, over all lives of the server: a booking is
//! there whole or not at all, what was told stays true, and no ticket is with
//! two of them or with none.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use ringside::inventory::events::{
    BookingView, CheckoutEnds, CheckoutState, CheckoutView, EndReason, EventAnswer, EventOperation,
    EventRefusal, PaymentState, Reference,
};
use ringside::inventory::{
    Answer, Balance, Book, Id, LedgerFilter, Micros, Operation, Refusal, id,
};
use ringside::route::{Router, ShardId};
use ringside::shard;

use super::courier::{self, Courier};
use super::server::Server;
use super::tally::Tally;
use crate::buyers::{Buyers, EVENTS, event};

const BETWEEN_LIVES: Micros = 20_000_000;

/// Seats and general admission.
type Tickets = (Vec<u32>, Vec<(u16, u32)>);

pub(crate) struct Checkouts {
    buyers: Buyers,
    /// Answers that may not leave yet: of which shard, behind which frame, and
    /// how often the checkout had been asked about then.
    waiting: Vec<(usize, u64, u64, EventOperation, Answer)>,
    /// How often something was asked about each checkout.
    asked: BTreeMap<Id, u64>,
    /// What every booking has to be, whether anybody was told of it or not.
    decided: BTreeMap<Reference, BookingView>,
    told: Told,
    courier: Courier,
    /// Checkouts with tickets that a start has found ended by themselves.
    ended: BTreeSet<Id>,
}

#[derive(Default)]
struct Told {
    events: BTreeSet<Id>,
    /// By checkout.
    booked: BTreeMap<Id, Reference>,
    /// What a checkout holds, at least until then, unless it does something.
    held: BTreeMap<Id, (Tickets, Micros)>,
    payments: BTreeMap<Id, PaymentState>,
}

/// Has the shard that owns it decide an operation. Says which it is.
fn ask(server: &mut Server, now: Micros, of: Id, operation: Operation) -> (usize, Answer) {
    let router = Router::new(server.members.len() as u16, ShardId(0));
    let owner = shard::owner(&router, &id::locator(of).to_be_bytes());
    let shard = &mut server.members[owner].shard;
    (owner, shard.operate(now, operation))
}

fn ask_event(server: &mut Server, now: Micros, of: Id, operation: EventOperation) -> EventAnswer {
    match ask(server, now, of, Operation::Event(Box::new(operation))).1 {
        Answer::Event(answer) => *answer,
        other => panic!("{other:?}"),
    }
}

fn tickets(view: &CheckoutView) -> Tickets {
    (view.seats.clone(), view.general.clone())
}

impl Checkouts {
    pub(crate) fn new() -> Self {
        Self {
            buyers: Buyers::new(),
            waiting: Vec::new(),
            asked: BTreeMap::new(),
            decided: BTreeMap::new(),
            told: Told::default(),
            courier: Courier::default(),
            ended: BTreeSet::new(),
        }
    }

    /// It is at least so late: a shard has one clock.
    pub(crate) fn see(&mut self, now: Micros) {
        self.buyers.now = self.buyers.now.max(now);
    }

    /// Has a shard decide something.
    pub(crate) fn act(&mut self, server: &mut Server, rng: &mut Rng) {
        self.buyers.pass(rng);
        let operation = self.buyers.choose(rng);
        let now = self.buyers.now;
        if rng.u8(..6) == 0 {
            let me = rng.usize(..server.members.len());
            server.members[me].shard.expire(now);
        }
        if matches!(operation, EventOperation::ListEnds { .. }) {
            let me = rng.usize(..server.members.len());
            let operation = courier::list(self.courier.cursor(me), 3);
            let shard = &mut server.members[me].shard;
            let answer = shard.operate(now, Operation::Event(Box::new(operation.clone())));
            let waits = (me, shard.observed(), 0, operation, answer);
            return self.waiting.push(waits);
        }
        let of = operation.event().unwrap_or(event(0));
        let asked = self.now_asked(&operation);
        let whole = Operation::Event(Box::new(operation.clone()));
        let (owner, answer) = ask(server, now, of, whole);
        if let Some(reference) = booked(&answer) {
            self.decide(server, of, reference);
        }
        let observed = server.members[owner].shard.observed();
        self.waiting
            .push((owner, observed, asked, operation, answer));
    }

    /// What was promised about a checkout holds until it is asked for more.
    fn now_asked(&mut self, operation: &EventOperation) -> u64 {
        let checkout = match operation {
            EventOperation::StartCheckout {
                checkout, earlier, ..
            } => earlier.unwrap_or(*checkout),
            EventOperation::FindCheckout { checkout, .. }
            | EventOperation::LeaveCheckout { checkout, .. }
            | EventOperation::ExtendCheckout { checkout, .. }
            | EventOperation::Hold { checkout, .. }
            | EventOperation::Release { checkout, .. }
            | EventOperation::Complete { checkout, .. }
            | EventOperation::PayAtOnce { checkout, .. }
            | EventOperation::BeginPayment { checkout, .. } => *checkout,
            EventOperation::SettlePayment { payment, .. } => {
                let mut payments = self.buyers.payments.iter();
                match payments.find(|it| it.2 == *payment) {
                    Some((_, checkout, _)) => *checkout,
                    None => return 0,
                }
            }
            _ => return 0,
        };
        self.told.held.remove(&checkout);
        let asked = self.asked.entry(checkout).or_default();
        *asked += 1;
        *asked
    }

    /// Remembers what a booking is at the moment at which it is made.
    fn decide(&mut self, server: &mut Server, of: Id, reference: Reference) {
        let found = EventOperation::FindBooking(reference);
        let EventAnswer::Booking(booking) = ask_event(server, self.buyers.now, of, found) else {
            panic!("{reference} was made and is not there");
        };
        let before = self.decided.insert(reference, booking.clone());
        assert!(before.is_none_or(|before| before == booking), "{booking:?}");
    }

    /// Tells what may be told; with a broken gate what may not, too.
    pub(crate) fn hear(&mut self, server: &Server, broken: bool, tally: &mut Tally) {
        let Self {
            told,
            waiting,
            asked,
            courier,
            ..
        } = self;
        waiting.retain(|(shard, observed, number, operation, answer)| {
            let durable = server.members[*shard].shard.is_durable(*observed);
            if durable || broken {
                match ends(answer) {
                    Some(ends) => courier.hear(*shard, ends, tally),
                    None => told.hear(operation, answer, (asked, *number), tally),
                }
            }
            !durable && !broken
        });
    }

    /// Compares what a start has found with what was told, and goes on from it.
    pub(crate) fn settle(&mut self, server: &mut Server, tally: &mut Tally) {
        self.waiting.clear();
        self.buyers.now += BETWEEN_LIVES;
        self.courier.start(server.members.len());
        for chosen in (0..EVENTS).map(event) {
            self.settle_event(server, chosen, tally);
        }
        self.buyers.now += 1;
        let now = self.buyers.now;
        self.courier.prove(server, now, &self.ended, tally);
        for (of, _, payment) in self.buyers.payments.clone() {
            let event = of;
            let find = EventOperation::FindPayment { event, payment };
            let found = match ask_event(server, self.buyers.now, of, find) {
                EventAnswer::Payment(found) => Some(found.state),
                _ => None,
            };
            let told = self.told.payments.get(&payment).copied();
            let is_kept = match told {
                None => true,
                Some(PaymentState::Owed) => {
                    matches!(found, Some(PaymentState::Owed | PaymentState::Refunded))
                }
                told => found == told,
            };
            assert!(is_kept, "payment {payment} is {found:?}, told {told:?}");
        }
    }

    fn settle_event(&mut self, server: &mut Server, of: Id, tally: &mut Tally) {
        let now = self.buyers.now;
        let EventAnswer::Event(view) = ask_event(server, now, of, EventOperation::Find(of)) else {
            assert!(!self.told.events.contains(&of), "{of} is lost");
            return;
        };
        let ids = self.buyers.checkouts.iter();
        let checkouts: Vec<Id> = ids.filter(|it| it.0 == of).map(|it| it.1).collect();
        let find = EventOperation::FindCheckouts {
            event: of,
            checkouts: checkouts.clone(),
        };
        let EventAnswer::Checkouts(found) = ask_event(server, now, of, find) else {
            panic!("{of} has no checkouts");
        };
        let seats = view.listing.plan.seats();
        let mut holders = vec!['.'; seats];
        let mut taken = [0_u64; 2];
        for (checkout, found) in checkouts.iter().zip(&found) {
            if let Some(found) = found {
                let is_sold = matches!(found.state, CheckoutState::Completed(_));
                for seat in &found.seats {
                    let before = std::mem::replace(
                        &mut holders[*seat as usize],
                        if is_sold { 's' } else { 'h' },
                    );
                    assert_eq!(before, '.', "seat {seat} is with two");
                }
                let general: u32 = found.general.iter().map(|it| it.1).sum();
                taken[usize::from(is_sold)] += found.seats.len() as u64 + u64::from(general);
            }
            self.settle_checkout(server, of, *checkout, found.as_ref(), tally);
        }
        let EventAnswer::SeatMap(map) = ask_event(server, now, of, EventOperation::SeatMap(of))
        else {
            panic!("{of} has no map");
        };
        assert_eq!(
            map.rows().collect::<String>(),
            holders.iter().collect::<String>()
        );
        let capacity = view.listing.capacity();
        assert_eq!(
            view.available + taken[0] + taken[1],
            capacity,
            "a ticket is lost"
        );
        let filter = LedgerFilter {
            event: Some(of),
            ..LedgerFilter::default()
        };
        let (_, Answer::Balances(balances)) = ask(server, now, of, Operation::Balances(filter))
        else {
            panic!("{of} has no balances");
        };
        let sum = |book: Book| -> i128 {
            let of_book = |it: &&Balance| it.account.book == book;
            balances.iter().filter(of_book).map(|it| it.quantity).sum()
        };
        let expected = [capacity, view.available, taken[0], taken[1]].map(i128::from);
        let found = [
            -sum(Book::Issued),
            sum(Book::Available),
            sum(Book::Held),
            sum(Book::Sold),
        ];
        assert_eq!(found, expected, "the books");
        tally.count("events proved");
    }

    fn settle_checkout(
        &mut self,
        server: &mut Server,
        of: Id,
        id: Id,
        found: Option<&CheckoutView>,
        tally: &mut Tally,
    ) {
        let state = found.map(|found| found.state);
        let reference = match state {
            Some(CheckoutState::Completed(reference)) => Some(reference),
            _ => None,
        };
        let told = self.told.booked.get(&id).copied();
        assert!(
            told.is_none() || told == reference,
            "{state:?}, not {told:?}"
        );
        if let Some((reference, found)) = reference.zip(found) {
            let find = EventOperation::FindBooking(reference);
            let EventAnswer::Booking(booking) = ask_event(server, self.buyers.now, of, find) else {
                panic!("booking {reference} is lost");
            };
            assert_eq!(
                Some(&booking),
                self.decided.get(&reference),
                "whole or not at all"
            );
            assert_eq!(tickets(found), (booking.seats, booking.general));
            tally.add("bookings nobody was told of", told.is_none().into());
            tally.count("bookings proved");
            self.told.booked.insert(id, reference);
        }
        let is_over = matches!(state, None | Some(CheckoutState::Ended(_)));
        assert!(is_over || !self.courier.was_told(id) || reference.is_some());
        if let Some((held, until)) = self.told.held.remove(&id) {
            if until > self.buyers.now {
                assert_eq!(found.map(tickets), Some(held), "{id} held that: {state:?}");
                tally.count("holds proved");
            } else if is_over && held != Tickets::default() {
                self.ended.insert(id);
            }
        }
        match state {
            Some(
                CheckoutState::Admitted { expires_at, .. }
                | CheckoutState::Paying { expires_at, .. },
            ) => {
                // It was found, so it is on stable storage.
                let held = found.map(tickets).unwrap_or_default();
                self.told.held.insert(id, (held, expires_at));
            }
            Some(CheckoutState::Ended(EndReason::Expired)) => tally.count("expired checkouts"),
            Some(CheckoutState::Queued { .. }) => tally.count("places kept"),
            _ => {}
        }
    }
}

/// The ends that an answer tells.
fn ends(answer: &Answer) -> Option<&CheckoutEnds> {
    match answer {
        Answer::Event(answer) => match &**answer {
            EventAnswer::Ends(ends) => Some(ends),
            _ => None,
        },
        _ => None,
    }
}

/// The booking that an answer shows.
fn booked(answer: &Answer) -> Option<Reference> {
    let Answer::Event(answer) = answer else {
        return None;
    };
    match &**answer {
        EventAnswer::Checkout(view) => match view.state {
            CheckoutState::Completed(reference) => Some(reference),
            _ => None,
        },
        EventAnswer::Payment(view) => match view.state {
            PaymentState::Booked(reference) => Some(reference),
            _ => None,
        },
        _ => None,
    }
}

impl Told {
    fn hear(
        &mut self,
        operation: &EventOperation,
        answer: &Answer,
        (asked, number): (&BTreeMap<Id, u64>, u64),
        tally: &mut Tally,
    ) {
        let answer = match answer {
            Answer::Event(answer) => &**answer,
            Answer::Refused(Refusal::DiskLow) => {
                tally.count("events on a full disk");
                return;
            }
            other => panic!("{other:?}"),
        };
        match answer {
            EventAnswer::Event(view) => {
                self.events.insert(view.listing.id);
            }
            EventAnswer::Checkout(view) => match view.state {
                CheckoutState::Completed(reference) => {
                    let before = self.booked.insert(view.id, reference);
                    assert!(before.is_none_or(|before| before == reference));
                    match operation {
                        EventOperation::Complete { .. } => tally.count("bookings told"),
                        EventOperation::PayAtOnce { .. } => tally.count("paid at once"),
                        _ => {}
                    }
                }
                CheckoutState::Admitted { expires_at, .. }
                | CheckoutState::Paying { expires_at, .. }
                    if asked.get(&view.id) == Some(&number) =>
                {
                    self.held.insert(view.id, (tickets(view), expires_at));
                }
                _ => {}
            },
            EventAnswer::Payment(view) => match view.state {
                PaymentState::Booked(_) | PaymentState::Owed | PaymentState::Refunded => {
                    self.payments.insert(view.id, view.state);
                    tally.count(match view.state {
                        PaymentState::Booked(_) => "payments booked",
                        PaymentState::Owed => "payments owed",
                        _ => "payments refunded",
                    });
                }
                _ => {}
            },
            EventAnswer::Refused(EventRefusal::SeatsTaken(_)) => tally.count("seats taken"),
            _ => {}
        }
    }
}
