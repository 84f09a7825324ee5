//! Ticket options, members and tickets behind one lock; right unless told to
//! lie.

use std::collections::HashMap;

use serde_json::{Value, json};

/// What an office does wrong, if anything. Numbers say how often it does right
/// first; what is wrong then happens once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    None,
    /// Sells one more of an option that is sold out.
    Oversells,
    /// Acknowledges a purchase and does not count it.
    LosesPurchase(u64),
    /// Acknowledges a purchase and has none to read back.
    ForgetsPurchases,
    /// Says sold out although enough is left.
    RefusesTooEarly(u64),
    /// Refuses the last of every option.
    KeepsTheLast,
    /// Sells a ticket that another member has purchased.
    SellsTwice(u64),
    /// Lets a member hold what another one holds.
    HoldsTwice(u64),
    /// Lets a member purchase what nobody holds.
    SellsFree(u64),
    /// Lets a member free what another one holds.
    FreesForAnyone(u64),
    /// Acknowledges a hold and forgets it.
    ForgetsHold(u64),
    /// Refuses to hold a free ticket.
    RefusesFree(u64),
    /// Shows another owner of each ticket than the one who purchased it.
    ShowsAnother,
    /// Leaves a ticket out of the list.
    HidesOne,
    /// Makes a second ticket for one place.
    MakesDuplicates,
    /// Knows members that it never made.
    KnowsStrangers,
    /// Says the wrong reason for a refusal.
    GivesWrongReasons(u64),
    /// Closes the connection without an answer.
    HangsUp(u64),
    /// Answers with what is no HTTP.
    Babbles(u64),
}

/// What is answered: a status and a document. `None` hangs up.
pub type Answer = Option<(u16, Value)>;

#[derive(Debug)]
struct TicketOption {
    allocation: u64,
    sold: u64,
}

#[derive(Clone, Debug)]
struct Ticket {
    place: (String, u64, u64),
    state: &'static str,
    member: Option<String>,
}

/// All that there is.
#[derive(Debug)]
pub struct BoxOffice {
    lie: Lie,
    options: Vec<TicketOption>,
    purchases: Vec<Value>,
    members: u64,
    tickets: Vec<Ticket>,
    places: HashMap<(String, u64, u64), usize>,
    /// How often the lie was due.
    due: u64,
}

impl BoxOffice {
    pub fn new(lie: Lie) -> Self {
        Self {
            lie,
            options: Vec::new(),
            purchases: Vec::new(),
            members: 0,
            tickets: Vec::new(),
            places: HashMap::new(),
            due: 0,
        }
    }

    pub fn answer(&mut self, method: &str, path: &str, query: &str, body: &Value) -> Answer {
        if matches!(self.lie, Lie::HangsUp(_)) && self.lies() {
            return None;
        }
        let data = &body["data"];
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        Some(match (method, &parts[..]) {
            ("POST", ["ticket_options"]) => {
                let allocation = data["attributes"]["allocation"].as_u64().unwrap_or(0);
                let sold = 0;
                self.options.push(TicketOption { allocation, sold });
                (201, json!({"data": self.option(self.options.len() - 1)}))
            }
            ("GET", ["ticket_options", id]) => match number(id) {
                Some(option) if option < self.options.len() => {
                    (200, json!({"data": self.option(option)}))
                }
                _ => unknown(),
            },
            ("POST", ["purchases"]) => self.purchase(data),
            ("GET", ["purchases", id]) => {
                let found = number(id).and_then(|number| self.purchases.get(number));
                match found {
                    Some(found) if self.lie != Lie::ForgetsPurchases => {
                        (200, json!({"data": found}))
                    }
                    _ => unknown(),
                }
            }
            ("POST", ["members"]) => {
                self.members += 1;
                let member = id_of(self.members as usize - 1);
                (201, json!({"data": {"type": "members", "id": member}}))
            }
            ("GET", ["members", id]) => self.member(id),
            ("POST", ["tickets"]) => self.make_ticket(&data["attributes"]),
            ("GET", ["tickets"]) => self.list(query),
            ("GET", ["tickets", id]) => match number(id) {
                Some(ticket) if ticket < self.tickets.len() => {
                    (200, json!({"data": self.ticket(ticket)}))
                }
                _ => unknown(),
            },
            ("POST", ["tickets", id, step]) => {
                let member = data["relationships"]["member"]["data"]["id"].as_str();
                self.step(id, step, member.unwrap_or_default())
            }
            _ => unknown(),
        })
    }

