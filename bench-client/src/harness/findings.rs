//! What went wrong in a run: the first few reasons, and whether to go on.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::check::Breach;

/// So many reasons are told; a run with that many is not continued.
const MAX_REASONS: usize = 5;

/// Reasons for failure, collected from all threads.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    reasons: Mutex<Reasons>,
    halt: AtomicBool,
}

/// What [`Findings`] holds in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reasons {
    /// What the server did wrong, at most a few.
    pub wrong: Vec<String>,
    /// Whether seats that were taken before the run would explain it.
    pub may_be_used_seats: bool,
    /// How the connection was lost, if it was: the run says nothing then.
    pub lost: Option<String>,
}

impl Findings {
    /// Notes what the server did wrong. Enough of it ends the run.
    pub(crate) fn wrong(&self, reason: String) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        if reasons.wrong.len() < MAX_REASONS {
            reasons.wrong.push(reason);
        }
        if reasons.wrong.len() == MAX_REASONS {
            self.halt.store(true, Relaxed);
        }
    }

    /// Notes what the server did wrong about a seat.
    pub(crate) fn breach(&self, what: &str, breach: Breach) {
        self.wrong(format!("{what}: {breach}"));
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.may_be_used_seats |= breach.may_be_used_seats();
    }

    /// Notes something wrong after which going on makes no sense.
    pub(crate) fn fatal(&self, reason: String) {
        self.wrong(reason);
        self.halt.store(true, Relaxed);
    }

    /// Notes a lost connection, which ends the run.
    pub(crate) fn lost(&self, reason: String) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.lost.get_or_insert(reason);
        self.halt.store(true, Relaxed);
    }

    /// The signal on which all engines end.
    pub(crate) fn halt(&self) -> &AtomicBool {
        &self.halt
    }

    /// Whether nothing went wrong so far.
    pub(crate) fn is_clean(&self) -> bool {
        let reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        *reasons == Reasons::default()
    }

    /// What went wrong.
    pub(crate) fn into_reasons(self) -> Reasons {
        self.reasons
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_reasons_end_the_run_and_no_more_are_kept() {
        let findings = Findings::default();
        assert!(findings.is_clean());
        for number in 1..MAX_REASONS {
            findings.wrong(format!("reason {number}"));
            assert!(!findings.halt().load(Relaxed));
        }
        findings.wrong("the last".into());
        findings.wrong("one too many".into());
        assert!(findings.halt().load(Relaxed) && !findings.is_clean());
        let reasons = findings.into_reasons();
        assert_eq!(reasons.wrong.len(), MAX_REASONS);
        assert_eq!(reasons.wrong[MAX_REASONS - 1], "the last");
    }

    #[test]
    fn used_seats_are_suspected_where_they_would_explain_the_breach() {
        let suspects = |breach| {
            let findings = Findings::default();
            findings.breach("seat C001", breach);
            findings.into_reasons().may_be_used_seats
        };
        assert!(suspects(Breach::FreeSeatRefused));
        assert!(!suspects(Breach::SoldTwice));
    }

    #[test]
    fn the_first_lost_connection_is_the_one_told() {
        let findings = Findings::default();
        findings.lost("first".into());
        findings.lost("second".into());
        assert!(findings.halt().load(Relaxed));
        assert_eq!(findings.into_reasons().lost.as_deref(), Some("first"));
    }
}
