//! The floor: the least that answers a line over io_uring.
//!
//! Multishot accept and receive, buffers that the kernel picks from a ring,
//! deferred task work, one send per connection and turn; and then nothing: no
//! parser, no table, no limits, no other shards. Each `\n` is answered by the
//! same line. What a real server costs more than this is its own.

#![allow(unsafe_code, reason = "ring entries point at memory and descriptors")]

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use clap::ValueEnum;
use io_uring::types::{BufRingEntry, Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode};

/// How the responder waits for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wait {
    /// Submits and waits in one system call, for as long as it takes: the
    /// floor.
    Block,
    /// The same, but no longer than 5 ms, as a Ringside shard dozes.
    Doze,
    /// Never waits, as a Ringside shard within `--busy-poll`.
    Spin,
}

/// As many and as large as a shard of Ringside has.
const BUFFERS: u16 = 128;
const BUFFER_BYTES: usize = 16 * 1024;
const ENTRIES: u32 = 1024;
const COMPLETIONS: u32 = 8192;
const ACCEPT: u64 = 1 << 40;
const SEND: u64 = 1 << 41;
/// As long as the mean reply of the seat protocol.
const REPLY: &[u8] = b"SOLD\n";
/// Replies that one send can carry.
const REPLIES: usize = 16 * 1024;

#[allow(
    clippy::struct_excessive_bools,
    reason = "independent facts, not states"
)]
struct Client {
    socket: OwnedFd,
    /// Reply bytes not yet handed to the kernel.
    owed: usize,
    sending: bool,
    receiving: bool,
    touched: bool,
    broken: bool,
}

/// Answers until it is killed, on a free port of loopback that it prints.
pub(crate) fn respond(wait: Wait) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    rustix::net::listen(&listener, 4096)?;
    rustix::net::sockopt::set_tcp_nodelay(&listener, true)?;
    println!("floor ready; lines on {}", listener.local_addr()?);
    let ring: IoUring = IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_cqsize(COMPLETIONS)
        .build(ENTRIES)?;
    let mut buffers = Buffers::register(&ring)?;
    let replies = REPLY.repeat(REPLIES).into_boxed_slice();
    let mut clients: Vec<Option<Client>> = Vec::new();
    let mut touched: Vec<usize> = Vec::new();
    push(&ring, &accept(&listener))?;
    loop {
        enter(&ring, wait)?;
        // SAFETY: the only completion queue in use; submissions below go
        // through the other half.
        let completions = unsafe { ring.completion_shared() };
        for entry in completions {
            let (tag, result, flags) = (entry.user_data(), entry.result(), entry.flags());
            if tag & ACCEPT != 0 {
                if result >= 0 {
                    // SAFETY: the kernel made this descriptor for us.
                    let socket = unsafe { OwnedFd::from_raw_fd(result) };
                    let index = clients.iter().position(Option::is_none);
                    let index = index.unwrap_or_else(|| {
                        clients.push(None);
                        clients.len() - 1
                    });
                    clients[index] = Some(Client::new(socket));
                    touch(&mut clients, &mut touched, index);
                }
                if !cqueue::more(flags) {
                    push(&ring, &accept(&listener))?;
                }
                continue;
            }
            let index = (tag & !SEND) as usize;
            let Some(client) = clients[index].as_mut() else {
                continue;
            };
            if tag & SEND != 0 {
                client.sending = false;
                match usize::try_from(result) {
                    Ok(sent) => client.owed -= sent,
                    Err(_) => client.broken = true,
                }
            } else {
                if let Some(buffer) = cqueue::buffer_select(flags) {
                    let bytes = buffers.bytes(buffer, result as usize);
                    client.owed += REPLY.len() * memchr::memchr_iter(b'\n', bytes).count();
                    buffers.give_back(buffer);
                } else if result != -rustix::io::Errno::NOBUFS.raw_os_error() {
                    client.broken = true;
                }
                client.receiving = cqueue::more(flags);
            }
            touch(&mut clients, &mut touched, index);
        }
        for index in touched.drain(..) {
            settle(&ring, &mut clients[index], index, &replies)?;
        }
    }
}

impl Client {
    fn new(socket: OwnedFd) -> Self {
        Self {
            socket,
            owed: 0,
            sending: false,
            receiving: false,
            touched: false,
            broken: false,
        }
    }
}

fn touch(clients: &mut [Option<Client>], touched: &mut Vec<usize>, index: usize) {
    if let Some(client) = &mut clients[index]
        && !client.touched
    {
        client.touched = true;
        touched.push(index);
    }
}

