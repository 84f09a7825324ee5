//! Many connections want the same seats: each is reserved once and bought once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};

use support::{Client, SHARDS, server};

const SEATS: usize = 200;
const CLIENTS: usize = 24;

#[test]
fn a_seat_is_reserved_once_and_bought_once_whoever_asks() {
    for shards in SHARDS {
        let server = server(shards);
        let reserved: Vec<AtomicU32> = (0..SEATS).map(|_| AtomicU32::new(0)).collect();
        let bought: Vec<AtomicU32> = (0..SEATS).map(|_| AtomicU32::new(0)).collect();
        let barrier = Barrier::new(CLIENTS);
        std::thread::scope(|scope| {
            for number in 0..CLIENTS {
                let (server, reserved, bought, barrier) = (&server, &reserved, &bought, &barrier);
                scope.spawn(move || {
                    let mut client = Client::connect(server);
                    let mut seats: Vec<usize> = (0..SEATS).collect();
                    fastrand::Rng::with_seed(number as u64).shuffle(&mut seats);
                    barrier.wait();
                    // Half of them pipeline everything, half ask one by one.
                    let pipelined = number % 2 == 0;
                    for verb in ["RESERVE", "BUY"] {
                        if pipelined {
                            let all: String = seats
                                .iter()
                                .map(|seat| format!("{verb}: R{seat}\n"))
                                .collect();
                            client.send(all);
                        }
                        for &seat in &seats {
                            let reply = if pipelined {
                                client.reply()
                            } else {
                                client.ask(&format!("{verb}: R{seat}"))
                            };
                            let won = if verb == "RESERVE" { reserved } else { bought };
                            if reply == "OK" {
                                won[seat].fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
        for seat in 0..SEATS {
            assert_eq!(
                reserved[seat].load(Ordering::Relaxed),
                1,
                "seat {seat} reserved"
            );
            assert_eq!(
                bought[seat].load(Ordering::Relaxed),
                1,
                "seat {seat} bought"
            );
        }
        server.stop().unwrap();
    }
}
