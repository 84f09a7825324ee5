//! Waiting for more: what costs as much for one change as for many, a frame
//! of the journal or the waking of another shard, is held back while every
//! turn brings more for it.

use crate::limits::GATHERING_TURNS;

/// Counts the turns for which something was held back.
#[derive(Debug, Default)]
pub(super) struct Gather {
    turns: u8,
    pending: usize,
}

impl Gather {
    /// Whether something is held back: the next turn must not wait.
    pub(super) fn goes_on(&self) -> bool {
        self.turns > 0
    }

    /// Whether to hold back for one more turn what is `pending` now.
    pub(super) fn may_go_on(&mut self, pending: usize) -> bool {
        let more = pending > self.pending && self.turns < GATHERING_TURNS;
        self.turns = if more { self.turns + 1 } else { 0 };
        self.pending = if more { pending } else { 0 };
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_held_back_while_more_comes_but_not_for_ever() {
        let mut gather = Gather::default();
        assert!(!gather.may_go_on(0), "nothing to send");
        assert!(gather.may_go_on(10) && gather.goes_on());
        assert!(!gather.may_go_on(10), "a turn that brought nothing");
        assert!(!gather.goes_on());
        let turns = (1..).take_while(|turn| gather.may_go_on(10 * turn));
        assert_eq!(turns.count(), usize::from(GATHERING_TURNS));
    }
}
