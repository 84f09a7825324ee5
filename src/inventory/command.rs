//! The vocabulary of the seat inventory: what is asked, what is answered.

/// What a client asks of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Verb {
    /// Take a free seat: [`Outcome::Ok`] if it was free, else [`Outcome::Fail`].
    Reserve,
    /// Pay for a reserved seat, whoever reserved it: [`Outcome::Ok`] if it was
    /// reserved, else [`Outcome::Fail`].
    Buy,
    /// Look, and change nothing: [`Outcome::Free`], [`Outcome::Reserved`] or
    /// [`Outcome::Sold`].
    Query,
}

impl Verb {
    /// All verbs, for tables and tests.
    pub const ALL: [Self; 3] = [Self::Reserve, Self::Buy, Self::Query];
}

/// What a client is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// The seat changed state as asked.
    Ok,
    /// Nothing changed: the seat was in another state, the message was not
    /// valid, or a bound was reached.
    Fail,
    /// The seat was never reserved.
    Free,
    /// The seat is reserved and not yet bought.
    Reserved,
    /// The seat is bought.
    Sold,
}

impl Outcome {
    /// All outcomes, for tables and tests.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Fail, Self::Free, Self::Reserved, Self::Sold];
}
