//! Which form a body has, and which form its sender wants back, by the rules
//! of JSON:API 1.1.

use hyper::HeaderMap;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue};

use super::catalogue::Code;
use super::error::{Error, Errors, Source};

pub(super) const JSON_API: &str = "application/vnd.api+json";
pub(super) const JSON: &str = "application/json";
pub(super) const PROBLEM: &str = "application/problem+json";

/// A form of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// JSON:API; its errors are JSON:API errors.
    JsonApi,
    /// The same documents as plain JSON; its errors are RFC 9457 problems.
    Json,
}

impl Media {
    /// Its media type.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::JsonApi => JSON_API,
            Self::Json => JSON,
        }
    }

    /// What a field with nothing but a media type says, as most do.
    fn exact(value: &HeaderValue) -> Option<Self> {
        match value.as_bytes() {
            text if text == JSON_API.as_bytes() => Some(Self::JsonApi),
            text if text == JSON.as_bytes() => Some(Self::Json),
            _ => None,
        }
    }
}

/// The form of a request's body. One that is not named is plain JSON.
pub(super) fn sent(headers: &HeaderMap) -> Result<Media, Errors> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(Media::Json);
    };
    if let Some(media) = Media::exact(value) {
        return Ok(media);
    }
    let text = value.to_str().unwrap_or_default();
    let range = Range::parse(text);
    let media = range.media();
    if media == Some(Media::JsonApi) && !range.has_only_what_is_allowed() {
        let detail = "application/vnd.api+json has a parameter that is not allowed: of ext and \
                      profile, which are, there are no extensions here";
        return Err(unsupported(detail));
    }
    media.ok_or_else(|| unsupported(Code::UnsupportedMediaType.advice()))
}

/// The form of an answer to a request for what there is as plain JSON only,
/// whatever is accepted.
pub(super) fn plain(sent: Option<Media>) -> Result<Media, Errors> {
    match sent {
        Some(Media::JsonApi) => Err(unsupported("send application/json here")),
        Some(Media::Json) | None => Ok(Media::Json),
    }
}

fn unsupported(detail: &'static str) -> Errors {
    Error::new(Code::UnsupportedMediaType, detail)
        .at(Source::Header("Content-Type"))
        .into()
}

/// The form that an answer should have, to a request whose body has the form
/// `sent`.
pub(super) fn wanted(headers: &HeaderMap, sent: Option<Media>) -> Result<Media, Errors> {
    let fallback = sent.unwrap_or(Media::JsonApi);
    let mut values = headers.get_all(ACCEPT).iter();
    match (values.next(), values.next()) {
        (None, _) => return Ok(fallback),
        (Some(only), None) if only == "*/*" => return Ok(fallback),
        (Some(only), None) => {
            if let Some(media) = Media::exact(only) {
                return Ok(media);
            }
        }
        (Some(_), Some(_)) => {}
    }
    let mut json_api = Verdict::default();
    let mut json = Verdict::default();
    let (mut is_named, mut is_usable) = (false, false);
    for value in headers.get_all(ACCEPT) {
        let text = value.to_str().unwrap_or_default();
        for text in split(text, ',') {
            let range = Range::parse(text);
            let weight = range.weight();
            if range.is("*/*") {
                json_api.consider(1, weight);
                json.consider(1, weight);
            } else if range.is("application/*") {
                json_api.consider(2, weight);
                json.consider(2, weight);
            } else if range.is(PROBLEM) {
                json.consider(3, weight);
            } else if range.is(JSON) {
                json.consider(4, weight);
            } else if range.is(JSON_API) {
                is_named = true;
                if range.has_only_what_is_allowed() {
                    is_usable = true;
                    json_api.consider(4, weight);
                }
            }
        }
    }
    // JSON:API 1.1: whatever else is accepted.
    if is_named && !is_usable {
        return Err(not_acceptable());
    }
    match (json_api.is_yes(), json.is_yes()) {
        (false, false) => Err(not_acceptable()),
        (true, false) => Ok(Media::JsonApi),
        (false, true) => Ok(Media::Json),
        (true, true) if json_api.weight > json.weight => Ok(Media::JsonApi),
        (true, true) if json_api.weight < json.weight => Ok(Media::Json),
        (true, true) if json_api.rank > json.rank => Ok(Media::JsonApi),
        (true, true) if json_api.rank < json.rank => Ok(Media::Json),
        (true, true) => Ok(fallback),
    }
}

fn not_acceptable() -> Errors {
    Error::new(Code::NotAcceptable, Code::NotAcceptable.advice())
        .at(Source::Header("Accept"))
        .into()
}

/// The form of an error for a request of which nothing else is known yet.
pub(super) fn guess(headers: &HeaderMap) -> Media {
    let sent = sent(headers).ok();
    wanted(headers, sent).unwrap_or_else(|_| {
        let text = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains(JSON_API));
        if headers.get_all(ACCEPT).iter().any(text) {
            Media::JsonApi
        } else {
            Media::Json
        }
    })
}

