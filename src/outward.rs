//! Clients of other servers: which addresses, which bounds.

use std::net::IpAddr;
use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;

/// An address that nothing can be sent to, or should not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} must be https://HOST[:PORT][/PATH], or http:// for this machine only")]
pub struct UnusableAddress(pub String);

/// A client of one address, which keeps its connections.
pub fn agent(url: &str, timeout: Duration, connections: usize) -> Agent {
    let mut config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .http_status_as_error(false)
        .max_idle_connections(connections)
        .max_idle_connections_per_host(connections)
        .user_agent(concat!("ringside/", env!("CARGO_PKG_VERSION")));
    if url.parse().is_ok_and(|url| is_here(&url)) {
        // What is on this machine is not reached by a proxy.
        config = config.proxy(None);
    }
    config.build().into()
}

/// The address without a slash at its end, if secrets may travel there.
///
/// # Errors
/// [`UnusableAddress`].
pub fn check_address(url: &str) -> Result<String, UnusableAddress> {
    let unusable = || UnusableAddress(url.to_owned());
    let parsed: Uri = url.parse().map_err(|_| unusable())?;
    let is_safe = match parsed.scheme_str() {
        Some("https") => parsed.host().is_some_and(|host| !host.is_empty()),
        Some("http") => is_here(&parsed),
        _ => false,
    };
    if is_safe && parsed.query().is_none() && !url.contains(['@', '#']) {
        Ok(url.trim_end_matches('/').to_owned())
    } else {
        Err(unusable())
    }
}

/// Whether an address is on this machine.
fn is_here(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_travel_in_the_clear() {
        for (url, usable) in [
            ("https://api.stripe.com", Some("https://api.stripe.com")),
            (
                "https://pay.example:8443/x/",
                Some("https://pay.example:8443/x"),
            ),
            ("http://127.0.0.1:80/", Some("http://127.0.0.1:80")),
            ("http://[::1]:80", Some("http://[::1]:80")),
            ("http://localhost:80", Some("http://localhost:80")),
            ("http://api.stripe.com", None),
            ("http://127.0.0.1.example", None),
            ("http://10.0.0.1", None),
            ("https://", None),
            ("https://user@host", None),
            ("https://host?x=1", None),
            ("ftp://localhost", None),
            ("api.stripe.com", None),
            ("", None),
        ] {
            assert_eq!(check_address(url).ok().as_deref(), usable, "{url}");
        }
    }
}
