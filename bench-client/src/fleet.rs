//! Several engines at once, one thread each.

use std::{
    io,
    net::TcpStream,
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

use crate::engine::{Engine, Workload};

/// How often the caller gets to look at the progress.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// Deals connections to `threads` engines like cards: connection `n` becomes
/// client `n / threads` of engine `n % threads`. There are never more engines
/// than connections.
///
/// # Errors
/// If the system provides no poll or does not take the sockets.
pub(crate) fn deal<T: Copy>(
    sockets: Vec<TcpStream>,
    threads: usize,
    reply_timeout: Duration,
) -> io::Result<Vec<Engine<T>>> {
    let mut hands: Vec<Vec<TcpStream>> = Vec::new();
    hands.resize_with(threads.min(sockets.len()), Vec::new);
    let engines = hands.len();
    for (number, socket) in sockets.into_iter().enumerate() {
        hands[number % engines].push(socket);
    }
    hands
        .into_iter()
        .map(|hand| Engine::new(hand, reply_timeout))
        .collect()
}

/// Runs each engine with its workload in a thread of its own and returns the
/// workloads when all are done. Meanwhile `on_tick` is called every [`TICK`].
///
/// # Errors
/// If an engine cannot poll; `halt` is then set so that the others end too.
pub(crate) fn run<W>(
    engines: &mut [Engine<W::Tag>],
    works: Vec<W>,
    halt: &AtomicBool,
    on_tick: impl FnMut(),
) -> io::Result<Vec<W>>
where
    W: Workload + Send,
    W::Tag: Send,
{
    thread::scope(|scope| {
        let (running, ended) = mpsc::channel::<()>();
        let threads: Vec<_> = engines
            .iter_mut()
            .zip(works)
            .map(|(engine, mut work)| {
                let running = running.clone();
                scope.spawn(move || {
                    // Dropped at the end, even by a panic: the ticks stop when
                    // no thread holds it any more.
                    let _running = running;
                    let outcome = engine.run(&mut work, halt);
                    if outcome.is_err() {
                        halt.store(true, Relaxed);
                    }
                    outcome.map(|()| work)
                })
            })
            .collect();
        drop(running);
        watch(&ended, on_tick);
        threads.into_iter().map(join).collect()
    })
}

/// Calls `on_tick` every [`TICK`] until no thread holds the other end of
/// `ended` any more.
pub(crate) fn watch(ended: &Receiver<()>, mut on_tick: impl FnMut()) {
    while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
        on_tick();
    }
}

/// What a thread returned; its panic, if any, goes on in this one.
pub(crate) fn join<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