    /// Whether the lie is due: once, after it could have been told so often.
    fn lies(&mut self) -> bool {
        let (Lie::LosesPurchase(after)
        | Lie::RefusesTooEarly(after)
        | Lie::SellsTwice(after)
        | Lie::HoldsTwice(after)
        | Lie::SellsFree(after)
        | Lie::FreesForAnyone(after)
        | Lie::ForgetsHold(after)
        | Lie::RefusesFree(after)
        | Lie::GivesWrongReasons(after)
        | Lie::HangsUp(after)
        | Lie::Babbles(after)) = self.lie
        else {
            return true;
        };
        self.due += 1;
        self.due == after + 1
    }

    /// Whether an answer is to be no HTTP.
    pub fn babbles(&mut self) -> bool {
        matches!(self.lie, Lie::Babbles(_)) && self.lies()
    }

    fn option(&self, option: usize) -> Value {
        let TicketOption { allocation, sold } = self.options[option];
        let available = allocation.saturating_sub(sold);
        let attributes = json!({"allocation": allocation, "available": available});
        json!({"type": "ticket_options", "id": id_of(option), "attributes": attributes})
    }

    fn purchase(&mut self, data: &Value) -> (u16, Value) {
        let quantity = data["attributes"]["quantity"].as_u64().unwrap_or(0);
        let asked = &data["relationships"]["ticket_option"]["data"]["id"];
        let option = asked.as_str().and_then(number);
        let Some(option) = option.filter(|&option| option < self.options.len()) else {
            return unknown();
        };
        let TicketOption { allocation, sold } = self.options[option];
        let fits = sold + quantity <= allocation;
        let refuses = match self.lie {
            Lie::RefusesTooEarly(_) => fits && self.lies(),
            Lie::KeepsTheLast => sold + quantity == allocation,
            Lie::Oversells => sold + quantity > allocation + 1,
            _ => false,
        };
        if refuses || !fits && self.lie != Lie::Oversells {
            let pointer = "/data/attributes/quantity";
            let code = "invalid_purchase_quantity";
            return (
                400,
                json!({"errors": [{"code": code, "source": {"pointer": pointer}}]}),
            );
        }
        let is_lost = matches!(self.lie, Lie::LosesPurchase(_)) && self.lies();
        if !is_lost {
            self.options[option].sold += quantity;
        }
        let made = json!({
            "type": "purchases",
            "id": id_of(self.purchases.len()),
            "attributes": {"quantity": quantity},
            "relationships": data["relationships"],
        });
        self.purchases.push(made.clone());
        (201, json!({"data": made}))
    }

    fn member(&self, id: &str) -> (u16, Value) {
        let is_known = number(id).is_some_and(|number| (number as u64) < self.members);
        if !is_known {
            return unknown();
        }
        let own = self.tickets.iter().enumerate();
        let own = own.filter(|(_, ticket)| ticket.member.as_deref() == Some(id));
        let own: Vec<Value> = own
            .map(|(number, _)| json!({"type": "tickets", "id": id_of(number)}))
            .collect();
        let tickets = json!({"tickets": {"data": own}});
        (
            200,
            json!({"data": {"type": "members", "id": id, "relationships": tickets}}),
        )
    }

    fn make_ticket(&mut self, attributes: &Value) -> (u16, Value) {
        let section = attributes["section"].as_str().unwrap_or_default();
        let count = |name: &str| attributes[name].as_u64().unwrap_or(0);
        let place = (section.to_owned(), count("row"), count("seat"));
        if self.places.contains_key(&place) && self.lie != Lie::MakesDuplicates {
            return (409, json!({"errors": [{"code": "ticket_exists"}]}));
        }
        self.places.insert(place.clone(), self.tickets.len());
        self.tickets.push(Ticket {
            place,
            state: "free",
            member: None,
        });
        (201, json!({"data": self.ticket(self.tickets.len() - 1)}))
    }

