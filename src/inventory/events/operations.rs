//! Which step of an event an operation is.

use crate::inventory::{Id, Micros};

use super::answer::EventAnswer;
use super::event::{Event, Turn};
use super::operation::{EventKind, EventOperation, EventRefusal};

impl EventOperation {
    /// The event that this is about, if it is about one; its locator says
    /// which shard decides. Lists are asked of every shard, and a booking by
    /// its reference too.
    pub fn event(&self) -> Option<Id> {
        match self {
            Self::Create(new) => Some(new.id),
            Self::Find(event)
            | Self::SeatMap(event)
            | Self::SeatChanges { event, .. }
            | Self::StartCheckout { event, .. }
            | Self::FindCheckout { event, .. }
            | Self::FindCheckouts { event, .. }
            | Self::LeaveCheckout { event, .. }
            | Self::ExtendCheckout { event, .. }
            | Self::Hold { event, .. }
            | Self::Release { event, .. }
            | Self::Complete { event, .. }
            | Self::BeginPayment { event, .. }
            | Self::PayAtOnce { event, .. }
            | Self::SettlePayment { event, .. }
            | Self::FindPayment { event, .. }
            | Self::MarkRefunded { event, .. }
            | Self::SetRoom { event, .. } => Some(*event),
            Self::List(_)
            | Self::ListOwed(_)
            | Self::ListUnsettled { .. }
            | Self::ListEnds { .. }
            | Self::FindBooking(_)
            | Self::Figures(_) => None,
        }
    }

    /// Whether this begins something new, which a full disk has no room for;
    /// what finishes something goes on.
    pub fn takes_room(&self) -> bool {
        matches!(
            self,
            Self::Create(_) | Self::StartCheckout { .. } | Self::Hold { .. }
        )
    }
}

impl Event {
    /// Decides what is asked of this event; what was due is done.
    pub(super) fn operate(
        &mut self,
        operation: EventOperation,
        turn: &mut Turn<'_>,
    ) -> Result<EventAnswer, EventRefusal> {
        match operation {
            EventOperation::Find(_) => Ok(EventAnswer::Event(self.view())),
            EventOperation::SeatMap(_) => Ok(EventAnswer::SeatMap(self.seat_map())),
            EventOperation::SeatChanges { since, .. } => {
                Ok(EventAnswer::SeatChanges(self.seats.changes(since)))
            }
            EventOperation::StartCheckout {
                checkout, earlier, ..
            } => self.start(checkout, earlier, turn),
            EventOperation::FindCheckout { checkout, .. } => self.look(checkout, turn.now),
            EventOperation::FindCheckouts { checkouts, .. } => {
                let each = checkouts
                    .into_iter()
                    .map(|id| match self.look(id, turn.now) {
                        Ok(EventAnswer::Checkout(view)) => Some(view),
                        _ => None,
                    });
                Ok(EventAnswer::Checkouts(each.collect()))
            }
            EventOperation::LeaveCheckout { checkout, .. } => self.leave(checkout, turn),
            EventOperation::ExtendCheckout { checkout, .. } => self.extend(checkout, turn),
            EventOperation::Hold {
                checkout, wanted, ..
            } => self.hold(checkout, wanted, turn),
            EventOperation::Release {
                checkout, unwanted, ..
            } => self.release(checkout, unwanted, turn),
            EventOperation::Complete {
                checkout,
                reference,
                buyer,
                receipt,
                ..
            } => self.complete(checkout, reference, buyer, receipt, turn),
            EventOperation::BeginPayment {
                checkout,
                payment,
                provider,
                buyer,
                seconds,
                ..
            } => self.begin_payment(checkout, payment, (provider, buyer, seconds), turn),
            EventOperation::PayAtOnce {
                checkout,
                payment,
                provider,
                buyer,
                most,
                reference,
                receipt,
                ..
            } => {
                let paid = (reference, receipt, most);
                self.pay_at_once(checkout, payment, (provider, buyer), paid, turn)
            }
            EventOperation::SettlePayment {
                payment, outcome, ..
            } => self.settle_payment(payment, outcome, turn),
            EventOperation::FindPayment { payment, .. } => self.payment(payment),
            EventOperation::MarkRefunded { payment, .. } => self.mark_refunded(payment, turn),
            EventOperation::SetRoom {
                action,
                rate,
                max_active,
                ..
            } => Ok(self.set_room(action, rate, max_active, turn)),
            EventOperation::Create(_)
            | EventOperation::List(_)
            | EventOperation::Figures(_)
            | EventOperation::ListOwed(_)
            | EventOperation::ListUnsettled { .. }
            | EventOperation::ListEnds { .. }
            | EventOperation::FindBooking(_) => Err(EventRefusal::NotFound(EventKind::Event)),
        }
    }

    /// After a restart nobody in the line has been absent.
    pub(super) fn restart(&mut self, now: Micros) {
        for checkout in self.checkouts.iter_mut() {
            checkout.seen = checkout.seen.max(now);
        }
    }
}
