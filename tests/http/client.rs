//! One connection to the HTTP door.

use super::message::{Reply, Request};

/// A client with one connection.
pub trait Client {
    /// Sends bytes.
    fn send(&mut self, bytes: &[u8]);

    /// The next answer.
    fn reply(&mut self, to_head: bool) -> Reply;

    /// Sends a request and waits for its answer.
    fn ask(&mut self, request: &Request) -> Reply {
        self.send(&request.bytes());
        self.reply(request.is_head())
    }
}