    fn ticket(&self, number: usize) -> Value {
        let Ticket {
            place: (section, row, seat),
            state,
            member,
        } = &self.tickets[number];
        let mut member = member.clone();
        if self.lie == Lie::ShowsAnother && *state == "purchased" {
            member = Some(id_of(usize::from(member == Some(id_of(0)))));
        }
        let member = member.map(|id| json!({"type": "members", "id": id}));
        json!({
            "type": "tickets",
            "id": id_of(number),
            "attributes": {"section": section, "row": row, "seat": seat, "state": state},
            "relationships": {"member": {"data": member}},
        })
    }

    fn list(&self, query: &str) -> (u16, Value) {
        let field = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find_map(|(key, value)| {
                let key = key.replace("%5B", "[").replace("%5D", "]");
                (key == name).then_some(value)
            })
        };
        let after = field("page[after]").and_then(number);
        let from = after.map_or(0, |after| after + 1);
        let size = field("page[size]").and_then(|size| size.parse().ok());
        let section = field("filter[section]");
        let hidden = self.lie == Lie::HidesOne;
        let rows: Vec<Value> = (from..self.tickets.len())
            .filter(|&number| !(hidden && number == 3))
            .filter(|&number| section.is_none_or(|name| self.tickets[number].place.0 == name))
            .take(size.unwrap_or(100))
            .map(|number| self.ticket(number))
            .collect();
        (200, json!({"data": rows}))
    }

    fn step(&mut self, id: &str, step: &str, member: &str) -> (u16, Value) {
        let Some(number) = number(id).filter(|&number| number < self.tickets.len()) else {
            return unknown();
        };
        let Ticket {
            state,
            member: holder,
            ..
        } = self.tickets[number].clone();
        let is_own = holder.as_deref() == Some(member);
        let is_known = self.member(member).0 == 200 || self.lie == Lie::KnowsStrangers;
        let mut outcome = match (step, state) {
            _ if !is_known => return unknown(),
            ("hold", "free") => Ok("held"),
            ("hold", "held") => Err("held"),
            (_, "purchased") => Err("purchased"),
            ("free", "held") if is_own => Ok("free"),
            ("purchase", "held") if is_own => Ok("purchased"),
            (_, "held") => Err("not_holder"),
            _ => Err("not_held"),
        };
        let instead = match (self.lie, step, outcome) {
            (Lie::SellsTwice(_), "purchase", Err("purchased")) if !is_own => Ok("purchased"),
            (Lie::HoldsTwice(_), "hold", Err("held")) if !is_own => Ok("held"),
            (Lie::SellsFree(_), "purchase", Err("not_held")) => Ok("purchased"),
            (Lie::FreesForAnyone(_), "free", Err("not_holder")) => Ok("free"),
            (Lie::RefusesFree(_), "hold", Ok(_)) => Err("held"),
            (Lie::GivesWrongReasons(_), _, Err("not_holder")) => Err("purchased"),
            _ => outcome,
        };
        if instead != outcome && self.lies() {
            outcome = instead;
        }
        match outcome {
            Ok(next) => {
                let owner = (next != "free").then(|| member.to_owned());
                let is_forgotten =
                    matches!(self.lie, Lie::ForgetsHold(_)) && next == "held" && self.lies();
                let before = self.tickets[number].clone();
                self.tickets[number].state = next;
                self.tickets[number].member = owner;
                let shown = self.ticket(number);
                if is_forgotten {
                    self.tickets[number] = before;
                }
                (200, json!({"data": shown}))
            }
            Err("not_holder") => (409, json!({"errors": [{"code": "not_holder"}]})),
            Err(state) => (
                409,
                json!({"errors": [{"code": format!("ticket_{state}")}]}),
            ),
        }
    }
}

fn unknown() -> (u16, Value) {
    (404, json!({"errors": [{"code": "not_found"}]}))
}

fn id_of(number: usize) -> String {
    format!("00000000-0000-7000-8000-{number:012x}")
}

fn number(id: &str) -> Option<usize> {
    let digits = id.strip_prefix("00000000-0000-7000-8000-")?;
    usize::from_str_radix(digits, 16).ok()
}