/// How much a form is wanted, by the most specific range that covers it.
#[derive(Clone, Copy, Debug, Default)]
struct Verdict {
    rank: u8,
    weight: f32,
}

impl Verdict {
    fn consider(&mut self, rank: u8, weight: f32) {
        let is_better = rank > self.rank || (rank == self.rank && weight > self.weight);
        if is_better {
            *self = Self { rank, weight };
        }
    }

    fn is_yes(self) -> bool {
        self.rank > 0 && self.weight > 0.0
    }
}

/// A media range with its parameters.
struct Range<'a> {
    kind: &'a str,
    parameters: &'a str,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Self {
        let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
        Self {
            kind: kind.trim(),
            parameters,
        }
    }

    fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    fn media(&self) -> Option<Media> {
        if self.is(JSON_API) {
            Some(Media::JsonApi)
        } else if self.is(JSON) {
            Some(Media::Json)
        } else {
            None
        }
    }

    fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        split(self.parameters, ';')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(|text| {
                let (name, value) = text.split_once('=').unwrap_or((text, ""));
                (name.trim(), value.trim().trim_matches('"'))
            })
    }

    fn weight(&self) -> f32 {
        self.parameters()
            .find(|(name, _)| name.eq_ignore_ascii_case("q"))
            .map_or(1.0, |(_, value)| value.parse().unwrap_or(0.0))
    }

    /// No parameters but a profile, which may be ignored, and no extensions,
    /// of which there are none here.
    fn has_only_what_is_allowed(&self) -> bool {
        self.parameters().all(|(name, value)| {
            name.eq_ignore_ascii_case("profile")
                || name.eq_ignore_ascii_case("q")
                || (name.eq_ignore_ascii_case("ext") && value.trim().is_empty())
        })
    }
}

/// The parts of a text between separators that are not in quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    text.split(move |c| {
        let escaped = std::mem::take(&mut is_escaped);
        if c == '"' && !escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = is_quoted && c == '\\' && !escaped;
        c == separator && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &hyper::header::HeaderName, values: &[&'static str]) -> HeaderMap {
        let values = values.iter().map(|text| HeaderValue::from_static(text));
        values.map(|value| (name.clone(), value)).collect()
    }

    #[test]
    fn bodies_are_json_api_or_json_and_nothing_else() {
        for (text, media) in [
            ("application/vnd.api+json", Some(Media::JsonApi)),
            ("Application/VND.api+JSON", Some(Media::JsonApi)),
            (
                "application/vnd.api+json; profile=\"a;b, c\"",
                Some(Media::JsonApi),
            ),
            (
                "application/vnd.api+json;profile=\"x\";ext=\"\"",
                Some(Media::JsonApi),
            ),
            ("application/vnd.api+json; charset=utf-8", None),
            (
                "application/vnd.api+json; ext=\"https://example.org/e\"",
                None,
            ),
            ("application/json", Some(Media::Json)),
            ("application/json; charset=utf-8", Some(Media::Json)),
            ("application/x-www-form-urlencoded", None),
            ("text/plain", None),
            ("", None),
        ] {
            let found = sent(&headers(&CONTENT_TYPE, &[text]));
            assert_eq!(found.ok(), media, "{text}");
        }
        assert_eq!(sent(&HeaderMap::new()).ok(), Some(Media::Json));
    }

    #[test]
    fn answers_have_the_form_that_is_wanted_most() {
        use Media::{Json, JsonApi};
        for (values, sent, media) in [
            (&[][..], None, Some(JsonApi)),
            (&[], Some(Json), Some(Json)),
            (&["*/*"], Some(Json), Some(Json)),
            (&["*/*"], None, Some(JsonApi)),
            (&["application/json"], Some(JsonApi), Some(Json)),
            (&["application/problem+json"], None, Some(Json)),
            (&["application/vnd.api+json"], Some(Json), Some(JsonApi)),
            (
                &["application/vnd.api+json;q=0.5, application/json"],
                None,
                Some(Json),
            ),
            (
                &["application/json;q=0.5", "application/vnd.api+json"],
                None,
                Some(JsonApi),
            ),
            (&["application/json, */*"], None, Some(Json)),
            (&["text/html, application/*;q=0.1"], None, Some(JsonApi)),
            (&["application/json;q=0, */*"], Some(Json), Some(JsonApi)),
            (&["text/html"], None, None),
            (&["application/json;q=0"], None, None),
            // The two MUSTs of JSON:API 1.1 about Accept.
            (&["application/vnd.api+json; charset=utf-8"], None, None),
            (
                &["application/vnd.api+json; charset=utf-8, */*"],
                None,
                None,
            ),
            (
                &["application/vnd.api+json; ext=\"https://example.org/e\""],
                None,
                None,
            ),
            (
                &["application/vnd.api+json; a=b, application/vnd.api+json; profile=\"x y\""],
                None,
                Some(JsonApi),
            ),
        ] {
            let found = wanted(&headers(&ACCEPT, values), sent);
            assert_eq!(found.ok(), media, "{values:?}");
        }
    }
}
