//! One buyer: what to ask next, by what was answered. Pure: replies and times
//! come in as arguments.

use super::{
    answer::{Checkout, Map, Problem},
    booking::Booking,
    event::Event,
    request::{Card, Requests, Wish},
    step::{Outcome, Step},
};
use crate::{
    check::Register,
    plan::choice::{Choice, View},
};

/// Looks at a map without a free seat, one a second, before a buyer gives up.
const PATIENCE: u8 = 60;
/// The pause before the same is asked again, unless the server says another.
pub(super) const PAUSE: u64 = 1_000_000_000;

/// How buyers behave. Times are nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    pub(super) choice: Choice,
    pub(super) tries: u8,
    pub(super) think: u64,
    pub(super) poll: u64,
}

/// How it ended for a buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Booked,
    Abandoned,
    Vanished,
    SoldOut,
    GaveUp,
    Expired,
    TurnedAway,
    Lost,
}

impl Ended {
    pub(super) const ALL: [Self; 8] = [
        Self::Booked,
        Self::Abandoned,
        Self::Vanished,
        Self::SoldOut,
        Self::GaveUp,
        Self::Expired,
        Self::TurnedAway,
        Self::Lost,
    ];

    /// As the report names it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Abandoned => "abandoned",
            Self::Vanished => "vanished",
            Self::SoldOut => "sold_out",
            Self::GaveUp => "gave_up",
            Self::Expired => "expired",
            Self::TurnedAway => "turned_away",
            Self::Lost => "lost",
        }
    }
}

/// What a buyer does who holds seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Will {
    Buy,
    Abandon,
    Vanish,
}

/// When somebody entered, and was admitted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Record {
    /// When the request was written and when it was answered, in nanoseconds.
    pub(super) entered: Option<(u64, u64)>,
    /// The server's clock in that answer, in microseconds.
    pub(super) entered_at: Option<u64>,
    /// Whether there was a wait in the line.
    pub(super) queued: bool,
    /// The server's time of admission, in microseconds.
    pub(super) admitted_at: Option<u64>,
    /// When the buyer knew of it, in nanoseconds.
    pub(super) admitted: Option<u64>,
    /// When the booking was acknowledged.
    pub(super) booked: Option<u64>,
}

/// A buyer.
#[derive(Debug)]
pub(super) struct Buyer {
    pub(super) number: u32,
    /// When the buyer was meant to come.
    pub(super) came: u64,
    pub(super) record: Record,
    pub(super) ended: Option<Ended>,
    /// What to ask next.
    pub(super) next: Step,
    token: Box<str>,
    /// What is wanted, or held.
    seats: Vec<u32>,
    party: u32,
    will: Will,
    card: Card,
    tries: u8,
    patience: u8,
    rng: fastrand::Rng,
}

/// A reply, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
    /// The seconds of a `Retry-After`, in nanoseconds.
    pub(super) retry_after: Option<u64>,
    /// When the request was written.
    pub(super) sent: u64,
    pub(super) now: u64,
}

/// What a buyer sees besides.
#[derive(Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) manners: Manners,
    pub(super) event: &'a Event,
    pub(super) register: &'a Register,
    pub(super) view: &'a mut View,
    /// Bookings that were acknowledged are put here.
    pub(super) bookings: &'a mut Vec<Booking>,
}

/// What a buyer makes of a reply: its kind, and when the next step is due;
/// `None` if there is none.
pub(super) type Reaction = Result<(Outcome, Option<u64>), String>;

impl Buyer {
    pub(super) fn new(
        number: u32,
        came: u64,
        party: u32,
        (will, card): (Will, Card),
        tries: u8,
        rng: fastrand::Rng,
    ) -> Self {
        Self {
            number,
            came,
            record: Record::default(),
            ended: None,
            next: Step::Enter,
            token: "".into(),
            seats: Vec::new(),
            party,
            will,
            card,
            tries,
            patience: PATIENCE,
            rng,
        }
    }

    /// Seats that the last request asked for, or that are held.
    pub(super) fn seats(&self) -> usize {
        self.seats.len()
    }

    /// Writes the next request.
    pub(super) fn write(&self, requests: &Requests, event: &Event, out: &mut Vec<u8>) {
        match self.next {
            Step::Enter => requests.enter(&event.id, out),
            Step::Poll => requests.poll(&self.token, out),
            Step::Look => requests.look(&event.id, None, out),
            Step::Hold if self.seats.is_empty() => {
                requests.hold(&self.token, Wish::Best(self.party), out);
            }
            Step::Hold => requests.hold(&self.token, Wish::Seats(&self.seats), out),
            Step::Pay => requests.pay(&self.token, self.card, self.number, out),
            Step::Leave => requests.leave(&self.token, out),
        }
    }

