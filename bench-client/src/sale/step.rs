//! The steps of a checkout, and how each can be answered.

use crate::load::Kind;

/// A request of a buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Start the checkout.
    Enter,
    /// Look at one's place in the line.
    Poll,
    /// Look at the seat map.
    Look,
    /// Hold seats.
    Hold,
    /// Pay for them.
    Pay,
    /// Give the checkout up.
    Leave,
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Inside.
    Admitted,
    /// In the line.
    Queued,
    /// The checkout has ended.
    Over,
    /// The seat map.
    Map,
    /// The seat map has not changed.
    Same,
    /// The seats are held.
    Held,
    /// Some of them were not free.
    Taken,
    /// Booked.
    Booked,
    /// The card was declined.
    Declined,
    /// The checkout is given up.
    Left,
    /// Nobody new is let in.
    Closed,
    /// Too much to do: 429 or 503.
    Busy,
}

/// All of both, as tables name them.
pub(super) const KINDS: &[Kind] = &[
    ("ENTER", "ADMITTED"),
    ("ENTER", "QUEUED"),
    ("ENTER", "CLOSED"),
    ("ENTER", "BUSY"),
    ("POLL", "ADMITTED"),
    ("POLL", "QUEUED"),
    ("POLL", "OVER"),
    ("POLL", "BUSY"),
    ("LOOK", "MAP"),
    ("LOOK", "SAME"),
    ("LOOK", "BUSY"),
    ("HOLD", "HELD"),
    ("HOLD", "TAKEN"),
    ("HOLD", "OVER"),
    ("HOLD", "BUSY"),
    ("PAY", "BOOKED"),
    ("PAY", "DECLINED"),
    ("PAY", "OVER"),
    ("PAY", "BUSY"),
    ("LEAVE", "LEFT"),
    ("LEAVE", "OVER"),
    ("LEAVE", "BUSY"),
];

impl Step {
    /// As tables name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Enter => "ENTER",
            Self::Poll => "POLL",
            Self::Look => "LOOK",
            Self::Hold => "HOLD",
            Self::Pay => "PAY",
            Self::Leave => "LEAVE",
        }
    }

    /// The place of this step with an outcome in [`KINDS`]; `None` if it
    /// cannot have it.
    pub(super) fn kind(self, outcome: Outcome) -> Option<usize> {
        let outcome = outcome.name();
        KINDS
            .iter()
            .position(|&kind| kind == (self.name(), outcome))
    }
}

impl Outcome {
    /// As tables name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Admitted => "ADMITTED",
            Self::Queued => "QUEUED",
            Self::Over => "OVER",
            Self::Map => "MAP",
            Self::Same => "SAME",
            Self::Held => "HELD",
            Self::Taken => "TAKEN",
            Self::Booked => "BOOKED",
            Self::Declined => "DECLINED",
            Self::Left => "LEFT",
            Self::Closed => "CLOSED",
            Self::Busy => "BUSY",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_a_step_with_an_outcome_that_it_can_have() {
        let kind = Step::Pay.kind(Outcome::Booked).unwrap();
        assert_eq!(KINDS[kind], ("PAY", "BOOKED"));
        assert_eq!(Step::Look.kind(Outcome::Booked), None);
    }
}
