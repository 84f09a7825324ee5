//! Settings: flags over `RINGSIDE_*` variables over a TOML file over defaults.
//!
//! Each setting is declared once, in the table below; the flag, the
//! variable, the file's key, `--help` and the commented print-out of
//! `ringside config` all come from that one line.

mod check;
mod durability;
mod table;
mod values;

pub use check::ConfigError;
pub use durability::Durability;
pub use values::{CpuList, LogFormat, LogLevel, MatchRule, PaymentProvider, Span};

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

use crate::inventory::Bounds;
use crate::inventory::events::EventBounds;
use table::settings;

settings! {
    /// Address to listen on; may be given several times. Default: both
    /// loopback addresses.
    bind: Vec<IpAddr> = Vec::new(), "127.0.0.1 and ::1",
        "ADDRESS", "RINGSIDE_BIND", arg(value_delimiter = ',');
    /// Port of the seat protocol; 0 takes any free one.
    seat_port: u16 = 8099, "8099",
        "PORT", "RINGSIDE_SEAT_PORT";
    /// Port on which match sources connect; 0 takes any free one.
    source_port: u16 = 9090, "9090",
        "PORT", "RINGSIDE_SOURCE_PORT";
    /// Port on which match listeners connect; 0 takes any free one.
    listener_port: u16 = 9099, "9099",
        "PORT", "RINGSIDE_LISTENER_PORT";
    /// Port of HTTP; 0 takes any free one.
    http_port: u16 = 3000, "3000",
        "PORT", "RINGSIDE_HTTP_PORT";
    /// Connect to a match source that listens here; goes with
    /// --match-listener.
    match_source: String = String::new(), "empty",
        "HOST:PORT", "RINGSIDE_MATCH_SOURCE";
    /// Connect to a match listener that listens here; goes with
    /// --match-source.
    match_listener: String = String::new(), "empty",
        "HOST:PORT", "RINGSIDE_MATCH_LISTENER";
    /// What counts as a match: literal (a like is never taken back) or latest
    /// (a later word other than liked withdraws it).
    match_rule: MatchRule = MatchRule::Literal, "literal",
        "RULE", "RINGSIDE_MATCH_RULE";
    /// Sequence numbers over which a run's events may reach that wait for an
    /// earlier one. Beyond it the run ends with an error.
    match_window: u64 = 4_194_304, "4194304",
        "N", "RINGSIDE_MATCH_WINDOW";
    /// Pairs of users that a run may keep on each shard. Beyond it the run
    /// ends with an error.
    match_pairs: usize = 16_777_216, "16777216",
        "N", "RINGSIDE_MATCH_PAIRS";
    /// Match runs at once. Over it, new peers are sent away.
    match_runs: usize = 16, "16",
        "N", "RINGSIDE_MATCH_RUNS";
    /// End a match run in which nothing has moved for this long.
    match_timeout: Span = Span::from_secs(30), "30s",
        "TIME", "RINGSIDE_MATCH_TIMEOUT";
    /// Keep everything in this directory, and lose nothing that was
    /// acknowledged; empty: in memory only.
    data_dir: String = String::new(), "empty",
        "DIR", "RINGSIDE_DATA_DIR";
    /// When replies leave, with a data directory: sync (when all that they
    /// observed is on stable storage) or interval:MS (at once; changes are
    /// written so often, and a crash may take as much).
    durability: Durability = Durability::Sync, "sync",
        "MODE", "RINGSIDE_DURABILITY";
    /// Size of one file of the journal. Each shard has one or two prepared
    /// ahead.
    segment_bytes: u64 = 67_108_864, "67108864",
        "BYTES", "RINGSIDE_SEGMENT_BYTES";
    /// Number of shards, each with a thread of its own; 0 makes one for each
    /// CPU that this process may use.
    shards: u16 = 0, "0",
        "N", "RINGSIDE_SHARDS";
    /// CPUs to run shards on, such as 0-3,8; empty: all that this process may
    /// use.
    cpus: CpuList = CpuList::default(), "empty",
        "LIST", "RINGSIDE_CPUS";
    /// Leave it to the kernel where shards run.
    no_pin: bool = false, "false",
        "BOOL", "RINGSIDE_NO_PIN",
        arg(num_args = 0..=1, require_equals = true, default_missing_value = "true",
            value_parser = clap::builder::BoolishValueParser::new());
    /// Longest line that may be a message, in bytes without its end.
    max_line_bytes: usize = 128, "128",
        "BYTES", "RINGSIDE_MAX_LINE_BYTES";
    /// Longest seat name, in bytes.
    max_seat_bytes: usize = 64, "64",
        "BYTES", "RINGSIDE_MAX_SEAT_BYTES";
    /// Seats held in memory. Over it, reserving a new seat fails.
    max_seats: u64 = 50_000_000, "50000000",
        "N", "RINGSIDE_MAX_SEATS";
    /// Ticket options on each shard. Over it, making one fails.
    max_options: usize = 1_000_000, "1000000",
        "N", "RINGSIDE_MAX_OPTIONS";
    /// Purchases of ticket options on each shard. Over it, purchasing fails.
    max_purchases: usize = 50_000_000, "50000000",
        "N", "RINGSIDE_MAX_PURCHASES";
    /// Members on each shard. Over it, making one fails.
    max_members: usize = 10_000_000, "10000000",
        "N", "RINGSIDE_MAX_MEMBERS";
    /// Tickets on each shard. Over it, making some fails.
    max_tickets: usize = 10_000_000, "10000000",
        "N", "RINGSIDE_MAX_TICKETS";
    /// Idempotency keys on each shard, each kept for a day. Over it, requests
    /// with new keys fail.
    max_idempotency_keys: usize = 1_000_000, "1000000",
        "N", "RINGSIDE_MAX_IDEMPOTENCY_KEYS";
    /// Events on each shard. Over it, making one fails.
    max_events: usize = 10_000, "10000",
        "N", "RINGSIDE_MAX_EVENTS";
    /// Seats of all events on each shard together. Over it, making an event
    /// fails.
    max_event_seats: usize = 10_000_000, "10000000",
        "N", "RINGSIDE_MAX_EVENT_SEATS";
    /// Checkouts on each shard that have not ended, those that queue included.
    /// Over it, nobody new may come.
    max_checkouts: usize = 1_000_000, "1000000",
        "N", "RINGSIDE_MAX_CHECKOUTS";
    /// Bookings on each shard. Over it, completing a checkout fails.
    max_bookings: usize = 10_000_000, "10000000",
        "N", "RINGSIDE_MAX_BOOKINGS";
    /// Payments on each shard. Over it, those that have failed or expired are
    /// forgotten; when there is none, beginning one fails.
    max_payments: usize = 10_000_000, "10000000",
        "N", "RINGSIDE_MAX_PAYMENTS";
    /// How long a payment may take at most; the seats are held so long.
    payment_time: Span = Span::from_secs(15 * 60), "15m",
        "TIME", "RINGSIDE_PAYMENT_TIME";
    /// Changes of seats that each event remembers for those who watch. Who has
    /// missed more reads the whole map again.
    seat_changes: usize = 4096, "4096",
        "N", "RINGSIDE_SEAT_CHANGES";
    /// Entries of the ledger on each shard that can be listed. Of older ones
    /// the sums stay.
    ledger_entries: usize = 1_000_000, "1000000",
        "N", "RINGSIDE_LEDGER_ENTRIES";
    /// How long a ticket is held when the request does not say; 0s: until it
    /// is freed or purchased.
    hold_time: Span = Span::ZERO, "0s",
        "TIME", "RINGSIDE_HOLD_TIME";
    /// Connections in all. Over it, new ones are closed at once.
    max_connections: usize = 16_384, "16384",
        "N", "RINGSIDE_MAX_CONNECTIONS";
    /// Connections on which browsers may watch events; over it, they poll.
    max_watchers: usize = 10_000, "10000",
        "N", "RINGSIDE_MAX_WATCHERS";
    /// Reply bytes that may be owed to a connection; over it, its next
    /// messages wait. As many bytes of messages may wait.
    pipeline_bytes: usize = 65_536, "65536",
        "BYTES", "RINGSIDE_PIPELINE_BYTES";
    /// Close a connection after hearing nothing for this long; 0s: never.
    idle_timeout: Span = Span::ZERO, "0s",
        "TIME", "RINGSIDE_IDLE_TIMEOUT";
    /// Largest body of an HTTP request, in bytes.
    http_body_bytes: usize = 65_536, "65536",
        "BYTES", "RINGSIDE_HTTP_BODY_BYTES";
    /// Largest head of an HTTP request, in bytes.
    http_header_bytes: usize = 16_384, "16384",
        "BYTES", "RINGSIDE_HTTP_HEADER_BYTES";
    /// Close an HTTP connection that takes longer than this to send one whole
    /// request.
    http_timeout: Span = Span::from_secs(10), "10s",
        "TIME", "RINGSIDE_HTTP_TIMEOUT";
    /// Close an HTTP connection on which no request has begun for this long;
    /// 0s: never.
    http_idle_timeout: Span = Span::from_secs(60), "1m",
        "TIME", "RINGSIDE_HTTP_IDLE_TIMEOUT";
    /// HTTP requests per second from one client address, and as many at once
    /// after a pause; over it they are answered with 429. 0: no limit.
    http_rate: u32 = 0, "0",
        "N", "RINGSIDE_HTTP_RATE";
    /// File with the token that HTTP clients need to create ticket options and
    /// tickets and to read the ledger; empty: anyone may.
    api_token_file: String = String::new(), "empty",
        "FILE", "RINGSIDE_API_TOKEN_FILE";
    /// Where buyers reach this server (scheme and host); a payment provider
    /// sends them back there. Empty: the HTTP port on loopback.
    public_url: String = String::new(), "empty",
        "URL", "RINGSIDE_PUBLIC_URL";
    /// Who is asked for money: test (nobody: takes no money, for trying things
    /// out), hosted (a provider with a page of its own, called as Stripe
    /// Checkout is; docs/payments.md) or none (only what costs nothing can be
    /// booked).
    payment_provider: PaymentProvider = PaymentProvider::Test, "test",
        "NAME", "RINGSIDE_PAYMENT_PROVIDER";
    /// Where the hosted provider's calls are, without the /v1.
    payment_url: String = "https://api.stripe.com".to_owned(), "https://api.stripe.com",
        "URL", "RINGSIDE_PAYMENT_URL";
    /// File with the key that the hosted provider has given out; empty: a
    /// variable has it (docs/payments.md).
    payment_key_file: String = String::new(), "empty",
        "FILE", "RINGSIDE_PAYMENT_KEY_FILE";
    /// File with the secrets by which the hosted provider signs its webhooks,
    /// one a line; empty: a variable has them (docs/payments.md).
    payment_secrets_file: String = String::new(), "empty",
        "FILE", "RINGSIDE_PAYMENT_SECRETS_FILE";
    /// How long a call to the hosted provider may take, and how long opening a
    /// payment is tried.
    payment_timeout: Span = Span::from_secs(10), "10s",
        "TIME", "RINGSIDE_PAYMENT_TIMEOUT";
    /// Ask the hosted provider about a payment of which nothing was heard for
    /// this long, then less and less often.
    payment_lookup: Span = Span::from_secs(60), "1m",
        "TIME", "RINGSIDE_PAYMENT_LOOKUP";
    /// Calls to the hosted provider at once, each in a thread of its own.
    payment_threads: usize = 4, "4",
        "N", "RINGSIDE_PAYMENT_THREADS";
    /// Buyers that may wait for such a thread. Over it, payments are refused
    /// with 503 and what is held stays held.
    payment_queue: usize = 1024, "1024",
        "N", "RINGSIDE_PAYMENT_QUEUE";
    /// Tell this address by signed webhooks how checkouts end
    /// (docs/payments.md); empty: nobody is told.
    webhook_url: String = String::new(), "empty",
        "URL", "RINGSIDE_WEBHOOK_URL";
    /// File with the secrets by which those are signed, one a line; empty: a
    /// variable has them (docs/payments.md).
    webhook_secrets_file: String = String::new(), "empty",
        "FILE", "RINGSIDE_WEBHOOK_SECRETS_FILE";
    /// Webhooks sent at once.
    webhook_connections: usize = 8, "8",
        "N", "RINGSIDE_WEBHOOK_CONNECTIONS";
    /// Checkouts that have ended without a booking, remembered by each shard
    /// until webhooks have told it; over it, the oldest are dropped.
    webhook_backlog: usize = 1_000_000, "1000000",
        "N", "RINGSIDE_WEBHOOK_BACKLOG";
    /// How long the receiver of a webhook may take.
    webhook_timeout: Span = Span::from_secs(10), "10s",
        "TIME", "RINGSIDE_WEBHOOK_TIMEOUT";
    /// How old a webhook that was not taken may be and still be sent again.
    webhook_give_up: Span = Span::from_secs(24 * 60 * 60), "1day",
        "TIME", "RINGSIDE_WEBHOOK_GIVE_UP";
    /// Close a connection that takes none of the replies it is sent for this
    /// long.
    slow_client_timeout: Span = Span::from_secs(10), "10s",
        "TIME", "RINGSIDE_SLOW_CLIENT_TIMEOUT";
    /// How long stopping may take: what was received is answered until then.
    drain_timeout: Span = Span::from_secs(10), "10s",
        "TIME", "RINGSIDE_DRAIN_TIMEOUT";
    /// Serve on for this long after SIGTERM while /readyz says that the server
    /// is leaving, so that a load balancer can take it out; a second signal
    /// skips it.
    drain_delay: Span = Span::ZERO, "0s",
        "TIME", "RINGSIDE_DRAIN_DELAY";
    /// How long a shard without work looks for more before it sleeps: costs
    /// CPU, gains latency.
    busy_poll: Span = Span::ZERO, "0s",
        "TIME", "RINGSIDE_BUSY_POLL";
    /// How logs are written: text or json.
    log_format: LogFormat = LogFormat::Text, "text",
        "FORMAT", "RINGSIDE_LOG_FORMAT";
    /// What is logged: error, warn, info, debug or trace.
    log_level: LogLevel = LogLevel::Info, "info",
        "LEVEL", "RINGSIDE_LOG_LEVEL";
}

