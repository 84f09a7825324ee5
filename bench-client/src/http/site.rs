//! Where the server is, and how to be let in.

use std::{fmt, fs, io, path::PathBuf, str::FromStr, time::Duration};

use clap::Args;
use thiserror::Error;

/// Where a Ringside server answers HTTP unless told otherwise.
pub(crate) const DEFAULT_TARGET: &str = "http://127.0.0.1:3000";

/// `http://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    address: String,
}

/// Why a text is no target.
#[derive(Debug, Error)]
#[error("give http://HOST:PORT, such as {DEFAULT_TARGET}; only plain HTTP is spoken")]
pub(crate) struct BadTarget;

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let rest = text.strip_prefix("http://").unwrap_or(text);
        let address = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = address.rsplit_once(':').ok_or(BadTarget)?;
        let is_host = !host.is_empty() && !host.contains(['/', '@', ' ']);
        if !is_host || port.parse::<u16>().is_err() {
            return Err(BadTarget);
        }
        Ok(Self {
            address: address.to_owned(),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.address)
    }
}

/// Options that tell where the server is.
#[derive(Args, Clone, Debug)]
pub(crate) struct SiteArgs {
    /// Server to talk to, by HTTP.
    #[arg(long, default_value = DEFAULT_TARGET, value_name = "URL")]
    pub(crate) target: Target,
    /// File with the token that the server wants (its --api-token-file).
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// Why there is no token.
#[derive(Debug, Error)]
#[error(
    "cannot use the token of {path} ({source}); give --token-file the server's --api-token-file"
)]
pub(crate) struct BadToken {
    path: String,
    source: io::Error,
}

/// What every client of a server must know.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// `host:port`.
    pub(crate) address: String,
    /// The bearer token, if one is wanted.
    pub(crate) token: Option<String>,
    /// Longest time to wait for a response.
    pub(crate) timeout: Duration,
}

impl SiteArgs {
    /// Reads the token.
    ///
    /// # Errors
    /// If its file cannot be read, or holds what cannot be a token.
    pub(crate) fn site(&self, timeout: Duration) -> Result<Site, BadToken> {
        let token = self.token_file.as_ref().map(|path| {
            let token = fs::read_to_string(path).and_then(|text| {
                let token = text.trim();
                let is_token =
                    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
                is_token
                    .then(|| token.to_owned())
                    .ok_or_else(|| io::ErrorKind::InvalidData.into())
            });
            token.map_err(|source| BadToken {
                path: path.display().to_string(),
                source,
            })
        });
        Ok(Site {
            address: self.target.address.clone(),
            token: token.transpose()?,
            timeout,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_host_and_a_port() {
        let address = |text: &str| text.parse::<Target>().map(|target| target.address).ok();
        for text in [
            "http://127.0.0.1:3000",
            "127.0.0.1:3000",
            "http://127.0.0.1:3000/",
        ] {
            assert_eq!(address(text).as_deref(), Some("127.0.0.1:3000"));
        }
        assert_eq!(address("http://[::1]:80").as_deref(), Some("[::1]:80"));
        for text in [
            "",
            "http://host",
            "https://host:1",
            "http://host:1/path",
            "host:port",
            ":1",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_is_one_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let site = |text: &str| {
            fs::write(&path, text).unwrap();
            let args = SiteArgs {
                target: DEFAULT_TARGET.parse().unwrap(),
                token_file: Some(path.clone()),
            };
            args.site(Duration::ZERO).map(|site| site.token)
        };
        assert_eq!(site("abc\n").unwrap().as_deref(), Some("abc"));
        assert!(
            site("a b")
                .unwrap_err()
                .to_string()
                .contains("--token-file")
        );
    }
}
