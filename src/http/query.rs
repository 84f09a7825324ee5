//! Query parameters: pages and filters.

use std::borrow::Cow;

use super::catalogue::Code;
use super::error::{Error, Errors, Source};
use super::field;
use crate::inventory::{Id, Page};
use crate::limits::{DEFAULT_PAGE, MAX_PAGE};

/// Bytes of a parameter's name that are told back at most.
const SHOWN_BYTES: usize = 64;

/// The parameters of a request, in which each that is known was looked at.
#[derive(Debug)]
pub(super) struct Query<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Query<'a> {
    /// Takes a query apart. None of `known` may be there twice, nothing else
    /// at all.
    pub(super) fn parse(text: &'a str, known: &[&str]) -> Result<Self, Errors> {
        let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
        for (index, (name, _)) in pairs.iter().enumerate() {
            let problem = if !known.contains(&&**name) {
                "is not known here"
            } else if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                "is there twice"
            } else {
                continue;
            };
            let mut end = name.len().min(SHOWN_BYTES);
            while !name.is_char_boundary(end) {
                end -= 1;
            }
            let place = Source::Parameter(name[..end].to_owned().into());
            let detail = if known.is_empty() {
                format!("this parameter {problem}: there are none")
            } else {
                format!("this parameter {problem}: there are {}", known.join(", "))
            };
            return Err(Error::new(Code::InvalidParameter, detail).at(place).into());
        }
        Ok(Self { pairs })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let pair = self.pairs.iter().find(|(other, _)| other == name);
        pair.map(|(_, value)| &**value)
    }

    /// A parameter that is an id.
    pub(super) fn id(&self, name: &'static str) -> Result<Option<Id>, Errors> {
        self.get(name)
            .map(|text| field::id(text).ok_or_else(|| wrong(name, "must be a UUID")))
            .transpose()
    }

    /// Which part of a list is asked for.
    pub(super) fn page(&self) -> Result<Page, Errors> {
        let limit = match self.get("page[size]") {
            None => DEFAULT_PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|size| (1..=MAX_PAGE).contains(size))
                .ok_or_else(|| {
                    let problem = format!("must be an integer from 1 to {MAX_PAGE}");
                    wrong("page[size]", problem)
                })?,
        };
        let after = self.id("page[after]")?;
        Ok(Page { after, limit })
    }

    /// The address of the page behind this one: the same query from `last` on.
    pub(super) fn next(&self, path: &str, page: Page, last: Id) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let others = self
            .pairs
            .iter()
            .filter(|(name, _)| !name.starts_with("page["));
        query.extend_pairs(others);
        query.append_pair("page[size]", &page.limit.to_string());
        query.append_pair("page[after]", &last.to_string());
        format!("{path}?{}", query.finish())
    }
}

/// A parameter has a value that it cannot have.
pub(super) fn wrong(name: &'static str, problem: impl Into<Cow<'static, str>>) -> Errors {
    Error::new(Code::InvalidParameter, problem)
        .at(Source::Parameter(name.into()))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["page[size]", "page[after]", "filter[section]"];

    fn pages(text: &str) -> Result<Page, Errors> {
        Query::parse(text, KNOWN).and_then(|query| query.page())
    }

    #[test]
    fn pages_are_read_bounded() {
        let id = "01234567-89ab-7fff-bfff-ffffdeadbeef";
        assert_eq!(
            pages("").unwrap(),
            Page {
                after: None,
                limit: 100
            }
        );
        let page = pages(&format!("page%5Bsize%5D=7&page[after]={id}")).unwrap();
        assert_eq!(
            page,
            Page {
                after: field::id(id),
                limit: 7
            }
        );
        for text in [
            "page[size]=0",
            "page[size]=1001",
            "page[size]=x",
            "page[size]=-1",
            "page[after]=1",
            "page[number]=1",
            "include=x",
            "page[size]=1&page[size]=2",
            "%ff",
            "=",
        ] {
            let errors = pages(text).unwrap_err();
            assert_eq!(errors.code(), Code::InvalidParameter, "{text}");
        }
    }

    #[test]
    fn the_next_page_keeps_the_filters() {
        let query = Query::parse("filter[section]=a%26b&page[size]=3", KNOWN).unwrap();
        let page = query.page().unwrap();
        let next = query.next("/tickets", page, Id::nil());
        let again = next.strip_prefix("/tickets?").unwrap();
        let again = Query::parse(again, KNOWN).unwrap();
        assert_eq!(again.get("filter[section]"), Some("a&b"));
        assert_eq!(
            again.page().unwrap(),
            Page {
                after: Some(Id::nil()),
                limit: 3
            }
        );
    }

    #[test]
    fn long_names_are_not_told_back_whole() {
        let text = "é".repeat(1000);
        assert!(Query::parse(&text, KNOWN).is_err());
    }
}
