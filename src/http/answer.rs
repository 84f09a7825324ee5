//! From a request to its answer.

use core::net::IpAddr;
use std::convert::Infallible;
use std::rc::Rc;

use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response};

use super::catalogue::Code;
use super::content::Body;
use super::error::{Error, Errors};
use super::field;
use super::key::Key;
use super::negotiate::{self, Media};
use super::progress::Progress;
use super::reply::Reply;
use super::route::Route;
use super::site::Site;
use super::{
    checkout, ledger, live, members, moves, operations, options, page, purchases, receive, tickets,
};
use crate::api::Door;
use crate::inventory::Id;
use crate::limits::EVENT_BODY_BYTES;
use crate::shard::HttpMethod;

/// Where a request came from.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) progress: Rc<Progress>,
    pub(super) peer: IpAddr,
}

/// A request that was found fit to be handled.
#[derive(Debug)]
pub(super) struct Ask<'a, D> {
    pub(super) site: &'a Site<D>,
    pub(super) progress: &'a Progress,
    pub(super) method: &'a Method,
    pub(super) headers: &'a HeaderMap,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    /// The form of the body.
    pub(super) sent: Media,
    /// The form that the answer shall have.
    pub(super) media: Media,
    pub(super) body: Bytes,
    pub(super) key: Option<Key>,
}

/// Answers a request. Never fails: what goes wrong is an answer too.
pub(super) async fn answer<D: Door>(
    site: Rc<Site<D>>,
    line: Line,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    line.progress.on_head();
    let (parts, mut body) = request.into_parts();
    let mut media = None;
    let mut fields = None;
    let outcome = match site.router.find(parts.uri.path()) {
        Some((route, parameter)) if route.takes(&parts.method) => {
            if route.is_operational() {
                operations::answer(&site, route, parameter)
            } else if route.is_page() {
                page::answer(route, parts.uri.path(), &parts.headers)
            } else if route == Route::PaymentWebhook {
                // Not limited: signed, and whoever sends it has only one address.
                let (progress, parts) = (&line.progress, &parts);
                Box::pin(checkout::webhook::receive(
                    &site, progress, parts, &mut body, parameter,
                ))
                .await
            } else if let Err(errors) = site.admit(line.peer, &mut fields) {
                Err(errors)
            } else if route == Route::EventLive {
                Box::pin(live::watch(&site, &line, &parts, parameter)).await
            } else {
                handle(
                    &site,
                    &line,
                    &parts,
                    &mut body,
                    (route, parameter),
                    &mut media,
                )
                .await
            }
        }
        Some((route, _)) => Err(Errors::not_allowed(route.methods())),
        None => Err(Error::new(Code::NotFound, Code::NotFound.advice()).into()),
    };
    let mut reply = outcome.unwrap_or_else(|errors| {
        let code = errors.code();
        let mut reply =
            errors.into_reply(media.unwrap_or_else(|| negotiate::guess(&parts.headers)));
        if code == Code::BodyTooLarge {
            // What is left of it shall not be received.
            reply
                .fields
                .push((CONNECTION, HeaderValue::from_static("close")));
        }
        reply
    });
    site.count(&parts.method, &reply);
    reply.fields.extend(fields.into_iter().flatten());
    let is_last = line.progress.on_answer();
    Ok(reply.into_response(is_last))
}

async fn handle<D: Door>(
    site: &Site<D>,
    line: &Line,
    parts: &Parts,
    body: &mut Incoming,
    (route, parameter): (Route, &str),
    media: &mut Option<Media>,
) -> Result<Reply, Errors> {
    let headers = &parts.headers;
    if route.is_of_sale() {
        *media = Some(Media::Json);
    }
    if route.is_guarded(&parts.method)
        && let Some(token) = &site.settings.token
    {
        token.check(headers)?;
    }
    let is_post = parts.method == Method::POST;
    let sent = if is_post || receive::is_announced(headers) {
        Some(negotiate::sent(headers)?)
    } else {
        None
    };
    let wanted = if route.is_of_sale() {
        negotiate::plain(sent)?
    } else {
        negotiate::wanted(headers, sent)?
    };
    *media = Some(wanted);
    let body = if is_post || parts.method == Method::DELETE {
        let most = site.settings.body_bytes;
        let most = match route {
            Route::Events => most.max(EVENT_BODY_BYTES),
            _ => most,
        };
        receive::whole(body, most).await?
    } else {
        Bytes::new()
    };
    line.progress.on_body();
    let path = parts.uri.path();
    let key = if is_post {
        Key::of(headers, site.settings.token.as_ref(), path, &body)?
    } else {
        None
    };
    let ask = Ask {
        site,
        progress: &line.progress,
        method: &parts.method,
        headers,
        path,
        query: parts.uri.query().unwrap_or_default(),
        sent: sent.unwrap_or(Media::Json),
        media: wanted,
        body,
        key,
    };
    if route == Route::Purchases {
        return purchases::create(&ask).await;
    }
    if route.is_of_sale() {
        return Box::pin(checkout::answer(&ask, route, parameter)).await;
    }
    // One box instead of a future as large as the largest of these in every
    // request.
    Box::pin(dispatch(&ask, route, parameter, is_post)).await
}

