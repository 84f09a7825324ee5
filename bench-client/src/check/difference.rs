//! The ways in which a match stream's answer can be wrong.

use thiserror::Error;

/// The first difference between a server's answer and the right one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum Difference {
    /// A match was left out.
    #[error("expected {wanted}, got {got}: {wanted} is missing")]
    Missing { got: u32, wanted: u32 },
    /// A match came before one of a smaller number.
    #[error("expected {wanted}, got {got}: out of order, {wanted} came later")]
    OutOfOrder { got: u32, wanted: u32 },
    /// A match came twice.
    #[error("expected {wanted}, got {got} again")]
    Repeated { got: u32, wanted: u32 },
    /// A number came that is no match.
    #[error("expected {wanted}, got {got}, which is no match")]
    Unexpected { got: u32, wanted: u32 },
    /// A number came when all matches had been received.
    #[error("got {got} after the last match")]
    Surplus { got: u32 },
    /// A line came that is no number.
    #[error("expected {}, got \"{line}\", which is no number as the protocol writes it", named(*.wanted))]
    NoNumber { line: String, wanted: Option<u32> },
}

impl Difference {
    /// The number that came although it was not its turn, if it was one.
    pub(crate) fn got(&self) -> Option<u32> {
        match *self {
            Self::Missing { got, .. }
            | Self::OutOfOrder { got, .. }
            | Self::Repeated { got, .. }
            | Self::Unexpected { got, .. }
            | Self::Surplus { got } => Some(got),
            Self::NoNumber { .. } => None,
        }
    }
}

fn named(wanted: Option<u32>) -> String {
    wanted.map_or_else(|| "nothing more".to_owned(), |seq| seq.to_string())
}
