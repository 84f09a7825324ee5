//! Was there an order in which one ticket can have taken all that was
//! answered about it?
//!
//! Each act happened at one moment between its being asked and its being
//! answered. The search walks through these moments and keeps every state
//! that the ticket may be in, with the acts that are under way and may have
//! happened already (Wing and Gong's search, an act at a time as Lowe's).

use std::{collections::HashSet, fmt};

/// Acts on one ticket that can be under way at once.
pub(crate) const MOST_AT_ONCE: usize = 128;

/// A member, by number.
pub(crate) type Member = u32;

/// What a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Free,
    Held(Member),
    Purchased(Member),
}

/// What is done with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Hold,
    Free,
    Purchase,
    Look,
}

/// Why a step was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    Held,
    Purchased,
    NotHeld,
    NotHolder,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// It was refused, for a reason if one was understood.
    Refused(Option<Reason>),
    /// This was the state.
    Saw(State),
    /// There was no answer: it may have happened, or may yet.
    Unknown,
}

/// One act of a member on a ticket. Stamps are of one clock for all: an act
/// whose `answered` is less than the `asked` of another was over before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act {
    pub(crate) asked: u64,
    pub(crate) answered: u64,
    pub(crate) member: Member,
    pub(crate) step: Step,
    pub(crate) outcome: Outcome,
}

impl State {
    /// What becomes of it; `None` if the rules forbid the step.
    fn after(self, step: Step, member: Member) -> Option<Self> {
        match (self, step) {
            (Self::Free, Step::Hold) => Some(Self::Held(member)),
            (Self::Held(holder), Step::Free) if holder == member => Some(Self::Free),
            (Self::Held(holder), Step::Purchase) if holder == member => {
                Some(Self::Purchased(member))
            }
            (_, Step::Look) => Some(self),
            _ => None,
        }
    }

    /// Why the rules forbid a step.
    fn reason(self, step: Step, member: Member) -> Option<Reason> {
        match self {
            _ if self.after(step, member).is_some() => None,
            Self::Purchased(_) => Some(Reason::Purchased),
            Self::Held(_) if step == Step::Hold => Some(Reason::Held),
            Self::Held(_) => Some(Reason::NotHolder),
            Self::Free => Some(Reason::NotHeld),
        }
    }
}

impl Act {
    /// Whether it changes nothing and fits a ticket in this state.
    fn is_seen_in(&self, state: State) -> bool {
        match self.outcome {
            Outcome::Saw(seen) => seen == state,
            Outcome::Refused(said) => {
                let reason = state.reason(self.step, self.member);
                reason.is_some() && (said.is_none() || said == reason)
            }
            Outcome::Done | Outcome::Unknown => false,
        }
    }

    /// What it makes of a ticket in this state, if it can have changed it.
    fn changes(&self, state: State) -> Option<State> {
        let may = matches!(self.outcome, Outcome::Done | Outcome::Unknown);
        state.after(self.step, self.member).filter(|_| may)
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            asked,
            answered,
            member,
            step,
            outcome,
        } = self;
        write!(
            f,
            "{step:?} by member {member} ({asked} to {answered}): {outcome:?}"
        )
    }
}

/// The states that a ticket may be in, each with the acts under way that have
/// happened already, as bits by their slots.
type Worlds = HashSet<(State, u128)>;

