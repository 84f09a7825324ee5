//! The open loop: buyers come by the clock, and their steps are due as they
//! follow; a step that is due takes the connection that has been free for
//! longest, or waits for one.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    iter::Peekable,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use super::{
    answer::{Map, retry_after},
    booking::Booking,
    buyer::{Answer, Buyer, Ended, Manners, Surroundings, Will},
    event::Event,
    request::{Card, Requests},
    step::{KINDS, Outcome, Step},
};
use crate::{
    check::Register,
    conn::{Fault, Outbox},
    engine::Workload,
    http::{Framed, frame, quote},
    load::{Desk, Kind, Knobs, ON_TIME, Part, Subject},
    plan::{choice::View, purchase::Quantities, schedule::Schedule},
};

/// Seat maps are the longest replies: 3 bytes of overhead for each row.
const LONGEST_REPLY: usize = 4 << 20;
/// Keeps the numbers of neighbours' draws apart.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
/// Stands for an onlooker.
const ONLOOKER: u32 = u32::MAX;

/// What all threads share.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) event: Event,
    pub(super) register: Register,
    pub(super) manners: Manners,
    pub(super) party: Quantities,
    /// Percents: abandon, vanish, first card declined.
    pub(super) shares: [u8; 3],
    pub(super) seed: u64,
    /// Nothing new is sent from then on, in nanoseconds from the start.
    pub(super) limit: u64,
    /// How many are in the line and inside now.
    pub(super) queued: AtomicU64,
    pub(super) inside: AtomicU64,
}

impl Subject for Crowd {
    const KINDS: &'static [Kind] = KINDS;
    const KNOBS: Knobs = Knobs {
        less: "--buyers, or let them come over a longer time (--over)",
        room: "--connections",
        longer: "with more --buyers",
    };

    fn unpaid(&self) -> Option<String> {
        None
    }

    fn progress(&self) -> Option<String> {
        Some(format!(
            "{} of {} sold, {} in line, {} inside ",
            self.register.sold(),
            self.register.capacity(),
            self.queued.load(Relaxed),
            self.inside.load(Relaxed),
        ))
    }
}

impl Crowd {
    /// Draws a buyer; the same for the same number.
    fn buyer(&self, number: u64, came: u64) -> Buyer {
        let own = number.wrapping_add(1).wrapping_mul(GOLDEN);
        let mut rng = fastrand::Rng::with_seed(self.seed ^ own);
        let party = rng.u32(self.party.low..=self.party.high);
        let [abandon, vanish, declined] = self.shares;
        let will = match rng.u8(0..100) {
            draw if draw < abandon => Will::Abandon,
            draw if draw < abandon.saturating_add(vanish) => Will::Vanish,
            _ => Will::Buy,
        };
        let card = if rng.u8(0..100) < declined {
            Card::Declined
        } else {
            Card::Ok
        };
        let tries = self.manners.tries;
        Buyer::new(number as u32, came, party, (will, card), tries, rng)
    }
}

/// A request on its way. Times are nanoseconds from the start of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// The buyer's place in this thread's list, or [`ONLOOKER`].
    who: u32,
    step: Step,
    intended: u64,
    at: u64,
}

/// One thread's share of the crowd.
#[derive(Debug)]
pub(super) struct Stand<'a> {
    desk: Desk<'a, Crowd>,
    crowd: &'a Crowd,
    requests: Requests,
    pub(super) buyers: Vec<Buyer>,
    pub(super) bookings: Vec<Booking>,
    view: View,
    arrivals: Peekable<Schedule>,
    onlookers: Peekable<Schedule>,
    /// Steps that are due later: when, and whose.
    agenda: BinaryHeap<Reverse<(u64, u32)>>,
    /// Steps that are due and wait for a connection: since when, and whose.
    waiting: VecDeque<(u64, u32)>,
    /// Buyers who are not done.
    active: usize,
    /// Connections that are free, the one that has been for longest first.
    ready: VecDeque<usize>,
    is_ready: Vec<bool>,
    /// Since when there has been somebody in `ready`.
    room_since: u64,
    started: Instant,
}

impl<'a> Stand<'a> {
    pub(super) fn new(
        desk: Desk<'a, Crowd>,
        requests: Requests,
        clients: usize,
        onlookers: Schedule,
        arrivals: Schedule,
    ) -> Self {
        let crowd = desk.shared.scenario;
        let started = desk.moment(0);
        Self {
            desk,
            crowd,
            requests,
            buyers: Vec::new(),
            bookings: Vec::new(),
            view: View::new(&crowd.event.rows),
            arrivals: arrivals.peekable(),
            onlookers: onlookers.peekable(),
            agenda: BinaryHeap::new(),
            waiting: VecDeque::new(),
            active: 0,
            ready: VecDeque::with_capacity(clients),
            is_ready: vec![false; clients],
            room_since: 0,
            started,
        }
    }

