//! The floor of `POST /purchases`: hyper's HTTP/1 on glommio's streams, one
//! executor on one core, and the same answer to every purchase.
//!
//! Nothing is parsed but HTTP, nothing decided but one count, so that what is
//! left in the end is what was acknowledged and `ringside-bench purchases`
//! (one option, quantity 1) can measure it as it measures Ringside.

use std::{
    cell::Cell,
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use anyhow::{Result, anyhow};
use bytes::Bytes;
use clap::{Parser, value_parser};
use futures_io::{AsyncRead, AsyncWrite};
use glommio::{
    LocalExecutorBuilder, Placement,
    net::{TcpListener, TcpStream},
};
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode, body::Incoming, header, rt::ReadBufCursor,
    server::conn::http1, service::service_fn,
};
use serde_json::json;

/// The most that one read brings.
const CHUNK: usize = 8 * 1024;
/// The id of everything.
const ID: &str = "01234567-89ab-7fff-bfff-ffffdeadbeef";
/// What the one ticket option begins with, whatever was asked for.
const ALLOCATION: u64 = 100_000_000;

/// The same answer to every purchase, as fast as hyper and glommio go.
#[derive(Debug, Parser)]
struct Options {
    /// Where to listen; port 0: any free one, told on standard output.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The core to run on.
    #[arg(long, default_value_t = 0)]
    cpu: usize,
    /// Size of the answer's body: that of the server to compare with.
    #[arg(long, default_value_t = 360, value_parser = value_parser!(u32).range(..=8192))]
    body_bytes: u32,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let cpu = options.cpu;
    let executor = LocalExecutorBuilder::new(Placement::Fixed(cpu))
        .name("http-floor")
        .spawn(move || serve(options))
        .map_err(|error| {
            anyhow!("cannot start on core {cpu} ({error}); give --cpu one that may be used")
        })?;
    executor.join().map_err(|error| anyhow!("{error}"))?
}

async fn serve(options: Options) -> Result<()> {
    let listener = TcpListener::bind(options.listen).map_err(|error| anyhow!("{error}"))?;
    let address = listener.local_addr().map_err(|error| anyhow!("{error}"))?;
    println!("http-floor ready; http on {address}");
    let site = Rc::new(Site {
        purchase: purchase(options.body_bytes as usize),
        sold: Cell::new(0),
    });
    loop {
        let stream = listener
            .accept()
            .await
            .map_err(|error| anyhow!("{error}"))?;
        stream
            .set_nodelay(true)
            .map_err(|error| anyhow!("{error}"))?;
        let site = Rc::clone(&site);
        glommio::spawn_local(async move {
            let service = service_fn(|request| answer(Rc::clone(&site), request));
            let connection = http1::Builder::new()
                .pipeline_flush(true)
                .serve_connection(Io(stream), service);
            // A lost client is that client's affair.
            let _ = connection.await;
        })
        .detach();
    }
}

/// What all connections share.
struct Site {
    purchase: Bytes,
    sold: Cell<u64>,
}

async fn answer(
    site: Rc<Site>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_post = request.method() == Method::POST;
    let is_purchase = request.uri().path().starts_with("/purchases");
    // It must be read, or the connection cannot be used again.
    let _ = request.into_body().collect().await;
    let body = if is_purchase {
        site.sold.set(site.sold.get() + u64::from(is_post));
        site.purchase.clone()
    } else {
        option(ALLOCATION - site.sold.get())
    };
    let mut response = Response::new(Full::new(body));
    if is_post {
        *response.status_mut() = StatusCode::CREATED;
    }
    let media_type = header::HeaderValue::from_static("application/vnd.api+json");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    Ok(response)
}

/// The constant answer, filled up to so many bytes where it has fewer.
fn purchase(bytes: usize) -> Bytes {
    let related = |kind: &str| json!({"data": {"type": kind, "id": ID}});
    let mut text = json!({"data": {
        "type": "purchases",
        "id": ID,
        "attributes": {"quantity": 1},
        "relationships": {
            "ticket_option": related("ticket_options"),
            "user": related("users"),
        },
    }})
    .to_string();
    text.push_str(&" ".repeat(bytes.saturating_sub(text.len())));
    text.into()
}

fn option(available: u64) -> Bytes {
    let attributes = json!({"allocation": ALLOCATION, "available": available});
    let option = json!({"type": "ticket_options", "id": ID, "attributes": attributes});
    json!({"data": option}).to_string().into()
}

/// A glommio stream as hyper wants it.
struct Io(TcpStream);

impl hyper::rt::Read for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut chunk = [0; CHUNK];
        let room = CHUNK.min(buffer.remaining());
        let read = Pin::new(&mut self.0).poll_read(context, &mut chunk[..room]);
        let bytes = ready!(read)?;
        buffer.put_slice(&chunk[..bytes]);
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_size_asked_for_and_is_a_document() {
        let body = purchase(500);
        assert_eq!(body.len(), 500);
        let document: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(document["data"]["attributes"]["quantity"], 1);
        assert!(purchase(0).len() > 100);
    }
}
