//! What the HTTP door of every shard is made of.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::standing::Standing;
use crate::api::{Api, Door};
use crate::config::Config;
use crate::http::{Clients, Patience, Settings, Site, Token, TokenError, TokenSecret, Watchers};
use crate::payment::Till;
use crate::shard::HttpCounters;

/// Why the file of `--api-token-file` is of no use.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    /// It cannot be read.
    #[error("cannot read {path} (--api-token-file): {error}", path = .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// What it holds is no token.
    #[error("{path} (--api-token-file) holds no token: {error}", path = .path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        error: TokenError,
    },
}

/// The same for all shards; each makes its own [`Site`] of it.
#[derive(Clone)]
pub(super) struct Face {
    settings: Settings,
    clients: Option<Arc<Clients>>,
    standing: Arc<Standing>,
}

/// What was drawn at random, for all shards.
pub(super) struct Drawn {
    /// See [`TokenSecret`].
    pub(super) token_secret: [u8; 32],
    /// See [`Clients::new`].
    pub(super) clients_secret: u64,
    /// See [`Settings::life`].
    pub(super) life: u64,
}

impl Face {
    pub(super) fn new(
        config: &Config,
        token: Option<Token>,
        till: Till,
        drawn: &Drawn,
        standing: Arc<Standing>,
    ) -> Self {
        let hold_time = config.hold_time.0;
        Self {
            settings: Settings {
                body_bytes: config.http_body_bytes,
                header_bytes: config.http_header_bytes,
                pipeline_bytes: config.pipeline_bytes,
                patience: Patience {
                    request: config.http_timeout.0,
                    idle: config.http_idle_timeout.0,
                },
                token,
                hold_time: (!hold_time.is_zero()).then_some(hold_time),
                watchers: Watchers::new(config.max_watchers),
                till,
                secret: TokenSecret::new(drawn.token_secret),
                life: drawn.life,
                latencies: Arc::default(),
            },
            clients: (config.http_rate > 0)
                .then(|| Arc::new(Clients::new(config.http_rate, drawn.clients_secret))),
            standing,
        }
    }

    /// The HTTP door of one shard.
    pub(super) fn site<D: Door + 'static>(
        self,
        door: D,
        counters: Rc<RefCell<HttpCounters>>,
    ) -> Rc<Site<D>> {
        let api = Api::new(door);
        Site::new(api, self.settings, self.clients, self.standing, counters)
    }
}

/// The token in the file of `--api-token-file`, if one is named.
pub(super) fn token(path: &str) -> Result<Option<Token>, TokenFileError> {
    if path.is_empty() {
        return Ok(None);
    }
    let path = PathBuf::from(path);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return Err(TokenFileError::Unreadable { path, error }),
    };
    let token = Token::parse(&text);
    token
        .map(Some)
        .map_err(|error| TokenFileError::Invalid { path, error })
}
