//! The closed loop: every connection checks out two seats that nobody else
//! wants, again and again; or looks at seat maps.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{
    answer::{Checkout, field},
    booking::Booking,
    buyer::check_prices,
    crowd::{length, look, said},
    event::Event,
    request::{Card, Requests, Wish},
    step::{KINDS, Outcome, Step},
};
use crate::{
    check::Register,
    conn::{Fault, Outbox},
    engine::Workload,
    http::{Framed, frame},
    load::{Desk, Kind, Knobs, Part, Place, Subject},
    plan::choice::View,
};

/// Seats of one checkout.
pub(super) const PAIR: u32 = 2;

/// What all threads share.
#[derive(Debug)]
pub(super) struct Halls {
    pub(super) events: Vec<(Event, Register)>,
    /// Looks at the map in each checkout.
    pub(super) looks: u8,
    /// Connections that check out; the others look at maps.
    pub(super) buyers: usize,
    /// Whether watchers ask only for what has changed.
    pub(super) conditional: bool,
    pub(super) timeout: Duration,
    /// Pairs of seats that were given out.
    pub(super) given: AtomicU64,
}

impl Subject for Halls {
    const KINDS: &'static [Kind] = KINDS;
    const KNOBS: Knobs = Knobs {
        less: "--connections or --looks",
        room: "--connections",
        longer: "longer (--duration)",
    };

    fn unpaid(&self) -> Option<String> {
        None
    }
}

impl Halls {
    /// The next pair of seats: which event, and the first seat. Events take
    /// turns.
    fn pair(&self) -> Option<(usize, u32)> {
        let number = self.given.fetch_add(1, Relaxed) as usize;
        let (event, pair) = (number % self.events.len(), number / self.events.len());
        let first = u32::try_from(pair).ok()?.checked_mul(PAIR)?;
        let fits = (first + PAIR) as usize <= self.events[event].0.capacity();
        fits.then_some((event, first))
    }
}

/// A request on its way: what, and when it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    step: Step,
    event: usize,
    at: u64,
}

/// What one connection is doing.
#[derive(Debug)]
enum Role {
    Buyer(Basket),
    Watcher(Box<Watcher>),
    /// No seats are left.
    Done,
}

#[derive(Debug)]
struct Watcher {
    event: usize,
    view: View,
    /// The tag of the last map, if it is to be sent back.
    tag: Option<String>,
}

#[derive(Debug)]
struct Basket {
    event: usize,
    first: u32,
    token: Box<str>,
    next: Step,
    looks: u8,
}

/// One thread's connections.
#[derive(Debug)]
pub(super) struct Flow<'a> {
    desk: Desk<'a, Halls>,
    halls: &'a Halls,
    requests: Requests,
    roles: Vec<Role>,
    end: Option<u64>,
    /// With their events.
    pub(super) bookings: Vec<(usize, Booking)>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(desk: Desk<'a, Halls>, requests: Requests, place: &Place) -> Self {
        let halls = desk.shared.scenario;
        let roles = (0..place.clients).map(|client| {
            // The deal of the connections, backwards.
            let connection = client * place.engines + place.engine;
            match connection.checked_sub(halls.buyers) {
                None => basket(halls),
                Some(watcher) => {
                    let event = watcher % halls.events.len();
                    let view = View::new(&halls.events[event].0.rows);
                    let tag = None;
                    Role::Watcher(Box::new(Watcher { event, view, tag }))
                }
            }
        });
        Self {
            roles: roles.collect(),
            halls,
            desk,
            requests,
            end: place.end,
            bookings: Vec::new(),
        }
    }

    fn take(
        &mut self,
        client: usize,
        sent: &Sent,
        reply: &[u8],
        now: u64,
    ) -> Result<Outcome, String> {
        let Framed::Whole {
            status, body, end, ..
        } = frame(reply)
        else {
            return Err("that is no reply".to_owned());
        };
        let body = &reply[body..end];
        let halls = self.halls;
        let basket = match &mut self.roles[client] {
            Role::Buyer(basket) => basket,
            Role::Watcher(watcher) => {
                if halls.conditional && status == 200 {
                    watcher.tag = field(reply, "etag").map(str::to_owned);
                }
                return look(status, body, &mut watcher.view);
            }
            Role::Done => return Err("nothing was asked".to_owned()),
        };
        if matches!(status, 429 | 503) {
            return Ok(Outcome::Busy);
        }
        let (event, register) = &halls.events[basket.event];
        if basket.next == Step::Look {
            basket.looked(halls);
            return if status == 200 {
                Ok(Outcome::Map)
            } else {
                Err("that is no map".to_owned())
            };
        }
        let expected = if basket.next == Step::Enter { 201 } else { 200 };
        let checkout = Checkout::read(body).filter(|_| status == expected);
        let checkout = checkout.ok_or_else(|| "that is no answer to it".to_owned())?;
        let number = basket.number(halls);
        let pair: Vec<u32> = (basket.first..basket.first + PAIR).collect();
        match (basket.next, &*checkout.state) {
            (Step::Enter, "admitted") => {
                basket.token = checkout.token.into();
                basket.looks = halls.looks;
                basket.next = if halls.looks > 0 {
                    Step::Look
                } else {
                    Step::Hold
                };
                Ok(Outcome::Admitted)
            }
            (Step::Hold, "admitted") if checkout.seats() == pair => {
                check_prices(&checkout, event)?;
                register.hold(number, &pair, sent.at)?;
                basket.next = Step::Pay;
                Ok(Outcome::Held)
            }
            (Step::Pay, "completed") if checkout.seats() == pair => {
                check_prices(&checkout, event)?;
                register.book(number, &pair, now)?;
                let booking = Booking {
                    token: std::mem::take(&mut basket.token),
                    reference: checkout.booking.unwrap_or_default().into(),
                    seats: pair,
                    total: checkout.total,
                    at: now,
                };
                self.bookings.push((basket.event, booking));
                self.roles[client] = self::basket(halls);
                Ok(Outcome::Booked)
            }
            (_, state) => Err(format!("{state} is not what follows, with seats {pair:?}")),
        }
    }

    fn lose(&mut self, client: usize, sent: &Sent) {
        if let Role::Buyer(basket) = &self.roles[client] {
            if sent.step == Step::Pay {
                self.halls.events[basket.event].1.lose(PAIR as usize);
            }
            self.roles[client] = self::basket(self.halls);
        }
    }
}

