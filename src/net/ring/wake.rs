//! How a shard sleeps: an eventfd that its ring signals and glommio reads.
//!
//! The runtime parks the core when nothing is to do; reading an eventfd
//! through it is the one public way to be woken by a foreign ring. While the
//! shard is awake the ring's signals are switched off, so a busy shard pays
//! nothing for them.

use std::future::Future;
use std::io;
use std::os::fd::{AsFd, FromRawFd, IntoRawFd, OwnedFd};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use glommio::io::BufferedFile;

/// The sleeping half of a shard's eventfd.
pub(super) struct Alarm {
    file: Rc<BufferedFile>,
    /// A read under way; it survives a sleep that something else ended.
    reading: Option<Pin<Box<dyn Future<Output = io::Result<()>>>>>,
}

impl Alarm {
    /// An alarm that goes off when `eventfd` is signalled. To be made and used
    /// on one glommio executor.
    #[allow(
        unsafe_code,
        reason = "glommio takes a foreign descriptor by number only"
    )]
    pub(super) fn new(eventfd: &OwnedFd) -> io::Result<Self> {
        let descriptor = eventfd.as_fd().try_clone_to_owned()?.into_raw_fd();
        // SAFETY: the descriptor is open and owned by nobody else; the file
        // takes it over and closes it.
        let file = unsafe { BufferedFile::from_raw_fd(descriptor) };
        Ok(Self {
            file: Rc::new(file),
            reading: None,
        })
    }

    /// Ready once the eventfd was signalled since it was last ready.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let file = &self.file;
        let reading = self.reading.get_or_insert_with(|| {
            let file = Rc::clone(file);
            Box::pin(async move {
                file.read_at(0, size_of::<u64>())
                    .await
                    .map(drop)
                    .map_err(io::Error::from)
            })
        });
        let polled = reading.as_mut().poll(context);
        if polled.is_ready() {
            self.reading = None;
        }
        polled
    }
}

/// An eventfd for a shard: signalled by its ring, and by whoever has news.
pub(crate) fn eventfd() -> io::Result<OwnedFd> {
    use rustix::event::{EventfdFlags, eventfd};
    Ok(eventfd(0, EventfdFlags::CLOEXEC)?)
}

/// Signals a shard's eventfd.
pub(crate) fn signal(eventfd: &OwnedFd) {
    // It can only fail by overflow, and then it is signalled already.
    let _ = rustix::io::write(eventfd, &1u64.to_ne_bytes());
}