    /// Whether nothing new is to be sent.
    fn is_over(&mut self, now: u64) -> bool {
        let is_over = self.desk.is_stopping() || now >= self.crowd.limit;
        if is_over {
            self.waiting.clear();
            self.agenda.clear();
        }
        is_over
    }

    fn is_selling(&mut self) -> bool {
        self.active > 0 || self.arrivals.peek().is_some()
    }

    /// Takes what is due by `now` into the queue for a connection.
    fn admit(&mut self, now: u64) {
        while let Some(arrival) = self.arrivals.next_if(|arrival| arrival.nanos <= now) {
            let who = self.buyers.len() as u32;
            self.buyers
                .push(self.crowd.buyer(arrival.number, arrival.nanos));
            self.active += 1;
            self.waiting(arrival.nanos, who, now);
        }
        while let Some(&Reverse((due, who))) = self.agenda.peek()
            && due <= now
        {
            self.agenda.pop();
            self.waiting(due, who, now);
        }
        if self.is_selling() {
            while let Some(arrival) = self.onlookers.next_if(|arrival| arrival.nanos <= now) {
                self.waiting(arrival.nanos, ONLOOKER, now);
            }
        }
    }

    fn waiting(&mut self, due: u64, who: u32, now: u64) {
        let noticed = now - due.max(self.room_since).min(now);
        let overslept = !self.ready.is_empty() && noticed > ON_TIME;
        self.desk.part.offered(due, overslept);
        self.waiting.push_back((due, who));
    }

    fn send(&mut self, intended: u64, who: u32, at: u64, outbox: &mut Outbox<'_, Sent>) {
        self.desk.part.sent(intended, at);
        let Self {
            buyers,
            requests,
            crowd,
            ..
        } = self;
        outbox.put(|out| {
            let step = if let Some(buyer) = buyers.get(who as usize) {
                buyer.write(requests, &crowd.event, out);
                buyer.next
            } else {
                requests.look(&crowd.event.id, None, out);
                Step::Look
            };
            Sent {
                who,
                step,
                intended,
                at,
            }
        });
    }

    /// Takes a reply to a buyer or an onlooker: its outcome.
    fn take(&mut self, sent: &Sent, reply: &[u8], now: u64) -> Result<Outcome, String> {
        let Framed::Whole {
            status, body, end, ..
        } = frame(reply)
        else {
            return Err("that is no reply".to_owned());
        };
        let body = &reply[body..end];
        let is_busy = matches!(status, 429 | 503);
        let retry_after = if is_busy || sent.step == Step::Poll || sent.step == Step::Enter {
            retry_after(reply).map(|seconds| seconds * 1_000_000_000)
        } else {
            None
        };
        let Some(buyer) = self.buyers.get_mut(sent.who as usize) else {
            return look(status, body, &mut self.view);
        };
        let before = standing(buyer);
        let mut around = Surroundings {
            manners: self.crowd.manners,
            event: &self.crowd.event,
            register: &self.crowd.register,
            view: &mut self.view,
            bookings: &mut self.bookings,
        };
        let answer = Answer {
            status,
            body,
            retry_after,
            sent: sent.at,
            now,
        };
        let (outcome, next) = buyer.react(answer, &mut around)?;
        let (queued, inside) = standing(buyer);
        publish(&self.crowd.queued, before.0, queued);
        publish(&self.crowd.inside, before.1, inside);
        match next {
            Some(due) if due <= now => self.waiting(due, sent.who, now),
            Some(due) => self.agenda.push(Reverse((due, sent.who))),
            None => self.active -= 1,
        }
        Ok(outcome)
    }

    /// Notes that a request will get no reply: it may have been carried out.
    fn lose(&mut self, sent: &Sent) {
        if let Some(buyer) = self.buyers.get_mut(sent.who as usize) {
            if sent.step == Step::Pay {
                self.crowd.register.lose(buyer.seats());
            }
            let (queued, inside) = standing(buyer);
            publish(&self.crowd.queued, queued, false);
            publish(&self.crowd.inside, inside, false);
            buyer.ended = Some(Ended::Lost);
            self.active -= 1;
        }
    }

    fn say(&self, sent: &Sent) -> String {
        let step = sent.step.name();
        match self.buyers.get(sent.who as usize) {
            Some(buyer) => format!("{step} of buyer {}", buyer.number),
            None => format!("{step} of an onlooker"),
        }
    }
}

/// Whether a buyer is in the line, and inside.
fn standing(buyer: &Buyer) -> (bool, bool) {
    let is_there = buyer.ended.is_none() && buyer.record.entered.is_some();
    let is_inside = buyer.record.admitted.is_some();
    (is_there && !is_inside, is_there && is_inside)
}

fn publish(count: &AtomicU64, before: bool, after: bool) {
    match (before, after) {
        (false, true) => {
            count.fetch_add(1, Relaxed);
        }
        (true, false) => {
            count.fetch_sub(1, Relaxed);
        }
        _ => {}
    }
}

