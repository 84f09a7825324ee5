//! The venue behind a server's HTTP.

use super::venue::{Answer, Clerk, Seen, Shown, Venue};
use crate::{
    check::{Reason, Step},
    http::{Client, Reply, Row, Site, by_member, member, ticket},
};

/// A server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) site: Site,
}

impl Venue for Server {
    type Id = String;
    type Clerk<'a> = Desk<'a>;

    fn clerk(&self) -> Desk<'_> {
        Desk {
            client: Client::new(&self.site),
        }
    }

    fn stranger(&self) -> String {
        "00000000-0000-4000-8000-00000000dead".to_owned()
    }
}

/// One connection to it.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    client: Client<'a>,
}

impl Desk<'_> {
    fn post(&mut self, path: &str, document: &serde_json::Value) -> Result<Reply, String> {
        let reply = self.client.post(path, document);
        reply.map_err(|error| error.to_string())
    }

    fn get(&mut self, path: &str) -> Result<Reply, String> {
        self.client.get(path).map_err(|error| error.to_string())
    }
}

impl Clerk for Desk<'_> {
    type Id = String;

    fn create_member(&mut self, name: &str) -> Result<Answer<String>, String> {
        let reply = self.post("/members", &member(name))?;
        let document = reply.document();
        Ok(match (reply.status, document.row().id()) {
            (201, Some(id)) => Answer::Member(id.to_owned()),
            _ => not_done(&reply),
        })
    }

    fn create_ticket(
        &mut self,
        section: &str,
        place: (u32, u32),
    ) -> Result<Answer<String>, String> {
        let reply = self.post("/tickets", &ticket(section, place.0, place.1))?;
        Ok(shown(&reply, 201))
    }

    fn step(
        &mut self,
        ticket: &String,
        member: &String,
        step: Step,
    ) -> Result<Answer<String>, String> {
        let name = match step {
            Step::Look => return Ok(shown(&self.get(&format!("/tickets/{ticket}"))?, 200)),
            Step::Hold => "hold",
            Step::Free => "free",
            Step::Purchase => "purchase",
        };
        let reply = self.post(
            &format!("/tickets/{ticket}/{name}"),
            &by_member(ticket, member),
        )?;
        Ok(shown(&reply, 200))
    }

    fn page(&mut self, section: &str, after: Option<&String>) -> Result<Vec<Seen<String>>, String> {
        let after = after.map_or_else(String::new, |id| format!("&page%5Bafter%5D={id}"));
        let query = format!("filter%5Bsection%5D={section}&page%5Bsize%5D=1000{after}");
        let reply = self.get(&format!("/tickets?{query}"))?;
        let document = reply.document();
        if reply.status != 200 {
            return Err(format!("the list of tickets: {}", reply.quote()));
        }
        let rows = document
            .rows()
            .map(|row| seen(row).ok_or_else(|| format!("the list of tickets has {row:?}")));
        rows.collect()
    }

    fn tickets_of(&mut self, member: &String) -> Result<Vec<String>, String> {
        let reply = self.get(&format!("/members/{member}"))?;
        let document = reply.document();
        if reply.status != 200 {
            return Err(format!("member {member}: {}", reply.quote()));
        }
        let tickets = document.row().all_related("tickets");
        Ok(tickets.map(str::to_owned).collect())
    }
}

/// A reply that shows a ticket if it is of the right status.
fn shown(reply: &Reply, right: u16) -> Answer<String> {
    let document = reply.document();
    match seen(document.row()) {
        Some(ticket) if reply.status == right => Answer::Ticket(ticket),
        _ => not_done(reply),
    }
}

fn not_done(reply: &Reply) -> Answer<String> {
    let document = reply.document();
    let code = document.code().unwrap_or_default();
    match reply.status {
        409 if code == "ticket_exists" => Answer::Duplicate,
        409 => Answer::Refused(reason(code)),
        404 => Answer::NotFound,
        429 => Answer::Busy,
        _ => Answer::Strange(reply.quote()),
    }
}

/// The reason that a code tells.
fn reason(code: &str) -> Option<Reason> {
    match code {
        "ticket_held" => Some(Reason::Held),
        "ticket_purchased" => Some(Reason::Purchased),
        "ticket_not_held" => Some(Reason::NotHeld),
        "not_holder" => Some(Reason::NotHolder),
        _ => None,
    }
}

fn seen(row: Row<'_>) -> Option<Seen<String>> {
    let number = |name| row.number(name)?.try_into().ok();
    let state = match row.text("state")? {
        "free" => Shown::Free,
        "held" => Shown::Held,
        "purchased" => Shown::Purchased,
        _ => return None,
    };
    Some(Seen {
        id: row.id()?.to_owned(),
        place: (number("row")?, number("seat")?),
        state,
        member: row.related("member").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        let body = body.as_bytes().to_vec();
        Reply { status, body }
    }

    #[test]
    fn statuses_and_codes_are_understood() {
        let held = r#"{"errors":[{"code":"ticket_held"}]}"#;
        let cases = [
            (409, held, Answer::Refused(Some(Reason::Held))),
            (
                409,
                r#"{"code":"not_holder"}"#,
                Answer::Refused(Some(Reason::NotHolder)),
            ),
            (409, "{}", Answer::Refused(None)),
            (409, r#"{"code":"ticket_exists"}"#, Answer::Duplicate),
            (404, held, Answer::NotFound),
            (429, "", Answer::Busy),
            (500, "oh", Answer::Strange("500 oh".to_owned())),
            (200, "no JSON", Answer::Strange("200 no JSON".to_owned())),
        ];
        for (status, body, answer) in cases {
            assert_eq!(shown(&reply(status, body), 200), answer);
        }
    }
}
