//! At the end: do all answers about each ticket fit together, and does the
//! server say the same?

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
};

use super::{
    pools::Pools,
    venue::{Clerk, Seen, Venue},
    worker::{say, state},
};
use crate::{check, check::State, progress::Bar};

/// At most so many tickets are asked for one by one.
const LOOKED_AT: u32 = 1_000;
/// A member's list may be cut, but not below this.
const SHORTEST_LIST: usize = 100;

/// The states that each ticket may be in, by number.
pub(super) type Finals = Vec<Vec<State>>;

/// Finds for every ticket an order that explains all answers.
///
/// # Errors
/// The first ticket without one.
pub(super) fn histories<V: Venue>(
    pools: &Pools<V::Id>,
    threads: usize,
    bar: &Bar,
) -> Result<Finals, String> {
    let made = pools.tickets.len();
    let next = AtomicU32::new(0);
    let check = || {
        let mut found = Vec::new();
        loop {
            let ticket = next.fetch_add(1, Relaxed);
            if ticket >= made {
                return Ok(found);
            }
            bar.show(ticket as usize);
            let states = check::history::check(&pools.acts(ticket));
            let states = states.map_err(|why| {
                let id = pools.tickets.id(ticket);
                format!("ticket {id}: {why}")
            })?;
            found.push((ticket, states));
        }
    };
    let parts: Result<Vec<_>, String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(check)).collect();
        threads.into_iter().map(crate::fleet::join).collect()
    });
    let mut all: Vec<(u32, Vec<State>)> = parts?.into_iter().flatten().collect();
    all.sort_unstable_by_key(|(ticket, _)| *ticket);
    Ok(all.into_iter().map(|(_, states)| states).collect())
}

/// Compares with what the venue says: its list of tickets, single tickets, and
/// what its members have.
///
/// # Errors
/// The first difference, or why there was no answer.
pub(super) fn view<V: Venue>(
    venue: &V,
    pools: &Pools<V::Id>,
    finals: &Finals,
) -> Result<(), String> {
    let mut clerk = venue.clerk();
    let mut shown = HashMap::new();
    let mut after = None;
    loop {
        let page = clerk.page(&pools.section, after.as_ref())?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for seen in page {
            let number = settle(pools, finals, &seen)?;
            if shown.insert(number, seen).is_some() {
                return Err(format!(
                    "the list has ticket {} twice",
                    pools.tickets.id(number)
                ));
            }
        }
    }
    let made = pools.tickets.len();
    if let Some(missing) = (0..made).find(|number| !shown.contains_key(number)) {
        return Err(format!(
            "the list is without ticket {}",
            pools.tickets.id(missing)
        ));
    }
    let stride = made.div_ceil(LOOKED_AT).max(1);
    if pools.members.len() > 0 {
        let anyone = pools.members.id(0);
        for number in (0..made).step_by(stride as usize) {
            let id = pools.tickets.id(number);
            let answer = clerk.step(&id, &anyone, check::Step::Look)?;
            if answer != super::venue::Answer::Ticket(shown[&number].clone()) {
                return Err(format!(
                    "the list has {}, asked for alone it is {answer:?}",
                    say(&shown[&number])
                ));
            }
        }
    }
    members(&mut clerk, pools, &shown)
}

/// The number of a ticket that was shown, if it may be so.
fn settle<Id>(pools: &Pools<Id>, finals: &Finals, seen: &Seen<Id>) -> Result<u32, String>
where
    Id: Clone + Eq + std::hash::Hash + std::fmt::Display,
{
    let number = pools.tickets.number(&seen.id);
    let number = number.ok_or_else(|| format!("nobody has made {}", say(seen)))?;
    let is_right = state(pools, seen).is_some_and(|state| finals[number as usize].contains(&state))
        && seen.place == pools.place_of(number);
    if is_right {
        return Ok(number);
    }
    Err(format!(
        "in the end there is {}, by the answers it is {:?} (members by number)",
        say(seen),
        finals[number as usize]
    ))
}

/// Compares what each member has with whose each ticket is.
fn members<C: Clerk>(
    clerk: &mut C,
    pools: &Pools<C::Id>,
    shown: &HashMap<u32, Seen<C::Id>>,
) -> Result<(), String>
where
    C::Id: Clone + Eq + std::hash::Hash + std::fmt::Display,
{
    let mut owned: HashMap<&C::Id, usize> = HashMap::new();
    for member in shown.values().filter_map(|seen| seen.member.as_ref()) {
        *owned.entry(member).or_default() += 1;
    }
    for number in 0..pools.members.len() {
        let member = pools.members.id(number);
        let own = clerk.tickets_of(&member)?;
        for ticket in &own {
            let seen = pools
                .tickets
                .number(ticket)
                .and_then(|number| shown.get(&number));
            if seen.is_none_or(|seen| seen.member.as_ref() != Some(&member)) {
                return Err(format!(
                    "member {member} has ticket {ticket}, which is not theirs"
                ));
            }
        }
        let least = owned.get(&member).copied().unwrap_or(0).min(SHORTEST_LIST);
        if own.len() < least {
            let count = own.len();
            return Err(format!(
                "member {member} has {least} tickets at least, shown are {count}"
            ));
        }
    }
    Ok(())
}
