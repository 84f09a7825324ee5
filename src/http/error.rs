//! Errors as clients see them: JSON:API errors, or an RFC 9457 problem.

use std::borrow::Cow;

use hyper::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::catalogue::Code;
use super::negotiate::{JSON_API, Media, PROBLEM};
use super::reply::Reply;

/// What of the request is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// All of it.
    Request,
    /// A place in the body, as a JSON pointer.
    Pointer(Cow<'static, str>),
    /// A query parameter.
    Parameter(Cow<'static, str>),
    /// A header field.
    Header(&'static str),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Error {
    pub(super) code: Code,
    pub(super) detail: Cow<'static, str>,
    pub(super) source: Source,
}

impl Error {
    pub(super) fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            source: Source::Request,
        }
    }

    pub(super) fn at(self, source: Source) -> Self {
        Self { source, ..self }
    }
}

/// All that is wrong with a request, the most important first.
#[derive(Debug)]
pub(super) struct Errors {
    first: Box<Error>,
    others: Vec<Error>,
    fields: Vec<(HeaderName, HeaderValue)>,
    members: Members,
}

/// Further members of a problem, which programs can go by.
type Members = Vec<(&'static str, serde_json::Value)>;

impl From<Error> for Errors {
    fn from(first: Error) -> Self {
        let fields = match first.code {
            Code::Unauthorized => vec![(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"ringside\""),
            )],
            Code::PaymentUnavailable => vec![(RETRY_AFTER, HeaderValue::from_static("5"))],
            Code::CapacityReached => vec![(RETRY_AFTER, HeaderValue::from_static("60"))],
            Code::DiskLow | Code::TooManyWatchers => {
                vec![(RETRY_AFTER, HeaderValue::from_static("30"))]
            }
            Code::TryAgain | Code::Stopping | Code::KeyInFlight => {
                vec![(RETRY_AFTER, HeaderValue::from_static("1"))]
            }
            _ => Vec::new(),
        };
        Self {
            first: Box::new(first),
            others: Vec::new(),
            fields,
            members: Vec::new(),
        }
    }
}

impl Errors {
    /// All of these, if there are any.
    pub(super) fn of(errors: Vec<Error>) -> Result<(), Self> {
        let mut errors = errors.into_iter();
        let Some(first) = errors.next() else {
            return Ok(());
        };
        let mut all = Self::from(first);
        all.others.extend(errors);
        Err(all)
    }

    /// The method is not for this resource; these are.
    pub(super) fn not_allowed(allowed: &'static str) -> Self {
        let detail = format!("use one of: {allowed}");
        Self::from(Error::new(Code::MethodNotAllowed, detail))
            .with(ALLOW, HeaderValue::from_static(allowed))
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields.push((name, value));
        self
    }

    /// With a further member; only problems tell it.
    pub(super) fn and(mut self, name: &'static str, value: impl Into<serde_json::Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    pub(super) fn code(&self) -> Code {
        self.first.code
    }

    pub(super) fn into_reply(self, media: Media) -> Reply {
        let code = self.first.code;
        let all = std::iter::once(&*self.first).chain(&self.others);
        let status = code.status();
        let (kind, body) = match media {
            Media::JsonApi => {
                let errors = all.map(ErrorObject::from).collect();
                (JSON_API, Reply::json(&ErrorDocument { errors }))
            }
            Media::Json => {
                let errors = all.map(Mistake::from).collect();
                let problem = Problem {
                    r#type: code.address(),
                    title: code.title(),
                    status: status.as_u16(),
                    detail: &self.first.detail,
                    code: code.as_str(),
                    errors,
                    members: Further(&self.members),
                };
                (PROBLEM, Reply::json(&problem))
            }
        };
        Reply {
            fields: self.fields,
            ..Reply::new(status, kind, body)
        }
    }
}

/// A JSON:API document of errors.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorDocument<'a> {
    errors: Vec<ErrorObject<'a>>,
}

/// A JSON:API error.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorObject<'a> {
    /// The HTTP status.
    #[schema(example = "400")]
    status: String,
    /// Names the kind of error; see `/problems`.
    #[schema(example = "invalid_purchase_quantity")]
    code: &'static str,
    /// What it is, the same each time.
    title: &'static str,
    /// What is wrong this time.
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceObject<'a>>,
}

impl<'a> From<&'a Error> for ErrorObject<'a> {
    fn from(error: &'a Error) -> Self {
        Self {
            status: error.code.status().as_u16().to_string(),
            code: error.code.as_str(),
            title: error.code.title(),
            detail: &error.detail,
            source: SourceObject::of(&error.source),
        }
    }
}

/// What of the request is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceObject<'a> {
    /// A place in the body, as a JSON pointer.
    Pointer(&'a str),
    /// A query parameter.
    Parameter(&'a str),
    /// A header field.
    Header(&'a str),
}

impl<'a> SourceObject<'a> {
    fn of(source: &'a Source) -> Option<Self> {
        match source {
            Source::Request => None,
            Source::Pointer(pointer) => Some(Self::Pointer(pointer)),
            Source::Parameter(name) => Some(Self::Parameter(name)),
            Source::Header(name) => Some(Self::Header(name)),
        }
    }
}

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem<'a> {
    /// Where the kind of problem is explained.
    #[schema(example = "/problems/invalid_purchase_quantity")]
    r#type: &'a str,
    /// What it is, the same each time.
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// What is wrong this time.
    detail: &'a str,
    /// Names the kind of problem.
    #[schema(example = "invalid_purchase_quantity")]
    code: &'a str,
    /// All that is wrong, each with its place.
    errors: Vec<Mistake<'a>>,
    #[serde(flatten)]
    #[schema(ignore)]
    members: Further<'a>,
}

#[derive(Debug)]
struct Further<'a>(&'a Members);

impl Serialize for Further<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// One thing that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Mistake<'a> {
    /// Names the kind of problem.
    code: &'a str,
    /// What is wrong this time.
    detail: &'a str,
    /// A place in the body, as a JSON pointer in a fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "#/quantity")]
    pointer: Option<Fragment<'a>>,
    /// A query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'a str>,
    /// A header field.
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<&'a str>,
}

impl<'a> From<&'a Error> for Mistake<'a> {
    fn from(error: &'a Error) -> Self {
        let (mut pointer, mut parameter, mut header) = (None, None, None);
        match &error.source {
            Source::Request => {}
            Source::Pointer(place) => pointer = Some(Fragment(place)),
            Source::Parameter(name) => parameter = Some(&**name),
            Source::Header(name) => header = Some(*name),
        }
        Self {
            code: error.code.as_str(),
            detail: &error.detail,
            pointer,
            parameter,
            header,
        }
    }
}

/// A JSON pointer as a fragment of an address.
#[derive(Debug)]
struct Fragment<'a>(&'a str);

impl Serialize for Fragment<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("#{}", self.0))
    }
}
