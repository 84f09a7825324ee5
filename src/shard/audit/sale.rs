//! Where the sale of each event stands.

use std::fmt;

use crate::inventory::{Id, Stock};

/// The tickets of one event, and how far they are sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The event.
    pub event: Id,
    /// What it is called.
    pub name: String,
    /// Seats and general admission that there are.
    pub capacity: u64,
    /// Sold ones.
    pub sold: u64,
    /// Held ones.
    pub held: u64,
    /// Free ones.
    pub free: u64,
    /// Bookings.
    pub bookings: u64,
}

/// All events of a stock, oldest first.
pub(super) fn sales(stock: &Stock) -> Vec<Sale> {
    let mut sales = Vec::new();
    stock.events().each_figures(&mut |event| {
        sales.push(Sale {
            event: event.listing.id,
            name: event.listing.name.clone(),
            capacity: event.listing.capacity(),
            sold: event.sold,
            held: event.held,
            free: event.free,
            bookings: event.bookings,
        });
    });
    sales.sort_unstable_by_key(|sale| sale.event);
    sales
}

impl fmt::Display for Sale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            event,
            name,
            capacity,
            sold,
            held,
            free,
            bookings,
        } = self;
        write!(
            f,
            "event {event} ({}): {capacity} tickets; {sold} sold in {bookings} bookings, {held} \
             held, {free} free",
            name.escape_debug()
        )
    }
}