    /// Takes the reply to the last request.
    ///
    /// # Errors
    /// Why no correct server could have answered so.
    pub(super) fn react(&mut self, answer: Answer<'_>, around: &mut Surroundings<'_>) -> Reaction {
        match answer.status {
            429 | 503 => {
                let pause = answer.retry_after.unwrap_or(PAUSE);
                return Ok((Outcome::Busy, Some(answer.now + pause)));
            }
            410 if self.next != Step::Enter && self.next != Step::Look => {
                return self.end(Outcome::Over, self.ended.unwrap_or(Ended::Expired));
            }
            _ => {}
        }
        match self.next {
            Step::Enter | Step::Poll => self.waited(answer, around),
            Step::Look => self.looked(answer, around),
            Step::Hold => self.held(answer, around),
            Step::Pay => self.paid(answer, around),
            Step::Leave => match answer.status {
                200 | 204 => self.end(Outcome::Left, self.ended.unwrap_or(Ended::GaveUp)),
                _ => Err(unexpected()),
            },
        }
    }

    fn waited(&mut self, answer: Answer<'_>, around: &Surroundings<'_>) -> Reaction {
        if self.next == Step::Enter && answer.status == 409 {
            return self.end(Outcome::Closed, Ended::TurnedAway);
        }
        let expected = if self.next == Step::Enter { 201 } else { 200 };
        let checkout = Checkout::read(answer.body).filter(|_| answer.status == expected);
        let checkout = checkout.ok_or_else(unexpected)?;
        if self.next == Step::Enter {
            self.token = checkout.token.clone().into();
            self.record.entered = Some((answer.sent, answer.now));
            self.record.entered_at = checkout.answered_at();
        } else if *checkout.token != *self.token {
            return Err("it shows another checkout".to_owned());
        }
        match &*checkout.state {
            "queued" => {
                self.record.queued = true;
                if around.view.is_sold_out() {
                    self.ended = Some(Ended::SoldOut);
                    return self.then(Outcome::Queued, Step::Leave, answer.now);
                }
                let wait = checkout.wait_seconds.map(|wait| (wait * 1e9) as u64);
                let wait = wait.unwrap_or(around.manners.poll).max(PAUSE);
                let pause = answer.retry_after.unwrap_or(wait.min(around.manners.poll));
                self.then(Outcome::Queued, Step::Poll, answer.now + pause)
            }
            "admitted" => {
                self.record.admitted = Some(answer.now);
                self.record.admitted_at = checkout.admitted_at(around.event.session_seconds);
                self.then(
                    Outcome::Admitted,
                    Step::Look,
                    answer.now + around.manners.think,
                )
            }
            "ended" => self.end(Outcome::Over, Ended::Expired),
            state => Err(format!("{state} is not what follows")),
        }
    }

    fn looked(&mut self, answer: Answer<'_>, around: &mut Surroundings<'_>) -> Reaction {
        let map = Map::read(answer.body).filter(|_| answer.status == 200);
        let map = map.ok_or_else(unexpected)?;
        let taken = around.view.take(map.version, &map.rows);
        taken.map_err(|_| "that is no map of the plan".to_owned())?;
        self.choose(Outcome::Map, answer.now, around)
    }

    /// Decides what to hold, by the map.
    fn choose(&mut self, outcome: Outcome, now: u64, around: &Surroundings<'_>) -> Reaction {
        let Manners { choice, think, .. } = around.manners;
        self.seats = around.view.choose(choice, self.party, &mut self.rng);
        if !self.seats.is_empty() {
            let lets_server = choice == Choice::Best || self.tries <= 1;
            if lets_server && around.view.free() > u64::from(self.party) {
                self.seats.clear();
            }
            return self.then(outcome, Step::Hold, now + think);
        }
        if around.view.is_sold_out() {
            self.ended = Some(Ended::SoldOut);
            return self.then(outcome, Step::Leave, now);
        }
        let Some(patience) = self.patience.checked_sub(1) else {
            self.ended = Some(Ended::GaveUp);
            return self.then(outcome, Step::Leave, now);
        };
        self.patience = patience;
        self.then(outcome, Step::Look, now + PAUSE)
    }