/// The next checkout, if seats are left.
fn basket(halls: &Halls) -> Role {
    halls.pair().map_or(Role::Done, |(event, first)| {
        Role::Buyer(Basket {
            event,
            first,
            token: "".into(),
            next: Step::Enter,
            looks: 0,
        })
    })
}

impl Basket {
    fn looked(&mut self, halls: &Halls) {
        debug_assert!(self.looks <= halls.looks);
        self.looks = self.looks.saturating_sub(1);
        if self.looks == 0 {
            self.next = Step::Hold;
        }
    }

    /// What the buyer of this pair is called.
    fn number(&self, halls: &Halls) -> u32 {
        (self.first / PAIR) * halls.events.len() as u32 + self.event as u32
    }
}

impl AsMut<Part> for Flow<'_> {
    fn as_mut(&mut self) -> &mut Part {
        &mut self.desk.part
    }
}

impl Workload for Flow<'_> {
    type Tag = Sent;

    const LONGEST_REPLY: usize = 4 << 20;

    fn refill(&mut self, client: usize, outbox: &mut Outbox<'_, Sent>, now: Instant) {
        let at = self.desk.nanos(now);
        let is_over = self.end.is_some_and(|end| at >= end);
        if outbox.unanswered() > 0 || is_over || self.desk.is_stopping() {
            return;
        }
        let Self {
            roles,
            requests,
            halls,
            ..
        } = self;
        let (step, event) = match &roles[client] {
            Role::Done => return,
            Role::Watcher(watcher) => (Step::Look, watcher.event),
            Role::Buyer(basket) => (basket.next, basket.event),
        };
        outbox.put(|out| {
            match &roles[client] {
                Role::Watcher(watcher) => {
                    let id = &halls.events[watcher.event].0.id;
                    requests.look(id, watcher.tag.as_deref(), out);
                }
                Role::Buyer(basket) => {
                    let (id, token) = (&halls.events[basket.event].0.id, &basket.token);
                    let pair = [basket.first, basket.first + 1];
                    match step {
                        Step::Enter => requests.enter(id, out),
                        Step::Look => requests.look(id, None, out),
                        Step::Hold => requests.hold(token, Wish::Seats(&pair), out),
                        _ => requests.pay(token, Card::Ok, basket.number(halls), out),
                    }
                }
                Role::Done => {}
            }
            Sent { step, event, at }
        });
        self.desk.part.offered(at, false);
        self.desk.part.sent(at, at);
    }

    fn frame(&self, unread: &[u8]) -> Option<usize> {
        length(unread)
    }

    fn reply(&mut self, client: usize, sent: Sent, reply: &[u8], now: Instant) {
        let now = self.desk.nanos(now);
        let kind = self.take(client, &sent, reply, now).and_then(|outcome| {
            sent.step
                .kind(outcome)
                .ok_or_else(|| "that cannot be".to_owned())
        });
        match kind {
            Ok(kind) => self.desk.answered(kind, sent.at, sent.at, now),
            Err(why) => {
                self.desk.part.failed(sent.at);
                let (step, reply) = (sent.step.name(), said(reply));
                self.desk.wrong(format!("{step} got {reply}: {why}"));
            }
        }
    }

    fn fault(&mut self, client: usize, unanswered: &VecDeque<Sent>, fault: Fault) {
        let mut reason = fault.to_string();
        for sent in unanswered {
            reason = format!("{}: {fault}", sent.step.name());
            self.lose(client, sent);
            self.desk.part.failed(sent.at);
        }
        if matches!(fault, Fault::NoReply(_)) {
            // The loop stands still without this reply: there is no load left.
            let timeout = humantime::format_duration(self.halls.timeout);
            self.desk
                .wrong(format!("{reason} (no reply within {timeout})"));
        } else {
            self.desk.lost(&fault, reason);
        }
    }

    fn abandon(&mut self, unanswered: &VecDeque<Sent>) {
        for sent in unanswered {
            if sent.step == Step::Pay {
                self.halls.events[sent.event].1.lose(PAIR as usize);
            }
            self.desk.part.failed(sent.at);
        }
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
        assert!(Halls::KNOBS.are_of("checkouts"));
    }
}
