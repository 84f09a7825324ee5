//! The ways in which a server can be wrong about a seat.

use thiserror::Error;

/// A reply, or a set of replies, that no correct server gives.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum Breach {
    /// A verb got a reply of another verb, such as `OK` to a QUERY.
    #[error("that verb is never answered so")]
    WrongKind,
    /// A second RESERVE of one seat got `OK`.
    #[error("seat reserved twice")]
    ReservedTwice,
    /// A second BUY of one seat got `OK`.
    #[error("seat sold twice")]
    SoldTwice,
    /// QUERY said `FREE` after RESERVE had got `OK`.
    #[error("the seat was reserved before this was asked")]
    ReservationLost,
    /// QUERY said less than `SOLD` after BUY had got `OK`.
    #[error("the seat was bought before this was asked")]
    SaleLost,
    /// RESERVE got `FAIL` and no client can have had the seat.
    #[error("no client had reserved it")]
    FreeSeatRefused,
    /// BUY got `FAIL` on a seat that was reserved and not sold.
    #[error("the seat was reserved and not sold")]
    ReservedSeatRefused,
    /// BUY got `OK` and no client can have reserved the seat.
    #[error("sold although no client had reserved it")]
    SoldUnreserved,
    /// By the end, replies presuppose a reservation that nobody was granted.
    #[error("replies say that it was reserved, but no RESERVE got OK")]
    NeverReserved,
    /// By the end, replies presuppose a sale that nobody was granted.
    #[error("replies say that it was sold, but no BUY got OK")]
    NeverSold,
}

impl Breach {
    /// Whether a correct server looks like this too if the seats were taken
    /// before the run: whoever tells of the breach should say so.
    pub(crate) fn may_be_used_seats(self) -> bool {
        matches!(
            self,
            Self::FreeSeatRefused | Self::SoldUnreserved | Self::NeverReserved | Self::NeverSold
        )
    }
}