    fn held(&mut self, answer: Answer<'_>, around: &mut Surroundings<'_>) -> Reaction {
        if answer.status == 409 {
            return self.refused(answer, around);
        }
        let checkout = Checkout::read(answer.body).filter(|_| answer.status == 200);
        let checkout = checkout.ok_or_else(unexpected)?;
        let mut held = checkout.seats();
        held.sort_unstable();
        self.seats.sort_unstable();
        let is_wish = self.seats.is_empty() || self.seats == held;
        if !is_wish || (self.seats.is_empty() && held.len() != self.party as usize) {
            return Err(format!("asked for {:?}", self.seats));
        }
        around.register.hold(self.number, &held, answer.sent)?;
        around.view.mark_taken(&held);
        check_prices(&checkout, around.event)?;
        self.seats = held;
        match self.will {
            Will::Buy => self.then(Outcome::Held, Step::Pay, answer.now + around.manners.think),
            Will::Abandon => {
                self.ended = Some(Ended::Abandoned);
                self.then(
                    Outcome::Held,
                    Step::Leave,
                    answer.now + around.manners.think,
                )
            }
            Will::Vanish => self.end(Outcome::Held, Ended::Vanished),
        }
    }

    /// Takes a 409: tries others that seem free, then looks again.
    fn refused(&mut self, answer: Answer<'_>, around: &mut Surroundings<'_>) -> Reaction {
        let problem = Problem::read(answer.body);
        match &*problem.code {
            "seats_taken" => {
                if problem.seats.is_empty()
                    || !problem.seats.iter().all(|seat| self.seats.contains(seat))
                {
                    return Err(format!("asked for {:?}", self.seats));
                }
                around.view.mark_taken(&problem.seats);
            }
            "not_enough" if self.seats.is_empty() => {}
            _ => return Err(unexpected()),
        }
        self.tries = self.tries.saturating_sub(1);
        if self.tries == 0 {
            self.ended = Some(Ended::GaveUp);
            return self.then(Outcome::Taken, Step::Leave, answer.now);
        }
        if self.seats.is_empty() || around.view.free() == 0 {
            return self.then(Outcome::Taken, Step::Look, answer.now + PAUSE);
        }
        self.choose(Outcome::Taken, answer.now, around)
    }

    fn paid(&mut self, answer: Answer<'_>, around: &mut Surroundings<'_>) -> Reaction {
        if answer.status == 402 && self.card == Card::Declined {
            self.card = Card::Ok;
            return self.then(
                Outcome::Declined,
                Step::Pay,
                answer.now + around.manners.think,
            );
        }
        let checkout = Checkout::read(answer.body).filter(|_| answer.status == 200);
        let checkout = checkout.ok_or_else(unexpected)?;
        if self.card == Card::Declined {
            return Err("the card is one that is declined".to_owned());
        }
        let booking = self.booking(&checkout, answer.now, around.event)?;
        around
            .register
            .book(self.number, &booking.seats, answer.now)?;
        around.bookings.push(booking);
        self.record.booked = Some(answer.now);
        self.end(Outcome::Booked, Ended::Booked)
    }

    fn booking(&self, checkout: &Checkout<'_>, at: u64, event: &Event) -> Result<Booking, String> {
        let mut seats = checkout.seats();
        seats.sort_unstable();
        let reference = checkout.booking.as_deref().unwrap_or_default();
        if &*checkout.state != "completed" || reference.is_empty() || seats != self.seats {
            return Err(format!("{:?} were held and paid", self.seats));
        }
        check_prices(checkout, event)?;
        Ok(Booking {
            token: self.token.clone(),
            reference: reference.into(),
            seats,
            total: checkout.total,
            at,
        })
    }

    #[allow(clippy::unnecessary_wraps, reason = "every step ends with it")]
    fn then(&mut self, outcome: Outcome, next: Step, due: u64) -> Reaction {
        self.next = next;
        Ok((outcome, Some(due)))
    }

    #[allow(clippy::unnecessary_wraps, reason = "every step ends with it")]
    fn end(&mut self, outcome: Outcome, ended: Ended) -> Reaction {
        self.ended = Some(ended);
        Ok((outcome, None))
    }
}

/// Whether everything in a basket costs what the plan says.
pub(super) fn check_prices(checkout: &Checkout<'_>, event: &Event) -> Result<(), String> {
    for held in &checkout.holds {
        if event.price(held.seat) != Some(held.price) {
            return Err(format!("seat {} costs something else", held.seat));
        }
    }
    let sum: u64 = checkout.holds.iter().map(|held| held.price).sum();
    if sum != checkout.total {
        return Err(format!("the seats cost {sum}"));
    }
    Ok(())
}

fn unexpected() -> String {
    "that is no answer to it".to_owned()
}

#[cfg(test)]
mod tests;
