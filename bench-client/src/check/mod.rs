//! The oracle: what replies a correct server can give, and what matches it must
//! find. Pure: it sees replies, never sockets.

mod allocation;
mod answer;
mod breach;
mod checker;
mod difference;
pub(crate) mod history;
mod ledger;
mod register;
mod rule;

pub(crate) use allocation::Allocations;
pub(crate) use answer::Answer;
pub(crate) use breach::Breach;
pub(crate) use checker::{Checker, Standing};
pub(crate) use difference::Difference;
pub(crate) use history::{Act, Member, Outcome, Reason, State, Step};
pub(crate) use ledger::{Known, Ledger};
pub(crate) use register::Register;
pub(crate) use rule::Rule;
