//! Several engines at once, one thread each.

use std::{
    io,
    net::TcpStream,
    num::NonZeroU64,
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

use crate::{
    cpus::CpuList,
    engine::{Engine, Workload},
};

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
/// workloads when all are done. The threads are pinned to one of `cpus` each, in
/// turn, if there are any. Meanwhile `on_tick` is called every [`TICK`].
///
/// # Errors
/// If an engine cannot poll or a thread not be pinned; `halt` is then set so
/// that the others end too.
pub(crate) fn run<W>(
    engines: &mut [Engine<W::Tag>],
    works: Vec<W>,
    cpus: &CpuList,
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
            .enumerate()
            .map(|(number, (engine, mut work))| {
                let cpu = cpus.of_thread(number);
                let running = running.clone();
                scope.spawn(move || {
                    // Dropped at the end, even by a panic: the ticks stop when
                    // no thread holds it any more.
                    let _running = running;
                    let outcome = prepare(cpu.as_ref()).and_then(|()| engine.run(&mut work, halt));
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

/// Pins the calling thread and lets it wake up on time.
fn prepare(cpu: Option<&CpuList>) -> io::Result<()> {
    // The kernel otherwise lets a thread oversleep by 50 us, to save wake-ups.
    // Where it does not let us say so, sends are late, and counted as late.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    cpu.map_or(Ok(()), CpuList::pin_thread)
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
