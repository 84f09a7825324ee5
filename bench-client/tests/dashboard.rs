//! The dashboard is JSON that Grafana takes, and asks for metrics that the
//! server has.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

fn dashboard() -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/grafana-dashboard.json");
    let text = fs::read_to_string(path).expect("the dashboard is there");
    serde_json::from_str(&text).expect("it is JSON")
}

/// All queries of a dashboard, those of its variables too.
fn queries(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let variables = dashboard["templating"]["list"].as_array();
    let texts = targets.map(|target| &target["expr"]).chain(
        variables
            .into_iter()
            .flatten()
            .map(|variable| &variable["query"]["query"]),
    );
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The names of Ringside's metrics in a text, without what a histogram's name
/// ends with.
fn metrics(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !is_name(c))
        .filter(|word| word.starts_with("ringside_"))
        .map(|name| name.strip_suffix("_bucket").unwrap_or(name).to_owned())
        .collect()
}

#[test]
fn panels_have_ids_places_and_queries_of_their_own() {
    let dashboard = dashboard();
    assert_eq!(dashboard["uid"], "ringside");
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut ids = BTreeSet::new();
    let mut places = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().expect("a title");
        assert!(ids.insert(panel["id"].as_u64()), "{title}: its id is taken");
        let place = &panel["gridPos"];
        let corner = (place["y"].as_u64(), place["x"].as_u64());
        assert!(places.insert(corner), "{title}: its place is taken");
        assert!(place["x"].as_u64() < Some(24), "{title}");
        let is_row = panel["type"] == "row";
        let targets = panel["targets"].as_array().map_or(0, Vec::len);
        assert!(is_row || targets > 0, "{title} asks for nothing");
        assert!(
            is_row || panel["fieldConfig"]["defaults"]["unit"].is_string(),
            "{title}: no unit"
        );
    }
}

#[test]
fn every_query_is_about_the_chosen_instances() {
    for query in queries(&dashboard()) {
        assert!(!metrics(&query).is_empty(), "{query}");
        let open = query.matches(['(', '{', '[']).count();
        assert_eq!(open, query.matches([')', '}', ']']).count(), "{query}");
        let is_variable = query.starts_with("label_values(");
        assert!(
            is_variable || query.contains(r#"instance=~"$instance""#),
            "{query}"
        );
    }
}

/// What the documents ask for, one name each; a histogram by its family.
const EXPECTED: [&str; 17] = [
    "ringside_bounds_hit_total",
    "ringside_checkouts",
    "ringside_commands_forwarded_total",
    "ringside_commands_total",
    "ringside_connections",
    "ringside_event_tickets",
    "ringside_http_request_duration_seconds",
    "ringside_http_requests_total",
    "ringside_journal_bytes_total",
    "ringside_journal_frames_total",
    "ringside_journal_sync_duration_seconds",
    "ringside_operations_forwarded_total",
    "ringside_operations_total",
    "ringside_payments",
    "ringside_ready",
    "ringside_seats",
    "ringside_tickets",
];

#[test]
fn it_shows_all_that_a_server_should_tell() {
    let asked: BTreeSet<String> = queries(&dashboard())
        .iter()
        .flat_map(|query| metrics(query))
        .collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    assert_eq!(asked, EXPECTED);
}

#[test]
#[ignore = "needs a server with --http-port: RINGSIDE_METRICS=HOST:PORT cargo test -p ringside-bench --test dashboard -- --ignored"]
fn the_server_has_every_metric_that_is_asked_for() {
    use std::io::{Read, Write};

    let address = std::env::var("RINGSIDE_METRICS").expect("RINGSIDE_METRICS says where it is");
    let mut stream = std::net::TcpStream::connect(&address).expect("a server");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("it answers");
    let families: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let missing: Vec<&str> = EXPECTED
        .into_iter()
        .filter(|name| {
            let family = name.strip_suffix("_total").unwrap_or(name);
            !families.contains(name) && !families.contains(family)
        })
        .collect();
    assert!(missing.is_empty(), "missing: {missing:?}");
}
