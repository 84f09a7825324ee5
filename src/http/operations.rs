//! What operators and their programs ask: is it alive, is it ready, what is it
//! doing.

use hyper::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::catalogue::Code;
use super::error::{Error, Errors};
use super::negotiate::JSON;
use super::reply::Reply;
use super::route::Route;
use super::site::Site;
use super::{metrics, openapi};

/// Answers a request for one of the operational routes.
pub(super) fn answer<D>(site: &Site<D>, route: Route, parameter: &str) -> Result<Reply, Errors> {
    match route {
        Route::Live => Ok(live()),
        Route::Ready => Ok(ready(site)),
        Route::Version => Ok(version()),
        Route::Metrics => Ok(metrics(site)),
        Route::OpenApi => Ok(openapi()),
        Route::Problems => Ok(problems()),
        Route::Problem => problem(parameter),
        _ => Err(Error::new(Code::NotFound, Code::NotFound.advice()).into()),
    }
}

/// A word about the server's state.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct State {
    /// `ok`, or why not.
    #[schema(example = "ok")]
    status: &'static str,
}

/// What is running.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Version {
    #[schema(example = "ringside")]
    name: &'static str,
    #[schema(example = "0.1.0")]
    version: &'static str,
}

/// A kind of error that requests can end with.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProblemKind {
    /// Names it.
    code: &'static str,
    /// The HTTP status it comes with.
    status: u16,
    /// What it is.
    title: &'static str,
    /// What to do about it.
    advice: &'static str,
}

impl From<Code> for ProblemKind {
    fn from(code: Code) -> Self {
        Self {
            code: code.as_str(),
            status: code.status().as_u16(),
            title: code.title(),
            advice: code.advice(),
        }
    }
}

fn json(status: StatusCode, body: &impl Serialize) -> Reply {
    Reply::new(status, JSON, Reply::json(body))
}

/// Whether the server is alive: it is, if it answers.
#[utoipa::path(get, path = "/livez", tag = "Operations",
    responses((status = 200, body = State, content_type = "application/json")))]
fn live() -> Reply {
    json(StatusCode::OK, &State { status: "ok" })
}

/// Whether new clients should be sent here. Not any more from the moment the
/// server is told to stop, which is before it stops accepting.
#[utoipa::path(get, path = "/readyz", tag = "Operations",
    responses(
        (status = 200, body = State, content_type = "application/json"),
        (status = 503, body = State, content_type = "application/json"),
    ))]
fn ready<D>(site: &Site<D>) -> Reply {
    if site.readings.is_ready() {
        return json(StatusCode::OK, &State { status: "ok" });
    }
    let status = "starting or stopping";
    json(StatusCode::SERVICE_UNAVAILABLE, &State { status })
}

/// What is running.
#[utoipa::path(get, path = "/version", tag = "Operations",
    responses((status = 200, body = Version, content_type = "application/json")))]
fn version() -> Reply {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    json(StatusCode::OK, &Version { name, version })
}

/// What the server has done, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "Operations",
    responses((status = 200, body = String,
        content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8")))]
fn metrics<D>(site: &Site<D>) -> Reply {
    let text = metrics::render(
        &site.readings.counters(),
        site.settings.till.tally(),
        site.readings.is_ready(),
    );
    Reply::new(StatusCode::OK, metrics::KIND, text.into_bytes())
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "Operations",
    responses((status = 200, body = Object, content_type = "application/json")))]
fn openapi() -> Reply {
    Reply::new(StatusCode::OK, JSON, openapi::text().as_bytes().to_vec())
}

/// Every kind of error that requests can end with.
#[utoipa::path(get, path = "/problems", tag = "Operations",
    responses((status = 200, body = Vec<ProblemKind>, content_type = "application/json")))]
fn problems() -> Reply {
    let all: Vec<ProblemKind> = Code::ALL.iter().map(|code| (*code).into()).collect();
    json(StatusCode::OK, &all)
}

/// One kind of error.
#[utoipa::path(get, path = "/problems/{code}", tag = "Operations",
    params(("code" = String, Path, example = "invalid_purchase_quantity")),
    responses(
        (status = 200, body = ProblemKind, content_type = "application/json"),
        (status = 404, body = super::error::Problem, content_type = "application/problem+json"),
    ))]
fn problem(name: &str) -> Result<Reply, Errors> {
    let code = Code::ALL.iter().find(|code| code.as_str() == name);
    let code = code.ok_or_else(|| Error::new(Code::NotFound, "no problem is called so"))?;
    Ok(json(StatusCode::OK, &ProblemKind::from(*code)))
}
