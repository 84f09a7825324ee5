//! The few kinds by which operations and requests are counted.

use crate::inventory::events::{EventAnswer, EventOperation};
use crate::inventory::{Answer, Operation, Step};

/// What was asked of a shard, as far as counters tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "each is what it says")]
pub enum OperationKind {
    CreateOption,
    FindOption,
    ListOptions,
    Purchase,
    FindPurchase,
    CreateMember,
    FindMember,
    CreateTickets,
    FindTicket,
    ListTickets,
    HoldTicket,
    FreeTicket,
    PurchaseTicket,
    IdempotencyKey,
    ReadLedger,
    CreateEvent,
    FindEvent,
    ReadSeats,
    StartCheckout,
    FindCheckout,
    LeaveCheckout,
    ExtendCheckout,
    HoldSeats,
    ReleaseSeats,
    CompleteCheckout,
    BeginPayment,
    SettlePayment,
    FindPayment,
    FindBooking,
    SetWaitingRoom,
}

impl OperationKind {
    /// All kinds, with the names that metrics give them.
    pub const ALL: [(Self, &'static str); 30] = [
        (Self::CreateOption, "create_option"),
        (Self::FindOption, "find_option"),
        (Self::ListOptions, "list_options"),
        (Self::Purchase, "purchase"),
        (Self::FindPurchase, "find_purchase"),
        (Self::CreateMember, "create_member"),
        (Self::FindMember, "find_member"),
        (Self::CreateTickets, "create_tickets"),
        (Self::FindTicket, "find_ticket"),
        (Self::ListTickets, "list_tickets"),
        (Self::HoldTicket, "hold_ticket"),
        (Self::FreeTicket, "free_ticket"),
        (Self::PurchaseTicket, "purchase_ticket"),
        (Self::IdempotencyKey, "idempotency_key"),
        (Self::ReadLedger, "read_ledger"),
        (Self::CreateEvent, "create_event"),
        (Self::FindEvent, "find_event"),
        (Self::ReadSeats, "read_seats"),
        (Self::StartCheckout, "start_checkout"),
        (Self::FindCheckout, "find_checkout"),
        (Self::LeaveCheckout, "leave_checkout"),
        (Self::ExtendCheckout, "extend_checkout"),
        (Self::HoldSeats, "hold_seats"),
        (Self::ReleaseSeats, "release_seats"),
        (Self::CompleteCheckout, "complete_checkout"),
        (Self::BeginPayment, "begin_payment"),
        (Self::SettlePayment, "settle_payment"),
        (Self::FindPayment, "find_payment"),
        (Self::FindBooking, "find_booking"),
        (Self::SetWaitingRoom, "set_waiting_room"),
    ];

    /// The kind of an operation.
    pub fn of(operation: &Operation) -> Self {
        match operation {
            Operation::CreateOption { .. } => Self::CreateOption,
            Operation::FindOption(_) => Self::FindOption,
            Operation::ListOptions(_) => Self::ListOptions,
            Operation::Purchase { .. } => Self::Purchase,
            Operation::FindPurchase(_) => Self::FindPurchase,
            Operation::CreateMember { .. } => Self::CreateMember,
            Operation::FindMember(_) => Self::FindMember,
            Operation::CreateTickets { .. } => Self::CreateTickets,
            Operation::FindTicket(_) => Self::FindTicket,
            Operation::ListTickets { .. } => Self::ListTickets,
            Operation::MoveTicket { step, .. } => match step {
                Step::Hold { .. } => Self::HoldTicket,
                Step::Free => Self::FreeTicket,
                Step::Purchase => Self::PurchaseTicket,
            },
            Operation::Claim { .. } | Operation::Settle { .. } | Operation::Abandon { .. } => {
                Self::IdempotencyKey
            }
            Operation::ListLedger { .. }
            | Operation::Balances(_)
            | Operation::SumPurchases { .. } => Self::ReadLedger,
            Operation::Event(operation) => Self::of_event(operation),
        }
    }

    fn of_event(operation: &EventOperation) -> Self {
        match operation {
            EventOperation::Create(_) => Self::CreateEvent,
            EventOperation::Find(_) | EventOperation::List(_) | EventOperation::Figures(_) => {
                Self::FindEvent
            }
            EventOperation::SeatMap(_) | EventOperation::SeatChanges { .. } => Self::ReadSeats,
            EventOperation::StartCheckout { .. } => Self::StartCheckout,
            EventOperation::FindCheckout { .. } | EventOperation::FindCheckouts { .. } => {
                Self::FindCheckout
            }
            EventOperation::LeaveCheckout { .. } => Self::LeaveCheckout,
            EventOperation::ExtendCheckout { .. } => Self::ExtendCheckout,
            EventOperation::Hold { .. } => Self::HoldSeats,
            EventOperation::Release { .. } => Self::ReleaseSeats,
            EventOperation::Complete { .. } | EventOperation::PayAtOnce { .. } => {
                Self::CompleteCheckout
            }
            EventOperation::BeginPayment { .. } => Self::BeginPayment,
            EventOperation::SettlePayment { .. } | EventOperation::MarkRefunded { .. } => {
                Self::SettlePayment
            }
            EventOperation::FindPayment { .. }
            | EventOperation::ListOwed(_)
            | EventOperation::ListUnsettled { .. } => Self::FindPayment,
            EventOperation::FindBooking(_) | EventOperation::ListEnds { .. } => Self::FindBooking,
            EventOperation::SetRoom { .. } => Self::SetWaitingRoom,
        }
    }
}

/// How an operation ended, as far as counters tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OperationOutcome {
    /// It was answered as asked.
    Done,
    /// It was refused; nothing was changed.
    Refused,
}

impl OperationOutcome {
    /// Both, with the names that metrics give them.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Done, "done"), (Self::Refused, "refused")];

    /// How it ended that was answered so.
    pub fn of(answer: &Answer) -> Self {
        match answer {
            Answer::Refused(_) => Self::Refused,
            Answer::Event(answer) if matches!(**answer, EventAnswer::Refused(_)) => Self::Refused,
            _ => Self::Done,
        }
    }
}

/// The methods by which HTTP requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "each is what it says")]
pub enum HttpMethod {
    Get,
    Head,
    Post,
    Delete,
    Other,
}

impl HttpMethod {
    /// All methods, with the names that metrics give them.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Get, "GET"),
        (Self::Head, "HEAD"),
        (Self::Post, "POST"),
        (Self::Delete, "DELETE"),
        (Self::Other, "other"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_listed_in_the_order_of_their_numbers() {
        let numbers = |numbers: &mut dyn Iterator<Item = u8>| {
            assert!(
                numbers
                    .enumerate()
                    .all(|(at, number)| at == usize::from(number))
            );
        };
        numbers(&mut OperationKind::ALL.iter().map(|(kind, _)| *kind as u8));
        numbers(&mut OperationOutcome::ALL.iter().map(|(kind, _)| *kind as u8));
        numbers(&mut HttpMethod::ALL.iter().map(|(kind, _)| *kind as u8));
    }
}
