//! What an HTTP request costs beside the kernel: a purchase through a
//! conversation with a door to no shards, and the floor below it, hyper over a
//! pipe in memory with a constant answer of the same size.
//!
//! `cargo bench -p ringside-perf --bench http_answer` measures time and
//! allocations. Under `cargo test` each runs once.

#![allow(missing_docs, reason = "a program")]

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::io::{self, Cursor};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION, VARY};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use ringside::api::{Api, Closed, Door, Target};
use ringside::http::{Conversation, Patience, Settings, Site, TokenSecret, Watchers};
use ringside::inventory::{Answer, Kind, Micros, Operation, Purchase, Refusal};
use ringside::payment::Till;
use ringside::shard::{Counters, Readings};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// Requests that are sent at once.
const PIPELINES: [usize; 2] = [1, 16];

const OPTION: &str = "0199f3a1-7c00-7000-8000-000000000001";
const USER: &str = "406c1d05-bbb2-4e94-b183-7d208c2692e1";

fn main() {
    divan::Divan::default()
        .sample_size(200)
        .config_with_args()
        .main();
}

fn request(kind: &str, body: &str, rest: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /purchases HTTP/1.1\r\nHost: localhost:3000\r\nAccept: {kind}\r\n\
         Content-Type: {kind}\r\nContent-Length: {length}\r\n{rest}\r\n{body}"
    )
    .into_bytes()
}

fn json_api() -> Vec<u8> {
    let body = format!(
        r#"{{"data":{{"type":"purchases","attributes":{{"quantity":1}},"relationships":{{"ticket_option":{{"data":{{"type":"ticket_options","id":"{OPTION}"}}}},"user":{{"data":{{"type":"users","id":"{USER}"}}}}}}}}}}"#
    );
    request("application/vnd.api+json", &body, "")
}

fn flat() -> Vec<u8> {
    let body = format!(r#"{{"quantity":1,"ticket_option":"{OPTION}","user":"{USER}"}}"#);
    request("application/json", &body, "")
}

#[derive(Clone)]
struct NoShards(Rc<Cell<u64>>);

impl Door for NoShards {
    type Call = Ready<Result<Answer, Closed>>;

    fn shards(&self) -> u16 {
        1
    }

    fn call(&self, _: Target, operation: Operation) -> Self::Call {
        ready(Ok(match operation {
            Operation::Purchase {
                id,
                option,
                user,
                quantity,
            } => Answer::Purchase(Purchase {
                id,
                option,
                user,
                quantity,
                at: self.now(),
            }),
            _ => Answer::Refused(Refusal::NotFound(Kind::Option)),
        }))
    }

    fn now(&self) -> Micros {
        1_795_284_000_123_456
    }

    fn numbers(&self, count: u64) -> u64 {
        self.0.replace(self.0.get() + count)
    }
}

struct NoReadings;

impl Readings for NoReadings {
    fn counters(&self) -> Vec<Counters> {
        Vec::new()
    }

    fn is_ready(&self) -> bool {
        true
    }
}

fn conversation() -> Conversation {
    let settings = Settings {
        watchers: Watchers::new(1),
        body_bytes: 65_536,
        header_bytes: 16_384,
        pipeline_bytes: 65_536,
        patience: Patience {
            request: Duration::from_secs(10),
            idle: Duration::from_secs(60),
        },
        token: None,
        hold_time: None,
        till: Till::test(),
        secret: TokenSecret::new([7; 32]),
        life: 7,
        latencies: Arc::default(),
    };
    let api = Api::new(NoShards(Rc::default()));
    let site = Site::new(api, settings, None, Arc::new(NoReadings), Rc::default());
    site.open(IpAddr::V4(Ipv4Addr::LOCALHOST), Waker::noop().clone())
}

fn through_conversation(bencher: Bencher<'_, '_>, request: &[u8], count: usize) {
    let requests = request.repeat(count);
    let mut conversation = conversation();
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        conversation.on_bytes(&requests);
        conversation.poll();
        let output = conversation.take_output();
        assert!(output.starts_with(b"HTTP/1.1 201"));
        conversation.on_sent(output.len());
        black_box(output);
    });
}

#[divan::bench(args = PIPELINES)]
fn purchase_json_api(bencher: Bencher<'_, '_>, count: usize) {
    through_conversation(bencher, &json_api(), count);
}

#[divan::bench(args = PIPELINES)]
fn purchase_plain(bencher: Bencher<'_, '_>, count: usize) {
    through_conversation(bencher, &flat(), count);
}

#[derive(Clone, Default)]
struct Pipe(Rc<RefCell<Ends>>);

#[derive(Default)]
struct Ends {
    input: Vec<u8>,
    read: usize,
    output: Vec<u8>,
}

impl Read for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut room: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut pipe = self.0.borrow_mut();
        let Ends { input, read, .. } = &mut *pipe;
        if *read == input.len() {
            return Poll::Pending;
        }
        let count = room.remaining().min(input.len() - *read);
        room.put_slice(&input[*read..*read + count]);
        *read += count;
        if *read == input.len() {
            *read = 0;
            input.clear();
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().output.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

type Answered = Response<Full<Cursor<Vec<u8>>>>;

/// As many bytes and fields as the answer to a purchase has.
fn constant() -> Answered {
    let mut response = Response::new(Full::new(Cursor::new(vec![b' '; 420])));
    *response.status_mut() = StatusCode::CREATED;
    let fields = response.headers_mut();
    let kind = HeaderValue::from_static("application/vnd.api+json");
    fields.insert(CONTENT_TYPE, kind);
    fields.insert(VARY, HeaderValue::from_static("Accept"));
    let place = "/purchases/0199f3a1-7c00-7000-8000-000000000001";
    fields.insert(LOCATION, HeaderValue::from_static(place));
    response
}

fn through_hyper<F>(bencher: Bencher<'_, '_>, count: usize, answer: fn(Request<Incoming>) -> F)
where
    F: Future<Output = Result<Answered, Infallible>> + 'static,
{
    let requests = json_api().repeat(count);
    let pipe = Pipe::default();
    let mut connection = hyper::server::conn::http1::Builder::new()
        .half_close(true)
        .header_read_timeout(None)
        .max_buf_size(16_384)
        .serve_connection(pipe.clone(), service_fn(answer));
    let mut context = Context::from_waker(Waker::noop());
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        pipe.0.borrow_mut().input.extend_from_slice(&requests);
        let mut output = Vec::new();
        // hyper wakes itself between a body and its reader: once more round.
        while output.len() < 500 * count {
            let _ = Pin::new(&mut connection).poll(&mut context);
            output.append(&mut pipe.0.borrow_mut().output);
        }
        assert!(output.starts_with(b"HTTP/1.1 201"));
        black_box(output);
    });
}

/// The floor: the body is not even looked at.
#[divan::bench(args = PIPELINES)]
fn constant_without_body(bencher: Bencher<'_, '_>, count: usize) {
    through_hyper(bencher, count, |_| ready(Ok(constant())));
}

/// The floor of everything that reads its body.
#[divan::bench(args = PIPELINES)]
fn constant_with_body(bencher: Bencher<'_, '_>, count: usize) {
    through_hyper(bencher, count, |request| async {
        let body = request.into_body().collect().await;
        black_box(body.map(Collected::to_bytes).ok());
        Ok(constant())
    });
}
