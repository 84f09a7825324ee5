//! Bookings that were acknowledged, kept to be compared and read back.

/// An acknowledged booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Booking {
    /// Of its checkout.
    pub(super) token: Box<str>,
    pub(super) reference: Box<str>,
    /// In order.
    pub(super) seats: Vec<u32>,
    /// What it cost, in minor units.
    pub(super) total: u64,
    /// When it was acknowledged, in nanoseconds from the start.
    pub(super) at: u64,
}

/// The first reference that two bookings have.
pub(super) fn twin<'a>(bookings: impl Iterator<Item = &'a Booking>) -> Option<&'a str> {
    let mut references: Vec<&str> = bookings.map(|booking| &*booking.reference).collect();
    references.sort_unstable();
    let mut pairs = references.windows(2);
    pairs.find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_belongs_to_one_booking() {
        let booking = |reference: &str| Booking {
            token: "t".into(),
            reference: reference.into(),
            seats: Vec::new(),
            total: 0,
            at: 0,
        };
        let mut bookings = vec![booking("B"), booking("A"), booking("C")];
        assert_eq!(twin(bookings.iter()), None);
        bookings.push(booking("A"));
        assert_eq!(twin(bookings.iter()), Some("A"));
    }
}
