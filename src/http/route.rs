//! Which resource a path names.

use hyper::Method;

/// A resource, or a list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Options,
    Option,
    Purchases,
    Purchase,
    Members,
    Member,
    Tickets,
    Ticket,
    Hold,
    Free,
    PurchaseTicket,
    Ledger,
    Balances,
    EventLive,
    HomePage,
    EventPage,
    BookingPage,
    AdminPage,
    Asset,
    Events,
    Event,
    Plan,
    SeatMap,
    Checkouts,
    Checkout,
    Extend,
    Holds,
    Complete,
    GiveUpPayment,
    PaymentWebhook,
    Booking,
    BookingCode,
    AdminEvents,
    AdminRoom,
    Live,
    Ready,
    Version,
    Metrics,
    OpenApi,
    Problems,
    Problem,
}

const READ: &str = "GET, HEAD";
const MAKE: &str = "POST";
const BOTH: &str = "GET, HEAD, POST";
const LEAVE: &str = "GET, HEAD, DELETE";
const CHANGE: &str = "POST, DELETE";
const END: &str = "DELETE";

/// Every path, what it names, and the methods it takes.
pub(super) const ROUTES: &[(&str, Route, &str)] = &[
    ("/ticket_options", Route::Options, BOTH),
    ("/ticket_options/{id}", Route::Option, READ),
    ("/purchases", Route::Purchases, MAKE),
    ("/purchases/{id}", Route::Purchase, READ),
    ("/members", Route::Members, MAKE),
    ("/members/{id}", Route::Member, READ),
    ("/tickets", Route::Tickets, BOTH),
    ("/tickets/{id}", Route::Ticket, READ),
    ("/tickets/{id}/hold", Route::Hold, MAKE),
    ("/tickets/{id}/free", Route::Free, MAKE),
    ("/tickets/{id}/purchase", Route::PurchaseTicket, MAKE),
    ("/ledger", Route::Ledger, READ),
    ("/ledger/balances", Route::Balances, READ),
    ("/events/{id}/live", Route::EventLive, READ),
    ("/", Route::HomePage, READ),
    ("/e/{id}", Route::EventPage, READ),
    ("/b/{reference}", Route::BookingPage, READ),
    ("/admin", Route::AdminPage, READ),
    ("/assets/{hash}/{file}", Route::Asset, READ),
    ("/events", Route::Events, BOTH),
    ("/events/{id}", Route::Event, READ),
    ("/events/{id}/plan", Route::Plan, READ),
    ("/events/{id}/seats", Route::SeatMap, READ),
    ("/events/{id}/checkouts", Route::Checkouts, MAKE),
    ("/checkouts/{token}", Route::Checkout, LEAVE),
    ("/checkouts/{token}/extend", Route::Extend, MAKE),
    ("/checkouts/{token}/holds", Route::Holds, CHANGE),
    ("/checkouts/{token}/complete", Route::Complete, MAKE),
    ("/checkouts/{token}/payment", Route::GiveUpPayment, END),
    ("/webhooks/payments/{provider}", Route::PaymentWebhook, MAKE),
    ("/bookings/{reference}", Route::Booking, READ),
    ("/bookings/{reference}/qr.svg", Route::BookingCode, READ),
    ("/admin/events", Route::AdminEvents, READ),
    ("/admin/events/{id}/waiting-room", Route::AdminRoom, MAKE),
    ("/livez", Route::Live, READ),
    ("/readyz", Route::Ready, READ),
    ("/version", Route::Version, READ),
    ("/metrics", Route::Metrics, READ),
    ("/openapi.json", Route::OpenApi, READ),
    ("/problems", Route::Problems, READ),
    ("/problems/{code}", Route::Problem, READ),
];

impl Route {
    /// The methods it takes, as in `Allow`.
    pub(super) fn methods(self) -> &'static str {
        ROUTES
            .iter()
            .find(|(_, route, _)| *route == self)
            .map_or(READ, |(_, _, methods)| methods)
    }

    /// Whether it takes a method.
    pub(super) fn takes(self, method: &Method) -> bool {
        let methods = self.methods();
        match *method {
            Method::GET | Method::HEAD => methods.starts_with(READ),
            Method::POST => methods.contains(MAKE),
            Method::DELETE => methods.contains(END),
            _ => false,
        }
    }

    /// Whether it is for operators and programs that look after the server:
    /// never limited, in a form of its own.
    pub(super) fn is_operational(self) -> bool {
        matches!(
            self,
            Self::Live
                | Self::Ready
                | Self::Version
                | Self::Metrics
                | Self::OpenApi
                | Self::Problems
                | Self::Problem
        )
    }

    /// Whether it is a page, or a part of one: never limited, always the same.
    pub(super) fn is_page(self) -> bool {
        matches!(
            self,
            Self::HomePage | Self::EventPage | Self::BookingPage | Self::AdminPage | Self::Asset
        )
    }

    /// Whether it is about events and what is sold by checkouts: plain JSON.
    pub(super) fn is_of_sale(self) -> bool {
        matches!(
            self,
            Self::Events
                | Self::Event
                | Self::Plan
                | Self::SeatMap
                | Self::Checkouts
                | Self::Checkout
                | Self::Extend
                | Self::Holds
                | Self::Complete
                | Self::GiveUpPayment
                | Self::Booking
                | Self::BookingCode
                | Self::AdminEvents
                | Self::AdminRoom
        )
    }

    /// Whether a request needs the server's token, if there is one: what
    /// creates inventory, the books, which tell who purchased what, and what
    /// operators do.
    pub(super) fn is_guarded(self, method: &Method) -> bool {
        match self {
            Self::Options | Self::Tickets | Self::Events => *method == Method::POST,
            Self::Ledger | Self::Balances | Self::AdminEvents | Self::AdminRoom => true,
            _ => false,
        }
    }
}

/// Finds routes by path.
#[derive(Debug)]
pub(super) struct Router(matchit::Router<Route>);

impl Router {
    pub(super) fn new() -> Self {
        let mut router = matchit::Router::new();
        for (path, route, _) in ROUTES {
            let added = router.insert(*path, *route);
            debug_assert!(added.is_ok(), "{path}: {added:?}");
        }
        Self(router)
    }

    /// The route, and what stands for its parameter.
    pub(super) fn find<'a>(&self, path: &'a str) -> Option<(Route, &'a str)> {
        let found = self.0.at(path).ok()?;
        let parameter = found.params.iter().next().map_or("", |(_, value)| value);
        Some((*found.value, parameter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_found_and_nothing_else() {
        let router = Router::new();
        for (path, route, _) in ROUTES {
            let path = [
                "{id}",
                "{code}",
                "{token}",
                "{reference}",
                "{hash}",
                "{file}",
                "{provider}",
            ]
            .iter()
            .fold((*path).to_owned(), |path, name| path.replace(name, "7"));
            let parameter = if path.contains('7') { "7" } else { "" };
            assert_eq!(router.find(&path), Some((*route, parameter)));
            assert_eq!(
                router
                    .find(&format!("{}/", path.trim_end_matches('/')))
                    .filter(|_| path != "/"),
                None
            );
        }
        for path in [
            "",
            "*",
            "/tickets/",
            "/tickets/1/",
            "/tickets/1/sell",
            "/ledger/x",
        ] {
            assert_eq!(router.find(path), None, "{path}");
        }
    }
}
