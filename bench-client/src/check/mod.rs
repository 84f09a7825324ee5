//! The oracle: what replies a correct server can give. Pure: it sees replies,
//! never sockets.

mod breach;
mod ledger;

pub(crate) use breach::Breach;
pub(crate) use ledger::{Known, Ledger};
