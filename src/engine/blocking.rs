//! The library for threads that may wait.

use pollster::block_on;

use super::Handle;
use crate::api::{Failure, HoldFor, NewPayment, PaidAtOnce};
use crate::inventory::events::{
    BookingView, Buyer, CheckoutView, EventFigures, EventView, NewEvent, PaymentOutcome,
    PaymentView, Rate, Reference, RoomAction, SeatChanges, SeatMap, Unwanted, Wanted,
};
use crate::inventory::{
    Balance, Id, LedgerEntry, LedgerFilter, Member, Outcome, Page, Places, Purchase, Ticket,
    TicketFilter, TicketOption, Verb,
};

/// What a [`Handle`] does, with every method waiting for its answer. Not for
/// the threads of an executor: they would serve nobody else meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Blocking<'a> {
    handle: &'a Handle,
}

impl<'a> Blocking<'a> {
    pub(super) fn new(handle: &'a Handle) -> Self {
        Self { handle }
    }
}

macro_rules! twins {
    ($($twin:literal $name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)+) => {
        impl Blocking<'_> {
            $(
                #[doc = concat!("Waits for [`", $twin, "::", stringify!($name), "`](crate::", $twin, "::", stringify!($name), ").")]
                ///
                /// # Errors
                /// As its twin.
                pub fn $name(&self, $($argument: $kind),*) -> Result<$answer, Failure> {
                    block_on(self.handle.$name($($argument),*))
                }
            )+
        }
    };
}

twins! {
    "engine::Handle" seat(verb: Verb, name: &str) -> Outcome;
    "api::Api" create_option(name: &str, description: &str, allocation: u64) -> TicketOption;
    "api::Api" create_option_as(id: Id, name: &str, description: &str, allocation: u64) -> TicketOption;
    "api::Api" option(id: Id) -> TicketOption;
    "api::Api" options(page: Page) -> Vec<TicketOption>;
    "api::Api" purchase(option: Id, user: Id, quantity: u64) -> Purchase;
    "api::Api" purchase_as(id: Id, option: Id, user: Id, quantity: u64) -> Purchase;
    "api::Api" find_purchase(id: Id) -> Purchase;
    "api::Api" create_member(name: &str) -> Member;
    "api::Api" create_member_as(id: Id, name: &str) -> Member;
    "api::Api" member(id: Id) -> Member;
    "api::Api" create_tickets(places: Places) -> Id;
    "api::Api" create_tickets_as(first: Id, places: Places) -> Id;
    "api::Api" ticket(id: Id) -> Ticket;
    "api::Api" tickets(filter: TicketFilter, page: Page) -> Vec<Ticket>;
    "api::Api" hold(ticket: Id, member: Id, time: HoldFor) -> Ticket;
    "api::Api" free(ticket: Id, member: Id) -> Ticket;
    "api::Api" purchase_ticket(ticket: Id, member: Id) -> Ticket;
    "api::Api" create_event(event: NewEvent) -> EventView;
    "api::Api" event(event: Id) -> EventView;
    "api::Api" events(page: Page) -> Vec<EventView>;
    "api::Api" seat_map(event: Id) -> SeatMap;
    "api::Api" seat_changes(event: Id, since: u64) -> SeatChanges;
    "api::Api" set_room(event: Id, action: Option<RoomAction>, rate: Option<Rate>, max_active: Option<u32>) -> EventFigures;
    "api::Api" event_figures(page: Page) -> Vec<EventFigures>;
    "api::Api" start_checkout(event: Id, earlier: Option<Id>) -> CheckoutView;
    "api::Api" checkout(event: Id, checkout: Id) -> CheckoutView;
    "api::Api" extend_checkout(event: Id, checkout: Id) -> CheckoutView;
    "api::Api" leave_checkout(event: Id, checkout: Id) -> CheckoutView;
    "api::Api" hold_seats(event: Id, checkout: Id, wanted: Wanted) -> CheckoutView;
    "api::Api" release_seats(event: Id, checkout: Id, unwanted: Unwanted) -> CheckoutView;
    "api::Api" complete_checkout(event: Id, checkout: Id, reference: Reference, buyer: Buyer, receipt: String) -> CheckoutView;
    "api::Api" begin_payment(event: Id, checkout: Id, payment: NewPayment) -> PaymentView;
    "api::Api" pay_at_once(event: Id, checkout: Id, paid: PaidAtOnce) -> CheckoutView;
    "api::Api" settle_payment(event: Id, payment: Id, outcome: PaymentOutcome) -> PaymentView;
    "api::Api" payment(event: Id, payment: Id) -> PaymentView;
    "api::Api" booking(event: Id, reference: Reference) -> BookingView;
    "api::Api" ledger(filter: LedgerFilter, page: Page) -> Vec<LedgerEntry>;
    "api::Api" balances(filter: LedgerFilter) -> Vec<Balance>;
}