/// Takes a reply to a look that nobody acts upon.
pub(super) fn look(status: u16, body: &[u8], view: &mut View) -> Result<Outcome, String> {
    match status {
        304 => return Ok(Outcome::Same),
        429 | 503 => return Ok(Outcome::Busy),
        _ => {}
    }
    let map = Map::read(body).filter(|_| status == 200);
    let map = map.ok_or_else(|| "that is no map".to_owned())?;
    let taken = view.take(map.version, &map.rows);
    taken.map_err(|_| "that is no map of the plan".to_owned())?;
    Ok(Outcome::Map)
}

/// A reply in words.
pub(super) fn said(reply: &[u8]) -> String {
    match frame(reply) {
        Framed::Whole {
            status, body, end, ..
        } => quote(status, &reply[body..end]),
        _ => reply.trim_ascii_end().escape_ascii().to_string(),
    }
}

/// How many bytes the first response has; what is none is taken whole.
pub(super) fn length(unread: &[u8]) -> Option<usize> {
    match frame(unread) {
        Framed::Whole { end, .. } => Some(end),
        Framed::Part => None,
        Framed::Bad(_) => Some(unread.len()),
    }
}

impl AsMut<Part> for Stand<'_> {
    fn as_mut(&mut self) -> &mut Part {
        &mut self.desk.part
    }
}

impl Workload for Stand<'_> {
    type Tag = Sent;

    const LONGEST_REPLY: usize = LONGEST_REPLY;

    fn refill(&mut self, client: usize, outbox: &mut Outbox<'_, Sent>, now: Instant) {
        let now = self.desk.nanos(now);
        if outbox.unanswered() > 0 || self.is_over(now) {
            return;
        }
        self.admit(now);
        if let Some((intended, who)) = self.waiting.pop_front() {
            self.send(intended, who, now, outbox);
        } else if !self.is_ready[client] {
            if self.ready.is_empty() {
                self.room_since = now;
            }
            self.is_ready[client] = true;
            self.ready.push_back(client);
        }
    }

    fn frame(&self, unread: &[u8]) -> Option<usize> {
        length(unread)
    }

    fn reply(&mut self, _client: usize, sent: Sent, reply: &[u8], now: Instant) {
        let now = self.desk.nanos(now);
        let kind = self.take(&sent, reply, now).and_then(|outcome| {
            sent.step
                .kind(outcome)
                .ok_or_else(|| "that cannot be".to_owned())
        });
        match kind {
            Ok(kind) => self.desk.answered(kind, sent.intended, sent.at, now),
            Err(why) => {
                self.desk.part.failed(sent.intended);
                let (whose, reply) = (self.say(&sent), said(reply));
                self.desk.wrong(format!("{whose} got {reply}: {why}"));
            }
        }
    }

    fn fault(&mut self, _client: usize, unanswered: &VecDeque<Sent>, fault: Fault) {
        let mut reason = fault.to_string();
        for sent in unanswered {
            reason = format!("{}: {fault}", self.say(sent));
            self.lose(sent);
            if matches!(fault, Fault::NoReply(_)) {
                self.desk.part.timed_out(sent.intended);
            } else {
                self.desk.part.failed(sent.intended);
            }
        }
        self.desk.lost(&fault, reason);
    }

    fn abandon(&mut self, unanswered: &VecDeque<Sent>) {
        for sent in unanswered {
            self.lose(sent);
            self.desk.part.failed(sent.intended);
        }
    }

    fn next_sender(&mut self, now: Instant) -> Option<usize> {
        let now = self.desk.nanos(now);
        if self.is_over(now) {
            return None;
        }
        self.admit(now);
        if self.waiting.is_empty() {
            return None;
        }
        let client = self.ready.pop_front()?;
        self.is_ready[client] = false;
        Some(client)
    }

    fn next_due(&mut self) -> Option<Instant> {
        // Without room, a reply is what to wait for.
        self.ready.front()?;
        let arrival = self.arrivals.peek().map(|arrival| arrival.nanos);
        let onlooker = self.onlookers.peek().map(|arrival| arrival.nanos);
        let step = self.agenda.peek().map(|Reverse((due, _))| *due);
        let next = [arrival, onlooker, step].into_iter().flatten().min()?;
        Some(self.desk.moment(next))
    }

    fn wants_more(&mut self) -> bool {
        let now = self.started.elapsed().as_nanos() as u64;
        !self.is_over(now) && self.is_selling()
    }

    fn reconnects(&self) -> bool {
        true
    }

    fn round_done(&mut self, now: Instant) {
        self.desk.round_done(now);
    }

    fn ended(&mut self) {
        self.desk.part.ended();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cures_name_flags_that_there_are() {
        assert!(Crowd::KNOBS.are_of("onsale"));
    }
}