/// Walks through the acts on a ticket that was free when it was made, and says
/// in which states it may be in the end.
///
/// # Errors
/// The first answer that fits nowhere, with those before it.
pub(crate) fn check(acts: &[Act]) -> Result<Vec<State>, String> {
    let mut moments: Vec<(u64, bool, usize)> = Vec::with_capacity(2 * acts.len());
    for (place, act) in acts.iter().enumerate() {
        moments.push((act.asked, false, place));
        if act.outcome != Outcome::Unknown {
            moments.push((act.answered, true, place));
        }
    }
    moments.sort_unstable();
    let mut worlds = Worlds::from([(State::Free, 0)]);
    // Acts under way, by slot.
    let mut under_way: Vec<Option<usize>> = Vec::new();
    for (_, is_answer, place) in moments {
        let act = &acts[place];
        if !is_answer {
            let free = under_way.iter().position(Option::is_none);
            let slot = free.unwrap_or(under_way.len());
            if slot == MOST_AT_ONCE {
                return Err(format!(
                    "more than {MOST_AT_ONCE} acts at once: none is judged"
                ));
            }
            if slot == under_way.len() {
                under_way.push(None);
            }
            under_way[slot] = Some(place);
            if !matches!(act.outcome, Outcome::Done | Outcome::Unknown) {
                worlds = worlds
                    .into_iter()
                    .map(|(state, happened)| {
                        let now = u128::from(act.is_seen_in(state)) << slot;
                        (state, happened | now)
                    })
                    .collect();
            }
            continue;
        }
        let Some(slot) = under_way.iter().position(|&one| one == Some(place)) else {
            continue;
        };
        let bit = 1 << slot;
        worlds = explore(&worlds, &under_way, acts, Some(bit));
        worlds = worlds
            .into_iter()
            .map(|(state, happened)| (state, happened & !bit))
            .collect();
        under_way[slot] = None;
        if worlds.is_empty() {
            return Err(explain(acts, place));
        }
    }
    let worlds = explore(&worlds, &under_way, acts, None);
    let states: HashSet<State> = worlds.into_iter().map(|(state, _)| state).collect();
    Ok(states.into_iter().collect())
}

/// All worlds that can follow by acts under way; with `wanted` only the first
/// ones in which that act has happened.
fn explore(
    worlds: &Worlds,
    under_way: &[Option<usize>],
    acts: &[Act],
    wanted: Option<u128>,
) -> Worlds {
    let mut found = Worlds::new();
    let mut seen = worlds.clone();
    let mut todo: Vec<(State, u128)> = worlds.iter().copied().collect();
    while let Some((state, happened)) = todo.pop() {
        if wanted.is_none_or(|bit| happened & bit != 0) {
            found.insert((state, happened));
            if wanted.is_some() {
                continue;
            }
        }
        let waiting = under_way.iter().enumerate();
        let waiting = waiting.filter_map(|(slot, place)| Some((slot, acts[(*place)?])));
        for (slot, act) in waiting.clone() {
            let Some(next) = act.changes(state).filter(|_| happened & 1 << slot == 0) else {
                continue;
            };
            // What changes nothing may as well happen as soon as it fits.
            let fits = waiting
                .clone()
                .filter(|(_, other)| other.is_seen_in(next))
                .fold(0, |bits, (slot, _)| bits | 1 << slot);
            let world = (next, happened | 1 << slot | fits);
            if seen.insert(world) {
                todo.push(world);
            }
        }
    }
    found
}