impl Config {
    /// What one shard may hold beside its seats.
    pub fn bounds(&self) -> Bounds {
        Bounds {
            options: self.max_options,
            purchases: self.max_purchases,
            members: self.max_members,
            tickets: self.max_tickets,
            keys: self.max_idempotency_keys,
            ledger_entries: self.ledger_entries,
            events: EventBounds {
                events: self.max_events,
                seats: self.max_event_seats,
                checkouts: self.max_checkouts,
                bookings: self.max_bookings,
                payments: self.max_payments,
                remembered_changes: self.seat_changes,
                payment_seconds: u32::try_from(self.payment_time.0.as_secs()).unwrap_or(u32::MAX),
                untold_ends: if self.webhook_url.is_empty() {
                    0
                } else {
                    self.webhook_backlog
                },
            },
        }
    }

    /// The effective configuration: what flags and variables say, else the
    /// file, else the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] if the file cannot be read or a setting is not sensible.
    pub fn load(given: Options, file: Option<&Path>) -> Result<Self, ConfigError> {
        let from_file = match file {
            None => Options::default(),
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
                        path: path.to_owned(),
                        source,
                    })?;
                toml::from_str(&text).map_err(|source| ConfigError::Invalid {
                    path: path.to_owned(),
                    source: Box::new(source),
                })?
            }
        };
        let config = Self::resolve(given.or(from_file));
        config.check()?;
        Ok(config)
    }

    /// The configuration as a commented TOML file that means the same.
    pub fn to_toml(&self) -> String {
        let mut text = String::from(
            "# Ringside: the effective configuration. Flags win over RINGSIDE_* variables,\n\
             # variables over this file (--config FILE), the file over the defaults.\n",
        );
        for setting in self.settings() {
            text.push('\n');
            for line in setting.doc.lines() {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "#{line}");
            }
            let _ = writeln!(
                text,
                "# --{}, {}; default: {}",
                setting.key, setting.variable, setting.default
            );
            let _ = writeln!(text, "{} = {}", setting.key, setting.value);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn parse(args: &[&str]) -> Options {
        Cli::try_parse_from([&["ringside"], args].concat())
            .unwrap()
            .options
    }

    fn config(args: &[&str]) -> Config {
        Config::load(parse(args), None).unwrap()
    }

    #[test]
    fn the_print_out_means_what_was_printed() {
        for args in [
            &[][..],
            &["--bind", "10.1.2.3", "--bind", "::", "--seat-port", "0"],
            &["--cpus", "0-3,8", "--idle-timeout", "1m 30s", "--no-pin"],
            &["--log-format", "json", "--log-level", "debug"],
        ] {
            let config = config(args);
            let text = config.to_toml();
            let back: Options = toml::from_str(&text).unwrap();
            assert_eq!(Config::load(back, None).unwrap(), config, "{text}");
        }
    }

    #[test]
    fn the_print_out_explains_every_setting() {
        let text = config(&[]).to_toml();
        assert!(text.contains("\n# Port of the seat protocol; 0 takes any free one.\n"));
        assert!(
            text.contains("\n# --seat-port, RINGSIDE_SEAT_PORT; default: 8099\nseat-port = 8099\n")
        );
    }

    #[test]
    fn the_defaults_are_what_the_help_says() {
        for setting in config(&[]).settings() {
            let shown = match setting.default {
                "empty" => "\"\"".to_owned(),
                "127.0.0.1 and ::1" => "[]".to_owned(),
                text if setting.value.starts_with('"') => format!("\"{text}\""),
                text => text.to_owned(),
            };
            assert_eq!(setting.value.replace('_', ""), shown, "{}", setting.key);
        }
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ringside.toml");
        std::fs::write(&path, "seat-port = 7000\nshards = 3\n").unwrap();
        let config = Config::load(parse(&["--seat-port", "7001"]), Some(&path)).unwrap();
        assert_eq!((config.seat_port, config.shards), (7001, 3));
        assert_eq!(config.max_line_bytes, 128);
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_name_and_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ringside.toml");
        for text in ["sea-port = 1", "seat-port = \"x\"", "seat-port = 70000"] {
            std::fs::write(&path, text).unwrap();
            let error = Config::load(Options::default(), Some(&path)).unwrap_err();
            let message = error.to_string();
            assert!(
                message.contains("ringside.toml") && message.contains("line 1"),
                "{message}"
            );
        }
        let error = Config::load(Options::default(), Some(Path::new("/nowhere"))).unwrap_err();
        assert!(error.to_string().contains("/nowhere"));
    }

    #[test]
    fn bounds_of_the_stock_are_what_the_settings_say() {
        assert_eq!(config(&[]).bounds(), Bounds::default());
        let settings = [
            "--max-events=1",
            "--max-event-seats=2",
            "--max-checkouts=3",
            "--max-bookings=4",
            "--max-payments=5",
            "--seat-changes=6",
            "--payment-time=7s",
            "--webhook-url=http://localhost",
            "--webhook-backlog=8",
        ];
        let events = EventBounds {
            events: 1,
            seats: 2,
            checkouts: 3,
            bookings: 4,
            payments: 5,
            remembered_changes: 6,
            untold_ends: 8,
            payment_seconds: 7,
        };
        assert_eq!(config(&settings).bounds().events, events);
    }

    #[test]
    fn settings_that_cannot_work_are_refused_with_what_to_change() {
        for (args, hint) in [
            (&["--max-seat-bytes", "0"][..], "--max-seat-bytes"),
            (&["--max-seat-bytes", "256"], "--max-seat-bytes"),
            (&["--max-line-bytes", "72"], "--max-line-bytes"),
            (&["--max-line-bytes", "5000"], "--max-line-bytes"),
            (&["--shards", "257"], "--shards"),
            (&["--pipeline-bytes", "10"], "--pipeline-bytes"),
            (&["--slow-client-timeout", "0s"], "--slow-client-timeout"),
            (&["--max-connections", "0"], "--max-connections"),
            (&["--http-header-bytes", "8191"], "--http-header-bytes"),
            (&["--http-body-bytes", "0"], "--http-body-bytes"),
            (&["--http-timeout", "0s"], "--http-timeout"),
            (&["--http-rate", "1000001"], "--http-rate"),
            (&["--hold-time", "367d"], "--hold-time"),
            (&["--payment-threads", "0"], "--payment-threads"),
            (&["--payment-timeout", "0s"], "--payment-timeout"),
            (&["--public-url", "tickets.example"], "--public-url"),
            (&["--max-events", "0"], "--max-events"),
            (&["--max-event-seats", "4294967296"], "--max-event-seats"),
            (&["--max-checkouts", "0"], "--max-checkouts"),
            (&["--max-bookings", "0"], "--max-bookings"),
            (&["--max-payments", "4294967296"], "--max-payments"),
            (&["--seat-changes", "16777217"], "--seat-changes"),
            (&["--payment-time", "999ms"], "--payment-time"),
            (&["--payment-time", "1day 1s"], "--payment-time"),
        ] {
            let error = Config::load(parse(args), None).unwrap_err();
            assert!(error.to_string().contains(hint), "{error}");
        }
    }
}