/// Sends what is owed, receives what may come, forgets who has gone.
fn settle(
    ring: &IoUring,
    slot: &mut Option<Client>,
    index: usize,
    replies: &[u8],
) -> io::Result<()> {
    let Some(client) = slot else { return Ok(()) };
    client.touched = false;
    let socket = Fd(client.socket.as_raw_fd());
    if client.broken {
        if !client.sending && !client.receiving {
            *slot = None;
        }
        return Ok(());
    }
    if !client.receiving {
        client.receiving = true;
        let entry = opcode::RecvMulti::new(socket, Buffers::GROUP).build();
        push(ring, &entry.user_data(index as u64))?;
    }
    if client.owed > 0 && !client.sending {
        client.sending = true;
        // Whole lines were owed and any part of one may have left: the bytes
        // that are left begin as far before the end of a reply.
        let start = (REPLY.len() - client.owed % REPLY.len()) % REPLY.len();
        let len = client.owed.min(replies.len() - start);
        let entry = opcode::Send::new(socket, replies[start..].as_ptr(), len as u32)
            .flags(rustix::net::SendFlags::NOSIGNAL.bits() as i32)
            .build();
        push(ring, &entry.user_data(SEND | index as u64))?;
    }
    Ok(())
}

fn accept(listener: &TcpListener) -> io_uring::squeue::Entry {
    opcode::AcceptMulti::new(Fd(listener.as_raw_fd()))
        .build()
        .user_data(ACCEPT)
}

fn enter(ring: &IoUring, wait: Wait) -> io::Result<()> {
    const GETEVENTS: u32 = 1;
    let entered = match wait {
        Wait::Block => ring.submitter().submit_and_wait(1),
        Wait::Doze => {
            let time = Timespec::from(Duration::from_millis(5));
            ring.submitter()
                .submit_with_args(1, &SubmitArgs::new().timespec(&time))
        }
        Wait::Spin => {
            // SAFETY: nothing is pushed meanwhile, and the flags take no
            // argument.
            let pending = unsafe { ring.submission_shared() }.len() as u32;
            // SAFETY: the entries are valid by the contract of `push`.
            unsafe { ring.submitter().enter::<()>(pending, 0, GETEVENTS, None) }
        }
    };
    match entered {
        Err(error) => match rustix::io::Errno::from_io_error(&error) {
            Some(rustix::io::Errno::TIME | rustix::io::Errno::INTR | rustix::io::Errno::BUSY) => {
                Ok(())
            }
            _ => Err(error),
        },
        Ok(_) => Ok(()),
    }
}

/// The memory that an entry names outlives it: replies, buffers and sockets
/// live as long as the process or until the last completion.
fn push(ring: &IoUring, entry: &io_uring::squeue::Entry) -> io::Result<()> {
    loop {
        // SAFETY: as said above; one queue handle at a time.
        if unsafe { ring.submission_shared().push(entry) }.is_ok() {
            return Ok(());
        }
        ring.submit()?;
    }
}

/// The buffers that the kernel receives into, never freed.
struct Buffers {
    entries: &'static mut [BufRingEntry],
    memory: &'static [u8],
    tail: u16,
}

impl Buffers {
    const GROUP: u16 = 0;

    fn register(ring: &IoUring) -> io::Result<Self> {
        use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
        let bytes = usize::from(BUFFERS) * size_of::<BufRingEntry>();
        // SAFETY: a new mapping at an address of the kernel's choice.
        let ring_memory = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                bytes,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        }?;
        // SAFETY: zeroed, page-aligned, never unmapped, ours alone but for
        // the kernel, which reads entries below the published tail only.
        let entries = unsafe {
            std::slice::from_raw_parts_mut(ring_memory.cast::<BufRingEntry>(), usize::from(BUFFERS))
        };
        // SAFETY: the mapping above holds the entries and is never unmapped.
        unsafe {
            ring.submitter().register_buf_ring_with_flags(
                ring_memory as u64,
                BUFFERS,
                Self::GROUP,
                0,
            )
        }?;
        let mut buffers = Self {
            entries,
            memory: vec![0; usize::from(BUFFERS) * BUFFER_BYTES].leak(),
            tail: 0,
        };
        (0..BUFFERS).for_each(|id| buffers.give_back(id));
        Ok(buffers)
    }

    fn bytes(&self, id: u16, len: usize) -> &[u8] {
        &self.memory[usize::from(id) * BUFFER_BYTES..][..len]
    }

    fn give_back(&mut self, id: u16) {
        use std::sync::atomic::{AtomicU16, Ordering};
        let start = self.memory[usize::from(id) * BUFFER_BYTES..].as_ptr();
        let entry = &mut self.entries[usize::from(self.tail % BUFFERS)];
        entry.set_addr(start as u64);
        entry.set_len(BUFFER_BYTES as u32);
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: the tail lies in the first entry, which is never moved, and
        // is shared with the kernel as an atomic.
        let tail =
            unsafe { AtomicU16::from_ptr(BufRingEntry::tail(self.entries.as_ptr()).cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }
}