fn explain(acts: &[Act], place: usize) -> String {
    const SHOWN: usize = 6;
    let act = &acts[place];
    let mut before: Vec<&Act> = acts
        .iter()
        .filter(|other| other.asked < act.answered && !std::ptr::eq(*other, act))
        .collect();
    before.sort_unstable_by_key(|act| act.asked);
    let from = before.len().saturating_sub(SHOWN);
    let before: Vec<String> = before[from..].iter().map(ToString::to_string).collect();
    format!("{act} fits no order; before it: {}", before.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn act(times: (u64, u64), member: Member, step: Step, outcome: Outcome) -> Act {
        Act {
            asked: times.0,
            answered: times.1,
            member,
            step,
            outcome,
        }
    }

    fn refused(reason: Reason) -> Outcome {
        Outcome::Refused(Some(reason))
    }

    #[test]
    fn one_after_the_other_is_judged_by_the_rules() {
        let right = [
            act((1, 2), 7, Step::Hold, Outcome::Done),
            act((3, 4), 8, Step::Hold, refused(Reason::Held)),
            act((5, 6), 8, Step::Purchase, refused(Reason::NotHolder)),
            act((7, 8), 7, Step::Free, Outcome::Done),
            act((9, 10), 7, Step::Free, refused(Reason::NotHeld)),
            act((11, 12), 8, Step::Hold, Outcome::Done),
            act((13, 14), 7, Step::Look, Outcome::Saw(State::Held(8))),
            act((15, 16), 8, Step::Purchase, Outcome::Done),
            act((17, 18), 7, Step::Hold, Outcome::Refused(None)),
        ];
        assert_eq!(check(&right), Ok(vec![State::Purchased(8)]));
        for wrong in [
            act((19, 20), 7, Step::Hold, Outcome::Done),
            act((19, 20), 7, Step::Purchase, Outcome::Done),
            act((19, 20), 8, Step::Free, Outcome::Done),
            act((19, 20), 8, Step::Hold, refused(Reason::Held)),
            act((19, 20), 8, Step::Look, Outcome::Saw(State::Purchased(7))),
        ] {
            let all = [&right[..], &[wrong]].concat();
            let why = check(&all).unwrap_err();
            assert!(why.starts_with(&wrong.to_string()), "{why}");
        }
    }

    #[test]
    fn at_the_same_time_either_may_be_first_but_not_both() {
        let one = act((1, 4), 1, Step::Hold, Outcome::Done);
        let other = act((2, 3), 2, Step::Hold, refused(Reason::Held));
        assert_eq!(check(&[one, other]), Ok(vec![State::Held(1)]));
        let both = act((2, 3), 2, Step::Hold, Outcome::Done);
        assert!(check(&[one, both]).is_err());
        let neither = [act((1, 4), 1, Step::Hold, refused(Reason::Held)), other];
        assert!(check(&neither).is_err());
        // Held, freed and held again, all at once.
        let freed = act((1, 9), 1, Step::Free, Outcome::Done);
        assert_eq!(check(&[one, both, freed]), Ok(vec![State::Held(2)]));
    }

    #[test]
    fn what_was_not_answered_may_have_happened_or_not() {
        let lost = act((1, 2), 1, Step::Hold, Outcome::Unknown);
        let mut states = check(&[lost]).unwrap();
        states.sort_by_key(|state| *state != State::Free);
        assert_eq!(states, [State::Free, State::Held(1)]);
        let other = act((5, 6), 2, Step::Hold, refused(Reason::Held));
        assert_eq!(check(&[lost, other]), Ok(vec![State::Held(1)]));
        // But it cannot have happened before it was asked.
        let early = act((0, 0), 2, Step::Hold, refused(Reason::Held));
        assert!(check(&[lost, early]).is_err());
    }

    fn steps() -> impl Strategy<Value = Step> {
        prop::sample::select(vec![Step::Hold, Step::Free, Step::Purchase, Step::Look])
    }

    /// What a right server answers, each at its turn.
    fn played(script: &[(Step, Member, u64, u64)]) -> Vec<Act> {
        let mut state = State::Free;
        let mut acts = Vec::new();
        for (turn, &(step, member, before, after)) in (0..).zip(script) {
            let outcome = match state.after(step, member) {
                _ if step == Step::Look => Outcome::Saw(state),
                Some(next) => {
                    state = next;
                    Outcome::Done
                }
                None => Outcome::Refused(state.reason(step, member)),
            };
            let turn = 100 + 10 * turn;
            acts.push(act((turn - before, turn + after), member, step, outcome));
        }
        acts
    }

    fn scripts(spread: u64) -> impl Strategy<Value = Vec<(Step, Member, u64, u64)>> {
        prop::collection::vec((steps(), 0_u32..3, 0..=spread, 0..=spread), 1..40)
    }

    proptest! {
        #[test]
        fn a_right_server_is_never_accused(script in scripts(45)) {
            let acts = played(&script);
            prop_assert!(check(&acts).is_ok(), "{acts:#?}");
        }

        /// Without acts at the same time there is one order, and one right answer.
        #[test]
        fn one_wrong_answer_is_always_found(script in scripts(4), place: prop::sample::Index) {
            let mut acts = played(&script);
            let place = place.index(acts.len());
            acts[place].outcome = match acts[place].outcome {
                Outcome::Done => Outcome::Refused(None),
                Outcome::Refused(_) => Outcome::Done,
                Outcome::Saw(State::Free) => Outcome::Saw(State::Held(0)),
                _ => Outcome::Saw(State::Free),
            };
            prop_assert!(check(&acts).is_err(), "{acts:#?}");
        }
    }
}
