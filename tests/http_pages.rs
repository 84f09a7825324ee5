//! The page, as browsers get it from the server.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http;

use http::{Client, Memory, Options, Reply, get, on_each};

fn asset_of(page: &Reply) -> String {
    let text = String::from_utf8(page.body.clone()).unwrap();
    let path = text.split('"').find(|part| part.ends_with("/base.css"));
    path.unwrap().to_owned()
}

#[test]
fn browsers_get_pages_that_bring_their_own_rules() {
    on_each(|client| {
        for (path, word) in [
            ("/", "What’s on"),
            ("/e/anything", "Seat map"),
            ("/b/ABCDEFGH", "Booking reference"),
            ("/admin", "Tickets sold per second"),
        ] {
            let page = client.ask(&get(path).field("Accept", "text/html,*/*;q=0.8"));
            assert_eq!(page.status, 200, "{path}");
            assert!(String::from_utf8_lossy(&page.body).contains(word), "{path}");
            assert_eq!(page.field("content-type"), Some("text/html; charset=utf-8"));
            assert_eq!(page.field("cache-control"), Some("no-cache"));
            assert_eq!(page.field("referrer-policy"), Some("no-referrer"));
            assert_eq!(page.field("x-content-type-options"), Some("nosniff"));
            let policy = page.field("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"));
            let head = client.ask(&get(path).method("HEAD"));
            assert_eq!((head.status, head.body.len()), (200, 0));
            assert_eq!(head.field("content-length"), page.field("content-length"));
            assert_eq!(client.ask(&get(path).method("POST")).status, 405);
        }
    });
}

#[test]
fn assets_are_kept_for_ever_and_found_under_their_hash() {
    on_each(|client| {
        let path = asset_of(&client.ask(&get("/")));
        let asset = client.ask(&get(&path));
        assert_eq!(asset.status, 200);
        assert_eq!(asset.field("content-type"), Some("text/css; charset=utf-8"));
        let kept = Some("public, max-age=31536000, immutable");
        assert_eq!(asset.field("cache-control"), kept);
        let hash = path.split('/').nth(2).unwrap();
        for wrong in [
            path.replace(hash, "current"),
            path.replace(hash, "0123456789abcdef"),
            path.replace("base.css", "base.scss"),
            path.replace("base.css", "..%2findex.html"),
        ] {
            assert_eq!(client.ask(&get(&wrong)).status, 404, "{wrong}");
        }
    });
}

#[test]
fn who_has_a_page_is_not_sent_it_again() {
    let mut client = Memory::new(Options::default());
    let page = client.ask(&get("/"));
    let tag = page.field("etag").unwrap().to_owned();
    for (known, status) in [
        (tag.clone(), "304 Not Modified"),
        (format!("\"x\", W/{tag}"), "304 Not Modified"),
        ("*".to_owned(), "304 Not Modified"),
        ("\"x\"".to_owned(), "200 OK"),
    ] {
        client.send(&get("/").field("If-None-Match", &known).bytes());
        let answer = String::from_utf8(client.received()).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{head}"
        );
        assert!(head.contains(&format!("etag: {tag}\r\n")), "{head}");
        assert!(head.contains("content-security-policy: "), "{head}");
        assert_eq!(body.is_empty(), status.starts_with("304"), "{known}");
    }
}

/// Pages load two dozen files at once: they do not use up what an address may
/// ask of the API.
#[test]
fn pages_are_not_counted_as_requests() {
    use ringside::http::Clients;
    let clients = Some(std::sync::Arc::new(Clients::new(1, 7)));
    let mut client = Memory::new(Options {
        clients,
        ..Options::default()
    });
    for _ in 0..30 {
        assert_eq!(client.ask(&get("/")).status, 200);
    }
    assert_ne!(client.ask(&get("/members/x")).status, 429);
    assert_eq!(client.ask(&get("/members/x")).status, 429);
}
