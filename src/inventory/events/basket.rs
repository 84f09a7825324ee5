//! Tickets that belong together: of a checkout, a payment or a booking.

use crate::inventory::Illegal;

use super::change::Lot;
use super::plan::Listing;

/// Seats and quantities, both in order and without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Basket {
    pub(super) seats: Vec<u32>,
    /// Index into the listing's options, and quantity.
    pub(super) general: Vec<(u16, u32)>,
}

impl Basket {
    /// Seats, in any order.
    pub(super) fn of_seats(mut seats: Vec<u32>) -> Self {
        seats.sort_unstable();
        seats.dedup();
        Self {
            seats,
            general: Vec::new(),
        }
    }

    /// Some of a general admission option.
    pub(super) fn of_general(option: usize, quantity: u32) -> Self {
        Self {
            seats: Vec::new(),
            general: vec![(option as u16, quantity)],
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.general.is_empty()
    }

    /// How many tickets.
    pub(super) fn tickets(&self) -> u64 {
        let general = self
            .general
            .iter()
            .map(|(_, quantity)| u64::from(*quantity));
        self.seats.len() as u64 + general.sum::<u64>()
    }

    /// What it costs.
    pub(super) fn total(&self, listing: &Listing) -> u64 {
        let plan = &listing.plan;
        let seats = self.seats.iter().map(|seat| {
            let section = plan.section_of(plan.row_of(*seat));
            plan.sections()[section].price
        });
        let general = self.general.iter().map(|(option, quantity)| {
            let price = listing.general[usize::from(*option)].price;
            price * u64::from(*quantity)
        });
        seats.chain(general).sum()
    }

    pub(super) fn quantity(&self, option: usize) -> u32 {
        let found = self.general.iter().find(|it| usize::from(it.0) == option);
        found.map_or(0, |(_, quantity)| *quantity)
    }

    pub(super) fn add(&mut self, more: &Self) {
        self.seats.extend_from_slice(&more.seats);
        self.seats.sort_unstable();
        for (option, quantity) in &more.general {
            match self.general.binary_search_by_key(option, |it| it.0) {
                Ok(place) => self.general[place].1 += quantity,
                Err(place) => self.general.insert(place, (*option, *quantity)),
            }
        }
    }

    /// Takes out what is in it.
    pub(super) fn remove(&mut self, less: &Self) {
        self.seats
            .retain(|seat| less.seats.binary_search(seat).is_err());
        for (option, quantity) in &less.general {
            if let Ok(place) = self.general.binary_search_by_key(option, |it| it.0) {
                self.general[place].1 = self.general[place].1.saturating_sub(*quantity);
            }
        }
        self.general.retain(|it| it.1 > 0);
    }

    /// As changes tell it.
    pub(super) fn lots(&self, listing: &Listing) -> Vec<Lot> {
        let plan = &listing.plan;
        let mut lots = Vec::with_capacity(1);
        let mut rest = self.seats.as_slice();
        while let Some(first) = rest.first() {
            let section = plan.section_of(plan.row_of(*first));
            let end = plan.section_seats(section).end;
            let count = rest.partition_point(|seat| (*seat as usize) < end);
            lots.push(Lot::Seats {
                section: section as u16,
                seats: rest[..count].to_vec(),
            });
            rest = &rest[count..];
        }
        lots.extend(self.general.iter().map(|(option, quantity)| Lot::General {
            option: listing.general[usize::from(*option)].id,
            quantity: *quantity,
        }));
        lots
    }

    /// From a change, which may be wrong.
    pub(super) fn from_lots(lots: &[Lot], listing: &Listing) -> Result<Self, Illegal> {
        let mut basket = Self::default();
        for lot in lots {
            match lot {
                Lot::Seats { section, seats } => {
                    let section = usize::from(*section);
                    if section >= listing.plan.sections().len() {
                        return Err(Illegal(format!("there is no section {section}")));
                    }
                    let range = listing.plan.section_seats(section);
                    if let Some(seat) = seats.iter().find(|it| !range.contains(&(**it as usize))) {
                        let problem = format!("seat {seat} is not in section {section}");
                        return Err(Illegal(problem));
                    }
                    basket.seats.extend_from_slice(seats);
                }
                Lot::General { option, quantity } => {
                    let found = listing.general_of(*option).filter(|_| *quantity > 0);
                    let place = found.ok_or_else(|| Illegal(format!("no option {option}")))?;
                    basket.general.push((place as u16, *quantity));
                }
            }
        }
        let in_order = basket.seats.windows(2).all(|it| it[0] < it[1])
            && basket.general.windows(2).all(|it| it[0].0 < it[1].0);
        if !in_order {
            return Err(Illegal("tickets are out of order or named twice".into()));
        }
        Ok(basket)
    }
}
