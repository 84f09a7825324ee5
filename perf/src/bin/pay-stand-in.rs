//! A stand-in for a payment provider, to click through a hosted checkout
//! without an account anywhere: `docs/payments.md`. The same that the tests
//! use.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use clap::Parser;

#[path = "../../../tests/support/loopback.rs"]
mod loopback;
#[path = "../../../tests/support/provider/mod.rs"]
mod provider;

use provider::{KEY, Manners, SECRET, StandIn};

/// A payment provider without money: pay or decline on its page.
#[derive(Parser)]
struct Options {
    /// Port to listen on, on loopback.
    #[arg(long, default_value_t = 4242)]
    port: u16,
    /// Ringside's HTTP address, which webhooks go to.
    #[arg(long, default_value = "127.0.0.1:3000")]
    webhooks: SocketAddr,
    /// Send webhooks so late.
    #[arg(long, default_value = "0s")]
    delay: humantime::Duration,
    /// Send each webhook so often; 0 loses it.
    #[arg(long, default_value_t = 1)]
    copies: usize,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let manners = Manners {
        host: Some(format!("http://127.0.0.1:{}", options.port)),
        webhooks: Some(options.webhooks),
        delay: options.delay.into(),
        copies: options.copies,
    };
    let provider = StandIn::start_on(options.port, manners).context("cannot listen there")?;
    println!(
        "listening on {}; start Ringside with:\n  RINGSIDE_PAYMENT_KEY={KEY} \
         RINGSIDE_PAYMENT_SECRETS={SECRET} \\\n  ringside --payment-provider hosted \
         --payment-url {}",
        provider.url(),
        provider.url()
    );
    loop {
        std::thread::park();
    }
}
