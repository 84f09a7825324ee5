//! JSON:API documents: those that are sent, and what is read of those that
//! come.

use serde_json::{Value, json};

/// The media type of every document here.
pub(crate) const JSON_API: &str = "application/vnd.api+json";

/// The media type of events and checkouts.
pub(crate) const JSON: &str = "application/json";

/// A document that came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Document(pub(crate) Value);

/// A resource object of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a>(&'a Value);

impl Document {
    /// The resource that it is about.
    pub(crate) fn row(&self) -> Row<'_> {
        Row(&self.0["data"])
    }

    /// The resources that it lists.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.0["data"].as_array().into_iter().flatten().map(Row)
    }

    /// The code of its first error.
    pub(crate) fn code(&self) -> Option<&str> {
        let error = &self.0["errors"][0];
        error["code"].as_str().or_else(|| self.0["code"].as_str())
    }
}

impl<'a> Row<'a> {
    /// Its id.
    pub(crate) fn id(self) -> Option<&'a str> {
        self.0["id"].as_str()
    }

    /// An attribute that is a text.
    pub(crate) fn text(self, name: &str) -> Option<&'a str> {
        self.0["attributes"][name].as_str()
    }

    /// An attribute that is a number.
    pub(crate) fn number(self, name: &str) -> Option<u64> {
        self.0["attributes"][name].as_u64()
    }

    /// The id of what it is related to.
    pub(crate) fn related(self, name: &str) -> Option<&'a str> {
        self.0["relationships"][name]["data"]["id"].as_str()
    }

    /// The ids of all that it is related to.
    pub(crate) fn all_related(self, name: &str) -> impl Iterator<Item = &'a str> {
        let all = self.0["relationships"][name]["data"].as_array();
        all.into_iter()
            .flatten()
            .filter_map(|one| one["id"].as_str())
    }
}

/// Asks for a ticket option.
pub(crate) fn ticket_option(name: &str, allocation: u64) -> Value {
    let attributes = json!({
        "name": name,
        "description": "made by ringside-bench",
        "allocation": allocation,
    });
    json!({"data": {"type": "ticket_options", "attributes": attributes}})
}

/// Asks for a member.
pub(crate) fn member(name: &str) -> Value {
    json!({"data": {"type": "members", "attributes": {"name": name}}})
}

/// Asks for a ticket.
pub(crate) fn ticket(section: &str, row: u32, seat: u32) -> Value {
    let attributes = json!({"section": section, "row": row, "seat": seat});
    json!({"data": {"type": "tickets", "attributes": attributes}})
}

/// Names the member who does something with a ticket.
pub(crate) fn by_member(ticket: &str, member: &str) -> Value {
    let member = json!({"data": {"type": "members", "id": member}});
    json!({"data": {"type": "tickets", "id": ticket, "relationships": {"member": member}}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_document_says_is_found() {
        let document = Document(by_member("t1", "m1"));
        assert_eq!(document.row().related("member"), Some("m1"));
        assert_eq!(document.row().id(), Some("t1"));
        let document = Document(ticket_option("A", 5));
        assert_eq!(document.row().number("allocation"), Some(5));
        assert_eq!(document.row().text("name"), Some("A"));
        let list = json!({"data": [{"id": "a"}, {"id": "b"}]});
        let ids: Vec<_> = Document(list)
            .rows()
            .filter_map(|row| row.id().map(str::to_owned))
            .collect();
        assert_eq!(ids, ["a", "b"]);
    }

    #[test]
    fn errors_have_their_code_in_both_renderings() {
        let json_api = Document(json!({"errors": [{"code": "held"}]}));
        let problem = Document(json!({"title": "x", "code": "held"}));
        assert_eq!(
            (json_api.code(), problem.code()),
            (Some("held"), Some("held"))
        );
        assert_eq!(Document(Value::Null).code(), None);
    }
}