async fn dispatch<D: Door>(
    ask: &Ask<'_, D>,
    route: Route,
    parameter: &str,
    is_post: bool,
) -> Result<Reply, Errors> {
    // What is no id names nothing.
    let id = || field::id(parameter).ok_or_else(Ask::<D>::not_found);
    match route {
        Route::Options if is_post => options::create(ask).await,
        Route::Options => options::list(ask).await,
        Route::Option => options::find(ask, id()?).await,
        Route::Purchases => purchases::create(ask).await,
        Route::Purchase => purchases::find(ask, id()?).await,
        Route::Members => members::create(ask).await,
        Route::Member => members::find(ask, id()?).await,
        Route::Tickets if is_post => tickets::create(ask).await,
        Route::Tickets => tickets::list(ask).await,
        Route::Ticket => tickets::find(ask, id()?).await,
        Route::Hold => moves::hold(ask, id()?).await,
        Route::Free => moves::free(ask, id()?).await,
        Route::PurchaseTicket => moves::purchase(ask, id()?).await,
        Route::Ledger => ledger::list(ask).await,
        Route::Balances => ledger::balances(ask).await,
        Route::EventLive
        | Route::HomePage
        | Route::EventPage
        | Route::BookingPage
        | Route::AdminPage
        | Route::Asset
        | Route::Live
        | Route::Ready
        | Route::Version
        | Route::Metrics
        | Route::OpenApi
        | Route::Problems
        | Route::Problem
        | Route::Events
        | Route::Event
        | Route::Plan
        | Route::SeatMap
        | Route::Checkouts
        | Route::Checkout
        | Route::Extend
        | Route::Holds
        | Route::Complete
        | Route::GiveUpPayment
        | Route::PaymentWebhook
        | Route::Booking
        | Route::BookingCode
        | Route::AdminEvents
        | Route::AdminRoom => operations::answer(ask.site, route, parameter),
    }
}

impl<D: Door> Ask<'_, D> {
    /// The path names nothing.
    pub(super) fn not_found() -> Errors {
        Error::new(Code::NotFound, "there is nothing with this id").into()
    }

    /// Whether the request has the server's token, if there is one.
    pub(super) fn has_server_token(&self) -> bool {
        let token = self.site.settings.token.as_ref();
        token.is_some_and(|token| token.is_in(self.headers))
    }

    /// What was made, with the id that was given to it.
    pub(super) fn created(&self, id: Id, document: &impl serde::Serialize) -> Reply {
        self.made(id, Reply::json(document))
    }

    /// The same with the document's bytes.
    pub(super) fn made(&self, id: Id, document: Vec<u8>) -> Reply {
        let mut location = String::with_capacity(self.path.len() + 37);
        location.push_str(self.path);
        location.push('/');
        location.push_str(id.hyphenated().encode_lower(&mut [0; 36]));
        Reply::created(self.media, location, document)
    }

    /// What was asked for.
    pub(super) fn found(&self, document: &impl serde::Serialize) -> Reply {
        Reply::document(hyper::StatusCode::OK, self.media, document)
    }
}

impl<D: Door> Site<D> {
    fn admit(
        &self,
        peer: IpAddr,
        fields: &mut Option<[(hyper::header::HeaderName, HeaderValue); 2]>,
    ) -> Result<(), Errors> {
        let Some(clients) = &self.clients else {
            return Ok(());
        };
        let verdict = clients.admit(peer, self.api.door().now());
        *fields = Some(clients.fields(verdict));
        if verdict.is_admitted {
            Ok(())
        } else {
            Err(clients.refusal(verdict))
        }
    }

    fn count(&self, method: &Method, reply: &Reply) {
        let mut counters = self.counters.borrow_mut();
        let status = reply.status;
        let class = (status.as_u16() / 100).clamp(1, 5) - 1;
        let method = method_kind(method);
        counters.requests.add(method as usize, usize::from(class));
        counters.rate_limited += u64::from(status == Code::RateLimited.status());
        counters.replayed += u64::from(reply.is_replayed());
    }
}

fn method_kind(method: &Method) -> HttpMethod {
    match *method {
        Method::GET => HttpMethod::Get,
        Method::HEAD => HttpMethod::Head,
        Method::POST => HttpMethod::Post,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Other,
    }
}
