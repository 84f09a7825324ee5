//! The seats of the reference server: the protocol's rules, and ways to break
//! them.

use std::collections::HashMap;

/// What a reference server does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Says `OK` to the first BUY of a sold seat after the n-th sale.
    SellsTwice(u64),
    /// Says `OK` to the first RESERVE of a reserved seat after the n-th reservation.
    ReservesTwice(u64),
    /// Says `OK` to BUY of a free seat.
    SellsFreeSeats,
    /// Says `FAIL` to every RESERVE.
    NeverReserves,
    /// Says `FAIL` to every BUY.
    NeverSells,
    /// Ignores case when it reads verbs.
    ForgivesCase,
    /// Says `OK` to whatever it does not understand.
    AcceptsBroken,
    /// Says `FREE` to QUERY of a reserved seat.
    ForgetsReservations,
    /// Says `RESERVED` to QUERY of a sold seat.
    ForgetsSales,
    /// Says `SOLD` to QUERY of a reserved seat.
    SellsInQueries,
    /// Says `OK` to QUERY.
    AnswersQueriesOk,
    /// Does not answer the n-th message.
    DropsReply(u64),
    /// Answers the n-th message twice.
    AnswersTwice(u64),
    /// Closes the connection that sends the n-th message.
    Closes(u64),
    /// Answers the n-th message with something that is no reply.
    Babbles(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reserved,
    Sold,
}

/// What to do about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send these bytes.
    Answer(&'static str),
    /// Close the connection.
    Close,
}

/// All seats of a server.
#[derive(Debug)]
pub struct Seats {
    fault: Fault,
    states: HashMap<Vec<u8>, State>,
    messages: u64,
    reservations: u64,
    sales: u64,
    /// Whether the seat that was to be granted a second time has been.
    granted_again: bool,
}

impl Seats {
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            states: HashMap::new(),
            messages: 0,
            reservations: 0,
            sales: 0,
            granted_again: false,
        }
    }

    /// Messages so far.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Carries out one message, without its `\n`.
    pub fn message(&mut self, line: &[u8]) -> Action {
        self.messages += 1;
        let answer = self.answer(line);
        match self.fault {
            Fault::DropsReply(at) if at == self.messages => Action::Answer(""),
            Fault::AnswersTwice(at) if at == self.messages => Action::Answer("FAIL\nFAIL\n"),
            Fault::Babbles(at) if at == self.messages => Action::Answer("SURE THING\n"),
            Fault::Closes(at) if at == self.messages => Action::Close,
            _ => Action::Answer(answer),
        }
    }

    fn answer(&mut self, line: &[u8]) -> &'static str {
        let upper = line.to_ascii_uppercase();
        let line = if self.fault == Fault::ForgivesCase {
            &upper
        } else {
            line
        };
        let split = line.windows(2).position(|pair| pair == b": ");
        let (verb, seat) = line.split_at(split.unwrap_or(0));
        let seat = seat.get(2..).unwrap_or_default();
        let is_seat = !seat.is_empty() && seat.iter().all(u8::is_ascii_alphanumeric);
        match verb {
            b"RESERVE" if is_seat => ok(self.reserve(seat)),
            b"BUY" if is_seat => ok(self.buy(seat)),
            b"QUERY" if is_seat => self.query(seat),
            _ => ok(self.fault == Fault::AcceptsBroken),
        }
    }

    fn reserve(&mut self, seat: &[u8]) -> bool {
        if self.fault == Fault::NeverReserves {
            return false;
        }
        match self.states.get(seat) {
            Some(State::Reserved) => {
                let is_due =
                    matches!(self.fault, Fault::ReservesTwice(from) if self.reservations >= from);
                return self.grants_again(is_due);
            }
            Some(State::Sold) => return false,
            None => {}
        }
        self.states.insert(seat.to_vec(), State::Reserved);
        self.reservations += 1;
        true
    }

    fn buy(&mut self, seat: &[u8]) -> bool {
        let state = self.states.get(seat).copied();
        let sells = match state {
            Some(State::Reserved) => self.fault != Fault::NeverSells,
            Some(State::Sold) => {
                let is_due = matches!(self.fault, Fault::SellsTwice(from) if self.sales >= from);
                return self.grants_again(is_due);
            }
            None => self.fault == Fault::SellsFreeSeats,
        };
        if sells {
            self.states.insert(seat.to_vec(), State::Sold);
            self.sales += 1;
        }
        sells
    }

    /// Grants a taken seat once more, once: the next one that anybody asks for
    /// when it is due, for nobody may ever ask for a certain seat again.
    fn grants_again(&mut self, is_due: bool) -> bool {
        let grants = is_due && !self.granted_again;
        self.granted_again |= grants;
        grants
    }

    fn query(&self, seat: &[u8]) -> &'static str {
        match (self.states.get(seat), self.fault) {
            (_, Fault::AnswersQueriesOk) => "OK\n",
            (None, _) | (Some(State::Reserved), Fault::ForgetsReservations) => "FREE\n",
            (Some(State::Sold), Fault::ForgetsSales) => "RESERVED\n",
            (Some(State::Reserved), Fault::SellsInQueries) | (Some(State::Sold), _) => "SOLD\n",
            (Some(State::Reserved), _) => "RESERVED\n",
        }
    }
}

fn ok(yes: bool) -> &'static str {
    if yes { "OK\n" } else { "FAIL\n" }
}
