//! Ticket options and purchases as a small service on `PostgreSQL`: one
//! transaction for each purchase, in which the option's row is locked with
//! `SELECT ... FOR UPDATE`. It answers what `ringside-bench purchases` asks.

#![warn(clippy::pedantic)]

mod documents;
mod store;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use clap::Parser;
use tokio::net::TcpListener;
use uuid::Uuid;

use documents::{Wanted, bad_request, created, found, not_found, sold_out, unavailable};
use store::{Outcome, Store};

/// Ticket options on `PostgreSQL`.
#[derive(Debug, Parser)]
struct Options {
    /// Database, such as `host=/run/postgresql user=me dbname=postgres`.
    #[arg(long)]
    database: String,
    /// Where to listen; port 0: any free one, told on standard output.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Connections to the database.
    #[arg(long, default_value_t = 16)]
    pool: usize,
    /// Threads of the runtime; as many as cores unless given.
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = options.threads {
        runtime.worker_threads(threads);
    }
    runtime.enable_all().build()?.block_on(serve(options))
}

async fn serve(options: Options) -> anyhow::Result<()> {
    let store = Store::open(&options.database, options.pool)
        .await
        .with_context(|| format!("cannot use the database {}", options.database))?;
    let router = Router::new()
        .route("/ticket_options", post(create_option))
        .route("/ticket_options/{id}", get(find_option))
        .route("/purchases", post(purchase))
        .route("/purchases/{id}", get(find_purchase))
        .with_state(Arc::new(store));
    let listener = TcpListener::bind(options.listen).await?;
    println!(
        "postgres-baseline ready; http on {}",
        listener.local_addr()?
    );
    let service = axum::serve(
        axum::serve::ListenerExt::tap_io(listener, |stream| {
            // What is refused here only costs time.
            let _ = stream.set_nodelay(true);
        }),
        router,
    );
    Ok(service.await?)
}

async fn create_option(State(store): State<Arc<Store>>, body: Bytes) -> Response {
    let Some((name, description, allocation)) =
        Wanted::read(&body).as_ref().and_then(Wanted::option)
    else {
        return bad_request();
    };
    let id = Uuid::new_v4();
    match store
        .create_option(id, &name, &description, allocation)
        .await
    {
        Ok(()) => created(&documents::option(
            id,
            &name,
            &description,
            allocation,
            allocation,
        )),
        Err(error) => unavailable(&error),
    }
}

async fn find_option(State(store): State<Arc<Store>>, Path(id): Path<Uuid>) -> Response {
    match store.option(id).await {
        Ok(Some(option)) => found(&option),
        Ok(None) => not_found(),
        Err(error) => unavailable(&error),
    }
}

async fn purchase(State(store): State<Arc<Store>>, body: Bytes) -> Response {
    let Some((quantity, option, user)) = Wanted::read(&body).as_ref().and_then(Wanted::purchase)
    else {
        return bad_request();
    };
    let id = Uuid::new_v4();
    match store.purchase(id, option, user, quantity).await {
        Ok(Outcome::Purchased) => created(&documents::purchase(id, option, user, quantity)),
        Ok(Outcome::NotEnough) => sold_out(),
        Ok(Outcome::NoOption) => not_found(),
        Err(error) => unavailable(&error),
    }
}

async fn find_purchase(State(store): State<Arc<Store>>, Path(id): Path<Uuid>) -> Response {
    match store.find_purchase(id).await {
        Ok(Some(purchase)) => found(&purchase),
        Ok(None) => not_found(),
        Err(error) => unavailable(&error),
    }
}
