//! What a server's journal has done, from the server's own page of metrics.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// The journals of all shards together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Journal {
    /// Frames on stable storage.
    pub(crate) frames: u64,
    /// Bytes of them, padding included.
    pub(crate) bytes: u64,
    /// Bytes of changes that are not there yet.
    pub(crate) pending: u64,
}

impl Journal {
    /// Asks the HTTP port at `address`.
    pub(crate) fn read(address: SocketAddr) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        stream
            .read_to_string(&mut page)
            .context("read the server's metrics")?;
        Self::parse(&page)
    }

    fn parse(page: &str) -> Result<Self> {
        let first = page.lines().next().unwrap_or_default();
        ensure!(
            first.starts_with("HTTP/1.1 200"),
            "/metrics answered {first:?}"
        );
        let sum = |name: &str| -> Result<u64> {
            let mut values = page
                .lines()
                .filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.split_once("} "))
                .map(|(_, value)| value.trim().parse::<u64>())
                .peekable();
            ensure!(values.peek().is_some(), "/metrics has no {name}");
            Ok(values.sum::<Result<u64, _>>()?)
        };
        Ok(Self {
            frames: sum("ringside_journal_frames_total")?,
            bytes: sum("ringside_journal_bytes_total")?,
            pending: sum("ringside_journal_pending_bytes")?,
        })
    }

    /// What has come since `before`; what waits is what waits now.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            frames: self.frames.saturating_sub(before.frames),
            bytes: self.bytes.saturating_sub(before.bytes),
            pending: self.pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "HTTP/1.1 200 OK\r\n\r\n\
        # TYPE ringside_journal_frames counter\n\
        ringside_journal_frames_total{shard=\"0\"} 7\n\
        ringside_journal_frames_total{shard=\"1\"} 3\n\
        ringside_journal_bytes_total{shard=\"0\"} 4096\n\
        ringside_journal_pending_bytes{shard=\"0\"} 5\n\
        # EOF\n";

    #[test]
    fn the_journals_of_all_shards_are_added_up() {
        let now = Journal::parse(PAGE).expect("a page");
        let expected = Journal {
            frames: 10,
            bytes: 4096,
            pending: 5,
        };
        assert_eq!(now, expected);
        let before = Journal {
            frames: 4,
            bytes: 96,
            pending: 9,
        };
        let since = now.since(before);
        assert_eq!((since.frames, since.bytes, since.pending), (6, 4000, 5));
    }

    #[test]
    fn a_page_without_a_journal_is_refused() {
        for page in [
            "",
            "HTTP/1.1 404 Not Found\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
        ] {
            assert!(Journal::parse(page).is_err(), "{page:?}");
        }
        let torn = PAGE.replace(" 7\n", " x\n");
        assert!(Journal::parse(&torn).is_err());
    }
}
