//! What a driver does for HTTP: gives conversations what arrives, and polls
//! those that something has happened to.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::connection::{Connection, Ending, Role};
use super::driver::Driver;
use super::woken::Alert;
use crate::clock;
use crate::http::Conversation;

/// A client that speaks HTTP.
pub(super) struct Client {
    pub(super) conversation: Conversation,
    pub(super) alert: Arc<Alert>,
    /// When bytes came to which nothing has left yet.
    pub(super) asked: Option<Instant>,
}

impl Driver {
    /// A client has come to the HTTP port.
    pub(super) fn admit_http(&mut self, socket: OwnedFd) {
        let Some(site) = &self.site else {
            return;
        };
        let peer = rustix::net::getpeername(&socket)
            .ok()
            .flatten()
            .and_then(|name| SocketAddr::try_from(name).ok());
        // One that has no address any more is gone.
        let Some(peer) = peer else {
            return;
        };
        let (site, woken) = (Rc::clone(site), Arc::clone(&self.woken));
        let admitted = self.admit(socket, |index| {
            let alert = Alert::new(index, &woken);
            let conversation = site.open(peer.ip(), alert.waker());
            Role::Http(Box::new(Client {
                conversation,
                alert,
                asked: None,
            }))
        });
        if admitted.is_some() {
            let counters = self.shard.counters();
            counters.http_connections_accepted += 1;
            counters.http_connections_open += 1;
        }
    }

    /// Polls the conversations that were woken; those that are woken by that
    /// have their turn later.
    pub(super) fn poll_woken(&mut self) -> bool {
        if !self.woken.any() {
            return false;
        }
        let mut woken = std::mem::take(&mut self.polling);
        self.woken.take(&mut woken);
        for index in woken.drain(..) {
            // A connection may have ended, and its number been given away:
            // polling another one does no harm.
            let connection = self.connections.get_mut(index as usize);
            if let Some(client) = connection.and_then(Connection::client) {
                client.alert.lower();
                client.conversation.poll();
                self.touch(index);
            }
        }
        self.polling = woken;
        true
    }

    /// Answers leave: notes how long they took.
    pub(super) fn note_answers(&mut self, index: u32) {
        let Some(client) = self.connections[index as usize].client() else {
            return;
        };
        if let Some(asked) = client.asked.take() {
            let took = clock::now() - asked;
            client.conversation.took(took);
            self.shard.counters().http_seconds.add(took);
        }
    }

    /// An HTTP client sends no more, or is gone: what it has asked for goes on.
    pub(super) fn end_client(&mut self, index: u32) {
        if let Some(client) = self.connections[index as usize].client() {
            client.conversation.on_end();
            client.alert.raise();
        }
    }

    /// A conversation that has ended by itself: its peer may still be sending.
    pub(super) fn let_over_linger(&mut self, index: u32) {
        let connection = &mut self.connections[index as usize];
        let is_over = connection
            .client()
            .is_some_and(|client| client.conversation.is_over());
        if is_over && connection.ending == Ending::Open {
            connection.ending = Ending::Lingering;
            connection.silent_ticks = 0;
            self.lingers = true;
        }
    }
}
